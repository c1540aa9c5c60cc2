#include "view/curve.h"

#include <math.h>
#include <stdio.h>

#include "text/width.h"
#include "view/picture.h"

#include "base/banned.h"

#define ROWS 10
#define MARGIN 9 /* columns before the axis: "  100 % |" */
#define MAX_COLUMNS 64

static int column_of(const struct tare__curve *c, double x, int columns)
{
    int at = (int)floor(x / c->x[c->n - 1] * (columns - 1) + 0.5);
    return at < 0 ? 0 : at >= columns ? columns - 1 : at;
}

static int row_of(double y)
{
    int row = (int)floor(y * ROWS + 0.5);
    return row < 0 ? 0 : row > ROWS ? ROWS : row;
}

/* Row of the dot in each column, between the points by straight lines. */
static void trace(const struct tare__curve *c, int columns, int row[MAX_COLUMNS])
{
    uint32_t at = 0;
    for (int i = 0; i < columns; i++) {
        double x = c->x[c->n - 1] * i / (columns - 1);
        while (at + 1 < c->n && c->x[at] < x)
            at++;
        double x0 = at ? c->x[at - 1] : 0, y0 = at ? c->y[at - 1] : (double)NAN;
        double share = (x - x0) / (c->x[at] - x0);
        row[i] = isnan(y0) && x < c->x[at]
                     ? -1
                     : row_of(isnan(y0) ? c->y[at] : y0 + share * (c->y[at] - y0));
    }
}

static struct tare_number label(const struct tare__curve *c, double x, double step, bool unicode)
{
    if (c->counts)
        return tare_number_count((uint64_t)(x + 0.5));
    struct tare_scale s = c->scale;
    s.decimals = 0;
    while (s.decimals < 4 && fabs(step * s.factor * pow(10, s.decimals) -
                                  floor(step * s.factor * pow(10, s.decimals) + 0.5)) > 1e-6)
        s.decimals++;
    return tare_number_value(x, s, unicode);
}

static void put_axis(struct tare_buf *out, const struct tare__curve *c, int columns,
                     const struct tare_style *style)
{
    double end = c->x[c->n - 1], step = tare__nice_step(end, columns / 12);
    int from = 0;
    tare__pad(out, MARGIN);
    for (double x = 0; x <= end * (1 + 1e-9); x += step) {
        struct tare_number n = label(c, x, step, style->unicode);
        int wide = (int)tare_text_columns(tare_str_of(n.s));
        int at = column_of(c, x, columns) - wide / 2;
        at = at < 0 ? 0 : at + wide > columns ? columns - wide : at;
        if (from && at <= from)
            continue;
        tare__pad(out, (size_t)(at - from));
        tare_buf_puts(out, n.s);
        from = at + wide;
    }
    tare_buf_putc(out, '\n');
}

void tare__put_curve(struct tare_buf *out, const struct tare__curve *c,
                     const struct tare_style *style)
{
    int row[MAX_COLUMNS], columns = style->width - MARGIN - 2;
    columns = columns > MAX_COLUMNS ? MAX_COLUMNS : columns;
    if (style->width < 40 || c->n < 2)
        return;
    size_t begin = out->n;
    trace(c, columns, row);
    tare_buf_printf(out, "\n  %s\n", c->title);
    for (int r = ROWS; r >= 0; r--) {
        if (r % 2 == 0)
            tare_buf_printf(out, "%5d %% ", r * 100 / ROWS);
        else
            tare__pad(out, MARGIN - 1);
        tare__put(out, style, TARE__DIM, tare__mark(TARE__MARK_ZERO, style->unicode));
        bool line = r == row_of(c->level);
        for (int i = 0; i < columns; i++) {
            if (row[i] == r)
                tare__put(out, style, TARE__UP, tare__mark(TARE__MARK_MEASURED, style->unicode));
            else if (line)
                tare__put(out, style, TARE__DIM, tare__mark(TARE__MARK_DASH, style->unicode));
            else
                tare_buf_putc(out, ' ');
        }
        tare_buf_putc(out, '\n');
    }
    put_axis(out, c, columns, style);
    tare__pad(out, MARGIN);
    tare_buf_printf(out, "%s\n", c->x_name);
    tare__trim_lines(out, begin);
}
