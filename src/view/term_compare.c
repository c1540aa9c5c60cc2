#include <math.h>
#include <stdio.h>

#include "text/width.h"
#include "view/picture.h"
#include "view/term.h"

#include "base/banned.h"

#define NAME_COLUMNS 18u
#define SMALL_SLICE 8u

static void put_head(struct tare_buf *out, const struct tare_compare *c,
                     const struct tare_style *style)
{
    enum tare_verdict v = c->out.verdict;
    tare__put(out, style, tare__verdict_ink(v, true),
              tare__mark(tare__verdict_mark(v), style->unicode));
    tare_buf_putc(out, ' ');
    tare__put(out, style, TARE__BOLD, tare__verdict_word(v));
    struct tare_buf tag;
    tare_buf_init(&tag, NULL, 4096);
    tare__say_tag(&tag, c, style->unicode);
    size_t used = 5 + strlen(tare__verdict_word(v));
    bool fits = used + tare_text_columns(tare_buf_str(&tag)) <= (size_t)style->width;
    tare_buf_puts(out, tag.n && fits ? "   " : "\n");
    if (tag.n && fits) {
        tare_buf_put(out, tare_buf_str(&tag));
        tare_buf_putc(out, '\n');
    } else if (tag.n) {
        tare__wrap(out, tare_buf_str(&tag), 2, (size_t)style->width);
    }
    tare_buf_putc(out, '\n');
    tare_buf_free(&tag);
}

/* Names of the tasks a small slice lost (or won, where it lost none), as far as they fit. */
static void put_changed(struct tare_buf *out, const struct tare_compare *c,
                        const struct tare_slice *s, size_t room, const struct tare_style *style)
{
    const uint32_t *list = s->n_lost ? s->lost : s->won;
    uint32_t n = s->n_lost ? s->n_lost : s->n_won;
    if (s->ev.n > SMALL_SLICE || n == 0 || room < 12)
        return;
    struct tare_buf names;
    tare_buf_init(&names, NULL, 16384);
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            tare_buf_putc(&names, ' ');
        tare_buf_put(&names, c->pairs[list[i]].task);
    }
    tare_buf_puts(out, "   ");
    tare__put_cell(out, style, TARE__DIM, tare_buf_str(&names), room - 3, false, false);
    tare_buf_free(&names);
}

struct slice_columns {
    size_t name, a, b, diff;
};

static size_t max_of(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t used_columns(const struct slice_columns *w)
{
    return 2 + w->name + 9 + (w->a ? w->a + 2 + w->b : 0) + 5 + w->diff;
}

static struct slice_columns slice_widths(const struct tare_compare *c, struct tare_scale s,
                                         size_t width)
{
    struct slice_columns w = {8, 6, 6, 0};
    w.a = max_of(w.a, tare_text_columns(c->a.name));
    w.b = max_of(w.b, tare_text_columns(c->b.name));
    w.a = w.a > NAME_COLUMNS ? NAME_COLUMNS : w.a;
    w.b = w.b > NAME_COLUMNS ? NAME_COLUMNS : w.b;
    for (uint32_t i = 0; i < c->n_slices; i++) {
        w.name = max_of(w.name, tare_text_columns(c->slices[i].value));
        w.name = max_of(w.name, tare_text_columns(c->slices[i].tag));
        struct tare_number d = tare_number_diff(c->slices[i].ev.diff, s, true);
        w.diff = max_of(w.diff, tare_text_columns(tare_str_of(d.s)));
    }
    w.name = w.name > 24 ? 24 : w.name;
    /* Without room: names of six columns, then no means at all. */
    if (used_columns(&w) > width)
        w.a = w.b = 6;
    if (used_columns(&w) > width)
        w.a = w.b = 0;
    return w;
}

static void put_means(struct tare_buf *out, const struct tare_slice *s,
                      const struct slice_columns *w, struct tare_scale scale,
                      const struct tare_style *style)
{
    struct tare_number a = tare_number_value(s->ev.mean_a, scale, style->unicode);
    struct tare_number b = tare_number_value(s->ev.mean_b, scale, style->unicode);
    if (w->a == 0)
        return;
    tare__put_cell(out, style, TARE__PLAIN, tare_str_of(a.s), w->a, true, true);
    tare_buf_puts(out, "  ");
    tare__put_cell(out, style, TARE__PLAIN, tare_str_of(b.s), w->b, true, true);
}

static void put_slice(struct tare_buf *out, const struct tare_compare *c,
                      const struct tare_slice *s, const struct slice_columns *w,
                      struct tare_scale scale, const struct tare_style *style)
{
    bool u = style->unicode, sure = s->verdict != TARE_VERDICT_INCONCLUSIVE;
    size_t from = out->n;
    double gain = s->ev.diff * (double)c->metric.direction;
    tare_buf_puts(out, "  ");
    tare__put_cell(out, style, TARE__PLAIN, s->value, w->name, false, true);
    tare_buf_printf(out, "  %5s  ", tare_number_count(s->ev.n).s);
    put_means(out, s, w, scale, style);
    tare_buf_puts(out, "   ");
    enum tare__mark m = gain > 0 ? TARE__MARK_UP : gain < 0 ? TARE__MARK_DOWN : TARE__MARK_DOT;
    enum tare__ink ink = gain > 0 ? TARE__UP : gain < 0 ? TARE__DOWN : TARE__DIM;
    tare__put(out, style, ink, tare__mark(m, u));
    tare_buf_putc(out, ' ');
    tare__put_cell(out, style, sure ? TARE__BOLD : TARE__PLAIN,
                   tare_str_of(tare_number_diff(s->ev.diff, scale, u).s), w->diff, true, true);
    size_t used = used_columns(w);
    if ((size_t)style->width > used)
        put_changed(out, c, s, (size_t)style->width - used, style);
    tare_buf_putc(out, '\n');
    tare__trim_lines(out, from);
}

static void put_slices(struct tare_buf *out, const struct tare_compare *c,
                       const struct tare_style *style)
{
    struct tare_scale scale = tare__compare_scale(c);
    struct slice_columns w = slice_widths(c, scale, (size_t)style->width);
    uint32_t sure = 0;
    for (uint32_t i = 0; i < c->n_slices; i++) {
        const struct tare_slice *s = &c->slices[i];
        if (i == 0 || !tare_str_eq(s->tag, c->slices[i - 1].tag)) {
            tare_buf_puts(out, "\n  ");
            tare__put_cell(out, style, TARE__DIM, s->tag, w.name, false, true);
            tare__put(out, style, TARE__DIM, w.a ? "  tasks  " : "  tasks");
            if (w.a) {
                tare__put_cell(out, style, TARE__DIM, c->a.name, w.a, true, true);
                tare_buf_puts(out, "  ");
                tare__put_cell(out, style, TARE__DIM, c->b.name, w.b, true, true);
            }
            tare_buf_putc(out, '\n');
        }
        put_slice(out, c, s, &w, scale, style);
        sure += s->verdict != TARE_VERDICT_INCONCLUSIVE;
    }
    char line[120];
    (void)snprintf(line, sizeof line, "%u of %u slices differ at p = %.2g after Holm's correction",
                   sure, c->n_slices, c->alpha);
    if (c->n_slices) {
        tare_buf_puts(out, "  ");
        tare__put_cell(out, style, TARE__DIM, tare_str_of(line), (size_t)style->width - 2, false,
                       false);
        tare_buf_putc(out, '\n');
    }
}

static void put_list(struct tare_buf *out, const char *head, const struct tare_buf *list,
                     const struct tare_style *style)
{
    size_t at = 0;
    if (list->n == 0)
        return;
    tare_buf_printf(out, "\n  %s\n", head);
    while (at < list->n) {
        const char *end = memchr(list->p + at, '\n', list->n - at);
        size_t stop = end ? (size_t)(end - list->p) : list->n;
        tare__wrap(out, tare_str_n(list->p + at, stop - at), 4, (size_t)style->width);
        at = stop + 1;
    }
}

/* What is next once something was shown; where nothing was, the sentence says it. */
static void put_foot(struct tare_buf *out, const struct tare_compare *c,
                     const struct tare_style *style)
{
    struct tare_scale s = tare__compare_scale(c);
    if (c->out.tag != TARE_TAG_POSSIBLY_BELOW_MARGIN)
        return;
    struct tare_buf text;
    tare_buf_init(&text, NULL, 1024);
    tare_buf_printf(&text, "To show that it is at least %.6g%s: ", c->margin * s.factor,
                    tare__diff_unit(c).s);
    if (tare__say_size_needed(&text, c)) {
        tare_buf_putc(&text, '.');
    } else {
        tare_buf_reset(&text);
        if (tare__below_margin(c))
            tare_buf_printf(&text,
                            "The estimate itself is below the margin of %.6g%s: more tasks make "
                            "it surer, not larger.",
                            c->margin * s.factor, tare__diff_unit(c).s);
    }
    if (text.n) {
        tare_buf_putc(out, '\n');
        tare__wrap(out, tare_buf_str(&text), 2, (size_t)style->width);
    }
    tare_buf_free(&text);
}

static void explain_all(struct tare_buf *out, const struct tare_compare *c,
                        const struct tare_style *style)
{
    struct tare_buf list;
    tare_buf_init(&list, NULL, 64 * 1024);
    tare__say_explanation(&list, c, style->unicode);
    put_list(out, "How this was judged", &list, style);
    tare_buf_reset(&list);
    tare__say_would_change(&list, c, style->unicode);
    put_list(out, "What could change it", &list, style);
    tare_buf_free(&list);
}

void tare_view_compare(struct tare_buf *out, const struct tare_compare *c, bool explain,
                       const struct tare_style *style)
{
    struct tare_buf text;
    size_t width = (size_t)(style->width < 84 ? style->width : 84);
    tare_buf_init(&text, NULL, 64 * 1024);
    put_head(out, c, style);
    tare_view_sentence(&text, c, style->unicode);
    tare__wrap(out, tare_buf_str(&text), 2, width - 2);
    tare_buf_reset(&text);
    tare__put_picture(out, c, style);
    put_slices(out, c, style);
    tare__say_spend(&text, c, style->unicode);
    put_list(out, "Spent", &text, style);
    tare_buf_reset(&text);
    tare__say_labels(&text, c, style->unicode);
    put_list(out, "Labels", &text, style);
    tare_buf_reset(&text);
    tare__say_warnings(&text, c);
    put_list(out, "Mind", &text, style);
    tare_buf_free(&text);
    if (explain)
        explain_all(out, c, style);
    put_foot(out, c, style);
}
