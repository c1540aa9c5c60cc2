/*
 * A check held against human labels: how often it errs on each side, and what its rates are worth
 * (stats/corrected.h). Labels are rows of a file: task, perhaps attempt and solver, good or bad.
 */
#ifndef TARE_DECIDE_LABELS_H
#define TARE_DECIDE_LABELS_H

#include "decide/compare.h"
#include "record/formats/import.h"
#include "stats/agreement.h"
#include "stats/corrected.h"

#define TARE_LABEL_WARNINGS 6u

/* One solver's attempts. */
struct tare_label_side {
    struct tare_str name;
    uint64_t n_labels;           /* with the check's score beside them */
    uint64_t n_strangers;        /* labels of attempts that are not there */
    uint64_t n_unscored;         /* labels of attempts the check has no score of */
    struct tare_labelled *tasks; /* one a task of the results; rate: mean over its attempts */
    bool has_kappa;
    struct tare_two_raters kappa;     /* label against check */
    struct tare_count labelled, rest; /* passed by the check, with a label and without */
    struct tare_value p_chosen;       /* Fisher's test of the two: was the choice blind? */
    struct tare_corrected rate;
    struct tare_str warnings[TARE_LABEL_WARNINGS];
    uint32_t n_warnings;
};

/* Both sides of a comparison. The difference is over its pairs; labels of all attempts count. */
struct tare_label_evidence {
    struct tare_str path;
    double level; /* of the intervals */
    struct tare_label_side a, b;
    struct tare_corrected_diff diff;
    struct tare_str warnings[2 * TARE_LABEL_WARNINGS];
    uint32_t n_warnings;
};

/*
 * Holds metric `metric` of run `run` against the labels of that run's name; alone: the file's only
 * run will do where it names no solver.
 *
 * Fails: TARE_E_USAGE (the metric is no pass or fail, higher being better; no label is of this
 * solver), TARE_E_INPUT (a label that is neither good nor bad; no label belongs to an attempt),
 * TARE_E_NOMEM.
 */
enum tare_status tare_labels_side(const struct tare_results *r, uint32_t run, uint32_t metric,
                                  const struct tare_import_table *labels, bool alone,
                                  double confidence, struct tare_arena *arena,
                                  struct tare_label_side *out, struct tare_err *err);

/*
 * Puts c->labels beside c, which compared run a of ra with run b of rb. Fails as above;
 * TARE_E_USAGE also about these very tasks and while looking early, where the intervals would be
 * others.
 */
enum tare_status tare_compare_labels(const struct tare_results *ra, uint32_t a,
                                     const struct tare_results *rb, uint32_t b,
                                     const struct tare_import_table *labels,
                                     struct tare_arena *arena, struct tare_compare *c,
                                     struct tare_err *err);

#endif
