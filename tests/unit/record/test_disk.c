/*
 * Faults of the disk: power cuts (F4), failed writes and flushes (F5), no room (F6), short writes
 * (F7), an upgrade that is cut off (F21). After each: what was acknowledged is there (P1), the
 * store is whole (P4, I1 to I6), and resuming gives the result of a run nobody disturbed (P2, P3).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "record/store_int.h"
#include "record/upkeep.h"
#include "simdisk.h"

#include "base/banned.h"

#define TASKS 12
#define SOLVERS 2
#define K 2
#define ALL (TASKS * SOLVERS * K)
#define STEPS 6

struct scene {
    struct fixture f;
    struct tare_arena arena;
    uint8_t flags[ALL];
    uint32_t n;
    struct tare_digest undisturbed;
    uint64_t operations;
};

static enum tare_status open_sim(struct scene *c, struct tare_store **s, struct tare_err *err)
{
    struct tare_store_options o = {.size = sizeof o, .create = true, .vfs = "simdisk"};
    *err = (struct tare_err){0};
    return tare_store_open(tare_str_of(c->f.path), &o, s, err);
}

/* Opens, plans or finds the batch, plays all that is left, finishes. */
static enum tare_status play(struct scene *c, struct tare_err *err)
{
    struct tare_store *s = NULL;
    struct tare_batch_info info;
    enum tare_status st = open_sim(c, &s, err);
    if (!st)
        st = tare_store_plan(s, &c->f.plan, &info, err);
    if (!st) /* the one before is dead: its leases are free */
        st = tare_store_release(s, TARE_S("me"), err);
    if (!st)
        st = fixture_play(&c->f, s, info.id, "me", UINT32_MAX, 7, STEPS, c->flags, &c->n, err);
    if (!st)
        st = tare_store_finish(s, info.id, &info, err);
    if (!st)
        assert_true(info.finished);
    tare_store_close(s);
    return st;
}

/* Everything acknowledged is there and the store is whole. */
static void check_after(struct scene *c, uint64_t n)
{
    struct tare_store *s = NULL;
    struct tare_err err;
    struct tare_batch_info info;
    struct tare_batch_view b;
    struct tare_check_report report;
    bool found = false;
    tare_arena_reset(&c->arena);
    assert_fine(open_sim(c, &s, &err), &err);
    assert_fine(tare_store_find_batch(s, &c->f.plan.identity, &info, &found, &err), &err);
    for (uint32_t i = 0; i < ALL && !found; i++)
        if (c->flags[i])
            fail_msg("operation %llu: the batch is gone", (unsigned long long)n);
    if (found)
        assert_fine(tare_store_batch(s, info.id, &c->arena, &b, &err), &err);
    for (uint32_t i = 0; i < ALL && found; i++) {
        struct tare_attempt a;
        if (c->flags[i] && tare_store_attempt(s, b.runs[i / (TASKS * K)].id, i % (TASKS * K) / K,
                                              i % K, TARE_WITH_ALL, &c->arena, &a, &err))
            fail_msg("operation %llu: an acknowledged attempt is gone: %s", (unsigned long long)n,
                     err.text);
    }
    assert_fine(tare_store_check(s, true, &c->arena, &report, &err), &err);
    if (report.n_all)
        fail_msg("operation %llu: %s %.*s", (unsigned long long)n, report.v[0].invariant,
                 TARE_FMT(report.v[0].what));
    tare_store_close(s);
}

static void check_result(struct scene *c)
{
    struct tare_store *s = NULL;
    struct tare_err err;
    struct tare_batch_info info;
    bool found = false;
    assert_fine(open_sim(c, &s, &err), &err);
    assert_fine(tare_store_find_batch(s, &c->f.plan.identity, &info, &found, &err), &err);
    assert_true(found && info.finished);
    assert_int_equal(info.n_done + info.n_failed + info.n_missing, ALL);
    assert_true(tare_digest_eq(fixture_sum(s, info.id, &c->arena), c->undisturbed));
    tare_store_close(s);
}

static void begin(struct scene *c)
{
    struct tare_err err;
    struct tare_store *s = NULL;
    struct tare_batch_info info;
    bool found = false;
    *c = (struct scene){0};
    tare_arena_init(&c->arena, NULL, (size_t)1 << 28);
    fixture_begin(&c->f, TASKS, SOLVERS, K);
    c->f.plan.reuse = true;
    simdisk_clear();
    assert_fine(play(c, &err), &err);
    assert_int_equal(c->n, ALL);
    c->operations = simdisk_passed();
    assert_fine(open_sim(c, &s, &err), &err);
    assert_fine(tare_store_find_batch(s, &c->f.plan.identity, &info, &found, &err), &err);
    c->undisturbed = fixture_sum(s, info.id, &c->arena);
    tare_store_close(s);
}

static void end(struct scene *c)
{
    simdisk_free();
    tare_arena_free(&c->arena);
    fixture_end(&c->f);
}

/* Starts anew with the fault at operation n; true when it came. */
static bool disturb(struct scene *c, enum simdisk_fault fault, uint64_t n, enum tare_status want)
{
    struct tare_err err;
    simdisk_clear();
    memset(c->flags, 0, sizeof c->flags);
    c->n = 0;
    simdisk_arm(fault, n, NULL);
    enum tare_status st = play(c, &err);
    if (!simdisk_struck())
        return false;
    if (st) { /* some faults come after the last word, in closing */
        if (st != want)
            print_error("operation %llu: %s: %s\n", (unsigned long long)n, tare_status_name(st),
                        err.text);
        assert_int_equal(st, want);
        assert_true(err.text[0] && err.file[0]);
    }
    return true;
}

static void resume_and_compare(struct scene *c, uint64_t n)
{
    struct tare_err err;
    check_after(c, n);
    assert_fine(play(c, &err), &err);
    check_after(c, n);
    check_result(c);
}

static void every(struct scene *c, enum simdisk_fault fault, uint64_t pr_size, uint64_t seeds)
{
    uint64_t step = fixture_nightly() || c->operations <= pr_size ? 1 : c->operations / pr_size;
    uint64_t times = fixture_nightly() ? seeds : 1, came = 0;
    for (uint64_t n = 1; n <= c->operations; n += step)
        for (uint64_t seed = 0; seed < times; seed++) {
            came += disturb(c, fault, n, TARE_E_IO);
            simdisk_reboot(n * 1000 + seed);
            resume_and_compare(c, n);
        }
    assert_true(came >= c->operations / step / 2);
}

static void power_cuts(void **state)
{
    (void)state;
    struct scene c;
    begin(&c);
    every(&c, SIMDISK_CUT, 100, 10);
    end(&c);
}

/* The same without a reboot: the machine lives on, the process ends with exit 3. */
static void errors(enum simdisk_fault fault, uint64_t pr_size)
{
    struct scene c;
    begin(&c);
    uint64_t step = fixture_nightly() || c.operations <= pr_size ? 1 : c.operations / pr_size;
    for (uint64_t n = 1; n <= c.operations; n += step) {
        (void)disturb(&c, fault, n, TARE_E_IO);
        simdisk_arm(SIMDISK_NONE, 0, NULL);
        resume_and_compare(&c, n);
    }
    end(&c);
}

static void failed_operations(void **state)
{
    (void)state;
    errors(SIMDISK_EIO, 60);
    errors(SIMDISK_EIO_ON, 40);
}

static void no_room(void **state)
{
    (void)state;
    errors(SIMDISK_FULL, 40);
    errors(SIMDISK_FULL_ON, 40);
}

static void short_writes(void **state)
{
    (void)state;
    errors(SIMDISK_SHORT, 40);
}

/* After a failed write the same handle writes nothing more. */
static void a_broken_handle_stays_broken(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err;
    struct tare_store *s = NULL;
    struct tare_batch_info info;
    begin(&c);
    simdisk_clear();
    assert_fine(open_sim(&c, &s, &err), &err);
    simdisk_arm(SIMDISK_EIO, 3, NULL);
    assert_int_equal(tare_store_plan(s, &c.f.plan, &info, &err), TARE_E_IO);
    assert_true(simdisk_struck());
    uint64_t passed = simdisk_passed();
    assert_int_equal(tare_store_plan(s, &c.f.plan, &info, &err), TARE_E_IO);
    assert_int_equal(simdisk_passed(), passed);
    tare_store_close(s);
    end(&c);
}

/* The spare file is given back when the disk is full: the finished attempts are kept, nothing more
 * is leased, and the message says what to do. */
static void the_spare_room_saves_what_is_finished(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err;
    struct tare_store *s = NULL;
    struct tare_batch_info info;
    struct tare_lease *leases = NULL;
    uint32_t n = 0;
    bool others = false;
    char spare[400];
    begin(&c);
    (void)snprintf(spare, sizeof spare, "%s-spare", c.f.path);
    simdisk_clear();
    assert_fine(open_sim(&c, &s, &err), &err);
    assert_fine(tare_store_plan(s, &c.f.plan, &info, &err), &err);
    assert_fine(tare_store_lease(s, info.id, TARE_S("me"), 60000, 1, &c.f.arena, &leases, &n,
                                 &others, &err),
                &err);
    assert_int_equal(access(spare, F_OK), 0);
    simdisk_arm(SIMDISK_FULL_ON, 1, spare);
    const struct tare_attempt *a =
        fixture_attempt(&c.f.arena, leases->run, leases->task_from, 0, STEPS);
    const struct tare_lease *l = leases;
    bool accepted = false;
    assert_fine(tare_store_commit(s, info.id, &l, &a, 1, &accepted, &err), &err);
    assert_true(accepted && simdisk_struck());
    assert_int_not_equal(access(spare, F_OK), 0);
    assert_int_equal(tare_store_lease(s, info.id, TARE_S("me"), 60000, 1, &c.f.arena, &leases, &n,
                                      &others, &err),
                     TARE_E_IO);
    assert_non_null(strstr(err.text, "disk is full"));
    assert_non_null(strstr(err.hint, "--resume"));
    assert_fine(tare_store_release(s, TARE_S("me"), &err), &err);
    tare_store_close(s);
    end(&c);
}

/* ---- upgrades ------------------------------------------------------------------------------ */

static const char *const add_note[] = {"CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT) "
                                       "STRICT",
                                       "INSERT INTO note(text) VALUES('upgraded')", NULL};
static const struct tare__step upgraded[2] = {{NULL}, {add_note}};

static int64_t number(struct tare_store *s, const char *sql)
{
    sqlite3_stmt *st = NULL;
    int64_t v = -1;
    if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK &&
        sqlite3_step(st) == SQLITE_ROW)
        v = sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    return v;
}

/* Cut off anywhere, an upgrade has happened or it has not; this tare then opens the store or says
 * which version it needs. */
static void upgrade_is_all_or_nothing(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err;
    begin(&c);
    uint32_t done = 0, not_done = 0;
    for (uint64_t n = 1; n < 40; n++) {
        struct tare_store *s = NULL;
        simdisk_clear();
        assert_fine(play(&c, &err), &err);
        assert_fine(open_sim(&c, &s, &err), &err);
        simdisk_arm(SIMDISK_CUT, n, NULL);
        enum tare_status st = tare__migrate(s, upgraded, 1, 2, &err);
        tare_store_close(s);
        simdisk_reboot(n);
        enum tare_status opened = open_sim(&c, &s, &err);
        if (opened == TARE_OK) {
            assert_int_not_equal(st, TARE_OK);
            assert_int_equal(number(s, "SELECT count(*) FROM sqlite_schema WHERE name = 'note'"),
                             0);
            tare_store_close(s);
            check_after(&c, n);
            not_done++;
        } else {
            assert_int_equal(opened, TARE_E_IO);
            assert_non_null(strstr(err.text, "version 2"));
            assert_non_null(strstr(err.hint, "use tare"));
            done++;
        }
    }
    assert_true(done && not_done);
    end(&c);
}

int main(void)
{
    simdisk_register();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_cuts),
        cmocka_unit_test(failed_operations),
        cmocka_unit_test(no_room),
        cmocka_unit_test(short_writes),
        cmocka_unit_test(a_broken_handle_stays_broken),
        cmocka_unit_test(the_spare_room_saves_what_is_finished),
        cmocka_unit_test(upgrade_is_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
