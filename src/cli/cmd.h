/*
 * One table per command. From it come the parser, `tare VERB --help`, the man page, completions
 * for three shells and `tare help --json`. Adding an option touches one table row and one field.
 *
 * A command is a file src/cli/cmd_VERB.c:
 *
 *     struct compare_opts {
 *         struct tare_strs runs;
 *         double confidence;
 *         int fail_on;
 *     };
 *     static const struct tare_arg compare_args[] = {
 *         {"RUN", "label, id prefix, @last, or a file", 2, TARE_MANY,
 *          offsetof(struct compare_opts, runs)},
 *         {0},
 *     };
 *     static const struct tare_opt compare_options[] = {
 *         {.name = "confidence", .type = TARE_OPT_PROB, .metavar = "P", .def = "0.95",
 *          .help = "coverage of the interval", .at = offsetof(struct compare_opts, confidence)},
 *         {0},
 *     };
 *     static enum tare_status compare_run(struct tare_ctx *ctx, const void *opts,
 *                                         struct tare_err *err) { … }
 *     const struct tare_cmd tare_cmd_compare = {
 *         .name = "compare", .summary = "compare two runs task by task",
 *         .usage = "RUN RUN... [options]", .examples = compare_examples,
 *         .args = compare_args, .opts = compare_options,
 *         .opts_size = sizeof(struct compare_opts), .run = compare_run,
 *     };
 *
 * and one line each in cli/commands.c (the list) and cli/meson.build.
 */
#ifndef TARE_CLI_CMD_H
#define TARE_CLI_CMD_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "view/style.h"

#define TARE_OPT_ALIASES 6
#define TARE_MANY UINT32_MAX

/* Several values, in the order given. */
struct tare_strs {
    const struct tare_str *v;
    size_t n;
};

/* Type of the option and of the field at `at`. */
enum tare_opt_type {
    TARE_OPT_FLAG = 1, /* bool; --x, and --no-x to take it back */
    TARE_OPT_STRING,   /* struct tare_str; {NULL, 0} when not given and without default */
    TARE_OPT_REPEAT,   /* struct tare_strs: may be given several times */
    TARE_OPT_INT,    /* int64_t in [min, max]; TARE_INT_UNSET when not given and without default */
    TARE_OPT_FLOAT,  /* double in [min, max]; NaN when not given and without default */
    TARE_OPT_PROB,   /* double in (0, 1), also written 95%; NaN as above */
    TARE_OPT_CHOICE, /* int: index into choices; -1 as above */
    TARE_OPT_MAYBE   /* struct tare_str: --x alone gives "" (p not NULL), --x=V gives V */
};
#define TARE_INT_UNSET INT64_MIN

struct tare_opt {
    const char *name;                      /* long name without dashes; NULL ends the table */
    char letter;                           /* short name, or 0 */
    const char *aliases[TARE_OPT_ALIASES]; /* other long names, not shown first */
    enum tare_opt_type type;
    const char *metavar;        /* "N", "FILE"; NULL: made from the type */
    double min, max;            /* INT and FLOAT; both 0: no limits */
    const char *const *choices; /* CHOICE: NULL-terminated */
    const char *def;            /* default as text: parsed and shown; NULL: none */
    const char *help;           /* one line, no full stop at its end */
    size_t at;                  /* offsetof the field in the options struct */
};

/* Positional arguments, in order; only the last may take more than one. Field: struct tare_str
 * when max is 1, else struct tare_strs. */
struct tare_arg {
    const char *metavar; /* NULL ends the table */
    const char *help;
    uint32_t min, max; /* how many; max TARE_MANY: no limit */
    size_t at;
};

struct tare_example {
    const char *line; /* "tare run suites/incident-response --solver runbook -k 4" */
    const char *says; /* what it does, one line */
};

/* What every command gets besides its own options. */
struct tare_ctx {
    const char *who; /* "tare run": for messages */
    FILE *out, *err; /* results; everything else */
    struct tare_style out_style, err_style;
    bool out_tty, err_tty;
    bool json;                /* --json: exactly one document on out */
    bool quiet;               /* --quiet: no progress, no notes */
    struct tare_str store;    /* --store, TARE_STORE, or .tare/tare.db */
    struct tare_arena *arena; /* lives until the command has ended */
    const struct tare_clock *clock;
    int argc; /* the whole command line, for records */
    char **argv;
    const void *parsed; /* of the parser; see tare_given */
    int exit_code;      /* what main exits with when run returns TARE_OK: 0, or 1 gate not met or
                           findings, 3 incomplete, 130 interrupted */
};

struct tare_cmd {
    const char *name;                    /* the verb */
    const char *summary;                 /* one line, lower case, no full stop at its end */
    const char *usage;                   /* after the name: "SUITE --solver S... [options]" */
    const char *about;                   /* paragraphs for the help text, or NULL */
    const struct tare_example *examples; /* line NULL ends; first is shown first */
    const struct tare_arg *args;         /* or NULL: none */
    const struct tare_opt *opts;         /* or NULL: none but the common ones */
    size_t opts_size;
    /* opts points to a filled options struct in ctx->arena. On failure sets err: main prints it
     * (with --json also as a document on stdout, so do not fail after printing one) and exits
     * with tare_status_exit. */
    enum tare_status (*run)(struct tare_ctx *ctx, const void *opts, struct tare_err *err);
    /* Commands below this one (`tare check schema`), NULL-terminated, or NULL; then run, args and
     * opts may be absent. */
    const struct tare_cmd *const *subs;
    bool no_json; /* has no --json */
};

/* All verbs in the order of the help page; NULL-terminated. */
const struct tare_cmd *const *tare_commands(void);

/* True when the option of that long name was written on the command line. */
bool tare_given(const struct tare_ctx *ctx, const char *name);

/* Fails with TARE_E_USAGE and the remedy "tare help VERB". */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum tare_status
tare_usage_fail(const struct tare_ctx *ctx, struct tare_err *err, const char *fmt, ...);

#endif
