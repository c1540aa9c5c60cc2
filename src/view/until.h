/*
 * A run that was played until two solvers were told apart.
 */
#ifndef TARE_VIEW_UNTIL_H
#define TARE_VIEW_UNTIL_H

#include "base/buf.h"
#include "decide/until.h"
#include "text/json.h"
#include "view/style.h"

enum tare_until_end {
    TARE_UNTIL_DECIDED = 1,
    TARE_UNTIL_EXHAUSTED, /* every task is played */
    TARE_UNTIL_BUDGET,
    TARE_UNTIL_INTERRUPTED
};

struct tare_until_report {
    struct tare_until_state state;
    struct tare_interval ci; /* of the difference, valid at every look */
    struct tare_metric metric;
    struct tare_str a, b;   /* solvers: baseline, candidate */
    struct tare_str budget; /* as given; may be empty */
    enum tare_until_end end;
    uint32_t k;
    uint64_t planned, played, missing; /* attempts of both */
    uint64_t tokens;                   /* of what was played */
    double cost_usd;                   /* of what was played; NaN: unknown; 0: free of charge */
};

/* The sentence alone, without line break. */
void tare_view_until_sentence(struct tare_buf *out, const struct tare_until_report *r,
                              bool unicode);
/* Verdict, evidence, what was saved. */
void tare_view_until(struct tare_buf *out, const struct tare_until_report *r,
                     const struct tare_style *style);
/* The value of "until" in tare.run/1. */
void tare_doc_until(struct tare_json_writer *w, const struct tare_until_report *r);

#endif
