/* The trail of a stored attempt, from its outline, its step bodies and the harness's account. */
#include <math.h>

#include "decide/failures_int.h"

#include "base/limits.h"
#include "record/result.h"

#include "base/banned.h"

struct reading {
    struct tare_arena *arena;
    struct tare_trail *t;
    struct tare_trail_call *calls;
    struct tare_trail_ask *asks;
    struct tare_trail_event *events;
    uint32_t cap_asks, cap_events;
    bool failed;
};

static uint64_t word(struct tare_digest d)
{
    uint64_t x;
    memcpy(&x, d.b, sizeof x);
    return x;
}

static uint64_t number(struct tare_json v, const char *key)
{
    int64_t n = 0;
    (void)tare_json_i64(tare_json_get(v, key), &n);
    return n > 0 ? (uint64_t)n : 0;
}

/* {"op", "name", "sha256"}: of a world's step, or of a harness's trace. */
static void read_state(struct reading *r, struct tare_json v, uint32_t step)
{
    if (r->t->n_events == r->cap_events)
        return;
    r->events[r->t->n_events++] =
        (struct tare_trail_event){.step = step,
                                  .kind = TARE_TRAIL_STATE,
                                  .code = tare_json_str(tare_json_get(v, "op")),
                                  .says = tare_json_str(tare_json_get(v, "name")),
                                  .digest = tare_json_str(tare_json_get(v, "sha256"))};
}

static void read_event(struct reading *r, struct tare_json e, uint32_t step)
{
    struct tare_json kind = tare_json_get(e, "e");
    struct tare_trail *t = r->t;
    if (tare_json_str_is(kind, "call") && t->n_asks < r->cap_asks) {
        r->asks[t->n_asks++] = (struct tare_trail_ask){
            .step = step,
            .prompt = number(e, "in") ? number(e, "in") : number(e, "prompt_tokens"),
            .output = number(e, "out"),
            .length = tare_json_str_is(tare_json_get(e, "finish"), "length"),
            .model = tare_json_str(tare_json_get(e, "model")),
            .fingerprint = tare_json_str(tare_json_get(e, "fingerprint"))};
        return;
    }
    if (t->n_events == r->cap_events)
        return;
    struct tare_trail_event *x = &r->events[t->n_events];
    *x = (struct tare_trail_event){.step = step, .says = tare_json_str(tare_json_get(e, "tool"))};
    if (tare_json_str_is(kind, "retry")) {
        x->kind = TARE_TRAIL_BAD_CALL;
        x->code = tare_json_str(tare_json_get(e, "code"));
        t->n_events++;
    } else if (tare_json_str_is(kind, "refuse") &&
               tare_json_str_is(tare_json_get(e, "by"), "checks")) {
        x->kind = TARE_TRAIL_UNSEEN;
        x->says = tare_json_str(tare_json_get(e, "why"));
        t->n_events++;
    } else if (tare_json_str_is(kind, "rule")) {
        x->kind = TARE_TRAIL_RULE;
        x->kept = tare_json_true(tare_json_get(e, "kept"));
        x->rule_at = number(e, "at");
        x->prompt = number(e, "prompt_tokens");
        t->n_events++;
    } else if (tare_json_str_is(kind, "plan")) {
        x->kind = TARE_TRAIL_PLAN;
        x->says = tare_json_str(tare_json_get(e, "plan"));
        t->n_events++;
    } else if (tare_json_str_is(kind, "state")) {
        read_state(r, e, step);
    }
}

static void read_trace(struct reading *r, struct tare_json trace, uint32_t step)
{
    for (struct tare_json e = tare_json_first(trace); tare_json_present(e); e = tare_json_next(e))
        read_event(r, e, step);
}

static bool timed_out(struct tare_json result)
{
    struct tare_json last = tare_json_get(result, "last_action_result");
    return tare_json_true(tare_json_get(result, "timed_out")) ||
           tare_json_true(tare_json_get(result, "timeout")) ||
           tare_json_true(tare_json_get(last, "timed_out"));
}

/* One line of the bodies and its entry of the outline. */
static void read_step(struct reading *r, struct tare_json body, struct tare_json entry,
                      uint32_t step)
{
    struct tare_json parts = tare_json_get(body, "parts"), kind = tare_json_get(entry, "kind");
    struct tare_json use = tare_json_get(tare_json_at(parts, 0), "data");
    struct tare_json got = tare_json_get(tare_json_at(parts, 1), "data");
    struct tare_json params = tare_json_get(use, "params");
    struct tare_trail *t = r->t;
    struct tare_trail_call *c = &r->calls[t->n_calls++];
    struct tare_buf b;
    tare_buf_init(&b, r->arena->alc, TARE_MAX_JSON_BYTES);
    tare_json_canonical(use, &b);
    *c = (struct tare_trail_call){.step = step,
                                  .tool = tare_json_str(tare_json_get(use, "action_type")),
                                  .args = tare_json_present(params) ? tare_json_lexeme(params)
                                                                    : TARE_S(""),
                                  .sig = word(tare_sha256_of(tare_buf_str(&b))),
                                  .result = word(tare_result_digest_of(got, r->arena)),
                                  .ok = !tare_json_str_is(kind, "error"),
                                  .changed = tare_json_str_is(kind, "act"),
                                  .timeout = timed_out(got)};
    r->failed = r->failed || b.failed;
    tare_buf_free(&b);
    bool known = !c->ok;
    for (uint32_t i = 0; i + 1 < t->n_calls && !known; i++)
        known = r->calls[i].sig == c->sig && r->calls[i].result == c->result;
    if (!known)
        t->last_progress = step;
    if (c->ok && c->changed) {
        t->changes++;
        t->checked = false;
    } else if (c->ok && !tare_json_str_is(kind, "report")) {
        t->checked = true;
    }
    read_trace(r, tare_json_get(body, "trace"), step);
    struct tare_json state = tare_json_get(body, "state");
    for (struct tare_json v = tare_json_first(state); tare_json_present(v); v = tare_json_next(v))
        read_state(r, v, step);
}

/* Share of the best the task allows; the metric's own range where the world does not say. */
static void read_score(struct tare_trail *t, const struct tare_attempt *a, struct tare_json detail,
                       const struct tare_metric *metric, uint32_t metric_at)
{
    double best = (double)NAN;
    for (uint32_t i = 0; metric && i < a->n_scores; i++) {
        if (a->scores[i].metric != metric_at || a->scores[i].state != TARE_SCORE_OK)
            continue;
        if (!tare_json_f64(tare_json_get(detail, "reward_max"), &best))
            best = isfinite(metric->max) ? metric->max : 1;
        t->has_score = true;
        t->score = best > 0 ? a->scores[i].value / best : a->scores[i].value;
    }
}

static struct tare_str stop_of(const struct tare_attempt *a, struct tare_json harness)
{
    struct tare_str stop = tare_json_str(tare_json_get(harness, "stop"));
    if (a->cause == TARE_CAUSE_LIMIT && (!stop.n || tare_str_is(stop, "limit")))
        return TARE_S("step_limit");
    if (stop.n)
        return stop;
    return a->status == TARE_ATTEMPT_DONE ? TARE_S("submitted") : (struct tare_str){NULL, 0};
}

enum tare_status tare_trail_read(const struct tare_attempt *attempt, const struct tare_str *steps,
                                 uint32_t n_steps, const struct tare_metric *metric,
                                 uint32_t metric_at, uint32_t step_limit, struct tare_arena *arena,
                                 struct tare_trail *out, struct tare_err *err)
{
    struct reading r = {.arena = arena, .t = out, .cap_asks = 4096, .cap_events = 4096};
    struct tare_json detail = {NULL, 0}, outline = {NULL, 0}, body;
    enum tare_status st = TARE_OK;
    *out = (struct tare_trail){.steps = attempt->n_steps,
                               .step_limit = step_limit,
                               .tokens = attempt->tokens_in + attempt->tokens_out};
    r.calls = TARE_NEW_N(arena, struct tare_trail_call, n_steps + 1);
    r.asks = TARE_NEW_N(arena, struct tare_trail_ask, r.cap_asks);
    r.events = TARE_NEW_N(arena, struct tare_trail_event, r.cap_events);
    if (!r.calls || !r.asks || !r.events)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading steps");
    if (attempt->detail.n)
        st = tare_json_parse(attempt->detail, &tare_json_log, arena, &detail, err);
    if (st == TARE_OK && attempt->outline.n)
        st = tare_json_parse(attempt->outline, &tare_json_log, arena, &outline, err);
    struct tare_json entry = tare_json_first(outline);
    for (uint32_t i = 0; st == TARE_OK && i < n_steps; i++) {
        st = tare_json_parse(steps[i], &tare_json_log, arena, &body, err);
        if (st == TARE_OK && i > 0)
            read_step(&r, body, entry, i);
        entry = tare_json_next(entry);
    }
    if (st != TARE_OK)
        return st;
    struct tare_json harness = tare_json_get(detail, "harness");
    read_trace(&r, tare_json_get(harness, "trace"), attempt->n_steps);
    read_score(out, attempt, detail, metric, metric_at);
    out->open_items = tare__open_items(r.events, out->n_events);
    out->stop = stop_of(attempt, harness);
    out->window = number(harness, "budget_tokens");
    out->reserve = number(harness, "reserve_tokens");
    out->calls = r.calls;
    out->asks = r.asks;
    out->events = r.events;
    return r.failed ? tare_fail(err, TARE_E_NOMEM, "out of memory while reading steps") : TARE_OK;
}
