/* Between the files of text/envelope.h. */
#ifndef TARE_TEXT_ENVELOPE_INT_H
#define TARE_TEXT_ENVELOPE_INT_H

#include "text/envelope.h"
#include "text/schema_lower.h"

struct tare__envelope;

/* A text, special tokens as such. */
uint32_t tare__envelope_tag(struct tare__lower *l, const struct tare__envelope *e,
                            struct tare_str text);
/* One of the nodes that are not NEVER. */
uint32_t tare__envelope_either(struct tare__lower *l, const uint32_t *nodes, uint32_t n);
/* node between two others, or NEVER. */
uint32_t tare__envelope_around(struct tare__lower *l, uint32_t before, uint32_t node,
                               uint32_t after);

/* Values as nested tags (text/calls_nested.c): where one stands, as its parser sees it. */
struct tare__nested {
    const struct tare__envelope *e;
    const char *mark;                     /* before every tag */
    const struct tare_dfa *words, *mixed; /* names of tags; texts that are nothing else */
    struct tare_json root, at;            /* the tool's schema; that of the place */
    bool declared;                        /* without a schema: anything, and not a text */
    uint32_t depth;
};

/* All members of an object at the place, one after the other. */
uint32_t tare__nested_members(struct tare__lower *l, const struct tare__nested *place,
                              const struct tare__goal *goals, uint32_t n);

#endif
