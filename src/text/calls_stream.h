/*
 * A message that arrives in pieces: what is certain is told at once, and the record at the end is
 * that of the whole text, wherever it was cut.
 *
 * What has been told never changes, with one exception that is told too: a call whose block turns
 * out to be cut, refused or contradictory (an argument given twice) becomes void. Nothing may be
 * executed before its TARE_EMIT_CALL_END, nor before the record says so (status ok or repaired).
 * Told early: content and reasoning, the name of a call, its arguments as they come (JSON, Python,
 * Gemma) or one by one (tags). Told at the end only: messages that may be a bare call as a whole,
 * ReAct, Command's text form, blocks without opener, everything of a strict parse but whole blocks.
 *
 * Source: spec/tool-calls.md of the shared sheets, section 3.5. Work is linear: an open block is
 * read again only when it has grown by a share, or within a fixed budget a byte.
 */
#ifndef TARE_TEXT_CALLS_STREAM_H
#define TARE_TEXT_CALLS_STREAM_H

#include "text/calls.h"

enum tare_emit_kind {
    TARE_EMIT_CONTENT,       /* text: more of the visible text, untrimmed */
    TARE_EMIT_REASONING,     /* text: more of a span of reasoning, untrimmed */
    TARE_EMIT_REASONING_END, /* the span is closed (or the text has ended) */
    TARE_EMIT_CALL,      /* call, text: its name, of a tool that is known unless it ends at once */
    TARE_EMIT_ARGUMENTS, /* call, text: more of the arguments' JSON */
    TARE_EMIT_CALL_END,  /* call: the arguments are one whole object */
    TARE_EMIT_VOID,      /* call: what was told of it does not hold */
    TARE_EMIT_ERROR      /* code: a block was refused */
};

struct tare_emit {
    enum tare_emit_kind kind;
    uint32_t call;        /* numbered as told, void ones included */
    struct tare_str text; /* valid until the callback returns; whole code points */
    enum tare_calls_code code;
};
typedef void tare_emit_fn(void *ctx, const struct tare_emit *e);

struct tare_calls_stream;

/* opts are borrowed as long; opts->length is not looked at. alc NULL: libc. TARE_E_USAGE (no such
 * dialect), TARE_E_NOMEM. */
enum tare_status tare_calls_stream_open(const struct tare_calls_opts *opts,
                                        const struct tare_alc *alc, tare_emit_fn *emit, void *ctx,
                                        struct tare_calls_stream **out, struct tare_err *err);
/* TARE_E_LIMIT, TARE_E_NOMEM; then only close it. */
enum tare_status tare_calls_stream_put(struct tare_calls_stream *s, struct tare_str piece,
                                       struct tare_err *err);
/* Tells the rest, and gives the record of the whole text, in the arena. length: the engine stopped
 * at its token limit. */
enum tare_status tare_calls_stream_end(struct tare_calls_stream *s, bool length,
                                       struct tare_arena *arena, struct tare_calls *out,
                                       struct tare_err *err);
void tare_calls_stream_close(struct tare_calls_stream *s); /* NULL: nothing */

#endif
