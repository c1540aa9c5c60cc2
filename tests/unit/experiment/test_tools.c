/* The lab of tool regimes is weighed with scripted models whose rates are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "experiment/tools.h"

static const struct tare_tools_opts opts = {
    .baseline = TARE_ARM_STRICT, .confidence = 0.95, .resamples = 200, .seed = 1};

static struct tare_tools_report *lab(struct tare_str jsonl, struct tare_arena *arena)
{
    struct tare_tools_recordings rec;
    struct tare_tools_report *out = TARE_NEW(arena, struct tare_tools_report);
    struct tare_err err = {0};
    enum tare_status st = tare_tools_recordings_read(jsonl, arena, &rec, &err);
    if (st == TARE_OK)
        st = tare_tools_experiment(&rec, &opts, arena, out, &err);
    if (st != TARE_OK)
        fail_msg("line %u: %s", err.line, err.text);
    return out;
}

static struct tare_tools_report *scripted(const struct tare_tools_script *s,
                                          struct tare_arena *arena)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_GIB);
    tare_tools_script_write(s, &b);
    struct tare_str text = tare_arena_copy(arena, tare_buf_str(&b));
    assert_false(b.failed);
    tare_buf_free(&b);
    return lab(text, arena);
}

/* Over many scripts, 95 % intervals hold the known rates in 93 to 99.5 % of cases (Wilson's is
 * conservative near 0), and no known rate is missed by more than five of its errors. */
static void test_known_rates(void **state)
{
    uint64_t covered = 0, all = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct tare_tools_script s = {.trailing_comma = 0.05,
                                      .wrong_type = 0.04,
                                      .missing_argument = 0.02,
                                      .truncate = 0.02,
                                      .no_call = 0.03,
                                      .wrong_tool = 0.02,
                                      .reorder = 0.04,
                                      .seed = seed,
                                      .episodes = 300,
                                      .seeds = 1};
        struct tare_arena arena;
        tare_arena_init(&arena, NULL, TARE_GIB);
        struct tare_tools_report *r = scripted(&s, &arena);
        for (int a = 0; a < TARE_TOOLS_ARMS; a++)
            for (int k = 0; k < TARE_TOOLS_RATES; k++) {
                const struct tare_tools_share *x = &r->arm[a].rate[k];
                double p =
                    tare_tools_script_rate(&s, (enum tare_tools_arm)a, (enum tare_tools_rate)k);
                if (isnan(p) || p <= 0) {
                    assert_true(isnan(p) || x->k == 0);
                    continue;
                }
                double got = (double)x->k / (double)x->n;
                if (fabs(got - p) > 5 * sqrt(p * (1 - p) / (double)x->n))
                    fail_msg("%s of %s is %g, known %g",
                             tare_tools_rate_name((enum tare_tools_rate)k),
                             tare_tools_arm_name((enum tare_tools_arm)a), got, p);
                covered += p >= x->wilson.lo && p <= x->wilson.hi;
                all++;
            }
        tare_arena_free(&arena);
    }
    double share = (double)covered / (double)all;
    if (share < 0.93 || share > 0.995)
        fail_msg("intervals cover %g", share);
}

/* Without faults every arm succeeds always, and nothing sets them apart. */
static void test_no_faults(void **state)
{
    struct tare_tools_script s = {.seed = 3, .episodes = 40, .seeds = 2};
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_tools_report *r = scripted(&s, &arena);
    assert_int_equal(r->pairs, 80);
    assert_int_equal(r->seeds, 2);
    for (int a = 0; a < TARE_TOOLS_ARMS; a++) {
        assert_int_equal(r->arm[a].rate[TARE_RATE_SUCCESS].k, 80);
        assert_int_equal(r->arm[a].rate[TARE_RATE_ORDER].k, 0);
        if (a != TARE_ARM_STRICT)
            assert_true(r->arm[a].rate[TARE_RATE_SUCCESS].p >= 1 - 1e-12);
    }
    tare_arena_free(&arena);
}

#define DEFAULTS                                                                                   \
    "{\"defaults\":{\"dialect\":\"hermes\",\"tools\":[{\"name\":\"f\",\"parameters\":{\"type\":"   \
    "\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]}}]}}\n"

/* An arm that nobody recorded is replayed; where it would have interfered nothing is claimed. */
static void test_replayed(void **state)
{
    static const char text[] = DEFAULTS
        "{\"id\":\"good\",\"messages\":[{\"text\":\"<tool_call>{\\\"name\\\":\\\"f\\\","
        "\\\"arguments"
        "\\\":{\\\"a\\\":1}}</"
        "tool_call>\",\"expect\":[{\"name\":\"f\",\"arguments\":{\"a\":1}}]}]}\n"
        "{\"id\":\"comma\",\"messages\":[{\"text\":\"<tool_call>{\\\"name\\\":\\\"f\\\","
        "\\\"arguments\\\":{\\\"a\\\":1,}}</tool_call>\",\"expect\":[{\"name\":\"f\"}]}]}\n"
        "{\"id\":\"none\",\"messages\":[{\"text\":\"Hm.\",\"expect\":[{\"name\":\"f\"}]}]}\n";
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_tools_report *r = lab(TARE_S(text), &arena);
    assert_int_equal(r->arm[TARE_ARM_STRICT].rate[TARE_RATE_SUCCESS].k, 1);
    assert_int_equal(r->arm[TARE_ARM_STRICT].rate[TARE_RATE_MALFORMED].k, 1);
    assert_int_equal(r->arm[TARE_ARM_STRICT].rate[TARE_RATE_MISSED].k, 1);
    assert_int_equal(r->arm[TARE_ARM_LENIENT].rate[TARE_RATE_SUCCESS].k, 2);
    assert_int_equal(r->arm[TARE_ARM_REQUIRED].unknown, 1);
    assert_int_equal(r->arm[TARE_ARM_REQUIRED].rate[TARE_RATE_SUCCESS].k, 2);
    assert_int_equal(r->arm[TARE_ARM_CONSTRAINED].unknown, 2);
    assert_int_equal(r->arm[TARE_ARM_CONSTRAINED].rate[TARE_RATE_SUCCESS].k, 1);
    assert_int_equal(r->arm[TARE_ARM_CONSTRAINED].rate[TARE_RATE_SUCCESS].n, 1);
    assert_false(r->arm[TARE_ARM_CONSTRAINED].recorded);
    tare_arena_free(&arena);
}

static void refuse(const char *text, uint32_t line)
{
    struct tare_tools_recordings rec;
    struct tare_err err = {0};
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, TARE_GIB);
    assert_int_equal(tare_tools_recordings_read(tare_str_of(text), &arena, &rec, &err),
                     TARE_E_INPUT);
    assert_int_equal(err.line, line);
    tare_arena_free(&arena);
}

static void test_refused(void **state)
{
    (void)state;
    refuse("{\"id\":\"x\",\"messages\":[]}\n", 1);
    refuse(DEFAULTS "{\"messages\":[]}\n", 2);
    refuse(DEFAULTS "{\"id\":\"x\"}\n", 2);
    refuse(DEFAULTS "{\"id\":\"x\",\"messages\":[{}]}\n", 2);
    refuse(DEFAULTS "{\"id\":\"x\",\"regime\":\"free\",\"messages\":[]}\n", 2);
    refuse("{\"defaults\":{\"tools\":[{\"name\":\"f\",\"parameters\":{\"type\":7}}]}}\n", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_rates),
        cmocka_unit_test(test_no_faults),
        cmocka_unit_test(test_replayed),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
