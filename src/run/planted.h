/*
 * Where planted instructions stand in an observation, for the record of a step.
 */
#ifndef TARE_RUN_PLANTED_H
#define TARE_RUN_PLANTED_H

#include "record/contract.h"
#include "text/json.h"

/*
 * Writes the member "planted" into the object that is open in `out`: of each place in the strings
 * of `shown` (one JSON value, part number `part` of the step) where one of the n texts stands, the
 * JSON Pointer of the string, the place within it in code points [from, to), id and tier. Nothing
 * is written where there is none. At most 64 places. Scratch comes from the arena and is given
 * back.
 */
void tare__put_planted(struct tare_json_writer *out, uint32_t part, struct tare_str shown,
                       const struct tare_planted *v, uint32_t n, struct tare_arena *arena);

/* Bytes [*from, *to) of `in` at or after `begin` that are `text` (ASCII letters of either case),
 * or, from 0 on, as much of it as stands there: 24 bytes of its start, middle or end at least. */
bool tare__planted_in(struct tare_str in, struct tare_str text, size_t begin, size_t *from,
                      size_t *to);

#endif
