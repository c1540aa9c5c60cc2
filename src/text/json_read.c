/* Looking at a parsed document. */
#include "text/json_int.h"

#include "base/banned.h"

static const struct tare__json_node *node(struct tare_json v)
{
    return &v.doc->nodes[v.node];
}

static bool is_box(struct tare_json v)
{
    return v.doc && tare__json_is_box(node(v));
}

enum tare_json_kind tare_json_kind(struct tare_json v)
{
    return v.doc ? (enum tare_json_kind)node(v)->kind : TARE_JSON_ABSENT;
}

const char *tare_json_kind_name(struct tare_json v)
{
    static const char *const names[] = {"absent", "null",   "false", "true",
                                        "number", "string", "array", "object"};
    return names[tare_json_kind(v)];
}

size_t tare_json_offset(struct tare_json v)
{
    return v.doc ? node(v)->off : 0;
}

size_t tare_json_source_end(struct tare_json v)
{
    return v.doc ? node(v)->end : 0;
}

struct tare_str tare_json_lexeme(struct tare_json v)
{
    if (!v.doc)
        return (struct tare_str){NULL, 0};
    const struct tare__json_node *n = node(v);
    if (n->kind == TARE_JSON_NUMBER)
        return tare_str_n(n->u.s, n->len);
    return tare_str_n(v.doc->text.p + n->off, n->end - n->off);
}

struct tare_str tare_json_str(struct tare_json v)
{
    if (tare_json_kind(v) != TARE_JSON_STRING)
        return (struct tare_str){NULL, 0};
    return tare_str_n(node(v)->u.s, node(v)->len);
}

bool tare_json_str_is(struct tare_json v, const char *cstr)
{
    return tare_json_kind(v) == TARE_JSON_STRING && tare_str_is(tare_json_str(v), cstr);
}

bool tare_json_true(struct tare_json v)
{
    return tare_json_kind(v) == TARE_JSON_TRUE;
}

bool tare_json_is_integer(struct tare_json v)
{
    return tare_json_kind(v) == TARE_JSON_NUMBER && (node(v)->flags & TARE__JSON_INTEGER);
}

bool tare_json_i64(struct tare_json v, int64_t *out)
{
    return tare_json_is_integer(v) && tare_str_to_i64(tare_json_lexeme(v), out);
}

uint32_t tare_json_count(struct tare_json v)
{
    return is_box(v) ? node(v)->u.box.count : 0;
}

struct tare_json tare_json_first(struct tare_json v)
{
    if (tare_json_count(v) == 0)
        return (struct tare_json){NULL, 0};
    return (struct tare_json){v.doc, v.node + 1 + (node(v)->kind == TARE_JSON_OBJECT)};
}

struct tare_json tare_json_next(struct tare_json v)
{
    if (!v.doc || (node(v)->flags & TARE__JSON_LAST))
        return (struct tare_json){NULL, 0};
    uint32_t keyed = (node(v)->flags & TARE__JSON_KEYED) != 0;
    return (struct tare_json){v.doc, tare__json_after(v.doc->nodes, v.node) + keyed};
}

struct tare_str tare_json_key(struct tare_json v)
{
    if (!v.doc || !(node(v)->flags & TARE__JSON_KEYED))
        return (struct tare_str){NULL, 0};
    const struct tare__json_node *k = node(v) - 1;
    return tare_str_n(k->u.s, k->len);
}

size_t tare_json_key_offset(struct tare_json v)
{
    return v.doc && (node(v)->flags & TARE__JSON_KEYED) ? (node(v) - 1)->off : 0;
}

struct tare_json tare_json_get_str(struct tare_json v, struct tare_str key)
{
    struct tare_json found = {NULL, 0};
    if (tare_json_kind(v) != TARE_JSON_OBJECT)
        return found;
    const struct tare__json_node *nodes = v.doc->nodes;
    uint32_t at = v.node + 1;
    for (uint32_t left = nodes[v.node].u.box.count; left > 0; left--) {
        const struct tare__json_node *k = &nodes[at];
        if (k->len == key.n && (key.n == 0 || memcmp(k->u.s, key.p, key.n) == 0)) {
            found = (struct tare_json){v.doc, at + 1};
            if (!v.doc->duplicates)
                break;
        }
        at = tare__json_after(nodes, at + 1);
    }
    return found;
}

struct tare_json tare_json_get(struct tare_json v, const char *key)
{
    return tare_json_get_str(v, tare_str_of(key));
}

struct tare_json tare_json_at(struct tare_json v, uint32_t i)
{
    if (tare_json_kind(v) != TARE_JSON_ARRAY || i >= tare_json_count(v))
        return (struct tare_json){NULL, 0};
    struct tare_json e = tare_json_first(v);
    while (i-- > 0)
        e = tare_json_next(e);
    return e;
}

/* The child of `box` that holds node `target`; its index in *i. */
static struct tare_json child_holding(struct tare_json box, uint32_t target, uint32_t *i)
{
    struct tare_json c = tare_json_first(box);
    for (*i = 0; tare__json_after(c.doc->nodes, c.node) <= target; ++*i)
        c = tare_json_next(c);
    return c;
}

void tare__json_put_reference(struct tare_buf *b, struct tare_str key)
{
    for (size_t i = 0; i < key.n; i++) {
        if (key.p[i] == '~' || key.p[i] == '/')
            tare_buf_puts(b, key.p[i] == '~' ? "~0" : "~1");
        else
            tare_buf_putc(b, key.p[i]);
    }
}

struct tare_str tare_json_pointer(struct tare_json v, struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_json at = {v.doc, 0};
    tare_buf_init(&b, arena->alc, arena->ceiling_bytes);
    while (v.doc && at.node != v.node) {
        uint32_t i;
        at = child_holding(at, v.node, &i);
        tare_buf_putc(&b, '/');
        if (node(at)->flags & TARE__JSON_KEYED)
            tare__json_put_reference(&b, tare_json_key(at));
        else
            tare_buf_printf(&b, "%u", i);
    }
    struct tare_str out = {NULL, 0};
    if (!b.failed)
        out = tare_arena_copy(arena, b.n ? tare_buf_str(&b) : TARE_S(""));
    tare_buf_free(&b);
    return out;
}
