/* The list `checks`, read: names, values, weights. */
#include <math.h>

#include "base/fs.h"
#include "base/limits.h"
#include "check/answer_int.h"

#include "base/banned.h"

const char *const tare__check_names[TARE__CHECK_KINDS + 1] = {
    "exact", "contains", "starts",  "ends",       "regex",   "number", "choice",
    "json",  "length",   "phrases", "similarity", "cost",    "all",    "any",
    "not",   "weighted", "command", "judge",      "not_run", NULL};

struct compiler {
    struct tare__answer *a;
    struct tare_arena *arena;
    struct tare_err *err;
    uint32_t n_waiting;
    uint32_t depth;
};

static enum tare_status compile_list(struct compiler *k, struct tare_json list,
                                     struct tare__check **out, uint32_t *n);

static enum tare_status wrong(struct compiler *k, struct tare_json v, const char *what,
                              const char *hint)
{
    enum tare_status st = tare_fail_at(k->err, TARE_E_INPUT, tare_json_offset(v), "%s", what);
    tare_err_hint(k->err, "%s", hint);
    return st;
}

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "out of memory while reading checks");
}

/* ---- values ------------------------------------------------------------------------------ */

static enum tare_status read_want(struct tare_json v, struct tare_arena *arena,
                                  struct tare__want *out, struct tare_err *err)
{
    out->text = tare_task_answer(v, arena);
    if (!out->text.p)
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "a check's value must be a text, a number or a truth value");
    if (tare_json_kind(v) != TARE_JSON_STRING || !tare_template_has_holes(out->text))
        return TARE_OK;
    struct tare_template *t;
    enum tare_status st = tare_template_compile(out->text, arena, &t, err);
    if (st == TARE_E_INPUT && err)
        err->offset = tare_json_offset(v);
    out->holes = t;
    return st;
}

enum tare_status tare__wants_read(struct tare_json v, struct tare_arena *arena,
                                  struct tare__wants *out, struct tare_err *err)
{
    bool list = tare_json_kind(v) == TARE_JSON_ARRAY;
    uint32_t n = list ? tare_json_count(v) : 1;
    enum tare_status st = TARE_OK;
    out->v = TARE_NEW_N(arena, struct tare__want, n);
    if (!out->v)
        return no_memory(err);
    struct tare_json one = list ? tare_json_first(v) : v;
    for (out->n = 0; out->n < n && st == TARE_OK; one = tare_json_next(one))
        st = read_want(one, arena, &out->v[out->n++], err);
    return st;
}

static enum tare_status member_wants(struct compiler *k, struct tare_fields *f, const char *key,
                                     struct tare__wants *out)
{
    struct tare_json v = tare_fields_any(f, key, false);
    if (f->status != TARE_OK || !tare_json_present(v) || tare_json_kind(v) == TARE_JSON_NULL)
        return f->status;
    return tare__wants_read(v, k->arena, out, k->err);
}

/* ---- what stands under a check's name ---------------------------------------------------- */

static enum tare_status compile_regex(struct compiler *k, struct tare__check *c,
                                      struct tare_json at)
{
    if (c->value.n != 1)
        return wrong(k, at, "\"regex\" takes one pattern", "write {regex: \"^[0-9]+$\"}");
    if (c->value.v[0].holes)
        return TARE_OK;
    enum tare_status st = tare_regex_compile(c->value.v[0].text, NULL, k->arena, &c->regex, k->err);
    if (st != TARE_OK && k->err) {
        k->err->offset = tare_json_offset(at);
        k->err->has_offset = true;
        if (st == TARE_E_LIMIT)
            tare_err_hint(k->err, "patterns are matched in linear time: no look-around and no back "
                                  "references");
    }
    return st;
}

static enum tare_status compile_schema(struct compiler *k, struct tare__check *c)
{
    if (!tare_json_present(c->schema_value))
        return TARE_OK;
    enum tare_status st = tare_schema_compile(c->schema_value, NULL, k->arena, &c->schema, k->err);
    if (st == TARE_E_INPUT && k->err) {
        k->err->offset = tare_json_offset(c->schema_value);
        k->err->has_offset = true;
    }
    return st;
}

static void tolerance(struct tare_fields *f, struct tare__check *c)
{
    struct tare_json v = tare_fields_any(f, "tolerance", false);
    struct tare_str s = tare_json_str(v);
    if (tare_json_kind(v) == TARE_JSON_STRING && tare_str_ends(s, TARE_S("%")) &&
        tare_str_to_f64(tare_str_n(s.p, s.n - 1), &c->tolerance)) {
        c->percent = true;
        c->tolerance /= 100;
    } else if (tare_json_present(v) && !tare_json_f64(v, &c->tolerance)) {
        tare_fields_fail(f, v, "\"tolerance\" must be a number, or a text such as \"1%%\"");
    }
    if (f->status == TARE_OK && !(c->tolerance >= 0))
        tare_fields_fail(f, v, "\"tolerance\" must not be below 0");
}

static void numbers(struct tare_fields *f, struct tare__check *c)
{
    static const char *const picks[] = {"auto", "first", "last", NULL};
    static const char *const units[] = {"chars", "words", "lines", "bytes", NULL};
    static const char *const measures[] = {"levenshtein", "rouge_n", "rouge_l",
                                           "bleu",        "jaccard", NULL};
    switch (c->kind) {
    case TARE__CHECK_NUMBER:
        tolerance(f, c);
        tare_fields_choice(f, "pick", false, picks, &c->pick);
        break;
    case TARE__CHECK_LENGTH:
        tare_fields_i64(f, "min", false, 0, INT64_C(1000000000), &c->min_n);
        tare_fields_i64(f, "max", false, 0, INT64_C(1000000000), &c->max_n);
        tare_fields_choice(f, "unit", false, units, &c->unit);
        break;
    case TARE__CHECK_SIMILARITY:
        tare_fields_choice(f, "measure", false, measures, &c->measure);
        tare_fields_i64(f, "n", false, 1, 8, &c->order);
        tare_fields_f64(f, "max", false, 0, 1e9, &c->max);
        break;
    case TARE__CHECK_COST:
        tare_fields_f64(f, "max", true, 0, 1e9, &c->max);
        break;
    case TARE__CHECK_JSON:
        tare_fields_bool(f, "inside", false, &c->inside);
        c->schema_value = tare_fields_any(f, "schema", false);
        break;
    default:
        tare_fields_bool(f, "ignore_case", false, &c->ignore_case);
        tare_fields_bool(f, "whole", false, &c->whole);
        break;
    }
}

static const char *any_key(enum tare__check_kind kind)
{
    return kind == TARE__CHECK_CHOICE ? "options" : "any";
}

static bool takes_parts(enum tare__check_kind kind)
{
    return kind == TARE__CHECK_CONTAINS || kind == TARE__CHECK_PHRASES;
}

static bool takes_value(enum tare__check_kind kind)
{
    return kind != TARE__CHECK_LENGTH && kind != TARE__CHECK_COST && kind != TARE__CHECK_JSON;
}

/* The long form: a mapping of parameters. */
static enum tare_status read_mapping(struct compiler *k, struct tare__check *c, struct tare_json v)
{
    struct tare_str none = {NULL, 0};
    struct tare_fields f;
    enum tare_status st = TARE_OK;
    tare_fields_begin(&f, v, none, none, k->err);
    if (takes_value(c->kind))
        st = member_wants(k, &f, c->kind == TARE__CHECK_REGEX ? "pattern" : "value", &c->value);
    if (st == TARE_OK && takes_parts(c->kind))
        st = member_wants(k, &f, "all", &c->value);
    if (st == TARE_OK && (takes_parts(c->kind) || c->kind == TARE__CHECK_CHOICE))
        st = member_wants(k, &f, any_key(c->kind), &c->any);
    if (st == TARE_OK && takes_parts(c->kind))
        st = member_wants(k, &f, "none", &c->none);
    numbers(&f, c);
    return st == TARE_OK ? tare_fields_end(&f) : st;
}

/* The short form: the value itself. */
static enum tare_status read_short(struct compiler *k, struct tare__check *c, struct tare_json v)
{
    switch (c->kind) {
    case TARE__CHECK_CHOICE:
        return tare__wants_read(v, k->arena, &c->any, k->err);
    case TARE__CHECK_LENGTH:
        return tare_json_i64(v, &c->max_n) && c->max_n >= 0
                   ? TARE_OK
                   : wrong(k, v, "\"length\" takes a number of characters, or a mapping",
                           "write {length: {min: 1, max: 100, unit: words}}");
    case TARE__CHECK_COST:
        return tare_json_f64(v, &c->max)
                   ? TARE_OK
                   : wrong(k, v, "\"cost\" takes the most that an answer may cost, in USD",
                           "write {cost: 0.01}");
    case TARE__CHECK_JSON:
        return tare_json_true(v) ? TARE_OK
                                 : wrong(k, v, "\"json\" takes a mapping",
                                         "write {json: {schema: {…}}}, or json alone");
    default:
        return tare__wants_read(v, k->arena, &c->value, k->err);
    }
}

static enum tare_status compile_plain(struct compiler *k, struct tare__check *c, struct tare_json v)
{
    enum tare_json_kind kind = tare_json_kind(v);
    enum tare_status st = TARE_OK;
    c->max_n = -1;
    c->order = 1;
    c->max = c->kind == TARE__CHECK_SIMILARITY ? -1 : 0;
    c->ignore_case = c->kind == TARE__CHECK_PHRASES;
    if (kind == TARE_JSON_OBJECT)
        st = read_mapping(k, c, v);
    else if (kind != TARE_JSON_ABSENT && kind != TARE_JSON_NULL)
        st = read_short(k, c, v);
    if (st != TARE_OK)
        return st;
    c->has_value = c->value.n || c->any.n || c->none.n;
    if (c->kind == TARE__CHECK_REGEX)
        return compile_regex(k, c, v);
    if (c->kind == TARE__CHECK_JSON)
        return compile_schema(k, c);
    if (c->kind == TARE__CHECK_LENGTH && c->max_n < 0 && c->min_n == 0)
        return wrong(k, v, "\"length\" says neither min nor max", "write {length: {max: 100}}");
    return TARE_OK;
}

static enum tare_status compile_kids(struct compiler *k, struct tare__check *c, struct tare_json v)
{
    if (c->kind != TARE__CHECK_NOT) {
        if (tare_json_kind(v) == TARE_JSON_ARRAY && tare_json_count(v) > 0)
            return compile_list(k, v, &c->kids, &c->n_kids);
        return wrong(k, v, "a list of checks must stand here",
                     "write {any: [{contains: yes}, {contains: no}]}");
    }
    if (tare_json_kind(v) == TARE_JSON_ARRAY && tare_json_count(v) != 1)
        return wrong(k, v, "\"not\" takes one check", "write {not: {contains: sorry}}");
    if (tare_json_kind(v) == TARE_JSON_ARRAY)
        return compile_list(k, v, &c->kids, &c->n_kids);
    c->n_kids = UINT32_MAX; /* one check, in place of a list */
    return compile_list(k, v, &c->kids, &c->n_kids);
}

static enum tare_status compile_body(struct compiler *k, struct tare__check *c, struct tare_json v)
{
    enum tare_status st;
    switch (c->kind) {
    case TARE__CHECK_ALL:
    case TARE__CHECK_ANY:
    case TARE__CHECK_NOT:
    case TARE__CHECK_WEIGHTED:
        return compile_kids(k, c, v);
    case TARE__CHECK_COMMAND:
        st = tare__command_compile(k->a, v, k->arena, c, k->err);
        c->waiting = k->n_waiting++;
        k->a->waits = true;
        return st;
    case TARE__CHECK_JUDGE:
        st = tare__judge_compile(k->a, v, k->arena, c, k->err);
        c->waiting = k->n_waiting++;
        k->a->waits = k->a->judges = true;
        return st;
    case TARE__CHECK_NOT_RUN:
        c->reason = tare_json_str(v);
        return TARE_OK;
    default:
        return compile_plain(k, c, v);
    }
}

/* ---- one check --------------------------------------------------------------------------- */

static enum tare_status column_of(struct compiler *k, struct tare__check *c, struct tare_json at)
{
    static const char *const taken[] = {"pass", "score", NULL};
    struct tare__answer *a = k->a;
    c->column = TARE__NONE;
    if (c->name.n == 0)
        return TARE_OK;
    for (uint32_t i = 0; taken[i]; i++)
        if (tare_str_is(c->name, taken[i]))
            return wrong(k, at, "a check cannot be called \"pass\" or \"score\"",
                         "these are the metrics of all checks together");
    for (uint32_t i = 0; i < a->n_names; i++)
        if (tare_str_eq(a->names[i], c->name)) {
            c->column = i;
            return TARE_OK;
        }
    if (a->n_names == TARE__CHECK_NAMED)
        return tare_fail_at(k->err, TARE_E_LIMIT, tare_json_offset(at),
                            "more than %u checks have names", TARE__CHECK_NAMED);
    c->column = a->n_names;
    a->names[a->n_names++] = c->name;
    return TARE_OK;
}

static int kind_of(struct tare_str word)
{
    if (tare_str_is(word, "json_schema"))
        return TARE__CHECK_JSON;
    for (int i = 0; i < TARE__CHECK_KINDS; i++)
        if (tare_str_is(word, tare__check_names[i]))
            return i;
    return -1;
}

static enum tare_status unknown(struct compiler *k, size_t offset, struct tare_str word)
{
    static const char *const also[] = {"name", "weight", "threshold"};
    const char *names[TARE__CHECK_KINDS + 4];
    uint32_t n = 0;
    for (; n < TARE__CHECK_KINDS - 1; n++)
        names[n] = tare__check_names[n];
    for (size_t i = 0; i < sizeof also / sizeof *also; i++)
        names[n++] = also[i];
    names[n] = NULL;
    enum tare_status st =
        tare_fail_at(k->err, TARE_E_INPUT, offset, "there is no check \"%.*s\"", TARE_FMT(word));
    const char *near = tare_suggest(word, names);
    if (near)
        tare_err_hint(k->err, "did you mean \"%s\"?", near);
    else
        tare_err_hint(k->err, "there are exact, contains, starts, ends, regex, number, choice, "
                              "json, length, phrases, similarity, cost, all, any, not, weighted, "
                              "command and judge");
    return st;
}

static enum tare_status read_weight(struct compiler *k, struct tare_json v, double most,
                                    double *out)
{
    if (tare_json_f64(v, out) && *out >= 0 && *out <= most)
        return TARE_OK;
    return wrong(k, v,
                 most > 1 ? "\"weight\" must be a number from 0"
                          : "\"threshold\" must be a "
                            "number from 0 to 1",
                 "write for example 0.5");
}

static enum tare_status compile_mapping(struct compiler *k, struct tare_json v,
                                        struct tare__check *c)
{
    enum tare_status st = TARE_OK;
    struct tare_json body = {NULL, 0};
    int kind = -1;
    for (struct tare_json m = tare_json_first(v); tare_json_present(m) && st == TARE_OK;
         m = tare_json_next(m)) {
        struct tare_str key = tare_json_key(m);
        if (tare_str_is(key, "name")) {
            c->name = tare_json_str(m);
            if (c->name.n == 0 || c->name.n > 64)
                st = wrong(k, m, "a check's name must be a text of 1 to 64 bytes",
                           "it becomes the head of a column");
        } else if (tare_str_is(key, "weight")) {
            st = read_weight(k, m, 1e9, &c->weight);
        } else if (tare_str_is(key, "threshold")) {
            st = read_weight(k, m, 1, &c->threshold);
        } else if (kind_of(key) < 0) {
            st = unknown(k, tare_json_key_offset(m), key);
        } else if (kind >= 0) {
            st = wrong(k, m, "two checks in one mapping",
                       "write each as an item of its own, or both under {all: […]}");
        } else {
            kind = kind_of(key);
            body = m;
        }
    }
    if (st == TARE_OK && kind < 0)
        st = wrong(k, v, "no check is named here", "write for example {contains: Paris}");
    if (st != TARE_OK)
        return st;
    c->kind = (enum tare__check_kind)kind;
    st = column_of(k, c, v);
    return st == TARE_OK ? compile_body(k, c, body) : st;
}

static enum tare_status compile_one(struct compiler *k, struct tare_json v, struct tare__check *c)
{
    struct tare_json none = {NULL, 0};
    if (++k->a->n_nodes > TARE__CHECK_NODES)
        return tare_fail(k->err, TARE_E_LIMIT, "more than %u checks", TARE__CHECK_NODES);
    *c = (struct tare__check){
        .weight = 1, .threshold = (double)NAN, .waiting = TARE__NONE, .column = TARE__NONE};
    if (tare_json_kind(v) == TARE_JSON_OBJECT)
        return compile_mapping(k, v, c);
    if (tare_json_kind(v) != TARE_JSON_STRING)
        return wrong(k, v, "a check is a name, or a mapping with its name as key",
                     "write {contains: Paris}");
    int kind = kind_of(tare_json_str(v));
    if (kind < 0)
        return unknown(k, tare_json_offset(v), tare_json_str(v));
    c->kind = (enum tare__check_kind)kind;
    return compile_body(k, c, none);
}

/* *n UINT32_MAX on entry: `list` is one check. */
static enum tare_status compile_list(struct compiler *k, struct tare_json list,
                                     struct tare__check **out, uint32_t *n)
{
    bool single = *n == UINT32_MAX;
    uint32_t count = single ? 1 : tare_json_count(list);
    enum tare_status st = TARE_OK;
    *n = 0;
    *out = TARE_NEW_N(k->arena, struct tare__check, count);
    if (!*out)
        return no_memory(k->err);
    if (++k->depth > TARE__CHECK_DEPTH)
        return tare_fail_at(k->err, TARE_E_LIMIT, tare_json_offset(list),
                            "checks nest more than %u deep", TARE__CHECK_DEPTH);
    struct tare_json v = single ? list : tare_json_first(list);
    for (; *n < count && st == TARE_OK; v = tare_json_next(v))
        st = compile_one(k, v, &(*out)[(*n)++]);
    k->depth--;
    return st;
}

enum tare_status tare__checks_compile(struct tare__answer *a, struct tare_json list,
                                      uint32_t *n_waiting, struct tare_arena *arena,
                                      struct tare__check **out, uint32_t *n, struct tare_err *err)
{
    struct compiler k = {.a = a, .arena = arena, .err = err, .n_waiting = *n_waiting};
    *n = 0;
    enum tare_status st = compile_list(&k, list, out, n);
    *n_waiting = k.n_waiting;
    return st;
}
