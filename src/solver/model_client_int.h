/* Between the files of the client. */
#ifndef TARE_SOLVER_MODEL_CLIENT_INT_H
#define TARE_SOLVER_MODEL_CLIENT_INT_H

#include "solver/model_client.h"
#include "solver/model_keep.h"
#include "solver/model_pace.h"
#include "solver/model_redact.h"
#include "solver/model_wire.h"

enum tare__call_state {
    TARE__CALL_QUEUED = 1, /* may be sent as soon as its server takes more */
    TARE__CALL_WAITING,    /* until due_ns, then queued */
    TARE__CALL_FLYING,
    TARE__CALL_READY /* reply and answer are complete */
};

/* An endpoint, or the fallback of one. */
struct tare__server {
    const struct tare_endpoint *endpoint;
    struct tare__server *fallback;
    struct tare_pace pace;
    char identity[65];
    bool old_max;
    char fingerprint[64];
};

struct tare__call {
    struct tare__call *next;
    enum tare__call_state state;
    bool dropped;
    uint64_t token, order;
    struct tare_arena arena; /* request, replies */
    struct tare_str text;    /* of the request */
    struct tare_json request;
    char key[65];
    struct tare__server *server, *asked; /* that it is at; that was meant */
    uint32_t tries, tries_here;          /* in all; at this server */
    int64_t begun_ns, sent_ns, first_sent_ns, due_ns, ttft_ms;
    bool flipped;   /* max_tokens was tried by its other name */
    bool streaming; /* this answer comes as events */
    bool has_stream;
    struct tare_buf body;
    struct tare_wire_stream stream;
    size_t asked_bytes;
    struct tare_buf reply;
    struct tare_model_answer answer;
};

struct tare_model_client {
    const struct tare_alc *alc;
    const struct tare_clock *clock;
    struct tare_http *http; /* NULL: replays */
    struct tare_cache *cache;
    bool cache_reads;
    struct tare_tape *record, *replay;
    struct tare_redactor *redactor;
    struct tare__server *servers;
    uint32_t n_servers;
    struct tare__call *first, *last, *spare;
    uint64_t next_order;
    struct tare_rng rng;
    struct tare_model_counts counts;
    uint64_t max_tokens;
    double max_cost_usd;
    enum tare_reply_code halted; /* OK: not */
    char why[400];
};

/* call.c: what becomes of one exchange. */
void tare__call_fail(struct tare_model_client *c, struct tare__call *k, enum tare_reply_code code,
                     struct tare_str says, int http, int64_t now_ns);
/* Writes the reply that is ready to the recording, if there is one. */
void tare__call_record(struct tare_model_client *c, struct tare__call *k);
/* Hands a kept document over as this call's reply. False: it cannot be read. */
bool tare__call_from_kept(struct tare_model_client *c, struct tare__call *k, struct tare_str kept,
                          bool from_cache, int64_t now_ns);
/* The exchange of a flying call ended. */
void tare__call_settle(struct tare_model_client *c, struct tare__call *k,
                       const struct tare_http_event *e, int64_t now_ns);
void tare__halt(struct tare_model_client *c, enum tare_reply_code code, const char *format,
                struct tare_str name, struct tare_str says);
/* key.c: 64 hex digits that name the question. */
bool tare__call_key(struct tare__call *k, struct tare_str scope);

#endif
