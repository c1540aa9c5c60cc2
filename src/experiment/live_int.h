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
/* Writes those of the n members that there are, key and value, into an object that is open. */
void tare__case_keep(const struct tare__case *c, const char *const *keys, size_t n,
                     struct tare_json_writer *w);
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
    /* Its recording as one line; false: it is too long. */
    bool (*put)(void *ctx, size_t i, struct tare_buf *jsonl);
    void (*close)(void *ctx, size_t i);
};
/* Plays them, appends the recordings of those of which no request failed, and closes them all. */
enum tare_status tare__talks_play(const struct tare__talks *talks, const struct tare_live *live,
                                  struct tare_arena *arena, struct tare_buf *jsonl,
                                  struct tare_live_drawn *out, struct tare_err *err);
/* Which case, seed and arm talk i is of: cases, then seeds, then arms. */
void tare__talk_place(const struct tare_live *live, size_t i, size_t *in_case, uint32_t *seed,
                      uint32_t *arm);
/* A fault of a case: its line, in place of what the fault itself says. */
enum tare_status tare__case_fault(const struct tare__case *c, enum tare_status st,
                                  struct tare_err *err);

/* {"role", "content"} into an open array. */
void tare__live_say(struct tare_json_writer *w, const char *role, struct tare_str content);
/* temperature, max_tokens (0: the live's own), attempt and purpose, into an open request. */
void tare__live_settings(struct tare_json_writer *w, const struct tare_live *live,
                         uint64_t max_tokens, uint64_t attempt);

#endif
