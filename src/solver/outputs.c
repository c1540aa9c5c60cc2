#include "solver/outputs.h"

#include <stdlib.h>

#include "base/limits.h"
#include "record/task.h"
#include "solver/command_wire.h"

#include "base/banned.h"

struct output {
    struct tare_str task;
    int64_t attempt;
    struct tare_json row;
};

struct shared {
    struct output *v; /* by task and attempt */
    uint32_t n;
    struct tare_str source;
    struct tare_digest digest; /* of all that is given */
};

struct state {
    const struct tare_task *task;
};

static int by_place(const void *a, const void *b)
{
    const struct output *x = a, *y = b;
    int c = tare_str_cmp(x->task, y->task);
    return c ? c : (x->attempt > y->attempt) - (x->attempt < y->attempt);
}

static enum tare_status outputs_open(struct tare_json config, struct tare_arena *arena,
                                     void **shared, struct tare_err *err)
{
    struct shared *s = TARE_NEW(arena, struct shared);
    struct tare_json list = tare_json_get(config, "outputs");
    struct tare_sha256 h;
    if (s)
        s->v = TARE_NEW_N(arena, struct output, tare_json_count(list));
    if (!s || !s->v)
        return tare_fail(err, TARE_E_NOMEM, "no memory for outputs");
    *shared = s;
    s->source = tare_json_str(tare_json_get(config, "source"));
    for (struct tare_json r = tare_json_first(list); tare_json_present(r); r = tare_json_next(r)) {
        struct output *o = &s->v[s->n++];
        o->task = tare_json_str(tare_json_get(r, "task"));
        o->row = r;
        if (!tare_json_i64(tare_json_get(r, "attempt"), &o->attempt))
            return tare_fail(err, TARE_E_INPUT, "an output without the number of its attempt");
    }
    qsort(s->v, s->n, sizeof *s->v, by_place);
    tare_sha256_init(&h);
    for (uint32_t i = 0; i < s->n; i++) {
        struct tare_str line = tare_json_lexeme(s->v[i].row);
        tare_sha256_add(&h, line);
        tare_sha256_add(&h, TARE_S("\n"));
    }
    s->digest = tare_sha256_end(&h);
    return TARE_OK;
}

static void outputs_identity(const void *shared, struct tare_json_writer *out)
{
    const struct shared *s = shared;
    char hex[65];
    tare_digest_hex(s->digest, hex);
    tare_json_begin_object(out);
    tare_json_member_cstr(out, "outputs", hex);
    tare_json_member_str(out, "source", s->source);
    tare_json_end_object(out);
}

static enum tare_status outputs_start(const void *shared, void *state, const struct tare_task *task,
                                      struct tare_rng *rng, struct tare_arena *arena,
                                      struct tare_err *err)
{
    (void)shared, (void)rng, (void)arena, (void)err;
    ((struct state *)state)->task = task;
    return TARE_OK;
}

static void failed(const struct output *o, struct tare_yield *out)
{
    struct tare_json cause = tare_json_get(o->row, "cause");
    struct tare_str why = tare_json_str(tare_json_get(o->row, "failed"));
    out->cause = tare_json_str_is(cause, "solver")  ? TARE_CAUSE_SOLVER
                 : tare_json_str_is(cause, "limit") ? TARE_CAUSE_LIMIT
                                                    : TARE_CAUSE_ENDPOINT;
    out->cause_text = why.n ? why : TARE_S("the file says that this attempt failed");
}

static enum tare_status outputs_next(const void *shared, void *state,
                                     const struct tare_event *event, struct tare_rng *rng,
                                     struct tare_arena *turn, struct tare_yield *out,
                                     struct tare_err *err)
{
    const struct shared *s = shared;
    struct output key = {.task = ((struct state *)state)->task->id};
    (void)rng;
    out->kind = TARE_YIELD_DONE;
    if (event->kind != TARE_EVENT_OBS || event->obs->done)
        return TARE_OK;
    key.attempt = event->scene->attempt;
    const struct output *o = bsearch(&key, s->v, s->n, sizeof *s->v, by_place);
    if (!o) {
        out->cause = TARE_CAUSE_STORE;
        out->cause_text = TARE_S("the file has no output for this attempt");
        return TARE_OK;
    }
    struct tare_json text = tare_json_get(o->row, "text");
    if (tare_json_kind(text) != TARE_JSON_STRING) {
        failed(o, out);
        return TARE_OK;
    }
    out->kind = TARE_YIELD_ACT;
    return tare_agent_answer(tare_json_str(text), turn, &out->json, err);
}

static void outputs_stop(const void *shared, void *state)
{
    (void)shared, (void)state;
}

const struct tare_solver_ops tare_solver_outputs = {
    .version = TARE_CONTRACT_VERSION,
    .name = "outputs",
    .about = "answers given elsewhere",
    .reads = true,
    .state_bytes = sizeof(struct state),
    .open = outputs_open,
    .identity = outputs_identity,
    .start = outputs_start,
    .next = outputs_next,
    .stop = outputs_stop,
};
