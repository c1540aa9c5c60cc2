#include "cli/help.h"

#include "base/limits.h"
#include "cli/parse.h"

#include "base/banned.h"

/* scdoc reads _ and * as marks and \ as escape. */
static void put_escaped(struct tare_buf *out, struct tare_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (strchr("_*\\<>[]", s.p[i]) && s.p[i])
            tare_buf_putc(out, '\\');
        tare_buf_putc(out, s.p[i]);
    }
}

static void put_escaped_c(struct tare_buf *out, const char *s)
{
    put_escaped(out, tare_str_of(s));
}

static void put_opts(struct tare_buf *out, const char *title, const struct tare_opt *opts,
                     struct tare_arena *arena)
{
    if (!opts || !opts->name)
        return;
    tare_buf_printf(out, "# %s\n\n", title);
    for (; opts->name; opts++) {
        struct tare_str tail = tare_help_opt_tail(opts, arena);
        tare_buf_putc(out, '*');
        put_escaped(out, tare_help_opt_head(opts, arena));
        tare_buf_puts(out, "*\n\t");
        put_escaped_c(out, opts->help);
        if (tail.n) {
            tare_buf_puts(out, " (");
            put_escaped(out, tail);
            tare_buf_putc(out, ')');
        }
        tare_buf_puts(out, ".\n\n");
    }
}

static void put_examples(struct tare_buf *out, const struct tare_cmd *cmd)
{
    if (!cmd->examples || !cmd->examples[0].line)
        return;
    tare_buf_puts(out, "# EXAMPLES\n\n");
    for (const struct tare_example *e = cmd->examples; e->line; e++) {
        if (e->says) {
            put_escaped_c(out, e->says);
            tare_buf_puts(out, ":\n\n");
        }
        tare_buf_printf(out, "```\n$ %s\n```\n\n", e->line);
    }
}

static struct tare_str cut_line(struct tare_str *text)
{
    const char *end = text->n ? memchr(text->p, '\n', text->n) : NULL;
    struct tare_str line = end ? tare_str_n(text->p, (size_t)(end - text->p)) : *text;
    *text = end ? tare_str_n(end + 1, text->n - line.n - 1) : tare_str_n(text->p + text->n, 0);
    return line;
}

/* Code between back quotes becomes bold, everything else is plain. */
static void put_prose(struct tare_buf *out, struct tare_str line)
{
    bool code = false;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] != '`') {
            put_escaped(out, tare_str_n(line.p + i, 1));
            continue;
        }
        tare_buf_putc(out, '*');
        code = !code;
    }
    if (code)
        tare_buf_putc(out, '*');
    tare_buf_putc(out, '\n');
}

static void put_heading(struct tare_buf *out, struct tare_str title)
{
    tare_buf_puts(out, "# ");
    for (size_t i = 0; i < title.n; i++) {
        char c = title.p[i];
        char upper = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
        put_escaped(out, tare_str_n(&upper, 1));
    }
    tare_buf_putc(out, '\n');
}

/* The part of Markdown that the pages of docs/verbs use: headings, paragraphs, lists, fenced
 * blocks and tables (which become literal text). The title of the page is left out. */
static void put_markdown(struct tare_buf *out, struct tare_str text)
{
    bool fenced = false, table = false;
    while (text.n) {
        struct tare_str line = cut_line(&text);
        bool row = !fenced && line.n && line.p[0] == '|';
        if (row != table)
            tare_buf_puts(out, row ? "```\n" : "```\n\n");
        table = row;
        if (tare_str_starts(line, TARE_S("```"))) {
            fenced = !fenced;
            tare_buf_puts(out, "```\n");
        } else if (fenced || row) {
            tare_buf_put(out, line);
            tare_buf_putc(out, '\n');
        } else if (tare_str_starts(line, TARE_S("## "))) {
            put_heading(out, tare_str_n(line.p + 3, line.n - 3));
        } else if (!tare_str_starts(line, TARE_S("# "))) {
            put_prose(out, line);
        }
    }
    if (fenced || table)
        tare_buf_puts(out, "```\n");
    tare_buf_putc(out, '\n');
}

static void put_exit_codes(struct tare_buf *out)
{
    tare_buf_puts(out, "# EXIT STATUS\n\n");
    for (const struct tare_exit_code *e = tare_exit_codes; e->means; e++)
        tare_buf_printf(out, "*%d*\n\t%s\n\n", e->code, e->means);
}

static void put_name(struct tare_buf *out, const char *who, const char *summary)
{
    for (const char *p = who; *p; p++)
        tare_buf_putc(out, *p == ' ' ? '-' : *p);
    tare_buf_puts(out, "(1)\n\n# NAME\n\n");
    put_escaped_c(out, who);
    tare_buf_puts(out, " - ");
    put_escaped_c(out, summary);
    tare_buf_puts(out, "\n\n");
}

void tare_help_man(struct tare_buf *out, const struct tare_cmd *cmd, const char *who,
                   struct tare_str extra)
{
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, TARE_MIB);
    put_name(out, who, cmd->summary);
    tare_buf_printf(out, "# SYNOPSIS\n\n*%s* ", who);
    put_escaped_c(out, cmd->usage ? cmd->usage : "[options]");
    tare_buf_puts(out, "\n\n");
    put_examples(out, cmd);
    for (const struct tare_arg *a = cmd->args; a && a->metavar; a++) {
        tare_buf_puts(out, a == cmd->args ? "# ARGUMENTS\n\n*" : "*");
        put_escaped_c(out, a->metavar);
        tare_buf_puts(out, "*\n\t");
        put_escaped_c(out, a->help);
        tare_buf_puts(out, ".\n\n");
    }
    for (const struct tare_cmd *const *s = cmd->subs; s && *s; s++) {
        tare_buf_printf(out, "%s*%s*\n\t", s == cmd->subs ? "# COMMANDS\n\n" : "", (*s)->name);
        put_escaped_c(out, (*s)->summary);
        tare_buf_puts(out, ".\n\n");
    }
    put_opts(out, "OPTIONS", cmd->opts, &arena);
    put_opts(out, "OPTIONS OF EVERY COMMAND", tare_common_opts + (cmd->no_json ? 1 : 0), &arena);
    if (cmd->about) {
        tare_buf_puts(out, "# DESCRIPTION\n\n");
        put_markdown(out, tare_str_of(cmd->about));
    }
    put_markdown(out, extra);
    put_exit_codes(out);
    tare_buf_puts(out, "# SEE ALSO\n\n*tare*(1)\n");
    tare_arena_free(&arena);
}

void tare_help_man_overview(struct tare_buf *out)
{
    put_name(out, "tare", "weigh LLM agents and say what the evidence supports");
    tare_buf_puts(out, "# SYNOPSIS\n\n*tare* VERB \\[what\\] \\[options\\]\n\n# VERBS\n\n");
    for (const struct tare_cmd *const *c = tare_commands(); *c; c++) {
        tare_buf_printf(out, "*%s*\n\t", (*c)->name);
        put_escaped_c(out, (*c)->summary);
        tare_buf_printf(out, "; see *tare-%s*(1).\n\n", (*c)->name);
    }
    tare_buf_puts(out, "# ENVIRONMENT\n\n*TARE\\_STORE*\n\tdatabase to use instead of "
                       ".tare/tare.db.\n\n*NO\\_COLOR*\n\tno colour when set and not empty.\n\n");
    put_exit_codes(out);
}
