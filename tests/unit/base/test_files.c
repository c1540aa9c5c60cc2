#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "fail_alc.h"

static int enter_folder(void **state)
{
    static char folder[64];
    (void)snprintf(folder, sizeof folder, "/tmp/tare-test-XXXXXX");
    *state = mkdtemp(folder);
    return *state && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    DIR *d = opendir(".");
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
        if (unlink(e->d_name) != 0)
            (void)rmdir(e->d_name);
    if (d)
        (void)closedir(d);
    return chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1;
}

static void put_file(const char *name, struct tare_str bytes)
{
    struct tare_err err = {0};
    assert_int_equal(tare_fs_write(tare_str_of(name), bytes, 0666, &err), TARE_OK);
}

static void written_files_read_back(void **state)
{
    (void)state;
    struct tare_err err = {0};
    struct tare_arena a;
    struct tare_str got;
    char bytes[20000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    tare_arena_init(&a, NULL, 1 << 20);
    put_file("f", tare_str_n(bytes, sizeof bytes));
    assert_int_equal(tare_fs_read(TARE_S("f"), sizeof bytes, &a, &got, &err), TARE_OK);
    assert_true(tare_str_eq(got, tare_str_n(bytes, sizeof bytes)));
    assert_int_equal(got.p[got.n], 0);
    assert_int_equal(tare_fs_read(TARE_S("f"), sizeof bytes + 1, &a, &got, &err), TARE_OK);
    assert_int_equal(tare_fs_read(TARE_S("f"), sizeof bytes - 1, &a, &got, &err), TARE_E_LIMIT);
    put_file("f", TARE_S(""));
    assert_int_equal(tare_fs_read(TARE_S("f"), 0, &a, &got, &err), TARE_OK);
    assert_int_equal(got.n, 0);
    /* Of unknown size: grows as it reads. */
    assert_int_equal(tare_fs_read(TARE_S("/proc/self/maps"), 1 << 20, &a, &got, &err), TARE_OK);
    assert_true(got.n > 1000);
    tare_arena_free(&a);
}

static void bad_names_have_reasons(void **state)
{
    (void)state;
    struct tare_err err = {0};
    struct tare_arena a;
    struct tare_str got;
    char longer[5000];
    memset(longer, 'x', sizeof longer);
    tare_arena_init(&a, NULL, 1 << 20);
    assert_int_equal(tare_fs_read(TARE_S("none"), 10, &a, &got, &err), TARE_E_IO);
    assert_string_equal(err.file, "none");
    assert_non_null(strstr(err.text, "No such file"));
    assert_true(err.hint[0]);
    assert_int_equal(tare_fs_read(TARE_S("."), 10, &a, &got, &err), TARE_E_IO);
    assert_non_null(strstr(err.text, "folder"));
    assert_int_equal(tare_fs_read(TARE_S(""), 10, &a, &got, &err), TARE_E_IO);
    assert_int_equal(tare_fs_read(tare_str_n("a\0b", 3), 10, &a, &got, &err), TARE_E_IO);
    assert_int_equal(tare_fs_read(tare_str_n(longer, 5000), 10, &a, &got, &err), TARE_E_IO);
    assert_int_equal(tare_fs_write(TARE_S("no/such/f"), TARE_S("x"), 0666, &err), TARE_E_IO);
    tare_arena_free(&a);
}

static void failed_write_leaves_the_old_file(void **state)
{
    (void)state;
    struct tare_err err = {0};
    struct tare_arena a;
    struct tare_str got;
    tare_arena_init(&a, NULL, 1 << 20);
    put_file("f", TARE_S("old"));
    assert_int_equal(mkdir("d", 0777), 0);
    /* The rename fails at the very end: a folder stands under the name. */
    assert_int_equal(tare_fs_write(TARE_S("d"), TARE_S("new"), 0666, &err), TARE_E_IO);
    assert_true(tare_fs_is_dir(TARE_S("d")));
    int left = 0;
    DIR *d = opendir(".");
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        left += e->d_name[0] != '.';
    (void)closedir(d);
    assert_int_equal(left, 2);
    assert_int_equal(tare_fs_read(TARE_S("f"), 10, &a, &got, &err), TARE_OK);
    assert_true(tare_str_is(got, "old"));
    struct stat info;
    assert_int_equal(tare_fs_write(TARE_S("secret"), TARE_S("x"), 0600, &err), TARE_OK);
    assert_int_equal(stat("secret", &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    tare_arena_free(&a);
}

/* A new file of two pieces in a child that dies at a point: 0 after begin, 1 after a piece that
 * reached the disk, 2 never. */
static void write_and_die(const char *name, bool fresh, int point)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct tare_fs_file f;
        if (tare_fs_begin(tare_str_of(name), fresh, 0666, &f, NULL))
            _exit(3);
        if (point == 0)
            (void)raise(SIGKILL);
        if (tare_fs_put(&f, TARE_S("one "), NULL) || fflush(f.stream))
            _exit(3);
        if (point == 1)
            (void)raise(SIGKILL);
        _exit(tare_fs_put(&f, TARE_S("two"), NULL) || tare_fs_commit(&f, NULL) ? 3 : 0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(point < 2 ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void holds(const char *name, const char *text)
{
    struct tare_arena a;
    struct tare_str got;
    tare_arena_init(&a, NULL, 1 << 20);
    assert_int_equal(tare_fs_read(tare_str_of(name), 100, &a, &got, NULL), TARE_OK);
    assert_true(tare_str_is(got, text));
    tare_arena_free(&a);
}

static void a_death_leaves_the_old_file(void **state)
{
    (void)state;
    put_file("old", TARE_S("as it was"));
    for (int point = 0; point < 2; point++) {
        write_and_die("old", false, point);
        write_and_die("none", true, point);
        holds("old", "as it was");
        assert_false(tare_fs_exists(TARE_S("none")));
    }
    write_and_die("old", false, 2);
    write_and_die("none", true, 2);
    holds("old", "one two");
    holds("none", "one two");
}

static void files_in_pieces(void **state)
{
    (void)state;
    struct tare_err err = {0};
    struct tare_fs_file f;
    put_file("old", TARE_S("as it was"));
    /* abandoned: as if it had never begun */
    assert_int_equal(tare_fs_begin(TARE_S("old"), false, 0666, &f, &err), TARE_OK);
    assert_int_equal(tare_fs_put(&f, TARE_S("new"), &err), TARE_OK);
    tare_fs_abandon(&f);
    tare_fs_abandon(&f);
    holds("old", "as it was");
    assert_false(tare_fs_exists(tare_str_of(f.temp)));
    /* a file that must not be there: neither at the start nor at the end */
    assert_int_equal(tare_fs_begin(TARE_S("old"), true, 0666, &f, &err), TARE_E_IO);
    assert_string_equal(err.file, "old");
    assert_int_equal(tare_fs_begin(TARE_S("late"), true, 0666, &f, &err), TARE_OK);
    put_file("late", TARE_S("came between"));
    assert_int_equal(tare_fs_commit(&f, &err), TARE_E_IO);
    holds("late", "came between");
    assert_false(tare_fs_exists(tare_str_of(f.temp)));
    /* a link leads to its file; what is no file is written to as it is */
    assert_int_equal(symlink("old", "link"), 0);
    put_file("link", TARE_S("through"));
    holds("old", "through");
    put_file("/dev/null", TARE_S("gone"));
    struct stat info;
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
    /* a stream that broke is not put in place */
    if (tare_fs_exists(TARE_S("/dev/full"))) {
        assert_int_equal(tare_fs_write(TARE_S("/dev/full"), TARE_S("x"), 0666, &err), TARE_E_IO);
        assert_string_equal(err.file, "/dev/full");
    }
}

static void folders(void **state)
{
    (void)state;
    struct tare_err err = {0};
    struct tare_arena a;
    tare_arena_init(&a, NULL, 1 << 20);
    assert_int_equal(tare_fs_mkdirs(TARE_S("d/e/g"), &err), TARE_OK);
    assert_int_equal(tare_fs_mkdirs(TARE_S("d/e/g/"), &err), TARE_OK);
    assert_true(tare_fs_is_dir(TARE_S("d/e/g")) && tare_fs_exists(TARE_S("d/e/g")));
    assert_int_equal(rmdir("d/e/g") || rmdir("d/e"), 0);
    put_file("file", TARE_S("x"));
    assert_int_equal(tare_fs_mkdirs(TARE_S("file/x"), &err), TARE_E_IO);
    assert_int_equal(tare_fs_mkdirs(TARE_S("file"), &err), TARE_E_IO);
    assert_false(tare_fs_is_dir(TARE_S("file")) || tare_fs_exists(TARE_S("none")));
    assert_true(tare_str_is(tare_fs_join_dir(&a, TARE_S("a/b/s.yaml"), TARE_S("t")), "a/b/t"));
    assert_true(tare_str_is(tare_fs_join_dir(&a, TARE_S("s.yaml"), TARE_S("t")), "t"));
    assert_true(tare_str_is(tare_fs_join_dir(&a, TARE_S("a/s"), TARE_S("/t")), "/t"));
    tare_arena_free(&a);
}

static void expect_lines(const char *bytes, size_t n, size_t max, const char *const *want,
                         bool torn_last, enum tare_status end)
{
    struct tare_err err = {0};
    struct tare_arena a;
    struct tare_lines *l = NULL;
    struct tare_str line;
    uint64_t no = 0;
    bool torn = false;
    tare_arena_init(&a, NULL, 1 << 20);
    put_file("lines", tare_str_n(bytes, n));
    assert_int_equal(tare_lines_open(TARE_S("lines"), max, &a, &l, &err), TARE_OK);
    size_t i = 0;
    for (; tare_lines_next(l, &line, &no, &torn, &err); i++) {
        assert_non_null(want[i]);
        assert_true(tare_str_is(line, want[i]));
        assert_int_equal(no, i + 1);
        assert_int_equal(torn, torn_last && !want[i + 1]);
    }
    assert_null(want[i]);
    assert_int_equal(err.code, end);
    tare_lines_close(l);
    tare_arena_free(&a);
}

static void lines_are_cut_at_their_ends(void **state)
{
    (void)state;
    expect_lines("", 0, 10, (const char *const[]){NULL}, false, TARE_OK);
    expect_lines("a\nb\r\n\nc", 7, 10, (const char *const[]){"a", "b", "", "c", NULL}, true,
                 TARE_OK);
    expect_lines("a\rb\n", 4, 10, (const char *const[]){"a\rb", NULL}, false, TARE_OK);
    /* One below, at and above the ceiling, with both line ends. */
    expect_lines("1234\n12345\r\n", 12, 5, (const char *const[]){"1234", "12345", NULL}, false,
                 TARE_OK);
    expect_lines("1234\n123456\n", 12, 5, (const char *const[]){"1234", NULL}, false, TARE_E_LIMIT);
    expect_lines("123456", 6, 5, (const char *const[]){NULL}, false, TARE_E_LIMIT);
    expect_lines("12345", 5, 5, (const char *const[]){"12345", NULL}, true, TARE_OK);
}

static void long_lines_use_bounded_memory(void **state)
{
    (void)state;
    struct tare_err err = {0};
    for (long limit = 0;; limit++) {
        struct fail_alc f;
        struct tare_arena a;
        struct tare_lines *l = NULL;
        struct tare_str line;
        uint64_t no = 0;
        fail_alc_init(&f, limit);
        tare_arena_init(&a, &f.alc, 1 << 20);
        char *big = malloc(300000);
        assert_non_null(big);
        memset(big, 'x', 300000);
        big[99999] = big[299999] = '\n';
        put_file("big", tare_str_n(big, 300000));
        free(big);
        enum tare_status st = tare_lines_open(TARE_S("big"), 200000, &a, &l, &err);
        size_t total = 0;
        while (st == TARE_OK && tare_lines_next(l, &line, &no, NULL, &err))
            total += line.n;
        st = err.code;
        assert_true(f.live_bytes < 500000);
        tare_lines_close(l);
        tare_arena_free(&a);
        assert_int_equal(f.live, 0);
        if (st == TARE_OK) {
            assert_int_equal(total, 299998);
            break;
        }
        assert_int_equal(st, TARE_E_NOMEM);
        assert_true(limit < 50);
    }
}

static void expect_time(const char *text, int64_t seconds, int64_t ns)
{
    int64_t got = 0;
    assert_true(tare_time_parse(text, strlen(text), &got));
    assert_int_equal(got, seconds * 1000000000 + ns);
}

static void times(void **state)
{
    (void)state;
    char out[21];
    tare_time_format(0, out);
    assert_string_equal(out, "1970-01-01T00:00:00Z");
    tare_time_format(1768867200ll * 1000000000, out);
    assert_string_equal(out, "2026-01-20T00:00:00Z");
    tare_time_format(-1, out);
    assert_string_equal(out, "1969-12-31T23:59:59Z");
    expect_time("2026-01-20T00:00:00Z", 1768867200, 0);
    expect_time("2026-01-20 02:00:00.5+02:00", 1768867200, 500000000);
    expect_time("2026-01-19T20:30:00.1234567891-0330", 1768867200, 123456789);
    expect_time("2000-02-29T12:00:00Z", 951825600, 0);
    expect_time("1900-03-01T00:00:00Z", -2203891200, 0);
    static const char *const bad[] = {"",
                                      "2026-01-20",
                                      "2026-13-20T00:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2026-01-20T24:00:00Z",
                                      "2026-01-20T00:00:00",
                                      "2026-01-20T00:00:00.Z",
                                      "2026-01-20T00:00:00Zx",
                                      "2026-01-20T00:00:00+2",
                                      "9999-01-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t v = 7;
        assert_false(tare_time_parse(bad[i], strlen(bad[i]), &v));
        assert_int_equal(v, 7);
    }
}

/* Each day of 800 years, forth and back. */
static void every_day_comes_back(void **state)
{
    (void)state;
    for (int64_t day = -100000; day < 106000; day++) {
        char out[21];
        int64_t ns = day * 86400 * 1000000000, back = 0;
        tare_time_format(ns, out);
        assert_true(tare_time_parse(out, 20, &back));
        assert_int_equal(back, ns);
    }
}

static void clocks(void **state)
{
    (void)state;
    const struct tare_clock *c = tare_clock_system();
    int64_t a = c->mono_ns(c->ctx), b = c->mono_ns(c->ctx);
    assert_true(b >= a);
    assert_true(c->wall_ns(c->ctx) > 1700000000ll * 1000000000);
    struct tare_clock_fake f;
    tare_clock_fake_init(&f, 5, 6);
    assert_int_equal(f.clock.mono_ns(f.clock.ctx), 5);
    f.mono += 10;
    assert_int_equal(f.clock.mono_ns(f.clock.ctx), 15);
    assert_int_equal(f.clock.wall_ns(f.clock.ctx), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(written_files_read_back, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(bad_names_have_reasons, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(failed_write_leaves_the_old_file, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(a_death_leaves_the_old_file, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(files_in_pieces, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(folders, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(lines_are_cut_at_their_ends, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(long_lines_use_bounded_memory, enter_folder, leave_folder),
        cmocka_unit_test(times),
        cmocka_unit_test(every_day_comes_back),
        cmocka_unit_test(clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
