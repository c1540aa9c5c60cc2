/*
 * JSON in a model's text, where strict reading of the whole may fail: found in prose, or mended.
 * For untrusted model text only, never for files and wire data; each use is counted by who asks.
 * Source: spec/structured-output.md of the shared sheets, sections 1.4 and 1.6.
 */
#ifndef TARE_TEXT_JSON_EXTRACT_H
#define TARE_TEXT_JSON_EXTRACT_H

#include "text/schema.h"

enum tare_json_found {
    TARE_JSON_WHOLE,  /* the whole text is one value: nothing was extracted */
    TARE_X_EXTRACTED, /* the only fence for JSON, or the only value in the prose */
    TARE_X_NONE,
    TARE_X_AMBIGUOUS /* two or more values: none is taken */
};

struct tare_json_extract {
    enum tare_json_found found;
    struct tare_json value; /* absent with X_NONE and X_AMBIGUOUS */
    size_t off, end;        /* of the value in the text */
    uint32_t candidates;    /* values in the prose, as far as it had to be searched */
};

/* "whole", "X_EXTRACTED" … */
const char *tare_json_found_name(enum tare_json_found f);

/* The value a text holds. In this order: the whole text; the body of the only fenced block whose
 * tag is "json" or none; the only object or array in the prose, of those that fit the schema where
 * one is given (NULL: any). Values borrow the text and live in the arena. TARE_E_LIMIT: longer than
 * TARE_MAX_JSON_BYTES, brackets that would have to be tried too often; TARE_E_NOMEM. */
enum tare_status tare_json_extract(struct tare_str text, const struct tare_schema *schema,
                                   struct tare_arena *arena, struct tare_json_extract *out,
                                   struct tare_err *err);

/* Reads one value that may have the faults of the closed list of text/calls.h; *repairs has their
 * bits (enum tare_calls_repair), 0: it was JSON. Not mended: NaN, leading zeros, values that are
 * missing, texts and brackets that do not end. TARE_E_INPUT with the fault of the strict reader. */
enum tare_status tare_json_mend(struct tare_str text, struct tare_arena *arena,
                                struct tare_json *value, uint32_t *repairs, struct tare_err *err);

#endif
