/* From what stands in an address to runs, suites and results; and what the search field finds. */
#include "view/api_int.h"

#include "base/banned.h"

#define MAX_BATCHES 20000u

struct tare_str tare__address(struct tare_str text)
{
    if (text.n > 1 && text.p[0] == '@' && !tare_str_starts(text, TARE_S("@last")))
        return tare_str_n(text.p + 1, text.n - 1);
    return text;
}

enum tare_status tare__find_run(struct tare__call *c, struct tare_str text, struct tare_address *at,
                                struct tare_batch_view *batch, const struct tare_run_view **run,
                                struct tare_err *err)
{
    int before = c->http;
    c->http = 404;
    enum tare_status st =
        tare_store_resolve(c->store, tare__address(text), true, c->arena, at, err);
    if (!st)
        st = tare_store_batch(c->store, at->batch, c->arena, batch, err);
    if (st)
        return st;
    c->http = before;
    uint32_t i = at->run ? at->run_index : 0;
    if (i >= batch->n_runs)
        return tare_fail(err, TARE_E_INPUT, "the batch has no such run");
    *run = &batch->runs[i];
    at->run = batch->runs[i].id;
    at->run_index = i;
    return TARE_OK;
}

enum tare_status tare__find_results(struct tare__call *c, struct tare_str text,
                                    struct tare_results *out, struct tare_err *err)
{
    struct tare_address at;
    struct tare_batch_view batch;
    const struct tare_run_view *run;
    enum tare_status st = tare__find_run(c, text, &at, &batch, &run, err);
    if (!st)
        st = tare_results_from_store(c->store, at.batch, (int32_t)at.run_index, c->arena, out, err);
    return st;
}

enum tare_status tare__all_batches(struct tare__call *c, struct tare_str suite,
                                   struct tare_batch_view **out, uint32_t *n, struct tare_err *err)
{
    struct tare_batch_filter filter = {.suite = suite, .limit = MAX_BATCHES};
    *n = 0;
    *out = NULL;
    return c->store ? tare_store_batches(c->store, &filter, c->arena, out, n, NULL, err) : TARE_OK;
}

enum tare_status tare__find_suite(struct tare__call *c, struct tare_str text,
                                  struct tare_batch_view *out, struct tare_err *err)
{
    struct tare_batch_view *v;
    uint32_t n;
    struct tare_batch_filter filter = {.suite = text, .limit = 1};
    enum tare_status st = tare_store_batches(c->store, &filter, c->arena, &v, &n, NULL, err);
    if (st)
        return st;
    if (n == 0 || text.n == 0) {
        c->http = 404;
        (void)tare_fail(err, TARE_E_USAGE, "no run weighs a suite \"%.*s\"", TARE_FMT(text));
        tare_err_hint(err, "a suite is named by its name or the beginning of its digest: /suites");
        return TARE_E_USAGE;
    }
    *out = v[0];
    return TARE_OK;
}

/* ---- the search field ------------------------------------------------------------------------ */

struct finder {
    struct tare__call *c;
    struct tare_str q;
    uint64_t limit, n;
};

static char lower(char x)
{
    return x >= 'A' && x <= 'Z' ? (char)(x + 32) : x;
}

/* ASCII letters alike in either case. */
static bool holds(struct tare_str s, struct tare_str q)
{
    for (size_t i = 0; i + q.n <= s.n; i++) {
        size_t k = 0;
        while (k < q.n && lower(s.p[i + k]) == lower(q.p[k]))
            k++;
        if (k == q.n)
            return true;
    }
    return false;
}

static void put_hit(struct finder *f, const char *kind, struct tare_str title,
                    struct tare_str detail, const char *base, struct tare_str a, struct tare_str b)
{
    struct tare_json_writer *w = &f->c->w;
    struct tare_buf link;
    if (f->n++ >= f->limit)
        return;
    tare_buf_init(&link, NULL, TARE__API_TARGET_BYTES * 4);
    tare_buf_puts(&link, base);
    tare__put_escaped(&link, a);
    if (b.n) {
        tare_buf_putc(&link, '/');
        tare__put_escaped(&link, b);
    }
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "kind", kind);
    tare_json_member_str(w, "title", title);
    tare_json_member_str(w, "detail", detail);
    tare_json_member_str(w, "link", tare_buf_str(&link));
    tare_json_end_object(w);
    tare_buf_free(&link);
}

static bool seen_suite(const struct tare_batch_view *v, uint32_t i)
{
    for (uint32_t j = 0; j < i; j++)
        if (tare_digest_eq(v[i].suite_digest, v[j].suite_digest))
            return true;
    return false;
}

static enum tare_status find_tasks(struct finder *f, const struct tare_batch_view *b,
                                   struct tare_err *err)
{
    struct tare_task_view *tasks;
    uint32_t n;
    char hex[65];
    enum tare_status st = tare_store_tasks(f->c->store, b->info.id, f->c->arena, &tasks, &n, err);
    tare_digest_hex(b->suite_digest, hex);
    for (uint32_t i = 0; !st && i < n && f->n < f->limit; i++)
        if (holds(tasks[i].id, f->q))
            put_hit(f, "task", tasks[i].id, b->suite_name, "#/task/", tare_str_n(hex, 12),
                    tasks[i].id);
    return st;
}

static void find_runs(struct finder *f, const struct tare_batch_view *b)
{
    for (uint32_t r = 0; r < b->n_runs; r++) {
        const struct tare_run_view *run = &b->runs[r];
        struct tare_str name = tare_str_of(run->name);
        if (holds(run->solver, f->q) || tare_str_starts(name, f->q) || holds(b->label, f->q) ||
            tare_str_starts(tare_str_of(b->info.name), f->q))
            put_hit(f, "run", run->solver, b->label.n ? b->label : b->suite_name, "#/run/", name,
                    TARE_S(""));
    }
}

enum tare_status tare__get_find(struct tare__call *c, struct tare_err *err)
{
    struct finder f = {.c = c, .q = tare_str_trim(tare__param(c, "q"))};
    struct tare_batch_view *v;
    uint32_t n;
    enum tare_status st = tare__param_u64(c, "limit", 20, 1, 200, &f.limit, err);
    if (!st)
        st = tare__params_done(c, err);
    if (!st)
        st = tare__all_batches(c, TARE_S(""), &v, &n, err);
    if (st)
        return st;
    if (f.q.n && f.q.p[0] == '@')
        f.q = tare__address(f.q);
    tare_json_begin_object(&c->w);
    tare_json_member_cstr(&c->w, "schema", "tare.find/1");
    tare_json_put_key(&c->w, "q");
    tare_json_put_str(&c->w, f.q);
    tare_json_put_key(&c->w, "hits");
    tare_json_begin_array(&c->w);
    for (uint32_t i = 0; f.q.n && i < n; i++)
        find_runs(&f, &v[i]);
    for (uint32_t i = 0; f.q.n && !st && i < n && f.n < f.limit; i++) {
        char hex[65];
        if (seen_suite(v, i))
            continue;
        tare_digest_hex(v[i].suite_digest, hex);
        if (holds(v[i].suite_name, f.q) || tare_str_starts(tare_str_of(hex), f.q))
            put_hit(&f, "suite", v[i].suite_name, v[i].suite_version, "#/suite/",
                    tare_str_n(hex, 12), TARE_S(""));
        st = find_tasks(&f, &v[i], err);
    }
    tare_json_end_array(&c->w);
    tare_json_end_object(&c->w);
    return st;
}

enum tare_status tare__tasks_of(struct tare__call *c, int64_t batch, struct tare_task_view **out,
                                uint32_t *n, struct tare_err *err)
{
    struct tare__kept_tasks *kept = &c->api->kept_tasks;
    enum tare_status st = TARE_OK;
    if (kept->batch != batch) {
        kept->batch = 0;
        tare_arena_reset(&kept->arena);
        st = tare_store_tasks(c->store, batch, &kept->arena, &kept->tasks, &kept->n, err);
    }
    if (st)
        return st;
    kept->batch = batch;
    *out = kept->tasks;
    *n = kept->n;
    return TARE_OK;
}
