#include "stats/cluster.h"
#include "stats/sample.h"
#include "stats/special.h"
#include "stats/stats_int.h"

#include <stdlib.h>

#include "base/banned.h"

struct label {
    uint32_t id, i;
};

static int by_label(const void *pa, const void *pb)
{
    const struct label *a = pa, *b = pb;
    if (a->id != b->id)
        return a->id > b->id ? 1 : -1;
    return (a->i > b->i) - (a->i < b->i);
}

/* of[i] = position of item i's label in order of first appearance. */
static enum tare_status number_clusters(const uint32_t *cluster, size_t n, uint32_t *of,
                                        size_t *clusters, struct tare_arena *scratch,
                                        struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct label *sorted = TARE_NEW_N(scratch, struct label, n);
    uint32_t *first = TARE_NEW_N(scratch, uint32_t, n);
    if (!sorted || !first || n > UINT32_MAX)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct label){cluster[i], (uint32_t)i};
    qsort(sorted, n, sizeof *sorted, by_label);
    for (size_t i = 0, j; i < n; i = j) /* the first of a group stands for it */
        for (j = i; j < n && sorted[j].id == sorted[i].id; j++)
            first[sorted[j].i] = sorted[i].i;
    uint32_t next = 0;
    for (size_t i = 0; i < n; i++)
        of[i] = first[i] == i ? next++ : of[first[i]];
    *clusters = next;
    tare_arena_rewind(scratch, mark);
    return TARE_OK;
}

enum tare_status tare_cluster_totals(const double *x, const uint32_t *cluster, size_t n,
                                     struct tare_arena *arena, struct tare_cluster_totals *out,
                                     struct tare_err *err)
{
    struct tare_cluster_totals t = {0};
    if (n == 0)
        return tare_fail(err, TARE_E_INPUT, "no data");
    enum tare_status st = tare_sample_check(x, n, "x", err);
    t.of = TARE_NEW_N(arena, uint32_t, n);
    if (st != TARE_OK)
        return st;
    if (!t.of)
        return tare__no_mem(err);
    st = number_clusters(cluster, n, t.of, &t.clusters, arena, err);
    if (st != TARE_OK)
        return st;
    t.sum = TARE_NEW_N(arena, double, t.clusters);
    t.size = TARE_NEW_N(arena, double, t.clusters);
    if (!t.sum || !t.size)
        return tare__no_mem(err);
    for (size_t i = 0; i < n; i++) {
        t.sum[t.of[i]] += x[i];
        t.size[t.of[i]] += 1;
    }
    *out = t;
    return TARE_OK;
}

static void robust_part(struct tare_cluster_se *r, double cross, double confidence)
{
    double n = (double)r->n, g = (double)r->clusters;
    if (r->clusters < 2) {
        const char *why = "one cluster: nothing to compare it with";
        r->se_cr0 = r->se_cr1 = r->design_effect = r->effective_n = tare_no_value(why);
        r->ci = tare_no_interval(why);
        r->p = (double)NAN;
        return;
    }
    double cr0 = sqrt(cross) / n, cr1 = cr0 * sqrt(g / (g - 1));
    r->se_cr0 = tare_value(cr0);
    r->se_cr1 = tare_value(cr1);
    double iid = r->se_iid_ddof0.v, deff = (cr0 / iid) * (cr0 / iid);
    const char *flat = "all values are the same";
    r->design_effect = iid > 0 ? tare_value(deff) : tare_no_value(flat);
    r->effective_n = iid > 0 && deff > 0 ? tare_value(n / deff) : tare_no_value(flat);
    double t = -tare_t_quantile((1 - confidence) / 2, g - 1);
    r->ci = tare_interval(r->mean - t * cr1, r->mean + t * cr1);
    r->p = cr1 > 0 ? tare_t_p2(r->mean / cr1, g - 1) : (double)NAN;
}

enum tare_status tare_cluster_se(const double *x, const uint32_t *cluster, size_t n,
                                 double confidence, struct tare_arena *scratch,
                                 struct tare_cluster_se *out, struct tare_err *err)
{
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    struct tare_cluster_totals t;
    enum tare_status st = tare_cluster_totals(x, cluster, n, scratch, &t, err);
    if (st != TARE_OK)
        return st;
    struct tare_cluster_se r = {.n = n, .clusters = t.clusters, .mean = tare_mean(x, n)};
    double ss = tare_sum_sq_dev(x, n), nn = (double)n, cross = 0;
    memset(t.sum, 0, t.clusters * sizeof *t.sum);
    for (size_t i = 0; i < n; i++)
        t.sum[t.of[i]] += x[i] - r.mean;
    for (size_t g = 0; g < t.clusters; g++)
        cross += t.sum[g] * t.sum[g];
    r.se_iid_ddof0 = tare_value(sqrt(ss) / nn);
    r.se_iid_ddof1 = n > 1 ? tare_value(sqrt(ss / (nn - 1) / nn)) : tare_no_value("one value");
    r.few_clusters = t.clusters < 10;
    robust_part(&r, cross, confidence);
    tare_arena_rewind(scratch, mark);
    *out = r;
    return TARE_OK;
}

double tare_design_effect(const double *size, size_t clusters, double icc)
{
    double sum = 0, squares = 0;
    for (size_t g = 0; g < clusters; g++) {
        sum += size[g];
        squares += size[g] * size[g];
    }
    return 1 + (squares / sum - 1) * icc;
}

enum tare_status tare_variance_split(const double *score, size_t tasks, size_t k,
                                     struct tare_variance_split *out, struct tare_err *err)
{
    if (tasks < 2 || k < 2)
        return tare_fail(err, TARE_E_INPUT,
                         "need at least 2 tasks and 2 attempts a task, got %zu and %zu", tasks, k);
    enum tare_status st = tare_sample_check(score, tasks * k, "score", err);
    if (st != TARE_OK)
        return st;
    double within = 0, mean = tare_mean(score, tasks * k), between = 0;
    for (size_t t = 0; t < tasks; t++) {
        double m = tare_mean(score + t * k, k);
        within += tare_sum_sq_dev(score + t * k, k) / (double)(k - 1);
        between += (m - mean) * (m - mean);
    }
    struct tare_variance_split r = {.mean = mean, .within = within / (double)tasks};
    double of_means = between / (double)(tasks - 1);
    r.between = fmax(0, of_means - r.within / (double)k);
    r.se = sqrt((r.between + r.within / (double)k) / (double)tasks);
    *out = r;
    return TARE_OK;
}
