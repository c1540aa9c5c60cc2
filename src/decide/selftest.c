#include "decide/selftest.h"

#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/thread.h"
#include "decide/compare_int.h"
#include "decide/selftest_int.h"
#include "stats/proportion.h"

#include "base/banned.h"

#define ALPHA 0.05
#define RESAMPLES 999u /* of what is left to Monte Carlo */
#define CLUSTER_TAG TARE_S("source")

/* What a block of comparisons came to; whole numbers, so that sums do not depend on order. */
struct block {
    uint64_t n, improved, regressed, covered, no_interval, at_margin;
    const char *p_method, *ci_method;
};

struct job {
    struct tare__selftest_job all;
    struct block *block; /* rows * 2 * blocks */
};

/* One data set as results, filled anew for each comparison. */
struct bench {
    const struct tare__process *process;
    struct tare__draw draw;
    struct tare_metric metric;
    struct tare_results results;
    struct tare_results_run runs[2];
    struct tare_results_column columns[2];
    uint8_t *state[2], *status[2], *cause[2];
};

/* ---- building -------------------------------------------------------------------------------- */

static bool name_tasks(struct bench *b, struct tare_arena *arena)
{
    const struct tare__process *p = b->process;
    struct tare_results_task *tasks = TARE_NEW_N(arena, struct tare_results_task, p->tasks);
    struct tare_tag *tags = TARE_NEW_N(arena, struct tare_tag, p->tasks);
    if (!tasks || !tags)
        return false;
    for (uint32_t i = 0; i < p->tasks; i++) {
        tasks[i].id = tare_arena_printf(arena, "t%u", i);
        if (!p->cluster_size)
            continue;
        tags[i] =
            (struct tare_tag){CLUSTER_TAG, tare_arena_printf(arena, "c%u", i / p->cluster_size)};
        tasks[i].tags = &tags[i];
        tasks[i].n_tags = 1;
    }
    b->results.tasks = tasks;
    b->results.n_tasks = p->tasks;
    return tasks[p->tasks - 1].id.p != NULL;
}

static bool make_run(struct bench *b, int side, struct tare_arena *arena)
{
    uint32_t k = b->process->attempts, n = b->process->tasks * k;
    uint32_t *task = TARE_NEW_N(arena, uint32_t, n), *attempt = TARE_NEW_N(arena, uint32_t, n);
    b->state[side] = TARE_NEW_N(arena, uint8_t, n);
    b->status[side] = TARE_NEW_N(arena, uint8_t, n);
    b->cause[side] = TARE_NEW_N(arena, uint8_t, n);
    if (!task || !attempt || !b->state[side] || !b->status[side] || !b->cause[side])
        return false;
    for (uint32_t i = 0; i < n; i++) {
        task[i] = i / k;
        attempt[i] = i % k;
    }
    bool ratio = b->process->kind == TARE__RATIO;
    b->columns[side] = (struct tare_results_column){.value = side ? b->draw.b : b->draw.a,
                                                    .num = !ratio ? NULL
                                                           : side ? b->draw.num_b
                                                                  : b->draw.num_a,
                                                    .den = !ratio ? NULL
                                                           : side ? b->draw.den_b
                                                                  : b->draw.den_a,
                                                    .state = b->state[side]};
    b->runs[side] = (struct tare_results_run){.name = side ? TARE_S("b") : TARE_S("a"),
                                              .id = side ? TARE_S("b") : TARE_S("a"),
                                              .k = k,
                                              .finished = true,
                                              .cause_known = true,
                                              .n_attempts = n,
                                              .task = task,
                                              .attempt = attempt,
                                              .status = b->status[side],
                                              .cause = b->cause[side],
                                              .columns = &b->columns[side]};
    return true;
}

static bool make_bench(struct bench *b, const struct tare__process *p, struct tare_arena *arena)
{
    bool ratio = p->kind == TARE__RATIO;
    bool share = p->kind <= TARE__THESE || ratio;
    size_t n = (size_t)p->tasks * p->attempts;
    *b = (struct bench){.process = p};
    double **columns[6] = {&b->draw.a,     &b->draw.b,     &b->draw.num_a,
                           &b->draw.den_a, &b->draw.num_b, &b->draw.den_b};
    for (int i = 0; i < 6; i++) {
        *columns[i] = TARE_NEW_N(arena, double, n);
        if (!*columns[i])
            return false;
    }
    b->metric = (struct tare_metric){.name = TARE_S("score"),
                                     .title = TARE_S("score"),
                                     .unit = share ? TARE_S("share") : TARE_S("points"),
                                     .direction = TARE_HIGHER_BETTER,
                                     .aggregation = ratio ? TARE_AGG_RATIO_OF_SUMS : TARE_AGG_MEAN,
                                     .min = share ? 0 : (double)-INFINITY,
                                     .max = share ? 1 : (double)INFINITY};
    b->results = (struct tare_results){.suite = TARE_S("selftest"),
                                       .version = TARE_S("1"),
                                       .k = p->attempts,
                                       .metrics = &b->metric,
                                       .n_metrics = 1,
                                       .runs = b->runs,
                                       .n_runs = 2};
    if (p->cluster_size)
        b->results.cluster = CLUSTER_TAG;
    return name_tasks(b, arena) && make_run(b, 0, arena) && make_run(b, 1, arena);
}

/* A score that is not there is there as a missing attempt. */
static void mark_missing(struct bench *b)
{
    for (int side = 0; side < 2; side++) {
        const double *value = b->columns[side].value;
        for (uint32_t i = 0; i < b->runs[side].n_attempts; i++) {
            bool gone = isnan(value[i]);
            b->state[side][i] = gone ? TARE_SCORE_MISSING : TARE_SCORE_OK;
            b->status[side][i] = gone ? TARE_ATTEMPT_MISSING : TARE_ATTEMPT_DONE;
            b->cause[side][i] = gone ? TARE_CAUSE_ENDPOINT : TARE_CAUSE_NONE;
        }
    }
}

/* ---- playing --------------------------------------------------------------------------------- */

static void count(struct block *out, const struct tare_compare *c, double truth)
{
    out->n++;
    out->improved += c->out.verdict == TARE_VERDICT_IMPROVED;
    out->regressed += c->out.verdict == TARE_VERDICT_REGRESSED;
    if (c->ev.ci.why)
        out->no_interval++;
    else
        out->covered += c->ev.ci.lo <= truth + 1e-12 && truth - 1e-12 <= c->ev.ci.hi;
    out->p_method = c->ev.p_method;
    out->ci_method = c->ev.ci_method;
}

/* The same data with the scale turned round: now the candidate is worse by `truth`. With that as
 * the margin, no verdict may say that it is equivalent or not worse. */
static bool false_at_margin(struct tare_compare c, double truth)
{
    c.metric.direction = TARE_LOWER_BETTER;
    c.margin = truth;
    c.margin_source = TARE_MARGIN_FLAG;
    tare__decide(&c);
    return c.out.verdict == TARE_VERDICT_EQUIVALENT ||
           tare_gate_passes(TARE_GATE_REQUIRE_NOT_WORSE, &c);
}

static enum tare_status play(void *ctx, uint64_t at, struct tare_arena *arena, struct tare_err *err)
{
    const struct job *job = ctx;
    struct block *out = &job->block[at];
    uint64_t arm = at / job->all.blocks, first = at % job->all.blocks * TARE__SELFTEST_BLOCK;
    const struct tare__process *p = tare__process_at((uint32_t)(arm / 2));
    double shift = arm % 2 ? p->effect : 0;
    struct tare_compare_opts opts = {.size = sizeof opts,
                                     .alpha = ALPHA,
                                     .no_slices = true,
                                     .resamples = RESAMPLES,
                                     .about = p->kind == TARE__THESE ? TARE_ABOUT_THESE_TASKS
                                                                     : TARE_ABOUT_NEW_TASKS};
    struct bench bench;
    enum tare_status st = TARE_OK;
    if (!make_bench(&bench, p, arena))
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the self-test");
    struct tare_arena_mark mark = tare_arena_mark(arena);
    for (uint64_t i = first; i < first + TARE__SELFTEST_BLOCK && i < job->all.replicates && !st;
         i++) {
        struct tare_rng rng;
        struct tare_compare c;
        tare_rng_init(&rng, job->all.seed + arm, TARE_S("selftest"), i);
        opts.seed = tare_rng_u64(&rng);
        tare__process_draw(p, shift, &rng, &bench.draw);
        mark_missing(&bench);
        st = tare_compare(&bench.results, 0, &bench.results, 1, &opts, arena, &c, err);
        if (!st)
            count(out, &c, shift);
        if (!st && shift > 0)
            out->at_margin += false_at_margin(c, shift);
        tare_arena_rewind(arena, mark);
    }
    return st;
}

/* ---- blocks ---------------------------------------------------------------------------------- */

uint64_t tare__selftest_size(const struct tare_selftest_opts *opts, uint32_t rows,
                             struct tare__selftest_job *job)
{
    job->seed = opts->seed;
    job->replicates = opts->replicates ? opts->replicates : TARE_SELFTEST_QUICK;
    job->blocks = (job->replicates + TARE__SELFTEST_BLOCK - 1) / TARE__SELFTEST_BLOCK;
    job->rows = rows;
    return 2 * (uint64_t)rows * job->blocks;
}

static void play_block(void *ctx, unsigned worker, uint64_t i)
{
    const struct tare__selftest_job *job = ctx;
    struct tare_arena arena;
    (void)worker;
    tare_arena_init(&arena, NULL, 64 * TARE_MIB);
    enum tare_status st = job->play(job->ctx, i, &arena, &job->faults[i]);
    if (st && !job->faults[i].code)
        job->faults[i].code = st;
    tare_arena_free(&arena);
}

enum tare_status tare__selftest_play(const struct tare_selftest_opts *opts,
                                     struct tare__selftest_job *job, struct tare_arena *arena,
                                     struct tare_err *err)
{
    uint64_t calls = 2 * (uint64_t)job->rows * job->blocks;
    job->faults = TARE_NEW_N(arena, struct tare_err, calls);
    if (!job->faults)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the self-test");
    enum tare_status st =
        tare_parallel(opts->threads ? opts->threads : 1, calls, play_block, job, NULL, err);
    for (uint64_t i = 0; i < calls && !st; i++)
        if (job->faults[i].code)
            st = tare_fail(err, job->faults[i].code, "self-test: %s", job->faults[i].text);
    return st;
}

/* ---- judging --------------------------------------------------------------------------------- */

enum tare_selftest_state tare__selftest_state(uint64_t k, uint64_t n, enum tare__promise kind,
                                              double promise, double slack)
{
    struct tare_interval wide = tare_wilson((struct tare_count){k, n}, TARE_SELFTEST_LEVEL);
    if (isnan(promise) || isnan(slack) || wide.why)
        return TARE_SELFTEST_NO_PROMISE;
    bool low = wide.hi<promise - slack, high = wide.lo> promise + slack;
    bool off = (kind != TARE__AT_MOST && low) || (kind != TARE__AT_LEAST && high);
    return off ? TARE_SELFTEST_OFF : TARE_SELFTEST_HOLDS;
}

struct tare_selftest_rate tare__selftest_judge(uint64_t k, uint64_t n, enum tare__promise kind,
                                               double promise, double slack)
{
    struct tare_interval bar = tare_wilson((struct tare_count){k, n}, 0.95);
    return (struct tare_selftest_rate){.k = k,
                                       .n = n,
                                       .rate = n ? (double)k / (double)n : (double)NAN,
                                       .lo = bar.lo,
                                       .hi = bar.hi,
                                       .promise = promise,
                                       .slack = slack,
                                       .state = tare__selftest_state(k, n, kind, promise, slack)};
}

static struct block sum_arm(const struct job *job, uint64_t arm)
{
    struct block sum = {0};
    for (uint64_t i = 0; i < job->all.blocks; i++) {
        const struct block *b = &job->block[arm * job->all.blocks + i];
        sum.n += b->n;
        sum.improved += b->improved;
        sum.regressed += b->regressed;
        sum.covered += b->covered;
        sum.no_interval += b->no_interval;
        sum.at_margin += b->at_margin;
        sum.p_method = b->p_method;
        sum.ci_method = b->ci_method;
    }
    return sum;
}

static void fill_row(const struct job *job, uint32_t i, struct tare_selftest_row *row)
{
    const struct tare__process *p = tare__process_at(i);
    struct block null = sum_arm(job, 2 * (uint64_t)i), effect = sum_arm(job, 2 * (uint64_t)i + 1);
    struct tare_value predicted = tare__process_power(p, ALPHA);
    uint64_t bare = null.no_interval + effect.no_interval;
    *row = (struct tare_selftest_row){.name = p->name,
                                      .about = p->about,
                                      .tasks = p->tasks,
                                      .attempts = p->attempts,
                                      .p_method = effect.p_method,
                                      .ci_method = effect.ci_method,
                                      .effect = p->effect,
                                      .no_interval = bare};
    row->false_verdicts =
        tare__selftest_judge(null.improved + null.regressed, null.n, TARE__AT_MOST, p->most, 0);
    row->coverage = tare__selftest_judge(null.covered + effect.covered, null.n + effect.n - bare,
                                         TARE__AT_LEAST, p->least, 0);
    row->false_margin =
        tare__selftest_judge(effect.at_margin, effect.n, TARE__AT_MOST, p->margin, 0);
    row->power =
        tare__selftest_judge(effect.improved, effect.n, TARE__CLOSE, predicted.v, p->slack);
}

static uint32_t count_off(const struct tare_selftest_row *r)
{
    return (uint32_t)(r->false_verdicts.state == TARE_SELFTEST_OFF) +
           (uint32_t)(r->coverage.state == TARE_SELFTEST_OFF) +
           (uint32_t)(r->false_margin.state == TARE_SELFTEST_OFF) +
           (uint32_t)(r->power.state == TARE_SELFTEST_OFF);
}

enum tare_status tare_selftest(const struct tare_selftest_opts *opts, struct tare_arena *arena,
                               struct tare_selftest *out, struct tare_err *err)
{
    struct job job = {.all = {.play = play}};
    uint32_t n = 0;
    while (tare__process_at(n))
        n++;
    uint64_t calls = tare__selftest_size(opts, n, &job.all);
    job.block = TARE_NEW_N(arena, struct block, calls);
    struct tare_selftest_row *rows = TARE_NEW_N(arena, struct tare_selftest_row, n);
    if (!job.block || !rows)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the self-test");
    job.all.ctx = &job;
    enum tare_status st = tare__selftest_play(opts, &job.all, arena, err);
    if (st)
        return st;
    *out = (struct tare_selftest){.seed = job.all.seed,
                                  .replicates = job.all.replicates,
                                  .alpha = ALPHA,
                                  .rows = rows,
                                  .n_rows = n};
    for (uint32_t i = 0; i < n; i++) {
        fill_row(&job, i, &rows[i]);
        out->n_off += count_off(&rows[i]);
    }
    return TARE_OK;
}
