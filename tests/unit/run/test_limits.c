/*
 * Ceilings. What a solver does to meet one is its own failure, with the steps until then readable;
 * what the machine or the task alone does is missing. A world and a solver whose sizes can be set
 * stand in for real ones: an attempt is driven through each way there is.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "guess.h"
#include "run/attempt.h"

/* How large what is. 0: as small as can be. */
struct sizes {
    size_t action, json, obs, first_obs, outline, of_step, of_turn, detail, output, of_score;
    uint32_t acts;
    enum tare_status step_says;
};
static struct sizes now;

static bool use(struct tare_arena *arena, size_t n)
{
    return n == 0 || tare_arena_alloc(arena, n) != NULL;
}

static void put_text(struct tare_json_writer *w, size_t n)
{
    char *p = malloc(n + 1);
    assert_non_null(p);
    memset(p, 'x', n);
    tare_json_put_str(w, tare_str_n(p, n));
    free(p);
}

/* ---- a world ------------------------------------------------------------------------------- */

struct world {
    struct tare_arena arena;
    uint32_t step;
};

static enum tare_status w_open(struct tare_json config, const struct tare_alc *alc,
                               struct tare_arena *arena, void **out, struct tare_err *err)
{
    (void)config, (void)err;
    struct world *w = TARE_NEW(arena, struct world);
    assert_non_null(w);
    tare_arena_init(&w->arena, alc, TARE_ARENA_ATTEMPT_BYTES);
    *out = w;
    return TARE_OK;
}

static void w_close(void *p)
{
    tare_arena_free(&((struct world *)p)->arena);
}

static enum tare_status w_reset(void *p, const struct tare_task *task, struct tare_rng *rng,
                                struct tare_obs *obs, struct tare_err *err)
{
    struct world *w = p;
    (void)task, (void)rng, (void)err;
    tare_arena_reset(&w->arena);
    w->step = 0;
    *obs = (struct tare_obs){.view = w};
    return TARE_OK;
}

static enum tare_status w_step(void *p, const struct tare_action *a, struct tare_rng *rng,
                               struct tare_obs *obs, struct tare_err *err)
{
    struct world *w = p;
    (void)a, (void)rng;
    if (now.step_says != TARE_OK)
        return tare_fail(err, now.step_says, "it cannot be done");
    if (!use(&w->arena, now.of_step))
        return tare_fail(err, TARE_E_NOMEM, "no memory for a step");
    *obs = (struct tare_obs){.view = w, .step = ++w->step};
    return TARE_OK;
}

static enum tare_status w_step_json(void *p, struct tare_str text, struct tare_rng *rng,
                                    struct tare_obs *obs, struct tare_err *err)
{
    (void)text;
    return w_step(p, NULL, rng, obs, err);
}

static struct tare_facts w_facts(const void *p)
{
    (void)p;
    return (struct tare_facts){0};
}

static enum tare_status w_outcome(const void *p, struct tare_arena *arena, struct tare_outcome *out,
                                  struct tare_err *err)
{
    (void)p;
    if (!use(arena, now.detail) || !use(arena, now.output))
        return tare_fail(err, TARE_E_NOMEM, "no memory for an outcome");
    *out = (struct tare_outcome){.reward = 1, .detail = TARE_S("{}"), .output = TARE_S("yes")};
    return TARE_OK;
}

static void w_action(const void *p, struct tare_json_writer *out)
{
    (void)p;
    put_text(out, now.action);
}

static void w_obs(const void *p, struct tare_json_writer *out)
{
    put_text(out, ((const struct world *)p)->step ? now.obs : now.first_obs);
}

static void w_outline(const void *p, struct tare_json_writer *out)
{
    (void)p;
    tare_json_begin_object(out);
    tare_json_put_key(out, "text");
    put_text(out, now.outline);
    tare_json_end_object(out);
}

static const struct tare_tool *w_tools(const void *p, uint32_t *n)
{
    (void)p;
    *n = 0;
    return NULL;
}

static const struct tare_world_ops sized_world = {.version = TARE_CONTRACT_VERSION,
                                                  .name = "sized",
                                                  .open = w_open,
                                                  .close = w_close,
                                                  .reset = w_reset,
                                                  .step = w_step,
                                                  .step_json = w_step_json,
                                                  .facts = w_facts,
                                                  .outcome = w_outcome,
                                                  .action_json = w_action,
                                                  .obs_json = w_obs,
                                                  .outline_json = w_outline,
                                                  .tools = w_tools};

/* ---- a solver ------------------------------------------------------------------------------ */

struct state {
    struct tare_arena *arena;
    uint32_t acts;
};

static enum tare_status s_start(const void *shared, void *state, const struct tare_task *task,
                                struct tare_rng *rng, struct tare_arena *arena,
                                struct tare_err *err)
{
    (void)shared, (void)task, (void)rng, (void)err;
    *(struct state *)state = (struct state){.arena = arena};
    return TARE_OK;
}

static enum tare_status s_next(const void *shared, void *state, const struct tare_event *event,
                               struct tare_rng *rng, struct tare_arena *turn,
                               struct tare_yield *out, struct tare_err *err)
{
    struct state *s = state;
    (void)shared, (void)event, (void)rng;
    if (!use(s->arena, now.of_turn))
        return tare_fail(err, TARE_E_NOMEM, "no memory for a turn");
    out->kind = s->acts++ < now.acts ? TARE_YIELD_ACT : TARE_YIELD_DONE;
    if (now.json) {
        char *p = tare_arena_alloc(turn, now.json);
        assert_non_null(p);
        memset(p, ' ', now.json);
        out->json = tare_str_n(p, now.json);
    }
    return TARE_OK;
}

static void s_stop(const void *shared, void *state)
{
    (void)shared, (void)state;
}

static const struct tare_solver_ops sized_solver = {.version = TARE_CONTRACT_VERSION,
                                                    .name = "sized",
                                                    .reads = true,
                                                    .state_bytes = sizeof(struct state),
                                                    .start = s_start,
                                                    .next = s_next,
                                                    .stop = s_stop};

/* ---- a check: 1 for an answer, 0 for none ---------------------------------------------------- */

static enum tare_status c_score(const void *state, const struct tare_check_in *in,
                                struct tare_arena *arena, struct tare_score *out,
                                struct tare_err *err)
{
    bool answered = in->status == TARE_ATTEMPT_DONE && in->outcome->output.p;
    (void)state;
    if (answered && !use(arena, now.of_score))
        return tare_fail(err, TARE_E_NOMEM, "no memory for a score");
    out[0] = (struct tare_score){.value = answered, .num = answered, .den = 1};
    return TARE_OK;
}

static const struct tare_metric *c_metrics(const void *state, uint32_t *n)
{
    static const struct tare_metric one = {.name = {"answered", 8}};
    (void)state;
    *n = 1;
    return &one;
}

static const struct tare_check_ops sized_check = {
    .version = TARE_CONTRACT_VERSION, .name = "sized", .metrics = c_metrics, .score = c_score};

/* ---- one attempt ----------------------------------------------------------------------------- */

struct tight {
    size_t live, most;
};

static void *tight_get(void *ctx, size_t n)
{
    struct tight *t = ctx;
    if (t->live + n > t->most)
        return NULL;
    t->live += n;
    return malloc(n ? n : 1);
}

static void tight_put(void *ctx, void *p, size_t n)
{
    ((struct tight *)ctx)->live -= n;
    free(p);
}

struct played {
    struct tare_arena arena, batch;
    struct tare_play play;
    struct tight tight;
    struct tare_alc machine;
    struct tare_alc_watch watch;
    void *w;
};

/* most: bytes the machine has; 0: enough. */
static struct played *play(struct sizes sizes, size_t most)
{
    static const struct tare_check_ops *const checks[] = {&sized_check};
    static const void *const states[] = {NULL};
    static const uint32_t metric_of[] = {0};
    struct played *x = calloc(1, sizeof *x);
    struct tare_json none = {NULL, 0};
    assert_non_null(x);
    now = sizes;
    x->tight.most = most ? most : SIZE_MAX;
    x->machine = (struct tare_alc){tight_get, tight_put, &x->tight, NULL};
    tare_alc_watch_init(&x->watch, &x->machine);
    tare_arena_init(&x->batch, NULL, TARE_ARENA_LOAD_BYTES);
    tare_arena_init(&x->arena, &x->watch.alc, TARE_ARENA_ATTEMPT_BYTES);
    assert_int_equal(sized_world.open(none, &x->watch.alc, &x->batch, &x->w, NULL), TARE_OK);
    struct tare_suite *suite = guess_suite(&x->batch, 1, 1);
    struct tare_play_setup setup = {.world = &sized_world,
                                    .w = x->w,
                                    .solver = &sized_solver,
                                    .checks = checks,
                                    .check_states = states,
                                    .n_checks = 1,
                                    .n_metrics = 1,
                                    .metric_of = metric_of,
                                    .record = true,
                                    .watch = &x->watch};
    tare_play_start(&x->play, &setup, &suite->tasks[0], 0, 0, &x->arena);
    assert_int_equal(x->play.state, TARE_PLAY_FINISHED);
    return x;
}

static void end(struct played *x)
{
    tare_play_end(&x->play);
    sized_world.close(x->w);
    tare_arena_free(&x->arena);
    tare_arena_free(&x->batch);
    assert_int_equal(x->tight.live, 0);
    free(x);
}

/* Each line is one JSON object, numbered as it stands; so is the outline; one more than the steps:
 * the reset. */
static void assert_readable(const struct tare_attempt *a)
{
    struct tare_arena arena;
    struct tare_str rest = a->steps, line;
    struct tare_json v;
    int64_t n = -1;
    uint32_t lines = 0;
    tare_arena_init(&arena, NULL, TARE_ARENA_LOAD_BYTES);
    for (; rest.n; lines++) {
        const char *stop = memchr(rest.p, '\n', rest.n);
        assert_non_null(stop);
        line = tare_str_n(rest.p, (size_t)(stop - rest.p));
        rest = tare_str_n(stop + 1, rest.n - line.n - 1);
        tare_arena_reset(&arena);
        assert_int_equal(tare_json_parse(line, NULL, &arena, &v, NULL), TARE_OK);
        assert_true(tare_json_i64(tare_json_get(v, "n"), &n));
        assert_int_equal(n, lines);
    }
    assert_int_equal(lines, a->n_steps + 1);
    assert_int_equal(tare_json_parse(a->outline, NULL, &arena, &v, NULL), TARE_OK);
    assert_int_equal(tare_json_count(v), lines);
    tare_arena_free(&arena);
}

/* Failed by a limit after so many steps, told in these words, and scored. */
static void assert_limit(struct sizes sizes, uint32_t n_steps, const char *says)
{
    struct played *x = play(sizes, 0);
    const struct tare_attempt *a = &x->play.attempt;
    if (a->status != TARE_ATTEMPT_FAILED || a->cause != TARE_CAUSE_LIMIT)
        fail_msg("status %d, cause %d: %.*s", (int)a->status, (int)a->cause,
                 TARE_FMT(a->cause_text));
    if (tare_str_find(a->cause_text, tare_str_of(says)) == SIZE_MAX)
        fail_msg("'%.*s' does not say '%s'", TARE_FMT(a->cause_text), says);
    assert_int_equal(a->n_steps, n_steps);
    assert_int_equal(a->n_scores, 1);
    assert_int_equal(a->scores[0].state, TARE_SCORE_OK);
    assert_true(a->scores[0].value == 0);
    assert_readable(a);
    end(x);
}

#define MIB TARE_MIB

static void fits(void **state)
{
    (void)state;
    struct played *x = play((struct sizes){.action = MIB, .obs = MIB, .acts = 15}, 0);
    assert_int_equal(x->play.attempt.status, TARE_ATTEMPT_DONE);
    assert_int_equal(x->play.attempt.n_steps, 15);
    assert_true(x->play.attempt.scores[0].value == 1);
    assert_readable(&x->play.attempt);
    end(x);
}

static void many_steps(void **state)
{
    (void)state;
    assert_limit((struct sizes){.acts = UINT32_MAX}, TARE_MAX_STEPS, "the limit of steps");
}

static void the_record_is_full(void **state)
{
    (void)state;
    const char *says = "the record of the attempt came to its ceiling";
    assert_limit((struct sizes){.action = 900000, .acts = 1000}, 38, says);
    assert_limit((struct sizes){.obs = 3 * MIB, .acts = 1000}, 11, says);
    assert_limit((struct sizes){.outline = MIB, .acts = 1000}, 7, says);
    assert_limit((struct sizes){.action = 40 * MIB, .acts = 1000}, 1, says);
}

static void one_huge_action(void **state)
{
    (void)state;
    assert_limit((struct sizes){.json = 4 * MIB + 1, .acts = 1}, 0, "an action was larger than");
    struct played *x = play((struct sizes){.json = 4 * MIB, .acts = 1}, 0);
    assert_int_equal(x->play.attempt.status, TARE_ATTEMPT_DONE);
    end(x);
}

static void too_much_to_see(void **state)
{
    (void)state;
    assert_limit((struct sizes){.obs = 5 * MIB, .acts = 9}, 1, "what the solver was to see");
}

static void the_world_is_full(void **state)
{
    (void)state;
    assert_limit((struct sizes){.of_step = 10 * MIB, .acts = 100}, 6, "no memory for a step");
    assert_limit((struct sizes){.step_says = TARE_E_LIMIT, .acts = 1}, 0, "it cannot be done");
}

static void the_solver_is_full(void **state)
{
    (void)state;
    assert_limit((struct sizes){.of_turn = 10 * MIB, .acts = 100}, 6, "no memory for a turn");
}

static void too_large_to_be_scored(void **state)
{
    (void)state;
    const char *says = "too large to be scored";
    assert_limit((struct sizes){.of_score = 100 * MIB, .acts = 2}, 2, says);
    assert_limit((struct sizes){.output = 100 * MIB, .acts = 2}, 2, says);
    /* What the solver has used up is not missing when it is scored. */
    struct played *x = play((struct sizes){.of_turn = 7 * MIB, .of_score = 8 * MIB, .acts = 8}, 0);
    assert_int_equal(x->play.attempt.status, TARE_ATTEMPT_DONE);
    assert_true(x->play.attempt.scores[0].value == 1);
    end(x);
}

/* The same with a machine that has no memory: nobody's failure, and nothing is said about it. */
static void the_machine_is_full(void **state)
{
    static const struct sizes all[] = {{.action = 900000, .acts = 1000},
                                       {.of_step = 10 * MIB, .acts = 100},
                                       {.of_turn = 10 * MIB, .acts = 100},
                                       {.obs = 3 * MIB, .acts = 9},
                                       {.of_score = 12 * MIB, .acts = 1}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct played *x = play(all[i], 8 * MIB);
        assert_int_equal(x->play.attempt.status, TARE_ATTEMPT_MISSING);
        assert_int_equal(x->play.attempt.cause, TARE_CAUSE_MEMORY);
        assert_false(x->play.outgrown);
        end(x);
    }
}

/* No solver can help a task that is too large. */
static void the_task_is_too_large(void **state)
{
    static const struct sizes all[] = {{.first_obs = 5 * MIB, .acts = 1},
                                       {.first_obs = 40 * MIB, .acts = 1}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct played *x = play(all[i], 0);
        assert_int_equal(x->play.attempt.status, TARE_ATTEMPT_MISSING);
        assert_int_equal(x->play.attempt.cause, TARE_CAUSE_MEMORY);
        assert_true(x->play.outgrown);
        end(x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits),
        cmocka_unit_test(many_steps),
        cmocka_unit_test(the_record_is_full),
        cmocka_unit_test(one_huge_action),
        cmocka_unit_test(too_much_to_see),
        cmocka_unit_test(the_world_is_full),
        cmocka_unit_test(the_solver_is_full),
        cmocka_unit_test(too_large_to_be_scored),
        cmocka_unit_test(the_machine_is_full),
        cmocka_unit_test(the_task_is_too_large),
    };
    return cmocka_run_group_tests_name("run/limits", tests, NULL, NULL);
}
