/*
 * What `tare run --json` and `tare selftest --json` print keeps to docs/schema: whole, interrupted
 * by --limit, and taken up again.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../view/schema.h"

#include "base/fs.h"
#include "base/limits.h"

struct fixture {
    struct tare_arena arena;
    char folder[64], store[96], out[96];
};

static struct tare_json parsed(struct fixture *f, struct tare_str path)
{
    struct tare_str text;
    struct tare_json root = {NULL, 0};
    struct tare_err err = {0};
    if (tare_fs_read(path, TARE_MIB, &f->arena, &text, &err) != TARE_OK ||
        tare_json_parse(text, &tare_json_strict, &f->arena, &root, &err) != TARE_OK)
        fail_msg("%s: %s", err.file, err.text);
    return root;
}

/* Runs the program with these arguments and --store; its standard output is parsed. */
static struct tare_json tare(struct fixture *f, const char *const *arguments)
{
    const char *argv[24] = {"tare"};
    int n = 1, status;
    while (*arguments)
        argv[n++] = *arguments++;
    argv[n++] = "--store";
    argv[n++] = f->store;
    argv[n] = NULL;
    const char *program = getenv("TARE_BIN");
    assert_non_null(program);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fd = open(f->out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || dup2(fd, 1) < 0)
            _exit(126);
        char *copy[24];
        memcpy(copy, argv, sizeof copy);
        execv(program, copy);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return parsed(f, tare_str_of(f->out));
}

static void keeps_to(struct fixture *f, const char *name, struct tare_json document)
{
    const char *root = getenv("TARE_ROOT");
    assert_non_null(root);
    struct schema s = {
        .root = parsed(f, tare_arena_printf(&f->arena, "%s/docs/schema/%s.json", root, name))};
    if (!schema_check(&s, s.root, document, ""))
        fail_msg("%s: %s", name, s.fault);
}

static int64_t number(struct tare_json document, const char *key)
{
    int64_t x = 0;
    assert_true(tare_json_i64(tare_json_get(document, key), &x));
    return x;
}

static void test_run(void **state)
{
    struct fixture *f = *state;
    const char *root = getenv("TARE_ROOT");
    assert_non_null(root);
    struct tare_str suite =
        tare_arena_printf(&f->arena, "%s/suites/incident-response%c", root, '\0');
    const char *part[] = {"run", suite.p,   "--solver", "oracle", "--solver", "spray",    "-k",
                          "2",   "--limit", "3-8",      "--json", "-q",       "--resume", NULL};
    for (int i = 0; i < 2; i++) { /* played, then only shown again */
        struct tare_json d = tare(f, part);
        keeps_to(f, "run", d);
        assert_true(tare_json_true(tare_json_get(d, "finished")));
        assert_int_equal(number(d, "n_tasks"), 6);
        assert_int_equal(number(d, "planned"), 24);
        assert_int_equal(number(d, "done"), 24);
        assert_int_equal(number(d, "missing"), 0);
    }
}

static void test_selftest(void **state)
{
    static const char *const list[] = {"selftest", "--list-fault-points", "--json", NULL};
    struct tare_json d = tare(*state, list);
    keeps_to(*state, "fault-points", d);
    assert_true(tare_json_count(tare_json_get(d, "fault_points")) > 5);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    tare_arena_init(&f->arena, NULL, TARE_ARENA_LOAD_BYTES);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/tare-doc-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->store, sizeof f->store, "%s/tare.db", f->folder);
    (void)snprintf(f->out, sizeof f->out, "%s/out.json", f->folder);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    unlink(f->out);
    unlink(f->store);
    assert_int_equal(rmdir(f->folder), 0); /* the program left nothing else behind */
    tare_arena_free(&f->arena);
    free(f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_run, setup, teardown),
        cmocka_unit_test_setup_teardown(test_selftest, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
