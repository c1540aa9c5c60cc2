/*
 * A suite: suite.yaml and its tasks, loaded, checked and hashed.
 */
#ifndef TARE_SUITE_SUITE_H
#define TARE_SUITE_SUITE_H

#include "base/arena.h"
#include "base/err.h"
#include "record/contract.h"
#include "record/task.h"

struct tare_suite_limits {
    uint32_t steps;  /* per attempt; 0: the task's or the world's own */
    uint64_t tokens; /* 0: none */
    int64_t wall_ns; /* 0: none */
    double cost_usd; /* 0: none */
};

struct tare_suite_margin {
    struct tare_str metric;
    double margin; /* smallest difference that matters, > 0 */
};

struct tare_suite {
    struct tare_str name, version, about;
    struct tare_str path;          /* of suite.yaml */
    struct tare_str text;          /* its source, for messages about world config */
    struct tare_str world;         /* name of the world: "soc" */
    struct tare_json world_config; /* what stands under it */
    const struct tare_task *tasks;
    uint32_t n_tasks;
    uint32_t attempts;              /* default k */
    const struct tare_str *metrics; /* names; the first is the headline */
    uint32_t n_metrics;
    const struct tare_str *by; /* tags to slice by */
    uint32_t n_by;
    struct tare_str cluster; /* tag, or empty */
    const struct tare_suite_margin *margins;
    uint32_t n_margins;
    struct tare_json checks; /* the list `checks`, or absent; who opens the checks looks at it */
    struct tare_suite_limits limits;
    struct tare_str manifest;  /* canonical JSON of all above but about, path and meta, with
                                  defaults filled in and one hash for all tasks; enough to
                                  slice and to give verdicts without the files */
    struct tare_digest digest; /* identity: SHA-256 of the manifest */
};

struct tare_suite_options {
    size_t size;                                   /* sizeof(struct tare_suite_options) */
    const struct tare_task_source *const *sources; /* for `tasks: {generate: …}`, by world name */
    uint32_t n_sources;
    struct tare_str search; /* folders to look for named suites in first, separated by ':':
                               the value of $TARE_SUITES; may be empty */
};

/*
 * Loads `what`: a folder with suite.yaml, a suite.yaml, or the name of a built-in suite (looked
 * for in options->search, then ./suites, then suites and share/tare/suites of the folder above the
 * program's own, then the installed data folder). A name with a '/' or
 * ending in ".yaml" is a path; "." and ".." too. All faults carry file:line:column. Duplicate ids
 * are refused, naming both lines.
 *
 * options NULL: no task can be generated. Everything lives in the arena.
 * Fails: TARE_E_USAGE (no such suite; the message names the places), TARE_E_INPUT, TARE_E_LIMIT,
 * TARE_E_IO, TARE_E_NOMEM.
 */
enum tare_status tare_suite_load(struct tare_str what, const struct tare_suite_options *options,
                                 struct tare_arena *arena, struct tare_suite **out,
                                 struct tare_err *err);

/* Reads task lines (JSON Lines in the shape of docs/schema/task.json) that are in memory already.
 * The tasks borrow `text`. path names the lines in messages. */
enum tare_status tare_suite_tasks(struct tare_str text, struct tare_str path,
                                  struct tare_arena *arena, struct tare_task **out, uint32_t *n,
                                  struct tare_err *err);

#endif
