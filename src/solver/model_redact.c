#include "solver/model_redact.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/os_secret.h"

#include "base/banned.h"

#define SHORTEST 8u /* of a needle: shorter keys would take words out of answers */
#define PREFIX 16u  /* so much of a key is a secret already */
#define FORMS 7u

struct needle {
    struct tare_secret kept;
    char *p;         /* of kept */
    size_t n, least; /* a match of `least` bytes counts; it goes on as far as it is equal */
    struct tare_str name;
};

struct tare_redactor {
    struct needle *v;
    uint32_t n;
    bool first[256]; /* bytes a needle starts with */
};

static void add(struct tare_redactor *r, struct tare_buf *form, size_t least, struct tare_str name)
{
    struct needle *x = &r->v[r->n];
    if (form->failed || form->n < SHORTEST)
        return;
    if (!tare_secret_keep(&x->kept, tare_buf_str(form)))
        return;
    x->p = x->kept.p;
    x->n = form->n;
    x->least = least && least < form->n ? least : form->n;
    x->name = name;
    r->first[(unsigned char)x->p[0]] = true;
    r->n++;
}

/* The characters of base64 that depend on the key alone when `skip` bytes stand before it. */
static void base64_core(struct tare_str key, size_t skip, struct tare_buf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bits = 0, n_bits = key.n * 8;
    size_t first = (6 - skip * 8 % 6) % 6;
    for (bits = first; bits + 6 <= n_bits; bits += 6) {
        unsigned value = 0;
        for (size_t b = bits; b < bits + 6; b++)
            value = value << 1 | ((unsigned)(unsigned char)key.p[b / 8] >> (7 - b % 8) & 1u);
        tare_buf_putc(out, digits[value]);
    }
}

static bool plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

static void add_key(struct tare_redactor *r, struct tare_str key, struct tare_str name)
{
    static const char hex[] = "0123456789abcdef";
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    (void)tare_buf_room(&b, 3 * key.n + 1); /* no copy is left behind by growing */
    tare_buf_put(&b, key);
    add(r, &b, key.n >= PREFIX ? PREFIX : 0, name);
    tare_buf_reset(&b);
    for (size_t i = key.n; i-- > 0;)
        tare_buf_putc(&b, key.p[i]);
    add(r, &b, 0, name);
    tare_buf_reset(&b);
    for (size_t i = 0; i < key.n; i++) {
        tare_buf_putc(&b, hex[(unsigned char)key.p[i] >> 4]);
        tare_buf_putc(&b, hex[(unsigned char)key.p[i] & 15]);
    }
    add(r, &b, 0, name);
    tare_buf_reset(&b);
    for (size_t i = 0; i < key.n; i++)
        if (plain(key.p[i]))
            tare_buf_putc(&b, key.p[i]);
        else
            tare_buf_printf(&b, "%%%02X", (unsigned)(unsigned char)key.p[i]);
    add(r, &b, 0, name);
    for (size_t skip = 0; skip < 3; skip++) {
        tare_buf_reset(&b);
        base64_core(key, skip, &b);
        add(r, &b, 0, name);
    }
    tare_wipe(b.p, b.cap);
    tare_buf_free(&b);
}

struct tare_redactor *tare_redactor_open(const struct tare_endpoint *const *endpoints, uint32_t n)
{
    struct tare_redactor *r = calloc(1, sizeof *r);
    size_t keys = 0;
    for (uint32_t i = 0; i < n; i++)
        for (const struct tare_endpoint *e = endpoints[i]; e; e = e->fallback)
            keys += e->key.n >= SHORTEST;
    if (r)
        r->v = calloc(keys * FORMS + 1, sizeof *r->v);
    if (!r || !r->v) {
        free(r);
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        for (const struct tare_endpoint *e = endpoints[i]; e; e = e->fallback)
            if (e->key.n >= SHORTEST)
                add_key(r, e->key, e->key_name);
    return r;
}

void tare_redactor_close(struct tare_redactor *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; i < r->n; i++)
        tare_secret_drop(&r->v[i].kept);
    free(r->v);
    free(r);
}

static size_t match(const struct needle *x, const char *p, size_t n)
{
    size_t i = 0;
    while (i < x->n && i < n && p[i] == x->p[i])
        i++;
    return i >= x->least ? i : 0;
}

uint32_t tare_redact(const struct tare_redactor *r, struct tare_str text, struct tare_buf *out)
{
    uint32_t found = 0;
    size_t kept = 0;
    for (size_t at = 0; r->n && at < text.n; at++) {
        size_t longest = 0;
        const struct needle *best = NULL;
        if (!r->first[(unsigned char)text.p[at]])
            continue;
        for (uint32_t i = 0; i < r->n; i++) {
            size_t n = match(&r->v[i], text.p + at, text.n - at);
            if (n > longest) {
                longest = n;
                best = &r->v[i];
            }
        }
        if (!best)
            continue;
        tare_buf_put(out, tare_str_n(text.p + kept, at - kept));
        tare_buf_printf(out, "[secret:%.*s]", TARE_FMT(best->name));
        kept = at + longest;
        at = kept - 1;
        found++;
    }
    tare_buf_put(out, tare_str_n(text.p + kept, text.n - kept));
    return found;
}
