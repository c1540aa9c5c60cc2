#include "base/fs.h"
#include "base/limits.h"
#include "cli/lab.h"
#include "cli/stored.h"
#include "view/lab.h"

#include "base/banned.h"

struct drift_opts {
    struct tare_lab_opts lab;
    struct tare_str baseline, rows;
    int64_t conversations, turns, rules;
};

static const struct tare_arg drift_args[] = {
    TARE_LAB_FILE(struct drift_opts, "recorded conversations, or cases for --model"),
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
    TARE_LAB_SCRIPT(struct drift_opts, "VALUES",
                    "no file: a scripted model that decays so, as p0=0.6,lambda=0.1,pinf=0.35", "1",
                    "200", 20, "of the interval of lambda"),
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
    {.name = "rows",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "also write a line for each conversation, turn, rule, seed and arm: whether the rule "
             "was kept",
     .at = offsetof(struct drift_opts, rows)},
    TARE_LAB_LIVE(struct drift_opts, "arm",
                  "interventions drawn from the model: baseline, stateless, recap, recall, "
                  "recall-masked, structured, guard, re-anchor-N, split-N, checkpoint-N; may be "
                  "given several times (default: baseline, stateless, re-anchor-4)"),
    {0},
};

static const struct tare_example drift_examples[] = {
    {"tare experiment drift conversations.jsonl", "adherence over turns, intervention by "
                                                  "intervention"},
    {"tare experiment drift cases.jsonl --model vllm/qwen3-4b --seeds 5",
     "the same conversations under three interventions, drawn from a model"},
    {"tare experiment drift --script p0=0.6,lambda=0.1,pinf=0.35",
     "the instrument itself, on a decay that is known"},
    {0},
};

struct script_source {
    struct tare_str spec;
    struct tare_drift_script script;
};

static enum tare_status write_script(void *ctx, struct tare_buf *jsonl, struct tare_err *err)
{
    struct script_source *s = ctx;
    enum tare_status st = tare_drift_script_parse(s->spec, &s->script, err);
    if (st == TARE_OK)
        tare_drift_script_write(&s->script, jsonl);
    return st;
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

static enum tare_status write_rows(struct tare_str path, const struct tare_drift_recordings *rec,
                                   struct tare_err *err)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_GIB);
    tare_doc_drift_rows(&b, rec);
    enum tare_status st = b.failed ? tare_fail(err, TARE_E_NOMEM, "the rows are too large")
                                   : tare_fs_write(path, tare_buf_str(&b), 0644, err);
    tare_buf_free(&b);
    return st;
}

static enum tare_status drift_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    static const char *const drawn[] = {"baseline", "stateless", "re-anchor-4", NULL};
    const struct drift_opts *o = opts;
    const struct tare_lab_opts *lab = &o->lab;
    struct script_source s = {.spec = lab->script,
                              .script = {.p0 = 0.6,
                                         .lambda = 0.1,
                                         .p_inf = 0.35,
                                         .seed = (uint64_t)lab->seed,
                                         .conversations = (uint32_t)o->conversations,
                                         .seeds = (uint32_t)lab->seeds,
                                         .turns = (uint32_t)o->turns,
                                         .rules = (uint32_t)o->rules}};
    struct tare_lab_source source = {
        .script = write_script, .script_ctx = &s, .live = tare_drift_live, .arms = drawn};
    struct tare_drift_recordings rec;
    struct tare_drift_report report;
    struct tare_str text;
    struct tare_buf out;
    struct tare_drift_opts d = {.confidence = lab->confidence,
                                .seed = (uint64_t)lab->seed,
                                .resamples = (uint64_t)lab->resamples};
    enum tare_status st = tare_lab_text(ctx, lab, &source, &text, err);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&out, NULL, TARE_GIB);
    if (lab->emit) {
        tare_buf_put(&out, text);
        return tare_cli_print(ctx, &out, err);
    }
    st = tare_drift_recordings_read(text, ctx->arena, &rec, err);
    if (st == TARE_OK && o->rows.n)
        st = write_rows(o->rows, &rec, err);
    if (st == TARE_OK)
        st = find_baseline(ctx, &rec, o->baseline, &d.baseline, err);
    if (st == TARE_OK)
        st = tare_drift_experiment(&rec, &d, ctx->arena, &report, err);
    if (st != TARE_OK) {
        if (st != TARE_E_USAGE && st != TARE_E_IO)
            tare_err_file(err, tare_lab_name(lab));
        return st;
    }
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        tare_doc_drift(&w, &report);
        tare_buf_putc(&out, '\n');
    } else {
        tare_view_drift(&out, &report, lab->script.p ? &s.script : NULL, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

const struct tare_cmd tare_cmd_experiment_drift = {
    .name = "drift",
    .summary = "how rules fade over the turns of a conversation",
    .usage = "FILE [--model MODEL] | --script VALUES [options]",
    .about = "Adherence for each turn and each intervention, with its half-life, its decay, its\n"
             "variance over seeds, and what it costs in accuracy. Differences are paired by\n"
             "conversation and seed.",
    .examples = drift_examples,
    .args = drift_args,
    .opts = drift_options,
    .opts_size = sizeof(struct drift_opts),
    .run = drift_run,
};
