#include "base/limits.h"
#include "serve/serve.h"
#include "solver/command_wire.h"

#include "base/banned.h"

struct guest {
    uint64_t next_id;
};

static enum tare_status guest_open(struct tare_json config, struct tare_arena *arena, void **shared,
                                   struct tare_err *err)
{
    struct tare_json *c = TARE_NEW(arena, struct tare_json);
    if (!c)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening a solver");
    *c = config;
    *shared = c;
    return TARE_OK;
}

static void guest_identity(const void *shared, struct tare_json_writer *out)
{
    const struct tare_json *config = shared;
    tare_json_begin_object(out);
    tare_json_member_str(out, "protocol", tare_json_str(tare_json_get(*config, "protocol")));
    tare_json_end_object(out);
}

static enum tare_status guest_start(const void *shared, void *state, const struct tare_task *task,
                                    struct tare_rng *rng, struct tare_arena *arena,
                                    struct tare_err *err)
{
    (void)shared, (void)task, (void)rng, (void)arena, (void)err;
    *(struct guest *)state = (struct guest){0};
    return TARE_OK;
}

static struct tare_str last_words(const struct tare_event *event, struct tare_arena *turn)
{
    return tare_arena_printf(turn, "{\"type\":\"end\",\"failed\":%s,\"observation\":%.*s}",
                             event->obs->failed ? "true" : "false", TARE_FMT(event->body));
}

static enum tare_status guest_next(const void *shared, void *state, const struct tare_event *event,
                                   struct tare_rng *rng, struct tare_arena *turn,
                                   struct tare_yield *out, struct tare_err *err)
{
    struct guest *g = state;
    (void)shared, (void)rng;
    out->kind = TARE_YIELD_DONE;
    if (event->kind == TARE_EVENT_OBS) {
        out->kind = TARE_YIELD_REQUEST;
        out->request.body = event->obs->done ? last_words(event, turn)
                            : g->next_id == 0
                                ? tare_agent_start(event->scene, event->body, turn)
                                : tare_agent_observation(event->obs, event->body, turn);
        out->id = ++g->next_id;
        return out->request.body.p ? TARE_OK
                                   : tare_fail(err, TARE_E_NOMEM, "no memory for a guest");
    }
    if (event->kind != TARE_EVENT_REPLY)
        return TARE_OK;
    out->cause = event->failed;
    out->cause_text = event->failed ? tare_arena_copy(turn, event->body) : TARE_S("");
    if (event->failed == TARE_CAUSE_NONE && event->body.n) {
        out->kind = TARE_YIELD_ACT;
        out->json = tare_arena_copy(turn, event->body);
        if (!out->json.p)
            return tare_fail(err, TARE_E_NOMEM, "no memory for a guest");
    }
    return TARE_OK;
}

static void guest_stop(const void *shared, void *state)
{
    (void)shared, (void)state;
}

const struct tare_solver_ops tare_solver_guest = {
    .version = TARE_CONTRACT_VERSION,
    .name = "guest",
    .about = "an agent that plays over a protocol",
    .waits = true,
    .reads = true,
    .state_bytes = sizeof(struct guest),
    .open = guest_open,
    .identity = guest_identity,
    .start = guest_start,
    .next = guest_next,
    .stop = guest_stop,
};
