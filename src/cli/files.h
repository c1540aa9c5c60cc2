/*
 * Results in files of other tools, as people name them: "a.eval", "results.json:gpt-4o".
 */
#ifndef TARE_CLI_FILES_H
#define TARE_CLI_FILES_H

#include "cli/cmd.h"
#include "decide/from_import.h"

/* How files are to be read, as typed. */
struct tare_file_opts {
    struct tare_str format;
    struct tare_str task_column, attempt_column, run_column, score_column, output_column;
    struct tare_strs lower;
};

/* Rows of an option table for an options struct `opts` with a struct tare_file_opts `files`. */
#define TARE_FILE_OPTION(opts, opt, meta, field, text)                                             \
    {                                                                                              \
        .name = (opt), .type = TARE_OPT_STRING, .metavar = (meta), .help = (text),                 \
        .at = offsetof(opts, files.field)                                                          \
    }
#define TARE_FILE_OPTIONS(opts)                                                                    \
    TARE_FILE_OPTION(opts, "format", "NAME", format,                                               \
                     "files: what wrote them (default: seen by their content)"),                   \
        TARE_FILE_OPTION(opts, "task-column", "NAME", task_column, "CSV, JSONL: names the task"),  \
        TARE_FILE_OPTION(opts, "attempt-column", "NAME", attempt_column,                           \
                         "CSV, JSONL: numbers the tries at a task, from 1"),                       \
        TARE_FILE_OPTION(opts, "run-column", "NAME", run_column,                                   \
                         "CSV, JSONL: tells runs in one file apart"),                              \
        TARE_FILE_OPTION(opts, "score-column", "NAME", score_column, "CSV, JSONL: the score"),     \
        TARE_FILE_OPTION(opts, "output-column", "NAME", output_column,                             \
                         "CSV, JSONL: what the solver answered"),                                  \
    {                                                                                              \
        .name = "lower-is-better", .type = TARE_OPT_REPEAT, .metavar = "METRIC",                   \
        .help = "files: less of this metric is better; may be given several times",                \
        .at = offsetof(opts, files.lower)                                                          \
    }

/* One file, read. */
struct tare_file {
    struct tare_str path;
    const struct tare_import_table *table;
    uint32_t run; /* meaningless unless has_run */
    bool has_run; /* one was named, or there is only one */
};

/* Whether this names a file: it exists (whole, or what stands before a colon), begins with "/",
 * "./" or "../", or ends as result files do. Everything else is a stored run. */
bool tare_cli_is_file(struct tare_ctx *ctx, struct tare_str name);

/*
 * Reads it. `known` (n_known of them) are files read before: the same path is not read again.
 * Fails as tare_import_read does; TARE_E_USAGE when there is no such file or no such run in it
 * (those there are listed).
 */
enum tare_status tare_cli_file(struct tare_ctx *ctx, struct tare_str name,
                               const struct tare_file_opts *opts, bool keep_texts,
                               const struct tare_file *known, uint32_t n_known,
                               struct tare_file *out, struct tare_err *err);

/* Fails with the runs of a file that holds several and of which none was chosen. */
enum tare_status tare_cli_file_runs(struct tare_ctx *ctx, const struct tare_file *f,
                                    struct tare_err *err);

/* One run of it as results, named and addressed as it was typed. */
enum tare_status tare_cli_file_results(struct tare_ctx *ctx, const struct tare_file *f,
                                       uint32_t run, const struct tare_file_opts *opts,
                                       struct tare_results *out, struct tare_err *err);

/* Last part of a path. */
struct tare_str tare_cli_file_name(struct tare_str path);

/* The reader's options that these flags ask for; they live in the context's arena. */
void tare_cli_file_options(struct tare_ctx *ctx, const struct tare_file_opts *opts, bool keep_texts,
                           struct tare_import_options *out);

#endif
