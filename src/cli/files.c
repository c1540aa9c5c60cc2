#include "cli/files.h"

#include "base/fs.h"

#include "base/banned.h"

static const char *const endings[] = {".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".eval", NULL};

static bool starts(struct tare_str s, const char *with)
{
    return tare_str_starts(s, tare_str_of(with));
}

/* Length of the path in "path:run": up to the first colon before which something exists; 0: no
 * such place. Names of models may hold colons themselves. */
static size_t path_before_colon(struct tare_ctx *ctx, struct tare_str name)
{
    for (size_t i = 1; i + 1 < name.n; i++) {
        if (name.p[i] != ':')
            continue;
        struct tare_str path = tare_arena_copy(ctx->arena, tare_str_n(name.p, i));
        if (path.p && tare_fs_exists(path))
            return i;
    }
    return 0;
}

bool tare_cli_is_file(struct tare_ctx *ctx, struct tare_str name)
{
    if (name.n == 0)
        return false;
    if (tare_fs_exists(name) || path_before_colon(ctx, name) || tare_str_is(name, "-"))
        return true;
    if (name.p[0] == '/' || starts(name, "./") || starts(name, "../"))
        return true;
    for (const char *const *e = endings; *e; e++)
        if (tare_str_ends(name, tare_str_of(*e)))
            return true;
    return false;
}

struct tare_str tare_cli_file_name(struct tare_str path)
{
    size_t end = path.n;
    while (end > 1 && path.p[end - 1] == '/')
        end--;
    size_t from = end;
    while (from > 0 && path.p[from - 1] != '/')
        from--;
    return tare_str_n(path.p + from, end - from);
}

/* Options as C strings; NULL where not given. */
static const char *given(struct tare_ctx *ctx, struct tare_str s)
{
    return s.p ? tare_arena_copy(ctx->arena, s).p : NULL;
}

enum tare_status tare_cli_file_runs(struct tare_ctx *ctx, const struct tare_file *f,
                                    struct tare_err *err)
{
    char list[420] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < f->table->n_runs && n + 90 < sizeof list; i++) {
        struct tare_str r = f->table->runs[i];
        int cut = r.n < 80 ? (int)r.n : 80;
        n += (size_t)snprintf(list + n, sizeof list - n, "\n  %.*s", cut, r.p);
    }
    (void)ctx;
    tare_err_file(err, f->path);
    tare_err_hint(err, "it holds %u runs; choose with FILE:RUN:%s", f->table->n_runs, list);
    return TARE_E_USAGE;
}

static enum tare_status choose_run(struct tare_ctx *ctx, struct tare_str run, struct tare_file *out,
                                   struct tare_err *err)
{
    out->has_run = out->table->n_runs == 1;
    out->run = 0;
    if (run.n == 0)
        return TARE_OK;
    for (uint32_t i = 0; i < out->table->n_runs; i++)
        if (tare_str_eq(out->table->runs[i], run)) {
            out->run = i;
            out->has_run = true;
            return TARE_OK;
        }
    (void)tare_usage_fail(ctx, err, "no run is called \"%.*s\" in this file", TARE_FMT(run));
    return tare_cli_file_runs(ctx, out, err);
}

void tare_cli_file_options(struct tare_ctx *ctx, const struct tare_file_opts *opts, bool keep_texts,
                           struct tare_import_options *out)
{
    *out = (struct tare_import_options){.size = sizeof *out,
                                        .format = given(ctx, opts->format),
                                        .task_column = given(ctx, opts->task_column),
                                        .attempt_column = given(ctx, opts->attempt_column),
                                        .run_column = given(ctx, opts->run_column),
                                        .score_column = given(ctx, opts->score_column),
                                        .output_column = given(ctx, opts->output_column),
                                        .keep_texts = keep_texts};
}

enum tare_status tare_cli_file(struct tare_ctx *ctx, struct tare_str name,
                               const struct tare_file_opts *opts, bool keep_texts,
                               const struct tare_file *known, uint32_t n_known,
                               struct tare_file *out, struct tare_err *err)
{
    struct tare_str path = name, run = {NULL, 0};
    size_t colon = tare_fs_exists(name) ? 0 : path_before_colon(ctx, name);
    if (colon) {
        path = tare_arena_copy(ctx->arena, tare_str_n(name.p, colon));
        run = tare_str_n(name.p + colon + 1, name.n - colon - 1);
    }
    *out = (struct tare_file){.path = path};
    for (uint32_t i = 0; i < n_known; i++)
        if (known[i].table && tare_str_eq(known[i].path, path)) {
            out->table = known[i].table;
            return choose_run(ctx, run, out, err);
        }
    if (!tare_str_is(path, "-") && !tare_fs_exists(path)) {
        (void)tare_usage_fail(ctx, err, "there is no such file: %.*s", TARE_FMT(path));
        tare_err_hint(err, "what begins with ./ or ends in .json, .jsonl, .csv or .eval is a file; "
                           "stored runs: tare runs");
        return TARE_E_USAGE;
    }
    struct tare_import_options o;
    tare_cli_file_options(ctx, opts, keep_texts, &o);
    struct tare_import_table *table;
    enum tare_status st = tare_import_read(path, &o, ctx->arena, &table, err);
    if (st)
        return st;
    *err = (struct tare_err){0}; /* what is said from here on is not about a place in it */
    out->table = table;
    return choose_run(ctx, run, out, err);
}

enum tare_status tare_cli_file_results(struct tare_ctx *ctx, const struct tare_file *f,
                                       uint32_t run, const struct tare_file_opts *opts,
                                       struct tare_results *out, struct tare_err *err)
{
    const char **lower = TARE_NEW_N(ctx->arena, const char *, opts->lower.n + 1);
    if (!lower)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the results of a file");
    for (size_t i = 0; i < opts->lower.n; i++)
        lower[i] = given(ctx, opts->lower.v[i]);
    enum tare_status st = tare_results_from_import(f->table, run, lower, ctx->arena, out, err);
    if (st || f->table->n_runs == 1)
        return st;
    struct tare_results_run *r = TARE_NEW(ctx->arena, struct tare_results_run);
    if (!r)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the results of a file");
    *r = out->runs[0];
    r->address = tare_arena_printf(ctx->arena, "%.*s:%.*s", TARE_FMT(f->path), TARE_FMT(r->name));
    out->runs = r;
    return TARE_OK;
}
