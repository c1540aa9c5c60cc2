/* The runs of one arm, and the two models fitted to them. */
#ifndef TARE_EXPERIMENT_DRIFT_INT_H
#define TARE_EXPERIMENT_DRIFT_INT_H

#include "experiment/drift.h"

struct tare__drift_arm {
    struct tare_arena *arena;
    const struct tare_drift_run **runs; /* by conversation, then seed */
    uint32_t *cluster, *seed;           /* of each run: numbers from 0 */
    size_t n;
    uint32_t n_clusters, n_seeds;
};

/* Rules kept of those that apply in a turn. */
struct tare_count tare__drift_kept(const struct tare_drift_run *r, uint32_t turn);
enum tare_status tare__drift_apart(const struct tare__drift_arm *a, uint32_t turns,
                                   struct tare_drift_row *row, struct tare_err *err);
/* Order of runs within an arm, for qsort: conversation, seed. */
int tare__drift_by_run(const void *a, const void *b);
/* stateless: the arm of fresh calls; NULL: there is none, or a is it. */
enum tare_status tare__drift_judge(const struct tare__drift_arm *a,
                                   const struct tare__drift_arm *stateless, double confidence,
                                   struct tare_drift_judge *out, struct tare_err *err);
enum tare_status tare__drift_decay(const struct tare__drift_arm *a, const struct tare_drift_opts *o,
                                   uint32_t turns, struct tare_drift_decay *out,
                                   struct tare_err *err);
enum tare_status tare__drift_slope(const struct tare__drift_arm *a, double confidence,
                                   struct tare_drift_slope *out, struct tare_err *err);

#endif
