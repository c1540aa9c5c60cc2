/*
 * The command line against a command's table.
 */
#ifndef TARE_CLI_PARSE_H
#define TARE_CLI_PARSE_H

#include "cli/cmd.h"

/* Options that every command has. */
struct tare_common {
    bool help, json, quiet, no_color;
    int color; /* 0 auto, 1 always, 2 never */
    struct tare_str store;
};
extern const struct tare_opt tare_common_opts[];

struct tare_parsed {
    const struct tare_cmd *cmd;
    struct tare_common common;
    void *opts;         /* of cmd, filled; NULL when opts_size is 0 */
    const char **given; /* long names of the options written, NULL-terminated */
    const char *who;    /* "tare check schema" */
};

/*
 * Reads argv[1..] (argv[1] follows the name of `cmd`). Sub-commands are followed down. With
 * --help anywhere before "--" the rest is not judged. Everything lives in the arena; strings
 * borrow from argv. TARE_E_USAGE with the argument as excerpt, the reason and a remedy.
 */
enum tare_status tare_cli_parse(const struct tare_cmd *cmd, const char *who, int argc, char **argv,
                                struct tare_arena *arena, struct tare_parsed *out,
                                struct tare_err *err);

/* The option of that long name, alias or letter; NULL when there is none. Common ones included. */
const struct tare_opt *tare_cli_find_opt(const struct tare_cmd *cmd, struct tare_str name);

#endif
