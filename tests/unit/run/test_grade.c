/*
 * After the solver has ended: which score goes where, what checks saw, checks that wait, and what
 * an attempt is whose checks fail or are ended.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "guess.h"
#include "run/attempt.h"

/* ---- a check as its state says --------------------------------------------------------------- */

struct says {
    uint32_t n_metrics;
    double value; /* of its first metric; the others follow */
    const char *evidence;
    bool waits; /* asks twice; its first value is then the sum of the answers */
    enum tare_status begin, next, score;
};

struct work {
    uint32_t n_events;
    int64_t sum;
};

static uint32_t n_scored;

static bool c_waits(const void *state)
{
    return ((const struct says *)state)->waits;
}

static const struct tare_metric *c_metrics(const void *state, uint32_t *n)
{
    static const struct tare_metric any[4];
    *n = ((const struct says *)state)->n_metrics;
    return any;
}

static enum tare_status says(enum tare_status st, struct tare_err *err)
{
    return st == TARE_OK ? st : tare_fail(err, st, "the check cannot");
}

static enum tare_status c_begin(const void *state, void *work, const struct tare_check_in *in,
                                struct tare_arena *arena, struct tare_err *err)
{
    (void)in, (void)arena;
    assert_int_equal(((struct work *)work)->n_events, 0);
    return says(((const struct says *)state)->begin, err);
}

static enum tare_status c_next(const void *state, void *work, const struct tare_check_in *in,
                               const struct tare_event *event, struct tare_arena *turn,
                               struct tare_yield *out, struct tare_err *err)
{
    static const enum tare_yield_kind asks[] = {TARE_YIELD_REQUEST, TARE_YIELD_WAIT,
                                                TARE_YIELD_DONE};
    struct work *w = work;
    int64_t n = 0;
    (void)turn;
    assert_ptr_equal(in->work, work);
    assert_int_equal(event->kind, w->n_events == 0   ? TARE_EVENT_OBS
                                  : w->n_events == 1 ? TARE_EVENT_REPLY
                                                     : TARE_EVENT_TIMER);
    assert_null(event->obs);
    if (w->n_events == 1 && tare_str_to_i64(event->body, &n))
        w->sum += n;
    out->kind = asks[w->n_events++];
    return says(((const struct says *)state)->next, err);
}

static enum tare_status c_score(const void *state, const struct tare_check_in *in,
                                struct tare_arena *arena, struct tare_score *out,
                                struct tare_err *err)
{
    const struct says *s = state;
    const struct work *w = in->work;
    (void)arena;
    n_scored++;
    assert_true((w != NULL) == s->waits);
    assert_int_equal(in->status, TARE_ATTEMPT_DONE);
    for (uint32_t i = 0; i < s->n_metrics; i++)
        out[i] = (struct tare_score){.metric = i, .value = s->value + i};
    if (w)
        out[0].value = (double)w->sum;
    if (s->evidence)
        tare_buf_puts(in->evidence, s->evidence);
    return says(s->score, err);
}

static const struct tare_check_ops check = {.version = TARE_CONTRACT_VERSION,
                                            .name = "says",
                                            .metrics = c_metrics,
                                            .score = c_score,
                                            .waits = c_waits,
                                            .work_bytes = sizeof(struct work),
                                            .begin = c_begin,
                                            .next = c_next};

/* ---- one attempt ----------------------------------------------------------------------------- */

#define N_METRICS 3

struct played {
    struct tare_arena batch, arena;
    struct tare_world_ops world;
    struct tare_play_setup setup;
    struct tare_play play;
    const struct tare_check_ops *checks[3];
    const void *states[3];
};

/* metric_of: of all metrics of the n checks. */
static struct played *play(const struct tare_solver_ops *solver, const struct says *list,
                           uint32_t n, const uint32_t *metric_of, bool boxed)
{
    struct played *x = calloc(1, sizeof *x);
    struct tare_json none = {NULL, 0};
    void *w;
    assert_non_null(x);
    n_scored = 0;
    tare_arena_init(&x->batch, NULL, TARE_ARENA_LOAD_BYTES);
    tare_arena_init(&x->arena, NULL, TARE_ARENA_ATTEMPT_BYTES);
    x->world = guess_world;
    x->world.boxed = boxed;
    assert_int_equal(x->world.open(none, NULL, &x->batch, &w, NULL), TARE_OK);
    for (uint32_t i = 0; i < n; i++) {
        x->checks[i] = &check;
        x->states[i] = &list[i];
    }
    x->setup = (struct tare_play_setup){.world = &x->world,
                                        .w = w,
                                        .solver = solver,
                                        .checks = x->checks,
                                        .check_states = x->states,
                                        .n_checks = n,
                                        .n_metrics = N_METRICS,
                                        .metric_of = metric_of,
                                        .record = true};
    tare_play_start(&x->play, &x->setup, &guess_suite(&x->batch, 1, 1)->tasks[0], 0, 0, &x->arena);
    return x;
}

static void end(struct played *x)
{
    tare_play_end(&x->play);
    tare_arena_free(&x->arena);
    tare_arena_free(&x->batch);
    free(x);
}

static void reply(struct played *x, enum tare_event_kind kind, const char *body)
{
    struct tare_event e = {.kind = kind, .body = tare_str_of(body)};
    tare_play_event(&x->play, &e, TARE_CAUSE_NONE);
}

static void assert_values(const struct played *x, double a, double b, double c)
{
    const double want[N_METRICS] = {a, b, c};
    const struct tare_attempt *at = &x->play.attempt;
    assert_int_equal(x->play.state, TARE_PLAY_FINISHED);
    assert_int_equal(at->status, TARE_ATTEMPT_DONE);
    assert_int_equal(at->n_scores, N_METRICS);
    for (uint32_t i = 0; i < N_METRICS; i++) {
        const struct tare_score *s = &at->scores[i];
        bool same = isnan(want[i]) ? s->state == TARE_SCORE_UNAVAILABLE && isnan(s->value)
                                   : s->state == TARE_SCORE_OK && s->value == want[i];
        if (!same || s->metric != i)
            fail_msg("score %u: metric %u, state %d, value %g", i, s->metric, (int)s->state,
                     s->value);
    }
}

static void assert_missing(const struct played *x, enum tare_cause cause, const char *says)
{
    const struct tare_attempt *a = &x->play.attempt;
    assert_int_equal(x->play.state, TARE_PLAY_FINISHED);
    if (a->status != TARE_ATTEMPT_MISSING || a->cause != cause || !tare_str_is(a->cause_text, says))
        fail_msg("status %d, cause %d: %.*s", (int)a->status, (int)a->cause,
                 TARE_FMT(a->cause_text));
    assert_int_equal(a->detail.n, 0);
    assert_int_equal(a->n_scores, N_METRICS);
    for (uint32_t i = 0; i < N_METRICS; i++)
        assert_true(a->scores[i].metric == i && a->scores[i].state == TARE_SCORE_MISSING &&
                    isnan(a->scores[i].value));
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_where_scores_go(void **state)
{
    static const struct says list[] = {{.n_metrics = 2, .value = 10, .evidence = "1"},
                                       {.n_metrics = 1, .value = 20},
                                       {.n_metrics = 1, .value = 30, .evidence = "{\"c\":2}"}};
    static const uint32_t all[] = {2, UINT32_MAX, 0, 1}, some[] = {UINT32_MAX, 2, 0, UINT32_MAX};
    struct tare_str detail;
    (void)state;
    struct played *x = play(&guess_plain, list, 3, all, false);
    assert_values(x, 20, 30, 10);
    detail = tare_arena_printf(&x->batch, "{\"steps\":%u,\"checks\":[1,{\"c\":2}]}",
                               x->play.attempt.n_steps);
    assert_true(tare_str_eq(x->play.attempt.detail, detail));
    end(x);
    x = play(&guess_plain, list, 3, some, false);
    assert_values(x, 20, NAN, 11);
    end(x);
    x = play(&guess_plain, &list[1], 1, all, false); /* nothing was seen: the world's own account */
    detail = tare_arena_printf(&x->batch, "{\"steps\":%u}", x->play.attempt.n_steps);
    assert_true(tare_str_eq(x->play.attempt.detail, detail));
    end(x);
}

static void test_checks_that_wait(void **state)
{
    static const struct says list[] = {{.n_metrics = 1, .waits = true},
                                       {.n_metrics = 1, .value = 20},
                                       {.n_metrics = 1, .waits = true, .evidence = "3"}};
    static const uint32_t metric_of[] = {0, 1, 2};
    (void)state;
    struct played *x = play(&guess_plain, list, 3, metric_of, false);
    assert_int_equal(x->play.state, TARE_PLAY_REQUEST);
    assert_int_equal(x->play.check, 0);
    assert_int_equal(n_scored, 0);
    reply(x, TARE_EVENT_REPLY, "7");
    assert_int_equal(x->play.state, TARE_PLAY_WAIT);
    reply(x, TARE_EVENT_TIMER, "");
    assert_int_equal(x->play.state, TARE_PLAY_REQUEST); /* the other one, from its beginning */
    assert_int_equal(x->play.check, 2);
    reply(x, TARE_EVENT_REPLY, "8");
    reply(x, TARE_EVENT_TIMER, "");
    assert_values(x, 7, 20, 8);
    assert_int_equal(n_scored, 3);
    end(x);
}

static void test_ended_while_judged(void **state)
{
    static const struct says list[] = {{.n_metrics = 1, .waits = true}};
    static const uint32_t metric_of[] = {0};
    static const struct {
        enum tare_cause why, cause;
        const char *text;
    } cases[] = {
        {TARE_CAUSE_CANCELLED, TARE_CAUSE_CANCELLED, "cancelled while it was judged"},
        /* the solver has ended: no limit of its own can be met any more */
        {TARE_CAUSE_LIMIT, TARE_CAUSE_CANCELLED, "cancelled while it was judged"},
        {TARE_CAUSE_SOLVER, TARE_CAUSE_CANCELLED, "cancelled while it was judged"},
        {TARE_CAUSE_MEMORY, TARE_CAUSE_MEMORY, "out of memory while scoring"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tare_event stop = {.kind = TARE_EVENT_CANCEL};
        struct played *x = play(&guess_plain, list, 1, metric_of, false);
        assert_int_equal(x->play.state, TARE_PLAY_REQUEST);
        tare_play_event(&x->play, &stop, cases[i].why);
        assert_missing(x, cases[i].cause, cases[i].text);
        assert_int_equal(n_scored, 0);
        end(x);
    }
}

static void test_checks_that_fail(void **state)
{
    static const uint32_t metric_of[] = {0, 1};
    static const struct {
        enum tare_status status;
        bool boxed;
        enum tare_cause cause;
    } cases[] = {
        {TARE_E_INPUT, false, TARE_CAUSE_WORLD},         {TARE_E_IO, false, TARE_CAUSE_WORLD},
        {TARE_E_IO, true, TARE_CAUSE_SANDBOX},           {TARE_E_NOMEM, false, TARE_CAUSE_MEMORY},
        {TARE_E_CANCELLED, false, TARE_CAUSE_CANCELLED},
    };
    (void)state;
    for (size_t i = 0; i < 3 * sizeof cases / sizeof *cases; i++) {
        enum tare_status st = cases[i / 3].status;
        /* The other one is good: its score is not kept either. */
        const struct says list[] = {{.n_metrics = 1, .value = 1, .evidence = "1"},
                                    {.n_metrics = 1,
                                     .waits = i % 3 != 2,
                                     .begin = i % 3 == 0 ? st : TARE_OK,
                                     .next = i % 3 == 1 ? st : TARE_OK,
                                     .score = i % 3 == 2 ? st : TARE_OK}};
        struct played *x = play(&guess_plain, list, 2, metric_of, cases[i / 3].boxed);
        assert_missing(x, cases[i / 3].cause, "the check cannot");
        end(x);
    }
}

static void test_missing_is_not_scored(void **state)
{
    static const struct says list[] = {{.n_metrics = 1, .value = 1, .evidence = "1"}};
    static const uint32_t metric_of[] = {0};
    struct tare_event stop = {.kind = TARE_EVENT_CANCEL};
    struct played *x = play(&guess_asks, list, 1, metric_of, false);
    (void)state;
    assert_true(x->play.state != TARE_PLAY_FINISHED && !x->play.checking);
    tare_play_event(&x->play, &stop, TARE_CAUSE_CANCELLED);
    assert_int_equal(n_scored, 0);
    assert_int_equal(x->play.attempt.status, TARE_ATTEMPT_MISSING);
    assert_int_equal(x->play.attempt.n_scores, N_METRICS);
    for (uint32_t i = 0; i < N_METRICS; i++)
        assert_int_equal(x->play.attempt.scores[i].state, TARE_SCORE_MISSING);
    end(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_scores_go),       cmocka_unit_test(test_checks_that_wait),
        cmocka_unit_test(test_ended_while_judged),    cmocka_unit_test(test_checks_that_fail),
        cmocka_unit_test(test_missing_is_not_scored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
