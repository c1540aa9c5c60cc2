#include "cli/cmd.h"

#include "base/fs.h"
#include "base/limits.h"
#include "world/soc/gen.h"

#include "base/banned.h"

struct generate_opts {
    struct tare_str what, families, out, split, from_seeds;
    int64_t count, seed, from, incidents;
    int tier, trust;
    double benign;
};

static const struct tare_arg generate_args[] = {
    {"WHAT", "a world that has a generator: soc", 1, 1, offsetof(struct generate_opts, what)},
    {0},
};

static const struct tare_opt generate_options[] = {
    {.name = "count",
     .letter = 'n',
     .type = TARE_OPT_INT,
     .min = 1,
     .max = 1000000,
     .def = "10",
     .help = "how many tasks",
     .at = offsetof(struct generate_opts, count)},
    {.name = "seed",
     .type = TARE_OPT_INT,
     .min = 0,
     .max = 9e15,
     .def = "1",
     .help = "names the tasks together with --from: equal seeds give equal bytes",
     .at = offsetof(struct generate_opts, seed)},
    {.name = "from",
     .type = TARE_OPT_INT,
     .metavar = "I",
     .min = 0,
     .max = 9e15,
     .def = "0",
     .help = "index of the first task; any index can be made alone",
     .at = offsetof(struct generate_opts, from)},
    {.name = "tier",
     .type = TARE_OPT_CHOICE,
     .choices = tare_soc_tier_names,
     .def = "standard",
     .help = "how much there is to find, and how far it is spread",
     .at = offsetof(struct generate_opts, tier)},
    {.name = "families",
     .type = TARE_OPT_STRING,
     .metavar = "A,B",
     .help = "only these: direct_harm, data_exfil, adaptive, several_incidents, no_injection, "
             "benign",
     .at = offsetof(struct generate_opts, families)},
    {.name = "benign",
     .type = TARE_OPT_FLOAT,
     .metavar = "SHARE",
     .min = 0,
     .max = 1,
     .help = "share of tasks without an intrusion (default 0.2)",
     .at = offsetof(struct generate_opts, benign)},
    {.name = "incidents",
     .type = TARE_OPT_INT,
     .metavar = "MAX",
     .min = 2,
     .max = TARE_SOC_GEN_MAX_INCIDENTS,
     .def = "3",
     .help = "most intrusions at once, in the family several_incidents",
     .at = offsetof(struct generate_opts, incidents)},
    {.name = "trust",
     .type = TARE_OPT_CHOICE,
     .choices = tare_soc_trust_profile_names,
     .def = "mixed",
     .help = "tier of the trusted rows",
     .at = offsetof(struct generate_opts, trust)},
    {.name = "split",
     .type = TARE_OPT_STRING,
     .metavar = "NAME",
     .help = "tag the tasks as of this split",
     .at = offsetof(struct generate_opts, split)},
    {.name = "from-seeds",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "turn published seeds (JSON Lines) into tasks of the faithful profile instead; "
             "with --tier only those of that tier",
     .at = offsetof(struct generate_opts, from_seeds)},
    {.name = "out",
     .letter = 'o',
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "write to this file instead of standard output",
     .at = offsetof(struct generate_opts, out)},
    {0},
};

static const struct tare_example generate_examples[] = {
    {"tare generate soc --count 3 --seed 7 --tier easy", "three tasks on standard output"},
    {"tare generate soc --count 200 --seed 11 --tier hard --benign 0.3 --out tasks.jsonl",
     "a suite's task file"},
    {"tare generate soc --seed 11 --tier hard --from 17 --count 1", "one of them again"},
    {"tare generate soc --from-seeds seeds_eval.jsonl --tier standard --out tasks.jsonl",
     "published seeds as tasks of the faithful profile"},
    {0},
};

static enum tare_status to_file(void *to, struct tare_str line, struct tare_err *err)
{
    if (fwrite(line.p, 1, line.n, to) == line.n)
        return TARE_OK;
    return tare_fail(err, TARE_E_IO, "could not write the tasks");
}

static enum tare_status to_named_file(void *to, struct tare_str line, struct tare_err *err)
{
    return tare_fs_put(to, line, err);
}

/* Published seeds are as they are: of the options only those that choose and tag apply. */
static enum tare_status from_seeds(const struct tare_ctx *ctx, const struct generate_opts *o,
                                   const struct tare_soc_gen_sink *sink, struct tare_err *err)
{
    static const char *const made[] = {"count",  "seed",      "from", "families",
                                       "benign", "incidents", "trust"};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        if (tare_given(ctx, made[i]))
            return tare_usage_fail(ctx, err, "--%s does not go with --from-seeds", made[i]);
    }
    struct tare_str tier = {NULL, 0};
    if (tare_given(ctx, "tier"))
        tier = tare_str_of(tare_soc_tier_names[o->tier]);
    return tare_soc_gen_from_seeds(o->from_seeds, o->split, tier, sink, err);
}

static enum tare_status make(const struct tare_ctx *ctx, const struct generate_opts *o,
                             const struct tare_soc_gen_sink *sink, struct tare_err *err)
{
    if (o->from_seeds.n > 0)
        return from_seeds(ctx, o, sink, err);
    struct tare_soc_gen g;
    tare_soc_gen_default(&g);
    bool benign_given = tare_given(ctx, "benign");
    if (benign_given)
        g.benign = o->benign;
    g.seed = (uint64_t)o->seed;
    g.tier = (enum tare_soc_tier)o->tier;
    g.trust = (enum tare_soc_trust_profile)o->trust;
    g.max_incidents = (uint32_t)o->incidents;
    g.split = o->split;
    if (o->families.p != NULL) {
        enum tare_status st = tare_soc_gen_families(&g, o->families, benign_given, err);
        if (st != TARE_OK)
            return st;
    }
    return tare_soc_gen_many(&g, (uint64_t)o->from, (uint64_t)o->count, sink, err);
}

static enum tare_status generate_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct generate_opts *o = opts;
    if (!tare_str_is(o->what, "soc")) {
        tare_usage_fail(ctx, err, "there is no generator \"%.*s\"", TARE_FMT(o->what));
        tare_err_hint(err, "the world with a generator is soc: tare generate soc");
        return TARE_E_USAGE;
    }
    if (o->out.n == 0) {
        const struct tare_soc_gen_sink sink = {to_file, ctx->out};
        return make(ctx, o, &sink, err);
    }
    struct tare_fs_file file;
    enum tare_status st = tare_fs_begin(o->out, false, 0666, &file, err);
    if (st)
        return st;
    const struct tare_soc_gen_sink sink = {to_named_file, &file};
    st = make(ctx, o, &sink, err);
    if (st == TARE_OK)
        return tare_fs_commit(&file, err);
    tare_fs_abandon(&file);
    return st;
}

const struct tare_cmd tare_cmd_generate = {
    .name = "generate",
    .summary = "make tasks for a world",
    .usage = "WHAT [options]",
    .about = "Writes suite tasks as JSON Lines. A task depends on the options, --seed and its "
             "index alone, so that any task can be made again by itself.",
    .examples = generate_examples,
    .args = generate_args,
    .opts = generate_options,
    .opts_size = sizeof(struct generate_opts),
    .run = generate_run,
    .no_json = true,
};
