/*
 * A guide runs a grammar over a vocabulary: which tokens may come next (a mask), and what state the
 * text is in after one. Masks are looked up, not computed, whenever a state was seen before.
 *
 * Promise: after any accepted tokens, bit t of the mask is set exactly when accept(t) does not
 * answer REJECT. Padding is never allowed. A special token is allowed only where the grammar names
 * it, an end-of-text token only where the text may end.
 *
 * Threads: one guide serves any number of walks on any number of threads (what they find out is
 * shared, hits take no lock); one walk belongs to one thread at a time.
 * Memory: what a guide remembers is kept under a ceiling of its own, and what all guides over one
 * vocabulary remember under one they share. At the first a guide begins anew; at the second those
 * that were not used of late forget all they know (a clock), and begin anew when they are called.
 * Walks move over at their next call. A walk that is not called keeps the memory it stands on until
 * then, beside the ceilings: the bytes of such memories are counted as resting.
 */
#ifndef TARE_TEXT_GUIDE_H
#define TARE_TEXT_GUIDE_H

#include "text/grammar.h"
#include "text/vocab.h"

/* A vocabulary with the tables that masks inside JSON strings are taken from; shared by all guides
 * over it. Borrows the vocabulary. */
struct tare_guide_vocab;
enum tare_status tare_guide_vocab_open(const struct tare_vocab *v, struct tare_arena *arena,
                                       const struct tare_guide_vocab **out, struct tare_err *err);
/* The ceiling that all guides over it share; 64 MiB until told, and for 0. From any thread, at any
 * time: a lower one is held to when the next memory is asked for. */
void tare_guide_vocab_ceiling(const struct tare_guide_vocab *v, size_t bytes);

struct tare_guide_vocab_stats {
    uint64_t ceiling;
    uint64_t bytes;         /* remembered by all guides, now: at most the ceiling, and what threads
                               that are computing have just asked for */
    uint64_t resting_bytes; /* given up, and kept only by walks that were not called since */
    uint64_t evictions;     /* memories that were given up for the ceiling's sake */
};
void tare_guide_vocab_stats(const struct tare_guide_vocab *v, struct tare_guide_vocab_stats *out);

struct tare_guide;
struct tare_guide_options {
    size_t memo_bytes;          /* its own ceiling; 0: 64 MiB. At most the shared one */
    const struct tare_alc *alc; /* NULL: libc. Called by several threads */
};
/* Borrows grammar (finished) and vocabulary. options may be NULL. */
enum tare_status tare_guide_open(const struct tare_grammar *g, const struct tare_guide_vocab *v,
                                 const struct tare_guide_options *options, struct tare_guide **out,
                                 struct tare_err *err);
/* Every walk must be closed before. NULL is allowed. */
void tare_guide_close(struct tare_guide *g);

struct tare_guide_stats {
    uint64_t states, masks; /* remembered now */
    uint64_t asked;         /* masks asked for since open; of a walk that is open, what it found
                               remembered since its last miss is not in yet */
    uint64_t hits, misses;  /* of these, found remembered and computed */
    uint64_t memories;      /* begun since open, the first included */
    uint64_t evictions;     /* given up because all guides held too much together */
    size_t bytes;           /* held now; 0: given up */
};
void tare_guide_stats(struct tare_guide *g, struct tare_guide_stats *out);

/* One text under way. */
struct tare_walk;
enum tare_status tare_walk_open(struct tare_guide *g, struct tare_walk **out, struct tare_err *err);
enum tare_status tare_walk_copy(const struct tare_walk *w, struct tare_walk **out,
                                struct tare_err *err);
void tare_walk_close(struct tare_walk *w);

/* Which tokens may come next. What it points to lives until the walk's next call. */
struct tare_mask_view {
    uint32_t id;           /* equal ids of one guide: equal masks, for as long as it is open */
    uint32_t n_allowed;    /* 0: M_DEAD, see tare_walk_is_dead */
    const uint32_t *ids;   /* sorted, or NULL when there are more than 256 */
    const uint64_t *words; /* (n_row + 63) / 64 of them, or NULL when ids is there */
};
enum tare_status tare_walk_mask(struct tare_walk *w, struct tare_mask_view *out,
                                struct tare_err *err);
/* Writes the mask as 32-bit words, bit i of word i / 32: (n_row + 31) / 32 of them. */
void tare_mask_fill(const struct tare_mask_view *m, uint32_t n_row, uint32_t *out);
bool tare_mask_has(const struct tare_mask_view *m, uint32_t token);

enum tare_walk_answer {
    TARE_WALK_REJECT, /* the walk is as it was */
    TARE_WALK_OK,
    TARE_WALK_DONE /* an end-of-text token: nothing may follow */
};
/* TARE_E_NOMEM, TARE_E_LIMIT (a grammar so ambiguous that one byte has more than
 * TARE_MAX_GUIDE_CONFIGS readings): the walk is as it was. */
enum tare_status tare_walk_accept(struct tare_walk *w, uint32_t token, enum tare_walk_answer *out,
                                  struct tare_err *err);
/* The same with bytes instead of a token: all of them or none. One step for tare_walk_rollback. */
enum tare_status tare_walk_accept_bytes(struct tare_walk *w, struct tare_str bytes,
                                        enum tare_walk_answer *out, struct tare_err *err);
/* Takes back the last n steps. TARE_E_STATE when there are fewer. */
enum tare_status tare_walk_rollback(struct tare_walk *w, uint32_t n, struct tare_err *err);
uint32_t tare_walk_steps(const struct tare_walk *w);
/* True when the text may end here. */
bool tare_walk_can_end(const struct tare_walk *w);
/* True after an end-of-text token. */
bool tare_walk_is_done(const struct tare_walk *w);
/* True when no token is allowed although the text may not end: the vocabulary lacks the bytes the
 * grammar needs. */
enum tare_status tare_walk_is_dead(struct tare_walk *w, bool *out, struct tare_err *err);
/* The bytes that must come next, at most max of them, into the arena: as long as there is exactly
 * one way on and the text may not end. */
enum tare_status tare_walk_forced(struct tare_walk *w, size_t max, struct tare_arena *arena,
                                  struct tare_str *out, struct tare_err *err);
/* The caller's tokenizer made `tokens` of the forced bytes (in context): how many of them, from the
 * first, may be kept, because no token of the vocabulary that starts in the last four of them
 * reaches beyond them and is allowed. */
enum tare_status tare_walk_forced_keep(struct tare_walk *w, const uint32_t *tokens, uint32_t n,
                                       uint32_t *n_keep, struct tare_err *err);

/* Sum of the probabilities (soft-max of n_row logits) of the allowed tokens. NaN when the logits
 * hold no finite value. */
double tare_mask_mass(const struct tare_mask_view *m, const float *logits, uint32_t n_row);
/* Sets the logits of tokens that are not allowed to -infinity. */
void tare_mask_apply(const struct tare_mask_view *m, float *logits, uint32_t n_row);

#endif
