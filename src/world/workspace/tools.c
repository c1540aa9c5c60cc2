/* The tools: what they are told to be, how their calls are read, what they do. */
#include "base/limits.h"
#include "text/fields.h"
#include "text/utf8.h"
#include "world/workspace/workspace_int.h"

#include "base/banned.h"

#define NAMED(n)                                                                                   \
    {                                                                                              \
        n, sizeof(n) - 1                                                                           \
    }

static const struct tare_tool tools[] = {
    {NAMED("shell"),
     NAMED("Run a command with bash in the work folder and see its output and exit status. Each "
           "call is a new sandbox: the folder stays, processes, variables and /tmp do not."),
     NAMED("{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"command\"],"
           "\"properties\":{\"command\":{\"type\":\"string\",\"description\":\"a shell command or "
           "script\"},\"timeout_s\":{\"type\":\"number\",\"exclusiveMinimum\":0,\"description\":"
           "\"ended after so many seconds\"}}}"),
     false},
    {NAMED("edit"),
     NAMED("View or change one text file of the work folder. view: show it with line numbers; "
           "create: write it whole; replace: put new_text where old_text stands, which must be "
           "there exactly once; insert: put text after a line (0: at the start)."),
     NAMED("{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"command\","
           "\"path\"],\"properties\":{\"command\":{\"enum\":[\"view\",\"create\",\"replace\","
           "\"insert\"]},\"path\":{\"type\":\"string\",\"description\":\"from the work folder\"},"
           "\"text\":{\"type\":\"string\",\"description\":\"of create and insert\"},\"old_text\":"
           "{\"type\":\"string\"},\"new_text\":{\"type\":\"string\"},\"line\":{\"type\":"
           "\"integer\",\"minimum\":0,\"description\":\"of insert: after it; of view: the first "
           "shown\"},\"lines\":{\"type\":\"integer\",\"minimum\":1,\"description\":\"of view: how "
           "many\"}}}"),
     false},
    {NAMED("submit"), NAMED("Say that the work is done and end. The work folder is then checked."),
     NAMED("{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"note\":{\"type\":"
           "\"string\",\"description\":\"a word about what was done\"}}}"),
     true},
};

const struct tare_tool *tare__ws_tools(const void *w, uint32_t *n)
{
    (void)w;
    *n = sizeof tools / sizeof *tools;
    return tools;
}

/* ---- calls ---------------------------------------------------------------------------------- */

static const char *const edits[] = {"view", "create", "replace", "insert", NULL};

static void fault(struct tare__ws *w, const char *why)
{
    struct tare_str s = tare_arena_copy(&w->turn, tare_str_of(why));
    w->view.fault = s.p ? s : TARE_S("the call cannot be understood");
}

static enum tare_status read_edit(struct tare_fields *f, struct tare_json params,
                                  struct tare_workspace_edit *e)
{
    struct tare_str text = {NULL, 0}, fresh = {NULL, 0};
    tare_fields_choice(f, "command", true, edits, &e->kind);
    tare_fields_str(f, "path", true, &e->path);
    tare_fields_str(f, "text", false, &text);
    tare_fields_str(f, "old_text", false, &e->old);
    tare_fields_str(f, "new_text", false, &fresh);
    tare_fields_i64(f, "line", false, 0, INT32_MAX, &e->line);
    tare_fields_i64(f, "lines", false, 1, INT32_MAX, &e->lines);
    e->text = e->kind == TARE_WORKSPACE_REPLACE ? fresh : text;
    if ((e->kind == TARE_WORKSPACE_CREATE || e->kind == TARE_WORKSPACE_INSERT) && !text.p)
        tare_fields_fail(f, params, "create and insert need a text");
    if (e->kind == TARE_WORKSPACE_REPLACE && (e->old.n == 0 || !fresh.p))
        tare_fields_fail(f, params, "replace needs old_text and new_text");
    if (e->kind == TARE_WORKSPACE_INSERT && !tare_json_present(tare_json_get(params, "line")))
        tare_fields_fail(f, params, "insert needs a line");
    return tare_fields_end(f);
}

static enum tare_status read_params(struct tare_str name, struct tare_json params,
                                    struct tare__ws_call *out, struct tare_err *err)
{
    struct tare_str none = {NULL, 0};
    struct tare_fields f;
    if (tare_json_kind(params) != TARE_JSON_OBJECT)
        return tare_fail(err, TARE_E_INPUT, "the parameters must be a mapping");
    tare_fields_begin(&f, params, none, none, err);
    if (tare_str_is(name, "shell")) {
        out->verb = TARE_WORKSPACE_SHELL;
        tare_fields_str(&f, "command", true, &out->shell.command);
        tare_fields_f64(&f, "timeout_s", false, 0.001, 86400, &out->shell.seconds);
        return tare_fields_end(&f);
    }
    if (tare_str_is(name, "edit")) {
        out->verb = TARE_WORKSPACE_EDIT;
        return read_edit(&f, params, &out->edit);
    }
    if (tare_str_is(name, "submit")) {
        out->verb = TARE_WORKSPACE_SUBMIT;
        tare_fields_str(&f, "note", false, &out->submit.note);
        return tare_fields_end(&f);
    }
    return tare_fail(err, TARE_E_INPUT, "there is no tool '%.*s'; there are shell, edit and submit",
                     TARE_FMT(name));
}

bool tare__ws_call_read(struct tare__ws *w, struct tare_str text, struct tare__ws_call *out)
{
    struct tare_json root;
    struct tare_err err = {0};
    *out = (struct tare__ws_call){.verb = 0};
    if (tare_json_parse(text, &tare_json_strict, &w->turn, &root, &err) != TARE_OK) {
        fault(w, "the action is no JSON");
        return false;
    }
    struct tare_str name = tare_json_str(tare_json_get(root, "action_type"));
    if (read_params(name, tare_json_get(root, "params"), out, &err) == TARE_OK)
        return true;
    out->verb = 0;
    fault(w, err.text);
    return false;
}

static void member(struct tare_json_writer *out, const char *key, struct tare_str s)
{
    tare_json_put_key(out, key);
    tare_json_put_str(out, s);
}

static void write_edit(const struct tare_workspace_edit *e, struct tare_json_writer *out)
{
    tare_json_member_cstr(out, "command", edits[e->kind]);
    member(out, "path", e->path);
    if (e->kind == TARE_WORKSPACE_REPLACE) {
        member(out, "old_text", e->old);
        member(out, "new_text", e->text);
    } else if (e->kind != TARE_WORKSPACE_VIEW) {
        member(out, "text", e->text);
    }
    if (e->kind == TARE_WORKSPACE_INSERT || (e->kind == TARE_WORKSPACE_VIEW && e->line))
        tare_json_member_u64(out, "line", (uint64_t)e->line);
    if (e->kind == TARE_WORKSPACE_VIEW && e->lines)
        tare_json_member_u64(out, "lines", (uint64_t)e->lines);
}

void tare__ws_call_write(const struct tare__ws_call *c, struct tare_json_writer *out)
{
    static const char *const names[] = {"?", "shell", "edit", "submit"};
    tare_json_begin_object(out);
    tare_json_member_cstr(out, "action_type", names[c->verb]);
    tare_json_put_key(out, "params");
    tare_json_begin_object(out);
    if (c->verb == TARE_WORKSPACE_SHELL) {
        member(out, "command", c->shell.command);
        if (c->shell.seconds > 0)
            tare_json_member_f64(out, "timeout_s", c->shell.seconds);
    } else if (c->verb == TARE_WORKSPACE_EDIT) {
        write_edit(&c->edit, out);
    } else if (c->verb == TARE_WORKSPACE_SUBMIT && c->submit.note.p) {
        member(out, "note", c->submit.note);
    }
    tare_json_end_object(out);
    tare_json_end_object(out);
}

enum tare_status tare__ws_run(const struct tare_box_options *o, struct tare_arena *arena,
                              struct tare_box_result *r, struct tare_err *err)
{
    enum tare_status st = tare_box_run(o, arena, r, err);
    if (st == TARE_OK && r->end == TARE_BOX_CANCELLED)
        st = tare_fail(err, TARE_E_CANCELLED, "cancelled while a program ran");
    return st;
}

enum tare_status tare__ws_run_line(struct tare__ws *w, struct tare_str line, int64_t wall_ms,
                                   struct tare_box_result *r, struct tare_err *err)
{
    const char *argv[] = {TARE__WS_SHELL, "-c", tare_arena_copy(&w->turn, line).p, NULL};
    struct tare_box_mount mount;
    struct tare_box_options o = {.size = sizeof o,
                                 .argv = argv,
                                 .work = w->work,
                                 .slot = w->slot,
                                 .cancel = w->stop,
                                 .network = w->config.network,
                                 .limits = w->config.limits,
                                 .mounts = &mount,
                                 .n_mounts = tare__ws_mount(w, true, &mount)};
    if (wall_ms < o.limits.wall_ms)
        o.limits.wall_ms = wall_ms;
    if (!argv[2])
        return tare_fail(err, TARE_E_NOMEM, "no memory for a command");
    return tare__ws_run(&o, &w->turn, r, err);
}

/* ---- what they do --------------------------------------------------------------------------- */

enum tare_status tare__ws_shell(struct tare__ws *w, const struct tare_workspace_shell *a,
                                struct tare_err *err)
{
    struct tare_box_result r;
    if (a->command.n && memchr(a->command.p, 0, a->command.n)) {
        fault(w, "a command holds no NUL character");
        return TARE_OK;
    }
    if (a->command.n > 100 * TARE_KIB) { /* the kernel's ceiling for one argument is 128 KiB */
        fault(w, "a command has at most 100 KiB; write a longer script with edit and run it");
        return TARE_OK;
    }
    double ms = a->seconds * 1000;
    int64_t wall_ms = a->seconds <= 0 || ms >= (double)INT64_MAX ? INT64_MAX
                      : ms < 1                                   ? 1
                                                                 : (int64_t)ms;
    enum tare_status st = tare__ws_run_line(w, a->command, wall_ms, &r, err);
    if (st != TARE_OK)
        return st;
    w->view.out = r.out;
    w->view.errors = r.err;
    w->view.out_cut = r.out_cut;
    w->view.errors_cut = r.err_cut;
    w->view.end = tare_box_end_name(r.end);
    w->view.status = r.status;
    return r.far_over ? tare_fail(err, TARE_E_LIMIT,
                                  "the work folder holds more than four times what it may")
                      : TARE_OK;
}

/* Text with line numbers, from line `first`, `lines` of them. */
static void number_lines(struct tare_str text, int64_t first, int64_t lines, struct tare_buf *b)
{
    int64_t line = 1, last = lines ? (first > 1 ? first : 1) + lines : INT64_MAX;
    while (text.n && line < last && !b->failed) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        if (line >= first)
            tare_buf_printf(b, "%6lld  %.*s\n", (long long)line, (int)n, text.p);
        line++;
        n += end != NULL;
        text = tare_str_n(text.p + n, text.n - n);
    }
}

static enum tare_status view(struct tare__ws *w, const struct tare_workspace_edit *a,
                             struct tare_str text, struct tare_err *err)
{
    struct tare_buf b;
    size_t most = w->config.limits.output_bytes;
    struct tare_fact seen = {
        .step = w->step - 1, .kind = TARE_FACT_SEEN, .trust = TARE_TRUST_VERIFIED};
    tare_buf_init(&b, w->alc, most);
    number_lines(text, a->line, a->lines, &b);
    w->view.out_cut = b.failed;
    w->view.out = tare_arena_copy(&w->turn, tare_buf_str(&b));
    bool ok = w->view.out.p != NULL;
    tare_buf_free(&b);
    enum tare_status st = tare__ws_entity(w, a->path, &seen.entity, err);
    if (st == TARE_OK)
        st = tare__ws_add_fact(w, seen, err);
    return ok ? st : tare_fail(err, TARE_E_NOMEM, "no memory for a file");
}

/* The text with `fresh` in place of n bytes at `at`. */
static struct tare_str spliced(struct tare__ws *w, struct tare_str text, size_t at, size_t n,
                               struct tare_str fresh)
{
    char *p = tare_arena_alloc(&w->turn, text.n - n + fresh.n + 1);
    if (!p)
        return (struct tare_str){NULL, 0};
    if (at)
        memcpy(p, text.p, at);
    if (fresh.n)
        memcpy(p + at, fresh.p, fresh.n);
    if (text.n - at - n)
        memcpy(p + at + fresh.n, text.p + at + n, text.n - at - n);
    return tare_str_n(p, text.n - n + fresh.n);
}

/* Where `line` ends: the byte after it. SIZE_MAX: the file has fewer lines. */
static size_t after_line(struct tare_str text, int64_t line)
{
    size_t at = 0;
    for (; line > 0; line--) {
        const char *end = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;
        if (!end)
            return line == 1 && at < text.n ? text.n : SIZE_MAX;
        at = (size_t)(end - text.p) + 1;
    }
    return at;
}

/* The new text of the file, or p NULL and a fault. */
static struct tare_str changed(struct tare__ws *w, const struct tare_workspace_edit *a,
                               struct tare_str text)
{
    struct tare_str none = {NULL, 0};
    if (a->kind == TARE_WORKSPACE_REPLACE) {
        size_t at = tare_str_find(text, a->old);
        if (at == SIZE_MAX) {
            fault(w, "old_text does not stand in the file");
            return none;
        }
        struct tare_str rest = tare_str_n(text.p + at + 1, text.n - at - 1);
        if (tare_str_find(rest, a->old) != SIZE_MAX) {
            fault(w, "old_text stands in the file more than once; give more of its surroundings");
            return none;
        }
        return spliced(w, text, at, a->old.n, a->text);
    }
    size_t at = after_line(text, a->line);
    if (at == SIZE_MAX) {
        fault(w, "the file has fewer lines");
        return none;
    }
    struct tare_str fresh = a->text;
    bool open_end = at > 0 && text.p[at - 1] != '\n';
    bool needs_end = at < text.n && !tare_str_ends(fresh, TARE_S("\n"));
    if (open_end || needs_end)
        fresh = tare_arena_printf(&w->turn, "%s%.*s%s", open_end ? "\n" : "", TARE_FMT(fresh),
                                  needs_end ? "\n" : "");
    return spliced(w, text, at, 0, fresh);
}

/* For the record: the file as this step saw or left it. */
static void edited(struct tare__ws *w, const struct tare_workspace_edit *a, struct tare_str text)
{
    w->edited = a->kind;
    w->path = a->path;
    w->path_digest = tare_sha256_of(text);
}

enum tare_status tare__ws_edit(struct tare__ws *w, const struct tare_workspace_edit *a,
                               struct tare_err *err)
{
    struct tare_str text = {"", 0};
    struct tare_err why = {0};
    enum tare_status st = TARE_OK;
    if (!tare_box_name_ok(a->path)) {
        fault(w, "a path is relative, without empty, '.' and '..' parts: src/main.py");
        return TARE_OK;
    }
    if (a->kind != TARE_WORKSPACE_CREATE)
        st = tare_box_read(w->work, a->path, 4 * TARE_MIB, &w->turn, &text, &why);
    if (st == TARE_OK && a->kind == TARE_WORKSPACE_VIEW) {
        edited(w, a, text);
        return view(w, a, text, err);
    }
    if (st == TARE_OK) {
        text = a->kind == TARE_WORKSPACE_CREATE ? a->text : changed(w, a, text);
        if (w->view.fault.p)
            return TARE_OK;
        if (!text.p && text.n)
            return tare_fail(err, TARE_E_NOMEM, "no memory for a file");
        if (text.n > w->config.limits.folder_bytes / 4)
            fault(w, "the file would be too large");
        else
            st = tare_box_write(w->work, a->path, text, false, &why);
    }
    if (st == TARE_E_INPUT) {
        fault(w, why.text);
        return TARE_OK;
    }
    if (st == TARE_OK && !w->view.fault.p) {
        w->view.out = TARE_S("done");
        edited(w, a, text);
    }
    return st == TARE_OK ? TARE_OK : tare_fail(err, st, "%s", why.text);
}
