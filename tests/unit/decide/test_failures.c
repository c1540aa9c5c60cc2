/* The detectors of failure modes: the shared vectors, and trails made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/limits.h"
#include "decide/failures.h"

struct fixture {
    struct tare_arena arena;
    struct tare_json detectors;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct tare_str text;
    struct tare_json root;
    struct tare_err err = {0};
    const char *dir = getenv("TARE_SHARED");
    assert_non_null(f);
    tare_arena_init(&f->arena, NULL, TARE_ARENA_LOAD_BYTES);
    struct tare_str path =
        tare_arena_printf(&f->arena, "%s/vectors/harness-audit.json", dir ? dir : ".");
    if (dir && tare_fs_exists(path) &&
        tare_fs_read(path, TARE_MAX_JSON_BYTES, &f->arena, &text, &err) == TARE_OK &&
        tare_json_parse(text, NULL, &f->arena, &root, &err) == TARE_OK)
        f->detectors = tare_json_get(root, "detectors");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tare_arena_free(&f->arena);
    free(f);
    return 0;
}

static uint64_t num(struct tare_json v, const char *key)
{
    int64_t n = 0;
    (void)tare_json_i64(tare_json_get(v, key), &n);
    return (uint64_t)n;
}

static uint64_t hash(struct tare_json v, const char *key)
{
    return tare_hash64(tare_json_str(tare_json_get(v, key)), 1);
}

/* The subtypes of one mode that were found must be those expected, no more. */
static void expect(struct fixture *f, const struct tare_trail *t, enum tare_failure_mode mode,
                   struct tare_json want, struct tare_str name)
{
    struct tare_failure *v;
    struct tare_err err = {0};
    uint32_t n, found = 0;
    assert_int_equal(tare_failures(t, &f->arena, &v, &n, &err), TARE_OK);
    for (uint32_t i = 0; i < n; i++) {
        bool known = false;
        if (v[i].mode != mode || strcmp(v[i].subtype, "same_timeout") == 0)
            continue;
        for (struct tare_json w = tare_json_first(want); tare_json_present(w);
             w = tare_json_next(w))
            known = known || tare_json_str_is(w, v[i].subtype);
        if (!known)
            fail_msg("%.*s: %s was found", TARE_FMT(name), v[i].subtype);
        found++;
    }
    if (found != tare_json_count(want))
        fail_msg("%.*s: %u found, %u expected", TARE_FMT(name), found, tare_json_count(want));
}

static struct tare_json cases(struct fixture *f, const char *mode)
{
    struct tare_json list = tare_json_get(f->detectors, mode);
    if (!tare_json_present(list))
        skip();
    return tare_json_first(list);
}

static void test_loop_vectors(void **state)
{
    struct fixture *f = *state;
    for (struct tare_json c = cases(f, "retry_loop"); tare_json_present(c); c = tare_json_next(c)) {
        struct tare_json calls = tare_json_get(c, "calls"), polls = tare_json_get(c, "poll");
        struct tare_trail_call *v =
            TARE_NEW_N(&f->arena, struct tare_trail_call, tare_json_count(calls));
        struct tare_trail t = {.calls = v};
        for (struct tare_json x = tare_json_first(calls); tare_json_present(x);
             x = tare_json_next(x)) {
            struct tare_trail_call *k = &v[t.n_calls++];
            *k = (struct tare_trail_call){.step = t.n_calls,
                                          .tool = tare_json_str(tare_json_get(x, "tool")),
                                          .sig = hash(x, "sig"),
                                          .result = hash(x, "dig"),
                                          .ok = tare_json_true(tare_json_get(x, "ok")),
                                          .changed = tare_json_true(tare_json_get(x, "changed"))};
            for (struct tare_json p = tare_json_first(polls); tare_json_present(p);
                 p = tare_json_next(p))
                k->poll = k->poll || tare_str_eq(tare_json_str(p), k->tool);
        }
        expect(f, &t, TARE_FAIL_LOOP, tare_json_get(c, "expect"),
               tare_json_str(tare_json_get(c, "name")));
    }
}

static void test_context_vectors(void **state)
{
    struct fixture *f = *state;
    for (struct tare_json c = cases(f, "context_exhaustion"); tare_json_present(c);
         c = tare_json_next(c)) {
        struct tare_json calls = tare_json_get(c, "calls");
        struct tare_trail_ask *v =
            TARE_NEW_N(&f->arena, struct tare_trail_ask, tare_json_count(calls));
        struct tare_trail t = {.asks = v,
                               .window = num(c, "window"),
                               .reserve = num(c, "output_reserve"),
                               .stop = tare_json_str(tare_json_get(c, "stop")),
                               .has_score = true,
                               .score = 1};
        for (struct tare_json x = tare_json_first(calls); tare_json_present(x);
             x = tare_json_next(x))
            v[t.n_asks++] = (struct tare_trail_ask){
                .step = t.n_asks + 1,
                .prompt = num(x, "prompt"),
                .length = tare_json_str_is(tare_json_get(x, "finish"), "length")};
        expect(f, &t, TARE_FAIL_CONTEXT, tare_json_get(tare_json_get(c, "expect"), "subtypes"),
               tare_json_str(tare_json_get(c, "name")));
    }
}

static void test_end_vectors(void **state)
{
    struct fixture *f = *state;
    for (struct tare_json c = cases(f, "premature_termination"); tare_json_present(c);
         c = tare_json_next(c)) {
        struct tare_json a = tare_json_get(c, "attempt");
        struct tare_trail t = {.stop = tare_json_str(tare_json_get(a, "stop")),
                               .steps = (uint32_t)num(a, "steps"),
                               .step_limit = (uint32_t)num(a, "step_limit"),
                               .tokens = num(a, "tokens"),
                               .token_limit = num(a, "token_limit"),
                               .open_items = (uint32_t)num(a, "open_items"),
                               .changes = (uint32_t)num(a, "changes"),
                               .checked =
                                   tare_json_true(tare_json_get(a, "check_after_last_change")),
                               .has_score = true};
        assert_true(tare_json_f64(tare_json_get(a, "score"), &t.score));
        expect(f, &t, TARE_FAIL_PREMATURE, tare_json_get(c, "expect"),
               tare_json_str(tare_json_get(c, "name")));
    }
}

static void test_timeout_vectors(void **state)
{
    struct fixture *f = *state;
    for (struct tare_json c = cases(f, "timeout_cascade"); tare_json_present(c);
         c = tare_json_next(c)) {
        struct tare_json a = tare_json_get(c, "attempt"), want = tare_json_get(c, "expect");
        struct tare_json results = tare_json_get(a, "results"),
                         steps = tare_json_get(a, "progress");
        struct tare_trail_call *v =
            TARE_NEW_N(&f->arena, struct tare_trail_call, tare_json_count(results) + 1);
        struct tare_trail t = {.calls = v,
                               .stop = tare_json_str(tare_json_get(a, "stop")),
                               .steps = (uint32_t)num(a, "steps"),
                               .has_score = true,
                               .score = 1};
        for (struct tare_json x = tare_json_first(results); tare_json_present(x);
             x = tare_json_next(x)) {
            v[t.n_calls] = (struct tare_trail_call){.step = t.n_calls + 1,
                                                    .sig = t.n_calls,
                                                    .ok = true,
                                                    .changed = true,
                                                    .timeout = tare_json_str_is(x, "timeout")};
            t.n_calls++;
        }
        for (struct tare_json x = tare_json_first(steps); tare_json_present(x);
             x = tare_json_next(x)) {
            int64_t at = 0;
            (void)tare_json_i64(x, &at);
            t.last_progress = (uint32_t)at;
        }
        assert_int_equal(t.last_progress, num(want, "last_progress_step"));
        expect(f, &t, TARE_FAIL_TIMEOUT, tare_json_get(want, "subtypes"),
               tare_json_str(tare_json_get(c, "name")));
    }
}

static uint32_t count(struct fixture *f, const struct tare_trail *t, enum tare_failure_mode mode,
                      const char *subtype)
{
    struct tare_failure *v;
    struct tare_err err = {0};
    uint32_t n, found = 0;
    assert_int_equal(tare_failures(t, &f->arena, &v, &n, &err), TARE_OK);
    for (uint32_t i = 0; i < n; i++)
        found += v[i].mode == mode && strcmp(v[i].subtype, subtype) == 0;
    return found;
}

static void test_misrouting(void **state)
{
    struct fixture *f = *state;
    struct tare_trail_call v[] = {
        {.step = 1, .tool = TARE_S("a"), .args = TARE_S("{\"x\":\"host-17\"}"), .sig = 1},
        {.step = 2,
         .tool = TARE_S("b"),
         .args = TARE_S("{\"h\":\"host-17\"}"),
         .sig = 2,
         .ok = true},
    };
    struct tare_trail t = {.calls = v, .n_calls = 2, .has_score = true, .score = 1};
    assert_int_equal(count(f, &t, TARE_FAIL_MISROUTING, "wrong_tool"), 1);
    v[1].args = TARE_S("{\"h\":\"host-18\"}");
    assert_int_equal(count(f, &t, TARE_FAIL_MISROUTING, "wrong_tool"), 0);
    v[1].tool = v[0].tool;
    assert_int_equal(count(f, &t, TARE_FAIL_MISROUTING, "wrong_args"), 1);
    v[0].ok = true;
    assert_int_equal(count(f, &t, TARE_FAIL_MISROUTING, "wrong_args"), 0);
}

static void test_events(void **state)
{
    struct fixture *f = *state;
    struct tare_trail_event v[] = {
        {.step = 1, .kind = TARE_TRAIL_BAD_CALL, .code = TARE_S("V_UNKNOWN_TOOL")},
        {.step = 2, .kind = TARE_TRAIL_BAD_CALL, .code = TARE_S("V_MISSING")},
        {.step = 3, .kind = TARE_TRAIL_BAD_CALL, .code = TARE_S("E_JSON")},
        {.step = 4, .kind = TARE_TRAIL_BAD_CALL, .code = TARE_S("E_NO_CALL")},
        {.step = 5, .kind = TARE_TRAIL_UNSEEN},
        {.step = 6, .kind = TARE_TRAIL_RULE, .kept = true, .rule_at = 100, .prompt = 1000},
        {.step = 7, .kind = TARE_TRAIL_RULE, .rule_at = 3000, .prompt = 9000},
        {.step = 8, .kind = TARE_TRAIL_RULE, .rule_at = 3000, .prompt = 6000},
    };
    struct tare_trail t = {.events = v, .n_events = 8, .has_score = true, .score = 1};
    assert_int_equal(count(f, &t, TARE_FAIL_HALLUCINATED, "unknown_tool"), 1);
    assert_int_equal(count(f, &t, TARE_FAIL_HALLUCINATED, "invalid_args"), 1);
    assert_int_equal(count(f, &t, TARE_FAIL_HALLUCINATED, "malformed"), 1);
    assert_int_equal(count(f, &t, TARE_FAIL_HALLUCINATED, "unseen_id"), 1);
    assert_int_equal(count(f, &t, TARE_FAIL_MIDDLE, "rule"), 1); /* the last has 3,000 after it */
}

static void test_provider(void **state)
{
    struct fixture *f = *state;
    struct tare_trail_ask a[] = {{.model = TARE_S("m-1")}, {.model = TARE_S("m-2")}};
    struct tare_trail t[] = {{.asks = a, .n_asks = 1}, {.asks = a + 1, .n_asks = 1}};
    assert_string_equal(tare_failures_provider(t, 2, 0, &f->arena).subtype, "identity");
    assert_string_equal(tare_failures_provider(t, 1, 0, &f->arena).subtype, "");
    assert_string_equal(tare_failures_provider(t, 1, 3, &f->arena).subtype, "errors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loop_vectors), cmocka_unit_test(test_context_vectors),
        cmocka_unit_test(test_end_vectors),  cmocka_unit_test(test_timeout_vectors),
        cmocka_unit_test(test_misrouting),   cmocka_unit_test(test_events),
        cmocka_unit_test(test_provider),
    };
    return cmocka_run_group_tests_name("decide/failures", tests, setup, teardown);
}
