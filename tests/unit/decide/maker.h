/*
 * Results made by hand: one metric, runs given as task-by-attempt tables.
 */
#ifndef TARE_TESTS_DECIDE_MAKER_H
#define TARE_TESTS_DECIDE_MAKER_H

#include <math.h>
#include <stdio.h>

#include "decide/compare.h"

#define MADE_MAX_RUNS 8

#define assert_near(got, want, within)                                                             \
    assert_near_((double)(got), (double)(want), (within), __FILE__, __LINE__)

static inline void assert_near_(double got, double want, double within, const char *file, int line)
{
    if (!(fabs(got - want) <= within)) {
        print_error("%.17g is not within %g of %.17g\n", got, within, want);
        _fail(file, line);
    }
}

/* value[t * k + i]: attempt i of task t. NaN: missing; infinity: did not arise. */
struct made {
    struct tare_results results;
    struct tare_metric metric;
    struct tare_results_run runs[MADE_MAX_RUNS];
    struct tare_results_column columns[MADE_MAX_RUNS];
};

static inline struct tare_metric made_share(const char *name)
{
    return (struct tare_metric){.name = tare_str_of(name),
                                .title = tare_str_of("solved %"),
                                .unit = TARE_S("share"),
                                .direction = TARE_HIGHER_BETTER,
                                .min = 0,
                                .max = 1};
}

static inline struct tare_metric made_points(const char *name)
{
    struct tare_metric m = made_share(name);
    m.title = m.name;
    m.unit = TARE_S("points");
    m.min = (double)-INFINITY;
    m.max = (double)INFINITY;
    return m;
}

static inline void made_init(struct made *m, struct tare_arena *arena, struct tare_metric metric,
                             uint32_t n_tasks, uint32_t k)
{
    *m = (struct made){.metric = metric};
    struct tare_results_task *tasks = TARE_NEW_N(arena, struct tare_results_task, n_tasks);
    for (uint32_t t = 0; t < n_tasks; t++)
        tasks[t].id = tare_arena_printf(arena, "t-%04u", t);
    m->results = (struct tare_results){.suite = TARE_S("made"),
                                       .version = TARE_S("1.0.0"),
                                       .k = k,
                                       .metrics = &m->metric,
                                       .n_metrics = 1,
                                       .tasks = tasks,
                                       .n_tasks = n_tasks,
                                       .runs = m->runs};
}

/* Gives every task a tag: value[t]. */
static inline void made_tag(struct made *m, struct tare_arena *arena, const char *key,
                            const char *const *value)
{
    struct tare_results_task *tasks =
        TARE_NEW_N(arena, struct tare_results_task, m->results.n_tasks);
    for (uint32_t t = 0; t < m->results.n_tasks; t++) {
        struct tare_tag *tag = TARE_NEW(arena, struct tare_tag);
        *tag = (struct tare_tag){tare_str_of(key), tare_str_of(value[t])};
        tasks[t] = m->results.tasks[t];
        tasks[t].tags = tag;
        tasks[t].n_tags = 1;
    }
    m->results.tasks = tasks;
}

static inline uint32_t made_add(struct made *m, struct tare_arena *arena, const char *name,
                                const double *value)
{
    uint32_t at = m->results.n_runs++, k = m->results.k, n = m->results.n_tasks * k;
    uint32_t *task = TARE_NEW_N(arena, uint32_t, n), *attempt = TARE_NEW_N(arena, uint32_t, n);
    uint8_t *status = TARE_NEW_N(arena, uint8_t, n), *cause = TARE_NEW_N(arena, uint8_t, n);
    uint8_t *state = TARE_NEW_N(arena, uint8_t, n);
    double *copy = TARE_NEW_N(arena, double, n);
    for (uint32_t i = 0; i < n; i++) {
        task[i] = i / k;
        attempt[i] = i % k;
        bool missing = isnan(value[i]), na = isinf(value[i]) != 0;
        status[i] = missing ? TARE_ATTEMPT_MISSING : TARE_ATTEMPT_DONE;
        cause[i] = missing ? TARE_CAUSE_ENDPOINT : TARE_CAUSE_NONE;
        state[i] = missing ? TARE_SCORE_MISSING : na ? TARE_SCORE_NOT_APPLICABLE : TARE_SCORE_OK;
        copy[i] = missing || na ? (double)NAN : value[i];
    }
    m->columns[at] = (struct tare_results_column){.value = copy, .state = state};
    m->runs[at] = (struct tare_results_run){.name = tare_str_of(name),
                                            .id = tare_arena_printf(arena, "r%u%s", at, name),
                                            .k = k,
                                            .finished = true,
                                            .cause_known = true,
                                            .n_attempts = n,
                                            .task = task,
                                            .attempt = attempt,
                                            .status = status,
                                            .cause = cause,
                                            .columns = &m->columns[at]};
    return at;
}

/* Two runs of one attempt: both pass, only A, only B, neither. */
static inline void made_table(struct made *m, struct tare_arena *arena, uint32_t both,
                              uint32_t only_a, uint32_t only_b, uint32_t neither)
{
    uint32_t n = both + only_a + only_b + neither;
    double *a = TARE_NEW_N(arena, double, n), *b = TARE_NEW_N(arena, double, n);
    for (uint32_t i = 0; i < n; i++) {
        a[i] = i < both + only_a;
        b[i] = i < both || (i >= both + only_a && i < both + only_a + only_b);
    }
    made_init(m, arena, made_share("solved"), n, 1);
    (void)made_add(m, arena, "plain", a);
    (void)made_add(m, arena, "careful", b);
}

#endif
