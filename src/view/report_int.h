/*
 * What the files of the report share.
 */
#ifndef TARE_VIEW_REPORT_INT_H
#define TARE_VIEW_REPORT_INT_H

#include "view/api_int.h"
#include "view/report.h"

#define TARE__REPORT_VERDICTS 6u /* comparisons that are drawn */

/* What is decided about the runs. */
struct tare__report {
    struct tare_api *api;
    struct tare__call call; /* for looking up; its arena lives as long as the report */
    struct tare_arena arena;
    struct tare_results results;
    struct tare_board board;
    struct tare_compare verdicts[TARE__REPORT_VERDICTS];
    uint32_t n_verdicts;
};

enum tare_status tare__report_open(const struct tare_report_options *o, struct tare__report *r,
                                   struct tare_err *err);
void tare__report_close(struct tare__report *r);

/* All data blocks as elements into `out`, which is empty. room: bytes they may take. */
enum tare_status tare__report_blocks(struct tare__report *r, size_t room, struct tare_buf *out,
                                     struct tare_report_contents *contents, struct tare_err *err);

#endif
