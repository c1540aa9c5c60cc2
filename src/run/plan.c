/*
 * What a batch is, before anything is played: solvers opened and hashed, metrics numbered,
 * identity.
 */
#include <assert.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "run/batch_int.h"
#include "run/registry.h"

#include "base/limits.h"

#include "base/banned.h"

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "out of memory while planning");
}

/* Sorted keys, no spaces: what is hashed. */
static enum tare_status canonical(struct tare_str json, struct tare_arena *arena,
                                  struct tare_str *out, struct tare_err *err)
{
    struct tare_json root;
    struct tare_buf b;
    enum tare_status st = tare_json_parse(json, &tare_json_strict, arena, &root, err);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_canonical(root, &b);
    *out = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return out->p ? TARE_OK : no_memory(err);
}

static void put_limits(struct tare_json_writer *w, const struct tare_suite_limits *l)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "steps");
    tare_json_put_u64(w, l->steps);
    tare_json_put_key(w, "tokens");
    tare_json_put_u64(w, l->tokens);
    tare_json_put_key(w, "wall_ns");
    tare_json_put_i64(w, l->wall_ns);
    tare_json_put_key(w, "cost_usd");
    tare_json_put_f64(w, l->cost_usd);
    tare_json_end_object(w);
}

/* The solver's own limit, else the suite's. */
static struct tare_suite_limits limits_of(const struct tare_run_solver *s,
                                          const struct tare_suite *suite)
{
    struct tare_suite_limits l = suite->limits;
    if (s->limits.steps && (!l.steps || s->limits.steps < l.steps))
        l.steps = s->limits.steps;
    if (s->limits.tokens)
        l.tokens = s->limits.tokens;
    if (s->limits.wall_ns)
        l.wall_ns = s->limits.wall_ns;
    if (s->limits.cost_usd > 0)
        l.cost_usd = s->limits.cost_usd;
    return l;
}

static enum tare_status open_solver(struct tare__batch *b, uint32_t i, struct tare_err *err)
{
    const struct tare_run_solver *given = &b->options->solvers[i];
    struct tare__solver *s = &b->solvers[i];
    struct tare_suite_limits limits = limits_of(given, b->options->suite);
    void *shared = NULL;
    enum tare_status st = given->ops->open(given->config, b->arena, &shared, err);
    if (st != TARE_OK) {
        if (err && given->path.n && err->file[0] == 0) {
            tare_err_file(err, given->path);
            if (err->has_offset)
                tare_err_locate(err, given->text);
        }
        return st;
    }
    struct tare_buf out;
    struct tare_json_writer w;
    tare_buf_init(&out, NULL, TARE_MIB);
    tare_json_writer_init(&w, &out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "solver");
    tare_json_put_cstr(&w, given->ops->name);
    tare_json_put_key(&w, "parameters");
    given->ops->identity(shared, &w);
    if (given->n_endpoints) {
        tare_json_put_key(&w, "models");
        tare_json_begin_array(&w);
        for (uint32_t m = 0; m < given->n_endpoints; m++)
            tare_endpoint_identity(given->endpoints[m], &w);
        tare_json_end_array(&w);
    }
    tare_json_put_key(&w, "limits");
    put_limits(&w, &limits);
    tare_json_end_object(&w);
    *s = (struct tare__solver){.given = given,
                               .shared = shared,
                               .max_steps = limits.steps,
                               .wall_ns = limits.wall_ns,
                               .max_tokens = limits.tokens,
                               .max_cost_usd = limits.cost_usd};
    s->plan.name = given->name;
    s->plan.control = given->ops->control;
    st = out.failed ? no_memory(err)
                    : canonical(tare_buf_str(&out), b->arena, &s->plan.identity, err);
    tare_buf_free(&out);
    s->plan.digest = tare_sha256_of(s->plan.identity);
    return st;
}

/* Number of a name in the suite's list, or UINT32_MAX. */
static uint32_t wanted_at(const struct tare_suite *suite, struct tare_str name)
{
    for (uint32_t i = 0; i < suite->n_metrics; i++)
        if (tare_str_eq(suite->metrics[i], name))
            return i;
    return UINT32_MAX;
}

static enum tare_status unknown_metric(const struct tare_suite *suite, struct tare_str name,
                                       const struct tare_metric *all, uint32_t n,
                                       struct tare_err *err)
{
    enum tare_status st =
        tare_fail(err, TARE_E_INPUT, "no check of this suite measures '%.*s'", TARE_FMT(name));
    char list[300] = "";
    size_t len = 0;
    for (uint32_t i = 0; i < n && len + all[i].name.n + 2 < sizeof list; i++) {
        memcpy(list + len, all[i].name.p, all[i].name.n);
        len += all[i].name.n;
        list[len++] = ' ';
        list[len] = 0;
    }
    tare_err_hint(err, "metrics there are: %s", list);
    tare_err_file(err, suite->path);
    return st;
}

/* The suite's metrics first, in its order; then all others in the order of the checks. */
static enum tare_status number_metrics(struct tare__batch *b, const struct tare_metric *all,
                                       uint32_t n, struct tare_err *err)
{
    const struct tare_suite *suite = b->options->suite;
    uint32_t next = suite->n_metrics;
    b->metrics = TARE_NEW_N(b->arena, struct tare_metric, n);
    b->metric_of = TARE_NEW_N(b->arena, uint32_t, n);
    if (!b->metrics || !b->metric_of)
        return no_memory(err);
    for (uint32_t i = 0; i < suite->n_metrics; i++) {
        uint32_t found = UINT32_MAX;
        for (uint32_t m = 0; m < n && found == UINT32_MAX; m++)
            if (tare_str_eq(all[m].name, suite->metrics[i]))
                found = m;
        if (found == UINT32_MAX)
            return unknown_metric(suite, suite->metrics[i], all, n, err);
    }
    for (uint32_t m = 0; m < n; m++) {
        uint32_t at = wanted_at(suite, all[m].name);
        b->metric_of[m] = at != UINT32_MAX ? at : next++;
        b->metrics[b->metric_of[m]] = all[m];
    }
    b->n_metrics = n;
    return TARE_OK;
}

static enum tare_status open_checks(struct tare__batch *b, struct tare_err *err)
{
    uint32_t n = 0;
    struct tare_metric *all = NULL;
    const struct tare_suite *suite = b->options->suite;
    struct tare_check_setup setup = {.world = b->world,
                                     .config = suite->checks,
                                     .folder = suite->path,
                                     .tasks = b->tasks,
                                     .n_tasks = b->n_tasks,
                                     .models = b->options->check_models,
                                     .n_models = b->options->n_check_models};
    b->checks = tare_registry_checks(suite->world, tare_json_present(suite->checks), &b->n_checks);
    b->check_states = TARE_NEW_N(b->arena, const void *, b->n_checks);
    if (!b->check_states)
        return no_memory(err);
    for (uint32_t c = 0; c < b->n_checks; c++) {
        void *state = NULL;
        uint32_t more;
        enum tare_status st = b->checks[c]->open(&setup, b->arena, &state, err);
        if (st != TARE_OK) {
            if (err && err->file[0] == 0) {
                tare_err_file(err, suite->path);
                if (err->has_offset)
                    tare_err_locate(err, suite->text);
            }
            return st;
        }
        b->check_states[c] = state;
        b->checks_wait = b->checks_wait || (b->checks[c]->waits && b->checks[c]->waits(state));
        const struct tare_metric *own = b->checks[c]->metrics(state, &more);
        struct tare_metric *joined = TARE_NEW_N(b->arena, struct tare_metric, n + more);
        if (!joined)
            return no_memory(err);
        if (n)
            memcpy(joined, all, n * sizeof *all);
        memcpy(joined + n, own, more * sizeof *own);
        all = joined;
        n += more;
    }
    return number_metrics(b, all, n, err);
}

/* The tasks that are played, numbered from 0. */
static enum tare_status take_tasks(struct tare__batch *b, struct tare_err *err)
{
    const struct tare_suite *suite = b->options->suite;
    uint32_t from = b->options->task_from;
    uint32_t to = b->options->task_to ? b->options->task_to : suite->n_tasks;
    if (to > suite->n_tasks)
        to = suite->n_tasks;
    if (from >= to)
        return tare_fail(err, TARE_E_USAGE, "the suite has %u tasks; none is left to play",
                         suite->n_tasks);
    assert(b->options->n_order == 0 || b->options->n_order == to - from);
    struct tare_task *tasks = TARE_NEW_N(b->arena, struct tare_task, to - from);
    if (!tasks)
        return no_memory(err);
    for (uint32_t i = from; i < to; i++) {
        tasks[i - from] = suite->tasks[i];
        tasks[i - from].index = i - from;
    }
    b->tasks = tasks;
    b->n_tasks = to - from;
    return TARE_OK;
}

/* A part of a suite is a suite of its own: attempts are stored by the place of their task, and
 * results on different tasks are not compared unless somebody asks for it. */
static struct tare_digest part_digest(const struct tare_run_options *o, uint32_t n_tasks)
{
    char text[64 + 64];
    char hex[65];
    if (n_tasks == o->suite->n_tasks)
        return o->suite->digest;
    tare_digest_hex(o->suite->digest, hex);
    int n =
        snprintf(text, sizeof text, "%s tasks %u to %u", hex, o->task_from, o->task_from + n_tasks);
    return tare_sha256_of(tare_str_n(text, (size_t)n));
}

static enum tare_status make_identity(struct tare__batch *b, struct tare_err *err)
{
    char hex[65];
    struct tare_buf out;
    struct tare_json_writer w;
    tare_buf_init(&out, NULL, TARE_MIB);
    tare_json_writer_init(&w, &out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "contract");
    tare_json_put_u64(&w, TARE_CONTRACT_VERSION);
    tare_json_put_key(&w, "k");
    tare_json_put_u64(&w, b->k);
    tare_json_put_key(&w, "label");
    tare_json_put_str(&w, b->options->label);
    if (b->options->rule.n) {
        tare_json_put_key(&w, "rule");
        tare_json_put_str(&w, b->options->rule);
    }
    tare_json_put_key(&w, "seed");
    tare_json_put_u64(&w, b->options->seed);
    tare_json_put_key(&w, "solvers");
    tare_json_begin_array(&w);
    for (uint32_t i = 0; i < b->options->n_solvers; i++) {
        tare_digest_hex(b->solvers[i].plan.digest, hex);
        tare_json_put_str(&w, b->solvers[i].plan.name);
        tare_json_put_cstr(&w, hex);
    }
    tare_json_end_array(&w);
    tare_json_put_key(&w, "suite");
    tare_digest_hex(b->options->suite->digest, hex);
    tare_json_put_cstr(&w, hex);
    tare_json_put_key(&w, "tasks");
    tare_json_begin_array(&w);
    tare_json_put_u64(&w, b->options->task_from);
    tare_json_put_u64(&w, b->options->task_from + b->n_tasks);
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    b->plan.identity = tare_sha256_of(tare_buf_str(&out));
    bool failed = out.failed;
    tare_buf_free(&out);
    return failed ? no_memory(err) : TARE_OK;
}

/* All that is needed to do it again, beside what has columns of its own. */
static enum tare_status make_env(struct tare__batch *b, struct tare_err *err)
{
    struct utsname host = {0};
    struct tare_buf out;
    struct tare_json_writer w;
    tare_buf_init(&out, NULL, TARE_MIB);
    tare_json_writer_init(&w, &out);
    uname(&host);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "arguments");
    tare_json_put_str(&w, b->options->arguments);
    tare_json_put_key(&w, "compiler");
    tare_json_put_cstr(&w, __VERSION__);
    tare_json_put_key(&w, "machine");
    tare_json_put_cstr(&w, host.machine);
    if (b->options->rule.n) {
        tare_json_put_key(&w, "rule");
        tare_json_put_str(&w, b->options->rule);
    }
    tare_json_put_key(&w, "system");
    tare_json_put_cstr(&w, host.sysname);
    tare_json_put_key(&w, "release");
    tare_json_put_cstr(&w, host.release);
    tare_json_put_key(&w, "tare");
    tare_json_put_cstr(&w, TARE_VERSION);
    tare_json_put_key(&w, "task_from");
    tare_json_put_u64(&w, b->options->task_from);
    tare_json_end_object(&w);
    b->plan.env_json = tare_arena_copy(b->arena, tare_buf_str(&out));
    tare_buf_free(&out);
    return b->plan.env_json.p ? TARE_OK : no_memory(err);
}

static enum tare_status check_names(const struct tare_run_options *o, struct tare_err *err)
{
    if (o->n_solvers == 0)
        return tare_fail(err, TARE_E_USAGE, "no solver to weigh");
    if (o->n_solvers > TARE_MAX_SOLVERS)
        return tare_fail(err, TARE_E_LIMIT, "more than %u solvers in one batch", TARE_MAX_SOLVERS);
    for (uint32_t i = 0; i < o->n_solvers; i++)
        for (uint32_t j = 0; j < i; j++)
            if (tare_str_eq(o->solvers[i].name, o->solvers[j].name)) {
                enum tare_status st = tare_fail(err, TARE_E_USAGE, "two solvers are called '%.*s'",
                                                TARE_FMT(o->solvers[i].name));
                tare_err_hint(err, "give each a name of its own with `solver:` in its file");
                return st;
            }
    return TARE_OK;
}

enum tare_status tare__batch_plan(struct tare__batch *b, struct tare_err *err)
{
    const struct tare_run_options *o = b->options;
    struct tare_plan_solver *plans = TARE_NEW_N(b->arena, struct tare_plan_solver, o->n_solvers);
    b->solvers = TARE_NEW_N(b->arena, struct tare__solver, o->n_solvers);
    if (!plans || !b->solvers)
        return no_memory(err);
    b->k = o->k ? o->k : o->suite->attempts;
    enum tare_status st = check_names(o, err);
    if (st == TARE_OK)
        st = take_tasks(b, err);
    for (uint32_t i = 0; st == TARE_OK && i < o->n_solvers; i++) {
        st = open_solver(b, i, err);
        plans[i] = b->solvers[i].plan;
    }
    if (st == TARE_OK)
        st = open_checks(b, err);
    b->plan = (struct tare_plan){.suite_name = o->suite->name,
                                 .suite_version = o->suite->version,
                                 .suite_json = o->suite->manifest,
                                 .suite_digest = part_digest(o, b->n_tasks),
                                 .tasks = b->tasks,
                                 .n_tasks = b->n_tasks,
                                 .solvers = plans,
                                 .n_solvers = o->n_solvers,
                                 .metrics = b->metrics,
                                 .n_metrics = b->n_metrics,
                                 .k = b->k,
                                 .seed = o->seed,
                                 .label = o->label,
                                 .reuse = o->resume,
                                 .order = o->n_order ? o->order : NULL};
    if (st == TARE_OK)
        st = make_identity(b, err);
    if (st == TARE_OK)
        st = make_env(b, err);
    return st;
}
