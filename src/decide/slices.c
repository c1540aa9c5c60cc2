#include "decide/compare_int.h"

#include <math.h>
#include <stdlib.h>

#include "stats/multiplicity.h"

#include "base/banned.h"

/* Values of one tag that are shown; a tag with more is an identifier rather than a family. */
#define MAX_VALUES 64u

/* A pair and the value it has of the tag. */
struct member {
    struct tare_str value;
    uint32_t pair;
};

static int by_value(const void *x, const void *y)
{
    const struct member *a = x, *b = y;
    int c = tare_str_cmp(a->value, b->value);
    return c ? c : (a->pair > b->pair) - (a->pair < b->pair);
}

static int by_size(const void *x, const void *y)
{
    const struct tare_slice *a = x, *b = y;
    if (a->ev.n != b->ev.n)
        return a->ev.n > b->ev.n ? -1 : 1;
    return tare_str_cmp(a->value, b->value);
}

/* Names of the pairs that one side won, in task order. */
static bool list_changed(const struct tare_compare *c, const struct member *m, size_t n,
                         struct tare_slice *s, struct tare_arena *arena)
{
    uint32_t *won = TARE_NEW_N(arena, uint32_t, n), *lost = TARE_NEW_N(arena, uint32_t, n);
    if (!won || !lost)
        return false;
    for (size_t i = 0; i < n; i++) {
        char cell = c->pairs[m[i].pair].cell;
        if (cell == 'w')
            won[s->n_won++] = m[i].pair;
        else if (cell == 'l')
            lost[s->n_lost++] = m[i].pair;
    }
    s->won = won;
    s->lost = lost;
    return true;
}

static enum tare_status slice(const struct tare__look *look, const struct tare__pairs *pairs,
                              const struct member *m, size_t n, struct tare_arena *arena,
                              const struct tare_compare *c, struct tare_slice *out,
                              struct tare_err *err)
{
    struct tare__pairs part;
    *out = (struct tare_slice){.value = m[0].value};
    if (!tare__pairs_room(arena, n, look->ratio, pairs->cluster != NULL, &part) ||
        (pairs->x_a && !tare__pairs_tries(arena, n, &part)) || !list_changed(c, m, n, out, arena))
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for slices");
    for (size_t i = 0; i < n; i++)
        tare__pairs_add(&part, pairs, m[i].pair);
    return tare__evidence(look, &part, arena, &out->ev, NULL, err);
}

struct list {
    struct tare_slice *v;
    uint32_t n, cap, omitted;
};

static enum tare_status slice_tag(const struct tare__look *look, const struct tare_results *ra,
                                  const struct tare__pairs *pairs, struct tare_str tag,
                                  struct tare_arena *arena, const struct tare_compare *c,
                                  struct list *list, struct tare_err *err)
{
    struct member *m = TARE_NEW_N(arena, struct member, pairs->n);
    if (!m)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for slices");
    size_t n = 0;
    for (uint32_t i = 0; i < pairs->n; i++) {
        struct tare_str value = tare_results_tag(&ra->tasks[c->pairs[i].task_a], tag);
        if (value.p)
            m[n++] = (struct member){value, i};
    }
    qsort(m, n, sizeof *m, by_value);
    uint32_t first = list->n;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && tare_str_eq(m[end].value, m[i].value);)
            end++;
        if (list->n - first >= MAX_VALUES || list->n >= list->cap) {
            list->omitted++;
            continue;
        }
        struct tare_slice *s = &list->v[list->n++];
        enum tare_status st = slice(look, pairs, m + i, end - i, arena, c, s, err);
        s->tag = tag;
        if (st)
            return st;
    }
    qsort(list->v + first, list->n - first, sizeof *list->v, by_size);
    return TARE_OK;
}

static enum tare_status correct(const struct tare__look *look, struct list *list,
                                struct tare_arena *arena, struct tare_err *err)
{
    double *p = TARE_NEW_N(arena, double, list->n);
    if (!p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for slices");
    for (uint32_t i = 0; i < list->n; i++)
        p[i] = list->v[i].ev.p;
    enum tare_status st = tare_adjust_p(p, list->n, TARE_ADJUST_HOLM, p, NULL, arena, err);
    for (uint32_t i = 0; i < list->n && !st; i++) {
        struct tare_slice *s = &list->v[i];
        double gain = s->ev.diff * (double)look->direction;
        s->p_adjusted = p[i];
        if (p[i] <= look->alpha && gain != 0)
            s->verdict = gain > 0 ? TARE_VERDICT_IMPROVED : TARE_VERDICT_REGRESSED;
    }
    return st;
}

enum tare_status tare__slices(const struct tare__look *look, const struct tare_results *ra,
                              const struct tare__pairs *pairs, const struct tare_str *by,
                              uint32_t n_by, struct tare_arena *arena, struct tare_compare *out,
                              struct tare_err *err)
{
    if (n_by == 0 || pairs->n == 0)
        return TARE_OK;
    struct list list = {.cap = n_by * MAX_VALUES};
    list.v = TARE_NEW_N(arena, struct tare_slice, list.cap);
    if (!list.v)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for slices");
    for (uint32_t i = 0; i < n_by; i++) {
        enum tare_status st = slice_tag(look, ra, pairs, by[i], arena, out, &list, err);
        if (st)
            return st;
    }
    out->slices = list.v;
    out->n_slices = list.n;
    out->slices_omitted = list.omitted;
    return correct(look, &list, arena, err);
}
