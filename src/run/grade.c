/* After the solver has ended: what the world says of it, checks that wait, scores. */
#include <math.h>

#include "run/run_int.h"

#include "base/limits.h"

#include "base/banned.h"

static const struct tare_check_ops *check_at(const struct tare_play *p, uint32_t i)
{
    return p->setup->checks[i];
}

static bool waits(const struct tare_play *p, uint32_t i)
{
    const struct tare_check_ops *c = check_at(p, i);
    return c->waits && c->waits(p->setup->check_states[i]);
}

void tare__watch_anew(const struct tare_play *p)
{
    if (p->setup->watch)
        tare_alc_watch_clear(p->setup->watch);
}

/* Drives the checks from number p->check on. True: all are done, or one failed. */
static bool drive(struct tare_play *p, const struct tare_event *first)
{
    const struct tare_play_setup *s = p->setup;
    struct tare_event event = *first;
    for (; p->check < s->n_checks && p->check_err.code == TARE_OK; p->check++) {
        const struct tare_check_ops *c = check_at(p, p->check);
        if (!waits(p, p->check))
            continue;
        p->judged.work = p->works[p->check];
        tare_arena_reset(&p->turn);
        p->yield = (struct tare_yield){0};
        p->state = TARE_PLAY_IDLE;
        tare__watch_anew(p);
        if (c->next(s->check_states[p->check], p->works[p->check], &p->judged, &event, &p->turn,
                    &p->yield, &p->check_err) != TARE_OK)
            return true;
        switch (p->yield.kind) {
        case TARE_YIELD_REQUEST:
            p->state = TARE_PLAY_REQUEST;
            return false;
        case TARE_YIELD_SPAWN:
            p->state = TARE_PLAY_SPAWN;
            return false;
        case TARE_YIELD_WAIT:
            p->state = TARE_PLAY_WAIT;
            return false;
        case TARE_YIELD_DONE:
        case TARE_YIELD_ACT:
            break;
        }
        event = (struct tare_event){.kind = TARE_EVENT_OBS, .now_ns = event.now_ns};
    }
    return true;
}

static enum tare_status begin_works(struct tare_play *p)
{
    const struct tare_play_setup *s = p->setup;
    enum tare_status st = TARE_OK;
    p->works = TARE_NEW_N(p->arena, void *, s->n_checks);
    if (!p->works)
        return tare_fail(&p->check_err, TARE_E_NOMEM, "out of memory while scoring");
    for (uint32_t i = 0; i < s->n_checks && st == TARE_OK; i++) {
        if (!waits(p, i))
            continue;
        p->works[i] = tare_arena_alloc(p->arena, check_at(p, i)->work_bytes);
        if (!p->works[i])
            return tare_fail(&p->check_err, TARE_E_NOMEM, "out of memory while scoring");
        p->checking = true;
        st = check_at(p, i)->begin(s->check_states[i], p->works[i], &p->judged, p->arena,
                                   &p->check_err);
    }
    return st;
}

bool tare__checks_begin(struct tare_play *p)
{
    const struct tare_play_setup *s = p->setup;
    struct tare_attempt *a = &p->attempt;
    if (a->status == TARE_ATTEMPT_MISSING)
        return true;
    p->judged = (struct tare_check_in){.task = p->task,
                                       .facts = &p->facts,
                                       .outcome = &p->outcome,
                                       .status = a->status,
                                       .n_steps = a->n_steps,
                                       .index = a->index,
                                       .tokens_in = a->tokens_in,
                                       .tokens_out = a->tokens_out,
                                       .cost_usd = a->cost_usd};
    p->facts = s->world->facts(s->w);
    /* A solver that has used up the attempt's memory is scored all the same. */
    p->arena->ceiling_bytes += TARE__SCORING_BYTES;
    p->scoring_bytes = TARE__SCORING_BYTES;
    tare__watch_anew(p);
    if (s->world->outcome(s->w, p->arena, &p->outcome, &p->check_err) != TARE_OK) {
        p->outcome = (struct tare_outcome){.reward = (double)NAN, .reward_max = (double)NAN};
        return true;
    }
    if (begin_works(p) != TARE_OK || !p->checking)
        return true;
    struct tare_event event = {.kind = TARE_EVENT_OBS};
    return drive(p, &event);
}

bool tare__checks_event(struct tare_play *p, const struct tare_event *event)
{
    return drive(p, event);
}

void tare__checks_cancel(struct tare_play *p, enum tare_cause why)
{
    struct tare_attempt *a = &p->attempt;
    a->status = TARE_ATTEMPT_MISSING;
    a->cause = why == TARE_CAUSE_LIMIT || why == TARE_CAUSE_SOLVER ? TARE_CAUSE_CANCELLED : why;
    a->cause_text = why == TARE_CAUSE_MEMORY ? TARE_S("out of memory while scoring")
                                             : TARE_S("cancelled while it was judged");
}

/* What the checks saw joins the world's own account: one JSON object. */
static enum tare_status join_detail(struct tare_play *p, const struct tare_buf *evidence)
{
    struct tare_str own = tare_str_trim(p->outcome.detail);
    struct tare_buf b;
    if (evidence->failed)
        return tare_fail(&p->check_err, TARE_E_NOMEM, "out of memory while scoring");
    p->attempt.detail = own;
    if (evidence->n == 0)
        return TARE_OK;
    bool open = own.n >= 2 && own.p[own.n - 1] == '}';
    bool empty = !open || tare_str_trim(tare_str_n(own.p + 1, own.n - 2)).n == 0;
    tare_buf_init(&b, p->arena->alc, 2 * TARE_MAX_STEP_BODY_BYTES);
    tare_buf_put(&b, empty ? TARE_S("{") : tare_str_n(own.p, own.n - 1));
    tare_buf_puts(&b, empty ? "\"checks\":[" : ",\"checks\":[");
    tare_buf_put(&b, tare_buf_str(evidence));
    tare_buf_puts(&b, "]}");
    p->attempt.detail = tare_arena_copy(p->arena, tare_buf_str(&b));
    bool failed = b.failed || !p->attempt.detail.p;
    tare_buf_free(&b);
    return failed ? tare_fail(&p->check_err, TARE_E_NOMEM, "out of memory while scoring") : TARE_OK;
}

static enum tare_status score_all(struct tare_play *p, struct tare_score *all)
{
    const struct tare_play_setup *s = p->setup;
    struct tare_err *err = &p->check_err;
    struct tare_buf evidence;
    enum tare_status st = err->code;
    uint32_t first = 0;
    tare_buf_init(&evidence, p->arena->alc, TARE_MAX_STEP_BODY_BYTES);
    for (uint32_t c = 0; st == TARE_OK && c < s->n_checks; c++) {
        uint32_t n;
        size_t before = evidence.n;
        s->checks[c]->metrics(s->check_states[c], &n);
        struct tare_score *own = TARE_NEW_N(p->arena, struct tare_score, n);
        p->judged.work = p->works ? p->works[c] : NULL;
        p->judged.evidence = &evidence;
        if (before)
            tare_buf_putc(&evidence, ',');
        size_t comma = evidence.n;
        st = own ? s->checks[c]->score(s->check_states[c], &p->judged, p->arena, own, err)
                 : tare_fail(err, TARE_E_NOMEM, "out of memory while scoring");
        if (evidence.n == comma)
            evidence.n = before;
        for (uint32_t i = 0; st == TARE_OK && i < n; i++) {
            uint32_t to = s->metric_of[first + i];
            if (to == UINT32_MAX)
                continue;
            all[to] = own[i];
            all[to].metric = to;
        }
        first += n;
    }
    if (st == TARE_OK)
        st = join_detail(p, &evidence);
    tare_buf_free(&evidence);
    return st;
}

/* What the solver left is too large to be scored: a limit it met. It is scored as one that failed
 * and left no answer. */
static enum tare_status score_without(struct tare_play *p, struct tare_score *all)
{
    struct tare_attempt *a = &p->attempt;
    struct tare_str why = tare_arena_printf(p->arena, "what it left is too large to be scored: %s",
                                            p->check_err.text);
    a->status = p->judged.status = TARE_ATTEMPT_FAILED;
    a->cause = TARE_CAUSE_LIMIT;
    a->cause_text = why.p ? why : TARE_S("what it left is too large to be scored");
    p->outcome.output = p->outcome.detail = (struct tare_str){NULL, 0};
    p->check_err = (struct tare_err){0};
    tare_alc_watch_clear(p->setup->watch);
    return score_all(p, all);
}

/* Nothing can be told of it, and it is its own doing. */
static void no_scores(const struct tare_play *p, struct tare_score *all)
{
    for (uint32_t i = 0; i < p->setup->n_metrics; i++)
        all[i] = (struct tare_score){.metric = i,
                                     .state = TARE_SCORE_UNAVAILABLE,
                                     .value = (double)NAN,
                                     .reason = TARE_S("what it left is too large to be scored")};
}

void tare__scores(struct tare_play *p)
{
    const struct tare_play_setup *s = p->setup;
    struct tare_attempt *a = &p->attempt;
    struct tare_score *all = p->scores;
    bool missing = a->status == TARE_ATTEMPT_MISSING;
    if (!all)
        return; /* it is missing: there was no memory to begin it */
    for (uint32_t i = 0; i < s->n_metrics; i++)
        all[i] = (struct tare_score){.metric = i,
                                     .state = missing ? TARE_SCORE_MISSING : TARE_SCORE_UNAVAILABLE,
                                     .value = (double)NAN};
    a->scores = all;
    a->n_scores = s->n_metrics;
    if (missing || score_all(p, all) == TARE_OK)
        return;
    const struct tare_err *err = &p->check_err;
    bool own = err->code == TARE_E_NOMEM && tare_alc_watch_own(s->watch);
    if (own && score_without(p, all) == TARE_OK)
        return;
    if (own && err->code == TARE_E_NOMEM && tare_alc_watch_own(s->watch)) {
        no_scores(p, all);
        return;
    }
    struct tare_str text = tare_arena_copy(p->arena, tare_str_of(err->text));
    a->status = TARE_ATTEMPT_MISSING;
    a->cause = err->code == TARE_E_NOMEM                   ? TARE_CAUSE_MEMORY
               : err->code == TARE_E_CANCELLED             ? TARE_CAUSE_CANCELLED
               : err->code == TARE_E_IO && s->world->boxed ? TARE_CAUSE_SANDBOX
                                                           : TARE_CAUSE_WORLD;
    a->cause_text = text.p ? text : TARE_S("out of memory");
    a->detail = (struct tare_str){NULL, 0};
    for (uint32_t i = 0; i < s->n_metrics; i++)
        all[i] =
            (struct tare_score){.metric = i, .state = TARE_SCORE_MISSING, .value = (double)NAN};
}
