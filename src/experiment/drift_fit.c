/*
 * The decay p0 exp(-lambda t) + p_inf, fitted by least squares with the two linear parameters
 * solved for each lambda (Golub and Pereyra 1973).
 */
#include "experiment/drift_int.h"

#include <math.h>
#include <stdlib.h>

#include "stats/sample.h"

#include "base/rng.h"

#include "base/banned.h"

#define GRID 120
#define LAMBDA_MIN 0.002
#define LAMBDA_MAX 4.0

struct fit {
    double lambda, p0, p_inf, error;
    double flat; /* error of a constant */
};

#define FALL 16.0 /* chi-square by which a decay must beat a constant: four errors */

/* Adherence of each turn, and its weight: trials over their variance at the fit before. */
struct curve {
    double *y, *w;
    uint32_t turns;
};

/* The best p0 and p_inf >= 0 for that lambda, and the weighted squared error. */
static struct fit solve(const struct curve *c, double lambda)
{
    double sw = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0, x = 1, step = exp(-lambda);
    for (uint32_t t = 0; t < c->turns; t++, x *= step) {
        double y = c->y[t], w = c->w[t];
        sw += w;
        sx += w * x;
        sy += w * y;
        sxx += w * x * x;
        sxy += w * x * y;
        syy += w * y * y;
    }
    double det = sw * sxx - sx * sx;
    struct fit f = {.lambda = lambda};
    f.p0 = det > 0 ? (sw * sxy - sx * sy) / det : 0;
    f.p_inf = sw > 0 ? (sy - f.p0 * sx) / sw : 0;
    if (f.p_inf < 0) {
        f.p_inf = 0;
        f.p0 = sxy / sxx;
    }
    f.error = syy - 2 * f.p0 * sxy - 2 * f.p_inf * sy + f.p0 * f.p0 * sxx +
              2 * f.p0 * f.p_inf * sx + f.p_inf * f.p_inf * sw;
    f.flat = sw > 0 ? syy - sy * sy / sw : 0;
    return f;
}

static struct fit search(const struct curve *c)
{
    double ratio = pow(LAMBDA_MAX / LAMBDA_MIN, 1.0 / (GRID - 1)), lambda = LAMBDA_MIN;
    const double golden = 0.6180339887498949;
    struct fit b = solve(c, lambda);
    for (int i = 1; i < GRID; i++) {
        lambda *= ratio;
        struct fit f = solve(c, lambda);
        if (f.error < b.error)
            b = f;
    }
    double lo = b.lambda / ratio, hi = b.lambda * ratio;
    for (int i = 0; i < 40; i++) {
        double p = hi - golden * (hi - lo), q = lo + golden * (hi - lo);
        if (solve(c, p).error < solve(c, q).error)
            hi = q;
        else
            lo = p;
    }
    return solve(c, (lo + hi) / 2);
}

/* Weights n first, then n / (f (1 - f)) with the fit f: the error is then a chi-square. */
static struct fit best(const double *k, const double *n, struct curve *c)
{
    for (uint32_t t = 0; t < c->turns; t++) {
        c->w[t] = n[t];
        c->y[t] = n[t] > 0 ? k[t] / n[t] : 0;
    }
    struct fit f = search(c);
    for (uint32_t t = 0; t < c->turns; t++) {
        double y = f.p0 * exp(-f.lambda * t) + f.p_inf;
        y = y < 0.02 ? 0.02 : y > 0.98 ? 0.98 : y;
        c->w[t] = n[t] / (y * (1 - y));
    }
    return search(c);
}

/* Kept and applicable rules of each turn, a row for each conversation. */
static bool tables(const struct tare__drift_arm *a, uint32_t turns, double **k, double **n)
{
    *k = TARE_NEW_N(a->arena, double, (size_t)a->n_clusters *turns);
    *n = TARE_NEW_N(a->arena, double, (size_t)a->n_clusters *turns);
    if (!*k || !*n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct tare_drift_run *r = a->runs[i];
        for (size_t at = 0; at < (size_t)r->n_turns * r->n_rules; at++) {
            size_t to = (size_t)a->cluster[i] * turns + at / r->n_rules;
            (*k)[to] += r->pass[at] == TARE_DRIFT_PASS;
            (*n)[to] += r->pass[at] != TARE_DRIFT_NA;
        }
    }
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum tare_status tare__drift_decay(const struct tare__drift_arm *a, const struct tare_drift_opts *o,
                                   uint32_t turns, struct tare_drift_decay *out,
                                   struct tare_err *err)
{
    static const char few[] = "too few turns, or the curve is no such decay";
    struct tare_arena_mark mark = tare_arena_mark(a->arena);
    double *k, *n, *sk = TARE_NEW_N(a->arena, double, turns);
    double *sn = TARE_NEW_N(a->arena, double, turns);
    double *draws = TARE_NEW_N(a->arena, double, o->resamples);
    struct curve c = {TARE_NEW_N(a->arena, double, turns), TARE_NEW_N(a->arena, double, turns),
                      turns};
    if (!tables(a, turns, &k, &n) || !sk || !sn || !draws || !c.y || !c.w)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while fitting a decay");
    for (size_t i = 0; i < (size_t)a->n_clusters * turns; i++) {
        sk[i % turns] += k[i];
        sn[i % turns] += n[i];
    }
    struct fit f = turns >= 6 ? best(sk, sn, &c) : (struct fit){0};
    out->lambda = out->p0 = out->p_inf = tare_no_value(few);
    out->lambda_ci = tare_no_interval(few);
    double df = turns - 3.0; /* chi-square of the fit within three of its own deviations */
    if (f.error < df + 3 * sqrt(2 * df) && f.flat - f.error > FALL && f.p0 > 0 &&
        f.lambda > LAMBDA_MIN * 1.01 && f.lambda < LAMBDA_MAX * 0.99) {
        out->lambda = tare_value(f.lambda);
        out->p0 = tare_value(f.p0);
        out->p_inf = tare_value(f.p_inf);
        for (uint64_t b = 0; b < o->resamples; b++) {
            struct tare_rng chance;
            tare_rng_init(&chance, o->seed, TARE_S("drift-decay"), b);
            memset(sk, 0, turns * sizeof *sk);
            memset(sn, 0, turns * sizeof *sn);
            for (uint32_t g = 0; g < a->n_clusters; g++) {
                size_t from = (size_t)tare_rng_below(&chance, a->n_clusters) * turns;
                for (uint32_t t = 0; t < turns; t++) {
                    sk[t] += k[from + t];
                    sn[t] += n[from + t];
                }
            }
            draws[b] = best(sk, sn, &c).lambda;
        }
        qsort(draws, o->resamples, sizeof *draws, by_value);
        if (o->resamples && a->n_clusters > 1)
            out->lambda_ci = tare_interval(
                tare_quantile_sorted(draws, o->resamples, (1 - o->confidence) / 2, 7),
                tare_quantile_sorted(draws, o->resamples, (1 + o->confidence) / 2, 7));
    }
    tare_arena_rewind(a->arena, mark);
    return TARE_OK;
}
