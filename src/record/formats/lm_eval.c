/*
 * lm-evaluation-harness samples_*.jsonl: one line a document and filter. Repeats live inside
 * `resps`; only the filter's pick is scored, so a line is one attempt whose value may be the mean
 * over repeats. Metrics are named "metric,filter"; the first filter of the file leads.
 */
#include <math.h>

#include "record/formats/import_int.h"

#include "base/banned.h"

static struct tare_str document_id(struct tare_json row)
{
    struct tare_json doc = tare_json_get(row, "doc");
    struct tare_str id = tare__import_text(tare_json_get(doc, "id"));
    if (id.n == 0)
        id = tare__import_text(tare_json_get(doc, "task_id"));
    if (id.n == 0)
        id = tare__import_text(tare_json_get(row, "doc_id"));
    return id;
}

static void metrics(struct tare__import *im, struct tare_json row)
{
    struct tare_str filter = tare_json_str(tare_json_get(row, "filter"));
    struct tare_json names = tare_json_get(row, "metrics");
    for (struct tare_json n = tare_json_first(names); tare_json_present(n); n = tare_json_next(n)) {
        struct tare_str name = tare_json_str(n);
        double x;
        if (!tare__import_number(tare_json_get_str(row, name), &x)) {
            tare__import_note(im, "metric '%.*s' is no number per document: left out",
                              TARE_FMT(name));
            continue;
        }
        struct tare_str full = name;
        if (filter.n && !tare_str_is(filter, "none"))
            full = tare_arena_printf(&im->scratch, "%.*s,%.*s", TARE_FMT(name), TARE_FMT(filter));
        tare__import_score(im, full, x);
    }
}

static enum tare_status row(struct tare__import *im, struct tare_json row)
{
    struct tare__import_row *r = &im->row;
    r->task = document_id(row);
    r->run = TARE_S("");
    r->index = 0;
    r->merge = true; /* each filter scores the same document again */
    metrics(im, row);
    struct tare_json resps = tare_json_get(row, "resps");
    uint32_t repeats = tare_json_count(tare_json_first(resps));
    if (repeats > 1 && tare_json_kind(tare_json_first(tare_json_first(resps))) == TARE_JSON_STRING)
        tare__import_note(im,
                          "%u repeats a document are inside `resps`, but one value a document is "
                          "scored: attempts cannot be told apart without scoring again",
                          repeats);
    r->has_output = tare_json_present(resps);
    r->output = tare__import_any_text(im, tare_json_get(row, "filtered_resps"));
    r->expected = tare__import_text(tare_json_get(row, "target"));
    r->input = tare__import_any_text(
        im, tare_json_get(tare_json_first(tare_json_get(row, "arguments")), "arg_0"));
    tare__import_tags_of(im, tare_json_get(row, "doc"), "");
    if (r->n_scores == 0)
        r->outcome = TARE_IMPORT_UNSCORED;
    return tare__import_commit(im);
}

enum tare_status tare__import_lm_eval(struct tare__import *im)
{
    return tare__import_lines(im, row);
}
