/*
 * How fast an endpoint is asked: concurrency that follows what it takes (one more a window of
 * successes, half after "too many"), a breaker for one that is down, waits between tries.
 */
#ifndef TARE_SOLVER_MODEL_PACE_H
#define TARE_SOLVER_MODEL_PACE_H

#include "base/rng.h"
#include "solver/model.h"

struct tare_pace {
    uint32_t flying, limit, most;
    uint32_t good_in_window;
    uint32_t failed_in_row;
    int64_t lowered_ns; /* requests that began before it are of the old limit */
    int64_t pause_ns;   /* nothing is sent before; 0: no pause */
    bool open;          /* the breaker: taken to be down */
    bool probing;       /* one request finds out whether it is back */
    int64_t open_since_ns, probe_ns;
    int64_t cool_ms;
    bool ever_good;
    uint64_t times_opened;
};

void tare_pace_init(struct tare_pace *p, uint32_t most);
/* May one more be sent now? Sending it must be said with tare_pace_sent. */
bool tare_pace_free(const struct tare_pace *p, int64_t now_ns);
void tare_pace_sent(struct tare_pace *p, int64_t now_ns);
/* An exchange ended well; the server says "too many" (began_ns: when that request was sent); it
 * failed as a server does that is down; it failed otherwise, or was cancelled. */
void tare_pace_good(struct tare_pace *p);
void tare_pace_too_many(struct tare_pace *p, int64_t began_ns, int64_t now_ns, int64_t wait_ms);
void tare_pace_down(struct tare_pace *p, int64_t now_ns);
void tare_pace_neither(struct tare_pace *p);
/* When tare_pace_free may change by itself; 0: only when an exchange ends. */
int64_t tare_pace_due(const struct tare_pace *p);

/* Exponential with full jitter: uniform in [0, min(60 s, 0.5 s * 2^tries)). tries from 0. */
int64_t tare_backoff_ms(struct tare_rng *rng, uint32_t tries);
/* What the head asks for: retry-after-ms, retry-after (seconds or an HTTP date, against wall_ns),
 * x-ratelimit-reset-requests; capped at TARE_MAX_RETRY_AFTER_MS. -1: nothing. */
int64_t tare_retry_after_ms(struct tare_str head, int64_t wall_ns);

#endif
