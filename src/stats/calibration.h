/*
 * Stated probability against what happened (statistics sheet, section 13).
 */
#ifndef TARE_STATS_CALIBRATION_H
#define TARE_STATS_CALIBRATION_H

#include "stats/stats.h"

struct tare_calibration {
    double brier, log_loss; /* log loss clips at 1e-15 */
    double base_rate;
    struct tare_value skill;                     /* 1 - Brier / (base rate (1 - base rate)) */
    double reliability, resolution, uncertainty; /* Murphy, over distinct probabilities */
};
/* prob in [0, 1], label 0 or 1, n >= 1. */
enum tare_status tare_calibration(const double *prob, const uint8_t *label, size_t n,
                                  struct tare_arena *scratch, struct tare_calibration *out,
                                  struct tare_err *err);

struct tare_ece {
    double ece, mce;
    size_t *count; /* in each bin; in the arena */
    bool too_few;  /* n < 100: biased up, say so */
};
/* Bins of equal width (min(floor(p M), M - 1)) or equal mass (floor(rank M / n), stable order). */
enum tare_status tare_ece(const double *prob, const uint8_t *label, size_t n, uint32_t bins,
                          bool equal_mass, struct tare_arena *arena, struct tare_ece *out,
                          struct tare_err *err);

#endif
