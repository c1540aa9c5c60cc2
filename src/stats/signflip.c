/*
 * Sign-flip tests: which method, and the exact ones. Monte Carlo is in signflip_mc.c.
 */
#include "stats/signflip.h"
#include "stats/cluster.h"
#include "stats/sample.h"
#include "stats/signflip_int.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include <stdlib.h>

#include "base/banned.h"

#define GRAY_MAX 20
#define MEET_MAX 40
#define LATTICE_WORK 2147483648.0 /* additions: about half a second */
#define LATTICE_CELLS 4194304     /* 32 MiB of doubles */
/* Probabilities below this are cut off: denormal numbers are a hundred times slower. */
#define LATTICE_FLOOR 1e-300

const char *tare_flip_method_name(enum tare_flip_method m)
{
    static const char *const names[] = {
        "no difference",        "exact (binomial)",           "exact (lattice)",
        "exact (all patterns)", "exact (meet in the middle)", "Monte Carlo"};
    return (unsigned)m < sizeof names / sizeof *names ? names[m] : "unknown";
}

double tare_mc_p(uint64_t r, uint64_t resamples)
{
    return ((double)r + 1) / ((double)resamples + 1);
}

double tare_mc_p_se(uint64_t r, uint64_t resamples)
{
    double p = tare_mc_p(r, resamples);
    return sqrt(p * (1 - p) / ((double)resamples + 1));
}

struct tare_sign_flip tare_sign_test(uint64_t wins, uint64_t losses)
{
    int64_t m = (int64_t)(wins + losses), w = (int64_t)wins;
    struct tare_sign_flip r = {.method = m ? TARE_FLIP_BINOMIAL : TARE_FLIP_NONE,
                               .n = (size_t)m,
                               .n_eff = (size_t)m,
                               .p_greater = 1,
                               .p_less = 1,
                               .p_two = 1,
                               .smallest_p = 1};
    if (m == 0)
        return r;
    r.mean = ((double)wins - (double)losses) / (double)m;
    r.p_greater = tare_binom_upper(w, m, 0.5);
    r.p_less = tare_binom_cdf(w, m, 0.5);
    r.p_two = fmin(1, 2 * fmin(r.p_greater, r.p_less));
    r.smallest_p = exp2(1 - (double)m);
    return r;
}

/* Sum over [from, to] of p, clipped to the table. */
static double mass_between(const double *p, int64_t from, int64_t to, int64_t top)
{
    double sum = 0;
    for (int64_t s = from < 0 ? 0 : from; s <= to && s <= top; s++)
        sum += p[s];
    return fmin(1, sum);
}

/* p[s] = P(positive part of the sum is s): each |d| counts with probability 1/2. */
static void subset_table(const int32_t *size, size_t n, double *p)
{
    int64_t lo = 0, hi = 0;
    p[0] = 1;
    for (size_t i = 0; i < n; i++) {
        int64_t d = size[i];
        memset(p + hi + 1, 0, (size_t)d * sizeof *p);
        for (int64_t s = hi + d; s >= lo + d; s--)
            p[s] = 0.5 * (p[s] + p[s - d]);
        for (int64_t s = lo + d - 1; s >= lo; s--)
            p[s] *= 0.5;
        hi += d;
        for (; p[lo] < LATTICE_FLOOR && lo < hi; lo++)
            p[lo] = 0;
        for (; p[hi] < LATTICE_FLOOR && lo < hi; hi--)
            p[hi] = 0;
    }
}

static int32_t common_divisor(const int32_t *size, size_t n)
{
    int32_t g = 0;
    for (size_t i = 0; i < n; i++)
        for (int32_t a = size[i]; a != 0;) {
            int32_t rest = g % a;
            g = a;
            a = rest;
        }
    return g;
}

static int by_size(const void *pa, const void *pb)
{
    int32_t a = *(const int32_t *)pa, b = *(const int32_t *)pb;
    return (a > b) - (a < b);
}

struct lattice {
    int32_t *size; /* |d| / gcd without zeros, ascending */
    size_t n;
    int64_t total, positive; /* sums of sizes: all, and of d > 0 */
    bool one_size;
};

static void lattice_reduce(const int32_t *d, size_t n, struct lattice *l)
{
    for (size_t i = 0; i < n; i++)
        if (d[i] != 0)
            l->size[l->n++] = d[i] < 0 ? -d[i] : d[i];
    int32_t g = common_divisor(l->size, l->n);
    for (size_t i = 0; i < l->n; i++) {
        l->size[i] /= g;
        l->total += l->size[i];
    }
    for (size_t i = 0; i < n; i++)
        l->positive += d[i] > 0 ? d[i] / g : 0;
    qsort(l->size, l->n, sizeof *l->size, by_size);
    l->one_size = l->n > 0 && l->size[0] == l->size[l->n - 1];
}

static bool lattice_affordable(const struct lattice *l)
{
    return l->one_size || ((double)l->total < LATTICE_CELLS &&
                           (double)l->total * (double)l->n / 2 <= LATTICE_WORK);
}

static enum tare_status lattice_solve(const struct lattice *l, struct tare_arena *arena,
                                      struct tare_sign_flip *out, struct tare_err *err)
{
    if (l->one_size || l->n == 0) {
        struct tare_sign_flip b =
            tare_sign_test((uint64_t)l->positive, (uint64_t)(l->total - l->positive));
        b.n = out->n;
        b.mean = out->mean;
        *out = b;
        return TARE_OK;
    }
    /* one size more than needed: the table grows before its ends are cut */
    double *p = TARE_NEW_N(arena, double, (size_t)l->total + (size_t)l->size[l->n - 1] + 2);
    if (!p)
        return tare__no_mem(err);
    subset_table(l->size, l->n, p);
    int64_t w = l->positive, far = w > l->total - w ? w : l->total - w;
    out->method = TARE_FLIP_LATTICE;
    out->p_greater = fmax(mass_between(p, w, l->total, l->total), LATTICE_FLOOR);
    out->p_less = fmax(mass_between(p, 0, w, l->total), LATTICE_FLOOR);
    double tail = mass_between(p, far, l->total, l->total);
    out->p_two = 2 * w == l->total ? 1 : fmin(1, fmax(2 * tail, LATTICE_FLOOR));
    return TARE_OK;
}

static void begin(struct tare_sign_flip *out, size_t n, size_t n_eff, double mean)
{
    *out = (struct tare_sign_flip){.n = n,
                                   .n_eff = n_eff,
                                   .mean = mean,
                                   .p_greater = 1,
                                   .p_less = 1,
                                   .p_two = 1,
                                   .smallest_p = n_eff ? exp2(1 - (double)n_eff) : 1};
}

/* *fits false: too large for the table, out untouched. */
static enum tare_status try_lattice(const int32_t *d, size_t n, double mean,
                                    struct tare_arena *arena, struct tare_sign_flip *out,
                                    bool *fits, struct tare_err *err)
{
    struct lattice l = {.size = TARE_NEW_N(arena, int32_t, n)};
    if (!l.size)
        return tare__no_mem(err);
    lattice_reduce(d, n, &l);
    *fits = lattice_affordable(&l);
    if (!*fits)
        return TARE_OK;
    struct tare_sign_flip r;
    begin(&r, n, l.n, mean);
    enum tare_status st = lattice_solve(&l, arena, &r, err);
    if (st == TARE_OK)
        *out = r;
    return st;
}

enum tare_status tare_sign_flip_lattice(const int32_t *d, size_t n, struct tare_arena *arena,
                                        struct tare_sign_flip *out, struct tare_err *err)
{
    double sum = 0;
    bool fits = true;
    for (size_t i = 0; i < n; i++) {
        if (d[i] == INT32_MIN)
            return tare_fail_at(err, TARE_E_INPUT, i, "d[%zu] is out of range", i);
        sum += d[i];
    }
    struct tare_arena_mark mark = tare_arena_mark(arena);
    enum tare_status st = try_lattice(d, n, n ? sum / (double)n : 0, arena, out, &fits, err);
    tare_arena_rewind(arena, mark);
    if (st == TARE_OK && !fits)
        return tare_fail(err, TARE_E_LIMIT, "the lattice table of these differences is too large");
    return st;
}

struct counts {
    uint64_t greater, less, two; /* patterns at least as extreme, ties within eps */
};

static void count_pattern(struct counts *c, double s, double t, double eps)
{
    c->greater += s >= t - eps;
    c->less += s <= t + eps;
    c->two += fabs(s) >= fabs(t) - eps;
}

/* Every pattern and its mirror; the first sign stays, the rest follow a reflected Gray code. */
static void gray_count(const double *d, size_t n, double t, double eps, struct counts *c)
{
    double flipped[GRAY_MAX], s = 0;
    for (size_t i = 0; i < n; i++) {
        flipped[i] = d[i];
        s += d[i];
    }
    uint32_t patterns = 1u << (n - 1);
    for (uint32_t g = 1;; g++) {
        count_pattern(c, s, t, eps);
        count_pattern(c, -s, t, eps);
        if (g == patterns)
            break;
        unsigned bit = 0;
        while (!(g >> bit & 1u))
            bit++;
        s -= 2 * flipped[bit + 1];
        flipped[bit + 1] = -flipped[bit + 1];
    }
}

/* All signed sums of d, ascending: each d merges two shifted copies of what is there. */
static double *signed_sums(const double *d, size_t n, double *a, double *b)
{
    a[0] = 0;
    size_t count = 1;
    for (size_t k = 0; k < n; k++) {
        double step = fabs(d[k]);
        size_t i = 0, j = 0, m = 0;
        while (i < count || j < count) {
            bool low = i < count && (j >= count || a[i] - step <= a[j] + step);
            b[m++] = low ? a[i++] - step : a[j++] + step;
        }
        count = m;
        double *t = a;
        a = b;
        b = t;
    }
    return a;
}

/* Pairs with x[i] + y[j] >= limit. Both ascending. */
static uint64_t pairs_at_least(const double *x, size_t nx, const double *y, size_t ny, double limit)
{
    uint64_t count = 0;
    size_t j = ny;
    for (size_t i = 0; i < nx; i++) {
        while (j > 0 && x[i] + y[j - 1] >= limit)
            j--;
        count += ny - j;
    }
    return count;
}

static enum tare_status meet_count(const double *d, size_t n, double t, double eps,
                                   struct counts *c, struct tare_arena *arena, struct tare_err *err)
{
    size_t n1 = n / 2, n2 = n - n1, m1 = (size_t)1 << n1, m2 = (size_t)1 << n2;
    double *x0 = TARE_NEW_N(arena, double, m1), *x1 = TARE_NEW_N(arena, double, m1);
    double *y0 = TARE_NEW_N(arena, double, m2), *y1 = TARE_NEW_N(arena, double, m2);
    if (!x0 || !x1 || !y0 || !y1)
        return tare__no_mem(err);
    const double *x = signed_sums(d, n1, x0, x1), *y = signed_sums(d + n1, n2, y0, y1);
    c->greater = pairs_at_least(x, m1, y, m2, t - eps);
    /* sums are symmetric about 0: S <= t as often as S >= -t */
    c->less = pairs_at_least(x, m1, y, m2, -t - eps);
    double far = fabs(t) - eps;
    c->two = far <= 0 ? (uint64_t)1 << n : 2 * pairs_at_least(x, m1, y, m2, far);
    return TARE_OK;
}

static enum tare_status real_values(const double *d, size_t n, const struct tare_flip_opts *o,
                                    struct tare_arena *arena, struct tare_sign_flip *r,
                                    struct tare_err *err)
{
    double *x = TARE_NEW_N(arena, double, n), t = 0, size = 0;
    if (!x)
        return tare__no_mem(err);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        t += d[i];
        size += fabs(d[i]);
        if (d[i] != 0)
            x[m++] = d[i];
    }
    begin(r, n, m, tare_mean(d, n));
    if (m == 0)
        return TARE_OK;
    double eps = 1e-9 * size;
    if (m > MEET_MAX || o->monte_carlo)
        return tare__flip_monte_carlo(x, m, t, eps, o, arena, r, err);
    struct counts c = {0};
    enum tare_status st = TARE_OK;
    r->method = m <= GRAY_MAX ? TARE_FLIP_GRAY : TARE_FLIP_MEET;
    if (m <= GRAY_MAX)
        gray_count(x, m, t, eps, &c);
    else
        st = meet_count(x, m, t, eps, &c, arena, err);
    double all = exp2((double)m);
    r->p_greater = (double)c.greater / all;
    r->p_less = (double)c.less / all;
    r->p_two = (double)c.two / all;
    return st;
}

enum tare_status tare_sign_flip(const double *d, size_t n, const struct tare_flip_opts *opts,
                                struct tare_arena *arena, struct tare_sign_flip *out,
                                struct tare_err *err)
{
    static const struct tare_flip_opts defaults = {0};
    const struct tare_flip_opts *o = opts ? opts : &defaults;
    struct tare_sign_flip r;
    begin(&r, 0, 0, 0);
    if (n == 0) {
        *out = r;
        return TARE_OK;
    }
    enum tare_status st = tare_sample_check(d, n, "d", err);
    if (st != TARE_OK)
        return st;
    struct tare_arena_mark mark = tare_arena_mark(arena);
    int32_t *k = o->step > 0 ? TARE_NEW_N(arena, int32_t, n) : NULL;
    bool done = false;
    if (o->step > 0 && !k)
        st = tare__no_mem(err);
    else if (k && !o->monte_carlo && tare_on_lattice(d, n, o->step, k))
        st = try_lattice(k, n, tare_mean(d, n), arena, &r, &done, err);
    if (st == TARE_OK && !done)
        st = real_values(d, n, o, arena, &r, err);
    tare_arena_rewind(arena, mark);
    if (st == TARE_OK)
        *out = r;
    return st;
}

enum tare_status tare_sign_flip_cluster(const double *d, const uint32_t *cluster, size_t n,
                                        const struct tare_flip_opts *opts, struct tare_arena *arena,
                                        struct tare_sign_flip *out, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(arena);
    struct tare_cluster_totals t;
    enum tare_status st = tare_cluster_totals(d, cluster, n, arena, &t, err);
    if (st == TARE_OK)
        st = tare_sign_flip(t.sum, t.clusters, opts, arena, out, err);
    if (st == TARE_OK)
        out->mean = tare_mean(d, n);
    tare_arena_rewind(arena, mark);
    return st;
}
