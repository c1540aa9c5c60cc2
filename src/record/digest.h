/*
 * The digest of an attempt: same content, same bits, whenever and wherever it was run.
 */
#ifndef TARE_RECORD_DIGEST_H
#define TARE_RECORD_DIGEST_H

#include "record/nouns.h"

/*
 * SHA-256 over what an attempt says, without when it happened: wall_start_ns, dur_ns and the
 * members "t_ms", "t_ns", "dur_ms", "dur_ns", "ttft_ms" and "wall_ns" of the objects of `steps`
 * (one a line) and of `outline` (an array of objects), at their top level and below a "trace" of
 * steps or detail, do not count; nor does the list "planted" of a step, which says where in it
 * planted instructions stand; neither does the old value of a->digest. All else does: task,
 * index, seed, status, cause and its text, n_steps, scores in the order of the array (reals by
 * their bits, so -0.0 is not 0.0; every NaN alike; a missing score without a reason is the same as
 * none), detail, tokens, cost. Numbers enter as fixed-width little-endian, texts with their length.
 * Texts are taken byte by byte: they must be rendered the same way each time. O(bytes); no memory.
 */
struct tare_digest tare_attempt_digest(const struct tare_attempt *a);

/* True when all bytes are zero: no digest yet. */
bool tare_digest_is_zero(const struct tare_digest *d);

#endif
