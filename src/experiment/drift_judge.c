/* Judge drift: verdicts within a session against verdicts on the same items in a fresh call. */
#include "experiment/drift_int.h"

#include <math.h>

#include "stats/agreement.h"
#include "stats/cluster.h"

#include "base/banned.h"

/* Verdicts side by side, turn by turn. */
struct sides {
    double *session, *fresh, *change;
    uint32_t *cluster;
    size_t n;
};

static bool room(const struct tare__drift_arm *a, struct sides *s)
{
    size_t n = 1;
    for (size_t i = 0; i < a->n; i++)
        n += a->runs[i]->n_turns;
    *s = (struct sides){.session = TARE_NEW_N(a->arena, double, n),
                        .fresh = TARE_NEW_N(a->arena, double, n),
                        .change = TARE_NEW_N(a->arena, double, n),
                        .cluster = TARE_NEW_N(a->arena, uint32_t, n)};
    return s->session && s->fresh && s->change && s->cluster;
}

/* What a fresh call said of turn t: as recorded, else in the stateless talk (NULL: there is none).
 */
static uint8_t fresh_at(const struct tare_drift_run *r, const struct tare_drift_run *stateless,
                        uint32_t t)
{
    if (r->fresh[t] != TARE_DRIFT_NA || !stateless || t >= stateless->n_turns)
        return r->fresh[t];
    return stateless->verdict[t];
}

static void add_run(struct sides *s, uint32_t cluster, const struct tare_drift_run *r,
                    const struct tare_drift_run *stateless, struct tare_drift_judge *out)
{
    for (uint32_t t = 0; t < r->n_turns; t++) {
        uint8_t in = r->verdict[t], of = fresh_at(r, stateless, t);
        if (in == TARE_DRIFT_NA || of == TARE_DRIFT_NA)
            continue;
        struct tare_count *half = t < r->n_turns / 2 ? &out->early : &out->late;
        s->session[s->n] = in == TARE_DRIFT_PASS;
        s->fresh[s->n] = of == TARE_DRIFT_PASS;
        s->change[s->n] = s->session[s->n] - s->fresh[s->n];
        s->cluster[s->n++] = cluster;
        half->k += in != of;
        half->n++;
    }
}

enum tare_status tare__drift_judge(const struct tare__drift_arm *a,
                                   const struct tare__drift_arm *stateless, double confidence,
                                   struct tare_drift_judge *out, struct tare_err *err)
{
    static const double scale[2] = {0, 1};
    struct tare_two_raters k;
    struct tare_cluster_se se;
    struct sides s;
    *out = (struct tare_drift_judge){0};
    if (!room(a, &s))
        return tare_fail(err, TARE_E_NOMEM, "out of memory while comparing verdicts");
    for (size_t i = 0, j = 0; i < a->n; i++) {
        while (stateless && j < stateless->n &&
               tare__drift_by_run(&stateless->runs[j], &a->runs[i]) < 0)
            j++;
        bool same = stateless && j < stateless->n &&
                    tare__drift_by_run(&stateless->runs[j], &a->runs[i]) == 0;
        add_run(&s, a->cluster[i], a->runs[i], same ? stateless->runs[j] : NULL, out);
    }
    out->flips = (struct tare_count){out->early.k + out->late.k, out->early.n + out->late.n};
    if (s.n == 0)
        return TARE_OK;
    enum tare_status st = tare_cluster_se(s.change, s.cluster, s.n, confidence, a->arena, &se, err);
    if (st == TARE_OK)
        st = tare_two_raters(s.fresh, s.session, s.n, scale, 2, confidence, a->arena, &k, err);
    if (st != TARE_OK)
        return st;
    out->bias = se.mean;
    out->bias_ci = se.ci;
    out->kappa = k.kappa;
    out->kappa_ci = k.kappa_ci;
    out->p_position = tare_fisher_exact(out->early, out->late);
    return TARE_OK;
}
