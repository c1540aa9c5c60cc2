#include "base/thread.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/banned.h"

struct tare_queue {
    const struct tare_alc *alc;
    size_t bytes, capacity, first, n; /* a ring: n items from `first` */
    bool finished;
    pthread_mutex_t lock;
    pthread_cond_t not_empty, not_full;
    void *items[];
};

static bool init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return false;
    /* Timeouts must not jump with the wall clock. */
    bool ok = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(cond, &attr) == 0;
    (void)pthread_condattr_destroy(&attr);
    return ok;
}

static bool init_sync(struct tare_queue *q)
{
    if (pthread_mutex_init(&q->lock, NULL) != 0)
        return false;
    if (!init_cond(&q->not_empty))
        goto no_first;
    if (!init_cond(&q->not_full))
        goto no_second;
    return true;
no_second:
    (void)pthread_cond_destroy(&q->not_empty);
no_first:
    (void)pthread_mutex_destroy(&q->lock);
    return false;
}

enum tare_status tare_queue_open(size_t capacity, const struct tare_alc *alc,
                                 struct tare_queue **out, struct tare_err *err)
{
    size_t bytes = 0;
    alc = alc ? alc : tare_alc_libc();
    if (capacity == 0)
        return tare_fail(err, TARE_E_STATE, "a queue needs room for at least one item");
    struct tare_queue *q = NULL;
    if (tare_size_mul(capacity, sizeof q->items[0], &bytes) &&
        tare_size_add(bytes, sizeof *q, &bytes))
        q = alc->get(alc->ctx, bytes);
    if (!q)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for a queue of %zu", capacity);
    *q = (struct tare_queue){.alc = alc, .bytes = bytes, .capacity = capacity};
    if (!init_sync(q)) {
        alc->put(alc->ctx, q, bytes);
        return tare_fail(err, TARE_E_NOMEM, "the system refuses another lock");
    }
    *out = q;
    return TARE_OK;
}

void tare_queue_close(struct tare_queue *q)
{
    if (!q)
        return;
    (void)pthread_cond_destroy(&q->not_full);
    (void)pthread_cond_destroy(&q->not_empty);
    (void)pthread_mutex_destroy(&q->lock);
    q->alc->put(q->alc->ctx, q, q->bytes);
}

bool tare_queue_push(struct tare_queue *q, void *item)
{
    (void)pthread_mutex_lock(&q->lock);
    while (q->n == q->capacity && !q->finished)
        (void)pthread_cond_wait(&q->not_full, &q->lock);
    bool ok = !q->finished;
    if (ok) {
        q->items[(q->first + q->n++) % q->capacity] = item;
        (void)pthread_cond_signal(&q->not_empty);
    }
    (void)pthread_mutex_unlock(&q->lock);
    return ok;
}

static struct timespec deadline(int timeout_ms)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

bool tare_queue_pop(struct tare_queue *q, int timeout_ms, void **item, bool *finished)
{
    struct timespec until = deadline(timeout_ms < 0 ? 0 : timeout_ms);
    (void)pthread_mutex_lock(&q->lock);
    while (q->n == 0 && !q->finished) {
        if (timeout_ms < 0)
            (void)pthread_cond_wait(&q->not_empty, &q->lock);
        else if (pthread_cond_timedwait(&q->not_empty, &q->lock, &until) == ETIMEDOUT)
            break;
    }
    bool ok = q->n > 0;
    if (ok) {
        *item = q->items[q->first];
        q->first = (q->first + 1) % q->capacity;
        q->n--;
        (void)pthread_cond_signal(&q->not_full);
    }
    if (finished)
        *finished = !ok && q->finished;
    (void)pthread_mutex_unlock(&q->lock);
    return ok;
}

void tare_queue_finish(struct tare_queue *q)
{
    (void)pthread_mutex_lock(&q->lock);
    q->finished = true;
    (void)pthread_cond_broadcast(&q->not_empty);
    (void)pthread_cond_broadcast(&q->not_full);
    (void)pthread_mutex_unlock(&q->lock);
}
