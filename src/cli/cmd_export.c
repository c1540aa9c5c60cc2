/*
 * tare export: attempts of the store in the formats of other tools.
 */
#include "base/limits.h"
#include "cli/stored.h"
#include "view/inspect_log.h"
#include "view/telemetry.h"

#include "base/banned.h"

struct export_opts {
    struct tare_str run, task, out;
    int to;
    bool texts;
};

static const char *const export_formats[] = {"otlp", "jsonl", "inspect", NULL};

static const struct tare_arg export_args[] = {
    {"RUN", "label, id prefix or @last; /SOLVER after it names one run of a batch", 1, 1,
     offsetof(struct export_opts, run)},
    {"TASK[#N]", "only the attempts at this task, or one of them (default: all of the run)", 0, 1,
     offsetof(struct export_opts, task)},
    {0},
};

static const struct tare_opt export_options[] = {
    {.name = "to",
     .type = TARE_OPT_CHOICE,
     .choices = export_formats,
     .def = "jsonl",
     .help = "otlp: OpenTelemetry spans, a line an attempt; jsonl: a line an event; inspect: a log "
             "of Inspect AI",
     .at = offsetof(struct export_opts, to)},
    {.name = "out",
     .letter = 'o',
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "write there (default: standard output)",
     .at = offsetof(struct export_opts, out)},
    {.name = "texts",
     .type = TARE_OPT_FLAG,
     .help = "also what the model said and what the tools were given",
     .at = offsetof(struct export_opts, texts)},
    {0},
};

static const struct tare_example export_examples[] = {
    {"tare export @last/runbook --to otlp --out spans.jsonl", "one OTLP body a line"},
    {"tare export @last/oracle --to inspect --out oracle.json", "a log for Inspect's viewer"},
    {"tare export @last/runbook soc-standard-7-00000 --to jsonl", "the events of one task"},
    {0},
};

static bool put_file(void *ctx, struct tare_str lines)
{
    return fwrite(lines.p, 1, lines.n, (FILE *)ctx) == lines.n;
}

/* "task#2": attempt 2 of it; without '#' the first. */
static enum tare_status one_attempt(struct tare_ctx *ctx, const struct export_opts *o,
                                    struct tare_store *store, const struct tare_stored *s,
                                    const struct tare_telemetry *t, struct tare_err *err)
{
    uint64_t n = 1;
    uint32_t task;
    struct tare_str id = o->task;
    size_t hash = tare_str_find(id, TARE_S("#"));
    if (hash != SIZE_MAX) {
        if (!tare_str_to_u64(tare_str_n(id.p + hash + 1, id.n - hash - 1), &n) || n < 1 ||
            n > TARE_MAX_ATTEMPTS_PER_TASK)
            return tare_usage_fail(ctx, err, "after '#' stands the number of an attempt, from 1");
        id = tare_str_n(id.p, hash);
    }
    enum tare_status st = tare_store_find_task(store, s->at.batch, id, ctx->arena, &task, err);
    return st ? st : tare_telemetry_attempt(store, t, task, (uint32_t)n - 1, NULL, err);
}

/* The whole run as one log. */
static enum tare_status inspect_log(struct tare_store *store, const struct tare_telemetry *t,
                                    struct tare_err *err)
{
    struct tare_inspect_log log = {.batch = t->batch,
                                   .run = t->run,
                                   .tasks = t->tasks,
                                   .n_tasks = t->n_tasks,
                                   .put = t->put,
                                   .ctx = t->ctx};
    uint64_t n;
    return tare_inspect_log_write(store, &log, &n, err);
}

static enum tare_status export_stored(struct tare_ctx *ctx, const struct export_opts *o,
                                      struct tare_store *store, struct tare_err *err)
{
    struct tare_stored s;
    struct tare_task_view *tasks;
    struct tare_telemetry t = {.format = o->to == 0 ? TARE_TELEMETRY_OTLP : TARE_TELEMETRY_JSONL,
                               .texts = o->texts,
                               .put = put_file,
                               .ctx = ctx->out};
    uint64_t n;
    enum tare_status st = tare_cli_stored(ctx, store, o->run, true, &s, err);
    if (!st)
        st = tare_store_tasks(store, s.at.batch, ctx->arena, &tasks, &t.n_tasks, err);
    if (!st && o->to == 2 && o->task.n)
        st = tare_usage_fail(ctx, err, "a log of Inspect is of a whole run: leave the task out");
    if (st)
        return st;
    t.batch = &s.batch;
    t.run = s.run;
    t.tasks = tasks;
    struct tare_str path = tare_arena_copy(ctx->arena, o->out);
    FILE *file = o->out.n && path.p ? fopen(path.p, "wb") : NULL;
    if (o->out.n && !file)
        return tare_fail(err, TARE_E_IO, "%.*s cannot be written", TARE_FMT(o->out));
    if (file)
        t.ctx = file;
    if (o->to == 2)
        st = inspect_log(store, &t, err);
    else
        st = o->task.n ? one_attempt(ctx, o, store, &s, &t, err)
                       : tare_telemetry_run(store, &t, NULL, &n, err);
    if (file && fclose(file) && !st)
        st = tare_fail(err, TARE_E_IO, "%.*s cannot be written", TARE_FMT(o->out));
    return st;
}

static enum tare_status export_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    struct tare_store *store;
    enum tare_status st = tare_cli_open(ctx, &store, err);
    if (st)
        return st;
    st = export_stored(ctx, opts, store, err);
    tare_store_close(store);
    return st;
}

const struct tare_cmd tare_cmd_export = {
    .name = "export",
    .summary = "write attempts in the formats of other tools",
    .usage = "RUN [TASK[#N]] [options]",
    .about =
        "Calls of models, calls of tools, compactions, refusals and verdicts, as OpenTelemetry "
        "spans with\nthe GenAI names or as JSON Lines. Without --texts: names, sizes, hashes and "
        "times only.",
    .examples = export_examples,
    .args = export_args,
    .opts = export_options,
    .opts_size = sizeof(struct export_opts),
    .run = export_run,
};
