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
