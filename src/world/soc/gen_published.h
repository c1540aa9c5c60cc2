/*
 * The published scenarios of OpenSec, made again from the tables of the data set: a proof that the
 * data are understood, and the only use of tare's Mersenne Twister. The tables (lists, weights,
 * texts) are read at run time and are no part of tare; credit and licence: see
 * docs/concepts/soc.md, "What is copied".
 */
#ifndef TARE_WORLD_SOC_GEN_PUBLISHED_H
#define TARE_WORLD_SOC_GEN_PUBLISHED_H

#include "text/json.h"

enum tare_soc_edition {
    TARE_SOC_EDITION_PUBLISHED = 0, /* the 220 seeds of the data set, taxonomy filled in later */
    TARE_SOC_EDITION_CURRENT        /* what the generator of the same repository makes today */
};

/*
 * Appends 220 lines (trivial, easy, standard), each {"seed": …, "ground_truth": …} and '\n'.
 * tables: the object of generator_tables.json. Deterministic; seed 42.
 * Fails: TARE_E_INPUT (a table is missing), TARE_E_NOMEM.
 */
enum tare_status tare_soc_published(struct tare_json tables, enum tare_soc_edition edition,
                                    struct tare_arena *scratch, struct tare_buf *out,
                                    struct tare_err *err);

#endif
