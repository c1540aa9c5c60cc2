/*
 * What `tare view` and `tare report` look at, as addresses in one store: stored runs as they are;
 * files of other tools in a private store that is gone afterwards.
 */
#ifndef TARE_CLI_BORROWED_H
#define TARE_CLI_BORROWED_H

#include "cli/files.h"

struct tare_borrowed {
    struct tare_str store;      /* path */
    struct tare_str *addresses; /* one for each name given; of a file: its batch or run */
    uint32_t n;
    struct tare_str folder; /* private, to be removed; empty: none */
};

/* Fails where files and stored runs are mixed (TARE_E_USAGE: import the files), and as reading
 * them does. After a failure there is nothing to give back. */
enum tare_status tare_cli_borrow(struct tare_ctx *ctx, const struct tare_strs *names,
                                 const struct tare_file_opts *files, struct tare_borrowed *out,
                                 struct tare_err *err);
/* Removes the private store. */
void tare_cli_give_back(const struct tare_borrowed *b);

#endif
