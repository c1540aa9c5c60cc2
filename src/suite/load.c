/* suite.yaml. */
#include "base/fs.h"
#include "base/limits.h"
#include "suite/suite_int.h"

#include "base/banned.h"

/* ---- lists and margins ------------------------------------------------------------------- */

/* A list of different names. */
static void read_names(struct tare_fields *f, const char *key, bool required,
                       struct tare_arena *arena, const struct tare_str **out, uint32_t *n)
{
    struct tare_json list = tare_fields_kind(f, key, required, TARE_JSON_ARRAY);
    struct tare_str *names = TARE_NEW_N(arena, struct tare_str, tare_json_count(list));
    if (!names) {
        f->status = tare_fail(f->err, TARE_E_NOMEM, "not enough memory for the suite");
        return;
    }
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_str name = tare_json_str(v);
        if (name.n == 0 || name.n > TARE__SUITE_NAME_BYTES)
            tare_fields_fail(f, v, "\"%s\" must be a list of names, found %s", key,
                             tare_json_kind_name(v));
        for (uint32_t i = 0; i < *n; i++)
            if (tare_str_eq(names[i], name))
                tare_fields_fail(f, v, "\"%.*s\" stands twice under \"%s\"", TARE_FMT(name), key);
        if (f->status != TARE_OK)
            return;
        names[(*n)++] = name;
    }
    if (required && *n == 0)
        tare_fields_fail(f, tare_json_get(f->object, key), "\"%s\" must name at least one", key);
    *out = names;
}

/* Reports `word`, which is none of `names`. */
static void not_one_of(struct tare_fields *f, size_t offset, const char *reason,
                       struct tare_str word, const struct tare_str *names, uint32_t n)
{
    const char *known[TARE_FIELDS_MAX + 1] = {NULL};
    char copies[TARE_FIELDS_MAX][TARE__SUITE_NAME_BYTES + 1];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n && kept < TARE_FIELDS_MAX; i++) {
        if (names[i].n > TARE__SUITE_NAME_BYTES)
            continue;
        memcpy(copies[kept], names[i].p, names[i].n);
        copies[kept][names[i].n] = '\0';
        known[kept] = copies[kept];
        kept++;
    }
    tare_err_file(f->err, f->path);
    f->status = tare_fail_at(f->err, TARE_E_INPUT, offset, "%s: \"%.*s\"", reason, TARE_FMT(word));
    tare_err_locate(f->err, f->text);
    const char *near = tare_suggest(word, known);
    if (near)
        tare_err_hint(f->err, "did you mean \"%s\"?", near);
    else if (kept > 0)
        tare_err_hint(f->err, "there is \"%s\"%s", known[0], kept > 1 ? " and others" : "");
}

static void read_margins(struct tare_fields *f, struct tare_arena *arena, struct tare_suite *suite)
{
    struct tare_json list = tare_fields_kind(f, "margin", false, TARE_JSON_OBJECT);
    struct tare_suite_margin *m =
        TARE_NEW_N(arena, struct tare_suite_margin, tare_json_count(list));
    if (!m) {
        f->status = tare_fail(f->err, TARE_E_NOMEM, "not enough memory for the suite");
        return;
    }
    suite->margins = m;
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_str name = tare_json_key(v);
        bool measured = false;
        for (uint32_t i = 0; i < suite->n_metrics; i++)
            measured |= tare_str_eq(suite->metrics[i], name);
        if (!measured) {
            not_one_of(f, tare_json_key_offset(v), "a margin for what is not under \"metrics\"",
                       name, suite->metrics, suite->n_metrics);
            return;
        }
        m[suite->n_margins].metric = name;
        if (!tare_json_f64(v, &m[suite->n_margins].margin) || m[suite->n_margins].margin <= 0) {
            tare_fields_fail(f, v, "a margin must be a number above 0");
            return;
        }
        suite->n_margins++;
    }
}

/* ---- tags -------------------------------------------------------------------------------- */

static bool tag_exists(const struct tare_suite *suite, struct tare_str key)
{
    for (uint32_t i = 0; i < suite->n_tasks; i++)
        for (uint32_t t = 0; t < suite->tasks[i].n_tags; t++)
            if (tare_str_eq(suite->tasks[i].tags[t].key, key))
                return true;
    return false;
}

/* Refuses a tag that no task has: it is a slip of the pen. */
static void check_tag(struct tare_fields *f, const struct tare_suite *suite, struct tare_json v)
{
    struct tare_str names[TARE_FIELDS_MAX];
    uint32_t n = 0;
    if (f->status != TARE_OK || tag_exists(suite, tare_json_str(v)))
        return;
    for (uint32_t t = 0; t < suite->tasks[0].n_tags && n < TARE_FIELDS_MAX; t++)
        names[n++] = suite->tasks[0].tags[t].key;
    not_one_of(f, tare_json_offset(v), "no task has the tag", tare_json_str(v), names, n);
}

static void check_tags(struct tare_fields *f, const struct tare_suite *suite)
{
    struct tare_json by = tare_json_get(f->object, "by");
    for (struct tare_json v = tare_json_first(by); tare_json_present(v); v = tare_json_next(v))
        check_tag(f, suite, v);
    if (suite->cluster.n > 0)
        check_tag(f, suite, tare_json_get(f->object, "cluster"));
}

/* ---- tasks ------------------------------------------------------------------------------- */

static const struct tare_task_source *source_of(const struct tare_suite_options *options,
                                                struct tare_str world)
{
    for (uint32_t i = 0; options && i < options->n_sources; i++)
        if (tare_str_is(world, options->sources[i]->name))
            return options->sources[i];
    return NULL;
}

/* Line `no` of a text, from 1, and where it begins. */
static struct tare_str line_of(struct tare_str text, uint32_t no, size_t *start)
{
    size_t from = 0, stop;
    for (; no > 1; no--)
        from += tare_str_find(tare_str_n(text.p + from, text.n - from), TARE_S("\n")) + 1;
    stop = tare_str_find(tare_str_n(text.p + from, text.n - from), TARE_S("\n"));
    *start = from;
    return tare_str_n(text.p + from, stop == SIZE_MAX ? text.n - from : stop);
}

/* The world looks at each task before anything runs. */
static void check_tasks(struct tare_fields *f, const struct tare_task_source *source,
                        struct tare_str path, struct tare_str text, const struct tare_suite *suite)
{
    struct tare_arena scratch;
    tare_arena_init(&scratch, NULL, TARE_ARENA_ATTEMPT_BYTES);
    for (uint32_t i = 0; i < suite->n_tasks && f->status == TARE_OK; i++) {
        const struct tare_task *task = &suite->tasks[i];
        struct tare_err *err = f->err;
        tare_arena_reset(&scratch);
        f->status = source->check(task, suite->world_config, &scratch, err);
        if (f->status == TARE_OK)
            continue;
        tare_err_file(err, path);
        tare_err_task(err, task->id);
        if (!err || !err->has_offset)
            continue;
        size_t start;
        tare_err_locate(err, line_of(text, task->line, &start));
        err->line = task->line;
        err->offset += start;
    }
    tare_arena_free(&scratch);
}

static void load_file(struct tare_fields *f, struct tare_json v,
                      const struct tare_task_source *source, struct tare_arena *arena,
                      struct tare_suite *suite)
{
    struct tare_str path = tare_fs_join_dir(arena, suite->path, tare_json_str(v)), text;
    struct tare_task *tasks = NULL;
    if (tare_json_str(v).n == 0 || !path.p || !tare_fs_exists(path)) {
        tare_fields_fail(f, v, "the tasks file does not exist");
        tare_err_hint(f->err, "looked for %.*s; the name counts from the folder of suite.yaml",
                      TARE_FMT(path));
        return;
    }
    f->status = tare_fs_read(path, TARE_MAX_TASKS_FILE_BYTES, arena, &text, f->err);
    if (f->status == TARE_OK && tare_str_ends(path, TARE_S(".csv")))
        f->status = tare__suite_csv_tasks(text, path, arena, &text, f->err);
    if (f->status == TARE_OK)
        f->status = tare_suite_tasks(text, path, arena, &tasks, &suite->n_tasks, f->err);
    suite->tasks = tasks;
    if (f->status == TARE_OK && source && source->check)
        check_tasks(f, source, path, text, suite);
}

static void read_generated(struct tare_fields *f, struct tare_buf *lines, struct tare_arena *arena,
                           struct tare_suite *suite)
{
    struct tare_task *tasks = NULL;
    struct tare_str text = tare_arena_copy(arena, tare_buf_str(lines));
    struct tare_str path = tare_arena_printf(arena, "%.*s (generated)", TARE_FMT(suite->path));
    if (lines->failed || !text.p || !path.p)
        f->status = tare_fail(f->err, TARE_E_NOMEM, "not enough memory for the generated tasks");
    else
        f->status = tare_suite_tasks(text, path, arena, &tasks, &suite->n_tasks, f->err);
    suite->tasks = tasks;
}

static void generate(struct tare_fields *f, struct tare_json how,
                     const struct tare_task_source *source, struct tare_arena *arena,
                     struct tare_suite *suite)
{
    struct tare_arena scratch;
    struct tare_buf lines;
    if (!source) {
        tare_fields_fail(f, how, "the world \"%.*s\" cannot generate tasks",
                         TARE_FMT(suite->world));
        tare_err_hint(f->err, "name a file: \"tasks: tasks.jsonl\"");
        return;
    }
    tare_arena_init(&scratch, arena->alc, TARE_ARENA_LOAD_BYTES);
    tare_buf_init(&lines, arena->alc, TARE_MAX_TASKS_FILE_BYTES);
    f->status = source->make(how, suite->world_config, &scratch, &lines, f->err);
    if (f->status == TARE_OK)
        read_generated(f, &lines, arena, suite);
    else if (f->err && f->err->has_offset && f->err->line == 0)
        tare_err_locate(f->err, suite->text);
    if (f->status != TARE_OK)
        tare_err_file(f->err, suite->path);
    tare_buf_free(&lines);
    tare_arena_free(&scratch);
}

static void load_tasks(struct tare_fields *f, const struct tare_suite_options *options,
                       struct tare_arena *arena, struct tare_suite *suite)
{
    struct tare_json v = tare_json_get(f->object, "tasks"), how = {NULL, 0};
    struct tare_fields t;
    if (tare_json_kind(v) == TARE_JSON_STRING) {
        load_file(f, v, source_of(options, suite->world), arena, suite);
        return;
    }
    tare_fields_begin(&t, v, f->text, f->path, f->err);
    how = tare_fields_kind(&t, "generate", true, TARE_JSON_OBJECT);
    f->status = tare_fields_end(&t);
    if (f->status == TARE_OK)
        generate(f, how, source_of(options, suite->world), arena, suite);
}

/* ---- the file ---------------------------------------------------------------------------- */

static void read_keys(struct tare_fields *f, struct tare_arena *arena, struct tare_suite *suite)
{
    int64_t attempts = 1;
    tare_fields_str(f, "suite", true, &suite->name);
    tare__suite_check_name(f, "suite", suite->name);
    tare_fields_str(f, "version", true, &suite->version);
    tare_fields_str(f, "about", false, &suite->about);
    tare__suite_choice(f, "world", true, &suite->world, &suite->world_config);
    struct tare_json tasks = tare_fields_any(f, "tasks", true);
    if (tare_json_kind(tasks) != TARE_JSON_STRING && tare_json_kind(tasks) != TARE_JSON_OBJECT)
        tare_fields_fail(f, tasks, "\"tasks\" must be the name of a file, or {generate: {...}}");
    tare_fields_i64(f, "attempts", false, 1, TARE_MAX_ATTEMPTS_PER_TASK, &attempts);
    suite->attempts = (uint32_t)attempts;
    read_names(f, "metrics", true, arena, &suite->metrics, &suite->n_metrics);
    read_names(f, "by", false, arena, &suite->by, &suite->n_by);
    tare_fields_str(f, "cluster", false, &suite->cluster);
    read_margins(f, arena, suite);
    suite->checks = tare_fields_kind(f, "checks", false, TARE_JSON_ARRAY);
    tare__suite_limits(f, &suite->limits);
}

static enum tare_status load_at(struct tare_str path, const struct tare_suite_options *options,
                                struct tare_arena *arena, struct tare_suite *suite,
                                struct tare_err *err)
{
    struct tare_json root;
    struct tare_fields f;
    suite->path = path;
    enum tare_status st = tare__suite_read_yaml(path, arena, &suite->text, &root, err);
    if (st != TARE_OK)
        return st;
    tare_fields_begin(&f, root, suite->text, path, err);
    read_keys(&f, arena, suite);
    if (f.status == TARE_OK)
        f.status = tare_fields_end(&f);
    if (f.status == TARE_OK)
        load_tasks(&f, options, arena, suite);
    if (f.status == TARE_OK)
        check_tags(&f, suite);
    return f.status == TARE_OK ? tare__suite_identify(suite, arena, err) : f.status;
}

enum tare_status tare_suite_load(struct tare_str what, const struct tare_suite_options *options,
                                 struct tare_arena *arena, struct tare_suite **out,
                                 struct tare_err *err)
{
    struct tare_suite *suite = TARE_NEW(arena, struct tare_suite);
    struct tare_str path, search = {NULL, 0};
    if (options)
        search = options->search;
    if (!suite)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to load a suite");
    enum tare_status st = tare__suite_find(what, search, arena, &path, err);
    if (st == TARE_OK)
        st = load_at(path, options, arena, suite, err);
    if (st != TARE_OK)
        return st;
    if (err) /* readers note where they are; that is no longer of interest */
        *err = (struct tare_err){0};
    *out = suite;
    return TARE_OK;
}
