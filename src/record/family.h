/*
 * Whose model a name means: models of one family were made from the same material and like the same
 * answers.
 */
#ifndef TARE_RECORD_FAMILY_H
#define TARE_RECORD_FAMILY_H

#include "base/str.h"

/* "gpt" of "openai/gpt-4.1-mini"; {NULL, 0} where the name tells nothing. A constant text. */
struct tare_str tare_model_family(struct tare_str model);

#endif
