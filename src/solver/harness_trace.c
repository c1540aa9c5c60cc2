/*
 * What is recorded of a harness: events in the order in which they happened, beside the step they
 * led to, and totals at the end with one counter a switch.
 */
#include "solver/harness_int.h"

#include "base/banned.h"

#define TEXT_BYTES (64 * TARE_KIB) /* of one answer, in the record */

void tare__hs_trace_begin(struct tare__hs *s, struct tare_json_writer *w, const char *kind)
{
    if (s->trace.n)
        tare_buf_putc(&s->trace, ',');
    tare_json_writer_init(w, &s->trace);
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "e", kind);
}

void tare__hs_trace_end(struct tare__hs *s, struct tare_json_writer *w)
{
    tare_json_end_object(w);
    s->failed = s->failed || s->trace.failed;
}

void tare__hs_trace_note(struct tare__hs *s, const char *kind, struct tare_str tool,
                         const char *key, struct tare_str value)
{
    struct tare_json_writer w;
    tare__hs_trace_begin(s, &w, kind);
    if (tool.n)
        tare_json_member_str(&w, "tool", tool);
    tare_json_member_str(&w, key, value);
    tare__hs_trace_end(s, &w);
}

static void put_text(struct tare_json_writer *w, const char *key, struct tare_str text)
{
    if (!text.n)
        return;
    size_t n = text.n > TEXT_BYTES ? TEXT_BYTES : text.n;
    while (n && n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    tare_json_member_str(w, key, tare_str_n(text.p, n));
    if (n < text.n)
        tare_json_member_u64(w, "text_bytes", text.n);
}

void tare__hs_trace_call(struct tare__hs *s, const struct tare_model_reply *r, const char *purpose,
                         const struct tare__hs_answer *a)
{
    struct tare_json_writer w;
    tare__hs_trace_begin(s, &w, "call");
    tare_json_member_u64(&w, "n", s->model_calls);
    tare_json_member_cstr(&w, "purpose", purpose);
    tare_json_member_str(&w, "model", r->model);
    tare_json_member_cstr(&w, "finish", tare_finish_name(r->finish));
    if (r->has_usage) {
        tare_json_member_u64(&w, "in", r->input);
        tare_json_member_u64(&w, "cached", r->cached);
        tare_json_member_u64(&w, "out", r->output);
        tare_json_member_u64(&w, "reasoning_tokens", r->reasoning_tokens);
    }
    if (r->has_cost)
        tare_json_member_f64(&w, "cost_usd", r->cost_usd);
    tare_json_member_u64(&w, "prompt_tokens", s->prompt_tokens);
    tare_json_member_u64(&w, "budget_tokens", (uint64_t)HS_INT(s, HS_BUDGET));
    tare_json_member_u64(&w, "prefix_reused", s->prefix_reused);
    tare_json_member_u64(&w, "tries", r->tries);
    if (r->fingerprint.n)
        tare_json_member_str(&w, "fingerprint", r->fingerprint);
    if (s->depth)
        tare_json_member_u64(&w, "depth", s->depth);
    if (r->ttft_ms >= 0)
        tare_json_member_u64(&w, "ttft_ms", (uint64_t)r->ttft_ms);
    tare_json_member_u64(&w, "dur_ms", (uint64_t)(r->ms > 0 ? r->ms : 0));
    if (a) {
        tare_json_member_bool(&w, "usable", a->usable);
        tare_json_member_u64(&w, "calls", a->n_calls);
        if (a->repairs) {
            tare_json_put_key(&w, "repairs");
            tare_json_begin_array(&w);
            for (uint32_t i = 0; i < TARE_CALLS_REPAIRS; i++)
                if (a->repairs >> i & 1)
                    tare_json_put_cstr(&w, tare_calls_repair_name(i));
            tare_json_end_array(&w);
        }
        put_text(&w, "text", a->text);
        put_text(&w, "reasoning", a->reasoning);
    } else {
        put_text(&w, "text", r->content);
    }
    tare__hs_trace_end(s, &w);
    s->tokens_in += r->input;
    s->tokens_cached += r->cached;
    s->tokens_out += r->output;
    s->calls_from_cache += r->from_cache;
    s->counters[HS_RESERVE] += r->output > (uint64_t)HS_INT(s, HS_RESERVE);
}

void tare__hs_trace_tool(struct tare__hs *s, const struct tare__hs_call *call,
                         struct tare_str result, bool failed, int64_t dur_ns)
{
    struct tare_json_writer w;
    char hex[65];
    tare__hs_trace_begin(s, &w, "tool");
    tare_json_member_str(&w, "tool", call->name);
    tare_digest_hex(call->sig, hex);
    tare_json_member_str(&w, "input", tare_str_n(hex, 16));
    tare_json_member_str(&w, "args",
                         tare_str_n(call->args.p, call->args.n > 2000 ? 0 : call->args.n));
    tare_json_member_u64(&w, "args_bytes", call->args.n);
    tare_digest_hex(tare_sha256_of(result), hex);
    tare_json_member_str(&w, "output", tare_str_n(hex, 16));
    tare_json_member_u64(&w, "output_bytes", result.n);
    tare_json_member_bool(&w, "ok", !failed);
    tare_json_member_bool(&w, "decides", call->decides);
    tare_json_member_bool(&w, "own", call->own >= 0);
    if (call->own < 0)
        tare_json_member_u64(&w, "dur_ns", (uint64_t)(dur_ns > 0 ? dur_ns : 0));
    tare__hs_trace_end(s, &w);
}

void tare__hs_trace_state(struct tare__hs *s, const char *op, struct tare_str name,
                          struct tare_str text)
{
    struct tare_json_writer w;
    char hex[65];
    tare_digest_hex(tare_sha256_of(text), hex);
    tare__hs_trace_begin(s, &w, "state");
    tare_json_member_cstr(&w, "op", op);
    tare_json_put_key(&w, "name");
    tare_json_put_str(&w, tare_arena_printf(s->arena, "note %.*s", TARE_FMT(name)));
    tare_json_member_str(&w, "sha256", tare_str_n(hex, 16));
    tare__hs_trace_end(s, &w);
}

/* Tokens of the prompt in hand before the last copy of the rules, in the order tools, talk, end.
 * False: they do not stand in it. */
static bool place_of_rules(struct tare__hs *s, uint64_t *at)
{
    const struct tare__hs_thread *t = tare__hs_here(s);
    uint64_t before =
        HS_IS(s, HS_TOOLS_TRANSPORT, HS_PROMPT) ? 0 : tare__hs_tokens(s->tools[s->depth]);
    bool found = HS_IS(s, HS_ANCHOR, HS_ANCHOR_EVERY) || s->anchored ||
                 (s->reciting && HS_INT(s, HS_RECITE) >= HS_RECITE_RULES);
    *at = s->prompt_tokens;
    if (found)
        return true;
    for (uint32_t i = 0; i < t->n; i++) {
        const struct tare__hs_item *it = &t->v[i];
        bool shown =
            !it->gone && !it->referenced && (it->pinned || !HS_IS(s, HS_MEMORY_MODE, HS_STATELESS));
        size_t from = shown ? tare_str_find(it->text, s->rules) : SIZE_MAX;
        if (from != SIZE_MAX) {
            *at = before + from / 4;
            found = true;
        }
        if (shown)
            before += tare__hs_tokens(it->text);
        for (uint32_t c = 0; shown && c < it->n_calls; c++)
            before += tare__hs_tokens(it->calls[c].args) + tare__hs_tokens(it->calls[c].name);
    }
    return found;
}

/* Whether a rule speaks about this tool: only then was there an opportunity to break it. */
static bool is_ruled(struct tare__hs *s, struct tare_str tool)
{
    for (uint32_t r = 0; r < tare_order_rules(s->order); r++)
        if (tare_str_find(tare_order_says(s->order, r, s->arena), tool) != SIZE_MAX)
            return true;
    return false;
}

void tare__hs_trace_rule(struct tare__hs *s, struct tare_str tool, bool kept)
{
    struct tare_json_writer w;
    uint64_t at;
    if (kept && !is_ruled(s, tool))
        return;
    tare__hs_trace_begin(s, &w, "rule");
    tare_json_member_str(&w, "tool", tool);
    tare_json_member_bool(&w, "kept", kept);
    if (place_of_rules(s, &at))
        tare_json_member_u64(&w, "at", at);
    tare_json_member_u64(&w, "prompt_tokens", s->prompt_tokens);
    tare__hs_trace_end(s, &w);
}

void tare__hs_trace(const void *shared, void *state, struct tare_json_writer *out)
{
    struct tare__hs *s = state;
    (void)shared;
    if (s->trace.n)
        tare_json_put_raw(out, tare_buf_str(&s->trace));
    tare_buf_reset(&s->trace);
}

void tare__hs_account(const void *shared, const void *state, struct tare_json_writer *out)
{
    const struct tare__hs *s = state;
    (void)shared;
    tare_json_begin_object(out);
    tare_json_member_cstr(out, "stop", s->stop ? s->stop : "limit");
    tare_json_member_u64(out, "model_calls", s->model_calls);
    tare_json_member_u64(out, "tool_calls", s->tool_calls);
    tare_json_member_u64(out, "tool_errors", s->tool_errors);
    tare_json_member_u64(out, "last_progress", s->last_progress);
    tare_json_member_u64(out, "tokens_in", s->tokens_in);
    tare_json_member_u64(out, "tokens_cached", s->tokens_cached);
    tare_json_member_u64(out, "tokens_out", s->tokens_out);
    tare_json_member_u64(out, "prompt_tokens_most", s->prompt_tokens_most);
    tare_json_member_u64(out, "budget_tokens", (uint64_t)HS_INT(s, HS_BUDGET));
    tare_json_member_u64(out, "reserve_tokens", (uint64_t)HS_INT(s, HS_RESERVE));
    tare_json_member_u64(out, "compactions", s->compactions);
    tare_json_member_u64(out, "references", s->n_refs);
    tare_json_member_u64(out, "restores", s->restores);
    tare_json_member_u64(out, "regrets", s->regrets);
    tare_json_member_u64(out, "prefix_breaks", s->prefix_breaks);
    tare_json_member_u64(out, "verify_unreadable", s->verify_unreadable);
    tare_json_put_key(out, "switches");
    tare_json_begin_object(out);
    for (uint32_t i = 0; i < HS_SWITCHES; i++)
        if (s->counters[i])
            tare_json_member_u64(out, tare_harness_switch(i)->key, s->counters[i]);
    tare_json_end_object(out);
    tare_json_put_key(out, "trace");
    tare_json_begin_array(out);
    if (s->trace.n)
        tare_json_put_raw(out, tare_buf_str(&s->trace));
    tare_json_end_array(out);
    tare_json_end_object(out);
}
