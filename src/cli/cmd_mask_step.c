#include "base/limits.h"
#include "cli/mask.h"

#include "base/banned.h"

struct step_opts {
    struct tare_mask_opts mask;
    struct tare_str file, after, token;
    int64_t show;
};

/* Bytes as a JSON string where they are text; others as \xNN. */
static void put_token(struct tare_buf *out, struct tare_str s)
{
    tare_buf_putc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 32 || c > 126)
            tare_buf_printf(out, "\\x%02x", c);
        else if (c == '"' || c == '\\')
            tare_buf_printf(out, "\\%c", c);
        else
            tare_buf_putc(out, (char)c);
    }
    tare_buf_putc(out, '"');
}

/* How many bytes of s may stand here. */
static enum tare_status possible(struct tare_walk *w, struct tare_str s, size_t *n,
                                 struct tare_err *err)
{
    enum tare_walk_answer answer;
    for (*n = 0; *n < s.n; (*n)++) {
        enum tare_status st = tare_walk_accept_bytes(w, tare_str_n(s.p + *n, 1), &answer, err);
        if (st != TARE_OK)
            return st;
        if (answer == TARE_WALK_REJECT)
            break;
    }
    return tare_walk_rollback(w, (uint32_t)*n, err);
}

/* The special token whose name stands at the head of s, the longest one, or TARE_VOCAB_NONE. */
static uint32_t special_at(const struct tare_vocab *v, struct tare_str s)
{
    uint32_t found = TARE_VOCAB_NONE;
    size_t longest = 0;
    for (uint32_t id = 0; id < v->n_tokens; id++) {
        struct tare_str name = tare_vocab_text(v, id);
        if ((v->flags[id] & TARE_VOCAB_SPECIAL) && name.n > longest && tare_str_starts(s, name)) {
            found = id;
            longest = name.n;
        }
    }
    return found;
}

/* Over the text of --after: names of special tokens are those tokens where they may stand. */
static enum tare_status go(struct tare_walk *w, const struct tare_vocab *v,
                           const struct step_opts *o, struct tare_err *err)
{
    enum tare_walk_answer answer = TARE_WALK_OK;
    enum tare_status st = TARE_OK;
    for (size_t i = 0; i < o->after.n && st == TARE_OK;) {
        struct tare_str rest = tare_str_n(o->after.p + i, o->after.n - i);
        uint32_t id = special_at(v, rest);
        answer = TARE_WALK_REJECT;
        size_t n = id == TARE_VOCAB_NONE ? 0 : tare_vocab_text(v, id).n;
        if (n)
            st = tare_walk_accept(w, id, &answer, err);
        if (st == TARE_OK && answer == TARE_WALK_REJECT) {
            n = 1;
            st = tare_walk_accept_bytes(w, tare_str_n(rest.p, 1), &answer, err);
        }
        if (st == TARE_OK && answer == TARE_WALK_REJECT) {
            tare_err_hint(err, "the first %zu bytes may be written; the next may not", i);
            return tare_fail(err, TARE_E_INPUT, "the text of --after is not allowed");
        }
        i += n;
    }
    return st;
}

/* Why one token may not come: where it leaves the grammar. */
static enum tare_status explain(struct tare_walk *w, const struct tare_vocab *v,
                                const struct tare_mask_view *m, const struct step_opts *o,
                                struct tare_buf *out, struct tare_err *err)
{
    size_t n = 0, used = 0;
    uint32_t id = tare_vocab_longest(v, o->token, &n);
    enum tare_status st = possible(w, o->token, &used, err);
    put_token(out, o->token);
    if (id == TARE_VOCAB_NONE || n != o->token.n) {
        uint32_t special = tare_vocab_special(v, o->token);
        if (special == TARE_VOCAB_NONE)
            tare_buf_puts(out, ": no token of the vocabulary\n");
        else if (tare_mask_has(m, special))
            tare_buf_printf(out, ": allowed (special token %u)\n", special);
        else if (v->flags[special] & TARE_VOCAB_END)
            tare_buf_printf(out, ": forbidden (token %u): the text may not end here\n", special);
        else
            tare_buf_printf(out, ": forbidden (special token %u): it is not named here\n", special);
    } else if (tare_mask_has(m, id)) {
        tare_buf_printf(out, ": allowed (token %u)\n", id);
    } else if (used == o->token.n) {
        tare_buf_printf(out, ": forbidden (token %u), although its bytes fit\n", id);
    } else {
        tare_buf_printf(out, ": forbidden (token %u): ", id);
        if (used) {
            put_token(out, tare_str_n(o->token.p, used));
            tare_buf_puts(out, " may come, then not ");
        } else {
            tare_buf_puts(out, "nothing may begin with ");
        }
        put_token(out, tare_str_n(o->token.p + used, 1));
        tare_buf_putc(out, '\n');
    }
    return st;
}

static void put_allowed(const struct tare_vocab *v, const struct tare_mask_view *m, int64_t show,
                        struct tare_buf *out)
{
    for (uint32_t id = 0; id < v->n_tokens && show > 0; id++) {
        if (!tare_mask_has(m, id))
            continue;
        tare_buf_printf(out, "  %u ", id);
        put_token(out, tare_vocab_text(v, id));
        tare_buf_putc(out, '\n');
        show--;
    }
}

static void put_document(struct tare_buf *out, const struct tare_vocab *v,
                         const struct tare_mask_view *m, struct tare_str forced, bool end,
                         int64_t show)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.mask-step/1");
    tare_json_member_u64(&w, "allowed", m->n_allowed);
    tare_json_member_bool(&w, "can_end", end);
    tare_json_put_key(&w, "forced");
    tare_json_put_str(&w, forced);
    tare_json_put_key(&w, "tokens");
    tare_json_begin_array(&w);
    for (uint32_t id = 0; id < v->n_tokens && show > 0; id++)
        if (tare_mask_has(m, id)) {
            tare_json_put_u64(&w, id);
            show--;
        }
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

static enum tare_status tell(struct tare_ctx *ctx, const struct step_opts *o, struct tare_walk *w,
                             const struct tare_vocab *v, struct tare_buf *out, struct tare_err *err)
{
    struct tare_mask_view m;
    struct tare_str forced = {0};
    enum tare_status st = go(w, v, o, err);
    if (st == TARE_OK)
        st = tare_walk_forced(w, 1000, ctx->arena, &forced, err);
    if (st == TARE_OK)
        st = tare_walk_mask(w, &m, err);
    if (st != TARE_OK)
        return st;
    if (ctx->json) {
        put_document(out, v, &m, forced, tare_walk_can_end(w), o->show);
        return TARE_OK;
    }
    tare_buf_printf(out, "%u of %u tokens may come next%s\n", m.n_allowed, v->n_tokens,
                    tare_walk_can_end(w) ? "; the text may end here" : "");
    if (forced.n) {
        tare_buf_puts(out, "forced: ");
        put_token(out, forced);
        tare_buf_putc(out, '\n');
    }
    put_allowed(v, &m, o->show, out);
    return o->token.n ? explain(w, v, &m, o, out, err) : TARE_OK;
}

static enum tare_status step_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct step_opts *o = opts;
    struct tare_schema_grammar sg = {0};
    const struct tare_vocab *v;
    const struct tare_guide_vocab *gv;
    struct tare_guide *g = NULL;
    struct tare_walk *w = NULL;
    struct tare_buf out;
    enum tare_status st = tare_mask_vocab(ctx, &o->mask, &v, &gv, err);
    if (st == TARE_OK)
        st = tare_mask_schema(ctx, &o->mask, o->file, v, &sg, true, err);
    if (st == TARE_OK)
        st = tare_guide_open(sg.grammar, gv, NULL, &g, err);
    if (st != TARE_OK)
        return st;
    tare_buf_init(&out, NULL, TARE_GIB);
    st = tare_walk_open(g, &w, err);
    if (st == TARE_OK)
        st = tell(ctx, o, w, v, &out, err);
    if (st == TARE_OK && (out.failed || fwrite(out.p, 1, out.n, ctx->out) != out.n))
        st = tare_fail(err, TARE_E_IO, "could not write the result");
    tare_buf_free(&out);
    tare_walk_close(w);
    tare_guide_close(g);
    return st;
}

static const struct tare_arg step_args[] = {
    {"FILE", "a JSON Schema, a grammar (GBNF, EBNF), or a regular expression", 1, 1,
     offsetof(struct step_opts, file)},
    {0},
};
static const struct tare_opt step_options[] = {
    {.name = "after",
     .letter = 'a',
     .type = TARE_OPT_STRING,
     .metavar = "TEXT",
     .help = "what was written already; special tokens by their names",
     .at = offsetof(struct step_opts, after)},
    {.name = "token",
     .type = TARE_OPT_STRING,
     .metavar = "TEXT",
     .help = "say why this token may come, or may not",
     .at = offsetof(struct step_opts, token)},
    {.name = "show",
     .type = TARE_OPT_INT,
     .metavar = "N",
     .min = 0,
     .max = 2000000,
     .def = "10",
     .help = "how many of the allowed tokens to list",
     .at = offsetof(struct step_opts, show)},
    TARE_MASK_KIND_OPTION,
    TARE_MASK_DIALECT_OPTION,
    TARE_MASK_OPTIONS,
    {0},
};
static const struct tare_example step_examples[] = {
    {"tare mask step answer.schema.json --vocab tokenizer.json --after '{\"'",
     "which tokens may come next"},
    {"tare mask step answer.schema.json --vocab tokenizer.json --after '{' --token ' }'",
     "why is this token forbidden"},
    {0},
};

const struct tare_cmd tare_cmd_mask_step = {
    .name = "step",
    .summary = "which tokens may come after a text, and why another may not",
    .usage = "FILE --vocab FILE [--after TEXT] [--token TEXT]",
    .examples = step_examples,
    .args = step_args,
    .opts = step_options,
    .opts_size = sizeof(struct step_opts),
    .run = step_run,
};
