/*
 * Effect sizes, each under its own name (statistics sheet, section 13); b minus a throughout.
 */
#ifndef TARE_STATS_EFFECT_H
#define TARE_STATS_EFFECT_H

#include "stats/stats.h"

/* 2 asin sqrt p2 - 2 asin sqrt p1; rates in [0, 1]. */
double tare_cohens_h(double p1, double p2);

struct tare_effects {
    struct tare_value cohens_d; /* pooled SD */
    struct tare_value hedges_g, hedges_g_approx;
    struct tare_value cohens_dz;    /* paired; unavailable when the sizes differ */
    struct tare_value glass_delta;  /* SD of a */
    struct tare_value cliffs_delta; /* P(b > a) - P(b < a); NaN-free ties count as neither */
};
enum tare_status tare_effects(const double *a, size_t na, const double *b, size_t nb,
                              struct tare_arena *scratch, struct tare_effects *out,
                              struct tare_err *err);

#endif
