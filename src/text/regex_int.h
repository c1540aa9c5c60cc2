/*
 * A compiled expression: instructions over code points, and for each set of code points a tree
 * over the bytes of their UTF-8. Since all threads of a simulation are always at the same byte of
 * a character, a state of the automaton is a set of (instruction, node of the tree).
 */
#ifndef TARE_TEXT_REGEX_INT_H
#define TARE_TEXT_REGEX_INT_H

#include "text/regex.h"

#define TARE__REGEX_MAX_PATTERN_BYTES (16 * 1024)
#define TARE__REGEX_MAX_CODE 16000u  /* lists of them stand on the stack */
#define TARE__REGEX_MAX_DEPTH 200u   /* groups in groups */
#define TARE__REGEX_MAX_NODES 60000u /* of the byte trees, all sets together */
#define TARE__REGEX_MAX_CP 0x10ffffu
#define TARE__REGEX_NO_NODE 0
#define TARE__REGEX_DONE 1 /* node: the character is complete */

enum tare__regex_op { RX_SET, RX_SPLIT, RX_JUMP, RX_START, RX_END, RX_WORD, RX_NOT_WORD, RX_MATCH };

struct tare__regex_range {
    uint32_t lo, hi;
};

/* Sorted, disjoint. */
struct tare__regex_set {
    struct tare__regex_range *r;
    uint32_t n, cap;
    uint16_t root; /* index into roots */
};

struct tare__regex_code {
    uint8_t op;
    uint16_t a, b; /* SET: a is the set; SPLIT: both targets; JUMP: a */
};

/* Must be found from the beginning of the text, or must not. */
struct tare__regex_look {
    const struct tare_regex *re;
    bool no;
};

struct tare_regex {
    struct tare__regex_code *code;
    uint32_t n_code;
    struct tare__regex_set *sets;
    uint32_t n_sets;
    uint16_t (*roots)[256]; /* node after the first byte */
    uint16_t (*nodes)[64];  /* node after a continuation byte */
    uint32_t n_nodes;
    bool words; /* has \b or \B */
    struct tare__regex_look *looks;
    uint32_t n_looks;
};

/* Without look-around at the beginning (regex_look.c). */
enum tare_status tare__regex_compile(struct tare_str pattern, struct tare_work *work,
                                     struct tare_arena *arena, const struct tare_regex **out,
                                     struct tare_err *err);

/* Where matching starts when the part that matches may begin anywhere, or only here. */
#define TARE__REGEX_ENTRY_SEARCH 0u
#define TARE__REGEX_ENTRY_HERE 3u

enum tare__regex_kind { RX_EMPTY, RX_CHARS, RX_ASSERT, RX_CAT, RX_ALT, RX_REPEAT };

struct tare__regex_ast {
    enum tare__regex_kind kind;
    uint32_t set;               /* CHARS */
    enum tare__regex_op assert; /* ASSERT */
    uint32_t min, max;          /* REPEAT; max UINT32_MAX: none */
    struct tare__regex_ast *child, *next;
};

struct tare__regex_parser {
    struct tare_arena *arena;
    struct tare_err *err;
    struct tare_work *work;
    struct tare_str text;
    size_t at;
    uint32_t depth, groups;
    enum tare_status status;
    struct tare__regex_set *sets;
    uint32_t n_sets, cap_sets;
};

/* The tree of the whole pattern, or NULL (p->status). */
struct tare__regex_ast *tare__regex_parse(struct tare__regex_parser *p);
/* Ends the parse with a message; returns NULL. */
void *tare__regex_fail(struct tare__regex_parser *p, enum tare_status st, const char *what);

/* Sets of code points. False: no memory. */
bool tare__regex_add(struct tare_arena *a, struct tare__regex_set *s, uint32_t lo, uint32_t hi);
bool tare__regex_tidy(struct tare_arena *a, struct tare__regex_set *s, bool negate);
/* \d \D \w \W \s \S by their letter. */
bool tare__regex_add_letter(struct tare_arena *a, struct tare__regex_set *s, char letter);
/* \p{name}: 1 known, 0 unknown, -1 no memory. */
int tare__regex_add_property(struct tare_arena *a, struct tare__regex_set *s, struct tare_str name,
                             bool negate);
bool tare__regex_has(const struct tare__regex_set *s, uint32_t cp);
bool tare__regex_word(uint32_t cp);
/* Byte trees of all sets. */
enum tare_status tare__regex_trees(struct tare_regex *re, struct tare_work *work,
                                   struct tare_arena *arena);

/* What is known about a position. */
struct tare__regex_place {
    bool start, end, before, after; /* before, after: a word character stands there */
};
/* A list of instructions without repeats; room for all of the expression. */
struct tare__regex_list {
    uint32_t n;
    uint32_t steps; /* instructions looked at, since it was made */
    uint16_t *v;    /* [n_code] */
    uint64_t *seen; /* [TARE__REGEX_WORDS(n_code)] */
};
#define TARE__REGEX_WORDS(n_code) (((size_t)(n_code) + 63) / 64)
/* Adds pc and all that follows without reading; true when RX_MATCH is among it. Takes about 32 KiB
 * of stack. */
bool tare__regex_close(const struct tare_regex *re, struct tare__regex_list *l, uint16_t pc,
                       struct tare__regex_place at);

#endif
