/*
 * Calculators of metacognition (statistical ops of its sheet).
 */
#include "decide/stat_int.h"
#include "stats/auroc.h"
#include "stats/sample.h"
#include "stats/signal.h"
#include "text/fields.h"

#include "base/banned.h"

static const char *const corrections[] = {"loglinear", "loglinear_clip", "half_trial", "none",
                                          NULL};

static void sdt_counts(struct tare__stat *s)
{
    struct tare_sdt_counts c = {.hits = tare__in_count(s, "hits"),
                                .n_signal = tare__in_count(s, "n_signal"),
                                .false_alarms = tare__in_count(s, "false_alarms"),
                                .n_noise = tare__in_count(s, "n_noise")};
    int how = 0;
    tare_fields_choice(&s->f, "correction", false, corrections, &how);
    if (!tare__stat_ok(s))
        return;
    struct tare_sdt r = tare_sdt(c, (enum tare_sdt_correction)how);
    tare__out_value(s, "hit_rate", r.hit_rate);
    tare__out_value(s, "fa_rate", r.fa_rate);
    tare__out_value(s, "d_prime", r.d_prime);
    tare__out_value(s, "criterion_c", r.criterion);
    tare__out_value(s, "se", r.se);
}

static void out_entropy(struct tare__stat *s, const double *p, size_t n)
{
    double h = 0, v = 0;
    for (size_t i = 0; i < n; i++)
        h -= p[i] > 0 ? p[i] * log(p[i]) : 0;
    for (size_t i = 0; i < n; i++)
        v += p[i] > 0 ? p[i] * (-log(p[i]) - h) * (-log(p[i]) - h) : 0;
    tare__out_num(s, "H_nats", h);
    tare__out_num(s, "V", v);
}

static void entropy(struct tare__stat *s)
{
    struct tare__nums p = tare__in_nums(s, "p", false);
    double sum = 0;
    for (size_t i = 0; i < p.n && tare__stat_ok(s); i++) {
        if (!(p.v[i] >= 0 && p.v[i] <= 1))
            tare__stat_fail(s, "p must hold probabilities");
        sum += p.v[i];
    }
    if (tare__stat_ok(s) && fabs(sum - 1) > 1e-6)
        tare__stat_fail(s, "the probabilities must add to 1");
    if (tare__stat_ok(s))
        out_entropy(s, p.v, p.n);
}

static void entropy_topk(struct tare__stat *s)
{
    struct tare__nums p = tare__in_nums(s, "top_logprobs", false);
    double sum = 0, most = -(double)INFINITY;
    tare__in_note(s, "rule");
    for (size_t i = 0; i < p.n; i++)
        most = fmax(most, p.v[i]);
    if (tare__stat_ok(s) && p.n == 0)
        tare__stat_fail(s, "no data");
    for (size_t i = 0; i < p.n; i++)
        sum += p.v[i] = exp(p.v[i] - most);
    for (size_t i = 0; i < p.n; i++)
        p.v[i] /= sum;
    if (tare__stat_ok(s))
        out_entropy(s, p.v, p.n);
}

static void auroc(struct tare__stat *s)
{
    size_t n;
    uint8_t *y = tare__in_labels(s, "y", &n);
    struct tare__nums x = tare__in_nums(s, "score", false);
    struct tare_auroc r;
    if (tare__stat_ok(s) && x.n != n)
        tare__stat_fail(s, "y and score must have the same length");
    if (!tare__stat_ok(s) ||
        !tare__stat_check(s, tare_auroc(y, x.v, n, 0.95, s->arena, &r, s->err)))
        return;
    tare__out_value(s, "auroc", r.auc);
    tare__out_value(s, "var", r.var);
}

/* False alarms among noise trials of one half. */
struct half {
    double trials, noise, alarms;
};

static void out_half(struct tare__stat *s, const char *n_key, const char *far_key,
                     const char *noise_key, struct half h)
{
    tare__out_count(s, n_key, (uint64_t)h.trials);
    tare__out_value(s, far_key,
                    h.noise > 0 ? tare_value(h.alarms / h.noise)
                                : tare_no_value("no noise trials"));
    tare__out_count(s, noise_key, (uint64_t)h.noise);
}

static void median_split(struct tare__stat *s)
{
    struct tare__nums x = tare__in_nums(s, "value", false);
    size_t n, m;
    uint8_t *revised = tare__in_labels(s, "did_revise", &n);
    uint8_t *signal = tare__in_labels(s, "is_signal", &m);
    struct half high = {0, 0, 0}, low = {0, 0, 0};
    tare__in_note(s, "rule");
    if (tare__stat_ok(s) && (x.n != n || x.n != m || n == 0))
        tare__stat_fail(s, "the lists must have the same length, at least 1");
    if (!tare__stat_ok(s))
        return;
    double median = tare_median(x.v, n, s->arena);
    for (size_t i = 0; i < n; i++) {
        struct half *h = x.v[i] >= median ? &high : &low;
        h->trials += 1;
        h->noise += !signal[i];
        h->alarms += !signal[i] && revised[i];
    }
    tare__out_num(s, "median", median);
    out_half(s, "high_n", "high_far", "high_n_noise", high);
    out_half(s, "low_n", "low_far", "low_n_noise", low);
}

struct tare__stat_part tare__stat_meta(void)
{
    static const struct tare_stat_proc procs[] = {
        {"sdt_counts", TARE_STAT_METACOGNITION, "d' and c under a named correction",
         "Macmillan & Creelman 2005",
         "{\"hits\":508,\"n_signal\":511,\"false_alarms\":376,\"n_noise\":458,"
         "\"correction\":\"loglinear_clip\"}",
         sdt_counts, NULL},
        {"entropy_varentropy", TARE_STAT_METACOGNITION, "entropy in nats, variance of surprise",
         "Shannon 1948", "{\"p\":[0.5,0.25,0.25]}", entropy, NULL},
        {"entropy_varentropy_topk", TARE_STAT_METACOGNITION,
         "the same from top-k log probabilities", "renormalised",
         "{\"top_logprobs\":[-0.1,-2.5,-4]}", entropy_topk, NULL},
        {"auroc", TARE_STAT_METACOGNITION, "area under the ROC curve", "mid-ranks",
         "{\"y\":[1,0,1,0],\"score\":[0.9,0.1,0.4,0.5]}", auroc, NULL},
        {"median_split", TARE_STAT_METACOGNITION, "false alarms above and below the median",
         "value >= median is high",
         "{\"value\":[-0.4,-0.3,-1.2,-0.1],\"did_revise\":[1,0,1,0],\"is_signal\":[0,1,0,0]}",
         median_split, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
