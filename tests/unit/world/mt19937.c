#include "mt19937.h"

#include "base/banned.h"

#define N 624u
#define M 397u

static void init_word(struct tare__mt19937 *m, uint32_t seed)
{
    m->word[0] = seed;
    for (uint32_t i = 1; i < N; i++)
        m->word[i] = 1812433253u * (m->word[i - 1] ^ (m->word[i - 1] >> 30)) + i;
    m->at = N;
}

void tare__mt19937_init(struct tare__mt19937 *m, uint64_t seed)
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t *w = m->word, i = 1, j = 0, n_key = key[1] != 0 ? 2 : 1;
    init_word(m, 19650218u);
    for (uint32_t k = N; k > 0; k--) {
        w[i] = (w[i] ^ ((w[i - 1] ^ (w[i - 1] >> 30)) * 1664525u)) + key[j] + j;
        j = (j + 1) % n_key;
        if (++i == N) {
            w[0] = w[N - 1];
            i = 1;
        }
    }
    for (uint32_t k = N - 1; k > 0; k--) {
        w[i] = (w[i] ^ ((w[i - 1] ^ (w[i - 1] >> 30)) * 1566083941u)) - i;
        if (++i == N) {
            w[0] = w[N - 1];
            i = 1;
        }
    }
    w[0] = 0x80000000u;
}

static void refill(struct tare__mt19937 *m)
{
    uint32_t *w = m->word;
    for (uint32_t i = 0; i < N; i++) {
        uint32_t y = (w[i] & 0x80000000u) | (w[(i + 1) % N] & 0x7fffffffu);
        w[i] = w[(i + M) % N] ^ (y >> 1) ^ ((y & 1u) ? 0x9908b0dfu : 0u);
    }
    m->at = 0;
}

uint32_t tare__mt19937_u32(struct tare__mt19937 *m)
{
    if (m->at >= N)
        refill(m);
    uint32_t y = m->word[m->at++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

uint32_t tare__mt19937_bits(struct tare__mt19937 *m, uint32_t k)
{
    return tare__mt19937_u32(m) >> (32 - k);
}

double tare__mt19937_unit(struct tare__mt19937 *m)
{
    uint32_t a = tare__mt19937_u32(m) >> 5, b = tare__mt19937_u32(m) >> 6;
    return (a * 67108864.0 + b) / 9007199254740992.0;
}

uint32_t tare__mt19937_below(struct tare__mt19937 *m, uint32_t n)
{
    uint32_t k = 0, x;
    while (k < 32 && (n >> k) != 0)
        k++;
    do
        x = tare__mt19937_bits(m, k);
    while (x >= n);
    return x;
}

void tare__mt19937_shuffle(struct tare__mt19937 *m, uint32_t *v, uint32_t n)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = tare__mt19937_below(m, i), keep = v[i - 1];
        v[i - 1] = v[j];
        v[j] = keep;
    }
}

void tare__mt19937_sample(struct tare__mt19937 *m, uint32_t n, uint32_t k, uint32_t *out)
{
    uint32_t pool[64];
    for (uint32_t i = 0; i < n; i++)
        pool[i] = i;
    for (uint32_t i = 0; i < k; i++) {
        uint32_t j = tare__mt19937_below(m, n - i);
        out[i] = pool[j];
        pool[j] = pool[n - i - 1];
    }
}
