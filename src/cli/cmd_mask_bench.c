#include "base/limits.h"
#include "base/map.h"
#include "cli/mask.h"
#include "text/jsonl.h"

#include "base/banned.h"

struct bench_opts {
    struct tare_mask_opts mask;
    struct tare_str schemas;
    int64_t memory_mib;
};

struct bench {
    struct tare_ctx *ctx;
    const struct bench_opts *o;
    const struct tare_vocab *vocab;
    const struct tare_guide_vocab *tables;
    struct tare_arena each;  /* of one line */
    struct tare_buf compile; /* nanoseconds of each schema, refused ones included */
    struct tare_buf memory;  /* bytes remembered for each that was not */
    struct tare_mask_times times;
    uint64_t schemas, refused, failed, contradicted;
    uint64_t valid, over, invalid, under, reordered;
    uint64_t asked, misses, renewals, vocab_ns;
    size_t most_bytes; /* remembered for one schema */
};

/* What the line says, where it can be held to: an instance that is invalid by its format alone is
 * judged by the validator when formats are not enforced. */
static enum tare_status truth(struct bench *b, const struct tare_mask_opened *m, struct tare_json t,
                              bool *valid, struct tare_err *err)
{
    struct tare_json said = tare_json_get(t, "valid");
    bool by_format = tare_json_kind(tare_json_get(t, "needs_format")) == TARE_JSON_TRUE;
    enum tare_json_kind kind = tare_json_kind(said);
    *valid = kind == TARE_JSON_TRUE;
    if ((kind == TARE_JSON_TRUE || kind == TARE_JSON_FALSE) && !(by_format && !b->o->mask.formats))
        return TARE_OK;
    return tare_schema_valid(m->lowered.schema, tare_json_get(t, "data"), &b->each, valid, err);
}

static enum tare_status one_instance(struct bench *b, const struct tare_mask_opened *m,
                                     struct tare_json t, struct tare_err *err)
{
    struct tare_mask_try r;
    bool valid = false, reordered = false;
    enum tare_status st = truth(b, m, t, &valid, err);
    if (st == TARE_OK)
        st = tare_mask_instance(b->ctx, &b->o->mask, b->vocab, m, tare_json_get(t, "data"), NULL,
                                &b->each, &b->times, &r, &reordered, err);
    if (st != TARE_OK)
        return st;
    b->valid += valid;
    b->invalid += !valid;
    b->over += valid && !r.accepts;
    b->under += !valid && r.accepts;
    b->reordered += reordered;
    b->contradicted += r.contradicted;
    return TARE_OK;
}

static enum tare_status one_schema(struct bench *b, struct tare_json line, struct tare_err *err)
{
    struct tare_mask_opened m;
    struct tare_guide_stats stats;
    struct tare_json schema = tare_json_get(line, "schema");
    enum tare_status st =
        tare_mask_open(b->ctx, &b->o->mask, b->tables, tare_json_present(schema) ? schema : line,
                       &b->each, &m, err);
    if (st != TARE_OK)
        return st;
    tare_mask_note(&b->compile, m.ns);
    b->schemas++;
    b->refused += m.refused.p != NULL;
    struct tare_json t = tare_json_first(tare_json_get(line, "tests"));
    for (; m.guide && t.doc && st == TARE_OK; t = tare_json_next(t))
        st = one_instance(b, &m, t, err);
    if (m.guide) {
        tare_guide_stats(m.guide, &stats);
        b->asked += stats.asked;
        b->misses += stats.misses;
        b->renewals += stats.memories - 1;
        tare_mask_note(&b->memory, (int64_t)stats.bytes);
        b->most_bytes = stats.bytes > b->most_bytes ? stats.bytes : b->most_bytes;
    }
    tare_guide_close(m.guide);
    if (st == TARE_E_NOMEM)
        return st;
    b->failed += st != TARE_OK;
    if (st != TARE_OK)
        *err = (struct tare_err){0};
    return TARE_OK;
}

static enum tare_status each_line(struct bench *b, struct tare_err *err)
{
    struct tare_map map;
    struct tare_jsonl lines;
    struct tare_json line;
    enum tare_status st =
        tare_map_open(b->o->schemas, TARE_MAX_JSON_BYTES, b->ctx->arena, &map, err);
    if (st != TARE_OK)
        return st;
    tare_jsonl_begin(&lines, map.bytes, NULL);
    while (st == TARE_OK && tare_jsonl_next(&lines, &b->each, &line, &st, err)) {
        st = one_schema(b, line, err);
        tare_arena_reset(&b->each);
    }
    if (st == TARE_E_INPUT)
        tare_err_file(err, b->o->schemas);
    tare_map_close(&map);
    return st;
}

/* ---- what was measured ---------------------------------------------------------------------- */

struct figures {
    struct tare_mask_spread compile, mask, accept, memory;
    double hit_rate;
};

static struct figures figures_of(struct bench *b)
{
    struct figures f = {tare_mask_spread(&b->compile), tare_mask_spread(&b->times.mask),
                        tare_mask_spread(&b->times.accept), tare_mask_spread(&b->memory), 0};
    f.hit_rate = b->asked ? 1 - (double)b->misses / (double)b->asked : 0;
    return f;
}

static void put_spread(struct tare_json_writer *w, const char *key,
                       const struct tare_mask_spread *s)
{
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    tare_json_member_u64(w, "n", s->n);
    tare_json_member_f64(w, "mean", s->mean / 1e3);
    tare_json_member_f64(w, "p50", s->p50 / 1e3);
    tare_json_member_f64(w, "p90", s->p90 / 1e3);
    tare_json_member_f64(w, "p95", s->p95 / 1e3);
    tare_json_member_f64(w, "p99", s->p99 / 1e3);
    tare_json_member_f64(w, "max", s->max / 1e3);
    tare_json_end_object(w);
}

static void put_document(struct tare_buf *out, const struct bench *b, const struct figures *f)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.mask-bench/1");
    tare_json_member_u64(&w, "schemas", b->schemas);
    tare_json_member_u64(&w, "refused", b->refused);
    tare_json_member_u64(&w, "failed", b->failed);
    tare_json_member_u64(&w, "valid", b->valid);
    tare_json_member_u64(&w, "over", b->over);
    tare_json_member_u64(&w, "invalid", b->invalid);
    tare_json_member_u64(&w, "under", b->under);
    tare_json_member_u64(&w, "reordered", b->reordered);
    tare_json_member_u64(&w, "contradicted", b->contradicted);
    put_spread(&w, "compile_us", &f->compile);
    put_spread(&w, "mask_us", &f->mask);
    put_spread(&w, "accept_us", &f->accept);
    tare_json_member_u64(&w, "asked", b->asked);
    tare_json_member_u64(&w, "misses", b->misses);
    tare_json_member_f64(&w, "hit_rate", f->hit_rate);
    put_spread(&w, "memory_kb", &f->memory);
    tare_json_member_u64(&w, "most_bytes", b->most_bytes);
    tare_json_member_u64(&w, "renewals", b->renewals);
    tare_json_member_u64(&w, "vocabulary_tokens", b->vocab->n_tokens);
    tare_json_member_f64(&w, "vocabulary_ms", (double)b->vocab_ns / 1e6);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

static void put_row(struct tare_buf *out, const char *name, const struct tare_mask_spread *s)
{
    tare_buf_printf(out, "%-10s %9llu %9.2f %9.2f %9.2f %9.2f %9.2f %9.2f\n", name,
                    (unsigned long long)s->n, s->mean / 1e3, s->p50 / 1e3, s->p90 / 1e3,
                    s->p95 / 1e3, s->p99 / 1e3, s->max / 1e3);
}

static void put_text(struct tare_buf *out, const struct bench *b, const struct figures *f)
{
    tare_buf_printf(out, "%llu schemas, %llu refused, %llu failed\n",
                    (unsigned long long)b->schemas, (unsigned long long)b->refused,
                    (unsigned long long)b->failed);
    tare_buf_printf(out, "%llu valid instances, %llu of them cannot be generated (over)\n",
                    (unsigned long long)b->valid, (unsigned long long)b->over);
    tare_buf_printf(out, "%llu invalid instances, %llu of them can (under)\n",
                    (unsigned long long)b->invalid, (unsigned long long)b->under);
    if (b->reordered)
        tare_buf_printf(out, "%llu instances only with their members in the schema's order\n",
                        (unsigned long long)b->reordered);
    if (b->contradicted)
        tare_buf_printf(out, "%llu walks in which mask and guide did not agree: a bug of tare\n",
                        (unsigned long long)b->contradicted);
    tare_buf_printf(out, "%-10s %9s %9s %9s %9s %9s %9s %9s\n", "us", "n", "mean", "p50", "p90",
                    "p95", "p99", "max");
    put_row(out, "compile", &f->compile);
    put_row(out, "mask", &f->mask);
    put_row(out, "accept", &f->accept);
    tare_buf_printf(out, "masks found remembered: %.2f %% of %llu\n", 100 * f->hit_rate,
                    (unsigned long long)b->asked);
    tare_buf_printf(out, "memory of one schema: p50 %.0f KB, p99 %.0f KB, at most %.2f MiB\n",
                    f->memory.p50 / 1e3, f->memory.p99 / 1e3,
                    (double)b->most_bytes / (double)TARE_MIB);
    if (b->renewals)
        tare_buf_printf(out, "begun anew at the ceiling: %llu times\n",
                        (unsigned long long)b->renewals);
    tare_buf_printf(out, "vocabulary: %u tokens, read and prepared in %.0f ms\n",
                    b->vocab->n_tokens, (double)b->vocab_ns / 1e6);
}

static enum tare_status bench_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct bench_opts *o = opts;
    struct bench b = {.ctx = ctx, .o = o};
    struct tare_buf out;
    int64_t begin = ctx->clock->mono_ns(ctx->clock->ctx);
    if (!o->schemas.n)
        return tare_usage_fail(ctx, err, "--schemas is missing: lines of schemas and instances");
    enum tare_status st = tare_mask_vocab(ctx, &o->mask, &b.vocab, &b.tables, err);
    if (st != TARE_OK)
        return st;
    tare_guide_vocab_ceiling(b.tables, (size_t)o->memory_mib * TARE_MIB);
    b.vocab_ns = (uint64_t)(ctx->clock->mono_ns(ctx->clock->ctx) - begin);
    tare_arena_init(&b.each, NULL, TARE_ARENA_REPORT_BYTES);
    tare_mask_times_init(&b.times);
    tare_buf_init(&b.compile, NULL, TARE_GIB);
    tare_buf_init(&b.memory, NULL, TARE_GIB);
    tare_buf_init(&out, NULL, TARE_MIB);
    st = each_line(&b, err);
    if (st == TARE_OK &&
        (b.compile.failed || b.memory.failed || b.times.mask.failed || b.times.accept.failed))
        st = tare_fail(err, TARE_E_NOMEM, "not enough memory for the times");
    if (st == TARE_OK) {
        struct figures f = figures_of(&b);
        if (ctx->json)
            put_document(&out, &b, &f);
        else
            put_text(&out, &b, &f);
        if (out.failed || fwrite(out.p, 1, out.n, ctx->out) != out.n)
            st = tare_fail(err, TARE_E_IO, "could not write the result");
    }
    tare_buf_free(&out);
    tare_buf_free(&b.compile);
    tare_buf_free(&b.memory);
    tare_mask_times_free(&b.times);
    tare_arena_free(&b.each);
    return st;
}

static const struct tare_opt bench_options[] = {
    {.name = "schemas",
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "lines {\"schema\", \"tests\": [{\"data\", \"valid\"}]}, or schemas alone",
     .at = offsetof(struct bench_opts, schemas)},
    {.name = "memory",
     .type = TARE_OPT_INT,
     .metavar = "MIB",
     .def = "64",
     .min = 1,
     .max = 65536,
     .help = "ceiling of what is remembered",
     .at = offsetof(struct bench_opts, memory_mib)},
    TARE_MASK_OPTIONS,
    {0},
};
static const struct tare_example bench_examples[] = {
    {"tare mask bench --schemas lines.jsonl --vocab tokenizer.json",
     "how fast, how exact, how much is refused"},
    {0},
};

const struct tare_cmd tare_cmd_mask_bench = {
    .name = "bench",
    .summary = "time compiling, masks and steps over many schemas and instances",
    .usage = "--schemas FILE --vocab FILE",
    .about = "Each schema is compiled once and begins with an empty memory; each instance is cut "
             "into its longest tokens and walked to its end, a mask before every token.",
    .examples = bench_examples,
    .opts = bench_options,
    .opts_size = sizeof(struct bench_opts),
    .run = bench_run,
};
