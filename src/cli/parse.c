#include "cli/parse.h"

#include "cli/value.h"
#include "text/fields.h"

#include "base/banned.h"

static const char *const color_choices[] = {"auto", "always", "never", NULL};

const struct tare_opt tare_common_opts[] = {
    {.name = "json",
     .type = TARE_OPT_FLAG,
     .help = "print one JSON document on standard output",
     .at = offsetof(struct tare_common, json)},
    {.name = "store",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "database to use (default: TARE_STORE, else .tare/tare.db)",
     .at = offsetof(struct tare_common, store)},
    {.name = "quiet",
     .letter = 'q',
     .type = TARE_OPT_FLAG,
     .help = "no progress and no notes",
     .at = offsetof(struct tare_common, quiet)},
    {.name = "color",
     .type = TARE_OPT_CHOICE,
     .metavar = "WHEN",
     .choices = color_choices,
     .def = "auto",
     .help = "colour: auto, always or never (NO_COLOR is respected)",
     .at = offsetof(struct tare_common, color)},
    {.name = "no-color",
     .type = TARE_OPT_FLAG,
     .help = "the same as --color never",
     .at = offsetof(struct tare_common, no_color)},
    {.name = "help",
     .letter = 'h',
     .type = TARE_OPT_FLAG,
     .help = "show this text",
     .at = offsetof(struct tare_common, help)},
    {0},
};

/* A parse under way. */
struct parser {
    const struct tare_cmd *cmd;
    struct tare_parsed *out;
    struct tare_arena *arena;
    struct tare_err *err;
    char **argv;
    int argc, i;
    size_t n_given;
    struct tare_str *args; /* positional ones so far */
    size_t n_args;
    bool help;
};

static bool names_opt(const struct tare_opt *opt, struct tare_str name)
{
    if (tare_str_is(name, opt->name))
        return true;
    if (opt->letter && name.n == 1 && name.p[0] == opt->letter)
        return true;
    for (int i = 0; i < TARE_OPT_ALIASES && opt->aliases[i]; i++)
        if (tare_str_is(name, opt->aliases[i]))
            return true;
    return false;
}

static const struct tare_opt *find_in(const struct tare_opt *opts, struct tare_str name)
{
    for (; opts && opts->name; opts++)
        if (names_opt(opts, name))
            return opts;
    return NULL;
}

const struct tare_opt *tare_cli_find_opt(const struct tare_cmd *cmd, struct tare_str name)
{
    const struct tare_opt *opt = find_in(cmd->opts, name);
    return opt ? opt : find_in(tare_common_opts, name);
}

static void *target(struct parser *p, const struct tare_opt *opt)
{
    for (const struct tare_opt *o = p->cmd->opts; o && o->name; o++)
        if (o == opt)
            return p->out->opts;
    return &p->out->common;
}

static size_t count_opts(const struct tare_opt *opts)
{
    size_t n = 0;
    while (opts && opts[n].name)
        n++;
    return n;
}

/* Adds the long names and aliases of a table to list. */
static size_t add_names(const struct tare_opt *opts, const char **list, size_t n)
{
    for (; opts && opts->name; opts++) {
        list[n++] = opts->name;
        for (int i = 0; i < TARE_OPT_ALIASES && opts->aliases[i]; i++)
            list[n++] = opts->aliases[i];
    }
    return n;
}

static enum tare_status unknown_opt(struct parser *p, struct tare_str shown, struct tare_str name)
{
    size_t most =
        (count_opts(p->cmd->opts) + count_opts(tare_common_opts)) * (TARE_OPT_ALIASES + 1);
    const char **list = TARE_NEW_N(p->arena, const char *, most + 1);
    const char *near = NULL;
    if (list && name.n > 1) {
        (void)add_names(tare_common_opts, list, add_names(p->cmd->opts, list, 0));
        near = tare_suggest(name, list);
    }
    (void)tare_fail(p->err, TARE_E_USAGE, "unknown option %.*s", TARE_FMT(shown));
    const char *verb = p->out->who + sizeof "tare " - 1;
    if (near)
        tare_err_hint(p->err, "did you mean --%s? All options: tare help %s", near, verb);
    else
        tare_err_hint(p->err, "all options: tare help %s", verb);
    return TARE_E_USAGE;
}

/* The value after an option: behind '=', or the next argument. */
static enum tare_status take_value(struct parser *p, struct tare_str shown, const char *behind,
                                   struct tare_str *value)
{
    if (behind) {
        *value = tare_str_of(behind);
        return TARE_OK;
    }
    const char *next = p->i + 1 < p->argc ? p->argv[p->i + 1] : NULL;
    if (next && strncmp(next, "--", 2) != 0) {
        p->i++;
        *value = tare_str_of(next);
        return TARE_OK;
    }
    (void)tare_fail(p->err, TARE_E_USAGE, "%.*s needs a value", TARE_FMT(shown));
    if (next)
        tare_err_hint(p->err, "write %.*s=%s if that is the value", TARE_FMT(shown), next);
    else
        tare_err_hint(p->err, "what it takes: tare help %s", p->out->who + sizeof "tare " - 1);
    return TARE_E_USAGE;
}

static enum tare_status add_repeat(struct parser *p, struct tare_strs *list, struct tare_str value)
{
    struct tare_str *v = TARE_NEW_N(p->arena, struct tare_str, list->n + 1);
    if (!v)
        return tare_fail(p->err, TARE_E_NOMEM, "not enough memory for the command line");
    if (list->n)
        memcpy(v, list->v, list->n * sizeof *v);
    v[list->n] = value;
    *list = (struct tare_strs){v, list->n + 1};
    return TARE_OK;
}

static enum tare_status set_flag(struct parser *p, const struct tare_opt *opt,
                                 struct tare_str shown, const char *behind, bool value)
{
    if (behind) {
        (void)tare_fail(p->err, TARE_E_USAGE, "%.*s takes no value", TARE_FMT(shown));
        tare_err_hint(p->err, "write %.*s alone", TARE_FMT(shown));
        return TARE_E_USAGE;
    }
    *(bool *)((char *)target(p, opt) + opt->at) = value;
    return TARE_OK;
}

static enum tare_status apply(struct parser *p, const struct tare_opt *opt, struct tare_str shown,
                              const char *behind)
{
    p->out->given[p->n_given++] = opt->name;
    if (opt->type == TARE_OPT_FLAG)
        return set_flag(p, opt, shown, behind, true);
    struct tare_str value = tare_str_of(behind ? behind : "");
    enum tare_status st = TARE_OK;
    if (opt->type != TARE_OPT_MAYBE)
        st = take_value(p, shown, behind, &value);
    if (st)
        return st;
    if (opt->type == TARE_OPT_REPEAT)
        return add_repeat(p, (void *)((char *)target(p, opt) + opt->at), value);
    struct tare_str name = tare_arena_copy(p->arena, shown);
    return tare_cli_set(opt, name.p ? name.p : opt->name, value, target(p, opt), p->err);
}

static enum tare_status long_opt(struct parser *p, const char *arg)
{
    const char *equals = strchr(arg, '=');
    struct tare_str shown = equals ? tare_str_n(arg, (size_t)(equals - arg)) : tare_str_of(arg);
    struct tare_str name = tare_str_n(arg + 2, shown.n - 2);
    const struct tare_opt *opt = name.n > 1 ? tare_cli_find_opt(p->cmd, name) : NULL;
    if (opt)
        return apply(p, opt, shown, equals ? equals + 1 : NULL);
    if (tare_str_starts(name, TARE_S("no-"))) {
        opt = tare_cli_find_opt(p->cmd, tare_str_n(name.p + 3, name.n - 3));
        if (opt && opt->type == TARE_OPT_FLAG) {
            p->out->given[p->n_given++] = opt->name;
            return set_flag(p, opt, shown, equals ? equals + 1 : NULL, false);
        }
    }
    return unknown_opt(p, shown, name);
}

/* -k 4, -k4, -k=4; letters are not bundled. */
static enum tare_status short_opt(struct parser *p, const char *arg)
{
    struct tare_str shown = tare_str_n(arg, 2);
    const struct tare_opt *opt = tare_cli_find_opt(p->cmd, tare_str_n(arg + 1, 1));
    if (!opt || (opt->type == TARE_OPT_FLAG && arg[2]))
        return unknown_opt(p, tare_str_of(arg), tare_str_of(arg + 1));
    const char *behind = arg[2] ? arg + 2 + (arg[2] == '=') : NULL;
    return apply(p, opt, shown, behind);
}

/* "-", and what looks like a negative number, are arguments. */
static bool is_option(const struct parser *p, const char *arg)
{
    if (arg[0] != '-' || arg[1] == '\0')
        return false;
    bool number = (arg[1] >= '0' && arg[1] <= '9') || arg[1] == '.';
    return !number || tare_cli_find_opt(p->cmd, tare_str_n(arg + 1, 1));
}

static enum tare_status read_all(struct parser *p)
{
    bool only_args = false;
    for (p->i = 0; p->i < p->argc; p->i++) {
        const char *arg = p->argv[p->i];
        enum tare_status st = TARE_OK;
        if (only_args || !is_option(p, arg))
            p->args[p->n_args++] = tare_str_of(arg);
        else if (strcmp(arg, "--") == 0)
            only_args = true;
        else if (arg[1] == '-')
            st = long_opt(p, arg);
        else
            st = short_opt(p, arg);
        if (st)
            return st;
    }
    return TARE_OK;
}

static enum tare_status missing_arg(struct parser *p, const struct tare_arg *arg)
{
    const char *verb = p->out->who + sizeof "tare " - 1;
    if (arg->min > 1)
        (void)tare_fail(p->err, TARE_E_USAGE, "needs at least %u %s arguments (%s)",
                        (unsigned)arg->min, arg->metavar, arg->help);
    else
        (void)tare_fail(p->err, TARE_E_USAGE, "%s is missing (%s)", arg->metavar, arg->help);
    if (p->cmd->examples && p->cmd->examples[0].line)
        tare_err_hint(p->err, "for example: %s\nsee: tare help %s", p->cmd->examples[0].line, verb);
    else
        tare_err_hint(p->err, "usage: tare %s %s", verb, p->cmd->usage ? p->cmd->usage : "");
    return TARE_E_USAGE;
}

static enum tare_status place_args(struct parser *p)
{
    size_t next = 0;
    for (const struct tare_arg *a = p->cmd->args; a && a->metavar; a++) {
        size_t left = p->n_args - next;
        if (left < a->min)
            return missing_arg(p, a);
        void *at = (char *)p->out->opts + a->at;
        if (a->max == 1) {
            *(struct tare_str *)at = left ? p->args[next] : tare_str_n(NULL, 0);
            next += left > 0;
            continue;
        }
        size_t take = left < a->max ? left : a->max;
        *(struct tare_strs *)at = (struct tare_strs){p->args + next, take};
        next += take;
    }
    if (next == p->n_args)
        return TARE_OK;
    const char *verb = p->out->who + sizeof "tare " - 1;
    (void)tare_fail(p->err, TARE_E_USAGE, "does not know what to do with \"%.*s\"",
                    TARE_FMT(p->args[next]));
    tare_err_hint(p->err, "usage: tare %s %s", verb, p->cmd->usage ? p->cmd->usage : "");
    return TARE_E_USAGE;
}

static enum tare_status set_defaults(struct parser *p, const struct tare_opt *opts, void *to)
{
    for (; opts && opts->name; opts++) {
        tare_cli_unset(opts, to);
        if (!opts->def || opts->type == TARE_OPT_FLAG || opts->type == TARE_OPT_REPEAT)
            continue;
        enum tare_status st = tare_cli_set(opts, opts->name, tare_str_of(opts->def), to, p->err);
        if (st)
            return tare_fail(p->err, TARE_E_STATE, "the default \"%s\" of --%s does not fit",
                             opts->def, opts->name);
    }
    return TARE_OK;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static const struct tare_cmd *find_sub(const struct tare_cmd *cmd, const char *name)
{
    for (const struct tare_cmd *const *s = cmd->subs; s && *s; s++)
        if (strcmp((*s)->name, name) == 0)
            return *s;
    return NULL;
}

static enum tare_status no_sub(const struct tare_cmd *cmd, const char *who, const char *got,
                               struct tare_err *err)
{
    const char *names[64], *verb = who + sizeof "tare " - 1;
    size_t n = 0;
    for (const struct tare_cmd *const *s = cmd->subs; *s && n < 63; s++)
        names[n++] = (*s)->name;
    names[n] = NULL;
    if (!got) {
        (void)tare_fail(err, TARE_E_USAGE, "needs to know what to do");
        tare_err_hint(err, "for example: tare %s %s\nsee: tare help %s", verb, names[0], verb);
        return TARE_E_USAGE;
    }
    (void)tare_fail(err, TARE_E_USAGE, "there is no \"%s\" here", got);
    const char *near = tare_suggest(tare_str_of(got), names);
    if (near)
        tare_err_hint(err, "did you mean \"tare %s %s\"? All: tare help %s", verb, near, verb);
    else
        tare_err_hint(err, "all there are: tare help %s", verb);
    return TARE_E_USAGE;
}

static enum tare_status parse_leaf(struct parser *p)
{
    const struct tare_cmd *cmd = p->cmd;
    size_t n = (size_t)p->argc + 1;
    p->out->opts = cmd->opts_size ? tare_arena_alloc(p->arena, cmd->opts_size) : NULL;
    p->out->given = TARE_NEW_N(p->arena, const char *, n);
    p->args = TARE_NEW_N(p->arena, struct tare_str, n);
    if (!p->out->given || !p->args || (cmd->opts_size && !p->out->opts))
        return tare_fail(p->err, TARE_E_NOMEM, "not enough memory for the command line");
    enum tare_status st = set_defaults(p, tare_common_opts, &p->out->common);
    if (!st)
        st = set_defaults(p, cmd->opts, p->out->opts);
    if (st)
        return st;
    if (asks_for_help(p->argc, p->argv)) {
        p->out->common.help = true;
        return TARE_OK;
    }
    st = read_all(p);
    if (!st && p->out->common.json && cmd->no_json)
        st = tare_fail(p->err, TARE_E_USAGE, "has no --json");
    return st ? st : place_args(p);
}

enum tare_status tare_cli_parse(const struct tare_cmd *cmd, const char *who, int argc, char **argv,
                                struct tare_arena *arena, struct tare_parsed *out,
                                struct tare_err *err)
{
    *out = (struct tare_parsed){.cmd = cmd, .who = who};
    while (cmd->subs) {
        const char *word = argc > 0 ? argv[0] : NULL;
        const struct tare_cmd *sub = word ? find_sub(cmd, word) : NULL;
        if (!sub && (cmd->run || asks_for_help(argc, argv)))
            break;
        if (!sub)
            return no_sub(cmd, who, word, err);
        struct tare_str longer = tare_arena_printf(arena, "%s %s", who, sub->name);
        if (!longer.p)
            return tare_fail(err, TARE_E_NOMEM, "not enough memory for the command line");
        cmd = sub;
        who = longer.p;
        argc--;
        argv++;
        *out = (struct tare_parsed){.cmd = cmd, .who = who};
    }
    struct parser p = {.cmd = cmd, .out = out, .arena = arena, .err = err, .argv = argv};
    p.argc = argc;
    return parse_leaf(&p);
}

bool tare_given(const struct tare_ctx *ctx, const char *name)
{
    const struct tare_parsed *parsed = ctx->parsed;
    for (const char **g = parsed ? parsed->given : NULL; g && *g; g++)
        if (strcmp(*g, name) == 0)
            return true;
    return false;
}
