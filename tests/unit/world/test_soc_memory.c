/* Every allocation of an episode refused in turn; the same bits on any number of threads. */
#include "base/thread.h"
#include "soc_small.h"
#include "world/soc/gen.h"

struct failing {
    struct tare_alc alc;
    long left; /* requests still granted */
    long live;
};

static void *fail_get(void *ctx, size_t n)
{
    struct failing *f = ctx;
    if (f->left-- <= 0)
        return NULL;
    f->live++;
    return malloc(n ? n : 1);
}

static void fail_put(void *ctx, void *p, size_t n)
{
    struct failing *f = ctx;
    (void)n;
    f->live--;
    free(p);
}

static bool step(void *w, uint32_t verb, const char *text, enum tare_status *st)
{
    struct tare_soc_params p = {.text = tare_str_of(text)};
    struct tare_action a = {verb, &p};
    struct tare_obs obs;
    struct tare_err err = {0};
    if (*st == TARE_OK)
        *st = tare_world_soc.step(w, &a, NULL, &obs, &err);
    return *st == TARE_OK;
}

static enum tare_status episode(struct failing *f, struct tare_arena *arena, const char *config,
                                const struct tare_task *task)
{
    struct tare_obs obs;
    struct tare_err err = {0};
    void *w = NULL;
    struct tare_json c = json_of(arena, tare_str_of(config));
    enum tare_status st = tare_world_soc.open(c, &f->alc, arena, &w, &err);
    if (st != TARE_OK)
        return st;
    st = tare_world_soc.reset(w, task, NULL, &obs, &err);
    step(w, TARE_SOC_QUERY_LOGS, "SELECT * FROM auth_logs", &st);
    step(w, TARE_SOC_QUERY_LOGS, "SELECT * FROM alerts, netflow", &st);
    step(w, TARE_SOC_FETCH_ALERT, "al1", &st);
    for (int i = 0; i < 6; i++) {
        char host[32];
        snprintf(host, sizeof host, "host-%d", i);
        step(w, TARE_SOC_ISOLATE_HOST, host, &st);
    }
    step(w, TARE_SOC_SUBMIT_REPORT, NULL, &st);
    if (st == TARE_OK) { /* after a failure the same world plays on */
        struct tare_outcome out;
        st = tare_world_soc.outcome(w, arena, &out, &err);
    }
    tare_world_soc.close(w);
    return st;
}

static void refuse_each(const char *config, const struct tare_task *task)
{
    long n = 0;
    for (;; n++) {
        struct failing f = {.left = n};
        struct tare_arena arena;
        f.alc = (struct tare_alc){fail_get, fail_put, &f, NULL};
        tare_arena_init(&arena, NULL, TARE_ARENA_ATTEMPT_BYTES);
        enum tare_status st = episode(&f, &arena, config, task);
        tare_arena_free(&arena);
        assert_int_equal(f.live, 0);
        if (st == TARE_OK)
            break;
        assert_true(st == TARE_E_NOMEM || st == TARE_E_IO);
        assert_true(n < 2000);
    }
    assert_true(n > 10);
}

static void test_each_allocation_refused(void **state)
{
    (void)state;
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, TARE_ARENA_ATTEMPT_BYTES);
    struct tare_str text = tare_arena_printf(&arena, "{\"scenario\":%s}", small_scenario);
    struct tare_task t = {.id = TARE_S("small"),
                          .input = json_of(&arena, text),
                          .expect = json_of(&arena, tare_str_of(small_truth))};
    refuse_each("{}", &t);
    tare_arena_free(&arena);
}

#define N_TASKS 40

struct many {
    struct tare_arena arena;
    struct tare_task task[N_TASKS];
    void *world[8];
    uint64_t digest[N_TASKS];
};

static void play(void *ctx, unsigned worker, uint64_t i)
{
    struct many *m = ctx;
    struct tare_obs obs;
    struct tare_err err = {0};
    struct tare_rng rng;
    void *w = m->world[worker];
    enum tare_status st = TARE_OK;
    tare_rng_init(&rng, 11, TARE_S("test"), i);
    if (tare_world_soc.reset(w, &m->task[i], &rng, &obs, &err) != TARE_OK)
        return;
    step(w, TARE_SOC_QUERY_LOGS, "SELECT *, random() FROM alerts ORDER BY random()", &st);
    const struct tare_soc_view *v = obs.view;
    uint64_t sum = 0;
    for (uint32_t k = 0; k < v->result.n_rows * v->result.n_columns; k++)
        sum = sum * 31 + (uint64_t)v->result.cells[k].i + v->result.cells[k].text.n;
    step(w, TARE_SOC_ISOLATE_HOST, "no-such-host", &st);
    step(w, TARE_SOC_QUERY_LOGS, "SELECT * FROM netflow", &st);
    m->digest[i] = st == TARE_OK ? tare_world_soc.digest(w) ^ sum : 0;
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    static struct many m;
    uint64_t first[N_TASKS];
    struct tare_soc_gen g;
    struct tare_err err = {0};
    struct tare_buf b;
    tare_arena_init(&m.arena, NULL, TARE_ARENA_LOAD_BYTES);
    tare_soc_gen_default(&g);
    tare_buf_init(&b, NULL, TARE_MIB);
    for (uint32_t i = 0; i < N_TASKS; i++) {
        tare_buf_reset(&b);
        assert_int_equal(tare_soc_gen_task(&g, i, &m.arena, &b, &err), TARE_OK);
        struct tare_json line = json_of(&m.arena, tare_buf_str(&b));
        m.task[i] = (struct tare_task){.index = i,
                                       .input = tare_json_get(line, "input"),
                                       .expect = tare_json_get(line, "expect"),
                                       .digest = tare_sha256_of(tare_buf_str(&b))};
    }
    for (int i = 0; i < 8; i++)
        m.world[i] = open_world(&m.arena, "{}");
    for (unsigned threads = 1; threads <= 8; threads *= 2) {
        assert_int_equal(tare_parallel(threads, N_TASKS, play, &m, NULL, &err), TARE_OK);
        if (threads == 1)
            memcpy(first, m.digest, sizeof first);
        assert_memory_equal(first, m.digest, sizeof first);
    }
    assert_true(first[0] != 0 && first[0] != first[1]);
    for (int i = 0; i < 8; i++)
        tare_world_soc.close(m.world[i]);
    tare_buf_free(&b);
    tare_arena_free(&m.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_allocation_refused),
                                       cmocka_unit_test(test_threads_do_not_matter)};
    return cmocka_run_group_tests_name("world/soc_memory", tests, NULL, NULL);
}
