/* Verifiers, the best of several answers, sub-tasks. */
#include "harness_play.h"

/* ---- checking and search ------------------------------------------------------------------- */

static void test_verify(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"call block_domain {\"domain\":\"never-seen.example\"}", REPORT},
                       .verify = "{\"ok\": false, \"why\": \"nothing speaks against it\"}"};
    (void)play(f, "{\"verify\":\"checks\"}", &k);
    assert_int_equal(f->play.attempt.n_steps, 1);
    assert_int_equal(counter(f, "verify"), 2);
    assert_true(asked_for(f, 1, "has stood in nothing that was shown"));
    (void)play(f, "{\"verify\":\"other_model\",\"verifier\":\"openai/x\"}", &k);
    assert_true(tare_str_is(f->endpoint[1], "/verifier"));
    assert_true(tare_json_str_is(tare_json_get(f->asked[1], "purpose"), "verify"));
    assert_int_equal(counter(f, "verifier"),
                     3); /* block once, the report twice, then it is played */
    assert_true(asked_for(f, 2, "nothing speaks against it"));
    k.verify = "as you like";
    (void)play(f, "{\"verify\":\"self\"}", &k);
    assert_int_equal(f->endpoint[1].n, 0);
    assert_int_equal(total(f, "verify_unreadable"), 2);
    assert_int_equal(f->play.attempt.n_steps, 2);
    (void)play(f, "{}", &k);
    assert_int_equal(f->play.attempt.n_steps, 2);
}

static void test_best_of(void **state)
{
    struct fixture *f = *state;
    const double lp[] = {-1, -9, -2, -3, -1, -5, 0};
    struct script k = {.acts = {QUERY, QUERY2, QUERY3, REPORT, REPORT, REPORT}, .logprobs = lp};
    (void)play(f, "{\"best_of\":3,\"select\":\"surprisal\"}", &k);
    assert_int_equal(f->n_asked, 6);
    assert_int_equal(counter(f, "best_of"), 4);
    int64_t attempt = 0;
    assert_true(tare_json_i64(tare_json_get(f->asked[2], "attempt"), &attempt));
    assert_int_equal(attempt, 2);
    assert_true(asked_for(f, 3, "auth_logs LIMIT 9")); /* the second, at -9 */
    assert_int_equal(counter(f, "select"), 2);
    (void)play(f, "{\"best_of\":3,\"select\":\"confidence\"}", &k);
    assert_true(asked_for(f, 3, "alerts LIMIT 3"));
    struct script votes = {.acts = {QUERY, QUERY2, QUERY2, REPORT}};
    (void)play(f, "{\"best_of\":3,\"select\":\"vote\"}", &votes);
    assert_true(asked_for(f, 3, "auth_logs LIMIT 9"));
    struct script faulty = {.acts = {"call nothing {}", QUERY, QUERY2, REPORT}};
    (void)play(f, "{\"best_of\":3,\"select\":\"checks\"}", &faulty);
    assert_true(asked_for(f, 3, "alerts LIMIT 3"));
    assert_int_equal(counter(f, "retry.parse"), 0);
}

static void test_subtask(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"call subtask {\"goal\":\"read the alerts\"}", QUERY,
                                "two alerts, both harmless", REPORT}};
    (void)play(f, "{\"subtasks\":5}", &k);
    stopped(f, "submitted");
    assert_int_equal(counter(f, "subtasks"), 1);
    assert_true(asked_for(f, 1, "read the alerts"));
    assert_false(asked_for(f, 1, "\"submit_report\"")); /* it decides nothing */
    assert_true(asked_for(f, 3, "two alerts, both harmless"));
    assert_false(asked_for(f, 3, "SELECT * FROM alerts")); /* what it looked at stays apart */
    assert_int_equal(f->play.attempt.n_steps, 2);
    (void)play(f, "{}", &plain);
    assert_false(asked_for(f, 0, "\"subtask\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_best_of),
        cmocka_unit_test(test_subtask),
    };
    return cmocka_run_group_tests_name("run/harness_search", tests, setup, teardown);
}
