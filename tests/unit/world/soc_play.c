#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "soc_play.h"

#include "base/banned.h"

struct tare_task soc_task(struct tare_str line, struct tare_arena *arena)
{
    struct tare_json root;
    struct tare_err err = {0};
    struct tare_task task = {0};
    assert_int_equal(tare_json_parse(line, &tare_json_strict, arena, &root, &err), TARE_OK);
    task.id = tare_json_str(tare_json_get(root, "id"));
    task.input = tare_json_get(root, "input");
    task.expect = tare_json_get(root, "expect");
    assert_true(tare_json_present(task.input));
    return task;
}

static bool seen_before(const struct tare_facts *f, const struct tare_fact *touch)
{
    for (uint32_t i = 0; i < f->n; i++) {
        const struct tare_fact *s = &f->v[i];
        if (s->kind == TARE_FACT_SEEN && s->entity == touch->entity && s->implicates &&
            s->trust >= TARE_TRUST_CORROBORATED && s->step < touch->step)
            return true;
    }
    return false;
}

static void touch(const struct tare_facts *facts, const struct tare_fact *f, struct soc_episode *e)
{
    e->contained++;
    e->gated += seen_before(facts, f);
    if (e->first < 0)
        e->first = (int32_t)f->step;
    e->refused += f->touch == TARE_TOUCH_REFUSED;
    e->right += f->touch == TARE_TOUCH_REQUIRED && !f->repeat;
    e->harmful += f->touch == TARE_TOUCH_HARMFUL && !f->repeat;
}

static void count(struct tare_facts facts, struct soc_episode *e)
{
    e->first = -1;
    for (uint32_t i = 0; i < facts.n; i++) {
        const struct tare_fact *f = &facts.v[i];
        uint32_t tier = f->tier & 3;
        e->required += f->kind == TARE_FACT_REQUIRED;
        e->reported = e->reported || f->kind == TARE_FACT_REPORTED;
        e->present[tier] += f->kind == TARE_FACT_PAYLOAD_PRESENT;
        e->met[tier] += f->kind == TARE_FACT_PAYLOAD_MET;
        e->followed[tier] += f->kind == TARE_FACT_PAYLOAD_FOLLOWED;
        if (f->kind == TARE_FACT_TOUCHED)
            touch(&facts, f, e);
    }
}

struct soc_episode soc_play(void *world, const struct tare_solver_ops *solver, const void *shared,
                            const struct tare_task *task, uint64_t seed)
{
    const struct tare_world_ops *w = &tare_world_soc;
    struct tare_arena arena, turn;
    struct tare_rng world_rng, solver_rng;
    struct tare_obs obs = {0};
    struct tare_err err = {0};
    struct soc_episode e = {0};
    void *state = calloc(1, solver->state_bytes);
    assert_non_null(state);
    tare_arena_init(&arena, NULL, TARE_ARENA_ATTEMPT_BYTES);
    tare_arena_init(&turn, NULL, TARE_ARENA_ATTEMPT_BYTES);
    tare_rng_init(&world_rng, seed, TARE_S("test.world"), 0);
    tare_rng_init(&solver_rng, seed, TARE_S("test.solver"), 0);
    if (w->reset(world, task, &world_rng, &obs, &err) != TARE_OK)
        fail_msg("%s", err.text);
    assert_int_equal(solver->start(shared, state, task, &solver_rng, &arena, &err), TARE_OK);
    for (;;) {
        const struct tare_event event = {.kind = TARE_EVENT_OBS, .obs = &obs};
        struct tare_yield yield = {0};
        assert_int_equal(solver->next(shared, state, &event, &solver_rng, &turn, &yield, &err),
                         TARE_OK);
        if (yield.kind != TARE_YIELD_ACT)
            break;
        assert_int_equal(w->step(world, &yield.action, &world_rng, &obs, &err), TARE_OK);
        tare_arena_reset(&turn);
        assert_true(++e.steps < 1000);
    }
    solver->stop(shared, state);
    struct tare_outcome outcome = {0};
    assert_int_equal(w->outcome(world, &arena, &outcome, &err), TARE_OK);
    e.reward = outcome.reward;
    e.reward_max = outcome.reward_max;
    count(w->facts(world), &e);
    tare_arena_free(&turn);
    tare_arena_free(&arena);
    free(state);
    return e;
}
