/* JSON Schema over the sample of JSONSchemaBench: compiling, and validating its instances.
 * With --each a line a schema for bench/schema.py: id, compile ns (-1: refused), valid ns, outcomes
 * (t, f, or e for an error). */
#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "bench.h"
#include "text/jsonl.h"
#include "text/schema.h"

#define TIMES 5

struct figures {
    double compile_s, valid_s;
    size_t schemas, refused, instances;
};

static double best_of(double best, double took)
{
    return best < 0 || took < best ? took : best;
}

/* All instances once; their outcomes as letters. */
static void outcomes(const struct tare_schema *s, struct tare_json tests, struct tare_arena *arena,
                     struct tare_buf *out)
{
    tare_buf_reset(out);
    for (struct tare_json t = tare_json_first(tests); t.doc; t = tare_json_next(t)) {
        bool valid = false;
        enum tare_status st = tare_schema_valid(s, tare_json_get(t, "data"), arena, &valid, NULL);
        tare_buf_putc(out, st != TARE_OK ? 'e' : valid ? 't' : 'f');
    }
}

static void one(struct tare_json v, struct tare_arena *arena, struct tare_buf *out,
                struct figures *f, bool each)
{
    struct tare_arena_mark mark = tare_arena_mark(arena);
    struct tare_str id = tare_json_str(tare_json_get(v, "id"));
    const struct tare_schema *s = NULL;
    double compile = -1, valid = -1;
    enum tare_status st = TARE_OK;
    for (int i = 0; i < TIMES && st == TARE_OK; i++) {
        tare_arena_rewind(arena, mark);
        double start = bench_now();
        st = tare_schema_compile(tare_json_get(v, "schema"), NULL, arena, &s, NULL);
        compile = best_of(compile, bench_now() - start);
    }
    tare_buf_reset(out);
    for (int i = 0; i < TIMES && st == TARE_OK; i++) {
        double start = bench_now();
        outcomes(s, tare_json_get(v, "tests"), arena, out);
        valid = best_of(valid, bench_now() - start);
    }
    if (each)
        printf("%.*s\t%.0f\t%.0f\t%.*s\n", TARE_FMT(id), st == TARE_OK ? compile * 1e9 : -1,
               valid * 1e9, TARE_FMT(tare_buf_str(out)));
    f->refused += st != TARE_OK;
    if (st != TARE_OK)
        return;
    f->schemas++;
    f->instances += out->n;
    f->compile_s += compile;
    f->valid_s += valid;
}

int main(int argc, char **argv)
{
    const char *shared = getenv("TARE_SHARED");
    bool each = argc > 1 && tare_str_is(tare_str_of(argv[1]), "--each");
    char path[1024];
    struct tare_arena files, arena;
    struct tare_buf out;
    struct tare_str text;
    struct tare_json v;
    struct tare_jsonl lines;
    enum tare_status st;
    struct figures f = {0};
    (void)snprintf(path, sizeof path, "%s/data/jsonschemabench/sample.jsonl",
                   shared ? shared : "../shared");
    tare_arena_init(&files, NULL, TARE_GIB);
    tare_arena_init(&arena, NULL, TARE_GIB);
    tare_buf_init(&out, NULL, TARE_MIB);
    if (tare_fs_read(tare_str_of(path), TARE_GIB, &files, &text, NULL) != TARE_OK) {
        fputs("bench_schema: the shared sample is not here\n", stderr);
        return 0;
    }
    tare_jsonl_begin(&lines, text, NULL);
    while (tare_jsonl_next(&lines, &arena, &v, &st, NULL)) {
        one(v, &arena, &out, &f, each);
        tare_arena_reset(&arena);
    }
    if (!each && f.schemas && f.instances) {
        char remark[96];
        (void)snprintf(remark, sizeof remark, "%zu schemas, %zu refused", f.schemas, f.refused);
        bench_row("compile a schema of the sample, mean", 1e6 * f.compile_s / (double)f.schemas,
                  "us", remark);
        (void)snprintf(remark, sizeof remark, "%zu instances, already read", f.instances);
        bench_row("validate an instance of the sample, mean", 1e6 * f.valid_s / (double)f.instances,
                  "us", remark);
    }
    tare_buf_free(&out);
    tare_arena_free(&files);
    tare_arena_free(&arena);
    return 0;
}
