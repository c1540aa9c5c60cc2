/*
 * What a guide remembers. A frame is a node under way with its registers and the frame to go on
 * with; a state is a set of frames that read the next byte. Both are interned: equal ones have one
 * number. A memory holds frames, states, their transitions and masks until it is full, or until the
 * guides of the vocabulary hold more than they may together; then the guide gives it up, the next
 * call begins another, and walks move over.
 *
 * Locks: everything that is added is added under memory->lock; states are read without it, through
 * pointers and numbers that are published with release and never change afterwards. Which memory a
 * guide has is written under pool->lock. Order: memory->lock of the older memory, that of the newer
 * one, pool->lock; nothing is taken under pool->lock.
 */
#ifndef TARE_TEXT_GUIDE_INT_H
#define TARE_TEXT_GUIDE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "text/grammar_int.h"
#include "text/guide.h"
#include "text/guide_keys.h"

#define TARE__STATE_UNKNOWN 0u /* in a table of transitions: not computed */
#define TARE__STATE_DEAD 1u
#define TARE__STATE_START 2u
#define TARE__KEY_ESCAPED 0x10000u /* in register a of an extra's key: behind a backslash */
#define TARE__FRAME_BOTTOM 0u      /* the text may end */
#define TARE__BLOCK 64u /* states of the first block; each is twice as large as the last */
#define TARE__BLOCKS 16u
#define TARE__SPARSE 256u /* tokens up to which a mask is a list */
#define TARE__SHORT 16u   /* characters of most tokens */
#define TARE__LENGTHS 64u /* tables S[n] */
#define TARE__KINDS 32u

/*
 * Registers: BYTES a offset; LEX, STRING a state, b escape, c code points still needed, d still
 * allowed; SEQ a next kid; REPEAT c needed, d allowed; OBJECT a phase and member << 8, b (and c)
 * next member (or set of those seen), d count. In phase KEY: b, c range of keys, d depth; EXTRA: b
 * state, c range, d depth; their parent is the object's frame.
 */
struct tare__frame {
    uint32_t node, parent, a, b, c, d;
    uint32_t depth, stamp;
};

enum tare__phase {
    TARE__OBJECT_START, /* reads '{' */
    TARE__OBJECT_FIRST, /* reads '"' or '}' */
    TARE__OBJECT_NEXT,  /* reads '"' */
    TARE__OBJECT_COLON,
    TARE__OBJECT_COMMA,
    TARE__OBJECT_CLOSE,
    TARE__OBJECT_KEY,
    TARE__OBJECT_EXTRA,
    TARE__OBJECT_HOLD, /* keeps the registers while a key is read */
    TARE__OBJECT_VALUE,
    TARE__OBJECT_AFTER
};

struct tare__row {
    _Atomic uint32_t next[256];
};

struct tare__mask {
    struct tare_mask_view view;
    uint64_t hash;
    const uint32_t *quoted; /* allowed tokens with 2 quotes and more, most first; grammar->unique */
    uint32_t n_quoted;
};

struct tare__state {
    const uint32_t *frames;
    uint32_t n;
    bool can_end, names_tokens;
    bool has_strings; /* a string or key under way, not behind a backslash */
    uint64_t out[4];  /* bytes that may lead on (more than do, at times) */
    uint16_t n_out;
    uint8_t only; /* the byte, when n_out is 1 */
    _Atomic uint32_t only_next;
    _Atomic(struct tare__row *) row;
    _Atomic(const struct tare__mask *) mask;
};

struct tare__work {
    uint32_t node; /* UINT32_MAX: go on with cont */
    uint32_t cont;
};

/*
 * What tokens do inside a string or key in one state of its automaton: those that stay inside, and
 * those that end it, by their tail (what they hold behind the quote): ends[first[t]] to
 * ends[first[t + 1] - 1] have tail t.
 */
struct tare__inner {
    const uint64_t *words;
    const uint32_t *ends, *first;
};

/* No padding: compared as bytes. */
struct tare__inner_key {
    const void *dfa, *fit;
    uint32_t kind, state, need, left;
};

struct tare__inner_known {
    struct tare__inner_key key;
    const struct tare__inner *inner;
};

#define TARE__ENTERED 1024u /* remembered of one closure; a power of two */

/* A hash table of numbers; 0 is empty. */
struct tare__table {
    uint32_t *slots;
    uint32_t n, cap;
};

struct tare__memory {
    pthread_mutex_t lock;
    atomic_uint refs;
    struct tare_guide *guide;
    atomic_ullong held;  /* bytes, its own included; the highest bit: no guide has it any more */
    struct tare_alc alc; /* the guide's, counted */
    struct tare_arena arena;
    struct tare__frame *frames;
    uint32_t n_frames, cap_frames, serial;
    struct tare__table frame_table, state_table, mask_table, key_table, inner_table;
    struct tare__inner_known *inners; /* inner_table.n of them */
    uint32_t cap_inners;
    _Atomic(struct tare__state *) blocks[TARE__BLOCKS];
    _Atomic uint32_t n_states;
    struct tare__mask **masks;
    uint32_t n_masks, cap_masks;
    struct tare__key_memo {
        uint64_t hash;
        const uint32_t *words;
        uint32_t n;
        const struct tare__mask *mask;
    } * keys;
    uint32_t n_keys, cap_keys;
    struct tare__work *work; /* of the closure under way */
    uint32_t n_work, cap_work, closure_steps;
    struct tare__entered {
        struct tare__work what;
        uint32_t serial;
    } entered[TARE__ENTERED]; /* by hash, the last one wins: forgetting costs time only */
    uint32_t *found;          /* frames of the state under way */
    uint32_t n_found, cap_found;
    uint32_t *key; /* words of the key under way */
    uint32_t n_key, cap_key;
};

struct tare_guide {
    const struct tare_grammar *grammar;
    const struct tare_guide_vocab *vocab;
    _Atomic(struct tare__memory *) memory; /* NULL: given up, the next call begins one */
    atomic_bool used;                      /* since the hand came by */
    struct tare_alc alc;
    size_t memo_bytes;
    struct tare_guide *next, *prev; /* in the ring of those that have a memory */
    atomic_uint next_mask_id;
    atomic_ullong asked, misses, memories, evictions;
};

/* What all guides of a vocabulary remember, together. */
struct tare__pool {
    pthread_mutex_t lock;
    atomic_size_t ceiling;
    atomic_llong in_use, resting; /* bytes; for a moment less than nothing */
    atomic_ullong evictions;
    struct tare_guide *hand; /* of the clock; NULL: no guide has a memory */
    uint64_t n_ring;
};

/* A tree of tokens as walks read it: of the vocabulary its trie and `same` only. */
struct tare__tree {
    const struct tare_vocab *v;
    const uint32_t *first;  /* [byte] node, 0: none */
    const uint32_t *second; /* [first << 8 | second]; NULL: not indexed */
};

/* Bits: which characters a text holds. */
enum tare__chars {
    TARE__CHARS_LOWER = 1,
    TARE__CHARS_UPPER = 2,
    TARE__CHARS_DIGIT = 4,
    TARE__CHARS_SPACE = 8,
    TARE__CHARS_JOINER = 16, /* _ - . */
    TARE__CHARS_PUNCT = 32,
    TARE__CHARS_WIDE = 64, /* beyond ASCII */
    TARE__CHARS_ALL = 127
};

/* Tokens that hold the same characters and nothing but the common text. */
struct tare__kind {
    uint32_t chars;
    uint32_t longest;               /* characters of the longest */
    uint32_t longer[TARE__LENGTHS]; /* [n] how many tokens have more than n characters */
    const uint64_t *words;          /* the tokens */
    struct tare__tree tree;
};

struct tare_guide_vocab {
    const struct tare_vocab *v;
    struct tare__tree full, edge; /* edge: tokens that are not the inside of a string, whole */
    struct tare__tree tails;      /* 0 is the empty one, others are tokens of it plus 1 */
    struct tare__kind kinds[TARE__KINDS]; /* all that are not on the edge */
    uint32_t n_kinds;
    const uint64_t *inside; /* tokens of all kinds */
    uint32_t n_words;       /* of a mask */
    /* Text without what strings escape, and without the line separators that a '.' leaves out. */
    const struct tare_dfa *common;
    const uint32_t *longer; /* ids of tokens of more than TARE__SHORT characters */
    uint32_t n_longer;
    const uint32_t *tail_of; /* of each token that ends a string it begins in */
    uint32_t n_tails;
    const struct tare__inner *text, *plain, *names; /* of strings and keys of any text */
    const struct tare__inner *matched;              /* of strings whose automaton takes any */
    const uint32_t *length;                         /* of each token, see length_of */
    const uint64_t *within[TARE__LENGTHS];          /* tokens of at most so many code points */
    const uint32_t *long_ones, *closing_ones; /* ids: longer than all tables; ending the string */
    uint32_t n_long, n_closing;
    const uint8_t *quotes;   /* of each token, at most 255 */
    const uint64_t *leaving; /* tokens that may lead out of a string: with a quote, special ones */
    const uint32_t *quoted;  /* ids of those with any, most first */
    uint32_t n_quoted;
    struct tare__pool *pool;
};

struct tare_walk {
    struct tare_guide *guide;
    struct tare__memory *memory;
    uint32_t state;
    bool done;
    bool computed;     /* the mask of this call was not remembered */
    uint64_t asked;    /* masks, not yet added to the guide's */
    uint32_t *history; /* states before each step that can be taken back */
    uint32_t n_history, cap_history;
    uint32_t steps;
    uint64_t *scratch;                     /* twice n_words and a bit a tail, zero between calls */
    struct tare__keys keys;                /* grammar->unique; else unused, as what follows */
    struct tare__keys_at *key_history;     /* cap_history of them */
    const struct tare__mask *cut_of, *cut; /* inside a value: the mask, and it without keys twice */
    struct tare__keys_at cut_at;
    uint32_t cut_state;
};

static inline uint32_t tare__block_of(uint32_t id)
{
    return (uint32_t)__builtin_clz(TARE__BLOCK) - (uint32_t)__builtin_clz(id + TARE__BLOCK);
}

static inline struct tare__state *tare__state_at(const struct tare__memory *m, uint32_t id)
{
    uint32_t at = id + TARE__BLOCK, k = tare__block_of(id);
    struct tare__state *block =
        atomic_load_explicit((_Atomic(struct tare__state *) *)&m->blocks[k], memory_order_acquire);
    return &block[at ^ TARE__BLOCK << k];
}

/* The next state where it is known already, else UNKNOWN. */
static inline uint32_t tare__peek(const struct tare__memory *m, uint32_t state, unsigned char byte)
{
    struct tare__state *s = tare__state_at(m, state);
    if (!(s->out[byte / 64] >> (byte % 64) & 1))
        return TARE__STATE_DEAD;
    if (s->n_out == 1)
        return atomic_load_explicit(&s->only_next, memory_order_acquire);
    struct tare__row *row = atomic_load_explicit(&s->row, memory_order_acquire);
    return row ? atomic_load_explicit(&row->next[byte], memory_order_acquire) : TARE__STATE_UNKNOWN;
}

static inline void tare__touch(struct tare_guide *g)
{
    if (!atomic_load_explicit(&g->used, memory_order_relaxed))
        atomic_store_explicit(&g->used, true, memory_order_relaxed);
}

/* guide_pool.c */
bool tare__pool_init(struct tare__pool *p);
/* Bytes that a memory takes (others may have to give up theirs; false: it alone would hold more
 * than the ceiling) and gives back. */
bool tare__pool_get(struct tare__memory *m, size_t n);
void tare__pool_put(struct tare__memory *m, size_t n);
/* The guide's memory, with a reference for the caller; begun where there is none. */
enum tare_status tare__pool_take(struct tare_guide *g, struct tare__memory **out,
                                 struct tare_err *err);
/* The same, or NULL where there is none. */
struct tare__memory *tare__pool_peek(struct tare_guide *g);
/* The guide gives up its memory, where it is `full` (NULL: whichever it is). */
void tare__pool_leave(struct tare_guide *g, const struct tare__memory *full);

/* guide.c */
typedef enum tare_status tare__step_fn(struct tare_walk *w, void *ctx, struct tare_err *err);
/* Does it in the guide's memory; when that is full, once more in a new one. */
enum tare_status tare__in_memory(struct tare_walk *w, tare__step_fn *fn, void *ctx,
                                 struct tare_err *err);

/* guide_memory.c */
enum tare_status tare__memory_open(struct tare_guide *g, struct tare__memory **out,
                                   struct tare_err *err);
void tare__memory_drop(struct tare__memory *m); /* one reference */
/* The frame with these contents (depth and stamp are set here); TARE_E_NOMEM when full. */
enum tare_status tare__frame(struct tare__memory *m, struct tare__frame f, uint32_t *out);
/* Makes the state of m->found. */
enum tare_status tare__state_of_found(struct tare__memory *m, uint32_t *out);
bool tare__vector_room(struct tare_arena *a, void **p, uint32_t n, uint32_t *cap, size_t size);
enum tare_status tare__memory_move(struct tare__memory *from, struct tare__memory *to,
                                   uint32_t *states, uint32_t n, struct tare_err *err);
enum tare_status tare__memory_full(struct tare_err *err);

/* step.c: all under m->lock except tare__step. */
enum tare_status tare__closure_begin(struct tare__memory *m);
enum tare_status tare__closure_end(struct tare__memory *m, uint32_t *state, struct tare_err *err);
bool tare__enter(struct tare__memory *m, uint32_t node, uint32_t cont);
bool tare__resume(struct tare__memory *m, uint32_t frame);
/* A frame that reads: into the state under way. */
bool tare__reads(struct tare__memory *m, struct tare__frame f);
/* The frame made, and gone on with behind `node`. */
bool tare__enter_then(struct tare__memory *m, uint32_t node, struct tare__frame f);
enum tare_status tare__step(struct tare__memory *m, uint32_t state, unsigned char byte,
                            uint32_t *to, struct tare_err *err);
enum tare_status tare__step_token(struct tare__memory *m, uint32_t state, uint32_t token,
                                  uint32_t *to, struct tare_err *err);
void tare__state_out(const struct tare__memory *m, struct tare__state *s);

/* object.c, string.c */
/* Whether the spelling of the rest of a key is accepted from the state. */
bool tare__key_goes(const struct tare_dfa *d, uint32_t state, bool escaped, struct tare_str rest);
bool tare__object_step(struct tare__memory *m, struct tare__frame f, unsigned char byte);
bool tare__object_resume(struct tare__memory *m, struct tare__frame f);
void tare__object_out(const struct tare__memory *m, const struct tare__frame *f, uint64_t out[4]);
bool tare__string_step(struct tare__memory *m, struct tare__frame f, unsigned char byte);
/* For the bytes that come next in the walk. */
struct tare__lists tare__lists_from(struct tare_walk *w, struct tare_str bytes);
/* The state behind them, where there are fewer readings than the bytes alone tell. */
enum tare_status tare__lists_end(struct tare__lists *x, uint32_t *to, struct tare_err *err);
/* One byte of a string or of a key that is not declared, on its registers alone. */
enum tare__move { TARE__MOVE_DEAD, TARE__MOVE_READS, TARE__MOVE_ENDS };
enum tare__move tare__string_move(const struct tare__node *x, struct tare__frame *f,
                                  unsigned char byte);
enum tare__move tare__extra_move(const struct tare_dfa *key, struct tare__frame *f,
                                 unsigned char byte);
/* On behind the quote that ends such a key. */
bool tare__extra_end(struct tare__memory *m, const struct tare__frame *f);
/* One byte of a counted text: state, needed and allowed after it; false when it cannot be. */
bool tare__text_step(const struct tare__node *x, unsigned char byte, uint32_t *state,
                     uint32_t *need, uint32_t *left);

/* guide_alive.c: whether the text can be ended from this state with these keys; asked where the
 * grammar is scarce. */
bool tare__alive(struct tare__memory *m, const struct tare__keys *k, uint32_t state);
/* Inside a string, what the string holds can bring some readings to where nothing leads on: keys of
 * which there are few. By the others the text can be ended whatever the string holds. */
struct tare__doubt {
    bool inside;    /* false: not in a string, or nothing of the kind is known */
    uint32_t state; /* of readings all of whose tokens are in doubt */
    struct tare__few {
        const struct tare_dfa *key;
        const uint32_t *left;
        uint32_t at;
    } few[8]; /* keys: in doubt where no more are left than were written */
    uint32_t n_few, written;
};
enum tare_status tare__in_doubt(struct tare__memory *m, const struct tare__keys *k, uint32_t state,
                                struct tare__doubt *out, struct tare_err *err);

/* guide_kinds.c: needs common, length and the full tree. False: no memory. */
bool tare__kinds_make(struct tare_guide_vocab *v, struct tare_arena *arena);

/* guide_reach.c */
unsigned tare__chars_of(unsigned char byte); /* one bit */
/* The inside of a string, between two characters. */
struct tare__reach_of {
    const struct tare_dfa *any;       /* of the texts that are asked about */
    const struct tare_dfa *dfa;       /* the string's */
    const struct tare__node *bounded; /* the string, where its bounds count too; else NULL */
    uint32_t state, chars;            /* enum tare__chars */
};
/* How many characters of these kinds may follow, whichever they are, at most `most`: fewer than
 * there are where it takes too long to find out. f: the registers, of a bounded one. */
uint32_t tare__reach(const struct tare__reach_of *of, const struct tare__frame *f, uint32_t most);

/* guide_inside.c */
/* A string or a key that is not declared, not behind a backslash. */
bool tare__is_string(const struct tare__node *x, const struct tare__frame *f);
/* Of a string (x) or a key, of any text: at its start. NULL: no memory. */
const struct tare__inner *tare__inner_make(const struct tare_guide_vocab *v,
                                           const struct tare__node *x, const struct tare_dfa *key,
                                           struct tare_arena *arena);
struct tare__strings {
    uint32_t rest;  /* state of the frames that are no strings: to be walked */
    bool any;       /* words were written */
    uint32_t kinds; /* bits: all tokens of these kinds are among them */
};
/* Tokens that the strings of the walk's state allow, into the words. */
enum tare_status tare__strings_of(struct tare_walk *w, uint64_t *words, struct tare__strings *out,
                                  struct tare_err *err);

/* guide_mask.c */
/* Allowed tokens under way: a list as long as they are few, bits always. */
struct tare__gather {
    uint64_t *words; /* n_words */
    uint32_t ids[TARE__SPARSE];
    uint32_t n;
};

/* The list of the bits, when they are few enough for one. */
void tare__gather_list(struct tare__gather *g, uint32_t n_words);
/* Adds the tokens of the tree that can be read from the state. */
enum tare_status tare__gather_from(struct tare_walk *w, const struct tare__tree *t, uint32_t state,
                                   struct tare__gather *g, struct tare_err *err);
/* The interned mask; under the lock. NULL: no memory. */
const struct tare__mask *tare__mask_intern(struct tare__memory *m, const struct tare__gather *g,
                                           uint32_t n_words);
/* Tails that can be read from the state, as bits of tail - 1. */
enum tare_status tare__tails_of(struct tare_walk *w, uint32_t state, uint64_t *tails,
                                struct tare_err *err);
enum tare_status tare__mask_of(struct tare_walk *w, const struct tare__mask **out,
                               struct tare_err *err);

/* guide_unique.c */
/* The mask without the tokens that write a key twice. */
enum tare_status tare__mask_unique(struct tare_walk *w, const struct tare__mask *all,
                                   const struct tare__mask **out, struct tare_err *err);

#endif
