/*
 * Many comparisons in one report (statistics sheet, section 9). Adjusted p-values in the order of
 * the input; NaN (no test) is left out of the family, stays NaN, and is counted.
 */
#ifndef TARE_STATS_MULTIPLICITY_H
#define TARE_STATS_MULTIPLICITY_H

#include "stats/stats.h"

enum tare_adjust {
    TARE_ADJUST_NONE = 0,
    TARE_ADJUST_BONFERRONI,
    TARE_ADJUST_HOLM,     /* few comparisons, decisions */
    TARE_ADJUST_HOCHBERG, /* independence or positive dependence */
    TARE_ADJUST_BH,       /* screening: false discovery rate */
    TARE_ADJUST_BY,
    TARE_ADJUST_SIDAK
};
const char *tare_adjust_name(enum tare_adjust a);

/* p in [0, 1] or NaN; adjusted[n] may be p itself. *family (may be NULL): the p that counted. */
enum tare_status tare_adjust_p(const double *p, size_t n, enum tare_adjust how, double *adjusted,
                               size_t *family, struct tare_arena *scratch, struct tare_err *err);

/* Romano-Wolf 2005 step-down max |t|. null[b * m + j]: statistic j of resample b, centred at the
 * null, the same resample for all j. adjusted[m]. */
enum tare_status tare_romano_wolf(const double *observed, size_t m, const double *null_stats,
                                  size_t resamples, double *adjusted, struct tare_arena *scratch,
                                  struct tare_err *err);

#endif
