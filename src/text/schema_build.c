#include "text/schema_int.h"

#include <assert.h>

#include "base/hash.h"

#include "base/banned.h"

enum tare_status tare__schema_wrong(struct tare__schema_load *l, struct tare_json at,
                                    enum tare_status st, const char *what)
{
    struct tare_str p = at.doc ? tare_json_pointer(at, l->arena) : tare_str_n("", 0);
    (void)tare_fail_at(l->err, st, tare_json_offset(at), "the schema is wrong at \"%.*s\": %s",
                       TARE_FMT(p), what);
    return st;
}

enum tare_status tare__schema_steps(struct tare__schema_load *l, struct tare_json at, uint64_t n)
{
    if (tare_work_do(l->options.work, n))
        return TARE_OK;
    struct tare_str p = at.doc ? tare_json_pointer(at, l->arena) : tare_str_n("", 0);
    (void)tare_fail_at(l->err, TARE_E_LIMIT, tare_json_offset(at),
                       "the schema needs more steps than one compile may take; the last were "
                       "taken at \"%.*s\"",
                       TARE_FMT(p));
    tare_err_hint(l->err, "make the schema smaller, or split it");
    return TARE_E_LIMIT;
}

/* A node list entry. */
struct build {
    struct tare__schema_load *l;
    struct tare__schema_node *n;
    struct tare_json v; /* value of the keyword */
    struct tare__schema_rule *r;
};

static enum tare_status bad(const struct build *b, const char *what)
{
    return tare__schema_wrong(b->l, b->v, TARE_E_INPUT, what);
}

static enum tare_status no_memory(const struct build *b)
{
    return tare_fail(b->l->err, TARE_E_NOMEM, "no memory for a schema");
}

static bool is_schema(struct tare_json v)
{
    enum tare_json_kind k = tare_json_kind(v);
    return k == TARE_JSON_OBJECT || k == TARE_JSON_TRUE || k == TARE_JSON_FALSE;
}

static enum tare_status sub(const struct build *b, struct tare_json v,
                            const struct tare__schema_node **out)
{
    enum tare_status st = TARE_OK;
    if (!is_schema(v))
        return tare__schema_wrong(b->l, v.doc ? v : b->v, TARE_E_INPUT,
                                  "a schema (an object, true or false) is needed here");
    *out = tare__schema_node_of(b->l, v, b->n->resource, &st);
    return st;
}

static enum tare_status new_pattern(const struct build *b, struct tare_str text,
                                    struct tare__schema_pattern *p)
{
    struct tare_err err = {0};
    p->text = text;
    enum tare_status st =
        tare_regex_compile(text, b->l->options.work, b->l->arena, &p->regex, &err);
    if (st == TARE_E_LIMIT && tare_work_over(b->l->options.work))
        return tare__schema_steps(b->l, b->v, 0);
    if (st != TARE_OK) {
        (void)tare__schema_wrong(b->l, b->v, st, err.text);
        tare_err_hint(b->l->err, "%s", err.hint);
        return st;
    }
    struct tare_arena_mark mark = tare_arena_mark(b->l->arena);
    if (tare_regex_dfa_open(p->regex, true, TARE__SCHEMA_DFA_STATES, b->l->options.work,
                            b->l->arena, &p->dfa, NULL) != TARE_OK ||
        !tare_regex_dfa_complete(p->dfa)) {
        tare_arena_rewind(b->l->arena, mark);
        p->dfa = NULL;
    }
    return tare__schema_steps(b->l, b->v, 0);
}

/* Compiled once for all places of the schema where it stands. */
static enum tare_status pattern(const struct build *b, struct tare_str text,
                                struct tare__schema_pattern *p)
{
    struct tare__schema_known **known = &b->l->patterns[tare_hash64(text, 0) % TARE__SCHEMA_KNOWN];
    for (const struct tare__schema_known *k = *known; k; k = k->next)
        if (tare_str_eq(k->pattern.text, text)) {
            *p = k->pattern;
            return TARE_OK;
        }
    enum tare_status st = new_pattern(b, text, p);
    struct tare__schema_known *k = st ? NULL : TARE_NEW(b->l->arena, struct tare__schema_known);
    if (k) {
        *k = (struct tare__schema_known){*p, *known};
        *known = k;
    }
    return st || k ? st : no_memory(b);
}

static enum tare_status build_type(struct build *b)
{
    static const char *const names[] = {"",       "null",   "",      "boolean",
                                        "number", "string", "array", "object"};
    struct tare_json one = b->v;
    bool list = tare_json_kind(b->v) == TARE_JSON_ARRAY;
    for (one = list ? tare_json_first(b->v) : b->v; one.doc;
         one = list ? tare_json_next(one) : (struct tare_json){0}) {
        unsigned bits = tare_json_str_is(one, "integer") ? 1u << 31 : 0;
        for (unsigned k = 1; k < 8; k++)
            if (names[k][0] && tare_json_str_is(one, names[k]))
                bits = k == TARE_JSON_TRUE ? 1u << TARE_JSON_TRUE | 1u << TARE_JSON_FALSE : 1u << k;
        if (!bits)
            return bad(b, "\"type\" is one or several of null, boolean, integer, number, string, "
                          "array, object");
        b->r->types |= bits;
    }
    b->r->draft4 = b->n->resource->draft == TARE_SCHEMA_DRAFT4;
    return TARE_OK;
}

static enum tare_status build_value(struct build *b)
{
    if (b->r->op == SO_ENUM && tare_json_kind(b->v) != TARE_JSON_ARRAY)
        return bad(b, "\"enum\" is a list of values");
    return TARE_OK;
}

static enum tare_status build_bound(struct build *b)
{
    bool low = b->r->op == SO_MINIMUM;
    if (tare_json_kind(b->v) != TARE_JSON_NUMBER) {
        enum tare_json_kind k = tare_json_kind(b->v);
        if ((b->r->op == SO_EXCLUSIVE_MINIMUM || b->r->op == SO_EXCLUSIVE_MAXIMUM) &&
            (k == TARE_JSON_TRUE || k == TARE_JSON_FALSE)) {
            b->r->keyword = NULL; /* draft 4: told by minimum and maximum */
            return TARE_OK;
        }
        return bad(b, "a number is needed here");
    }
    b->r->number = tare__decimal_of(tare_json_lexeme(b->v));
    if (b->r->op == SO_MINIMUM || b->r->op == SO_MAXIMUM) {
        const char *other = low ? "exclusiveMinimum" : "exclusiveMaximum";
        if (tare_json_true(tare_json_get(b->n->at, other)))
            b->r->op = low ? SO_EXCLUSIVE_MINIMUM : SO_EXCLUSIVE_MAXIMUM;
    }
    if (b->r->op == SO_MULTIPLE && (b->r->number.n == 0 || b->r->number.negative))
        return bad(b, "\"multipleOf\" is above 0");
    if (b->r->op == SO_MULTIPLE && b->r->number.n > 18)
        return tare__schema_wrong(b->l, b->v, TARE_E_LIMIT, "\"multipleOf\" has at most 18 digits");
    return TARE_OK;
}

static enum tare_status count_of(const struct build *b, struct tare_json v, uint64_t *out)
{
    int64_t i;
    double x;
    if (tare_json_i64(v, &i) && i >= 0) {
        *out = (uint64_t)i;
        return TARE_OK;
    }
    struct tare__decimal d = tare__decimal_of(tare_json_lexeme(v));
    if (tare_json_kind(v) != TARE_JSON_NUMBER || d.negative || !tare__decimal_integer(&d))
        return bad(b, "a whole number that is not negative is needed here");
    *out = tare_json_f64(v, &x) && x < 9e15 ? (uint64_t)x : UINT64_MAX;
    return TARE_OK;
}

static enum tare_status build_count(struct build *b)
{
    return count_of(b, b->v, &b->r->count);
}

static enum tare_status build_pattern(struct build *b)
{
    if (tare_json_kind(b->v) != TARE_JSON_STRING)
        return bad(b, "a regular expression is needed here");
    return pattern(b, tare_json_str(b->v), &b->r->pattern);
}

static enum tare_status build_format(struct build *b)
{
    if (tare_json_kind(b->v) != TARE_JSON_STRING)
        return bad(b, "the name of a format is needed here");
    if (!b->l->options.formats && !(b->n->resource->vocabularies & SV_FORMAT))
        b->r->keyword = NULL;
    return TARE_OK;
}

static enum tare_status build_unique(struct build *b)
{
    if (!tare_json_true(b->v))
        b->r->keyword = NULL;
    return TARE_OK;
}

/* List of names or subschemas; for objects with the names of the members. */
static enum tare_status entries(const struct build *b, struct tare_json v,
                                struct tare__schema_property **list, uint32_t *n)
{
    *list = TARE_NEW_N(b->l->arena, struct tare__schema_property, tare_json_count(v) + 1u);
    if (!*list)
        return no_memory(b);
    enum tare_status st = tare__schema_steps(b->l, v, 2 * (uint64_t)tare_json_count(v));
    for (struct tare_json c = tare_json_first(v); c.doc && !st; c = tare_json_next(c))
        (*list)[(*n)++] = (struct tare__schema_property){.name = tare_json_key(c), .list = c};
    return st;
}

static enum tare_status schemas(const struct build *b, struct tare_json v, enum tare_json_kind kind,
                                struct tare__schema_property **list, uint32_t *n)
{
    if (tare_json_kind(v) != kind)
        return bad(b, kind == TARE_JSON_OBJECT ? "an object of schemas is needed here"
                                               : "a list of schemas is needed here");
    enum tare_status st = entries(b, v, list, n);
    for (uint32_t i = 0; i < *n && st == TARE_OK; i++)
        st = sub(b, (*list)[i].list, &(*list)[i].node);
    return st;
}

static enum tare_status build_required(struct build *b)
{
    if (tare_json_kind(b->v) != TARE_JSON_ARRAY) {
        b->r->keyword = NULL; /* draft 3 had a boolean here; in the wild it is still met */
        return tare_json_kind(b->v) <= TARE_JSON_TRUE ? TARE_OK
                                                      : bad(b, "a list of names is needed");
    }
    enum tare_status st = entries(b, b->v, &b->r->list, &b->r->n_list);
    for (uint32_t i = 0; i < b->r->n_list && st == TARE_OK; i++) {
        if (tare_json_kind(b->r->list[i].list) != TARE_JSON_STRING)
            return bad(b, "a list of names is needed here");
        b->r->list[i].name = tare_json_str(b->r->list[i].list);
    }
    return st;
}

static enum tare_status build_object(struct build *b)
{
    struct tare_json props = tare_json_get(b->n->at, "properties"),
                     patterns = tare_json_get(b->n->at, "patternProperties"),
                     more = tare_json_get(b->n->at, "additionalProperties");
    enum tare_status st = TARE_OK;
    if (tare_json_present(props))
        st = schemas(b, props, TARE_JSON_OBJECT, &b->r->list, &b->r->n_list);
    if (st == TARE_OK && tare_json_present(patterns))
        st = schemas(b, patterns, TARE_JSON_OBJECT, &b->r->patterns, &b->r->n_patterns);
    for (uint32_t i = 0; i < b->r->n_patterns && st == TARE_OK; i++)
        st = pattern(b, b->r->patterns[i].name, &b->r->patterns[i].pattern);
    if (st == TARE_OK && tare_json_present(more))
        st = sub(b, more, &b->r->node);
    if (st != TARE_OK || b->r->n_list <= 8)
        return st;
    for (b->r->n_table = 16; b->r->n_table < 2 * b->r->n_list;)
        b->r->n_table *= 2;
    b->r->table = TARE_NEW_N(b->l->arena, uint32_t, b->r->n_table);
    if (!b->r->table)
        return no_memory(b);
    for (uint32_t i = 0; i < b->r->n_list; i++) {
        uint64_t h = tare_hash64(b->r->list[i].name, 0);
        while (b->r->table[h & (b->r->n_table - 1)])
            h++;
        b->r->table[h & (b->r->n_table - 1)] = i + 1;
    }
    return TARE_OK;
}

static enum tare_status build_array(struct build *b)
{
    struct tare_json prefix = tare_json_get(b->n->at, "prefixItems"),
                     items = tare_json_get(b->n->at, "items"),
                     more = tare_json_get(b->n->at, "additionalItems");
    enum tare_schema_draft d = b->n->resource->draft;
    bool newer = d == TARE_SCHEMA_AUTO || d == TARE_SCHEMA_2020_12;
    bool tuple = tare_json_kind(items) == TARE_JSON_ARRAY;
    enum tare_status st = TARE_OK;
    if (newer && tare_json_present(prefix))
        st = schemas(b, prefix, TARE_JSON_ARRAY, &b->r->list, &b->r->n_list);
    else if (tuple)
        st = schemas(b, items, TARE_JSON_ARRAY, &b->r->list, &b->r->n_list);
    if (st == TARE_OK && tare_json_present(items) && !tuple)
        st = sub(b, items, &b->r->node);
    if (st == TARE_OK && tuple && tare_json_present(more))
        st = sub(b, more, &b->r->node);
    return st;
}

static enum tare_status build_contains(struct build *b)
{
    enum tare_schema_draft d = b->n->resource->draft;
    struct tare_json min = tare_json_get(b->n->at, "minContains"),
                     max = tare_json_get(b->n->at, "maxContains");
    bool counted = (d == TARE_SCHEMA_AUTO || d >= TARE_SCHEMA_2019_09) &&
                   (b->n->resource->vocabularies & SV_VALIDATE);
    enum tare_status st = sub(b, b->v, &b->r->node);
    b->r->count = 1;
    b->r->max = UINT64_MAX;
    b->r->marks = d == TARE_SCHEMA_AUTO || d == TARE_SCHEMA_2020_12;
    if (st == TARE_OK && counted && tare_json_present(min))
        st = count_of(b, min, &b->r->count);
    if (st == TARE_OK && counted && tare_json_present(max))
        st = count_of(b, max, &b->r->max);
    return st;
}

static enum tare_status build_one(struct build *b)
{
    return sub(b, b->v, &b->r->node);
}

static enum tare_status build_list(struct build *b)
{
    return schemas(b, b->v, TARE_JSON_ARRAY, &b->r->list, &b->r->n_list);
}

static enum tare_status build_if(struct build *b)
{
    struct tare_json yes = tare_json_get(b->n->at, "then"), no = tare_json_get(b->n->at, "else");
    enum tare_status st = sub(b, b->v, &b->r->node);
    if (st == TARE_OK && tare_json_present(yes))
        st = sub(b, yes, &b->r->then);
    if (st == TARE_OK && tare_json_present(no))
        st = sub(b, no, &b->r->otherwise);
    return st;
}

/* dependencies, dependentSchemas and dependentRequired: a list of names or a schema a member. */
static enum tare_status build_dependent(struct build *b)
{
    if (tare_json_kind(b->v) != TARE_JSON_OBJECT)
        return bad(b, "an object is needed here");
    enum tare_status st = entries(b, b->v, &b->r->list, &b->r->n_list);
    for (uint32_t i = 0; i < b->r->n_list && st == TARE_OK; i++) {
        struct tare__schema_property *p = &b->r->list[i];
        if (tare_json_kind(p->list) != TARE_JSON_ARRAY &&
            tare_json_kind(p->list) != TARE_JSON_STRING)
            st = sub(b, p->list, &p->node);
    }
    return st;
}

static enum tare_status build_ref(struct build *b)
{
    struct tare_json at;
    struct tare__schema_resource *r;
    struct tare__schema_anchor *by;
    if (tare_json_kind(b->v) != TARE_JSON_STRING)
        return bad(b, "a reference is a text");
    enum tare_status st =
        tare__schema_find(b->l, b->n->resource, tare_json_str(b->v), &at, &r, &by);
    if (st != TARE_OK)
        return st;
    if (!at.doc) {
        (void)bad(b, "the reference leads nowhere");
        tare_err_hint(b->l->err,
                      "name a place of this document, or hand in (--with) the document \"%.*s\"",
                      TARE_FMT(tare_json_str(b->v)));
        return TARE_E_INPUT;
    }
    if (!is_schema(at))
        return bad(b, "the reference leads to what is no schema");
    bool recursive = tare_str_is(tare_json_key(b->v), "$recursiveRef");
    for (struct tare__schema_anchor *a = recursive ? r->anchors : NULL; a && !by; a = a->next)
        if (a->dynamic && a->name.n == 0 && a->at.node == at.node)
            by = a;
    if (b->r->op == SO_DYNAMIC_REF && by && by->dynamic)
        b->r->name = by->name.p ? by->name : tare_str_n("", 0);
    else
        b->r->op = SO_REF;
    b->r->node = tare__schema_node_of(b->l, at, r, &st);
    return st;
}

#define OLD (1u << TARE_SCHEMA_DRAFT4 | 1u << TARE_SCHEMA_DRAFT6 | 1u << TARE_SCHEMA_DRAFT7)
#define ALL 0x3fu
#define FROM6 (ALL & ~(1u << TARE_SCHEMA_DRAFT4))
#define FROM7 (FROM6 & ~(1u << TARE_SCHEMA_DRAFT6))
#define FROM2019 (FROM7 & ~(1u << TARE_SCHEMA_DRAFT7))
#define FROM2020 (FROM2019 & ~(1u << TARE_SCHEMA_2019_09))

/* In the order they are checked: cheap ones first, those that need the others' notes last. */
static const struct keyword {
    const char *name;
    enum tare__schema_op op;
    enum tare_status (*build)(struct build *b);
    unsigned vocabulary, drafts;
} keywords[] = {
    {"type", SO_TYPE, build_type, SV_VALIDATE, ALL},
    {"required", SO_REQUIRED, build_required, SV_VALIDATE, ALL},
    {"const", SO_CONST, build_value, SV_VALIDATE, FROM6},
    {"enum", SO_ENUM, build_value, SV_VALIDATE, ALL},
    {"minimum", SO_MINIMUM, build_bound, SV_VALIDATE, ALL},
    {"maximum", SO_MAXIMUM, build_bound, SV_VALIDATE, ALL},
    {"exclusiveMinimum", SO_EXCLUSIVE_MINIMUM, build_bound, SV_VALIDATE, FROM6},
    {"exclusiveMaximum", SO_EXCLUSIVE_MAXIMUM, build_bound, SV_VALIDATE, FROM6},
    {"multipleOf", SO_MULTIPLE, build_bound, SV_VALIDATE, ALL},
    {"minLength", SO_MIN_LENGTH, build_count, SV_VALIDATE, ALL},
    {"maxLength", SO_MAX_LENGTH, build_count, SV_VALIDATE, ALL},
    {"minItems", SO_MIN_ITEMS, build_count, SV_VALIDATE, ALL},
    {"maxItems", SO_MAX_ITEMS, build_count, SV_VALIDATE, ALL},
    {"minProperties", SO_MIN_PROPERTIES, build_count, SV_VALIDATE, ALL},
    {"maxProperties", SO_MAX_PROPERTIES, build_count, SV_VALIDATE, ALL},
    {"dependentRequired", SO_DEPENDENT, build_dependent, SV_VALIDATE, FROM2019},
    {"format", SO_FORMAT, build_format, 0, ALL},
    {"pattern", SO_PATTERN, build_pattern, SV_VALIDATE, ALL},
    {"uniqueItems", SO_UNIQUE, build_unique, SV_VALIDATE, ALL},
    {"properties", SO_OBJECT, build_object, SV_APPLY, ALL},
    {"patternProperties", SO_OBJECT, build_object, SV_APPLY, ALL},
    {"additionalProperties", SO_OBJECT, build_object, SV_APPLY, ALL},
    {"propertyNames", SO_NAMES, build_one, SV_APPLY, FROM6},
    {"prefixItems", SO_ARRAY, build_array, SV_APPLY, FROM2020},
    {"items", SO_ARRAY, build_array, SV_APPLY, ALL},
    {"contains", SO_CONTAINS, build_contains, SV_APPLY, FROM6},
    {"$ref", SO_REF, build_ref, 0, ALL},
    {"$dynamicRef", SO_DYNAMIC_REF, build_ref, 0, FROM2020},
    {"$recursiveRef", SO_DYNAMIC_REF, build_ref, 0, 1u << TARE_SCHEMA_2019_09},
    {"allOf", SO_ALL_OF, build_list, SV_APPLY, ALL},
    {"anyOf", SO_ANY_OF, build_list, SV_APPLY, ALL},
    {"oneOf", SO_ONE_OF, build_list, SV_APPLY, ALL},
    {"not", SO_NOT, build_one, SV_APPLY, ALL},
    {"if", SO_IF, build_if, SV_APPLY, FROM7},
    {"dependentSchemas", SO_DEPENDENT, build_dependent, SV_APPLY, FROM2019},
    {"dependencies", SO_DEPENDENT, build_dependent, SV_APPLY, ALL},
    {"unevaluatedItems", SO_UNEVALUATED_ITEMS, build_one, SV_UNEVALUATED, FROM2019},
    {"unevaluatedProperties", SO_UNEVALUATED_PROPERTIES, build_one, SV_UNEVALUATED, FROM2019},
};
#define N_KEYWORDS (sizeof keywords / sizeof *keywords)

/* Which keywords the object holds, as bits. */
static uint64_t held(struct tare_json at)
{
    static_assert(N_KEYWORDS <= 64, "a bit a keyword");
    uint64_t bits = 0;
    for (struct tare_json m = tare_json_first(at); m.doc; m = tare_json_next(m)) {
        struct tare_str key = tare_json_key(m);
        for (size_t i = 0; i < N_KEYWORDS; i++)
            if (key.n && keywords[i].name[0] == key.p[0] && tare_str_is(key, keywords[i].name))
                bits |= (uint64_t)1 << i;
    }
    return bits;
}

static bool applies(const struct tare__schema_node *n, const struct keyword *k, bool only_ref)
{
    const struct tare__schema_resource *r = n->resource;
    return (!only_ref || k->op == SO_REF) && (k->drafts >> r->draft & 1) &&
           (!k->vocabulary || (k->vocabulary & r->vocabularies));
}

/* The keyword that allows nothing: its own where it is the value of one. */
static const char *keyword_of_false(struct tare_json at)
{
    static const char *const names[] = {"additionalProperties", "unevaluatedProperties",
                                        "additionalItems", "unevaluatedItems"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (tare_str_is(tare_json_key(at), names[i]))
            return names[i];
    return "false";
}

enum tare_status tare__schema_rules(struct tare__schema_load *l, struct tare__schema_node *n)
{
    bool boolean = tare_json_kind(n->at) != TARE_JSON_OBJECT;
    bool old = n->resource->draft != TARE_SCHEMA_AUTO && (OLD >> n->resource->draft & 1);
    bool only_ref = old && tare_json_kind(tare_json_get(n->at, "$ref")) == TARE_JSON_STRING;
    size_t most = 1, groups = 0;
    uint64_t here = boolean ? 0 : held(n->at);
    enum tare_status st =
        tare__schema_steps(l, n->at, 12 + 5 * (uint64_t)(boolean ? 0 : tare_json_count(n->at)));
    if (st != TARE_OK)
        return st;
    for (size_t i = 0; i < N_KEYWORDS; i++)
        most += (here >> i & 1) != 0;
    n->rules = TARE_NEW_N(l->arena, struct tare__schema_rule, most);
    if (!n->rules)
        return tare_fail(l->err, TARE_E_NOMEM, "no memory for a schema");
    if (boolean && tare_json_kind(n->at) == TARE_JSON_FALSE)
        n->rules[n->n_rules++] = (struct tare__schema_rule){
            .op = SO_FALSE, .keyword = keyword_of_false(n->at), .at = n->at};
    for (; here; here &= here - 1) {
        const struct keyword *k = &keywords[__builtin_ctzll(here)];
        size_t group = k->op == SO_OBJECT ? 1 : k->op == SO_ARRAY ? 2 : 0;
        if (!applies(n, k, only_ref) || (groups & group))
            continue;
        groups |= group;
        struct tare__schema_rule *r = &n->rules[n->n_rules];
        struct build b = {.l = l, .n = n, .v = tare_json_get(n->at, k->name), .r = r};
        r->op = k->op;
        r->keyword = k->name;
        r->at = b.v;
        st = k->build(&b);
        if (st != TARE_OK)
            return st;
        n->unevaluated |= k->op >= SO_UNEVALUATED_ITEMS;
        if (r->keyword)
            n->n_rules++;
        else
            *r = (struct tare__schema_rule){0};
    }
    l->marks |= n->unevaluated;
    return TARE_OK;
}
