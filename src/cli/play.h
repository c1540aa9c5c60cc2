/*
 * What commands that play a suite share: the options that name what is played, and the suite.
 */
#ifndef TARE_CLI_PLAY_H
#define TARE_CLI_PLAY_H

#include "base/limits.h"
#include "cli/cmd.h"
#include "suite/suite.h"

/* The argument SUITE, a struct tare_str at `place`. */
#define TARE_CLI_ARG_SUITE(place)                                                                  \
    {                                                                                              \
        "SUITE", "a folder with suite.yaml or of task folders, a suite.yaml, or a built-in suite", \
            1, 1, place                                                                            \
    }
/* -k, an int64_t at `place`. */
#define TARE_CLI_OPT_ATTEMPTS(place)                                                               \
    {                                                                                              \
        .name = "attempts", .letter = 'k',                                                         \
        .aliases = {"n-attempts", "epochs", "repeat", "num-trials"}, .type = TARE_OPT_INT,         \
        .min = 1, .max = TARE_MAX_ATTEMPTS_PER_TASK,                                               \
        .help = "attempts a task (default: the suite's)", .at = (place)                            \
    }
/* --seed, an int64_t at `place`. */
#define TARE_CLI_OPT_SEED(place)                                                                   \
    {                                                                                              \
        .name = "seed", .type = TARE_OPT_INT, .min = 0, .max = 9e15, .def = "1",                   \
        .help = "names all chance; equal seeds give equal results", .at = (place)                  \
    }
/* --label, a struct tare_str at `place`. */
#define TARE_CLI_OPT_LABEL(place)                                                                  \
    {                                                                                              \
        .name = "label", .letter = 'l', .type = TARE_OPT_STRING,                                   \
        .help = "a name to find the batch by", .at = (place)                                       \
    }
/* --resume, a struct tare_str at `place`. */
#define TARE_CLI_OPT_RESUME(place)                                                                 \
    {                                                                                              \
        .name = "resume", .type = TARE_OPT_MAYBE, .metavar = "BATCH",                              \
        .help = "finish the batch of the same arguments; where none was begun, begin it",          \
        .at = (place)                                                                              \
    }

/* Loads the suite; built-in ones, and those of $TARE_SUITES, by name. As tare_suite_load. */
enum tare_status tare_cli_suite(struct tare_ctx *ctx, struct tare_str what, struct tare_suite **out,
                                struct tare_err *err);

#endif
