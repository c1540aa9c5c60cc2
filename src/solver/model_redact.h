/*
 * Secrets taken out of what a server sent: by exact value, in the forms an echo may have.
 */
#ifndef TARE_SOLVER_MODEL_REDACT_H
#define TARE_SOLVER_MODEL_REDACT_H

#include "solver/model.h"

struct tare_redactor;

/* Needles of all keys: raw (also a start of 16 bytes and more), reversed, hex, percent, base64 at
 * each of three offsets. NULL: out of memory. */
struct tare_redactor *tare_redactor_open(const struct tare_endpoint *const *endpoints, uint32_t n);
void tare_redactor_close(struct tare_redactor *r);
/* Appends text to out with each secret replaced by [secret:NAME]; returns how many there were. */
uint32_t tare_redact(const struct tare_redactor *r, struct tare_str text, struct tare_buf *out);

#endif
