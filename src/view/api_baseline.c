/* The one thing that a page may change: which run is the baseline of its suite. */
#include "view/api_int.h"

#include "base/banned.h"

#define WAIT_MS 5000 /* for a writer; the page can be asked again */

/* What a body says: {"run": "r7f3a", "baseline": true}. */
struct wish {
    struct tare_str run;
    bool on;
};

static enum tare_status wrong_body(struct tare_err *err, const char *what)
{
    (void)tare_fail(err, TARE_E_USAGE, "%s", what);
    tare_err_hint(err, "a body looks like {\"run\": \"r7f3a\", \"baseline\": true}");
    return TARE_E_USAGE;
}

static enum tare_status read_wish(struct tare__call *c, struct tare_str body, struct wish *out,
                                  struct tare_err *err)
{
    struct tare_json doc;
    struct tare_err why = {0};
    if (tare_json_parse(body, &tare_json_strict, c->arena, &doc, &why) != TARE_OK)
        return wrong_body(err, "the body is not JSON");
    struct tare_json run = tare_json_get(doc, "run"), on = tare_json_get(doc, "baseline");
    bool known = tare_json_kind(run) == TARE_JSON_STRING &&
                 (tare_json_kind(on) == TARE_JSON_TRUE || tare_json_kind(on) == TARE_JSON_FALSE);
    if (!known || tare_json_count(doc) != 2)
        return wrong_body(err, "the body holds \"run\", an address, and \"baseline\", true or "
                               "false, and nothing else");
    *out = (struct wish){.run = tare_json_str(run), .on = tare_json_true(on)};
    return out->run.n ? TARE_OK : wrong_body(err, "\"run\" is empty");
}

/* The handle of the API only reads, so this one is opened for one change. */
static enum tare_status write_wish(struct tare__call *c, int64_t run, bool on, struct tare_err *err)
{
    struct tare_store_options options = {
        .size = sizeof options, .busy_ms = WAIT_MS, .clock = c->api->clock};
    struct tare_store *store = NULL;
    enum tare_status st = tare_store_open(c->api->path, &options, &store, err);
    if (!st)
        st = tare_store_mark_baseline(store, run, on, err);
    if (!st)
        st = tare_store_change(store, &c->change, err);
    tare_store_close(store);
    return st;
}

static const struct tare_run_view *marked(const struct tare_batch_view *v, uint32_t n,
                                          struct tare_digest suite)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t r = 0; r < v[i].n_runs; r++)
            if (v[i].runs[r].baseline && tare_digest_eq(v[i].suite_digest, suite))
                return &v[i].runs[r];
    return NULL;
}

void tare__put_baselines(struct tare_json_writer *w, const struct tare_batch_view *v, uint32_t n)
{
    tare_json_put_key(w, "baselines");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t r = 0; r < v[i].n_runs; r++)
            if (v[i].runs[r].baseline) {
                tare_json_begin_object(w);
                tare__put_digest(w, "suite_digest", v[i].suite_digest);
                tare_json_member_cstr(w, "run", v[i].runs[r].name);
                tare_json_end_object(w);
            }
    tare_json_end_array(w);
}

enum tare_status tare__post_baseline(struct tare__call *c, struct tare_str body,
                                     struct tare_err *err)
{
    struct wish wish;
    struct tare_address at;
    struct tare_batch_view b, *all;
    const struct tare_run_view *run, *before;
    uint32_t n;
    enum tare_status st = tare__params_done(c, err);
    if (!st)
        st = read_wish(c, body, &wish, err);
    if (!st)
        st = tare__find_run(c, wish.run, &at, &b, &run, err);
    if (!st)
        st = tare__all_batches(c, b.suite_name, &all, &n, err);
    if (!st)
        st = write_wish(c, run->id, wish.on, err);
    if (st)
        return st;
    before = marked(all, n, b.suite_digest);
    tare_json_begin_object(&c->w);
    tare_json_member_cstr(&c->w, "schema", "tare.baseline/1");
    tare_json_member_str(&c->w, "suite", b.suite_name);
    tare__put_digest(&c->w, "suite_digest", b.suite_digest);
    tare_json_member_cstr(&c->w, "run", run->name);
    tare_json_member_bool(&c->w, "baseline", wish.on);
    tare_json_member_cstr(&c->w, "before", before ? before->name : NULL);
    tare_json_end_object(&c->w);
    return TARE_OK;
}
