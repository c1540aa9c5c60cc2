/*
 * Trials of a guide: is a text let through to its end, however it is cut into tokens; and does a
 * walk that picks allowed tokens at random write what the schema asks for.
 */
#ifndef TARE_TEXT_MASK_TRY_H
#define TARE_TEXT_MASK_TRY_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/rng.h"
#include "text/guide.h"

/* Nanoseconds of each mask and each accepted token; grows from libc up to 1 GiB. */
struct tare_mask_times {
    struct tare_buf mask, accept; /* of uint32_t */
};
void tare_mask_times_init(struct tare_mask_times *t);
void tare_mask_times_free(struct tare_mask_times *t);

/* One more. */
void tare_mask_note(struct tare_buf *times, int64_t ns);

struct tare_mask_spread {
    uint64_t n;
    double mean, p25, p50, p75, p90, p95, p99, p999, max; /* nanoseconds; nearest rank */
};
/* Sorts the times. */
struct tare_mask_spread tare_mask_spread(struct tare_buf *times);

struct tare_mask_try {
    bool accepts;      /* to the end */
    bool contradicted; /* a mask and accept did not agree: a bug of ours */
    size_t n_tokens;   /* accepted */
    size_t offset;     /* of the token that was refused, in the text */
    uint32_t token;    /* it; or TARE_VOCAB_NONE: the text may not end here */
};

/* Cuts the text into tokens (the longest that fits; with a stream, any that fits) and walks it.
 * For each token the mask is looked up and held against accept. times and rng may be NULL.
 * TARE_E_INPUT: the vocabulary has no token for a byte; others as the guide's. */
enum tare_status tare_mask_try(struct tare_guide *g, const struct tare_vocab *v,
                               struct tare_str text, struct tare_rng *rng,
                               const struct tare_clock *clock, struct tare_mask_times *times,
                               struct tare_mask_try *out, struct tare_err *err);

struct tare_mask_wander {
    bool ended; /* an end is allowed and was taken; else the ceiling was reached */
    bool dead;  /* nothing was allowed */
    size_t n_tokens;
};
/* Picks allowed tokens at random, at most max of them, and ends with a chance of one half where the
 * text may end. The text goes into out_text. */
enum tare_status tare_mask_wander(struct tare_guide *g, const struct tare_vocab *v,
                                  struct tare_rng *rng, size_t max, struct tare_buf *out_text,
                                  struct tare_mask_wander *out, struct tare_err *err);

#endif
