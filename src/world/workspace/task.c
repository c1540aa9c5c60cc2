/* What suite and task say: limits, files, checks. */
#include "record/task.h"
#include "base/limits.h"
#include "text/fields.h"
#include "world/workspace/workspace_int.h"

#include "base/banned.h"

enum tare_status tare__ws_config_read(struct tare_json config, struct tare__ws_config *out,
                                      struct tare_err *err)
{
    struct tare_str none = {NULL, 0};
    struct tare_fields f;
    int64_t seconds = 60, cpu = 30, check = 120, memory = 512, folder = 256, processes = 64;
    int64_t output = (int64_t)(TARE_MAX_TOOL_OUTPUT_BYTES / TARE_KIB);
    bool network = false;
    enum tare_status st = TARE_OK;
    if (tare_json_present(config)) {
        tare_fields_begin(&f, config, none, none, err);
        tare_fields_i64(&f, "seconds", false, 1, 86400, &seconds);
        tare_fields_i64(&f, "cpu_seconds", false, 1, 86400, &cpu);
        tare_fields_i64(&f, "check_seconds", false, 1, 86400, &check);
        tare_fields_i64(&f, "memory_mib", false, 16, 1 << 20, &memory);
        tare_fields_i64(&f, "folder_mib", false, 1, 1 << 20, &folder);
        tare_fields_i64(&f, "processes", false, 1, 10000, &processes);
        tare_fields_i64(&f, "output_kib", false, 1, 1024, &output);
        tare_fields_bool(&f, "network", false, &network);
        st = tare_fields_end(&f);
    }
    *out = (struct tare__ws_config){.network = network, .check_wall_ms = check * 1000};
    out->limits = (struct tare_box_limits){.memory_bytes = (uint64_t)memory * TARE_MIB,
                                           .folder_bytes = (uint64_t)folder * TARE_MIB,
                                           .output_bytes = (uint64_t)output * TARE_KIB,
                                           .files = 10000,
                                           .processes = (uint32_t)processes,
                                           .cpu_s = (uint32_t)cpu,
                                           .wall_ms = seconds * 1000};
    return st;
}

static enum tare_status wrong(struct tare_json v, struct tare_err *err, const char *what,
                              const char *hint)
{
    enum tare_status st = tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "%s", what);
    tare_err_hint(err, "%s", hint);
    return st;
}

struct tare_str tare__ws_file_text(struct tare_json v, bool *executable)
{
    *executable = tare_json_true(tare_json_get(v, "executable"));
    return tare_json_str(tare_json_kind(v) == TARE_JSON_OBJECT ? tare_json_get(v, "text") : v);
}

uint32_t tare__ws_mount(struct tare__ws *w, bool writable, struct tare_box_mount *out)
{
    const char *at = w->read.at.n ? tare_arena_copy(&w->turn, w->read.at).p : NULL;
    *out = (struct tare_box_mount){.host = w->work, .inside = at, .writable = writable};
    return at != NULL;
}

/* A place of its own in the box: what the box has already stays as it is. */
static enum tare_status check_at(struct tare_json v, struct tare_str at, struct tare_err *err)
{
    static const char *const taken[] = {"bin",    "dev",  "etc", "lib",   "lib64", "logs", "proc",
                                        "result", "sbin", "sys", "tests", "tmp",   "usr",  "work"};
    size_t n = 1;
    bool good = at.n > 1 && at.n < 200 && at.p[0] == '/' &&
                tare_box_name_ok(tare_str_n(at.p + 1, at.n - 1));
    while (good && n < at.n && at.p[n] != '/')
        n++;
    for (size_t i = 0; good && i < sizeof taken / sizeof *taken; i++)
        good = !tare_str_is(tare_str_n(at.p + 1, n - 1), taken[i]);
    return good ? TARE_OK
                : wrong(v, err, "\"at\" is no place for the work folder",
                        "an absolute path of its own, as /app; it stands at /work too");
}

static enum tare_status check_name(struct tare_json v, struct tare_str name, struct tare_err *err)
{
    return tare_box_name_ok(name)
               ? TARE_OK
               : wrong(v, err, "this is no name of a file in the work folder",
                       "names are relative, without empty, '.' and '..' parts: src/main.py");
}

static enum tare_status check_files(struct tare_json files, struct tare_err *err)
{
    struct tare_str none = {NULL, 0}, text = none;
    struct tare_fields f;
    bool executable;
    enum tare_status st = TARE_OK;
    for (struct tare_json v = tare_json_first(files); st == TARE_OK && tare_json_present(v);
         v = tare_json_next(v)) {
        st = check_name(v, tare_json_key(v), err);
        if (st != TARE_OK || tare_json_kind(v) == TARE_JSON_STRING)
            continue;
        if (tare_json_kind(v) != TARE_JSON_OBJECT)
            return wrong(v, err, "a file must be a text, or a mapping with its text",
                         "write {\"text\": \"…\", \"executable\": true}");
        tare_fields_begin(&f, v, none, none, err);
        tare_fields_str(&f, "text", true, &text);
        tare_fields_bool(&f, "executable", false, &executable);
        st = tare_fields_end(&f);
    }
    return st;
}

static enum tare_status check_names(struct tare_json list, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (struct tare_json v = tare_json_first(list); st == TARE_OK && tare_json_present(v);
         v = tare_json_next(v))
        st = check_name(v, tare_json_str(v), err);
    return st;
}

static enum tare_status check_check(struct tare_json v, struct tare_json files,
                                    struct tare_err *err)
{
    struct tare_str run = {NULL, 0}, out = run, file = run, text = run, same = run, name = run;
    struct tare_fields f;
    double weight = 1, seconds = 1;
    bool graded = false, reward = false;
    tare_fields_begin(&f, v, name, name, err);
    tare_fields_str(&f, "name", false, &name);
    tare_fields_f64(&f, "weight", false, 0, 1e6, &weight);
    tare_fields_f64(&f, "timeout_s", false, 0.001, 86400, &seconds);
    tare_fields_str(&f, "run", false, &run);
    tare_fields_str(&f, "stdout", false, &out);
    tare_fields_bool(&f, "graded", false, &graded);
    tare_fields_bool(&f, "reward", false, &reward);
    tare_fields_str(&f, "file", false, &file);
    tare_fields_str(&f, "text", false, &text);
    tare_fields_str(&f, "same", false, &same);
    enum tare_status st = tare_fields_end(&f);
    if (st != TARE_OK)
        return st;
    if ((run.p != NULL) + (file.p != NULL) + (same.p != NULL) != 1 ||
        (file.p != NULL) != (text.p != NULL) || ((out.p || graded || reward) && !run.p) ||
        (out.p != NULL) + graded + reward > 1)
        return wrong(v, err,
                     "a check is one of: run, run with stdout, run graded, run with reward, file "
                     "with text, same",
                     "write {\"run\": \"python3 /tests/check.py\"}");
    if (file.p)
        return check_name(v, file, err);
    if (same.p && !tare_json_present(tare_json_get_str(files, same)))
        return wrong(v, err, "\"same\" names a file that the task does not give",
                     "see input.files");
    return run.p && memchr(run.p, 0, run.n) ? wrong(v, err, "a command holds no NUL", "remove it")
                                            : TARE_OK;
}

static enum tare_status read_expect(struct tare_json expect, struct tare__ws_task *t,
                                    struct tare_err *err)
{
    struct tare_str none = {NULL, 0};
    struct tare_fields f;
    tare_fields_begin(&f, expect, none, none, err);
    t->checks = tare_fields_kind(&f, "checks", true, TARE_JSON_ARRAY);
    t->tests = tare_fields_kind(&f, "files", false, TARE_JSON_OBJECT);
    t->keep = tare_fields_kind(&f, "keep", false, TARE_JSON_ARRAY);
    t->change = tare_fields_kind(&f, "change", false, TARE_JSON_ARRAY);
    tare_fields_str(&f, "solution", false, &t->solution);
    enum tare_status st = tare_fields_end(&f);
    if (st == TARE_OK)
        st = check_files(t->tests, err);
    if (st == TARE_OK)
        st = check_names(t->keep, err);
    if (st == TARE_OK)
        st = check_names(t->change, err);
    uint32_t n = tare_json_count(t->checks);
    if (st == TARE_OK && (n == 0 || n > TARE__WS_CHECKS))
        st = wrong(t->checks, err, "a task has 1 to 256 checks", "write {\"run\": \"…\"}");
    for (struct tare_json v = tare_json_first(t->checks); st == TARE_OK && tare_json_present(v);
         v = tare_json_next(v))
        st = tare_json_kind(v) == TARE_JSON_OBJECT
                 ? check_check(v, t->files, err)
                 : wrong(v, err, "a check must be a mapping", "write {\"run\": \"…\"}");
    return st;
}

enum tare_status tare__ws_task_read(const struct tare_task *task, struct tare__ws_task *out,
                                    struct tare_err *err)
{
    struct tare_str none = {NULL, 0};
    struct tare_fields f;
    *out = (struct tare__ws_task){.setup = none};
    if (tare_json_kind(task->input) != TARE_JSON_OBJECT ||
        tare_json_kind(task->expect) != TARE_JSON_OBJECT)
        return wrong(task->input, err, "input and expect must be mappings",
                     "write \"input\": {\"instruction\": \"…\"}, \"expect\": {\"checks\": […]}");
    tare_fields_begin(&f, task->input, none, none, err);
    tare_fields_str(&f, "instruction", true, &out->instruction);
    out->files = tare_fields_kind(&f, "files", false, TARE_JSON_OBJECT);
    tare_fields_str(&f, "setup", false, &out->setup);
    struct tare_str at = none;
    tare_fields_str(&f, "at", false, &at);
    out->at = at;
    enum tare_status st = tare_fields_end(&f);
    if (st == TARE_OK && at.p)
        st = check_at(tare_json_get(task->input, "at"), at, err);
    if (st == TARE_OK)
        st = check_files(out->files, err);
    return st == TARE_OK ? read_expect(task->expect, out, err) : st;
}
