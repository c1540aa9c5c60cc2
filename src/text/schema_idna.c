#include "text/schema_idna.h"

#include <idn2.h>

#include "base/banned.h"

#define MAX_LABEL 63u
#define MAX_HOST 253u

const char *tare__idna_version(void)
{
    return idn2_check_version(NULL);
}

static bool ascii(struct tare_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

static bool alike(char a, char b)
{
    return (a | 0x20) == (b | 0x20);
}

static bool is_prefixed(struct tare_str s)
{
    return s.n >= 4 && alike(s.p[0], 'x') && alike(s.p[1], 'n') && s.p[2] == '-' && s.p[3] == '-';
}

/* Letters, digits and, inside, hyphens (RFC 1123). */
static bool plain(struct tare_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && !(c == '-' && i > 0 && i + 1 < s.n))
            return false;
    }
    return s.n > 0 && s.n <= MAX_LABEL;
}

/* Bytes of the label in its ASCII form, as it would be registered: every code point and context is
 * looked at; 0: it would not be. */
static size_t registered(struct tare_str s, bool is_ascii)
{
    unsigned char text[4 * MAX_LABEL + 1];
    uint8_t *out = NULL;
    if (s.n == 0 || s.n > 4 * MAX_LABEL || memchr(s.p, 0, s.n))
        return 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        text[i] = is_ascii && c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
    }
    text[s.n] = 0;
    int code =
        is_ascii ? idn2_register_u8(NULL, text, &out, 0) : idn2_register_u8(text, NULL, &out, 0);
    size_t n = code == IDN2_OK && out ? strlen((const char *)out) : 0;
    idn2_free(out);
    return n <= MAX_LABEL ? n : 0;
}

/* Bytes of the label in its ASCII form; 0: it is none. */
static size_t label(struct tare_str s, bool international)
{
    bool is_ascii = ascii(s);
    if (!is_ascii)
        return international ? registered(s, false) : 0;
    if (!plain(s))
        return 0;
    if (is_prefixed(s))
        return registered(s, true);
    /* hyphens in the third and fourth place are kept for prefixes (RFC 5891, 4.2.3.1) */
    return international && s.n >= 4 && s.p[2] == '-' && s.p[3] == '-' ? 0 : s.n;
}

/* Bytes of a dot at the place; 0: none. */
static size_t dot(struct tare_str s, size_t at, bool international)
{
    static const char *const dots[] = {"\xe3\x80\x82", "\xef\xbc\x8e", "\xef\xbd\xa1"};
    if (s.p[at] == '.')
        return 1;
    for (size_t i = 0; international && i < 3; i++)
        if (s.n - at >= 3 && memcmp(s.p + at, dots[i], 3) == 0)
            return 3;
    return 0;
}

static bool host(struct tare_str s, bool international)
{
    size_t from = 0, total = 0;
    if (s.n == 0 || s.n > (international ? 4 : 1) * MAX_HOST)
        return false;
    for (size_t at = 0; at <= s.n; at++) {
        size_t n = at < s.n ? dot(s, at, international) : 1;
        if (n == 0)
            continue;
        size_t bytes = label(tare_str_n(s.p + from, at - from), international);
        if (bytes == 0)
            return false;
        total += bytes + (from > 0);
        from = at + n;
        at = from - 1;
    }
    return total <= MAX_HOST;
}

bool tare__idna_ascii(struct tare_str s)
{
    return host(s, false);
}

bool tare__idna_host(struct tare_str s)
{
    return host(s, true);
}
