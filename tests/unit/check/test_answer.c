/*
 * Checks of answers: what passes, what does not, what cannot be known; and a judge through its
 * whole conversation, good and bad.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "check/answer.h"
#include "record/task.h"

struct bench {
    struct tare_arena arena;
    struct tare_task task;
    struct tare_outcome outcome;
    struct tare_check_in in;
    struct tare_score *v;
    uint32_t n;
    void *state;
    struct tare_err err;
};

static struct tare_json parse(struct bench *b, const char *text)
{
    struct tare_json v;
    if (tare_json_parse(tare_str_of(text), NULL, &b->arena, &v, &b->err) != TARE_OK)
        fail_msg("%s: %s", text, b->err.text);
    return v;
}

static enum tare_status open_checks(struct bench *b, const char *checks, const char *task)
{
    static const struct tare_check_model models[] = {
        {.name = {"judge/m", 7}, .family = {"fam", 3}}};
    memset(b, 0, sizeof *b);
    tare_arena_init(&b->arena, NULL, 64 * TARE_MIB);
    struct tare_json t = parse(b, task);
    b->task = (struct tare_task){.id = TARE_S("t"),
                                 .input = tare_json_get(t, "input"),
                                 .expect = tare_json_get(t, "expect")};
    struct tare_check_setup setup = {.config = parse(b, checks),
                                     .folder = TARE_S("suite.yaml"),
                                     .tasks = &b->task,
                                     .n_tasks = 1,
                                     .models = models,
                                     .n_models = 1};
    return tare_check_answer.open(&setup, &b->arena, &b->state, &b->err);
}

static void score(struct bench *b, const char *output, void *work)
{
    b->outcome.output = tare_str_of(output);
    b->in = (struct tare_check_in){
        .task = &b->task, .outcome = &b->outcome, .status = TARE_ATTEMPT_DONE, .work = work};
    (void)tare_check_answer.metrics(b->state, &b->n);
    b->v = TARE_NEW_N(&b->arena, struct tare_score, b->n);
    assert_int_equal(tare_check_answer.score(b->state, &b->in, &b->arena, b->v, &b->err), TARE_OK);
}

enum { NO = 0, YES = 1, OPEN = 2 };

static void test_checks(void **state)
{
    static const struct {
        const char *checks, *task, *output;
        int pass;
        double score; /* -1: not looked at */
    } rows[] = {
        {"[\"exact\"]", "{\"expect\":\"Paris\"}", " Paris\n", YES, 1},
        {"[\"exact\"]", "{\"expect\":\"Paris\"}", "paris", NO, 0},
        {"[{\"exact\":{\"ignore_case\":true}}]", "{\"expect\":[\"x\",\"Paris\"]}", "pARIS", YES, 1},
        {"[{\"exact\":{\"whole\":true}}]", "{\"expect\":\"a\"}", "a ", NO, 0},
        {"[\"exact\"]", "{\"input\":\"q\"}", "a", OPEN, -1}, /* nothing is expected */
        {"[{\"contains\":\"{{ city }}\"}]", "{\"input\":{\"city\":\"Rome\"}}", "in Rome.", YES, 1},
        {"[{\"contains\":\"{{ ctiy }}\"}]", "{\"input\":{\"city\":\"Rome\"}}", "in Rome.", OPEN,
         -1},
        {"[{\"contains\":{\"all\":[\"a\",\"b\"],\"none\":[\"c\"]}}]", "{}", "ab", YES, 1},
        {"[{\"contains\":{\"all\":[\"a\",\"b\"],\"none\":[\"c\"]}}]", "{}", "abc", NO, 0},
        {"[{\"contains\":{\"all\":[\"a\",\"b\",\"x\",\"y\"]},\"threshold\":0.5}]", "{}", "ab", YES,
         0.5},
        {"[{\"phrases\":{\"any\":[\"Sorry\",\"cannot\"]}}]", "{}", "I CANNOT do it", YES, 1},
        {"[{\"starts\":\"a\"},{\"ends\":\"z\"}]", "{}", " a to z ", YES, 1},
        {"[{\"regex\":\"^[0-9]+$\"}]", "{}", "123", YES, 1},
        {"[{\"regex\":\"[0-9]\"}]", "{}", "a1b", YES, 1},
        {"[{\"regex\":{\"pattern\":\"[0-9]\",\"whole\":true}}]", "{}", "a1b", NO, 0},
        {"[\"number\"]", "{\"expect\":1234}", "The total is 1,234.", YES, 1},
        {"[\"number\"]", "{\"expect\":7}", "It is 7 or 8.", NO, 0},
        {"[\"number\"]", "{\"expect\":8}", "7 + 1, so the answer is 8", YES, 1},
        {"[\"number\"]", "{\"expect\":-2.5}", "x = -2.5", YES, 1},
        {"[\"number\"]", "{\"expect\":3}", "10-3", NO, 0}, /* two numbers; 3 is not minus 3 */
        {"[{\"number\":{\"pick\":\"last\"}}]", "{\"expect\":3}", "10-3", YES, 1},
        {"[{\"number\":{\"tolerance\":\"1%\"}}]", "{\"expect\":100}", "99.5", YES, 1},
        {"[{\"number\":{\"tolerance\":0.4}}]", "{\"expect\":100}", "99.5", NO, 0},
        {"[\"number\"]", "{\"expect\":2e3}", "2E3", YES, 1},
        {"[\"number\"]", "{\"expect\":5}", "none", NO, 0},
        {"[\"choice\"]", "{\"expect\":\"B\"}", "(b)", YES, 1},
        {"[\"choice\"]", "{\"expect\":\"B\"}", "The answer is B.", YES, 1},
        {"[\"choice\"]", "{\"expect\":\"A\"}", "A) because B is wrong", YES, 1},
        {"[\"choice\"]", "{\"expect\":\"B\"}", "A) because B is wrong", NO, 0},
        {"[\"choice\"]", "{\"expect\":\"red\",\"input\":{\"choices\":[\"red\",\"blue\"]}}",
         "It must be blue", NO, 0},
        {"[\"choice\"]", "{\"expect\":\"B\",\"input\":{\"choices\":[\"red\",\"blue\"]}}",
         "It must be blue", YES, 1},
        {"[\"choice\"]", "{\"expect\":\"A\",\"input\":{\"choices\":[\"red\",\"blue\"]}}",
         "red or blue", NO, 0},
        {"[\"json\"]", "{}", "{\"a\":1}", YES, 1},
        {"[\"json\"]", "{}", "{\"a\":1,}", NO, 0},
        {"[{\"json\":{\"schema\":{\"required\":[\"a\"]}}}]", "{}", "{\"b\":1}", NO, 0},
        {"[{\"json\":{\"inside\":true,\"schema\":{\"type\":\"array\"}}}]", "{}",
         "Here: ```json\n[1, 2]\n``` done", YES, 1},
        /* the value that fits counts, wherever it stands; braces of prose are none */
        {"[{\"json\":{\"inside\":true,\"schema\":{\"required\":[\"a\"]}}}]", "{}",
         "Not {this}, nor {\"b\":1}: {\"a\":\"}\"}.", YES, 1},
        {"[{\"json\":{\"inside\":true,\"schema\":{\"required\":[\"a\"]}}}]", "{}",
         "{\"b\":1} or {\"c\":1}", NO, 0},
        {"[{\"json\":{\"inside\":true}}]", "{}", "{\"b\":1} or {\"c\":1}", YES, 1},
        {"[{\"json\":{\"inside\":true}}]", "{}", "{this} or [that]", NO, 0},
        {"[{\"length\":{\"max\":2,\"unit\":\"words\"}}]", "{}", "one two", YES, 1},
        {"[{\"length\":3}]", "{}", "\xc3\xa4\xc3\xb6\xc3\xbc", YES, 1}, /* characters, not bytes */
        {"[{\"similarity\":{\"value\":\"kitten\",\"max\":3}}]", "{}", "sitting", YES, 1},
        {"[{\"similarity\":{\"value\":\"kitten\",\"max\":2}}]", "{}", "sitting", NO, 0},
        {"[{\"similarity\":{\"value\":\"the cat sat\",\"measure\":\"rouge_n\"},\"threshold\":0.6}]",
         "{}", "the cat ran", YES, 2.0 / 3},
        {"[{\"similarity\":{\"value\":\"a b c d\",\"measure\":\"bleu\"}}]", "{}", "a b c d", YES,
         1},
        {"[{\"all\":[{\"contains\":\"a\"},{\"contains\":\"b\"}]}]", "{}", "a", NO, 0.5},
        {"[{\"any\":[{\"contains\":\"a\"},{\"contains\":\"b\"}]}]", "{}", "a", YES, 1},
        {"[{\"not\":{\"contains\":\"a\"}}]", "{}", "a", NO, 0},
        {"[{\"weighted\":[{\"contains\":\"a\",\"weight\":3},{\"contains\":\"b\"}],\"threshold\":0."
         "7}]",
         "{}", "a", YES, 0.75},
        {"[{\"contains\":\"a\",\"weight\":0},{\"contains\":\"b\"}]", "{}", "b", YES, 1},
        /* what is not run never passes, but another check may fail the answer */
        {"[{\"not_run\":\"why\"},{\"contains\":\"a\"}]", "{}", "a", OPEN, -1},
        {"[{\"not_run\":\"why\"},{\"contains\":\"a\"}]", "{}", "b", NO, -1},
        {"[{\"any\":[{\"not_run\":\"why\"},{\"contains\":\"a\"}]}]", "{}", "a", YES, 1},
        {"[{\"not\":{\"not_run\":\"why\"}}]", "{}", "a", OPEN, -1},
        {"[{\"cost\":1}]", "{}", "a", OPEN, -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        if (open_checks(&b, rows[i].checks, rows[i].task) != TARE_OK)
            fail_msg("%s: %s", rows[i].checks, b.err.text);
        score(&b, rows[i].output, NULL);
        int pass = b.v[0].state != TARE_SCORE_OK ? OPEN : b.v[0].value == 1;
        if (pass != rows[i].pass ||
            (rows[i].score >= 0 && fabs(b.v[1].value - rows[i].score) > 1e-12))
            fail_msg("%s on \"%s\": pass %d, score %g", rows[i].checks, rows[i].output, pass,
                     b.v[1].value);
        if (pass == OPEN)
            assert_true(b.v[0].reason.n > 0);
        tare_arena_free(&b.arena);
    }
}

static void test_faults(void **state)
{
    static const struct {
        const char *checks, *says;
    } rows[] = {{"[\"exakt\"]", "exact"},
                {"[{\"contians\":\"a\"}]", "contains"},
                {"[{\"weight\":1}]", "contains"},
                {"[{\"contains\":\"a\",\"exact\":\"b\"}]", "item"},
                {"[{\"regex\":\"(\"}]", ""},
                {"[{\"regex\":\"(?=a)b\"}]", "linear"},
                {"[{\"length\":{}}]", "max"},
                {"[{\"name\":\"pass\",\"exact\":\"b\"}]", "metrics"},
                {"[{\"number\":{\"tolerance\":-1}}]", ""},
                {"[{\"contains\":\"{{ a\"}]", ""},
                {"[{\"judge\":{\"rubric\":\"r\",\"model\":\"other\"}}]", "--judge"},
                {"[{\"command\":\"rm -rf\"}]", "argv"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        enum tare_status st = open_checks(&b, rows[i].checks, "{}");
        if (st == TARE_OK || !b.err.has_offset || !strstr(b.err.hint, rows[i].says))
            fail_msg("%s: %d %s / %s", rows[i].checks, (int)st, b.err.text, b.err.hint);
        tare_arena_free(&b.arena);
    }
}

/* A scripted judge: says reply i to question i. Returns how many questions there were. */
static uint32_t converse(struct bench *b, const char *output, const char *const *replies,
                         const enum tare_cause *failed)
{
    struct tare_arena turn;
    struct tare_event event = {.kind = TARE_EVENT_OBS};
    void *work = tare_arena_alloc(&b->arena, tare_check_answer.work_bytes);
    uint32_t n = 0;
    tare_arena_init(&turn, NULL, 64 * TARE_MIB);
    b->outcome.output = tare_str_of(output);
    b->in = (struct tare_check_in){
        .task = &b->task, .outcome = &b->outcome, .status = TARE_ATTEMPT_DONE};
    assert_true(tare_check_answer.waits(b->state));
    assert_int_equal(tare_check_answer.begin(b->state, work, &b->in, &b->arena, &b->err), TARE_OK);
    for (;;) {
        struct tare_yield y = {0};
        assert_int_equal(tare_check_answer.next(b->state, work, &b->in, &event, &turn, &y, &b->err),
                         TARE_OK);
        if (y.kind == TARE_YIELD_DONE)
            break;
        assert_int_equal(y.kind, TARE_YIELD_REQUEST);
        assert_true(tare_str_is(y.request.endpoint, "judge/m"));
        assert_true(tare_str_find(y.request.body, TARE_S("tare.request/1")) != SIZE_MAX);
        event = (struct tare_event){.kind = TARE_EVENT_REPLY,
                                    .id = y.id,
                                    .body = tare_str_of(replies[n]),
                                    .failed = failed ? failed[n] : TARE_CAUSE_NONE};
        n++;
    }
    score(b, output, work);
    tare_arena_free(&turn);
    return n;
}

#define REPLY(content)                                                                             \
    "{\"schema\":\"tare.reply/1\",\"ok\":true,\"message\":{\"content\":" content                   \
    "},\"finish\":\"stop\",\"cost_usd\":0.25,\"usage\":{\"input\":5,\"output\":7}}"
#define PASSES REPLY("\"{\\\"reason\\\":\\\"r\\\",\\\"verdict\\\":\\\"pass\\\"}\"")
#define FAILS REPLY("\"{\\\"reason\\\":\\\"r\\\",\\\"verdict\\\":\\\"fail\\\"}\"")
#define PROSE REPLY("\"It is fine: pass\"")
#define EXTRA REPLY("\"{\\\"reason\\\":\\\"r\\\",\\\"verdict\\\":\\\"pass\\\",\\\"x\\\":1}\"")
#define REFUSED                                                                                    \
    "{\"schema\":\"tare.reply/1\",\"ok\":true,\"message\":{\"content\":null,\"refusal\":\"no\"},"  \
    "\"finish\":\"refusal\",\"cost_usd\":null}"
#define BROKEN "{\"schema\":\"tare.reply/1\",\"ok\":false,\"says\":\"down\",\"code\":\"down\"}"
#define A_BETTER REPLY("\"{\\\"reason\\\":\\\"r\\\",\\\"better\\\":\\\"A\\\"}\"")
#define B_BETTER REPLY("\"{\\\"reason\\\":\\\"r\\\",\\\"better\\\":\\\"B\\\"}\"")

static void test_judge(void **state)
{
    static const char *const three =
        "[{\"judge\":{\"rubric\":\"good\",\"model\":\"m\",\"votes\":3}}]";
    static const char *const two =
        "[{\"judge\":{\"rubric\":\"good\",\"model\":\"m\",\"compare\":true}}]";
    static const struct {
        const char *const *checks;
        const char *replies[3];
        int pass;
        double score, refused, unparsed, failed;
    } rows[] = {{&three, {PASSES, PASSES, FAILS}, YES, 2.0 / 3, 0, 0, 0},
                {&three, {FAILS, PASSES, FAILS}, NO, 1.0 / 3, 0, 0, 0},
                {&three, {PASSES, PASSES, PROSE}, YES, 1, 0, 1, 0},
                {&three, {PASSES, EXTRA, PROSE}, OPEN, -1, 0, 2, 0}, /* no majority of votes */
                {&three, {REFUSED, REFUSED, PASSES}, OPEN, -1, 2, 0, 0},
                {&three, {BROKEN, BROKEN, BROKEN}, OPEN, -1, 0, 0, 3},
                {&two, {A_BETTER, B_BETTER}, YES, 1, 0, 0, 0},   /* the answer, in both orders */
                {&two, {A_BETTER, A_BETTER}, YES, 0.5, 0, 0, 0}, /* always the first place */
                {&two, {B_BETTER, A_BETTER}, NO, 0, 0, 0, 0},
                {&two, {A_BETTER, PROSE}, OPEN, -1, 0, 1, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench b;
        if (open_checks(&b, *rows[i].checks, "{\"input\":\"q\",\"expect\":\"e\"}") != TARE_OK)
            fail_msg("%s", b.err.text);
        uint32_t n = converse(&b, "an answer", rows[i].replies, NULL);
        assert_int_equal(n, rows[i].checks == &three ? 3 : 2);
        int pass = b.v[0].state != TARE_SCORE_OK ? OPEN : b.v[0].value == 1;
        if (pass != rows[i].pass ||
            (rows[i].score >= 0 && fabs(b.v[1].value - rows[i].score) > 1e-12))
            fail_msg("row %zu: pass %d, score %g", i, pass, b.v[1].value);
        if (pass == OPEN)
            assert_int_equal(b.v[0].state, TARE_SCORE_MISSING);
        assert_true(b.v[3].value == rows[i].refused);
        assert_true(b.v[4].value == rows[i].unparsed);
        assert_true(b.v[5].value == rows[i].failed);
        tare_arena_free(&b.arena);
    }
}

static void test_failed_solver_is_not_judged(void **state)
{
    struct bench b;
    struct tare_yield y = {0};
    struct tare_event event = {.kind = TARE_EVENT_OBS};
    (void)state;
    assert_int_equal(open_checks(&b, "[{\"judge\":{\"rubric\":\"good\",\"model\":\"m\"}}]", "{}"),
                     TARE_OK);
    void *work = tare_arena_alloc(&b.arena, tare_check_answer.work_bytes);
    b.in = (struct tare_check_in){
        .task = &b.task, .outcome = &b.outcome, .status = TARE_ATTEMPT_FAILED};
    assert_int_equal(tare_check_answer.begin(b.state, work, &b.in, &b.arena, &b.err), TARE_OK);
    assert_int_equal(tare_check_answer.next(b.state, work, &b.in, &event, &b.arena, &y, &b.err),
                     TARE_OK);
    assert_int_equal(y.kind, TARE_YIELD_DONE);
    (void)tare_check_answer.metrics(b.state, &b.n);
    b.v = TARE_NEW_N(&b.arena, struct tare_score, b.n);
    b.in.work = work;
    assert_int_equal(tare_check_answer.score(b.state, &b.in, &b.arena, b.v, &b.err), TARE_OK);
    assert_int_equal(b.v[0].state, TARE_SCORE_OK);
    assert_true(b.v[0].value == 0);
    tare_arena_free(&b.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_checks), cmocka_unit_test(test_faults),
                                       cmocka_unit_test(test_judge),
                                       cmocka_unit_test(test_failed_solver_is_not_judged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
