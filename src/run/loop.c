/*
 * Solvers that wait: one thread, one poll, up to `in_flight` attempts at once. Requests go to the
 * transport, children have pipes here, timers are looked through (their number is the attempts in
 * flight). Each attempt has a world of its own while it runs.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "run/batch_int.h"
#include "run/hands.h"

#include "base/fault.h"
#include "base/limits.h"
#include "sandbox/child.h"

#include "base/banned.h"

#define WORLD_ATTEMPTS                                                                             \
    4u /* a seat's world is opened anew after so many: what worlds keep of tasks                   \
          would stand in memory once a seat */
#define KEPT_TEXT_BYTES ((size_t)65536) /* of an event's text, between events */
#define POLL_MS 20                      /* how soon new work, stops and deadlines are noticed */

struct seat {
    struct tare__errand errand; /* first: what the hands give back is the seat's */
    bool away;                  /* played on by one of them: nothing of the play is looked at */
    bool starts;                /* the errand begins the attempt; else it passes `event` in */
    struct tare_event event;
    enum tare_cause why;
    struct tare_buf text; /* of the event */
    const struct tare_task *task;
    uint32_t index;
    int64_t wall_ns;
    bool busy;
    struct tare_play play;
    struct tare_play_setup setup;
    struct tare__done *done;
    struct tare__job *job;
    struct tare_alc_watch watch; /* of all that is played here */
    struct tare_arena arena;     /* of the world */
    void *w;
    uint32_t n_played; /* in that world */
    int64_t started_ns, deadline_ns;
    int64_t child_until_ns; /* then the child is killed; 0: it may stay */
    uint64_t number;        /* of the attempt in this process */
    size_t at;              /* its place in the slice */
    uint64_t token;         /* of its request; 0: none */
    struct tare_child child;
    bool has_child;
    bool deaf; /* the child does not read what it is told */
    bool fed;  /* an event was passed in while events were handed out */
};

struct running_job {
    struct tare__job *job;
    size_t at;     /* attempts of the slice before it have begun */
    uint32_t open; /* attempts that have begun and not ended */
    bool begun_all;
};

struct loop {
    struct tare__batch *b;
    const struct tare_transport *transport;
    struct tare__hands *hands; /* of a world whose steps run programs; else NULL */
    struct seat *seats;
    uint32_t n_seats, n_busy;
    uint32_t *busy_of_run, most_of_run; /* a run whose models stall leaves the others theirs */
    struct running_job *jobs;
    uint32_t n_jobs, cap_jobs;
    uint64_t next_token, next_number;
    bool ended;
};

static int64_t now(const struct loop *l)
{
    return l->b->clock->mono_ns(l->b->clock->ctx);
}

static struct running_job *job_of(struct loop *l, const struct tare__job *job)
{
    for (uint32_t i = 0; i < l->n_jobs; i++)
        if (l->jobs[i].job == job)
            return &l->jobs[i];
    return NULL;
}

static void end_child(struct seat *s)
{
    if (!s->has_child)
        return;
    tare_child_kill(&s->child);
    tare_child_free(&s->child);
    s->has_child = false;
}

/* Nobody has played it: it may begin again. */
static void put_back(struct running_job *r, size_t at)
{
    r->job->begun[at] = 0;
    r->begun_all = false;
    if (at < r->at)
        r->at = at;
}

static void leave(struct loop *l, struct seat *s)
{
    struct running_job *r = job_of(l, s->job);
    struct tare__done *d = s->done;
    end_child(s);
    if (l->transport && l->transport->ended)
        l->transport->ended(l->transport->ctx, s->number, &s->play.attempt);
    if (s->play.attempt.cause == TARE_CAUSE_CANCELLED && l->transport && l->transport->wants)
        put_back(r, s->at);
    if (s->token && l->transport)
        l->transport->cancel(l->transport->ctx, s->token);
    s->token = 0;
    tare__done_fill(l->b, d, s->job, &s->play, s->started_ns);
    s->busy = false;
    l->n_busy--;
    l->busy_of_run[s->job->lease.run]--;
    r->open--;
    atomic_fetch_sub(&l->b->in_flight, 1);
    tare__done_hand_in(l->b, d);
}

static void play_on(struct tare__errand *e)
{
    struct seat *s = (struct seat *)(void *)e;
    if (s->starts)
        tare_play_start(&s->play, &s->setup, s->task, s->index, s->wall_ns, &s->done->arena);
    else
        tare_play_event(&s->play, &s->event, s->why);
}

/* Plays on, here or with one of the hands. */
static void send(struct loop *l, struct seat *s, bool here)
{
    s->fed = true;
    s->away = l->hands && !here;
    if (s->away)
        tare__hands_give(l->hands, &s->errand);
    else
        play_on(&s->errand);
}

static void feed(struct loop *l, struct seat *s, const struct tare_event *event,
                 enum tare_cause why)
{
    /* Part of a reply is noted, never acted upon. */
    bool here = !l->hands || event->kind == TARE_EVENT_CHUNK;
    s->starts = false;
    s->event = *event;
    s->why = why;
    if (!here && event->body.n) { /* it may be gone before it is looked at */
        tare_buf_put(&s->text, event->body);
        s->event.body = tare_buf_str(&s->text);
        if (s->text.failed) {
            s->event = (struct tare_event){.kind = TARE_EVENT_CANCEL, .now_ns = event->now_ns};
            s->why = TARE_CAUSE_MEMORY;
        }
    }
    send(l, s, here);
}

/* The event that says "what you asked for could not be done". */
static void refuse(struct loop *l, struct seat *s, enum tare_event_kind kind, enum tare_cause cause,
                   const struct tare_err *err)
{
    struct tare_event e = {.kind = kind,
                           .id = s->play.yield.id,
                           .body = tare_str_of(err->text),
                           .failed = cause,
                           .exit_status = 127,
                           .now_ns = now(l)};
    feed(l, s, &e, TARE_CAUSE_NONE);
}

static void begin_request(struct loop *l, struct seat *s)
{
    struct tare_err err = {0};
    struct tare_request *request = &s->play.yield.request;
    char scope[64];
    const struct tare_attempt *a = &s->play.attempt;
    /* The attempt's seed hangs on batch seed and task; with the number it names who asks. */
    int n = snprintf(scope, sizeof scope, "%016" PRIx64 "/%" PRIu32, a->seed, a->index);
    request->scope = tare_str_n(scope, (size_t)n);
    request->attempt = s->number;
    request->task = a->task;
    request->index = a->index;
    struct tare_str own = l->b->solvers[s->job->lease.run].given->name;
    if (request->endpoint.n == 0)
        request->endpoint = own;
    else if (request->endpoint.p[0] == '/')
        request->endpoint = tare_arena_printf(&s->play.turn, "%.*s%.*s", TARE_FMT(own),
                                              TARE_FMT(request->endpoint));
    s->token = ++l->next_token;
    enum tare_status st =
        l->transport ? l->transport->begin(l->transport->ctx, s->token, request, now(l), &err)
                     : tare_fail(&err, TARE_E_IO, "no endpoint is configured");
    if (st != TARE_OK) {
        s->token = 0;
        refuse(l, s, TARE_EVENT_REPLY, TARE_CAUSE_ENDPOINT, &err);
    }
}

/* Passes on what the solver has to say to the child it talks to. */
static void tell_child(struct loop *l, struct seat *s)
{
    struct tare_spawn *spawn = &s->play.yield.spawn;
    if (s->play.state != TARE_PLAY_SPAWN || !s->child.talks || !spawn->input.n)
        return;
    s->child_until_ns = spawn->timeout_ms ? now(l) + spawn->timeout_ms * 1000000 : 0;
    s->deaf = !tare_child_send(&s->child, spawn->input);
    spawn->input = (struct tare_str){NULL, 0};
}

static void begin_child(struct loop *l, struct seat *s)
{
    struct tare_err err = {0};
    const struct tare_spawn *spawn = &s->play.yield.spawn;
    enum tare_status st =
        spawn->talks ? tare_child_talk(spawn->argv, spawn->env, TARE_MAX_AGENT_LINE_BYTES,
                                       TARE_MAX_AGENT_UNREAD_BYTES, l->b->alc, &s->child, &err)
                     : tare_child_start(spawn->argv, spawn->env, spawn->input,
                                        TARE_MAX_TOOL_OUTPUT_BYTES, l->b->alc, &s->child, &err);
    if (st != TARE_OK) {
        refuse(l, s, TARE_EVENT_CHILD, TARE_CAUSE_SANDBOX, &err);
        return;
    }
    s->has_child = true;
    s->child_until_ns = spawn->timeout_ms ? now(l) + spawn->timeout_ms * 1000000 : 0;
    s->deaf = false;
    tell_child(l, s);
}

/* Does what the solver asks for until it waits, is away or is finished. */
static void serve(struct loop *l, struct seat *s)
{
    do {
        s->fed = false;
        if (s->away)
            return;
        if (s->play.checking && s->has_child && s->child.talks)
            end_child(s); /* the solver's; a check has its own */
        if (s->play.state == TARE_PLAY_REQUEST && !s->token)
            begin_request(l, s);
        else if (s->play.state == TARE_PLAY_SPAWN && !s->has_child)
            begin_child(l, s);
    } while (s->fed);
    if (s->play.state == TARE_PLAY_FINISHED)
        leave(l, s);
}

/* What the hands have played is looked at again. */
static void take_back(struct loop *l)
{
    struct tare__errand *e;
    while (l->hands && (e = tare__hands_take(l->hands))) {
        struct seat *s = (struct seat *)(void *)e;
        s->away = false;
        if (s->text.cap > KEPT_TEXT_BYTES)
            tare_buf_free(&s->text);
        else
            tare_buf_reset(&s->text);
        if (s->has_child && !s->play.checking)
            tell_child(l, s);
        serve(l, s);
    }
}

/* The next attempt of a job that is not begun and may be: its place in the slice; false: none. */
static bool next_attempt(const struct loop *l, struct running_job *r, size_t *next)
{
    const struct tare_lease *lease = &r->job->lease;
    const struct tare_transport *t = l->transport;
    size_t k = l->b->k, n = (lease->task_to - lease->task_from) * k, at;
    while (r->at < n && r->job->begun[r->at])
        r->at++;
    r->begun_all = r->at == n;
    for (at = r->at; at < n; at++) {
        if (r->job->begun[at])
            continue;
        if (!t || !t->wants || t->wants(t->ctx, lease->task_from + (uint32_t)(at / k))) {
            *next = at;
            return true;
        }
        at += k - 1 - at % k; /* none of this task */
    }
    return false;
}

static struct seat *free_seat(struct loop *l)
{
    for (uint32_t i = 0; i < l->n_seats; i++)
        if (!l->seats[i].busy)
            return &l->seats[i];
    return NULL;
}

/* A world for the seat, opened at its first use; the plan has opened one of this configuration, so
 * only memory can be short. */
static bool seat_world(struct loop *l, struct seat *s)
{
    struct tare_err err = {0};
    if (s->w && s->n_played++ < WORLD_ATTEMPTS)
        return true;
    if (s->w) {
        l->b->world->close(s->w);
        tare_arena_free(&s->arena);
    }
    s->n_played = 1;
    tare_arena_init(&s->arena, &s->watch.alc, TARE_ARENA_ATTEMPT_BYTES);
    if (l->b->world->open(l->b->options->suite->world_config, &s->watch.alc, &s->arena, &s->w,
                          &err) == TARE_OK) {
        if (l->b->world->heed)
            l->b->world->heed(s->w, &l->b->stop);
        return true;
    }
    s->w = NULL;
    tare_arena_free(&s->arena);
    return false;
}

/* With attempts in flight the memory one needs comes back; with none it never will, and the job is
 * given up: what is left of it is played when the batch is resumed. */
static bool no_room(struct loop *l, struct running_job *r)
{
    if (l->n_busy == 0) {
        r->begun_all = true;
        atomic_fetch_add(&l->b->starved, 1);
    }
    return false;
}

static bool begin(struct loop *l, struct running_job *r)
{
    struct seat *s = free_seat(l);
    if (!s || !next_attempt(l, r, &s->at))
        return false;
    if (!seat_world(l, s) || !(s->done = tare__done_take(l->b, &s->watch)))
        return no_room(l, r);
    r->job->begun[s->at] = 1;
    tare_fault_point("run.attempt");
    s->busy = true;
    s->job = r->job;
    s->token = 0;
    s->number = ++l->next_number;
    s->has_child = false;
    s->started_ns = now(l);
    r->open++;
    l->n_busy++;
    l->busy_of_run[r->job->lease.run]++;
    atomic_fetch_add(&l->b->in_flight, 1);
    tare__setup(l->b, r->job->lease.run, s->w, &s->watch, &s->setup);
    s->deadline_ns = s->setup.wall_ns ? s->started_ns + s->setup.wall_ns : 0;
    s->task = &l->b->tasks[r->job->lease.task_from + (uint32_t)(s->at / l->b->k)];
    s->index = (uint32_t)(s->at % l->b->k);
    s->wall_ns = l->b->clock->wall_ns(l->b->clock->ctx);
    s->starts = true;
    send(l, s, false);
    serve(l, s);
    return true;
}

static void take_jobs(struct loop *l)
{
    void *item;
    bool finished = false;
    int timeout = l->n_jobs ? 0 : POLL_MS;
    while (!l->ended && l->n_jobs < l->cap_jobs &&
           tare_queue_pop(l->b->waiting, timeout, &item, &finished)) {
        struct tare__job *job = item;
        l->jobs[l->n_jobs++] = (struct running_job){.job = job};
        timeout = 0;
    }
    l->ended = l->ended || finished;
}

static void begin_more(struct loop *l)
{
    bool stop = atomic_load(&l->b->stop) > 0;
    for (uint32_t i = 0; i < l->n_jobs; i++) {
        struct running_job *r = &l->jobs[i];
        if (stop)
            r->begun_all = true;
        while (!r->begun_all && l->n_busy < l->n_seats &&
               l->busy_of_run[r->job->lease.run] < l->most_of_run && begin(l, r))
            ;
    }
}

static void end_jobs(struct loop *l)
{
    for (uint32_t i = 0; i < l->n_jobs;) {
        struct running_job *r = &l->jobs[i];
        if (!r->begun_all || r->open) {
            i++;
            continue;
        }
        tare__job_end(l->b, r->job);
        *r = l->jobs[--l->n_jobs];
    }
}

/* The transport can give nothing more: no attempt ends by that; all are cancelled, and played when
 * the batch is resumed. */
static bool halted(struct loop *l)
{
    struct tare_str why = l->transport && l->transport->halted
                              ? l->transport->halted(l->transport->ctx)
                              : (struct tare_str){NULL, 0};
    if (why.n && !l->b->halted[0]) {
        (void)snprintf(l->b->halted, sizeof l->b->halted, "%.*s", TARE_FMT(why));
        atomic_store(&l->b->stop, 2);
    }
    return why.n > 0;
}

/* Which limit of the attempt its models have used up; empty: none. */
static struct tare_str used_up(const struct seat *s)
{
    const struct tare_attempt *a = &s->play.attempt;
    const struct tare_play_setup *setup = &s->setup;
    if (setup->max_tokens && a->tokens_in + a->tokens_out > setup->max_tokens)
        return TARE_S("the limit of tokens was reached");
    if (setup->max_cost_usd > 0 && a->cost_usd > setup->max_cost_usd)
        return TARE_S("the limit of money was reached");
    return (struct tare_str){NULL, 0};
}

static void give_reply(void *to, const struct tare_reply *reply)
{
    struct loop *l = to;
    for (uint32_t i = 0; i < l->n_seats; i++) {
        struct seat *s = &l->seats[i];
        if (!s->busy || s->away || s->token != reply->token)
            continue;
        struct tare_event e = {.kind = reply->chunk ? TARE_EVENT_CHUNK : TARE_EVENT_REPLY,
                               .id = s->play.yield.id,
                               .body = reply->body,
                               .failed = reply->failed,
                               .now_ns = now(l)};
        enum tare_cause why = TARE_CAUSE_NONE;
        if (!reply->chunk)
            s->token = 0;
        if (!s->play.checking) { /* what a judge uses is not the solver's */
            s->play.attempt.tokens_in += reply->tokens_in;
            s->play.attempt.tokens_out += reply->tokens_out;
            s->play.attempt.cost_usd += reply->cost_usd;
            s->play.limit_text = used_up(s);
        }
        if (reply->failed != TARE_CAUSE_NONE && halted(l))
            why = TARE_CAUSE_CANCELLED;
        else if (!s->play.checking && s->play.limit_text.n)
            why = TARE_CAUSE_LIMIT;
        if (why != TARE_CAUSE_NONE)
            e.kind = TARE_EVENT_CANCEL;
        feed(l, s, &e, why);
        serve(l, s);
        return;
    }
}

struct line_to {
    struct loop *l;
    struct seat *s;
};

/* False: what comes next has to wait until it is back. */
static bool give_line(void *to, struct tare_str text)
{
    const struct line_to *t = to;
    struct seat *s = t->s;
    struct tare_event e = {.kind = TARE_EVENT_CHILD,
                           .id = s->play.yield.id,
                           .body = text,
                           .failed = s->child.too_long ? TARE_CAUSE_LIMIT : TARE_CAUSE_NONE,
                           .exit_status = -1,
                           .now_ns = now(t->l)};
    if (s->play.state != TARE_PLAY_SPAWN || s->child.no_memory || s->deaf ||
        (s->child.talks && s->play.checking))
        return true;
    feed(t->l, s, &e, TARE_CAUSE_NONE);
    if (!s->away)
        tell_child(t->l, s);
    return !s->away;
}

static void work_child(struct loop *l, struct seat *s)
{
    struct line_to to = {l, s};
    int status;
    if (s->child_until_ns && now(l) >= s->child_until_ns) {
        end_child(s);
        struct tare_event late = {.kind = TARE_EVENT_CHILD,
                                  .id = s->play.yield.id,
                                  .failed = TARE_CAUSE_LIMIT,
                                  .exit_status = 124,
                                  .now_ns = now(l)};
        feed(l, s, &late, TARE_CAUSE_NONE);
        return;
    }
    tare_child_write(&s->child);
    bool open = tare_child_read(&s->child, give_line, &to);
    if (s->away)
        return;
    if (s->deaf && s->play.state == TARE_PLAY_SPAWN && s->child.talks) {
        struct tare_err err = {0};
        (void)tare_fail(&err, TARE_E_LIMIT, "it does not read what it is told");
        end_child(s);
        refuse(l, s, TARE_EVENT_CHILD, TARE_CAUSE_LIMIT, &err);
        return;
    }
    if (s->child.no_memory) {
        struct tare_event cancel = {.kind = TARE_EVENT_CANCEL, .now_ns = now(l)};
        feed(l, s, &cancel, TARE_CAUSE_MEMORY);
        return; /* the attempt is finished; the child goes with it */
    }
    if (open || !tare_child_ended(&s->child, &status))
        return;
    tare_child_free(&s->child);
    s->has_child = false;
    struct tare_event e = {
        .kind = TARE_EVENT_CHILD, .id = s->play.yield.id, .exit_status = status, .now_ns = now(l)};
    if (s->play.state == TARE_PLAY_SPAWN)
        feed(l, s, &e, TARE_CAUSE_NONE);
}

/* Whose time it is that has run out: of an endpoint that keeps the attempt waiting, or its own. */
static enum tare_cause time_of(const struct loop *l, const struct seat *s)
{
    bool held = s->token && l->transport && l->transport->held &&
                l->transport->held(l->transport->ctx, s->token);
    return held ? TARE_CAUSE_ENDPOINT : TARE_CAUSE_LIMIT;
}

/* Timers, deadlines, children and cancellation of each attempt in flight. */
static void work_seats(struct loop *l)
{
    int64_t t = now(l);
    bool cancel = atomic_load(&l->b->stop) >= 2;
    for (uint32_t i = 0; i < l->n_seats; i++) {
        struct seat *s = &l->seats[i];
        if (!s->busy || s->away)
            continue;
        if (s->has_child)
            work_child(l, s);
        if (!s->away && s->play.state == TARE_PLAY_WAIT && t >= s->play.yield.wait_until_ns) {
            struct tare_event e = {.kind = TARE_EVENT_TIMER, .id = s->play.yield.id, .now_ns = t};
            feed(l, s, &e, TARE_CAUSE_NONE);
        }
        if (s->away)
            continue;
        bool late = s->deadline_ns && t >= s->deadline_ns && !s->play.checking;
        if (cancel || late) {
            struct tare_event e = {.kind = TARE_EVENT_CANCEL, .now_ns = t};
            feed(l, s, &e, cancel ? TARE_CAUSE_CANCELLED : time_of(l, s));
        }
        serve(l, s);
    }
}

/* How long nothing will happen by itself. */
static int idle_ms(const struct loop *l)
{
    int64_t t = now(l), soonest = t + (int64_t)POLL_MS * 1000000;
    for (uint32_t i = 0; i < l->n_seats; i++) {
        const struct seat *s = &l->seats[i];
        if (!s->busy || s->away)
            continue;
        if (s->play.state == TARE_PLAY_WAIT && s->play.yield.wait_until_ns < soonest)
            soonest = s->play.yield.wait_until_ns;
        if (s->has_child && tare_child_has_ahead(&s->child))
            soonest = t;
        else if (s->has_child && s->child.out_fd < 0 && t + 1000000 < soonest)
            soonest = t + 1000000; /* its output has ended: it will be gone in a moment */
    }
    return soonest <= t ? 0 : (int)((soonest - t + 999999) / 1000000);
}

static void wait_and_work(struct loop *l, struct pollfd *fds, uint32_t cap)
{
    bool waits = l->n_busy || (l->n_jobs && l->transport && l->transport->wants);
    int timeout = waits ? idle_ms(l) : 0;
    uint32_t n = 0;
    if (l->hands)
        fds[n++] = (struct pollfd){.fd = tare__hands_fd(l->hands), .events = POLLIN};
    for (uint32_t i = 0; i < l->n_seats && n + 2 <= cap; i++) {
        const struct seat *s = &l->seats[i];
        if (!s->busy || s->away || !s->has_child)
            continue;
        if (s->child.out_fd >= 0)
            fds[n++] = (struct pollfd){.fd = s->child.out_fd, .events = POLLIN};
        if (tare_child_wants_write(&s->child))
            fds[n++] = (struct pollfd){.fd = s->child.in_fd, .events = POLLOUT};
    }
    if (l->transport)
        n += l->transport->wait(l->transport->ctx, fds + n, cap - n, &timeout, now(l));
    if (n || timeout)
        poll(fds, n, timeout);
    if (l->transport)
        l->transport->work(l->transport->ctx, now(l), give_reply, l);
    (void)halted(l);
    take_back(l);
    work_seats(l);
}

static void close_seats(struct loop *l)
{
    for (uint32_t i = 0; i < l->n_seats; i++) {
        if (l->seats[i].w)
            l->b->world->close(l->seats[i].w);
        tare_buf_free(&l->seats[i].text);
        tare_arena_free(&l->seats[i].arena);
    }
}

/* As many programs at once as was asked for; else a few more than there are CPUs, since what runs
 * with too many others meets its limits of time. */
static unsigned n_hands(const struct tare__batch *b, uint32_t n_seats)
{
    unsigned n = b->options->threads ? b->options->threads : 2 * tare_cpu_count();
    n = n < 4 && !b->options->threads ? 4 : n;
    return n < n_seats ? n : n_seats;
}

void tare__loop_main(struct tare__batch *b)
{
    uint32_t in_flight = b->options->in_flight ? b->options->in_flight : 64, runs = 0;
    for (uint32_t i = 0; i < b->options->n_solvers; i++)
        runs += tare__waits(b, i);
    if ((uint64_t)in_flight * runs > TARE_MAX_IN_FLIGHT)
        runs = TARE_MAX_IN_FLIGHT / in_flight + 1;
    struct loop l = {.b = b,
                     .transport = b->options->transport,
                     .n_seats = in_flight * runs,
                     .most_of_run = in_flight,
                     .cap_jobs = in_flight * runs + 64 + b->options->ahead};
    in_flight = l.n_seats;
    uint32_t n_fds = in_flight * 2 + 256;
    void *item;
    bool finished;
    sigset_t pipe;
    sigemptyset(&pipe); /* a server that hangs up is an error of a write, not a signal */
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    l.seats = calloc(l.n_seats, sizeof *l.seats);
    l.jobs = calloc(l.cap_jobs, sizeof *l.jobs);
    l.busy_of_run = calloc(b->options->n_solvers, sizeof *l.busy_of_run);
    struct pollfd *fds = calloc(n_fds, sizeof *fds);
    for (uint32_t i = 0; l.seats && i < l.n_seats; i++) {
        l.seats[i].errand.run = play_on;
        tare_alc_watch_init(&l.seats[i].watch, b->alc);
        tare_buf_init(&l.seats[i].text, b->alc, 2 * TARE_MAX_HTTP_ANSWER_BYTES);
    }
    /* Without them its steps are played here, one after the other. */
    if (b->world->boxed)
        (void)tare__hands_open(n_hands(b, l.n_seats), l.n_seats, b->alc, &l.hands, NULL);
    if (l.seats && l.jobs && fds && l.busy_of_run)
        while (!l.ended || l.n_jobs || l.n_busy) {
            take_jobs(&l);
            begin_more(&l);
            wait_and_work(&l, fds, n_fds);
            end_jobs(&l);
        }
    else /* no memory: jobs end empty, and the batch is incomplete */
        while (tare_queue_pop(b->waiting, -1, &item, &finished))
            tare__job_end(b, item);
    tare__hands_close(l.hands);
    if (l.seats)
        close_seats(&l);
    free(fds);
    free(l.jobs);
    free(l.busy_of_run);
    free(l.seats);
}
