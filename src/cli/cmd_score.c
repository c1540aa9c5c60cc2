/*
 * tare score: outputs made elsewhere, scored by a suite's checks and stored as runs.
 */
#include <stdlib.h>

#include "cli/files.h"
#include "cli/labels.h"
#include "cli/play.h"
#include "cli/run_models.h"
#include "cli/stored.h"
#include "run/outputs.h"
#include "view/doc.h"
#include "view/term.h"

#include "base/limits.h"

#include "base/banned.h"

struct score_opts {
    struct tare_str suite, outputs, label, labels, metric;
    int64_t jobs;
    struct tare_file_opts files;
    struct tare_cli_models models;
};

static const struct tare_arg score_args[] = {
    {"SUITE",
     "a suite of the world prompt: its checks score the outputs; with --labels a stored "
     "batch or run, or a file",
     1, 1, offsetof(struct score_opts, suite)},
    {0},
};

static const struct tare_opt score_options[] = {
    {.name = "outputs",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "what was answered: rows with a task id and an output (JSON Lines, CSV), or a log of "
             "another tool (`tare import --formats`)",
     .at = offsetof(struct score_opts, outputs)},
    {.name = "label",
     .letter = 'l',
     .type = TARE_OPT_STRING,
     .help = "a name to find the batch by (default: the file's name)",
     .at = offsetof(struct score_opts, label)},
    {.name = "labels",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help =
         "what people said of some answers (task, label, perhaps solver and attempt): how often "
         "the check errs, and its rates set right; nothing is scored",
     .at = offsetof(struct score_opts, labels)},
    {.name = "metric",
     .type = TARE_OPT_STRING,
     .metavar = "NAME",
     .help = "with --labels: the check that is held against them (default: the headline)",
     .at = offsetof(struct score_opts, metric)},
    {.name = "judge",
     .type = TARE_OPT_STRING,
     .metavar = "MODEL",
     .help = "the model that judges, in place of those the suite's judges name",
     .at = offsetof(struct score_opts, models.judge)},
    {.name = "cache",
     .type = TARE_OPT_CHOICE,
     .choices = tare_cli_cache_names,
     .help = "replies of judges kept beside the store: read when a batch is resumed (auto), always "
             "(on), never kept (off)",
     .at = offsetof(struct score_opts, models.cache)},
    {.name = "record",
     .type = TARE_OPT_STRING,
     .metavar = "DIR",
     .help = "keep every exchange with a judge in DIR/exchanges.jsonl",
     .at = offsetof(struct score_opts, models.record)},
    {.name = "replay",
     .type = TARE_OPT_STRING,
     .metavar = "DIR",
     .help = "take every judgement from a recording: no network, no key, the same bits",
     .at = offsetof(struct score_opts, models.replay)},
    {.name = "jobs",
     .letter = 'j',
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 1024,
     .help = "CPU threads (default: one a CPU), and outputs judged at once (default: 64)",
     .at = offsetof(struct score_opts, jobs)},
    TARE_FILE_OPTIONS(struct score_opts),
    {0},
};

static const struct tare_example score_examples[] = {
    {"tare score short-answers --outputs answers.jsonl", "rows of {\"id\": …, \"output\": …}"},
    {"tare score short-answers --outputs log.eval --label again",
     "what an Inspect log holds, by this suite's checks"},
    {"tare score @last --labels human.csv", "how far the last batch's checks agree with people"},
    {"tare score short-answers --outputs answers.csv --task-column question --output-column reply",
     "a table with its own column names"},
    {0},
};

static enum tare_status read_outputs(struct tare_ctx *ctx, const struct score_opts *o,
                                     const struct tare_import_table **out, struct tare_err *err)
{
    struct tare_import_options io;
    struct tare_import_table *table;
    if (o->outputs.n == 0) {
        (void)tare_usage_fail(ctx, err, "which outputs? Give --outputs FILE");
        tare_err_hint(err, "one JSON object a line: {\"id\": TASK, \"output\": TEXT}");
        return TARE_E_USAGE;
    }
    tare_cli_file_options(ctx, &o->files, true, &io);
    io.outputs_only = true;
    enum tare_status st = tare_import_read(o->outputs, &io, ctx->arena, &table, err);
    if (st == TARE_OK)
        *err = (struct tare_err){0};
    *out = table;
    return st;
}

static struct tare_str label_of(const struct score_opts *o)
{
    if (o->label.n)
        return o->label;
    struct tare_str name = tare_cli_file_name(o->outputs);
    for (size_t i = name.n; i > 1; i--)
        if (name.p[i - 1] == '.')
            return tare_str_n(name.p, i - 1);
    return name;
}

static void tell_strangers(struct tare_ctx *ctx, const struct tare_suite *suite,
                           const struct tare_run_outputs *found)
{
    if (ctx->quiet)
        return;
    if (found->n_matched < suite->n_tasks)
        fprintf(ctx->err, "tare score: %u of %u tasks have an output; the others are missing\n",
                found->n_matched, suite->n_tasks);
    if (found->n_strangers)
        fprintf(ctx->err,
                "tare score: %u tasks of the file are not in the suite, the first: %.*s\n",
                found->n_strangers, TARE_FMT(found->stranger));
}

static enum tare_status show(struct tare_ctx *ctx, const struct score_opts *o,
                             struct tare_store *store, const struct tare_run_result *r,
                             struct tare_err *err)
{
    struct tare_results results;
    struct tare_board board;
    struct tare_buf out;
    enum tare_status st =
        tare_results_from_store(store, r->batch.id, -1, ctx->arena, &results, err);
    if (st == TARE_OK)
        st = tare_cli_board(ctx, &results, false, &board, err);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        w.indent = 2;
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "schema", "tare.run/1");
        tare_json_member_str(&w, "label", label_of(o));
        tare_json_member_bool(&w, "finished", r->batch.finished);
        tare_json_member_u64(&w, "done", r->batch.n_done);
        tare_doc_board(&w, &board);
        tare_json_end_object(&w);
        tare_buf_putc(&out, '\n');
    } else {
        tare_view_board(&out, &board, label_of(o), false, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

static enum tare_status play(struct tare_ctx *ctx, const struct score_opts *o,
                             struct tare_run_options *ro, struct tare_err *err)
{
    struct tare_store_options so = {.size = sizeof so, .create = true, .clock = ctx->clock};
    struct tare_models *models = NULL;
    struct tare_run_result result;
    struct tare_store *store;
    enum tare_status st = tare_store_open(ctx->store, &so, &store, err);
    if (st != TARE_OK)
        return st;
    st = tare_cli_models_open(ctx, &o->models, ro, &models, err);
    if (st == TARE_OK)
        st = tare_run_batch(store, ro, ctx->arena, &result, err);
    if (st == TARE_OK) {
        ctx->exit_code = result.batch.finished ? 0 : 3;
        if (result.halted.n)
            fprintf(ctx->err, "tare score: stopped: %.*s\n", TARE_FMT(result.halted));
        st = show(ctx, o, store, &result, err);
    }
    if (st == TARE_OK && models && !ctx->quiet)
        tare_cli_models_tell(ctx, models);
    tare_models_close(models);
    tare_store_close(store);
    return st;
}

static enum tare_status score_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct score_opts *o = opts;
    struct tare_run_options ro = {.size = sizeof ro, .clock = ctx->clock};
    const struct tare_import_table *table = NULL;
    struct tare_run_outputs found = {0};
    struct tare_suite *suite;
    if (o->labels.n && o->outputs.n)
        return tare_usage_fail(ctx, err,
                               "--labels is about what is scored already: score the "
                               "outputs first, then name the batch");
    if (o->labels.n)
        return tare_cli_labels_show(ctx, o->suite, o->metric, o->labels, &o->files, err);
    if (o->metric.n)
        return tare_usage_fail(ctx, err, "--metric is about --labels, which is missing");
    enum tare_status st = tare_cli_suite(ctx, o->suite, &suite, err);
    if (st == TARE_OK)
        st = read_outputs(ctx, o, &table, err);
    if (st == TARE_OK)
        st = tare_run_outputs(suite, table, ctx->arena, &found, err);
    if (st == TARE_OK)
        st = tare_cli_judges(suite, &o->models, ctx->arena, &ro, err);
    if (st != TARE_OK)
        return st;
    tell_strangers(ctx, suite, &found);
    ro.suite = suite;
    ro.solvers = found.solvers;
    ro.n_solvers = found.n_solvers;
    ro.k = found.k;
    ro.seed = 1;
    ro.threads = o->jobs == TARE_INT_UNSET ? 0 : (unsigned)o->jobs;
    ro.in_flight = o->jobs == TARE_INT_UNSET ? 0 : (uint32_t)o->jobs;
    ro.label = label_of(o);
    ro.resume = true; /* the same outputs by the same checks are not judged twice */
    return play(ctx, o, &ro, err);
}

const struct tare_cmd tare_cmd_score = {
    .name = "score",
    .summary = "score outputs made elsewhere by a suite's checks",
    .usage = "SUITE --outputs FILE | RUN --labels FILE [options]",
    .about = "The solver is not called: what it answered is read from a file, scored as if it\n"
             "had been said here, and stored as runs that compare, show and view know. A task\n"
             "without an output is missing, not wrong. Scoring the same file again takes up\n"
             "what is stored; judges are asked only for what they have not judged.",
    .examples = score_examples,
    .args = score_args,
    .opts = score_options,
    .opts_size = sizeof(struct score_opts),
    .run = score_run,
};
