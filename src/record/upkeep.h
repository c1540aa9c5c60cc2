/*
 * Upkeep of a store: what is in it, whether it is whole, making it small, getting everything out,
 * and a repaired copy. A store is never deleted and a damaged file never changed.
 */
#ifndef TARE_RECORD_UPKEEP_H
#define TARE_RECORD_UPKEEP_H

#include <stdio.h>

#include "record/query.h"

struct tare_store_info {
    uint32_t schema;            /* version of the tables */
    struct tare_str written_by; /* tare version that made or last upgraded it */
    uint64_t change;
    uint64_t file_bytes, wal_bytes, free_bytes; /* free: inside the file, for later use */
    uint64_t n_suites, n_tasks, n_solvers, n_batches, n_runs, n_attempts, n_packs, n_blobs;
    uint64_t pack_bytes, pack_raw_bytes; /* step bodies, compressed and not */
    uint64_t n_leased;                   /* slices somebody works on now */
};
enum tare_status tare_store_info(struct tare_store *s, struct tare_arena *arena,
                                 struct tare_store_info *out, struct tare_err *err);

/* Something a check noticed. */
struct tare_fault_found {
    const char *invariant; /* "I1" … "I6" of docs/concepts/reliability.md */
    struct tare_str where; /* "run r8c11…, task sc-0173, attempt 2" */
    struct tare_str what;
    bool warning; /* not damage: worth knowing */
};
struct tare_check_report {
    const struct tare_fault_found *v; /* at most 100 */
    uint32_t n;
    uint64_t n_all, n_warnings;      /* n_all counts faults beyond the 100, warnings not */
    uint64_t attempts, packs, blobs; /* looked at */
};
/* Checks invariants I1 to I6. deep: also decompresses every step body and recomputes every
 * digest. Faults are results, not errors: an error means that looking itself failed. */
enum tare_status tare_store_check(struct tare_store *s, bool deep, struct tare_arena *arena,
                                  struct tare_check_report *out, struct tare_err *err);

struct tare_repair_report {
    uint64_t batches, runs, attempts, packs; /* saved */
    uint64_t attempts_lost;                  /* known of, but unreadable or with a wrong digest */
    uint64_t rows_unreadable;                /* in other tables, at least */
};
/* Writes what can be read of `path` to a new store at new_path (must not exist), each attempt
 * verified by its digest; lost attempts are planned again, so that `tare run --resume` fills the
 * gaps. path is only read. */
enum tare_status tare_store_repair(struct tare_str path, struct tare_str new_path,
                                   const struct tare_store_options *options,
                                   struct tare_arena *arena, struct tare_repair_report *out,
                                   struct tare_err *err);

/* Rewrites the file without its free space. Needs about as much room again while it works. */
enum tare_status tare_store_vacuum(struct tare_store *s, struct tare_err *err);

/* Every batch, run and attempt that can be read as JSON lines ("tare.export/1"); steps: with step
 * bodies. Goes on after damage; *n_lost counts what could not be read. */
enum tare_status tare_store_export(struct tare_store *s, bool steps, FILE *out, uint64_t *n_lost,
                                   struct tare_err *err);

#endif
