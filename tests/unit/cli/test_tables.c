#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>

#include "cli/parse.h"

/* Fails with the name of the table, so that whoever wrote it finds the row. */
static void must(bool holds, const struct tare_cmd *cmd, const char *row, const char *rule)
{
    if (!holds)
        fail_msg("%s: %s: %s", cmd->name, row, rule);
}

static void check_names(const struct tare_cmd *cmd, const struct tare_opt *opt)
{
    struct tare_str name = tare_str_of(opt->name);
    must(tare_cli_find_opt(cmd, name) == opt, cmd, opt->name, "the name is taken");
    must(name.n > 1 && !tare_str_starts(name, TARE_S("-")), cmd, opt->name, "no dashes in front");
    for (int i = 0; i < TARE_OPT_ALIASES && opt->aliases[i]; i++)
        must(tare_cli_find_opt(cmd, tare_str_of(opt->aliases[i])) == opt, cmd, opt->aliases[i],
             "the alias is taken");
    if (opt->letter)
        must(tare_cli_find_opt(cmd, tare_str_n(&opt->letter, 1)) == opt, cmd, opt->name,
             "the letter is taken");
}

static void check_opt(const struct tare_cmd *cmd, const struct tare_opt *opt)
{
    check_names(cmd, opt);
    must(opt->help && opt->help[0], cmd, opt->name, "has no help");
    must(!tare_str_ends(tare_str_of(opt->help), TARE_S(".")), cmd, opt->name,
         "the help ends with a full stop");
    must(opt->at < cmd->opts_size, cmd, opt->name, "the field lies outside the options struct");
    must(opt->type != TARE_OPT_CHOICE || opt->choices, cmd, opt->name, "has no choices");
    must(!opt->def || opt->type != TARE_OPT_FLAG, cmd, opt->name, "a flag has no default");
}

static void check_args(const struct tare_cmd *cmd)
{
    for (const struct tare_arg *a = cmd->args; a && a->metavar; a++) {
        must(a->help && a->help[0], cmd, a->metavar, "has no help");
        must(a->min <= a->max && a->max > 0, cmd, a->metavar, "min and max do not fit");
        must(a->at < cmd->opts_size, cmd, a->metavar, "lies outside the options struct");
        must(a->max == 1 || !a[1].metavar, cmd, a->metavar, "only the last takes more than one");
    }
}

/* Plain words only: what a shell would have to work on is left alone. */
static int split(char *line, char **argv, int most)
{
    int argc = 0;
    for (char *p = line; *p && argc < most;) {
        if (strchr("\"'$<>|`;&*~", *p))
            return -1;
        if (*p == ' ') {
            *p++ = '\0';
            continue;
        }
        argv[argc++] = p;
        for (; *p && *p != ' '; p++)
            if (strchr("\"'$<>|`;&*~", *p))
                return -1;
    }
    return argc;
}

static void check_example(const struct tare_cmd *cmd, const char *who, const struct tare_example *e)
{
    struct tare_arena arena;
    struct tare_parsed parsed;
    struct tare_err err = {0};
    char line[512], *argv[64];
    (void)snprintf(line, sizeof line, "%s", e->line);
    size_t n = strlen(who);
    must(strstr(e->line, "tare") != NULL, cmd, e->line, "the example does not call tare");
    int argc =
        strncmp(line, who, n) == 0 && (line[n] == ' ' || !line[n]) ? split(line + n, argv, 64) : -1;
    if (argc < 0)
        return;
    tare_arena_init(&arena, NULL, 1 << 20);
    if (tare_cli_parse(cmd, who, argc, argv, &arena, &parsed, &err) != TARE_OK)
        fail_msg("%s: the example is refused: %s", e->line, err.text);
    tare_arena_free(&arena);
}

static void check_cmd(const struct tare_cmd *cmd, const char *who)
{
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, 1 << 20);
    must(cmd->summary && cmd->summary[0], cmd, "summary", "is missing");
    must(!tare_str_ends(tare_str_of(cmd->summary), TARE_S(".")), cmd, "summary",
         "ends with a full stop");
    must(cmd->run || cmd->subs, cmd, "run", "is missing");
    check_args(cmd);
    for (const struct tare_opt *o = cmd->opts; o && o->name; o++)
        check_opt(cmd, o);
    for (const struct tare_example *e = cmd->examples; e && e->line; e++)
        check_example(cmd, who, e);
    if (cmd->run) {
        /* The defaults fit: a parse with too few arguments fails for that reason only. */
        struct tare_parsed parsed;
        struct tare_err err = {0};
        enum tare_status st = tare_cli_parse(cmd, who, 0, NULL, &arena, &parsed, &err);
        must(st != TARE_E_STATE, cmd, err.text, "a default does not fit");
    }
    for (const struct tare_cmd *const *s = cmd->subs; s && *s; s++)
        check_cmd(*s, tare_arena_printf(&arena, "%s %s", who, (*s)->name).p);
    tare_arena_free(&arena);
}

static void every_table_is_sound(void **state)
{
    (void)state;
    for (const struct tare_cmd *const *c = tare_commands(); *c; c++) {
        char who[64];
        (void)snprintf(who, sizeof who, "tare %s", (*c)->name);
        check_cmd(*c, who);
        for (const struct tare_cmd *const *other = tare_commands(); other < c; other++)
            assert_string_not_equal((*c)->name, (*other)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
