#include "view/number.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"

#include "base/banned.h"

#define MINUS "\xe2\x88\x92"   /* U+2212 */
#define EN_DASH "\xe2\x80\x93" /* U+2013 */
#define LESS_EQ "\xe2\x89\xa4" /* U+2264 */

static bool is_share(const struct tare_metric *m)
{
    return tare_str_is(m->unit, "share") || (m->unit.n == 0 && m->min == 0 && m->max == 1);
}

struct tare_scale tare_scale_of(const struct tare_metric *metric, double half_width)
{
    if (is_share(metric))
        return (struct tare_scale){100, 1};
    if (!(half_width > 0))
        return (struct tare_scale){1, 2};
    int decimals = 1 - (int)floor(log10(2 * half_width));
    return (struct tare_scale){1, decimals < 0 ? 0 : decimals > 4 ? 4 : decimals};
}

const char *tare_scale_unit(const struct tare_metric *metric)
{
    return is_share(metric) ? "%" : tare_str_is(metric->unit, "steps") ? "steps" : "";
}

const char *tare_scale_diff_unit(const struct tare_metric *metric)
{
    return is_share(metric) || tare_str_is(metric->unit, "points") ? "points"
           : tare_str_is(metric->unit, "steps")                    ? "steps"
                                                                   : "";
}

/* Digits with a true minus; a value that rounds to 0 has no sign. */
static struct tare_number digits(double x, struct tare_scale s, bool plus, bool unicode)
{
    struct tare_number out = {EN_DASH};
    if (!unicode)
        out = (struct tare_number){"-"};
    if (isnan(x))
        return out;
    char plain[40];
    (void)snprintf(plain, sizeof plain, "%.*f", s.decimals, fabs(x * s.factor));
    bool zero = strspn(plain, "0.") == strlen(plain);
    const char *sign = zero || !(x < 0) ? plus && !zero ? "+" : "" : unicode ? MINUS : "-";
    (void)snprintf(out.s, sizeof out.s, "%s%s", sign, plain);
    return out;
}

struct tare_number tare_number_value(double x, struct tare_scale s, bool unicode)
{
    return digits(x, s, false, unicode);
}

struct tare_number tare_number_diff(double x, struct tare_scale s, bool unicode)
{
    return digits(x, s, true, unicode);
}

struct tare_number tare_number_range(double lo, double hi, struct tare_scale s, bool unicode)
{
    struct tare_number a = digits(lo, s, false, unicode), b = digits(hi, s, false, unicode), out;
    if (isnan(lo) || isnan(hi))
        return (struct tare_number){""};
    /* "91.2–100": the end of the scale needs no decimals. */
    if (s.factor == 100 && hi == 1)
        b = (struct tare_number){"100"};
    bool spaced = lo < 0;
    (void)snprintf(out.s, sizeof out.s, "%.20s%s%.20s", a.s,
                   spaced ? " to " : (unicode ? EN_DASH : "-"), b.s);
    return out;
}

struct tare_number tare_number_diff_range(double lo, double hi, struct tare_scale s, bool unicode)
{
    struct tare_number a = digits(lo, s, true, unicode), b = digits(hi, s, true, unicode), out;
    (void)snprintf(out.s, sizeof out.s, "%.20s to %.20s", a.s, b.s);
    return out;
}

/* Relation and number apart, so that "p = 0.035" and "0.035" agree. */
static const char *p_parts(double p, uint64_t resamples, bool unicode, char number[24])
{
    if (isnan(p)) {
        (void)snprintf(number, 24, "%s", unicode ? EN_DASH : "-");
        return "";
    }
    bool at_floor = resamples > 0 && p <= 1.0 / ((double)resamples + 1) * 1.000001;
    if (p > 0.999) {
        (void)snprintf(number, 24, "%s", p >= 1 ? "1" : "0.999");
        return p >= 1 ? "" : "> ";
    }
    if (p >= 0.001) {
        (void)snprintf(number, 24, "%.3f", p);
    } else if (p < 1e-300) {
        (void)snprintf(number, 24, "%s",
                       unicode ? "1e\xe2\x88\x92"
                                 "300"
                               : "1e-300");
        return "< ";
    } else {
        int exponent = (int)floor(log10(p));
        double lead = p / pow(10, exponent);
        if (lead >= 9.95) {
            lead = 1;
            exponent++;
        }
        (void)snprintf(number, 24, "%.1fe%s%d", lead, unicode ? MINUS : "-", -exponent);
    }
    return at_floor ? (unicode ? LESS_EQ " " : "<= ") : "";
}

struct tare_number tare_number_p(double p, uint64_t resamples, bool unicode)
{
    char number[24];
    struct tare_number out;
    const char *relation = p_parts(p, resamples, unicode, number);
    (void)snprintf(out.s, sizeof out.s, "%s%s", relation, number);
    return out;
}

struct tare_number tare_number_p_eq(double p, uint64_t resamples, bool unicode)
{
    char number[24];
    struct tare_number out;
    const char *relation = p_parts(p, resamples, unicode, number);
    (void)snprintf(out.s, sizeof out.s, "p %s%s", *relation ? relation : "= ", number);
    return out;
}

struct tare_number tare_number_count(uint64_t n)
{
    char plain[24];
    struct tare_number out = {""};
    int len = snprintf(plain, sizeof plain, "%llu", (unsigned long long)n);
    size_t at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out.s[at++] = ',';
        out.s[at++] = plain[i];
    }
    out.s[at] = '\0';
    return out;
}

struct tare_number tare_number_money(double usd)
{
    struct tare_number out;
    if (isnan(usd))
        return (struct tare_number){"-"};
    if (usd < 10)
        (void)snprintf(out.s, sizeof out.s, "$%.2f", usd);
    else if (usd < 1000)
        (void)snprintf(out.s, sizeof out.s, "$%.1f", usd);
    else
        (void)snprintf(out.s, sizeof out.s, "$%.40s", tare_number_count((uint64_t)(usd + 0.5)).s);
    return out;
}

struct tare_number tare_number_time(int64_t ns)
{
    struct tare_number out;
    int64_t ms = ns / 1000000, s = ms / 1000;
    if (ms < 1000)
        (void)snprintf(out.s, sizeof out.s, "%lld ms", (long long)ms);
    else if (s < 10)
        (void)snprintf(out.s, sizeof out.s, "%.1f s", (double)ms / 1000);
    else if (s < 120)
        (void)snprintf(out.s, sizeof out.s, "%lld s", (long long)s);
    else if (s < 7200)
        (void)snprintf(out.s, sizeof out.s, "%lld min %lld s", (long long)(s / 60),
                       (long long)(s % 60));
    else
        (void)snprintf(out.s, sizeof out.s, "%lld h %lld min", (long long)(s / 3600),
                       (long long)(s / 60 % 60));
    return out;
}

struct tare_number tare_number_short(uint64_t n)
{
    struct tare_number out;
    if (n < 1000)
        (void)snprintf(out.s, sizeof out.s, "%llu", (unsigned long long)n);
    else if (n < 1000000)
        (void)snprintf(out.s, sizeof out.s, "%.1f k", (double)n / 1e3);
    else
        (void)snprintf(out.s, sizeof out.s, "%.1f M", (double)n / 1e6);
    return out;
}

struct tare_number tare_number_when(int64_t wall_ns)
{
    char iso[21];
    struct tare_number out;
    tare_time_format(wall_ns, iso);
    (void)snprintf(out.s, sizeof out.s, "%.10s %.5s", iso, iso + 11);
    return out;
}
