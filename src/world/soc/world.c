/* The world's front door: open, reset, step, and what it tells about an episode. */
#include <math.h>

#include "base/limits.h"
#include "world/soc/soc_int.h"

#include "base/banned.h"

#define KEPT_SCENARIOS 64u /* compiled tasks a worker keeps; about 50 KiB each */

struct tare__soc_compiled {
    struct tare_arena arena;
    struct tare_digest digest;
    const struct tare_soc_scenario *sc;
};

static void put(const struct tare_alc *alc, void *p, size_t n)
{
    if (p)
        alc->put(alc->ctx, p, n);
}

static void free_set(const struct tare_alc *alc, struct tare__soc_set *s)
{
    put(alc, s->id, s->cap * sizeof *s->id);
    put(alc, s->text, s->cap_text * sizeof *s->text);
}

static void soc_close(void *world)
{
    struct tare__soc_world *w = world;
    struct tare__soc_set *sets[] = {&w->contained[0], &w->contained[1], &w->contained[2],
                                    &w->content,      &w->new_emails,   &w->new_alerts,
                                    &w->seen,         &w->ctx.hosts,    &w->ctx.users};
    tare__soc_sql_close(w);
    tare__soc_cache_close(w);
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        free_set(w->alc, sets[i]);
    put(w->alc, w->names, w->cap_names * sizeof *w->names);
    put(w->alc, w->flags, w->cap_flags);
    put(w->alc, w->rows, w->cap_rows * sizeof *w->rows);
    put(w->alc, w->viol, w->cap_viol * sizeof *w->viol);
    put(w->alc, w->met, w->cap_met);
    put(w->alc, w->facts, w->cap_facts * sizeof *w->facts);
    put(w->alc, w->columns, w->cap_columns * sizeof *w->columns);
    put(w->alc, w->cells, w->cap_cells * sizeof *w->cells);
    tare_buf_free(&w->bytes);
    tare_buf_free(&w->score);
    tare_arena_free(&w->text);
    tare_arena_free(&w->turn);
    for (uint32_t i = 0; i < KEPT_SCENARIOS; i++)
        tare_arena_free(&w->compiled[i].arena);
}

static enum tare_status soc_open(struct tare_json config, const struct tare_alc *alc,
                                 struct tare_arena *arena, void **out, struct tare_err *err)
{
    struct tare__soc_world *w = TARE_NEW(arena, struct tare__soc_world);
    if (!w)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the world soc");
    enum tare_status st = tare__soc_config_read(config, &w->config, err);
    if (st != TARE_OK)
        return st;
    w->alc = alc ? alc : tare_alc_libc();
    w->compiled = TARE_NEW_N(arena, struct tare__soc_compiled, KEPT_SCENARIOS);
    if (!w->compiled)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the world soc");
    tare_arena_init(&w->text, w->alc, TARE_ARENA_ATTEMPT_BYTES);
    tare_arena_init(&w->turn, w->alc, TARE_ARENA_ATTEMPT_BYTES);
    tare_buf_init(&w->bytes, w->alc, TARE_MAX_SQL_RESULT_BYTES);
    tare_buf_init(&w->score, w->alc, TARE_MAX_STEP_BODY_BYTES);
    for (uint32_t i = 0; i < KEPT_SCENARIOS; i++)
        tare_arena_init(&w->compiled[i].arena, w->alc, TARE_ARENA_ATTEMPT_BYTES);
    if (w->config.replay)
        st = tare__soc_cache_open(w, err);
    if (st != TARE_OK)
        soc_close(w);
    else
        *out = w;
    return st;
}

static bool is_zero(const struct tare_digest *d)
{
    static const struct tare_digest zero = {{0}};
    return memcmp(d, &zero, sizeof zero) == 0;
}

/* The compiled form of a task: the suite's own, the one kept here, or a new one. */
static enum tare_status scenario_of(struct tare__soc_world *w, const struct tare_task *task,
                                    struct tare_err *err)
{
    if (task->compiled) {
        w->sc = task->compiled;
        return TARE_OK;
    }
    struct tare__soc_compiled *c = &w->compiled[task->index % KEPT_SCENARIOS];
    if (!c->sc || is_zero(&task->digest) || !tare_digest_eq(c->digest, task->digest)) {
        tare_arena_reset(&c->arena);
        c->sc = NULL;
        w->sc = w->names_of = NULL;
        enum tare_status st = tare_soc_compile(task, w->config.profile, &c->arena, &c->sc, err);
        if (st != TARE_OK) {
            c->sc = NULL;
            return st;
        }
        c->digest = task->digest;
    }
    w->sc = c->sc;
    return TARE_OK;
}

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "no memory for an episode of soc");
}

static enum tare_status soc_reset(void *world, const struct tare_task *task, struct tare_rng *rng,
                                  struct tare_obs *obs, struct tare_err *err)
{
    struct tare__soc_world *w = world;
    enum tare_status st = scenario_of(w, task, err);
    if (st != TARE_OK)
        return st;
    tare_arena_reset(&w->turn);
    tare__soc_begin(w);
    if (w->broken)
        return no_memory(err);
    w->seed = rng ? tare_rng_u64(rng) : 0;
    st = w->sc->profile == TARE_SOC_FAITHFUL ? tare__soc_faithful_reset(w, err)
                                             : tare__soc_hard_reset(w, err);
    if (st == TARE_OK && w->broken)
        st = no_memory(err);
    if (st == TARE_OK)
        tare__soc_show(w, obs);
    return st;
}

/* The call is in place. */
static enum tare_status step(struct tare__soc_world *w, struct tare_obs *obs, struct tare_err *err)
{
    if (!w->sc)
        return tare_fail(err, TARE_E_STATE, "step before reset");
    enum tare_status st = TARE_OK;
    if (w->steps >= TARE_MAX_STEPS || (w->done && w->sc->profile == TARE_SOC_HARDENED)) {
        w->view.ok = false;
        w->view.error = TARE_S("the episode is over");
        w->view.result = (struct tare_soc_result){0};
        w->step_facts = w->n_facts;
    } else {
        st = w->sc->profile == TARE_SOC_FAITHFUL ? tare__soc_faithful_step(w, err)
                                                 : tare__soc_hard_step(w, err);
    }
    if (st == TARE_OK && w->broken)
        st = no_memory(err);
    if (st == TARE_OK)
        tare__soc_show(w, obs);
    return st;
}

static enum tare_status soc_step(void *world, const struct tare_action *action,
                                 struct tare_rng *rng, struct tare_obs *obs, struct tare_err *err)
{
    struct tare__soc_world *w = world;
    (void)rng;
    tare__soc_call_typed(&w->call, action);
    return step(w, obs, err);
}

static enum tare_status soc_step_json(void *world, struct tare_str action, struct tare_rng *rng,
                                      struct tare_obs *obs, struct tare_err *err)
{
    struct tare__soc_world *w = world;
    (void)rng;
    tare_arena_reset(&w->turn);
    struct tare_str copy = tare_arena_copy(&w->turn, action);
    if (!copy.p)
        return no_memory(err);
    tare__soc_call_json(&w->call, copy, &w->turn);
    return step(w, obs, err);
}

static struct tare_facts soc_facts(const void *world)
{
    const struct tare__soc_world *w = world;
    return (struct tare_facts){w->facts, w->n_facts, w->names, w->n_names};
}

/* What an episode without a report is worth. */
static double silent_score(const struct tare__soc_world *w, struct tare_arena *scratch,
                           struct tare_buf *detail)
{
    static const struct tare_soc_claim unknown = {.initial_vector = {"phish", 5}};
    static const struct tare_soc_report report = {.claims = &unknown, .n_claims = 1};
    struct tare__soc_call call = {
        .verb = TARE_SOC_SUBMIT_REPORT, .type = TARE_S("submit_report"), .report = &report};
    if (w->sc->profile == TARE_SOC_HARDENED)
        return tare__soc_hard_score(w, &call, true, detail);
    return tare__soc_faithful_score(w, &call, w->steps + 1, true, scratch, detail);
}

static enum tare_status soc_outcome(const void *world, struct tare_arena *arena,
                                    struct tare_outcome *out, struct tare_err *err)
{
    const struct tare__soc_world *w = world;
    if (!w->sc)
        return tare_fail(err, TARE_E_STATE, "outcome before reset");
    struct tare_buf detail;
    tare_buf_init(&detail, w->alc, TARE_MAX_STEP_BODY_BYTES);
    out->reported = w->reported;
    out->reward = w->reported ? w->reward : silent_score(w, arena, &detail);
    out->reward_max = w->sc->profile == TARE_SOC_FAITHFUL
                          ? NAN
                          : 8.0 + (w->sc->benign ? 0.0 : 3.0 * w->config.reward.w_egar_plus);
    struct tare_str text = tare_buf_str(w->reported ? &w->score : &detail);
    out->detail = tare_arena_copy(arena, text);
    bool ok = out->detail.p && !detail.failed && !w->score.failed;
    tare_buf_free(&detail);
    return ok ? TARE_OK : no_memory(err);
}

static void soc_action_json(const void *w, struct tare_json_writer *out)
{
    tare__soc_action_json(w, out);
}

static void soc_obs_json(const void *w, struct tare_json_writer *out)
{
    tare__soc_obs_json(w, out);
}

static void soc_outline_json(const void *w, struct tare_json_writer *out)
{
    tare__soc_outline_json(w, out);
}

static bool soc_planted(const void *world, uint32_t i, struct tare_planted *out)
{
    const struct tare__soc_world *w = world;
    for (uint32_t p = 0; p < w->sc->n_payloads; p++)
        if (w->met[p] && i-- == 0) {
            const struct tare__soc_payload *x = &w->sc->payloads[p];
            *out = (struct tare_planted){.id = x->id, .text = x->text, .tier = x->tier};
            return true;
        }
    return false;
}

static uint64_t mix(uint64_t h, uint64_t x)
{
    return tare_hash64(tare_str_n((const char *)&x, sizeof x), h);
}

static uint64_t soc_digest(const void *world)
{
    const struct tare__soc_world *w = world;
    uint64_t h = mix(0x736f63, w->steps);
    h = mix(h, w->sc ? ((uint64_t)w->state << 32 | w->n_rows) : 0);
    for (uint32_t i = 0; i < w->n_rows; i++)
        h = mix(h, (uint64_t)w->rows[i].tpl << 32 | w->rows[i].step);
    for (uint32_t i = 0; i < w->n_viol; i++)
        h = mix(h, w->viol[i]);
    for (uint32_t i = 0; i < TARE_SOC_MAX_INCIDENTS; i++)
        h = mix(h, (uint64_t)w->incident_stage[i] << 1 | w->incident_stopped[i]);
    h = mix(h, (uint64_t)w->done << 1 | w->reported);
    h = tare_hash64(tare_str_n((const char *)w->flags, w->n_names), h);
    for (uint32_t i = w->sc ? w->sc->names.n : 0; i < w->n_names; i++)
        h = tare_hash64(w->names[i], h);
    return h;
}

static const char *soc_verb_name(uint32_t verb)
{
    return tare_soc_verb_name(verb);
}

static const char *soc_phase_name(int32_t phase)
{
    return tare__soc_phase_name(phase);
}

const struct tare_world_ops tare_world_soc = {
    .version = TARE_CONTRACT_VERSION,
    .name = "soc",
    .about = "incident response: contain an intrusion while part of the evidence is a trap",
    .open = soc_open,
    .close = soc_close,
    .reset = soc_reset,
    .step = soc_step,
    .step_json = soc_step_json,
    .facts = soc_facts,
    .outcome = soc_outcome,
    .action_json = soc_action_json,
    .obs_json = soc_obs_json,
    .outline_json = soc_outline_json,
    .planted = soc_planted,
    .tools = tare__soc_tools,
    .brief = tare__soc_brief,
    .verb_name = soc_verb_name,
    .phase_name = soc_phase_name,
    .digest = soc_digest,
};
