/* Between the files of the check of answers. */
#ifndef TARE_CHECK_ANSWER_INT_H
#define TARE_CHECK_ANSWER_INT_H

#include "check/answer.h"
#include "record/task.h"
#include "text/fields.h"
#include "text/regex.h"
#include "text/schema.h"
#include "text/template.h"

#define TARE__CHECK_DEPTH 32u
#define TARE__CHECK_NODES 1000000u /* of one batch, all tasks together */
#define TARE__CHECK_NAMED 64u      /* columns */
#define TARE__NONE UINT32_MAX

enum tare__check_kind {
    TARE__CHECK_EXACT = 0,
    TARE__CHECK_CONTAINS,
    TARE__CHECK_STARTS,
    TARE__CHECK_ENDS,
    TARE__CHECK_REGEX,
    TARE__CHECK_NUMBER,
    TARE__CHECK_CHOICE,
    TARE__CHECK_JSON,
    TARE__CHECK_LENGTH,
    TARE__CHECK_PHRASES,
    TARE__CHECK_SIMILARITY,
    TARE__CHECK_COST,
    TARE__CHECK_ALL,
    TARE__CHECK_ANY,
    TARE__CHECK_NOT,
    TARE__CHECK_WEIGHTED,
    TARE__CHECK_COMMAND,
    TARE__CHECK_JUDGE,
    TARE__CHECK_NOT_RUN,
    TARE__CHECK_KINDS
};
extern const char *const tare__check_names[TARE__CHECK_KINDS + 1];

/* A text of the configuration, with holes to be filled from the task's input. */
struct tare__want {
    struct tare_str text;
    const struct tare_template *holes; /* NULL: none */
};
struct tare__wants {
    struct tare__want *v;
    uint32_t n;
};

enum tare__unit { TARE__UNIT_CHARS = 0, TARE__UNIT_WORDS, TARE__UNIT_LINES, TARE__UNIT_BYTES };
enum tare__pick { TARE__PICK_AUTO = 0, TARE__PICK_FIRST, TARE__PICK_LAST };
enum tare__measure {
    TARE__MEASURE_LEVENSHTEIN = 0,
    TARE__MEASURE_ROUGE_N,
    TARE__MEASURE_ROUGE_L,
    TARE__MEASURE_BLEU,
    TARE__MEASURE_JACCARD
};

struct tare__judge; /* judge.c */

struct tare__check {
    enum tare__check_kind kind;
    struct tare_str name; /* given by the person; empty: none */
    double weight;
    double threshold; /* NaN: none */
    bool has_value;
    struct tare__wants value, any, none; /* value: also `all` of contains and phrases */
    bool ignore_case, inside, whole, percent, ignore_space;
    struct tare_json schema_value;
    const struct tare_schema *schema; /* NULL: any JSON */
    const struct tare_regex *regex;   /* NULL: its text has holes */
    double tolerance, max;
    int64_t min_n, max_n;
    int unit, pick, measure;
    int64_t order;          /* of n-grams */
    struct tare_str reason; /* NOT_RUN */
    const char **argv;      /* COMMAND */
    int64_t timeout_ms;
    struct tare_json given; /* COMMAND: passed on */
    struct tare__judge *judge;
    struct tare__check *kids;
    uint32_t n_kids;
    uint32_t waiting; /* its number among those that wait; TARE__NONE */
    uint32_t column;  /* of its name; TARE__NONE */
};

enum tare__pass { TARE__NO = 0, TARE__YES = 1, TARE__UNKNOWN = 2 };

/* What a check found. */
struct tare__found {
    enum tare__pass pass;
    double score;                /* in [0, 1]; NaN: unknown */
    enum tare_score_state state; /* why it is unknown: UNAVAILABLE or MISSING */
    struct tare_str says;
};

/* A task's checks: those of the suite, then its own. */
struct tare__check_plan {
    struct tare__check *own;
    uint32_t n_own;
    uint32_t n_waiting; /* of its own */
};

struct tare__answer {
    const struct tare_check_setup *setup;
    struct tare_check_setup kept;
    struct tare__check *common;
    uint32_t n_common;
    uint32_t n_waiting;             /* of the suite's */
    struct tare__check_plan *plans; /* one a task */
    struct tare_metric *metrics;
    uint32_t n_metrics;
    struct tare_str names[TARE__CHECK_NAMED];
    uint32_t n_names;
    bool judges, waits;
    uint32_t n_nodes;
    const char *folder; /* where commands run from */
};

/* What an evaluation reads. */
struct tare__look {
    const struct tare__answer *answer;
    const struct tare_check_in *in;
    struct tare_str output;
    const struct tare__found *waited; /* by tare__check.waiting */
    struct tare_arena *arena;
    struct tare_buf *evidence; /* or NULL */
    double *columns;           /* by column; NaN before */
    struct tare__found *column_found;
    enum tare_status status;
    struct tare_err *err;
};

/* compile.c */
enum tare_status tare__checks_compile(struct tare__answer *a, struct tare_json list,
                                      uint32_t *n_waiting, struct tare_arena *arena,
                                      struct tare__check **out, uint32_t *n, struct tare_err *err);
/* A value of the configuration as texts: a scalar, or a list of them. */
enum tare_status tare__wants_read(struct tare_json v, struct tare_arena *arena,
                                  struct tare__wants *out, struct tare_err *err);

/* find.c */
struct tare__found tare__check_find(struct tare__look *l, const struct tare__check *c);
/* All of a list, as one check: pass when all pass (or the mean reaches the threshold). */
struct tare__found tare__check_all(struct tare__look *l, const struct tare__check *kids,
                                   uint32_t n_kids, double threshold);
struct tare__found tare__verdict(bool pass, struct tare_str says);
struct tare__found tare__graded(double score, double threshold, struct tare_str says);
struct tare__found tare__unknown(enum tare_score_state state, struct tare_str says);
/* Text i of a list, holes filled; with n 0 the task's expected answer. NULL text: there is none. */
struct tare_str tare__want(struct tare__look *l, const struct tare__wants *w, uint32_t i);
uint32_t tare__want_count(const struct tare__look *l, const struct tare__wants *w);

/* find_value.c: numbers, choices, JSON */
struct tare__found tare__find_number(struct tare__look *l, const struct tare__check *c);
struct tare__found tare__find_choice(struct tare__look *l, const struct tare__check *c);
struct tare__found tare__find_json(struct tare__look *l, const struct tare__check *c);
/* similar.c */
struct tare__found tare__find_similar(struct tare__look *l, const struct tare__check *c);
/* Words: runs of letters and digits (anything above ASCII counts as a letter), lower case. */
uint32_t tare__words(struct tare_str text, struct tare_arena *arena, struct tare_str **out);

/* command.c */
enum tare_status tare__command_compile(struct tare__answer *a, struct tare_json v,
                                       struct tare_arena *arena, struct tare__check *c,
                                       struct tare_err *err);
enum tare_status tare__command_ask(const struct tare__answer *a, const struct tare__check *c,
                                   const struct tare_check_in *in, struct tare_arena *turn,
                                   struct tare_yield *out, struct tare_err *err);

struct tare__command_work {
    bool answered;
    struct tare_str line;
};
struct tare__found tare__command_read(struct tare_str line, int exit_status, bool late,
                                      double threshold, struct tare_arena *arena);

/* judge.c */
struct tare__judge_work {
    uint32_t asked, votes_yes, votes_no, failed, refused, unparsed;
    double sum, cost_usd;
    bool cost_unknown;
    uint64_t tokens;
    struct tare_str says; /* of the first vote */
    struct tare_str why;  /* of the first failure */
};
enum tare_status tare__judge_compile(struct tare__answer *a, struct tare_json v,
                                     struct tare_arena *arena, struct tare__check *c,
                                     struct tare_err *err);
/* The next question, or false: all votes are in. */
bool tare__judge_ask(const struct tare__answer *a, const struct tare__check *c,
                     struct tare__judge_work *w, const struct tare_check_in *in,
                     struct tare_arena *turn, struct tare_yield *out, enum tare_status *st,
                     struct tare_err *err);
enum tare_status tare__judge_reply(const struct tare__check *c, struct tare__judge_work *w,
                                   struct tare_str reply, enum tare_cause failed,
                                   struct tare_arena *arena, struct tare_err *err);
struct tare__found tare__judge_find(const struct tare__check *c, const struct tare__judge_work *w,
                                    struct tare_arena *arena);
/* Model, hash, votes, cost: the evidence. */
void tare__judge_evidence(const struct tare__check *c, const struct tare__judge_work *w,
                          struct tare_json_writer *out);
#endif
