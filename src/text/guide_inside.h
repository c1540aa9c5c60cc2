/*
 * The strings of a state, one by one: what tokens do inside each, from what was found before or by
 * a walk.
 */
#ifndef TARE_TEXT_GUIDE_INSIDE_H
#define TARE_TEXT_GUIDE_INSIDE_H

#include "text/guide_int.h"

/* ---- guide_inside.c: one string, found by a walk ----------------------------------------------
 */

struct tare__inside_place;
struct tare__inside {
    const struct tare_guide_vocab *v;
    const struct tare__node *x; /* a string, or NULL */
    const struct tare_dfa *key; /* of a key, else NULL */
    const struct tare_dfa *dfa; /* that alone reads what is no quote and no escape, or NULL */
    uint64_t *words;            /* found: tokens that stay inside */
    uint32_t *ends, n_ends;     /* found: those that end it */
    struct tare__inside_place *stack;
    const struct tare_alc *alc;
    size_t bytes; /* of words, ends and stack, in one piece */
    struct tare__inside_asked {
        uint32_t state;
        bool endless; /* any common text may follow */
    } asked[16];
    uint32_t n_asked;
    bool asked_sure;
    uint32_t sure; /* characters any of which may come next */
};

/* Without bounds (or behind them far enough that they do not matter) the automaton is all. */
struct tare__inside tare__inside_of(const struct tare_guide_vocab *v, const struct tare__node *x,
                                    const struct tare_dfa *key, const struct tare__frame *f);
/* Room for what is found. False: no memory. */
bool tare__inside_open(struct tare__inside *in, const struct tare_alc *alc);
void tare__inside_close(struct tare__inside *in);
/* All tokens from these registers: by kinds of characters, where it is the same for all tokens of a
 * kind, else along the trees. */
void tare__inside_walk(struct tare__inside *in, const struct tare__frame *f);
/* One token, byte by byte. */
void tare__inside_try(struct tare__inside *in, const struct tare__frame *f, uint32_t id);
/* How many of these characters may follow, at most `longest`; see tare__reach. Asked for one f. */
uint32_t tare__inside_reach(struct tare__inside *in, const struct tare__frame *f, uint32_t chars,
                            uint32_t longest);
/* What was found, those that end the string sorted by tail, into the arena. NULL: no memory. */
const struct tare__inner *tare__inside_keep(const struct tare__inside *in,
                                            struct tare_arena *arena);

/* ---- guide_known.c: remembered --------------------------------------------------------------- */

/* A string or key under way, and what is counted in it. */
struct tare__string {
    struct tare__frame f;
    const struct tare__inner *inner; /* NULL: not known */
    uint32_t need, left;             /* code points, of any text; else 0 and ANY */
    bool declared;                   /* a key that may turn out to be a declared one */
    bool done;
};

/* The node of a string, or NULL and the automaton of the key. */
const struct tare__node *tare__string_node(const struct tare__memory *m,
                                           const struct tare__string *s,
                                           const struct tare_dfa **key);
/* Sets inner where it is known. Under the lock. False: no memory. */
bool tare__string_know(struct tare__memory *m, struct tare__string *s);
/* Finds it by a walk and remembers it. False: no memory. */
bool tare__string_find(struct tare__memory *m, struct tare__string *s);

#endif
