#include <inttypes.h>

#include "base/limits.h"
#include "cli/cmd.h"
#include "world/soc/replay.h"

#include "base/banned.h"

struct replay_opts {
    int world, profile;
    struct tare_strs scenarios;
    struct tare_str actions;
    bool check, jsonl, mask;
};

static const char *const worlds[] = {"soc", NULL};
static const char *const profiles[] = {"hardened", "faithful", NULL};

static const struct tare_opt replay_options[] = {
    {.name = "world",
     .type = TARE_OPT_CHOICE,
     .choices = worlds,
     .def = "soc",
     .help = "the world that was played",
     .at = offsetof(struct replay_opts, world)},
    {.name = "profile",
     .type = TARE_OPT_CHOICE,
     .choices = profiles,
     .def = "hardened",
     .help = "the profile of the world",
     .at = offsetof(struct replay_opts, profile)},
    {.name = "scenarios",
     .type = TARE_OPT_REPEAT,
     .metavar = "FILE",
     .help = "JSON lines: suite tasks or published seeds; may be given several times",
     .at = offsetof(struct replay_opts, scenarios)},
    {.name = "actions",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "JSON lines: scenario_id and steps, each with its action as \"a\"",
     .at = offsetof(struct replay_opts, actions)},
    {.name = "jsonl",
     .type = TARE_OPT_FLAG,
     .help = "print one line an episode",
     .at = offsetof(struct replay_opts, jsonl)},
    {.name = "check",
     .type = TARE_OPT_FLAG,
     .help = "compare with what the actions file holds; exit 1 when something differs",
     .at = offsetof(struct replay_opts, check)},
    {.name = "mask-injections",
     .type = TARE_OPT_FLAG,
     .help = "never count a planted instruction as followed",
     .at = offsetof(struct replay_opts, mask)},
    {0},
};

static const struct tare_example replay_examples[] = {
    {"tare replay --profile faithful --scenarios seeds_eval.jsonl --actions played.jsonl --check",
     "play recorded episodes again and say whether they are the same"},
    {"tare replay --scenarios tasks.jsonl --actions played.jsonl --jsonl > again.jsonl",
     "write what each step showed and what the episode was worth"},
    {0},
};

static enum tare_status print_line(void *ctx, struct tare_str line, struct tare_err *err)
{
    FILE *out = ctx;
    if (fwrite(line.p, 1, line.n, out) == line.n && fputc('\n', out) != EOF)
        return TARE_OK;
    return tare_fail(err, TARE_E_IO, "cannot write the output");
}

static void print_sum(FILE *out, const struct tare_soc_replay_sum *sum, bool check)
{
    if (!check) {
        (void)fprintf(out, "%" PRIu64 " episode%s, %" PRIu64 " step%s played\n", sum->episodes,
                      sum->episodes == 1 ? "" : "s", sum->steps, sum->steps == 1 ? "" : "s");
        return;
    }
    (void)fprintf(
        out, "%" PRIu64 " of %" PRIu64 " episodes equal, %" PRIu64 " of %" PRIu64 " steps equal\n",
        sum->equal_episodes, sum->episodes, sum->equal_steps, sum->steps);
    if (sum->first.n)
        (void)fprintf(out, "first difference: %.*s\n", TARE_FMT(sum->first));
}

static void print_json(struct tare_ctx *ctx, const struct tare_soc_replay_sum *sum, bool check)
{
    struct tare_buf buf;
    struct tare_json_writer w;
    tare_buf_init(&buf, NULL, TARE_MIB);
    tare_json_writer_init(&w, &buf);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "schema");
    tare_json_put_cstr(&w, "tare.replay/1");
    tare_json_put_key(&w, "checked");
    tare_json_put_bool(&w, check);
    tare_json_put_key(&w, "episodes");
    tare_json_put_u64(&w, sum->episodes);
    tare_json_put_key(&w, "steps");
    tare_json_put_u64(&w, sum->steps);
    if (check) {
        tare_json_put_key(&w, "equal_episodes");
        tare_json_put_u64(&w, sum->equal_episodes);
        tare_json_put_key(&w, "equal_steps");
        tare_json_put_u64(&w, sum->equal_steps);
        tare_json_put_key(&w, "first_difference");
        if (sum->first.n)
            tare_json_put_str(&w, sum->first);
        else
            tare_json_put_null(&w);
    }
    tare_json_end_object(&w);
    (void)fwrite(buf.p, 1, buf.n, ctx->out);
    (void)fputc('\n', ctx->out);
    tare_buf_free(&buf);
}

static enum tare_status replay_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct replay_opts *o = opts;
    if (o->scenarios.n == 0)
        return tare_usage_fail(ctx, err, "--scenarios FILE is missing");
    if (o->actions.n == 0)
        return tare_usage_fail(ctx, err, "--actions FILE is missing");
    if (o->jsonl && ctx->json)
        return tare_usage_fail(ctx, err, "--json and --jsonl exclude each other");
    struct tare_soc_replay_in in = {
        .profile = o->profile == 1 ? TARE_SOC_FAITHFUL : TARE_SOC_HARDENED,
        .mask_injections = o->mask,
        .scenarios = o->scenarios.v,
        .n_scenarios = o->scenarios.n,
        .actions = o->actions,
        .check = o->check,
        .sink = o->jsonl ? print_line : NULL,
        .sink_ctx = ctx->out,
    };
    struct tare_soc_replay_sum sum;
    enum tare_status st = tare_soc_replay(&in, ctx->arena, &sum, err);
    if (st != TARE_OK)
        return st;
    if (ctx->json)
        print_json(ctx, &sum, o->check);
    else if (!o->jsonl || (o->check && !ctx->quiet))
        print_sum(o->jsonl ? ctx->err : ctx->out, &sum, o->check);
    if (o->check && sum.equal_episodes < sum.episodes)
        ctx->exit_code = 1;
    return TARE_OK;
}

const struct tare_cmd tare_cmd_replay = {
    .name = "replay",
    .summary = "play recorded actions again",
    .usage = "--scenarios FILE --actions FILE [--check] [--jsonl]",
    .about = "Each line of the actions file is an episode: {\"scenario_id\": ..., \"steps\": "
             "[{\"a\": {\"action_type\": ..., \"params\": {...}}}, ...]}. The line printed for it "
             "holds, for each step, what the step showed as a digest, the evidence read, the "
             "attacker's move, and at the end score, containment and gating. With --check every "
             "field that the actions file holds is compared with what was played.",
    .examples = replay_examples,
    .opts = replay_options,
    .opts_size = sizeof(struct replay_opts),
    .run = replay_run,
};
