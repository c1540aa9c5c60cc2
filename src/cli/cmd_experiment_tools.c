#include "base/fs.h"
#include "base/limits.h"
#include "cli/mask.h"
#include "cli/stored.h"
#include "view/lab.h"

#include "base/banned.h"

struct tools_opts {
    struct tare_mask_opts mask; /* only the vocabulary of it */
    struct tare_str file, script;
    double confidence;
    int64_t episodes, seeds, seed, resamples;
    int baseline;
    bool emit;
};

static const char *const arms[] = {"auto-strict", "auto-lenient",      "required", "named",
                                   "constrained", "constrained-order", NULL};

static const struct tare_arg tools_args[] = {
    {"FILE", "recorded episodes, JSON Lines; - : standard input", 0, 1,
     offsetof(struct tools_opts, file)},
    {0},
};

static const struct tare_opt tools_options[] = {
    {.name = "baseline",
     .letter = 'b',
     .type = TARE_OPT_CHOICE,
     .choices = arms,
     .def = "auto-strict",
     .help = "the arm the others are compared to",
     .at = offsetof(struct tools_opts, baseline)},
    TARE_MASK_OPTION(vocab, "vocab", TARE_OPT_STRING, "FILE",
                     "run the masks over this vocabulary: tokenizer.json, tiktoken ranks, a list"),
    {.name = "script",
     .type = TARE_OPT_STRING,
     .metavar = "RATES",
     .help =
         "no file: a scripted model with these error rates, as trailing_comma=0.05,reorder=0.02",
     .at = offsetof(struct tools_opts, script)},
    {.name = "episodes",
     .letter = 'n',
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 100000,
     .def = "400",
     .help = "of the script",
     .at = offsetof(struct tools_opts, episodes)},
    {.name = "seeds",
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 100,
     .def = "3",
     .help = "attempts at each episode of the script",
     .at = offsetof(struct tools_opts, seeds)},
    {.name = "emit",
     .type = TARE_OPT_FLAG,
     .help = "print the script's recordings instead: an example of the format",
     .at = offsetof(struct tools_opts, emit)},
    {.name = "seed",
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 9007199254740991,
     .def = "1",
     .help = "of script and resampling",
     .at = offsetof(struct tools_opts, seed)},
    {.name = "confidence",
     .type = TARE_OPT_PROB,
     .metavar = "P",
     .def = "0.95",
     .help = "coverage of the intervals",
     .at = offsetof(struct tools_opts, confidence)},
    {.name = "resamples",
     .type = TARE_OPT_INT,
     .min = 100,
     .max = 1000000,
     .def = "2000",
     .help = "of the bootstrap over workflows",
     .at = offsetof(struct tools_opts, resamples)},
    {0},
};

static const struct tare_example tools_examples[] = {
    {"tare experiment tools episodes.jsonl", "every arm on the same recordings"},
    {"tare experiment tools episodes.jsonl --vocab tokenizer.json",
     "which generations a mask would have changed, and what it costs"},
    {"tare experiment tools --script trailing_comma=0.05,reorder=0.02",
     "the instrument itself, on a model whose rates are known"},
    {"tare experiment tools --script no_call=0.1 --episodes 1 --emit", "the format of a recording"},
    {0},
};

/* The recordings: of the file, or of the script (then *s is it). */
static enum tare_status recordings(struct tare_ctx *ctx, const struct tools_opts *o,
                                   struct tare_tools_masks *masks, struct tare_tools_script *s,
                                   struct tare_str *text, struct tare_err *err)
{
    struct tare_buf b;
    if (!o->script.p == !o->file.p)
        return tare_usage_fail(ctx, err, "name a file of recordings, or a --script, and not both");
    if (o->file.p)
        return tare_fs_read(o->file, TARE_GIB, ctx->arena, text, err);
    enum tare_status st = tare_tools_script_parse(o->script, s, err);
    if (st != TARE_OK)
        return st;
    s->seed = (uint64_t)o->seed;
    s->episodes = (uint32_t)o->episodes;
    s->seeds = (uint32_t)o->seeds;
    tare_buf_init(&b, NULL, TARE_GIB);
    st = tare_tools_script_write(s, masks, &b, err);
    if (st == TARE_OK) {
        *text = tare_arena_copy(ctx->arena, tare_buf_str(&b));
        st = text->p ? TARE_OK
                     : tare_fail(err, TARE_E_NOMEM, "the script's recordings are too large");
    }
    tare_buf_free(&b);
    return st;
}

static enum tare_status open_masks(struct tare_ctx *ctx, const struct tools_opts *o,
                                   struct tare_tools_masks **out, struct tare_err *err)
{
    struct tare_mask_opts mo = {.vocab = o->mask.vocab, .size = TARE_INT_UNSET};
    const struct tare_guide_vocab *tables;
    const struct tare_vocab *v;
    *out = NULL;
    if (!o->mask.vocab.n)
        return TARE_OK;
    enum tare_status st = tare_mask_vocab(ctx, &mo, &v, &tables, err);
    return st != TARE_OK ? st
                         : tare_tools_masks_open(v, tables, ctx->clock, NULL, ctx->arena, out, err);
}

static enum tare_status with_masks(struct tare_ctx *ctx, const struct tools_opts *o,
                                   struct tare_tools_masks *masks, struct tare_err *err)
{
    struct tare_tools_script script = {0};
    struct tare_tools_recordings rec;
    struct tare_tools_report *report = TARE_NEW(ctx->arena, struct tare_tools_report);
    struct tare_str text;
    struct tare_buf out;
    if (!report)
        return tare_fail(err, TARE_E_NOMEM, "out of memory");
    enum tare_status st = recordings(ctx, o, masks, &script, &text, err);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&out, NULL, TARE_GIB);
    if (o->emit) {
        tare_buf_put(&out, text);
        return tare_cli_print(ctx, &out, err);
    }
    st = tare_tools_recordings_read(text, ctx->arena, &rec, err);
    struct tare_tools_opts t = {.baseline = (enum tare_tools_arm)o->baseline,
                                .confidence = o->confidence,
                                .resamples = (uint64_t)o->resamples,
                                .seed = (uint64_t)o->seed,
                                .masks = masks};
    if (st == TARE_OK)
        st = tare_tools_experiment(&rec, &t, ctx->arena, report, err);
    if (st != TARE_OK) {
        tare_err_file(err, o->file.p ? o->file : TARE_S("the script"));
        return st;
    }
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        tare_doc_tools(&w, report, o->script.p ? &script : NULL);
        tare_buf_putc(&out, '\n');
    } else {
        tare_view_tools(&out, report, o->script.p ? &script : NULL, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

static enum tare_status tools_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    struct tare_tools_masks *masks;
    enum tare_status st = open_masks(ctx, opts, &masks, err);
    if (st == TARE_OK)
        st = with_masks(ctx, opts, masks, err);
    tare_tools_masks_close(masks);
    return st;
}

const struct tare_cmd tare_cmd_experiment_tools = {
    .name = "tools",
    .summary = "tool-call regimes on the same generations",
    .usage = "FILE | --script RATES [options]",
    .about =
        "Reads recorded generations as a strict parser, as a lenient one, under a forced tool\n"
        "choice and under a mask would take them, and compares the arms pair by pair. An arm\n"
        "that was not recorded is replayed from free decoding; where it would have interfered\n"
        "the episode counts as unknown, never as a success. With --vocab the masks are run:\n"
        "over recorded texts to find where they would have, and under the script's hand.",
    .examples = tools_examples,
    .args = tools_args,
    .opts = tools_options,
    .opts_size = sizeof(struct tools_opts),
    .run = tools_run,
};
