/*
 * OpenAI evals logs (a spec line, events, a final report) and DeepEval's local run file.
 */
#include <math.h>

#include "record/formats/import_int.h"

#include "base/banned.h"

static enum tare_status event(struct tare__import *im, struct tare_json line)
{
    struct tare__import_row *r = &im->row;
    struct tare_json spec = tare_json_get(line, "spec");
    if (tare_json_kind(spec) == TARE_JSON_OBJECT) {
        struct tare_str model =
            tare_json_str(tare_json_first(tare_json_get(spec, "completion_fns")));
        im->table->suite =
            tare_arena_copy(im->arena, tare_json_str(tare_json_get(spec, "eval_name")));
        im->table->runs = TARE_NEW_N(im->arena, struct tare_str, 1);
        if (!im->table->runs)
            return tare_fail(im->err, TARE_E_NOMEM, "out of memory while reading a log");
        im->table->runs[0] = tare_arena_copy(im->arena, model);
        im->table->n_runs = im->cap_runs = 1;
        return TARE_OK;
    }
    struct tare_str type = tare_json_str(tare_json_get(line, "type"));
    struct tare_json data = tare_json_get(line, "data");
    r->task = tare__import_text(tare_json_get(line, "sample_id"));
    r->run = im->table->n_runs ? im->table->runs[0] : TARE_S("");
    r->index = -1;
    double x;
    if (tare_str_is(type, "match") && tare__import_number(tare_json_get(data, "correct"), &x)) {
        tare__import_score(im, TARE_S("correct"), x);
        struct tare_json sampled = tare_json_get(data, "sampled");
        r->has_output = tare_json_present(sampled);
        r->output = tare__import_any_text(im, sampled);
        r->expected = tare__import_any_text(im, tare_json_get(data, "expected"));
        return tare__import_commit(im);
    }
    if (tare_str_is(type, "metrics")) {
        for (struct tare_json v = tare_json_first(data); tare_json_present(v);
             v = tare_json_next(v))
            if (tare__import_number(v, &x))
                tare__import_score(im, tare_json_key(v), x);
        return r->n_scores ? tare__import_commit(im) : TARE_OK;
    }
    if (tare_str_is(type, "error")) {
        r->outcome = TARE_IMPORT_ERROR;
        r->cause_text = tare_json_str(tare_json_get(data, "message"));
        return tare__import_commit(im);
    }
    return TARE_OK;
}

enum tare_status tare__import_openai_evals(struct tare__import *im)
{
    return tare__import_lines(im, event);
}

static enum tare_status deepeval_case(struct tare__import *im, struct tare_json row)
{
    struct tare__import_row *r = &im->row;
    double x;
    r->task = tare__import_text(tare_json_get(row, "name"));
    if (tare__import_number(tare_json_get(row, "success"), &x))
        tare__import_score(im, TARE_S("success"), x);
    struct tare_json metrics = tare_json_get(row, "metricsData");
    for (struct tare_json m = tare_json_first(metrics); tare_json_present(m);
         m = tare_json_next(m)) {
        struct tare_str name = tare_json_str(tare_json_get(m, "name"));
        if (name.n && tare__import_number(tare_json_get(m, "score"), &x))
            tare__import_score(im, name, x);
    }
    if (r->n_scores == 0)
        r->outcome = TARE_IMPORT_UNSCORED;
    struct tare_json output = tare_json_get(row, "actualOutput");
    r->has_output = tare_json_present(output);
    r->output = tare__import_any_text(im, output);
    r->input = tare__import_any_text(im, tare_json_get(row, "input"));
    r->expected = tare__import_any_text(im, tare_json_get(row, "expectedOutput"));
    r->has_seconds = tare_json_f64(tare_json_get(row, "runDuration"), &r->seconds);
    tare__import_tags_of(im, tare_json_get(row, "metadata"), "");
    return tare__import_commit(im);
}

enum tare_status tare__import_deepeval(struct tare__import *im)
{
    struct tare_str cases = tare_json_walk_find(im->text, 0, "testCases");
    if (cases.n == 0) {
        struct tare_str inner = tare_json_walk_find(im->text, 0, "testRunData");
        if (inner.n)
            cases = tare_json_walk_find(im->text, (size_t)(inner.p - im->text.p), "testCases");
    }
    if (cases.n == 0)
        return tare__import_fail(im, 0, "no testCases");
    return tare__import_each(im, cases, deepeval_case);
}
