/*
 * What a fallible check's pass rate means, given labels of some of what it judged.
 *
 * With sensitivity s (share of good answers it passes), specificity c (share of bad answers it
 * fails) and its own pass rate q, the true rate is (q + c - 1) / (s + c - 1): Rogan and Gladen
 * 1978, Am J Epidemiol 107. That holds when what was labelled was chosen without looking at what
 * the check said; chosen by its verdict, s and c come out wrong.
 *
 * Intervals: the estimate is linearised in q, s and c of each side, what each task (or cluster)
 * adds is summed over all of them and both sides, and the spread between tasks gives the variance
 * (sandwich, G / (G - 1)); so several attempts a task, the same tasks on both sides, and labelled
 * answers that are also judged ones are all accounted for. Limits are centred where one label was
 * added to each cell of s and c (Lang and Reiczigel 2014, Prev Vet Med 113), and a rate that showed
 * no error keeps its binomial variance. t with Satterthwaite's degrees of freedom. The level holds
 * in simulation (tests/unit/stats/test_corrected.c) from about 15 labels of each kind a side.
 */
#ifndef TARE_STATS_CORRECTED_H
#define TARE_STATS_CORRECTED_H

#include "stats/proportion.h"

/* One side's attempts at one task. */
struct tare_labelled {
    double rate;             /* share of its attempts that the check passed; NaN: none judged */
    uint32_t tp, fn, fp, tn; /* labelled and judged: good and passed, good and failed, bad and
                                passed, bad and failed */
};

struct tare_corrected {
    struct tare_count sensitivity, specificity;
    size_t tasks;            /* with a rate */
    double rate;             /* mean over tasks of what the check passed */
    double youden;           /* sensitivity + specificity - 1; NaN: a kind has no label */
    struct tare_value value; /* the corrected rate, cut to [0, 1] */
    bool cut;                /* it lay outside */
    struct tare_interval ci; /* cut to [0, 1] */
};

struct tare_corrected_diff {
    struct tare_corrected a, b; /* over tasks where both have a rate; labels of all rows */
    struct tare_value value;    /* b - a, each cut to [0, 1] */
    struct tare_interval ci;    /* cut to [-1, 1] */
    /* Fisher's exact test: does the check err differently on the two sides? */
    struct tare_value p_sensitivity, p_specificity;
};

/* cluster: labels, or NULL: every row for itself. confidence in (0, 1). n = 0 is unavailable. */
enum tare_status tare_corrected_rate(const struct tare_labelled *rows, const uint32_t *cluster,
                                     size_t n, double confidence, struct tare_arena *scratch,
                                     struct tare_corrected *out, struct tare_err *err);

/* Row i of both sides is the same task. */
enum tare_status tare_corrected_diff(const struct tare_labelled *a, const struct tare_labelled *b,
                                     const uint32_t *cluster, size_t n, double confidence,
                                     struct tare_arena *scratch, struct tare_corrected_diff *out,
                                     struct tare_err *err);

#endif
