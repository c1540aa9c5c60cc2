/*
 * Pareto front: a point is dominated when another is no worse everywhere and better somewhere.
 * Exact duplicates are all kept; a point with a NaN coordinate is excluded.
 */
#ifndef TARE_STATS_PARETO_H
#define TARE_STATS_PARETO_H

#include "stats/stats.h"

#define TARE_PARETO_MAX_DIMS 8

/* point[i * dims + j]; higher_is_better[j]. on_front[n] gets true or false. O(n log n) for two
 * dimensions, O(n^2) else (n <= 20,000). *excluded (may be NULL) counts points with NaN. */
enum tare_status tare_pareto(const double *point, size_t n, uint32_t dims,
                             const bool *higher_is_better, bool *on_front, size_t *excluded,
                             struct tare_arena *scratch, struct tare_err *err);

#endif
