/*
 * Of view/ alone: gzip (RFC 1952) for the network and for files; the same input gives the same
 * bytes (no time, no name).
 */
#ifndef TARE_VIEW_GZIP_H
#define TARE_VIEW_GZIP_H

#include "base/buf.h"

/* Appends the compressed bytes; level 1 to 9. False when there is no memory (out may hold a part).
 */
bool tare__gzip(struct tare_str in, int level, struct tare_buf *out);

#endif
