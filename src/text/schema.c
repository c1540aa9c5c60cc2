#include "text/schema_int.h"

#include "base/limits.h"

#include "base/banned.h"

static size_t slot_of(const struct tare__schema_load *l, struct tare_json at)
{
    uint64_t h = ((uint64_t)(uintptr_t)at.doc >> 4) * UINT64_C(0x9e3779b97f4a7c15) + at.node;
    h = (h ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    size_t i = (size_t)(h >> 32) & (l->n_table - 1);
    while (l->table[i] && (l->table[i]->at.doc != at.doc || l->table[i]->at.node != at.node))
        i = (i + 1) & (l->n_table - 1);
    return i;
}

static bool grow(struct tare__schema_load *l)
{
    struct tare__schema_node **was = l->table;
    uint32_t n = l->n_table;
    if (n && l->n_nodes * 2 < n)
        return true;
    l->table = TARE_NEW_N(l->arena, struct tare__schema_node *, n ? n * 2u : 64u);
    if (!l->table)
        return false;
    l->n_table = n ? n * 2 : 64;
    for (uint32_t i = 0; i < n; i++)
        if (was[i])
            l->table[slot_of(l, was[i]->at)] = was[i];
    return true;
}

static struct tare__schema_node *no_memory(struct tare__schema_load *l, enum tare_status *st)
{
    *st = tare_fail(l->err, TARE_E_NOMEM, "no memory for a schema");
    return NULL;
}

/* The first node of a resource brings those of its dynamic anchors. */
static void activate(struct tare__schema_load *l, struct tare__schema_resource *r,
                     enum tare_status *st)
{
    if (r->active)
        return;
    r->active = true;
    for (struct tare__schema_anchor *a = r->anchors; a && *st == TARE_OK; a = a->next)
        if (a->dynamic)
            a->node = tare__schema_node_of(l, a->at, r, st);
}

struct tare__schema_node *tare__schema_node_of(struct tare__schema_load *l, struct tare_json at,
                                               struct tare__schema_resource *r,
                                               enum tare_status *st)
{
    if (!grow(l))
        return no_memory(l, st);
    size_t i = slot_of(l, at);
    if (l->table[i])
        return l->table[i];
    if (l->n_nodes >= TARE__SCHEMA_MAX_NODES) {
        *st = tare_fail(l->err, TARE_E_LIMIT, "the schema has more than %u subschemas",
                        TARE__SCHEMA_MAX_NODES);
        return NULL;
    }
    struct tare__schema_node *n = TARE_NEW(l->arena, struct tare__schema_node);
    if (!n)
        return no_memory(l, st);
    *st = tare__schema_steps(l, at, 6 + l->n_resources / 4);
    if (*st != TARE_OK)
        return NULL;
    struct tare__schema_resource *own = tare__schema_at(l, at);
    n->at = at;
    n->resource = own ? own : r;
    l->table[i] = n;
    n->number = l->n_nodes++;
    *l->queue_tail = n;
    l->queue_tail = &n->queued;
    activate(l, n->resource, st);
    return *st == TARE_OK ? n : NULL;
}

static const struct tare__schema_anchor *anchor_of(const struct tare__schema_resource *r,
                                                   struct tare_str name)
{
    const struct tare__schema_anchor *a = r->anchors;
    while (a && !(a->dynamic && a->node && tare_str_eq(a->name, name)))
        a = a->next;
    return a;
}

/* Where a dynamic reference leads when that is always the same place: to the outermost resource,
 * where it has the anchor; or when a single one has it. Else NULL. */
static const struct tare__schema_node *settled(const struct tare__schema_load *l,
                                               const struct tare__schema_node *root,
                                               struct tare_str name)
{
    const struct tare__schema_anchor *found = anchor_of(root->resource, name);
    bool only = !found;
    for (const struct tare__schema_resource *r = l->resources; r && only; r = r->next) {
        const struct tare__schema_anchor *a = r->same ? NULL : anchor_of(r, name);
        if (a && found)
            return NULL;
        found = a ? a : found;
    }
    return found ? found->node : NULL;
}

static void settle_dynamic(const struct tare__schema_load *l, const struct tare__schema_node *root)
{
    for (struct tare__schema_node *n = l->queue; n; n = n->queued)
        for (uint32_t i = 0; i < n->n_rules; i++) {
            struct tare__schema_rule *r = &n->rules[i];
            const struct tare__schema_node *to =
                r->op == SO_DYNAMIC_REF ? settled(l, root, r->name) : NULL;
            if (to) {
                r->op = SO_REF;
                r->node = to;
            }
        }
}

enum tare_status tare_schema_compile(struct tare_json schema,
                                     const struct tare_schema_options *options,
                                     struct tare_arena *arena, const struct tare_schema **out,
                                     struct tare_err *err)
{
    struct tare__schema_load l = {.arena = arena, .err = err};
    enum tare_json_kind kind = tare_json_kind(schema);
    l.queue_tail = &l.queue;
    if (options)
        l.options = *options;
    if (kind != TARE_JSON_OBJECT && kind != TARE_JSON_TRUE && kind != TARE_JSON_FALSE) {
        (void)tare_fail_at(err, TARE_E_INPUT, tare_json_offset(schema),
                           "a schema is an object, true or false; this is %s",
                           tare_json_kind_name(schema));
        return TARE_E_INPUT;
    }
    size_t bytes = tare_json_source_end(schema) - tare_json_offset(schema);
    if (bytes > TARE_MAX_SCHEMA_BYTES)
        return tare_fail_at(err, TARE_E_LIMIT, tare_json_offset(schema),
                            "a schema of %zu bytes (at most %zu)", bytes, TARE_MAX_SCHEMA_BYTES);
    struct tare_schema *s = TARE_NEW(arena, struct tare_schema);
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a schema");
    enum tare_status st = tare__schema_index(&l, schema, TARE_S(TARE_SCHEMA_BASE), l.options.draft);
    if (st == TARE_OK)
        s->root = tare__schema_node_of(&l, schema, tare__schema_at(&l, schema), &st);
    for (struct tare__schema_node *n = l.queue; n && st == TARE_OK; n = n->queued)
        st = tare__schema_rules(&l, n);
    if (st == TARE_OK)
        settle_dynamic(&l, s->root);
    s->marks = l.marks;
    if (st == TARE_OK)
        *out = s;
    return st;
}
