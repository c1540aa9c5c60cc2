/*
 * What a world knows from elsewhere: results that others published, and the classes its metrics
 * are sorted into. Constant tables of the world; decide/ shows them beside measured rows.
 */
#ifndef TARE_RECORD_REFERENCE_H
#define TARE_RECORD_REFERENCE_H

#include "record/nouns.h"

/* One number of a published row, in the metric's own unit (a share is 0.925, not 92.5). */
struct tare_reference_value {
    struct tare_str metric; /* name of the metric: "false_positive_rate" */
    double value;
};

/* One published row: shown, never ranked, without an interval. */
struct tare_reference {
    struct tare_str name;   /* "Sonnet 4.6" */
    struct tare_str source; /* where it was published */
    struct tare_str date;   /* when, as far as known; may be empty */
    const struct tare_reference_value *values;
    uint32_t n_values;
};

#define TARE_CLASS_LEVELS 4

/* Thresholds of one metric, best level first, inclusive: with TARE_LOWER_BETTER a value
 * <= bound[0] is of level 0, else <= bound[1] of level 1 …, else of the last level. */
struct tare_class_rule {
    struct tare_str metric;
    enum tare_direction direction;
    double bound[TARE_CLASS_LEVELS - 1];
};

/* The class of a row is its worst level over the metrics it has; metrics without a value are
 * skipped; with no metric at all it is the last level. */
struct tare_classes {
    struct tare_str level[TARE_CLASS_LEVELS]; /* "expert_level" …, best first */
    const struct tare_class_rule *rules;      /* in the order in which limiting ones are named */
    uint32_t n_rules;
    struct tare_str note; /* "provisional, …"; may be empty */
};

#endif
