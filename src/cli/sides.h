/*
 * The sides of a comparison as people name them: stored runs and files of other tools, mixed.
 */
#ifndef TARE_CLI_SIDES_H
#define TARE_CLI_SIDES_H

#include "cli/files.h"
#include "decide/compare.h"
#include "record/store.h"

#define TARE_CLI_CANDIDATES 32u
#define TARE_CLI_METRICS 32u

/* One side: results and the run in them; file.table NULL: from the store. */
struct tare_cli_side {
    struct tare_results results;
    uint32_t run;
    struct tare_file file;
    struct tare_str renamed; /* its headline's own name, when it stands for A's */
};

/* All sides, and what they are read with. ctx, opts, named_metric are the caller's. */
struct tare_cli_sides {
    struct tare_ctx *ctx;
    const struct tare_file_opts *opts;
    bool named_metric;        /* a metric was asked for by name */
    uint32_t n_metrics;       /* comparisons a candidate; 0: 1 */
    bool one_will_do;         /* one name is one side, not a batch or file of two */
    struct tare_store *store; /* opened when first needed; the caller closes it */
    struct tare_cli_side *sides;
    uint32_t n;
    struct tare_file *files; /* read so far */
    uint32_t n_files;
};

/*
 * Reads what `names` name, at most TARE_CLI_CANDIDATES + 1 of them, baseline first; one batch or
 * file of exactly two runs stands for both. Sides of one name are told apart by their address.
 * Stored values are read while comparing: close the store after that, also when this fails.
 */
enum tare_status tare_cli_sides_load(struct tare_cli_sides *l, const struct tare_strs *names,
                                     struct tare_err *err);

/* Fails (TARE_E_INPUT) where a file holds no score that is a number. */
enum tare_status tare_cli_sides_numbers(const struct tare_cli_sides *l, struct tare_err *err);

/* Fails (TARE_E_INPUT) where two sides have no task in common, or only one: c[i] compares side 0
 * with the i / n_metrics-th candidate. */
enum tare_status tare_cli_sides_overlap(const struct tare_cli_sides *l,
                                        const struct tare_compare *c, uint32_t n,
                                        struct tare_err *err);

/* Notes of the readers, "file: note", each file once; the same for all n comparisons. */
enum tare_status tare_cli_sides_notes(const struct tare_cli_sides *l, struct tare_compare *c,
                                      uint32_t n, struct tare_err *err);

/* What statistics cannot repair in the files compared, briefly. */
enum tare_status tare_cli_sides_cautions(const struct tare_cli_sides *l, struct tare_compare *c,
                                         uint32_t n, struct tare_err *err);

#endif
