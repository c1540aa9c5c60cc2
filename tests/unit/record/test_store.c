/* Plans, leases, commits and everything that reads them back. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "record/digest.h"
#include "record/where.h"

#include "base/banned.h"

static struct tare_batch_info plan(struct fixture *f, struct tare_store *s)
{
    struct tare_batch_info info;
    struct tare_err err = {0};
    assert_fine(tare_store_plan(s, &f->plan, &info, &err), &err);
    return info;
}

static int64_t run_id(struct fixture *f, struct tare_store *s, int64_t batch, uint32_t i)
{
    struct tare_batch_view b;
    struct tare_err err = {0};
    assert_fine(tare_store_batch(s, batch, &f->arena, &b, &err), &err);
    assert_true(i < b.n_runs);
    return b.runs[i].id;
}

/* Everything an attempt says comes back, and its digest recomputes. */
static void check_same(struct tare_store *s, int64_t run, const struct tare_attempt *want,
                       struct tare_arena *arena)
{
    struct tare_attempt got;
    struct tare_err err = {0};
    assert_fine(
        tare_store_attempt(s, run, want->task, want->index, TARE_WITH_ALL, arena, &got, &err),
        &err);
    assert_int_equal(got.status, want->status);
    assert_int_equal(got.cause, want->cause);
    assert_true(tare_str_eq(got.cause_text, want->cause_text));
    assert_true(tare_str_eq(got.steps, want->steps));
    assert_true(tare_str_eq(got.outline, want->outline));
    assert_true(tare_str_eq(got.detail, want->detail));
    assert_true(got.seed == want->seed);
    assert_int_equal(got.wall_start_ns, want->wall_start_ns);
    assert_int_equal(got.dur_ns, want->dur_ns);
    for (uint32_t i = 0; i < want->n_scores; i++) {
        assert_int_equal(got.scores[i].state, want->scores[i].state);
        assert_true(got.scores[i].value == want->scores[i].value);
        assert_true(got.scores[i].num == want->scores[i].num);
        assert_true(got.scores[i].den == want->scores[i].den);
        assert_true(tare_str_eq(got.scores[i].reason, want->scores[i].reason));
    }
    assert_true(tare_digest_eq(got.digest, want->digest));
    assert_true(tare_digest_eq(tare_attempt_digest(&got), want->digest));
}

static void plays_and_reads_back(void **state)
{
    (void)state;
    struct fixture f;
    struct tare_err err = {0};
    fixture_begin(&f, 30, 3, 4);
    struct tare_store *s = fixture_open(&f, NULL);
    struct tare_batch_info info = plan(&f, s);
    assert_int_equal(info.n_planned, 360);
    assert_false(info.finished);
    uint32_t n = 0;
    assert_fine(fixture_play(&f, s, info.id, "me", UINT32_MAX, 50, 9, NULL, &n, &err), &err);
    assert_int_equal(n, 360);
    assert_fine(tare_store_finish(s, info.id, &info, &err), &err);
    assert_true(info.finished);
    assert_int_equal(info.n_done + info.n_failed + info.n_missing, 360);
    assert_true(info.n_missing > 0 && info.n_failed > 0);
    for (uint32_t r = 0; r < 3; r++)
        for (uint32_t t = 0; t < 30; t++)
            for (uint32_t k = 0; k < 4; k++)
                check_same(s, run_id(&f, s, info.id, r), fixture_attempt(&f.arena, r, t, k, 9),
                           &f.arena);
    tare_store_close(s);
    /* In another process it would be the same: a new handle. */
    s = fixture_open(&f, NULL);
    bool found = false;
    assert_fine(tare_store_find_batch(s, &f.plan.identity, &info, &found, &err), &err);
    assert_true(found && info.finished);
    check_same(s, run_id(&f, s, info.id, 2), fixture_attempt(&f.arena, 2, 29, 3, 9), &f.arena);
    tare_store_close(s);
    fixture_end(&f);
}

/* Larger than several packs, and not a byte: both ends of an attempt's steps. */
static void long_and_empty_steps(void **state)
{
    (void)state;
    struct fixture f;
    struct tare_err err = {0};
    fixture_begin(&f, 4, 1, 1);
    struct tare_store *s = fixture_open(&f, NULL);
    struct tare_batch_info info = plan(&f, s);
    struct tare_lease *leases = NULL;
    uint32_t n = 0;
    bool others = false, accepted[4];
    assert_fine(
        tare_store_lease(s, info.id, TARE_S("me"), 60000, 9, &f.arena, &leases, &n, &others, &err),
        &err);
    assert_int_equal(n, 1);
    const struct tare_lease *of[4] = {leases, leases, leases, leases};
    static const uint32_t sizes[4] = {3, 5000, 0, 700};
    const struct tare_attempt *attempts[4];
    for (uint32_t i = 0; i < 4; i++)
        attempts[i] = fixture_attempt(&f.arena, 0, i, 0, sizes[i]);
    assert_fine(tare_store_commit(s, info.id, of, attempts, 4, accepted, &err), &err);
    int64_t run = run_id(&f, s, info.id, 0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_true(accepted[i]);
        check_same(s, run, attempts[i], &f.arena);
    }
    struct tare_str *lines = NULL;
    assert_fine(tare_store_steps(s, run, 1, 0, 4990, 6000, &f.arena, &lines, &n, &err), &err);
    assert_int_equal(n, 10);
    assert_true(tare_str_starts(lines[9], TARE_S("{\"n\":4999,")));
    assert_fine(tare_store_steps(s, run, 2, 0, 0, 5, &f.arena, &lines, &n, &err), &err);
    assert_int_equal(n, 0);
    tare_store_close(s);
    fixture_end(&f);
}

static uint32_t lease(struct tare_store *s, int64_t batch, const char *owner, uint32_t max,
                      struct tare_arena *arena, struct tare_lease **out, bool *others)
{
    struct tare_err err = {0};
    uint32_t n = 0;
    assert_fine(
        tare_store_lease(s, batch, tare_str_of(owner), 1000, max, arena, out, &n, others, &err),
        &err);
    return n;
}

static bool commit_one(struct tare_store *s, int64_t batch, const struct tare_lease *l,
                       const struct tare_attempt *a)
{
    struct tare_err err = {0};
    bool accepted = false;
    assert_fine(tare_store_commit(s, batch, &l, &a, 1, &accepted, &err), &err);
    return accepted;
}

static bool running(struct fixture *f, struct tare_store *s, int64_t batch)
{
    struct tare_batch_view b;
    struct tare_err err = {0};
    assert_fine(tare_store_batch(s, batch, &f->arena, &b, &err), &err);
    return b.running;
}

/* An expired slice goes to somebody else with a higher fence; the late one is refused. */
static void old_fences_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct tare_clock_fake clock;
    struct tare_err err = {0};
    bool others = false;
    struct tare_lease *mine = NULL, *theirs = NULL;
    fixture_begin(&f, 4, 1, 1);
    tare_clock_fake_init(&clock, 5000000000, 1700000000000000000);
    struct tare_store *s = fixture_open(&f, &clock.clock);
    struct tare_batch_info info = plan(&f, s);
    assert_false(running(&f, s, info.id));
    assert_int_equal(lease(s, info.id, "slow", 4, &f.arena, &mine, &others), 1);
    assert_true(running(&f, s, info.id));
    assert_int_equal(lease(s, info.id, "quick", 4, &f.arena, &theirs, &others), 0);
    assert_true(others);
    clock.mono += 999999999;
    assert_int_equal(lease(s, info.id, "quick", 4, &f.arena, &theirs, &others), 0);
    assert_fine(tare_store_renew(s, TARE_S("slow"), 1000, &err), &err);
    clock.mono += 900000000;
    assert_int_equal(lease(s, info.id, "quick", 4, &f.arena, &theirs, &others), 0);
    clock.wall -= INT64_C(31536000000000000); /* a year back: no lease cares */
    assert_true(running(&f, s, info.id));
    clock.mono += 100000000;
    assert_false(running(&f, s, info.id)); /* whoever held it is late */
    assert_int_equal(lease(s, info.id, "quick", 4, &f.arena, &theirs, &others), 1);
    assert_true(theirs->fence > mine->fence);
    struct tare_attempt *a = fixture_attempt(&f.arena, 0, 1, 0, 3);
    assert_false(commit_one(s, info.id, mine, a));
    assert_true(commit_one(s, info.id, theirs, a));
    assert_false(commit_one(s, info.id, theirs, a)); /* twice: once */
    assert_fine(tare_store_release(s, TARE_S("quick"), &err), &err);
    assert_false(running(&f, s, info.id));
    assert_int_equal(lease(s, info.id, "third", 4, &f.arena, &mine, &others), 1);
    assert_true(mine->fence > theirs->fence);
    assert_int_equal(mine->finished[1], 1);
    assert_int_equal(mine->finished[0], 0);
    tare_store_close(s);
    fixture_end(&f);
}

/* A process that died holding a lease does not hold anybody up; one that lives does. */
static void leases_of_the_dead_are_free(void **state)
{
    (void)state;
    struct fixture f;
    fixture_begin(&f, 4, 1, 1);
    struct tare_store *s = fixture_open(&f, NULL);
    struct tare_batch_info info = plan(&f, s);
    tare_store_close(s);
    int up[2], down[2];
    assert_int_equal(pipe(up), 0);
    assert_int_equal(pipe(down), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct tare_lease *l = NULL;
        bool others = false;
        char go = 0;
        struct tare_store *mine = fixture_open(&f, NULL);
        struct tare_str owner = tare_store_owner(&f.arena);
        uint32_t n = lease(mine, info.id, owner.p, 4, &f.arena, &l, &others);
        (void)!write(up[1], &n, sizeof n);
        (void)!read(down[0], &go, 1);
        _exit(0);
    }
    uint32_t n = 0;
    bool others = false;
    struct tare_lease *l = NULL;
    assert_int_equal(read(up[0], &n, sizeof n), sizeof n);
    assert_int_equal(n, 1);
    s = fixture_open(&f, NULL);
    struct tare_str owner = tare_store_owner(&f.arena);
    assert_int_equal(lease(s, info.id, owner.p, 4, &f.arena, &l, &others), 0);
    assert_true(others);
    assert_true(running(&f, s, info.id));
    assert_int_equal(write(down[1], "x", 1), 1);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_false(running(&f, s, info.id));
    assert_int_equal(lease(s, info.id, owner.p, 4, &f.arena, &l, &others), 1);
    tare_store_close(s);
    (void)close(up[0]), (void)close(up[1]), (void)close(down[0]), (void)close(down[1]);
    fixture_end(&f);
}

static uint32_t marked(struct fixture *f, struct tare_store *s, int64_t batch)
{
    struct tare_batch_view b;
    struct tare_err err = {0};
    uint32_t out = 0;
    assert_fine(tare_store_batch(s, batch, &f->arena, &b, &err), &err);
    for (uint32_t i = 0; i < b.n_runs; i++)
        out |= (uint32_t)b.runs[i].baseline << i;
    return out;
}

/* One run a suite, over all its batches; it stays when the store is opened again. */
static void one_baseline_a_suite(void **state)
{
    (void)state;
    struct fixture f;
    struct tare_err err = {0};
    uint64_t before, after;
    fixture_begin(&f, 4, 2, 1);
    struct tare_store *s = fixture_open(&f, NULL);
    struct tare_batch_info one = plan(&f, s), two = plan(&f, s);
    int64_t a = run_id(&f, s, one.id, 1), b = run_id(&f, s, two.id, 0);
    assert_int_equal(marked(&f, s, one.id), 0);
    assert_fine(tare_store_change(s, &before, &err), &err);
    assert_fine(tare_store_mark_baseline(s, a, true, &err), &err);
    assert_fine(tare_store_change(s, &after, &err), &err);
    assert_true(after > before);
    assert_int_equal(marked(&f, s, one.id), 2);
    assert_fine(tare_store_mark_baseline(s, b, true, &err), &err);
    assert_int_equal(marked(&f, s, one.id), 0);
    assert_int_equal(marked(&f, s, two.id), 1);
    assert_fine(tare_store_mark_baseline(s, a, false, &err), &err); /* it has none */
    tare_store_close(s);
    s = fixture_open(&f, NULL);
    assert_int_equal(marked(&f, s, two.id), 1);
    assert_fine(tare_store_mark_baseline(s, b, false, &err), &err);
    assert_int_equal(marked(&f, s, two.id), 0);
    assert_int_equal(tare_store_mark_baseline(s, 999, true, &err), TARE_E_STATE);
    tare_store_close(s);
    fixture_end(&f);
}

static void columns_and_pages(void **state)
{
    (void)state;
    struct fixture f;
    struct tare_err err = {0};
    fixture_begin(&f, 30, 2, 3);
    struct tare_store *s = fixture_open(&f, NULL);
    struct tare_batch_info info = plan(&f, s);
    uint32_t n = 0;
    assert_fine(fixture_play(&f, s, info.id, "me", UINT32_MAX, 64, 2, NULL, &n, &err), &err);
    int64_t run = run_id(&f, s, info.id, 1);
    struct tare_columns c;
    static const uint32_t want[] = {1};
    assert_fine(tare_store_columns(s, run, want, 1, &f.arena, &c, &err), &err);
    assert_int_equal(c.n, 90);
    assert_null(c.metrics[0].value);
    for (uint32_t i = 0; i < c.n; i++) {
        struct tare_attempt *a = fixture_attempt(&f.arena, 1, i / 3, i % 3, 2);
        assert_int_equal(c.task[i], i / 3);
        assert_int_equal(c.index[i], i % 3);
        assert_int_equal(c.status[i], a->status);
        if (a->n_scores)
            assert_true(c.metrics[1].value[i] == a->scores[1].value &&
                        c.metrics[1].num[i] == a->scores[1].num &&
                        c.metrics[1].den[i] == a->scores[1].den);
        else
            assert_true(isnan(c.metrics[1].value[i]) &&
                        c.metrics[1].state[i] == TARE_SCORE_MISSING);
    }
    struct tare_attempt_page page;
    assert_fine(tare_store_attempts(s, run, NULL, 85, 10, &f.arena, &page, &err), &err);
    assert_int_equal(page.total, 90);
    assert_int_equal(page.n, 5);
    assert_int_equal(page.rows[4].task, 29);
    assert_true(isnan(page.rows[0].value[3]));
    struct tare_missing *missing = NULL;
    assert_fine(tare_store_missing(s, run, &f.arena, &missing, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_int_equal(missing[0].cause, TARE_CAUSE_ENDPOINT);
    assert_true(tare_str_is(missing[0].text, "connection refused"));
    tare_store_close(s);
    fixture_end(&f);
}

static uint64_t matches(struct fixture *f, struct tare_store *s, int64_t batch, const char *text)
{
    struct tare_batch_view b;
    struct tare_task_view *tasks = NULL;
    struct tare_where *w = NULL;
    struct tare_attempt_page page;
    struct tare_err err = {0};
    uint32_t n = 0;
    assert_fine(tare_store_batch(s, batch, &f->arena, &b, &err), &err);
    assert_fine(tare_store_tasks(s, batch, &f->arena, &tasks, &n, &err), &err);
    enum tare_status st = tare_where_compile(tare_str_of(text), &b, tasks, n, &f->arena, &w, &err);
    if (st == TARE_E_USAGE) {
        assert_true(err.hint[0] && err.excerpt[0]);
        return UINT64_MAX;
    }
    assert_fine(st, &err);
    assert_fine(tare_store_attempts(s, b.runs[0].id, w, 0, 3, &f->arena, &page, &err), &err);
    assert_true(page.n == (page.total < 3 ? page.total : 3));
    return page.total;
}

static void filters(void **state)
{
    (void)state;
    struct fixture f;
    struct tare_err err = {0};
    fixture_begin(&f, 30, 1, 3);
    struct tare_store *s = fixture_open(&f, NULL);
    struct tare_batch_info info = plan(&f, s);
    uint32_t n = 0;
    assert_fine(fixture_play(&f, s, info.id, "me", UINT32_MAX, 64, 2, NULL, &n, &err), &err);
    uint64_t low = 0, missing = 0, hard = 0, violated = 0;
    for (uint32_t i = 0; i < 90; i++) {
        struct tare_attempt *a = fixture_attempt(&f.arena, 0, i / 3, i % 3, 2);
        low += a->n_scores && a->scores[0].value < 0;
        missing += a->status == TARE_ATTEMPT_MISSING;
        violated += a->n_scores && a->scores[2].value != 0;
        hard += (i / 3) % 3 == 1 && (i / 3) % 2 == 1 && i % 3 == 1;
    }
    assert_int_equal(matches(&f, s, info.id, ""), 90);
    assert_int_equal(matches(&f, s, info.id, "reward<0"), low);
    assert_int_equal(matches(&f, s, info.id, "!reward<0"), 90 - low);
    assert_int_equal(matches(&f, s, info.id, " missing "), missing);
    assert_int_equal(matches(&f, s, info.id, "violated"), violated);
    assert_int_equal(matches(&f, s, info.id, "family:\"direct harm\" tier:hard attempt=2"), hard);
    assert_int_equal(matches(&f, s, info.id, "task:sc-0007"), 3);
    assert_int_equal(matches(&f, s, info.id, "steps>=2 tokens<108 ms=1 cost!=0"), 90);
    assert_int_equal(matches(&f, s, info.id, "ttfc<100"), 0);
    assert_true(matches(&f, s, info.id, "colour:red") == UINT64_MAX);
    assert_true(matches(&f, s, info.id, "rewrd<0") == UINT64_MAX);
    assert_true(matches(&f, s, info.id, "reward<abc") == UINT64_MAX);
    assert_true(matches(&f, s, info.id, "sometimes") == UINT64_MAX);
    tare_store_close(s);
    fixture_end(&f);
}

static enum tare_status resolve(struct tare_store *s, const char *text, bool want_run,
                                struct tare_arena *arena, struct tare_address *out)
{
    struct tare_err err = {0};
    enum tare_status st = tare_store_resolve(s, tare_str_of(text), want_run, arena, out, &err);
    if (st)
        assert_true(err.text[0] && err.hint[0]);
    return st;
}

static void addresses(void **state)
{
    (void)state;
    struct fixture f;
    struct tare_address a;
    fixture_begin(&f, 2, 3, 1);
    struct tare_store *s = fixture_open(&f, NULL);
    assert_int_equal(resolve(s, "@last", false, &f.arena, &a), TARE_E_USAGE);
    struct tare_batch_info first = plan(&f, s);
    f.plan.n_solvers = 1;
    f.plan.label = TARE_S("team/one");
    struct tare_batch_info second = plan(&f, s);
    f.plan.reuse = true;
    assert_int_equal(plan(&f, s).id, second.id);
    assert_int_equal(resolve(s, "@last", true, &f.arena, &a), TARE_OK);
    assert_int_equal(a.batch, second.id);
    assert_true(a.run > 0);
    assert_int_equal(resolve(s, "@last~1", false, &f.arena, &a), TARE_OK);
    assert_int_equal(a.batch, first.id);
    assert_int_equal(a.run, 0);
    assert_int_equal(resolve(s, "@last~1", true, &f.arena, &a), TARE_E_USAGE);
    assert_int_equal(resolve(s, "@last~2", false, &f.arena, &a), TARE_E_USAGE);
    assert_int_equal(resolve(s, "nightly/solver-2", true, &f.arena, &a), TARE_OK);
    assert_int_equal(a.run, run_id(&f, s, first.id, 2));
    assert_int_equal(a.run_index, 2);
    assert_int_equal(resolve(s, "nightly/sol", true, &f.arena, &a), TARE_E_USAGE);
    assert_int_equal(resolve(s, "team/one/solver-0", true, &f.arena, &a), TARE_OK);
    assert_int_equal(a.batch, second.id);
    assert_int_equal(resolve(s, "team/one", true, &f.arena, &a), TARE_OK);
    first.name[6] = '\0';
    assert_int_equal(resolve(s, first.name, false, &f.arena, &a), TARE_OK);
    assert_int_equal(a.batch, first.id);
    struct tare_batch_view b;
    assert_int_equal(tare_store_batch(s, first.id, &f.arena, &b, NULL), TARE_OK);
    char name[17];
    memcpy(name, b.runs[1].name, sizeof name);
    name[8] = '\0';
    assert_int_equal(resolve(s, name, true, &f.arena, &a), TARE_OK);
    assert_int_equal(a.run, b.runs[1].id);
    assert_int_equal(resolve(s, "nobody", false, &f.arena, &a), TARE_E_USAGE);
    assert_int_equal(resolve(s, "", false, &f.arena, &a), TARE_E_USAGE);
    tare_store_close(s);
    fixture_end(&f);
}

static void batches_and_tasks(void **state)
{
    (void)state;
    struct fixture f;
    struct tare_err err = {0};
    fixture_begin(&f, 12, 2, 1);
    struct tare_store *s = fixture_open(&f, NULL);
    uint64_t before = 0, later = 0;
    assert_fine(tare_store_change(s, &before, &err), &err);
    struct tare_batch_info first = plan(&f, s);
    assert_fine(tare_store_change(s, &later, &err), &err);
    assert_true(later > before);
    f.plan.label = TARE_S("other");
    (void)plan(&f, s);
    struct tare_batch_view *v = NULL;
    uint32_t n = 0, total = 0;
    assert_fine(tare_store_batches(s, NULL, &f.arena, &v, &n, &total, &err), &err);
    assert_int_equal(n, 2);
    assert_int_equal(total, 2);
    assert_true(tare_str_is(v[0].label, "other"));
    assert_int_equal(v[1].n_metrics, 4);
    assert_true(isinf(v[1].metrics[3].max));
    assert_true(v[1].runs[0].control && !v[1].runs[1].control);
    struct tare_batch_filter filter = {.label = TARE_S("nightly"), .solver = TARE_S("ver-1")};
    assert_fine(tare_store_batches(s, &filter, &f.arena, &v, &n, &total, &err), &err);
    assert_int_equal(n, 1);
    assert_int_equal(v[0].info.id, first.id);
    filter = (struct tare_batch_filter){.suite = TARE_S("nope")};
    assert_fine(tare_store_batches(s, &filter, &f.arena, &v, &n, &total, &err), &err);
    assert_int_equal(n, 0);
    struct tare_task_view *tasks = NULL;
    assert_fine(tare_store_tasks(s, first.id, &f.arena, &tasks, &n, &err), &err);
    assert_int_equal(n, 12);
    assert_true(tare_str_is(tare_task_view_tag(&tasks[4], TARE_S("family")), "direct harm"));
    uint32_t task = 99;
    assert_fine(tare_store_find_task(s, first.id, TARE_S("sc-0011"), &f.arena, &task, &err), &err);
    assert_int_equal(task, 11);
    assert_int_equal(tare_store_find_task(s, first.id, TARE_S("sc-"), &f.arena, &task, &err),
                     TARE_E_USAGE);
    assert_int_equal(tare_store_find_task(s, first.id, TARE_S("x"), &f.arena, &task, &err),
                     TARE_E_USAGE);
    struct tare_str line;
    assert_fine(tare_store_task_line(s, first.id, 1, &f.arena, &line, &err), &err);
    assert_true(tare_str_is(line, "{\"id\":\"sc-0001\",\"input\":{\"question\":1},"
                                  "\"tags\":{\"family\":\"direct harm\",\"tier\":\"hard\"}}"));
    tare_store_close(s);
    fixture_end(&f);
}

/* Times do not count, all else does. */
static void digests(void **state)
{
    (void)state;
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, (size_t)1 << 24);
    struct tare_attempt *a = fixture_attempt(&arena, 0, 1, 2, 3), b = *a;
    struct tare_digest d = tare_attempt_digest(a);
    b.wall_start_ns++, b.dur_ns++;
    b.steps = TARE_S("{\"n\":0,\"t_ms\":5,\"x\":{\"t_ms\":1}}\n");
    struct tare_digest with = tare_attempt_digest(&b);
    b.steps = TARE_S("{\"n\":0,\"t_ms\":7777,\"x\":{\"t_ms\":1}}\n");
    assert_true(tare_digest_eq(with, tare_attempt_digest(&b)));
    b.steps = TARE_S("{\"n\":0,\"t_ms\":5,\"x\":{\"t_ms\":1},\"planted\":[{\"at\":\"/]\"}]}\n");
    assert_true(tare_digest_eq(with, tare_attempt_digest(&b)));
    b.steps = TARE_S("{\"n\":0,\"t_ms\":5,\"planted\":[],\"x\":{\"t_ms\":1}}\n");
    assert_true(tare_digest_eq(with, tare_attempt_digest(&b)));
    b.steps = TARE_S("{\"n\":0,\"t_ms\":5,\"x\":{\"t_ms\":1,\"planted\":[]}}\n");
    assert_false(tare_digest_eq(with, tare_attempt_digest(&b)));
    b.steps = TARE_S("{\"n\":0,\"t_ms\":5,\"x\":{\"t_ms\":2}}\n");
    assert_false(tare_digest_eq(with, tare_attempt_digest(&b)));
    b.steps = TARE_S("{\"n\":0,\"t_ms\":5,\"x\":\"\\\"t_ms\\\":2\"}\n");
    assert_false(tare_digest_eq(with, tare_attempt_digest(&b)));
    b = *a;
    b.dur_ns = 99;
    assert_true(tare_digest_eq(d, tare_attempt_digest(&b)));
    b.outline = TARE_S("[{\"i\":0,\"t_ms\":1},{\"i\":1,\"t_ms\":2}]");
    with = tare_attempt_digest(&b);
    b.outline = TARE_S("[{\"i\":0,\"t_ms\":10},{\"i\":1,\"t_ms\":20}]");
    assert_true(tare_digest_eq(with, tare_attempt_digest(&b)));
    b = *a;
    b.detail = TARE_S("{}");
    assert_false(tare_digest_eq(d, tare_attempt_digest(&b)));
    struct tare_score scores[4];
    memcpy(scores, a->scores, sizeof scores);
    b = *a;
    b.scores = scores;
    scores[0].value = scores[0].value + 1;
    assert_false(tare_digest_eq(d, tare_attempt_digest(&b)));
    b.steps = TARE_S("{\"t_ms\":\"\\"); /* cut off inside an escape: no reading past its end */
    (void)tare_attempt_digest(&b);
    tare_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plays_and_reads_back),
        cmocka_unit_test(long_and_empty_steps),
        cmocka_unit_test(old_fences_are_refused),
        cmocka_unit_test(leases_of_the_dead_are_free),
        cmocka_unit_test(one_baseline_a_suite),
        cmocka_unit_test(columns_and_pages),
        cmocka_unit_test(filters),
        cmocka_unit_test(addresses),
        cmocka_unit_test(batches_and_tasks),
        cmocka_unit_test(digests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
