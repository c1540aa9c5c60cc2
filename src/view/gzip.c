#include "view/gzip.h"

#include <limits.h>

#include <zlib.h>

#include "base/banned.h"

bool tare__gzip(struct tare_str in, int level, struct tare_buf *out)
{
    z_stream z = {0};
    if (in.n > UINT_MAX / 2)
        return false;
    if (deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t bound = deflateBound(&z, (uLong)in.n);
    char *room = tare_buf_room(out, bound);
    int rc = Z_MEM_ERROR;
    if (room) {
        z.next_in = (z_const Bytef *)in.p;
        z.avail_in = (uInt)in.n;
        z.next_out = (Bytef *)room;
        z.avail_out = (uInt)bound;
        rc = deflate(&z, Z_FINISH);
        out->n += bound - z.avail_out;
    }
    (void)deflateEnd(&z);
    return rc == Z_STREAM_END;
}

void tare__put_base64(struct tare_buf *out, struct tare_str in)
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
