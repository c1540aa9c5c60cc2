/*
 * Texts made from the command tables.
 */
#ifndef TARE_CLI_HELP_H
#define TARE_CLI_HELP_H

#include "base/buf.h"
#include "cli/cmd.h"

/* What `tare` alone shows: what it is for, the verbs, where to go next. */
void tare_help_overview(struct tare_buf *out, const struct tare_style *style);
/* What `tare help VERB` and `tare VERB --help` show. who: "tare check schema". */
void tare_help_command(struct tare_buf *out, const struct tare_cmd *cmd, const char *who,
                       const struct tare_style *style);
/* All commands, options, nouns and exit codes as one document, schema "tare.help/1". */
void tare_help_json(struct tare_buf *out);
/* scdoc source of tare-VERB(1); extra: further sections in Markdown, may be empty. */
void tare_help_man(struct tare_buf *out, const struct tare_cmd *cmd, const char *who,
                   struct tare_str extra);
/* scdoc source of tare(1). */
void tare_help_man_overview(struct tare_buf *out);
/* Completion script for "bash", "zsh" or "fish"; false when there is none for that shell. */
bool tare_help_completions(struct tare_buf *out, struct tare_str shell);

struct tare_exit_code {
    int code;
    const char *means;
};
/* Ends with means NULL. */
extern const struct tare_exit_code tare_exit_codes[];

/* Appends `text` in lines of at most `width` columns; every line but the first begins with
 * `indent` spaces, and the first is taken to begin at column `at`. "\n" in text stays. */
void tare_help_wrap(struct tare_buf *out, struct tare_str text, size_t at, size_t indent,
                    size_t width);
/* "-k, --attempts N" */
struct tare_str tare_help_opt_head(const struct tare_opt *opt, struct tare_arena *arena);
/* "default 4; also --epochs, --repeat", or empty. */
struct tare_str tare_help_opt_tail(const struct tare_opt *opt, struct tare_arena *arena);

#endif
