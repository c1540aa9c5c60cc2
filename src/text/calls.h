/*
 * Tool calls in a model's text: many dialects, one engine driven by a table.
 *
 * The text is split into reasoning, content, blocks and delimiters (spans, which cover it without
 * gaps); each block becomes calls or one error code, never nothing. The lenient arm mends a closed
 * list of faults and says which; the strict arm rejects every block that needs mending. Source:
 * spec/tool-calls.md of the shared sheets, sections 1 to 5.
 */
#ifndef TARE_TEXT_CALLS_H
#define TARE_TEXT_CALLS_H

#include "text/json.h"
#include "text/schema.h"

enum tare_calls_status {
    TARE_CALLS_OK,
    TARE_CALLS_REPAIRED,
    TARE_CALLS_TRUNCATED,
    TARE_CALLS_MALFORMED,
    TARE_CALLS_NO_CALL
};

/* Bits of tare_calls.repairs; tare_calls_repair_name spells bit number i. */
enum tare_calls_repair {
    TARE_R_ARGS_STRING = 1 << 0,
    TARE_R_COMMENT = 1 << 1,
    TARE_R_DUP_KEY = 1 << 2,
    TARE_R_EXTRA_CLOSER = 1 << 3,
    TARE_R_FENCE = 1 << 4,
    TARE_R_HALLUCINATED_OBS = 1 << 5,
    TARE_R_HEADER = 1 << 6,
    TARE_R_ID_FORM = 1 << 7,
    TARE_R_KEY_ALIAS = 1 << 8,
    TARE_R_MISSING_ARGS = 1 << 9,
    TARE_R_MISSING_CLOSE = 1 << 10,
    TARE_R_MISSING_CLOSER = 1 << 11,
    TARE_R_MISSING_OPEN = 1 << 12,
    TARE_R_MULTI_PAYLOAD = 1 << 13,
    TARE_R_NAME_PREFIX = 1 << 14,
    TARE_R_NAME_TRIM = 1 << 15,
    TARE_R_PY_LITERAL = 1 << 16,
    TARE_R_RAW_CONTROL = 1 << 17,
    TARE_R_SINGLE_QUOTES = 1 << 18,
    TARE_R_SMART_QUOTES = 1 << 19,
    TARE_R_STRING_FLAG = 1 << 20,
    TARE_R_TRAILING_COMMA = 1 << 21,
    TARE_R_UNQUOTED_KEY = 1 << 22,
    TARE_R_WRONG_WRAPPER = 1 << 23,
    TARE_R_UNQUOTED_VALUE = 1 << 24,
    TARE_R_COERCE = 1 << 25,  /* only with coerce_scalars */
    TARE_R_IN_THINK = 1 << 26 /* only with recover_in_think */
};
#define TARE_CALLS_REPAIRS 27

enum tare_calls_code {
    TARE_E_CALL_EMPTY = 1, /* a block without a payload */
    TARE_E_CALL_JSON,      /* not JSON, also after the repairs */
    TARE_E_CALL_SHAPE,     /* JSON or literals, but no call */
    TARE_E_CALL_NO_NAME,   /* a call without a name */
    TARE_E_CALL_TRUNCATED, /* the text ends inside a block */
    TARE_E_REASONING_OPEN, /* the text ends inside reasoning */
    TARE_E_CALL_HEADER     /* the head of a message or call cannot be read */
};

enum tare_calls_finding_code {
    TARE_V_UNKNOWN_TOOL = 1,
    TARE_V_MISSING,
    TARE_V_TYPE,
    TARE_V_ENUM,
    TARE_V_RANGE,
    TARE_V_EXTRA,
    TARE_V_COMBINATOR,
    TARE_V_PATTERN,
    TARE_V_FORMAT
};
#define TARE_CALLS_FINDINGS 10 /* codes, from 1 on */

enum tare_calls_span_kind {
    TARE_SPAN_CONTENT,
    TARE_SPAN_REASONING,
    TARE_SPAN_BLOCK,
    TARE_SPAN_REJECTED, /* a block with an error */
    TARE_SPAN_DELIMITER
};

struct tare_calls_tool {
    struct tare_str name;
    struct tare_json parameters;      /* a JSON Schema; absent: anything */
    const struct tare_schema *schema; /* the same, compiled; NULL: anything */
};

struct tare_calls_opts {
    struct tare_str dialect; /* of tare_calls_dialect, or "auto" (also when empty) */
    const struct tare_calls_tool *tools;
    uint32_t n_tools; /* 0: nothing in the text is a call */
    bool strict;
    bool think_prefilled; /* the prompt ends with an open reasoning tag */
    bool length;          /* the engine stopped at its token limit */
    /* Off unless asked for, since they hide what a model does; each use is a repair of its own. */
    bool recover_in_think; /* takes a whole, valid call at the very end of unclosed reasoning */
    bool coerce_scalars;   /* texts become the number, boolean or null that the schema asks for */
};

struct tare_call {
    struct tare_str name, id;   /* id.p is NULL where the dialect has none */
    struct tare_json arguments; /* an object */
    size_t off, end;            /* of its block in the text, or of its part of the block */
};

struct tare_calls_error {
    enum tare_calls_code code;
    size_t off, end; /* what was rejected */
};

struct tare_calls_finding {
    uint32_t call;
    enum tare_calls_finding_code code;
    struct tare_str path;         /* JSON Pointer into the arguments */
    struct tare_str says, remedy; /* for people, and for the model that wrote the call */
};

struct tare_calls_span {
    enum tare_calls_span_kind kind;
    size_t off, end;
};

/* Nothing of a message that is truncated or malformed may be dispatched. */
struct tare_calls {
    enum tare_calls_status status;
    const char *dialect;                /* that was asked for, or seen; "auto": none was seen */
    struct tare_str content, reasoning; /* trimmed; reasoning.p is NULL without reasoning */
    struct tare_call *calls;
    struct tare_calls_error *errors;
    struct tare_calls_span *spans; /* in order, without gaps */
    struct tare_calls_finding *findings;
    uint32_t n_calls, n_errors, n_spans, n_findings;
    uint32_t repairs; /* enum tare_calls_repair */
};

/* Name of dialect number i, NULL after the last. */
const char *tare_calls_dialect(size_t i);
const char *tare_calls_status_name(enum tare_calls_status s);
const char *tare_calls_repair_name(uint32_t bit); /* "R_FENCE"; NULL: no such bit */
const char *tare_calls_code_name(enum tare_calls_code c);
const char *tare_calls_finding_name(enum tare_calls_finding_code c);

/* Reads a whole message. The record lives in the arena, which may borrow `text`. Any text gives
 * a record; fails with TARE_E_USAGE (no such dialect), TARE_E_LIMIT (longer than
 * TARE_MAX_JSON_BYTES) and TARE_E_NOMEM. Time is linear in the text for a given tool list. */
enum tare_status tare_calls_parse(struct tare_str text, const struct tare_calls_opts *opts,
                                  struct tare_arena *arena, struct tare_calls *out,
                                  struct tare_err *err);

/* Text in pieces, cut anywhere: the record is that of the whole text. It is made at the end. */
struct tare_calls_feed {
    struct tare_buf text;
};
void tare_calls_feed_begin(struct tare_calls_feed *f, const struct tare_alc *alc);
void tare_calls_feed_put(struct tare_calls_feed *f, struct tare_str piece);
/* As tare_calls_parse; the record borrows nothing from f, which is freed. */
enum tare_status tare_calls_feed_end(struct tare_calls_feed *f, const struct tare_calls_opts *opts,
                                     struct tare_arena *arena, struct tare_calls *out,
                                     struct tare_err *err);

/* [{"name", "parameters"}], also in the forms {"tools": [...]} and {"type": "function",
 * "function": {...}}. The schemas are compiled, formats checked: one that cannot be (text/schema.h)
 * is an error that names the tool. TARE_E_INPUT, TARE_E_LIMIT, TARE_E_NOMEM. */
enum tare_status tare_tools_read(struct tare_json v, struct tare_arena *arena,
                                 const struct tare_calls_tool **out, uint32_t *n,
                                 struct tare_err *err);

#endif
