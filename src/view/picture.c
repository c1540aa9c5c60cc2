#include "view/picture.h"

#include <math.h>
#include <stdio.h>

#include "text/width.h"

#include "base/banned.h"

#define MAX_COLUMNS 120

/* One line of the picture: a glyph a column. */
struct line {
    const char *glyph[MAX_COLUMNS];
    enum tare__ink ink[MAX_COLUMNS];
};

struct canvas {
    const struct tare_style *style;
    double lo, hi;
    int columns;
};

static int column_of(const struct canvas *c, double x)
{
    double at = (x - c->lo) / (c->hi - c->lo) * (c->columns - 1);
    int column = (int)floor(at + 0.5);
    return column < 0 ? 0 : column >= c->columns ? c->columns - 1 : column;
}

static void set(struct line *l, int column, const char *glyph, enum tare__ink ink)
{
    l->glyph[column] = glyph;
    l->ink[column] = ink;
}

static void put_line(struct tare_buf *out, const struct canvas *c, const struct line *l,
                     size_t indent)
{
    tare__pad(out, indent);
    for (int i = 0; i < c->columns; i++) {
        if (l->glyph[i])
            tare__put(out, c->style, l->ink[i], l->glyph[i]);
        else
            tare_buf_putc(out, ' ');
    }
    tare_buf_putc(out, '\n');
}

double tare__nice_step(double range, int at_most)
{
    double raw = range / at_most, power = pow(10, floor(log10(raw)));
    static const double parts[] = {1, 2, 2.5, 5, 10};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i] * power >= raw * (1 - 1e-9))
            return parts[i] * power;
    return 10 * power;
}

/* Label centred on a column, kept inside and apart from the one before. Returns the next free
 * column. */
static int put_label(struct tare_buf *out, const struct canvas *c, int from, int column,
                     const char *text)
{
    int wide = (int)tare_text_columns(tare_str_of(text));
    int at = column - wide / 2;
    if (at + wide > c->columns)
        at = c->columns - wide;
    if (at < from)
        return from;
    tare__pad(out, (size_t)(at - from + (from > 0 ? 1 : 0)));
    tare_buf_puts(out, text);
    return at + wide + 1;
}

static void put_ticks(struct tare_buf *out, const struct canvas *c, struct tare_scale s,
                      size_t indent)
{
    double step = tare__nice_step(c->hi - c->lo, c->columns / 10);
    int from = 0;
    tare__pad(out, indent);
    for (double x = ceil(c->lo / step) * step; x <= c->hi + step * 1e-9; x += step) {
        struct tare_scale t = s;
        t.decimals = 0;
        while (t.decimals < 4 && fabs(step * s.factor * pow(10, t.decimals) -
                                      floor(step * s.factor * pow(10, t.decimals) + 0.5)) > 1e-6)
            t.decimals++;
        struct tare_number n =
            tare_number_diff(fabs(x) < step * 1e-9 ? 0 : x, t, c->style->unicode);
        from = put_label(out, c, from, column_of(c, x), n.s);
    }
    tare_buf_putc(out, '\n');
}

static void grow(double *lo, double *hi, double x)
{
    if (x < *lo)
        *lo = x;
    if (x > *hi)
        *hi = x;
}

/* The interval, 0, the margin and what was detectable (unless far away), plus room. */
static struct canvas frame(const struct tare_compare *c, const struct tare_style *style,
                           int columns)
{
    double lo = 0, hi = 0;
    grow(&lo, &hi, c->ev.ci.lo);
    grow(&lo, &hi, c->ev.ci.hi);
    double reach = fmax(-lo, hi);
    if (c->margin > 0 && c->margin <= 3 * reach) {
        grow(&lo, &hi, c->margin);
        grow(&lo, &hi, -c->margin);
    }
    double room = (hi - lo) * 0.12;
    return (struct canvas){style, lo - room, hi + room, columns};
}

static bool draws_mde(const struct canvas *v, const struct tare_compare *c)
{
    return !c->ev.mde.why && c->ev.mde.v <= v->hi && c->ev.mde.v > 0;
}

static void put_marks(struct tare_buf *out, const struct canvas *v, const struct tare_compare *c,
                      size_t indent)
{
    bool u = v->style->unicode;
    enum tare__ink ink = tare__verdict_ink(c->out.verdict, false);
    struct line top = {{0}, {0}}, low = {{0}, {0}};
    set(&top, column_of(v, 0), tare__mark(TARE__MARK_ZERO, u), TARE__DIM);
    for (int i = column_of(v, c->ev.ci.lo); i <= column_of(v, c->ev.ci.hi); i++)
        set(&top, i, tare__mark(TARE__MARK_LINE, u), TARE__PLAIN);
    set(&top, column_of(v, c->ev.diff), tare__mark(TARE__MARK_MEASURED, u), ink);
    bool band = c->margin > 0 && c->margin <= v->hi && -c->margin >= v->lo;
    for (int i = column_of(v, -c->margin); band && i <= column_of(v, c->margin); i++)
        set(&low, i, tare__mark(TARE__MARK_BAND, u), TARE__DIM);
    if (draws_mde(v, c))
        set(&low, column_of(v, c->ev.mde.v), tare__mark(TARE__MARK_MDE, u), TARE__DIM);
    set(&low, column_of(v, 0), tare__mark(TARE__MARK_ZERO, u), TARE__DIM);
    put_line(out, v, &top, indent);
    if (band || draws_mde(v, c))
        put_line(out, v, &low, indent);
}

static void put_names(struct tare_buf *out, const struct canvas *v, const struct tare_compare *c,
                      struct tare_scale s, size_t indent)
{
    char text[64];
    int from = 0;
    bool band = c->margin > 0 && c->margin <= v->hi && -c->margin >= v->lo;
    if (!band && !draws_mde(v, c))
        return;
    tare__pad(out, indent);
    if (band) {
        (void)snprintf(text, sizeof text, "margin %s%.6g", v->style->unicode ? "\xc2\xb1" : "+-",
                       c->margin * s.factor);
        int wide = (int)tare_text_columns(tare_str_of(text));
        from = put_label(out, v, 0, column_of(v, -c->margin) + wide / 2, text);
    }
    if (draws_mde(v, c)) {
        (void)snprintf(text, sizeof text, "detectable, %s",
                       tare_number_value(c->ev.mde.v, s, v->style->unicode).s);
        int wide = (int)tare_text_columns(tare_str_of(text)), at = column_of(v, c->ev.mde.v);
        /* Beside the mark; before it where there is no room behind. */
        if (put_label(out, v, from, at + wide / 2, text) == from)
            (void)put_label(out, v, from, at, text);
    }
    tare_buf_putc(out, '\n');
}

void tare__put_picture(struct tare_buf *out, const struct tare_compare *c,
                       const struct tare_style *style)
{
    if (c->ev.ci.why || isnan(c->ev.diff) || style->width < 40)
        return;
    size_t indent = 2, from = out->n;
    int columns = (style->width < 80 ? style->width : 80) - 2 * (int)indent - 12;
    struct canvas v = frame(c, style, columns);
    struct tare_scale s = tare__compare_scale(c);
    if (!(v.hi > v.lo))
        return;
    tare_buf_putc(out, '\n');
    put_ticks(out, &v, s, indent);
    put_marks(out, &v, c, indent);
    put_names(out, &v, c, s, indent);
    tare__trim_lines(out, from);
}
