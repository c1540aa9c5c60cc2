#include "text/schema_int.h"

#include "base/banned.h"

/* Exponents beyond this are all alike: no lexeme has so many digits. */
#define MAX_EXP INT64_C(1000000000000)

struct tare__decimal tare__decimal_of(struct tare_str s)
{
    struct tare__decimal d = {0};
    size_t i = 0, n_all = 0, first = SIZE_MAX, last = 0, first_at = 0, last_at = 0,
           whole = SIZE_MAX;
    int64_t e = 0;
    if (i < s.n && s.p[i] == '-') {
        d.negative = true;
        i++;
    }
    for (; i < s.n && (s.p[i] | 32) != 'e'; i++) {
        if (s.p[i] == '.') {
            whole = n_all;
            continue;
        }
        if (s.p[i] != '0') {
            if (first == SIZE_MAX) {
                first = n_all;
                first_at = i;
            }
            last = n_all;
            last_at = i;
        }
        n_all++;
    }
    if (first == SIZE_MAX)
        return (struct tare__decimal){0};
    if (i < s.n) {
        bool minus = s.p[++i] == '-';
        for (i += minus || s.p[i] == '+'; i < s.n; i++)
            e = e > MAX_EXP ? e : e * 10 + (s.p[i] - '0');
        e = minus ? -e : e;
    }
    d.digits = tare_str_n(s.p + first_at, last_at - first_at + 1);
    d.n = (uint32_t)(last - first + 1);
    d.exp = e + (int64_t)(whole == SIZE_MAX ? n_all : whole) - (int64_t)first;
    return d;
}

/* Of the digits alone, as fractions. */
static int digits_cmp(struct tare_str a, struct tare_str b)
{
    for (size_t i = 0, j = 0;; i++, j++) {
        i += i < a.n && a.p[i] == '.';
        j += j < b.n && b.p[j] == '.';
        if (i >= a.n || j >= b.n)
            return (i < a.n) - (j < b.n);
        if (a.p[i] != b.p[j])
            return a.p[i] > b.p[j] ? 1 : -1;
    }
}

static int sign_of(const struct tare__decimal *a)
{
    return a->n == 0 ? 0 : a->negative ? -1 : 1;
}

int tare__decimal_cmp(const struct tare__decimal *a, const struct tare__decimal *b)
{
    int sign = sign_of(a), other = sign_of(b);
    if (sign != other)
        return sign > other ? 1 : -1;
    if (a->exp != b->exp)
        return a->exp > b->exp ? sign : -sign;
    return sign * digits_cmp(a->digits, b->digits);
}

bool tare__decimal_integer(const struct tare__decimal *a)
{
    return a->exp >= (int64_t)a->n;
}

static uint64_t mul_mod(uint64_t a, uint64_t b, uint64_t m)
{
    uint64_t r = 0;
    if (a <= UINT32_MAX && b <= UINT32_MAX)
        return a * b % m;
    for (a %= m; b; b >>= 1) { /* m is below 2^63, so sums do not overflow */
        if (b & 1)
            r = (r + a) % m;
        a = (a + a) % m;
    }
    return r;
}

bool tare__decimal_multiple(const struct tare__decimal *a, const struct tare__decimal *b)
{
    if (a->n == 0)
        return true;
    int64_t scale = (a->exp - (int64_t)a->n) - (b->exp - (int64_t)b->n);
    uint64_t m = 0, r = 0, ten = 10;
    if (scale < 0) /* a's last digit is not 0, so no multiple of a power of ten */
        return false;
    for (size_t i = 0; i < b->digits.n; i++)
        if (b->digits.p[i] != '.')
            m = m * 10 + (uint64_t)(b->digits.p[i] - '0');
    for (size_t i = 0; i < a->digits.n; i++)
        if (a->digits.p[i] != '.')
            r = (mul_mod(r, 10, m) + (uint64_t)(a->digits.p[i] - '0')) % m;
    for (ten %= m; scale; scale >>= 1, ten = mul_mod(ten, ten, m))
        if (scale & 1)
            r = mul_mod(r, ten, m);
    return r == 0;
}
