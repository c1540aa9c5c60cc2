/*
 * Powers of a trinomial by their three-term recurrence (statistics sheet, section 3).
 *
 * With P = a + b x + c x^2 and f = P^n, P f' = n P' f gives
 *     f_(k+1) = (b (n-k) f_k + c (2n-k+1) f_(k-1)) / (a (k+1)).
 * All terms are positive up to the middle, so each half is run from its own end and never past
 * it. f_0 = a^n would underflow: a half starts at 1, is rescaled by powers of two on the way, and
 * the halves are joined at the middle coefficient, which both compute.
 */
#include "stats/bootstrap_exact_int.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define BLOCK 256
#define RESCALE_BITS 600
#define RESCALE_UP 0x1p600
#define RESCALE_DOWN 0x1p-600

void tare__binom_table(uint64_t n, double p, double *pmf)
{
    uint64_t mode = (uint64_t)((double)(n + 1) * p);
    mode = mode > n ? n : mode;
    double odds = p / (1 - p);
    pmf[mode] = tare_binom_pmf((int64_t)mode, (int64_t)n, p);
    for (uint64_t k = mode; k < n; k++)
        pmf[k + 1] = pmf[k] * ((double)(n - k) / (double)(k + 1) * odds);
    for (uint64_t k = mode; k > 0; k--)
        pmf[k - 1] = pmf[k] * ((double)k / (double)(n - k + 1) / odds);
}

/* From coefficient `from` on, values stand for value * 2^exponent. */
struct segment {
    uint64_t from;
    int64_t exponent;
    double largest;
};

/* One half: run from its end towards the middle. */
struct half {
    double prev, cur;
    double first, second; /* b/a and c/a */
    int64_t exponent;
    double *v; /* n + 1 values */
    struct segment *segments;
    size_t n_segments, room;
};

static void half_begin(struct half *h, double a, double b, double c)
{
    h->prev = 0;
    h->cur = h->v[0] = 1;
    h->first = b / a;
    h->second = c / a;
    h->segments[0] = (struct segment){0, 0, 0};
    h->n_segments = 1;
}

static double half_rescale(struct half *h, uint64_t k, double next)
{
    double by = next > 1 ? RESCALE_DOWN : RESCALE_UP;
    h->exponent += next > 1 ? RESCALE_BITS : -RESCALE_BITS;
    h->cur *= by;
    if (h->n_segments < h->room)
        h->segments[h->n_segments++] = (struct segment){k, h->exponent, 0};
    return next * by;
}

static void half_step(struct half *h, uint64_t k, double u, double w)
{
    double next = h->first * u * h->cur + h->second * w * h->prev;
    if (next > RESCALE_UP || next < RESCALE_DOWN)
        next = half_rescale(h, k, next);
    h->v[k] = next;
    h->prev = h->cur;
    h->cur = next;
}

/* Both halves in one loop: the two chains of dependent operations overlap, and the divisions,
 * which depend on k only, are made a block ahead. */
static void run_halves(struct half *lo, struct half *up, uint64_t n)
{
    double u[BLOCK], w[BLOCK];
    for (uint64_t base = 0; base < n; base += BLOCK) {
        size_t m = n - base < BLOCK ? (size_t)(n - base) : BLOCK;
        for (size_t i = 0; i < m; i++) {
            double k = (double)base + (double)i, r = 1 / (k + 1);
            u[i] = ((double)n - k) * r;
            w[i] = (2 * (double)n - k + 1) * r;
        }
        for (size_t i = 0; i < m; i++) {
            half_step(lo, base + i + 1, u[i], w[i]);
            half_step(up, base + i + 1, u[i], w[i]);
        }
    }
}

/* log2 of the largest value of the half, taking the middle coefficient as 1. */
static double half_peak(struct half *h, uint64_t n)
{
    double middle = log2(h->v[n]) + (double)h->segments[h->n_segments - 1].exponent, best = 0;
    for (size_t s = 0; s < h->n_segments; s++) {
        uint64_t end = s + 1 < h->n_segments ? h->segments[s + 1].from : n + 1;
        double most = 0;
        for (uint64_t k = h->segments[s].from; k < end; k++)
            most = h->v[k] > most ? h->v[k] : most;
        best = fmax(best, log2(most) + (double)h->segments[s].exponent - middle);
    }
    return best;
}

/* Writes value k of the half to out[k * dir], scaled so that the peak of both halves is near 1. */
static void half_write(const struct half *h, uint64_t n, double peak, double *out, int64_t dir)
{
    int last = 0;
    double inverse = frexp(1 / h->v[n], &last);
    int64_t shift = -h->segments[h->n_segments - 1].exponent - (int64_t)ceil(peak) + last;
    for (size_t s = 0; s < h->n_segments; s++) {
        uint64_t from = h->segments[s].from;
        uint64_t end = s + 1 < h->n_segments ? h->segments[s + 1].from : n + 1;
        /* in two factors: either alone may be out of range where the product is not */
        int64_t e = h->segments[s].exponent + shift;
        int whole = (int)(e < -4000 ? -4000 : e > 4000 ? 4000 : e);
        double by = ldexp(inverse, whole / 2), rest = ldexp(1, whole - whole / 2);
        for (uint64_t k = from; k < end; k++)
            out[(int64_t)k * dir] = h->v[k] * by * rest;
    }
}

enum tare_status tare__trinomial_table(uint64_t n, double a, double b, double c,
                                       struct tare_arena *arena, double *pmf, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(arena);
    struct half h[2];
    for (int i = 0; i < 2; i++) {
        /* a rescaling stands for 600 bits; the whole range is below 30 bits a coefficient */
        h[i] = (struct half){.v = TARE_NEW_N(arena, double, n + 1), .room = (size_t)n / 16 + 16};
        h[i].segments = TARE_NEW_N(arena, struct segment, h[i].room);
        if (!h[i].v || !h[i].segments)
            return tare__no_mem(err);
    }
    half_begin(&h[0], a, b, c);
    half_begin(&h[1], c, b, a);
    run_halves(&h[0], &h[1], n);
    double peak = fmax(half_peak(&h[0], n), half_peak(&h[1], n)), total = 0;
    half_write(&h[0], n, peak, pmf, 1);
    half_write(&h[1], n, peak, pmf + 2 * n, -1);
    for (uint64_t k = 0; k <= 2 * n; k++)
        total += pmf[k];
    for (uint64_t k = 0; k <= 2 * n; k++)
        pmf[k] /= total;
    tare_arena_rewind(arena, mark);
    return TARE_OK;
}
