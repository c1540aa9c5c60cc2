/* Many talks with one model at once. */
#ifndef TARE_EXPERIMENT_LIVE_INT_H
#define TARE_EXPERIMENT_LIVE_INT_H

#include "experiment/lines.h"
#include "experiment/live.h"

/* The lines of a file of cases in the arena. TARE_E_INPUT (none, or a line that is wrong). */
enum tare_status tare__cases_read(struct tare_str jsonl, struct tare_arena *arena,
                                  struct tare__line **out, size_t *n, struct tare_err *err);

/* Whose talk it is: cases, then seeds, then arms. */
struct tare__talk_of {
    const struct tare__line *c;
    size_t in_case; /* the number of the case */
    uint32_t seed, arm;
};

/* Talks are numbered: every case, as often as there are seeds, in every arm; all of them are at
 * hand while they are played. */
struct tare__talks {
    void *ctx;
    const struct tare__line *cases;
    size_t n_cases;
    void **list; /* where the talks are, each of talk_bytes */
    size_t talk_bytes;
    /* Into memory that is zeroed. */
    enum tare_status (*open)(void *ctx, size_t i, const struct tare__talk_of *of,
                             struct tare_err *err);
    /* The next request of talk i (tare.request/1) into body; false: it is over. */
    bool (*ask)(void *ctx, size_t i, struct tare_buf *body);
    /* What came back for it. */
    enum tare_status (*take)(void *ctx, size_t i, const struct tare_model_reply *reply,
                             struct tare_err *err);
    /* Its recording as one line; false: it is too long. */
    bool (*put)(void *ctx, size_t i, struct tare_buf *jsonl);
    void (*close)(void *ctx, size_t i); /* also one that was not opened, or not wholly */
};
/* Opens them, plays them, appends the recordings of those of which no request failed, and closes
 * them all. */
enum tare_status tare__talks_play(const struct tare__talks *talks, const struct tare_live *live,
                                  struct tare_arena *arena, struct tare_buf *jsonl,
                                  struct tare_live_drawn *out, struct tare_err *err);

/* A request that is open behind its messages: the system's words (perhaps none), then the talk,
 * pieces of JSON with ',' between messages; more may be NULL. */
void tare__live_begin(struct tare_json_writer *w, struct tare_buf *body, struct tare_str opening,
                      const struct tare_buf *talk, const struct tare_buf *more);
/* {"role", "content"} into an open array. */
void tare__live_say(struct tare_json_writer *w, const char *role, struct tare_str content);
/* temperature, max_tokens (0: the live's own), attempt and purpose, into an open request. */
void tare__live_settings(struct tare_json_writer *w, const struct tare_live *live,
                         uint64_t max_tokens, uint64_t attempt);

#endif
