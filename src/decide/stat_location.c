/*
 * Calculators of effect sizes, rank tests, durations and fronts.
 */
#include "decide/stat_int.h"
#include "stats/effect.h"
#include "stats/equivalence.h"
#include "stats/latency.h"
#include "stats/location.h"
#include "stats/pareto.h"
#include "stats/sample.h"

#include "base/banned.h"

static void cohens_h(struct tare__stat *s)
{
    double p1 = tare__in_num(s, "p1"), p2 = tare__in_num(s, "p2");
    if (tare__stat_ok(s) && !(p1 >= 0 && p1 <= 1 && p2 >= 0 && p2 <= 1))
        tare__stat_fail(s, "p1 and p2 must lie in 0 to 1");
    if (tare__stat_ok(s))
        tare__out_num(s, "h", tare_cohens_h(p1, p2));
}

static void effect_sizes(struct tare__stat *s)
{
    struct tare__nums a = tare__in_nums(s, "a", false), b = tare__in_nums(s, "b", false);
    struct tare_effects r;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_effects(a.v, a.n, b.v, b.n, s->arena, &r, s->err)))
        return;
    tare__out_value(s, "cohens_d_pooled", r.cohens_d);
    tare__out_value(s, "hedges_g_approx", r.hedges_g_approx);
    tare__out_value(s, "hedges_g_exact", r.hedges_g);
    tare__out_value(s, "cohens_dz", r.cohens_dz);
    tare__out_value(s, "cliffs_delta", r.cliffs_delta);
    tare__out_value(s, "glass_delta", r.glass_delta);
}

static void signed_rank(struct tare__stat *s)
{
    struct tare__nums d = tare__in_nums(s, "differences", false);
    double level = tare__in_level(s, "confidence", 0.95);
    struct tare_signed_rank r;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_signed_rank(d.v, d.n, level, s->arena, &r, s->err)))
        return;
    tare__out_num(s, "sign_p_two", r.sign_p_two);
    tare__out_num(s, "sign_p_greater", r.sign_p_greater);
    tare__out_num(s, "wilcoxon_W_plus", r.w_plus);
    tare__out_value(s, "wilcoxon_p_exact", r.p);
    tare__out_value(s, "wilcoxon_p_normal", r.p_approx);
    tare__out_value(s, "hodges_lehmann_all", r.hl);
    tare__out_value(s, "hl_R", r.hl_nonzero);
    tare__out_interval(s, "hl_ci95_exact", r.hl_ci);
}

static struct tare_summary summary_of(struct tare__nums x)
{
    return (struct tare_summary){tare_mean(x.v, x.n), x.n > 1 ? tare_sd(x.v, x.n, 1) : 0,
                                 (double)x.n};
}

static void two_sample(struct tare__stat *s)
{
    struct tare__nums a = tare__in_nums(s, "baseline", false);
    struct tare__nums b = tare__in_nums(s, "candidate", false);
    double level = tare__in_level(s, "confidence", 0.95);
    struct tare_two_sample r;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_two_sample(a.v, a.n, b.v, b.n, level, s->arena, &r, s->err)))
        return;
    struct tare_welch w = tare_welch(summary_of(a), summary_of(b), level, 0);
    tare__out_num(s, "mann_whitney_U_candidate", r.u_b);
    tare__out_value(s, "p_exact_two_sided", r.p_exact);
    tare__out_value(s, "p_normal_two_sided", r.p_approx);
    tare__out_value(s, "hodges_lehmann_shift", r.hl_shift);
    tare__out_interval(s, "hl_ci95_exact", r.hl_ci);
    tare__out_value(s, "hl_check", r.hl_shift);
    tare__out_value(s, "hl_ratio", r.hl_ratio);
    tare__out_value(s, "welch_t", w.t);
    tare__out_value(s, "welch_p", w.p);
    tare__out_value(s, "median_ratio", r.median_ratio);
}

static struct tare__nums after_warmup(struct tare__stat *s, const char *key, uint64_t discard)
{
    struct tare__nums x = tare__in_nums(s, key, false);
    if (tare__stat_ok(s) && x.n <= discard)
        tare__stat_fail(s, "nothing is left after the warm-up runs");
    if (!tare__stat_ok(s))
        return (struct tare__nums){NULL, 0};
    return (struct tare__nums){x.v + discard, x.n - (size_t)discard};
}

static struct tare_value geometric_ratio(struct tare__nums a, struct tare__nums b)
{
    double la = 0, lb = 0;
    for (size_t i = 0; i < a.n; i++)
        la += log(a.v[i]);
    for (size_t i = 0; i < b.n; i++)
        lb += log(b.v[i]);
    double r = exp(lb / (double)b.n - la / (double)a.n);
    return isfinite(r) ? tare_value(r) : tare_no_value("not all values are above 0");
}

static void out_pair(struct tare__stat *s, const char *key, struct tare_value a,
                     struct tare_value b)
{
    if (a.why || b.why)
        tare__out_unavailable(s, key, a.why ? a.why : b.why);
    else
        tare__out_nums(s, key, (const double[]){a.v, b.v}, 2);
}

static void out_median_interval(struct tare__stat *s, const char *key, const struct tare_latency *r)
{
    if (r->median_ci.why) {
        tare__out_unavailable(s, key, r->median_ci.why);
        return;
    }
    tare_json_put_key(s->w, key);
    tare_json_begin_object(s->w);
    tare__out_num(s, "lower", r->median_ci.lo);
    tare__out_num(s, "upper", r->median_ci.hi);
    tare__out_count(s, "rank", r->median_rank);
    tare__out_num(s, "coverage", r->median_coverage);
    tare_json_end_object(s->w);
}

static void latency(struct tare__stat *s)
{
    uint64_t discard = tare__in_count_or(s, "warmup_discard", 1);
    struct tare__nums a = after_warmup(s, "baseline", discard);
    struct tare__nums b = after_warmup(s, "candidate", discard);
    double level = tare__in_level(s, "confidence", 0.95);
    struct tare_latency ra, rb;
    struct tare_drift drift;
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_latency(a.v, a.n, level, s->arena, &ra, s->err)) ||
        !tare__stat_check(s, tare_latency(b.v, b.n, level, s->arena, &rb, s->err)) ||
        !tare__stat_check(s, tare_drift(b.v, b.n, s->arena, &drift, s->err)))
        return;
    tare__out_nums(s, "median", (const double[]){ra.median, rb.median}, 2);
    tare__out_nums(s, "p50_p95_p99_type7_candidate",
                   (const double[]){rb.median, rb.p95_raw, rb.p99_raw}, 3);
    tare__out_value(s, "p95_candidate", rb.p95);
    tare__out_value(s, "p99_candidate", rb.p99);
    tare__out_num(s, "p95_nearest_rank_candidate", rb.p95_nearest_rank);
    tare__out_nums(s, "mean", (const double[]){ra.mean, rb.mean}, 2);
    out_pair(s, "sd_ddof1", ra.sd, rb.sd);
    out_pair(s, "cv", ra.cv, rb.cv);
    tare__out_nums(s, "mad", (const double[]){ra.mad, rb.mad}, 2);
    tare__out_value(s, "median_ratio",
                    ra.median != 0 ? tare_value(rb.median / ra.median)
                                   : tare_no_value("the baseline's median is 0"));
    tare__out_value(s, "geo_mean_ratio", geometric_ratio(a, b));
    out_median_interval(s, "median_ci95_order_stat_candidate", &rb);
    tare__out_bool(s, "drift_candidate", drift.drifts);
}

/* "cost min", "quality max". */
static bool read_direction(struct tare__stat *s, struct tare_json v)
{
    struct tare_str t = tare_json_str(v);
    if (tare_str_ends(t, TARE_S("max")))
        return true;
    if (tare__stat_ok(s) && !tare_str_ends(t, TARE_S("min")))
        tare_fields_fail(&s->f, v, "a direction ends in \"min\" or \"max\"");
    return false;
}

static void pareto(struct tare__stat *s)
{
    struct tare__table t = tare__in_table(s, "points", true);
    struct tare_json list = tare_fields_kind(&s->f, "directions", true, TARE_JSON_ARRAY);
    bool higher[TARE_PARETO_MAX_DIMS] = {false};
    size_t excluded = 0, k = 0;
    if (tare__stat_ok(s) && (tare_json_count(list) != t.cols || t.cols > TARE_PARETO_MAX_DIMS))
        tare__stat_fail(s, "directions needs one entry a coordinate, 8 at most");
    for (struct tare_json v = tare_json_first(list); tare_json_present(v) && tare__stat_ok(s);
         v = tare_json_next(v))
        higher[k++] = read_direction(s, v);
    bool *front = TARE_NEW_N(s->arena, bool, t.rows);
    if (!tare__stat_ok(s) || !front ||
        !tare__stat_check(s, tare_pareto(t.v, t.rows, (uint32_t)t.cols, higher, front, &excluded,
                                         s->arena, s->err)))
        return;
    tare_json_put_key(s->w, "front_indices");
    tare_json_begin_array(s->w);
    for (size_t i = 0; i < t.rows; i++)
        if (front[i])
            tare_json_put_u64(s->w, i);
    tare_json_end_array(s->w);
    tare__out_count(s, "excluded", excluded);
}

struct tare__stat_part tare__stat_location(void)
{
    static const struct tare_stat_proc procs[] = {
        {"cohens_h", TARE_STAT_LOCATION, "effect size of two rates", "Cohen 1988",
         "{\"p1\":0.5,\"p2\":0.8}", cohens_h, NULL},
        {"effect_sizes", TARE_STAT_LOCATION, "d, g, dz, Glass, Cliff",
         "Cohen 1988; Hedges 1981; Cliff 1993", "{\"a\":[1,2,3,2],\"b\":[2,3,3,4]}", effect_sizes,
         NULL},
        {"signed_rank", TARE_STAT_LOCATION, "sign test, Wilcoxon, Hodges-Lehmann",
         "Wilcoxon 1945; Hodges & Lehmann 1963", "{\"differences\":[1.1,2.3,-0.4,0.9,3.2,-1.7]}",
         signed_rank, NULL},
        {"two_sample_location", TARE_STAT_LOCATION, "Mann-Whitney, shift, ratio, Welch",
         "Mann & Whitney 1947; Hodges & Lehmann 1963",
         "{\"baseline\":[27.1,26.5,28],\"candidate\":[26.2,26.6,25.9]}", two_sample, NULL},
        {"latency_summary", TARE_STAT_LOCATION, "durations of two conditions",
         "order statistics; Hyndman & Fan 1996",
         "{\"baseline\":[34.1,26.9,26.5],\"candidate\":[26.3,28.8,26.8],\"warmup_discard\":1}",
         latency, NULL},
        {"pareto_front", TARE_STAT_LOCATION, "points no other point beats", "definition",
         "{\"points\":[[1,10],[2,8],[3,9]],\"directions\":[\"cost min\",\"latency min\"]}", pareto,
         NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
