/*
 * The baseline of a suite: the run that others are compared with. One row of `meta` a suite,
 * "baseline.SUITE" with the run's public name, so that no table had to change.
 */
#include <inttypes.h>

#include "record/store_int.h"

#include "base/banned.h"

/* The suite that was weighed by a run. */
static enum tare_status suite_of(struct tare_store *s, int64_t run, int64_t *suite,
                                 struct tare_err *err)
{
    sqlite3_stmt *st = tare__sql(
        s, "SELECT b.suite FROM run r JOIN batch b ON b.id = r.batch WHERE r.id = ?1", err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, run);
    enum tare_status status = TARE_OK;
    if (tare__row(s, st, &status, err))
        *suite = sqlite3_column_int64(st, 0);
    else if (!status)
        status = tare_fail(err, TARE_E_STATE, "there is no run number %" PRId64, run);
    return tare__end(s, st, status, err);
}

static enum tare_status write_mark(struct tare_store *s, int64_t suite, int64_t run, bool on,
                                   struct tare_err *err)
{
    static const char set[] =
        "INSERT INTO meta(name, value) SELECT 'baseline.' || ?1, name FROM run WHERE id = ?2 "
        "ON CONFLICT(name) DO UPDATE SET value = excluded.value";
    static const char unset[] = "DELETE FROM meta WHERE name = 'baseline.' || ?1 AND value = "
                                "(SELECT name FROM run WHERE id = ?2)";
    sqlite3_stmt *st = tare__sql(s, on ? set : unset, err);
    if (!st)
        return tare__no_sql(err);
    (void)sqlite3_bind_int64(st, 1, suite);
    (void)sqlite3_bind_int64(st, 2, run);
    return tare__run(s, st, err);
}

enum tare_status tare_store_mark_baseline(struct tare_store *s, int64_t run, bool on,
                                          struct tare_err *err)
{
    int64_t suite = 0;
    enum tare_status status = tare__begin_write(s, err);
    if (status)
        return status;
    status = suite_of(s, run, &suite, err);
    if (!status)
        status = write_mark(s, suite, run, on, err);
    return tare__end_write(s, status, err);
}
