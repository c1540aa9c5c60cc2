/* Random schemas of every keyword that is lowered, and instances near them. */
#ifndef TARE_TESTS_RANDOM_SCHEMA_H
#define TARE_TESTS_RANDOM_SCHEMA_H

#include "base/buf.h"
#include "base/rng.h"
#include "text/json.h"

void random_schema(struct tare_rng *r, struct tare_buf *out);
/* Of the names and scalars that those schemas speak of. */
void random_instance(struct tare_rng *r, struct tare_buf *out);
/* Prints the value with a part or two changed, left out or added. */
void near_instance(struct tare_rng *r, struct tare_json v, struct tare_buf *out);

#endif
