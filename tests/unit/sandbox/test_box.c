#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "sandbox/box.h"

#define MIB ((size_t)1024 * 1024)

struct world {
    struct tare_arena arena;
    const char *work;
    bool possible;
};

static int open_world(void **state)
{
    static struct world w;
    struct tare_err err = {0};
    const char *tmp = getenv("TMPDIR");
    tare_arena_init(&w.arena, NULL, 256 * MIB);
    w.possible = tare_box_check(&w.arena, &err) == TARE_OK;
    if (!w.possible)
        print_message("no sandbox here: %s\n", err.text);
    if (tare_box_make(tmp ? tmp : "/tmp", &w.arena, &w.work, &err) != TARE_OK)
        fail_msg("%s", err.text);
    *state = &w;
    return 0;
}

static int close_world(void **state)
{
    struct world *w = *state;
    struct tare_err err = {0};
    struct stat st;
    if (tare_box_remove(w->work, &err) != TARE_OK)
        print_error("%s\n", err.text);
    assert_int_not_equal(stat(w->work, &st), 0);
    tare_arena_free(&w->arena);
    return 0;
}

/* Runs a shell script in the box. */
static struct tare_box_result shell(struct world *w, const char *script,
                                    const struct tare_box_limits *limits)
{
    const char *argv[] = {"/usr/bin/sh", "-c", script, NULL};
    struct tare_box_options o = {.size = sizeof o, .argv = argv, .work = w->work};
    struct tare_box_result r;
    struct tare_err err = {0};
    if (limits)
        o.limits = *limits;
    if (!w->possible)
        skip();
    if (tare_box_run(&o, &w->arena, &r, &err) != TARE_OK)
        fail_msg("%s: %s", script, err.text);
    return r;
}

static void assert_out(const struct tare_box_result *r, const char *want)
{
    if (!tare_str_is(r->out, want))
        fail_msg("wrote '%.*s' and '%.*s', not '%s'", TARE_FMT(r->out), TARE_FMT(r->err), want);
}

static void runs_and_leaves_files(void **state)
{
    struct world *w = *state;
    struct tare_box_result r = shell(w, "id -u; pwd; echo kept >a; exit 7", NULL);
    struct tare_str text;
    struct tare_err err = {0};
    assert_int_equal(r.end, TARE_BOX_EXITED);
    assert_int_equal(r.status, 7);
    assert_out(&r, "1000\n/work\n");
    assert_int_equal(tare_box_read(w->work, TARE_S("a"), 100, &w->arena, &text, &err), TARE_OK);
    assert_true(tare_str_is(text, "kept\n"));
    r = shell(w, "cat a", NULL);
    assert_out(&r, "kept\n");
}

static void sees_nothing_of_its_caller(void **state)
{
    struct world *w = *state;
    assert_int_equal(setenv("TARE_TEST_KEY", "canary", 1), 0);
    struct tare_box_result r =
        shell(w,
              "cat /proc/1/environ /proc/1/cmdline /proc/self/environ | tr '\\0' '\\n' | grep -c "
              "cana''ry;"
              " ls -A /home /root /var /run 2>/dev/null; ls /proc | grep -c '^[0-9]'",
              NULL);
    assert_int_equal(unsetenv("TARE_TEST_KEY"), 0);
    /* bubblewrap, the shell, ls and grep: nobody else's processes. */
    assert_true(tare_str_starts(r.out, TARE_S("0\n")));
    assert_in_range(atol(r.out.p + 2), 2, 6);
}

static void input_and_signals(void **state)
{
    struct world *w = *state;
    static const char *const cat[] = {"/usr/bin/cat", NULL};
    struct tare_box_options o = {.size = sizeof o, .argv = cat, .input = TARE_S("to it\n")};
    struct tare_box_result r;
    struct tare_err err = {0};
    if (!w->possible)
        skip();
    assert_int_equal(tare_box_run(&o, &w->arena, &r, &err), TARE_OK);
    assert_out(&r, "to it\n");
    r = shell(w, "kill -SEGV $$", NULL);
    assert_int_equal(r.end, TARE_BOX_SIGNALLED);
    assert_int_equal(r.status, 11);
}

/* A program that says what bubblewrap says when it cannot build a box has run all the same. */
static void cannot_pass_for_its_walls(void **state)
{
    struct world *w = *state;
    struct tare_box_result r = shell(w, "echo 'bwrap: Can not build it' >&2; exit 1", NULL);
    assert_int_equal(r.end, TARE_BOX_EXITED);
    assert_int_equal(r.status, 1);
    assert_true(tare_str_starts(r.err, TARE_S("bwrap: ")));
}

/* Nobody locks the next program, or tare, out of the work folder. */
static void cannot_shut_its_folder(void **state)
{
    struct world *w = *state;
    struct tare_box_result r = shell(w, "echo x >here; chmod 000 /work", NULL);
    assert_int_equal(r.status, 0);
    r = shell(w, "cat here", NULL);
    assert_out(&r, "x\n");
}

static void ends_at_its_limits(void **state)
{
    struct world *w = *state;
    struct tare_box_limits quick = {.wall_ms = 300};
    struct tare_box_result r = shell(w, "trap '' TERM; sleep 100 & sleep 100", &quick);
    assert_int_equal(r.end, TARE_BOX_WALL);
    assert_true(r.wall_ns < 3000000000);
    struct tare_box_limits quiet = {.output_bytes = 1000};
    r = shell(w, "head -c 5000 /dev/zero | tr '\\0' x", &quiet);
    assert_int_equal(r.end, TARE_BOX_EXITED);
    assert_true(r.out.n == 1000 && r.out_cut);
    r = shell(w, "yes", &quiet);
    assert_int_equal(r.end, TARE_BOX_OUTPUT);
    struct tare_box_limits small = {.file_bytes = 100000};
    r = shell(w, "head -c 200000 /dev/zero >big; wc -c <big; rm big", &small);
    assert_true(tare_str_starts(r.out, TARE_S("100000")) ||
                tare_str_starts(r.out, TARE_S("98304")));
    struct tare_box_limits few = {.files = 50, .wall_ms = 20000};
    r = shell(w, "for i in $(seq 200); do : >f$i; done; sleep 10", &few);
    assert_int_equal(r.end, TARE_BOX_FOLDER);
    r = shell(w, "rm -f f*", NULL);
    struct tare_box_limits thin = {.processes = 8, .wall_ms = 20000};
    r = shell(w, "for i in $(seq 100); do sleep 5 & done 2>/dev/null; echo $?", &thin);
    assert_true(r.end == TARE_BOX_EXITED);
}

static void leaves_no_process(void **state)
{
    struct world *w = *state;
    struct tare_box_result r =
        shell(w, "setsid sh -c 'sleep 3; echo late >late' & setsid sleep 5 & echo gone", NULL);
    struct tare_str text;
    struct tare_err err = {0};
    assert_out(&r, "gone\n");
    sleep(4);
    assert_int_equal(tare_box_read(w->work, TARE_S("late"), 100, &w->arena, &text, &err),
                     TARE_E_INPUT);
}

static void no_network(void **state)
{
    struct tare_box_result r =
        shell(*state, "cat /proc/net/dev | grep -c : ; cat /proc/net/route | wc -l", NULL);
    assert_out(&r, "1\n1\n"); /* loopback alone, and a heading */
}

static void follows_no_link(void **state)
{
    struct world *w = *state;
    struct tare_str text;
    struct tare_err err = {0};
    struct tare_box_result r = shell(
        w, "ln -s /etc/hostname l; ln -s /etc d; mkdir -p s; ln -s ../../etc s/up; mkfifo p", NULL);
    static const char *const bad[] = {
        "l", "d/hostname", "s/up/hostname", "../etc/hostname", "/etc/hostname", "p", "s", "none",
        ""};
    assert_int_equal(r.status, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(tare_box_read(w->work, tare_str_of(bad[i]), 100, &w->arena, &text, &err),
                         TARE_E_INPUT);
}

static void says_what_is_wrong(void **state)
{
    struct world *w = *state;
    static const char *const relative[] = {"sh", NULL};
    static const char *const missing[] = {"/usr/bin/no-such-program", NULL};
    struct tare_box_options o = {.size = sizeof o, .argv = relative};
    struct tare_box_result r;
    struct tare_err err = {0};
    assert_int_equal(tare_box_run(&o, &w->arena, &r, &err), TARE_E_USAGE);
    o.argv = missing;
    o.work = "/no/such/folder";
    assert_int_equal(tare_box_run(&o, &w->arena, &r, &err), TARE_E_USAGE);
    if (!w->possible)
        skip();
    o.work = NULL;
    assert_int_equal(tare_box_run(&o, &w->arena, &r, &err), TARE_OK);
    assert_true(r.end == TARE_BOX_EXITED && r.status != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_and_leaves_files),     cmocka_unit_test(sees_nothing_of_its_caller),
        cmocka_unit_test(cannot_pass_for_its_walls), cmocka_unit_test(cannot_shut_its_folder),
        cmocka_unit_test(input_and_signals),         cmocka_unit_test(ends_at_its_limits),
        cmocka_unit_test(leaves_no_process),         cmocka_unit_test(no_network),
        cmocka_unit_test(follows_no_link),           cmocka_unit_test(says_what_is_wrong)};
    return cmocka_run_group_tests(tests, open_world, close_world);
}
