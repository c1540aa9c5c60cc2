/*
 * Monte-Carlo bootstrap: statistics that are functions of sums over the drawn units. The
 * columns to be summed are interleaved, so that one drawn unit is one place in memory.
 */
#include "stats/bootstrap.h"
#include "base/thread.h"
#include "stats/bootstrap_int.h"
#include "stats/sample.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define CHUNK 64 /* resamples a work item */
#define COLUMNS_MAX 4
#define RESAMPLES_MAX 100000000u
#define DEFAULT_RESAMPLES 10000

/* One sample to draw from: n units of `columns` values. */
struct sample {
    const double *v;
    uint32_t n, columns;
};

struct job {
    const struct sample *sample; /* drawn one after the other within a resample */
    size_t samples;
    /* sums[s * COLUMNS_MAX + c]: of column c of sample s. NaN: no value. */
    double (*statistic)(const struct job *job, const double *sums);
    /* NULL: not studentised. */
    double (*t_statistic)(const struct job *job, const double *sums);
    const double *weight; /* per sample */
    double theta;
    uint64_t seed, resamples;
    double *replicate, *t;
};

static void sum_one(const double *v, const uint32_t *index, size_t m, double *sums)
{
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    size_t i = 0;
    for (; i + 4 <= m; i += 4) {
        s0 += v[index[i]];
        s1 += v[index[i + 1]];
        s2 += v[index[i + 2]];
        s3 += v[index[i + 3]];
    }
    for (; i < m; i++)
        s0 += v[index[i]];
    sums[0] += (s0 + s1) + (s2 + s3);
}

static void sum_two(const double *v, const uint32_t *index, size_t m, double *sums)
{
    double a0 = 0, a1 = 0, b0 = 0, b1 = 0;
    size_t i = 0;
    for (; i + 2 <= m; i += 2) {
        const double *p = v + 2 * (size_t)index[i], *q = v + 2 * (size_t)index[i + 1];
        a0 += p[0];
        b0 += p[1];
        a1 += q[0];
        b1 += q[1];
    }
    if (i < m) {
        a0 += v[2 * (size_t)index[i]];
        b0 += v[2 * (size_t)index[i] + 1];
    }
    sums[0] += a0 + a1;
    sums[1] += b0 + b1;
}

static void sum_four(const double *v, const uint32_t *index, size_t m, double *sums)
{
    for (size_t i = 0; i < m; i++)
        for (size_t c = 0; c < 4; c++)
            sums[c] += v[4 * (size_t)index[i] + c];
}

static void sum_drawn(const struct sample *s, struct tare__draw *d, double *sums)
{
    uint32_t index[TARE__DRAW_BLOCK];
    tare__draw_range(d, s->n);
    /* whole batches a block, so that blocks do not cut a word */
    size_t block = TARE__DRAW_BLOCK - TARE__DRAW_BLOCK % d->batch;
    for (size_t left = s->n; left > 0;) {
        size_t m = left < block ? left : block;
        tare__draw_indices(d, index, m);
        if (s->columns == 1)
            sum_one(s->v, index, m, sums);
        else if (s->columns == 2)
            sum_two(s->v, index, m, sums);
        else
            sum_four(s->v, index, m, sums);
        left -= m;
    }
}

static void run_chunk(void *ctx, unsigned worker, uint64_t chunk)
{
    const struct job *job = ctx;
    uint64_t from = chunk * CHUNK, to = from + CHUNK;
    double sums[2 * COLUMNS_MAX];
    struct tare__draw d;
    (void)worker;
    for (uint64_t b = from; b < to && b < job->resamples; b++) {
        double weighted = 0;
        memset(sums, 0, sizeof sums);
        tare__draw_begin(&d, job->seed, b);
        for (size_t s = 0; s < job->samples; s++) {
            double *at = job->weight ? sums : sums + s * COLUMNS_MAX;
            if (job->weight)
                at[0] = 0;
            sum_drawn(&job->sample[s], &d, at);
            if (job->weight)
                weighted += job->weight[s] * at[0] / (double)job->sample[s].n;
        }
        job->replicate[b] = job->weight ? weighted : job->statistic(job, sums);
        if (job->t)
            job->t[b] = job->t_statistic(job, sums);
    }
}

static double mean_statistic(const struct job *job, const double *sums)
{
    return sums[0] / (double)job->sample[0].n;
}

/* Columns: x - theta, (x - theta)^2; theta is the observed mean. */
static double centred_mean(const struct job *job, const double *sums)
{
    return job->theta + sums[0] / (double)job->sample[0].n;
}

static double mean_t(const struct job *job, const double *sums)
{
    double n = (double)job->sample[0].n, shift = sums[0] / n;
    double var = (sums[1] - n * shift * shift) / (n - 1);
    /* what is left of a constant resample is rounding */
    if (!(var > 1e-14 * sums[1] / n))
        return (double)NAN;
    return shift / sqrt(var / n);
}

static double ratio_statistic(const struct job *job, const double *sums)
{
    (void)job;
    return sums[1] != 0 ? sums[0] / sums[1] : (double)NAN;
}

static double ratio_difference(const struct job *job, const double *sums)
{
    (void)job;
    return sums[1] != 0 && sums[3] != 0 ? sums[2] / sums[3] - sums[0] / sums[1] : (double)NAN;
}

static double mean_difference(const struct job *job, const double *sums)
{
    return sums[COLUMNS_MAX] / (double)job->sample[1].n - sums[0] / (double)job->sample[0].n;
}

static enum tare_status check_opts(const struct tare_boot_opts *in, struct tare_boot_opts *o,
                                   struct tare_err *err)
{
    *o = in ? *in : (struct tare_boot_opts){0};
    o->resamples = o->resamples ? o->resamples : DEFAULT_RESAMPLES;
    o->confidence = o->confidence == 0 ? 0.95 : o->confidence;
    o->threads = o->threads ? o->threads : 1;
    if (!(o->confidence > 0 && o->confidence < 1))
        return tare_fail(err, TARE_E_INPUT, "confidence must lie between 0 and 1");
    if (o->resamples > RESAMPLES_MAX)
        return tare_fail(err, TARE_E_LIMIT, "at most %u resamples", RESAMPLES_MAX);
    return TARE_OK;
}

static enum tare_status check_column(const double *x, size_t n, const char *what,
                                     struct tare_err *err)
{
    if (n == 0)
        return tare_fail(err, TARE_E_INPUT, "no data");
    if (n >= UINT32_MAX)
        return tare_fail(err, TARE_E_LIMIT, "too many values");
    return tare_sample_check(x, n, what, err);
}

/* Columns side by side; {NULL} when out of memory. */
static struct sample interleave(const double *const *column, uint32_t columns, size_t n,
                                struct tare_arena *arena)
{
    double *v = TARE_NEW_N(arena, double, n *columns);
    for (size_t i = 0; v && i < n; i++)
        for (uint32_t c = 0; c < columns; c++)
            v[i * columns + c] = column[c][i];
    return (struct sample){v, (uint32_t)n, columns};
}

static enum tare_status run_job(struct job *job, const struct tare_boot_opts *o, size_t n,
                                double se, struct tare_value accel, struct tare_arena *arena,
                                struct tare_boot *out, struct tare_err *err)
{
    job->seed = o->seed;
    job->resamples = o->resamples;
    job->replicate = TARE_NEW_N(arena, double, o->resamples);
    job->t = job->t_statistic ? TARE_NEW_N(arena, double, o->resamples) : NULL;
    if (!job->replicate || (job->t_statistic && !job->t))
        return tare__no_mem(err);
    enum tare_status st =
        tare_parallel(o->threads, (o->resamples + CHUNK - 1) / CHUNK, run_chunk, job, NULL, err);
    if (st != TARE_OK)
        return st;
    struct tare__boot_facts f = {.theta = job->theta,
                                 .se = se,
                                 .accel = accel,
                                 .replicate = job->replicate,
                                 .t = job->t,
                                 .resamples = o->resamples,
                                 .seed = o->seed,
                                 .confidence = o->confidence,
                                 .n = n};
    return tare__boot_finish(&f, arena, out, err);
}

/* Leave-one-out acceleration of sum(x) / sum(y) (less the same of a second pair). */
static struct tare_value ratio_accel(const double *const *col, uint32_t columns, size_t n,
                                     struct tare_arena *arena)
{
    double total[COLUMNS_MAX] = {0}, mean = 0;
    double *left_out = TARE_NEW_N(arena, double, n);
    if (!left_out)
        return tare_no_value("not enough memory");
    for (uint32_t c = 0; c < columns; c++)
        for (size_t i = 0; i < n; i++)
            total[c] += col[c][i];
    for (size_t i = 0; i < n; i++) {
        double r = (total[0] - col[0][i]) / (total[1] - col[1][i]);
        if (columns == 4)
            r = (total[2] - col[2][i]) / (total[3] - col[3][i]) - r;
        left_out[i] = r;
        mean += r;
    }
    mean /= (double)n;
    for (size_t i = 0; i < n; i++)
        left_out[i] = mean - left_out[i];
    if (!isfinite(mean))
        return tare_no_value("the ratio does not exist without one of the units");
    return tare__accel(left_out, n);
}

/* Mean with its studentised interval: columns x - mean and (x - mean)^2. */
static enum tare_status studentised_mean(const double *x, size_t n, const struct tare_boot_opts *o,
                                         struct tare_arena *arena, struct tare_boot *out,
                                         struct tare_err *err)
{
    double mean = tare_mean(x, n);
    double *v = TARE_NEW_N(arena, double, 2 * n);
    if (!v)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++) {
        v[2 * i] = x[i] - mean;
        v[2 * i + 1] = (x[i] - mean) * (x[i] - mean);
    }
    struct sample s = {v, (uint32_t)n, 2};
    struct job job = {.sample = &s,
                      .samples = 1,
                      .statistic = centred_mean,
                      .t_statistic = mean_t,
                      .theta = mean};
    double se = n > 1 ? tare_sd(x, n, 1) / sqrt((double)n) : 0;
    return run_job(&job, o, n, se, tare_accel_mean(x, n), arena, out, err);
}

static enum tare_status ratio_job(const double *const *column, uint32_t columns, size_t n,
                                  const struct tare_boot_opts *o, struct tare_arena *arena,
                                  struct tare_boot *out, struct tare_err *err)
{
    double sums[COLUMNS_MAX] = {0};
    struct sample s = interleave(column, columns, n, arena);
    struct job job = {
        .sample = &s, .samples = 1, .statistic = columns == 4 ? ratio_difference : ratio_statistic};
    if (!s.v)
        return tare__no_mem(err);
    for (uint32_t c = 0; c < columns; c++)
        for (size_t i = 0; i < n; i++)
            sums[c] += column[c][i];
    job.theta = job.statistic(&job, sums);
    if (isnan(job.theta))
        return tare_fail(err, TARE_E_INPUT, "the denominators add to 0: the ratio does not exist");
    return run_job(&job, o, n, 0, ratio_accel(column, columns, n, arena), arena, out, err);
}

enum tare_status tare_bootstrap(const double *x, const double *y, size_t n,
                                const struct tare_boot_opts *opts, struct tare_arena *arena,
                                struct tare_boot *out, struct tare_err *err)
{
    struct tare_boot_opts o;
    enum tare_status st = check_opts(opts, &o, err);
    if (st == TARE_OK)
        st = check_column(x, n, "x", err);
    if (st == TARE_OK && y)
        st = check_column(y, n, "y", err);
    if (st != TARE_OK)
        return st;
    if (y)
        return ratio_job((const double *const[]){x, y}, 2, n, &o, arena, out, err);
    if (o.studentised)
        return studentised_mean(x, n, &o, arena, out, err);
    struct sample s = {x, (uint32_t)n, 1};
    struct job job = {.sample = &s, .samples = 1, .statistic = mean_statistic};
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    job.theta = sum / (double)n;
    return run_job(&job, &o, n, 0, tare_accel_mean(x, n), arena, out, err);
}

enum tare_status tare_bootstrap_ratio_diff(const double *xa, const double *ya, const double *xb,
                                           const double *yb, size_t n,
                                           const struct tare_boot_opts *opts,
                                           struct tare_arena *arena, struct tare_boot *out,
                                           struct tare_err *err)
{
    struct tare_boot_opts o;
    const double *column[4] = {xa, ya, xb, yb};
    static const char *const name[4] = {"xa", "ya", "xb", "yb"};
    enum tare_status st = check_opts(opts, &o, err);
    for (int c = 0; c < 4 && st == TARE_OK; c++)
        st = check_column(column[c], n, name[c], err);
    if (st != TARE_OK)
        return st;
    return ratio_job(column, 4, n, &o, arena, out, err);
}

static void add_moments(const double *x, size_t n, double weight, double *cubes, double *squares)
{
    double mean = tare_mean(x, n), nn = (double)n;
    for (size_t i = 0; i < n; i++) {
        double u = weight * (x[i] - mean) / nn;
        *squares += u * u;
        *cubes += u * u * u;
    }
}

enum tare_status tare_bootstrap_unpaired(const double *a, size_t na, const double *b, size_t nb,
                                         const struct tare_boot_opts *opts,
                                         struct tare_arena *arena, struct tare_boot *out,
                                         struct tare_err *err)
{
    struct tare_boot_opts o;
    enum tare_status st = check_opts(opts, &o, err);
    if (st == TARE_OK)
        st = check_column(a, na, "a", err);
    if (st == TARE_OK)
        st = check_column(b, nb, "b", err);
    if (st != TARE_OK)
        return st;
    struct sample s[2] = {{a, (uint32_t)na, 1}, {b, (uint32_t)nb, 1}};
    struct job job = {.sample = s, .samples = 2, .statistic = mean_difference};
    double sums[2 * COLUMNS_MAX] = {0}, cubes = 0, squares = 0;
    for (size_t i = 0; i < na; i++)
        sums[0] += a[i];
    for (size_t i = 0; i < nb; i++)
        sums[COLUMNS_MAX] += b[i];
    job.theta = mean_difference(&job, sums);
    add_moments(a, na, -1, &cubes, &squares);
    add_moments(b, nb, 1, &cubes, &squares);
    return run_job(&job, &o, na < nb ? na : nb, 0, tare__accel_sums(cubes, squares), arena, out,
                   err);
}

/* Units of each stratum together; sample[h] and weight[h] for those that are not empty. */
struct strata {
    struct sample *sample;
    double *weight;
    size_t used;
    uint32_t single;
};

static enum tare_status split_strata(const double *x, const uint32_t *stratum, size_t n,
                                     const double *weight, uint32_t n_strata, struct strata *s,
                                     struct tare_arena *arena, struct tare_err *err)
{
    double *v = TARE_NEW_N(arena, double, n);
    s->sample = TARE_NEW_N(arena, struct sample, n_strata);
    s->weight = TARE_NEW_N(arena, double, n_strata);
    if (!v || !s->sample || !s->weight)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        if (stratum[i] >= n_strata)
            return tare_fail_at(err, TARE_E_INPUT, i, "stratum[%zu] is out of range", i);
    size_t at = 0;
    for (uint32_t h = 0; h < n_strata; h++) {
        size_t from = at;
        for (size_t i = 0; i < n; i++)
            if (stratum[i] == h)
                v[at++] = x[i];
        if (at == from) {
            if (weight && weight[h] != 0)
                return tare_fail(err, TARE_E_INPUT, "stratum %u has a weight but no data", h);
            continue;
        }
        s->single += at - from == 1;
        s->sample[s->used] = (struct sample){v + from, (uint32_t)(at - from), 1};
        s->weight[s->used++] = weight ? weight[h] : (double)(at - from) / (double)n;
    }
    return TARE_OK;
}

enum tare_status tare_bootstrap_stratified(const double *x, const uint32_t *stratum, size_t n,
                                           const double *weight, uint32_t n_strata,
                                           const struct tare_boot_opts *opts,
                                           struct tare_arena *arena, struct tare_boot *out,
                                           uint32_t *single_strata, struct tare_err *err)
{
    struct tare_boot_opts o;
    struct strata s = {0};
    enum tare_status st = check_opts(opts, &o, err);
    if (st == TARE_OK)
        st = check_column(x, n, "x", err);
    if (st == TARE_OK)
        st = split_strata(x, stratum, n, weight, n_strata, &s, arena, err);
    if (st != TARE_OK)
        return st;
    struct job job = {.sample = s.sample, .samples = s.used, .weight = s.weight};
    double cubes = 0, squares = 0;
    for (size_t h = 0; h < s.used; h++) {
        job.theta += s.weight[h] * tare_mean(s.sample[h].v, s.sample[h].n);
        add_moments(s.sample[h].v, s.sample[h].n, s.weight[h], &cubes, &squares);
    }
    if (single_strata)
        *single_strata = s.single;
    return run_job(&job, &o, n, 0, tare__accel_sums(cubes, squares), arena, out, err);
}

enum tare_status tare_bootstrap_given(const double *x, size_t n, const uint32_t *index,
                                      size_t resamples, double confidence, struct tare_arena *arena,
                                      struct tare_boot *out, struct tare_err *err)
{
    enum tare_status st = check_column(x, n, "x", err);
    if (st != TARE_OK)
        return st;
    double *rep = TARE_NEW_N(arena, double, resamples), *t = TARE_NEW_N(arena, double, resamples);
    double *drawn = TARE_NEW_N(arena, double, n), mean = tare_mean(x, n), root = sqrt((double)n);
    if (!rep || !t || !drawn)
        return tare__no_mem(err);
    for (size_t b = 0; b < resamples; b++) {
        for (size_t i = 0; i < n; i++) {
            if (index[b * n + i] >= n)
                return tare_fail_at(err, TARE_E_INPUT, b, "resample %zu has an index beyond %zu", b,
                                    n);
            drawn[i] = x[index[b * n + i]];
        }
        rep[b] = tare_mean(drawn, n);
        double se = n > 1 ? tare_sd(drawn, n, 1) / root : 0;
        t[b] = se > 0 ? (rep[b] - mean) / se : (double)NAN;
    }
    struct tare__boot_facts f = {.theta = mean,
                                 .se = n > 1 ? tare_sd(x, n, 1) / root : 0,
                                 .accel = tare_accel_mean(x, n),
                                 .replicate = rep,
                                 .t = t,
                                 .resamples = resamples,
                                 .confidence = confidence,
                                 .n = n};
    return tare__boot_finish(&f, arena, out, err);
}
