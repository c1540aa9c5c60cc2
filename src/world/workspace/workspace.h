/*
 * The world `workspace`: a folder, a shell and a file editor in a sandbox. What is worth points is
 * found out afterwards by commands in a fresh sandbox. docs/concepts/workspace.md
 *
 * A task's input: {"instruction": TEXT, "files": {PATH: TEXT or {"text", "executable"}}, "setup":
 * SHELL}. What is expected, never shown: {"checks": [CHECK…], "files": {PATH: TEXT} (beside the
 * checks as /tests), "keep": [PATH…], "change": [PATH…], "solution": SHELL}. A CHECK is one of
 *     {"run": SHELL}                     exit status 0
 *     {"run": SHELL, "stdout": TEXT}     and this output, white space at its end aside
 *     {"run": SHELL, "graded": true}     a score, by the protocol of check.c
 *     {"file": PATH, "text": TEXT}       the file holds this text, white space at its end aside
 *     {"same": PATH}                     the file is as the task gave it
 * with "name", "weight" (1) and "timeout_s".
 */
#ifndef TARE_WORLD_WORKSPACE_H
#define TARE_WORLD_WORKSPACE_H

#include "record/contract.h"

enum tare_workspace_verb { TARE_WORKSPACE_SHELL = 1, TARE_WORKSPACE_EDIT, TARE_WORKSPACE_SUBMIT };

struct tare_workspace_shell {
    struct tare_str command;
    double seconds; /* 0: the suite's limit, which it never exceeds */
};

enum tare_workspace_edit_kind {
    TARE_WORKSPACE_VIEW = 0,
    TARE_WORKSPACE_CREATE,
    TARE_WORKSPACE_REPLACE,
    TARE_WORKSPACE_INSERT
};

struct tare_workspace_edit {
    int kind;             /* enum tare_workspace_edit_kind */
    struct tare_str path; /* from the work folder */
    struct tare_str text; /* CREATE, INSERT: what is written; REPLACE: the new text */
    struct tare_str old;  /* REPLACE: stands in the file exactly once */
    int64_t line;         /* INSERT: after this line, 0: at the start; VIEW: from this line */
    int64_t lines;        /* VIEW: so many; 0: to the end */
};

struct tare_workspace_submit {
    struct tare_str note;
};

/* The view of an observation. */
struct tare_workspace_view {
    uint32_t verb;               /* 0 after reset */
    struct tare_str out, errors; /* of the shell; out: also what the editor shows */
    const char *end;             /* of the shell: "exited", "wall", …; NULL: none ran */
    int status;                  /* its exit status or signal */
    bool out_cut, errors_cut;
    struct tare_str fault; /* why nothing was done; else empty */
};

/* Its controls: NULL-terminated. */
extern const struct tare_solver_ops *const tare_workspace_solvers[];
extern const struct tare_task_source tare_task_source_workspace;

#endif
