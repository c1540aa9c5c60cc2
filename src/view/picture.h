/*
 * Of view/ alone: an interval on a line, beside 0, the margin and what was detectable.
 */
#ifndef TARE_VIEW_PICTURE_H
#define TARE_VIEW_PICTURE_H

#include "view/compare_text.h"
#include "view/paint.h"

/* Nothing where there is no interval or no room. */
void tare__put_picture(struct tare_buf *out, const struct tare_compare *c,
                       const struct tare_style *style);
/* 1, 2, 2.5 or 5 times a power of ten: the smallest of which at most `at_most` fit in the range. */
double tare__nice_step(double range, int at_most);

#endif
