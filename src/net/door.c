#include "net/door.h"

#include <stdio.h>
#include <strings.h>

#include "base/os.h"

#include "base/banned.h"

void tare_door_secret(char out[TARE_DOOR_SECRET_BYTES])
{
    (void)snprintf(out, TARE_DOOR_SECRET_BYTES, "%016llx%016llx",
                   (unsigned long long)tare_os_random(), (unsigned long long)tare_os_random());
}

bool tare_door_same(struct tare_str a, struct tare_str b)
{
    unsigned char d = a.n == b.n ? 0 : 1;
    for (size_t i = 0; i < a.n && i < b.n; i++)
        d = (unsigned char)(d | (a.p[i] ^ b.p[i]));
    return d == 0 && a.n > 0;
}

bool tare_door_own_host(struct tare_str host, unsigned port)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    char own[40];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)snprintf(own, sizeof own, "%s:%u", names[i], port);
        if (tare_str_is(host, own))
            return true;
    }
    return false;
}

bool tare_door_own_origin(struct tare_str origin, struct tare_str fetch_site, unsigned port)
{
    bool site =
        !fetch_site.p || tare_str_is(fetch_site, "same-origin") || tare_str_is(fetch_site, "none");
    if (!origin.p)
        return site;
    if (!tare_str_starts(origin, TARE_S("http://")))
        return false;
    return site && tare_door_own_host(tare_str_n(origin.p + 7, origin.n - 7), port);
}

struct tare_str tare_door_bearer(struct tare_str authorization)
{
    if (authorization.n <= 7 || strncasecmp(authorization.p, "Bearer ", 7) != 0)
        return TARE_S("");
    return tare_str_trim(tare_str_n(authorization.p + 7, authorization.n - 7));
}
