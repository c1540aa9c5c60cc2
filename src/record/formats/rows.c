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
static const char *const output_names[] = {"output", "output_text", "completion", "response",
                                           "answer", "prediction",  NULL};

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
        memcpy(have + n, k.p, k.n);
        n += k.n;
        have[n++] = ' ';
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
static void take_outcome(struct tare__import *im, struct tare_json row, struct tare_json score)
{
    struct tare__import_row *r = &im->row;
    struct tare_json error = tare_json_get(row, "error");
    bool failed = tare_json_kind(error) == TARE_JSON_STRING
                      ? tare_json_str(error).n > 0
                      : tare_json_kind(error) == TARE_JSON_OBJECT || tare_json_true(error);
    if (!add_score(im, score)) {
        r->outcome = failed ? TARE_IMPORT_ERROR : TARE_IMPORT_UNSCORED;
        tare__import_score(im, tare_json_key(score), (double)NAN);
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

/* A column that has no role: a number is a further metric, a short text a tag. */
static void take_column(struct tare__import *im, struct tare_json v)
{
    double x;
    if (tare_json_kind(v) == TARE_JSON_NUMBER && tare__import_number(v, &x))
        tare__import_score(im, tare_json_key(v), x);
    else if (tare__import_text(v).n && tare__import_text(v).n <= 200)
        tare__import_tag(im, tare_json_key(v), tare__import_text(v));
}

static void take_spending(struct tare__import *im, struct tare_json row)
{
    double cost;
    tare__import_tokens(im, row, "input_tokens", "output_tokens");
    if (tare_json_f64(tare_json_get(row, "cost"), &cost) ||
        tare_json_f64(tare_json_get(row, "cost_usd"), &cost)) {
        im->row.cost_usd = cost;
        im->row.has_cost = true;
    }
}

enum tare_status tare__import_generic_row(struct tare__import *im, struct tare_json row)
{
    const struct tare_import_options *o = im->options;
    struct tare__import_row *r = &im->row;
    if (tare_json_kind(row) != TARE_JSON_OBJECT)
        return tare__import_fail(im, r->offset, "a row must be an object, this is a %s",
                                 tare_json_kind_name(row));
    struct tare_json task = pick(row, o->task_column, task_names);
    struct tare_json score = pick(row, o->score_column, score_names);
    if (tare_json_kind(score) == TARE_JSON_ABSENT && !o->score_column)
        score = tare_json_get(row, "scores");
    r->task = tare__import_text(task);
    if (r->task.n == 0)
        return need(im, row, "task id", o->task_column, "--task-column");
    if (!tare_json_present(score))
        return need(im, row, "score", o->score_column, "--score-column");
    struct tare_json attempt = pick(row, o->attempt_column, attempt_names);
    int64_t index;
    if (o->attempt_column && tare_json_i64(attempt, &index) && index >= 0)
        r->index = index > 0 ? index - 1 : 0;
    r->run = tare__import_text(pick(row, o->run_column, run_names));
    take_outcome(im, row, score);
    struct tare_json output = pick(row, o->output_column, output_names);
    r->has_output = tare_json_present(output);
    r->output = tare__import_any_text(im, output);
    for (struct tare_json v = tare_json_first(row); tare_json_present(v); v = tare_json_next(v)) {
        if (v.node == task.node || v.node == score.node || v.node == attempt.node ||
            (r->has_output && v.node == output.node))
            continue;
        take_column(im, v);
    }
    tare__import_tags_of(im, tare_json_get(row, "metadata"), "");
    tare__import_tags_of(im, tare_json_get(row, "tags"), "");
    take_spending(im, row);
    return tare__import_commit(im);
}

enum tare_status tare__import_rows(struct tare__import *im)
{
    struct tare_str text = tare_str_trim(im->text);
    if (text.n && text.p[0] == '[')
        return tare__import_each(im, text, tare__import_generic_row);
    return tare__import_lines(im, tare__import_generic_row);
}
