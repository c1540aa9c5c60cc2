/* What is said of an exchange: names of faults, fields of a head. */
#include "net/http.h"

#include "base/banned.h"

const char *tare_http_fault_name(enum tare_http_fault fault)
{
    static const char *const names[] = {
        [TARE_HTTP_GOOD] = "good",
        [TARE_HTTP_DNS] = "dns",
        [TARE_HTTP_REFUSED] = "refused",
        [TARE_HTTP_TLS] = "tls",
        [TARE_HTTP_TIMEOUT_CONNECT] = "timeout_connect",
        [TARE_HTTP_TIMEOUT_FIRST_BYTE] = "timeout_first_byte",
        [TARE_HTTP_TIMEOUT_STALL] = "timeout_stall",
        [TARE_HTTP_TIMEOUT_WHOLE] = "timeout_whole",
        [TARE_HTTP_RESET] = "reset",
        [TARE_HTTP_CUT] = "cut",
        [TARE_HTTP_TOO_LARGE] = "too_large",
        [TARE_HTTP_PROTOCOL] = "protocol",
        [TARE_HTTP_URL] = "url",
        [TARE_HTTP_MEMORY] = "memory",
    };
    return (size_t)fault < sizeof names / sizeof *names ? names[fault] : "unknown";
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Length of the name and its colon where the line is of that field, else 0. */
static size_t starts(struct tare_str line, const char *name)
{
    size_t i = 0;
    while (name[i] && i < line.n && lower(line.p[i]) == lower(name[i]))
        i++;
    return name[i] == 0 && i < line.n && line.p[i] == ':' ? i + 1 : 0;
}

struct tare_str tare_http_field(struct tare_str head, const char *name)
{
    struct tare_str found = {NULL, 0};
    size_t at = 0;
    while (at < head.n) {
        const char *stop = memchr(head.p + at, '\n', head.n - at);
        size_t n = stop ? (size_t)(stop - head.p) - at : head.n - at;
        struct tare_str line = tare_str_n(head.p + at, n);
        size_t skip = starts(line, name);
        if (skip)
            found = tare_str_trim(tare_str_n(line.p + skip, line.n - skip));
        at += n + 1;
    }
    return found;
}
