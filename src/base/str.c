#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/banned.h"

int tare_str_cmp(struct tare_str a, struct tare_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c)
        return c;
    return a.n < b.n ? -1 : a.n > b.n;
}

bool tare_str_starts(struct tare_str s, struct tare_str prefix)
{
    return s.n >= prefix.n && tare_str_eq(tare_str_n(s.p, prefix.n), prefix);
}

bool tare_str_ends(struct tare_str s, struct tare_str suffix)
{
    if (s.n < suffix.n)
        return false;
    return suffix.n == 0 || tare_str_eq(tare_str_n(s.p + (s.n - suffix.n), suffix.n), suffix);
}

size_t tare_str_find(struct tare_str s, struct tare_str needle)
{
    if (needle.n == 0)
        return 0;
    size_t at = 0;
    while (s.n >= needle.n && at <= s.n - needle.n) {
        const char *hit = memchr(s.p + at, needle.p[0], s.n - needle.n - at + 1);
        if (!hit)
            break;
        if (memcmp(hit, needle.p, needle.n) == 0)
            return (size_t)(hit - s.p);
        at = (size_t)(hit - s.p) + 1;
    }
    return SIZE_MAX;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

struct tare_str tare_str_trim(struct tare_str s)
{
    while (s.n && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool tare_str_to_u64(struct tare_str s, uint64_t *out)
{
    uint64_t v = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return false;
        uint64_t d = (uint64_t)(s.p[i] - '0');
        if (v > (UINT64_MAX - d) / 10)
            return false;
        v = v * 10 + d;
    }
    *out = v;
    return true;
}

bool tare_str_to_i64(struct tare_str s, int64_t *out)
{
    bool minus = s.n && s.p[0] == '-';
    uint64_t v = 0;
    if (!tare_str_to_u64(minus ? tare_str_n(s.p + 1, s.n - 1) : s, &v))
        return false;
    if (v > (uint64_t)INT64_MAX + (minus ? 1u : 0u))
        return false;
    if (minus)
        *out = v ? -(int64_t)(v - 1) - 1 : 0;
    else
        *out = (int64_t)v;
    return true;
}

/* A decimal number taken apart: value = digits × 10^exp10. */
struct decimal {
    char digits[808]; /* 768 digits decide any double; the rest only says "not zero" */
    size_t n;
    bool more; /* a non-zero digit was left out */
    bool minus;
    int64_t exp10;
};

static void decimal_add(struct decimal *d, char c, bool fraction)
{
    if (d->n == 0 && c == '0') {
        d->exp10 -= fraction;
        return;
    }
    if (d->n < 800) {
        d->digits[d->n++] = c;
        d->exp10 -= fraction;
        return;
    }
    d->more = d->more || c != '0';
    d->exp10 += !fraction;
}

/* The exponent part after 'e'; far exponents are held at ±1,000,000, which no digits make up for.
 */
static bool read_exponent(struct tare_str s, int64_t *out)
{
    bool minus = s.n && s.p[0] == '-';
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    if (i == s.n)
        return false;
    int64_t v = 0;
    for (; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return false;
        if (v < 100000)
            v = v * 10 + (s.p[i] - '0');
    }
    *out = minus ? -v : v;
    return true;
}

static bool read_decimal(struct tare_str s, struct decimal *d)
{
    size_t i = 0, whole = 0, frac = 0;
    d->minus = s.n && s.p[0] == '-';
    if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
        i++;
    for (; i < s.n && is_digit(s.p[i]); i++, whole++)
        decimal_add(d, s.p[i], false);
    if (whole > 1 && s.p[i - whole] == '0')
        return false;
    if (i < s.n && s.p[i] == '.') {
        i++;
        for (; i < s.n && is_digit(s.p[i]); i++, frac++)
            decimal_add(d, s.p[i], true);
        if (frac == 0)
            return false;
    }
    if (whole + frac == 0)
        return false;
    if (i == s.n)
        return true;
    int64_t e = 0;
    if ((s.p[i] != 'e' && s.p[i] != 'E') ||
        !read_exponent(tare_str_n(s.p + i + 1, s.n - i - 1), &e))
        return false;
    d->exp10 += e;
    return true;
}

/* Clinger's fast path: both factors are exact doubles, so one rounding gives the right answer. */
static bool exact_product(const struct decimal *d, double *out)
{
    static const double pow10[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d->n > 15 || d->exp10 < -22 || d->exp10 > 22)
        return false;
    int64_t v = 0;
    for (size_t i = 0; i < d->n; i++)
        v = v * 10 + (d->digits[i] - '0');
    *out = d->exp10 < 0 ? (double)v / pow10[-d->exp10] : (double)v * pow10[d->exp10];
    return true;
}

static char *put_exponent(char *p, int64_t e)
{
    char rev[24];
    size_t n = 0;
    uint64_t v = e < 0 ? (uint64_t)-e : (uint64_t)e;
    *p++ = 'e';
    if (e < 0)
        *p++ = '-';
    do
        rev[n++] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    while (n)
        *p++ = rev[--n];
    return p;
}

bool tare_str_to_f64(struct tare_str s, double *out)
{
    struct decimal d;
    d.n = 0;
    d.more = false;
    d.exp10 = 0;
    if (!read_decimal(s, &d))
        return false;
    double x = 0;
    if (d.n && !exact_product(&d, &x)) {
        /* Whole digits and an exponent: no decimal point, so strtod reads it in any locale. */
        char text[840];
        size_t n = d.n;
        memcpy(text, d.digits, n);
        if (d.more) {
            text[n++] = '1';
            d.exp10--;
        }
        *put_exponent(text + n, d.exp10) = '\0';
        x = strtod(text, NULL);
    }
    if (!isfinite(x))
        return false;
    *out = d.minus ? -x : x;
    return true;
}
