/* A request of `tare view`: lines are target, Host, Cookie, Origin. Whatever comes: a refusal, or a
 * document that is JSON; never an answer of 500. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "decide/keep_import.h"
#include "fuzz.h"
#include "text/json.h"
#include "text/width.h"
#include "view/api.h"
#include "view/html.h"
#include "view/serve_guard.h"

static const char table[] =
    "task,run,score,output\na/b,one,1,x\na#?%,one,0,y\nc,one,1,z\na/b,two,0,x\n"
    "a#?%,two,1,y\nc,two,,z\n";
static const char token[] = "0123456789abcdef0123456789abcdef";

/* A store with two small runs, made once. */
static struct tare_api *open_api(void)
{
    static struct tare_api *api;
    static char folder[] = "/tmp/tare-fuzz-view-XXXXXX";
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_store *store;
    struct tare_import_table *t;
    struct tare_batch_info batch;
    if (api)
        return api;
    tare_arena_init(&arena, NULL, 64 * TARE_MIB);
    fuzz_must(mkdtemp(folder) != NULL);
    struct tare_str csv = tare_arena_printf(&arena, "%s/t.csv", folder);
    struct tare_str db = tare_arena_printf(&arena, "%s/t.db", folder);
    FILE *f = fopen(csv.p, "wb");
    fuzz_must(f && fputs(table, f) >= 0 && fclose(f) == 0);
    struct tare_import_options read = {
        .size = sizeof read, .run_column = "run", .keep_texts = true};
    struct tare_store_options create = {.size = sizeof create, .create = true};
    struct tare_keep_options keep = {.size = sizeof keep, .label = TARE_S("t")};
    fuzz_must(tare_import_read(csv, &read, &arena, &t, &err) == TARE_OK);
    fuzz_must(tare_store_open(db, &create, &store, &err) == TARE_OK);
    fuzz_must(tare_keep_import(store, t, &keep, &arena, &batch, &err) == TARE_OK);
    tare_store_close(store);
    struct tare_api_options o = {.size = sizeof o, .store = db};
    fuzz_must(tare_api_open(&o, &api, &err) == TARE_OK);
    tare_arena_free(&arena);
    return api;
}

static struct tare_str next_line(struct tare_str *rest)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    struct tare_str line = tare_str_n(rest->p, n);
    *rest = end ? tare_str_n(end + 1, rest->n - n - 1) : tare_str_n(rest->p + n, 0);
    return line;
}

static void check_document(struct tare_api *api, struct tare_str target)
{
    struct tare_api_answer a;
    struct tare_arena arena;
    struct tare_json v;
    tare_api_get(api, target, &a);
    fuzz_must(a.http == 200 || a.http == 400 || a.http == 404);
    if (a.type[0] != 'a')
        return;
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    fuzz_must(tare_json_parse(a.body, &tare_json_strict, &arena, &v, NULL) == TARE_OK);
    fuzz_must(tare_json_present(tare_json_get(v, "schema")));
    tare_arena_free(&arena);
}

static void check_page(struct tare_api *api, struct tare_str target)
{
    struct tare_buf page;
    tare_buf_init(&page, NULL, 64 * TARE_MIB);
    int http = tare__html_page(api, target, &page);
    fuzz_must(http == 200 || http == 400 || http == 404);
    fuzz_must(tare_str_find(tare_buf_str(&page), TARE_S("<script")) == SIZE_MAX);
    fuzz_must(tare_text_is_utf8(tare_buf_str(&page)));
    tare_buf_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_api *api = open_api();
    struct tare_str rest = fuzz_text(data, size);
    struct tare__request r = {.method = TARE_S("GET"), .target = next_line(&rest)};
    r.host = next_line(&rest);
    r.cookie = next_line(&rest);
    r.origin = next_line(&rest);
    struct tare__guarded g = tare__guard(&r, 4711, token);
    bool known = tare_str_find(r.cookie, tare_str_of(token)) != SIZE_MAX ||
                 tare_str_find(r.target, tare_str_of(token)) != SIZE_MAX;
    fuzz_must(known || g.kind == TARE__ANSWER_REFUSED);
    check_document(api, r.target);
    check_page(api, r.target);
    return 0;
}
