/* Objects: declared members, others by the patterns of their names, and members there must be. */
#include "base/hash.h"
#include "base/limits.h"
#include "text/grammar_int.h"
#include "text/json_int.h"
#include "text/schema_lower.h"

#include "base/banned.h"

#define MAX_PATTERNS 32u /* together in one object: each set that some name is of is an extra */
#define MAX_ANY_ORDER(wants) ((wants) ? 56u : 64u)
#define MAX_WANTS 7u
#define MAX_EXTRAS 255u
#define MAX_SPLITS 64u
#define MAX_FEW 16u        /* names that are as good as declared */
#define MAX_FEW_BYTES 200u /* of one of them */
#define MAX_WANTED 60u     /* objects with members there must be, in one schema */

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
    tare__lower_work(l, 4 + room * 2);
    for (const struct tare__rule_link *k = c->objects; k; k = k->next) {
        const struct tare__schema_rule *r = k->rule;
        const struct tare__schema_node *node = tare__lower_property(r, name);
        bool known = node != NULL;
        if (node)
            (*out)[n++] = (struct tare__goal){node, false};
        tare__lower_work(l, r->n_patterns * (4 + name.n / 4));
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

struct tare_str tare__lower_spelling(struct tare__lower *l, struct tare_str name)
{
    struct tare_buf b;
    tare_buf_init(&b, l->arena->alc, TARE_MAX_JSON_BYTES);
    bool can = tare__lower_key(l, name, &b);
    struct tare_str s =
        b.failed || !can ? (struct tare_str){0} : tare_arena_copy(l->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    if (!s.p && can)
        (void)tare__lower_ok(l, tare_fail(&l->err, TARE_E_NOMEM, "not enough memory"));
    return s.p && !l->style.bare_keys ? tare_str_n(s.p + 1, s.n - 2) : s;
}

/* ---- members that are not declared --------------------------------------------------------- */

struct pattern {
    const struct tare__schema_rule *of;
    const struct tare__schema_property *p;
};

/* A member there must be, and its names. */
struct want {
    const struct tare__some_link *some;
    const struct tare_dfa *names;
};

/* An object under way. */
struct object {
    const struct tare__case *c;
    struct pattern patterns[MAX_PATTERNS];
    uint32_t n_patterns;
    struct want wants[MAX_WANTS];
    uint32_t n_wants;
    struct tare_grammar_extra *more;
    uint32_t n_more, cap_more;
    uint32_t splits; /* ways to choose the wants' members that were looked at */
};

static bool certainly_not(struct tare__goal g)
{
    return g.node &&
           (g.no ? g.node->n_rules == 0 : g.node->n_rules && g.node->rules[0].op == SO_FALSE);
}

/* What a name that matches exactly the patterns of `mask` must meet, and the wants of `meets`. */
static uint32_t extra_value(struct tare__lower *l, const struct object *o, uint32_t mask,
                            uint32_t meets)
{
    uint32_t n_goals = 0, room = o->n_patterns + o->n_wants + 1;
    for (const struct tare__rule_link *k = o->c->objects; k; k = k->next)
        room++;
    struct tare__goal *goals = tare__lower_new(l, room * sizeof *goals);
    tare__lower_work(l, (uint64_t)room * (o->n_patterns + 1));
    for (const struct tare__rule_link *k = o->c->objects; k && goals; k = k->next) {
        bool matched = false;
        for (uint32_t i = 0; i < o->n_patterns; i++)
            if (o->patterns[i].of == k->rule && (mask >> i & 1)) {
                goals[n_goals++] = (struct tare__goal){o->patterns[i].p->node, false};
                matched = true;
            }
        if (!matched && k->rule->node)
            goals[n_goals++] = (struct tare__goal){k->rule->node, false};
    }
    for (uint32_t i = 0; i < o->n_wants && goals; i++)
        if ((meets >> i & 1) && o->wants[i].some->value.node)
            goals[n_goals++] = o->wants[i].some->value;
    for (uint32_t i = 0; i < n_goals; i++)
        if (certainly_not(goals[i]))
            return TARE_GRAMMAR_NEVER;
    return goals ? tare__lower_set(l, goals, n_goals) : TARE_GRAMMAR_NEVER;
}

static void refuse_patterns(struct tare__lower *l, const struct tare__schema_property *p,
                            const char *reason, bool all)
{
    struct tare__schema_rule r = {.keyword = "patternProperties", .at = p->node->at};
    if (all)
        tare__lower_refuse_all(l, &r, reason);
    else
        (void)tare__lower_refuse(l, &r, reason);
}

/* Extras of the names of `key` (NULL: any) by which wants they meet: all subsets from want i on. */
static void extras_meeting(struct tare__lower *l, struct object *o, const struct tare_dfa *key,
                           uint32_t mask, uint32_t i, uint32_t meets)
{
    if (l->stopped || (key && key->empty))
        return;
    if (i < o->n_wants) {
        const struct tare_dfa *names = o->wants[i].names;
        const struct tare_dfa *both =
            key ? tare__lower_product(l, key, names, TARE_DFA_AND) : names;
        extras_meeting(l, o, key, mask, i + 1, meets);
        if (both)
            extras_meeting(l, o, both, mask, i + 1, meets | 1u << i);
        else
            tare__lower_narrow(l, o->wants[i].some->rule, "automata of names that are too large");
        return;
    }
    if (l->style.texts)
        key = key ? tare__lower_product(l, key, l->style.texts, TARE_DFA_AND) : l->style.texts;
    if (!key && l->style.texts)
        return;
    uint32_t value = extra_value(l, o, mask, meets);
    if (value == TARE_GRAMMAR_NEVER || l->stopped)
        return;
    if (o->n_more == o->cap_more) {
        tare__lower_refuse_all(l, o->c->objects ? o->c->objects->rule : o->wants[0].some->rule,
                               "over 255 kinds of members that are not declared");
        return;
    }
    o->more[o->n_more++] =
        (struct tare_grammar_extra){.key = key, .value = value, .meets = (uint8_t)meets};
}

/* Patterns of the case, each rule's own. */
static void find_patterns(struct tare__lower *l, struct object *o)
{
    for (const struct tare__rule_link *k = o->c->objects; k && !l->stopped; k = k->next)
        for (uint32_t i = 0; i < k->rule->n_patterns; i++) {
            if (o->n_patterns == MAX_PATTERNS) {
                refuse_patterns(l, &k->rule->patterns[i], "over 32 patterns speak about one object",
                                true);
                return;
            }
            o->patterns[o->n_patterns++] = (struct pattern){k->rule, &k->rule->patterns[i]};
        }
}

/* Extras of the names of `key` (NULL: any) by which patterns find them, from pattern i on. Most
 * sets of patterns have no name: they end early. */
static void extras_found(struct tare__lower *l, struct object *o, const struct tare_dfa *key,
                         uint32_t i, uint32_t mask)
{
    if (l->stopped || (key && key->empty))
        return;
    if (i == o->n_patterns) {
        extras_meeting(l, o, key, mask, 0, 0);
        return;
    }
    const struct tare_dfa *p = tare__lower_pattern(l, &o->patterns[i].p->pattern);
    const struct tare_dfa *in = key ? tare__lower_product(l, key, p, TARE_DFA_AND) : p;
    const struct tare_dfa *out =
        tare__lower_product(l, key ? key : tare__lower_utf8(l), p, TARE_DFA_MINUS);
    if ((!in || !out) && !l->stopped)
        refuse_patterns(l, o->patterns[i].p, "its automaton has too many states", false);
    if (out)
        extras_found(l, o, out, i + 1, mask);
    if (in)
        extras_found(l, o, in, i + 1, mask | 1u << i);
}

static void extras(struct tare__lower *l, struct object *o, const struct tare_dfa *names)
{
    uint32_t bits = o->n_patterns + o->n_wants;
    o->n_more = 0;
    o->cap_more = bits < 8 ? 1u << bits : MAX_EXTRAS;
    o->more = tare__lower_new(l, o->cap_more * sizeof *o->more);
    struct tare__schema_rule here = {.keyword = "patternProperties"};
    const struct tare__schema_rule *outer = l->rule;
    if (o->n_patterns) {
        here.at = o->patterns[o->n_patterns - 1].p->node->at;
        l->rule = &here;
    }
    extras_found(l, o, names, 0, 0);
    l->rule = outer;
}

/* The object with the wants that were chosen to be met by members that are not declared. */
static uint32_t written(struct tare__lower *l, struct object *o, const struct tare__case *c,
                        struct members *m, const struct tare_dfa *names)
{
    o->c = c;
    for (uint32_t i = 0; i < m->n && !l->stopped; i++) {
        struct tare__goal *goals;
        uint32_t n = tare__lower_member_goals(l, c, m->names[i], &goals);
        bool never = names && !tare_dfa_run(names, m->names[i]);
        m->v[i].key = tare__lower_spelling(l, m->names[i]);
        if (!m->v[i].key.p) { /* in its own spelling, never written */
            m->v[i].key = m->names[i];
            never = true;
        }
        m->v[i].value = never || l->stopped ? TARE_GRAMMAR_NEVER : tare__lower_set(l, goals, n);
        if (m->v[i].required && m->v[i].value == TARE_GRAMMAR_NEVER)
            return TARE_GRAMMAR_NEVER;
    }
    extras(l, o, names);
    l->n_wanted += o->n_wants > 0;
    if (l->stopped)
        return TARE_GRAMMAR_NEVER;
    struct tare_grammar_object out = {.members = m->v,
                                      .n_members = m->n,
                                      .extras = o->more,
                                      .n_extras = l->style.one_extra && m->n ? 0 : o->n_more,
                                      .wants = (uint8_t)((1u << o->n_wants) - 1),
                                      .min = tare__lower_bound(c->min_members),
                                      .max = tare__lower_bound(c->max_members),
                                      .any_order =
                                          l->o->any_order && m->n <= MAX_ANY_ORDER(o->n_wants),
                                      .gap_open = l->gap,
                                      .gap_close = l->gap,
                                      .gap_before = TARE_GRAMMAR_EMPTY,
                                      .gap_after = l->gap};
    if (l->style.one_extra && out.max > 1 && !m->n)
        out.max = 1;
    return tare_grammar_object(l->g, &out);
}

static const struct tare_dfa *make_names(struct tare__lower *l, const struct tare__some_link *k)
{
    const struct tare__schema_rule *r = k->rule;
    if (r->op == SO_NAMES) {
        struct tare__goal_link goal = {.goal = {r->node, true}};
        return tare__lower_names(l, &goal);
    }
    if (k->pattern != TARE__LOWER_OTHERS)
        return tare__lower_pattern(l, &r->patterns[k->pattern].pattern);
    const struct tare_dfa *dfa = tare__lower_utf8(l);
    for (uint32_t i = 0; i < r->n_patterns && dfa; i++)
        dfa = tare__lower_product(l, dfa, tare__lower_pattern(l, &r->patterns[i].pattern),
                                  TARE_DFA_MINUS);
    struct tare_str *names = tare__lower_new(l, (r->n_list + 1) * sizeof *names);
    for (uint32_t i = 0; i < r->n_list && names; i++)
        names[i] = r->list[i].name;
    if (!names || !dfa || !r->n_list)
        return names ? dfa : NULL;
    return tare__lower_product(l, dfa, tare__lower_listed_texts(l, names, r->n_list),
                               TARE_DFA_MINUS);
}

/* Names of members that can be the one there must be. NULL: stopped, or too many states. */
static const struct tare_dfa *names_of(struct tare__lower *l, const struct tare__some_link *k)
{
    for (const struct tare__names_known *n = l->names; n; n = n->next)
        if (n->rule == k->rule && n->pattern == k->pattern)
            return n->dfa;
    struct tare__names_known *known = tare__lower_new(l, sizeof *known);
    if (!known)
        return NULL;
    *known = (struct tare__names_known){k->rule, k->pattern, make_names(l, k), l->names};
    l->names = known;
    return known->dfa;
}

static bool same_some(const struct tare__some_link *a, const struct tare__some_link *b)
{
    return a->rule == b->rule && a->pattern == b->pattern && a->value.node == b->value.node &&
           a->value.no == b->value.no;
}

static uint32_t choose(struct tare__lower *l, struct object *o, const struct tare__case *c,
                       const struct tare__some_link *rest);

/* Names that a member which is not declared can have; NULL: any, or it would be too large. */
static const struct tare_dfa *allowed_names(struct tare__lower *l, const struct tare__case *c)
{
    const struct tare_dfa *all = c->names ? tare__lower_names(l, c->names) : NULL;
    for (const struct tare__rule_link *k = c->objects; k; k = k->next) {
        const struct tare_dfa *some = NULL;
        if (!k->rule->node || !certainly_not((struct tare__goal){k->rule->node, false}))
            continue;
        some = tare__lower_listed_texts(l, NULL, 0);
        for (uint32_t i = 0; i < k->rule->n_patterns && some; i++)
            some = tare__lower_product(
                l, some, tare__lower_pattern(l, &k->rule->patterns[i].pattern), TARE_DFA_OR);
        all = all ? tare__lower_product(l, all, some, TARE_DFA_AND) : some;
    }
    return all;
}

/* The names below a state, at most MAX_FEW in all, into the list. */
static void list_names(struct tare__lower *l, const struct tare_dfa *d, uint32_t state, char *text,
                       uint32_t n, struct tare_str *out, uint32_t *n_out)
{
    if (d->accepts[state] && *n_out < MAX_FEW)
        out[(*n_out)++] = tare_arena_copy(l->arena, tare_str_n(text, n));
    for (unsigned b = 0; b < 256 && n < MAX_FEW_BYTES; b++) {
        uint32_t to = tare_dfa_step(d, state, (unsigned char)b);
        text[n] = (char)b;
        if (to)
            list_names(l, d, to, text, n + 1, out, n_out);
    }
}

/* When only few names that are not declared can meet the want, they are as good as declared: true,
 * and they are listed. */
static bool few_names(struct tare__lower *l, const struct tare__case *c,
                      const struct tare_dfa *names, struct tare_str *out, uint32_t *n)
{
    const struct tare_dfa *allowed = allowed_names(l, c);
    const uint32_t *left = NULL;
    char text[MAX_FEW_BYTES + 1];
    *n = 0;
    if (allowed)
        names = tare__lower_product(l, names, allowed, TARE_DFA_AND);
    if (!names || names->n_states > MAX_FEW_BYTES ||
        !tare__lower_ok(l, tare__dfa_counts(names, l->arena, &left, &l->err)) || !left ||
        left[TARE_DFA_START] > MAX_FEW)
        return false;
    if (!names->empty)
        list_names(l, names, TARE_DFA_START, text, 0, out, n);
    return !l->stopped;
}

/* The ways in which a declared member, or one of those names, is the one there must be: into the
 * list. */
static uint32_t by_name(struct tare__lower *l, struct object *o, const struct tare__case *c,
                        const struct tare__some_link *some, const struct tare_dfa *names,
                        const struct tare_str *few, uint32_t n_few, uint32_t *out)
{
    struct members m = {0};
    uint32_t n = 0;
    gather(l, c, &m);
    tare__lower_work(l, 4 * (uint64_t)m.n);
    for (uint32_t i = 0; i < m.n + n_few && !l->stopped; i++) {
        struct tare_str name = i < m.n ? m.names[i] : few[i - m.n];
        bool twice = false;
        for (uint32_t k = 0; k < m.n && i >= m.n; k++)
            twice = twice || tare_str_eq(m.names[k], name);
        struct tare__case *d =
            !twice && tare_dfa_run(names, name) && n < MAX_SPLITS ? tare__lower_copy(l, c) : NULL;
        if (!d)
            continue;
        if (o->splits++ >= MAX_SPLITS) {
            tare__lower_narrow(l, some->rule, "over 64 ways in which members can break it");
            break;
        }
        tare__lower_require(l, d, name);
        if (some->value.node)
            tare__lower_member(l, d, name, some->value);
        uint32_t node = choose(l, o, d, some->next);
        if (node != TARE_GRAMMAR_NEVER)
            out[n++] = node;
    }
    return n;
}

/* The object, for each way to choose which members meet the wants of `rest`. */
static uint32_t choose(struct tare__lower *l, struct object *o, const struct tare__case *c,
                       const struct tare__some_link *rest)
{
    uint32_t nodes[MAX_SPLITS + 1], n = 0, had = o->n_wants;
    for (const struct tare__some_link *k = rest ? rest->next : NULL; k; k = k->next)
        if (same_some(k, rest))
            return choose(l, o, c, rest->next);
    if (l->stopped)
        return TARE_GRAMMAR_NEVER;
    if (!rest) {
        struct members m = {0};
        const struct tare_dfa *names = c->names ? tare__lower_names(l, c->names) : NULL;
        if (c->names && !names && !l->stopped) {
            struct tare__schema_rule r = {.keyword = "propertyNames",
                                          .at = c->names->goal.node->at};
            (void)tare__lower_refuse(l, &r, "its automaton has too many states");
        }
        gather(l, c, &m);
        return l->stopped ? TARE_GRAMMAR_NEVER : written(l, o, c, &m, names);
    }
    const struct tare_dfa *names = names_of(l, rest);
    if (!names || had == MAX_WANTS || l->n_wanted > MAX_WANTED) {
        tare__lower_narrow(l, rest->rule,
                           !names ? "names that break it have an automaton of too many states"
                           : had < MAX_WANTS ? "over 60 objects with a member that breaks a rule"
                                             : "over 7 members there must be");
        return TARE_GRAMMAR_NEVER;
    }
    struct tare_str few[MAX_FEW];
    uint32_t n_few = 0;
    bool are_few = few_names(l, c, names, few, &n_few);
    n = by_name(l, o, c, rest, names, few, n_few, nodes);
    if (!are_few && !l->stopped) {
        o->wants[o->n_wants++] = (struct want){rest, names};
        nodes[n] = choose(l, o, c, rest->next);
        n += nodes[n] != TARE_GRAMMAR_NEVER;
        o->n_wants = had;
    }
    if (n <= 1)
        return n ? nodes[0] : TARE_GRAMMAR_NEVER;
    return tare_grammar_alt(l->g, nodes, n);
}

static const struct tare__some_link *oldest_first(struct tare__lower *l,
                                                  const struct tare__some_link *list)
{
    const struct tare__some_link *out = NULL;
    for (; list; list = list->next) {
        struct tare__some_link *k = tare__lower_new(l, sizeof *k);
        if (!k)
            return NULL;
        *k = *list;
        k->next = out;
        out = k;
    }
    return out;
}

/* ---- members as fields --------------------------------------------------------------------- */

/* Whether any choice of members will do. */
static bool uncounted(struct tare__lower *l, const struct tare__case *c, const struct members *m)
{
    const struct tare__schema_rule r = {.keyword = "minProperties"};
    uint32_t required = 0;
    for (uint32_t i = 0; i < m->n; i++)
        required += m->v[i].required;
    if (!c->some && c->min_members <= required && c->max_members >= m->n)
        return true;
    tare__lower_narrow(l, c->some ? c->some->rule : &r,
                       "how many members there are is not counted in this layout");
    return false;
}

uint32_t tare__lower_fields(struct tare__lower *l, const struct tare__case *c,
                            tare__lower_field *field, void *ctx, uint32_t between)
{
    struct members m = {0};
    uint32_t tail[2] = {TARE_GRAMMAR_EMPTY, TARE_GRAMMAR_EMPTY};
    const struct tare_dfa *names = c->names ? tare__lower_names(l, c->names) : NULL;
    gather(l, c, &m);
    if (l->stopped || (c->names && !names) || !uncounted(l, c, &m))
        return TARE_GRAMMAR_NEVER;
    for (uint32_t i = m.n; i-- > 0 && !l->stopped;) { /* tail[1]: some field stands before */
        struct tare__goal *goals;
        uint32_t n = tare__lower_member_goals(l, c, m.names[i], &goals);
        bool never = names && !tare_dfa_run(names, m.names[i]);
        uint32_t one = never ? TARE_GRAMMAR_NEVER : field(l, ctx, m.names[i], goals, n);
        if (one == TARE_GRAMMAR_NEVER && m.v[i].required)
            return TARE_GRAMMAR_NEVER;
        uint32_t behind = tail[1];
        for (unsigned some = 0; some < 2 && one != TARE_GRAMMAR_NEVER; some++) {
            uint32_t parts[3] = {some ? between : TARE_GRAMMAR_EMPTY, one, behind};
            uint32_t ways[2] = {tare_grammar_seq(l->g, parts, 3), tail[some]};
            tail[some] = m.v[i].required ? ways[0] : tare_grammar_alt(l->g, ways, 2);
        }
    }
    return l->stopped ? TARE_GRAMMAR_NEVER : tail[0];
}

/* key:value */
static uint32_t bare_field(struct tare__lower *l, void *ctx, struct tare_str name,
                           const struct tare__goal *goals, uint32_t n)
{
    struct tare_str key = tare__lower_spelling(l, name);
    (void)ctx;
    if (!key.p)
        return TARE_GRAMMAR_NEVER;
    uint32_t parts[3] = {tare_grammar_bytes(l->g, key), tare_grammar_bytes(l->g, TARE_S(":")),
                         tare__lower_set(l, goals, n)};
    return parts[2] == TARE_GRAMMAR_NEVER ? parts[2] : tare_grammar_seq(l->g, parts, 3);
}

static uint32_t bare_object(struct tare__lower *l, const struct tare__case *c)
{
    uint32_t parts[3] = {tare_grammar_bytes(l->g, TARE_S("{")),
                         tare__lower_fields(l, c, bare_field, NULL, l->comma),
                         tare_grammar_bytes(l->g, TARE_S("}"))};
    return parts[1] == TARE_GRAMMAR_NEVER ? parts[1] : tare_grammar_seq(l->g, parts, 3);
}

uint32_t tare__lower_object(struct tare__lower *l, const struct tare__case *c)
{
    if (l->style.bare_keys)
        return bare_object(l, c);
    struct object o = {.c = c};
    if (c->min_members > c->max_members)
        return TARE_GRAMMAR_NEVER;
    find_patterns(l, &o);
    return l->stopped ? TARE_GRAMMAR_NEVER : choose(l, &o, c, oldest_first(l, c->some));
}
