/*
 * Hands of the event loop: threads that play what takes long (steps of a world that runs programs),
 * so that nobody else waits for it. An errand is one call; the loop gives it away, goes on, and
 * takes it back when it is done.
 */
#ifndef TARE_RUN_HANDS_H
#define TARE_RUN_HANDS_H

#include "base/alc.h"
#include "base/err.h"

struct tare__errand {
    void (*run)(struct tare__errand *e); /* on one of the threads */
};

struct tare__hands;

/* Starts `n` threads (fewer when the system refuses some, at least one). At most `most` errands are
 * away at once. TARE_E_NOMEM, TARE_E_IO. */
enum tare_status tare__hands_open(unsigned n, size_t most, const struct tare_alc *alc,
                                  struct tare__hands **out, struct tare_err *err);
/* Waits for what is away. */
void tare__hands_close(struct tare__hands *h);
/* Belongs to a thread until tare__hands_take gives it back: nobody else looks at what it is about.
 */
void tare__hands_give(struct tare__hands *h, struct tare__errand *e);
/* One that is done, or NULL. Never waits. */
struct tare__errand *tare__hands_take(struct tare__hands *h);
/* Readable while one may be done: to be waited for. */
int tare__hands_fd(const struct tare__hands *h);

#endif
