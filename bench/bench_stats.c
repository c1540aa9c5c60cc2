/* Statistics: exact procedures, Monte Carlo, and how far Monte Carlo is from the machine's limits.
 * bench/peers.py sets SciPy, statsmodels and R beside it. */
#include <stdlib.h>

#include "base/rng.h"
#include "base/thread.h"
#include "bench.h"
#include "stats/bootstrap.h"
#include "stats/bootstrap_exact.h"
#include "stats/bootstrap_int.h"
#include "stats/paired.h"
#include "stats/signflip.h"

struct work {
    struct tare_arena arena;
    double *x;
    size_t n;
    unsigned threads;
    bool lattice;
};

static void must(enum tare_status st)
{
    if (st != TARE_OK)
        abort();
}

static void trinomial(void *ctx, size_t n)
{
    struct work *w = ctx;
    for (size_t i = 0; i < n; i++) {
        struct tare_lattice_dist d;
        struct tare_exact_boot b;
        struct tare_err err = {0};
        tare_arena_reset(&w->arena);
        must(tare_exact_trinomial(w->n / 5, w->n / 6, w->n - w->n / 5 - w->n / 6, &w->arena, &d,
                                  &err));
        tare_exact_boot(&d, 0.95, &b);
    }
}

static void monte_carlo(void *ctx, size_t n)
{
    struct work *w = ctx;
    for (size_t i = 0; i < n; i++) {
        struct tare_boot_opts o = {.resamples = 50000, .seed = 1, .threads = w->threads};
        struct tare_boot b;
        struct tare_err err = {0};
        tare_arena_reset(&w->arena);
        must(tare_bootstrap(w->x, NULL, w->n, &o, &w->arena, &b, &err));
    }
}

static void flip(void *ctx, size_t n)
{
    struct work *w = ctx;
    for (size_t i = 0; i < n; i++) {
        struct tare_flip_opts o = {.step = w->lattice ? 0.25 : 0, .threads = w->threads};
        struct tare_sign_flip r;
        struct tare_err err = {0};
        tare_arena_reset(&w->arena);
        must(tare_sign_flip(w->x, w->n, &o, &w->arena, &r, &err));
    }
}

static void tango(void *ctx, size_t n)
{
    double *sink = ctx;
    for (size_t i = 0; i < n; i++)
        *sink += tare_tango((struct tare_paired_table){15, 1, 26, 6 + i % 2}, 0.95).lo;
}

static void random_words(void *ctx, size_t n)
{
    struct tare_rng *r = ctx;
    static uint64_t words[1024];
    for (size_t i = 0; i < n; i++)
        tare_rng_fill_u64(r, words, 1024);
}

static void indices(void *ctx, size_t n)
{
    struct tare__draw *d = ctx;
    static uint32_t index[1000];
    for (size_t i = 0; i < n; i++)
        tare__draw_indices(d, index, 1000);
}

static void fill(struct work *w, size_t n, bool lattice)
{
    struct tare_rng r;
    tare_rng_init(&r, 5, TARE_S("bench"), 0);
    w->n = n;
    w->lattice = lattice;
    for (size_t i = 0; i < n; i++)
        w->x[i] =
            lattice ? 0.25 * ((double)tare_rng_below(&r, 9) - 3.5 - 0.5) : tare_rng_unit(&r) - 0.45;
}

static void bench_exact(struct work *w)
{
    double sink = 0;
    w->n = 47;
    bench_row("exact bootstrap, 47 pairs", bench_each(trinomial, w) * 1e6, "us", "table and BCa");
    w->n = 10000;
    bench_row("exact bootstrap, 10,000 pairs", bench_each(trinomial, w) * 1e6, "us", "");
    fill(w, 20, false);
    bench_row("sign-flip, 20 real values", bench_each(flip, w) * 1e6, "us", "all 2^20 patterns");
    fill(w, 40, false);
    bench_row("sign-flip, 40 real values", bench_each(flip, w) * 1e3, "ms", "meet in the middle");
    fill(w, 1000, true);
    bench_row("sign-flip, 1,000 lattice values", bench_each(flip, w) * 1e3, "ms", "exact table");
    bench_row("Tango interval", bench_each(tango, &sink) * 1e6, "us", "");
}

static void bench_monte_carlo(struct work *w)
{
    static const size_t sizes[] = {47, 10000};
    char what[80];
    for (size_t i = 0; i < 2; i++)
        for (unsigned t = 1; t <= tare_cpu_count() && t <= 2; t++) {
            fill(w, sizes[i], false);
            w->threads = t;
            (void)snprintf(what, sizeof what, "BCa, %zu real values, 50,000 resamples, %u thread%s",
                           sizes[i], t, t > 1 ? "s" : "");
            bench_row(what, bench_each(monte_carlo, w) * 1e3, "ms", "");
        }
}

static void bench_limits(void)
{
    struct tare_rng r;
    static struct tare__draw d;
    tare_rng_init(&r, 1, TARE_S("bench"), 0);
    bench_row("random 64-bit words", 1024e-9 / bench_each(random_words, &r), "G/s",
              "Philox 4x32-10, one thread");
    tare__draw_begin(&d, 1, 0);
    tare__draw_range(&d, 10000);
    bench_row("indices below 10,000", 1000e-9 / bench_each(indices, &d), "G/s",
              "four from one word, one thread");
}

int main(void)
{
    struct work w = {.threads = 1};
    tare_arena_init(&w.arena, NULL, (size_t)1 << 30);
    w.x = calloc(10000, sizeof *w.x);
    if (!w.x)
        return 1;
    bench_exact(&w);
    bench_monte_carlo(&w);
    bench_limits();
    free(w.x);
    tare_arena_free(&w.arena);
    return 0;
}
