/*
 * What the reading files of record/ share.
 */
#ifndef TARE_RECORD_QUERY_INT_H
#define TARE_RECORD_QUERY_INT_H

#include "record/query.h"
#include "record/store_int.h"

enum tare_status tare__metrics(struct tare_store *s, int64_t batch, struct tare_arena *arena,
                               struct tare_metric **out, uint32_t *n, struct tare_err *err);
/* The batch a run belongs to. TARE_E_USAGE when there is no such run. */
enum tare_status tare__batch_of(struct tare_store *s, int64_t run, int64_t *batch,
                                struct tare_err *err);
/* A list for people: "a, b, c and 12 more", in the arena. */
struct tare_str tare__names(struct tare_arena *arena, const struct tare_str *names, uint32_t n,
                            uint32_t most);

#endif
