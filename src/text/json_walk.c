#include "text/json_walk.h"

#include "base/banned.h"

static size_t skip_space(struct tare_str t, size_t at)
{
    while (at < t.n && (t.p[at] == ' ' || t.p[at] == '\n' || t.p[at] == '\t' || t.p[at] == '\r'))
        at++;
    return at;
}

/* Byte after the closing quote of the string that begins at `at`, or SIZE_MAX. */
static size_t skip_string(struct tare_str t, size_t at)
{
    at++;
    while (at < t.n) {
        const char *quote = memchr(t.p + at, '"', t.n - at);
        if (!quote)
            return SIZE_MAX;
        size_t q = (size_t)(quote - t.p), slashes = 0;
        while (q - slashes > at && t.p[q - slashes - 1] == '\\')
            slashes++;
        at = q + 1;
        if (slashes % 2 == 0)
            return at;
    }
    return SIZE_MAX;
}

/* Byte after the value that begins at `at`, or SIZE_MAX when the text ends inside it. */
static size_t skip_value(struct tare_str t, size_t at)
{
    if (at >= t.n)
        return SIZE_MAX;
    if (t.p[at] == '"')
        return skip_string(t, at);
    if (t.p[at] != '{' && t.p[at] != '[') {
        size_t from = at;
        while (at < t.n && !memchr(",]}: \n\r\t", t.p[at], 8))
            at++;
        return at > from ? at : SIZE_MAX;
    }
    size_t depth = 0;
    while (at < t.n) {
        char c = t.p[at];
        if (c == '"') {
            at = skip_string(t, at);
            if (at == SIZE_MAX)
                return SIZE_MAX;
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return SIZE_MAX;
}

static enum tare_status fault(struct tare_err *err, struct tare_str text, size_t offset,
                              const char *what)
{
    enum tare_status st = tare_fail_at(err, TARE_E_INPUT, offset, "%s", what);
    if (err)
        tare_err_locate(err, text);
    return st;
}

enum tare_status tare_json_walk_enter(struct tare_str text, size_t offset, struct tare_json_walk *w,
                                      struct tare_err *err)
{
    size_t at = skip_space(text, offset);
    if (at >= text.n || (text.p[at] != '{' && text.p[at] != '['))
        return fault(err, text, at, "expected a JSON object or array here");
    *w = (struct tare_json_walk){.text = text, .at = at + 1, .object = text.p[at] == '{'};
    return TARE_OK;
}

bool tare_json_walk_next(struct tare_json_walk *w, struct tare_str *key, struct tare_str *value,
                         enum tare_status *status, struct tare_err *err)
{
    *status = TARE_OK;
    *key = (struct tare_str){NULL, 0};
    if (w->ended)
        return false;
    size_t at = skip_space(w->text, w->at);
    if (at < w->text.n && w->text.p[at] == (w->object ? '}' : ']')) {
        w->ended = true;
        w->at = at + 1;
        return false;
    }
    if (w->begun) {
        if (at >= w->text.n || w->text.p[at] != ',') {
            *status = fault(err, w->text, at,
                            at >= w->text.n ? "the JSON text ends early" : "expected ',' here");
            return false;
        }
        at = skip_space(w->text, at + 1);
    }
    w->begun = true;
    if (w->object) {
        size_t end = at < w->text.n && w->text.p[at] == '"' ? skip_string(w->text, at) : SIZE_MAX;
        if (end == SIZE_MAX) {
            *status = fault(err, w->text, at, "expected a key here");
            return false;
        }
        *key = tare_str_n(w->text.p + at + 1, end - at - 2);
        at = skip_space(w->text, end);
        if (at >= w->text.n || w->text.p[at] != ':') {
            *status = fault(err, w->text, at, "expected ':' here");
            return false;
        }
        at = skip_space(w->text, at + 1);
    }
    size_t end = skip_value(w->text, at);
    if (end == SIZE_MAX) {
        *status = fault(err, w->text, at, "the JSON text ends inside the value that begins here");
        return false;
    }
    *value = tare_str_n(w->text.p + at, end - at);
    w->at = end;
    return true;
}

struct tare_str tare_json_walk_find(struct tare_str text, size_t offset, const char *key)
{
    struct tare_json_walk w = {0};
    struct tare_str k, v;
    enum tare_status st;
    if (tare_json_walk_enter(text, offset, &w, NULL) != TARE_OK || !w.object)
        return (struct tare_str){NULL, 0};
    while (tare_json_walk_next(&w, &k, &v, &st, NULL))
        if (tare_str_is(k, key))
            return v;
    return (struct tare_str){NULL, 0};
}
