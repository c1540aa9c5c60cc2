#include "stats/calibration.h"
#include "stats/sample.h"
#include "stats/stats_int.h"

#include "base/banned.h"

#define CLIP 1e-15

static enum tare_status check(const double *prob, size_t n, struct tare_err *err)
{
    if (n == 0)
        return tare_fail(err, TARE_E_INPUT, "no data");
    for (size_t i = 0; i < n; i++)
        if (!(prob[i] >= 0 && prob[i] <= 1))
            return tare_fail_at(err, TARE_E_INPUT, i, "prob[%zu] is not a probability", i);
    return TARE_OK;
}

/* Murphy 1973, over groups of equal probability. */
static void murphy(const double *prob, const uint8_t *label, const uint32_t *order, size_t n,
                   struct tare_calibration *r)
{
    for (size_t i = 0, j; i < n; i = j) {
        double hits = 0;
        for (j = i; j < n && prob[order[j]] == prob[order[i]]; j++)
            hits += label[order[j]] != 0;
        double m = (double)(j - i), rate = hits / m, p = prob[order[i]];
        r->reliability += m * (p - rate) * (p - rate);
        r->resolution += m * (rate - r->base_rate) * (rate - r->base_rate);
    }
    r->reliability /= (double)n;
    r->resolution /= (double)n;
    r->uncertainty = r->base_rate * (1 - r->base_rate);
}

enum tare_status tare_calibration(const double *prob, const uint8_t *label, size_t n,
                                  struct tare_arena *scratch, struct tare_calibration *out,
                                  struct tare_err *err)
{
    enum tare_status st = check(prob, n, err);
    if (st != TARE_OK)
        return st;
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    uint32_t *order = TARE_NEW_N(scratch, uint32_t, n);
    if (!order)
        return tare__no_mem(err);
    st = tare_sort_index(prob, n, order, scratch, err);
    if (st != TARE_OK)
        return st;
    struct tare_calibration r = {0};
    for (size_t i = 0; i < n; i++) {
        double y = label[i] != 0, p = fmax(CLIP, fmin(1 - CLIP, prob[i]));
        r.brier += (prob[i] - y) * (prob[i] - y);
        r.log_loss -= y > 0 ? log(p) : log1p(-p);
        r.base_rate += y;
    }
    r.brier /= (double)n;
    r.log_loss /= (double)n;
    r.base_rate /= (double)n;
    murphy(prob, label, order, n, &r);
    r.skill = r.uncertainty > 0 ? tare_value(1 - r.brier / r.uncertainty)
                                : tare_no_value("every outcome was the same");
    tare_arena_rewind(scratch, mark);
    *out = r;
    return TARE_OK;
}

struct bin {
    double prob, hits;
};

enum tare_status tare_ece(const double *prob, const uint8_t *label, size_t n, uint32_t bins,
                          bool equal_mass, struct tare_arena *arena, struct tare_ece *out,
                          struct tare_err *err)
{
    enum tare_status st = check(prob, n, err);
    if (st == TARE_OK && (bins == 0 || bins > 1000000))
        st = tare_fail(err, TARE_E_INPUT, "need between 1 and 1,000,000 bins");
    if (st != TARE_OK)
        return st;
    struct tare_ece r = {.count = TARE_NEW_N(arena, size_t, bins), .too_few = n < 100};
    struct bin *bin = TARE_NEW_N(arena, struct bin, bins);
    uint32_t *order = TARE_NEW_N(arena, uint32_t, n);
    if (!r.count || !bin || !order)
        return tare__no_mem(err);
    st = tare_sort_index(prob, n, order, arena, err);
    for (size_t k = 0; st == TARE_OK && k < n; k++) {
        size_t i = order[k];
        size_t b = equal_mass ? k * bins / n : (size_t)(prob[i] * bins);
        b = b < bins ? b : bins - 1;
        r.count[b]++;
        bin[b].prob += prob[i];
        bin[b].hits += label[i] != 0;
    }
    for (uint32_t b = 0; b < bins; b++) {
        if (r.count[b] == 0)
            continue;
        double gap = fabs(bin[b].hits - bin[b].prob);
        r.ece += gap / (double)n;
        r.mce = fmax(r.mce, gap / (double)r.count[b]);
    }
    *out = r;
    return st;
}
