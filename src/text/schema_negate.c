/*
 * Cases in which a rule does not hold. Each speaks about one type: "not minLength 3" is a string of
 * at most 2. What cannot be said as cases (items that are not unique) is left out, which only makes
 * the language smaller, and is noted with its place.
 */
#include "text/schema_lower.h"

#include "base/banned.h"

#define MAX_PAIRED 6u /* branches of a oneOf of which pairs are looked at */
#define MAX_WAYS 400u /* to differ from listed arrays and objects */

static struct tare__case *of_kind(struct tare__lower *l, const struct tare__case *c,
                                  enum tare_json_kind kind)
{
    struct tare__case *d = c->kinds & TARE__LOWER_BIT(kind) ? tare__lower_copy(l, c) : NULL;
    if (d)
        d->kinds = TARE__LOWER_BIT(kind);
    return d;
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

static struct tare__case *texts(struct tare__lower *l, const struct tare__schema_rule *r,
                                const struct tare__case *c)
{
    struct tare__case *d = of_kind(l, c, TARE_JSON_STRING);
    struct tare__dfa_link *k = d ? tare__lower_new(l, sizeof *k) : NULL;
    if (!k)
        return NULL;
    const struct tare_dfa *rest = tare__lower_product(
        l, tare__lower_utf8(l), tare__lower_pattern(l, &r->pattern), TARE_DFA_MINUS);
    if (!rest) {
        tare__lower_narrow(l, r, "texts that do not match have an automaton of too many states");
        return NULL;
    }
    *k = (struct tare__dfa_link){rest, r, d->texts};
    d->texts = k;
    return !rest->empty ? d : NULL;
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

/* A member there must be; value.node NULL: of any value. */
static struct tare__case *some(struct tare__lower *l, const struct tare__schema_rule *r,
                               uint32_t pattern, struct tare__goal value,
                               const struct tare__case *c)
{
    struct tare__case *d = of_kind(l, c, TARE_JSON_OBJECT);
    struct tare__some_link *k = d ? tare__lower_new(l, sizeof *k) : NULL;
    if (!k)
        return NULL;
    *k = (struct tare__some_link){r, pattern, value, d->some};
    d->some = k;
    return d;
}

/* Members declared in the case, but not by r: one of them is there and is not what r asks of
 * members it does not know. */
static struct tare__case *additional(struct tare__lower *l, const struct tare__schema_rule *r,
                                     const struct tare__case *c)
{
    struct tare__case *all = NULL;
    if (r->n_patterns || !closed(c))
        return some(l, r, TARE__LOWER_OTHERS, no(r->node), c);
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
    for (uint32_t i = 0; i < r->n_patterns; i++)
        if (r->patterns[i].node->n_rules)
            all = tare__lower_join(some(l, r, i, no(r->patterns[i].node), c), all);
    if (r->node && r->node->n_rules && (c->kinds & TARE__LOWER_BIT(TARE_JSON_OBJECT)))
        all = tare__lower_join(additional(l, r, c), all);
    return all;
}

/* A name that is not accepted. */
static struct tare__case *names(struct tare__lower *l, const struct tare__schema_rule *r,
                                const struct tare__case *c)
{
    return r->node->n_rules ? some(l, r, 0, (struct tare__goal){0}, c) : NULL;
}

static struct tare__case *counting(struct tare__lower *l, const struct tare__schema_rule *r,
                                   const struct tare__case *c, struct tare__count_link how)
{
    struct tare__case *d = of_kind(l, c, TARE_JSON_ARRAY);
    struct tare__count_link *k = d ? tare__lower_new(l, sizeof *k) : NULL;
    if (!k)
        return NULL;
    *k = how;
    k->rule = r;
    k->next = d->counts;
    d->counts = k;
    return d;
}

/* Fewer of them than asked for, or more. */
static struct tare__case *contains(struct tare__lower *l, const struct tare__schema_rule *r,
                                   const struct tare__case *c)
{
    struct tare__case *few = r->count == 1 ? of_kind(l, c, TARE_JSON_ARRAY) : NULL, *many = NULL;
    struct tare__goal_link *k = few ? tare__lower_new(l, sizeof *k) : NULL;
    if (k) {
        *k = (struct tare__goal_link){.goal = no(r->node), .next = few->each};
        few->each = k;
    }
    if (r->count > 1)
        few =
            counting(l, r, c, (struct tare__count_link){.goal = yes(r->node), .max = r->count - 1});
    if (r->max != UINT64_MAX)
        many = counting(
            l, r, c,
            (struct tare__count_link){.goal = yes(r->node), .min = r->max + 1, .max = UINT64_MAX});
    return tare__lower_join(few, many);
}

/* Some item is not what is asked for: one of the listed ones, or one behind them. */
static struct tare__case *items(struct tare__lower *l, const struct tare__schema_rule *r,
                                const struct tare__case *c)
{
    struct tare__case *all = NULL;
    for (uint32_t i = 0; i < r->n_list && !l->stopped; i++) {
        struct tare__case *d = r->list[i].node->n_rules ? of_kind(l, c, TARE_JSON_ARRAY) : NULL;
        struct tare__goal_link *k = d ? tare__lower_new(l, sizeof *k) : NULL;
        if (!k)
            continue;
        *k = (struct tare__goal_link){.goal = no(r->list[i].node), .index = i, .next = d->places};
        d->places = k;
        d->min_items = d->min_items > i ? d->min_items : (uint64_t)i + 1;
        all = tare__lower_join(d, all);
    }
    if (r->node && r->node->n_rules)
        all = tare__lower_join(
            counting(l, r, c,
                     (struct tare__count_link){
                         .goal = no(r->node), .min = 1, .max = UINT64_MAX, .from = r->n_list}),
            all);
    return all;
}

static struct tare__case *multiple(struct tare__lower *l, const struct tare__schema_rule *r,
                                   const struct tare__case *c)
{
    struct tare__case *d = of_kind(l, c, TARE_JSON_NUMBER);
    struct tare__rule_link *k = d ? tare__lower_new(l, sizeof *k) : NULL;
    if (!k)
        return NULL;
    *k = (struct tare__rule_link){.rule = r, .no = true, .next = d->multiples};
    d->multiples = k;
    return d;
}

static bool composed(struct tare_json v)
{
    return tare_json_kind(v) == TARE_JSON_ARRAY || tare_json_kind(v) == TARE_JSON_OBJECT;
}

/* The next of the values of const or enum. */
static struct tare_json next_of(const struct tare__value_link *k, struct tare_json v)
{
    return k->list ? tare_json_next(v) : (struct tare_json){0};
}

/* None of the values. Arrays and objects among them are ruled out member by member, unless there
 * are so many ways to differ from them that their kind is left out as a whole. */
static struct tare__case *values(struct tare__lower *l, const struct tare__schema_rule *r,
                                 const struct tare__case *c)
{
    struct tare__case *d = tare__lower_copy(l, c);
    struct tare__value_link *k = d ? tare__lower_new(l, sizeof *k) : NULL;
    uint64_t ways = 1;
    if (!k)
        return NULL;
    *k = (struct tare__value_link){r->at, r->op == SO_ENUM, d->out};
    d->out = k;
    struct tare_json first = k->list ? tare_json_first(r->at) : r->at;
    for (struct tare_json v = first; v.doc; v = next_of(k, v)) {
        enum tare_json_kind kind = tare_json_kind(v);
        if (kind == TARE_JSON_NULL || kind == TARE_JSON_TRUE || kind == TARE_JSON_FALSE)
            d->kinds &= ~TARE__LOWER_BIT(kind);
        if (composed(v) && (d->kinds >> kind & 1))
            ways = ways > MAX_WAYS ? ways : ways * (2 * (uint64_t)tare_json_count(v) + 2);
    }
    for (struct tare_json v = first; v.doc && d && !l->stopped; v = next_of(k, v)) {
        if (!composed(v))
            continue;
        if (ways > MAX_WAYS && (d->kinds & TARE__LOWER_BIT(tare_json_kind(v)))) {
            d->kinds &= ~TARE__LOWER_BIT(tare_json_kind(v));
            tare__lower_narrow(l, r, "too many ways to differ from the arrays and objects listed");
        } else if (ways <= MAX_WAYS) {
            d = tare__lower_expand(l, no(tare__lower_made(l, v)), d, NULL);
        }
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
        tare__lower_narrow(l, r, "that two of over 6 branches hold is not written");
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

static struct tare__case *negated(struct tare__lower *l, const struct tare__schema_rule *r,
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
        return texts(l, r, c);
    case SO_REQUIRED:
        return required(l, r, c);
    case SO_OBJECT:
        return object(l, r, c);
    case SO_NAMES:
        return names(l, r, c);
    case SO_MULTIPLE:
        return multiple(l, r, c);
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
        tare__lower_narrow(l, r, "values that do not meet it are not written");
        return NULL; /* format, uniqueItems … */
    }
}

struct tare__case *tare__lower_negate(struct tare__lower *l, const struct tare__schema_rule *r,
                                      const struct tare__case *c, const struct tare__opened *outer)
{
    l->negating++;
    struct tare__case *list = negated(l, r, c, outer);
    l->negating--;
    return list;
}
