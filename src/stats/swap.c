#include "stats/swap.h"

#include <math.h>

#include "base/rng.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define DEFAULT_RESAMPLES 10000

/* Sums of the units whose sides are alike, and what a swap moves from one side to the other. */
struct sides {
    double xa, ya, xb, yb;
    double *dx, *dy; /* b minus a, of each unit that differs */
    size_t n;
    double theta, eps;
};

static double theta_of(double xa, double ya, double xb, double yb)
{
    return xb / yb - xa / ya;
}

/* Whether the pattern's difference is as large as what was seen. mx, my: moved from b to a. */
static bool extreme(const struct sides *s, double mx, double my)
{
    double ya = s->ya + my, yb = s->yb - my;
    if (!(ya > 0) || !(yb > 0))
        return true;
    return fabs(theta_of(s->xa + mx, ya, s->xb - mx, yb)) >= fabs(s->theta) - s->eps;
}

static uint64_t all_patterns(const struct sides *s)
{
    uint64_t r = 0;
    for (uint32_t pattern = 0; pattern < UINT32_C(1) << s->n; pattern++) {
        double mx = 0, my = 0;
        for (size_t i = 0; i < s->n; i++)
            if (pattern >> i & 1u) {
                mx += s->dx[i];
                my += s->dy[i];
            }
        r += extreme(s, mx, my);
    }
    return r;
}

static bool drawn_pattern(const struct sides *s, uint64_t seed, uint64_t b)
{
    struct tare_rng chance;
    double mx = 0, my = 0;
    uint32_t bits = 0;
    tare_rng_init(&chance, seed, TARE_S("swap"), b);
    for (size_t i = 0; i < s->n; i++) {
        bits = i % 32 ? bits >> 1 : tare_rng_u32(&chance);
        if (bits & 1u) {
            mx += s->dx[i];
            my += s->dy[i];
        }
    }
    return extreme(s, mx, my);
}

enum tare_status tare_swap_ratio_diff(const double *xa, const double *ya, const double *xb,
                                      const double *yb, size_t n, uint64_t resamples, uint64_t seed,
                                      struct tare_arena *arena, struct tare_swap *out,
                                      struct tare_err *err)
{
    struct sides s = {.dx = TARE_NEW_N(arena, double, n + 1),
                      .dy = TARE_NEW_N(arena, double, n + 1)};
    if (!s.dx || !s.dy)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++) {
        s.xa += xa[i];
        s.ya += ya[i];
        s.xb += xb[i];
        s.yb += yb[i];
        if (xa[i] == xb[i] && ya[i] == yb[i])
            continue;
        s.dx[s.n] = xb[i] - xa[i];
        s.dy[s.n++] = yb[i] - ya[i];
    }
    if (!(s.ya > 0) || !(s.yb > 0))
        return tare_fail(err, TARE_E_INPUT, "one side of a difference of ratios has no units");
    s.theta = theta_of(s.xa, s.ya, s.xb, s.yb);
    s.eps = 1e-12 * (1 + fabs(s.theta));
    *out = (struct tare_swap){.theta = s.theta, .n_eff = s.n};
    if (s.n <= TARE_SWAP_EXACT) {
        out->p_two = ldexp((double)all_patterns(&s), -(int)s.n);
        return TARE_OK;
    }
    out->resamples = resamples ? resamples : DEFAULT_RESAMPLES;
    for (uint64_t b = 0; b < out->resamples; b++)
        out->extreme += drawn_pattern(&s, seed, b);
    out->p_two = ((double)out->extreme + 1) / ((double)out->resamples + 1);
    return TARE_OK;
}
