/*
 * The nouns of tare, and what other tools call them.
 */
#ifndef TARE_CLI_WORDS_H
#define TARE_CLI_WORDS_H

#include "base/str.h"

struct tare_noun {
    const char *noun, *about;
    const char *elsewhere[8]; /* NULL-terminated */
    const char *see;          /* what to type */
};

/* All nouns; the last has noun NULL. */
const struct tare_noun *tare_cli_nouns(void);
/* The noun that `word` is, or that other tools mean by it; plural s allowed. NULL when none. */
const struct tare_noun *tare_cli_find_noun(struct tare_str word);

#endif
