/*
 * Plain rows: JSON Lines or an array of objects, one row an attempt, columns found by their usual
 * names or named by flags.
 */
#include <math.h>

#include "record/formats/import_int.h"

#include "base/banned.h"

static const char *const task_names[] = {
    "task_id", "task", "id",    "sample_id", "item",   "example_id", "question_id",
    "doc_id",  "name", "input", "question",  "prompt", NULL};
static const char *const attempt_names[] = {"attempt", "epoch", "trial", "repeat",
                                            "rollout", "try",   "seed",  NULL};
static const char *const run_names[] = {"run",   "model",    "solver", "system",
                                        "agent", "provider", NULL};
static const char *const score_names[] = {"score",    "correct",    "pass",    "passed",
                                          "success",  "reward",     "value",   "result",
                                          "accuracy", "is_correct", "outcome", NULL};
static const char *const label_names[] = {"label", "human",   "human_label", "gold",   "verdict",
                                          "score", "correct", "pass",        "passed", NULL};
static const char *const label_attempt_names[] = {"attempt", "epoch", "trial", "repeat",
                                                  "rollout", "try",   NULL};
static const char *const output_names[] = {"output", "output_text", "completion", "response",
                                           "answer", "prediction",  NULL};

/* What a column is to a row. */
enum role {
    ROLE_TASK,
    ROLE_SCORE,
    ROLE_SCORES,
    ROLE_ATTEMPT,
    ROLE_RUN,
    ROLE_OUTPUT,
    ROLE_ERROR,
    ROLE_METADATA,
    ROLE_TAGS,
    ROLE_TOKENS_IN,
    ROLE_TOKENS_OUT,
    ROLE_COST,
    ROLE_COST_USD,
    N_ROLES
};

#define MAX_SHAPE_COLUMNS 48u
#define MAX_SHAPE_BYTES 1024u

/* The keys of the row before and where each role stood: rows of one log nearly always look alike,
 * and then no name is looked up. */
struct tare__import_shape {
    uint32_t n; /* 0: none */
    uint32_t key_len[MAX_SHAPE_COLUMNS];
    uint32_t slot[N_ROLES]; /* number of the member + 1; 0: absent */
    char keys[MAX_SHAPE_BYTES];
};

static struct tare_json pick(struct tare_json row, const char *named, const char *const *usual)
{
    if (named)
        return tare_json_get(row, named);
    for (; *usual; usual++) {
        struct tare_json v = tare_json_get(row, *usual);
        if (tare_json_present(v))
            return v;
    }
    return (struct tare_json){NULL, 0};
}

static void look_up(const struct tare_import_options *o, struct tare_json row,
                    struct tare_json role[N_ROLES])
{
    static const char *const plain[N_ROLES] = {[ROLE_SCORES] = "scores",
                                               [ROLE_ERROR] = "error",
                                               [ROLE_METADATA] = "metadata",
                                               [ROLE_TAGS] = "tags",
                                               [ROLE_TOKENS_IN] = "input_tokens",
                                               [ROLE_TOKENS_OUT] = "output_tokens",
                                               [ROLE_COST] = "cost",
                                               [ROLE_COST_USD] = "cost_usd"};
    role[ROLE_TASK] = pick(row, o->task_column, task_names);
    role[ROLE_SCORE] = pick(row, o->score_column, o->labels ? label_names : score_names);
    role[ROLE_ATTEMPT] =
        pick(row, o->attempt_column, o->labels ? label_attempt_names : attempt_names);
    role[ROLE_RUN] = pick(row, o->run_column, run_names);
    role[ROLE_OUTPUT] = pick(row, o->output_column, output_names);
    for (size_t i = 0; i < N_ROLES; i++)
        if (plain[i])
            role[i] = tare_json_get(row, plain[i]);
}

static void remember(struct tare__import_shape *shape, const struct tare_json *member, uint32_t n,
                     const struct tare_json role[N_ROLES])
{
    size_t at = 0;
    shape->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct tare_str key = tare_json_key(member[i]);
        if (key.n > MAX_SHAPE_BYTES - at)
            return;
        if (key.n)
            memcpy(shape->keys + at, key.p, key.n);
        shape->key_len[i] = (uint32_t)key.n;
        at += key.n;
    }
    for (size_t r = 0; r < N_ROLES; r++) {
        shape->slot[r] = 0;
        for (uint32_t i = 0; i < n; i++)
            if (tare_json_present(role[r]) && member[i].node == role[r].node)
                shape->slot[r] = i + 1;
    }
    shape->n = n;
}

/* The columns of this row by role, absent where it has none. */
static void columns(struct tare__import *im, struct tare_json row, struct tare_json role[N_ROLES])
{
    struct tare_json member[MAX_SHAPE_COLUMNS];
    uint32_t n = 0, count = tare_json_count(row);
    size_t at = 0;
    if (!im->shape)
        im->shape = TARE_NEW(im->arena, struct tare__import_shape);
    struct tare__import_shape *shape = im->shape;
    bool fits = shape && count && count <= MAX_SHAPE_COLUMNS, same = fits && shape->n == count;
    struct tare_json v = tare_json_first(row);
    for (; fits && tare_json_present(v); v = tare_json_next(v), n++) {
        struct tare_str key = tare_json_key(v);
        member[n] = v;
        same = same && key.n == shape->key_len[n] &&
               (key.n == 0 || memcmp(key.p, shape->keys + at, key.n) == 0);
        at += key.n;
    }
    for (size_t r = 0; same && r < N_ROLES; r++)
        role[r] = shape->slot[r] ? member[shape->slot[r] - 1] : (struct tare_json){NULL, 0};
    if (same)
        return;
    look_up(im->options, row, role);
    if (fits)
        remember(shape, member, n, role);
}

static enum tare_status need(struct tare__import *im, struct tare_json row, const char *what,
                             const char *named, const char *flag)
{
    enum tare_status st =
        named ? tare__import_fail(im, im->row.offset, "no column '%s' in this row", named)
              : tare__import_fail(im, im->row.offset, "no column looks like the %s", what);
    char have[300] = "";
    size_t n = 0;
    for (struct tare_json v = tare_json_first(row); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_str k = tare_json_key(v);
        if (n + k.n + 2 >= sizeof have)
            break;
        if (n)
            have[n++] = ' ';
        memcpy(have + n, k.p, k.n);
        n += k.n;
        have[n] = 0;
    }
    tare_err_hint(im->err, "name it with %s; columns here: %s", flag, have);
    return st;
}

/* One column as a score of that name; true when it is a number. */
static bool add_score(struct tare__import *im, struct tare_json v)
{
    double x;
    if (tare_json_kind(v) == TARE_JSON_OBJECT) {
        bool any = false;
        for (struct tare_json m = tare_json_first(v); tare_json_present(m); m = tare_json_next(m))
            if (tare__import_number(m, &x)) {
                tare__import_score(im, tare_json_key(m), x);
                any = true;
            }
        return any;
    }
    if (!tare__import_number(v, &x))
        return false;
    tare__import_score(im, tare_json_key(v), x);
    return true;
}

/* What the row says of success: a score, an error, both or neither. */
static void take_outcome(struct tare__import *im, struct tare_json error, struct tare_json score)
{
    struct tare__import_row *r = &im->row;
    bool failed = tare_json_kind(error) == TARE_JSON_STRING
                      ? tare_json_str(error).n > 0
                      : tare_json_kind(error) == TARE_JSON_OBJECT || tare_json_true(error);
    if (!add_score(im, score)) {
        r->outcome = failed ? TARE_IMPORT_ERROR : TARE_IMPORT_UNSCORED;
        tare__import_score(im, tare_json_present(score) ? tare_json_key(score) : TARE_S("score"),
                           (double)NAN);
        if (!failed && tare_json_kind(score) == TARE_JSON_STRING && tare_json_str(score).n)
            tare__import_note(im, "some values of %.*s are not numbers (\"%.*s\"): no score",
                              TARE_FMT(tare_json_key(score)),
                              tare_json_str(score).n < 40 ? (int)tare_json_str(score).n : 40,
                              tare_json_str(score).p);
    }
    if (failed && tare_json_kind(score) != TARE_JSON_NUMBER)
        r->outcome = TARE_IMPORT_ERROR;
    if (failed)
        r->cause_text = tare__import_text(error);
}

/* What was spent is kept as that (take_spending), not scored a second time. */
static bool spending(const struct tare_json role[N_ROLES], struct tare_json v)
{
    for (size_t i = ROLE_TOKENS_IN; i <= ROLE_COST_USD; i++)
        if (tare_json_present(role[i]) && role[i].node == v.node)
            return true;
    return false;
}

/* A column that has no role: a number is a further metric, a short text a tag. */
static void take_column(struct tare__import *im, struct tare_json v)
{
    double x;
    if (tare_json_kind(v) == TARE_JSON_NUMBER && tare__import_number(v, &x))
        tare__import_score(im, tare_json_key(v), x);
    else if (tare__import_text(v).n && tare__import_text(v).n <= 200)
        tare__import_tag(im, tare_json_key(v), tare__import_text(v));
}

static void take_spending(struct tare__import *im, const struct tare_json role[N_ROLES])
{
    double cost;
    tare__import_token_counts(im, role[ROLE_TOKENS_IN], role[ROLE_TOKENS_OUT]);
    if (tare_json_f64(role[ROLE_COST], &cost) || tare_json_f64(role[ROLE_COST_USD], &cost)) {
        im->row.cost_usd = cost;
        im->row.has_cost = true;
    }
}

/* A column that was named, or that labels have, numbers the attempts from 1; others are told apart
 * by their order. */
static void take_index(struct tare__import *im, struct tare_json attempt)
{
    int64_t index;
    bool counts = im->options->attempt_column || im->options->labels;
    if (counts && tare_json_i64(attempt, &index) && index >= 0)
        im->row.index = index > 0 ? index - 1 : 0;
}

enum tare_status tare__import_generic_row(struct tare__import *im, struct tare_json row)
{
    const struct tare_import_options *o = im->options;
    struct tare__import_row *r = &im->row;
    struct tare_json role[N_ROLES];
    if (tare_json_kind(row) != TARE_JSON_OBJECT)
        return tare__import_fail(im, r->offset, "a row must be an object, not %s",
                                 tare_json_kind_name(row));
    columns(im, row, role);
    struct tare_json task = role[ROLE_TASK], score = role[ROLE_SCORE];
    struct tare_json attempt = role[ROLE_ATTEMPT], output = role[ROLE_OUTPUT];
    if (!tare_json_present(score) && !o->score_column)
        score = role[ROLE_SCORES];
    r->task = tare__import_text(task);
    if (r->task.n == 0)
        return need(im, row, "task id", o->task_column, "--task-column");
    if (!tare_json_present(score) && !(o->outputs_only && !o->score_column))
        return need(im, row, o->labels ? "label" : "score", o->score_column, "--score-column");
    take_index(im, attempt);
    r->run = tare__import_text(role[ROLE_RUN]);
    take_outcome(im, role[ROLE_ERROR], score);
    r->has_output = tare_json_present(output);
    r->output = tare__import_any_text(im, output);
    for (struct tare_json v = tare_json_first(row); tare_json_present(v); v = tare_json_next(v)) {
        if (v.node == task.node || v.node == score.node || v.node == attempt.node ||
            (r->has_output && v.node == output.node) ||
            tare_str_eq(tare_json_key(v), tare_json_key(score))) /* of two equal keys the last */
            continue;
        if (!spending(role, v))
            take_column(im, v);
    }
    tare__import_tags_of(im, role[ROLE_METADATA], "");
    tare__import_tags_of(im, role[ROLE_TAGS], "");
    take_spending(im, role);
    return tare__import_commit(im);
}

enum tare_status tare__import_rows(struct tare__import *im)
{
    struct tare_str text = tare_str_trim(im->text);
    if (text.n && text.p[0] == '[')
        return tare__import_each(im, text, tare__import_generic_row);
    return tare__import_lines(im, tare__import_generic_row);
}
