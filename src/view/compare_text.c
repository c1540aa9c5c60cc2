#include "view/compare_text.h"
#include "decide/labels.h"

#include <math.h>
#include <stdio.h>

#include "text/width.h"

#include "base/banned.h"

struct tare_scale tare__compare_scale(const struct tare_compare *c)
{
    double half = c->ev.ci.why ? (double)NAN : (c->ev.ci.hi - c->ev.ci.lo) / 2;
    return tare_scale_of(&c->metric, half);
}

struct tare_number tare__diff_unit(const struct tare_compare *c)
{
    const char *unit = tare_scale_diff_unit(&c->metric);
    struct tare_number out = {""};
    (void)snprintf(out.s, sizeof out.s, "%s%s", *unit ? " " : "", unit);
    return out;
}

const char *tare__about_text(const struct tare_compare *c)
{
    return c->about == TARE_ABOUT_THESE_TASKS ? "these very tasks" : "tasks like these";
}

void tare__say_correction(struct tare_buf *out, const struct tare_compare *c)
{
    static const char *const names[] = {[TARE_CORRECT_HOLM] = "Holm over",
                                        [TARE_CORRECT_ROMANO_WOLF] = "Romano-Wolf over",
                                        [TARE_CORRECT_NONE] = "not corrected, one of"};
    tare_buf_printf(out, "%s %u tests", names[c->correct], c->family);
}

uint64_t tare__p_resamples(const struct tare_compare *c)
{
    return c->correct_resamples ? c->correct_resamples : c->ev.test_resamples;
}

const char *tare__design_name(enum tare_design d)
{
    static const char *const names[] = {
        [TARE_DESIGN_BINARY] = "binary",
        [TARE_DESIGN_LATTICE] = "lattice",
        [TARE_DESIGN_REAL] = "real",
        [TARE_DESIGN_RATIO] = "ratio",
    };
    return names[d];
}

/* A margin is written as it was set: "5", "2.5", "0.25". */
static struct tare_number margin_text(const struct tare_compare *c)
{
    struct tare_scale s = tare_scale_of(&c->metric, (double)NAN);
    struct tare_number out;
    (void)snprintf(out.s, sizeof out.s, "%.6g", c->margin * s.factor);
    return out;
}

static const char *margin_kind(const struct tare_compare *c)
{
    return *tare_scale_diff_unit(&c->metric) ? "-point" : "";
}

void tare__say_tag(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    struct tare_number m = margin_text(c);
    (void)unicode;
    switch (c->out.tag) {
    case TARE_TAG_AT_LEAST_MARGIN:
        tare_buf_printf(out, "by at least the %s%s margin", m.s, margin_kind(c));
        break;
    case TARE_TAG_POSSIBLY_BELOW_MARGIN:
        tare_buf_printf(out, "possibly by less than the %s%s margin", m.s, margin_kind(c));
        break;
    case TARE_TAG_NONZERO_BELOW_MARGIN:
        tare_buf_printf(out, "non-zero but below the %s%s margin", m.s, margin_kind(c));
        break;
    default:
        if (c->out.verdict == TARE_VERDICT_EQUIVALENT)
            tare_buf_printf(out, "within the %s%s margin", m.s, margin_kind(c));
        tare_buf_puts(out, tare_reason_text(c->out.reason));
    }
    if (c->margin_post_hoc && c->out.tag != TARE_TAG_NONE)
        tare_buf_puts(out, " (set post hoc)");
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void say_side(struct tare_buf *out, const struct tare_side *s, const char *side)
{
    if (s->tasks_only)
        tare_buf_printf(out, "%s task%s only in %s\n", tare_number_count(s->tasks_only).s,
                        plural(s->tasks_only), side);
    if (s->tasks_missing)
        tare_buf_printf(out, "%s task%s without a score on side %s\n",
                        tare_number_count(s->tasks_missing).s, plural(s->tasks_missing), side);
    if (s->attempts_missing)
        tare_buf_printf(out, "%s attempt%s of %s missing\n",
                        tare_number_count(s->attempts_missing).s, plural(s->attempts_missing),
                        side);
}

void tare__say_exclusions(struct tare_buf *out, const struct tare_compare *c)
{
    say_side(out, &c->a, "A");
    say_side(out, &c->b, "B");
    uint32_t one_side = c->a.tasks_na + c->b.tasks_na - 2 * c->n_na_both;
    if (one_side) {
        tare_buf_printf(out, "%s task%s where ", tare_number_count(one_side).s, plural(one_side));
        tare_text_safe(out, c->metric.name);
        tare_buf_puts(out, " does not arise on one side\n");
    }
    if (c->n_na_both) {
        tare_buf_printf(out, "%s task%s where ", tare_number_count(c->n_na_both).s,
                        plural(c->n_na_both));
        tare_text_safe(out, c->metric.name);
        tare_buf_puts(out, " does not arise on either side\n");
    }
    if (c->tasks_changed)
        tare_buf_printf(out, "%s task%s with other content on each side\n",
                        tare_number_count(c->tasks_changed).s, plural(c->tasks_changed));
    if (c->slices_omitted)
        tare_buf_printf(out, "%u slices beyond the first of a tag are not shown\n",
                        c->slices_omitted);
}

/* Whether the verdict leaves open that the difference is smaller than the margin. */
static bool margin_open(const struct tare_compare *c)
{
    return c->out.tag == TARE_TAG_POSSIBLY_BELOW_MARGIN;
}

bool tare__below_margin(const struct tare_compare *c)
{
    return margin_open(c) && fabs(c->ev.diff) <= c->margin;
}

bool tare__say_size_needed(struct tare_buf *out, const struct tare_compare *c)
{
    const struct tare_value none = tare_no_value("not asked");
    bool open = c->out.verdict == TARE_VERDICT_INCONCLUSIVE;
    struct tare_value n = open ? c->ev.n_for_margin : margin_open(c) ? c->ev.n_beyond_margin : none;
    struct tare_value k = open ? c->ev.k_for_margin : margin_open(c) ? c->ev.k_beyond_margin : none;
    if (n.why && k.why)
        return false;
    tare_buf_printf(out, "about %s %s", tare_number_count((uint64_t)ceil(n.why ? k.v : n.v)).s,
                    n.why ? "attempts a task on each side" : "tasks");
    return true;
}

void tare__say_would_change(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    struct tare_scale s = tare__compare_scale(c);
    struct tare_number unit = tare__diff_unit(c);
    bool open = c->out.verdict == TARE_VERDICT_INCONCLUSIVE;
    if (open && !c->ev.mde.why && c->ev.n >= 2)
        tare_buf_printf(out,
                        "a difference of at least %s%s: these %s tasks show it in 8 of 10 "
                        "cases\n",
                        tare_number_value(c->ev.mde.v, s, unicode).s, unit.s,
                        tare_number_count(c->ev.n).s);
    if (tare__say_size_needed(out, c))
        tare_buf_printf(out, ", to show %s %s%s\n",
                        open ? "a difference of" : "that the difference is at least",
                        margin_text(c).s, unit.s);
    if (tare__below_margin(c))
        tare_buf_printf(out,
                        "another estimate: this one is below the margin of %s%s, and more tasks "
                        "make it surer, not larger\n",
                        margin_text(c).s, unit.s);
    if (open && c->sequential)
        tare_buf_puts(out, "more tasks: every later look counts as much as this one\n");
    else if (open && !(c->margin > 0))
        tare_buf_puts(out, "a margin: without one, equal cannot be said\n");
    if (c->n_dropped || c->a.attempts_missing || c->b.attempts_missing)
        tare_buf_puts(out, "the attempts that are missing\n");
    if (!open && c->ev.wins + c->ev.losses < 10 && c->ev.wins + c->ev.losses > 0)
        tare_buf_printf(out, "few tasks: it rests on %llu that differ\n",
                        (unsigned long long)(c->ev.wins + c->ev.losses));
}

void tare__say_warnings(struct tare_buf *out, const struct tare_compare *c)
{
    if (c->same_run)
        tare_buf_puts(out, "A and B are the same run\n");
    if (!c->same_suite)
        tare_buf_puts(out, "the suites differ: only tasks that are equal on both sides count\n");
    if (!c->same_seed)
        tare_buf_puts(out, "the seeds differ: pairs share their tasks, not their chance\n");
    if (c->ev.few_clusters)
        tare_buf_printf(out, "only %u clusters: the interval is too narrow at that number\n",
                        c->ev.clusters);
    if (c->ev.degenerate)
        tare_buf_puts(out, "every task differs by the same, so the interval has no width: nothing "
                           "is known of how others would differ\n");
    if (c->out.interval_disagrees)
        tare_buf_printf(out, "the interval and the test part: only %llu tasks differ\n",
                        (unsigned long long)(c->ev.wins + c->ev.losses));
    if (c->margin_post_hoc)
        tare_buf_puts(
            out,
            "the margin was set after the results were seen, or is not the suite's (post hoc)\n");
    if (c->ev.undefined)
        tare_buf_printf(out,
                        "%llu task%s have no ratio of their own on a side and count in the "
                        "pool only\n",
                        (unsigned long long)c->ev.undefined, plural(c->ev.undefined));
    for (uint32_t i = 0; c->labels && i < c->labels->n_warnings; i++) {
        tare_text_safe(out, c->labels->warnings[i]);
        tare_buf_putc(out, '\n');
    }
    for (uint32_t i = 0; i < c->n_cautions; i++) {
        tare_text_safe(out, c->cautions[i]);
        tare_buf_putc(out, '\n');
    }
}

static void say_method(struct tare_buf *out, const struct tare_compare *c)
{
    if (c->sequential) {
        tare_buf_puts(out, "looking early: a bet on the leading side is followed task by task in "
                           "the suite's order, and its wealth (the e-value) reaches 1/alpha with "
                           "at most the error allowed, however often one looks; order must not "
                           "depend on results\n");
        return;
    }
    if (c->about == TARE_ABOUT_THESE_TASKS) {
        tare_buf_puts(out, "the tasks are fixed and chance is in the attempts: if nothing changed, "
                           "any way to deal a task's attempts to the two sides is as likely as "
                           "the one seen; the interval comes from how much attempts at one task "
                           "differ\n");
        return;
    }
    switch (c->ev.design) {
    case TARE_DESIGN_BINARY:
        tare_buf_puts(out, "scores are 0 or 1 with one attempt a side: McNemar's test looks at the "
                           "tasks that differ; the interval is Tango's score interval, which keeps "
                           "its level on few tasks\n");
        break;
    case TARE_DESIGN_LATTICE:
        tare_buf_printf(out,
                        "differences are multiples of %.6g: every sign pattern and every "
                        "resample can be counted, so no chance is used\n",
                        c->ev.step);
        break;
    case TARE_DESIGN_REAL:
        tare_buf_puts(out, "scores are real numbers: the test flips signs of differences, the "
                           "interval resamples tasks\n");
        break;
    case TARE_DESIGN_RATIO:
        tare_buf_puts(out, "the metric is a ratio of sums over all attempts: the test swaps the "
                           "sides of tasks under one common ratio, the interval resamples tasks "
                           "with both sums\n");
        break;
    }
}

static void say_margin(struct tare_buf *out, const struct tare_compare *c)
{
    char hex[65] = "";
    if (c->margin_source == TARE_MARGIN_NONE) {
        tare_buf_puts(out, "no margin is known, so nothing can be called equivalent\n");
        return;
    }
    tare_digest_hex(c->margin_suite, hex);
    tare_buf_printf(out, "the margin of %s%s comes from ", margin_text(c).s, tare__diff_unit(c).s);
    if (c->margin_source == TARE_MARGIN_FLAG)
        tare_buf_printf(out, "--margin%s\n",
                        c->margin_post_hoc ? ", after the results: post hoc" : "");
    else
        tare_buf_printf(out, "the suite file (%.8s)\n", hex);
}

void tare__say_explanation(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    tare_buf_printf(out, "pairs are tasks: %s on both sides, %s used, %s dropped\n",
                    tare_number_count(c->n_tasks).s, tare_number_count(c->n_pairs).s,
                    tare_number_count(c->n_dropped).s);
    if (c->a.k > 1 || c->b.k > 1)
        tare_buf_printf(out,
                        "attempts (%u and %u a task) are %s within the task first: more "
                        "attempts are not more tasks\n",
                        c->a.k, c->b.k, c->ev.design == TARE_DESIGN_RATIO ? "summed" : "averaged");
    if (c->ev.clusters) {
        tare_buf_printf(out, "tasks come in %u clusters (", c->ev.clusters);
        tare_text_safe(out, c->cluster);
        tare_buf_puts(out, "): clusters are what is resampled and flipped\n");
    }
    say_method(out, c);
    say_margin(out, c);
    tare_buf_puts(out, c->about == TARE_ABOUT_THESE_TASKS
                           ? "this is about these very tasks: nothing is said of other tasks "
                             "(--about new-tasks does)\n"
                           : "tasks are taken as a sample of tasks to come (--about these-tasks "
                             "asks about these alone)\n");
    tare_buf_printf(out, "the test decides (%s at %g, %u in the family)%s\n",
                    tare_number_p_eq(c->p_adjusted, tare__p_resamples(c), unicode).s, c->alpha,
                    c->family, c->sequential ? "" : "; the interval stands beside it");
    if (c->family > 1) {
        tare_buf_puts(out, "p is corrected for the tests beside it: ");
        tare__say_correction(out, c);
        tare_buf_puts(out, c->correct == TARE_CORRECT_ROMANO_WOLF
                               ? ", all flipped together; intervals are not corrected\n"
                               : "; intervals are not corrected\n");
    }
    if (c->n_slices)
        tare_buf_printf(out,
                        "%u slices are corrected among themselves (Holm); they never decide "
                        "the verdict\n",
                        c->n_slices);
    for (uint32_t i = 0; i < c->n_readings; i++)
        tare_buf_printf(out, "if %s: %s\n", c->readings[i].name,
                        tare_verdict_name(c->readings[i].verdict));
}
