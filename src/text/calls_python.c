/* Calls in Python's syntax, in Gemma's, and sections headed by a tool's name. */
#include "text/calls_int.h"

#include "base/banned.h"

static bool name_byte(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
           ch == '_' || ch == '.' || ch == '-';
}

struct tare_str tare__calls_python_name(struct tare__calls *c)
{
    size_t from = c->i;
    while (!tare__calls_done(c) && name_byte(c->text.p[c->i]))
        c->i++;
    return tare__calls_slice(c, from, c->i);
}

static int fault(enum tare__calls_read st)
{
    return st == TARE__READ_END     ? TARE_E_CALL_TRUNCATED
           : st == TARE__READ_SHAPE ? TARE_E_CALL_SHAPE
                                    : TARE_E_CALL_JSON;
}

static int arguments(struct tare__calls *c, struct tare_json *args)
{
    c->json.n = 0;
    tare_buf_putc(&c->json, '{');
    for (bool first = true;; first = false) {
        tare__calls_blank(c);
        if (tare__calls_skip(c, ")"))
            break;
        if (!first && !tare__calls_skip(c, ","))
            return tare__calls_done(c) ? TARE_E_CALL_TRUNCATED : TARE_E_CALL_SHAPE;
        tare__calls_blank(c);
        if (!first && tare__calls_skip(c, ")"))
            break;
        struct tare_str k = tare__calls_python_name(c);
        tare__calls_blank(c);
        if (tare__calls_done(c))
            return TARE_E_CALL_TRUNCATED;
        if (k.n == 0 || !tare__calls_skip(c, "="))
            return TARE_E_CALL_SHAPE; /* positional */
        tare_buf_puts(&c->json, first ? "\"" : ",\"");
        tare_buf_put(&c->json, k);
        tare_buf_puts(&c->json, "\":");
        enum tare__calls_read st = tare__calls_literal(c, TARE__PYTHON, NULL, NULL);
        if (st != TARE__READ_OK)
            return fault(st);
    }
    tare_buf_putc(&c->json, '}');
    return tare__calls_document(c, 0, args) ? 0 : TARE_E_CALL_JSON;
}

int tare__calls_python_call(struct tare__calls *c, struct tare_str name)
{
    struct tare_json args;
    if (tare__calls_done(c))
        return TARE_E_CALL_TRUNCATED;
    if (name.n == 0 || !tare__calls_skip(c, "("))
        return TARE_E_CALL_SHAPE;
    c->unit_name = name;
    int code = arguments(c, &args);
    if (!code)
        tare__calls_add(c, name, args, (struct tare_str){0});
    return code;
}

/* [f(…), g(…)], or one a line. */
static int list(struct tare__calls *c, const struct tare__calls_spec *s)
{
    bool lines = s->flags & TARE__LINES;
    const char *end = lines ? s->close : "]";
    if (!lines)
        c->i++;
    for (bool first = true;; first = false) {
        tare__calls_blank(c);
        if (lines ? tare__calls_at(c, end) : tare__calls_skip(c, end))
            return first ? TARE_E_CALL_EMPTY : 0;
        if (tare__calls_done(c) || (lines && tare__calls_cut_in(c, end)))
            return lines && !first ? 0 : TARE_E_CALL_TRUNCATED;
        if (!first && !lines && !tare__calls_skip(c, ","))
            return TARE_E_CALL_SHAPE;
        tare__calls_blank(c);
        if (!first && !lines && tare__calls_skip(c, end))
            return 0;
        int code = tare__calls_python_call(c, tare__calls_python_name(c));
        if (code)
            return code;
    }
}

/* What stands at the cursor, which it moves, can be a list of calls. */
static bool begins_list(struct tare__calls *c, const struct tare__calls_spec *s)
{
    if (!(s->flags & TARE__LINES) && !tare__calls_skip(c, "["))
        return false;
    tare__calls_blank(c);
    if (tare__calls_done(c) || tare__calls_at(c, "]"))
        return !(s->flags & TARE__BARE) || (c->opts->length && tare__calls_done(c));
    struct tare_str n = tare__calls_python_name(c);
    return n.n > 0 && (tare__calls_done(c) || tare__calls_at(c, "("));
}

static bool activates(struct tare__calls *c, const struct tare__calls_spec *s)
{
    size_t was = c->i;
    bool list = begins_list(c, s);
    c->i = was;
    return list;
}

/* The text, or the block, ends behind its opener. */
static bool nothing(struct tare__calls *c, const struct tare__calls_spec *s)
{
    if (tare__calls_done(c) || tare__calls_cut_in(c, s->close))
        tare__calls_cut(c);
    else if (tare__calls_skip(c, s->close))
        tare__calls_reject(c, TARE_E_CALL_EMPTY, c->i);
    else
        return false;
    return true;
}

/* [{ and { are the JSON form of the same wrapper. */
static bool json_form(const struct tare__calls *c, const struct tare__calls_spec *s)
{
    return s->name_key && (tare__calls_at(c, "[{") || tare__calls_at(c, "{"));
}

/* Over what ends a block behind its list; false: a bare list is not the whole message. */
static bool list_end(struct tare__calls *c, const struct tare__calls_spec *s, bool bare,
                     bool fenced)
{
    if (fenced) {
        tare__calls_blank(c);
        tare__calls_skip(c, "```");
    }
    size_t end = c->i;
    tare__calls_blank(c);
    if (tare__calls_skip(c, s->close))
        return true;
    if (bare && !tare__calls_done(c) && !tare__calls_at(c, "<|") && !tare__calls_cut_in(c, "<|"))
        return false;
    c->i = !bare && tare__calls_cut_in(c, s->close) ? c->text.n : end;
    c->rep |= bare ? 0 : TARE_R_MISSING_CLOSE;
    return true;
}

bool tare__calls_python(struct tare__calls *c, const struct tare__calls_spec *s)
{
    bool fenced = c->rep & TARE_R_FENCE;
    bool bare = s->flags & TARE__BARE && (fenced || c->i == tare__calls_blank_from(c, c->unit_off));
    tare__calls_blank(c);
    if (json_form(c, s)) {
        struct tare__calls_spec json = *s;
        json.flags |= TARE__LIST;
        return tare__calls_json(c, &json);
    }
    if (!bare && nothing(c, s))
        return true;
    if (!activates(c, s))
        return false;
    int code = list(c, s);
    if (!code && !list_end(c, s, bare, fenced))
        return false;
    tare__calls_settle(c, code, s->close);
    return true;
}

/* The arguments again, each text by the type of its schema. */
static bool retyped(struct tare__calls *c, struct tare_str tool, struct tare_json *args)
{
    const struct tare_calls_tool *t = tare__calls_tool(c, tool);
    struct tare_json root = t ? t->parameters : (struct tare_json){0};
    struct tare_json props = tare_json_get(root, "properties"), in = *args;
    struct tare_json_writer w;
    c->json.n = 0;
    tare_json_writer_init(&w, &c->json);
    tare_json_begin_object(&w);
    for (struct tare_json v = tare_json_first(in); v.doc; v = tare_json_next(v)) {
        tare_json_put_key_str(&w, tare_json_key(v));
        if (tare_json_kind(v) == TARE_JSON_STRING)
            tare__calls_untyped(c, tare_json_get_str(props, tare_json_key(v)), root,
                                tare_json_str(v), &w);
        else
            tare_json_put_value(&w, v);
    }
    tare_json_end_object(&w);
    return tare__calls_document(c, 0, args);
}

bool tare__calls_gemma(struct tare__calls *c, const struct tare__calls_spec *s)
{
    struct tare_json args;
    size_t left = c->text.n - c->i;
    if (left < 5)
        tare__calls_touch(c);
    if (left < 5 ? memcmp(c->text.p + c->i, "call:", left) != 0 : !tare__calls_skip(c, "call:"))
        return false;
    struct tare_str n = tare__calls_python_name(c);
    if (left < 5 || tare__calls_done(c)) {
        tare__calls_cut(c);
        return true;
    }
    int code = n.n == 0 ? TARE_E_CALL_NO_NAME : !tare__calls_at(c, "{") ? TARE_E_CALL_SHAPE : 0;
    c->json.n = 0;
    if (!(s->flags & TARE__RETYPE))
        c->unit_name = n;
    if (!code) {
        enum tare__calls_read st = tare__calls_literal(c, TARE__GEMMA, NULL, s->type_key);
        code = st == TARE__READ_OK ? 0 : fault(st);
    }
    if (!code && (!tare__calls_document(c, 0, &args) ||
                  ((s->flags & TARE__RETYPE) && !retyped(c, n, &args))))
        code = TARE_E_CALL_JSON;
    if (!code) {
        tare__calls_add(c, n, args, (struct tare_str){0});
        tare__calls_blank(c);
        if (!tare__calls_close(c, s->close))
            code = TARE_E_CALL_SHAPE;
    }
    tare__calls_settle(c, code, s->close);
    return true;
}

bool tare__calls_sections(struct tare__calls *c, const struct tare__calls_spec *s)
{
    size_t line = tare__calls_find(c, "\n", c->i);
    if (line == SIZE_MAX || line - c->i > 128) {
        if (line != SIZE_MAX || !c->opts->length)
            return false;
        tare__calls_cut(c);
        return true;
    }
    struct tare_str n = tare_str_trim(tare__calls_slice(c, c->i, line));
    c->i = line + 1;
    if (tare_str_is(n, "all")) /* what follows is content */
        return true;
    tare__calls_blank(c);
    if (n.n == 0 || (!tare__calls_done(c) && !tare__calls_at(c, "{") && !tare__calls_tool(c, n)))
        return false;
    struct tare_json args;
    int code = tare__calls_value(c, n, NULL, false, &args);
    if (!code)
        tare__calls_add(c, n, args, (struct tare_str){0});
    tare__calls_settle(c, code, s->close);
    return true;
}
