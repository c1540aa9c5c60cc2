/* What the guides of one vocabulary remember together, and who forgets when that is too much. */
#include "text/guide_int.h"

#include "base/limits.h"

#include "base/banned.h"

#define RETIRED ((unsigned long long)1 << 63) /* in memory->held: no guide has it any more */

bool tare__pool_init(struct tare__pool *p)
{
    atomic_init(&p->ceiling, TARE_GUIDE_MEMO_BYTES);
    return !pthread_mutex_init(&p->lock,
                               NULL); /* holds nothing of the system: is never destroyed */
}

void tare_guide_vocab_ceiling(const struct tare_guide_vocab *v, size_t bytes)
{
    atomic_store_explicit(&v->pool->ceiling, bytes ? bytes : TARE_GUIDE_MEMO_BYTES,
                          memory_order_relaxed);
}

static uint64_t positive(long long n)
{
    return n > 0 ? (uint64_t)n : 0;
}

void tare_guide_vocab_stats(const struct tare_guide_vocab *v, struct tare_guide_vocab_stats *out)
{
    struct tare__pool *p = v->pool;
    *out = (struct tare_guide_vocab_stats){
        .ceiling = atomic_load_explicit(&p->ceiling, memory_order_relaxed),
        .bytes = positive(atomic_load_explicit(&p->in_use, memory_order_relaxed)),
        .resting_bytes = positive(atomic_load_explicit(&p->resting, memory_order_relaxed)),
        .evictions = atomic_load_explicit(&p->evictions, memory_order_relaxed)};
}

/* ---- the ring ------------------------------------------------------------------------------- */

/* Behind the hand: looked at last. Under the lock, as all of the ring. */
static void link_in(struct tare__pool *p, struct tare_guide *g)
{
    if (!p->hand) {
        p->hand = g->next = g->prev = g;
    } else {
        g->next = p->hand;
        g->prev = p->hand->prev;
        g->prev->next = g->next->prev = g;
    }
    p->n_ring++;
}

static void link_out(struct tare__pool *p, struct tare_guide *g)
{
    if (p->hand == g)
        p->hand = g->next == g ? NULL : g->next;
    g->prev->next = g->next;
    g->next->prev = g->prev;
    g->next = g->prev = NULL;
    p->n_ring--;
}

/* The guide has no memory then; walks that stand on it keep it until they move. */
static void give_up(struct tare__pool *p, struct tare_guide *g)
{
    struct tare__memory *m = atomic_load_explicit(&g->memory, memory_order_relaxed);
    atomic_store_explicit(&g->memory, NULL, memory_order_release);
    link_out(p, g);
    long long held = (long long)atomic_fetch_or(&m->held, RETIRED);
    atomic_fetch_sub(&p->in_use, held);
    atomic_fetch_add(&p->resting, held);
    tare__memory_drop(m);
}

static bool over(struct tare__pool *p)
{
    return positive(atomic_load(&p->in_use)) >
           atomic_load_explicit(&p->ceiling, memory_order_relaxed);
}

/* The clock: the hand takes the flag of those that were used since it came by, and the memory of
 * those that were not. In the third round it takes that of everybody but the one who asks. */
static void sweep(struct tare__pool *p, const struct tare_guide *asking)
{
    (void)pthread_mutex_lock(&p->lock);
    uint64_t n = p->n_ring, seen = 0;
    for (; p->hand && seen < 3 * n && over(p); seen++) {
        struct tare_guide *g = p->hand;
        p->hand = g->next;
        if (g == asking)
            continue;
        if (seen < 2 * n && atomic_load_explicit(&g->used, memory_order_relaxed)) {
            atomic_store_explicit(&g->used, false, memory_order_relaxed);
            continue;
        }
        give_up(p, g);
        atomic_fetch_add_explicit(&g->evictions, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&p->evictions, 1, memory_order_relaxed);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

/* ---- what a memory takes and gives back ------------------------------------------------------ */

void tare__pool_put(struct tare__memory *m, size_t n)
{
    struct tare__pool *p = m->guide->vocab->pool;
    bool resting = atomic_fetch_sub(&m->held, n) & RETIRED;
    atomic_fetch_sub(resting ? &p->resting : &p->in_use, (long long)n);
}

bool tare__pool_get(struct tare__memory *m, size_t n)
{
    struct tare__pool *p = m->guide->vocab->pool;
    unsigned long long held = atomic_fetch_add(&m->held, n);
    bool resting = held & RETIRED;
    atomic_fetch_add(resting ? &p->resting : &p->in_use, (long long)n);
    if (resting || !over(p))
        return true;
    sweep(p, m->guide);
    if (held + n <= atomic_load_explicit(&p->ceiling, memory_order_relaxed))
        return true;
    tare__pool_put(m, n);
    return false;
}

/* ---- a guide and its memory ------------------------------------------------------------------ */

/* The memory the guide has, with a reference for the caller, or NULL. */
static struct tare__memory *take(struct tare_guide *g)
{
    struct tare__memory *m = atomic_load_explicit(&g->memory, memory_order_relaxed);
    if (m)
        atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
    return m;
}

struct tare__memory *tare__pool_peek(struct tare_guide *g)
{
    struct tare__pool *p = g->vocab->pool;
    (void)pthread_mutex_lock(&p->lock);
    struct tare__memory *m = take(g);
    (void)pthread_mutex_unlock(&p->lock);
    return m;
}

enum tare_status tare__pool_take(struct tare_guide *g, struct tare__memory **out,
                                 struct tare_err *err)
{
    struct tare__pool *p = g->vocab->pool;
    struct tare__memory *fresh = NULL;
    *out = tare__pool_peek(g);
    if (*out)
        return TARE_OK;
    enum tare_status st = tare__memory_open(g, &fresh, err);
    if (st)
        return st;
    (void)pthread_mutex_lock(&p->lock);
    *out = take(g);
    if (!*out) {
        atomic_store_explicit(&g->memory, fresh, memory_order_release);
        link_in(p, g);
        atomic_fetch_add_explicit(&g->memories, 1, memory_order_relaxed);
        fresh = NULL;
        *out = take(g);
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (fresh) /* somebody else was first */
        tare__memory_drop(fresh);
    return TARE_OK;
}

void tare__pool_leave(struct tare_guide *g, const struct tare__memory *full)
{
    struct tare__pool *p = g->vocab->pool;
    (void)pthread_mutex_lock(&p->lock);
    const struct tare__memory *m = atomic_load_explicit(&g->memory, memory_order_relaxed);
    if (m && (!full || m == full))
        give_up(p, g);
    (void)pthread_mutex_unlock(&p->lock);
}
