/*
 * What the stream at the other end can show. Decided once by cli/, an argument everywhere else.
 */
#ifndef TARE_VIEW_STYLE_H
#define TARE_VIEW_STYLE_H

#include <stdbool.h>

struct tare_style {
    bool color;   /* SGR escapes are welcome */
    bool unicode; /* marks and lines beyond ASCII are welcome */
    int width;    /* columns, 20 to 120 */
};

#endif
