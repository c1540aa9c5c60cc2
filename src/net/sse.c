#include "net/sse.h"

#include "base/limits.h"

#include "base/banned.h"

void tare_sse_init(struct tare_sse *s, const struct tare_alc *alc)
{
    *s = (struct tare_sse){0};
    tare_buf_init(&s->line, alc, TARE_MAX_SSE_EVENT_BYTES);
    tare_buf_init(&s->data, alc, TARE_MAX_SSE_EVENT_BYTES);
    tare_buf_init(&s->name, alc, TARE_MAX_SSE_EVENT_BYTES);
}

void tare_sse_free(struct tare_sse *s)
{
    tare_buf_free(&s->line);
    tare_buf_free(&s->data);
    tare_buf_free(&s->name);
}

void tare_sse_reset(struct tare_sse *s)
{
    tare_buf_reset(&s->line);
    tare_buf_reset(&s->data);
    tare_buf_reset(&s->name);
    s->n_events = 0;
    s->started = s->after_cr = s->has_data = false;
}

bool tare_sse_half(const struct tare_sse *s)
{
    return s->line.n > 0 || s->has_data;
}

/* The field of a line without its end. */
static void take_field(struct tare_sse *s, struct tare_str line)
{
    const char *colon = memchr(line.p, ':', line.n);
    size_t n = colon ? (size_t)(colon - line.p) : line.n;
    struct tare_str field = tare_str_n(line.p, n);
    struct tare_str value = colon ? tare_str_n(line.p + n + 1, line.n - n - 1) : TARE_S("");
    if (value.n && value.p[0] == ' ')
        value = tare_str_n(value.p + 1, value.n - 1);
    if (tare_str_is(field, "data")) {
        if (s->has_data)
            tare_buf_putc(&s->data, '\n');
        tare_buf_put(&s->data, value);
        s->has_data = true;
    } else if (tare_str_is(field, "event")) {
        tare_buf_reset(&s->name);
        tare_buf_put(&s->name, value);
    }
}

/* Why an append of n bytes did not fit. */
static enum tare_status too_much(size_t had, size_t n, struct tare_err *err)
{
    if (had + n <= TARE_MAX_SSE_EVENT_BYTES)
        return tare_fail(err, TARE_E_NOMEM, "out of memory in a stream of events");
    return tare_fail(err, TARE_E_LIMIT,
                     "the stream of events is too large: an event may have %zu bytes, a stream "
                     "%u events",
                     TARE_MAX_SSE_EVENT_BYTES, TARE_MAX_SSE_EVENTS);
}

/* A whole line stands in s->line. *more: the receiver wants more. */
static enum tare_status
end_line(struct tare_sse *s, bool (*event)(void *to, struct tare_str name, struct tare_str data),
         void *to, bool *more, struct tare_err *err)
{
    struct tare_str line = tare_buf_str(&s->line);
    if (!s->started && tare_str_starts(line, TARE_S("\xef\xbb\xbf")))
        line = tare_str_n(line.p + 3, line.n - 3);
    s->started = true;
    if (line.n) {
        size_t had = s->data.n, n = line.n;
        if (line.p[0] != ':')
            take_field(s, line);
        tare_buf_reset(&s->line);
        return s->data.failed || s->name.failed ? too_much(had, n, err) : TARE_OK;
    }
    tare_buf_reset(&s->line);
    if (s->has_data) {
        if (++s->n_events > TARE_MAX_SSE_EVENTS)
            return too_much(SIZE_MAX / 2, 0, err);
        *more = event(to, tare_buf_str(&s->name), tare_buf_str(&s->data));
    }
    tare_buf_reset(&s->data);
    tare_buf_reset(&s->name);
    s->has_data = false;
    return TARE_OK;
}

enum tare_status tare_sse_feed(struct tare_sse *s, struct tare_str bytes,
                               bool (*event)(void *to, struct tare_str name, struct tare_str data),
                               void *to, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    bool more = true;
    size_t at = 0;
    while (st == TARE_OK && more && at < bytes.n) {
        if (s->after_cr && bytes.p[at] == '\n')
            at++;
        s->after_cr = false;
        size_t from = at;
        while (at < bytes.n && bytes.p[at] != '\n' && bytes.p[at] != '\r')
            at++;
        size_t had = s->line.n;
        tare_buf_put(&s->line, tare_str_n(bytes.p + from, at - from));
        if (s->line.failed)
            return too_much(had, at - from, err);
        if (at == bytes.n)
            break;
        s->after_cr = bytes.p[at++] == '\r';
        st = end_line(s, event, to, &more, err);
    }
    return st;
}
