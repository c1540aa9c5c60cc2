#include <inttypes.h>

#include "cli/cmd.h"

#include "base/fs.h"
#include "base/limits.h"
#include "text/calls_retry.h"
#include "text/calls_stream.h"
#include "text/calls_write.h"
#include "text/fields.h"
#include "text/jsonl.h"
#include "text/width.h"

#include "base/banned.h"

#define DIALECTS_MAX 64
#define PIECE_MAX 16 /* bytes; of --chunks */

struct calls_opts {
    struct tare_str file, dialect, tools, order;
    int64_t chunks;
    bool batch, strict, length, prefilled, retry, in_think, coerce, events;
};

/* One message that was read, and what is said about it. */
struct message {
    struct tare_calls r;
    struct tare_order *order; /* NULL: no rules */
    struct tare_retry_prompt retry;
};

static const struct tare_arg calls_args[] = {
    {"FILE", "the reply, or with --batch lines; - or nothing: standard input", 0, 1,
     offsetof(struct calls_opts, file)},
    {0},
};

static const struct tare_opt calls_options[] = {
    {.name = "dialect",
     .letter = 'd',
     .type = TARE_OPT_STRING,
     .metavar = "NAME",
     .def = "auto",
     .help = "how the model writes calls; auto: seen by its tags",
     .at = offsetof(struct calls_opts, dialect)},
    {.name = "tools",
     .letter = 't',
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "the tools there are: a JSON list of {\"name\", \"parameters\"}",
     .at = offsetof(struct calls_opts, tools)},
    {.name = "order",
     .letter = 'o',
     .type = TARE_OPT_STRING,
     .metavar = "FILE",
     .help = "which tool may follow which: a JSON list of {\"rule\", \"a\", \"b\"}; the reply is "
             "the whole episode",
     .at = offsetof(struct calls_opts, order)},
    {.name = "retry",
     .type = TARE_OPT_FLAG,
     .help = "also the turn that asks the model for a corrected call",
     .at = offsetof(struct calls_opts, retry)},
    {.name = "strict",
     .type = TARE_OPT_FLAG,
     .help = "mend nothing: what needs a repair is refused",
     .at = offsetof(struct calls_opts, strict)},
    {.name = "recover-in-think",
     .type = TARE_OPT_FLAG,
     .help = "take a whole, valid call at the very end of reasoning that was not closed",
     .at = offsetof(struct calls_opts, in_think)},
    {.name = "coerce-scalars",
     .type = TARE_OPT_FLAG,
     .help = "make texts the number, boolean or null that the schema asks for",
     .at = offsetof(struct calls_opts, coerce)},
    {.name = "length",
     .type = TARE_OPT_FLAG,
     .help = "the engine stopped at its token limit",
     .at = offsetof(struct calls_opts, length)},
    {.name = "think-prefilled",
     .type = TARE_OPT_FLAG,
     .help = "the prompt ended with an open reasoning tag",
     .at = offsetof(struct calls_opts, prefilled)},
    {.name = "batch",
     .letter = 'b',
     .type = TARE_OPT_FLAG,
     .help = "lines {\"id\", \"dialect\", \"tools\", \"options\", \"text\", \"policy\"}; one line "
             "{\"id\", ...} each",
     .at = offsetof(struct calls_opts, batch)},
    {.name = "events",
     .type = TARE_OPT_FLAG,
     .help = "print what is certain as the text comes in, a JSON line an event",
     .at = offsetof(struct calls_opts, events)},
    {.name = "chunks",
     .type = TARE_OPT_INT,
     .metavar = "SEED",
     .min = 0,
     .max = 9007199254740991,
     .help = "feed the text in random pieces; the result must not change",
     .at = offsetof(struct calls_opts, chunks)},
    {0},
};

static const struct tare_example calls_examples[] = {
    {"tare check calls --tools tools.json reply.txt", "what was called, mended and refused"},
    {"tare check calls --dialect hermes --tools tools.json --strict reply.txt",
     "the same without repairs"},
    {"tare check calls --tools tools.json --order rules.json --retry reply.txt",
     "is the order right, and what to answer the model"},
    {"tare check calls --batch vectors.jsonl", "many texts at once"},
    {0},
};

/* Reads a message, whole or (--chunks) in pieces. */
static enum tare_status read_message(const struct calls_opts *o, struct tare_str text,
                                     const struct tare_calls_opts *opts, struct tare_arena *arena,
                                     struct tare_calls *out, struct tare_err *err)
{
    struct tare_calls_feed f;
    uint64_t x = (uint64_t)o->chunks;
    if (o->chunks == TARE_INT_UNSET)
        return tare_calls_parse(text, opts, arena, out, err);
    tare_calls_feed_begin(&f, NULL);
    for (size_t at = 0, n; at < text.n; at += n) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        n = 1 + (size_t)(x >> 33) % PIECE_MAX;
        n = n > text.n - at ? text.n - at : n;
        tare_calls_feed_put(&f, tare_str_n(text.p + at, n));
    }
    return tare_calls_feed_end(&f, opts, arena, out, err);
}

static enum tare_status finish(struct tare_ctx *ctx, struct tare_buf *b, enum tare_status st,
                               struct tare_err *err)
{
    if (st == TARE_OK && (b->failed || fwrite(b->p, 1, b->n, ctx->out) != b->n))
        st = tare_fail(err, TARE_E_IO, "could not write the result");
    tare_buf_free(b);
    return st;
}

/* The rules over the calls of the one message. */
static enum tare_status apply_order(struct tare_json rules, struct tare_arena *arena,
                                    struct message *m, struct tare_err *err)
{
    enum tare_status st = tare_order_open(rules, arena, &m->order, err);
    if (st == TARE_OK)
        st = tare_order_message(m->order, &m->r, err);
    if (st == TARE_OK)
        st = tare_order_end(m->order, err);
    return st;
}

/* One line of --batch. */
static enum tare_status batch_line(struct tare_ctx *ctx, const struct calls_opts *o,
                                   struct tare_json v, struct tare_arena *arena,
                                   struct tare_err *err)
{
    struct tare_json opt = tare_json_get(v, "options"), text = tare_json_get(v, "text");
    struct tare_json rules = tare_json_get(tare_json_get(v, "policy"), "order");
    struct tare_calls_opts opts = {
        .dialect = tare_json_str(tare_json_get(v, "dialect")),
        .strict = o->strict,
        .recover_in_think = o->in_think || tare_json_true(tare_json_get(opt, "recover_in_think")),
        .coerce_scalars = o->coerce || tare_json_true(tare_json_get(opt, "coerce_scalars")),
        .think_prefilled = tare_json_true(tare_json_get(opt, "think_prefilled")),
        .length = tare_json_str_is(tare_json_get(opt, "finish_reason"), "length")};
    struct message m = {0};
    if (tare_given(ctx, "dialect"))
        opts.dialect = o->dialect;
    if (tare_json_kind(text) != TARE_JSON_STRING)
        return tare_fail(err, TARE_E_INPUT, "the line has no \"text\"");
    enum tare_status st =
        tare_tools_read(tare_json_get(v, "tools"), arena, &opts.tools, &opts.n_tools, err);
    if (st == TARE_OK)
        st = read_message(o, tare_json_str(text), &opts, arena, &m.r, err);
    if (st == TARE_OK && tare_json_present(rules))
        st = apply_order(rules, arena, &m, err);
    if (st != TARE_OK)
        return st;
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "id");
    if (tare_json_present(tare_json_get(v, "id")))
        tare_json_put_value(&w, tare_json_get(v, "id"));
    else
        tare_json_put_null(&w);
    tare_calls_write(&m.r, m.order, &w);
    tare_json_end_object(&w);
    tare_buf_putc(&b, '\n');
    return finish(ctx, &b, TARE_OK, err);
}

static enum tare_status run_batch(struct tare_ctx *ctx, const struct calls_opts *o,
                                  struct tare_str text, struct tare_err *err)
{
    struct tare_jsonl lines;
    struct tare_arena arena;
    struct tare_json v;
    enum tare_status st = TARE_OK;
    tare_arena_init(&arena, NULL, TARE_ARENA_REPORT_BYTES);
    tare_jsonl_begin(&lines, text, NULL);
    while (st == TARE_OK && tare_jsonl_next(&lines, &arena, &v, &st, err)) {
        st = batch_line(ctx, o, v, &arena, err);
        if (st != TARE_OK) {
            err->has_offset = false;
            err->line = (uint32_t)lines.line_no;
        }
        tare_arena_reset(&arena);
    }
    tare_arena_free(&arena);
    return st;
}

static void put_text(struct tare_buf *b, const char *head, struct tare_str s)
{
    tare_buf_printf(b, "%-10s ", head);
    tare_text_safe(b, s);
    tare_buf_putc(b, '\n');
}

static void put_findings(struct tare_buf *b, const struct message *m, struct tare_arena *arena)
{
    const struct tare_calls *r = &m->r;
    uint32_t n = 0;
    const struct tare_order_breach *br = m->order ? tare_order_breaches(m->order, &n) : NULL;
    for (uint32_t i = 0; i < r->n_errors; i++)
        tare_buf_printf(b, "%-10s %s (bytes %zu to %zu)\n", "refused",
                        tare_calls_code_name(r->errors[i].code), r->errors[i].off,
                        r->errors[i].end);
    for (uint32_t i = 0; i < r->n_findings; i++) {
        const struct tare_calls_finding *f = &r->findings[i];
        tare_buf_printf(b, "%-10s call %u: %s ", "invalid", f->call + 1,
                        tare_calls_finding_name(f->code));
        tare_text_safe(b, f->path);
        tare_buf_puts(b, f->path.n ? ": " : "");
        tare_text_safe(b, f->says);
        tare_buf_puts(b, "; ");
        tare_text_safe(b, f->remedy);
        tare_buf_putc(b, '\n');
    }
    for (uint32_t i = 0; i < n; i++) {
        if (br[i].call < 0)
            tare_buf_printf(b, "%-10s at the end: ", "order");
        else
            tare_buf_printf(b, "%-10s call %" PRId64 ": ", "order", br[i].call + 1);
        tare_buf_printf(b, "%s: ", tare_order_name(br[i].code));
        tare_text_safe(b, tare_order_says(m->order, br[i].rule, arena));
        tare_buf_putc(b, '\n');
    }
}

static const char *retry_name(enum tare_retry_kind k)
{
    static const char *const names[] = {"none", "longer", "correct"};
    return names[k];
}

static enum tare_status print_text(struct tare_ctx *ctx, const struct message *m, bool retry,
                                   struct tare_err *err)
{
    const struct tare_calls *r = &m->r;
    struct tare_buf b, args;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&args, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_printf(&b, "%-10s %s, dialect %s\n", "status", tare_calls_status_name(r->status),
                    r->dialect);
    for (uint32_t i = 0; i < r->n_calls; i++) {
        tare_buf_reset(&args);
        tare_json_print(r->calls[i].arguments, &args);
        tare_buf_printf(&b, "%-10s ", "call");
        tare_text_safe(&b, r->calls[i].name);
        tare_buf_putc(&b, ' ');
        tare_text_safe(&b, tare_buf_str(&args));
        tare_buf_printf(&b, "  (bytes %zu to %zu)\n", r->calls[i].off, r->calls[i].end);
    }
    for (uint32_t i = 0; i < TARE_CALLS_REPAIRS; i++)
        if (r->repairs >> i & 1)
            tare_buf_printf(&b, "%-10s %s\n", "mended", tare_calls_repair_name(i));
    put_findings(&b, m, ctx->arena);
    if (r->reasoning.p)
        put_text(&b, "reasoning", r->reasoning);
    if (r->content.n)
        put_text(&b, "content", r->content);
    if (retry)
        tare_buf_printf(&b, "%-10s %s\n", "retry", retry_name(m->retry.kind));
    for (struct tare_str s = m->retry.text; retry && s.n;) { /* line by line, each made safe */
        size_t line = tare_str_find(s, TARE_S("\n")), n = line == SIZE_MAX ? s.n : line;
        tare_buf_puts(&b, "  ");
        tare_text_safe(&b, tare_str_n(s.p, n));
        tare_buf_putc(&b, '\n');
        s = line == SIZE_MAX ? (struct tare_str){0} : tare_str_n(s.p + n + 1, s.n - n - 1);
    }
    b.failed |= args.failed;
    tare_buf_free(&args);
    return finish(ctx, &b, TARE_OK, err);
}

static enum tare_status print_json(struct tare_ctx *ctx, const struct message *m, bool retry,
                                   struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.check-calls/1");
    tare_json_member_cstr(&w, "dialect", m->r.dialect);
    tare_calls_write(&m->r, m->order, &w);
    if (retry) {
        tare_json_put_key(&w, "retry");
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "kind", retry_name(m->retry.kind));
        tare_json_member_str(&w, "call_id", m->retry.call_id);
        tare_json_member_str(&w, "text", m->retry.text);
        tare_json_end_object(&w);
    }
    tare_json_end_object(&w);
    tare_buf_putc(&b, '\n');
    return finish(ctx, &b, TARE_OK, err);
}

static enum tare_status check_dialect(struct tare_ctx *ctx, struct tare_str name,
                                      struct tare_err *err)
{
    const char *names[DIALECTS_MAX + 1] = {"auto"};
    size_t n = 1;
    for (const char *d; n < DIALECTS_MAX && (d = tare_calls_dialect(n - 1)) != NULL; n++)
        names[n] = d;
    for (size_t k = 0; k < n; k++)
        if (tare_str_is(name, names[k]))
            return TARE_OK;
    const char *near = tare_suggest(name, names);
    tare_usage_fail(ctx, err, "no tool-call dialect is called \"%.*s\"", TARE_FMT(name));
    if (near)
        tare_err_hint(err, "did you mean \"%s\"?", near);
    else
        tare_err_hint(err, "leave --dialect out to have it seen by its tags");
    return TARE_E_USAGE;
}

static enum tare_status read_json(struct tare_ctx *ctx, struct tare_str path, struct tare_str *text,
                                  struct tare_json *v, struct tare_err *err)
{
    enum tare_status st = tare_fs_read(path, TARE_MAX_JSON_BYTES, ctx->arena, text, err);
    if (st != TARE_OK)
        return st;
    st = tare_json_parse(*text, NULL, ctx->arena, v, err);
    if (st != TARE_OK) {
        tare_err_file(err, path);
        tare_err_locate(err, *text);
    }
    return st;
}

static enum tare_status read_tools(struct tare_ctx *ctx, const struct calls_opts *o,
                                   struct tare_calls_opts *opts, struct tare_err *err)
{
    struct tare_str text;
    struct tare_json v;
    if (!o->tools.p) {
        tare_usage_fail(ctx, err, "which tools there are is not said");
        tare_err_hint(err, "add --tools FILE, a JSON list of {\"name\", \"parameters\"}");
        return TARE_E_USAGE;
    }
    enum tare_status st = read_json(ctx, o->tools, &text, &v, err);
    if (st != TARE_OK)
        return st;
    st = tare_tools_read(v, ctx->arena, &opts->tools, &opts->n_tools, err);
    if (st != TARE_OK) {
        tare_err_file(err, o->tools);
        tare_err_locate(err, text);
    }
    return st;
}

static enum tare_status apply_order_file(struct tare_ctx *ctx, struct tare_str path,
                                         struct message *m, struct tare_err *err)
{
    struct tare_str text;
    struct tare_json rules;
    enum tare_status st = read_json(ctx, path, &text, &rules, err);
    if (st != TARE_OK)
        return st;
    st = apply_order(rules, ctx->arena, m, err);
    if (st == TARE_E_INPUT) {
        tare_err_file(err, path);
        tare_err_locate(err, text);
    }
    return st;
}

static void print_event(void *ctx, const struct tare_emit *e)
{
    static const char *const names[] = {"content",   "reasoning", "reasoning_end", "call",
                                        "arguments", "call_end",  "void",          "error"};
    struct tare_buf *b = ctx;
    struct tare_json_writer w;
    tare_json_writer_init(&w, b);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "event", names[e->kind]);
    if (e->kind >= TARE_EMIT_CALL && e->kind <= TARE_EMIT_VOID)
        tare_json_member_u64(&w, "call", e->call);
    if (e->text.n)
        tare_json_member_str(&w, "text", e->text);
    if (e->code)
        tare_json_member_cstr(&w, "code", tare_calls_code_name(e->code));
    tare_json_end_object(&w);
    tare_buf_putc(b, '\n');
}

/* The text in pieces (of --chunks, else 8 bytes), and each event as it becomes certain. */
static enum tare_status print_events(struct tare_ctx *ctx, const struct calls_opts *o,
                                     struct tare_str text, const struct tare_calls_opts *c,
                                     struct tare_err *err)
{
    struct tare_calls_stream *s = NULL;
    struct tare_calls r;
    struct tare_buf b;
    uint64_t x = (uint64_t)o->chunks;
    tare_buf_init(&b, NULL, TARE_GIB);
    enum tare_status st = tare_calls_stream_open(c, NULL, print_event, &b, &s, err);
    for (size_t at = 0, n; at < text.n && st == TARE_OK; at += n) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        n = o->chunks == TARE_INT_UNSET ? 8 : 1 + (size_t)(x >> 33) % PIECE_MAX;
        n = n > text.n - at ? text.n - at : n;
        st = tare_calls_stream_put(s, tare_str_n(text.p + at, n), err);
    }
    if (st == TARE_OK)
        st = tare_calls_stream_end(s, c->length, ctx->arena, &r, err);
    tare_calls_stream_close(s);
    if (st == TARE_OK && (r.n_errors || r.n_findings))
        ctx->exit_code = 1;
    return finish(ctx, &b, st, err);
}

static enum tare_status one_message(struct tare_ctx *ctx, const struct calls_opts *o,
                                    struct tare_str text, const struct tare_calls_opts *c,
                                    struct tare_err *err)
{
    struct message m = {0};
    uint32_t breaches = 0;
    enum tare_status st = read_message(o, text, c, ctx->arena, &m.r, err);
    if (st == TARE_OK && o->order.p)
        st = apply_order_file(ctx, o->order, &m, err);
    if (st == TARE_OK && o->retry)
        st = tare_retry_prompt(text, c, &m.r, m.order, 0, ctx->arena, &m.retry, err);
    if (st != TARE_OK)
        return st;
    if (m.order)
        (void)tare_order_breaches(m.order, &breaches);
    if (m.r.n_errors || m.r.n_findings || breaches)
        ctx->exit_code = 1;
    return ctx->json ? print_json(ctx, &m, o->retry, err) : print_text(ctx, &m, o->retry, err);
}

static enum tare_status calls_run(struct tare_ctx *ctx, const void *opts, struct tare_err *err)
{
    const struct calls_opts *o = opts;
    struct tare_str path = o->file.p ? o->file : TARE_S("-"), text;
    struct tare_calls_opts c = {.dialect = o->dialect,
                                .strict = o->strict,
                                .length = o->length,
                                .recover_in_think = o->in_think,
                                .coerce_scalars = o->coerce,
                                .think_prefilled = o->prefilled};
    enum tare_status st = check_dialect(ctx, o->dialect, err);
    if (st == TARE_OK && !o->batch)
        st = read_tools(ctx, o, &c, err);
    if (st == TARE_OK)
        st = tare_fs_read(path, TARE_GIB, ctx->arena, &text, err);
    if (st != TARE_OK)
        return st;
    if (o->batch) {
        st = run_batch(ctx, o, text, err);
        if (st != TARE_OK)
            tare_err_file(err, path);
        return st;
    }
    return o->events ? print_events(ctx, o, text, &c, err) : one_message(ctx, o, text, &c, err);
}

const struct tare_cmd tare_cmd_check_calls = {
    .name = "calls",
    .summary = "read the tool calls in a model's reply",
    .usage = "--tools FILE [--dialect NAME] [FILE|-]",
    .about = "Says what was called, what had to be mended, what was refused and why, and which "
             "arguments do not fit the tool. The exit status is 1 when something was refused or "
             "does not fit. Nothing of a reply that is truncated or malformed should be executed.",
    .examples = calls_examples,
    .args = calls_args,
    .opts = calls_options,
    .opts_size = sizeof(struct calls_opts),
    .run = calls_run,
};
