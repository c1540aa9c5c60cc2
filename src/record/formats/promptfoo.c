/*
 * promptfoo results: out.json (version 3) and out.jsonl.
 *
 * Its rows carry no repeat number: with --repeat k each repeat has a test index of its own and
 * rows come in the order they finished. Rows of one (prompt, provider, test case) are tries at one
 * task; their order does not matter to any figure, so they are numbered as they come.
 */
#include <math.h>

#include "record/formats/import_int.h"

#include "base/hash.h"
#include "base/limits.h"

#include "base/banned.h"

static struct tare_str task_id(struct tare__import *im, struct tare_json row)
{
    struct tare_json test = tare_json_get(row, "testCase");
    struct tare_str id = tare__import_text(tare_json_get(tare_json_get(test, "metadata"), "id"));
    if (id.n == 0)
        id = tare_json_str(tare_json_get(test, "description"));
    if (id.n && !tare_str_starts(id, TARE_S("Row #")))
        return id;
    struct tare_json vars = tare_json_get(row, "vars");
    struct tare_buf b;
    char hex[65];
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_canonical(tare_json_present(vars) ? vars : test, &b);
    tare_digest_hex(tare_sha256_of(tare_buf_str(&b)), hex);
    tare_buf_free(&b);
    return tare_arena_printf(&im->scratch, "vars-%.12s", hex);
}

static struct tare_str run_name(struct tare__import *im, struct tare_json row)
{
    struct tare_json provider = tare_json_get(row, "provider");
    struct tare_str name = tare_json_str(tare_json_get(provider, "label"));
    if (name.n == 0)
        name = tare__import_text(tare_json_get(provider, "id"));
    if (name.n == 0)
        name = tare__import_text(provider);
    int64_t prompt = 0;
    if (tare_json_i64(tare_json_get(row, "promptIdx"), &prompt) && prompt > 0) {
        struct tare_str label = tare_json_str(tare_json_get(tare_json_get(row, "prompt"), "label"));
        if (label.n && label.n <= 40)
            return tare_arena_printf(&im->scratch, "%.*s %.*s", TARE_FMT(name), TARE_FMT(label));
    }
    return name;
}

static void outcome(struct tare__import *im, struct tare_json row)
{
    struct tare__import_row *r = &im->row;
    int64_t reason = 0;
    tare_json_i64(tare_json_get(row, "failureReason"), &reason);
    if (reason == 2) {
        r->outcome = TARE_IMPORT_ERROR;
        r->cause_text = tare__import_text(tare_json_get(row, "error"));
    }
}

static enum tare_status row(struct tare__import *im, struct tare_json row)
{
    struct tare__import_row *r = &im->row;
    double x;
    if (tare_json_kind(row) != TARE_JSON_OBJECT)
        return tare__import_fail(im, r->offset, "a result must be an object");
    r->task = task_id(im, row);
    r->run = run_name(im, row);
    if (tare__import_number(tare_json_get(row, "success"), &x))
        tare__import_score(im, TARE_S("success"), x);
    if (tare__import_number(tare_json_get(row, "score"), &x))
        tare__import_score(im, TARE_S("score"), x);
    struct tare_json named = tare_json_get(row, "namedScores");
    for (struct tare_json v = tare_json_first(named); tare_json_present(v); v = tare_json_next(v))
        if (tare__import_number(v, &x))
            tare__import_score(im, tare_json_key(v), x);
    outcome(im, row);
    struct tare_json response = tare_json_get(row, "response");
    struct tare_json output = tare_json_get(response, "output");
    r->has_output = tare_json_present(output);
    r->output = tare__import_any_text(im, output);
    r->input = tare__import_any_text(im, tare_json_get(tare_json_get(row, "prompt"), "raw"));
    tare__import_tokens(im, tare_json_get(response, "tokenUsage"), "prompt", "completion");
    if (tare_json_f64(tare_json_get(row, "cost"), &r->cost_usd))
        r->has_cost = true;
    if (tare_json_f64(tare_json_get(row, "latencyMs"), &r->seconds)) {
        r->seconds /= 1000;
        r->has_seconds = true;
    }
    tare__import_tags_of(im, tare_json_get(tare_json_get(row, "testCase"), "metadata"), "");
    return tare__import_commit(im);
}

enum tare_status tare__import_promptfoo(struct tare__import *im)
{
    struct tare_str whole = tare_str_trim(im->text);
    struct tare_str outer = tare_json_walk_find(im->text, 0, "results");
    if (whole.n == 0 || whole.p[0] != '{' || outer.n == 0)
        return tare__import_lines(im, row);
    struct tare_str rows = outer;
    if (outer.p[0] == '{')
        rows = tare_json_walk_find(im->text, (size_t)(outer.p - im->text.p), "results");
    if (rows.n == 0 || rows.p[0] != '[')
        return tare__import_fail(im, (size_t)(outer.p - im->text.p),
                                 "no results.results array: is this an old table export?");
    return tare__import_each(im, rows, row);
}
