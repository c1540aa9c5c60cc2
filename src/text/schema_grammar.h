/*
 * JSON Schema lowered to a grammar (text/grammar.h) for token masks.
 *
 * It works on the schema as compiled by text/schema.h, so that what the grammar generates is a
 * subset of what that validator accepts: never more. It may be less only in the ways the result
 * lists (`restrictions`: key order, white space, escapes, spelling of numbers, no duplicate keys).
 * A keyword that cannot be enforced is a refusal with its name and place, unless the caller relaxes
 * it; then it is listed in `unenforced` and each text must be checked by tare_schema_valid after.
 * Source: structured-output sheet, section 3.3.
 */
#ifndef TARE_TEXT_SCHEMA_GRAMMAR_H
#define TARE_TEXT_SCHEMA_GRAMMAR_H

#include "text/grammar.h"
#include "text/schema.h"

enum tare_schema_space {
    TARE_SCHEMA_SPACE_FEW = 0, /* at most 2 blanks, or a line break and 64, in each gap */
    TARE_SCHEMA_SPACE_NONE     /* compact: none at all */
};

struct tare_schema_grammar_options {
    struct tare_schema_options schema; /* drafts, documents; formats: "format" is enforced */
    enum tare_schema_space space;
    bool any_order;               /* members in any order (objects of up to 64 declared members) */
    bool no_escapes;              /* strings without a backslash */
    const struct tare_str *relax; /* keywords that need not be enforced, "*": all */
    size_t n_relax;
};

/* A keyword that is not enforced: the text of the refusal, or what was relaxed. */
struct tare_schema_unenforced {
    struct tare_str keyword;
    struct tare_str at;     /* JSON Pointer of the keyword in its document */
    struct tare_str reason; /* a sentence */
    struct tare_str remedy; /* what to do about a refusal that cannot be relaxed; n 0: it can */
    struct tare_schema_unenforced *next;
};

struct tare_schema_grammar {
    struct tare_grammar *grammar; /* finished; NULL when refused */
    const struct tare_schema *schema;
    const struct tare_schema_unenforced *refused; /* NULL: lowered; else the first that was met */
    const struct tare_schema_unenforced *unenforced;
    /* Valid values that are not generated, since a rule or its negation is no grammar: where. */
    const struct tare_schema_unenforced *narrowed;
    const char *const *restrictions; /* sentences */
    size_t n_restrictions;
    uint64_t steps; /* it took (base/work.h), of TARE_MAX_GRAMMAR_WORK */
};

/* Compiles and lowers; all in the arena, schema and documents are borrowed as long. TARE_OK also
 * when it is refused (see `refused`). TARE_E_INPUT and others: as tare_schema_compile; also
 * TARE_E_INPUT when nothing at all can match. What it may cost is bounded by a count of steps, not
 * by a clock, so that it is the same everywhere: TARE_MAX_GRAMMAR_WORK. Beyond it the schema is
 * refused at the place the last steps were taken for (TARE_E_LIMIT with the place in the text while
 * the schema is still being read). */
enum tare_status tare_schema_grammar_make(struct tare_json schema,
                                          const struct tare_schema_grammar_options *options,
                                          struct tare_arena *arena, struct tare_schema_grammar *out,
                                          struct tare_err *err);

#endif
