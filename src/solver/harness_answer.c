/*
 * What the model said, as calls that may be played or as a correction that says why not. Calls of
 * the API and calls written as text pass the same reader (text/calls.h): repairs from its closed
 * list, each counted; schemas; order rules; then the promises of the tool mode.
 */
#include "solver/harness_int.h"

#include <math.h>

#include "base/banned.h"

struct reading {
    struct tare__hs *s;
    const struct tare_model_reply *r;
    struct tare__hs_answer *out;
    struct tare_calls_opts opts;
    struct tare_calls all; /* of the whole message */
    struct tare_str text;  /* that failed */
};

static void correct(struct reading *x, struct tare_str text)
{
    if (!x->out->correction.n)
        x->out->correction = tare__hs_keep(x->s, text);
    x->out->usable = false;
}

/* ---- calls of the API ---------------------------------------------------------------------- */

/* A call as the reader's plainest dialect writes it. */
static struct tare_str as_text(struct tare__hs *s, const struct tare_reply_call *c)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, s->arena->alc, TARE_MAX_JSON_BYTES);
    tare_buf_puts(&b, "<tool_call>\n{\"name\": ");
    tare_json_writer_init(&w, &b);
    tare_json_put_str(&w, c->name);
    tare_buf_puts(&b, ", \"arguments\": ");
    tare_buf_put(&b, tare_str_trim(c->arguments).n ? c->arguments : TARE_S("{}"));
    tare_buf_puts(&b, "}\n</tool_call>");
    struct tare_str out =
        b.failed ? (struct tare_str){NULL, 0} : tare__hs_keep(s, tare_buf_str(&b));
    s->failed = s->failed || b.failed;
    tare_buf_free(&b);
    return out;
}

static enum tare_status explain(struct reading *x, struct tare_str text, const struct tare_calls *r,
                                struct tare_err *err)
{
    struct tare_retry_prompt p;
    enum tare_status st = tare_retry_prompt(text, &x->opts, r, NULL, 0, x->s->arena, &p, err);
    if (st != TARE_OK)
        return st;
    x->out->cut = p.kind == TARE_RETRY_LONGER;
    if (!x->out->code)
        x->out->code = x->out->cut     ? "E_TRUNCATED"
                       : r->n_errors   ? tare_calls_code_name(r->errors[0].code)
                       : r->n_findings ? tare_calls_finding_name(r->findings[0].code)
                                       : "E_CALL";
    correct(x, p.kind == TARE_RETRY_LONGER ? TARE_S("The answer was cut at its limit of length. "
                                                    "Write a shorter one.")
                                           : p.text);
    return TARE_OK;
}

static enum tare_status read_native(struct reading *x, struct tare_err *err)
{
    uint32_t n = x->r->n_calls;
    struct tare_call *calls = TARE_NEW_N(x->s->arena, struct tare_call, n);
    if (!calls)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading calls");
    x->opts.dialect = TARE_S("hermes");
    for (uint32_t i = 0; i < n; i++) {
        struct tare_calls one;
        struct tare_str text = as_text(x->s, &x->r->calls[i]);
        enum tare_status st = tare_calls_parse(text, &x->opts, x->s->arena, &one, err);
        if (st != TARE_OK)
            return st;
        x->out->repairs |= one.repairs;
        if (one.n_calls != 1 || one.n_errors || one.n_findings ||
            one.status == TARE_CALLS_TRUNCATED || one.status == TARE_CALLS_MALFORMED) {
            if (!x->out->correction.n)
                st = explain(x, text, &one, err);
            if (st == TARE_OK && !x->out->correction.n)
                correct(x, TARE_S("The call could not be read. Reply with one call only."));
            if (st != TARE_OK)
                return st;
            continue;
        }
        calls[x->all.n_calls] = one.calls[0];
        calls[x->all.n_calls++].id = x->r->calls[i].id;
    }
    x->all.calls = calls;
    return TARE_OK;
}

/* ---- calls written as text ----------------------------------------------------------------- */

static enum tare_status read_text(struct reading *x, struct tare_err *err)
{
    struct tare__hs *s = x->s;
    struct tare_str dialect = s->c->v[HS_TOOLS_DIALECT].s;
    x->opts.dialect = dialect.n ? dialect : TARE_S("auto");
    if (tare_str_is(dialect, "none") || !x->out->content.n)
        return TARE_OK;
    enum tare_status st = tare_calls_parse(x->out->content, &x->opts, s->arena, &x->all, err);
    if (st != TARE_OK)
        return st;
    x->out->repairs |= x->all.repairs;
    s->counters[HS_TOOLS_DIALECT] += x->all.n_calls;
    if (x->all.status == TARE_CALLS_MALFORMED || x->all.n_findings ||
        (x->all.status == TARE_CALLS_TRUNCATED && x->all.n_errors))
        st = explain(x, x->out->content, &x->all, err);
    x->text = x->out->content;
    if (x->all.n_calls)
        x->out->content = x->all.content;
    if (x->all.reasoning.p && !x->out->reasoning.p)
        x->out->reasoning = x->all.reasoning;
    return st;
}

/* ---- promises ------------------------------------------------------------------------------ */

static void check_choice(struct reading *x)
{
    struct tare__hs *s = x->s;
    int64_t mode = HS_INT(s, HS_TOOL_MODE);
    struct tare_choice c = {.alone = !HS_INT(s, HS_TOOLS_PARALLEL)};
    if (mode == HS_MODE_OFF)
        c.kind = TARE_CHOICE_NONE;
    else if (mode == HS_MODE_NAMED) {
        c.kind = TARE_CHOICE_NAMED;
        c.name = s->c->v[HS_TOOLS_NAMED].s;
    } else if ((mode == HS_MODE_REQUIRED || mode == HS_MODE_STRICT) && s->depth == 0)
        c.kind = TARE_CHOICE_REQUIRED;
    if (x->out->correction.n)
        return;
    const char *breach = tare_choice_breach(&c, &x->all);
    if (!breach)
        return;
    x->out->code = breach;
    s->counters[HS_TOOLS_NAMED] += strcmp(breach, "E_WRONG_TOOL") == 0;
    s->counters[HS_TOOLS_PARALLEL] += strcmp(breach, "O_NOT_PARALLEL") == 0;
    correct(x, tare_arena_printf(
                   s->arena, "%s: %s.%s%.*s", breach,
                   strcmp(breach, "E_NO_CALL") == 0      ? "answer by calling a tool"
                   : strcmp(breach, "E_UNASKED") == 0    ? "answer in words, without a call"
                   : strcmp(breach, "E_WRONG_TOOL") == 0 ? "another tool is to be called now"
                                                         : "make one call only",
                   c.name.n ? " Call " : "", TARE_FMT(c.name)));
}

/* The monitor takes a message that is about to be played: may each of its tools come now? */
static void check_order(struct reading *x)
{
    struct tare__hs *s = x->s;
    for (uint32_t i = 0; s->order && i < x->all.n_calls && !x->out->correction.n; i++) {
        struct tare_str name = x->all.calls[i].name;
        bool kept = tare_order_allows(s->order, name);
        tare__hs_trace_rule(s, name, kept);
        if (kept)
            continue;
        struct tare_buf b;
        x->out->code = "O_ORDER";
        s->counters[HS_TOOLS_ORDER]++;
        tare_buf_init(&b, s->arena->alc, TARE_MIB);
        tare_buf_printf(&b, "%.*s may not be called now. The rules are:\n", TARE_FMT(name));
        for (uint32_t r = 0; r < tare_order_rules(s->order); r++)
            tare_buf_printf(&b, "- %.*s\n", TARE_FMT(tare_order_says(s->order, r, s->arena)));
        tare_buf_puts(&b, "Reply with a call that is allowed.");
        correct(x, tare_buf_str(&b));
        tare_buf_free(&b);
    }
}

static bool decides(const struct tare__hs *s, struct tare_str name)
{
    for (uint32_t i = 0; i < s->n_world_tools; i++)
        if (tare_str_eq(s->world_tools[i].name, name))
            return s->world_tools[i].decides;
    return false;
}

static void take_calls(struct reading *x)
{
    struct tare__hs *s = x->s;
    struct tare__hs_call *list = TARE_NEW_N(s->arena, struct tare__hs_call, x->all.n_calls);
    struct tare_buf b;
    if (!list) {
        s->failed = true;
        return;
    }
    tare_buf_init(&b, s->arena->alc, TARE_MAX_JSON_BYTES);
    for (uint32_t i = 0; i < x->all.n_calls; i++) {
        const struct tare_call *c = &x->all.calls[i];
        tare_buf_reset(&b);
        tare_json_print(c->arguments, &b);
        list[i] = (struct tare__hs_call){.name = tare__hs_keep(s, c->name),
                                         .args = tare__hs_keep(s, tare_buf_str(&b)),
                                         .sig = tare__hs_sig(s, c->name, c->arguments),
                                         .own = tare__hs_own(s, c->name),
                                         .decides = decides(s, c->name)};
        list[i].id = c->id.n ? tare__hs_keep(s, c->id)
                             : tare_arena_printf(s->arena, "h%llu_%u",
                                                 (unsigned long long)s->model_calls, i);
    }
    s->failed = s->failed || b.failed;
    tare_buf_free(&b);
    x->out->calls = list;
    x->out->n_calls = x->all.n_calls;
}

/* How sure the model was: sum of the logarithms, and the mean over tokens of how far the first of
 * its candidates lies above the second. */
static void take_likelihood(const struct tare_model_reply *r, struct tare__hs_answer *out)
{
    double gap = 0;
    uint32_t n = 0, gaps = 0;
    out->logprob = out->confidence = (double)NAN;
    if (!r->has_logprobs)
        return;
    out->logprob = 0;
    for (uint32_t i = 0; i < r->n_tokens; i++) {
        if (isnan(r->tokens[i].logprob))
            continue;
        out->logprob += r->tokens[i].logprob;
        n++;
        if (r->tokens[i].n_top > 1) {
            gap += r->tokens[i].top[0].logprob - r->tokens[i].top[1].logprob;
            gaps++;
        }
    }
    out->n_tokens = n;
    out->confidence = gaps ? gap / gaps : n ? out->logprob / n : (double)NAN;
}

static uint32_t bits(uint32_t x)
{
    uint32_t n = 0;
    for (; x; x &= x - 1)
        n++;
    return n;
}

enum tare_status tare__hs_answer_read(struct tare__hs *s, const struct tare_model_reply *r,
                                      struct tare__hs_answer *out, struct tare_err *err)
{
    *out = (struct tare__hs_answer){.usable = true, .output = r->output};
    out->content = tare__hs_keep(s, r->content);
    if (r->reasoning.p)
        out->reasoning = tare__hs_keep(s, r->reasoning);
    out->text = out->content;
    out->refused = r->refusal.n > 0 || r->finish == TARE_FINISH_REFUSAL ||
                   r->finish == TARE_FINISH_CONTENT_FILTER;
    take_likelihood(r, out);
    if (s->plain)
        return tare__hs_talk_read(s, r, out, err);
    struct reading x = {.s = s, .r = r, .out = out};
    x.opts = (struct tare_calls_opts){.tools = s->parse[s->depth],
                                      .n_tools = s->n_parse[s->depth],
                                      .strict = !HS_INT(s, HS_TOOLS_REPAIR) ||
                                                HS_IS(s, HS_TOOL_MODE, HS_MODE_STRICT),
                                      .length = r->finish == TARE_FINISH_LENGTH};
    enum tare_status st = TARE_OK;
    if (r->n_calls)
        st = read_native(&x, err);
    else
        st = read_text(&x, err);
    if (st != TARE_OK)
        return st;
    if (!out->refused) {
        check_choice(&x);
        check_order(&x);
    }
    for (uint32_t i = 0; i < r->n_calls && tare_json_present(s->c->v[HS_TOOLS_SET].json); i++)
        for (uint32_t k = 0; k < s->n_world_tools; k++)
            if (tare_str_eq(s->world_tools[k].name, r->calls[i].name)) {
                bool offered = false;
                for (uint32_t p = 0; p < x.opts.n_tools; p++)
                    offered = offered || tare_str_eq(x.opts.tools[p].name, r->calls[i].name);
                s->counters[HS_TOOLS_SET] += !offered;
            }
    s->counters[HS_TOOLS_REPAIR] += bits(out->repairs);
    take_calls(&x);
    if (s->failed)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading an answer");
    return TARE_OK;
}
