/* What must hold whatever the data: sides swapped, data doubled, clusters merged, limits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../state_arena.h"
#include "base/rng.h"
#include "stats/agreement.h"
#include "stats/association.h"
#include "stats/auroc.h"
#include "stats/bootstrap_exact.h"
#include "stats/cluster.h"
#include "stats/equivalence.h"
#include "stats/location.h"
#include "stats/multiplicity.h"
#include "stats/paired.h"
#include "stats/pareto.h"
#include "stats/passk.h"
#include "stats/power.h"
#include "stats/proportion.h"
#include "stats/sample.h"
#include "stats/sequential.h"
#include "stats/special.h"

static void mirrored(struct tare_interval a, struct tare_interval b)
{
    assert_null(a.why);
    assert_true(fabs(a.lo + b.hi) < 1e-9 && fabs(a.hi + b.lo) < 1e-9);
    assert_true(a.lo <= a.hi);
}

static void test_swapping_sides_changes_the_sign(void **state)
{
    (void)state;
    for (uint64_t w = 0; w < 7; w++)
        for (uint64_t l = 0; l < 7; l++) {
            struct tare_paired_table t = {4, l, w, 3}, u = {4, w, l, 3};
            mirrored(tare_tango(t, 0.95), tare_tango(u, 0.95));
            mirrored(tare_newcombe10(t, 0.9, true, NULL), tare_newcombe10(u, 0.9, true, NULL));
            mirrored(tare_bonett_price(t, 0.9), tare_bonett_price(u, 0.9));
            assert_true(tare_mcnemar(t).mid_p == tare_mcnemar(u).mid_p);
            struct tare_count a = {w, 9}, b = {l + 1, 11};
            mirrored(tare_diff_score(a, b, 0.95), tare_diff_score(b, a, 0.95));
            mirrored(tare_diff_newcombe(a, b, 0.95), tare_diff_newcombe(b, a, 0.95));
        }
}

/* Newcombe 1998 (Statistics in Medicine 17, 873-890), table II, 56/70 against 48/80. */
static void test_published_intervals(void **state)
{
    struct tare_count a = {48, 80}, b = {56, 70};
    struct tare_interval mn = tare_diff_score(a, b, 0.95), nc = tare_diff_newcombe(a, b, 0.95);
    (void)state;
    assert_true(fabs(mn.lo - 0.0528) < 5e-5 && fabs(mn.hi - 0.3382) < 5e-5);
    assert_true(fabs(nc.lo - 0.0524) < 5e-5 && fabs(nc.hi - 0.3339) < 5e-5);
    struct tare_interval t = tare_tango((struct tare_paired_table){1, 1, 7, 12}, 0.95);
    assert_true(fabs(t.lo - 0.026) < 5e-4 && fabs(t.hi - 0.517) < 5e-4);
}

/* The score statistic at a limit of Tango's interval is the critical value. */
static void test_no_discordance_has_the_closed_form(void **state)
{
    struct tare_interval t = tare_tango((struct tare_paired_table){40, 0, 0, 8}, 0.9);
    double z = tare_norm_quantile(0.95);
    (void)state;
    assert_true(fabs(t.hi - z * z / (48 + z * z)) < 1e-12 && t.lo == -t.hi);
    assert_true(tare_mcnemar((struct tare_paired_table){40, 0, 0, 8}).mid_p == 1);
    assert_non_null(tare_mcnemar((struct tare_paired_table){40, 0, 0, 8}).chi2.why);
    assert_non_null(tare_tango((struct tare_paired_table){0, 0, 0, 0}, 0.9).why);
}

static void test_doubling_the_data_shrinks_the_error(void **state)
{
    double x[60], y[120];
    uint32_t c[120];
    struct tare_rng r;
    struct tare_err err = {0};
    struct tare_cluster_se a, b;
    tare_rng_init(&r, 1, TARE_S("test"), 0);
    for (uint32_t i = 0; i < 60; i++) {
        x[i] = y[i] = y[60 + i] = tare_rng_unit(&r);
        c[i] = i;
        c[60 + i] = 60 + i;
    }
    assert_int_equal(tare_cluster_se(x, c, 60, 0.95, *state, &a, &err), TARE_OK);
    assert_int_equal(tare_cluster_se(y, c, 120, 0.95, *state, &b, &err), TARE_OK);
    assert_true(fabs(a.se_cr0.v / b.se_cr0.v - sqrt(2)) < 1e-12);
    assert_true(fabs(a.se_cr0.v - a.se_iid_ddof0.v) < 1e-15); /* all singletons */
    /* the copies are the same tasks: as clusters they add nothing */
    for (uint32_t i = 0; i < 60; i++)
        c[60 + i] = i;
    assert_int_equal(tare_cluster_se(y, c, 120, 0.95, *state, &b, &err), TARE_OK);
    assert_true(fabs(a.se_cr0.v - b.se_cr0.v) < 1e-15);
    /* merged into one cluster: refused */
    for (uint32_t i = 0; i < 120; i++)
        c[i] = 5;
    assert_int_equal(tare_cluster_se(y, c, 120, 0.95, *state, &b, &err), TARE_OK);
    assert_non_null(b.se_cr0.why);
    assert_non_null(b.ci.why);
    assert_true(b.few_clusters);
}

/* Exact interval: coverage of the true rate is never below the level. */
static void test_clopper_pearson_covers(void **state)
{
    (void)state;
    for (double p = 0.003; p < 1; p += 0.0131) {
        double covered = 0;
        for (uint64_t k = 0; k <= 23; k++) {
            struct tare_interval i = tare_clopper_pearson((struct tare_count){k, 23}, 0.95);
            if (i.lo <= p && p <= i.hi)
                covered += tare_binom_pmf((int64_t)k, 23, p);
        }
        assert_true(covered >= 0.95 - 1e-12);
    }
}

/* Coverage of the exact bootstrap percentile interval at n = 48, by simulation (the sheet: 0.959).
 */
static void test_exact_bootstrap_covers(void **state)
{
    struct tare_rng r;
    int covered = 0, runs = 2000;
    tare_rng_init(&r, 77, TARE_S("coverage"), 0);
    for (int i = 0; i < runs; i++) {
        uint64_t w = 0, l = 0;
        struct tare_lattice_dist d;
        struct tare_exact_boot b;
        struct tare_err err = {0};
        for (int t = 0; t < 48; t++) {
            double u = tare_rng_unit(&r);
            w += u < 26.0 / 48;
            l += u >= 26.0 / 48 && u < 27.0 / 48;
        }
        tare_arena_reset(*state);
        assert_int_equal(tare_exact_trinomial(w, l, 48 - w - l, *state, &d, &err), TARE_OK);
        tare_exact_boot(&d, 0.95, &b);
        covered += b.percentile.mean.lo <= 25.0 / 48 && 25.0 / 48 <= b.percentile.mean.hi;
    }
    assert_true(covered >= 0.94 * runs && covered <= 0.978 * runs);
}

static void test_planning_solves_its_own_formula(void **state)
{
    (void)state;
    struct tare_value n = tare_size_two(0.74, 0.79, 0.05, 2, 0.8, TARE_POWER_POOLED);
    assert_true(fabs(tare_power_two(0.74, 0.79, n.v, 0.05, 2, TARE_POWER_POOLED, false).v - 0.8) <
                1e-12);
    struct tare_value d = tare_mde_paired(0.2, 216, 0.05, 0.8);
    assert_true(fabs(tare_size_paired(d.v, 0.2, 0.05, 2, 0.8).v - 216) < 1e-6);
    struct tare_value t = tare_size_mean_t(0.5, 0.1, 0.05, 0.8);
    assert_true(fabs(tare_power_mean_t(0.5, t.v, 0.1, 0.05).v - 0.8) < 1e-9);
    assert_non_null(tare_mde_paired(0.15, 48, 0.05, 0.8).why);
    assert_null(tare_mde_paired(0.5, 48, 0.05, 0.8).why);
    assert_non_null(tare_size_paired(0, 0.2, 0.05, 2, 0.8).why);
    assert_non_null(tare_size_paired(0.3, 0.2, 0.05, 2, 0.8).why);
}

/* Size of the tests under the null: exact never above 5 %, mid-p near it. */
static void test_size_of_mcnemar(void **state)
{
    (void)state;
    for (double psi = 0.1; psi < 1; psi += 0.2)
        for (uint64_t n = 10; n <= 150; n += 20) {
            double exact = tare_power_mcnemar_exact(psi / 2, psi / 2, n, 0.05, false).v;
            double mid = tare_power_mcnemar_exact(psi / 2, psi / 2, n, 0.05, true).v;
            assert_true(exact <= 0.05 + 1e-12 && mid <= 0.0515 && exact <= mid + 1e-15);
        }
}

static void test_adjusted_p(void **state)
{
    double p[6] = {0.01, (double)NAN, 0.01, 0.2, 1e-9, 0.04}, q[6], h[6];
    struct tare_err err = {0};
    size_t family;
    assert_int_equal(tare_adjust_p(p, 6, TARE_ADJUST_BH, q, &family, *state, &err), TARE_OK);
    assert_int_equal(tare_adjust_p(p, 6, TARE_ADJUST_HOLM, h, NULL, *state, &err), TARE_OK);
    assert_int_equal(family, 5);
    assert_true(isnan(q[1]) && q[0] == q[2]);
    for (int i = 0; i < 6; i++)
        assert_true(i == 1 || (p[i] <= q[i] && q[i] <= h[i] && h[i] <= 1));
    p[3] = 1.5;
    assert_int_equal(tare_adjust_p(p, 6, TARE_ADJUST_BH, q, NULL, *state, &err), TARE_E_INPUT);
    assert_int_equal(err.offset, 3);
}

/* The expectation of an e-value under its null is 1, at any number of discordant tasks. */
static void test_e_values_are_fair(void **state)
{
    (void)state;
    for (int64_t m = 1; m < 40; m += 6) {
        double mean = 0, bet = 0;
        for (int64_t w = 0; w <= m; w++) {
            uint64_t wins = (uint64_t)w, losses = (uint64_t)(m - w);
            mean += tare_binom_pmf(w, m, 0.5) * exp(tare_log_e_paired(wins, losses, 0.5, 0.5));
            bet += tare_binom_pmf(w, m, 0.5) * exp(tare_log_e_fixed_bet(wins, losses, 0.3));
        }
        assert_true(fabs(mean - 1) < 1e-10 && fabs(bet - 1) < 1e-12);
    }
    struct tare_interval c = tare_cs_rate(0, 0, 0.05, 0.5, 0.5);
    assert_true(c.lo == 0 && c.hi == 1);
}

static void test_pass_k_is_an_expectation(void **state)
{
    (void)state;
    /* mean of the estimator over Binomial(n, p) is 1 - (1-p)^k, and p^k */
    for (uint64_t k = 1; k <= 5; k++) {
        double any = 0, all = 0, p = 0.37;
        for (uint64_t c = 0; c <= 9; c++) {
            double w = tare_binom_pmf((int64_t)c, 9, p);
            any += w * tare_pass_at_k(9, c, k).v;
            all += w * tare_pass_hat_k(9, c, k).v;
        }
        assert_true(fabs(any - (1 - pow(1 - p, (double)k))) < 1e-13);
        assert_true(fabs(all - pow(p, (double)k)) < 1e-13);
    }
    assert_non_null(tare_pass_at_k(3, 1, 4).why);
}

static void test_rank_procedures(void **state)
{
    double a[9] = {1, 4, 2, 8, 5, 7, 3, 3, 9}, b[9], up[9];
    uint8_t label[9] = {0, 1, 0, 1, 0, 1, 0, 0, 1};
    struct tare_err err = {0};
    struct tare_correlation s, t;
    struct tare_auroc x, y;
    struct tare_two_sample m, w;
    for (int i = 0; i < 9; i++) {
        b[i] = -a[i];
        up[i] = exp(a[i]); /* ranks do not change */
    }
    assert_int_equal(tare_spearman(a, b, 9, 0.95, *state, &s, &err), TARE_OK);
    assert_true(fabs(s.r.v + 1) < 1e-12);
    assert_int_equal(tare_spearman(a, up, 9, 0.95, *state, &t, &err), TARE_OK);
    assert_true(fabs(t.r.v - 1) < 1e-12);
    assert_int_equal(tare_auroc(label, a, 9, 0.95, *state, &x, &err), TARE_OK);
    assert_int_equal(tare_auroc(label, b, 9, 0.95, *state, &y, &err), TARE_OK);
    assert_true(fabs(x.auc.v + y.auc.v - 1) < 1e-12 && fabs(x.var.v - y.var.v) < 1e-12);
    assert_int_equal(tare_two_sample(a, 9, up, 9, 0.95, *state, &m, &err), TARE_OK);
    assert_int_equal(tare_two_sample(up, 9, a, 9, 0.95, *state, &w, &err), TARE_OK);
    assert_true(m.u_b + w.u_b == 81 && fabs(m.hl_shift.v + w.hl_shift.v) < 1e-12);
    double flat[9] = {0};
    assert_int_equal(tare_pearson(a, flat, 9, 0.95, &s, &err), TARE_OK);
    assert_non_null(s.r.why);
    memset(label, 1, sizeof label);
    assert_int_equal(tare_auroc(label, a, 9, 0.95, *state, &x, &err), TARE_OK);
    assert_non_null(x.auc.why);
}

/* The two-dimensional sweep against the definition. */
static void test_pareto_sweep(void **state)
{
    double p[2 * 120], q[3 * 120];
    bool up[3] = {false, true, false}, fast[120], plain[120];
    struct tare_rng r;
    struct tare_err err = {0};
    size_t out;
    tare_rng_init(&r, 2, TARE_S("test"), 0);
    for (int i = 0; i < 120; i++) {
        q[3 * i] = p[2 * i] = tare_rng_below(&r, 12);
        q[3 * i + 1] = p[2 * i + 1] = tare_rng_below(&r, 12);
        q[3 * i + 2] = 1; /* a constant third coordinate decides nothing */
    }
    p[10] = q[15] = (double)NAN;
    assert_int_equal(tare_pareto(p, 120, 2, up, fast, &out, *state, &err), TARE_OK);
    assert_int_equal(out, 1);
    assert_int_equal(tare_pareto(q, 120, 3, up, plain, NULL, *state, &err), TARE_OK);
    assert_memory_equal(fast, plain, sizeof fast);
    assert_false(fast[5]);
}

static void test_degenerate_agreement(void **state)
{
    double same[4] = {1, 1, 1, 1};
    struct tare_two_raters r;
    struct tare_krippendorff k;
    struct tare_err err = {0};
    assert_int_equal(tare_two_raters(same, same, 4, NULL, 0, 0.95, *state, &r, &err), TARE_OK);
    assert_true(r.agreement == 1);
    assert_non_null(r.kappa.why);
    assert_non_null(r.gwet_ac1.why);
    assert_int_equal(tare_krippendorff(same, 2, 2, *state, &k, &err), TARE_OK);
    assert_non_null(k.nominal.why);
    assert_int_equal(tare_two_raters(same, same, 0, NULL, 0, 0.95, *state, &r, &err), TARE_E_INPUT);
}

static void test_variance_split(void **state)
{
    static const double s[8] = {1, 1, 0, 0, 1, 0, 1, 0};
    struct tare_variance_split v;
    struct tare_err err = {0};
    (void)state;
    assert_int_equal(tare_variance_split(s, 4, 2, &v, &err), TARE_OK);
    /* task means 1, 0, 1/2, 1/2: variance 1/6; within 0, 0, 1/2, 1/2 */
    assert_true(fabs(v.within - 0.25) < 1e-15 && fabs(v.between - (1.0 / 6 - 0.125)) < 1e-15);
    assert_int_equal(tare_variance_split(s, 8, 1, &v, &err), TARE_E_INPUT);
}

static void test_equivalence_is_the_interval(void **state)
{
    (void)state;
    for (double m = -0.1; m < 0.1; m += 0.013) {
        struct tare_tost t = tare_tost_se(m, 0.03, 25, 0.08, 0.05);
        assert_int_equal(t.equivalent, tare_interval_equivalent(t.ci, 0.08));
        assert_int_equal(t.not_worse, tare_interval_not_worse(t.ci, 0.08));
    }
    assert_false(tare_interval_equivalent(tare_no_interval("none"), 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swapping_sides_changes_the_sign),
        cmocka_unit_test(test_published_intervals),
        cmocka_unit_test(test_no_discordance_has_the_closed_form),
        cmocka_unit_test(test_doubling_the_data_shrinks_the_error),
        cmocka_unit_test(test_clopper_pearson_covers),
        cmocka_unit_test(test_exact_bootstrap_covers),
        cmocka_unit_test(test_planning_solves_its_own_formula),
        cmocka_unit_test(test_size_of_mcnemar),
        cmocka_unit_test(test_adjusted_p),
        cmocka_unit_test(test_e_values_are_fair),
        cmocka_unit_test(test_pass_k_is_an_expectation),
        cmocka_unit_test(test_rank_procedures),
        cmocka_unit_test(test_pareto_sweep),
        cmocka_unit_test(test_degenerate_agreement),
        cmocka_unit_test(test_variance_split),
        cmocka_unit_test(test_equivalence_is_the_interval),
    };
    return cmocka_run_group_tests(tests, arena_open, arena_close);
}
