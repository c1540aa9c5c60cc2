/* The nodes of a grammar, as its makers, its checks and the guides that run it see them. */
#ifndef TARE_TEXT_GRAMMAR_INT_H
#define TARE_TEXT_GRAMMAR_INT_H

#include "text/grammar.h"

/*
 * Which lengths a text can still have: can[n * n_words + s / 64] bit s says that from state s the
 * automaton can accept after exactly n more code points. n = last stands for all above.
 */
struct tare__fit {
    uint32_t n_words, last;
    const uint64_t *can;
};

/* A member's key with its closing quote: so no key is the beginning of another. */
struct tare__key {
    struct tare_str text;
    uint32_t member;
};

struct tare__extra {
    const struct tare_dfa *key;
    uint32_t value;
    uint8_t meets;
    const uint32_t *left; /* [state] how many keys go on from there; UINT32_MAX: no end of them.
                             NULL: no end anywhere */
};

struct tare__object {
    uint32_t n, n_extras;
    struct tare__key *keys; /* sorted */
    uint32_t *values;       /* by member */
    uint8_t *required;
    uint32_t *next_required;  /* [n + 1] the first required member from there, or n */
    uint32_t *required_after; /* [n + 1] how many from there */
    uint32_t *open_after;     /* [n + 1] how many members from there can be written at all */
    uint64_t required_set;    /* any_order */
    struct tare__extra *extras;
    uint8_t wants, *cover; /* [set of wants] how many extras it takes to meet them; 255: too many.
                              NULL without wants */
    uint32_t min, max;
    bool any_order, has_extra; /* has_extra: one that can be written */
    bool scarce;               /* keys of extras can be used up */
    bool list;                 /* of texts: brackets, no values */
    uint32_t gap_open, gap_close, gap_before, gap_after;
};

struct tare__node {
    uint8_t kind;
    bool escapes, free; /* STRING; free: any text */
    bool productive, nullable;
    uint32_t n;      /* bytes, kids; CALL: the rule; TOKEN: the id; REPEAT: the kid */
    uint32_t lo, hi; /* LEX, STRING, REPEAT */
    union {
        const uint8_t *bytes;
        const uint32_t *kids;
        const struct tare_dfa *dfa;
        struct tare__object *object;
    } u;
    const struct tare__fit *fit; /* LEX, STRING with an automaton and bounds; else NULL */
};

struct tare__rule {
    struct tare_str name;
    uint32_t body;
    bool defined;
};

#define TARE__PLAIN_KEYS 8u /* remembered: the newest */

struct tare__plain_keys {
    const struct tare_dfa *key, *plain;
};

struct tare_grammar {
    struct tare_arena *arena;
    struct tare_work *work; /* or NULL */
    struct tare__node *nodes;
    uint32_t n, cap;
    struct tare__rule *rules;
    uint32_t n_rules, cap_rules;
    uint32_t root;
    bool counts; /* has a bound that is counted */
    bool finished;
    bool unique; /* no key twice in an object; text begins behind `skip` bytes */
    bool scarce; /* unique, and some object is */
    bool lists;  /* unique, and some object is one */
    uint32_t skip;
    const struct tare_dfa *utf8, *plain; /* plain: text that a JSON string shows without escapes */
    const struct tare_dfa *names;        /* text that it shows without \\u */
    struct tare__plain_keys plain_keys[TARE__PLAIN_KEYS];
    uint32_t n_plain_keys;
    struct tare_err err; /* the first fault, code 0 while there is none */
};

static inline struct tare_dfa_bounds tare__grammar_bounds(const struct tare_grammar *g,
                                                          uint32_t max_states)
{
    return (struct tare_dfa_bounds){max_states, g->work};
}

/* True when from the state a text of need to left more code points can be accepted. */
bool tare__fit_has(const struct tare__fit *f, uint32_t state, uint32_t need, uint32_t left);
enum tare_status tare__fit_make(const struct tare_dfa *d, uint32_t lo, uint32_t hi,
                                struct tare_work *work, struct tare_arena *arena,
                                const struct tare__fit **out, struct tare_err *err);
enum tare_status tare__grammar_over(struct tare_err *err); /* more steps than allowed */
/* The character that a backslash and this letter stand for in keys; 0: none. Each such character
 * has one spelling only (no "\\/"), so that a key has one too. */
unsigned char tare__short_escape(unsigned char letter);
/* Narrows keys [*lo, *hi), alike in the first depth bytes, to those whose next byte is b. False:
 * none. */
bool tare__keys_narrow(const struct tare__object *o, uint32_t depth, unsigned char b, uint32_t *lo,
                       uint32_t *hi);
enum tare_status tare__grammar_object_make(struct tare_grammar *g,
                                           const struct tare_grammar_object *in,
                                           struct tare__object **out);
/* How many extras of those that can be written it takes to meet all wants; 255: too many. strict:
 * only of kinds with a key for each want, see guide_alive.c. */
uint32_t tare__grammar_cover(const struct tare_grammar *g, struct tare__object *o, bool strict);
/* Keys of the kind of extra with the most; UINT32_MAX: no end of them. */
uint32_t tare__grammar_keys(const struct tare_grammar *g, const struct tare__object *o);
/* After productive was found: what depends on it. */
void tare__grammar_object_settle(const struct tare_grammar *g, struct tare__object *o);
/* How many texts each state of the automaton can go on with, see tare__extra.left. */
enum tare_status tare__dfa_counts(const struct tare_dfa *d, struct tare_arena *arena,
                                  const uint32_t **out, struct tare_err *err);

#endif
