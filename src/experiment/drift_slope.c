/*
 * The slope: a logistic regression of a rule being kept on the turn and log(1 + since), with a
 * normal random intercept for each conversation. Its likelihood is Laplace's approximation (Breslow
 * and Clayton 1993), maximised over the intercepts' deviation by golden section and over the rest
 * by Newton's method, in which each conversation is eliminated by itself. Where that has no maximum
 * there is no slope.
 */
#include "experiment/drift_int.h"

#include <math.h>

#include "stats/special.h"

#include "base/banned.h"

#define TERMS 3 /* 1, turn, log(1 + since) */
#define ROUNDS 60
#define SD_LEAST 0.02 /* a deviation that is as good as none */
#define SD_MOST 6.0

/* One turn of one run. */
struct row {
    double k, n, x[TERMS];
    uint32_t cluster;
};

struct mixed {
    const struct row *row;
    size_t n;
    uint32_t clusters;
    int terms;
    double sd;
    double beta[TERMS], *u;      /* u: intercepts */
    double *score, *weight, *by; /* of each conversation; by: [cluster * TERMS] */
    double info[TERMS][TERMS];   /* of beta, conversations eliminated */
    double likelihood;           /* Laplace's */
};

static double eta_of(const struct mixed *m, const struct row *r)
{
    double eta = m->u[r->cluster];
    for (int c = 0; c < m->terms; c++)
        eta += m->beta[c] * r->x[c];
    return eta;
}

/* log(1 + e^x) without overflow. */
static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/* Log-likelihood of the outcomes and of the intercepts. */
static double joint(const struct mixed *m)
{
    double sum = 0;
    for (size_t i = 0; i < m->n; i++) {
        double eta = eta_of(m, &m->row[i]);
        sum += m->row[i].k * eta - m->row[i].n * softplus(eta);
    }
    for (uint32_t g = 0; g < m->clusters; g++)
        sum -= m->u[g] * m->u[g] / (2 * m->sd * m->sd);
    return sum;
}

/* Scores and information at the present place; right: of beta, conversations eliminated. */
static void gather(struct mixed *m, double right[TERMS])
{
    double prior = 1 / (m->sd * m->sd);
    memset(m->info, 0, sizeof m->info);
    memset(right, 0, TERMS * sizeof *right);
    memset(m->by, 0, (size_t)m->clusters * TERMS * sizeof *m->by);
    for (uint32_t g = 0; g < m->clusters; g++) {
        m->score[g] = -m->u[g] * prior;
        m->weight[g] = prior;
    }
    for (size_t i = 0; i < m->n; i++) {
        const struct row *r = &m->row[i];
        double p = 1 / (1 + exp(-eta_of(m, r))), w = r->n * p * (1 - p), d = r->k - r->n * p;
        m->score[r->cluster] += d;
        m->weight[r->cluster] += w;
        for (int c = 0; c < m->terms; c++) {
            right[c] += d * r->x[c];
            m->by[(size_t)r->cluster * TERMS + (size_t)c] += w * r->x[c];
            for (int e = 0; e < m->terms; e++)
                m->info[c][e] += w * r->x[c] * r->x[e];
        }
    }
    for (uint32_t g = 0; g < m->clusters; g++) {
        const double *b = &m->by[(size_t)g * TERMS];
        for (int c = 0; c < m->terms; c++) {
            right[c] -= b[c] * m->score[g] / m->weight[g];
            for (int e = 0; e < m->terms; e++)
                m->info[c][e] -= b[c] * b[e] / m->weight[g];
        }
    }
}

/* Inverse of the information's first `terms` rows (positive definite); false: singular. */
static bool invert(const struct mixed *m, double out[TERMS][TERMS])
{
    double a[TERMS][TERMS];
    memcpy(a, m->info, sizeof a);
    memset(out, 0, sizeof(double[TERMS][TERMS]));
    for (int c = 0; c < m->terms; c++)
        out[c][c] = 1;
    for (int c = 0; c < m->terms; c++) {
        double pivot = a[c][c];
        if (!(pivot > 1e-9))
            return false;
        for (int e = 0; e < m->terms; e++) {
            a[c][e] /= pivot;
            out[c][e] /= pivot;
        }
        for (int r = 0; r < m->terms; r++) {
            double f = r == c ? 0 : a[r][c];
            for (int e = 0; e < m->terms; e++) {
                a[r][e] -= f * a[c][e];
                out[r][e] -= f * out[c][e];
            }
        }
    }
    return true;
}

/* A step of Newton's method, halved until it is one upwards. False: there is none. */
static bool climb(struct mixed *m, double *value, double *moved)
{
    double right[TERMS], inverse[TERMS][TERMS], step[TERMS] = {0}, part = 1;
    gather(m, right);
    if (!invert(m, inverse))
        return false;
    for (int c = 0; c < m->terms; c++)
        for (int e = 0; e < m->terms; e++)
            step[c] += inverse[c][e] * right[e];
    for (uint32_t g = 0; g < m->clusters; g++) { /* score becomes the conversation's own step */
        for (int c = 0; c < m->terms; c++)
            m->score[g] -= m->by[(size_t)g * TERMS + (size_t)c] * step[c];
        m->score[g] /= m->weight[g];
    }
    for (double done = 0; part > 1e-6; part /= 2) {
        for (int c = 0; c < m->terms; c++)
            m->beta[c] += (part - done) * step[c];
        for (uint32_t g = 0; g < m->clusters; g++)
            m->u[g] += (part - done) * m->score[g];
        done = part;
        double now = joint(m);
        if (now >= *value - 1e-9 * (1 + fabs(*value))) {
            *moved = fabs(now - *value);
            *value = now;
            return isfinite(now);
        }
    }
    return false;
}

/* The best place for that deviation, from where the last one left it. */
static bool fit(struct mixed *m, double sd)
{
    double value, moved = INFINITY;
    m->sd = sd;
    value = joint(m);
    for (int i = 0; i < ROUNDS && moved > 1e-9 * (1 + fabs(value)); i++)
        if (!climb(m, &value, &moved))
            return false;
    double right[TERMS];
    gather(m, right);
    m->likelihood = value;
    for (uint32_t g = 0; g < m->clusters; g++)
        m->likelihood -= 0.5 * log(m->sd * m->sd * m->weight[g]);
    for (int c = 0; c < m->terms; c++)
        if (!(fabs(m->beta[c]) < 40))
            return false; /* outcomes that the terms tell apart wholly */
    return true;
}

static bool fit_sd(struct mixed *m)
{
    const double golden = 0.6180339887498949;
    double lo = log(SD_LEAST), hi = log(SD_MOST), x = hi - golden * (hi - lo);
    double y = lo + golden * (hi - lo);
    if (!fit(m, exp(x)))
        return false;
    double at_x = m->likelihood;
    if (!fit(m, exp(y)))
        return false;
    double at_y = m->likelihood;
    for (int i = 0; i < 30; i++) {
        bool left = at_x > at_y;
        *(left ? &hi : &lo) = left ? y : x;
        *(left ? &y : &x) = left ? x : y;
        *(left ? &at_y : &at_x) = left ? at_x : at_y;
        double probe = left ? hi - golden * (hi - lo) : lo + golden * (hi - lo);
        if (!fit(m, exp(probe)))
            return false;
        *(left ? &x : &y) = probe;
        *(left ? &at_x : &at_y) = m->likelihood;
    }
    return fit(m, exp((lo + hi) / 2));
}

/* "since" is a term when every turn has it. */
static bool has_since(const struct tare__drift_arm *a)
{
    for (size_t i = 0; i < a->n; i++)
        for (uint32_t t = 0; t < a->runs[i]->n_turns; t++)
            if (isnan(a->runs[i]->since[t]))
                return false;
    return a->n > 0;
}

static bool room(const struct tare__drift_arm *a, struct mixed *m)
{
    size_t n = 0, k = 0;
    for (size_t i = 0; i < a->n; i++)
        n += a->runs[i]->n_turns;
    struct row *row = TARE_NEW_N(a->arena, struct row, n + 1);
    *m = (struct mixed){.row = row,
                        .n = n,
                        .clusters = a->n_clusters,
                        .u = TARE_NEW_N(a->arena, double, a->n_clusters + 1),
                        .score = TARE_NEW_N(a->arena, double, a->n_clusters + 1),
                        .weight = TARE_NEW_N(a->arena, double, a->n_clusters + 1),
                        .by = TARE_NEW_N(a->arena, double, ((size_t)a->n_clusters + 1) * TERMS)};
    if (!row || !m->u || !m->score || !m->weight || !m->by)
        return false;
    for (size_t i = 0; i < a->n; i++)
        for (uint32_t t = 0; t < a->runs[i]->n_turns; t++) {
            struct tare_count c = tare__drift_kept(a->runs[i], t);
            double since = a->runs[i]->since[t];
            row[k++] = (struct row){.k = (double)c.k,
                                    .n = (double)c.n,
                                    .x = {1, t, isnan(since) ? 0 : log1p(since)},
                                    .cluster = a->cluster[i]};
        }
    return true;
}

static struct tare_interval around(double x, double variance, double confidence, uint32_t clusters)
{
    double half = tare_t_quantile((1 + confidence) / 2, clusters - 1.0) * sqrt(variance);
    return tare_interval(x - half, x + half);
}

enum tare_status tare__drift_slope(const struct tare__drift_arm *a, double confidence,
                                   struct tare_drift_slope *out, struct tare_err *err)
{
    static const char none[] = "no slope can be estimated";
    struct tare_arena_mark mark = tare_arena_mark(a->arena);
    double inverse[TERMS][TERMS];
    struct mixed m;
    bool ok = false;
    *out = (struct tare_drift_slope){tare_no_value(none), tare_no_value(none), tare_no_value(none),
                                     tare_no_interval(none), tare_no_interval(none)};
    if (!room(a, &m))
        return tare_fail(err, TARE_E_NOMEM, "out of memory while fitting a slope");
    /* since may be always 0, or the turn over again: then it is no term of its own */
    for (m.terms = has_since(a) ? TERMS : TERMS - 1;
         a->n_clusters >= 2 && m.terms >= TERMS - 1 && !ok; m.terms -= !ok) {
        memset(m.beta, 0, sizeof m.beta);
        memset(m.u, 0, a->n_clusters * sizeof *m.u);
        ok = fit_sd(&m) && invert(&m, inverse);
    }
    if (ok) {
        out->intercept_sd = tare_value(m.sd < 1.05 * SD_LEAST ? 0 : m.sd);
        out->turn = tare_value(m.beta[1]);
        out->turn_ci = around(m.beta[1], inverse[1][1], confidence, a->n_clusters);
    }
    if (ok && m.terms == TERMS) {
        out->since = tare_value(m.beta[2]);
        out->since_ci = around(m.beta[2], inverse[2][2], confidence, a->n_clusters);
    }
    tare_arena_rewind(a->arena, mark);
    return TARE_OK;
}
