/* The headline of every row, by the values of one tag of the tasks. */
#include <math.h>
#include <stdlib.h>

#include "decide/board_int.h"

#include "base/banned.h"

#define MAX_VALUES 64u /* a tag with more is an identifier rather than a family */

struct member {
    struct tare_str value;
    uint32_t task;
};

static int by_value(const void *x, const void *y)
{
    const struct member *a = x, *b = y;
    int c = tare_str_cmp(a->value, b->value);
    return c ? c : (a->task > b->task) - (a->task < b->task);
}

static int by_size(const void *x, const void *y)
{
    const struct tare_board_slice *a = x, *b = y;
    if (a->n_tasks != b->n_tasks)
        return a->n_tasks > b->n_tasks ? -1 : 1;
    return tare_str_cmp(a->value, b->value);
}

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for slices");
}

/* What a row's headline is on some tasks alone. */
static enum tare_status pick(const struct tare_task_scores *all, const struct member *m, uint32_t n,
                             struct tare_arena *arena, struct tare_task_scores *out,
                             struct tare_err *err)
{
    double *mean = TARE_NEW_N(arena, double, n), *num = NULL, *den = NULL;
    uint32_t *ok = TARE_NEW_N(arena, uint32_t, n);
    bool room = mean && ok;
    if (all->num) {
        num = TARE_NEW_N(arena, double, n);
        den = TARE_NEW_N(arena, double, n);
        room = room && num && den;
    }
    if (!room)
        return no_memory(err);
    for (uint32_t i = 0; i < n; i++) {
        mean[i] = all->mean[m[i].task];
        ok[i] = all->n_ok[m[i].task];
        if (num) {
            num[i] = all->num[m[i].task];
            den[i] = all->den[m[i].task];
        }
    }
    *out = (struct tare_task_scores){.mean = mean, .num = num, .den = den, .n_ok = ok};
    return TARE_OK;
}

static enum tare_status slice(const struct tare__board_slicing *x, const struct member *m,
                              uint32_t n, struct tare_board_slice *out, struct tare_err *err)
{
    struct tare_board_cell *cells = TARE_NEW_N(x->arena, struct tare_board_cell, x->n_entries);
    if (!cells)
        return no_memory(err);
    *out = (struct tare_board_slice){.value = m[0].value, .n_tasks = n, .cells = cells};
    for (uint32_t i = 0; i < x->n_entries; i++) {
        struct tare_task_scores part;
        cells[i] = (struct tare_board_cell){.value = (double)NAN,
                                            .ci = tare_no_interval("published"),
                                            .why = "published rows have no slices"};
        if (x->entries[i].run == UINT32_MAX)
            continue;
        enum tare_status st = pick(&x->entries[i].headline, m, n, x->arena, &part, err);
        if (!st)
            st = tare__board_cell(&x->board->metrics[0], &part, n, &x->look, x->arena, &cells[i],
                                  err);
        if (st)
            return st;
    }
    return TARE_OK;
}

static enum tare_status no_such_tag(const struct tare_results *r, struct tare_str tag,
                                    struct tare_err *err)
{
    struct tare_buf have;
    tare_buf_init(&have, NULL, 4096);
    for (uint32_t t = 0; t < r->n_tasks && t < 100; t++)
        for (uint32_t i = 0; i < r->tasks[t].n_tags; i++) {
            struct tare_str key = r->tasks[t].tags[i].key;
            if (tare_str_find(tare_buf_str(&have), key) == SIZE_MAX && have.n < 300)
                tare_buf_printf(&have, "%s%.*s", have.n ? ", " : "", TARE_FMT(key));
        }
    (void)tare_fail(err, TARE_E_USAGE, "no task has a tag \"%.*s\"", TARE_FMT(tag));
    if (have.n)
        tare_err_hint(err, "tags here: %.*s", TARE_FMT(tare_buf_str(&have)));
    tare_buf_free(&have);
    return TARE_E_USAGE;
}

enum tare_status tare__board_slices(const struct tare__board_slicing *x, struct tare_err *err)
{
    const struct tare_results *r = x->results;
    struct member *m = TARE_NEW_N(x->arena, struct member, r->n_tasks + 1u);
    struct tare_board_slice *v = TARE_NEW_N(x->arena, struct tare_board_slice, MAX_VALUES);
    uint32_t n = 0;
    if (!m || !v)
        return no_memory(err);
    for (uint32_t t = 0; t < r->n_tasks; t++) {
        struct tare_str value = tare_results_tag(&r->tasks[t], x->tag);
        if (value.p)
            m[n++] = (struct member){value, t};
    }
    if (n == 0)
        return no_such_tag(r, x->tag, err);
    qsort(m, n, sizeof *m, by_value);
    x->board->slices_by = x->tag;
    x->board->slices = v;
    for (uint32_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && tare_str_eq(m[end].value, m[i].value);)
            end++;
        if (x->board->n_slices == MAX_VALUES) {
            x->board->slices_omitted++;
            continue;
        }
        enum tare_status st = slice(x, m + i, end - i, &v[x->board->n_slices++], err);
        if (st)
            return st;
    }
    qsort(v, x->board->n_slices, sizeof *v, by_size);
    return TARE_OK;
}
