/* Texts: automata of patterns, formats and names; strings; listed values. */
#include "base/limits.h"
#include "text/json_int.h"
#include "text/schema_lower.h"

#include "base/banned.h"

#define MAX_TEXTS_BYTES 3500u /* of one automaton of listed texts, below its states' ceiling */

static void remember(struct tare__lower *l, const char *expression, struct tare_str pattern,
                     const struct tare_dfa *dfa)
{
    struct tare__dfa_known *k = tare__lower_new(l, sizeof *k);
    if (!k)
        return;
    *k = (struct tare__dfa_known){pattern, expression, dfa, l->dfas};
    l->dfas = k;
}

static const struct tare__dfa_known *recall(struct tare__lower *l, bool expression,
                                            struct tare_str pattern)
{
    uint64_t n = 0;
    const struct tare__dfa_known *k = l->dfas;
    for (; k && !(expression == (k->expression != NULL) && tare_str_eq(k->pattern, pattern));
         k = k->next)
        n++;
    tare__lower_work(l, n);
    return k;
}

/* True when st is TARE_OK; too many states are no failure: the caller says what is refused. */
static bool made(struct tare__lower *l, enum tare_status st)
{
    if (st == TARE_E_LIMIT && !tare_work_over(&l->work)) {
        l->err = (struct tare_err){0};
        return false;
    }
    return tare__lower_ok(l, st);
}

const struct tare_dfa *tare__lower_pattern(struct tare__lower *l,
                                           const struct tare__schema_pattern *p)
{
    const struct tare_dfa *dfa = NULL;
    const struct tare__dfa_known *k = recall(l, false, p->text);
    if (k || l->stopped)
        return k ? k->dfa : NULL;
    enum tare_status st =
        p->dfa ? tare_dfa_complete(p->dfa, true, tare__lower_bounds(l), l->arena, &dfa, &l->err)
               : tare_dfa_regex(p->regex, true, tare__lower_bounds(l), l->arena, &dfa, &l->err);
    if (!made(l, st) && l->stopped)
        return NULL;
    remember(l, NULL, p->text, dfa);
    return dfa;
}

const struct tare_dfa *tare__lower_expression(struct tare__lower *l, const char *whole)
{
    const struct tare_dfa *dfa = NULL;
    struct tare_str text = tare_str_of(whole);
    const struct tare__dfa_known *k = recall(l, true, text);
    if (k || l->stopped)
        return k ? k->dfa : NULL;
    if (!made(l, tare_dfa_pattern(text, false, tare__lower_bounds(l), l->arena, &dfa, &l->err)) &&
        l->stopped)
        return NULL;
    remember(l, whole, text, dfa);
    return dfa;
}

const struct tare_dfa *tare__lower_utf8(struct tare__lower *l)
{
    if (!l->utf8 && !l->stopped)
        (void)tare__lower_ok(l, tare_dfa_utf8(l->arena, &l->utf8, &l->err));
    return l->utf8;
}

const struct tare_dfa *tare__lower_product(struct tare__lower *l, const struct tare_dfa *a,
                                           const struct tare_dfa *b, enum tare_dfa_op op)
{
    uint64_t hash = (uint64_t)(uintptr_t)a * 31 + (uint64_t)(uintptr_t)b * 7 + op;
    struct tare__product_known **list =
        &l->products[hash * UINT64_C(0x9e3779b97f4a7c15) >> 56 & (TARE__LOWER_PRODUCTS - 1)];
    struct tare__product_known *k = *list;
    while (k && (k->a != a || k->b != b || k->op != op))
        k = k->next;
    if (!a || !b || l->stopped || k)
        return k && !l->stopped ? k->dfa : NULL;
    k = tare__lower_new(l, sizeof *k);
    if (!k)
        return NULL;
    *k = (struct tare__product_known){a, b, NULL, op, *list};
    if (!made(l, tare_dfa_product(a, b, op, tare__lower_bounds(l), l->arena, &k->dfa, &l->err)))
        k->dfa = NULL;
    *list = k;
    return k->dfa;
}

/* ---- formats ----------------------------------------------------------------------------- */

/* Leap years are spelt out: 29 February stands in years divisible by 4 but not by 100, or by 400.
 * A 60th second is not generated. */
#define LEAP "(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29"
#define DAY                                                                                        \
    "(\\d{4}-((0[13578]|1[02])-(0[1-9]|[12]\\d|3[01])|(0[469]|11)-(0[1-9]|[12]\\d|30)|02-"         \
    "(0[1-9]|1\\d|2[0-8]))|" LEAP ")"
#define CLOCK "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)"
#define BYTE "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
/* No two hyphens in a row: what begins with xn-- would have to be Punycode. */
#define LABEL "[A-Za-z0-9]{1,16}(-[A-Za-z0-9]{1,7}){0,3}"
#define WORD "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}"
#define HEX "[0-9A-Fa-f]"
#define PART "([A-Za-z0-9._~!$&'()*+,;=:@-]|%" HEX HEX ")"

/* Subsets of what tare_schema_format accepts. */
static const struct {
    const char *name, *expression;
} formats[] = {
    {"date", DAY},
    {"time", CLOCK},
    {"date-time", DAY "T" CLOCK},
    {"ipv4", BYTE "(\\." BYTE "){3}"},
    {"ipv6", "(" HEX "{1,4}:){7}" HEX "{1,4}|::(" HEX "{1,4}(:" HEX "{1,4}){0,6})?|" HEX
             "{1,4}::(" HEX "{1,4}(:" HEX "{1,4}){0,5})?"},
    {"uuid", HEX "{8}-" HEX "{4}-" HEX "{4}-" HEX "{4}-" HEX "{12}"},
    {"hostname", LABEL "(\\." LABEL "){0,5}"},
    {"email", WORD "(\\." WORD "){0,3}@" LABEL "(\\." LABEL "){0,3}"},
    {"uri", "[A-Za-z][A-Za-z0-9+.-]*:(//([A-Za-z0-9._~-]|%" HEX HEX ")+(:\\d{1,5})?(/" PART
            "*)*|/?" PART "+(/" PART "*)*)(\\?(" PART "|[/?])*)?(#(" PART "|[/?])*)?"},
    {"json-pointer", "(/([^/~]|~[01])*)*"},
    {"duration", "P(\\d{1,9}W|\\d{1,9}Y|\\d{1,9}M|\\d{1,9}D|(\\d{1,9}D)?T(\\d{1,9}H(\\d{1,9}M("
                 "\\d{1,9}S)?)?|\\d{1,9}M(\\d{1,9}S)?|\\d{1,9}S))"},
};

const struct tare_dfa *tare__lower_format(struct tare__lower *l, const struct tare__schema_rule *r,
                                          bool *known)
{
    static const char *const checked[] = {"idn-hostname",  "idn-email",    "relative-json-pointer",
                                          "uri-reference", "iri",          "iri-reference",
                                          "regex",         "uri-template", NULL};
    struct tare_str name = tare_json_str(r->at);
    *known = true;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (tare_str_is(name, formats[i].name)) {
            tare__lower_restrict(l, "formats: their usual spellings only");
            l->narrowed = true; /* what these leave out proves nothing */
            return tare__lower_expression(l, formats[i].expression);
        }
    *known = false;
    for (size_t i = 0; checked[i]; i++)
        if (tare_str_is(name, checked[i]))
            (void)tare__lower_refuse(l, r, "there is no automaton of this format");
    return NULL; /* a name of somebody's own asserts nothing */
}

/* ---- texts of a case --------------------------------------------------------------------- */

const struct tare_dfa *tare__lower_listed_texts(struct tare__lower *l, const struct tare_str *texts,
                                                uint32_t n)
{
    const struct tare_dfa *dfa = NULL;
    if (l->stopped ||
        !made(l, tare_dfa_texts(texts, n, tare__lower_bounds(l), l->arena, &dfa, &l->err)))
        return NULL;
    return dfa;
}

/* The excluded texts of the case; *n: how many. */
static const struct tare_dfa *excluded(struct tare__lower *l, const struct tare__case *c,
                                       uint32_t *n)
{
    uint32_t room = 0;
    *n = 0;
    for (const struct tare__value_link *k = c->out; k; k = k->next)
        room += k->list ? tare_json_count(k->v) : 1;
    struct tare_str *texts = tare__lower_new(l, (room + 1) * sizeof *texts);
    for (const struct tare__value_link *k = c->out; k && texts; k = k->next) {
        struct tare_json v = k->list ? tare_json_first(k->v) : k->v;
        for (; v.doc; v = k->list ? tare_json_next(v) : (struct tare_json){0})
            if (tare_json_kind(v) == TARE_JSON_STRING)
                texts[(*n)++] = tare_json_str(v);
    }
    return *n ? tare__lower_listed_texts(l, texts, *n) : NULL;
}

const struct tare_dfa *tare__lower_texts(struct tare__lower *l, const struct tare__case *c,
                                         bool *none)
{
    uint32_t n = 0;
    const struct tare_dfa *dfa = NULL, *out = excluded(l, c, &n), *both;
    *none = false;
    for (const struct tare__dfa_link *k = c->texts; k && !l->stopped; k = k->next) {
        both = dfa ? tare__lower_product(l, dfa, k->dfa, TARE_DFA_AND) : k->dfa;
        if (!both && l->probing)
            return NULL;
        if (!both && !l->stopped)
            (void)tare__lower_refuse(l, k->rule,
                                     "with the others its automaton has too many states");
        dfa = both ? both : dfa;
    }
    if (n && !l->stopped) {
        both = out ? tare__lower_product(l, dfa ? dfa : tare__lower_utf8(l), out, TARE_DFA_MINUS)
                   : NULL;
        struct tare__schema_rule r = {.keyword = c->out->list ? "enum" : "const", .at = c->out->v};
        *none = !both && !l->probing;
        if (*none && !l->stopped)
            tare__lower_narrow(l, &r, "texts without these have an automaton of too many states");
        dfa = both;
    }
    return l->stopped ? NULL : dfa;
}

uint32_t tare__lower_bound(uint64_t n)
{
    return n >= TARE_GRAMMAR_ANY ? TARE_GRAMMAR_ANY : (uint32_t)n;
}

/* A text as the style has it, closed by its quote. Automata too large for both: narrowed. */
static uint32_t quoted(struct tare__lower *l, const struct tare_dfa *dfa, uint32_t lo, uint32_t hi)
{
    if (l->style.texts && dfa) {
        dfa = tare__lower_product(l, dfa, l->style.texts, TARE_DFA_AND);
        if (!dfa || dfa->empty)
            return TARE_GRAMMAR_NEVER;
    } else if (l->style.texts) {
        dfa = l->style.texts;
    }
    if (l->style.quoted) {
        uint32_t raw[3] = {l->style.quote,
                           tare_grammar_lex(l->g, dfa ? dfa : tare__lower_utf8(l), lo, hi),
                           l->style.quote};
        return l->stopped ? TARE_GRAMMAR_NEVER : tare_grammar_seq(l->g, raw, 3);
    }
    uint32_t both[2] = {l->quote, tare_grammar_string(l->g, dfa, lo, hi, !l->o->no_escapes)};
    return tare_grammar_seq(l->g, both, 2);
}

uint32_t tare__lower_string(struct tare__lower *l, const struct tare__case *c)
{
    bool none = false;
    const struct tare_dfa *dfa = tare__lower_texts(l, c, &none);
    if (l->stopped || none || (dfa && dfa->empty) || c->min_length > c->max_length)
        return TARE_GRAMMAR_NEVER;
    return quoted(l, dfa, tare__lower_bound(c->min_length), tare__lower_bound(c->max_length));
}

/* ---- names ------------------------------------------------------------------------------- */

/* The length as an automaton, for names and texts that come once: they have no counter. */
static const struct tare_dfa *of_length(struct tare__lower *l, uint64_t lo, uint64_t hi)
{
    if (lo > TARE_MAX_GRAMMAR_DFA_STATES / 8 ||
        (hi != TARE__LOWER_NO_BOUND && hi > TARE_MAX_GRAMMAR_DFA_STATES / 8))
        return NULL;
    struct tare_str e =
        hi == TARE__LOWER_NO_BOUND
            ? tare_arena_printf(l->arena, "[\\s\\S]{%u,}", (unsigned)lo)
            : tare_arena_printf(l->arena, "[\\s\\S]{%u,%u}", (unsigned)lo, (unsigned)hi);
    return e.p ? tare__lower_expression(l, e.p) : NULL;
}

/* The listed texts of a case that its other lists let through. */
static const struct tare_dfa *listed_names(struct tare__lower *l, const struct tare__case *c)
{
    const struct tare__value_link *first = c->in;
    uint32_t n = 0, room = first->list ? tare_json_count(first->v) : 1;
    struct tare_str *texts = tare__lower_new(l, (room + 1) * sizeof *texts);
    struct tare_json v = first->list ? tare_json_first(first->v) : first->v;
    for (; v.doc && texts && !l->stopped;
         v = first->list ? tare_json_next(v) : (struct tare_json){0}) {
        bool fits = tare_json_kind(v) == TARE_JSON_STRING;
        for (const struct tare__value_link *k = first->next; k && fits; k = k->next)
            fits = tare__lower_listed(l, k, v);
        if (fits)
            texts[n++] = tare_json_str(v);
    }
    return texts ? tare__lower_listed_texts(l, texts, n) : NULL;
}

static const struct tare_dfa *case_names(struct tare__lower *l, const struct tare__case *c)
{
    bool none = false;
    const struct tare_dfa *dfa = tare__lower_texts(l, c, &none);
    if (none)
        return tare__lower_listed_texts(l, NULL, 0);
    if (!dfa)
        dfa = tare__lower_utf8(l);
    if (c->in)
        dfa = tare__lower_product(l, dfa, listed_names(l, c), TARE_DFA_AND);
    if (c->min_length || c->max_length != TARE__LOWER_NO_BOUND)
        dfa = tare__lower_product(l, dfa, of_length(l, c->min_length, c->max_length), TARE_DFA_AND);
    return dfa;
}

const struct tare_dfa *tare__lower_names(struct tare__lower *l, const struct tare__goal_link *goals)
{
    struct tare__case *list = tare__lower_top(l);
    if (!list)
        return NULL;
    list->kinds = TARE__LOWER_BIT(TARE_JSON_STRING);
    for (const struct tare__goal_link *k = goals; k && list; k = k->next)
        list = tare__lower_expand(l, k->goal, list, NULL);
    return tare__lower_case_texts(l, list);
}

const struct tare_dfa *tare__lower_case_texts(struct tare__lower *l, const struct tare__case *list)
{
    const struct tare_dfa *all = NULL;
    if (!list)
        return tare__lower_listed_texts(l, NULL, 0);
    for (; list && !l->stopped; list = list->next) {
        const struct tare_dfa *one = case_names(l, list);
        all = all ? tare__lower_product(l, all, one, TARE_DFA_OR) : one;
        if (!all)
            return NULL;
    }
    return all;
}

/* ---- listed values ----------------------------------------------------------------------- */

static struct tare_str spelt(struct tare__lower *l, struct tare_json v)
{
    static const char *const python[] = {
        [TARE_JSON_NULL] = "None", [TARE_JSON_FALSE] = "False", [TARE_JSON_TRUE] = "True"};
    enum tare_json_kind kind = tare_json_kind(v);
    struct tare_buf b;
    if (l->style.python && kind >= TARE_JSON_NULL && kind <= TARE_JSON_TRUE)
        return tare_str_of(python[kind]);
    tare_buf_init(&b, l->arena->alc, TARE_MAX_JSON_BYTES);
    tare__json_print(v, &b, false);
    struct tare_str text = tare_arena_copy(l->arena, tare_buf_str(&b));
    tare__lower_work(l, 10 + text.n / 16);
    if (b.failed || !text.p)
        (void)tare__lower_ok(l, tare_fail(&l->err, TARE_E_NOMEM, "not enough memory"));
    tare_buf_free(&b);
    return text;
}

bool tare__lower_key(struct tare__lower *l, struct tare_str key, struct tare_buf *out)
{
    if (l->style.bare_keys ? !tare_dfa_run(l->style.names, key)
                           : l->style.texts && !tare_dfa_run(l->style.texts, key))
        return false;
    if (l->style.bare_keys)
        tare_buf_put(out, key);
    else
        tare__json_quote(out, key, false);
    return true;
}

/* One value, as it is written in the schema, with gaps. */
static uint32_t literal(struct tare__lower *l, struct tare_json v)
{
    enum tare_json_kind kind = tare_json_kind(v);
    struct tare_buf b;
    if (kind == TARE_JSON_STRING && (l->style.quoted || l->style.texts)) {
        struct tare_str text = tare_json_str(v);
        const struct tare_dfa *dfa = tare__lower_listed_texts(l, &text, 1);
        return dfa ? quoted(l, dfa, 0, TARE_GRAMMAR_ANY) : TARE_GRAMMAR_NEVER;
    }
    if (kind != TARE_JSON_ARRAY && kind != TARE_JSON_OBJECT)
        return tare_grammar_bytes(l->g, spelt(l, v));
    tare_buf_init(&b, l->arena->alc, TARE_MAX_JSON_BYTES);
    bool object = kind == TARE_JSON_OBJECT;
    uint32_t n = 0,
             *nodes = tare__lower_new(l, ((size_t)tare_json_count(v) * 5 + 4) * sizeof *nodes);
    if (!nodes) {
        tare_buf_free(&b);
        return TARE_GRAMMAR_NEVER;
    }
    nodes[n++] = tare_grammar_bytes(l->g, object ? TARE_S("{") : TARE_S("["));
    nodes[n++] = l->gap;
    for (struct tare_json m = tare_json_first(v); m.doc && !l->stopped; m = tare_json_next(m)) {
        if (n > 2) {
            nodes[n++] = l->comma;
            nodes[n++] = l->gap;
        }
        if (object) {
            tare_buf_reset(&b);
            if (!tare__lower_key(l, tare_json_key(m), &b)) {
                tare_buf_free(&b);
                return TARE_GRAMMAR_NEVER;
            }
            tare_buf_putc(&b, ':');
            nodes[n++] = tare_grammar_bytes(l->g, tare_buf_str(&b));
            nodes[n++] = l->gap;
        }
        nodes[n++] = literal(l, m);
    }
    tare_buf_free(&b);
    if (n > 2)
        nodes[n++] = l->gap;
    nodes[n++] = tare_grammar_bytes(l->g, object ? TARE_S("}") : TARE_S("]"));
    return tare_grammar_seq(l->g, nodes, n);
}

/* What kinds and lists of a case tell already need not be asked again of the validator: at most
 * `deep` references away. */
static bool told_by_lists(const struct tare__schema_rule *r, unsigned deep)
{
    if (r->op == SO_CONST || r->op == SO_ENUM)
        return true;
    if (r->op == SO_TYPE)
        return (r->types >> 31) == 0; /* an integer has to be looked at */
    bool all = r->op == SO_REF && deep;
    for (uint32_t i = 0; all && i < r->node->n_rules; i++)
        all = told_by_lists(&r->node->rules[i], deep - 1);
    return all;
}

/* The goals without what lists tell; those of which nothing is left are dropped. */
static struct tare__goals left_to_ask(struct tare__lower *l, const struct tare__goal *goals,
                                      uint32_t n)
{
    struct tare__goal *v = tare__lower_new(l, (n + 1) * sizeof *v);
    struct tare__goals out = {v, 0};
    for (uint32_t i = 0; i < n && v && !l->stopped; i++) {
        const struct tare__schema_node *from = goals[i].node;
        struct tare__schema_node *to = tare__lower_new(l, sizeof *to);
        struct tare__schema_rule *rules =
            tare__lower_new(l, ((size_t)from->n_rules + 1) * sizeof *rules);
        if (!to || !rules)
            break;
        *to = *from;
        to->rules = rules;
        to->n_rules = 0;
        for (uint32_t k = 0; k < from->n_rules; k++)
            if (goals[i].no || !told_by_lists(&from->rules[k], 3))
                rules[to->n_rules++] = from->rules[k];
        if (goals[i].no || to->n_rules)
            v[out.n++] = (struct tare__goal){to, goals[i].no};
    }
    return out;
}

static bool meets(struct tare__lower *l, struct tare_json v, struct tare__goals goals)
{
    for (uint32_t i = 0; i < goals.n && !l->stopped; i++) {
        struct tare_schema s = {goals.v[i].node, l->schema->marks, &l->work};
        bool valid = false;
        tare__lower_work(l, 4);
        if (!tare__lower_ok(l, tare_schema_valid(&s, v, l->arena, &valid, &l->err)) ||
            valid == goals.v[i].no)
            return false;
    }
    return !l->stopped;
}

/* Texts of scalars, and nodes of the others. */
struct listing {
    struct tare_str *strings, *others; /* contents; spellings */
    uint32_t *nodes;
    uint32_t n_strings, n_others, n_nodes;
};

static void list_value(struct tare__lower *l, struct tare_json v, struct listing *out)
{
    enum tare_json_kind kind = tare_json_kind(v);
    tare__lower_work(l, 10);
    if (kind == TARE_JSON_STRING && (!l->o->no_escapes || l->style.quoted) &&
        tare_json_str(v).n < MAX_TEXTS_BYTES)
        out->strings[out->n_strings++] = tare_json_str(v);
    else if (kind < TARE_JSON_STRING && tare_json_lexeme(v).n < MAX_TEXTS_BYTES)
        out->others[out->n_others++] = spelt(l, v);
    else
        out->nodes[out->n_nodes++] = literal(l, v);
}

/* The values of one case into the listing. */
static void list_case(struct tare__lower *l, const struct tare__case *c, struct tare__goals goals,
                      struct listing *out)
{
    struct tare_json v = c->in->list ? tare_json_first(c->in->v) : c->in->v;
    for (; v.doc && !l->stopped; v = c->in->list ? tare_json_next(v) : (struct tare_json){0}) {
        bool fits = (c->kinds >> tare_json_kind(v) & 1) != 0;
        for (const struct tare__value_link *k = c->in->next; k && fits; k = k->next)
            fits = tare__lower_listed(l, k, v);
        for (const struct tare__value_link *k = c->out; k && fits; k = k->next)
            fits = !tare__lower_listed(l, k, v);
        if (fits && meets(l, v, goals))
            list_value(l, v, out);
    }
}

/* Automata of the texts, each below the ceiling of its states. */
static void list_texts(struct tare__lower *l, const struct tare_str *texts, uint32_t n,
                       bool strings, struct listing *out)
{
    for (uint32_t from = 0, to; from < n && !l->stopped; from = to) {
        const struct tare_dfa *dfa = NULL;
        size_t bytes = 0;
        for (to = from; to < n && bytes + texts[to].n < MAX_TEXTS_BYTES; to++)
            bytes += texts[to].n;
        if (tare__lower_ok(l, tare_dfa_texts(texts + from, to - from, tare__lower_bounds(l),
                                             l->arena, &dfa, &l->err)))
            out->nodes[out->n_nodes++] = strings ? quoted(l, dfa, 0, TARE_GRAMMAR_ANY)
                                                 : tare_grammar_lex(l->g, dfa, 0, TARE_GRAMMAR_ANY);
    }
}

uint32_t tare__lower_values(struct tare__lower *l, const struct tare__case *list,
                            const struct tare__goal *goals, uint32_t n)
{
    size_t room = 0;
    for (const struct tare__case *c = list; c; c = c->next)
        if (c->in)
            room += c->in->list ? tare_json_count(c->in->v) : 1;
    if (!room)
        return TARE_GRAMMAR_NEVER;
    struct listing out = {.strings = tare__lower_new(l, room * sizeof *out.strings),
                          .others = tare__lower_new(l, room * sizeof *out.others),
                          .nodes = tare__lower_new(l, 3 * room * sizeof *out.nodes)};
    struct tare__goals ask = left_to_ask(l, goals, n);
    if (!out.strings || !out.others || !out.nodes)
        return TARE_GRAMMAR_NEVER;
    for (const struct tare__case *c = list; c; c = c->next)
        if (c->in)
            list_case(l, c, ask, &out);
    list_texts(l, out.strings, out.n_strings, true, &out);
    list_texts(l, out.others, out.n_others, false, &out);
    if (l->stopped || !out.n_nodes)
        return TARE_GRAMMAR_NEVER;
    return out.n_nodes == 1 ? out.nodes[0] : tare_grammar_alt(l->g, out.nodes, out.n_nodes);
}

/* ---- raw texts --------------------------------------------------------------------------- */

const struct tare__schema_node *tare__lower_typed(struct tare__lower *l, enum tare_json_kind kind)
{
    if (l->typed[kind])
        return l->typed[kind];
    struct tare__schema_node *n = tare__lower_new(l, sizeof *n);
    struct tare__schema_rule *r = tare__lower_new(l, sizeof *r);
    if (!n || !r)
        return &tare__lower_false;
    *r = (struct tare__schema_rule){
        .op = SO_TYPE, .keyword = "type", .types = TARE__LOWER_BIT(kind)};
    *n = (struct tare__schema_node){.rules = r, .n_rules = 1, .number = UINT32_MAX - ++l->n_made};
    l->typed[kind] = n;
    return n;
}

/* Listed texts of the case that meet the goals. */
static const struct tare_dfa *listed_raw(struct tare__lower *l, const struct tare__case *c,
                                         const struct tare__goal *goals, uint32_t n)
{
    uint32_t n_texts = 0, room = c->in->list ? tare_json_count(c->in->v) : 1;
    struct tare_str *texts = tare__lower_new(l, (room + 1) * sizeof *texts);
    struct tare_json v = c->in->list ? tare_json_first(c->in->v) : c->in->v;
    for (; v.doc && texts; v = c->in->list ? tare_json_next(v) : (struct tare_json){0})
        if (tare_json_kind(v) == TARE_JSON_STRING && meets(l, v, (struct tare__goals){goals, n}))
            texts[n_texts++] = tare_json_str(v);
    return texts ? tare__lower_listed_texts(l, texts, n_texts) : NULL;
}

uint32_t tare__lower_raw(struct tare__lower *l, const struct tare__goal *goals, uint32_t n,
                         const struct tare_dfa *allowed)
{
    uint32_t nodes[64], n_nodes = 0;
    struct tare__goal *all = tare__lower_new(l, (n + 1) * sizeof *all);
    if (!all)
        return TARE_GRAMMAR_NEVER;
    for (uint32_t i = 0; i < n; i++)
        all[i] = goals[i];
    all[n] = (struct tare__goal){tare__lower_typed(l, TARE_JSON_STRING), false};
    for (const struct tare__case *c = tare__lower_cases(l, all, n + 1);
         c && n_nodes < 64 && !l->stopped; c = c->next) {
        bool none = false;
        const struct tare_dfa *dfa =
            c->in ? listed_raw(l, c, goals, n) : tare__lower_texts(l, c, &none);
        if (none || (c->in && !dfa) || c->min_length > c->max_length)
            continue;
        dfa = dfa ? dfa : tare__lower_utf8(l);
        if (l->style.texts)
            dfa = tare__lower_product(l, dfa, l->style.texts, TARE_DFA_AND);
        if (allowed)
            dfa = tare__lower_product(l, dfa, allowed, TARE_DFA_AND);
        if (dfa && !dfa->empty)
            nodes[n_nodes++] = tare_grammar_lex(l->g, dfa, tare__lower_bound(c->min_length),
                                                tare__lower_bound(c->max_length));
    }
    if (n_nodes == 0 || l->stopped)
        return TARE_GRAMMAR_NEVER;
    return n_nodes == 1 ? nodes[0] : tare_grammar_alt(l->g, nodes, n_nodes);
}
