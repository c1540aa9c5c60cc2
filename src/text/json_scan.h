/*
 * The byte searches of the JSON parser: 16 bytes at a time with SSE2 where there is one, eight at
 * a time in plain C otherwise (also with -DTARE_PLAIN_SCAN, which the tests use to compare both).
 */
#ifndef TARE_TEXT_JSON_SCAN_H
#define TARE_TEXT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(TARE_PLAIN_SCAN)
#define TARE__SCAN_SSE2 1
#include <emmintrin.h>
#endif

#define TARE__SCAN_ONES UINT64_C(0x0101010101010101)
#define TARE__SCAN_HIGHS UINT64_C(0x8080808080808080)

static inline uint64_t tare__scan_load(const uint8_t *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

/* High bit of each byte of w that is below n (n <= 128); exact for the lowest such byte only. */
static inline uint64_t tare__scan_below(uint64_t w, uint8_t n)
{
    return (w - TARE__SCAN_ONES * n) & ~w & TARE__SCAN_HIGHS;
}

static inline uint64_t tare__scan_equal(uint64_t w, uint8_t c)
{
    return tare__scan_below(w ^ (TARE__SCAN_ONES * c), 1);
}

static inline bool tare__scan_is_special(uint8_t c)
{
    return c == '"' || c == '\\' || c < 0x20;
}

/* The first quote, backslash or control character of [p, end), or end. Adds to *high (a nonzero
 * value) when a byte above 0x7e stands before it: one that ASCII output has to escape. */
static inline const uint8_t *tare__scan_string(const uint8_t *p, const uint8_t *end, unsigned *high)
{
#ifdef TARE__SCAN_SSE2
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1f), del = _mm_set1_epi8(0x7f);
    while (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, control), v));
        unsigned m = (unsigned)_mm_movemask_epi8(hit);
        unsigned h = (unsigned)_mm_movemask_epi8(_mm_or_si128(v, _mm_cmpeq_epi8(v, del)));
        if (m) {
            *high |= h & (m ^ (m - 1));
            return p + __builtin_ctz(m);
        }
        *high |= h;
        p += 16;
    }
#else
    while (end - p >= 8) {
        uint64_t w = tare__scan_load(p);
        if (tare__scan_equal(w, '"') | tare__scan_equal(w, '\\') | tare__scan_below(w, 0x20))
            break;
        *high |= ((w | tare__scan_equal(w, 0x7f)) & TARE__SCAN_HIGHS) != 0;
        p += 8;
    }
#endif
    while (p < end && !tare__scan_is_special(*p))
        *high |= *p++ > 0x7e;
    return p;
}

/* The first byte of [p, end) that is not JSON white space, or end. */
static inline const uint8_t *tare__scan_space(const uint8_t *p, const uint8_t *end)
{
    while (p < end && *p <= ' ') {
        if (*p == ' ') {
            while (end - p >= 8 && tare__scan_load(p) == TARE__SCAN_ONES * ' ')
                p += 8;
            while (p < end && *p == ' ')
                p++;
        } else if (*p == '\n' || *p == '\r' || *p == '\t') {
            p++;
        } else {
            break;
        }
    }
    return p;
}

/* How many of [p, p + n) are one of , : [ { : no JSON text has more nodes than that plus one. */
static inline size_t tare__scan_count(const uint8_t *p, size_t n)
{
    size_t total = 0, i = 0;
#ifdef TARE__SCAN_SSE2
    const __m128i comma = _mm_set1_epi8(','), colon = _mm_set1_epi8(':');
    const __m128i brace = _mm_set1_epi8('{'), bit = _mm_set1_epi8(0x20);
    while (n - i >= 16) {
        size_t blocks = (n - i) / 16 < 255 ? (n - i) / 16 : 255;
        __m128i sum = _mm_setzero_si128();
        for (size_t b = 0; b < blocks; b++, i += 16) {
            __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
            __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, comma), _mm_cmpeq_epi8(v, colon));
            hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_or_si128(v, bit), brace));
            sum = _mm_sub_epi8(sum, hit);
        }
        __m128i s = _mm_sad_epu8(sum, _mm_setzero_si128());
        total += (size_t)_mm_cvtsi128_si64(s) + (size_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(s, s));
    }
#endif
    for (; i < n; i++)
        total += p[i] == ',' || p[i] == ':' || (p[i] | 0x20) == '{';
    return total;
}

/* The first byte of [p, end) above 0x7e, or end. */
static inline const uint8_t *tare__scan_high(const uint8_t *p, const uint8_t *end)
{
#ifdef TARE__SCAN_SSE2
    const __m128i del = _mm_set1_epi8(0x7f);
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        unsigned m = (unsigned)_mm_movemask_epi8(_mm_or_si128(v, _mm_cmpeq_epi8(v, del)));
        if (m)
            return p + __builtin_ctz(m);
    }
#else
    for (; end - p >= 8; p += 8) {
        uint64_t w = tare__scan_load(p);
        if ((w | tare__scan_equal(w, 0x7f)) & TARE__SCAN_HIGHS)
            break;
    }
#endif
    while (p < end && *p < 0x7f)
        p++;
    return p;
}

#endif
