#include "base/rng.h"

#include "base/banned.h"

/* Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011), section 3.3
 * and table 2; the Weyl constants are the golden ratio and the square root of 3, minus 1. */
#define MUL0 0xD2511F53u
#define MUL1 0xCD9E8D57u
#define WEYL0 0x9E3779B9u
#define WEYL1 0xBB67AE85u

void tare_philox4x32_10(const uint32_t key[2], const uint32_t ctr[4], uint32_t out[4])
{
    uint32_t k0 = key[0], k1 = key[1];
    uint32_t c0 = ctr[0], c1 = ctr[1], c2 = ctr[2], c3 = ctr[3];
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)MUL0 * c0, b = (uint64_t)MUL1 * c2;
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)b;
        c3 = (uint32_t)a;
        k0 += WEYL0;
        k1 += WEYL1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* FNV-1a of 64 bits (Fowler, Noll, Vo): purposes are few, short constants of ours. */
static uint64_t purpose_hash(struct tare_str s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (uint8_t)s.p[i]) * 0x100000001b3u;
    return h;
}

/*
 * The stream's name is one Philox block under the seed as key. For one seed that is a bijection,
 * so two different (purpose hash, index) never share a stream.
 */
void tare_rng_init(struct tare_rng *r, uint64_t seed, struct tare_str purpose, uint64_t index)
{
    uint64_t h = purpose_hash(purpose);
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t name[4] = {(uint32_t)h, (uint32_t)(h >> 32), (uint32_t)index, (uint32_t)(index >> 32)};
    uint32_t v[4];
    tare_philox4x32_10(key, name, v);
    *r = (struct tare_rng){.key = {v[0], v[1]}, .ctr = {0, 0, v[2], v[3]}, .used = 4};
}

uint32_t tare_rng_u32(struct tare_rng *r)
{
    if (r->used >= 4) {
        tare_philox4x32_10(r->key, r->ctr, r->out);
        r->used = 0;
        if (++r->ctr[0] == 0)
            r->ctr[1]++;
    }
    return r->out[r->used++];
}

uint64_t tare_rng_u64(struct tare_rng *r)
{
    uint64_t low = tare_rng_u32(r);
    return low | (uint64_t)tare_rng_u32(r) << 32;
}

/* Lemire: Fast Random Integer Generation in an Interval (2019), algorithm 5. */
uint32_t tare_rng_below(struct tare_rng *r, uint32_t n)
{
    uint64_t m = (uint64_t)tare_rng_u32(r) * n;
    if ((uint32_t)m < n) {
        uint32_t floor = (0u - n) % n;
        while ((uint32_t)m < floor)
            m = (uint64_t)tare_rng_u32(r) * n;
    }
    return (uint32_t)(m >> 32);
}

double tare_rng_unit(struct tare_rng *r)
{
    return (double)(tare_rng_u64(r) >> 11) * 0x1p-53;
}
