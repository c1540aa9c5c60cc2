/* One call: its name, its arguments, the tool it names. */
#include "text/calls_int.h"

#include "base/limits.h"

#include "base/banned.h"

const struct tare_calls_tool *tare__calls_tool(const struct tare__calls *c, struct tare_str name)
{
    for (uint32_t k = 0; k < c->opts->n_tools; k++)
        if (tare_str_eq(c->opts->tools[k].name, name))
            return &c->opts->tools[k];
    return NULL;
}

static struct tare_str mended_name(struct tare__calls *c, struct tare_str name)
{
    static const char *const prefixes[] = {"functions.", "default_api."};
    if (tare__calls_tool(c, name))
        return name;
    struct tare_str trimmed = tare_str_trim(name);
    uint32_t rep = trimmed.n < name.n ? TARE_R_NAME_TRIM : 0;
    if (tare__calls_tool(c, trimmed)) {
        c->rep |= rep;
        return trimmed;
    }
    for (int k = 0; k < 2; k++) {
        size_t n = strlen(prefixes[k]);
        if (!tare_str_starts(trimmed, tare_str_of(prefixes[k])))
            continue;
        struct tare_str rest = tare_str_n(trimmed.p + n, trimmed.n - n);
        if (tare__calls_tool(c, rest)) {
            c->rep |= rep | TARE_R_NAME_PREFIX;
            return rest;
        }
    }
    return name;
}

/* The schema asks for a text at that place of the document. */
static bool text_asked_for(const struct tare_calls_tool *t, struct tare_json v, size_t at)
{
    struct tare_json schema = t->parameters;
    for (;;) {
        struct tare_json e = tare_json_first(v);
        while (e.doc && tare_json_source_end(e) <= at)
            e = tare_json_next(e);
        if (!e.doc)
            break;
        schema = tare__calls_deref(schema, t->parameters);
        schema = tare_json_kind(v) == TARE_JSON_ARRAY
                     ? tare_json_get(schema, "items")
                     : tare_json_get_str(tare_json_get(schema, "properties"), tare_json_key(e));
        v = e;
    }
    return tare_json_offset(v) == at && tare_json_present(schema) &&
           tare__calls_types(schema, t->parameters, 0) == TARE__T_STR;
}

/* Unquoted values stay where the schema asks for a text. */
static void justify_words(struct tare__calls *c, struct tare_str name, struct tare_json args)
{
    const struct tare_calls_tool *t = tare__calls_tool(c, name);
    for (uint32_t k = 0; k < c->n_words && t; k++)
        if (c->words[k] >= tare_json_offset(args) && c->words[k] < tare_json_source_end(args))
            c->unit_words_ok += text_asked_for(t, args, c->words[k]);
}

/* With coerce_scalars: texts of the arguments that should be no texts. */
static void coerce(struct tare__calls *c, struct tare_str name, struct tare_json *args)
{
    const struct tare_calls_tool *t = tare__calls_tool(c, name);
    struct tare_json root = t ? t->parameters : (struct tare_json){0}, out, e, was;
    struct tare_json props = tare_json_get(root, "properties");
    struct tare_buf b;
    struct tare_json_writer w;
    if (!t)
        return;
    tare_buf_init(&b, c->arena->alc, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    for (e = tare_json_first(*args); e.doc; e = tare_json_next(e)) {
        struct tare_json s = tare_json_get_str(props, tare_json_key(e));
        tare_json_put_key_str(&w, tare_json_key(e));
        if (tare_json_kind(e) == TARE_JSON_STRING && tare_json_present(s) &&
            !(tare__calls_types(s, root, 0) & TARE__T_STR))
            tare__calls_untyped(c, s, root, tare_json_str(e), &w);
        else
            tare_json_put_value(&w, e);
    }
    tare_json_end_object(&w);
    struct tare_str s =
        b.failed ? (struct tare_str){0} : tare_arena_copy(c->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    c->nomem |= !s.p;
    was = *args;
    enum tare_status st = s.p ? tare_json_parse(s, NULL, c->arena, &out, NULL) : TARE_E_NOMEM;
    c->nomem |= st == TARE_E_NOMEM;
    if (st != TARE_OK)
        return;
    *args = out;
    if (!tare_json_equal(was, out))
        c->rep |= TARE_R_COERCE;
}

bool tare__calls_add(struct tare__calls *c, struct tare_str name, struct tare_json args,
                     struct tare_str id)
{
    struct tare_calls *r = c->r;
    if (r->n_calls == 0 || (r->n_calls >= 4 && (r->n_calls & (r->n_calls - 1)) == 0)) {
        struct tare_call *p =
            TARE_NEW_N(c->arena, struct tare_call, r->n_calls ? (size_t)r->n_calls * 2 : 4);
        if (!p) {
            c->nomem = true;
            return false;
        }
        if (r->n_calls)
            memcpy(p, r->calls, r->n_calls * sizeof *p);
        r->calls = p;
    }
    name = mended_name(c, name);
    justify_words(c, name, args);
    if (c->opts->coerce_scalars)
        coerce(c, name, &args);
    r->calls[r->n_calls++] = (struct tare_call){
        .name = name, .arguments = args, .id = id, .off = c->unit_off, .end = c->i};
    return true;
}

int tare__calls_finish(struct tare__calls *c, struct tare_str name, struct tare_str id)
{
    struct tare_json args;
    if (!tare__calls_document(c, 0, &args))
        return TARE_E_CALL_JSON;
    if (tare_json_kind(args) != TARE_JSON_OBJECT)
        return TARE_E_CALL_SHAPE;
    tare__calls_add(c, name, args, id);
    return 0;
}

static bool lacks(const struct tare__calls *c, struct tare_str name, struct tare_json args)
{
    const struct tare_calls_tool *t = tare__calls_tool(c, name);
    struct tare_json req = t ? tare_json_get(t->parameters, "required") : (struct tare_json){0};
    for (struct tare_json v = tare_json_first(req); v.doc; v = tare_json_next(v))
        if (!tare_json_present(tare_json_get_str(args, tare_json_str(v))))
            return true;
    return t == NULL;
}

bool tare__calls_complete(const struct tare__calls *c, uint32_t call)
{
    return !lacks(c, c->r->calls[call].name, c->r->calls[call].arguments);
}

/* The member in the dialect's spelling, or in another (a repair). */
static struct tare_json member(struct tare__calls *c, struct tare_json v, const char *own,
                               const char *const *aliases)
{
    struct tare_json m = tare_json_get(v, own);
    for (; *aliases && !tare_json_present(m); aliases++) {
        m = tare_json_get(v, *aliases);
        if (tare_json_present(m))
            c->rep |= TARE_R_KEY_ALIAS;
    }
    return m;
}

static bool from_text(struct tare__calls *c, struct tare_str text, struct tare_json *out)
{
    return tare_json_parse(text, NULL, c->arena, out, NULL) == TARE_OK &&
           tare_json_kind(*out) == TARE_JSON_OBJECT;
}

static const char *args_key(const struct tare__calls_spec *s, struct tare_json v)
{
    /* functools is seen with either word */
    if (strcmp(s->name, "functools") == 0 && tare_json_present(tare_json_get(v, "parameters")))
        return "parameters";
    return s->args_key ? s->args_key : "arguments";
}

int tare__calls_arguments(struct tare__calls *c, struct tare_str name, struct tare_json *args)
{
    if (tare_json_kind(*args) == TARE_JSON_STRING) {
        c->rep |= TARE_R_ARGS_STRING;
        if (!from_text(c, tare_json_str(*args), args))
            return TARE_E_CALL_SHAPE;
    }
    if (tare_json_kind(*args) <= TARE_JSON_NULL) {
        c->rep |= TARE_R_MISSING_ARGS;
        if (!from_text(c, TARE_S("{}"), args) || lacks(c, mended_name(c, name), *args))
            return TARE_E_CALL_SHAPE;
    }
    return tare_json_kind(*args) == TARE_JSON_OBJECT ? 0 : TARE_E_CALL_SHAPE;
}

static struct tare_str id_of(struct tare_json v)
{
    struct tare_json id = tare_json_get(v, "tool_call_id");
    if (!tare_json_present(id))
        id = tare_json_get(v, "id");
    return tare_json_kind(id) == TARE_JSON_STRING ? tare_json_str(id)
           : tare_json_is_integer(id)             ? tare_json_lexeme(id)
                                                  : (struct tare_str){0};
}

int tare__calls_object(struct tare__calls *c, const struct tare__calls_spec *s, struct tare_json v)
{
    static const char *const names[] = {"name", "tool_name", "function", NULL};
    static const char *const args[] = {"arguments", "parameters", "args", "input", NULL};
    struct tare_json first = tare_json_first(v), a;
    if (tare_json_kind(v) != TARE_JSON_OBJECT)
        return TARE_E_CALL_SHAPE;
    bool by_key = s->flags & TARE__NAME_KEY;
    if (by_key && tare_json_count(v) == 1) {
        struct tare_str key = tare_json_key(first);
        int wrong = tare__calls_arguments(c, key, &first);
        if (!wrong)
            tare__calls_add(c, key, first, (struct tare_str){0});
        return wrong;
    }
    if (by_key && tare_json_count(v))
        c->rep |= TARE_R_KEY_ALIAS;
    struct tare_json name = member(c, v, s->name_key ? s->name_key : "name", names);
    if (tare_json_kind(name) != TARE_JSON_STRING || tare_str_trim(tare_json_str(name)).n == 0)
        return TARE_E_CALL_NO_NAME;
    if (strcmp(s->name, "command_r_plus") == 0 && tare_json_str_is(name, "directly_answer"))
        return 0;
    a = member(c, v, args_key(s, v), args);
    struct tare_str n = mended_name(c, tare_json_str(name));
    c->no_call = !tare_json_present(a) && !tare__calls_tool(c, n);
    int code = tare__calls_arguments(c, n, &a);
    if (!code)
        tare__calls_add(c, n, a, id_of(v));
    return code;
}

/* The parameters of a tool as something to check arguments against. */
static enum tare_status compile(struct tare_json schema, struct tare_str name,
                                struct tare_arena *arena, const struct tare_schema **out,
                                struct tare_err *err)
{
    static const struct tare_schema_options options = {.formats = true};
    struct tare_err why = {0};
    *out = NULL;
    if (tare_json_kind(schema) <= TARE_JSON_NULL)
        return TARE_OK;
    enum tare_status st = tare_schema_compile(schema, &options, arena, out, &why);
    if (st == TARE_OK)
        return TARE_OK;
    tare_err_hint(err, "mend the tool's JSON Schema; \"tare check schema\" explains it");
    return tare_fail_at(err, st, tare_json_offset(schema), "the parameters of \"%.*s\": %s",
                        TARE_FMT(name), why.text);
}

enum tare_status tare_tools_read(struct tare_json v, struct tare_arena *arena,
                                 const struct tare_calls_tool **out, uint32_t *n,
                                 struct tare_err *err)
{
    if (tare_json_kind(v) == TARE_JSON_OBJECT)
        v = tare_json_get(v, "tools");
    if (tare_json_kind(v) != TARE_JSON_ARRAY)
        return tare_fail(err, TARE_E_INPUT, "the tools are not a list");
    struct tare_calls_tool *t = TARE_NEW_N(arena, struct tare_calls_tool, tare_json_count(v));
    if (!t)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading the tools");
    *n = 0;
    for (struct tare_json e = tare_json_first(v); e.doc; e = tare_json_next(e)) {
        struct tare_json f = tare_json_get(e, "function");
        f = tare_json_kind(f) == TARE_JSON_OBJECT ? f : e;
        struct tare_json name = tare_json_get(f, "name"), p = tare_json_get(f, "parameters");
        if (tare_json_kind(name) != TARE_JSON_STRING || tare_json_str(name).n == 0) {
            tare_err_hint(err, "write {\"name\": \"...\", \"parameters\": {a JSON Schema}}");
            return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(e),
                                "tool number %u has no name", *n + 1);
        }
        if (!tare_json_present(p))
            p = tare_json_get(f, "input_schema");
        t[*n] = (struct tare_calls_tool){.name = tare_json_str(name), .parameters = p};
        enum tare_status st = compile(p, t[*n].name, arena, &t[*n].schema, err);
        if (st != TARE_OK)
            return st;
        ++*n;
    }
    *out = t;
    return TARE_OK;
}
