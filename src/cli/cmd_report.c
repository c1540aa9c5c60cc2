/*
 * tare report: runs as one file.
 */
#include "base/fs.h"
#include "base/limits.h"
#include "cli/borrowed.h"
#include "cli/stored.h"
#include "view/number.h"
#include "view/report.h"

#include "base/banned.h"

struct report_opts {
    struct tare_strs runs;
    struct tare_str html;
    double max_size;
    bool md, stamp;
    struct tare_file_opts files;
};

static const struct tare_arg report_args[] = {
    {"RUN",
     "runs of one suite, the baseline first, or a batch: label/solver, label, id prefix, @last; or "
     "files of other tools",
     1, TARE_MANY, offsetof(struct report_opts, runs)},
    {0},
};

static const struct tare_opt report_options[] = {
    {.name = "html",
     .letter = 'o',
     .aliases = {"output"},
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "write the report as one file that needs nothing else",
     .at = offsetof(struct report_opts, html)},
    {.name = "md",
     .type = TARE_OPT_FLAG,
     .help = "print leaderboard and verdicts as Markdown, for a pull request",
     .at = offsetof(struct report_opts, md)},
    {.name = "max-size",
     .type = TARE_OPT_FLOAT,
     .metavar = "MB",
     .min = 0.1,
     .max = 900,
     .def = "25",
     .help = "leave out steps where the file would be larger: those alike first, then the longest",
     .at = offsetof(struct report_opts, max_size)},
    {.name = "stamp",
     .type = TARE_OPT_FLAG,
     .help = "say in the file when it was written; without it the same runs give the same bytes",
     .at = offsetof(struct report_opts, stamp)},
    TARE_FILE_OPTIONS(struct report_opts),
    {0},
};

static const struct tare_example report_examples[] = {
    {"tare report @last --html report.html", "the last batch, to mail or to publish"},
    {"tare report main/careful branch/careful --html report.html --md",
     "two runs: the file, and Markdown for the pull request"},
    {"tare report before.eval after.eval --html report.html", "files of other tools"},
    {0},
};

static struct tare_str command_line(struct tare_ctx *ctx)
{
    struct tare_str line = TARE_S("tare");
    for (int i = 1; i < ctx->argc && line.p; i++)
        line = tare_arena_printf(ctx->arena, "%.*s %s", TARE_FMT(line), ctx->argv[i]);
    return line;
}

static void print_written(struct tare_ctx *ctx, struct tare_str path, size_t n,
                          const struct tare_report_contents *c, struct tare_buf *text)
{
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, text);
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "schema", "tare.report-written/1");
        tare_json_member_str(&w, "file", path);
        tare_json_member_u64(&w, "bytes", n);
        tare_json_member_cstr(&w, "page", c->bundle ? "bundle" : "static");
        tare_json_member_u64(&w, "tasks", c->tasks);
        tare_json_member_u64(&w, "attempts", c->attempts);
        tare_json_member_u64(&w, "bodies", c->bodies);
        tare_json_member_u64(&w, "bodies_left_out", c->bodies_left_out);
        tare_json_member_u64(&w, "steps_cut", c->steps_cut);
        tare_json_member_u64(&w, "redactions", c->redactions);
        tare_json_member_cstr(&w, "written", c->written[0] ? c->written : NULL);
        tare_json_end_object(&w);
        tare_buf_putc(text, '\n');
        return;
    }
    if (ctx->quiet)
        return;
    (void)fprintf(ctx->err, "tare report: wrote %.*s, %zu kB", TARE_FMT(path), (n + 999) / 1000);
    if (c->bodies_left_out)
        (void)fprintf(ctx->err, "; the steps of %s attempts were left out (--max-size)",
                      tare_number_count(c->bodies_left_out).s);
    if (c->redactions)
        (void)fprintf(ctx->err, "; %s place%s redacted", tare_number_count(c->redactions).s,
                      c->redactions == 1 ? "" : "s");
    (void)fputc('\n', ctx->err);
}

static enum tare_status make(struct tare_ctx *ctx, const struct report_opts *o,
                             const struct tare_borrowed *b, struct tare_buf *text,
                             struct tare_err *err)
{
    struct tare_report_options r = {.size = sizeof r,
                                    .store = b->store,
                                    .names = b->addresses,
                                    .n_names = b->n,
                                    .max_bytes = (size_t)(o->max_size * 1e6),
                                    .stamp = o->stamp,
                                    .command = command_line(ctx),
                                    .clock = ctx->clock};
    struct tare_report_contents contents;
    struct tare_buf file;
    enum tare_status st = TARE_OK;
    tare_buf_init(&file, NULL, TARE_GIB);
    if (o->html.n) {
        st = tare_report_html(&r, &file, &contents, err);
        if (!st)
            st = tare_fs_write(o->html, tare_buf_str(&file), 0644, err);
        if (!st)
            print_written(ctx, o->html, file.n, &contents, text);
    }
    tare_buf_free(&file);
    if (!st && o->md)
        st = tare_report_md(&r, text, err);
    return st;
}

static enum tare_status report_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct report_opts *o = opts;
    struct tare_borrowed b;
    struct tare_buf text;
    if (!o->html.n && !o->md)
        return tare_usage_fail(ctx, err,
                               "where to? --html FILE writes a file, --md prints "
                               "Markdown");
    if (o->stamp && !o->html.n)
        return tare_usage_fail(ctx, err, "--stamp is about the file, and there is no --html");
    if (o->md && ctx->json)
        return tare_usage_fail(ctx, err, "--json and --md exclude each other");
    enum tare_status st = tare_cli_borrow(ctx, &o->runs, &o->files, &b, err);
    if (st)
        return st;
    tare_buf_init(&text, NULL, TARE_MAX_JSON_BYTES);
    st = make(ctx, o, &b, &text, err);
    tare_cli_give_back(&b);
    if (!st)
        return tare_cli_print(ctx, &text, err);
    tare_buf_free(&text);
    return st;
}

const struct tare_cmd tare_cmd_report = {
    .name = "report",
    .summary = "runs as one file to mail or publish",
    .usage = "RUN... | FILE... --html FILE [--md] [options]",
    .about = "Leaderboard, verdicts and slices, drawn so that they read without a script; then the "
             "page of\n`tare view` with its data inside, where tare was built with it. The file "
             "asks the network\nfor nothing. Several names: each is compared with the first. One "
             "batch: its two best.",
    .examples = report_examples,
    .args = report_args,
    .opts = report_options,
    .opts_size = sizeof(struct report_opts),
    .run = report_run,
};
