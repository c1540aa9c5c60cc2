/*
 * Bootstrap of the ratio of medians. Values are sorted once; a resample counts how often each
 * place was drawn and walks to the middle, which needs no sorting.
 */
#include "base/thread.h"
#include "stats/bootstrap.h"
#include "stats/bootstrap_int.h"
#include "stats/sample.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define CHUNK 16
#define DEFAULT_RESAMPLES 10000

struct side {
    const double *sorted;
    uint32_t n;
    const uint32_t *place; /* of unit i among the sorted values */
};

struct job {
    struct side a, b;
    bool paired;
    uint64_t seed, resamples;
    uint32_t *count; /* workers * (na + nb) */
    double *replicate;
};

static double counted_median(const struct side *s, const uint32_t *count)
{
    uint32_t lower = (s->n - 1) / 2, upper = s->n / 2, seen = 0, i = 0;
    while (seen + count[i] <= lower)
        seen += count[i++];
    double lo = s->sorted[i];
    while (seen + count[i] <= upper)
        seen += count[i++];
    return (lo + s->sorted[i]) / 2;
}

static void draw_side(struct tare__draw *d, const struct side *s, uint32_t *count,
                      const struct side *twin, uint32_t *twin_count)
{
    uint32_t index[TARE__DRAW_BLOCK];
    tare__draw_range(d, s->n);
    size_t block = TARE__DRAW_BLOCK - TARE__DRAW_BLOCK % d->batch;
    memset(count, 0, s->n * sizeof *count);
    if (twin)
        memset(twin_count, 0, twin->n * sizeof *twin_count);
    for (size_t left = s->n; left > 0;) {
        size_t m = left < block ? left : block;
        tare__draw_indices(d, index, m);
        for (size_t i = 0; i < m; i++) {
            count[s->place[index[i]]]++;
            if (twin)
                twin_count[twin->place[index[i]]]++;
        }
        left -= m;
    }
}

static void run_chunk(void *ctx, unsigned worker, uint64_t chunk)
{
    const struct job *job = ctx;
    uint32_t *ca = job->count + (size_t)worker * ((size_t)job->a.n + job->b.n), *cb = ca + job->a.n;
    uint64_t from = chunk * CHUNK, to = from + CHUNK;
    struct tare__draw d;
    for (uint64_t r = from; r < to && r < job->resamples; r++) {
        tare__draw_begin(&d, job->seed, r);
        draw_side(&d, &job->a, ca, job->paired ? &job->b : NULL, cb);
        if (!job->paired)
            draw_side(&d, &job->b, cb, NULL, NULL);
        job->replicate[r] = log(counted_median(&job->b, cb) / counted_median(&job->a, ca));
    }
}

static enum tare_status make_side(const double *x, size_t n, const char *what, struct side *s,
                                  struct tare_arena *arena, struct tare_err *err)
{
    enum tare_status st = tare_sample_check(x, n, what, err);
    uint32_t *order = TARE_NEW_N(arena, uint32_t, n), *place = TARE_NEW_N(arena, uint32_t, n);
    double *sorted = TARE_NEW_N(arena, double, n);
    if (st != TARE_OK)
        return st;
    if (n == 0 || n >= UINT32_MAX)
        return tare_fail(err, TARE_E_INPUT, "no data");
    if (!order || !place || !sorted)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        if (!(x[i] > 0))
            return tare_fail_at(err, TARE_E_INPUT, i,
                                "%s[%zu] is not above 0: its logarithm is "
                                "needed",
                                what, i);
    st = tare_sort_index(x, n, order, arena, err);
    for (uint32_t i = 0; st == TARE_OK && i < n; i++) {
        place[order[i]] = i;
        sorted[i] = x[order[i]];
    }
    *s = (struct side){sorted, (uint32_t)n, place};
    return st;
}

static double sorted_median(const struct side *s)
{
    return (s->sorted[(s->n - 1) / 2] + s->sorted[s->n / 2]) / 2;
}

enum tare_status tare_bootstrap_log_median_ratio(const double *a, size_t na, const double *b,
                                                 size_t nb, bool paired,
                                                 const struct tare_boot_opts *opts,
                                                 struct tare_arena *arena, struct tare_boot *out,
                                                 struct tare_err *err)
{
    struct tare_boot_opts o = opts ? *opts : (struct tare_boot_opts){0};
    struct job job = {.paired = paired, .seed = o.seed};
    job.resamples = o.resamples ? o.resamples : DEFAULT_RESAMPLES;
    o.threads = o.threads ? o.threads : 1;
    if (paired && na != nb)
        return tare_fail(err, TARE_E_INPUT, "paired samples must have the same size");
    enum tare_status st = make_side(a, na, "a", &job.a, arena, err);
    if (st == TARE_OK)
        st = make_side(b, nb, "b", &job.b, arena, err);
    if (st != TARE_OK)
        return st;
    job.replicate = TARE_NEW_N(arena, double, job.resamples);
    job.count = TARE_NEW_N(arena, uint32_t, (size_t)o.threads * (na + nb));
    if (!job.replicate || !job.count)
        return tare__no_mem(err);
    st = tare_parallel(o.threads, (job.resamples + CHUNK - 1) / CHUNK, run_chunk, &job, NULL, err);
    if (st != TARE_OK)
        return st;
    struct tare__boot_facts f = {
        .theta = log(sorted_median(&job.b) / sorted_median(&job.a)),
        .accel = tare_no_value("the median has no jackknife"),
        .replicate = job.replicate,
        .resamples = job.resamples,
        .seed = job.seed,
        .confidence = o.confidence == 0 ? 0.95 : o.confidence,
        .n = na < nb ? na : nb,
    };
    return tare__boot_finish(&f, arena, out, err);
}
