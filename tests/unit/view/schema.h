/*
 * As much of JSON Schema as docs/schema uses for documents of ours: type, const, enum, required,
 * properties, additionalProperties, items, minItems, maxItems, minimum, $ref into $defs. A keyword
 * it does not know is a fault of the test, not a pass.
 */
#ifndef TARE_TESTS_VIEW_SCHEMA_H
#define TARE_TESTS_VIEW_SCHEMA_H

#include <stdio.h>

#include "text/json.h"

struct schema {
    struct tare_json root;
    char fault[256];
};

static inline bool schema_no(struct schema *s, const char *path, const char *what)
{
    if (!s->fault[0])
        (void)snprintf(s->fault, sizeof s->fault, "%.180s: %.60s", path, what);
    return false;
}

static inline bool schema_is_type(struct tare_json v, struct tare_json type)
{
    int64_t i;
    switch (tare_json_kind(v)) {
    case TARE_JSON_NULL:
        return tare_json_str_is(type, "null");
    case TARE_JSON_FALSE:
    case TARE_JSON_TRUE:
        return tare_json_str_is(type, "boolean");
    case TARE_JSON_NUMBER:
        return tare_json_str_is(type, "number") ||
               (tare_json_str_is(type, "integer") && tare_json_i64(v, &i));
    case TARE_JSON_STRING:
        return tare_json_str_is(type, "string");
    case TARE_JSON_ARRAY:
        return tare_json_str_is(type, "array");
    default:
        return tare_json_str_is(type, "object");
    }
}

static inline bool schema_type(struct tare_json v, struct tare_json type)
{
    if (tare_json_kind(type) == TARE_JSON_STRING)
        return schema_is_type(v, type);
    for (struct tare_json t = tare_json_first(type); tare_json_present(t); t = tare_json_next(t))
        if (schema_is_type(v, t))
            return true;
    return false;
}

static bool schema_check(struct schema *s, struct tare_json schema, struct tare_json v,
                         const char *path);

static inline bool schema_object(struct schema *s, struct tare_json schema, struct tare_json v,
                                 const char *path)
{
    char below[200];
    struct tare_json props = tare_json_get(schema, "properties");
    struct tare_json rest = tare_json_get(schema, "additionalProperties");
    struct tare_json required = tare_json_get(schema, "required");
    for (struct tare_json r = tare_json_first(required); tare_json_present(r);
         r = tare_json_next(r)) {
        struct tare_str name = tare_json_str(r);
        if (!tare_json_present(tare_json_get_str(v, name)))
            return schema_no(s, path, "a required member is missing");
    }
    for (struct tare_json m = tare_json_first(v); tare_json_present(m); m = tare_json_next(m)) {
        struct tare_str key = tare_json_key(m);
        (void)snprintf(below, sizeof below, "%.120s/%.*s", path, (int)(key.n < 60 ? key.n : 60),
                       key.p);
        struct tare_json sub = tare_json_get_str(props, key);
        if (!tare_json_present(sub))
            sub = rest;
        if (tare_json_kind(sub) == TARE_JSON_FALSE)
            return schema_no(s, below, "is not a member the schema knows");
        if (tare_json_kind(sub) == TARE_JSON_OBJECT && !schema_check(s, sub, m, below))
            return false;
    }
    return true;
}

static inline bool schema_array(struct schema *s, struct tare_json schema, struct tare_json v,
                                const char *path)
{
    int64_t least = 0, most = INT32_MAX;
    struct tare_json items = tare_json_get(schema, "items");
    (void)tare_json_i64(tare_json_get(schema, "minItems"), &least);
    (void)tare_json_i64(tare_json_get(schema, "maxItems"), &most);
    if (tare_json_count(v) < least || tare_json_count(v) > most)
        return schema_no(s, path, "has a wrong number of elements");
    for (struct tare_json x = tare_json_first(v); tare_json_present(items) && tare_json_present(x);
         x = tare_json_next(x))
        if (!schema_check(s, items, x, path))
            return false;
    return true;
}

static inline struct tare_json schema_follow(struct schema *s, struct tare_json schema)
{
    struct tare_str ref = tare_json_str(tare_json_get(schema, "$ref"));
    if (!tare_str_starts(ref, TARE_S("#/$defs/")))
        return schema;
    return tare_json_get_str(tare_json_get(s->root, "$defs"), tare_str_n(ref.p + 8, ref.n - 8));
}

static inline bool schema_keywords(struct schema *s, struct tare_json schema, const char *path)
{
    static const char *const known[] = {
        "$schema", "$id",      "title",    "description", "type",
        "const",   "enum",     "required", "properties",  "additionalProperties",
        "items",   "minItems", "maxItems", "minimum",     "$ref",
        "$defs",   NULL};
    for (struct tare_json m = tare_json_first(schema); tare_json_present(m);
         m = tare_json_next(m)) {
        int i = 0;
        while (known[i] && !tare_str_is(tare_json_key(m), known[i]))
            i++;
        if (!known[i])
            return schema_no(s, path, "the schema uses a keyword that is not checked");
    }
    return true;
}

static bool schema_check(struct schema *s, struct tare_json schema, struct tare_json v,
                         const char *path)
{
    double least, x;
    schema = schema_follow(s, schema);
    struct tare_json type = tare_json_get(schema, "type"), one = tare_json_get(schema, "const"),
                     many = tare_json_get(schema, "enum");
    if (!tare_json_present(schema) || !schema_keywords(s, schema, path))
        return schema_no(s, path, "no schema");
    if (tare_json_present(type) && !schema_type(v, type))
        return schema_no(s, path, "is of a wrong type");
    if (tare_json_present(one) && !tare_json_equal(v, one))
        return schema_no(s, path, "is not the constant");
    bool found = !tare_json_present(many);
    for (struct tare_json e = tare_json_first(many); tare_json_present(e); e = tare_json_next(e))
        found = found || tare_json_equal(v, e);
    if (!found)
        return schema_no(s, path, "is none of the words");
    if (tare_json_f64(tare_json_get(schema, "minimum"), &least) && tare_json_f64(v, &x) &&
        x < least)
        return schema_no(s, path, "is too small");
    if (tare_json_kind(v) == TARE_JSON_OBJECT)
        return schema_object(s, schema, v, path);
    return tare_json_kind(v) == TARE_JSON_ARRAY ? schema_array(s, schema, v, path) : true;
}

#endif
