#include "decide/keep_import.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"

#include "base/banned.h"

#define MAX_KEPT 20000000u
#define GROUP 64u
#define LEASES 8u

struct keep {
    const struct tare_import_table *t;
    const struct tare_keep_options *o;
    struct tare_arena *arena;
    struct tare_store *store;
    uint32_t *order; /* tasks of the table in order of id */
    uint32_t *place; /* the other way round */
    uint32_t *at;    /* [(run * n_tasks + place) * k + index]: attempt + 1; 0: not in the file */
    uint32_t k;
    struct tare_plan plan;
    struct tare_arena scratch; /* of one group */
};

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory to store the results of a file");
}

/* ---- plan ----------------------------------------------------------------------------------- */

struct named {
    struct tare_str id;
    uint32_t task;
};

static int by_id(const void *a, const void *b)
{
    return tare_str_cmp(((const struct named *)a)->id, ((const struct named *)b)->id);
}

/* The order of a file is its tool's affair; that of the suite must not depend on it. */
static bool sort_tasks(struct keep *k)
{
    uint32_t n = k->t->n_tasks;
    struct named *v = TARE_NEW_N(k->arena, struct named, n);
    k->order = TARE_NEW_N(k->arena, uint32_t, n);
    k->place = TARE_NEW_N(k->arena, uint32_t, n);
    if (!v || !k->order || !k->place)
        return false;
    for (uint32_t i = 0; i < n; i++)
        v[i] = (struct named){k->t->tasks[i].id, i};
    qsort(v, n, sizeof *v, by_id);
    for (uint32_t i = 0; i < n; i++) {
        k->order[i] = v[i].task;
        k->place[v[i].task] = i;
    }
    return true;
}

static enum tare_status index_attempts(struct keep *k, struct tare_err *err)
{
    const struct tare_import_table *t = k->t;
    for (uint32_t i = 0; i < t->n_attempts; i++)
        if (t->attempts[i].index >= k->k)
            k->k = t->attempts[i].index + 1;
    uint64_t cells = (uint64_t)t->n_runs * t->n_tasks;
    if (cells * k->k > MAX_KEPT)
        return tare_fail(err, TARE_E_LIMIT,
                         "%u runs of %u tasks with %u attempts each are too many to store",
                         t->n_runs, t->n_tasks, k->k);
    k->at = TARE_NEW_N(k->arena, uint32_t, cells * k->k);
    if (!k->at)
        return no_memory(err);
    for (uint32_t i = 0; i < t->n_attempts; i++) {
        const struct tare_import_attempt *a = &t->attempts[i];
        k->at[((size_t)a->run * t->n_tasks + k->place[a->task]) * k->k + a->index] = i + 1;
    }
    return TARE_OK;
}

/* One JSON object of texts, in the arena; canonical: keys are given in order. */
static struct tare_str object(struct tare_arena *arena, const char *const *keys,
                              const struct tare_str *values, uint32_t n)
{
    struct tare_buf out;
    struct tare_json_writer w;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &out);
    tare_json_begin_object(&w);
    for (uint32_t i = 0; i < n; i++) {
        tare_json_put_key(&w, keys[i]);
        tare_json_put_str(&w, values[i]);
    }
    tare_json_end_object(&w);
    struct tare_str text =
        out.failed ? (struct tare_str){NULL, 0} : tare_arena_copy(arena, tare_buf_str(&out));
    tare_buf_free(&out);
    return text;
}

static enum tare_status plan_tasks(struct keep *k, struct tare_err *err)
{
    static const char *const keys[] = {"id"};
    struct tare_task *tasks = TARE_NEW_N(k->arena, struct tare_task, k->t->n_tasks);
    struct tare_sha256 all;
    if (!tasks)
        return no_memory(err);
    tare_sha256_init(&all);
    tare_sha256_add(&all, k->plan.suite_name);
    for (uint32_t i = 0; i < k->t->n_tasks; i++) {
        const struct tare_import_task *from = &k->t->tasks[k->order[i]];
        struct tare_str line = object(k->arena, keys, &from->id, 1);
        if (!line.p)
            return no_memory(err);
        tasks[i] = (struct tare_task){.index = i,
                                      .id = from->id,
                                      .tags = from->tags,
                                      .n_tags = from->n_tags,
                                      .digest = tare_sha256_of(line)};
        tare_sha256_add(&all, line);
    }
    k->plan.tasks = tasks;
    k->plan.n_tasks = k->t->n_tasks;
    k->plan.suite_digest = tare_sha256_end(&all);
    return TARE_OK;
}

static enum tare_status plan_solvers(struct keep *k, struct tare_err *err)
{
    static const char *const keys[] = {"format", "name", "path", "solver"};
    struct tare_plan_solver *s = TARE_NEW_N(k->arena, struct tare_plan_solver, k->t->n_runs);
    if (!s)
        return no_memory(err);
    for (uint32_t i = 0; i < k->t->n_runs; i++) {
        const struct tare_str values[] = {k->t->format, k->t->runs[i], k->t->path,
                                          TARE_S("imported")};
        s[i].name = k->t->runs[i];
        s[i].identity = object(k->arena, keys, values, 4);
        s[i].digest = tare_sha256_of(s[i].identity);
        if (!s[i].identity.p)
            return no_memory(err);
    }
    k->plan.solvers = s;
    k->plan.n_solvers = k->t->n_runs;
    return TARE_OK;
}

static enum tare_status make_plan(struct keep *k, struct tare_err *err)
{
    static const char *const keys[] = {"arguments", "format", "path", "tare"};
    const struct tare_str env[] = {k->o->arguments, k->t->format, k->t->path,
                                   tare_str_of(TARE_VERSION)};
    k->k = 1;
    if (!sort_tasks(k))
        return no_memory(err);
    enum tare_status st = index_attempts(k, err);
    k->plan.suite_name = k->t->suite.n ? k->t->suite : TARE_S("imported");
    k->plan.suite_json = TARE_S("{}");
    k->plan.metrics = tare_import_metrics(k->t, k->o->lower, k->arena);
    k->plan.n_metrics = k->t->n_metrics;
    k->plan.k = k->k;
    k->plan.label = k->o->label;
    k->plan.env_json = object(k->arena, keys, env, 4);
    if (!st && (!k->plan.metrics || !k->plan.env_json.p))
        st = no_memory(err);
    if (!st)
        st = plan_tasks(k, err);
    if (!st)
        st = plan_solvers(k, err);
    k->plan.identity = tare_sha256_of(k->plan.env_json);
    return st;
}

/* ---- attempts ------------------------------------------------------------------------------- */

static void put_body(struct tare_buf *out, uint32_t n, const char *kind, const char *actor,
                     struct tare_str text)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "n");
    tare_json_put_u64(&w, n);
    tare_json_put_key(&w, "kind");
    tare_json_put_cstr(&w, kind);
    tare_json_put_key(&w, "actor");
    tare_json_put_cstr(&w, actor);
    tare_json_put_key(&w, "parts");
    tare_json_begin_array(&w);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "kind");
    tare_json_put_cstr(&w, "text");
    tare_json_put_key(&w, "data");
    tare_json_put_str(&w, text);
    tare_json_end_object(&w);
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

static bool put_texts(struct keep *k, const struct tare_import_attempt *from,
                      struct tare_attempt *a)
{
    static const char *const keys[] = {"expected"};
    struct tare_buf steps;
    if (from->expected.n)
        a->detail = object(&k->scratch, keys, &from->expected, 1);
    if (from->input.n == 0 && from->output.n == 0)
        return !from->expected.n || a->detail.p;
    tare_buf_init(&steps, NULL, TARE_MAX_STEP_BODY_BYTES * 4);
    put_body(&steps, 0, "reset", "world", from->input);
    if (from->output.n) {
        put_body(&steps, 1, "act", "solver", from->output);
        a->n_steps = 1;
        a->outline =
            TARE_S("[{\"kind\":\"reset\"},{\"i\":0,\"kind\":\"report\",\"name\":\"answer\"}]");
    }
    if (!steps.failed)
        a->steps = tare_arena_copy(&k->scratch, tare_buf_str(&steps));
    bool good = !steps.failed && a->steps.p;
    tare_buf_free(&steps);
    return good;
}

static bool put_scores(struct keep *k, uint32_t from, struct tare_attempt *a)
{
    uint32_t n = k->t->n_metrics;
    struct tare_score *s = TARE_NEW_N(&k->scratch, struct tare_score, n);
    if (!s)
        return false;
    for (uint32_t m = 0; m < n; m++) {
        double x = k->t->values[(size_t)from * n + m];
        const struct tare_metric *metric = &k->plan.metrics[m];
        bool zero = a->status == TARE_ATTEMPT_FAILED && isnan(x) && metric->max <= 1 &&
                    metric->direction == TARE_HIGHER_BETTER;
        x = zero ? 0 : x;
        s[m] = (struct tare_score){.metric = m, .value = x, .num = x, .den = 1};
        if (isnan(x)) {
            s[m].state = TARE_SCORE_UNAVAILABLE;
            s[m].value = s[m].num = s[m].den = (double)NAN;
            s[m].reason = TARE_S("not in the file");
        }
    }
    a->scores = s;
    a->n_scores = n;
    return true;
}

static bool make_attempt(struct keep *k, uint32_t run, uint32_t place, uint32_t index,
                         struct tare_attempt *a)
{
    uint32_t at = k->at[((size_t)run * k->t->n_tasks + place) * k->k + index];
    *a = (struct tare_attempt){.task = place,
                               .index = index,
                               .status = TARE_ATTEMPT_MISSING,
                               .cause = TARE_CAUSE_CANCELLED,
                               .cause_text = TARE_S("not in the file"),
                               .outline = TARE_S("[]")};
    if (at == 0)
        return true;
    const struct tare_import_attempt *from = &k->t->attempts[at - 1];
    a->status = tare_import_status(from);
    a->cause = (enum tare_cause)from->cause;
    if (a->status == TARE_ATTEMPT_FAILED && a->cause == TARE_CAUSE_NONE)
        a->cause = TARE_CAUSE_LIMIT;
    if (a->status == TARE_ATTEMPT_MISSING && a->cause == TARE_CAUSE_NONE)
        a->cause = TARE_CAUSE_CANCELLED;
    a->cause_text = from->cause_text;
    if (a->status == TARE_ATTEMPT_MISSING && a->cause_text.n == 0)
        a->cause_text = TARE_S("no score in the file");
    a->dur_ns = from->has_seconds && from->seconds > 0 && from->seconds < 9e9
                    ? (int64_t)(from->seconds * 1e9)
                    : 0;
    a->tokens_in = from->has_tokens ? from->tokens_in : 0;
    a->tokens_out = from->has_tokens ? from->tokens_out : 0;
    a->cost_usd = from->has_cost ? from->cost_usd : 0;
    if (a->status == TARE_ATTEMPT_MISSING)
        return true;
    return put_scores(k, at - 1, a) && put_texts(k, from, a);
}

static enum tare_status commit_lease(struct keep *k, int64_t batch, const struct tare_lease *l,
                                     struct tare_err *err)
{
    uint32_t total = (l->task_to - l->task_from) * k->k, done = 0;
    while (done < total) {
        struct tare_attempt attempts[GROUP];
        const struct tare_attempt *of[GROUP];
        const struct tare_lease *leases[GROUP];
        bool accepted[GROUP];
        uint32_t n = 0;
        tare_arena_reset(&k->scratch);
        for (; n < GROUP && done < total; n++, done++) {
            if (!make_attempt(k, l->run, l->task_from + done / k->k, done % k->k, &attempts[n]))
                return no_memory(err);
            of[n] = &attempts[n];
            leases[n] = l;
        }
        enum tare_status st = tare_store_commit(k->store, batch, leases, of, n, accepted, err);
        if (st)
            return st;
    }
    return TARE_OK;
}

static enum tare_status commit_all(struct keep *k, int64_t batch, struct tare_err *err)
{
    struct tare_str owner = tare_store_owner(k->arena);
    struct tare_arena held;
    enum tare_status st = owner.p ? TARE_OK : no_memory(err);
    tare_arena_init(&held, NULL, TARE_ARENA_ATTEMPT_BYTES);
    for (bool more = true; more && !st;) {
        struct tare_lease *leases;
        uint32_t n = 0;
        bool others;
        tare_arena_reset(&held);
        st = tare_store_lease(k->store, batch, owner, k->o->lease_ms ? k->o->lease_ms : 60000,
                              LEASES, &held, &leases, &n, &others, err);
        for (uint32_t i = 0; i < n && !st; i++)
            st = commit_lease(k, batch, &leases[i], err);
        more = n > 0;
    }
    tare_arena_free(&held);
    if (owner.p && !st)
        st = tare_store_release(k->store, owner, err);
    return st;
}

enum tare_status tare_keep_import(struct tare_store *store, const struct tare_import_table *t,
                                  const struct tare_keep_options *options, struct tare_arena *arena,
                                  struct tare_batch_info *out, struct tare_err *err)
{
    struct keep k = {.t = t, .o = options, .arena = arena, .store = store};
    enum tare_status st = make_plan(&k, err);
    if (!st)
        st = tare_store_plan(store, &k.plan, out, err);
    if (st)
        return st;
    tare_arena_init(&k.scratch, NULL, TARE_ARENA_LOAD_BYTES);
    st = commit_all(&k, out->id, err);
    tare_arena_free(&k.scratch);
    return st ? st : tare_store_finish(store, out->id, out, err);
}
