/*
 * What the files of libtare share. The promise to the outside is include/tare/tare.h.
 */
#ifndef TARE_LIB_LIB_H
#define TARE_LIB_LIB_H

#include "base/err.h"
#include "tare/tare.h"

/* Copies an error into a caller's fault of whatever size it was compiled with; returns the code.
 * fault may be NULL. */
int tare__fault(struct tare_fault *fault, const struct tare_err *err);

#endif
