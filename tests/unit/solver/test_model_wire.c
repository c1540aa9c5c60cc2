/* Wires: what is sent for a request, what is read of an answer, streams like whole answers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../test_arena.h"
#include "base/fs.h"
#include "base/limits.h"
#include "solver/model_wire.h"

static struct tare_json parse(const char *text)
{
    struct tare_json root;
    struct tare_err err = {0};
    if (tare_json_parse(tare_str_of(text), &tare_json_strict, &arena, &root, &err) != TARE_OK)
        fail_msg("%s: %s", text, err.text);
    return root;
}

static struct tare_endpoint endpoint(enum tare_wire wire, const char *sampling)
{
    return (struct tare_endpoint){.name = TARE_S("e"),
                                  .model = TARE_S("m"),
                                  .base_url = TARE_S("http://h/v1"),
                                  .api_version = TARE_S("v"),
                                  .wire = wire,
                                  .old_max_tokens = true,
                                  .sampling = parse(sampling)};
}

static void expect_body(enum tare_wire wire, const char *sampling, const char *request,
                        const char *body)
{
    struct tare_endpoint e = endpoint(wire, sampling);
    struct tare_buf b;
    struct tare_err err = {0};
    tare_buf_init(&b, NULL, TARE_MIB);
    assert_int_equal(tare_wire_body(&e, parse(request), false, true, 77, &b, &err), TARE_OK);
    struct tare_str text = tare_arena_copy(&arena, tare_buf_str(&b));
    if (!tare_json_equal(parse(text.p), parse(body)))
        fail_msg("sent %s\nwanted %s", text.p, body);
    tare_buf_free(&b);
}

static const char talk[] =
    "{\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":\"U\"},"
    "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c1\",\"name\":\"f\","
    "\"arguments\":\"{\\\"x\\\":1}\"},{\"id\":\"c2\",\"name\":\"g\",\"arguments\":\"oops\"}]},"
    "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"R1\"},"
    "{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"R2\"}],"
    "\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"parameters\":{\"type\":\"object\"}}],"
    "\"tool_choice\":{\"name\":\"f\"},\"temperature\":0.5,\"purpose\":\"act\",\"attempt\":3,"
    "\"extra\":{\"top_k\":5}}";

static void test_ask_chat(void **state)
{
    (void)state;
    expect_body(
        TARE_WIRE_CHAT, "{\"temperature\":0.9,\"max_tokens\":7,\"stop\":[\"X\"]}", talk,
        "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"},"
        "{\"role\":\"user\",\"content\":\"U\"},{\"role\":\"assistant\",\"content\":null,"
        "\"tool_calls\":[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\","
        "\"arguments\":\"{\\\"x\\\":1}\"}},{\"id\":\"c2\",\"type\":\"function\",\"function\":{"
        "\"name\":\"g\",\"arguments\":\"oops\"}}]},{\"role\":\"tool\",\"content\":\"R1\","
        "\"tool_call_id\":\"c1\"},{\"role\":\"tool\",\"content\":\"R2\",\"tool_call_id\":\"c2\"}],"
        "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"d\","
        "\"parameters\":{\"type\":\"object\"}}}],\"tool_choice\":{\"type\":\"function\","
        "\"function\":{\"name\":\"f\"}},\"temperature\":0.5,\"max_tokens\":7,\"stop\":[\"X\"],"
        "\"top_k\":5}");
    expect_body(
        TARE_WIRE_CHAT, "{\"logprobs\":true,\"top_logprobs\":2}",
        "{\"messages\":[],\"response_format\":{\"type\":\"json_schema\",\"schema\":{}},"
        "\"strict\":true}",
        "{\"model\":\"m\",\"messages\":[],\"logprobs\":true,\"top_logprobs\":2,"
        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\","
        "\"schema\":{},\"strict\":true}}}");
    expect_body(TARE_WIRE_CHAT, "{\"seed\":1}", "{\"messages\":[],\"seed\":5}",
                "{\"model\":\"m\",\"messages\":[],\"seed\":5}");
    expect_body(TARE_WIRE_CHAT, "{\"seed\":1}", "{\"messages\":[]}",
                "{\"model\":\"m\",\"messages\":[],\"seed\":77}");
    /* how many candidates is always said, and the larger wish counts */
    expect_body(TARE_WIRE_CHAT, "{\"logprobs\":true}", "{\"messages\":[]}",
                "{\"model\":\"m\",\"messages\":[],\"logprobs\":true,\"top_logprobs\":0}");
    expect_body(TARE_WIRE_CHAT, "{\"top_logprobs\":5}",
                "{\"messages\":[],\"logprobs\":true,\"top_logprobs\":2}",
                "{\"model\":\"m\",\"messages\":[],\"logprobs\":true,\"top_logprobs\":5}");
    expect_body(TARE_WIRE_CHAT, "{\"logprobs\":true,\"top_logprobs\":2,\"max_tokens\":1}",
                "{\"prompt\":\"P\",\"echo\":true}",
                "{\"model\":\"m\",\"prompt\":\"P\",\"echo\":true,\"max_tokens\":1,\"logprobs\":2}");
}

static void test_ask_messages(void **state)
{
    (void)state;
    expect_body(
        TARE_WIRE_MESSAGES, "{\"max_tokens\":7,\"stop\":[\"X\"]}", talk,
        "{\"model\":\"m\",\"system\":[{\"type\":\"text\",\"text\":\"S\"}],\"messages\":[{\"role\":"
        "\"user\",\"content\":[{\"type\":\"text\",\"text\":\"U\"}]},{\"role\":\"assistant\","
        "\"content\":[{\"type\":\"tool_use\",\"id\":\"c1\",\"name\":\"f\",\"input\":{\"x\":1}},"
        "{\"type\":\"tool_use\",\"id\":\"c2\",\"name\":\"g\",\"input\":{\"unparsed\":\"oops\"}}]},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"c1\","
        "\"content\":[{\"type\":\"text\",\"text\":\"R1\"}]},{\"type\":\"tool_result\","
        "\"tool_use_id\":\"c2\",\"content\":[{\"type\":\"text\",\"text\":\"R2\"}]}]}],"
        "\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}}],"
        "\"tool_choice\":{\"type\":\"tool\",\"name\":\"f\"},\"max_tokens\":7,\"temperature\":0.5,"
        "\"stop_sequences\":[\"X\"],\"top_k\":5}");
    expect_body(
        TARE_WIRE_MESSAGES, "{}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"U\"}],\"response_format\":{\"type\":"
        "\"json_schema\",\"schema\":{\"type\":\"object\"},\"name\":\"verdict\"}}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
        "\"text\":\"U\"}]}],\"tools\":[{\"name\":\"verdict\",\"description\":"
        "\"Give the answer in this form.\",\"input_schema\":{\"type\":\"object\"}}],"
        "\"tool_choice\":{\"type\":\"tool\",\"name\":\"verdict\"},\"max_tokens\":4096}");
}

static struct tare_model_reply read_as(enum tare_wire wire, const char *request, const char *body)
{
    static struct tare_endpoint e;
    struct tare_model_reply r;
    e = endpoint(wire, "{}");
    tare_wire_read(&e, parse(request), tare_arena_copy(&arena, tare_str_of(body)), &arena, &r);
    return r;
}

static void expect_code(enum tare_wire wire, const char *body, enum tare_reply_code code)
{
    struct tare_model_reply r = read_as(wire, "{\"messages\":[]}", body);
    if (r.code != code)
        fail_msg("%.80s: %s, not %s", body, tare_reply_code_name(r.code),
                 tare_reply_code_name(code));
}

static void test_read_chat(void **state)
{
    (void)state;
    struct tare_model_reply r = read_as(
        TARE_WIRE_CHAT, "{\"messages\":[]}",
        "{\"id\":\"i\",\"model\":\"mm\",\"choices\":[{\"index\":1,\"message\":{\"content\":\"no\"}}"
        ","
        "{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"content\":\"\","
        "\"reasoning_content\":\"why\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":"
        "{\"x\":1}}},{\"id\":\"z\",\"function\":{\"name\":\"g\",\"arguments\":\"{cut\"}}]},"
        "\"logprobs\":{\"content\":[{\"token\":\"t\",\"bytes\":[116],\"logprob\":-0.5,"
        "\"top_logprobs\":[{\"token\":\"t\",\"logprob\":-0.5},{\"token\":\"u\",\"logprob\":NaN}]},"
        "{\"token\":\"v\",\"logprob\":3}]}}],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":"
        "4,"
        "\"prompt_tokens_details\":{\"cached_tokens\":6},\"cost\":0.25}}");
    assert_int_equal(r.code, TARE_REPLY_OK);
    assert_int_equal(r.finish, TARE_FINISH_TOOL_CALLS); /* "stop" with calls */
    assert_true(r.content.p && r.content.n == 0);
    assert_true(tare_str_is(r.reasoning, "why"));
    assert_int_equal(r.n_calls, 2);
    assert_true(tare_str_is(r.calls[0].id, "call_1"));
    assert_true(tare_str_is(r.calls[0].arguments, "{\"x\":1}"));
    assert_true(tare_str_is(r.calls[1].arguments, "{cut"));
    assert_true(r.has_usage && r.input == 10 && r.cached == 6 && r.output == 4);
    assert_true(r.has_cost && r.cost_usd == 0.25);
    assert_int_equal(r.n_tokens, 2);
    assert_true(tare_str_is(r.tokens[0].bytes, "[116]"));
    assert_true(isnan(r.tokens[0].top[1].logprob));
    assert_true(isnan(r.tokens[1].logprob)); /* no probability is above 1 */
}

static void test_read_refused(void **state)
{
    (void)state;
    expect_code(TARE_WIRE_CHAT, "", TARE_REPLY_BAD_JSON);
    expect_code(TARE_WIRE_CHAT, "[]", TARE_REPLY_BAD_JSON);
    expect_code(TARE_WIRE_CHAT, "{\"choices\":[]}", TARE_REPLY_BAD_JSON);
    expect_code(TARE_WIRE_CHAT, "{\"choices\":[{\"message\":{}}]}", TARE_REPLY_CUT);
    expect_code(TARE_WIRE_CHAT, "{\"choices\":[{\"message\":{},\"finish_reason\":null}]}",
                TARE_REPLY_CUT);
    expect_code(TARE_WIRE_CHAT, "{\"id\":1,\"id\":2,\"choices\":[{\"message\":{}}]}",
                TARE_REPLY_BAD_JSON);
    expect_code(TARE_WIRE_CHAT, "{\"error\":{\"message\":\"busy\"}}", TARE_REPLY_HTTP_5XX);
    expect_code(TARE_WIRE_CHAT, "{\"error\":{\"code\":\"insufficient_quota\"}}", TARE_REPLY_QUOTA);
    expect_code(TARE_WIRE_MESSAGES, "{\"content\":[],\"stop_reason\":null}", TARE_REPLY_CUT);
    expect_code(TARE_WIRE_MESSAGES,
                "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\"}}",
                TARE_REPLY_RATE_LIMITED);
    static const struct {
        int status;
        const char *body;
        enum tare_reply_code code;
    } rows[] = {
        {429, "{\"error\":{\"code\":\"rate_limit_exceeded\"}}", TARE_REPLY_RATE_LIMITED},
        {429, "{\"error\":{\"code\":\"insufficient_quota\"}}", TARE_REPLY_QUOTA},
        {429, "slow down", TARE_REPLY_RATE_LIMITED},
        {402, "", TARE_REPLY_QUOTA},
        {400, "{\"error\":{\"message\":\"maximum context length is 9\"}}", TARE_REPLY_CONTEXT},
        {400, "{\"detail\":\"bad\"}", TARE_REPLY_HTTP_4XX},
        {301, "", TARE_REPLY_HTTP_3XX},
        {503, "<html>", TARE_REPLY_HTTP_5XX},
        {529, "{}", TARE_REPLY_HTTP_5XX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tare_model_reply r = {0};
        tare_wire_read_error(rows[i].status, tare_str_of(rows[i].body), &arena, &r);
        assert_string_equal(tare_reply_code_name(r.code), tare_reply_code_name(rows[i].code));
        assert_true(r.says.n > 0);
    }
}

static void test_read_prompt(void **state)
{
    (void)state;
    struct tare_model_reply r =
        read_as(TARE_WIRE_CHAT, "{\"prompt\":\"P\"}",
                "{\"choices\":[{\"text\":\"ab\",\"finish_reason\":\"length\",\"logprobs\":{"
                "\"tokens\":[\"a\",\"b\"],\"token_logprobs\":[null,-0.5],\"top_logprobs\":[null,"
                "{\"b\":-0.5,\"c\":-1}],\"text_offset\":[0,1]}}]}");
    assert_int_equal(r.code, TARE_REPLY_OK);
    assert_int_equal(r.n_tokens, 2);
    assert_true(isnan(r.tokens[0].logprob) && r.tokens[1].logprob == -0.5);
    assert_int_equal(r.tokens[1].n_top, 2);
    assert_false(r.has_usage);
}

/* What a schema asked for comes back as content, though the wire knows tools only. */
static void test_read_schema_tool(void **state)
{
    (void)state;
    struct tare_model_reply r =
        read_as(TARE_WIRE_MESSAGES,
                "{\"messages\":[],\"response_format\":{\"type\":\"json_schema\",\"schema\":{}}}",
                "{\"content\":[{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"answer\",\"input\":"
                "{\"a\":1}}],\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":3,"
                "\"cache_read_input_tokens\":4,\"output_tokens\":2}}");
    assert_true(tare_str_is(r.content, "{\"a\":1}"));
    assert_int_equal(r.n_calls, 0);
    assert_int_equal(r.finish, TARE_FINISH_STOP);
    assert_true(r.input == 7 && r.cached == 4 && r.output == 2);
}

static struct tare_str as_document(const struct tare_model_reply *r)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&w, &b);
    tare_model_reply_write(r, &w);
    struct tare_str s = tare_arena_copy(&arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static void expect_stream(enum tare_wire wire, const char *stream, const char *whole)
{
    struct tare_endpoint e = endpoint(wire, "{}");
    struct tare_json request = parse("{\"messages\":[]}");
    struct tare_model_reply wanted = read_as(wire, "{\"messages\":[]}", whole);
    struct tare_str a = as_document(&wanted);
    size_t n = strlen(stream);
    assert_int_equal(wanted.code, TARE_REPLY_OK);
    for (size_t cut = 0; cut <= n; cut++) {
        struct tare_wire_stream s;
        struct tare_model_reply r;
        tare_wire_stream_init(&s, &e, NULL);
        tare_wire_stream_feed(&s, tare_str_n(stream, cut));
        tare_wire_stream_feed(&s, tare_str_n(stream + cut, n - cut));
        tare_wire_stream_end(&s, request, &arena, &r);
        struct tare_str b = as_document(&r);
        if (!tare_str_eq(a, b))
            fail_msg("cut at %zu:\n%s\n%s", cut, a.p, b.p);
        tare_wire_stream_free(&s);
        /* Nothing but the whole stream is good: what lacks its end is CUT, or no event came. */
        tare_wire_stream_init(&s, &e, NULL);
        tare_wire_stream_feed(&s, tare_str_n(stream, cut));
        tare_wire_stream_end(&s, request, &arena, &r);
        if (r.code == TARE_REPLY_OK && !s.ended && r.finish == TARE_FINISH_NONE)
            fail_msg("a stream cut at %zu was taken for whole", cut);
        tare_wire_stream_free(&s);
    }
}

static void test_streams(void **state)
{
    (void)state;
    expect_stream(
        TARE_WIRE_CHAT,
        ": hi\n\ndata: "
        "{\"id\":\"i\",\"model\":\"mm\",\"choices\":[{\"index\":0,\"delta\":{\"role\":"
        "\"assistant\",\"content\":\"\"}}]}\n\ndata: "
        "{\"id\":\"j\",\"choices\":[{\"index\":0,\"delta\":{"
        "\"content\":\"ab\"},\"logprobs\":{\"content\":[{\"token\":\"ab\",\"logprob\":-1}]}},"
        "{\"index\":1,\"delta\":{\"content\":\"no\"}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"y\","
        "\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}},{\"index\":0,\"id\":\"x\","
        "\"function\":{"
        "\"name\":\"f\",\"arguments\":\"{\\\"a\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{"
        "\"arguments\":\"\\\":1}\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n"
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n"
        "data: [DONE]\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"late\"}}]}\n\n",
        "{\"id\":\"i\",\"model\":\"mm\",\"choices\":[{\"index\":0,\"finish_reason\":\"tool_calls\","
        "\"message\":{\"content\":\"ab\",\"tool_calls\":[{\"id\":\"y\",\"function\":{\"name\":"
        "\"g\","
        "\"arguments\":\"{}\"}},{\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":"
        "\"{\\\"a\\\":1}\"}}]},\"logprobs\":{\"content\":[{\"token\":\"ab\",\"logprob\":-1}]}}],"
        "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}");
    expect_stream(
        TARE_WIRE_MESSAGES,
        "event: message_start\ndata: "
        "{\"type\":\"message_start\",\"message\":{\"id\":\"i\",\"model\":"
        "\"mm\",\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n"
        "data: "
        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\"}}"
        "\n\ndata: "
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"thinking\":\"hm\"}}\n\n"
        "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\","
        "\"text\":\"\"}}\n\ndata: "
        "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"text\":"
        "\"ab\"}}\n\ndata: "
        "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":"
        "\"tool_use\",\"id\":\"x\",\"name\":\"f\",\"input\":{}}}\n\n"
        "data: "
        "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"partial_json\":\"{\\\"a\"}}"
        "\n\ndata: {\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"partial_json\":"
        "\"\\\":1}\"}}\n\ndata: "
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},"
        "\"usage\":{\"output_tokens\":9}}\n\ndata: {\"type\":\"message_stop\"}\n\n",
        "{\"id\":\"i\",\"model\":\"mm\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\"},"
        "{\"type\":\"text\",\"text\":\"ab\"},{\"type\":\"tool_use\",\"id\":\"x\",\"name\":\"f\","
        "\"input\":{\"a\":1}}],\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":5,"
        "\"output_tokens\":9}}");
}

static void test_stream_faults(void **state)
{
    static const struct {
        const char *stream;
        enum tare_reply_code code;
    } rows[] = {
        {"", TARE_REPLY_CUT},
        {"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n", TARE_REPLY_CUT},
        {"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]\n\n",
         TARE_REPLY_CUT},
        {"data: {\"choi\n\n", TARE_REPLY_BAD_JSON},
        {"data: {\"error\":{\"message\":\"x\",\"code\":429,\"type\":\"rate_limit_error\"}}\n\n",
         TARE_REPLY_RATE_LIMITED},
    };
    struct tare_endpoint e = endpoint(TARE_WIRE_CHAT, "{}");
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tare_wire_stream s;
        struct tare_model_reply r;
        tare_wire_stream_init(&s, &e, NULL);
        tare_wire_stream_feed(&s, tare_str_of(rows[i].stream));
        tare_wire_stream_end(&s, parse("{\"messages\":[]}"), &arena, &r);
        assert_string_equal(tare_reply_code_name(r.code), tare_reply_code_name(rows[i].code));
        tare_wire_stream_free(&s);
    }
}

/* A reply survives its document. */
static void test_documents(void **state)
{
    static const struct tare_reply_call calls[] = {{{"c", 1}, {"f", 1}, {"{\"a\": 1}", 8}}};
    static const struct tare_reply_top top[] = {{{"t", 1}, -0.5}};
    const struct tare_reply_token tokens[] = {{{"t", 1}, {"[116]", 5}, -0.5, top, 1},
                                              {{"u", 1}, {NULL, 0}, (double)NAN, NULL, 0}};
    struct tare_model_reply r = {.content = TARE_S(""),
                                 .calls = calls,
                                 .n_calls = 1,
                                 .finish = TARE_FINISH_LENGTH,
                                 .finish_raw = TARE_S("length"),
                                 .has_usage = true,
                                 .input = 3,
                                 .output = 4,
                                 .has_cost = true,
                                 .cost_usd = 0.1,
                                 .has_logprobs = true,
                                 .tokens = tokens,
                                 .n_tokens = 2,
                                 .model = TARE_S("m"),
                                 .from_cache = true,
                                 .tries = 2,
                                 .ttft_ms = -1,
                                 .ms = 9};
    struct tare_model_reply failed = {.code = TARE_REPLY_CONTEXT,
                                      .http = 400,
                                      .says = TARE_S("too long"),
                                      .tries = 1,
                                      .ttft_ms = -1};
    struct tare_model_reply again;
    (void)state;
    struct tare_str text = as_document(&r);
    assert_int_equal(tare_model_reply_read(text, &arena, &again, NULL), TARE_OK);
    assert_true(tare_str_eq(as_document(&again), text));
    text = as_document(&failed);
    assert_int_equal(tare_model_reply_read(text, &arena, &again, NULL), TARE_OK);
    assert_true(tare_str_eq(as_document(&again), text));
    assert_int_equal(tare_reply_cause(again.code), TARE_CAUSE_LIMIT);
    assert_int_equal(tare_model_reply_read(TARE_S("{}"), &arena, &again, NULL), TARE_E_INPUT);
    for (int i = 1; i < TARE_REPLY_CODES; i++)
        assert_int_equal(
            tare_reply_code_of(tare_str_of(tare_reply_code_name((enum tare_reply_code)i))), i);
}

/* Samples of the wire format, as other projects keep them. */
static void test_samples(void **state)
{
    static const char *const names[] = {"chat_response.json", "chat_response_tool_calls.json"};
    const char *shared = getenv("TARE_SHARED");
    struct tare_endpoint e = endpoint(TARE_WIRE_CHAT, "{}");
    struct tare_model_reply r;
    struct tare_str text;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct tare_str path =
            tare_arena_printf(&arena, "%s/data/interop/openai/%s", shared ? shared : ".", names[i]);
        if (!tare_fs_exists(path))
            skip();
        assert_int_equal(tare_fs_read(path, TARE_MIB, &arena, &text, NULL), TARE_OK);
        tare_wire_read(&e, parse("{\"messages\":[]}"), text, &arena, &r);
        assert_int_equal(r.code, TARE_REPLY_OK);
        assert_true(r.has_usage);
        assert_true(i == 0 || r.n_calls > 0);
    }
    struct tare_wire_stream s;
    struct tare_str path =
        tare_arena_printf(&arena, "%s/data/interop/openai/chat_stream.sse", shared);
    assert_int_equal(tare_fs_read(path, TARE_MIB, &arena, &text, NULL), TARE_OK);
    tare_wire_stream_init(&s, &e, NULL);
    tare_wire_stream_feed(&s, text);
    tare_wire_stream_end(&s, parse("{\"messages\":[]}"), &arena, &r);
    assert_int_equal(r.code, TARE_REPLY_OK);
    tare_wire_stream_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ask_chat),    cmocka_unit_test(test_ask_messages),
        cmocka_unit_test(test_read_chat),   cmocka_unit_test(test_read_refused),
        cmocka_unit_test(test_read_prompt), cmocka_unit_test(test_read_schema_tool),
        cmocka_unit_test(test_streams),     cmocka_unit_test(test_stream_faults),
        cmocka_unit_test(test_documents),   cmocka_unit_test(test_samples),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
