/* Filling templates in. */
#include <math.h>

#include "base/limits.h"
#include "base/num.h"
#include "text/fields.h"
#include "text/template_int.h"

#include "base/banned.h"

enum kind { UNDEFINED = 0, NONE, BOOL, NUMBER, TEXT, JSON };

struct value {
    enum kind kind;
    struct tare_str text;
    double number;
    struct tare_json json; /* an array or object */
};

/* A loop's variable hides those outside. */
struct scope {
    struct tare_str name;
    struct value value;
    uint32_t index, n;
    const struct scope *outer;
};

struct filler {
    struct tare_json vars, more;
    bool lenient;
    struct tare_arena *scratch;
    struct tare_buf *out;
    struct tare_err *err;
    enum tare_status status;
    uint32_t steps, depth;
    const struct scope *scope;
};

static struct value eval(struct filler *f, const struct tare__expr *e);

static struct value of_text(struct tare_str s)
{
    return (struct value){.kind = TEXT, .text = s.p ? s : TARE_S("")};
}

static struct value of_number(double x)
{
    return (struct value){.kind = NUMBER, .number = x};
}

static struct value of_bool(bool yes)
{
    return (struct value){.kind = BOOL, .number = yes};
}

static struct value of_json(struct tare_json v)
{
    double x = 0;
    switch (tare_json_kind(v)) {
    case TARE_JSON_ABSENT:
        return (struct value){0};
    case TARE_JSON_NULL:
        return (struct value){.kind = NONE};
    case TARE_JSON_TRUE:
    case TARE_JSON_FALSE:
        return of_bool(tare_json_true(v));
    case TARE_JSON_NUMBER:
        (void)tare_json_f64(v, &x);
        return (struct value){.kind = NUMBER, .number = x, .text = tare_json_lexeme(v)};
    case TARE_JSON_STRING:
        return of_text(tare_json_str(v));
    default:
        return (struct value){.kind = JSON, .json = v};
    }
}

static void fail_at(struct filler *f, size_t offset, const char *what, struct tare_str name)
{
    if (f->status == TARE_OK)
        f->status = tare_fail_at(f->err, TARE_E_INPUT, offset, "%s \"%.*s\"", what, TARE_FMT(name));
}

static bool truthy(const struct value *v)
{
    switch (v->kind) {
    case BOOL:
    case NUMBER:
        return v->number != 0;
    case TEXT:
        return v->text.n > 0;
    case JSON:
        return tare_json_count(v->json) > 0;
    default:
        return false;
    }
}

static struct tare_str as_text(struct filler *f, const struct value *v)
{
    char number[32];
    struct tare_buf b;
    switch (v->kind) {
    case BOOL:
        return v->number != 0 ? TARE_S("true") : TARE_S("false");
    case NUMBER:
        if (v->text.n)
            return v->text;
        if (v->number == floor(v->number) && fabs(v->number) < 1e15)
            return tare_arena_printf(f->scratch, "%.0f", v->number);
        return tare_arena_copy(f->scratch, tare_str_n(number, tare_num_repr(v->number, number)));
    case TEXT:
        return v->text;
    case JSON:
        tare_buf_init(&b, f->scratch->alc, TARE_MAX_JSON_BYTES);
        tare_json_print(v->json, &b);
        struct tare_str s = tare_arena_copy(f->scratch, tare_buf_str(&b));
        tare_buf_free(&b);
        return s;
    default:
        return TARE_S("");
    }
}

/* ---- names ------------------------------------------------------------------------------- */

static struct value loop_value(const struct scope *s)
{
    return (struct value){.kind = NUMBER, .number = s->index + 1};
}

static void suggest(struct filler *f, struct tare_str name)
{
    const char *names[33] = {NULL};
    uint32_t n = 0;
    for (struct tare_json v = tare_json_first(f->vars); tare_json_present(v) && n < 32;
         v = tare_json_next(v)) {
        names[n] = tare_arena_copy(f->scratch, tare_json_key(v)).p;
        n += names[n] != NULL;
    }
    const char *near = tare_suggest(name, names);
    if (near)
        tare_err_hint(f->err, "did you mean {{ %s }}?", near);
    else if (n)
        tare_err_hint(f->err, "the task's input has \"%s\"%s", names[0],
                      n > 1 ? " and others" : "");
}

static struct value lookup(struct filler *f, struct tare_str name)
{
    for (const struct scope *s = f->scope; s; s = s->outer)
        if (tare_str_eq(s->name, name))
            return s->value;
    struct tare_json v = tare_json_get_str(f->more, name);
    return of_json(tare_json_present(v) ? v : tare_json_get_str(f->vars, name));
}

/* loop.index, loop.index0, loop.first, loop.last, loop.length */
static bool loop_member(const struct filler *f, const struct tare__expr *e, struct value *out)
{
    const struct scope *s = f->scope;
    if (!s || e->left->kind != TARE__EXPR_NAME || !tare_str_is(e->left->text, "loop"))
        return false;
    *out = loop_value(s);
    if (tare_str_is(e->text, "index0"))
        out->number = s->index;
    else if (tare_str_is(e->text, "length"))
        out->number = s->n;
    else if (tare_str_is(e->text, "first"))
        *out = of_bool(s->index == 0);
    else if (tare_str_is(e->text, "last"))
        *out = of_bool(s->index + 1 == s->n);
    return true;
}

static struct value member(struct filler *f, const struct tare__expr *e)
{
    struct value v;
    uint64_t i;
    if (loop_member(f, e, &v))
        return v;
    v = eval(f, e->left);
    if (v.kind == TEXT && tare_str_is(e->text, "length"))
        return of_number((double)v.text.n);
    if (v.kind != JSON)
        return (struct value){0};
    if (tare_json_kind(v.json) == TARE_JSON_ARRAY) {
        if (tare_str_is(e->text, "length"))
            return of_number(tare_json_count(v.json));
        return tare_str_to_u64(e->text, &i) && i < UINT32_MAX
                   ? of_json(tare_json_at(v.json, (uint32_t)i))
                   : (struct value){0};
    }
    return of_json(tare_json_get_str(v.json, e->text));
}

static struct value at_index(struct filler *f, const struct tare__expr *e)
{
    struct value v = eval(f, e->left), i = eval(f, e->right);
    if (v.kind != JSON)
        return (struct value){0};
    if (i.kind == NUMBER) {
        double at = i.number < 0 ? i.number + tare_json_count(v.json) : i.number;
        return at >= 0 && at < tare_json_count(v.json) ? of_json(tare_json_at(v.json, (uint32_t)at))
                                                       : (struct value){0};
    }
    return of_json(tare_json_get_str(v.json, as_text(f, &i)));
}

/* ---- filters ----------------------------------------------------------------------------- */

static struct value change_case(struct filler *f, struct tare_str s, bool upper)
{
    char *p = tare_arena_alloc(f->scratch, s.n + 1);
    for (size_t i = 0; p && i < s.n; i++) {
        char c = s.p[i];
        if (upper && c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        else if (!upper && c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        p[i] = c;
    }
    return of_text(p ? tare_str_n(p, s.n) : TARE_S(""));
}

static struct value kept(struct filler *f, struct tare_buf *b)
{
    struct tare_str s =
        b->failed ? tare_str_n(NULL, 0) : tare_arena_copy(f->scratch, tare_buf_str(b));
    if (!s.p && f->status == TARE_OK)
        f->status = tare_fail(f->err, TARE_E_LIMIT, "a filled template is too long");
    tare_buf_free(b);
    return of_text(s);
}

static struct value join(struct filler *f, struct tare_json list, struct tare_str with)
{
    struct tare_buf b;
    bool first = true;
    tare_buf_init(&b, f->scratch->alc, f->out->max);
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v)) {
        struct value x = of_json(v);
        if (!first)
            tare_buf_put(&b, with);
        first = false;
        tare_buf_put(&b, as_text(f, &x));
    }
    return kept(f, &b);
}

static struct value replace(struct filler *f, struct tare_str s, struct tare_str what,
                            struct tare_str by)
{
    struct tare_buf b;
    tare_buf_init(&b, f->scratch->alc, f->out->max);
    while (s.n > 0) {
        size_t at = what.n ? tare_str_find(s, what) : SIZE_MAX;
        tare_buf_put(&b, tare_str_n(s.p, at == SIZE_MAX ? s.n : at));
        if (at == SIZE_MAX)
            break;
        tare_buf_put(&b, by);
        s = tare_str_n(s.p + at + what.n, s.n - at - what.n);
    }
    return kept(f, &b);
}

static struct value as_json(struct filler *f, const struct value *v)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, f->scratch->alc, f->out->max);
    tare_json_writer_init(&w, &b);
    if (v->kind == TEXT)
        tare_json_put_str(&w, v->text);
    else if (v->kind == NONE || v->kind == UNDEFINED)
        tare_json_put_null(&w);
    else
        tare_buf_put(&b, as_text(f, v));
    return kept(f, &b);
}

static struct value length_of(struct filler *f, const struct value *v)
{
    return of_number(v->kind == JSON ? tare_json_count(v->json) : (double)as_text(f, v).n);
}

static struct value edge_of(const struct value *v, bool first)
{
    uint32_t n = tare_json_count(v->json);
    return of_json(tare_json_at(v->json, first || n == 0 ? 0 : n - 1));
}

enum filter {
    UPPER,
    LOWER,
    TRIM,
    LENGTH,
    FIRST,
    LAST,
    AS_JSON,
    DUMP,
    TOJSON,
    JOIN,
    DEFAULT,
    D,
    REPLACE,
    SAFE,
    STRING,
    N_FILTERS
};

static struct value filtered(struct filler *f, const struct tare__expr *e)
{
    static const char *const names[N_FILTERS + 1] = {
        "upper",  "lower", "trim",    "length", "first",   "last", "json",   "dump",
        "tojson", "join",  "default", "d",      "replace", "safe", "string", NULL};
    struct value v = eval(f, e->left), a = {0}, b = {0};
    int which = 0;
    if (e->right)
        a = eval(f, e->right);
    if (e->right && e->right->next)
        b = eval(f, e->right->next);
    while (which < N_FILTERS && !tare_str_is(e->text, names[which]))
        which++;
    switch (which) {
    case UPPER:
    case LOWER:
        return change_case(f, as_text(f, &v), which == UPPER);
    case TRIM:
        return of_text(tare_str_trim(as_text(f, &v)));
    case LENGTH:
        return length_of(f, &v);
    case FIRST:
    case LAST:
        return edge_of(&v, which == FIRST);
    case AS_JSON:
    case DUMP:
    case TOJSON:
        return as_json(f, &v);
    case JOIN:
        return join(f, v.json, as_text(f, &a));
    case DEFAULT:
    case D:
        return v.kind == UNDEFINED || v.kind == NONE ? a : v;
    case REPLACE:
        return replace(f, as_text(f, &v), as_text(f, &a), as_text(f, &b));
    case SAFE:
    case STRING:
        return of_text(as_text(f, &v));
    default:
        break;
    }
    fail_at(f, e->offset, "a template has no filter", e->text);
    const char *near = tare_suggest(e->text, names);
    if (near)
        tare_err_hint(f->err, "did you mean %s?", near);
    else
        tare_err_hint(f->err, "there are upper, lower, trim, join, json, default and others");
    return v;
}

/* ---- expressions ------------------------------------------------------------------------- */

static bool equal(struct filler *f, const struct value *a, const struct value *b)
{
    if (a->kind == JSON && b->kind == JSON)
        return tare_json_equal(a->json, b->json);
    if (a->kind == NUMBER && b->kind == NUMBER)
        return a->number == b->number;
    bool nothing_a = a->kind == UNDEFINED || a->kind == NONE;
    bool nothing_b = b->kind == UNDEFINED || b->kind == NONE;
    if (nothing_a || nothing_b)
        return nothing_a && nothing_b;
    return tare_str_eq(as_text(f, a), as_text(f, b));
}

static int order(struct filler *f, const struct value *a, const struct value *b)
{
    if (a->kind == NUMBER && b->kind == NUMBER)
        return (a->number > b->number) - (a->number < b->number);
    return tare_str_cmp(as_text(f, a), as_text(f, b));
}

static bool holds(struct filler *f, const struct value *needle, const struct value *in)
{
    if (in->kind == TEXT)
        return tare_str_find(in->text, as_text(f, needle)) != SIZE_MAX;
    if (in->kind != JSON)
        return false;
    if (tare_json_kind(in->json) == TARE_JSON_OBJECT)
        return tare_json_present(tare_json_get_str(in->json, as_text(f, needle)));
    for (struct tare_json v = tare_json_first(in->json); tare_json_present(v);
         v = tare_json_next(v)) {
        struct value x = of_json(v);
        if (equal(f, &x, needle))
            return true;
    }
    return false;
}

static struct value compared(struct filler *f, const struct tare__expr *e)
{
    struct value a = eval(f, e->left), b = eval(f, e->right);
    switch (e->kind) {
    case TARE__EXPR_EQ:
        return of_bool(equal(f, &a, &b));
    case TARE__EXPR_NE:
        return of_bool(!equal(f, &a, &b));
    case TARE__EXPR_LT:
        return of_bool(order(f, &a, &b) < 0);
    case TARE__EXPR_LE:
        return of_bool(order(f, &a, &b) <= 0);
    case TARE__EXPR_GT:
        return of_bool(order(f, &a, &b) > 0);
    case TARE__EXPR_GE:
        return of_bool(order(f, &a, &b) >= 0);
    default:
        return of_bool(holds(f, &a, &b));
    }
}

static struct value eval_kind(struct filler *f, const struct tare__expr *e)
{
    struct value v;
    switch (e->kind) {
    case TARE__EXPR_NAME:
        return lookup(f, e->text);
    case TARE__EXPR_TEXT:
        return of_text(e->text);
    case TARE__EXPR_NUMBER:
        return of_number(e->number);
    case TARE__EXPR_BOOL:
        return of_bool(e->number != 0);
    case TARE__EXPR_NONE:
        return (struct value){.kind = NONE};
    case TARE__EXPR_MEMBER:
        return member(f, e);
    case TARE__EXPR_INDEX:
        return at_index(f, e);
    case TARE__EXPR_FILTER:
        return filtered(f, e);
    case TARE__EXPR_NOT:
        v = eval(f, e->left);
        return of_bool(!truthy(&v));
    case TARE__EXPR_AND:
        v = eval(f, e->left);
        return truthy(&v) ? eval(f, e->right) : v;
    case TARE__EXPR_OR:
        v = eval(f, e->left);
        return truthy(&v) ? v : eval(f, e->right);
    default:
        return compared(f, e);
    }
}

static struct value eval(struct filler *f, const struct tare__expr *e)
{
    if (f->status != TARE_OK || !e)
        return (struct value){0};
    if (++f->steps > TARE__TEMPLATE_STEPS || f->depth > 4 * TARE__TEMPLATE_DEPTH) {
        f->status = tare_fail(f->err, TARE_E_LIMIT, "a template takes too many steps");
        return (struct value){0};
    }
    f->depth++;
    struct value v = eval_kind(f, e);
    f->depth--;
    return v;
}

/* ---- parts ------------------------------------------------------------------------------- */

static void fill(struct filler *f, const struct tare__part *p);

static void fill_for(struct filler *f, const struct tare__part *p)
{
    struct value list = eval(f, p->expr);
    struct scope s = {.name = p->text, .outer = f->scope, .n = tare_json_count(list.json)};
    if (list.kind != JSON)
        return;
    f->scope = &s;
    for (struct tare_json v = tare_json_first(list.json);
         tare_json_present(v) && f->status == TARE_OK; v = tare_json_next(v)) {
        bool member_of = tare_json_kind(list.json) == TARE_JSON_OBJECT;
        s.value = member_of ? of_text(tare_json_key(v)) : of_json(v);
        fill(f, p->body);
        s.index++;
    }
    f->scope = s.outer;
}

static void fill_if(struct filler *f, const struct tare__part *p)
{
    for (; p && f->status == TARE_OK; p = p->alt) {
        struct value v = of_bool(true);
        if (p->expr)
            v = eval(f, p->expr);
        if (truthy(&v)) {
            fill(f, p->body);
            return;
        }
    }
}

static void put(struct filler *f, const struct tare__expr *e)
{
    struct value v = eval(f, e);
    if (v.kind == UNDEFINED && !f->lenient && f->status == TARE_OK) {
        struct tare_str name = e->text;
        fail_at(f, e->offset, "the template asks for what is not in the task's input:", name);
        if (e->kind == TARE__EXPR_NAME)
            suggest(f, name);
        return;
    }
    tare_buf_put(f->out, as_text(f, &v));
}

static void fill(struct filler *f, const struct tare__part *p)
{
    for (; p && f->status == TARE_OK; p = p->next) {
        if (++f->steps > TARE__TEMPLATE_STEPS)
            f->status = tare_fail(f->err, TARE_E_LIMIT, "a template takes too many steps");
        else if (p->kind == TARE__PART_TEXT)
            tare_buf_put(f->out, p->text);
        else if (p->kind == TARE__PART_PUT)
            put(f, p->expr);
        else if (p->kind == TARE__PART_IF)
            fill_if(f, p);
        else
            fill_for(f, p);
    }
}

enum tare_status tare_template_fill(const struct tare_template *t, struct tare_json vars,
                                    struct tare_json more, bool lenient, struct tare_arena *scratch,
                                    struct tare_buf *out, struct tare_err *err)
{
    struct filler f = {
        .vars = vars, .more = more, .lenient = lenient, .scratch = scratch, .out = out, .err = err};
    fill(&f, t->first);
    if (f.status == TARE_OK && out->failed)
        f.status =
            tare_fail(err, TARE_E_LIMIT, "a filled template is longer than %zu bytes", out->max);
    return f.status;
}
