/*
 * Sign-flip by Monte Carlo. Four signs at a time: the 16 signed sums of each group of four
 * differences are tabulated once, and a resample adds one entry a group.
 */
#include "base/rng.h"
#include "base/thread.h"
#include "stats/signflip_int.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define CHUNK 256 /* resamples a work item; the counts of items are added, so order is nothing */
#define DEFAULT_RESAMPLES 100000

struct mc_counts {
    uint64_t greater, less, two;
};

struct mc {
    const double (*table)[16];
    size_t groups;
    double t, eps;
    uint64_t seed, resamples;
    struct mc_counts *counts; /* one a chunk */
};

static void run_chunk(void *ctx, unsigned worker, uint64_t chunk)
{
    const struct mc *m = ctx;
    struct mc_counts c = {0};
    uint64_t from = chunk * CHUNK, to = from + CHUNK < m->resamples ? from + CHUNK : m->resamples;
    (void)worker;
    for (uint64_t b = from; b < to; b++) {
        struct tare_rng rng;
        tare_rng_init(&rng, m->seed, TARE_S("sign-flip"), b);
        double s = 0;
        uint32_t bits = 0;
        for (size_t g = 0; g < m->groups; g++) {
            bits = g % 8 ? bits >> 4 : tare_rng_u32(&rng);
            s += m->table[g][bits & 15u];
        }
        c.greater += s >= m->t - m->eps;
        c.less += s <= m->t + m->eps;
        c.two += fabs(s) >= fabs(m->t) - m->eps;
    }
    m->counts[chunk] = c;
}

static void fill_table(const double *d, size_t n, double (*table)[16])
{
    for (size_t i = 0; i < n; i++)
        for (unsigned k = 0; k < 16; k++)
            table[i / 4][k] += k >> (i % 4) & 1u ? d[i] : -d[i];
}

enum tare_status tare__flip_monte_carlo(const double *d, size_t n, double t, double eps,
                                        const struct tare_flip_opts *o, struct tare_arena *arena,
                                        struct tare_sign_flip *r, struct tare_err *err)
{
    uint64_t resamples = o->resamples ? o->resamples : DEFAULT_RESAMPLES;
    uint64_t chunks = (resamples + CHUNK - 1) / CHUNK;
    double(*table)[16] = tare_arena_array(arena, (n + 3) / 4, sizeof *table);
    struct mc m = {.groups = (n + 3) / 4,
                   .t = t,
                   .eps = eps,
                   .seed = o->seed,
                   .resamples = resamples,
                   .counts = TARE_NEW_N(arena, struct mc_counts, chunks)};
    if (!table || !m.counts)
        return tare__no_mem(err);
    fill_table(d, n, table);
    m.table = (const double(*)[16])table;
    enum tare_status st =
        tare_parallel(o->threads ? o->threads : 1, chunks, run_chunk, &m, NULL, err);
    if (st != TARE_OK)
        return st;
    struct mc_counts sum = {0};
    for (uint64_t i = 0; i < chunks; i++) {
        sum.greater += m.counts[i].greater;
        sum.less += m.counts[i].less;
        sum.two += m.counts[i].two;
    }
    r->method = TARE_FLIP_MONTE_CARLO;
    r->resamples = resamples;
    r->extreme = sum.two;
    r->p_greater = tare_mc_p(sum.greater, resamples);
    r->p_less = tare_mc_p(sum.less, resamples);
    r->p_two = tare_mc_p(sum.two, resamples);
    return TARE_OK;
}
