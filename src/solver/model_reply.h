/*
 * What comes back from a model: tare.reply/1 as a struct, read and written.
 * docs/decisions/0008-model-requests.md
 */
#ifndef TARE_SOLVER_MODEL_REPLY_H
#define TARE_SOLVER_MODEL_REPLY_H

#include "record/nouns.h"
#include "text/json.h"

enum tare_finish {
    TARE_FINISH_NONE = 0, /* the server gave no reason: the reply is cut */
    TARE_FINISH_STOP,
    TARE_FINISH_LENGTH,
    TARE_FINISH_TOOL_CALLS,
    TARE_FINISH_CONTENT_FILTER,
    TARE_FINISH_REFUSAL,
    TARE_FINISH_OTHER
};

/* Why there is no reply. Names: tare_reply_code_name. */
enum tare_reply_code {
    TARE_REPLY_OK = 0,
    TARE_REPLY_RATE_LIMITED,
    TARE_REPLY_QUOTA,   /* nothing is left to spend there: the run stops, resumable */
    TARE_REPLY_CONTEXT, /* more than the model can read: the asker's doing */
    TARE_REPLY_TIMEOUT_CONNECT,
    TARE_REPLY_TIMEOUT_FIRST_BYTE,
    TARE_REPLY_TIMEOUT_STALL,
    TARE_REPLY_TIMEOUT_WHOLE,
    TARE_REPLY_RESET,
    TARE_REPLY_CUT,
    TARE_REPLY_HTTP_3XX,
    TARE_REPLY_HTTP_4XX,
    TARE_REPLY_HTTP_5XX,
    TARE_REPLY_BAD_JSON,
    TARE_REPLY_TOO_LARGE,
    TARE_REPLY_WRONG_TYPE,
    TARE_REPLY_REFUSED,
    TARE_REPLY_DNS,
    TARE_REPLY_TLS,
    TARE_REPLY_DOWN,
    TARE_REPLY_NOT_RECORDED,
    TARE_REPLY_BUDGET,
    TARE_REPLY_BAD_REQUEST,
    TARE_REPLY_CANCELLED,
    TARE_REPLY_CODES
};

struct tare_reply_call {
    struct tare_str id, name;
    struct tare_str arguments; /* raw */
};

struct tare_reply_top {
    struct tare_str token;
    double logprob;
};

struct tare_reply_token {
    struct tare_str token;
    struct tare_str bytes; /* JSON array of the token's bytes as sent, or empty */
    double logprob;        /* NaN: the server gave none (the first of a prompt) */
    const struct tare_reply_top *top;
    uint32_t n_top;
};

/* Strings with p NULL are null. All borrow from the arena they were read into or the source. */
struct tare_model_reply {
    enum tare_reply_code code; /* OK: the members below; else `http` and `says` */
    struct tare_str content, reasoning, refusal;
    const struct tare_reply_call *calls;
    uint32_t n_calls;
    enum tare_finish finish;
    struct tare_str finish_raw;
    bool has_usage;
    uint64_t input, cached, output, reasoning_tokens;
    bool has_cost;
    double cost_usd;
    bool has_logprobs;
    const struct tare_reply_token *tokens;
    uint32_t n_tokens;
    struct tare_str model, id, fingerprint;
    bool from_cache;
    uint32_t tries;
    int64_t ttft_ms, ms; /* ttft_ms -1: unknown */
    int http;            /* 0: none */
    struct tare_str says;
};

void tare_model_reply_write(const struct tare_model_reply *r, struct tare_json_writer *w);
/* Reads a tare.reply/1 document. TARE_E_INPUT when it is none. The arena keeps what is read; text
 * is borrowed. */
enum tare_status tare_model_reply_read(struct tare_str text, struct tare_arena *arena,
                                       struct tare_model_reply *out, struct tare_err *err);

const char *tare_reply_code_name(enum tare_reply_code code); /* "rate_limited" */
/* OK for a name that is none. */
enum tare_reply_code tare_reply_code_of(struct tare_str name);
const char *tare_finish_name(enum tare_finish finish);
/* Who failed: ENDPOINT, LIMIT, CANCELLED; NONE for OK. */
enum tare_cause tare_reply_cause(enum tare_reply_code code);
/* As the document says it: "endpoint", "limit", "config", "cancelled". */
const char *tare_reply_cause_name(enum tare_reply_code code);

#endif
