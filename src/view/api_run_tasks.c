/* The tasks of a run, a row each: all its tries in one cell, their means, what failed first. */
#include <math.h>
#include <stdio.h>

#include "view/api_int.h"
#include "view/failing.h"

#include "base/banned.h"

#define MOST_TRIES 10000000u /* of one page */
#define MOST_PIPS 64u        /* tries of a task that are spelled out */

struct tasks {
    struct tare__call *c;
    struct tare_batch_view batch;
    const struct tare_run_view *run;
    struct tare_task_view *tasks;
    uint32_t n_tasks, headline; /* headline: number of the batch's metric */
    struct tare_where *where;   /* NULL: all */
    struct tare_str sort;       /* without its sign; empty: in order */
    bool down;
    struct tare_str family;
};

/* A task of the page. */
struct row {
    uint32_t task, n, n_value, first; /* first: its attempts in the page; n of them */
    double value, steps, tokens, ms;  /* sums over tries */
};

/* ---- order ----------------------------------------------------------------------------------- */

enum field { BY_METRIC, BY_STEPS, BY_TOKENS, BY_MS, BY_TASK, BY_FAMILY };

static enum tare_status field_of(const struct tasks *t, enum field *out, uint32_t *metric,
                                 struct tare_err *err)
{
    static const char *const names[] = {
        [BY_STEPS] = "steps", [BY_TOKENS] = "tokens", [BY_MS] = "ms", [BY_TASK] = "task"};
    for (int i = BY_STEPS; i <= BY_TASK; i++)
        if (tare_str_is(t->sort, names[i])) {
            *out = (enum field)i;
            return TARE_OK;
        }
    *out = BY_FAMILY;
    if (t->family.n && (tare_str_eq(t->sort, t->family) || tare_str_is(t->sort, "family")))
        return TARE_OK;
    *out = BY_METRIC;
    for (*metric = 0; *metric < t->batch.n_metrics; (*metric)++)
        if (tare_str_eq(t->sort, t->batch.metrics[*metric].name))
            return TARE_OK;
    (void)tare_fail(err, TARE_E_USAGE, "tasks are not sorted by \"%.*s\"", TARE_FMT(t->sort));
    tare_err_hint(err, "sort: task steps tokens ms, the family tag, or a metric; - before it turns "
                       "it round");
    return TARE_E_USAGE;
}

struct means {
    double *sum;
    uint32_t *n;
};

static void count(const struct means *m, uint32_t task, double x)
{
    if (isnan(x))
        return;
    m->sum[task] += x;
    m->n[task]++;
}

/* Sums by task of what is in columns; time is not, and is read from rows. */
static enum tare_status sum_up(const struct tasks *t, enum field field, uint32_t metric,
                               const struct means *m, struct tare_err *err)
{
    struct tare_columns c;
    struct tare_attempt_page page;
    enum tare_status st;
    if (field == BY_MS) {
        st = tare_store_attempts(t->c->store, t->run->id, NULL, 0, UINT32_MAX, t->c->arena, &page,
                                 err);
        for (uint32_t i = 0; !st && i < page.n; i++)
            count(m, page.rows[i].task, (double)page.rows[i].dur_ns);
        return st;
    }
    st = tare_store_columns(t->c->store, t->run->id, &metric, field == BY_METRIC, t->c->arena, &c,
                            err);
    for (uint32_t i = 0; !st && i < c.n; i++) {
        bool ok = field != BY_METRIC || c.metrics[metric].state[i] == TARE_SCORE_OK;
        double x = field == BY_STEPS    ? (double)c.n_steps[i]
                   : field == BY_TOKENS ? c.tokens[i]
                   : ok                 ? c.metrics[metric].value[i]
                                        : (double)NAN;
        if (c.task[i] < t->n_tasks)
            count(m, c.task[i], x);
    }
    return st;
}

static enum tare_status make_keys(const struct tasks *t, struct tare__keys *keys,
                                  struct tare_err *err)
{
    enum field field;
    uint32_t metric = 0;
    enum tare_status st = field_of(t, &field, &metric, err);
    struct tare_str *text = TARE_NEW_N(t->c->arena, struct tare_str, t->n_tasks + 1u);
    struct means m = {TARE_NEW_N(t->c->arena, double, t->n_tasks + 1u),
                      TARE_NEW_N(t->c->arena, uint32_t, t->n_tasks + 1u)};
    if (st)
        return st;
    if (!text || !m.sum || !m.n)
        return tare__no_memory(err);
    *keys = (struct tare__keys){.down = t->down};
    if (field == BY_TASK || field == BY_FAMILY) {
        for (uint32_t i = 0; i < t->n_tasks; i++)
            text[i] =
                field == BY_TASK ? t->tasks[i].id : tare_task_view_tag(&t->tasks[i], t->family);
        keys->text = text;
        return TARE_OK;
    }
    memset(m.sum, 0, sizeof *m.sum * (t->n_tasks + 1u));
    memset(m.n, 0, sizeof *m.n * (t->n_tasks + 1u));
    st = sum_up(t, field, metric, &m, err);
    for (uint32_t i = 0; i < t->n_tasks; i++)
        m.sum[i] = m.n[i] ? m.sum[i] / m.n[i] : (double)NAN;
    keys->number = m.sum;
    return st;
}

/* Tasks with an attempt that matches. */
static enum tare_status matching(const struct tasks *t, uint32_t *out, uint32_t *n,
                                 struct tare_err *err)
{
    struct tare_attempt_page page;
    *n = 0;
    if (!t->where) {
        while (*n < t->n_tasks) {
            out[*n] = *n;
            ++*n;
        }
        return TARE_OK;
    }
    enum tare_status st = tare_store_attempts(t->c->store, t->run->id, t->where, 0, UINT32_MAX,
                                              t->c->arena, &page, err);
    for (uint32_t i = 0; !st && i < page.n; i++) /* in order of task */
        if (page.rows[i].task < t->n_tasks && (*n == 0 || out[*n - 1] != page.rows[i].task))
            out[(*n)++] = page.rows[i].task;
    return st;
}

static enum tare_status make_order(const struct tasks *t, struct tare__order *o,
                                   struct tare_err *err)
{
    struct tare__keys keys = {0};
    uint32_t *v = TARE_NEW_N(t->c->arena, uint32_t, t->n_tasks + 1u);
    uint32_t *room = TARE_NEW_N(t->c->arena, uint32_t, t->n_tasks + 1u), n = 0;
    o->key[0] = 0;
    if (!v || !room || !tare__order_room(o, t->n_tasks))
        return tare__no_memory(err);
    enum tare_status st = matching(t, v, &n, err);
    if (!st && t->sort.n)
        st = make_keys(t, &keys, err);
    if (st)
        return st;
    if (t->sort.n)
        tare__sort_rows(v, room, n, &keys);
    for (uint32_t i = 0; i < n; i++)
        o->at[i] = (struct tare_attempt_at){v[i], 0};
    o->n = n;
    o->run = t->run->id;
    o->change = t->c->change;
    return TARE_OK;
}

/* The order is kept while somebody scrolls through it. */
static enum tare_status order(const struct tasks *t, struct tare_str sort, struct tare_str where,
                              struct tare_err *err)
{
    struct tare__order *o = &t->c->api->order;
    struct tare_str key =
        tare_arena_printf(t->c->arena, "tasks\n%.*s\n%.*s", TARE_FMT(sort), TARE_FMT(where));
    if (!key.p)
        return tare__no_memory(err);
    if (o->run == t->run->id && o->change == t->c->change && strcmp(o->key, key.p) == 0)
        return TARE_OK;
    enum tare_status st = make_order(t, o, err);
    if (!st && key.n < sizeof o->key)
        (void)snprintf(o->key, sizeof o->key, "%s", key.p);
    return st;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* All tries of the tasks [from, from + n) of the order. */
static enum tare_status read_tries(const struct tasks *t, uint64_t from, uint32_t n,
                                   struct tare_attempt_page *page, struct row *rows,
                                   struct tare_err *err)
{
    const struct tare__order *o = &t->c->api->order;
    uint32_t k = t->batch.k ? t->batch.k : 1, at = 0;
    if ((uint64_t)n * k > MOST_TRIES)
        return tare_fail(err, TARE_E_LIMIT, "%u tasks of %u tries are too many for one page", n, k);
    struct tare_attempt_at *all = TARE_NEW_N(t->c->arena, struct tare_attempt_at, n * k + 1u);
    if (!all)
        return tare__no_memory(err);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t x = 0; x < k; x++)
            all[i * k + x] = (struct tare_attempt_at){o->at[from + i].task, x};
    enum tare_status st =
        tare_store_attempts_at(t->c->store, t->run->id, all, n * k, t->c->arena, page, err);
    for (uint32_t i = 0; !st && i < n; i++) {
        struct row *r = &rows[i];
        *r = (struct row){.task = o->at[from + i].task, .first = at};
        for (; at < page->n && page->rows[at].task == r->task; at++, r->n++) {
            const struct tare_attempt_row *a = &page->rows[at];
            if (a->state[t->headline] == TARE_SCORE_OK) {
                r->value += a->value[t->headline];
                r->n_value++;
            }
            r->steps += a->n_steps;
            r->tokens += (double)a->tokens_in + (double)a->tokens_out;
            r->ms += (double)a->dur_ns / 1e6;
        }
    }
    return st;
}

static double mean(double sum, uint32_t n)
{
    return n ? sum / n : (double)NAN;
}

static void put_numbers(const struct tasks *t, const struct row *rows, uint32_t n)
{
    static const char *const names[] = {"value", "steps", "tokens", "ms"};
    struct tare_json_writer *w = &t->c->w;
    for (int f = 0; f < 4; f++) {
        tare_json_put_key(w, names[f]);
        tare_json_begin_array(w);
        for (uint32_t i = 0; i < n; i++) {
            const double sums[] = {rows[i].value, rows[i].steps, rows[i].tokens, rows[i].ms};
            tare_json_put_f64(w, mean(sums[f], f ? rows[i].n : rows[i].n_value));
        }
        tare_json_end_array(w);
    }
}

static char letter_of(const struct tasks *t, const struct tare_attempt_row *a)
{
    return tare__try_letter(&t->batch.metrics[t->headline], a->status,
                            a->state[t->headline] == TARE_SCORE_OK, a->value[t->headline]);
}

/* The letters of a task's tries in their order. */
static void put_pips(const struct tasks *t, const struct tare_attempt_page *page,
                     const struct row *r)
{
    char letters[MOST_PIPS];
    uint32_t k = t->batch.k < MOST_PIPS ? t->batch.k : MOST_PIPS;
    memset(letters, 'o', sizeof letters);
    for (uint32_t i = 0; i < r->n; i++) {
        const struct tare_attempt_row *a = &page->rows[r->first + i];
        if (a->index < k)
            letters[a->index] = letter_of(t, a);
    }
    tare_json_put_str(&t->c->w, tare_str_n(letters, k));
}

static uint32_t solved(const struct tasks *t, const struct tare_attempt_page *page,
                       const struct row *r)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n; i++)
        n += letter_of(t, &page->rows[r->first + i]) == 'y';
    return n;
}

/* The first try that did not go as well as it could. */
static const struct tare_attempt_row *
first_short(const struct tasks *t, const struct tare_attempt_page *page, const struct row *r)
{
    for (uint32_t i = 0; i < r->n; i++) {
        const struct tare_attempt_row *a = &page->rows[r->first + i];
        if (letter_of(t, a) != 'y')
            return a;
    }
    return NULL;
}

static enum tare_status put_failing(const struct tasks *t, const struct tare_attempt_row *a,
                                    struct tare_err *err)
{
    struct tare_json_writer *w = &t->c->w;
    struct tare__failing f = {TARE_S(""), TARE_S("")};
    struct tare_attempt attempt;
    enum tare_status st = TARE_OK;
    struct tare_arena_mark mark = tare_arena_mark(t->c->arena);
    bool ended = a && (a->status == TARE_ATTEMPT_DONE || a->status == TARE_ATTEMPT_FAILED);
    if (ended)
        st = tare_store_attempt(t->c->store, t->run->id, a->task, a->index,
                                TARE_WITH_SCORES | TARE_WITH_OUTLINE, t->c->arena, &attempt, err);
    if (st)
        return st;
    if (ended)
        f = tare__failing_check(&t->batch, t->headline, &attempt, t->c->arena);
    /* A metric without ends says nothing of a try by itself. */
    bool told = a && (f.check.n || a->cause || letter_of(t, a) != 'd');
    if (told) {
        tare_json_begin_object(w);
        tare_json_member_u64(w, "k", (uint64_t)a->index + 1);
        tare_json_member_str(w, "check", f.check.n ? f.check : (struct tare_str){NULL, 0});
        tare_json_member_str(w, "says", f.says.n ? f.says : (struct tare_str){NULL, 0});
        tare_json_member_cstr(w, "cause", a->cause ? tare_cause_name(a->cause) : NULL);
        tare_json_end_object(w);
    } else {
        tare_json_put_null(w);
    }
    tare_arena_rewind(t->c->arena, mark);
    return TARE_OK;
}

static enum tare_status put_page(const struct tasks *t, const struct row *rows, uint32_t n,
                                 const struct tare_attempt_page *page, struct tare_err *err)
{
    struct tare_json_writer *w = &t->c->w;
    enum tare_status st = TARE_OK;
    static const char *const texts[] = {"task", "family", "pips", "solved", "n", "first"};
    for (int f = 0; f < 6; f++) {
        tare_json_put_key(w, texts[f]);
        tare_json_begin_array(w);
        for (uint32_t i = 0; i < n && !st; i++) {
            const struct tare_task_view *task = &t->tasks[rows[i].task];
            if (f == 0)
                tare_json_put_str(w, task->id);
            else if (f == 1)
                tare_json_put_str(w, tare_task_view_tag(task, t->family));
            else if (f == 2)
                put_pips(t, page, &rows[i]);
            else if (f == 3)
                tare_json_put_u64(w, solved(t, page, &rows[i]));
            else if (f == 4)
                tare_json_put_u64(w, rows[i].n);
            else
                st = put_failing(t, first_short(t, page, &rows[i]), err);
        }
        tare_json_end_array(w);
    }
    put_numbers(t, rows, n);
    return st;
}

static enum tare_status answer(const struct tasks *t, uint64_t offset, uint64_t limit,
                               struct tare_err *err)
{
    const struct tare__order *o = &t->c->api->order;
    struct tare_json_writer *w = &t->c->w;
    struct tare_attempt_page page = {0};
    uint64_t from = offset < o->n ? offset : o->n;
    uint32_t n = (uint32_t)(o->n - from < limit ? o->n - from : limit);
    struct row *rows = TARE_NEW_N(t->c->arena, struct row, n + 1u);
    if (!rows)
        return tare__no_memory(err);
    enum tare_status st = read_tries(t, from, n, &page, rows, err);
    if (st)
        return st;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.run-tasks/1");
    tare_json_member_cstr(w, "run", t->run->name);
    tare_json_member_u64(w, "total", o->n);
    tare_json_member_u64(w, "offset", from);
    tare_json_member_u64(w, "n_rows", n);
    tare_json_member_u64(w, "attempts_per_task", t->batch.k);
    tare_json_member_str(w, "headline", t->batch.metrics[t->headline].name);
    tare_json_member_str(w, "family_tag", t->family);
    st = put_page(t, rows, n, &page, err);
    tare_json_end_object(w);
    return st;
}

static uint32_t headline_of(const struct tare_batch_view *b, const struct tare_results *r)
{
    for (uint32_t i = 0; r->n_metrics && i < b->n_metrics; i++)
        if (tare_str_eq(b->metrics[i].name, r->metrics[0].name))
            return i;
    return 0;
}

enum tare_status tare__get_run_tasks(struct tare__call *c, struct tare_err *err)
{
    struct tasks t = {.c = c};
    struct tare_address at;
    struct tare_results r;
    uint64_t offset, limit;
    struct tare_str sort = tare__param(c, "sort"), where = tare__param(c, "where");
    enum tare_status st = tare__param_u64(c, "offset", 0, 0, UINT32_MAX, &offset, err);
    if (!st)
        st = tare__param_u64(c, "limit", 200, 1, TARE__API_MAX_ROWS, &limit, err);
    if (!st)
        st = tare__params_done(c, err);
    if (!st)
        st = tare__find_run(c, c->segments[1], &at, &t.batch, &t.run, err);
    if (!st)
        st = tare_results_about(&t.batch, c->arena, &r, err);
    if (!st && t.batch.n_metrics == 0)
        st = tare_fail(err, TARE_E_USAGE, "this run has no metric");
    if (!st)
        st = tare__tasks_of(c, at.batch, &t.tasks, &t.n_tasks, err);
    if (!st && where.n)
        st = tare_where_compile(where, &t.batch, t.tasks, t.n_tasks, c->arena, &t.where, err);
    if (st)
        return st;
    t.headline = headline_of(&t.batch, &r);
    t.family = tare__family_tag(t.tasks, t.n_tasks, &r);
    t.down = sort.n && sort.p[0] == '-';
    t.sort = t.down ? tare_str_n(sort.p + 1, sort.n - 1) : sort;
    st = order(&t, sort, where, err);
    return st ? st : answer(&t, offset, c->api->whole ? UINT32_MAX : limit, err);
}
