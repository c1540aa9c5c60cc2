#include "base/limits.h"
#include "record/task.h"

#include "base/banned.h"

struct tare_str tare_task_answer(struct tare_json expect, struct tare_arena *arena)
{
    struct tare_json v = expect;
    if (tare_json_kind(v) == TARE_JSON_OBJECT && tare_json_present(tare_json_get(v, "answer")))
        v = tare_json_get(v, "answer");
    if (tare_json_kind(v) == TARE_JSON_ARRAY)
        v = tare_json_first(v);
    switch (tare_json_kind(v)) {
    case TARE_JSON_ABSENT:
    case TARE_JSON_NULL:
        return (struct tare_str){NULL, 0};
    case TARE_JSON_STRING: {
        struct tare_str s = tare_json_str(v);
        return s.p ? s : TARE_S("");
    }
    case TARE_JSON_NUMBER:
    case TARE_JSON_TRUE:
    case TARE_JSON_FALSE:
        return tare_json_lexeme(v);
    default:
        break;
    }
    struct tare_buf b;
    tare_buf_init(&b, arena->alc, TARE_MAX_JSON_BYTES);
    tare_json_print(v, &b);
    struct tare_str out =
        b.failed ? (struct tare_str){NULL, 0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return out;
}
