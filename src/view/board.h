/*
 * Of view/ alone: layout of a leaderboard: which columns fit, how wide they are.
 */
#ifndef TARE_VIEW_BOARD_H
#define TARE_VIEW_BOARD_H

#include "decide/leaderboard.h"
#include "view/number.h"
#include "view/paint.h"

#define TARE__BOARD_METRICS 12

/* Columns of one metric. */
struct tare__board_column {
    struct tare_scale scale;
    struct tare_number head;
    size_t value, range; /* widths; range 0: no interval */
};

struct tare__board_layout {
    size_t rank, name, strip, klass; /* widths; 0: not shown */
    struct tare__board_column columns[TARE__BOARD_METRICS];
    uint32_t n_columns;
    double lo, hi; /* ends of the strip, in the metric's unit */
};

/* What fits into style->width columns, dropped from the right in the order class, metrics from the
 * last to the third, the second's interval, the headline's interval, the second, the strip. */
void tare__board_fit(const struct tare_board *b, const struct tare_style *style,
                     struct tare__board_layout *out);
/* How a column is written: half of its narrowest interval decides how many digits it shows. */
struct tare_scale tare__board_scale(const struct tare_board *b, uint32_t m);
/* Ends of the headline's axis: 0 and 1 for shares, else round numbers around every interval. */
void tare__board_ends(const struct tare_board *b, double *from, double *to);
/* "2–3"; empty when not ranked. */
struct tare_number tare__board_rank_text(const struct tare_board_row *row, bool unicode);
/* First word of the class: "partially" of "partially_calibrated". */
struct tare_str tare__class_text(const struct tare_board *b, const struct tare_board_row *row);

#endif
