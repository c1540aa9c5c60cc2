/* The value of a number's lexeme: as a double, in canonical spelling, and compared exactly. */
#include "base/num.h"
#include "text/json_int.h"

#include <math.h>

#include "base/banned.h"

/* Powers of ten that a double holds exactly (Clinger 1990: one rounding when both factors are). */
static const double exact_power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* At most 19 digits without exponent, 2^53 at most: read without the slow path. */
static bool short_decimal(struct tare_str s, double *out)
{
    size_t i = s.n > 0 && s.p[0] == '-', point = s.n;
    uint64_t x = 0;
    bool negative = i == 1;
    if (s.n > 19)
        return false;
    for (; i < s.n; i++) {
        unsigned d = (unsigned)(unsigned char)s.p[i] - '0';
        if (d < 10)
            x = x * 10 + d;
        else if (s.p[i] == '.')
            point = i + 1;
        else
            return false;
    }
    if (x > UINT64_C(1) << 53)
        return false;
    double v = (double)x / exact_power[s.n - point];
    *out = negative ? -v : v;
    return true;
}

bool tare_json_f64(struct tare_json v, double *out)
{
    if (tare_json_kind(v) != TARE_JSON_NUMBER)
        return false;
    struct tare_str s = tare_json_lexeme(v);
    if (short_decimal(s, out))
        return true;
    if (s.p[s.n - 1] == 'N') {
        *out = (double)NAN;
        return true;
    }
    if (s.p[s.n - 1] == 'y') {
        *out = s.p[0] == '-' ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    return tare_str_to_f64(s, out);
}

/*
 * True when a lexeme with a fraction is already what repr gives: decimals of at most 15 digits
 * name different doubles, so the shortest spelling of the double is the lexeme itself, if it has
 * no needless zero and no size for which repr uses an exponent.
 */
static bool is_repr(struct tare_str s)
{
    size_t i = s.n > 0 && s.p[0] == '-', first = i, point = 0, digits = 0;
    for (; i < s.n; i++) {
        if (s.p[i] == '.')
            point = i;
        else if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        else
            digits++;
    }
    if (point == 0 || digits > 15)
        return false;
    if (s.p[s.n - 1] == '0' && s.n - point > 2)
        return false;
    bool small = s.p[first] == '0' && s.n - point > 4 && memcmp(s.p + point + 1, "0000", 4) == 0;
    return !small;
}

void tare__json_canonical_number(const struct tare__json_node *v, struct tare_buf *out)
{
    struct tare_str s = tare_str_n(v->u.s, v->len);
    char text[32];
    double x;
    if (v->flags & TARE__JSON_INTEGER) {
        tare_buf_put(out, s.n == 2 && s.p[0] == '-' && s.p[1] == '0' ? TARE_S("0") : s);
    } else if (is_repr(s) || s.p[s.n - 1] == 'N' || s.p[s.n - 1] == 'y') {
        tare_buf_put(out, s);
    } else if (tare_str_to_f64(s, &x)) {
        tare_buf_put(out, tare_str_n(text, tare_num_repr(x, text)));
    } else { /* too large for a double */
        tare_buf_puts(out, s.p[0] == '-' ? "-Infinity" : "Infinity");
    }
}

/* A decimal as digits without outer zeros and the power of ten of the place after them. */
struct decimal {
    const char *lead, *frac; /* digits before and after the point, outer zeros removed */
    size_t n_lead, n_frac;
    int64_t power; /* of the place just before the first kept digit */
    bool negative, zero, huge;
};

static int64_t exponent(struct tare_str s, bool *huge)
{
    int64_t x = 0;
    size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+');
    for (; i < s.n; i++) {
        if (x > INT64_MAX / 100)
            *huge = true;
        else
            x = x * 10 + (s.p[i] - '0');
    }
    return s.n > 0 && s.p[0] == '-' ? -x : x;
}

/* Takes the zeros away that stand before the first and after the last digit that counts. */
static void trim_zeros(struct decimal *d)
{
    for (; d->n_lead && *d->lead == '0'; d->lead++, d->n_lead--)
        d->power--;
    for (; !d->n_lead && d->n_frac && *d->frac == '0'; d->frac++, d->n_frac--)
        d->power--;
    while (d->n_frac && d->frac[d->n_frac - 1] == '0')
        d->n_frac--;
    while (!d->n_frac && d->n_lead && d->lead[d->n_lead - 1] == '0')
        d->n_lead--;
    d->zero = d->n_lead + d->n_frac == 0;
}

static struct decimal decimal(struct tare_str s)
{
    struct decimal d = {.negative = s.p[0] == '-'};
    size_t i = d.negative, e = i, point;
    while (e < s.n && s.p[e] != 'e' && s.p[e] != 'E')
        e++;
    if (e < s.n)
        d.power = exponent(tare_str_n(s.p + e + 1, s.n - e - 1), &d.huge);
    for (point = i; point < e && s.p[point] != '.';)
        point++;
    d.power += (int64_t)(point - i);
    d.lead = s.p + i;
    d.n_lead = point - i;
    d.frac = point < e ? s.p + point + 1 : s.p + e;
    d.n_frac = point < e ? e - point - 1 : 0;
    trim_zeros(&d);
    return d;
}

static char digit_at(const struct decimal *d, size_t i)
{
    return i < d->n_lead ? d->lead[i] : d->frac[i - d->n_lead];
}

static bool is_word(struct tare_str s)
{
    return s.p[s.n - 1] == 'N' || s.p[s.n - 1] == 'y';
}

bool tare__json_number_equal(struct tare_str a, struct tare_str b)
{
    if (is_word(a) || is_word(b))
        return tare_str_eq(a, b);
    struct decimal x = decimal(a), y = decimal(b);
    size_t n = x.n_lead + x.n_frac;
    if (x.zero || y.zero)
        return x.zero && y.zero;
    if (x.huge || y.huge) /* exponents beyond 10^16: the same only when written the same */
        return tare_str_eq(a, b);
    if (x.negative != y.negative || x.power != y.power || n != y.n_lead + y.n_frac)
        return false;
    for (size_t i = 0; i < n; i++)
        if (digit_at(&x, i) != digit_at(&y, i))
            return false;
    return true;
}
