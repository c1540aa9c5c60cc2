#include "base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/os.h"

#include "base/banned.h"

#define MAX_THREADS 256u

unsigned tare_cpu_count(void)
{
    return tare_os_cpus();
}

/* One call of tare_parallel. Workers take the next piece of the range until none is left: whoever
 * is done early takes what would have waited for the others. */
struct range {
    atomic_uint_fast64_t next;
    uint64_t n, piece;
    void (*fn)(void *ctx, unsigned worker, uint64_t i);
    void *ctx;
};

struct worker {
    struct range *range;
    unsigned number;
    pthread_t id;
};

static void work(struct range *r, unsigned number)
{
    for (;;) {
        uint64_t from = atomic_fetch_add_explicit(&r->next, r->piece, memory_order_relaxed);
        if (from >= r->n)
            return;
        uint64_t to = r->n - from < r->piece ? r->n : from + r->piece;
        for (uint64_t i = from; i < to; i++)
            r->fn(r->ctx, number, i);
    }
}

static void *worker_main(void *arg)
{
    const struct worker *w = arg;
    work(w->range, w->number);
    return NULL;
}

/* Signals are for the thread that called: workers are born with all of them blocked. */
static unsigned start_workers(struct range *r, struct worker *w, unsigned threads)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    unsigned made = 1;
    for (; made < threads; made++) {
        w[made] = (struct worker){.range = r, .number = made};
        if (pthread_create(&w[made].id, NULL, worker_main, &w[made]) != 0)
            break;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return made;
}

enum tare_status tare_parallel(unsigned threads, uint64_t n,
                               void (*fn)(void *ctx, unsigned worker, uint64_t i), void *ctx,
                               unsigned *used, struct tare_err *err)
{
    if (!fn)
        return tare_fail(err, TARE_E_STATE, "no function to run");
    if (threads > MAX_THREADS)
        threads = MAX_THREADS;
    if (threads > n)
        threads = (unsigned)n;
    if (threads < 1)
        threads = 1;
    /* Pieces small enough that the last ones even out, large enough that the counter is cheap. */
    uint64_t piece = n / ((uint64_t)threads * 64);
    struct range r = {.n = n, .piece = piece < 1 ? 1 : piece > 1024 ? 1024 : piece, .fn = fn};
    r.ctx = ctx;
    struct worker w[MAX_THREADS];
    unsigned made = start_workers(&r, w, threads);
    work(&r, 0);
    for (unsigned i = 1; i < made; i++)
        (void)pthread_join(w[i].id, NULL);
    if (used)
        *used = made;
    return TARE_OK;
}
