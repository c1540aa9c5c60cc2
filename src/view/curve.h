/*
 * Of view/ alone: a rising curve between 0 and 100 % as rows of dots.
 */
#ifndef TARE_VIEW_CURVE_H
#define TARE_VIEW_CURVE_H

#include "view/number.h"
#include "view/paint.h"

struct tare__curve {
    const double *x, *y; /* n points; x ascends from above 0, y in [0, 1] */
    uint32_t n;
    double level; /* y of the line that matters; drawn across */
    bool counts;  /* x are whole numbers; else written by scale */
    struct tare_scale scale;
    const char *title, *x_name;
};

/* Nothing where there is no room (below 40 columns) or nothing to draw. */
void tare__put_curve(struct tare_buf *out, const struct tare__curve *c,
                     const struct tare_style *style);

#endif
