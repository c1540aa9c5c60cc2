#include "decide/compare_int.h"

#include <math.h>
#include <stdio.h>

#include "base/banned.h"

#define HISTOGRAM_CELLS 61u

/* ---- what is asked for ----------------------------------------------------------------------- */

static enum tare_status find_metric(const struct tare_results *r, struct tare_str name,
                                    uint32_t *out, struct tare_err *err)
{
    *out = tare_results_metric(r, name);
    if (*out != UINT32_MAX)
        return TARE_OK;
    char list[300] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < r->n_metrics && n < sizeof list - 64; i++) {
        struct tare_str m = r->metrics[i].name;
        n += (size_t)snprintf(list + n, sizeof list - n, " %.*s", m.n < 48 ? (int)m.n : 48, m.p);
    }
    (void)tare_fail(err, TARE_E_USAGE, "there is no metric \"%.*s\"", TARE_FMT(name));
    tare_err_hint(err, "metrics here:%s", list);
    return TARE_E_USAGE;
}

static void short_digest(const struct tare_results *r, char out[9])
{
    char hex[65] = "--------";
    if (r->has_digest)
        tare_digest_hex(r->digest, hex);
    memcpy(out, hex, 8);
    out[8] = '\0';
}

static enum tare_status refuse_suites(const struct tare_results *ra, uint32_t a,
                                      const struct tare_results *rb, uint32_t b,
                                      struct tare_err *err)
{
    const struct tare_results_run *x = &ra->runs[a], *y = &rb->runs[b];
    uint32_t both = 0, changed = 0;
    for (uint32_t i = 0; i < ra->n_tasks; i++)
        for (uint32_t k = 0; k < rb->n_tasks; k++) {
            /* Same place first: suites mostly grow at their end. */
            uint32_t j = (i + k) % rb->n_tasks;
            if (!tare_str_eq(ra->tasks[i].id, rb->tasks[j].id))
                continue;
            bool same = !ra->tasks[i].has_digest || !rb->tasks[j].has_digest ||
                        tare_digest_eq(ra->tasks[i].digest, rb->tasks[j].digest);
            both += same;
            changed += !same;
            break;
        }
    char da[9], db[9];
    short_digest(ra, da);
    short_digest(rb, db);
    (void)tare_fail(err, TARE_E_USAGE, "the two runs weigh different suites");
    tare_err_hint(err,
                  "A %.*s  %.*s %.*s  %s\nB %.*s  %.*s %.*s  %s   %u tasks added, %u removed, %u "
                  "changed\nA verdict over different tasks means nothing. Compare the %u they "
                  "share:\n  tare compare %.*s %.*s --shared-tasks",
                  TARE_FMT(x->name), TARE_FMT(ra->suite), TARE_FMT(ra->version), da,
                  TARE_FMT(y->name), TARE_FMT(rb->suite), TARE_FMT(rb->version), db,
                  rb->n_tasks - both - changed, ra->n_tasks - both - changed, changed, both,
                  TARE_FMT(x->address.n ? x->address : x->id),
                  TARE_FMT(y->address.n ? y->address : y->id));
    return TARE_E_USAGE;
}

static void fill_side(const struct tare_results *r, uint32_t run, struct tare_side *s)
{
    const struct tare_results_run *x = &r->runs[run];
    *s = (struct tare_side){.name = x->name,
                            .id = x->id,
                            .address = x->address.n ? x->address : x->id,
                            .identity = x->identity,
                            .suite = r->suite,
                            .version = r->version,
                            .digest = r->digest,
                            .has_digest = r->has_digest,
                            .kind = x->kind,
                            .k = x->k,
                            .finished = x->finished};
}

static double margin_of(const struct tare_results *r, struct tare_str metric)
{
    for (uint32_t i = 0; i < r->n_margins; i++)
        if (tare_str_eq(r->margins[i].metric, metric))
            return r->margins[i].margin;
    return (double)NAN;
}

static void take_margin(const struct tare_results *ra, const struct tare_compare_opts *opts,
                        struct tare_compare *out)
{
    out->margin = opts->margin > 0 ? opts->margin : margin_of(ra, out->metric.name);
    if (opts->margin > 0)
        out->margin_source = TARE_MARGIN_FLAG;
    else if (out->margin > 0)
        out->margin_source = TARE_MARGIN_SUITE;
    double planned = margin_of(ra, out->metric.name);
    bool replaced = planned > 0 && fabs(planned - opts->margin) > 1e-12 * planned;
    out->margin_post_hoc = opts->margin > 0 && (opts->margin_post_hoc || replaced);
    out->margin_suite = ra->digest;
}

/* Names, digests, margin, metric: everything but numbers. */
static enum tare_status set_up(const struct tare_results *ra, uint32_t a,
                               const struct tare_results *rb, uint32_t b,
                               const struct tare_compare_opts *opts, struct tare_compare *out,
                               uint32_t *metric_a, uint32_t *metric_b, struct tare_err *err)
{
    *out = (struct tare_compare){.alpha = opts->alpha > 0 ? opts->alpha : 0.05,
                                 .power = opts->power > 0 ? opts->power : 0.80,
                                 .seed = opts->seed,
                                 .about = opts->about,
                                 .method_version = opts->method_version ? opts->method_version
                                                                        : TARE_METHOD_VERSION,
                                 .exact = opts->exact,
                                 .sequential = opts->sequential,
                                 .drop_limit = TARE_DROP_LIMIT,
                                 .suite = ra->suite,
                                 .version = ra->version,
                                 .variant = ra->variant};
    fill_side(ra, a, &out->a);
    fill_side(rb, b, &out->b);
    out->same_suite = !ra->has_digest || !rb->has_digest || tare_digest_eq(ra->digest, rb->digest);
    out->same_seed = !ra->has_seed || !rb->has_seed || ra->seed == rb->seed;
    out->same_run = out->a.id.n && tare_str_eq(out->a.id, out->b.id);
    out->cause_known = ra->runs[a].cause_known && rb->runs[b].cause_known;
    if (!out->same_suite && !opts->shared_tasks)
        return refuse_suites(ra, a, rb, b, err);
    enum tare_status st = find_metric(ra, opts->metric, metric_a, err);
    if (!st)
        st = find_metric(rb, ra->metrics[*metric_a].name, metric_b, err);
    if (st)
        return st;
    out->metric = ra->metrics[*metric_a];
    if (out->metric.direction == TARE_NO_DIRECTION) {
        (void)tare_fail(err, TARE_E_USAGE, "\"%.*s\" has no better side, so nothing can improve",
                        TARE_FMT(out->metric.name));
        tare_err_hint(err, "choose another with --metric");
        return TARE_E_USAGE;
    }
    /* Clusters are about which tasks there are; these are given. */
    if (out->about == TARE_ABOUT_NEW_TASKS)
        out->cluster = opts->cluster.n ? opts->cluster : ra->cluster;
    take_margin(ra, opts, out);
    return TARE_OK;
}

/* ---- evidence -------------------------------------------------------------------------------- */

static struct tare__look look_of(const struct tare_compare *c, const struct tare_compare_opts *opts,
                                 bool ratio)
{
    return (struct tare__look){.direction = c->metric.direction,
                               .about = c->about,
                               .ratio = ratio,
                               .range = c->metric.max - c->metric.min,
                               .alpha = c->alpha,
                               .power = c->power,
                               .margin = c->margin,
                               .discordance = opts->discordance,
                               .exact = opts->exact,
                               .sequential = opts->sequential,
                               .method_version = opts->method_version,
                               .seed = opts->seed,
                               .resamples = opts->resamples,
                               .test_resamples = opts->resamples,
                               .threads = opts->threads};
}

/* Limits of the metric; where it is open, of what was seen. */
static void limits_of(const struct tare_compare *c, const struct tare__joined *j, double *lo,
                      double *hi)
{
    double min = (double)INFINITY, max = (double)-INFINITY;
    for (size_t i = 0; i < j->all.n; i++) {
        min = fmin(min, fmin(j->all.a[i], j->all.b[i]));
        max = fmax(max, fmax(j->all.a[i], j->all.b[i]));
    }
    *lo = isfinite(c->metric.min) ? c->metric.min : min;
    *hi = isfinite(c->metric.max) ? c->metric.max : max;
}

static enum tare_status histogram(const struct tare_boot *boot, struct tare_arena *arena,
                                  struct tare_compare *out, struct tare_err *err)
{
    size_t n = boot->n_replicates;
    if (n == 0 || !(boot->replicates[n - 1] > boot->replicates[0]))
        return TARE_OK;
    double *share = TARE_NEW_N(arena, double, HISTOGRAM_CELLS);
    if (!share)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the picture");
    double lo = boot->replicates[0];
    double cell = (boot->replicates[n - 1] - lo) / HISTOGRAM_CELLS;
    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)((boot->replicates[i] - lo) / cell);
        share[at < HISTOGRAM_CELLS ? at : HISTOGRAM_CELLS - 1u] += 1.0 / (double)n;
    }
    out->histogram = share;
    out->histogram_lo = lo;
    out->histogram_cell = cell;
    out->n_histogram = HISTOGRAM_CELLS;
    return TARE_OK;
}

enum tare_status tare_compare(const struct tare_results *ra, uint32_t a,
                              const struct tare_results *rb, uint32_t b,
                              const struct tare_compare_opts *opts, struct tare_arena *arena,
                              struct tare_compare *out, struct tare_err *err)
{
    uint32_t metric_a, metric_b;
    struct tare__joined joined;
    struct tare__shape shape;
    enum tare_status st = set_up(ra, a, rb, b, opts, out, &metric_a, &metric_b, err);
    if (!st)
        st = tare__join(ra, a, rb, b, metric_a, metric_b, opts, arena, out, &joined, err);
    if (st)
        return st;
    struct tare__look look = look_of(out, opts, joined.pairs.num_a != NULL);
    if (out->about == TARE_ABOUT_THESE_TASKS)
        st = tare__within_fits(&look, &joined.pairs, err);
    if (st)
        return st;
    st = tare__evidence(&look, &joined.pairs, arena, &out->ev, &shape, err);
    if (!st && look.sequential)
        st = tare__sequential_fits(&look, &out->ev, err);
    if (st)
        return st;
    out->dist = shape.dist;
    out->scores = shape.scores;
    out->cluster_of = out->ev.clusters ? joined.pairs.cluster : NULL;
    st = histogram(&shape.boot, arena, out, err);
    double lo, hi;
    limits_of(out, &joined, &lo, &hi);
    bool up = out->metric.direction == TARE_HIGHER_BETTER;
    if (!st)
        st = tare__readings(&look, &joined, up ? lo : hi, up ? hi : lo, arena, out, err);
    bool own = opts->by != NULL;
    if (!st && !opts->no_slices)
        st = tare__slices(&look, ra, &joined.pairs, own ? opts->by : ra->by,
                          own ? opts->n_by : ra->n_by, arena, out, err);
    if (!st)
        st = tare__spend(&look, ra, a, rb, b, metric_a, metric_b, opts, arena, out, err);
    out->p_adjusted = out->ev.p;
    out->family = isnan(out->ev.p) ? 0u : 1u;
    tare__decide(out);
    return st;
}

/* ---- decision -------------------------------------------------------------------------------- */

static struct tare_interval turned(struct tare_interval ci, enum tare_direction d)
{
    return ci.why || d == TARE_HIGHER_BETTER ? ci : tare_interval(-ci.hi, -ci.lo);
}

static struct tare_verdict_in question(const struct tare_compare *c, uint64_t n, double diff,
                                       struct tare_interval ci, struct tare_interval narrow,
                                       double p)
{
    enum tare_direction d = c->metric.direction;
    return (struct tare_verdict_in){.n_used = n,
                                    .diff = diff * (double)d,
                                    .ci = turned(ci, d),
                                    .ci_narrow = turned(narrow, d),
                                    .p = p,
                                    .alpha = c->alpha,
                                    .margin = c->margin,
                                    .drop_limit = c->drop_limit};
}

static bool is_side(enum tare_verdict v)
{
    return v == TARE_VERDICT_IMPROVED || v == TARE_VERDICT_REGRESSED;
}

/* Known cause: only the opposite counts. Unknown: any other verdict does. */
static bool reverses(const struct tare_compare *c, enum tare_verdict main, enum tare_verdict other)
{
    if (main == TARE_VERDICT_INCONCLUSIVE || main == other)
        return false;
    return !c->cause_known || is_side(other);
}

void tare__decide(struct tare_compare *c)
{
    double factor = c->ev.p > 0 ? c->p_adjusted / c->ev.p : 1;
    struct tare_verdict_in in =
        question(c, c->ev.n, c->ev.diff, c->ev.ci, c->ev.ci_narrow, c->p_adjusted);
    in.smallest_p = c->ev.smallest_p;
    in.all_alike = c->ev.wins + c->ev.losses == 0;
    if (c->ev.design == TARE_DESIGN_RATIO)
        in.all_alike = in.all_alike && !(fabs(c->ev.diff) > 0);
    struct tare_verdict_out plain = tare_verdict(&in);
    for (uint32_t i = 0; i < c->n_readings; i++) {
        struct tare_reading *r = &c->readings[i];
        struct tare_verdict_in other =
            question(c, r->n, r->diff, r->ci, r->ci_narrow, fmin(1, r->p * factor));
        r->verdict = tare_verdict(&other).verdict;
        c->reversible = c->reversible || reverses(c, plain.verdict, r->verdict);
    }
    in.reversible = c->reversible;
    in.unfinished = !c->sequential && (!c->a.finished || !c->b.finished);
    in.drop_share = c->n_total ? (double)c->n_dropped / c->n_total : 0;
    c->out = tare_verdict(&in);
}
