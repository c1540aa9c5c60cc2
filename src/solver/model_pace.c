#include "solver/model_pace.h"

#include "base/clock.h"
#include "base/limits.h"

#include "base/banned.h"

#define MS INT64_C(1000000)
#define START_LIMIT 32u
#define DOWN_AFTER 8u /* failures in a row */
#define COOL_FIRST_MS 1000
#define COOL_MOST_MS 30000

void tare_pace_init(struct tare_pace *p, uint32_t most)
{
    *p = (struct tare_pace){.most = most, .limit = most < START_LIMIT ? most : START_LIMIT};
}

bool tare_pace_free(const struct tare_pace *p, int64_t now_ns)
{
    if (p->open)
        return !p->probing && now_ns >= p->probe_ns;
    return p->flying < p->limit && now_ns >= p->pause_ns;
}

void tare_pace_sent(struct tare_pace *p, int64_t now_ns)
{
    p->flying++;
    p->probing = p->open;
    if (now_ns >= p->pause_ns)
        p->pause_ns = 0;
}

void tare_pace_neither(struct tare_pace *p)
{
    if (p->flying)
        p->flying--;
    p->probing = false;
}

void tare_pace_good(struct tare_pace *p)
{
    tare_pace_neither(p);
    p->open = false;
    p->failed_in_row = 0;
    p->cool_ms = 0;
    p->ever_good = true;
    if (++p->good_in_window < p->limit)
        return;
    p->good_in_window = 0;
    if (p->limit < p->most)
        p->limit++;
}

void tare_pace_too_many(struct tare_pace *p, int64_t began_ns, int64_t now_ns, int64_t wait_ms)
{
    tare_pace_neither(p);
    p->open = false; /* it answers */
    p->failed_in_row = 0;
    p->good_in_window = 0;
    if (began_ns >= p->lowered_ns) {
        p->limit = p->limit > 1 ? p->limit / 2 : 1;
        p->lowered_ns = now_ns;
    }
    int64_t until = now_ns + wait_ms * MS;
    if (wait_ms > 0 && until > p->pause_ns)
        p->pause_ns = until;
}

void tare_pace_down(struct tare_pace *p, int64_t now_ns)
{
    bool probe = p->open && p->probing;
    tare_pace_neither(p);
    p->good_in_window = 0;
    p->failed_in_row++;
    if (p->open && !probe)
        return; /* it had been sent before */
    if (!probe && p->failed_in_row < DOWN_AFTER)
        return;
    if (!p->open) {
        p->open_since_ns = now_ns;
        p->times_opened++;
    }
    p->open = true;
    p->cool_ms = p->cool_ms ? 2 * p->cool_ms : COOL_FIRST_MS;
    if (p->cool_ms > COOL_MOST_MS)
        p->cool_ms = COOL_MOST_MS;
    p->probe_ns = now_ns + p->cool_ms * MS;
}

int64_t tare_pace_due(const struct tare_pace *p)
{
    if (p->open)
        return p->probing ? 0 : p->probe_ns;
    return p->flying < p->limit ? p->pause_ns : 0;
}

int64_t tare_backoff_ms(struct tare_rng *rng, uint32_t tries)
{
    int64_t most = INT64_C(500) << (tries < 7 ? tries : 7);
    if (most > 60000)
        most = 60000;
    return (int64_t)tare_rng_below(rng, (uint32_t)most);
}

/* "120ms", "1s", "6m0s", "1h2m3.5s" */
static int64_t duration_ms(struct tare_str s)
{
    double total = 0;
    size_t at = 0;
    while (at < s.n) {
        size_t from = at;
        double x;
        while (at < s.n && ((s.p[at] >= '0' && s.p[at] <= '9') || s.p[at] == '.'))
            at++;
        if (!tare_str_to_f64(tare_str_n(s.p + from, at - from), &x))
            return -1;
        struct tare_str unit = tare_str_n(s.p + at, s.n - at);
        if (tare_str_starts(unit, TARE_S("ms"))) {
            total += x;
            at += 2;
        } else if (unit.n && (unit.p[0] == 's' || unit.p[0] == 'm' || unit.p[0] == 'h')) {
            total += x * (unit.p[0] == 's' ? 1e3 : unit.p[0] == 'm' ? 6e4 : 3.6e6);
            at++;
        } else {
            return -1;
        }
    }
    return s.n && total < 1e12 ? (int64_t)total : -1;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, IMF-fixdate) → ISO, read by tare_time_parse. */
static int64_t date_ms(struct tare_str s, int64_t wall_ns)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char iso[] = "0000-00-00T00:00:00Z";
    int64_t at_ns;
    if (s.n != 29 || s.p[3] != ',' || s.p[16] != ' ')
        return -1;
    for (unsigned m = 0; m < 12; m++)
        if (memcmp(s.p + 8, months + (size_t)3 * m, 3) == 0) {
            iso[5] = (char)('0' + (m + 1) / 10);
            iso[6] = (char)('0' + (m + 1) % 10);
        }
    memcpy(iso, s.p + 12, 4);
    memcpy(iso + 8, s.p + 5, 2);
    memcpy(iso + 11, s.p + 17, 8);
    if (!tare_time_parse(iso, 20, &at_ns))
        return -1;
    return at_ns <= wall_ns ? 0 : (at_ns - wall_ns) / MS;
}

int64_t tare_retry_after_ms(struct tare_str head, int64_t wall_ns)
{
    struct tare_str exact = tare_http_field(head, "retry-after-ms");
    struct tare_str after = tare_http_field(head, "retry-after");
    struct tare_str reset = tare_http_field(head, "x-ratelimit-reset-requests");
    double x;
    int64_t ms = -1;
    if (exact.n && tare_str_to_f64(exact, &x) && x >= 0)
        ms = x < 1e12 ? (int64_t)x : TARE_MAX_RETRY_AFTER_MS;
    else if (after.n && tare_str_to_f64(after, &x))
        ms = x <= 0 ? 0 : x < 1e9 ? (int64_t)(x * 1000) : TARE_MAX_RETRY_AFTER_MS;
    else if (after.n)
        ms = date_ms(after, wall_ns);
    else if (reset.n)
        ms = duration_ms(reset);
    return ms > TARE_MAX_RETRY_AFTER_MS ? TARE_MAX_RETRY_AFTER_MS : ms;
}
