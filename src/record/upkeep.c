#include "record/upkeep.h"

#include <stdio.h>
#include <sys/stat.h>

#include "record/query_int.h"

#include "base/banned.h"

static uint64_t file_bytes(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

enum tare_status tare_store_info(struct tare_store *s, struct tare_arena *arena,
                                 struct tare_store_info *out, struct tare_err *err)
{
    *out = (struct tare_store_info){.schema = TARE__SCHEMA};
    sqlite3_stmt *st =
        tare__sql(s,
                  "SELECT (SELECT value FROM meta WHERE name = 'written_by'), "
                  "(SELECT n FROM counter WHERE name = 'change'), (SELECT count(*) FROM suite), "
                  "(SELECT count(*) FROM task), (SELECT count(*) FROM solver), "
                  "(SELECT count(*) FROM batch), (SELECT count(*) FROM run), "
                  "(SELECT coalesce(sum(n_done + n_failed + n_missing), 0) FROM run), "
                  "(SELECT count(*) FROM pack), (SELECT count(*) FROM blob), "
                  "(SELECT coalesce(sum(length(body)), 0) FROM pack), "
                  "(SELECT coalesce(sum(raw_bytes), 0) FROM pack), "
                  "(SELECT count(*) FROM work WHERE state = 1), "
                  "(SELECT freelist_count * page_size FROM pragma_freelist_count, "
                  "pragma_page_size), (SELECT user_version FROM pragma_user_version)",
                  err);
    if (!st)
        return tare__no_sql(err);
    enum tare_status status = TARE_OK;
    if (tare__row(s, st, &status, err)) {
        uint64_t *counts[] = {&out->n_suites,       &out->n_tasks,  &out->n_solvers,
                              &out->n_batches,      &out->n_runs,   &out->n_attempts,
                              &out->n_packs,        &out->n_blobs,  &out->pack_bytes,
                              &out->pack_raw_bytes, &out->n_leased, &out->free_bytes};
        out->written_by = tare__col_str(s, st, 0, arena);
        out->change = (uint64_t)sqlite3_column_int64(st, 1);
        for (int i = 0; i < 12; i++)
            *counts[i] = (uint64_t)sqlite3_column_int64(st, 2 + i);
        out->schema = (uint32_t)sqlite3_column_int64(st, 14);
    }
    struct tare_str wal = tare_arena_printf(arena, "%.*s-wal", TARE_FMT(s->path));
    out->file_bytes = file_bytes(s->path.p);
    out->wal_bytes = wal.p ? file_bytes(wal.p) : 0;
    return tare__end(s, st, status, err);
}

enum tare_status tare_store_vacuum(struct tare_store *s, struct tare_err *err)
{
    enum tare_status status = tare__begin_write(s, err); /* refuses what must not be written */
    if (!status)
        status = tare__end_write(s, TARE_OK, err);
    if (!status)
        status = tare__exec(s, "VACUUM", err);
    /* The log now holds the whole file once more. */
    return status ? status : tare__exec(s, "PRAGMA wal_checkpoint(TRUNCATE)", err);
}
