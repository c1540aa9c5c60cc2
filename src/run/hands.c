#include "run/hands.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/thread.h"

#include "base/banned.h"

struct tare__hands {
    struct tare_queue *errands, *done;
    int wake[2]; /* a byte for each errand that is done */
    unsigned n;
    pthread_t threads[];
};

static void *hand_main(void *arg)
{
    struct tare__hands *h = arg;
    void *item;
    bool finished;
    while (tare_queue_pop(h->errands, -1, &item, &finished)) {
        struct tare__errand *e = item;
        e->run(e);
        (void)tare_queue_push(h->done, e);
        /* A full pipe is readable as well. */
        while (write(h->wake[1], "", 1) < 0 && errno == EINTR)
            ;
    }
    return NULL;
}

/* Neither end waits, and no program that is started later has them. */
static bool open_wake(int wake[2])
{
    if (pipe(wake) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        if (fcntl(wake[i], F_SETFD, FD_CLOEXEC) != 0 || fcntl(wake[i], F_SETFL, O_NONBLOCK) != 0)
            return false;
    return true;
}

enum tare_status tare__hands_open(unsigned n, size_t most, const struct tare_alc *alc,
                                  struct tare__hands **out, struct tare_err *err)
{
    struct tare__hands *h = calloc(1, sizeof *h + n * sizeof(pthread_t));
    *out = NULL;
    if (!h)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while starting threads");
    h->wake[0] = h->wake[1] = -1;
    enum tare_status st = tare_queue_open(most, alc, &h->errands, err);
    if (st == TARE_OK)
        st = tare_queue_open(most, alc, &h->done, err);
    if (st == TARE_OK && !open_wake(h->wake))
        st = tare_fail(err, TARE_E_IO, "no descriptors left for threads");
    while (st == TARE_OK && h->n < n && pthread_create(&h->threads[h->n], NULL, hand_main, h) == 0)
        h->n++;
    if (st == TARE_OK && h->n == 0)
        st = tare_fail(err, TARE_E_IO, "no thread could be started");
    if (st == TARE_OK)
        *out = h;
    else
        tare__hands_close(h);
    return st;
}

void tare__hands_close(struct tare__hands *h)
{
    if (!h)
        return;
    if (h->errands)
        tare_queue_finish(h->errands);
    for (unsigned i = 0; i < h->n; i++)
        pthread_join(h->threads[i], NULL);
    if (h->errands)
        tare_queue_close(h->errands);
    if (h->done)
        tare_queue_close(h->done);
    for (int i = 0; i < 2; i++)
        if (h->wake[i] >= 0)
            close(h->wake[i]);
    free(h);
}

void tare__hands_give(struct tare__hands *h, struct tare__errand *e)
{
    (void)tare_queue_push(h->errands, e);
}

struct tare__errand *tare__hands_take(struct tare__hands *h)
{
    void *item;
    bool finished;
    char bytes[64];
    /* Emptied first: what is done after this writes again. */
    while (read(h->wake[0], bytes, sizeof bytes) > 0)
        ;
    return tare_queue_pop(h->done, 0, &item, &finished) ? item : NULL;
}

int tare__hands_fd(const struct tare__hands *h)
{
    return h->wake[0];
}
