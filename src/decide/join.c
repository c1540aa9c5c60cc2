#include "decide/compare_int.h"

#include <math.h>
#include <stdlib.h>

#include "base/banned.h"

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory to pair the tasks");
}

/* ---- look-up of B's tasks by id ----------------------------------------------------------- */

struct table {
    uint32_t *slot; /* task + 1; 0: free */
    uint64_t mask, key;
};

static bool table_make(const struct tare_results *r, struct tare_arena *arena, struct table *t)
{
    uint64_t size = 16;
    while (size < 2 * (uint64_t)r->n_tasks)
        size *= 2;
    *t = (struct table){TARE_NEW_N(arena, uint32_t, size), size - 1, tare_hash_key()};
    for (uint32_t i = 0; t->slot && i < r->n_tasks; i++) {
        uint64_t at = tare_hash64(r->tasks[i].id, t->key) & t->mask;
        while (t->slot[at])
            at = (at + 1) & t->mask;
        t->slot[at] = i + 1;
    }
    return t->slot != NULL;
}

static uint32_t table_find(const struct table *t, const struct tare_results *r, struct tare_str id)
{
    uint64_t at = tare_hash64(id, t->key) & t->mask;
    while (t->slot[at]) {
        if (tare_str_eq(r->tasks[t->slot[at] - 1].id, id))
            return t->slot[at] - 1;
        at = (at + 1) & t->mask;
    }
    return UINT32_MAX;
}

/* ---- clusters ------------------------------------------------------------------------------ */

/* Number of the tag's value in order of first appearance; a task without the tag is alone. */
static bool label_clusters(const struct tare_results *r, struct tare_str tag, uint32_t *label,
                           struct tare_arena *arena)
{
    struct tare_str *seen = TARE_NEW_N(arena, struct tare_str, r->n_tasks);
    uint64_t size = 16, key = tare_hash_key();
    while (size < 2 * (uint64_t)r->n_tasks)
        size *= 2;
    uint32_t *slot = TARE_NEW_N(arena, uint32_t, size), n = 0;
    if (!seen || !slot)
        return false;
    for (uint32_t i = 0; i < r->n_tasks; i++) {
        struct tare_str value = tare_results_tag(&r->tasks[i], tag);
        uint64_t at = tare_hash64(value, key) & (size - 1);
        while (value.p && slot[at] && !tare_str_eq(seen[slot[at] - 1], value))
            at = (at + 1) & (size - 1);
        if (value.p && slot[at]) {
            label[i] = slot[at] - 1;
            continue;
        }
        seen[n] = value;
        label[i] = n++;
        if (value.p)
            slot[at] = n;
    }
    return true;
}

/* ---- joining -------------------------------------------------------------------------------- */

struct join {
    const struct tare_results *ra, *rb;
    struct tare_task_scores a, b;
    const double *const *x_a, *const *x_b; /* attempts by task; NULL: not asked for */
    uint32_t *label;                       /* clusters of A's tasks; NULL: none */
    bool ratio, shared_only;
    bool early; /* stop at the first task that is not played yet */
    bool cut;   /* it was reached */
    struct tare_pair *pairs;
    struct tare_compare *out;
    struct tare__joined *joined;
};

/* Whether task t of these scores can stand in a pair; pooled ratios take "did not arise" as
 * nothing over nothing. */
static bool has_value(const struct tare_task_scores *s, uint32_t t, bool ratio)
{
    return s->n_ok[t] > 0 || (ratio && s->n_na[t] > 0);
}

static void put_side(const struct tare_task_scores *s, uint32_t t, double *mean, uint32_t *k,
                     double *num, double *den, size_t at)
{
    mean[at] = t == UINT32_MAX ? (double)NAN : s->mean[t];
    k[at] = t == UINT32_MAX ? 0 : s->n_ok[t];
    if (num) {
        num[at] = t == UINT32_MAX ? 0 : s->num[t];
        den[at] = t == UINT32_MAX ? 0 : s->den[t];
    }
}

static size_t put_all(struct join *j, uint32_t ta, uint32_t tb)
{
    struct tare__pairs *all = &j->joined->all;
    size_t at = all->n++;
    put_side(&j->a, ta, all->a, all->k_a, all->num_a, all->den_a, at);
    put_side(&j->b, tb, all->b, all->k_b, all->num_b, all->den_b, at);
    j->joined->miss_a[at] = ta == UINT32_MAX ? 1 : j->a.n_missing[ta];
    j->joined->miss_b[at] = tb == UINT32_MAX ? 1 : j->b.n_missing[tb];
    if (j->joined->miss_a[at] || j->joined->miss_b[at])
        j->joined->any_missing = true;
    if (all->x_a) {
        all->x_a[at] = ta == UINT32_MAX ? NULL : j->x_a[ta];
        all->x_b[at] = tb == UINT32_MAX ? NULL : j->x_b[tb];
    }
    if (all->cluster)
        all->cluster[at] = ta == UINT32_MAX ? j->ra->n_tasks + tb : j->label[ta];
    return at;
}

static char cell_of(const struct join *j, double a, double b, double diff)
{
    double gain = diff * (double)j->out->metric.direction;
    if (gain > 0)
        return 'w';
    if (gain < 0)
        return 'l';
    if (a == 1 && b == 1)
        return 'b';
    return a == 0 && b == 0 ? 'n' : 't';
}

static void use_pair(struct join *j, size_t at, uint32_t ta, uint32_t tb)
{
    struct tare__pairs *used = &j->joined->pairs;
    struct tare__pairs *all = &j->joined->all;
    tare__pairs_add(used, all, at);
    double a = all->a[at], b = all->b[at];
    double diff = b - a;
    if (fabs(diff) <= 1e-12 * fmax(1, fmax(fabs(a), fabs(b))))
        diff = 0;
    j->pairs[used->n - 1] = (struct tare_pair){
        .task = j->ra->tasks[ta].id,
        .task_a = ta,
        .task_b = tb,
        .a = a,
        .b = b,
        .k_a = all->k_a[at],
        .k_b = all->k_b[at],
        .diff = diff,
        .cell = isnan(diff) ? 't' : cell_of(j, a, b, diff),
    };
}

/* A task of both sides: used, dropped, or no pair at all. */
static void join_task(struct join *j, uint32_t ta, uint32_t tb)
{
    bool has_a = has_value(&j->a, ta, j->ratio), has_b = has_value(&j->b, tb, j->ratio);
    struct tare_compare *out = j->out;
    out->n_tasks++;
    out->a.attempts_missing += j->a.n_missing[ta];
    out->b.attempts_missing += j->b.n_missing[tb];
    bool na_a = !has_a && j->a.n_na[ta] > 0, na_b = !has_b && j->b.n_na[tb] > 0;
    out->a.tasks_na += na_a;
    out->b.tasks_na += na_b;
    if (na_a && na_b) {
        out->n_na_both++;
        return;
    }
    out->a.tasks_missing += !has_a && !na_a;
    out->b.tasks_missing += !has_b && !na_b;
    size_t at = put_all(j, ta, tb);
    if (has_a && has_b)
        use_pair(j, at, ta, tb);
}

static void join_all(struct join *j, const struct table *t)
{
    uint32_t shared = 0;
    for (uint32_t i = 0; i < j->ra->n_tasks; i++) {
        uint32_t ta = j->early && j->ra->order ? j->ra->order[i] : i;
        const struct tare_results_task *task = &j->ra->tasks[ta];
        uint32_t tb = table_find(t, j->rb, task->id);
        if (tb == UINT32_MAX) {
            j->out->a.tasks_only++;
            if (!j->shared_only && !j->cut)
                (void)put_all(j, ta, UINT32_MAX);
            continue;
        }
        shared++;
        j->cut = j->cut || (j->early && (j->a.n_open[ta] || j->b.n_open[tb]));
        if (j->cut) {
            j->out->tasks_open++;
            continue;
        }
        const struct tare_results_task *other = &j->rb->tasks[tb];
        if (task->has_digest && other->has_digest && !tare_digest_eq(task->digest, other->digest))
            j->out->tasks_changed++;
        else
            join_task(j, ta, tb);
    }
    j->out->b.tasks_only = j->rb->n_tasks - shared;
}

/* Tasks that only B has: with them what is missing can be bounded. */
static enum tare_status join_rest(struct join *j, struct tare_arena *arena, struct tare_err *err)
{
    struct table t;
    if (j->out->b.tasks_only == 0 || j->shared_only)
        return TARE_OK;
    if (!table_make(j->ra, arena, &t))
        return no_memory(err);
    for (uint32_t tb = 0; tb < j->rb->n_tasks; tb++)
        if (table_find(&t, j->ra, j->rb->tasks[tb].id) == UINT32_MAX)
            (void)put_all(j, UINT32_MAX, tb);
    return TARE_OK;
}

static bool make_room(struct join *j, struct tare_arena *arena, bool clustered)
{
    size_t n = (size_t)j->ra->n_tasks + j->rb->n_tasks;
    j->joined->miss_a = TARE_NEW_N(arena, uint32_t, n);
    j->joined->miss_b = TARE_NEW_N(arena, uint32_t, n);
    j->pairs = TARE_NEW_N(arena, struct tare_pair, j->ra->n_tasks);
    return j->joined->miss_a && j->joined->miss_b && j->pairs &&
           tare__pairs_room(arena, j->ra->n_tasks, j->ratio, clustered, &j->joined->pairs) &&
           tare__pairs_room(arena, n, j->ratio, clustered, &j->joined->all) &&
           (!j->x_a || (tare__pairs_tries(arena, n, &j->joined->pairs) &&
                        tare__pairs_tries(arena, n, &j->joined->all)));
}

enum tare_status tare__join(const struct tare_results *ra, uint32_t a,
                            const struct tare_results *rb, uint32_t b, uint32_t metric_a,
                            uint32_t metric_b, const struct tare_compare_opts *opts,
                            struct tare_arena *arena, struct tare_compare *out,
                            struct tare__joined *joined, struct tare_err *err)
{
    *joined = (struct tare__joined){0};
    struct join j = {.ra = ra,
                     .rb = rb,
                     .out = out,
                     .joined = joined,
                     .shared_only = opts->shared_tasks,
                     .early = opts->sequential};
    struct table t;
    uint32_t most_a = 0, most_b = 0;
    enum tare_status st = tare_task_scores(ra, a, metric_a, arena, &j.a, err);
    if (!st)
        st = tare_task_scores(rb, b, metric_b, arena, &j.b, err);
    bool tries = opts->about == TARE_ABOUT_THESE_TASKS;
    if (!st && tries)
        st = tare_task_tries(ra, a, metric_a, arena, &j.x_a, err);
    if (!st && tries)
        st = tare_task_tries(rb, b, metric_b, arena, &j.x_b, err);
    if (st)
        return st;
    j.ratio = j.a.num && j.b.num;
    if (out->cluster.n) {
        j.label = TARE_NEW_N(arena, uint32_t, ra->n_tasks);
        if (!j.label || !label_clusters(ra, out->cluster, j.label, arena))
            return no_memory(err);
    }
    if (!make_room(&j, arena, out->cluster.n > 0) || !table_make(rb, arena, &t))
        return no_memory(err);
    join_all(&j, &t);
    st = join_rest(&j, arena, err);
    /* Sources that do not say how many were planned: as many as there are. */
    for (size_t i = 0; i < joined->pairs.n; i++) {
        uint32_t k_a = joined->pairs.k_a[i], k_b = joined->pairs.k_b[i];
        most_a = k_a > most_a ? k_a : most_a;
        most_b = k_b > most_b ? k_b : most_b;
    }
    out->a.k = out->a.k ? out->a.k : most_a;
    out->b.k = out->b.k ? out->b.k : most_b;
    out->pairs = j.pairs;
    out->n_pairs = (uint32_t)joined->pairs.n;
    out->n_total = (uint32_t)joined->all.n;
    out->n_dropped = out->n_total - out->n_pairs;
    return st;
}
