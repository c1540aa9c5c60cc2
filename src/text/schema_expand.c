/* Goals expanded into cases. */
#include "text/schema_lower.h"

#include "base/hash.h"

#include "base/banned.h"

#define MAX_CASES_AT_ONCE 4000u
#define MAX_DEPTH 150u
#define MAX_CHOICES 4u /* branches of an anyOf of which all sets are looked at */

struct tare__case *tare__lower_top(struct tare__lower *l)
{
    struct tare__case *c = tare__lower_new(l, sizeof *c);
    if (!c)
        return NULL;
    c->kinds = TARE__LOWER_KINDS;
    c->max_length = c->max_members = c->max_items = TARE__LOWER_NO_BOUND;
    return c;
}

struct tare__case *tare__lower_copy(struct tare__lower *l, const struct tare__case *c)
{
    struct tare__case *d = tare__lower_new(l, sizeof *d);
    tare__lower_work(l, 8);
    if (!d || l->stopped)
        return NULL;
    *d = *c;
    d->next = NULL;
    return d;
}

struct tare__case *tare__lower_join(struct tare__case *a, struct tare__case *b)
{
    struct tare__case *at = a;
    if (!a)
        return b;
    while (at->next)
        at = at->next;
    at->next = b;
    return a;
}

const struct tare__rule_link *tare__lower_link(struct tare__lower *l,
                                               const struct tare__schema_rule *r,
                                               const struct tare__rule_link *next)
{
    struct tare__rule_link *k = tare__lower_new(l, sizeof *k);
    if (!k)
        return next;
    *k = (struct tare__rule_link){r, false, l->negating > 0, next};
    return k;
}

static const struct tare__goal_link *link_goal(struct tare__lower *l, struct tare__goal goal,
                                               struct tare_str name,
                                               const struct tare__goal_link *next)
{
    struct tare__goal_link *k = tare__lower_new(l, sizeof *k);
    if (!k)
        return next;
    *k = (struct tare__goal_link){.goal = goal, .name = name, .next = next};
    return k;
}

static void link_text(struct tare__lower *l, struct tare__case *c,
                      const struct tare__schema_rule *r, const struct tare_dfa *dfa)
{
    struct tare__dfa_link *k = tare__lower_new(l, sizeof *k);
    if (!k || !dfa)
        return;
    *k = (struct tare__dfa_link){dfa, r, c->texts};
    c->texts = k;
}

static const struct tare__value_link *link_value(struct tare__lower *l, struct tare_json v,
                                                 bool list, const struct tare__value_link *next)
{
    struct tare__value_link *k = tare__lower_new(l, sizeof *k);
    if (!k)
        return next;
    *k = (struct tare__value_link){v, list, next};
    return k;
}

void tare__lower_require(struct tare__lower *l, struct tare__case *c, struct tare_str name)
{
    uint64_t n = 1;
    for (const struct tare__goal_link *k = c->required; k; k = k->next, n++)
        if (tare_str_eq(k->name, name))
            return;
    tare__lower_work(l, n);
    c->required = link_goal(l, (struct tare__goal){0}, name, c->required);
}

void tare__lower_member(struct tare__lower *l, struct tare__case *c, struct tare_str name,
                        struct tare__goal goal)
{
    c->members = link_goal(l, goal, name, c->members);
}

const struct tare__schema_node *tare__lower_property(const struct tare__schema_rule *r,
                                                     struct tare_str name)
{
    if (!r->table) {
        for (uint32_t i = 0; i < r->n_list; i++)
            if (tare_str_eq(r->list[i].name, name))
                return r->list[i].node;
        return NULL;
    }
    for (uint64_t h = tare_hash64(name, 0);; h++) {
        uint32_t i = r->table[h & (r->n_table - 1)];
        if (!i)
            return NULL;
        if (tare_str_eq(r->list[i - 1].name, name))
            return r->list[i - 1].node;
    }
}

/* ---- simple rules ------------------------------------------------------------------------ */

static void lower_min(struct tare__case *c, const struct tare__schema_rule *r, bool open)
{
    int cmp = c->min ? tare__decimal_cmp(&r->number, c->min) : 1;
    if (cmp > 0 || (cmp == 0 && open)) {
        c->min = &r->number;
        c->min_rule = r;
        c->min_open = open;
    }
}

static void lower_max(struct tare__case *c, const struct tare__schema_rule *r, bool open)
{
    int cmp = c->max ? tare__decimal_cmp(&r->number, c->max) : -1;
    if (cmp < 0 || (cmp == 0 && open)) {
        c->max = &r->number;
        c->max_rule = r;
        c->max_open = open;
    }
}

static void at_least(uint64_t *v, uint64_t n)
{
    *v = *v > n ? *v : n;
}

static void at_most(uint64_t *v, uint64_t n)
{
    *v = *v < n ? *v : n;
}

static void type_rule(struct tare__case *c, unsigned types, bool no)
{
    unsigned number = TARE__LOWER_BIT(TARE_JSON_NUMBER), kinds = types & TARE__LOWER_KINDS;
    bool whole_only = (types >> 31) && !(kinds & number);
    unsigned keep = no ? ~kinds : (whole_only ? kinds | number : kinds);
    c->kinds &= keep;
    if (!whole_only || !(c->kinds & number))
        return;
    if (no)
        c->broken = true;
    else
        c->whole = true;
    if (c->broken && c->whole)
        c->kinds &= ~number;
}

static void contains_rule(struct tare__lower *l, const struct tare__schema_rule *r,
                          struct tare__case *c)
{
    struct tare__count_link *k = tare__lower_new(l, sizeof *k);
    if (r->count == 0 && r->max == UINT64_MAX) {
        c->looked |= r->marks;
        return;
    }
    if (!k)
        return;
    *k = (struct tare__count_link){
        .rule = r, .goal = {r->node, false}, .min = r->count, .max = r->max, .next = c->counts};
    c->counts = k;
}

static void require_all(struct tare__lower *l, const struct tare__schema_rule *r,
                        struct tare__case *c)
{
    for (uint32_t i = 0; i < r->n_list && !l->stopped; i++)
        tare__lower_require(l, c, r->list[i].name);
}

static void pattern_rule(struct tare__lower *l, const struct tare__schema_rule *r,
                         struct tare__case *c)
{
    const struct tare_dfa *dfa = tare__lower_pattern(l, &r->pattern);
    link_text(l, c, r, dfa);
    if (dfa || l->stopped)
        return;
    l->narrowed = l->narrowed || l->probing; /* proves nothing */
    if (!l->probing)
        (void)tare__lower_refuse(l, r, "its automaton has too many states");
}

/* Notes a rule that speaks about one type and needs no alternative. False: not such a rule. */
static bool simple_rule(struct tare__lower *l, const struct tare__schema_rule *r,
                        struct tare__case *c)
{
    bool known = true;
    switch (r->op) {
    case SO_FALSE:
        c->kinds = 0;
        break;
    case SO_TYPE:
        type_rule(c, r->types, false);
        break;
    case SO_CONST:
        c->in = link_value(l, r->at, false, c->in);
        break;
    case SO_ENUM:
        c->in = link_value(l, r->at, true, c->in);
        break;
    case SO_MINIMUM:
        lower_min(c, r, false);
        break;
    case SO_EXCLUSIVE_MINIMUM:
        lower_min(c, r, true);
        break;
    case SO_MAXIMUM:
        lower_max(c, r, false);
        break;
    case SO_EXCLUSIVE_MAXIMUM:
        lower_max(c, r, true);
        break;
    case SO_MULTIPLE:
        c->multiples = tare__lower_link(l, r, c->multiples);
        break;
    case SO_MIN_LENGTH:
        at_least(&c->min_length, r->count);
        break;
    case SO_MAX_LENGTH:
        at_most(&c->max_length, r->count);
        break;
    case SO_PATTERN:
        pattern_rule(l, r, c);
        break;
    case SO_FORMAT:
        link_text(l, c, r, tare__lower_format(l, r, &known));
        break;
    case SO_MIN_ITEMS:
        at_least(&c->min_items, r->count);
        break;
    case SO_MAX_ITEMS:
        at_most(&c->max_items, r->count);
        break;
    case SO_UNIQUE:
        c->unique = r;
        break;
    case SO_MIN_PROPERTIES:
        at_least(&c->min_members, r->count);
        break;
    case SO_MAX_PROPERTIES:
        at_most(&c->max_members, r->count);
        break;
    case SO_REQUIRED:
        require_all(l, r, c);
        break;
    case SO_OBJECT:
        c->objects = tare__lower_link(l, r, c->objects);
        break;
    case SO_NAMES:
        c->names =
            link_goal(l, (struct tare__goal){r->node, false}, (struct tare_str){0}, c->names);
        break;
    case SO_ARRAY:
        c->arrays = tare__lower_link(l, r, c->arrays);
        break;
    case SO_CONTAINS:
        contains_rule(l, r, c);
        break;
    default:
        return false;
    }
    return true;
}

/* ---- rules with alternatives ------------------------------------------------------------- */

static struct tare__goal yes(const struct tare__schema_node *n)
{
    return (struct tare__goal){n, false};
}

static struct tare__goal no(const struct tare__schema_node *n)
{
    return (struct tare__goal){n, true};
}

/* Each choice of branches that hold together. */
static struct tare__case *expand_choices(struct tare__lower *l, const struct tare__schema_rule *r,
                                         const struct tare__case *c,
                                         const struct tare__opened *outer)
{
    struct tare__case *all = NULL;
    for (uint32_t set = (1u << r->n_list) - 1; set && !l->stopped; set--) {
        struct tare__case *d = tare__lower_copy(l, c);
        for (uint32_t i = 0; i < r->n_list && d; i++)
            if (set >> i & 1)
                d = tare__lower_expand(l, yes(r->list[i].node), d, outer);
        all = tare__lower_join(d, all);
    }
    return all;
}

static struct tare__case *expand_any(struct tare__lower *l, const struct tare__schema_rule *r,
                                     const struct tare__case *c, const struct tare__opened *outer)
{
    struct tare__case *all = NULL;
    if (l->marking && r->n_list <= MAX_CHOICES)
        return expand_choices(l, r, c, outer);
    if (l->marking)
        tare__lower_narrow(l, r, "members that two of over 4 branches look at");
    for (uint32_t i = r->n_list; i-- > 0 && !l->stopped;)
        all = tare__lower_join(
            tare__lower_expand(l, yes(r->list[i].node), tare__lower_copy(l, c), outer), all);
    return all;
}

/* True when no value is in both: j, added to any case of i, leaves nothing. Cases that were left
 * out on the way (narrowed) prove nothing. */
static bool apart(struct tare__lower *l, const struct tare__case *of_i,
                  const struct tare__schema_node *j, const struct tare__opened *outer)
{
    bool was = l->narrowed, found = false;
    l->narrowed = false;
    l->probing++;
    for (; of_i && !found && !l->narrowed && !l->stopped; of_i = of_i->next) {
        const struct tare__case *both =
            tare__lower_expand(l, yes(j), tare__lower_copy(l, of_i), outer);
        for (; both && !found; both = both->next)
            found = !tare__lower_empty(l, both, 3);
    }
    found = found || l->narrowed;
    l->narrowed = was;
    l->probing--;
    return !found;
}

/* Exactly one: each branch with those others excluded that are not apart from it anyhow. */
static struct tare__case *expand_one(struct tare__lower *l, const struct tare__schema_rule *r,
                                     const struct tare__case *c, const struct tare__opened *outer)
{
    struct tare__case *all = NULL;
    struct tare__lower_tags *tags = tare__lower_new(l, ((size_t)r->n_list + 1) * sizeof *tags);
    for (uint32_t i = 0; i < r->n_list && tags; i++)
        tags[i] = tare__lower_tags_of(l, r->list[i].node, 2);
    for (uint32_t i = r->n_list; i-- > 0 && !l->stopped;) {
        struct tare__case *these =
            tare__lower_expand(l, yes(r->list[i].node), tare__lower_copy(l, c), outer);
        for (uint32_t j = 0; j < r->n_list && these && !l->stopped; j++)
            if (j != i && !tare__lower_tags_apart(l, &tags[i], &tags[j]) &&
                !apart(l, these, r->list[j].node, outer))
                these = tare__lower_expand(l, no(r->list[j].node), these, outer);
        all = tare__lower_join(these, all);
    }
    return all;
}

static struct tare__case *expand_if(struct tare__lower *l, const struct tare__schema_rule *r,
                                    const struct tare__case *c, const struct tare__opened *outer)
{
    if (!r->then && !r->otherwise && !l->marking)
        return tare__lower_copy(l, c);
    struct tare__case *a = tare__lower_expand(l, yes(r->node), tare__lower_copy(l, c), outer);
    struct tare__case *b = tare__lower_expand(l, no(r->node), tare__lower_copy(l, c), outer);
    if (r->then)
        a = tare__lower_expand(l, yes(r->then), a, outer);
    if (r->otherwise)
        b = tare__lower_expand(l, yes(r->otherwise), b, outer);
    return tare__lower_join(a, b);
}

/* One entry of the dependencies: the member is not there, or it is and the rest holds. */
static struct tare__case *expand_dependency(struct tare__lower *l,
                                            const struct tare__schema_property *p,
                                            const struct tare__case *c,
                                            const struct tare__opened *outer)
{
    unsigned object = TARE__LOWER_BIT(TARE_JSON_OBJECT);
    struct tare__case *without = tare__lower_copy(l, c), *with = tare__lower_copy(l, c);
    if (!without || !with)
        return NULL;
    tare__lower_member(l, without, p->name, yes(&tare__lower_false));
    if (!(c->kinds & object))
        return without;
    with->kinds = object;
    tare__lower_require(l, with, p->name);
    if (p->node) {
        with = tare__lower_expand(l, yes(p->node), with, outer);
    } else if (tare_json_kind(p->list) == TARE_JSON_STRING) {
        tare__lower_require(l, with, tare_json_str(p->list));
    } else {
        for (struct tare_json k = tare_json_first(p->list); k.doc && !l->stopped;
             k = tare_json_next(k))
            tare__lower_require(l, with, tare_json_str(k));
    }
    return tare__lower_join(with, without);
}

static struct tare__case *expand_dependent(struct tare__lower *l, const struct tare__schema_rule *r,
                                           const struct tare__case *c,
                                           const struct tare__opened *outer)
{
    struct tare__case *list = tare__lower_copy(l, c);
    for (uint32_t i = 0; i < r->n_list && !l->stopped; i++) {
        struct tare__case *all = NULL;
        for (const struct tare__case *k = list; k && !l->stopped; k = k->next)
            all = tare__lower_join(expand_dependency(l, &r->list[i], k, outer), all);
        list = all;
    }
    return list;
}

/* The cases of one rule added to one case, which is used up. */
static struct tare__case *expand_rule(struct tare__lower *l, const struct tare__schema_rule *r,
                                      struct tare__case *c, const struct tare__opened *outer)
{
    l->rule = r;
    tare__lower_work(l, 5);
    c->next = NULL;
    if (l->stopped || simple_rule(l, r, c))
        return c;
    switch (r->op) {
    case SO_REF:
        return tare__lower_expand(l, yes(r->node), c, outer);
    case SO_ALL_OF:
        for (uint32_t i = 0; i < r->n_list && c; i++)
            c = tare__lower_expand(l, yes(r->list[i].node), c, outer);
        return c;
    case SO_ANY_OF:
        return expand_any(l, r, c, outer);
    case SO_ONE_OF:
        return expand_one(l, r, c, outer);
    case SO_NOT:
        return tare__lower_expand(l, no(r->node), c, outer);
    case SO_IF:
        return expand_if(l, r, c, outer);
    case SO_DEPENDENT:
        return expand_dependent(l, r, c, outer);
    default:
        (void)tare__lower_refuse(l, r, "where it leads is only known while validating");
        return c;
    }
}

static struct tare__case *drop_empty(struct tare__case *list)
{
    struct tare__case *first = NULL, **tail = &first;
    for (; list; list = list->next)
        if (list->kinds) {
            *tail = list;
            tail = &list->next;
        }
    *tail = NULL;
    return first;
}

/* One rule added to each case of the list. */
static struct tare__case *add_rule(struct tare__lower *l, const struct tare__schema_rule *r,
                                   struct tare__case *list, const struct tare__opened *here,
                                   const struct tare__lower_from *from)
{
    struct tare__case *all = NULL, **tail = &all;
    uint32_t n_cases = 0;
    for (struct tare__case *c = list, *next; c && !l->stopped; c = next) {
        next = c->next;
        if (r->op >= SO_UNEVALUATED_ITEMS) {
            tare__lower_rest(l, r, c, from);
            continue;
        }
        *tail = drop_empty(expand_rule(l, r, c, here));
        for (; *tail; tail = &(*tail)->next)
            n_cases++;
        if (n_cases > MAX_CASES_AT_ONCE)
            tare__lower_stop(l, r, "it has over 4,000 alternatives",
                             "write fewer alternatives side by side");
    }
    return r->op >= SO_UNEVALUATED_ITEMS ? list : all;
}

static struct tare__case *expand_yes(struct tare__lower *l, const struct tare__schema_node *n,
                                     struct tare__case *list, const struct tare__opened *here)
{
    const struct tare__lower_from from = {list->objects, list->arrays, list->counts};
    if (n->unevaluated && list->next) { /* one by one: each has looked at its own */
        struct tare__case *rest = list->next;
        list->next = NULL;
        struct tare__case *first = expand_yes(l, n, list, here);
        return l->stopped ? NULL : tare__lower_join(first, expand_yes(l, n, rest, here));
    }
    l->marking += n->unevaluated;
    for (uint32_t i = 0; i < n->n_rules && list && !l->stopped; i++)
        list = add_rule(l, &n->rules[i], list, here, &from);
    l->marking -= n->unevaluated;
    return list;
}

static struct tare__case *expand_no(struct tare__lower *l, const struct tare__schema_node *n,
                                    const struct tare__case *list, const struct tare__opened *here)
{
    struct tare__case *all = NULL, **tail = &all;
    for (; list && !l->stopped; list = list->next)
        for (uint32_t i = 0; i < n->n_rules && !l->stopped; i++) {
            l->rule = &n->rules[i];
            tare__lower_work(l, 4);
            *tail = drop_empty(tare__lower_negate(l, &n->rules[i], list, here));
            while (*tail)
                tail = &(*tail)->next;
        }
    return all;
}

struct tare__case *tare__lower_expand(struct tare__lower *l, struct tare__goal goal,
                                      struct tare__case *list, const struct tare__opened *outer)
{
    struct tare__opened here = {goal, outer};
    if (!list || l->stopped)
        return NULL;
    tare__lower_work(l, 2 + l->depth / 4);
    for (const struct tare__opened *o = outer; o; o = o->outer)
        if (o->goal.node == goal.node && o->goal.no == goal.no && goal.node->n_rules) {
            tare__lower_stop(l, &goal.node->rules[0], "the schema leads back to itself",
                             "take the reference out that leads back without a member or an item");
            return NULL;
        }
    if (++l->depth > MAX_DEPTH)
        tare__lower_stop(l, &goal.node->rules[0], "references are nested too deep",
                         "write fewer in a chain");
    const struct tare__schema_rule *outer_rule = l->rule;
    struct tare__case *all =
        goal.no ? expand_no(l, goal.node, list, &here) : expand_yes(l, goal.node, list, &here);
    l->rule = outer_rule;
    l->depth--;
    return l->stopped ? NULL : all;
}
