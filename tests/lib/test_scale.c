#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tare/tare.h>

static const char manifest[] = "suite: mini\nversion: 1.0.0\nworld: {soc: {profile: hardened}}\n"
                               "tasks: tasks.jsonl\nmetrics: [reward, false_positive_rate]\n";

static void put_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* A folder with a suite of three tasks, made by the program itself. */
static int make_suite(void **state)
{
    static char folder[64];
    (void)snprintf(folder, sizeof folder, "/tmp/tare-lib-XXXXXX");
    *state = mkdtemp(folder);
    if (!*state || chdir(folder) != 0 || !getenv("TARE_BIN"))
        return -1;
    put_file("suite.yaml", manifest);
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl(getenv("TARE_BIN"), "tare", "generate", "soc", "--count", "3", "--seed", "7",
                    "--tier", "easy", "--out", "tasks.jsonl", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static int drop_suite(void **state)
{
    (void)unlink("suite.yaml");
    (void)unlink("bad.yaml");
    (void)unlink("tasks.jsonl");
    return chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1;
}

static struct tare_scale *open_scale(uint64_t seed)
{
    struct tare_fault fault = {.size = sizeof fault};
    struct tare_scale *s = NULL;
    struct tare_scale_options o = {.size = sizeof o, .suite = "./suite.yaml", .seed = seed};
    assert_int_equal(tare_scale_open(&o, &s, &fault), TARE_CODE_OK);
    assert_non_null(s);
    return s;
}

static void weighing_is_repeatable(void **state)
{
    (void)state;
    struct tare_scale *a = open_scale(7), *b = open_scale(7);
    assert_int_equal(tare_scale_tasks(a), 3);
    assert_null(tare_scale_task(a, 3));
    for (size_t i = 0; i < 3; i++) {
        struct tare_weight one = {.size = sizeof one}, two = {.size = sizeof two};
        struct tare_weigh_options o = {.size = sizeof o, .solver = "random", .attempt = 1};
        o.task = tare_scale_task(a, i);
        assert_int_equal(tare_scale_weigh(a, &o, &one, NULL), 0);
        /* What was weighed before does not matter. */
        struct tare_weigh_options other = {.size = sizeof other, .solver = "spray"};
        assert_int_equal(tare_scale_weigh(b, &other, &two, NULL), 0);
        assert_int_equal(tare_scale_weigh(b, &o, &two, NULL), 0);
        assert_int_equal(one.ending, TARE_ENDED_DONE);
        assert_true(one.score == two.score && one.steps == two.steps);
        assert_string_equal(one.metric, "reward");
        assert_true(tare_scale_value(a, "reward") == one.score);
        assert_true(isnan(tare_scale_value(a, "no-such-metric")));
    }
    tare_scale_close(a);
    tare_scale_close(b);
}

static void controls_are_in_their_order(void **state)
{
    (void)state;
    struct tare_scale *s = open_scale(1);
    struct tare_weight best = {.size = sizeof best}, worst = {.size = sizeof worst};
    struct tare_weigh_options o = {.size = sizeof o, .solver = "oracle"};
    assert_int_equal(tare_scale_weigh(s, &o, &best, NULL), 0);
    assert_true(tare_scale_value(s, "false_positive_rate") == 0);
    o.solver = "spray";
    assert_int_equal(tare_scale_weigh(s, &o, &worst, NULL), 0);
    assert_true(best.score > worst.score);
    assert_true(tare_scale_value(s, "false_positive_rate") == 1);
    tare_scale_close(s);
}

static void faults_say_where_and_what_to_do(void **state)
{
    (void)state;
    struct tare_fault f = {.size = sizeof f};
    struct tare_scale *s = NULL;
    put_file("bad.yaml", "suite: mini\nversion: 1.0.0\natempts: 3\nworld: soc\n"
                         "tasks: tasks.jsonl\nmetrics: [reward]\n");
    struct tare_scale_options o = {.size = sizeof o, .suite = "./bad.yaml"};
    assert_int_equal(tare_scale_open(&o, &s, &f), TARE_CODE_INPUT);
    assert_null(s);
    assert_int_equal(f.line, 3);
    assert_non_null(strstr(f.text, "atempts"));
    o.suite = "./none.yaml";
    assert_int_equal(tare_scale_open(&o, &s, &f), TARE_CODE_USAGE);
    o.size = 1;
    assert_int_equal(tare_scale_open(&o, &s, &f), TARE_CODE_STATE);
    assert_int_equal(tare_scale_open(NULL, &s, NULL), TARE_CODE_STATE);
    s = open_scale(0);
    struct tare_weight w = {.size = sizeof w};
    struct tare_weigh_options what = {.size = sizeof what, .solver = "orcale"};
    assert_int_equal(tare_scale_weigh(s, &what, &w, &f), TARE_CODE_USAGE);
    assert_non_null(strstr(f.hint, "oracle"));
    what = (struct tare_weigh_options){.size = sizeof what, .solver = "oracle", .task = "none"};
    assert_int_equal(tare_scale_weigh(s, &what, &w, &f), TARE_CODE_USAGE);
    w.size = 0;
    assert_int_equal(tare_scale_weigh(s, &what, &w, &f), TARE_CODE_STATE);
    tare_scale_close(s);
    tare_scale_close(NULL);
}

/* A caller compiled against an older header passes smaller structs; nothing beyond is written. */
static void smaller_structs_are_respected(void **state)
{
    (void)state;
    struct tare_scale *s = open_scale(7);
    struct tare_weight w;
    memset(&w, 0x5a, sizeof w);
    w.size = offsetof(struct tare_weight, metric);
    struct tare_weigh_options o = {.size = sizeof o, .solver = "oracle"};
    assert_int_equal(tare_scale_weigh(s, &o, &w, NULL), 0);
    assert_true(w.score > 0);
    assert_int_equal(w.metric[0], 0x5a);
    struct tare_fault f;
    memset(&f, 0x5a, sizeof f);
    f.size = offsetof(struct tare_fault, text);
    o.solver = "none";
    assert_int_equal(tare_scale_weigh(s, &o, &w, &f), TARE_CODE_USAGE);
    assert_int_equal(f.code, TARE_CODE_USAGE);
    assert_int_equal(f.text[0], 0x5a);
    assert_string_equal(tare_version(), "0.1.0");
    tare_scale_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weighing_is_repeatable),
        cmocka_unit_test(controls_are_in_their_order),
        cmocka_unit_test(faults_say_where_and_what_to_do),
        cmocka_unit_test(smaller_structs_are_respected),
    };
    return cmocka_run_group_tests(tests, make_suite, drop_suite);
}
