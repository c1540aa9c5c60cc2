/* What OpenEnv's clients say: a message is understood or has a code, and an action is one of
 * step_json; an observation of any kind makes an answer that is JSON. */
#include <math.h>

#include "fuzz.h"
#include "serve/openenv_wire.h"

static void check(const struct tare_oe_message *m, struct tare_arena *arena)
{
    struct tare_json v;
    fuzz_must(m->says >= TARE_OE_RESET && m->says <= TARE_OE_WRONG);
    if (m->says == TARE_OE_WRONG) {
        fuzz_must(m->code && m->why);
        return;
    }
    fuzz_must(m->seed >= -1 && m->task >= 0 && m->episode.n <= 128);
    if (m->says != TARE_OE_STEP)
        return;
    fuzz_must(tare_json_parse(m->action, &tare_json_strict, arena, &v, NULL) == TARE_OK);
    fuzz_must(tare_json_count(v) == 2 &&
              tare_json_kind(tare_json_get(v, "action_type")) == TARE_JSON_STRING &&
              tare_json_kind(tare_json_get(v, "params")) == TARE_JSON_OBJECT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_oe_message m;
    struct tare_json v;
    struct tare_buf out;
    struct tare_json_writer w;
    struct tare_str text = fuzz_text(data, size);
    tare_arena_init(&arena, NULL, TARE_GIB);
    fuzz_must(tare_oe_read(text, &arena, &m, &err) == TARE_OK);
    check(&m, &arena);
    for (int what = TARE_OE_RESET; what <= TARE_OE_STEP; what++) {
        fuzz_must(tare_oe_read_body((enum tare_oe_says)what, text, &arena, &m, &err) == TARE_OK);
        check(&m, &arena);
    }
    if (tare_json_parse(text, &tare_json_strict, &arena, &v, NULL) == TARE_OK) {
        struct tare_oe_result r = {.observation = text, .reward = NAN, .tool = m.tool};
        tare_buf_init(&out, NULL, TARE_GIB);
        tare_json_writer_init(&w, &out);
        tare_oe_put_result(&w, &r);
        fuzz_must(tare_json_parse(tare_buf_str(&out), &tare_json_log, &arena, &v, NULL) == TARE_OK);
        fuzz_must(tare_json_kind(tare_json_get(v, "observation")) == TARE_JSON_OBJECT);
        tare_buf_free(&out);
    }
    tare_arena_free(&arena);
    return 0;
}
