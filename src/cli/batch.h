/* Answers of commands that read a batch, one line each. */
#ifndef TARE_CLI_BATCH_H
#define TARE_CLI_BATCH_H

#include "cli/cmd.h"
#include "text/json.h"

/* Begins the answer to a line with its "id", or null. */
void tare_batch_answer(struct tare_json_writer *w, struct tare_buf *out, struct tare_json line);
/* The answer to a line that is no JSON, so that the others are not lost; exit status 4. */
void tare_batch_torn(struct tare_ctx *ctx, const struct tare_err *why, struct tare_buf *out);

#endif
