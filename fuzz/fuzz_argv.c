/* A command line of words separated by newlines: it fits the table, or the error has a reason. */
#include "cli/parse.h"
#include "fuzz.h"

struct opts {
    struct tare_str what, text, maybe;
    struct tare_strs more, list;
    int64_t whole;
    double number, share;
    int choice;
    bool flag;
};

static const char *const choices[] = {"one", "two", NULL};

static const struct tare_opt options[] = {
    {.name = "text", .letter = 't', .type = TARE_OPT_STRING, .at = offsetof(struct opts, text)},
    {.name = "maybe", .type = TARE_OPT_MAYBE, .at = offsetof(struct opts, maybe)},
    {.name = "list", .letter = 'l', .type = TARE_OPT_REPEAT, .at = offsetof(struct opts, list)},
    {.name = "whole",
     .letter = 'k',
     .aliases = {"entire"},
     .type = TARE_OPT_INT,
     .min = -5,
     .max = 5,
     .at = offsetof(struct opts, whole)},
    {.name = "number", .type = TARE_OPT_FLOAT, .at = offsetof(struct opts, number)},
    {.name = "share", .type = TARE_OPT_PROB, .def = "0.5", .at = offsetof(struct opts, share)},
    {.name = "choice",
     .type = TARE_OPT_CHOICE,
     .choices = choices,
     .at = offsetof(struct opts, choice)},
    {.name = "flag", .letter = 'f', .type = TARE_OPT_FLAG, .at = offsetof(struct opts, flag)},
    {0},
};

static const struct tare_arg args[] = {
    {"WHAT", "what", 1, 1, offsetof(struct opts, what)},
    {"MORE", "more", 0, 3, offsetof(struct opts, more)},
    {0},
};

static const struct tare_cmd cmd = {
    .name = "x", .summary = "x", .args = args, .opts = options, .opts_size = sizeof(struct opts)};

const struct tare_cmd *const *tare_commands(void)
{
    static const struct tare_cmd *const all[] = {&cmd, NULL};
    return all;
}

static void check_opts(const struct opts *o)
{
    fuzz_must(o->what.p && o->more.n <= 3);
    fuzz_must(o->whole == TARE_INT_UNSET || (o->whole >= -5 && o->whole <= 5));
    fuzz_must(o->share > 0 && o->share < 1);
    fuzz_must(o->choice >= -1 && o->choice <= 1);
    for (size_t i = 0; i < o->list.n; i++)
        fuzz_must(o->list.v[i].p != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_parsed parsed;
    char *argv[65] = {NULL};
    int argc = 0;
    tare_arena_init(&arena, NULL, 64 * TARE_MIB);
    for (size_t from = 0; from < size && argc < 64;) {
        size_t to = from;
        while (to < size && data[to] != '\n' && data[to] != '\0')
            to++;
        char *word = tare_arena_alloc(&arena, to - from + 1);
        fuzz_must(word != NULL);
        memcpy(word, data + from, to - from);
        argv[argc++] = word;
        from = to + 1;
    }
    enum tare_status st = tare_cli_parse(&cmd, "tare x", argc, argv, &arena, &parsed, &err);
    if (st)
        fuzz_check_err(st, &err, 0);
    else if (!parsed.common.help)
        check_opts(parsed.opts);
    tare_arena_free(&arena);
    return 0;
}
