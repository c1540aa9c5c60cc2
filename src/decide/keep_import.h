/*
 * Results of other tools' files as stored runs, so that what looks at runs looks at them too.
 */
#ifndef TARE_DECIDE_KEEP_IMPORT_H
#define TARE_DECIDE_KEEP_IMPORT_H

#include "decide/from_import.h"
#include "record/store.h"

struct tare_keep_options {
    size_t size;              /* sizeof(struct tare_keep_options) */
    const char *const *lower; /* metrics of which less is better, NULL-terminated; may be NULL */
    struct tare_str label;
    struct tare_str arguments; /* the command line, for the record; may be empty */
    int64_t lease_ms;          /* how long slices are held; 0: 60,000 */
};

/*
 * One batch: each run of the table a solver, its tasks in order of their ids, as many attempts a
 * task as the run with most has. Two files with the same suite name and task ids share a suite, so
 * their runs can be compared. An attempt that is not in the file is stored as missing and says so.
 * Texts (when the table kept them) become the bodies of steps: the input as the reset, the output
 * as the solver's one act.
 *
 * Fails: TARE_E_LIMIT (more than 20 million attempts), TARE_E_IO, TARE_E_NOMEM.
 */
enum tare_status tare_keep_import(struct tare_store *store, const struct tare_import_table *t,
                                  const struct tare_keep_options *options, struct tare_arena *arena,
                                  struct tare_batch_info *out, struct tare_err *err);

#endif
