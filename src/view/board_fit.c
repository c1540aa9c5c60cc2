#include "view/board.h"

#include <math.h>
#include <stdio.h>

#include "text/width.h"
#include "view/picture.h"

#include "base/banned.h"

#define MIN_NAME 12u
#define MAX_NAME 28u

struct tare_number tare__board_rank_text(const struct tare_board_row *row, bool unicode)
{
    struct tare_number out = {""};
    if (row->rank_lo == 0)
        return out;
    if (row->rank_lo == row->rank_hi)
        (void)snprintf(out.s, sizeof out.s, "%u", row->rank_lo);
    else
        (void)snprintf(out.s, sizeof out.s, "%u%s%u", row->rank_lo,
                       tare__mark(TARE__MARK_DASH, unicode), row->rank_hi);
    return out;
}

struct tare_str tare__class_text(const struct tare_board *b, const struct tare_board_row *row)
{
    if (!b->classes || row->class_level < 0)
        return (struct tare_str){NULL, 0};
    struct tare_str level = b->classes->level[row->class_level];
    const char *end = memchr(level.p, '_', level.n);
    return end ? tare_str_n(level.p, (size_t)(end - level.p)) : level;
}

/* Half of the widest interval decides how many digits a column shows. */
struct tare_scale tare__board_scale(const struct tare_board *b, uint32_t m)
{
    double half = (double)NAN;
    for (uint32_t r = 0; r < b->n_rows; r++) {
        struct tare_interval ci = b->rows[r].cells[m].ci;
        double h = (ci.hi - ci.lo) / 2;
        if (!ci.why && h > 0 && !(half >= h))
            half = h;
    }
    struct tare_scale s = tare_scale_of(&b->metrics[m], half);
    if (s.factor == 1 && s.decimals < 1 && half < 100)
        s.decimals = 1;
    return s;
}

static size_t wider(size_t width, const char *text)
{
    size_t n = tare_text_columns(tare_str_of(text));
    return n > width ? n : width;
}

static void measure_column(const struct tare_board *b, uint32_t m, bool unicode,
                           struct tare__board_column *out)
{
    const struct tare_metric *metric = &b->metrics[m];
    struct tare_str title = metric->title.n ? metric->title : metric->name;
    const char *down =
        metric->direction == TARE_LOWER_BETTER ? tare__mark(TARE__MARK_ARROW_DOWN, unicode) : "";
    (void)snprintf(out->head.s, sizeof out->head.s, "%.*s%s%s", (int)(title.n < 20 ? title.n : 20),
                   title.p, *down ? " " : "", down);
    out->scale = tare__board_scale(b, m);
    out->value = wider(5, out->head.s);
    out->range = 4;
    for (uint32_t r = 0; r < b->n_rows; r++) {
        const struct tare_board_cell *cell = &b->rows[r].cells[m];
        out->value = wider(out->value, tare_number_value(cell->value, out->scale, unicode).s);
        if (!cell->ci.why)
            out->range = wider(out->range,
                               tare_number_range(cell->ci.lo, cell->ci.hi, out->scale, unicode).s);
    }
}

/* 0 to 100 % for shares; else round numbers around every interval. */
void tare__board_ends(const struct tare_board *b, double *from, double *to)
{
    const struct tare_metric *m = &b->metrics[0];
    *from = m->min;
    *to = m->max;
    if (isfinite(m->min) && isfinite(m->max))
        return;
    double lo = (double)INFINITY, hi = (double)-INFINITY;
    for (uint32_t r = 0; r < b->n_rows; r++) {
        const struct tare_board_cell *cell = &b->rows[r].cells[0];
        if (isnan(cell->value))
            continue;
        lo = fmin(lo, cell->ci.why ? cell->value : cell->ci.lo);
        hi = fmax(hi, cell->ci.why ? cell->value : cell->ci.hi);
    }
    if (!(hi > lo)) {
        hi = isfinite(hi) ? hi + 1 : 1;
        lo = hi - 2;
    }
    double step = tare__nice_step(hi - lo, 4);
    *from = floor(lo / step) * step;
    *to = ceil(hi / step) * step;
}

static size_t total_width(const struct tare__board_layout *l)
{
    size_t n = l->rank + 1 + l->name + 1;
    n += l->strip ? l->strip + 1 : 0;
    for (uint32_t i = 0; i < l->n_columns; i++)
        n += l->columns[i].value + 1 + (l->columns[i].range ? l->columns[i].range + 2 : 0);
    return n + (l->klass ? l->klass + 1 : 0);
}

/* Takes the next thing away; false when nothing is left to drop. */
static bool drop_one(struct tare__board_layout *l)
{
    if (l->strip > 21)
        l->strip = 21;
    else if (l->klass)
        l->klass = 0;
    else if (l->n_columns > 2)
        l->n_columns--;
    else if (l->n_columns > 1 && l->columns[1].range)
        l->columns[1].range = 0;
    else if (l->columns[0].range)
        l->columns[0].range = 0;
    else if (l->n_columns > 1)
        l->n_columns--;
    else if (l->strip)
        l->strip = 0;
    else
        return false;
    return true;
}

void tare__board_fit(const struct tare_board *b, const struct tare_style *style,
                     struct tare__board_layout *out)
{
    size_t width = (size_t)(style->width > 120 ? 120 : style->width);
    *out =
        (struct tare__board_layout){.rank = 4, .name = MIN_NAME, .strip = width >= 100 ? 23 : 21};
    out->n_columns = b->n_metrics < TARE__BOARD_METRICS ? b->n_metrics : TARE__BOARD_METRICS;
    for (uint32_t i = 0; i < out->n_columns; i++) {
        measure_column(b, i, style->unicode, &out->columns[i]);
        if (i > 1)
            out->columns[i].range = 0;
    }
    tare__board_ends(b, &out->lo, &out->hi);
    for (uint32_t r = 0; r < b->n_rows; r++) {
        const struct tare_board_row *row = &b->rows[r];
        struct tare_str klass = tare__class_text(b, row);
        size_t name = tare_text_columns(row->name);
        out->name = name > out->name ? name : out->name;
        out->rank = wider(out->rank, tare__board_rank_text(row, style->unicode).s);
        if (klass.n)
            out->klass = klass.n > out->klass ? klass.n : out->klass > 5 ? out->klass : 5;
    }
    out->name = out->name > MAX_NAME ? MAX_NAME : out->name;
    while (total_width(out) > width && drop_one(out))
        continue;
    if (total_width(out) > width && out->name > MIN_NAME)
        out->name = MIN_NAME;
}
