#include "stats/within.h"

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "stats/location.h"
#include "stats/sample.h"
#include "stats/signflip.h"
#include "stats/special.h"

#include "base/banned.h"

/* Multiply-adds of the exact tables that are still quick (about a second), and their cells. */
#define MAX_WORK ((double)(1u << 29))
#define MAX_CELLS ((int64_t)1 << 21)
#define MAX_ATTEMPTS 64u
#define MAX_DEALS ((uint64_t)1 << 27)
#define SLACK 1e-9

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for the permutation of attempts");
}

static uint64_t gcd(uint64_t x, uint64_t y)
{
    while (y) {
        uint64_t r = x % y;
        x = y;
        y = r;
    }
    return x;
}

/* ---- one task ----------------------------------------------------------------------------- */

/* The attempts of a task as whole steps above the smallest of them. */
struct task {
    uint32_t k, k_a, k_b;
    int32_t units[2 * MAX_ATTEMPTS];
    int32_t total; /* of units */
};

static double smallest(const struct tare_within_in *in, size_t i)
{
    double low = in->a[i][0];
    for (uint32_t j = 0; j < in->k_a[i]; j++)
        low = fmin(low, in->a[i][j]);
    for (uint32_t j = 0; j < in->k_b[i]; j++)
        low = fmin(low, in->b[i][j]);
    return low;
}

static bool read_task(const struct tare_within_in *in, size_t i, struct task *t)
{
    double low = smallest(in, i), total = 0;
    *t = (struct task){.k = in->k_a[i] + in->k_b[i], .k_a = in->k_a[i], .k_b = in->k_b[i]};
    for (uint32_t j = 0; j < t->k; j++) {
        double x = j < t->k_a ? in->a[i][j] : in->b[i][j - t->k_a];
        double units = nearbyint((x - low) / in->step);
        if (!(fabs(units) < 1e6) || fabs(units * in->step - (x - low)) > 1e-7 * in->step)
            return false;
        t->units[j] = (int32_t)units;
        total += units;
    }
    t->total = (int32_t)total;
    return total < 1e6;
}

/* chance[s]: that k_b of the attempts drawn without replacement add up to s. ways[c][s] counts by
 * how many are drawn so far; each attempt is weighed by the chance of being the next drawn, so that
 * nothing overflows: W(c, s) after j attempts is the number of ways over C(j, c). */
static void subset_sums(const struct task *t, double *ways, double *chance)
{
    size_t width = (size_t)t->total + 1;
    memset(ways, 0, (t->k_b + 1u) * width * sizeof *ways);
    ways[0] = 1;
    int32_t reach = 0;
    for (uint32_t j = 1; j <= t->k; j++) {
        int32_t u = t->units[j - 1];
        reach += u;
        for (uint32_t c = t->k_b < j ? t->k_b : j;; c--) {
            double *to = ways + c * width;
            double in = (double)c / j, stay = (double)(j - c) / j;
            for (int32_t s = reach; s >= 0; s--)
                to[s] = stay * to[s] + (c && s >= u ? in * (to - width)[s - u] : 0);
            if (c == 0)
                break;
        }
    }
    memcpy(chance, ways + t->k_b * width, width * sizeof *chance);
}

/* ---- exact -------------------------------------------------------------------------------- */

struct exact {
    uint64_t parts; /* differences are whole multiples of step / parts */
    int64_t lo, hi; /* smallest and largest sum of differences */
    int32_t widest; /* most units of a task */
    uint32_t most_b;
    double work;
};

/* A task's difference in parts when side B drew s units: s (P/k_b + P/k_a) - total P/k_a. */
static int64_t diff_of(const struct exact *e, const struct task *t, int64_t s)
{
    int64_t pa = (int64_t)(e->parts / t->k_a), pb = (int64_t)(e->parts / t->k_b);
    return s * (pa + pb) - t->total * pa;
}

/* Whether the tables stay small; fills *e. */
static bool plan(const struct tare_within_in *in, struct exact *e)
{
    *e = (struct exact){.parts = 1};
    if (!(in->step > 0))
        return false;
    for (size_t i = 0; i < in->n; i++) {
        if (in->k_a[i] > MAX_ATTEMPTS || in->k_b[i] > MAX_ATTEMPTS)
            return false;
        e->parts = e->parts / gcd(e->parts, in->k_a[i]) * in->k_a[i];
        e->parts = e->parts / gcd(e->parts, in->k_b[i]) * in->k_b[i];
        if (e->parts > 720720)
            return false;
    }
    for (size_t i = 0; i < in->n; i++) {
        struct task t;
        if (!read_task(in, i, &t))
            return false;
        e->widest = t.total > e->widest ? t.total : e->widest;
        e->most_b = t.k_b > e->most_b ? t.k_b : e->most_b;
        e->lo += diff_of(e, &t, 0);
        e->hi += diff_of(e, &t, t.total);
        e->work += (double)(e->hi - e->lo + 1) * (t.total ? t.total + 1 : 0) +
                   (double)t.k * t.k_b * (t.total + 1);
    }
    return e->hi - e->lo < MAX_CELLS && e->work <= MAX_WORK &&
           (e->most_b + 1.0) * (e->widest + 1.0) < (double)MAX_CELLS;
}

/* sum[d - lo]: chance of each sum of differences, convolved task by task. */
static void convolve(const struct tare_within_in *in, const struct exact *e, double *sum,
                     double *next, double *ways, double *chance, int64_t *lo, int64_t *hi)
{
    *lo = *hi = 0;
    sum[0] = 1;
    for (size_t i = 0; i < in->n; i++) {
        struct task t;
        (void)read_task(in, i, &t);
        if (t.total == 0)
            continue;
        subset_sums(&t, ways, chance);
        int64_t from = diff_of(e, &t, 0), to = diff_of(e, &t, t.total);
        size_t have = (size_t)(*hi - *lo + 1), want = have + (size_t)(to - from);
        memset(next, 0, want * sizeof *next);
        for (int32_t s = 0; s <= t.total; s++) {
            size_t shift = (size_t)(diff_of(e, &t, s) - from);
            for (size_t d = 0; d < have && chance[s] > 0; d++)
                next[d + shift] += chance[s] * sum[d];
        }
        memcpy(sum, next, want * sizeof *sum);
        *lo += from;
        *hi += to;
    }
}

static enum tare_status exact(const struct tare_within_in *in, const struct exact *e,
                              struct tare_arena *arena, struct tare_within_test *out,
                              struct tare_err *err)
{
    size_t cells = (size_t)(e->hi - e->lo + 1);
    double *sum = TARE_NEW_N(arena, double, cells), *next = TARE_NEW_N(arena, double, cells);
    double *ways = TARE_NEW_N(arena, double, ((size_t)e->widest + 1) * (e->most_b + 1u));
    double *chance = TARE_NEW_N(arena, double, (size_t)e->widest + 1);
    if (!sum || !next || !ways || !chance)
        return no_memory(err);
    int64_t lo, hi;
    convolve(in, e, sum, next, ways, chance, &lo, &hi);
    double parts = out->diff * (double)in->n / in->step * (double)e->parts;
    int64_t seen = llabs((int64_t)nearbyint(parts)), far = 0;
    for (int64_t d = lo; d <= hi; d++)
        if (sum[d - lo] > 0 && llabs(d) > far)
            far = llabs(d);
    double p = 0, least = 0;
    for (int64_t d = lo; d <= hi; d++) {
        p += llabs(d) >= seen ? sum[d - lo] : 0;
        least += llabs(d) >= far ? sum[d - lo] : 0;
    }
    out->p_two = fmin(1, p);
    out->smallest_p = fmin(1, least);
    return TARE_OK;
}

/* ---- Monte Carlo -------------------------------------------------------------------------- */

/* Sum of the differences after dealing every task again. pool: room for the largest task. */
static double deal(const struct tare_within_in *in, struct tare_rng *rng, double *pool)
{
    double sum = 0;
    for (size_t i = 0; i < in->n; i++) {
        uint32_t ka = in->k_a[i], kb = in->k_b[i], k = ka + kb;
        memcpy(pool, in->a[i], ka * sizeof *pool);
        memcpy(pool + ka, in->b[i], kb * sizeof *pool);
        double drawn = 0, rest = 0;
        for (uint32_t j = 0; j < kb; j++) {
            uint32_t at = j + (uint32_t)tare_rng_below(rng, k - j);
            drawn += pool[at];
            pool[at] = pool[j];
        }
        /* What was not drawn stands where the drawn ones are not. */
        for (uint32_t j = kb; j < k; j++)
            rest += pool[j];
        sum += drawn / kb - rest / ka;
    }
    return sum;
}

static enum tare_status monte_carlo(const struct tare_within_in *in, struct tare_arena *arena,
                                    struct tare_within_test *out, struct tare_err *err)
{
    uint64_t total = 0, extreme = 0, b = in->resamples ? in->resamples : 100000;
    uint32_t most = 0;
    double scale = 0, seen = fabs(out->diff) * (double)in->n;
    for (size_t i = 0; i < in->n; i++) {
        uint32_t k = in->k_a[i] + in->k_b[i];
        total += k;
        most = k > most ? k : most;
        for (uint32_t j = 0; j < in->k_a[i]; j++)
            scale += fabs(in->a[i][j]) / in->k_a[i];
        for (uint32_t j = 0; j < in->k_b[i]; j++)
            scale += fabs(in->b[i][j]) / in->k_b[i];
    }
    double *pool = TARE_NEW_N(arena, double, most);
    if (!pool)
        return no_memory(err);
    if (in->resamples == 0 && total * b > MAX_DEALS)
        b = MAX_DEALS / total > 1999 ? MAX_DEALS / total : 1999;
    for (uint64_t r = 0; r < b; r++) {
        struct tare_rng rng;
        tare_rng_init(&rng, in->seed, TARE_S("within"), r);
        extreme += fabs(deal(in, &rng, pool)) >= seen - SLACK * fmax(1e-300, scale);
    }
    out->resamples = b;
    out->p_two = tare_mc_p(extreme, b);
    out->smallest_p = 1 / ((double)b + 1);
    return TARE_OK;
}

/* ---- front -------------------------------------------------------------------------------- */

static double mean_within(const double *x, uint32_t k)
{
    double sum = 0;
    for (uint32_t j = 0; j < k; j++)
        sum += x[j];
    return sum / k;
}

static bool all_equal(const struct tare_within_in *in, size_t i)
{
    double first = in->a[i][0];
    for (uint32_t j = 0; j < in->k_a[i]; j++)
        if (in->a[i][j] != first)
            return false;
    for (uint32_t j = 0; j < in->k_b[i]; j++)
        if (in->b[i][j] != first)
            return false;
    return true;
}

static bool finite_all(const double *x, uint32_t k)
{
    for (uint32_t j = 0; j < k; j++)
        if (!isfinite(x[j]))
            return false;
    return k > 0;
}

enum tare_status tare_within_permutation(const struct tare_within_in *in, struct tare_arena *arena,
                                         struct tare_within_test *out, struct tare_err *err)
{
    struct exact e;
    *out = (struct tare_within_test){.p_two = 1, .smallest_p = 1};
    if (in->n == 0)
        return tare_fail(err, TARE_E_INPUT, "no tasks");
    double sum = 0;
    for (size_t i = 0; i < in->n; i++) {
        if (!finite_all(in->a[i], in->k_a[i]) || !finite_all(in->b[i], in->k_b[i]))
            return tare_fail_at(err, TARE_E_INPUT, i, "task %zu has no finite value on a side", i);
        out->informative += !all_equal(in, i);
        sum += mean_within(in->b[i], in->k_b[i]) - mean_within(in->a[i], in->k_a[i]);
    }
    out->diff = sum / (double)in->n;
    if (out->informative == 0)
        return TARE_OK;
    return plan(in, &e) ? exact(in, &e, arena, out, err) : monte_carlo(in, arena, out, err);
}

/* ---- spread ------------------------------------------------------------------------------- */

/* Adds one side's tasks: variance of their means, and what Satterthwaite's df needs. */
static bool add_side(const double *const *x, const uint32_t *k, size_t n, double *variance,
                     double *quartic)
{
    double pooled = 0, tasks = 0, df = 0;
    for (size_t i = 0; i < n; i++)
        if (k[i] > 1) {
            double sd = tare_sd(x[i], k[i], 1), v = sd * sd / k[i];
            pooled += sd * sd;
            tasks++;
            df += k[i] - 1;
            *variance += v;
            *quartic += v * v / (k[i] - 1);
        }
    if (tasks == 0)
        return false;
    double single = 0;
    for (size_t i = 0; i < n; i++)
        single += k[i] == 1;
    double v = single * pooled / tasks;
    *variance += v;
    *quartic += v * v / df;
    return true;
}

struct tare_within_se tare_within_se(const struct tare_within_in *in)
{
    double variance = 0, quartic = 0;
    if (!add_side(in->a, in->k_a, in->n, &variance, &quartic) ||
        !add_side(in->b, in->k_b, in->n, &variance, &quartic))
        return (struct tare_within_se){tare_no_value("a side has no task with two attempts"),
                                       (double)NAN};
    if (!(variance > 0))
        return (struct tare_within_se){tare_no_value("no attempt differs from another at its task"),
                                       (double)NAN};
    return (struct tare_within_se){tare_value(sqrt(variance) / (double)in->n),
                                   variance * variance / quartic};
}

struct tare_interval tare_within_interval(double diff, const struct tare_within_se *se,
                                          double confidence)
{
    if (se->se.why)
        return tare_no_interval(se->se.why);
    double half = tare_t_quantile(0.5 + confidence / 2, se->df) * se->se.v;
    return tare_interval(diff - half, diff + half);
}
