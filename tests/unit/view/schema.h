/*
 * Documents of ours against docs/schema, by the validator that tare itself uses; the check by
 * another implementation is tests/schema/documents.py.
 */
#ifndef TARE_TESTS_VIEW_SCHEMA_H
#define TARE_TESTS_VIEW_SCHEMA_H

#include <stdio.h>

#include "text/schema.h"

struct schema {
    struct tare_json root;
    char fault[256];
};

/* False: s->fault says where and why. `schema` is the root; path is put before the place. */
static inline bool schema_check(struct schema *s, struct tare_json schema, struct tare_json v,
                                const char *path)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    const struct tare_schema *compiled;
    struct tare_schema_fault *f = NULL;
    tare_arena_init(&arena, NULL, (size_t)64 * 1024 * 1024);
    enum tare_status st = tare_schema_compile(schema, NULL, &arena, &compiled, &err);
    if (st == TARE_OK)
        st = tare_schema_check(compiled, v, &arena, &f, &err);
    if (st != TARE_OK)
        (void)snprintf(s->fault, sizeof s->fault, "the schema itself: %.200s", err.text);
    else if (f)
        (void)snprintf(s->fault, sizeof s->fault, "%s%.*s: %.*s", path, (int)(f->at.n % 100),
                       f->at.p, (int)(f->says.n < 140 ? f->says.n : 140), f->says.p);
    tare_arena_free(&arena);
    return st == TARE_OK && !f;
}

/* The text as a document. */
static inline struct tare_json document_of(struct tare_arena *arena, struct tare_str text)
{
    struct tare_json v;
    struct tare_err err = {0};
    if (tare_json_parse(text, NULL, arena, &v, &err))
        fail_msg("%s", err.text);
    return v;
}

#endif
