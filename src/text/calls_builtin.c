/*
 * What Llama 3.1 calls its own tools with behind <|python_tag|>: NAME.call(key=value, …), or code
 * for an interpreter, which is the one argument of the tool that is declared for it.
 */
#include "text/calls_int.h"

#include "base/banned.h"

struct interpreter {
    const struct tare_calls_tool *tool; /* NULL: none is declared */
    struct tare_str takes;              /* the argument that is the code */
};

/* "code", or the only argument there is. */
static struct tare_str takes(const struct tare_calls_tool *t)
{
    struct tare_json props = tare_json_get(t->parameters, "properties");
    struct tare_json only = tare_json_first(props);
    if (tare_json_present(tare_json_get(props, "code")) || tare_json_count(props) != 1)
        return TARE_S("code");
    return tare_json_key(only);
}

static struct interpreter interpreter(const struct tare__calls *c)
{
    static const char *const names[] = {"code_interpreter", "python", "ipython"};
    struct interpreter it = {0};
    for (size_t k = 0; k < sizeof names / sizeof *names && !it.tool; k++)
        it.tool = tare__calls_tool(c, tare_str_of(names[k]));
    if (it.tool)
        it.takes = takes(it.tool);
    return it;
}

/* Where the code ends: before the token that ends the message, or with the text. */
static size_t code_end(struct tare__calls *c)
{
    size_t was = c->i, at = c->i;
    for (; (at = tare__calls_find(c, "<|eo", at)) != SIZE_MAX; at++) {
        c->i = at;
        if (tare__calls_at(c, "<|eom_id|>") || tare__calls_at(c, "<|eot_id|>"))
            break;
        (void)tare__calls_cut_in(c, "<|eom_id|>");
        (void)tare__calls_cut_in(c, "<|eot_id|>");
    }
    c->i = was;
    return at == SIZE_MAX ? c->text.n : at;
}

static void code(struct tare__calls *c, const struct interpreter *it)
{
    struct tare_json args;
    struct tare_json_writer w;
    c->unit_name = it->tool->name;
    size_t end = code_end(c);
    if (end == c->text.n && c->opts->length) {
        tare__calls_cut(c);
        return;
    }
    c->json.n = 0;
    tare_json_writer_init(&w, &c->json);
    tare_json_begin_object(&w);
    tare_json_put_key_str(&w, it->takes);
    tare_json_put_str(&w, tare_str_trim(tare__calls_slice(c, c->i, end)));
    tare_json_end_object(&w);
    c->i = end;
    bool json = tare__calls_document(c, 0, &args);
    if (json)
        tare__calls_add(c, it->tool->name, args, (struct tare_str){0});
    tare__calls_settle(c, json ? 0 : TARE_E_CALL_JSON, NULL);
}

bool tare__calls_builtin(struct tare__calls *c, const struct tare__calls_spec *s)
{
    struct interpreter it = interpreter(c);
    tare__calls_blank(c);
    size_t from = c->i;
    struct tare_str name = tare__calls_python_name(c), end = TARE_S(".call");
    bool named = name.n > end.n && tare_str_ends(name, end) && tare__calls_at(c, "(");
    if (named)
        name.n -= end.n;
    if (named && (!it.tool || tare__calls_tool(c, name))) {
        tare__calls_settle(c, tare__calls_python_call(c, name), s->close);
        return true;
    }
    bool done = tare__calls_done(c);
    c->i = from;
    if ((!it.tool || from == c->text.n) && done && c->opts->length) {
        tare__calls_cut(c);
        return true;
    }
    if (!it.tool || from == c->text.n || tare__calls_at(c, "{"))
        return false;
    code(c, &it);
    return true;
}
