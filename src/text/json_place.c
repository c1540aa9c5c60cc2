/* Where in a document a fault is, found from its byte alone: the text before it is sound. */
#include "text/json_parse_int.h"

#include "base/banned.h"

enum expects { A_KEY, A_COLON, A_VALUE, A_COMMA };

struct level {
    size_t key, key_end; /* of an object: its last key, with the quotes */
    uint32_t index;
    bool object;
    uint8_t expects;
};

struct walk {
    struct tare_str text;
    size_t at, end; /* end: where the fault is */
    struct level levels[TARE_MAX_JSON_DEPTH_IMPORT + 1];
    uint32_t depth;
    bool inside; /* the fault is in a string, a number or a literal */
};

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/* Over the string that begins here; false: the fault is in it. */
static bool skip_string(struct walk *w)
{
    for (w->at++; w->at < w->end; w->at++) {
        if (w->text.p[w->at] == '"') {
            w->at++;
            return true;
        }
        w->at += w->text.p[w->at] == '\\';
    }
    return false;
}

static void string(struct walk *w, struct level *l)
{
    size_t from = w->at;
    bool key = l->object && l->expects == A_KEY, whole = skip_string(w);
    if (!key) {
        w->inside = !whole;
        l->expects = A_COMMA;
    } else if (whole) {
        l->key = from;
        l->key_end = w->at;
        l->expects = A_COLON;
    }
}

static void word(struct walk *w, struct level *l)
{
    while (w->at < w->end && !is_one_of(w->text.p[w->at], " \t\r\n,]}"))
        w->at++;
    w->inside = w->at == w->end;
    l->expects = A_COMMA;
}

static void step(struct walk *w)
{
    struct level *l = &w->levels[w->depth];
    char c = w->text.p[w->at];
    if (c == '"') {
        string(w, l);
        return;
    }
    if (!is_one_of(c, " \t\r\n{}[]:,")) {
        word(w, l);
        return;
    }
    w->at++;
    if ((c == '{' || c == '[') && w->depth < TARE_MAX_JSON_DEPTH_IMPORT) {
        l->expects = A_COMMA; /* once it is closed */
        w->levels[++w->depth] =
            (struct level){.object = c == '{', .expects = c == '{' ? A_KEY : A_VALUE};
    } else if ((c == '}' || c == ']') && w->depth) {
        w->depth--;
    } else if (c == ',') {
        l->index++;
        l->expects = l->object ? A_KEY : A_VALUE;
    } else if (c == ':') {
        l->expects = A_VALUE;
    }
}

/* The last key of an object, escapes undone. */
static void put_key(const struct tare__json_parser *ps, struct tare_buf *out, struct tare_str key)
{
    struct tare_json v;
    struct tare_json_policy policy = {.allow_lone_surrogates = true};
    if (tare_json_parse(key, &policy, ps->arena, &v, NULL) == TARE_OK)
        tare__json_put_reference(out, tare_json_str(v));
}

void tare__json_place(const struct tare__json_parser *ps, struct tare_str text)
{
    struct walk w = {.text = text};
    struct tare_buf path;
    w.end = ps->err->offset < text.n ? ps->err->offset : text.n;
    w.at = text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    w.levels[0].expects = A_VALUE;
    while (w.at < w.end)
        step(&w);
    tare_buf_init(&path, ps->arena->alc, sizeof ps->err->path * 2);
    for (uint32_t i = 1; i <= w.depth; i++) {
        const struct level *l = &w.levels[i];
        /* the innermost one: only when a child of it was begun */
        if (i == w.depth && !w.inside && (l->expects == A_KEY || l->expects == A_COMMA))
            break;
        tare_buf_putc(&path, '/');
        if (l->object)
            put_key(ps, &path, tare_str_n(text.p + l->key, l->key_end - l->key));
        else
            tare_buf_printf(&path, "%u", l->index);
    }
    tare_err_fault(ps->err, ps->kind, tare_buf_str(&path));
    tare_buf_free(&path);
}
