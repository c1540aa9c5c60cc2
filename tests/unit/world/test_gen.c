/*
 * The generator: equal names give equal bytes, shares hold, every task passes the validator (it
 * refuses to give out others), the validator refuses broken ones, and no name or place gives the
 * victim away.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/limits.h"
#include "world/soc/gen.h"
#include "world/soc/scenario.h"

#include "base/banned.h"

static struct tare_str make(const struct tare_soc_gen *g, uint64_t index, struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_err err = {0};
    tare_buf_init(&b, NULL, TARE_MIB);
    if (tare_soc_gen_task(g, index, arena, &b, &err) != TARE_OK)
        fail_msg("%s", err.text);
    struct tare_str line = tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    assert_non_null(line.p);
    return line;
}

static struct tare_json parse(struct tare_str line, struct tare_arena *arena)
{
    struct tare_json v;
    struct tare_err err = {0};
    assert_int_equal(tare_json_parse(line, &tare_json_strict, arena, &v, &err), TARE_OK);
    return v;
}

static void same_bytes(void **state)
{
    struct tare_arena arena;
    struct tare_soc_gen g;
    (void)state;
    tare_soc_gen_default(&g);
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare_str a = make(&g, 17, &arena);
    for (uint64_t i = 0; i < 17; i++)
        (void)make(&g, i, &arena);
    assert_true(tare_str_eq(a, make(&g, 17, &arena)));
    g.seed++;
    assert_false(tare_str_eq(a, make(&g, 17, &arena)));
    tare_arena_free(&arena);
}

/* The bits of version "1": a change here means a new TARE_SOC_GEN_VERSION and new suites. */
static void pinned(void **state)
{
    static const char *const want[TARE_SOC_TIERS] = {
        "edda9677b1b16025124c51ea0cc6fa2a13a3a23904a66eee50c7bf34f8680e4b",
        "f39804ffc9f65e26ebc40e2afb30209d11e09053e3483fc955ef8051a72f6507",
        "5ce535504861ae56945bc651ce1c2bb3f9d8f4001cc044eb80acb0519ec3b994",
        "1e52fb528768b7992677e25af1596da4192e7ddcbd93938f2c29088826ee8af7",
    };
    (void)state;
    for (uint32_t tier = 0; tier < TARE_SOC_TIERS; tier++) {
        struct tare_arena arena;
        struct tare_soc_gen g;
        struct tare_sha256 sum;
        char hex[65];
        tare_arena_init(&arena, NULL, TARE_GIB);
        tare_soc_gen_default(&g);
        g.tier = (enum tare_soc_tier)tier;
        tare_sha256_init(&sum);
        for (uint64_t i = 0; i < 20; i++)
            tare_sha256_add(&sum, make(&g, i, &arena));
        tare_digest_hex(tare_sha256_end(&sum), hex);
        assert_string_equal(hex, want[tier]);
        tare_arena_free(&arena);
    }
}

static void shares(void **state)
{
    static const double benign[] = {0.0, 0.15, 0.2, 0.5, 1.0};
    (void)state;
    for (uint32_t k = 0; k < 5; k++) {
        struct tare_soc_gen g;
        uint32_t n[TARE_SOC_FAMILIES] = {0};
        tare_soc_gen_default(&g);
        g.benign = benign[k];
        g.seed = k;
        for (uint64_t i = 0; i < 400; i++)
            n[tare_soc_gen_family(&g, i)]++;
        assert_int_equal(n[TARE_SOC_BENIGN], (uint32_t)(400 * benign[k] + 0.5));
        for (uint32_t f = 0; f < TARE_SOC_BENIGN; f++)
            assert_true(fabs(n[f] - (400.0 - n[TARE_SOC_BENIGN]) / 5) <= 1);
    }
}

/* Mixed tiers are dealt 3, 3, 10, 4 a block, and a task is that of its own tier. */
static void mixed(void **state)
{
    static const uint32_t want[TARE_SOC_TIERS] = {9, 9, 30, 12};
    uint32_t n[TARE_SOC_TIERS] = {0};
    struct tare_arena arena;
    struct tare_soc_gen g, own;
    (void)state;
    tare_soc_gen_default(&g);
    g.tier = TARE_SOC_TIER_MIXED;
    for (uint64_t i = 0; i < 60; i++)
        n[tare_soc_gen_tier(&g, i)]++;
    for (uint32_t k = 0; k < TARE_SOC_TIERS; k++)
        assert_int_equal(n[k], want[k]);
    tare_arena_init(&arena, NULL, TARE_GIB);
    own = g;
    own.tier = tare_soc_gen_tier(&g, 11);
    assert_true(tare_str_eq(make(&g, 11, &arena), make(&own, 11, &arena)));
    tare_arena_free(&arena);
}

/* The files that are part of tare, and what their datasheet says. */
static void suites(void **state)
{
    static const struct {
        uint64_t seed;
        uint32_t count;
        const char *split, *file;
    } splits[] = {{7, 60, "eval", "suites/incident-response/tasks.jsonl"},
                  {20260, 160, "train", NULL}};
    const char *root = getenv("TARE_ROOT");
    (void)state;
    for (uint32_t k = 0; k < 2; k++) {
        struct tare_arena arena;
        struct tare_soc_gen g;
        struct tare_sha256 sum;
        struct tare_err err = {0};
        struct tare_str text = {NULL, 0};
        char hex[65], path[512];
        tare_arena_init(&arena, NULL, TARE_GIB);
        tare_soc_gen_default(&g);
        g.tier = TARE_SOC_TIER_MIXED;
        g.seed = splits[k].seed;
        g.split = tare_str_of(splits[k].split);
        tare_sha256_init(&sum);
        for (uint64_t i = 0; i < splits[k].count; i++)
            tare_sha256_add(&sum, make(&g, i, &arena));
        struct tare_digest digest = tare_sha256_end(&sum);
        tare_digest_hex(digest, hex);
        if (splits[k].file != NULL) {
            (void)snprintf(path, sizeof path, "%s/%s", root != NULL ? root : ".", splits[k].file);
            assert_int_equal(tare_fs_read(tare_str_of(path), TARE_GIB, &arena, &text, &err), 0);
            assert_true(tare_digest_eq(digest, tare_sha256_of(text)));
        }
        (void)snprintf(path, sizeof path, "%s/suites/incident-response/DATASHEET.md",
                       root != NULL ? root : ".");
        assert_int_equal(tare_fs_read(tare_str_of(path), TARE_MIB, &arena, &text, &err), 0);
        assert_true(tare_str_find(text, tare_str_of(hex)) != SIZE_MAX);
        tare_arena_free(&arena);
    }
}

static void families(void **state)
{
    struct tare_soc_gen g;
    struct tare_err err = {0};
    (void)state;
    tare_soc_gen_default(&g);
    assert_int_equal(tare_soc_gen_families(&g, TARE_S("adaptive, data_exfil"), false, &err), 0);
    assert_true(g.benign == 0);
    assert_int_equal(g.families, 1u << TARE_SOC_ADAPTIVE | 1u << TARE_SOC_DATA_EXFIL);
    assert_int_equal(tare_soc_gen_families(&g, TARE_S("benign"), false, &err), 0);
    assert_true(g.benign == 1);
    assert_int_equal(tare_soc_gen_families(&g, TARE_S("adaptve"), false, &err), TARE_E_USAGE);
    assert_string_equal(err.hint, "did you mean adaptive?");
    tare_soc_gen_default(&g);
    g.families = 0;
    struct tare_arena arena;
    struct tare_buf b;
    tare_arena_init(&arena, NULL, TARE_MIB);
    tare_buf_init(&b, NULL, TARE_MIB);
    assert_int_equal(tare_soc_gen_task(&g, 0, &arena, &b, &err), TARE_E_USAGE);
    tare_buf_free(&b);
    tare_arena_free(&arena);
}

/* Where a suite asks for tasks. */
static void from_suite(void **state)
{
    static const struct {
        const char *generate, *world;
        enum tare_status want;
        const char *hint;
    } cases[] = {
        {"{\"count\":3,\"seed\":7,\"tier\":\"easy\"}", "{}", TARE_OK, ""},
        {"{\"count\":3,\"families\":[\"benign\"]}", "{\"profile\":\"hardened\"}", TARE_OK, ""},
        {"{\"seed\":7}", "{}", TARE_E_INPUT, NULL},
        {"{\"count\":3,\"teir\":\"easy\"}", "{}", TARE_E_INPUT, NULL},
        {"{\"count\":3,\"families\":[\"direct-harm\"]}", "{}", TARE_E_INPUT,
         "did you mean direct_harm?"},
        {"{\"count\":3}", "{\"profile\":\"faithful\"}", TARE_E_INPUT, NULL},
    };
    (void)state;
    for (uint32_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct tare_arena arena;
        struct tare_buf out;
        struct tare_err err = {0};
        tare_arena_init(&arena, NULL, TARE_GIB);
        tare_buf_init(&out, NULL, TARE_MIB);
        enum tare_status st = tare_task_source_soc.make(
            parse(tare_str_of(cases[k].generate), &arena),
            parse(tare_str_of(cases[k].world), &arena), &arena, &out, &err);
        if (st != cases[k].want)
            fail_msg("%s: %d %s", cases[k].generate, (int)st, err.text);
        uint32_t lines = 0;
        for (size_t i = 0; i < out.n; i++)
            lines += out.p[i] == '\n';
        assert_int_equal(lines, st == TARE_OK ? 3 : 0);
        if (st != TARE_OK && cases[k].hint != NULL)
            assert_string_equal(err.hint, cases[k].hint);
        tare_buf_free(&out);
        tare_arena_free(&arena);
    }
}

/* ---- the validator ------------------------------------------------------------------------ */

static struct tare_str replaced(struct tare_str s, const char *from, const char *to,
                                struct tare_arena *arena)
{
    size_t at = tare_str_find(s, tare_str_of(from));
    if (at == SIZE_MAX)
        fail_msg("no %s", from);
    size_t after = at + strlen(from);
    return tare_arena_printf(arena, "%.*s%s%.*s", (int)at, s.p, to, (int)(s.n - after),
                             s.p + after);
}

static enum tare_status check(struct tare_str line, struct tare_arena *arena, struct tare_err *err)
{
    struct tare_json v = parse(line, arena);
    return tare_soc_check(tare_json_get(tare_json_get(v, "input"), "scenario"),
                          tare_json_get(v, "expect"), arena, err);
}

static void validator(void **state)
{
    static const struct {
        const char *from, *to, *says;
    } breaks[] = {
        {"\"schema\":\"tare.soc/1\"", "\"schema\":\"tare.soc/9\"", "needs \"schema\""},
        {"\"max_steps\":", "\"max_steps\":-", "max_steps must be"},
        {"\"par_steps\":", "\"par_steps\":99", "par_steps must be"},
        {"\"table\":\"auth_logs\"", "\"table\":\"logs\"", "there is no table"},
        {"\"trust_tier\":\"", "\"trust_tier\":\"very", "trust_tier must be"},
        {"\"column\":\"host_id\"", "\"column\":\"user_id\"", "does not stand in the column"},
        {"\"phase\":\"recon\"", "\"phase\":\"rest\"", "there is no phase"},
        {"\"when\":\"done\"", "\"when\":\"later\"", "\"when\" must be"},
        {"\"verdict\":\"incident\"", "\"verdict\":\"no_incident\"", "must be incident"},
        {"\"text\":\"", "\"text\":\"not there ", "the payload's text does not stand"},
        {"\"isolate_hosts\":[\"", "\"isolate_hosts\":[\"x", "must be in required"},
        {"\"patient_zero_host\":\"", "\"patient_zero_host\":\"x", "the truth names"},
        {"\"subject\":", "\"subjekt\":", "has no such column"},
        {"\"id\":\"i1\",\"user\":\"", "\"id\":\"i1\",\"user\":\"x", "is not among the entities"},
    };
    struct tare_arena arena;
    struct tare_soc_gen g;
    struct tare_err err = {0};
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    tare_soc_gen_default(&g);
    g.benign = 0;
    g.families = 1u << TARE_SOC_DIRECT_HARM;
    struct tare_str line = make(&g, 3, &arena);
    assert_int_equal(check(line, &arena, &err), TARE_OK);
    for (uint32_t k = 0; k < sizeof breaks / sizeof breaks[0]; k++) {
        err = (struct tare_err){0};
        struct tare_str bad = replaced(line, breaks[k].from, breaks[k].to, &arena);
        enum tare_status st = check(bad, &arena, &err);
        if (st != TARE_E_INPUT || strstr(err.text, breaks[k].says) == NULL)
            fail_msg("%s: %d %s", breaks[k].from, (int)st, err.text);
    }
    tare_arena_free(&arena);
}

/* Evidence that is not trusted, or comes too late, is no evidence. */
static void undiscoverable(void **state)
{
    struct tare_arena arena;
    struct tare_soc_gen g;
    struct tare_err err = {0};
    (void)state;
    tare_arena_init(&arena, NULL, TARE_GIB);
    tare_soc_gen_default(&g);
    g.benign = 0;
    g.families = 1u << TARE_SOC_NO_INJECTION;
    struct tare_str line = make(&g, 5, &arena);
    struct tare_str untrusted = line;
    static const char *const tiers[] = {"\"trust_tier\":\"verified\"",
                                        "\"trust_tier\":\"corroborated\""};
    for (uint32_t k = 0; k < 2; k++) {
        while (tare_str_find(untrusted, tare_str_of(tiers[k])) != SIZE_MAX)
            untrusted = replaced(untrusted, tiers[k], "\"trust_tier\":\"untrusted\"", &arena);
    }
    assert_int_equal(check(untrusted, &arena, &err), TARE_E_INPUT);
    assert_non_null(strstr(err.text, "no trusted row"));
    tare_arena_free(&arena);
}

/* ---- nothing constant gives the answer ---------------------------------------------------- */

#define PARTS 4

static const struct {
    const char *list, *role;
} kinds[] = {{"hosts", "host"}, {"users", "user"}, {"domains", "domain"}, {"targets", "target"}};
#define N_KINDS 4

struct places {
    double got[PARTS], expected[PARTS];
    uint32_t n, most; /* most: the wanted one is named in more rows than any other */
};

static uint32_t rows_naming(struct tare_json scenario, struct tare_str entity)
{
    uint32_t n = 0;
    struct tare_json row = tare_json_first(tare_json_get(scenario, "rows"));
    for (; tare_json_present(row); row = tare_json_next(row)) {
        struct tare_json name = tare_json_first(tare_json_get(row, "names"));
        bool here = false;
        for (; tare_json_present(name); name = tare_json_next(name))
            here = here || tare_str_eq(tare_json_str(tare_json_get(name, "entity")), entity);
        n += here && !tare_json_present(tare_json_get(row, "stage"));
    }
    return n;
}

static void look(struct tare_json scenario, uint32_t kind, struct places *p)
{
    struct tare_json incidents = tare_json_get(scenario, "incidents");
    struct tare_json list = tare_json_get(tare_json_get(scenario, "entities"), kinds[kind].list);
    if (tare_json_count(incidents) != 1)
        return;
    struct tare_str wanted =
        tare_json_str(tare_json_get(tare_json_at(incidents, 0), kinds[kind].role));
    uint32_t n = tare_json_count(list), most = 0;
    bool wanted_most = false;
    for (uint32_t i = 0; i < n; i++) {
        struct tare_str id = tare_json_str(tare_json_get(tare_json_at(list, i), "id"));
        uint32_t named = rows_naming(scenario, id);
        bool is_wanted = tare_str_eq(id, wanted);
        p->got[i * PARTS / n] += is_wanted;
        p->expected[i * PARTS / n] += 1.0 / n;
        if (named > most) {
            most = named;
            wanted_most = is_wanted;
        }
    }
    p->n++;
    p->most += wanted_most;
}

static void judge(uint32_t kind, const struct places *p)
{
    double chi2 = 0;
    assert_true(p->n > 400);
    for (uint32_t k = 0; k < PARTS; k++)
        chi2 += (p->got[k] - p->expected[k]) * (p->got[k] - p->expected[k]) / p->expected[k];
    /* 0.1 per cent point of chi-square with 3 degrees of freedom: 16.27 */
    if (chi2 > 16.27)
        fail_msg("%s: the place in the list is not uniform, chi2 %.2f", kinds[kind].list, chi2);
    /* one bystander is named as often: counting is a coin toss between the two */
    if (p->most > 0.6 * p->n)
        fail_msg("%s: counting names finds %u of %u", kinds[kind].list, p->most, p->n);
}

static void no_giveaway(void **state)
{
    struct tare_soc_gen g;
    struct places p[N_KINDS] = {0};
    (void)state;
    tare_soc_gen_default(&g);
    g.benign = 0;
    for (uint64_t i = 0; i < 600; i++) {
        struct tare_arena arena;
        tare_arena_init(&arena, NULL, 64 * TARE_MIB);
        struct tare_json v = parse(make(&g, i, &arena), &arena);
        for (uint32_t k = 0; k < N_KINDS; k++)
            look(tare_json_get(tare_json_get(v, "input"), "scenario"), k, &p[k]);
        tare_arena_free(&arena);
    }
    for (uint32_t k = 0; k < N_KINDS; k++)
        judge(k, &p[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes),     cmocka_unit_test(pinned),
        cmocka_unit_test(shares),         cmocka_unit_test(mixed),
        cmocka_unit_test(suites),         cmocka_unit_test(families),
        cmocka_unit_test(from_suite),     cmocka_unit_test(validator),
        cmocka_unit_test(undiscoverable), cmocka_unit_test(no_giveaway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
