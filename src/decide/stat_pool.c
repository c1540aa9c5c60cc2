/*
 * Calculators over pools of samples: which one a strategy takes, and ranking before checking
 * (selection sheet).
 */
#include "decide/stat_int.h"
#include "stats/passk.h"
#include "stats/sample.h"

#include "base/banned.h"

#define HIGH_SPREAD 1.0 /* sample SD of the log probability sums above which choosing can help */

struct pool {
    size_t n, correct;
    uint32_t *take; /* indices of the correct samples, ascending */
    bool *right;
    double *speedup, *logprob, *tokens;
};

static double member(struct tare__stat *s, struct tare_json o, const char *key)
{
    double v = 0;
    if (!tare_json_f64(tare_json_get(o, key), &v) && tare__stat_ok(s))
        tare_fields_fail(&s->f, o, "a sample needs correct, speedup, sum_logprob and n_tokens");
    return v;
}

static struct pool read_pool(struct tare__stat *s)
{
    struct tare_json list = tare_fields_kind(&s->f, "pool", true, TARE_JSON_ARRAY);
    struct pool p = {.n = tare_json_count(list)};
    p.take = TARE_NEW_N(s->arena, uint32_t, p.n);
    p.right = TARE_NEW_N(s->arena, bool, p.n);
    p.speedup = TARE_NEW_N(s->arena, double, p.n);
    p.logprob = TARE_NEW_N(s->arena, double, p.n);
    p.tokens = TARE_NEW_N(s->arena, double, p.n);
    uint32_t i = 0;
    if (!p.take || !p.right || !p.speedup || !p.logprob || !p.tokens) {
        tare__stat_check(s, tare_fail(s->err, TARE_E_NOMEM, "the pool is too large"));
        return p;
    }
    for (struct tare_json o = tare_json_first(list); tare_json_present(o) && tare__stat_ok(s);
         o = tare_json_next(o), i++) {
        p.right[i] = tare_json_true(tare_json_get(o, "correct"));
        p.speedup[i] = member(s, o, "speedup");
        p.logprob[i] = member(s, o, "sum_logprob");
        p.tokens[i] = member(s, o, "n_tokens");
        if (p.right[i])
            p.take[p.correct++] = i;
    }
    if (tare__stat_ok(s) && p.n == 0)
        tare__stat_fail(s, "the pool is empty");
    return p;
}

/* The correct sample with the largest score; the first of equals. */
static uint32_t best(const struct pool *p, const double *score)
{
    uint32_t at = p->take[0];
    for (size_t i = 1; i < p->correct; i++)
        if (score[p->take[i]] > score[at])
            at = p->take[i];
    return at;
}

static const char *const strategies[] = {"oracle",         "confidence",     "surprisal",
                                         "surprisal_topk", "mean_surprisal", "longest"};

/* Choices in the order of `strategies`; `out` lists what top-k would run. */
static enum tare_status choose(struct tare__stat *s, const struct pool *p, size_t k,
                               uint32_t choice[6], uint32_t *out, size_t *evaluated)
{
    double *low = TARE_NEW_N(s->arena, double, p->n), *mean = TARE_NEW_N(s->arena, double, p->n);
    double *some = TARE_NEW_N(s->arena, double, p->correct);
    uint32_t *order = TARE_NEW_N(s->arena, uint32_t, p->correct);
    if (!low || !mean || !some || !order)
        return tare_fail(s->err, TARE_E_NOMEM, "the pool is too large");
    for (size_t i = 0; i < p->n; i++) {
        low[i] = -p->logprob[i];
        mean[i] = -p->logprob[i] / p->tokens[i];
    }
    for (size_t i = 0; i < p->correct; i++)
        some[i] = p->logprob[p->take[i]];
    enum tare_status st = tare_sort_index(some, p->correct, order, s->arena, s->err);
    *evaluated = k < p->correct ? k : p->correct;
    uint32_t fastest = UINT32_MAX;
    for (size_t i = 0; st == TARE_OK && i < *evaluated; i++) {
        uint32_t at = out[i] = p->take[order[i]];
        bool faster = fastest == UINT32_MAX || p->speedup[at] > p->speedup[fastest];
        fastest = faster ? at : fastest;
    }
    choice[0] = best(p, p->speedup);
    choice[1] = best(p, p->logprob);
    choice[2] = best(p, low);
    choice[3] = fastest;
    choice[4] = best(p, mean);
    choice[5] = best(p, p->tokens);
    return st;
}

static void out_random(struct tare__stat *s, const struct pool *p)
{
    double fast = 0, sum = 0, n = (double)p->correct;
    for (size_t i = 0; i < p->correct; i++) {
        fast += p->speedup[p->take[i]] > 1;
        sum += p->speedup[p->take[i]];
    }
    tare__out_num(s, "random_expected_fast1", fast / n);
    tare__out_num(s, "random_expected_speedup", sum / n);
}

/* Over the whole pool: how far the samples differ, right or wrong. */
static void out_spread(struct tare__stat *s, const struct pool *p)
{
    bool known = p->n > 1;
    double sd = known ? tare_sd(p->logprob, p->n, 1) : 0;
    const char *why = "need two samples";
    tare__out_value(s, "logprob_sd_sample", known ? tare_value(sd) : tare_no_value(why));
    if (known)
        tare__out_text(s, "regime", sd > HIGH_SPREAD ? "high" : "low");
    else
        tare__out_unavailable(s, "regime", why);
}

static void select_strategies(struct tare__stat *s)
{
    struct pool p = read_pool(s);
    uint64_t k = tare__in_count_or(s, "topk", 3);
    uint32_t choice[6], *run = TARE_NEW_N(s->arena, uint32_t, p.n);
    size_t evaluated = 0;
    if (tare__stat_ok(s) && k == 0)
        tare__stat_fail(s, "topk must be at least 1");
    if (!tare__stat_ok(s) || !run)
        return;
    tare__out_count(s, "n_correct", p.correct);
    if (p.correct == 0) {
        for (size_t i = 0; i < 6; i++)
            tare__out_unavailable(s, strategies[i], "no sample is correct");
        return;
    }
    if (!tare__stat_check(s, choose(s, &p, (size_t)k, choice, run, &evaluated)))
        return;
    for (size_t i = 0; i < 6; i++)
        tare__out_count(s, strategies[i], choice[i]);
    tare_json_put_key(s->w, "surprisal_topk_evaluated");
    tare_json_begin_array(s->w);
    for (size_t i = 0; i < evaluated; i++)
        tare_json_put_u64(s->w, run[i]);
    tare_json_end_array(s->w);
    out_random(s, &p);
    tare_json_put_key(s->w, "fast_1");
    tare_json_begin_object(s->w);
    for (size_t i = 0; i < 6; i++)
        tare__out_count(s, strategies[i], p.speedup[choice[i]] > 1);
    tare_json_end_object(s->w);
    out_spread(s, &p);
}

/* Does one of the m best ranked turn out correct and faster than 1? */
static bool among_first(struct tare__stat *s, const struct pool *p, double sign, uint64_t m)
{
    double *key = TARE_NEW_N(s->arena, double, p->n);
    uint32_t *order = TARE_NEW_N(s->arena, uint32_t, p->n);
    if (!key || !order)
        return false;
    for (size_t i = 0; i < p->n; i++)
        key[i] = sign * p->logprob[i];
    if (!tare__stat_check(s, tare_sort_index(key, p->n, order, s->arena, s->err)))
        return false;
    for (size_t i = 0; i < p->n && i < m; i++)
        if (p->right[order[i]] && p->speedup[order[i]] > 1)
            return true;
    return false;
}

static void prefilter(struct tare__stat *s)
{
    struct pool p = read_pool(s);
    uint64_t m = tare__in_count(s, "m"), good = 0;
    if (tare__stat_ok(s) && (m == 0 || m > p.n))
        tare__stat_fail(s, "m must lie between 1 and the size of the pool");
    if (!tare__stat_ok(s))
        return;
    for (size_t i = 0; i < p.n; i++)
        good += p.right[i] && p.speedup[i] > 1;
    tare__out_count(s, "surprisal", among_first(s, &p, 1, m));
    tare__out_count(s, "confidence", among_first(s, &p, -1, m));
    tare__out_value(s, "random_expected", tare_pass_at_k(p.n, good, m));
}

struct tare__stat_part tare__stat_pool(void)
{
    static const struct tare_stat_proc procs[] = {
        {"select_strategies", TARE_STAT_SELECTION, "which sample each selection strategy takes",
         "ties go to the lower index; only correct samples",
         "{\"pool\":[{\"correct\":true,\"speedup\":1.6,\"sum_logprob\":-3.7,\"n_tokens\":52},"
         "{\"correct\":true,\"speedup\":0.4,\"sum_logprob\":-2.4,\"n_tokens\":26}],\"topk\":1}",
         select_strategies, NULL},
        {"prefilter", TARE_STAT_SELECTION, "ranking before correctness is known",
         "hypergeometric for random ranking",
         "{\"pool\":[{\"correct\":true,\"speedup\":1.6,\"sum_logprob\":-3.7,\"n_tokens\":52},"
         "{\"correct\":false,\"speedup\":2,\"sum_logprob\":-2.4,\"n_tokens\":26}],\"m\":1}",
         prefilter, NULL},
    };
    return (struct tare__stat_part){procs, sizeof procs / sizeof *procs};
}
