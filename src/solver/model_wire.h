/*
 * Wire formats: tare.request/1 to the body a server wants, and what the server sends to a reply.
 * Pure functions of their input. Sources: the servers' published formats as gathered in the interop
 * sheet, section 5.
 */
#ifndef TARE_SOLVER_MODEL_WIRE_H
#define TARE_SOLVER_MODEL_WIRE_H

#include "net/sse.h"
#include "solver/model.h"
#include "solver/model_reply.h"

/* How replies of servers are read: strict JSON, but lone surrogates and NaN as Python writes them.
 */
extern const struct tare_json_policy tare_wire_policy;

/* ---- asking -------------------------------------------------------------------------------- */

/* Whether the request asks for embeddings: "embed" is a list of texts. What comes back is the
 * content of the reply: a list of as many lists of numbers, as JSON. Never streamed. */
bool tare_wire_embeds(struct tare_json request);
/* The whole address. */
struct tare_str tare_wire_url(const struct tare_endpoint *e, struct tare_json request,
                              struct tare_arena *arena);
/* Header lines without the content type; the key is in there. Returns how many (at most 8). */
size_t tare_wire_headers(const struct tare_endpoint *e, struct tare_http_header out[8]);
/* The body. old_max: max_tokens by that name; seed: sent where the endpoint has a seed and the
 * request has none (not negative; -1: none). Fails: TARE_E_INPUT (the request cannot be said on
 * this wire; the text says why), TARE_E_NOMEM. */
enum tare_status tare_wire_body(const struct tare_endpoint *e, struct tare_json request,
                                bool stream, bool old_max, int64_t seed, struct tare_buf *out,
                                struct tare_err *err);

/* ---- reading ------------------------------------------------------------------------------- */

/* A whole body with status 200. What is good leaves code OK; a body that is an error in disguise,
 * no JSON, without an end reason … leaves its code and `says`. Never fails otherwise: out of memory
 * is TOO_LARGE. Strings in the arena or borrowed from body. */
void tare_wire_read(const struct tare_endpoint *e, struct tare_json request, struct tare_str body,
                    struct tare_arena *arena, struct tare_model_reply *out);
/* A body with another status, or an error object: code and `says`. */
void tare_wire_read_error(int status, struct tare_str body, struct tare_arena *arena,
                          struct tare_model_reply *out);

#define TARE_WIRE_COUNTED 4 /* kinds of tokens the messages wire counts */

/* Gathers a stream of events into the body that the same reply has without streaming. */
struct tare_wire_stream {
    const struct tare_endpoint *endpoint;
    struct tare_sse sse;
    struct tare_arena scratch; /* one event */
    struct tare_buf content, reasoning, refusal, logprobs;
    struct tare_buf meta;   /* id, model, fingerprint: members as they came first */
    struct tare_buf usage;  /* the last one */
    struct tare_buf finish; /* as JSON */
    struct tare_buf fault;  /* an error object within the stream */
    struct tare_wire_call *calls;
    uint32_t n_calls, cap_calls;
    uint64_t counts[TARE_WIRE_COUNTED];
    bool has_count[TARE_WIRE_COUNTED];
    bool any, ended, bad_json, too_large, has_content;
    bool has_text; /* the first piece of text or of a call came */
};

void tare_wire_stream_init(struct tare_wire_stream *s, const struct tare_endpoint *e,
                           const struct tare_alc *alc);
void tare_wire_stream_free(struct tare_wire_stream *s);
void tare_wire_stream_feed(struct tare_wire_stream *s, struct tare_str bytes);
/* After the last byte: reads what was gathered. A stream that did not end as it should is CUT. */
void tare_wire_stream_end(struct tare_wire_stream *s, struct tare_json request,
                          struct tare_arena *arena, struct tare_model_reply *out);

#endif
