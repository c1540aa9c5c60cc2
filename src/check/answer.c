/* The check of answers: opened, asked, scored. */
#include "check/answer.h"

#include <math.h>

#include "base/limits.h"
#include "check/answer_int.h"

#include "base/banned.h"

enum { PASS, SCORE, N_FIXED };
enum { JUDGE_COST, JUDGE_REFUSALS, JUDGE_UNPARSED, JUDGE_FAILURES, N_JUDGE };

#define TEXT(s)                                                                                    \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }

static const struct tare_metric fixed[N_FIXED] = {
    {TEXT("pass"), TEXT("pass"), TEXT("the answer meets all checks"), TEXT("share"),
     TARE_HIGHER_BETTER, TARE_AGG_MEAN, 0, 1},
    {TEXT("score"), TEXT("score"), TEXT("weighted mean of the checks"), TEXT("share"),
     TARE_HIGHER_BETTER, TARE_AGG_MEAN, 0, 1}};

static const struct tare_metric of_judges[N_JUDGE] = {
    {TEXT("judge_cost_usd"), TEXT("judge $"), TEXT("what the judges of an answer cost"),
     TEXT("USD"), TARE_LOWER_BETTER, TARE_AGG_MEAN, 0, (double)INFINITY},
    {TEXT("judge_refusals"), TEXT("refused"), TEXT("votes that a judge refused"), TEXT(""),
     TARE_LOWER_BETTER, TARE_AGG_MEAN, 0, (double)INFINITY},
    {TEXT("judge_unparsed"), TEXT("unparsed"), TEXT("votes that were not of the form asked for"),
     TEXT(""), TARE_LOWER_BETTER, TARE_AGG_MEAN, 0, (double)INFINITY},
    {TEXT("judge_failures"), TEXT("failed"), TEXT("votes that never came"), TEXT(""),
     TARE_LOWER_BETTER, TARE_AGG_MEAN, 0, (double)INFINITY}};

/* ---- opening ----------------------------------------------------------------------------- */

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "out of memory while opening checks");
}

static enum tare_status make_metrics(struct tare__answer *a, struct tare_arena *arena,
                                     struct tare_err *err)
{
    struct tare_metric *m =
        TARE_NEW_N(arena, struct tare_metric, (size_t)N_FIXED + a->n_names + N_JUDGE);
    if (!m)
        return no_memory(err);
    memcpy(m, fixed, sizeof fixed);
    a->n_metrics = N_FIXED;
    for (uint32_t i = 0; i < a->n_names; i++)
        m[a->n_metrics++] = (struct tare_metric){.name = a->names[i],
                                                 .title = a->names[i],
                                                 .about = TARE_S("a named check of the suite"),
                                                 .unit = TARE_S("share"),
                                                 .direction = TARE_HIGHER_BETTER,
                                                 .aggregation = TARE_AGG_MEAN,
                                                 .max = 1};
    if (a->judges) {
        memcpy(m + a->n_metrics, of_judges, sizeof of_judges);
        a->n_metrics += N_JUDGE;
    }
    a->metrics = m;
    return TARE_OK;
}

/* A world that asks for JSON, and a suite that says nothing: that, and what the task expects. */
static enum tare_status compile_default(struct tare__answer *a, struct tare_arena *arena,
                                        struct tare_err *err)
{
    struct tare_json root;
    enum tare_status st =
        tare_json_parse(TARE_S("[\"exact\"]"), &tare_json_strict, arena, &root, err);
    return st == TARE_OK
               ? tare__checks_compile(a, root, &a->n_waiting, arena, &a->common, &a->n_common, err)
               : st;
}

static enum tare_status compile_task(struct tare__answer *a, uint32_t i, struct tare_arena *arena,
                                     struct tare_err *err)
{
    const struct tare_task *task = &a->setup->tasks[i];
    struct tare__check_plan *p = &a->plans[i];
    uint32_t waiting = a->n_waiting;
    if (!tare_json_present(task->checks))
        return TARE_OK;
    enum tare_status st =
        tare__checks_compile(a, task->checks, &waiting, arena, &p->own, &p->n_own, err);
    p->n_waiting = waiting - a->n_waiting;
    if (st != TARE_OK && err) {
        err->has_offset = false; /* it counts in the tasks' text, which is not at hand */
        tare_err_task(err, task->id);
    }
    return st;
}

static enum tare_status answer_open(const struct tare_check_setup *setup, struct tare_arena *arena,
                                    void **state, struct tare_err *err)
{
    struct tare__answer *a = TARE_NEW(arena, struct tare__answer);
    enum tare_status st = TARE_OK;
    bool own = tare_json_present(setup->config);
    if (!a)
        return no_memory(err);
    a->kept = *setup;
    a->setup = &a->kept;
    a->plans = TARE_NEW_N(arena, struct tare__check_plan, setup->n_tasks);
    if (!a->plans)
        return no_memory(err);
    if (own)
        st = tare__checks_compile(a, setup->config, &a->n_waiting, arena, &a->common, &a->n_common,
                                  err);
    for (uint32_t i = 0; i < setup->n_tasks && !own; i++)
        own = tare_json_present(setup->tasks[i].checks);
    if (!own)
        st = compile_default(a, arena, err);
    for (uint32_t i = 0; i < setup->n_tasks && st == TARE_OK; i++)
        st = compile_task(a, i, arena, err);
    if (st == TARE_OK)
        st = make_metrics(a, arena, err);
    *state = a;
    return st;
}

static const struct tare_metric *answer_metrics(const void *state, uint32_t *n)
{
    const struct tare__answer *a = state;
    *n = a->n_metrics;
    return a->metrics;
}

static void see_judges(struct tare_json v,
                       void (*see)(void *ctx, struct tare_json model, bool like), void *ctx,
                       uint32_t depth)
{
    static const char *const nests[] = {"all", "any", "not", "weighted"};
    struct tare_json judge = tare_json_get(v, "judge");
    if (depth > TARE__CHECK_DEPTH)
        return;
    if (tare_json_kind(v) == TARE_JSON_ARRAY) {
        for (v = tare_json_first(v); tare_json_present(v); v = tare_json_next(v))
            see_judges(v, see, ctx, depth + 1);
        return;
    }
    if (tare_json_present(judge))
        see(ctx, tare_json_get(judge, "model"), tare_json_present(tare_json_get(judge, "like")));
    for (size_t i = 0; i < sizeof nests / sizeof *nests; i++)
        if (tare_json_present(tare_json_get(v, nests[i])))
            see_judges(tare_json_get(v, nests[i]), see, ctx, depth + 1);
}

void tare_check_judges(struct tare_json checks,
                       void (*see)(void *ctx, struct tare_json model, bool like), void *ctx)
{
    see_judges(checks, see, ctx, 0);
}

/* ---- asking ------------------------------------------------------------------------------ */

struct waiting {
    const struct tare__check *check;
    struct tare__command_work command;
    struct tare__judge_work judge;
};

struct work {
    struct waiting *v;
    struct tare__found *found;
    uint32_t n, at;
    struct tare_arena *arena;
    bool skipped; /* there is no answer: nobody was asked */
};

static bool answer_waits(const void *state)
{
    return ((const struct tare__answer *)state)->waits;
}

static void collect(struct work *w, const struct tare__check *v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (v[i].waiting != TARE__NONE)
            w->v[v[i].waiting].check = &v[i];
        collect(w, v[i].kids, v[i].n_kids);
    }
}

static enum tare_status answer_begin(const void *state, void *work, const struct tare_check_in *in,
                                     struct tare_arena *arena, struct tare_err *err)
{
    const struct tare__answer *a = state;
    const struct tare__check_plan *p = &a->plans[in->task->index];
    struct work *w = work;
    w->arena = arena;
    w->n = a->n_waiting + p->n_waiting;
    w->v = TARE_NEW_N(arena, struct waiting, w->n);
    w->found = TARE_NEW_N(arena, struct tare__found, w->n);
    if (!w->v || !w->found)
        return no_memory(err);
    collect(w, a->common, a->n_common);
    collect(w, p->own, p->n_own);
    w->skipped = in->status != TARE_ATTEMPT_DONE || !in->outcome->output.p;
    return TARE_OK;
}

/* Takes in what came; false: the same is still waited for. */
static bool take(struct work *w, const struct tare_event *event, enum tare_status *st,
                 struct tare_err *err)
{
    struct waiting *x = &w->v[w->at];
    if (event->kind == TARE_EVENT_REPLY) {
        *st = tare__judge_reply(x->check, &x->judge, event->body, event->failed, w->arena, err);
        return true;
    }
    if (event->kind != TARE_EVENT_CHILD)
        return event->kind != TARE_EVENT_CHUNK;
    if (event->exit_status < 0) {
        if (!x->command.answered && event->body.n) {
            x->command.answered = true;
            x->command.line = tare_arena_copy(w->arena, event->body);
        }
        return false;
    }
    w->found[w->at] =
        tare__command_read(x->command.line, event->exit_status, event->failed == TARE_CAUSE_LIMIT,
                           x->check->threshold, w->arena);
    w->at++;
    return true;
}

static enum tare_status answer_next(const void *state, void *work, const struct tare_check_in *in,
                                    const struct tare_event *event, struct tare_arena *turn,
                                    struct tare_yield *out, struct tare_err *err)
{
    const struct tare__answer *a = state;
    struct work *w = work;
    enum tare_status st = TARE_OK;
    out->kind = TARE_YIELD_DONE;
    if (w->skipped)
        return TARE_OK;
    if (event->kind != TARE_EVENT_OBS && w->at < w->n && !take(w, event, &st, err)) {
        bool child = event->kind == TARE_EVENT_CHILD;
        out->kind = child ? TARE_YIELD_SPAWN : TARE_YIELD_REQUEST;
        return TARE_OK;
    }
    for (; st == TARE_OK && w->at < w->n; w->at++) {
        struct waiting *x = &w->v[w->at];
        if (x->check->kind == TARE__CHECK_COMMAND)
            return tare__command_ask(a, x->check, in, turn, out, err);
        if (tare__judge_ask(a, x->check, &x->judge, in, turn, out, &st, err))
            return st;
        w->found[w->at] = tare__judge_find(x->check, &x->judge, w->arena);
    }
    return st;
}

/* ---- scoring ----------------------------------------------------------------------------- */

static struct tare_score score_of(uint32_t metric, const struct tare__found *f)
{
    if (isnan(f->score))
        return (struct tare_score){.metric = metric,
                                   .state = f->state ? f->state : TARE_SCORE_UNAVAILABLE,
                                   .value = (double)NAN,
                                   .reason = f->says};
    return (struct tare_score){.metric = metric, .value = f->score, .num = f->score, .den = 1};
}

static struct tare_score plain(uint32_t metric, double x)
{
    return (struct tare_score){.metric = metric, .value = x, .num = x, .den = 1};
}

/* Without an answer every check fails: the solver failed, or ended without saying anything. */
static void no_answer(const struct tare__answer *a, struct tare_score *out)
{
    for (uint32_t i = 0; i < N_FIXED + a->n_names; i++)
        out[i] = plain(i, 0);
}

static void judge_scores(const struct tare__answer *a, const struct work *w, struct tare_score *out)
{
    double cost = 0, counts[N_JUDGE] = {0};
    uint32_t first = N_FIXED + a->n_names;
    bool unknown = false;
    for (uint32_t i = 0; w && !w->skipped && i < w->n; i++) {
        const struct tare__judge_work *j = &w->v[i].judge;
        cost += j->cost_usd;
        unknown = unknown || j->cost_unknown;
        counts[JUDGE_REFUSALS] += j->refused;
        counts[JUDGE_UNPARSED] += j->unparsed;
        counts[JUDGE_FAILURES] += j->failed;
    }
    for (uint32_t i = 0; i < N_JUDGE; i++)
        out[first + i] = plain(first + i, i == JUDGE_COST ? cost : counts[i]);
    if (unknown)
        out[first + JUDGE_COST] =
            (struct tare_score){.metric = first + JUDGE_COST,
                                .state = TARE_SCORE_UNAVAILABLE,
                                .value = (double)NAN,
                                .reason = TARE_S("the price of the judge is not known")};
}

static void judge_evidence(const struct work *w, struct tare_buf *out)
{
    for (uint32_t i = 0; w && out && !w->skipped && i < w->n; i++) {
        struct tare_json_writer j;
        if (w->v[i].check->kind != TARE__CHECK_JUDGE)
            continue;
        if (out->n && out->p[out->n - 1] == '}')
            tare_buf_putc(out, ',');
        tare_json_writer_init(&j, out);
        tare__judge_evidence(w->v[i].check, &w->v[i].judge, &j);
    }
}

/* Suite and task together. */
static struct tare__found find_all(const struct tare__answer *a, struct tare__look *l,
                                   const struct tare__check_plan *p, struct tare_err *err)
{
    uint32_t n = a->n_common + p->n_own;
    struct tare__check *all = TARE_NEW_N(l->arena, struct tare__check, n);
    if (!all) {
        (void)no_memory(err);
        return tare__unknown(TARE_SCORE_MISSING, TARE_S("out of memory"));
    }
    if (a->n_common)
        memcpy(all, a->common, a->n_common * sizeof *all);
    if (p->n_own)
        memcpy(all + a->n_common, p->own, p->n_own * sizeof *all);
    return tare__check_all(l, all, n, (double)NAN);
}

static enum tare_status answer_score(const void *state, const struct tare_check_in *in,
                                     struct tare_arena *arena, struct tare_score *out,
                                     struct tare_err *err)
{
    const struct tare__answer *a = state;
    const struct work *w = in->work;
    struct tare__found columns[TARE__CHECK_NAMED];
    if (a->judges)
        judge_scores(a, w, out);
    if (in->status != TARE_ATTEMPT_DONE || !in->outcome->output.p) {
        no_answer(a, out);
        return TARE_OK;
    }
    for (uint32_t i = 0; i < a->n_names; i++)
        columns[i] = (struct tare__found){.score = (double)NAN,
                                          .state = TARE_SCORE_NOT_APPLICABLE,
                                          .says = TARE_S("not a check of this task")};
    struct tare__look l = {.answer = a,
                           .in = in,
                           .output = in->outcome->output,
                           .waited = w ? w->found : NULL,
                           .arena = arena,
                           .evidence = in->evidence,
                           .column_found = columns,
                           .err = err};
    struct tare__found f = find_all(a, &l, &a->plans[in->task->index], err);
    if (err->code == TARE_E_NOMEM)
        return TARE_E_NOMEM;
    judge_evidence(w, in->evidence);
    out[SCORE] = score_of(SCORE, &f);
    out[PASS] = plain(PASS, f.pass == TARE__YES);
    if (f.pass == TARE__UNKNOWN) {
        struct tare__found open = tare__unknown(f.state, f.says);
        out[PASS] = score_of(PASS, &open);
    }
    for (uint32_t i = 0; i < a->n_names; i++)
        out[N_FIXED + i] = score_of(N_FIXED + i, &columns[i]);
    return TARE_OK;
}

const struct tare_check_ops tare_check_answer = {
    .version = TARE_CONTRACT_VERSION,
    .name = "answer",
    .about = "is the answer what the checks of suite and task want",
    .open = answer_open,
    .metrics = answer_metrics,
    .score = answer_score,
    .waits = answer_waits,
    .work_bytes = sizeof(struct work),
    .begin = answer_begin,
    .next = answer_next,
};
