/*
 * A solver as a person writes it down: solver.yaml. docs/schema/solver.json.
 */
#ifndef TARE_SUITE_SOLVER_FILE_H
#define TARE_SUITE_SOLVER_FILE_H

#include "base/arena.h"
#include "base/err.h"
#include "suite/suite.h"

enum tare_solver_kind {
    TARE_SOLVER_POLICY = 1, /* scripted: `policy: NAME` or `policy: {NAME: {parameters}}` */
    TARE_SOLVER_MODEL,      /* `model: {...}` with `harness: {...}` */
    TARE_SOLVER_COMMAND     /* `command: [PROGRAM, ARGUMENT...]` */
};

struct tare_solver_file {
    struct tare_str name; /* `solver:`; how it is shown */
    struct tare_str about;
    enum tare_solver_kind kind;
    struct tare_str policy; /* name of the scripted policy */
    struct tare_json
        config; /* its parameters, or what `model:` or `command:` says; absent: defaults */
    struct tare_json harness; /* mapping of switches; absent: defaults */
    struct tare_json talk;    /* `talk: {prompt: TEMPLATE}`: its own prompt where the world talks */
    struct tare_json root;    /* the whole document */
    struct tare_suite_limits limits;
    struct tare_str path, text; /* for messages about config */
};

/*
 * Loads a solver file. The keys of this page are checked here; what stands in config and harness
 * is checked by whoever opens the solver (then use tare_err_locate with `text`).
 * Fails: TARE_E_USAGE (no such file), TARE_E_INPUT, TARE_E_LIMIT, TARE_E_IO, TARE_E_NOMEM.
 */
enum tare_status tare_solver_file_load(struct tare_str path, struct tare_arena *arena,
                                       struct tare_solver_file **out, struct tare_err *err);

#endif
