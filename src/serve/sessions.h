/*
 * Sessions of agents that run elsewhere, as the transport of a batch: a session that wants an
 * attempt gets one, says what to do in it, and hears what came of it. No protocol in here; nothing
 * blocks. All calls, and all calls back, come from the thread that plays the batch.
 */
#ifndef TARE_SERVE_SESSIONS_H
#define TARE_SERVE_SESSIONS_H

#include <stdatomic.h>

#include "run/transport.h"
#include "text/json.h"

#define TARE_SESSION_ANY UINT32_MAX

enum tare_session_state {
    TARE_SESSION_IDLE = 0, /* has no attempt */
    TARE_SESSION_WAITS,    /* wants one */
    TARE_SESSION_THINKS,   /* has one, and is to say something */
    TARE_SESSION_PLAYS,    /* what it said is being done */
    TARE_SESSION_OVER      /* its attempt has ended */
};

struct tare_session {
    void *owner; /* the protocol's */
    enum tare_session_state state;
    struct tare_json start; /* tare.agent/1's start of the attempt; absent: none was begun */
    struct tare_buf seen;   /* the last observation, as JSON */
    bool observed;          /* it is what came of the last action */
    bool failed;            /* that action could not be done */
    uint32_t task, index;   /* of the attempt: task of the batch, number at that task */
    uint32_t steps;         /* actions done in it */
    bool expired;           /* said nothing for too long: leave it */
    const char *none;       /* IDLE after WAITS: why it got no attempt */
    /* Once it is OVER. */
    enum tare_attempt_status status;
    enum tare_cause cause;
    char why[200];
    double reward; /* the suite's first metric; NaN: there is none */

    struct tare_sessions *all;
    struct tare_arena scene;
    uint32_t want;
    uint64_t number, token; /* 0: none */
    int64_t since_ns;       /* when it last said, or began to wait for, something */
    bool left, last;        /* the world has ended it: its last word is due */
    struct tare_session *next;
};

struct tare_sessions_options {
    size_t size;
    uint32_t max;           /* sessions at once */
    int64_t idle_ns;        /* silence for so long ends a session; 0: never */
    const atomic_int *stop; /* not 0: no session gets an attempt any more; may be NULL */
    const struct tare_alc *alc;
    /* What a session waited for has come: see its state; or it has expired. */
    void (*on)(void *ctx, struct tare_session *s);
    /* The protocol's ends of struct tare_transport's wait, work and halted (which may be NULL). */
    uint32_t (*wait)(void *ctx, struct pollfd *fds, uint32_t max, int *timeout_ms);
    void (*work)(void *ctx, int64_t now_ns);
    struct tare_str (*halted)(void *ctx);
    void *ctx;
};

struct tare_sessions;

/* TARE_E_NOMEM. */
enum tare_status tare_sessions_open(const struct tare_sessions_options *options,
                                    struct tare_sessions **out, struct tare_err *err);
void tare_sessions_close(struct tare_sessions *all);
/* For tare_run_batch; lives as long as `all`. */
const struct tare_transport *tare_sessions_transport(const struct tare_sessions *all);

/* A new session; NULL: there are too many, or no memory. */
struct tare_session *tare_session_open(struct tare_sessions *all, void *owner);
/* Asks for an attempt of that task of the batch, or TARE_SESSION_ANY; one that it has is left
 * first (not while it PLAYS). Then `on`: THINKS, or IDLE with `none`. */
void tare_session_want(struct tare_session *s, uint32_t task);
/* Does an action of step_json (borrowed during the call); the session THINKS. Then `on`, perhaps
 * before this returns: THINKS or OVER. */
void tare_session_act(struct tare_session *s, struct tare_str action);
/* The session ends; s is gone. What it has played is its end of the attempt; an attempt in which
 * it did nothing is given back. */
void tare_session_leave(struct tare_session *s);

/* Its client has said something: it is not silent. */
void tare_session_heard(struct tare_session *s);

uint32_t tare_sessions_count(const struct tare_sessions *all);
/* Actions of all sessions that were steps of the world. */
uint64_t tare_sessions_steps(const struct tare_sessions *all);
/* After the batch: answers what sessions still ask until none is left, *stop is not 0, or the time
 * is over. */
void tare_sessions_linger(struct tare_sessions *all, const struct tare_clock *clock,
                          int64_t most_ns);

#endif
