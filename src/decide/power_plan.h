/*
 * Planning a comparison: how many tasks, how small an effect, what chance to see it (statistics
 * sheet, section 8). The formulas are the statistics room's; this picks the design, reads an
 * earlier run, and gathers what belongs together.
 *
 *   TWO     two independent groups of n tasks each, pass or fail: the pooled formula
 *   PAIRED  the same n tasks on both sides, pass or fail: McNemar by discordance
 *   MEAN    the same n tasks on both sides, any score: the differences' standard deviation
 */
#ifndef TARE_DECIDE_POWER_PLAN_H
#define TARE_DECIDE_POWER_PLAN_H

#include "decide/results.h"
#include "stats/stats.h"

#define TARE_PLAN_POINTS 61u  /* of the curve */
#define TARE_PLAN_ATTEMPTS 7u /* rows: six and the one asked for */
#define TARE_PLAN_TRIES_POINTS 31u

enum tare_power_plan_design { TARE_PLAN_TWO = 0, TARE_PLAN_PAIRED, TARE_PLAN_MEAN };

/* What one attempt takes on average, of those that say so; NaN: none says. */
struct tare_power_plan_price {
    double cost_usd, tokens;
};

/* What a plan takes, both sides together; NaN: not known. */
struct tare_power_plan_bill {
    double attempts, cost_usd, tokens;
};

/* What an earlier run says of the comparison to come. */
struct tare_power_plan_pilot {
    enum tare_power_plan_design design; /* PAIRED or MEAN */
    struct tare_metric metric;
    uint64_t n;         /* tasks with a value (on both sides) */
    bool one_run;       /* candidate unknown: taken to agree with it no more than by chance */
    double mean;        /* of the baseline */
    double discordance; /* PAIRED: for planning; else NaN */
    double sd;          /* MEAN: of the differences; else NaN */
    uint32_t clusters;  /* already in sd; 0: none */
    /* Spread of the differences in two parts; why set: not known. */
    const char *why_no_parts;
    double omega2;             /* between tasks: variance of the true difference */
    double sigma2_a, sigma2_b; /* between attempts within a task */
    double k_a, k_b;           /* mean attempts a task behind them */
    struct tare_power_plan_price price_a, price_b; /* of an attempt; one run: b as a */
};

/*
 * Reads run `a` of ra, and run `b` of rb as its counterpart (rb NULL: none). metric and cluster may
 * be empty: the headline, the suite's. Errors as tare_compare; TARE_E_USAGE also where fewer than
 * two tasks have a value.
 */
enum tare_status tare_power_plan_read(const struct tare_results *ra, uint32_t a,
                                      const struct tare_results *rb, uint32_t b,
                                      struct tare_str metric, struct tare_str cluster,
                                      struct tare_arena *arena, struct tare_power_plan_pilot *out,
                                      struct tare_err *err);

struct tare_power_plan_opts {
    size_t size;                               /* sizeof(struct tare_power_plan_opts) */
    const struct tare_power_plan_pilot *pilot; /* NULL: none */
    double baseline;                           /* rate of the baseline; NaN: the pilot's */
    double effect;                             /* candidate less baseline; NaN: not asked for */
    double n;                                  /* tasks (TWO: a group); NaN: the pilot's */
    double discordance;                        /* makes it PAIRED; NaN: the pilot's */
    double sd;                                 /* makes it MEAN; NaN: the pilot's */
    double k;                                  /* attempts a task and side; 0 or NaN: the pilot's */
    double alpha, power;                       /* 0: 0.05, two-sided; 0.80 */
    double cluster_size, icc;                  /* design effect 1 + (size - 1) icc; NaN: 1 */
};

/* With k attempts a task on each side: the same test, its standard deviation
 * sqrt(omega2 + (sigma2_a + sigma2_b) / k). */
struct tare_power_plan_attempts {
    uint32_t k;
    double sd;
    struct tare_value tasks;                /* needed for the effect */
    struct tare_value mde;                  /* with the n tasks */
    struct tare_power_plan_bill need, at_n; /* of those tasks; of the n tasks */
    double power[TARE_PLAN_TRIES_POINTS];   /* at tries_x; as the curve */
};

struct tare_power_plan {
    enum tare_power_plan_design design;
    const char *method;
    double alpha, power;
    double baseline, effect, n, discordance, sd; /* NaN: not known or not asked for */
    double k;                                    /* asked for; NaN: as the pilot's */
    double deff;                                 /* of clusters; 1: none */
    struct tare_value need;                      /* tasks (TWO: a group) for the effect; round up */
    struct tare_value power_at_n;                /* for the effect with n */
    struct tare_value exact_power; /* PAIRED: of the mid-p test that compare uses, exactly */
    struct tare_value mde;         /* smallest effect seen with the asked power, with n */
    /* TWO: the same tasks on both sides, agreeing no more than by chance. */
    double chance_discordance;
    struct tare_value paired_need;
    struct tare_power_plan_attempts attempts[TARE_PLAN_ATTEMPTS];
    uint32_t n_attempts;
    const char *why_no_attempts; /* n_attempts is 0; NULL: nothing was asked that has attempts */
    uint32_t n_tries_points;     /* x of the rows' curves: of all the same */
    double tries_x[TARE_PLAN_TRIES_POINTS];
    struct tare_value mde_floor; /* with endless attempts on the n tasks */
    /* Power against the number of tasks (an effect was given) or against the effect. */
    bool curve_of_n;
    uint32_t n_points;
    double x[TARE_PLAN_POINTS], y[TARE_PLAN_POINTS];
};

/* Power at any size and effect under a plan's design, spread and design effect. */
struct tare_value tare_power_plan_power(const struct tare_power_plan *plan, double n,
                                        double effect);

/* Fails: TARE_E_USAGE (nothing to plan with; a rate or effect outside its range; half of a design
 * effect; k without the variance between attempts), with the remedy. What cannot be reached is
 * unavailable with a reason. */
enum tare_status tare_power_plan(const struct tare_power_plan_opts *opts,
                                 struct tare_power_plan *out, struct tare_err *err);

#endif
