#include <ctype.h>
#include <math.h>

#include "text/width.h"
#include "view/compare_text.h"
#include "view/paint.h"
#include "view/term.h"

#include "base/banned.h"

/* "On 40 paired tasks (4 attempts each, averaged within task) careful solves 11 that plain does not
 * and loses 3; 26 are alike." */
static void say_counts(struct tare_buf *out, const struct tare_compare *c)
{
    const struct tare_evidence *e = &c->ev;
    if (e->n == 0) {
        tare_text_safe(out, c->b.name);
        tare_buf_puts(out, " and ");
        tare_text_safe(out, c->a.name);
        tare_buf_puts(out, " have no task with a value on both sides.");
        return;
    }
    tare_buf_printf(out, "On %s paired task%s", tare_number_count(e->n).s, e->n == 1 ? "" : "s");
    if (c->a.k > 1 || c->b.k > 1) {
        if (c->a.k == c->b.k)
            tare_buf_printf(out, " (%u attempts each, ", c->a.k);
        else
            tare_buf_printf(out, " (%u and %u attempts, ", c->a.k, c->b.k);
        tare_buf_printf(out, "%s within task)",
                        e->design == TARE_DESIGN_RATIO ? "summed" : "averaged");
    }
    tare_buf_putc(out, ' ');
    tare_text_safe(out, c->b.name);
    if (e->design == TARE_DESIGN_BINARY && c->metric.direction == TARE_HIGHER_BETTER) {
        tare_buf_printf(out, " solves %s that ", tare_number_count(e->wins).s);
        tare_text_safe(out, c->a.name);
        tare_buf_printf(out, " does not and loses %s", tare_number_count(e->losses).s);
    } else {
        tare_buf_printf(out, " does better than ");
        tare_text_safe(out, c->a.name);
        tare_buf_printf(out, " on %s and worse on %s", tare_number_count(e->wins).s,
                        tare_number_count(e->losses).s);
    }
    tare_buf_printf(out, "; %s %s alike.", tare_number_count(e->ties).s,
                    e->ties == 1 ? "is" : "are");
}

static void say_interval(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    const struct tare_evidence *e = &c->ev;
    struct tare_scale s = tare__compare_scale(c);
    double level = 100 * (1 - c->alpha);
    if (e->ci.why) {
        tare_buf_printf(out, "no interval: %s", e->ci.why);
        return;
    }
    tare_buf_printf(out, "%s %.4g %% interval %s", e->ci_method, level,
                    tare_number_diff_range(e->ci.lo, e->ci.hi, s, unicode).s);
    if (!e->boot.why)
        tare_buf_printf(out, ", exact bootstrap %s",
                        tare_number_diff_range(e->boot.lo, e->boot.hi, s, unicode).s);
}

static void say_test(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    if (isnan(c->ev.p)) {
        tare_buf_puts(out, "no test");
        return;
    }
    tare_buf_printf(out, "two-sided %s %s, ", c->ev.p_method,
                    tare_number_p_eq(c->p_adjusted, tare__p_resamples(c), unicode).s);
    if (c->family > 1)
        tare__say_correction(out, c);
    else
        tare_buf_puts(out, "one test");
}

/* "That is +20.0 points (…; …)." The metric is named where it is not the obvious one. */
static void say_estimate(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    struct tare_scale s = tare__compare_scale(c);
    if (isnan(c->ev.diff)) {
        tare_buf_puts(out, c->ev.n ? " There is no estimate: a side has nothing to measure." : "");
        return;
    }
    tare_buf_printf(out, " That is %s%s of ", tare_number_diff(c->ev.diff, s, unicode).s,
                    tare__diff_unit(c).s);
    tare_text_safe(out, c->metric.name);
    if (c->metric.direction == TARE_LOWER_BETTER)
        tare_buf_puts(out, ", less is better");
    tare_buf_puts(out, " (");
    say_interval(out, c, unicode);
    tare_buf_puts(out, "; ");
    say_test(out, c, unicode);
    tare_buf_puts(out, ").");
}

static void say_verdict(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    const char *word = tare__verdict_word(c->out.verdict);
    tare_buf_printf(out, " %c%s on %s", toupper((unsigned char)word[0]), word + 1,
                    tare__about_text(c));
    size_t before = out->n;
    bool reason = c->out.reason != TARE_REASON_NONE;
    tare_buf_puts(out, reason ? ": " : ", ");
    size_t head = out->n;
    tare__say_tag(out, c, unicode);
    if (out->n == head)
        out->n = before;
    if (c->margin_source == TARE_MARGIN_SUITE && c->out.tag)
        tare_buf_puts(out, " of the suite");
    tare_buf_putc(out, '.');
}

/* For what was not shown: what could have been, and what it takes. */
static void say_power(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    bool wanted =
        c->out.verdict == TARE_VERDICT_INCONCLUSIVE || c->out.verdict == TARE_VERDICT_EQUIVALENT;
    struct tare_scale s = tare__compare_scale(c);
    if (wanted && !c->ev.mde.why)
        tare_buf_printf(out, " These tasks could have shown %s%s with %.0f %% power.",
                        tare_number_value(c->ev.mde.v, s, unicode).s, tare__diff_unit(c).s,
                        100 * c->power);
    else if (!c->sequential && c->out.verdict == TARE_VERDICT_INCONCLUSIVE && c->ev.n >= 2 &&
             c->ev.discordance > 0)
        tare_buf_puts(out, " No difference is detectable at this discordance and size.");
    size_t before = out->n;
    if (c->out.verdict != TARE_VERDICT_INCONCLUSIVE)
        return;
    tare_buf_printf(out, " To show %.6g%s takes ", c->margin * s.factor, tare__diff_unit(c).s);
    if (tare__say_size_needed(out, c))
        tare_buf_putc(out, '.');
    else
        out->n = before;
}

/* Lines of `list` joined by "; " as one sentence. */
static void say_list(struct tare_buf *out, const char *head, struct tare_str list)
{
    if (list.n == 0)
        return;
    tare_buf_printf(out, " %s ", head);
    for (size_t i = 0; i + 1 < list.n; i++) {
        if (list.p[i] == '\n')
            tare_buf_puts(out, "; ");
        else
            tare_buf_putc(out, list.p[i]);
    }
    tare_buf_putc(out, '.');
}

static void say_monte_carlo(struct tare_buf *out, const struct tare_compare *c)
{
    if (c->ev.resamples == 0 && c->ev.test_resamples == 0)
        return;
    tare_buf_puts(out, " Monte Carlo: ");
    if (c->ev.resamples)
        tare_buf_printf(out, "%s resamples of the interval, ",
                        tare_number_count(c->ev.resamples).s);
    if (c->ev.test_resamples)
        tare_buf_printf(out, "%s of the test, ", tare_number_count(c->ev.test_resamples).s);
    tare_buf_printf(out, "seed %llu.", (unsigned long long)c->seed);
}

/* What makes looking early honest, and what it leaves out. */
static void say_sequential(struct tare_buf *out, const struct tare_compare *c)
{
    if (!c->sequential)
        return;
    tare_buf_puts(out, " Sequential: valid at every look while tasks come in the suite's order");
    if (c->tasks_open)
        tare_buf_printf(out, "; %u task%s from the first unplayed one on %s not looked at yet",
                        c->tasks_open, c->tasks_open == 1 ? "" : "s",
                        c->tasks_open == 1 ? "is" : "are");
    tare_buf_putc(out, '.');
}

void tare_view_sentence(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    struct tare_buf list;
    tare_buf_init(&list, NULL, 64 * 1024);
    say_counts(out, c);
    say_estimate(out, c, unicode);
    say_verdict(out, c, unicode);
    say_power(out, c, unicode);
    say_sequential(out, c);
    tare__say_exclusions(&list, c);
    say_list(out, "Left out:", tare_buf_str(&list));
    say_monte_carlo(out, c);
    tare_buf_free(&list);
}

static void say_gate(struct tare_buf *out, const struct tare_compare *c, enum tare_gate gate,
                     bool unicode)
{
    struct tare_scale s = tare__compare_scale(c);
    bool passed = tare_gate_passes(gate, c);
    tare_buf_printf(out, "gate %s: %s", tare_gate_name(gate), passed ? "passed" : "not met");
    if (tare_gate_needs_margin(gate) && !c->ev.ci_narrow.why)
        tare_buf_printf(
            out, " (margin %.6g%s from %s; %.4g %% interval %s)", c->margin * s.factor,
            tare__diff_unit(c).s,
            c->margin_source == TARE_MARGIN_SUITE ? "the suite file" : "--margin",
            100 * (1 - 2 * c->alpha),
            tare_number_diff_range(c->ev.ci_narrow.lo, c->ev.ci_narrow.hi, s, unicode).s);
    if (gate != TARE_GATE_FAIL_ON_REGRESSED || c->out.verdict != TARE_VERDICT_INCONCLUSIVE)
        return;
    tare_buf_puts(out, " (weakly: no evidence of harm is not evidence of none");
    if (!c->ev.mde.why)
        tare_buf_printf(out, "; harm below %s%s would mostly go unseen",
                        tare_number_value(c->ev.mde.v, s, unicode).s, tare__diff_unit(c).s);
    tare_buf_putc(out, ')');
}

void tare_view_gate(struct tare_buf *out, const struct tare_compare *c, enum tare_gate gate,
                    const struct tare_style *style)
{
    struct tare_buf text;
    if (gate == TARE_GATE_NONE)
        return;
    tare_buf_init(&text, NULL, 65536);
    say_gate(&text, c, gate, style->unicode);
    tare_buf_putc(out, '\n');
    tare__wrap(out, tare_buf_str(&text), 0, (size_t)style->width);
    tare_buf_free(&text);
}
