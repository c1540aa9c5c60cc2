/*
 * State of one parse, shared by json_parse.c (structure) and json_scalar.c (strings, numbers).
 */
#ifndef TARE_TEXT_JSON_PARSE_INT_H
#define TARE_TEXT_JSON_PARSE_INT_H

#include "base/limits.h"
#include "text/json_int.h"

struct tare__json_parser {
    struct tare__json_tape tape;
    const uint8_t *text, *end;
    const struct tare_json_policy *policy;
    struct tare_arena *arena;
    struct tare_err *err;
    enum tare_status status;
    const char *kind;        /* of the fault */
    const uint8_t *bad_utf8; /* first byte that is not UTF-8, or end */
    char *pool;              /* for decoded strings */
    size_t pool_left;
    uint32_t depth, max_depth;
    uint64_t seen[TARE_MAX_JSON_DEPTH_IMPORT + 1]; /* by depth: key bits seen; all set: check it */
};

/* Records a fault of kind `kind` (text/json.h lists them) at p and returns NULL. */
__attribute__((format(printf, 5, 6))) const uint8_t *
tare__json_fault(struct tare__json_parser *ps, const uint8_t *p, enum tare_status code,
                 const char *kind, const char *fmt, ...);
const uint8_t *tare__json_no_memory(struct tare__json_parser *ps, const uint8_t *p);
/* Puts the kind of the fault and the path it is at into ps->err; slow. */
void tare__json_place(const struct tare__json_parser *ps, struct tare_str text);
/* "'x'", "the end of the text", "byte 0x01": what stands at p. */
const char *tare__json_what(const struct tare__json_parser *ps, const uint8_t *p, char out[24]);

/* Reads the number, or string with escapes, that starts at p into v; returns the place after it or
 * NULL. `special` is the first quote, backslash or control character after the opening quote. */
const uint8_t *tare__json_number(struct tare__json_parser *ps, const uint8_t *p,
                                 struct tare__json_node *v);
const uint8_t *tare__json_string_slow(struct tare__json_parser *ps, const uint8_t *p,
                                      const uint8_t *special, struct tare__json_node *v);

#endif
