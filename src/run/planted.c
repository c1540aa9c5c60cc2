/*
 * Where planted instructions stand in what a world showed. The world says which texts it planted
 * and which of them have reached the solver; here each is looked for in the strings of the
 * observation, so that a page can underline it without guessing.
 */
#include "run/planted.h"

#include "base/banned.h"

#define LEAST_BYTES ((size_t)24) /* of a text that stands there in part */
#define MOST_SPANS 64u           /* of one observation */

struct finding {
    const struct tare_planted *v;
    uint32_t n;
    struct tare_arena *arena;
    struct tare_json_writer *out;
    uint32_t part, spans;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same_at(struct tare_str in, size_t at, struct tare_str what)
{
    for (size_t i = 0; i < what.n; i++)
        if (lower(in.p[at + i]) != lower(what.p[i]))
            return false;
    return true;
}

static size_t find_from(struct tare_str in, struct tare_str what, size_t from)
{
    for (size_t at = from; what.n && at + what.n <= in.n; at++)
        if (same_at(in, at, what))
            return at;
    return SIZE_MAX;
}

/* As far as both agree to the left and right of a place where they do. */
static void widen(struct tare_str in, struct tare_str text, size_t at, size_t in_text, size_t n,
                  size_t *from, size_t *to)
{
    size_t left = 0, right = n;
    while (left < at && left < in_text &&
           lower(in.p[at - left - 1]) == lower(text.p[in_text - left - 1]))
        left++;
    while (at + right < in.n && in_text + right < text.n &&
           lower(in.p[at + right]) == lower(text.p[in_text + right]))
        right++;
    *from = at - left;
    *to = at + right;
}

bool tare__planted_in(struct tare_str in, struct tare_str text, size_t begin, size_t *from,
                      size_t *to)
{
    size_t at = find_from(in, text, begin);
    if (at != SIZE_MAX && text.n) {
        *from = at;
        *to = at + text.n;
        return true;
    }
    if (begin > 0 || text.n < LEAST_BYTES)
        return false;
    /* Cut by whoever shows it: its start, middle or end is there. */
    const size_t starts[] = {0, (text.n - LEAST_BYTES) / 2, text.n - LEAST_BYTES};
    for (size_t i = 0; i < 3; i++) {
        at = find_from(in, tare_str_n(text.p + starts[i], LEAST_BYTES), 0);
        if (at != SIZE_MAX) {
            widen(in, text, at, starts[i], LEAST_BYTES, from, to);
            return true;
        }
    }
    return false;
}

/* Code points before byte n. A cut character counts to neither side. */
static uint64_t points(struct tare_str s, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return count;
}

static void put_span(struct finding *f, struct tare_json value, const struct tare_planted *p,
                     size_t from, size_t to)
{
    struct tare_json_writer *w = f->out;
    struct tare_str text = tare_json_str(value);
    if (f->spans++ == 0) {
        tare_json_put_key(w, "planted");
        tare_json_begin_array(w);
    }
    tare_json_begin_object(w);
    tare_json_put_key(w, "part");
    tare_json_put_u64(w, f->part);
    tare_json_put_key(w, "at");
    tare_json_put_str(w, tare_json_pointer(value, f->arena));
    tare_json_put_key(w, "from");
    tare_json_put_u64(w, points(text, from));
    tare_json_put_key(w, "to");
    tare_json_put_u64(w, points(text, to));
    tare_json_put_key(w, "id");
    tare_json_put_str(w, p->id);
    tare_json_put_key(w, "tier");
    tare_json_put_u64(w, p->tier);
    tare_json_end_object(w);
}

static void in_value(struct finding *f, struct tare_json v)
{
    if (tare_json_kind(v) != TARE_JSON_STRING) {
        for (struct tare_json x = tare_json_first(v); tare_json_present(x) && f->spans < MOST_SPANS;
             x = tare_json_next(x))
            in_value(f, x);
        return;
    }
    struct tare_str text = tare_json_str(v);
    for (uint32_t i = 0; i < f->n; i++) {
        size_t from, to = 0;
        while (f->spans < MOST_SPANS && tare__planted_in(text, f->v[i].text, to, &from, &to))
            put_span(f, v, &f->v[i], from, to);
    }
}

void tare__put_planted(struct tare_json_writer *out, uint32_t part, struct tare_str shown,
                       const struct tare_planted *v, uint32_t n, struct tare_arena *arena)
{
    struct tare_json root;
    struct finding f = {.v = v, .n = n, .arena = arena, .out = out, .part = part};
    struct tare_arena_mark mark = tare_arena_mark(arena);
    if (n && tare_json_parse(shown, &tare_json_strict, arena, &root, NULL) == TARE_OK)
        in_value(&f, root);
    if (f.spans)
        tare_json_end_array(out);
    tare_arena_rewind(arena, mark);
}
