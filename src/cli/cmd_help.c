#include "cli/help.h"

#include "base/fs.h"
#include "base/limits.h"
#include "cli/parse.h"
#include "cli/words.h"
#include "solver/harness.h"
#include "text/fields.h"

#include "base/banned.h"

struct help_opts {
    struct tare_strs words;
    bool man;
    struct tare_str extra;
};

static const struct tare_arg help_args[] = {
    {"VERB|WORD", "a verb of tare, another tool's word (epoch, sample, grader), or `harness`", 0,
     TARE_MANY, offsetof(struct help_opts, words)},
    {0},
};

static const struct tare_opt help_options[] = {
    {.name = "man",
     .type = TARE_OPT_FLAG,
     .help = "print the source of the manual page (scdoc)",
     .at = offsetof(struct help_opts, man)},
    {.name = "extra",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "with --man: further sections, in Markdown",
     .at = offsetof(struct help_opts, extra)},
    {0},
};

static const struct tare_example help_examples[] = {
    {"tare help epoch", "what tare calls an epoch, and the option for it"},
    {"tare help harness", "the switches of a model's harness"},
    {"tare help help", "all about this verb"},
    {0},
};

static const struct tare_cmd *find_cmd(const struct tare_cmd *const *list, struct tare_str name)
{
    for (; list && *list; list++)
        if (tare_str_is(name, (*list)->name))
            return *list;
    return NULL;
}

/* Follows the words down the tree of commands; *who becomes "tare check schema". */
static const struct tare_cmd *find_path(const struct tare_strs *words, struct tare_arena *arena,
                                        const char **who)
{
    const struct tare_cmd *cmd = NULL, *const *list = tare_commands();
    struct tare_str path = TARE_S("tare");
    for (size_t i = 0; i < words->n; i++) {
        cmd = find_cmd(list, words->v[i]);
        if (!cmd)
            return NULL;
        list = cmd->subs;
        path = tare_arena_printf(arena, "%.*s %s", TARE_FMT(path), cmd->name);
    }
    *who = path.p ? path.p : "tare";
    return cmd;
}

/* Lists the commands that have an option of that name; false when none has. */
static bool put_option(struct tare_buf *out, const struct tare_cmd *const *list, const char *prefix,
                       struct tare_str name, struct tare_arena *arena)
{
    bool any = false;
    for (; list && *list; list++) {
        struct tare_str who = tare_arena_printf(arena, "%s %s", prefix, (*list)->name);
        if (!who.p)
            return any;
        for (const struct tare_opt *o = (*list)->opts; o && o->name; o++) {
            if (o != tare_cli_find_opt(*list, name))
                continue;
            struct tare_str head = tare_help_opt_head(o, arena);
            tare_buf_printf(out, "  %s %.*s   %s\n", who.p, TARE_FMT(head), o->help);
            any = true;
        }
        any = put_option(out, (*list)->subs, who.p, name, arena) || any;
    }
    return any;
}

static void put_noun(struct tare_buf *out, struct tare_str word, const struct tare_noun *n,
                     size_t width)
{
    if (tare_str_is(word, n->noun))
        tare_buf_printf(out, "%s: ", n->noun);
    else
        tare_buf_printf(out, "%.*s: tare says %s: ", TARE_FMT(word), n->noun);
    size_t at = out->n;
    tare_help_wrap(out, tare_str_of(n->about), at, 2, width);
    tare_buf_puts(out, "  elsewhere: ");
    for (size_t i = 0; n->elsewhere[i]; i++)
        tare_buf_printf(out, "%s%s", i ? ", " : "", n->elsewhere[i]);
    tare_buf_printf(out, "\n  see: %s\n", n->see);
}

static enum tare_status unknown(struct tare_str word, struct tare_err *err)
{
    const char *names[256];
    size_t n = 0;
    for (const struct tare_cmd *const *c = tare_commands(); *c && n < 100; c++)
        names[n++] = (*c)->name;
    for (const struct tare_noun *w = tare_cli_nouns(); w->noun; w++) {
        names[n++] = w->noun;
        for (size_t i = 0; w->elsewhere[i] && n < 254; i++)
            names[n++] = w->elsewhere[i];
    }
    names[n] = NULL;
    const char *near = tare_suggest(word, names);
    (void)tare_fail(err, TARE_E_USAGE, "knows no \"%.*s\"", TARE_FMT(word));
    if (near)
        tare_err_hint(err, "did you mean \"tare help %s\"? All verbs: tare help", near);
    else
        tare_err_hint(err, "all verbs: tare help");
    return TARE_E_USAGE;
}

/* `tare help harness`: every switch with its values, default, meaning and counter. */
static void put_switches(struct tare_buf *out, size_t width)
{
    const struct tare_harness_switch *s;
    tare_buf_puts(out, "The switches of a model's harness, as keys below `harness:` in "
                       "solver.yaml.\n");
    for (uint32_t i = 0; (s = tare_harness_switch(i)); i++) {
        tare_buf_printf(out, "\n%s: %s (default: %s)\n", s->key, s->values,
                        s->def[0] ? s->def : "none");
        tare_buf_puts(out, "    ");
        tare_help_wrap(out, tare_str_of(s->about), 4, 4, width);
        tare_buf_puts(out, "    counts: ");
        tare_help_wrap(out, tare_str_of(s->counts), 12, 4, width);
        const char *talk = tare_harness_in_talk(i);
        tare_buf_puts(out, "    in a talk: ");
        tare_help_wrap(out, tare_str_of(talk ? talk : "no meaning"), 15, 4, width);
    }
}

static void put_switches_json(struct tare_buf *out)
{
    const struct tare_harness_switch *s;
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.harness/1");
    tare_json_put_key(&w, "switches");
    tare_json_begin_array(&w);
    for (uint32_t i = 0; (s = tare_harness_switch(i)); i++) {
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "key", s->key);
        tare_json_member_cstr(&w, "values", s->values);
        tare_json_put_key(&w, "default");
        if ((s->integer || s->number || s->flag) && s->def[0])
            tare_json_put_raw(&w, tare_str_of(s->def));
        else
            tare_json_put_cstr(&w, s->def[0] ? s->def : NULL);
        tare_json_member_cstr(&w, "about", s->about);
        tare_json_member_cstr(&w, "counts", s->counts);
        tare_json_member_cstr(&w, "talk", tare_harness_in_talk(i));
        tare_json_end_object(&w);
    }
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

static bool asks_for_switches(const struct help_opts *o)
{
    return o->words.n == 1 && tare_str_is(o->words.v[0], "harness");
}

/* A word that is no verb: a noun, another tool's word, or the name of an option. */
static enum tare_status explain(struct tare_buf *out, const struct tare_strs *words, size_t width,
                                struct tare_arena *arena, struct tare_err *err)
{
    struct tare_str all = words->v[0];
    for (size_t i = 1; i < words->n; i++)
        all = tare_arena_printf(arena, "%.*s %.*s", TARE_FMT(all), TARE_FMT(words->v[i]));
    while (all.n && all.p[0] == '-')
        all = tare_str_n(all.p + 1, all.n - 1);
    const struct tare_noun *noun = tare_cli_find_noun(all);
    if (noun)
        put_noun(out, all, noun, width);
    struct tare_buf found;
    tare_buf_init(&found, NULL, TARE_MIB);
    if (put_option(&found, tare_commands(), "tare", all, arena)) {
        tare_buf_printf(out, "%soption --%.*s\n", noun ? "\n" : "", TARE_FMT(all));
        tare_buf_put(out, tare_buf_str(&found));
    }
    tare_buf_free(&found);
    return out->n ? TARE_OK : unknown(all, err);
}

static enum tare_status put_man(struct tare_buf *out, const struct help_opts *o,
                                struct tare_arena *arena, struct tare_err *err)
{
    const char *who = "tare";
    if (o->words.n == 0) {
        tare_help_man_overview(out);
        return TARE_OK;
    }
    const struct tare_cmd *cmd = find_path(&o->words, arena, &who);
    if (!cmd)
        return unknown(o->words.v[0], err);
    struct tare_str extra = TARE_S("");
    if (o->extra.p) {
        enum tare_status st = tare_fs_read(o->extra, TARE_MIB, arena, &extra, err);
        if (st)
            return st;
    }
    tare_help_man(out, cmd, who, extra);
    return TARE_OK;
}

static enum tare_status put_help(struct tare_ctx *ctx, const struct help_opts *o,
                                 struct tare_buf *out, struct tare_err *err)
{
    const char *who = "tare";
    if (o->man)
        return put_man(out, o, ctx->arena, err);
    if (ctx->json) {
        if (asks_for_switches(o))
            put_switches_json(out);
        else
            tare_help_json(out);
        return TARE_OK;
    }
    if (asks_for_switches(o)) {
        put_switches(out, (size_t)ctx->out_style.width);
        return TARE_OK;
    }
    if (o->words.n == 0) {
        tare_help_overview(out, &ctx->out_style);
        return TARE_OK;
    }
    const struct tare_cmd *cmd = find_path(&o->words, ctx->arena, &who);
    if (!cmd)
        return explain(out, &o->words, (size_t)ctx->out_style.width, ctx->arena, err);
    tare_help_command(out, cmd, who, &ctx->out_style);
    return TARE_OK;
}

static enum tare_status help_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    struct tare_buf out;
    tare_buf_init(&out, NULL, 4 * TARE_MIB);
    enum tare_status st = put_help(ctx, opts, &out, err);
    if (!st && out.failed)
        st = tare_fail(err, TARE_E_NOMEM, "not enough memory for the help text");
    if (!st)
        (void)fwrite(out.p, 1, out.n, ctx->out);
    tare_buf_free(&out);
    return st;
}

const struct tare_cmd tare_cmd_help = {
    .name = "help",
    .summary = "explain a verb, or another tool's word",
    .usage = "[VERB|WORD]",
    .examples = help_examples,
    .args = help_args,
    .opts = help_options,
    .opts_size = sizeof(struct help_opts),
    .run = help_run,
};
