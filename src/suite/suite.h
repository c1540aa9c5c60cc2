/*
 * A suite: suite.yaml and its tasks, loaded, checked and hashed.
 */
#ifndef TARE_SUITE_SUITE_H
#define TARE_SUITE_SUITE_H

#include "base/arena.h"
#include "base/err.h"
#include "record/task.h"

struct tare_suite_limits {
    uint32_t steps;         /* per attempt; 0: the task's or the world's own */
    uint64_t tokens;        /* 0: none */
    int64_t wall_ns;        /* 0: none */
    double cost_usd;        /* 0: none */
};

struct tare_suite_margin {
    struct tare_str metric;
    double margin;          /* smallest difference that matters, > 0 */
};

struct tare_suite {
    struct tare_str name, version, about;
    struct tare_str path;            /* of suite.yaml */
    struct tare_str text;            /* its source, for messages about world config */
    struct tare_str world;           /* name of the world: "soc" */
    struct tare_json world_config;   /* what stands under it */
    const struct tare_task *tasks;
    uint32_t n_tasks;
    uint32_t attempts;               /* default k */
    const struct tare_str *metrics;  /* names; the first is the headline */
    uint32_t n_metrics;
    const struct tare_str *by;       /* tags to slice by */
    uint32_t n_by;
    struct tare_str cluster;         /* tag, or empty */
    const struct tare_suite_margin *margins;
    uint32_t n_margins;
    struct tare_suite_limits limits;
    struct tare_digest digest;       /* identity: SHA-256 of canonical JSON of all that can change
                                        a result (not about, not meta) */
};

/*
 * Loads `what`: a folder with suite.yaml, a suite.yaml, or the name of a built-in suite (looked
 * for in $TARE_SUITES, then ./suites, then the installed data folder). All faults carry
 * file:line:column. Duplicate ids are refused, naming both lines.
 */
enum tare_status tare_suite_load(struct tare_str what, struct tare_arena *arena,
                                 struct tare_suite **out, struct tare_err *err);

#endif
