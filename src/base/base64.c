#include "base/base64.h"

#include "base/banned.h"

void tare_base64_put(struct tare_buf *out, struct tare_str in)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)in.p;
    size_t n = (in.n + 2) / 3 * 4;
    char *to = tare_buf_room(out, n);
    if (!to)
        return;
    for (size_t i = 0; i < in.n; i += 3) {
        unsigned left = in.n - i < 3 ? (unsigned)(in.n - i) : 3;
        unsigned v = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
                     (left > 2 ? (unsigned)p[i + 2] : 0);
        *to++ = set[v >> 18];
        *to++ = set[v >> 12 & 63];
        *to++ = left > 1 ? set[v >> 6 & 63] : '=';
        *to++ = left > 2 ? set[v & 63] : '=';
    }
    out->n += n;
}
