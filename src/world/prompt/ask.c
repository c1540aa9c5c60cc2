/* What is said to the solver: configuration, turns, messages. */
#include "base/limits.h"
#include "text/fields.h"
#include "world/prompt/prompt_int.h"

#include "base/banned.h"

/* A template of the configuration; faults carry the place of its value. */
static enum tare_status read_template(struct tare_json config, const char *key,
                                      struct tare_arena *arena, struct tare_template **out,
                                      struct tare_err *err)
{
    struct tare_json v = tare_json_get(config, key);
    if (!tare_json_present(v))
        return TARE_OK;
    enum tare_status st = tare_template_compile(tare_json_str(v), arena, out, err);
    if (st == TARE_E_INPUT && err)
        err->offset = tare_json_offset(v);
    return st;
}

enum tare_status tare__prompt_config_read(struct tare_json config, struct tare_arena *arena,
                                          struct tare__prompt_config *out, struct tare_err *err)
{
    static const char *const outputs[] = {"text", "json", NULL};
    struct tare_str none = {NULL, 0}, ignored = {NULL, 0};
    struct tare_fields f;
    int output = 0;
    if (!tare_json_present(config))
        return TARE_OK;
    tare_fields_begin(&f, config, none, none, err);
    tare_fields_str(&f, "system", false, &out->preamble);
    tare_fields_str(&f, "template", false, &ignored);
    tare_fields_choice(&f, "output", false, outputs, &output);
    out->schema = tare_fields_kind(&f, "schema", false, TARE_JSON_OBJECT);
    enum tare_status st = tare_fields_end(&f);
    if (st == TARE_OK)
        st = read_template(config, "system", arena, &out->preamble_template, err);
    if (st == TARE_OK)
        st = read_template(config, "template", arena, &out->template, err);
    if (st != TARE_OK)
        return st;
    out->json = output == 1 || tare_json_present(out->schema);
    if (output == 0 && tare_json_present(out->schema) &&
        tare_json_present(tare_json_get(config, "output")))
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(out->schema),
                            "\"schema\" goes with \"output: json\"");
    if (!out->json)
        return TARE_OK;
    struct tare_buf b;
    tare_buf_init(&b, arena->alc, TARE_MIB);
    if (tare_json_present(out->schema))
        tare_json_print(out->schema, &b);
    else
        tare_buf_puts(&b, "{}");
    out->schema_text = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return out->schema_text.p ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "no memory for a schema");
}

static enum tare_status wrong(struct tare_json v, struct tare_err *err, const char *what,
                              const char *hint)
{
    enum tare_status st = tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "%s", what);
    tare_err_hint(err, "%s", hint);
    return st;
}

static enum tare_status check_messages(struct tare_json list, struct tare_err *err)
{
    for (struct tare_json m = tare_json_first(list); tare_json_present(m); m = tare_json_next(m)) {
        struct tare_json role = tare_json_get(m, "role");
        bool known = tare_json_str_is(role, "system") || tare_json_str_is(role, "user") ||
                     tare_json_str_is(role, "assistant");
        if (!known || tare_json_kind(tare_json_get(m, "content")) != TARE_JSON_STRING)
            return wrong(m, err, "a message has a role (system, user, assistant) and a content",
                         "write {\"role\": \"user\", \"content\": \"…\"}");
    }
    return TARE_OK;
}

enum tare_status tare__prompt_turns(const struct tare_task *task,
                                    const struct tare__prompt_config *config, uint32_t *n,
                                    struct tare_err *err)
{
    struct tare_json input = task->input;
    struct tare_json turns = tare_json_get(input, "turns");
    struct tare_json messages = tare_json_get(input, "messages");
    *n = 1;
    if (tare_json_kind(input) == TARE_JSON_STRING)
        return TARE_OK;
    if (tare_json_kind(input) != TARE_JSON_OBJECT)
        return wrong(input, err, "the input must be a text or a mapping of variables",
                     "write \"input\": \"What is …?\"");
    if (tare_json_present(messages)) {
        if (tare_json_kind(messages) != TARE_JSON_ARRAY || tare_json_count(messages) == 0)
            return wrong(messages, err, "\"messages\" must be a list of messages",
                         "write [{\"role\": \"user\", \"content\": \"…\"}]");
        return check_messages(messages, err);
    }
    if (!tare_json_present(turns))
        return config->template
                   ? TARE_OK
                   : wrong(input, err, "nothing says how these variables become a question",
                           "give the world a template: world: {prompt: {template: \"…\"}}");
    *n = tare_json_count(turns);
    if (tare_json_kind(turns) != TARE_JSON_ARRAY || *n == 0 || *n > TARE__PROMPT_TURNS)
        return wrong(turns, err, "\"turns\" must be a list of 1 to 1,000 texts",
                     "each is said after the answer to the one before");
    for (struct tare_json t = tare_json_first(turns); tare_json_present(t); t = tare_json_next(t))
        if (tare_json_kind(t) != TARE_JSON_STRING)
            return wrong(t, err, "a turn must be a text", "write numbers in quotes");
    return TARE_OK;
}

static void put_message(struct tare_json_writer *w, struct tare_str role, struct tare_str content)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "role");
    tare_json_put_str(w, role);
    tare_json_put_key(w, "content");
    tare_json_put_str(w, content);
    tare_json_end_object(w);
}

/* The template filled in, in w->arena. */
static enum tare_status filled(struct tare__prompt_world *w, const struct tare_template *t,
                               struct tare_json more, struct tare_str *out, struct tare_err *err)
{
    tare_buf_reset(&w->text);
    enum tare_status st =
        tare_template_fill(t, w->task->input, more, false, &w->arena, &w->text, err);
    if (st == TARE_OK) {
        *out = tare_arena_copy(&w->arena, tare_buf_str(&w->text));
        if (!out->p)
            st = tare_fail(err, TARE_E_NOMEM, "no memory for a prompt");
    }
    return st;
}

/* {"input": TEXT} so that a template may say {{ input }} for the turn's text. */
static enum tare_status turn_vars(struct tare__prompt_world *w, struct tare_str text,
                                  struct tare_json *out, struct tare_err *err)
{
    struct tare_json_writer j;
    tare_buf_reset(&w->text);
    tare_json_writer_init(&j, &w->text);
    tare_json_begin_object(&j);
    tare_json_put_key(&j, "input");
    tare_json_put_str(&j, text);
    tare_json_end_object(&j);
    struct tare_str copy = tare_arena_copy(&w->arena, tare_buf_str(&w->text));
    if (!copy.p || w->text.failed)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a prompt");
    return tare_json_parse(copy, &tare_json_log, &w->arena, out, err);
}

enum tare_status tare__prompt_ask(struct tare__prompt_world *w, struct tare_err *err)
{
    struct tare_json input = w->task->input, messages = tare_json_get(input, "messages");
    struct tare_json turns = tare_json_get(input, "turns"), more = {NULL, 0};
    struct tare_str text = tare_json_str(input), preamble;
    struct tare_json_writer j;
    enum tare_status st = TARE_OK;
    bool plain = tare_json_kind(input) == TARE_JSON_STRING;
    if (tare_json_present(turns)) {
        text = tare_json_str(tare_json_at(turns, w->view.turn - 1));
        plain = true;
    }
    if (plain && (w->config.template || w->config.preamble_template))
        st = turn_vars(w, text, &more, err);
    if (st == TARE_OK && w->config.template && !tare_json_present(messages))
        st = filled(w, w->config.template, more, &text, err);
    tare_buf_reset(&w->messages);
    tare_json_writer_init(&j, &w->messages);
    tare_json_begin_array(&j);
    if (st == TARE_OK && w->config.preamble_template && w->view.turn == 1) {
        st = filled(w, w->config.preamble_template, more, &preamble, err);
        if (st == TARE_OK)
            put_message(&j, TARE_S("system"), preamble);
    }
    for (struct tare_json m = tare_json_first(messages); st == TARE_OK && tare_json_present(m);
         m = tare_json_next(m)) {
        text = tare_json_str(tare_json_get(m, "content"));
        put_message(&j, tare_json_str(tare_json_get(m, "role")), text);
    }
    if (st == TARE_OK && !tare_json_present(messages))
        put_message(&j, TARE_S("user"), text);
    tare_json_end_array(&j);
    w->view.asked = text;
    w->view.messages = tare_buf_str(&w->messages);
    if (st == TARE_OK && w->messages.failed)
        st = tare_fail(err, TARE_E_NOMEM, "no memory for a prompt");
    return st;
}
