/*
 * Results of other tools, read into one table: tasks, runs, attempts, values. What tare compares
 * it compares in this form, whoever recorded it.
 *
 * Readers detect the format by content, stream (a file is mapped and walked, never held whole),
 * never run code and never follow a path or URL found inside a file. What could not be read is
 * told in notes; what contradicts itself is an error with its place (exit code 4).
 */
#ifndef TARE_RECORD_FORMATS_IMPORT_H
#define TARE_RECORD_FORMATS_IMPORT_H

#include "base/arena.h"
#include "base/err.h"
#include "record/nouns.h"
#include "record/task.h"

enum tare_import_outcome {
    TARE_IMPORT_SCORED = 0, /* pass, fail or partial: see the values */
    TARE_IMPORT_UNSCORED,   /* the tool says: no score (NaN, judge failed) */
    TARE_IMPORT_ERROR,      /* failed; whether the solver is to blame: `cause` */
    TARE_IMPORT_LIMIT,      /* a limit of the solver: a failure */
    TARE_IMPORT_CANCELLED
};

struct tare_import_attempt {
    uint32_t run, task;
    uint32_t index;  /* 0-based try at that task in that run */
    uint8_t outcome; /* enum tare_import_outcome */
    uint8_t cause;   /* enum tare_cause; TARE_CAUSE_NONE: unknown or none */
    bool has_tokens, has_cost, has_seconds;
    uint64_t tokens_in, tokens_out;
    double cost_usd, seconds;
    struct tare_str cause_text;
    struct tare_str input, output, expected; /* when options.keep_texts; else empty */
    uint64_t output_hash; /* of the output text, same key for the whole table; 0: no output */
};

struct tare_import_task {
    struct tare_str id;
    struct tare_tag *tags;
    uint32_t n_tags;
};

struct tare_import_table {
    struct tare_str path, format; /* format: "inspect", "promptfoo" … */
    struct tare_str suite;        /* task, eval or data set name, when the file has one */
    struct tare_str *runs;        /* names: model or provider; at least one */
    uint32_t n_runs;
    struct tare_import_task *tasks;
    uint32_t n_tasks;
    struct tare_str *metrics; /* names; the first is the headline */
    uint32_t n_metrics;
    struct tare_import_attempt *attempts; /* in file order */
    uint32_t n_attempts;
    double *values;         /* [attempt * n_metrics + metric]; NaN: absent */
    struct tare_str *notes; /* sentences: what was skipped, guessed or odd */
    uint32_t n_notes;
};

struct tare_import_options {
    size_t size;        /* sizeof(struct tare_import_options) */
    const char *format; /* NULL: by content */
    /* Columns of CSV and of plain JSON rows; NULL: the usual names are tried. */
    const char *task_column, *attempt_column, *run_column, *score_column, *output_column;
    bool keep_texts;
    bool outputs_only; /* rows need no score: what was said is all that is wanted */
    bool labels;       /* rows are what people said of attempts: `label`, `human` … before scores,
                          and `attempt` counts from 1 */
};

/*
 * Reads a file, a folder (Harbor job, lm-eval output, tau2, verifiers) or "-". Everything lives in
 * the arena. TARE_E_INPUT with file:line:column; TARE_E_LIMIT; TARE_E_USAGE for an unknown format
 * name or columns that are not there (the message lists those that are).
 */
enum tare_status tare_import_read(struct tare_str path, const struct tare_import_options *options,
                                  struct tare_arena *arena, struct tare_import_table **out,
                                  struct tare_err *err);

/* What a file holds, without its attempts. */
struct tare_import_listing {
    struct tare_str format, suite; /* suite may be empty */
    struct tare_str status;        /* "success", "started" …; empty: the format does not say */
    struct tare_str created;       /* as written; empty: the format does not say */
    struct tare_str *runs;
    uint32_t n_runs;
    uint64_t n_attempts;
    uint32_t n_tasks; /* 0: not known without reading the attempts */
};

/*
 * Lists a file. An .eval archive is listed from its directory and its header alone, however large
 * it is; any other format is read as tare_import_read does. Fails as that does.
 */
enum tare_status tare_import_list(struct tare_str path, const struct tare_import_options *options,
                                  struct tare_arena *arena, struct tare_import_listing *out,
                                  struct tare_err *err);

/* Names of the formats, NULL-terminated, and what each is. */
const char *const *tare_import_formats(void);
const char *tare_import_about(const char *format);

/* A CSV text (RFC 4180, and as found) as JSON objects, one a line: the header names the members,
 * numbers are numbers, an empty field is null; records of another length are left out. TARE_E_INPUT
 * with the byte offset; TARE_E_LIMIT; TARE_E_NOMEM. */
enum tare_status tare_csv_lines(struct tare_str text, struct tare_arena *arena,
                                struct tare_buf *out, struct tare_err *err);

#endif
