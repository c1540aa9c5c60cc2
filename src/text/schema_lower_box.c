/* Objects and arrays. */
#include "base/hash.h"
#include "base/limits.h"
#include "text/json_int.h"
#include "text/schema_lower.h"

#include "base/banned.h"

#define MAX_PATTERNS 6u /* together in one object: each set of them is an extra */
#define MAX_ANY_ORDER 64u

static uint32_t bound(uint64_t n)
{
    return n >= TARE_GRAMMAR_ANY ? TARE_GRAMMAR_ANY : (uint32_t)n;
}

/* ---- members ----------------------------------------------------------------------------- */

static bool finds(const struct tare__schema_pattern *p, struct tare_str text)
{
    return p->dfa ? tare_regex_dfa_run(p->dfa, text) : tare_regex_search(p->regex, text);
}

uint32_t tare__lower_member_goals(struct tare__lower *l, const struct tare__case *c,
                                  struct tare_str name, struct tare__goal **out)
{
    size_t room = 1;
    uint32_t n = 0;
    for (const struct tare__rule_link *k = c->objects; k; k = k->next)
        room += 1 + k->rule->n_patterns;
    for (const struct tare__goal_link *k = c->members; k; k = k->next)
        room++;
    *out = tare__lower_new(l, room * sizeof **out);
    if (!*out)
        return 0;
    for (const struct tare__rule_link *k = c->objects; k; k = k->next) {
        const struct tare__schema_rule *r = k->rule;
        const struct tare__schema_node *node = tare__lower_property(r, name);
        bool known = node != NULL;
        if (node)
            (*out)[n++] = (struct tare__goal){node, false};
        for (uint32_t i = 0; i < r->n_patterns; i++)
            if (finds(&r->patterns[i].pattern, name)) {
                (*out)[n++] = (struct tare__goal){r->patterns[i].node, false};
                known = true;
            }
        if (!known && r->node)
            (*out)[n++] = (struct tare__goal){r->node, false};
    }
    for (const struct tare__goal_link *k = c->members; k; k = k->next)
        if (tare_str_eq(k->name, name))
            (*out)[n++] = k->goal;
    return n;
}

/* The members an object declares, each once, in order. */
struct members {
    struct tare_grammar_member *v;
    struct tare_str *names;
    uint32_t n, *table, n_table;
};

static struct tare_grammar_member *member(struct members *m, struct tare_str name)
{
    uint64_t h = tare_hash64(name, 0);
    uint32_t i;
    for (; (i = m->table[h & (m->n_table - 1)]) != 0; h++)
        if (tare_str_eq(m->names[i - 1], name))
            return &m->v[i - 1];
    m->names[m->n] = name;
    m->table[h & (m->n_table - 1)] = ++m->n;
    return &m->v[m->n - 1];
}

/* Oldest first: the list has the newest first. */
static uint32_t reversed(struct tare__lower *l, const struct tare__rule_link *k,
                         const struct tare__schema_rule ***out)
{
    uint32_t n = 0, i = 0;
    for (const struct tare__rule_link *a = k; a; a = a->next)
        n++;
    *out = tare__lower_new(l, (n + 1) * sizeof **out);
    for (; *out && k; k = k->next)
        (*out)[n - ++i] = k->rule;
    return *out ? n : 0;
}

/* Oldest first, as above. */
static void in_order(struct tare__lower *l, const struct tare__goal_link *k, struct members *m,
                     bool required)
{
    uint32_t n = 0;
    for (const struct tare__goal_link *a = k; a; a = a->next)
        n++;
    struct tare_str *names = tare__lower_new(l, (n + 1) * sizeof *names);
    for (uint32_t i = n; names && i-- > 0; k = k->next)
        names[i] = k->name;
    for (uint32_t i = 0; names && i < n; i++) {
        struct tare_grammar_member *one = member(m, names[i]);
        one->required = one->required || required;
    }
}

static void gather(struct tare__lower *l, const struct tare__case *c, struct members *m)
{
    const struct tare__schema_rule **rules;
    size_t room = 1;
    uint32_t n = reversed(l, c->objects, &rules);
    for (uint32_t i = 0; i < n; i++)
        room += rules[i]->n_list;
    for (const struct tare__goal_link *k = c->required; k; k = k->next)
        room++;
    for (const struct tare__goal_link *k = c->members; k; k = k->next)
        room++;
    for (m->n_table = 16; m->n_table < 2 * room;)
        m->n_table *= 2;
    m->v = tare__lower_new(l, room * sizeof *m->v);
    m->names = tare__lower_new(l, room * sizeof *m->names);
    m->table = tare__lower_new(l, m->n_table * sizeof *m->table);
    if (!m->v || !m->names || !m->table)
        return;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < rules[i]->n_list; k++)
            (void)member(m, rules[i]->list[k].name);
    in_order(l, c->required, m, true);
    in_order(l, c->members, m, false);
}

static struct tare_str spelling(struct tare__lower *l, struct tare_str name)
{
    struct tare_buf b;
    tare_buf_init(&b, l->arena->alc, TARE_MAX_JSON_BYTES);
    tare__json_quote(&b, name, false);
    struct tare_str s =
        b.failed ? (struct tare_str){0} : tare_arena_copy(l->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    if (!s.p)
        (void)tare__lower_ok(l, tare_fail(l->err, TARE_E_NOMEM, "not enough memory"));
    return s.p ? tare_str_n(s.p + 1, s.n - 2) : s;
}

/* ---- members that are not declared --------------------------------------------------------- */

struct pattern {
    const struct tare__schema_rule *of;
    const struct tare__schema_property *p;
};

/* What a name that matches exactly the patterns of `mask` must meet. */
static uint32_t extra_value(struct tare__lower *l, const struct tare__case *c,
                            const struct pattern *patterns, uint32_t n, uint32_t mask)
{
    uint32_t n_goals = 0, room = n + 1;
    for (const struct tare__rule_link *k = c->objects; k; k = k->next)
        room++;
    struct tare__goal *goals = tare__lower_new(l, room * sizeof *goals);
    for (const struct tare__rule_link *k = c->objects; k && goals; k = k->next) {
        bool matched = false;
        for (uint32_t i = 0; i < n; i++)
            if (patterns[i].of == k->rule && (mask >> i & 1)) {
                goals[n_goals++] = (struct tare__goal){patterns[i].p->node, false};
                matched = true;
            }
        if (!matched && k->rule->node)
            goals[n_goals++] = (struct tare__goal){k->rule->node, false};
    }
    for (uint32_t i = 0; i < n_goals; i++)
        if (goals[i].node->n_rules && goals[i].node->rules[0].op == SO_FALSE)
            return TARE_GRAMMAR_NEVER;
    return goals ? tare__lower_set(l, goals, n_goals) : TARE_GRAMMAR_NEVER;
}

static uint32_t extras(struct tare__lower *l, const struct tare__case *c,
                       const struct tare_dfa *names, struct tare_grammar_extra *out)
{
    struct pattern patterns[MAX_PATTERNS];
    uint32_t n = 0, n_out = 0;
    for (const struct tare__rule_link *k = c->objects; k; k = k->next)
        for (uint32_t i = 0; i < k->rule->n_patterns; i++) {
            if (n == MAX_PATTERNS) {
                struct tare__schema_rule r = *k->rule;
                r.keyword = "patternProperties";
                (void)tare__lower_refuse(l, &r, "over 6 patterns speak about one object");
                l->stopped = true;
                return 0;
            }
            patterns[n++] = (struct pattern){k->rule, &k->rule->patterns[i]};
        }
    for (uint32_t mask = 0; mask < 1u << n && !l->stopped; mask++) {
        uint32_t value = extra_value(l, c, patterns, n, mask);
        const struct tare_dfa *key = names;
        if (value == TARE_GRAMMAR_NEVER)
            continue;
        for (uint32_t i = 0; i < n && !l->stopped; i++) {
            const struct tare_dfa *p = tare__lower_pattern(l, &patterns[i].p->pattern);
            bool in = (mask >> i & 1) != 0;
            if (!key && in)
                key = p;
            else
                key = tare__lower_product(l, key ? key : tare__lower_utf8(l), p,
                                          in ? TARE_DFA_AND : TARE_DFA_MINUS);
        }
        if (l->stopped || (key && key->empty))
            continue;
        out[n_out++] = (struct tare_grammar_extra){.key = key, .value = value};
    }
    return n_out;
}

uint32_t tare__lower_object(struct tare__lower *l, const struct tare__case *c)
{
    struct members m = {0};
    struct tare_grammar_extra more[1u << MAX_PATTERNS];
    if (c->min_members > c->max_members)
        return TARE_GRAMMAR_NEVER;
    const struct tare_dfa *names = tare__lower_names(l, c);
    gather(l, c, &m);
    for (uint32_t i = 0; i < m.n && !l->stopped; i++) {
        struct tare__goal *goals;
        uint32_t n = tare__lower_member_goals(l, c, m.names[i], &goals);
        bool never = names && !tare_dfa_run(names, m.names[i]);
        m.v[i].key = spelling(l, m.names[i]);
        m.v[i].value = never || l->stopped ? TARE_GRAMMAR_NEVER : tare__lower_set(l, goals, n);
        if (m.v[i].required && m.v[i].value == TARE_GRAMMAR_NEVER)
            return TARE_GRAMMAR_NEVER;
    }
    if (l->stopped)
        return TARE_GRAMMAR_NEVER;
    struct tare_grammar_object o = {.members = m.v,
                                    .n_members = m.n,
                                    .extras = more,
                                    .min = bound(c->min_members),
                                    .max = bound(c->max_members),
                                    .any_order = l->o->any_order && m.n <= MAX_ANY_ORDER,
                                    .gap_open = l->gap,
                                    .gap_close = l->gap,
                                    .gap_before = TARE_GRAMMAR_EMPTY,
                                    .gap_after = l->gap};
    o.n_extras = extras(l, c, names, more);
    return l->stopped ? TARE_GRAMMAR_NEVER : tare_grammar_object(l->g, &o);
}

/* ---- arrays ------------------------------------------------------------------------------ */

/* What item i must meet, or (i = UINT32_MAX) any item behind all listed ones; with one more goal
 * where `also` has a node. */
static uint32_t item(struct tare__lower *l, const struct tare__case *c, uint32_t i,
                     struct tare__goal also)
{
    uint32_t room = 1, n = 0;
    for (const struct tare__rule_link *k = c->arrays; k; k = k->next)
        room++;
    for (const struct tare__goal_link *k = c->each; k; k = k->next)
        room++;
    struct tare__goal *goals = tare__lower_new(l, room * sizeof *goals);
    if (!goals)
        return TARE_GRAMMAR_NEVER;
    for (const struct tare__rule_link *k = c->arrays; k; k = k->next) {
        const struct tare__schema_node *node =
            i < k->rule->n_list ? k->rule->list[i].node : k->rule->node;
        if (node)
            goals[n++] = (struct tare__goal){node, false};
    }
    for (const struct tare__goal_link *k = c->each; k; k = k->next)
        goals[n++] = k->goal;
    if (also.node)
        goals[n++] = also;
    return tare__lower_set(l, goals, n);
}

/* "," item, each between gaps. */
static uint32_t further(struct tare__lower *l, uint32_t node)
{
    uint32_t parts[3] = {l->comma, l->gap, node};
    return node == TARE_GRAMMAR_NEVER ? node : tare_grammar_seq(l->g, parts, 3);
}

static uint32_t bracketed(struct tare__lower *l, uint32_t items)
{
    uint32_t parts[5] = {l->open, l->gap, items, l->gap, l->close};
    return items == TARE_GRAMMAR_NEVER ? items : tare_grammar_seq(l->g, parts, 5);
}

static uint32_t either(struct tare__lower *l, uint32_t a, uint32_t b)
{
    uint32_t both[2] = {a, b};
    if (a == TARE_GRAMMAR_NEVER || b == TARE_GRAMMAR_NEVER)
        return a == TARE_GRAMMAR_NEVER ? b : a;
    return tare_grammar_alt(l->g, both, 2);
}

static uint32_t pair(struct tare__lower *l, uint32_t a, uint32_t b)
{
    uint32_t both[2] = {a, b};
    if (a == TARE_GRAMMAR_NEVER || b == TARE_GRAMMAR_NEVER)
        return TARE_GRAMMAR_NEVER;
    return tare_grammar_seq(l->g, both, 2);
}

/* What may follow `have` listed items, from the last to the first. */
static uint32_t after(struct tare__lower *l, const struct tare__case *c, uint32_t listed)
{
    const struct tare__goal none = {0};
    uint64_t min = c->min_items, max = c->max_items;
    uint32_t tail = TARE_GRAMMAR_EMPTY;
    uint32_t rest = max > listed ? item(l, c, UINT32_MAX, none) : TARE_GRAMMAR_NEVER;
    if (rest != TARE_GRAMMAR_NEVER) {
        uint64_t lo = min > listed ? min - listed : 0;
        uint64_t hi = max == TARE__LOWER_NO_BOUND ? max : max - listed;
        uint32_t one = listed ? further(l, rest) : TARE_GRAMMAR_NEVER;
        if (listed)
            tail = tare_grammar_repeat(l->g, one, bound(lo), bound(hi));
        else
            tail = pair(
                l, rest,
                tare_grammar_repeat(l->g, further(l, rest), bound(lo ? lo - 1 : 0),
                                    hi >= TARE_GRAMMAR_ANY ? TARE_GRAMMAR_ANY : (uint32_t)hi - 1));
    } else if (min > listed || !listed) {
        tail = TARE_GRAMMAR_NEVER;
    }
    for (uint32_t i = listed; i-- > 0 && !l->stopped;) {
        uint32_t node = max > i ? item(l, c, i, none) : TARE_GRAMMAR_NEVER;
        uint32_t here = pair(l, i ? further(l, node) : node, tail);
        tail = i && min <= i ? either(l, TARE_GRAMMAR_EMPTY, here) : here;
    }
    return tail;
}

/* Arrays with an item that meets the goal: others, that one, others. */
static uint32_t containing(struct tare__lower *l, const struct tare__case *c)
{
    const struct tare__goal none = {0};
    bool simple = !c->some->next && c->min_items <= 1 && c->max_items == TARE__LOWER_NO_BOUND;
    for (const struct tare__rule_link *k = c->arrays; k; k = k->next)
        simple = simple && k->rule->n_list == 0;
    if (!simple) {
        struct tare__schema_rule r = {.keyword = "contains", .at = c->some->goal.node->at};
        (void)tare__lower_refuse(l, &r, "together with a length, a list or another \"contains\"");
        return bracketed(l, after(l, c, 0));
    }
    uint32_t any = item(l, c, UINT32_MAX, none), that = item(l, c, UINT32_MAX, c->some->goal);
    uint32_t before_parts[3] = {any, l->comma, l->gap};
    uint32_t before =
        tare_grammar_repeat(l->g, tare_grammar_seq(l->g, before_parts, 3), 0, TARE_GRAMMAR_ANY);
    uint32_t behind = tare_grammar_repeat(l->g, further(l, any), 0, TARE_GRAMMAR_ANY);
    return bracketed(l, pair(l, before, pair(l, that, behind)));
}

uint32_t tare__lower_array(struct tare__lower *l, const struct tare__case *c)
{
    uint32_t listed = 0;
    if (c->min_items > c->max_items)
        return TARE_GRAMMAR_NEVER;
    if (c->unique && c->max_items > 1)
        (void)tare__lower_refuse(l, c->unique, "which items were written is not known to a mask");
    if (c->some)
        return containing(l, c);
    for (const struct tare__rule_link *k = c->arrays; k; k = k->next)
        listed = k->rule->n_list > listed ? k->rule->n_list : listed;
    uint32_t full = c->max_items == 0 ? TARE_GRAMMAR_NEVER : bracketed(l, after(l, c, listed));
    if (c->min_items > 0 || l->stopped)
        return full;
    uint32_t parts[3] = {l->open, l->gap, l->close};
    return either(l, tare_grammar_seq(l->g, parts, 3), full);
}
