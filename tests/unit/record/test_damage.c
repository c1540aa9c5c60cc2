/*
 * Files that are not what they should be (F8, F21): damaged, foreign, empty, newer, gone. They are
 * recognised with a sentence that helps, never changed, and what can be read is saved (P4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fs.h"
#include "fixture.h"
#include "record/store_int.h"
#include "record/upkeep.h"

#include "base/banned.h"

#define TASKS 40
#define SOLVERS 2
#define K 2
#define ALL (TASKS * SOLVERS * K)

struct scene {
    struct fixture f;
    struct tare_arena arena;
    struct tare_str bytes; /* of a good store */
    char path[360], saved[360];
};

static void begin(struct scene *c)
{
    struct tare_err err = {0};
    struct tare_batch_info info;
    uint32_t n = 0;
    *c = (struct scene){0};
    tare_arena_init(&c->arena, NULL, (size_t)1 << 30);
    fixture_begin(&c->f, TASKS, SOLVERS, K);
    c->f.plan.reuse = true;
    struct tare_store *s = fixture_open(&c->f, NULL);
    assert_fine(tare_store_plan(s, &c->f.plan, &info, &err), &err);
    assert_fine(fixture_play(&c->f, s, info.id, "me", UINT32_MAX, 64, 20, NULL, &n, &err), &err);
    assert_fine(tare_store_finish(s, info.id, &info, &err), &err);
    tare_store_close(s);
    assert_fine(tare_fs_read(tare_str_of(c->f.path), (size_t)1 << 28, &c->f.arena, &c->bytes, &err),
                &err);
    (void)snprintf(c->path, sizeof c->path, "%s/other.db", c->f.folder);
    (void)snprintf(c->saved, sizeof c->saved, "%s/saved.db", c->f.folder);
}

static void end(struct scene *c)
{
    tare_arena_free(&c->arena);
    fixture_end(&c->f);
}

static void put(const char *path, struct tare_str bytes)
{
    struct tare_err err = {0};
    assert_fine(tare_fs_write(tare_str_of(path), bytes, 0644, &err), &err);
}

static enum tare_status open_it(const char *path, bool read_only, bool create,
                                struct tare_store **s, struct tare_err *err)
{
    struct tare_store_options o = {.size = sizeof o, .read_only = read_only, .create = create};
    *s = NULL;
    *err = (struct tare_err){0};
    return tare_store_open(tare_str_of(path), &o, s, err);
}

/* Refused, with words for people, and left as it is. */
static void refused(struct scene *c, enum tare_status want, const char *words)
{
    struct tare_store *s = NULL;
    struct tare_err err;
    struct tare_str before = {0}, after = {0};
    bool there = tare_fs_exists(tare_str_of(c->path));
    if (there)
        (void)tare_fs_read(tare_str_of(c->path), (size_t)1 << 28, &c->arena, &before, NULL);
    for (int read_only = 0; read_only < 2; read_only++) {
        assert_int_equal(open_it(c->path, read_only, false, &s, &err), want);
        assert_null(s);
        if (!strstr(err.text, words))
            fail_msg("\"%s\" does not say \"%s\"", err.text, words);
        assert_true(err.file[0] && err.hint[0]);
    }
    if (there)
        (void)tare_fs_read(tare_str_of(c->path), (size_t)1 << 28, &c->arena, &after, NULL);
    assert_true(tare_str_eq(before, after));
    assert_int_equal(tare_fs_exists(tare_str_of(c->path)), there);
}

static void make_db(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    (void)unlink(path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void foreign_files(void **state)
{
    (void)state;
    struct scene c;
    begin(&c);
    refused(&c, TARE_E_IO, "no store here");
    put(c.path, TARE_S(""));
    refused(&c, TARE_E_INPUT, "empty");
    put(c.path, TARE_S("suite: incident-response\nversion: 1.0.0\n and some more text so that it "
                       "is longer than a header of a database would be, which is 100 bytes"));
    refused(&c, TARE_E_INPUT, "not a tare store");
    make_db(c.path, "CREATE TABLE attempt(x)");
    refused(&c, TARE_E_INPUT, "not a tare store");
    make_db(c.path, "CREATE TABLE t(x); PRAGMA application_id=1952543333");
    refused(&c, TARE_E_INPUT, "not a tare store");
    make_db(c.path, "CREATE TABLE meta(name, value); INSERT INTO meta VALUES('written_by', "
                    "'9.1.0'),('readable_from', '7'); PRAGMA application_id=1952543333; "
                    "PRAGMA user_version=7");
    refused(&c, TARE_E_IO, "version 7");
    struct tare_store *s = NULL;
    struct tare_err err;
    (void)open_it(c.path, false, false, &s, &err);
    assert_non_null(strstr(err.hint, "9.1.0"));
    assert_int_equal(open_it(c.f.folder, false, false, &s, &err), TARE_E_IO);
    assert_int_equal(open_it("", false, false, &s, &err), TARE_E_USAGE);
    end(&c);
}

/* A newer tare may say that older readers still understand it. */
static void newer_but_readable(void **state)
{
    (void)state;
    struct scene c;
    struct tare_store *s = NULL;
    struct tare_err err;
    begin(&c);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(c.f.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=2", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(open_it(c.f.path, false, false, &s, &err), TARE_E_IO);
    assert_fine(open_it(c.f.path, true, false, &s, &err), &err);
    tare_store_close(s);
    end(&c);
}

static uint64_t coin(uint64_t *x)
{
    *x = *x * 6364136223846793005u + 1442695040888963407u;
    return *x >> 33;
}

/* Everything a person could do with it; statuses that only a bug could give are refused. */
static void use(struct scene *c, struct tare_store *s)
{
    struct tare_err err = {0};
    struct tare_batch_view *b = NULL;
    struct tare_check_report report;
    struct tare_attempt_page page;
    struct tare_columns columns;
    uint32_t n = 0;
    uint64_t lost = 0;
    FILE *null = fopen("/dev/null", "w");
    assert_non_null(null);
    enum tare_status st = tare_store_check(s, true, &c->arena, &report, &err);
    if (st != TARE_OK && st != TARE_E_INPUT && st != TARE_E_NOMEM)
        fail_msg("check: %s: %s", tare_status_name(st), err.text);
    st = tare_store_export(s, true, null, &lost, &err);
    assert_true(st == TARE_OK || st == TARE_E_INPUT || st == TARE_E_NOMEM);
    st = tare_store_batches(s, NULL, &c->arena, &b, &n, NULL, &err);
    assert_true(st == TARE_OK || st == TARE_E_INPUT);
    for (uint32_t i = 0; i < n && !st; i++)
        for (uint32_t r = 0; r < b[i].n_runs; r++) {
            (void)tare_store_attempts(s, b[i].runs[r].id, NULL, 0, 500, &c->arena, &page, &err);
            (void)tare_store_columns(s, b[i].runs[r].id, NULL, 0, &c->arena, &columns, &err);
        }
    (void)fclose(null);
}

/* The repaired store is whole, holds only attempts as they were, and can be resumed. */
static void repair(struct scene *c, bool *repaired)
{
    struct tare_err err = {0};
    struct tare_repair_report r;
    struct tare_check_report report;
    struct tare_store *s = NULL;
    (void)unlink(c->saved);
    enum tare_status st =
        tare_store_repair(tare_str_of(c->path), tare_str_of(c->saved), NULL, &c->arena, &r, &err);
    *repaired = st == TARE_OK;
    if (st) {
        assert_true(st == TARE_E_INPUT || st == TARE_E_IO);
        assert_false(tare_fs_exists(tare_str_of(c->saved)));
        return;
    }
    assert_true(r.attempts <= ALL && r.attempts + r.attempts_lost <= ALL);
    assert_fine(open_it(c->saved, false, false, &s, &err), &err);
    assert_fine(tare_store_check(s, true, &c->arena, &report, &err), &err);
    if (report.n_all && strcmp(report.v[0].invariant, "I5") != 0) /* lost tasks are told */
        fail_msg("%s: %.*s", report.v[0].invariant, TARE_FMT(report.v[0].what));
    tare_store_close(s);
}

static void flipped_bytes(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err;
    begin(&c);
    uint64_t rng = 42, n = fixture_nightly() ? 2000 : 60, opened = 0, saved = 0;
    for (uint64_t i = 0; i < n; i++) {
        struct tare_store *s = NULL;
        struct tare_str after;
        bool repaired = false;
        tare_arena_reset(&c.arena);
        struct tare_str bytes = tare_arena_copy(&c.arena, c.bytes);
        size_t at = i < 100 && i % 10 == 0 ? coin(&rng) % 100 : coin(&rng) % bytes.n;
        ((char *)(uintptr_t)bytes.p)[at] ^= (char)(1u << coin(&rng) % 8);
        put(c.path, bytes);
        enum tare_status st = open_it(c.path, true, false, &s, &err);
        if (st == TARE_OK) {
            opened++;
            use(&c, s);
        } else {
            assert_true(st == TARE_E_INPUT || st == TARE_E_IO);
            assert_true(err.text[0]);
        }
        tare_store_close(s);
        repair(&c, &repaired);
        saved += repaired;
        assert_fine(tare_fs_read(tare_str_of(c.path), (size_t)1 << 28, &c.arena, &after, &err),
                    &err);
        assert_true(tare_str_eq(bytes, after));
    }
    assert_true(opened > n / 2 && saved > n / 2);
    end(&c);
}

/* Pages in the middle are overwritten: the rest is saved and a resume fills the gap. */
static void lost_pages(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err = {0};
    struct tare_repair_report r;
    struct tare_check_report report;
    struct tare_store *s = NULL;
    struct tare_batch_info info;
    uint32_t n = 0;
    begin(&c);
    s = fixture_open(&c.f, NULL);
    assert_fine(tare_store_plan(s, &c.f.plan, &info, &err), &err);
    struct tare_digest sum = fixture_sum(s, info.id, &c.arena);
    sqlite3_stmt *st = NULL; /* pages of the table of packs: text nobody needs for a list */
    assert_int_equal(sqlite3_prepare_v2(s->db,
                                        "SELECT pageno FROM dbstat WHERE name = 'pack' AND "
                                        "pagetype = 'leaf' ORDER BY pageno LIMIT 1",
                                        -1, &st, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    size_t page = (size_t)sqlite3_column_int(st, 0) - 1;
    (void)sqlite3_finalize(st);
    tare_store_close(s);
    struct tare_str bytes = tare_arena_copy(&c.arena, c.bytes);
    memset((char *)(uintptr_t)bytes.p + page * 8192 + 8, 'x', 8000);
    put(c.path, bytes);
    assert_fine(open_it(c.path, true, false, &s, &err), &err);
    assert_fine(tare_store_check(s, true, &c.arena, &report, &err), &err);
    assert_true(report.n_all > 0);
    tare_store_close(s);
    assert_fine(
        tare_store_repair(tare_str_of(c.path), tare_str_of(c.saved), NULL, &c.arena, &r, &err),
        &err);
    assert_true(r.attempts > 0 && r.attempts_lost > 0);
    assert_int_equal(r.attempts + r.attempts_lost, ALL);
    assert_int_equal(
        tare_store_repair(tare_str_of(c.path), tare_str_of(c.saved), NULL, &c.arena, &r, &err),
        TARE_E_USAGE); /* nothing is overwritten */
    assert_fine(open_it(c.saved, false, false, &s, &err), &err);
    assert_fine(tare_store_plan(s, &c.f.plan, &info, &err), &err);
    assert_false(info.finished);
    assert_fine(fixture_play(&c.f, s, info.id, "me", UINT32_MAX, 64, 20, NULL, &n, &err), &err);
    assert_fine(tare_store_finish(s, info.id, &info, &err), &err);
    assert_true(info.finished);
    assert_true(tare_digest_eq(fixture_sum(s, info.id, &c.arena), sum));
    tare_store_close(s);
    end(&c);
}

/* A digest that does not fit its contents is noticed. */
static void changed_contents(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err = {0};
    struct tare_check_report report;
    begin(&c);
    static const char *const changes[] = {
        "UPDATE attempt SET n_steps = n_steps + 5 WHERE task = 3",
        "UPDATE run SET n_done = n_done + 1 WHERE idx = 0",
        "UPDATE run SET cost_usd = cost_usd + 1 WHERE idx = 1",
        "UPDATE attempt SET status = 4, cause = 0 WHERE task = 5",
        "DELETE FROM attempt WHERE task = 7",
        "DELETE FROM task WHERE idx = 2",
        ("UPDATE outline SET detail_bytes = detail_bytes - 1, outline_bytes = outline_bytes + 1 "
         "WHERE id = 4"),
        "UPDATE attempt SET idx = 77 WHERE task = 9 AND idx = 1",
    };
    static const char *const invariants[] = {"I2", "I4", "I6", "I4", "I4", "I5", "I2", "I3"};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct tare_store *s = NULL;
        sqlite3 *db = NULL;
        put(c.path, c.bytes);
        assert_int_equal(sqlite3_open(c.path, &db), SQLITE_OK);
        const char *sql = changes[i];
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
        assert_fine(open_it(c.path, false, false, &s, &err), &err);
        assert_fine(tare_store_check(s, true, &c.arena, &report, &err), &err);
        bool named = false;
        for (uint32_t j = 0; j < report.n; j++)
            named = named || strcmp(report.v[j].invariant, invariants[i]) == 0;
        if (!named)
            fail_msg("\"%s\" is not noticed as %s", sql, invariants[i]);
        tare_store_close(s);
    }
    end(&c);
}

static void deleted_or_replaced_while_open(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err = {0};
    struct tare_batch_info info;
    begin(&c);
    for (int replace = 0; replace < 2; replace++) {
        struct tare_store *s = NULL;
        put(c.path, c.bytes);
        assert_fine(open_it(c.path, false, false, &s, &err), &err);
        assert_int_equal(unlink(c.path), 0);
        if (replace)
            put(c.path, c.bytes);
        c.f.plan.reuse = false;
        assert_int_equal(tare_store_plan(s, &c.f.plan, &info, &err), TARE_E_IO);
        assert_non_null(strstr(err.text, "deleted, moved or replaced"));
        tare_store_close(s);
        (void)unlink(c.path);
    }
    end(&c);
}

/* A log of another database beside it, and a log that is gone: SQLite's salts tell. */
static void wrong_log(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err = {0};
    struct tare_check_report report;
    struct tare_store *s = NULL, *holding = NULL;
    struct tare_str log;
    struct tare_batch_info info;
    char wal[400], other_wal[400];
    begin(&c);
    (void)snprintf(wal, sizeof wal, "%s-wal", c.path);
    (void)snprintf(other_wal, sizeof other_wal, "%s-wal", c.f.path);
    holding = fixture_open(&c.f, NULL);
    c.f.plan.reuse = false;
    assert_fine(tare_store_plan(holding, &c.f.plan, &info, &err), &err);
    assert_fine(tare_fs_read(tare_str_of(other_wal), (size_t)1 << 28, &c.f.arena, &log, &err),
                &err);
    assert_true(log.n > 32);
    put(c.path, c.bytes);
    put(wal, tare_str_n(log.p, log.n / 2)); /* cut off: its last commit is not there */
    assert_fine(open_it(c.path, false, false, &s, &err), &err);
    assert_fine(tare_store_check(s, true, &c.arena, &report, &err), &err);
    assert_int_equal(report.n_all, 0);
    tare_store_close(s);
    tare_store_close(holding);
    end(&c);
}

static void read_only_folder(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err = {0};
    struct tare_store *s = NULL;
    if (geteuid() == 0) { /* root may write everywhere */
        skip();
        return;
    }
    begin(&c);
    assert_int_equal(chmod(c.f.path, 0444), 0);
    assert_int_equal(chmod(c.f.folder, 0555), 0);
    assert_int_equal(open_it(c.f.path, false, false, &s, &err), TARE_E_IO);
    assert_int_equal(chmod(c.f.folder, 0755), 0);
    end(&c);
}

static void export_lines(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err = {0};
    struct tare_store *s = NULL;
    uint64_t lost = 0, lines = 0;
    begin(&c);
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_fine(open_it(c.f.path, true, false, &s, &err), &err);
    assert_fine(tare_store_export(s, true, f, &lost, &err), &err);
    assert_int_equal(lost, 0);
    rewind(f);
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, f)) > 0) {
        struct tare_json doc;
        tare_arena_reset(&c.arena);
        assert_fine(tare_json_parse(tare_str_n(line, (size_t)n), NULL, &c.arena, &doc, &err), &err);
        assert_true(tare_json_str_is(tare_json_get(doc, "schema"), "tare.export/1"));
        if (tare_json_str_is(tare_json_get(doc, "kind"), "attempt"))
            assert_int_equal(tare_json_count(tare_json_get(doc, "steps")), 20);
        lines++;
    }
    assert_int_equal(lines, 1 + SOLVERS + ALL);
    free(line);
    (void)fclose(f);
    tare_store_close(s);
    end(&c);
}

static void vacuum_and_info(void **state)
{
    (void)state;
    struct scene c;
    struct tare_err err = {0};
    struct tare_store *s = NULL;
    struct tare_store_info info;
    begin(&c);
    assert_fine(open_it(c.f.path, false, false, &s, &err), &err);
    assert_fine(tare_store_info(s, &c.arena, &info, &err), &err);
    assert_int_equal(info.n_attempts, ALL);
    assert_int_equal(info.n_tasks, TASKS);
    assert_int_equal(info.n_leased, 0);
    assert_int_equal(info.schema, 1);
    assert_true(info.pack_raw_bytes > info.pack_bytes);
    assert_true(tare_str_is(info.written_by, TARE_VERSION));
    assert_fine(tare_store_vacuum(s, &err), &err);
    assert_fine(tare_store_info(s, &c.arena, &info, &err), &err);
    assert_int_equal(info.free_bytes, 0);
    assert_int_equal(info.wal_bytes, 0);
    tare_store_close(s);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreign_files),    cmocka_unit_test(newer_but_readable),
        cmocka_unit_test(flipped_bytes),    cmocka_unit_test(lost_pages),
        cmocka_unit_test(changed_contents), cmocka_unit_test(deleted_or_replaced_while_open),
        cmocka_unit_test(wrong_log),        cmocka_unit_test(read_only_folder),
        cmocka_unit_test(export_lines),     cmocka_unit_test(vacuum_and_info),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
