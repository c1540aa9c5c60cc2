/*
 * The scheduler: same bits for any number of threads, a thousand attempts in flight, children,
 * causes, interruption and resuming.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/limits.h"
#include "guess.h"
#include "record/query.h"
#include "run/batch.h"

#define MAX_SEEN 4096

/* What came back of each attempt of one batch. */
struct seen {
    struct tare_digest digest[MAX_SEEN];
    enum tare_attempt_status status[MAX_SEEN];
    enum tare_cause cause[MAX_SEEN];
    uint32_t times[MAX_SEEN];
    uint64_t seed[MAX_SEEN];
    uint32_t n_tasks, k, n, stop_at;
    atomic_int stop;
};

static void on_attempt(void *ctx, uint32_t run, const struct tare_attempt *a)
{
    struct seen *s = ctx;
    uint32_t at = (run * s->n_tasks + a->task) * s->k + a->index;
    assert_true(at < MAX_SEEN);
    s->digest[at] = a->digest;
    s->status[at] = a->status;
    s->cause[at] = a->cause;
    s->seed[at] = a->seed;
    s->times[at]++;
    if (++s->n == s->stop_at)
        atomic_store(&s->stop, 1);
}

struct fixture {
    struct tare_arena arena;
    char folder[64], path[80];
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    tare_arena_init(&f->arena, NULL, TARE_ARENA_LOAD_BYTES);
    snprintf(f->folder, sizeof f->folder, "/tmp/tare-run-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/tare.db", f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    static const char *const ends[] = {"", "-wal", "-shm", ".spare", NULL};
    char name[120];
    for (const char *const *e = ends; *e; e++) {
        snprintf(name, sizeof name, "%s%s", f->path, *e);
        unlink(name);
    }
    rmdir(f->folder);
    tare_arena_free(&f->arena);
    free(f);
    return 0;
}

/* Plays one batch into the fixture's store. */
static struct tare_run_result play(struct fixture *f, const struct tare_solver_ops *const *ops,
                                   uint32_t n_ops, struct tare_run_options *o, struct seen *seen)
{
    struct tare_store_options so = {.size = sizeof so, .create = true};
    struct tare_run_solver solvers[4];
    struct tare_run_result r;
    struct tare_store *store;
    struct tare_err err = {0};
    for (uint32_t i = 0; i < n_ops; i++)
        solvers[i] = (struct tare_run_solver){.name = tare_str_of(ops[i]->name), .ops = ops[i]};
    if (tare_store_open(tare_str_of(f->path), &so, &store, &err) != TARE_OK)
        fail_msg("%s", err.text);
    o->size = sizeof *o;
    o->world = &guess_world;
    o->solvers = solvers;
    o->n_solvers = n_ops;
    o->on_attempt = on_attempt;
    o->ctx = seen;
    o->stop = &seen->stop;
    o->seed = 11;
    seen->n_tasks = o->suite->n_tasks;
    seen->k = o->suite->attempts;
    if (tare_run_batch(store, o, &f->arena, &r, &err) != TARE_OK)
        fail_msg("%s", err.text);
    tare_store_close(store);
    return r;
}

static struct seen *fresh(void)
{
    struct seen *s = calloc(1, sizeof *s);
    assert_non_null(s);
    return s;
}

static void test_same_bits(void **state)
{
    static const struct tare_solver_ops *const ops[] = {&guess_plain};
    static const unsigned threads[] = {1, 2, 8};
    struct fixture *f = *state;
    struct seen *seen[3];
    for (int t = 0; t < 3; t++) {
        struct tare_run_options o = {.suite = guess_suite(&f->arena, 100, 5),
                                     .threads = threads[t],
                                     .label = tare_arena_printf(&f->arena, "t%u", threads[t])};
        seen[t] = fresh();
        struct tare_run_result r = play(f, ops, 1, &o, seen[t]);
        assert_true(r.batch.finished);
        assert_int_equal(r.batch.n_done, 500);
        assert_int_equal(seen[t]->n, 500);
    }
    assert_memory_equal(seen[0]->digest, seen[1]->digest, sizeof seen[0]->digest);
    assert_memory_equal(seen[0]->digest, seen[2]->digest, sizeof seen[0]->digest);
    /* Attempts differ from each other, or the comparison says nothing. */
    assert_false(tare_digest_eq(seen[0]->digest[0], seen[0]->digest[1]));
    for (int t = 0; t < 3; t++)
        free(seen[t]);
}

static void test_resume(void **state)
{
    static const struct tare_solver_ops *const ops[] = {&guess_plain, &guess_breaks};
    struct fixture *f = *state;
    struct seen *whole = fresh(), *parts = fresh();
    struct tare_run_options o = {.suite = guess_suite(&f->arena, 60, 4), .label = TARE_S("whole")};
    play(f, ops, 2, &o, whole);
    o.label = TARE_S("parts");
    o.resume = true;
    parts->stop_at = 150;
    struct tare_run_result r = play(f, ops, 2, &o, parts);
    assert_true(r.interrupted);
    assert_false(r.resumed);
    assert_false(r.batch.finished);
    atomic_store(&parts->stop, 0);
    r = play(f, ops, 2, &o, parts);
    assert_true(r.resumed);
    assert_true(r.batch.finished);
    assert_int_equal(parts->n, 480);
    assert_memory_equal(whole->digest, parts->digest, sizeof whole->digest);
    for (uint32_t i = 0; i < 480; i++)
        assert_int_equal(parts->times[i], 1);
    r = play(f, ops, 2, &o, parts);
    assert_true(r.nothing_left);
    assert_int_equal(parts->n, 480);
    free(whole);
    free(parts);
}

static void test_thousand_in_flight(void **state)
{
    static const struct tare_solver_ops *const ops[] = {&guess_asks};
    struct fixture *f = *state;
    struct seen *a = fresh(), *b = fresh();
    struct guess_endpoint *e = malloc(sizeof *e);
    assert_non_null(e);
    guess_endpoint_init(e, 60000000);
    struct tare_run_options o = {.suite = guess_suite(&f->arena, 250, 4),
                                 .in_flight = 1000,
                                 .transport = &e->transport,
                                 .label = TARE_S("many")};
    struct tare_run_result r = play(f, ops, 1, &o, a);
    assert_int_equal(r.batch.n_done, 1000);
    assert_true(e->most > 700); /* the rest starts with a child or a timer, or has answered */
    guess_endpoint_init(e, 1000000);
    o.in_flight = 3;
    o.suite = guess_suite(&f->arena, 20, 4);
    o.label = TARE_S("few");
    play(f, ops, 1, &o, b);
    assert_memory_equal(a->digest, b->digest, 80 * sizeof *a->digest);
    free(a);
    free(b);
    free(e);
}

static void test_causes(void **state)
{
    static const struct tare_solver_ops *const ops[] = {&guess_breaks, &guess_lies, &guess_forlorn};
    struct fixture *f = *state;
    struct seen *s = fresh();
    struct guess_endpoint *e = malloc(sizeof *e);
    assert_non_null(e);
    guess_endpoint_init(e, 100000);
    struct tare_run_options o = {.suite = guess_suite(&f->arena, 4, 1), .transport = &e->transport};
    struct tare_run_result r = play(f, ops, 3, &o, s);
    for (int i = 0; i < 4; i++) {
        bool right_at_once = s->status[i] == TARE_ATTEMPT_DONE;
        assert_true(right_at_once ||
                    (s->status[i] == TARE_ATTEMPT_FAILED && s->cause[i] == TARE_CAUSE_SOLVER));
        assert_int_equal(s->status[4 + i], TARE_ATTEMPT_FAILED);
        assert_int_equal(s->cause[4 + i], TARE_CAUSE_SOLVER);
        assert_int_equal(s->status[8 + i], TARE_ATTEMPT_MISSING);
        assert_int_equal(s->cause[8 + i], TARE_CAUSE_ENDPOINT);
    }
    assert_int_equal(r.batch.n_missing, 4);
    free(s);
    free(e);
}

static void test_hanging_child_is_killed(void **state)
{
    static const struct tare_solver_ops *const ops[] = {&guess_hangs};
    struct fixture *f = *state;
    struct seen *s = fresh();
    struct tare_suite *suite = guess_suite(&f->arena, 3, 1);
    suite->limits.wall_ns = 200000000;
    struct tare_run_options o = {.suite = suite};
    play(f, ops, 1, &o, s);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(s->status[i], TARE_ATTEMPT_FAILED);
        assert_int_equal(s->cause[i], TARE_CAUSE_LIMIT);
    }
    free(s);
}

/* The tasks of a batch as the store knows them. */
static uint32_t stored_tasks(struct fixture *f, int64_t batch, struct tare_task_view **tasks)
{
    struct tare_store_options so = {.size = sizeof so, .read_only = true};
    struct tare_store *store;
    struct tare_err err = {0};
    uint32_t n;
    assert_int_equal(tare_store_open(tare_str_of(f->path), &so, &store, &err), TARE_OK);
    assert_int_equal(tare_store_tasks(store, batch, &f->arena, tasks, &n, &err), TARE_OK);
    tare_store_close(store);
    return n;
}

static void test_part_of_a_suite(void **state)
{
    static const struct tare_solver_ops *const ops[] = {&guess_plain};
    struct fixture *f = *state;
    struct seen *whole = fresh(), *part = fresh(), *again = fresh();
    struct tare_suite *suite = guess_suite(&f->arena, 20, 2);
    struct tare_run_options o = {.suite = suite};
    struct tare_task_view *tasks;
    play(f, ops, 1, &o, whole);
    o.task_from = 5;
    o.task_to = 9;
    struct tare_run_result r = play(f, ops, 1, &o, part);
    assert_int_equal(part->n, 8);
    assert_int_equal(r.batch.n_planned, 8);
    /* An attempt is found under the task it was played on, although the store knew the whole suite
     * before. */
    assert_int_equal(stored_tasks(f, r.batch.id, &tasks), 4);
    for (uint32_t i = 0; i < 4; i++)
        assert_true(tare_str_eq(tasks[i].id, suite->tasks[5 + i].id));
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(part->status[i], whole->status[10 + i]);
        assert_int_equal(part->seed[i], whole->seed[10 + i]);
    }
    o.task_from = 0;
    o.task_to = 20; /* all of it, said otherwise */
    r = play(f, ops, 1, &o, again);
    assert_int_equal(stored_tasks(f, r.batch.id, &tasks), 20);
    assert_memory_equal(again->digest, whole->digest, sizeof whole->digest);
    free(whole);
    free(part);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resume, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thousand_in_flight, setup, teardown),
        cmocka_unit_test_setup_teardown(test_causes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hanging_child_is_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_part_of_a_suite, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
