/*
 * Plans against the printed numbers of the statistics sheet (section 8) and against runs with a
 * known spread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "base/rng.h"
#include "decide/power_plan.h"
#include "maker.h"
#include "stats/power.h"
#include "stats/special.h"

static struct tare_power_plan_opts nothing(void)
{
    double nan = (double)NAN;
    return (struct tare_power_plan_opts){.size = sizeof(struct tare_power_plan_opts),
                                         .baseline = nan,
                                         .effect = nan,
                                         .n = nan,
                                         .discordance = nan,
                                         .sd = nan,
                                         .cluster_size = nan,
                                         .icc = nan};
}

static struct tare_power_plan plan(const struct tare_power_plan_opts *o)
{
    struct tare_power_plan p;
    struct tare_err err = {0};
    if (tare_power_plan(o, &p, &err))
        fail_msg("%s", err.text);
    return p;
}

static void printed_two_groups(void **state)
{
    static const struct {
        double effect, need, power;
    } rows[] = {{.03, 3226, 10.83}, {.05, 1128, 23.09}, {.08, 420, 51.88}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct tare_power_plan_opts o = nothing();
        o.baseline = .74;
        o.n = 216;
        o.effect = rows[i].effect;
        struct tare_power_plan p = plan(&o);
        assert_int_equal(p.design, TARE_PLAN_TWO);
        assert_near(ceil(p.need.v), rows[i].need, 0);
        assert_near(100 * p.power_at_n.v, rows[i].power, 0.005);
        assert_near(100 * p.mde.v, 10.867, 0.0005);
    }
}

static void printed_paired(void **state)
{
    static const double psi[] = {.05, .10, .15, .20, .25, .30, .385, .50},
                        mde[] = {4.24, 6.00, 7.34, 8.48, 9.48, 10.38, 11.76, 13.41};
    (void)state;
    struct tare_power_plan_opts o = nothing();
    o.n = 216;
    for (size_t i = 0; i < 8; i++) {
        o.discordance = psi[i];
        assert_near(100 * plan(&o).mde.v, mde[i], 0.0051);
    }
    o.discordance = .2;
    o.effect = .05;
    assert_near(ceil(plan(&o).need.v), 626, 0);
    o.effect = (double)NAN;
    o.n = 48;
    o.discordance = .15;
    assert_non_null(plan(&o).mde.why);
}

/* What was found is what was asked for: power at the size and at the effect found. */
static void round_trip(void **state)
{
    (void)state;
    struct tare_power_plan_opts o = nothing();
    o.n = 90;
    o.effect = .12;
    for (int i = 0; i < 4; i++) {
        o.baseline = i < 1 ? .3 : (double)NAN;
        o.discordance = i == 1 ? .3 : (double)NAN;
        o.sd = i > 1 ? .5 : (double)NAN;
        o.cluster_size = i == 3 ? 5 : (double)NAN;
        o.icc = i == 3 ? .25 : (double)NAN;
        struct tare_power_plan p = plan(&o);
        assert_near(p.deff, i == 3 ? 2 : 1, 1e-15);
        assert_near(tare_power_plan_power(&p, p.need.v, o.effect).v, .8, 1e-6);
        assert_near(tare_power_plan_power(&p, p.n, p.mde.v).v, .8, 1e-6);
        assert_true(p.n_points > 50);
        for (uint32_t k = 1; k < p.n_points; k++)
            assert_true(p.y[k] >= p.y[k - 1] - 1e-12);
    }
}

/* A baseline of 0 or 1 does not vary, what it is compared with does. */
static void ends_of_the_scale(void **state)
{
    (void)state;
    struct tare_power_plan_opts o = nothing();
    o.n = 20;
    for (int end = 0; end < 2; end++) {
        o.baseline = end;
        o.effect = end ? -.1 : .1;
        struct tare_power_plan p = plan(&o);
        assert_null(p.mde.why);
        assert_true(p.mde.v > .1 && p.mde.v < .5);
        assert_near(tare_power_plan_power(&p, 20, end ? -p.mde.v : p.mde.v).v, .8, 1e-6);
    }
}

static void refused(void **state)
{
    (void)state;
    struct tare_power_plan p;
    struct tare_err err = {0};
    struct tare_power_plan_opts o = nothing();
    assert_int_equal(tare_power_plan(&o, &p, &err), TARE_E_USAGE);
    o.baseline = .9;
    assert_int_equal(tare_power_plan(&o, &p, &err), TARE_E_USAGE);
    o.effect = .2;
    assert_int_equal(tare_power_plan(&o, &p, &err), TARE_E_USAGE);
    o.effect = 0;
    assert_int_equal(tare_power_plan(&o, &p, &err), TARE_E_USAGE);
    o.effect = .05;
    o.icc = .2;
    assert_int_equal(tare_power_plan(&o, &p, &err), TARE_E_USAGE);
    o.icc = (double)NAN;
    o.discordance = .01;
    assert_int_equal(tare_power_plan(&o, &p, &err), TARE_E_USAGE);
    o.discordance = .1;
    o.sd = 1;
    assert_int_equal(tare_power_plan(&o, &p, &err), TARE_E_USAGE);
}

static void read_from_runs(void **state)
{
    struct made m;
    struct tare_err err = {0};
    struct tare_power_plan_pilot pilot;
    made_table(&m, *state, 3, 1, 2, 16);
    assert_int_equal(tare_power_plan_read(&m.results, 0, &m.results, 1, (struct tare_str){0},
                                          (struct tare_str){0}, *state, &pilot, &err),
                     TARE_OK);
    assert_int_equal(pilot.design, TARE_PLAN_PAIRED);
    assert_near(pilot.discordance, 4.0 / 24, 1e-15); /* (b + c + 1) / (n + 2) */
    assert_non_null(pilot.why_no_parts);
    assert_int_equal(tare_power_plan_read(&m.results, 0, NULL, 0, (struct tare_str){0},
                                          (struct tare_str){0}, *state, &pilot, &err),
                     TARE_OK);
    assert_true(pilot.one_run);
    assert_near(pilot.discordance, 2 * (4.0 / 22) * (18.0 / 22), 1e-15); /* 2 p q */
    made_table(&m, *state, 1, 0, 0, 0);
    assert_int_equal(tare_power_plan_read(&m.results, 0, &m.results, 1, (struct tare_str){0},
                                          (struct tare_str){0}, *state, &pilot, &err),
                     TARE_E_USAGE);
}

/* Attempts 0 and 2 around a task's mean: variance within 2; candidate 1 or 9 more by turns: the
 * differences have variance 16 * 40/39, of which 1 + 1 is noise of two means. */
static void parts_add_up(void **state)
{
    struct made m;
    struct tare_err err = {0};
    struct tare_power_plan_pilot pilot;
    double a[80], b[80];
    for (size_t i = 0; i < 80; i++) {
        a[i] = (double)(i % 2 * 2);
        b[i] = a[i] + (i / 2 % 2 ? 9 : 1);
    }
    made_init(&m, *state, made_points("x"), 40, 2);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    assert_int_equal(tare_power_plan_read(&m.results, 0, &m.results, 1, (struct tare_str){0},
                                          (struct tare_str){0}, *state, &pilot, &err),
                     TARE_OK);
    assert_null(pilot.why_no_parts);
    assert_near(pilot.sd * pilot.sd, 16 * 40.0 / 39, 1e-9);
    assert_near(pilot.sigma2_a, 2, 1e-12);
    assert_near(pilot.sigma2_b, 2, 1e-12);
    assert_near(pilot.k_a, 2, 1e-12);
    assert_near(pilot.omega2, 16 * 40.0 / 39 - 2, 1e-9);
    struct tare_power_plan_opts o = nothing();
    o.pilot = &pilot;
    o.effect = 1;
    struct tare_power_plan p = plan(&o);
    assert_int_equal(p.n_attempts, 6);
    /* Miller's formula is the normal one; the t test needs a little more. */
    struct tare_miller two = {pilot.omega2, 2, 2, 2, 2};
    double miller = tare_size_miller(two, 1, .05, .8).v;
    assert_true(p.attempts[1].tasks.v > miller && p.attempts[1].tasks.v < miller + 3);
    for (uint32_t i = 1; i < p.n_attempts; i++)
        assert_true(p.attempts[i].mde.v < p.attempts[i - 1].mde.v);
    assert_true(p.mde_floor.v < p.attempts[p.n_attempts - 1].mde.v);
    /* The runs' own k changes nothing, another does what its row says. */
    double as_it_is = p.need.v;
    o.k = 2;
    assert_near(plan(&o).need.v, as_it_is, 1e-6);
    o.k = 3;
    p = plan(&o);
    assert_int_equal(p.n_attempts, TARE_PLAN_ATTEMPTS);
    assert_int_equal(p.attempts[2].k, 3);
    assert_near(p.need.v, p.attempts[2].tasks.v, 1e-9);
    assert_near(p.mde.v, p.attempts[2].mde.v, 1e-9);
    assert_near(p.sd * p.sd, pilot.omega2 + 4.0 / 3, 1e-9);
    assert_true(p.attempts[1].tasks.v > p.need.v && p.need.v > p.attempts[3].tasks.v);
}

/* ---- against experiments that are played --------------------------------------------------- */

enum { PILOT_TASKS = 3000, PILOT_K = 6, EXPERIMENTS = 3000 };

/* Rate of the baseline at a task, and how much the candidate differs there: a spread of both. */
static void draw_task(struct tare_rng *r, double effect, double *a, double *b)
{
    *a = .25 + .3 * tare_rng_unit(r);
    *b = *a + effect + (tare_rng_u32(r) & 1 ? .12 : -.12);
}

static double tries(struct tare_rng *r, double rate, uint32_t k)
{
    uint32_t hits = 0;
    for (uint32_t i = 0; i < k; i++)
        hits += tare_rng_unit(r) < rate;
    return (double)hits / k;
}

/* Share of experiments of n tasks with k attempts a side in which the t test sees a difference. */
static double seen(struct tare_rng *r, uint32_t n, uint32_t k, double effect)
{
    const double bar = -tare_t_quantile(.025, n - 1.0);
    uint32_t hits = 0;
    for (uint32_t e = 0; e < EXPERIMENTS; e++) {
        double mean = 0, ss = 0;
        for (uint32_t t = 0; t < n; t++) {
            double a, b;
            draw_task(r, effect, &a, &b);
            double d = tries(r, b, k) - tries(r, a, k), step = d - mean;
            mean += step / (t + 1);
            ss += step * (d - mean);
        }
        hits += fabs(mean) > bar * sqrt(ss / (n - 1.0) / n);
    }
    return (double)hits / EXPERIMENTS;
}

/* What the plan promises of k attempts is what playing it shows. */
static void attempts_as_played(void **state)
{
    struct made m;
    struct tare_err err = {0};
    struct tare_power_plan_pilot pilot;
    struct tare_rng r;
    const double effect = .15;
    double *a = TARE_NEW_N(*state, double, PILOT_TASKS *PILOT_K);
    double *b = TARE_NEW_N(*state, double, PILOT_TASKS *PILOT_K);
    tare_rng_init(&r, 11, TARE_S("test power"), 0);
    for (uint32_t t = 0; t < PILOT_TASKS; t++) {
        double pa, pb;
        draw_task(&r, effect, &pa, &pb);
        for (uint32_t i = 0; i < PILOT_K; i++) {
            a[t * PILOT_K + i] = tries(&r, pa, 1);
            b[t * PILOT_K + i] = tries(&r, pb, 1);
        }
    }
    made_init(&m, *state, made_share("solved"), PILOT_TASKS, PILOT_K);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    assert_int_equal(tare_power_plan_read(&m.results, 0, &m.results, 1, (struct tare_str){0},
                                          (struct tare_str){0}, *state, &pilot, &err),
                     TARE_OK);
    assert_near(pilot.omega2, .12 * .12, .003);                /* of the differences' true values */
    assert_near(pilot.sigma2_a, .4 * .6 - .3 * .3 / 12, .003); /* mean of p (1 - p) */
    struct tare_power_plan_opts o = nothing();
    o.pilot = &pilot;
    o.effect = effect;
    o.n = 100;
    struct tare_power_plan p = plan(&o);
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t k = p.attempts[i].k, n = (uint32_t)ceil(p.attempts[i].tasks.v);
        assert_near(seen(&r, n, k, effect), .8, .03);
        assert_near(seen(&r, 100, k, p.attempts[i].mde.v), .8, .03);
    }
    assert_true(p.attempts[0].tasks.v > 3 * p.attempts[3].tasks.v);
}

/* One run: as much between attempts as it shows, whatever it is compared with. */
static void attempts_of_one_run(void **state)
{
    struct made m;
    struct tare_err err = {0};
    struct tare_power_plan_pilot pilot;
    double a[160];
    for (size_t i = 0; i < 160; i++)
        a[i] = (double)(i / 4 % 5) + (double)(i % 2 * 2);
    made_init(&m, *state, made_points("x"), 40, 4);
    (void)made_add(&m, *state, "a", a);
    double cost[160];
    for (size_t i = 0; i < 160; i++)
        cost[i] = i % 4 ? .25 : (double)NAN;
    m.runs[0].cost_usd = cost;
    assert_int_equal(tare_power_plan_read(&m.results, 0, NULL, 0, (struct tare_str){0},
                                          (struct tare_str){0}, *state, &pilot, &err),
                     TARE_OK);
    assert_near(pilot.sigma2_a, 4.0 / 3, 1e-12);
    assert_near(pilot.omega2, 2 * (2 * 40.0 / 39 - 1.0 / 3), 1e-9);
    struct tare_power_plan_opts o = nothing();
    o.pilot = &pilot;
    o.effect = .5;
    struct tare_power_plan p = plan(&o);
    for (uint32_t i = 1; i < p.n_attempts; i++) {
        assert_true(p.attempts[i].tasks.v < p.attempts[i - 1].tasks.v);
        assert_true(p.attempts[i].need.attempts > p.attempts[i - 1].need.attempts);
    }
    /* Both sides, each at what an attempt took; tokens are not recorded. */
    double tasks = ceil(p.attempts[2].tasks.v);
    assert_near(p.attempts[2].need.cost_usd, tasks * 4 * .5, 1e-9);
    assert_near(p.attempts[2].at_n.cost_usd, 40 * 4 * .5, 1e-9);
    assert_true(isnan(p.attempts[2].need.tokens));
    /* Curves of the rows lie as their k. */
    assert_int_equal(p.n_tries_points, TARE_PLAN_TRIES_POINTS);
    for (uint32_t j = 1; j < p.n_tries_points; j++)
        assert_true(p.attempts[2].power[j] >= p.attempts[0].power[j]);
    /* Without the spread between attempts, or with a spread that is given, k says nothing. */
    struct tare_power_plan none;
    o.k = 4;
    o.sd = 1;
    assert_int_equal(tare_power_plan(&o, &none, &err), TARE_E_USAGE);
    o.sd = (double)NAN;
    pilot.why_no_parts = "for a test";
    assert_int_equal(tare_power_plan(&o, &none, &err), TARE_E_USAGE);
    o.pilot = NULL;
    o.baseline = .5;
    assert_int_equal(tare_power_plan(&o, &none, &err), TARE_E_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_two_groups),
        cmocka_unit_test(printed_paired),
        cmocka_unit_test(round_trip),
        cmocka_unit_test(ends_of_the_scale),
        cmocka_unit_test(refused),
        cmocka_unit_test(read_from_runs),
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(attempts_as_played),
        cmocka_unit_test(attempts_of_one_run),
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
