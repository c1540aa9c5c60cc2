/*
 * A model's vocabulary: which bytes each token id stands for, and a trie over them.
 *
 * Read-only once made; any number of threads may use it. Everything lives in the arena it was made
 * in. Source of the shape: structured-output sheet, section 3.4.
 */
#ifndef TARE_TEXT_VOCAB_H
#define TARE_TEXT_VOCAB_H

#include "base/arena.h"
#include "base/err.h"

#define TARE_VOCAB_NONE UINT32_MAX /* no token, no node */

/*
 * The trie is flat, in depth-first order: the first child of node i (if it has one) is node i + 1,
 * its next sibling is node i + size(i). Node 0 is the root: no byte, no token. Siblings stand in
 * the order of their bytes (unsigned), so that a walk may stop early.
 */
struct tare_vocab_node {
    uint32_t token;  /* the lowest id whose bytes end here, or TARE_VOCAB_NONE; more: `same` */
    uint32_t packed; /* byte in bits 0–7, nodes of the subtree with this one in bits 8–31 */
};

static inline unsigned char tare_vocab_node_byte(struct tare_vocab_node n)
{
    return (unsigned char)(n.packed & 0xffu);
}

static inline uint32_t tare_vocab_node_size(struct tare_vocab_node n)
{
    return n.packed >> 8;
}

enum tare_vocab_flag {
    TARE_VOCAB_SPECIAL = 1, /* atomic: never matched by its bytes, not in the trie */
    TARE_VOCAB_EMPTY = 2,   /* an id without text: a hole, never allowed */
    TARE_VOCAB_END = 4      /* ends the text (also SPECIAL) */
};

struct tare_vocab {
    uint32_t n_tokens; /* ids that the vocabulary knows: 0 … n_tokens - 1 */
    uint32_t size; /* of the row of logits, ≥ n_tokens; ids from n_tokens on are never allowed */
    const char *bytes;      /* of all tokens, one after the other; of specials their name */
    const uint32_t *offset; /* n_tokens + 1 offsets into bytes */
    const uint8_t *flags;   /* of each token: enum tare_vocab_flag */
    const uint32_t *same;   /* next higher id with the same bytes, or TARE_VOCAB_NONE; NULL: no two
                               tokens are alike */
    const struct tare_vocab_node *trie;
    uint32_t n_nodes;
    uint32_t longest;    /* bytes of the longest token that is not special */
    const uint32_t *end; /* ids that end a text, ascending */
    uint32_t n_end;
};

static inline struct tare_str tare_vocab_text(const struct tare_vocab *v, uint32_t id)
{
    return tare_str_n(v->bytes + v->offset[id], v->offset[id + 1] - v->offset[id]);
}

/* One token, to make a vocabulary of. */
struct tare_vocab_token {
    struct tare_str bytes; /* any bytes; empty: a hole */
    uint8_t flags;
};

/* Copies n tokens (the index is the id) and builds the trie. size: of the row of logits, 0 for n.
 * TARE_E_INPUT: size below n, no token at all; TARE_E_LIMIT: beyond the ceilings of
 * base/limits.h; TARE_E_NOMEM. */
enum tare_status tare_vocab_make(const struct tare_vocab_token *tokens, size_t n, uint32_t size,
                                 struct tare_arena *arena, const struct tare_vocab **out,
                                 struct tare_err *err);

enum tare_vocab_format {
    TARE_VOCAB_AUTO = 0,
    TARE_VOCAB_TOKENIZER_JSON, /* {"model":{"vocab":…},"added_tokens":[…]}; byte-level or "▁" */
    TARE_VOCAB_RANKS,          /* lines "base64 rank" */
    TARE_VOCAB_RANKS_JSON,     /* {"bpe_ranks":"! 0 base64 …","special_tokens":{}} */
    TARE_VOCAB_LIST            /* a JSON array, or a line each, of texts or {"id","text"|"bytes"} */
};

struct tare_vocab_options {
    enum tare_vocab_format format;
    uint32_t size;       /* of the row of logits; 0: as many as there are tokens */
    struct tare_str end; /* text of the token that ends a text; empty: the usual names are tried */
};

/* Reads a vocabulary file's text (borrowed only while reading). TARE_E_INPUT with the place when it
 * is none of the formats or two tokens have one id; TARE_E_LIMIT; TARE_E_NOMEM. */
enum tare_status tare_vocab_read(struct tare_str text, const struct tare_vocab_options *options,
                                 struct tare_arena *arena, const struct tare_vocab **out,
                                 struct tare_err *err);

/* Id of the token that is special and so named, or TARE_VOCAB_NONE. O(n_tokens). */
uint32_t tare_vocab_special(const struct tare_vocab *v, struct tare_str name);
/* Longest token that begins the text (special ones left out), or TARE_VOCAB_NONE; *n gets its
 * bytes. */
uint32_t tare_vocab_longest(const struct tare_vocab *v, struct tare_str text, size_t *n);

#endif
