/*
 * From replicates to intervals (statistics sheet, section 2).
 */
#include "stats/bootstrap_int.h"
#include "stats/sample.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define DIGIT_BITS 11
#define DIGITS 6

struct tare_value tare__accel_sums(double cubes, double squares)
{
    if (!(squares > 0))
        return tare_no_value("leaving out any one value changes nothing");
    return tare_value(cubes / (6 * squares * sqrt(squares)));
}

struct tare_value tare__accel(const double *u, size_t n)
{
    double squares = 0, cubes = 0;
    for (size_t i = 0; i < n; i++) {
        squares += u[i] * u[i];
        cubes += u[i] * u[i] * u[i];
    }
    return tare__accel_sums(cubes, squares);
}

struct tare_value tare_accel_mean(const double *x, size_t n)
{
    double mean = n ? tare_mean(x, n) : 0, squares = 0, cubes = 0;
    for (size_t i = 0; i < n; i++) {
        double u = x[i] - mean;
        squares += u * u;
        cubes += u * u * u;
    }
    return tare__accel_sums(cubes, squares);
}

/* Order-preserving map between doubles and unsigned integers. */
static uint64_t to_key(double x)
{
    uint64_t k;
    memcpy(&k, &x, sizeof k);
    return k >> 63 ? ~k : k | (uint64_t)1 << 63;
}

static double from_key(uint64_t k)
{
    double x;
    k = k >> 63 ? k & ~((uint64_t)1 << 63) : ~k;
    memcpy(&x, &k, sizeof x);
    return x;
}

static void scatter(const uint64_t *from, uint64_t *to, size_t n, size_t *place, unsigned shift)
{
    const uint64_t mask = ((uint64_t)1 << DIGIT_BITS) - 1;
    for (size_t i = 0; i < n; i++)
        to[place[from[i] >> shift & mask]++] = from[i];
}

/* Ascending; radix sort, least digit first, skipping digits in which all keys agree. */
static enum tare_status sort_doubles(double *x, size_t n, struct tare_arena *arena,
                                     struct tare_err *err)
{
    const size_t cells = (size_t)1 << DIGIT_BITS;
    struct tare_arena_mark mark = tare_arena_mark(arena);
    uint64_t *a = TARE_NEW_N(arena, uint64_t, n), *b = TARE_NEW_N(arena, uint64_t, n);
    size_t *count = TARE_NEW_N(arena, size_t, cells * DIGITS);
    if (!a || !b || !count)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++) {
        a[i] = to_key(x[i]);
        for (unsigned d = 0; d < DIGITS; d++)
            count[d * cells + (a[i] >> (d * DIGIT_BITS) & (cells - 1))]++;
    }
    for (unsigned d = 0; d < DIGITS && n > 0; d++) {
        size_t *c = count + d * cells, sum = 0;
        if (c[a[0] >> (d * DIGIT_BITS) & (cells - 1)] == n)
            continue;
        for (size_t i = 0; i < cells; i++) {
            size_t here = c[i];
            c[i] = sum;
            sum += here;
        }
        scatter(a, b, n, c, d * DIGIT_BITS);
        uint64_t *t = a;
        a = b;
        b = t;
    }
    for (size_t i = 0; i < n; i++)
        x[i] = from_key(a[i]);
    tare_arena_rewind(arena, mark);
    return TARE_OK;
}

/* Moves what is not NaN to the front. */
static size_t keep_numbers(double *x, size_t n)
{
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            x[m++] = x[i];
    return m;
}

static struct tare_interval between(const double *x, size_t n, double lo, double hi)
{
    return tare_interval(tare_quantile_sorted(x, n, lo, 7), tare_quantile_sorted(x, n, hi, 7));
}

/* Replicates below and equal to theta, in a sorted array; equal means equal up to rounding. */
static void compare_counts(const double *x, size_t n, double theta, double *below, double *equal)
{
    double slack = 1e-12 * (fabs(theta) + fabs(x[0]) + fabs(x[n - 1]));
    size_t lo = 0, same = 0;
    for (size_t i = 0; i < n; i++) {
        lo += x[i] < theta - slack;
        same += x[i] >= theta - slack && x[i] <= theta + slack;
    }
    *below = (double)lo;
    *equal = (double)same;
}

static void bca(const struct tare__boot_facts *f, const double *x, size_t n, double tail,
                struct tare_boot *r)
{
    double below, equal, z = tare_norm_quantile(tail);
    compare_counts(x, n, f->theta, &below, &equal);
    double share = (below + equal / 2) / (double)n;
    const char *why = f->accel.why;
    if (!why && !(share > 0 && share < 1))
        why = "all resamples are on one side of the estimate";
    if (why) {
        r->z0 = tare_no_value(why);
        r->bca = tare_no_interval(why);
        return;
    }
    double z0 = tare_norm_quantile(share), a = f->accel.v;
    r->z0 = tare_value(z0);
    r->bca_level_lo = tare_norm_cdf(z0 + (z0 + z) / (1 - a * (z0 + z)));
    r->bca_level_hi = tare_norm_cdf(z0 + (z0 - z) / (1 - a * (z0 - z)));
    r->bca = between(x, n, r->bca_level_lo, r->bca_level_hi);
}

static enum tare_status studentised(const struct tare__boot_facts *f, double tail,
                                    struct tare_arena *arena, struct tare_boot *r,
                                    struct tare_err *err)
{
    if (!f->t || !(f->se > 0)) {
        r->studentised = tare_no_interval(f->t ? "all values are the same" : "not asked for");
        return TARE_OK;
    }
    size_t m = keep_numbers(f->t, f->resamples);
    uint64_t lost = f->resamples - m;
    r->dropped = lost > r->dropped ? lost : r->dropped;
    if ((double)lost > 0.01 * (double)f->resamples || m == 0) {
        r->studentised = tare_no_interval("more than 1 % of the resamples have no variance");
        return TARE_OK;
    }
    enum tare_status st = sort_doubles(f->t, m, arena, err);
    struct tare_interval t = between(f->t, m, tail, 1 - tail);
    r->studentised = tare_interval(f->theta - t.hi * f->se, f->theta - t.lo * f->se);
    return st;
}

static void no_intervals(struct tare_boot *r, const char *why)
{
    r->percentile = r->basic = r->bca = r->studentised = tare_no_interval(why);
    r->z0 = tare_no_value(why);
    r->se = r->mean = r->share_le_0 = (double)NAN;
}

enum tare_status tare__boot_finish(const struct tare__boot_facts *f, struct tare_arena *arena,
                                   struct tare_boot *out, struct tare_err *err)
{
    struct tare_boot r = {.theta = f->theta,
                          .resamples = f->resamples,
                          .seed = f->seed,
                          .accel = f->accel,
                          .bca_level_lo = (double)NAN,
                          .bca_level_hi = (double)NAN,
                          .replicates = f->replicate};
    size_t m = keep_numbers(f->replicate, f->resamples), le = 0;
    double tail = (1 - f->confidence) / 2;
    r.dropped = f->resamples - m;
    r.n_replicates = m;
    if (f->n < 2 || m < 2) {
        no_intervals(&r, f->n < 2 ? "one unit cannot be resampled" : "no resample has a value");
        *out = r;
        return TARE_OK;
    }
    enum tare_status st = sort_doubles(f->replicate, m, arena, err);
    if (st != TARE_OK)
        return st;
    r.mean = tare_mean(f->replicate, m);
    r.se = tare_sd(f->replicate, m, 1);
    for (size_t i = 0; i < m; i++)
        le += f->replicate[i] <= 0;
    r.share_le_0 = (double)le / (double)m;
    r.percentile = between(f->replicate, m, tail, 1 - tail);
    r.basic = tare_interval(2 * f->theta - r.percentile.hi, 2 * f->theta - r.percentile.lo);
    bca(f, f->replicate, m, tail, &r);
    st = studentised(f, tail, arena, &r, err);
    if (st == TARE_OK)
        *out = r;
    return st;
}
