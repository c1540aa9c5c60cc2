#include "text/schema_idna.h"
#include "text/schema_int.h"

#include "base/banned.h"

/* Shapes of texts, as expressions; what they cannot say is checked after them. Sources: RFC 3339
 * (dates, times, durations), RFC 5321 (mail), RFC 1123 (host names), RFC 2673 and 4291 (addresses),
 * RFC 3986, 3987 and 6570 (identifiers), RFC 6901 (pointers), RFC 4122. */
#define H "[0-9A-Fa-f]"
#define O "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
#define V4 O "(\\." O "){3}"
#define G H "{1,4}"
#define LS "(" G ":" G "|" V4 ")"
#define V6                                                                                         \
    "((" G ":){6}" LS "|::(" G ":){5}" LS "|(" G ")?::(" G ":){4}" LS "|((" G ":){0,1}" G          \
    ")?::(" G ":){3}" LS "|((" G ":){0,2}" G ")?::(" G ":){2}" LS "|((" G ":){0,3}" G ")?::" G     \
    ":" LS "|((" G ":){0,4}" G ")?::" LS "|((" G ":){0,5}" G ")?::" G "|((" G ":){0,6}" G ")?::)"
#define V6IN "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*" /* the parts are not counted inside an identifier */
#define DATE "\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])"
#define TIME "([01]\\d|2[0-3]):[0-5]\\d:([0-5]\\d|60)(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)"
#define LABEL "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#define ATEXT "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
#define PCT "%" H H
#define P(more) "([A-Za-z0-9._~!$&'()*+,;=:@" more "-]|" PCT ")"
#define U "\\u{a0}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{ffef}\\u{10000}-\\u{effff}"
#define AUTHORITY(x)                                                                               \
    "(([A-Za-z0-9._~!$&'()*+,;=:" x "-]|" PCT ")*@)?(\\[(" V6IN "|[vV]" H "+\\.[^\\]]+)\\]|"       \
    "([A-Za-z0-9._~!$&'()*+,;=" x "-]|" PCT ")*)(:\\d*)?"
#define TAIL(x, query) "(\\?" P(x query "/?") "*)?(#" P(x "/?") "*)?"
#define PRIVATE "\\u{e000}-\\u{f8ff}\\u{f0000}-\\u{ffffd}\\u{100000}-\\u{10fffd}"
#define VARIABLE "(\\w|" PCT ")(\\.?(\\w|" PCT "))*"
#define HIER(x)                                                                                    \
    "(//" AUTHORITY(x) "(/" P(x) "*)*|/(" P(x) "+(/" P(x) "*)*)?|" P(x) "+(/" P(x) "*)*|)"
#define SCHEME "[A-Za-z][A-Za-z0-9+.-]*:"
#define RELATIVE(x)                                                                                \
    "(//" AUTHORITY(x) "(/" P(x) "*)*|/(" P(x) "+(/" P(x) "*)*)?|([A-Za-z0-9._~!$&'()*+,;=@" x     \
                                                          "-]|" PCT ")+(/" P(x) "*)*|)"

static const struct shape {
    const char *name, *pattern;
} shapes[] = {
    {"date", DATE},
    {"time", TIME},
    {"date-time", DATE "[Tt]" TIME},
    {"duration", "P(\\d+W|(\\d+D|\\d+M(\\d+D)?|\\d+Y(\\d+M(\\d+D)?)?)(T(\\d+H(\\d+M(\\d+S)?)?|"
                 "\\d+M(\\d+S)?|\\d+S))?|T(\\d+H(\\d+M(\\d+S)?)?|\\d+M(\\d+S)?|\\d+S))"},
    {"ipv4", V4},
    {"ipv6", V6},
    {"hostname", LABEL "(\\." LABEL ")*"},
    {"email", "(" ATEXT "+(\\." ATEXT "+)*|\"([ !#-\\[\\]-~]|\\\\[ -~])*\")@(" LABEL "(\\." LABEL
              ")*|\\[(" V4 "|IPv6:" V6 ")\\])"},
    {"idn-email", "[^@\\s]+@[^@\\s]+"},
    {"uuid", H "{8}-" H "{4}-" H "{4}-" H "{4}-" H "{12}"},
    {"json-pointer", "(/([^/~]|~[01])*)*"},
    {"relative-json-pointer", "(0|[1-9]\\d*)(#|(/([^/~]|~[01])*)*)"},
    {"uri", SCHEME HIER("") TAIL("", "")},
    {"uri-reference", "(" SCHEME HIER("") "|" RELATIVE("") ")" TAIL("", "")},
    {"iri", SCHEME HIER(U) TAIL(U, PRIVATE)},
    {"iri-reference", "(" SCHEME HIER(U) "|" RELATIVE(U) ")" TAIL(U, PRIVATE)},
    {"uri-template", "([^\\x00-\\x20\"%<>\\\\^`{|}\\x7f-\\x9f]|" PCT "|\\{[+#./;?&=,!@|]?" VARIABLE
                     "(:[1-9]\\d{0,3}|\\*)?(," VARIABLE "(:[1-9]\\d{0,3}|\\*)?)*\\})*"},
};

static unsigned two(struct tare_str s, size_t at)
{
    return (unsigned)(s.p[at] - '0') * 10 + (unsigned)(s.p[at + 1] - '0');
}

/* The day is in its month. */
static bool day_fits(struct tare_str s)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year = two(s, 0) * 100 + two(s, 2), month = two(s, 5), day = two(s, 8);
    bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
    return day <= days[month - 1] && !(month == 2 && day == 29 && !leap);
}

/* A 60th second is the last of a day in UTC. */
static bool second_fits(struct tare_str s)
{
    if (two(s, 6) < 60)
        return true;
    int minute = (int)(two(s, 0) * 60 + two(s, 3));
    if ((s.p[s.n - 1] | 32) != 'z') {
        int away = (int)(two(s, s.n - 5) * 60 + two(s, s.n - 2));
        minute += s.p[s.n - 6] == '-' ? away : -away;
    }
    return (minute + 2880) % 1440 == 1439;
}

/* International labels, and that the name is not too long. */
static bool host_fits(struct tare_str name, struct tare_str s)
{
    if (tare_str_is(name, "hostname"))
        return s.n <= 253 && tare__idna_ascii(s);
    if (tare_str_is(name, "idn-hostname"))
        return tare__idna_host(s);
    size_t at = s.n;
    while (at > 0 && s.p[at - 1] != '@')
        at--;
    struct tare_str host = tare_str_n(s.p + at, s.n - at);
    return !tare_str_is(name, "idn-email") || (host.n && host.p[0] == '[') || tare__idna_host(host);
}

/* The address between brackets, of which an identifier's shape says little. */
static bool bracket_fits(struct tare_str s, struct tare_arena *scratch)
{
    size_t from = tare_str_find(s, TARE_S("[")), end = tare_str_find(s, TARE_S("]"));
    if (from == SIZE_MAX || end == SIZE_MAX || end <= from + 1)
        return true;
    struct tare_str host = tare_str_n(s.p + from + 1, end - from - 1);
    return host.p[0] == 'v' || host.p[0] == 'V' ||
           tare_schema_format(TARE_S("ipv6"), host, scratch);
}

static bool regex_fits(struct tare_str text, struct tare_arena *scratch)
{
    const struct tare_regex *re;
    enum tare_status st = tare_regex_compile(text, NULL, scratch, &re, NULL);
    return st == TARE_OK || st == TARE_E_LIMIT; /* look-around is right, only out of reach */
}

bool tare_schema_format(struct tare_str name, struct tare_str text, struct tare_arena *scratch)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    const struct tare_regex *re = NULL;
    bool fits = true;
    if (tare_str_is(name, "regex"))
        fits = regex_fits(text, scratch);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes && !re; i++)
        if (tare_str_is(name, shapes[i].name) &&
            tare_regex_compile(tare_str_of(shapes[i].pattern), NULL, scratch, &re, NULL) == TARE_OK)
            fits = tare_regex_match(re, text);
    tare_arena_rewind(scratch, mark);
    if (!fits)
        return false;
    if (tare_str_is(name, "date") || tare_str_is(name, "date-time"))
        fits = day_fits(text);
    if (fits && (tare_str_is(name, "time") || tare_str_is(name, "date-time"))) {
        size_t skip = tare_str_is(name, "time") ? 0 : 11;
        fits = second_fits(tare_str_n(text.p + skip, text.n - skip));
    }
    bool identifier = tare_str_starts(name, TARE_S("uri")) || tare_str_starts(name, TARE_S("iri"));
    if (fits && identifier && !tare_str_is(name, "uri-template"))
        fits = bracket_fits(text, scratch);
    return fits && host_fits(name, text);
}

const char *tare_schema_idn(void)
{
    return tare__idna_version();
}
