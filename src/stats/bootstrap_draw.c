#include "base/mul64.h"
#include "stats/bootstrap_int.h"

#include "base/banned.h"

#define WORDS (TARE__DRAW_BLOCK / 2)
#define BATCH_MAX 8
/* A word is drawn again with probability below n^batch / 2^64: at most 1 in 16. */
#define PRODUCT_MAX ((uint64_t)1 << 60)

void tare__draw_begin(struct tare__draw *d, uint64_t seed, uint64_t resample)
{
    tare_rng_init(&d->rng, seed, TARE_S("bootstrap"), resample);
    d->used = WORDS;
}

void tare__draw_range(struct tare__draw *d, uint32_t n)
{
    d->n = n;
    d->batch = 1;
    d->product = n;
    while (d->batch < BATCH_MAX && d->product <= PRODUCT_MAX / n) {
        d->product *= n;
        d->batch++;
    }
    d->threshold = (0 - d->product) % d->product;
}

/* `batch` indices from one accepted word. How many words are fetched at a time is part of the
 * stream's meaning for nothing: words are taken in order. */
static inline void draw_word(struct tare__draw *d, uint32_t *out, uint32_t batch, size_t ahead)
{
    for (;;) {
        if (d->used == WORDS) {
            size_t want = ahead < WORDS ? ahead : WORDS;
            d->used = WORDS - want;
            tare_rng_fill_u64(&d->rng, d->word + d->used, want);
        }
        uint64_t w = d->word[d->used++];
        for (uint32_t j = 0; j < batch; j++)
            out[j] = (uint32_t)tare_mul64(w, d->n, &w);
        if (w >= d->product || w >= d->threshold)
            return;
    }
}

static inline void draw_batches(struct tare__draw *d, uint32_t *out, size_t words, uint32_t batch)
{
    for (size_t i = 0; i < words; i++)
        draw_word(d, out + i * batch, batch, words - i);
}

void tare__draw_indices(struct tare__draw *d, uint32_t *out, size_t count)
{
    size_t words = count / d->batch, rest = count % d->batch;
    switch (d->batch) { /* constants, so that the inner loop is unrolled */
    case 4:
        draw_batches(d, out, words, 4);
        break;
    case 5:
        draw_batches(d, out, words, 5);
        break;
    case 6:
        draw_batches(d, out, words, 6);
        break;
    case 8:
        draw_batches(d, out, words, 8);
        break;
    default:
        draw_batches(d, out, words, d->batch);
    }
    if (rest > 0) {
        uint32_t last[BATCH_MAX];
        draw_word(d, last, d->batch, 1);
        memcpy(out + words * d->batch, last, rest * sizeof *out);
    }
}
