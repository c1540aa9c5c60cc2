/* The lab of drift is weighed with scripted models whose decay is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "experiment/drift.h"

static struct tare_drift_report lab(struct tare_str jsonl, struct tare_arena *arena)
{
    static const struct tare_drift_opts opts = {.confidence = 0.95, .seed = 1, .resamples = 100};
    struct tare_drift_recordings rec;
    struct tare_drift_report out = {0};
    struct tare_err err = {0};
    enum tare_status st = tare_drift_recordings_read(jsonl, arena, &rec, &err);
    if (st == TARE_OK)
        st = tare_drift_experiment(&rec, &opts, arena, &out, &err);
    if (st != TARE_OK)
        fail_msg("line %u: %s", err.line, err.text);
    return out;
}

static struct tare_drift_report scripted(const struct tare_drift_script *s,
                                         struct tare_arena *arena)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_GIB);
    tare_drift_script_write(s, &b);
    struct tare_str text = tare_arena_copy(arena, tare_buf_str(&b));
    assert_false(b.failed);
    tare_buf_free(&b);
    return lab(text, arena);
}

/* 500 conversations give lambda back within 10 % (the sheet's own figure), and its interval covers
 * the known value nearly always. */
static void test_known_decay(void **state)
{
    int covered = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct tare_drift_script s = {0.6, 0.1, 0.35, seed, 500, 1, 24, 4};
        struct tare_arena arena;
        tare_arena_init(&arena, NULL, 2 * TARE_GIB);
        struct tare_drift_report r = scripted(&s, &arena);
        const struct tare_drift_decay *d = &r.arm[0].decay;
        assert_null(d->lambda.why);
        if (fabs(d->lambda.v - 0.1) > 0.1 * 0.1)
            fail_msg("lambda is %g", d->lambda.v);
        /* one that fades a third faster is told from it */
        s.lambda = 0.133;
        assert_true(scripted(&s, &arena).arm[0].decay.lambda.v > 0.11);
        covered += d->lambda_ci.lo <= 0.1 && d->lambda_ci.hi >= 0.1;
        for (uint32_t t = 0; t < r.turns; t++) { /* the curve itself, within five errors */
            double p = 0.6 * exp(-0.1 * t) + 0.35, n = (double)r.arm[0].adherence[t].n;
            double got = (double)r.arm[0].adherence[t].k / n;
            assert_true(fabs(got - p) < 5 * sqrt(p * (1 - p) / n));
        }
        /* stating the rules each turn neither fades nor falls below the baseline */
        assert_non_null(r.arm[1].half_life.why);
        assert_non_null(r.arm[1].decay.lambda.why);
        assert_true(r.arm[1].auc_ci.lo > 0);
        assert_true(r.arm[0].slope.turn.v < 0);
        tare_arena_free(&arena);
    }
    assert_true(covered >= 8);
}

#define RULES                                                                                      \
    "{\"defaults\":{\"rules\":[{\"id\":\"short\",\"kind\":\"max_words\",\"value\":3},"             \
    "{\"id\":\"polite\",\"kind\":\"mentions\",\"value\":\"please\",\"when\":\"ask\"},"             \
    "{\"id\":\"shape\",\"kind\":\"not_matches\",\"value\":\"[0-9]{3}\"}]}}\n"

static void test_rules(void **state)
{
    static const char text[] =
        RULES "{\"conversation\":\"a\",\"turns\":[{\"text\":\"one two please\",\"input\":\"ask\"},"
              "{\"text\":\"one two three four\",\"input\":\"tell\",\"correct\":true},"
              "{\"text\":\"call "
              "123\",\"input\":\"ask\",\"pass\":{\"polite\":true},\"correct\":false}]}\n";
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_drift_report r = lab(TARE_S(text), &arena);
    const struct tare_drift_row *row = &r.arm[0];
    assert_int_equal(row->adherence[0].k, 3);
    assert_int_equal(row->adherence[0].n, 3);
    assert_int_equal(row->adherence[1].k, 1);
    assert_int_equal(row->adherence[1].n, 2);
    assert_int_equal(row->adherence[2].k, 2);
    assert_int_equal(row->adherence[2].n, 3);
    assert_int_equal(row->recovery.n, 1);
    assert_int_equal(row->recovery.k, 1);
    assert_int_equal(row->correct.n, 2);
    assert_int_equal((int)row->median_first.v, 2);
    tare_arena_free(&arena);
}

static void test_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "{\"conversation\":\"a\",\"turns\":[{}]}\n",
        RULES "{\"turns\":[{}]}\n",
        RULES "{\"conversation\":\"a\",\"turns\":[]}\n",
        "{\"defaults\":{\"rules\":[{\"id\":\"x\",\"kind\":\"sings\"}]}}\n"
        "{\"conversation\":\"a\",\"turns\":[{}]}\n",
        "{\"defaults\":{\"rules\":[{\"id\":\"x\",\"kind\":\"matches\",\"value\":\"(\"}]}}\n"
        "{\"conversation\":\"a\",\"turns\":[{}]}\n"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct tare_drift_recordings rec;
        struct tare_err err = {0};
        struct tare_arena arena;
        tare_arena_init(&arena, NULL, TARE_GIB);
        assert_int_equal(tare_drift_recordings_read(tare_str_of(texts[i]), &arena, &rec, &err),
                         TARE_E_INPUT);
        tare_arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_decay),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
