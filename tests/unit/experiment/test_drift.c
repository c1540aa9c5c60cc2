/* The lab of drift is weighed with scripted models whose decay is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/rng.h"
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

/* Rules of each kind, in a text that keeps it and one that does not; the third: not to be told. */
static void test_kinds(void **state)
{
    static const struct {
        const char *rule, *kept, *broken, *untold;
    } rows[] = {
        {"\"in_order\",\"value\":[\"first\",\"then\"]", "first a, then b", "then b, first a", NULL},
        {"\"language\",\"value\":\"de\"", "Das ist nicht für Sie bestimmt.",
         "This is not meant for you.", "OK 42"},
        {"\"language\",\"value\":\"en\"", "I will be with you in a moment.",
         "Je suis avec vous dans un moment.", "123"},
        {"\"language\",\"value\":\"ja\"", "\u3053\u308c\u306f\u672c\u3067\u3059",
         "\u8fd9\u662f\u4e00\u672c\u4e66", "..."},
        {"\"language\",\"value\":\"ru\"", "\u0434\u0430", "yes, that is it", ""},
        {"\"tool_only\",\"value\":[{\"name\":\"f\"}]",
         "<tool_call>{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{}}</tool_call>",
         "Sure. <tool_call>{\\\"name\\\":\\\"f\\\",\\\"arguments\\\":{}}</tool_call>", NULL},
        {"\"max_chars\",\"value\":3", "a\u00e9b", "four", NULL},
        {"\"json\"", "[1]", "[1", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tare_arena arena;
        tare_arena_init(&arena, NULL, TARE_GIB);
        struct tare_str text = tare_arena_printf(
            &arena,
            "{\"conversation\":\"a\",\"rules\":[{\"id\":\"r\",\"kind\":%s}],\"turns\":[{\"text\":"
            "\"%s\"},{\"text\":\"%s\"},{\"text\":%s%s%s}]}\n",
            rows[i].rule, rows[i].kept, rows[i].broken, rows[i].untold ? "\"" : "7",
            rows[i].untold ? rows[i].untold : "", rows[i].untold ? "\"" : "");
        struct tare_count *a = lab(text, &arena).arm[0].adherence;
        if (a[0].k != 1 || a[0].n != 1 || a[1].k != 0 || a[1].n != 1 || a[2].n != 0)
            fail_msg("%s", rows[i].rule);
        tare_arena_free(&arena);
    }
}

/* Adherence by rule, by tokens since the rules were stated, over paraphrases; the guard's part. */
static void test_apart(void **state)
{
    static const char text[] =
        "{\"defaults\":{\"rules\":[{\"id\":\"x\"},{\"id\":\"y\",\"kind\":\"judged\"}]}}\n"
        "{\"conversation\":\"a\",\"paraphrase\":0,\"turns\":[{\"pass\":{\"x\":true,\"y\":true},"
        "\"since\":0,\"tokens\":10,\"guarded\":true},{\"pass\":{\"x\":true,\"y\":false},\"since\":"
        "64,\"tokens\":20,\"guarded\":true}]}\n"
        "{\"conversation\":\"b\",\"paraphrase\":1,\"turns\":[{\"pass\":{\"x\":false,\"y\":false},"
        "\"since\":63,\"guarded\":false},{\"pass\":{\"x\":false},\"since\":130}]}\n";
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_drift_report r = lab(TARE_S(text), &arena);
    const struct tare_drift_row *row = &r.arm[0];
    assert_int_equal(r.n_rules, 2);
    assert_true(!r.rule[0].judged && r.rule[1].judged);
    assert_true(row->rule[0].k == 2 && row->rule[0].n == 4);
    assert_true(row->rule[1].k == 1 && row->rule[1].n == 3);
    assert_true(row->since[0].k == 2 && row->since[0].n == 2); /* 0 tokens */
    assert_true(row->since[1].k == 0 && row->since[1].n == 2); /* below 64 */
    assert_true(row->since[2].k == 1 && row->since[2].n == 2); /* below 128 */
    assert_true(row->since[3].k == 0 && row->since[3].n == 1);
    assert_true(tare_drift_bin_from(2) == 64 && tare_drift_bin_from(3) == 128);
    assert_true(row->prevented.k == 1 && row->prevented.n == 2);
    assert_true(row->tokens.v == 15);
    /* A is 1 and 0 in the first turn, 1/2 and 0 in the second */
    assert_true(fabs(row->paraphrase_sd.v - (sqrt(0.5) + sqrt(0.125)) / 2) < 1e-12);
    assert_non_null(row->position_sd.why);
    tare_arena_free(&arena);
}

/* Conversations that differ (deviation 1 in logits) and fade by 0.15 logits a turn: a model without
 * their intercepts would say about 0.13. */
static void test_intercepts(void **state)
{
    struct tare_buf b;
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    tare_buf_init(&b, NULL, TARE_GIB);
    tare_buf_puts(&b, "{\"defaults\":{\"rules\":[{\"id\":\"x\"}]}}\n");
    for (uint32_t c = 0; c < 1500; c++) {
        struct tare_rng chance;
        double own = 0;
        tare_rng_init(&chance, 1, TARE_S("test-intercepts"), c);
        for (int i = 0; i < 12; i++)
            own += tare_rng_unit(&chance);
        tare_buf_printf(&b, "{\"conversation\":\"c%u\",\"turns\":[", c);
        for (int t = 0; t < 20; t++) {
            double p = 1 / (1 + exp(-(1.5 + (own - 6) - 0.15 * t)));
            tare_buf_printf(&b, "%s{\"pass\":{\"x\":%s}}", t ? "," : "",
                            tare_rng_unit(&chance) < p ? "true" : "false");
        }
        tare_buf_puts(&b, "]}\n");
    }
    struct tare_drift_slope s = lab(tare_buf_str(&b), &arena).arm[0].slope;
    if (fabs(s.turn.v + 0.15) > 0.008 || fabs(s.intercept_sd.v - 1) > 0.08)
        fail_msg("slope %g, deviation %g", s.turn.v, s.intercept_sd.v);
    assert_true(s.turn_ci.lo < -0.15 && s.turn_ci.hi > -0.15);
    assert_true(s.turn_ci.hi - s.turn_ci.lo < 0.02);
    tare_buf_free(&b);
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
        "{\"defaults\":{\"rules\":[{\"id\":\"x\",\"kind\":\"language\",\"value\":\"tlh\"}]}}\n"
        "{\"conversation\":\"a\",\"turns\":[{}]}\n",
        "{\"defaults\":{\"rules\":[{\"id\":\"x\",\"kind\":\"in_order\",\"value\":[1]}]}}\n"
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
        cmocka_unit_test(test_known_decay), cmocka_unit_test(test_rules),
        cmocka_unit_test(test_kinds),       cmocka_unit_test(test_apart),
        cmocka_unit_test(test_intercepts),  cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
