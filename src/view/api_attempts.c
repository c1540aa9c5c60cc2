/* The attempts of a run, as columns: a page of them, filtered and sorted. */
#include <math.h>
#include <stdio.h>

#include "view/api_int.h"

#include "base/banned.h"

/* What a list of attempts is made of. */
struct list {
    struct tare__call *c;
    struct tare_batch_view batch;
    const struct tare_run_view *run;
    struct tare_task_view *tasks;
    uint32_t n_tasks;
    struct tare_where *where; /* NULL: all */
    struct tare_str sort;     /* without its sign; empty: in order of tasks */
    bool down;
    struct tare_str family; /* tag that the family column shows; may be empty */
};

/* ---- the order that was asked for ------------------------------------------------------------ */

static double number_of(const struct tare_attempt_row *r, unsigned field)
{
    const double values[] = {(double)r->index,   (double)r->status,
                             (double)r->n_steps, (double)r->tokens_in + (double)r->tokens_out,
                             (double)r->dur_ns,  r->cost_usd};
    return values[field];
}

static enum tare_status make_keys(const struct list *l, const struct tare_attempt_page *page,
                                  struct tare__keys *k, struct tare_err *err)
{
    static const char *const fields[] = {"k", "status", "steps", "tokens", "ms", "cost"};
    struct tare_str *text = NULL;
    double *number = NULL;
    bool is_task = tare_str_is(l->sort, "task");
    if (is_task || tare_str_eq(l->sort, l->family))
        text = TARE_NEW_N(l->c->arena, struct tare_str, page->n + 1u);
    else
        number = TARE_NEW_N(l->c->arena, double, page->n + 1u);
    if (!text && !number)
        return tare__no_memory(err);
    *k = (struct tare__keys){number, text, l->down};
    for (uint32_t i = 0; text && i < page->n; i++) {
        const struct tare_task_view *t = &l->tasks[page->rows[i].task];
        text[i] = is_task ? t->id : tare_task_view_tag(t, l->family);
    }
    if (text)
        return TARE_OK;
    for (unsigned f = 0; f < sizeof fields / sizeof fields[0]; f++)
        if (tare_str_is(l->sort, fields[f])) {
            for (uint32_t i = 0; i < page->n; i++)
                number[i] = number_of(&page->rows[i], f);
            return TARE_OK;
        }
    for (uint32_t m = 0; m < l->batch.n_metrics; m++)
        if (tare_str_eq(l->sort, l->batch.metrics[m].name)) {
            for (uint32_t i = 0; i < page->n; i++)
                number[i] = page->rows[i].value[m];
            return TARE_OK;
        }
    (void)tare_fail(err, TARE_E_USAGE, "attempts are not sorted by \"%.*s\"", TARE_FMT(l->sort));
    tare_err_hint(err, "sort: task k status steps tokens ms cost, the family tag, or a metric; - "
                       "before it turns it round");
    return TARE_E_USAGE;
}

/* field: as in make_column_keys; past them: the metric. */
static double column_number(const struct tare_columns *c, uint32_t i, unsigned field,
                            uint32_t metric)
{
    switch (field) {
    case 0:
        return (double)c->index[i];
    case 1:
        return (double)c->status[i];
    case 2:
        return (double)c->n_steps[i];
    case 3:
        return c->tokens[i];
    case 4:
        return c->cost_usd[i];
    default:
        return c->metrics[metric].state[i] == TARE_SCORE_OK ? c->metrics[metric].value[i]
                                                            : (double)NAN;
    }
}

/* Sort keys as arrays of the whole run, without a row each: what most orders need. false: this
 * order needs rows (a filter, or a key that is in no column). */
static enum tare_status make_column_keys(const struct list *l, struct tare_columns *c,
                                         struct tare__keys *k, bool *fits, struct tare_err *err)
{
    uint32_t metric = 0;
    const char *const plain[] = {"k", "status", "steps", "tokens", "cost"};
    unsigned which = 0;
    while (which < 5 && !tare_str_is(l->sort, plain[which]))
        which++;
    while (metric < l->batch.n_metrics && !tare_str_eq(l->sort, l->batch.metrics[metric].name))
        metric++;
    *fits = !l->where && l->sort.n && !tare_str_is(l->sort, "task") &&
            !tare_str_eq(l->sort, l->family) && (which < 5 || metric < l->batch.n_metrics);
    if (!*fits)
        return TARE_OK;
    enum tare_status st = tare_store_columns(l->c->store, l->run->id, &metric, which < 5 ? 0 : 1,
                                             l->c->arena, c, err);
    double *number = st ? NULL : TARE_NEW_N(l->c->arena, double, c->n + 1u);
    if (!number)
        return st ? st : tare__no_memory(err);
    for (uint32_t i = 0; i < c->n; i++)
        number[i] = column_number(c, i, which, metric);
    *k = (struct tare__keys){.number = number, .down = l->down};
    return TARE_OK;
}

static enum tare_status fill_order(const struct list *l, struct tare__order *o, uint32_t n,
                                   const struct tare__keys *keys,
                                   const struct tare_attempt_row *row, const struct tare_columns *c,
                                   struct tare_err *err)
{
    uint32_t *rows = TARE_NEW_N(l->c->arena, uint32_t, n + 1u);
    uint32_t *room = TARE_NEW_N(l->c->arena, uint32_t, n + 1u);
    if (!rows || !room || !tare__order_room(o, n))
        return tare__no_memory(err);
    for (uint32_t i = 0; i < n; i++)
        rows[i] = i;
    if (l->sort.n)
        tare__sort_rows(rows, room, n, keys);
    for (uint32_t i = 0; i < n; i++)
        o->at[i] = row ? (struct tare_attempt_at){row[rows[i]].task, row[rows[i]].index}
                       : (struct tare_attempt_at){c->task[rows[i]], c->index[rows[i]]};
    o->n = n;
    o->run = l->run->id;
    o->change = l->c->change;
    return TARE_OK;
}

/* All that match, in the order asked for, remembered by task and number. */
static enum tare_status make_order(const struct list *l, struct tare__order *o,
                                   struct tare_err *err)
{
    struct tare_attempt_page page;
    struct tare_columns columns = {0};
    struct tare__keys keys = {0};
    bool fits = false;
    o->key[0] = 0;
    enum tare_status st = make_column_keys(l, &columns, &keys, &fits, err);
    if (st || fits)
        return st ? st : fill_order(l, o, columns.n, &keys, NULL, &columns, err);
    st = tare_store_attempts(l->c->store, l->run->id, l->where, 0, UINT32_MAX, l->c->arena, &page,
                             err);
    if (!st && l->sort.n)
        st = make_keys(l, &page, &keys, err);
    return st ? st : fill_order(l, o, page.n, &keys, page.rows, NULL, err);
}

/* A page in an order of its own. The order is kept: who scrolls asks for the next page of it. */
static enum tare_status ordered(const struct list *l, struct tare_str sort, struct tare_str where,
                                uint64_t offset, uint32_t limit, struct tare_attempt_page *out,
                                struct tare_err *err)
{
    struct tare__order *o = &l->c->api->order;
    struct tare_str key =
        tare_arena_printf(l->c->arena, "%.*s\n%.*s", TARE_FMT(sort), TARE_FMT(where));
    if (!key.p)
        return tare__no_memory(err);
    bool kept = o->run == l->run->id && o->change == l->c->change && strcmp(o->key, key.p) == 0;
    enum tare_status st = kept ? TARE_OK : make_order(l, o, err);
    if (st)
        return st;
    if (key.n < sizeof o->key)
        (void)snprintf(o->key, sizeof o->key, "%s", key.p);
    uint64_t from = offset < o->n ? offset : o->n, n = o->n - from < limit ? o->n - from : limit;
    st = tare_store_attempts_at(l->c->store, l->run->id, o->at + from, (uint32_t)n, l->c->arena,
                                out, err);
    out->total = o->n;
    return st;
}

/* ---- columns --------------------------------------------------------------------------------- */

const char *tare__status_letter(enum tare_attempt_status status)
{
    static const char *const letters[] = {"p", "r", "d", "f", "m"};
    return letters[status];
}

enum column {
    COL_TASK,
    COL_FAMILY,
    COL_ATTEMPT,
    COL_CAUSE,
    COL_STEPS,
    COL_TOKENS,
    COL_MS,
    COL_COST
};

/* Families of the page in order of appearance; which[i] is the row's, n when it has none. */
static enum tare_status put_families(const struct list *l, const struct tare_attempt_page *page,
                                     int64_t **which, struct tare_err *err)
{
    struct tare_str *names = TARE_NEW_N(l->c->arena, struct tare_str, page->n + 1u);
    int64_t *v = TARE_NEW_N(l->c->arena, int64_t, page->n + 1u);
    struct tare_json_writer *w = &l->c->w;
    uint32_t n = 0;
    if (!names || !v)
        return tare__no_memory(err);
    for (uint32_t i = 0; i < page->n; i++) {
        struct tare_str name = tare_task_view_tag(&l->tasks[page->rows[i].task], l->family);
        uint32_t k = 0;
        while (name.n && k < n && !tare_str_eq(names[k], name))
            k++;
        if (name.n && k == n)
            names[n++] = name;
        v[i] = name.n ? (int64_t)k : -1;
    }
    tare_json_member_str(w, "family_tag", l->family);
    tare_json_put_key(w, "families");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++)
        tare_json_put_str(w, names[i]);
    tare_json_end_array(w);
    *which = v;
    return TARE_OK;
}

static void put_cell(struct tare_json_writer *w, enum column column, const struct list *l,
                     const struct tare_attempt_row *r, int64_t family)
{
    switch (column) {
    case COL_TASK:
        tare_json_put_str(w, l->tasks[r->task].id);
        break;
    case COL_FAMILY:
        if (family < 0)
            tare_json_put_null(w);
        else
            tare_json_put_i64(w, family);
        break;
    case COL_ATTEMPT:
        tare_json_put_u64(w, (uint64_t)r->index + 1);
        break;
    case COL_CAUSE:
        tare_json_put_cstr(w, r->cause ? tare_cause_name(r->cause) : NULL);
        break;
    case COL_STEPS:
        tare_json_put_u64(w, r->n_steps);
        break;
    case COL_TOKENS:
        tare_json_put_u64(w, r->tokens_in + r->tokens_out);
        break;
    case COL_MS:
        tare_json_put_f64(w, (double)r->dur_ns / 1e6);
        break;
    case COL_COST:
        tare_json_put_f64(w, r->cost_usd);
        break;
    }
}

static void put_columns(const struct list *l, const struct tare_attempt_page *page,
                        const int64_t *families)
{
    static const char *const names[] = {"task",  "family", "k",  "cause",
                                        "steps", "tokens", "ms", "cost_usd"};
    struct tare_json_writer *w = &l->c->w;
    struct tare_buf letters;
    for (unsigned column = COL_TASK; column <= COL_COST; column++) {
        tare_json_put_key(w, names[column]);
        tare_json_begin_array(w);
        for (uint32_t i = 0; i < page->n; i++)
            put_cell(w, (enum column)column, l, &page->rows[i], families[i]);
        tare_json_end_array(w);
    }
    tare_buf_init(&letters, NULL, page->n + 1u);
    for (uint32_t i = 0; i < page->n; i++)
        tare_buf_puts(&letters, tare__status_letter(page->rows[i].status));
    tare_json_put_key(w, "status");
    tare_json_put_str(w, tare_buf_str(&letters));
    tare_buf_free(&letters);
    tare_json_put_key(w, "metrics");
    tare_json_begin_object(w);
    for (uint32_t m = 0; m < l->batch.n_metrics; m++) {
        tare_json_put_key_str(w, l->batch.metrics[m].name);
        tare_json_begin_array(w);
        for (uint32_t i = 0; i < page->n; i++)
            tare_json_put_f64(w, page->rows[i].state[m] == TARE_SCORE_OK ? page->rows[i].value[m]
                                                                         : (double)NAN);
        tare_json_end_array(w);
    }
    tare_json_end_object(w);
}

static enum tare_status put_page(const struct list *l, const struct tare_results *r,
                                 const struct tare_attempt_page *page, uint64_t offset,
                                 struct tare_err *err)
{
    struct tare_json_writer *w = &l->c->w;
    int64_t *families = NULL;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.attempts/1");
    tare_json_member_cstr(w, "run", l->run->name);
    tare_json_member_u64(w, "total", page->total);
    tare_json_member_u64(w, "offset", offset);
    tare_json_member_u64(w, "n", page->n);
    tare_json_member_u64(w, "attempts_per_task", l->batch.k);
    tare_json_member_str(w, "headline", r->n_metrics ? r->metrics[0].name : TARE_S(""));
    enum tare_status st = put_families(l, page, &families, err);
    if (st)
        return st;
    put_columns(l, page, families);
    tare_json_end_object(w);
    return TARE_OK;
}

enum tare_status tare__get_attempts(struct tare__call *c, struct tare_err *err)
{
    struct list l = {.c = c};
    struct tare_address at;
    struct tare_results r;
    struct tare_attempt_page page = {0};
    uint64_t offset, limit;
    struct tare_str sort = tare__param(c, "sort"), where = tare__param(c, "where");
    enum tare_status st = tare__param_u64(c, "offset", 0, 0, UINT32_MAX, &offset, err);
    if (!st)
        st = tare__param_u64(c, "limit", 200, 1, TARE__API_MAX_ROWS, &limit, err);
    if (c->api->whole)
        limit = UINT32_MAX;
    if (!st)
        st = tare__params_done(c, err);
    if (!st)
        st = tare__find_run(c, c->segments[1], &at, &l.batch, &l.run, err);
    if (!st)
        st = tare_results_about(&l.batch, c->arena, &r, err);
    if (!st)
        st = tare__tasks_of(c, at.batch, &l.tasks, &l.n_tasks, err);
    if (!st && where.n)
        st = tare_where_compile(where, &l.batch, l.tasks, l.n_tasks, c->arena, &l.where, err);
    if (st)
        return st;
    l.family = tare__family_tag(l.tasks, l.n_tasks, &r);
    l.down = sort.n && sort.p[0] == '-';
    l.sort = l.down ? tare_str_n(sort.p + 1, sort.n - 1) : sort;
    if (tare_str_is(l.sort, "family"))
        l.sort = l.family.n ? l.family : TARE_S("task");
    if (sort.n || where.n)
        st = ordered(&l, sort, where, offset, (uint32_t)limit, &page, err);
    else
        st = tare_store_attempts(c->store, l.run->id, NULL, offset, (uint32_t)limit, c->arena,
                                 &page, err);
    return st ? st : put_page(&l, &r, &page, offset, err);
}
