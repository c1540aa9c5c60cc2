/* Tests as tasks: default values, lists of values, files. */
#include "base/fs.h"
#include "base/hash.h"
#include "base/limits.h"
#include "suite/promptfoo_int.h"
#include "text/jsonl.h"
#include "text/yaml.h"

#include "base/banned.h"

#define MAX_TESTS 100000u
#define MAX_LISTS 8u
#define MAX_FILES_DEEP 16u

/* ---- files ------------------------------------------------------------------------------- */

bool tare__promptfoo_is_file(struct tare_json v, struct tare_str *name)
{
    struct tare_str s = tare_json_str(v);
    if (!tare_str_starts(s, TARE_S("file://")))
        return false;
    *name = tare_str_n(s.p + 7, s.n - 7);
    return true;
}

/* JSON Lines as a list. */
static enum tare_status read_lines(struct tare__promptfoo *p, struct tare_str text,
                                   struct tare_str path, struct tare_json *out)
{
    struct tare_json_policy policy = {.max_bytes = TARE_MAX_TASKS_FILE_BYTES};
    struct tare_jsonl lines;
    struct tare_json v;
    struct tare_buf b;
    enum tare_status st;
    tare_buf_init(&b, NULL, TARE_MAX_TASKS_FILE_BYTES);
    tare_buf_putc(&b, '[');
    tare_jsonl_begin(&lines, text, NULL);
    while (tare_jsonl_next(&lines, p->arena, &v, &st, p->err)) {
        if (b.n > 1)
            tare_buf_putc(&b, ',');
        tare_buf_put(&b, tare_json_lexeme(v));
    }
    tare_buf_putc(&b, ']');
    struct tare_str copy = tare_arena_copy(p->arena, tare_buf_str(&b));
    bool failed = b.failed || !copy.p;
    tare_buf_free(&b);
    if (st != TARE_OK)
        tare_err_file(p->err, path);
    if (st != TARE_OK || failed)
        return st != TARE_OK ? st : tare_fail(p->err, TARE_E_NOMEM, "no memory for tests");
    return tare_json_parse(copy, &policy, p->arena, out, p->err);
}

enum tare_status tare__promptfoo_file(struct tare__promptfoo *p, struct tare_str name,
                                      struct tare_json at, struct tare_json *out)
{
    struct tare_str path = tare_fs_join_dir(p->arena, p->path, name), text;
    if (!path.p || !tare_fs_exists(path))
        return tare__promptfoo_fail(p, at, "there is no such file",
                                    "files are named from the folder of the configuration; "
                                    "patterns and code are not read");
    enum tare_status st = tare_fs_read(path, TARE_MAX_TASKS_FILE_BYTES, p->arena, &text, p->err);
    if (st != TARE_OK)
        return st;
    if (tare_str_ends(path, TARE_S(".csv")))
        return tare_csv_rows(text, path, p->arena, out, p->err);
    if (tare_str_ends(path, TARE_S(".jsonl")))
        return read_lines(p, text, path, out);
    if (tare_str_ends(path, TARE_S(".json"))) {
        st = tare_json_parse(text, &tare_json_log, p->arena, out, p->err);
        if (st != TARE_OK) {
            tare_err_file(p->err, path);
            tare_err_locate(p->err, text);
        }
        return st;
    }
    if (tare_str_ends(path, TARE_S(".yaml")) || tare_str_ends(path, TARE_S(".yml")))
        return tare_yaml_parse(text, path, p->arena, out, p->err);
    struct tare_json_writer w; /* anything else is a text */
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_put_str(&w, text);
    struct tare_str copy = tare_arena_copy(p->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return copy.p ? tare_json_parse(copy, &tare_json_log, p->arena, out, p->err)
                  : tare_fail(p->err, TARE_E_NOMEM, "no memory for a file");
}

/* ---- one test ---------------------------------------------------------------------------- */

/* Which value of each list of values is taken. */
struct choice {
    struct tare_json list[MAX_LISTS];
    struct tare_str key[MAX_LISTS];
    uint32_t at[MAX_LISTS], n;
};

static struct tare_json chosen(const struct choice *c, struct tare_json v, struct tare_str key)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (tare_str_eq(c->key[i], key))
            return tare_json_at(c->list[i], c->at[i]);
    return v;
}

/* The next combination; false: there is none. */
static bool advance(struct choice *c)
{
    for (uint32_t i = c->n; i-- > 0;) {
        if (++c->at[i] < tare_json_count(c->list[i]))
            return true;
        c->at[i] = 0;
    }
    return false;
}

static enum tare_status put_var(struct tare__promptfoo *p, struct tare_json v,
                                const struct choice *c, struct tare_json_writer *w)
{
    struct tare_str key = tare_json_key(v), name;
    struct tare_json value = chosen(c, v, key);
    enum tare_status st = TARE_OK;
    if (tare__promptfoo_is_file(value, &name))
        st = tare__promptfoo_file(p, name, value, &value);
    if (st != TARE_OK)
        return st;
    tare_json_put_key_str(w, key);
    tare_json_put_value(w, value);
    return TARE_OK;
}

static bool special(struct tare_str key)
{
    return tare_str_starts(key, TARE_S("__"));
}

static enum tare_status put_vars(struct tare__promptfoo *p, struct tare_json vars,
                                 const struct choice *c, struct tare_json_writer *w)
{
    struct tare_json base = tare_json_get(p->defaults, "vars");
    enum tare_status st = TARE_OK;
    tare_json_begin_object(w);
    for (struct tare_json v = tare_json_first(base); tare_json_present(v) && st == TARE_OK;
         v = tare_json_next(v))
        if (!tare_json_present(tare_json_get_str(vars, tare_json_key(v))))
            st = put_var(p, v, c, w);
    for (struct tare_json v = tare_json_first(vars); tare_json_present(v) && st == TARE_OK;
         v = tare_json_next(v))
        if (!special(tare_json_key(v)))
            st = put_var(p, v, c, w);
    tare_json_end_object(w);
    return st;
}

/* "type:value", "type(0.5):value", or a text to be equal to. */
static void put_expected(struct tare__promptfoo *p, struct tare_str s, struct tare_str metric,
                         struct tare_json_writer *w)
{
    struct tare_json_writer j;
    struct tare_json a;
    struct tare_buf b;
    size_t colon = tare_str_find(s, TARE_S(":"));
    struct tare_str type = tare_str_n(s.p, colon == SIZE_MAX ? 0 : colon), value = s, limit = {0};
    size_t open = tare_str_find(type, TARE_S("("));
    if (open != SIZE_MAX && tare_str_ends(type, TARE_S(")"))) {
        limit = tare_str_n(type.p + open + 1, type.n - open - 2);
        type.n = open;
    }
    bool word = type.n > 0;
    for (size_t i = 0; i < type.n; i++)
        word = word && ((type.p[i] >= 'a' && type.p[i] <= 'z') || type.p[i] == '-');
    if (word)
        value = tare_str_trim(tare_str_n(s.p + colon + 1, s.n - colon - 1));
    else if (tare_str_is(s, "is-json") || tare_str_is(s, "contains-json") ||
             tare_str_is(s, "is-refusal"))
        type = s;
    else
        type = TARE_S("equals");
    if (tare_str_is(type, "grade"))
        type = TARE_S("llm-rubric");
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&j, &b);
    tare_json_begin_object(&j);
    tare_json_member_str(&j, "type", type);
    if (value.n && !tare_str_eq(type, s)) {
        tare_json_put_key(&j, "value");
        tare_json_put_str(&j, value);
    }
    double x;
    if (limit.n && tare_str_to_f64(limit, &x))
        tare_json_member_f64(&j, "threshold", x);
    if (metric.n)
        tare_json_member_str(&j, "metric", metric);
    tare_json_end_object(&j);
    struct tare_str copy = tare_arena_copy(p->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    struct tare_json none = {NULL, 0};
    if (copy.p && tare_json_parse(copy, &tare_json_log, p->arena, &a, NULL) == TARE_OK)
        tare__promptfoo_assert(p, a, none, w);
}

static void put_list(struct tare__promptfoo *p, struct tare_json list, struct tare_json options,
                     struct tare_json_writer *w)
{
    for (struct tare_json a = tare_json_first(list); tare_json_present(a); a = tare_json_next(a))
        tare__promptfoo_assert(p, a, options, w);
}

static bool put_limit(struct tare__promptfoo *p, struct tare_json test, struct tare_json vars,
                      double *out)
{
    struct tare_json v = tare_json_get(test, "threshold");
    if (!tare_json_present(v))
        v = tare_json_get(p->defaults, "threshold");
    return tare_json_f64(v, out) ||
           tare_str_to_f64(tare_json_str(tare_json_get(vars, "__threshold")), out);
}

static void put_checks(struct tare__promptfoo *p, struct tare_json test, struct tare_json vars,
                       struct tare_json_writer *w)
{
    struct tare_json options = tare_json_get(test, "options");
    struct tare_str metric = tare_json_str(tare_json_get(vars, "__metric"));
    double x = 0;
    bool limit = put_limit(p, test, vars, &x);
    tare_json_begin_array(w);
    if (limit) {
        tare_json_begin_object(w);
        tare_json_member_f64(w, "threshold", x);
        tare_json_put_key(w, "weighted");
        tare_json_begin_array(w);
    }
    size_t before = w->out->n;
    put_list(p, tare_json_get(p->defaults, "assert"), options, w);
    put_list(p, tare_json_get(test, "assert"), options, w);
    for (struct tare_json v = tare_json_first(vars); tare_json_present(v); v = tare_json_next(v))
        if (tare_str_starts(tare_json_key(v), TARE_S("__expected")) && tare_json_str(v).n)
            put_expected(p, tare_json_str(v), metric, w);
    if (limit && w->out->n == before) /* nothing to reach: it passes, as in promptfoo */
        tare_json_put_raw(w, TARE_S("{\"length\":{\"max\":1000000000}}"));
    if (limit) {
        tare_json_end_array(w);
        tare_json_end_object(w);
    } else if (w->out->n == before) {
        tare_json_put_raw(w, TARE_S("{\"length\":{\"max\":1000000000}}"));
    }
    tare_json_end_array(w);
}

static void put_tags(struct tare__promptfoo *p, struct tare_json test, struct tare_json_writer *w)
{
    struct tare_json own = tare_json_get(test, "metadata");
    struct tare_json base = tare_json_get(p->defaults, "metadata");
    tare_json_put_key(w, "tags");
    tare_json_begin_object(w);
    for (int i = 0; i < 2; i++)
        for (struct tare_json v = tare_json_first(i ? own : base); tare_json_present(v);
             v = tare_json_next(v)) {
            enum tare_json_kind kind = tare_json_kind(v);
            bool plain = kind == TARE_JSON_STRING || kind == TARE_JSON_NUMBER;
            if (!plain || (!i && tare_json_present(tare_json_get_str(own, tare_json_key(v)))))
                continue;
            tare_json_put_key_str(w, tare_json_key(v));
            tare_json_put_value(w, v);
        }
    tare_json_end_object(w);
}

static struct tare_str id_of(struct tare__promptfoo *p, struct tare_json test,
                             struct tare_json vars)
{
    struct tare_str id = tare_json_str(tare_json_get(tare_json_get(test, "metadata"), "id"));
    if (id.n == 0)
        id = tare_json_str(tare_json_get(test, "description"));
    if (id.n == 0)
        id = tare_json_str(tare_json_get(vars, "__description"));
    if (id.n > 200)
        id.n = 200;
    return id.n ? tare_arena_printf(p->arena, "%.*s", TARE_FMT(id))
                : tare_arena_printf(p->arena, "test-%u", p->n_tests + 1);
}

static enum tare_status put_test(struct tare__promptfoo *p, struct tare_json test,
                                 struct tare_json vars, const struct choice *c, struct tare_str id)
{
    struct tare_json_writer w;
    if (!id.p)
        return tare_fail(p->err, TARE_E_NOMEM, "no memory for tests");
    if (++p->n_tests > MAX_TESTS)
        return tare_fail(p->err, TARE_E_LIMIT, "more than %u tests", MAX_TESTS);
    tare_json_writer_init(&w, &p->lines);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "id");
    tare_json_put_str(&w, id);
    tare_json_put_key(&w, "input");
    enum tare_status st = put_vars(p, vars, c, &w);
    if (st != TARE_OK)
        return st;
    tare_json_put_key(&w, "checks");
    put_checks(p, test, vars, &w);
    put_tags(p, test, &w);
    tare_json_end_object(&w);
    tare_buf_putc(&p->lines, '\n');
    return p->lines.failed ? tare_fail(p->err, TARE_E_NOMEM, "no memory for tests") : TARE_OK;
}

/* Where the id is in the table, or would be. */
static struct tare_str *place_of(const struct tare__promptfoo *p, struct tare_str id)
{
    uint64_t i = tare_hash64(id, 0);
    while (p->ids[i & (p->cap_ids - 1)].p && !tare_str_eq(p->ids[i & (p->cap_ids - 1)], id))
        i++;
    return &p->ids[i & (p->cap_ids - 1)];
}

/* Room for one more. False: no memory. */
static bool grow_ids(struct tare__promptfoo *p)
{
    struct tare_str *old = p->ids;
    uint32_t n = p->cap_ids;
    if (2 * (p->n_ids + 1) < n)
        return true;
    p->cap_ids = n ? 2 * n : 64;
    p->ids = TARE_NEW_N(p->arena, struct tare_str, p->cap_ids);
    if (!p->ids) {
        p->cap_ids = 0;
        p->n_ids = 0;
        return false;
    }
    for (uint32_t i = 0; i < n; i++)
        if (old[i].p)
            *place_of(p, old[i]) = old[i];
    return true;
}

/* A name that no test before has, and which no later one will get. p NULL: no memory. */
static struct tare_str unique(struct tare__promptfoo *p, struct tare_str id, uint32_t nth,
                              bool several)
{
    struct tare_str name =
        several ? tare_arena_printf(p->arena, "%.*s #%u", TARE_FMT(id), nth) : id;
    if (!grow_ids(p))
        return (struct tare_str){NULL, 0};
    for (uint32_t i = p->n_tests + 1; name.p && place_of(p, name)->p; i++)
        name = tare_arena_printf(p->arena, "%.*s (%u)", TARE_FMT(id), i);
    if (name.p) {
        *place_of(p, name) = name;
        p->n_ids++;
    }
    return name;
}

static void lists_of(struct tare__promptfoo *p, struct tare_json vars, struct choice *c)
{
    struct tare_json all[2] = {tare_json_get(p->defaults, "vars"), vars};
    *c = (struct choice){.n = 0};
    for (int i = 0; i < 2; i++)
        for (struct tare_json v = tare_json_first(all[i]); tare_json_present(v) && c->n < MAX_LISTS;
             v = tare_json_next(v)) {
            bool hidden = !i && tare_json_present(tare_json_get_str(vars, tare_json_key(v)));
            if (tare_json_kind(v) != TARE_JSON_ARRAY || tare_json_count(v) == 0 || hidden)
                continue;
            c->key[c->n] = tare_json_key(v);
            c->list[c->n++] = v;
        }
}

enum tare_status tare__promptfoo_test(struct tare__promptfoo *p, struct tare_json test)
{
    struct tare_json vars = tare_json_get(test, "vars");
    bool row = !tare_json_present(vars) && !tare_json_present(tare_json_get(test, "assert"));
    struct tare_str name;
    struct choice c;
    uint32_t nth = 1;
    if (tare_json_kind(test) != TARE_JSON_OBJECT)
        return tare__promptfoo_fail(p, test, "a test must be a mapping", "it has vars and assert");
    if (row) /* of a table: its columns are the variables */
        vars = test;
    enum tare_status st = TARE_OK;
    if (tare__promptfoo_is_file(vars, &name))
        st = tare__promptfoo_file(p, name, vars, &vars);
    lists_of(p, vars, &c);
    struct tare_str id = id_of(p, test, vars);
    while (st == TARE_OK) {
        st = put_test(p, test, vars, &c, unique(p, id, nth++, c.n > 0));
        if (!advance(&c))
            break;
    }
    return st;
}

enum tare_status tare__promptfoo_tests(struct tare__promptfoo *p, struct tare_json tests)
{
    struct tare_str name;
    enum tare_status st = TARE_OK;
    if (!tare_json_present(tests) || tare_json_kind(tests) == TARE_JSON_NULL)
        return TARE_OK;
    if (tare_json_kind(tests) == TARE_JSON_STRING) {
        if (!tare__promptfoo_is_file(tests, &name))
            name = tare_json_str(tests);
        st = tare__promptfoo_file(p, name, tests, &tests);
        if (st == TARE_OK && tare_json_kind(tests) != TARE_JSON_ARRAY)
            st = tare_fail(p->err, TARE_E_INPUT, "%.*s holds no list of tests", TARE_FMT(name));
    }
    if (st == TARE_OK && ++p->depth > MAX_FILES_DEEP)
        st = tare__promptfoo_fail(p, tests, "files of tests name each other without end",
                                  "name each file once, in `tests`");
    for (struct tare_json t = tare_json_first(tests); tare_json_present(t) && st == TARE_OK;
         t = tare_json_next(t))
        st = tare_json_kind(t) == TARE_JSON_STRING ? tare__promptfoo_tests(p, t)
                                                   : tare__promptfoo_test(p, t);
    p->depth--;
    return st;
}
