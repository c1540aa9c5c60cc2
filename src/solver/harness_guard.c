/*
 * What stands between an answer and the world: the loop guard, the choice among several answers,
 * and the checks that need no model.
 */
#include "solver/harness_int.h"

#include <math.h>

#include "record/result.h"

#include "base/banned.h"

struct tare_digest tare__hs_sig(struct tare__hs *s, struct tare_str name, struct tare_json args)
{
    struct tare_buf b;
    tare_buf_init(&b, s->arena->alc, TARE_MAX_JSON_BYTES);
    tare_buf_put(&b, name);
    tare_buf_putc(&b, '\n');
    tare_json_canonical(args, &b);
    s->failed = s->failed || b.failed;
    struct tare_digest d = tare_sha256_of(tare_buf_str(&b));
    tare_buf_free(&b);
    return d;
}

/* ---- loops --------------------------------------------------------------------------------- */

/* The same call failed, and nothing that succeeded came between; or it failed twice, and no
 * decision that succeeded came between. NULL: it may be played. */
const char *tare__hs_guard(struct tare__hs *s, const struct tare__hs_call *call)
{
    uint32_t failures = 0;
    bool success = false;
    if (HS_IS(s, HS_LOOP_GUARD, HS_GUARD_OFF))
        return NULL;
    for (uint32_t i = s->n_done; i-- > 0;) {
        const struct tare__hs_done *d = &s->done[i];
        if (!d->failed && d->decides)
            break;
        if (d->failed && tare_digest_eq(d->sig, call->sig)) {
            failures++;
            if (!success || failures >= 2)
                return failures >= 2 ? "this same call has failed again and again"
                                     : "this same call has just failed";
        }
        success = success || !d->failed;
    }
    return NULL;
}

void tare__hs_did(struct tare__hs *s, const struct tare__hs_call *call, struct tare_str result,
                  bool failed)
{
    if (s->n_done == s->cap_done) {
        uint32_t cap = s->cap_done ? s->cap_done * 2 : 64;
        struct tare__hs_done *more = TARE_NEW_N(s->arena, struct tare__hs_done, cap);
        if (!more) {
            s->failed = true;
            return;
        }
        if (s->n_done)
            memcpy(more, s->done, s->n_done * sizeof *more);
        s->done = more;
        s->cap_done = cap;
    }
    struct tare__hs_done d = {.sig = call->sig,
                              .result = tare_result_digest(result, s->arena),
                              .failed = failed,
                              .decides = call->decides};
    bool known = failed;
    for (uint32_t i = 0; i < s->n_done && !known; i++)
        known =
            tare_digest_eq(s->done[i].result, d.result) && tare_digest_eq(s->done[i].sig, d.sig);
    s->stuck = known ? s->stuck + 1 : 0;
    s->done[s->n_done++] = d;
    s->refusals_in_row = 0;
    s->tool_calls++;
    s->tool_errors += failed;
    if (!known)
        s->last_progress = s->tool_calls;
}

/* ---- the best of several ------------------------------------------------------------------- */

static uint32_t faults(const struct tare__hs *s, const struct tare__hs_answer *a)
{
    uint32_t n = a->refused ? 200 : 0;
    n += a->usable ? 0 : 100;
    n += a->n_calls || s->plain ? 0 : 50;
    n += s->plain && a->cut ? 10 : 0;
    for (uint32_t r = a->repairs; r; r &= r - 1)
        n++;
    return n;
}

static bool same_calls(const struct tare__hs_answer *a, const struct tare__hs_answer *b)
{
    if (a->n_calls != b->n_calls || !tare_digest_eq(a->said, b->said))
        return false;
    for (uint32_t i = 0; i < a->n_calls; i++)
        if (!tare_digest_eq(a->calls[i].sig, b->calls[i].sig))
            return false;
    return true;
}

/* Higher is better; NaN loses against everything. */
static double merit(const struct tare__hs *s, const struct tare__hs_answer *a)
{
    double votes = 0;
    switch (HS_INT(s, HS_SELECT)) {
    case HS_SELECT_SURPRISAL:
        return -a->logprob; /* the least likely */
    case HS_SELECT_CONFIDENCE:
        return a->confidence;
    case HS_SELECT_VOTE:
        for (uint32_t i = 0; i < s->n_candidates; i++)
            votes += s->candidates[i].usable && same_calls(a, &s->candidates[i]);
        return votes;
    case HS_SELECT_CHECKS:
        return 0.0 - faults(s, a);
    default:
        return 0;
    }
}

/* The first of the best among those that can be used; when none can, the first of the best. */
uint32_t tare__hs_select(struct tare__hs *s)
{
    uint32_t best = 0;
    struct tare_json_writer w;
    for (uint32_t i = 1; i < s->n_candidates; i++) {
        const struct tare__hs_answer *a = &s->candidates[i], *b = &s->candidates[best];
        double x = merit(s, a), y = merit(s, b);
        if (a->usable != b->usable ? a->usable : (isnan(y) && !isnan(x)) || x > y)
            best = i;
    }
    s->counters[HS_SELECT] += best > 0;
    s->counters[HS_BEST_OF] += s->n_candidates - 1;
    tare__hs_trace_begin(s, &w, "choose");
    tare_json_member_u64(&w, "n", s->n_candidates);
    tare_json_member_u64(&w, "taken", best);
    tare_json_put_key(&w, "merit");
    tare_json_begin_array(&w);
    for (uint32_t i = 0; i < s->n_candidates; i++)
        tare_json_put_f64(&w, merit(s, &s->candidates[i]));
    tare_json_end_array(&w);
    tare__hs_trace_end(s, &w);
    return best;
}

/* ---- checks without a model ---------------------------------------------------------------- */

static bool was_seen(const struct tare__hs *s, struct tare_str name)
{
    for (uint32_t d = 0; d <= s->depth; d++) {
        const struct tare__hs_thread *t = &s->thread[d];
        for (uint32_t i = 0; i < t->n; i++)
            if ((t->v[i].kind == HS_RESULT || t->v[i].kind == HS_USER) &&
                tare_str_find(t->v[i].text, name) != SIZE_MAX)
                return true;
    }
    for (uint32_t i = 0; i < s->n_refs; i++)
        if (tare_str_find(s->refs[i].text, name) != SIZE_MAX)
            return true;
    return false;
}

static bool is_name(struct tare_str x)
{
    for (size_t i = 0; i < x.n; i++)
        if (x.p[i] == ' ' || x.p[i] == '\n' || x.p[i] == '\t')
            return false;
    return x.n >= 4;
}

/* A call that decides must name only what was shown: each text argument that is a name has stood
 * in the task or a result. Arguments below the top level are not looked at. */
struct tare_str tare__hs_check(struct tare__hs *s, const struct tare__hs_call *call,
                               struct tare_arena *turn)
{
    struct tare_json args;
    if (tare_json_parse(call->args, &tare_json_strict, turn, &args, NULL) != TARE_OK)
        return TARE_S("its arguments cannot be read");
    for (struct tare_json v = tare_json_first(args); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_str name = tare_json_str(v);
        if (tare_json_kind(v) == TARE_JSON_STRING && is_name(name) && !was_seen(s, name))
            return tare_arena_printf(turn, "\"%.*s\" has stood in nothing that was shown",
                                     TARE_FMT(name));
    }
    return (struct tare_str){NULL, 0};
}
