/* The loop, its errors and its ends, switch by switch: in the requests, the record and the
 * counters. */
#include "harness_play.h"

/* ---- the plain loop ------------------------------------------------------------------------ */

static void test_plays(void **state)
{
    struct fixture *f = *state;
    const struct tare_attempt *a = play(f, "{}", &plain);
    assert_int_equal(a->status, TARE_ATTEMPT_DONE);
    assert_int_equal(a->n_steps, 2);
    stopped(f, "submitted");
    assert_int_equal(f->n_asked, 2);
    assert_true(tare_json_str_is(tare_json_get(f->asked[0], "tool_choice"), "auto"));
    assert_int_equal(total(f, "model_calls"), 2);
    assert_int_equal(total(f, "tokens_in"), 20);
    assert_int_equal(total(f, "tokens_cached"), 8);
    /* what was said before is the beginning of what is said next */
    struct tare_str first = tare_json_lexeme(tare_json_get(f->asked[0], "messages"));
    struct tare_str then = tare_json_lexeme(tare_json_get(f->asked[1], "messages"));
    assert_true(tare_str_starts(then, tare_str_n(first.p, first.n - 1)));
    assert_int_equal(total(f, "prefix_breaks"), 0);
}

/* The same attempt, though its calls took another time: the same bits. */
static void test_same_bits(void **state)
{
    struct fixture *f = *state;
    struct tare_digest one = play(f, "{}", &plain)->digest;
    char *text = malloc(1000000);
    assert_non_null(text);
    struct tare_digest two = play(f, "{}", &plain)->digest;
    assert_true(tare_digest_eq(one, two));
    struct script other = {.acts = {QUERY2, REPORT}};
    struct tare_digest three = play(f, "{}", &other)->digest;
    assert_false(tare_digest_eq(one, three));
    free(text);
}

static void test_tool_mode(void **state)
{
    struct fixture *f = *state;
    (void)play(f, "{\"tool_mode\":\"required\"}", &plain);
    assert_true(tare_json_str_is(tare_json_get(f->asked[0], "tool_choice"), "required"));
    assert_int_equal(counter(f, "tool_mode"), 2);
    (void)play(f, "{\"tool_mode\":\"strict\"}", &plain);
    assert_true(tare_json_true(tare_json_get(f->asked[0], "strict")));
    struct script named = {.acts = {QUERY, REPORT}};
    (void)play(f, "{\"tool_mode\":\"named\",\"tools\":{\"named\":\"submit_report\"}}", &named);
    assert_true(asked_for(f, 0, "\"tool_choice\":{\"name\":\"submit_report\"}"));
    assert_int_equal(counter(f, "tools.named"), 1);
    assert_true(asked_for(f, 1, "E_WRONG_TOOL"));
    assert_int_equal(f->play.attempt.n_steps, 1);
    /* a promise the server did not keep is asked for again, then given up */
    struct script silent = {.acts = {"I think so."}};
    const struct tare_attempt *a = play(f, "{\"tool_mode\":\"required\"}", &silent);
    assert_int_equal(a->status, TARE_ATTEMPT_FAILED);
    stopped(f, "format_errors");
}

static void test_no_call(void **state)
{
    struct fixture *f = *state;
    struct script silent = {.acts = {"I think so."}};
    const struct tare_attempt *a = play(f, "{}", &silent);
    assert_int_equal(a->status, TARE_ATTEMPT_DONE);
    stopped(f, "no_call");
    assert_int_equal(f->n_asked, 3);
    assert_int_equal(counter(f, "retry.no_call"), 2);
    (void)play(f, "{\"retry\":{\"no_call\":0}}", &silent);
    assert_int_equal(f->n_asked, 1);
}

static void test_text_calls(void **state)
{
    struct fixture *f = *state;
    static const char *const said = "<tool_call>\n{\"name\": \"submit_report\", \"arguments\": "
                                    "{\"summary_json\": {\"verdict\": "
                                    "\"unknown\"}}}\n</tool_call>";
    struct script text = {.acts = {said}};
    (void)play(f, "{\"tools\":{\"transport\":\"prompt\",\"dialect\":\"hermes\"}}", &text);
    stopped(f, "submitted");
    assert_false(tare_json_present(tare_json_get(f->asked[0], "tools")));
    assert_true(asked_for(f, 0, "You have these tools"));
    assert_int_equal(counter(f, "tools.transport"), 1);
    assert_int_equal(counter(f, "tools.dialect"), 1);
    (void)play(f, "{\"tools\":{\"dialect\":\"none\"}}", &text);
    stopped(f, "no_call");
}

/* ---- errors -------------------------------------------------------------------------------- */

static void test_retry(void **state)
{
    struct fixture *f = *state;
    struct script wrong = {.acts = {"call isolate_host {\"host\":\"h-1\"}", REPORT}};
    (void)play(f, "{}", &wrong);
    stopped(f, "submitted");
    assert_int_equal(counter(f, "retry.parse"), 1);
    assert_true(asked_for(f, 1, "V_MISSING"));
    assert_true(asked_for(f, 1, "host_id")); /* the schema of the tool */
    assert_int_equal(f->play.attempt.n_steps, 1);
    const struct tare_attempt *a = play(f, "{\"retry\":{\"parse\":0}}", &wrong);
    assert_int_equal(a->status, TARE_ATTEMPT_FAILED);
    assert_int_equal(a->cause, TARE_CAUSE_SOLVER);
    stopped(f, "format_errors");
    /* the failing call does not stay in the talk */
    struct script later = {.acts = {"call isolate_host {\"host\":\"h-1\"}", QUERY, REPORT}};
    (void)play(f, "{}", &later);
    assert_true(asked_for(f, 1, "V_MISSING"));
    assert_false(asked_for(f, 2, "V_MISSING"));
}

static void test_repair(void **state)
{
    struct fixture *f = *state;
    struct script comma = {
        .acts = {"call query_logs {\"sql\":\"SELECT * FROM alerts LIMIT 1\",}", REPORT}};
    (void)play(f, "{}", &comma);
    assert_int_equal(counter(f, "tools.repair"), 1);
    assert_int_equal(counter(f, "retry.parse"), 0);
    (void)play(f, "{\"tools\":{\"repair\":false}}", &comma);
    assert_int_equal(counter(f, "tools.repair"), 0);
    assert_int_equal(counter(f, "retry.parse"), 1);
}

static void test_parallel(void **state)
{
    struct fixture *f = *state;
    struct script two = {.acts = {QUERY "\n" QUERY2, REPORT}};
    (void)play(f, "{}", &two);
    assert_int_equal(f->play.attempt.n_steps, 3);
    (void)play(f, "{\"tools\":{\"parallel\":false}}", &two);
    assert_int_equal(f->play.attempt.n_steps, 1);
    assert_int_equal(counter(f, "tools.parallel"), 1);
}

static void test_set_and_order(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"call fetch_email {\"email_id\":\"em-1\"}", REPORT}};
    (void)play(f, "{\"tools\":{\"set\":[\"query_logs\",\"submit_report\"]}}", &k);
    assert_false(asked_for(f, 0, "\"fetch_email\""));
    assert_int_equal(counter(f, "tools.set"), 1);
    assert_true(asked_for(f, 1, "V_UNKNOWN_TOOL"));
    struct script early = {.acts = {REPORT, QUERY, REPORT}};
    (void)play(f,
               "{\"tools\":{\"order\":[{\"rule\":\"before\",\"a\":\"query_logs\",\"b\":"
               "\"submit_report\"}]}}",
               &early);
    assert_int_equal(counter(f, "tools.order"), 1);
    assert_int_equal(f->play.attempt.n_steps, 2);
    stopped(f, "submitted");
}

static void test_loop_guard(void **state)
{
    struct fixture *f = *state;
    struct script loop = {.acts = {BAD, BAD, BAD, BAD, REPORT}};
    (void)play(f, "{}", &loop);
    assert_int_equal(counter(f, "loop_guard"), 3);
    assert_int_equal(f->play.attempt.n_steps, 2);
    assert_true(asked_for(f, 2, "this same call has just failed"));
    (void)play(f, "{\"loop_guard\":\"off\"}", &loop);
    assert_int_equal(counter(f, "loop_guard"), 0);
    assert_int_equal(f->play.attempt.n_steps, 5);
    (void)play(f, "{\"loop_guard\":\"warn\"}", &loop);
    assert_int_equal(counter(f, "loop_guard"), 3);
    assert_int_equal(f->play.attempt.n_steps, 5);
    assert_true(asked_for(f, 2, "[Note: "));
    const struct tare_attempt *a = play(f, "{\"loop_guard\":\"break\"}", &loop);
    assert_int_equal(a->status, TARE_ATTEMPT_FAILED);
    stopped(f, "loop_break");
    /* after a call that succeeded the same one may be tried once more */
    struct script again = {.acts = {BAD, QUERY, BAD, QUERY2, BAD, REPORT}};
    (void)play(f, "{}", &again);
    assert_int_equal(counter(f, "loop_guard"), 1);
}

static void test_circuit(void **state)
{
    struct fixture *f = *state;
    struct script loop = {.acts = {QUERY}};
    const struct tare_attempt *a = play(f, "{\"circuit\":{\"calls\":3}}", &loop);
    assert_int_equal(a->cause, TARE_CAUSE_LIMIT);
    stopped(f, "call_limit");
    assert_int_equal(counter(f, "circuit.calls"), 1);
    struct script bad = {.acts = {BAD}};
    (void)play(f, "{\"circuit\":{\"no_progress\":4},\"loop_guard\":\"off\"}", &bad);
    stopped(f, "no_progress");
    assert_int_equal(counter(f, "circuit.no_progress"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plays),         cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_tool_mode),     cmocka_unit_test(test_no_call),
        cmocka_unit_test(test_text_calls),    cmocka_unit_test(test_retry),
        cmocka_unit_test(test_repair),        cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_set_and_order), cmocka_unit_test(test_loop_guard),
        cmocka_unit_test(test_circuit),
    };
    return cmocka_run_group_tests_name("run/harness_loop", tests, setup, teardown);
}
