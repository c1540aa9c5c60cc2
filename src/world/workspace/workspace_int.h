/* Between the files of the world `workspace`. */
#ifndef TARE_WORLD_WORKSPACE_INT_H
#define TARE_WORLD_WORKSPACE_INT_H

#include "record/task.h"
#include "sandbox/box.h"
#include "sandbox/box_files.h"
#include "world/workspace/workspace.h"

#define TARE__WS_CHANGES 256u /* files of one step that are told as facts */
#define TARE__WS_CHECKS 256u
#define TARE__WS_SHELL "/usr/bin/bash"

struct tare__ws_config {
    struct tare_box_limits limits; /* of a shell call; folder_bytes and files of the folder */
    bool network;
    int64_t check_wall_ms;
};

/* A task, read: everything borrows from it. */
struct tare__ws_task {
    struct tare_str instruction, setup, solution;
    struct tare_str at;            /* where the folder stands besides /work; empty: nowhere */
    struct tare_json files, tests; /* PATH → text or mapping */
    struct tare_json checks, keep, change;
};

/* A list of the folder. */
struct tare__ws_look {
    struct tare_box_entry *v;
    uint32_t n;
    bool whole;
};

struct tare__ws {
    const struct tare_alc *alc;
    struct tare__ws_config config;
    const atomic_int *stop; /* looked at while a program runs; may be NULL */
    uint32_t slot;
    int hold; /* of the slot; -1: none yet */
    struct tare_arena episode, turn, looks[2];
    const struct tare_task *task;
    struct tare__ws_task read;
    const char *base, *work, *tests; /* NULL: not made */
    struct tare__ws_look start, now; /* of the folder: when the episode began, and after a step */
    unsigned now_at;                 /* which of looks holds `now` */
    struct tare_buf facts, names;    /* struct tare_fact, struct tare_str */
    uint32_t step_facts;             /* facts before this step */
    uint32_t step;
    bool done;
    struct tare_str action; /* of the last step, canonical JSON or the text that was none */
    struct tare_str target; /* what the outline names */
    struct tare_str note;   /* of submit */
    int edited;             /* what the last step's edit did to `path`; -1: there was none */
    struct tare_str path;
    struct tare_digest path_digest; /* of the file as it then was */
    struct tare_workspace_view view;
    bool checked;           /* the checks have run */
    struct tare_str detail; /* what they found, and what was changed */
    double reward;
};

/* task.c */
enum tare_status tare__ws_config_read(struct tare_json config, struct tare__ws_config *out,
                                      struct tare_err *err);
enum tare_status tare__ws_task_read(const struct tare_task *task, struct tare__ws_task *out,
                                    struct tare_err *err);
/* The folder's other place as a mount; how many (0 or 1). */
uint32_t tare__ws_mount(struct tare__ws *w, bool writable, struct tare_box_mount *out);
/* Text of a value of `files`; *executable too. */
struct tare_str tare__ws_file_text(struct tare_json v, bool *executable);

/* folder.c: the work folder, and what changed in it */
enum tare_status tare__ws_folder_make(struct tare__ws *w, struct tare_err *err);
void tare__ws_folder_remove(struct tare__ws *w);
/* After a step: looks again, adds facts. */
enum tare_status tare__ws_folder_look(struct tare__ws *w, uint32_t verb, struct tare_err *err);
/* The files that differ from the start, as a JSON list: the blob of the attempt. */
void tare__ws_folder_changes(struct tare__ws *w, struct tare_json_writer *out);
enum tare_status tare__ws_add_fact(struct tare__ws *w, struct tare_fact f, struct tare_err *err);
enum tare_status tare__ws_entity(struct tare__ws *w, struct tare_str path, uint32_t *out,
                                 struct tare_err *err);

/* tools.c */
const struct tare_tool *tare__ws_tools(const void *w, uint32_t *n);
enum tare_status tare__ws_shell(struct tare__ws *w, const struct tare_workspace_shell *a,
                                struct tare_err *err);
enum tare_status tare__ws_edit(struct tare__ws *w, const struct tare_workspace_edit *a,
                               struct tare_err *err);
/* Reads {"action_type", "params"} into one of the structs above. False: w->view.fault says why. */
struct tare__ws_call {
    uint32_t verb;
    struct tare_workspace_shell shell;
    struct tare_workspace_edit edit;
    struct tare_workspace_submit submit;
};
/* A program in a box; one that is ended because all has to stop is TARE_E_CANCELLED. */
enum tare_status tare__ws_run(const struct tare_box_options *o, struct tare_arena *arena,
                              struct tare_box_result *r, struct tare_err *err);
/* A line of the shell in the work folder, at most so long (and no longer than the world allows). */
enum tare_status tare__ws_run_line(struct tare__ws *w, struct tare_str line, int64_t wall_ms,
                                   struct tare_box_result *r, struct tare_err *err);
bool tare__ws_call_read(struct tare__ws *w, struct tare_str text, struct tare__ws_call *out);
void tare__ws_call_write(const struct tare__ws_call *c, struct tare_json_writer *out);

/* state.c: what the last step wrote, read or changed (tare_world_ops.state_json) */
void tare__ws_state_json(const void *w, struct tare_json_writer *out);

/* check.c: runs the checks once; fills w->reward and w->detail */
enum tare_status tare__ws_check(struct tare__ws *w, struct tare_err *err);

#endif
