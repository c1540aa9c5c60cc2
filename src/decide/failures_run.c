#include "decide/failures_run.h"

#include <math.h>

#include "base/limits.h"

#include "base/banned.h"

#define PAGE 500u

/* Steps the suite or the solver allows; 0: not said. */
static uint32_t step_limit(const struct tare_batch_view *batch, const struct tare_run_view *run,
                           struct tare_arena *arena)
{
    const struct tare_str texts[] = {run->identity, batch->suite_json};
    for (int i = 0; i < 2; i++) {
        struct tare_json v;
        int64_t n = 0;
        if (texts[i].n && tare_json_parse(texts[i], &tare_json_log, arena, &v, NULL) == TARE_OK &&
            tare_json_i64(tare_json_get(tare_json_get(v, "limits"), "steps"), &n) && n > 0)
            return (uint32_t)n;
    }
    return 0;
}

/* The headline: the first metric the suite asks for; "reward" where there is one. */
static uint32_t headline(const struct tare_batch_view *batch)
{
    for (uint32_t i = 0; i < batch->n_metrics; i++)
        if (tare_str_is(batch->metrics[i].name, "reward"))
            return i;
    return 0;
}

enum tare_status tare_failures_of_attempt(struct tare_store *store,
                                          const struct tare_batch_view *batch,
                                          const struct tare_run_view *run, uint32_t task,
                                          uint32_t index, struct tare_arena *arena,
                                          struct tare_failed_attempt *out, struct tare_trail *trail,
                                          struct tare_err *err)
{
    struct tare_attempt a;
    struct tare_str *steps = NULL;
    uint32_t n = 0, metric = headline(batch);
    struct tare_failure *found = NULL;
    enum tare_status st = tare_store_attempt(store, run->id, task, index,
                                             TARE_WITH_SCORES | TARE_WITH_OUTLINE, arena, &a, err);
    if (st == TARE_OK)
        st = tare_store_steps(store, run->id, task, index, 0, UINT32_MAX, arena, &steps, &n, err);
    if (st == TARE_OK)
        st = tare_trail_read(&a, steps, n, batch->n_metrics ? &batch->metrics[metric] : NULL,
                             metric, step_limit(batch, run, arena), arena, trail, err);
    *out = (struct tare_failed_attempt){.task = task, .index = index};
    if (st == TARE_OK)
        st = tare_failures(trail, arena, &found, &out->n_found, err);
    if (st != TARE_OK)
        return st;
    out->found = found;
    out->status = a.status;
    out->stop = trail->stop;
    out->score = trail->has_score ? trail->score : (double)NAN;
    return TARE_OK;
}

static void count(struct tare_run_failures *out, const struct tare_failed_attempt *x)
{
    bool seen[TARE_FAIL_MODES] = {false};
    bool explained = false;
    for (uint32_t i = 0; i < x->n_found; i++) {
        const struct tare_failure *f = &x->found[i];
        out->by_mode[f->mode] += !seen[f->mode];
        seen[f->mode] = true;
        if (strcmp(f->severity, "error") != 0 || explained)
            continue;
        out->primary[f->mode]++;
        explained = true;
    }
    out->explained += explained;
}

static enum tare_status take_page(struct tare_store *store, const struct tare_batch_view *batch,
                                  const struct tare_run_view *run,
                                  const struct tare_attempt_page *page, uint32_t limit,
                                  struct tare_arena *arena, struct tare_run_failures *out,
                                  struct tare_failed_attempt *list, struct tare_trail *trails,
                                  uint32_t *n_trails, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; st == TARE_OK && i < page->n; i++) {
        const struct tare_attempt_row *r = &page->rows[i];
        struct tare_failed_attempt x;
        out->attempts++;
        if (r->status == TARE_ATTEMPT_MISSING) {
            out->missing++;
            continue;
        }
        struct tare_trail *t = &trails[(*n_trails)++];
        st = tare_failures_of_attempt(store, batch, run, r->task, r->index, arena, &x, t, err);
        if (st != TARE_OK || (x.status != TARE_ATTEMPT_FAILED && !(x.score < 1)))
            continue;
        out->failed++;
        count(out, &x);
        if (!limit || out->n < limit)
            list[out->n++] = x;
    }
    return st;
}

enum tare_status tare_failures_of_run(struct tare_store *store, const struct tare_batch_view *batch,
                                      const struct tare_run_view *run, uint32_t limit,
                                      struct tare_arena *arena, struct tare_run_failures *out,
                                      struct tare_err *err)
{
    uint64_t total = run->n_done + run->n_failed + run->n_missing, offset = 0;
    struct tare_attempt_page page;
    uint32_t n_trails = 0;
    struct tare_failed_attempt *list = TARE_NEW_N(arena, struct tare_failed_attempt, total + 1);
    struct tare_trail *trails = TARE_NEW_N(arena, struct tare_trail, total + 1);
    *out = (struct tare_run_failures){.v = list};
    if (!list || !trails)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while looking for failures");
    do {
        enum tare_status st =
            tare_store_attempts(store, run->id, NULL, offset, PAGE, arena, &page, err);
        if (st == TARE_OK && offset + page.n <= total)
            st = take_page(store, batch, run, &page, limit, arena, out, list, trails, &n_trails,
                           err);
        if (st != TARE_OK)
            return st;
        offset += page.n;
    } while (page.n && offset < page.total && offset < total);
    out->provider = tare_failures_provider(trails, n_trails, (uint32_t)out->missing, arena);
    return TARE_OK;
}
