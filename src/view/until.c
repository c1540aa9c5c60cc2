#include "view/until.h"

#include <math.h>
#include <stdio.h>

#include "text/width.h"
#include "view/number.h"
#include "view/paint.h"

#include "base/banned.h"

static struct tare_scale scale_of(const struct tare_until_report *r)
{
    const struct tare_interval *ci = &r->ci;
    return tare_scale_of(&r->metric, ci->why ? (double)NAN : (ci->hi - ci->lo) / 2);
}

static void say_verdict(struct tare_buf *out, const struct tare_until_report *r)
{
    static const char *const verb[] = {[TARE_VERDICT_IMPROVED] = " does better than ",
                                       [TARE_VERDICT_REGRESSED] = " does worse than ",
                                       [TARE_VERDICT_EQUIVALENT] = " does as well as "};
    tare_text_safe(out, r->b);
    tare_buf_puts(out, r->end == TARE_UNTIL_DECIDED ? verb[r->state.verdict]
                                                    : " could not be told from ");
    tare_text_safe(out, r->a);
}

static void say_end(struct tare_buf *out, const struct tare_until_report *r)
{
    const struct tare_until_state *s = &r->state;
    if (r->end == TARE_UNTIL_DECIDED)
        tare_buf_printf(out, ": decided after %s of %s tasks in random order",
                        tare_number_count(s->looked).s, tare_number_count(s->n_tasks).s);
    else if (r->end == TARE_UNTIL_EXHAUSTED)
        tare_buf_printf(out, " with all %s tasks played", tare_number_count(s->n_tasks).s);
    else
        tare_buf_printf(out, " when %s, after %s of %s tasks in random order",
                        r->end == TARE_UNTIL_BUDGET ? "the budget was spent" : "it was interrupted",
                        tare_number_count(s->looked).s, tare_number_count(s->n_tasks).s);
}

void tare_view_until_sentence(struct tare_buf *out, const struct tare_until_report *r, bool unicode)
{
    const struct tare_until_state *s = &r->state;
    bool inside = s->verdict == TARE_VERDICT_EQUIVALENT;
    say_verdict(out, r);
    if (inside)
        tare_buf_printf(out, " within %s %s", tare_number_value(s->margin, scale_of(r), unicode).s,
                        tare_scale_diff_unit(&r->metric));
    say_end(out, r);
    tare_buf_printf(out, "; better on %s, worse on %s, alike on %s (%s, valid at every look).",
                    tare_number_count(s->wins).s, tare_number_count(s->losses).s,
                    tare_number_count(s->ties).s,
                    tare_number_p_eq(inside ? s->p_equivalent : s->p, 0, unicode).s);
}

static void put_row(struct tare_buf *out, const struct tare_style *style, const char *name,
                    const char *text)
{
    tare_buf_puts(out, "  ");
    tare__put_cell(out, style, TARE__DIM, tare_str_of(name), 12, false, true);
    tare_buf_puts(out, text);
    tare_buf_putc(out, '\n');
}

static void put_estimate(struct tare_buf *out, const struct tare_until_report *r,
                         const struct tare_style *style)
{
    const struct tare_until_state *s = &r->state;
    struct tare_scale scale = scale_of(r);
    char line[256];
    if (s->used == 0)
        return;
    int n = snprintf(line, sizeof line, "%s %s: from %s to %s",
                     tare_number_diff(s->diff, scale, style->unicode).s,
                     tare_scale_diff_unit(&r->metric),
                     tare_number_value(s->mean_a, scale, style->unicode).s,
                     tare_number_value(s->mean_b, scale, style->unicode).s);
    if (!r->ci.why)
        (void)snprintf(line + n, sizeof line - (size_t)n, "; %.4g %% at every look %s",
                       100 * (1 - s->alpha),
                       tare_number_diff_range(r->ci.lo, r->ci.hi, scale, style->unicode).s);
    put_row(out, style, "difference", line);
}

static void put_saved(struct tare_buf *out, const struct tare_until_report *r,
                      const struct tare_style *style)
{
    char line[256];
    uint64_t left = r->planned > r->played ? r->planned - r->played : 0;
    (void)snprintf(line, sizeof line, "%s of %s attempts played; %s %s (%.0f %%)",
                   tare_number_count(r->played).s, tare_number_count(r->planned).s,
                   tare_number_count(left).s, r->end == TARE_UNTIL_DECIDED ? "not needed" : "left",
                   100.0 * (double)left / (double)r->planned);
    put_row(out, style, r->end == TARE_UNTIL_DECIDED ? "saved" : "played", line);
    if (r->cost_usd > 0 && r->played) {
        double each = r->cost_usd / (double)r->played;
        (void)snprintf(line, sizeof line, "%s spent; about %s for all of it",
                       tare_number_money(r->cost_usd).s,
                       tare_number_money(each * (double)r->planned).s);
        put_row(out, style, "cost", line);
    } else if (isnan(r->cost_usd)) {
        put_row(out, style, "cost", "unknown");
    }
    if (!r->state.n_fixed.why) {
        (void)snprintf(line, sizeof line,
                       "%s tasks would see the margin with 80 %% power, looked at once",
                       tare_number_count((uint64_t)ceil(r->state.n_fixed.v)).s);
        put_row(out, style, "fixed size", line);
    }
    if (r->missing) {
        (void)snprintf(line, sizeof line, "%s attempts failed for a reason outside the solvers",
                       tare_number_count(r->missing).s);
        put_row(out, style, "missing", line);
    }
}

void tare_view_until(struct tare_buf *out, const struct tare_until_report *r,
                     const struct tare_style *style)
{
    enum tare_verdict v = r->state.verdict;
    struct tare_buf text;
    tare_buf_init(&text, NULL, 16384);
    tare_view_until_sentence(&text, r, style->unicode);
    tare__put(out, style, tare__verdict_ink(v, true),
              tare__mark(tare__verdict_mark(v), style->unicode));
    tare_buf_putc(out, ' ');
    tare__put(out, style, TARE__BOLD, tare__verdict_word(v));
    tare_buf_puts(out, "\n\n");
    tare__wrap(out, tare_buf_str(&text), 2, (size_t)style->width);
    tare_buf_putc(out, '\n');
    put_estimate(out, r, style);
    put_saved(out, r, style);
    if (r->state.signs)
        put_row(out, style, "test", "on wins and losses: the metric has no limits");
    tare_buf_free(&text);
}

static void doc_evidence(struct tare_json_writer *w, const struct tare_until_report *r)
{
    const struct tare_until_state *s = &r->state;
    tare_json_member_u64(w, "n_tasks", s->n_tasks);
    tare_json_member_u64(w, "looked", s->looked);
    tare_json_member_u64(w, "used", s->used);
    tare_json_member_u64(w, "wins", s->wins);
    tare_json_member_u64(w, "losses", s->losses);
    tare_json_member_u64(w, "ties", s->ties);
    tare_json_member_f64(w, "mean_a", s->mean_a);
    tare_json_member_f64(w, "mean_b", s->mean_b);
    tare_json_member_f64(w, "estimate", s->diff);
    tare_json_put_key(w, "ci");
    if (r->ci.why) {
        tare_json_put_null(w);
    } else {
        tare_json_begin_array(w);
        tare_json_put_f64(w, r->ci.lo);
        tare_json_put_f64(w, r->ci.hi);
        tare_json_end_array(w);
    }
    tare_json_member_cstr(w, "method",
                          s->signs ? "betting on wins and losses" : "betting on the mean");
    tare_json_member_f64(w, "p", s->p);
    tare_json_member_f64(w, "p_equivalent", s->p_equivalent);
    tare_json_member_f64(w, "alpha", s->alpha);
    tare_json_member_f64(w, "margin", s->margin);
    tare_json_member_f64(w, "n_fixed", s->n_fixed.why ? (double)NAN : ceil(s->n_fixed.v));
}

void tare_doc_until(struct tare_json_writer *w, const struct tare_until_report *r)
{
    static const char *const ends[] = {[TARE_UNTIL_DECIDED] = "decided",
                                       [TARE_UNTIL_EXHAUSTED] = "exhausted",
                                       [TARE_UNTIL_BUDGET] = "budget",
                                       [TARE_UNTIL_INTERRUPTED] = "interrupted"};
    struct tare_buf text;
    tare_buf_init(&text, NULL, 16384);
    tare_view_until_sentence(&text, r, true);
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "verdict", tare_verdict_name(r->state.verdict));
    tare_json_member_cstr(w, "end", ends[r->end]);
    tare_json_member_str(w, "sentence", tare_buf_str(&text));
    tare_json_member_str(w, "a", r->a);
    tare_json_member_str(w, "b", r->b);
    tare_json_member_str(w, "metric", r->metric.name);
    doc_evidence(w, r);
    tare_json_member_str(w, "budget", r->budget);
    tare_json_member_u64(w, "attempts_planned", r->planned);
    tare_json_member_u64(w, "attempts_played", r->played);
    tare_json_member_u64(w, "attempts_missing", r->missing);
    tare_json_member_u64(w, "tokens", r->tokens);
    tare_json_member_f64(w, "cost_usd", r->cost_usd);
    tare_json_end_object(w);
    tare_buf_free(&text);
}
