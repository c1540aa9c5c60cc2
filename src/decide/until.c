/*
 * See until.h. Differences are turned so that larger is better for B, and rescaled to [0, 1] for
 * the bets: half is "alike".
 */
#include "decide/until.h"

#include <float.h>

#include "base/rng.h"
#include "stats/betting.h"
#include "stats/power.h"
#include "stats/sample.h"
#include "stats/sequential.h"

#include "base/banned.h"

#define LOG_TWO 0.69314718055994530942

struct cell {
    double sum;
    uint32_t n_seen, n_ok;
};

struct tare_until {
    struct tare_until_opts o;
    double range;        /* of one side; infinite: signs */
    struct cell *cell;   /* n_tasks * 2 */
    double *unit;        /* used differences in [0, 1] */
    double *diff;        /* used differences, B minus A */
    double sum_a, sum_b; /* over used tasks */
    uint32_t looked, used, wins, losses;
    struct tare_bets better, worse, below, above;           /* below, above: inside the margin */
    double most_better, most_worse, most_below, most_above; /* largest log e so far */
    enum tare_verdict verdict;
};

void tare_until_order(uint64_t seed, uint32_t *order, uint32_t n)
{
    struct tare_rng rng;
    tare_rng_init(&rng, seed, TARE_S("task order"), 0);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = tare_rng_below(&rng, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

static enum tare_status refuse(struct tare_err *err, const char *what, const char *remedy)
{
    (void)tare_fail(err, TARE_E_USAGE, "--until decided has no test for %s", what);
    tare_err_hint(err, "%s", remedy);
    return TARE_E_USAGE;
}

static enum tare_status check(const struct tare_until_opts *o, struct tare_err *err)
{
    const struct tare_metric *m = o->metric;
    double range = m->max - m->min;
    if (m->aggregation == TARE_AGG_RATIO_OF_SUMS)
        return refuse(err, "a ratio of sums",
                      "choose a metric with a value for each attempt with --metric");
    if (m->direction == TARE_NO_DIRECTION)
        return refuse(err, "a metric of which neither more nor less is better",
                      "choose another with --metric");
    if (o->margin == 0)
        return TARE_OK;
    if (!isfinite(range))
        return refuse(err, "a margin on a metric without limits",
                      "leave out --margin, or choose a metric between two limits with --metric");
    if (!(o->margin > 0) || !(o->margin < range)) {
        (void)tare_fail(err, TARE_E_USAGE,
                        "a margin of %g is not between 0 and %g, the range of "
                        "'%.*s'",
                        o->margin, range, TARE_FMT(m->name));
        tare_err_hint(err, "the margin is in the metric's own unit: 0.03 for 3 points of a share");
        return TARE_E_USAGE;
    }
    return TARE_OK;
}

enum tare_status tare_until_open(const struct tare_until_opts *opts, struct tare_arena *arena,
                                 struct tare_until **out, struct tare_err *err)
{
    enum tare_status st = check(opts, err);
    if (st)
        return st;
    struct tare_until *u = TARE_NEW(arena, struct tare_until);
    size_t n = opts->n_tasks;
    if (u) {
        u->o = *opts;
        u->o.alpha = opts->alpha > 0 ? opts->alpha : 0.05;
        u->range = opts->metric->max - opts->metric->min;
        u->verdict = TARE_VERDICT_INCONCLUSIVE;
        u->cell = TARE_NEW_N(arena, struct cell, n * 2);
        u->unit = TARE_NEW_N(arena, double, n);
        u->diff = TARE_NEW_N(arena, double, n);
    }
    if (!u || !u->cell || !u->unit || !u->diff)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to watch the run");
    for (size_t i = 0; i < n * 2; i++)
        u->cell[i] = (struct cell){0};
    *out = u;
    return TARE_OK;
}

static void decide(struct tare_until *u)
{
    double needed = -log(u->o.alpha);
    if (u->most_better - LOG_TWO >= needed)
        u->verdict = TARE_VERDICT_IMPROVED;
    else if (u->most_worse - LOG_TWO >= needed)
        u->verdict = TARE_VERDICT_REGRESSED;
    else if (u->o.margin > 0 && fmin(u->most_below, u->most_above) >= needed)
        u->verdict = TARE_VERDICT_EQUIVALENT;
}

static double bet(struct tare_bets *b, double unit, double mu0, double most)
{
    tare_bets_see(b, unit, mu0);
    return fmax(most, tare_bets_log_e(b));
}

/* One more task with a value on both sides. */
static void use(struct tare_until *u, double a, double b)
{
    double d = (b - a) * (double)u->o.metric->direction;
    bool signs = !isfinite(u->range);
    double unit = signs ? (d > 0) * 0.5 + (d >= 0) * 0.5 : (d / u->range + 1) / 2;
    u->sum_a += a;
    u->sum_b += b;
    u->wins += d > 0;
    u->losses += d < 0;
    u->unit[u->used] = unit;
    u->diff[u->used++] = b - a;
    u->most_better = bet(&u->better, unit, 0.5, u->most_better);
    u->most_worse = bet(&u->worse, 1 - unit, 0.5, u->most_worse);
    if (u->o.margin > 0) {
        double m = u->o.margin / u->range / 2;
        u->most_above = bet(&u->above, unit, 0.5 - m, u->most_above);
        u->most_below = bet(&u->below, 1 - unit, 0.5 - m, u->most_below);
    }
    decide(u);
}

/* Looks at tasks in order as far as they are complete. */
static void look(struct tare_until *u)
{
    while (u->looked < u->o.n_tasks && u->verdict == TARE_VERDICT_INCONCLUSIVE) {
        uint32_t task = u->o.order ? u->o.order[u->looked] : u->looked;
        const struct cell *a = &u->cell[task * 2], *b = a + 1;
        if (a->n_seen < u->o.k || b->n_seen < u->o.k)
            return;
        u->looked++;
        if (a->n_ok && b->n_ok)
            use(u, a->sum / a->n_ok, b->sum / b->n_ok);
    }
}

enum tare_status tare_until_feed(struct tare_until *u, unsigned side, uint32_t task,
                                 enum tare_score_state state, double value, struct tare_err *err)
{
    const struct tare_metric *m = u->o.metric;
    if (state == TARE_SCORE_OK && !(value >= m->min && value <= m->max))
        return tare_fail(err, TARE_E_INPUT, "a value of '%.*s' is outside %g to %g: %g",
                         TARE_FMT(m->name), m->min, m->max, value);
    if (task >= u->o.n_tasks || u->verdict != TARE_VERDICT_INCONCLUSIVE)
        return TARE_OK;
    struct cell *c = &u->cell[task * 2 + (side != TARE_UNTIL_A)];
    c->n_seen++;
    if (state == TARE_SCORE_OK) {
        c->sum += value;
        c->n_ok++;
    }
    look(u);
    return TARE_OK;
}

bool tare_until_decided(const struct tare_until *u)
{
    return u->verdict != TARE_VERDICT_INCONCLUSIVE;
}

struct tare_interval tare_until_interval(const struct tare_until *u)
{
    if (!isfinite(u->range))
        return tare_no_interval("the metric has no limits: wins and losses only");
    struct tare_interval unit = tare_cs_mean_betting(u->unit, u->used, u->o.alpha);
    if (unit.why)
        return unit;
    double lo = (2 * unit.lo - 1) * u->range, hi = (2 * unit.hi - 1) * u->range;
    return u->o.metric->direction < 0 ? tare_interval(-hi, -lo) : tare_interval(lo, hi);
}

void tare_until_state(const struct tare_until *u, struct tare_until_state *out)
{
    double n = u->used;
    double most = fmax(u->most_better, u->most_worse) - LOG_TWO;
    *out = (struct tare_until_state){
        .verdict = u->verdict,
        .signs = !isfinite(u->range),
        .n_tasks = u->o.n_tasks,
        .looked = u->looked,
        .used = u->used,
        .wins = u->wins,
        .losses = u->losses,
        .ties = u->used - u->wins - u->losses,
        .mean_a = u->used ? u->sum_a / n : (double)NAN,
        .mean_b = u->used ? u->sum_b / n : (double)NAN,
        .diff = u->used ? (u->sum_b - u->sum_a) / n : (double)NAN,
        .sd = u->used > 1 ? tare_sd(u->diff, u->used, 1) : (double)NAN,
        .p = fmax(tare_p_anytime(fmax(most, 0)), DBL_MIN),
        .p_equivalent = (double)NAN,
        .alpha = u->o.alpha,
        .margin = u->o.margin > 0 ? u->o.margin : (double)NAN,
    };
    out->n_fixed = tare_no_value("no margin was given");
    if (u->o.margin > 0) {
        double inside = fmin(u->most_below, u->most_above);
        out->p_equivalent = fmax(tare_p_anytime(fmax(inside, 0)), DBL_MIN);
        out->n_fixed = out->sd > 0 ? tare_size_mean_t(out->sd, u->o.margin, u->o.alpha, 0.8)
                                   : tare_no_value("the differences do not vary");
    }
}
