#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"
#include "lint/lint.h"
#include "text/jsonl.h"

#include "base/banned.h"

#define MAX_ROWS_BYTES (256 * TARE_MIB)
#define FIRST_ROWS 64u /* they tell whether the rest is worth reading */

struct row {
    struct tare_str id;
    struct tare_json v;
    size_t file_order;
};
struct log {
    struct tare_str path;
    struct row *rows; /* in the order of the file */
    uint32_t n;
    struct tare_map map;
    struct tare_str text; /* empty: no rows of JSON */
    size_t at;            /* how far it was read */
};

static struct tare_str id_of(struct tare_json row)
{
    static const char *const names[] = {"task_id", "id", "sample_id", "task", NULL};
    for (const char *const *n = names; *n; n++)
        if (tare_json_kind(tare_json_get(row, *n)) == TARE_JSON_STRING)
            return tare_json_str(tare_json_get(row, *n));
    return (struct tare_str){NULL, 0};
}

/* ---- reading -------------------------------------------------------------------------------- */

static uint32_t count_lines(struct tare_str text)
{
    uint32_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

/* A table as rows of JSON. One that cannot be read is left to the importer, which says why. */
static enum tare_status rows_of_csv(struct tare_str text, struct tare_arena *arena,
                                    struct tare_str *out, struct tare_err *err)
{
    struct tare_buf b;
    struct tare_err ignored = {0};
    tare_buf_init(&b, NULL, 4 * MAX_ROWS_BYTES);
    enum tare_status st = tare_csv_lines(text, arena, &b, &ignored);
    *out = st == TARE_OK ? tare_arena_copy(arena, tare_buf_str(&b)) : (struct tare_str){NULL, 0};
    tare_buf_free(&b);
    return st == TARE_E_NOMEM || (st == TARE_OK && !out->p)
               ? tare_fail(err, TARE_E_NOMEM, "not enough memory to look at a log")
               : TARE_OK;
}

/* Opens the file; `at` 0: nothing is read yet. */
static enum tare_status open_log(struct tare_str path, struct tare_arena *arena, struct log *out,
                                 struct tare_err *err)
{
    *out = (struct log){.path = path};
    enum tare_status st = tare_map_open(path, MAX_ROWS_BYTES, arena, &out->map, err);
    struct tare_str text = out->map.bytes;
    if (st || text.n == 0 || text.n > MAX_ROWS_BYTES)
        return st;
    if (text.p[0] == '{')
        out->text = text;
    else if (tare_str_ends(path, TARE_S(".csv")) || tare_str_ends(path, TARE_S(".tsv")))
        st = rows_of_csv(text, arena, &out->text, err);
    return st;
}

/* Reads on until there are `most` rows or the file ends. */
static enum tare_status read_log(struct log *l, uint32_t most, struct tare_arena *arena,
                                 struct tare_err *err)
{
    struct tare_str text = l->text;
    uint32_t room = most == UINT32_MAX ? count_lines(text) : most;
    struct row *rows = text.n ? TARE_NEW_N(arena, struct row, room) : NULL;
    if (text.n && !rows)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to look at a log");
    if (l->n)
        memcpy(rows, l->rows, l->n * sizeof *rows);
    l->rows = rows;
    while (l->at < text.n && l->n < most) {
        const char *end = memchr(text.p + l->at, '\n', text.n - l->at);
        size_t n = end ? (size_t)(end - text.p) - l->at : text.n - l->at;
        struct tare_json v;
        struct tare_str line = tare_str_n(text.p + l->at, n);
        l->at += n + 1;
        if (tare_json_parse(line, &tare_json_log, arena, &v, NULL) == TARE_OK &&
            tare_json_kind(v) == TARE_JSON_OBJECT) {
            l->rows[l->n] = (struct row){id_of(v), v, l->n};
            l->n++;
        }
    }
    return TARE_OK;
}

/* ---- columns -------------------------------------------------------------------------------- */

static bool has_part(struct tare_str name, const char *const *parts)
{
    for (; *parts; parts++)
        if (tare_str_find(name, tare_str_of(*parts)) != SIZE_MAX)
            return true;
    return false;
}

static bool is_bool(struct tare_json v)
{
    return tare_json_kind(v) == TARE_JSON_TRUE || tare_json_kind(v) == TARE_JSON_FALSE;
}

/* Whether the column is a bool in each row and never the same twice in a row. */
static bool alternates(const struct log *l, struct tare_str key)
{
    bool before = false;
    for (uint32_t i = 0; i < l->n; i++) {
        struct tare_json v = tare_json_get_str(l->rows[i].v, key);
        if (!is_bool(v) || (i && tare_json_true(v) == before))
            return false;
        before = tare_json_true(v);
    }
    return l->n > 0;
}

static void look_at_bools(const struct log *l, struct tare_str key, struct tare_lint *out)
{
    if (alternates(l, key))
        tare_lint_add(out, "alternating", l->path,
                      "%.*s alternates between false and true over all %u rows: a placeholder, not "
                      "a measurement",
                      TARE_FMT(key), l->n);
}

/* Whether the column is the same number in each row. */
static bool is_constant(const struct log *l, struct tare_str key, double *value)
{
    static const char *const parts[] = {"margin", "score", "reward", "confidence", NULL};
    double x;
    if (!has_part(key, parts))
        return false;
    for (uint32_t i = 0; i < l->n; i++) {
        if (!tare_json_f64(tare_json_get_str(l->rows[i].v, key), &x))
            return false;
        if (i == 0)
            *value = x;
        else if (x < *value || x > *value)
            return false;
    }
    return l->n > 0;
}

static void look_at_numbers(const struct log *l, struct tare_str key, struct tare_lint *out)
{
    double value = 0;
    if (is_constant(l, key, &value))
        tare_lint_add(out, "constant", l->path, "%.*s is %g in all %u rows: nothing was measured",
                      TARE_FMT(key), value, l->n);
}

/* ---- distinct values ------------------------------------------------------------------------ */

static int by_hash(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static uint32_t distinct(uint64_t *hash, uint32_t n)
{
    uint32_t d = n > 0;
    qsort(hash, n, sizeof *hash, by_hash);
    for (uint32_t i = 1; i < n; i++)
        d += hash[i] != hash[i - 1];
    return d;
}

static uint64_t hash_of(struct tare_json v)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_print(v, &b);
    uint64_t h = tare_hash64(tare_buf_str(&b), UINT64_C(0x6c696e74));
    tare_buf_free(&b);
    return h;
}

/* Tasks made from few: the column names a family, a seed, a parent. */
static const char *const family_parts[] = {"scaled_from", "family",  "template", "parent",
                                           "seed_id",     "cluster", NULL};
static const char *const input_names[] = {"input", "prompt", "question", NULL};

static void look_at_families(const struct log *l, struct tare_json columns, struct tare_str under,
                             struct tare_lint *out)
{
    uint64_t *hash = TARE_NEW_N(out->arena, uint64_t, l->n);
    for (struct tare_json c = tare_json_first(columns); hash && tare_json_present(c);
         c = tare_json_next(c)) {
        struct tare_str key = tare_json_key(c);
        uint32_t n = 0;
        if (!has_part(key, family_parts))
            continue;
        for (uint32_t i = 0; i < l->n; i++) {
            struct tare_json from = under.n ? tare_json_get_str(l->rows[i].v, under) : l->rows[i].v;
            struct tare_json v = tare_json_get_str(from, key);
            if (tare_json_present(v))
                hash[n++] = hash_of(v);
        }
        uint32_t d = distinct(hash, n);
        if (n >= TARE_LINT_MIN_ROWS && d > 1 && d * 3 <= n)
            tare_lint_add(out, "few-families", l->path,
                          "%u rows come from only %u values of %.*s: they are not independent; "
                          "compare with --cluster %.*s",
                          n, d, TARE_FMT(key), TARE_FMT(key));
    }
}

static void look_at_inputs(const struct log *l, struct tare_lint *out)
{
    uint64_t *hash = TARE_NEW_N(out->arena, uint64_t, l->n);
    uint64_t *ids = TARE_NEW_N(out->arena, uint64_t, l->n);
    for (const char *const *name = input_names; hash && ids && *name; name++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < l->n; i++) {
            struct tare_json v = tare_json_get(l->rows[i].v, *name);
            if (!tare_json_present(v))
                continue;
            ids[n] = tare_hash64(l->rows[i].id, UINT64_C(0x6c696e74));
            hash[n++] = hash_of(v);
        }
        uint32_t d = distinct(hash, n), tasks = distinct(ids, n);
        if (n >= TARE_LINT_MIN_ROWS && d < tasks)
            tare_lint_add(out, "repeated-inputs", l->path,
                          "%u tasks hold only %u different texts of %s: repeated tasks count "
                          "twice",
                          tasks, d, *name);
    }
}

/* ---- pairs of texts ------------------------------------------------------------------------- */

/* The better one of two texts, by their names or by a column. */
struct pair_names {
    const char *worse, *better;
    bool labelled; /* which is better stands in a column of its own */
};

static const struct pair_names pair_names[] = {{"candidate_output", "ground_truth_output", false},
                                               {"rejected", "chosen", false},
                                               {"text_a", "text_b", true},
                                               {"output_a", "output_b", true},
                                               {"response_a", "response_b", true},
                                               {"answer_a", "answer_b", true}};

static struct tare_json text_in(struct tare_json v)
{
    static const char *const names[] = {"body", "text", "content", NULL};
    for (const char *const *n = names; tare_json_kind(v) == TARE_JSON_OBJECT && *n; n++)
        if (tare_json_present(tare_json_get(v, *n)))
            return tare_json_get(v, *n);
    return v;
}

/* 1: the second is better, 0: the first, -1: not said. */
static int label_of(struct tare_json row)
{
    static const char *const names[] = {"expected", "label", "preferred", "gold", NULL};
    for (const char *const *n = names; *n; n++) {
        struct tare_str s = tare_json_str(tare_json_get(row, *n));
        if (tare_str_is(s, "a") || tare_str_is(s, "A"))
            return 0;
        if (tare_str_is(s, "b") || tare_str_is(s, "B"))
            return 1;
    }
    return -1;
}

struct pair_counts {
    uint32_t n, same, distinct;
    double longer; /* where the better text is the longer one; equal lengths count one half */
};

static bool count_pairs(const struct log *l, const struct pair_names *p, struct tare_lint *out,
                        struct pair_counts *c)
{
    uint64_t *hash = TARE_NEW_N(out->arena, uint64_t, l->n);
    *c = (struct pair_counts){0};
    for (uint32_t i = 0; hash && i < l->n; i++) {
        struct tare_json a = text_in(tare_json_get(l->rows[i].v, p->worse));
        struct tare_json b = text_in(tare_json_get(l->rows[i].v, p->better));
        struct tare_str x = tare_json_str(a), y = tare_json_str(b);
        int label = p->labelled ? label_of(l->rows[i].v) : 1;
        if (!x.p || !y.p || label < 0)
            continue;
        c->same += tare_str_eq(x, y);
        c->longer += x.n == y.n ? 0.5 : (y.n > x.n) == (label == 1);
        hash[c->n++] = hash_of(a) ^ (hash_of(b) * 3);
    }
    c->distinct = hash ? distinct(hash, c->n) : 0;
    return c->n >= TARE_LINT_MIN_ROWS;
}

static int by_id(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = tare_str_cmp(x->id, y->id);
    return order ? order : (x->file_order > y->file_order) - (x->file_order < y->file_order);
}

static bool holds(const struct row *sorted, uint32_t n, struct tare_str id)
{
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (tare_str_cmp(sorted[mid].id, id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && tare_str_eq(sorted[lo].id, id);
}

/* 1 or 0 for a verdict; -1 for anything else. */
static int yes_or_no(struct tare_json v)
{
    int64_t x;
    if (is_bool(v))
        return tare_json_true(v);
    return tare_json_i64(v, &x) && (x == 0 || x == 1) ? (int)x : -1;
}

/* How often a column of verdicts says yes on the tasks of the pairs (`sorted`). */
static void look_at_verdict(const struct log *l, struct tare_str key, const struct row *sorted,
                            uint32_t n_sorted, const struct pair_counts *c, struct tare_lint *out)
{
    uint32_t n = 0, yes = 0;
    for (uint32_t i = 0; i < l->n; i++) {
        int verdict = yes_or_no(tare_json_get_str(l->rows[i].v, key));
        if (verdict < 0 || !holds(sorted, n_sorted, l->rows[i].id))
            continue;
        n++;
        yes += verdict == 1;
    }
    if (n == c->n && yes <= c->longer)
        tare_lint_add(out, "longer-wins", l->path,
                      "always taking the longer text is right on %g of %u tasks, %.*s on %u: "
                      "length alone does as well",
                      c->longer, c->n, TARE_FMT(key), yes);
}

static void look_at_verdicts(const struct log *pairs, const struct log *logs, uint32_t n_logs,
                             const struct pair_counts *c, struct tare_lint *out)
{
    static const char *const parts[] = {"prefers", "correct", "score", NULL};
    struct row *ids = TARE_NEW_N(out->arena, struct row, pairs->n);
    if (!ids)
        return;
    memcpy(ids, pairs->rows, pairs->n * sizeof *ids);
    qsort(ids, pairs->n, sizeof *ids, by_id);
    for (uint32_t k = 0; k < n_logs; k++)
        for (struct tare_json col =
                 tare_json_first(logs[k].n ? logs[k].rows[0].v : (struct tare_json){NULL, 0});
             tare_json_present(col); col = tare_json_next(col))
            if (has_part(tare_json_key(col), parts))
                look_at_verdict(&logs[k], tare_json_key(col), ids, pairs->n, c, out);
}

static void look_at_pairs(const struct log *l, const struct log *logs, uint32_t n_logs,
                          struct tare_lint *out)
{
    for (size_t i = 0; i < sizeof pair_names / sizeof pair_names[0]; i++) {
        struct pair_counts c;
        const struct pair_names *p = &pair_names[i];
        if (!count_pairs(l, p, out, &c))
            continue;
        if (c.same)
            tare_lint_add(out, "same-texts", l->path,
                          "%s and %s are the same text in %u of %u rows: such a row can only be a "
                          "tie",
                          p->worse, p->better, c.same, c.n);
        if (c.distinct * 3 <= c.n)
            tare_lint_add(out, "few-texts", l->path,
                          "%u rows hold only %u different pairs of %s and %s: they are not "
                          "independent",
                          c.n, c.distinct, p->worse, p->better);
        uint32_t before = out->n;
        if (c.longer * 10 >= c.n * 8)
            look_at_verdicts(l, logs, n_logs, &c, out);
        /* No verdict about these pairs is here: say what one would have to beat. */
        if (c.longer * 10 >= c.n * 8 && out->n == before)
            tare_lint_add(out, "longer-wins", l->path,
                          "of %s and %s the better text is the longer one in %.0f %% of %u rows: "
                          "who always takes the longer one scores as much",
                          p->worse, p->better, 100 * c.longer / c.n, c.n);
    }
}

/* ---- what is worth reading ------------------------------------------------------------------ */

static bool has_pairs(const struct log *l)
{
    for (uint32_t i = 0; i < l->n; i++)
        for (size_t p = 0; p < sizeof pair_names / sizeof pair_names[0]; p++)
            if (tare_json_present(tare_json_get(l->rows[i].v, pair_names[p].worse)))
                return true;
    return false;
}

static bool names_family(struct tare_json object)
{
    for (struct tare_json c = tare_json_first(object); tare_json_present(c); c = tare_json_next(c))
        if (has_part(tare_json_key(c), family_parts))
            return true;
    return false;
}

/* Whether the rest of this log could show anything, as far as its first rows tell: a column that
 * already varies is not constant, and so on. */
static bool worth_reading(const struct log *l)
{
    struct tare_json row = l->n ? l->rows[0].v : (struct tare_json){NULL, 0};
    double value;
    if (names_family(row) || has_pairs(l))
        return true;
    for (struct tare_json c = tare_json_first(row); tare_json_present(c); c = tare_json_next(c))
        if (names_family(c) || alternates(l, tare_json_key(c)) ||
            is_constant(l, tare_json_key(c), &value))
            return true;
    for (uint32_t i = 0; i < l->n; i++)
        for (const char *const *name = input_names; *name; name++)
            if (tare_json_present(tare_json_get(l->rows[i].v, *name)))
                return true;
    return false;
}

/* All rows of the logs that are worth it; of all logs when one holds pairs of texts, since the
 * verdicts about them may stand in another. */
static enum tare_status read_logs(const struct tare_str *paths, uint32_t n, struct log *logs,
                                  uint32_t *opened, bool *has_rows, struct tare_arena *arena,
                                  struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    bool pairs = false;
    for (; *opened < n && !st; ++*opened) {
        struct log *l = &logs[*opened];
        st = open_log(paths[*opened], arena, l, err);
        if (!st)
            st = read_log(l, FIRST_ROWS, arena, err);
        if (has_rows)
            has_rows[*opened] = l->n > 0;
        pairs = pairs || has_pairs(l);
    }
    for (uint32_t i = 0; i < n && !st; i++)
        if (pairs || worth_reading(&logs[i]))
            st = read_log(&logs[i], UINT32_MAX, arena, err);
        else
            logs[i].n = 0;
    return st;
}

static void look_at_log(const struct log *l, const struct log *logs, uint32_t n,
                        struct tare_lint *out)
{
    for (struct tare_json c = tare_json_first(l->rows[0].v); tare_json_present(c);
         c = tare_json_next(c)) {
        if (is_bool(c))
            look_at_bools(l, tare_json_key(c), out);
        else if (tare_json_kind(c) == TARE_JSON_NUMBER)
            look_at_numbers(l, tare_json_key(c), out);
        else if (tare_json_kind(c) == TARE_JSON_OBJECT)
            look_at_families(l, c, tare_json_key(c), out);
    }
    look_at_families(l, l->rows[0].v, (struct tare_str){NULL, 0}, out);
    look_at_inputs(l, out);
    look_at_pairs(l, logs, n, out);
}

enum tare_status tare_lint_rows(const struct tare_str *paths, uint32_t n, struct tare_lint *out,
                                bool *has_rows, struct tare_err *err)
{
    struct log *logs = TARE_NEW_N(out->arena, struct log, n);
    uint32_t opened = 0;
    enum tare_status st = logs ? read_logs(paths, n, logs, &opened, has_rows, out->arena, err)
                               : tare_fail(err, TARE_E_NOMEM, "not enough memory to look at logs");
    for (uint32_t i = 0; i < n && !st; i++)
        if (logs[i].n >= TARE_LINT_MIN_ROWS)
            look_at_log(&logs[i], logs, n, out);
    for (uint32_t i = 0; logs && i < opened; i++)
        tare_map_close(&logs[i].map);
    return st;
}
