/* Anchors, aliases and merge keys: copies of nodes, within limits. */
#include "text/yaml_int.h"

#include "base/banned.h"

#define MAX_MERGED 1000 /* members of a mapping with a merge key: keys are compared one by one */

bool tare__yaml_anchor(struct tare__yaml *y, struct tare_str name, uint32_t node)
{
    if (y->n_anchors == y->cap_anchors) {
        uint32_t cap = y->cap_anchors ? y->cap_anchors * 2 : 16;
        struct tare__yaml_anchor *a = TARE_NEW_N(y->arena, struct tare__yaml_anchor, cap);
        if (!a)
            return tare__yaml_no_memory(y);
        if (y->n_anchors)
            memcpy(a, y->anchors, y->n_anchors * sizeof *a);
        y->anchors = a;
        y->cap_anchors = cap;
    }
    struct tare_str copy = tare_arena_copy(y->arena, name);
    if (!copy.p)
        return tare__yaml_no_memory(y);
    y->anchors[y->n_anchors++] = (struct tare__yaml_anchor){copy, node};
    return true;
}

/* Appends nodes [from, to) of `source`, which stood at index `base` on, without the first node's
 * place among its siblings. */
static bool append(struct tare__yaml *y, const struct tare__json_node *source, uint32_t base,
                   uint32_t from, uint32_t to, uint8_t first_flags)
{
    uint32_t start = y->tape.n;
    for (uint32_t i = from; i < to; i++) {
        struct tare__json_node *v = tare__json_tape_push(&y->tape);
        if (!v)
            return tare__yaml_no_memory(y);
        *v = source[i - base];
        if (tare__json_is_box(v))
            v->u.box.next = v->u.box.next - from + start;
        if (i == from)
            v->flags = (uint8_t)((v->flags & ~(TARE__JSON_KEYED | TARE__JSON_LAST)) | first_flags);
    }
    return true;
}

static const struct tare__yaml_anchor *find(const struct tare__yaml *y, struct tare_str name)
{
    for (uint32_t i = y->n_anchors; i > 0; i--)
        if (tare_str_eq(y->anchors[i - 1].name, name))
            return &y->anchors[i - 1];
    return NULL;
}

static bool is_open(const struct tare__yaml *y, uint32_t node)
{
    for (uint32_t b = y->tape.open; b != TARE__JSON_NONE; b = y->tape.nodes[b].u.box.next)
        if (b == node)
            return true;
    return false;
}

/* Counts what an alias adds. */
static bool allowed(struct tare__yaml *y, uint32_t node, size_t at)
{
    const struct tare__json_node *n = &y->tape.nodes[node];
    size_t most = y->text.n * TARE_MAX_YAML_EXPANSION;
    most = most < 4 * TARE_KIB ? 4 * TARE_KIB : most;
    y->expanded_bytes += n->end - n->off;
    uint32_t more = tare__json_after(y->tape.nodes, node) - node;
    if (++y->n_aliases > TARE_MAX_YAML_ALIASES)
        return tare__yaml_fault(y, at, TARE_E_LIMIT, "more than %d aliases", TARE_MAX_YAML_ALIASES);
    if (y->expanded_bytes > most || y->tape.n + more > TARE_MAX_YAML_NODES)
        return tare__yaml_fault(y, at, TARE_E_LIMIT, "aliases make the file grow too large");
    return true;
}

bool tare__yaml_alias(struct tare__yaml *y, struct tare_str name, size_t at, size_t end)
{
    const struct tare__yaml_anchor *a = find(y, name);
    if (!a)
        return tare__yaml_fault(y, at, TARE_E_INPUT, "no anchor &%.*s stands before this alias",
                                TARE_FMT(name));
    uint32_t node = a->node;
    if (is_open(y, node))
        return tare__yaml_fault(y, at, TARE_E_INPUT, "the alias *%.*s stands inside what it names",
                                TARE_FMT(name));
    if (!allowed(y, node, at))
        return false;
    uint32_t stop = tare__json_after(y->tape.nodes, node);
    struct tare__json_node *v =
        tare__json_tape_value(&y->tape, (enum tare_json_kind)y->tape.nodes[node].kind);
    if (!v)
        return tare__yaml_no_memory(y);
    uint8_t flags = v->flags;
    uint32_t copy = --y->tape.n;
    while (y->tape.cap - y->tape.n < stop - node) /* so that the source stays where it is */
        if (!tare__json_tape_grow(&y->tape))
            return tare__yaml_no_memory(y);
    if (!append(y, y->tape.nodes, 0, node, stop, flags))
        return false;
    y->tape.nodes[copy].off = (uint32_t)at;
    y->tape.nodes[copy].end = (uint32_t)end;
    return true;
}

/* ---- merge keys -------------------------------------------------------------------------- */

/* The nodes below a mapping as they were, and where they stood. */
struct old {
    const struct tare__json_node *nodes;
    uint32_t base, n;
    uint32_t box; /* the mapping being rebuilt */
};

static const struct tare__json_node *old_at(const struct old *o, uint32_t i)
{
    return &o->nodes[i - o->base];
}

static uint32_t old_after(const struct old *o, uint32_t i)
{
    return tare__json_is_box(old_at(o, i)) ? old_at(o, i)->u.box.next : i + 1;
}

static bool has_key(const struct tare__yaml *y, uint32_t box, const struct tare__json_node *key)
{
    const struct tare__json_node *nodes = y->tape.nodes;
    uint32_t at = box + 1;
    for (uint32_t left = nodes[box].u.box.count; left > 0; left--) {
        if (nodes[at].len == key->len && memcmp(nodes[at].u.s, key->u.s, key->len) == 0)
            return true;
        at = tare__json_after(nodes, at + 1);
    }
    return false;
}

/* Member with key node `key` of the old nodes becomes a member of the rebuilt mapping. */
static bool put_member(struct tare__yaml *y, const struct old *o, uint32_t key)
{
    if (y->tape.nodes[o->box].u.box.count == MAX_MERGED)
        return tare__yaml_fault(y, old_at(o, key)->off, TARE_E_LIMIT,
                                "a mapping with << has more than %d keys", MAX_MERGED);
    if (!append(y, o->nodes, o->base, key, key + 1, 0))
        return false;
    y->tape.nodes[o->box].u.box.count++;
    y->tape.nodes[o->box].end = y->tape.n;
    return append(y, o->nodes, o->base, key + 1, old_after(o, key + 1), TARE__JSON_KEYED);
}

/* The members of an old mapping that are not there yet. */
static bool put_mapping(struct tare__yaml *y, const struct old *o, uint32_t mapping)
{
    if (old_at(o, mapping)->kind != TARE_JSON_OBJECT)
        return tare__yaml_fault(y, old_at(o, mapping)->off, TARE_E_INPUT,
                                "<< takes a mapping or a list of mappings");
    uint32_t key = mapping + 1;
    for (uint32_t left = old_at(o, mapping)->u.box.count; left > 0; left--) {
        if (!has_key(y, o->box, old_at(o, key)) && !put_member(y, o, key))
            return false;
        key = old_after(o, key + 1);
    }
    return true;
}

static bool put_merged(struct tare__yaml *y, const struct old *o, uint32_t value)
{
    if (old_at(o, value)->kind != TARE_JSON_ARRAY)
        return put_mapping(y, o, value);
    uint32_t at = value + 1;
    for (uint32_t left = old_at(o, value)->u.box.count; left > 0; left--) {
        if (!put_mapping(y, o, at))
            return false;
        at = old_after(o, at);
    }
    return true;
}

bool tare__yaml_merge(struct tare__yaml *y)
{
    struct old o = {.box = y->tape.open, .base = y->tape.open + 1};
    uint32_t count = y->tape.nodes[o.box].u.box.count;
    o.n = y->tape.n - o.base;
    struct tare__json_node *copy = TARE_NEW_N(y->arena, struct tare__json_node, o.n);
    if (!copy)
        return tare__yaml_no_memory(y);
    memcpy(copy, y->tape.nodes + o.base, o.n * sizeof *copy);
    o.nodes = copy;
    y->tape.n = o.base;
    y->tape.nodes[o.box].u.box.count = 0;
    for (int merged = 0; merged < 2; merged++) { /* the mapping's own keys come first and win */
        uint32_t key = o.base;
        for (uint32_t left = count; left > 0; left--) {
            bool is_merge = copy[key - o.base].flags & TARE__YAML_MERGE;
            if (is_merge && merged && !put_merged(y, &o, key + 1))
                return false;
            if (!is_merge && !merged && !put_member(y, &o, key))
                return false;
            key = old_after(&o, key + 1);
        }
    }
    return true;
}
