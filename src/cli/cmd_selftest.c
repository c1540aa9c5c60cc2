/*
 * tare selftest: weighs the scale itself.
 */
#include "base/fault_points.h"
#include "base/limits.h"
#include "base/thread.h"
#include "cli/stored.h"
#include "decide/selftest.h"
#include "view/selftest.h"

#include "base/banned.h"

#ifdef TARE_FAULT_POINTS
#define BREAKS true
#else
#define BREAKS false
#endif

struct selftest_opts {
    bool list_fault_points, quick, thorough;
    int64_t replicates, seed, threads;
};

static const struct tare_fault_name points[] = {TARE_FAULT_POINT_LIST};
#define N_POINTS (sizeof points / sizeof *points)

static void put_json(struct tare_buf *out)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    w.indent = 2;
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "schema");
    tare_json_put_cstr(&w, "tare.fault-points/1");
    tare_json_put_key(&w, "can_break");
    tare_json_put_bool(&w, BREAKS);
    tare_json_put_key(&w, "fault_points");
    tare_json_begin_array(&w);
    for (size_t i = 0; i < N_POINTS; i++) {
        tare_json_begin_object(&w);
        tare_json_put_key(&w, "name");
        tare_json_put_cstr(&w, points[i].name);
        tare_json_put_key(&w, "after");
        tare_json_put_cstr(&w, points[i].after);
        tare_json_end_object(&w);
    }
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

static void put_text(struct tare_buf *out)
{
    for (size_t i = 0; i < N_POINTS; i++)
        tare_buf_printf(out, "%-16s %s\n", points[i].name, points[i].after);
    tare_buf_puts(out, BREAKS ? "\nThis program can be broken there: TARE_FAULT=kill@NAME\n"
                              : "\nThis program passes them by: only a build with "
                                "-Dfault_points=true can be broken there.\n");
}

static enum tare_status list_points(struct tare_ctx *ctx, struct tare_err *err)
{
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MIB);
    if (ctx->json)
        put_json(&out);
    else
        put_text(&out);
    return tare_cli_print(ctx, &out, err);
}

static uint64_t replicates_of(const struct selftest_opts *o)
{
    if (o->replicates != TARE_INT_UNSET)
        return (uint64_t)o->replicates;
    return o->thorough ? TARE_SELFTEST_LONG : TARE_SELFTEST_QUICK;
}

static enum tare_status selftest_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct selftest_opts *o = opts;
    struct tare_selftest result;
    struct tare_selftest_until until;
    struct tare_buf out;
    if (o->list_fault_points)
        return list_points(ctx, err);
    if (o->quick && o->thorough)
        return tare_usage_fail(ctx, err, "--quick and --long exclude each other");
    struct tare_selftest_opts asked = {.size = sizeof asked,
                                       .seed = (uint64_t)o->seed,
                                       .replicates = replicates_of(o),
                                       .threads =
                                           o->threads ? (unsigned)o->threads : tare_cpu_count()};
    enum tare_status st = tare_selftest(&asked, ctx->arena, &result, err);
    if (!st)
        st = tare_selftest_until(&asked, ctx->arena, &until, err);
    if (st)
        return st;
    tare_buf_init(&out, NULL, TARE_MIB);
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        tare_doc_selftest(&w, &result, &until);
        tare_buf_putc(&out, '\n');
    } else {
        tare_view_selftest(&out, &result, &ctx->out_style);
        tare_view_selftest_until(&out, &until, &ctx->out_style);
    }
    ctx->exit_code = result.n_off || until.n_off ? 1 : 0;
    return tare_cli_print(ctx, &out, err);
}

static const struct tare_opt selftest_options[] = {
    {.name = "quick",
     .type = TARE_OPT_FLAG,
     .help = "1,000 comparisons an arm: seconds (the default)",
     .at = offsetof(struct selftest_opts, quick)},
    {.name = "long",
     .type = TARE_OPT_FLAG,
     .help = "20,000 comparisons an arm: narrow error bars",
     .at = offsetof(struct selftest_opts, thorough)},
    {.name = "replicates",
     .type = TARE_OPT_INT,
     .min = 50,
     .max = TARE_SELFTEST_MOST,
     .help = "comparisons an arm, in place of --quick and --long",
     .at = offsetof(struct selftest_opts, replicates)},
    {.name = "seed",
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 9e15,
     .def = "20260120",
     .help = "of the simulated solvers; equal seeds give equal numbers",
     .at = offsetof(struct selftest_opts, seed)},
    {.name = "threads",
     .letter = 'j',
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 256,
     .def = "0",
     .help = "0: all CPUs. The result does not depend on it",
     .at = offsetof(struct selftest_opts, threads)},
    {.name = "list-fault-points",
     .type = TARE_OPT_FLAG,
     .help = "the places where tests break the program, and what must hold after each",
     .at = offsetof(struct selftest_opts, list_fault_points)},
    {0},
};
static const struct tare_example selftest_examples[] = {
    {"tare selftest", "false verdicts, coverage and power of compare, in seconds"},
    {"tare selftest --long --json", "narrow error bars, as a document"},
    {"tare selftest --list-fault-points", "where tests kill it, and what must hold then"},
    {0},
};

const struct tare_cmd tare_cmd_selftest = {
    .name = "selftest",
    .summary = "weigh the scale itself: false verdicts, coverage, power",
    .usage = "[--quick | --long] [options]",
    .about =
        "Simulates solvers of known truth, compares them as `tare compare` does, and reports how\n"
        "often a verdict is false where nothing differs, how often the interval holds the truth,\n"
        "and whether the predicted power comes true. Exit code 1 when a rate is off beyond its\n"
        "error bar where a method promises it. --list-fault-points names the places at which\n"
        "the fault matrix (tests/faults/run) breaks the program.",
    .examples = selftest_examples,
    .opts = selftest_options,
    .opts_size = sizeof(struct selftest_opts),
    .run = selftest_run,
};
