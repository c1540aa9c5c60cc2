#include "base/hash.h"

#include <xxhash.h>

#include "base/os.h"
#include "base/sha256_int.h"

#include "base/banned.h"

/* FIPS 180-4, section 4.2.2. */
const uint32_t tare__sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t load_be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void tare__sha256_blocks_plain(uint32_t h[8], const uint8_t *p, size_t n_blocks)
{
    for (; n_blocks; n_blocks--, p += 64) {
        uint32_t w[64], v[8];
        for (size_t i = 0; i < 16; i++)
            w[i] = load_be(p + 4 * i);
        for (size_t i = 16; i < 64; i++) {
            uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
            uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
            w[i] = w[i - 16] + s0 + w[i - 7] + s1;
        }
        memcpy(v, h, sizeof v);
        for (size_t i = 0; i < 64; i++) {
            uint32_t s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
            uint32_t ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
            uint32_t t1 = v[7] + s1 + ch + tare__sha256_k[i] + w[i];
            uint32_t s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
            uint32_t maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            memmove(v + 1, v, 7 * sizeof v[0]);
            v[4] += t1;
            v[0] = t1 + s0 + maj;
        }
        for (size_t i = 0; i < 8; i++)
            h[i] += v[i];
    }
}

static void blocks(uint32_t h[8], const uint8_t *p, size_t n_blocks)
{
    if (tare__sha256_has_ni())
        tare__sha256_blocks_ni(h, p, n_blocks);
    else
        tare__sha256_blocks_plain(h, p, n_blocks);
}

void tare_sha256_init(struct tare_sha256 *s)
{
    *s = (struct tare_sha256){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                    0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void tare_sha256_add(struct tare_sha256 *s, struct tare_str bytes)
{
    const uint8_t *p = (const uint8_t *)bytes.p;
    size_t n = bytes.n, have = s->n_bytes % 64;
    if (n == 0)
        return;
    s->n_bytes += n;
    if (have) {
        size_t take = n < 64 - have ? n : 64 - have;
        memcpy(s->block + have, p, take);
        p += take;
        n -= take;
        if (have + take < 64)
            return;
        blocks(s->h, s->block, 1);
    }
    if (n >= 64)
        blocks(s->h, p, n / 64);
    if (n % 64)
        memcpy(s->block, p + n / 64 * 64, n % 64);
}

struct tare_digest tare_sha256_end(struct tare_sha256 *s)
{
    size_t have = s->n_bytes % 64;
    uint64_t n_bits = s->n_bytes * 8;
    s->block[have++] = 0x80;
    if (have > 56) {
        memset(s->block + have, 0, 64 - have);
        blocks(s->h, s->block, 1);
        have = 0;
    }
    memset(s->block + have, 0, 56 - have);
    for (unsigned i = 0; i < 8; i++)
        s->block[56 + i] = (uint8_t)(n_bits >> (56 - 8 * i));
    blocks(s->h, s->block, 1);
    struct tare_digest d;
    for (unsigned i = 0; i < 32; i++)
        d.b[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
    return d;
}

struct tare_digest tare_sha256_of(struct tare_str bytes)
{
    struct tare_sha256 s;
    tare_sha256_init(&s);
    tare_sha256_add(&s, bytes);
    return tare_sha256_end(&s);
}

void tare_digest_hex(struct tare_digest d, char out[65])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = hex[d.b[i] >> 4];
        out[2 * i + 1] = hex[d.b[i] & 15];
    }
    out[64] = '\0';
}

bool tare_digest_eq(struct tare_digest a, struct tare_digest b)
{
    return memcmp(a.b, b.b, sizeof a.b) == 0;
}

uint64_t tare_hash64(struct tare_str bytes, uint64_t key)
{
    return XXH3_64bits_withSeed(bytes.n ? bytes.p : "", bytes.n, key);
}

uint64_t tare_hash_key(void)
{
    return tare_os_random();
}
