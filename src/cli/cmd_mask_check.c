#include "base/limits.h"
#include "base/map.h"
#include "cli/batch.h"
#include "cli/mask.h"
#include "text/jsonl.h"

#include "base/banned.h"

#define RANDOM_CUTS 2 /* besides the greedy one */

struct check_opts {
    struct tare_mask_opts mask;
    struct tare_str file;
    bool batch;
    int64_t seed;
};

struct check {
    struct tare_ctx *ctx;
    const struct check_opts *o;
    const struct tare_vocab *vocab;
    const struct tare_guide_vocab *tables;
    struct tare_arena each; /* of one line */
    struct tare_mask_times times;
    uint64_t reordered; /* instances of the line let through only in the schema's order */
};

/* Greedy and at random: all must agree. */
static enum tare_status instance(struct check *k, const struct tare_mask_opened *m,
                                 struct tare_json value, uint64_t index, bool *accepts,
                                 struct tare_err *err)
{
    struct tare_mask_try t, first;
    struct tare_rng rng;
    bool reordered = false;
    enum tare_status st = tare_mask_instance(k->ctx, &k->o->mask, k->vocab, m, value, NULL,
                                             &k->each, &k->times, &first, &reordered, err);
    tare_rng_init(&rng, (uint64_t)k->o->seed, TARE_S("mask check"), index);
    *accepts = first.accepts;
    k->reordered += reordered;
    for (int i = 0; i < RANDOM_CUTS && st == TARE_OK; i++) {
        st = tare_mask_instance(k->ctx, &k->o->mask, k->vocab, m, value, &rng, &k->each, &k->times,
                                &t, &reordered, err);
        if (st == TARE_OK && t.accepts != first.accepts)
            return tare_fail(err, TARE_E_STATE, "two ways to cut one text into tokens differ");
        first.contradicted = first.contradicted || t.contradicted;
    }
    if (st == TARE_OK && first.contradicted)
        return tare_fail(err, TARE_E_STATE, "a mask and its guide do not agree");
    return st;
}

static void put_spread(struct tare_json_writer *w, const char *key, struct tare_mask_spread s)
{
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    tare_json_member_f64(w, "p50", s.p50 / 1e3);
    tare_json_member_f64(w, "p99", s.p99 / 1e3);
    tare_json_member_f64(w, "max", s.max / 1e3);
    tare_json_end_object(w);
}

static enum tare_status instances(struct check *k, const struct tare_mask_opened *m,
                                  struct tare_json line, struct tare_json_writer *w,
                                  struct tare_err *err)
{
    struct tare_json t = tare_json_first(tare_json_get(line, "tests"));
    uint64_t index = 0;
    enum tare_status st = TARE_OK;
    tare_json_put_key(w, "accepts");
    tare_json_begin_array(w);
    for (; t.doc && st == TARE_OK; t = tare_json_next(t)) {
        bool accepts = false;
        st = instance(k, m, tare_json_get(t, "data"), index++, &accepts, err);
        tare_json_put_bool(w, accepts);
    }
    tare_json_end_array(w);
    if (k->reordered)
        tare_json_member_u64(w, "reordered", k->reordered);
    return st;
}

static enum tare_status batch_line(struct check *k, struct tare_json line, struct tare_buf *out,
                                   struct tare_err *err)
{
    struct tare_mask_opened m;
    struct tare_json_writer w;
    k->reordered = 0;
    tare_buf_reset(&k->times.mask);
    tare_buf_reset(&k->times.accept);
    enum tare_status st = tare_mask_open(k->ctx, &k->o->mask, k->tables,
                                         tare_json_get(line, "schema"), &k->each, &m, err);
    tare_batch_answer(&w, out, line);
    if (st == TARE_OK && m.refused.p) {
        tare_json_member_str(&w, "refused", m.refused);
    } else if (st == TARE_OK) {
        struct tare_err why = {0};
        st = instances(k, &m, line, &w, &why);
        if (st != TARE_OK && st != TARE_E_NOMEM && st != TARE_E_STATE) {
            tare_json_member_cstr(&w, "failed", why.text);
            st = TARE_OK;
        } else if (st != TARE_OK) {
            (void)tare_fail(err, st, "%s: %.*s", why.text,
                            TARE_FMT(tare_json_lexeme(tare_json_get(line, "id"))));
        }
    }
    tare_guide_close(m.guide);
    tare_json_member_f64(&w, "compile_us", (double)m.ns / 1e3);
    if (!m.refused.p) {
        put_spread(&w, "mask_us", tare_mask_spread(&k->times.mask));
        put_spread(&w, "accept_us", tare_mask_spread(&k->times.accept));
    }
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
    return st;
}

static enum tare_status flush(struct tare_ctx *ctx, struct tare_buf *out, struct tare_err *err)
{
    if (out->failed)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to show it");
    if (out->n && fwrite(out->p, 1, out->n, ctx->out) != out->n)
        return tare_fail(err, TARE_E_IO, "cannot write the output");
    tare_buf_reset(out);
    return TARE_OK;
}

static enum tare_status each_line(struct check *k, struct tare_str path, struct tare_err *err)
{
    struct tare_map map;
    struct tare_jsonl lines;
    struct tare_json line;
    struct tare_buf out;
    enum tare_status st = tare_map_open(path, TARE_MAX_JSON_BYTES, k->ctx->arena, &map, err);
    if (st != TARE_OK)
        return st;
    tare_arena_init(&k->each, NULL, TARE_ARENA_REPORT_BYTES);
    tare_mask_times_init(&k->times);
    tare_buf_init(&out, NULL, TARE_GIB);
    tare_jsonl_begin(&lines, map.bytes, NULL);
    while (st == TARE_OK) {
        struct tare_err why = {0};
        if (tare_jsonl_next(&lines, &k->each, &line, &st, &why))
            st = batch_line(k, line, &out, err);
        else if (st == TARE_OK)
            break;
        else if (why.fault)
            tare_batch_torn(k->ctx, &why, &out);
        else
            *err = why;
        if (why.fault)
            st = TARE_OK;
        if (st == TARE_OK)
            st = flush(k->ctx, &out, err);
        tare_arena_reset(&k->each);
    }
    if (st == TARE_E_INPUT)
        tare_err_file(err, path);
    tare_buf_free(&out);
    tare_mask_times_free(&k->times);
    tare_arena_free(&k->each);
    tare_map_close(&map);
    return st;
}

static enum tare_status check_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct check_opts *o = opts;
    struct check k = {.ctx = ctx, .o = o};
    if (!o->batch)
        return tare_usage_fail(ctx, err,
                               "--batch is missing: it reads lines of schemas and "
                               "instances");
    enum tare_status st = tare_mask_vocab(ctx, &o->mask, &k.vocab, &k.tables, err);
    if (st != TARE_OK)
        return st;
    return each_line(&k, o->file.n ? o->file : TARE_S("-"), err);
}

static const struct tare_arg check_args[] = {
    {"FILE", "the lines; - or nothing: standard input", 0, 1, offsetof(struct check_opts, file)},
    {0},
};
static const struct tare_opt check_options[] = {
    {.name = "batch",
     .letter = 'b',
     .type = TARE_OPT_FLAG,
     .help = "lines {\"id\", \"schema\", \"tests\": [{\"data\"}]}; one line {\"id\", \"accepts\"} "
             "each",
     .at = offsetof(struct check_opts, batch)},
    {.name = "seed",
     .type = TARE_OPT_INT,
     .metavar = "N",
     .min = 0,
     .max = 9007199254740991,
     .def = "1",
     .help = "of the random ways to cut a text into tokens",
     .at = offsetof(struct check_opts, seed)},
    TARE_MASK_OPTIONS,
    {0},
};
static const struct tare_example check_examples[] = {
    {"tare mask check --batch --vocab tokenizer.json lines.jsonl",
     "can each instance be generated, and how fast"},
    {0},
};

const struct tare_cmd tare_cmd_mask_check = {
    .name = "check",
    .summary = "can instances be generated under their schema's masks",
    .usage = "--batch --vocab FILE [FILE]",
    .about =
        "Each instance is cut into tokens greedily and twice at random, and walked to its "
        "end. Where the members of one do not stand in the schema's order and --any-order is not "
        "given, they are put into it; \"reordered\" counts those.",
    .examples = check_examples,
    .args = check_args,
    .opts = check_options,
    .opts_size = sizeof(struct check_opts),
    .run = check_run,
};
