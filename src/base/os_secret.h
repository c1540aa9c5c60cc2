/*
 * Memory for secrets: pages of their own that are not swapped out (where the limit of locked memory
 * allows it), not written to core dumps, and zero once wiped.
 */
#ifndef TARE_BASE_OS_SECRET_H
#define TARE_BASE_OS_SECRET_H

#include "base/str.h"

struct tare_secret {
    char *p; /* NULL: nothing is kept */
    size_t n, size_bytes;
    bool locked; /* not swapped out */
};

/* Copies a text into pages of its own. Who had the text wipes it. False: no memory. */
bool tare_secret_keep(struct tare_secret *s, struct tare_str text);
/* Makes the text zeros; it stays where it is, so that views of it are zeros too. */
void tare_secret_wipe(struct tare_secret *s);
/* Wipes it and gives the pages back. */
void tare_secret_drop(struct tare_secret *s);
/* Zeros that no compiler leaves out. */
void tare_wipe(void *p, size_t n);

#endif
