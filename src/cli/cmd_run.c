/*
 * tare run: plans a batch, plays it, shows how far it is, prints the leaderboard.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/play.h"
#include "cli/run_dry.h"
#include "cli/run_models.h"
#include "cli/run_until.h"
#include "decide/from_store.h"
#include "run/batch.h"
#include "run/registry.h"
#include "run/solvers.h"
#include "suite/promptfoo.h"
#include "view/doc.h"
#include "view/progress.h"
#include "view/term.h"

#include "base/limits.h"

#include "base/banned.h"

struct run_opts {
    struct tare_str suite;
    struct tare_strs solvers;
    int64_t k, seed, jobs;
    struct tare_str label, limit, resume;
    int progress, until;
    struct tare_str metric;
    struct tare_strs budget;
    double margin, alpha;
    bool findings, no_steps, retry_missing;
    struct tare_cli_models models;
};

static const char *const progress_names[] = {"none", "line", "bar", "jsonl", NULL};
static const char *const until_names[] = {"decided", NULL};

static const struct tare_arg run_args[] = {
    TARE_CLI_ARG_SUITE(offsetof(struct run_opts, suite)),
    {0},
};

static const struct tare_opt run_options[] = {
    {.name = "solver",
     .letter = 's',
     .aliases = {"agent"},
     .type = TARE_OPT_REPEAT,
     .metavar = "NAME|FILE",
     .help = "what is weighed: a scripted solver, a solver.yaml or a model; may be given several "
             "times, `all` is every control of the world",
     .at = offsetof(struct run_opts, solvers)},
    {.name = "model",
     .letter = 'm',
     .type = TARE_OPT_REPEAT,
     .metavar = "MODEL",
     .help = "a model with the world's tools: openai/NAME, anthropic/NAME, vllm/NAME …, or "
             "http://HOST:PORT/v1#NAME; keys come from the provider's variables",
     .at = offsetof(struct run_opts, models.names)},
    {.name = "judge",
     .type = TARE_OPT_STRING,
     .metavar = "MODEL",
     .help = "the model that judges, in place of those the suite's judges name",
     .at = offsetof(struct run_opts, models.judge)},
    {.name = "base-url",
     .type = TARE_OPT_STRING,
     .metavar = "URL",
     .help = "where --model is served (default: the provider's variable, then its own address)",
     .at = offsetof(struct run_opts, models.base_url)},
    {.name = "temperature",
     .type = TARE_OPT_FLOAT,
     .min = 0,
     .max = 100,
     .help = "of --model (default: the server's)",
     .at = offsetof(struct run_opts, models.temperature)},
    {.name = "max-tokens",
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 1e9,
     .help = "of one answer of --model (default: the server's)",
     .at = offsetof(struct run_opts, models.max_tokens)},
    {.name = "stream",
     .type = TARE_OPT_FLAG,
     .help = "have --model stream its answers: what stalls is noticed sooner",
     .at = offsetof(struct run_opts, models.stream)},
    {.name = "cache",
     .type = TARE_OPT_CHOICE,
     .choices = tare_cli_cache_names,
     .help = "replies of models kept beside the store: read when a batch is resumed (auto), always "
             "(on), never kept (off)",
     .at = offsetof(struct run_opts, models.cache)},
    {.name = "record",
     .type = TARE_OPT_STRING,
     .metavar = "DIR",
     .help = "keep every exchange with a model in DIR/exchanges.jsonl",
     .at = offsetof(struct run_opts, models.record)},
    {.name = "replay",
     .type = TARE_OPT_STRING,
     .metavar = "DIR",
     .help = "take every reply from a recording: no network, no key, the same bits",
     .at = offsetof(struct run_opts, models.replay)},
    {.name = "prices",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "prices of models above the built-in ones (also $TARE_PRICES)",
     .at = offsetof(struct run_opts, models.prices)},
    {.name = "dry-run",
     .type = TARE_OPT_FLAG,
     .help = "print how many calls, tokens and dollars models could take; ask and store nothing",
     .at = offsetof(struct run_opts, models.dry_run)},
    {.name = "budget",
     .type = TARE_OPT_REPEAT,
     .metavar = "AMOUNT",
     .help = "what this call may spend: 20usd, 500ktokens, 1000attempts, 30min, 2h; may be given "
             "several times. Then nothing more is begun: the run is resumable, --until undecided",
     .at = offsetof(struct run_opts, budget)},
    {.name = "budget-usd",
     .aliases = {"cost-limit"},
     .type = TARE_OPT_FLOAT,
     .min = 1e-6,
     .max = 1e9,
     .help = "the same as --budget Xusd",
     .at = offsetof(struct run_opts, models.budget_usd)},
    {.name = "budget-tokens",
     .aliases = {"token-limit"},
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 1e15,
     .help = "the same as --budget Ntokens",
     .at = offsetof(struct run_opts, models.budget_tokens)},
    TARE_CLI_OPT_ATTEMPTS(offsetof(struct run_opts, k)),
    TARE_CLI_OPT_SEED(offsetof(struct run_opts, seed)),
    {.name = "jobs",
     .letter = 'j',
     .aliases = {"max-concurrency", "max-connections", "num-concurrent"},
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 1024,
     .help = "CPU threads (default: one a CPU), and attempts of a model at once (default: 64); "
             "results do not depend on it",
     .at = offsetof(struct run_opts, jobs)},
    TARE_CLI_OPT_LABEL(offsetof(struct run_opts, label)),
    {.name = "limit",
     .letter = 'n',
     .type = TARE_OPT_STRING,
     .metavar = "N|A-B",
     .help = "only the first N tasks, or tasks A to B (from 1)",
     .at = offsetof(struct run_opts, limit)},
    TARE_CLI_OPT_RESUME(offsetof(struct run_opts, resume)),
    {.name = "retry-missing",
     .type = TARE_OPT_FLAG,
     .help = "with --resume: play the missing attempts again too, and nothing else that is stored",
     .at = offsetof(struct run_opts, retry_missing)},
    {.name = "progress",
     .type = TARE_OPT_CHOICE,
     .choices = progress_names,
     .help = "how far it is, on standard error (default: bar on a terminal, else line)",
     .at = offsetof(struct run_opts, progress)},
    {.name = "until",
     .type = TARE_OPT_CHOICE,
     .choices = until_names,
     .help = "with two solvers, the baseline first: play tasks in random order and stop as soon "
             "as it is known which is better, or that they differ by less than --margin",
     .at = offsetof(struct run_opts, until)},
    {.name = "metric",
     .type = TARE_OPT_STRING,
     .help = "with --until: the metric that decides (default: the suite's headline)",
     .at = offsetof(struct run_opts, metric)},
    {.name = "margin",
     .type = TARE_OPT_FLOAT,
     .min = 0,
     .max = 1e9,
     .help = "with --until: differences smaller than this do not matter, in the metric's unit "
             "(default: the suite's)",
     .at = offsetof(struct run_opts, margin)},
    {.name = "alpha",
     .type = TARE_OPT_PROB,
     .help = "with --until: how often a wrong answer is accepted (default: 0.05)",
     .at = offsetof(struct run_opts, alpha)},
    {.name = "findings",
     .type = TARE_OPT_FLAG,
     .help = "print every finding about the leaderboard",
     .at = offsetof(struct run_opts, findings)},
    {.name = "no-steps",
     .type = TARE_OPT_FLAG,
     .help = "store scores only, neither timelines nor step bodies",
     .at = offsetof(struct run_opts, no_steps)},
    {0},
};

static const struct tare_example run_examples[] = {
    {"tare run incident-response --solver verify-first --solver runbook -k 4",
     "two solvers, four attempts a task"},
    {"tare run incident-response --solver all --label first --limit 10",
     "every control on the first ten tasks"},
    {"tare run incident-response --solver careful.yaml --label careful --resume",
     "go on where it was interrupted"},
    {"tare run incident-response -s runbook -s verify-first --until decided --budget 500attempts",
     "no more attempts than the question needs"},
    {"tare run incident-response --model openai/gpt-4.1-mini --budget 2usd",
     "a model, for at most two dollars"},
    {0},
};

/* The signal handler's only words: how often a person wanted to stop, and by which signal. */
static atomic_int stop_level;
static volatile sig_atomic_t stop_signal;

static void on_signal(int signal_number)
{
    int level = atomic_load(&stop_level);
    stop_signal = signal_number;
    atomic_store(&stop_level, level < 2 ? level + 1 : 2);
}

static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
}

struct watch {
    struct tare_ctx *ctx;
    struct tare_run_counters counters;
    struct tare_progress progress;
    struct tare_progress_head head;
    enum tare_progress_kind kind;
    struct tare_buf line;
    bool started;
    struct tare_cli_budget budget;
    uint64_t attempts; /* stored by this call */
    int64_t begun_ns;
    struct tare_cli_until *until; /* NULL: play everything */
};

static void flush(struct watch *w)
{
    if (w->line.n)
        fwrite(w->line.p, 1, w->line.n, w->ctx->err);
    fflush(w->ctx->err);
    tare_buf_reset(&w->line);
}

static struct tare_progress_now snapshot(struct watch *w)
{
    return (struct tare_progress_now){.now_ns = w->ctx->clock->mono_ns(w->ctx->clock->ctx),
                                      .done = atomic_load(&w->counters.done),
                                      .failed = atomic_load(&w->counters.failed),
                                      .missing = atomic_load(&w->counters.missing),
                                      .in_flight = atomic_load(&w->counters.in_flight),
                                      .tokens = atomic_load(&w->counters.tokens)};
}

static void on_plan(void *to, const struct tare_batch_info *batch)
{
    struct watch *w = to;
    w->head.run = tare_arena_copy(w->ctx->arena, tare_str_of(batch->name));
    w->head.total = batch->n_planned;
    w->head.before = batch->n_done + batch->n_failed + batch->n_missing;
    tare_progress_init(&w->progress, w->kind, &w->head, &w->ctx->err_style,
                       w->ctx->clock->mono_ns(w->ctx->clock->ctx));
    w->started = true;
    tare_progress_start(&w->progress, &w->line);
    flush(w);
    if (w->until)
        tare_cli_until_plan(w->until, batch);
}

static void on_attempt(void *to, uint32_t run, const struct tare_attempt *attempt)
{
    struct watch *w = to;
    w->attempts++;
    if (w->until)
        tare_cli_until_attempt(w->until, run, attempt);
}

static bool enough(void *to)
{
    const struct watch *w = to;
    const struct tare_clock *clock = w->ctx->clock;
    if (w->until)
        return tare_cli_until_enough(w->until);
    return (w->budget.attempts && w->attempts >= w->budget.attempts) ||
           (w->budget.ns && clock->mono_ns(clock->ctx) - w->begun_ns >= w->budget.ns);
}

static void on_tick(void *to)
{
    struct watch *w = to;
    struct tare_progress_now now = snapshot(w);
    if (atomic_load(&stop_level) == 1)
        now.note = TARE_S("stopping: attempts that run are finished; once more stops at once");
    tare_progress_draw(&w->progress, &now, &w->line);
    flush(w);
}

/* A batch must be found again by its label: LABEL/SOLVER, @last and paths are other addresses. */
static enum tare_status check_label(struct tare_ctx *ctx, struct tare_str label,
                                    struct tare_err *err)
{
    const char *reason = NULL;
    if (!tare_given(ctx, "label"))
        return TARE_OK;
    if (tare_str_trim(label).n == 0)
        reason = "is empty";
    else if (label.p[0] == '@')
        reason = "starts with '@', as in @last";
    else if (tare_str_find(label, TARE_S("/")) != SIZE_MAX)
        reason = "contains '/', which stands before the name of a solver";
    if (!reason)
        return TARE_OK;
    (void)tare_usage_fail(ctx, err, "the label \"%.*s\" %s", TARE_FMT(label), reason);
    tare_err_hint(err, "the batch could not be found by it; name it for example after a branch "
                       "or a day");
    return TARE_E_USAGE;
}

/* "10" or "5-20" into [from, to). */
static enum tare_status parse_limit(struct tare_ctx *ctx, struct tare_str text, uint32_t *from,
                                    uint32_t *to, struct tare_err *err)
{
    uint64_t a = 1, b = 0;
    size_t dash = tare_str_find(text, TARE_S("-"));
    if (text.n == 0)
        return TARE_OK;
    bool good = dash == SIZE_MAX
                    ? tare_str_to_u64(text, &b)
                    : tare_str_to_u64(tare_str_n(text.p, dash), &a) &&
                          tare_str_to_u64(tare_str_n(text.p + dash + 1, text.n - dash - 1), &b);
    if (!good || a < 1 || b < a || b > TARE_MAX_TASKS) {
        (void)tare_usage_fail(ctx, err, "--limit wants a number of tasks or A-B, not '%.*s'",
                              TARE_FMT(text));
        tare_err_hint(err, "--limit 10 plays the first ten tasks, --limit 5-9 the fifth to the "
                           "ninth");
        return TARE_E_USAGE;
    }
    *from = (uint32_t)a - 1;
    *to = (uint32_t)b;
    return TARE_OK;
}

static struct tare_str command_line(struct tare_ctx *ctx)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    for (int i = 0; i < ctx->argc; i++) {
        if (i)
            tare_buf_putc(&b, ' ');
        tare_buf_puts(&b, ctx->argv[i]);
    }
    struct tare_str line = tare_arena_copy(ctx->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return line;
}

static enum tare_status load(struct tare_ctx *ctx, const struct run_opts *o,
                             struct tare_suite **suite, struct tare_run_solver **solvers,
                             uint32_t *n, struct tare_err *err)
{
    if (tare_promptfoo_is(o->suite))
        return tare_cli_promptfoo(ctx, o->suite, &o->solvers, &o->models, suite, solvers, n, err);
    enum tare_status st = tare_cli_suite(ctx, o->suite, suite, err);
    if (st == TARE_OK && o->solvers.n + o->models.names.n == 0) {
        uint32_t count;
        const struct tare_solver_ops *const *all = tare_registry_solvers((*suite)->world, &count);
        st = tare_usage_fail(
            ctx, err, "which solver? Give --solver NAME, --solver FILE.yaml or --model MODEL");
        if (count)
            tare_err_hint(err, "scripted solvers of this world: %s … (`tare help run`), or `all`",
                          all[0]->name);
    }
    if (st == TARE_OK)
        st = tare_cli_solvers(*suite, &o->solvers, &o->models, ctx->arena, solvers, n, err);
    return st;
}

static void print_result(struct tare_ctx *ctx, const struct run_opts *o,
                         const struct tare_run_result *r, const struct tare_board *board,
                         struct tare_buf *out)
{
    if (!ctx->json) {
        struct tare_str address = o->label.n ? o->label : tare_str_of(r->batch.name);
        tare_view_board(out, board, address, o->findings, &ctx->out_style);
        return;
    }
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    w.indent = 2;
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "schema");
    tare_json_put_cstr(&w, "tare.run/1");
    tare_json_put_key(&w, "label");
    tare_json_put_str(&w, o->label);
    tare_json_put_key(&w, "finished");
    tare_json_put_bool(&w, r->batch.finished);
    tare_json_put_key(&w, "done");
    tare_json_put_u64(&w, r->batch.n_done);
    tare_doc_board(&w, board);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

/* What stands in the store, as a leaderboard. */
static enum tare_status show(struct tare_ctx *ctx, const struct run_opts *o,
                             const struct tare_suite *suite, struct tare_store *store,
                             const struct tare_run_result *r, struct tare_err *err)
{
    struct tare_results results;
    struct tare_board board;
    struct tare_board_opts bo = {.size = sizeof bo, .more = ctx->json};
    bo.references = tare_registry_references(suite->world, suite->world_config, &bo.n_references);
    bo.classes = tare_registry_classes(suite->world, suite->world_config);
    bo.metrics = suite->metrics;
    bo.n_metrics = suite->n_metrics;
    enum tare_status st =
        tare_results_from_store(store, r->batch.id, -1, ctx->arena, &results, err);
    if (st == TARE_OK)
        st = tare_leaderboard(&results, &bo, ctx->arena, &board, err);
    if (st != TARE_OK)
        return st;
    struct tare_buf out;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    print_result(ctx, o, r, &board, &out);
    bool failed = out.failed || fwrite(out.p, 1, out.n, ctx->out) != out.n;
    tare_buf_free(&out);
    return failed ? tare_fail(err, TARE_E_IO, "could not print the leaderboard") : TARE_OK;
}

/* until: to know enough is to be done; else what may be spent is spent. */
static int exit_code(const struct tare_run_result *r, bool until)
{
    if (r->enough && until)
        return 0;
    if (r->interrupted)
        return stop_signal == SIGINT || stop_signal == 0 ? 130 : 128 + stop_signal;
    return r->batch.finished && r->batch.n_missing == 0 ? 0 : 3;
}

static const char *result_word(enum tare_status st, const struct tare_run_result *r, bool until)
{
    if (st == TARE_OK && (r->batch.finished || (r->enough && until)))
        return "done";
    return st == TARE_OK && r->interrupted ? "interrupted" : "incomplete";
}

/* The answer of --until in place of the leaderboard. */
static enum tare_status show_until(struct tare_ctx *ctx, const struct run_opts *o,
                                   const struct tare_run_options *ro,
                                   const struct tare_cli_until *until,
                                   const struct tare_run_result *r, struct tare_err *err)
{
    struct tare_until_report report;
    struct tare_buf out;
    tare_cli_until_report(until, ro, r, &report);
    tare_buf_init(&out, NULL, TARE_MIB);
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        w.indent = 2;
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "schema", "tare.until/1");
        tare_json_member_str(&w, "label", o->label);
        tare_json_member_cstr(&w, "batch", r->batch.name);
        tare_json_put_key(&w, "until");
        tare_doc_until(&w, &report);
        tare_json_end_object(&w);
        tare_buf_putc(&out, '\n');
    } else {
        tare_view_until(&out, &report, &ctx->out_style);
    }
    bool failed = out.failed || fwrite(out.p, 1, out.n, ctx->out) != out.n;
    tare_buf_free(&out);
    return failed ? tare_fail(err, TARE_E_IO, "could not print the answer") : TARE_OK;
}

static enum tare_status play(struct tare_ctx *ctx, const struct run_opts *o,
                             struct tare_run_options *ro, struct watch *w, struct tare_store *store,
                             struct tare_err *err)
{
    struct tare_run_result result;
    catch_signals();
    enum tare_status st = tare_run_batch(store, ro, ctx->arena, &result, err);
    if (w->started) {
        struct tare_progress_now now = snapshot(w);
        tare_progress_end(&w->progress, &now, result_word(st, &result, w->until), &w->line);
        flush(w);
    }
    if (st != TARE_OK)
        return st;
    if (result.retried && !ctx->json && !ctx->quiet)
        fprintf(ctx->err, "tare run: %llu missing attempts were played again\n",
                (unsigned long long)result.retried);
    if (result.interrupted && !ctx->json)
        fprintf(ctx->err, "tare run: interrupted; go on with the same arguments and --resume\n");
    if (!w->until && result.enough && !result.batch.finished)
        result.halted =
            tare_arena_printf(ctx->arena, "the budget of %.*s is spent", TARE_FMT(w->budget.text));
    if (result.halted.n)
        fprintf(
            ctx->err,
            "tare run: stopped: %.*s\n  what is finished is stored; go on with the same arguments "
            "and --resume\n",
            TARE_FMT(result.halted));
    if (result.starved && !ctx->json)
        fprintf(ctx->err,
                "tare run: no memory for %llu attempts; go on with the same arguments and --resume "
                "where there is more, or with a smaller -j\n",
                (unsigned long long)result.starved);
    ctx->exit_code = exit_code(&result, w->until);
    if (w->until && w->until->status != TARE_OK) {
        *err = w->until->err;
        return w->until->status;
    }
    if (w->until)
        return show_until(ctx, o, ro, w->until, &result, err);
    return show(ctx, o, ro->suite, store, &result, err);
}

static enum tare_progress_kind progress_kind(const struct tare_ctx *ctx, const struct run_opts *o)
{
    if (o->progress >= 0)
        return (enum tare_progress_kind)o->progress;
    if (ctx->quiet)
        return TARE_PROGRESS_NONE;
    return ctx->err_tty ? TARE_PROGRESS_BAR : TARE_PROGRESS_LINE;
}

/* What only --until knows what to do with. */
static enum tare_status check_until(struct tare_ctx *ctx, const struct run_opts *o,
                                    struct tare_err *err)
{
    static const char *const only[] = {"metric", "margin", "alpha"};
    for (size_t i = 0; o->until < 0 && i < sizeof only / sizeof *only; i++)
        if (tare_given(ctx, only[i])) {
            (void)tare_usage_fail(ctx, err, "--%s belongs to --until decided", only[i]);
            tare_err_hint(err, "`tare compare` takes it for runs that are played whole");
            return TARE_E_USAGE;
        }
    return TARE_OK;
}

static enum tare_status watch_until(struct watch *w, const struct run_opts *o,
                                    struct tare_run_options *ro, struct tare_store *store,
                                    struct tare_err *err)
{
    if (w->budget.attempts || w->budget.ns) {
        ro->on_attempt = on_attempt;
        ro->enough = enough;
        /* about 16 attempts each: few are under way when the last that is paid for is stored */
        if (w->budget.attempts)
            ro->ahead = (uint32_t)(w->budget.attempts < 1024 ? 1 + w->budget.attempts / 128 : 0);
    }
    if (o->until < 0)
        return TARE_OK;
    w->until = TARE_NEW(w->ctx->arena, struct tare_cli_until);
    if (!w->until)
        return tare_fail(err, TARE_E_NOMEM, "out of memory at the start");
    *w->until = (struct tare_cli_until){.ctx = w->ctx,
                                        .store = store,
                                        .metric = o->metric,
                                        .budget = w->budget,
                                        .alpha = tare_given(w->ctx, "alpha") ? o->alpha : 0.05,
                                        .margin = tare_given(w->ctx, "margin") ? o->margin : 0};
    ro->on_attempt = on_attempt;
    ro->enough = enough;
    return tare_cli_until_prepare(w->until, ro, err);
}

/* What the batch is to be, beside its suite and solvers. */
static void fill(struct tare_ctx *ctx, const struct run_opts *o, struct watch *w,
                 struct tare_run_options *ro)
{
    w->ctx = ctx;
    w->kind = progress_kind(ctx, o);
    w->begun_ns = ctx->clock->mono_ns(ctx->clock->ctx);
    w->head = (struct tare_progress_head){
        .suite = ro->suite->name, .solver = ro->solvers[0].name, .n_solvers = ro->n_solvers};
    tare_buf_init(&w->line, NULL, TARE_MIB);
    ro->k = o->k == TARE_INT_UNSET ? 0 : (uint32_t)o->k;
    ro->seed = (uint64_t)o->seed;
    ro->threads = o->jobs == TARE_INT_UNSET ? 0 : (unsigned)o->jobs;
    ro->in_flight = o->jobs == TARE_INT_UNSET ? 0 : (uint32_t)o->jobs;
    ro->label = o->label;
    ro->arguments = command_line(ctx);
    ro->resume = o->resume.p != NULL;
    ro->resume_batch = o->resume;
    ro->retry_missing = o->retry_missing;
    ro->no_record = o->no_steps;
    ro->clock = ctx->clock;
    ro->stop = &stop_level;
    ro->counters = &w->counters;
    ro->on_plan = on_plan;
    ro->on_tick = on_tick;
    ro->ctx = w;
}

static enum tare_status check_retry(const struct run_opts *o, struct tare_err *err)
{
    if (!o->retry_missing || o->resume.p)
        return TARE_OK;
    (void)tare_fail(err, TARE_E_USAGE, "--retry-missing belongs to --resume");
    tare_err_hint(err, "a run without --resume begins anew: nothing of it is missing yet");
    return TARE_E_USAGE;
}

static enum tare_status run_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct run_opts *o = opts;
    struct tare_suite *suite;
    struct tare_run_solver *solvers;
    struct watch *w = TARE_NEW(ctx->arena, struct watch);
    struct tare_store *store;
    struct tare_models *models = NULL;
    struct tare_store_options so = {.size = sizeof so, .create = true, .clock = ctx->clock};
    struct tare_run_options ro = {.size = sizeof ro};
    if (!w)
        return tare_fail(err, TARE_E_NOMEM, "out of memory at the start");
    enum tare_status st = check_label(ctx, o->label, err);
    if (st == TARE_OK)
        st = check_until(ctx, o, err);
    if (st == TARE_OK)
        st = check_retry(o, err);
    if (st == TARE_OK)
        st = load(ctx, o, &suite, &solvers, &ro.n_solvers, err);
    if (st == TARE_OK)
        st = tare_cli_judges(suite, &o->models, ctx->arena, &ro, err);
    if (st == TARE_OK)
        st = parse_limit(ctx, o->limit, &ro.task_from, &ro.task_to, err);
    if (st == TARE_OK)
        st = tare_cli_budget_read(ctx, &o->budget, o->models.budget_usd, o->models.budget_tokens,
                                  &w->budget, err);
    if (st != TARE_OK)
        return st;
    ro.suite = suite;
    ro.solvers = solvers;
    fill(ctx, o, w, &ro);
    if (o->models.dry_run)
        return tare_cli_dry_run(ctx, &ro, err);
    st = tare_store_open(ctx->store, &so, &store, err);
    if (st != TARE_OK)
        return st;
    struct tare_cli_models asked = o->models;
    asked.budget_usd = w->budget.usd > 0 && o->until < 0 ? w->budget.usd : (double)NAN;
    asked.budget_tokens =
        w->budget.tokens && o->until < 0 ? (int64_t)w->budget.tokens : TARE_INT_UNSET;
    st = tare_cli_models_open(ctx, &asked, &ro, &models, err);
    if (st == TARE_OK)
        st = watch_until(w, o, &ro, store, err);
    if (st == TARE_OK)
        st = play(ctx, o, &ro, w, store, err);
    if (st == TARE_OK && models && !ctx->quiet)
        tare_cli_models_tell(ctx, models);
    tare_models_close(models);
    tare_store_close(store);
    tare_buf_free(&w->line);
    return st;
}

const struct tare_cmd tare_cmd_run = {
    .name = "run",
    .summary = "play solvers on a suite and print the leaderboard",
    .usage = "SUITE --solver NAME|FILE... [options]",
    .about = "Every solver plays every task of the suite k times, in the same worlds. What each\n"
             "did is scored, stored step by step, and shown with an interval beside every "
             "number.\n\n"
             "Kill it whenever you like: --resume with the same arguments finishes it, and the\n"
             "result is the same, bit for bit, as that of a run nobody interrupted. Ctrl-C once\n"
             "finishes what runs and saves; twice stops at once. Both exit with 130.",
    .examples = run_examples,
    .args = run_args,
    .opts = run_options,
    .opts_size = sizeof(struct run_opts),
    .run = run_run,
};
