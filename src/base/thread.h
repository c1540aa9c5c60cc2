/*
 * Threads: a fixed pool that runs one function over an index range, and a bounded queue.
 */
#ifndef TARE_BASE_THREAD_H
#define TARE_BASE_THREAD_H

#include "base/alc.h"
#include "base/err.h"

/* Number of CPUs this process may use, at least 1. */
unsigned tare_cpu_count(void);

/*
 * Calls fn(ctx, worker, i) for every i in [0, n) on `threads` workers (the caller's thread is
 * worker 0) and returns when all are done. Which worker gets which i is not determined; results
 * must be stored by i. With threads 1 no thread is made. Fewer threads than asked for is not an
 * error; *used (may be NULL) says how many ran.
 */
enum tare_status tare_parallel(unsigned threads, uint64_t n,
                               void (*fn)(void *ctx, unsigned worker, uint64_t i), void *ctx,
                               unsigned *used, struct tare_err *err);

/* Many producers, many consumers; FIFO of pointers; blocks when full or empty. */
struct tare_queue;
enum tare_status tare_queue_open(size_t capacity, const struct tare_alc *alc,
                                 struct tare_queue **out, struct tare_err *err);
void tare_queue_close(struct tare_queue *q);            /* frees; nobody may wait in it */
bool tare_queue_push(struct tare_queue *q, void *item); /* false: finished */
/* timeout_ms < 0 waits for ever. false: timed out, or finished and empty (*finished set). */
bool tare_queue_pop(struct tare_queue *q, int timeout_ms, void **item, bool *finished);
void tare_queue_finish(struct tare_queue *q); /* no more pushes; wakes everybody */

#endif
