/*
 * Leases. A slice is free, leased or done. It may be taken when it is free, or when its lease is
 * over: expired by the clock of this boot, of another boot, or of a process that has died here.
 * Each taking raises the slice's fence.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fault.h"
#include "record/store_int.h"

#include "base/banned.h"

struct row {
    int64_t id, run, fence;
    uint32_t from, to;
};

struct taking {
    struct tare_store *s;
    struct tare_arena *arena;
    int64_t batch, first_run, now_ns;
    uint32_t k;
    struct tare_str owner, asked; /* asked: the owner whose life was looked at last */
    bool asked_dead;
};

/* ---- the spare file ------------------------------------------------------------------------ */

/* Room that is given back when the disk is full, so that finished attempts can still be written.
 * A store without one works just the same. */
static void take_spare(struct tare_store *s)
{
    if (s->has_spare || s->full)
        return;
    s->has_spare = tare_os_take_room(s->spare.p, TARE__SPARE_BYTES) == 0;
}

/* ---- taking -------------------------------------------------------------------------------- */

static enum tare_status look_up(struct taking *t, struct tare_err *err)
{
    struct tare_store *s = t->s;
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT b.k, min(r.id) FROM batch b JOIN run r ON r.batch = b.id "
                                 "WHERE b.id = ?1 GROUP BY b.id",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, t->batch);
    enum tare_status status = TARE_OK;
    bool ok = true;
    if (tare__row(s, st, &status, err)) {
        t->k = tare__col_u32(st, 0, &ok);
        t->first_run = sqlite3_column_int64(st, 1);
        if (!ok || t->k == 0)
            status = tare__damaged(s, err, "a batch has an impossible number of attempts");
    } else if (!status) {
        status = tare_fail(err, TARE_E_STATE, "there is no such batch");
    }
    return tare__end(s, st, status, err);
}

/* Columns: id, run, fence, task_from, task_to, owner, boot, lease_until_ns. */
static bool is_over(struct taking *t, sqlite3_stmt *st, struct tare_err *err)
{
    (void)err;
    struct tare_str owner = tare__col_peek(st, 5), boot = tare__col_peek(st, 6);
    if (!tare__lease_runs(t->s, boot, sqlite3_column_int64(st, 7), t->now_ns))
        return true;
    if (tare_str_eq(owner, t->owner))
        return false;
    if (t->asked.p && tare_str_eq(owner, t->asked))
        return t->asked_dead;
    t->asked = tare__col_str(t->s, st, 5, t->arena);
    t->asked_dead = tare__owner_dead(t->s->boot, owner);
    return t->asked_dead;
}

/* Up to max slices that may be taken, free ones first. */
static enum tare_status candidates(struct taking *t, uint32_t max, struct row *rows, uint32_t *n,
                                   bool *others, struct tare_err *err)
{
    struct tare_store *s = t->s;
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT id, run, fence, task_from, task_to, owner, boot, "
                                 "lease_until_ns, state FROM work "
                                 "WHERE batch = ?1 AND state < 2 ORDER BY state, id",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, t->batch);
    enum tare_status status = TARE_OK;
    bool ok = true;
    *n = 0;
    while (*n < max && tare__row(s, st, &status, err)) {
        if (sqlite3_column_int(st, 8) == 1 && !is_over(t, st, err)) {
            *others = *others || !tare_str_eq(tare__col_peek(st, 5), t->owner);
            continue;
        }
        rows[(*n)++] = (struct row){.id = sqlite3_column_int64(st, 0),
                                    .run = sqlite3_column_int64(st, 1),
                                    .fence = sqlite3_column_int64(st, 2),
                                    .from = tare__col_u32(st, 3, &ok),
                                    .to = tare__col_u32(st, 4, &ok)};
        if (!ok || rows[*n - 1].to <= rows[*n - 1].from) {
            status = tare__damaged(s, err, "a slice of work has an impossible range");
            break;
        }
    }
    return tare__end(s, st, status, err);
}

/* Flags of what is finished in a slice; *n_done counts them. */
static enum tare_status finished(struct taking *t, const struct row *r, const uint8_t **flags,
                                 uint64_t *n_done, struct tare_err *err)
{
    struct tare_store *s = t->s;
    size_t n = (size_t)(r->to - r->from) * t->k;
    uint8_t *f = tare_arena_alloc(t->arena, n);
    if (!f)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to take work");
    memset(f, 0, n);
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT task, idx FROM attempt "
                                 "WHERE run = ?1 AND task >= ?2 AND task < ?3",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, r->run);
    (void)sqlite3_bind_int64(st, 2, r->from);
    (void)sqlite3_bind_int64(st, 3, r->to);
    enum tare_status status = TARE_OK;
    *n_done = 0;
    while (tare__row(s, st, &status, err)) {
        int64_t task = sqlite3_column_int64(st, 0), index = sqlite3_column_int64(st, 1);
        if (index < 0 || index >= t->k)
            continue;
        size_t at = (size_t)(task - r->from) * t->k + (size_t)index;
        *n_done += f[at] == 0;
        f[at] = 1;
    }
    *flags = f;
    return tare__end(s, st, status, err);
}

static enum tare_status mark(struct taking *t, int64_t id, int state, int64_t fence,
                             int64_t until_ns, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(t->s,
                                 "UPDATE work SET state = ?2, fence = ?3, owner = ?4, boot = ?5, "
                                 "lease_until_ns = ?6 WHERE id = ?1",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, id);
    (void)sqlite3_bind_int(st, 2, state);
    (void)sqlite3_bind_int64(st, 3, fence);
    tare__bind_str(st, 4, state == 1 ? t->owner : TARE_S(""));
    tare__bind_str(st, 5, state == 1 ? tare_str_of(t->s->boot) : TARE_S(""));
    (void)sqlite3_bind_int64(st, 6, until_ns);
    return tare__run(t->s, st, err);
}

/* Takes one slice; *taken false where it turns out to be finished already. */
static enum tare_status take(struct taking *t, const struct row *r, int64_t until_ns,
                             struct tare_lease *out, bool *taken, struct tare_err *err)
{
    const uint8_t *flags = NULL;
    uint64_t n_done = 0;
    enum tare_status status = finished(t, r, &flags, &n_done, err);
    if (status)
        return status;
    *taken = n_done < (uint64_t)(r->to - r->from) * t->k;
    if (!*taken)
        return mark(t, r->id, 2, r->fence, 0, err);
    *out = (struct tare_lease){.id = r->id,
                               .fence = r->fence + 1,
                               .run = (uint32_t)(r->run - t->first_run),
                               .task_from = r->from,
                               .task_to = r->to,
                               .finished = flags};
    return mark(t, r->id, 1, r->fence + 1, until_ns, err);
}

static enum tare_status take_all(struct taking *t, int64_t until_ns, uint32_t max,
                                 struct tare_lease *leases, struct row *rows, uint32_t *n,
                                 bool *others, struct tare_err *err)
{
    uint32_t found = 1;
    enum tare_status status = look_up(t, err);
    while (!status && *n < max && found) {
        status = candidates(t, max - *n, rows, &found, others, err);
        for (uint32_t i = 0; i < found && !status; i++) {
            bool taken = false;
            status = take(t, &rows[i], until_ns, &leases[*n], &taken, err);
            *n += taken;
        }
    }
    if (!status && tare_fault_point("store.lease"))
        status = tare_fail(err, TARE_E_IO, "the lease could not be stored");
    return status;
}

static int64_t after(int64_t now_ns, int64_t duration_ms)
{
    int64_t most = (INT64_MAX - now_ns) / 1000000;
    return now_ns + (duration_ms < most ? duration_ms : most) * 1000000;
}

enum tare_status tare_store_lease(struct tare_store *s, int64_t batch, struct tare_str owner,
                                  int64_t duration_ms, uint32_t max, struct tare_arena *arena,
                                  struct tare_lease **out, uint32_t *n, bool *others,
                                  struct tare_err *err)
{
    *n = 0;
    *others = false;
    *out = TARE_NEW_N(arena, struct tare_lease, max);
    struct row *rows = TARE_NEW_N(arena, struct row, max);
    if (!*out || !rows)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to take work");
    if (s->full) {
        tare_err_file(err, s->path);
        (void)tare_fail(err, TARE_E_IO, "the disk is full; what is finished has been stored");
        tare_err_hint(err, "free at least 16 MiB there, then run the same command with --resume");
        return TARE_E_IO;
    }
    take_spare(s);
    enum tare_status status = tare__begin_write(s, err);
    if (status)
        return status;
    struct taking t = {.s = s,
                       .arena = arena,
                       .batch = batch,
                       .now_ns = s->clock->mono_ns(s->clock->ctx),
                       .owner = owner};
    status = take_all(&t, after(t.now_ns, duration_ms), max, *out, rows, n, others, err);
    status = tare__end_write(s, status, err);
    if (status)
        *n = 0;
    return status;
}

enum tare_status tare_store_renew(struct tare_store *s, struct tare_str owner, int64_t duration_ms,
                                  struct tare_err *err)
{
    enum tare_status status = tare__begin_write(s, err);
    if (status)
        return status;
    sqlite3_stmt *st = tare__sql(s,
                                 "UPDATE work SET lease_until_ns = ?2 "
                                 "WHERE state = 1 AND owner = ?1 AND boot = ?3",
                                 err);
    if (st) {
        tare__bind_str(st, 1, owner);
        (void)sqlite3_bind_int64(st, 2, after(s->clock->mono_ns(s->clock->ctx), duration_ms));
        tare__bind_str(st, 3, tare_str_of(s->boot));
    }
    return tare__end_write(s, st ? tare__run(s, st, err) : tare__no_sql(err), err);
}

enum tare_status tare_store_release(struct tare_store *s, struct tare_str owner,
                                    struct tare_err *err)
{
    enum tare_status status = tare__begin_write(s, err);
    if (status)
        return status;
    sqlite3_stmt *st = tare__sql(s,
                                 "UPDATE work SET state = 0, owner = '', boot = '', "
                                 "lease_until_ns = 0 WHERE state = 1 AND owner = ?1",
                                 err);
    if (st)
        tare__bind_str(st, 1, owner);
    return tare__end_write(s, st ? tare__run(s, st, err) : tare__no_sql(err), err);
}
