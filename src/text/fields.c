#include "text/fields.h"

#include "base/num.h"
#include "text/utf8.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

/* ---- faults ------------------------------------------------------------------------------ */

static void fail_at(struct tare_fields *f, size_t offset, const char *text)
{
    if (f->path.n)
        tare_err_file(f->err, f->path);
    f->status = tare_fail_at(f->err, TARE_E_INPUT, offset, "%s", text);
    if (f->text.n > 0)
        tare_err_locate(f->err, f->text);
}

void tare_fields_fail(struct tare_fields *f, struct tare_json v, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    if (f->status != TARE_OK)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    fail_at(f, tare_json_offset(tare_json_present(v) ? v : f->object), text);
}

/* "the number 1.0", "true", "a list": what a person wrote. */
static const char *describe(struct tare_json v, char out[64])
{
    struct tare_str s = tare_json_lexeme(v);
    int n = (int)(s.n < 40 ? s.n : 40);
    for (int i = 0; i < n; i++)
        n = s.p[i] == '\n' ? i : n;
    while (n > 0 && (size_t)n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    switch (tare_json_kind(v)) {
    case TARE_JSON_NUMBER:
        snprintf(out, 64, "the number %.*s", n, s.p);
        break;
    case TARE_JSON_STRING:
        snprintf(out, 64, "the text %.*s%s", n, s.p, (size_t)n < s.n ? "..." : "");
        break;
    case TARE_JSON_ARRAY:
        snprintf(out, 64, "a list");
        break;
    case TARE_JSON_OBJECT:
        snprintf(out, 64, "a mapping");
        break;
    default:
        snprintf(out, 64, "%s", tare_json_kind_name(v));
    }
    return out;
}

static void wrong_kind(struct tare_fields *f, const char *key, struct tare_json v, const char *want)
{
    char found[64];
    tare_fields_fail(f, v, "\"%s\" must be %s, found %s", key, want, describe(v, found));
}

/* ---- readers ----------------------------------------------------------------------------- */

void tare_fields_begin(struct tare_fields *f, struct tare_json object, struct tare_str text,
                       struct tare_str path, struct tare_err *err)
{
    char found[64];
    *f = (struct tare_fields){.object = object, .text = text, .path = path, .err = err};
    if (tare_json_kind(object) != TARE_JSON_OBJECT)
        tare_fields_fail(f, object, "expected a mapping of keys to values, found %s",
                         tare_json_present(object) ? describe(object, found) : "nothing");
}

static void missing(struct tare_fields *f, const char *key)
{
    char text[128];
    snprintf(text, sizeof text, "the key \"%s\" is missing", key);
    tare_fields_fail(f, f->object, "%s", text);
    for (struct tare_json v = tare_json_first(f->object); v.doc; v = tare_json_next(v)) {
        const char *const names[] = {key, NULL};
        struct tare_str found = tare_json_key(v);
        if (!tare_suggest(found, names))
            continue;
        fail_at(f, tare_json_key_offset(v), text);
        tare_err_hint(f->err, "did you mean \"%s\" instead of \"%.*s\"?", key, TARE_FMT(found));
        return;
    }
}

struct tare_json tare_fields_any(struct tare_fields *f, const char *key, bool required)
{
    struct tare_json none = {NULL, 0}, v = none;
    if (f->status != TARE_OK)
        return none;
    assert(f->n_known < TARE_FIELDS_MAX);
    f->known[f->n_known++] = key;
    v = tare_json_get(f->object, key);
    if (required && !tare_json_present(v))
        missing(f, key);
    return f->status == TARE_OK ? v : none;
}

/* The value when there is one that is not null. A required null is a fault. */
static bool given(struct tare_fields *f, const char *key, bool required, struct tare_json *v)
{
    *v = tare_fields_any(f, key, required);
    if (tare_json_kind(*v) == TARE_JSON_NULL && required)
        tare_fields_fail(f, *v, "\"%s\" must not be empty", key);
    return f->status == TARE_OK && tare_json_kind(*v) > TARE_JSON_NULL;
}

struct tare_json tare_fields_kind(struct tare_fields *f, const char *key, bool required,
                                  enum tare_json_kind kind)
{
    struct tare_json v;
    if (!given(f, key, required, &v))
        return (struct tare_json){NULL, 0};
    if (tare_json_kind(v) == kind)
        return v;
    wrong_kind(f, key, v, kind == TARE_JSON_ARRAY ? "a list" : "a mapping");
    return (struct tare_json){NULL, 0};
}

void tare_fields_str(struct tare_fields *f, const char *key, bool required, struct tare_str *out)
{
    struct tare_json v;
    if (!given(f, key, required, &v))
        return;
    if (tare_json_kind(v) == TARE_JSON_STRING) {
        *out = tare_json_str(v);
        return;
    }
    wrong_kind(f, key, v, "text");
    if (tare_json_kind(v) < TARE_JSON_ARRAY)
        tare_err_hint(f->err, "put it in quotes: \"%.*s\"", TARE_FMT(tare_json_lexeme(v)));
}

void tare_fields_bool(struct tare_fields *f, const char *key, bool required, bool *out)
{
    struct tare_json v;
    if (!given(f, key, required, &v))
        return;
    enum tare_json_kind kind = tare_json_kind(v);
    if (kind == TARE_JSON_TRUE || kind == TARE_JSON_FALSE)
        *out = kind == TARE_JSON_TRUE;
    else
        wrong_kind(f, key, v, "true or false");
}

void tare_fields_i64(struct tare_fields *f, const char *key, bool required, int64_t min,
                     int64_t max, int64_t *out)
{
    struct tare_json v;
    int64_t x;
    char want[96];
    if (!given(f, key, required, &v))
        return;
    if (tare_json_i64(v, &x) && x >= min && x <= max) {
        *out = x;
        return;
    }
    snprintf(want, sizeof want, "a whole number from %" PRId64 " to %" PRId64, min, max);
    wrong_kind(f, key, v, want);
}

void tare_fields_f64(struct tare_fields *f, const char *key, bool required, double min, double max,
                     double *out)
{
    struct tare_json v;
    double x;
    char want[96], a[32], b[32];
    if (!given(f, key, required, &v))
        return;
    if (tare_json_f64(v, &x) && x >= min && x <= max) {
        *out = x;
        return;
    }
    tare_num_repr(min, a);
    tare_num_repr(max, b);
    snprintf(want, sizeof want, "a number from %s to %s", a, b);
    wrong_kind(f, key, v, want);
}

/* "a, b or c" */
static void put_names(char *out, size_t cap, const char *const *names, uint32_t n)
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < n && at < cap; i++) {
        const char *sep = i == 0 ? "" : i + 1 == n ? " or " : ", ";
        int wrote = snprintf(out + at, cap - at, "%s%s", sep, names[i]);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
}

void tare_fields_choice(struct tare_fields *f, const char *key, bool required,
                        const char *const *names, int *out)
{
    struct tare_json v;
    if (!given(f, key, required, &v))
        return;
    uint32_t n = 0;
    for (; names[n]; n++) {
        if (tare_json_str_is(v, names[n])) {
            *out = (int)n;
            return;
        }
    }
    char want[300];
    put_names(want, sizeof want, names, n);
    wrong_kind(f, key, v, want);
    const char *near = tare_suggest(tare_json_str(v), names);
    if (near)
        tare_err_hint(f->err, "did you mean \"%s\"?", near);
}

/* ---- unknown keys ------------------------------------------------------------------------ */

static void unknown(struct tare_fields *f, struct tare_json v)
{
    char text[300], names[300];
    struct tare_str key = tare_json_key(v);
    const char *known[TARE_FIELDS_MAX + 1] = {NULL};
    memcpy(known, f->known, f->n_known * sizeof *known);
    snprintf(text, sizeof text, "unknown key \"%.*s\"", (int)(key.n < 100 ? key.n : 100), key.p);
    fail_at(f, tare_json_key_offset(v), text);
    const char *near = tare_suggest(key, known);
    if (near) {
        tare_err_hint(f->err, "did you mean \"%s\"?", near);
        return;
    }
    put_names(names, sizeof names, known, f->n_known);
    tare_err_hint(f->err, f->n_known ? "known here: %s" : "no key is known here", names);
}

enum tare_status tare_fields_end(struct tare_fields *f)
{
    for (struct tare_json v = tare_json_first(f->object); v.doc && f->status == TARE_OK;
         v = tare_json_next(v)) {
        struct tare_str key = tare_json_key(v);
        bool known = tare_str_is(key, "meta");
        for (uint32_t i = 0; i < f->n_known && !known; i++)
            known = tare_str_is(key, f->known[i]);
        if (!known)
            unknown(f, v);
    }
    return f->status;
}
