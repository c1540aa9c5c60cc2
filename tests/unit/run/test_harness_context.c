/* What stands in a prompt and where, how room is made, and the way back. */
#include "harness_play.h"

/* ---- position ------------------------------------------------------------------------------ */

static void test_anchor(void **state)
{
    struct fixture *f = *state;
    (void)play(f, "{\"anchor\":\"every\",\"rules\":\"RULE ONE\"}", &plain);
    assert_int_equal(counter(f, "anchor"), 2);
    assert_true(asked_for(f, 0, "RULE ONE") && asked_for(f, 1, "RULE ONE"));
    struct script k = {.acts = {QUERY, REPORT, REPORT}};
    (void)play(f, "{\"anchor\":\"decision\",\"rules\":\"RULE ONE\"}", &k);
    assert_int_equal(counter(f, "anchor"), 1);
    assert_int_equal(f->n_asked, 3);
    assert_false(asked_for(f, 0, "RULE ONE") || asked_for(f, 1, "RULE ONE"));
    assert_true(asked_for(f, 2, "You are about to call submit_report"));
    (void)play(f, "{\"rules\":\"RULE ONE\"}", &plain);
    assert_false(asked_for(f, 1, "RULE ONE"));
}

static void test_recite(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"call update_plan {\"plan\":\"1 look 2 report\"}", QUERY, REPORT}};
    (void)play(f, "{\"context\":{\"recite\":\"plan\"}}", &k);
    assert_int_equal(counter(f, "context.recite"), 3);
    assert_true(asked_for(f, 0, "You have no plan yet"));
    assert_true(asked_for(f, 2, "Your plan:\\n1 look 2 report"));
    assert_int_equal(f->play.attempt.n_steps, 2); /* the plan takes no step */
    (void)play(f, "{\"context\":{\"recite\":\"plan\",\"recite_every\":2}}", &k);
    assert_int_equal(counter(f, "context.recite"), 2);
    assert_int_equal(counter(f, "context.recite_every"), 1);
    (void)play(f, "{}", &plain);
    assert_false(asked_for(f, 0, "update_plan"));
}

static void test_stateless(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {QUERY, QUERY2, REPORT}};
    (void)play(f, "{\"context\":{\"memory_mode\":\"stateless\"}}", &k);
    stopped(f, "submitted");
    assert_int_equal(counter(f, "context.memory_mode"), 3);
    assert_true(asked_for(f, 2, "Done so far: 2 calls"));
    assert_false(asked_for(f, 2, "\"role\":\"assistant\""));
    (void)play(f, "{}", &k);
    assert_true(asked_for(f, 2, "\"role\":\"assistant\""));
}

static void test_memory(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {"call write_note {\"name\":\"a\",\"text\":\"seen h-1\"}",
                                "call read_note {\"name\":\"a\"}\ncall list_notes {}", REPORT}};
    (void)play(f, "{\"memory\":\"files\"}", &k);
    assert_int_equal(counter(f, "memory"), 3);
    assert_true(asked_for(f, 2, "seen h-1"));
    assert_true(asked_for(f, 2, "a (8 bytes)"));
    assert_int_equal(f->play.attempt.n_steps, 1);
    (void)play(f, "{}", &plain);
    assert_false(asked_for(f, 0, "write_note"));
}

/* ---- the ladder ---------------------------------------------------------------------------- */

static void test_ladder(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {QUERY, QUERY2, QUERY3, QUERY2, QUERY3,
                                "call read_result {\"ref\":\"r1\"}", REPORT}};
    const char *small = "{\"context\":{\"budget_tokens\":3000,\"keep_last\":1,\"compact_at\":0.7,"
                        "\"compact_to\":0.6}}";
    (void)play(f, small, &k);
    stopped(f, "submitted");
    assert_true(counter(f, "context.compaction") > 0);
    assert_true(total(f, "references") > 0);
    assert_int_equal(total(f, "restores"), 1);
    assert_true(asked_for(f, 5, "\\\"ref\\\":\\\"r"));
    /* The way back: what read_result gives is the observation, byte for byte. */
    struct tare_json whole = {NULL, 0}, back = {NULL, 0};
    struct tare_json list = tare_json_get(f->asked[1], "messages");
    for (struct tare_json m = tare_json_first(list); tare_json_present(m); m = tare_json_next(m))
        if (tare_json_str_is(tare_json_get(m, "role"), "tool"))
            whole = tare_json_get(m, "content");
    list = tare_json_get(f->asked[6], "messages");
    for (struct tare_json m = tare_json_first(list); tare_json_present(m); m = tare_json_next(m))
        if (tare_json_str_is(tare_json_get(m, "role"), "tool"))
            back = tare_json_get(m, "content");
    assert_true(tare_json_str(whole).n > 100);
    assert_true(tare_str_eq(tare_json_str(whole), tare_json_str(back)));
    /* off: nothing leaves the talk */
    (void)play(f, "{\"context\":{\"budget_tokens\":3000,\"compaction\":\"off\"}}", &k);
    assert_int_equal(total(f, "compactions"), 0);
    assert_true(counter(f, "context.budget_tokens") > 0);
}

/* Nothing is lost: under any budget, each result that can still be named is given back as the bytes
 * that were recorded, also in pieces. */
static void test_way_back(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {QUERY, QUERY2 "\n" QUERY3, QUERY2,
                                "call fetch_alert {\"alert_id\":\"al-1\"}", QUERY3,
                                "call read_result {\"ref\":\"r1\"}\n"
                                "call read_result {\"ref\":\"r1\",\"bytes\":100}\n"
                                "call read_result {\"ref\":\"r1\",\"from\":100}",
                                REPORT},
                       .summary = "nothing yet"};
    uint32_t given = 0;
    for (int budget = 2500; budget <= 6500; budget += 500)
        for (int keep = 0; keep <= 3; keep++) {
            char switches[200];
            (void)snprintf(switches, sizeof switches,
                           "{\"context\":{\"budget_tokens\":%d,\"keep_last\":%d,\"compact_at\":0.6,"
                           "\"compact_to\":0.5,\"result_cap_bytes\":2000}}",
                           budget, keep);
            const struct tare_attempt *a = play(f, switches, &k);
            if (a->status != TARE_ATTEMPT_DONE)
                continue; /* too small for this talk, and said so */
            struct tare_json list = tare_json_get(f->asked[f->n_asked - 1], "messages");
            struct tare_str v[3] = {{NULL, 0}};
            int n = 0;
            for (struct tare_json m = tare_json_first(list); tare_json_present(m);
                 m = tare_json_next(m))
                if (tare_json_str_is(tare_json_get(m, "role"), "tool")) {
                    v[0] = v[1];
                    v[1] = v[2];
                    v[2] = tare_json_str(tare_json_get(m, "content"));
                    n++;
                }
            if (n < 3 || tare_str_is(v[2], "there is no such reference"))
                continue;
            if (tare_str_find(v[0], TARE_S("\"ref\":")) != SIZE_MAX)
                continue; /* what was read again has left the talk once more */
            given++;
            assert_int_equal(v[1].n, 100);
            struct tare_str both =
                tare_arena_printf(&f->arena, "%.*s%.*s", TARE_FMT(v[1]), TARE_FMT(v[2]));
            assert_true(tare_str_eq(both, v[0]));
            /* the record holds the same bytes */
            assert_true(tare_str_find(a->steps, v[0]) != SIZE_MAX);
        }
    assert_true(given >= 5);
}

static void test_summary(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {QUERY, QUERY2, QUERY3, QUERY2, REPORT},
                       .summary = "goal: find it; done: looked at ALERTS"};
    (void)play(f, "{\"context\":{\"budget_tokens\":3000,\"compaction\":\"summary\"}}", &k);
    stopped(f, "submitted");
    bool summarised = false;
    for (uint32_t i = 0; i < f->n_asked; i++)
        summarised =
            summarised || tare_json_str_is(tare_json_get(f->asked[i], "purpose"), "summarise");
    assert_true(summarised);
    assert_true(asked_for(f, f->n_asked - 1, "done: looked at ALERTS"));
    assert_true(total(f, "compactions") > 0);
}

static void test_cut_and_errors(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {QUERY2, REPORT}};
    (void)play(f, "{\"context\":{\"result_cap_bytes\":300}}", &k);
    assert_int_equal(counter(f, "context.result_cap_bytes"), 1);
    assert_true(asked_for(f, 1, "bytes left out; read_result"));
    struct script bad = {.acts = {BAD, QUERY, REPORT}};
    (void)play(f, "{\"context\":{\"errors\":\"drop\"}}", &bad);
    assert_true(asked_for(f, 1, "no such table"));
    assert_false(asked_for(f, 2, "no such table"));
    assert_int_equal(counter(f, "context.errors"), 1);
    (void)play(f, "{}", &bad);
    assert_true(asked_for(f, 2, "no such table"));
}

/* Where the rules stood when a rule of tools.order was kept or broken. */
static void test_place_of_rules(void **state)
{
    struct fixture *f = *state;
    struct script k = {.acts = {QUERY, "call fetch_alert {\"alert_id\":\"x\"}", QUERY2, REPORT}};
    struct script notes = {.acts = {"call write_note {\"name\":\"a\",\"text\":\"RULE ONE\"}\n"
                                    "call read_note {\"name\":\"a\"}",
                                    QUERY, REPORT}};
    struct script twice = notes;
    twice.acts[1] = "call read_note {\"name\":\"a\"}\n" QUERY;
    const char *order = ",\"tools\":{\"order\":[{\"rule\":\"before\",\"a\":\"query_logs\",\"b\":"
                        "\"submit_report\"}]}}";
    char switches[400];
    static const struct {
        const char *more, *want;
    } cases[] = {
        {"\"rules\":\"NOWHERE\"", "\"kept\":true,\"prompt_tokens\""},
        {"\"rules\":\"NOWHERE\",\"anchor\":\"every\"", "\"kept\":true,\"at\":"},
        {"\"rules\":\"NOWHERE\",\"context\":{\"recite\":\"rules\"}", "\"kept\":true,\"at\":"},
    };
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(switches, sizeof switches, "{%s%s", cases[i].more, order);
        const struct tare_attempt *a = play(f, switches, &k);
        assert_true(tare_str_find(a->steps, tare_str_of(cases[i].want)) != SIZE_MAX);
        /* no opportunity: no rule speaks about that tool */
        assert_true(tare_str_find(a->steps, TARE_S("\"e\":\"rule\",\"tool\":\"fetch_alert\"")) ==
                    SIZE_MAX);
    }
    /* the brief: behind the tools; and the last copy counts, here that of a result */
    int64_t at[3] = {0, 0, 0};
    for (int i = 0; i < 3; i++) {
        (void)snprintf(switches, sizeof switches, "{%s%s",
                       i ? "\"rules\":\"RULE ONE\","
                           "\"memory\":\"files\""
                         : "\"memory\":\"files\"",
                       order);
        const struct tare_attempt *a = play(f, switches, i == 2 ? &twice : &notes);
        struct tare_str rest = a->steps;
        for (size_t from;
             (from = tare_str_find(rest, TARE_S("\"kept\":true,\"at\":"))) != SIZE_MAX;) {
            rest = tare_str_n(rest.p + from + 17, rest.n - from - 17);
            at[i] = strtoll(rest.p, NULL, 10);
        }
    }
    assert_true(at[0] > 200 && at[1] > at[0] && at[2] > at[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anchor),         cmocka_unit_test(test_recite),
        cmocka_unit_test(test_stateless),      cmocka_unit_test(test_memory),
        cmocka_unit_test(test_ladder),         cmocka_unit_test(test_way_back),
        cmocka_unit_test(test_summary),        cmocka_unit_test(test_cut_and_errors),
        cmocka_unit_test(test_place_of_rules),
    };
    return cmocka_run_group_tests_name("run/harness_context", tests, setup, teardown);
}
