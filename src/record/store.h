/*
 * The store: one SQLite file (.tare/tare.db) with suites, tasks, solvers, batches, runs, work,
 * attempts, scores, outlines and packs of step bodies. Append-only while a run goes on,
 * transactional, readable while another process writes; versioned with forward migrations.
 *
 * Threads: one handle belongs to one thread at a time. Promises P1 to P7 of
 * docs/concepts/reliability.md.
 */
#ifndef TARE_RECORD_STORE_H
#define TARE_RECORD_STORE_H

#include "base/clock.h"
#include "base/err.h"
#include "record/nouns.h"
#include "record/task.h"

struct tare_store;

struct tare_store_options {
    size_t size;                    /* sizeof(struct tare_store_options) */
    bool read_only;                 /* must exist; never migrated */
    bool create;                    /* make folder and file when absent */
    int busy_ms;                    /* how long to wait for a lock; 0: 30,000 */
    const struct tare_alc *alc;     /* NULL: libc */
    const struct tare_clock *clock; /* NULL: system. Leases use mono, records use wall. */
    const char *vfs;                /* SQLite VFS name; NULL: default. For tests. */
    /* Called about ten times a second while waiting for a lock, with the milliseconds waited and
     * the process that holds it (0: unknown). false gives up: TARE_E_CANCELLED. May be NULL. */
    bool (*on_wait)(void *ctx, int64_t waited_ms, int64_t holder_pid);
    void *on_wait_ctx;
};

/*
 * TARE_E_IO (exit 3): it cannot be opened, is locked for longer than busy_ms (the message names
 * the process that holds it when that is known), lies on a network file system, or was written by
 * a newer tare (the message says which one is needed). TARE_E_INPUT (exit 4): damaged or not a
 * store; such a file is never changed. An older store is brought up to date in one transaction
 * after a copy of it was put beside it (read_only: refused with the remedy).
 * options NULL: all zero.
 *
 * After a failed write or flush the handle writes nothing more: each later writing call is
 * TARE_E_IO. Close it; what was committed before is there when it is opened again.
 */
enum tare_status tare_store_open(struct tare_str path, const struct tare_store_options *options,
                                 struct tare_store **out, struct tare_err *err);
/* NULL is allowed. */
void tare_store_close(struct tare_store *s);
/* As given to open. */
struct tare_str tare_store_path(const struct tare_store *s);

/*
 * A name for this process as an owner of leases: host's boot, process namespace, pid and its start
 * time, and a random part, so that leases of a process that died on this machine are free at once
 * (any other owner's are free when they expire). {NULL, 0} when out of memory.
 */
struct tare_str tare_store_owner(struct tare_arena *arena);

/* ---- planning a batch -------------------------------------------------------------------- */

struct tare_plan_solver {
    struct tare_str name;      /* as shown: "verify-first" */
    struct tare_str identity;  /* canonical JSON of the resolved configuration */
    struct tare_digest digest; /* SHA-256 of it */
    bool control;
};

struct tare_plan {
    struct tare_str suite_name, suite_version;
    struct tare_str suite_json; /* canonical manifest: enough to load and slice without files */
    struct tare_digest suite_digest;
    const struct tare_task *tasks; /* n_tasks; ids, tags, digests and lines are stored */
    uint32_t n_tasks;
    const struct tare_plan_solver *solvers;
    uint32_t n_solvers;
    const struct tare_metric *metrics;
    uint32_t n_metrics;
    uint32_t k; /* attempts a task */
    uint64_t seed;
    struct tare_str label;    /* may be empty */
    struct tare_str env_json; /* tare version, build, machine, arguments: for repeating */
    bool reuse; /* --resume: give back the newest batch of this identity when there is one */
    struct tare_digest identity; /* suite, solvers, k, seed, limits, label: same arguments */
    /* n_tasks task numbers, each once: attempts are leased in this order, a task of each run in
     * turn. NULL: in the suite's order, several tasks a slice. */
    const uint32_t *order;
};

struct tare_batch_info {
    int64_t id;
    char name[17]; /* public id: hex prefix of its identity and start */
    bool finished;
    uint64_t n_planned, n_done, n_failed, n_missing;
};

/* Stores the plan in one transaction; runs are numbered 0..n_solvers-1 in plan order. */
enum tare_status tare_store_plan(struct tare_store *s, const struct tare_plan *plan,
                                 struct tare_batch_info *out, struct tare_err *err);
/* The newest batch with this identity; *found false when there is none. */
enum tare_status tare_store_find_batch(struct tare_store *s, const struct tare_digest *identity,
                                       struct tare_batch_info *out, bool *found,
                                       struct tare_err *err);

/* Plans the batch's missing attempts again, in one transaction: their records are removed, and what
 * they counted (tokens, money) no longer counts. *n: how many there were. */
enum tare_status tare_store_retry_missing(struct tare_store *s, int64_t batch, uint64_t *n,
                                          struct tare_err *err);

/* ---- work -------------------------------------------------------------------------------- */

/* A slice of planned attempts of one run: tasks [task_from, task_to), all k attempts each, less
 * what is finished already (about 16 attempts a slice). fence grows with every lease of the same
 * slice; an attempt recorded under an older fence is refused. Time is the store host's monotonic
 * clock with the boot it belongs to, so wall clocks may jump. */
struct tare_lease {
    int64_t id;
    int64_t fence;
    uint32_t run; /* 0-based in the batch */
    uint32_t task_from, task_to;
    const uint8_t *finished; /* (task_to - task_from) * k flags, in the arena */
};

/* Takes up to `max` free or expired slices for `owner`; *n 0 when nothing is left to take (then
 * *others says whether another process still holds some). */
enum tare_status tare_store_lease(struct tare_store *s, int64_t batch, struct tare_str owner,
                                  int64_t duration_ms, uint32_t max, struct tare_arena *arena,
                                  struct tare_lease **out, uint32_t *n, bool *others,
                                  struct tare_err *err);
/* Keeps leases alive; releases those of a run that stops. */
enum tare_status tare_store_renew(struct tare_store *s, struct tare_str owner, int64_t duration_ms,
                                  struct tare_err *err);
enum tare_status tare_store_release(struct tare_store *s, struct tare_str owner,
                                    struct tare_err *err);

/*
 * Records finished attempts (of any runs of the batch; leases[i] is the slice of attempts[i]) in
 * one transaction, durable when it returns. accepted[i] is false where the attempt was already
 * there or the fence is old: such a one is dropped and must not be reported. Scores stand in
 * rising order of scores[j].metric, below the plan's n_metrics; a metric without a score is stored
 * as missing. An all-zero digest is computed here (record/digest.h).
 *
 * Disk full: the spare file (1 MiB, made beside the store by the first lease) is given back and
 * the commit tried once more, so that finished attempts are kept; from then on tare_store_lease
 * refuses with TARE_E_IO and says how much room is needed.
 */
enum tare_status tare_store_commit(struct tare_store *s, int64_t batch,
                                   const struct tare_lease *const *leases,
                                   const struct tare_attempt *const *attempts, uint32_t n,
                                   bool *accepted, struct tare_err *err);
/* Marks the batch finished when nothing is left. */
enum tare_status tare_store_finish(struct tare_store *s, int64_t batch, struct tare_batch_info *out,
                                   struct tare_err *err);

/* ---- the baseline ------------------------------------------------------------------------ */

/* Marks a run (its number) as the baseline of its suite, in place of the one that was; on false
 * takes the mark away where this run has it. TARE_E_STATE: no such run. */
enum tare_status tare_store_mark_baseline(struct tare_store *s, int64_t run, bool on,
                                          struct tare_err *err);

/* ---- reading ----------------------------------------------------------------------------- */

/* Declared in record/query.h: batches, runs, attempts by page, scores as columns, outlines,
 * steps. */

#endif
