#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "decide/leaderboard.h"
#include "maker.h"
#include "stats/bootstrap.h"
#include "stats/proportion.h"

static struct tare_board board_of(struct made *m, const struct tare_board_opts *opts,
                                  struct tare_arena *arena)
{
    struct tare_board b;
    struct tare_err err = {0};
    struct tare_board_opts none = {.size = sizeof none};
    if (tare_leaderboard(&m->results, opts ? opts : &none, arena, &b, &err))
        fail_msg("%s", err.text);
    return b;
}

static const struct tare_board_row *row_of(const struct tare_board *b, const char *name)
{
    for (uint32_t i = 0; i < b->n_rows; i++)
        if (tare_str_is(b->rows[i].name, name))
            return &b->rows[i];
    fail_msg("no row %s", name);
    return NULL;
}

static bool has_finding(const struct tare_board *b, const char *id)
{
    for (uint32_t i = 0; i < b->n_findings; i++)
        if (tare_str_is(b->findings[i].id, id))
            return true;
    return false;
}

/* The first n of `of` tasks are solved. */
static void solve(double *x, size_t n, size_t of)
{
    for (size_t i = 0; i < of; i++)
        x[i] = i < n;
}

static void ranks_are_ranges(void **state)
{
    struct made m;
    double good[60], alike[60], bad[60], control[60];
    solve(good, 50, 60);
    solve(alike, 49, 60);
    solve(bad, 20, 60);
    solve(control, 60, 60);
    made_init(&m, *state, made_share("solved"), 60, 1);
    (void)made_add(&m, *state, "bad", bad);
    (void)made_add(&m, *state, "alike", alike);
    (void)made_add(&m, *state, "good", good);
    m.runs[made_add(&m, *state, "oracle", control)].kind = TARE_ROW_CONTROL;
    struct tare_board b = board_of(&m, NULL, *state);
    assert_int_equal(b.n_rows, 4);
    assert_true(tare_str_is(b.rows[0].name, "oracle"));
    assert_int_equal(b.rows[0].rank_lo, 0);
    assert_true(tare_str_is(b.rows[1].name, "good"));
    assert_int_equal(row_of(&b, "good")->rank_lo, 1);
    assert_int_equal(row_of(&b, "good")->rank_hi, 2);
    assert_int_equal(row_of(&b, "alike")->rank_lo, 1);
    assert_int_equal(row_of(&b, "alike")->rank_hi, 2);
    assert_int_equal(row_of(&b, "bad")->rank_lo, 3);
    assert_int_equal(row_of(&b, "bad")->rank_hi, 3);
}

static void one_attempt_is_wilson(void **state)
{
    struct made m;
    double x[40], none[40];
    solve(x, 29, 40);
    solve(none, 0, 40);
    made_init(&m, *state, made_share("solved"), 40, 1);
    (void)made_add(&m, *state, "a", x);
    (void)made_add(&m, *state, "zero", none);
    struct tare_board b = board_of(&m, NULL, *state);
    struct tare_interval want = tare_wilson((struct tare_count){29, 40}, .95);
    const struct tare_board_cell *c = &row_of(&b, "a")->cells[0];
    assert_near(c->value, 29.0 / 40, 1e-12);
    assert_near(c->ci.lo, want.lo, 1e-12);
    assert_near(c->ci.hi, want.hi, 1e-12);
    assert_string_equal(c->method, "Wilson");
    /* Nothing of 40: 0 to 8.8 percent. */
    assert_near(row_of(&b, "zero")->cells[0].ci.hi, 0.0876, 0.0001);
}

static void attempts_are_not_tasks(void **state)
{
    struct made m;
    double x[80];
    for (size_t i = 0; i < 80; i++)
        x[i] = (double)(i / 4 % 2); /* every task always or never */
    made_init(&m, *state, made_share("solved"), 20, 4);
    (void)made_add(&m, *state, "a", x);
    struct tare_board b = board_of(&m, NULL, *state);
    const struct tare_board_cell *c = &b.rows[0].cells[0];
    assert_int_equal(c->n, 20);
    assert_near(c->value, 0.5, 1e-12);
    /* As wide as 20 tasks make it, not as 80 would. */
    assert_true(c->ci.hi - c->ci.lo > 0.35);
}

/* With very many tasks nothing is drawn; the interval is what drawing gives, but for chance. Skewed
 * ones are drawn all the same. */
static void many_tasks_are_not_drawn(void **state)
{
    enum { N = 12000 };
    struct made m;
    double *x = TARE_NEW_N(*state, double, N), *skewed = TARE_NEW_N(*state, double, N);
    struct tare_boot boot;
    struct tare_err err = {0};
    for (uint32_t i = 0; i < N; i++) {
        x[i] = (double)(i * 2654435761u % 1000) / 999;
        skewed[i] = i % 4000 == 7 ? 1e6 + i : x[i];
    }
    made_init(&m, *state, made_points("reward"), N, 1);
    (void)made_add(&m, *state, "a", x);
    (void)made_add(&m, *state, "skewed", skewed);
    struct tare_board b = board_of(&m, NULL, *state);
    const struct tare_board_cell *c = &row_of(&b, "a")->cells[0];
    const struct tare_boot_opts opts = {.resamples = 4000, .seed = 1, .confidence = .95};
    assert_int_equal(tare_bootstrap(x, NULL, N, &opts, *state, &boot, &err), TARE_OK);
    assert_string_equal(c->method, "Student t over tasks");
    double se = (c->ci.hi - c->ci.lo) / 3.92;
    assert_near(c->ci.lo, boot.bca.lo, 0.2 * se);
    assert_near(c->ci.hi, boot.bca.hi, 0.2 * se);
    assert_string_equal(row_of(&b, "skewed")->cells[0].method, "bootstrap BCa over tasks");
}

static void missing_is_counted(void **state)
{
    struct made m;
    double x[10] = {1, 1, 0, 1, (double)NAN, (double)NAN, (double)NAN, 1, 0, 1};
    made_init(&m, *state, made_share("solved"), 10, 1);
    (void)made_add(&m, *state, "a", x);
    struct tare_board b = board_of(&m, NULL, *state);
    assert_int_equal(b.n_missing, 3);
    assert_int_equal(b.missing_cause, TARE_CAUSE_ENDPOINT);
    assert_int_equal(b.rows[0].cells[0].n, 7);
    assert_near(b.rows[0].cells[0].value, 5.0 / 7, 1e-12);
    assert_true(has_finding(&b, "missing"));
    assert_true(has_finding(&b, "no-control"));
    assert_int_equal(b.findings[0].level, TARE_FINDING_BLOCKS);
}

static void published_and_classes(void **state)
{
    struct made m;
    double x[20];
    solve(x, 13, 20);
    static const struct tare_reference_value values[] = {{{"solved", 6}, .722}};
    static const struct tare_reference published[] = {
        {.name = {"Sonnet", 6}, .source = {"a paper", 7}, .values = values, .n_values = 1}};
    static const struct tare_class_rule rules[] = {
        {{"solved", 6}, TARE_HIGHER_BETTER, {.9, .6, .2}}};
    static const struct tare_classes classes = {
        .level = {{"expert", 6}, {"calibrated", 10}, {"partial", 7}, {"none", 4}},
        .rules = rules,
        .n_rules = 1};
    made_init(&m, *state, made_share("solved"), 20, 1);
    (void)made_add(&m, *state, "a", x);
    struct tare_board_opts opts = {
        .size = sizeof opts, .references = published, .n_references = 1, .classes = &classes};
    struct tare_board b = board_of(&m, &opts, *state);
    assert_int_equal(b.n_rows, 2);
    assert_int_equal(b.rows[0].kind, TARE_ROW_PUBLISHED);
    assert_int_equal(b.rows[0].rank_lo, 0);
    assert_non_null(b.rows[0].cells[0].ci.why);
    assert_int_equal(b.rows[0].class_level, 1);
    assert_int_equal(row_of(&b, "a")->class_level, 1);
    assert_int_equal(row_of(&b, "a")->rank_lo, 1);
    assert_int_equal(row_of(&b, "a")->limiting, 1);
    /* Bounds are inclusive. */
    solve(x, 12, 20);
    made_init(&m, *state, made_share("solved"), 20, 1);
    (void)made_add(&m, *state, "edge", x);
    b = board_of(&m, &opts, *state);
    assert_int_equal(row_of(&b, "edge")->class_level, 1);
}

static void wrong_metric(void **state)
{
    struct made m;
    struct tare_board b;
    struct tare_err err = {0};
    double x[2] = {0, 1};
    struct tare_str name = TARE_S("nothing");
    struct tare_board_opts opts = {.size = sizeof opts, .metrics = &name, .n_metrics = 1};
    made_init(&m, *state, made_share("solved"), 2, 1);
    (void)made_add(&m, *state, "a", x);
    assert_int_equal(tare_leaderboard(&m.results, &opts, *state, &b, &err), TARE_E_USAGE);
    m.results.n_runs = 0;
    assert_int_equal(board_of(&m, NULL, *state).n_rows, 0);
}

#define WITH_ARENA(f) cmocka_unit_test_setup_teardown(f, arena_open, arena_close)

/* Of ten tasks with four tries, five pass twice, three never, two always. */
static void tries_open_like_a_jaw(void **state)
{
    struct made m;
    double x[40] = {0};
    const struct tare_board_opts more = {.size = sizeof more, .more = true};
    for (size_t t = 0; t < 10; t++)
        for (size_t i = 0; i < 4; i++)
            x[4 * t + i] = t < 5 ? i < 2 : t >= 8;
    made_init(&m, *state, made_share("solved"), 10, 4);
    (void)made_add(&m, *state, "some", x);
    struct tare_board b = board_of(&m, &more, *state);
    const struct tare_board_tries *t = b.rows[0].tries;
    assert_non_null(t);
    assert_int_equal(t->n_k, 4);
    /* two of four: any of 2 is 1 - C(2,2)/C(4,2) = 5/6, all of 2 is 1/6. */
    const double any[] = {0.45, 0.2 + 0.5 * 5 / 6, 0.7, 0.7};
    const double all[] = {0.45, 0.2 + 0.5 / 6, 0.2, 0.2};
    for (int k = 0; k < 4; k++) {
        assert_int_equal(t->k[k], k + 1);
        assert_near(t->any[k].value, any[k], 1e-14);
        assert_near(t->all[k].value, all[k], 1e-14);
        assert_true(t->any[k].ci.lo <= any[k] && any[k] <= t->any[k].ci.hi);
        assert_true(t->all[k].ci.lo <= all[k] && all[k] <= t->all[k].ci.hi);
        assert_int_equal(t->any[k].n, 10);
    }
    assert_near(t->any[0].ci.lo, b.rows[0].cells[0].ci.lo, 0);
    assert_near(t->any[0].ci.hi, b.rows[0].cells[0].ci.hi, 0);
    /* All four: a share of tasks, so Wilson. */
    assert_near(t->all[3].ci.hi, tare_wilson((struct tare_count){2, 10}, 0.95).hi, 0);
    assert_null(board_of(&m, NULL, *state).rows[0].tries);
    x[1] = (double)NAN; /* a missing attempt: k ends where a task has no more */
    made_init(&m, *state, made_share("solved"), 10, 4);
    (void)made_add(&m, *state, "some", x);
    b = board_of(&m, &more, *state);
    assert_int_equal(b.rows[0].tries->n_k, 3);
    x[0] = 0.5; /* graded: there is no pass */
    made_init(&m, *state, made_share("solved"), 10, 4);
    (void)made_add(&m, *state, "some", x);
    assert_null(board_of(&m, &more, *state).rows[0].tries);
}

/* Many tasks: the interval is the normal one, near the bootstrap's. */
static void tries_of_many_tasks(void **state)
{
    struct made m;
    static double x[3000 * 2];
    const struct tare_board_opts more = {.size = sizeof more, .more = true};
    for (size_t i = 0; i < 6000; i++)
        x[i] = i * 2654435761u % 97 < 40;
    made_init(&m, *state, made_share("solved"), 3000, 2);
    (void)made_add(&m, *state, "some", x);
    struct tare_board b = board_of(&m, &more, *state);
    const struct tare_board_cell *one = &b.rows[0].tries->any[0], *cell = &b.rows[0].cells[0];
    assert_string_equal(one->method, "normal over tasks");
    assert_near(one->value, cell->value, 1e-14);
    assert_near(one->ci.lo, cell->ci.lo, 1e-3);
    assert_near(one->ci.hi, cell->ci.hi, 1e-3);
}

static void front_of_spend(void **state)
{
    struct made m;
    double good[20], fair[20], poor[20], cheap[20], dear[20], between[20];
    const struct tare_board_opts more = {.size = sizeof more, .more = true};
    solve(good, 18, 20);
    solve(fair, 12, 20);
    solve(poor, 6, 20);
    for (size_t i = 0; i < 20; i++) {
        cheap[i] = 100 + (double)i;
        between[i] = 300;
        dear[i] = 900;
    }
    made_init(&m, *state, made_share("solved"), 20, 1);
    m.runs[made_add(&m, *state, "good", good)].tokens = dear;
    m.runs[made_add(&m, *state, "fair", fair)].tokens = cheap;
    m.runs[made_add(&m, *state, "poor", poor)].tokens = between;
    (void)made_add(&m, *state, "silent", poor);
    struct tare_board b = board_of(&m, &more, *state);
    assert_string_equal(b.front_by, "tokens");
    assert_int_equal(row_of(&b, "good")->front, 1);
    assert_int_equal(row_of(&b, "fair")->front, 1);
    assert_int_equal(row_of(&b, "poor")->front, 0);
    assert_int_equal(row_of(&b, "silent")->front, -1);
    assert_near(row_of(&b, "fair")->tokens.value, 109.5, 1e-12);
    assert_non_null(row_of(&b, "silent")->tokens.why);
    assert_null(board_of(&m, NULL, *state).front_by);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(ranks_are_ranges),       WITH_ARENA(one_attempt_is_wilson),
        WITH_ARENA(attempts_are_not_tasks), WITH_ARENA(missing_is_counted),
        WITH_ARENA(published_and_classes),  WITH_ARENA(wrong_metric),
        WITH_ARENA(tries_open_like_a_jaw),  WITH_ARENA(tries_of_many_tasks),
        WITH_ARENA(front_of_spend),         WITH_ARENA(many_tasks_are_not_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
