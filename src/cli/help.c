#include "cli/help.h"

#include "base/limits.h"
#include "cli/parse.h"
#include "cli/value.h"
#include "text/width.h"

#include "base/banned.h"

#define HEAD_COLUMNS 28

const struct tare_exit_code tare_exit_codes[] = {
    {0, "done, and the gate passed if one was asked for"},
    {1, "the gate was not met, or there are findings"},
    {2, "wrong usage or configuration"},
    {3, "the run is incomplete, or something outside tare failed"},
    {4, "bad input data"},
    {70, "a bug in tare"},
    {130, "interrupted; what was done is saved and can be resumed"},
    {0, NULL},
};

static void put_spaces(struct tare_buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        tare_buf_putc(out, ' ');
}

static struct tare_str cut_word(struct tare_str *text)
{
    size_t n = 0;
    while (n < text->n && text->p[n] != ' ' && text->p[n] != '\n')
        n++;
    struct tare_str word = tare_str_n(text->p, n);
    *text = tare_str_n(text->p + n, text->n - n);
    return word;
}

void tare_help_wrap(struct tare_buf *out, struct tare_str text, size_t at, size_t indent,
                    size_t width)
{
    bool fresh = true; /* nothing on this line yet */
    while (text.n) {
        if (text.p[0] == '\n') {
            tare_buf_putc(out, '\n');
            text = tare_str_n(text.p + 1, text.n - 1);
            fresh = true;
            at = 0;
            continue;
        }
        if (text.p[0] == ' ' && !fresh) {
            text = tare_str_n(text.p + 1, text.n - 1);
            continue;
        }
        if (text.p[0] == ' ')
            text = tare_str_n(text.p + 1, text.n - 1);
        struct tare_str word = cut_word(&text);
        size_t columns = tare_text_columns(word);
        if (!fresh && at + 1 + columns > width) {
            tare_buf_putc(out, '\n');
            at = 0;
            fresh = true;
        }
        if (fresh && at < indent) {
            put_spaces(out, indent - at);
            at = indent;
        } else if (!fresh) {
            tare_buf_putc(out, ' ');
            at++;
        }
        tare_buf_put(out, word);
        at += columns;
        fresh = false;
    }
    tare_buf_putc(out, '\n');
}

struct tare_str tare_help_opt_head(const struct tare_opt *opt, struct tare_arena *arena)
{
    struct tare_str meta = tare_cli_metavar(opt, arena);
    char letter[8] = "";
    if (opt->letter)
        (void)snprintf(letter, sizeof letter, "-%c, ", opt->letter);
    if (opt->type == TARE_OPT_MAYBE)
        return tare_arena_printf(arena, "%s--%s[=%.*s]", letter, opt->name, TARE_FMT(meta));
    return tare_arena_printf(arena, "%s--%s%s%.*s", letter, opt->name, meta.n ? " " : "",
                             TARE_FMT(meta));
}

struct tare_str tare_help_opt_tail(const struct tare_opt *opt, struct tare_arena *arena)
{
    struct tare_str s = TARE_S("");
    if (opt->def)
        s = tare_arena_printf(arena, "default %s", opt->def);
    if (opt->type == TARE_OPT_REPEAT)
        s = tare_arena_printf(arena, "%.*s%smay be repeated", TARE_FMT(s), s.n ? "; " : "");
    if (opt->type == TARE_OPT_CHOICE && opt->metavar && !opt->def)
        for (size_t i = 0; opt->choices[i]; i++)
            s = tare_arena_printf(arena, "%.*s%s%s", TARE_FMT(s), i ? ", " : "", opt->choices[i]);
    for (size_t i = 0; i < TARE_OPT_ALIASES && opt->aliases[i]; i++)
        s = tare_arena_printf(arena, "%.*s%s--%s", TARE_FMT(s),
                              i     ? ", "
                              : s.n ? "; also "
                                    : "also ",
                              opt->aliases[i]);
    return s;
}

/* Two columns: head, and text wrapped beside it (or below a long head). */
static void put_row(struct tare_buf *out, struct tare_str head, struct tare_str text, size_t width)
{
    size_t at = 2 + tare_text_columns(head);
    tare_buf_puts(out, "  ");
    tare_buf_put(out, head);
    if (at + 2 > HEAD_COLUMNS) {
        tare_buf_putc(out, '\n');
        at = 0;
    }
    tare_help_wrap(out, text, at, HEAD_COLUMNS, width);
}

static void put_opts(struct tare_buf *out, const char *title, const struct tare_opt *opts,
                     struct tare_arena *arena, size_t width)
{
    if (!opts || !opts->name)
        return;
    tare_buf_printf(out, "\n%s\n", title);
    for (; opts->name; opts++) {
        struct tare_str tail = tare_help_opt_tail(opts, arena);
        struct tare_str text = tare_arena_printf(
            arena, "%s%s%.*s%s", opts->help, tail.n ? " (" : "", TARE_FMT(tail), tail.n ? ")" : "");
        put_row(out, tare_help_opt_head(opts, arena), text, width);
    }
}

static void put_examples(struct tare_buf *out, const struct tare_cmd *cmd)
{
    if (!cmd->examples || !cmd->examples[0].line)
        return;
    tare_buf_putc(out, '\n');
    for (const struct tare_example *e = cmd->examples; e->line; e++) {
        tare_buf_printf(out, "  $ %s\n", e->line);
        if (e->says)
            tare_buf_printf(out, "      %s\n", e->says);
    }
}

/* Paragraphs end at an empty line and are filled anew; lines that begin with a space stay. */
static void put_about(struct tare_buf *out, const char *about, size_t width)
{
    struct tare_buf paragraph;
    tare_buf_init(&paragraph, NULL, TARE_MIB);
    for (const char *p = about; *p;) {
        size_t n = strcspn(p, "\n");
        bool own_line = n == 0 || p[0] == ' ';
        if (own_line && paragraph.n) {
            tare_buf_putc(out, '\n');
            tare_help_wrap(out, tare_buf_str(&paragraph), 0, 0, width);
            tare_buf_reset(&paragraph);
        }
        if (n && own_line)
            tare_buf_printf(out, "%.*s\n", (int)n, p);
        else if (n)
            tare_buf_printf(&paragraph, "%s%.*s", paragraph.n ? " " : "", (int)n, p);
        p += n + (p[n] == '\n');
    }
    if (paragraph.n) {
        tare_buf_putc(out, '\n');
        tare_help_wrap(out, tare_buf_str(&paragraph), 0, 0, width);
    }
    tare_buf_free(&paragraph);
}

void tare_help_command(struct tare_buf *out, const struct tare_cmd *cmd, const char *who,
                       const struct tare_style *style)
{
    struct tare_arena arena;
    size_t width = (size_t)style->width;
    tare_arena_init(&arena, NULL, TARE_MIB);
    tare_buf_printf(out, "%s: %s\n", who, cmd->summary);
    put_examples(out, cmd);
    tare_buf_printf(out, "\nusage: %s %s\n", who, cmd->usage ? cmd->usage : "[options]");
    for (const struct tare_arg *a = cmd->args; a && a->metavar; a++)
        put_row(out, tare_str_of(a->metavar), tare_str_of(a->help), width);
    if (cmd->subs)
        tare_buf_puts(out, "\n");
    for (const struct tare_cmd *const *s = cmd->subs; s && *s; s++)
        put_row(out, tare_str_of((*s)->name), tare_str_of((*s)->summary), width);
    put_opts(out, "options", cmd->opts, &arena, width);
    put_opts(out, "options of every command", tare_common_opts + (cmd->no_json ? 1 : 0), &arena,
             width);
    if (cmd->about)
        put_about(out, cmd->about, width);
    tare_arena_free(&arena);
}

void tare_help_overview(struct tare_buf *out, const struct tare_style *style)
{
    size_t width = (size_t)style->width;
    tare_buf_puts(out, "tare weighs LLM agents: it runs solvers on a suite of tasks, scores what "
                       "they did,\nand says what the evidence supports.\n\n");
    const struct tare_cmd *const *all = tare_commands();
    for (size_t i = 0; all[i]; i++) {
        if (!all[i]->examples || !all[i]->examples[0].line || i > 3)
            continue;
        tare_buf_printf(out, "  $ %s\n", all[i]->examples[0].line);
    }
    tare_buf_puts(out, "\nusage: tare VERB [what] [options]\n\n");
    for (; *all; all++)
        put_row(out, tare_str_of((*all)->name), tare_str_of((*all)->summary), width);
    tare_buf_puts(out, "\n  tare help VERB   examples and options of a verb\n"
                       "  tare help WORD   what tare calls an epoch, a sample, a grader ...\n");
}
