#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "cli/help.h"
#include "cli/parse.h"

struct weigh_opts {
    struct tare_str suite, label, resume;
    struct tare_strs more, solvers;
    int64_t attempts, seed;
    double margin, confidence;
    int order;
    bool fast;
};

static const char *const orders[] = {"none", "name", "value", NULL};

static const struct tare_opt weigh_options[] = {
    {.name = "attempts",
     .letter = 'k',
     .aliases = {"epochs", "repeat"},
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 100,
     .def = "4",
     .help = "attempts a task",
     .at = offsetof(struct weigh_opts, attempts)},
    {.name = "seed", .type = TARE_OPT_INT, .help = "seed", .at = offsetof(struct weigh_opts, seed)},
    {.name = "solver",
     .letter = 's',
     .type = TARE_OPT_REPEAT,
     .metavar = "S",
     .help = "who",
     .at = offsetof(struct weigh_opts, solvers)},
    {.name = "label",
     .type = TARE_OPT_STRING,
     .help = "name",
     .at = offsetof(struct weigh_opts, label)},
    {.name = "resume",
     .type = TARE_OPT_MAYBE,
     .metavar = "BATCH",
     .help = "go on",
     .at = offsetof(struct weigh_opts, resume)},
    {.name = "margin",
     .type = TARE_OPT_FLOAT,
     .min = 0,
     .max = INFINITY,
     .help = "margin",
     .at = offsetof(struct weigh_opts, margin)},
    {.name = "confidence",
     .type = TARE_OPT_PROB,
     .def = "0.95",
     .help = "coverage",
     .at = offsetof(struct weigh_opts, confidence)},
    {.name = "order",
     .type = TARE_OPT_CHOICE,
     .choices = orders,
     .help = "order",
     .at = offsetof(struct weigh_opts, order)},
    {.name = "fast",
     .type = TARE_OPT_FLAG,
     .help = "fast",
     .at = offsetof(struct weigh_opts, fast)},
    {0},
};

static const struct tare_arg weigh_args[] = {
    {"SUITE", "what to weigh on", 1, 1, offsetof(struct weigh_opts, suite)},
    {"MORE", "more", 0, 2, offsetof(struct weigh_opts, more)},
    {0},
};

static enum tare_status nothing(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    (void)ctx;
    (void)opts;
    (void)err;
    return TARE_OK;
}

static const struct tare_cmd weigh = {.name = "weigh",
                                      .summary = "weigh it",
                                      .usage = "SUITE [MORE...]",
                                      .args = weigh_args,
                                      .opts = weigh_options,
                                      .opts_size = sizeof(struct weigh_opts),
                                      .run = nothing};
static const struct tare_cmd *const subs[] = {&weigh, NULL};
static const struct tare_cmd parent = {.name = "parent", .summary = "has parts", .subs = subs};

/* The list of commands as the program under test sees it. */
const struct tare_cmd *const *tare_commands(void)
{
    static const struct tare_cmd *const all[] = {&weigh, &parent, NULL};
    return all;
}

struct parse {
    struct tare_arena arena;
    struct tare_err err;
    struct tare_parsed out;
    const struct weigh_opts *o;
    enum tare_status status;
};

/* Words are separated by single spaces; "''" is an empty word. */
static struct parse *parse(const struct tare_cmd *cmd, const char *line)
{
    struct parse *p = calloc(1, sizeof *p);
    assert_non_null(p);
    tare_arena_init(&p->arena, NULL, 1 << 20);
    char *argv[64];
    int argc = 0;
    for (struct tare_str rest = tare_str_of(line); rest.n;) {
        const char *end = memchr(rest.p, ' ', rest.n);
        size_t n = end ? (size_t)(end - rest.p) : rest.n;
        struct tare_str word = tare_str_n(rest.p, n);
        if (tare_str_is(word, "''"))
            word.n = 0;
        argv[argc++] = (char *)(uintptr_t)tare_arena_copy(&p->arena, word).p;
        rest = end ? tare_str_n(end + 1, rest.n - n - 1) : tare_str_n(rest.p + n, 0);
    }
    p->status = tare_cli_parse(cmd, cmd == &weigh ? "tare weigh" : "tare parent", argc, argv,
                               &p->arena, &p->out, &p->err);
    p->o = p->out.opts;
    return p;
}

static void drop(struct parse *p)
{
    tare_arena_free(&p->arena);
    free(p);
}

static void defaults(void **state)
{
    (void)state;
    struct parse *p = parse(&weigh, "s");
    assert_int_equal(p->status, TARE_OK);
    assert_true(tare_str_is(p->o->suite, "s"));
    assert_int_equal(p->o->attempts, 4);
    assert_true(p->o->seed == TARE_INT_UNSET);
    assert_null(p->o->label.p);
    assert_null(p->o->resume.p);
    assert_true(isnan(p->o->margin));
    assert_true(p->o->confidence == 0.95);
    assert_int_equal(p->o->order, -1);
    assert_false(p->o->fast);
    assert_int_equal(p->o->solvers.n + p->o->more.n, 0);
    drop(p);
}

static void every_way_to_write_an_option(void **state)
{
    (void)state;
    static const char *const lines[] = {"s -k 9",           "-k9 s",
                                        "-k=9 s",           "--epochs 9 s",
                                        "--repeat=9 s",     "--attempts 3 s --attempts=9",
                                        "s --attempts 9 --"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct parse *p = parse(&weigh, lines[i]);
        assert_int_equal(p->status, TARE_OK);
        assert_int_equal(p->o->attempts, 9);
        struct tare_ctx ctx = {.parsed = &p->out};
        assert_true(tare_given(&ctx, "attempts"));
        assert_false(tare_given(&ctx, "seed"));
        drop(p);
    }
}

static void every_type(void **state)
{
    (void)state;
    struct parse *p =
        parse(&weigh, "-s a s --solver=b --label '' --resume --margin .5 --confidence "
                      "99% --order value --fast m1 --seed -7 --json --no-color m2");
    assert_int_equal(p->status, TARE_OK);
    assert_int_equal(p->o->solvers.n, 2);
    assert_true(tare_str_is(p->o->solvers.v[1], "b"));
    assert_true(p->o->label.p && p->o->label.n == 0);
    assert_true(p->o->resume.p && p->o->resume.n == 0);
    assert_true(p->o->margin == 0.5 && p->o->confidence == 0.99);
    assert_int_equal(p->o->order, 2);
    assert_true(p->o->fast && p->out.common.json && p->out.common.no_color);
    assert_int_equal(p->o->more.n, 2);
    assert_true(tare_str_is(p->o->more.v[1], "m2"));
    assert_int_equal(p->o->seed, -7);
    drop(p);
    p = parse(&weigh, "--fast --no-fast --resume=@last -- --odd -k");
    assert_int_equal(p->status, TARE_OK);
    assert_false(p->o->fast);
    assert_true(tare_str_is(p->o->resume, "@last"));
    assert_true(tare_str_is(p->o->suite, "--odd") && tare_str_is(p->o->more.v[0], "-k"));
    drop(p);
    p = parse(&weigh, "-5 - -.5");
    assert_int_equal(p->status, TARE_OK);
    assert_true(tare_str_is(p->o->suite, "-5") && tare_str_is(p->o->more.v[1], "-.5"));
    drop(p);
}

static void faults_have_reason_and_remedy(void **state)
{
    (void)state;
    static const struct {
        const char *line, *text, *hint;
    } rows[] = {
        {"", "SUITE is missing", "tare weigh"},
        {"a b c d", "\"d\"", "usage: tare weigh"},
        {"s --atempts 3", "unknown option --atempts", "did you mean --attempts?"},
        {"s --epoch 3", "unknown option --epoch", "did you mean --epochs?"},
        {"s --zzzzzzzz", "unknown option --zzzzzzzz", "tare help weigh"},
        {"s -z", "unknown option -z", "tare help weigh"},
        {"s -ks 1", "\"s\" is not a whole number", "digits"},
        {"s -k 0", "-k: 0 is out of range", "from 1 to 100"},
        {"s -k 101", "-k: 101 is out of range", "from 1 to 100"},
        {"s --epochs 4.0", "--epochs: \"4.0\" is not a whole number", "digits"},
        {"s -k", "-k needs a value", "tare help weigh"},
        {"s -k --fast", "-k needs a value", "-k=--fast"},
        {"s --seed 9223372036854775808", "not a whole number", "digits"},
        {"s --margin x", "not a number", "0.5"},
        {"s --margin -1", "out of range", "at least 0"},
        {"s --confidence 1", "not a probability", "between 0 and 1"},
        {"s --confidence 95", "not a probability", "95%"},
        {"s --order valeu", "no choice \"valeu\"", "did you mean \"value\"?"},
        {"s --fast=1", "--fast takes no value", "alone"},
        {"s --no-seed", "unknown option --no-seed", "tare help"},
        {"s --", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct parse *p = parse(&weigh, rows[i].line);
        assert_int_equal(p->status, rows[i].text[0] ? TARE_E_USAGE : TARE_OK);
        assert_non_null(strstr(p->err.text, rows[i].text));
        assert_non_null(strstr(p->err.hint, rows[i].hint));
        drop(p);
    }
}

static void limits_are_inclusive(void **state)
{
    (void)state;
    struct parse *p = parse(&weigh, "s -k 1 --margin 0");
    assert_int_equal(p->status, TARE_OK);
    drop(p);
    p = parse(&weigh, "s -k 100");
    assert_int_equal(p->status, TARE_OK);
    drop(p);
}

static void help_wins_over_faults(void **state)
{
    (void)state;
    struct parse *p = parse(&weigh, "--bogus --help");
    assert_int_equal(p->status, TARE_OK);
    assert_true(p->out.common.help);
    drop(p);
    p = parse(&weigh, "s -- --help");
    assert_int_equal(p->status, TARE_OK);
    assert_false(p->out.common.help);
    drop(p);
}

static void commands_below(void **state)
{
    (void)state;
    struct parse *p = parse(&parent, "weigh s -k 2");
    assert_int_equal(p->status, TARE_OK);
    assert_string_equal(p->out.who, "tare parent weigh");
    assert_int_equal(p->o->attempts, 2);
    drop(p);
    p = parse(&parent, "wiegh");
    assert_int_equal(p->status, TARE_E_USAGE);
    assert_non_null(strstr(p->err.hint, "tare parent weigh"));
    drop(p);
    p = parse(&parent, "");
    assert_int_equal(p->status, TARE_E_USAGE);
    drop(p);
    p = parse(&parent, "--help");
    assert_int_equal(p->status, TARE_OK);
    assert_true(p->out.cmd == &parent && p->out.common.help);
    drop(p);
}

static void texts_show_every_option(void **state)
{
    (void)state;
    struct tare_buf out;
    struct tare_style style = {.width = 60};
    tare_buf_init(&out, NULL, 1 << 20);
    tare_help_command(&out, &weigh, "tare weigh", &style);
    tare_buf_putc(&out, '\0');
    for (const struct tare_opt *o = weigh_options; o->name; o++)
        assert_non_null(strstr(out.p, o->name));
    assert_non_null(strstr(out.p, "--repeat"));
    assert_non_null(strstr(out.p, "--resume[=BATCH]"));
    size_t column = 0;
    for (size_t i = 0; i < out.n; i++) {
        column = out.p[i] == '\n' ? 0 : column + 1;
        assert_true(column <= 60);
    }
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; i < 3; i++) {
        tare_buf_reset(&out);
        assert_true(tare_help_completions(&out, tare_str_of(shells[i])));
        tare_buf_putc(&out, '\0');
        for (const struct tare_opt *o = weigh_options; o->name; o++)
            assert_non_null(strstr(out.p, o->name));
    }
    assert_false(tare_help_completions(&out, TARE_S("tcsh")));
    tare_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(every_way_to_write_an_option),
        cmocka_unit_test(every_type),
        cmocka_unit_test(faults_have_reason_and_remedy),
        cmocka_unit_test(limits_are_inclusive),
        cmocka_unit_test(help_wins_over_faults),
        cmocka_unit_test(commands_below),
        cmocka_unit_test(texts_show_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
