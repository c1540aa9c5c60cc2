#include "decide/board_int.h"

#include <math.h>

#include "stats/multiplicity.h"

#include "base/banned.h"

/* Measured rows beyond which not every pair is tested: then only overlapping intervals tie. */
#define MAX_PAIRWISE 24u
/* Sign patterns drawn where no exact test is possible. */
#define TEST_RESAMPLES 20000u

/* The two rows on the tasks that both have. */
static bool pair_up(const struct tare_task_scores *a, const struct tare_task_scores *b,
                    uint32_t n_tasks, struct tare_arena *arena, struct tare__pairs *out)
{
    bool ratio = a->num && b->num;
    if (!tare__pairs_room(arena, n_tasks, ratio, false, out))
        return false;
    for (uint32_t t = 0; t < n_tasks; t++) {
        bool has_a = a->n_ok[t] || (ratio && a->n_na[t]);
        bool has_b = b->n_ok[t] || (ratio && b->n_na[t]);
        if (!has_a || !has_b)
            continue;
        size_t i = out->n++;
        out->a[i] = a->mean[t];
        out->b[i] = b->mean[t];
        out->k_a[i] = a->n_ok[t];
        out->k_b[i] = b->n_ok[t];
        if (ratio) {
            out->num_a[i] = a->num[t];
            out->den_a[i] = a->den[t];
            out->num_b[i] = b->num[t];
            out->den_b[i] = b->den[t];
        }
    }
    return true;
}

/* p of a difference between two rows; its sign (better is positive) in *gain. */
static enum tare_status test_pair(const struct tare_metric *metric,
                                  const struct tare__board_entry *a,
                                  const struct tare__board_entry *b, uint32_t n_tasks,
                                  uint64_t seed, struct tare_arena *arena, double *p, double *gain,
                                  struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(arena);
    struct tare__pairs pairs;
    struct tare_evidence ev = {.p = (double)NAN};
    double *diffs;
    if (!pair_up(&a->headline, &b->headline, n_tasks, arena, &pairs))
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the ranks");
    struct tare__look look = {.direction = metric->direction,
                              .ratio = pairs.num_a != NULL,
                              .seed = seed,
                              .test_resamples = TEST_RESAMPLES};
    enum tare_status st = tare__describe(&look, &pairs, arena, &ev, &diffs, err);
    if (!st)
        st = tare__test(&look, &pairs, diffs, arena, &ev, err);
    *p = ev.p;
    *gain = ev.diff * (double)metric->direction;
    tare_arena_rewind(arena, mark);
    return st;
}

struct ranked {
    struct tare__board_entry **v;
    uint32_t n;
};

/* Row i lies after all that are better than it for sure, before all that are worse for sure. */
static void note(struct ranked *r, uint32_t i, uint32_t j, double gain)
{
    struct tare_board_row *a = &r->v[i]->row, *b = &r->v[j]->row;
    struct tare_board_row *up = gain > 0 ? b : a, *down = gain > 0 ? a : b;
    up->rank_hi--;
    down->rank_lo++;
}

static enum tare_status by_tests(const struct tare_metric *metric, struct ranked *r,
                                 uint32_t n_tasks, double alpha, uint64_t seed,
                                 struct tare_arena *arena, struct tare_err *err)
{
    size_t n = (size_t)r->n * (r->n - 1) / 2, at = 0;
    double *p = TARE_NEW_N(arena, double, n), *gain = TARE_NEW_N(arena, double, n);
    if (!p || !gain)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the ranks");
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < r->n; i++)
        for (uint32_t j = i + 1; j < r->n && !st; j++, at++)
            st = test_pair(metric, r->v[i], r->v[j], n_tasks, seed, arena, &p[at], &gain[at], err);
    if (!st)
        st = tare_adjust_p(p, n, TARE_ADJUST_HOLM, p, NULL, arena, err);
    at = 0;
    for (uint32_t i = 0; i < r->n && !st; i++)
        for (uint32_t j = i + 1; j < r->n; j++, at++)
            if (p[at] <= alpha && gain[at] != 0)
                note(r, i, j, gain[at]);
    return st;
}

static void by_intervals(const struct tare_metric *metric, struct ranked *r)
{
    for (uint32_t i = 0; i < r->n; i++)
        for (uint32_t j = i + 1; j < r->n; j++) {
            struct tare_interval a = r->v[i]->row.cells[0].ci, b = r->v[j]->row.cells[0].ci;
            if (!a.why && !b.why && (a.hi < b.lo || b.hi < a.lo))
                note(r, i, j, (a.hi < b.lo ? 1.0 : -1.0) * (double)metric->direction);
        }
}

enum tare_status tare__board_rank(const struct tare_metric *metric,
                                  struct tare__board_entry *entries, uint32_t n, uint32_t n_tasks,
                                  double alpha, uint64_t seed, struct tare_arena *arena,
                                  const char **method, struct tare_err *err)
{
    struct ranked r = {TARE_NEW_N(arena, struct tare__board_entry *, n), 0};
    *method = "none";
    if (!r.v)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the ranks");
    for (uint32_t i = 0; i < n; i++)
        if (entries[i].row.kind == TARE_ROW_MEASURED && !isnan(entries[i].row.cells[0].value))
            r.v[r.n++] = &entries[i];
    for (uint32_t i = 0; i < r.n; i++) {
        r.v[i]->row.rank_lo = 1;
        r.v[i]->row.rank_hi = r.n;
    }
    if (r.n < 2 || metric->direction == TARE_NO_DIRECTION)
        return TARE_OK;
    if (r.n > MAX_PAIRWISE) {
        *method = "intervals that do not overlap";
        by_intervals(metric, &r);
        return TARE_OK;
    }
    *method = "paired sign-flip by task, Holm over all pairs";
    return by_tests(metric, &r, n_tasks, alpha, seed, arena, err);
}
