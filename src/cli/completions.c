#include "cli/help.h"
#include "cli/parse.h"

#include "base/banned.h"

/* The words are few and ours (letters, digits, '-'), so none needs quoting but the help texts. */

static void put_opt_words(struct tare_buf *out, const struct tare_opt *opts)
{
    for (; opts && opts->name; opts++)
        tare_buf_printf(out, " --%s", opts->name);
}

static void put_words(struct tare_buf *out, const struct tare_cmd *cmd)
{
    for (const struct tare_cmd *const *s = cmd->subs; s && *s; s++)
        tare_buf_printf(out, " %s", (*s)->name);
    put_opt_words(out, cmd->opts);
    put_opt_words(out, tare_common_opts + (cmd->no_json ? 1 : 0));
}

static void put_verbs(struct tare_buf *out)
{
    for (const struct tare_cmd *const *c = tare_commands(); *c; c++)
        tare_buf_printf(out, " %s", (*c)->name);
}

/* Values of choice options, offered after the option. */
static void bash_choices(struct tare_buf *out, const struct tare_opt *opts)
{
    for (; opts && opts->name; opts++) {
        if (opts->type != TARE_OPT_CHOICE)
            continue;
        tare_buf_printf(out, "            --%s) words='", opts->name);
        for (size_t i = 0; opts->choices[i]; i++)
            tare_buf_printf(out, "%s%s", i ? " " : "", opts->choices[i]);
        tare_buf_puts(out, "' ;;\n");
    }
}

static void put_bash(struct tare_buf *out)
{
    tare_buf_puts(out, "# bash completion for tare: eval \"$(tare completions bash)\"\n"
                       "_tare() {\n"
                       "    local words='' last=${COMP_WORDS[COMP_CWORD]}\n"
                       "    local before=${COMP_WORDS[COMP_CWORD-1]}\n"
                       "    COMPREPLY=()\n"
                       "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                       "        words='");
    put_verbs(out);
    tare_buf_puts(out, " --version --help'\n"
                       "    else\n"
                       "        case \"${COMP_WORDS[1]}\" in\n");
    for (const struct tare_cmd *const *c = tare_commands(); *c; c++) {
        tare_buf_printf(out, "        %s)\n            words='", (*c)->name);
        if (strcmp((*c)->name, "help") == 0)
            put_verbs(out);
        put_words(out, *c);
        tare_buf_puts(out, "'\n            case \"$before\" in\n");
        bash_choices(out, (*c)->opts);
        bash_choices(out, tare_common_opts);
        tare_buf_puts(out, "            esac ;;\n");
    }
    tare_buf_puts(out, "        esac\n"
                       "    fi\n"
                       "    while IFS= read -r word; do COMPREPLY+=(\"$word\"); done \\\n"
                       "        < <(compgen -W \"$words\" -- \"$last\")\n"
                       "    # Anything that is no option may be a file.\n"
                       "    case \"$last\" in -*) ;; *) [ \"$COMP_CWORD\" -gt 1 ] &&\n"
                       "        while IFS= read -r word; do COMPREPLY+=(\"$word\"); done \\\n"
                       "            < <(compgen -f -- \"$last\") ;; esac\n"
                       "}\n"
                       "complete -o filenames -F _tare tare\n");
}

/* Text between single quotes of a shell; quote is what stands for a quote inside. */
static void put_quoted(struct tare_buf *out, const char *text, const char *quote, const char *drop)
{
    for (; *text; text++) {
        if (*text == '\'')
            tare_buf_puts(out, quote);
        else if (!strchr(drop, *text))
            tare_buf_putc(out, *text);
    }
}

static void zsh_opts(struct tare_buf *out, const struct tare_opt *opts)
{
    for (; opts && opts->name; opts++) {
        bool value = opts->type != TARE_OPT_FLAG && opts->type != TARE_OPT_MAYBE;
        tare_buf_printf(out, "            '%s--%s%s[", opts->type == TARE_OPT_REPEAT ? "*" : "",
                        opts->name, value ? "=" : "");
        put_quoted(out, opts->help, "'\\''", "[]:\\");
        tare_buf_puts(out, "]");
        if (value && opts->type == TARE_OPT_CHOICE) {
            tare_buf_puts(out, ":value:(");
            for (size_t i = 0; opts->choices[i]; i++)
                tare_buf_printf(out, "%s%s", i ? " " : "", opts->choices[i]);
            tare_buf_puts(out, ")");
        } else if (value) {
            tare_buf_puts(out, ":value:_files");
        }
        tare_buf_puts(out, "' \\\n");
    }
}

static void put_zsh(struct tare_buf *out)
{
    tare_buf_puts(out, "#compdef tare\n# zsh completion for tare: source <(tare completions zsh)\n"
                       "_tare() {\n    local -a verbs\n    verbs=(\n");
    for (const struct tare_cmd *const *c = tare_commands(); *c; c++) {
        tare_buf_printf(out, "        '%s:", (*c)->name);
        put_quoted(out, (*c)->summary, "'\\''", ":");
        tare_buf_puts(out, "'\n");
    }
    tare_buf_puts(out, "    )\n    if (( CURRENT == 2 )); then\n"
                       "        _describe verb verbs\n        return\n    fi\n"
                       "    case $words[2] in\n        help) _describe verb verbs ;;\n");
    for (const struct tare_cmd *const *c = tare_commands(); *c; c++) {
        if (strcmp((*c)->name, "help") == 0)
            continue;
        tare_buf_printf(out, "        %s) shift words; (( CURRENT-- )); _arguments \\\n",
                        (*c)->name);
        zsh_opts(out, (*c)->opts);
        zsh_opts(out, tare_common_opts + ((*c)->no_json ? 1 : 0));
        if ((*c)->subs) {
            tare_buf_puts(out, "            '1:command:(");
            for (const struct tare_cmd *const *s = (*c)->subs; *s; s++)
                tare_buf_printf(out, "%s%s", s == (*c)->subs ? "" : " ", (*s)->name);
            tare_buf_puts(out, ")' \\\n");
        }
        tare_buf_puts(out, "            '*:file:_files' ;;\n");
    }
    tare_buf_puts(out, "    esac\n}\ncompdef _tare tare\n");
}

static void fish_opts(struct tare_buf *out, const char *verb, const struct tare_opt *opts)
{
    for (; opts && opts->name; opts++) {
        tare_buf_printf(out, "complete -c tare -n '__fish_seen_subcommand_from %s' -l %s", verb,
                        opts->name);
        if (opts->letter)
            tare_buf_printf(out, " -s %c", opts->letter);
        if (opts->type != TARE_OPT_FLAG && opts->type != TARE_OPT_MAYBE)
            tare_buf_puts(out, " -r");
        if (opts->type == TARE_OPT_CHOICE) {
            tare_buf_puts(out, " -f -a '");
            for (size_t i = 0; opts->choices[i]; i++)
                tare_buf_printf(out, "%s%s", i ? " " : "", opts->choices[i]);
            tare_buf_puts(out, "'");
        }
        tare_buf_puts(out, " -d '");
        put_quoted(out, opts->help, "\\'", "\\");
        tare_buf_puts(out, "'\n");
    }
}

static void put_fish(struct tare_buf *out)
{
    tare_buf_puts(out, "# fish completion for tare: tare completions fish | source\n");
    for (const struct tare_cmd *const *c = tare_commands(); *c; c++) {
        tare_buf_printf(out, "complete -c tare -n __fish_use_subcommand -f -a %s -d '", (*c)->name);
        put_quoted(out, (*c)->summary, "\\'", "\\");
        tare_buf_puts(out, "'\n");
        for (const struct tare_cmd *const *s = (*c)->subs; s && *s; s++)
            tare_buf_printf(out, "complete -c tare -n '__fish_seen_subcommand_from %s' -f -a %s\n",
                            (*c)->name, (*s)->name);
        fish_opts(out, (*c)->name, (*c)->opts);
        fish_opts(out, (*c)->name, tare_common_opts + ((*c)->no_json ? 1 : 0));
    }
}

bool tare_help_completions(struct tare_buf *out, struct tare_str shell)
{
    if (tare_str_is(shell, "bash"))
        put_bash(out);
    else if (tare_str_is(shell, "zsh"))
        put_zsh(out);
    else if (tare_str_is(shell, "fish"))
        put_fish(out);
    else
        return false;
    return true;
}
