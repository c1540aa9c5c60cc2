#ifndef TARE_BASE_BASE64_H
#define TARE_BASE_BASE64_H

#include "base/buf.h"

/* Appends base64 (RFC 4648, padded) of the bytes. */
void tare_base64_put(struct tare_buf *out, struct tare_str in);

#endif
