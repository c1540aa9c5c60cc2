#include "base/limits.h"
#include "cli/mask.h"

#include "base/banned.h"

struct compile_opts {
    struct tare_mask_opts mask;
    struct tare_str file;
    bool dot;
};

static void put_list(struct tare_json_writer *w, const char *key,
                     const struct tare_schema_unenforced *u)
{
    tare_json_put_key(w, key);
    tare_json_begin_array(w);
    for (; u; u = u->next) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "keyword", u->keyword);
        tare_json_put_key(w, "at");
        tare_json_put_str(w, u->at);
        tare_json_member_str(w, "reason", u->reason);
        if (u->remedy.n)
            tare_json_member_str(w, "remedy", u->remedy);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_document(struct tare_buf *out, const struct tare_schema_grammar *sg, double us)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.mask-compile/1");
    tare_json_member_bool(&w, "enforced", !sg->refused && !sg->unenforced);
    tare_json_member_f64(&w, "compile_us", us);
    tare_json_member_u64(&w, "steps", sg->steps);
    tare_json_member_u64(&w, "nodes", sg->grammar ? tare_grammar_nodes(sg->grammar) : 0);
    put_list(&w, "refused", sg->refused);
    put_list(&w, "unenforced", sg->unenforced);
    put_list(&w, "narrowed", sg->narrowed);
    tare_json_put_key(&w, "restrictions");
    tare_json_begin_array(&w);
    for (size_t i = 0; i < sg->n_restrictions; i++)
        tare_json_put_cstr(&w, sg->restrictions[i]);
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

/* A JSON string without its quotes: nothing in it can steer a terminal. */
static void put_safe(struct tare_buf *out, struct tare_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 32 || c == 127)
            tare_buf_printf(out, "\\x%02x", c);
        else
            tare_buf_putc(out, s.p[i]);
    }
}

static void put_unenforced(struct tare_buf *out, const char *what,
                           const struct tare_schema_unenforced *u)
{
    for (; u; u = u->next) {
        tare_buf_printf(out, "  %s: %.*s at ", what, TARE_FMT(u->keyword));
        put_safe(out, u->at);
        tare_buf_printf(out, ": %.*s\n", TARE_FMT(u->reason));
    }
}

static void put_text(struct tare_buf *out, struct tare_str path,
                     const struct tare_schema_grammar *sg)
{
    put_safe(out, path);
    if (sg->refused) {
        tare_buf_puts(out, ": refused\n");
        put_unenforced(out, "cannot be enforced", sg->refused);
        if (sg->refused->remedy.n)
            tare_buf_printf(out, "  %.*s\n", TARE_FMT(sg->refused->remedy));
        else
            tare_buf_printf(out, "  --relax %.*s leaves it to a check afterwards\n",
                            TARE_FMT(sg->refused->keyword));
        return;
    }
    tare_buf_printf(out, ": %s, %u nodes\n",
                    sg->unenforced ? "partly enforced; check each text afterwards" : "enforced",
                    tare_grammar_nodes(sg->grammar));
    put_unenforced(out, "not enforced", sg->unenforced);
    for (size_t i = 0; i < sg->n_restrictions; i++) {
        tare_buf_puts(out, "  ");
        put_safe(out, tare_str_of(sg->restrictions[i]));
        tare_buf_putc(out, '\n');
    }
}

static enum tare_status compile_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct compile_opts *o = opts;
    struct tare_schema_grammar sg = {0};
    struct tare_buf out;
    const struct tare_vocab *v = NULL;
    const struct tare_guide_vocab *gv = NULL;
    enum tare_status st = TARE_OK;
    if (o->mask.vocab.n)
        st = tare_mask_vocab(ctx, &o->mask, &v, &gv, err);
    int64_t begin = ctx->clock->mono_ns(ctx->clock->ctx);
    if (st == TARE_OK)
        st = tare_mask_schema(ctx, &o->mask, o->file, v, &sg, o->dot, err);
    if (st != TARE_OK)
        return st;
    double us = (double)(ctx->clock->mono_ns(ctx->clock->ctx) - begin) / 1e3;
    tare_buf_init(&out, NULL, TARE_GIB);
    if (o->dot)
        tare_buf_put(&out, tare_grammar_dot(sg.grammar, ctx->arena));
    else if (ctx->json)
        put_document(&out, &sg, us);
    else
        put_text(&out, o->file, &sg);
    ctx->exit_code = sg.refused ? 1 : 0;
    if (out.failed || fwrite(out.p, 1, out.n, ctx->out) != out.n)
        st = tare_fail(err, TARE_E_IO, "could not write the result");
    tare_buf_free(&out);
    return st;
}

static const struct tare_arg compile_args[] = {
    {"FILE", "a JSON Schema, a grammar (GBNF, EBNF), or a regular expression", 1, 1,
     offsetof(struct compile_opts, file)},
    {0},
};
static const struct tare_opt compile_options[] = {
    {.name = "dot",
     .type = TARE_OPT_FLAG,
     .help = "the automaton as Graphviz text",
     .at = offsetof(struct compile_opts, dot)},
    TARE_MASK_KIND_OPTION,
    TARE_MASK_DIALECT_OPTION,
    TARE_MASK_OPTION(vocab, "vocab", TARE_OPT_STRING, "FILE",
                     "the vocabulary, where a grammar or dialect names special tokens"),
    TARE_MASK_SCHEMA_OPTIONS,
    {0},
};
static const struct tare_example compile_examples[] = {
    {"tare mask compile answer.schema.json", "can it be enforced, and with which restrictions"},
    {"tare mask compile --dot answer.schema.json", "a picture of it, for Graphviz"},
    {"tare mask compile list.gbnf", "a grammar as llama.cpp reads it"},
    {0},
};

const struct tare_cmd tare_cmd_mask_compile = {
    .name = "compile",
    .summary = "lower a JSON Schema, grammar or expression to an automaton for masks",
    .usage = "FILE [options]",
    .about = "Exit status 1 when a keyword cannot be enforced: it is named with its place.",
    .examples = compile_examples,
    .args = compile_args,
    .opts = compile_options,
    .opts_size = sizeof(struct compile_opts),
    .run = compile_run,
};
