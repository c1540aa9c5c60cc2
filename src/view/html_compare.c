/* A comparison: verdict, sentence, the interval as SVG, slices, what to know besides. */
#include <math.h>

#include "view/compare_text.h"
#include "view/html.h"
#include "view/paint.h"
#include "view/term.h"

#include "base/banned.h"

static const char *verdict_class(enum tare_verdict v)
{
    switch (v) {
    case TARE_VERDICT_IMPROVED:
        return "up";
    case TARE_VERDICT_REGRESSED:
        return "down";
    case TARE_VERDICT_EQUIVALENT:
        return "same";
    default:
        return "open";
    }
}

/* Lines of text, each an item. */
static void put_lines(struct tare_buf *out, const char *title, const struct tare_buf *lines)
{
    if (lines->n == 0)
        return;
    tare_buf_printf(out, "<h2>%s</h2>\n<ul>", title);
    for (size_t from = 0; from < lines->n;) {
        const char *end = memchr(lines->p + from, '\n', lines->n - from);
        size_t stop = end ? (size_t)(end - lines->p) : lines->n;
        tare_buf_puts(out, "<li>");
        tare__html_text(out, tare_str_n(lines->p + from, stop - from));
        tare_buf_puts(out, "</li>\n");
        from = stop + 1;
    }
    tare_buf_puts(out, "</ul>\n");
}

struct axis {
    double lo, hi;
};

static double at(const struct axis *x, double v)
{
    return fmin(100, fmax(0, 100 * (v - x->lo) / (x->hi - x->lo)));
}

static struct axis axis_of(const struct tare_compare *c)
{
    double lo = fmin(0, c->ev.ci.lo), hi = fmax(0, c->ev.ci.hi), reach = fmax(-lo, hi);
    if (c->margin > 0 && c->margin <= 3 * reach) {
        lo = fmin(lo, -c->margin);
        hi = fmax(hi, c->margin);
    }
    double room = (hi - lo) * 0.15;
    return (struct axis){lo - room, hi + room};
}

static void put_number_at(struct tare_buf *out, const struct axis *x, double v, struct tare_scale s,
                          const char *anchor)
{
    tare_buf_printf(out, "<text x=\"%.3f%%\" y=\"66\" text-anchor=\"%s\">%s</text>", at(x, v),
                    anchor, tare_number_diff(v, s, true).s);
}

static void put_picture(struct tare_buf *out, const struct tare_compare *c)
{
    struct tare_scale s = tare__compare_scale(c);
    struct axis x = axis_of(c);
    if (c->ev.ci.why || isnan(c->ev.diff) || !(x.hi > x.lo))
        return;
    tare_buf_puts(out, "<figure><svg class=\"tall\" role=\"img\" aria-label=\"difference ");
    tare_buf_puts(out, tare_number_diff(c->ev.diff, s, true).s);
    tare_buf_printf(out, ", interval %s\">",
                    tare_number_diff_range(c->ev.ci.lo, c->ev.ci.hi, s, true).s);
    if (c->margin > 0)
        tare_buf_printf(out,
                        "<rect class=\"band\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"4\" "
                        "height=\"44\"/>",
                        at(&x, -c->margin), at(&x, c->margin) - at(&x, -c->margin));
    tare_buf_printf(out, "<line class=\"axis\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"0\" y2=\"52\"/>",
                    at(&x, 0), at(&x, 0));
    tare_buf_printf(out,
                    "<line class=\"whisker\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"26\" y2=\"26\"/>"
                    "<circle class=\"dot\" cx=\"%.3f%%\" cy=\"26\" r=\"5\"/>",
                    at(&x, c->ev.ci.lo), at(&x, c->ev.ci.hi), at(&x, c->ev.diff));
    put_number_at(out, &x, c->ev.ci.lo, s, "middle");
    put_number_at(out, &x, c->ev.ci.hi, s, "middle");
    tare_buf_puts(out, "</svg><figcaption class=\"note\">");
    tare__html_text(out, tare_str_of(c->ev.ci_method));
    tare_buf_printf(out,
                    ", %.4g %%, %s tasks; the thin line is no difference%s</figcaption>"
                    "</figure>\n",
                    100 * (1 - c->alpha), tare_number_count(c->ev.n).s,
                    c->margin > 0 ? ", the grey band the margin" : "");
}

static void put_slice(struct tare_buf *out, const struct tare_compare *c, uint32_t i)
{
    const struct tare_slice *v = &c->slices[i];
    struct tare_scale s = tare__compare_scale(c);
    double gain = v->ev.diff * (double)c->metric.direction;
    const char *mark = gain > 0 ? "▲" : gain < 0 ? "▼" : "·";
    tare_buf_puts(out, "<tr><td class=\"w\">");
    tare__html_text(out, v->value);
    tare_buf_printf(out, "</td><td data-v=\"by.%u.n\">%s</td><td data-v=\"by.%u.a\">%s</td>", i,
                    tare_number_count(v->ev.n).s, i, tare_number_value(v->ev.mean_a, s, true).s);
    tare_buf_printf(out, "<td data-v=\"by.%u.b\">%s</td><td data-v=\"by.%u.estimate\">", i,
                    tare_number_value(v->ev.mean_b, s, true).s, i);
    tare_buf_printf(out,
                    "<span class=\"%s\">%s</span> %s</td><td data-v=\"by.%u.p\">%s</td></tr>\n",
                    gain > 0   ? "up"
                    : gain < 0 ? "down"
                               : "",
                    mark, tare_number_diff(v->ev.diff, s, true).s, i,
                    tare_number_p(v->p_adjusted, v->ev.test_resamples, true).s);
}

static void put_slices(struct tare_buf *out, const struct tare_compare *c)
{
    for (uint32_t i = 0; i < c->n_slices; i++) {
        if (i == 0 || !tare_str_eq(c->slices[i].tag, c->slices[i - 1].tag)) {
            tare_buf_puts(out, i ? "</tbody></table></div>\n<h2>By " : "<h2>By ");
            tare__html_text(out, c->slices[i].tag);
            tare_buf_puts(out, "</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                               "aria-label=\"by ");
            tare__html_text(out, c->slices[i].tag);
            tare_buf_puts(out, "\"><table><thead><tr><th class=\"w\">");
            tare__html_text(out, c->slices[i].tag);
            tare_buf_puts(out, "</th><th>tasks</th><th>");
            tare__html_text(out, c->a.name);
            tare_buf_puts(out, "</th><th>");
            tare__html_text(out, c->b.name);
            tare_buf_puts(out, "</th><th>difference</th><th>p (Holm)</th></tr></thead><tbody>\n");
        }
        put_slice(out, c, i);
    }
    if (c->n_slices)
        tare_buf_puts(out, "</tbody></table></div>\n");
}

void tare__html_compare(struct tare_buf *out, const struct tare_compare *c)
{
    struct tare_buf text;
    tare_buf_init(&text, NULL, 256 * 1024);
    tare_buf_printf(out,
                    "<section><h1><span class=\"%s\">%s</span> <span data-v=\"verdict\">%s"
                    "</span></h1>\n",
                    verdict_class(c->out.verdict),
                    tare__mark(tare__verdict_mark(c->out.verdict), true),
                    tare__verdict_word(c->out.verdict));
    tare__say_tag(&text, c, true);
    if (text.n) {
        tare_buf_puts(out, "<p>");
        tare__html_text(out, tare_buf_str(&text));
        tare_buf_puts(out, "</p>\n");
    }
    tare_buf_reset(&text);
    tare_view_sentence(&text, c, true);
    tare_buf_puts(out, "<p class=\"lead\" data-v=\"sentence\">");
    tare__html_text(out, tare_buf_str(&text));
    tare_buf_puts(out, "</p>\n");
    put_picture(out, c);
    put_slices(out, c);
    tare_buf_reset(&text);
    tare__say_exclusions(&text, c);
    put_lines(out, "Left out", &text);
    tare_buf_reset(&text);
    tare__say_would_change(&text, c, true);
    put_lines(out, "What would change this", &text);
    tare_buf_reset(&text);
    tare__say_warnings(&text, c);
    put_lines(out, "To know besides", &text);
    tare_buf_puts(out, "</section>\n");
    tare_buf_free(&text);
}
