#include "decide/labels.h"

#include <math.h>
#include <stdlib.h>

#include "base/banned.h"

/* Below this, labels were hardly drawn without a look at what the check said. */
#define CHOSEN_ALPHA 0.01

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for labels");
}

/* ---- whose attempt a label is of ---------------------------------------------------------- */

static bool plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* Equal, or equal where a stored run's name has '-' for what cannot stand in an address. */
static bool same_solver(struct tare_str label, struct tare_str run)
{
    if (tare_str_eq(label, run))
        return true;
    if (label.n != run.n)
        return false;
    for (size_t i = 0; i < run.n; i++)
        if ((plain(label.p[i]) ? label.p[i] : '-') != run.p[i])
            return false;
    return true;
}

static enum tare_status whose(const struct tare_import_table *t, struct tare_str run, bool alone,
                              uint32_t *out, struct tare_err *err)
{
    for (uint32_t i = 0; i < t->n_runs; i++)
        if (same_solver(t->runs[i], run)) {
            *out = i;
            return TARE_OK;
        }
    *out = 0;
    if (alone && t->n_runs == 1)
        return TARE_OK;
    tare_err_file(err, t->path);
    (void)tare_fail(err, TARE_E_USAGE, "no label is of an answer of %.*s", TARE_FMT(run));
    tare_err_hint(
        err,
        "a column `solver` says whose answer a row is about (--run-column names another); "
        "there is \"%.80s\"",
        t->runs[0].p);
    return TARE_E_USAGE;
}

struct place {
    struct tare_str id;
    uint32_t task;
};

static int by_id(const void *a, const void *b)
{
    return tare_str_cmp(((const struct place *)a)->id, ((const struct place *)b)->id);
}

/* For each task of the labels the results' task, or UINT32_MAX. */
static uint32_t *join_tasks(const struct tare_results *r, const struct tare_import_table *t,
                            struct tare_arena *arena)
{
    struct place *places = TARE_NEW_N(arena, struct place, r->n_tasks + 1u);
    uint32_t *to = TARE_NEW_N(arena, uint32_t, t->n_tasks + 1u);
    if (!places || !to)
        return NULL;
    for (uint32_t i = 0; i < r->n_tasks; i++)
        places[i] = (struct place){r->tasks[i].id, i};
    qsort(places, r->n_tasks, sizeof *places, by_id);
    for (uint32_t i = 0; i < t->n_tasks; i++) {
        struct place want = {.id = t->tasks[i].id};
        const struct place *p = bsearch(&want, places, r->n_tasks, sizeof *places, by_id);
        to[i] = p ? p->task : UINT32_MAX;
    }
    return to;
}

/* Row of that attempt in the run, whose rows are in order; UINT32_MAX: there is none. */
static uint32_t row_of(const struct tare_results_run *run, uint32_t task, uint32_t attempt)
{
    uint32_t lo = 0, hi = run->n_attempts;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        bool below =
            run->task[mid] < task || (run->task[mid] == task && run->attempt[mid] < attempt);
        if (below)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < run->n_attempts && run->task[lo] == task && run->attempt[lo] == attempt
               ? lo
               : UINT32_MAX;
}

/* ---- one side ----------------------------------------------------------------------------- */

/* What is gathered while labels are gone through. */
struct gather {
    const struct tare_import_table *t;
    const struct tare_results_run *run;
    struct tare_results_column col;
    bool *seen;            /* rows of the run that have a label */
    double *label, *check; /* pairs, out->n_labels of them */
    struct tare_label_side *out;
};

static enum tare_status bad_label(const struct gather *g, const struct tare_import_attempt *a,
                                  double x, struct tare_err *err)
{
    tare_err_file(err, g->t->path);
    (void)tare_fail(err, TARE_E_INPUT,
                    "the label of task \"%.*s\" is %g, neither good (1) nor bad (0)",
                    TARE_FMT(g->t->tasks[a->task].id), x);
    tare_err_hint(err, "write 1, true, yes or pass, and 0, false, no or fail; an empty field is no "
                       "label");
    return TARE_E_INPUT;
}

static enum tare_status take_label(struct gather *g, const struct tare_import_attempt *a,
                                   uint32_t task, double label, struct tare_err *err)
{
    if (label != 0 && label != 1)
        return bad_label(g, a, label, err);
    uint32_t row = task == UINT32_MAX ? UINT32_MAX : row_of(g->run, task, a->index);
    if (row == UINT32_MAX) {
        g->out->n_strangers++;
        return TARE_OK;
    }
    if (g->col.state[row] != TARE_SCORE_OK) {
        g->out->n_unscored++;
        return TARE_OK;
    }
    double check = g->col.value[row];
    struct tare_labelled *c = &g->out->tasks[task];
    g->seen[row] = true;
    g->label[g->out->n_labels] = label;
    g->check[g->out->n_labels++] = check;
    if (label == 1)
        *(check == 1 ? &c->tp : &c->fn) += 1;
    else
        *(check == 1 ? &c->fp : &c->tn) += 1;
    return TARE_OK;
}

static enum tare_status check_metric(const struct tare_metric *m, const struct gather *g,
                                     struct tare_err *err)
{
    bool good = m->aggregation == TARE_AGG_MEAN && m->direction == TARE_HIGHER_BETTER;
    for (uint32_t i = 0; i < g->run->n_attempts && good; i++)
        good = g->col.state[i] != TARE_SCORE_OK || g->col.value[i] == 0 || g->col.value[i] == 1;
    if (good)
        return TARE_OK;
    (void)tare_fail(err, TARE_E_USAGE, "%.*s is not pass or fail: labels cannot be held against it",
                    TARE_FMT(m->name));
    tare_err_hint(err, "--metric names a check that passes (1) or fails (0), as pass does");
    return TARE_E_USAGE;
}

/* Rates by task, and what was passed with and without a label. */
static void add_rates(const struct gather *g, uint32_t n_tasks)
{
    struct tare_labelled *tasks = g->out->tasks;
    for (uint32_t i = 0; i < n_tasks; i++)
        tasks[i].rate = (double)NAN;
    for (uint32_t i = 0, j; i < g->run->n_attempts; i = j) {
        double sum = 0, n = 0;
        for (j = i; j < g->run->n_attempts && g->run->task[j] == g->run->task[i]; j++) {
            if (g->col.state[j] != TARE_SCORE_OK)
                continue;
            struct tare_count *c = g->seen[j] ? &g->out->labelled : &g->out->rest;
            c->n++;
            c->k += g->col.value[j] == 1;
            sum += g->col.value[j];
            n++;
        }
        if (n > 0)
            tasks[g->run->task[i]].rate = sum / n;
    }
    g->out->p_chosen = tare_fisher_exact(g->out->labelled, g->out->rest);
}

static void warn(struct tare_str *list, uint32_t *n, uint32_t room, struct tare_str text)
{
    if (*n < room && text.p)
        list[(*n)++] = text;
}

static double share(struct tare_count c)
{
    return c.n ? 100 * (double)c.k / (double)c.n : (double)NAN;
}

static void warn_side(struct tare_label_side *s, struct tare_arena *arena)
{
    uint32_t room = TARE_LABEL_WARNINGS;
    if (s->n_strangers)
        warn(s->warnings, &s->n_warnings, room,
             tare_arena_printf(arena, "%llu labels are of attempts that %.*s does not have",
                               (unsigned long long)s->n_strangers, TARE_FMT(s->name)));
    if (s->n_unscored)
        warn(s->warnings, &s->n_warnings, room,
             tare_arena_printf(arena, "%llu labels of %.*s are of attempts without a score",
                               (unsigned long long)s->n_unscored, TARE_FMT(s->name)));
    if (s->rest.n && !s->p_chosen.why && s->p_chosen.v <= CHOSEN_ALPHA)
        warn(s->warnings, &s->n_warnings, room,
             tare_arena_printf(arena,
                               "%.*s: the check passed %.1f %% of the labelled answers and %.1f %% "
                               "of the others: labels chosen by its verdict make sensitivity and "
                               "specificity wrong; draw them blindly",
                               TARE_FMT(s->name), share(s->labelled), share(s->rest)));
    if (s->rate.cut)
        warn(s->warnings, &s->n_warnings, room,
             tare_arena_printf(arena,
                               "%.*s: the corrected rate lay outside 0 to 100 %%: few labels, or "
                               "labels that are not like the rest",
                               TARE_FMT(s->name)));
}

enum tare_status tare_labels_side(const struct tare_results *r, uint32_t run, uint32_t metric,
                                  const struct tare_import_table *labels, bool alone,
                                  double confidence, struct tare_arena *arena,
                                  struct tare_label_side *out, struct tare_err *err)
{
    struct gather g = {.t = labels, .run = &r->runs[run], .out = out};
    uint32_t from;
    *out = (struct tare_label_side){.name = g.run->name};
    enum tare_status st = whose(labels, g.run->name, alone, &from, err);
    if (st == TARE_OK)
        st = tare_results_read(g.run, metric, arena, &g.col, err);
    if (st == TARE_OK)
        st = check_metric(&r->metrics[metric], &g, err);
    if (st != TARE_OK)
        return st;
    uint32_t *to = join_tasks(r, labels, arena);
    g.seen = TARE_NEW_N(arena, bool, g.run->n_attempts + 1u);
    g.label = TARE_NEW_N(arena, double, labels->n_attempts + 1u);
    g.check = TARE_NEW_N(arena, double, labels->n_attempts + 1u);
    out->tasks = TARE_NEW_N(arena, struct tare_labelled, r->n_tasks + 1u);
    if (!to || !g.seen || !g.label || !g.check || !out->tasks)
        return no_memory(err);
    for (uint32_t i = 0; i < labels->n_attempts && st == TARE_OK; i++) {
        const struct tare_import_attempt *a = &labels->attempts[i];
        double x = labels->n_metrics ? labels->values[(size_t)i * labels->n_metrics] : (double)NAN;
        if (a->run == from && !isnan(x))
            st = take_label(&g, a, to[a->task], x, err);
    }
    if (st == TARE_OK && out->n_labels == 0) {
        tare_err_file(err, labels->path);
        st = tare_fail(err, TARE_E_INPUT, "no label is of an attempt of %.*s with a score",
                       TARE_FMT(out->name));
        tare_err_hint(err, "labels have tasks like \"%.60s\", the run has \"%.60s\"",
                      labels->tasks[0].id.p, r->tasks[0].id.p);
    }
    if (st != TARE_OK)
        return st;
    add_rates(&g, r->n_tasks);
    static const double scale[2] = {0, 1};
    st = tare_two_raters(g.label, g.check, out->n_labels, scale, 2, confidence, arena, &out->kappa,
                         err);
    out->has_kappa = st == TARE_OK;
    if (st == TARE_OK)
        st = tare_corrected_rate(out->tasks, NULL, r->n_tasks, confidence, arena, &out->rate, err);
    if (st == TARE_OK)
        warn_side(out, arena);
    return st;
}

/* ---- both sides --------------------------------------------------------------------------- */

/* Rows of both sides: the pairs first, then what has labels besides. */
struct rows {
    struct tare_labelled *a, *b;
    uint32_t *cluster;
    size_t n;
};

static void add_rest(const struct tare_label_side *s, uint32_t n_tasks, const bool *paired,
                     struct tare_labelled *own, struct tare_labelled *other, size_t *n)
{
    for (uint32_t i = 0; i < n_tasks; i++) {
        struct tare_labelled row = s->tasks[i];
        if (paired[i] || row.tp + row.fn + row.fp + row.tn == 0)
            continue;
        row.rate = (double)NAN;
        own[*n] = row;
        other[(*n)++] = (struct tare_labelled){.rate = (double)NAN};
    }
}

static bool make_rows(const struct tare_compare *c, const struct tare_label_evidence *l,
                      uint32_t n_a, uint32_t n_b, struct tare_arena *arena, struct rows *out)
{
    size_t room = (size_t)c->n_pairs + n_a + n_b + 1;
    bool *in_a = TARE_NEW_N(arena, bool, n_a + 1u), *in_b = TARE_NEW_N(arena, bool, n_b + 1u);
    uint32_t most = 0;
    *out = (struct rows){.a = TARE_NEW_N(arena, struct tare_labelled, room),
                         .b = TARE_NEW_N(arena, struct tare_labelled, room),
                         .cluster = c->cluster_of ? TARE_NEW_N(arena, uint32_t, room) : NULL};
    if (!in_a || !in_b || !out->a || !out->b || (c->cluster_of && !out->cluster))
        return false;
    for (uint32_t i = 0; i < c->n_pairs; i++) {
        const struct tare_pair *p = &c->pairs[i];
        out->a[i] = l->a.tasks[p->task_a];
        out->b[i] = l->b.tasks[p->task_b];
        in_a[p->task_a] = in_b[p->task_b] = true;
        if (out->cluster)
            out->cluster[i] = c->cluster_of[i];
        if (out->cluster && c->cluster_of[i] > most)
            most = c->cluster_of[i];
    }
    out->n = c->n_pairs;
    add_rest(&l->a, n_a, in_a, out->a, out->b, &out->n);
    add_rest(&l->b, n_b, in_b, out->b, out->a, &out->n);
    for (size_t i = c->n_pairs; out->cluster && i < out->n; i++)
        out->cluster[i] = most + 1u + (uint32_t)(i - c->n_pairs);
    return true;
}

static void warn_rate(struct tare_label_evidence *l, const char *what, const char *of,
                      struct tare_count a, struct tare_count b, struct tare_value p,
                      struct tare_arena *arena)
{
    warn(l->warnings, &l->n_warnings, 2 * TARE_LABEL_WARNINGS,
         tare_arena_printf(
             arena,
             "the check errs differently on the two sides: it %s %.1f %% of the %s "
             "answers of %.*s and %.1f %% of those of %.*s (Fisher p = %.2g): the raw "
             "difference is biased",
             what, share(a), of, TARE_FMT(l->a.name), share(b), TARE_FMT(l->b.name), p.v));
}

static void warn_both(const struct tare_compare *c, struct tare_label_evidence *l,
                      struct tare_arena *arena)
{
    const struct tare_corrected_diff *d = &l->diff;
    uint32_t room = 2 * TARE_LABEL_WARNINGS;
    for (uint32_t i = 0; i < l->a.n_warnings; i++)
        warn(l->warnings, &l->n_warnings, room, l->a.warnings[i]);
    for (uint32_t i = 0; i < l->b.n_warnings; i++)
        warn(l->warnings, &l->n_warnings, room, l->b.warnings[i]);
    if (!d->p_sensitivity.why && d->p_sensitivity.v <= c->alpha / 2)
        warn_rate(l, "passes", "good", d->a.sensitivity, d->b.sensitivity, d->p_sensitivity, arena);
    if (!d->p_specificity.why && d->p_specificity.v <= c->alpha / 2)
        warn_rate(l, "fails", "bad", d->a.specificity, d->b.specificity, d->p_specificity, arena);
    bool shown =
        c->out.verdict == TARE_VERDICT_IMPROVED || c->out.verdict == TARE_VERDICT_REGRESSED;
    bool other = !d->ci.why && shown &&
                 (c->out.verdict == TARE_VERDICT_IMPROVED ? d->ci.lo <= 0 : d->ci.hi >= 0);
    if (other)
        warn(l->warnings, &l->n_warnings, room,
             TARE_S("the verdict speaks of what the check says; set right by the labels, the "
                    "difference is not shown"));
}

enum tare_status tare_compare_labels(const struct tare_results *ra, uint32_t a,
                                     const struct tare_results *rb, uint32_t b,
                                     const struct tare_import_table *labels,
                                     struct tare_arena *arena, struct tare_compare *c,
                                     struct tare_err *err)
{
    struct tare_label_evidence *l = TARE_NEW(arena, struct tare_label_evidence);
    struct rows rows;
    if (c->about == TARE_ABOUT_THESE_TASKS || c->sequential)
        return tare_fail(err, TARE_E_USAGE,
                         "labels set right what is said of tasks to come, once all are played");
    if (!l)
        return no_memory(err);
    *l = (struct tare_label_evidence){.path = labels->path, .level = 1 - c->alpha};
    uint32_t ma = tare_results_metric(ra, c->metric.name);
    uint32_t mb = tare_results_metric(rb, c->metric.name);
    double level = l->level;
    enum tare_status st = tare_labels_side(ra, a, ma, labels, false, level, arena, &l->a, err);
    if (st == TARE_OK)
        st = tare_labels_side(rb, b, mb, labels, false, level, arena, &l->b, err);
    if (st != TARE_OK)
        return st;
    if (!make_rows(c, l, ra->n_tasks, rb->n_tasks, arena, &rows))
        return no_memory(err);
    st = tare_corrected_diff(rows.a, rows.b, rows.cluster, rows.n, level, arena, &l->diff, err);
    if (st != TARE_OK)
        return st;
    warn_both(c, l, arena);
    c->labels = l;
    return TARE_OK;
}
