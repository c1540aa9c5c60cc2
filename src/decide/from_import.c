#include "decide/from_import.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/banned.h"

struct columns {
    uint32_t *task, *attempt;
    uint8_t *status, *cause;
    double *tokens, *cost_usd;
    double **value;
    uint8_t **state;
};

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for the results of a file");
}

static double value_at(const struct tare_import_table *t, uint32_t attempt, uint32_t metric)
{
    return t->values[(size_t)attempt * t->n_metrics + metric];
}

static bool is_share(const struct tare_import_table *t, uint32_t metric)
{
    bool any = false;
    for (uint32_t i = 0; i < t->n_attempts; i++) {
        double x = value_at(t, i, metric);
        if (isnan(x))
            continue;
        if (x < 0 || x > 1)
            return false;
        any = true;
    }
    return any;
}

static bool is_lower(const char *const *lower, struct tare_str name)
{
    for (; lower && *lower; lower++)
        if (tare_str_is(name, *lower))
            return true;
    return false;
}

/* Cuts the last word off a name ("latency" off "mean_latency"); words are parted by anything that
 * is no letter and no digit. */
static struct tare_str last_word(struct tare_str *name)
{
    size_t end = name->n, from;
    while (end > 0 && !isalnum((unsigned char)name->p[end - 1]))
        end--;
    for (from = end; from > 0 && isalnum((unsigned char)name->p[from - 1]);)
        from--;
    struct tare_str word = tare_str_n(name->p + from, end - from);
    name->n = from;
    return word;
}

static bool one_of(struct tare_str word, const char *const *list)
{
    for (; *list; list++)
        if (word.n == strlen(*list) && strncasecmp(word.p, *list, word.n) == 0)
            return true;
    return false;
}

/* Whether the name says that something was spent: "latency_ms", "total_tokens", "cost p95". A rate
 * ("tokens per second") or anything made of it ("cost_efficiency") is not. */
static bool says_spent(struct tare_str name)
{
    static const char *const spent[] = {"cost",    "costs",   "usd",     "dollars",  "price",
                                        "tokens",  "latency", "seconds", "secs",     "ms",
                                        "minutes", "runtime", "elapsed", "duration", NULL};
    static const char *const which[] = {"in",  "out", "input", "output", "total", "mean", "avg",
                                        "max", "min", "p50",   "p90",    "p95",   "p99",  NULL};
    static const char *const per[] = {"per", NULL};
    struct tare_str word = last_word(&name);
    while (name.n && one_of(word, which))
        word = last_word(&name);
    return one_of(word, spent) && !one_of(last_word(&name), per);
}

struct tare_metric *tare_import_metrics(const struct tare_import_table *t, const char *const *lower,
                                        struct tare_arena *arena)
{
    struct tare_metric *m = TARE_NEW_N(arena, struct tare_metric, t->n_metrics);
    for (uint32_t i = 0; m && i < t->n_metrics; i++) {
        bool spent = says_spent(t->metrics[i]), share = !spent && is_share(t, i);
        bool less = spent || is_lower(lower, t->metrics[i]);
        m[i] = (struct tare_metric){
            .name = t->metrics[i],
            .title = t->metrics[i],
            .about = spent ? TARE_S("as recorded in the file; less is better, by its name")
                           : TARE_S("as recorded in the file"),
            .unit = share ? TARE_S("share") : TARE_S(""),
            .direction = less ? TARE_LOWER_BETTER : TARE_HIGHER_BETTER,
            .aggregation = TARE_AGG_MEAN,
            .min = share ? 0 : -INFINITY,
            .max = share ? 1 : INFINITY};
    }
    return m;
}

enum tare_attempt_status tare_import_status(const struct tare_import_attempt *a)
{
    if (a->outcome == TARE_IMPORT_LIMIT || a->cause == TARE_CAUSE_SOLVER)
        return TARE_ATTEMPT_FAILED;
    return a->outcome == TARE_IMPORT_SCORED ? TARE_ATTEMPT_DONE : TARE_ATTEMPT_MISSING;
}

/* Attempts of the run in order of task and try. */
struct place {
    uint32_t task, index, at;
};

static int by_task(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->task != y->task)
        return x->task < y->task ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static bool make_columns(struct columns *c, uint32_t n, uint32_t n_metrics,
                         struct tare_arena *arena)
{
    c->task = TARE_NEW_N(arena, uint32_t, n);
    c->attempt = TARE_NEW_N(arena, uint32_t, n);
    c->status = TARE_NEW_N(arena, uint8_t, n);
    c->cause = TARE_NEW_N(arena, uint8_t, n);
    c->tokens = TARE_NEW_N(arena, double, n);
    c->cost_usd = TARE_NEW_N(arena, double, n);
    c->value = TARE_NEW_N(arena, double *, n_metrics);
    c->state = TARE_NEW_N(arena, uint8_t *, n_metrics);
    bool good = c->tokens && c->cost_usd && c->task && c->attempt && c->status && c->cause &&
                c->value && c->state;
    for (uint32_t m = 0; good && m < n_metrics; m++) {
        c->value[m] = TARE_NEW_N(arena, double, n);
        c->state[m] = TARE_NEW_N(arena, uint8_t, n);
        good = c->value[m] && c->state[m];
    }
    return good;
}

static void fill_row(const struct tare_import_table *t, const struct tare_metric *m, uint32_t from,
                     struct columns *c, uint32_t to)
{
    const struct tare_import_attempt *a = &t->attempts[from];
    enum tare_attempt_status status = tare_import_status(a);
    c->task[to] = a->task;
    c->attempt[to] = a->index;
    c->status[to] = (uint8_t)status;
    c->cause[to] = a->cause;
    c->tokens[to] = a->has_tokens ? (double)(a->tokens_in + a->tokens_out) : (double)NAN;
    c->cost_usd[to] = a->has_cost ? a->cost_usd : (double)NAN;
    for (uint32_t i = 0; i < t->n_metrics; i++) {
        double x = value_at(t, from, i);
        bool share = m[i].max <= 1;
        bool zero = status == TARE_ATTEMPT_FAILED && isnan(x) && share &&
                    m[i].direction == TARE_HIGHER_BETTER;
        c->value[i][to] = zero ? 0 : x;
        c->state[i][to] = !isnan(x) || zero                ? TARE_SCORE_OK
                          : status == TARE_ATTEMPT_MISSING ? TARE_SCORE_MISSING
                                                           : TARE_SCORE_UNAVAILABLE;
        if (status == TARE_ATTEMPT_MISSING) {
            c->value[i][to] = (double)NAN;
            c->state[i][to] = TARE_SCORE_MISSING;
        }
    }
}

static struct tare_results_task *tasks(const struct tare_import_table *t, struct tare_arena *arena)
{
    struct tare_results_task *out = TARE_NEW_N(arena, struct tare_results_task, t->n_tasks);
    for (uint32_t i = 0; out && i < t->n_tasks; i++)
        out[i] = (struct tare_results_task){
            .id = t->tasks[i].id, .tags = t->tasks[i].tags, .n_tags = t->tasks[i].n_tags};
    return out;
}

/* The columns of one run; *k: the most tries at one task, *known: no failure is of unknown cause.
 */
static enum tare_status take_run(const struct tare_import_table *t, uint32_t run,
                                 const struct tare_metric *m, struct tare_arena *arena,
                                 struct columns *c, uint32_t *n, uint32_t *k, bool *known,
                                 struct tare_err *err)
{
    struct place *places = TARE_NEW_N(arena, struct place, t->n_attempts);
    *n = *k = 0;
    *known = true;
    if (!places)
        return no_memory(err);
    for (uint32_t i = 0; i < t->n_attempts; i++) {
        const struct tare_import_attempt *a = &t->attempts[i];
        if (a->run != run)
            continue;
        places[(*n)++] = (struct place){a->task, a->index, i};
        *k = a->index + 1 > *k ? a->index + 1 : *k;
        if (tare_import_status(a) == TARE_ATTEMPT_MISSING && a->cause == TARE_CAUSE_NONE)
            *known = false;
    }
    if (!make_columns(c, *n, t->n_metrics, arena))
        return no_memory(err);
    bool sorted = true;
    for (uint32_t i = 1; i < *n && sorted; i++)
        sorted = by_task(&places[i - 1], &places[i]) <= 0;
    if (!sorted)
        qsort(places, *n, sizeof *places, by_task);
    for (uint32_t i = 0; i < *n; i++)
        fill_row(t, m, places[i].at, c, i);
    return TARE_OK;
}

enum tare_status tare_results_from_import(const struct tare_import_table *t, uint32_t run,
                                          const char *const *lower, struct tare_arena *arena,
                                          struct tare_results *out, struct tare_err *err)
{
    struct columns c = {0};
    uint32_t n = 0, k = 0;
    bool known = false;
    if (run >= t->n_runs)
        return tare_fail(err, TARE_E_STATE, "run %u of %u", run, t->n_runs);
    struct tare_metric *m = tare_import_metrics(t, lower, arena);
    struct tare_results_task *ts = tasks(t, arena);
    struct tare_results_run *r = TARE_NEW(arena, struct tare_results_run);
    struct tare_results_column *columns =
        TARE_NEW_N(arena, struct tare_results_column, t->n_metrics);
    if (!m || !ts || !r || !columns)
        return no_memory(err);
    enum tare_status st = take_run(t, run, m, arena, &c, &n, &k, &known, err);
    if (st != TARE_OK)
        return st;
    for (uint32_t i = 0; i < t->n_metrics; i++)
        columns[i] = (struct tare_results_column){.value = c.value[i], .state = c.state[i]};
    *r = (struct tare_results_run){.name = t->runs[run],
                                   .address = t->path,
                                   .finished = true,
                                   .cause_known = known,
                                   .n_attempts = n,
                                   .task = c.task,
                                   .attempt = c.attempt,
                                   .status = c.status,
                                   .cause = c.cause,
                                   .tokens = c.tokens,
                                   .cost_usd = c.cost_usd,
                                   .columns = columns};
    *out = (struct tare_results){.suite = t->suite,
                                 .k = k,
                                 .metrics = m,
                                 .n_metrics = t->n_metrics,
                                 .tasks = ts,
                                 .n_tasks = t->n_tasks,
                                 .runs = r,
                                 .n_runs = 1};
    return TARE_OK;
}
