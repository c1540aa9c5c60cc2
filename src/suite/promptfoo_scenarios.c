/* Scenarios: each set of values with each test. */
#include "base/limits.h"
#include "suite/promptfoo_int.h"

#include "base/banned.h"

/* The members of both mappings; those of the second stand where both have one. */
static void put_merged(struct tare_json a, struct tare_json b, const char *key,
                       struct tare_json_writer *w)
{
    a = tare_json_get(a, key);
    b = tare_json_get(b, key);
    if (!tare_json_present(a) && !tare_json_present(b))
        return;
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    for (struct tare_json v = tare_json_first(a); tare_json_present(v); v = tare_json_next(v)) {
        if (tare_json_present(tare_json_get_str(b, tare_json_key(v))))
            continue;
        tare_json_put_key_str(w, tare_json_key(v));
        tare_json_put_value(w, v);
    }
    for (struct tare_json v = tare_json_first(b); tare_json_present(v); v = tare_json_next(v)) {
        tare_json_put_key_str(w, tare_json_key(v));
        tare_json_put_value(w, v);
    }
    tare_json_end_object(w);
}

static void put_either(struct tare_json a, struct tare_json b, const char *key,
                       struct tare_json_writer *w)
{
    struct tare_json v = tare_json_get(b, key);
    if (!tare_json_present(v))
        v = tare_json_get(a, key);
    if (!tare_json_present(v))
        return;
    tare_json_put_key(w, key);
    tare_json_put_value(w, v);
}

static void put_asserts(struct tare_json a, struct tare_json b, struct tare_json_writer *w)
{
    struct tare_json lists[2] = {tare_json_get(a, "assert"), tare_json_get(b, "assert")};
    tare_json_put_key(w, "assert");
    tare_json_begin_array(w);
    for (int i = 0; i < 2; i++)
        for (struct tare_json v = tare_json_first(lists[i]); tare_json_present(v);
             v = tare_json_next(v))
            tare_json_put_value(w, v);
    tare_json_end_array(w);
}

/* One set of values and one test as a test of its own. */
static enum tare_status add(struct tare__promptfoo *p, struct tare_json values,
                            struct tare_json test)
{
    struct tare_json_policy policy = {.max_bytes = TARE_MAX_TASKS_FILE_BYTES};
    struct tare_json_writer w;
    struct tare_json whole;
    struct tare_buf b;
    struct tare_str name;
    if (tare__promptfoo_is_file(tare_json_get(values, "vars"), &name) ||
        tare__promptfoo_is_file(tare_json_get(test, "vars"), &name))
        return tare__promptfoo_fail(p, tare_json_get(values, "vars"),
                                    "vars of a scenario are a mapping here",
                                    "write the values, or name files in `tests` instead");
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    put_merged(values, test, "vars", &w);
    put_merged(values, test, "options", &w);
    put_merged(values, test, "metadata", &w);
    put_either(values, test, "description", &w);
    put_either(values, test, "threshold", &w);
    put_asserts(values, test, &w);
    tare_json_end_object(&w);
    struct tare_str text =
        b.failed ? (struct tare_str){NULL, 0} : tare_arena_copy(p->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    if (!text.p)
        return tare_fail(p->err, TARE_E_NOMEM, "no memory for tests");
    enum tare_status st = tare_json_parse(text, &policy, p->arena, &whole, p->err);
    return st == TARE_OK ? tare__promptfoo_test(p, whole) : st;
}

/* A list, or a file of one. */
static enum tare_status list_of(struct tare__promptfoo *p, struct tare_json v,
                                struct tare_json *out)
{
    struct tare_str name;
    *out = v;
    if (tare_json_kind(v) != TARE_JSON_STRING)
        return TARE_OK;
    if (!tare__promptfoo_is_file(v, &name))
        name = tare_json_str(v);
    return tare__promptfoo_file(p, name, v, out);
}

static enum tare_status one(struct tare__promptfoo *p, struct tare_json scenario)
{
    struct tare_json values, tests, none = {NULL, 0};
    enum tare_status st = list_of(p, tare_json_get(scenario, "config"), &values);
    if (st == TARE_OK)
        st = list_of(p, tare_json_get(scenario, "tests"), &tests);
    if (st == TARE_OK && tare_json_kind(values) != TARE_JSON_ARRAY)
        return tare__promptfoo_fail(p, scenario, "a scenario needs a list `config`",
                                    "each entry has `vars`");
    for (struct tare_json v = tare_json_first(values); tare_json_present(v) && st == TARE_OK;
         v = tare_json_next(v)) {
        struct tare_json t = tare_json_first(tests);
        if (!tare_json_present(t))
            st = add(p, v, none);
        for (; tare_json_present(t) && st == TARE_OK; t = tare_json_next(t))
            st = add(p, v, t);
    }
    return st;
}

enum tare_status tare__promptfoo_scenarios(struct tare__promptfoo *p, struct tare_json scenarios)
{
    struct tare_json list;
    enum tare_status st = list_of(p, scenarios, &list);
    for (struct tare_json s = tare_json_first(list); tare_json_present(s) && st == TARE_OK;
         s = tare_json_next(s)) {
        struct tare_json v = s;
        bool file = tare_json_kind(s) == TARE_JSON_STRING;
        if (file)
            st = list_of(p, s, &v);
        bool several = file && tare_json_kind(v) == TARE_JSON_ARRAY;
        if (st == TARE_OK && !several)
            st = one(p, v);
        for (v = tare_json_first(v); several && tare_json_present(v) && st == TARE_OK;
             v = tare_json_next(v))
            st = one(p, v);
    }
    return st;
}
