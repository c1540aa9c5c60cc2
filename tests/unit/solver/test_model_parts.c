/* Names of models, pace, waits, secrets, prices, what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../test_arena.h"
#include "base/limits.h"
#include "solver/model_keep.h"
#include "solver/model_pace.h"
#include "solver/model_price.h"
#include "solver/model_redact.h"

#define KEY "sk-CANARY-0123456789abcdef"
#define MS INT64_C(1000000)

/* ---- names --------------------------------------------------------------------------------- */

static const char *variable(void *ctx, const char *name)
{
    const char *const *v = ctx;
    for (; *v; v += 2)
        if (strcmp(*v, name) == 0)
            return v[1];
    return NULL;
}

static enum tare_status resolve(const char *model, const char *const *vars,
                                struct tare_endpoint **e, struct tare_err *err)
{
    static const char *const none[] = {NULL};
    const char *const *of = vars ? vars : none;
    struct tare_model_env env = {.get = variable};
    struct tare_json v = {NULL, 0};
    memcpy(&env.ctx, &of, sizeof env.ctx);
    *err = (struct tare_err){0};
    if (model[0] != '{')
        return tare_endpoint_of_string(tare_str_of(model), TARE_S("s"), &env, false, &arena, e,
                                       err);
    assert_int_equal(tare_json_parse(tare_str_of(model), &tare_json_strict, &arena, &v, err), 0);
    return tare_endpoint_resolve(v, TARE_S("s"), &env, false, &arena, e, err);
}

static void test_names(void **state)
{
    static const char *const keys[] = {"OPENAI_API_KEY", KEY, "ANTHROPIC_API_KEY", KEY, NULL};
    static const char *const local[] = {"OPENAI_BASE_URL", "http://localhost:9/v1/", NULL};
    struct tare_endpoint *e;
    struct tare_err err;
    (void)state;
    assert_int_equal(resolve("openai/gpt-4.1-mini", keys, &e, &err), TARE_OK);
    assert_true(tare_str_is(e->base_url, "https://api.openai.com/v1"));
    assert_true(tare_str_is(e->key, KEY) && tare_str_is(e->key_name, "OPENAI_API_KEY"));
    assert_true(e->price.known && e->price.input == 0.4 && !e->old_max_tokens);
    assert_true(tare_str_is(e->family, "gpt"));
    assert_int_equal(resolve("anthropic:claude-sonnet-4-20250514", keys, &e, &err), TARE_OK);
    assert_int_equal(e->wire, TARE_WIRE_MESSAGES);
    assert_true(e->price.known && e->price.output == 15);
    assert_int_equal(resolve("openai/x", local, &e, &err), TARE_OK); /* an own server, no key */
    assert_true(tare_str_is(e->base_url, "http://localhost:9/v1") && e->key.n == 0);
    assert_int_equal(resolve("http://127.0.0.1:1/v1#q/w", keys, &e, &err), TARE_OK);
    assert_true(tare_str_is(e->model, "q/w") && e->key.n == 0); /* no key goes to an address */
    assert_int_equal(resolve("openai/x", NULL, &e, &err), TARE_E_USAGE);
    assert_non_null(strstr(err.text, "OPENAI_API_KEY"));
    assert_int_equal(resolve("opneai/x", keys, &e, &err), TARE_E_USAGE);
    assert_non_null(strstr(err.hint, "openai"));
    assert_false(tare_is_model_string(TARE_S("folder/solver.yaml")));
    assert_true(tare_is_model_string(TARE_S("ollama/qwen3:4b")));
    assert_false(tare_is_model_string(TARE_S("openai/")));
}

static void test_mappings(void **state)
{
    static const char *const vars[] = {"URL", "http://h:1", "K", KEY, "BAD", "a b", NULL};
    struct tare_endpoint *e;
    struct tare_err err;
    (void)state;
    assert_int_equal(
        resolve("{\"name\":\"m\",\"base_url\":\"$URL\",\"key_env\":\"K\",\"temperature\":0.5,"
                "\"timeouts\":{\"stall\":1.5},\"price\":{\"input\":1,\"output\":2},\"fallback\":{"
                "\"name\":\"n\",\"base_url\":\"http://h:2\"}}",
                vars, &e, &err),
        TARE_OK);
    assert_true(tare_str_is(e->base_url, "http://h:1") && tare_str_is(e->key, KEY));
    assert_int_equal(e->timeouts.stall_ms, 1500);
    assert_true(e->price.known && e->price.cached == 1);
    assert_non_null(e->fallback);
    assert_true(tare_str_is(e->fallback->name, "s/fallback") && e->fallback->key.n == 0);
    static const char *const wrong[] = {
        "{\"name\":\"m\",\"base_url\":\"$NONE\"}",
        "{\"name\":\"m\",\"base_url\":\"localhost:1\"}",
        "{\"name\":\"m\",\"base_url\":\"http://u:p@h\"}",
        "{\"name\":\"m\",\"base_url\":\"http://h\",\"key_env\":\"NONE\"}",
        "{\"name\":\"m\",\"base_url\":\"http://h\",\"key_env\":\"BAD\"}",
        "{\"name\":\"m\",\"base_url\":\"http://h\",\"api_key\":\"" KEY "\"}",
        "{\"name\":\"m\",\"provider\":\"azure\",\"key_env\":\"K\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (resolve(wrong[i], vars, &e, &err) != TARE_E_USAGE)
            fail_msg("%s is taken", wrong[i]);
        assert_null(strstr(err.text, KEY));
        assert_null(strstr(err.text, "u:p"));
        assert_true(err.hint[0] != 0);
    }
    assert_int_equal(resolve("{\"name\":\"m\",\"temprature\":1}", vars, &e, &err), TARE_E_INPUT);
    assert_non_null(strstr(err.hint, "temperature"));
}

/* A key file is for its owner alone. */
static void test_key_file(void **state)
{
    char path[] = "/tmp/tare-key-XXXXXX", model[200];
    struct tare_endpoint *e;
    struct tare_err err;
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, KEY "\n", sizeof KEY), sizeof KEY);
    snprintf(model, sizeof model, "{\"name\":\"m\",\"base_url\":\"http://h\",\"key_file\":\"%s\"}",
             path);
    assert_int_equal(resolve(model, NULL, &e, &err), TARE_OK);
    assert_true(tare_str_is(e->key, KEY) && tare_str_is(e->key_name, path));
    assert_int_equal(fchmod(fd, 0640), 0);
    assert_int_equal(resolve(model, NULL, &e, &err), TARE_E_USAGE);
    assert_non_null(strstr(err.hint, "chmod 600"));
    close(fd);
    unlink(path);
    assert_int_equal(resolve(model, NULL, &e, &err), TARE_E_USAGE);
}

/* ---- pace ---------------------------------------------------------------------------------- */

static void test_concurrency(void **state)
{
    struct tare_pace p;
    (void)state;
    tare_pace_init(&p, 64);
    uint32_t n = 0;
    while (tare_pace_free(&p, 1000)) {
        tare_pace_sent(&p, 1000);
        n++;
    }
    assert_int_equal(n, 32);
    /* A storm of "too many" of one wave halves it once. */
    for (int i = 0; i < 8; i++)
        tare_pace_too_many(&p, 1000, 2000, 50);
    assert_int_equal(p.limit, 16);
    assert_false(tare_pace_free(&p, 2000));
    for (int i = 0; i < 24; i++)
        tare_pace_good(&p);
    assert_int_equal(p.limit, 17); /* one more a window */
    assert_false(tare_pace_free(&p, 2000 + 49 * MS));
    assert_true(tare_pace_free(&p, 2000 + 50 * MS));
    tare_pace_sent(&p, 2000 + 51 * MS);
    tare_pace_too_many(&p, 2000 + 51 * MS, 2000 + 60 * MS, -1);
    assert_int_equal(p.limit, 8);
    for (int i = 0; i < 9; i++) {
        tare_pace_sent(&p, INT64_C(1000) * MS * (i + 1));
        tare_pace_too_many(&p, INT64_C(1000) * MS * (i + 1), INT64_C(1000) * MS * (i + 1), -1);
    }
    assert_int_equal(p.limit, 1); /* never none */
}

static void test_breaker(void **state)
{
    struct tare_pace p;
    (void)state;
    tare_pace_init(&p, 64);
    for (int i = 0; i < 8; i++) {
        assert_true(tare_pace_free(&p, 0));
        tare_pace_sent(&p, 0);
        tare_pace_down(&p, 0);
    }
    assert_true(p.open);
    assert_false(tare_pace_free(&p, 999 * MS));
    assert_true(tare_pace_free(&p, 1000 * MS));
    tare_pace_sent(&p, 1000 * MS);
    assert_false(tare_pace_free(&p, 1001 * MS)); /* one probe at a time */
    tare_pace_down(&p, 1001 * MS);
    assert_false(tare_pace_free(&p, 3000 * MS));
    assert_int_equal(tare_pace_due(&p), 3001 * MS);
    tare_pace_sent(&p, 3001 * MS);
    tare_pace_good(&p);
    assert_false(p.open);
    assert_true(tare_pace_free(&p, 3002 * MS));
}

static void test_waits(void **state)
{
    struct tare_rng a, b;
    int64_t wall = 784111777 * INT64_C(1000000000); /* Sun, 06 Nov 1994 08:49:37 GMT */
    static const struct {
        const char *head;
        int64_t ms;
    } rows[] = {
        {"Retry-After: 7\r\n", 7000},
        {"Retry-After: 0\r\n", 0},
        {"Retry-After: 1000000000\r\n", TARE_MAX_RETRY_AFTER_MS},
        {"Retry-After: Sun, 06 Nov 1994 08:49:47 GMT\r\n", 10000},
        {"Retry-After: Sun, 06 Nov 1994 08:49:27 GMT\r\n", 0},
        {"Retry-After: never\r\n", -1},
        {"Retry-After: 7\r\nretry-after-ms: 120\r\n", 120},
        {"x-ratelimit-reset-requests: 1m0.5s\r\n", 60500},
        {"x-ratelimit-reset-requests: 120ms\r\n", 120},
        {"x-ratelimit-reset-requests: soon\r\n", -1},
        {"X: y\r\n", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (tare_retry_after_ms(tare_str_of(rows[i].head), wall) != rows[i].ms)
            fail_msg("%s gives %lld", rows[i].head,
                     (long long)tare_retry_after_ms(tare_str_of(rows[i].head), wall));
    tare_rng_init(&a, 1, TARE_S("x"), 0);
    tare_rng_init(&b, 1, TARE_S("x"), 0);
    int64_t longest = 0;
    for (uint32_t i = 0; i < 2000; i++) {
        int64_t ms = tare_backoff_ms(&a, i % 20);
        assert_int_equal(ms, tare_backoff_ms(&b, i % 20));
        assert_true(ms >= 0 && ms < (i % 20 < 7 ? INT64_C(500) << (i % 20) : 60000));
        longest = ms > longest ? ms : longest;
    }
    assert_true(longest > 50000);
}

/* ---- secrets ------------------------------------------------------------------------------- */

static void expect_redacted(const struct tare_redactor *r, const char *text, const char *wanted)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_redact(r, tare_str_of(text), &b);
    if (!tare_str_is(tare_buf_str(&b), wanted))
        fail_msg("'%s' became '%.*s'", text, TARE_FMT(tare_buf_str(&b)));
    tare_buf_free(&b);
}

static void test_redaction(void **state)
{
    struct tare_endpoint e = {.key = TARE_S(KEY), .key_name = TARE_S("K")};
    struct tare_endpoint short_key = {.key = TARE_S("x"), .key_name = TARE_S("S")};
    const struct tare_endpoint *list[] = {&e, &short_key};
    struct tare_redactor *r = tare_redactor_open(list, 2);
    (void)state;
    assert_non_null(r);
    expect_redacted(r, "", "");
    expect_redacted(r, "a x b", "a x b"); /* a key of one letter takes no words out */
    expect_redacted(r, "Bearer " KEY ".", "Bearer [secret:K].");
    expect_redacted(r, KEY KEY, "[secret:K][secret:K]");
    expect_redacted(r, "sk-CANARY-012345 and sk-CANARY-01234", "[secret:K] and sk-CANARY-01234");
    expect_redacted(r, "fedcba9876543210-YRANAC-ks", "[secret:K]");
    expect_redacted(r, "736b2d43414e4152592d30313233343536373839616263646566", "[secret:K]");
    /* base64 of the key with 0, 1 and 2 bytes before it: what depends on the key alone is gone */
    expect_redacted(r, "c2stQ0FOQVJZLTAxMjM0NTY3ODlhYmNkZWY=", "[secret:K]Y=");
    expect_redacted(r, "eHNrLUNBTkFSWS0wMTIzNDU2Nzg5YWJjZGVm", "eH[secret:K]");
    expect_redacted(r, "eHhzay1DQU5BUlktMDEyMzQ1Njc4OWFiY2RlZg==", "eHh[secret:K]g==");
    tare_redactor_close(r);
}

/* ---- prices, cache, tape ------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_prices(void **state)
{
    char path[] = "/tmp/tare-prices-XXXXXX";
    struct tare_endpoint e = {.provider = TARE_S("openai"), .model = TARE_S("gpt-4o-2024-11-20")};
    struct tare_endpoint other = {.provider = TARE_S("openai"), .model = TARE_S("gpt-4o-audio")};
    struct tare_endpoint *list[] = {&e};
    struct tare_model_reply r = {
        .has_usage = true, .input = 1000000, .cached = 500000, .output = 100000};
    struct tare_err err = {0};
    double usd = -1;
    (void)state;
    tare_price_built_in(&e);
    tare_price_built_in(&other);
    assert_true(e.price.known && e.price.date.n);
    assert_false(other.price.known); /* another model, another price: unknown, not guessed */
    assert_true(tare_price_of(&e.price, &r, &usd));
    assert_true(usd > 2.8749 && usd < 2.8751); /* 0.5 x 2.5 + 0.5 x 1.25 + 0.1 x 10 */
    assert_false(tare_price_of(&other.price, &r, &usd));
    r.has_usage = false;
    assert_false(tare_price_of(&e.price, &r, &usd));
    close(mkstemp(path));
    write_file(path,
               "date: 2026-01-01\nmodels:\n  openai/gpt-4o-2024-11-20: {input: 1, output: 2}\n");
    assert_int_equal(tare_price_file(tare_str_of(path), list, 1, &arena, &err), TARE_OK);
    assert_true(e.price.input == 1 && e.price.cached == 1 &&
                tare_str_is(e.price.date, "2026-01-01"));
    write_file(path, "date: 2026-01-01\nmodels:\n  x: {input: cheap, output: 2}\n");
    assert_int_equal(tare_price_file(tare_str_of(path), list, 1, &arena, &err), TARE_E_INPUT);
    assert_int_equal(err.line, 3);
    unlink(path);
}

static void test_kept(void **state)
{
    char dir[] = "/tmp/tare-kept-XXXXXX", path[80];
    char key[65], other[65];
    struct tare_cache *c;
    struct tare_tape *t;
    struct tare_err err = {0};
    (void)state;
    memset(key, 'a', 64);
    memset(other, 'b', 64);
    key[64] = other[64] = 0;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/replies.db", dir);
    for (int round = 0; round < 2; round++) { /* it is there after it was closed */
        assert_int_equal(tare_cache_open(tare_str_of(path), &c, &err), TARE_OK);
        assert_int_equal(tare_cache_get(c, key, &arena).n, round ? 3 : 0);
        assert_true(tare_cache_put(c, key, TARE_S("one")));
        assert_true(tare_str_is(tare_cache_get(c, key, &arena), "one"));
        assert_null(tare_cache_get(c, other, &arena).p);
        tare_cache_close(c);
    }
    unlink(path);
    write_file(path, "this is no database, whatever its name says, and it is long enough");
    assert_int_equal(tare_cache_open(tare_str_of(path), &c, &err), TARE_E_IO);
    assert_true(err.hint[0] != 0);
    unlink(path);
    assert_int_equal(tare_tape_replay(tare_str_of(dir), &t, &err), TARE_E_USAGE);
    assert_int_equal(tare_tape_record(tare_str_of(dir), &t, &err), TARE_OK);
    assert_true(tare_tape_put(t, key, TARE_S("a"), TARE_S("e"), TARE_S("{}"), TARE_S("{\"n\":1}")));
    assert_true(tare_tape_put(t, key, TARE_S("b"), TARE_S("e"), TARE_S("{}"), TARE_S("{\"n\":2}")));
    tare_tape_close(t);
    snprintf(path, sizeof path, "%s/exchanges.jsonl", dir);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs("{\"key\":\"torn", f);
    fclose(f);
    assert_int_equal(tare_tape_replay(tare_str_of(dir), &t, &err), TARE_OK);
    assert_true(tare_str_is(tare_tape_get(t, key, TARE_S("c")), "{\"n\":2}"));
    assert_true(tare_str_is(tare_tape_get(t, key, TARE_S("a")), "{\"n\":1}"));
    assert_null(tare_tape_get(t, other, TARE_S("a")).p);
    tare_tape_close(t);
    /* what comes after a torn line is whole */
    assert_int_equal(tare_tape_record(tare_str_of(dir), &t, &err), TARE_OK);
    assert_true(
        tare_tape_put(t, other, TARE_S("a"), TARE_S("e"), TARE_S("{}"), TARE_S("{\"n\":3}")));
    tare_tape_close(t);
    assert_int_equal(tare_tape_replay(tare_str_of(dir), &t, &err), TARE_OK);
    assert_true(tare_str_is(tare_tape_get(t, other, TARE_S("a")), "{\"n\":3}"));
    tare_tape_close(t);
    write_file(path, "{\"key\":1}\n");
    assert_int_equal(tare_tape_replay(tare_str_of(dir), &t, &err), TARE_E_INPUT);
    unlink(path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),     cmocka_unit_test(test_mappings),
        cmocka_unit_test(test_key_file),  cmocka_unit_test(test_concurrency),
        cmocka_unit_test(test_breaker),   cmocka_unit_test(test_waits),
        cmocka_unit_test(test_redaction), cmocka_unit_test(test_prices),
        cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
