/*
 * The world soc: steps a second of whole episodes (reset, 15 steps, report), facts included, no
 * JSON and no store; on one core and on two. Published scenarios where the shared folder is there.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/thread.h"
#include "bench.h"
#include "record/task.h"
#include "world/soc/gen.h"
#include "world/soc/soc.h"

#define N_TASKS 60
#define N_STEPS 15

enum policy { IDLE, TYPED, SQL, SQL_NEW, JSON_OBS, N_POLICIES };

struct scenario {
    struct tare_task task;
    struct tare_str entity[3]; /* one required host, domain, user; may be empty */
};

struct set {
    struct tare_arena arena;
    struct scenario v[N_TASKS];
    size_t n;
    const char *config;
};

struct worker {
    struct tare_arena arena;
    void *world;
    const struct set *set;
    enum policy policy;
    uint64_t steps, sink;
    uint64_t serial; /* makes query texts new */
};

static void die(const struct tare_err *err)
{
    fprintf(stderr, "bench_soc: %s\n", err->text);
    exit(1);
}

static struct tare_str first(struct tare_json o, const char *key)
{
    return tare_json_str(tare_json_at(tare_json_get(o, key), 0));
}

static void add(struct set *s, struct tare_json input, struct tare_json expect, const char *need)
{
    struct scenario *c = &s->v[s->n];
    struct tare_json required = tare_json_get(expect, need);
    c->task = (struct tare_task){.index = (uint32_t)s->n, .input = input, .expect = expect};
    c->task.digest = tare_sha256_of(tare_json_lexeme(input));
    c->entity[0] = first(required, "isolate_hosts");
    c->entity[1] = first(required, "block_domains");
    c->entity[2] = first(required, "reset_users");
    s->n++;
}

static struct tare_json parse(struct set *s, struct tare_str text)
{
    struct tare_json root;
    struct tare_err err = {0};
    struct tare_str copy = tare_arena_copy(&s->arena, text);
    if (tare_json_parse(copy, &tare_json_strict, &s->arena, &root, &err) != TARE_OK)
        die(&err);
    return root;
}

static void load_ours(struct set *s)
{
    struct tare_soc_gen g;
    struct tare_err err = {0};
    struct tare_buf b;
    tare_arena_init(&s->arena, NULL, TARE_ARENA_LOAD_BYTES);
    s->config = "{}";
    tare_soc_gen_default(&g);
    tare_buf_init(&b, NULL, TARE_MAX_JSONL_LINE_BYTES);
    for (uint64_t i = 0; i < N_TASKS; i++) {
        tare_buf_reset(&b);
        if (tare_soc_gen_task(&g, i, &s->arena, &b, &err) != TARE_OK)
            die(&err);
        struct tare_json line = parse(s, tare_buf_str(&b));
        add(s, tare_json_get(line, "input"), tare_json_get(line, "expect"), "required");
    }
    tare_buf_free(&b);
}

/* Published standard scenarios, or none. */
static void load_published(struct set *s)
{
    struct tare_lines *l;
    struct tare_str line;
    struct tare_err err = {0};
    uint64_t no;
    bool torn;
    const char *root = getenv("TARE_SHARED");
    tare_arena_init(&s->arena, NULL, TARE_ARENA_LOAD_BYTES);
    s->config = "{\"profile\":\"faithful\"}";
    struct tare_str path = tare_arena_printf(&s->arena, "%s/data/opensec/seeds_train.jsonl",
                                             root ? root : "../shared");
    if (tare_lines_open(path, TARE_MAX_JSONL_LINE_BYTES, &s->arena, &l, &err) != TARE_OK)
        return;
    while (s->n < N_TASKS && tare_lines_next(l, &line, &no, &torn, &err)) {
        struct tare_json root_v = parse(s, line);
        struct tare_str text =
            tare_arena_printf(&s->arena, "{\"scenario\":%.*s}",
                              TARE_FMT(tare_json_lexeme(tare_json_get(root_v, "seed"))));
        add(s, parse(s, text), tare_json_get(root_v, "ground_truth"), "containment_requirements");
    }
    tare_lines_close(l);
}

/* What the policy does in its k-th step. text stays valid until the next call. */
static uint32_t choose(struct worker *w, const struct scenario *c, uint32_t k,
                       const struct tare_soc_view *view, char buf[128], struct tare_str *text)
{
    static const char *const queries[5] = {
        "SELECT * FROM alerts ORDER BY step",
        "SELECT * FROM auth_logs WHERE trust_tier <> 'untrusted' ORDER BY step",
        "SELECT * FROM process_events WHERE trust_tier <> 'untrusted' ORDER BY step",
        "SELECT * FROM netflow WHERE trust_tier <> 'untrusted' ORDER BY step",
        "SELECT * FROM email_logs ORDER BY step"};
    *text = (struct tare_str){NULL, 0};
    if (k + 1 == N_STEPS)
        return TARE_SOC_SUBMIT_REPORT;
    if (w->policy == IDLE)
        return TARE_SOC_NOOP;
    if (w->policy == SQL_NEW) {
        int n = snprintf(buf, 128, "%s LIMIT %llu", queries[k % 5],
                         100000 + (unsigned long long)w->serial++);
        *text = tare_str_n(buf, (size_t)n);
        return TARE_SOC_QUERY_LOGS;
    }
    if (w->policy == SQL || w->policy == JSON_OBS) {
        *text = tare_str_of(queries[k % 5]);
        return TARE_SOC_QUERY_LOGS;
    }
    if (k >= 8 && k < 11 && c->entity[k - 8].n) {
        *text = c->entity[k - 8];
        return TARE_SOC_ISOLATE_HOST + (k - 8);
    }
    if (view->new_alerts.n) {
        *text = view->new_alerts.v[0];
        return TARE_SOC_FETCH_ALERT;
    }
    if (view->new_emails.n) {
        *text = view->new_emails.v[0];
        return TARE_SOC_FETCH_EMAIL;
    }
    return TARE_SOC_NOOP;
}

static void watch(struct worker *w)
{
    struct tare_buf b;
    struct tare_json_writer out;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&out, &b);
    tare_world_soc.obs_json(w->world, &out);
    w->sink += b.n;
    tare_buf_free(&b);
}

static void episode(struct worker *w, const struct scenario *c)
{
    struct tare_obs obs;
    struct tare_err err = {0};
    char buf[128];
    if (tare_world_soc.reset(w->world, &c->task, NULL, &obs, &err) != TARE_OK)
        die(&err);
    for (uint32_t k = 0; k < N_STEPS; k++) {
        struct tare_soc_params p = {0};
        struct tare_action a = {.params = &p};
        a.verb = choose(w, c, k, obs.view, buf, &p.text);
        if (tare_world_soc.step(w->world, &a, NULL, &obs, &err) != TARE_OK)
            die(&err);
        if (w->policy == JSON_OBS)
            watch(w);
        w->steps++;
    }
    w->sink += tare_world_soc.facts(w->world).n;
}

static void run(void *ctx, unsigned worker, uint64_t i)
{
    struct worker *w = (struct worker *)ctx + worker;
    for (size_t k = 0; k < w->set->n; k++)
        episode(w, &w->set->v[(k + i) % w->set->n]);
}

static double steps_per_second(const struct set *s, enum policy policy, unsigned threads)
{
    struct worker *w = calloc(threads, sizeof *w);
    struct tare_err err = {0};
    double best = 0;
    for (unsigned i = 0; i < threads; i++) {
        struct tare_json config;
        tare_arena_init(&w[i].arena, NULL, TARE_ARENA_LOAD_BYTES);
        w[i].set = s;
        w[i].policy = policy;
        w[i].serial = i * 1000000000ull;
        if (tare_json_parse(tare_str_of(s->config), &tare_json_strict, &w[i].arena, &config,
                            &err) != TARE_OK ||
            tare_world_soc.open(config, NULL, &w[i].arena, &w[i].world, &err) != TARE_OK)
            die(&err);
    }
    uint64_t rounds = (policy <= TYPED ? 400 : 20) * (uint64_t)threads;
    for (int go = 0; go < 4; go++) { /* the first warms the workers up */
        uint64_t before = 0, after = 0;
        for (unsigned i = 0; i < threads; i++)
            before += w[i].steps;
        double start = bench_now();
        if (tare_parallel(threads, rounds, run, w, NULL, &err) != TARE_OK)
            die(&err);
        double took = bench_now() - start;
        for (unsigned i = 0; i < threads; i++)
            after += w[i].steps;
        double rate = (double)(after - before) / took;
        best = go > 0 && rate > best ? rate : best;
    }
    for (unsigned i = 0; i < threads; i++) {
        tare_world_soc.close(w[i].world);
        tare_arena_free(&w[i].arena);
    }
    free(w);
    return best;
}

static void rows(const struct set *s, const char *profile)
{
    static const char *const names[N_POLICIES] = {"idle", "typed actions", "SQL, kept queries",
                                                  "SQL, every text new",
                                                  "SQL and the observation as JSON"};
    for (int p = 0; p < N_POLICIES && s->n; p++)
        for (unsigned threads = 1; threads <= 2; threads++) {
            char what[128];
            (void)snprintf(what, sizeof what, "soc %s: %s, %u thread%s", profile, names[p], threads,
                           threads > 1 ? "s" : "");
            bench_row(what, steps_per_second(s, (enum policy)p, threads), "steps/s",
                      "whole episodes of 15 steps");
        }
}

int main(void)
{
    static struct set ours, published;
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* its counters share a lock */
    load_ours(&ours);
    load_published(&published);
    rows(&ours, "hardened");
    rows(&published, "faithful");
    tare_arena_free(&ours.arena);
    tare_arena_free(&published.arena);
    return 0;
}
