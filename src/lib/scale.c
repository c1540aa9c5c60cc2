#include "lib/lib.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "lib/bind.h"
#include "run/attempt.h"
#include "run/registry.h"
#include "suite/suite.h"

#include "base/banned.h"

#define MAX_METRICS 128u

struct tare_scale {
    struct tare_arena arena; /* the suite, the world and the check */
    struct tare_arena turn;  /* one weighing: the solver and what it leaves */
    struct tare_suite *suite;
    const char **ids; /* of the tasks, with a NUL behind each */
    const struct tare_world_ops *world;
    void *w;
    const struct tare_check_ops *const *checks;
    const void **check_states;
    uint32_t n_checks;
    struct tare_str names[MAX_METRICS]; /* of the metrics of all checks, in order */
    uint32_t n_metrics;
    uint32_t metric_of[MAX_METRICS];
    uint64_t seed;
    double values[MAX_METRICS]; /* of the last weighing */
};

static enum tare_status open_checks(struct tare_scale *s, struct tare_err *err)
{
    const struct tare_suite *suite = s->suite;
    struct tare_check_setup opened = {.world = s->world,
                                      .config = suite->checks,
                                      .folder = suite->path,
                                      .tasks = suite->tasks,
                                      .n_tasks = suite->n_tasks};
    s->checks = tare_registry_checks(suite->world, tare_json_present(suite->checks), &s->n_checks);
    s->check_states = TARE_NEW_N(&s->arena, const void *, s->n_checks);
    if (!s->check_states)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the checks");
    for (uint32_t c = 0; c < s->n_checks; c++) {
        void *state = NULL;
        uint32_t n = 0;
        enum tare_status st = s->checks[c]->open(&opened, &s->arena, &state, err);
        if (st)
            return st;
        s->check_states[c] = state;
        const struct tare_metric *own = s->checks[c]->metrics(state, &n);
        for (uint32_t i = 0; i < n; i++) {
            if (s->n_metrics == MAX_METRICS)
                return tare_fail(err, TARE_E_LIMIT, "more than %u metrics", MAX_METRICS);
            s->names[s->n_metrics] = own[i].name;
            s->metric_of[s->n_metrics] = s->n_metrics;
            s->values[s->n_metrics++] = (double)NAN;
        }
    }
    return TARE_OK;
}

static enum tare_status open_suite(struct tare_scale *s, const char *suite, struct tare_err *err)
{
    enum tare_status st = tare__lib_suite(tare_str_of(suite), &s->arena, &s->suite, err);
    if (st)
        return st;
    s->ids = TARE_NEW_N(&s->arena, const char *, s->suite->n_tasks);
    for (uint32_t i = 0; s->ids && i < s->suite->n_tasks; i++)
        s->ids[i] = tare_arena_copy(&s->arena, s->suite->tasks[i].id).p;
    if (!s->ids || (s->suite->n_tasks && !s->ids[s->suite->n_tasks - 1]))
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the names of the tasks");
    s->world = tare_registry_world(s->suite->world);
    if (!s->world) {
        tare_err_file(err, s->suite->path);
        return tare_fail(err, TARE_E_INPUT, "there is no world \"%.*s\"",
                         TARE_FMT(s->suite->world));
    }
    st = s->world->open(s->suite->world_config, NULL, &s->arena, &s->w, err);
    if (st) {
        tare_err_file(err, s->suite->path);
        tare_err_locate(err, s->suite->text);
        return st;
    }
    return open_checks(s, err);
}

int tare_scale_open(const struct tare_scale_options *options, struct tare_scale **out,
                    struct tare_fault *fault)
{
    struct tare_err err = {0};
    if (!out || !options || options->size < sizeof *options || !options->suite) {
        (void)tare_fail(&err, TARE_E_STATE, "options without their size or without a suite");
        return tare__fault(fault, &err);
    }
    *out = NULL;
    struct tare_scale *s = calloc(1, sizeof *s);
    if (!s) {
        (void)tare_fail(&err, TARE_E_NOMEM, "not enough memory");
        return tare__fault(fault, &err);
    }
    s->seed = options->seed;
    tare_arena_init(&s->arena, NULL, TARE_ARENA_LOAD_BYTES);
    tare_arena_init(&s->turn, NULL, TARE_ARENA_ATTEMPT_BYTES);
    if (open_suite(s, options->suite, &err) != TARE_OK) {
        tare_scale_close(s);
        return tare__fault(fault, &err);
    }
    *out = s;
    return TARE_CODE_OK;
}

void tare_scale_close(struct tare_scale *s)
{
    if (!s)
        return;
    if (s->w)
        s->world->close(s->w);
    tare_arena_free(&s->turn);
    tare_arena_free(&s->arena);
    free(s);
}

size_t tare_scale_tasks(const struct tare_scale *s)
{
    return s->suite->n_tasks;
}

const char *tare_scale_task(const struct tare_scale *s, size_t i)
{
    return i < s->suite->n_tasks ? s->ids[i] : NULL;
}

static const struct tare_task *find_task(const struct tare_scale *s, const char *id,
                                         struct tare_err *err)
{
    if (!id && s->suite->n_tasks)
        return &s->suite->tasks[0];
    for (uint32_t i = 0; i < s->suite->n_tasks; i++)
        if (tare_str_is(s->suite->tasks[i].id, id))
            return &s->suite->tasks[i];
    (void)tare_fail(err, TARE_E_USAGE, "the suite has no task \"%s\"", id ? id : "");
    return NULL;
}

static void take_result(struct tare_scale *s, const struct tare_attempt *a, struct tare_weight *out)
{
    struct tare_weight w = {.size = out->size, .score = (double)NAN, .steps = a->n_steps};
    w.ending = a->status == TARE_ATTEMPT_DONE     ? TARE_ENDED_DONE
               : a->status == TARE_ATTEMPT_FAILED ? TARE_ENDED_FAILED
                                                  : TARE_ENDED_MISSING;
    for (uint32_t i = 0; i < s->n_metrics; i++)
        s->values[i] = (double)NAN;
    for (uint32_t i = 0; i < a->n_scores; i++)
        if (a->scores[i].state == TARE_SCORE_OK && a->scores[i].metric < s->n_metrics)
            s->values[a->scores[i].metric] = a->scores[i].value;
    struct tare_str headline = s->suite->n_metrics ? s->suite->metrics[0] : TARE_S("reward");
    (void)snprintf(w.metric, sizeof w.metric, "%.*s", TARE_FMT(headline));
    (void)snprintf(w.cause, sizeof w.cause, "%.*s", TARE_FMT(a->cause_text));
    w.score = tare_scale_value(s, w.metric);
    memcpy(out, &w, out->size < sizeof w ? out->size : sizeof w);
}

static enum tare_status weigh(struct tare_scale *s, const struct tare_weigh_options *o,
                              struct tare_weight *out, struct tare_err *err)
{
    const struct tare_task *task = find_task(s, o->task, err);
    struct tare__lib_solver solver;
    if (!task)
        return err->code;
    enum tare_status st =
        tare__lib_solver(tare_str_of(o->solver), s->suite->world, &s->turn, &solver, err);
    if (st)
        return st;
    uint32_t steps = s->suite->limits.steps, own = solver.limits.steps;
    struct tare_play_setup setup = {.world = s->world,
                                    .w = s->w,
                                    .solver = solver.ops,
                                    .shared = solver.shared,
                                    .checks = s->checks,
                                    .check_states = s->check_states,
                                    .n_checks = s->n_checks,
                                    .n_metrics = s->n_metrics,
                                    .metric_of = s->metric_of,
                                    .seed = s->seed,
                                    .max_steps = own && (!steps || own < steps) ? own : steps};
    const struct tare_clock *clock = tare_clock_system();
    struct tare_play play;
    tare_play_start(&play, &setup, task, o->attempt, clock->wall_ns(clock->ctx), &s->turn);
    if (play.state == TARE_PLAY_FINISHED)
        take_result(s, &play.attempt, out);
    else
        st = tare_fail(err, TARE_E_STATE, "%s waits although it said it would not", o->solver);
    tare_play_end(&play);
    return st;
}

int tare_scale_weigh(struct tare_scale *s, const struct tare_weigh_options *options,
                     struct tare_weight *out, struct tare_fault *fault)
{
    struct tare_err err = {0};
    if (!s || !out || out->size < sizeof out->size || !options || options->size < sizeof *options ||
        !options->solver)
        (void)tare_fail(&err, TARE_E_STATE, "options or result without their size, or no solver");
    else
        (void)weigh(s, options, out, &err);
    if (s)
        tare_arena_reset(&s->turn);
    return err.code ? tare__fault(fault, &err) : TARE_CODE_OK;
}

double tare_scale_value(const struct tare_scale *s, const char *metric)
{
    for (uint32_t i = 0; i < s->n_metrics; i++)
        if (tare_str_is(s->names[i], metric))
            return s->values[i];
    return (double)NAN;
}
