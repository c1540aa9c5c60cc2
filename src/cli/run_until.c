#include "cli/run_until.h"

#include <math.h>
#include <stdio.h>

#include "decide/from_store.h"
#include "text/fields.h"

#include "base/banned.h"

#define AHEAD 16u

static bool is_spent(const struct tare_cli_until *u)
{
    int64_t now_ns = u->ctx->clock->mono_ns(u->ctx->clock->ctx);
    const struct tare_cli_budget *b = &u->budget;
    return (b->attempts && u->attempts >= b->attempts) || (b->tokens && u->tokens >= b->tokens) ||
           (b->usd > 0 && u->cost_usd >= b->usd) || (b->ns && now_ns - u->started_ns >= b->ns);
}

/* ---- before -------------------------------------------------------------------------------- */

/* The suite's margin for the metric, where none was given. */
static void margin_of_suite(struct tare_cli_until *u, const struct tare_results *r)
{
    for (uint32_t i = 0; u->margin == 0 && i < r->n_margins; i++)
        if (tare_str_eq(r->margins[i].metric, u->what.name) && isfinite(u->what.max - u->what.min))
            u->margin = r->margins[i].margin;
}

enum tare_status tare_cli_until_prepare(struct tare_cli_until *u, struct tare_run_options *ro,
                                        struct tare_err *err)
{
    uint32_t to =
        ro->task_to && ro->task_to < ro->suite->n_tasks ? ro->task_to : ro->suite->n_tasks;
    uint32_t n = to > ro->task_from ? to - ro->task_from : 0;
    if (ro->n_solvers != 2) {
        (void)tare_usage_fail(u->ctx, err, "--until decided compares two solvers, not %u",
                              ro->n_solvers);
        tare_err_hint(err, "give --solver twice: the baseline first");
        return TARE_E_USAGE;
    }
    uint32_t *order = TARE_NEW_N(u->ctx->arena, uint32_t, n);
    struct tare_str rule =
        tare_arena_printf(u->ctx->arena, "until decided metric=%.*s alpha=%.17g margin=%.17g",
                          TARE_FMT(u->metric), u->alpha, u->margin);
    if (!order || !rule.p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory at the start");
    tare_until_order(ro->seed, order, n);
    ro->order = order;
    ro->n_order = n;
    ro->rule = rule;
    /* Few are begun before the oldest is complete, so that little is played in vain. */
    ro->ahead = AHEAD;
    u->started_ns = u->ctx->clock->mono_ns(u->ctx->clock->ctx);
    return TARE_OK;
}

/* ---- while it runs ----------------------------------------------------------------------- */

static void feed(struct tare_cli_until *u, uint32_t run, uint32_t task, uint8_t state, double value)
{
    if (u->status == TARE_OK)
        u->status = tare_until_feed(u->rule, run == 0 ? TARE_UNTIL_A : TARE_UNTIL_B, task,
                                    (enum tare_score_state)state, value, &u->err);
}

/* What an earlier call has stored, in any order. */
static enum tare_status feed_stored(struct tare_cli_until *u, const struct tare_results *r)
{
    for (uint32_t run = 0; run < r->n_runs; run++) {
        const struct tare_results_run *x = &r->runs[run];
        struct tare_results_column c;
        uint32_t metric = tare_results_metric(r, u->what.name);
        enum tare_status st = x->fetch(x->fetch_ctx, metric, u->ctx->arena, &c, &u->err);
        if (st)
            return st;
        for (uint32_t i = 0; i < x->n_attempts; i++)
            feed(u, run, x->task[i], c.state[i], c.value[i]);
    }
    return u->status;
}

static void count_stored(struct tare_cli_until *u, const struct tare_batch_view *b)
{
    for (uint32_t i = 0; i < b->n_runs; i++) {
        const struct tare_run_view *r = &b->runs[i];
        u->attempts += r->n_done + r->n_failed + r->n_missing;
        u->missing += r->n_missing;
        u->tokens += r->tokens_in + r->tokens_out;
        u->cost_usd += r->cost_usd;
    }
}

static enum tare_status find_metric(struct tare_cli_until *u, const struct tare_results *r,
                                    const struct tare_batch_view *b)
{
    uint32_t at = tare_results_metric(r, u->metric);
    if (at == UINT32_MAX) {
        const char **names = TARE_NEW_N(u->ctx->arena, const char *, r->n_metrics + 1u);
        if (!names)
            return tare_fail(&u->err, TARE_E_NOMEM, "out of memory while planning");
        for (uint32_t i = 0; i < r->n_metrics; i++)
            names[i] = tare_arena_copy(u->ctx->arena, r->metrics[i].name).p;
        names[r->n_metrics] = NULL;
        (void)tare_fail(&u->err, TARE_E_USAGE, "this suite has no metric '%.*s'",
                        TARE_FMT(u->metric));
        const char *near = tare_suggest(u->metric, names);
        if (near)
            tare_err_hint(&u->err, "did you mean %s?", near);
        return TARE_E_USAGE;
    }
    u->what = r->metrics[at];
    u->metric_at = UINT32_MAX;
    for (uint32_t i = 0; i < b->n_metrics; i++)
        if (tare_str_eq(b->metrics[i].name, u->what.name))
            u->metric_at = i;
    return TARE_OK;
}

static enum tare_status take_up(struct tare_cli_until *u, const struct tare_batch_info *batch)
{
    struct tare_results r;
    struct tare_batch_view view;
    enum tare_status st =
        tare_results_from_store(u->store, batch->id, -1, u->ctx->arena, &r, &u->err);
    if (!st)
        st = tare_store_batch(u->store, batch->id, u->ctx->arena, &view, &u->err);
    if (!st)
        st = find_metric(u, &r, &view);
    if (st)
        return st;
    margin_of_suite(u, &r);
    struct tare_until_opts o = {.size = sizeof o,
                                .metric = &u->what,
                                .n_tasks = r.n_tasks,
                                .k = r.k,
                                .order = r.order,
                                .alpha = u->alpha,
                                .margin = u->margin};
    st = tare_until_open(&o, u->ctx->arena, &u->rule, &u->err);
    if (st)
        return st;
    count_stored(u, &view);
    return feed_stored(u, &r);
}

void tare_cli_until_plan(struct tare_cli_until *u, const struct tare_batch_info *batch)
{
    u->status = take_up(u, batch);
}

/* Tokens that cost nothing are tokens of unknown price: a budget in money cannot be kept then. */
static void price_unknown(struct tare_cli_until *u)
{
    u->cost_usd = (double)NAN;
    if (u->budget.usd <= 0 || u->status != TARE_OK)
        return;
    u->status = tare_fail(&u->err, TARE_E_USAGE,
                          "what the model costs is not known: a budget in dollars cannot be kept");
    tare_err_hint(&u->err, "give its price with --prices FILE, or a budget in attempts or tokens");
}

void tare_cli_until_attempt(struct tare_cli_until *u, uint32_t run,
                            const struct tare_attempt *attempt)
{
    uint8_t state = TARE_SCORE_MISSING;
    double value = (double)NAN;
    u->attempts++;
    u->missing += attempt->status == TARE_ATTEMPT_MISSING;
    u->tokens += attempt->tokens_in + attempt->tokens_out;
    u->cost_usd += attempt->cost_usd;
    if (attempt->tokens_in + attempt->tokens_out && attempt->cost_usd == 0)
        price_unknown(u);
    for (uint32_t i = 0; i < attempt->n_scores; i++)
        if (attempt->scores[i].metric == u->metric_at) {
            state = (uint8_t)attempt->scores[i].state;
            value = attempt->scores[i].value;
        }
    if (attempt->status == TARE_ATTEMPT_MISSING)
        state = TARE_SCORE_MISSING;
    if (u->rule)
        feed(u, run, attempt->task, state, value);
}

bool tare_cli_until_enough(struct tare_cli_until *u)
{
    if (u->status != TARE_OK)
        return true;
    if (u->rule && tare_until_decided(u->rule))
        return true;
    u->spent = u->spent || is_spent(u);
    return u->spent;
}

/* ---- afterwards ---------------------------------------------------------------------------- */

void tare_cli_until_report(const struct tare_cli_until *u, const struct tare_run_options *ro,
                           const struct tare_run_result *result, struct tare_until_report *out)
{
    *out = (struct tare_until_report){.metric = u->what,
                                      .a = ro->solvers[0].name,
                                      .b = ro->solvers[1].name,
                                      .budget = u->budget.text,
                                      .k = ro->k,
                                      .planned = result->batch.n_planned,
                                      .played = u->attempts,
                                      .missing = u->missing,
                                      .tokens = u->tokens,
                                      .cost_usd = u->cost_usd};
    tare_until_state(u->rule, &out->state);
    out->ci = tare_until_interval(u->rule);
    if (out->state.verdict != TARE_VERDICT_INCONCLUSIVE)
        out->end = TARE_UNTIL_DECIDED;
    else if (out->state.looked == out->state.n_tasks)
        out->end = TARE_UNTIL_EXHAUSTED;
    else
        out->end = u->spent ? TARE_UNTIL_BUDGET : TARE_UNTIL_INTERRUPTED;
}
