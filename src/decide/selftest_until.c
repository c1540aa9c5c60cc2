#include "decide/selftest_until.h"

#include <math.h>

#include "base/limits.h"
#include "base/thread.h"
#include "decide/selftest_int.h"
#include "decide/until.h"

#include "base/banned.h"

#define ALPHA 0.05

/* margin 0: asked which is better; else whether they differ by less. */
struct arm_pair {
    struct tare__process p;
    double margin;
    bool open; /* a metric without limits: wins and losses only */
};

static const struct arm_pair rows[] = {
    {.p = {.name = "pairs",
           .about = "pass or fail, 20 % of the tasks differ",
           .kind = TARE__BINARY,
           .tasks = 300,
           .attempts = 1,
           .spread = 0.2,
           .effect = 0.1}},
    {.p = {.name = "graded",
           .about = "quarters between 0 and 1",
           .kind = TARE__GRADED,
           .tasks = 300,
           .attempts = 1,
           .spread = 0.5,
           .effect = 0.08}},
    {.p = {.name = "attempts",
           .about = "pass or fail, four attempts a task",
           .kind = TARE__ATTEMPTS,
           .tasks = 200,
           .attempts = 4,
           .effect = 0.1}},
    {.p = {.name = "signs",
           .about = "real scores without limits: wins and losses",
           .kind = TARE__NORMAL,
           .tasks = 200,
           .attempts = 1,
           .spread = 1,
           .effect = 0.5},
     .open = true},
    {.p = {.name = "equivalence",
           .about = "pass or fail; as good within 0.1?",
           .kind = TARE__BINARY,
           .tasks = 1500,
           .attempts = 1,
           .spread = 0.2},
     .margin = 0.1},
};
#define ROWS ((uint32_t)(sizeof rows / sizeof *rows))

/* Whole numbers, so that sums do not depend on order. */
struct block {
    uint64_t n, wrong, found, looked;
};

struct job {
    struct tare__selftest_job all;
    struct block *block; /* ROWS * 2 * blocks */
};

static enum tare_status play_one(const struct arm_pair *a, const struct tare__draw *d,
                                 struct tare_arena *arena, struct tare_until_state *out,
                                 struct tare_err *err)
{
    double limit = a->open ? (double)INFINITY : 1;
    struct tare_metric metric = {.name = TARE_S("score"),
                                 .direction = TARE_HIGHER_BETTER,
                                 .min = a->open ? -limit : 0,
                                 .max = limit};
    struct tare_until_opts o = {.size = sizeof o,
                                .metric = &metric,
                                .n_tasks = a->p.tasks,
                                .k = a->p.attempts,
                                .alpha = ALPHA,
                                .margin = a->margin};
    struct tare_until *u;
    enum tare_status st = tare_until_open(&o, arena, &u, err);
    uint32_t n = a->p.tasks * a->p.attempts;
    for (uint32_t i = 0; i < n && !st && !tare_until_decided(u); i++) {
        uint32_t task = i / a->p.attempts;
        st = tare_until_feed(u, TARE_UNTIL_A, task, TARE_SCORE_OK, d->a[i], err);
        if (!st)
            st = tare_until_feed(u, TARE_UNTIL_B, task, TARE_SCORE_OK, d->b[i], err);
    }
    if (!st)
        tare_until_state(u, out);
    return st;
}

static void count(struct block *b, const struct arm_pair *a, bool null,
                  const struct tare_until_state *s)
{
    bool told = s->verdict == TARE_VERDICT_IMPROVED || s->verdict == TARE_VERDICT_REGRESSED;
    bool alike = s->verdict == TARE_VERDICT_EQUIVALENT;
    bool found = a->margin > 0 ? alike : s->verdict == TARE_VERDICT_IMPROVED;
    b->n++;
    if (null) {
        b->wrong += a->margin > 0 ? alike : told;
    } else if (found) {
        b->found++;
        b->looked += s->looked;
    }
}

static enum tare_status play(void *ctx, uint64_t at, struct tare_arena *arena, struct tare_err *err)
{
    const struct job *job = ctx;
    struct block *out = &job->block[at];
    uint64_t arm = at / job->all.blocks, first = at % job->all.blocks * TARE__SELFTEST_BLOCK;
    const struct arm_pair *a = &rows[arm / 2];
    bool null = arm % 2 == 0;
    /* Equivalence is claimed wrongly at its own edge, and rightly where nothing differs. */
    double shift = a->margin > 0 ? (null ? a->margin : 0) : null ? 0 : a->p.effect;
    size_t n = (size_t)a->p.tasks * a->p.attempts;
    struct tare__draw draw = {.a = TARE_NEW_N(arena, double, n), .b = TARE_NEW_N(arena, double, n)};
    enum tare_status st = TARE_OK;
    if (!draw.a || !draw.b)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the self-test");
    struct tare_arena_mark mark = tare_arena_mark(arena);
    for (uint64_t i = first; i < first + TARE__SELFTEST_BLOCK && i < job->all.replicates && !st;
         i++) {
        struct tare_rng rng;
        struct tare_until_state state;
        tare_rng_init(&rng, job->all.seed + arm, TARE_S("selftest until"), i);
        tare__process_draw(&a->p, shift, &rng, &draw);
        st = play_one(a, &draw, arena, &state, err);
        if (!st)
            count(out, a, null, &state);
        tare_arena_rewind(arena, mark);
    }
    return st;
}

static struct block sum_arm(const struct job *job, uint64_t arm)
{
    struct block sum = {0};
    for (uint64_t i = 0; i < job->all.blocks; i++) {
        const struct block *b = &job->block[arm * job->all.blocks + i];
        sum.n += b->n;
        sum.wrong += b->wrong;
        sum.found += b->found;
        sum.looked += b->looked;
    }
    return sum;
}

static void fill_row(const struct job *job, uint32_t i, struct tare_selftest_until_row *row)
{
    const struct arm_pair *a = &rows[i];
    struct block null = sum_arm(job, 2 * (uint64_t)i), real = sum_arm(job, 2 * (uint64_t)i + 1);
    *row = (struct tare_selftest_until_row){.name = a->p.name,
                                            .about = a->p.about,
                                            .tasks = a->p.tasks,
                                            .attempts = a->p.attempts,
                                            .effect = a->p.effect,
                                            .margin = a->margin};
    row->false_verdicts = tare__selftest_judge(null.wrong, null.n, TARE__AT_MOST, ALPHA, 0);
    row->found = tare__selftest_judge(real.found, real.n, TARE__AT_LEAST, (double)NAN, (double)NAN);
    row->mean_looked = real.found ? (double)real.looked / (double)real.found : (double)NAN;
}

enum tare_status tare_selftest_until(const struct tare_selftest_opts *opts,
                                     struct tare_arena *arena, struct tare_selftest_until *out,
                                     struct tare_err *err)
{
    struct job job = {.all = {.play = play}};
    uint64_t calls = tare__selftest_size(opts, ROWS, &job.all);
    job.block = TARE_NEW_N(arena, struct block, calls);
    struct tare_selftest_until_row *done = TARE_NEW_N(arena, struct tare_selftest_until_row, ROWS);
    if (!job.block || !done)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the self-test");
    job.all.ctx = &job;
    enum tare_status st = tare__selftest_play(opts, &job.all, arena, err);
    if (st)
        return st;
    *out = (struct tare_selftest_until){.seed = job.all.seed,
                                        .replicates = job.all.replicates,
                                        .alpha = ALPHA,
                                        .rows = done,
                                        .n_rows = ROWS};
    for (uint32_t i = 0; i < ROWS; i++) {
        fill_row(&job, i, &done[i]);
        out->n_off += done[i].false_verdicts.state == TARE_SELFTEST_OFF;
    }
    return TARE_OK;
}
