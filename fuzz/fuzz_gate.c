/* Who may ask a server of worlds: lines are path, Host, Origin, Sec-Fetch-Site, Authorization. Only
 * who shows the token comes in, by a name of ours. */
#include "fuzz.h"
#include "net/door.h"
#include "serve/gate.h"

static struct tare_str next_line(struct tare_str *rest)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    struct tare_str line = {n ? rest->p : NULL, n};
    *rest = end ? tare_str_n(end + 1, rest->n - n - 1) : tare_str_n(rest->p + n, 0);
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tare_str hosts[] = {{"worlds.example", 14}};
    const struct tare_gate g = {
        .port = 4711, .token = TARE_S("0123456789abcdef"), .hosts = hosts, .n_hosts = 1};
    struct tare_str rest = fuzz_text(data, size);
    struct tare_gate_ask a = {.path = next_line(&rest)};
    if (!a.path.p)
        a.path = TARE_S("");
    a.host = next_line(&rest);
    a.origin = next_line(&rest);
    a.fetch_site = next_line(&rest);
    a.authorization = next_line(&rest);
    struct tare_gate_says got = tare_gate(&g, &a);
    if (got.http) {
        fuzz_must((got.http == 401 || got.http == 403) && got.why);
        return 0;
    }
    fuzz_must(tare_str_find(a.path, g.token) == 1 ||
              tare_str_find(a.authorization, g.token) != SIZE_MAX);
    fuzz_must(got.path.n == 0 || got.path.p[0] == '/' || got.path.n == a.path.n);
    fuzz_must(tare_door_own_host(a.host, 4711) || tare_str_starts(a.host, hosts[0]));
    fuzz_must(!a.fetch_site.p || !tare_str_is(a.fetch_site, "cross-site") || a.origin.p);
    return 0;
}
