/* Every sample of other tools' logs must arrive at the same story. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "../shared.h"
#include "../test_arena.h"
#include "base/fs.h"
#include "base/limits.h"
#include "record/formats/import.h"

static struct tare_str shared(const char *rest)
{
    char name[256];
    (void)snprintf(name, sizeof name, "data/interop/%s", rest);
    return shared_path(&arena, name);
}

static struct tare_import_table *read_file(const char *rest)
{
    struct tare_err err = {0};
    struct tare_import_table *t = NULL;
    struct tare_str path = shared(rest);
    if (tare_import_read(path, NULL, &arena, &t, &err) != TARE_OK)
        fail_msg("%s: %s (%s:%u:%u)", rest, err.text, err.file, err.line, err.column);
    return t;
}

static double mean_of(const struct tare_import_table *t, const char *task, uint32_t *n)
{
    double sum = 0;
    *n = 0;
    for (uint32_t i = 0; i < t->n_attempts; i++) {
        if (!tare_str_is(t->tasks[t->attempts[i].task].id, task))
            continue;
        sum += t->values[(size_t)i * t->n_metrics];
        ++*n;
    }
    return sum / *n;
}

/* ids: the four names the format gives the story's tasks. */
static void check_story(const char *rest, const char *format, const char *const ids[4])
{
    static const double want[4] = {1, 0.5, 0, 1};
    struct tare_import_table *t = read_file(rest);
    uint64_t in = 0, out = 0;
    assert_true(tare_str_is(t->format, format));
    assert_int_equal(t->n_tasks, 4);
    assert_int_equal(t->n_attempts, 8);
    for (int i = 0; i < 4; i++) {
        uint32_t n;
        double mean = mean_of(t, ids[i], &n);
        assert_int_equal(n, 2);
        assert_true(mean == want[i]);
    }
    for (uint32_t i = 0; i < t->n_attempts; i++) {
        in += t->attempts[i].tokens_in;
        out += t->attempts[i].tokens_out;
        assert_int_equal(t->attempts[i].outcome, TARE_IMPORT_SCORED);
    }
    if (t->attempts[0].has_tokens && strcmp(format, "tau2") != 0) {
        assert_int_equal(in, 320);
        assert_int_equal(out, 80);
    }
}

static void test_story(void **state)
{
    static const char *const t14[4] = {"t1", "t2", "t3", "t4"};
    static const char *const n03[4] = {"0", "1", "2", "3"};
    (void)state;
    check_story("inspect/story.json", "inspect", t14);
#ifdef TARE_WITH_ARCHIVE
    check_story("inspect/story-deflate.eval", "inspect-eval", t14);
    check_story("inspect/story-zstd.eval", "inspect-eval", t14);
#endif
    check_story("promptfoo/story/results.json", "promptfoo", t14);
    check_story("harbor/jobs/story", "harbor", t14);
    check_story("terminal_bench/results.json", "terminal-bench", t14);
    check_story("tau2/results.json", "tau2", t14);
    check_story("verifiers/v1", "verifiers", t14);
    check_story("verifiers/legacy", "verifiers", n03);
}

static void test_partial_stories(void **state)
{
    uint32_t n;
    (void)state;
    struct tare_import_table *t =
        read_file("lm_eval/m-a/samples_story_2026-01-02T03-04-05.678901.jsonl");
    assert_int_equal(t->n_attempts, 4);
    assert_true(tare_str_is(t->metrics[0], "exact_match,strict-match"));
    assert_true(mean_of(t, "t2", &n) == 0.5);
    assert_int_equal(t->n_notes, 1); /* the repeats hidden in resps */
    t = read_file("openai_evals/260102030400ABCDEFGH_m-a_story.jsonl");
    assert_int_equal(t->n_attempts, 4);
    assert_true(mean_of(t, "story.dev.2", &n) == 0);
    t = read_file("deepeval/test_run.json");
    assert_int_equal(t->n_attempts, 4);
}

static void test_clusters_survive(void **state)
{
    (void)state;
    struct tare_import_table *t = read_file("inspect/story.json");
    bool found = false;
    for (uint32_t i = 0; i < t->tasks[2].n_tags; i++)
        if (tare_str_is(t->tasks[2].tags[i].key, "cluster"))
            found = tare_str_is(t->tasks[2].tags[i].value, "c2");
    assert_true(found);
}

static void test_odd_ones(void **state)
{
    (void)state;
#ifdef TARE_WITH_ARCHIVE
    struct tare_import_table *t = read_file("inspect/interrupted-zstd.eval");
    assert_int_equal(t->n_attempts, 4);
    assert_int_equal(t->n_notes, 1);
    t = read_file("inspect/odd-values.eval");
    assert_int_equal(t->n_attempts, 1);
    assert_int_equal(t->attempts[0].outcome, TARE_IMPORT_ERROR);
#endif
    struct tare_import_table *h = read_file("harbor/trial_with_exception.json");
    assert_int_equal(h->attempts[0].outcome, TARE_IMPORT_ERROR);
    assert_int_equal(h->attempts[0].cause, TARE_CAUSE_NONE);
}

/* Writes text to a file of its own and reads it. */
static enum tare_status read_text(const char *text, const struct tare_import_options *o,
                                  struct tare_import_table **t, struct tare_err *err)
{
    char name[] = "/tmp/tare-formats-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    *err = (struct tare_err){0};
    enum tare_status st = tare_import_read(tare_str_of(name), o, &arena, t, err);
    unlink(name);
    return st;
}

static void test_csv(void **state)
{
    struct tare_import_table *t;
    struct tare_err err;
    (void)state;
    assert_int_equal(read_text("id,score,output,topic\r\n007,1,\"a \"\"b\"\", c\",x\r\n8,0,d,y\r\n",
                               NULL, &t, &err),
                     TARE_OK);
    assert_int_equal(t->n_tasks, 2);
    assert_true(tare_str_is(t->tasks[0].id, "007"));
    assert_true(t->values[0] == 1 && t->values[t->n_metrics] == 0);
    assert_int_equal(read_text("id;score\n1;0,5\n", NULL, &t, &err), TARE_OK);
    assert_int_equal(t->attempts[0].outcome, TARE_IMPORT_UNSCORED);
    assert_int_equal(read_text("id,score\n1,1\n2,1,9\n", NULL, &t, &err), TARE_E_INPUT);
    assert_int_equal(err.line, 3);
    assert_int_equal(read_text("id,score\n1,\"1\n", NULL, &t, &err), TARE_E_INPUT);
    assert_int_equal(read_text("a,b\n1,1\n", NULL, &t, &err), TARE_E_INPUT);
    assert_non_null(strstr(err.hint, "--task-column"));
}

static void test_rows(void **state)
{
    struct tare_import_table *t;
    struct tare_err err;
    struct tare_import_options o = {.size = sizeof o, .attempt_column = "n"};
    (void)state;
    assert_int_equal(read_text("{\"id\":1,\"score\":1}\n{\"id\":1,\"score\":NaN}\n\n{\"id\":2,\"sc",
                               NULL, &t, &err),
                     TARE_OK);
    assert_int_equal(t->n_attempts, 2);
    assert_int_equal(t->attempts[1].index, 1);
    assert_true(isnan(t->values[1]));
    assert_int_equal(t->n_notes, 1);
    assert_int_equal(
        read_text("{\"id\":1,\"n\":1,\"score\":1}\n{\"id\":1,\"n\":1,\"score\":0}\n", &o, &t, &err),
        TARE_E_INPUT);
    assert_int_equal(err.line, 2);
    assert_int_equal(read_text("", NULL, &t, &err), TARE_E_INPUT);
    assert_int_equal(
        read_text("{\"version\":2,\"eval\":{},\"plan\":{},\"samples\":[{\"id\":1", NULL, &t, &err),
        TARE_E_INPUT);
}

static void test_bad_zip(void **state)
{
    struct tare_import_table *t;
    struct tare_err err;
    (void)state;
    assert_int_not_equal(read_text("PK\x03\x04 this is no archive", NULL, &t, &err), TARE_OK);
    assert_true(err.text[0] != 0);
}

/* Columns are found once per shape of row: rows of changing shape, order and with two equal keys
 * must be read as if each were looked at for itself. */
static void test_shapes(void **state)
{
    struct tare_import_table *t;
    struct tare_err err;
    (void)state;
    assert_int_equal(read_text("{\"id\":\"a\",\"score\":1,\"model\":\"m\"}\n"
                               "{\"id\":\"b\",\"score\":0,\"model\":\"m\"}\n"
                               "{\"score\":1,\"id\":\"c\",\"model\":\"m\"}\n"
                               "{\"id\":\"d\",\"score\":0,\"agent\":\"m\"}\n"
                               "{\"id\":\"e\",\"score\":0,\"model\":\"m\",\"score\":1}\n"
                               "{\"id\":\"f\",\"score\":1,\"model\":\"m\",\"score\":0}\n"
                               "{\"id\":\"g\",\"score\":1,\"model\":\"m\"}\n"
                               "{\"id\":\"g\",\"score\":0,\"model\":\"m\"}\n"
                               "{\"id\":\"g\",\"score\":0,\"model\":\"n\"}\n"
                               "{\"id\":\"g\",\"score\":1,\"model\":\"n\"}\n",
                               NULL, &t, &err),
                     TARE_OK);
    static const double want[] = {1, 0, 1, 0, 1, 0, 1, 0, 0, 1};
    static const char tasks[] = "abcdefgggg";
    assert_int_equal(t->n_attempts, 10);
    assert_int_equal(t->n_runs, 2);
    for (uint32_t i = 0; i < 10; i++) {
        assert_true(t->tasks[t->attempts[i].task].id.p[0] == tasks[i]);
        assert_true(t->values[(size_t)i * t->n_metrics] == want[i]);
        assert_int_equal(t->attempts[i].run, i >= 8);
    }
    assert_int_equal(t->attempts[7].index, 1);
    assert_int_equal(t->attempts[8].index, 0);
    assert_int_equal(t->attempts[9].index, 1);
}

/* What a listing says of an archive is what reading it finds. */
static void test_list(void **state)
{
    (void)state;
#ifdef TARE_WITH_ARCHIVE
    static const char *const logs[] = {"inspect/story-zstd.eval", "inspect/story-deflate.eval",
                                       "inspect/interrupted-zstd.eval", "inspect/odd-values.eval"};
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        struct tare_import_listing l;
        struct tare_err err = {0};
        struct tare_str path = shared(logs[i]);
        const struct tare_import_table *t = read_file(logs[i]);
        assert_int_equal(tare_import_list(path, NULL, &arena, &l, &err), TARE_OK);
        assert_int_equal(l.n_attempts, t->n_attempts);
        assert_true(tare_str_eq(l.format, t->format));
        assert_true(tare_str_eq(l.suite, t->suite));
        assert_true(l.n_runs == 1 && tare_str_eq(l.runs[0], t->runs[0]));
    }
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_story, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_partial_stories, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_clusters_survive, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_odd_ones, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_csv, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_rows, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_bad_zip, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_shapes, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_list, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
