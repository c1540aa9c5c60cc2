/*
 * Human labels as commands take them.
 */
#ifndef TARE_CLI_LABELS_H
#define TARE_CLI_LABELS_H

#include "cli/sides.h"

/* Reads a file of labels: `task`, `label`, perhaps `solver` and `attempt`; names of columns as
 * typed, or the usual ones. Errors as tare_import_read. */
enum tare_status tare_cli_labels(struct tare_ctx *ctx, struct tare_str path,
                                 const struct tare_file_opts *opts,
                                 const struct tare_import_table **out, struct tare_err *err);

/* Prints how a metric of a stored batch, a stored run or a file agrees with labels; an empty metric
 * is the headline. */
enum tare_status tare_cli_labels_show(struct tare_ctx *ctx, struct tare_str what,
                                      struct tare_str metric, struct tare_str labels,
                                      const struct tare_file_opts *opts, struct tare_err *err);

/* Cautions for stored sides that were judged by a model of their own family, or by judges that
 * differ; put before those c[i] has. The store is open. */
enum tare_status tare_cli_judged(const struct tare_cli_sides *l, struct tare_compare *c, uint32_t n,
                                 struct tare_err *err);

#endif
