/* Types a schema allows, and untyped texts as values of them. */
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
