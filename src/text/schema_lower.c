/* The door of text/schema_grammar.h; stopping, emptiness, and schemas made of values. */
#include "text/schema_lower.h"

#include "base/limits.h"

#include "base/banned.h"

#define MAX_RESTRICTIONS 8u
#define MAX_NARROWED 64u /* places; more are not listed */
#define REWRITE                                                                                    \
    "write that rule without alternatives or negation, or leave it to a check afterwards"
#define SMALLER "make it smaller: fewer alternatives and lists, shorter repeats"

static const struct tare__schema_rule false_rule = {.op = SO_FALSE, .keyword = "false"};
const struct tare__schema_node tare__lower_false = {
    .rules = (struct tare__schema_rule *)&false_rule, .n_rules = 1, .number = UINT32_MAX};

/* ---- stopping ---------------------------------------------------------------------------- */

bool tare__lower_ok(struct tare__lower *l, enum tare_status st)
{
    if (st == TARE_E_LIMIT && !l->stopped) {
        struct tare_str why = tare_arena_printf(l->arena, "%s", l->err.text);
        tare__lower_stop(l, NULL, why.p ? why.p : "it is too large", SMALLER);
    } else if (st != TARE_OK && l->st == TARE_OK) {
        l->st = st;
    }
    l->stopped = l->stopped || st != TARE_OK;
    return st == TARE_OK;
}

void *tare__lower_new(struct tare__lower *l, size_t bytes)
{
    void *p = l->stopped ? NULL : tare_arena_alloc(l->arena, bytes);
    (void)tare_work_do(&l->work, bytes / 64);
    if (!p && !l->stopped)
        (void)tare__lower_ok(
            l, tare_fail(&l->err, TARE_E_NOMEM, "not enough memory to lower the schema"));
    return p;
}

void tare__lower_work(struct tare__lower *l, uint64_t n)
{
    if (!tare_work_do(&l->work, n) && !l->stopped)
        (void)tare__lower_ok(
            l, tare_fail(&l->err, TARE_E_LIMIT, "it needs more steps than one compile may take"));
}

struct tare_dfa_bounds tare__lower_bounds(struct tare__lower *l)
{
    return (struct tare_dfa_bounds){TARE_MAX_GRAMMAR_DFA_STATES, &l->work};
}

static bool relaxed(const struct tare__lower *l, const char *keyword)
{
    for (size_t i = 0; i < l->o->n_relax; i++)
        if (tare_str_is(l->o->relax[i], "*") || tare_str_is(l->o->relax[i], keyword))
            return true;
    return false;
}

static struct tare_schema_unenforced about(struct tare__lower *l, const struct tare__schema_rule *r,
                                           const char *reason)
{
    return (struct tare_schema_unenforced){.keyword = tare_str_of(r->keyword),
                                           .at = r->at.doc ? tare_json_pointer(r->at, l->arena)
                                                           : tare_str_n("", 0),
                                           .reason = tare_str_of(reason)};
}

void tare__lower_stop(struct tare__lower *l, const struct tare__schema_rule *r, const char *reason,
                      const char *remedy)
{
    struct tare__schema_rule here = {.keyword = "subschema"};
    struct tare_schema_unenforced *u = l->out->refused ? NULL : tare__lower_new(l, sizeof *u);
    if (!u)
        return;
    if (l->node)
        here.at = l->node->at;
    *u = about(l, r ? r : l->rule ? l->rule : &here, reason);
    u->remedy = tare_str_of(remedy);
    l->out->refused = u;
    l->stopped = true;
}

bool tare__lower_refuse(struct tare__lower *l, const struct tare__schema_rule *r,
                        const char *reason)
{
    struct tare_schema_unenforced *u = tare__lower_new(l, sizeof *u);
    if (!u)
        return false;
    *u = about(l, r, reason);
    if (!relaxed(l, r->keyword)) {
        l->out->refused = u;
        l->stopped = true;
        return false;
    }
    for (const struct tare_schema_unenforced *k = l->out->unenforced; k; k = k->next)
        if (tare_str_eq(k->at, u->at))
            return true;
    u->next = (struct tare_schema_unenforced *)l->out->unenforced;
    l->out->unenforced = u;
    return true;
}

void tare__lower_refuse_all(struct tare__lower *l, const struct tare__schema_rule *r,
                            const char *reason)
{
    tare__lower_stop(l, r, reason, REWRITE);
}

void tare__lower_narrow(struct tare__lower *l, const struct tare__schema_rule *r,
                        const char *reason)
{
    uint32_t n = 0;
    l->narrowed = true;
    if (l->probing || l->stopped)
        return;
    struct tare_schema_unenforced *u = tare__lower_new(l, sizeof *u);
    if (!u)
        return;
    *u = about(l, r, reason);
    for (const struct tare_schema_unenforced *k = l->out->narrowed; k; k = k->next)
        if (tare_str_eq(k->at, u->at) || ++n >= MAX_NARROWED)
            return;
    u->next = (struct tare_schema_unenforced *)l->out->narrowed;
    l->out->narrowed = u;
}

void tare__lower_restrict(struct tare__lower *l, const char *sentence)
{
    const char **list = (const char **)l->out->restrictions;
    for (size_t i = 0; i < l->out->n_restrictions; i++)
        if (strcmp(list[i], sentence) == 0)
            return;
    if (l->out->n_restrictions < MAX_RESTRICTIONS)
        list[l->out->n_restrictions++] = sentence;
}

/* ---- emptiness --------------------------------------------------------------------------- */

bool tare__lower_listed(struct tare__lower *l, const struct tare__value_link *k,
                        struct tare_json value)
{
    tare__lower_work(l, 1 + (k->list ? tare_json_count(k->v) : 0u));
    if (!k->list)
        return tare_json_kind(k->v) == tare_json_kind(value) && tare_json_equal(k->v, value);
    for (struct tare_json v = tare_json_first(k->v); v.doc; v = tare_json_next(v))
        if (tare_json_kind(v) == tare_json_kind(value) && tare_json_equal(v, value))
            return true;
    return false;
}

/* No listed value is of the case, as far as lists and kinds tell. */
static bool values_empty(struct tare__lower *l, const struct tare__case *c)
{
    const struct tare__value_link *first = c->in;
    struct tare_json v = first->list ? tare_json_first(first->v) : first->v;
    for (; v.doc && !l->stopped; v = first->list ? tare_json_next(v) : (struct tare_json){0}) {
        bool fits = (c->kinds >> tare_json_kind(v) & 1) != 0;
        tare__lower_work(l, 1);
        for (const struct tare__value_link *k = first->next; k && fits; k = k->next)
            fits = tare__lower_listed(l, k, v);
        for (const struct tare__value_link *k = c->out; k && fits; k = k->next)
            fits = !tare__lower_listed(l, k, v);
        if (fits)
            return false;
    }
    return true;
}

static bool object_empty(struct tare__lower *l, const struct tare__case *c, unsigned depth)
{
    uint64_t n = 0;
    for (const struct tare__goal_link *k = c->required; k; k = k->next) {
        struct tare__goal *goals;
        uint32_t n_goals = tare__lower_member_goals(l, c, k->name, &goals);
        n++;
        for (uint32_t i = 0; i < n_goals; i++)
            if (!goals[i].no && goals[i].node->n_rules && goals[i].node->rules[0].op == SO_FALSE)
                return true;
        if (depth && n_goals > 1 && tare__lower_set_empty(l, goals, n_goals, depth - 1))
            return true;
    }
    return n > c->max_members || c->min_members > c->max_members;
}

bool tare__lower_empty(struct tare__lower *l, const struct tare__case *c, unsigned depth)
{
    unsigned kinds = c->kinds;
    if (c->in)
        return values_empty(l, c);
    if (kinds & TARE__LOWER_BIT(TARE_JSON_NUMBER) && c->min && c->max) {
        int cmp = tare__decimal_cmp(c->min, c->max);
        if (cmp > 0 || (cmp == 0 && (c->min_open || c->max_open)))
            kinds &= ~TARE__LOWER_BIT(TARE_JSON_NUMBER);
    }
    if (kinds & TARE__LOWER_BIT(TARE_JSON_STRING)) {
        bool none = c->min_length > c->max_length;
        if (!none && c->texts && c->texts->next && kinds == TARE__LOWER_BIT(TARE_JSON_STRING)) {
            const struct tare_dfa *d = tare__lower_texts(l, c, &none);
            none = none || (d && d->empty);
        }
        if (none)
            kinds &= ~TARE__LOWER_BIT(TARE_JSON_STRING);
    }
    if (c->min_items > c->max_items)
        kinds &= ~TARE__LOWER_BIT(TARE_JSON_ARRAY);
    if (kinds == TARE__LOWER_BIT(TARE_JSON_OBJECT) && object_empty(l, c, depth))
        kinds = 0;
    return kinds == 0;
}

struct tare__case *tare__lower_cases(struct tare__lower *l, const struct tare__goal *goals,
                                     uint32_t n)
{
    struct tare__case *list = tare__lower_top(l);
    for (uint32_t i = 0; i < n && list; i++)
        list = tare__lower_expand(l, goals[i], list, NULL);
    return list;
}

bool tare__lower_set_empty(struct tare__lower *l, const struct tare__goal *goals, uint32_t n,
                           unsigned depth)
{
    bool was = l->narrowed, found = false;
    l->narrowed = false;
    l->probing++;
    for (const struct tare__case *c = tare__lower_cases(l, goals, n); c && !found; c = c->next)
        found = !tare__lower_empty(l, c, depth);
    found = found || l->narrowed || l->stopped;
    l->narrowed = was;
    l->probing--;
    return !found;
}

/* ---- values as schemas ------------------------------------------------------------------- */

static const struct tare__schema_node *constant(struct tare__lower *l, struct tare_json v)
{
    struct tare__schema_node *n = tare__lower_new(l, sizeof *n);
    struct tare__schema_rule *r = tare__lower_new(l, sizeof *r);
    if (!n || !r)
        return NULL;
    *r = (struct tare__schema_rule){.op = SO_CONST, .keyword = "const", .at = v};
    *n = (struct tare__schema_node){
        .at = v, .rules = r, .n_rules = 1, .number = UINT32_MAX - ++l->n_made};
    return n;
}

/* type, required (or minItems), and each member (item) its own, no other. */
static struct tare__schema_node *same_shape(struct tare__lower *l, struct tare_json v)
{
    bool object = tare_json_kind(v) == TARE_JSON_OBJECT;
    uint32_t n = 0;
    struct tare__schema_node *node = tare__lower_new(l, sizeof *node);
    struct tare__schema_rule *r = tare__lower_new(l, 3 * sizeof *r);
    struct tare__schema_property *list =
        tare__lower_new(l, ((size_t)tare_json_count(v) + 1) * sizeof *list);
    if (!node || !r || !list)
        return NULL;
    for (struct tare_json m = tare_json_first(v); m.doc; m = tare_json_next(m)) {
        list[n].node = constant(l, m);
        if (object)
            list[n].name = tare_json_key(m);
        n += list[n].node != NULL;
    }
    r[0] = (struct tare__schema_rule){
        .op = SO_TYPE, .keyword = "type", .at = v, .types = TARE__LOWER_BIT(tare_json_kind(v))};
    r[1] = object ? (struct tare__schema_rule){.op = SO_REQUIRED, .list = list, .n_list = n}
                  : (struct tare__schema_rule){.op = SO_MIN_ITEMS, .count = n};
    r[2] = (struct tare__schema_rule){
        .op = object ? SO_OBJECT : SO_ARRAY, .list = list, .n_list = n, .node = &tare__lower_false};
    r[1].keyword = r[2].keyword = "const";
    r[1].at = r[2].at = v;
    *node = (struct tare__schema_node){
        .at = v, .rules = r, .n_rules = 3, .number = UINT32_MAX - ++l->n_made};
    return node;
}

const struct tare__schema_node *tare__lower_made(struct tare__lower *l, struct tare_json v)
{
    for (const struct tare__made_known *k = l->made; k; k = k->next)
        if (k->v.doc == v.doc && k->v.node == v.node)
            return k->node;
    struct tare__made_known *k = tare__lower_new(l, sizeof *k);
    if (!k)
        return &tare__lower_false;
    *k = (struct tare__made_known){v, same_shape(l, v), l->made};
    if (!k->node)
        return &tare__lower_false;
    l->made = k;
    return k->node;
}

/* ---- the door ---------------------------------------------------------------------------- */

/* At most 2 blanks, or a line break and at most 64 blanks. */
static uint32_t few_blanks(struct tare__lower *l)
{
    enum { OTHER, BLANK, BREAK, CLASSES, BLANKS = 2, INDENT = 64, STATES = 3 + BLANKS + INDENT };
    struct tare_dfa *d = tare__lower_new(l, sizeof *d);
    uint32_t *next = tare__lower_new(l, sizeof *next * CLASSES * STATES);
    uint8_t *accepts = tare__lower_new(l, STATES);
    if (!d || !next || !accepts)
        return TARE_GRAMMAR_EMPTY;
    *d = (struct tare_dfa){
        .n_states = STATES, .n_classes = CLASSES, .next = next, .accepts = accepts};
    d->class_of[' '] = BLANK;
    d->class_of['\n'] = BREAK;
    for (uint32_t s = TARE_DFA_START; s < STATES; s++) {
        bool last = s == TARE_DFA_START + BLANKS || s == STATES - 1;
        accepts[s] = 1;
        next[s * CLASSES + BLANK] = last ? TARE_DFA_DEAD : s + 1;
    }
    next[TARE_DFA_START * CLASSES + BREAK] = TARE_DFA_START + BLANKS + 1;
    return tare_grammar_lex(l->g, d, 0, TARE_GRAMMAR_ANY);
}

static void shared_nodes(struct tare__lower *l)
{
    l->quote = tare_grammar_bytes(l->g, TARE_S("\""));
    l->open = tare_grammar_bytes(l->g, TARE_S("["));
    l->close = tare_grammar_bytes(l->g, TARE_S("]"));
    l->comma = tare_grammar_bytes(l->g, TARE_S(","));
    l->gap = l->o->space == TARE_SCHEMA_SPACE_FEW ? few_blanks(l) : TARE_GRAMMAR_EMPTY;
}

static void usual_restrictions(struct tare__lower *l)
{
    if (l->o->any_order)
        tare__lower_restrict(l, "key order: any, in objects of up to 64 declared members; else as "
                                "the schema declares them, others last");
    else
        tare__lower_restrict(l, "key order: as the schema declares them, others last");
    tare__lower_restrict(l, l->o->space == TARE_SCHEMA_SPACE_NONE
                                ? "white space: none"
                                : "white space: after '[', '{', ',' and ':' and before ']' and "
                                  "'}' at most 2 blanks, or a line break and 64 blanks");
    tare__lower_restrict(l, "numbers: at most 40 digits before and 20 after the point; whole "
                            "numbers without a fraction; exponents only where nothing bounds them");
    tare__lower_restrict(l, "keys: no escapes but those needed; none twice in an object");
    if (l->o->no_escapes)
        tare__lower_restrict(l, "strings: no backslash");
}

/* No text at all: because of what was left out, or since no value is valid. */
static enum tare_status nothing(struct tare__lower *l, struct tare_err *err)
{
    if (l->out->narrowed) {
        struct tare_schema_unenforced *u = TARE_NEW(l->arena, struct tare_schema_unenforced);
        if (!u)
            return tare_fail(err, TARE_E_NOMEM, "not enough memory to lower the schema");
        *u = *l->out->narrowed;
        u->next = NULL;
        u->remedy = tare_str_of(REWRITE);
        l->out->refused = u;
        if (err)
            *err = (struct tare_err){0};
        return TARE_OK;
    }
    tare_err_hint(err, "look for rules that contradict each other: bounds that cross, a required "
                       "member that may not be there");
    return tare_fail(err, TARE_E_INPUT, "no value is valid under the schema");
}

/* What was left out, as sentences behind the usual restrictions. */
static void tell_narrowed(struct tare__lower *l)
{
    const char **list = (const char **)l->out->restrictions;
    for (const struct tare_schema_unenforced *u = l->out->narrowed; u; u = u->next) {
        struct tare_str s =
            tare_arena_printf(l->arena, "not all valid values: %.*s at %.*s: %.*s",
                              TARE_FMT(u->keyword), TARE_FMT(u->at), TARE_FMT(u->reason));
        if (s.p && l->out->n_restrictions < MAX_RESTRICTIONS + MAX_NARROWED)
            list[l->out->n_restrictions++] = s.p;
    }
}

static uint32_t whole(struct tare__lower *l, void *ctx)
{
    const struct tare__goal root = {l->schema->root, false};
    (void)ctx;
    return tare__lower_set(l, &root, 1);
}

static enum tare_status lower(struct tare__lower *l, tare__lower_root *root, void *ctx, bool later,
                              struct tare_err *err)
{
    enum tare_status st = tare_grammar_open(l->arena, &l->g, err);
    if (st == TARE_OK)
        tare_grammar_limit(l->g, &l->work);
    l->out->restrictions = TARE_NEW_N(l->arena, const char *, MAX_RESTRICTIONS + MAX_NARROWED);
    if (st != TARE_OK || !l->out->restrictions)
        return st != TARE_OK ? st : tare_fail(err, TARE_E_NOMEM, "not enough memory");
    shared_nodes(l);
    usual_restrictions(l);
    uint32_t node = root(l, ctx);
    tare__lower_put_off(l);
    if (l->st != TARE_OK && err)
        *err = l->err;
    if (l->st != TARE_OK || l->out->refused)
        return l->st;
    st = tare_grammar_finish(l->g, node, &l->err);
    if (st == TARE_E_LIMIT) {
        l->node = l->schema->root;
        (void)tare__lower_ok(l, st);
        return l->st;
    }
    if (st != TARE_OK && err)
        *err = l->err;
    if (st == TARE_OK) {
        tare_grammar_unique_keys(l->g, later ? SIZE_MAX : 0);
        l->out->grammar = l->g;
        tell_narrowed(l);
    }
    return st != TARE_OK && tare_grammar_is_empty(l->g, node) ? nothing(l, err) : st;
}

enum tare_status tare__schema_grammar_with(struct tare_json schema,
                                           const struct tare_schema_grammar_options *options,
                                           tare__lower_root *root, void *ctx, bool later,
                                           struct tare_arena *arena,
                                           struct tare_schema_grammar *out, struct tare_err *err)
{
    static const struct tare_schema_grammar_options none = {0};
    *out = (struct tare_schema_grammar){0};
    const struct tare_schema_grammar_options *o = options ? options : &none;
    struct tare__lower *l = TARE_NEW(arena, struct tare__lower);
    if (!l)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to lower the schema");
    struct tare_schema_options so = o->schema;
    l->work.max = TARE_MAX_GRAMMAR_WORK;
    so.work = &l->work;
    enum tare_status st = tare_schema_compile(schema, &so, arena, &out->schema, err);
    if (st != TARE_OK)
        return st;
    l->o = o;
    l->out = out;
    l->schema = out->schema;
    l->arena = arena;
    st = lower(l, root, ctx, later, err);
    out->steps = l->work.done;
    return st;
}

enum tare_status tare_schema_grammar_make(struct tare_json schema,
                                          const struct tare_schema_grammar_options *options,
                                          struct tare_arena *arena, struct tare_schema_grammar *out,
                                          struct tare_err *err)
{
    return tare__schema_grammar_with(schema, options, whole, NULL, false, arena, out, err);
}
