#include "solver/command.h"

#include "base/limits.h"
#include "solver/command_wire.h"

#include "base/banned.h"

struct shared {
    struct tare_json config; /* resolved */
    const char *const *argv, *const *env;
    int64_t timeout_ms;
};

struct state {
    const struct tare_scene *scene; /* NULL: not begun */
    uint32_t n_wrong;               /* lines in a row */
};

static const char *const *vector(struct tare_json list, struct tare_arena *arena)
{
    const char **v = TARE_NEW_N(arena, const char *, (size_t)tare_json_count(list) + 1);
    uint32_t n = 0;
    for (struct tare_json e = tare_json_first(list); v && tare_json_present(e);
         e = tare_json_next(e)) {
        v[n] = tare_arena_copy(arena, tare_json_str(e)).p;
        if (!v[n++])
            return NULL;
    }
    return v;
}

static enum tare_status command_open(struct tare_json config, struct tare_arena *arena,
                                     void **shared, struct tare_err *err)
{
    struct shared *s = TARE_NEW(arena, struct shared);
    double seconds = 0;
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening a solver");
    s->config = config;
    s->argv = vector(tare_json_get(config, "argv"), arena);
    s->env = vector(tare_json_get(config, "values"), arena);
    if (!s->argv || !s->env)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening a solver");
    if (!s->argv[0] || !tare_json_f64(tare_json_get(config, "timeout"), &seconds))
        return tare_fail(err, TARE_E_STATE, "the command of a solver was not resolved");
    s->timeout_ms = (int64_t)(seconds * 1000);
    *shared = s;
    return TARE_OK;
}

/* Words as they are used where they name no file, files by content: the folder does not count. */
static void command_identity(const void *shared, struct tare_json_writer *out)
{
    const struct shared *s = shared;
    struct tare_json argv = tare_json_get(s->config, "argv");
    tare_json_begin_object(out);
    tare_json_put_key(out, "argv");
    tare_json_begin_array(out);
    for (struct tare_json e = tare_json_first(argv); tare_json_present(e); e = tare_json_next(e)) {
        struct tare_str word = tare_json_str(e);
        size_t from = word.n;
        while (word.n && word.p[0] == '/' && from && word.p[from - 1] != '/')
            from--;
        if (from == word.n)
            from = 0;
        tare_json_put_str(out, tare_str_n(word.p + from, word.n - from));
    }
    tare_json_end_array(out);
    tare_json_put_key(out, "files");
    tare_json_put_value(out, tare_json_get(s->config, "files"));
    tare_json_put_key(out, "env");
    tare_json_put_value(out, tare_json_get(s->config, "env"));
    tare_json_put_key(out, "timeout");
    tare_json_put_value(out, tare_json_get(s->config, "timeout"));
    tare_json_end_object(out);
}

static enum tare_status command_start(const void *shared, void *state, const struct tare_task *task,
                                      struct tare_rng *rng, struct tare_arena *arena,
                                      struct tare_err *err)
{
    (void)shared, (void)task, (void)rng, (void)arena, (void)err;
    *(struct state *)state = (struct state){0};
    return TARE_OK;
}

static enum tare_status say(const struct shared *s, struct tare_str line, struct tare_yield *out,
                            struct tare_err *err)
{
    out->kind = TARE_YIELD_SPAWN;
    out->id = 1;
    out->spawn = (struct tare_spawn){
        .argv = s->argv, .env = s->env, .input = line, .timeout_ms = s->timeout_ms, .talks = true};
    return line.p ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "no memory for a line to the agent");
}

static enum tare_status end(struct tare_yield *out, enum tare_cause cause, struct tare_str why)
{
    out->kind = TARE_YIELD_DONE;
    out->cause = cause;
    out->cause_text = why;
    return TARE_OK;
}

static enum tare_status on_line(const struct shared *c, struct state *s, struct tare_str line,
                                struct tare_arena *turn, struct tare_yield *out,
                                struct tare_err *err)
{
    enum tare_agent_says says;
    struct tare_str text;
    enum tare_status st = tare_agent_read(line, s->scene, turn, &says, &text, err);
    if (st != TARE_OK)
        return st;
    switch (says) {
    case TARE_AGENT_ACT:
        out->kind = TARE_YIELD_ACT;
        out->json = text;
        return TARE_OK;
    case TARE_AGENT_DONE:
        return end(out, TARE_CAUSE_NONE, text);
    case TARE_AGENT_FAIL:
        return end(out, TARE_CAUSE_SOLVER,
                   tare_arena_printf(turn, "the agent gave up: %.*s", TARE_FMT(text)));
    case TARE_AGENT_WRONG:
        break;
    }
    if (++s->n_wrong >= TARE_MAX_AGENT_WRONG_LINES)
        return end(out, TARE_CAUSE_SOLVER,
                   tare_arena_printf(turn,
                                     "the agent said %u lines in a row that are none of the "
                                     "protocol; the last: %.*s",
                                     s->n_wrong, TARE_FMT(text)));
    return say(c, tare_agent_error(text, turn), out, err);
}

/* It is gone, or was ended: how, and whose doing that is. */
static enum tare_status on_end(const struct shared *c, const struct tare_event *event,
                               struct tare_arena *turn, struct tare_yield *out)
{
    int status = event->exit_status;
    struct tare_str why = TARE_S("");
    if (event->failed == TARE_CAUSE_SANDBOX)
        return end(out, event->failed, event->body);
    if (event->failed == TARE_CAUSE_LIMIT && event->body.n)
        return end(out, TARE_CAUSE_SOLVER,
                   tare_arena_printf(turn, "the agent: %.*s", TARE_FMT(event->body)));
    if (event->failed != TARE_CAUSE_NONE)
        return end(out, TARE_CAUSE_LIMIT,
                   tare_arena_printf(turn, "the agent said nothing for %g s",
                                     (double)c->timeout_ms / 1000));
    if (status > 128)
        why = tare_arena_printf(turn, "the agent's program was ended by signal %d", status - 128);
    else if (status != 0)
        why = tare_arena_printf(turn, "the agent's program failed with exit status %d", status);
    else
        why = TARE_S("the agent's program ended without a last word (\"done\" or \"fail\")");
    return end(out, TARE_CAUSE_SOLVER, why);
}

static enum tare_status command_next(const void *shared, void *state,
                                     const struct tare_event *event, struct tare_rng *rng,
                                     struct tare_arena *turn, struct tare_yield *out,
                                     struct tare_err *err)
{
    const struct shared *c = shared;
    struct state *s = state;
    (void)rng;
    if (event->kind == TARE_EVENT_OBS && !event->obs->done) {
        bool first = !s->scene;
        s->n_wrong = 0;
        if (first)
            s->scene = event->scene;
        return say(c,
                   first ? tare_agent_start(event->scene, event->body, turn)
                         : tare_agent_observation(event->obs, event->body, turn),
                   out, err);
    }
    if (event->kind != TARE_EVENT_CHILD)
        return end(out, TARE_CAUSE_NONE, TARE_S(""));
    if (event->exit_status >= 0)
        return on_end(c, event, turn, out);
    if (event->failed != TARE_CAUSE_NONE)
        return end(out, TARE_CAUSE_SOLVER,
                   TARE_S("the agent said a line that is longer than 1 MiB"));
    return on_line(c, s, event->body, turn, out, err);
}

static void command_stop(const void *shared, void *state)
{
    (void)shared, (void)state;
}

const struct tare_solver_ops tare_solver_command = {
    .version = TARE_CONTRACT_VERSION,
    .name = "command",
    .about = "a program that speaks JSON lines",
    .waits = true,
    .reads = true,
    .state_bytes = sizeof(struct state),
    .open = command_open,
    .identity = command_identity,
    .start = command_start,
    .next = command_next,
    .stop = command_stop,
};
