#include "record/result.h"

#include "base/limits.h"

#include "base/banned.h"

static bool counts(struct tare_str key)
{
    static const char *const keys[] = {"step",    "step_index", "steps",  "turn",   "turns",
                                       "reward",  "t_ms",       "t_ns",   "dur_ms", "dur_ns",
                                       "wall_ns", "elapsed_ms", "seconds"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (tare_str_is(key, keys[i]))
            return false;
    return true;
}

struct tare_digest tare_result_digest_of(struct tare_json v, struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_json last = tare_json_get(v, "last_action_result");
    tare_buf_init(&b, arena->alc, TARE_MAX_JSON_BYTES);
    if (tare_json_present(last) || tare_json_kind(v) != TARE_JSON_OBJECT) {
        tare_json_canonical(tare_json_present(last) ? last : v, &b);
    } else {
        for (struct tare_json m = tare_json_first(v); tare_json_present(m); m = tare_json_next(m)) {
            if (!counts(tare_json_key(m)))
                continue;
            tare_buf_put(&b, tare_json_key(m));
            tare_buf_putc(&b, ':');
            tare_json_canonical(m, &b);
            tare_buf_putc(&b, '\n');
        }
    }
    struct tare_digest d = tare_sha256_of(tare_buf_str(&b));
    tare_buf_free(&b);
    return d;
}

struct tare_digest tare_result_digest(struct tare_str observation, struct tare_arena *arena)
{
    struct tare_json v;
    struct tare_arena_mark m = tare_arena_mark(arena);
    if (tare_json_parse(observation, &tare_json_log, arena, &v, NULL) != TARE_OK)
        return tare_sha256_of(observation);
    struct tare_digest d = tare_result_digest_of(v, arena);
    tare_arena_rewind(arena, m);
    return d;
}
