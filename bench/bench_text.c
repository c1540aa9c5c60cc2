/* JSON: reading, canonical form. */
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/rng.h"
#include "bench.h"
#include "text/json.h"

struct work {
    struct tare_buf text, out;
    struct tare_arena arena;
    struct tare_json doc;
};

static void parse(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct tare_err err = {0};
    for (size_t i = 0; i < n; i++) {
        tare_arena_reset(&w->arena);
        if (tare_json_parse(tare_buf_str(&w->text), NULL, &w->arena, &w->doc, &err) != TARE_OK)
            abort();
    }
}

static void canonical(void *ctx, size_t n)
{
    struct work *w = ctx;
    for (size_t i = 0; i < n; i++) {
        tare_buf_reset(&w->out);
        tare_json_canonical(w->doc, &w->out);
    }
}

/* Records as logs have them: short keys, some prose with escapes, numbers. */
static void write_log(struct tare_json_writer *w, struct tare_rng *rng, bool prose)
{
    static const char *const words[] = {"the ",      "host ",    "opened ",   "a ",
                                        "session\n", "from ",    "\"mail\" ", "caf\xc3\xa9 ",
                                        "again, ",   "and left "};
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_begin_array(w);
    for (int i = 0; i < 20000; i++) {
        tare_buf_reset(&b);
        for (int k = 0; prose && k < 60; k++)
            tare_buf_puts(&b, words[tare_rng_below(rng, 10)]);
        tare_json_begin_object(w);
        tare_json_put_key(w, "id");
        tare_json_put_i64(w, i);
        tare_json_put_key(w, "host");
        tare_json_put_cstr(w, "srv-db-07.example");
        tare_json_put_key(w, "score");
        tare_json_put_f64(w, (double)tare_rng_below(rng, 1000) / 1000);
        tare_json_put_key(w, "tags");
        tare_json_begin_array(w);
        tare_json_put_cstr(w, "standard");
        tare_json_put_bool(w, true);
        tare_json_put_null(w);
        tare_json_end_array(w);
        tare_json_put_key(w, "text");
        tare_json_put_str(w, prose ? tare_buf_str(&b) : TARE_S("ok"));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_buf_free(&b);
}

static void bench_document(const char *name, bool prose, uint8_t indent)
{
    struct work w = {.doc = {NULL, 0}};
    struct tare_json_writer writer;
    struct tare_rng rng;
    char what[80], remark[80];
    tare_buf_init(&w.text, NULL, TARE_GIB);
    tare_buf_init(&w.out, NULL, TARE_GIB);
    tare_arena_init(&w.arena, NULL, TARE_GIB);
    tare_rng_init(&rng, 1, TARE_S("bench.text"), 0);
    tare_json_writer_init(&writer, &w.text);
    writer.indent = indent;
    write_log(&writer, &rng, prose);
    double mb = (double)w.text.n / 1e6;
    snprintf(remark, sizeof remark, "%.1f MB, one thread", mb);
    snprintf(what, sizeof what, "JSON read: %s", name);
    bench_row(what, mb / bench_each(parse, &w), "MB/s", remark);
    snprintf(what, sizeof what, "canonical form written: %s", name);
    double each = bench_each(canonical, &w);
    bench_row(what, (double)w.out.n / 1e6 / each, "MB/s", "of output");
    tare_buf_free(&w.text);
    tare_buf_free(&w.out);
    tare_arena_free(&w.arena);
}

int main(void)
{
    bench_document("short records", false, 0);
    bench_document("short records, indented", false, 2);
    bench_document("prose with escapes", true, 0);
    return 0;
}
