/*
 * Lines of recordings and of cases: one JSON object a line, members from the {"defaults": {...}}
 * before it.
 */
#ifndef TARE_EXPERIMENT_LINES_H
#define TARE_EXPERIMENT_LINES_H

#include "text/json.h"

struct tare__line {
    struct tare_json v, defaults;
    uint32_t line; /* its number, from 1 */
};
/* Member of the line, else of its defaults. */
struct tare_json tare__line_member(const struct tare__line *l, const char *key);
/* What the line is called: its member key (a text or a number), "custom_id", or for a chat log
 * "key" or "line N". Empty: nothing. */
struct tare_str tare__line_name(const struct tare__line *l, struct tare_arena *arena,
                                const char *key);
/* Writes those of the n members that there are, key and value, into an object that is open. */
void tare__line_keep(const struct tare__line *l, const char *const *keys, size_t n,
                     struct tare_json_writer *w);

/* What becomes of the lines. */
struct tare__lines {
    void *ctx;
    size_t item_bytes;
    /* A line of defaults; NULL: nothing is done with it but to remember it. */
    enum tare_status (*defaults)(void *ctx, struct tare_json v, struct tare_err *err);
    /* Any other; item is zeroed. NULL: items are struct tare__line. */
    enum tare_status (*read)(void *ctx, const struct tare__line *l, void *item,
                             struct tare_err *err);
};
/* All lines as a list in the arena. Errors have the line they are about. */
enum tare_status tare__lines_read(struct tare_str jsonl, const struct tare__lines *how,
                                  struct tare_arena *arena, void **list, size_t *n,
                                  struct tare_err *err);
/* A fault of a line: its number, in place of what the fault itself says. */
enum tare_status tare__line_fault(uint32_t line, enum tare_status st, struct tare_err *err);

#endif
