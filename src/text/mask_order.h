/* A value with the members of its objects in the order masks write them in. */
#ifndef TARE_TEXT_MASK_ORDER_H
#define TARE_TEXT_MASK_ORDER_H

#include "base/buf.h"
#include "text/schema.h"

/*
 * Prints the value, compact, members in the order in which the rules that apply to them declare
 * them (alternatives that do not hold are left out), others last in their own order. That is the
 * order of text/schema_grammar.h without any_order, but for members that only a negation speaks of.
 * TARE_E_NOMEM, TARE_E_LIMIT: as tare_schema_valid.
 */
enum tare_status tare_mask_order(const struct tare_schema *schema, struct tare_json value,
                                 struct tare_arena *scratch, struct tare_buf *out,
                                 struct tare_err *err);

#endif
