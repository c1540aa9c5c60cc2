/*
 * tare runs: what is in the store.
 */
#include "base/fs.h"
#include "base/limits.h"
#include "cli/stored.h"
#include "view/doc.h"
#include "view/failures.h"
#include "view/term.h"

#include "base/banned.h"

struct runs_opts {
    struct tare_str suite, solver, label, id;
    int64_t limit, offset;
    bool unfinished, failures;
};

static const struct tare_opt runs_options[] = {
    {.name = "suite",
     .type = TARE_OPT_STRING,
     .help = "only batches of this suite (name, or prefix of its digest)",
     .at = offsetof(struct runs_opts, suite)},
    {.name = "solver",
     .letter = 's',
     .type = TARE_OPT_STRING,
     .metavar = "TEXT",
     .help = "only batches with a solver whose name holds this",
     .at = offsetof(struct runs_opts, solver)},
    {.name = "label",
     .letter = 'l',
     .type = TARE_OPT_STRING,
     .help = "only batches with this label",
     .at = offsetof(struct runs_opts, label)},
    {.name = "id",
     .type = TARE_OPT_STRING,
     .metavar = "PREFIX",
     .help = "only batches whose id begins so",
     .at = offsetof(struct runs_opts, id)},
    {.name = "unfinished",
     .type = TARE_OPT_FLAG,
     .help = "only batches with something left to play",
     .at = offsetof(struct runs_opts, unfinished)},
    {.name = "failures",
     .type = TARE_OPT_FLAG,
     .help = "a line a run: which failure modes its attempts show",
     .at = offsetof(struct runs_opts, failures)},
    {.name = "limit",
     .letter = 'n',
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 100000,
     .def = "20",
     .help = "at most so many, newest first",
     .at = offsetof(struct runs_opts, limit)},
    {.name = "offset",
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 4e9,
     .def = "0",
     .help = "leave out the newest so many",
     .at = offsetof(struct runs_opts, offset)},
    {0},
};

static const struct tare_example runs_examples[] = {
    {"tare runs", "the last batches"},
    {"tare runs --suite incident-response --unfinished", "what can be resumed"},
    {"tare runs --failures --limit 3", "how the attempts of the last batches failed"},
    {0},
};

/* stored: there are batches, though perhaps none that match. */
static enum tare_status print(struct tare_ctx *ctx, const struct tare_batch_view *v, uint32_t n,
                              uint32_t total, bool stored, struct tare_err *err)
{
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        tare_doc_runs(&w, v, n, total);
        tare_buf_putc(&out, '\n');
    } else if (n == 0 && stored) {
        tare_buf_puts(&out, "No batches match.\n");
    } else {
        tare_view_runs(&out, v, n, total, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

static enum tare_status put_failures(struct tare_ctx *ctx, struct tare_store *store,
                                     const struct tare_batch_view *v, struct tare_buf *out,
                                     struct tare_json_writer *w, struct tare_err *err)
{
    for (uint32_t i = 0; i < v->n_runs; i++) {
        struct tare_run_failures r;
        struct tare_str batch = v->label.n ? v->label : tare_str_of(v->info.name);
        struct tare_str who = tare_arena_printf(ctx->arena, "%.*s/%.*s", TARE_FMT(batch),
                                                TARE_FMT(v->runs[i].solver));
        enum tare_status st = tare_failures_of_run(store, v, &v->runs[i], 1, ctx->arena, &r, err);
        if (st)
            return st;
        r.n = 0; /* the list is `tare show RUN --failures` */
        if (!ctx->json) {
            tare_view_run_failures(out, &r, who);
            continue;
        }
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "run", v->runs[i].name);
        tare_json_member_str(w, "solver", v->runs[i].solver);
        tare_doc_failures(w, &r, NULL, 0);
        tare_json_end_object(w);
    }
    return TARE_OK;
}

static enum tare_status print_failures(struct tare_ctx *ctx, struct tare_store *store,
                                       const struct tare_batch_view *v, uint32_t n,
                                       struct tare_err *err)
{
    struct tare_buf out;
    struct tare_json_writer w;
    enum tare_status st = TARE_OK;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &out);
    if (ctx->json) {
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "schema", "tare.runs-failures/1");
        tare_json_put_key(&w, "runs");
        tare_json_begin_array(&w);
    }
    for (uint32_t i = 0; st == TARE_OK && i < n; i++)
        st = put_failures(ctx, store, &v[i], &out, &w, err);
    if (st) {
        tare_buf_free(&out);
        return st;
    }
    if (ctx->json) {
        tare_json_end_array(&w);
        tare_json_end_object(&w);
        tare_buf_putc(&out, '\n');
    }
    return tare_cli_print(ctx, &out, err);
}

static enum tare_status runs_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct runs_opts *o = opts;
    struct tare_store *store;
    struct tare_batch_view *v;
    uint32_t n, total;
    struct tare_batch_filter filter = {.label = o->label,
                                       .suite = o->suite,
                                       .solver = o->solver,
                                       .id = o->id,
                                       .only_unfinished = o->unfinished,
                                       .offset = (uint32_t)o->offset,
                                       .limit = (uint32_t)o->limit};
    if (!tare_fs_exists(ctx->store))
        return print(ctx, NULL, 0, 0, false, err);
    enum tare_status st = tare_cli_open(ctx, &store, err);
    if (st)
        return st;
    st = tare_store_batches(store, &filter, ctx->arena, &v, &n, &total, err);
    if (!st && o->failures) {
        st = print_failures(ctx, store, v, n, err);
        tare_store_close(store);
        return st;
    }
    tare_store_close(store);
    return st ? st : print(ctx, v, n, total, true, err);
}

const struct tare_cmd tare_cmd_runs = {
    .name = "runs",
    .summary = "list what was run",
    .usage = "[options]",
    .about = "One line a batch, newest first: its label or id, its suite, how many attempts are "
             "there,\nwhen it was planned, its solvers. `tare show BATCH` prints its leaderboard.",
    .examples = runs_examples,
    .opts = runs_options,
    .opts_size = sizeof(struct runs_opts),
    .run = runs_run,
};
