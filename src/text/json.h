/*
 * JSON at the trust boundary (RFC 8259): a tape of nodes with byte offsets, number lexemes kept,
 * limits on depth, keys and sizes; duplicate keys are errors under the strict policy.
 *
 * A document borrows its source text and lives in the arena it was parsed into; it is read-only
 * and may be read by several threads. A value is a small handle, passed by value; the "absent"
 * value (doc NULL) is a valid argument of every reader and is of kind TARE_JSON_ABSENT.
 */
#ifndef TARE_TEXT_JSON_H
#define TARE_TEXT_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define TARE_JSON_WRITER_DEPTH_BYTES 64 /* nesting the writer keeps track of */

enum tare_json_kind {
    TARE_JSON_ABSENT = 0,
    TARE_JSON_NULL,
    TARE_JSON_FALSE,
    TARE_JSON_TRUE,
    TARE_JSON_NUMBER,
    TARE_JSON_STRING,
    TARE_JSON_ARRAY,
    TARE_JSON_OBJECT
};

struct tare_json_doc;

struct tare_json {
    const struct tare_json_doc *doc;
    uint32_t node;
};

struct tare_json_policy {
    size_t max_bytes;           /* 0: TARE_MAX_JSON_BYTES */
    uint32_t max_depth;         /* 0: TARE_MAX_JSON_DEPTH */
    uint32_t max_keys;          /* of one object; 0: TARE_MAX_JSON_KEYS */
    bool allow_duplicates;      /* last key wins on look-up, both stay on the tape */
    bool allow_nan;             /* NaN, Infinity, -Infinity as numbers (Python logs) */
    bool allow_lone_surrogates; /* \ud800 becomes U+FFFD instead of an error */
    bool allow_bom;             /* a byte order mark at the start is skipped */
    bool allow_trailing;        /* stop after the first value; see tare_json_source_end */
};
extern const struct tare_json_policy tare_json_strict; /* all false */
extern const struct tare_json_policy tare_json_log;    /* tolerant: for other tools' logs */

/* Whole text is one value with optional white space around. On failure err has offset, line,
 * column, excerpt, path and kind of the first fault (of two equal keys: found when their object
 * closes); arena is then as before. The kinds are J_EMPTY J_EOF J_TOKEN J_NUMBER J_ESCAPE J_CONTROL
 * J_UTF8 J_SURROGATE J_DUP J_DEPTH J_SIZE J_TRAILING J_BOM. Text must be valid UTF-8. Linear time.
 * TARE_E_INPUT, TARE_E_LIMIT (ceilings of base/limits.h), TARE_E_NOMEM. policy NULL: strict.
 * max_depth is at most TARE_MAX_JSON_DEPTH_IMPORT. */
enum tare_status tare_json_parse(struct tare_str text, const struct tare_json_policy *policy,
                                 struct tare_arena *arena, struct tare_json *root,
                                 struct tare_err *err);

enum tare_json_kind tare_json_kind(struct tare_json v);
const char *tare_json_kind_name(struct tare_json v); /* "object", "absent" … */
static inline bool tare_json_present(struct tare_json v)
{
    return v.doc != NULL;
}

/* Byte range of the value in the source text. 0 for absent. */
size_t tare_json_offset(struct tare_json v);
size_t tare_json_source_end(struct tare_json v);
/* The source lexeme: for a number its digits as written, for others the raw text. */
struct tare_str tare_json_lexeme(struct tare_json v);
/* Path of the value as a JSON Pointer (RFC 6901), for messages. */
struct tare_str tare_json_pointer(struct tare_json v, struct tare_arena *arena);

/* Decoded text of a string; empty for any other kind. NUL bytes inside are kept (n counts). */
struct tare_str tare_json_str(struct tare_json v);
/* Strings only: equal to a C string. */
bool tare_json_str_is(struct tare_json v, const char *cstr);
/* True iff kind is TRUE. */
bool tare_json_true(struct tare_json v);
/* False when v is not a number, or overflows; i64: or is not an integer. An integer has neither
 * fraction nor exponent in its lexeme ("-0" is 0, "1.0" is none). f64 is the nearest double; NaN
 * and infinities where the policy let them in. */
bool tare_json_i64(struct tare_json v, int64_t *out);
bool tare_json_f64(struct tare_json v, double *out);
bool tare_json_is_integer(struct tare_json v);

/* Number of elements (array) or members (object); 0 for others. O(1). */
uint32_t tare_json_count(struct tare_json v);
/* Children in order: first of an array or object (for objects: the first value), then next
 * sibling; absent at the end. key of a member value; empty for others. */
struct tare_json tare_json_first(struct tare_json v);
struct tare_json tare_json_next(struct tare_json v);
struct tare_str tare_json_key(struct tare_json v);
size_t tare_json_key_offset(struct tare_json v);
/* Member by key (the last of duplicates), absent when missing or not an object. O(members). */
struct tare_json tare_json_get(struct tare_json v, const char *key);
struct tare_json tare_json_get_str(struct tare_json v, struct tare_str key);
/* Element by index. O(index). */
struct tare_json tare_json_at(struct tare_json v, uint32_t i);

/* Mathematical equality of two values: numbers by exact value (1 == 1.0), objects unordered. */
bool tare_json_equal(struct tare_json a, struct tare_json b);

/* Canonical form, whose SHA-256 is an identity: keys sorted by code point, separators "," and
 * ":", everything above 0x7e as \uXXXX, integers as written, other numbers as Python's repr. It is
 * what Python's json.dumps(sort_keys=True, separators=(",", ":")) makes of the same text, also
 * where that is no JSON (1e400 gives Infinity). Of equal keys the last one stays. */
void tare_json_canonical(struct tare_json v, struct tare_buf *out);
/* Same, compact, member order and lexemes kept, UTF-8 kept. */
void tare_json_print(struct tare_json v, struct tare_buf *out);

/*
 * Writer. Commas and nesting are kept by the writer; misuse (a value without a key inside an
 * object) is an assertion. Failure is the buffer's sticky failure.
 */
struct tare_json_writer {
    struct tare_buf *out;
    uint32_t depth;
    uint8_t state[TARE_JSON_WRITER_DEPTH_BYTES];
    bool ascii;     /* \uXXXX for everything outside ASCII */
    uint8_t indent; /* 0: compact; else spaces a level */
};

void tare_json_writer_init(struct tare_json_writer *w, struct tare_buf *out);
void tare_json_begin_object(struct tare_json_writer *w);
void tare_json_end_object(struct tare_json_writer *w);
void tare_json_begin_array(struct tare_json_writer *w);
void tare_json_end_array(struct tare_json_writer *w);
void tare_json_put_key(struct tare_json_writer *w, const char *key);
void tare_json_put_key_str(struct tare_json_writer *w, struct tare_str key);
void tare_json_put_str(struct tare_json_writer *w, struct tare_str s); /* invalid UTF-8: U+FFFD */
void tare_json_put_cstr(struct tare_json_writer *w, const char *s);    /* NULL: null */
void tare_json_put_i64(struct tare_json_writer *w, int64_t x);
void tare_json_put_u64(struct tare_json_writer *w, uint64_t x);
void tare_json_put_f64(struct tare_json_writer *w, double x); /* tare_num_json */
void tare_json_put_bool(struct tare_json_writer *w, bool x);
void tare_json_put_null(struct tare_json_writer *w);
/* Text that is JSON already; not checked. */
void tare_json_put_raw(struct tare_json_writer *w, struct tare_str json);
void tare_json_put_value(struct tare_json_writer *w, struct tare_json v);

/* A member of the object that is open: key and value in one call. An empty str is null. */
void tare_json_member_f64(struct tare_json_writer *w, const char *key, double x);
void tare_json_member_u64(struct tare_json_writer *w, const char *key, uint64_t x);
void tare_json_member_bool(struct tare_json_writer *w, const char *key, bool x);
void tare_json_member_cstr(struct tare_json_writer *w, const char *key, const char *x);
void tare_json_member_str(struct tare_json_writer *w, const char *key, struct tare_str x);

#endif
