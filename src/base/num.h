/*
 * Numbers as text, the same in every locale.
 */
#ifndef TARE_BASE_NUM_H
#define TARE_BASE_NUM_H

#include <stddef.h>

/* The shortest decimal that reads back as x, spelt as Python's repr does: "0.1", "1e+21", "1e-05",
 * "2.0", "-0.0", "nan", "inf", "-inf". Returns the length; out holds at least 32 bytes. */
size_t tare_num_repr(double x, char out[32]);
/* The same for JSON: NaN and infinities give "null"; whole numbers below 1e16 keep ".0". */
size_t tare_num_json(double x, char out[32]);

#endif
