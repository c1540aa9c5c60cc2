/*
 * Calculators of selection among samples (ops of the selection sheet).
 */
#include "decide/stat_int.h"
#include "stats/association.h"
#include "stats/effect.h"
#include "stats/location.h"
#include "stats/passk.h"
#include "stats/proportion.h"
#include "stats/sample.h"
#include "stats/signflip.h"
#include "text/fields.h"

#include "base/banned.h"

/* The sheet of selection counts from the other side: p1 less p2. */
static void cohens_h_reversed(struct tare__stat *s)
{
    double p1 = tare__in_num(s, "p1"), p2 = tare__in_num(s, "p2");
    if (tare__stat_ok(s) && !(p1 >= 0 && p1 <= 1 && p2 >= 0 && p2 <= 1))
        tare__stat_fail(s, "p1 and p2 must lie in 0 to 1");
    if (tare__stat_ok(s))
        tare__out_num(s, "h", tare_cohens_h(p2, p1));
}

static void sign_test(struct tare__stat *s)
{
    uint64_t w = tare__in_count(s, "wins"), l = tare__in_count(s, "losses");
    if (!tare__stat_ok(s))
        return;
    struct tare_sign_flip r = tare_sign_test(w, l);
    tare__out_num(s, "p_one_sided", r.p_greater);
    tare__out_num(s, "p_two_sided", r.p_two);
    tare__out_count(s, "n_discordant", w + l);
}

static void wilcoxon(struct tare__stat *s)
{
    struct tare__nums d = tare__in_nums(s, "diff", false);
    struct tare_signed_rank r;
    tare__in_note(s, "method");
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_signed_rank(d.v, d.n, 0.95, s->arena, &r, s->err)))
        return;
    double all = (double)r.n_eff * ((double)r.n_eff + 1) / 2;
    tare__out_num(s, "W", fmin(r.w_plus, all - r.w_plus));
    tare__out_value(s, "p", r.p);
}

static void spearman_partial(struct tare__stat *s)
{
    struct tare__nums x = tare__in_nums(s, "surprisal", false);
    struct tare__nums y = tare__in_nums(s, "speedup", false);
    struct tare__nums z = tare__in_nums(s, "length", false);
    struct tare_correlation xy, xz, yz, part;
    if (tare__stat_ok(s) && (x.n != y.n || x.n != z.n))
        tare__stat_fail(s, "the lists must have the same length");
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_spearman(x.v, y.v, x.n, 0.95, s->arena, &xy, s->err)) ||
        !tare__stat_check(s, tare_spearman(x.v, z.v, x.n, 0.95, s->arena, &xz, s->err)) ||
        !tare__stat_check(s, tare_spearman(y.v, z.v, x.n, 0.95, s->arena, &yz, s->err)) ||
        !tare__stat_check(s, tare_partial(x.v, y.v, z.v, x.n, true, s->arena, &part, s->err)))
        return;
    tare__out_value(s, "rho", xy.r);
    tare__out_value(s, "p", xy.p);
    tare__out_value(s, "rho_surprisal_length", xz.r);
    tare__out_value(s, "rho_speedup_length", yz.r);
    tare__out_value(s, "partial_rho", part.r);
    tare__out_value(s, "partial_p", part.p);
}

static void pass_at_k(struct tare__stat *s)
{
    uint64_t n = tare__in_count(s, "n"), c = tare__in_count(s, "c"), k = tare__in_count(s, "k");
    if (!tare__stat_ok(s))
        return;
    tare__out_value(s, "pass_at_k", tare_pass_at_k(n, c, k));
    tare__out_value(s, "pass_hat_k", tare_pass_hat_k(n, c, k));
}

/* Names of members are to be unique. */
static bool seen_before(const double *x, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (x[k] == x[i])
            return true;
    return false;
}

static void best_of_k(struct tare__stat *s)
{
    struct tare__nums r = tare__in_nums(s, "reward", false), ks = tare__in_nums(s, "ks", false);
    double threshold = tare__in_num_or(s, "threshold", 0);
    uint64_t good = 0;
    for (size_t i = 0; i < r.n; i++)
        good += r.v[i] > threshold;
    if (!tare__stat_ok(s))
        return;
    for (int part = 0; part < 2; part++) {
        tare_json_put_key(s->w, part ? "success" : "expected_max");
        tare_json_begin_object(s->w);
        for (size_t i = 0; i < ks.n && tare__stat_ok(s); i++) {
            if (!(ks.v[i] >= 1 && ks.v[i] < 1e9 && ks.v[i] == floor(ks.v[i])))
                tare__stat_fail(s, "ks must be whole numbers, at least 1");
            if (!tare__stat_ok(s) || seen_before(ks.v, i))
                continue;
            size_t k = (size_t)ks.v[i];
            struct tare_value v = tare_pass_at_k(r.n, good, k);
            if (!part)
                tare__stat_check(s, tare_expected_best(r.v, r.n, k, s->arena, &v, s->err));
            struct tare_str key = tare_arena_printf(s->arena, "%zu", k);
            tare__out_value(s, key.p ? key.p : "k", v);
        }
        tare_json_end_object(s->w);
    }
}

static struct tare_value geometric_mean(const double *x, const uint8_t *take, size_t n, double over)
{
    double sum = 0, count = 0;
    for (size_t i = 0; i < n; i++)
        if (take[i] && x[i] > over) {
            sum += log(x[i]);
            count += 1;
        }
    return count > 0 ? tare_value(exp(sum / count)) : tare_no_value("no sample qualifies");
}

static void fast_p(struct tare__stat *s)
{
    size_t n;
    uint8_t *correct = tare__in_labels(s, "correct", &n);
    struct tare__nums x = tare__in_nums(s, "speedup", true), p = tare__in_nums(s, "p", false);
    if (tare__stat_ok(s) && x.n != n)
        tare__stat_fail(s, "correct and speedup must have the same length");
    struct tare_json list = tare_json_get(s->f.object, "p");
    if (!tare__stat_ok(s))
        return;
    tare_json_put_key(s->w, "fast_p");
    tare_json_begin_object(s->w);
    for (size_t j = 0; j < p.n; j++) {
        double count = 0;
        if (seen_before(p.v, j))
            continue;
        for (size_t i = 0; i < n; i++)
            count += correct[i] && x.v[i] > p.v[j];
        struct tare_str key =
            tare_arena_copy(s->arena, tare_json_lexeme(tare_json_at(list, (uint32_t)j)));
        tare__out_value(s, key.p ? key.p : "p",
                        n ? tare_value(count / (double)n) : tare_no_value("no samples"));
    }
    tare_json_end_object(s->w);
    tare__out_value(s, "geomean_correct", geometric_mean(x.v, correct, n, 0));
    tare__out_value(s, "geomean_correct_faster", geometric_mean(x.v, correct, n, 1));
}

static void quartiles(struct tare__stat *s)
{
    struct tare__nums x = tare__in_nums(s, "surprisal", false);
    size_t n;
    uint8_t *fast = tare__in_labels(s, "fast1", &n);
    double *down = TARE_NEW_N(s->arena, double, x.n), share[4], size[4];
    uint32_t *order = TARE_NEW_N(s->arena, uint32_t, x.n);
    tare__in_note(s, "rule");
    if (tare__stat_ok(s) && (x.n != n || n < 4))
        tare__stat_fail(s, "surprisal and fast1 need the same length, at least 4");
    for (size_t i = 0; down && i < x.n; i++)
        down[i] = -x.v[i];
    if (!tare__stat_ok(s) || !down || !order ||
        !tare__stat_check(s, tare_sort_index(down, n, order, s->arena, s->err)))
        return;
    for (size_t q = 0; q < 4; q++) {
        size_t from = n * q / 4, to = n * (q + 1) / 4;
        share[q] = 0;
        for (size_t i = from; i < to; i++)
            share[q] += fast[order[i]];
        size[q] = (double)(to - from);
        share[q] /= size[q];
    }
    tare_json_put_key(s->w, "n");
    tare_json_begin_array(s->w);
    for (size_t q = 0; q < 4; q++)
        tare_json_put_i64(s->w, (int64_t)size[q]);
    tare_json_end_array(s->w);
    tare__out_nums(s, "fast_1", share, 4);
}

static void seed_spread(struct tare__stat *s)
{
    struct tare__nums x = tare__in_nums(s, "values", false);
    if (tare__stat_ok(s) && x.n == 0)
        tare__stat_fail(s, "no data");
    if (!tare__stat_ok(s))
        return;
    tare__out_num(s, "mean", tare_mean(x.v, x.n));
    tare__out_value(s, "sd_sample",
                    x.n > 1 ? tare_value(tare_sd(x.v, x.n, 1)) : tare_no_value("one value"));
}

static void wilson95(struct tare__stat *s)
{
    struct tare_count c = {.k = tare__in_count(s, "c"), .n = tare__in_count(s, "n")};
    if (!tare__stat_ok(s))
        return;
    struct tare_interval i = tare_wilson(c, 0.95);
    tare__out_value(s, "low", i.why ? tare_no_value(i.why) : tare_value(i.lo));
    tare__out_value(s, "high", i.why ? tare_no_value(i.why) : tare_value(i.hi));
}

static void fisher(struct tare__stat *s)
{
    struct tare__table t = tare__in_table(s, "table", false);
    bool whole = t.rows == 2 && t.cols == 2;
    for (size_t i = 0; whole && i < 4; i++)
        whole = t.v[i] >= 0 && t.v[i] < 1e9 && t.v[i] == floor(t.v[i]);
    if (tare__stat_ok(s) && !whole)
        tare__stat_fail(s, "table needs two rows of two counts");
    if (!tare__stat_ok(s))
        return;
    struct tare_count a = {(uint64_t)t.v[0], (uint64_t)(t.v[0] + t.v[1])};
    struct tare_count b = {(uint64_t)t.v[2], (uint64_t)(t.v[2] + t.v[3])};
    tare__out_value(s, "p", tare_fisher_exact(a, b));
}

struct tare__stat_part tare__stat_selection(void)
{
    static const struct tare_stat_proc procs[] = {
        {.name = "cohens_h_p1_minus_p2",
         .op = "cohens_h",
         .group = TARE_STAT_SELECTION,
         .summary = "effect size of two rates, first less second",
         .source = "Cohen 1988",
         .example = "{\"p1\":0.8,\"p2\":0.5}",
         .run = cohens_h_reversed},
        {"sign_test", TARE_STAT_SELECTION, "wins and losses, one- and two-sided", "binomial",
         "{\"wins\":3,\"losses\":0}", sign_test, NULL},
        {"wilcoxon_signed_rank", TARE_STAT_SELECTION, "exact two-sided", "Wilcoxon 1945",
         "{\"diff\":[1.76,1.62,-0.11,0.1,-0.13,0.97]}", wilcoxon, NULL},
        {"spearman_partial", TARE_STAT_SELECTION, "surprisal and speedup, length held",
         "first-order formula on mid-ranks",
         "{\"surprisal\":[1,2,3,4,5],\"speedup\":[2,1,4,3,5],\"length\":[5,3,4,1,2]}",
         spearman_partial, NULL},
        {"pass_at_k", TARE_STAT_SELECTION, "any of k, all of k", "Chen et al. 2021",
         "{\"n\":4,\"c\":1,\"k\":2}", pass_at_k, NULL},
        {"expected_best_of_k", TARE_STAT_SELECTION, "expected best reward of k samples",
         "order statistics without replacement",
         "{\"reward\":[1,0,2],\"ks\":[1,2],\"threshold\":1}", best_of_k, NULL},
        {"fast_p", TARE_STAT_SELECTION, "share correct and faster than p, geometric means",
         "Ouyang et al. 2025", "{\"correct\":[1,0,1],\"speedup\":[1.2,3,0.8],\"p\":[0,1]}", fast_p,
         NULL},
        {"quartiles", TARE_STAT_SELECTION, "success by quarter of surprisal",
         "stable sort, cuts at floor(n i / 4)", "{\"surprisal\":[4,3,2,1],\"fast1\":[1,0,1,0]}",
         quartiles, NULL},
        {"seed_spread", TARE_STAT_SELECTION, "mean and sample SD over seeds", "ddof 1",
         "{\"values\":[0.6,0.4]}", seed_spread, NULL},
        {"wilson95", TARE_STAT_SELECTION, "Wilson interval", "Wilson 1927", "{\"c\":8,\"n\":10}",
         wilson95, NULL},
        {"fisher_exact_two_sided", TARE_STAT_SELECTION, "exact test of a 2x2 table", "Fisher 1935",
         "{\"table\":[[8,2],[5,5]]}", fisher, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
