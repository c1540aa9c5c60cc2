/* What makes two questions the same: endpoint, who asks (scope), the document without its purpose.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "solver/model_client_int.h"

#include "base/banned.h"

#define MAX_MEMBERS 64u

static int by_key(const void *a, const void *b)
{
    const struct tare_json *x = a, *y = b;
    return tare_str_cmp(tare_json_key(*x), tare_json_key(*y));
}

bool tare__call_key(struct tare__call *k, struct tare_str scope)
{
    struct tare_json v[MAX_MEMBERS];
    struct tare_buf b;
    size_t n = 0;
    for (struct tare_json m = tare_json_first(k->request); tare_json_present(m) && n < MAX_MEMBERS;
         m = tare_json_next(m))
        if (!tare_str_is(tare_json_key(m), "purpose") && !tare_str_is(tare_json_key(m), "schema"))
            v[n++] = m;
    qsort(v, n, sizeof *v, by_key);
    tare_buf_init(&b, NULL, 2 * TARE_MAX_JSON_BYTES);
    tare_buf_printf(&b, "tare.key/1\n%s\n%zu:", k->server->identity, scope.n);
    tare_buf_put(&b, scope);
    for (size_t i = 0; i < n; i++) {
        struct tare_str name = tare_json_key(v[i]);
        tare_buf_printf(&b, "\n%zu:", name.n);
        tare_buf_put(&b, name);
        tare_buf_putc(&b, '=');
        tare_json_canonical(v[i], &b);
    }
    bool good = !b.failed;
    tare_digest_hex(tare_sha256_of(tare_buf_str(&b)), k->key);
    tare_buf_free(&b);
    return good;
}
