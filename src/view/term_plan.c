#include <math.h>
#include <stdio.h>

#include "text/width.h"
#include "view/curve.h"
#include "view/plan.h"

#include "base/banned.h"

#define NAME_COLUMNS 22

struct page {
    struct tare_buf *out;
    const struct tare_power_plan *plan;
    const struct tare_style *style;
    struct tare_scale scale; /* of effects */
    const char *unit;        /* " points" */
    const char *tasks;       /* "tasks a group" */
};

/* Rates in points; scores as their metric is written, with the digits that a plan supports. */
static void set_scale(struct page *g, const struct tare_power_plan_pilot *pilot)
{
    const struct tare_power_plan *p = g->plan;
    struct tare_metric metric = {.unit = TARE_S("share")};
    if (p->design == TARE_PLAN_MEAN)
        metric = pilot ? pilot->metric : (struct tare_metric){.max = 2};
    double size = !isnan(p->effect) ? fabs(p->effect) : p->mde.why ? 1 : p->mde.v;
    g->scale = tare_scale_of(&metric, size / 10);
    const char *unit = tare_scale_diff_unit(&metric);
    g->unit = tare_str_is(tare_str_of(unit), "points")  ? " points"
              : tare_str_is(tare_str_of(unit), "steps") ? " steps"
                                                        : "";
}

static struct tare_number whole(double x)
{
    return tare_number_count((uint64_t)ceil(x - 1e-9));
}

static struct tare_number percent(double x)
{
    struct tare_number out;
    (void)snprintf(out.s, sizeof out.s, "%.1f %%", 100 * x);
    return out;
}

/* A name and what stands beside it, wrapped; below it where there is no room. */
static void put_line(struct page *g, const char *name, const char *text)
{
    struct tare_buf line;
    bool narrow = g->style->width < 50;
    size_t indent = narrow ? 4 : NAME_COLUMNS + 2, skip = narrow ? 0 : indent;
    tare_buf_init(&line, NULL, 4096);
    tare__wrap(&line, tare_str_of(text), indent, (size_t)g->style->width);
    if (narrow && *name) {
        tare_buf_printf(g->out, "  %s\n", name);
    } else if (!narrow) {
        size_t wide = tare_text_columns(tare_str_of(name));
        tare_buf_printf(g->out, "  %s", name);
        tare__pad(g->out, wide < NAME_COLUMNS ? NAME_COLUMNS - wide : 1);
    }
    if (line.n > skip)
        tare_buf_put(g->out, tare_str_n(line.p + skip, line.n - skip));
    tare_buf_free(&line);
}

static struct tare_number effect_text(const struct page *g, double x)
{
    struct tare_number n = tare_number_diff(x, g->scale, g->style->unicode), out;
    (void)snprintf(out.s, sizeof out.s, "%.24s%.16s", n.s, g->unit);
    return out;
}

/* " with 4 attempts a task"; empty where no number was asked for. */
static struct tare_number with_k(const struct tare_power_plan *p)
{
    struct tare_number out = {0};
    if (!isnan(p->k))
        (void)snprintf(out.s, sizeof out.s, " with %g attempt%s a task", p->k,
                       p->k == 1 ? "" : "s");
    return out;
}

static void put_given(struct page *g, const struct tare_power_plan_pilot *pilot,
                      struct tare_str from)
{
    const struct tare_power_plan *p = g->plan;
    char text[400];
    int n = 0;
    if (p->design == TARE_PLAN_PAIRED)
        n = snprintf(text, sizeof text, "discordance %.3g", p->discordance);
    else if (p->design == TARE_PLAN_MEAN)
        n = snprintf(text, sizeof text, "standard deviation of the differences %.4g%s", p->sd,
                     with_k(p).s);
    else
        n = snprintf(text, sizeof text, "baseline %s", percent(p->baseline).s);
    n += snprintf(text + n, sizeof text - (size_t)n, "; alpha %g two-sided, power %g %%", p->alpha,
                  100 * p->power);
    if (p->deff > 1)
        (void)snprintf(text + n, sizeof text - (size_t)n, "; design effect %.3g", p->deff);
    tare__wrap(g->out, tare_str_of(p->method), 0, (size_t)g->style->width);
    put_line(g, "given", text);
    if (!pilot)
        return;
    (void)snprintf(
        text, sizeof text, "%.*s: %.*s on %s tasks%s%s", (int)(from.n < 120 ? from.n : 120), from.p,
        (int)(pilot->metric.name.n < 80 ? pilot->metric.name.n : 80), pilot->metric.name.p,
        tare_number_count(pilot->n).s, pilot->clusters ? ", in clusters" : "",
        pilot->one_run ? "; one run only: the candidate is taken to agree with it no "
                         "more than by chance, which is cautious"
                       : "");
    put_line(g, "read from", text);
}

static void put_answers(struct page *g)
{
    const struct tare_power_plan *p = g->plan;
    char name[64], text[400];
    if (!isnan(p->effect)) {
        (void)snprintf(name, sizeof name, "to see %s", effect_text(g, p->effect).s);
        (void)snprintf(text, sizeof text, "%s%s%s", p->need.why ? p->need.why : whole(p->need.v).s,
                       p->need.why ? "" : " ", p->need.why ? "" : g->tasks);
        put_line(g, name, text);
    }
    if (!p->paired_need.why) {
        (void)snprintf(text, sizeof text,
                       "%s tasks if the two agree no more than by chance (discordance %.3g); "
                       "fewer if they agree more: --discordance",
                       whole(p->paired_need.v).s, p->chance_discordance);
        put_line(g, "the same on both", text);
    }
    if (isnan(p->n))
        return;
    (void)snprintf(name, sizeof name, "with %s %s", whole(p->n).s,
                   p->design == TARE_PLAN_TWO ? "a group" : "tasks");
    if (!p->power_at_n.why) {
        int n = snprintf(text, sizeof text, "power %s for %s", percent(p->power_at_n.v).s,
                         effect_text(g, p->effect).s);
        if (!p->exact_power.why)
            (void)snprintf(text + n, sizeof text - (size_t)n, " (mid-p test: %s)",
                           percent(p->exact_power.v).s);
        put_line(g, name, text);
        *name = '\0';
    }
    if (p->mde.why)
        (void)snprintf(text, sizeof text, "%s", p->mde.why);
    else
        (void)snprintf(text, sizeof text, "smallest effect seen with %g %% power: %s%s",
                       100 * p->power, tare_number_value(p->mde.v, g->scale, true).s, g->unit);
    put_line(g, name, text);
}

void tare__plan_note(const struct tare_power_plan *p, const struct tare_power_plan_pilot *pilot,
                     char out[TARE__PLAN_NOTE])
{
    *out = '\0';
    if (p->n_attempts == 0)
        return;
    double noise = pilot->sigma2_a + pilot->sigma2_b, all = pilot->omega2 + noise;
    if (!(noise > 0)) {
        (void)snprintf(out, TARE__PLAN_NOTE,
                       "Attempts at one task never differed here, so more of them show nothing%s.",
                       pilot->one_run ? "; a candidate that does differ needs its own run: name "
                                        "two"
                                      : "");
        return;
    }
    (void)snprintf(out, TARE__PLAN_NOTE,
                   "Of the variance of a difference with one attempt a side, %.0f %% lies between "
                   "tasks and %.0f %% between attempts. %s",
                   100 * pilot->omega2 / all, 100 * noise / all,
                   noise > pilot->omega2
                       ? "More attempts help; where new tasks can be had, they help more."
                       : "More tasks help; more attempts hardly do.");
}

/* "$12.40", "1.2 M tokens", "3,872 attempts": what is known of it, the first of these. */
static struct tare_number bill_text(const struct tare_power_plan_bill *b)
{
    struct tare_number out = {0};
    if (isfinite(b->cost_usd) && b->cost_usd > 0)
        return tare_number_money(b->cost_usd);
    if (isfinite(b->tokens) && b->tokens > 0)
        (void)snprintf(out.s, sizeof out.s, "%.16s tok", tare_number_short((uint64_t)b->tokens).s);
    else if (isfinite(b->attempts))
        out = tare_number_count((uint64_t)b->attempts);
    return out;
}

static const char *bill_head(const struct tare_power_plan_bill *b)
{
    return isfinite(b->cost_usd) && b->cost_usd > 0 ? "cost"
           : isfinite(b->tokens) && b->tokens > 0   ? "tokens"
                                                    : "in all";
}

/* More tasks or more attempts? What the needed tasks take, and what the tasks at hand take. */
static void put_attempts(struct page *g, const struct tare_power_plan_pilot *pilot)
{
    const struct tare_power_plan *p = g->plan;
    char text[TARE__PLAN_NOTE];
    if (p->n_attempts == 0)
        return;
    bool need = !isnan(p->effect), wide = g->style->width >= 70;
    tare_buf_printf(g->out, "\n  %-10s", "attempts");
    if (need)
        tare_buf_printf(g->out, "%14s", "tasks needed");
    if (need && wide)
        tare_buf_printf(g->out, "%12s", bill_head(&p->attempts[0].need));
    tare_buf_printf(g->out, "%22s", "smallest effect seen");
    if (wide)
        tare_buf_printf(g->out, "%12s", bill_head(&p->attempts[0].at_n));
    tare_buf_putc(g->out, '\n');
    for (uint32_t i = 0; i < p->n_attempts; i++) {
        const struct tare_power_plan_attempts *row = &p->attempts[i];
        tare_buf_printf(g->out, "%s %-10u", (double)row->k == p->k ? ">" : " ", row->k);
        if (need)
            tare_buf_printf(g->out, "%14s", row->tasks.why ? "" : whole(row->tasks.v).s);
        if (need && wide)
            tare_buf_printf(g->out, "%12s", bill_text(&row->need).s);
        tare_buf_printf(g->out, "%22s", tare_number_value(row->mde.v, g->scale, true).s);
        if (wide)
            tare_buf_printf(g->out, "%12s", bill_text(&row->at_n).s);
        tare_buf_putc(g->out, '\n');
    }
    if (!p->mde_floor.why)
        tare_buf_printf(g->out, "  %-10s%*s\n", "endless", need ? (wide ? 48 : 36) : 22,
                        tare_number_value(p->mde_floor.v, g->scale, true).s);
    tare__plan_note(p, pilot, text);
    tare_buf_putc(g->out, '\n');
    tare__wrap(g->out, tare_str_of(text), 2, (size_t)g->style->width);
}

void tare_view_plan(struct tare_buf *out, const struct tare_power_plan *plan,
                    const struct tare_power_plan_pilot *pilot, struct tare_str from,
                    const struct tare_style *style)
{
    struct page g = {.out = out, .plan = plan, .style = style};
    size_t begin = out->n;
    char title[96];
    g.tasks = plan->design == TARE_PLAN_TWO ? "tasks a group" : "tasks";
    set_scale(&g, pilot);
    put_given(&g, pilot, from);
    put_answers(&g);
    put_attempts(&g, pilot);
    if (plan->curve_of_n)
        (void)snprintf(title, sizeof title, "power for %s", effect_text(&g, plan->effect).s);
    else
        (void)snprintf(title, sizeof title, "power with %s %s", whole(plan->n).s, g.tasks);
    struct tare__curve curve = {.x = plan->x,
                                .y = plan->y,
                                .n = plan->n_points,
                                .level = plan->power,
                                .counts = plan->curve_of_n,
                                .scale = g.scale,
                                .title = title,
                                .x_name = plan->curve_of_n ? g.tasks : "effect"};
    tare__put_curve(out, &curve, style);
    tare__trim_lines(out, begin);
}
