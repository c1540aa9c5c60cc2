/* The lab of tool regimes is weighed with scripted models whose rates are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "experiment/tools.h"
#include "stats/proportion.h"

static const struct tare_tools_opts opts = {
    .baseline = TARE_ARM_STRICT, .confidence = 0.95, .resamples = 200, .seed = 1};

static struct tare_tools_report *lab_with(struct tare_str jsonl, struct tare_tools_masks *masks,
                                          struct tare_arena *arena)
{
    struct tare_tools_opts with = opts;
    with.masks = masks;
    struct tare_tools_recordings rec;
    struct tare_tools_report *out = TARE_NEW(arena, struct tare_tools_report);
    struct tare_err err = {0};
    enum tare_status st = tare_tools_recordings_read(jsonl, arena, &rec, &err);
    if (st == TARE_OK)
        st = tare_tools_experiment(&rec, &with, arena, out, &err);
    if (st != TARE_OK)
        fail_msg("line %u: %s", err.line, err.text);
    return out;
}

static struct tare_tools_report *lab(struct tare_str jsonl, struct tare_arena *arena)
{
    return lab_with(jsonl, NULL, arena);
}

/* Masks over every byte and some longer tokens, one of which reaches over the end of a call. */
static struct tare_tools_masks *open_masks(struct tare_arena *arena)
{
    static const char *const longer[] = {"{\"",         "\": ",  "name",  "arguments", "\"}}\n</",
                                         "<tool_call>", "order", "A-100", "\", \"",    "}}"};
    static char bytes[256];
    struct tare_vocab_token t[280] = {{{0}, 0}};
    const struct tare_guide_vocab *tables;
    const struct tare_vocab *v;
    struct tare_tools_masks *m;
    uint32_t n = 0;
    for (unsigned b = 0; b < 256; b++) {
        bytes[b] = (char)b;
        t[n++].bytes = tare_str_n(bytes + b, 1);
    }
    for (size_t i = 0; i < sizeof longer / sizeof *longer; i++)
        t[n++].bytes = tare_str_of(longer[i]);
    t[n++] = (struct tare_vocab_token){TARE_S("<end>"), TARE_VOCAB_SPECIAL | TARE_VOCAB_END};
    assert_int_equal(tare_vocab_make(t, n, 0, arena, &v, NULL), TARE_OK);
    assert_int_equal(tare_guide_vocab_open(v, arena, &tables, NULL), TARE_OK);
    assert_int_equal(tare_tools_masks_open(v, tables, NULL, NULL, arena, &m, NULL), TARE_OK);
    return m;
}

static struct tare_tools_report *scripted_with(const struct tare_tools_script *s,
                                               struct tare_tools_masks *masks,
                                               struct tare_arena *arena)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_GIB);
    struct tare_err err = {0};
    assert_int_equal(tare_tools_script_write(s, masks, &b, &err), TARE_OK);
    struct tare_str text = tare_arena_copy(arena, tare_buf_str(&b));
    assert_false(b.failed);
    tare_buf_free(&b);
    return lab_with(text, masks, arena);
}

static struct tare_tools_report *scripted(const struct tare_tools_script *s,
                                          struct tare_arena *arena)
{
    return scripted_with(s, NULL, arena);
}

/* Over many scripts, 95 % intervals hold the known rates in 93 to 99.5 % of cases (Wilson's is
 * conservative near 0), and no known rate is missed by more than five of its errors. */
static void test_known_rates(void **state)
{
    uint64_t covered = 0, all = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct tare_tools_script s = {.trailing_comma = 0.05,
                                      .wrong_type = 0.04,
                                      .missing_argument = 0.02,
                                      .truncate = 0.02,
                                      .no_call = 0.03,
                                      .wrong_tool = 0.02,
                                      .reorder = 0.04,
                                      .seed = seed,
                                      .episodes = 300,
                                      .seeds = 1};
        struct tare_arena arena;
        tare_arena_init(&arena, NULL, TARE_GIB);
        struct tare_tools_report *r = scripted(&s, &arena);
        for (int a = 0; a < TARE_TOOLS_ARMS; a++)
            for (int k = 0; k < TARE_TOOLS_RATES; k++) {
                const struct tare_tools_share *x = &r->arm[a].rate[k];
                double p =
                    tare_tools_script_rate(&s, (enum tare_tools_arm)a, (enum tare_tools_rate)k);
                if (isnan(p) || p <= 0) {
                    assert_true(isnan(p) || x->k == 0);
                    continue;
                }
                double got = (double)x->k / (double)x->n;
                if (fabs(got - p) > 5 * sqrt(p * (1 - p) / (double)x->n))
                    fail_msg("%s of %s is %g, known %g",
                             tare_tools_rate_name((enum tare_tools_rate)k),
                             tare_tools_arm_name((enum tare_tools_arm)a), got, p);
                covered += p >= x->wilson.lo && p <= x->wilson.hi;
                all++;
            }
        tare_arena_free(&arena);
    }
    double share = (double)covered / (double)all;
    if (share < 0.93 || share > 0.995)
        fail_msg("intervals cover %g", share);
}

/* The rates of the sheet, 5 % commas and 2 % reorders: within their binomial interval (99.9 %), and
 * a model that errs more often is not. */
static void test_stub(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct tare_tools_script s = {
            .trailing_comma = 0.05, .reorder = 0.02, .seed = seed, .episodes = 1000, .seeds = 1};
        struct tare_tools_script worse = s;
        struct tare_arena arena;
        tare_arena_init(&arena, NULL, TARE_GIB);
        worse.trailing_comma = 0.09;
        worse.reorder = 0.06;
        const struct tare_tools_row *got = &scripted(&s, &arena)->arm[TARE_ARM_LENIENT];
        const struct tare_tools_row *more = &scripted(&worse, &arena)->arm[TARE_ARM_LENIENT];
        struct tare_tools_share comma = got->rate[TARE_RATE_REPAIRED];
        struct tare_tools_share order = got->rate[TARE_RATE_ORDER];
        assert_int_equal(comma.n, 2000);
        assert_int_equal(order.n, 1000);
        struct tare_interval c = tare_clopper_pearson((struct tare_count){comma.k, comma.n}, 0.999);
        struct tare_interval o = tare_clopper_pearson((struct tare_count){order.k, order.n}, 0.999);
        assert_true(c.lo <= 0.05 && 0.05 <= c.hi);
        assert_true(o.lo <= 0.02 && 0.02 <= o.hi);
        comma = more->rate[TARE_RATE_REPAIRED];
        order = more->rate[TARE_RATE_ORDER];
        c = tare_clopper_pearson((struct tare_count){comma.k, comma.n}, 0.999);
        o = tare_clopper_pearson((struct tare_count){order.k, order.n}, 0.999);
        assert_true(c.lo > 0.05 && o.lo > 0.02);
        tare_arena_free(&arena);
    }
}

/* Without faults every arm succeeds always, and nothing sets them apart. */
static void test_no_faults(void **state)
{
    struct tare_tools_script s = {.seed = 3, .episodes = 40, .seeds = 2};
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_tools_report *r = scripted(&s, &arena);
    assert_int_equal(r->pairs, 80);
    assert_int_equal(r->seeds, 2);
    for (int a = 0; a < TARE_TOOLS_ARMS; a++) {
        assert_int_equal(r->arm[a].rate[TARE_RATE_SUCCESS].k, 80);
        assert_int_equal(r->arm[a].rate[TARE_RATE_ORDER].k, 0);
        if (a != TARE_ARM_STRICT)
            assert_true(r->arm[a].rate[TARE_RATE_SUCCESS].p >= 1 - 1e-12);
    }
    tare_arena_free(&arena);
}

/* A model bent by real masks fails exactly as the regimes are defined to: every rate is that of the
 * script that assumes it, and no text that a mask wrote would have been changed by one. */
static void test_steered(void **state)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct tare_tools_script s = {.trailing_comma = 0.1,
                                      .wrong_type = 0.1,
                                      .missing_argument = 0.1,
                                      .truncate = 0.05,
                                      .no_call = 0.1,
                                      .wrong_tool = 0.05,
                                      .reorder = 0.2,
                                      .seed = seed,
                                      .episodes = 60,
                                      .seeds = 1};
        struct tare_arena arena;
        (void)state;
        tare_arena_init(&arena, NULL, TARE_GIB);
        struct tare_tools_masks *m = open_masks(&arena);
        struct tare_tools_report *want = scripted(&s, &arena);
        struct tare_tools_report *got = scripted_with(&s, m, &arena);
        for (int a = 0; a < TARE_TOOLS_ARMS; a++)
            for (int k = 0; k < TARE_TOOLS_RATES; k++) {
                assert_int_equal(got->arm[a].rate[k].k, want->arm[a].rate[k].k);
                assert_int_equal(got->arm[a].rate[k].n, want->arm[a].rate[k].n);
            }
        assert_true(got->masks && !want->masks);
        assert_int_equal(got->arm[TARE_ARM_CONSTRAINED].masked.messages, 120);
        assert_int_equal(got->arm[TARE_ARM_CONSTRAINED].masked.changed, 0);
        assert_true(got->arm[TARE_ARM_CONSTRAINED].masked.forced > 0);
        assert_int_equal(got->arm[TARE_ARM_CONSTRAINED].rate[TARE_RATE_MALFORMED].k, 0);
        tare_tools_masks_close(m);
        tare_arena_free(&arena);
    }
}

#define DEFAULTS                                                                                   \
    "{\"defaults\":{\"dialect\":\"hermes\",\"tools\":[{\"name\":\"f\",\"parameters\":{\"type\":"   \
    "\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]}}]}}\n"

/* An arm that nobody recorded is replayed; where it would have interfered nothing is claimed. */
static void test_replayed(void **state)
{
    static const char text[] = DEFAULTS
        "{\"id\":\"good\",\"messages\":[{\"text\":\"<tool_call>{\\\"name\\\":\\\"f\\\","
        "\\\"arguments"
        "\\\":{\\\"a\\\":1}}</"
        "tool_call>\",\"expect\":[{\"name\":\"f\",\"arguments\":{\"a\":1}}]}]}\n"
        "{\"id\":\"comma\",\"messages\":[{\"text\":\"<tool_call>{\\\"name\\\":\\\"f\\\","
        "\\\"arguments\\\":{\\\"a\\\":1,}}</tool_call>\",\"expect\":[{\"name\":\"f\"}]}]}\n"
        "{\"id\":\"none\",\"messages\":[{\"text\":\"Hm.\",\"expect\":[{\"name\":\"f\"}]}]}\n";
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_tools_report *r = lab(TARE_S(text), &arena);
    assert_int_equal(r->arm[TARE_ARM_STRICT].rate[TARE_RATE_SUCCESS].k, 1);
    assert_int_equal(r->arm[TARE_ARM_STRICT].rate[TARE_RATE_MALFORMED].k, 1);
    assert_int_equal(r->arm[TARE_ARM_STRICT].rate[TARE_RATE_MISSED].k, 1);
    assert_int_equal(r->arm[TARE_ARM_LENIENT].rate[TARE_RATE_SUCCESS].k, 2);
    assert_int_equal(r->arm[TARE_ARM_REQUIRED].unknown, 1);
    assert_int_equal(r->arm[TARE_ARM_NAMED].unknown, 1);
    assert_int_equal(r->arm[TARE_ARM_REQUIRED].rate[TARE_RATE_SUCCESS].k, 2);
    assert_int_equal(r->arm[TARE_ARM_CONSTRAINED].unknown, 2);
    assert_int_equal(r->arm[TARE_ARM_CONSTRAINED].rate[TARE_RATE_SUCCESS].k, 1);
    assert_int_equal(r->arm[TARE_ARM_CONSTRAINED].rate[TARE_RATE_SUCCESS].n, 1);
    assert_false(r->arm[TARE_ARM_CONSTRAINED].recorded);
    tare_arena_free(&arena);
}

#define CALL(args)                                                                                 \
    "<tool_call>\\n{\\\"name\\\": \\\"f\\\", \\\"arguments\\\": " args "}\\n</tool_call>"
#define EPISODE(id, text, more)                                                                    \
    "{\"id\":\"" id "\",\"messages\":[{\"text\":\"" text "\",\"expect\":[{\"name\":\"f\"}]" more   \
    "}]}\n"

/* Recorded texts: what a mask would have changed, and how much of the model it left. */
static void test_looked_at(void **state)
{
    static const char text[] = DEFAULTS EPISODE("good", CALL("{\\\"a\\\": 1}"), "")
        EPISODE("thought", "<think>say <tool_call>x</think>I look. " CALL("{\\\"a\\\": -12}"), "")
            EPISODE("two", CALL("{\\\"a\\\": 1}") CALL("{\\\"a\\\": 2, \\\"b\\\": []}"), "")
                EPISODE("cut", "<tool_call>{\\\"name\\\": \\\"f\\\", \\\"argu", "")
                    EPISODE("comma", CALL("{\\\"a\\\": 1,}"), "")
                        EPISODE("typed", CALL("{\\\"a\\\": \\\"1\\\"}"), "")
                            EPISODE("missing", CALL("{}"), "") EPISODE("none", "Hm.", "");
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_tools_masks *m = open_masks(&arena);
    struct tare_tools_report *r = lab_with(TARE_S(text), m, &arena);
    const struct tare_tools_row *row = &r->arm[TARE_ARM_CONSTRAINED];
    assert_int_equal(row->masked.messages, 8);
    assert_int_equal(row->masked.changed, 4);
    assert_int_equal(row->unknown, 4);
    assert_int_equal(row->masked.masses, 0);
    assert_non_null(row->mass_mean.why);
    tare_tools_masks_close(m);
    tare_arena_free(&arena);
}

/* The mass of allowed tokens, where alternatives were recorded: e^-0.1 at one and e^-1 at the token
 * the mask would not have let the model write. */
static void test_mass(void **state)
{
    static const char text[] = DEFAULTS EPISODE(
        "comma", CALL("{\\\"a\\\": 1,}"),
        ",\"logprobs\":[{\"token\":\"<tool_call>\\n{\\\"name\\\": \\\"f\\\", "
        "\\\"arguments\\\": {\\\"a\\\": \"},{\"token\":\"1\",\"top_logprobs\":[{\"token\":\"1\","
        "\"logprob\":-0.1},{\"token\":\"x\",\"logprob\":-3}]},{\"token\":\",\",\"top_logprobs\":[{"
        "\"token\":\",}\",\"logprob\":-0.6},{\"token\":\"}\",\"logprob\":-1}]},{\"token\":"
        "\"}}\\n</tool_call>\"}]");
    static const char torn[] =
        DEFAULTS EPISODE("x", CALL("{\\\"a\\\": 1}"), ",\"logprobs\":[{\"token\":\"<tool\"}]");
    struct tare_tools_recordings rec;
    struct tare_tools_opts with = opts;
    struct tare_arena arena;
    struct tare_err err = {0};
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_tools_masks *m = open_masks(&arena);
    struct tare_tools_report *r = lab_with(TARE_S(text), m, &arena);
    const struct tare_tools_row *row = &r->arm[TARE_ARM_CONSTRAINED];
    assert_int_equal(row->masked.changed, 1);
    assert_int_equal(row->masked.masses, 2);
    assert_true(fabs(row->mass_mean.v - (exp(-0.1) + exp(-1)) / 2) < 1e-12);
    assert_true(fabs(row->mass_min.v - exp(-1)) < 1e-12);
    assert_int_equal(tare_tools_recordings_read(TARE_S(torn), &arena, &rec, &err), TARE_OK);
    with.masks = m;
    assert_int_equal(tare_tools_experiment(&rec, &with, &arena, r, &err), TARE_E_INPUT);
    tare_tools_masks_close(m);
    tare_arena_free(&arena);
}

/* Ten attempts at one workflow, all of them bettered: for ten workflows that is much, for one it is
 * nothing that chance could not do. */
static void test_workflows(void **state)
{
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    for (int one = 0; one < 2; one++) {
        struct tare_buf b;
        tare_buf_init(&b, NULL, TARE_MIB);
        tare_buf_puts(&b, DEFAULTS);
        for (int i = 0; i < 10; i++)
            tare_buf_printf(
                &b,
                "{\"id\":\"e%d\",\"seed\":%d,\"messages\":[{\"text\":\"" CALL(
                    "{\\\"a\\\": 1,}") "\",\"expect\":[{\"name\":\"f\"}],"
                                       "\"tokens\":30,\"first_ms\":%d,\"max_tokens\":%d}]}\n",
                one ? 0 : i, i, 10 * i, i ? 100 : 37);
        struct tare_tools_report *r = lab(tare_buf_str(&b), &arena);
        const struct tare_tools_share *s = &r->arm[TARE_ARM_LENIENT].rate[TARE_RATE_SUCCESS];
        const struct tare_tools_share *m = &r->arm[TARE_ARM_LENIENT].rate[TARE_RATE_MALFORMED];
        assert_int_equal(r->workflows, one ? 1 : 10);
        assert_int_equal(s->k, 10);
        assert_true(fabs(s->p_mcnemar - 1.0 / 512) < 1e-12);
        assert_true(fabs(s->p - (one ? 1 : 1.0 / 512)) < 1e-12);
        assert_true(fabs(m->p - (one ? 1 : 1.0 / 512)) < 1e-12);
        assert_true(fabs(m->p_holm - (one ? 1 : 3.0 / 512)) < 1e-12); /* no arm was masked */
        assert_true(r->arm[TARE_ARM_LENIENT].success_tokens.v == 30);
        assert_non_null(r->arm[TARE_ARM_STRICT].success_tokens.why);
        assert_true(r->arm[TARE_ARM_STRICT].first_ms.v == 45);
        assert_true(r->arm[TARE_ARM_STRICT].limited == 10 && r->arm[TARE_ARM_STRICT].near == 1);
        tare_buf_free(&b);
    }
    tare_arena_free(&arena);
}

#define RECORDED(regime, id, text)                                                                 \
    "{\"id\":\"" id "\",\"regime\":\"" regime "\",\"policy\":{\"order\":[{\"rule\":"               \
    "\"at_most_once\",\"a\":\"f\"}]},\"messages\":[{\"text\":\"" text                              \
    "\",\"expect\":[{\"name\":\"f\"}]},{\"text\":\"" CALL("{\\\"a\\\": 2}") "\"}]}\n"

/* A recorded regime is held to what it promises; the rules are counted one by one. */
static void test_promise(void **state)
{
    static const char text[] = DEFAULTS RECORDED("auto", "x", "No.") RECORDED("auto", "y", "No.")
        RECORDED("constrained", "x", CALL("{\\\"a\\\": 1}"))
            RECORDED("constrained", "y", CALL("{\\\"a\\\": \\\"1\\\"}"))
                RECORDED("required", "x", "No.")
                    RECORDED("required", "y", CALL("{\\\"a\\\": \\\"1\\\"}"))
                        RECORDED("named", "x", CALL("{\\\"a\\\": 1}"));
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_tools_report *r = lab(TARE_S(text), &arena);
    static const struct {
        enum tare_tools_arm arm;
        uint64_t promised, broken, breaches;
    } want[] = {{TARE_ARM_STRICT, 0, 0, 0},
                {TARE_ARM_REQUIRED, 2, 1, 1},
                {TARE_ARM_NAMED, 1, 0, 1},
                {TARE_ARM_CONSTRAINED, 2, 1, 2}};
    assert_int_equal(r->n_rules, 1);
    assert_true(tare_str_is(r->rule[0].says, "call f at most once"));
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_int_equal(r->arm[want[i].arm].promised, want[i].promised);
        assert_int_equal(r->arm[want[i].arm].broken, want[i].broken);
        assert_int_equal(r->rule[0].arm[want[i].arm].breaches, want[i].breaches);
    }
    assert_int_equal(r->rule[0].arm[TARE_ARM_STRICT].episodes, 2);
    tare_arena_free(&arena);
}

/* One case with and without another factor: two pairs, told apart. */
static void test_factors(void **state)
{
    static const char text[] =
        DEFAULTS "{\"id\":\"x\",\"factor\":\"few\",\"messages\":[{\"text\":\"" CALL(
            "{\\\"a\\\": 1}") "\",\"expect\":[{\"name\":\"f\"}]}]}\n"
                              "{\"id\":\"x\",\"factor\":\"many\",\"messages\":[{\"text\":\"No.\","
                              "\"expect\":[{\"name\":\"f\"}]}]}\n";
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_tools_report *r = lab(TARE_S(text), &arena);
    assert_int_equal(r->pairs, 2);
    assert_int_equal(r->n_factors, 2);
    assert_true(tare_str_is(r->factor[0].name, "few") && tare_str_is(r->factor[1].name, "many"));
    assert_true(r->factor[0].arm[TARE_ARM_STRICT].k == 1 && r->factor[0].arm[0].n == 1);
    assert_true(r->factor[1].arm[TARE_ARM_STRICT].k == 0 && r->factor[1].arm[0].n == 1);
    assert_int_equal(r->factor[1].arm[TARE_ARM_REQUIRED].n, 0); /* unknown */
    tare_arena_free(&arena);
}

#define TOOL                                                                                       \
    "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":"     \
    "\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}}}}}]"
#define SAID(arguments)                                                                            \
    "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"c\",\"function\":{"        \
    "\"name\":"                                                                                    \
    "\"f\",\"arguments\":" arguments "}}]}"

/* Logs of chats: what the assistant said becomes the messages, tools' answers their results. */
static void test_chats(void **state)
{
    static const char text[] =
        "{" TOOL
        ",\"policy\":{\"order\":[{\"rule\":\"required\",\"a\":\"f\"}]},\"messages\":[{\"role\":"
        "\"user\",\"content\":\"go\"}," SAID(
            "\"{\\\"a\\\": 1}\"") ",{\"role\":\"tool\",\"content\":\"{\\\"ok\\\": 1}\"},{\"role\":"
                                  "\"assistant\",\"content\":[{\"type\":\"text\",\"text\":"
                                  "\"Done.\"}]}]}\n"
                                  "{\"custom_id\":\"cut\",\"request\":{\"body\":{" TOOL
                                  ",\"messages\":[{\"role\":\"user\",\"content\":\"go\"}]}},"
                                  "\"response\":{\"body\":{\"choices\":"
                                  "[{\"finish_reason\":\"length\",\"message\":" SAID(
                                      "\"{\\\"a\\\": 1\"") "}]}}}\n"
                                                           "{\"key\":\"k\",\"request\":{" TOOL
                                                           ",\"messages\":[{\"role\":\"user\","
                                                           "\"content\":\"go\"}," SAID(
                                                               "\"\"") "]},\"reply\":{\"message\":{"
                                                                       "\"content\":\"\",\"tool_"
                                                                       "calls\":[{\"name\":\"f\","
                                                                       "\"arguments\":\"{\\\"a\\\":"
                                                                       " 2}\"}]},\"finish\":\"tool_"
                                                                       "calls\"}}\n"
                                                                       "{\"id\":7," TOOL
                                                                       ",\"messages\":[" SAID(
                                                                           "{\"a\":\"1\"}") "]}\n";
    struct tare_arena arena;
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    const struct tare_tools_row *row = &lab(TARE_S(text), &arena)->arm[TARE_ARM_LENIENT];
    assert_int_equal(row->episodes, 4);
    assert_int_equal(row->rate[TARE_RATE_SUCCESS].k, 2);
    assert_int_equal(row->rate[TARE_RATE_TRUNCATED].k, 1);
    assert_int_equal(row->rate[TARE_RATE_REPAIRED].k, 0);
    assert_int_equal(row->rate[TARE_RATE_ARGUMENTS].k, 1);
    assert_int_equal(row->rate[TARE_RATE_ARGUMENTS].n, 3);
    struct tare_tools_recordings rec;
    struct tare_err err = {0};
    assert_int_equal(tare_tools_recordings_read(TARE_S(text), &arena, &rec, &err), TARE_OK);
    assert_true(tare_str_is(rec.v[0].id, "line 1") && tare_str_is(rec.v[1].id, "cut"));
    assert_true(tare_str_is(rec.v[2].id, "k") && tare_str_is(rec.v[3].id, "7"));
    struct tare_json m = tare_json_first(rec.v[0].messages);
    assert_true(tare_json_str_is(tare_json_get(m, "input"), "go"));
    assert_true(tare_json_str_is(tare_json_get(tare_json_next(m), "text"), "Done."));
    struct tare_json result = tare_json_first(tare_json_get(m, "results"));
    assert_int_equal(tare_json_kind(tare_json_get(result, "content")), TARE_JSON_OBJECT);
    tare_arena_free(&arena);
}

struct failing {
    struct tare_alc alc;
    long requests, refuse_at, live;
};

static void *failing_get(void *ctx, size_t n)
{
    struct failing *f = ctx;
    void *p = f->requests++ >= f->refuse_at ? NULL : malloc(n);
    f->live += p != NULL;
    return p;
}

static void failing_put(void *ctx, void *p, size_t n)
{
    struct failing *f = ctx;
    (void)n;
    f->live--;
    free(p);
}

static enum tare_status lab_once(struct tare_str text, const struct tare_alc *alc,
                                 struct tare_arena *arena)
{
    struct tare_vocab_token t[256] = {{{0}, 0}};
    static char bytes[256];
    const struct tare_guide_vocab *tables;
    const struct tare_vocab *v;
    struct tare_tools_masks *m = NULL;
    struct tare_tools_recordings rec;
    struct tare_tools_opts with = opts;
    struct tare_tools_report *out = TARE_NEW(arena, struct tare_tools_report);
    for (unsigned b = 0; b < 256; b++) {
        bytes[b] = (char)b;
        t[b].bytes = tare_str_n(bytes + b, 1);
    }
    enum tare_status st = out ? tare_vocab_make(t, 256, 0, arena, &v, NULL) : TARE_E_NOMEM;
    if (st == TARE_OK)
        st = tare_guide_vocab_open(v, arena, &tables, NULL);
    if (st == TARE_OK)
        st = tare_tools_masks_open(v, tables, NULL, alc, arena, &m, NULL);
    with.masks = m;
    if (st == TARE_OK)
        st = tare_tools_recordings_read(text, arena, &rec, NULL);
    if (st == TARE_OK)
        st = tare_tools_experiment(&rec, &with, arena, out, NULL);
    tare_tools_masks_close(m);
    return st;
}

/* Memory that runs out at any request, of the lab or of its masks, is reported; nothing is lost. */
static void test_memory(void **state)
{
    static const char text[] =
        DEFAULTS EPISODE("good", CALL("{\\\"a\\\": 1}"), "") EPISODE("none", "Hm.", "");
    (void)state;
    for (long at = 0;; at++) {
        struct failing f = {.alc = {.get = failing_get, .put = failing_put, .ctx = &f},
                            .refuse_at = at};
        struct tare_arena arena;
        tare_arena_init(&arena, &f.alc, TARE_GIB);
        enum tare_status st = lab_once(TARE_S(text), &f.alc, &arena);
        tare_arena_free(&arena);
        assert_int_equal(f.live, 0);
        if (st == TARE_OK) {
            assert_true(at > 5);
            break;
        }
        assert_int_equal(st, TARE_E_NOMEM);
    }
}

static void refuse(const char *text, uint32_t line)
{
    struct tare_tools_recordings rec;
    struct tare_err err = {0};
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, TARE_GIB);
    assert_int_equal(tare_tools_recordings_read(tare_str_of(text), &arena, &rec, &err),
                     TARE_E_INPUT);
    assert_int_equal(err.line, line);
    tare_arena_free(&arena);
}

static void test_refused(void **state)
{
    (void)state;
    refuse("{\"id\":\"x\",\"messages\":[]}\n", 1);
    refuse(DEFAULTS "{\"messages\":[]}\n", 2);
    refuse(DEFAULTS "{\"id\":\"x\"}\n", 2);
    refuse(DEFAULTS "{\"id\":\"x\",\"messages\":[{}]}\n", 2);
    refuse(DEFAULTS "{\"id\":\"x\",\"regime\":\"free\",\"messages\":[]}\n", 2);
    refuse(DEFAULTS "{\"messages\":[{\"role\":\"poet\"}]}\n", 2);
    refuse(DEFAULTS "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}\n", 2);
    refuse("{\"defaults\":{\"tools\":[{\"name\":\"f\",\"parameters\":{\"type\":7}}]}}\n", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_rates), cmocka_unit_test(test_no_faults),
        cmocka_unit_test(test_steered),     cmocka_unit_test(test_replayed),
        cmocka_unit_test(test_looked_at),   cmocka_unit_test(test_mass),
        cmocka_unit_test(test_memory),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_stub),        cmocka_unit_test(test_workflows),
        cmocka_unit_test(test_promise),     cmocka_unit_test(test_chats),
        cmocka_unit_test(test_factors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
