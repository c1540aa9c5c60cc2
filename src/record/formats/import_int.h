/*
 * Between the readers: one row at a time into the table.
 */
#ifndef TARE_RECORD_FORMATS_IMPORT_INT_H
#define TARE_RECORD_FORMATS_IMPORT_INT_H

#include "record/formats/import.h"
#include "text/json_walk.h"

#define TARE__IMPORT_MAX_SCORES 256u /* metrics of one file */
#define TARE__IMPORT_MAX_TAGS 64u    /* tags of one row */

struct tare__import_row {
    struct tare_str task, run;
    int64_t index; /* 0-based; -1: number them in the order they come */
    bool merge;    /* an attempt that is there gets these values as well */
    enum tare_import_outcome outcome;
    enum tare_cause cause;
    struct tare_str cause_text, input, output, expected;
    bool has_output, has_tokens, has_cost, has_seconds;
    uint64_t tokens_in, tokens_out;
    double cost_usd, seconds;
    size_t offset; /* of the row in the file, for messages */
    uint32_t n_scores, n_tags;
    /* From here on only the first so many are set. */
    struct tare_str score_name[TARE__IMPORT_MAX_SCORES];
    double score[TARE__IMPORT_MAX_SCORES];
    struct tare_tag tags[TARE__IMPORT_MAX_TAGS];
};

/* Open addressing over things that are numbered: the upper half of a slot holds 32 bits of the
 * hash, which also say where it stands, the lower half the number + 1. 0: free. */
struct tare__import_slots {
    uint64_t *v;
    uint32_t n; /* a power of two */
};

struct tare__import_shape;

struct tare__import {
    struct tare_arena *arena;  /* the result */
    struct tare_arena scratch; /* one row; reset by tare__import_commit */
    const struct tare_import_options *options;
    struct tare_import_table *table;
    struct tare_str text; /* the file being read, for positions */
    bool mapped;          /* it is the file table->path, not a pipe or a file of a folder */
    struct tare_err *err;
    struct tare__import_row row;
    uint32_t cap_tasks, cap_runs, cap_attempts, cap_notes;
    /* The first attempt at each task stands in `first` (number + 1); only further ones need the
     * table `seen`, which logs of one try a task never touch. */
    struct tare__import_slots tasks, seen;
    uint32_t *first, cap_first;
    struct tare__import_shape *shape; /* of the row before; plain rows only */
    uint32_t expected;                /* rows, guessed from the first lines; 0: not known */
    uint64_t n_bad_lines;
    bool torn;
    struct tare_import_listing *listing; /* not NULL: only list */
};

/* Clears the row. */
struct tare__import_row *tare__import_row(struct tare__import *im);
/* Adds one value to the row; NaN is kept as "unscored". Names beyond the ceiling are an error at
 * commit. */
void tare__import_score(struct tare__import *im, struct tare_str name, double value);
void tare__import_tag(struct tare__import *im, struct tare_str key, struct tare_str value);
/* Every scalar member of an object as a tag, key prefixed. */
void tare__import_tags_of(struct tare__import *im, struct tare_json object, const char *prefix);
enum tare_status tare__import_commit(struct tare__import *im);
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void tare__import_note(struct tare__import *im, const char *fmt, ...);
/* Parses a slice of im->text into the scratch arena; faults carry the place in the file. */
enum tare_status tare__import_parse(struct tare__import *im, struct tare_str slice,
                                    struct tare_json *out);
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
enum tare_status
tare__import_fail(struct tare__import *im, size_t offset, const char *fmt, ...);
/* Text of a scalar: strings as they are, numbers as written, true/false; empty for the rest. */
struct tare_str tare__import_text(struct tare_json v);
/* A number, or a text that is one, or true/false; false when it is none of these. NaN is a
 * number. */
bool tare__import_number(struct tare_json v, double *out);
/* Output of a model as text: a string as it is, anything else as compact JSON. */
struct tare_str tare__import_any_text(struct tare__import *im, struct tare_json v);
/* Usage counters under the two names, when both or one are there. */
void tare__import_tokens(struct tare__import *im, struct tare_json usage, const char *in,
                         const char *out);
/* The same of two values that were found already; either may be absent. */
void tare__import_token_counts(struct tare__import *im, struct tare_json in, struct tare_json out);

/* Calls row_fn for each element of the array at `path` below the root object of the file. */
enum tare_status tare__import_each(struct tare__import *im, struct tare_str array,
                                   enum tare_status (*row_fn)(struct tare__import *,
                                                              struct tare_json));
/* Calls row_fn for each line of im->text. Bad lines are counted, a torn last one is noted. */
enum tare_status tare__import_lines(struct tare__import *im,
                                    enum tare_status (*row_fn)(struct tare__import *,
                                                               struct tare_json));

/* The readers: im->text is the file, the row order is the file's. */
enum tare_status tare__import_csv(struct tare__import *im);
enum tare_status tare__import_rows(struct tare__import *im);
enum tare_status tare__import_inspect_json(struct tare__import *im);
enum tare_status tare__import_inspect_zip(struct tare__import *im);
enum tare_status tare__import_promptfoo(struct tare__import *im);
enum tare_status tare__import_lm_eval(struct tare__import *im);
enum tare_status tare__import_terminal_bench(struct tare__import *im);
enum tare_status tare__import_harbor(struct tare__import *im);
enum tare_status tare__import_tau2(struct tare__import *im);
enum tare_status tare__import_verifiers(struct tare__import *im);
enum tare_status tare__import_openai_evals(struct tare__import *im);
enum tare_status tare__import_deepeval(struct tare__import *im);

/* One generic JSON row (also used by CSV through a document of its own). */
enum tare_status tare__import_generic_row(struct tare__import *im, struct tare_json row);
/* Folder readers: give the files of a folder that matter, in order. */
enum tare_status tare__import_harbor_folder(struct tare__import *im, struct tare_str path);

#endif
