/*
 * Inspect AI logs, schema version 2 and its older spellings: the `.json` form (one object whose
 * `samples` array is walked sample by sample). The zip form is in inspect_zip.c.
 */
#include <math.h>

#include "record/formats/inspect_int.h"

#include "base/banned.h"

/* Letters and words as Inspect turns them into numbers; *known false for anything else. */
static double scalar_score(struct tare_json v, bool *known)
{
    double x = 0;
    struct tare_str s = tare_json_str(v);
    *known = true;
    if (tare_json_kind(v) == TARE_JSON_STRING && s.n == 1) {
        if (*s.p == 'C')
            return 1;
        if (*s.p == 'P')
            return 0.5;
        if (*s.p == 'I' || *s.p == 'N')
            return 0;
    }
    *known = tare__import_number(v, &x);
    return *known ? x : 0;
}

static void one_score(struct tare__import *im, struct tare_str name, struct tare_json value)
{
    enum tare_json_kind kind = tare_json_kind(value);
    if (kind == TARE_JSON_OBJECT || kind == TARE_JSON_ARRAY) {
        uint32_t i = 0;
        for (struct tare_json v = tare_json_first(value); tare_json_present(v);
             v = tare_json_next(v), i++) {
            struct tare_str key = tare_json_key(v);
            struct tare_str full =
                kind == TARE_JSON_OBJECT
                    ? tare_arena_printf(&im->scratch, "%.*s.%.*s", TARE_FMT(name), TARE_FMT(key))
                    : tare_arena_printf(&im->scratch, "%.*s.%u", TARE_FMT(name), i);
            if (tare_json_kind(v) < TARE_JSON_ARRAY)
                one_score(im, full, v);
        }
        return;
    }
    bool known;
    double x = kind == TARE_JSON_NULL ? (double)NAN : scalar_score(value, &known);
    if (kind != TARE_JSON_NULL && !known)
        tare__import_note(im, "score '%.*s' has values that are no numbers: they count as 0",
                          TARE_FMT(name));
    if (isinf(x)) {
        tare__import_note(im, "score '%.*s' has an infinite value: it counts as unscored",
                          TARE_FMT(name));
        x = (double)NAN;
    }
    tare__import_score(im, name, x);
}

static void scores(struct tare__import *im, struct tare_json sample)
{
    struct tare_json all = tare_json_get(sample, "scores");
    for (struct tare_json s = tare_json_first(all); tare_json_present(s); s = tare_json_next(s))
        one_score(im, tare_json_key(s), tare_json_get(s, "value"));
    struct tare_json old = tare_json_get(sample, "score");
    if (tare_json_kind(old) == TARE_JSON_OBJECT)
        one_score(im, TARE_S("score"), tare_json_get(old, "value"));
}

static struct tare_str last_user_text(struct tare__import *im, struct tare_json input)
{
    if (tare_json_kind(input) != TARE_JSON_ARRAY)
        return tare__import_any_text(im, input);
    struct tare_json text = {NULL, 0};
    for (struct tare_json m = tare_json_first(input); tare_json_present(m); m = tare_json_next(m))
        if (tare_json_str_is(tare_json_get(m, "role"), "user"))
            text = tare_json_get(m, "content");
    return tare__import_any_text(im, text);
}

static void outcome(struct tare__import *im, struct tare_json sample)
{
    struct tare__import_row *r = &im->row;
    struct tare_json error = tare_json_get(sample, "error");
    struct tare_json limit = tare_json_get(sample, "limit");
    bool has_error =
        tare_json_kind(error) == TARE_JSON_OBJECT || tare_json_kind(error) == TARE_JSON_STRING;
    bool has_limit =
        tare_json_kind(limit) == TARE_JSON_OBJECT || tare_json_kind(limit) == TARE_JSON_STRING;
    if (has_error) {
        r->outcome = TARE_IMPORT_ERROR;
        r->cause_text = tare_json_kind(error) == TARE_JSON_STRING
                            ? tare_json_str(error)
                            : tare_json_str(tare_json_get(error, "message"));
    } else if (has_limit && r->n_scores == 0) {
        r->outcome = TARE_IMPORT_LIMIT;
        r->cause = TARE_CAUSE_LIMIT;
        r->cause_text = tare_json_kind(limit) == TARE_JSON_STRING
                            ? tare_json_str(limit)
                            : tare_json_str(tare_json_get(limit, "type"));
    } else if (r->n_scores == 0 || isnan(r->score[0])) {
        r->outcome = TARE_IMPORT_UNSCORED;
    }
}

enum tare_status tare__import_inspect_sample(struct tare__import *im, struct tare_json sample)
{
    struct tare__import_row *r = &im->row;
    int64_t epoch;
    r->task = tare__import_text(tare_json_get(sample, "id"));
    r->run = im->table->n_runs ? im->table->runs[0] : TARE_S("");
    if (tare_json_i64(tare_json_get(sample, "epoch"), &epoch) && epoch >= 1)
        r->index = epoch - 1;
    scores(im, sample);
    outcome(im, sample);
    struct tare_json output = tare_json_get(sample, "output");
    r->input = last_user_text(im, tare_json_get(sample, "input"));
    r->expected = tare__import_any_text(im, tare_json_get(sample, "target"));
    struct tare_json completion = tare_json_get(output, "completion");
    if (tare_json_kind(completion) != TARE_JSON_STRING)
        completion = tare_json_get(
            tare_json_get(tare_json_at(tare_json_get(output, "choices"), 0), "message"), "content");
    r->has_output = tare_json_present(completion);
    r->output = tare__import_any_text(im, completion);
    tare__import_tags_of(im, tare_json_get(sample, "metadata"), "");
    struct tare_json usage = tare_json_get(sample, "model_usage");
    for (struct tare_json u = tare_json_first(usage); tare_json_present(u); u = tare_json_next(u)) {
        tare__import_tokens(im, u, "input_tokens", "output_tokens");
        double cost;
        if (tare_json_f64(tare_json_get(u, "total_cost"), &cost)) {
            r->cost_usd += cost;
            r->has_cost = true;
        }
    }
    if (tare_json_f64(tare_json_get(sample, "total_time"), &r->seconds))
        r->has_seconds = true;
    return tare__import_commit(im);
}

/* Names the run and the metrics' order from the header; the first score of results leads. */
enum tare_status tare__import_inspect_header(struct tare__import *im, struct tare_json eval,
                                             struct tare_json results)
{
    struct tare_str model = tare_json_str(tare_json_get(eval, "model"));
    struct tare_str task = tare_json_str(tare_json_get(eval, "task"));
    (void)results;
    im->table->suite = tare_arena_copy(im->arena, task);
    im->table->runs = TARE_NEW_N(im->arena, struct tare_str, 1);
    if (!im->table->runs)
        return tare_fail(im->err, TARE_E_NOMEM, "out of memory while reading a log");
    im->table->runs[0] = tare_arena_copy(im->arena, model);
    im->table->n_runs = 1;
    im->cap_runs = 1;
    return TARE_OK;
}

static enum tare_status parse_part(struct tare__import *im, const char *key, struct tare_json *out)
{
    struct tare_str slice = tare_json_walk_find(im->text, 0, key);
    *out = (struct tare_json){NULL, 0};
    return slice.n ? tare__import_parse(im, slice, out) : TARE_OK;
}

enum tare_status tare__import_inspect_json(struct tare__import *im)
{
    struct tare_json eval, results;
    enum tare_status st = parse_part(im, "eval", &eval);
    if (st == TARE_OK)
        st = parse_part(im, "results", &results);
    if (st == TARE_OK)
        st = tare__import_inspect_header(im, eval, results);
    if (st != TARE_OK)
        return st;
    struct tare_str status = tare_json_walk_find(im->text, 0, "status");
    if (status.n && !tare_str_is(status, "\"success\""))
        tare__import_note(im, "the log's status is %.*s: it may hold only a part of the samples",
                          TARE_FMT(status));
    struct tare_str samples = tare_json_walk_find(im->text, 0, "samples");
    if (samples.n == 0 || samples.p[0] != '[') {
        st = tare__import_fail(im, 0, "the log holds no samples");
        tare_err_hint(im->err, "it was written without them (log_samples=false), or is a header "
                               "only");
        return st;
    }
    return tare__import_each(im, samples, tare__import_inspect_sample);
}
