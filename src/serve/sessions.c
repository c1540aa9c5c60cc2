#include "serve/sessions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

#include "base/banned.h"

/* So long a session waits for an attempt that another may give back. */
#define WAIT_NS (INT64_C(2) * 1000000000)

struct tare_sessions {
    struct tare_transport transport;
    struct tare_sessions_options o;
    struct tare_session *first;
    uint32_t n;
    uint64_t steps;
    int64_t now_ns;
    bool over; /* the batch is */
    void (*give)(void *to, const struct tare_reply *reply);
    void *to;
};

static void reply(struct tare_session *s, struct tare_str body, enum tare_cause failed)
{
    struct tare_reply r = {.token = s->token, .body = body, .failed = failed};
    s->token = 0;
    s->all->give(s->all->to, &r);
}

static void tell(struct tare_session *s)
{
    if (!s->left)
        s->all->o.on(s->all->o.ctx, s);
}

/* ---- the guest's side ---------------------------------------------------------------------- */

static struct tare_session *of_number(struct tare_sessions *all, uint64_t number)
{
    struct tare_session *s = all->first;
    while (s && (s->number != number || number == 0))
        s = s->next;
    return s;
}

/* The one that has waited longest for such a task. */
static struct tare_session *waiting(struct tare_sessions *all, uint32_t task)
{
    struct tare_session *oldest = NULL;
    for (struct tare_session *s = all->first; s; s = s->next)
        if (s->state == TARE_SESSION_WAITS && !s->left &&
            (s->want == task || s->want == TARE_SESSION_ANY) &&
            (!oldest || s->since_ns < oldest->since_ns))
            oldest = s;
    return oldest;
}

static bool wants(void *ctx, uint32_t task)
{
    return waiting(ctx, task) != NULL;
}

static void begin_scene(struct tare_session *s, struct tare_json v,
                        const struct tare_request *request)
{
    s->start = v;
    s->number = request->attempt;
    s->task = request->task;
    s->index = request->index;
    s->steps = 0;
}

static enum tare_status begin(void *ctx, uint64_t token, const struct tare_request *request,
                              int64_t now_ns, struct tare_err *err)
{
    struct tare_sessions *all = ctx;
    struct tare_session *s = of_number(all, request->attempt);
    bool fresh = !s;
    struct tare_json v;
    if (!s && !(s = waiting(all, request->task)))
        return tare_fail(err, TARE_E_STATE, "an attempt goes on that no session plays");
    if (fresh)
        tare_arena_reset(&s->scene);
    struct tare_arena_mark mark = tare_arena_mark(&s->scene);
    struct tare_str body = tare_arena_copy(&s->scene, request->body);
    if (!body.p)
        return tare_fail(err, TARE_E_NOMEM, "no memory for an observation");
    enum tare_status st = tare_json_parse(body, &tare_json_log, &s->scene, &v, err);
    if (st != TARE_OK)
        return st;
    if (fresh && !tare_json_str_is(tare_json_get(v, "type"), "start"))
        return tare_fail(err, TARE_E_STATE, "an attempt goes on that no session plays");
    if (fresh)
        begin_scene(s, v, request);
    s->failed = tare_json_true(tare_json_get(v, "failed"));
    s->last = tare_json_str_is(tare_json_get(v, "type"), "end");
    tare_buf_reset(&s->seen);
    tare_buf_put(&s->seen, tare_json_lexeme(tare_json_get(v, "observation")));
    s->observed = !fresh;
    s->token = token;
    s->since_ns = now_ns; /* from now on it is its turn */
    if (!fresh)
        tare_arena_rewind(&s->scene, mark);
    if (s->last) /* only told when it is known what came of the attempt */
        return TARE_OK;
    s->state = TARE_SESSION_THINKS;
    tell(s);
    return TARE_OK;
}

static void cancel(void *ctx, uint64_t token)
{
    struct tare_sessions *all = ctx;
    for (struct tare_session *s = all->first; s; s = s->next)
        if (s->token == token)
            s->token = 0;
}

static void ended(void *ctx, uint64_t number, const struct tare_attempt *attempt)
{
    struct tare_session *s = of_number(ctx, number);
    if (!s)
        return;
    s->number = 0;
    s->token = 0;
    s->state = TARE_SESSION_OVER;
    s->status = attempt->status;
    s->cause = attempt->cause;
    s->steps = attempt->n_steps;
    s->reward = NAN;
    for (uint32_t i = 0; i < attempt->n_scores; i++)
        if (attempt->scores[i].metric == 0 && attempt->scores[i].state == TARE_SCORE_OK)
            s->reward = attempt->scores[i].value;
    (void)snprintf(s->why, sizeof s->why, "%.*s", (int)attempt->cause_text.n,
                   attempt->cause_text.n ? attempt->cause_text.p : "");
    tell(s);
}

/* ---- the sessions' side -------------------------------------------------------------------- */

struct tare_session *tare_session_open(struct tare_sessions *all, void *owner)
{
    if (all->n >= all->o.max)
        return NULL;
    struct tare_session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    *s = (struct tare_session){.owner = owner, .all = all, .since_ns = all->now_ns, .reward = NAN};
    tare_arena_init(&s->scene, all->o.alc, TARE_ARENA_ATTEMPT_BYTES);
    tare_buf_init(&s->seen, all->o.alc, TARE_MAX_STEP_BODY_BYTES);
    s->next = all->first;
    all->first = s;
    all->n++;
    return s;
}

/* Whatever attempt it has ends: as its own end where it did something. */
static void quit(struct tare_session *s)
{
    if (s->token)
        reply(s, TARE_S(""), s->steps ? TARE_CAUSE_NONE : TARE_CAUSE_CANCELLED);
}

void tare_session_want(struct tare_session *s, uint32_t task)
{
    bool left = s->left;
    s->left = true; /* what it ends with is not told any more */
    quit(s);
    s->left = left;
    s->number = 0;
    s->want = task;
    s->observed = s->failed = s->last = false;
    s->none = NULL;
    s->since_ns = s->all->now_ns;
    s->state = TARE_SESSION_WAITS;
}

void tare_session_act(struct tare_session *s, struct tare_str action)
{
    s->since_ns = s->all->now_ns;
    s->observed = s->failed = false;
    s->state = TARE_SESSION_PLAYS;
    s->steps++;
    s->all->steps++;
    reply(s, action, TARE_CAUSE_NONE);
    if (s->last && s->token)
        reply(s, TARE_S(""), TARE_CAUSE_NONE);
}

void tare_session_heard(struct tare_session *s)
{
    if (s->state != TARE_SESSION_WAITS)
        s->since_ns = s->all->now_ns;
}

void tare_session_leave(struct tare_session *s)
{
    s->left = true;
    s->all->n--;
    quit(s);
}

uint32_t tare_sessions_count(const struct tare_sessions *all)
{
    return all->n;
}

uint64_t tare_sessions_steps(const struct tare_sessions *all)
{
    return all->steps;
}

/* ---- time ---------------------------------------------------------------------------------- */

static void no_attempt(struct tare_session *s, const char *why)
{
    s->state = TARE_SESSION_IDLE;
    s->none = why;
    tell(s);
}

static void expire(struct tare_session *s)
{
    s->expired = true;
    if (s->token) /* told by its end */
        reply(s, TARE_S("the session was silent for too long"),
              s->steps ? TARE_CAUSE_LIMIT : TARE_CAUSE_CANCELLED);
    else
        tell(s);
}

/* What is due for one session. */
static void look_after(struct tare_sessions *all, struct tare_session *s)
{
    int64_t silent = all->now_ns - s->since_ns;
    bool stops = all->over || (all->o.stop && atomic_load(all->o.stop));
    if (s->token && (s->last || s->left)) /* its step was done elsewhere in the meantime */
        quit(s);
    if (s->left)
        return;
    if (stops && s->token && s->steps == 0) /* nobody waits for who has not begun */
        quit(s);
    if (s->state == TARE_SESSION_WAITS && (stops || silent > WAIT_NS))
        no_attempt(s, stops ? "the batch has ended"
                            : "every attempt of what was asked for is played or being played");
    else if (all->o.idle_ns && silent > all->o.idle_ns && !s->expired &&
             s->state != TARE_SESSION_PLAYS && s->state != TARE_SESSION_WAITS)
        expire(s);
}

static void forget_left(struct tare_sessions *all)
{
    struct tare_session **at = &all->first, *s;
    while ((s = *at)) {
        if (!s->left || (s->number && !all->over)) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        tare_arena_free(&s->scene);
        tare_buf_free(&s->seen);
        free(s);
    }
}

static uint32_t transport_wait(void *ctx, struct pollfd *fds, uint32_t max, int *timeout_ms,
                               int64_t now_ns)
{
    struct tare_sessions *all = ctx;
    all->now_ns = now_ns;
    return all->o.wait(all->o.ctx, fds, max, timeout_ms);
}

static void transport_work(void *ctx, int64_t now_ns,
                           void (*give)(void *to, const struct tare_reply *reply), void *to)
{
    struct tare_sessions *all = ctx;
    all->give = give;
    all->to = to;
    all->now_ns = now_ns;
    all->o.work(all->o.ctx, now_ns);
    for (struct tare_session *s = all->first, *next; s; s = next) {
        next = s->next;
        look_after(all, s);
    }
    forget_left(all);
}

static struct tare_str transport_halted(void *ctx)
{
    struct tare_sessions *all = ctx;
    return all->o.halted ? all->o.halted(all->o.ctx) : TARE_S("");
}

void tare_sessions_linger(struct tare_sessions *all, const struct tare_clock *clock,
                          int64_t most_ns)
{
    int64_t end = clock->mono_ns(clock->ctx) + most_ns, now;
    struct pollfd fds[8];
    all->over = true;
    while ((now = clock->mono_ns(clock->ctx)) < end && all->n &&
           !(all->o.stop && atomic_load(all->o.stop))) {
        int timeout = 100;
        uint32_t n = transport_wait(all, fds, 8, &timeout, now);
        (void)poll(fds, n, timeout);
        transport_work(all, clock->mono_ns(clock->ctx), NULL, NULL);
    }
}

/* ---- life ---------------------------------------------------------------------------------- */

enum tare_status tare_sessions_open(const struct tare_sessions_options *options,
                                    struct tare_sessions **out, struct tare_err *err)
{
    struct tare_sessions *all = calloc(1, sizeof *all);
    if (!all)
        return tare_fail(err, TARE_E_NOMEM, "no memory for sessions");
    all->o = *options;
    all->transport = (struct tare_transport){.ctx = all,
                                             .begin = begin,
                                             .cancel = cancel,
                                             .wait = transport_wait,
                                             .work = transport_work,
                                             .halted = transport_halted,
                                             .wants = wants,
                                             .ended = ended};
    *out = all;
    return TARE_OK;
}

const struct tare_transport *tare_sessions_transport(const struct tare_sessions *all)
{
    return &all->transport;
}

void tare_sessions_close(struct tare_sessions *all)
{
    if (!all)
        return;
    all->over = true;
    for (struct tare_session *s = all->first; s; s = s->next)
        s->left = true;
    forget_left(all);
    free(all);
}
