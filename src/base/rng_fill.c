/*
 * Philox in bulk: the same numbers as one at a time. Where the machine has AVX2, sixteen blocks
 * run side by side; the bits do not depend on it.
 */
#include "base/rng.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include "base/banned.h"

#define LANES 16u
#define MUL0 0xD2511F53u
#define MUL1 0xCD9E8D57u
#define WEYL0 0x9E3779B9u
#define WEYL1 0xBB67AE85u

static bool has_wide(void)
{
    return __builtin_cpu_supports("avx2");
}

/* One word of four blocks a vector, in the low half of each 64-bit lane. The high halves hold
 * leftovers, which the multiplication ignores and nothing else reads. */
struct quad {
    __m256i c0, c1, c2, c3;
};

__attribute__((target("avx2"))) static inline struct quad one_round(struct quad q, __m256i k0,
                                                                    __m256i k1)
{
    __m256i a = _mm256_mul_epu32(q.c0, _mm256_set1_epi64x(MUL0));
    __m256i b = _mm256_mul_epu32(q.c2, _mm256_set1_epi64x(MUL1));
    __m256i n0 = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(b, 32), q.c1), k0);
    __m256i n2 = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(a, 32), q.c3), k1);
    return (struct quad){n0, b, n2, a};
}

__attribute__((target("avx2"))) static inline void store_quad(struct quad q, uint64_t *out)
{
    __m256i low = _mm256_set1_epi64x(0xffffffff);
    __m256i even = _mm256_or_si256(_mm256_and_si256(q.c0, low), _mm256_slli_epi64(q.c1, 32));
    __m256i odd = _mm256_or_si256(_mm256_and_si256(q.c2, low), _mm256_slli_epi64(q.c3, 32));
    __m256i first = _mm256_unpacklo_epi64(even, odd), second = _mm256_unpackhi_epi64(even, odd);
    _mm256_storeu_si256((__m256i *)(void *)out, _mm256_permute2x128_si256(first, second, 0x20));
    _mm256_storeu_si256((__m256i *)(void *)(out + 4),
                        _mm256_permute2x128_si256(first, second, 0x31));
}

/* Blocks ctr … ctr + LANES - 1 of the stream, whose low words do not wrap. */
__attribute__((target("avx2"))) static void fill_wide(const struct tare_rng *r, uint64_t *out)
{
    struct quad q[LANES / 4];
    for (unsigned i = 0; i < LANES / 4; i++) {
        long long base = (long long)r->ctr[0] + 4 * (long long)i;
        q[i].c0 = _mm256_set_epi64x(base + 3, base + 2, base + 1, base);
        q[i].c1 = _mm256_set1_epi64x(r->ctr[1]);
        q[i].c2 = _mm256_set1_epi64x(r->ctr[2]);
        q[i].c3 = _mm256_set1_epi64x(r->ctr[3]);
    }
    uint32_t k0 = r->key[0], k1 = r->key[1];
    for (int round = 0; round < 10; round++) {
        __m256i v0 = _mm256_set1_epi64x(k0), v1 = _mm256_set1_epi64x(k1);
        for (unsigned i = 0; i < LANES / 4; i++)
            q[i] = one_round(q[i], v0, v1);
        k0 += WEYL0;
        k1 += WEYL1;
    }
    for (unsigned i = 0; i < LANES / 4; i++)
        store_quad(q[i], out + 8 * i);
}

#else

#include "base/banned.h"

#define LANES 16u

static bool has_wide(void)
{
    return false;
}

static void fill_wide(const struct tare_rng *r, uint64_t *out)
{
    (void)r;
    (void)out;
}

#endif

void tare_rng_fill_u64(struct tare_rng *r, uint64_t *out, size_t n)
{
    size_t i = 0;
    for (; i < n && r->used < 4; i++)
        out[i] = tare_rng_u64(r);
    if (r->used >= 4 && has_wide()) /* at a block's border; else words pair across borders */
        for (; n - i >= 2 * LANES && r->ctr[0] <= UINT32_MAX - LANES; i += 2 * LANES) {
            fill_wide(r, out + i);
            r->ctr[0] += LANES;
        }
    for (; i < n; i++)
        out[i] = tare_rng_u64(r);
}
