/* How many texts an automaton can go on with from each of its states. */
#include "text/grammar_int.h"

#include "base/banned.h"

/* Bytes of each class. */
static void class_sizes(const struct tare_dfa *d, uint32_t sizes[256])
{
    memset(sizes, 0, 256 * sizeof *sizes);
    for (unsigned b = 0; b < 256; b++)
        sizes[d->class_of[b]]++;
}

/* The count of a state all of whose successors are known; UINT32_MAX - 1 stands for all above. */
static uint32_t count_of(const struct tare_dfa *d, uint32_t s, const uint32_t sizes[256],
                         const uint32_t *left)
{
    uint64_t sum = d->accepts[s];
    for (uint32_t c = 0; c < d->n_classes; c++) {
        uint32_t to = d->next[(size_t)s * d->n_classes + c];
        sum += to ? (uint64_t)sizes[c] * left[to] : 0;
        sum = sum < UINT32_MAX - 1 ? sum : UINT32_MAX - 1;
    }
    return (uint32_t)sum;
}

/* Every state but the dead one leads to an end, so whoever reaches a loop has no end of texts: what
 * is left when states without open successors are taken away one after the other. */
enum tare_status tare__dfa_counts(const struct tare_dfa *d, struct tare_arena *arena,
                                  const uint32_t **out, struct tare_err *err)
{
    uint32_t sizes[256], n = d->n_states, done = 0, n_edges = 0;
    *out = NULL;
    uint32_t *left = TARE_NEW_N(arena, uint32_t, n);
    uint32_t *open = TARE_NEW_N(arena, uint32_t, n); /* edges to states that are not counted */
    uint32_t *queue = TARE_NEW_N(arena, uint32_t, n);
    uint32_t *into = TARE_NEW_N(arena, uint32_t, (size_t)n + 1);
    if (!left || !open || !queue || !into)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a grammar");
    class_sizes(d, sizes);
    for (uint32_t s = 1; s < n; s++)
        for (uint32_t c = 0; c < d->n_classes; c++) {
            uint32_t to = d->next[(size_t)s * d->n_classes + c];
            open[s] += to != 0;
            into[to] += to != 0;
            n_edges += to != 0;
        }
    uint32_t *from = TARE_NEW_N(arena, uint32_t, (size_t)n_edges + 1);
    if (!from)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a grammar");
    for (uint32_t s = 1, at = 0; s <= n; s++) { /* into: where the edges into s end, then begin */
        at += s < n ? into[s] : 0;
        into[s] = at;
    }
    for (uint32_t s = 1; s < n; s++) {
        left[s] = UINT32_MAX;
        if (!open[s])
            queue[done++] = s;
        for (uint32_t c = 0; c < d->n_classes; c++) {
            uint32_t to = d->next[(size_t)s * d->n_classes + c];
            if (to)
                from[--into[to]] = s;
        }
    }
    for (uint32_t i = 0; i < done; i++) {
        uint32_t s = queue[i], end = s + 1 < n ? into[s + 1] : n_edges;
        left[s] = count_of(d, s, sizes, left);
        for (uint32_t k = into[s]; k < end; k++)
            if (--open[from[k]] == 0)
                queue[done++] = from[k];
    }
    if (done)
        *out = left;
    return TARE_OK;
}
