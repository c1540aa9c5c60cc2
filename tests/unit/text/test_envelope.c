/* Calls written at random under a dialect's mask are read by its own parser as one valid call,
 * without a repair. With tags in letters, and with tags that are special tokens. */
#include "guide_test.h"

#include "text/calls.h"
#include "text/envelope.h"

static const char tools_text[] =
    "[{\"name\":\"find_it\",\"parameters\":{\"type\":\"object\",\"properties\":{"
    "\"query\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":12},"
    "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50},"
    "\"exact\":{\"type\":[\"boolean\",\"null\"]},"
    "\"mode\":{\"enum\":[\"fast\",\"slow down\",3,null]},"
    "\"where\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"maxLength\":4},\"maxItems\":2},"
    "\"note\":{\"type\":[\"string\",\"integer\"]},"
    "\"more\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"},\"b\":{\"enum\":["
    "\"x\",false]}},\"required\":[\"a\"],\"additionalProperties\":false}},"
    "\"required\":[\"query\",\"mode\"],\"additionalProperties\":false}},"
    "{\"name\":\"stop\",\"parameters\":{\"type\":\"object\",\"properties\":{}}},"
    "{\"type\":\"function\",\"function\":{\"name\":\"tag.x-1\",\"parameters\":{\"type\":\"object\","
    "\"properties\":{\"any\":{},\"free\":{\"type\":\"object\"},\"day\":{\"type\":\"string\","
    "\"pattern\":\"^[0-9]{2}$\"}},\"required\":[\"any\"]}}}]";

static const char *const special_names[] = {"<tool_call>",
                                            "</tool_call>",
                                            "[TOOL_CALLS]",
                                            "[ARGS]",
                                            "<|python_tag|>",
                                            "<|tool_call|>",
                                            "<|/tool_call|>",
                                            "<｜tool▁calls▁begin｜>",
                                            "<｜tool▁calls▁end｜>",
                                            "<｜tool▁call▁begin｜>",
                                            "<｜tool▁call▁end｜>",
                                            "<｜tool▁sep｜>",
                                            "｜DSML｜",
                                            "<arg_key>",
                                            "</arg_key>",
                                            "<arg_value>",
                                            "</arg_value>",
                                            "<|tool_calls_section_begin|>",
                                            "<|tool_calls_section_end|>",
                                            "<|tool_call_begin|>",
                                            "<|tool_call_argument_begin|>",
                                            "<|tool_call_end|>",
                                            "<|open|>",
                                            "<|close|>",
                                            "<|sep|>",
                                            "<|channel|>",
                                            "<|constrain|>",
                                            "<|message|>",
                                            "<|call|>",
                                            "<|START_ACTION|>",
                                            "<|END_ACTION|>",
                                            "<|tool_call>",
                                            "<tool_call|>",
                                            "<|\"|>",
                                            "<start_function_call>",
                                            "<end_function_call>",
                                            "<escape>",
                                            "<|tools_prefix|>",
                                            "<|tools_suffix|>",
                                            "<｜tool_calls_begin｜>",
                                            "<｜tool_calls_end｜>",
                                            "<｜tool_call_begin｜>",
                                            "<｜tool_call_end｜>",
                                            "<｜tool_sep｜>",
                                            "<|action_start|>",
                                            "<|plugin|>",
                                            "<|action_end|>",
                                            "<|tool_call_start|>",
                                            "<|tool_call_end|>x",
                                            "<minimax:tool_call>",
                                            "</minimax:tool_call>",
                                            "]<]minimax[>["};
#define N_SPECIAL (sizeof special_names / sizeof *special_names)

struct bench {
    struct tare_arena arena;
    const struct tare_vocab *v;
    const struct tare_guide_vocab *tables;
    const struct tare_calls_tool *tools;
    uint32_t n_tools;
    struct tare_json json;
    struct tare_rng rng;
    unsigned texts, cut;
};

static void open_bench(struct bench *b, bool special)
{
    static char bytes[256];
    static const char pieces[] = "{\"name\": \"find_it\", \"arguments\": {\"query\": \"a\", "
                                 "\"mode\": 3}}</parameter>\n<invoke name=\"stop\">call:null=[1]";
    struct tare_vocab_token t[512];
    struct tare_err err = {0};
    uint32_t n = 0;
    tare_arena_init(&b->arena, NULL, TARE_GIB);
    for (unsigned i = 0; i < 256; i++) {
        bytes[i] = (char)i;
        t[n++] = (struct tare_vocab_token){tare_str_n(&bytes[i], 1), 0};
    }
    for (unsigned i = 0; i < 60; i++)
        t[n++] = (struct tare_vocab_token){
            tare_str_n(pieces + tare_rng_below(&b->rng, sizeof pieces - 8),
                       2 + tare_rng_below(&b->rng, 6)),
            0};
    for (size_t i = 0; i < N_SPECIAL && special; i++)
        t[n++] = (struct tare_vocab_token){tare_str_of(special_names[i]), TARE_VOCAB_SPECIAL};
    t[n++] = (struct tare_vocab_token){TARE_S("<end>"), TARE_VOCAB_SPECIAL | TARE_VOCAB_END};
    assert_int_equal(tare_vocab_make(t, n, 0, &b->arena, &b->v, &err), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(b->v, &b->arena, &b->tables, &err), TARE_OK);
    assert_int_equal(tare_json_parse(TARE_S(tools_text), NULL, &b->arena, &b->json, &err), TARE_OK);
    assert_int_equal(tare_tools_read(b->json, &b->arena, &b->tools, &b->n_tools, &err), TARE_OK);
}

/* Random tokens, those that close something more often. */
static bool write_call(struct bench *b, struct tare_guide *g, struct tare_buf *text)
{
    static const char closing[] = "\"}]>)</,";
    struct tare_walk *w = NULL;
    enum tare_walk_answer a = TARE_WALK_OK;
    assert_int_equal(tare_walk_open(g, &w, NULL), TARE_OK);
    tare_buf_reset(text);
    for (int n = 0; n < 600 && a != TARE_WALK_DONE; n++) {
        uint32_t t = (uint32_t)closing[tare_rng_below(&b->rng, sizeof closing - 1)];
        a = TARE_WALK_REJECT;
        if (tare_rng_below(&b->rng, 40) == 0)
            check_mask(w, b->v);
        if (tare_walk_can_end(w))
            t = b->v->end[0];
        if (tare_rng_below(&b->rng, 3) || n > 80)
            assert_int_equal(tare_walk_accept(w, t, &a, NULL), TARE_OK);
        if (a == TARE_WALK_REJECT) {
            t = pick(w, b->v->size, &b->rng);
            if (t == UINT32_MAX)
                fail_msg("dead after %.*s", TARE_FMT(tare_buf_str(text)));
            assert_int_equal(tare_walk_accept(w, t, &a, NULL), TARE_OK);
        }
        if (a == TARE_WALK_OK)
            tare_buf_put(text, tare_vocab_text(b->v, t));
    }
    tare_walk_close(w);
    return a == TARE_WALK_DONE;
}

static void read_call(struct bench *b, const char *dialect, struct tare_str text)
{
    struct tare_arena arena;
    struct tare_calls r;
    struct tare_err err = {0};
    struct tare_calls_opts o = {
        .dialect = tare_str_of(dialect), .tools = b->tools, .n_tools = b->n_tools, .strict = true};
    tare_arena_init(&arena, NULL, 64 * TARE_MIB);
    assert_int_equal(tare_calls_parse(text, &o, &arena, &r, &err), TARE_OK);
    if (r.status != TARE_CALLS_OK || r.n_calls == 0 || r.n_findings || r.repairs || r.content.n)
        fail_msg("%s: %s, %u calls, repairs %x, %s %.*s, content \"%.*s\": %.*s", dialect,
                 tare_calls_status_name(r.status), r.n_calls, r.repairs,
                 r.n_findings ? tare_calls_finding_name(r.findings[0].code) : "-",
                 TARE_FMT(r.n_findings ? r.findings[0].path : TARE_S("")), TARE_FMT(r.content),
                 TARE_FMT(text));
    tare_arena_free(&arena);
}

static void dialects(bool special)
{
    struct bench b = {.texts = 0};
    struct tare_buf text;
    unsigned missing = 0;
    size_t n = 0;
    open_bench(&b, special);
    tare_buf_init(&text, NULL, TARE_MIB);
    for (; tare_calls_dialect(n); n++) {
        const char *name = tare_calls_dialect(n);
        tare_rng_init(&b.rng, 9, tare_str_of(name), special);
        const struct tare_envelope *e = tare_envelope_of(tare_str_of(name));
        assert_non_null(e);
        assert_string_equal(tare_envelope(n)->dialect, name);
        missing += e->missing != NULL;
        for (int compact = 0; compact < 2 && !e->missing; compact++) {
            struct tare_schema_grammar_options o = {.space = compact ? TARE_SCHEMA_SPACE_NONE
                                                                     : TARE_SCHEMA_SPACE_FEW,
                                                    .any_order = compact};
            struct tare_schema_grammar sg;
            struct tare_err err = {0};
            if (tare_grammar_from_dialect(tare_str_of(name), b.json, b.v, &o, &b.arena, &sg,
                                          &err) != TARE_OK ||
                sg.refused)
                fail_msg("%s: %s", name, err.text);
            struct tare_guide *g = guide_of(sg.grammar, b.tables);
            unsigned ended = 0;
            for (int i = 0; i < 25; i++) {
                if (!write_call(&b, g, &text))
                    continue;
                read_call(&b, name, tare_buf_str(&text));
                ended++;
            }
            if (ended < 12)
                fail_msg("%s: only %u calls came to an end", name, ended);
            b.texts += ended;
            tare_guide_close(g);
        }
    }
    print_message("%zu dialects, %u without; %u calls\n", n, missing, b.texts);
    assert_null(tare_envelope(n));
    assert_int_equal(missing, 0);
    tare_buf_free(&text);
    tare_arena_free(&b.arena);
}

static void test_letters(void **state)
{
    (void)state;
    dialects(false);
}

static void test_special_tokens(void **state)
{
    (void)state;
    dialects(true);
}

/* A tag that is a special token cannot be written in letters, and arguments cannot hold it. */
static void test_atomic(void **state)
{
    struct bench b = {.texts = 0};
    struct tare_schema_grammar sg;
    struct tare_walk *w = NULL;
    enum tare_walk_answer a;
    struct tare_err err = {0};
    (void)state;
    tare_rng_init(&b.rng, 1, TARE_S("atomic"), 0);
    open_bench(&b, true);
    assert_int_equal(
        tare_grammar_from_dialect(TARE_S("glm45"), b.json, b.v, NULL, &b.arena, &sg, &err),
        TARE_OK);
    struct tare_guide *g = guide_of(sg.grammar, b.tables);
    assert_int_equal(tare_walk_open(g, &w, NULL), TARE_OK);
    assert_int_equal(tare_walk_accept_bytes(w, TARE_S("<"), &a, NULL), TARE_OK);
    assert_int_equal(a, TARE_WALK_REJECT);
    assert_int_equal(tare_walk_accept(w, tare_vocab_special(b.v, TARE_S("<tool_call>")), &a, NULL),
                     TARE_OK);
    assert_int_equal(a, TARE_WALK_OK);
    assert_int_equal(tare_walk_accept_bytes(w, TARE_S("stop\n"), &a, NULL), TARE_OK);
    assert_int_equal(a, TARE_WALK_OK);
    assert_int_equal(tare_walk_accept(w, tare_vocab_special(b.v, TARE_S("</tool_call>")), &a, NULL),
                     TARE_OK);
    assert_int_equal(a, TARE_WALK_OK);
    assert_true(tare_walk_can_end(w));
    tare_walk_close(w);
    tare_guide_close(g);
    tare_arena_free(&b.arena);
}

/* What cannot be written says so. */
static void test_refusals(void **state)
{
    struct bench b = {.texts = 0};
    struct tare_schema_grammar sg;
    struct tare_json json;
    struct tare_err err = {0};
    (void)state;
    open_bench(&b, false);
    /* an object whose only member is called item would be read as a list */
    assert_int_equal(
        tare_json_parse(TARE_S("[{\"name\":\"f\",\"parameters\":{\"properties\":{\"x\":{"
                               "\"properties\":{\"item\":{}},\"required\":[\"item\"],"
                               "\"type\":[\"object\",\"null\",\"array\"],\"minItems\":1,"
                               "\"uniqueItems\":true,\"enum\":[{\"item\":1}]}},"
                               "\"required\":[\"x\"]}}]"),
                        NULL, &b.arena, &json, &err),
        TARE_OK);
    assert_int_equal(
        tare_grammar_from_dialect(TARE_S("minimax_m3"), json, NULL, NULL, &b.arena, &sg, &err),
        TARE_OK);
    assert_non_null(sg.refused);
    assert_int_equal(
        tare_grammar_from_dialect(TARE_S("nobody"), b.json, NULL, NULL, &b.arena, &sg, &err),
        TARE_E_INPUT);
    assert_int_equal(
        tare_json_parse(TARE_S("[{\"name\":\"two words\"}]"), NULL, &b.arena, &json, &err),
        TARE_OK);
    assert_int_equal(
        tare_grammar_from_dialect(TARE_S("hermes"), json, NULL, NULL, &b.arena, &sg, &err),
        TARE_OK);
    assert_null(sg.refused);
    assert_int_equal(
        tare_grammar_from_dialect(TARE_S("glm45"), json, NULL, NULL, &b.arena, &sg, &err), TARE_OK);
    assert_non_null(sg.refused);
    tare_arena_free(&b.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters), cmocka_unit_test(test_special_tokens),
        cmocka_unit_test(test_atomic), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests_name("envelopes", tests, NULL, NULL);
}
