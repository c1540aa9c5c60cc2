/*
 * JSON Schema, drafts 4, 6, 7, 2019-09 and 2020-12: compiled once, used many times, offline.
 *
 * A schema without "$schema" is read as 2020-12 with the older spellings ("definitions",
 * "dependencies", "items" with an array) understood. Numbers are compared exactly. Patterns are
 * matched in linear time (text/regex.h). Documents a "$ref" needs are handed in; the meta-schemas
 * are there. Nothing is ever fetched.
 *
 * A compiled schema is read-only: any number of threads may use it, each with its own arena.
 */
#ifndef TARE_TEXT_SCHEMA_H
#define TARE_TEXT_SCHEMA_H

#include "text/json.h"

enum tare_schema_draft {
    TARE_SCHEMA_AUTO = 0, /* 2020-12 with older spellings */
    TARE_SCHEMA_DRAFT4,
    TARE_SCHEMA_DRAFT6,
    TARE_SCHEMA_DRAFT7,
    TARE_SCHEMA_2019_09,
    TARE_SCHEMA_2020_12
};

/* Base of a schema without "$id", and of the documents beside it. */
#define TARE_SCHEMA_BASE "json-schema:///"

/* A document that a "$ref" may name. */
struct tare_schema_doc {
    struct tare_str uri; /* absolute, without fragment */
    struct tare_json value;
};

struct tare_schema_options {
    enum tare_schema_draft draft; /* where "$schema" does not say */
    bool formats;                 /* "format" is checked, not only noted */
    const struct tare_schema_doc *docs;
    size_t n_docs;
    struct tare_work *work; /* steps compiling may take; NULL: as many as it takes */
};

struct tare_schema;

/* Compiles into the arena; the schema and the documents are borrowed as long. options NULL: all
 * zero. TARE_E_INPUT: no schema, a "$ref" that leads nowhere, a keyword with a wrong value (the
 * text names the place in the schema as a JSON Pointer); TARE_E_LIMIT: 100,000 subschemas, a
 * pattern that is out of reach (S_REGEX), more steps than allowed; TARE_E_NOMEM. */
enum tare_status tare_schema_compile(struct tare_json schema,
                                     const struct tare_schema_options *options,
                                     struct tare_arena *arena, const struct tare_schema **out,
                                     struct tare_err *err);

/* Whether a "$schema" names a draft, or a document that is handed in. */
bool tare_schema_known(struct tare_str uri, const struct tare_schema_options *options);

/* Into *valid whether the value is an instance; stops at the first fault. Takes no memory from
 * scratch unless the schema has unevaluatedItems, unevaluatedProperties or uniqueItems, and leaves
 * it as it was. TARE_E_LIMIT: nested more than 1,000 deep, or 20 million subschemas met (such as a
 * "$ref" that leads to itself); TARE_E_NOMEM. */
enum tare_status tare_schema_valid(const struct tare_schema *s, struct tare_json value,
                                   struct tare_arena *scratch, bool *valid, struct tare_err *err);

/* One fault of an instance. All text is in the arena. */
struct tare_schema_fault {
    struct tare_str at;       /* JSON Pointer into the instance */
    size_t offset;            /* of that value in the instance's text */
    struct tare_str keyword;  /* "required": also the code of the fault */
    struct tare_str schema;   /* JSON Pointer of the keyword in its document */
    struct tare_str resource; /* URI of the schema there, where its document is another one */
    struct tare_str says;     /* one sentence */
    struct tare_str remedy;   /* what to change */
    struct tare_str member;   /* the name that is missing or not allowed; empty for other faults */
    struct tare_schema_fault *next;
};

/* All faults in the order met, at most 1,000; NULL in *first: an instance. Errors as above. */
enum tare_status tare_schema_check(const struct tare_schema *s, struct tare_json value,
                                   struct tare_arena *arena, struct tare_schema_fault **first,
                                   struct tare_err *err);

/* Whether the text is of that format; true for names that are unknown. */
bool tare_schema_format(struct tare_str name, struct tare_str text, struct tare_arena *scratch);
/* The version of libidn2, with which formats of international names are checked in full; NULL:
 * built without it, so only their shape is. */
const char *tare_schema_idn(void);

#endif
