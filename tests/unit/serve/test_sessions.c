/* Sessions, driven as the loop drives them: what begins, what is given back, what ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "serve/sessions.h"

#include "../test_arena.h"

static struct tare_sessions *all;
static const struct tare_transport *t;
static atomic_int stop;
static int64_t now_ns;

/* What the loop was given last, and what the sessions were told. */
static struct {
    uint64_t token;
    char body[64];
    enum tare_cause failed;
    unsigned n;
} given;
static struct tare_session *told;
static enum tare_session_state told_state;
static unsigned n_told;

static void on(void *ctx, struct tare_session *s)
{
    (void)ctx;
    told = s;
    told_state = s->state;
    n_told++;
}

static uint32_t wait_for(void *ctx, struct pollfd *fds, uint32_t max, int *timeout_ms)
{
    (void)ctx, (void)fds, (void)max, (void)timeout_ms;
    return 0;
}

static void nothing(void *ctx, int64_t now)
{
    (void)ctx, (void)now;
}

static void give(void *to, const struct tare_reply *reply)
{
    (void)to;
    given.token = reply->token;
    given.failed = reply->failed;
    assert_true(reply->body.n < sizeof given.body);
    memcpy(given.body, reply->body.p, reply->body.n);
    given.body[reply->body.n] = 0;
    given.n++;
}

static void work(int64_t later_s)
{
    now_ns += later_s * 1000000000;
    t->work(t->ctx, now_ns, give, NULL);
}

static void request(uint64_t token, uint64_t attempt, uint32_t task, const char *body)
{
    struct tare_request r = {.body = tare_str_of(body), .attempt = attempt, .task = task};
    struct tare_err err = {0};
    assert_int_equal(t->begin(t->ctx, token, &r, now_ns, &err), TARE_OK);
}

static const char start[] = "{\"type\":\"start\",\"observation\":{\"a\":1}}";
static const char seen[] = "{\"type\":\"observation\",\"failed\":true,\"observation\":{\"b\":2}}";
static const char end[] = "{\"type\":\"end\",\"failed\":false,\"observation\":{\"c\":3}}";

static void finish(uint64_t attempt, enum tare_attempt_status status, enum tare_cause cause)
{
    struct tare_score score = {.metric = 0, .value = 0.5};
    struct tare_attempt a = {
        .status = status, .cause = cause, .n_steps = 2, .scores = &score, .n_scores = 1};
    t->ended(t->ctx, attempt, &a);
}

static void open_sessions(uint32_t max)
{
    struct tare_err err = {0};
    struct tare_sessions_options o = {.size = sizeof o,
                                      .max = max,
                                      .idle_ns = INT64_C(60) * 1000000000,
                                      .stop = &stop,
                                      .on = on,
                                      .wait = wait_for,
                                      .work = nothing};
    atomic_store(&stop, 0);
    memset(&given, 0, sizeof given);
    told = NULL;
    n_told = 0;
    assert_int_equal(tare_sessions_open(&o, &all, &err), TARE_OK);
    t = tare_sessions_transport(all);
    work(0);
}

static void test_a_whole_attempt(void **state)
{
    (void)state;
    open_sessions(2);
    assert_false(t->wants(t->ctx, 3));
    struct tare_session *s = tare_session_open(all, NULL);
    tare_session_want(s, 3);
    assert_true(t->wants(t->ctx, 3));
    assert_false(t->wants(t->ctx, 2));
    request(11, 1, 3, start);
    assert_int_equal(told_state, TARE_SESSION_THINKS);
    assert_false(t->wants(t->ctx, 3));
    assert_true(tare_str_is(tare_json_lexeme(tare_json_get(s->start, "observation")), "{\"a\":1}"));
    tare_session_act(s, TARE_S("ACT"));
    assert_int_equal(given.token, 11);
    assert_string_equal(given.body, "ACT");
    assert_int_equal(s->state, TARE_SESSION_PLAYS);
    request(12, 1, 3, seen); /* the step was done elsewhere, and took its time */
    assert_int_equal(told_state, TARE_SESSION_THINKS);
    assert_true(s->observed && s->failed && tare_str_is(tare_buf_str(&s->seen), "{\"b\":2}"));
    tare_session_act(s, TARE_S("ACT"));
    unsigned before = n_told;
    request(13, 1, 3, end);
    assert_int_equal(n_told, before); /* its end is told when the attempt is scored */
    work(0);
    assert_int_equal(given.token, 13);
    assert_string_equal(given.body, "");
    finish(1, TARE_ATTEMPT_DONE, TARE_CAUSE_NONE);
    assert_int_equal(told_state, TARE_SESSION_OVER);
    assert_true(s->reward > 0.49 && s->reward < 0.51);
    assert_true(tare_str_is(tare_buf_str(&s->seen), "{\"c\":3}"));
    assert_int_equal(tare_sessions_steps(all), 2);
    tare_session_leave(s);
    assert_int_equal(tare_sessions_count(all), 0);
    tare_sessions_close(all);
}

static void test_leaving(void **state)
{
    (void)state;
    open_sessions(2);
    struct tare_session *s = tare_session_open(all, NULL);
    assert_non_null(tare_session_open(all, NULL));
    assert_null(tare_session_open(all, NULL)); /* two, not three */
    tare_session_want(s, TARE_SESSION_ANY);
    request(21, 1, 0, start);
    tare_session_leave(s); /* untouched: given back */
    assert_int_equal(given.failed, TARE_CAUSE_CANCELLED);
    finish(1, TARE_ATTEMPT_MISSING, TARE_CAUSE_CANCELLED);
    work(0);
    s = tare_session_open(all, NULL);
    assert_non_null(s);
    tare_session_want(s, TARE_SESSION_ANY);
    request(22, 2, 0, start);
    tare_session_act(s, TARE_S("ACT"));
    unsigned before = n_told;
    tare_session_leave(s); /* while its step is played: ends when that is done */
    assert_int_equal(given.n, 2);
    request(23, 2, 0, seen);
    work(0);
    assert_int_equal(given.token, 23);
    assert_int_equal(given.failed, TARE_CAUSE_NONE);
    finish(2, TARE_ATTEMPT_DONE, TARE_CAUSE_NONE);
    assert_int_equal(n_told, before); /* who has left is told nothing */
    work(0);
    tare_sessions_close(all);
}

static void test_another_attempt(void **state)
{
    (void)state;
    open_sessions(1);
    struct tare_session *s = tare_session_open(all, NULL);
    tare_session_want(s, TARE_SESSION_ANY);
    request(31, 1, 0, start);
    tare_session_want(s, 1);
    assert_int_equal(given.failed, TARE_CAUSE_CANCELLED);
    unsigned before = n_told;
    finish(1, TARE_ATTEMPT_MISSING, TARE_CAUSE_CANCELLED); /* the old one's end is none of ours */
    assert_int_equal(n_told, before);
    assert_int_equal(s->state, TARE_SESSION_WAITS);
    request(32, 2, 1, start);
    assert_int_equal(s->task, 1);
    assert_int_equal(s->steps, 0);
    tare_sessions_close(all);
}

static void test_time(void **state)
{
    (void)state;
    open_sessions(3);
    struct tare_session *s = tare_session_open(all, NULL);
    tare_session_want(s, TARE_SESSION_ANY);
    work(1);
    assert_int_equal(s->state, TARE_SESSION_WAITS);
    work(2);
    assert_int_equal(s->state, TARE_SESSION_IDLE);
    assert_non_null(s->none);
    tare_session_want(s, TARE_SESSION_ANY);
    request(41, 1, 0, start);
    tare_session_act(s, TARE_S("ACT"));
    work(600); /* a long step is not the session's silence */
    assert_false(s->expired);
    request(42, 1, 0, seen);
    work(50);
    tare_session_heard(s);
    work(50);
    assert_false(s->expired);
    work(61);
    assert_true(s->expired);
    assert_int_equal(given.failed, TARE_CAUSE_LIMIT);
    tare_sessions_close(all);
}

static void test_stopping(void **state)
{
    (void)state;
    open_sessions(3);
    struct tare_session *played = tare_session_open(all, NULL);
    struct tare_session *untouched = tare_session_open(all, NULL);
    tare_session_want(played, 0);
    tare_session_want(untouched, 1);
    request(51, 1, 0, start);
    request(52, 2, 1, start);
    tare_session_act(played, TARE_S("ACT"));
    request(53, 1, 0, seen);
    atomic_store(&stop, 1);
    work(0);
    assert_int_equal(given.token, 52); /* nobody waits for who has not begun */
    finish(2, TARE_ATTEMPT_MISSING, TARE_CAUSE_CANCELLED);
    assert_int_equal(untouched->state, TARE_SESSION_OVER);
    assert_int_equal(played->state, TARE_SESSION_THINKS);
    tare_session_want(untouched, TARE_SESSION_ANY);
    work(0);
    assert_int_equal(untouched->state, TARE_SESSION_IDLE);
    tare_sessions_close(all);
}

static void test_what_nobody_plays_is_refused(void **state)
{
    struct tare_request r = {.body = tare_str_of(start), .attempt = 9};
    struct tare_err err = {0};
    (void)state;
    open_sessions(1);
    assert_int_not_equal(t->begin(t->ctx, 61, &r, now_ns, &err), TARE_OK);
    struct tare_session *s = tare_session_open(all, NULL);
    tare_session_want(s, TARE_SESSION_ANY);
    r.body = tare_str_of(seen); /* the middle of an attempt is no beginning */
    assert_int_not_equal(t->begin(t->ctx, 62, &r, now_ns, &err), TARE_OK);
    assert_int_equal(s->state, TARE_SESSION_WAITS);
    tare_sessions_close(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_attempt), cmocka_unit_test(test_leaving),
        cmocka_unit_test(test_another_attempt), cmocka_unit_test(test_time),
        cmocka_unit_test(test_stopping),        cmocka_unit_test(test_what_nobody_plays_is_refused),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
