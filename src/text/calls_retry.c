#include "text/calls_retry.h"

#include "base/hash.h"
#include "base/limits.h"

#include "base/banned.h"

#define QUOTED_BYTES 500
#define LINES_MAX 5

const char *tare_choice_breach(const struct tare_choice *c, const struct tare_calls *r)
{
    if (c->kind == TARE_CHOICE_NONE && r->n_calls)
        return "E_UNASKED";
    if ((c->kind == TARE_CHOICE_REQUIRED || c->kind == TARE_CHOICE_NAMED) && r->n_calls == 0)
        return "E_NO_CALL";
    for (uint32_t i = 0; i < r->n_calls && c->kind == TARE_CHOICE_NAMED; i++)
        if (!tare_str_eq(r->calls[i].name, c->name))
            return "E_WRONG_TOOL";
    return c->alone && r->n_calls > 1 ? "O_NOT_PARALLEL" : NULL;
}

/* The failing part of the text, its number of call (-1: it became none). */
struct failure {
    size_t off, end;
    int64_t call;
};

static struct failure failing(const struct tare_calls *r, const struct tare_order_breach *b,
                              uint32_t n_b, int64_t first_call)
{
    int64_t call = r->n_findings ? (int64_t)r->findings[0].call : -1;
    if (r->n_errors)
        return (struct failure){r->errors[0].off, r->errors[0].end, -1};
    for (uint32_t i = 0; i < n_b && call < 0; i++)
        call = b[i].call >= 0 ? b[i].call - first_call : -1;
    if (call < 0 || call >= (int64_t)r->n_calls)
        return (struct failure){.call = -1};
    return (struct failure){r->calls[call].off, r->calls[call].end, call};
}

static void quote(struct tare_buf *b, struct tare_str text, struct failure f)
{
    size_t n = f.end - f.off;
    bool cut = n > QUOTED_BYTES;
    if (n == 0)
        return;
    n = cut ? QUOTED_BYTES : n;
    while (cut && n && ((unsigned char)text.p[f.off + n] & 0xc0) == 0x80)
        n--;
    tare_buf_puts(b, "This call could not be used:\n");
    tare_buf_put(b, tare_str_n(text.p + f.off, n));
    tare_buf_puts(b, cut ? "...\n" : "\n");
}

static const char *why(enum tare_calls_code c)
{
    static const char *const says[] = {"",
                                       "the block holds no call",
                                       "the arguments are not valid JSON",
                                       "what stands there is no call of the expected form",
                                       "the call has no tool name",
                                       "the text ends inside the call",
                                       "the reasoning is not closed",
                                       "the head of the call cannot be read"};
    return says[c];
}

static void lines(struct tare_buf *b, const struct tare_calls *r, const struct tare_order *order,
                  const struct tare_order_breach *br, uint32_t n_br, struct tare_arena *arena)
{
    uint32_t left = LINES_MAX, more = r->n_errors + r->n_findings + n_br;
    tare_buf_puts(b, "Errors:\n");
    for (uint32_t i = 0; i < r->n_errors && left; i++, left--)
        tare_buf_printf(b, "- %s: %s\n", tare_calls_code_name(r->errors[i].code),
                        why(r->errors[i].code));
    for (uint32_t i = 0; i < r->n_findings && left; i++, left--)
        tare_buf_printf(b, "- %s at %.*s: %.*s; %.*s\n",
                        tare_calls_finding_name(r->findings[i].code),
                        TARE_FMT(r->findings[i].path.n ? r->findings[i].path : TARE_S("the call")),
                        TARE_FMT(r->findings[i].says), TARE_FMT(r->findings[i].remedy));
    for (uint32_t i = 0; i < n_br && left; i++, left--) {
        struct tare_str rule = tare_order_says(order, br[i].rule, arena);
        b->failed |= !rule.p;
        tare_buf_printf(b, "- %s: the rule is: %.*s\n", tare_order_name(br[i].code),
                        TARE_FMT(rule));
    }
    if (more > LINES_MAX)
        tare_buf_printf(b, "- and %u more\n", more - LINES_MAX);
}

static void schema(struct tare_buf *b, const struct tare_calls_opts *opts, struct tare_str name)
{
    for (uint32_t i = 0; i < opts->n_tools; i++)
        if (tare_str_eq(opts->tools[i].name, name)) {
            tare_buf_printf(b, "The parameters of %.*s: ", TARE_FMT(name));
            if (tare_json_present(opts->tools[i].parameters))
                tare_json_print(opts->tools[i].parameters, b);
            else
                tare_buf_puts(b, "any object");
            tare_buf_putc(b, '\n');
            return;
        }
    tare_buf_puts(b, "The tools are:");
    for (uint32_t i = 0; i < opts->n_tools; i++)
        tare_buf_printf(b, "%s %.*s", i ? "," : "", TARE_FMT(opts->tools[i].name));
    tare_buf_putc(b, '\n');
}

enum tare_status tare_retry_prompt(struct tare_str text, const struct tare_calls_opts *opts,
                                   const struct tare_calls *r, const struct tare_order *order,
                                   uint32_t first_breach, struct tare_arena *arena,
                                   struct tare_retry_prompt *out, struct tare_err *err)
{
    uint32_t n = 0;
    const struct tare_order_breach *br = order ? tare_order_breaches(order, &n) : NULL;
    n -= first_breach;
    br = br ? br + first_breach : NULL;
    *out = (struct tare_retry_prompt){0};
    if (r->status == TARE_CALLS_TRUNCATED) {
        out->kind = TARE_RETRY_LONGER;
        return TARE_OK;
    }
    if (r->n_errors + r->n_findings + n == 0)
        return TARE_OK;
    int64_t first = order ? tare_order_seen(order) - (int64_t)r->n_calls : 0;
    struct failure f = failing(r, br, n, first);
    struct tare_str name = f.call >= 0 ? r->calls[f.call].name : (struct tare_str){0};
    if (f.call < 0 && opts->n_tools == 1)
        name = opts->tools[0].name;
    struct tare_buf b;
    tare_buf_init(&b, arena->alc, TARE_MAX_JSON_BYTES);
    quote(&b, text, f);
    lines(&b, r, order, br, n, arena);
    schema(&b, opts, name);
    tare_buf_puts(&b, "Reply with the corrected call only.");
    out->kind = TARE_RETRY_CORRECT;
    out->text = b.failed ? (struct tare_str){0} : tare_arena_copy(arena, tare_buf_str(&b));
    out->call_id = f.call >= 0 ? r->calls[f.call].id : (struct tare_str){0};
    tare_buf_free(&b);
    return out->text.p ? TARE_OK
                       : tare_fail(err, TARE_E_NOMEM, "out of memory while writing a retry prompt");
}

bool tare_retry_next(struct tare_retry *s, const struct tare_retry_prompt *p, struct tare_str text)
{
    uint64_t t = tare_hash64(text, 1), e = tare_hash64(p->text, 2);
    if (p->kind == TARE_RETRY_NONE || s->done >= s->limit ||
        (s->done && t == s->last_text && e == s->last_error))
        return false;
    s->last_text = t;
    s->last_error = e;
    if (p->kind == TARE_RETRY_LONGER) {
        if (s->max_tokens >= s->cap_tokens)
            return false;
        s->max_tokens = s->max_tokens * 2 < s->cap_tokens ? s->max_tokens * 2 : s->cap_tokens;
        s->done++;
        return true;
    }
    if (s->done > 0) { /* the first retry keeps mode and temperature */
        s->mode = s->mode == TARE_RETRY_AS_BEFORE ? TARE_RETRY_NAMED : TARE_RETRY_MASKED;
        s->temperature = 0;
    }
    s->done++;
    return true;
}
