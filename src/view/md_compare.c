#include <math.h>
#include <stdio.h>

#include "text/width.h"
#include "view/compare_text.h"
#include "view/paint.h"
#include "view/term.h"

#include "base/banned.h"

/* Outside text inside Markdown: nothing of it is markup, a link or a mention. */
static void put_escaped(struct tare_buf *out, struct tare_str text)
{
    struct tare_buf safe;
    tare_buf_init(&safe, NULL, 64 * 1024);
    tare_text_safe(&safe, text);
    for (size_t i = 0; i < safe.n; i++) {
        char ch = safe.p[i];
        if (ch == '<')
            tare_buf_puts(out, "&lt;");
        else if (ch == '&')
            tare_buf_puts(out, "&amp;");
        else if (ch == '@')
            tare_buf_puts(out, "&#64;");
        else if (strchr("\\`*_{}[]|~#!", ch)) {
            tare_buf_putc(out, '\\');
            tare_buf_putc(out, ch);
        } else
            tare_buf_putc(out, ch);
    }
    tare_buf_free(&safe);
}

static void put_slice(struct tare_buf *out, const struct tare_compare *c,
                      const struct tare_slice *s, struct tare_scale scale)
{
    double gain = s->ev.diff * (double)c->metric.direction;
    enum tare__mark m = gain > 0 ? TARE__MARK_UP : gain < 0 ? TARE__MARK_DOWN : TARE__MARK_DOT;
    tare_buf_puts(out, "| ");
    put_escaped(out, s->value);
    tare_buf_printf(out, " | %s | %s | %s | %s %s | %s |\n", tare_number_count(s->ev.n).s,
                    tare_number_value(s->ev.mean_a, scale, true).s,
                    tare_number_value(s->ev.mean_b, scale, true).s, tare__mark(m, true),
                    tare_number_diff(s->ev.diff, scale, true).s,
                    tare_number_p(s->p_adjusted, s->ev.test_resamples, true).s);
}

static void put_slices(struct tare_buf *out, const struct tare_compare *c)
{
    struct tare_scale scale = tare__compare_scale(c);
    for (uint32_t i = 0; i < c->n_slices; i++) {
        const struct tare_slice *s = &c->slices[i];
        if (i == 0 || !tare_str_eq(s->tag, c->slices[i - 1].tag)) {
            tare_buf_puts(out, "\n| ");
            put_escaped(out, s->tag);
            tare_buf_puts(out, " | tasks | ");
            put_escaped(out, c->a.name);
            tare_buf_puts(out, " | ");
            put_escaped(out, c->b.name);
            tare_buf_puts(out, " | difference | p (Holm) |\n|---|--:|--:|--:|--:|--:|\n");
        }
        put_slice(out, c, s, scale);
    }
}

static void put_notes(struct tare_buf *out, const struct tare_compare *c)
{
    struct tare_buf list;
    tare_buf_init(&list, NULL, 64 * 1024);
    tare__say_spend(&list, c, true);
    tare__say_labels(&list, c, true);
    tare__say_warnings(&list, c);
    for (size_t i = 0; i < list.n; i++) {
        if (i == 0 || list.p[i - 1] == '\n')
            tare_buf_puts(out, i ? "- " : "\n- ");
        tare_buf_putc(out, list.p[i]);
    }
    tare_buf_free(&list);
}

void tare_view_compare_md(struct tare_buf *out, const struct tare_compare *c,
                          struct tare_str command)
{
    struct tare_buf text;
    tare_buf_init(&text, NULL, 64 * 1024);
    tare_buf_printf(out, "### %s %s", tare__mark(tare__verdict_mark(c->out.verdict), true),
                    tare__verdict_word(c->out.verdict));
    tare__say_tag(&text, c, true);
    tare_buf_printf(out, "%s%.*s\n\n**", text.n ? ": " : "", TARE_FMT(tare_buf_str(&text)));
    tare_buf_reset(&text);
    tare_view_sentence(&text, c, true);
    put_escaped(out, tare_buf_str(&text));
    tare_buf_puts(out, "**\n");
    put_slices(out, c);
    put_notes(out, c);
    tare_buf_puts(out, "\n```console\n$ ");
    tare_text_safe(out, command);
    tare_buf_puts(out, "\n```\n");
    tare_buf_free(&text);
}
