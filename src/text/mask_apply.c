/* Masks put to logits. */
#include <math.h>

#include "text/guide.h"

#include "base/banned.h"

bool tare_mask_has(const struct tare_mask_view *m, uint32_t token)
{
    if (m->words)
        return m->words[token / 64] >> (token % 64) & 1;
    uint32_t lo = 0, hi = m->n_allowed;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (m->ids[mid] < token)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < m->n_allowed && m->ids[lo] == token;
}

void tare_mask_fill(const struct tare_mask_view *m, uint32_t n_row, uint32_t *out)
{
    uint32_t n = (n_row + 31) / 32;
    if (m->words) {
        for (uint32_t i = 0; i < n; i++)
            out[i] = (uint32_t)(m->words[i / 2] >> (i % 2 * 32));
        return;
    }
    memset(out, 0, n * sizeof *out);
    for (uint32_t i = 0; i < m->n_allowed; i++)
        out[m->ids[i] / 32] |= (uint32_t)1 << (m->ids[i] % 32);
}

static void apply_list(const struct tare_mask_view *m, float *logits, uint32_t n_row)
{
    float kept[256];
    for (uint32_t i = 0; i < m->n_allowed; i++)
        kept[i] = logits[m->ids[i]];
    for (uint32_t i = 0; i < n_row; i++)
        logits[i] = -INFINITY;
    for (uint32_t i = 0; i < m->n_allowed; i++)
        logits[m->ids[i]] = kept[i];
}

void tare_mask_apply(const struct tare_mask_view *m, float *logits, uint32_t n_row)
{
    if (!m->words) {
        apply_list(m, logits, n_row);
        return;
    }
    for (uint32_t i = 0; i < n_row; i += 64) {
        uint64_t w = m->words[i / 64];
        uint32_t n = n_row - i < 64 ? n_row - i : 64;
        if (w == UINT64_MAX)
            continue;
        for (uint32_t k = 0; k < n && w == 0; k++)
            logits[i + k] = -INFINITY;
        for (uint32_t k = 0; k < n && w; k++)
            if (!(w >> k & 1))
                logits[i + k] = -INFINITY;
    }
}

/* Soft-max with the largest logit taken off, so that nothing overflows; NaN and -infinity have no
 * share. */
double tare_mask_mass(const struct tare_mask_view *m, const float *logits, uint32_t n_row)
{
    float top = -INFINITY;
    double all = 0, allowed = 0;
    for (uint32_t i = 0; i < n_row; i++)
        if (logits[i] > top)
            top = logits[i];
    if (!isfinite(top))
        return (double)NAN;
    for (uint32_t i = 0; i < n_row; i++) {
        double p = logits[i] >= -INFINITY ? exp((double)logits[i] - (double)top) : 0;
        all += p;
        if (m->words && m->words[i / 64] >> (i % 64) & 1)
            allowed += p;
    }
    for (uint32_t i = 0; i < m->n_allowed && !m->words; i++)
        if (logits[m->ids[i]] >= -INFINITY)
            allowed += exp((double)logits[m->ids[i]] - (double)top);
    return allowed / all;
}
