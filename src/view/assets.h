/*
 * Of view/ alone: the page of web/, built into the program by tools/embed; absent where there was
 * no Node to build it with.
 */
#ifndef TARE_VIEW_ASSETS_H
#define TARE_VIEW_ASSETS_H

#include <stddef.h>

struct tare__asset {
    const unsigned char *gzip; /* gzip_bytes; NULL: not built in */
    size_t gzip_bytes, raw_bytes;
};

extern const struct tare__asset tare__app_js, tare__app_css;

#endif
