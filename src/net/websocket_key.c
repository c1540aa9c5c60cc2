/*
 * The one place where SHA-1 is needed: the answer to a WebSocket's key, which proves nothing but
 * that the other side speaks the protocol. SHA-1: FIPS 180-4, section 6.1.
 */
#include "net/asks.h"

#include "base/base64.h"

#include "base/banned.h"

static uint32_t turn(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

/* f and K of round t, section 4.1.1 and 4.2.1. */
static uint32_t mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
    if (t < 20)
        return ((b & c) ^ (~b & d)) + 0x5a827999u;
    if (t < 40)
        return (b ^ c ^ d) + 0x6ed9eba1u;
    if (t < 60)
        return ((b & c) ^ (b & d) ^ (c & d)) + 0x8f1bbcdcu;
    return (b ^ c ^ d) + 0xca62c1d6u;
}

static void block(uint32_t h[5], const unsigned char *p)
{
    uint32_t w[80], v[5];
    for (unsigned t = 0; t < 16; t++)
        w[t] = (uint32_t)p[4 * t] << 24 | (uint32_t)p[4 * t + 1] << 16 |
               (uint32_t)p[4 * t + 2] << 8 | p[4 * t + 3];
    for (unsigned t = 16; t < 80; t++)
        w[t] = turn(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    memcpy(v, h, sizeof v);
    for (unsigned t = 0; t < 80; t++) {
        uint32_t next = turn(v[0], 5) + mix(t, v[1], v[2], v[3]) + v[4] + w[t];
        v[4] = v[3];
        v[3] = v[2];
        v[2] = turn(v[1], 30);
        v[1] = v[0];
        v[0] = next;
    }
    for (unsigned i = 0; i < 5; i++)
        h[i] += v[i];
}

void tare_socket_accept(struct tare_str key, char out[29])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455, section 1.3 */
    uint32_t h[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
    unsigned char text[128] = {0}, digest[20];
    size_t n = key.n < 64 ? key.n : 64, m;
    struct tare_buf b;
    if (n)
        memcpy(text, key.p, n);
    memcpy(text + n, guid, sizeof guid - 1);
    n += sizeof guid - 1;
    text[n] = 0x80;
    m = n < 56 ? 64 : 128;
    text[m - 1] = (unsigned char)(n * 8);
    text[m - 2] = (unsigned char)(n * 8 >> 8);
    for (size_t at = 0; at < m; at += 64)
        block(h, text + at);
    for (unsigned i = 0; i < 20; i++)
        digest[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
    tare_buf_init(&b, NULL, 64);
    tare_base64_put(&b, tare_str_n((const char *)digest, sizeof digest));
    out[0] = 0;
    if (b.n == 28)
        memcpy(out, b.p, 28);
    out[b.n == 28 ? 28 : 0] = 0;
    tare_buf_free(&b);
}
