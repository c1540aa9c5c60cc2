/* Runs tests/cases/suite/wrong.case: bad input with its messages. */
#include "base/fs.h"
#include "base/limits.h"
#include "suite/solver_file.h"
#include "suite/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_LINES 32

static const char *const good[] = {
    "suite: tiny", "version: 1.0.0",          "world: {soc: {}}", "tasks: tasks.jsonl",
    "attempts: 4", "metrics: [reward, egar]", "by: [family]",     "limits: {steps: 18}"};

struct lines {
    struct tare_str v[MAX_LINES];
    uint32_t n;
};

struct one {
    struct tare_str name, place, says, hint;
    int64_t exit;
    struct lines suite, tasks, solver;
    bool whole_suite, torn;
};

static struct tare_arena arena;
static char folder[64];

static void push(struct lines *l, struct tare_str s)
{
    assert_true(l->n < MAX_LINES);
    l->v[l->n++] = s;
}

static void begin(struct one *c)
{
    *c = (struct one){.exit = -1};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        push(&c->suite, tare_str_of(good[i]));
}

/* Replaces the line of the key that `line` begins with, or adds it; "\n" is a line break. */
static void set(struct one *c, struct tare_str line, bool remove)
{
    size_t colon = remove ? line.n : tare_str_find(line, TARE_S(":"));
    struct tare_str key = tare_str_n(line.p, colon), text = line;
    size_t escape = tare_str_find(line, TARE_S("\\n"));
    assert_true(colon != SIZE_MAX);
    if (escape != SIZE_MAX)
        text = tare_arena_printf(&arena, "%.*s\n%.*s", (int)escape, line.p,
                                 (int)(line.n - escape - 2), line.p + escape + 2);
    for (uint32_t i = 0; i < c->suite.n; i++) {
        struct tare_str have = c->suite.v[i];
        if (!tare_str_starts(have, key) || have.p[key.n] != ':')
            continue;
        if (remove)
            memmove(&c->suite.v[i], &c->suite.v[i + 1], (--c->suite.n - i) * sizeof have);
        else
            c->suite.v[i] = text;
        return;
    }
    assert_false(remove);
    push(&c->suite, text);
}

static void take(struct one *c, struct tare_str key, struct tare_str value)
{
    if (tare_str_is(key, "case")) {
        c->name = value;
    } else if (tare_str_is(key, "set") || tare_str_is(key, "unset")) {
        set(c, value, key.n == 5);
    } else if (tare_str_is(key, "suite")) {
        c->suite.n = c->whole_suite ? c->suite.n : 0;
        c->whole_suite = true;
        push(&c->suite, value);
    } else if (tare_str_is(key, "task") || tare_str_is(key, "torn")) {
        push(&c->tasks, value);
        c->torn = tare_str_is(key, "torn");
    } else if (tare_str_is(key, "solver")) {
        push(&c->solver, value);
    } else if (tare_str_is(key, "exit")) {
        assert_true(tare_str_to_i64(value, &c->exit));
    } else if (tare_str_is(key, "place")) {
        c->place = value;
    } else if (tare_str_is(key, "says")) {
        c->says = value;
    } else if (tare_str_is(key, "hint")) {
        c->hint = value;
    } else {
        fail_msg("%.*s: unknown word %.*s", TARE_FMT(c->name), TARE_FMT(key));
    }
}

static struct tare_str put(const char *name, const struct lines *l, bool torn)
{
    struct tare_buf b;
    struct tare_err err = {0};
    struct tare_str path = tare_arena_printf(&arena, "%s/%s", folder, name);
    tare_buf_init(&b, NULL, TARE_MIB);
    for (uint32_t i = 0; i < l->n; i++) {
        tare_buf_put(&b, l->v[i]);
        if (!(torn && i + 1 == l->n) && !(l->n == 1 && l->v[0].n == 0))
            tare_buf_putc(&b, '\n');
    }
    assert_int_equal(tare_fs_write(path, b.n ? tare_buf_str(&b) : TARE_S(""), 0644, &err), TARE_OK);
    tare_buf_free(&b);
    return path;
}

static enum tare_status load(struct one *c, struct tare_err *err)
{
    struct tare_suite *suite;
    struct tare_solver_file *solver;
    if (c->solver.n > 0)
        return tare_solver_file_load(put("solver.yaml", &c->solver, false), &arena, &solver, err);
    if (c->tasks.n == 0)
        push(&c->tasks, TARE_S("{\"id\": \"t1\", \"input\": 1, \"tags\": {\"family\": \"x\"}}"));
    put("tasks.jsonl", &c->tasks, c->torn);
    return tare_suite_load(put("suite.yaml", &c->suite, false), NULL, &arena, &suite, err);
}

/* False when the case does not come out as it says. */
static bool run(struct one *c)
{
    struct tare_err err = {0};
    enum tare_status st = load(c, &err);
    const char *file = strrchr(err.file, '/');
    struct tare_str place =
        tare_arena_printf(&arena, "%s:%u:%u", file ? file + 1 : err.file, err.line, err.column);
    bool good_place = tare_str_starts(place, c->place);
    bool good_says = tare_str_find(tare_str_of(err.text), c->says) != SIZE_MAX && c->says.n > 0;
    bool good_hint = tare_str_find(tare_str_of(err.hint), c->hint) != SIZE_MAX;
    if (st == TARE_OK || st != err.code || tare_status_exit(st) != c->exit || !good_place ||
        !good_says || !good_hint)
        print_error("%.*s: exit %d, %.*s: %s\n  remedy: %s\n  %s\n", TARE_FMT(c->name),
                    tare_status_exit(st), TARE_FMT(place), err.text, err.hint, err.excerpt);
    return st != TARE_OK && st == err.code && tare_status_exit(st) == c->exit && good_place &&
           good_says && good_hint;
}

static void test_wrong(void **state)
{
    (void)state;
    const char *root = getenv("TARE_ROOT");
    struct tare_lines *lines;
    struct tare_err err = {0};
    struct tare_str line;
    uint64_t no;
    bool torn, going = true;
    struct one c;
    unsigned cases = 0, failed = 0;
    struct tare_str path =
        tare_arena_printf(&arena, "%s/tests/cases/suite/wrong.case", root ? root : ".");
    assert_int_equal(tare_lines_open(path, TARE_MIB, &arena, &lines, &err), TARE_OK);
    begin(&c);
    while (going) {
        going = tare_lines_next(lines, &line, &no, &torn, &err);
        if (!going || line.n == 0) {
            if (c.name.n > 0) {
                failed += !run(&c);
                cases++;
            }
            begin(&c);
        } else if (line.p[0] != '#') {
            struct tare_str copy = tare_arena_copy(&arena, line);
            size_t colon = tare_str_find(copy, TARE_S(":"));
            assert_true(colon < copy.n);
            size_t from = colon + 1 + (colon + 1 < copy.n);
            take(&c, tare_str_n(copy.p, colon), tare_str_n(copy.p + from, copy.n - from));
        }
    }
    tare_lines_close(lines);
    assert_int_equal(failed, 0);
    assert_true(cases > 40);
}

static int setup(void **state)
{
    (void)state;
    tare_arena_init(&arena, NULL, TARE_ARENA_LOAD_BYTES);
    snprintf(folder, sizeof folder, "/tmp/tare-cases-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"suite.yaml", "tasks.jsonl", "solver.yaml"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)unlink(tare_arena_printf(&arena, "%s/%s", folder, names[i]).p);
    (void)rmdir(folder);
    tare_arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wrong, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
