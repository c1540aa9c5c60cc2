/*
 * Branches of a oneOf that are apart for a reason seen at a glance: their types, or a member that
 * both must have, of one of some values here and one of others there. Unions of many kinds of
 * object are written so; each pair of them looked at in full is what compiling them would cost.
 */
#include "text/schema_lower.h"

#include "base/banned.h"

#define MAX_TAGS (sizeof((struct tare__lower_tags *)0)->v / sizeof(struct tare__lower_tag))
#define MAX_DEEP 4u /* references and allOf */
#define OBJECT TARE__LOWER_BIT(TARE_JSON_OBJECT)
#define NUMBER TARE__LOWER_BIT(TARE_JSON_NUMBER)

/* Rules that hold of the node: its own, and those of what it refers to or has in allOf. */
typedef bool visit(void *ctx, const struct tare__schema_rule *r); /* false: enough */
static bool each_rule(struct tare__lower *l, const struct tare__schema_node *n, unsigned deep,
                      visit *see, void *ctx)
{
    tare__lower_work(l, 1 + (uint64_t)n->n_rules / 4);
    for (uint32_t i = 0; i < n->n_rules; i++) {
        const struct tare__schema_rule *r = &n->rules[i];
        if (!see(ctx, r))
            return false;
        if (r->op == SO_REF && deep && !each_rule(l, r->node, deep - 1, see, ctx))
            return false;
        for (uint32_t k = 0; r->op == SO_ALL_OF && deep && k < r->n_list; k++)
            if (!each_rule(l, r->list[k].node, deep - 1, see, ctx))
                return false;
    }
    return true;
}

static bool see_kinds(void *ctx, const struct tare__schema_rule *r)
{
    unsigned *kinds = ctx;
    if (r->op == SO_TYPE)
        *kinds &= (r->types & TARE__LOWER_KINDS) | ((r->types >> 31) ? NUMBER : 0);
    return true;
}

static bool see_values(void *ctx, const struct tare__schema_rule *r)
{
    const struct tare__schema_rule **found = ctx;
    if (r->op == SO_CONST || r->op == SO_ENUM)
        *found = r;
    return !*found;
}

struct property {
    struct tare_str name;
    const struct tare__schema_node *node;
};

static bool see_property(void *ctx, const struct tare__schema_rule *r)
{
    struct property *p = ctx;
    if (r->op == SO_OBJECT)
        p->node = tare__lower_property(r, p->name);
    return !p->node;
}

struct tagging {
    struct tare__lower *l;
    const struct tare__schema_node *node;
    struct tare__lower_tags *out;
};

static bool see_required(void *ctx, const struct tare__schema_rule *r)
{
    struct tagging *t = ctx;
    for (uint32_t i = 0; r->op == SO_REQUIRED && i < r->n_list && t->out->n < MAX_TAGS; i++) {
        struct property p = {.name = r->list[i].name};
        const struct tare__schema_rule *values = NULL;
        (void)each_rule(t->l, t->node, MAX_DEEP, see_property, &p);
        if (p.node)
            (void)each_rule(t->l, p.node, MAX_DEEP, see_values, &values);
        if (values)
            t->out->v[t->out->n++] = (struct tare__lower_tag){p.name, values};
    }
    return true;
}

static bool see_closed(void *ctx, const struct tare__schema_rule *r)
{
    const struct tare__schema_rule **found = ctx;
    bool none = r->op == SO_OBJECT && r->n_patterns == 0 && r->node && r->node->n_rules == 1 &&
                r->node->rules[0].op == SO_FALSE;
    if (none)
        *found = r;
    return !none;
}

static bool see_branches(void *ctx, const struct tare__schema_rule *r)
{
    const struct tare__schema_rule **found = ctx;
    if (r->op == SO_ONE_OF || r->op == SO_ANY_OF)
        *found = r;
    return !*found;
}

struct tare__lower_tags tare__lower_tags_of(struct tare__lower *l,
                                            const struct tare__schema_node *n, unsigned deep)
{
    struct tare__lower_tags tags = {.node = n, .kinds = TARE__LOWER_KINDS};
    struct tagging t = {l, n, &tags};
    const struct tare__schema_rule *r = NULL;
    (void)each_rule(l, n, MAX_DEEP, see_kinds, &tags.kinds);
    if (tags.kinds & OBJECT) {
        (void)each_rule(l, n, MAX_DEEP, see_required, &t);
        (void)each_rule(l, n, MAX_DEEP, see_closed, (void *)&tags.closed);
    }
    if (deep)
        (void)each_rule(l, n, MAX_DEEP, see_branches, (void *)&r);
    if (r)
        tags.branches = tare__lower_new(l, ((size_t)r->n_list + 1) * sizeof *tags.branches);
    for (uint32_t i = 0; tags.branches && i < r->n_list; i++)
        tags.branches[tags.n_branches++] = tare__lower_tags_of(l, r->list[i].node, deep - 1);
    return tags;
}

struct missing {
    struct tare__lower *l;
    const struct tare__schema_rule *closed;
    bool found;
};

static bool see_missing(void *ctx, const struct tare__schema_rule *r)
{
    struct missing *m = ctx;
    for (uint32_t i = 0; r->op == SO_REQUIRED && i < r->n_list && !m->found; i++)
        m->found = !tare__lower_property(m->closed, r->list[i].name);
    if (r->op == SO_REQUIRED)
        tare__lower_work(m->l, r->n_list);
    return !m->found;
}

/* A member that a must have may not be in b. */
static bool one_missing(struct tare__lower *l, const struct tare__lower_tags *a,
                        const struct tare__lower_tags *b)
{
    struct missing m = {l, b->closed, false};
    if (b->closed)
        (void)each_rule(l, a->node, MAX_DEEP, see_missing, &m);
    return m.found;
}

static bool no_value_of_both(struct tare__lower *l, const struct tare__schema_rule *a,
                             const struct tare__schema_rule *b)
{
    struct tare__value_link in_b = {b->at, b->op == SO_ENUM, NULL};
    struct tare_json v = a->op == SO_ENUM ? tare_json_first(a->at) : a->at;
    for (; v.doc && !l->stopped; v = a->op == SO_ENUM ? tare_json_next(v) : (struct tare_json){0})
        if (tare__lower_listed(l, &in_b, v))
            return false;
    return !l->stopped;
}

static bool apart_at_once(struct tare__lower *l, const struct tare__lower_tags *a,
                          const struct tare__lower_tags *b)
{
    unsigned both = a->kinds & b->kinds;
    tare__lower_work(l, 1);
    for (uint32_t i = 0; i < a->n && both == OBJECT; i++)
        for (uint32_t k = 0; k < b->n; k++)
            if (tare_str_eq(a->v[i].name, b->v[k].name) &&
                no_value_of_both(l, a->v[i].values, b->v[k].values))
                return true;
    return both == 0 || (both == OBJECT && (one_missing(l, a, b) || one_missing(l, b, a)));
}

bool tare__lower_tags_apart(struct tare__lower *l, const struct tare__lower_tags *a,
                            const struct tare__lower_tags *b)
{
    if (l->stopped || apart_at_once(l, a, b))
        return !l->stopped;
    bool apart = a->branches || b->branches;
    for (uint32_t i = 0; i < a->n_branches && apart; i++)
        apart = tare__lower_tags_apart(l, &a->branches[i], b);
    for (uint32_t i = 0; !a->branches && i < b->n_branches && apart; i++)
        apart = tare__lower_tags_apart(l, a, &b->branches[i]);
    return apart;
}
