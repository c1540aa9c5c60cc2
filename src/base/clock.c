#include "base/clock.h"

#include <stdbool.h>
#include <time.h>

#include "base/banned.h"

#define NS 1000000000

static int64_t read_clock(clockid_t id)
{
    struct timespec t = {0};
    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * NS + t.tv_nsec;
}

static int64_t system_mono(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_wall(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

const struct tare_clock *tare_clock_system(void)
{
    static const struct tare_clock clock = {system_mono, system_wall, NULL};
    return &clock;
}

static int64_t fake_mono(void *ctx)
{
    return ((const struct tare_clock_fake *)ctx)->mono;
}

static int64_t fake_wall(void *ctx)
{
    return ((const struct tare_clock_fake *)ctx)->wall;
}

void tare_clock_fake_init(struct tare_clock_fake *f, int64_t mono_ns, int64_t wall_ns)
{
    *f = (struct tare_clock_fake){{fake_mono, fake_wall, f}, mono_ns, wall_ns};
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 of a date of the Gregorian calendar, by counting years that begin in
 * March, so that the leap day is the last of its year; 400 years are 146,097 days. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400), in_era = y - era * 400;
    int64_t in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static void put_number(char *out, int64_t v, int width)
{
    for (int i = width - 1; i >= 0; i--, v /= 10)
        out[i] = (char)('0' + v % 10);
}

void tare_time_format(int64_t wall_ns, char out[21])
{
    int64_t seconds = floor_div(wall_ns, NS), days = floor_div(seconds, 86400);
    int64_t in_day = seconds - days * 86400, z = days + 719468;
    int64_t era = floor_div(z, 146097), d = z - era * 146097;
    int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    d -= 365 * y + y / 4 - y / 100;
    int64_t m = (5 * d + 2) / 153, month = m < 10 ? m + 3 : m - 9;
    static const char shape[] = "0000-00-00T00:00:00Z";
    for (size_t i = 0; i < sizeof shape; i++)
        out[i] = shape[i];
    put_number(out, y + era * 400 + (month <= 2), 4);
    put_number(out + 5, month, 2);
    put_number(out + 8, d - (153 * m + 2) / 5 + 1, 2);
    put_number(out + 11, in_day / 3600, 2);
    put_number(out + 14, in_day / 60 % 60, 2);
    put_number(out + 17, in_day % 60, 2);
}

struct cursor {
    const char *p, *end;
};

static bool take_number(struct cursor *c, int width, int min, int max, int *out)
{
    int v = 0;
    if (c->end - c->p < width)
        return false;
    for (int i = 0; i < width; i++, c->p++) {
        if (*c->p < '0' || *c->p > '9')
            return false;
        v = v * 10 + (*c->p - '0');
    }
    *out = v;
    return v >= min && v <= max;
}

static bool take(struct cursor *c, char ch)
{
    if (c->p == c->end || *c->p != ch)
        return false;
    c->p++;
    return true;
}

/* Optional ".123…": nanoseconds; further digits are checked and dropped. */
static bool take_fraction(struct cursor *c, int64_t *ns)
{
    *ns = 0;
    if (!take(c, '.'))
        return true;
    int64_t unit = NS / 10;
    const char *start = c->p;
    for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++, unit /= 10)
        *ns += (*c->p - '0') * unit;
    return c->p > start;
}

static bool take_zone(struct cursor *c, int64_t *seconds)
{
    *seconds = 0;
    if (take(c, 'Z') || take(c, 'z'))
        return true;
    bool minus = take(c, '-');
    int h = 0, m = 0;
    if (!minus && !take(c, '+'))
        return false;
    if (!take_number(c, 2, 0, 23, &h))
        return false;
    (void)take(c, ':');
    if (!take_number(c, 2, 0, 59, &m))
        return false;
    *seconds = (minus ? -1 : 1) * (h * 3600 + m * 60);
    return true;
}

static bool month_has(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap);
}

int tare_time_parse(const char *p, size_t n, int64_t *wall_ns)
{
    struct cursor c = {p, p + n};
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    int64_t ns = 0, zone = 0;
    bool date = take_number(&c, 4, 0, 9999, &y) && take(&c, '-') &&
                take_number(&c, 2, 1, 12, &mo) && take(&c, '-') && take_number(&c, 2, 1, 31, &d);
    if (!date || !month_has(y, mo, d))
        return 0;
    if (!take(&c, 'T') && !take(&c, 't') && !take(&c, ' '))
        return 0;
    bool time = take_number(&c, 2, 0, 23, &h) && take(&c, ':') && take_number(&c, 2, 0, 59, &mi) &&
                take(&c, ':') && take_number(&c, 2, 0, 60, &s) && take_fraction(&c, &ns) &&
                take_zone(&c, &zone);
    if (!time || c.p != c.end)
        return 0;
    int64_t seconds = days_of(y, mo, d) * 86400 + h * 3600 + mi * 60 + s - zone;
    /* Nanoseconds in 64 bits reach from 1677 to 2262. */
    if (seconds > INT64_MAX / NS - 1 || seconds < INT64_MIN / NS + 1)
        return 0;
    *wall_ns = seconds * NS + ns;
    return 1;
}
