/*
 * Regular expressions of JSON Schema: ECMA-262 with the u flag, in linear time, no backtracking.
 * Back references, and look-around but at the very beginning ("^(?!x)"), cannot be had so: they are
 * refused (S_REGEX), never skipped.
 *
 * A compiled expression is read-only and may be used by several threads; matching takes no memory.
 * The automaton (struct tare_regex_dfa) works byte by byte over UTF-8, is made state by state, and
 * belongs to one thread until it is complete; a complete one is read-only.
 */
#ifndef TARE_TEXT_REGEX_H
#define TARE_TEXT_REGEX_H

#include "base/arena.h"
#include "base/err.h"
#include "base/work.h"

struct tare_regex;
struct tare_regex_dfa;

#define TARE_REGEX_MAX_STATES 10000u /* of one automaton */
#define TARE_REGEX_DEAD 0u           /* the state nothing can be accepted from */
#define TARE_REGEX_FULL UINT32_MAX   /* no room for the next state */

/* Compiles into the arena. TARE_E_INPUT with the byte offset in the pattern: not a regular
 * expression. TARE_E_LIMIT: S_REGEX, right but out of reach (look-around, back reference, \p of a
 * script) or beyond a ceiling (16 KiB of pattern, 16,000 instructions, the steps of `work`; NULL:
 * as many as it takes). TARE_E_NOMEM. */
enum tare_status tare_regex_compile(struct tare_str pattern, struct tare_work *work,
                                    struct tare_arena *arena, const struct tare_regex **out,
                                    struct tare_err *err);
/* True when a part of the text (valid UTF-8) matches: what JSON Schema means by "pattern". Takes
 * about 100 KiB of stack. */
bool tare_regex_search(const struct tare_regex *re, struct tare_str text);
/* True when the whole text matches. */
bool tare_regex_match(const struct tare_regex *re, struct tare_str text);

/* An automaton whose only state is the start; search: of texts with a part that matches; else of
 * texts that match whole. TARE_E_LIMIT for expressions with look-around, which text/dfa.h puts
 * together from several; TARE_E_NOMEM. Takes its
 * memory from the arena and its steps from `work` (NULL: unbounded), also later. */
enum tare_status tare_regex_dfa_open(const struct tare_regex *re, bool search, uint32_t max_states,
                                     struct tare_work *work, struct tare_arena *arena,
                                     struct tare_regex_dfa **out, struct tare_err *err);
uint32_t tare_regex_dfa_start(const struct tare_regex_dfa *d);
/* The state after one more byte; TARE_REGEX_DEAD, or TARE_REGEX_FULL when that state would be one
 * too many (or there is no memory for it, or too much work was done). Takes about 70 KiB of stack
 * for a new state. */
uint32_t tare_regex_dfa_step(struct tare_regex_dfa *d, uint32_t state, unsigned char byte);
/* True when the text may end here. */
bool tare_regex_dfa_accepts(const struct tare_regex_dfa *d, uint32_t state);
/* Makes all states; false when they are too many. */
bool tare_regex_dfa_complete(struct tare_regex_dfa *d);
/* Whether it was memory that the last state could not have. */
bool tare_regex_dfa_starved(const struct tare_regex_dfa *d);
uint32_t tare_regex_dfa_states(const struct tare_regex_dfa *d);
/* How many classes of bytes there are that the expression does not tell apart; class_of[256] gets
 * the class of each byte, byte_of[256] one byte of each class. */
uint32_t tare_regex_dfa_classes(const struct tare_regex_dfa *d, uint8_t *class_of,
                                uint8_t *byte_of);
/* Of a complete automaton: whether it accepts the text. No stack, no memory. */
bool tare_regex_dfa_run(const struct tare_regex_dfa *d, struct tare_str text);

#endif
