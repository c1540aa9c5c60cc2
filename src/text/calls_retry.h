/*
 * What to say to a model whose call could not be used, and what to try next.
 *
 * Source: spec/tool-calls.md of the shared sheets, section 6.
 */
#ifndef TARE_TEXT_CALLS_RETRY_H
#define TARE_TEXT_CALLS_RETRY_H

#include "text/calls_order.h"

/* Which calls a message may make; spelt none, auto, required, NAME. */
enum tare_choice_kind {
    TARE_CHOICE_AUTO,
    TARE_CHOICE_NONE,
    TARE_CHOICE_REQUIRED,
    TARE_CHOICE_NAMED
};
struct tare_choice {
    enum tare_choice_kind kind;
    struct tare_str name; /* of TARE_CHOICE_NAMED */
    bool alone;           /* at most one call a message */
};
/* What is wrong with the calls of a message under that choice: "E_NO_CALL", "E_WRONG_TOOL",
 * "E_UNASKED", "O_NOT_PARALLEL"; NULL: nothing. Servers promise this; it is checked all the same.
 */
const char *tare_choice_breach(const struct tare_choice *c, const struct tare_calls *r);

enum tare_retry_kind {
    TARE_RETRY_NONE,   /* nothing to mend */
    TARE_RETRY_LONGER, /* cut: the same request with twice the tokens */
    TARE_RETRY_CORRECT /* one corrective turn */
};

struct tare_retry_prompt {
    enum tare_retry_kind kind;
    struct tare_str text;    /* of the corrective turn; empty for the other kinds */
    struct tare_str call_id; /* send it as the result of that call; p NULL: as a user's message */
};

/*
 * The corrective turn for a message: the failing call as it was written (at most 500 bytes), each
 * error with its place in one line (at most 5), the schema of the tool, the rules that were broken,
 * and the request for the call alone. The monitor has just taken this message (order may be NULL);
 * its breaches from first_breach on are the message's. The failing text belongs into the retry
 * only, never into the history.
 *
 * Memory: text in the arena. Fails: TARE_E_NOMEM.
 */
enum tare_status tare_retry_prompt(struct tare_str text, const struct tare_calls_opts *opts,
                                   const struct tare_calls *r, const struct tare_order *order,
                                   uint32_t first_breach, struct tare_arena *arena,
                                   struct tare_retry_prompt *out, struct tare_err *err);

enum tare_retry_mode { TARE_RETRY_AS_BEFORE, TARE_RETRY_NAMED, TARE_RETRY_MASKED };

/* Where a step stands. Starts as {.limit = 2, .max_tokens, .cap_tokens, .temperature}. */
struct tare_retry {
    uint32_t limit, done; /* retries allowed and made */
    enum tare_retry_mode mode;
    double temperature;
    uint64_t max_tokens, cap_tokens;
    uint64_t last_text, last_error; /* hashes, to see the same failure twice */
};
/* Plans the next try after a failure; false: give up (no tries left, at the cap, or the same error
 * with identical text twice). The ladder: as before, then with the allowed tools only and at
 * temperature 0, then masked. Tries are not independent: no p^k from them. */
bool tare_retry_next(struct tare_retry *s, const struct tare_retry_prompt *p, struct tare_str text);

#endif
