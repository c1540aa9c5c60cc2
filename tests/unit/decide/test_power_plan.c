/*
 * Plans against the printed numbers of the statistics sheet (section 8) and against runs with a
 * known spread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decide/power_plan.h"
#include "maker.h"
#include "stats/power.h"

static int arena_open(void **state)
{
    static struct tare_arena arena;
    tare_arena_init(&arena, NULL, 64 * 1024 * 1024);
    *state = &arena;
    return 0;
}

static int arena_close(void **state)
{
    tare_arena_free(*state);
    return 0;
}

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
    assert_int_equal(p.n_attempts, TARE_PLAN_ATTEMPTS);
    struct tare_miller two = {pilot.omega2, 2, 2, 2, 2};
    assert_near(p.attempts[1].tasks.v, tare_size_miller(two, 1, .05, .8).v, 1e-9);
    for (uint32_t i = 1; i < p.n_attempts; i++)
        assert_true(p.attempts[i].mde.v < p.attempts[i - 1].mde.v);
    assert_true(p.mde_floor.v < p.attempts[TARE_PLAN_ATTEMPTS - 1].mde.v);
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
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
