/*
 * Cases in which a rule does not hold. Each speaks about one type: "not minLength 3" is a string of
 * at most 2. What cannot be said as cases (an item somewhere that does not match) is left out,
 * which only makes the language smaller, and is noted as a restriction.
 */
#include "text/schema_lower.h"

#include "base/banned.h"

#define MAX_PAIRED 6u /* branches of a oneOf of which pairs are looked at */

static struct tare__case *of_kind(struct tare__lower *l, const struct tare__case *c,
                                  enum tare_json_kind kind)
{
    struct tare__case *d = c->kinds & TARE__LOWER_BIT(kind) ? tare__lower_copy(l, c) : NULL;
    if (d)
        d->kinds = TARE__LOWER_BIT(kind);
    return d;
}

static void narrowed(struct tare__lower *l)
{
    l->narrowed = true;
}

static struct tare__goal yes(const struct tare__schema_node *n)
{
    return (struct tare__goal){n, false};
}

static struct tare__goal no(const struct tare__schema_node *n)
{
    return (struct tare__goal){n, true};
}

/* Bounds the other way round. */
static struct tare__case *number(struct tare__lower *l, const struct tare__schema_rule *r,
                                 const struct tare__case *c)
{
    struct tare__case *d = of_kind(l, c, TARE_JSON_NUMBER);
    static const enum tare__schema_op opposite[] = {[SO_MINIMUM] = SO_EXCLUSIVE_MAXIMUM,
                                                    [SO_MAXIMUM] = SO_EXCLUSIVE_MINIMUM,
                                                    [SO_EXCLUSIVE_MINIMUM] = SO_MAXIMUM,
                                                    [SO_EXCLUSIVE_MAXIMUM] = SO_MINIMUM};
    struct tare__schema_rule *o = tare__lower_new(l, sizeof *o);
    struct tare__schema_node *n = tare__lower_new(l, sizeof *n);
    if (!d || !o || !n)
        return NULL;
    *o = *r;
    o->op = opposite[r->op];
    n->rules = o;
    n->n_rules = 1;
    return tare__lower_expand(l, yes(n), d, NULL);
}

static struct tare__case *texts(struct tare__lower *l, const struct tare__case *c,
                                const struct tare_dfa *not_these)
{
    struct tare__case *d = of_kind(l, c, TARE_JSON_STRING);
    struct tare__dfa_link *k = d ? tare__lower_new(l, sizeof *k) : NULL;
    if (!k || !not_these)
        return NULL;
    const struct tare_dfa *rest =
        tare__lower_product(l, tare__lower_utf8(l), not_these, TARE_DFA_MINUS);
    *k = (struct tare__dfa_link){rest, d->texts};
    d->texts = k;
    return rest && !rest->empty ? d : NULL;
}

static struct tare__case *count(struct tare__lower *l, const struct tare__schema_rule *r,
                                const struct tare__case *c)
{
    enum tare_json_kind kind = r->op <= SO_MAX_LENGTH  ? TARE_JSON_STRING
                               : r->op <= SO_MAX_ITEMS ? TARE_JSON_ARRAY
                                                       : TARE_JSON_OBJECT;
    bool low = r->op == SO_MIN_LENGTH || r->op == SO_MIN_ITEMS || r->op == SO_MIN_PROPERTIES;
    struct tare__case *d = of_kind(l, c, kind);
    if (!d || (low && r->count == 0) || (!low && r->count == UINT64_MAX))
        return NULL;
    uint64_t *min = kind == TARE_JSON_STRING  ? &d->min_length
                    : kind == TARE_JSON_ARRAY ? &d->min_items
                                              : &d->min_members;
    uint64_t *max = kind == TARE_JSON_STRING  ? &d->max_length
                    : kind == TARE_JSON_ARRAY ? &d->max_items
                                              : &d->max_members;
    if (low)
        *max = *max < r->count ? *max : r->count - 1;
    else
        *min = *min > r->count ? *min : r->count + 1;
    return d;
}

static struct tare__case *required(struct tare__lower *l, const struct tare__schema_rule *r,
                                   const struct tare__case *c)
{
    struct tare__case *all = NULL;
    for (uint32_t i = 0; i < r->n_list; i++) {
        struct tare__case *d = of_kind(l, c, TARE_JSON_OBJECT);
        if (!d)
            break;
        tare__lower_member(l, d, r->list[i].name, yes(&tare__lower_false));
        all = tare__lower_join(d, all);
    }
    return all;
}

/* True when only declared members may stand in an object of this case. */
static bool closed(const struct tare__case *c)
{
    for (const struct tare__rule_link *k = c->objects; k; k = k->next)
        if (k->rule->node && k->rule->n_patterns == 0 && k->rule->node->n_rules == 1 &&
            k->rule->node->rules[0].op == SO_FALSE)
            return true;
    return false;
}

/* Members declared in the case, but not by r: one of them is there and is not what r asks of
 * members it does not know. */
static struct tare__case *additional(struct tare__lower *l, const struct tare__schema_rule *r,
                                     const struct tare__case *c)
{
    struct tare__case *all = NULL;
    for (const struct tare__rule_link *k = c->objects; k; k = k->next)
        for (uint32_t i = 0; i < k->rule->n_list; i++) {
            struct tare_str name = k->rule->list[i].name;
            struct tare__case *d =
                tare__lower_property(r, name) ? NULL : of_kind(l, c, TARE_JSON_OBJECT);
            if (!d)
                continue;
            tare__lower_require(l, d, name);
            tare__lower_member(l, d, name, no(r->node));
            all = tare__lower_join(d, all);
        }
    if (!closed(c))
        narrowed(l);
    return all;
}

static struct tare__case *object(struct tare__lower *l, const struct tare__schema_rule *r,
                                 const struct tare__case *c)
{
    struct tare__case *all = NULL;
    for (uint32_t i = 0; i < r->n_list; i++) {
        const struct tare__schema_node *n = r->list[i].node;
        struct tare__case *d = n->n_rules ? of_kind(l, c, TARE_JSON_OBJECT) : NULL;
        if (!d)
            continue;
        tare__lower_require(l, d, r->list[i].name);
        tare__lower_member(l, d, r->list[i].name, no(n));
        all = tare__lower_join(d, all);
    }
    if (!(c->kinds & TARE__LOWER_BIT(TARE_JSON_OBJECT)))
        return all;
    if (r->n_patterns)
        narrowed(l);
    else if (r->node && r->node->n_rules)
        all = tare__lower_join(additional(l, r, c), all);
    return all;
}

static struct tare__case *contains(struct tare__lower *l, const struct tare__schema_rule *r,
                                   const struct tare__case *c)
{
    struct tare__case *d = of_kind(l, c, TARE_JSON_ARRAY);
    struct tare__goal_link *k = d ? tare__lower_new(l, sizeof *k) : NULL;
    if (!k)
        return NULL;
    if (r->count != 1 || r->max != UINT64_MAX) {
        narrowed(l);
        return NULL;
    }
    *k = (struct tare__goal_link){no(r->node), {0}, d->each};
    d->each = k;
    return d;
}

/* Some item is not what is asked for: only where all items are asked the same. */
static struct tare__case *items(struct tare__lower *l, const struct tare__schema_rule *r,
                                const struct tare__case *c)
{
    struct tare__case *d = of_kind(l, c, TARE_JSON_ARRAY);
    struct tare__goal_link *k = d ? tare__lower_new(l, sizeof *k) : NULL;
    if (!k || (!r->n_list && (!r->node || !r->node->n_rules)))
        return NULL;
    if (r->n_list || c->some) {
        narrowed(l);
        return NULL;
    }
    *k = (struct tare__goal_link){no(r->node), {0}, d->some};
    d->some = k;
    return d;
}

static struct tare__case *values(struct tare__lower *l, const struct tare__schema_rule *r,
                                 const struct tare__case *c)
{
    struct tare__case *d = tare__lower_copy(l, c);
    struct tare__value_link *k = d ? tare__lower_new(l, sizeof *k) : NULL;
    if (!k)
        return NULL;
    *k = (struct tare__value_link){r->at, r->op == SO_ENUM, d->out};
    d->out = k;
    struct tare_json v = k->list ? tare_json_first(r->at) : r->at;
    for (; v.doc; v = k->list ? tare_json_next(v) : (struct tare_json){0}) {
        enum tare_json_kind kind = tare_json_kind(v);
        bool composed = kind == TARE_JSON_ARRAY || kind == TARE_JSON_OBJECT;
        if (composed && (d->kinds & TARE__LOWER_BIT(kind)))
            narrowed(l);
        if (composed || kind == TARE_JSON_NULL || kind == TARE_JSON_TRUE || kind == TARE_JSON_FALSE)
            d->kinds &= ~TARE__LOWER_BIT(kind);
    }
    return d;
}

static struct tare__case *type(struct tare__lower *l, const struct tare__schema_rule *r,
                               const struct tare__case *c)
{
    struct tare__case *d = tare__lower_copy(l, c);
    unsigned number_bit = TARE__LOWER_BIT(TARE_JSON_NUMBER);
    if (!d)
        return NULL;
    d->kinds &= ~r->types;
    if ((r->types >> 31) && (d->kinds & number_bit)) {
        d->broken = true;
        if (d->whole)
            d->kinds &= ~number_bit;
    }
    return d;
}

/* Some dependency does not hold: its member is there, and something it asks for is not. */
static struct tare__case *dependent(struct tare__lower *l, const struct tare__schema_rule *r,
                                    const struct tare__case *c, const struct tare__opened *outer)
{
    struct tare__case *all = NULL;
    for (uint32_t i = 0; i < r->n_list && !l->stopped; i++) {
        const struct tare__schema_property *p = &r->list[i];
        struct tare__case *d = of_kind(l, c, TARE_JSON_OBJECT);
        if (!d)
            break;
        tare__lower_require(l, d, p->name);
        if (p->node) {
            all = tare__lower_join(tare__lower_expand(l, no(p->node), d, outer), all);
            continue;
        }
        struct tare_json k =
            tare_json_kind(p->list) == TARE_JSON_ARRAY ? tare_json_first(p->list) : p->list;
        for (; k.doc; k = k.node == p->list.node ? (struct tare_json){0} : tare_json_next(k)) {
            struct tare__case *e = tare__lower_copy(l, d);
            if (!e)
                break;
            tare__lower_member(l, e, tare_json_str(k), yes(&tare__lower_false));
            all = tare__lower_join(e, all);
        }
    }
    return all;
}

static struct tare__case *each_no(struct tare__lower *l, const struct tare__schema_rule *r,
                                  const struct tare__case *c, const struct tare__opened *outer)
{
    struct tare__case *d = tare__lower_copy(l, c);
    for (uint32_t i = 0; i < r->n_list && d; i++)
        d = tare__lower_expand(l, no(r->list[i].node), d, outer);
    return d;
}

static struct tare__case *some_no(struct tare__lower *l, const struct tare__schema_rule *r,
                                  const struct tare__case *c, const struct tare__opened *outer)
{
    struct tare__case *all = NULL;
    for (uint32_t i = 0; i < r->n_list && !l->stopped; i++)
        all = tare__lower_join(
            tare__lower_expand(l, no(r->list[i].node), tare__lower_copy(l, c), outer), all);
    return all;
}

/* Not exactly one: none, or two of them. */
static struct tare__case *not_one(struct tare__lower *l, const struct tare__schema_rule *r,
                                  const struct tare__case *c, const struct tare__opened *outer)
{
    struct tare__case *all = each_no(l, r, c, outer);
    if (r->n_list > MAX_PAIRED) {
        narrowed(l);
        return all;
    }
    for (uint32_t i = 0; i < r->n_list && !l->stopped; i++)
        for (uint32_t k = i + 1; k < r->n_list && !l->stopped; k++)
            all = tare__lower_join(
                tare__lower_expand(
                    l, yes(r->list[i].node),
                    tare__lower_expand(l, yes(r->list[k].node), tare__lower_copy(l, c), outer),
                    outer),
                all);
    return all;
}

static struct tare__case *conditional(struct tare__lower *l, const struct tare__schema_rule *r,
                                      const struct tare__case *c, const struct tare__opened *outer)
{
    struct tare__case *a = NULL, *b = NULL;
    if (r->then)
        a = tare__lower_expand(l, no(r->then),
                               tare__lower_expand(l, yes(r->node), tare__lower_copy(l, c), outer),
                               outer);
    if (r->otherwise)
        b = tare__lower_expand(l, no(r->otherwise),
                               tare__lower_expand(l, no(r->node), tare__lower_copy(l, c), outer),
                               outer);
    return tare__lower_join(a, b);
}

struct tare__case *tare__lower_negate(struct tare__lower *l, const struct tare__schema_rule *r,
                                      const struct tare__case *c, const struct tare__opened *outer)
{
    switch (r->op) {
    case SO_FALSE:
        return tare__lower_copy(l, c);
    case SO_TYPE:
        return type(l, r, c);
    case SO_CONST:
    case SO_ENUM:
        return values(l, r, c);
    case SO_MINIMUM:
    case SO_MAXIMUM:
    case SO_EXCLUSIVE_MINIMUM:
    case SO_EXCLUSIVE_MAXIMUM:
        return number(l, r, c);
    case SO_MIN_LENGTH:
    case SO_MAX_LENGTH:
    case SO_MIN_ITEMS:
    case SO_MAX_ITEMS:
    case SO_MIN_PROPERTIES:
    case SO_MAX_PROPERTIES:
        return count(l, r, c);
    case SO_PATTERN:
        return texts(l, c, tare__lower_pattern(l, &r->pattern));
    case SO_REQUIRED:
        return required(l, r, c);
    case SO_OBJECT:
        return object(l, r, c);
    case SO_CONTAINS:
        return contains(l, r, c);
    case SO_ARRAY:
        return items(l, r, c);
    case SO_REF:
        return tare__lower_expand(l, no(r->node), tare__lower_copy(l, c), outer);
    case SO_ALL_OF:
        return some_no(l, r, c, outer);
    case SO_ANY_OF:
        return each_no(l, r, c, outer);
    case SO_ONE_OF:
        return not_one(l, r, c, outer);
    case SO_NOT:
        return tare__lower_expand(l, yes(r->node), tare__lower_copy(l, c), outer);
    case SO_IF:
        return conditional(l, r, c, outer);
    case SO_DEPENDENT:
        return dependent(l, r, c, outer);
    default:
        narrowed(l);
        return NULL; /* multipleOf, format, uniqueItems … */
    }
}
