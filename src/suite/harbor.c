/* One folder a task: its configuration, instruction, tests, solution. */
#include "suite/harbor.h"

#include <math.h>

#include "base/fs.h"
#include "base/limits.h"
#include "suite/harbor_int.h"
#include "suite/suite_int.h"
#include "text/toml.h"
#include "text/yaml.h"

#include "base/banned.h"

struct load {
    struct tare_str path;
    struct tare_arena *arena;
    struct tare_err *err;
    struct tare_buf lines;
    struct tare_harbor_refused *refused;
    struct tare_harbor *out;
    uint32_t n_good;
    double agent_s; /* the longest an agent may take */
};

static bool has(struct tare_str folder, const char *name)
{
    char path[TARE_FS_PATH_BYTES];
    int n = snprintf(path, sizeof path, "%.*s/%s", TARE_FMT(folder), name);
    return n > 0 && (size_t)n < sizeof path && tare_fs_exists(tare_str_of(path));
}

static bool is_task(struct tare_str folder)
{
    return has(folder, "task.toml") || has(folder, "task.yaml");
}

bool tare_harbor_is(struct tare_str path)
{
    struct tare_arena scratch;
    struct tare_str *names;
    struct tare_err err = {0};
    uint32_t n = 0;
    bool is = false;
    if (!tare_fs_is_dir(path) || has(path, "suite.yaml"))
        return false;
    if (is_task(path))
        return true;
    tare_arena_init(&scratch, NULL, 64 * TARE_MIB);
    if (tare__harbor_names(path, &scratch, &names, &n, &err) == TARE_OK)
        for (uint32_t i = 0; i < n && !is; i++)
            is = is_task(
                tare_arena_printf(&scratch, "%.*s/%.*s", TARE_FMT(path), TARE_FMT(names[i])));
    tare_arena_free(&scratch);
    return is;
}

/* ---- one task ----------------------------------------------------------------------------- */

static enum tare_status read_config(struct tare__harbor_task *t)
{
    struct tare_str path = tare__harbor_path(t, "task.toml"), text;
    t->toml = tare_fs_exists(path);
    if (!t->toml)
        path = tare__harbor_path(t, "task.yaml");
    if (!tare__harbor_text(t, path, &text))
        return TARE_OK;
    return t->toml ? tare_toml_parse(text, path, t->arena, &t->config, t->err)
                   : tare_yaml_parse(text, path, t->arena, &t->config, t->err);
}

/* What an environment may ask for that there is not. */
static void check_needs(struct tare__harbor_task *t)
{
    struct tare_json e = tare_json_get(t->config, "environment");
    struct tare_json gpus = tare_json_get(e, "gpus");
    struct tare_json v = tare_json_get(t->config, "verifier");
    int64_t n;
    if (tare_json_str(tare_json_get(e, "docker_image")).n)
        tare__harbor_refuse(
            t, tare_arena_printf(t->arena, "it needs the image %.*s",
                                 TARE_FMT(tare_json_str(tare_json_get(e, "docker_image")))));
    if (tare_json_i64(gpus, &n) && n > 0)
        tare__harbor_refuse(t, TARE_S("it needs a GPU"));
    if (tare_json_count(tare_json_get(e, "mcp_servers")) ||
        tare_json_count(tare_json_get(t->config, "steps")))
        tare__harbor_refuse(t, TARE_S("it has servers or steps of its own"));
    if (tare_json_count(tare_json_get(v, "env")))
        tare__harbor_refuse(t, TARE_S("its verifier wants variables"));
    if (tare_fs_exists(tare__harbor_path(t, "environment/docker-compose.yaml")))
        tare__harbor_refuse(t, TARE_S("it needs several containers (docker-compose.yaml)"));
}

/* Terminal-Bench writes a docker-compose.yaml for one container that is built from the folder. */
static void check_compose(struct tare__harbor_task *t)
{
    struct tare_str path = tare__harbor_path(t, "docker-compose.yaml"), text;
    struct tare_json v;
    if (!tare__harbor_text(t, path, &text))
        return;
    struct tare_err ignored = {0};
    if (tare_yaml_parse(text, path, t->arena, &v, &ignored) != TARE_OK ||
        tare_json_count(tare_json_get(v, "services")) != 1 ||
        !tare_json_present(tare_json_get(tare_json_first(tare_json_get(v, "services")), "build")))
        tare__harbor_refuse(t, TARE_S("it needs several containers (docker-compose.yaml)"));
}

/* A script that fetches cannot run without a network. */
static void check_script(struct tare__harbor_task *t, struct tare_str text, const char *whose)
{
    static const char *const fetch[] = {"apt-get ", "apt install", "pip install", "pip3 install",
                                        "uv pip",   "uvx ",        "uv run",      "uv add",
                                        "curl ",    "wget ",       "git clone",   "npm install",
                                        "npm ci",   "conda ",      "apk add"};
    for (size_t i = 0; i < sizeof fetch / sizeof *fetch; i++)
        if (tare_str_find(text, tare_str_of(fetch[i])) != SIZE_MAX) {
            tare__harbor_refuse(
                t, tare_arena_printf(t->arena, "its %s need a network (%s)", whose, fetch[i]));
            return;
        }
}

static enum tare_status read_tests(struct tare__harbor_task *t, struct tare_str *command)
{
    struct tare_str text, none = TARE_S("");
    const char *script = t->toml ? "tests/test.sh" : "run-tests.sh";
    if (!tare__harbor_text(t, tare__harbor_path(t, script), &text)) {
        tare__harbor_refuse(t, tare_arena_printf(t->arena, "it has no %s", script));
        return TARE_OK;
    }
    check_script(t, text, "tests");
    *command = t->toml ? TARE_S("bash /tests/test.sh") : TARE_S("bash /tests/run-tests.sh");
    enum tare_status st =
        tare__harbor_gather(t, tare__harbor_path(t, "tests"), none, NULL, &t->tests);
    if (st == TARE_OK && !t->toml)
        st = tare__harbor_gather(t, tare__harbor_path(t, script), TARE_S("run-tests.sh"), NULL,
                                 &t->tests);
    return st;
}

static struct tare_str instruction(struct tare__harbor_task *t)
{
    struct tare_str text = {NULL, 0};
    if (t->toml)
        (void)tare__harbor_text(t, tare__harbor_path(t, "instruction.md"), &text);
    else
        text = tare_json_str(tare_json_get(t->config, "instruction"));
    if (!text.n)
        tare__harbor_refuse(t, TARE_S("it has no instruction"));
    return text;
}

static double seconds(struct tare_json config, const char *table, const char *key)
{
    double x;
    struct tare_json v =
        table ? tare_json_get(tare_json_get(config, table), key) : tare_json_get(config, key);
    return tare_json_f64(v, &x) && x > 0 && x <= 86400 ? x : (double)NAN;
}

static void put_tag(struct tare_json_writer *w, const char *key, struct tare_json v)
{
    if (tare_json_kind(v) == TARE_JSON_STRING && tare_json_str(v).n && tare_json_str(v).n < 200)
        tare_json_member_str(w, key, tare_json_str(v));
}

static void put_expect(struct tare__harbor_task *t, struct tare_str command,
                       struct tare_json_writer *w)
{
    struct tare_str text;
    double limit = t->toml ? seconds(t->config, "verifier", "timeout_sec")
                           : seconds(t->config, NULL, "max_test_timeout_sec");
    tare_json_put_key(w, "expect");
    tare_json_begin_object(w);
    tare_json_put_key(w, "checks");
    tare_json_begin_array(w);
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "name", "tests");
    tare_json_member_str(w, "run", command);
    if (t->toml)
        tare_json_member_bool(w, "reward", true);
    if (!isnan(limit))
        tare_json_member_f64(w, "timeout_s", limit);
    tare_json_end_object(w);
    tare_json_end_array(w);
    tare_json_put_key(w, "files");
    tare_json_put_raw(w, tare_arena_printf(t->arena, "{%.*s}", TARE_FMT(tare_buf_str(&t->tests))));
    if (tare__harbor_text(t, tare__harbor_path(t, t->toml ? "solution/solve.sh" : "solution.sh"),
                          &text)) {
        tare_json_put_key(w, "solution");
        tare_json_put_str(w, text);
    }
    tare_json_end_object(w);
}

static void put_task(struct load *l, struct tare__harbor_task *t, struct tare_str text,
                     struct tare_str command)
{
    struct tare_json meta = t->toml ? tare_json_get(t->config, "metadata") : t->config;
    struct tare_json_writer w;
    tare_json_writer_init(&w, &l->lines);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "id", t->name);
    tare_json_put_key(&w, "input");
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "instruction", text);
    if (t->at.n && !tare_str_is(t->at, "/work"))
        tare_json_member_str(&w, "at", t->at);
    tare_json_put_key(&w, "files");
    tare_json_put_raw(&w, tare_arena_printf(t->arena, "{%.*s}", TARE_FMT(tare_buf_str(&t->files))));
    tare_json_end_object(&w);
    put_expect(t, command, &w);
    tare_json_put_key(&w, "tags");
    tare_json_begin_object(&w);
    put_tag(&w, "category", tare_json_get(meta, "category"));
    put_tag(&w, "difficulty", tare_json_get(meta, "difficulty"));
    tare_json_end_object(&w);
    tare_json_end_object(&w);
    tare_buf_putc(&l->lines, '\n');
}

static enum tare_status read_task(struct load *l, struct tare__harbor_task *t)
{
    struct tare_str command = {NULL, 0}, none = TARE_S("");
    struct tare_str context = t->folder;
    enum tare_status st = read_config(t);
    if (st != TARE_OK)
        return st;
    check_needs(t);
    if (t->toml)
        context = tare__harbor_path(t, "environment");
    else
        check_compose(t);
    bool image = has(context, "Dockerfile");
    struct tare_str text = instruction(t);
    if (image)
        st = tare__harbor_image(t, context);
    else if (t->toml)
        st = tare__harbor_gather(t, context, none, NULL, &t->files);
    if (st == TARE_OK)
        st = read_tests(t, &command);
    if (st != TARE_OK)
        return st;
    size_t before = l->lines.n;
    if (!t->why.n)
        put_task(l, t, text, command);
    if (t->why.n) {
        l->lines.n = before; /* a solution that is no text, seen last */
        l->refused[l->out->n_refused++] = (struct tare_harbor_refused){t->name, t->why};
        return TARE_OK;
    }
    double limit = t->toml ? seconds(t->config, "agent", "timeout_sec")
                           : seconds(t->config, NULL, "max_agent_timeout_sec");
    l->agent_s = fmax(l->agent_s, isnan(limit) ? 0 : limit);
    l->n_good++;
    return TARE_OK;
}

static enum tare_status add_task(struct load *l, struct tare_str folder, struct tare_str name)
{
    struct tare__harbor_task t = {.folder = folder, .name = name, .arena = l->arena, .err = l->err};
    if (!folder.p || !name.p)
        return tare_fail(l->err, TARE_E_NOMEM, "out of memory while reading tasks");
    if (l->out->n_folders++ == TARE_HARBOR_TASKS)
        return tare_fail(l->err, TARE_E_LIMIT, "more than %u tasks", TARE_HARBOR_TASKS);
    tare_buf_init(&t.files, NULL, TARE_MAX_JSONL_LINE_BYTES);
    tare_buf_init(&t.tests, NULL, TARE_MAX_JSONL_LINE_BYTES);
    enum tare_status st = read_task(l, &t);
    if (st == TARE_OK && (t.files.failed || t.tests.failed || l->lines.failed))
        st = tare_fail(l->err, TARE_E_NOMEM, "out of memory while reading tasks");
    tare_buf_free(&t.files);
    tare_buf_free(&t.tests);
    return st;
}

/* ---- the suite ---------------------------------------------------------------------------- */

static struct tare_str last_part(struct tare_str path)
{
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    size_t from = path.n;
    while (from && path.p[from - 1] != '/')
        from--;
    return tare_str_n(path.p + from, path.n - from);
}

/* Letters, digits, '.', '_' and '-'. */
static struct tare_str plain(struct tare_str s, struct tare_arena *arena)
{
    char *p = tare_arena_alloc(arena, s.n + 8);
    size_t n = 0;
    for (size_t i = 0; p && i < s.n && n < TARE__SUITE_NAME_BYTES; i++) {
        char c = s.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '-' || (c == '.' && n);
        p[n++] = good ? c : '-';
    }
    return n ? tare_str_n(p, n) : TARE_S("tasks");
}

static enum tare_status make_suite(struct load *l)
{
    static const struct tare_str metrics[] = {{"reward", 6}};
    struct tare_suite *s = TARE_NEW(l->arena, struct tare_suite);
    struct tare_str lines = tare_arena_copy(l->arena, tare_buf_str(&l->lines));
    struct tare_task *tasks = NULL;
    if (!s || !lines.p)
        return tare_fail(l->err, TARE_E_NOMEM, "out of memory while reading tasks");
    *s = (struct tare_suite){.name = plain(last_part(l->path), l->arena),
                             .version = TARE_S("1"),
                             .about = TARE_S("task folders of another tool"),
                             .path = l->path,
                             .text = TARE_S(""),
                             .world = TARE_S("workspace"),
                             .attempts = 1,
                             .metrics = metrics,
                             .n_metrics = 1,
                             .limits = {.wall_ns = (int64_t)(l->agent_s * 1e9)}};
    enum tare_status st = tare_json_parse(TARE_S("{}"), NULL, l->arena, &s->world_config, l->err);
    if (st == TARE_OK)
        st = tare_suite_tasks(lines, l->path, l->arena, &tasks, &s->n_tasks, l->err);
    s->tasks = tasks;
    l->out->suite = s;
    return st == TARE_OK ? tare__suite_identify(s, l->arena, l->err) : st;
}

static enum tare_status nothing(const struct load *l)
{
    tare_err_file(l->err, l->path);
    (void)tare_fail(l->err, TARE_E_INPUT, "none of its %u tasks can be played without an image",
                    l->out->n_folders);
    if (l->out->n_refused)
        tare_err_hint(l->err, "%.*s: %.*s", TARE_FMT(l->refused[0].task),
                      TARE_FMT(l->refused[0].why));
    return TARE_E_INPUT;
}

enum tare_status tare_harbor_load(struct tare_str path, struct tare_arena *arena,
                                  struct tare_harbor **out, struct tare_err *err)
{
    struct load l = {.path = path,
                     .arena = arena,
                     .err = err,
                     .out = TARE_NEW(arena, struct tare_harbor),
                     .refused = TARE_NEW_N(arena, struct tare_harbor_refused, TARE_HARBOR_TASKS)};
    struct tare_str *names;
    uint32_t n = 0;
    enum tare_status st = TARE_OK;
    if (!l.out || !l.refused)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading tasks");
    tare_buf_init(&l.lines, NULL, TARE_MAX_TASKS_FILE_BYTES);
    if (is_task(path))
        st = add_task(&l, path, plain(last_part(path), arena));
    else
        st = tare__harbor_names(path, arena, &names, &n, err);
    for (uint32_t i = 0; i < n && st == TARE_OK; i++) {
        struct tare_str folder =
            tare_arena_printf(arena, "%.*s/%.*s", TARE_FMT(path), TARE_FMT(names[i]));
        if (is_task(folder))
            st = add_task(&l, folder, names[i]);
    }
    l.out->refused = l.refused;
    if (st == TARE_OK)
        st = l.n_good ? make_suite(&l) : nothing(&l);
    tare_buf_free(&l.lines);
    *out = l.out;
    return st;
}
