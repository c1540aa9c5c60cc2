#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "base/rng.h"
#include "maker.h"
#include "stats/power.h"

static struct tare_compare compare(struct made *m, uint32_t a, uint32_t b,
                                   const struct tare_compare_opts *opts, struct tare_arena *arena)
{
    struct tare_compare c;
    struct tare_err err = {0};
    struct tare_compare_opts none = {.size = sizeof none};
    enum tare_status st =
        tare_compare(&m->results, a, &m->results, b, opts ? opts : &none, arena, &c, &err);
    if (st)
        fail_msg("%s", err.text);
    return c;
}

/* Statistics sheet, section 15: 26 wins, 1 loss, 21 ties on 48 tasks. */
static void published_example(void **state)
{
    struct made m;
    made_table(&m, *state, 15, 1, 26, 6);
    struct tare_compare c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.out.verdict, TARE_VERDICT_IMPROVED);
    assert_int_equal(c.ev.wins, 26);
    assert_int_equal(c.ev.losses, 1);
    assert_int_equal(c.ev.ties, 21);
    assert_int_equal(c.ev.n, 48);
    assert_near(c.ev.diff, 25.0 / 48, 1e-12);
    assert_near(c.ev.boot.lo, 0.375, 1e-12);
    assert_near(c.ev.boot.hi, 2.0 / 3, 1e-12);
    assert_near(c.ev.p * 1e7, 2.16, 0.005);
    assert_string_equal(c.ev.p_method, "mid-p McNemar");
    assert_string_equal(c.ev.ci_method, "Tango");
    assert_true(c.ev.ci.lo > 0.3 && c.ev.ci.hi < 0.7);
    assert_int_equal(c.family, 1);
}

/* 5 of 22 against 4 of 22 with discordance 0.2: 626 tasks would show 5 points. */
static void published_silence(void **state)
{
    struct made m;
    made_table(&m, *state, 3, 1, 2, 16);
    struct tare_compare_opts opts = {.size = sizeof opts, .margin = 0.05, .discordance = 0.2};
    struct tare_compare c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.out.verdict, TARE_VERDICT_INCONCLUSIVE);
    assert_near(c.ev.diff, 1.0 / 22, 1e-12);
    assert_null(c.ev.n_for_margin.why);
    assert_int_equal((int)ceil(c.ev.n_for_margin.v), 626);
    assert_int_equal(c.margin_source, TARE_MARGIN_FLAG);
}

/* The mock-up's numbers: 11 wins, 3 losses of 40. */
static void mock_up(void **state)
{
    struct made m;
    made_table(&m, *state, 15, 3, 11, 11);
    struct tare_compare_opts opts = {.size = sizeof opts, .margin = 0.05};
    struct tare_compare c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.out.verdict, TARE_VERDICT_IMPROVED);
    assert_int_equal(c.out.tag, TARE_TAG_POSSIBLY_BELOW_MARGIN);
    assert_near(c.ev.p, 0.035, 0.0005);
    assert_near(c.ev.mde.v, 0.2544, 0.0001);
    assert_int_equal((int)ceil(c.ev.n_for_margin.v), 1097);
    /* 14 of 40 differ by 1, their sum is 8: the variance is 12.4 / 39, the gap to the margin 0.15.
     */
    double z = 1.959963984540054 + 0.8416212335729143;
    assert_near(c.ev.n_beyond_margin.v, z * z * (12.4 / 39) / (0.15 * 0.15), 1e-6);
    opts.margin = 0.25;
    c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.out.tag, TARE_TAG_POSSIBLY_BELOW_MARGIN);
    assert_non_null(c.ev.n_beyond_margin.why);
    assert_near(c.ev.boot.lo, 0.025, 1e-12);
    assert_near(c.ev.boot.hi, 0.375, 1e-12);
    assert_int_equal((int)c.dist.n_points > 0, 1);
}

static void fill(double *x, size_t n, uint64_t seed, double shift, double step)
{
    struct tare_rng rng;
    tare_rng_init(&rng, seed, TARE_S("test"), 0);
    for (size_t i = 0; i < n; i++) {
        double v = tare_rng_unit(&rng) + shift;
        x[i] = step > 0 ? floor(v / step) * step : v;
    }
}

static void check_swapped(const struct tare_compare *c, const struct tare_compare *d)
{
    assert_near(c->ev.diff, -d->ev.diff, 1e-12);
    assert_int_equal(c->ev.wins, d->ev.losses);
    assert_int_equal(c->ev.losses, d->ev.wins);
    assert_near(c->ev.p, d->ev.p, 1e-12);
    assert_int_equal(c->ev.design, d->ev.design);
    if (c->ev.resamples == 0 && !c->ev.ci.why) {
        assert_near(c->ev.ci.lo, -d->ev.ci.hi, 1e-9);
        assert_near(c->ev.ci.hi, -d->ev.ci.lo, 1e-9);
    }
    enum tare_verdict want = c->out.verdict == TARE_VERDICT_IMPROVED    ? TARE_VERDICT_REGRESSED
                             : c->out.verdict == TARE_VERDICT_REGRESSED ? TARE_VERDICT_IMPROVED
                                                                        : c->out.verdict;
    assert_int_equal(d->out.verdict, want);
}

/* Swap the sides and the sign changes, whatever the data and the direction. */
static void swapped(void **state)
{
    static const struct {
        uint32_t n, k;
        double step, shift;
        enum tare_direction direction;
    } cases[] = {{30, 1, 1, .3, 1},  {30, 1, 1, 0, -1},   {25, 4, 1, .2, 1},
                 {12, 3, .25, 0, 1}, {18, 1, 0, .4, -1},  {60, 2, 0, .1, 1},
                 {2, 1, .5, 1, 1},   {30, 1, 1, 1.5, -1}, {40, 4, .1, .02, -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct made m;
        double a[400], b[400];
        size_t n = (size_t)cases[i].n * cases[i].k;
        struct tare_metric metric = cases[i].step == 1 ? made_share("x") : made_points("x");
        metric.direction = cases[i].direction;
        made_init(&m, *state, metric, cases[i].n, cases[i].k);
        fill(a, n, 7 + i, .3, cases[i].step);
        fill(b, n, 70 + i, .3 + cases[i].shift, cases[i].step);
        if (cases[i].step == 1)
            for (size_t j = 0; j < n; j++) {
                a[j] = fmin(a[j], 1);
                b[j] = fmin(b[j], 1);
            }
        (void)made_add(&m, *state, "a", a);
        (void)made_add(&m, *state, "b", b);
        struct tare_compare c = compare(&m, 0, 1, NULL, *state);
        struct tare_compare d = compare(&m, 1, 0, NULL, *state);
        check_swapped(&c, &d);
    }
}

static void averaged_attempts_are_a_lattice(void **state)
{
    struct made m;
    double a[80], b[80];
    for (size_t i = 0; i < 80; i++) {
        a[i] = i % 3 == 0;
        b[i] = i % 2 == 0;
    }
    made_init(&m, *state, made_share("solved"), 20, 4);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    struct tare_compare c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.ev.design, TARE_DESIGN_LATTICE);
    assert_near(c.ev.step, 0.25, 1e-15);
    assert_int_equal(c.ev.resamples, 0);
    assert_int_equal(c.ev.test_resamples, 0);
    assert_int_equal(c.pairs[0].k_a, 4);
}

static void nothing_to_compare(void **state)
{
    struct made m;
    made_init(&m, *state, made_share("solved"), 0, 1);
    (void)made_add(&m, *state, "a", NULL);
    (void)made_add(&m, *state, "b", NULL);
    struct tare_compare c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.out.verdict, TARE_VERDICT_INCONCLUSIVE);
    assert_int_equal(c.out.reason, TARE_REASON_NO_DATA);
    assert_true(isnan(c.ev.diff));
    made_table(&m, *state, 0, 0, 1, 0);
    c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.out.reason, TARE_REASON_ONE_PAIR);
    assert_near(c.ev.diff, 1, 0);
    assert_non_null(c.ev.ci.why);
    assert_true(isnan(c.ev.p));
}

static void all_ties(void **state)
{
    struct made m;
    made_table(&m, *state, 30, 0, 0, 18);
    struct tare_compare c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.out.reason, TARE_REASON_ALL_ALIKE);
    /* Tango's limit for 48 ties at 90 % is 5.3 points. */
    struct tare_compare_opts opts = {.size = sizeof opts, .margin = 0.06};
    assert_int_equal(compare(&m, 0, 1, &opts, *state).out.verdict, TARE_VERDICT_EQUIVALENT);
    opts.margin = 0.05;
    c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.out.verdict, TARE_VERDICT_INCONCLUSIVE);
    assert_near(c.ev.ci_narrow.hi, 0.0534, 0.0001);
    c = compare(&m, 0, 0, NULL, *state);
    assert_true(c.same_run);
    assert_int_equal(c.out.reason, TARE_REASON_ALL_ALIKE);
}

/* Constant differences of an open metric: no spread, and yet many signs. */
static void zero_variance(void **state)
{
    struct made m;
    double a[10], b[10];
    for (int i = 0; i < 10; i++) {
        a[i] = i * 0.37;
        b[i] = a[i] + 0.5;
    }
    made_init(&m, *state, made_points("score"), 10, 1);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    struct tare_compare c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.out.verdict, TARE_VERDICT_IMPROVED);
    assert_near(c.ev.p, exp2(-9), 1e-15);
    assert_near(c.ev.ci.lo, 0.5, 1e-9);
}

static void perfect_separation(void **state)
{
    struct made m;
    struct tare_compare_opts opts = {.size = sizeof opts, .exact = true};
    made_table(&m, *state, 0, 0, 5, 0);
    struct tare_compare c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.out.verdict, TARE_VERDICT_INCONCLUSIVE);
    assert_int_equal(c.out.reason, TARE_REASON_TOO_FEW);
    made_table(&m, *state, 0, 0, 6, 0);
    c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.out.verdict, TARE_VERDICT_IMPROVED);
    assert_near(c.ev.p, 0.03125, 1e-12);
}

/* Missing on one side: dropped, counted, bounded. */
static void missing_pairs(void **state)
{
    struct made m;
    made_table(&m, *state, 15, 1, 26, 6);
    double *b = (double *)(uintptr_t)m.columns[1].value;
    uint8_t *status = (uint8_t *)(uintptr_t)m.runs[1].status;
    uint8_t *score = (uint8_t *)(uintptr_t)m.columns[1].state;
    for (int i = 0; i < 3; i++) {
        b[i] = (double)NAN;
        status[i] = TARE_ATTEMPT_MISSING;
        score[i] = TARE_SCORE_MISSING;
    }
    struct tare_compare c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.n_dropped, 3);
    assert_int_equal(c.b.tasks_missing, 3);
    assert_int_equal(c.a.tasks_missing, 0);
    assert_int_equal(c.n_readings, 2);
    assert_int_equal(c.out.verdict, TARE_VERDICT_IMPROVED);
    assert_near(c.readings[0].diff, 22.0 / 48, 1e-12);
    assert_near(c.readings[1].diff, 25.0 / 48, 1e-12);
    for (int i = 3; i < 10; i++) {
        b[i] = (double)NAN;
        status[i] = TARE_ATTEMPT_MISSING;
        score[i] = TARE_SCORE_MISSING;
    }
    c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.n_dropped, 10);
    assert_int_equal(c.out.reason, TARE_REASON_MANY_DROPS);
}

/* 1 of 12 missing for an unknown reason can take a narrow verdict away; a known one cannot. */
static void readings_differ(void **state)
{
    struct made m;
    made_table(&m, *state, 6, 0, 5, 1);
    double *b = (double *)(uintptr_t)m.columns[1].value;
    uint8_t *status = (uint8_t *)(uintptr_t)m.runs[1].status;
    uint8_t *score = (uint8_t *)(uintptr_t)m.columns[1].state;
    b[0] = (double)NAN;
    status[0] = TARE_ATTEMPT_MISSING;
    score[0] = TARE_SCORE_MISSING;
    struct tare_compare c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.out.verdict, TARE_VERDICT_IMPROVED);
    m.runs[1].cause_known = false;
    c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.n_readings, 3);
    assert_int_equal(c.out.verdict, TARE_VERDICT_INCONCLUSIVE);
    assert_int_equal(c.out.reason, TARE_REASON_REVERSIBLE);
}

static void unfinished(void **state)
{
    struct made m;
    made_table(&m, *state, 15, 1, 26, 6);
    m.runs[1].finished = false;
    struct tare_compare c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.out.reason, TARE_REASON_UNFINISHED);
}

static void does_not_arise(void **state)
{
    struct made m;
    double a[6] = {1, 2, 3, (double)INFINITY, (double)INFINITY, 1.5};
    double b[6] = {2, 3, 4, (double)INFINITY, 7, 2.5};
    made_init(&m, *state, made_points("ttfc"), 6, 1);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    struct tare_compare c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.n_na_both, 1);
    assert_int_equal(c.a.tasks_na, 2);
    assert_int_equal(c.b.tasks_na, 1);
    assert_int_equal(c.n_total, 5);
    assert_int_equal(c.n_dropped, 1);
    assert_int_equal(c.n_pairs, 4);
}

static void slices_are_a_family(void **state)
{
    struct made m;
    const char *family[48];
    made_table(&m, *state, 15, 1, 26, 6);
    for (int i = 0; i < 48; i++)
        family[i] = i % 3 == 0 ? "benign" : "adaptive";
    made_tag(&m, *state, "family", family);
    struct tare_str by[] = {TARE_S("family")};
    struct tare_compare_opts opts = {.size = sizeof opts, .by = by, .n_by = 1};
    struct tare_compare c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.n_slices, 2);
    assert_true(tare_str_is(c.slices[0].value, "adaptive"));
    assert_int_equal(c.slices[0].ev.n, 32);
    assert_int_equal(c.slices[1].ev.n, 16);
    assert_int_equal(c.slices[0].ev.wins + c.slices[1].ev.wins, 26);
    /* Holm over two: the smaller p is doubled. */
    double lo = fmin(c.slices[0].ev.p, c.slices[1].ev.p);
    assert_near(fmin(c.slices[0].p_adjusted, c.slices[1].p_adjusted), 2 * lo, 1e-15);
    assert_int_equal(c.slices[0].n_won, (int)c.slices[0].ev.wins);
}

/* Clusters of equal tasks: evidence is the number of clusters, not of tasks. */
static void clusters(void **state)
{
    struct made m;
    const char *repo[48];
    char names[12][8];
    made_table(&m, *state, 15, 1, 26, 6);
    for (int i = 0; i < 48; i++) {
        (void)snprintf(names[i / 4], sizeof names[0], "r%d", i / 4);
        repo[i] = names[i / 4];
    }
    made_tag(&m, *state, "repo", repo);
    struct tare_compare_opts opts = {.size = sizeof opts, .cluster = TARE_S("repo")};
    struct tare_compare c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.ev.clusters, 12);
    assert_near(c.ev.diff, 25.0 / 48, 1e-12);
    assert_true(c.ev.p > compare(&m, 0, 1, NULL, *state).ev.p);
    assert_true(c.ev.ci.lo < 25.0 / 48 && c.ev.ci.hi > 25.0 / 48);
    opts.cluster = TARE_S("nowhere");
    assert_int_equal(compare(&m, 0, 1, &opts, *state).ev.clusters, 0);
}

/* Ratios of sums: pooled, not averaged; the swap test against its definition by enumeration. */
static void pooled_ratio(void **state)
{
    enum { N = 8 };
    struct made m;
    double num_a[N] = {0, 1, 2, 0, 3, 1, 0, 2}, den_a[N] = {2, 2, 4, 1, 6, 3, 0, 4};
    double num_b[N] = {2, 1, 3, 1, 5, 3, 1, 2}, den_b[N] = {2, 2, 4, 1, 6, 3, 2, 3};
    double va[N], vb[N];
    for (int i = 0; i < N; i++) {
        va[i] = den_a[i] > 0 ? num_a[i] / den_a[i] : (double)INFINITY;
        vb[i] = den_b[i] > 0 ? num_b[i] / den_b[i] : (double)INFINITY;
    }
    struct tare_metric metric = made_share("egar");
    metric.aggregation = TARE_AGG_RATIO_OF_SUMS;
    made_init(&m, *state, metric, N, 1);
    (void)made_add(&m, *state, "a", va);
    (void)made_add(&m, *state, "b", vb);
    m.columns[0].num = num_a;
    m.columns[0].den = den_a;
    m.columns[1].num = num_b;
    m.columns[1].den = den_b;
    struct tare_compare c = compare(&m, 0, 1, NULL, *state);
    assert_int_equal(c.ev.design, TARE_DESIGN_RATIO);
    assert_near(c.ev.mean_a, 9.0 / 22, 1e-12);
    assert_near(c.ev.mean_b, 18.0 / 23, 1e-12);
    assert_int_equal(c.ev.n, N);
    assert_int_equal(c.ev.undefined, 1);
    double r0 = 27.0 / 45, observed = 0;
    double u[N];
    for (int i = 0; i < N; i++) {
        u[i] = (num_b[i] - r0 * den_b[i]) - (num_a[i] - r0 * den_a[i]);
        observed += u[i];
    }
    int extreme = 0;
    for (int pattern = 0; pattern < 1 << N; pattern++) {
        double sum = 0;
        for (int i = 0; i < N; i++)
            sum += pattern >> i & 1 ? -u[i] : u[i];
        extreme += fabs(sum) >= fabs(observed) - 1e-9;
    }
    assert_near(c.ev.p, (double)extreme / (1 << N), 1e-12);
    assert_true(c.ev.ci.lo < c.ev.diff && c.ev.ci.hi > c.ev.diff);
}

static void different_suites(void **state)
{
    struct made m, o;
    struct tare_compare c;
    struct tare_err err = {0};
    struct tare_compare_opts opts = {.size = sizeof opts};
    made_table(&m, *state, 15, 1, 26, 6);
    made_table(&o, *state, 15, 1, 26, 8);
    m.results.has_digest = o.results.has_digest = true;
    m.results.digest = tare_sha256_of(TARE_S("a"));
    o.results.digest = tare_sha256_of(TARE_S("b"));
    assert_int_equal(tare_compare(&m.results, 0, &o.results, 1, &opts, *state, &c, &err),
                     TARE_E_USAGE);
    assert_non_null(strstr(err.hint, "--shared-tasks"));
    assert_non_null(strstr(err.hint, "2 tasks added"));
    opts.shared_tasks = true;
    assert_int_equal(tare_compare(&m.results, 0, &o.results, 1, &opts, *state, &c, &err), TARE_OK);
    assert_int_equal(c.n_pairs, 48);
    assert_int_equal(c.b.tasks_only, 2);
    assert_int_equal(c.n_dropped, 0);
    assert_false(c.same_suite);
}

static void wrong_questions(void **state)
{
    struct made m;
    struct tare_compare c;
    struct tare_err err = {0};
    struct tare_compare_opts opts = {.size = sizeof opts, .metric = TARE_S("rewrad")};
    made_table(&m, *state, 15, 1, 26, 6);
    assert_int_equal(tare_compare(&m.results, 0, &m.results, 1, &opts, *state, &c, &err),
                     TARE_E_USAGE);
    assert_non_null(strstr(err.hint, "solved"));
    opts.metric = (struct tare_str){NULL, 0};
    m.metric.direction = TARE_NO_DIRECTION;
    assert_int_equal(tare_compare(&m.results, 0, &m.results, 1, &opts, *state, &c, &err),
                     TARE_E_USAGE);
    m.metric.direction = TARE_HIGHER_BETTER;
    ((double *)(uintptr_t)m.columns[0].value)[3] = (double)NAN;
    assert_int_equal(tare_compare(&m.results, 0, &m.results, 1, &opts, *state, &c, &err),
                     TARE_E_INPUT);
    assert_string_equal(err.task, "t-0003");
}

static void gates(void **state)
{
    struct made m;
    struct tare_compare_opts opts = {.size = sizeof opts, .margin = 0.1};
    made_table(&m, *state, 15, 1, 26, 6);
    struct tare_compare up = compare(&m, 0, 1, &opts, *state);
    struct tare_compare down = compare(&m, 1, 0, &opts, *state);
    assert_true(tare_gate_passes(TARE_GATE_FAIL_ON_REGRESSED, &up));
    assert_true(tare_gate_passes(TARE_GATE_REQUIRE_IMPROVED, &up));
    assert_true(tare_gate_passes(TARE_GATE_REQUIRE_NOT_WORSE, &up));
    assert_false(tare_gate_passes(TARE_GATE_REQUIRE_EQUIVALENT, &up));
    assert_false(tare_gate_passes(TARE_GATE_FAIL_ON_REGRESSED, &down));
    assert_false(tare_gate_passes(TARE_GATE_REQUIRE_NOT_WORSE, &down));
    /* Not significantly worse is not a pass: 22 tasks cannot rule out 10 points. */
    made_table(&m, *state, 3, 2, 1, 16);
    struct tare_compare open = compare(&m, 0, 1, &opts, *state);
    assert_true(tare_gate_passes(TARE_GATE_FAIL_ON_REGRESSED, &open));
    assert_false(tare_gate_passes(TARE_GATE_REQUIRE_NOT_WORSE, &open));
    made_table(&m, *state, 300, 3, 2, 100);
    struct tare_compare same = compare(&m, 0, 1, &opts, *state);
    assert_true(tare_gate_passes(TARE_GATE_REQUIRE_EQUIVALENT, &same));
    assert_true(tare_gate_passes(TARE_GATE_REQUIRE_NOT_WORSE, &same));
    assert_false(tare_gate_passes(TARE_GATE_REQUIRE_IMPROVED, &same));
}

/* A margin that replaces the suite's is tagged; the suite's own, repeated, is not. */
static void margins_have_a_source(void **state)
{
    struct made m;
    struct tare_results_margin planned = {TARE_S("solved"), 0.05};
    struct tare_compare_opts opts = {.size = sizeof opts};
    made_table(&m, *state, 15, 1, 26, 6);
    m.results.margins = &planned;
    m.results.n_margins = 1;
    struct tare_compare c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.margin_source, TARE_MARGIN_SUITE);
    assert_near(c.margin, 0.05, 0);
    assert_false(c.margin_post_hoc);
    opts.margin = 0.05;
    c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.margin_source, TARE_MARGIN_FLAG);
    assert_false(c.margin_post_hoc);
    opts.margin = 0.2;
    assert_true(compare(&m, 0, 1, &opts, *state).margin_post_hoc);
    m.results.n_margins = 0;
    assert_false(compare(&m, 0, 1, &opts, *state).margin_post_hoc);
    opts.margin_post_hoc = true;
    assert_true(compare(&m, 0, 1, &opts, *state).margin_post_hoc);
}

static void a_family_of_candidates(void **state)
{
    struct made m;
    struct tare_err err = {0};
    made_table(&m, *state, 15, 3, 11, 11);
    struct tare_compare c[2] = {compare(&m, 0, 1, NULL, *state), compare(&m, 0, 1, NULL, *state)};
    assert_int_equal(c[0].out.verdict, TARE_VERDICT_IMPROVED);
    assert_int_equal(tare_compare_family(c, 2, TARE_CORRECT_HOLM, 0, 0, *state, &err), TARE_OK);
    assert_near(c[0].p_adjusted, 2 * c[0].ev.p, 1e-12);
    assert_int_equal(c[0].out.verdict, TARE_VERDICT_INCONCLUSIVE);
    assert_int_equal(c[0].family, 2);
}

/* Two metrics that are one and the same are charged once; two that have nothing to do with each
 * other about twice, as by Holm. Romano-Wolf lies between the bare p and Holm's. */
static void together_charges_less(void **state)
{
    struct made m, other;
    double a[40], b[40], c[40];
    struct tare_err err = {0};
    fill(a, 40, 1, 0, 0);
    fill(b, 40, 2, .12, 0);
    fill(c, 40, 3, .12, 0);
    made_init(&m, *state, made_points("score"), 40, 1);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    (void)made_add(&m, *state, "c", c);
    struct tare_compare_opts opts = {.size = sizeof opts, .resamples = 20000};
    struct tare_compare bare = compare(&m, 0, 1, &opts, *state);
    struct tare_compare same[2] = {bare, bare}, two[2] = {bare, compare(&m, 0, 2, &opts, *state)},
                        holm[2];
    memcpy(holm, two, sizeof holm);
    assert_int_equal(tare_compare_family(same, 2, TARE_CORRECT_ROMANO_WOLF, 9, 20000, *state, &err),
                     TARE_OK);
    assert_near(same[0].p_adjusted, bare.ev.p, 0.01);
    assert_true(same[0].correct_resamples == 20000 && same[0].family == 2);
    assert_int_equal(tare_compare_family(two, 2, TARE_CORRECT_ROMANO_WOLF, 9, 20000, *state, &err),
                     TARE_OK);
    assert_int_equal(tare_compare_family(holm, 2, TARE_CORRECT_HOLM, 9, 0, *state, &err), TARE_OK);
    for (int i = 0; i < 2; i++) {
        assert_true(two[i].p_adjusted >= two[i].ev.p - 0.01);
        assert_true(two[i].p_adjusted <= holm[i].p_adjusted + 0.01);
    }
    assert_true(two[0].p_adjusted > same[0].p_adjusted);
    made_table(&other, *state, 5, 1, 6, 2);
    opts.sequential = true;
    struct tare_compare early = compare(&other, 0, 1, &opts, *state);
    assert_int_equal(tare_compare_family(&early, 1, TARE_CORRECT_ROMANO_WOLF, 9, 100, *state, &err),
                     TARE_E_USAGE);
}

/* Few tasks: Student's interval of the differences, not the bootstrap's; an older choice of methods
 * gives what it gave. */
static void few_tasks_take_t(void **state)
{
    static const double a[] = {1.2, 0.4, 3.1, 2.2, 0.9, 1.7}, b[] = {2.0, 0.9, 3.3, 3.6, 1.1, 2.6};
    struct made m;
    made_init(&m, *state, made_points("score"), 6, 1);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    struct tare_compare now = compare(&m, 0, 1, NULL, *state);
    double d[6], mean = 0, ss = 0;
    for (int i = 0; i < 6; i++)
        mean += (d[i] = b[i] - a[i]) / 6;
    for (int i = 0; i < 6; i++)
        ss += (d[i] - mean) * (d[i] - mean);
    assert_near(now.ev.ci.hi - now.ev.diff, 2.5705818366147 * sqrt(ss / 5 / 6), 1e-9);
    assert_near(now.ev.ci_narrow.hi - now.ev.diff, 2.0150483733330 * sqrt(ss / 5 / 6), 1e-9);
    assert_string_equal(now.ev.ci_method, "t");
    assert_int_equal(now.method_version, 2);
    struct tare_compare_opts opts = {.size = sizeof opts, .method_version = 1};
    struct tare_compare then = compare(&m, 0, 1, &opts, *state);
    assert_non_null(strstr(then.ev.ci_method, "bootstrap"));
    assert_true(then.ev.ci.hi - then.ev.ci.lo < now.ev.ci.hi - now.ev.ci.lo);
    assert_true(then.ev.p == now.ev.p);
}

/* 3 tasks, 4 attempts a side. The tasks differ so much that nothing can be said of others; on these
 * very tasks the solver clearly changed. */
static void about_these_tasks(void **state)
{
    static const double a[] = {0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0},
                        b[] = {1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1};
    struct made m;
    made_init(&m, *state, made_share("solved"), 3, 4);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    struct tare_compare_opts opts = {
        .size = sizeof opts, .about = TARE_ABOUT_THESE_TASKS, .margin = 0.2};
    struct tare_compare c = compare(&m, 0, 1, &opts, *state),
                        turned = compare(&m, 1, 0, &opts, *state);
    assert_int_equal(compare(&m, 0, 1, NULL, *state).out.verdict, TARE_VERDICT_INCONCLUSIVE);
    assert_int_equal(c.out.verdict, TARE_VERDICT_IMPROVED);
    assert_int_equal(turned.out.verdict, TARE_VERDICT_REGRESSED);
    assert_near(c.ev.p, turned.ev.p, 1e-12);
    assert_near(c.ev.diff, -turned.ev.diff, 1e-15);
    assert_near(c.ev.ci.lo, -turned.ev.ci.hi, 1e-12);
    /* Variances within: 1/4, 0, 1/4 and 0, 1/4, 0, over 4 attempts. */
    double se = sqrt(3 * 0.25 / 4) / 3;
    assert_near((c.ev.ci.hi - c.ev.ci.lo) / 2 / se, 2.262157162740992, 1e-9); /* t with 9 df */
    assert_near(c.ev.sd, se * sqrt(3), 1e-12);
    assert_true(c.ev.k_for_margin.v > 0 && c.ev.n_for_margin.why);
    double nearer = 0.2 / (c.ev.diff - 0.2);
    assert_near(c.ev.k_beyond_margin.v / c.ev.k_for_margin.v, nearer * nearer, 1e-12);
    assert_near(turned.ev.k_beyond_margin.v, c.ev.k_beyond_margin.v, 1e-12);
    assert_int_equal(c.about, TARE_ABOUT_THESE_TASKS);
    assert_true(tare_gate_passes(TARE_GATE_REQUIRE_NOT_WORSE, &c));
    assert_false(tare_gate_passes(TARE_GATE_REQUIRE_NOT_WORSE, &turned));
}

/* What is missing is played through its worst cases here too; one attempt a task is refused. */
static void about_these_tasks_bounds_and_refusals(void **state)
{
    double a[12] = {0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0}, b[12];
    struct made m, single;
    struct tare_compare c;
    struct tare_err err = {0};
    for (int i = 0; i < 12; i++)
        b[i] = i % 4 < 2 ? (double)NAN : 1;
    made_init(&m, *state, made_share("solved"), 3, 4);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    struct tare_compare_opts opts = {.size = sizeof opts, .about = TARE_ABOUT_THESE_TASKS};
    c = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(c.n_readings, 2);
    assert_near(c.readings[0].diff, 0.5 - 2.0 / 12, 1e-12);
    assert_near(c.readings[1].diff, 1 - 2.0 / 12, 1e-12);
    assert_true(c.readings[0].p > c.readings[1].p);
    made_table(&single, *state, 5, 1, 6, 2);
    assert_int_equal(tare_compare(&single.results, 0, &single.results, 1, &opts, *state, &c, &err),
                     TARE_E_USAGE);
    assert_non_null(strstr(err.text, "two attempts"));
}

/* Real values: Monte Carlo, the same bits for any number of threads. */
static void threads_do_not_matter(void **state)
{
    struct made m;
    double a[60], b[60];
    fill(a, 60, 1, 0, 0);
    fill(b, 60, 2, .2, 0);
    made_init(&m, *state, made_points("score"), 60, 1);
    (void)made_add(&m, *state, "a", a);
    (void)made_add(&m, *state, "b", b);
    struct tare_compare_opts opts = {
        .size = sizeof opts, .seed = 5, .threads = 1, .method_version = 1};
    struct tare_compare one = compare(&m, 0, 1, &opts, *state);
    opts.threads = 4;
    struct tare_compare four = compare(&m, 0, 1, &opts, *state);
    assert_int_equal(one.ev.design, TARE_DESIGN_REAL);
    assert_true(one.ev.resamples > 0 && one.ev.test_resamples > 0);
    assert_memory_equal(&one.ev.ci.lo, &four.ev.ci.lo, sizeof(double));
    assert_memory_equal(&one.ev.ci.hi, &four.ev.ci.hi, sizeof(double));
    assert_memory_equal(&one.ev.p, &four.ev.p, sizeof(double));
    assert_true(one.n_histogram > 0);
}

#define WITH_ARENA(f) cmocka_unit_test_setup_teardown(f, arena_open, arena_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ARENA(published_example),
        WITH_ARENA(published_silence),
        WITH_ARENA(mock_up),
        WITH_ARENA(swapped),
        WITH_ARENA(averaged_attempts_are_a_lattice),
        WITH_ARENA(nothing_to_compare),
        WITH_ARENA(all_ties),
        WITH_ARENA(zero_variance),
        WITH_ARENA(perfect_separation),
        WITH_ARENA(missing_pairs),
        WITH_ARENA(readings_differ),
        WITH_ARENA(unfinished),
        WITH_ARENA(does_not_arise),
        WITH_ARENA(slices_are_a_family),
        WITH_ARENA(clusters),
        WITH_ARENA(pooled_ratio),
        WITH_ARENA(different_suites),
        WITH_ARENA(wrong_questions),
        WITH_ARENA(gates),
        WITH_ARENA(margins_have_a_source),
        WITH_ARENA(a_family_of_candidates),
        WITH_ARENA(together_charges_less),
        WITH_ARENA(few_tasks_take_t),
        WITH_ARENA(about_these_tasks),
        WITH_ARENA(about_these_tasks_bounds_and_refusals),
        WITH_ARENA(threads_do_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
