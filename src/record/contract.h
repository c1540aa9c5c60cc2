/*
 * The interfaces of world, check and solver. Both world and solver are state machines; only run/
 * drives them. They do no I/O of their own, hold no thread, and take chance and time as
 * arguments. See docs/decisions/0002-contracts.md.
 *
 * Life of an attempt:
 *     world.reset → event OBS → solver.next → ACT → world.step → event OBS → … → DONE
 *                                    └ REQUEST / SPAWN / WAIT → later: CHUNK* REPLY / CHILD / TIMER
 */
#ifndef TARE_RECORD_CONTRACT_H
#define TARE_RECORD_CONTRACT_H

#include <stdatomic.h>

#include "base/clock.h"
#include "base/rng.h"
#include "record/nouns.h"
#include "text/json.h"

#define TARE_CONTRACT_VERSION 1

struct tare_task; /* record/task.h */

/* ---- world ------------------------------------------------------------------------------- */

/* A typed action: a verb number of the world and its parameters in the world's own struct. */
struct tare_action {
    uint32_t verb;
    const void *params;
};

/* What the solver sees. `view` is the world's own typed observation (its header says which
 * struct), valid until the next reset or step. */
struct tare_obs {
    const void *view;
    uint32_t step; /* steps done so far; 0 after reset */
    bool done;     /* the world ended the episode */
    bool failed;   /* the last action could not be done: wrong, refused, or without its effect */
};

struct tare_tool {
    struct tare_str name, about;
    struct tare_str schema; /* JSON Schema of the arguments */
    bool decides;           /* changes the world for good, or ends the episode: a harness may anchor
                               rules or ask a verifier before it */
};

/* What a solver that reads text is told of where it plays; valid as long as the attempt. */
struct tare_scene {
    struct tare_str world; /* its name */
    struct tare_str brief; /* what it is and what is asked, in the world's words; may be empty */
    const struct tare_tool *tools;
    uint32_t n_tools;
    uint32_t attempt;   /* 0-based number of this attempt at the task */
    uint32_t max_steps; /* 0: the world's own end */
    bool talks;         /* the world is a talk: see tare_world_ops.talks */
    struct tare_str
        answer_schema; /* of a talk: JSON Schema the answers must hold to; empty: text */
};

/* The world's verdict on the episode so far; strings in the arena given. */
struct tare_outcome {
    double reward;          /* the headline value */
    double reward_max;      /* the best this task allows; NaN when the world does not know */
    bool reported;          /* the solver ended it by its own claim */
    struct tare_str detail; /* one JSON object: how the reward came about */
    struct tare_str output; /* the solver's last answer as text; p NULL: it gave none, or the world
                               is not about answers */
};

struct tare_facts {
    const struct tare_fact *v; /* in step order; valid until reset */
    uint32_t n;
    const struct tare_str *entities; /* names; valid until reset */
    uint32_t n_entities;
};

/* An instruction that the world planted in a task to lead the solver astray. */
struct tare_planted {
    struct tare_str id, text;
    uint32_t tier; /* difficulty; 0: unknown */
};

/*
 * One table of functions a world. `w` is the worker's world: opened once per worker thread, reset
 * per episode; nothing is shared between workers.
 */
struct tare_world_ops {
    uint32_t version; /* TARE_CONTRACT_VERSION */
    const char *name, *about;
    /* config: the value under the world's name in suite.yaml (absent: defaults). Faults carry the
     * place relative to the suite's text. Long-lived memory comes from the arena. */
    enum tare_status (*open)(struct tare_json config, const struct tare_alc *alc,
                             struct tare_arena *arena, void **w, struct tare_err *err);
    void (*close)(void *w);
    /* Starts the episode of a task. rng: the world's own stream for this attempt. */
    enum tare_status (*reset)(void *w, const struct tare_task *task, struct tare_rng *rng,
                              struct tare_obs *obs, struct tare_err *err);
    /* One typed action; allocates nothing. A wrong action is an observation, not an error; the
     * status tells failures outside the solver only, but for TARE_E_LIMIT: what the solver did met
     * a ceiling beyond which nothing can be played, and the attempt fails with that cause. */
    enum tare_status (*step)(void *w, const struct tare_action *action, struct tare_rng *rng,
                             struct tare_obs *obs, struct tare_err *err);
    /* One action as JSON text from a model or a log, {"action_type": NAME, "params": {…}} with the
     * name of a tool and its arguments: checked, then step. Malformed text is an observation that
     * says what is wrong. */
    enum tare_status (*step_json)(void *w, struct tare_str action, struct tare_rng *rng,
                                  struct tare_obs *obs, struct tare_err *err);
    struct tare_facts (*facts)(const void *w);
    enum tare_status (*outcome)(const void *w, struct tare_arena *arena, struct tare_outcome *out,
                                struct tare_err *err);
    /* Texts of the last step, made only when somebody wants them (recording, models, people):
     * the action as canonical JSON, the observation as JSON, and the outline entry. */
    void (*action_json)(const void *w, struct tare_json_writer *out);
    void (*obs_json)(const void *w, struct tare_json_writer *out);
    void (*outline_json)(const void *w, struct tare_json_writer *out);
    /* The i-th planted instruction whose text has reached the solver up to now; false: there are
     * no more. The texts are valid until reset. NULL: the world plants none. */
    bool (*planted)(const void *w, uint32_t i, struct tare_planted *out);
    /* What the last step wrote, read or changed of a state that lasts (files, records), for the
     * record alone: the elements of an array, {"op": "create" (written whole), "edit" (a part of
     * it), "read", "change" (by something that ran) or "remove", "name", "sha256" of the whole as
     * it then is}. NULL: the world has no such state. */
    void (*state_json)(const void *w, struct tare_json_writer *out);
    const struct tare_tool *(*tools)(const void *w, uint32_t *n);
    /* What the world is and what is asked, for a model: plain text. After reset; NULL: nothing to
     * say. Must not give away what the tools would have to find out. */
    void (*brief)(const void *w, struct tare_buf *out);
    /* The world is a talk: it has no tools; what it observes has a list "messages" (those new in
     * this turn, as tare.request/1 has them), and the answer is one action, {"action_type":
     * "answer", "params": {"text": TEXT}}. */
    bool talks;
    /* Its steps run programs in a sandbox: they take as long as those, and TARE_E_IO is the
     * sandbox's failure. */
    bool boxed;
    /* Of a world whose steps run programs, after open: it looks at *stop while one runs. 2 or more:
     * all is ended at once, and what it does fails with TARE_E_CANCELLED. NULL: it never waits. */
    void (*heed)(void *w, const atomic_int *stop);
    /* JSON Schema of the answers of a talk; after open; NULL or empty: any text. */
    struct tare_str (*answer_schema)(const void *w);
    /* Names of the world's verbs and phases, for facts and timelines. */
    const char *(*verb_name)(uint32_t verb);
    const char *(*phase_name)(int32_t phase);
    /* Equal states give equal digests. */
    uint64_t (*digest)(const void *w);
    /* The verbs whose actions are TOUCHED facts, so that checks can split by them. */
    const uint32_t *touch_verbs;
    uint32_t n_touch_verbs;
};

/* ---- solver ------------------------------------------------------------------------------ */

enum tare_event_kind {
    TARE_EVENT_OBS = 1, /* after reset and after each ACT */
    TARE_EVENT_CHUNK,   /* part of a streamed reply */
    TARE_EVENT_REPLY,   /* answer to a REQUEST: ok or failed */
    TARE_EVENT_CHILD,   /* a SPAWNed child wrote a line or ended */
    TARE_EVENT_TIMER,   /* a WAIT is over */
    TARE_EVENT_CANCEL   /* deadline or stop: yield DONE now */
};

struct tare_event {
    enum tare_event_kind kind;
    uint64_t id; /* of the REQUEST, SPAWN or WAIT it answers */
    const struct tare_obs *obs;
    const struct tare_scene *scene; /* OBS, to a solver that reads */
    struct tare_str body;           /* CHUNK, REPLY, CHILD; OBS to a solver that reads: as JSON */
    enum tare_cause failed;         /* REPLY, CHILD: TARE_CAUSE_NONE when all went well */
    int exit_status;                /* CHILD that ended: status; -1 while it lives */
    int64_t now_ns;                 /* monotonic */
};

enum tare_yield_kind {
    TARE_YIELD_ACT = 1,
    TARE_YIELD_REQUEST,
    TARE_YIELD_SPAWN,
    TARE_YIELD_WAIT,
    TARE_YIELD_DONE
};

struct tare_request {
    struct tare_str endpoint; /* which of the run's endpoints; empty: the solver's first; "/ROLE":
                                 the solver's own of that role */
    struct tare_str body;     /* tare.request/1: docs/decisions/0008-model-requests.md */
    bool stream;
    /* Filled in by run/: */
    struct tare_str scope; /* names the attempt that asks */
    uint64_t attempt;      /* its number in this process, from 1 */
    uint32_t task, index;  /* in the batch; attempt of that task, from 0 */
};
struct tare_spawn {
    const char *const *argv; /* NULL-terminated; argv[0] an absolute path */
    const char *const *env;  /* NULL-terminated; nothing is inherited */
    struct tare_str input;   /* written to its standard input, then closed */
    int64_t timeout_ms;      /* then it is killed, and CHILD says LIMIT; 0: none */
    /* It is talked to: its input stays open, and a SPAWN yielded while it lives writes `input` to
     * it and grants timeout_ms anew (an empty input writes nothing and grants nothing). It lives
     * until the solver is DONE: docs/decisions/0010-external-agents.md. */
    bool talks;
};

/* What a solver wants next. Pointers live until the next call of next(). */
struct tare_yield {
    enum tare_yield_kind kind;
    uint64_t id;               /* chosen by the solver for REQUEST, SPAWN, WAIT */
    struct tare_action action; /* ACT, when json is empty */
    struct tare_str json;      /* ACT as text: goes to step_json */
    struct tare_request request;
    struct tare_spawn spawn;
    int64_t wait_until_ns; /* WAIT: monotonic */
    enum tare_cause cause; /* DONE: NONE when the solver is finished, else who failed */
    struct tare_str cause_text;
};

struct tare_solver_ops {
    uint32_t version;
    const char *name, *about;
    bool control;       /* of known merit: shown as a control, not ranked */
    bool waits;         /* may yield REQUEST, SPAWN or WAIT; false: played whole on a CPU */
    bool reads;         /* wants OBS with its body as JSON and the scene */
    size_t state_bytes; /* run/ allocates it zeroed per attempt */
    /* config: the resolved solver document (absent: defaults). shared lives as long as the run,
     * is read-only afterwards and may be used by all threads. */
    enum tare_status (*open)(struct tare_json config, struct tare_arena *arena, void **shared,
                             struct tare_err *err);
    /* The parameters that count, all defaults resolved, as canonical JSON: the solver's identity.
     */
    void (*identity)(const void *shared, struct tare_json_writer *out);
    enum tare_status (*start)(const void *shared, void *state, const struct tare_task *task,
                              struct tare_rng *rng, struct tare_arena *arena, struct tare_err *err);
    enum tare_status (*next)(const void *shared, void *state, const struct tare_event *event,
                             struct tare_rng *rng, struct tare_arena *turn, struct tare_yield *out,
                             struct tare_err *err);
    /* What a harness did, for the record; either may be NULL. trace: the elements of an array, what
     * happened since it was last asked (before each recorded step, and at the end); each an object
     * with "e", its kind; times only in members of record/digest.h. account: one object with the
     * totals of the attempt, before stop. docs/concepts/harness.md. */
    void (*trace)(const void *shared, void *state, struct tare_json_writer *out);
    void (*account)(const void *shared, const void *state, struct tare_json_writer *out);
    /* Exactly once for each start that succeeded. */
    void (*stop)(const void *shared, void *state);
};

/* ---- check ------------------------------------------------------------------------------- */

/* What a check is opened with, once a batch. All of it lives as long as the batch. */
struct tare_check_setup {
    const struct tare_world_ops *world;
    struct tare_json config;       /* the list `checks` of suite.yaml, or absent */
    struct tare_str folder;        /* of suite.yaml: programs and files are named from there */
    const struct tare_task *tasks; /* those that are played; in.task points into them */
    uint32_t n_tasks;
    /* Models that may be asked, by name (tare_request.endpoint), and their families. */
    const struct tare_check_model *models;
    uint32_t n_models;
};

struct tare_check_model {
    struct tare_str name, family; /* family may be empty */
    struct tare_digest identity;
};

/* What a check may look at. */
struct tare_check_in {
    const struct tare_task *task;
    const struct tare_facts *facts; /* of the episode; n 0 when the world has none */
    const struct tare_outcome *outcome;
    enum tare_attempt_status status;
    uint32_t n_steps;
    uint32_t index;                 /* 0-based attempt */
    uint64_t tokens_in, tokens_out; /* of the solver; 0: nothing is known */
    double cost_usd;                /* of the solver; 0: unknown */
    void *work;                     /* of a check that waits: what it found out; else NULL */
    struct tare_buf *evidence; /* score() may add one JSON value: what it saw; NULL: not kept */
};

struct tare_check_ops {
    uint32_t version;
    const char *name, *about;
    /* What it needs to know of the world, once a batch. state lives in the arena, is read-only
     * afterwards and may be used by all threads. */
    enum tare_status (*open)(const struct tare_check_setup *setup, struct tare_arena *arena,
                             void **state, struct tare_err *err);
    /* The metrics this check fills, in order; they live as long as the state. */
    const struct tare_metric *(*metrics)(const void *state, uint32_t *n);
    /* Writes one score a metric into out[0..n-1]; out[i].metric is i. Strings in the arena. */
    enum tare_status (*score)(const void *state, const struct tare_check_in *in,
                              struct tare_arena *arena, struct tare_score *out,
                              struct tare_err *err);
    /* A check that waits: a judge, a program. All NULL where it never does. After the solver has
     * ended, run/ calls begin with zeroed memory of work_bytes, then next as it calls a solver's
     * (the first event is OBS without an observation) until it yields DONE, then score with
     * in->work. Yields: REQUEST (to one of setup->models), SPAWN, WAIT, DONE. What it was refused
     * is its own finding (a score that is missing), never an error of the attempt. What it spends
     * is not the solver's. */
    bool (*waits)(const void *state);
    size_t work_bytes;
    enum tare_status (*begin)(const void *state, void *work, const struct tare_check_in *in,
                              struct tare_arena *arena, struct tare_err *err);
    enum tare_status (*next)(const void *state, void *work, const struct tare_check_in *in,
                             const struct tare_event *event, struct tare_arena *turn,
                             struct tare_yield *out, struct tare_err *err);
};

/* ---- task source ------------------------------------------------------------------------- */

/* What makes the tasks of a world (`tasks: {generate: {...}}` in suite.yaml) and looks at those of
 * a file before anything runs. run/registry binds it to the world of the same name and hands it to
 * suite/. */
struct tare_task_source {
    uint32_t version;
    const char *name; /* the world's: "soc" */
    /* Appends the tasks to `out`, one JSON object a line in the shape of docs/schema/task.json.
     * generate: the mapping under the key of that name; world: the value under the world's name
     * (absent: defaults). The same arguments give the same bytes everywhere. Faults about a value
     * carry its offset in the suite's text (tare_json_offset). */
    enum tare_status (*make)(struct tare_json generate, struct tare_json world,
                             struct tare_arena *scratch, struct tare_buf *out,
                             struct tare_err *err);
    /* Refuses a task of a file that the world cannot play: it lacks something, names what is not
     * there, contradicts itself. NULL: none is refused. Faults carry the offset of the value,
     * counted as tare_json_offset does. Threads: safe. */
    enum tare_status (*check)(const struct tare_task *task, struct tare_json world,
                              struct tare_arena *scratch, struct tare_err *err);
};

#endif
