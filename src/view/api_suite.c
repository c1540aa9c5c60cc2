/* Suites: what is weighed, what was noticed about it. */
#include "view/api_int.h"

#include "base/banned.h"

void tare__put_digest(struct tare_json_writer *w, const char *key, struct tare_digest d)
{
    char hex[65];
    tare_digest_hex(d, hex);
    tare_json_member_cstr(w, key, hex);
}

void tare__put_suite_head(struct tare_json_writer *w, const struct tare_batch_view *b)
{
    tare_json_member_str(w, "suite", b->suite_name);
    tare_json_member_str(w, "version", b->suite_version);
    tare__put_digest(w, "suite_digest", b->suite_digest);
    tare_json_member_u64(w, "n_tasks", b->n_tasks);
}

/* ---- all suites, newest use first ------------------------------------------------------------ */

static void put_uses(struct tare_json_writer *w, const struct tare_batch_view *v, uint32_t n,
                     uint32_t i)
{
    uint64_t batches = 0, runs = 0;
    for (uint32_t k = i; k < n; k++)
        if (tare_digest_eq(v[k].suite_digest, v[i].suite_digest)) {
            batches++;
            runs += v[k].n_runs;
        }
    tare_json_member_u64(w, "batches", batches);
    tare_json_member_u64(w, "runs", runs);
    tare_doc_time(w, "used_at", v[i].wall_start_ns);
}

static bool first_use(const struct tare_batch_view *v, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (tare_digest_eq(v[k].suite_digest, v[i].suite_digest))
            return false;
    return true;
}

enum tare_status tare__get_suites(struct tare__call *c, struct tare_err *err)
{
    struct tare_batch_view *v;
    uint32_t n;
    uint64_t total = 0;
    enum tare_status st = tare__params_done(c, err);
    if (!st)
        st = tare__all_batches(c, TARE_S(""), &v, &n, err);
    if (st)
        return st;
    tare_json_begin_object(&c->w);
    tare_json_member_cstr(&c->w, "schema", "tare.suites/1");
    tare_json_put_key(&c->w, "rows");
    tare_json_begin_array(&c->w);
    for (uint32_t i = 0; i < n; i++) {
        if (!first_use(v, i))
            continue;
        total++;
        tare_json_begin_object(&c->w);
        tare__put_suite_head(&c->w, &v[i]);
        put_uses(&c->w, v, n, i);
        tare_json_end_object(&c->w);
    }
    tare_json_end_array(&c->w);
    tare_json_member_u64(&c->w, "total", total);
    tare_json_end_object(&c->w);
    return TARE_OK;
}

/* ---- one suite ------------------------------------------------------------------------------- */

#define MAX_VALUES 500u
#define MAX_KEYS 16u

struct counted_value {
    struct tare_str value;
    uint64_t n;
};

/* Tasks by the values of one tag, in order of appearance. */
static enum tare_status put_tag(struct tare__call *c, struct tare_str key,
                                const struct tare_task_view *tasks, uint32_t n,
                                struct tare_err *err)
{
    struct counted_value *v = TARE_NEW_N(c->arena, struct counted_value, MAX_VALUES);
    uint32_t n_values = 0;
    uint64_t others = 0;
    if (!v)
        return tare__no_memory(err);
    for (uint32_t i = 0; i < n; i++) {
        struct tare_str x = tare_task_view_tag(&tasks[i], key);
        uint32_t k = 0;
        while (k < n_values && !tare_str_eq(v[k].value, x))
            k++;
        if (k == n_values && n_values == MAX_VALUES) {
            others++;
            continue;
        }
        if (k == n_values)
            v[n_values++].value = x;
        v[k].n++;
    }
    tare_json_begin_object(&c->w);
    tare_json_put_key(&c->w, "tag");
    tare_json_put_str(&c->w, key);
    tare_json_member_u64(&c->w, "others", others);
    tare_json_put_key(&c->w, "values");
    tare_json_begin_array(&c->w);
    for (uint32_t k = 0; k < n_values; k++) {
        tare_json_begin_object(&c->w);
        tare_json_member_str(&c->w, "value", v[k].value);
        tare_json_member_u64(&c->w, "n", v[k].n);
        tare_json_end_object(&c->w);
    }
    tare_json_end_array(&c->w);
    tare_json_end_object(&c->w);
    return TARE_OK;
}

/* Keys of the tags, as far as the first thousand tasks show them. */
static uint32_t tag_keys(const struct tare_task_view *tasks, uint32_t n, struct tare_str *keys)
{
    uint32_t n_keys = 0;
    for (uint32_t i = 0; i < n && i < 1000; i++)
        for (uint32_t t = 0; t < tasks[i].n_tags && n_keys < MAX_KEYS; t++) {
            uint32_t k = 0;
            while (k < n_keys && !tare_str_eq(keys[k], tasks[i].tags[t].key))
                k++;
            if (k == n_keys)
                keys[n_keys++] = tasks[i].tags[t].key;
        }
    return n_keys;
}

static void put_batches(struct tare__call *c, const struct tare_batch_view *v, uint32_t n,
                        struct tare_digest digest)
{
    tare_json_put_key(&c->w, "batches");
    tare_json_begin_array(&c->w);
    for (uint32_t i = 0, shown = 0; i < n && shown < 100; i++) {
        if (!tare_digest_eq(v[i].suite_digest, digest))
            continue;
        shown++;
        tare_json_begin_object(&c->w);
        tare_doc_batch(&c->w, &v[i]);
        tare_json_put_key(&c->w, "runs");
        tare_json_begin_array(&c->w);
        for (uint32_t r = 0; r < v[i].n_runs; r++) {
            tare_json_begin_object(&c->w);
            tare_doc_run(&c->w, &v[i].runs[r]);
            tare_json_end_object(&c->w);
        }
        tare_json_end_array(&c->w);
        tare_json_end_object(&c->w);
    }
    tare_json_end_array(&c->w);
}

enum tare_status tare__get_suite(struct tare__call *c, struct tare_err *err)
{
    struct tare_batch_view b, *v;
    struct tare_task_view *tasks;
    struct tare_str keys[MAX_KEYS];
    struct tare_results about;
    uint32_t n, n_tasks;
    enum tare_status st = tare__params_done(c, err);
    if (!st)
        st = tare__find_suite(c, c->segments[1], &b, err);
    if (!st)
        st = tare_store_tasks(c->store, b.info.id, c->arena, &tasks, &n_tasks, err);
    if (!st)
        st = tare__all_batches(c, b.suite_name, &v, &n, err);
    if (!st)
        st = tare_results_about(&b, c->arena, &about, err);
    if (st)
        return st;
    tare_json_begin_object(&c->w);
    tare_json_member_cstr(&c->w, "schema", "tare.suite/1");
    tare__put_suite_head(&c->w, &b);
    tare_doc_raw(&c->w, "manifest", b.suite_json);
    tare_json_member_str(&c->w, "headline", about.n_metrics ? about.metrics[0].name : TARE_S(""));
    tare_doc_metrics(&c->w, about.metrics, about.n_metrics);
    tare_json_put_key(&c->w, "tags");
    tare_json_begin_array(&c->w);
    uint32_t n_keys = tag_keys(tasks, n_tasks, keys);
    for (uint32_t k = 0; k < n_keys && !st; k++)
        st = put_tag(c, keys[k], tasks, n_tasks, err);
    tare_json_end_array(&c->w);
    tare_json_put_key(&c->w, "tasks");
    tare_json_begin_array(&c->w);
    for (uint32_t i = 0; i < n_tasks && i < TARE__API_MAX_ROWS; i++)
        tare_json_put_str(&c->w, tasks[i].id);
    tare_json_end_array(&c->w);
    put_batches(c, v, n, b.suite_digest);
    tare_json_end_object(&c->w);
    return st;
}
