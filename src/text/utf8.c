#include "text/utf8.h"

#include "text/json_scan.h"

#include "base/banned.h"

static bool tail(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}

static unsigned decode3(const uint8_t *u, uint32_t *cp)
{
    uint32_t c = (uint32_t)(u[0] & 0x0f) << 12 | (uint32_t)(u[1] & 0x3f) << 6 | (u[2] & 0x3fu);
    if (!tail(u[1]) || !tail(u[2]) || c < 0x800 || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *cp = c;
    return 3;
}

static unsigned decode4(const uint8_t *u, uint32_t *cp)
{
    uint32_t c = (uint32_t)(u[0] & 0x07) << 18 | (uint32_t)(u[1] & 0x3f) << 12 |
                 (uint32_t)(u[2] & 0x3f) << 6 | (u[3] & 0x3fu);
    if (!tail(u[1]) || !tail(u[2]) || !tail(u[3]) || c < 0x10000 || c > 0x10ffff)
        return 0;
    *cp = c;
    return 4;
}

unsigned tare_utf8_decode(const char *p, const char *end, uint32_t *cp)
{
    const uint8_t *u = (const uint8_t *)p;
    size_t n = (size_t)(end - p);
    if (u[0] < 0x80) {
        *cp = u[0];
        return 1;
    }
    if (u[0] >= 0xc2 && u[0] <= 0xdf && n >= 2 && tail(u[1])) {
        *cp = (uint32_t)(u[0] & 0x1f) << 6 | (u[1] & 0x3fu);
        return 2;
    }
    if ((u[0] & 0xf0) == 0xe0 && n >= 3)
        return decode3(u, cp);
    if (u[0] >= 0xf0 && u[0] <= 0xf4 && n >= 4)
        return decode4(u, cp);
    return 0;
}

unsigned tare_utf8_encode(uint32_t cp, char out[4])
{
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

size_t tare_utf8_valid_bytes(struct tare_str s)
{
    const char *p = s.p, *end = s.n ? s.p + s.n : s.p;
    while (p < end) {
        uint32_t cp;
        if ((uint8_t)*p < 0x7f) {
            p = (const char *)tare__scan_high((const uint8_t *)p, (const uint8_t *)end);
            continue;
        }
        unsigned n = tare_utf8_decode(p, end, &cp);
        if (n == 0)
            return (size_t)(p - s.p);
        p += n;
    }
    return s.n;
}

size_t tare_utf8_count(struct tare_str s)
{
    size_t count = 0;
    for (const char *p = s.p, *end = s.n ? s.p + s.n : s.p; p < end; count++) {
        uint32_t cp;
        unsigned n = tare_utf8_decode(p, end, &cp);
        p += n ? n : 1;
    }
    return count;
}
