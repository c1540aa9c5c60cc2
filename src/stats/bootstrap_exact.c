/*
 * The exact bootstrap: which table, and the intervals read from it.
 */
#include "stats/bootstrap_exact.h"
#include "stats/bootstrap_exact_int.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define TRINOMIAL_MAX 2000000u
#define DIRECT_MAX 4096.0
#define FFT_MAX 4194304.0
#define SLACK 1e-14 /* of a probability compared with a level */

enum tare_status tare__lattice_finish(struct tare_lattice_dist *d, struct tare_arena *arena,
                                      struct tare_err *err)
{
    double *cdf = TARE_NEW_N(arena, double, d->n_points), sum = 0;
    if (!cdf)
        return tare__no_mem(err);
    for (size_t i = 0; i < d->n_points; i++)
        cdf[i] = sum += d->pmf[i];
    d->cdf = cdf;
    return TARE_OK;
}

/* Moments of counted integer values; sd of the bootstrap mean and BCa's acceleration. */
static void set_moments(struct tare_lattice_dist *d, const double *value, const double *count,
                        size_t kinds)
{
    double n = (double)d->n, mean = (double)d->observed / n, m2 = 0, m3 = 0;
    for (size_t i = 0; i < kinds; i++) {
        double u = value[i] - mean;
        m2 += count[i] * u * u;
        m3 += count[i] * u * u * u;
    }
    d->sd = d->step * sqrt(m2) / n;
    d->accel = m2 > 0 ? tare_value(m3 / (6 * m2 * sqrt(m2)))
                      : tare_no_value("all differences are the same");
}

/* Sum of n draws from lo, lo + stride (share p): lo n + stride * Binomial(n, p). */
static enum tare_status two_values(struct tare_lattice_dist *d, double p, struct tare_arena *arena,
                                   struct tare_err *err)
{
    double *pmf = TARE_NEW_N(arena, double, d->n + 1);
    if (!pmf)
        return tare__no_mem(err);
    tare__binom_table(d->n, p, pmf);
    d->pmf = pmf;
    d->n_points = d->n + 1;
    d->method = "binomial";
    return TARE_OK;
}

static enum tare_status one_value(struct tare_lattice_dist *d, struct tare_arena *arena,
                                  struct tare_err *err)
{
    double *pmf = TARE_NEW(arena, double);
    if (!pmf)
        return tare__no_mem(err);
    pmf[0] = 1;
    d->pmf = pmf;
    d->n_points = 1;
    d->stride = 1;
    d->method = "one value";
    return TARE_OK;
}

/* Values lo, lo + stride, lo + 2 stride with counts c; d->lo is already n * lo. */
static enum tare_status three_values(struct tare_lattice_dist *d, const uint64_t c[3],
                                     struct tare_arena *arena, struct tare_err *err)
{
    double n = (double)d->n;
    double *pmf = TARE_NEW_N(arena, double, 2 * d->n + 1);
    if (!pmf)
        return tare__no_mem(err);
    d->pmf = pmf;
    d->n_points = 2 * d->n + 1;
    d->method = "trinomial recurrence";
    return tare__trinomial_table(d->n, (double)c[0] / n, (double)c[1] / n, (double)c[2] / n, arena,
                                 pmf, err);
}

enum tare_status tare_exact_trinomial(uint64_t wins, uint64_t losses, uint64_t ties,
                                      struct tare_arena *arena, struct tare_lattice_dist *out,
                                      struct tare_err *err)
{
    uint64_t n = wins + losses + ties;
    if (n == 0)
        return tare_fail(err, TARE_E_INPUT, "no data");
    if (n > TRINOMIAL_MAX || wins > n || losses > n)
        return tare_fail(err, TARE_E_LIMIT, "more than %u pairs for the exact bootstrap",
                         TRINOMIAL_MAX);
    struct tare_lattice_dist d = {
        .n = n, .step = 1, .stride = 1, .observed = (int64_t)wins - (int64_t)losses};
    set_moments(&d, (const double[]){-1, 0, 1},
                (const double[]){(double)losses, (double)ties, (double)wins}, 3);
    enum tare_status st;
    int64_t size = (int64_t)n;
    d.lo = losses ? -size : ties ? 0 : size;
    if ((losses > 0) + (ties > 0) + (wins > 0) == 1) {
        st = one_value(&d, arena, err);
    } else if (losses && ties && wins) {
        st = three_values(&d, (const uint64_t[]){losses, ties, wins}, arena, err);
    } else {
        d.stride = ties ? 1 : 2;
        st = two_values(&d, (double)(wins ? wins : ties) / (double)n, arena, err);
    }
    if (st == TARE_OK)
        st = tare__lattice_finish(&d, arena, err);
    if (st == TARE_OK)
        *out = d;
    return st;
}

/* Counts of each value between the smallest and the largest. */
struct histogram {
    int64_t lo, stride; /* value of cell j: lo + j * stride */
    size_t span;        /* cells - 1 */
    double *count;
    size_t kinds; /* cells that are not empty */
};

static enum tare_status make_histogram(const int32_t *d, size_t n, struct histogram *h,
                                       struct tare_arena *arena, struct tare_err *err)
{
    int64_t lo = d[0], hi = d[0], g = 0;
    for (size_t i = 1; i < n; i++) {
        lo = d[i] < lo ? d[i] : lo;
        hi = d[i] > hi ? d[i] : hi;
    }
    for (size_t i = 0; i < n; i++)
        for (int64_t a = d[i] - lo; a != 0;) {
            int64_t rest = g % a;
            g = a;
            a = rest;
        }
    h->lo = lo;
    h->stride = g ? g : 1;
    h->span = (size_t)((hi - lo) / h->stride);
    if ((double)h->span * (double)n > FFT_MAX)
        return tare_fail(err, TARE_E_LIMIT,
                         "the lattice of these differences has more than %.0f points", FFT_MAX);
    h->count = TARE_NEW_N(arena, double, h->span + 1);
    if (!h->count)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        h->count[(d[i] - lo) / h->stride] += 1;
    for (size_t j = 0; j <= h->span; j++)
        h->kinds += h->count[j] > 0;
    return TARE_OK;
}

static enum tare_status general_values(struct tare_lattice_dist *d, const struct histogram *h,
                                       struct tare_arena *arena, struct tare_err *err)
{
    double *p = TARE_NEW_N(arena, double, h->span + 1);
    d->n_points = (size_t)d->n * h->span + 1;
    double *pmf = TARE_NEW_N(arena, double, d->n_points);
    if (!p || !pmf)
        return tare__no_mem(err);
    for (size_t j = 0; j <= h->span; j++)
        p[j] = h->count[j] / (double)d->n;
    d->pmf = pmf;
    if ((double)h->span * (double)d->n <= DIRECT_MAX) {
        d->method = "convolution";
        return tare__power_direct(p, h->span, d->n, arena, pmf, err);
    }
    d->method = "characteristic function";
    d->abs_error = 1e-15;
    return tare__power_fft(p, h->span, d->n, arena, pmf, err);
}

static enum tare_status choose_table(struct tare_lattice_dist *d, const struct histogram *h,
                                     struct tare_arena *arena, struct tare_err *err)
{
    d->lo = h->lo * (int64_t)d->n;
    d->stride = h->stride;
    if (h->span == 0)
        return one_value(d, arena, err);
    if (h->span == 1)
        return two_values(d, h->count[1] / (double)d->n, arena, err);
    if (h->span == 2 && h->kinds == 3) {
        uint64_t c[3] = {(uint64_t)h->count[0], (uint64_t)h->count[1], (uint64_t)h->count[2]};
        return three_values(d, c, arena, err);
    }
    return general_values(d, h, arena, err);
}

static enum tare_status power_of(const int32_t *x, size_t n, double step, struct tare_arena *arena,
                                 struct tare_lattice_dist *out, struct tare_err *err)
{
    if (n == 0)
        return tare_fail(err, TARE_E_INPUT, "no data");
    if (!(step > 0))
        return tare_fail(err, TARE_E_INPUT, "the lattice step must be above 0");
    struct tare_lattice_dist d = {.n = n, .step = step, .stride = 1};
    struct histogram h = {0};
    enum tare_status st = make_histogram(x, n, &h, arena, err);
    if (st != TARE_OK)
        return st;
    double *value = TARE_NEW_N(arena, double, h.span + 1);
    if (!value)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        d.observed += x[i];
    for (size_t j = 0; j <= h.span; j++)
        value[j] = (double)(h.lo + (int64_t)j * h.stride);
    set_moments(&d, value, h.count, h.span + 1);
    st = choose_table(&d, &h, arena, err);
    *out = d;
    return st;
}

enum tare_status tare_exact_multinomial(const int32_t *d, size_t n, double step,
                                        struct tare_arena *arena, struct tare_lattice_dist *out,
                                        struct tare_err *err)
{
    struct tare_lattice_dist r;
    enum tare_status st = power_of(d, n, step, arena, &r, err);
    if (st == TARE_OK)
        st = tare__lattice_finish(&r, arena, err);
    if (st == TARE_OK)
        *out = r;
    return st;
}

/* Index of the smallest point with F >= p. */
static size_t quantile_index(const struct tare_lattice_dist *d, double p)
{
    size_t lo = 0, hi = d->n_points - 1;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (d->cdf[mid] >= p - SLACK)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

static struct tare_exact_interval from_sums(const struct tare_lattice_dist *d, int64_t lo,
                                            int64_t hi)
{
    double unit = d->step / (double)d->n;
    struct tare_exact_interval r = {lo, hi, tare_interval((double)lo * unit, (double)hi * unit)};
    if (d->n < 2)
        r.mean = tare_no_interval("one pair");
    return r;
}

static int64_t quantile_sum(const struct tare_lattice_dist *d, double p)
{
    return d->lo + (int64_t)quantile_index(d, p) * d->stride;
}

/* Sum of pmf over sums >= from, small terms first. */
static double upper_mass(const struct tare_lattice_dist *d, int64_t from)
{
    double sum = 0;
    for (size_t i = d->n_points; i-- > 0 && d->lo + (int64_t)i * d->stride >= from;)
        sum += d->pmf[i];
    return fmin(1, sum);
}

/* P(sum <= to). */
static double lower_mass(const struct tare_lattice_dist *d, int64_t to)
{
    if (to < d->lo)
        return 0;
    uint64_t i = (uint64_t)(to - d->lo) / (uint64_t)d->stride;
    return fmin(1, d->cdf[i < d->n_points ? i : d->n_points - 1]);
}

/* Efron 1987. */
static void bca(const struct tare_lattice_dist *d, double tail, double below,
                struct tare_exact_boot *r)
{
    r->bca_level_lo = r->bca_level_hi = (double)NAN;
    const char *why = d->n < 2 ? "one pair" : d->accel.why;
    if (!why && !(below > 0 && below < 1))
        why = "all resamples are on one side of the estimate";
    if (why) {
        r->z0 = tare_no_value(why);
        r->bca.mean = tare_no_interval(why);
        return;
    }
    double z0 = tare_norm_quantile(below), a = d->accel.v, z = tare_norm_quantile(tail);
    r->z0 = tare_value(z0);
    r->bca_level_lo = tare_norm_cdf(z0 + (z0 + z) / (1 - a * (z0 + z)));
    r->bca_level_hi = tare_norm_cdf(z0 + (z0 - z) / (1 - a * (z0 - z)));
    r->bca = from_sums(d, quantile_sum(d, r->bca_level_lo), quantile_sum(d, r->bca_level_hi));
}

void tare_exact_boot(const struct tare_lattice_dist *d, double confidence,
                     struct tare_exact_boot *out)
{
    double tail = (1 - confidence) / 2, n = (double)d->n;
    struct tare_exact_boot r = {
        .mean = (double)d->observed * d->step / n, .sd = d->sd, .accel = d->accel};
    size_t at = (size_t)((d->observed - d->lo) / d->stride);
    int64_t lo = quantile_sum(d, tail), hi = quantile_sum(d, 1 - tail);
    r.percentile = from_sums(d, lo, hi);
    r.basic = from_sums(d, 2 * d->observed - hi, 2 * d->observed - lo);
    r.cdf_at_observed = d->cdf[at];
    bca(d, tail, d->cdf[at] - d->pmf[at] / 2, &r);
    r.p_sum_le_0 = lower_mass(d, 0);
    r.p_sum_lt_0 = lower_mass(d, -1);
    r.p_sum_ge_0 = upper_mass(d, 0);
    *out = r;
}
