#include "suite/solver_file.h"

#include "base/fs.h"
#include "suite/suite_int.h"

#include "base/banned.h"

/* What the solver is: a policy, or a model with its harness. */
static void read_kind(struct tare_fields *f, struct tare_solver_file *s)
{
    tare__suite_choice(f, "policy", false, &s->policy, &s->config);
    struct tare_json model = tare_fields_any(f, "model", false);
    enum tare_json_kind kind = tare_json_kind(model);
    if (f->status == TARE_OK && tare_json_present(model) && kind != TARE_JSON_OBJECT &&
        kind != TARE_JSON_STRING)
        tare_fields_fail(f, model,
                         "\"model\" must be a mapping or a text such as "
                         "openai/gpt-4.1-mini, not %s",
                         tare_json_kind_name(model));
    struct tare_json command = tare_fields_any(f, "command", false);
    s->harness = tare_fields_kind(f, "harness", false, TARE_JSON_OBJECT);
    s->talk = tare_fields_kind(f, "talk", false, TARE_JSON_OBJECT);
    s->kind = tare_json_present(model) ? TARE_SOLVER_MODEL : TARE_SOLVER_POLICY;
    if (tare_json_present(model) && s->policy.n == 0)
        s->config = model;
    if (tare_json_present(command) && s->kind == TARE_SOLVER_POLICY && s->policy.n == 0) {
        s->kind = TARE_SOLVER_COMMAND;
        s->config = command;
    }
}

/* All keys are known; do they go together? */
static void check_kind(struct tare_fields *f, const struct tare_solver_file *s)
{
    struct tare_json model = tare_json_get(f->object, "model");
    struct tare_json command = tare_json_get(f->object, "command");
    if (f->status != TARE_OK)
        return;
    if (s->kind == TARE_SOLVER_COMMAND) {
        if (tare_json_present(s->harness) || tare_json_present(s->talk))
            tare_fields_fail(f, command,
                             "\"harness\" and \"talk\" go with \"model\"; a command has "
                             "its own");
    } else if (tare_json_present(command)) {
        tare_fields_fail(f, command,
                         "a solver is a \"policy\", a \"model\" or a \"command\", one of "
                         "them");
    } else if (s->kind == TARE_SOLVER_MODEL && s->policy.n > 0) {
        tare_fields_fail(f, model, "a solver is a \"policy\" or a \"model\", not both");
    } else if (s->kind == TARE_SOLVER_POLICY && s->policy.n == 0) {
        tare_fields_fail(f, f->object,
                         "none of \"policy\", \"model\" and \"command\" says what the solver is");
        tare_err_hint(f->err, "add for example \"policy: do-nothing\"");
    } else if (tare_json_present(s->harness) && s->policy.n > 0) {
        tare_fields_fail(f, s->harness, "\"harness\" goes with \"model\", not with \"policy\"");
        tare_err_hint(f->err, "parameters of a policy stand under its name: policy: {%.*s: {...}}",
                      TARE_FMT(s->policy));
    }
}

enum tare_status tare_solver_file_load(struct tare_str path, struct tare_arena *arena,
                                       struct tare_solver_file **out, struct tare_err *err)
{
    struct tare_solver_file *s = TARE_NEW(arena, struct tare_solver_file);
    struct tare_json root;
    struct tare_fields f;
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to load a solver");
    if (!tare_fs_exists(path)) {
        tare_err_file(err, path);
        (void)tare_fail(err, TARE_E_USAGE, "the solver file does not exist");
        tare_err_hint(err, "check the path; it is looked up from the current folder");
        return TARE_E_USAGE;
    }
    s->path = path;
    enum tare_status st = tare__suite_read_yaml(path, arena, &s->text, &root, err);
    if (st != TARE_OK)
        return st;
    s->root = root;
    tare_fields_begin(&f, root, s->text, path, err);
    tare_fields_str(&f, "solver", true, &s->name);
    tare__suite_check_name(&f, "solver", s->name);
    tare_fields_str(&f, "about", false, &s->about);
    read_kind(&f, s);
    tare__suite_limits(&f, &s->limits);
    if (f.status == TARE_OK)
        tare_fields_end(&f);
    check_kind(&f, s);
    if (f.status != TARE_OK)
        return f.status;
    tare_err_file(err, TARE_S(""));
    *out = s;
    return TARE_OK;
}
