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

/* Step-3 wraps each call in tokens of its own. */
static const char *const shell_tokens[] = {"<｜tool_call_begin｜>", "function", "<｜tool_sep｜>",
                                           "<｜tool_call_end｜>"};

static bool step3(const struct tare__calls_spec *s)
{
    return strcmp(s->name, "step3") == 0;
}

static void shell(struct tare__calls *c, const struct tare__calls_spec *s)
{
    tare__calls_blank(c);
    if (!step3(s))
        return;
    for (int k = 0; k < 4; k++)
        if (tare__calls_skip(c, shell_tokens[k]))
            tare__calls_blank(c);
}

/* True when the text ends here, or inside what opens a call. */
static bool cut_here(const struct tare__calls *c, const struct tare__calls_spec *s)
{
    bool cut = tare__calls_done(c) || tare__calls_cut_in(c, s->call);
    for (int k = 0; k < 4 && step3(s); k++)
        cut |= tare__calls_cut_in(c, shell_tokens[k]);
    return cut;
}

/* Over layout between tags; the letters \\n are seen where a newline should be. */
static void layout(struct tare__calls *c)
{
    tare__calls_blank(c);
    while (tare__calls_skip(c, "\\n"))
        tare__calls_blank(c);
    if (tare__calls_cut_in(c, "\\n"))
        c->i = c->text.n;
}

/* One of two tags stands here, or the text ends before or inside it. */
static bool at_either(const struct tare__calls *c, const char *a, const char *b)
{
    return tare__calls_done(c) || tare__calls_at(c, a) || tare__calls_at(c, b) ||
           tare__calls_cut_in(c, a) || tare__calls_cut_in(c, b);
}

enum follower { NONE, LEGAL, DOUBTFUL };

/* What stands behind a tag that may close a value. It is doubtful that a call ends there when
 * neither another call nor the end of the block follows. */
static enum follower follows(struct tare__calls *c, const struct tare__calls_spec *s, size_t behind,
                             const char *next, const char *last)
{
    size_t was = c->i;
    c->i = behind;
    layout(c);
    enum follower f = at_either(c, next, last) ? LEGAL : NONE;
    if (f == LEGAL && s->call_end && tare__calls_skip(c, last)) {
        shell(c, s);
        shell(c, s);
        f = at_either(c, s->call, s->close) || (step3(s) && cut_here(c, s)) ? LEGAL : DOUBTFUL;
    }
    c->i = was;
    return f;
}

/* Where the block ends that the cursor is in; SIZE_MAX: another one begins before, or it does not
 * end. Found once for many values. */
static size_t block_end(struct tare__calls *c, const struct tare__calls_spec *s, size_t from)
{
    if (c->ends.of != s || from < c->ends.from || from > c->ends.close) {
        c->ends.of = s;
        c->ends.from = from;
        c->ends.close = tare__calls_find(c, s->close, from);
    }
    if (c->ends.open_of != s || from < c->ends.open_from || from > c->ends.open) {
        c->ends.open_of = s;
        c->ends.open_from = from;
        c->ends.open = tare__calls_find(c, s->open, from);
    }
    return c->ends.open < c->ends.close ? SIZE_MAX : c->ends.close;
}

/* The end of a value: the first closing tag that a legal tag follows, SIZE_MAX: there is none. One
 * that is followed by the end of a call, but not of the block, belongs to the value when another
 * in the same block ends both. */
static size_t value_end(struct tare__calls *c, const struct tare__calls_spec *s, const char *close,
                        const char *next, const char *last)
{
    size_t doubtful = SIZE_MAX, most = SIZE_MAX;
    for (size_t at = c->i;; at += strlen(close)) {
        at = tare__calls_find(c, close, at);
        if (at >= most)
            return doubtful;
        switch (follows(c, s, at + strlen(close), next, last)) {
        case LEGAL:
            return at;
        case DOUBTFUL:
            if (doubtful != SIZE_MAX)
                break;
            doubtful = at;
            most = block_end(c, s, at);
            if (most == SIZE_MAX)
                return at;
            break;
        default:
            break;
        }
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
    size_t crlf = v.n > 1 && v.p[0] == '\r' && v.p[1] == '\n';
    if (v.n > crlf && v.p[crlf] == '\n')
        v = tare_str_n(v.p + crlf + 1, v.n - crlf - 1);
    if (v.n && v.p[v.n - 1] == '\n')
        v.n--;
    if (crlf && v.n && v.p[v.n - 1] == '\r')
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
    size_t end = value_end(c, s, s->param_end, s->param, s->call_end);
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

/* JSON where arguments should stand in tags. 0 or a code. */
static int json_body(struct tare__calls *c, const char *stop)
{
    enum tare__calls_read st = tare__calls_literal(c, TARE__JSON, stop, NULL);
    c->rep |= TARE_R_WRONG_WRAPPER;
    if (st != TARE__READ_OK)
        return st == TARE__READ_END ? TARE_E_CALL_TRUNCATED : TARE_E_CALL_JSON;
    tare__calls_blank(c);
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
        code = json_body(c, s->call_end);
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
    if (tare__calls_done(c) || tare__calls_cut_in(c, s->call_end) ||
        tare__calls_cut_in(c, s->param))
        return TARE_E_CALL_TRUNCATED;
    if (!tare__calls_skip(c, s->call_end))
        return TARE_E_CALL_SHAPE;
    return tare__calls_finish(c, head.name, head.id);
}

/* Behind a call: over the layout to the next one, or (false) to what else there is. */
static bool next_call(struct tare__calls *c, const struct tare__calls_spec *s)
{
    size_t end = c->i;
    shell(c, s); /* this call's end */
    shell(c, s); /* the next one's begin */
    end = step3(s) ? c->i : end;
    if (tare__calls_at(c, s->call))
        tare__calls_begin(c, c->i);
    else if (!tare__calls_at(c, s->close) && !tare__calls_cut_in(c, s->close) && !cut_here(c, s))
        c->i = end;
    return tare__calls_at(c, s->call);
}

/* All calls of the block; false: an orphan that is none. */
static bool calls(struct tare__calls *c, const struct tare__calls_spec *s, bool *cut)
{
    if (c->resume) { /* behind the calls that are known */
        c->i = c->resume;
        if (!next_call(c, s))
            return true;
    }
    while (tare__calls_skip(c, s->call)) {
        int code = s->family == tare__calls_nested ? tare__calls_nested_call(c, s) : one_call(c, s);
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
        if (!next_call(c, s))
            return true;
    }
    return true;
}

/* The tags of a block without their prefix, though its opener has it. */
static const struct tare__calls_spec *plain_inside(struct tare__calls *c,
                                                   const struct tare__calls_spec *s,
                                                   struct tare__calls_spec *inner)
{
    *inner = *tare__calls_spec_named(tare_str_of(s->plain));
    inner->open = s->open;
    if (tare__calls_find(c, inner->close, c->i) == SIZE_MAX)
        inner->close = s->close;
    c->block_rep |= TARE_R_WRONG_WRAPPER;
    return inner;
}

bool tare__calls_tags(struct tare__calls *c, const struct tare__calls_spec *s)
{
    bool cut = false;
    shell(c, s);
    struct tare__calls_spec inner;
    if (s->plain && !c->orphan && !tare__calls_at(c, s->call) && tare__calls_at(c, "<invoke"))
        s = plain_inside(c, s, &inner);
    if (!c->orphan && tare__calls_skip(c, s->close)) {
        tare__calls_reject(c, TARE_E_CALL_EMPTY, c->i);
        return true;
    }
    if (!tare__calls_at(c, s->call)) {
        if (c->orphan || !(cut_here(c, s) || tare__calls_cut_in(c, s->close)))
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
    if (!closed && tare__calls_cut_in(c, s->close))
        c->i = c->text.n;
    tare__calls_end_block(c, closed ? 0 : TARE_R_MISSING_CLOSE);
    return true;
}

bool tare__calls_nested(struct tare__calls *c, const struct tare__calls_spec *s)
{
    return tare__calls_tags(c, s);
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
        layout(c);
        if (!tare__calls_skip(c, "<arg_value>"))
            return tare__calls_done(c) || tare__calls_cut_in(c, "<arg_value>")
                       ? TARE_E_CALL_TRUNCATED
                       : TARE_E_CALL_SHAPE;
        end = value_end(c, s, "</arg_value>", "<arg_key>", s->close);
        if (end == SIZE_MAX)
            return TARE_E_CALL_TRUNCATED;
        tare_json_put_key_str(w, k);
        tare__calls_untyped(c, tare_json_get_str(props, k), root, tare__calls_slice(c, c->i, end),
                            w);
        c->i = end + 12;
        layout(c);
    }
    return 0;
}

/* The text ends behind a name, or inside a tag that may come there. A name is followed by a newline
 * or a tag. */
static bool glm_cut(const struct tare__calls *c, const struct tare__calls_spec *s,
                    struct tare_str name)
{
    const char *behind = name.p + name.n;
    if (tare__calls_done(c))
        return behind == c->text.p + c->i || strchr("\r\n\\", *behind) || tare__calls_tool(c, name);
    return tare__calls_cut_in(c, "<arg_key>") || tare__calls_cut_in(c, s->close);
}

bool tare__calls_glm(struct tare__calls *c, const struct tare__calls_spec *s)
{
    struct tare_json_writer w;
    size_t from = tare__calls_blank_from(c, c->i);
    if (!c->spec && from != c->i) /* prose about the tag, unless the dialect is known */
        return false;
    c->i = from;
    while (!tare__calls_done(c) && c->i - from < 128 &&
           !strchr(" \r\n\t<{[\"`\\(", c->text.p[c->i]))
        c->i++;
    struct tare_str name = tare__calls_slice(c, from, c->i);
    size_t name_end = c->i;
    layout(c);
    if (name.n == 0 && tare__calls_skip(c, s->close)) {
        tare__calls_reject(c, TARE_E_CALL_EMPTY, c->i);
        return true;
    }
    if (glm_cut(c, s, name)) {
        tare__calls_cut(c);
        return true;
    }
    bool tag = tare__calls_at(c, "<arg_key>") || tare__calls_at(c, s->close);
    bool line = c->spec && strchr("\r\n\\", c->text.p[name_end]);
    if (name.n == 0 || !(tag || line))
        return false;
    c->json.n = 0;
    c->unit_name = name;
    tare_json_writer_init(&w, &c->json);
    tare_json_begin_object(&w);
    int code = 0;
    if (tare__calls_at(c, "{")) { /* JSON where arguments in tags should be */
        c->json.n = 0;
        code = json_body(c, s->close);
    } else {
        code = glm_arguments(c, s, name, &w);
        tare_json_end_object(&w);
    }
    if (!code && tare__calls_cut_in(c, "<arg_key>"))
        code = TARE_E_CALL_TRUNCATED;
    if (!code && !tare__calls_close(c, s->close))
        code = TARE_E_CALL_SHAPE;
    if (!code)
        code = tare__calls_finish(c, name, (struct tare_str){0});
    tare__calls_settle(c, code, s->close);
    return true;
}
