#include "decide/leaderboard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "decide/board_int.h"

#include "base/banned.h"

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for the leaderboard");
}

/* place[i]: metric of the results that stands in column i. */
static enum tare_status choose_metrics(const struct tare_results *r,
                                       const struct tare_board_opts *opts, struct tare_arena *arena,
                                       struct tare_board *out, uint32_t **place,
                                       struct tare_err *err)
{
    uint32_t all = r->n_shown ? r->n_shown : r->n_metrics;
    uint32_t n = opts->metrics ? opts->n_metrics : all;
    struct tare_metric *metrics = TARE_NEW_N(arena, struct tare_metric, n);
    *place = TARE_NEW_N(arena, uint32_t, n);
    if (!metrics || !*place)
        return no_memory(err);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t m = opts->metrics ? tare_results_metric(r, opts->metrics[i]) : i;
        if (m == UINT32_MAX) {
            (void)tare_fail(err, TARE_E_USAGE, "there is no metric \"%.*s\" in these runs",
                            TARE_FMT(opts->metrics[i]));
            tare_err_hint(err, "tare show RUN lists the metrics of a run");
            return TARE_E_USAGE;
        }
        (*place)[i] = m;
        metrics[i] = r->metrics[m];
    }
    out->metrics = metrics;
    out->n_metrics = n;
    return TARE_OK;
}

static void count_attempts(const struct tare_results *r, const struct tare_results_run *run,
                           struct tare_board_row *row)
{
    uint64_t causes[TARE_CAUSE_CANCELLED + 1] = {0}, seen = 0;
    for (uint32_t i = 0; i < run->n_attempts; i++) {
        seen += run->status[i] >= TARE_ATTEMPT_DONE;
        row->n_failed += run->status[i] == TARE_ATTEMPT_FAILED;
        if (run->status[i] == TARE_ATTEMPT_MISSING) {
            row->n_missing++;
            causes[run->cause[i] <= TARE_CAUSE_CANCELLED ? run->cause[i] : 0]++;
        }
    }
    row->n_planned = run->k ? (uint64_t)run->k * r->n_tasks : run->n_attempts;
    if (row->n_planned > seen)
        row->n_missing += row->n_planned - seen;
    for (int c = 1; c <= TARE_CAUSE_CANCELLED; c++)
        if (causes[c] > causes[row->missing_cause])
            row->missing_cause = (enum tare_cause)c;
}

static int level_of(const struct tare_class_rule *rule, double x)
{
    int level = 0;
    while (level < TARE_CLASS_LEVELS - 1 &&
           (rule->direction == TARE_LOWER_BETTER ? x > rule->bound[level] : x < rule->bound[level]))
        level++;
    return level;
}

/* value(i) of rule i in values; NaN: none. */
static void classify(const struct tare_classes *classes, const double *values,
                     struct tare_board_row *row)
{
    row->class_level = -1;
    if (!classes)
        return;
    int worst = -1;
    for (uint32_t i = 0; i < classes->n_rules; i++) {
        int level = isnan(values[i]) ? -1 : level_of(&classes->rules[i], values[i]);
        if (level > worst) {
            worst = level;
            row->limiting = 0;
        }
        if (level >= 0 && level == worst && i < 32)
            row->limiting |= 1u << i;
    }
    row->class_level = worst >= 0 ? worst : TARE_CLASS_LEVELS - 1;
}

struct board_work {
    const struct tare_results *r;
    const struct tare_board_opts *opts;
    const uint32_t *place;
    struct tare__board_look look;
    struct tare_arena *arena;
    struct tare_board *out;
};

/* Value alone of the metric of each class rule. */
static enum tare_status rule_values(struct board_work *w, uint32_t run, double *values,
                                    struct tare_err *err)
{
    const struct tare_classes *c = w->opts->classes;
    for (uint32_t i = 0; c && i < c->n_rules; i++) {
        uint32_t m = tare_results_metric(w->r, c->rules[i].metric);
        struct tare_task_scores s;
        struct tare_board_cell cell;
        struct tare__board_look quick = w->look;
        quick.resamples = 2;
        values[i] = (double)NAN;
        if (m == UINT32_MAX)
            continue;
        enum tare_status st = tare_task_scores(w->r, run, m, w->arena, &s, err);
        if (!st)
            st = tare__board_cell(&w->r->metrics[m], &s, w->r->n_tasks, &quick, w->arena, &cell,
                                  err);
        if (st)
            return st;
        values[i] = cell.value;
    }
    return TARE_OK;
}

/* What only documents say: the tries of the first metric that is a pass or a failure, the spend. */
static enum tare_status more_of(struct board_work *w, uint32_t run, struct tare_board_row *row,
                                struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    if (!w->opts->more)
        return TARE_OK;
    for (uint32_t i = 0; i < w->out->n_metrics && !row->tries && !st; i++)
        st = tare__board_tries(w->r, run, w->place[i], &w->look, w->arena, &row->tries, err);
    return st ? st : tare__board_spent(w->r, run, &w->look, w->arena, row, err);
}

static enum tare_status measured_row(struct board_work *w, uint32_t run,
                                     struct tare__board_entry *e, struct tare_err *err)
{
    const struct tare_results_run *x = &w->r->runs[run];
    uint32_t n = w->out->n_metrics;
    struct tare_board_cell *cells = TARE_NEW_N(w->arena, struct tare_board_cell, n);
    double *values = TARE_NEW_N(w->arena, double, w->opts->classes ? w->opts->classes->n_rules : 1);
    if (!cells || !values)
        return no_memory(err);
    *e = (struct tare__board_entry){
        .run = run,
        .row = {.kind = x->kind,
                .name = x->name,
                .id = x->id,
                .address = x->address,
                .k = x->k,
                .cost_usd = {.value = (double)NAN, .why = "not asked for"},
                .tokens = {.value = (double)NAN, .why = "not asked for"},
                .front = -1}};
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < n && !st; i++) {
        struct tare_task_scores s;
        st = tare_task_scores(w->r, run, w->place[i], w->arena, &s, err);
        if (!st)
            st = tare__board_cell(&w->out->metrics[i], &s, w->r->n_tasks, &w->look, w->arena,
                                  &cells[i], err);
        if (i == 0)
            e->headline = s;
    }
    e->row.cells = cells;
    count_attempts(w->r, x, &e->row);
    if (!st)
        st = rule_values(w, run, values, err);
    classify(w->opts->classes, values, &e->row);
    return st ? st : more_of(w, run, &e->row, err);
}

static double reference_value(const struct tare_reference *ref, struct tare_str metric)
{
    for (uint32_t i = 0; i < ref->n_values; i++)
        if (tare_str_eq(ref->values[i].metric, metric))
            return ref->values[i].value;
    return (double)NAN;
}

static enum tare_status published_row(struct board_work *w, const struct tare_reference *ref,
                                      struct tare__board_entry *e, struct tare_err *err)
{
    uint32_t n = w->out->n_metrics;
    const struct tare_classes *c = w->opts->classes;
    struct tare_board_cell *cells = TARE_NEW_N(w->arena, struct tare_board_cell, n);
    double *values = TARE_NEW_N(w->arena, double, c ? c->n_rules : 1);
    if (!cells || !values)
        return no_memory(err);
    for (uint32_t i = 0; i < n; i++) {
        cells[i].value = reference_value(ref, w->out->metrics[i].name);
        cells[i].ci = tare_no_interval("published without one");
        cells[i].why = isnan(cells[i].value) ? "not published" : NULL;
    }
    for (uint32_t i = 0; c && i < c->n_rules; i++)
        values[i] = reference_value(ref, c->rules[i].metric);
    *e = (struct tare__board_entry){.run = UINT32_MAX,
                                    .row = {.kind = TARE_ROW_PUBLISHED,
                                            .name = ref->name,
                                            .source = ref->source,
                                            .date = ref->date,
                                            .cells = cells,
                                            .front = -1}};
    classify(c, values, &e->row);
    return TARE_OK;
}

/* Better headline first; rows without one last; then by kind and name. */
static bool stands_before(const struct tare__board_entry *a, const struct tare__board_entry *b,
                          enum tare_direction d)
{
    double x = a->row.cells[0].value * (d == TARE_LOWER_BETTER ? -1.0 : 1.0);
    double y = b->row.cells[0].value * (d == TARE_LOWER_BETTER ? -1.0 : 1.0);
    if (isnan(x) != isnan(y))
        return isnan(y);
    if (x > y || x < y)
        return x > y;
    if (a->row.kind != b->row.kind)
        return a->row.kind < b->row.kind;
    return tare_str_cmp(a->row.name, b->row.name) < 0;
}

static void put_in_order(struct tare__board_entry *e, uint32_t n, enum tare_direction d)
{
    for (uint32_t i = 1; i < n; i++) {
        struct tare__board_entry x = e[i];
        uint32_t at = i;
        for (; at > 0 && stands_before(&x, &e[at - 1], d); at--)
            e[at] = e[at - 1];
        e[at] = x;
    }
}

static void sum_up(struct tare_board *b)
{
    uint64_t causes[TARE_CAUSE_CANCELLED + 1] = {0};
    for (uint32_t i = 0; i < b->n_rows; i++) {
        b->n_planned += b->rows[i].n_planned;
        b->n_missing += b->rows[i].n_missing;
        b->n_failed += b->rows[i].n_failed;
        causes[b->rows[i].missing_cause] += b->rows[i].n_missing;
    }
    for (int c = 1; c <= TARE_CAUSE_CANCELLED; c++)
        if (causes[c] > (b->missing_cause ? causes[b->missing_cause] : 0))
            b->missing_cause = (enum tare_cause)c;
}

static void set_head(const struct tare_results *r, const struct tare_board_opts *opts,
                     struct tare_board *out)
{
    *out = (struct tare_board){.suite = r->suite,
                               .version = r->version,
                               .variant = r->variant,
                               .batch = r->batch,
                               .digest = r->digest,
                               .has_digest = r->has_digest,
                               .seed = r->seed,
                               .has_seed = r->has_seed,
                               .n_tasks = r->n_tasks,
                               .k = r->k,
                               .confidence = opts->confidence > 0 ? opts->confidence : 0.95,
                               .classes = opts->classes,
                               .resamples = opts->resamples ? opts->resamples : 4000,
                               .mc_seed = opts->seed};
}

static enum tare_status make_rows(struct board_work *w, struct tare__board_entry *e, uint32_t *n,
                                  struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < w->r->n_runs && !st; i++)
        st = measured_row(w, i, &e[(*n)++], err);
    for (uint32_t i = 0; i < w->opts->n_references && !st; i++)
        st = published_row(w, &w->opts->references[i], &e[(*n)++], err);
    return st;
}

enum tare_status tare_leaderboard(const struct tare_results *r, const struct tare_board_opts *opts,
                                  struct tare_arena *arena, struct tare_board *out,
                                  struct tare_err *err)
{
    uint32_t *place, n = 0;
    set_head(r, opts, out);
    enum tare_status st = choose_metrics(r, opts, arena, out, &place, err);
    if (st || out->n_metrics == 0)
        return st;
    struct board_work w = {r,     opts, place, {out->confidence, opts->seed, out->resamples},
                           arena, out};
    struct tare__board_entry *e =
        TARE_NEW_N(arena, struct tare__board_entry, r->n_runs + opts->n_references);
    struct tare_board_row *rows =
        TARE_NEW_N(arena, struct tare_board_row, r->n_runs + opts->n_references);
    if (!e || !rows)
        return no_memory(err);
    st = make_rows(&w, e, &n, err);
    if (st)
        return st;
    put_in_order(e, n, out->metrics[0].direction);
    st = tare__board_rank(&out->metrics[0], e, n, r->n_tasks, 1 - out->confidence, opts->seed,
                          arena, &out->rank_method, err);
    for (uint32_t i = 0; i < n; i++)
        rows[i] = e[i].row;
    out->rows = rows;
    out->n_rows = n;
    sum_up(out);
    if (!st && opts->more)
        st = tare__board_front(out, rows, arena, err);
    if (!st && opts->by.n)
        st = tare__board_slices(
            &(struct tare__board_slicing){r, e, n, opts->by, w.look, arena, out}, err);
    return st ? st : tare__board_findings(out, arena, err);
}
