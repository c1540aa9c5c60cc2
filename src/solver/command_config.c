/* `command:` of solver.yaml, resolved into absolute words, a whole environment and an identity. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/os_fs.h"
#include "solver/command.h"
#include "text/fields.h"

#include "base/banned.h"

#define DEFAULT_TIMEOUT_S 60.0

struct hashed {
    struct tare_str name; /* without its folder */
    const struct hashed *before;
};

struct given {
    struct tare_str folder;
    const struct tare_model_env *env;
    struct tare_arena *arena;
    struct tare_json_writer argv, files, names, values; /* parts of the resolved document */
    struct tare_buf argv_b, files_b, names_b, values_b;
    double timeout_s;
    const struct hashed *hashed;
    uint32_t n_hashed;
};

static const char *lookup(const struct given *g, const char *name)
{
    return g->env && g->env->get ? g->env->get(g->env->ctx, name) : NULL;
}

static enum tare_status wrong(struct tare_json v, struct tare_err *err, const char *what)
{
    enum tare_status st = tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "%s", what);
    tare_err_hint(err, "write command: [python3, agent.py] or command: {argv: [python3, agent.py], "
                       "timeout: 60, env: [MY_KEY]}");
    return st;
}

/* Absolute name of a file, looked up from the solver's folder; empty: there is none. Links are
 * kept: the Python of a virtual environment is one. */
static struct tare_str file_of(const struct given *g, struct tare_str word)
{
    struct tare_str none = {NULL, 0};
    char folder[TARE_FS_PATH_BYTES];
    const char *at = g->folder.n ? tare_arena_copy(g->arena, g->folder).p : ".";
    struct stat info;
    if (!at || !word.n || word.p[0] == '-' || !tare_os_real_path(at, folder, sizeof folder))
        return none;
    struct tare_str path = word.p[0] == '/'
                               ? tare_arena_copy(g->arena, word)
                               : tare_arena_printf(g->arena, "%s/%.*s", folder, TARE_FMT(word));
    return path.p && stat(path.p, &info) == 0 && S_ISREG(info.st_mode) ? path : none;
}

/* A bare name in the caller's PATH; empty: it is in none of its folders. */
static struct tare_str in_path(const struct given *g, struct tare_str word)
{
    const char *all = lookup(g, "PATH");
    struct tare_str rest = tare_str_of(all ? all : "/usr/local/bin:/usr/bin:/bin");
    while (rest.n) {
        size_t end = tare_str_find(rest, TARE_S(":"));
        struct tare_str dir = tare_str_n(rest.p, end == SIZE_MAX ? rest.n : end);
        rest = end == SIZE_MAX ? tare_str_n(rest.p, 0)
                               : tare_str_n(rest.p + end + 1, rest.n - end - 1);
        if (!dir.n || dir.p[0] != '/')
            continue; /* never from the working folder by accident */
        struct tare_str path =
            tare_arena_printf(g->arena, "%.*s/%.*s", TARE_FMT(dir), TARE_FMT(word));
        if (path.p && access(path.p, X_OK) == 0 && !tare_fs_is_dir(path))
            return path;
    }
    return (struct tare_str){NULL, 0};
}

static enum tare_status no_program(struct tare_json v, struct tare_str word, struct tare_err *err)
{
    enum tare_status st = tare_fail_at(err, TARE_E_USAGE, tare_json_offset(v),
                                       "there is no program '%.*s'", TARE_FMT(word));
    tare_err_hint(err, "a bare name is looked up in $PATH, one with a '/' from the solver's "
                       "folder; it must be executable");
    return st;
}

/* The key of a file in the identity: its name without its folder, since the folder does not count.
 * Of files of one name the later ones have their number before it: no name holds a '/'. p NULL: no
 * memory. */
static struct tare_str key_of(struct given *g, struct tare_str word)
{
    struct tare_str none = {NULL, 0};
    struct hashed *h = TARE_NEW(g->arena, struct hashed);
    bool twice = false;
    size_t from = word.n;
    while (from && word.p[from - 1] != '/')
        from--;
    struct tare_str name = tare_str_n(word.p + from, word.n - from);
    for (const struct hashed *e = g->hashed; e; e = e->before)
        twice = twice || tare_str_eq(e->name, name);
    if (!h)
        return none;
    *h = (struct hashed){name, g->hashed};
    g->hashed = h;
    g->n_hashed++;
    return twice ? tare_arena_printf(g->arena, "%u/%.*s", (unsigned)g->n_hashed, TARE_FMT(name))
                 : name;
}

/* A file counts by what is in it, wherever it lies. */
static enum tare_status hash_file(struct given *g, struct tare_str word, struct tare_str path,
                                  struct tare_err *err)
{
    struct tare_arena scratch;
    struct tare_str text;
    char hex[65];
    tare_arena_init(&scratch, g->arena->alc, TARE_ARENA_ATTEMPT_BYTES * 2);
    enum tare_status st = tare_fs_read(path, TARE_ARENA_ATTEMPT_BYTES, &scratch, &text, err);
    struct tare_str key = key_of(g, word);
    if (st == TARE_OK) {
        tare_digest_hex(tare_sha256_of(text), hex);
        tare_json_put_key_str(&g->files, key);
        tare_json_put_cstr(&g->files, hex);
    }
    tare_arena_free(&scratch);
    return st == TARE_OK && !key.p ? tare_fail(err, TARE_E_NOMEM, "no memory for a command") : st;
}

static enum tare_status add_word(struct given *g, struct tare_json v, bool program,
                                 struct tare_err *err)
{
    struct tare_str word = tare_json_str(v);
    if (tare_json_kind(v) != TARE_JSON_STRING || memchr(word.p, 0, word.n) || (program && !word.n))
        return wrong(v, err, "a word of a command must be a text");
    bool bare = tare_str_find(word, TARE_S("/")) == SIZE_MAX;
    struct tare_str path = program && bare ? in_path(g, word) : file_of(g, word);
    if (program && (!path.n || access(path.p, X_OK) != 0))
        return no_program(v, word, err);
    tare_json_put_str(&g->argv, path.n ? path : word);
    /* Programs of the system count by name, scripts by content. */
    return path.n && !(program && (bare || word.p[0] == '/')) ? hash_file(g, word, path, err)
                                                              : TARE_OK;
}

static enum tare_status add_words(struct given *g, struct tare_json list, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    bool program = true;
    if (tare_json_kind(list) != TARE_JSON_ARRAY || tare_json_count(list) == 0 ||
        tare_json_count(list) > 1000)
        return wrong(list, err, "a command is a list: a program and its arguments");
    for (struct tare_json v = tare_json_first(list); !st && tare_json_present(v);
         v = tare_json_next(v), program = false)
        st = add_word(g, v, program, err);
    return st;
}

static void add_variable(struct given *g, const char *name, const char *value)
{
    struct tare_str pair = tare_arena_printf(g->arena, "%s=%s", name, value);
    tare_json_put_str(&g->values, pair);
}

/* What a program cannot do without, then what the solver names. */
static enum tare_status add_variables(struct given *g, struct tare_json list, struct tare_err *err)
{
    static const char *const plain[] = {"PATH", "HOME", "TMPDIR", NULL};
    for (const char *const *p = plain; *p; p++)
        if (lookup(g, *p))
            add_variable(g, *p, lookup(g, *p));
    add_variable(g, "LC_ALL", "C.UTF-8");
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_str name = tare_json_str(v);
        if (tare_json_kind(v) != TARE_JSON_STRING || !name.n || memchr(name.p, 0, name.n) ||
            memchr(name.p, '=', name.n))
            return wrong(v, err, "\"env\" names variables, without their values");
        struct tare_str copy = tare_arena_copy(g->arena, name);
        const char *value = copy.p ? lookup(g, copy.p) : NULL;
        if (!value) {
            enum tare_status st = tare_fail_at(err, TARE_E_USAGE, tare_json_offset(v),
                                               "the variable %.*s is not set", TARE_FMT(name));
            tare_err_hint(err, "export it, or take it out of \"env\"");
            return st;
        }
        add_variable(g, copy.p, value);
        tare_json_put_str(&g->names, name);
    }
    return TARE_OK;
}

/* Puts the parts together. */
static enum tare_status join(struct given *g, struct tare_json *out, struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_json_end_array(&g->argv);
    tare_json_end_object(&g->files);
    tare_json_end_array(&g->names);
    tare_json_end_array(&g->values);
    tare_buf_init(&b, g->arena->alc, 16 * TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "argv");
    tare_json_put_raw(&w, tare_buf_str(&g->argv_b));
    tare_json_put_key(&w, "files");
    tare_json_put_raw(&w, tare_buf_str(&g->files_b));
    tare_json_put_key(&w, "env");
    tare_json_put_raw(&w, tare_buf_str(&g->names_b));
    tare_json_put_key(&w, "values");
    tare_json_put_raw(&w, tare_buf_str(&g->values_b));
    tare_json_member_f64(&w, "timeout", g->timeout_s);
    tare_json_end_object(&w);
    struct tare_str text = tare_arena_copy(g->arena, tare_buf_str(&b));
    bool ok = !b.failed && text.p && !g->argv_b.failed && !g->files_b.failed &&
              !g->names_b.failed && !g->values_b.failed;
    tare_buf_free(&b);
    if (!ok)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a command");
    /* An error would quote what stands at its place, and values of the environment stand there. */
    enum tare_status st = tare_json_parse(text, &tare_json_strict, g->arena, out, NULL);
    return st == TARE_OK ? st
                         : tare_fail(err, st, "the command is not usable once it is put together");
}

static enum tare_status read_given(struct given *g, struct tare_json v, struct tare_json *argv,
                                   struct tare_json *env, struct tare_err *err)
{
    struct tare_fields f;
    struct tare_str none = {NULL, 0};
    *argv = v;
    *env = (struct tare_json){NULL, 0};
    if (tare_json_kind(v) != TARE_JSON_OBJECT)
        return TARE_OK;
    tare_fields_begin(&f, v, none, none, err);
    *argv = tare_fields_kind(&f, "argv", true, TARE_JSON_ARRAY);
    *env = tare_fields_kind(&f, "env", false, TARE_JSON_ARRAY);
    tare_fields_f64(&f, "timeout", false, 0.001, 86400, &g->timeout_s);
    return tare_fields_end(&f);
}

enum tare_status tare_command_resolve(struct tare_json v, struct tare_str folder,
                                      const struct tare_model_env *env, struct tare_arena *arena,
                                      struct tare_json *out, struct tare_err *err)
{
    struct given g = {.folder = folder, .env = env, .arena = arena, .timeout_s = DEFAULT_TIMEOUT_S};
    struct tare_buf *bufs[] = {&g.argv_b, &g.files_b, &g.names_b, &g.values_b};
    struct tare_json_writer *writers[] = {&g.argv, &g.files, &g.names, &g.values};
    struct tare_json argv, names;
    for (size_t i = 0; i < 4; i++) {
        tare_buf_init(bufs[i], arena->alc, TARE_MAX_YAML_BYTES);
        tare_json_writer_init(writers[i], bufs[i]);
        if (i == 1)
            tare_json_begin_object(writers[i]);
        else
            tare_json_begin_array(writers[i]);
    }
    enum tare_status st = read_given(&g, v, &argv, &names, err);
    if (st == TARE_OK)
        st = add_words(&g, argv, err);
    if (st == TARE_OK)
        st = add_variables(&g, names, err);
    if (st == TARE_OK)
        st = join(&g, out, err);
    for (size_t i = 0; i < 4; i++)
        tare_buf_free(bufs[i]);
    return st;
}

enum tare_status tare_command_of_words(struct tare_str words, const struct tare_model_env *env,
                                       struct tare_arena *arena, struct tare_json *out,
                                       struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    struct tare_json list;
    struct tare_str none = {NULL, 0};
    tare_buf_init(&b, arena->alc, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_json_begin_array(&w);
    for (size_t at = 0; at < words.n;) {
        size_t end = at;
        while (end < words.n && words.p[end] != ' ')
            end++;
        if (end > at)
            tare_json_put_str(&w, tare_str_n(words.p + at, end - at));
        at = end + 1;
    }
    tare_json_end_array(&w);
    struct tare_str text = tare_arena_copy(arena, tare_buf_str(&b));
    bool ok = !b.failed && text.p;
    tare_buf_free(&b);
    if (!ok)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a command");
    enum tare_status st = tare_json_parse(text, &tare_json_strict, arena, &list, err);
    if (st == TARE_OK)
        st = tare_command_resolve(list, none, env, arena, out, err);
    if (st != TARE_OK && err)
        err->has_offset = false; /* of a text that nobody wrote */
    return st;
}
