/* One attempt: its outline at once, its step bodies by range. */
#include <math.h>
#include <stdio.h>

#include "text/utf8.h"
#include "view/api_int.h"

#include "base/banned.h"

/* /runs/R/attempts/TASK/N */
enum tare_status tare__find_place(struct tare__call *c, struct tare__place *p, struct tare_err *err)
{
    uint64_t n;
    struct tare_task_view *tasks = NULL;
    uint32_t n_tasks;
    if (!tare_str_to_u64(c->segments[4], &n) || n < 1 || n > UINT32_MAX)
        return tare_fail(err, TARE_E_USAGE, "attempts are numbered from 1, not \"%.60s\"",
                         c->segments[4].p);
    enum tare_status st = tare__find_run(c, c->segments[1], &p->at, &p->batch, &p->run, err);
    if (st)
        return st;
    c->http = 404;
    p->index = (uint32_t)n - 1;
    st = tare_store_find_task(c->store, p->at.batch, c->segments[3], c->arena, &p->task, err);
    if (!st)
        st = tare_store_tasks(c->store, p->at.batch, c->arena, &tasks, &n_tasks, err);
    p->tasks = tasks;
    return st;
}

static void put_tags(struct tare_json_writer *w, const struct tare_task_view *t)
{
    tare_json_put_key(w, "tags");
    tare_json_begin_object(w);
    for (uint32_t i = 0; i < t->n_tags; i++) {
        tare_json_put_key_str(w, t->tags[i].key);
        tare_json_put_str(w, t->tags[i].value);
    }
    tare_json_end_object(w);
}

/* The attempts of this task in this run, by their letters; '.' where there is none (yet). */
static enum tare_status put_siblings(struct tare__call *c, const struct tare__place *p,
                                     struct tare_err *err)
{
    struct tare_attempt a;
    struct tare_err none = {0};
    struct tare_buf letters;
    tare_buf_init(&letters, NULL, 4096);
    for (uint32_t i = 0; i < p->batch.k && i < 1000; i++) {
        enum tare_status st =
            tare_store_attempt(c->store, p->run->id, p->task, i, 0, c->arena, &a, &none);
        if (st && st != TARE_E_USAGE) {
            tare_buf_free(&letters);
            *err = none;
            return st;
        }
        tare_buf_puts(&letters, st ? "." : tare__status_letter(a.status));
    }
    tare_json_put_key(&c->w, "siblings");
    tare_json_put_str(&c->w, tare_buf_str(&letters));
    tare_buf_free(&letters);
    return TARE_OK;
}

enum tare_status tare__put_attempt(struct tare__call *c, const struct tare__place *p,
                                   struct tare_err *err)
{
    struct tare_attempt a;
    struct tare_json_writer *w = &c->w;
    const struct tare_task_view *task = &p->tasks[p->task];
    enum tare_status st =
        tare_store_attempt(c->store, p->run->id, p->task, p->index,
                           TARE_WITH_SCORES | TARE_WITH_OUTLINE, c->arena, &a, err);
    if (st)
        return st;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.attempt/1");
    tare_doc_attempt_members(w, &p->batch, p->run, task->id, &a);
    tare_json_member_cstr(w, "batch", p->batch.info.name);
    tare_json_member_str(w, "label", p->batch.label);
    char hex[65];
    tare_digest_hex(p->batch.suite_digest, hex);
    tare_json_member_cstr(w, "suite_digest", hex);
    tare_json_member_u64(w, "k", p->batch.k);
    put_tags(w, task);
    tare_json_member_u64(w, "tokens_in", a.tokens_in);
    tare_json_member_u64(w, "tokens_out", a.tokens_out);
    tare_json_member_f64(w, "cost_usd", a.cost_usd);
    tare_doc_metrics(w, p->batch.metrics, p->batch.n_metrics);
    st = put_siblings(c, p, err);
    tare_json_end_object(w);
    return st;
}

enum tare_status tare__get_attempt(struct tare__call *c, struct tare_err *err)
{
    struct tare__place p;
    enum tare_status st = tare__params_done(c, err);
    if (!st)
        st = tare__find_place(c, &p, err);
    return st ? st : tare__put_attempt(c, &p, err);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* At most n bytes, ending between two code points. */
static struct tare_str head(struct tare_str s, size_t n)
{
    if (s.n <= n)
        return s;
    while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80)
        n--;
    return tare_str_n(s.p, n);
}

/* i: number of the step; -1: what was there before the first. */
static void put_body(struct tare__call *c, int64_t i, struct tare_str line)
{
    struct tare_json_writer *w = &c->w;
    struct tare_json v;
    bool whole = line.n <= TARE__API_BODY_CUT;
    c->steps_cut += !whole;
    struct tare_arena_mark mark = tare_arena_mark(c->arena);
    bool json = whole && tare_json_parse(line, &tare_json_strict, c->arena, &v, NULL) == TARE_OK;
    tare_arena_rewind(c->arena, mark);
    tare_json_begin_object(w);
    tare_json_put_key(w, "i");
    tare_json_put_i64(w, i);
    tare_json_member_u64(w, "bytes", line.n);
    tare_json_member_bool(w, "cut", !whole);
    tare_doc_raw(w, "body", json ? line : (struct tare_str){NULL, 0});
    tare_json_put_key(w, "text");
    if (json)
        tare_json_put_null(w);
    else
        tare_json_put_str(w, head(line, TARE__API_BODY_CUT));
    tare_json_end_object(w);
}

enum tare_status tare__put_steps(struct tare__call *c, const struct tare__place *p, uint32_t from,
                                 uint32_t to, struct tare_err *err)
{
    struct tare_attempt a;
    struct tare_str *lines = NULL;
    uint32_t n = 0, first = from ? from + 1 : 0;
    struct tare_json_writer *w = &c->w;
    enum tare_status st =
        tare_store_attempt(c->store, p->run->id, p->task, p->index, 0, c->arena, &a, err);
    if (!st)
        st = tare_store_steps(c->store, p->run->id, p->task, p->index, first, to + 1, c->arena,
                              &lines, &n, err);
    if (st)
        return st;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.steps/1");
    tare_json_member_cstr(w, "run", p->run->name);
    tare_json_member_str(w, "task", p->tasks[p->task].id);
    tare_json_member_u64(w, "attempt", (uint64_t)p->index + 1);
    tare_json_member_u64(w, "n_steps", a.n_steps);
    tare_json_member_u64(w, "from", from);
    tare_json_member_u64(w, "to", to < a.n_steps ? to : a.n_steps);
    tare_json_put_key(w, "steps");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++)
        put_body(c, (int64_t)first + i - 1, lines[i]);
    tare_json_end_array(w);
    tare_json_end_object(w);
    return TARE_OK;
}

enum tare_status tare__get_steps(struct tare__call *c, struct tare_err *err)
{
    struct tare__place p;
    uint64_t from, to;
    enum tare_status st = tare__param_u64(c, "from", 0, 0, UINT32_MAX / 2, &from, err);
    if (!st)
        st = tare__param_u64(c, "to", from + 40, 0, UINT32_MAX - 1, &to, err);
    if (!st)
        st = tare__params_done(c, err);
    if (!st && (to < from || to - from > TARE__API_MAX_STEPS))
        st = tare_fail(err, TARE_E_USAGE, "to lies at most %u steps behind from",
                       TARE__API_MAX_STEPS);
    if (!st)
        st = tare__find_place(c, &p, err);
    return st ? st : tare__put_steps(c, &p, (uint32_t)from, (uint32_t)to, err);
}

enum tare_status tare__get_body(struct tare__call *c, struct tare_err *err)
{
    struct tare__place p;
    struct tare_str *lines;
    uint32_t n, line = 0;
    uint64_t step, offset, length;
    bool reset = tare_str_is(c->segments[6], "reset");
    enum tare_status st = tare__param_u64(c, "offset", 0, 0, SIZE_MAX, &offset, err);
    if (!st)
        st = tare__param_u64(c, "length", 1 << 20, 1, 16 << 20, &length, err);
    if (!st)
        st = tare__params_done(c, err);
    if (!st && !reset) {
        if (!tare_str_to_u64(c->segments[6], &step) || step > UINT32_MAX - 2)
            st = tare_fail(err, TARE_E_USAGE, "a step is a number from 0, or reset");
        else
            line = (uint32_t)step + 1;
    }
    if (!st)
        st = tare__find_place(c, &p, err);
    if (!st)
        st = tare_store_steps(c->store, p.run->id, p.task, p.index, line, line + 1, c->arena,
                              &lines, &n, err);
    if (!st && n == 0)
        st = tare_fail(err, TARE_E_USAGE, "the attempt has no such step");
    if (st)
        return st;
    uint64_t at = offset < lines[0].n ? offset : lines[0].n;
    uint64_t most = lines[0].n - at;
    tare_buf_put(&c->api->out, tare_str_n(lines[0].p + at, most < length ? most : length));
    c->type = "text/plain; charset=utf-8";
    return TARE_OK;
}
