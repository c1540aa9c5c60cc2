#include "cli/mask.h"

#include "base/fs.h"
#include "base/limits.h"
#include "text/envelope.h"
#include "text/mask_order.h"

#include "base/banned.h"

struct tare_schema_grammar_options tare_mask_schema_options(const struct tare_mask_opts *o)
{
    return (struct tare_schema_grammar_options){.schema = {.formats = o->formats},
                                                .space = o->compact ? TARE_SCHEMA_SPACE_NONE
                                                                    : TARE_SCHEMA_SPACE_FEW,
                                                .any_order = o->any_order,
                                                .no_escapes = o->no_escapes,
                                                .relax = o->relax.v,
                                                .n_relax = o->relax.n};
}

enum tare_status tare_mask_vocab(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                 const struct tare_vocab **v, const struct tare_guide_vocab **gv,
                                 struct tare_err *err)
{
    struct tare_vocab_options vo = {.end = o->end,
                                    .size = o->size == TARE_INT_UNSET ? 0 : (uint32_t)o->size};
    struct tare_str text;
    if (!o->vocab.n)
        return tare_usage_fail(ctx, err, "--vocab is missing: the model's vocabulary");
    enum tare_status st = tare_fs_read(o->vocab, TARE_MAX_VOCAB_FILE_BYTES, ctx->arena, &text, err);
    if (st != TARE_OK)
        return st;
    st = tare_vocab_read(text, &vo, ctx->arena, v, err);
    if (st != TARE_OK) {
        tare_err_file(err, o->vocab);
        return st;
    }
    return tare_guide_vocab_open(*v, ctx->arena, gv, err);
}

const char *const tare_mask_kinds[] = {"schema", "gbnf", "ebnf", "regex", NULL};

static enum tare_mask_source source_of(const struct tare_mask_opts *o, struct tare_str path)
{
    if (o->kind >= 0)
        return (enum tare_mask_source)o->kind;
    return tare_str_ends(path, TARE_S(".gbnf"))    ? TARE_MASK_FROM_GBNF
           : tare_str_ends(path, TARE_S(".ebnf"))  ? TARE_MASK_FROM_EBNF
           : tare_str_ends(path, TARE_S(".regex")) ? TARE_MASK_FROM_REGEX
                                                   : TARE_MASK_FROM_SCHEMA;
}

/* A schema, or a list of tools. */
static enum tare_status from_json(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                  struct tare_str text, const struct tare_vocab *v,
                                  struct tare_schema_grammar *out, struct tare_err *err)
{
    struct tare_schema_grammar_options so = tare_mask_schema_options(o);
    struct tare_json schema;
    enum tare_status st = tare_json_parse(text, NULL, ctx->arena, &schema, err);
    if (st != TARE_OK)
        return st;
    st = o->dialect.n ? tare_grammar_from_dialect(o->dialect, schema, v, &so, ctx->arena, out, err)
                      : tare_schema_grammar_make(schema, &so, ctx->arena, out, err);
    if (st != TARE_OK)
        tare_err_locate(err, text);
    return st;
}

/* One expression, on one line of its own. */
static enum tare_status from_regex(struct tare_str text, struct tare_arena *arena,
                                   struct tare_grammar **out, struct tare_err *err)
{
    if (text.n && text.p[text.n - 1] == '\n')
        text.n--;
    enum tare_status st = tare_grammar_from_regex(text, arena, out, err);
    if (st != TARE_OK)
        tare_err_locate(err, text);
    return st;
}

enum tare_status tare_mask_schema(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                  struct tare_str path, const struct tare_vocab *v,
                                  struct tare_schema_grammar *out, bool strict,
                                  struct tare_err *err)
{
    enum tare_mask_source source = source_of(o, path);
    struct tare_str text;
    if (source != TARE_MASK_FROM_SCHEMA && o->dialect.n)
        return tare_usage_fail(ctx, err, "--dialect takes a list of tools, no grammar");
    enum tare_status st = tare_fs_read(path, TARE_MAX_JSON_BYTES, ctx->arena, &text, err);
    if (st == TARE_OK && source == TARE_MASK_FROM_SCHEMA)
        st = from_json(ctx, o, text, v, out, err);
    else if (st == TARE_OK && source == TARE_MASK_FROM_GBNF)
        st = tare_grammar_from_gbnf(text, v, ctx->arena, &out->grammar, err);
    else if (st == TARE_OK && source == TARE_MASK_FROM_EBNF)
        st = tare_grammar_from_ebnf(text, ctx->arena, &out->grammar, err);
    else if (st == TARE_OK)
        st = from_regex(text, ctx->arena, &out->grammar, err);
    if (st == TARE_OK && out->refused && strict) {
        st = tare_fail(err, TARE_E_INPUT, "\"%.*s\" at \"%.*s\" cannot be enforced by masks: %.*s",
                       TARE_FMT(out->refused->keyword), TARE_FMT(out->refused->at),
                       TARE_FMT(out->refused->reason));
        if (out->refused->remedy.n)
            tare_err_hint(err, "%.*s", TARE_FMT(out->refused->remedy));
        else
            tare_err_hint(err, "--relax %.*s leaves it to a check afterwards",
                          TARE_FMT(out->refused->keyword));
    }
    if (st != TARE_OK)
        tare_err_file(err, path);
    return st;
}

enum tare_status tare_mask_open(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                const struct tare_guide_vocab *tables, struct tare_json schema,
                                struct tare_arena *arena, struct tare_mask_opened *out,
                                struct tare_err *err)
{
    struct tare_schema_grammar_options so = tare_mask_schema_options(o);
    struct tare_err why = {0};
    *out = (struct tare_mask_opened){0};
    int64_t begin = ctx->clock->mono_ns(ctx->clock->ctx);
    enum tare_status st = tare_schema_grammar_make(schema, &so, arena, &out->lowered, &why);
    const struct tare_schema_unenforced *r = out->lowered.refused;
    if (st == TARE_OK && !r)
        st = tare_guide_open(out->lowered.grammar, tables, NULL, &out->guide, &why);
    out->ns = ctx->clock->mono_ns(ctx->clock->ctx) - begin;
    if (st == TARE_E_NOMEM)
        return tare_fail(err, st, "%s", why.text);
    if (st != TARE_OK)
        out->refused = tare_arena_printf(arena, "%s", why.text);
    else if (r)
        out->refused =
            tare_arena_printf(arena, "\"%.*s\" at \"%.*s\" cannot be enforced: %.*s",
                              TARE_FMT(r->keyword), TARE_FMT(r->at), TARE_FMT(r->reason));
    return out->guide || out->refused.p ? TARE_OK
                                        : tare_fail(err, TARE_E_NOMEM, "not enough memory");
}

enum tare_status tare_mask_instance(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                    const struct tare_vocab *vocab,
                                    const struct tare_mask_opened *m, struct tare_json value,
                                    struct tare_rng *rng, struct tare_arena *scratch,
                                    struct tare_mask_times *times, struct tare_mask_try *out,
                                    bool *reordered, struct tare_err *err)
{
    struct tare_buf text;
    *reordered = false;
    tare_buf_init(&text, NULL, TARE_MAX_JSON_BYTES);
    tare_json_print(value, &text);
    enum tare_status st =
        text.failed
            ? tare_fail(err, TARE_E_NOMEM, "not enough memory for an instance")
            : tare_mask_try(m->guide, vocab, tare_buf_str(&text), rng, ctx->clock, times, out, err);
    if (st == TARE_OK && !out->accepts && !o->any_order) {
        bool contradicted = out->contradicted;
        tare_buf_reset(&text);
        st = tare_mask_order(m->lowered.schema, value, scratch, &text, err);
        if (st == TARE_OK)
            st = tare_mask_try(m->guide, vocab, tare_buf_str(&text), rng, ctx->clock, times, out,
                               err);
        *reordered = st == TARE_OK && out->accepts;
        out->contradicted = out->contradicted || contradicted;
    }
    tare_buf_free(&text);
    return st;
}
