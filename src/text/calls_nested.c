/* Arguments as nested tags: objects by the names of their members, lists as repeated <item>. */
#include "text/calls_int.h"

#include "base/banned.h"

#define NESTED_DEPTH 32

struct place {
    struct tare__calls *c;
    const char *mark; /* stands before every tag */
    struct tare_json root;
    struct tare_json_writer *w;
};

static int element(const struct place *p, struct tare_json schema, bool declared, int depth);

/* What a schema allows; nothing said: anything, but a text where the member is not declared. */
static unsigned types(const struct place *p, struct tare_json schema, bool declared)
{
    return tare_json_present(schema) ? tare__calls_types(schema, p->root, 0)
           : declared                ? TARE__T_ANY
                                     : TARE__T_STR;
}

/* All children of the element are called item; the cursor stands at the first one's tag. */
static bool all_items(const struct place *p)
{
    struct tare__calls *c = p->c;
    size_t was = c->i, next = was;
    bool items = true;
    for (int depth = 0; items && next != SIZE_MAX;) {
        bool closes = tare__calls_skip(c, "</");
        if (closes && depth == 0)
            break;
        items = closes || depth > 0 || tare__calls_at(c, "<item>");
        depth += closes ? -1 : 1;
        next = tare__calls_find(c, p->mark, c->i);
        c->i = next == SIZE_MAX ? was : next + strlen(p->mark);
    }
    c->i = was;
    return items;
}

/* Over the rest of a closing tag and the mark of the next one. 0 or a code. */
static int closing(const struct place *p, struct tare_str name)
{
    struct tare__calls *c = p->c;
    size_t next = tare__calls_find(c, p->mark, c->i);
    if (next == SIZE_MAX)
        return TARE_E_CALL_TRUNCATED;
    struct tare_str rest = tare__calls_slice(c, c->i, next);
    if (!tare_str_starts(rest, name) || rest.n == name.n || rest.p[name.n] != '>' ||
        tare__calls_blank_from(c, c->i + name.n + 1) < next)
        return TARE_E_CALL_SHAPE;
    c->i = next + strlen(p->mark);
    return 0;
}

/* Members or items up to the closing tag of what holds them. */
static int children(const struct place *p, struct tare_json schema, bool list, int depth)
{
    struct tare__calls *c = p->c;
    struct tare_json own = tare__calls_deref(schema, p->root);
    struct tare_json props = tare_json_get(own, "properties"), items = tare_json_get(own, "items");
    bool open = depth > 0 && !tare_json_present(props); /* members of any kind */
    while (!tare__calls_skip(c, "</")) {
        size_t end = tare__calls_find(c, ">", c->i);
        if (end == SIZE_MAX)
            return TARE_E_CALL_TRUNCATED;
        if (!tare__calls_skip(c, "<"))
            return TARE_E_CALL_SHAPE;
        struct tare_str k = tare__calls_slice(c, c->i, end);
        c->i = end + 1;
        if (!list)
            tare_json_put_key_str(p->w, k);
        int code = list ? element(p, items, true, depth + 1)
                        : element(p, tare_json_get_str(props, k), open, depth + 1);
        if (!code)
            code = closing(p, k);
        if (code)
            return code;
    }
    return 0;
}

/* No child: a text by its type, or the list or object that has none. */
static void leaf(const struct place *p, struct tare_json schema, bool declared,
                 struct tare_str text)
{
    unsigned t = types(p, schema, declared);
    bool empty = tare_str_trim(text).n == 0 && !(t & TARE__T_STR);
    if (empty && (t & (TARE__T_ARR | TARE__T_OBJ)) == TARE__T_ARR)
        tare_json_put_raw(p->w, TARE_S("[]"));
    else if (empty && (t & (TARE__T_ARR | TARE__T_OBJ)) == TARE__T_OBJ)
        tare_json_put_raw(p->w, TARE_S("{}"));
    else
        tare__calls_untyped(p->c,
                            declared && !tare_json_present(schema) ? tare__calls_any(p->c) : schema,
                            p->root, text, p->w);
}

/* What stands behind an opening tag, up to behind the "</" that closes it. */
static int element(const struct place *p, struct tare_json schema, bool declared, int depth)
{
    struct tare__calls *c = p->c;
    size_t next = tare__calls_find(c, p->mark, c->i);
    if (next == SIZE_MAX)
        return TARE_E_CALL_TRUNCATED;
    struct tare_str text = tare__calls_slice(c, c->i, next);
    c->i = next + strlen(p->mark);
    if (tare__calls_skip(c, "</")) {
        leaf(p, schema, declared, text);
        return 0;
    }
    if (tare__calls_done(c) || tare__calls_cut_in(c, "</"))
        return TARE_E_CALL_TRUNCATED;
    if (depth > NESTED_DEPTH || tare_str_trim(text).n)
        return TARE_E_CALL_SHAPE;
    unsigned t = types(p, schema, declared) & (TARE__T_ARR | TARE__T_OBJ);
    bool list = t == TARE__T_ARR || (t != TARE__T_OBJ && depth > 0 && all_items(p));
    if (list)
        tare_json_begin_array(p->w);
    else
        tare_json_begin_object(p->w);
    int code = children(p, schema, list, depth);
    if (code)
        return code;
    if (list)
        tare_json_end_array(p->w);
    else
        tare_json_end_object(p->w);
    return 0;
}

int tare__calls_nested_call(struct tare__calls *c, const struct tare__calls_spec *s)
{
    struct tare_json_writer w;
    struct place p = {.c = c, .mark = s->param, .w = &w};
    size_t end = tare__calls_find(c, s->sep, c->i);
    if (end == SIZE_MAX)
        return TARE_E_CALL_TRUNCATED;
    struct tare_str name = tare__calls_slice(c, c->i, end);
    const struct tare_calls_tool *t = tare__calls_tool(c, name);
    if (name.n == 0)
        return TARE_E_CALL_NO_NAME;
    if (t)
        p.root = t->parameters;
    c->i = end + strlen(s->sep);
    c->json.n = 0;
    c->unit_name = name;
    tare_json_writer_init(&w, &c->json);
    tare_json_begin_object(&w);
    end = tare__calls_find(c, p.mark, c->i);
    if (end == SIZE_MAX)
        return TARE_E_CALL_TRUNCATED;
    if (tare__calls_blank_from(c, c->i) < end)
        return TARE_E_CALL_SHAPE;
    c->i = end + strlen(p.mark);
    int code = children(&p, p.root, false, 0);
    if (code)
        return code;
    tare_json_end_object(&w);
    if (tare__calls_done(c) || tare__calls_cut_in(c, "invoke>"))
        return TARE_E_CALL_TRUNCATED;
    if (!tare__calls_skip(c, "invoke>"))
        return TARE_E_CALL_SHAPE;
    return tare__calls_finish(c, name, (struct tare_str){0});
}
