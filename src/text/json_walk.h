/*
 * Walking a large JSON text without a tape: the members of an object or the elements of an array,
 * one raw slice at a time, so that a log with a million samples is parsed sample by sample.
 *
 * The walker finds where a value ends (strings and nesting are honoured) but does not check what
 * is inside: parse the slice to know. Linear time, no memory, depth without limit.
 */
#ifndef TARE_TEXT_JSON_WALK_H
#define TARE_TEXT_JSON_WALK_H

#include "text/json.h"

struct tare_json_walk {
    struct tare_str text; /* the whole text, for positions */
    size_t at;
    bool object, begun, ended;
};

/* Enters the object or array whose first byte (after white space) is at `offset` of `text`.
 * TARE_E_INPUT when something else stands there. */
enum tare_status tare_json_walk_enter(struct tare_str text, size_t offset, struct tare_json_walk *w,
                                      struct tare_err *err);
/* The next value; for objects also its key, as written between the quotes (escapes not decoded).
 * False at the end (*status TARE_OK) or on a fault (err has offset, line and excerpt; a text that
 * ends early is one). */
bool tare_json_walk_next(struct tare_json_walk *w, struct tare_str *key, struct tare_str *value,
                         enum tare_status *status, struct tare_err *err);
/* The value of a member of the object at `offset`, or {NULL, 0} when it has none. Keys are
 * compared as written. On a fault, {NULL, 0} too: walking will tell. */
struct tare_str tare_json_walk_find(struct tare_str text, size_t offset, const char *key);

#endif
