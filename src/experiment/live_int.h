/* Many talks with one model at once. */
#ifndef TARE_EXPERIMENT_LIVE_INT_H
#define TARE_EXPERIMENT_LIVE_INT_H

#include "experiment/live.h"
#include "text/jsonl.h"

/* One line of cases, with the defaults that hold for it. */
struct tare__case {
    struct tare_json v, defaults;
    uint32_t line;
};
/* Member of the case, else of its defaults. */
struct tare_json tare__case_member(const struct tare__case *c, const char *key);
/* The lines of a file of cases in the arena. TARE_E_INPUT (none, or a line that is wrong). */
enum tare_status tare__cases_read(struct tare_str jsonl, struct tare_arena *arena,
                                  struct tare__case **out, size_t *n, struct tare_err *err);

/* Talks are numbered; all of them at hand while they are played. */
struct tare__talks {
    void *ctx;
    size_t n;
    /* The next request of talk i (tare.request/1) into body; false: it is over. */
    bool (*ask)(void *ctx, size_t i, struct tare_buf *body);
    /* What came back for it. */
    enum tare_status (*take)(void *ctx, size_t i, const struct tare_model_reply *reply,
                             struct tare_err *err);
    /* A request of it failed: it is missing. */
    void (*lose)(void *ctx, size_t i);
};
enum tare_status tare__talks_play(const struct tare__talks *talks, const struct tare_live *live,
                                  struct tare_arena *arena, struct tare_live_drawn *out,
                                  struct tare_err *err);

/* {"role", "content"} into an open array. */
void tare__live_say(struct tare_json_writer *w, const char *role, struct tare_str content);
/* temperature, max_tokens (0: the live's own), attempt and purpose, into an open request. */
void tare__live_settings(struct tare_json_writer *w, const struct tare_live *live,
                         uint64_t max_tokens, uint64_t attempt);

#endif
