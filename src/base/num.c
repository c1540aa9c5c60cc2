#include "base/num.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* x = 0.d1d2d3… × 10^point, d1 not '0', no trailing zeros. */
struct shortest {
    char digits[20];
    int n, point;
};

static void set_digits(struct shortest *s, uint64_t v, int exp10)
{
    char rev[20];
    int n = 0;
    while (v % 10 == 0) {
        v /= 10;
        exp10++;
    }
    for (; v; v /= 10)
        rev[n++] = (char)('0' + v % 10);
    for (int i = 0; i < n; i++)
        s->digits[i] = rev[n - 1 - i];
    s->n = n;
    s->point = n + exp10;
}

/* Few decimals: x is the correctly rounded quotient of two exact doubles, hence a decimal of at
 * most 15 digits, of which there is only one that reads back as x. */
static bool few_decimals(double x, struct shortest *s)
{
    static const double pow10[] = {1, 10, 1e2, 1e3, 1e4, 1e5, 1e6};
    for (int k = 0; k < 7; k++) {
        double r = nearbyint(x * pow10[k]);
        if (!(r < 1e15))
            return false;
        if (r >= 1 && r / pow10[k] == x) {
            set_digits(s, (uint64_t)r, -k);
            return true;
        }
    }
    return false;
}

/* The decimal of n digits that printf gives, checked by reading it back. The decimal point of the
 * locale is skipped by taking digits only, and whole digits with an exponent read back in any. */
static bool try_digits(double x, int n, bool next, struct shortest *s)
{
    char text[64], back[64];
    (void)snprintf(text, sizeof text, "%.*e", n - 1, x);
    uint64_t v = 0;
    const char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9')
            v = v * 10 + (uint64_t)(*p - '0');
    int exp10 = (int)strtol(p + 1, NULL, 10) - (n - 1);
    v += next;
    (void)snprintf(back, sizeof back, "%llue%d", (unsigned long long)v, exp10);
    if (strtod(back, NULL) != x)
        return false;
    set_digits(s, v, exp10);
    return true;
}

/* Below a power of two the doubles lie twice as dense, so the nearest decimal may be one below
 * that does not read back while its upper neighbour does; hence the second try. */
static void find_shortest(double x, struct shortest *s)
{
    if (few_decimals(x, s))
        return;
    /* Of 15 digits or fewer only one decimal reads back; below the normal range not even one may
     * need so many. */
    for (int n = x < DBL_MIN ? 1 : 15; n < 17; n++)
        if (try_digits(x, n, false, s) || try_digits(x, n, true, s))
            return;
    (void)try_digits(x, 17, false, s);
}

static size_t put_plain(const struct shortest *s, char *out)
{
    size_t n = 0;
    if (s->point <= 0) {
        memcpy(out, "0.", 2);
        n = 2;
        for (int i = s->point; i < 0; i++)
            out[n++] = '0';
    }
    for (int i = 0; i < s->n; i++) {
        if (i > 0 && i == s->point)
            out[n++] = '.';
        out[n++] = s->digits[i];
    }
    for (int i = s->n; i < s->point; i++)
        out[n++] = '0';
    if (s->point >= s->n) {
        memcpy(out + n, ".0", 2);
        n += 2;
    }
    return n;
}

static size_t put_exponent(const struct shortest *s, char *out)
{
    size_t n = 0;
    int e = s->point - 1, mag = e < 0 ? -e : e;
    out[n++] = s->digits[0];
    if (s->n > 1) {
        out[n++] = '.';
        memcpy(out + n, s->digits + 1, (size_t)s->n - 1);
        n += (size_t)s->n - 1;
    }
    out[n++] = 'e';
    out[n++] = e < 0 ? '-' : '+';
    if (mag >= 100)
        out[n++] = (char)('0' + mag / 100);
    out[n++] = (char)('0' + mag / 10 % 10);
    out[n++] = (char)('0' + mag % 10);
    return n;
}

size_t tare_num_repr(double x, char out[32])
{
    size_t n = 0;
    if (isnan(x)) {
        memcpy(out, "nan", 4);
        return 3;
    }
    if (signbit(x)) {
        out[n++] = '-';
        x = -x;
    }
    if (isinf(x)) {
        memcpy(out + n, "inf", 4);
        return n + 3;
    }
    if (x == 0) {
        memcpy(out + n, "0.0", 4);
        return n + 3;
    }
    struct shortest s = {.n = 0};
    find_shortest(x, &s);
    /* Python's repr: plain notation for 1e-4 <= x < 1e16. */
    n += s.point > -4 && s.point <= 16 ? put_plain(&s, out + n) : put_exponent(&s, out + n);
    out[n] = '\0';
    return n;
}

size_t tare_num_json(double x, char out[32])
{
    if (isfinite(x))
        return tare_num_repr(x, out);
    memcpy(out, "null", 5);
    return 4;
}
