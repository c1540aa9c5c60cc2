#include <inttypes.h>
#include <stdlib.h>

#include "text/schema_int.h"

#include "base/hash.h"
#include "base/limits.h"

#include "base/banned.h"

#define SHOWN_BYTES 80

/* Source text of a value, cut. */
static struct tare_str shown(struct tare_json v, struct tare_arena *arena)
{
    struct tare_str s = tare_json_lexeme(v);
    if (s.n <= SHOWN_BYTES)
        return s;
    size_t n = SHOWN_BYTES;
    while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    return tare_arena_printf(arena, "%.*s...", (int)n, s.p);
}

static void tell_count(const struct tare__schema_rule *r, uint64_t found, struct tare_arena *a,
                       struct tare_str *says, struct tare_str *remedy)
{
    static const char *const nouns[] = {
        [SO_MIN_LENGTH] = "characters",  [SO_MAX_LENGTH] = "characters",
        [SO_MIN_ITEMS] = "items",        [SO_MAX_ITEMS] = "items",
        [SO_MIN_PROPERTIES] = "members", [SO_MAX_PROPERTIES] = "members"};
    bool least = r->op == SO_MIN_LENGTH || r->op == SO_MIN_ITEMS || r->op == SO_MIN_PROPERTIES;
    const char *noun = nouns[r->op];
    *says = tare_arena_printf(a, "has %" PRIu64 " %s, %s %" PRIu64 " are allowed", found, noun,
                              least ? "no fewer than" : "no more than", r->count);
    *remedy = tare_arena_printf(a, "%s %" PRIu64 " %s", least ? "give at least" : "give at most",
                                r->count, noun);
}

static void tell_number(const struct tare__schema_rule *r, struct tare_json value,
                        struct tare_arena *a, struct tare_str *says, struct tare_str *remedy)
{
    const char *how = r->op == SO_MINIMUM             ? "at least"
                      : r->op == SO_MAXIMUM           ? "at most"
                      : r->op == SO_EXCLUSIVE_MINIMUM ? "above"
                      : r->op == SO_EXCLUSIVE_MAXIMUM ? "below"
                                                      : "a multiple of";
    *says = tare_arena_printf(a, "%.*s is not %s %.*s", TARE_FMT(shown(value, a)), how,
                              TARE_FMT(tare_json_lexeme(r->at)));
    *remedy = tare_arena_printf(a, "give a number %s %.*s", how, TARE_FMT(tare_json_lexeme(r->at)));
}

void tare__schema_tell(const struct tare__schema_rule *r, struct tare_json value, uint64_t found,
                       struct tare_str name, struct tare_arena *a, struct tare_str *says,
                       struct tare_str *remedy)
{
    struct tare_str rule = shown(r->at, a);
    switch (r->op) {
    case SO_FALSE:
        if (name.p)
            *says = tare_arena_printf(a, "the member \"%.*s\" is not allowed", TARE_FMT(name));
        else
            *says = tare_arena_printf(a, "nothing is allowed here");
        *remedy = tare_arena_printf(a, "remove it");
        return;
    case SO_TYPE:
        *says = tare_arena_printf(a, "is %s, not %.*s", tare_json_kind_name(value), TARE_FMT(rule));
        *remedy = tare_arena_printf(a, "give a value of type %.*s", TARE_FMT(rule));
        return;
    case SO_REQUIRED:
    case SO_DEPENDENT:
        *says = tare_arena_printf(a, "the member \"%.*s\" is missing", TARE_FMT(name));
        *remedy = tare_arena_printf(a, "add \"%.*s\"", TARE_FMT(name));
        return;
    case SO_NAMES:
        *says = tare_arena_printf(a, "the name \"%.*s\" is not allowed", TARE_FMT(name));
        *remedy = tare_arena_printf(a, "rename or remove it");
        return;
    case SO_MIN_LENGTH:
    case SO_MAX_LENGTH:
    case SO_MIN_ITEMS:
    case SO_MAX_ITEMS:
    case SO_MIN_PROPERTIES:
    case SO_MAX_PROPERTIES:
        tell_count(r, found, a, says, remedy);
        return;
    case SO_MINIMUM:
    case SO_MAXIMUM:
    case SO_EXCLUSIVE_MINIMUM:
    case SO_EXCLUSIVE_MAXIMUM:
    case SO_MULTIPLE:
        tell_number(r, value, a, says, remedy);
        return;
    case SO_UNIQUE:
        *says = tare_arena_printf(a, "two items are equal");
        *remedy = tare_arena_printf(a, "remove the repeated item");
        return;
    case SO_CONTAINS:
        *says = tare_arena_printf(a, "%" PRIu64 " items match \"contains\"", found);
        *remedy = tare_arena_printf(a, "give as many matching items as the schema asks for");
        return;
    case SO_ANY_OF:
    case SO_ONE_OF:
        *says = tare_arena_printf(a, "matches %" PRIu64 "%s of the %u alternatives", found,
                                  found > 1 ? " or more" : "", r->n_list);
        *remedy = tare_arena_printf(a, "match %s of them",
                                    r->op == SO_ANY_OF ? "at least one" : "exactly one");
        return;
    case SO_NOT:
        *says = tare_arena_printf(a, "matches what \"not\" forbids: %.*s", TARE_FMT(rule));
        *remedy = tare_arena_printf(a, "give a value that does not match it");
        return;
    default:
        *says = tare_arena_printf(a, "%.*s does not fit \"%s\": %.*s", TARE_FMT(shown(value, a)),
                                  r->keyword, TARE_FMT(rule));
        *remedy = tare_arena_printf(a, "give %s%.*s",
                                    r->op == SO_ENUM      ? "one of "
                                    : r->op == SO_CONST   ? "exactly "
                                    : r->op == SO_PATTERN ? "a text that matches "
                                                          : "a text in the format ",
                                    TARE_FMT(rule));
        return;
    }
}

struct hashed {
    uint64_t hash;
    struct tare_json v;
};

/* Equal values have equal hashes. */
static uint64_t hash_of(struct tare_json v)
{
    enum tare_json_kind kind = tare_json_kind(v);
    uint64_t h = (uint64_t)kind * UINT64_C(0x9e3779b97f4a7c15);
    double x;
    if (kind == TARE_JSON_STRING)
        return tare_hash64(tare_json_str(v), h);
    if (kind == TARE_JSON_NUMBER && tare_json_f64(v, &x)) {
        x += 0.0; /* -0 is 0 */
        return tare_hash64(tare_str_n((const char *)&x, sizeof x), h);
    }
    for (struct tare_json c = tare_json_first(v); c.doc; c = tare_json_next(c)) {
        if (kind == TARE_JSON_ARRAY)
            h = h * 31 + hash_of(c);
        else
            h += tare_hash64(tare_json_key(c), hash_of(c));
    }
    return h;
}

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

bool tare__schema_unique(struct tare_json array, struct tare_arena *scratch, bool *unique)
{
    uint32_t n = tare_json_count(array), i = 0;
    struct hashed few[16];
    struct hashed *h = n <= 16 ? few : TARE_NEW_N(scratch, struct hashed, n);
    if (!h)
        return false;
    for (struct tare_json c = tare_json_first(array); c.doc; c = tare_json_next(c), i++)
        h[i] = (struct hashed){hash_of(c), c};
    if (n > 1)
        qsort(h, n, sizeof *h, by_hash);
    *unique = true;
    for (i = 0; i < n && *unique; i++)
        for (uint32_t j = i + 1; j < n && h[j].hash == h[i].hash && *unique; j++)
            *unique = !tare_json_equal(h[i].v, h[j].v);
    return true;
}
