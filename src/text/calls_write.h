/* The record of a message as JSON. */
#ifndef TARE_TEXT_CALLS_WRITE_H
#define TARE_TEXT_CALLS_WRITE_H

#include "text/calls_order.h"

/* Members status, content, reasoning, calls, repairs, errors, validation and (order given) order,
 * into an open object: the keys of "expect" in the shared vectors. */
void tare_calls_write(const struct tare_calls *r, const struct tare_order *order,
                      struct tare_json_writer *w);

#endif
