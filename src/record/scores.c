/*
 * Scores of an attempt as bytes, one after the other in metric order. First a byte: bits 0-1 the
 * state, then two bits each for value, num and den: 0 it is +0, 1 a small whole number follows in
 * one byte, 2 a double follows (little-endian), 3 not a number.
 */
#include <math.h>

#include "record/store_int.h"

#include "base/banned.h"

enum kind { ZERO = 0, SMALL = 1, REAL = 2, NOT_A_NUMBER = 3 };

static unsigned kind_of(double x)
{
    if (isnan(x))
        return NOT_A_NUMBER;
    if (x == 0 && !signbit(x))
        return ZERO;
    if (x >= -128 && x <= 127 && x == (double)(int8_t)x && !(x == 0 && signbit(x)))
        return SMALL;
    return REAL;
}

static void put_number(struct tare_buf *out, unsigned kind, double x)
{
    if (kind == SMALL)
        tare_buf_putc(out, (char)(int8_t)x);
    if (kind != REAL)
        return;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    char b[8];
    for (unsigned i = 0; i < 8; i++)
        b[i] = (char)(uint8_t)(bits >> 8 * i);
    tare_buf_put(out, tare_str_n(b, sizeof b));
}

static void put_one(struct tare_buf *out, const struct tare_score *s)
{
    unsigned v = kind_of(s->value), n = kind_of(s->num), d = kind_of(s->den);
    tare_buf_putc(out, (char)(uint8_t)((unsigned)s->state | v << 2 | n << 4 | d << 6));
    put_number(out, v, s->value);
    put_number(out, n, s->num);
    put_number(out, d, s->den);
}

void tare__scores_put(struct tare_buf *out, const struct tare_score *scores, uint32_t n_scores,
                      uint32_t n_metrics)
{
    static const struct tare_score none = {.state = TARE_SCORE_MISSING};
    uint32_t i = 0;
    for (uint32_t m = 0; m < n_metrics; m++) {
        bool there = i < n_scores && scores[i].metric == m;
        put_one(out, there ? &scores[i] : &none);
        i += there;
    }
}

static bool get_number(struct tare__scores *r, unsigned kind, double *x)
{
    size_t left = (size_t)(r->end - r->p);
    if (kind == ZERO || kind == NOT_A_NUMBER) {
        *x = kind == ZERO ? 0.0 : (double)NAN;
        return true;
    }
    if (left < (kind == SMALL ? 1u : 8u))
        return false;
    if (kind == SMALL) {
        *x = (double)(int8_t)*r->p++;
        return true;
    }
    uint64_t bits = 0;
    for (unsigned i = 0; i < 8; i++)
        bits |= (uint64_t)r->p[i] << 8 * i;
    memcpy(x, &bits, sizeof *x);
    r->p += 8;
    return true;
}

bool tare__scores_next(struct tare__scores *r, struct tare_score *out)
{
    if (r->p == r->end)
        return false;
    unsigned head = *r->p++;
    out->state = (enum tare_score_state)(head & 3);
    out->reason = tare_str_n(NULL, 0);
    return get_number(r, head >> 2 & 3, &out->value) && get_number(r, head >> 4 & 3, &out->num) &&
           get_number(r, head >> 6 & 3, &out->den);
}
