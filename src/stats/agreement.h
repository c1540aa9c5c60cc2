/*
 * Do raters agree (statistics sheet, section 13). Labels are numbers; categories are the sorted
 * distinct labels, weights use their rank: declare the full scale when a middle one may be unused.
 */
#ifndef TARE_STATS_AGREEMENT_H
#define TARE_STATS_AGREEMENT_H

#include "stats/stats.h"

struct tare_two_raters {
    size_t n, categories;
    double agreement; /* share of equal labels */
    struct tare_value kappa, kappa_linear, kappa_quadratic, scott_pi, gwet_ac1;
    struct tare_value kappa_se;    /* Fleiss, Cohen, Everitt 1969, large samples */
    struct tare_interval kappa_ci; /* normal */
};
/* scale: the declared categories, ascending (NULL: those that occur). n >= 1. */
enum tare_status tare_two_raters(const double *r1, const double *r2, size_t n, const double *scale,
                                 size_t n_scale, double confidence, struct tare_arena *scratch,
                                 struct tare_two_raters *out, struct tare_err *err);

/* Fleiss: counts[i * q + j] raters put item i in category j; every row has the same sum >= 2. */
enum tare_status tare_fleiss_kappa(const double *counts, size_t items, size_t q,
                                   struct tare_value *out, struct tare_err *err);

struct tare_krippendorff {
    struct tare_value nominal, ordinal, interval, ratio;
    size_t pairable; /* ratings in units with two or more */
};
/* rating[r * units + u] by rater r of unit u; NaN: missing. ratio is unavailable for negative
 * labels and for two labels that add to 0. */
enum tare_status tare_krippendorff(const double *rating, size_t raters, size_t units,
                                   struct tare_arena *scratch, struct tare_krippendorff *out,
                                   struct tare_err *err);

#endif
