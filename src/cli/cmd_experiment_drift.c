#include "base/fs.h"
#include "base/limits.h"
#include "cli/stored.h"
#include "view/lab.h"

#include "base/banned.h"

struct drift_opts {
    struct tare_str file, script, baseline;
    double confidence;
    int64_t conversations, turns, seeds, rules, seed, resamples;
    bool emit;
};

static const struct tare_arg drift_args[] = {
    {"FILE", "recorded conversations, JSON Lines; - : standard input", 0, 1,
     offsetof(struct drift_opts, file)},
    {0},
};

static const struct tare_opt drift_options[] = {
    {.name = "baseline",
     .letter = 'b',
     .type = TARE_OPT_STRING,
     .metavar = "ARM",
     .def = "baseline",
     .help = "the arm the others are compared to",
     .at = offsetof(struct drift_opts, baseline)},
    {.name = "script",
     .type = TARE_OPT_STRING,
     .metavar = "VALUES",
     .help = "no file: a scripted model that decays so, as p0=0.6,lambda=0.1,pinf=0.35",
     .at = offsetof(struct drift_opts, script)},
    {.name = "conversations",
     .letter = 'n',
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 100000,
     .def = "500",
     .help = "of the script",
     .at = offsetof(struct drift_opts, conversations)},
    {.name = "turns",
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 1000,
     .def = "24",
     .help = "of each conversation of the script",
     .at = offsetof(struct drift_opts, turns)},
    {.name = "rules",
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 64,
     .def = "3",
     .help = "of the script",
     .at = offsetof(struct drift_opts, rules)},
    {.name = "seeds",
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 100,
     .def = "1",
     .help = "attempts at each conversation of the script",
     .at = offsetof(struct drift_opts, seeds)},
    {.name = "emit",
     .type = TARE_OPT_FLAG,
     .help = "print the script's recordings instead: an example of the format",
     .at = offsetof(struct drift_opts, emit)},
    {.name = "seed",
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 9007199254740991,
     .def = "1",
     .help = "of script and resampling",
     .at = offsetof(struct drift_opts, seed)},
    {.name = "confidence",
     .type = TARE_OPT_PROB,
     .metavar = "P",
     .def = "0.95",
     .help = "coverage of the intervals",
     .at = offsetof(struct drift_opts, confidence)},
    {.name = "resamples",
     .type = TARE_OPT_INT,
     .min = 20,
     .max = 100000,
     .def = "200",
     .help = "of the interval of lambda",
     .at = offsetof(struct drift_opts, resamples)},
    {0},
};

static const struct tare_example drift_examples[] = {
    {"tare experiment drift conversations.jsonl", "adherence over turns, intervention by "
                                                  "intervention"},
    {"tare experiment drift --script p0=0.6,lambda=0.1,pinf=0.35",
     "the instrument itself, on a decay that is known"},
    {0},
};

static enum tare_status recordings(struct tare_ctx *ctx, const struct drift_opts *o,
                                   struct tare_drift_script *s, struct tare_str *text,
                                   struct tare_err *err)
{
    struct tare_buf b;
    if (!o->script.p == !o->file.p)
        return tare_usage_fail(ctx, err, "name a file of recordings, or a --script, and not both");
    if (o->file.p)
        return tare_fs_read(o->file, TARE_GIB, ctx->arena, text, err);
    *s = (struct tare_drift_script){.p0 = 0.6,
                                    .lambda = 0.1,
                                    .p_inf = 0.35,
                                    .seed = (uint64_t)o->seed,
                                    .conversations = (uint32_t)o->conversations,
                                    .seeds = (uint32_t)o->seeds,
                                    .turns = (uint32_t)o->turns,
                                    .rules = (uint32_t)o->rules};
    enum tare_status st = tare_drift_script_parse(o->script, s, err);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&b, NULL, TARE_GIB);
    tare_drift_script_write(s, &b);
    *text = b.failed ? (struct tare_str){0} : tare_arena_copy(ctx->arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return text->p ? TARE_OK
                   : tare_fail(err, TARE_E_NOMEM, "the script's recordings are too large");
}

/* The arm by its name; the name that was not asked for may be absent, then the first one is it. */
static enum tare_status find_baseline(struct tare_ctx *ctx, const struct tare_drift_recordings *r,
                                      struct tare_str name, uint32_t *out, struct tare_err *err)
{
    for (*out = 0; *out < r->n_arms; ++*out)
        if (tare_str_eq(r->arm[*out], name))
            return TARE_OK;
    *out = 0;
    if (!tare_given(ctx, "baseline"))
        return TARE_OK;
    tare_err_hint(err, "the first arm of the recordings is \"%.*s\"", TARE_FMT(r->arm[0]));
    return tare_fail(err, TARE_E_USAGE, "no arm is called \"%.*s\"", TARE_FMT(name));
}

static enum tare_status drift_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct drift_opts *o = opts;
    struct tare_drift_script script;
    struct tare_drift_recordings rec;
    struct tare_drift_report report;
    struct tare_str text;
    struct tare_buf out;
    struct tare_drift_opts d = {.confidence = o->confidence,
                                .seed = (uint64_t)o->seed,
                                .resamples = (uint64_t)o->resamples};
    enum tare_status st = recordings(ctx, o, &script, &text, err);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&out, NULL, TARE_GIB);
    if (o->emit) {
        tare_buf_put(&out, text);
        return tare_cli_print(ctx, &out, err);
    }
    st = tare_drift_recordings_read(text, ctx->arena, &rec, err);
    if (st == TARE_OK)
        st = find_baseline(ctx, &rec, o->baseline, &d.baseline, err);
    if (st == TARE_OK)
        st = tare_drift_experiment(&rec, &d, ctx->arena, &report, err);
    if (st != TARE_OK) {
        if (st != TARE_E_USAGE)
            tare_err_file(err, o->file.p ? o->file : TARE_S("the script"));
        return st;
    }
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        tare_doc_drift(&w, &report);
        tare_buf_putc(&out, '\n');
    } else {
        tare_view_drift(&out, &report, o->script.p ? &script : NULL, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

const struct tare_cmd tare_cmd_experiment_drift = {
    .name = "drift",
    .summary = "how rules fade over the turns of a conversation",
    .usage = "FILE | --script VALUES [options]",
    .about = "Adherence for each turn and each intervention, with its half-life, its decay, its\n"
             "variance over seeds, and what it costs in accuracy. Differences are paired by\n"
             "conversation and seed.",
    .examples = drift_examples,
    .args = drift_args,
    .opts = drift_options,
    .opts_size = sizeof(struct drift_opts),
    .run = drift_run,
};
