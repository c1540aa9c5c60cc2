/* The harness where the world talks: each switch that has a meaning there, and those that have
 * none. */
#include "harness_play.h"

#define RULE "{\"system\":\"RULE ONE: a word\"}"
#define ONE "{\"id\":\"a\",\"input\":\"What is it?\",\"expect\":\"x\"}\n"
#define TURNS                                                                                      \
    "{\"id\":\"a\",\"input\":{\"turns\":[\"question one\",\"question two\",\"question three\","    \
    "\"question four\"]}}\n"
#define SCHEMA                                                                                     \
    "{\"schema\":{\"type\":\"object\",\"required\":[\"city\"],\"properties\":{\"city\":{\"type\":" \
    "\"string\"}}}}"

static struct tare_str detail_answer(const struct tare_attempt *a, struct fixture *f, uint32_t i)
{
    struct tare_json root;
    struct tare_err err = {0};
    assert_int_equal(tare_json_parse(a->detail, NULL, &f->arena, &root, &err), TARE_OK);
    return tare_json_str(tare_json_at(tare_json_get(root, "answers"), i));
}

static void test_turns(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"one", "two", "three", "four"}};
    talk_in(f, RULE, TURNS);
    const struct tare_attempt *a = play(f, "{\"harness\":{}}", &k);
    assert_int_equal(a->status, TARE_ATTEMPT_DONE);
    assert_int_equal(a->n_steps, 4);
    assert_int_equal(f->n_asked, 4);
    stopped(f, "submitted");
    assert_true(tare_str_is(detail_answer(a, f, 3), "four"));
    assert_false(tare_json_present(tare_json_get(f->asked[0], "tools")));
    assert_true(asked_for(f, 0,
                          "{\"role\":\"system\",\"content\":\"RULE ONE: a word\"},"
                          "{\"role\":\"user\",\"content\":\"question one\"}"));
    assert_true(asked_for(f, 3,
                          "{\"role\":\"assistant\",\"content\":\"three\"},"
                          "{\"role\":\"user\",\"content\":\"question four\"}"));
    assert_int_equal(total(f, "prefix_breaks"), 0);
}

static void test_own_prompt(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"x"}};
    talk_in(f, RULE, ONE);
    (void)play(f, "{\"harness\":{},\"talk\":{\"prompt\":\"Say {{ input }} at once\"}}", &k);
    assert_true(asked_for(f, 0, "Say What is it? at once"));
    assert_false(asked_for(f, 0, "RULE ONE"));
    (void)play(f,
               "{\"harness\":{},\"talk\":{\"prompt\":\"[{\\\"role\\\":\\\"system\\\","
               "\\\"content\\\":\\\"S\\\"},{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"U\\\"}]"
               "\"}}",
               &k);
    assert_true(asked_for(f, 0, "{\"role\":\"system\",\"content\":\"S\"}"));
}

static void test_retry(void **state)
{
    struct fixture *f = *state;
    struct script empty = {.acts = {" ", "x"}};
    talk_in(f, RULE, ONE);
    const struct tare_attempt *a = play(f, "{\"harness\":{}}", &empty);
    assert_int_equal(counter(f, "retry.parse"), 1);
    assert_true(asked_for(f, 1, "That answer was empty"));
    assert_true(tare_str_is(detail_answer(a, f, 0), "x"));
    a = play(f, "{\"harness\":{\"retry\":{\"parse\":0}}}", &empty);
    assert_int_equal(f->n_asked, 1);
    assert_int_equal(a->status, TARE_ATTEMPT_DONE); /* the checks say what it is worth */
}

static void test_schema(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"Paris", "{\"town\":\"Paris\"}", "{\"city\":\"Paris\"}"}};
    talk_in(f, SCHEMA, ONE);
    const struct tare_attempt *a = play(f, "{\"harness\":{}}", &k);
    assert_true(asked_for(f, 0,
                          "\"response_format\":{\"type\":\"json_schema\",\"name\":\"answer\""
                          ",\"schema\":{\"type\":\"object\""));
    assert_true(asked_for(f, 1, "no JSON document"));
    assert_true(asked_for(f, 1, "\"content\":\"Paris\""));
    assert_true(asked_for(f, 2, "does not hold to its JSON Schema"));
    assert_true(asked_for(f, 2, "city"));
    assert_int_equal(counter(f, "retry.parse"), 2);
    assert_true(tare_str_is(detail_answer(a, f, 0), "{\"city\":\"Paris\"}"));
    /* used up: the last one is played, and the suite's checks look at it */
    struct script never = {.acts = {"Paris", "Rome", "Oslo", "Bern"}};
    a = play(f, "{\"harness\":{}}", &never);
    assert_int_equal(f->n_asked, 3);
    assert_int_equal(a->status, TARE_ATTEMPT_DONE);
    assert_true(tare_str_is(detail_answer(a, f, 0), "Oslo"));
}

static void test_anchor(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"first", "second"}};
    talk_in(f, RULE, ONE);
    const struct tare_attempt *a = play(f, "{\"harness\":{\"anchor\":\"decision\"}}", &k);
    assert_int_equal(counter(f, "anchor"), 1);
    assert_int_equal(f->n_asked, 2);
    assert_true(asked_for(f, 1,
                          "You are about to answer:\\nfirst\\nThe rules once more:\\nRULE "
                          "ONE"));
    assert_true(tare_str_is(detail_answer(a, f, 0), "second"));
    (void)play(f, "{\"harness\":{\"anchor\":\"every\",\"rules\":\"RULE TWO\"}}", &k);
    assert_int_equal(f->n_asked, 1);
    assert_true(asked_for(f, 0, "The rules:\\nRULE TWO"));
    /* nothing to repeat: said, not passed over */
    talk_in(f, "{}", ONE);
    a = play(f, "{\"harness\":{\"anchor\":\"every\"}}", &k);
    assert_int_equal(a->status, TARE_ATTEMPT_FAILED);
    assert_true(tare_str_find(a->cause_text, TARE_S("no rules to repeat")) != SIZE_MAX);
}

static void test_recite(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"one", "two", "three", "four"}};
    talk_in(f, RULE, TURNS);
    (void)play(f, "{\"harness\":{\"context\":{\"recite\":\"rules\",\"recite_every\":2}}}", &k);
    assert_int_equal(counter(f, "context.recite"), 2);
    assert_int_equal(counter(f, "context.recite_every"), 2);
    assert_true(asked_for(f, 2, "The rules:\\nRULE ONE"));
    assert_false(asked_for(f, 3, "The rules:"));
}

static void test_room(void **state)
{
    struct fixture *f = *state;
    char lng[1200];
    memset(lng, 'w', sizeof lng - 1);
    lng[sizeof lng - 1] = 0;
    struct script k = {.acts = {lng, lng, lng, "end"}, .summary = "goal: to know it"};
    talk_in(f, RULE, TURNS);
    const char *small = "{\"harness\":{\"context\":{\"budget_tokens\":800,\"output_reserve\":100,"
                        "\"compact_at\":0.6,\"compact_to\":0.5,\"keep_last\":1}}}";
    const struct tare_attempt *a = play(f, small, &k);
    assert_int_equal(a->status, TARE_ATTEMPT_DONE);
    assert_true(total(f, "compactions") > 0);
    assert_int_equal(counter(f, "context.compaction"), total(f, "compactions"));
    assert_true(asked_for(f, f->n_asked - 1, "goal: to know it"));
    assert_true(asked_for(f, f->n_asked - 1, "RULE ONE"));      /* never leaves */
    assert_true(asked_for(f, f->n_asked - 1, "question one"));  /* neither does the first */
    assert_false(asked_for(f, f->n_asked - 1, "question two")); /* summarised */
    assert_true(asked_for(f, f->n_asked - 1, "question four"));
    (void)play(f, "{\"harness\":{\"context\":{\"budget_tokens\":800,\"compaction\":\"off\"}}}", &k);
    assert_int_equal(total(f, "compactions"), 0);
    assert_true(asked_for(f, 3, "question two"));
    assert_true(counter(f, "context.budget_tokens") > 0);
}

/* The latest turns stay whole, each with its question and its answer. */
static void test_keep(void **state)
{
    struct fixture *f = *state;
    char lng[1200];
    memset(lng, 'w', sizeof lng - 1);
    lng[sizeof lng - 1] = 0;
    struct script k = {.acts = {lng}, .summary = "goal: to know it"};
    talk_in(f, RULE,
            "{\"id\":\"a\",\"input\":{\"turns\":[\"question one\",\"question two\",\"question "
            "three\",\"question four\",\"question five\",\"question six\"]}}\n");
    (void)play(f,
               "{\"harness\":{\"context\":{\"budget_tokens\":2200,\"output_reserve\":100,"
               "\"compact_at\":0.6,\"compact_to\":0.5,\"keep_last\":3}}}",
               &k);
    assert_int_equal(total(f, "compactions"), 1);
    assert_false(asked_for(f, f->n_asked - 1, "question three"));
    assert_true(asked_for(f, f->n_asked - 1, "question four"));
    assert_int_equal(f->play.attempt.n_steps, 6);
}

/* To say the same to many questions is no loop: the world ends the talk, not the harness. */
static void test_same_again(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"yes"}, .verify = "{\"ok\": false, \"why\": \"no\"}"};
    talk_in(f, RULE,
            "{\"id\":\"a\",\"input\":{\"turns\":[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
            "\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]}}\n");
    (void)play(f, "{\"harness\":{}}", &k);
    assert_int_equal(f->play.attempt.n_steps, 15);
    stopped(f, "submitted");
    /* each turn has its own two refusals */
    talk_in(f, RULE, TURNS);
    (void)play(f, "{\"harness\":{\"verify\":\"self\"}}", &k);
    assert_int_equal(counter(f, "verify"), 8);
    assert_int_equal(f->play.attempt.n_steps, 4);
}

static void test_verify(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"one", "One.", "two", "three", "four"},
                       .verify = "{\"ok\": false, \"why\": \"it is wrong\"}"};
    talk_in(f, RULE, TURNS);
    const struct tare_attempt *a = play(f, "{\"harness\":{\"verify\":\"checks\"}}", &k);
    assert_int_equal(counter(f, "verify"), 5);
    assert_true(asked_for(f, 2, "Not taken: it is the answer before once more"));
    assert_true(tare_str_is(detail_answer(a, f, 1), "two"));
    /* refused twice, then it is played */
    talk_in(f, RULE, ONE);
    a = play(f, "{\"harness\":{\"verify\":\"other_model\",\"verifier\":\"openai/x\"}}", &k);
    assert_int_equal(f->n_asked, 5);
    assert_true(tare_str_is(f->endpoint[1], "/verifier"));
    assert_true(asked_for(f, 1, "Proposed answer:\\none"));
    assert_true(asked_for(f, 1, "asked: What is it?"));
    assert_true(asked_for(f, 2, "Not taken: it is wrong"));
    assert_int_equal(counter(f, "verifier"), 2);
    assert_true(tare_str_is(detail_answer(a, f, 0), "two"));
    struct script fine = {.acts = {"one"}, .verify = "{\"ok\": true, \"why\": \"\"}"};
    a = play(f, "{\"harness\":{\"verify\":\"self\"}}", &fine);
    assert_int_equal(f->n_asked, 2);
    assert_int_equal(f->endpoint[1].n, 0);
    assert_true(tare_str_is(detail_answer(a, f, 0), "one"));
    fine.verify = "I cannot say.";
    (void)play(f, "{\"harness\":{\"verify\":\"self\"}}", &fine);
    assert_int_equal(total(f, "verify_unreadable"), 1);
}

static void test_best_of(void **state)
{
    struct fixture *f = *state;
    const double lp[] = {-1, -9, -2, 0};
    struct script votes = {.acts = {"Rome", "Paris", "paris."}, .logprobs = lp};
    talk_in(f, RULE, ONE);
    const struct tare_attempt *a =
        play(f, "{\"harness\":{\"best_of\":3,\"select\":\"vote\"}}", &votes);
    assert_int_equal(f->n_asked, 3);
    assert_int_equal(counter(f, "best_of"), 2);
    assert_int_equal(counter(f, "select"), 1);
    assert_true(tare_str_is(detail_answer(a, f, 0), "Paris"));
    a = play(f, "{\"harness\":{\"best_of\":3,\"select\":\"confidence\"}}", &votes);
    assert_true(tare_json_true(tare_json_get(f->asked[0], "logprobs")));
    assert_true(tare_str_is(detail_answer(a, f, 0), "Rome"));
    a = play(f, "{\"harness\":{\"best_of\":3,\"select\":\"surprisal\"}}", &votes);
    assert_true(tare_str_is(detail_answer(a, f, 0), "Paris"));
    talk_in(f, SCHEMA, ONE);
    struct script faulty = {.acts = {"no", "{\"city\":1}", "{\"city\":\"x\"}"}};
    a = play(f, "{\"harness\":{\"best_of\":3}}", &faulty);
    assert_true(tare_str_is(detail_answer(a, f, 0), "{\"city\":\"x\"}"));
    assert_int_equal(counter(f, "retry.parse"), 0);
}

static void test_circuit(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"same"}};
    talk_in(f, RULE, TURNS);
    const struct tare_attempt *a = play(f, "{\"harness\":{\"circuit\":{\"calls\":2}}}", &k);
    assert_int_equal(a->cause, TARE_CAUSE_LIMIT);
    assert_int_equal(counter(f, "circuit.calls"), 1);
    stopped(f, "call_limit");
}

static void meaning(struct fixture *f, const char *harness, const char *says)
{
    struct tare_err err = {0};
    struct tare_json config;
    assert_int_equal(tare_json_parse(tare_str_of(harness), NULL, &f->arena, &config, &err),
                     TARE_OK);
    enum tare_status st = tare_harness_check_talk(config, TARE_S("prompt"), &err);
    if (!says && st != TARE_OK)
        fail_msg("%s: %s", harness, err.text);
    if (!says)
        return;
    assert_int_equal(st, TARE_E_INPUT);
    assert_true(err.has_offset);
    if (tare_str_find(tare_str_of(err.text), tare_str_of(says)) == SIZE_MAX)
        fail_msg("%s: %s", harness, err.text);
}

static void test_no_meaning(void **state)
{
    struct fixture *f = *state;
    meaning(f, "{\"loop_guard\":\"break\"}", "\"loop_guard\" has no meaning in the world prompt");
    meaning(f, "{\"loop_guard\":\"refuse\"}", NULL); /* its default: one file for both worlds */
    meaning(f, "{\"tool_mode\":\"strict\"}", "no meaning");
    meaning(f, "{\"tools\":{\"set\":[\"a\"]}}", "\"tools.set\" has no meaning");
    meaning(f, "{\"tools\":{\"dialect\":\"hermes\"}}", "no meaning");
    meaning(f, "{\"tools\":{\"dialect\":\"auto\"}}", NULL);
    meaning(f, "{\"tools\":{\"parallel\":false}}", "no meaning");
    meaning(f, "{\"memory\":\"files\"}", "no meaning");
    meaning(f, "{\"subtasks\":2}", "no meaning");
    meaning(f, "{\"retry\":{\"no_call\":1}}", "no meaning");
    meaning(f, "{\"context\":{\"memory_mode\":\"stateless\"}}", "no meaning");
    meaning(f, "{\"context\":{\"errors\":\"drop\"}}", "no meaning");
    meaning(f, "{\"context\":{\"recite\":\"plan\"}}", "no plan to repeat");
    meaning(f, "{\"context\":{\"recite\":\"both\"}}", "no plan to repeat");
    meaning(f, "{\"context\":{\"recite\":\"rules\"}}", NULL);
    meaning(f, "{\"best_of\":4,\"select\":\"vote\",\"verify\":\"self\",\"anchor\":\"every\"}",
            NULL);
    meaning(f, "{\"best_of\":99}", "1 to 16");
}

/* The talk and its prompt enter the identity. */
static void test_identity(void **state)
{
    struct fixture *f = *state;
    struct tare_err err = {0};
    struct tare_digest d[3];
    static const char *const of[] = {"{\"harness\":{}}",
                                     "{\"harness\":{},\"talk\":{\"prompt\":\"p\"}}",
                                     "{\"harness\":{\"best_of\":2}}"};
    for (int i = 0; i < 3; i++) {
        struct tare_json config;
        struct tare_buf b;
        struct tare_json_writer w;
        void *shared;
        assert_int_equal(tare_json_parse(tare_str_of(of[i]), NULL, &f->arena, &config, &err),
                         TARE_OK);
        assert_int_equal(tare_solver_talk.open(config, &f->arena, &shared, &err), TARE_OK);
        tare_buf_init(&b, NULL, TARE_MIB);
        tare_json_writer_init(&w, &b);
        tare_solver_talk.identity(shared, &w);
        d[i] = tare_sha256_of(tare_buf_str(&b));
        tare_buf_free(&b);
    }
    assert_false(tare_digest_eq(d[0], d[1]) || tare_digest_eq(d[0], d[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_turns),      cmocka_unit_test(test_own_prompt),
        cmocka_unit_test(test_retry),      cmocka_unit_test(test_schema),
        cmocka_unit_test(test_anchor),     cmocka_unit_test(test_recite),
        cmocka_unit_test(test_room),       cmocka_unit_test(test_keep),
        cmocka_unit_test(test_same_again), cmocka_unit_test(test_verify),
        cmocka_unit_test(test_best_of),    cmocka_unit_test(test_circuit),
        cmocka_unit_test(test_no_meaning), cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests_name("run/harness_talk", tests, setup, teardown);
}
