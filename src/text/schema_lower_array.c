/* Arrays: items by their place, and how many of them meet a schema. */
#include "base/limits.h"
#include "text/schema_lower.h"

#include "base/banned.h"

#define MAX_COUNTS 5u     /* of one array */
#define MAX_COUNTED 4000u /* states of an array that counts */

#define MAX_LISTED 64u /* texts of a list that are as good as declared */

/* What item i must meet, or (i = UINT32_MAX) any item behind all that have a place; with n more
 * goals. NULL: stopped. */
static struct tare__goal *item_goals(struct tare__lower *l, const struct tare__case *c, uint32_t i,
                                     const struct tare__goal *also, uint32_t n_also,
                                     uint32_t *n_goals)
{
    uint32_t room = 1 + n_also, n = 0;
    for (const struct tare__rule_link *k = c->arrays; k; k = k->next)
        room++;
    for (const struct tare__goal_link *k = c->each; k; k = k->next)
        room++;
    for (const struct tare__goal_link *k = c->places; k; k = k->next)
        room++;
    struct tare__goal *goals = tare__lower_new(l, room * sizeof *goals);
    tare__lower_work(l, room);
    if (!goals)
        return NULL;
    for (const struct tare__rule_link *k = c->arrays; k; k = k->next) {
        const struct tare__schema_node *node =
            i < k->rule->n_list ? k->rule->list[i].node : k->rule->node;
        if (node)
            goals[n++] = (struct tare__goal){node, false};
    }
    for (const struct tare__goal_link *k = c->each; k; k = k->next)
        goals[n++] = k->goal;
    for (const struct tare__goal_link *k = c->places; k; k = k->next)
        if (k->index == i)
            goals[n++] = k->goal;
    for (uint32_t k = 0; k < n_also; k++)
        goals[n++] = also[k];
    *n_goals = n;
    return goals;
}

static uint32_t item(struct tare__lower *l, const struct tare__case *c, uint32_t i,
                     const struct tare__goal *also, uint32_t n_also)
{
    uint32_t n = 0;
    const struct tare__goal *goals = item_goals(l, c, i, also, n_also, &n);
    return goals ? tare__lower_set(l, goals, n) : TARE_GRAMMAR_NEVER;
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
    uint64_t min = c->min_items, max = c->max_items;
    uint32_t tail = TARE_GRAMMAR_EMPTY;
    uint32_t rest = max > listed ? item(l, c, UINT32_MAX, NULL, 0) : TARE_GRAMMAR_NEVER;
    if (rest != TARE_GRAMMAR_NEVER) {
        uint64_t lo = min > listed ? min - listed : 0;
        uint64_t hi = max == TARE__LOWER_NO_BOUND ? max : max - listed;
        uint32_t one = listed ? further(l, rest) : TARE_GRAMMAR_NEVER;
        if (listed)
            tail = tare_grammar_repeat(l->g, one, tare__lower_bound(lo), tare__lower_bound(hi));
        else
            tail = pair(
                l, rest,
                tare_grammar_repeat(l->g, further(l, rest), tare__lower_bound(lo ? lo - 1 : 0),
                                    hi >= TARE_GRAMMAR_ANY ? TARE_GRAMMAR_ANY : (uint32_t)hi - 1));
    } else if (min > listed || !listed) {
        tail = TARE_GRAMMAR_NEVER;
    }
    for (uint32_t i = listed; i-- > 0 && !l->stopped;) {
        uint32_t node = max > i ? item(l, c, i, NULL, 0) : TARE_GRAMMAR_NEVER;
        uint32_t here = pair(l, i ? further(l, node) : node, tail);
        tail = i && min <= i ? either(l, TARE_GRAMMAR_EMPTY, here) : here;
    }
    return tail;
}

/* ---- items that are counted --------------------------------------------------------------- */

/* How far an array has come: its items so far (up to `places`), and of each count how many. One
 * rule a state, made when it is first led to. */
struct counted {
    struct tare__lower *l;
    const struct tare__case *c;
    const struct tare__count_link *counts[MAX_COUNTS];
    uint32_t n, places;
    uint32_t *rules; /* of each state, 0: none yet; else its rule + 1 */
    uint32_t *queue, n_queue, n_states;
};

static uint32_t steps_of(const struct tare__count_link *k)
{
    return (uint32_t)(k->max == UINT64_MAX ? k->min : k->max) + 1;
}

/* Puts the state's counts into `have` and gives its place. */
static uint32_t unpack(const struct counted *m, uint32_t state, uint32_t *have)
{
    uint32_t place = state % (m->places + 1);
    state /= m->places + 1;
    for (uint32_t i = 0; i < m->n; i++) {
        have[i] = state % steps_of(m->counts[i]);
        state /= steps_of(m->counts[i]);
    }
    return place;
}

static uint32_t pack(const struct counted *m, uint32_t place, const uint32_t *have)
{
    uint32_t state = 0;
    for (uint32_t i = m->n; i-- > 0;)
        state = state * steps_of(m->counts[i]) + have[i];
    return state * (m->places + 1) + place;
}

static uint32_t call_state(struct counted *m, uint32_t state)
{
    if (!m->rules[state]) {
        struct tare_str name = tare_arena_printf(m->l->arena, "items-%u", ++m->l->n_rules);
        m->rules[state] = tare_grammar_rule(m->l->g, name) + 1;
        m->queue[m->n_queue++] = state;
    }
    return tare_grammar_call(m->l->g, m->rules[state] - 1);
}

/* Whether an item at the place, of the counts in `hits` and of no other that has a most, can be
 * next. Changes `have`, and gathers what it must meet. */
static bool counts_after(const struct counted *m, uint32_t place, uint32_t hits, uint32_t *have,
                         struct tare__goal *goals, uint32_t *n)
{
    *n = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        const struct tare__count_link *k = m->counts[i];
        struct tare__goal other = {k->goal.node, !k->goal.no};
        bool hit = hits >> i & 1, free = k->max == UINT64_MAX;
        if (hit && (place < k->from || have[i] + 1 >= steps_of(k)))
            return false;
        have[i] += hit;
        if (hit || (!free && place >= k->from))
            goals[(*n)++] = hit ? k->goal : other;
    }
    return true;
}

static void define_state(struct counted *m, uint32_t state)
{
    struct tare__lower *l = m->l;
    uint32_t have[MAX_COUNTS], nodes[(1u << MAX_COUNTS) + 1], n = 0;
    uint32_t place = unpack(m, state, have);
    bool ends = place >= m->c->min_items;
    for (uint32_t i = 0; i < m->n; i++)
        ends = ends && have[i] >= m->counts[i]->min;
    if (ends) {
        uint32_t parts[2] = {l->gap, l->close};
        nodes[n++] = place ? tare_grammar_seq(l->g, parts, 2) : l->close;
    }
    for (uint32_t hits = 0; hits < 1u << m->n && place < m->c->max_items && !l->stopped; hits++) {
        struct tare__goal goals[MAX_COUNTS];
        uint32_t n_goals, to = place < m->places ? place + 1 : place;
        (void)unpack(m, state, have);
        if (!counts_after(m, place, hits, have, goals, &n_goals))
            continue;
        uint32_t one = item(l, m->c, place < m->places ? place : UINT32_MAX, goals, n_goals);
        if (one == TARE_GRAMMAR_NEVER)
            continue;
        uint32_t parts[4] = {l->comma, l->gap, one, call_state(m, pack(m, to, have))};
        nodes[n++] = tare_grammar_seq(l->g, place ? parts : parts + 2, place ? 4 : 2);
    }
    tare_grammar_define(l->g, m->rules[state] - 1, tare_grammar_alt(l->g, nodes, n));
}

/* Arrays of which some items are counted. */
static uint32_t counted(struct tare__lower *l, const struct tare__case *c, uint32_t listed)
{
    struct counted m = {.l = l, .c = c, .places = listed, .n_states = 1};
    uint64_t places = c->max_items == TARE__LOWER_NO_BOUND ? c->min_items : c->max_items;
    uint64_t states = places > listed ? places : listed > 0 ? listed : 1; /* the first differs */
    for (const struct tare__count_link *k = c->counts; k; k = k->next)
        states = k->from > states ? k->from : states;
    m.places = states < MAX_COUNTED ? (uint32_t)states : 0;
    states = states < MAX_COUNTED ? states + 1 : UINT64_MAX;
    for (const struct tare__count_link *k = c->counts; k && states <= MAX_COUNTED; k = k->next) {
        uint64_t steps = k->max == UINT64_MAX ? k->min : k->max;
        if (m.n < MAX_COUNTS)
            m.counts[m.n] = k;
        m.n++;
        states = steps < MAX_COUNTED && m.n <= MAX_COUNTS ? states * (steps + 1) : UINT64_MAX;
    }
    if (states > MAX_COUNTED) {
        (void)tare__lower_refuse(l, c->counts->rule, "it needs too many counts at once");
        return bracketed(l, after(l, c, listed));
    }
    m.n_states = (uint32_t)states;
    m.rules = tare__lower_new(l, states * sizeof *m.rules);
    m.queue = tare__lower_new(l, states * sizeof *m.queue);
    if (!m.rules || !m.queue)
        return TARE_GRAMMAR_NEVER;
    uint32_t parts[3] = {l->open, l->gap, call_state(&m, 0)};
    for (uint32_t i = 0; i < m.n_queue && !l->stopped; i++)
        define_state(&m, m.queue[i]);
    return tare_grammar_seq(l->g, parts, 3);
}

/* ---- items that come once ----------------------------------------------------------------- */

/* True when every value of the case is a text. */
static bool only_texts(struct tare__lower *l, const struct tare__case *c)
{
    if (!c->in)
        return c->kinds == TARE__LOWER_BIT(TARE_JSON_STRING);
    struct tare_json v = c->in->list ? tare_json_first(c->in->v) : c->in->v;
    for (; v.doc; v = c->in->list ? tare_json_next(v) : (struct tare_json){0}) {
        tare__lower_work(l, 1);
        if (tare_json_kind(v) != TARE_JSON_STRING && (c->kinds >> tare_json_kind(v) & 1))
            return false;
    }
    return true;
}

/* Of cases that have nothing but texts those that have any: listed values may be of other kinds
 * than the case allows. */
static struct tare__case *with_texts(struct tare__case *list)
{
    struct tare__case *first = NULL, **tail = &first;
    for (; list; list = list->next)
        if (list->kinds & TARE__LOWER_BIT(TARE_JSON_STRING)) {
            *tail = list;
            tail = &list->next;
        }
    *tail = NULL;
    return first;
}

/* Where the case is one list of a few texts and nothing else: how many, and they as members. */
static uint32_t few_texts(struct tare__lower *l, const struct tare__case *c,
                          struct tare_grammar_member *out)
{
    uint32_t n = 0;
    bool listed = c && c->in && c->in->list && !c->in->next && !c->out && !c->texts && !c->next &&
                  !c->min_length && c->max_length == TARE__LOWER_NO_BOUND;
    if (!listed || l->o->no_escapes)
        return 0;
    for (struct tare_json v = tare_json_first(c->in->v); v.doc; v = tare_json_next(v)) {
        bool known = tare_json_kind(v) != TARE_JSON_STRING;
        struct tare_str key =
            known ? (struct tare_str){0} : tare__lower_spelling(l, tare_json_str(v));
        for (uint32_t i = 0; i < n && !known; i++)
            known = tare_str_eq(out[i].key, key);
        if (n == MAX_LISTED && !known)
            return 0;
        if (!known)
            out[n++] = (struct tare_grammar_member){.key = key, .value = TARE_GRAMMAR_EMPTY};
    }
    return l->stopped ? 0 : n;
}

/* Texts of the cases as keys are written. NULL: stopped, or too large. */
static const struct tare_dfa *texts_once(struct tare__lower *l, const struct tare__case *list)
{
    const struct tare_dfa *all = tare__lower_case_texts(l, list);
    if (all && l->o->no_escapes)
        all = tare__lower_product(l, all, tare__lower_expression(l, "[^\\x00-\\x1f\"\\\\]*"),
                                  TARE_DFA_AND);
    return all;
}

/* A list of texts, none of them twice: an object that has keys alone. False: its items may be
 * something else than texts, or an automaton would be too large. */
static bool unique_texts(struct tare__lower *l, const struct tare__case *c, uint32_t *out)
{
    struct tare_grammar_member few[MAX_LISTED];
    struct tare_grammar_extra any = {.value = TARE_GRAMMAR_EMPTY};
    struct tare_grammar_object o = {.members = few,
                                    .extras = &any,
                                    .min = tare__lower_bound(c->min_items),
                                    .max = tare__lower_bound(c->max_items),
                                    .list = true,
                                    .any_order = true,
                                    .gap_open = l->gap,
                                    .gap_close = l->gap,
                                    .gap_before = TARE_GRAMMAR_EMPTY,
                                    .gap_after = TARE_GRAMMAR_EMPTY};
    uint32_t n = 0;
    const struct tare__goal *goals = item_goals(l, c, UINT32_MAX, NULL, 0, &n);
    struct tare__case *list = goals ? tare__lower_cases(l, goals, n) : NULL;
    bool json = !l->style.bare_keys && !l->style.quoted && !l->style.texts && !l->style.one_extra;
    if (!list || !json || c->counts)
        return false;
    for (const struct tare__case *k = list; k; k = k->next)
        if (!only_texts(l, k))
            return false;
    list = with_texts(list);
    o.n_members = few_texts(l, list, few);
    if (!o.n_members) {
        any.key = texts_once(l, list);
        o.n_extras = 1;
        if (!any.key)
            return false;
    }
    tare__lower_restrict(l, "lists of texts that do not come twice: no escapes but those needed");
    *out = tare_grammar_object(l->g, &o);
    return true;
}

uint32_t tare__lower_array(struct tare__lower *l, const struct tare__case *c)
{
    uint32_t listed = 0;
    if (c->min_items > c->max_items)
        return TARE_GRAMMAR_NEVER;
    for (const struct tare__rule_link *k = c->arrays; k; k = k->next)
        listed = k->rule->n_list > listed ? k->rule->n_list : listed;
    for (const struct tare__goal_link *k = c->places; k; k = k->next)
        listed = k->index >= listed ? k->index + 1 : listed;
    uint32_t texts = TARE_GRAMMAR_NEVER;
    if (c->unique && c->max_items > 1 && !listed && unique_texts(l, c, &texts))
        return texts;
    if (c->unique && c->max_items > 1)
        (void)tare__lower_refuse(l, c->unique, "which items were written is not known to a mask");
    if (c->counts)
        return counted(l, c, listed);
    uint32_t full = c->max_items == 0 ? TARE_GRAMMAR_NEVER : bracketed(l, after(l, c, listed));
    if (c->min_items > 0 || l->stopped)
        return full;
    uint32_t parts[3] = {l->open, l->gap, l->close};
    return either(l, tare_grammar_seq(l->g, parts, 3), full);
}
