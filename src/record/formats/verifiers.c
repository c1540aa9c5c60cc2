/*
 * verifiers: version 1 (an episode a line, traces inside) and the legacy rows. Rollouts of one
 * example share its id and have no number: they are numbered in file order.
 */
#include "record/formats/import_int.h"

#include "base/banned.h"

static struct tare_str last_message(struct tare__import *im, struct tare_json messages)
{
    struct tare_json last = {NULL, 0};
    if (tare_json_kind(messages) == TARE_JSON_STRING)
        return tare_json_str(messages);
    for (struct tare_json m = tare_json_first(messages); tare_json_present(m);
         m = tare_json_next(m))
        if (tare_json_str_is(tare_json_get(m, "role"), "assistant"))
            last = tare_json_get(m, "content");
    return tare__import_any_text(im, last);
}

static void failure(struct tare__import *im, struct tare_json error)
{
    struct tare__import_row *r = &im->row;
    enum tare_json_kind kind = tare_json_kind(error);
    if (kind != TARE_JSON_STRING && kind != TARE_JSON_OBJECT)
        return;
    r->outcome = TARE_IMPORT_ERROR;
    r->cause_text = kind == TARE_JSON_STRING ? tare_json_str(error)
                                             : tare_json_str(tare_json_get(error, "message"));
}

static enum tare_status legacy(struct tare__import *im, struct tare_json row)
{
    struct tare__import_row *r = &im->row;
    double x;
    r->task = tare__import_text(tare_json_get(row, "example_id"));
    if (tare__import_number(tare_json_get(row, "reward"), &x))
        tare__import_score(im, TARE_S("reward"), x);
    struct tare_json metrics = tare_json_get(row, "metrics");
    for (struct tare_json v = tare_json_first(metrics); tare_json_present(v); v = tare_json_next(v))
        if (tare__import_number(v, &x))
            tare__import_score(im, tare_json_key(v), x);
    failure(im, tare_json_get(row, "error"));
    if (r->n_scores == 0 && r->outcome == TARE_IMPORT_SCORED)
        r->outcome = TARE_IMPORT_UNSCORED;
    struct tare_json completion = tare_json_get(row, "completion");
    r->has_output = tare_json_present(completion);
    r->output = last_message(im, completion);
    r->expected = tare__import_text(tare_json_get(row, "answer"));
    tare__import_tags_of(im, tare_json_get(row, "info"), "");
    tare__import_tokens(im, tare_json_get(row, "token_usage"), "input_tokens", "output_tokens");
    r->has_seconds =
        tare_json_f64(tare_json_get(tare_json_get(row, "timing"), "total"), &r->seconds);
    return tare__import_commit(im);
}

static void trace(struct tare__import *im, struct tare_json t, double *reward, bool *scored)
{
    struct tare__import_row *r = &im->row;
    struct tare_json rewards = tare_json_get(t, "rewards");
    for (struct tare_json v = tare_json_first(rewards); tare_json_present(v);
         v = tare_json_next(v)) {
        double score, weight = 1;
        if (!tare__import_number(tare_json_get(v, "score"), &score))
            continue;
        tare__import_number(tare_json_get(v, "weight"), &weight);
        *reward += score * weight;
        *scored = true;
    }
    struct tare_json calls = tare_json_get(t, "calls");
    for (struct tare_json c = tare_json_first(calls); tare_json_present(c); c = tare_json_next(c)) {
        tare__import_tokens(im, tare_json_get(c, "usage"), "prompt_tokens", "completion_tokens");
        if (r->run.n == 0)
            r->run = tare_json_str(tare_json_get(c, "model"));
    }
    struct tare_json nodes = tare_json_get(t, "nodes");
    for (struct tare_json n = tare_json_first(nodes); tare_json_present(n); n = tare_json_next(n)) {
        struct tare_json message = tare_json_get(n, "message");
        if (tare_json_str_is(tare_json_get(message, "role"), "assistant")) {
            r->has_output = true;
            r->output = tare__import_any_text(im, tare_json_get(message, "content"));
        }
    }
}

static enum tare_status episode(struct tare__import *im, struct tare_json row)
{
    struct tare__import_row *r = &im->row;
    struct tare_json task = tare_json_get(row, "task");
    double reward = 0;
    bool scored = false;
    r->task = tare__import_text(tare_json_get(task, "key"));
    if (r->task.n == 0)
        r->task = tare__import_text(tare_json_get(tare_json_get(row, "group"), "id"));
    struct tare_json traces = tare_json_get(row, "traces");
    for (struct tare_json t = tare_json_first(traces); tare_json_present(t); t = tare_json_next(t))
        trace(im, t, &reward, &scored);
    if (scored)
        tare__import_score(im, TARE_S("reward"), reward);
    struct tare_json metrics = tare_json_get(tare_json_first(traces), "metrics");
    for (struct tare_json v = tare_json_first(metrics); tare_json_present(v);
         v = tare_json_next(v)) {
        double x;
        if (tare__import_number(v, &x))
            tare__import_score(im, tare_json_key(v), x);
    }
    failure(im, tare_json_first(tare_json_get(row, "errors")));
    if (!scored && r->outcome == TARE_IMPORT_SCORED)
        r->outcome = TARE_IMPORT_UNSCORED;
    tare__import_tags_of(im, tare_json_get(task, "data"), "");
    return tare__import_commit(im);
}

static enum tare_status either(struct tare__import *im, struct tare_json row)
{
    if (tare_json_present(tare_json_get(row, "traces")))
        return episode(im, row);
    return legacy(im, row);
}

enum tare_status tare__import_verifiers(struct tare__import *im)
{
    return tare__import_lines(im, either);
}
