#include "decide/board_int.h"

#include <math.h>
#include <stdlib.h>

#include "base/banned.h"

#define MAX_FINDINGS 64u
/* A control this far towards the worst end of one metric and this far towards the best of another
 * shows that the second does not see the first. */
#define BAD_SHARE 0.9
#define GOOD_SHARE 0.5
#define CEILING_SHARE 0.98
#define FEW_TASKS 20u

struct list {
    struct tare_finding *v;
    uint32_t n;
    struct tare_arena *arena;
};

static void add(struct list *l, const char *id, enum tare_finding_level level, uint32_t row,
                struct tare_str text)
{
    if (l->n < MAX_FINDINGS && text.p)
        l->v[l->n++] = (struct tare_finding){tare_str_of(id), level, text, row};
}

/* Where a value lies between the worst (0) and the best (1) the metric allows; NaN: unbounded. */
static double goodness(const struct tare_metric *m, double x)
{
    if (!isfinite(m->min) || !isfinite(m->max) || m->direction == TARE_NO_DIRECTION)
        return (double)NAN;
    double up = (x - m->min) / (m->max - m->min);
    return m->direction == TARE_HIGHER_BETTER ? up : 1 - up;
}

/* "73.8 %" or "4.60". */
static struct tare_str shown(struct list *l, const struct tare_metric *m, double x)
{
    if (m->min == 0 && m->max == 1)
        return tare_arena_printf(l->arena, "%.1f %%", 100 * x);
    return tare_arena_printf(l->arena, "%.2f", x);
}

static struct tare_str title(const struct tare_metric *m)
{
    struct tare_str t = m->title.n ? m->title : m->name;
    return tare_str_trim(tare_str_ends(t, TARE_S("%")) ? tare_str_n(t.p, t.n - 1) : t);
}

/* A control that is at the bad end of one metric and yet does well on another. */
static void blind_metrics(const struct tare_board *b, struct list *l)
{
    for (uint32_t r = 0; r < b->n_rows; r++) {
        const struct tare_board_row *row = &b->rows[r];
        uint32_t bad = UINT32_MAX, good = UINT32_MAX;
        double best = GOOD_SHARE;
        if (row->kind != TARE_ROW_CONTROL)
            continue;
        for (uint32_t m = 0; m < b->n_metrics; m++) {
            double g = goodness(&b->metrics[m], row->cells[m].value);
            if (g <= 1 - BAD_SHARE && bad == UINT32_MAX &&
                b->metrics[m].direction == TARE_LOWER_BETTER)
                bad = m;
            if (g >= best && b->metrics[m].direction == TARE_HIGHER_BETTER) {
                best = g;
                good = m;
            }
        }
        if (bad == UINT32_MAX || good == UINT32_MAX)
            continue;
        struct tare_str x = shown(l, &b->metrics[bad], row->cells[bad].value);
        struct tare_str y = shown(l, &b->metrics[good], row->cells[good].value);
        struct tare_str tb = title(&b->metrics[bad]), tg = title(&b->metrics[good]);
        add(l, "blind-metric", TARE_FINDING_WARNS, r,
            tare_arena_printf(l->arena,
                              "%.*s has %.*s %.*s and still %.*s %.*s. Read %.*s beside "
                              "%.*s.",
                              TARE_FMT(row->name), TARE_FMT(x), TARE_FMT(tb), TARE_FMT(y),
                              TARE_FMT(tg), TARE_FMT(tg), TARE_FMT(tb)));
    }
}

static void missing(const struct tare_board *b, struct list *l)
{
    for (uint32_t r = 0; r < b->n_rows; r++) {
        const struct tare_board_row *row = &b->rows[r];
        if (row->n_planned == 0 || (double)row->n_missing <= 0.05 * (double)row->n_planned)
            continue;
        bool much = (double)row->n_missing > TARE_DROP_LIMIT * (double)row->n_planned;
        add(l, "missing", much ? TARE_FINDING_BLOCKS : TARE_FINDING_WARNS, r,
            tare_arena_printf(l->arena,
                              "%.*s lacks %llu of %llu attempts for a reason outside the solver.",
                              TARE_FMT(row->name), (unsigned long long)row->n_missing,
                              (unsigned long long)row->n_planned));
    }
}

static void ceiling(const struct tare_board *b, struct list *l)
{
    uint32_t measured = 0, at_top = 0;
    for (uint32_t r = 0; r < b->n_rows; r++) {
        if (b->rows[r].kind != TARE_ROW_MEASURED)
            continue;
        measured++;
        at_top += goodness(&b->metrics[0], b->rows[r].cells[0].value) >= CEILING_SHARE;
    }
    struct tare_str t = title(&b->metrics[0]);
    if (measured > 1 && at_top == measured)
        add(l, "ceiling", TARE_FINDING_WARNS, UINT32_MAX,
            tare_arena_printf(l->arena,
                              "%.*s is at its ceiling for every measured solver: these tasks no "
                              "longer tell them apart.",
                              TARE_FMT(t)));
}

static void set_up_notes(const struct tare_board *b, struct list *l)
{
    uint32_t controls = 0, measured = 0;
    for (uint32_t r = 0; r < b->n_rows; r++) {
        controls += b->rows[r].kind == TARE_ROW_CONTROL;
        measured += b->rows[r].kind == TARE_ROW_MEASURED;
    }
    if (measured && !controls)
        add(l, "no-control", TARE_FINDING_NOTE, UINT32_MAX,
            TARE_S("No control was run, so nothing says what a trivial solver would reach."));
    if (b->n_tasks && b->n_tasks < FEW_TASKS)
        add(l, "few-tasks", TARE_FINDING_NOTE, UINT32_MAX,
            tare_arena_printf(l->arena, "%u tasks are few: intervals are wide.", b->n_tasks));
}

static int by_level(const void *x, const void *y)
{
    const struct tare_finding *a = x, *b = y;
    if (a->level != b->level)
        return a->level > b->level ? -1 : 1;
    int c = tare_str_cmp(a->id, b->id);
    return c ? c : (a->row > b->row) - (a->row < b->row);
}

enum tare_status tare__board_findings(struct tare_board *board, struct tare_arena *arena,
                                      struct tare_err *err)
{
    struct list l = {TARE_NEW_N(arena, struct tare_finding, MAX_FINDINGS), 0, arena};
    if (!l.v)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for findings");
    blind_metrics(board, &l);
    missing(board, &l);
    if (board->n_metrics)
        ceiling(board, &l);
    set_up_notes(board, &l);
    qsort(l.v, l.n, sizeof *l.v, by_level);
    board->findings = l.v;
    board->n_findings = l.n;
    return TARE_OK;
}
