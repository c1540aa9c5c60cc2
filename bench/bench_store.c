/* The store: grouped commits of small attempts, and reading a run of a million. */
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "bench.h"
#include "record/digest.h"
#include "record/query.h"
#include "record/where.h"

#define N_METRICS 8
#define GROUP 512

static const char *const names[N_METRICS] = {"reward", "egar",     "fp",    "ttfc",
                                             "blast",  "violated", "steps", "contained"};

struct bench {
    struct tare_arena arena;
    struct tare_plan plan;
    struct tare_metric metrics[N_METRICS];
    struct tare_plan_solver solver;
    struct tare_attempt attempts[GROUP];
    struct tare_score scores[GROUP][N_METRICS];
    const struct tare_attempt *given[GROUP];
    const struct tare_lease *leases[GROUP];
    bool accepted[GROUP];
    struct tare_str steps[32],
        outline; /* attempts differ, so that they do not compress to nothing */
    struct tare_store *s;
    int64_t batch;
    char path[256];
};

static void stop_on(enum tare_status st, const struct tare_err *err)
{
    if (st == TARE_OK)
        return;
    (void)fprintf(stderr, "bench_store: %s\n", err->text);
    exit(1);
}

static struct tare_str lines(struct tare_arena *arena, unsigned n, unsigned salt,
                             const char *between)
{
    char *p = tare_arena_alloc(arena, (size_t)n * 300 + 8);
    size_t at = 0;
    for (unsigned i = 0; p && i < n; i++)
        at += (size_t)snprintf(p + at, 300,
                               "{\"n\":%u,\"kind\":\"act\",\"name\":\"query_logs\",\"parts\":["
                               "{\"kind\":\"data\",\"text\":\"SELECT * FROM auth_logs WHERE "
                               "src = '10.0.%u.%u'\"},{\"rows\":%u,\"trust\":\"verified\"}]}%s",
                               i, (i + salt) * 7919 % 251, (i + salt) * 104729 % 253,
                               (i + salt) * 31 % 17, between);
    return tare_str_n(p, at);
}

static void setup(struct bench *b, uint32_t n_tasks, uint32_t k)
{
    tare_arena_init(&b->arena, NULL, TARE_GIB);
    struct tare_task *tasks = TARE_NEW_N(&b->arena, struct tare_task, n_tasks);
    struct tare_tag *tags = TARE_NEW_N(&b->arena, struct tare_tag, 3);
    for (uint32_t i = 0; tags && i < 3; i++)
        tags[i] = (struct tare_tag){TARE_S("family"),
                                    tare_str_of((const char *[]){"benign", "direct", "multi"}[i])};
    for (uint32_t i = 0; tasks && tags && i < n_tasks; i++) {
        struct tare_str id = tare_arena_printf(&b->arena, "task-%u", i);
        tasks[i] = (struct tare_task){
            .index = i, .id = id, .tags = &tags[i % 3], .n_tags = 1, .digest = tare_sha256_of(id)};
    }
    for (uint32_t m = 0; m < N_METRICS; m++)
        b->metrics[m] =
            (struct tare_metric){.name = tare_str_of(names[m]),
                                 .aggregation = m == 1 ? TARE_AGG_RATIO_OF_SUMS : TARE_AGG_MEAN};
    b->solver = (struct tare_plan_solver){.name = TARE_S("bench"), .identity = TARE_S("{}")};
    b->plan = (struct tare_plan){.suite_name = TARE_S("bench"),
                                 .tasks = tasks,
                                 .n_tasks = n_tasks,
                                 .solvers = &b->solver,
                                 .n_solvers = 1,
                                 .metrics = b->metrics,
                                 .n_metrics = N_METRICS,
                                 .k = k};
    struct tare_err err = {0};
    struct tare_store_options o = {.size = sizeof o, .create = true};
    struct tare_batch_info info;
    char folder[] = "/tmp/bench-store-XXXXXX";
    if (!mkdtemp(folder))
        exit(1);
    (void)snprintf(b->path, sizeof b->path, "%s/tare.db", folder);
    stop_on(tare_store_open(tare_str_of(b->path), &o, &b->s, &err), &err);
    stop_on(tare_store_plan(b->s, &b->plan, &info, &err), &err);
    b->batch = info.id;
}

static void teardown(struct bench *b)
{
    tare_store_close(b->s);
    (void)unlink(b->path);
    b->path[strlen(b->path) - sizeof "/tare.db" + 1] = '\0';
    (void)rmdir(b->path);
    tare_arena_free(&b->arena);
}

static void fill(struct bench *b, uint32_t i, uint32_t task, uint32_t index)
{
    uint32_t h = (task * 2654435761u) ^ (index * 40503u);
    for (uint32_t m = 0; m < N_METRICS; m++)
        b->scores[i][m] = (struct tare_score){
            .metric = m, .value = m == 0 ? (double)(h % 1000) / 77.0 - 4 : (double)(h >> m & 3)};
    b->scores[i][1].den = 3;
    b->scores[i][1].num = b->scores[i][1].value * 3;
    b->attempts[i] = (struct tare_attempt){.task = task,
                                           .index = index,
                                           .seed = h,
                                           .status = TARE_ATTEMPT_DONE,
                                           .n_steps = 10,
                                           .scores = b->scores[i],
                                           .n_scores = N_METRICS,
                                           .detail = TARE_S("{\"reward\":1}"),
                                           .outline = b->outline,
                                           .steps = b->steps[h % 32]};
    b->attempts[i].digest.b[0] = 1; /* its time is measured apart */
    b->given[i] = &b->attempts[i];
}

static uint32_t play(struct bench *b, uint32_t group)
{
    struct tare_err err = {0};
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, TARE_GIB);
    uint32_t done = 0, got = 1;
    while (got) {
        struct tare_lease *leases = NULL;
        bool others = false;
        tare_arena_reset(&arena);
        stop_on(tare_store_lease(b->s, b->batch, TARE_S("bench"), 60000, 128, &arena, &leases, &got,
                                 &others, &err),
                &err);
        uint32_t held = 0;
        for (uint32_t l = 0; l < got; l++) {
            uint32_t n = (leases[l].task_to - leases[l].task_from) * b->plan.k;
            for (uint32_t i = 0; i < n; i++) {
                fill(b, held, leases[l].task_from + i / b->plan.k, i % b->plan.k);
                b->leases[held++] = &leases[l];
                if (held < group && (l + 1 < got || i + 1 < n))
                    continue;
                stop_on(
                    tare_store_commit(b->s, b->batch, b->leases, b->given, held, b->accepted, &err),
                    &err);
                done += held;
                held = 0;
            }
        }
    }
    tare_arena_free(&arena);
    return done;
}

static void small(uint32_t group, const char *what)
{
    static struct bench b;
    double best = 1e9;
    for (int i = 0; i < 3; i++) {
        setup(&b, 500, 4);
        for (unsigned j = 0; j < 32; j++)
            b.steps[j] = lines(&b.arena, 10, 1000 * j, "\n");
        b.outline = lines(&b.arena, 5, 0, ",");
        double start = bench_now();
        (void)play(&b, group);
        double took = bench_now() - start;
        best = took < best ? took : best;
        teardown(&b);
    }
    bench_row(what, best, "s", "10 steps each, leases included, on the disk of /tmp");
}

static void digest(void)
{
    static struct bench b;
    tare_arena_init(&b.arena, NULL, TARE_GIB);
    for (unsigned j = 0; j < 32; j++)
        b.steps[j] = lines(&b.arena, 10, 1000 * j, "\n");
    b.outline = lines(&b.arena, 5, 0, ",");
    fill(&b, 0, 1, 1);
    double start = bench_now();
    unsigned sink = 0;
    for (int i = 0; i < 20000; i++) {
        b.attempts[0].seed = (uint64_t)i;
        sink += tare_attempt_digest(&b.attempts[0]).b[0];
    }
    bench_row("digest of an attempt", (bench_now() - start) / 20000 * 1e6, "us",
              sink ? "10 steps, 2.6 KB" : "");
    tare_arena_free(&b.arena);
}

static uint64_t filtered(struct bench *b, const struct tare_batch_view *v, struct tare_arena *arena)
{
    struct tare_err err = {0};
    struct tare_task_view *tasks = NULL;
    struct tare_where *w = NULL;
    struct tare_attempt_page page;
    uint32_t n = 0;
    stop_on(tare_store_tasks(b->s, b->batch, arena, &tasks, &n, &err), &err);
    stop_on(tare_where_compile(TARE_S("family:benign reward<0"), v, tasks, n, arena, &w, &err),
            &err);
    stop_on(tare_store_attempts(b->s, v->runs[0].id, w, 0, 200, arena, &page, &err), &err);
    return page.total;
}

/* What is read, in the order of the rows below. */
static uint64_t read_one(struct bench *b, const struct tare_batch_view *v, int what,
                         struct tare_arena *arena)
{
    struct tare_err err = {0};
    struct tare_attempt_page page = {0};
    struct tare_columns c;
    static const uint32_t first[] = {0};
    int64_t run = v->runs[0].id;
    if (what == 2)
        return filtered(b, v, arena);
    if (what < 2) {
        stop_on(tare_store_attempts(b->s, run, NULL, what ? 900000 : 0, 200, arena, &page, &err),
                &err);
        return page.total;
    }
    stop_on(tare_store_columns(b->s, run, what == 3 ? first : NULL, 1, arena, &c, &err), &err);
    return c.n;
}

static void read_million(struct bench *b)
{
    static const char *const rows[] = {"first page of 200", "page 4,500 of 200",
                                       "filter by tag and metric", "one metric as columns",
                                       "8 metrics as columns"};
    struct tare_err err = {0};
    struct tare_batch_view v;
    stop_on(tare_store_batch(b->s, b->batch, &b->arena, &v, &err), &err);
    for (int what = 0; what < 5; what++) {
        double best = 1e9;
        char remark[64] = "";
        for (int i = 0; i < 3; i++) {
            struct tare_arena arena;
            tare_arena_init(&arena, NULL, TARE_GIB);
            double start = bench_now();
            uint64_t n = read_one(b, &v, what, &arena);
            double took = bench_now() - start;
            best = took < best ? took : best;
            (void)snprintf(remark, sizeof remark, "%llu attempts", (unsigned long long)n);
            tare_arena_free(&arena);
        }
        bench_row(rows[what], best, "s", remark);
    }
}

static void million(void)
{
    static struct bench b;
    setup(&b, 250000, 4);
    b.outline = TARE_S("[]");
    double start = bench_now();
    uint32_t n = play(&b, GROUP);
    bench_row("1,000,000 attempts without steps committed", bench_now() - start, "s",
              n == 1000000 ? "in groups of 512" : "not all were accepted");
    struct stat st;
    if (stat(b.path, &st) == 0)
        bench_row("bytes of file an attempt", (double)st.st_size / n, "B", "8 metrics");
    read_million(&b);
    teardown(&b);
}

int main(void)
{
    small(512, "2,000 attempts, 512 a commit");
    small(64, "2,000 attempts, 64 a commit");
    small(1, "2,000 attempts, each its own commit");
    digest();
    million();
    return 0;
}
