#include <inttypes.h>
#include <stdio.h>

#include "record/query_int.h"
#include "text/json.h"

#include "base/banned.h"

struct tare_str tare_task_view_tag(const struct tare_task_view *task, struct tare_str key)
{
    for (uint32_t i = 0; i < task->n_tags; i++)
        if (tare_str_eq(task->tags[i].key, key))
            return task->tags[i].value;
    return tare_str_n(NULL, 0);
}

static enum tare_status read_tags(struct tare_store *s, struct tare_str text,
                                  struct tare_arena *arena, struct tare_task_view *t,
                                  struct tare_err *err)
{
    struct tare_json tags;
    struct tare_err why = {0};
    if (tare_json_parse(text, NULL, arena, &tags, &why) != TARE_OK)
        return why.code == TARE_E_NOMEM ? tare_fail(err, TARE_E_NOMEM, "%s", why.text)
                                        : tare__damaged(s, err, "tags of a task are not JSON");
    uint32_t n = tare_json_count(tags);
    struct tare_tag *v = TARE_NEW_N(arena, struct tare_tag, n + 1u);
    if (!v)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for tags");
    for (struct tare_json m = tare_json_first(tags); tare_json_present(m) && t->n_tags < n;
         m = tare_json_next(m))
        v[t->n_tags++] = (struct tare_tag){tare_json_key(m), tare_json_str(m)};
    t->tags = v;
    return TARE_OK;
}

/* Columns: idx, name, digest, tags. Task i stands at place i. */
static enum tare_status read_task(struct tare_store *s, sqlite3_stmt *st, struct tare_arena *arena,
                                  struct tare_task_view *v, uint32_t i, struct tare_err *err)
{
    bool ok = true;
    v[i] = (struct tare_task_view){.index = tare__col_u32(st, 0, &ok),
                                   .id = tare__col_str(s, st, 1, arena)};
    if (!ok || v[i].index != i || !tare__col_digest(st, 2, &v[i].digest))
        return tare__damaged(s, err, "the tasks of a suite are not complete");
    struct tare_str text = tare__col_str(s, st, 3, arena);
    /* Neighbours often have the same tags. */
    return text.n == 2 ? TARE_OK : read_tags(s, text, arena, &v[i], err);
}

static enum tare_status tasks_in_read(struct tare_store *s, int64_t batch, struct tare_arena *arena,
                                      struct tare_task_view **out, uint32_t *n,
                                      struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT count(*) FROM task WHERE suite = "
                                 "(SELECT suite FROM batch WHERE id = ?1)",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    enum tare_status status = TARE_OK;
    bool ok = true;
    uint32_t room = tare__row(s, st, &status, err) ? tare__col_u32(st, 0, &ok) : 0;
    status = tare__end(s, st, status == TARE_OK && !ok ? TARE_E_INPUT : status, err);
    struct tare_task_view *v = status ? NULL : TARE_NEW_N(arena, struct tare_task_view, room + 1u);
    if (status || !v)
        return status ? status : tare_fail(err, TARE_E_NOMEM, "not enough memory for tasks");
    st = tare__sql(s,
                   "SELECT idx, name, digest, tags FROM task WHERE suite = "
                   "(SELECT suite FROM batch WHERE id = ?1) ORDER BY idx",
                   err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    *n = 0;
    while (!status && *n < room && tare__row(s, st, &status, err)) {
        status = read_task(s, st, arena, v, *n, err);
        (*n)++;
    }
    *out = v;
    return tare__end(s, st, status, err);
}

enum tare_status tare_store_tasks(struct tare_store *s, int64_t batch, struct tare_arena *arena,
                                  struct tare_task_view **out, uint32_t *n, struct tare_err *err)
{
    enum tare_status status = tare__begin_read(s, err);
    return status ? status : tare__end_read(s, tasks_in_read(s, batch, arena, out, n, err), err);
}

enum tare_status tare_store_task_line(struct tare_store *s, int64_t batch, uint32_t task,
                                      struct tare_arena *arena, struct tare_str *out,
                                      struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT line FROM task WHERE suite = "
                                 "(SELECT suite FROM batch WHERE id = ?1) AND idx = ?2",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    (void)sqlite3_bind_int64(st, 2, task);
    enum tare_status status = TARE_OK;
    int64_t blob = 0;
    if (tare__row(s, st, &status, err))
        blob = sqlite3_column_int64(st, 0);
    else if (!status)
        status = tare_fail(err, TARE_E_USAGE, "the suite has no task number %" PRIu32, task);
    status = tare__end(s, st, status, err);
    return status ? status : tare__blob_get(s, blob, arena, out, err);
}

/* ---- by name ------------------------------------------------------------------------------- */

#define SHOWN 8

struct tare_str tare__names(struct tare_arena *arena, const struct tare_str *names, uint32_t n,
                            uint32_t most)
{
    struct tare_str all = TARE_S("");
    for (uint32_t i = 0; i < n && i < most; i++)
        all = tare_arena_printf(arena, "%.*s%s%.*s", TARE_FMT(all), i ? ", " : "",
                                TARE_FMT(names[i]));
    if (n > most)
        all = tare_arena_printf(arena, "%.*s and %" PRIu32 " more", TARE_FMT(all), n - most);
    return all;
}

static enum tare_status no_such_task(struct tare_err *err, struct tare_str id, bool many,
                                     const struct tare_str *near, uint32_t n,
                                     struct tare_arena *arena)
{
    (void)tare_fail(err, TARE_E_USAGE,
                    many ? "several tasks begin with \"%.*s\"" : "there is no task \"%.*s\"",
                    TARE_FMT(id));
    struct tare_str names = tare__names(arena, near, n, SHOWN);
    tare_err_hint(err, "%s: %.*s", many ? "which one" : "tasks here", TARE_FMT(names));
    return TARE_E_USAGE;
}

/* Ids that begin so, or (none) the first ones there are. */
static enum tare_status near_ids(struct tare_store *s, int64_t batch, struct tare_str prefix,
                                 struct tare_arena *arena, struct tare_str *names, uint32_t *tasks,
                                 uint32_t *n, struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(s,
                                 "SELECT idx, name FROM task WHERE suite = "
                                 "(SELECT suite FROM batch WHERE id = ?1) "
                                 "AND substr(name, 1, length(?2)) = ?2 ORDER BY name = ?2 DESC, "
                                 "idx LIMIT ?3",
                                 err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, batch);
    tare__bind_str(st, 2, prefix);
    (void)sqlite3_bind_int(st, 3, SHOWN + 1);
    enum tare_status status = TARE_OK;
    bool ok = true;
    *n = 0;
    while (*n < SHOWN + 1 && tare__row(s, st, &status, err)) {
        tasks[*n] = tare__col_u32(st, 0, &ok);
        names[(*n)++] = tare__col_str(s, st, 1, arena);
    }
    return tare__end(s, st, status, err);
}

enum tare_status tare_store_find_task(struct tare_store *s, int64_t batch, struct tare_str id,
                                      struct tare_arena *arena, uint32_t *task,
                                      struct tare_err *err)
{
    struct tare_str names[SHOWN + 1];
    uint32_t tasks[SHOWN + 1], n = 0;
    enum tare_status status = near_ids(s, batch, id, arena, names, tasks, &n, err);
    if (status)
        return status;
    if (n == 1 || (n && tare_str_eq(names[0], id))) {
        *task = tasks[0];
        return TARE_OK;
    }
    bool many = n > 1 && id.n;
    if (n == 0)
        status = near_ids(s, batch, TARE_S(""), arena, names, tasks, &n, err);
    return status ? status : no_such_task(err, id, many, names, n, arena);
}
