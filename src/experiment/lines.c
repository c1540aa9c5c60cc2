#include "experiment/lines.h"

#include "experiment/chat.h"
#include "text/jsonl.h"

#include "base/banned.h"

#define ROOM 64 /* items at first; doubled from then on */

struct tare_json tare__line_member(const struct tare__line *l, const char *key)
{
    struct tare_json m = tare_json_get(l->v, key);
    return tare_json_present(m) ? m : tare_json_get(l->defaults, key);
}

struct tare_str tare__line_name(const struct tare__line *l, struct tare_arena *arena,
                                const char *key)
{
    struct tare_json own = tare_json_get(l->v, key);
    struct tare_str text = tare_json_str(own);
    int64_t n;
    if (!text.n)
        text = tare_json_str(tare_json_get(l->v, "custom_id"));
    if (!text.n && tare__chat_is(l->v))
        text = tare_json_str(tare_json_get(l->v, "key"));
    if (!text.n && tare_json_i64(own, &n))
        return tare_arena_printf(arena, "%lld", (long long)n);
    if (!text.n && tare__chat_is(l->v))
        return tare_arena_printf(arena, "line %u", l->line);
    return text;
}

void tare__line_keep(const struct tare__line *l, const char *const *keys, size_t n,
                     struct tare_json_writer *w)
{
    for (size_t i = 0; i < n; i++) {
        struct tare_json v = tare__line_member(l, keys[i]);
        if (!tare_json_present(v))
            continue;
        tare_json_put_key(w, keys[i]);
        tare_json_put_value(w, v);
    }
}

enum tare_status tare__line_fault(uint32_t line, enum tare_status st, struct tare_err *err)
{
    if (st != TARE_OK) {
        err->has_offset = false;
        err->line = line;
    }
    return st;
}

/* Room for one more item behind the n there are. */
static enum tare_status grow(char **list, size_t *room, size_t n, size_t item_bytes,
                             struct tare_arena *arena, struct tare_err *err)
{
    if (n < *room)
        return TARE_OK;
    char *more = tare_arena_array(arena, *room * 2 + ROOM, item_bytes);
    if (!more)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading lines");
    if (n)
        memcpy(more, *list, n * item_bytes);
    *list = more;
    *room = *room * 2 + ROOM;
    return TARE_OK;
}

enum tare_status tare__lines_read(struct tare_str jsonl, const struct tare__lines *how,
                                  struct tare_arena *arena, void **list, size_t *n,
                                  struct tare_err *err)
{
    struct tare__line at = {.line = 0};
    struct tare_jsonl lines;
    char *items = NULL;
    size_t room = 0;
    enum tare_status st = TARE_OK;
    *n = 0;
    tare_jsonl_begin(&lines, jsonl, NULL);
    while (st == TARE_OK && tare_jsonl_next(&lines, arena, &at.v, &st, err)) {
        struct tare_json defaults = tare_json_get(at.v, "defaults");
        at.line = (uint32_t)lines.line_no;
        if (tare_json_present(defaults)) {
            at.defaults = defaults;
            st = how->defaults ? how->defaults(how->ctx, defaults, err) : TARE_OK;
        } else {
            st = grow(&items, &room, *n, how->item_bytes, arena, err);
            char *item = items ? items + *n * how->item_bytes : NULL;
            if (st == TARE_OK && how->read)
                st = how->read(how->ctx, &at, item, err);
            else if (st == TARE_OK)
                memcpy(item, &at, sizeof at);
            *n += st == TARE_OK;
        }
        st = tare__line_fault(at.line, st, err);
    }
    *list = items;
    return st;
}
