/*
 * Failure modes of agents, from what was recorded: pure functions of an attempt's trail, no model.
 * Source: spec/harness.md of the shared sheets, section 6. Several may hold; the first by step is
 * the primary one. docs/concepts/harness.md
 */
#ifndef TARE_DECIDE_FAILURES_H
#define TARE_DECIDE_FAILURES_H

#include "record/query.h"
#include "text/json.h"

enum tare_failure_mode {
    TARE_FAIL_CONTEXT = 0,  /* context_exhaustion */
    TARE_FAIL_MIDDLE,       /* lost_in_the_middle */
    TARE_FAIL_MISROUTING,   /* misrouting */
    TARE_FAIL_HALLUCINATED, /* hallucinated_call */
    TARE_FAIL_LOOP,         /* retry_loop */
    TARE_FAIL_STATE,        /* state_corruption */
    TARE_FAIL_PREMATURE,    /* premature_termination */
    TARE_FAIL_TIMEOUT,      /* timeout_cascade */
    TARE_FAIL_PROVIDER,     /* provider_degradation */
    TARE_FAIL_MODES
};
const char *tare_failure_name(enum tare_failure_mode mode);
/* The switch that would be tried against it, as "key: value, …". */
const char *tare_failure_remedy(enum tare_failure_mode mode);

/* One call of a tool of the world. Digests as their first 8 bytes. */
struct tare_trail_call {
    uint32_t step; /* from 1 */
    struct tare_str tool, args;
    uint64_t sig, result;
    bool ok, changed; /* changed: the world's state, as far as the record tells */
    bool poll;        /* a tool that is asked again and again by design */
    bool timeout;
};

/* One answer of a model. */
struct tare_trail_ask {
    uint32_t step; /* that it led to */
    uint64_t prompt, output;
    bool length; /* it was cut at its limit */
    struct tare_str model, fingerprint;
};

/* An answer that could not be used, a call that was refused, a rule that was met or broken, a
 * state that was written or read (tare_world_ops.state_json), a plan. */
struct tare_trail_event {
    uint32_t step;
    enum {
        TARE_TRAIL_BAD_CALL,
        TARE_TRAIL_UNSEEN,
        TARE_TRAIL_RULE,
        TARE_TRAIL_STATE,
        TARE_TRAIL_PLAN
    } kind;
    struct tare_str code; /* BAD_CALL: "V_MISSING", "E_CALL_JSON" …; STATE: "create", "read" … */
    struct tare_str says;   /* STATE: name; PLAN: its text; RULE: the tool */
    struct tare_str digest; /* STATE */
    bool kept;              /* RULE */
    uint64_t rule_at,
        prompt; /* RULE: tokens before its last copy, 0: there is none; of the prompt */
};

struct tare_trail {
    const struct tare_trail_call *calls;
    const struct tare_trail_ask *asks;
    const struct tare_trail_event *events;
    uint32_t n_calls, n_asks, n_events;
    struct tare_str stop;     /* of the harness: "submitted", "no_call" …; empty: not known */
    uint64_t window, reserve; /* tokens; 0: not known */
    uint32_t steps, step_limit;
    uint64_t tokens, token_limit; /* 0: none */
    bool has_score;
    double score;           /* share of the best; below 1: something was missed */
    uint32_t open_items;    /* of a checklist */
    uint32_t last_progress; /* step; 0: none */
    uint32_t changes;
    bool checked; /* after the last change something was read or checked with success */
};

struct tare_failure {
    enum tare_failure_mode mode;
    const char *subtype;
    uint32_t from_step, to_step;
    const char *severity; /* "error", "warning", "info" */
    struct tare_str evidence;
};

/* All findings, in order of from_step, then mode. Fails: TARE_E_NOMEM. */
enum tare_status tare_failures(const struct tare_trail *t, struct tare_arena *arena,
                               struct tare_failure **out, uint32_t *n, struct tare_err *err);

/* The trail of a stored attempt: steps are its step bodies, one JSON object a line each. metric:
 * the headline, from which the score is taken; NULL: none. */
enum tare_status tare_trail_read(const struct tare_attempt *attempt, const struct tare_str *steps,
                                 uint32_t n_steps, const struct tare_metric *metric,
                                 uint32_t metric_at, uint32_t step_limit, struct tare_arena *arena,
                                 struct tare_trail *out, struct tare_err *err);

/* Over the answers of a run, in the order of its attempts: did the model change its identity, and
 * how many attempts failed for the endpoint? n_missing of n attempts. Empty subtype: nothing. */
struct tare_failure tare_failures_provider(const struct tare_trail *trails, uint32_t n,
                                           uint32_t n_endpoint, struct tare_arena *arena);

#endif
