#include "base/limits.h"
#include "cli/lab.h"
#include "cli/mask.h"
#include "cli/stored.h"
#include "view/lab.h"

#include "base/banned.h"

struct tools_opts {
    struct tare_mask_opts mask; /* only the vocabulary of it */
    struct tare_lab_opts lab;
    int64_t episodes, retries, logprobs;
    int baseline, constrain;
    bool native;
};

static const char *const arms[] = {"auto-strict", "auto-lenient",      "required", "named",
                                   "constrained", "constrained-order", NULL};

/* In the order of enum tare_live_form. */
static const char *const forms[] = {"response_format", "json_schema", "structured_outputs",
                                    "guided_json", NULL};

static const struct tare_arg tools_args[] = {
    TARE_LAB_FILE(struct tools_opts, "recorded episodes, or cases for --model"),
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
    TARE_LAB_SCRIPT(struct tools_opts, "RATES",
                    "no file: a scripted model with these error rates, as "
                    "trailing_comma=0.05,reorder=0.02",
                    "3", "2000", 100, "of the bootstrap over workflows"),
    {.name = "episodes",
     .letter = 'n',
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 100000,
     .def = "400",
     .help = "of the script",
     .at = offsetof(struct tools_opts, episodes)},
    TARE_LAB_LIVE(struct tools_opts, "regime",
                  "what is drawn from the model: auto (default), required, named, constrained, "
                  "constrained-order; may be given several times"),
    {.name = "native",
     .type = TARE_OPT_FLAG,
     .help =
         "tell the model its tools by the server's own interface, not in the prompt: calls that "
         "the server could not read are then not seen",
     .at = offsetof(struct tools_opts, native)},
    {.name = "constrain",
     .type = TARE_OPT_CHOICE,
     .choices = forms,
     .def = "response_format",
     .help = "the field that holds the server to a schema in the constrained regimes: "
             "response_format (most), json_schema (llama.cpp), structured_outputs or guided_json "
             "(vLLM); with --native it is the tools' own \"strict\"",
     .at = offsetof(struct tools_opts, constrain)},
    {.name = "logprobs",
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 20,
     .help = "also ask for so many alternatives of each token, and keep them: with --vocab they "
             "give mass_allowed",
     .at = offsetof(struct tools_opts, logprobs)},
    {.name = "retries",
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 10,
     .def = "2",
     .help = "how often a model is asked again for a call that cannot be acted upon",
     .at = offsetof(struct tools_opts, retries)},
    {0},
};

static const struct tare_example tools_examples[] = {
    {"tare experiment tools episodes.jsonl", "every arm on the same recordings"},
    {"tare experiment tools episodes.jsonl --vocab tokenizer.json",
     "which generations a mask would have changed, and what it costs"},
    {"tare experiment tools --script trailing_comma=0.05,reorder=0.02",
     "the instrument itself, on a model whose rates are known"},
    {"tare experiment tools cases.jsonl --model vllm/qwen3-4b --seeds 5 --out episodes.jsonl",
     "drawn from a model, kept, and read under every arm"},
    {"tare experiment tools cases.jsonl --model vllm/qwen3-4b --regime auto --regime constrained",
     "free decoding against the server's own mask"},
    {"tare experiment tools --script no_call=0.1 --episodes 1 --emit", "the format of a recording"},
    {0},
};

struct script_source {
    struct tare_str spec;
    struct tare_tools_script script; /* seed, episodes and seeds are set before */
    struct tare_tools_masks *masks;
};

static enum tare_status write_script(void *ctx, struct tare_buf *jsonl, struct tare_err *err)
{
    struct script_source *s = ctx;
    struct tare_tools_script with = s->script;
    enum tare_status st = tare_tools_script_parse(s->spec, &s->script, err);
    s->script.seed = with.seed;
    s->script.episodes = with.episodes;
    s->script.seeds = with.seeds;
    return st == TARE_OK ? tare_tools_script_write(&s->script, s->masks, jsonl, err) : st;
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
    static const char *const drawn[] = {"auto", NULL};
    const struct tare_lab_opts *lab = &o->lab;
    struct script_source s = {.spec = lab->script,
                              .masks = masks,
                              .script = {.seed = (uint64_t)lab->seed,
                                         .episodes = (uint32_t)o->episodes,
                                         .seeds = (uint32_t)lab->seeds}};
    struct tare_lab_source source = {.script = write_script,
                                     .script_ctx = &s,
                                     .live = tare_tools_live,
                                     .arms = drawn,
                                     .retries = (uint32_t)o->retries,
                                     .top_logprobs =
                                         o->logprobs == TARE_INT_UNSET ? 0 : (uint32_t)o->logprobs,
                                     .native = o->native,
                                     .form = (enum tare_live_form)o->constrain};
    struct tare_tools_recordings rec;
    struct tare_tools_report *report = TARE_NEW(ctx->arena, struct tare_tools_report);
    struct tare_str text;
    struct tare_buf out;
    if (!report)
        return tare_fail(err, TARE_E_NOMEM, "out of memory");
    enum tare_status st = tare_lab_text(ctx, lab, &source, &text, err);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&out, NULL, TARE_GIB);
    if (lab->emit) {
        tare_buf_put(&out, text);
        return tare_cli_print(ctx, &out, err);
    }
    st = tare_tools_recordings_read(text, ctx->arena, &rec, err);
    struct tare_tools_opts t = {.baseline = (enum tare_tools_arm)o->baseline,
                                .confidence = lab->confidence,
                                .resamples = (uint64_t)lab->resamples,
                                .seed = (uint64_t)lab->seed,
                                .masks = masks};
    if (st == TARE_OK)
        st = tare_tools_experiment(&rec, &t, ctx->arena, report, err);
    if (st != TARE_OK) {
        tare_err_file(err, tare_lab_name(lab));
        return st;
    }
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        tare_doc_tools(&w, report, lab->script.p ? &s.script : NULL);
        tare_buf_putc(&out, '\n');
    } else {
        tare_view_tools(&out, report, lab->script.p ? &s.script : NULL, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

/* What is about a model, and what of it excludes each other. */
static enum tare_status check_live(struct tare_ctx *ctx, const struct tools_opts *o,
                                   struct tare_err *err)
{
    static const char *const live[] = {"native", "constrain", "logprobs", "retries"};
    for (size_t i = 0; o->lab.models.n == 0 && i < sizeof live / sizeof *live; i++)
        if (tare_given(ctx, live[i]))
            return tare_usage_fail(ctx, err, "--%s is about a --model, which is missing", live[i]);
    if (o->native && tare_given(ctx, "constrain"))
        return tare_usage_fail(ctx, err, "--constrain and --native exclude each other");
    return TARE_OK;
}

static enum tare_status tools_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    struct tare_tools_masks *masks;
    enum tare_status checked = check_live(ctx, opts, err);
    if (checked != TARE_OK)
        return checked;
    enum tare_status st = open_masks(ctx, opts, &masks, err);
    if (st == TARE_OK)
        st = with_masks(ctx, opts, masks, err);
    tare_tools_masks_close(masks);
    return st;
}

const struct tare_cmd tare_cmd_experiment_tools = {
    .name = "tools",
    .summary = "tool-call regimes on the same generations",
    .usage = "FILE [--model MODEL] | --script RATES [options]",
    .about =
        "Reads recorded generations as a strict parser, as a lenient one, under a forced tool\n"
        "choice and under a mask would take them, and compares the arms pair by pair. An arm\n"
        "that was not recorded is replayed from free decoding; where it would have interfered\n"
        "the episode counts as unknown, never as a success. With --vocab the masks are run:\n"
        "over recorded texts to find where they would have, and under the script's hand.\n"
        "With --model the regimes are drawn: the constrained ones by the server's own means.",
    .examples = tools_examples,
    .args = tools_args,
    .opts = tools_options,
    .opts_size = sizeof(struct tools_opts),
    .run = tools_run,
};
