/*
 * unevaluatedProperties and unevaluatedItems: they speak about the members and items that no rule
 * of the same place looked at. In a case all alternatives are decided, so it is known which rules
 * hold: those that came to it since its schema was begun. What a negation brought counts for
 * nothing.
 */
#include "text/schema_lower.h"

#include "base/banned.h"

static const struct tare__schema_node anything = {.number = UINT32_MAX};

/* An object's rule that declares the names and patterns of those others, and `node` for the rest.
 * NULL: they look at all members, or stopped. */
static struct tare__schema_rule *rest_of_members(struct tare__lower *l,
                                                 const struct tare__schema_rule *r,
                                                 const struct tare__case *c,
                                                 const struct tare__rule_link *from)
{
    size_t n_list = 0, n_patterns = 0;
    for (const struct tare__rule_link *k = c->objects; k != from; k = k->next) {
        if (k->unseen)
            continue;
        if (k->rule->node)
            return NULL;
        n_list += k->rule->n_list;
        n_patterns += k->rule->n_patterns;
    }
    struct tare__schema_rule *out = tare__lower_new(l, sizeof *out);
    struct tare__schema_property *list = tare__lower_new(l, (n_list + 1) * sizeof *list);
    struct tare__schema_property *patterns =
        tare__lower_new(l, (n_patterns + 1) * sizeof *patterns);
    if (!out || !list || !patterns)
        return NULL;
    *out = (struct tare__schema_rule){.op = SO_OBJECT,
                                      .keyword = r->keyword,
                                      .at = r->at,
                                      .node = r->node,
                                      .list = list,
                                      .patterns = patterns};
    for (const struct tare__rule_link *k = c->objects; k != from; k = k->next) {
        for (uint32_t i = 0; i < k->rule->n_list && !k->unseen; i++)
            list[out->n_list++] = (struct tare__schema_property){
                k->rule->list[i].name, &anything, {{0}, NULL, NULL}, {0}};
        for (uint32_t i = 0; i < k->rule->n_patterns && !k->unseen; i++) {
            patterns[out->n_patterns] = k->rule->patterns[i];
            patterns[out->n_patterns++].node = &anything;
        }
    }
    return out;
}

static struct tare__schema_rule *rest_of_items(struct tare__lower *l,
                                               const struct tare__schema_rule *r,
                                               const struct tare__case *c,
                                               const struct tare__lower_from *from)
{
    uint32_t n = 0;
    for (const struct tare__rule_link *k = c->arrays; k != from->arrays; k = k->next) {
        if (!k->unseen && k->rule->node)
            return NULL;
        n = !k->unseen && k->rule->n_list > n ? k->rule->n_list : n;
    }
    bool looked = c->looked;
    for (const struct tare__count_link *k = c->counts; k != from->counts; k = k->next)
        looked |= k->rule->marks;
    if (looked)
        tare__lower_narrow(l, r, "items that \"contains\" looks at count as not looked at");
    struct tare__schema_rule *out = tare__lower_new(l, sizeof *out);
    struct tare__schema_property *list = tare__lower_new(l, ((size_t)n + 1) * sizeof *list);
    if (!out || !list)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        list[i].node = &anything;
    *out = (struct tare__schema_rule){.op = SO_ARRAY,
                                      .keyword = r->keyword,
                                      .at = r->at,
                                      .node = r->node,
                                      .list = list,
                                      .n_list = n};
    return out;
}

void tare__lower_rest(struct tare__lower *l, const struct tare__schema_rule *r,
                      struct tare__case *c, const struct tare__lower_from *from)
{
    bool members = r->op == SO_UNEVALUATED_PROPERTIES;
    const struct tare__schema_rule *rest =
        members ? rest_of_members(l, r, c, from->objects) : rest_of_items(l, r, c, from);
    if (!rest)
        return;
    tare__lower_work(l, 4 + (uint64_t)rest->n_list + rest->n_patterns);
    if (members)
        c->objects = tare__lower_link(l, rest, c->objects);
    else
        c->arrays = tare__lower_link(l, rest, c->arrays);
}
