/*
 * tare selftest: what can be asked of the program about itself.
 */
#include "base/buf.h"
#include "base/fault_points.h"
#include "base/limits.h"
#include "cli/cmd.h"
#include "text/json.h"

#include "base/banned.h"

#ifdef TARE_FAULT_POINTS
#define BREAKS true
#else
#define BREAKS false
#endif

struct selftest_opts {
    bool list_fault_points;
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
    tare_json_put_cstr(&w, "tare.selftest/1");
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

static enum tare_status selftest_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct selftest_opts *o = opts;
    struct tare_buf out;
    if (!o->list_fault_points)
        return tare_usage_fail(ctx, err, "say what to do: --list-fault-points");
    tare_buf_init(&out, NULL, TARE_MIB);
    if (ctx->json)
        put_json(&out);
    else
        put_text(&out);
    bool failed = out.failed || fwrite(out.p, 1, out.n, ctx->out) != out.n;
    tare_buf_free(&out);
    return failed ? tare_fail(err, TARE_E_IO, "cannot write the output") : TARE_OK;
}

static const struct tare_opt selftest_options[] = {
    {.name = "list-fault-points",
     .type = TARE_OPT_FLAG,
     .help = "the places where tests break the program, and what must hold after each",
     .at = offsetof(struct selftest_opts, list_fault_points)},
    {0},
};
static const struct tare_example selftest_examples[] = {
    {"tare selftest --list-fault-points", "where tests kill it, and what must hold then"},
    {0},
};

const struct tare_cmd tare_cmd_selftest = {
    .name = "selftest",
    .summary = "list where the program's own tests break it",
    .usage = "--list-fault-points",
    .about = "The fault matrix (tests/faults/run) kills, interrupts and starves the program at\n"
             "these points; the finished result must be the same each time. See\n"
             "docs/concepts/reliability.md.",
    .examples = selftest_examples,
    .opts = selftest_options,
    .opts_size = sizeof(struct selftest_opts),
    .run = selftest_run,
};
