/*
 * Which language a text is in, roughly: by its script, and for Latin letters by the small words
 * that are frequent in one language. Enough to see an answer slip into another language; not for
 * single words or mixed text.
 */
#ifndef TARE_EXPERIMENT_LANGUAGE_H
#define TARE_EXPERIMENT_LANGUAGE_H

#include "base/str.h"

/* Codes as ISO 639-1 has them: "en". */
bool tare_language_known(struct tare_str code);
const char *tare_language_names(void); /* "en, de, …" */
/* Whether the text shows a language at all: none in numbers, names or one word. */
bool tare_language_told(struct tare_str text);
bool tare_language_is(struct tare_str text, struct tare_str code);

#endif
