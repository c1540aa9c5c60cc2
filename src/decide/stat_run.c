/*
 * The table of calculators, and running one: alone, from words, or as a line of a batch.
 */
#include "base/limits.h"
#include "decide/stat.h"
#include "decide/stat_int.h"
#include "text/jsonl.h"

#include "base/banned.h"

#define PROCS_MAX 160
#define DEPTH_MAX 4 /* of dotted keys */

const char *tare_stat_group_name(enum tare_stat_group g)
{
    static const char *const names[TARE_STAT_GROUPS] = {
        "bootstrap",
        "tests on pairs",
        "rates",
        "planning",
        "many comparisons, repeated attempts",
        "looking while it runs",
        "agreement and association",
        "effects, ranks, durations",
        "selection",
        "metacognition",
        "training",
    };
    return (unsigned)g < TARE_STAT_GROUPS ? names[g] : "other";
}

static struct tare__stat_part part_at(size_t i)
{
    switch (i) {
    case 0:
        return tare__stat_bootstrap();
    case 1:
        return tare__stat_tests();
    case 2:
        return tare__stat_rates();
    case 3:
        return tare__stat_planning();
    case 4:
        return tare__stat_many();
    case 5:
        return tare__stat_agreement();
    case 6:
        return tare__stat_location();
    case 7:
        return tare__stat_selection();
    case 8:
        return tare__stat_pool();
    case 9:
        return tare__stat_meta();
    case 10:
        return tare__stat_source();
    case 11:
        return tare__stat_training();
    default:
        return (struct tare__stat_part){NULL, 0};
    }
}

const struct tare_stat_proc *tare_stat_at(size_t i)
{
    for (size_t p = 0;; p++) {
        struct tare__stat_part part = part_at(p);
        if (part.n == 0)
            return NULL;
        if (i < part.n)
            return &part.procs[i];
        i -= part.n;
    }
}

const struct tare_stat_proc *tare_stat_find(struct tare_str name, const char **nearest)
{
    const char *names[PROCS_MAX + 1];
    size_t n = 0;
    for (const struct tare_stat_proc *p; n < PROCS_MAX && (p = tare_stat_at(n)) != NULL; n++) {
        if (tare_str_is(name, p->name))
            return p;
        names[n] = p->name;
    }
    names[n] = NULL;
    if (nearest)
        *nearest = tare_suggest(name, names);
    return NULL;
}

const struct tare_stat_proc *tare_stat_find_op(struct tare_str op)
{
    const struct tare_stat_proc *p;
    for (size_t i = 0; (p = tare_stat_at(i)) != NULL; i++)
        if (p->op && tare_str_is(op, p->op))
            return p;
    return tare_stat_find(op, NULL);
}

static bool told_before(const struct tare__stat *s, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(s->reason[k].key, s->reason[i].key) == 0)
            return true;
    return false;
}

static void put_reasons(struct tare__stat *s)
{
    if (s->reasons == 0)
        return;
    tare_json_put_key(s->w, "unavailable");
    tare_json_begin_object(s->w);
    for (size_t i = 0; i < s->reasons; i++)
        if (!told_before(s, i))
            tare__out_text(s, s->reason[i].key, s->reason[i].why);
    tare_json_end_object(s->w);
}

enum tare_status tare_stat_run(const struct tare_stat_proc *proc, struct tare_json input,
                               struct tare_str text, const struct tare_stat_opts *opts,
                               struct tare_arena *arena, struct tare_buf *out, struct tare_err *err)
{
    struct tare_json_writer w;
    struct tare__stat s = {.arena = arena, .w = &w, .err = err};
    s.threads = opts && opts->threads ? opts->threads : 1;
    tare_json_writer_init(&w, out);
    tare_fields_begin(&s.f, input, text, (struct tare_str){NULL, 0}, err);
    tare_json_begin_object(&w);
    proc->run(&s);
    enum tare_status st = s.f.status;
    if (st == TARE_OK && !(opts && opts->allow_unknown))
        st = tare_fields_end(&s.f);
    if (st != TARE_OK)
        return st;
    put_reasons(&s);
    tare_json_end_object(&w);
    return out->failed ? tare_fail(err, TARE_E_NOMEM, "the result is too large") : TARE_OK;
}

/* A word's value: JSON when it is JSON, else a string. */
static void put_word_value(struct tare_json_writer *w, struct tare_str v, struct tare_arena *arena)
{
    struct tare_json root;
    struct tare_err ignored = {0};
    double number;
    if (tare_str_to_f64(v, &number) && (v.p[0] == '.' || v.p[0] == '+')) /* no JSON, but clear */
        tare_json_put_f64(w, number);
    else if (tare_json_parse(v, &tare_json_strict, arena, &root, &ignored) == TARE_OK)
        tare_json_put_raw(w, v);
    else
        tare_json_put_str(w, v);
}

/* Keys of a word, "a.b" in two; returns how many, 0 when it is none. */
static size_t split_word(struct tare_str word, struct tare_str key[DEPTH_MAX],
                         struct tare_str *value)
{
    size_t eq = tare_str_find(word, TARE_S("=")), depth = 0;
    if (eq == SIZE_MAX || eq == 0)
        return 0;
    struct tare_str path = tare_str_n(word.p, eq);
    *value = tare_str_n(word.p + eq + 1, word.n - eq - 1);
    while (depth < DEPTH_MAX) {
        size_t dot = tare_str_find(path, TARE_S("."));
        size_t n = dot == SIZE_MAX ? path.n : dot;
        if (n == 0)
            return 0;
        key[depth++] = tare_str_n(path.p, n);
        if (dot == SIZE_MAX)
            return depth;
        path = tare_str_n(path.p + dot + 1, path.n - dot - 1);
    }
    return 0;
}

struct word {
    struct tare_str key[DEPTH_MAX], value;
    size_t depth;
    bool done;
};

static bool same_prefix(const struct word *a, const struct word *b, size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        if (a->depth <= i || b->depth <= i || !tare_str_eq(a->key[i], b->key[i]))
            return false;
    return true;
}

/* Members below the prefix that word `from` has at `depth`; words of one object need not stand
 * together. Depth is at most DEPTH_MAX. */
static void put_words(struct tare_json_writer *w, struct word *words, size_t n, size_t from,
                      size_t depth, struct tare_arena *arena)
{
    tare_json_begin_object(w);
    for (size_t i = from; i < n; i++) {
        if (words[i].done || !same_prefix(&words[from], &words[i], depth))
            continue;
        tare_json_put_key_str(w, words[i].key[depth]);
        if (words[i].depth == depth + 1) {
            put_word_value(w, words[i].value, arena);
            words[i].done = true;
        } else {
            put_words(w, words, n, i, depth + 1, arena);
        }
    }
    tare_json_end_object(w);
}

enum tare_status tare_stat_words(const struct tare_str *words, size_t n, struct tare_arena *arena,
                                 struct tare_str *json, struct tare_err *err)
{
    struct word *split = TARE_NEW_N(arena, struct word, n);
    struct tare_json_writer w;
    struct tare_buf buf;
    if (!split)
        return tare_fail(err, TARE_E_NOMEM, "too many words");
    for (size_t i = 0; i < n; i++) {
        split[i].depth = split_word(words[i], split[i].key, &split[i].value);
        if (split[i].depth == 0) {
            tare_fail(err, TARE_E_USAGE, "\"%.*s\" is neither JSON nor key=value",
                      TARE_FMT(words[i]));
            tare_err_hint(err, "write one JSON object, or words such as wins=26 losses=1");
            return TARE_E_USAGE;
        }
    }
    tare_buf_init(&buf, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &buf);
    put_words(&w, split, n, 0, 0, arena);
    *json = tare_arena_copy(arena, tare_buf_str(&buf));
    tare_buf_free(&buf);
    return json->p ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "not enough memory");
}

static enum tare_status batch_output(struct tare_json root, struct tare_str line,
                                     const struct tare_stat_opts *opts, struct tare_arena *arena,
                                     struct tare_buf *out, struct tare_err *err)
{
    struct tare_json name = tare_json_get(root, "procedure");
    bool op = !tare_json_present(name);
    if (op)
        name = tare_json_get(root, "op");
    if (tare_json_kind(name) != TARE_JSON_STRING) {
        tare_fail(err, TARE_E_INPUT, "the line names no procedure");
        tare_err_hint(err, "write {\"id\": ..., \"procedure\": \"mcnemar\", \"input\": {...}}");
        return TARE_E_INPUT;
    }
    const char *nearest = NULL;
    const struct tare_stat_proc *p = op ? tare_stat_find_op(tare_json_str(name)) : NULL;
    if (!p)
        p = tare_stat_find(tare_json_str(name), &nearest);
    if (!p) {
        tare_fail(err, TARE_E_INPUT, "no procedure is called \"%.*s\"",
                  TARE_FMT(tare_json_str(name)));
        if (nearest)
            tare_err_hint(err, "did you mean \"%s\"?", nearest);
        else
            tare_err_hint(err, "tare stat --list names them all");
        return TARE_E_INPUT;
    }
    return tare_stat_run(p, tare_json_get(root, "input"), line, opts, arena, out, err);
}

static void put_error(struct tare_json_writer *w, const struct tare_err *e)
{
    tare_json_put_key(w, "error");
    tare_json_begin_object(w);
    tare_json_put_key(w, "code");
    tare_json_put_cstr(w, tare_status_name(e->code));
    tare_json_put_key(w, "text");
    tare_json_put_cstr(w, e->text);
    if (e->hint[0]) {
        tare_json_put_key(w, "hint");
        tare_json_put_cstr(w, e->hint);
    }
    tare_json_end_object(w);
}

enum tare_status tare_stat_batch_line(struct tare_str line, uint64_t line_no,
                                      const struct tare_stat_opts *opts, struct tare_arena *arena,
                                      struct tare_buf *out, bool *failed, struct tare_err *err)
{
    struct tare_json root = {NULL, 0}, id = {NULL, 0};
    struct tare_err fault = {0};
    struct tare_json_writer w;
    struct tare_buf result;
    tare_buf_init(&result, NULL, TARE_MAX_JSON_BYTES);
    enum tare_status st =
        tare_jsonl_line(line, line_no, 0, &tare_json_strict, arena, &root, &fault);
    if (st == TARE_OK) {
        id = tare_json_get(root, "id");
        st = batch_output(root, line, opts, arena, &result, &fault);
    }
    *failed = st != TARE_OK;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "id");
    if (tare_json_present(id))
        tare_json_put_value(&w, id);
    else
        tare_json_put_null(&w);
    if (st == TARE_OK) {
        tare_json_put_key(&w, "output");
        tare_json_put_raw(&w, tare_buf_str(&result));
    } else {
        put_error(&w, &fault);
    }
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
    tare_buf_free(&result);
    return out->failed ? tare_fail(err, TARE_E_NOMEM, "the output is too large") : TARE_OK;
}
