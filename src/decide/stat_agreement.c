/*
 * Calculators of agreement, association, discrimination and calibration.
 */
#include "decide/stat_int.h"
#include "stats/agreement.h"
#include "stats/association.h"
#include "stats/auroc.h"
#include "stats/calibration.h"
#include "stats/signal.h"

#include "base/banned.h"

static void same_length(struct tare__stat *s, size_t a, size_t b)
{
    if (tare__stat_ok(s) && a != b)
        tare__stat_fail(s, "the lists must have the same length");
}

static void two_raters(struct tare__stat *s)
{
    struct tare__nums a = tare__in_nums(s, "rater1", false), b = tare__in_nums(s, "rater2", false);
    struct tare__nums scale = {NULL, 0};
    struct tare_two_raters r;
    if (tare__in_has(s, "scale"))
        scale = tare__in_nums(s, "scale", false);
    double level = tare__in_level(s, "confidence", 0.95);
    same_length(s, a.n, b.n);
    if (!tare__stat_ok(s) || !tare__stat_check(s, tare_two_raters(a.v, b.v, a.n, scale.v, scale.n,
                                                                  level, s->arena, &r, s->err)))
        return;
    tare__out_num(s, "percent_agreement", r.agreement);
    tare__out_value(s, "kappa", r.kappa);
    tare__out_value(s, "kappa_linear", r.kappa_linear);
    tare__out_value(s, "kappa_quadratic", r.kappa_quadratic);
    tare__out_value(s, "gwet_ac1", r.gwet_ac1);
    tare__out_value(s, "scott_pi", r.scott_pi);
    tare__out_value(s, "kappa_std_statsmodels", r.kappa_se);
    tare__out_interval(s, "kappa_ci95_statsmodels", r.kappa_ci);
}

static void fleiss(struct tare__stat *s)
{
    struct tare__table t = tare__in_table(s, "counts", false);
    struct tare_value kappa;
    if (tare__stat_ok(s) &&
        tare__stat_check(s, tare_fleiss_kappa(t.v, t.rows, t.cols, &kappa, s->err)))
        tare__out_value(s, "kappa", kappa);
}

static void krippendorff(struct tare__stat *s)
{
    struct tare__table t = tare__in_table(s, "ratings_by_rater", true);
    struct tare_krippendorff r;
    tare__in_note(s, "missing");
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_krippendorff(t.v, t.rows, t.cols, s->arena, &r, s->err)))
        return;
    tare__out_value(s, "nominal", r.nominal);
    tare__out_value(s, "ordinal", r.ordinal);
    tare__out_value(s, "interval", r.interval);
    tare__out_value(s, "ratio", r.ratio);
    tare__out_count(s, "pairable_ratings", r.pairable);
}

static void correlation(struct tare__stat *s)
{
    struct tare__nums x = tare__in_nums(s, "x", false), y = tare__in_nums(s, "y", false);
    double level = tare__in_level(s, "confidence", 0.95);
    struct tare_correlation p, r;
    struct tare_kendall k;
    same_length(s, x.n, y.n);
    if (!tare__stat_ok(s) || !tare__stat_check(s, tare_pearson(x.v, y.v, x.n, level, &p, s->err)) ||
        !tare__stat_check(s, tare_spearman(x.v, y.v, x.n, level, s->arena, &r, s->err)) ||
        !tare__stat_check(s, tare_kendall(x.v, y.v, x.n, s->arena, &k, s->err)))
        return;
    tare__out_value(s, "pearson", p.r);
    tare__out_value(s, "pearson_p", p.p);
    tare__out_interval(s, "pearson_ci95_fisher", p.ci);
    tare__out_value(s, "spearman", r.r);
    tare__out_value(s, "spearman_p_t_approx", r.p);
    tare__out_value(s, "kendall_tau_b", k.tau_b);
    tare__out_value(s, "kendall_p_asymptotic", k.p_asymptotic);
    tare__out_value(s, "kendall_p_exact", k.p_exact);
}

static void partial(struct tare__stat *s)
{
    struct tare__nums x = tare__in_nums(s, "x", false), y = tare__in_nums(s, "y", false);
    struct tare__nums z = tare__in_nums(s, "control", false);
    struct tare_correlation p, r;
    same_length(s, x.n, y.n);
    same_length(s, x.n, z.n);
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_partial(x.v, y.v, z.v, x.n, false, s->arena, &p, s->err)) ||
        !tare__stat_check(s, tare_partial(x.v, y.v, z.v, x.n, true, s->arena, &r, s->err)))
        return;
    tare__out_value(s, "pearson", p.r);
    tare__out_value(s, "pearson_p", p.p);
    tare__out_value(s, "spearman", r.r);
    tare__out_value(s, "spearman_p", r.p);
}

static void auroc_delong(struct tare__stat *s)
{
    size_t n;
    uint8_t *label = tare__in_labels(s, "labels", &n);
    struct tare__nums a = tare__in_nums(s, "scores1", false);
    bool two = tare__in_has(s, "scores2");
    struct tare__nums b = two ? tare__in_nums(s, "scores2", false) : a;
    double level = tare__in_level(s, "confidence", 0.95);
    struct tare_auroc_pair r;
    same_length(s, n, a.n);
    same_length(s, n, b.n);
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_auroc_paired(label, a.v, b.v, n, level, s->arena, &r, s->err)))
        return;
    tare__out_value(s, "auc1", r.a.auc);
    tare__out_value(s, "var1", r.a.var);
    tare__out_interval(s, "ci1_wald_clipped", r.a.ci);
    tare__out_bool(s, "degenerate1", r.a.degenerate);
    if (!two)
        return;
    tare__out_value(s, "auc2", r.b.auc);
    tare__out_value(s, "var2", r.b.var);
    tare__out_value(s, "z_paired", r.z);
    tare__out_value(s, "p_paired", r.p);
}

static double one_ece(struct tare__stat *s, struct tare__nums p, const uint8_t *y, uint32_t bins,
                      bool mass, double *mce)
{
    struct tare_ece e = {0};
    tare__stat_check(s, tare_ece(p.v, y, p.n, bins, mass, s->arena, &e, s->err));
    if (mce)
        *mce = e.mce;
    return e.ece;
}

static void calibration(struct tare__stat *s)
{
    struct tare__nums p = tare__in_nums(s, "probs", false);
    size_t n;
    uint8_t *y = tare__in_labels(s, "labels", &n);
    struct tare_calibration c;
    double mce = 0;
    same_length(s, n, p.n);
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_calibration(p.v, y, n, s->arena, &c, s->err)))
        return;
    tare__out_num(s, "brier", c.brier);
    tare__out_num(s, "ece_width10", one_ece(s, p, y, 10, false, &mce));
    tare__out_num(s, "mce_width10", mce);
    tare__out_num(s, "ece_width5", one_ece(s, p, y, 5, false, NULL));
    tare__out_num(s, "ece_mass5", one_ece(s, p, y, 5, true, NULL));
    tare__out_num(s, "log_loss_clip1e_15", c.log_loss);
    tare__out_num(s, "base_rate", c.base_rate);
    tare__out_value(s, "brier_skill_vs_base", c.skill);
    tare__out_num(s, "murphy_reliability", c.reliability);
    tare__out_num(s, "murphy_resolution", c.resolution);
    tare__out_num(s, "murphy_uncertainty", c.uncertainty);
    tare__out_text(s, "warning", n < 100 ? "fewer than 100: ECE is biased up" : NULL);
}

static void dprime(struct tare__stat *s)
{
    struct tare_sdt_counts c = {.hits = tare__in_count(s, "hits"),
                                .n_signal = tare__in_count(s, "signal"),
                                .false_alarms = tare__in_count(s, "false_alarms"),
                                .n_noise = tare__in_count(s, "noise")};
    if (!tare__stat_ok(s))
        return;
    struct tare_sdt r = tare_sdt(c, TARE_SDT_LOGLINEAR);
    tare__out_value(s, "d_prime", r.d_prime);
    tare__out_value(s, "criterion_c", r.criterion);
    tare__out_value(s, "hit_rate", r.hit_rate);
    tare__out_value(s, "fa_rate", r.fa_rate);
    tare__out_value(s, "gourevitch_galanter_se", r.se);
}

struct tare__stat_part tare__stat_agreement(void)
{
    static const struct tare_stat_proc procs[] = {
        {"rater_agreement_two", TARE_STAT_AGREEMENT, "two raters: kappa family, pi, AC1",
         "Cohen 1960, 1968; Scott 1955; Gwet 2008", "{\"rater1\":[0,1,1,0],\"rater2\":[0,1,0,0]}",
         two_raters, NULL},
        {"fleiss_kappa", TARE_STAT_AGREEMENT, "many raters, counts by category", "Fleiss 1971",
         "{\"counts\":[[3,0],[2,1],[0,3]]}", fleiss, NULL},
        {"krippendorff_alpha", TARE_STAT_AGREEMENT, "many raters with gaps, four scales",
         "Krippendorff 2011", "{\"ratings_by_rater\":[[1,2,null,3],[1,2,2,3]]}", krippendorff,
         NULL},
        {"correlation", TARE_STAT_AGREEMENT, "Pearson, Spearman, Kendall tau-b",
         "Fisher 1915; Kendall 1945; Knight 1966", "{\"x\":[1,2,3,4],\"y\":[2,1,4,3]}", correlation,
         NULL},
        {"partial_correlation", TARE_STAT_AGREEMENT, "x and y with a control held",
         "first-order formula", "{\"x\":[1,2,3,4,5],\"y\":[2,1,4,3,6],\"control\":[1,1,2,3,3]}",
         partial, NULL},
        {"auroc_delong", TARE_STAT_AGREEMENT, "area under the ROC curve, and two of them",
         "DeLong et al. 1988; Sun & Xu 2014",
         "{\"labels\":[0,1,1,0],\"scores1\":[0.1,0.8,0.4,0.5]}", auroc_delong, NULL},
        {"calibration", TARE_STAT_AGREEMENT, "Brier, log loss, ECE, Murphy's parts",
         "Murphy 1973; Naeini et al. 2015", "{\"probs\":[0.6,0.8,0.1],\"labels\":[1,1,0]}",
         calibration, NULL},
        {"dprime_loglinear", TARE_STAT_AGREEMENT, "sensitivity and criterion",
         "Hautus 1995; Gourevitch & Galanter 1967",
         "{\"hits\":508,\"signal\":511,\"false_alarms\":376,\"noise\":458}", dprime, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
