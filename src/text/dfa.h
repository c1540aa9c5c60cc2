/*
 * Complete automata over bytes, as tables: what a grammar's lexemes and strings are made of. State
 * 0 is dead, state 1 the start; from every other state something can be accepted (others are made
 * state 0 when the table is built). Read-only once made, shared by any number of threads; memory
 * from the arena.
 */
#ifndef TARE_TEXT_DFA_H
#define TARE_TEXT_DFA_H

#include "base/arena.h"
#include "base/err.h"
#include "text/regex.h"

#define TARE_DFA_DEAD 0u
#define TARE_DFA_START 1u

struct tare_dfa {
    uint32_t n_states, n_classes; /* states with 0; classes of bytes that no state tells apart */
    uint8_t class_of[256];
    const uint32_t *next;   /* [state * n_classes + class] */
    const uint8_t *accepts; /* [state] */
    bool empty;             /* accepts nothing at all */
};

static inline uint32_t tare_dfa_step(const struct tare_dfa *d, uint32_t state, unsigned char byte)
{
    return d->next[(size_t)state * d->n_classes + d->class_of[byte]];
}

/* What one automaton may cost. */
struct tare_dfa_bounds {
    uint32_t max_states;
    struct tare_work *work; /* NULL: as many steps as it takes */
};

/* The table of a regular expression. search: of texts (valid UTF-8) with a part that matches, else
 * of texts that match whole. TARE_E_LIMIT: beyond the bounds, or \b; TARE_E_NOMEM. */
enum tare_status tare_dfa_regex(const struct tare_regex *re, bool search,
                                struct tare_dfa_bounds bounds, struct tare_arena *arena,
                                const struct tare_dfa **out, struct tare_err *err);
/* The same from the expression's own automaton, which is complete (tare_regex_dfa_complete). */
enum tare_status tare_dfa_complete(struct tare_regex_dfa *complete, bool search,
                                   struct tare_dfa_bounds bounds, struct tare_arena *arena,
                                   const struct tare_dfa **out, struct tare_err *err);
/* The same from the text of the pattern; also TARE_E_INPUT with the offset in the pattern. */
enum tare_status tare_dfa_pattern(struct tare_str pattern, bool search,
                                  struct tare_dfa_bounds bounds, struct tare_arena *arena,
                                  const struct tare_dfa **out, struct tare_err *err);
/* Any valid UTF-8. */
enum tare_status tare_dfa_utf8(struct tare_arena *arena, const struct tare_dfa **out,
                               struct tare_err *err);
/* Exactly the given texts (n >= 0): a tree. */
enum tare_status tare_dfa_texts(const struct tare_str *texts, uint32_t n,
                                struct tare_dfa_bounds bounds, struct tare_arena *arena,
                                const struct tare_dfa **out, struct tare_err *err);

enum tare_dfa_op {
    TARE_DFA_AND,  /* in a and in b */
    TARE_DFA_OR,   /* in a or in b */
    TARE_DFA_MINUS /* in a, not in b: tare_dfa_utf8 minus b is b's complement */
};
/* The product. TARE_E_LIMIT: beyond the bounds; TARE_E_NOMEM. */
enum tare_status tare_dfa_product(const struct tare_dfa *a, const struct tare_dfa *b,
                                  enum tare_dfa_op op, struct tare_dfa_bounds bounds,
                                  struct tare_arena *arena, const struct tare_dfa **out,
                                  struct tare_err *err);
/* Whether it accepts the text. */
bool tare_dfa_run(const struct tare_dfa *d, struct tare_str text);

#endif
