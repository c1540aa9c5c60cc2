/*
 * The harness against itself: the real world soc, an endpoint that answers from a script. Each
 * switch is turned and what it says it changes is looked at, in the requests, in the record and in
 * its counter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "run/attempt.h"
#include "solver/harness.h"
#include "suite/suite.h"
#include "world/soc/gen.h"
#include "world/world.h"

#define MAX_ASKED 64
#define QUERY "call query_logs {\"sql\":\"SELECT * FROM alerts LIMIT 3\"}"
#define QUERY2 "call query_logs {\"sql\":\"SELECT * FROM auth_logs LIMIT 9\"}"
#define QUERY3 "call query_logs {\"sql\":\"SELECT * FROM netflow LIMIT 9\"}"
#define BAD "call query_logs {\"sql\":\"SELECT * FROM nowhere\"}"
#define REPORT                                                                                     \
    "call submit_report {\"summary_json\":{\"verdict\":\"no_incident\",\"incidents\":[]}}"

/* What an endpoint answers: an entry a request for an action, the last one again and again. Lines
 * of one entry that begin with "call" are its calls; anything else is text. */
struct script {
    const char *acts[MAX_ASKED];
    const char *verify, *summary;
    const double *logprobs; /* of the answers, or NULL */
};

struct fixture {
    struct tare_arena arena, attempt;
    const struct tare_task *tasks;
    uint32_t n_tasks;
    void *w;
    struct tare_play play;
    struct tare_json asked[MAX_ASKED]; /* requests */
    struct tare_str endpoint[MAX_ASKED];
    uint32_t n_asked;
    struct tare_json harness; /* of the attempt's detail */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct tare_buf lines;
    struct tare_err err = {0};
    struct tare_json how, none = {NULL, 0};
    assert_non_null(f);
    tare_arena_init(&f->arena, NULL, TARE_ARENA_LOAD_BYTES);
    tare_arena_init(&f->attempt, NULL, TARE_ARENA_ATTEMPT_BYTES);
    tare_buf_init(&lines, NULL, TARE_MAX_TASKS_FILE_BYTES);
    assert_int_equal(tare_json_parse(TARE_S("{\"count\":2,\"seed\":7,\"tier\":\"standard\"}"), NULL,
                                     &f->arena, &how, &err),
                     TARE_OK);
    if (tare_task_source_soc.make(how, none, &f->arena, &lines, &err) != TARE_OK)
        fail_msg("%s", err.text);
    struct tare_str text = tare_arena_copy(&f->arena, tare_buf_str(&lines));
    tare_buf_free(&lines);
    struct tare_task *tasks;
    assert_int_equal(tare_suite_tasks(text, TARE_S("made"), &f->arena, &tasks, &f->n_tasks, &err),
                     TARE_OK);
    f->tasks = tasks;
    assert_int_equal(tare_world_soc.open(none, NULL, &f->arena, &f->w, &err), TARE_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tare_world_soc.close(f->w);
    tare_arena_free(&f->attempt);
    tare_arena_free(&f->arena);
    free(f);
    return 0;
}

static void put_calls(struct tare_json_writer *w, const char *entry)
{
    int n = 0;
    for (const char *p = entry; p && strncmp(p, "call ", 5) == 0; n++) {
        const char *name = p + 5, *end = strchr(p, '\n'), *space = strchr(name, ' ');
        size_t len = end ? (size_t)(end - p) : strlen(p);
        char id[16];
        (void)snprintf(id, sizeof id, "c%d", n);
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "id", id);
        tare_json_member_str(w, "name", tare_str_n(name, (size_t)(space - name)));
        tare_json_member_str(w, "arguments", tare_str_n(space + 1, (size_t)(p + len - space - 1)));
        tare_json_end_object(w);
        p = end ? end + 1 : NULL;
    }
}

static struct tare_str answer(struct fixture *f, const char *entry, const double *logprob)
{
    struct tare_buf b;
    struct tare_json_writer w;
    bool calls = strncmp(entry, "call ", 5) == 0;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.reply/1");
    tare_json_member_bool(&w, "ok", true);
    tare_json_put_key(&w, "message");
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "content", calls ? NULL : entry);
    tare_json_put_key(&w, "tool_calls");
    tare_json_begin_array(&w);
    put_calls(&w, entry);
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_json_member_cstr(&w, "finish", calls ? "tool_calls" : "stop");
    tare_json_put_key(&w, "usage");
    tare_json_put_raw(&w, TARE_S("{\"input\":10,\"cached\":4,\"output\":5,\"reasoning\":0}"));
    if (logprob) {
        tare_json_put_key(&w, "logprobs");
        tare_json_begin_array(&w);
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "token", "x");
        tare_json_member_f64(&w, "logprob", *logprob);
        tare_json_end_object(&w);
        tare_json_end_array(&w);
    }
    tare_json_member_cstr(&w, "model", "scripted");
    tare_json_member_u64(&w, "tries", 1);
    tare_json_member_u64(&w, "ms", 3 + f->n_asked);
    tare_json_end_object(&w);
    struct tare_str out = tare_arena_copy(&f->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return out;
}

/* Plays one attempt with these switches (JSON). */
static const struct tare_attempt *play(struct fixture *f, const char *harness,
                                       const struct script *k)
{
    struct tare_err err = {0};
    struct tare_json config;
    void *shared;
    uint32_t acts = 0;
    tare_arena_reset(&f->attempt);
    f->n_asked = 0;
    assert_int_equal(tare_json_parse(tare_str_of(harness), NULL, &f->arena, &config, &err),
                     TARE_OK);
    if (tare_solver_model.open(config, &f->arena, &shared, &err) != TARE_OK)
        fail_msg("%s", err.text);
    struct tare_play_setup setup = {.world = &tare_world_soc,
                                    .w = f->w,
                                    .solver = &tare_solver_model,
                                    .shared = shared,
                                    .seed = 5,
                                    .record = true};
    tare_play_start(&f->play, &setup, &f->tasks[0], 0, 0, &f->attempt);
    while (f->play.state == TARE_PLAY_REQUEST && f->n_asked < MAX_ASKED) {
        struct tare_str body = tare_arena_copy(&f->arena, f->play.yield.request.body);
        struct tare_json q;
        assert_int_equal(tare_json_parse(body, NULL, &f->arena, &q, &err), TARE_OK);
        f->asked[f->n_asked] = q;
        f->endpoint[f->n_asked++] = tare_arena_copy(&f->arena, f->play.yield.request.endpoint);
        struct tare_json purpose = tare_json_get(q, "purpose");
        const char *entry = tare_json_str_is(purpose, "verify")      ? k->verify
                            : tare_json_str_is(purpose, "summarise") ? k->summary
                                                                     : k->acts[acts];
        const double *lp = k->logprobs ? &k->logprobs[acts] : NULL;
        if (tare_json_str_is(purpose, "act") && k->acts[acts + 1])
            acts++;
        struct tare_event e = {.kind = TARE_EVENT_REPLY, .body = answer(f, entry, lp)};
        tare_play_event(&f->play, &e, TARE_CAUSE_NONE);
    }
    assert_int_equal(f->play.state, TARE_PLAY_FINISHED);
    const struct tare_attempt *a = &f->play.attempt;
    if (a->status != TARE_ATTEMPT_MISSING) {
        struct tare_json detail;
        if (tare_json_parse(a->detail, NULL, &f->arena, &detail, &err) != TARE_OK)
            fail_msg("%s: %.*s", err.text, TARE_FMT(a->detail));
        f->harness = tare_json_get(detail, "harness");
    }
    tare_play_end(&f->play);
    return a;
}

static int64_t counter(const struct fixture *f, const char *key)
{
    int64_t n = 0;
    (void)tare_json_i64(tare_json_get(tare_json_get(f->harness, "switches"), key), &n);
    return n;
}

static int64_t total(const struct fixture *f, const char *key)
{
    int64_t n = -1;
    assert_true(tare_json_i64(tare_json_get(f->harness, key), &n));
    return n;
}

static void stopped(const struct fixture *f, const char *why)
{
    struct tare_str got = tare_json_str(tare_json_get(f->harness, "stop"));
    if (!tare_str_is(got, why))
        fail_msg("stopped by %.*s, not %s", TARE_FMT(got), why);
}

static struct tare_str asked(const struct fixture *f, uint32_t i)
{
    assert_true(i < f->n_asked);
    return tare_json_lexeme(f->asked[i]);
}

static bool asked_for(const struct fixture *f, uint32_t i, const char *text)
{
    return tare_str_find(asked(f, i), tare_str_of(text)) != SIZE_MAX;
}

static const struct script plain = {.acts = {QUERY, REPORT}};

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

/* ---- the table ----------------------------------------------------------------------------- */

static void refused(struct fixture *f, const char *harness, const char *says)
{
    struct tare_err err = {0};
    struct tare_json config;
    void *shared;
    assert_int_equal(tare_json_parse(tare_str_of(harness), NULL, &f->arena, &config, &err),
                     TARE_OK);
    assert_int_equal(tare_solver_model.open(config, &f->arena, &shared, &err), TARE_E_INPUT);
    if (tare_str_find(tare_str_of(err.text), tare_str_of(says)) == SIZE_MAX &&
        tare_str_find(tare_str_of(err.hint), tare_str_of(says)) == SIZE_MAX)
        fail_msg("%s / %s", err.text, err.hint);
}

static void test_config(void **state)
{
    struct fixture *f = *state;
    refused(f, "{\"tool_mod\":\"auto\"}", "did you mean tool_mode");
    refused(f, "{\"context\":{\"recit\":\"plan\"}}", "did you mean context.recite");
    refused(f, "{\"anchor\":\"sometimes\"}", "off|decision|every");
    refused(f, "{\"best_of\":17}", "1 to 16");
    refused(f, "{\"best_of\":1.5}", "1 to 16");
    refused(f, "{\"tool_mode\":\"named\"}", "go together");
    refused(f, "{\"verify\":\"other_model\"}", "go together");
    refused(f, "{\"tools\":{\"dialect\":\"klingon\"}}", "klingon");
    refused(f, "{\"context\":{\"compact_to\":0.9}}", "compact_at");
    refused(f, "{\"tools\":{\"order\":[{\"rule\":\"never\"}]}}", "order rule 0");
}

/* Every switch has its texts, and each of them counts for identity. */
static void test_identity(void **state)
{
    struct fixture *f = *state;
    struct tare_json config, id;
    struct tare_err err = {0};
    struct tare_buf b;
    struct tare_json_writer w;
    void *shared;
    uint32_t n = 0;
    assert_int_equal(tare_json_parse(TARE_S("{}"), NULL, &f->arena, &config, &err), TARE_OK);
    assert_int_equal(tare_solver_model.open(config, &f->arena, &shared, &err), TARE_OK);
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_solver_model.identity(shared, &w);
    assert_int_equal(tare_json_parse(tare_buf_str(&b), NULL, &f->arena, &id, &err), TARE_OK);
    id = tare_json_get(id, "harness");
    const struct tare_harness_switch *s;
    for (; (s = tare_harness_switch(n)); n++) {
        assert_true(tare_json_present(tare_json_get(id, s->key)));
        assert_true(s->about[0] && s->counts[0] && s->values[0]);
        if (s->def[0] && !s->number && !s->flag)
            assert_true(tare_json_str_is(tare_json_get(id, s->key), s->def));
    }
    assert_int_equal(tare_json_count(id), n);
    tare_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plays),          cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_tool_mode),      cmocka_unit_test(test_no_call),
        cmocka_unit_test(test_text_calls),     cmocka_unit_test(test_retry),
        cmocka_unit_test(test_repair),         cmocka_unit_test(test_parallel),
        cmocka_unit_test(test_set_and_order),  cmocka_unit_test(test_loop_guard),
        cmocka_unit_test(test_circuit),        cmocka_unit_test(test_anchor),
        cmocka_unit_test(test_recite),         cmocka_unit_test(test_stateless),
        cmocka_unit_test(test_memory),         cmocka_unit_test(test_ladder),
        cmocka_unit_test(test_way_back),       cmocka_unit_test(test_summary),
        cmocka_unit_test(test_cut_and_errors), cmocka_unit_test(test_verify),
        cmocka_unit_test(test_best_of),        cmocka_unit_test(test_subtask),
        cmocka_unit_test(test_config),         cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests_name("run/harness", tests, setup, teardown);
}
