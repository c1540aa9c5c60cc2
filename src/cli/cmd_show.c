/*
 * tare show: a batch as a leaderboard, a run with its attempts, an attempt as a timeline, a step.
 */
#include <math.h>

#include "base/limits.h"
#include "cli/stored.h"
#include "record/where.h"
#include "view/doc.h"
#include "view/episode.h"
#include "view/failures.h"
#include "view/term.h"

#include "base/banned.h"

struct show_opts {
    struct tare_str run, task, where, beside;
    int64_t step, limit, offset;
    bool findings, steps, failures;
};

static const struct tare_arg show_args[] = {
    {"RUN", "label, id prefix, @last, @last~1; /SOLVER after it names one run of a batch", 1, 1,
     offsetof(struct show_opts, run)},
    {"TASK[#N]", "a task of it (its id or a unique prefix), and which attempt (default 1)", 0, 1,
     offsetof(struct show_opts, task)},
    {0},
};

static const struct tare_opt show_options[] = {
    {.name = "where",
     .letter = 'w',
     .type = TARE_OPT_STRING,
     .metavar = "FILTER",
     .help = "only attempts that match: \"family:benign reward<0 missing\"",
     .at = offsetof(struct show_opts, where)},
    {.name = "limit",
     .letter = 'n',
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 1e6,
     .def = "20",
     .help = "at most so many attempts",
     .at = offsetof(struct show_opts, limit)},
    {.name = "offset",
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 1e15,
     .def = "0",
     .help = "leave out the first so many attempts",
     .at = offsetof(struct show_opts, offset)},
    {.name = "step",
     .type = TARE_OPT_INT,
     .min = 0,
     .max = TARE_MAX_STEPS,
     .help = "one step of the attempt in full",
     .at = offsetof(struct show_opts, step)},
    {.name = "beside",
     .type = TARE_OPT_STRING,
     .metavar = "[RUN]#N",
     .help = "add the lane of another attempt at the same task: #2, or other/solver#1",
     .at = offsetof(struct show_opts, beside)},
    {.name = "findings",
     .type = TARE_OPT_FLAG,
     .help = "every finding about the leaderboard",
     .at = offsetof(struct show_opts, findings)},
    {.name = "failures",
     .type = TARE_OPT_FLAG,
     .help = "which failure modes the run or the attempt shows, and at which steps",
     .at = offsetof(struct show_opts, failures)},
    {.name = "steps",
     .type = TARE_OPT_FLAG,
     .help = "with --json: the bodies of all steps too",
     .at = offsetof(struct show_opts, steps)},
    {0},
};

static const struct tare_example show_examples[] = {
    {"tare show @last", "the leaderboard of the last batch"},
    {"tare show @last/runbook --where \"family:benign\"", "one run, its attempts at benign tasks"},
    {"tare show @last/runbook ir-eval-0003", "an attempt as a timeline"},
    {"tare show @last/runbook ir-eval-0003#2 --step 5", "one step in full"},
    {"tare show @last/runbook --failures", "why attempts failed, by mode"},
    {0},
};

/* ---- a batch, a run -------------------------------------------------------------------------- */

static enum tare_status show_board(struct tare_ctx *ctx, const struct show_opts *o,
                                   const struct tare_stored *s, struct tare_err *err)
{
    struct tare_board board;
    struct tare_buf out;
    enum tare_status st = tare_cli_board(ctx, &s->results, false, &board, err);
    if (st)
        return st;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        tare_json_begin_object(&w);
        tare_json_put_key(&w, "schema");
        tare_json_put_cstr(&w, "tare.leaderboard/1");
        tare_doc_board(&w, &board);
        tare_json_end_object(&w);
        tare_buf_putc(&out, '\n');
    } else {
        tare_view_board(&out, &board, o->run, o->findings, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

static void put_run_json(struct tare_buf *out, const struct tare_stored *s,
                         const struct tare_board *board, const struct tare_task_view *tasks,
                         const struct tare_attempt_page *page, uint64_t offset)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "schema");
    tare_json_put_cstr(&w, "tare.show/1");
    tare_json_put_key(&w, "batch");
    tare_json_begin_object(&w);
    tare_doc_batch(&w, &s->batch);
    tare_json_end_object(&w);
    tare_json_put_key(&w, "run");
    tare_json_begin_object(&w);
    tare_doc_run(&w, s->run);
    tare_json_end_object(&w);
    tare_json_put_key(&w, "board");
    tare_json_begin_object(&w);
    tare_doc_board(&w, board);
    tare_json_end_object(&w);
    tare_json_put_key(&w, "attempts");
    tare_json_begin_object(&w);
    tare_doc_attempts(&w, &s->batch, tasks, page, offset);
    tare_json_end_object(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

static enum tare_status show_run(struct tare_ctx *ctx, const struct show_opts *o,
                                 struct tare_store *store, const struct tare_stored *s,
                                 struct tare_err *err)
{
    struct tare_board board;
    struct tare_task_view *tasks;
    struct tare_where *where;
    struct tare_attempt_page page = {0};
    uint32_t n_tasks;
    enum tare_status st = tare_cli_board(ctx, &s->results, true, &board, err);
    if (!st)
        st = tare_store_tasks(store, s->at.batch, ctx->arena, &tasks, &n_tasks, err);
    if (!st)
        st = tare_where_compile(o->where, &s->batch, tasks, n_tasks, ctx->arena, &where, err);
    if (!st && o->limit)
        st = tare_store_attempts(store, s->at.run, where, (uint64_t)o->offset, (uint32_t)o->limit,
                                 ctx->arena, &page, err);
    if (st)
        return st;
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (ctx->json) {
        put_run_json(&out, s, &board, tasks, &page, (uint64_t)o->offset);
    } else {
        if (o->where.n == 0 && o->offset == 0)
            tare_view_run(&out, &s->batch, s->run, &board, &ctx->out_style);
        if (o->limit)
            tare_view_attempts(&out, &s->batch, tasks, &page, (uint64_t)o->offset, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

/* ---- an attempt -------------------------------------------------------------------------------
 */

/* "sc-0173#2" into its parts; the attempt counts from 1. */
static enum tare_status split_task(struct tare_ctx *ctx, struct tare_str text,
                                   struct tare_str *task, uint32_t *attempt, struct tare_err *err)
{
    uint64_t n = 1;
    size_t hash = text.n;
    while (hash > 0 && text.p[hash - 1] != '#')
        hash--;
    *task = text;
    *attempt = 0;
    if (hash == 0)
        return TARE_OK;
    if (!tare_str_to_u64(tare_str_n(text.p + hash, text.n - hash), &n) || n < 1 ||
        n > TARE_MAX_ATTEMPTS_PER_TASK)
        return tare_usage_fail(ctx, err,
                               "after '#' stands the number of an attempt, from 1, not "
                               "'%.*s'",
                               (int)(text.n - hash), text.p + hash);
    *task = tare_str_n(text.p, hash - 1);
    *attempt = (uint32_t)n - 1;
    return TARE_OK;
}

struct shown {
    struct tare_attempt attempt;
    struct tare_str task; /* its full id */
    uint32_t task_index;
    struct tare_episode episode;
};

static double headline_value(const struct tare_stored *s, const struct tare_attempt *a,
                             struct tare_str name)
{
    for (uint32_t i = 0; i < a->n_scores; i++)
        if (a->scores[i].metric < s->batch.n_metrics && a->scores[i].state == TARE_SCORE_OK &&
            tare_str_eq(s->batch.metrics[a->scores[i].metric].name, name))
            return a->scores[i].value;
    return (double)NAN;
}

/* What the world says was the best one could get; NaN when it does not say. */
static double best_of(struct tare_ctx *ctx, struct tare_str detail)
{
    struct tare_json v;
    double x = (double)NAN;
    if (detail.n && tare_json_parse(detail, &tare_json_log, ctx->arena, &v, NULL) == TARE_OK)
        (void)tare_json_f64(tare_json_get(v, "reward_max"), &x);
    return x;
}

static enum tare_status load_attempt(struct tare_ctx *ctx, struct tare_store *store,
                                     const struct tare_stored *s, struct tare_str task,
                                     uint32_t attempt, struct shown *out, struct tare_err *err)
{
    enum tare_status st =
        tare_store_find_task(store, s->at.batch, task, ctx->arena, &out->task_index, err);
    if (!st)
        st = tare_store_attempt(store, s->at.run, out->task_index, attempt,
                                TARE_WITH_SCORES | TARE_WITH_OUTLINE, ctx->arena, &out->attempt,
                                err);
    if (st)
        return st;
    out->task = s->results.tasks[out->task_index].id;
    out->episode = (struct tare_episode){
        .task = out->task,
        .solver = s->run->solver,
        .run = tare_str_of(s->run->name),
        .attempt = attempt,
        .status = out->attempt.status,
        .cause = out->attempt.cause_text.n ? out->attempt.cause_text
                                           : tare_str_of(tare_cause_name(out->attempt.cause)),
        .reward = headline_value(s, &out->attempt, TARE_S("reward")),
        .reward_max = best_of(ctx, out->attempt.detail),
        .headline = TARE_S("reward")};
    return tare_outline_read(out->attempt.outline, ctx->arena, &out->episode.outline, err);
}

static enum tare_status load_beside(struct tare_ctx *ctx, const struct show_opts *o,
                                    struct tare_store *store, const struct tare_stored *s,
                                    struct tare_str task, struct shown *out, struct tare_err *err)
{
    struct tare_str run;
    uint32_t attempt;
    struct tare_stored other = *s;
    enum tare_status st = split_task(ctx, o->beside, &run, &attempt, err);
    if (!st && run.n)
        st = tare_cli_stored(ctx, store, run, true, &other, err);
    return st ? st : load_attempt(ctx, store, &other, task, attempt, out, err);
}

static enum tare_status put_attempt_json(struct tare_ctx *ctx, const struct show_opts *o,
                                         struct tare_store *store, const struct tare_stored *s,
                                         const struct shown *x, struct tare_buf *out,
                                         struct tare_err *err)
{
    struct tare_str *steps = NULL;
    uint32_t n = 0, from = 0, to = UINT32_MAX;
    enum tare_status st = TARE_OK;
    if (o->step != TARE_INT_UNSET) {
        from = (uint32_t)o->step + 1;
        to = from + 1;
    }
    if (o->steps || o->step != TARE_INT_UNSET)
        st = tare_store_steps(store, s->at.run, x->task_index, x->attempt.index, from, to,
                              ctx->arena, &steps, &n, err);
    if (st)
        return st;
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_doc_attempt(&w, &s->batch, s->run, x->task, &x->attempt, steps, n);
    tare_buf_putc(out, '\n');
    return TARE_OK;
}

/* Line 0 of the bodies is what was there before the first step. */
static enum tare_status put_step(struct tare_ctx *ctx, const struct show_opts *o,
                                 struct tare_store *store, const struct tare_stored *s,
                                 const struct shown *x, struct tare_buf *out, struct tare_err *err)
{
    struct tare_str *line;
    uint32_t n, step = (uint32_t)o->step;
    if (step >= x->attempt.n_steps)
        return tare_usage_fail(ctx, err, "the attempt has steps 0 to %u, not %u",
                               x->attempt.n_steps ? x->attempt.n_steps - 1 : 0, step);
    enum tare_status st = tare_store_steps(store, s->at.run, x->task_index, x->attempt.index,
                                           step + 1, step + 2, ctx->arena, &line, &n, err);
    if (!st)
        tare_view_step(out, &x->episode, step, n ? line[0] : TARE_S(""), &ctx->out_style);
    return st;
}

static enum tare_status show_attempt(struct tare_ctx *ctx, const struct show_opts *o,
                                     struct tare_store *store, const struct tare_stored *s,
                                     struct tare_err *err)
{
    struct shown x, beside;
    struct tare_str task;
    uint32_t attempt;
    struct tare_buf out;
    enum tare_status st = split_task(ctx, o->task, &task, &attempt, err);
    if (!st)
        st = load_attempt(ctx, store, s, task, attempt, &x, err);
    if (!st && o->beside.n)
        st = load_beside(ctx, o, store, s, x.task, &beside, err);
    if (st)
        return st;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (ctx->json)
        st = put_attempt_json(ctx, o, store, s, &x, &out, err);
    else if (o->step != TARE_INT_UNSET)
        st = put_step(ctx, o, store, s, &x, &out, err);
    else
        tare_view_episode(&out, &x.episode, o->beside.n ? &beside.episode : NULL, &ctx->out_style);
    if (st) {
        tare_buf_free(&out);
        return st;
    }
    return tare_cli_print(ctx, &out, err);
}

/* ---- failure modes --------------------------------------------------------------------------- */

static enum tare_status failures_of_run(struct tare_ctx *ctx, const struct show_opts *o,
                                        struct tare_store *store, const struct tare_stored *s,
                                        struct tare_buf *out, struct tare_err *err)
{
    struct tare_run_failures r;
    struct tare_task_view *tasks;
    uint32_t n;
    enum tare_status st = tare_store_tasks(store, s->at.batch, ctx->arena, &tasks, &n, err);
    if (!st)
        st =
            tare_failures_of_run(store, &s->batch, s->run, (uint32_t)o->limit, ctx->arena, &r, err);
    if (st)
        return st;
    if (!ctx->json) {
        tare_view_failures(out, &r, tasks, n, o->run, &ctx->out_style);
        return TARE_OK;
    }
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.failures/1");
    tare_json_member_cstr(&w, "run", s->run->name);
    tare_json_member_str(&w, "solver", s->run->solver);
    tare_doc_failures(&w, &r, tasks, n);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
    return TARE_OK;
}

static enum tare_status failures_of_attempt(struct tare_ctx *ctx, const struct show_opts *o,
                                            struct tare_store *store, const struct tare_stored *s,
                                            struct tare_buf *out, struct tare_err *err)
{
    struct tare_str task;
    uint32_t attempt, at;
    struct tare_failed_attempt x;
    struct tare_trail trail;
    enum tare_status st = split_task(ctx, o->task, &task, &attempt, err);
    if (!st)
        st = tare_store_find_task(store, s->at.batch, task, ctx->arena, &at, err);
    if (!st)
        st = tare_failures_of_attempt(store, &s->batch, s->run, at, attempt, ctx->arena, &x, &trail,
                                      err);
    if (st)
        return st;
    task = s->results.tasks[at].id;
    if (!ctx->json) {
        tare_view_failed_attempt(out, &x, task);
        return TARE_OK;
    }
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.failures-attempt/1");
    tare_json_put_key(&w, "attempt");
    tare_doc_failed_attempt(&w, &x, task);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
    return TARE_OK;
}

static enum tare_status show_failures(struct tare_ctx *ctx, const struct show_opts *o,
                                      struct tare_store *store, const struct tare_stored *s,
                                      struct tare_err *err)
{
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    enum tare_status st = o->task.n ? failures_of_attempt(ctx, o, store, s, &out, err)
                                    : failures_of_run(ctx, o, store, s, &out, err);
    if (st) {
        tare_buf_free(&out);
        return st;
    }
    return tare_cli_print(ctx, &out, err);
}

static enum tare_status show_what(struct tare_ctx *ctx, const struct show_opts *o,
                                  struct tare_store *store, struct tare_err *err)
{
    struct tare_stored s;
    enum tare_status st =
        tare_cli_stored(ctx, store, o->run, o->task.n > 0 || o->failures, &s, err);
    if (st)
        return st;
    if (o->failures)
        return show_failures(ctx, o, store, &s, err);
    if (o->task.n)
        return show_attempt(ctx, o, store, &s, err);
    if (o->step != TARE_INT_UNSET || o->beside.n)
        return tare_usage_fail(ctx, err, "which task? tare show RUN TASK[#N] --step N");
    if (s.run && !o->findings)
        return show_run(ctx, o, store, &s, err);
    if (o->where.n)
        return tare_usage_fail(ctx, err, "--where is about one run: name its solver, %.*s/SOLVER",
                               TARE_FMT(o->run));
    return show_board(ctx, o, &s, err);
}

static enum tare_status show_run_cmd(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    struct tare_store *store;
    enum tare_status st = tare_cli_open(ctx, &store, err);
    if (st)
        return st;
    st = show_what(ctx, opts, store, err);
    tare_store_close(store);
    return st;
}

const struct tare_cmd tare_cmd_show = {
    .name = "show",
    .summary = "show a batch, a run, or one attempt as a timeline",
    .usage = "RUN [TASK[#N]] [options]",
    .about =
        "A batch is shown as its leaderboard, a run as its metrics and attempts, an attempt as "
        "a\ntimeline: what the other side did above, the evidence and the planted "
        "instructions the\nsolver met, what it did, and which evidence stood behind it. "
        "Filters: TAG:VALUE,\nMETRIC<N (also <= > >= = !=), done, failed, missing, METRIC "
        "alone for \"not 0\", !TERM.",
    .examples = show_examples,
    .args = show_args,
    .opts = show_options,
    .opts_size = sizeof(struct show_opts),
    .run = show_run_cmd,
};
