/*
 * Which tool may follow which: rules over the calls of an episode, as a monitor that takes one
 * call after another. Source: spec/tool-calls.md of the shared sheets, section 5.1.
 */
#ifndef TARE_TEXT_CALLS_ORDER_H
#define TARE_TEXT_CALLS_ORDER_H

#include "text/calls.h"

enum tare_order_code {
    TARE_O_BEFORE = 1,
    TARE_O_IMMEDIATE,
    TARE_O_AT_MOST_ONCE,
    TARE_O_BEFORE_FINAL,
    TARE_O_REQUIRED,
    TARE_O_FORBIDDEN,
    TARE_O_NOT_PARALLEL,
    TARE_O_MAX_CALLS,
    TARE_O_ARG_LINK,
    TARE_O_GUARD
};
#define TARE_ORDER_CODES 11 /* codes, from 1 on */

struct tare_order_breach {
    uint32_t rule;
    int64_t call; /* number of the call in the episode, from 0; -1: the end of the episode */
    enum tare_order_code code;
};

struct tare_order; /* rules and where the episode stands */

/* What a call gave back. */
struct tare_order_result {
    bool error;
    struct tare_json content; /* absent: not known */
};

/* Rules are a list of {"rule", "a", "b", "n"}: before, immediately_after, at_most_once, at_most,
 * before_final, required, forbidden, not_parallel, max_calls; same_arg with "a" and "b" as
 * "tool.argument"; guard with "when", a JSON Schema that the latest result of a must match before b
 * is called. An object {"order": [rules], "count_errors": bool} is the same list; with count_errors
 * a call that gave an error counts for before, before_final and required too. TARE_E_INPUT names a
 * rule it does not know; TARE_E_NOMEM. */
enum tare_status tare_order_open(struct tare_json rules, struct tare_arena *arena,
                                 struct tare_order **out, struct tare_err *err);
uint32_t tare_order_rules(const struct tare_order *o); /* how many there are */
int64_t tare_order_seen(const struct tare_order *o);   /* calls of the episode so far */
/* The rule in words, for people and for retry prompts; p NULL: no memory. */
struct tare_str tare_order_says(const struct tare_order *o, uint32_t rule,
                                struct tare_arena *arena);
/* May a call of this tool come now? Looks at names and at the results so far. */
bool tare_order_allows(const struct tare_order *o, struct tare_str tool);
/* The next message and what its calls gave back, in their order; calls beyond n_results
 * succeeded and gave nothing. Breaches are added to those of the monitor. A result counts from the
 * next call on. TARE_E_NOMEM, TARE_E_LIMIT (a guard's schema multiplies). */
enum tare_status tare_order_calls(struct tare_order *o, const struct tare_calls *message,
                                  const struct tare_order_result *results, uint32_t n_results,
                                  struct tare_err *err);
/* The same where all calls succeeded and nothing is known of what they gave back. */
enum tare_status tare_order_message(struct tare_order *o, const struct tare_calls *message,
                                    struct tare_err *err);
/* The episode ends with this message (call it after tare_order_message). */
enum tare_status tare_order_end(struct tare_order *o, struct tare_err *err);
const struct tare_order_breach *tare_order_breaches(const struct tare_order *o, uint32_t *n);
const char *tare_order_name(enum tare_order_code c);

#endif
