#include "solver/talk_prompt.h"

#include "base/limits.h"

#include "base/banned.h"

enum tare_status tare_talk_prompt_read(struct tare_fields *f, struct tare_arena *arena,
                                       struct tare_talk_prompt *out, struct tare_err *err)
{
    tare_fields_str(f, "prompt", false, &out->text);
    tare_fields_bool(f, "lenient", false, &out->lenient);
    if (f->status != TARE_OK || out->text.n == 0)
        return f->status;
    enum tare_status st = tare_template_compile(out->text, arena, &out->compiled, err);
    if (st == TARE_E_INPUT && err)
        err->offset = tare_json_offset(tare_json_get(f->object, "prompt"));
    return st;
}

bool tare_talk_is_messages(struct tare_json list)
{
    if (tare_json_kind(list) != TARE_JSON_ARRAY || tare_json_count(list) == 0)
        return false;
    for (struct tare_json m = tare_json_first(list); tare_json_present(m); m = tare_json_next(m))
        if (tare_json_kind(tare_json_get(m, "role")) != TARE_JSON_STRING ||
            tare_json_kind(tare_json_get(m, "content")) != TARE_JSON_STRING)
            return false;
    return true;
}

/* {"input": TEXT}: {{ input }} is then the text itself. */
static enum tare_status as_variable(struct tare_str text, struct tare_arena *arena,
                                    struct tare_json *out, struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, arena->alc, TARE_MAX_STEP_BODY_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "input");
    tare_json_put_str(&w, text);
    tare_json_end_object(&w);
    struct tare_str copy = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    if (!copy.p)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a prompt");
    return tare_json_parse(copy, &tare_json_log, arena, out, err);
}

enum tare_status tare_talk_prompt_fill(const struct tare_talk_prompt *p,
                                       const struct tare_task *task, struct tare_arena *arena,
                                       struct tare_json *messages, struct tare_str *text,
                                       struct tare_err *err)
{
    struct tare_json input = task->input, none = {NULL, 0}, list;
    struct tare_buf b;
    enum tare_status st = TARE_OK;
    *messages = none;
    if (tare_json_kind(input) == TARE_JSON_STRING)
        st = as_variable(tare_json_str(input), arena, &input, err);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&b, arena->alc, TARE_MAX_STEP_BODY_BYTES);
    st = tare_template_fill(p->compiled, input, none, p->lenient, arena, &b, err);
    *text = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    if (st != TARE_OK || !text->p)
        return st != TARE_OK ? st : tare_fail(err, TARE_E_NOMEM, "no memory for a prompt");
    if (tare_str_starts(tare_str_trim(*text), TARE_S("[")) &&
        tare_json_parse(*text, &tare_json_strict, arena, &list, NULL) == TARE_OK &&
        tare_talk_is_messages(list))
        *messages = list;
    return TARE_OK;
}
