/* Sets of goals made into nodes, each once; one that is met again while it is made calls itself. */
#include "text/schema_lower.h"

#include <stdlib.h>

#include "base/limits.h"

#include "base/banned.h"

#define NO_RULE UINT32_MAX
#define MAX_NESTED 100u /* sets in sets; deeper ones are rules, made later */

static int by_node(const void *a, const void *b)
{
    const struct tare__goal *x = a, *y = b;
    if (x->node != y->node)
        return x->node->number < y->node->number ? -1 : 1;
    return x->no - y->no;
}

/* Sorted, without repeats and without goals that always hold. */
static struct tare__goals tidy(struct tare__lower *l, const struct tare__goal *goals, uint32_t n)
{
    struct tare__goal *v = tare__lower_new(l, (n + 1) * sizeof *v);
    struct tare__goals out = {v, 0};
    uint32_t m = 0;
    tare__lower_work(l, 4 * (uint64_t)n);
    for (uint32_t i = 0; v && i < n; i++)
        if (goals[i].no || goals[i].node->n_rules)
            v[m++] = goals[i];
    if (v && m > 1)
        qsort(v, m, sizeof *v, by_node);
    for (uint32_t i = 0; v && i < m; i++)
        if (!out.n || by_node(&v[out.n - 1], &v[i]) != 0)
            v[out.n++] = v[i];
    return out;
}

static uint64_t hash_of(struct tare__goals s)
{
    uint64_t h = s.n;
    for (uint32_t i = 0; i < s.n; i++)
        h = (h ^ (2 * (uint64_t)s.v[i].node->number + s.v[i].no)) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

static bool same(struct tare__goals a, struct tare__goals b)
{
    if (a.n != b.n)
        return false;
    for (uint32_t i = 0; i < a.n; i++)
        if (a.v[i].node != b.v[i].node || a.v[i].no != b.v[i].no)
            return false;
    return true;
}

static bool any_array(const struct tare__case *c)
{
    return !c->arrays && !c->each && !c->places && !c->counts && !c->unique && c->min_items == 0 &&
           c->max_items == TARE__LOWER_NO_BOUND;
}

static bool any_object(const struct tare__case *c)
{
    return !c->objects && !c->required && !c->members && !c->names && !c->some &&
           c->min_members == 0 && c->max_members == TARE__LOWER_NO_BOUND;
}

/* True when values of that kind are all of this case: others of the kind add nothing. */
static bool all_of_kind(const struct tare__case *c, enum tare_json_kind k)
{
    if (!(c->kinds >> k & 1) || c->in || c->out)
        return false;
    switch (k) {
    case TARE_JSON_NUMBER:
        return !c->whole && !c->broken && !c->min && !c->max && !c->multiples;
    case TARE_JSON_STRING:
        return !c->texts && c->min_length == 0 && c->max_length == TARE__LOWER_NO_BOUND;
    case TARE_JSON_ARRAY:
        return any_array(c);
    case TARE_JSON_OBJECT:
        return any_object(c);
    default:
        return true;
    }
}

static uint32_t of_kind(struct tare__lower *l, const struct tare__case *c, enum tare_json_kind k)
{
    switch (k) {
    case TARE_JSON_NULL:
        return tare_grammar_bytes(l->g, l->style.python ? TARE_S("None") : TARE_S("null"));
    case TARE_JSON_FALSE:
        return tare_grammar_bytes(l->g, l->style.python ? TARE_S("False") : TARE_S("false"));
    case TARE_JSON_TRUE:
        return tare_grammar_bytes(l->g, l->style.python ? TARE_S("True") : TARE_S("true"));
    case TARE_JSON_NUMBER:
        return tare__lower_number(l, c);
    case TARE_JSON_STRING:
        return tare__lower_string(l, c);
    case TARE_JSON_ARRAY:
        return tare__lower_array(l, c);
    case TARE_JSON_OBJECT:
        return tare__lower_object(l, c);
    default:
        return TARE_GRAMMAR_NEVER;
    }
}

/* Kind by kind over all cases; a case that takes all of a kind stands for the others. */
static uint32_t write_cases(struct tare__lower *l, const struct tare__case *list,
                            struct tare__goals goals)
{
    uint32_t n_cases = 0, n = 0;
    for (const struct tare__case *c = list; c; c = c->next)
        n_cases++;
    uint32_t *nodes = tare__lower_new(l, (8 * (size_t)n_cases + 1) * sizeof *nodes);
    if (!nodes)
        return TARE_GRAMMAR_NEVER;
    tare__lower_work(l, 4 * (uint64_t)n_cases);
    nodes[n] = tare__lower_values(l, list, goals.v, goals.n);
    n += nodes[n] != TARE_GRAMMAR_NEVER;
    for (unsigned k = TARE_JSON_NULL; k <= TARE_JSON_OBJECT; k++) {
        const struct tare__case *only = NULL;
        for (const struct tare__case *c = list; c && !only; c = c->next)
            only = all_of_kind(c, k) ? c : NULL;
        for (const struct tare__case *c = only ? only : list; c && !l->stopped;
             c = only ? NULL : c->next) {
            if (!(c->kinds >> k & 1) || c->in)
                continue;
            nodes[n] = of_kind(l, c, k);
            n += nodes[n] != TARE_GRAMMAR_NEVER;
        }
    }
    if (n <= 1)
        return n ? nodes[0] : TARE_GRAMMAR_NEVER;
    return tare_grammar_alt(l->g, nodes, n);
}

/* At most two sets a bucket. False: stopped. */
static bool sets_room(struct tare__lower *l)
{
    uint32_t n = l->n_buckets ? l->n_buckets * 4 : 64;
    if (l->n_sets < 2 * l->n_buckets)
        return true;
    struct tare__set **buckets = tare__lower_new(l, n * sizeof(struct tare__set *));
    for (uint32_t i = 0; buckets && i < l->n_buckets; i++)
        for (struct tare__set *s = l->sets[i], *next; s; s = next) {
            next = s->next;
            s->next = buckets[s->hash & (n - 1)];
            buckets[s->hash & (n - 1)] = s;
        }
    if (buckets) {
        l->sets = buckets;
        l->n_buckets = n;
    }
    return buckets != NULL;
}

static uint32_t call_set(struct tare__lower *l, struct tare__set *s)
{
    if (s->rule == NO_RULE) {
        struct tare_str name = tare_arena_printf(l->arena, "schema-%u", ++l->n_rules);
        s->rule = tare_grammar_rule(l->g, name);
    }
    return tare_grammar_call(l->g, s->rule);
}

static uint32_t make_set(struct tare__lower *l, struct tare__set *s)
{
    const struct tare__schema_node *outer_node = l->node;
    const struct tare__schema_rule *outer_rule = l->rule;
    l->node = s->at;
    l->rule = NULL;
    l->nested++;
    const struct tare__case *list = tare__lower_cases(l, s->goals.v, s->goals.n);
    s->node = l->stopped ? TARE_GRAMMAR_NEVER : write_cases(l, list, s->goals);
    if (tare_grammar_fault(l->g)->code == TARE_E_LIMIT && !l->stopped)
        (void)tare__lower_ok(
            l, tare_fail(&l->err, TARE_E_LIMIT, "%s", tare_grammar_fault(l->g)->text));
    l->node = outer_node;
    l->rule = outer_rule;
    l->nested--;
    s->done = true;
    if (s->rule == NO_RULE)
        return s->node;
    tare_grammar_define(l->g, s->rule, s->node);
    s->node = tare_grammar_call(l->g, s->rule);
    return s->node;
}

/* What was nested too deep, now from the top. */
void tare__lower_put_off(struct tare__lower *l)
{
    while (l->put_off && !l->stopped) {
        struct tare__set *s = l->put_off;
        l->put_off = s->later;
        (void)make_set(l, s);
    }
}

uint32_t tare__lower_set(struct tare__lower *l, const struct tare__goal *goals, uint32_t n)
{
    struct tare__goals v = tidy(l, goals, n);
    uint64_t h = hash_of(v);
    if (l->stopped || !sets_room(l))
        return TARE_GRAMMAR_NEVER;
    struct tare__set **bucket = &l->sets[h & (l->n_buckets - 1)], *s = *bucket;
    while (s && (s->hash != h || !same(s->goals, v)))
        s = s->next;
    if (s && s->done)
        return s->node;
    if (s)
        return call_set(l, s);
    s = tare__lower_new(l, sizeof *s);
    if (!s)
        return TARE_GRAMMAR_NEVER;
    *s = (struct tare__set){
        .goals = v, .hash = h, .rule = NO_RULE, .next = *bucket, .at = v.n ? v.v[0].node : l->node};
    *bucket = s;
    l->n_sets++;
    tare__lower_work(l, 40);
    if (l->nested < MAX_NESTED)
        return make_set(l, s);
    s->later = l->put_off;
    l->put_off = s;
    return call_set(l, s);
}
