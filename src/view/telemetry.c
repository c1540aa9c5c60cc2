#include "view/telemetry.h"

#include <stdio.h>

#include "base/limits.h"
#include "text/json.h"

#include "base/banned.h"

#define PAGE 200u

struct writing {
    const struct tare_telemetry *t;
    struct tare_attempt a;
    struct tare_str task;
    struct tare_buf out;
    struct tare_json_writer w;
    char trace_id[33], root_id[17];
    uint64_t at_ns; /* where the next span begins */
    uint32_t n_spans;
    uint32_t step;
};

static uint64_t number(struct tare_json v, const char *key)
{
    int64_t n = 0;
    (void)tare_json_i64(tare_json_get(v, key), &n);
    return n > 0 ? (uint64_t)n : 0;
}

/* ---- OpenTelemetry ------------------------------------------------------------------------- */

static void attr_begin(struct writing *x, const char *key)
{
    tare_json_begin_object(&x->w);
    tare_json_member_cstr(&x->w, "key", key);
    tare_json_put_key(&x->w, "value");
    tare_json_begin_object(&x->w);
}

static void attr_end(struct writing *x)
{
    tare_json_end_object(&x->w);
    tare_json_end_object(&x->w);
}

static void attr_str(struct writing *x, const char *key, struct tare_str value)
{
    if (!value.n)
        return;
    attr_begin(x, key);
    tare_json_member_str(&x->w, "stringValue", value);
    attr_end(x);
}

/* 64-bit numbers are texts in OTLP's JSON. */
static void attr_int(struct writing *x, const char *key, uint64_t value)
{
    char text[24];
    attr_begin(x, key);
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    tare_json_member_cstr(&x->w, "intValue", text);
    attr_end(x);
}

static void attr_number(struct writing *x, const char *key, struct tare_json value)
{
    double d;
    if (!tare_json_f64(value, &d))
        return;
    attr_begin(x, key);
    tare_json_member_f64(&x->w, "doubleValue", d);
    attr_end(x);
}

static void time_of(struct writing *x, const char *key, uint64_t ns)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)ns);
    tare_json_member_cstr(&x->w, key, text);
}

/* Ids hang on the attempt's digest: the same attempt has the same spans. */
static void span_begin(struct writing *x, struct tare_str name, struct tare_str more, int kind,
                       uint64_t dur_ns, bool root)
{
    char id[17], text[300];
    tare_json_begin_object(&x->w);
    tare_json_member_cstr(&x->w, "traceId", x->trace_id);
    (void)snprintf(id, sizeof id, "%.8s%08x", x->root_id, x->n_spans++);
    tare_json_member_cstr(&x->w, "spanId", root ? x->root_id : id);
    if (!root)
        tare_json_member_cstr(&x->w, "parentSpanId", x->root_id);
    (void)snprintf(text, sizeof text, "%.*s %.*s", TARE_FMT(name),
                   (int)(more.n > 200 ? 200 : more.n), more.p ? more.p : "");
    tare_json_member_cstr(&x->w, "name", text);
    tare_json_member_u64(&x->w, "kind", (uint64_t)kind);
    time_of(x, "startTimeUnixNano", x->at_ns);
    time_of(x, "endTimeUnixNano", x->at_ns + dur_ns);
    if (!root)
        x->at_ns += dur_ns;
    tare_json_put_key(&x->w, "attributes");
    tare_json_begin_array(&x->w);
    attr_str(x, "gen_ai.operation.name", name);
}

static void span_end(struct writing *x, bool failed, const char *type)
{
    if (failed)
        attr_str(x, "error.type", tare_str_of(type));
    tare_json_end_array(&x->w);
    tare_json_put_key(&x->w, "status");
    tare_json_begin_object(&x->w);
    tare_json_member_u64(&x->w, "code", failed ? 2 : 1);
    tare_json_end_object(&x->w);
    tare_json_end_object(&x->w);
}

static void chat_span(struct writing *x, struct tare_json e)
{
    struct tare_str model = tare_json_str(tare_json_get(e, "model"));
    span_begin(x, TARE_S("chat"), model, 3, number(e, "dur_ms") * 1000000u, false);
    attr_str(x, "gen_ai.response.model", model);
    attr_int(x, "gen_ai.usage.input_tokens", number(e, "in"));
    attr_int(x, "gen_ai.usage.output_tokens", number(e, "out"));
    attr_int(x, "gen_ai.usage.cache_read.input_tokens", number(e, "cached"));
    attr_begin(x, "gen_ai.response.finish_reasons");
    tare_json_put_key(&x->w, "arrayValue");
    tare_json_begin_object(&x->w);
    tare_json_put_key(&x->w, "values");
    tare_json_begin_array(&x->w);
    tare_json_begin_object(&x->w);
    tare_json_member_str(&x->w, "stringValue", tare_json_str(tare_json_get(e, "finish")));
    tare_json_end_object(&x->w);
    tare_json_end_array(&x->w);
    tare_json_end_object(&x->w);
    attr_end(x);
    if (number(e, "reasoning_tokens"))
        attr_int(x, "gen_ai.usage.reasoning.output_tokens", number(e, "reasoning_tokens"));
    if (tare_json_present(tare_json_get(e, "ttft_ms"))) {
        attr_begin(x, "gen_ai.response.time_to_first_chunk"); /* seconds */
        tare_json_member_f64(&x->w, "doubleValue", (double)number(e, "ttft_ms") / 1000);
        attr_end(x);
    }
    attr_str(x, "openai.response.system_fingerprint",
             tare_json_str(tare_json_get(e, "fingerprint")));
    attr_str(x, "tare.purpose", tare_json_str(tare_json_get(e, "purpose")));
    attr_int(x, "tare.context.tokens", number(e, "prompt_tokens"));
    attr_int(x, "tare.context.budget_tokens", number(e, "budget_tokens"));
    attr_int(x, "tare.prefix_reused_bytes", number(e, "prefix_reused"));
    attr_int(x, "tare.tries", number(e, "tries"));
    attr_number(x, "tare.cost_usd", tare_json_get(e, "cost_usd"));
    if (x->t->texts)
        attr_str(x, "tare.text", tare_json_str(tare_json_get(e, "text")));
    bool bad = tare_json_kind(tare_json_get(e, "usable")) == TARE_JSON_FALSE;
    span_end(x, bad, "unusable_answer");
}

static void tool_span(struct writing *x, struct tare_json e)
{
    struct tare_str tool = tare_json_str(tare_json_get(e, "tool"));
    span_begin(x, TARE_S("execute_tool"), tool, 1, number(e, "dur_ns"), false);
    attr_str(x, "gen_ai.tool.name", tool);
    attr_str(x, "gen_ai.tool.type", TARE_S("function"));
    attr_str(x, "tare.input.hash", tare_json_str(tare_json_get(e, "input")));
    attr_str(x, "tare.output.hash", tare_json_str(tare_json_get(e, "output")));
    attr_int(x, "tare.input.bytes", number(e, "args_bytes"));
    attr_int(x, "tare.output.bytes", number(e, "output_bytes"));
    if (x->t->texts)
        attr_str(x, "gen_ai.tool.call.arguments", tare_json_str(tare_json_get(e, "args")));
    span_end(x, tare_json_kind(tare_json_get(e, "ok")) == TARE_JSON_FALSE, "tool_error");
}

/* A compaction, a refusal, a verdict: a span without length. */
static void note_span(struct writing *x, struct tare_json e)
{
    struct tare_str kind = tare_json_str(tare_json_get(e, "e"));
    span_begin(x, TARE_S("harness"), kind, 1, 0, false);
    for (struct tare_json m = tare_json_first(e); tare_json_present(m); m = tare_json_next(m)) {
        char key[64];
        struct tare_str k = tare_json_key(m);
        bool text = tare_json_kind(m) == TARE_JSON_STRING;
        if (tare_str_is(k, "e") || k.n > 40 ||
            (text && !x->t->texts && !tare_str_is(k, "tool") && !tare_str_is(k, "by")))
            continue;
        (void)snprintf(key, sizeof key, "tare.%.*s", TARE_FMT(k));
        if (text)
            attr_str(x, key, tare_json_str(m));
        else
            attr_number(x, key, m);
    }
    span_end(x, false, "");
}

static void otlp_begin(struct writing *x)
{
    struct tare_json_writer *w = &x->w;
    tare_json_begin_object(w);
    tare_json_put_key(w, "resourceSpans");
    tare_json_begin_array(w);
    tare_json_begin_object(w);
    tare_json_put_key(w, "resource");
    tare_json_begin_object(w);
    tare_json_put_key(w, "attributes");
    tare_json_begin_array(w);
    attr_str(x, "service.name", TARE_S("tare"));
    attr_str(x, "tare.run", tare_str_of(x->t->run->name));
    attr_str(x, "tare.suite", x->t->batch->suite_name);
    tare_json_end_array(w);
    tare_json_end_object(w);
    tare_json_put_key(w, "scopeSpans");
    tare_json_begin_array(w);
    tare_json_begin_object(w);
    tare_json_put_key(w, "scope");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "name", "tare");
    tare_json_end_object(w);
    tare_json_put_key(w, "spans");
    tare_json_begin_array(w);
    span_begin(x, TARE_S("invoke_agent"), x->t->run->solver, 1, (uint64_t)x->a.dur_ns, true);
    attr_str(x, "gen_ai.agent.name", x->t->run->solver);
    attr_str(x, "gen_ai.conversation.id", x->task);
    attr_int(x, "tare.attempt", x->a.index + 1u);
    attr_int(x, "tare.steps", x->a.n_steps);
    attr_int(x, "gen_ai.usage.input_tokens", x->a.tokens_in);
    attr_int(x, "gen_ai.usage.output_tokens", x->a.tokens_out);
    attr_str(x, "tare.status", tare_str_of(tare_attempt_status_name(x->a.status)));
    span_end(x, x->a.status != TARE_ATTEMPT_DONE, tare_cause_name(x->a.cause));
}

static void otlp_end(struct writing *x)
{
    struct tare_json_writer *w = &x->w;
    tare_json_end_array(w);
    tare_json_end_object(w);
    tare_json_end_array(w);
    tare_json_end_object(w);
    tare_json_end_array(w);
    tare_json_end_object(w);
    tare_buf_putc(&x->out, '\n');
}

/* ---- events -------------------------------------------------------------------------------- */

static void put_line(struct writing *x, struct tare_json e)
{
    struct tare_json_writer *w = &x->w;
    tare_json_writer_init(w, &x->out);
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.telemetry/1");
    tare_json_member_cstr(w, "run", x->t->run->name);
    tare_json_member_str(w, "solver", x->t->run->solver);
    tare_json_member_str(w, "task", x->task);
    tare_json_member_u64(w, "attempt", x->a.index + 1u);
    /* what came of a call is told with the step after it */
    bool late = tare_json_str_is(tare_json_get(e, "e"), "tool") &&
                tare_json_kind(tare_json_get(e, "own")) == TARE_JSON_FALSE && x->step;
    tare_json_member_u64(w, "step", late ? x->step - 1 : x->step);
    for (struct tare_json m = tare_json_first(e); tare_json_present(m); m = tare_json_next(m)) {
        struct tare_str k = tare_json_key(m);
        static const char *const texts[] = {"text", "reasoning", "args", "why", "plan", "goal"};
        bool said = false;
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            said = said || tare_str_is(k, texts[i]);
        if (said && !x->t->texts)
            continue;
        tare_json_put_key_str(w, tare_str_is(k, "e") ? TARE_S("event") : k);
        tare_json_put_value(w, m);
    }
    tare_json_end_object(w);
    tare_buf_putc(&x->out, '\n');
}

static void put_event(struct writing *x, struct tare_json e)
{
    struct tare_json kind = tare_json_get(e, "e");
    if (x->t->format == TARE_TELEMETRY_JSONL)
        put_line(x, e);
    else if (tare_json_str_is(kind, "call"))
        chat_span(x, e);
    else if (tare_json_str_is(kind, "tool"))
        tool_span(x, e);
    else
        note_span(x, e);
}

/* ---- attempts ------------------------------------------------------------------------------ */

static void put_trace(struct writing *x, struct tare_json trace)
{
    for (struct tare_json e = tare_json_first(trace); tare_json_present(e); e = tare_json_next(e))
        put_event(x, e);
}

/* A scripted solver leaves no trace: its actions are the events. */
static void put_action(struct writing *x, struct tare_json body, struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_json_writer w;
    struct tare_json e, parts = tare_json_get(body, "parts");
    struct tare_json use = tare_json_get(tare_json_at(parts, 0), "data");
    struct tare_str got = tare_json_lexeme(tare_json_get(tare_json_at(parts, 1), "data"));
    struct tare_str args = tare_json_lexeme(tare_json_get(use, "params"));
    char hex[65];
    tare_buf_init(&b, arena->alc, TARE_MAX_STEP_BODY_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "e", "tool");
    tare_json_member_str(&w, "tool", tare_json_str(tare_json_get(use, "action_type")));
    tare_digest_hex(tare_sha256_of(args), hex);
    tare_json_member_str(&w, "input", tare_str_n(hex, 16));
    tare_json_member_str(&w, "args", args);
    tare_json_member_u64(&w, "args_bytes", args.n);
    tare_digest_hex(tare_sha256_of(got), hex);
    tare_json_member_str(&w, "output", tare_str_n(hex, 16));
    tare_json_member_u64(&w, "output_bytes", got.n);
    tare_json_end_object(&w);
    struct tare_str text = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    if (tare_json_parse(text, &tare_json_log, arena, &e, NULL) == TARE_OK)
        put_event(x, e);
}

static enum tare_status write_attempt(struct tare_store *store, struct writing *x,
                                      struct tare_arena *arena, struct tare_err *err)
{
    struct tare_str *steps = NULL;
    struct tare_json v, detail = {NULL, 0};
    uint32_t n = 0;
    char hex[65];
    enum tare_status st = tare_store_steps(store, x->t->run->id, x->a.task, x->a.index, 0,
                                           UINT32_MAX, arena, &steps, &n, err);
    if (st == TARE_OK && x->a.detail.n)
        st = tare_json_parse(x->a.detail, &tare_json_log, arena, &detail, err);
    tare_digest_hex(x->a.digest, hex);
    memcpy(x->trace_id, hex, 32);
    memcpy(x->root_id, hex + 32, 16);
    x->at_ns = (uint64_t)x->a.wall_start_ns;
    tare_json_writer_init(&x->w, &x->out);
    if (x->t->format == TARE_TELEMETRY_OTLP)
        otlp_begin(x);
    for (uint32_t i = 1; st == TARE_OK && i < n; i++) {
        st = tare_json_parse(steps[i], &tare_json_log, arena, &v, err);
        x->step = i;
        struct tare_json trace = tare_json_get(v, "trace");
        if (st == TARE_OK && tare_json_present(trace))
            put_trace(x, trace);
        else if (st == TARE_OK)
            put_action(x, v, arena);
    }
    x->step = x->a.n_steps + 1;
    put_trace(x, tare_json_get(tare_json_get(detail, "harness"), "trace"));
    if (x->t->format == TARE_TELEMETRY_OTLP)
        otlp_end(x);
    return st;
}

enum tare_status tare_telemetry_attempt(struct tare_store *store, const struct tare_telemetry *t,
                                        uint32_t task, uint32_t index, const struct tare_alc *alc,
                                        struct tare_err *err)
{
    struct tare_arena arena;
    struct writing x = {.t = t, .task = task < t->n_tasks ? t->tasks[task].id : TARE_S("?")};
    tare_arena_init(&arena, alc, TARE_ARENA_REPORT_BYTES);
    tare_buf_init(&x.out, alc, TARE_ARENA_REPORT_BYTES);
    enum tare_status st = tare_store_attempt(store, t->run->id, task, index, 0, &arena, &x.a, err);
    if (st == TARE_OK)
        st = write_attempt(store, &x, &arena, err);
    if (st == TARE_OK && x.out.failed)
        st = tare_fail(err, TARE_E_NOMEM, "out of memory while exporting an attempt");
    if (st == TARE_OK && !t->put(t->ctx, tare_buf_str(&x.out)))
        st = tare_fail(err, TARE_E_IO, "cannot write what is exported");
    tare_buf_free(&x.out);
    tare_arena_free(&arena);
    return st;
}

enum tare_status tare_telemetry_run(struct tare_store *store, const struct tare_telemetry *t,
                                    const struct tare_alc *alc, uint64_t *n, struct tare_err *err)
{
    struct tare_attempt_page page = {0};
    enum tare_status st;
    *n = 0;
    do {
        struct tare_arena arena;
        tare_arena_init(&arena, alc, TARE_ARENA_REPORT_BYTES);
        st = tare_store_attempts(store, t->run->id, NULL, *n, PAGE, &arena, &page, err);
        for (uint32_t i = 0; st == TARE_OK && i < page.n; i++) {
            st = tare_telemetry_attempt(store, t, page.rows[i].task, page.rows[i].index, alc, err);
            ++*n;
        }
        tare_arena_free(&arena);
    } while (st == TARE_OK && page.n && *n < page.total);
    return st;
}
