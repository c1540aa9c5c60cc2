#include "fixture.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "record/digest.h"

#include "base/banned.h"

static const struct tare_metric metrics[] = {
    {{"reward", 6},
     {"reward", 6},
     {"points", 6},
     {"points", 6},
     TARE_HIGHER_BETTER,
     TARE_AGG_MEAN,
     -5,
     8},
    {{"egar", 4},
     {"EGAR %", 6},
     {"gated share", 11},
     {"share", 5},
     TARE_HIGHER_BETTER,
     TARE_AGG_RATIO_OF_SUMS,
     0,
     1},
    {{"violated", 8},
     {"viol", 4},
     {"an order was followed", 21},
     {"", 0},
     TARE_LOWER_BETTER,
     TARE_AGG_MEAN,
     0,
     1},
    {{"ttfc", 4},
     {"act at", 6},
     {"first act", 9},
     {"steps", 5},
     TARE_NO_DIRECTION,
     TARE_AGG_MEDIAN,
     0,
     (double)INFINITY},
};
#define N_METRICS (sizeof metrics / sizeof metrics[0])

void fixture_fine(enum tare_status st, const struct tare_err *err, const char *what,
                  const char *file, int line)
{
    if (st == TARE_OK)
        return;
    print_error("%s:%d: %s: %s: %s (%s)\n", file, line, what, tare_status_name(st),
                err ? err->text : "", err ? err->file : "");
    _fail(file, line);
}

bool fixture_nightly(void)
{
    const char *size = getenv("TARE_TEST_SIZE");
    return size && strcmp(size, "nightly") == 0;
}

static void *need(void *p)
{
    assert_non_null(p);
    return p;
}

static void make_task(struct tare_arena *a, struct tare_task *t, uint32_t i)
{
    static const char *const families[] = {"benign", "direct harm", "adaptive"};
    struct tare_tag *tags = need(TARE_NEW_N(a, struct tare_tag, 2));
    tags[0] = (struct tare_tag){TARE_S("family"), tare_str_of(families[i % 3])};
    tags[1] = (struct tare_tag){TARE_S("tier"), tare_str_of(i % 2 ? "hard" : "easy")};
    t->index = i;
    t->id = tare_arena_printf(a, "sc-%04u", i);
    t->tags = tags;
    t->n_tags = 2;
    struct tare_str text = tare_arena_printf(a, "{\"question\":%u}", i);
    assert_int_equal(tare_json_parse(text, NULL, a, &t->input, NULL), TARE_OK);
    t->digest = tare_sha256_of(t->id);
}

void fixture_begin(struct fixture *f, uint32_t n_tasks, uint32_t n_solvers, uint32_t k)
{
    *f = (struct fixture){0};
    tare_arena_init(&f->arena, NULL, (size_t)1 << 30);
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(f->folder, sizeof f->folder, "%.200s/tare-store-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/tare.db", f->folder);
    struct tare_task *tasks = need(TARE_NEW_N(&f->arena, struct tare_task, n_tasks));
    for (uint32_t i = 0; i < n_tasks; i++) {
        tasks[i] = (struct tare_task){0};
        make_task(&f->arena, &tasks[i], i);
    }
    struct tare_plan_solver *solvers =
        need(TARE_NEW_N(&f->arena, struct tare_plan_solver, n_solvers));
    for (uint32_t i = 0; i < n_solvers; i++) {
        struct tare_str name = tare_arena_printf(&f->arena, "solver-%u", i);
        struct tare_str id = tare_arena_printf(&f->arena, "{\"solver\":%u}", i);
        solvers[i] = (struct tare_plan_solver){name, id, tare_sha256_of(id), i == 0};
    }
    f->plan = (struct tare_plan){.suite_name = TARE_S("guess"),
                                 .suite_version = TARE_S("1.0.0"),
                                 .suite_json = TARE_S("{}"),
                                 .suite_digest = tare_sha256_of(TARE_S("guess")),
                                 .tasks = tasks,
                                 .n_tasks = n_tasks,
                                 .solvers = solvers,
                                 .n_solvers = n_solvers,
                                 .metrics = metrics,
                                 .n_metrics = N_METRICS,
                                 .k = k,
                                 .seed = 7,
                                 .label = TARE_S("nightly"),
                                 .env_json = TARE_S("{\"tare\":\"test\"}"),
                                 .identity = tare_sha256_of(TARE_S("identity"))};
}

void fixture_end(struct fixture *f)
{
    DIR *d = opendir(f->folder);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        char path[640];
        (void)snprintf(path, sizeof path, "%s/%s", f->folder, e->d_name);
        (void)unlink(path);
    }
    if (d)
        (void)closedir(d);
    (void)rmdir(f->folder);
    tare_arena_free(&f->arena);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static struct tare_str make_steps(struct tare_arena *arena, uint32_t n, uint64_t h)
{
    size_t room = (size_t)n * 160 + 1, at = 0;
    char *p = need(tare_arena_alloc(arena, room));
    for (uint32_t i = 0; i < n; i++)
        at +=
            (size_t)snprintf(p + at, room - at,
                             "{\"n\":%u,\"kind\":\"act\",\"t_ms\":%u,\"name\":\"query_logs\","
                             "\"parts\":[{\"kind\":\"text\",\"text\":\"row %llx of table %u\"}]}\n",
                             i, i * 10, (unsigned long long)(mix(h + i) & 0xffffff), i % 7);
    return tare_str_n(p, at);
}

static struct tare_str make_outline(struct tare_arena *arena, uint32_t n)
{
    size_t room = (size_t)n * 80 + 3, at = 1;
    char *p = need(tare_arena_alloc(arena, room));
    p[0] = '[';
    for (uint32_t i = 0; i < n; i++)
        at += (size_t)snprintf(p + at, room - at,
                               "%s{\"i\":%u,\"t_ms\":%u,\"kind\":\"act\",\"name\":\"query_logs\"}",
                               i ? "," : "", i, i * 10);
    p[at++] = ']';
    return tare_str_n(p, at);
}

struct tare_attempt *fixture_attempt(struct tare_arena *arena, uint32_t run, uint32_t task,
                                     uint32_t index, uint32_t n_steps)
{
    uint64_t h = mix((uint64_t)run << 48 ^ (uint64_t)task << 16 ^ index);
    struct tare_attempt *a = need(TARE_NEW(arena, struct tare_attempt));
    struct tare_score *sc = need(TARE_NEW_N(arena, struct tare_score, N_METRICS));
    *a = (struct tare_attempt){.task = task, .index = index, .seed = mix(h), .n_steps = n_steps};
    bool missing = h % 16 == 3, failed = h % 8 == 5;
    a->status = missing ? TARE_ATTEMPT_MISSING : failed ? TARE_ATTEMPT_FAILED : TARE_ATTEMPT_DONE;
    a->cause = missing ? TARE_CAUSE_ENDPOINT : failed ? TARE_CAUSE_LIMIT : TARE_CAUSE_NONE;
    a->cause_text = missing ? TARE_S("connection refused") : TARE_S("");
    double num = (double)(h >> 8 & 3), den = (double)((h >> 10 & 3) + 1);
    sc[0] = (struct tare_score){.metric = 0, .value = (double)(h >> 12 & 1023) / 100.0 - 5.0};
    sc[1] = (struct tare_score){.metric = 1, .value = num / den, .num = num, .den = den};
    sc[2] = (struct tare_score){.metric = 2, .value = (double)(h >> 22 & 1)};
    sc[3] = (struct tare_score){
        .metric = 3, .state = TARE_SCORE_NOT_APPLICABLE, .reason = TARE_S("nothing was contained")};
    a->scores = sc;
    a->n_scores = missing ? 0 : N_METRICS;
    a->detail = TARE_S("{\"reward\":1.5}");
    a->outline = make_outline(arena, n_steps);
    a->steps = make_steps(arena, n_steps, h);
    a->wall_start_ns = 1700000000000000000 + (int64_t)task;
    a->dur_ns = 1000000;
    a->tokens_in = 100;
    a->tokens_out = 7;
    a->cost_usd = 0.25;
    a->digest = tare_attempt_digest(a);
    return a;
}

struct tare_store *fixture_open(struct fixture *f, const struct tare_clock *clock)
{
    struct tare_err err = {0};
    struct tare_store *s = NULL;
    struct tare_store_options o = {.size = sizeof o, .create = true, .clock = clock};
    assert_fine(tare_store_open(tare_str_of(f->path), &o, &s, &err), &err);
    return s;
}

#define MAX_GROUP 512

struct player {
    struct fixture *f;
    struct tare_store *s;
    int64_t batch;
    struct tare_arena arena;
    const struct tare_lease *leases[MAX_GROUP];
    const struct tare_attempt *attempts[MAX_GROUP];
    bool accepted[MAX_GROUP];
    uint32_t held, group, max, n_steps, *n;
    uint8_t *flags;
};

static enum tare_status hand_in(struct player *p, struct tare_err *err)
{
    enum tare_status st =
        tare_store_commit(p->s, p->batch, p->leases, p->attempts, p->held, p->accepted, err);
    for (uint32_t i = 0; i < p->held && !st; i++) {
        const struct tare_attempt *a = p->attempts[i];
        *p->n += p->accepted[i];
        size_t at =
            ((size_t)p->leases[i]->run * p->f->plan.n_tasks + a->task) * p->f->plan.k + a->index;
        if (p->flags)
            p->flags[at] = (uint8_t)(p->flags[at] | p->accepted[i]);
    }
    p->held = 0;
    return st;
}

static enum tare_status play_lease(struct player *p, const struct tare_lease *l,
                                   struct tare_err *err)
{
    uint32_t k = p->f->plan.k;
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < (l->task_to - l->task_from) * k && !st; i++) {
        if (l->finished[i] || *p->n + p->held >= p->max)
            continue;
        p->leases[p->held] = l;
        p->attempts[p->held++] =
            fixture_attempt(&p->arena, l->run, l->task_from + i / k, i % k, p->n_steps);
        if (p->held == p->group)
            st = hand_in(p, err);
    }
    return st;
}

enum tare_status fixture_play(struct fixture *f, struct tare_store *s, int64_t batch,
                              const char *owner, uint32_t max, uint32_t group, uint32_t n_steps,
                              uint8_t *flags, uint32_t *n, struct tare_err *err)
{
    struct player p = {.f = f,
                       .s = s,
                       .batch = batch,
                       .group = group,
                       .max = max,
                       .n = n,
                       .n_steps = n_steps,
                       .flags = flags};
    enum tare_status st = TARE_OK;
    bool others = false;
    uint32_t got = 1;
    tare_arena_init(&p.arena, NULL, (size_t)1 << 30);
    while (!st && got && *n < max) {
        struct tare_lease *leases = NULL;
        tare_arena_reset(&p.arena);
        st = tare_store_lease(s, batch, tare_str_of(owner), 60000, 16, &p.arena, &leases, &got,
                              &others, err);
        for (uint32_t i = 0; i < got && !st; i++)
            st = play_lease(&p, &leases[i], err);
        if (!st && p.held)
            st = hand_in(&p, err);
    }
    tare_arena_free(&p.arena);
    return st;
}

struct tare_digest fixture_sum(struct tare_store *s, int64_t batch, struct tare_arena *arena)
{
    struct tare_err err = {0};
    struct tare_batch_view b;
    struct tare_sha256 h;
    tare_sha256_init(&h);
    assert_fine(tare_store_batch(s, batch, arena, &b, &err), &err);
    for (uint32_t r = 0; r < b.n_runs; r++) {
        struct tare_attempt_page page;
        assert_fine(tare_store_attempts(s, b.runs[r].id, NULL, 0, UINT32_MAX, arena, &page, &err),
                    &err);
        for (uint32_t i = 0; i < page.n; i++) {
            uint32_t key[2] = {page.rows[i].task, page.rows[i].index};
            tare_sha256_add(&h, tare_str_n((const char *)key, sizeof key));
            tare_sha256_add(&h, tare_str_n((const char *)page.rows[i].digest.b, 32));
        }
    }
    return tare_sha256_end(&h);
}
