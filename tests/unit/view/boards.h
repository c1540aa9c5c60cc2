/*
 * Figures of the design's sample leaderboard (invented there), as a struct.
 */
#ifndef TARE_TESTS_VIEW_BOARDS_H
#define TARE_TESTS_VIEW_BOARDS_H

#include <math.h>

#include "decide/leaderboard.h"

struct sample_row {
    const char *name;
    enum tare_row_kind kind;
    uint32_t lo, hi;
    double egar, egar_lo, egar_hi, fp, fp_lo, fp_hi, act, blast, reward;
    int level;
};

static const struct sample_row sample_rows[] = {
    {"verify-first", TARE_ROW_CONTROL, 0, 0, .875, .819, .922, 0, 0, .088, 8.5, 0, 4.73, 2},
    {"runbook", TARE_ROW_CONTROL, 0, 0, .738, .696, .779, 1, .912, 1, 5, .93, 1.49, 3},
    {"Sonnet 4.6", TARE_ROW_PUBLISHED, 0, 0, .722, 0, 0, .925, 0, 0, 9.8, .39, NAN, 3},
    {"qwen3-8b careful", TARE_ROW_MEASURED, 1, 1, .664, .583, .741, .319, .205, .458, 10.2, .31,
     3.62, 2},
    {"qwen3-4b careful", TARE_ROW_MEASURED, 2, 3, .581, .496, .665, .388, .262, .53, 9.6, .37, 3.08,
     2},
    {"DeepSeek v3.2", TARE_ROW_PUBLISHED, 0, 0, .542, 0, 0, .65, 0, 0, 9, .42, 3.45, 2},
    {"qwen3-4b careful -anchor", TARE_ROW_MEASURED, 2, 3, .527, .438, .614, .463, .33, .601, 9.1,
     .44, 2.77, 2},
    {"qwen3-4b plain", TARE_ROW_MEASURED, 4, 4, .362, .281, .449, .613, .471, .739, 7.2, .58, 1.94,
     2},
    {"random", TARE_ROW_CONTROL, 0, 0, .057, .029, .096, .675, .52, .799, 1.3, 1.43, 1.51, 3},
};
#define SAMPLE_ROWS (sizeof sample_rows / sizeof sample_rows[0])

struct sample_board {
    struct tare_board board;
    struct tare_metric metrics[5];
    struct tare_board_row rows[SAMPLE_ROWS];
    struct tare_board_cell cells[SAMPLE_ROWS][5];
    struct tare_classes classes;
    struct tare_finding findings[4];
};

static inline struct tare_board_cell sample_cell(double x, double lo, double hi, bool ci)
{
    return (struct tare_board_cell){.value = x,
                                    .ci = ci ? tare_interval(lo, hi)
                                             : tare_no_interval("published without one"),
                                    .method = ci ? "bootstrap over tasks" : NULL,
                                    .n = 40};
}

static inline void sample_board_make(struct sample_board *s)
{
    *s = (struct sample_board){.metrics = {{.name = TARE_S("egar"),
                                            .title = TARE_S("EGAR %"),
                                            .unit = TARE_S("share"),
                                            .direction = TARE_HIGHER_BETTER,
                                            .min = 0,
                                            .max = 1},
                                           {.name = TARE_S("false_positive_rate"),
                                            .title = TARE_S("FP %"),
                                            .unit = TARE_S("share"),
                                            .direction = TARE_LOWER_BETTER,
                                            .min = 0,
                                            .max = 1},
                                           {.name = TARE_S("ttfc"),
                                            .title = TARE_S("act at"),
                                            .unit = TARE_S("steps"),
                                            .direction = TARE_NO_DIRECTION,
                                            .min = 0,
                                            .max = (double)INFINITY},
                                           {.name = TARE_S("blast_radius"),
                                            .title = TARE_S("blast"),
                                            .unit = TARE_S("ratio"),
                                            .direction = TARE_LOWER_BETTER,
                                            .min = 0,
                                            .max = (double)INFINITY},
                                           {.name = TARE_S("reward"),
                                            .title = TARE_S("reward"),
                                            .unit = TARE_S("points"),
                                            .direction = TARE_HIGHER_BETTER,
                                            .min = (double)-INFINITY,
                                            .max = (double)INFINITY}},
                               .classes = {.level = {TARE_S("expert"), TARE_S("calibrated"),
                                                     TARE_S("partial"), TARE_S("none")}}};
    for (size_t i = 0; i < SAMPLE_ROWS; i++) {
        const struct sample_row *r = &sample_rows[i];
        bool ci = r->kind != TARE_ROW_PUBLISHED;
        s->cells[i][0] = sample_cell(r->egar, r->egar_lo, r->egar_hi, ci);
        s->cells[i][1] = sample_cell(r->fp, r->fp_lo, r->fp_hi, ci);
        s->cells[i][2] = sample_cell(r->act, r->act - .8, r->act + .8, ci);
        s->cells[i][3] = sample_cell(r->blast, r->blast - .06, r->blast + .06, ci);
        s->cells[i][4] = sample_cell(r->reward, r->reward - .3, r->reward + .3, ci);
        s->rows[i] = (struct tare_board_row){.kind = r->kind,
                                             .name = tare_str_of(r->name),
                                             .rank_lo = r->lo,
                                             .rank_hi = r->hi,
                                             .k = 4,
                                             .cells = s->cells[i],
                                             .class_level = r->level};
    }
    for (int i = 0; i < 4; i++)
        s->findings[i] = (struct tare_finding){
            TARE_S("blind-metric"), TARE_FINDING_WARNS,
            TARE_S("runbook has 100.0 % FP and still 73.8 % EGAR. Read EGAR beside FP."), 1};
    s->board = (struct tare_board){.suite = TARE_S("incident-response"),
                                   .version = TARE_S("1.0.0"),
                                   .variant = TARE_S("faithful"),
                                   .digest = {{0xa4, 0x1c, 0x09, 0xe2}},
                                   .has_digest = true,
                                   .seed = 7,
                                   .has_seed = true,
                                   .n_tasks = 40,
                                   .k = 4,
                                   .n_planned = 1280,
                                   .n_missing = 2,
                                   .missing_cause = TARE_CAUSE_ENDPOINT,
                                   .confidence = .95,
                                   .metrics = s->metrics,
                                   .n_metrics = 5,
                                   .rows = s->rows,
                                   .n_rows = SAMPLE_ROWS,
                                   .classes = &s->classes,
                                   .findings = s->findings,
                                   .n_findings = 4};
}

#endif
