/* The manifest of a suite and its hash. */
#include "base/limits.h"
#include "suite/suite_int.h"

#include "base/banned.h"

static void put_names(struct tare_json_writer *w, const char *key, const struct tare_str *names,
                      uint32_t n)
{
    tare_json_put_key(w, key);
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++)
        tare_json_put_str(w, names[i]);
    tare_json_end_array(w);
}

static void put_limits(struct tare_json_writer *w, const struct tare_suite_limits *limits)
{
    tare_json_put_key(w, "limits");
    tare_json_begin_object(w);
    tare_json_put_key(w, "cost_usd");
    tare_json_put_f64(w, limits->cost_usd);
    tare_json_put_key(w, "steps");
    tare_json_put_u64(w, limits->steps);
    tare_json_put_key(w, "tokens");
    tare_json_put_u64(w, limits->tokens);
    tare_json_put_key(w, "wall_ns");
    tare_json_put_i64(w, limits->wall_ns);
    tare_json_end_object(w);
}

/* One hash over all tasks: of their digests, in order. */
static void put_tasks(struct tare_json_writer *w, const struct tare_suite *suite)
{
    struct tare_sha256 sha;
    char hex[65];
    tare_sha256_init(&sha);
    for (uint32_t i = 0; i < suite->n_tasks; i++)
        tare_sha256_add(&sha, tare_str_n((const char *)suite->tasks[i].digest.b, 32));
    tare_digest_hex(tare_sha256_end(&sha), hex);
    tare_json_put_key(w, "n_tasks");
    tare_json_put_u64(w, suite->n_tasks);
    tare_json_put_key(w, "tasks");
    tare_json_put_cstr(w, hex);
}

static void put_world(struct tare_json_writer *w, const struct tare_suite *suite)
{
    tare_json_put_key(w, "world");
    tare_json_begin_object(w);
    tare_json_put_key_str(w, suite->world);
    if (tare_json_present(suite->world_config))
        tare_json_put_value(w, suite->world_config);
    else
        tare_json_put_raw(w, TARE_S("{}"));
    tare_json_end_object(w);
}

static void put_manifest(struct tare_json_writer *w, const struct tare_suite *suite)
{
    tare_json_begin_object(w);
    tare_json_put_key(w, "suite");
    tare_json_put_str(w, suite->name);
    tare_json_put_key(w, "version");
    tare_json_put_str(w, suite->version);
    put_world(w, suite);
    put_tasks(w, suite);
    tare_json_put_key(w, "attempts");
    tare_json_put_u64(w, suite->attempts);
    put_names(w, "metrics", suite->metrics, suite->n_metrics);
    put_names(w, "by", suite->by, suite->n_by);
    tare_json_put_key(w, "cluster");
    if (suite->cluster.n > 0)
        tare_json_put_str(w, suite->cluster);
    else
        tare_json_put_null(w);
    tare_json_put_key(w, "margin");
    tare_json_begin_object(w);
    for (uint32_t i = 0; i < suite->n_margins; i++) {
        tare_json_put_key_str(w, suite->margins[i].metric);
        tare_json_put_f64(w, suite->margins[i].margin);
    }
    tare_json_end_object(w);
    put_limits(w, &suite->limits);
    if (tare_json_present(suite->checks)) {
        tare_json_put_key(w, "checks");
        tare_json_put_value(w, suite->checks);
    }
    tare_json_end_object(w);
}

enum tare_status tare__suite_identify(struct tare_suite *suite, struct tare_arena *arena,
                                      struct tare_err *err)
{
    struct tare_buf plain, canonical;
    struct tare_json_writer w;
    struct tare_json v;
    tare_buf_init(&plain, arena->alc, TARE_MAX_JSON_BYTES);
    tare_buf_init(&canonical, arena->alc, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &plain);
    put_manifest(&w, suite);
    enum tare_status st = plain.failed ? TARE_E_NOMEM : TARE_OK;
    if (st == TARE_OK)
        st = tare_json_parse(tare_buf_str(&plain), NULL, arena, &v, err);
    if (st == TARE_OK) {
        tare_json_canonical(v, &canonical);
        suite->manifest = tare_arena_copy(arena, tare_buf_str(&canonical));
        if (canonical.failed || !suite->manifest.p)
            st = TARE_E_NOMEM;
        else
            suite->digest = tare_sha256_of(suite->manifest);
    }
    tare_buf_free(&plain);
    tare_buf_free(&canonical);
    return st == TARE_E_NOMEM ? tare_fail(err, st, "not enough memory to hash the suite") : st;
}
