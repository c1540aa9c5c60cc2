/*
 * The tape behind text/json.h, shared by its parsers (JSON, YAML) and its readers.
 *
 * Nodes stand in pre-order. A member of an object is two nodes: its key (a string), then its
 * value; the value carries TARE__JSON_KEYED. `next` of a container is the node after its last
 * descendant. While a container is open, `next` holds its parent and `end` its last child.
 */
#ifndef TARE_TEXT_JSON_INT_H
#define TARE_TEXT_JSON_INT_H

#include "text/json.h"

#define TARE__JSON_NONE UINT32_MAX

enum tare__json_flag {
    TARE__JSON_KEYED = 1,   /* value of a member; its key is the node before it */
    TARE__JSON_LAST = 2,    /* no sibling after it */
    TARE__JSON_RAW = 4,     /* string: the source, with its quotes, is JSON without escapes */
    TARE__JSON_ASCII = 8,   /* string: no byte above 0x7e in the source */
    TARE__JSON_INTEGER = 16 /* number: neither fraction nor exponent */
};

struct tare__json_node {
    uint32_t off, end; /* byte range in the source */
    union {
        const char *s; /* string: decoded text; number: lexeme in JSON's grammar */
        struct {
            uint32_t count, next;
        } box; /* array, object */
    } u;
    uint32_t len; /* of s */
    uint8_t kind; /* enum tare_json_kind */
    uint8_t flags;
};

struct tare_json_doc {
    struct tare_str text;
    struct tare__json_node *nodes;
    uint32_t n;
    bool duplicates; /* keys may occur twice: the last one counts */
};

static inline bool tare__json_is_box(const struct tare__json_node *n)
{
    return n->kind >= TARE_JSON_ARRAY;
}

/* The node after the subtree of node i. */
static inline uint32_t tare__json_after(const struct tare__json_node *nodes, uint32_t i)
{
    return tare__json_is_box(&nodes[i]) ? nodes[i].u.box.next : i + 1;
}

/* A tape that grows in an arena. */
struct tare__json_tape {
    struct tare_arena *arena;
    struct tare__json_node *nodes;
    uint32_t n, cap;
    uint32_t bound; /* never more nodes than this are needed */
    uint32_t open;  /* innermost open container, TARE__JSON_NONE outside */
};

/* Makes room for more nodes; false when out of memory. */
bool tare__json_tape_grow(struct tare__json_tape *t);

/* The next node, or NULL when out of memory. Fields are unset. */
static inline struct tare__json_node *tare__json_tape_push(struct tare__json_tape *t)
{
    if (t->n == t->cap && !tare__json_tape_grow(t))
        return NULL;
    return &t->nodes[t->n++];
}

/* Appends a value to the open container, keyed when that is an object. */
static inline struct tare__json_node *tare__json_tape_value(struct tare__json_tape *t,
                                                            enum tare_json_kind kind)
{
    struct tare__json_node *v = tare__json_tape_push(t);
    if (!v)
        return NULL;
    v->kind = (uint8_t)kind;
    v->flags = 0;
    if (t->open != TARE__JSON_NONE) {
        struct tare__json_node *box = &t->nodes[t->open];
        box->u.box.count++;
        box->end = t->n - 1;
        v->flags = box->kind == TARE_JSON_OBJECT ? TARE__JSON_KEYED : 0;
    }
    return v;
}

/* Opens the container that was appended last, whose source starts at `off`. */
static inline void tare__json_tape_open(struct tare__json_tape *t, uint32_t off)
{
    struct tare__json_node *box = &t->nodes[t->n - 1];
    box->off = off;
    box->end = TARE__JSON_NONE;
    box->len = 0;
    box->u.box.count = 0;
    box->u.box.next = t->open;
    t->open = t->n - 1;
}

/* Closes the innermost container, whose source ends before `end`. */
static inline void tare__json_tape_close(struct tare__json_tape *t, uint32_t end)
{
    struct tare__json_node *box = &t->nodes[t->open];
    if (box->u.box.count > 0)
        t->nodes[box->end].flags |= TARE__JSON_LAST;
    t->open = box->u.box.next;
    box->u.box.next = t->n;
    box->end = end;
}

/* Node of the second of two equal keys of object `box`, or TARE__JSON_NONE; *no_memory is set when
 * that could not be found out. Linear in the number of members. `scratch` is left as it was. */
uint32_t tare__json_find_duplicate(const struct tare__json_node *nodes, uint32_t box,
                                   struct tare_arena *scratch, bool *no_memory);

/* One member for sorting. */
struct tare__json_member {
    const char *p;
    uint32_t n;
    uint32_t value; /* node */
};

/* The members of object `v` by code point of their keys, the last of equal keys only; into `small`
 * when they fit, else from alc (then *big is set; give back *big_bytes). NULL: no memory. */
struct tare__json_member *tare__json_sorted(struct tare_json v, struct tare__json_member *small,
                                            uint32_t n_small, const struct tare_alc *alc,
                                            uint32_t *n, size_t *big_bytes);

/* Appends a key as JSON Pointer writes it. */
void tare__json_put_reference(struct tare_buf *out, struct tare_str key);
/* Appends the canonical spelling of a number's lexeme. */
void tare__json_canonical_number(const struct tare__json_node *v, struct tare_buf *out);
/* Appends `s` as a JSON string; ascii: \uXXXX outside ASCII; invalid UTF-8 becomes U+FFFD. */
void tare__json_quote(struct tare_buf *out, struct tare_str s, bool ascii);
/* Compact, member order and lexemes kept; ascii as above. */
void tare__json_print(struct tare_json v, struct tare_buf *out, bool ascii);
/* Equality of two JSON number lexemes by exact value. */
bool tare__json_number_equal(struct tare_str a, struct tare_str b);

#endif
