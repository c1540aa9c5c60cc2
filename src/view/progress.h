/*
 * How far a run is (design/ui.md, section 7.4). The run bumps counters; whoever draws calls
 * tare_progress_draw from time to time with a snapshot. Nothing here reads a clock or waits.
 */
#ifndef TARE_VIEW_PROGRESS_H
#define TARE_VIEW_PROGRESS_H

#include "base/buf.h"
#include "view/style.h"

enum tare_progress_kind {
    TARE_PROGRESS_NONE = 0,
    TARE_PROGRESS_LINE, /* a line at the start, at each 10 % or 60 s (whichever is later), at the
                           end */
    TARE_PROGRESS_BAR,  /* at most 3 lines redrawn in place, at most 8 times a second */
    TARE_PROGRESS_JSONL /* tare.progress/1, one document a line, as LINE */
};

/* What stands still during a run. Strings are borrowed. */
struct tare_progress_head {
    struct tare_str suite;  /* "incident-response" */
    struct tare_str solver; /* "careful", or "3 solvers" */
    struct tare_str run;    /* public id of the batch */
    uint32_t n_solvers;
    uint64_t total;  /* attempts planned */
    uint64_t before; /* of them finished by an earlier call */
};

/* What moves. */
struct tare_progress_now {
    int64_t now_ns; /* monotonic */
    uint64_t done;  /* finished, all kinds, those before included */
    uint64_t failed, missing, retried, in_flight;
    uint64_t tokens;
    double cost_usd;
    struct tare_str last; /* "sc-0141 #3  reward 3.10"; may be empty */
    struct tare_str note; /* "rate limited: waiting 4 s"; may be empty */
};

struct tare_progress {
    enum tare_progress_kind kind;
    struct tare_style style;
    struct tare_progress_head head;
    int64_t start_ns, drawn_ns; /* drawn_ns 0: never */
    uint64_t drawn_tenths;
    int lines; /* that stand on the screen now */
};

void tare_progress_init(struct tare_progress *p, enum tare_progress_kind kind,
                        const struct tare_progress_head *head, const struct tare_style *style,
                        int64_t now_ns);
/* Appends what should be written to the stream now: often nothing. */
void tare_progress_start(struct tare_progress *p, struct tare_buf *out);
void tare_progress_draw(struct tare_progress *p, const struct tare_progress_now *now,
                        struct tare_buf *out);
/* Erases the bar and gives the cursor back; LINE and JSONL: the last line. how: "done",
 * "interrupted", "incomplete". */
void tare_progress_end(struct tare_progress *p, const struct tare_progress_now *now,
                       const char *how, struct tare_buf *out);
/* The escape that gives the cursor back: for signal handlers and exits. */
const char *tare_progress_restore(void);

#endif
