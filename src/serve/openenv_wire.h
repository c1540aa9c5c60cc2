/*
 * OpenEnv's messages, without a socket: what a client says, and what it is told
 * (docs/verbs/serve.md).
 */
#ifndef TARE_SERVE_OPENENV_WIRE_H
#define TARE_SERVE_OPENENV_WIRE_H

#include "base/arena.h"
#include "base/buf.h"
#include "record/contract.h"
#include "text/json.h"

enum tare_oe_says {
    TARE_OE_RESET = 1,
    TARE_OE_STEP,
    TARE_OE_TOOLS, /* a step that asks which tools there are, and is none */
    TARE_OE_STATE,
    TARE_OE_CLOSE,
    TARE_OE_WRONG /* code and why */
};

struct tare_oe_message {
    enum tare_oe_says says;
    struct tare_str action;  /* STEP: for step_json */
    struct tare_str tool;    /* STEP that was a call_tool: its name; else p NULL */
    struct tare_str episode; /* RESET, STEP, STATE: episode_id; p NULL: not said */
    struct tare_str task_id; /* RESET: task, by its id; p NULL: not said */
    int64_t task;            /* RESET: task, from 1; 0: not said */
    int64_t seed;            /* RESET: -1: not said */
    const char *code, *why;  /* WRONG */
};

/* One message of a WebSocket: {"type": …, "data": {…}}. Text lives in the arena. TARE_E_NOMEM
 * alone. */
enum tare_status tare_oe_read(struct tare_str text, struct tare_arena *arena,
                              struct tare_oe_message *out, struct tare_err *err);
/* The body of a request to /reset, /step or /state (query string as an object): what `data` is on
 * a WebSocket, but that a step's action stands in "action". Empty text: {}. */
enum tare_status tare_oe_read_body(enum tare_oe_says what, struct tare_str text,
                                   struct tare_arena *arena, struct tare_oe_message *out,
                                   struct tare_err *err);

/* What came of a reset or a step. */
struct tare_oe_result {
    struct tare_str observation; /* JSON; empty: none was made */
    double reward;               /* NaN: none */
    bool done;
    struct tare_str tool;    /* of a call_tool; p NULL: none */
    struct tare_str failed;  /* of a call_tool that could not be done */
    struct tare_json start;  /* tare.agent/1's start, after a reset; else absent */
    struct tare_str episode; /* its name */
    struct tare_str task_id;
    uint32_t attempt;  /* from 1 */
    const char *ended; /* how it ended, when done: "done", "failed", "missing" */
    const char *why;   /* … and why, or empty */
};

/* {"observation", "reward", "done", "metadata"}. The members reward, done and metadata of the
 * world's observation are left out of it. */
void tare_oe_put_result(struct tare_json_writer *w, const struct tare_oe_result *r);
/* The same for list_tools. */
void tare_oe_put_tools(struct tare_json_writer *w, struct tare_json start);
/* {"action", "observation", "state"}: JSON Schemas. */
void tare_oe_put_schema(struct tare_json_writer *w, const struct tare_tool *tools, uint32_t n,
                        bool talks);
/* Whether a world with that start has an action of that name. */
bool tare_oe_has_action(struct tare_json start, struct tare_str name);

#endif
