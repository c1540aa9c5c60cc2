/*
 * Faults at once: each seed draws which kinds are on (stops, a wall clock that jumps, memory that
 * runs out, slow and few or fast and many attempts in flight) and plays a batch through them,
 * resuming until it is finished. Whatever happened, each attempt is stored once and with the bits
 * of an undisturbed run, and the store stays sound.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "guess.h"
#include "record/upkeep.h"
#include "run/batch.h"

enum { TASKS = 12, K = 2, SOLVERS = 3, ATTEMPTS = TASKS * K * SOLVERS, MAX_PLAYS = 200 };

static const struct tare_solver_ops *const solvers[SOLVERS] = {&guess_plain, &guess_asks,
                                                               &guess_breaks};

/* What comes of each attempt, over all plays of a seed. */
struct seen {
    struct tare_digest digest[ATTEMPTS];
    uint32_t times[ATTEMPTS];
    uint32_t n, stop_at;
    int stop_level;
    atomic_int stop;
};

struct mixture {
    struct tare_rng rng;
    bool stops, jumps, starves, few;
    atomic_uint_least64_t asked; /* allocations */
    uint64_t fail_each;          /* one of so many; 0: none */
    atomic_int_least64_t shift_ns;
    struct tare_clock clock;
    struct tare_alc alc;
    char folder[64], path[80];
};

static void *get(void *ctx, size_t n)
{
    struct mixture *m = ctx;
    uint64_t at = atomic_fetch_add(&m->asked, 1) + 1;
    if (m->fail_each && at * UINT64_C(0x9E3779B97F4A7C15) % m->fail_each == 0)
        return NULL;
    return malloc(n);
}

static void put(void *ctx, void *p, size_t n)
{
    (void)ctx, (void)n;
    free(p);
}

static int64_t mono(void *ctx)
{
    (void)ctx;
    return tare_clock_system()->mono_ns(tare_clock_system()->ctx);
}

static int64_t wall(void *ctx)
{
    struct mixture *m = ctx;
    return tare_clock_system()->wall_ns(tare_clock_system()->ctx) + atomic_load(&m->shift_ns);
}

static void on_attempt(void *ctx, uint32_t run, const struct tare_attempt *a)
{
    struct seen *s = ctx;
    uint32_t at = (run * TASKS + a->task) * K + a->index;
    assert_true(at < ATTEMPTS);
    s->digest[at] = a->digest;
    s->times[at]++;
    if (++s->n == s->stop_at)
        atomic_store(&s->stop, s->stop_level);
}

/* Draws what happens in the next play. */
static void draw(struct mixture *m, struct seen *s, struct tare_run_options *o)
{
    static const int64_t jumps[] = {0, -31536000, -3600, 3600, 946080000};
    o->threads = 1 + tare_rng_below(&m->rng, 4);
    o->in_flight = m->few ? 1 + tare_rng_below(&m->rng, 3) : 40;
    s->stop_at = UINT32_MAX;
    atomic_store(&s->stop, 0);
    if (m->stops) {
        s->stop_at = s->n + 1 + tare_rng_below(&m->rng, ATTEMPTS / 2);
        s->stop_level = 1 + (int)tare_rng_below(&m->rng, 2);
    }
    if (m->jumps)
        atomic_store(&m->shift_ns, jumps[tare_rng_below(&m->rng, 5)] * INT64_C(1000000000));
    m->fail_each = m->starves ? 5 + tare_rng_below(&m->rng, 60) : 0;
}

/* One play; true when the batch is finished. */
static bool play(struct mixture *m, struct seen *s, struct tare_arena *arena, bool disturbed)
{
    struct tare_store_options so = {.size = sizeof so, .create = true, .clock = &m->clock};
    struct tare_run_solver given[SOLVERS];
    struct guess_endpoint *e = malloc(sizeof *e);
    struct tare_run_options o = {.size = sizeof o,
                                 .suite = guess_suite(arena, TASKS, K),
                                 .world = &guess_world,
                                 .solvers = given,
                                 .n_solvers = SOLVERS,
                                 .seed = 5,
                                 .resume = true,
                                 .clock = &m->clock,
                                 .alc = &m->alc,
                                 .on_attempt = on_attempt,
                                 .ctx = s,
                                 .stop = &s->stop};
    struct tare_run_result r = {0};
    struct tare_store *store;
    struct tare_err err = {0};
    assert_non_null(e);
    guess_endpoint_init(e, m->few ? 20000 : 200000);
    o.transport = &e->transport;
    for (uint32_t i = 0; i < SOLVERS; i++)
        given[i] =
            (struct tare_run_solver){.name = tare_str_of(solvers[i]->name), .ops = solvers[i]};
    if (disturbed)
        draw(m, s, &o);
    if (tare_store_open(tare_str_of(m->path), &so, &store, &err) != TARE_OK)
        fail_msg("%s", err.text);
    enum tare_status st = tare_run_batch(store, &o, arena, &r, &err);
    m->fail_each = 0;
    if (st != TARE_OK && (st != TARE_E_NOMEM || !m->starves))
        fail_msg("status %d: %s", (int)st, err.text);
    tare_store_close(store);
    free(e);
    return st == TARE_OK && r.batch.finished;
}

static void sound(struct mixture *m, struct tare_arena *arena)
{
    struct tare_store_options so = {.size = sizeof so, .read_only = true, .clock = &m->clock};
    struct tare_check_report report;
    struct tare_store *store;
    struct tare_err err = {0};
    assert_int_equal(tare_store_open(tare_str_of(m->path), &so, &store, &err), TARE_OK);
    assert_int_equal(tare_store_check(store, true, arena, &report, &err), TARE_OK);
    assert_int_equal(report.n_all, 0);
    tare_store_close(store);
}

static void begin(struct mixture *m, uint64_t seed)
{
    memset(m, 0, sizeof *m);
    tare_rng_init(&m->rng, seed, TARE_S("mixture"), 0);
    m->stops = tare_rng_below(&m->rng, 4) != 0;
    m->jumps = tare_rng_below(&m->rng, 2);
    m->starves = tare_rng_below(&m->rng, 2);
    m->few = tare_rng_below(&m->rng, 2);
    m->clock = (struct tare_clock){mono, wall, m};
    m->alc = (struct tare_alc){.get = get, .put = put, .ctx = m};
    (void)snprintf(m->folder, sizeof m->folder, "/tmp/tare-mix-XXXXXX");
    assert_non_null(mkdtemp(m->folder));
    (void)snprintf(m->path, sizeof m->path, "%s/tare.db", m->folder);
}

static void end(struct mixture *m)
{
    unlink(m->path);
    assert_int_equal(rmdir(m->folder), 0); /* nothing else was left behind */
}

/* Plays until the batch is finished; how often that took. */
static uint32_t through(uint64_t seed, struct seen *s, bool disturbed)
{
    struct mixture *m = malloc(sizeof *m);
    struct tare_arena arena;
    uint32_t plays = 1;
    assert_non_null(m);
    begin(m, seed);
    tare_arena_init(&arena, NULL, TARE_ARENA_REPORT_BYTES);
    while (!play(m, s, &arena, disturbed))
        if (++plays > MAX_PLAYS)
            fail_msg("seed %llu (stops %d, jumps %d, starves %d, few %d): never finished",
                     (unsigned long long)seed, m->stops, m->jumps, m->starves, m->few);
    sound(m, &arena);
    end(m);
    tare_arena_free(&arena);
    free(m);
    return plays;
}

static void test_mixture(void **state)
{
    const char *size = getenv("TARE_TEST_SIZE");
    uint64_t seeds = size && strcmp(size, "nightly") == 0 ? 3000 : 40;
    struct seen *whole = calloc(1, sizeof *whole), *s = calloc(1, sizeof *s);
    uint32_t plays = 0;
    (void)state;
    assert_non_null(whole);
    assert_non_null(s);
    whole->stop_at = UINT32_MAX;
    assert_int_equal(through(0, whole, false), 1);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        memset(s, 0, sizeof *s);
        plays += through(seed, s, true);
        for (uint32_t i = 0; i < ATTEMPTS; i++)
            if (s->times[i] != 1 || !tare_digest_eq(s->digest[i], whole->digest[i]))
                fail_msg("seed %llu: attempt %u stored %u times, %s bits", (unsigned long long)seed,
                         i, s->times[i],
                         tare_digest_eq(s->digest[i], whole->digest[i]) ? "the same" : "other");
    }
    assert_true(plays > seeds); /* or nothing was disturbed */
    free(whole);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mixture)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
