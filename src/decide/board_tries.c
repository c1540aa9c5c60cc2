/* What more tries carry, and what a task cost: the parts of a row that no metric says. */
#include "decide/board_int.h"

#include <math.h>

#include "stats/pareto.h"
#include "stats/passk.h"
#include "stats/special.h"

#include "base/banned.h"

/* Tasks up to which intervals are resampled like those of the metrics; beyond, the mean of so many
 * is normal and a table must not wait. */
#define MAX_RESAMPLED 2000u
/* k = 1 … 8, then doubling, then the last. */
#define MAX_K 24u

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for the leaderboard");
}

static void normal_cell(const struct tare_task_scores *s, uint32_t n_tasks, double lowest,
                        double highest, double confidence, struct tare_board_cell *out)
{
    double sum = 0, squares = 0;
    *out = (struct tare_board_cell){0};
    for (uint32_t t = 0; t < n_tasks; t++)
        if (s->n_ok[t]) {
            sum += s->mean[t];
            out->n++;
        }
    out->value = out->n ? sum / (double)out->n : (double)NAN;
    for (uint32_t t = 0; t < n_tasks; t++)
        if (s->n_ok[t])
            squares += (s->mean[t] - out->value) * (s->mean[t] - out->value);
    if (out->n < 2 || squares == 0) {
        out->why = out->n ? NULL : "no attempt has a value";
        out->ci = tare_no_interval(out->n < 2 ? "one task" : "every task came out alike");
        return;
    }
    double n = (double)out->n, se = sqrt(squares / (n - 1) / n);
    double half = se * tare_norm_quantile(0.5 + confidence / 2);
    out->ci = tare_interval(fmax(lowest, out->value - half), fmin(highest, out->value + half));
    out->method = "normal over tasks";
}

static enum tare_status cell_of(const struct tare_metric *metric, const struct tare_task_scores *s,
                                uint32_t n_tasks, const struct tare__board_look *look,
                                struct tare_arena *arena, struct tare_board_cell *out,
                                struct tare_err *err)
{
    if (n_tasks <= MAX_RESAMPLED)
        return tare__board_cell(metric, s, n_tasks, look, arena, out, err);
    normal_cell(s, n_tasks, metric->min, metric->max, look->confidence, out);
    return TARE_OK;
}

/* ---- any of k, all of k ---------------------------------------------------------------------- */

/* The tries of the judged tasks, where every one of them is a pass or a failure. */
struct passes {
    uint64_t *n, *c; /* n_tasks */
    uint64_t least;  /* fewest tries of a judged task; 0: nothing to count */
};

static bool counts_passes(const struct tare_metric *m)
{
    return m->aggregation == TARE_AGG_MEAN && m->min == 0 && m->max == 1 &&
           m->direction == TARE_HIGHER_BETTER;
}

static enum tare_status count_passes(const struct tare_results *r, uint32_t run, uint32_t metric,
                                     const struct tare_task_scores *s, struct tare_arena *arena,
                                     struct passes *out, struct tare_err *err)
{
    const double *const *tries;
    enum tare_status st = tare_task_tries(r, run, metric, arena, &tries, err);
    if (st)
        return st;
    *out = (struct passes){TARE_NEW_N(arena, uint64_t, r->n_tasks),
                           TARE_NEW_N(arena, uint64_t, r->n_tasks), 0};
    if (!out->n || !out->c)
        return no_memory(err);
    for (uint32_t t = 0; t < r->n_tasks; t++) {
        out->n[t] = s->n_ok[t];
        for (uint32_t i = 0; i < s->n_ok[t]; i++) {
            if (tries[t][i] != 0 && tries[t][i] != 1) {
                out->least = 0;
                return TARE_OK;
            }
            out->c[t] += tries[t][i] == 1;
        }
        if (s->n_ok[t] && (out->least == 0 || s->n_ok[t] < out->least))
            out->least = s->n_ok[t];
    }
    return TARE_OK;
}

/* C(n, k), what a task's share is a multiple of the inverse of; UINT32_MAX where it is more. */
static uint32_t choices(uint64_t n, uint64_t k)
{
    double c = 1;
    for (uint64_t i = 1; i <= k && c < 1e9; i++)
        c = c * (double)(n - k + i) / (double)i;
    return c < 1e9 ? (uint32_t)(c + 0.5) : UINT32_MAX;
}

static enum tare_status one_k(const struct passes *p, uint32_t k, bool all, uint32_t n_tasks,
                              const struct tare_metric *metric, const struct tare__board_look *look,
                              struct tare_arena *arena, struct tare_board_cell *out,
                              struct tare_err *err)
{
    struct tare_task_scores s = {.mean = TARE_NEW_N(arena, double, n_tasks),
                                 .n_ok = TARE_NEW_N(arena, uint32_t, n_tasks)};
    if (!s.mean || !s.n_ok)
        return no_memory(err);
    for (uint32_t t = 0; t < n_tasks; t++) {
        if (p->n[t] == 0)
            continue;
        struct tare_value v =
            all ? tare_pass_hat_k(p->n[t], p->c[t], k) : tare_pass_at_k(p->n[t], p->c[t], k);
        s.mean[t] = v.v;
        s.n_ok[t] = choices(p->n[t], k);
    }
    return cell_of(metric, &s, n_tasks, look, arena, out, err);
}

static uint32_t list_k(uint64_t most, uint32_t *k)
{
    uint32_t n = 0;
    for (uint64_t x = 1; x <= most && n < MAX_K - 1; x = x < 8 ? x + 1 : 2 * x)
        k[n++] = (uint32_t)x;
    if (n && k[n - 1] < most)
        k[n++] = (uint32_t)most;
    return n;
}

enum tare_status tare__board_tries(const struct tare_results *r, uint32_t run, uint32_t metric,
                                   const struct tare__board_look *look, struct tare_arena *arena,
                                   const struct tare_board_tries **out, struct tare_err *err)
{
    const struct tare_metric *m = &r->metrics[metric];
    struct tare_task_scores s;
    struct passes p;
    *out = NULL;
    if (!counts_passes(m))
        return TARE_OK;
    enum tare_status st = tare_task_scores(r, run, metric, arena, &s, err);
    if (!st)
        st = count_passes(r, run, metric, &s, arena, &p, err);
    if (st || p.least < 2)
        return st;
    struct tare_board_tries *t = TARE_NEW(arena, struct tare_board_tries);
    uint32_t *k = TARE_NEW_N(arena, uint32_t, MAX_K);
    struct tare_board_cell *any = TARE_NEW_N(arena, struct tare_board_cell, MAX_K);
    struct tare_board_cell *all = TARE_NEW_N(arena, struct tare_board_cell, MAX_K);
    if (!t || !k || !any || !all)
        return no_memory(err);
    uint32_t n = list_k(p.least, k);
    for (uint32_t i = 0; i < n && !st; i++) {
        struct tare_arena_mark mark = tare_arena_mark(arena);
        st = one_k(&p, k[i], false, r->n_tasks, m, look, arena, &any[i], err);
        if (!st)
            st = one_k(&p, k[i], true, r->n_tasks, m, look, arena, &all[i], err);
        if (!st)
            tare_arena_rewind(arena, mark);
    }
    *t = (struct tare_board_tries){m->name, n, k, any, all};
    *out = t;
    return st;
}

/* ---- what a task cost ------------------------------------------------------------------------ */

static bool known(const double *x, uint32_t n)
{
    for (uint32_t i = 0; x && i < n; i++)
        if (x[i] > 0 && isfinite(x[i]))
            return true;
    return false;
}

static enum tare_status spent_cell(const struct tare_results *r, uint32_t run, const double *x,
                                   const struct tare__board_look *look, struct tare_arena *arena,
                                   struct tare_board_cell *out, struct tare_err *err)
{
    const struct tare_metric metric = {
        .name = TARE_S("spent"), .direction = TARE_LOWER_BETTER, .min = 0, .max = (double)INFINITY};
    struct tare_results_run one = r->runs[run];
    struct tare_results spent = *r;
    struct tare_task_scores s;
    uint8_t *state = TARE_NEW_N(arena, uint8_t, one.n_attempts);
    *out = (struct tare_board_cell){
        .value = (double)NAN, .ci = tare_no_interval("no value"), .why = "the run does not say"};
    if (!state)
        return no_memory(err);
    if (!known(x, one.n_attempts))
        return TARE_OK;
    for (uint32_t i = 0; i < one.n_attempts; i++)
        state[i] = isfinite(x[i]) ? TARE_SCORE_OK : TARE_SCORE_MISSING;
    struct tare_results_column column = {.value = x, .state = state};
    one.columns = &column;
    spent.metrics = &metric;
    spent.n_metrics = 1;
    spent.runs = &one;
    spent.n_runs = 1;
    enum tare_status st = tare_task_scores(&spent, 0, 0, arena, &s, err);
    return st ? st : cell_of(&metric, &s, r->n_tasks, look, arena, out, err);
}

enum tare_status tare__board_spent(const struct tare_results *r, uint32_t run,
                                   const struct tare__board_look *look, struct tare_arena *arena,
                                   struct tare_board_row *row, struct tare_err *err)
{
    const struct tare_results_run *x = &r->runs[run];
    enum tare_status st = spent_cell(r, run, x->cost_usd, look, arena, &row->cost_usd, err);
    return st ? st : spent_cell(r, run, x->tokens, look, arena, &row->tokens, err);
}

/* ---- the front ------------------------------------------------------------------------------- */

static const struct tare_board_cell *spend_of(const struct tare_board_row *row, bool money)
{
    return money ? &row->cost_usd : &row->tokens;
}

enum tare_status tare__board_front(struct tare_board *b, struct tare_board_row *rows,
                                   struct tare_arena *arena, struct tare_err *err)
{
    const bool higher[] = {b->metrics[0].direction == TARE_HIGHER_BETTER, false};
    double *point = TARE_NEW_N(arena, double, 2 * (size_t)b->n_rows + 1);
    bool *on = TARE_NEW_N(arena, bool, b->n_rows + 1u);
    uint32_t with_money = 0, with_tokens = 0;
    if (!point || !on)
        return no_memory(err);
    for (uint32_t i = 0; i < b->n_rows; i++) {
        bool measured = rows[i].kind != TARE_ROW_PUBLISHED && !isnan(rows[i].cells[0].value);
        with_money += measured && !rows[i].cost_usd.why;
        with_tokens += measured && !rows[i].tokens.why;
    }
    bool money = with_money >= 2;
    if (b->metrics[0].direction == TARE_NO_DIRECTION || (!money && with_tokens < 2))
        return TARE_OK;
    b->front_by = money ? "cost_usd" : "tokens";
    for (uint32_t i = 0; i < b->n_rows; i++) {
        bool measured = rows[i].kind != TARE_ROW_PUBLISHED;
        const struct tare_board_cell *spend = spend_of(&rows[i], money);
        point[2 * i] = rows[i].cells[0].value;
        point[2 * i + 1] = measured && !spend->why ? spend->value : (double)NAN;
    }
    enum tare_status st = tare_pareto(point, b->n_rows, 2, higher, on, NULL, arena, err);
    for (uint32_t i = 0; i < b->n_rows && !st; i++)
        rows[i].front = isnan(point[2 * i]) || isnan(point[2 * i + 1]) ? -1 : on[i];
    return st;
}
