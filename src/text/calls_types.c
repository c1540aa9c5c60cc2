/* Types a schema allows, untyped texts as values, and the checks after the parse. */
#include "text/calls_int.h"

#include "base/limits.h"

#include "base/banned.h"

#define REF_HOPS 8

struct tare_json tare__calls_deref(struct tare_json schema, struct tare_json root)
{
    for (int hop = 0; hop < REF_HOPS; hop++) {
        struct tare_str ref = tare_json_str(tare_json_get(schema, "$ref"));
        if (!tare_str_starts(ref, TARE_S("#")))
            return schema;
        struct tare_json v = root;
        for (size_t at = 1; at < ref.n && tare_json_present(v);) {
            size_t from = at + 1;
            for (at = from; at < ref.n && ref.p[at] != '/';)
                at++;
            v = tare_json_get_str(v, tare_str_n(ref.p + from, at - from));
        }
        schema = v;
    }
    return schema;
}

static unsigned named_type(struct tare_json v)
{
    static const char *const names[] = {"null",   "boolean", "integer", "number",
                                        "string", "array",   "object"};
    for (unsigned k = 0; k < 7; k++)
        if (tare_json_str_is(v, names[k]))
            return k == 3 ? TARE__T_INT | TARE__T_NUM : 1u << k;
    return 0;
}

static unsigned type_of(struct tare_json v)
{
    double x;
    switch (tare_json_kind(v)) {
    case TARE_JSON_NULL:
        return TARE__T_NULL;
    case TARE_JSON_FALSE:
    case TARE_JSON_TRUE:
        return TARE__T_BOOL;
    case TARE_JSON_NUMBER: /* 3.0 is an integer */
        if (tare_json_is_integer(v))
            return TARE__T_INT;
        if (tare_json_f64(v, &x) && x > -1e15 && x < 1e15 && x == (double)(int64_t)x)
            return TARE__T_INT;
        return TARE__T_NUM;
    case TARE_JSON_STRING:
        return TARE__T_STR;
    case TARE_JSON_ARRAY:
        return TARE__T_ARR;
    default:
        return TARE__T_OBJ;
    }
}

unsigned tare__calls_types(struct tare_json schema, struct tare_json root, int depth)
{
    static const char *const any_of[] = {"anyOf", "oneOf", "allOf"};
    schema = tare__calls_deref(schema, root);
    unsigned t = TARE__T_ANY, some;
    struct tare_json v = tare_json_get(schema, "type"), e;
    if (depth > REF_HOPS)
        return t;
    if (tare_json_kind(v) == TARE_JSON_STRING)
        t = named_type(v);
    for (some = 0, e = tare_json_first(v); e.doc; e = tare_json_next(e))
        some |= named_type(e);
    t &= some ? some : TARE__T_ANY;
    for (some = 0, e = tare_json_first(tare_json_get(schema, "enum")); e.doc; e = tare_json_next(e))
        some |= type_of(e);
    t &= some ? some : TARE__T_ANY;
    v = tare_json_get(schema, "const");
    if (tare_json_present(v))
        t &= type_of(v);
    for (int k = 0; k < 3; k++) {
        unsigned all = TARE__T_ANY;
        some = 0;
        for (e = tare_json_first(tare_json_get(schema, any_of[k])); e.doc; e = tare_json_next(e)) {
            some |= tare__calls_types(e, root, depth + 1);
            all &= tare__calls_types(e, root, depth + 1);
        }
        t &= k == 2 ? all : some ? some : TARE__T_ANY;
    }
    return t;
}

static bool parse_text(struct tare__calls *c, struct tare_str text, struct tare_json *v)
{
    enum tare_status st = tare_json_parse(text, NULL, c->arena, v, NULL);
    c->nomem |= st == TARE_E_NOMEM;
    return st == TARE_OK;
}

bool tare__calls_put_json(struct tare__calls *c, struct tare_str text, struct tare_json_writer *w)
{
    struct tare_json v;
    bool ok = parse_text(c, tare_str_trim(text), &v);
    if (ok)
        tare_json_put_value(w, v);
    else
        tare_json_put_str(w, text);
    return ok;
}

void tare__calls_untyped(struct tare__calls *c, struct tare_json schema, struct tare_json root,
                         struct tare_str text, struct tare_json_writer *w)
{
    static const char *const python[] = {"True", "False", "None"};
    static const char *const json[] = {"true", "false", "null"};
    unsigned t = tare_json_present(schema) ? tare__calls_types(schema, root, 0) : TARE__T_STR;
    struct tare_str s = tare_str_trim(text);
    struct tare_json v;
    if (t != TARE__T_STR) {
        for (unsigned k = 0; k < 3 && t != TARE__T_ANY; k++)
            if (tare_str_is(s, python[k]) && t & (k < 2 ? TARE__T_BOOL : TARE__T_NULL)) {
                c->rep |= TARE_R_PY_LITERAL;
                tare_json_put_raw(w, tare_str_of(json[k]));
                return;
            }
        /* where anything goes, a quoted string keeps its quotes */
        if (parse_text(c, s, &v) && t & type_of(v) &&
            !(t == TARE__T_ANY && type_of(v) == TARE__T_STR)) {
            tare_json_put_value(w, v);
            return;
        }
    }
    tare_json_put_str(w, text);
}

struct checker {
    struct tare__calls *c;
    struct tare_json root;
    uint32_t call;
    size_t base;        /* length of the pointer to the arguments, which paths leave out */
    bool quiet, failed; /* quiet: only whether */
};

static void check(struct checker *k, struct tare_json schema, struct tare_json v, int depth);

/* The pointer to a member that is not there. */
static struct tare_str with_member(struct tare_arena *arena, struct tare_str path,
                                   struct tare_str member)
{
    struct tare_buf b;
    tare_buf_init(&b, arena->alc, path.n + 2 * member.n + 1);
    tare_buf_put(&b, path);
    tare_buf_putc(&b, '/');
    for (size_t i = 0; i < member.n; i++) {
        if (member.p[i] == '~' || member.p[i] == '/')
            tare_buf_puts(&b, member.p[i] == '~' ? "~0" : "~1");
        else
            tare_buf_putc(&b, member.p[i]);
    }
    path = b.failed ? (struct tare_str){0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return path;
}

static void found(struct checker *k, enum tare_calls_finding_code code, struct tare_json at,
                  struct tare_str member)
{
    struct tare_calls *r = k->c->r;
    k->failed = true;
    if (k->quiet)
        return;
    if (r->n_findings == 0 || (r->n_findings >= 4 && (r->n_findings & (r->n_findings - 1)) == 0)) {
        struct tare_calls_finding *p = TARE_NEW_N(k->c->arena, struct tare_calls_finding,
                                                  r->n_findings ? (size_t)r->n_findings * 2 : 4);
        if (p && r->n_findings)
            memcpy(p, r->findings, r->n_findings * sizeof *p);
        k->c->nomem |= !p;
        if (!p)
            return;
        r->findings = p;
    }
    struct tare_str path = tare_json_present(at) ? tare_json_pointer(at, k->c->arena) : TARE_S("");
    if (path.p && path.n >= k->base)
        path = tare_str_n(path.p + k->base, path.n - k->base);
    if (member.p)
        path = with_member(k->c->arena, path, member);
    k->c->nomem |= !path.p;
    r->findings[r->n_findings++] = (struct tare_calls_finding){k->call, code, path};
}

static bool passes(struct checker *k, struct tare_json schema, struct tare_json v, int depth)
{
    struct checker q = {.c = k->c, .root = k->root, .quiet = true};
    check(&q, schema, v, depth + 1);
    return !q.failed;
}

static bool beyond(struct tare_json schema, const char *key, double x, int sign)
{
    double bound;
    return tare_json_f64(tare_json_get(schema, key), &bound) && (sign > 0   ? x > bound
                                                                 : sign < 0 ? x < bound
                                                                            : false);
}

static size_t code_points(struct tare_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}

static void check_range(struct checker *k, struct tare_json schema, struct tare_json v)
{
    double x = 0, b;
    bool out = false;
    if (tare_json_f64(v, &x)) {
        out = beyond(schema, "minimum", x, -1) || beyond(schema, "maximum", x, 1);
        out |= tare_json_f64(tare_json_get(schema, "exclusiveMinimum"), &b) && x <= b;
        out |= tare_json_f64(tare_json_get(schema, "exclusiveMaximum"), &b) && x >= b;
        if (tare_json_f64(tare_json_get(schema, "multipleOf"), &b) && b > 0 && x / b < 1e15 &&
            x / b > -1e15)
            out |= x / b != (double)(int64_t)(x / b);
    } else if (tare_json_kind(v) == TARE_JSON_STRING) {
        x = (double)code_points(tare_json_str(v));
        out = beyond(schema, "minLength", x, -1) || beyond(schema, "maxLength", x, 1);
    } else if (tare_json_kind(v) == TARE_JSON_ARRAY) {
        x = tare_json_count(v);
        out = beyond(schema, "minItems", x, -1) || beyond(schema, "maxItems", x, 1);
    }
    if (out)
        found(k, TARE_V_RANGE, v, (struct tare_str){0});
}

static void check_object(struct checker *k, struct tare_json schema, struct tare_json v, int depth)
{
    struct tare_json props = tare_json_get(schema, "properties"), e, sub;
    struct tare_json more = tare_json_get(schema, "additionalProperties");
    for (e = tare_json_first(tare_json_get(schema, "required")); e.doc; e = tare_json_next(e))
        if (!tare_json_present(tare_json_get_str(v, tare_json_str(e))))
            found(k, TARE_V_MISSING, v, tare_json_str(e));
    for (e = tare_json_first(v); e.doc; e = tare_json_next(e)) {
        sub = tare_json_get_str(props, tare_json_key(e));
        if (tare_json_present(sub))
            check(k, sub, e, depth + 1);
        else if (tare_json_kind(more) == TARE_JSON_FALSE &&
                 !tare_json_present(tare_json_get(schema, "patternProperties")))
            found(k, TARE_V_EXTRA, e, (struct tare_str){0});
        else if (tare_json_kind(more) == TARE_JSON_OBJECT)
            check(k, more, e, depth + 1);
    }
}

static void check_combined(struct checker *k, struct tare_json schema, struct tare_json v,
                           int depth)
{
    static const char *const keys[] = {"allOf", "anyOf", "oneOf"};
    struct tare_json e, list, no = tare_json_get(schema, "not");
    bool bad = tare_json_present(no) && passes(k, no, v, depth);
    for (int i = 0; i < 3; i++) {
        uint32_t good = 0;
        list = tare_json_get(schema, keys[i]);
        for (e = tare_json_first(list); e.doc; e = tare_json_next(e)) {
            if (i == 0)
                check(k, e, v, depth + 1);
            else
                good += passes(k, e, v, depth);
        }
        if (i > 0 && tare_json_present(list))
            bad |= i == 1 ? good == 0 : good != 1;
    }
    if (bad)
        found(k, TARE_V_COMBINATOR, v, (struct tare_str){0});
}

static void check(struct checker *k, struct tare_json schema, struct tare_json v, int depth)
{
    struct tare_json e, list;
    schema = tare__calls_deref(schema, k->root);
    if (tare_json_kind(schema) == TARE_JSON_FALSE)
        found(k, TARE_V_EXTRA, v, (struct tare_str){0});
    if (tare_json_kind(schema) != TARE_JSON_OBJECT || depth > TARE__CALLS_DEPTH)
        return;
    list = tare_json_get(schema, "type");
    unsigned t = named_type(list);
    for (e = tare_json_first(list); e.doc; e = tare_json_next(e))
        t |= named_type(e);
    if (t && !(t & type_of(v))) {
        found(k, TARE_V_TYPE, v, (struct tare_str){0});
        return;
    }
    list = tare_json_get(schema, "enum");
    for (e = tare_json_first(list); e.doc && !tare_json_equal(e, v);)
        e = tare_json_next(e);
    struct tare_json only = tare_json_get(schema, "const");
    if ((tare_json_present(list) && !e.doc) ||
        (tare_json_present(only) && !tare_json_equal(only, v)))
        found(k, TARE_V_ENUM, v, (struct tare_str){0});
    check_range(k, schema, v);
    if (tare_json_kind(v) == TARE_JSON_OBJECT)
        check_object(k, schema, v, depth);
    list = tare_json_get(schema, "items");
    if (tare_json_kind(v) == TARE_JSON_ARRAY && tare_json_kind(list) == TARE_JSON_OBJECT)
        for (e = tare_json_first(v); e.doc; e = tare_json_next(e))
            check(k, list, e, depth + 1);
    check_combined(k, schema, v, depth);
}

void tare__calls_validate(struct tare__calls *c)
{
    for (uint32_t i = 0; i < c->r->n_calls && !c->nomem; i++) {
        struct checker k = {.c = c, .call = i};
        const struct tare_tool *t = tare__calls_tool(c, c->r->calls[i].name);
        if (!t) {
            found(&k, TARE_V_UNKNOWN_TOOL, (struct tare_json){0}, (struct tare_str){0});
            continue;
        }
        k.root = t->parameters;
        k.base = tare_json_pointer(c->r->calls[i].arguments, c->arena).n;
        check(&k, t->parameters, c->r->calls[i].arguments, 0);
    }
}
