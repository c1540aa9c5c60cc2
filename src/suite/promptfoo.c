/* promptfooconfig.yaml: prompts, providers, and the suite that its tests are. */
#include "suite/promptfoo.h"

#include "base/fs.h"
#include "base/limits.h"
#include "suite/promptfoo_int.h"
#include "text/yaml.h"

#include "base/banned.h"

enum tare_status tare__promptfoo_fail(struct tare__promptfoo *p, struct tare_json at,
                                      const char *what, const char *hint)
{
    tare_err_file(p->err, p->path);
    enum tare_status st = tare_fail_at(p->err, TARE_E_INPUT, tare_json_offset(at), "%s", what);
    tare_err_locate(p->err, p->text);
    tare_err_hint(p->err, "%s", hint);
    return st;
}

static struct tare_str base_name(struct tare_str path)
{
    for (size_t i = path.n; i > 0; i--)
        if (path.p[i - 1] == '/')
            return tare_str_n(path.p + i, path.n - i);
    return path;
}

bool tare_promptfoo_is(struct tare_str path)
{
    struct tare_arena arena;
    struct tare_json root;
    struct tare_str text;
    bool yaml = tare_str_ends(path, TARE_S(".yaml")) || tare_str_ends(path, TARE_S(".yml"));
    if (!yaml || !tare_fs_exists(path) || tare_fs_is_dir(path))
        return false;
    if (tare_str_starts(base_name(path), TARE_S("promptfooconfig")))
        return true;
    tare_arena_init(&arena, NULL, 64 * TARE_MIB);
    bool is = tare_fs_read(path, TARE_MAX_YAML_BYTES, &arena, &text, NULL) == TARE_OK &&
              tare_yaml_parse(text, path, &arena, &root, NULL) == TARE_OK &&
              !tare_json_present(tare_json_get(root, "suite")) &&
              tare_json_present(tare_json_get(root, "prompts")) &&
              (tare_json_present(tare_json_get(root, "providers")) ||
               tare_json_present(tare_json_get(root, "targets")));
    tare_arena_free(&arena);
    return is;
}

/* ---- prompts ----------------------------------------------------------------------------- */

static struct tare_str text_of(struct tare__promptfoo *p, struct tare_json v)
{
    struct tare_buf b;
    if (tare_json_kind(v) == TARE_JSON_STRING)
        return tare_json_str(v);
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_print(v, &b);
    struct tare_str s = tare_arena_copy(p->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static enum tare_status read_prompt(struct tare__promptfoo *p, struct tare_json v,
                                    struct tare_promptfoo_prompt *out, uint32_t nth)
{
    struct tare_json raw = v, label = tare_json_get(v, "label");
    struct tare_str name;
    enum tare_status st = TARE_OK;
    if (tare_json_kind(v) == TARE_JSON_OBJECT) {
        raw = tare_json_get(v, "raw");
        if (!tare_json_present(label))
            label = tare_json_get(v, "id");
        if (!tare_json_present(raw))
            raw = tare_json_get(v, "id");
    }
    if (tare__promptfoo_is_file(raw, &name))
        st = tare__promptfoo_file(p, name, raw, &raw);
    if (st != TARE_OK)
        return st;
    out->text = text_of(p, raw);
    out->label = tare_json_str(label);
    if (out->label.n == 0 || tare_str_starts(out->label, TARE_S("file://")))
        out->label = tare_arena_printf(p->arena, "prompt-%u", nth);
    return out->text.n ? TARE_OK
                       : tare__promptfoo_fail(p, v, "a prompt is a text, a file or {raw: TEXT}",
                                              "write prompts: [\"Translate {{text}}\"]");
}

static enum tare_status read_prompts(struct tare__promptfoo *p)
{
    struct tare_json list = tare_json_get(p->root, "prompts");
    bool one = tare_json_kind(list) != TARE_JSON_ARRAY;
    uint32_t n = one ? tare_json_present(list) : tare_json_count(list);
    struct tare_promptfoo_prompt *all = TARE_NEW_N(p->arena, struct tare_promptfoo_prompt, n);
    struct tare_json v = one ? list : tare_json_first(list);
    enum tare_status st = TARE_OK;
    if (!all)
        return tare_fail(p->err, TARE_E_NOMEM, "no memory for prompts");
    if (n == 0)
        return tare__promptfoo_fail(p, p->root, "there are no prompts",
                                    "write prompts: [\"Translate {{text}}\"]");
    p->out->prompts = all;
    for (; p->out->n_prompts < n && st == TARE_OK; v = tare_json_next(v), p->out->n_prompts++)
        st = read_prompt(p, v, &all[p->out->n_prompts], p->out->n_prompts + 1);
    return st;
}

/* ---- providers --------------------------------------------------------------------------- */

static void read_provider(struct tare_json v, struct tare_promptfoo_provider *out)
{
    if (tare_json_kind(v) == TARE_JSON_STRING) {
        out->id = tare_json_str(v);
    } else if (tare_json_present(tare_json_get(v, "id"))) {
        out->id = tare_json_str(tare_json_get(v, "id"));
        out->label = tare_json_str(tare_json_get(v, "label"));
        out->config = tare_json_get(v, "config");
    } else { /* {"openai:gpt-4o": {config: …}} */
        struct tare_json only = tare_json_first(v);
        out->id = tare_json_key(only);
        out->label = tare_json_str(tare_json_get(only, "label"));
        out->config = tare_json_get(only, "config");
    }
    if (out->label.n == 0)
        out->label = out->id;
}

static enum tare_status read_providers(struct tare__promptfoo *p)
{
    struct tare_json list = tare_json_get(p->root, "providers");
    if (!tare_json_present(list))
        list = tare_json_get(p->root, "targets");
    bool one = tare_json_kind(list) != TARE_JSON_ARRAY;
    uint32_t n = one ? tare_json_present(list) : tare_json_count(list);
    struct tare_promptfoo_provider *all = TARE_NEW_N(p->arena, struct tare_promptfoo_provider, n);
    struct tare_json v = one ? list : tare_json_first(list);
    if (!all)
        return tare_fail(p->err, TARE_E_NOMEM, "no memory for providers");
    p->out->providers = all;
    for (; p->out->n_providers < n; v = tare_json_next(v))
        read_provider(v, &all[p->out->n_providers++]);
    return TARE_OK;
}

/* ---- the suite --------------------------------------------------------------------------- */

static enum tare_status make_suite(struct tare__promptfoo *p)
{
    static const char world[] = "{\"template\":\"(every solver has a prompt of its own)\"}";
    struct tare_suite *s = TARE_NEW(p->arena, struct tare_suite);
    struct tare_str *metrics = TARE_NEW_N(p->arena, struct tare_str, (size_t)p->n_names + 2);
    struct tare_task *tasks = NULL;
    struct tare_str lines = tare_arena_copy(p->arena, tare_buf_str(&p->lines));
    struct tare_str about = tare_json_str(tare_json_get(p->root, "description"));
    if (!s || !metrics || !lines.p)
        return tare_fail(p->err, TARE_E_NOMEM, "no memory for the suite");
    metrics[0] = TARE_S("pass");
    metrics[1] = TARE_S("score");
    for (uint32_t i = 0; i < p->n_names; i++)
        metrics[2 + i] = p->names[i];
    *s = (struct tare_suite){.name = TARE_S("promptfoo"),
                             .version = TARE_S("1"),
                             .about = about,
                             .path = p->path,
                             .text = p->text,
                             .world = TARE_S("prompt"),
                             .attempts = p->out->repeat,
                             .metrics = metrics,
                             .n_metrics = p->n_names + 2};
    p->out->suite = s;
    enum tare_status st =
        tare_json_parse(TARE_S(world), &tare_json_strict, p->arena, &s->world_config, p->err);
    if (st == TARE_OK)
        st = tare_suite_tasks(lines, p->path, p->arena, &tasks, &s->n_tasks, p->err);
    s->tasks = tasks;
    return st == TARE_OK ? tare__suite_identify(s, p->arena, p->err) : st;
}

enum tare_status tare_promptfoo_load(struct tare_str path, bool has_judge, struct tare_arena *arena,
                                     struct tare_promptfoo **out, struct tare_err *err)
{
    struct tare__promptfoo *p = TARE_NEW(arena, struct tare__promptfoo);
    int64_t repeat = 1;
    if (p)
        p->out = TARE_NEW(arena, struct tare_promptfoo);
    if (!p || !p->out)
        return tare_fail(err, TARE_E_NOMEM, "no memory for %.*s", TARE_FMT(path));
    p->path = path;
    p->arena = arena;
    p->err = err;
    p->has_judge = has_judge;
    *out = p->out;
    enum tare_status st = tare__suite_read_yaml(path, arena, &p->text, &p->root, err);
    if (st != TARE_OK)
        return st;
    p->defaults = tare_json_get(p->root, "defaultTest");
    struct tare_json options = tare_json_get(p->root, "evaluateOptions");
    if (tare_json_i64(tare_json_get(options, "repeat"), &repeat) &&
        (repeat < 1 || repeat > TARE_MAX_ATTEMPTS_PER_TASK))
        return tare__promptfoo_fail(p, options, "repeat must be a number from 1",
                                    "write repeat: 4");
    p->out->repeat = (uint32_t)repeat;
    tare_buf_init(&p->lines, NULL, TARE_MAX_TASKS_FILE_BYTES);
    st = read_prompts(p);
    if (st == TARE_OK)
        st = read_providers(p);
    if (st == TARE_OK)
        st = tare__promptfoo_tests(p, tare_json_get(p->root, "tests"));
    if (st == TARE_OK)
        st = tare__promptfoo_scenarios(p, tare_json_get(p->root, "scenarios"));
    if (st == TARE_OK && p->n_tests == 0)
        st = tare__promptfoo_fail(p, p->root, "there are no tests", "write tests: [{vars: {…}}]");
    if (st == TARE_OK)
        st = make_suite(p);
    tare_buf_free(&p->lines);
    return st;
}
