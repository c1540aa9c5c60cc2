/*
 * What the process finds around it: streams, terminal, environment.
 */
#ifndef TARE_CLI_CONTEXT_H
#define TARE_CLI_CONTEXT_H

#include "cli/parse.h"

/* --color and --no-color as one of 0 auto, 1 always, 2 never. */
int tare_cli_color(const struct tare_common *common);
/* Style of a stream. color as above. */
struct tare_style tare_cli_style(FILE *stream, int color);
/* Fills ctx from the streams, the environment and the parsed options; strings borrow. */
void tare_cli_context(struct tare_ctx *ctx, const struct tare_parsed *parsed);

#endif
