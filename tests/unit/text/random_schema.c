#include "random_schema.h"

#define ONE_OF(r, list) list[tare_rng_below(r, sizeof(list) / sizeof *(list))]

static const char *const names[] = {"a", "b", "ab", "c", "\\u00e9"};
static const char *const scalars[] = {
    "1",    "0",      "-3",          "12.5",         "3",     "7.75",     "0.25", "\"a\"",
    "\"\"", "\"ab\"", "null",        "true",         "false", "\"aab\"",  "100",  "\"2026-02-03\"",
    "-0.5", "\"c\"",  "\"\\u00e9\"", "\"10.0.0.1\"", "[1]",   "{\"a\":1}"};

/* What a schema is put together of; each keyword once. */
enum group {
    TYPE,
    LISTED,
    BOUNDS,
    MULTIPLE,
    LENGTH,
    PATTERN,
    FORMAT,
    MEMBERS,
    OTHERS,
    PATTERNS,
    NAMES,
    COUNT,
    NEEDS,
    ITEMS,
    PREFIX,
    HOW_MANY,
    CONTAINS,
    UNIQUE,
    ALL,
    ANY,
    ONE,
    NOT,
    IF,
    REF,
    UNEVALUATED,
    GROUPS
};

static void schema(struct tare_rng *r, struct tare_buf *b, unsigned depth);

static void key(struct tare_buf *b, const char *name)
{
    if (b->p[b->n - 1] != '{')
        tare_buf_putc(b, ',');
    tare_buf_printf(b, "\"%s\":", name);
}

static void sub(struct tare_rng *r, struct tare_buf *b, const char *name, unsigned depth)
{
    key(b, name);
    schema(r, b, depth + 1);
}

static void list(struct tare_rng *r, struct tare_buf *b, const char *name, unsigned depth)
{
    key(b, name);
    tare_buf_putc(b, '[');
    for (uint32_t i = 0, n = 1 + tare_rng_below(r, 3); i < n; i++) {
        tare_buf_puts(b, i ? "," : "");
        schema(r, b, depth + 1);
    }
    tare_buf_putc(b, ']');
}

static void number(struct tare_rng *r, struct tare_buf *b, const char *name, uint32_t below)
{
    if (tare_rng_below(r, 2)) {
        key(b, name);
        tare_buf_printf(b, "%u", tare_rng_below(r, below));
    }
}

static void listed(struct tare_rng *r, struct tare_buf *b)
{
    if (tare_rng_below(r, 3) == 0) {
        key(b, "const");
        tare_buf_puts(b, ONE_OF(r, scalars));
        return;
    }
    key(b, "enum");
    tare_buf_printf(b, "[%s", ONE_OF(r, scalars));
    for (uint32_t n = tare_rng_below(r, 4); n > 0; n--)
        tare_buf_printf(b, ",%s", ONE_OF(r, scalars));
    tare_buf_puts(b, ",[\"only\"]]");
}

static void bounds(struct tare_rng *r, struct tare_buf *b)
{
    static const char *const least[] = {"-3", "0", "0.5", "-12.5", "7"};
    static const char *const most[] = {"12.5", "9", "100", "7", "0"};
    if (tare_rng_below(r, 3)) {
        key(b, tare_rng_below(r, 2) ? "minimum" : "exclusiveMinimum");
        tare_buf_puts(b, ONE_OF(r, least));
    }
    if (tare_rng_below(r, 3)) {
        key(b, tare_rng_below(r, 2) ? "maximum" : "exclusiveMaximum");
        tare_buf_puts(b, ONE_OF(r, most));
    }
}

static void of_numbers_and_texts(struct tare_rng *r, struct tare_buf *b, enum group g)
{
    static const char *const multiples[] = {"3", "0.25", "0.5", "7", "2"};
    static const char *const patterns[] = {"a|b$", "^[a-c]*$", "^.{1,2}$", "^a+b?$", "\\\\d", "^$"};
    static const char *const formats[] = {"date", "ipv4", "uuid", "email", "time"};
    if (g == BOUNDS) {
        bounds(r, b);
    } else if (g == MULTIPLE) {
        key(b, "multipleOf");
        tare_buf_puts(b, ONE_OF(r, multiples));
    } else if (g == LENGTH) {
        number(r, b, "minLength", 3);
        number(r, b, "maxLength", 5);
    } else {
        key(b, g == PATTERN ? "pattern" : "format");
        tare_buf_printf(b, "\"%s\"", g == PATTERN ? ONE_OF(r, patterns) : ONE_OF(r, formats));
    }
}

static void members(struct tare_rng *r, struct tare_buf *b, unsigned depth)
{
    key(b, "properties");
    tare_buf_putc(b, '{');
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
        if (tare_rng_below(r, 2))
            sub(r, b, names[i], depth);
    tare_buf_putc(b, '}');
    if (tare_rng_below(r, 2)) {
        key(b, "required");
        tare_buf_printf(b, "[\"%s\"]", ONE_OF(r, names));
    }
}

static void of_objects(struct tare_rng *r, struct tare_buf *b, enum group g, unsigned depth)
{
    static const char *const patterns[] = {"^a", "b$", "^.$", "^(a|c)$"};
    static const char *const few[] = {"{\"maxLength\":1}", "{\"enum\":[\"a\",\"c\",\"x\"]}",
                                      "{\"pattern\":\"^[a-c]+$\"}", "{\"not\":{\"const\":\"b\"}}"};
    if (g == MEMBERS) {
        members(r, b, depth);
    } else if (g == OTHERS) {
        key(b, "additionalProperties");
        if (tare_rng_below(r, 2))
            tare_buf_puts(b, "false");
        else
            schema(r, b, depth + 1);
    } else if (g == PATTERNS) {
        key(b, "patternProperties");
        tare_buf_putc(b, '{');
        sub(r, b, ONE_OF(r, patterns), depth);
        tare_buf_putc(b, '}');
    } else if (g == NAMES) {
        key(b, "propertyNames");
        tare_buf_puts(b, ONE_OF(r, few));
    } else if (g == COUNT) {
        number(r, b, "minProperties", 3);
        number(r, b, "maxProperties", 4);
    } else if (tare_rng_below(r, 2)) {
        key(b, "dependentRequired");
        tare_buf_printf(b, "{\"%s\":[\"%s\"]}", ONE_OF(r, names), ONE_OF(r, names));
    } else {
        key(b, "dependentSchemas");
        tare_buf_putc(b, '{');
        sub(r, b, ONE_OF(r, names), depth);
        tare_buf_putc(b, '}');
    }
}

static void of_arrays(struct tare_rng *r, struct tare_buf *b, enum group g, unsigned depth)
{
    if (g == ITEMS) {
        sub(r, b, "items", depth);
    } else if (g == PREFIX) {
        list(r, b, "prefixItems", depth);
    } else if (g == HOW_MANY) {
        number(r, b, "minItems", 3);
        number(r, b, "maxItems", 4);
    } else if (g == CONTAINS) {
        sub(r, b, "contains", depth);
        number(r, b, "minContains", 3);
        number(r, b, "maxContains", 4);
    } else {
        key(b, "uniqueItems");
        tare_buf_puts(b, "true");
    }
}

static void of_several(struct tare_rng *r, struct tare_buf *b, enum group g, unsigned depth)
{
    static const char *const refs[] = {"#", "#/$defs/x", "#/$defs/x"};
    if (g == NOT) {
        sub(r, b, "not", depth);
    } else if (g == IF) {
        sub(r, b, "if", depth);
        if (tare_rng_below(r, 3))
            sub(r, b, "then", depth);
        if (tare_rng_below(r, 3))
            sub(r, b, "else", depth);
    } else if (g == REF) {
        key(b, "$ref");
        tare_buf_printf(b, "\"%s\"", ONE_OF(r, refs));
    } else if (g == UNEVALUATED) {
        key(b, tare_rng_below(r, 2) ? "unevaluatedProperties" : "unevaluatedItems");
        tare_buf_puts(b, "false");
    } else {
        list(r, b, g == ALL ? "allOf" : g == ANY ? "anyOf" : "oneOf", depth);
    }
}

static void group(struct tare_rng *r, struct tare_buf *b, enum group g, unsigned depth)
{
    static const char *const types[] = {"\"integer\"",
                                        "\"number\"",
                                        "\"string\"",
                                        "\"object\"",
                                        "\"array\"",
                                        "\"boolean\"",
                                        "[\"string\",\"null\"]",
                                        "[\"object\",\"array\"]",
                                        "[\"number\",\"string\"]"};
    if (g == TYPE) {
        key(b, "type");
        tare_buf_puts(b, ONE_OF(r, types));
    } else if (g == LISTED) {
        listed(r, b);
    } else if (g <= FORMAT) {
        of_numbers_and_texts(r, b, g);
    } else if (g <= NEEDS) {
        of_objects(r, b, g, depth);
    } else if (g <= UNIQUE) {
        of_arrays(r, b, g, depth);
    } else {
        of_several(r, b, g, depth);
    }
}

static void schema(struct tare_rng *r, struct tare_buf *b, unsigned depth)
{
    uint32_t used = 0, n = tare_rng_below(r, depth ? 3 : 4) + (depth == 0);
    if (depth > 2 || tare_rng_below(r, 20) == 0) {
        tare_buf_puts(b, tare_rng_below(r, 6) ? "true" : "false");
        return;
    }
    tare_buf_putc(b, '{');
    if (depth == 0 && tare_rng_below(r, 2)) {
        tare_buf_puts(b, "\"$defs\":{");
        sub(r, b, "x", 1);
        tare_buf_putc(b, '}');
    } else if (depth == 0) {
        tare_buf_puts(b, "\"$defs\":{\"x\":{\"type\":[\"string\",\"integer\"]}}");
    }
    while (n--) {
        uint32_t g = tare_rng_below(r, GROUPS);
        if (used >> g & 1)
            continue;
        used |= 1u << g;
        group(r, b, (enum group)g, depth);
    }
    tare_buf_putc(b, '}');
}

void random_schema(struct tare_rng *r, struct tare_buf *out)
{
    size_t from = out->n;
    do {
        out->n = from;
        schema(r, out, 0);
    } while (out->p[from] != '{');
}

/* ---- instances ------------------------------------------------------------------------------ */

static void value(struct tare_rng *r, struct tare_buf *b, unsigned depth)
{
    uint32_t kind = depth > 2 ? 2 : tare_rng_below(r, 4), n = 0;
    if (kind > 1) {
        tare_buf_puts(b, ONE_OF(r, scalars));
        return;
    }
    tare_buf_putc(b, kind ? '[' : '{');
    for (uint32_t i = 0; i < 5; i++) {
        if (tare_rng_below(r, 3))
            continue;
        tare_buf_puts(b, n++ ? "," : "");
        if (!kind)
            tare_buf_printf(b, "\"%s\":", names[i]);
        value(r, b, depth + 1);
    }
    tare_buf_putc(b, kind ? ']' : '}');
}

void random_instance(struct tare_rng *r, struct tare_buf *out)
{
    value(r, out, 0);
}

static void scalar(struct tare_rng *r, struct tare_json_writer *w)
{
    tare_json_put_raw(w, tare_str_of(ONE_OF(r, scalars)));
}

static void near(struct tare_rng *r, struct tare_json v, struct tare_json_writer *w)
{
    enum tare_json_kind kind = tare_json_kind(v);
    bool object = kind == TARE_JSON_OBJECT;
    if (tare_rng_below(r, 12) == 0) {
        scalar(r, w);
        return;
    }
    if (!object && kind != TARE_JSON_ARRAY) {
        tare_json_put_value(w, v);
        return;
    }
    if (object)
        tare_json_begin_object(w);
    else
        tare_json_begin_array(w);
    for (struct tare_json x = tare_json_first(v); tare_json_kind(x) != TARE_JSON_ABSENT;
         x = tare_json_next(x)) {
        if (tare_rng_below(r, 14) == 0)
            continue;
        if (object)
            tare_json_put_key_str(w, tare_json_key(x));
        near(r, x, w);
    }
    bool added = tare_rng_below(r, 10) == 0;
    if (added && object)
        tare_json_put_key(w, "zz");
    if (added)
        scalar(r, w);
    if (object)
        tare_json_end_object(w);
    else
        tare_json_end_array(w);
}

void near_instance(struct tare_rng *r, struct tare_json v, struct tare_buf *out)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    near(r, v, &w);
}
