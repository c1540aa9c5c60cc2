/* For signflip.c and signflip_mc.c only. */
#ifndef TARE_STATS_SIGNFLIP_INT_H
#define TARE_STATS_SIGNFLIP_INT_H

#include "stats/signflip.h"

/* d without zeros, n of them, observed sum t; fills the p-values of *r. */
enum tare_status tare__flip_monte_carlo(const double *d, size_t n, double t, double eps,
                                        const struct tare_flip_opts *o, struct tare_arena *arena,
                                        struct tare_sign_flip *r, struct tare_err *err);

#endif
