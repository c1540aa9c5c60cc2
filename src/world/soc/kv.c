/*
 * Reading template bodies and alert messages as the published log compiler does (fact sheet
 * opensec, sections 3 and 4), its oddities included.
 */
#include "world/soc/soc_int.h"

#include "base/banned.h"

/* White space of Python's str beyond ASCII, as UTF-8. */
static const char *const wide_spaces[] = {
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
    "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
    "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
    "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

/* Length of the white space character at s.p[i] as Python's str knows it, 0 when it is none. */
static size_t space_len(struct tare_str s, size_t i)
{
    unsigned char c = (unsigned char)s.p[i];
    if (c < 0x80)
        return (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
    for (size_t k = 0; k < sizeof wide_spaces / sizeof wide_spaces[0]; k++)
        if (tare_str_starts(tare_str_n(s.p + i, s.n - i), tare_str_of(wide_spaces[k])))
            return strlen(wide_spaces[k]);
    return 0;
}

struct tare_str tare__soc_py_strip(struct tare_str s)
{
    size_t from = 0, end = 0, i = 0;
    bool any = false;
    while (i < s.n) {
        size_t k = space_len(s, i);
        if (k == 0) {
            from = any ? from : i;
            any = true;
            end = i + 1;
        }
        i += k ? k : 1;
    }
    return any ? tare_str_n(s.p + from, end - from) : tare_str_n(s.p, 0);
}

bool tare__soc_kv_next(struct tare_str body, size_t *pos, struct tare_str *key,
                       struct tare_str *value)
{
    size_t i = *pos;
    while (i < body.n) {
        size_t k = space_len(body, i);
        if (k) {
            i += k;
            continue;
        }
        size_t from = i;
        while (i < body.n && space_len(body, i) == 0)
            i++;
        const char *eq = memchr(body.p + from, '=', i - from);
        if (eq) {
            size_t at = (size_t)(eq - body.p);
            *key = tare_str_n(body.p + from, at - from);
            *value = tare_str_n(body.p + at + 1, i - at - 1);
            *pos = i;
            return true;
        }
    }
    *pos = i;
    return false;
}

struct tare_str tare__soc_kv(struct tare_str body, const char *key)
{
    struct tare_str k, v, found = {NULL, 0};
    size_t pos = 0;
    while (tare__soc_kv_next(body, &pos, &k, &v))
        if (tare_str_is(k, key))
            found = v;
    return found;
}

static bool is_key(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_value(char c)
{
    return is_key(c) || (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '@' || c == '-';
}

bool tare__soc_alert_next(struct tare_str message, size_t *pos, struct tare_str *key,
                          struct tare_str *value)
{
    size_t i = *pos;
    while (i < message.n) {
        size_t from = i;
        while (i < message.n && is_key(message.p[i]))
            i++;
        if (i == from || i == message.n || message.p[i] != '=') {
            i += i == from;
            continue;
        }
        size_t v = i + 1, end = v;
        while (end < message.n && is_value(message.p[end]))
            end++;
        if (end > v) {
            *key = tare_str_n(message.p + from, i - from);
            *value = tare_str_n(message.p + v, end - v);
            *pos = end;
            return true;
        }
        i = v;
    }
    *pos = i;
    return false;
}
