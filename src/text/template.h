/*
 * Prompts with holes: {{ name }}, {{ a.b[0] }}, {{ x | upper }}, {% if … %}, {% for x in … %},
 * {# notes #}, {% raw %}. The part of Jinja and Nunjucks that prompts use; nothing runs, nothing
 * is fetched.
 *
 * Filters: upper, lower, trim, length, first, last, json (also dump, tojson), join, default,
 * replace, safe. Conditions: names, literals, ==, !=, <, <=, >, >=, in, not, and, or.
 *
 * A compiled template is read-only; any number of threads may fill it in.
 */
#ifndef TARE_TEXT_TEMPLATE_H
#define TARE_TEXT_TEMPLATE_H

#include "text/json.h"

struct tare_template;

/* Compiles into the arena; text is borrowed. TARE_E_INPUT with the byte offset in the text;
 * TARE_E_LIMIT (64 blocks deep, 100,000 parts); TARE_E_NOMEM. */
enum tare_status tare_template_compile(struct tare_str text, struct tare_arena *arena,
                                       struct tare_template **out, struct tare_err *err);
/* True when the text has holes at all. */
bool tare_template_has_holes(struct tare_str text);
/*
 * Appends the text with its holes filled from the members of `vars` (an object) and, where `more`
 * is present, of that object first. A name that is not there is an error with a suggestion
 * (TARE_E_INPUT) unless `lenient` (then it is empty, as Nunjucks has it). Text goes in as it is,
 * never read as a template again. TARE_E_LIMIT: a million steps, or out->max.
 */
enum tare_status tare_template_fill(const struct tare_template *t, struct tare_json vars,
                                    struct tare_json more, bool lenient, struct tare_arena *scratch,
                                    struct tare_buf *out, struct tare_err *err);

#endif
