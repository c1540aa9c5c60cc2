/* A store that another process has locked (F9), and two processes that share a batch (F10). */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "record/store_int.h"
#include "record/upkeep.h"

#include "base/banned.h"

static void wait_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* A process that holds the write lock for ms; returns once it has it. */
static pid_t hold_lock(const char *path, long ms)
{
    int up[2];
    assert_int_equal(pipe(up), 0);
    pid_t pid = fork();
    if (pid == 0) {
        sqlite3 *db = NULL;
        char ok = sqlite3_open(path, &db) == SQLITE_OK &&
                  sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
        (void)!write(up[1], &ok, 1);
        wait_ms(ms);
        _exit(0);
    }
    char ok = 0;
    assert_int_equal(read(up[0], &ok, 1), 1);
    assert_true(ok);
    (void)close(up[0]);
    (void)close(up[1]);
    return pid;
}

struct waiting {
    int calls;
    int64_t holder;
    int give_up_after;
};

static bool on_wait(void *ctx, int64_t waited_ms, int64_t holder)
{
    struct waiting *w = ctx;
    (void)waited_ms;
    w->calls++;
    w->holder = holder ? holder : w->holder; /* 0: it has just let go */
    return w->give_up_after == 0 || w->calls < w->give_up_after;
}

static struct tare_store *open_waiting(struct fixture *f, int busy_ms, struct waiting *w)
{
    struct tare_store *s = NULL;
    struct tare_err err = {0};
    struct tare_store_options o = {
        .size = sizeof o, .create = true, .busy_ms = busy_ms, .on_wait = on_wait, .on_wait_ctx = w};
    assert_fine(tare_store_open(tare_str_of(f->path), &o, &s, &err), &err);
    return s;
}

static void locked_for_a_while(void **state)
{
    (void)state;
    struct fixture f;
    struct waiting w = {0};
    struct tare_err err = {0};
    struct tare_batch_info info;
    fixture_begin(&f, 4, 1, 1);
    struct tare_store *s = open_waiting(&f, 20000, &w);
    pid_t pid = hold_lock(f.path, 700);
    assert_fine(tare_store_plan(s, &f.plan, &info, &err), &err);
    assert_true(w.calls > 0);
    assert_int_equal(w.holder, pid);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    tare_store_close(s);
    fixture_end(&f);
}

static void locked_for_ever(void **state)
{
    (void)state;
    struct fixture f;
    struct waiting w = {0};
    struct tare_err err = {0};
    struct tare_batch_info info;
    char name[32];
    fixture_begin(&f, 4, 1, 1);
    struct tare_store *s = open_waiting(&f, 300, &w);
    pid_t pid = hold_lock(f.path, 60000);
    assert_int_equal(tare_store_plan(s, &f.plan, &info, &err), TARE_E_IO);
    (void)snprintf(name, sizeof name, "process %d", (int)pid);
    assert_non_null(strstr(err.text, name));
    assert_true(err.hint[0]);
    w = (struct waiting){.give_up_after = 1};
    assert_int_equal(tare_store_plan(s, &f.plan, &info, &err), TARE_E_CANCELLED);
    /* Reading needs no lock, and the handle works again when the lock is gone. */
    uint64_t change = 0;
    assert_fine(tare_store_change(s, &change, &err), &err);
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_fine(tare_store_plan(s, &f.plan, &info, &err), &err);
    tare_store_close(s);
    fixture_end(&f);
}

/* A reader that never leaves: writers go on, and what it sees does not move. */
static void a_reader_all_along(void **state)
{
    (void)state;
    struct fixture f;
    struct tare_err err = {0};
    struct tare_batch_info info;
    fixture_begin(&f, 8, 1, 2);
    struct tare_store *s = fixture_open(&f, NULL), *reader = fixture_open(&f, NULL);
    uint64_t before = 0, during = 0, after = 0;
    assert_fine(tare__begin_read(reader, &err), &err);
    assert_fine(tare_store_change(reader, &before, &err), &err);
    assert_fine(tare_store_plan(s, &f.plan, &info, &err), &err);
    uint32_t n = 0;
    assert_fine(fixture_play(&f, s, info.id, "me", UINT32_MAX, 4, 3, NULL, &n, &err), &err);
    assert_fine(tare_store_change(reader, &during, &err), &err);
    assert_true(before == during);
    assert_fine(tare__end_read(reader, TARE_OK, &err), &err);
    assert_fine(tare_store_change(reader, &after, &err), &err);
    assert_true(after > during);
    tare_store_close(reader);
    tare_store_close(s);
    fixture_end(&f);
}

/* Several processes play one batch, some are killed: each attempt once, nothing lost. */
static void shared_batch(void **state)
{
    (void)state;
    enum { WORKERS = 4 };
    struct fixture f;
    struct tare_err err = {0};
    struct tare_batch_info info;
    struct tare_check_report report;
    pid_t pids[WORKERS];
    fixture_begin(&f, 60, 2, 4);
    struct tare_store *s = fixture_open(&f, NULL);
    assert_fine(tare_store_plan(s, &f.plan, &info, &err), &err);
    tare_store_close(s);
    for (int i = 0; i < WORKERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            uint32_t n = 0;
            struct tare_store *mine = fixture_open(&f, NULL);
            struct tare_str owner = tare_store_owner(&f.arena);
            enum tare_status st =
                fixture_play(&f, mine, info.id, owner.p, UINT32_MAX, 5, 4, NULL, &n, &err);
            tare_store_close(mine);
            _exit(st == TARE_OK ? 0 : 1);
        }
    }
    wait_ms(15);
    (void)kill(pids[0], SIGKILL);
    for (int i = 0; i < WORKERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(i == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0));
    }
    s = fixture_open(&f, NULL);
    struct tare_str owner = tare_store_owner(&f.arena);
    uint32_t n = 0; /* what the killed one left: its leases are free at once */
    assert_fine(fixture_play(&f, s, info.id, owner.p, UINT32_MAX, 5, 4, NULL, &n, &err), &err);
    assert_fine(tare_store_finish(s, info.id, &info, &err), &err);
    assert_true(info.finished);
    assert_int_equal(info.n_done + info.n_failed + info.n_missing, 480);
    assert_fine(tare_store_check(s, true, &f.arena, &report, &err), &err);
    assert_int_equal(report.n_all, 0);
    tare_store_close(s);
    fixture_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locked_for_a_while),
        cmocka_unit_test(locked_for_ever),
        cmocka_unit_test(a_reader_all_along),
        cmocka_unit_test(shared_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
