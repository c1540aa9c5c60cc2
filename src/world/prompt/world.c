/* The world `prompt`: asks, takes the answer, goes on to the next turn. */
#include <math.h>

#include "base/limits.h"
#include "world/prompt/prompt_int.h"
#include "world/world.h"

#include "base/banned.h"

#define MAX_TARGET_BYTES 80u /* of an answer in the outline */

static enum tare_status prompt_open(struct tare_json config, const struct tare_alc *alc,
                                    struct tare_arena *arena, void **out, struct tare_err *err)
{
    struct tare__prompt_world *w = TARE_NEW(arena, struct tare__prompt_world);
    if (!w)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the world prompt");
    w->alc = alc ? alc : tare_alc_libc();
    enum tare_status st = tare__prompt_config_read(config, arena, &w->config, err);
    tare_arena_init(&w->arena, w->alc, TARE_ARENA_ATTEMPT_BYTES);
    tare_buf_init(&w->messages, w->alc, TARE_MAX_STEP_BODY_BYTES);
    tare_buf_init(&w->text, w->alc, TARE_MAX_STEP_BODY_BYTES);
    *out = w;
    return st;
}

static void prompt_close(void *world)
{
    struct tare__prompt_world *w = world;
    tare_arena_free(&w->arena);
    tare_buf_free(&w->messages);
    tare_buf_free(&w->text);
}

static void show(struct tare__prompt_world *w, struct tare_obs *obs, uint32_t step)
{
    *obs = (struct tare_obs){.view = &w->view, .step = step, .done = w->done};
}

static enum tare_status prompt_reset(void *world, const struct tare_task *task,
                                     struct tare_rng *rng, struct tare_obs *obs,
                                     struct tare_err *err)
{
    struct tare__prompt_world *w = world;
    (void)rng;
    tare_arena_reset(&w->arena);
    w->task = task;
    w->done = false;
    w->fact = (struct tare_fact){.kind = TARE_FACT_REPORTED};
    w->said = (struct tare_str){NULL, 0};
    w->view = (struct tare_prompt_view){.turn = 1};
    enum tare_status st = tare__prompt_turns(task, &w->config, &w->view.n_turns, err);
    if (st == TARE_OK)
        st = tare__prompt_ask(w, err);
    show(w, obs, 0);
    return st;
}

static enum tare_status answer(struct tare__prompt_world *w, struct tare_str text,
                               struct tare_obs *obs, struct tare_err *err)
{
    uint32_t step = obs->step + 1;
    struct tare_str kept = tare_arena_copy(&w->arena, text);
    enum tare_status st = TARE_OK;
    if (!kept.p)
        return tare_fail(err, TARE_E_NOMEM, "no memory for an answer");
    w->view.error = (struct tare_str){NULL, 0};
    w->said = kept;
    if (w->done) {
        w->view.error = TARE_S("the talk is over");
        show(w, obs, step);
        return TARE_OK;
    }
    w->answers[w->view.turn - 1] = kept;
    w->view.turn++;
    w->done = w->view.turn > w->view.n_turns;
    w->fact.step = step - 1;
    if (w->done) {
        w->view.messages = TARE_S("[]");
        w->view.asked = TARE_S("");
    } else {
        st = tare__prompt_ask(w, err);
    }
    show(w, obs, step);
    return st;
}

static enum tare_status prompt_step(void *world, const struct tare_action *action,
                                    struct tare_rng *rng, struct tare_obs *obs,
                                    struct tare_err *err)
{
    const struct tare_prompt_answer *a = action->params;
    (void)rng;
    return answer(world, a ? a->text : (struct tare_str){NULL, 0}, obs, err);
}

static enum tare_status no_answer(struct tare__prompt_world *w, struct tare_str what,
                                  struct tare_obs *obs, const char *why)
{
    w->said = tare_arena_copy(&w->arena, what);
    w->view.error = tare_str_of(why);
    show(w, obs, obs->step + 1);
    return TARE_OK;
}

static enum tare_status prompt_step_json(void *world, struct tare_str action, struct tare_rng *rng,
                                         struct tare_obs *obs, struct tare_err *err)
{
    struct tare__prompt_world *w = world;
    struct tare_json root;
    (void)rng;
    struct tare_str copy = tare_arena_copy(&w->arena, action);
    if (!copy.p)
        return tare_fail(err, TARE_E_NOMEM, "no memory for an answer");
    if (tare_json_parse(copy, &tare_json_strict, &w->arena, &root, NULL) != TARE_OK)
        return no_answer(w, copy, obs, "the action is no JSON");
    if (!tare_json_str_is(tare_json_get(root, "action_type"), "answer"))
        return no_answer(w, copy, obs, "there is no such action; answer with a text");
    struct tare_json text = tare_json_get(tare_json_get(root, "params"), "text");
    if (tare_json_kind(text) != TARE_JSON_STRING)
        return no_answer(w, copy, obs, "an answer has a text");
    return answer(w, tare_json_str(text), obs, err);
}

static struct tare_facts prompt_facts(const void *world)
{
    const struct tare__prompt_world *w = world;
    return (struct tare_facts){.v = &w->fact, .n = w->done};
}

/* The last answer of a talk that was played to its end. */
static struct tare_str last_answer(const struct tare__prompt_world *w)
{
    if (!w->done)
        return (struct tare_str){NULL, 0};
    struct tare_str s = w->answers[w->view.n_turns - 1];
    return s.p ? s : TARE_S("");
}

static enum tare_status prompt_outcome(const void *world, struct tare_arena *arena,
                                       struct tare_outcome *out, struct tare_err *err)
{
    const struct tare__prompt_world *w = world;
    struct tare_json_writer j;
    struct tare_buf b;
    if (!w->task)
        return tare_fail(err, TARE_E_STATE, "outcome before reset");
    struct tare_str last = last_answer(w);
    out->reward = (double)NAN;
    out->reward_max = (double)NAN;
    out->reported = w->done;
    out->output = last.p ? tare_arena_copy(arena, last) : last;
    tare_buf_init(&b, w->alc, TARE_MAX_STEP_BODY_BYTES);
    tare_json_writer_init(&j, &b);
    tare_json_begin_object(&j);
    tare_json_put_key(&j, "answers");
    tare_json_begin_array(&j);
    for (uint32_t i = 0; i + 1 < w->view.turn; i++)
        tare_json_put_str(&j, w->answers[i]);
    tare_json_end_array(&j);
    tare_json_end_object(&j);
    out->detail = tare_arena_copy(arena, tare_buf_str(&b));
    bool ok = !b.failed && out->detail.p && (!last.p || out->output.p);
    tare_buf_free(&b);
    return ok ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "no memory for the answers");
}

static void prompt_action_json(const void *world, struct tare_json_writer *out)
{
    const struct tare__prompt_world *w = world;
    tare_json_begin_object(out);
    tare_json_member_cstr(out, "action_type", "answer");
    tare_json_put_key(out, "params");
    tare_json_begin_object(out);
    tare_json_put_key(out, "text");
    tare_json_put_str(out, w->said);
    tare_json_end_object(out);
    tare_json_end_object(out);
}

static void prompt_obs_json(const void *world, struct tare_json_writer *out)
{
    const struct tare__prompt_world *w = world;
    tare_json_begin_object(out);
    tare_json_member_u64(out, "turn", w->view.turn);
    tare_json_member_u64(out, "turns", w->view.n_turns);
    tare_json_member_bool(out, "done", w->done);
    if (w->view.error.n)
        tare_json_member_str(out, "error", w->view.error);
    tare_json_put_key(out, "messages");
    tare_json_put_raw(out, w->view.messages);
    tare_json_end_object(out);
}

static struct tare_str cut(struct tare_str s)
{
    size_t n = s.n < MAX_TARGET_BYTES ? s.n : MAX_TARGET_BYTES;
    while (n > 0 && n < s.n && ((uint8_t)s.p[n] & 0xc0) == 0x80)
        n--;
    return tare_str_n(s.p, n);
}

static void prompt_outline_json(const void *world, struct tare_json_writer *out)
{
    const struct tare__prompt_world *w = world;
    tare_json_begin_object(out);
    if (!w->said.p) {
        tare_json_member_cstr(out, "kind", "reset");
    } else if (w->view.error.n) {
        tare_json_member_cstr(out, "kind", "error");
        tare_json_member_str(out, "text", w->view.error);
    } else {
        struct tare_str line = cut(w->said);
        tare_json_member_cstr(out, "kind", w->done ? "report" : "act");
        tare_json_member_cstr(out, "name", "answer");
        tare_json_put_key(out, w->done ? "text" : "target");
        tare_json_put_str(out, line);
    }
    tare_json_end_object(out);
}

static const struct tare_tool *prompt_tools(const void *w, uint32_t *n)
{
    (void)w;
    *n = 0;
    return NULL;
}

static struct tare_str prompt_answer_schema(const void *world)
{
    return ((const struct tare__prompt_world *)world)->config.schema_text;
}

static const char *prompt_verb_name(uint32_t verb)
{
    return verb == TARE_PROMPT_ANSWER ? "answer" : "?";
}

static const char *prompt_phase_name(int32_t phase)
{
    (void)phase;
    return "?";
}

static uint64_t prompt_digest(const void *world)
{
    const struct tare__prompt_world *w = world;
    uint64_t h = tare_hash64(w->view.messages, w->view.turn);
    for (uint32_t i = 0; i + 1 < w->view.turn; i++)
        h = tare_hash64(w->answers[i], h);
    return h;
}

static enum tare_status check_task(const struct tare_task *task, struct tare_json world,
                                   struct tare_arena *scratch, struct tare_err *err)
{
    struct tare__prompt_config config = {0};
    uint32_t n;
    enum tare_status st = tare__prompt_config_read(world, scratch, &config, NULL);
    return st == TARE_OK ? tare__prompt_turns(task, &config, &n, err) : TARE_OK;
}

static enum tare_status make_none(struct tare_json generate, struct tare_json world,
                                  struct tare_arena *scratch, struct tare_buf *out,
                                  struct tare_err *err)
{
    (void)world, (void)scratch, (void)out;
    enum tare_status st = tare_fail_at(err, TARE_E_INPUT, tare_json_offset(generate),
                                       "the world prompt makes no tasks of its own");
    tare_err_hint(err, "give a file: tasks: tasks.jsonl");
    return st;
}

const struct tare_task_source tare_task_source_prompt = {
    .version = TARE_CONTRACT_VERSION, .name = "prompt", .make = make_none, .check = check_task};

const struct tare_world_ops tare_world_prompt = {
    .version = TARE_CONTRACT_VERSION,
    .name = "prompt",
    .about = "questions and talks: the answer is a text, and checks say what it is worth",
    .open = prompt_open,
    .close = prompt_close,
    .reset = prompt_reset,
    .step = prompt_step,
    .step_json = prompt_step_json,
    .facts = prompt_facts,
    .outcome = prompt_outcome,
    .action_json = prompt_action_json,
    .obs_json = prompt_obs_json,
    .outline_json = prompt_outline_json,
    .tools = prompt_tools,
    .talks = true,
    .answer_schema = prompt_answer_schema,
    .verb_name = prompt_verb_name,
    .phase_name = prompt_phase_name,
    .digest = prompt_digest,
};
