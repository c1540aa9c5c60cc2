/* Templates, read into parts. */
#include "text/template_int.h"

#include "base/banned.h"

struct reader {
    struct tare_str text;
    size_t at;
    struct tare_arena *arena;
    struct tare_err *err;
    uint32_t n_parts;
    bool trim; /* the tag before ended in '-': white space goes */
};

/* A tag in front: where it begins, its inside, where it ends. */
struct tag {
    char kind; /* '{', '%', '#', or 0: none, the text ends */
    size_t from, inside, inside_end, end;
    bool trim_before, trim_after;
};

bool tare_template_has_holes(struct tare_str text)
{
    return tare_str_find(text, TARE_S("{{")) != SIZE_MAX ||
           tare_str_find(text, TARE_S("{%")) != SIZE_MAX ||
           tare_str_find(text, TARE_S("{#")) != SIZE_MAX;
}

/* The end of a tag that closes with `close`: quoted text inside is stepped over. */
static size_t tag_end(struct tare_str text, size_t at, const char close[2])
{
    char quote = 0;
    for (; at + 1 < text.n; at++) {
        char c = text.p[at];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (close[0] != '#' && (c == '"' || c == '\''))
            quote = c;
        else if (c == close[0] && text.p[at + 1] == close[1])
            return at;
    }
    return SIZE_MAX;
}

static enum tare_status next_tag(struct reader *r, struct tag *t)
{
    size_t at = r->at;
    *t = (struct tag){.from = r->text.n, .end = r->text.n};
    for (; at + 1 < r->text.n; at++) {
        char c = r->text.p[at + 1];
        if (r->text.p[at] == '{' && (c == '{' || c == '%' || c == '#'))
            break;
    }
    if (at + 1 >= r->text.n)
        return TARE_OK;
    char open = r->text.p[at + 1], close[2] = {open == '{' ? '}' : open, '}'};
    size_t end = tag_end(r->text, at + 2, close);
    if (end == SIZE_MAX)
        return tare_fail_at(r->err, TARE_E_INPUT, at, "a template's %.2s is never closed",
                            r->text.p + at);
    *t =
        (struct tag){.kind = open, .from = at, .inside = at + 2, .inside_end = end, .end = end + 2};
    if (t->inside < end && r->text.p[t->inside] == '-') {
        t->trim_before = true;
        t->inside++;
    }
    if (t->inside < t->inside_end && r->text.p[t->inside_end - 1] == '-') {
        t->trim_after = true;
        t->inside_end--;
    }
    return TARE_OK;
}

static struct tare__part *add(struct reader *r, struct tare__part ***tail,
                              enum tare__part_kind kind)
{
    struct tare__part *p =
        r->n_parts++ < TARE__TEMPLATE_PARTS ? TARE_NEW(r->arena, struct tare__part) : NULL;
    if (!p)
        return NULL;
    p->kind = kind;
    **tail = p;
    *tail = &p->next;
    return p;
}

static enum tare_status no_room(struct reader *r)
{
    return tare_fail(r->err, TARE_E_LIMIT, "a template is too large");
}

static enum tare_status put_text(struct reader *r, struct tare__part ***tail, const struct tag *t)
{
    size_t from = r->at, to = t->from;
    while (r->trim && from < to && strchr(" \t\r\n", r->text.p[from]))
        from++;
    while (t->trim_before && to > from && strchr(" \t\r\n", r->text.p[to - 1]))
        to--;
    r->trim = t->trim_after;
    r->at = t->end;
    if (from == to)
        return TARE_OK;
    struct tare__part *p = add(r, tail, TARE__PART_TEXT);
    if (!p)
        return no_room(r);
    p->text = tare_str_n(r->text.p + from, to - from);
    return TARE_OK;
}

static enum tare_status read_expr(struct reader *r, size_t from, const struct tag *t,
                                  struct tare__expr **out)
{
    size_t at = from;
    *out = tare__expr_read(r->text, &at, t->inside_end, r->arena, r->err);
    if (!*out)
        return r->err && r->err->code ? r->err->code : TARE_E_INPUT;
    if (at < t->inside_end)
        return tare_fail_at(r->err, TARE_E_INPUT, at,
                            "a template does not know what this means: "
                            "\"%.*s\"",
                            (int)(t->inside_end - at), r->text.p + at);
    return TARE_OK;
}

static struct tare_str first_word(const struct reader *r, const struct tag *t, size_t *after)
{
    size_t at = t->inside, from;
    while (at < t->inside_end && strchr(" \t\r\n", r->text.p[at]))
        at++;
    for (from = at; at < t->inside_end && !strchr(" \t\r\n", r->text.p[at]); at++)
        ;
    *after = at;
    return tare_str_n(r->text.p + from, at - from);
}

static enum tare_status read_parts(struct reader *r, struct tare__part **first, uint32_t depth,
                                   struct tag *ended_by);

static enum tare_status not_closed(struct reader *r, const struct tag *opened, const char *with)
{
    enum tare_status st =
        tare_fail_at(r->err, TARE_E_INPUT, opened->from, "this block of a template is not closed");
    tare_err_hint(r->err, "close it with {%% %s %%}", with);
    return st;
}

static enum tare_status read_if(struct reader *r, struct tare__part ***tail, const struct tag *open,
                                size_t after, uint32_t depth)
{
    struct tare__part *p = add(r, tail, TARE__PART_IF);
    struct tag end = *open;
    enum tare_status st = p ? read_expr(r, after, open, &p->expr) : no_room(r);
    while (st == TARE_OK) {
        size_t rest;
        st = read_parts(r, &p->body, depth + 1, &end);
        if (st != TARE_OK)
            return st;
        struct tare_str word = end.kind ? first_word(r, &end, &rest) : TARE_S("");
        if (tare_str_is(word, "endif"))
            return TARE_OK;
        bool other = tare_str_is(word, "else");
        if (!other && !tare_str_is(word, "elif") && !tare_str_is(word, "elseif"))
            return not_closed(r, open, "endif");
        p->alt = TARE_NEW(r->arena, struct tare__part);
        if (!p->alt)
            return no_room(r);
        p = p->alt;
        p->kind = TARE__PART_IF;
        if (!other)
            st = read_expr(r, rest, &end, &p->expr);
    }
    return st;
}

static enum tare_status read_for(struct reader *r, struct tare__part ***tail,
                                 const struct tag *open, size_t after, uint32_t depth)
{
    struct tare__part *p = add(r, tail, TARE__PART_FOR);
    struct tag head = *open, end;
    size_t rest;
    if (!p)
        return no_room(r);
    head.inside = after;
    p->text = first_word(r, &head, &rest);
    head.inside = rest;
    if (!tare_str_is(first_word(r, &head, &rest), "in") || p->text.n == 0)
        return tare_fail_at(r->err, TARE_E_INPUT, open->from,
                            "a template's loop reads {%% for NAME in LIST %%}");
    enum tare_status st = read_expr(r, rest, open, &p->expr);
    if (st == TARE_OK)
        st = read_parts(r, &p->body, depth + 1, &end);
    if (st != TARE_OK)
        return st;
    return end.kind && tare_str_is(first_word(r, &end, &rest), "endfor")
               ? TARE_OK
               : not_closed(r, open, "endfor");
}

static enum tare_status read_raw(struct reader *r, struct tare__part ***tail,
                                 const struct tag *open)
{
    size_t from = r->at;
    struct tag t;
    for (;;) {
        enum tare_status st = next_tag(r, &t);
        size_t rest;
        if (st != TARE_OK || t.kind == 0)
            return not_closed(r, open, "endraw");
        r->at = t.kind == '%' ? t.end : t.from + 2;
        if (t.kind == '%' && tare_str_is(first_word(r, &t, &rest), "endraw"))
            break;
    }
    struct tare__part *p = add(r, tail, TARE__PART_TEXT);
    if (!p)
        return no_room(r);
    p->text = tare_str_n(r->text.p + from, t.from - from);
    return TARE_OK;
}

/* Parts up to a tag that closes or goes on with a block: that one is handed back. */
static enum tare_status read_parts(struct reader *r, struct tare__part **first, uint32_t depth,
                                   struct tag *ended_by)
{
    struct tare__part **tail = first;
    enum tare_status st = TARE_OK;
    struct tag t;
    if (depth > TARE__TEMPLATE_DEPTH)
        return no_room(r);
    while ((st = next_tag(r, &t)) == TARE_OK) {
        size_t after = 0;
        st = put_text(r, &tail, &t);
        *ended_by = t;
        if (st != TARE_OK || t.kind == 0)
            return st;
        if (t.kind == '{') {
            struct tare__part *p = add(r, &tail, TARE__PART_PUT);
            st = p ? read_expr(r, t.inside, &t, &p->expr) : no_room(r);
        } else if (t.kind == '%') {
            struct tare_str word = first_word(r, &t, &after);
            if (tare_str_is(word, "if"))
                st = read_if(r, &tail, &t, after, depth);
            else if (tare_str_is(word, "for"))
                st = read_for(r, &tail, &t, after, depth);
            else if (tare_str_is(word, "raw"))
                st = read_raw(r, &tail, &t);
            else
                return TARE_OK;
        }
        if (st != TARE_OK)
            return st;
    }
    return st;
}

enum tare_status tare_template_compile(struct tare_str text, struct tare_arena *arena,
                                       struct tare_template **out, struct tare_err *err)
{
    struct tare_template *t = TARE_NEW(arena, struct tare_template);
    struct reader r = {.text = text, .arena = arena, .err = err};
    struct tag end;
    if (!t)
        return tare_fail(err, TARE_E_NOMEM, "out of memory in a template");
    t->source = text;
    enum tare_status st = read_parts(&r, &t->first, 0, &end);
    if (st == TARE_OK && end.kind) {
        size_t after;
        struct tare_str word = first_word(&r, &end, &after);
        st = tare_fail_at(err, TARE_E_INPUT, end.from, "a template does not know {%% %.*s %%} here",
                          TARE_FMT(word));
        tare_err_hint(err, "there are: if, elif, else, endif, for, endfor, raw, endraw");
    }
    *out = t;
    return st;
}
