/*
 * A random grammar, its text in GBNF or as a regular expression, and a slow, plain recogniser of
 * it (Earley 1970): the oracle of guides. It reads symbols: bytes, and special tokens as numbers
 * from PLAIN_TOKEN on.
 */
#ifndef TARE_TESTS_PLAIN_GRAMMAR_H
#define TARE_TESTS_PLAIN_GRAMMAR_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/rng.h"

#define PLAIN_TOKEN 0x200000u
#define PLAIN_ANY UINT32_MAX
#define PLAIN_NODES 48
#define PLAIN_RULES 4
#define PLAIN_SYMBOLS 160 /* of a text */

enum plain_kind { PLAIN_SET, PLAIN_SEQ, PLAIN_ALT, PLAIN_REPEAT, PLAIN_CALL };

struct plain_node {
    enum plain_kind kind;
    bool negated; /* SET */
    uint32_t lo[2], hi[2];
    uint32_t n; /* ranges, kids */
    uint32_t kid[4];
    uint32_t min, max; /* REPEAT; CALL: min is the rule */
};

struct plain_chart;

struct plain {
    struct plain_node v[PLAIN_NODES];
    uint32_t n, body[PLAIN_RULES], n_rules;
    struct plain_chart *chart;
};

struct plain_options {
    bool regex;      /* one rule, no calls */
    uint32_t tokens; /* special tokens that may be named: ids first_token … */
    uint32_t first_token;
};

/* Memory from the arena. */
void plain_grow(struct plain *p, const struct plain_options *o, struct tare_rng *r,
                struct tare_arena *arena);
void plain_write(const struct plain *p, const struct plain_options *o, struct tare_buf *out);
/* Nothing matches; some rule calls itself before anything is read. */
bool plain_is_empty(const struct plain *p);
bool plain_is_left_recursive(const struct plain *p);

/* Whether some text of the grammar begins so; *complete: whether this is one. */
bool plain_begins(struct plain *p, const uint32_t *symbols, uint32_t n, bool *complete);

/* It was asked for more than it has room for: its answers are worth nothing. */
bool plain_is_lost(const struct plain *p);

/* A code point that the grammars speak of. */
uint32_t plain_character(struct tare_rng *r);
void plain_utf8(uint32_t cp, struct tare_buf *out);

#endif
