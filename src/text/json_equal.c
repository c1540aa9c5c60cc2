/* Equality of values; recursion is bounded by the depth of the documents. */
#include "text/json_int.h"

#include "base/banned.h"

#define FEW 24

static bool arrays(struct tare_json a, struct tare_json b)
{
    if (tare_json_count(a) != tare_json_count(b))
        return false;
    b = tare_json_first(b);
    for (a = tare_json_first(a); a.doc; a = tare_json_next(a), b = tare_json_next(b))
        if (!tare_json_equal(a, b))
            return false;
    return true;
}

static bool members(struct tare_json a, const struct tare__json_member *x, uint32_t n,
                    struct tare_json b, const struct tare__json_member *y, uint32_t m)
{
    if (n != m)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!tare_str_eq(tare_str_n(x[i].p, x[i].n), tare_str_n(y[i].p, y[i].n)) ||
            !tare_json_equal((struct tare_json){a.doc, x[i].value},
                             (struct tare_json){b.doc, y[i].value}))
            return false;
    }
    return true;
}

/* Every member of a has its equal in b. Slow, for want of memory. */
static bool covered(struct tare_json a, struct tare_json b)
{
    for (struct tare_json v = tare_json_first(a); v.doc; v = tare_json_next(v)) {
        struct tare_str key = tare_json_key(v);
        struct tare_json other = tare_json_get_str(b, key);
        if (tare_json_get_str(a, key).node == v.node && !(other.doc && tare_json_equal(v, other)))
            return false;
    }
    return true;
}

static bool objects(struct tare_json a, struct tare_json b)
{
    const struct tare_alc *alc = tare_alc_libc();
    struct tare__json_member sx[FEW], sy[FEW], *x, *y;
    size_t x_bytes, y_bytes = 0;
    uint32_t n = 0, m = 0;
    bool equal;
    x = tare__json_sorted(a, sx, FEW, alc, &n, &x_bytes);
    y = x ? tare__json_sorted(b, sy, FEW, alc, &m, &y_bytes) : NULL;
    equal = x && y ? members(a, x, n, b, y, m) : covered(a, b) && covered(b, a);
    if (x && x_bytes)
        alc->put(alc->ctx, x, x_bytes);
    if (y && y_bytes)
        alc->put(alc->ctx, y, y_bytes);
    return equal;
}

bool tare_json_equal(struct tare_json a, struct tare_json b)
{
    enum tare_json_kind kind = tare_json_kind(a);
    if (kind != tare_json_kind(b))
        return false;
    switch (kind) {
    case TARE_JSON_NUMBER:
        return tare__json_number_equal(tare_json_lexeme(a), tare_json_lexeme(b));
    case TARE_JSON_STRING:
        return tare_str_eq(tare_json_str(a), tare_json_str(b));
    case TARE_JSON_ARRAY:
        return arrays(a, b);
    case TARE_JSON_OBJECT:
        return objects(a, b);
    default:
        return true;
    }
}
