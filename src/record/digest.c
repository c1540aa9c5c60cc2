#include "record/digest.h"

#include <math.h>

#include "base/banned.h"

/* Ends of fields are unmistakable because every text comes after its length. */
static void put_u64(struct tare_sha256 *h, uint64_t v)
{
    char b[8];
    for (unsigned i = 0; i < 8; i++)
        b[i] = (char)(uint8_t)(v >> 8 * i);
    tare_sha256_add(h, tare_str_n(b, sizeof b));
}

static void put_f64(struct tare_sha256 *h, double x)
{
    uint64_t bits = 0x7ff8000000000000u; /* one NaN for all: sign and payload differ by machine */
    if (!isnan(x))
        memcpy(&bits, &x, sizeof bits);
    put_u64(h, bits);
}

static void put_text(struct tare_sha256 *h, struct tare_str s)
{
    put_u64(h, s.n);
    tare_sha256_add(h, s);
}

/* ---- texts without times ------------------------------------------------------------------- */

static bool is_time(struct tare_str key)
{
    static const char *const keys[] = {"t_ms", "t_ns", "dur_ms", "dur_ns", "wall_ns", "ttft_ms"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (tare_str_is(key, keys[i]))
            return true;
    return false;
}

/* Place after a string that starts at text.p[at] == '"'. */
static size_t skip_string(struct tare_str text, size_t at)
{
    for (at++; at < text.n && text.p[at] != '"'; at++)
        if (text.p[at] == '\\')
            at++;
    return at < text.n ? at + 1 : text.n;
}

/* Place after the plain number (or word) that follows a key, with the comma after it. Anything else
 * than a number is left in: a time is a number. */
static size_t skip_number(struct tare_str text, size_t at)
{
    static const struct tare_str digits = {"+-.0123456789eE", 15};
    size_t from = at;
    while (at < text.n && memchr(digits.p, text.p[at], digits.n))
        at++;
    if (at == from)
        return from;
    return at < text.n && text.p[at] == ',' ? at + 1 : at;
}

/* Place after a list of objects and texts. */
static size_t skip_list(struct tare_str text, size_t at)
{
    unsigned level = 0;
    while (at < text.n) {
        if (text.p[at] == '"') {
            at = skip_string(text, at);
            continue;
        }
        level += text.p[at] == '[' || text.p[at] == '{';
        level -= text.p[at] == ']' || text.p[at] == '}';
        at++;
        if (level == 0)
            break;
    }
    return at;
}

/* Where a reader stands. */
struct place {
    unsigned depth; /* of the objects whose times are left out; 0: of none */
    unsigned level;
    unsigned trace; /* level at which "trace" stood; 0: not below one */
};

static void pass(struct place *p, char c)
{
    if (c == '{' || c == '[')
        p->level++;
    if (c != '}' && c != ']')
        return;
    p->level -= p->level > 0;
    if (p->level <= p->trace)
        p->trace = 0;
}

/* Is the member of this key a time that is left out? */
static bool time_here(struct place *p, struct tare_str key)
{
    bool here = p->level == p->depth || p->trace;
    if (!p->trace && p->level <= 2 && tare_str_is(key, "trace"))
        p->trace = p->level;
    return here && is_time(key);
}

/* "planted", with the comma before it: where instructions stand in what is hashed anyway. */
static bool is_note(const struct place *p, struct tare_str text, size_t at, size_t end)
{
    return p->depth && p->level == p->depth && !p->trace && at > 0 && text.p[at - 1] == ',' &&
           end + 1 < text.n && text.p[end + 1] == '[' &&
           tare_str_is(tare_str_n(text.p + at + 1, end - at - 2), "planted");
}

/*
 * Feeds text without the time members of objects at nesting `depth` (1: one object a line; 2: an
 * array of objects; 0: none), nor those anywhere below a member "trace" of the outer two levels,
 * where a harness tells how long its calls took. What is left need not be JSON any more; it is only
 * hashed. A comma that stood before a last member stays, so the same members in another order give
 * another digest.
 */
static void put_timeless(struct tare_sha256 *h, struct tare_str text, unsigned depth)
{
    size_t kept = 0, at = 0, n_fed = 0;
    struct place place = {.depth = depth};
    while (at < text.n) {
        char c = text.p[at];
        if (c != '"') {
            pass(&place, c);
            at++;
            continue;
        }
        size_t end = skip_string(text, at);
        bool is_key = end < text.n && text.p[end] == ':' && end - at >= 2;
        if (is_key && is_note(&place, text, at, end)) {
            /* The comma before it goes too; where a time took that, the one after it. */
            size_t upto = at > kept ? at - 1 : at;
            tare_sha256_add(h, tare_str_n(text.p + kept, upto - kept));
            n_fed += upto - kept;
            bool taken = upto == at;
            at = skip_list(text, end + 1);
            at += taken && at < text.n && text.p[at] == ',';
            kept = at;
            continue;
        }
        bool time = is_key && time_here(&place, tare_str_n(text.p + at + 1, end - at - 2));
        size_t after = time ? skip_number(text, end + 1) : end;
        if (time && after > end + 1) {
            tare_sha256_add(h, tare_str_n(text.p + kept, at - kept));
            n_fed += at - kept;
            kept = after;
        }
        at = after;
    }
    if (text.n > kept)
        tare_sha256_add(h, tare_str_n(text.p + kept, text.n - kept));
    put_u64(h, n_fed + text.n - kept);
}

struct tare_digest tare_attempt_digest(const struct tare_attempt *a)
{
    struct tare_sha256 h;
    tare_sha256_init(&h);
    put_text(&h, TARE_S("tare.attempt/1"));
    put_u64(&h, a->task);
    put_u64(&h, a->index);
    put_u64(&h, a->seed);
    put_u64(&h, (uint64_t)a->status);
    put_u64(&h, (uint64_t)a->cause);
    put_text(&h, a->cause_text);
    put_u64(&h, a->n_steps);
    for (uint32_t i = 0; i < a->n_scores; i++) {
        if (a->scores[i].state == TARE_SCORE_MISSING && a->scores[i].reason.n == 0)
            continue; /* the same as no score at all */
        put_u64(&h, a->scores[i].metric);
        put_u64(&h, (uint64_t)a->scores[i].state);
        put_f64(&h, a->scores[i].value);
        put_f64(&h, a->scores[i].num);
        put_f64(&h, a->scores[i].den);
        put_text(&h, a->scores[i].reason);
    }
    put_u64(&h, UINT64_MAX); /* no metric has this number: end of the scores */
    if (tare_str_find(a->detail, TARE_S("\"trace\":")) == SIZE_MAX)
        put_text(&h, a->detail);
    else
        put_timeless(&h, a->detail, 0);
    put_timeless(&h, a->outline, 2);
    put_timeless(&h, a->steps, 1);
    put_u64(&h, a->tokens_in);
    put_u64(&h, a->tokens_out);
    put_f64(&h, a->cost_usd);
    return tare_sha256_end(&h);
}

bool tare_digest_is_zero(const struct tare_digest *d)
{
    uint8_t any = 0;
    for (size_t i = 0; i < sizeof d->b; i++)
        any |= d->b[i];
    return any == 0;
}
