#include "decide/board_int.h"

#include <math.h>

#include "stats/latency.h"
#include "stats/proportion.h"
#include "stats/sample.h"
#include "stats/special.h"

#include "base/banned.h"

/* Lattice points up to which the exact resampling distribution is quick enough for a table. */
#define MAX_POINTS ((int64_t)1 << 16)

/* From so many tasks on the mean's interval is Student's, where they are not so skewed that its
 * ends would move: the first term of Edgeworth's expansion moves the 2.5 % point by skewness (2 z^2
 * + 1) / (6 sqrt n) standard errors (Hall 1992, section 3.3), at SKEW_MAX 0.029 of them: what
 * 10,000 draws leave to chance. Drawing 50,000 tasks 10,000 times takes a second, and says the
 * same. */
#define MANY_TASKS 10000u
#define SKEW_MAX 0.02 /* skewness / sqrt(n) */

struct sample {
    double *x;
    uint32_t *k;
    size_t n;
    bool zeros_and_ones, all_alike, one_attempt;
};

static bool take_means(const struct tare_task_scores *s, uint32_t n_tasks, struct tare_arena *arena,
                       struct sample *out)
{
    *out = (struct sample){.x = TARE_NEW_N(arena, double, n_tasks),
                           .k = TARE_NEW_N(arena, uint32_t, n_tasks),
                           .zeros_and_ones = true,
                           .all_alike = true,
                           .one_attempt = true};
    if (!out->x || !out->k)
        return false;
    for (uint32_t t = 0; t < n_tasks; t++) {
        if (s->n_ok[t] == 0)
            continue;
        double x = s->mean[t];
        out->zeros_and_ones = out->zeros_and_ones && (x == 0 || x == 1);
        out->all_alike = out->all_alike && (out->n == 0 || x == out->x[0]);
        out->one_attempt = out->one_attempt && s->n_ok[t] == 1;
        out->k[out->n] = s->n_ok[t];
        out->x[out->n++] = x;
    }
    return true;
}

static enum tare_status exact(const struct sample *s, double step, const int32_t *units,
                              double confidence, struct tare_arena *arena,
                              struct tare_board_cell *out, struct tare_err *err)
{
    struct tare_lattice_dist dist;
    enum tare_status st = tare_exact_multinomial(units, s->n, step, arena, &dist, err);
    if (st)
        return st;
    struct tare_exact_boot boot;
    tare_exact_boot(&dist, confidence, &boot);
    bool bca = !boot.bca.mean.why;
    out->ci = bca ? boot.bca.mean : boot.percentile.mean;
    out->method = bca ? "exact bootstrap BCa over tasks" : "exact bootstrap over tasks";
    return TARE_OK;
}

static enum tare_status drawn(const double *x, const double *y, size_t n,
                              const struct tare__board_look *look, struct tare_arena *arena,
                              struct tare_board_cell *out, struct tare_err *err)
{
    struct tare_boot_opts opts = {
        .resamples = look->resamples, .seed = look->seed, .confidence = look->confidence};
    struct tare_boot boot;
    enum tare_status st = tare_bootstrap(x, y, n, &opts, arena, &boot, err);
    if (st)
        return st;
    out->ci = boot.bca.why ? boot.percentile : boot.bca;
    out->method = boot.bca.why ? "bootstrap over tasks" : "bootstrap BCa over tasks";
    return TARE_OK;
}

static bool is_many(const struct sample *s)
{
    double mean = tare_mean(s->x, s->n), m2 = 0, m3 = 0;
    if (s->n < MANY_TASKS)
        return false;
    for (size_t i = 0; i < s->n; i++) {
        double u = s->x[i] - mean;
        m2 += u * u;
        m3 += u * u * u;
    }
    /* skewness / sqrt(n) = m3 / m2^1.5 of the sums */
    return m2 > 0 && fabs(m3) <= SKEW_MAX * m2 * sqrt(m2);
}

static void student(const struct sample *s, double confidence, struct tare_board_cell *out)
{
    double mean = tare_mean(s->x, s->n), m2 = 0, n = (double)s->n;
    for (size_t i = 0; i < s->n; i++)
        m2 += (s->x[i] - mean) * (s->x[i] - mean);
    double half = tare_t_quantile(1 - (1 - confidence) / 2, n - 1) * sqrt(m2 / (n - 1) / n);
    out->ci = tare_interval(mean - half, mean + half);
    out->method = "Student t over tasks";
}

static bool is_share(const struct tare_metric *m)
{
    return m->min == 0 && m->max == 1;
}

static enum tare_status mean_cell(const struct tare_metric *metric, const struct sample *s,
                                  const struct tare__board_look *look, struct tare_arena *arena,
                                  struct tare_board_cell *out, struct tare_err *err)
{
    out->value = tare_mean(s->x, s->n);
    if (is_share(metric) && s->zeros_and_ones && (s->one_attempt || s->all_alike)) {
        uint64_t k = 0;
        for (size_t i = 0; i < s->n; i++)
            k += s->x[i] == 1;
        out->ci = tare_wilson((struct tare_count){k, s->n}, look->confidence);
        out->method = "Wilson";
        return TARE_OK;
    }
    if (s->n < 2 || s->all_alike) {
        out->ci = tare_no_interval(s->n < 2 ? "one task" : "every task came out alike");
        return TARE_OK;
    }
    if (is_many(s)) {
        student(s, look->confidence, out);
        return TARE_OK;
    }
    int32_t *units = TARE_NEW_N(arena, int32_t, s->n);
    if (!units)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the leaderboard");
    double step = tare__lattice_step(s->x, s->n, s->k, s->k, units);
    int32_t lo = units[0], hi = units[0];
    for (size_t i = 0; i < s->n; i++) {
        lo = units[i] < lo ? units[i] : lo;
        hi = units[i] > hi ? units[i] : hi;
    }
    if (step > 0 && ((int64_t)hi - lo) * (int64_t)s->n <= MAX_POINTS)
        return exact(s, step, units, look->confidence, arena, out, err);
    return drawn(s->x, NULL, s->n, look, arena, out, err);
}

/* Pooled over attempts; tasks are what is resampled. */
static enum tare_status ratio_cell(const struct tare_task_scores *s, uint32_t n_tasks,
                                   const struct tare__board_look *look, struct tare_arena *arena,
                                   struct tare_board_cell *out, struct tare_err *err)
{
    double *num = TARE_NEW_N(arena, double, n_tasks), *den = TARE_NEW_N(arena, double, n_tasks);
    if (!num || !den)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the leaderboard");
    double sum_num = 0, sum_den = 0;
    size_t n = 0;
    for (uint32_t t = 0; t < n_tasks; t++) {
        if (s->n_ok[t] == 0 && s->n_na[t] == 0)
            continue;
        sum_num += num[n] = s->num[t];
        sum_den += den[n] = s->den[t];
        out->n += s->den[t] > 0;
        n++;
    }
    if (!(sum_den > 0)) {
        out->why = "nothing to count";
        return TARE_OK;
    }
    out->value = sum_num / sum_den;
    if (out->n < 2) {
        out->ci = tare_no_interval("one task");
        return TARE_OK;
    }
    if (sum_num == 0 || sum_num == sum_den) {
        /* Resampling shows no spread; the tasks with a denominator bound the rate. */
        out->ci =
            tare_wilson((struct tare_count){sum_num > 0 ? out->n : 0, out->n}, look->confidence);
        out->method = "Wilson over tasks";
        return TARE_OK;
    }
    return drawn(num, den, n, look, arena, out, err);
}

static enum tare_status median_cell(const struct sample *s, const struct tare__board_look *look,
                                    struct tare_arena *arena, struct tare_board_cell *out,
                                    struct tare_err *err)
{
    struct tare_latency l;
    enum tare_status st = tare_latency(s->x, s->n, look->confidence, arena, &l, err);
    out->value = l.median;
    out->ci = l.median_ci;
    out->method = "order statistics";
    return st;
}

enum tare_status tare__board_cell(const struct tare_metric *metric,
                                  const struct tare_task_scores *scores, uint32_t n_tasks,
                                  const struct tare__board_look *look, struct tare_arena *arena,
                                  struct tare_board_cell *out, struct tare_err *err)
{
    *out = (struct tare_board_cell){.value = (double)NAN, .ci = tare_no_interval("no value")};
    if (scores->num)
        return ratio_cell(scores, n_tasks, look, arena, out, err);
    struct sample s;
    if (!take_means(scores, n_tasks, arena, &s))
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the leaderboard");
    out->n = s.n;
    if (s.n == 0) {
        out->why = "no attempt has a value";
        return TARE_OK;
    }
    if (metric->aggregation == TARE_AGG_MEDIAN)
        return median_cell(&s, look, arena, out, err);
    return mean_cell(metric, &s, look, arena, out, err);
}
