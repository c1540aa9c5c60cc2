/*
 * tare compare: did it get better?
 */
#include <math.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "cli/labels.h"
#include "cli/sides.h"
#include "cli/stored.h"
#include "decide/labels.h"
#include "text/width.h"
#include "view/doc.h"
#include "view/term.h"

#include "base/banned.h"

struct compare_opts {
    struct tare_strs runs, by, metrics;
    struct tare_str cluster, junit, labels;
    double alpha, margin;
    int64_t seed, resamples, method_version;
    int fail_on, require, about, correct;
    bool exact, sequential, shared, explain, md, post_hoc, brief, github;
    struct tare_file_opts files;
};

static const char *const about_words[] = {"new-tasks", "these-tasks", NULL};
static const char *const correct_words[] = {"holm", "romano-wolf", "none", NULL};
static const char *const fail_words[] = {"regressed", NULL};
static const char *const require_words[] = {"improved", "not-worse", "equivalent", NULL};

static const struct tare_arg compare_args[] = {
    {"RUN",
     "baseline first, then one or more candidates: label/solver, id prefix, @last/solver, a file "
     "or FILE:RUN; one batch or file of two will do",
     1, TARE_MANY, offsetof(struct compare_opts, runs)},
    {0},
};

static const struct tare_opt compare_options[] = {
    {.name = "metric",
     .letter = 'm',
     .type = TARE_OPT_REPEAT,
     .metavar = "METRIC",
     .help = "what to compare (default: the suite's headline); may be given several times",
     .at = offsetof(struct compare_opts, metrics)},
    {.name = "correct",
     .type = TARE_OPT_CHOICE,
     .choices = correct_words,
     .def = "holm",
     .help = "several metrics or candidates: how their p-values are corrected; romano-wolf "
             "resamples them together, which charges less where they move together",
     .at = offsetof(struct compare_opts, correct)},
    {.name = "by",
     .type = TARE_OPT_REPEAT,
     .metavar = "TAG",
     .help = "slice by this tag (default: the suite's); may be given several times",
     .at = offsetof(struct compare_opts, by)},
    {.name = "brief",
     .type = TARE_OPT_FLAG,
     .help = "without slices",
     .at = offsetof(struct compare_opts, brief)},
    {.name = "cluster",
     .type = TARE_OPT_STRING,
     .metavar = "TAG",
     .help = "tasks with the same value belong together (default: the suite's)",
     .at = offsetof(struct compare_opts, cluster)},
    {.name = "margin",
     .type = TARE_OPT_FLOAT,
     .metavar = "X",
     .min = 1e-9,
     .max = 1e9,
     .help = "smallest difference that matters, in the metric's unit; shares: 0.05 is 5 points",
     .at = offsetof(struct compare_opts, margin)},
    {.name = "post-hoc",
     .type = TARE_OPT_FLAG,
     .help = "the margin was chosen after the results were seen: say so",
     .at = offsetof(struct compare_opts, post_hoc)},
    {.name = "alpha",
     .type = TARE_OPT_PROB,
     .def = "0.05",
     .help = "error allowed to the test; intervals have level 1 - alpha",
     .at = offsetof(struct compare_opts, alpha)},
    {.name = "about",
     .type = TARE_OPT_CHOICE,
     .choices = about_words,
     .def = "new-tasks",
     .help = "new-tasks: these are a sample of tasks to come; these-tasks: has the solver changed "
             "on exactly these (two attempts a task or more on each side)",
     .at = offsetof(struct compare_opts, about)},
    {.name = "exact",
     .type = TARE_OPT_FLAG,
     .help = "McNemar's exact test in place of mid-p",
     .at = offsetof(struct compare_opts, exact)},
    {.name = "sequential",
     .type = TARE_OPT_FLAG,
     .help = "look while a run goes on: an e-value, valid at every look",
     .at = offsetof(struct compare_opts, sequential)},
    {.name = "shared-tasks",
     .type = TARE_OPT_FLAG,
     .help = "compare different suites on the tasks that are the same in both",
     .at = offsetof(struct compare_opts, shared)},
    {.name = "labels",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "what people said of some of the answers (task, solver, label): how the check errs on "
             "each side, and the difference set right",
     .at = offsetof(struct compare_opts, labels)},
    {.name = "fail-on",
     .type = TARE_OPT_CHOICE,
     .choices = fail_words,
     .help = "gate: exit 1 when it regressed (weak: says nothing where the evidence is thin)",
     .at = offsetof(struct compare_opts, fail_on)},
    {.name = "require",
     .type = TARE_OPT_CHOICE,
     .choices = require_words,
     .help = "gate: exit 1 unless this is shown; not-worse and equivalent need a margin",
     .at = offsetof(struct compare_opts, require)},
    {.name = "explain",
     .type = TARE_OPT_FLAG,
     .help = "the reasoning step by step, and what would change the verdict",
     .at = offsetof(struct compare_opts, explain)},
    {.name = "md",
     .type = TARE_OPT_FLAG,
     .help = "Markdown, for a pull request; its first line is a marker to find and update it by",
     .at = offsetof(struct compare_opts, md)},
    {.name = "github",
     .type = TARE_OPT_FLAG,
     .help = "also append the Markdown to the file $GITHUB_STEP_SUMMARY names",
     .at = offsetof(struct compare_opts, github)},
    {.name = "junit",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "also write a JUnit report: what does not pass the gate is a failure",
     .at = offsetof(struct compare_opts, junit)},
    {.name = "seed",
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 9e15,
     .def = "0",
     .help = "of what is left to chance; equal seeds give equal results",
     .at = offsetof(struct compare_opts, seed)},
    {.name = "resamples",
     .type = TARE_OPT_INT,
     .min = 100,
     .max = 1e8,
     .help = "Monte-Carlo resamples, where no exact answer exists (default: 10,000 for an "
             "interval, 100,000 for a test)",
     .at = offsetof(struct compare_opts, resamples)},
    {.name = "method-version",
     .type = TARE_OPT_INT,
     .min = 1,
     .max = TARE_METHOD_VERSION,
     .help = "choose methods as that version of tare did",
     .at = offsetof(struct compare_opts, method_version)},
    TARE_FILE_OPTIONS(struct compare_opts),
    {0},
};

static const struct tare_example compare_examples[] = {
    {"tare compare @last/runbook @last/verify-first", "is verify-first better than runbook?"},
    {"tare compare main/careful branch/careful --require not-worse --margin 0.25",
     "a gate for CI: exit 1 unless it is shown to be no worse by 0.25 or more"},
    {"tare compare before.eval after.json", "files of other tools, whatever wrote them"},
    {"tare compare @last --explain", "the two solvers of the last batch, with the reasoning"},
    {0},
};

static enum tare_gate gate_of(const struct compare_opts *o)
{
    static const enum tare_gate required[] = {
        TARE_GATE_REQUIRE_IMPROVED, TARE_GATE_REQUIRE_NOT_WORSE, TARE_GATE_REQUIRE_EQUIVALENT};
    if (o->require >= 0)
        return required[o->require];
    return o->fail_on >= 0 ? TARE_GATE_FAIL_ON_REGRESSED : TARE_GATE_NONE;
}

/* What makes no sense about these very tasks. */
static enum tare_status check_about(struct tare_ctx *ctx, const struct compare_opts *o,
                                    struct tare_err *err)
{
    bool these = o->about == 1;
    if (these && o->sequential)
        return tare_usage_fail(ctx, err,
                               "--sequential is about tasks that come one after the "
                               "other; --about these-tasks takes them all as given");
    if (these && o->exact)
        return tare_usage_fail(ctx, err,
                               "--exact chooses McNemar's test, which is about new "
                               "tasks; --about these-tasks has its own");
    if (these && o->cluster.n)
        return tare_usage_fail(ctx, err,
                               "--cluster is about tasks to come; --about these-tasks "
                               "takes the tasks as given");
    return TARE_OK;
}

static enum tare_status check_opts(struct tare_ctx *ctx, const struct compare_opts *o,
                                   struct tare_err *err)
{
    if (o->runs.n > TARE_CLI_CANDIDATES + 1)
        return tare_usage_fail(ctx, err, "at most %u candidates at once", TARE_CLI_CANDIDATES);
    if (ctx->json && o->md)
        return tare_usage_fail(ctx, err, "--json and --md exclude each other");
    if (o->fail_on >= 0 && o->require >= 0)
        return tare_usage_fail(ctx, err, "--fail-on and --require exclude each other");
    if (o->sequential && o->exact)
        return tare_usage_fail(ctx, err, "--sequential and --exact exclude each other");
    if (o->metrics.n > TARE_CLI_METRICS)
        return tare_usage_fail(ctx, err, "at most %u metrics at once", TARE_CLI_METRICS);
    if (o->metrics.n > 1 && !isnan(o->margin))
        return tare_usage_fail(ctx, err,
                               "--margin is in one metric's unit, and there are %zu: give "
                               "margins in the suite, or one --metric",
                               o->metrics.n);
    if (o->sequential && tare_gate_needs_margin(gate_of(o)))
        return tare_usage_fail(ctx, err,
                               "%s needs an interval, which --sequential does not give: wait until "
                               "both runs are finished and leave out --sequential",
                               tare_gate_name(gate_of(o)));
    if (o->post_hoc && isnan(o->margin))
        return tare_usage_fail(ctx, err, "--post-hoc is about --margin, which is missing");
    return check_about(ctx, o, err);
}

/* A gate that speaks of a margin needs one; a share's margin lies below 1. */
static enum tare_status check_margin(struct tare_ctx *ctx, const struct compare_opts *o,
                                     const struct tare_compare *c, struct tare_err *err)
{
    bool share = c->metric.min == 0 && c->metric.max == 1;
    if (share && o->margin >= 1) {
        (void)tare_usage_fail(ctx, err, "--margin %g is more than the whole scale of %.*s",
                              o->margin, TARE_FMT(c->metric.name));
        tare_err_hint(err, "shares lie between 0 and 1: 5 points are --margin 0.05");
        return TARE_E_USAGE;
    }
    if (!tare_gate_needs_margin(gate_of(o)) || c->margin > 0)
        return TARE_OK;
    (void)tare_usage_fail(ctx, err, "%s needs a margin: the smallest difference that matters",
                          tare_gate_name(gate_of(o)));
    tare_err_hint(err, "give --margin X, or `margin: {%.*s: X}` in the suite",
                  TARE_FMT(c->metric.name));
    return TARE_E_USAGE;
}

static struct tare_compare_opts library_opts(const struct compare_opts *o)
{
    return (struct tare_compare_opts){
        .size = sizeof(struct tare_compare_opts),
        .by = o->by.n ? o->by.v : NULL,
        .n_by = (uint32_t)o->by.n,
        .no_slices = o->brief,
        .cluster = o->cluster,
        .alpha = o->alpha,
        .margin = isnan(o->margin) ? 0 : o->margin,
        .margin_post_hoc = o->post_hoc,
        .about = o->about == 1 ? TARE_ABOUT_THESE_TASKS : TARE_ABOUT_NEW_TASKS,
        .exact = o->exact,
        .sequential = o->sequential,
        .shared_tasks = o->shared,
        .method_version = o->method_version == TARE_INT_UNSET ? 0 : (uint32_t)o->method_version,
        .seed = (uint64_t)o->seed,
        .resamples = o->resamples == TARE_INT_UNSET ? 0 : (uint64_t)o->resamples,
        .threads = 2,
    };
}

/* Every candidate in every metric, candidate by candidate. */
static enum tare_status compare_all(struct tare_ctx *ctx, const struct compare_opts *o,
                                    const struct tare_cli_sides *l, struct tare_compare *c,
                                    struct tare_err *err)
{
    struct tare_compare_opts opts = library_opts(o);
    const struct tare_cli_side *a = &l->sides[0];
    uint32_t n = (l->n - 1) * l->n_metrics;
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < n && !st; i++) {
        const struct tare_cli_side *b = &l->sides[i / l->n_metrics + 1];
        if (o->metrics.n)
            opts.metric = o->metrics.v[i % l->n_metrics];
        st = tare_compare(&a->results, a->run, &b->results, b->run, &opts, ctx->arena, &c[i], err);
        if (!st)
            st = check_margin(ctx, o, &c[i], err);
    }
    static const enum tare_correct how[] = {TARE_CORRECT_HOLM, TARE_CORRECT_ROMANO_WOLF,
                                            TARE_CORRECT_NONE};
    if (!st && n > 1)
        st = tare_compare_family(c, n, how[o->correct < 0 ? 0 : o->correct], opts.seed,
                                 opts.resamples, ctx->arena, err);
    return st;
}

/* The command that gives this again, for Markdown. */
static struct tare_str command_line(struct tare_ctx *ctx)
{
    struct tare_str line = TARE_S("tare");
    for (int i = 1; i < ctx->argc && line.p; i++)
        line = tare_arena_printf(ctx->arena, "%.*s %s", TARE_FMT(line), ctx->argv[i]);
    return line;
}

static void put_json(struct tare_buf *out, const struct tare_compare *c, uint32_t n,
                     enum tare_gate gate)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    if (n == 1) {
        tare_doc_compare(&w, c, gate);
    } else {
        tare_json_begin_object(&w);
        tare_json_put_key(&w, "schema");
        tare_json_put_cstr(&w, "tare.compares/1");
        tare_json_put_key(&w, "comparisons");
        tare_json_begin_array(&w);
        for (uint32_t i = 0; i < n; i++)
            tare_doc_compare(&w, &c[i], gate);
        tare_json_end_array(&w);
        tare_json_end_object(&w);
    }
    tare_buf_putc(out, '\n');
}

/* All comparisons as Markdown, under a marker. */
static void put_markdown(struct tare_ctx *ctx, struct tare_buf *out, const struct tare_compare *c,
                         uint32_t n, enum tare_gate gate)
{
    tare_buf_puts(out, "<!-- tare-compare -->\n");
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            tare_buf_putc(out, '\n');
        tare_view_compare_md(out, &c[i], command_line(ctx));
        tare_view_gate(out, &c[i], gate, &ctx->out_style);
    }
}

/* What goes to files beside what is printed. */
static enum tare_status write_reports(struct tare_ctx *ctx, const struct compare_opts *o,
                                      const struct tare_compare *c, uint32_t n,
                                      struct tare_err *err)
{
    struct tare_buf out;
    enum tare_status st = TARE_OK;
    const char *summary = o->github ? getenv("GITHUB_STEP_SUMMARY") : NULL;
    if (o->github && !(summary && *summary))
        return tare_usage_fail(ctx, err, "--github: $GITHUB_STEP_SUMMARY names no file");
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (o->junit.n) {
        tare_view_compare_junit(&out, c, n, gate_of(o));
        st = tare_fs_write(o->junit, tare_buf_str(&out), 0644, err);
        tare_buf_reset(&out);
    }
    if (summary && !st) {
        put_markdown(ctx, &out, c, n, gate_of(o));
        FILE *f = fopen(summary, "ab");
        bool good = f && fwrite(out.p, 1, out.n, f) == out.n;
        if (f && fclose(f))
            good = false;
        if (!good) {
            st = tare_fail(err, TARE_E_IO, "could not append the summary");
            tare_err_file(err, tare_str_of(summary));
        }
    }
    tare_buf_free(&out);
    return st;
}

static enum tare_status print_all(struct tare_ctx *ctx, const struct compare_opts *o,
                                  const struct tare_compare *c, uint32_t n, struct tare_err *err)
{
    struct tare_buf out;
    enum tare_gate gate = gate_of(o);
    enum tare_status st = write_reports(ctx, o, c, n, err);
    if (st)
        return st;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (ctx->json)
        put_json(&out, c, n, gate);
    else if (o->md)
        put_markdown(ctx, &out, c, n, gate);
    for (uint32_t i = 0; i < n; i++) {
        if (!tare_gate_passes(gate, &c[i]))
            ctx->exit_code = 1;
        if (ctx->json || o->md)
            continue;
        if (i)
            tare_buf_puts(&out, "\n");
        tare_view_compare(&out, &c[i], o->explain, &ctx->out_style);
        tare_view_gate(&out, &c[i], gate, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

static void print_notes(struct tare_ctx *ctx, const struct tare_compare *c)
{
    struct tare_buf text;
    if (ctx->json || ctx->quiet)
        return;
    tare_buf_init(&text, NULL, TARE_MAX_JSON_BYTES);
    for (uint32_t i = 0; i < c->n_notes; i++) {
        tare_buf_puts(&text, "note: ");
        tare_text_safe(&text, c->notes[i]);
        tare_buf_putc(&text, '\n');
    }
    if (text.n && !text.failed)
        (void)fwrite(text.p, 1, text.n, ctx->err);
    tare_buf_free(&text);
}

/* What human labels say of the metric; and who judged whom. The store is still open. */
static enum tare_status hold_against(struct tare_ctx *ctx, const struct compare_opts *o,
                                     const struct tare_cli_sides *l, struct tare_compare *c,
                                     uint32_t n, struct tare_err *err)
{
    const struct tare_import_table *labels = NULL;
    struct tare_file_opts files = o->files;
    enum tare_status st = TARE_OK;
    files.score_column = (struct tare_str){NULL, 0}; /* of the sides, not of the labels */
    if (o->labels.n)
        st = tare_cli_labels(ctx, o->labels, &files, &labels, err);
    for (uint32_t i = 0; i < n && labels && !st; i++) {
        const struct tare_cli_side *a = &l->sides[0], *b = &l->sides[i / l->n_metrics + 1];
        st = tare_compare_labels(&a->results, a->run, &b->results, b->run, labels, ctx->arena,
                                 &c[i], err);
    }
    return st;
}

static enum tare_status compare_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct compare_opts *o = opts;
    struct tare_cli_sides l = {.ctx = ctx,
                               .opts = &o->files,
                               .named_metric = o->metrics.n > 0,
                               .n_metrics = o->metrics.n ? (uint32_t)o->metrics.n : 1};
    uint32_t n = 0;
    struct tare_compare *c = NULL;
    enum tare_status st = check_opts(ctx, o, err);
    if (!st)
        st = tare_cli_sides_load(&l, &o->runs, err);
    if (!st) {
        n = (l.n - 1) * l.n_metrics;
        c = TARE_NEW_N(ctx->arena, struct tare_compare, n);
        if (!c)
            st = tare_fail(err, TARE_E_NOMEM, "not enough memory to compare");
    }
    if (!st)
        st = tare_cli_sides_numbers(&l, err);
    if (!st)
        st = compare_all(ctx, o, &l, c, err);
    if (!st)
        st = tare_cli_sides_overlap(&l, c, n, err);
    if (!st)
        st = hold_against(ctx, o, &l, c, n, err);
    if (!st)
        st = tare_cli_sides_notes(&l, c, n, err);
    if (!st && l.n_files)
        st = tare_cli_sides_cautions(&l, c, n, err);
    if (!st)
        st = tare_cli_judged(&l, c, n, err);
    tare_store_close(l.store); /* values are read while comparing */
    if (st)
        return st;
    print_notes(ctx, c);
    return print_all(ctx, o, c, n, err);
}

const struct tare_cmd tare_cmd_compare = {
    .name = "compare",
    .summary = "say whether it got better, task by task",
    .usage = "BASELINE CANDIDATE... [options]",
    .about = "Pairs the runs by task, averages attempts within a task, picks the method that fits "
             "the\ndata (exact where an exact one exists), and says in one sentence what the "
             "evidence\nsupports: improved, regressed, equivalent (within a margin) or "
             "inconclusive. What is\nmissing is counted, and its worst cases are looked at.",
    .examples = compare_examples,
    .args = compare_args,
    .opts = compare_options,
    .opts_size = sizeof(struct compare_opts),
    .run = compare_run,
};
