/*
 * What the scripted solvers share: a queue of actions that are decided already, the report they
 * will give, and readers of the task for those that may look.
 */
#ifndef TARE_WORLD_SOC_SOLVERS_PLAY_H
#define TARE_WORLD_SOC_SOLVERS_PLAY_H

#include "record/task.h"
#include "world/soc/soc.h"

#define PLAY_LIST_MAX 128u

enum tare__play_kind {
    PLAY_USER = 0,
    PLAY_HOST,
    PLAY_DOMAIN,
    PLAY_TARGET,
    PLAY_VECTOR,
    PLAY_KINDS
};

/* Names in order of appearance, each once. */
struct tare__play_list {
    struct tare_str v[PLAY_LIST_MAX];
    uint32_t n;
};

struct tare__play_move {
    uint32_t verb;
    struct tare_str text;
};

struct tare__play {
    const struct tare_task *task;
    struct tare_arena *arena; /* of the attempt */
    const struct tare_soc_view *view;
    struct tare__play_move move[PLAY_LIST_MAX];
    uint32_t n_moves, at;
    struct tare_soc_report report;
    struct tare_soc_claim claim[TARE_SOC_MAX_CLAIMS];
    struct tare_soc_params params;
    bool decided; /* the queue holds all there will be */
};

void tare__play_start(struct tare__play *p, const struct tare_task *task, struct tare_arena *arena);
/* Appends a move; a full queue takes no more. text is borrowed for the attempt. */
void tare__play_push(struct tare__play *p, uint32_t verb, struct tare_str text);
void tare__play_query(struct tare__play *p, const char *sql);
/* Appends the report move; what it says is p->report as it then stands. */
void tare__play_push_report(struct tare__play *p);
/* Yields the next queued move; DONE when there is none. */
void tare__play_yield(struct tare__play *p, struct tare_yield *out);
/* Takes the event in. False when the play is over (out says DONE). */
bool tare__play_event(struct tare__play *p, const struct tare_event *event, struct tare_yield *out);

/* Copies and appends, once each; a full list takes no more. False when it was there or full. */
bool tare__play_add(struct tare__play_list *l, struct tare_str name, struct tare_arena *arena);

/* The task's scenario in either format. */
struct tare_json tare__play_scenario(const struct tare_task *task);
bool tare__play_is_faithful(const struct tare_task *task);
void tare__play_entities(const struct tare_task *task, enum tare__play_kind kind,
                         struct tare_arena *arena, struct tare__play_list *out);
/* Fills p->report and the containments from the truth; false when the truth is odd. */
void tare__play_truth(struct tare__play *p, struct tare__play_list required[3]);

/* open for policies without parameters. */
enum tare_status tare__play_open_plain(struct tare_json config, struct tare_arena *arena,
                                       void **shared, struct tare_err *err);
void tare__play_identity_plain(const void *shared, struct tare_json_writer *out);
void tare__play_stop(const void *shared, void *state);

extern const struct tare_solver_ops tare__solver_do_nothing, tare__solver_investigate_only,
    tare__solver_spray, tare__solver_runbook, tare__solver_verify_first, tare__solver_oracle,
    tare__solver_injection_follower, tare__solver_random;

#endif
