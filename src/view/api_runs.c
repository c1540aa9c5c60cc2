/* What was run: the list of runs, and one of them. */
#include <math.h>
#include <stdio.h>

#include "view/api_int.h"
#include "view/identity.h"

#include "base/banned.h"

#define MAX_LISTED 50000u

/* A run with its batch; everything a list is filtered and sorted by. */
struct listed {
    const struct tare_batch_view *batch;
    const struct tare_run_view *run;
    uint32_t place; /* newest first, in plan order within a batch */
};

static uint64_t counted(const struct tare_run_view *r)
{
    return r->n_done + r->n_failed + r->n_missing;
}

static bool finished(const struct tare_run_view *r)
{
    return counted(r) >= r->n_planned;
}

static const char *status_of(const struct listed *x)
{
    return tare_doc_run_status(x->batch, x->run);
}

static bool holds(struct tare_str s, struct tare_str q)
{
    return tare_str_find(s, q) != SIZE_MAX;
}

/* ids: only these; n 0: any. */
static bool chosen(const struct listed *x, const struct tare_str *ids, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (tare_str_is(ids[i], x->run->name))
            return true;
    return n == 0;
}

static bool matches(const struct listed *x, struct tare_str q, struct tare_str status)
{
    if (status.n && !tare_str_is(status, status_of(x)))
        return false;
    return !q.n || holds(x->run->solver, q) || holds(x->batch->label, q) ||
           holds(x->batch->suite_name, q) || tare_str_starts(tare_str_of(x->run->name), q) ||
           tare_str_starts(tare_str_of(x->batch->info.name), q);
}

/* ---- order ----------------------------------------------------------------------------------- */

static int by_place(const struct listed *a, const struct listed *b)
{
    return a->place < b->place ? -1 : a->place > b->place;
}
static int by_suite(const struct listed *a, const struct listed *b)
{
    return tare_str_cmp(a->batch->suite_name, b->batch->suite_name);
}
static int by_solver(const struct listed *a, const struct listed *b)
{
    return tare_str_cmp(a->run->solver, b->run->solver);
}
static int by_label(const struct listed *a, const struct listed *b)
{
    return tare_str_cmp(a->batch->label, b->batch->label);
}
static int by_done(const struct listed *a, const struct listed *b)
{
    return a->run->n_done < b->run->n_done ? -1 : a->run->n_done > b->run->n_done;
}
static int by_failed(const struct listed *a, const struct listed *b)
{
    return a->run->n_failed < b->run->n_failed ? -1 : a->run->n_failed > b->run->n_failed;
}
static int by_missing(const struct listed *a, const struct listed *b)
{
    return a->run->n_missing < b->run->n_missing ? -1 : a->run->n_missing > b->run->n_missing;
}
static int by_cost(const struct listed *a, const struct listed *b)
{
    return a->run->cost_usd < b->run->cost_usd ? -1 : a->run->cost_usd > b->run->cost_usd;
}
static int by_status(const struct listed *a, const struct listed *b)
{
    return strcmp(status_of(a), status_of(b));
}

static const struct order {
    const char *name;
    int (*compare)(const struct listed *a, const struct listed *b);
} orders[] = {{"when", by_place},      {"suite", by_suite}, {"solver", by_solver},
              {"label", by_label},     {"done", by_done},   {"failed", by_failed},
              {"missing", by_missing}, {"cost", by_cost},   {"status", by_status}};

/* Merge sort: stable, without state beside its arguments. */
static void sort_listed(struct listed *v, struct listed *room, uint32_t n, const struct order *o,
                        bool down)
{
    if (n < 2)
        return;
    uint32_t half = n / 2, i = 0, j = half, at = 0;
    sort_listed(v, room, half, o, down);
    sort_listed(v + half, room, n - half, o, down);
    memcpy(room, v, n * sizeof *v);
    while (i < half || j < n) {
        int d = i >= half ? 1 : j >= n ? -1 : o->compare(&room[i], &room[j]);
        if (down && i < half && j < n)
            d = -d;
        v[at++] = d <= 0 ? room[i++] : room[j++];
    }
}

static enum tare_status sort_by(struct tare__call *c, struct tare_str name, struct listed *v,
                                uint32_t n, struct tare_err *err)
{
    bool down = name.n && name.p[0] == '-';
    if (down)
        name = tare_str_n(name.p + 1, name.n - 1);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (tare_str_is(name, orders[i].name)) {
            struct listed *room = TARE_NEW_N(c->arena, struct listed, n + 1u);
            if (!room)
                return tare__no_memory(err);
            sort_listed(v, room, n, &orders[i], down);
            return TARE_OK;
        }
    (void)tare_fail(err, TARE_E_USAGE, "runs are not sorted by \"%.*s\"", TARE_FMT(name));
    tare_err_hint(err, "sort: when suite solver label done failed missing cost status; - before it "
                       "turns it round");
    return TARE_E_USAGE;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The headline metric of a run with its interval; null where there is none. Kept: it costs a
 * bootstrap, and finished runs do not change. */
static enum tare_status put_headline(struct tare__call *c, const struct listed *x,
                                     struct tare_err *err)
{
    struct tare__headline *kept = &c->api->headlines[(uint64_t)x->run->id % TARE__API_HEADLINES];
    struct tare_json_writer *w = &c->w;
    struct tare_results r;
    struct tare_board board;
    tare_json_put_key(w, "headline");
    if (kept->run == x->run->id && kept->counted == counted(x->run) && kept->n) {
        tare_json_put_raw(w, tare_str_n(kept->json, kept->n));
        return TARE_OK;
    }
    struct tare_arena_mark mark = tare_arena_mark(c->arena);
    struct tare_board_opts opts = {.size = sizeof opts, .n_metrics = 1};
    enum tare_status st = tare_results_from_store(c->store, x->batch->info.id,
                                                  (int32_t)x->run->index, c->arena, &r, err);
    if (!st && r.n_metrics) {
        opts.metrics = &r.metrics[0].name;
        st = tare_leaderboard(&r, &opts, c->arena, &board, err);
    }
    if (st)
        return st;
    size_t from = w->out->n;
    if (r.n_metrics && board.n_rows) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "metric", board.metrics[0].name);
        tare_json_member_str(w, "title", board.metrics[0].title);
        tare_json_member_str(w, "unit", board.metrics[0].unit);
        tare_json_put_key(w, "cell");
        tare_doc_cell(w, &board.metrics[0], &board.rows[0].cells[0], board.confidence);
        tare_json_end_object(w);
    } else {
        tare_json_put_null(w);
    }
    *kept = (struct tare__headline){.run = x->run->id, .counted = counted(x->run)};
    if (!w->out->failed && w->out->n - from <= sizeof kept->json) {
        kept->n = (uint32_t)(w->out->n - from);
        memcpy(kept->json, w->out->p + from, kept->n);
    }
    tare_arena_rewind(c->arena, mark);
    return TARE_OK;
}

static void put_where(struct tare_json_writer *w, const struct tare_batch_view *b)
{
    tare_doc_batch_head(w, b);
    tare_doc_time(w, "planned_at", b->wall_start_ns);
    tare_doc_time(w, "finished_at", b->wall_end_ns);
    tare_json_member_f64(w, "ms",
                         b->wall_start_ns && b->wall_end_ns > b->wall_start_ns
                             ? (double)(b->wall_end_ns - b->wall_start_ns) / 1e6
                             : (double)NAN);
}

static enum tare_status put_listed(struct tare__call *c, const struct listed *x,
                                   struct tare_err *err)
{
    tare_json_begin_object(&c->w);
    tare_doc_run(&c->w, x->run);
    tare_json_member_cstr(&c->w, "status", status_of(x));
    tare_doc_switches(&c->w, x->run->identity);
    put_where(&c->w, x->batch);
    enum tare_status st = put_headline(c, x, err);
    tare_json_end_object(&c->w);
    return st;
}

/* ---- the list -------------------------------------------------------------------------------- */

static enum tare_status list_runs(struct tare__call *c, struct tare_str suite,
                                  struct tare_batch_view **batches, uint32_t *n_all,
                                  struct listed **out, uint32_t *n, struct tare_err *err)
{
    struct tare_str q = tare__address(tare__param(c, "q")), status = tare__param(c, "status");
    struct tare_batch_view *v;
    struct tare_str *ids;
    uint32_t n_batches, n_ids, room = 0;
    *n = 0;
    enum tare_status st = tare__param_list(c, "runs", &ids, &n_ids, err);
    if (!st)
        st = tare__all_batches(c, suite, &v, &n_batches, err);
    if (st)
        return st;
    for (uint32_t i = 0; i < n_batches; i++)
        room += v[i].n_runs;
    room = room < MAX_LISTED ? room : MAX_LISTED;
    struct listed *rows = TARE_NEW_N(c->arena, struct listed, room + 1u);
    if (!rows)
        return tare__no_memory(err);
    for (uint32_t i = 0; i < n_batches; i++)
        for (uint32_t r = 0; r < v[i].n_runs && *n < room; r++) {
            struct listed x = {&v[i], &v[i].runs[r], *n};
            if (matches(&x, q, status) && chosen(&x, ids, n_ids))
                rows[(*n)++] = x;
        }
    *out = rows;
    *batches = v;
    *n_all = n_batches;
    return TARE_OK;
}

enum tare_status tare__get_runs(struct tare__call *c, struct tare_err *err)
{
    struct listed *rows = NULL;
    struct tare_batch_view *batches = NULL;
    uint64_t from, limit;
    uint32_t n, n_batches = 0;
    char next[24];
    struct tare_str sort = tare__param(c, "sort"), suite = tare__param(c, "suite");
    enum tare_status st = tare__param_u64(c, "cursor", 0, 0, UINT32_MAX, &from, err);
    if (!st)
        st = tare__param_u64(c, "limit", 100, 1, TARE__API_MAX_ROWS, &limit, err);
    if (!st)
        st = list_runs(c, suite, &batches, &n_batches, &rows, &n, err);
    if (!st)
        st = tare__params_done(c, err);
    if (!st && sort.n)
        st = sort_by(c, sort, rows, n, err);
    if (st)
        return st;
    tare_json_begin_object(&c->w);
    tare_json_member_cstr(&c->w, "schema", "tare.runs/1");
    tare_json_member_u64(&c->w, "total", n);
    (void)snprintf(next, sizeof next, "%llu", (unsigned long long)(from + limit));
    tare_json_member_cstr(&c->w, "next", from + limit < n ? next : NULL);
    tare__put_baselines(&c->w, batches, n_batches);
    tare_json_put_key(&c->w, "rows");
    tare_json_begin_array(&c->w);
    for (uint64_t i = from; i < from + limit && i < n && !st; i++)
        st = put_listed(c, &rows[i], err);
    tare_json_end_array(&c->w);
    tare_json_end_object(&c->w);
    return st;
}

/* ---- one run --------------------------------------------------------------------------------- */

static enum tare_status put_missing(struct tare__call *c, int64_t run, struct tare_err *err)
{
    struct tare_missing *v;
    uint32_t n;
    enum tare_status st = tare_store_missing(c->store, run, c->arena, &v, &n, err);
    if (st)
        return st;
    tare_json_put_key(&c->w, "missing_causes");
    tare_json_begin_array(&c->w);
    for (uint32_t i = 0; i < n; i++) {
        tare_json_begin_object(&c->w);
        tare_json_member_cstr(&c->w, "cause", tare_cause_name(v[i].cause));
        tare_json_member_str(&c->w, "text", v[i].text);
        tare_json_member_u64(&c->w, "n", v[i].n);
        tare_json_end_object(&c->w);
    }
    tare_json_end_array(&c->w);
    return TARE_OK;
}

/* The world's lanes and phases are in the outlines; the tags a page can filter by are here. */
static void put_tags(struct tare_json_writer *w, const struct tare_results *r)
{
    tare_json_put_key(w, "by");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_by; i++)
        tare_json_put_str(w, r->by[i]);
    tare_json_end_array(w);
}

enum tare_status tare__get_run(struct tare__call *c, struct tare_err *err)
{
    struct tare_address at;
    struct tare_batch_view b;
    const struct tare_run_view *run;
    struct tare_results r;
    struct tare_board board;
    struct tare_json_writer *w = &c->w;
    enum tare_status st = tare__params_done(c, err);
    if (!st)
        st = tare__find_run(c, c->segments[1], &at, &b, &run, err);
    if (!st)
        st = tare_results_from_store(c->store, at.batch, (int32_t)at.run_index, c->arena, &r, err);
    if (!st)
        st = tare__board(c, &r, TARE_S(""), TARE_S(""), true, &board, err);
    if (st)
        return st;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.run/1");
    tare_json_put_key(w, "label");
    tare_json_put_str(w, b.label);
    tare_json_member_bool(w, "finished", finished(run));
    tare_json_member_u64(w, "done", run->n_done);
    tare_doc_board(w, &board);
    tare_json_put_key(w, "run");
    tare_json_begin_object(w);
    tare_doc_run(w, run);
    tare_json_member_cstr(w, "status", status_of(&(struct listed){&b, run, 0}));
    tare_json_member_str(w, "address", r.runs[0].address);
    tare_doc_raw(w, "identity", run->identity);
    tare_doc_switches(w, run->identity);
    tare_json_end_object(w);
    tare_doc_time(w, "planned_at", b.wall_start_ns);
    tare_doc_time(w, "finished_at", b.wall_end_ns);
    tare_doc_raw(w, "environment", b.env_json);
    put_tags(w, &r);
    tare_doc_metrics(w, board.metrics, board.n_metrics);
    st = put_missing(c, run->id, err);
    tare_json_end_object(w);
    return st;
}
