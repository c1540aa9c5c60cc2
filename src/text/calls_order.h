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
    TARE_O_ARG_LINK
};

struct tare_order_breach {
    uint32_t rule;
    int64_t call; /* number of the call in the episode, from 0; -1: the end of the episode */
    enum tare_order_code code;
};

struct tare_order; /* rules and where the episode stands */

/* Rules are a list of {"rule", "a", "b", "n"}: before, immediately_after, at_most_once, at_most,
 * before_final, required, forbidden, not_parallel, max_calls; same_arg with "a" and "b" as
 * "tool.argument". TARE_E_INPUT names a rule it does not know; TARE_E_NOMEM. */
enum tare_status tare_order_open(struct tare_json rules, struct tare_arena *arena,
                                 struct tare_order **out, struct tare_err *err);
/* May a call of this tool come now? Looks at names only. */
bool tare_order_allows(const struct tare_order *o, struct tare_str tool);
/* The next message, all its calls succeeded. Breaches are added to those of the monitor. */
enum tare_status tare_order_message(struct tare_order *o, const struct tare_calls *message,
                                    struct tare_err *err);
/* The episode ends with this message (call it after tare_order_message). */
enum tare_status tare_order_end(struct tare_order *o, struct tare_err *err);
const struct tare_order_breach *tare_order_breaches(const struct tare_order *o, uint32_t *n);
const char *tare_order_name(enum tare_order_code c);

#endif
