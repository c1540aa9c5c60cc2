/* The data of a report: documents as the API gives them, in compressed blocks. */
#include <stdlib.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/thread.h"
#include "view/gzip.h"
#include "view/report_int.h"

#include "base/banned.h"

#define GZIP_LEVEL 6
#define BLOCK_BYTES ((size_t)1024 * 1024) /* before compression */
#define ELEMENT_BYTES ((size_t)56)        /* around a block */
#define MAX_PAIRS 20u                     /* runs of which every pair is compared */

/* A block that is being filled, or waits to be compressed. */
struct block {
    struct tare_buf json, packed; /* packed: base64 of gzip */
    struct tare_buf where;        /* `"PATH":N,`: its part of the index */
    struct tare_str task;         /* whose steps it holds; p NULL: outlines and other documents */
    uint32_t attempts;            /* whose steps are in it */
    uint64_t steps_cut, redactions;
    bool alike, left_out;
};

struct making {
    struct tare__report *r;
    struct tare_err *err;
    struct block *blocks; /* 1 … n of the file, in this order */
    uint32_t n, room;
    struct tare_buf index; /* `"PATH":{…},` */
    bool failed;
};

/* ---- blocks ---------------------------------------------------------------------------------- */

static struct block *new_block(struct making *m)
{
    const struct tare_alc *alc = tare_alc_libc();
    if (m->n == m->room) {
        uint32_t room = m->room ? m->room * 2 : 64;
        struct block *more = alc->get(alc->ctx, room * sizeof *more);
        if (!more) {
            m->failed = true;
            return NULL;
        }
        if (m->blocks) {
            memcpy(more, m->blocks, m->n * sizeof *more);
            alc->put(alc->ctx, m->blocks, m->room * sizeof *more);
        }
        m->blocks = more;
        m->room = room;
    }
    struct block *b = &m->blocks[m->n++];
    *b = (struct block){0};
    tare_buf_init(&b->json, NULL, TARE_GIB);
    tare_buf_init(&b->packed, NULL, TARE_GIB);
    tare_buf_init(&b->where, NULL, TARE_GIB);
    tare_buf_putc(&b->json, '{');
    return b;
}

static void free_blocks(struct making *m)
{
    const struct tare_alc *alc = tare_alc_libc();
    for (uint32_t i = 0; i < m->n; i++) {
        tare_buf_free(&m->blocks[i].json);
        tare_buf_free(&m->blocks[i].packed);
        tare_buf_free(&m->blocks[i].where);
    }
    if (m->blocks)
        alc->put(alc->ctx, m->blocks, m->room * sizeof *m->blocks);
    tare_buf_free(&m->index);
}

static void put_path(struct tare_buf *out, struct tare_str path)
{
    struct tare_json_writer w;
    if (out->n && out->p[out->n - 1] != '{') /* the first stands alone, or behind its brace */
        tare_buf_putc(out, ',');
    tare_json_writer_init(&w, out);
    tare_json_put_str(&w, path);
    tare_buf_putc(out, ':');
}

/* The document goes into the block, its place into the index. */
static void put_document(struct making *m, struct block *b, struct tare_str path,
                         struct tare_str json)
{
    put_path(&b->json, path);
    tare_buf_put(&b->json, json);
    put_path(&b->where, path);
    tare_buf_printf(&b->where, "%u", (unsigned)(b - m->blocks) + 1);
}

/* ---- documents of the API -------------------------------------------------------------------- */

/* Asks the API; where: NULL: into the index. */
static enum tare_status ask(struct making *m, struct block *b, struct tare_str target,
                            struct tare_str path)
{
    struct tare_api_answer a;
    tare_api_get(m->r->api, target, &a);
    if (a.http != 200)
        return tare_fail(m->err, a.code, "the report could not be made: %.*s gives status %d",
                         TARE_FMT(target), a.http);
    if (b) {
        put_document(m, b, path, a.body);
    } else {
        put_path(&m->index, path);
        tare_buf_put(&m->index, a.body);
    }
    return TARE_OK;
}

/* "r1,r2": all runs of the report. */
static struct tare_str run_list(struct making *m)
{
    const struct tare_results *r = &m->r->results;
    struct tare_str out = TARE_S("");
    for (uint32_t i = 0; i < r->n_runs && out.p; i++)
        out = tare_arena_printf(&m->r->arena, "%.*s%s%.*s", TARE_FMT(out), i ? "," : "",
                                TARE_FMT(r->runs[i].id));
    return out;
}

static enum tare_status put_overview(struct making *m, struct tare_str runs, const char digest[65])
{
    struct tare_arena *a = &m->r->arena;
    struct tare_str d = tare_str_n(digest, 12);
    const struct {
        struct tare_str target, path;
    } docs[] = {
        {tare_arena_printf(a, "/runs?limit=1000&runs=%.*s", TARE_FMT(runs)), TARE_S("/runs")},
        {tare_arena_printf(a, "/leaderboard?runs=%.*s", TARE_FMT(runs)), TARE_S("/leaderboard")},
        {TARE_S("/suites"), TARE_S("/suites")},
        {tare_arena_printf(a, "/suites/%.*s", TARE_FMT(d)),
         tare_arena_printf(a, "/suites/%.*s", TARE_FMT(d))},
        {tare_arena_printf(a, "/suites/%.*s/findings", TARE_FMT(d)),
         tare_arena_printf(a, "/suites/%.*s/findings", TARE_FMT(d))},
    };
    enum tare_status st = TARE_OK;
    for (size_t i = 0; i < sizeof docs / sizeof docs[0] && !st; i++)
        st = docs[i].target.p && docs[i].path.p ? ask(m, NULL, docs[i].target, docs[i].path)
                                                : tare__no_memory(m->err);
    return st;
}

static enum tare_status put_runs(struct making *m)
{
    const struct tare_results *r = &m->r->results;
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < r->n_runs && !st; i++) {
        struct tare_str run =
            tare_arena_printf(&m->r->arena, "/runs/%.*s", TARE_FMT(r->runs[i].id));
        struct tare_str list = tare_arena_printf(&m->r->arena, "%.*s/attempts", TARE_FMT(run));
        struct block *b = run.p && list.p ? new_block(m) : NULL;
        st = b ? ask(m, NULL, run, run) : tare__no_memory(m->err);
        if (!st)
            st = ask(m, b, list, list);
    }
    return st;
}

/* Every pair of few runs, else the first against each. */
static enum tare_status put_pairs(struct making *m)
{
    const struct tare_results *r = &m->r->results;
    struct block *b = r->n_runs > 1 ? new_block(m) : NULL;
    uint32_t firsts = r->n_runs <= 4 ? r->n_runs : 1, made = 0;
    enum tare_status st = TARE_OK;
    if (r->n_runs > 1 && !b)
        return tare__no_memory(m->err);
    for (uint32_t i = 0; i < firsts && !st; i++)
        for (uint32_t k = 0; k < r->n_runs && !st && made < MAX_PAIRS; k++) {
            if (k == i)
                continue;
            struct tare_str path =
                tare_arena_printf(&m->r->arena, "/compare?a=%.*s&b=%.*s", TARE_FMT(r->runs[i].id),
                                  TARE_FMT(r->runs[k].id));
            made++;
            st = path.p ? ask(m, b, path, path) : tare__no_memory(m->err);
        }
    return st;
}

/* ---- attempts -------------------------------------------------------------------------------- */

struct run_place {
    struct tare__place place;
    struct tare_columns columns;
    uint32_t next; /* first attempt that is not written yet: they are in order of tasks */
};

static enum tare_status find_runs(struct making *m, struct run_place **out)
{
    struct tare__report *r = m->r;
    uint32_t n_tasks;
    enum tare_status st = TARE_OK;
    *out = TARE_NEW_N(&r->arena, struct run_place, r->results.n_runs + 1u);
    if (!*out)
        return tare__no_memory(m->err);
    for (uint32_t i = 0; i < r->results.n_runs && !st; i++) {
        struct run_place *p = &(*out)[i];
        struct tare_task_view *tasks = NULL;
        uint32_t headline = 0;
        st = tare__find_run(&r->call, r->results.runs[i].id, &p->place.at, &p->place.batch,
                            &p->place.run, m->err);
        if (!st)
            st = tare_store_tasks(r->call.store, p->place.at.batch, &r->arena, &tasks, &n_tasks,
                                  m->err);
        for (uint32_t k = 0; k < p->place.batch.n_metrics && !st; k++)
            if (tare_str_eq(p->place.batch.metrics[k].name, r->results.metrics[0].name))
                headline = k;
        if (!st)
            st = tare_store_columns(r->call.store, p->place.run->id, &headline, 1, &r->arena,
                                    &p->columns, m->err);
        p->place.tasks = tasks;
        if (!st)
            p->columns.metrics += headline;
    }
    return st;
}

static struct tare_str attempt_path(struct making *m, const struct tare__place *p, const char *end)
{
    struct tare_buf id;
    tare_buf_init(&id, NULL, 64 * TARE_KIB);
    tare__put_escaped(&id, p->tasks[p->task].id);
    struct tare_str path =
        tare_arena_printf(&m->r->arena, "/runs/%s/attempts/%.*s/%u%s", p->run->name,
                          TARE_FMT(tare_buf_str(&id)), p->index + 1, end);
    tare_buf_free(&id);
    return path;
}

/* Places where a key was taken out: [secret:NAME]. */
static uint64_t count_redactions(struct tare_str text)
{
    static const struct tare_str mark = {"[secret:", 8};
    uint64_t n = 0;
    while (text.n > mark.n) {
        size_t at = tare_str_find(text, mark);
        if (at == SIZE_MAX)
            break;
        text = tare_str_n(text.p + at + mark.n, text.n - at - mark.n);
        n++;
    }
    return n;
}

/* One document straight from the store, without looking its run up again. */
static enum tare_status put_one(struct making *m, struct block *b, const struct tare__place *p,
                                bool steps)
{
    struct tare_api *api = m->r->api;
    struct tare__call c = m->r->call;
    struct tare_str path = attempt_path(m, p, steps ? "/steps" : "");
    if (!path.p)
        return tare__no_memory(m->err);
    tare_arena_reset(&api->work);
    tare_buf_reset(&api->out);
    c.arena = &api->work;
    tare_json_writer_init(&c.w, &api->out);
    enum tare_status st = steps ? tare__put_steps(&c, p, 0, UINT32_MAX - 1, m->err)
                                : tare__put_attempt(&c, p, m->err);
    if (!st)
        put_document(m, b, path, tare_buf_str(&api->out));
    b->steps_cut += c.steps_cut;
    b->redactions += count_redactions(tare_buf_str(&api->out));
    return st;
}

/* All solvers' attempts at one task: outlines into `outlines`, steps into a block of their own. */
static enum tare_status put_task(struct making *m, struct run_place *runs, uint32_t task,
                                 struct block *bodies)
{
    double first = 0;
    bool alike = true, any = false;
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < m->r->results.n_runs && !st; i++) {
        struct run_place *p = &runs[i];
        const struct tare_columns *c = &p->columns;
        while (p->next < c->n && c->task[p->next] < task)
            p->next++;
        for (; p->next < c->n && c->task[p->next] == task && !st; p->next++) {
            double x = c->metrics->value ? c->metrics->value[p->next] : 0;
            alike = alike && (!any || x == first);
            first = any ? first : x;
            any = true;
            p->place.task = task;
            p->place.index = c->index[p->next];
            st = put_one(m, bodies, &p->place, true);
            bodies->attempts++;
        }
    }
    bodies->alike = alike;
    return st;
}

static enum tare_status put_outlines(struct making *m, struct run_place *runs, uint64_t *attempts)
{
    struct block *b = NULL;
    enum tare_status st = TARE_OK;
    for (uint32_t task = 0; task < m->r->results.n_tasks && !st; task++)
        for (uint32_t i = 0; i < m->r->results.n_runs && !st; i++) {
            struct run_place *p = &runs[i];
            const struct tare_columns *c = &p->columns;
            for (; p->next < c->n && c->task[p->next] == task && !st; p->next++) {
                if (!b || b->json.n > BLOCK_BYTES)
                    b = new_block(m);
                if (!b)
                    return tare__no_memory(m->err);
                p->place.task = task;
                p->place.index = c->index[p->next];
                st = put_one(m, b, &p->place, false);
                (*attempts)++;
            }
        }
    return st;
}

static enum tare_status put_one_task(struct making *m, struct block *b,
                                     const struct tare__tasks *tasks, uint32_t t,
                                     const char digest[65])
{
    struct tare_api *api = m->r->api;
    struct tare__call c = m->r->call;
    struct tare_buf id;
    tare_buf_init(&id, NULL, 64 * TARE_KIB);
    tare__put_escaped(&id, m->r->results.tasks[t].id);
    struct tare_str path =
        tare_arena_printf(&m->r->arena, "/tasks/%.12s/%.*s", digest, TARE_FMT(tare_buf_str(&id)));
    tare_buf_free(&id);
    if (!path.p)
        return tare__no_memory(m->err);
    tare_arena_reset(&api->work);
    tare_buf_reset(&api->out);
    c.arena = &api->work;
    tare_json_writer_init(&c.w, &api->out);
    enum tare_status st = tare__put_task(&c, tasks, t, m->err);
    if (!st)
        put_document(m, b, path, tare_buf_str(&api->out));
    return st;
}

static enum tare_status put_tasks(struct making *m, const struct run_place *runs,
                                  const char digest[65])
{
    struct block *b = NULL;
    struct tare__tasks tasks;
    enum tare_status st =
        tare__tasks_read(&runs[0].place.batch, &m->r->results, &m->r->arena, &tasks, m->err);
    for (uint32_t t = 0; t < m->r->results.n_tasks && !st; t++) {
        if (!b || b->json.n > BLOCK_BYTES)
            b = new_block(m);
        st = b ? put_one_task(m, b, &tasks, t, digest) : tare__no_memory(m->err);
    }
    return st;
}

/* ---- compression ----------------------------------------------------------------------------- */

static void pack_one(void *ctx, unsigned worker, uint64_t i)
{
    struct making *m = ctx;
    struct block *b = &m->blocks[i];
    struct tare_buf zipped;
    (void)worker;
    if (b->left_out)
        return;
    tare_buf_putc(&b->json, '}');
    tare_buf_init(&zipped, NULL, TARE_GIB);
    if (b->json.failed || !tare__gzip(tare_buf_str(&b->json), GZIP_LEVEL, &zipped))
        b->packed.failed = true;
    else
        tare_base64_put(&b->packed, tare_buf_str(&zipped));
    tare_buf_free(&zipped);
    tare_buf_free(&b->json);
}

/* Leaves steps out until the rest fits: first where all solvers did alike, then the longest. */
static void fit(struct making *m, size_t room, struct tare_report_contents *contents)
{
    size_t total = 0;
    for (uint32_t i = 0; i < m->n; i++)
        total += m->blocks[i].packed.n + ELEMENT_BYTES;
    while (total > room) {
        struct block *worst = NULL;
        for (uint32_t i = 0; i < m->n; i++) {
            struct block *b = &m->blocks[i];
            if (b->attempts == 0 || b->left_out)
                continue;
            if (!worst || (b->alike && !worst->alike) ||
                (b->alike == worst->alike && b->packed.n > worst->packed.n))
                worst = b;
        }
        if (!worst)
            return;
        worst->left_out = true;
        total -= worst->packed.n + ELEMENT_BYTES;
        contents->bodies -= worst->attempts;
        contents->bodies_left_out += worst->attempts;
        contents->why_left_out = "the file would be larger than --max-size; first those where all "
                                 "solvers did alike, then the longest";
    }
}

static void count_inside(const struct making *m, struct tare_report_contents *contents)
{
    contents->steps_cut = contents->redactions = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        const struct block *b = &m->blocks[i];
        contents->steps_cut += b->left_out ? 0 : b->steps_cut;
        contents->redactions += b->left_out ? 0 : b->redactions;
    }
}

static void put_element(struct tare_buf *out, uint32_t n, struct tare_str base64)
{
    tare_buf_printf(out, "<script type=\"text/plain\" id=\"b%u\">", n);
    tare_buf_put(out, base64);
    tare_buf_puts(out, "</script>\n");
}

/* What was left out is not in the index. */
static void put_where(struct making *m, struct tare_json_writer *w)
{
    bool any = false;
    tare_json_put_raw(w, TARE_S("{"));
    for (uint32_t i = 0; i < m->n; i++) {
        const struct block *b = &m->blocks[i];
        if (b->left_out || b->where.n == 0)
            continue;
        if (any)
            tare_buf_putc(w->out, ',');
        any = true;
        tare_buf_put(w->out, tare_buf_str(&b->where));
        w->out->failed = w->out->failed || b->where.failed;
    }
    tare_buf_putc(w->out, '}');
}

/* Where the page opens: two runs are a question, more are a table. */
static struct tare_str start_of(struct making *m, const char digest[65])
{
    const struct tare_results *r = &m->r->results;
    if (r->n_runs == 2)
        return tare_arena_printf(&m->r->arena, "#/compare?a=%.*s&b=%.*s", TARE_FMT(r->runs[0].id),
                                 TARE_FMT(r->runs[1].id));
    return tare_arena_printf(&m->r->arena, "#/board/%.12s", digest);
}

static enum tare_status put_index(struct making *m, const struct tare_report_contents *c,
                                  const char digest[65], struct tare_buf *out)
{
    struct tare_buf json, zipped, text;
    struct tare_json_writer w;
    tare_buf_init(&json, NULL, TARE_GIB);
    tare_buf_init(&zipped, NULL, TARE_GIB);
    tare_buf_init(&text, NULL, TARE_GIB);
    tare_json_writer_init(&w, &json);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.report/1");
    tare_json_put_key(&w, "start");
    tare_json_put_str(&w, start_of(m, digest));
    tare_json_member_u64(&w, "n_blocks", m->n);
    tare_json_put_key(&w, "contents");
    tare_json_begin_object(&w);
    tare_json_member_u64(&w, "tasks", c->tasks);
    tare_json_member_u64(&w, "attempts", c->attempts);
    tare_json_member_u64(&w, "bodies", c->bodies);
    tare_json_member_u64(&w, "bodies_left_out", c->bodies_left_out);
    tare_json_member_cstr(&w, "why_left_out", c->why_left_out);
    tare_json_member_u64(&w, "steps_cut", c->steps_cut);
    tare_json_member_u64(&w, "redactions", c->redactions);
    tare_json_member_cstr(&w, "written", c->written[0] ? c->written : NULL);
    tare_json_end_object(&w);
    tare_json_put_key(&w, "docs");
    tare_json_put_raw(&w, tare_buf_str(&m->index));
    tare_buf_putc(w.out, '}');
    tare_json_put_key(&w, "blocks");
    put_where(m, &w);
    tare_json_end_object(&w);
    bool good = !json.failed && tare__gzip(tare_buf_str(&json), GZIP_LEVEL, &zipped);
    if (good) {
        tare_base64_put(&text, tare_buf_str(&zipped));
        put_element(out, 0, tare_buf_str(&text));
    }
    good = good && !text.failed;
    tare_buf_free(&json);
    tare_buf_free(&zipped);
    tare_buf_free(&text);
    return good ? TARE_OK : tare__no_memory(m->err);
}

static enum tare_status put_bodies(struct making *m, struct run_place *runs,
                                   struct tare_report_contents *contents)
{
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < m->r->results.n_runs; i++)
        runs[i].next = 0;
    for (uint32_t t = 0; t < m->r->results.n_tasks && !st; t++) {
        struct block *b = new_block(m);
        st = b ? put_task(m, runs, t, b) : tare__no_memory(m->err);
        if (!st)
            contents->bodies += b->attempts;
    }
    return st;
}

static enum tare_status gather(struct making *m, struct tare_report_contents *contents,
                               const char digest[65])
{
    struct run_place *runs = NULL;
    struct tare_str ids = run_list(m);
    enum tare_status st = ids.p ? put_overview(m, ids, digest) : tare__no_memory(m->err);
    if (!st)
        st = put_runs(m);
    if (!st)
        st = put_pairs(m);
    if (!st)
        st = find_runs(m, &runs);
    if (!st)
        st = put_tasks(m, runs, digest);
    if (!st)
        st = put_outlines(m, runs, &contents->attempts);
    if (!st)
        st = put_bodies(m, runs, contents);
    return st;
}

enum tare_status tare__report_blocks(struct tare__report *r, size_t room, struct tare_buf *out,
                                     struct tare_report_contents *contents, struct tare_err *err)
{
    struct making m = {.r = r, .err = err};
    char digest[65];
    tare_digest_hex(r->results.digest, digest);
    tare_buf_init(&m.index, NULL, TARE_GIB);
    tare_buf_putc(&m.index, '{');
    contents->tasks = r->results.n_tasks;
    enum tare_status st = gather(&m, contents, digest);
    if (!st)
        st = tare_parallel(tare_cpu_count(), m.n, pack_one, &m, NULL, err);
    count_inside(&m, contents);
    if (!st)
        st = put_index(&m, contents, digest, out);
    if (!st) { /* it only becomes shorter when something is left out */
        fit(&m, room > out->n ? room - out->n : 0, contents);
        count_inside(&m, contents);
        tare_buf_reset(out);
        st = put_index(&m, contents, digest, out);
    }
    for (uint32_t i = 0; i < m.n && !st; i++) {
        if (m.blocks[i].packed.failed)
            st = tare__no_memory(err);
        else if (!m.blocks[i].left_out)
            put_element(out, i + 1, tare_buf_str(&m.blocks[i].packed));
    }
    free_blocks(&m);
    return st;
}
