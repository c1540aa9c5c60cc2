/* Writing JSON value by value. */
#include "base/num.h"
#include "text/json_int.h"

#include <assert.h>
#include <inttypes.h>

#include "base/banned.h"

enum state {
    STATE_OBJECT = 1,
    STATE_USED = 2, /* has an element already */
    STATE_KEY = 4   /* a key waits for its value */
};

void tare_json_writer_init(struct tare_json_writer *w, struct tare_buf *out)
{
    *w = (struct tare_json_writer){.out = out};
}

static uint8_t *top(struct tare_json_writer *w)
{
    return &w->state[w->depth - 1];
}

static void line(struct tare_json_writer *w)
{
    if (!w->indent)
        return;
    tare_buf_putc(w->out, '\n');
    for (uint32_t i = 0; i < w->depth * w->indent; i++)
        tare_buf_putc(w->out, ' ');
}

/* What stands between the last element and the next one. */
static void separate(struct tare_json_writer *w)
{
    uint8_t *s = top(w);
    if (*s & STATE_USED)
        tare_buf_putc(w->out, ',');
    *s |= STATE_USED;
    line(w);
}

static void before_value(struct tare_json_writer *w)
{
    if (w->depth == 0)
        return;
    uint8_t *s = top(w);
    assert(!(*s & STATE_OBJECT) || (*s & STATE_KEY));
    if (*s & STATE_OBJECT)
        *s &= (uint8_t)~STATE_KEY;
    else
        separate(w);
}

static void begin(struct tare_json_writer *w, char c, uint8_t state)
{
    before_value(w);
    assert(w->depth < TARE_JSON_WRITER_DEPTH_BYTES);
    w->state[w->depth++] = state;
    tare_buf_putc(w->out, c);
}

static void end(struct tare_json_writer *w, char c)
{
    assert(w->depth > 0 && !(*top(w) & STATE_KEY));
    bool used = *top(w) & STATE_USED;
    w->depth--;
    if (used)
        line(w);
    tare_buf_putc(w->out, c);
}

void tare_json_begin_object(struct tare_json_writer *w)
{
    begin(w, '{', STATE_OBJECT);
}

void tare_json_end_object(struct tare_json_writer *w)
{
    assert(w->depth > 0 && (*top(w) & STATE_OBJECT));
    end(w, '}');
}

void tare_json_begin_array(struct tare_json_writer *w)
{
    begin(w, '[', 0);
}

void tare_json_end_array(struct tare_json_writer *w)
{
    assert(w->depth > 0 && !(*top(w) & STATE_OBJECT));
    end(w, ']');
}

void tare_json_put_key(struct tare_json_writer *w, const char *key)
{
    tare_json_put_key_str(w, tare_str_of(key));
}

void tare_json_put_key_str(struct tare_json_writer *w, struct tare_str key)
{
    assert(w->depth > 0 && (*top(w) & (STATE_OBJECT | STATE_KEY)) == STATE_OBJECT);
    separate(w);
    *top(w) |= STATE_KEY;
    tare__json_quote(w->out, key, w->ascii);
    tare_buf_put(w->out, w->indent ? TARE_S(": ") : TARE_S(":"));
}

void tare_json_put_str(struct tare_json_writer *w, struct tare_str s)
{
    before_value(w);
    tare__json_quote(w->out, s, w->ascii);
}

void tare_json_put_cstr(struct tare_json_writer *w, const char *s)
{
    if (s)
        tare_json_put_str(w, tare_str_of(s));
    else
        tare_json_put_null(w);
}

void tare_json_put_raw(struct tare_json_writer *w, struct tare_str json)
{
    before_value(w);
    tare_buf_put(w->out, json);
}

/* Decimal digits of x, a sign before them. */
static void put_integer(struct tare_json_writer *w, uint64_t x, bool negative)
{
    char text[24], *p = text + sizeof text;
    do {
        *--p = (char)('0' + x % 10);
        x /= 10;
    } while (x);
    if (negative)
        *--p = '-';
    tare_json_put_raw(w, tare_str_n(p, (size_t)(text + sizeof text - p)));
}

void tare_json_put_i64(struct tare_json_writer *w, int64_t x)
{
    put_integer(w, x < 0 ? UINT64_C(0) - (uint64_t)x : (uint64_t)x, x < 0);
}

void tare_json_put_u64(struct tare_json_writer *w, uint64_t x)
{
    put_integer(w, x, false);
}

void tare_json_put_f64(struct tare_json_writer *w, double x)
{
    char text[32];
    tare_json_put_raw(w, tare_str_n(text, tare_num_json(x, text)));
}

void tare_json_put_bool(struct tare_json_writer *w, bool x)
{
    tare_json_put_raw(w, x ? TARE_S("true") : TARE_S("false"));
}

void tare_json_put_null(struct tare_json_writer *w)
{
    tare_json_put_raw(w, TARE_S("null"));
}

/* Recursion is bounded by the levels that the writer keeps track of; what lies deeper is compact.
 */
void tare_json_put_value(struct tare_json_writer *w, struct tare_json v)
{
    enum tare_json_kind kind = tare_json_kind(v);
    if (!w->indent || w->depth == TARE_JSON_WRITER_DEPTH_BYTES || kind < TARE_JSON_ARRAY) {
        before_value(w);
        tare__json_print(v, w->out, w->ascii);
        return;
    }
    begin(w, kind == TARE_JSON_OBJECT ? '{' : '[', kind == TARE_JSON_OBJECT ? STATE_OBJECT : 0);
    for (struct tare_json c = tare_json_first(v); c.doc; c = tare_json_next(c)) {
        if (kind == TARE_JSON_OBJECT)
            tare_json_put_key_str(w, tare_json_key(c));
        tare_json_put_value(w, c);
    }
    end(w, kind == TARE_JSON_OBJECT ? '}' : ']');
}

/* ---- members ----------------------------------------------------------------------------- */

void tare_json_member_f64(struct tare_json_writer *w, const char *key, double x)
{
    tare_json_put_key(w, key);
    tare_json_put_f64(w, x);
}

void tare_json_member_u64(struct tare_json_writer *w, const char *key, uint64_t x)
{
    tare_json_put_key(w, key);
    tare_json_put_u64(w, x);
}

void tare_json_member_bool(struct tare_json_writer *w, const char *key, bool x)
{
    tare_json_put_key(w, key);
    tare_json_put_bool(w, x);
}

void tare_json_member_cstr(struct tare_json_writer *w, const char *key, const char *x)
{
    tare_json_put_key(w, key);
    tare_json_put_cstr(w, x);
}

void tare_json_member_str(struct tare_json_writer *w, const char *key, struct tare_str x)
{
    tare_json_put_key(w, key);
    if (x.n)
        tare_json_put_str(w, x);
    else
        tare_json_put_null(w);
}
