/* Solvers of known merit: a script of the task's, of one's own, or none, run in the shell, and then
 * the claim to be done. */
#include "record/task.h"
#include "text/fields.h"
#include "world/workspace/workspace.h"

#include "base/banned.h"

/* What somebody may try who cannot do the task: results, results of check runners, another python,
 * another shell, the check's own place. None of it may be worth anything. */
static const char forgery[] =
    "mkdir -p /result /logs/verifier /tests 2>/dev/null\n"
    "for f in /result/score.json /logs/verifier/reward.txt /tests/check.py score.json reward.txt; "
    "do\n"
    "  echo '{\"score\": 1, \"pass\": true, \"tag\": \"\"}' >$f\n"
    "done 2>/dev/null\n"
    "printf '#!/bin/sh\\nexit 0\\n' >python3; cp python3 python; cp python3 pytest; cp python3 sh\n"
    "chmod +x python3 python pytest sh\n"
    "echo 'import os; os._exit(0)' >sitecustomize.py\n"
    "cp sitecustomize.py usercustomize.py; cp sitecustomize.py conftest.py; cp sitecustomize.py "
    "json.py\n"
    "echo 'exit 0' >.bashrc; cp .bashrc .profile; cp .bashrc .bash_profile\n"
    "true\n";

struct shared {
    struct tare_str script; /* p NULL: the task's solution */
};

struct state {
    const struct tare_task *task;
    struct tare_workspace_shell shell;
    struct tare_workspace_submit submit;
    unsigned n;
};

static enum tare_status open_with(struct tare_json config, bool takes, struct tare_str script,
                                  struct tare_arena *arena, void **shared, struct tare_err *err)
{
    struct shared *s = TARE_NEW(arena, struct shared);
    struct tare_str none = {NULL, 0};
    struct tare_fields f;
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a solver");
    s->script = script;
    *shared = s;
    if (!tare_json_present(config))
        return TARE_OK;
    tare_fields_begin(&f, config, none, none, err);
    if (takes)
        tare_fields_str(&f, "script", false, &s->script);
    return tare_fields_end(&f);
}

static enum tare_status oracle_open(struct tare_json config, struct tare_arena *arena,
                                    void **shared, struct tare_err *err)
{
    return open_with(config, false, (struct tare_str){NULL, 0}, arena, shared, err);
}

static enum tare_status idle_open(struct tare_json config, struct tare_arena *arena, void **shared,
                                  struct tare_err *err)
{
    return open_with(config, false, TARE_S(""), arena, shared, err);
}

static enum tare_status forger_open(struct tare_json config, struct tare_arena *arena,
                                    void **shared, struct tare_err *err)
{
    return open_with(config, false, tare_str_of(forgery), arena, shared, err);
}

static enum tare_status vandal_open(struct tare_json config, struct tare_arena *arena,
                                    void **shared, struct tare_err *err)
{
    return open_with(config, false, TARE_S("rm -rf /work/* /work/.[!.]*"), arena, shared, err);
}

static enum tare_status script_open(struct tare_json config, struct tare_arena *arena,
                                    void **shared, struct tare_err *err)
{
    return open_with(config, true, TARE_S("true"), arena, shared, err);
}

static void identity(const void *shared, struct tare_json_writer *out)
{
    const struct shared *s = shared;
    tare_json_begin_object(out);
    if (s->script.n) {
        tare_json_put_key(out, "script");
        tare_json_put_str(out, s->script);
    }
    tare_json_end_object(out);
}

static enum tare_status start(const void *shared, void *state, const struct tare_task *task,
                              struct tare_rng *rng, struct tare_arena *arena, struct tare_err *err)
{
    const struct shared *c = shared;
    struct state *s = state;
    (void)rng, (void)arena, (void)err;
    s->task = task;
    s->shell.command =
        c->script.p ? c->script : tare_json_str(tare_json_get(task->expect, "solution"));
    return TARE_OK;
}

static enum tare_status next(const void *shared, void *state, const struct tare_event *event,
                             struct tare_rng *rng, struct tare_arena *turn, struct tare_yield *out,
                             struct tare_err *err)
{
    struct state *s = state;
    (void)shared, (void)rng, (void)turn, (void)err;
    *out = (struct tare_yield){.kind = TARE_YIELD_DONE};
    if (event->kind == TARE_EVENT_CANCEL)
        out->cause = TARE_CAUSE_CANCELLED;
    if (event->kind != TARE_EVENT_OBS || !event->obs || event->obs->done)
        return TARE_OK;
    out->kind = TARE_YIELD_ACT;
    if (s->n++ == 0 && s->shell.command.n)
        out->action = (struct tare_action){TARE_WORKSPACE_SHELL, &s->shell};
    else
        out->action = (struct tare_action){TARE_WORKSPACE_SUBMIT, &s->submit};
    return TARE_OK;
}

static void stop(const void *shared, void *state)
{
    (void)shared, (void)state;
}

#define CONTROL(id, word, says, is_control, open_)                                                 \
    static const struct tare_solver_ops id = {.version = TARE_CONTRACT_VERSION,                    \
                                              .name = word,                                        \
                                              .about = says,                                       \
                                              .control = is_control,                               \
                                              .state_bytes = sizeof(struct state),                 \
                                              .open = open_,                                       \
                                              .identity = identity,                                \
                                              .start = start,                                      \
                                              .next = next,                                        \
                                              .stop = stop}

CONTROL(idle, "do-nothing", "submits the folder as it was given", true, idle_open);
CONTROL(vandal, "vandal", "removes all files", true, vandal_open);
CONTROL(forger, "forger", "leaves forged results and false programs instead of work", true,
        forger_open);
CONTROL(oracle, "oracle", "runs the task's own solution", true, oracle_open);
CONTROL(script, "script", "runs its parameter script in the shell", false, script_open);

const struct tare_solver_ops *const tare_workspace_solvers[] = {&idle,   &vandal, &forger,
                                                                &oracle, &script, NULL};
