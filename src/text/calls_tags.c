/* Payloads in tags: a call, its arguments one by one, values untyped or typed by an attribute. */
#include "text/calls_int.h"

#include "base/banned.h"

#define HEAD_MAX 512

struct tag {
    struct tare_str name, id, type;
};

static struct tare_json schema_of(const struct tare__calls *c, struct tare_str tool,
                                  struct tare_json *root)
{
    const struct tare_calls_tool *t = tare__calls_tool(c, tool);
    *root = t ? t->parameters : (struct tare_json){0};
    return tare_json_get(*root, "properties");
}

static bool key_is(struct tare_str k, const char *a, const char *b)
{
    return (a && tare_str_is(k, a)) || tare_str_is(k, b);
}

/* The rest of an opening tag: NAME>, or attributes. 0 or a code. */
static int tag_rest(struct tare__calls *c, const struct tare__calls_spec *s, const char *opener,
                    struct tag *out)
{
    size_t from = c->i;
    bool attributes = opener[strlen(opener) - 1] != '=';
    size_t most = c->text.n - from > HEAD_MAX ? from + HEAD_MAX : c->text.n;
    *out = (struct tag){0};
    for (size_t eq = 0; c->i < most && !tare__calls_at(c, s->sep);) {
        char ch = c->text.p[c->i++];
        if (ch == '=')
            eq = c->i - 1;
        if (!attributes || ch != '"' || !eq)
            continue;
        size_t end = tare__calls_find(c, "\"", c->i);
        if (end == SIZE_MAX)
            return TARE_E_CALL_TRUNCATED;
        struct tare_str k = tare_str_trim(tare__calls_slice(c, from, eq));
        struct tare_str v = tare__calls_slice(c, c->i, end);
        if (key_is(k, s->name_key, "name") || key_is(k, s->args_key, "key"))
            out->name = v;
        else if (tare_str_is(k, "id") || tare_str_is(k, "index"))
            out->id = v;
        else if (s->type_key && tare_str_is(k, s->type_key))
            out->type = v;
        c->i = from = end + 1;
        eq = 0;
    }
    if (c->i == c->text.n) {
        tare__calls_touch(c);
        return TARE_E_CALL_TRUNCATED;
    }
    if (!attributes)
        out->name = tare__calls_slice(c, from, c->i);
    if (!tare__calls_skip(c, s->sep))
        return TARE_E_CALL_HEADER;
    return out->name.n ? 0 : TARE_E_CALL_NO_NAME;
}

/* The end of a value: the first closing tag that a legal tag follows; SIZE_MAX: there is none. */
static size_t value_end(const struct tare__calls *c, const char *close, const char *next,
                        const char *last)
{
    struct tare__calls probe = *c;
    for (size_t at = c->i;; at += strlen(close)) {
        at = tare__calls_find(c, close, at);
        if (at == SIZE_MAX)
            return SIZE_MAX;
        probe.i = at + strlen(close);
        tare__calls_blank(&probe);
        while (tare__calls_skip(&probe, "\\n"))
            tare__calls_blank(&probe);
        if (tare__calls_done(&probe) || tare__calls_at(&probe, next) ||
            tare__calls_at(&probe, last))
            return at;
    }
}

static void put_typed(struct tare__calls *c, struct tare_str type, struct tare_str text,
                      struct tare_json_writer *w)
{
    if (tare_str_is(type, "true") || tare_str_is(type, "string") || tare_str_is(type, "raw"))
        tare_json_put_str(w, text);
    else if (!tare__calls_put_json(c, text, w))
        c->rep |= TARE_R_STRING_FLAG;
}

static struct tare_str newlines(const struct tare__calls_spec *s, struct tare_str v)
{
    if (!(s->flags & TARE__NEWLINES))
        return v;
    if (v.n && v.p[0] == '\n')
        v = tare_str_n(v.p + 1, v.n - 1);
    if (v.n && v.p[v.n - 1] == '\n')
        v.n--;
    return v;
}

static int one_argument(struct tare__calls *c, const struct tare__calls_spec *s,
                        struct tare_str tool, struct tare_json_writer *w)
{
    struct tag p;
    struct tare_json root, props = schema_of(c, tool, &root);
    int code = tag_rest(c, s, s->param, &p);
    if (code)
        return code;
    size_t end = value_end(c, s->param_end, s->param, s->call_end);
    if (end == SIZE_MAX)
        return TARE_E_CALL_TRUNCATED;
    struct tare_str v = newlines(s, tare__calls_slice(c, c->i, end));
    c->i = end + strlen(s->param_end);
    tare_json_put_key_str(w, p.name);
    if (p.type.n)
        put_typed(c, p.type, v, w);
    else
        tare__calls_untyped(c, tare_json_get_str(props, p.name), root, v, w);
    return 0;
}

static int finish(struct tare__calls *c, struct tare_str name, struct tare_str id)
{
    struct tare_json args;
    if (!tare__calls_document(c, 0, &args))
        return TARE_E_CALL_JSON;
    if (tare_json_kind(args) != TARE_JSON_OBJECT)
        return TARE_E_CALL_SHAPE;
    tare__calls_add(c, name, args, id);
    return 0;
}

/* One call whose opener is behind the cursor. */
static int one_call(struct tare__calls *c, const struct tare__calls_spec *s)
{
    struct tag head;
    struct tare_json_writer w;
    int code = tag_rest(c, s, s->call, &head);
    if (code)
        return code;
    c->json.n = 0;
    c->unit_name = head.name;
    tare__calls_blank(c);
    if (tare__calls_at(c, "{")) { /* JSON where arguments in tags should be */
        enum tare__calls_read st = tare__calls_literal(c, TARE__JSON, s->call_end, NULL);
        c->rep |= TARE_R_WRONG_WRAPPER;
        if (st != TARE__READ_OK)
            return st == TARE__READ_END ? TARE_E_CALL_TRUNCATED : TARE_E_CALL_JSON;
        tare__calls_blank(c);
    } else {
        tare_json_writer_init(&w, &c->json);
        tare_json_begin_object(&w);
        while (!code && tare__calls_skip(c, s->param)) {
            code = one_argument(c, s, head.name, &w);
            tare__calls_blank(c);
        }
        tare_json_end_object(&w);
    }
    if (code)
        return code;
    if (tare__calls_done(c))
        return TARE_E_CALL_TRUNCATED;
    if (!tare__calls_skip(c, s->call_end))
        return TARE_E_CALL_SHAPE;
    return finish(c, head.name, head.id);
}

/* Step-3 wraps each call in tokens of its own. */
static void shell(struct tare__calls *c)
{
    static const char *const tokens[] = {"<｜tool_call_begin｜>", "function", "<｜tool_sep｜>",
                                         "<｜tool_call_end｜>"};
    tare__calls_blank(c);
    for (int k = 0; k < 4; k++)
        if (tare__calls_skip(c, tokens[k]))
            tare__calls_blank(c);
}

/* True when the text ends inside the opening tag of a call. */
static bool cut_here(const struct tare__calls *c, const struct tare__calls_spec *s)
{
    size_t left = c->text.n - c->i;
    bool cut = left < strlen(s->call) && memcmp(c->text.p + c->i, s->call, left) == 0;
    if (cut)
        tare__calls_touch(c);
    return cut;
}

static bool step3(const struct tare__calls_spec *s)
{
    return strcmp(s->name, "step3") == 0;
}

/* All calls of the block; false: an orphan that is none. */
static bool calls(struct tare__calls *c, const struct tare__calls_spec *s, bool *cut)
{
    while (tare__calls_skip(c, s->call)) {
        int code = one_call(c, s);
        if (c->orphan && (code || !tare__calls_complete(c, c->r->n_calls - 1))) {
            c->no_orphan |= code == TARE_E_CALL_TRUNCATED;
            return false;
        }
        *cut = code == TARE_E_CALL_TRUNCATED;
        if (*cut)
            return true;
        if (code)
            tare__calls_reject_to(c, (enum tare_calls_code)code, s->call_end);
        else
            tare__calls_take(c);
        if (step3(s)) {
            shell(c); /* the end of this call's tokens */
            shell(c); /* the begin of the next one's */
        }
        size_t end = c->i;
        tare__calls_blank(c);
        if (!tare__calls_at(c, s->call)) {
            if (!tare__calls_at(c, s->close) && !cut_here(c, s))
                c->i = end;
            return true;
        }
        tare__calls_begin(c, c->i);
    }
    return true;
}

bool tare__calls_tags(struct tare__calls *c, const struct tare__calls_spec *s)
{
    bool cut = false;
    tare__calls_blank(c);
    if (step3(s))
        shell(c);
    if (!c->orphan && tare__calls_skip(c, s->close)) {
        tare__calls_reject(c, TARE_E_CALL_EMPTY, c->i);
        return true;
    }
    if (!tare__calls_at(c, s->call)) {
        if (!cut_here(c, s) || c->orphan)
            return false;
        tare__calls_cut(c);
        return true;
    }
    if (!calls(c, s, &cut))
        return false;
    if (cut || (cut_here(c, s) && !tare__calls_done(c))) {
        tare__calls_begin(c, c->unit_off);
        tare__calls_cut(c);
        return true;
    }
    bool closed = tare__calls_skip(c, s->close);
    if (c->orphan && !closed)
        return false;
    tare__calls_end_block(c, closed ? 0 : TARE_R_MISSING_CLOSE);
    return true;
}

static void glm_blank(struct tare__calls *c)
{
    tare__calls_blank(c);
    while (tare__calls_skip(c, "\\n"))
        tare__calls_blank(c);
}

static int glm_arguments(struct tare__calls *c, const struct tare__calls_spec *s,
                         struct tare_str tool, struct tare_json_writer *w)
{
    struct tare_json root, props = schema_of(c, tool, &root);
    while (tare__calls_skip(c, "<arg_key>")) {
        size_t end = tare__calls_find(c, "</arg_key>", c->i);
        if (end == SIZE_MAX)
            return TARE_E_CALL_TRUNCATED;
        struct tare_str k = tare__calls_slice(c, c->i, end);
        c->i = end + 10;
        glm_blank(c);
        if (!tare__calls_skip(c, "<arg_value>"))
            return c->text.n - c->i < 11 ? TARE_E_CALL_TRUNCATED : TARE_E_CALL_SHAPE;
        end = value_end(c, "</arg_value>", "<arg_key>", s->close);
        if (end == SIZE_MAX)
            return TARE_E_CALL_TRUNCATED;
        tare_json_put_key_str(w, k);
        tare__calls_untyped(c, tare_json_get_str(props, k), root, tare__calls_slice(c, c->i, end),
                            w);
        c->i = end + 12;
        glm_blank(c);
    }
    return 0;
}

/* The text ends inside a tag that may come here. */
static bool glm_part(const struct tare__calls *c)
{
    size_t left = c->text.n - c->i;
    return left > 0 && ((left < 9 && memcmp(c->text.p + c->i, "<arg_key>", left) == 0) ||
                        (left < 12 && memcmp(c->text.p + c->i, "</tool_call>", left) == 0));
}

bool tare__calls_glm(struct tare__calls *c, const struct tare__calls_spec *s)
{
    struct tare_json_writer w;
    size_t from = tare__calls_blank_from(c, c->i);
    if (!c->spec && from != c->i) /* prose about the tag, unless the dialect is known */
        return false;
    c->i = from;
    while (!tare__calls_done(c) && c->i - from < 128 && !strchr(" \n\t<{[\"`\\(", c->text.p[c->i]))
        c->i++;
    struct tare_str name = tare__calls_slice(c, from, c->i);
    bool cut = tare__calls_done(c);
    glm_blank(c);
    if (name.n == 0 && tare__calls_skip(c, s->close)) {
        tare__calls_reject(c, TARE_E_CALL_EMPTY, c->i);
        return true;
    }
    if (cut || (name.n && glm_part(c))) {
        tare__calls_cut(c);
        return true;
    }
    if (name.n == 0 || !(tare__calls_at(c, "<arg_key>") || tare__calls_at(c, s->close)))
        return false;
    c->json.n = 0;
    c->unit_name = name;
    tare_json_writer_init(&w, &c->json);
    tare_json_begin_object(&w);
    int code = glm_arguments(c, s, name, &w);
    tare_json_end_object(&w);
    if (!code && !tare__calls_skip(c, s->close)) {
        if (tare__calls_done(c))
            c->rep |= TARE_R_MISSING_CLOSE;
        else
            code = c->text.n - c->i < 12 ? TARE_E_CALL_TRUNCATED : TARE_E_CALL_SHAPE;
    }
    if (!code)
        code = finish(c, name, (struct tare_str){0});
    tare__calls_settle(c, code, s->close);
    return true;
}

/* One element behind its prefix: <NAME>text or children, then its closing tag. */
static int element(struct tare__calls *c, const char *mark, struct tare_json schema,
                   struct tare_json root, struct tare_json_writer *w, int depth)
{
    struct tare_json props = tare_json_get(tare__calls_deref(schema, root), "properties");
    struct tare_json items = tare_json_get(tare__calls_deref(schema, root), "items");
    size_t next = tare__calls_find(c, mark, c->i);
    bool open = depth > 0 && !tare_json_present(props); /* children of any kind */
    if (next == SIZE_MAX)
        return TARE_E_CALL_TRUNCATED;
    struct tare_str text = tare__calls_slice(c, c->i, next);
    if (!tare_json_present(items))
        items = tare__calls_any(c);
    c->i = next + strlen(mark);
    if (tare__calls_at(c, "</")) {
        tare__calls_untyped(c, schema, root, text, w);
        return 0;
    }
    bool list = tare__calls_at(c, "<item>");
    if (depth > 32)
        return TARE_E_CALL_SHAPE;
    if (list)
        tare_json_begin_array(w);
    else
        tare_json_begin_object(w);
    while (!tare__calls_at(c, "</")) {
        size_t end = tare__calls_find(c, ">", c->i);
        if (end == SIZE_MAX)
            return TARE_E_CALL_TRUNCATED;
        if (!tare__calls_skip(c, "<") || list != tare__calls_at(c, "item>"))
            return TARE_E_CALL_SHAPE;
        struct tare_str k = tare__calls_slice(c, c->i, end);
        c->i = end + 1;
        if (!list)
            tare_json_put_key_str(w, k);
        struct tare_json sub = list   ? items
                               : open ? tare__calls_any(c)
                                      : tare_json_get_str(props, k);
        int code = element(c, mark, sub, root, w, depth + 1);
        end = tare__calls_find(c, mark, c->i);
        if (code || end == SIZE_MAX)
            return code ? code : TARE_E_CALL_TRUNCATED;
        if (!tare__calls_skip(c, "</") || !tare_str_starts(tare__calls_slice(c, c->i, end), k))
            return TARE_E_CALL_SHAPE;
        c->i = end + strlen(mark);
    }
    if (list)
        tare_json_end_array(w);
    else
        tare_json_end_object(w);
    return 0;
}

bool tare__calls_nested(struct tare__calls *c, const struct tare__calls_spec *s)
{
    int code = 0;
    tare__calls_blank(c);
    if (tare__calls_skip(c, s->close)) {
        tare__calls_reject(c, TARE_E_CALL_EMPTY, c->i);
        return true;
    }
    if (!tare__calls_at(c, s->call) && !tare__calls_done(c))
        return false;
    while (!code && tare__calls_skip(c, s->call)) {
        struct tare_json_writer w;
        size_t end = tare__calls_find(c, s->sep, c->i);
        if (end == SIZE_MAX)
            break;
        struct tare_str name = tare__calls_slice(c, c->i, end);
        const struct tare_calls_tool *t = tare__calls_tool(c, name);
        struct tare_json root = t ? t->parameters : (struct tare_json){0};
        c->i = end + strlen(s->sep);
        c->json.n = 0;
        tare_json_writer_init(&w, &c->json);
        size_t at = c->i;
        tare__calls_blank(c);
        if (tare__calls_skip(c, s->call_end)) { /* no arguments */
            tare_json_begin_object(&w);
            tare_json_end_object(&w);
        } else {
            c->i = at;
            code = element(c, s->param, root, root, &w, 0);
            if (!code && !tare__calls_skip(c, "</invoke>"))
                code = c->text.n - c->i < 9 ? TARE_E_CALL_TRUNCATED : TARE_E_CALL_SHAPE;
        }
        if (!code)
            code = finish(c, name, (struct tare_str){0});
        if (!code)
            tare__calls_take(c);
        tare__calls_blank(c);
    }
    if (code == TARE_E_CALL_TRUNCATED || (!code && c->r->n_calls == c->block_calls))
        tare__calls_cut(c);
    else if (code)
        tare__calls_reject_to(c, (enum tare_calls_code)code, s->close);
    else
        tare__calls_end_block(c, tare__calls_skip(c, s->close) ? 0 : TARE_R_MISSING_CLOSE);
    return true;
}
