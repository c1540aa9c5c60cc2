/*
 * Every procedure of the statistics room as a calculator: a name, a JSON object in, a JSON object
 * out. `tare stat` is written against this; so are the golden vectors.
 */
#ifndef TARE_DECIDE_STAT_H
#define TARE_DECIDE_STAT_H

#include "text/fields.h"

enum tare_stat_group {
    TARE_STAT_BOOTSTRAP = 0,
    TARE_STAT_TESTS,
    TARE_STAT_RATES,
    TARE_STAT_PLANNING,
    TARE_STAT_MANY,
    TARE_STAT_SEQUENTIAL,
    TARE_STAT_AGREEMENT,
    TARE_STAT_LOCATION,
    TARE_STAT_SELECTION,
    TARE_STAT_METACOGNITION,
    TARE_STAT_TRAINING,
    TARE_STAT_GROUPS
};
const char *tare_stat_group_name(enum tare_stat_group g);

struct tare__stat;

struct tare_stat_proc {
    const char *name;
    enum tare_stat_group group;
    const char *summary; /* one line, lower case */
    const char *source;  /* where the formula is from */
    const char *example; /* a whole input */
    void (*run)(struct tare__stat *s);
    const char *op; /* name under "op" in a batch where it differs; NULL: the same */
};

/* The i-th of all, group by group; NULL past the last. */
const struct tare_stat_proc *tare_stat_at(size_t i);
/* NULL when there is none; *nearest (may be NULL) is then the likeliest name, or NULL. */
const struct tare_stat_proc *tare_stat_find(struct tare_str name, const char **nearest);
/* By the spelling of "op" lines; NULL when there is none. */
const struct tare_stat_proc *tare_stat_find_op(struct tare_str op);

struct tare_stat_opts {
    bool allow_unknown; /* keys nobody asked for are ignored (batches written by others) */
    unsigned threads;   /* Monte Carlo; 0: 1 */
};

/*
 * Appends one compact JSON object to `out`. A result that does not exist is null, and the object
 * "unavailable" then says why under the same key. `text` is the source of `input`, for excerpts.
 * Fails: TARE_E_INPUT with the place; what was appended is then to be thrown away.
 */
enum tare_status tare_stat_run(const struct tare_stat_proc *proc, struct tare_json input,
                               struct tare_str text, const struct tare_stat_opts *opts,
                               struct tare_arena *arena, struct tare_buf *out,
                               struct tare_err *err);

/* Words "key=value" as one JSON object: a value that is JSON stays JSON, anything else is a
 * string; "a.b=1" makes an object under a. The text is in the arena. */
enum tare_status tare_stat_words(const struct tare_str *words, size_t n, struct tare_arena *arena,
                                 struct tare_str *json, struct tare_err *err);

/* One line of a batch: {"id", "procedure" or "op", "input"} becomes {"id", "output"}, or {"id",
 * "error": {"code", "text", "hint"}} when that line is at fault (*failed set). Appends the line
 * and a line break. Fails only for want of memory. */
enum tare_status tare_stat_batch_line(struct tare_str line, uint64_t line_no,
                                      const struct tare_stat_opts *opts, struct tare_arena *arena,
                                      struct tare_buf *out, bool *failed, struct tare_err *err);

#endif
