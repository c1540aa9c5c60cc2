/* Many tasks: for a suite's `generate`, for the command line, and from published seeds. */
#include "base/fs.h"
#include "base/limits.h"
#include "text/fields.h"
#include "world/soc/gen.h"
#include "world/soc/scenario.h"

#include "base/banned.h"

#define MAX_COUNT 1000000 /* tasks of one call; a task of the hard tier is about 24 KB */
#define SCRATCH_BYTES (64 * TARE_MIB)

static enum tare_status add_family(struct tare_soc_gen *g, struct tare_str name,
                                   struct tare_err *err)
{
    for (uint32_t f = 0; f < TARE_SOC_FAMILIES; f++) {
        if (tare_str_is(name, tare_soc_family_names[f])) {
            g->families |= 1u << f;
            return TARE_OK;
        }
    }
    const char *near = tare_suggest(name, tare_soc_family_names);
    tare_fail(err, TARE_E_USAGE, "there is no family \"%.*s\"", TARE_FMT(name));
    if (near != NULL)
        tare_err_hint(err, "did you mean %s?", near);
    else
        tare_err_hint(err, "families: direct_harm, data_exfil, adaptive, several_incidents, "
                           "no_injection, benign");
    return TARE_E_USAGE;
}

static void settle_benign(struct tare_soc_gen *g, bool benign_given)
{
    uint32_t benign = 1u << TARE_SOC_BENIGN;
    if (!benign_given && !(g->families & benign))
        g->benign = 0;
    if (!benign_given && g->families == benign)
        g->benign = 1;
    g->families &= ~benign;
}

enum tare_status tare_soc_gen_families(struct tare_soc_gen *g, struct tare_str list,
                                       bool benign_given, struct tare_err *err)
{
    g->families = 0;
    while (list.n > 0) {
        size_t n = 0;
        while (n < list.n && list.p[n] != ',')
            n++;
        enum tare_status st = add_family(g, tare_str_trim(tare_str_n(list.p, n)), err);
        if (st != TARE_OK)
            return st;
        n += n < list.n;
        list = tare_str_n(list.p + n, list.n - n);
    }
    settle_benign(g, benign_given);
    return TARE_OK;
}

enum tare_status tare_soc_gen_many(const struct tare_soc_gen *g, uint64_t from, uint64_t count,
                                   const struct tare_soc_gen_sink *sink, struct tare_err *err)
{
    struct tare_arena scratch;
    struct tare_buf line;
    enum tare_status st = TARE_OK;
    if (count > MAX_COUNT)
        return tare_fail(err, TARE_E_LIMIT, "at most %d tasks can be made at once", MAX_COUNT);
    tare_arena_init(&scratch, NULL, SCRATCH_BYTES);
    tare_buf_init(&line, NULL, TARE_MAX_JSONL_LINE_BYTES);
    for (uint64_t i = 0; i < count && st == TARE_OK; i++) {
        tare_buf_reset(&line);
        st = tare_soc_gen_task(g, from + i, &scratch, &line, err);
        if (st == TARE_OK)
            st = sink->put(sink->to, tare_buf_str(&line), err);
        tare_arena_reset(&scratch);
    }
    tare_buf_free(&line);
    tare_arena_free(&scratch);
    return st;
}

/* ---- tasks: {generate: …} ---------------------------------------------------------------- */

static enum tare_status put_in_buf(void *to, struct tare_str line, struct tare_err *err)
{
    struct tare_buf *b = to;
    tare_buf_put(b, line);
    return b->failed ? tare_fail(err, TARE_E_LIMIT, "the generated tasks do not fit into memory")
                     : TARE_OK;
}

static void read_families(struct tare_fields *f, struct tare_soc_gen *g, bool benign_given)
{
    struct tare_json list = tare_fields_any(f, "families", false);
    if (!tare_json_present(list) || f->status != TARE_OK)
        return;
    if (tare_json_kind(list) != TARE_JSON_ARRAY) {
        tare_fields_fail(f, list, "\"families\" must be a list of names");
        return;
    }
    g->families = 0;
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_err fault = {0};
        if (add_family(g, tare_json_str(v), &fault) != TARE_OK) {
            tare_fields_fail(f, v, "%s", fault.text);
            tare_err_hint(f->err, "%s", fault.hint);
            return;
        }
    }
    settle_benign(g, benign_given);
}

static enum tare_status make(struct tare_json generate, struct tare_json world,
                             struct tare_arena *scratch, struct tare_buf *out, struct tare_err *err)
{
    struct tare_soc_gen g;
    struct tare_fields f;
    int64_t count = 0, seed = 1, incidents = 3, from = 0;
    int tier = TARE_SOC_TIER_STANDARD, trust = TARE_SOC_TRUST_MIXED;
    (void)scratch;
    tare_soc_gen_default(&g);
    tare_fields_begin(&f, generate, tare_str_n(NULL, 0), tare_str_n(NULL, 0), err);
    tare_fields_i64(&f, "count", true, 1, MAX_COUNT, &count);
    tare_fields_i64(&f, "seed", false, 0, INT64_MAX, &seed);
    tare_fields_i64(&f, "from", false, 0, INT64_MAX / 2, &from);
    tare_fields_i64(&f, "incidents", false, 2, TARE_SOC_GEN_MAX_INCIDENTS, &incidents);
    tare_fields_choice(&f, "tier", false, tare_soc_tier_names, &tier);
    tare_fields_choice(&f, "trust", false, tare_soc_trust_profile_names, &trust);
    tare_fields_f64(&f, "benign", false, 0, 1, &g.benign);
    tare_fields_str(&f, "split", false, &g.split);
    read_families(&f, &g, tare_json_present(tare_json_get(generate, "benign")));
    enum tare_status st = tare_fields_end(&f);
    if (st != TARE_OK)
        return st;
    if (tare_json_str_is(tare_json_get(world, "profile"), "faithful")) {
        tare_fail_at(err, TARE_E_INPUT, tare_json_offset(generate),
                     "tasks of the faithful profile cannot be generated");
        tare_err_hint(err, "turn published seeds into tasks with `tare generate soc --from-seeds "
                           "FILE`, or use profile: hardened");
        return TARE_E_INPUT;
    }
    g.seed = (uint64_t)seed;
    g.tier = (enum tare_soc_tier)tier;
    g.trust = (enum tare_soc_trust_profile)trust;
    g.max_incidents = (uint32_t)incidents;
    const struct tare_soc_gen_sink sink = {put_in_buf, out};
    return tare_soc_gen_many(&g, (uint64_t)from, (uint64_t)count, &sink, err);
}

static enum tare_status check(const struct tare_task *task, struct tare_json world,
                              struct tare_arena *scratch, struct tare_err *err)
{
    const struct tare_soc_scenario *sc;
    bool faithful = tare_json_str_is(tare_json_get(world, "profile"), "faithful");
    enum tare_status st =
        tare_soc_compile(task, faithful ? TARE_SOC_FAITHFUL : TARE_SOC_HARDENED, scratch, &sc, err);
    if (st != TARE_OK || faithful)
        return st;
    return tare_soc_check(tare_json_get(task->input, "scenario"), task->expect, scratch, err);
}

const struct tare_task_source tare_task_source_soc = {
    .version = TARE_CONTRACT_VERSION,
    .name = "soc",
    .make = make,
    .check = check,
};

/* ---- published seeds --------------------------------------------------------------------- */

static void put_tag(struct tare_json_writer *w, const char *key, struct tare_str value)
{
    if (value.n == 0)
        return;
    tare_json_put_key(w, key);
    tare_json_put_str(w, value);
}

static enum tare_status write_seed(struct tare_json root, struct tare_str split,
                                   struct tare_buf *out, struct tare_err *err)
{
    struct tare_json seed = tare_json_get(root, "seed");
    struct tare_json truth = tare_json_get(root, "ground_truth");
    struct tare_str id = tare_json_str(tare_json_get(seed, "scenario_id"));
    if (tare_json_kind(seed) != TARE_JSON_OBJECT || tare_json_kind(truth) != TARE_JSON_OBJECT ||
        id.n == 0) {
        tare_fail_at(err, TARE_E_INPUT, tare_json_offset(root),
                     "a line of published seeds needs the objects \"seed\" (with \"scenario_id\") "
                     "and \"ground_truth\"");
        tare_err_hint(err, "expected are seeds_eval.jsonl or seeds_train.jsonl of the data set");
        return TARE_E_INPUT;
    }
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "id");
    tare_json_put_str(&w, id);
    tare_json_put_key(&w, "input");
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "scenario");
    tare_json_put_value(&w, seed);
    tare_json_end_object(&w);
    tare_json_put_key(&w, "expect");
    tare_json_put_value(&w, truth);
    tare_json_put_key(&w, "tags");
    tare_json_begin_object(&w);
    put_tag(&w, "category", TARE_S("incident-response"));
    put_tag(&w, "family", tare_json_str(tare_json_get(root, "taxonomy_family")));
    put_tag(&w, "tier", tare_json_str(tare_json_get(root, "tier")));
    put_tag(&w, "split", split.n > 0 ? split : tare_json_str(tare_json_get(root, "split")));
    put_tag(&w, "source", TARE_S("opensec-seeds"));
    tare_json_end_object(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
    return out->failed ? tare_fail(err, TARE_E_NOMEM, "no memory for a task line") : TARE_OK;
}

struct conversion {
    struct tare_str path, split, tier;
    const struct tare_soc_gen_sink *sink;
    uint64_t n; /* tasks made */
};

static enum tare_status convert(struct conversion *c, struct tare_str line, uint64_t line_no,
                                struct tare_arena *arena, struct tare_err *err)
{
    struct tare_buf out;
    struct tare_json root;
    tare_buf_init(&out, NULL, TARE_MAX_JSONL_LINE_BYTES);
    enum tare_status st = tare_json_parse(line, &tare_json_strict, arena, &root, err);
    struct tare_str tier = {NULL, 0};
    if (st == TARE_OK)
        tier = tare_json_str(tare_json_get(root, "tier"));
    bool wanted = c->tier.n == 0 || tare_str_eq(c->tier, tier);
    if (st == TARE_OK && wanted)
        st = write_seed(root, c->split, &out, err);
    if (st != TARE_OK) {
        tare_err_file(err, c->path);
        err->line = (uint32_t)line_no;
    } else if (wanted) {
        c->n++;
        st = c->sink->put(c->sink->to, tare_buf_str(&out), err);
    }
    tare_buf_free(&out);
    return st;
}

enum tare_status tare_soc_gen_from_seeds(struct tare_str path, struct tare_str split,
                                         struct tare_str tier, const struct tare_soc_gen_sink *sink,
                                         struct tare_err *err)
{
    struct tare_arena arena, work;
    struct tare_lines *lines = NULL;
    struct tare_str line;
    struct conversion c = {path, split, tier, sink, 0};
    uint64_t line_no = 0;
    bool torn = false;
    tare_arena_init(&arena, NULL, 2 * TARE_MAX_JSONL_LINE_BYTES);
    tare_arena_init(&work, NULL, SCRATCH_BYTES);
    enum tare_status st = tare_lines_open(path, TARE_MAX_JSONL_LINE_BYTES, &arena, &lines, err);
    while (st == TARE_OK && tare_lines_next(lines, &line, &line_no, &torn, err)) {
        if (tare_str_trim(line).n > 0)
            st = convert(&c, line, line_no, &work, err);
        tare_arena_reset(&work);
    }
    if (st == TARE_OK && err->code != TARE_OK)
        st = err->code;
    if (st == TARE_OK && c.n == 0) {
        st = tare_fail(err, TARE_E_USAGE, "no line is a seed of tier \"%.*s\"", TARE_FMT(tier));
        tare_err_file(err, path);
        tare_err_hint(err, "published tiers are trivial, easy and standard");
    }
    if (lines != NULL)
        tare_lines_close(lines);
    tare_arena_free(&work);
    tare_arena_free(&arena);
    return st;
}
