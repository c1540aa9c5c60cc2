#include "decide/failures_int.h"

#include <stdlib.h>

#include "base/limits.h"

#include "base/banned.h"

#define LOOP_WINDOW 8u
#define POLL_TIMES 20u

static const struct {
    const char *name, *remedy;
} modes[TARE_FAIL_MODES] = {
    [TARE_FAIL_CONTEXT] = {"context_exhaustion",
                           "context.compaction: ladder, a larger context.budget_tokens"},
    [TARE_FAIL_MIDDLE] = {"lost_in_the_middle", "anchor: decision, or context.recite: rules"},
    [TARE_FAIL_MISROUTING] = {"misrouting", "tools.set: fewer tools, tools.order"},
    [TARE_FAIL_HALLUCINATED] = {"hallucinated_call", "tool_mode: strict, verify: checks"},
    [TARE_FAIL_LOOP] = {"retry_loop", "loop_guard: refuse, context.errors: keep"},
    [TARE_FAIL_STATE] = {"state_corruption", "context.recite: plan, memory: files"},
    [TARE_FAIL_PREMATURE] = {"premature_termination", "verify: self or other_model, retry.no_call"},
    [TARE_FAIL_TIMEOUT] = {"timeout_cascade", "circuit.no_progress, limits.steps"},
    [TARE_FAIL_PROVIDER] = {"provider_degradation", "a fallback endpoint, retries"},
};

const char *tare_failure_name(enum tare_failure_mode mode)
{
    return modes[mode].name;
}

const char *tare_failure_remedy(enum tare_failure_mode mode)
{
    return modes[mode].remedy;
}

void tare__found_add(struct tare__found *f, enum tare_failure_mode mode, const char *subtype,
                     uint32_t from, uint32_t to, const char *severity, struct tare_str evidence)
{
    f->failed = f->failed || !evidence.p;
    if (f->n < TARE__MAX_FOUND)
        f->v[f->n++] = (struct tare_failure){mode, subtype, from, to, severity, evidence};
}

static bool has(const struct tare__found *f, enum tare_failure_mode mode, const char *subtype)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->v[i].mode == mode && strcmp(f->v[i].subtype, subtype) == 0)
            return true;
    return false;
}

/* ---- context ------------------------------------------------------------------------------- */

static void context_exhaustion(struct tare__found *f)
{
    const struct tare_trail *t = f->t;
    uint64_t peak = 0;
    uint32_t at = 0;
    bool over = tare_str_is(t->stop, "context_overflow");
    for (uint32_t i = 0; i < t->n_asks; i++) {
        const struct tare_trail_ask *a = &t->asks[i];
        if (a->prompt > peak) {
            peak = a->prompt;
            at = a->step;
        }
        over = over || (t->window && a->length && (double)a->prompt >= 0.95 * (double)t->window) ||
               (t->window && a->prompt + t->reserve > t->window);
    }
    double share = t->window ? (double)peak / (double)t->window : 0;
    if (!over && share < 0.85)
        return;
    tare__found_add(
        f, TARE_FAIL_CONTEXT, over ? "overflow" : "near", at, at, over ? "error" : "warning",
        tare_arena_printf(f->arena, "the longest prompt had %llu of %llu tokens (%.1f %%)",
                          (unsigned long long)peak, (unsigned long long)t->window, 100 * share));
}

/* A rule was kept before and broken now, its last copy in the middle, 4,000 tokens after it. */
static void lost_in_the_middle(struct tare__found *f)
{
    bool kept = false;
    for (uint32_t i = 0; i < f->t->n_events; i++) {
        const struct tare_trail_event *e = &f->t->events[i];
        if (e->kind != TARE_TRAIL_RULE)
            continue;
        double place = e->prompt ? (double)e->rule_at / (double)e->prompt : 0;
        if (!e->kept && kept && place >= 0.2 && place <= 0.8 && e->prompt - e->rule_at >= 4000)
            tare__found_add(f, TARE_FAIL_MIDDLE, "rule", e->step, e->step, "error",
                            tare_arena_printf(
                                f->arena, "broken %.0f %% into the prompt, %llu tokens back: %.*s",
                                100 * place, (unsigned long long)(e->prompt - e->rule_at),
                                TARE_FMT(e->says)));
        kept = kept || e->kept;
    }
}

/* ---- calls --------------------------------------------------------------------------------- */

/* A value of at least 4 bytes between quotes that stands in both texts. */
static bool shares_value(struct tare_str a, struct tare_str b)
{
    for (size_t i = 0; i < a.n; i++) {
        if (a.p[i] != '"')
            continue;
        size_t end = i + 1;
        while (end < a.n && a.p[end] != '"')
            end += a.p[end] == '\\' ? 2u : 1u;
        if (end >= a.n)
            return false;
        bool key = end + 1 < a.n && a.p[end + 1] == ':';
        if (!key && end - i - 1 >= 4 &&
            tare_str_find(b, tare_str_n(a.p + i, end + 1 - i)) != SIZE_MAX)
            return true;
        i = end;
    }
    return false;
}

static void misrouting(struct tare__found *f)
{
    const struct tare_trail *t = f->t;
    for (uint32_t i = 0; i < t->n_calls; i++) {
        const struct tare_trail_call *a = &t->calls[i];
        for (uint32_t k = i + 1; !a->ok && k < t->n_calls && k <= i + 3; k++) {
            const struct tare_trail_call *b = &t->calls[k];
            bool same = tare_str_eq(a->tool, b->tool);
            if (!b->ok || (same ? a->sig == b->sig : !shares_value(a->args, b->args)))
                continue;
            tare__found_add(f, TARE_FAIL_MISROUTING, same ? "wrong_args" : "wrong_tool", a->step,
                            b->step, "warning",
                            tare_arena_printf(f->arena, "%.*s failed, %.*s did it",
                                              TARE_FMT(a->tool), TARE_FMT(b->tool)));
            break;
        }
    }
}

static void hallucinated_call(struct tare__found *f)
{
    for (uint32_t i = 0; i < f->t->n_events; i++) {
        const struct tare_trail_event *e = &f->t->events[i];
        const char *what =
            e->kind == TARE_TRAIL_UNSEEN             ? "unseen_id"
            : e->kind != TARE_TRAIL_BAD_CALL         ? NULL
            : tare_str_is(e->code, "V_UNKNOWN_TOOL") ? "unknown_tool"
            : tare_str_starts(e->code, TARE_S("V_")) ? "invalid_args"
            : tare_str_is(e->code, "E_TRUNCATED")    ? NULL
            : tare_str_starts(e->code, TARE_S("E_")) && !tare_str_is(e->code, "E_NO_CALL") &&
                    !tare_str_is(e->code, "E_UNASKED") && !tare_str_is(e->code, "E_WRONG_TOOL")
                ? "malformed"
                : NULL;
        if (what)
            tare__found_add(
                f, TARE_FAIL_HALLUCINATED, what, e->step, e->step, "error",
                tare_arena_printf(f->arena, "%.*s %.*s", TARE_FMT(e->code), TARE_FMT(e->says)));
    }
}

/* ---- loops --------------------------------------------------------------------------------- */

static bool same(const struct tare_trail_call *a, const struct tare_trail_call *b)
{
    return a->sig == b->sig && a->result == b->result;
}

/* The same call with the same result thrice in the last 8 calls; a poll 20 times in all. */
static void loop_identical(struct tare__found *f, uint32_t at)
{
    const struct tare_trail_call *v = f->t->calls, *c = &v[at];
    uint32_t times = 0, need = c->poll ? POLL_TIMES : 3, first = at;
    for (uint32_t i = at + 1; i-- > 0 && (c->poll || at - i < LOOP_WINDOW);)
        if (same(&v[i], c)) {
            times++;
            first = i;
        }
    if (times >= need && !has(f, TARE_FAIL_LOOP, "identical"))
        tare__found_add(
            f, TARE_FAIL_LOOP, "identical", v[first].step, c->step, "error",
            tare_arena_printf(f->arena, "%.*s gave the same %u times", TARE_FMT(c->tool), times));
}

/* The same call failed thrice with no change of state that succeeded between. */
static void loop_failing(struct tare__found *f, uint32_t at)
{
    const struct tare_trail_call *v = f->t->calls, *c = &v[at];
    uint32_t times = 0, first = at;
    for (uint32_t i = at + 1; !c->ok && i-- > 0 && !(v[i].ok && v[i].changed);)
        if (v[i].sig == c->sig && !v[i].ok) {
            times++;
            first = i;
        }
    if (times >= (c->poll ? POLL_TIMES : 3) && !has(f, TARE_FAIL_LOOP, "failing"))
        tare__found_add(
            f, TARE_FAIL_LOOP, "failing", v[first].step, c->step, "error",
            tare_arena_printf(f->arena, "%.*s failed %u times", TARE_FMT(c->tool), times));
}

/* The tail is a cycle of 2 to 4 calls, three times over. */
static void loop_cycle(struct tare__found *f, uint32_t at)
{
    const struct tare_trail_call *v = f->t->calls;
    for (uint32_t period = 2; period <= 4; period++) {
        bool cycle = at + 1 >= 3 * period, varied = false;
        for (uint32_t i = 0; cycle && i < 2 * period; i++) {
            cycle = same(&v[at - i], &v[at - i - period]) && !v[at - i].poll;
            varied = varied || (i && !same(&v[at - i], &v[at]));
        }
        if (!cycle || !varied || has(f, TARE_FAIL_LOOP, "cycle"))
            continue;
        tare__found_add(f, TARE_FAIL_LOOP, "cycle", v[at + 1 - 3 * period].step, v[at].step,
                        "error", tare_arena_printf(f->arena, "%u calls, three times over", period));
    }
}

static void retry_loop(struct tare__found *f)
{
    for (uint32_t i = 0; i < f->t->n_calls; i++) {
        loop_identical(f, i);
        loop_failing(f, i);
        loop_cycle(f, i);
    }
}

/* ---- ends ---------------------------------------------------------------------------------- */

static void premature_termination(struct tare__found *f)
{
    const struct tare_trail *t = f->t;
    bool ended = tare_str_is(t->stop, "submitted") || tare_str_is(t->stop, "no_call");
    bool steps_left = !t->step_limit || 2 * (uint64_t)t->steps <= t->step_limit;
    bool tokens_left = !t->token_limit || 2 * t->tokens <= t->token_limit;
    if (!ended || (t->has_score && t->score >= 1) || !steps_left || !tokens_left)
        return;
    const char *severity = t->has_score ? "error" : "info";
    if (t->open_items)
        tare__found_add(f, TARE_FAIL_PREMATURE, "open_items", t->steps, t->steps, severity,
                        tare_arena_printf(f->arena, "%u items were open", t->open_items));
    else if (t->changes && !t->checked)
        tare__found_add(f, TARE_FAIL_PREMATURE, "unverified", t->steps, t->steps, severity,
                        TARE_S("after the last change nothing was looked at again"));
    else if (t->steps <= 5 && t->has_score && t->score <= 0)
        tare__found_add(
            f, TARE_FAIL_PREMATURE, "confident_zero", t->steps, t->steps, severity,
            tare_arena_printf(f->arena, "ended after %u steps with nothing reached", t->steps));
}

static bool limit(struct tare_str stop)
{
    return tare_str_ends(stop, TARE_S("limit")) || tare_str_is(stop, "no_progress");
}

static void timeout_cascade(struct tare__found *f)
{
    const struct tare_trail *t = f->t;
    uint32_t tail = (t->steps + 3) / 4, row = 0;
    tail = tail < 10 ? 10 : tail;
    tail = tail > t->steps ? t->steps : tail;
    if (limit(t->stop) && t->steps && t->last_progress <= t->steps - tail)
        tare__found_add(
            f, TARE_FAIL_TIMEOUT, "no_convergence", t->last_progress + 1, t->steps, "error",
            tare_arena_printf(f->arena, "nothing new after step %u: %u of %u steps were waste",
                              t->last_progress, t->steps - t->last_progress, t->steps));
    for (uint32_t i = 0; i < t->n_calls; i++) {
        const struct tare_trail_call *c = &t->calls[i];
        row = c->timeout ? row + 1 : 0;
        if (row == 3)
            tare__found_add(f, TARE_FAIL_TIMEOUT, "timeout_chain", t->calls[i - 2].step, c->step,
                            "error", TARE_S("three calls in a row ran out of time"));
        for (uint32_t k = 0; k < i && c->timeout; k++)
            if (t->calls[k].timeout && t->calls[k].sig == c->sig &&
                !has(f, TARE_FAIL_TIMEOUT, "same_timeout"))
                tare__found_add(f, TARE_FAIL_TIMEOUT, "same_timeout", t->calls[k].step, c->step,
                                "warning",
                                tare_arena_printf(
                                    f->arena, "%.*s ran out of time twice with the same arguments",
                                    TARE_FMT(c->tool)));
    }
}

static int by_step(const void *a, const void *b)
{
    const struct tare_failure *x = a, *y = b;
    if (x->from_step != y->from_step)
        return x->from_step < y->from_step ? -1 : 1;
    return (int)x->mode - (int)y->mode;
}

enum tare_status tare_failures(const struct tare_trail *t, struct tare_arena *arena,
                               struct tare_failure **out, uint32_t *n, struct tare_err *err)
{
    struct tare__found *f = TARE_NEW(arena, struct tare__found);
    if (!f)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for failures");
    f->t = t;
    f->arena = arena;
    context_exhaustion(f);
    lost_in_the_middle(f);
    misrouting(f);
    hallucinated_call(f);
    retry_loop(f);
    tare__state_corruption(f);
    premature_termination(f);
    timeout_cascade(f);
    if (f->failed)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for failures");
    qsort(f->v, f->n, sizeof *f->v, by_step);
    *out = f->v;
    *n = f->n;
    return TARE_OK;
}

struct tare_failure tare_failures_provider(const struct tare_trail *trails, uint32_t n,
                                           uint32_t n_endpoint, struct tare_arena *arena)
{
    struct tare_failure none = {.mode = TARE_FAIL_PROVIDER, .subtype = ""};
    struct tare_str model = {NULL, 0}, print = {NULL, 0};
    uint32_t changed = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < trails[i].n_asks; k++) {
            const struct tare_trail_ask *a = &trails[i].asks[k];
            changed += (model.n && a->model.n && !tare_str_eq(model, a->model)) ||
                       (print.n && a->fingerprint.n && !tare_str_eq(print, a->fingerprint));
            model = a->model.n ? a->model : model;
            print = a->fingerprint.n ? a->fingerprint : print;
        }
    if (n_endpoint >= 3 && (double)n_endpoint >= 0.05 * (double)(n + n_endpoint)) {
        none.subtype = "errors";
        none.severity = "error";
        none.evidence = tare_arena_printf(arena, "%u of %u attempts are missing for the endpoint",
                                          n_endpoint, n + n_endpoint);
    } else if (changed) {
        none.subtype = "identity";
        none.severity = "warning";
        none.evidence = tare_arena_printf(
            arena, "the model's name or fingerprint changed %u times within the run", changed);
    }
    return none;
}
