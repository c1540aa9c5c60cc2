#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/limits.h"
#include "record/digest.h"
#include "record/store_int.h"
#include "text/json.h"

#include "base/banned.h"

/* One commit: what is looked up once. */
struct group {
    struct tare_store *s;
    int64_t batch, first_run, next_pack;
    uint32_t n_metrics, k;
    const struct tare_lease *checked; /* the lease looked at last */
    bool valid;                       /* and whether its fence is still the newest */
    struct tare_buf text;             /* detail and outline; scores */
};

static enum tare_status look_up(struct group *g, struct tare_err *err)
{
    struct tare_store *s = g->s;
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT b.k, (SELECT min(id) FROM run WHERE batch = ?1), "
                                 "(SELECT count(*) FROM metric WHERE batch = ?1) "
                                 "FROM batch b WHERE b.id = ?1",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, g->batch);
    enum tare_status status = TARE_OK;
    bool ok = true;
    if (tare__row(s, st, &status, err)) {
        g->k = tare__col_u32(st, 0, &ok);
        g->first_run = sqlite3_column_int64(st, 1);
        g->n_metrics = tare__col_u32(st, 2, &ok);
        if (!ok)
            status = tare__damaged(s, err, "a batch has impossible numbers");
    } else if (!status) {
        status = tare_fail(err, TARE_E_STATE, "there is no batch %" PRId64, g->batch);
    }
    return tare__end(s, st, status, err);
}

/* ---- may it be recorded? ------------------------------------------------------------------- */

static enum tare_status check_lease(struct group *g, const struct tare_lease *lease,
                                    struct tare_err *err)
{
    if (lease == g->checked)
        return TARE_OK;
    struct tare_store *s = g->s;
    sqlite3_stmt *st = tare__sql(
        s, "SELECT 1 FROM work WHERE id = ?1 AND batch = ?2 AND run = ?3 AND fence = ?4", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, lease->id);
    (void)sqlite3_bind_int64(st, 2, g->batch);
    (void)sqlite3_bind_int64(st, 3, g->first_run + lease->run);
    (void)sqlite3_bind_int64(st, 4, lease->fence);
    enum tare_status status = TARE_OK;
    g->valid = tare__row(s, st, &status, err);
    g->checked = lease;
    return tare__end(s, st, status == TARE_OK || g->valid ? TARE_OK : status, err);
}

static enum tare_status is_there(struct group *g, int64_t run, const struct tare_attempt *a,
                                 bool *there, struct tare_err *err)
{
    sqlite3_stmt *st =
        tare__sql(g->s, "SELECT 1 FROM attempt WHERE run = ?1 AND task = ?2 AND idx = ?3", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    (void)sqlite3_bind_int64(st, 2, a->task);
    (void)sqlite3_bind_int64(st, 3, a->index);
    enum tare_status status = TARE_OK;
    *there = tare__row(g->s, st, &status, err);
    return tare__end(g->s, st, *there ? TARE_OK : status, err);
}

/* What only a bug of the caller could get wrong. */
static enum tare_status check_attempt(const struct group *g, const struct tare_lease *lease,
                                      const struct tare_attempt *a, struct tare_err *err)
{
    bool final = a->status == TARE_ATTEMPT_DONE || a->status == TARE_ATTEMPT_FAILED ||
                 a->status == TARE_ATTEMPT_MISSING;
    if (!final || a->task < lease->task_from || a->task >= lease->task_to || a->index >= g->k)
        return tare_fail(err, TARE_E_STATE,
                         "attempt %" PRIu32 " of task %" PRIu32 " does not belong to its lease",
                         a->index, a->task);
    if (a->status == TARE_ATTEMPT_MISSING && a->cause == TARE_CAUSE_NONE)
        return tare_fail(err, TARE_E_STATE, "a missing attempt has no cause");
    if (isnan(a->cost_usd))
        return tare_fail(err, TARE_E_STATE, "the cost of an attempt is not a number");
    for (uint32_t i = 0; i < a->n_scores; i++)
        if (a->scores[i].metric >= g->n_metrics ||
            (i && a->scores[i].metric <= a->scores[i - 1].metric))
            return tare_fail(err, TARE_E_STATE, "the scores of an attempt are not in order");
    return TARE_OK;
}

/* ---- writing one attempt ------------------------------------------------------------------- */

static enum tare_status put_outline(struct group *g, const struct tare_attempt *a, int64_t *id,
                                    struct tare_err *err)
{
    struct tare_store *s = g->s;
    struct tare_str body;
    bool zipped;
    tare_buf_reset(&g->text);
    tare_buf_put(&g->text, a->detail);
    tare_buf_put(&g->text, a->outline);
    if (g->text.failed)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to store an outline");
    enum tare_status status = tare__zip(s, tare_buf_str(&g->text), &body, &zipped, err);
    if (status)
        return status;
    sqlite3_stmt *st = tare__sql(s,
                                 "INSERT INTO outline(detail_bytes, outline_bytes, zipped, body) "
                                 "VALUES(?1, ?2, ?3, ?4)",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, (sqlite3_int64)a->detail.n);
    (void)sqlite3_bind_int64(st, 2, (sqlite3_int64)a->outline.n);
    (void)sqlite3_bind_int(st, 3, zipped);
    tare__bind_blob(st, 4, body.p, body.n);
    status = tare__run(s, st, err);
    *id = sqlite3_last_insert_rowid(s->db);
    return status;
}

static enum tare_status put_attempt(struct group *g, int64_t run, int64_t fence,
                                    const struct tare_attempt *a, int64_t outline,
                                    const struct tare__place *place, struct tare_err *err)
{
    sqlite3_stmt *st =
        tare__sql(g->s,
                  "INSERT INTO attempt(run, task, idx, status, cause, cause_text, n_steps, seed, "
                  "wall_start_ns, dur_ns, tokens_in, tokens_out, cost_usd, digest, fence, outline, "
                  "pack, pack_at, steps_bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                  "?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
                  err);
    if (!st)
        return tare__no_sql(err);
    struct tare_digest digest = a->digest;
    if (tare_digest_is_zero(&digest))
        digest = tare_attempt_digest(a);
    (void)sqlite3_bind_int64(st, 1, run);
    (void)sqlite3_bind_int64(st, 2, a->task);
    (void)sqlite3_bind_int64(st, 3, a->index);
    (void)sqlite3_bind_int(st, 4, (int)a->status);
    (void)sqlite3_bind_int(st, 5, (int)a->cause);
    tare__bind_str(st, 6, a->cause_text);
    (void)sqlite3_bind_int64(st, 7, a->n_steps);
    tare__bind_u64(st, 8, a->seed);
    (void)sqlite3_bind_int64(st, 9, a->wall_start_ns);
    (void)sqlite3_bind_int64(st, 10, a->dur_ns);
    tare__bind_u64(st, 11, a->tokens_in);
    tare__bind_u64(st, 12, a->tokens_out);
    (void)sqlite3_bind_double(st, 13, a->cost_usd);
    tare__bind_blob(st, 14, digest.b, sizeof digest.b);
    (void)sqlite3_bind_int64(st, 15, fence);
    (void)sqlite3_bind_int64(st, 16, outline);
    (void)sqlite3_bind_int64(st, 17, place->first);
    (void)sqlite3_bind_int64(st, 18, place->at);
    (void)sqlite3_bind_int64(st, 19, (sqlite3_int64)place->n);
    return tare__run(g->s, st, err);
}

/* Reasons are rare: an object from metric number to text, or nothing. */
static void reasons_json(const struct tare_attempt *a, struct tare_buf *out)
{
    struct tare_json_writer w;
    bool any = false;
    tare_json_writer_init(&w, out);
    for (uint32_t i = 0; i < a->n_scores; i++) {
        if (a->scores[i].reason.n == 0)
            continue;
        if (!any)
            tare_json_begin_object(&w);
        any = true;
        char key[16];
        (void)snprintf(key, sizeof key, "%" PRIu32, a->scores[i].metric);
        tare_json_put_key(&w, key);
        tare_json_put_str(&w, a->scores[i].reason);
    }
    if (any)
        tare_json_end_object(&w);
}

static enum tare_status put_scores(struct group *g, int64_t run, const struct tare_attempt *a,
                                   struct tare_err *err)
{
    tare_buf_reset(&g->text);
    tare__scores_put(&g->text, a->scores, a->n_scores, g->n_metrics);
    size_t v = g->text.n;
    reasons_json(a, &g->text);
    if (g->text.failed)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to store scores");
    sqlite3_stmt *st = tare__sql(
        g->s, "INSERT INTO score(run, task, idx, v, why) VALUES(?1, ?2, ?3, ?4, ?5)", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    (void)sqlite3_bind_int64(st, 2, a->task);
    (void)sqlite3_bind_int64(st, 3, a->index);
    tare__bind_blob(st, 4, g->text.p, v);
    tare__bind_str(st, 5, tare_str_n(g->text.p + v, g->text.n - v));
    return tare__run(g->s, st, err);
}

static enum tare_status count_attempt(struct group *g, int64_t run, const struct tare_attempt *a,
                                      struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(g->s,
                                 "UPDATE run SET n_done = n_done + ?2, n_failed = n_failed + ?3, "
                                 "n_missing = n_missing + ?4, tokens_in = tokens_in + ?5, "
                                 "tokens_out = tokens_out + ?6, cost_usd = cost_usd + ?7 "
                                 "WHERE id = ?1",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    (void)sqlite3_bind_int(st, 2, a->status == TARE_ATTEMPT_DONE);
    (void)sqlite3_bind_int(st, 3, a->status == TARE_ATTEMPT_FAILED);
    (void)sqlite3_bind_int(st, 4, a->status == TARE_ATTEMPT_MISSING);
    tare__bind_u64(st, 5, a->tokens_in);
    tare__bind_u64(st, 6, a->tokens_out);
    (void)sqlite3_bind_double(st, 7, a->cost_usd);
    return tare__run(g->s, st, err);
}

static enum tare_status put_one(struct group *g, const struct tare_lease *lease,
                                const struct tare_attempt *a, bool *accepted, struct tare_err *err)
{
    int64_t run = g->first_run + lease->run, outline = 0;
    struct tare__place place;
    bool there = false;
    enum tare_status st = check_attempt(g, lease, a, err);
    if (!st)
        st = check_lease(g, lease, err);
    if (!st)
        st = is_there(g, run, a, &there, err);
    *accepted = !st && g->valid && !there;
    if (!*accepted)
        return st;
    st = tare__pack_put(g->s, g->batch, &g->next_pack, a->steps, &place, err);
    if (!st)
        st = put_outline(g, a, &outline, err);
    if (!st)
        st = put_attempt(g, run, lease->fence, a, outline, &place, err);
    if (!st)
        st = put_scores(g, run, a, err);
    return st ? st : count_attempt(g, run, a, err);
}

/* A slice that is whole now needs no lease any more. */
static enum tare_status close_slice(struct group *g, const struct tare_lease *lease,
                                    struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(g->s,
                                 "UPDATE work SET state = 2, owner = '', boot = '', "
                                 "lease_until_ns = 0 WHERE id = ?1 AND fence = ?2 AND state < 2 "
                                 "AND (SELECT count(*) FROM attempt a WHERE a.run = work.run AND "
                                 "a.task >= work.task_from AND a.task < work.task_to) "
                                 ">= (task_to - task_from) * ?3",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, lease->id);
    (void)sqlite3_bind_int64(st, 2, lease->fence);
    (void)sqlite3_bind_int64(st, 3, g->k);
    return tare__run(g->s, st, err);
}

static enum tare_status put_all(struct group *g, const struct tare_lease *const *leases,
                                const struct tare_attempt *const *attempts, uint32_t n,
                                bool *accepted, struct tare_err *err)
{
    enum tare_status st = look_up(g, err);
    if (!st)
        st = tare__pack_begin(g->s, &g->next_pack, err);
    for (uint32_t i = 0; i < n && !st; i++)
        st = put_one(g, leases[i], attempts[i], &accepted[i], err);
    if (!st)
        st = tare__pack_end(g->s, g->batch, &g->next_pack, err);
    for (uint32_t i = 0; i < n && !st; i++)
        if (i + 1 == n || leases[i] != leases[i + 1])
            st = close_slice(g, leases[i], err);
    if (!st && tare_fault_point("store.commit"))
        st = tare_fail(err, TARE_E_IO, "the commit failed");
    return st;
}

static enum tare_status try_commit(struct tare_store *s, int64_t batch,
                                   const struct tare_lease *const *leases,
                                   const struct tare_attempt *const *attempts, uint32_t n,
                                   bool *accepted, struct tare_err *err)
{
    enum tare_status st = tare__begin_write(s, err);
    if (st)
        return st;
    struct group g = {.s = s, .batch = batch};
    tare_buf_init(&g.text, s->alc, TARE_MAX_BLOB_BYTES);
    st = put_all(&g, leases, attempts, n, accepted, err);
    tare_buf_free(&g.text);
    return tare__end_write(s, st, err);
}

enum tare_status tare_store_commit(struct tare_store *s, int64_t batch,
                                   const struct tare_lease *const *leases,
                                   const struct tare_attempt *const *attempts, uint32_t n,
                                   bool *accepted, struct tare_err *err)
{
    memset(accepted, 0, n * sizeof *accepted);
    if (n == 0)
        return TARE_OK;
    enum tare_status st = try_commit(s, batch, leases, attempts, n, accepted, err);
    if (st && s->no_room && s->has_spare && !s->broken) {
        (void)unlink(s->spare.p);
        s->has_spare = false;
        s->full = true;
        if (err)
            *err = (struct tare_err){0};
        st = try_commit(s, batch, leases, attempts, n, accepted, err);
    }
    if (st)
        memset(accepted, 0, n * sizeof *accepted);
    else
        (void)tare_fault_point("store.committed");
    return st;
}
