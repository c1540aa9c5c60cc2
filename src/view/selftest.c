#include "view/selftest.h"

#include <math.h>
#include <stdio.h>

#include "view/number.h"
#include "view/paint.h"

#include "base/banned.h"

/* ---- terminal -------------------------------------------------------------------------------- */

/* Columns of the four rates; narrow terminals see them without their error bars. */
static const int wide_columns[] = {14, 13, 14, 13}, narrow_columns[] = {8, 9, 8, 8};

static const int *columns_of(const struct tare_style *style)
{
    return style->width >= 80 ? wide_columns : narrow_columns;
}

static void put_rate(struct tare_buf *out, const struct tare_selftest_rate *r, int columns,
                     const struct tare_style *style)
{
    char text[80];
    int n = snprintf(text, sizeof text, "%4.1f", 100 * r->rate);
    if (style->width >= 80)
        n += snprintf(text + n, sizeof text - (size_t)n, " +-%.1f", 50 * (r->hi - r->lo));
    if (r->state == TARE_SELFTEST_OFF)
        n += snprintf(text + n, sizeof text - (size_t)n, " !");
    else if (r->state == TARE_SELFTEST_NO_PROMISE)
        n += snprintf(text + n, sizeof text - (size_t)n, " *");
    tare__put(out, style, r->state == TARE_SELFTEST_OFF ? TARE__WARN : TARE__PLAIN, text);
    tare__pad(out, n < columns ? (size_t)(columns - n) : 1);
}

static void put_row(struct tare_buf *out, const struct tare_selftest_row *r,
                    const struct tare_style *style)
{
    char size[32];
    size_t from = out->n;
    const int *columns = columns_of(style);
    (void)snprintf(size, sizeof size, r->attempts > 1 ? "%ux%u" : "%u", r->tasks, r->attempts);
    tare_buf_printf(out, "  %-12s %4s ", r->name, size);
    put_rate(out, &r->false_verdicts, columns[0], style);
    put_rate(out, &r->false_margin, columns[1], style);
    put_rate(out, &r->coverage, columns[2], style);
    put_rate(out, &r->power, columns[3], style);
    if (!isnan(r->power.promise))
        tare_buf_printf(out, "%4.1f", 100 * r->power.promise);
    tare_buf_putc(out, '\n');
    tare__trim_lines(out, from);
}

static void put_head(struct tare_buf *out, const struct tare_selftest *s,
                     const struct tare_style *style)
{
    char text[200];
    bool wide = style->width >= 80;
    const int *columns = columns_of(style);
    (void)snprintf(text, sizeof text,
                   "%s comparisons of known truth an arm, seed %llu; rates in %%%s",
                   tare_number_count(s->replicates).s, (unsigned long long)s->seed,
                   wide ? " with their 95 % error bars" : "");
    tare__wrap(out, tare_str_of(text), 0, (size_t)style->width);
    (void)snprintf(text, sizeof text, "%19s %-*s%-*s%-*s%-*s%s", "tasks", columns[0],
                   wide ? "false verdict" : "false", columns[1], wide ? "with margin" : "margin",
                   columns[2], "covers", columns[3], "power", "plan");
    tare_buf_putc(out, '\n');
    tare__put(out, style, TARE__DIM, text);
    tare_buf_putc(out, '\n');
}

void tare_view_selftest(struct tare_buf *out, const struct tare_selftest *s,
                        const struct tare_style *style)
{
    char text[600];
    put_head(out, s, style);
    for (uint32_t i = 0; i < s->n_rows; i++)
        put_row(out, &s->rows[i], style);
    (void)snprintf(
        text, sizeof text,
        "Nominal: at most 5 %% false verdicts (mid-p McNemar: 5.15 %%), with a margin too "
        "(\"equivalent\" or \"not worse\" of one worse by the margin), 95 %% coverage. "
        "* nothing is promised there: see docs/concepts/statistics.md. ! off: the "
        "promise lies outside the rate's 99.9 %% error bar.");
    tare_buf_putc(out, '\n');
    tare__wrap(out, tare_str_of(text), 0, (size_t)style->width);
    tare_buf_putc(out, '\n');
    if (s->n_off == 0)
        tare_buf_puts(out, "The scale keeps its promises.\n");
    else
        tare_buf_printf(out, "%u rate%s off.\n", s->n_off, s->n_off == 1 ? " is" : "s are");
}

/* ---- document -------------------------------------------------------------------------------- */

static void doc_rate(struct tare_json_writer *w, const char *key,
                     const struct tare_selftest_rate *r)
{
    static const char *const states[] = {[TARE_SELFTEST_HOLDS] = "holds",
                                         [TARE_SELFTEST_NO_PROMISE] = "no-promise",
                                         [TARE_SELFTEST_OFF] = "off"};
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    tare_json_put_key(w, "count");
    tare_json_put_u64(w, r->k);
    tare_json_put_key(w, "of");
    tare_json_put_u64(w, r->n);
    tare_json_member_f64(w, "rate", r->rate);
    tare_json_member_f64(w, "low", r->lo);
    tare_json_member_f64(w, "high", r->hi);
    tare_json_member_f64(w, "promise", r->promise);
    tare_json_member_f64(w, "slack", r->slack);
    tare_json_put_key(w, "state");
    tare_json_put_cstr(w, states[r->state]);
    tare_json_end_object(w);
}

static void doc_row(struct tare_json_writer *w, const struct tare_selftest_row *r)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "process");
    tare_json_put_cstr(w, r->name);
    tare_json_put_key(w, "about");
    tare_json_put_cstr(w, r->about);
    tare_json_put_key(w, "tasks");
    tare_json_put_u64(w, r->tasks);
    tare_json_put_key(w, "attempts");
    tare_json_put_u64(w, r->attempts);
    tare_json_put_key(w, "test");
    tare_json_put_cstr(w, r->p_method);
    tare_json_put_key(w, "interval");
    tare_json_put_cstr(w, r->ci_method);
    tare_json_member_f64(w, "effect", r->effect);
    doc_rate(w, "false_verdicts", &r->false_verdicts);
    doc_rate(w, "false_with_margin", &r->false_margin);
    doc_rate(w, "coverage", &r->coverage);
    doc_rate(w, "power", &r->power);
    tare_json_put_key(w, "without_interval");
    tare_json_put_u64(w, r->no_interval);
    tare_json_end_object(w);
}

void tare_doc_selftest(struct tare_json_writer *w, const struct tare_selftest *s,
                       const struct tare_selftest_until *until)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "schema");
    tare_json_put_cstr(w, "tare.selftest/1");
    tare_json_put_key(w, "seed");
    tare_json_put_u64(w, s->seed);
    tare_json_put_key(w, "replicates");
    tare_json_put_u64(w, s->replicates);
    tare_json_member_f64(w, "alpha", s->alpha);
    tare_json_put_key(w, "off");
    tare_json_put_u64(w, s->n_off + until->n_off);
    tare_json_put_key(w, "processes");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < s->n_rows; i++)
        doc_row(w, &s->rows[i]);
    tare_json_end_array(w);
    tare_json_put_key(w, "until");
    tare_doc_selftest_until(w, until);
    tare_json_end_object(w);
}
