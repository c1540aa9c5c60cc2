/*
 * tare power: how many tasks, how small an effect, what chance to see it.
 */
#include <math.h>

#include "base/fs.h"
#include "base/limits.h"
#include "cli/sides.h"
#include "cli/stored.h"
#include "decide/power_plan.h"
#include "view/plan.h"

#include "base/banned.h"

struct power_opts {
    struct tare_str from, metric, cluster;
    double baseline, effect, discordance, sd, alpha, power, cluster_size, icc;
    int64_t n, k;
    struct tare_file_opts files;
};

static const struct tare_opt power_options[] = {
    {.name = "baseline",
     .letter = 'p',
     .type = TARE_OPT_FLOAT,
     .metavar = "P",
     .max = 1,
     .help = "rate of the baseline; alone: two independent groups",
     .at = offsetof(struct power_opts, baseline)},
    {.name = "effect",
     .letter = 'e',
     .aliases = {"delta", "min-effect"},
     .type = TARE_OPT_FLOAT,
     .metavar = "D",
     .min = -1e9,
     .max = 1e9,
     .help = "smallest difference that matters; rates: 0.05 is 5 points",
     .at = offsetof(struct power_opts, effect)},
    {.name = "tasks",
     .letter = 'n',
     .aliases = {"samples"},
     .type = TARE_OPT_INT,
     .min = 2,
     .max = 1e12,
     .help = "tasks at hand (two groups: in each); asks what they can show",
     .at = offsetof(struct power_opts, n)},
    {.name = "attempts",
     .letter = 'k',
     .aliases = {"n-attempts", "epochs", "repeat", "num-trials"},
     .type = TARE_OPT_INT,
     .min = 1,
     .max = TARE_MAX_ATTEMPTS_PER_TASK,
     .help = "with --from: plan for so many attempts a task on each side (default: as those runs)",
     .at = offsetof(struct power_opts, k)},
    {.name = "discordance",
     .letter = 'd',
     .type = TARE_OPT_PROB,
     .metavar = "PSI",
     .help = "the same tasks, pass or fail: share of them that the two decide differently",
     .at = offsetof(struct power_opts, discordance)},
    {.name = "sd",
     .type = TARE_OPT_FLOAT,
     .metavar = "S",
     .min = 1e-12,
     .max = 1e12,
     .help = "the same tasks, any score: standard deviation of the differences",
     .at = offsetof(struct power_opts, sd)},
    {.name = "from",
     .letter = 'f',
     .type = TARE_OPT_STRING,
     .metavar = "RUN[,RUN]",
     .help = "read spread, baseline and number of tasks from earlier runs or files of other "
             "tools; two: baseline first",
     .at = offsetof(struct power_opts, from)},
    {.name = "metric",
     .letter = 'm',
     .type = TARE_OPT_STRING,
     .help = "of those runs (default: the suite's headline)",
     .at = offsetof(struct power_opts, metric)},
    {.name = "cluster",
     .type = TARE_OPT_STRING,
     .metavar = "TAG",
     .help = "of those runs: tasks with the same value belong together (default: the suite's)",
     .at = offsetof(struct power_opts, cluster)},
    {.name = "cluster-size",
     .type = TARE_OPT_FLOAT,
     .metavar = "M",
     .min = 1,
     .max = 1e9,
     .help = "tasks a cluster; with --icc: the design effect 1 + (M - 1) ICC",
     .at = offsetof(struct power_opts, cluster_size)},
    {.name = "icc",
     .type = TARE_OPT_FLOAT,
     .metavar = "R",
     .max = 1,
     .help = "correlation of differences within a cluster",
     .at = offsetof(struct power_opts, icc)},
    {.name = "alpha",
     .type = TARE_OPT_PROB,
     .def = "0.05",
     .help = "error allowed to the two-sided test",
     .at = offsetof(struct power_opts, alpha)},
    {.name = "power",
     .type = TARE_OPT_PROB,
     .def = "0.80",
     .help = "chance to see the effect that is asked for",
     .at = offsetof(struct power_opts, power)},
    TARE_FILE_OPTIONS(struct power_opts),
    {0},
};

static const struct tare_example power_examples[] = {
    {"tare power --baseline 0.74 --effect 0.05", "how many tasks a group show 5 points?"},
    {"tare power --discordance 0.2 -n 216", "what can 216 tasks show when both solvers play them?"},
    {"tare power --from @last/runbook,@last/verify-first --effect 0.25",
     "from earlier runs: more tasks or more attempts?"},
    {0},
};

/* "A,B" apart; what exists as a whole is one file, commas or not. */
static void split_from(struct tare_ctx *ctx, struct tare_str from, struct tare_str out[2],
                       struct tare_strs *names)
{
    size_t cut = tare_str_find(from, TARE_S(","));
    bool two = cut != SIZE_MAX && !tare_fs_exists(from);
    out[0] = tare_str_trim(two ? tare_str_n(from.p, cut) : from);
    if (two)
        out[1] = tare_arena_copy(ctx->arena,
                                 tare_str_trim(tare_str_n(from.p + cut + 1, from.n - cut - 1)));
    if (two)
        out[0] = tare_arena_copy(ctx->arena, out[0]);
    *names = (struct tare_strs){.v = out, .n = two ? 2 : 1};
}

static enum tare_status read_pilot(struct tare_ctx *ctx, const struct power_opts *o,
                                   struct tare_power_plan_pilot *out, struct tare_err *err)
{
    struct tare_cli_sides l = {
        .ctx = ctx, .opts = &o->files, .named_metric = o->metric.n > 0, .one_will_do = true};
    struct tare_str parts[2];
    struct tare_strs names;
    split_from(ctx, o->from, parts, &names);
    enum tare_status st = tare_cli_sides_load(&l, &names, err);
    if (!st)
        st = tare_cli_sides_numbers(&l, err);
    if (!st) {
        const struct tare_cli_side *a = &l.sides[0], *b = l.n > 1 ? &l.sides[1] : NULL;
        st = tare_power_plan_read(&a->results, a->run, b ? &b->results : NULL, b ? b->run : 0,
                                  o->metric, o->cluster, ctx->arena, out, err);
    }
    tare_store_close(l.store);
    return st;
}

static enum tare_status power_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct power_opts *o = opts;
    struct tare_power_plan_pilot pilot;
    struct tare_power_plan plan;
    struct tare_buf out;
    bool from = o->from.n > 0;
    if (!from && (o->metric.n || o->cluster.n))
        return tare_usage_fail(ctx, err,
                               "--metric and --cluster are about --from, which is missing");
    enum tare_status st = from ? read_pilot(ctx, o, &pilot, err) : TARE_OK;
    if (st)
        return st;
    struct tare_power_plan_opts asked = {.size = sizeof asked,
                                         .pilot = from ? &pilot : NULL,
                                         .baseline = o->baseline,
                                         .effect = o->effect,
                                         .n = o->n == TARE_INT_UNSET ? (double)NAN : (double)o->n,
                                         .k = o->k == TARE_INT_UNSET ? (double)NAN : (double)o->k,
                                         .discordance = o->discordance,
                                         .sd = o->sd,
                                         .alpha = o->alpha,
                                         .power = o->power,
                                         .cluster_size = o->cluster_size,
                                         .icc = o->icc};
    st = tare_power_plan(&asked, &plan, err);
    if (st)
        return st;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        tare_doc_plan(&w, &plan, asked.pilot, o->from);
        tare_buf_putc(&out, '\n');
    } else {
        tare_view_plan(&out, &plan, asked.pilot, o->from, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

const struct tare_cmd tare_cmd_power = {
    .name = "power",
    .summary = "plan: how many tasks, how small an effect",
    .usage = "[--baseline P | --discordance PSI | --sd S | --from RUN[,RUN]] [--effect D] [-n N]",
    .about = "Says how many tasks show an effect, what effect a number of tasks can show, and the\n"
             "power where both are given. Two solvers on the same tasks are a paired design: what\n"
             "counts is how often they disagree (--discordance), and --from reads it from an\n"
             "earlier run. Power at an effect that was observed is not offered: it is the p-value\n"
             "in other clothes.",
    .examples = power_examples,
    .opts = power_options,
    .opts_size = sizeof(struct power_opts),
    .run = power_run,
};
