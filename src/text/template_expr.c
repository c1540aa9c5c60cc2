/* Expressions of templates, read by precedence. */
#include "text/template_int.h"

#include "base/banned.h"

struct reader {
    struct tare_str text;
    size_t at, end;
    struct tare_arena *arena;
    struct tare_err *err;
    bool failed;
    uint32_t depth;
};

static struct tare__expr *expression(struct reader *r);

static struct tare__expr *fail(struct reader *r, const char *what)
{
    if (!r->failed)
        (void)tare_fail_at(r->err, TARE_E_INPUT, r->at, "a template wants %s here", what);
    r->failed = true;
    return NULL;
}

static struct tare__expr *make(struct reader *r, enum tare__expr_kind kind, struct tare__expr *left,
                               struct tare__expr *right)
{
    struct tare__expr *e = r->failed ? NULL : TARE_NEW(r->arena, struct tare__expr);
    if (!e) {
        if (!r->failed)
            (void)tare_fail(r->err, TARE_E_NOMEM, "out of memory in a template");
        r->failed = true;
        return NULL;
    }
    e->kind = kind;
    e->left = left;
    e->right = right;
    e->offset = r->at;
    return e;
}

static void space(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", r->text.p[r->at]) && r->text.p[r->at])
        r->at++;
}

static bool is_word(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (uint8_t)c >= 0x80 ||
           (!first && ((c >= '0' && c <= '9')));
}

static struct tare_str word(struct reader *r)
{
    size_t from = r->at;
    while (r->at < r->end && is_word(r->text.p[r->at], r->at == from))
        r->at++;
    return tare_str_n(r->text.p + from, r->at - from);
}

/* Takes a sign or a word when it stands next. */
static bool take(struct reader *r, const char *what)
{
    size_t n = strlen(what);
    space(r);
    if (r->end - r->at < n || memcmp(r->text.p + r->at, what, n) != 0)
        return false;
    if (is_word(what[0], true) && r->at + n < r->end && is_word(r->text.p[r->at + n], false))
        return false;
    r->at += n;
    return true;
}

static struct tare__expr *quoted(struct reader *r)
{
    char q = r->text.p[r->at++];
    size_t from = r->at;
    while (r->at < r->end && r->text.p[r->at] != q)
        r->at++;
    if (r->at == r->end)
        return fail(r, "the end of a quoted text");
    struct tare__expr *e = make(r, TARE__EXPR_TEXT, NULL, NULL);
    if (e)
        e->text = tare_str_n(r->text.p + from, r->at - from);
    r->at++;
    return e;
}

static struct tare__expr *number(struct reader *r)
{
    size_t from = r->at;
    double x = 0;
    while (r->at < r->end &&
           ((r->text.p[r->at] >= '0' && r->text.p[r->at] <= '9') || r->text.p[r->at] == '.' ||
            (r->at == from && r->text.p[r->at] == '-')))
        r->at++;
    if (!tare_str_to_f64(tare_str_n(r->text.p + from, r->at - from), &x))
        return fail(r, "a number");
    struct tare__expr *e = make(r, TARE__EXPR_NUMBER, NULL, NULL);
    if (e)
        e->number = x;
    return e;
}

static struct tare__expr *atom(struct reader *r)
{
    space(r);
    if (r->at == r->end)
        return fail(r, "a name");
    char c = r->text.p[r->at];
    if (c == '"' || c == '\'')
        return quoted(r);
    if ((c >= '0' && c <= '9') || c == '-')
        return number(r);
    if (c == '(') {
        r->at++;
        struct tare__expr *e = expression(r);
        return r->failed || take(r, ")") ? e : fail(r, "')'");
    }
    struct tare__expr *e = make(r, TARE__EXPR_NAME, NULL, NULL);
    struct tare_str name = word(r);
    if (name.n == 0)
        return fail(r, "a name");
    if (!e)
        return NULL;
    e->text = name;
    bool yes = tare_str_is(name, "true") || tare_str_is(name, "True");
    if (yes || tare_str_is(name, "false") || tare_str_is(name, "False")) {
        e->kind = TARE__EXPR_BOOL;
        e->number = yes;
    } else if (tare_str_is(name, "none") || tare_str_is(name, "None") ||
               tare_str_is(name, "null")) {
        e->kind = TARE__EXPR_NONE;
    }
    return e;
}

static struct tare__expr *filter(struct reader *r, struct tare__expr *left)
{
    space(r);
    struct tare__expr *e = make(r, TARE__EXPR_FILTER, left, NULL), *last = NULL;
    struct tare_str name = word(r);
    if (!e || name.n == 0)
        return fail(r, "the name of a filter");
    e->text = name;
    if (!take(r, "("))
        return e;
    while (!r->failed && !take(r, ")")) {
        struct tare__expr *arg = expression(r);
        if (!arg)
            return NULL;
        if (last)
            last->next = arg;
        else
            e->right = arg;
        last = arg;
        if (!take(r, ",") && (space(r), r->at == r->end || r->text.p[r->at] != ')'))
            return fail(r, "',' or ')'");
    }
    return r->failed ? NULL : e;
}

static struct tare__expr *postfix(struct reader *r)
{
    struct tare__expr *e = atom(r);
    while (e && !r->failed) {
        if (take(r, ".")) {
            e = make(r, TARE__EXPR_MEMBER, e, NULL);
            struct tare_str name = word(r);
            if (name.n == 0) {
                size_t from = r->at;
                while (r->at < r->end && r->text.p[r->at] >= '0' && r->text.p[r->at] <= '9')
                    r->at++;
                name = tare_str_n(r->text.p + from, r->at - from);
            }
            if (name.n == 0)
                return fail(r, "the name of a member");
            if (e)
                e->text = name;
        } else if (take(r, "[")) {
            struct tare__expr *i = expression(r);
            if (!r->failed && !take(r, "]"))
                return fail(r, "']'");
            e = make(r, TARE__EXPR_INDEX, e, i);
        } else if (take(r, "|")) {
            e = filter(r, e);
        } else {
            return e;
        }
    }
    return r->failed ? NULL : e;
}

static struct tare__expr *compare(struct reader *r)
{
    static const struct {
        const char *sign;
        enum tare__expr_kind kind;
    } signs[] = {{"===", TARE__EXPR_EQ}, {"!==", TARE__EXPR_NE}, {"==", TARE__EXPR_EQ},
                 {"!=", TARE__EXPR_NE},  {"<=", TARE__EXPR_LE},  {">=", TARE__EXPR_GE},
                 {"<", TARE__EXPR_LT},   {">", TARE__EXPR_GT},   {"in", TARE__EXPR_IN}};
    struct tare__expr *left = postfix(r);
    for (size_t i = 0; left && i < sizeof signs / sizeof *signs; i++)
        if (take(r, signs[i].sign))
            return make(r, signs[i].kind, left, postfix(r));
    return left;
}

static struct tare__expr *negation(struct reader *r)
{
    uint32_t nots = 0;
    while (take(r, "not"))
        nots++;
    struct tare__expr *e = compare(r);
    return nots % 2 ? make(r, TARE__EXPR_NOT, e, NULL) : e;
}

static struct tare__expr *both(struct reader *r)
{
    struct tare__expr *e = negation(r);
    while (!r->failed && take(r, "and"))
        e = make(r, TARE__EXPR_AND, e, negation(r));
    return e;
}

static struct tare__expr *expression(struct reader *r)
{
    if (r->depth++ > TARE__TEMPLATE_DEPTH)
        return fail(r, "less depth");
    struct tare__expr *e = both(r);
    while (!r->failed && take(r, "or"))
        e = make(r, TARE__EXPR_OR, e, both(r));
    r->depth--;
    return r->failed ? NULL : e;
}

struct tare__expr *tare__expr_read(struct tare_str text, size_t *at, size_t end,
                                   struct tare_arena *arena, struct tare_err *err)
{
    struct reader r = {.text = text, .at = *at, .end = end, .arena = arena, .err = err};
    struct tare__expr *e = expression(&r);
    space(&r);
    *at = r.at;
    return e;
}
