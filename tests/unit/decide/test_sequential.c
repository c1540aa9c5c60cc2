#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "base/rng.h"
#include "maker.h"
#include "stats/sequential.h"

static enum tare_status look(struct made *m, uint32_t a, uint32_t b, bool sequential,
                             struct tare_arena *arena, struct tare_compare *out,
                             struct tare_err *err)
{
    struct tare_compare_opts o = {.size = sizeof o, .no_slices = true, .sequential = sequential};
    return tare_compare(&m->results, a, &m->results, b, &o, arena, out, err);
}

static struct tare_compare must(struct made *m, uint32_t a, uint32_t b, struct tare_arena *arena)
{
    struct tare_compare c;
    struct tare_err err = {0};
    if (look(m, a, b, true, arena, &c, &err))
        fail_msg("%s", err.text);
    return c;
}

/* Ten wins in a row: E = 2^10 Beta(10.5, 0.5) / Beta(0.5, 0.5) = 4^5 C(20, 10) / 4^10. */
static void known_value(void **state)
{
    struct made m;
    made_table(&m, *state, 3, 0, 10, 4);
    struct tare_compare c = must(&m, 0, 1, *state);
    double e = 1024.0 * 184756 / 1048576;
    assert_near(c.ev.log_e, log(e), 1e-9);
    assert_near(c.ev.p, 1 / e, 1e-9);
    assert_int_equal(c.out.verdict, TARE_VERDICT_IMPROVED);
    assert_non_null(c.ev.ci.why);
    assert_non_null(c.ev.ci_narrow.why);
}

/* 1/alpha is 20: four wins are not enough, and more could not be had from four. */
static void too_few(void **state)
{
    struct made m;
    made_table(&m, *state, 3, 0, 4, 4);
    struct tare_compare c = must(&m, 0, 1, *state);
    assert_int_equal(c.out.verdict, TARE_VERDICT_INCONCLUSIVE);
    assert_int_equal(c.out.reason, TARE_REASON_TOO_FEW);
}

static void swapped(void **state)
{
    static const double limit[] = {1, 10};
    for (int graded = 0; graded < 2; graded++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct made m;
            struct tare_rng rng;
            double x[2][40];
            tare_rng_init(&rng, seed, TARE_S("test"), 0);
            struct tare_metric metric = made_share("score");
            metric.max = limit[graded];
            made_init(&m, *state, metric, 40, 1);
            for (int s = 0; s < 2; s++) {
                for (int t = 0; t < 40; t++) {
                    double u = tare_rng_unit(&rng);
                    x[s][t] = graded ? u * (s ? 10 : 5) : u < (s ? 0.9 : 0.3);
                }
                (void)made_add(&m, *state, s ? "b" : "a", x[s]);
            }
            struct tare_compare c = must(&m, 0, 1, *state), d = must(&m, 1, 0, *state);
            assert_near(c.ev.diff, -d.ev.diff, 1e-12);
            assert_near(c.ev.log_e, d.ev.log_e, 1e-12);
            assert_true(c.ev.log_e > 0);
            if (c.out.verdict == TARE_VERDICT_IMPROVED)
                assert_int_equal(d.out.verdict, TARE_VERDICT_REGRESSED);
        }
}

/* The other side led first: its wealth is no evidence for the one that leads now. */
static void the_lead_changes(void **state)
{
    struct made m;
    double a[30], b[30];
    for (int t = 0; t < 30; t++) {
        a[t] = t < 12;
        b[t] = t >= 12;
    }
    made_init(&m, *state, made_share("solved"), 30, 1);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    struct tare_compare c = must(&m, 0, 1, *state);
    assert_true(c.ev.diff > 0);
    assert_int_equal(c.out.verdict, TARE_VERDICT_INCONCLUSIVE);
    assert_true(c.ev.p > 0.05);
}

/* B has played task 0 to 19 and, out of turn, 25 to 29: only the first 20 are looked at. */
static void only_the_tasks_in_order(void **state)
{
    struct made m;
    made_table(&m, *state, 0, 0, 30, 0);
    uint32_t task[25];
    for (uint32_t i = 0; i < 25; i++)
        task[i] = i < 20 ? i : i + 5;
    m.runs[1].task = task;
    m.runs[1].n_attempts = 25;
    m.runs[1].finished = false;
    struct tare_compare c = must(&m, 0, 1, *state);
    assert_int_equal(c.ev.n, 20);
    assert_int_equal(c.tasks_open, 10);
    assert_int_equal(c.n_dropped, 0);
    assert_int_equal(c.out.verdict, TARE_VERDICT_IMPROVED);
    assert_near(c.ev.log_e, tare_log_e_paired(20, 0, 0.5, 0.5), 1e-12);
    struct tare_err err = {0};
    assert_int_equal(look(&m, 0, 1, false, *state, &c, &err), TARE_OK);
    assert_int_equal(c.out.verdict, TARE_VERDICT_INCONCLUSIVE);
}

/* Equal solvers, a look after every tenth of 100 tasks, a stop at the first verdict: within the
 * level with --sequential, far beyond it without. */
static void looking_often(void **state)
{
    enum { RUNS = 400, TASKS = 100 };
    uint32_t wrong[2] = {0, 0};
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        struct made m;
        struct tare_rng rng;
        double x[2][TASKS];
        tare_rng_init(&rng, seed, TARE_S("looks"), 1);
        made_init(&m, *state, made_share("solved"), TASKS, 1);
        for (int s = 0; s < 2; s++) {
            for (int t = 0; t < TASKS; t++)
                x[s][t] = tare_rng_unit(&rng) < 0.5;
            (void)made_add(&m, *state, s ? "b" : "a", x[s]);
        }
        for (int how = 0; how < 2; how++) {
            bool decided = false;
            for (uint32_t n = 10; n <= TASKS && !decided; n += 10) {
                struct tare_compare c;
                struct tare_err err = {0};
                m.results.n_tasks = m.runs[0].n_attempts = m.runs[1].n_attempts = n;
                assert_int_equal(look(&m, 0, 1, how == 0, *state, &c, &err), TARE_OK);
                decided = c.out.verdict != TARE_VERDICT_INCONCLUSIVE;
            }
            wrong[how] += decided;
        }
        tare_arena_reset(*state);
    }
    /* 0.05 and three standard errors of 400 draws. */
    assert_true((double)wrong[0] / RUNS <= 0.05 + 3 * sqrt(0.05 * 0.95 / RUNS));
    assert_true((double)wrong[1] / RUNS > 0.05 + 3 * sqrt(0.05 * 0.95 / RUNS));
}

static void refused(void **state)
{
    struct made m;
    double x[20], y[20];
    for (int t = 0; t < 20; t++) {
        x[t] = 0.37 * t;
        y[t] = x[t] + 0.11 * (t % 3);
    }
    made_init(&m, *state, made_points("points"), 20, 1);
    (void)made_add(&m, *state, "a", x);
    (void)made_add(&m, *state, "b", y);
    struct tare_compare c;
    struct tare_err err = {0};
    assert_int_equal(look(&m, 0, 1, true, *state, &c, &err), TARE_E_USAGE);
    assert_non_null(strstr(err.text, "without limits"));
    assert_non_null(strstr(err.hint, "--metric"));
}

#define WITH_ARENA(f) cmocka_unit_test_setup_teardown(f, arena_open, arena_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(known_value),   WITH_ARENA(too_few),
        WITH_ARENA(swapped),       WITH_ARENA(the_lead_changes),
        WITH_ARENA(looking_often), WITH_ARENA(only_the_tasks_in_order),
        WITH_ARENA(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
