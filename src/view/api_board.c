/* What is decided: leaderboards over any runs of one suite, comparisons, plans. */
#include <math.h>

#include "base/limits.h"
#include "decide/power_plan.h"
#include "run/registry.h"
#include "view/api_int.h"
#include "view/plan.h"

#include "base/banned.h"

/* The metric first, the others behind it as they were. */
static enum tare_status order_names(const struct tare_results *r, struct tare_str metric,
                                    uint32_t n, struct tare_str *names, struct tare_err *err)
{
    uint32_t first = tare_results_metric(r, metric), at = 0;
    if (first == UINT32_MAX)
        return tare_fail(err, TARE_E_USAGE, "there is no metric \"%.*s\" in these runs",
                         TARE_FMT(metric));
    if (metric.n)
        names[at++] = r->metrics[first].name;
    for (uint32_t i = 0; i < n; i++)
        if (!metric.n || i != first)
            names[at++] = r->metrics[i].name;
    return TARE_OK;
}

enum tare_status tare__board(struct tare__call *c, const struct tare_results *r,
                             struct tare_str metric, struct tare_str by, bool all,
                             struct tare_board *out, struct tare_err *err)
{
    struct tare_board_opts opts = {.size = sizeof opts, .more = true, .by = by};
    uint32_t n = all || !r->n_shown ? r->n_metrics : r->n_shown;
    uint32_t first = tare_results_metric(r, metric);
    struct tare_str *names = TARE_NEW_N(c->arena, struct tare_str, r->n_metrics + 1u);
    if (!names)
        return tare__no_memory(err);
    enum tare_status st = r->n_metrics ? order_names(r, metric, n, names, err) : TARE_OK;
    if (st)
        return st;
    opts.metrics = names;
    opts.n_metrics = metric.n && first >= n ? n + 1 : n;
    opts.classes = tare_registry_classes(r->world, r->world_config);
    if (!all)
        opts.references = tare_registry_references(r->world, r->world_config, &opts.n_references);
    return tare_leaderboard(r, &opts, c->arena, out, err);
}

/* ---- several batches as one ------------------------------------------------------------------ */

struct gathering {
    struct tare__call *c;
    struct tare_results *out;
    struct tare_results_run *runs;
    const struct tare_batch_view *batch; /* of the first */
};

static bool same_metrics(const struct tare_results *a, const struct tare_results *b)
{
    if (a->n_metrics != b->n_metrics)
        return false;
    for (uint32_t i = 0; i < a->n_metrics; i++)
        if (!tare_str_eq(a->metrics[i].name, b->metrics[i].name))
            return false;
    return true;
}

static enum tare_status add_run(struct gathering *g, int64_t batch, uint32_t index,
                                struct tare_err *err)
{
    struct tare_results one, *out = g->out;
    enum tare_status st =
        tare_results_from_store(g->c->store, batch, (int32_t)index, g->c->arena, &one, err);
    if (st)
        return st;
    if (out->n_runs == 0) {
        *out = one;
        out->runs = g->runs;
        out->n_runs = 0;
    } else if (!tare_digest_eq(out->digest, one.digest) || !same_metrics(out, &one)) {
        (void)tare_fail(err, TARE_E_USAGE, "these runs weigh different suites");
        tare_err_hint(err, "a leaderboard is of one suite; tare compare --shared-tasks compares "
                           "two runs on the tasks they share");
        return TARE_E_USAGE;
    }
    if (!tare_str_eq(out->batch, one.batch))
        out->batch = TARE_S("");
    out->has_seed = out->has_seed && one.has_seed && out->seed == one.seed;
    out->k = one.k > out->k ? one.k : out->k;
    g->runs[out->n_runs++] = one.runs[0];
    return TARE_OK;
}

/* The newest run of each solver. */
static enum tare_status add_newest(struct gathering *g, const struct tare_batch_view *v, uint32_t n,
                                   struct tare_err *err)
{
    struct tare_digest seen[TARE__API_MAX_RUNS];
    uint32_t n_seen = 0;
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < n && !st; i++) {
        if (!tare_digest_eq(v[i].suite_digest, v[0].suite_digest))
            continue;
        for (uint32_t r = 0; r < v[i].n_runs && !st && n_seen < TARE__API_MAX_RUNS; r++) {
            bool again = false;
            for (uint32_t k = 0; k < n_seen && !again; k++)
                again = tare_digest_eq(seen[k], v[i].runs[r].digest);
            if (again)
                continue;
            seen[n_seen++] = v[i].runs[r].digest;
            st = add_run(g, v[i].info.id, r, err);
        }
    }
    return st;
}

static enum tare_status add_named(struct gathering *g, const struct tare_str *names, uint32_t n,
                                  struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    int before = g->c->http;
    for (uint32_t i = 0; i < n && !st; i++) {
        struct tare_address at;
        struct tare_batch_view batch;
        g->c->http = 404;
        st = tare_store_resolve(g->c->store, tare__address(names[i]), false, g->c->arena, &at, err);
        if (!st)
            st = tare_store_batch(g->c->store, at.batch, g->c->arena, &batch, err);
        g->c->http = before;
        uint32_t from = at.run ? at.run_index : 0, to = at.run ? at.run_index + 1 : 0;
        if (!st && !at.run)
            to = batch.n_runs;
        for (uint32_t r = from; r < to && !st; r++) {
            if (g->out->n_runs == TARE__API_MAX_RUNS)
                return tare_fail(err, TARE_E_USAGE, "at most %u runs beside each other",
                                 TARE__API_MAX_RUNS);
            st = add_run(g, at.batch, r, err);
        }
    }
    return st;
}

enum tare_status tare__gather(struct tare__call *c, struct tare_str suite,
                              const struct tare_str *names, uint32_t n, struct tare_results *out,
                              struct tare_err *err)
{
    struct gathering g = {.c = c, .out = out};
    struct tare_batch_view *v, found;
    uint32_t n_batches;
    *out = (struct tare_results){0};
    g.runs = TARE_NEW_N(c->arena, struct tare_results_run, TARE__API_MAX_RUNS);
    if (!g.runs)
        return tare__no_memory(err);
    if (n)
        return add_named(&g, names, n, err);
    if (!suite.n) {
        const struct tare_str last = TARE_S("@last");
        return add_named(&g, &last, 1, err);
    }
    enum tare_status st = tare__find_suite(c, suite, &found, err);
    if (!st)
        st = tare__all_batches(c, suite, &v, &n_batches, err);
    return st ? st : add_newest(&g, v, n_batches, err);
}

/* Where a class begins, by metric: what a figure dots in. */
static void put_thresholds(struct tare_json_writer *w, const struct tare_classes *classes)
{
    tare_json_put_key(w, "thresholds");
    tare_json_begin_object(w);
    for (uint32_t i = 0; classes && i < classes->n_rules; i++) {
        tare_json_put_key_str(w, classes->rules[i].metric);
        tare_json_begin_array(w);
        for (int level = 0; level < TARE_CLASS_LEVELS - 1; level++) {
            tare_json_begin_object(w);
            tare_json_member_f64(w, "at", classes->rules[i].bound[level]);
            tare_json_member_str(w, "name", classes->level[level]);
            tare_json_end_object(w);
        }
        tare_json_end_array(w);
    }
    tare_json_end_object(w);
}

/* Tags that tasks can be sliced by: those of the suite, then what else the first tasks have. */
static void put_tags(struct tare_json_writer *w, const struct tare_results *r)
{
    struct tare_str seen[32];
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n_by && n < 32; i++)
        seen[n++] = r->by[i];
    for (uint32_t t = 0; t < r->n_tasks && t < 100; t++)
        for (uint32_t i = 0; i < r->tasks[t].n_tags; i++) {
            uint32_t k = 0;
            while (k < n && !tare_str_eq(seen[k], r->tasks[t].tags[i].key))
                k++;
            if (k == n && n < 32)
                seen[n++] = r->tasks[t].tags[i].key;
        }
    tare_json_put_key(w, "tags");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++)
        tare_json_put_str(w, seen[i]);
    tare_json_end_array(w);
}

static void put_slices(struct tare_json_writer *w, const struct tare_board *b)
{
    tare_json_member_str(w, "by", b->slices_by);
    tare_json_member_u64(w, "slices_omitted", b->slices_omitted);
    tare_json_put_key(w, "slices");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < b->n_slices; i++) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "name", b->slices[i].value);
        tare_json_member_u64(w, "n_tasks", b->slices[i].n_tasks);
        tare_json_put_key(w, "cells");
        tare_json_begin_array(w);
        for (uint32_t r = 0; r < b->n_rows; r++)
            tare_doc_cell(w, &b->metrics[0], &b->slices[i].cells[r], b->confidence);
        tare_json_end_array(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

enum tare_status tare__get_leaderboard(struct tare__call *c, struct tare_err *err)
{
    struct tare_results r;
    struct tare_board board;
    struct tare_str *names, suite = tare__param(c, "suite"), metric = tare__param(c, "metric");
    struct tare_str by = tare__param(c, "by");
    uint32_t n;
    enum tare_status st = tare__param_list(c, "runs", &names, &n, err);
    if (!st)
        st = tare__params_done(c, err);
    if (!st)
        st = tare__gather(c, suite, names, n, &r, err);
    if (!st)
        st = tare__board(c, &r, metric, by, false, &board, err);
    if (st)
        return st;
    tare_json_begin_object(&c->w);
    tare_json_member_cstr(&c->w, "schema", "tare.leaderboard/1");
    tare_doc_board(&c->w, &board);
    tare_doc_metrics(&c->w, board.metrics, board.n_metrics);
    put_thresholds(&c->w, board.classes);
    put_tags(&c->w, &r);
    put_slices(&c->w, &board);
    tare_json_end_object(&c->w);
    return TARE_OK;
}

/* ---- two runs -------------------------------------------------------------------------------- */

static enum tare_status read_flag(struct tare__call *c, const char *key, bool *out,
                                  struct tare_err *err)
{
    uint64_t x;
    enum tare_status st = tare__param_u64(c, key, 0, 0, 1, &x, err);
    *out = x == 1;
    return st;
}

static enum tare_status compare_opts(struct tare__call *c, struct tare_compare_opts *o,
                                     struct tare_err *err)
{
    struct tare_str *by;
    double alpha, margin;
    *o = (struct tare_compare_opts){.size = sizeof *o, .threads = 2};
    o->metric = tare__param(c, "metric");
    o->cluster = tare__param(c, "cluster");
    enum tare_status st = tare__param_list(c, "by", &by, &o->n_by, err);
    if (!st)
        st = tare__param_f64(c, "margin", 0, 1e-9, 1e9, &margin, err);
    if (!st)
        st = tare__param_f64(c, "alpha", 0.05, 1e-6, 0.5, &alpha, err);
    if (!st)
        st = read_flag(c, "shared", &o->shared_tasks, err);
    if (!st)
        st = read_flag(c, "sequential", &o->sequential, err);
    if (!st)
        st = tare__params_done(c, err);
    if (st)
        return st;
    o->by = o->n_by ? by : NULL;
    o->margin = margin;
    o->alpha = alpha;
    return TARE_OK;
}

enum tare_status tare__get_compare(struct tare__call *c, struct tare_err *err)
{
    struct tare_compare_opts o;
    struct tare_results a, b;
    struct tare_compare *out = TARE_NEW(c->arena, struct tare_compare);
    struct tare_str left = tare__param(c, "a"), right = tare__param(c, "b");
    enum tare_status st = compare_opts(c, &o, err);
    if (!st && !out)
        st = tare__no_memory(err);
    if (!st && (!left.n || !right.n))
        st = tare_fail(err, TARE_E_USAGE, "a comparison needs a (the baseline) and b");
    if (!st)
        st = tare__find_results(c, left, &a, err);
    if (!st)
        st = tare__find_results(c, right, &b, err);
    if (!st)
        st = tare_compare(&a, 0, &b, 0, &o, c->arena, out, err);
    if (!st)
        tare_doc_compare(&c->w, out, TARE_GATE_NONE);
    return st;
}

/* ---- planning -------------------------------------------------------------------------------- */

static enum tare_status power_opts(struct tare__call *c, struct tare_power_plan_opts *o,
                                   struct tare_err *err)
{
    const double none = (double)NAN;
    const struct {
        const char *key;
        double def, min, max;
        double *to;
    } numbers[] = {
        {"baseline", none, 0, 1, &o->baseline},
        {"effect", none, -1e9, 1e9, &o->effect},
        {"n", none, 2, 1e12, &o->n},
        {"k", none, 1, TARE_MAX_ATTEMPTS_PER_TASK, &o->k},
        {"discordance", none, 0, 1, &o->discordance},
        {"sd", none, 1e-12, 1e12, &o->sd},
        {"alpha", 0.05, 1e-9, 0.5, &o->alpha},
        {"power", 0.80, 0.01, 0.9999, &o->power},
        {"cluster_size", none, 1, 1e9, &o->cluster_size},
        {"icc", none, 0, 1, &o->icc},
    };
    enum tare_status st = TARE_OK;
    *o = (struct tare_power_plan_opts){.size = sizeof *o};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && !st; i++)
        st = tare__param_f64(c, numbers[i].key, numbers[i].def, numbers[i].min, numbers[i].max,
                             numbers[i].to, err);
    return st;
}

enum tare_status tare__plan(struct tare__call *c, struct tare_power_plan *plan,
                            struct tare_power_plan_pilot *pilot, bool *from, struct tare_err *err)
{
    struct tare_power_plan_opts o;
    struct tare_results a, b;
    struct tare_str *names;
    struct tare_str metric = tare__param(c, "metric"), cluster = tare__param(c, "cluster");
    uint32_t n;
    enum tare_status st = power_opts(c, &o, err);
    if (!st)
        st = tare__param_list(c, "from", &names, &n, err);
    if (!st)
        st = tare__params_done(c, err);
    if (!st && n > 2)
        st = tare_fail(err, TARE_E_USAGE, "from names one run or two");
    if (!st && n && !c->store)
        st = tare_fail(err, TARE_E_USAGE, "there are no runs to plan from yet");
    if (!st && n)
        st = tare__find_results(c, names[0], &a, err);
    if (!st && n == 2)
        st = tare__find_results(c, names[1], &b, err);
    if (!st && n)
        st = tare_power_plan_read(&a, 0, n == 2 ? &b : NULL, 0, metric, cluster, c->arena, pilot,
                                  err);
    if (st)
        return st;
    *from = n > 0;
    o.pilot = n ? pilot : NULL;
    return tare_power_plan(&o, plan, err);
}

enum tare_status tare__get_power(struct tare__call *c, struct tare_err *err)
{
    struct tare_power_plan_pilot pilot;
    struct tare_power_plan plan;
    struct tare_str names = tare__param(c, "from");
    bool from = false;
    enum tare_status st = tare__plan(c, &plan, &pilot, &from, err);
    if (!st)
        tare_doc_plan(&c->w, &plan, from ? &pilot : NULL, names);
    return st;
}
