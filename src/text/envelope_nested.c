/*
 * Masks of arguments in nested tags: an object's members by their names, a list's items as <item>.
 * What the parser takes a text or children for hangs on the types that the schema of the place
 * allows (text/calls_types.c), so that place is followed as the parser follows it; what it would
 * read as something else is left out.
 */
#include "text/calls_int.h"
#include "text/envelope_int.h"

#include "base/banned.h"

#define DEPTH 6u /* of lists and objects within each other; schemas may call themselves */

static uint32_t value(struct tare__lower *l, const struct tare__nested *place,
                      const struct tare__goal *goals, uint32_t n);

static unsigned types_at(const struct tare__nested *p)
{
    return tare_json_present(p->at) ? tare__calls_types(p->at, p->root, 0)
           : p->declared            ? TARE__T_ANY
                                    : TARE__T_STR;
}

/* The goals, and of these kinds (or of none of them). */
static struct tare__goal *with(struct tare__lower *l, const struct tare__goal *goals, uint32_t n,
                               const enum tare_json_kind *kinds, uint32_t n_kinds, bool no)
{
    struct tare__goal *all = tare__lower_new(l, (n + n_kinds) * sizeof *all);
    for (uint32_t i = 0; all && i < n; i++)
        all[i] = goals[i];
    for (uint32_t i = 0; all && i < n_kinds; i++)
        all[n + i] = (struct tare__goal){tare__lower_typed(l, kinds[i]), no};
    return all;
}

/* <name>value</name> */
static uint32_t element(struct tare__lower *l, const struct tare__nested *p, struct tare_str name,
                        const struct tare__goal *goals, uint32_t n)
{
    struct tare_str open = tare_arena_printf(l->arena, "%s<%.*s>", p->mark, TARE_FMT(name));
    struct tare_str close = tare_arena_printf(l->arena, "%s</%.*s>", p->mark, TARE_FMT(name));
    if (!tare__lower_ok(l, open.p && close.p ? TARE_OK : TARE_E_NOMEM))
        return TARE_GRAMMAR_NEVER;
    return tare__envelope_around(l, tare__envelope_tag(l, p->e, open), value(l, p, goals, n),
                                 tare__envelope_tag(l, p->e, close));
}

static uint32_t member(struct tare__lower *l, void *ctx, struct tare_str name,
                       const struct tare__goal *goals, uint32_t n)
{
    const struct tare__nested *of = ctx;
    struct tare_json props = tare_json_get(tare__calls_deref(of->at, of->root), "properties");
    struct tare__nested p = *of;
    const struct tare__schema_rule at = {.keyword = "properties", .at = of->at};
    bool object = (types_at(of) & (TARE__T_ARR | TARE__T_OBJ)) == TARE__T_OBJ;
    if (!tare_dfa_run(p.words, name) || (of->depth && !object && tare_str_is(name, "item"))) {
        tare__lower_narrow(l, &at, "a name that this layout cannot hold");
        return TARE_GRAMMAR_NEVER;
    }
    p.at = tare_json_get_str(props, name);
    p.declared = of->depth > 0 && !tare_json_present(props);
    p.depth++;
    return element(l, &p, name, goals, n);
}

static bool listed(struct tare__lower *l, const struct tare__nested *p, const struct tare__case *c)
{
    const struct tare__schema_rule at = {.keyword = "enum", .at = p->at};
    if (c->in || c->out)
        tare__lower_narrow(l, &at, "lists and objects that are listed as a whole");
    return c->in || c->out;
}

/* Nothing between the tags of a list or an object is one without items or members. */
static bool may_be_empty(const struct tare__nested *p, unsigned type)
{
    unsigned t = types_at(p);
    return !(t & TARE__T_STR) && (t & (TARE__T_ARR | TARE__T_OBJ)) == type;
}

uint32_t tare__nested_members(struct tare__lower *l, const struct tare__nested *p,
                              const struct tare__goal *goals, uint32_t n)
{
    uint32_t nodes[8], n_nodes = 0;
    struct tare__nested of = *p;
    for (struct tare__case *c = tare__lower_cases(l, goals, n); c && n_nodes < 8 && !l->stopped;
         c = c->next) {
        if (listed(l, p, c))
            continue;
        if (c->min_members == 0 && p->depth && !may_be_empty(p, TARE__T_OBJ))
            c->min_members = 1;
        nodes[n_nodes++] = tare__lower_fields(l, c, member, &of, TARE_GRAMMAR_EMPTY);
    }
    return tare__envelope_either(l, nodes, n_nodes);
}

/* Items alike; what asks more of a list is not written. */
static uint32_t items(struct tare__lower *l, const struct tare__nested *p,
                      const struct tare__case *c)
{
    const struct tare__schema_rule at = {.keyword = "items", .at = p->at};
    struct tare__nested of = *p;
    struct tare__goal goals[8];
    uint32_t n = 0;
    bool plain = !c->counts && !c->unique && !c->places;
    for (const struct tare__rule_link *k = c->arrays; k && plain; k = k->next) {
        plain = k->rule->n_list == 0 && n < 8;
        if (plain && k->rule->node)
            goals[n++] = (struct tare__goal){k->rule->node, false};
    }
    for (const struct tare__goal_link *k = c->each; k && plain; k = k->next) {
        plain = n < 8;
        if (plain)
            goals[n++] = k->goal;
    }
    if (!plain) {
        tare__lower_narrow(l, &at, "lists whose items are not all alike, or are counted");
        return TARE_GRAMMAR_NEVER;
    }
    uint64_t least = c->min_items || may_be_empty(p, TARE__T_ARR) ? c->min_items : 1;
    of.at = tare_json_get(tare__calls_deref(p->at, p->root), "items");
    of.declared = true;
    of.depth++;
    uint32_t one = c->max_items ? element(l, &of, TARE_S("item"), goals, n) : TARE_GRAMMAR_NEVER;
    if (one == TARE_GRAMMAR_NEVER)
        return least ? one : TARE_GRAMMAR_EMPTY;
    return least > c->max_items ? TARE_GRAMMAR_NEVER
                                : tare_grammar_repeat(l->g, one, tare__lower_bound(least),
                                                      tare__lower_bound(c->max_items));
}

static uint32_t list(struct tare__lower *l, const struct tare__nested *p,
                     const struct tare__goal *goals, uint32_t n)
{
    uint32_t nodes[8], n_nodes = 0;
    for (const struct tare__case *c = tare__lower_cases(l, goals, n);
         c && n_nodes < 8 && !l->stopped; c = c->next)
        if (!listed(l, p, c))
            nodes[n_nodes++] = items(l, p, c);
    return tare__envelope_either(l, nodes, n_nodes);
}

/* What stands between the tags of one member or item. */
static uint32_t value(struct tare__lower *l, const struct tare__nested *p,
                      const struct tare__goal *goals, uint32_t n)
{
    static const enum tare_json_kind kinds[] = {TARE_JSON_STRING, TARE_JSON_ARRAY,
                                                TARE_JSON_OBJECT};
    const struct tare__schema_rule at = {.keyword = "type", .at = p->at};
    unsigned t = types_at(p), boxes = t & (TARE__T_ARR | TARE__T_OBJ);
    struct tare__goal *scalar = with(l, goals, n, kinds, 3, true);
    struct tare__goal *array = with(l, goals, n, kinds + 1, 1, false);
    struct tare__goal *object = with(l, goals, n, kinds + 2, 1, false);
    uint32_t ways[4] = {TARE_GRAMMAR_NEVER, TARE_GRAMMAR_NEVER, TARE_GRAMMAR_NEVER,
                        TARE_GRAMMAR_NEVER};
    if (!scalar || !array || !object || l->stopped)
        return TARE_GRAMMAR_NEVER;
    if (t & TARE__T_STR)
        ways[0] = tare__lower_raw(l, goals, n, t == TARE__T_STR ? NULL : p->mixed);
    if (t != TARE__T_STR)
        ways[1] = tare__lower_set(l, scalar, n + 3);
    if (p->depth <= DEPTH && boxes != TARE__T_OBJ)
        ways[2] = list(l, p, array, n + 1);
    if (p->depth <= DEPTH && boxes != TARE__T_ARR)
        ways[3] = tare__nested_members(l, p, object, n + 1);
    if (p->depth > DEPTH && boxes)
        tare__lower_narrow(l, &at, "lists and objects nested deeper than 6");
    return tare__envelope_either(l, ways, 4);
}
