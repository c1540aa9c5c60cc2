#include "decide/from_store.h"

#include "decide/until.h"
#include "text/json.h"

#include "base/banned.h"

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory to read the results");
}

/* ---- what the suite's manifest says -----------------------------------------------------------
 */

static bool read_strings(struct tare_json list, struct tare_arena *arena,
                         const struct tare_str **out, uint32_t *n)
{
    uint32_t count = tare_json_count(list);
    struct tare_str *v = TARE_NEW_N(arena, struct tare_str, count);
    *n = 0;
    if (!v)
        return false;
    for (struct tare_json x = tare_json_first(list); tare_json_present(x); x = tare_json_next(x))
        v[(*n)++] = tare_json_str(x);
    *out = v;
    return true;
}

static bool read_margins(struct tare_json object, struct tare_arena *arena,
                         struct tare_results *out)
{
    struct tare_results_margin *m =
        TARE_NEW_N(arena, struct tare_results_margin, tare_json_count(object));
    if (!m)
        return false;
    for (struct tare_json x = tare_json_first(object); tare_json_present(x);
         x = tare_json_next(x)) {
        double margin;
        if (tare_json_f64(x, &margin) && margin > 0)
            m[out->n_margins++] = (struct tare_results_margin){tare_json_key(x), margin};
    }
    out->margins = m;
    return true;
}

/* `world: {NAME: config}`; the profile in it, whatever world it is, names the variant. */
static void read_world(struct tare_json manifest, struct tare_results *out)
{
    out->world_config = tare_json_first(tare_json_get(manifest, "world"));
    out->world = tare_json_key(out->world_config);
    out->variant = tare_json_str(tare_json_get(out->world_config, "profile"));
}

static enum tare_status read_manifest(const struct tare_batch_view *b, struct tare_arena *arena,
                                      struct tare_results *out, struct tare_json *metrics,
                                      struct tare_err *err)
{
    struct tare_json m;
    if (b->suite_json.n == 0)
        return TARE_OK;
    enum tare_status st = tare_json_parse(b->suite_json, &tare_json_log, arena, &m, err);
    if (st)
        return st;
    *metrics = tare_json_get(m, "metrics");
    read_world(m, out);
    out->cluster = tare_json_str(tare_json_get(m, "cluster"));
    if (!read_strings(tare_json_get(m, "by"), arena, &out->by, &out->n_by) ||
        !read_margins(tare_json_get(m, "margin"), arena, out))
        return no_memory(err);
    return TARE_OK;
}

/* ---- columns ----------------------------------------------------------------------------------
 */

/* place[i]: number in the batch of the metric that stands at i in the results. */
static bool order_metrics(const struct tare_batch_view *b, struct tare_json wanted,
                          struct tare_arena *arena, struct tare_results *out, uint32_t **place)
{
    struct tare_metric *metrics = TARE_NEW_N(arena, struct tare_metric, b->n_metrics);
    bool *taken = TARE_NEW_N(arena, bool, b->n_metrics);
    *place = TARE_NEW_N(arena, uint32_t, b->n_metrics);
    if (!metrics || !taken || !*place)
        return false;
    uint32_t n = 0;
    for (struct tare_json x = tare_json_first(wanted); tare_json_present(x); x = tare_json_next(x))
        for (uint32_t i = 0; i < b->n_metrics; i++)
            if (!taken[i] && tare_str_eq(b->metrics[i].name, tare_json_str(x))) {
                taken[i] = true;
                (*place)[n++] = i;
            }
    out->n_shown = n;
    for (uint32_t i = 0; i < b->n_metrics; i++)
        if (!taken[i])
            (*place)[n++] = i;
    for (uint32_t i = 0; i < n; i++)
        metrics[i] = b->metrics[(*place)[i]];
    out->metrics = metrics;
    out->n_metrics = n;
    return true;
}

/* Where a run's columns come from. */
struct source {
    struct tare_store *store;
    int64_t run;
    const uint32_t *place;
};

static enum tare_status fetch(const void *ctx, uint32_t metric, struct tare_arena *arena,
                              struct tare_results_column *out, struct tare_err *err)
{
    const struct source *from = ctx;
    struct tare_columns c;
    uint32_t want = from->place[metric];
    enum tare_status st = tare_store_columns(from->store, from->run, &want, 1, arena, &c, err);
    if (st)
        return st;
    const struct tare_score_column *col = &c.metrics[want];
    *out = (struct tare_results_column){col->value, col->num, col->den, col->state};
    return TARE_OK;
}

/* The store writes 0 where nothing was counted: a run that spent nothing at all did not count. */
static const double *spent(double *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (x[i] > 0)
            return x;
    return NULL;
}

static enum tare_status read_run(struct tare_store *s, const struct tare_batch_view *b,
                                 const struct tare_run_view *run, const uint32_t *place,
                                 struct tare_arena *arena, struct tare_results_run *out,
                                 struct tare_err *err)
{
    struct tare_columns c;
    struct source *source = TARE_NEW(arena, struct source);
    enum tare_status st = tare_store_columns(s, run->id, place, 0, arena, &c, err);
    if (st)
        return st;
    if (!source)
        return no_memory(err);
    *source = (struct source){s, run->id, place};
    const char *batch = b->label.n ? b->label.p : b->info.name;
    size_t n = b->label.n ? b->label.n : strlen(b->info.name);
    *out = (struct tare_results_run){
        .name = run->solver,
        .id = tare_arena_copy(arena, tare_str_of(run->name)),
        .address = tare_arena_printf(arena, "%.*s/%.*s", (int)n, batch, TARE_FMT(run->solver)),
        .identity = run->identity,
        .kind = run->control ? TARE_ROW_CONTROL : TARE_ROW_MEASURED,
        .k = b->k,
        .finished = run->n_done + run->n_failed + run->n_missing >= run->n_planned,
        .cause_known = true,
        .n_attempts = c.n,
        .task = c.task,
        .attempt = c.index,
        .status = c.status,
        .cause = c.cause,
        .tokens = spent(c.tokens, c.n),
        .cost_usd = spent(c.cost_usd, c.n),
        .fetch = fetch,
        .fetch_ctx = source,
    };
    return out->id.p && out->address.p ? TARE_OK : no_memory(err);
}

static enum tare_status read_tasks(struct tare_store *s, int64_t batch, struct tare_arena *arena,
                                   struct tare_results *out, struct tare_err *err)
{
    struct tare_task_view *tasks;
    enum tare_status st = tare_store_tasks(s, batch, arena, &tasks, &out->n_tasks, err);
    if (st)
        return st;
    struct tare_results_task *t = TARE_NEW_N(arena, struct tare_results_task, out->n_tasks);
    if (!t)
        return no_memory(err);
    for (uint32_t i = 0; i < out->n_tasks; i++)
        t[i] = (struct tare_results_task){.id = tasks[i].id,
                                          .tags = tasks[i].tags,
                                          .n_tags = tasks[i].n_tags,
                                          .digest = tasks[i].digest,
                                          .has_digest = true};
    out->tasks = t;
    return TARE_OK;
}

/* A batch that was played until something was decided had its tasks in random order. */
static enum tare_status read_order(const struct tare_batch_view *b, struct tare_arena *arena,
                                   struct tare_results *out, struct tare_err *err)
{
    struct tare_json env;
    uint32_t *order;
    if (tare_json_parse(b->env_json, &tare_json_strict, arena, &env, NULL) != TARE_OK ||
        !tare_json_present(tare_json_get(env, "rule")))
        return TARE_OK;
    order = TARE_NEW_N(arena, uint32_t, out->n_tasks);
    if (!order)
        return no_memory(err);
    tare_until_order(b->seed, order, out->n_tasks);
    out->order = order;
    return TARE_OK;
}

enum tare_status tare_results_from_store(struct tare_store *s, int64_t batch, int32_t only_run,
                                         struct tare_arena *arena, struct tare_results *out,
                                         struct tare_err *err)
{
    struct tare_batch_view b;
    struct tare_json wanted = {0};
    uint32_t *place;
    *out = (struct tare_results){0};
    enum tare_status st = tare_store_batch(s, batch, arena, &b, err);
    if (!st)
        st = read_manifest(&b, arena, out, &wanted, err);
    if (!st)
        st = read_tasks(s, batch, arena, out, err);
    if (!st)
        st = read_order(&b, arena, out, err);
    if (st)
        return st;
    uint32_t from = only_run >= 0 ? (uint32_t)only_run : 0;
    uint32_t n = only_run >= 0 ? 1 : b.n_runs;
    struct tare_results_run *runs = TARE_NEW_N(arena, struct tare_results_run, n);
    out->batch = tare_arena_copy(arena, tare_str_of(b.info.name));
    if (!runs || !out->batch.p || !order_metrics(&b, wanted, arena, out, &place))
        return no_memory(err);
    for (uint32_t i = 0; i < n && !st; i++)
        st = read_run(s, &b, &b.runs[from + i], place, arena, &runs[i], err);
    out->suite = b.suite_name;
    out->version = b.suite_version;
    out->digest = b.suite_digest;
    out->has_digest = true;
    out->seed = b.seed;
    out->has_seed = true;
    out->k = b.k;
    out->runs = runs;
    out->n_runs = n;
    return st;
}

enum tare_status tare_results_about(const struct tare_batch_view *batch, struct tare_arena *arena,
                                    struct tare_results *out, struct tare_err *err)
{
    struct tare_json wanted = {0};
    uint32_t *place;
    *out = (struct tare_results){0};
    enum tare_status st = read_manifest(batch, arena, out, &wanted, err);
    if (!st && !order_metrics(batch, wanted, arena, out, &place))
        st = no_memory(err);
    return st;
}
