/*
 * The front door: opens, finds the format by content, reads.
 */
#include "record/formats/import.h"

#include "record/formats/import_int.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/map.h"
#include "text/fields.h"

#include "base/banned.h"

struct format {
    const char *name, *about;
    enum tare_status (*read)(struct tare__import *);
};

static const struct format formats[] = {
    {"inspect", "Inspect AI log, JSON form", tare__import_inspect_json},
    {"inspect-eval", "Inspect AI log, .eval archive", tare__import_inspect_zip},
    {"promptfoo", "promptfoo results, JSON or JSON Lines", tare__import_promptfoo},
    {"lm-eval", "lm-evaluation-harness samples_*.jsonl", tare__import_lm_eval},
    {"harbor", "Harbor trial or job folder", tare__import_harbor},
    {"terminal-bench", "Terminal-Bench results.json", tare__import_terminal_bench},
    {"tau2", "tau2-bench results.json", tare__import_tau2},
    {"verifiers", "verifiers traces.jsonl or results.jsonl", tare__import_verifiers},
    {"openai-evals", "OpenAI evals log", tare__import_openai_evals},
    {"deepeval", "DeepEval run file", tare__import_deepeval},
    {"rows", "JSON Lines or an array, one row an attempt", tare__import_rows},
    {"csv", "CSV with a header line", tare__import_csv},
};
#define N_FORMATS (sizeof formats / sizeof *formats)

const char *const *tare_import_formats(void)
{
    static const char *const names[] = {
        "inspect",        "inspect-eval", "promptfoo", "lm-eval",      "harbor",
        "terminal-bench", "tau2",         "verifiers", "openai-evals", "deepeval",
        "rows",           "csv",          NULL};
    return names;
}

const char *tare_import_about(const char *format)
{
    for (size_t i = 0; i < N_FORMATS; i++)
        if (strcmp(formats[i].name, format) == 0)
            return formats[i].about;
    return NULL;
}

static bool has(struct tare_str text, const char *key)
{
    return tare_json_walk_find(text, 0, key).n > 0;
}

static bool has_below(struct tare_str text, const char *outer, const char *inner)
{
    struct tare_str v = tare_json_walk_find(text, 0, outer);
    return v.n && *v.p == '{' && tare_json_walk_find(v, 0, inner).n > 0;
}

static const char *sniff_object(struct tare_str t)
{
    if (has(t, "version") && has(t, "eval") && has(t, "plan"))
        return "inspect";
    if (has(t, "evalId") && has(t, "results"))
        return "promptfoo";
    if (has(t, "trial_name") && has(t, "task_checksum"))
        return "harbor";
    if (has(t, "n_total_trials"))
        return "harbor";
    if (has(t, "simulations") && has_below(t, "info", "agent_info"))
        return "tau2";
    if (has(t, "testCases") || has_below(t, "testRunData", "testCases"))
        return "deepeval";
    struct tare_str results = tare_json_walk_find(t, 0, "results");
    if (results.n && *results.p == '[') {
        struct tare_json_walk w = {0};
        struct tare_str key, first;
        enum tare_status st;
        if (tare_json_walk_enter(results, 0, &w, NULL) == TARE_OK &&
            tare_json_walk_next(&w, &key, &first, &st, NULL) && has(first, "is_resolved"))
            return "terminal-bench";
    }
    return NULL;
}

static const char *sniff_line(struct tare_str line)
{
    if (has(line, "spec") || has(line, "final_report") ||
        (has(line, "event_id") && has(line, "run_id")))
        return "openai-evals";
    if (has(line, "gradingResult") && has(line, "promptIdx"))
        return "promptfoo";
    if (has(line, "doc_id") && (has(line, "filtered_resps") || has(line, "resps")))
        return "lm-eval";
    if ((has(line, "traces") && has(line, "env")) ||
        (has(line, "example_id") && has(line, "reward")))
        return "verifiers";
    return "rows";
}

static const char *sniff(struct tare_str text)
{
    struct tare_str t = text;
    if (t.n >= 4 && memcmp(t.p, "PK\x03\x04", 4) == 0)
        return "inspect-eval";
    if (t.n >= 3 && memcmp(t.p, "\xef\xbb\xbf", 3) == 0)
        t = tare_str_n(t.p + 3, t.n - 3);
    t = tare_str_trim(t);
    if (t.n == 0)
        return NULL;
    if (*t.p == '[')
        return "rows";
    if (*t.p != '{')
        return "csv";
    /* One object that ends where the text ends, or the first of many lines? */
    struct tare_json_walk w = {0};
    struct tare_str key, value;
    enum tare_status st = tare_json_walk_enter(t, 0, &w, NULL);
    while (st == TARE_OK && tare_json_walk_next(&w, &key, &value, &st, NULL))
        ;
    struct tare_str line = st == TARE_OK && w.ended ? tare_str_n(t.p, w.at) : t;
    bool alone =
        st == TARE_OK && w.ended && tare_str_trim(tare_str_n(t.p + w.at, t.n - w.at)).n == 0;
    const char *name = alone || st != TARE_OK ? sniff_object(line) : NULL;
    return name ? name : sniff_line(line);
}

static const struct format *find_format(const char *name, struct tare_err *err)
{
    for (size_t i = 0; i < N_FORMATS; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    const char *near = tare_suggest(tare_str_of(name), tare_import_formats());
    tare_fail(err, TARE_E_USAGE, "no format is called '%s'", name);
    if (near)
        tare_err_hint(err, "did you mean %s? `tare help import` lists them", near);
    else
        tare_err_hint(err, "`tare help import` lists the formats");
    return NULL;
}

/* Well-known files inside a folder, tried in order. */
static struct tare_str file_in_folder(struct tare_arena *arena, struct tare_str folder)
{
    static const char *const names[] = {"traces.jsonl", "results.jsonl", "results.json", NULL};
    for (const char *const *n = names; *n; n++) {
        struct tare_str path = tare_arena_printf(arena, "%.*s/%s", TARE_FMT(folder), *n);
        if (path.p && tare_fs_exists(path))
            return path;
    }
    return (struct tare_str){NULL, 0};
}

static enum tare_status read_text(struct tare__import *im, struct tare_str path)
{
    const char *name = im->options->format ? im->options->format : sniff(im->text);
    enum tare_status st;
    if (!name) {
        st = tare_fail(im->err, TARE_E_INPUT, "the file is empty");
        tare_err_file(im->err, path);
        return st;
    }
    const struct format *f = find_format(name, im->err);
    if (!f)
        return TARE_E_USAGE;
    im->table->format = tare_str_of(f->name);
    st = f->read(im);
    if (st != TARE_OK && im->err && im->err->file[0] == 0)
        tare_err_file(im->err, path);
    return st;
}

static enum tare_status read_folder(struct tare__import *im, struct tare_str path)
{
    im->table->format = TARE_S("harbor");
    enum tare_status st = tare__import_harbor_folder(im, path);
    if (st == TARE_OK && im->table->n_attempts == 0) {
        st = tare_fail(im->err, TARE_E_INPUT, "no results in this folder");
        tare_err_file(im->err, path);
        tare_err_hint(im->err, "a Harbor job folder holds TRIAL/result.json; for other tools give "
                               "the file itself");
    }
    return st;
}

/* A run always exists and always has a name. */
static enum tare_status finish(struct tare__import *im, struct tare_str path)
{
    struct tare_import_table *t = im->table;
    if (t->n_attempts == 0) {
        enum tare_status st = tare_fail(im->err, TARE_E_INPUT, "no attempts in this file");
        tare_err_file(im->err, path);
        if (t->n_notes)
            tare_err_hint(im->err, "%.*s", TARE_FMT(t->notes[0]));
        return st;
    }
    for (uint32_t i = 0; i < t->n_runs; i++)
        if (t->runs[i].n == 0) {
            size_t from = path.n;
            while (from > 0 && path.p[from - 1] != '/')
                from--;
            t->runs[i] = tare_arena_copy(im->arena, tare_str_n(path.p + from, path.n - from));
        }
    return TARE_OK;
}

static enum tare_status read_path(struct tare_str path, const struct tare_import_options *options,
                                  struct tare_arena *arena, struct tare_import_table **out,
                                  struct tare_import_listing *listing, struct tare_err *err)
{
    static const struct tare_import_options plain = {.size = sizeof plain};
    struct tare__import *im = TARE_NEW(arena, struct tare__import);
    struct tare_import_table *table = TARE_NEW(arena, struct tare_import_table);
    if (!im || !table)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening %.*s", TARE_FMT(path));
    im->arena = arena;
    im->options = options ? options : &plain;
    im->table = table;
    im->err = err;
    im->listing = listing;
    table->path = tare_arena_copy(arena, path);
    tare_arena_init(&im->scratch, NULL, TARE_ARENA_LOAD_BYTES);
    struct tare_map map = {0};
    enum tare_status st;
    struct tare_str file = path;
    if (tare_fs_is_dir(path))
        file = file_in_folder(arena, path);
    if (file.n == 0) {
        st = read_folder(im, path);
    } else {
        st = tare_map_open(file, TARE_GIB, arena, &map, err);
        im->text = map.bytes;
        im->mapped = map.mapped && tare_str_eq(file, path);
        if (st == TARE_OK)
            st = read_text(im, file);
    }
    bool listed = listing && listing->format.n;
    if (st == TARE_OK && !listed)
        st = finish(im, path);
    tare_arena_free(&im->scratch);
    tare_map_close(&map);
    if (st == TARE_OK)
        *out = table;
    return st;
}

enum tare_status tare_import_read(struct tare_str path, const struct tare_import_options *options,
                                  struct tare_arena *arena, struct tare_import_table **out,
                                  struct tare_err *err)
{
    return read_path(path, options, arena, out, NULL, err);
}

enum tare_status tare_import_list(struct tare_str path, const struct tare_import_options *options,
                                  struct tare_arena *arena, struct tare_import_listing *out,
                                  struct tare_err *err)
{
    struct tare_import_table *t = NULL;
    *out = (struct tare_import_listing){0};
    enum tare_status st = read_path(path, options, arena, &t, out, err);
    if (st != TARE_OK || out->format.n)
        return st;
    out->format = t->format;
    out->suite = t->suite;
    out->runs = t->runs;
    out->n_runs = t->n_runs;
    out->n_attempts = t->n_attempts;
    out->n_tasks = t->n_tasks;
    return TARE_OK;
}
