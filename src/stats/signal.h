/*
 * Signal detection (statistics sheet, section 13; metacognition sheet).
 */
#ifndef TARE_STATS_SIGNAL_H
#define TARE_STATS_SIGNAL_H

#include "stats/stats.h"

struct tare_sdt_counts {
    uint64_t hits, n_signal, false_alarms, n_noise;
};
/* How rates of 0 and 1 are kept finite. */
enum tare_sdt_correction {
    TARE_SDT_LOGLINEAR = 0,  /* (x + 1/2) / (n + 1) */
    TARE_SDT_LOGLINEAR_CLIP, /* the same, then cut to [0.001, 0.999] */
    TARE_SDT_HALF_TRIAL,     /* 0 becomes 1/(2n), 1 becomes 1 - 1/(2n) */
    TARE_SDT_RAW             /* d' unavailable at rates of 0 and 1 */
};
struct tare_sdt {
    struct tare_value hit_rate, fa_rate;
    struct tare_value d_prime, criterion; /* Z(H) - Z(F); -(Z(H) + Z(F)) / 2 */
    struct tare_value se;                 /* of d': Gourevitch and Galanter 1967 */
};
struct tare_sdt tare_sdt(struct tare_sdt_counts c, enum tare_sdt_correction how);

#endif
