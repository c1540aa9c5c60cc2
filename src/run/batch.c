/*
 * The coordinator: leases slices, hands them out, groups what comes back into commits, and reports
 * an attempt only after its commit.
 */
#include "run/batch.h"

#include <stdlib.h>

#include "run/batch_int.h"
#include "run/registry.h"

#include "base/fault.h"
#include "base/limits.h"
#include "base/os.h"

#include "base/banned.h"

struct coordinator {
    struct tare__batch *b;
    struct tare_store *store;
    struct tare_run_result *out;
    struct tare_err *err;
    struct tare_str owner;
    struct tare_arena lease_arena;
    struct tare__job *free_jobs;
    uint32_t outstanding, target;
    bool exhausted, others, enough;
    struct tare__done *group[TARE__RUN_GROUP];
    uint32_t n_group, ended_in_group;
    int64_t group_since_ns, leased_ns, renewed_ns, stop_since_ns, ticked_ns;
};

static int64_t now(const struct coordinator *c)
{
    return c->b->clock->mono_ns(c->b->clock->ctx);
}

static struct tare__job *new_job(struct coordinator *c, const struct tare_lease *lease)
{
    struct tare__job *j = c->free_jobs;
    size_t n = (size_t)(lease->task_to - lease->task_from) * c->b->k;
    uint8_t *flags = malloc(n ? n : 1);
    if (j)
        c->free_jobs = j->next;
    else
        j = TARE_NEW(c->b->arena, struct tare__job);
    if (!j || !flags) {
        free(flags);
        return NULL;
    }
    memcpy(flags, lease->finished, n);
    j->lease = *lease;
    j->lease.finished = j->begun = flags;
    j->next = NULL;
    return j;
}

static void free_job(struct coordinator *c, struct tare__job *j)
{
    free(j->begun);
    j->lease.finished = j->begun = NULL;
    j->next = c->free_jobs;
    c->free_jobs = j;
}

static enum tare_status lease_more(struct coordinator *c)
{
    struct tare_lease *leases;
    uint32_t n;
    tare_arena_reset(&c->lease_arena);
    enum tare_status st = tare_store_lease(c->store, c->out->batch.id, c->owner, TARE__RUN_LEASE_MS,
                                           c->target - c->outstanding, &c->lease_arena, &leases, &n,
                                           &c->others, c->err);
    if (st != TARE_OK)
        return st;
    tare_fault_point("run.leased");
    c->leased_ns = now(c);
    c->exhausted = n == 0;
    for (uint32_t i = 0; i < n; i++) {
        struct tare__job *j = new_job(c, &leases[i]);
        if (!j)
            return tare_fail(c->err, TARE_E_NOMEM, "out of memory while handing out work");
        bool waits = tare__waits(c->b, j->lease.run);
        tare_queue_push(waits ? c->b->waiting : c->b->work, j);
        c->outstanding++;
    }
    return TARE_OK;
}

static void report(struct coordinator *c, const struct tare__done *d)
{
    const struct tare_run_options *o = c->b->options;
    const struct tare_attempt *a = &d->attempt;
    tare_fault_point("run.report");
    c->out->played++;
    if (o->counters) {
        atomic_fetch_add(&o->counters->done, 1);
        atomic_fetch_add(&o->counters->failed, a->status == TARE_ATTEMPT_FAILED);
        atomic_fetch_add(&o->counters->missing, a->status == TARE_ATTEMPT_MISSING);
        atomic_fetch_add(&o->counters->tokens, a->tokens_in + a->tokens_out);
    }
    if (o->on_attempt)
        o->on_attempt(o->ctx, d->job->lease.run, a);
}

/* Gives back what came from a worker; the end of a job gives the job back. */
static void forget(struct coordinator *c, struct tare__done *d)
{
    if (!d->job_ended) {
        tare__done_give_back(c->b, d);
        return;
    }
    free_job(c, d->job);
    c->outstanding--;
}

/* Once enough is known, nothing more is begun. */
static void ask_enough(struct coordinator *c)
{
    const struct tare_run_options *o = c->b->options;
    if (c->enough || !o->enough || !o->enough(o->ctx))
        return;
    c->enough = true;
    if (atomic_load(&c->b->stop) == 0)
        atomic_store(&c->b->stop, 1);
}

/* Stores what was gathered. Ends of jobs travel in the same group, in order: a lease is given up
 * only after its attempts are stored. */
static enum tare_status commit(struct coordinator *c)
{
    const struct tare_lease *leases[TARE__RUN_GROUP];
    const struct tare_attempt *attempts[TARE__RUN_GROUP];
    bool accepted[TARE__RUN_GROUP] = {false};
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_group; i++) {
        if (c->group[i]->job_ended)
            continue;
        leases[n] = &c->group[i]->job->lease;
        attempts[n++] = &c->group[i]->attempt;
    }
    enum tare_status st =
        n ? tare_store_commit(c->store, c->out->batch.id, leases, attempts, n, accepted, c->err)
          : TARE_OK;
    n = 0;
    for (uint32_t i = 0; i < c->n_group; i++) {
        struct tare__done *d = c->group[i];
        if (!d->job_ended && accepted[n++] && st == TARE_OK)
            report(c, d);
        forget(c, d);
    }
    c->n_group = c->ended_in_group = 0;
    if (st == TARE_OK)
        ask_enough(c);
    return st;
}

/* Takes one item from the workers, or times out. */
static enum tare_status gather(struct coordinator *c)
{
    int timeout_ms = 100;
    void *item;
    bool finished;
    if (c->n_group) {
        int64_t age_ms = (now(c) - c->group_since_ns) / 1000000;
        timeout_ms = age_ms >= TARE__RUN_GROUP_MS ? 0 : (int)(TARE__RUN_GROUP_MS - age_ms);
    }
    if (!tare_queue_pop(c->b->done, timeout_ms, &item, &finished))
        return c->n_group ? commit(c) : TARE_OK;
    if (c->n_group == 0)
        c->group_since_ns = now(c);
    c->group[c->n_group++] = item;
    c->ended_in_group += c->group[c->n_group - 1]->job_ended;
    bool all_in = c->ended_in_group == c->outstanding;
    return c->n_group == TARE__RUN_GROUP || all_in ? commit(c) : TARE_OK;
}

/* Follows the caller's wish to stop; after the grace time, or a second wish, stops at once. */
static void follow_stop(struct coordinator *c)
{
    const struct tare_run_options *o = c->b->options;
    int wish = o->stop ? atomic_load(o->stop) : 0;
    int level = atomic_load(&c->b->stop);
    int64_t grace_ms = o->grace_ms ? o->grace_ms : 10000;
    if (wish > level)
        atomic_store(&c->b->stop, wish > 2 ? 2 : wish);
    if (wish && !c->stop_since_ns)
        c->stop_since_ns = now(c);
    if (level == 1 && now(c) - c->stop_since_ns > grace_ms * 1000000)
        atomic_store(&c->b->stop, 2);
}

static enum tare_status keep_leases(struct coordinator *c)
{
    if (now(c) - c->renewed_ns < (int64_t)TARE__RUN_LEASE_MS * 1000000 / 4)
        return TARE_OK;
    c->renewed_ns = now(c);
    return tare_store_renew(c->store, c->owner, TARE__RUN_LEASE_MS, c->err);
}

static void tick(struct coordinator *c)
{
    const struct tare_run_options *o = c->b->options;
    if (now(c) - c->ticked_ns < 100000000)
        return;
    c->ticked_ns = now(c);
    if (o->counters)
        atomic_store(&o->counters->in_flight, atomic_load(&c->b->in_flight));
    if (o->on_tick)
        o->on_tick(o->ctx);
}

/* A lease is a commit: taken in batches, and once nothing was left only looked for now and then
 * (slices of a process that died, or of one that gave up, come back). */
static bool wants_more(struct coordinator *c)
{
    if (c->exhausted && now(c) - c->leased_ns < 200000000)
        return false;
    return c->outstanding < (c->target + 1) / 2 && (!c->exhausted || c->others);
}

static enum tare_status coordinate(struct coordinator *c)
{
    enum tare_status st = TARE_OK;
    c->renewed_ns = now(c);
    while (st == TARE_OK) {
        follow_stop(c);
        bool stopping = atomic_load(&c->b->stop) > 0;
        if (!stopping && wants_more(c))
            st = lease_more(c);
        if (st == TARE_OK && c->outstanding == 0 && (stopping || (c->exhausted && !c->others)))
            break;
        if (st == TARE_OK)
            st = gather(c);
        if (st == TARE_OK)
            st = keep_leases(c);
        tick(c);
    }
    return st;
}

/* After a failure: lets the threads run out and forgets what they bring. */
static void drain(struct coordinator *c)
{
    void *item;
    bool finished;
    atomic_store(&c->b->stop, 2);
    for (uint32_t i = 0; i < c->n_group; i++)
        forget(c, c->group[i]);
    c->n_group = 0;
    while (c->outstanding && tare_queue_pop(c->b->done, -1, &item, &finished))
        forget(c, item);
}

/* Slices (about 16 attempts each) leased at once: enough that a lease, which is a commit, is rare,
 * few enough that two processes share a batch fairly. */
static uint32_t jobs_at_once(const struct tare_run_options *o)
{
    uint32_t threads = o->threads ? o->threads : tare_cpu_count();
    if (o->ahead)
        return o->ahead;
    return threads * 16 + (o->in_flight ? o->in_flight : 64);
}

static enum tare_status play_all(struct coordinator *c)
{
    struct tare__batch *b = c->b;
    struct tare__crew *crew = NULL;
    bool cpu = false, loop = false;
    for (uint32_t i = 0; i < b->options->n_solvers; i++) {
        cpu = cpu || !tare__waits(b, i);
        loop = loop || tare__waits(b, i);
    }
    unsigned threads = !cpu ? 0 : b->options->threads ? b->options->threads : tare_cpu_count();
    c->target = jobs_at_once(b->options);
    ask_enough(c); /* what was stored before may be enough */
    enum tare_status st = tare__crew_start(b, threads, loop, &crew, c->err);
    if (st != TARE_OK)
        return st;
    st = coordinate(c);
    if (st != TARE_OK)
        drain(c);
    tare__crew_join(crew);
    struct tare_err ignored = {0};
    enum tare_status released =
        tare_store_release(c->store, c->owner, st == TARE_OK ? c->err : &ignored);
    return st == TARE_OK ? released : st;
}

static enum tare_status open_queues(struct tare__batch *b, struct tare_err *err)
{
    size_t jobs = (size_t)jobs_at_once(b->options) + 8;
    enum tare_status st = tare_queue_open(jobs, b->alc, &b->work, err);
    if (st == TARE_OK)
        st = tare_queue_open(jobs, b->alc, &b->waiting, err);
    if (st == TARE_OK)
        st = tare_queue_open(TARE__RUN_DONE, b->alc, &b->done, err);
    return st;
}

static void close_queues(struct tare__batch *b)
{
    struct tare_queue *all[] = {b->work, b->waiting, b->done};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i])
            tare_queue_close(all[i]);
}

/* A world that cannot be opened is the person's configuration: said before anything is stored. */
static enum tare_status try_world(struct tare__batch *b, struct tare_err *err)
{
    const struct tare_suite *suite = b->options->suite;
    struct tare_arena arena;
    void *w;
    b->world = b->options->world ? b->options->world : tare_registry_world(suite->world);
    if (!b->world) {
        enum tare_status st =
            tare_fail(err, TARE_E_USAGE, "no world is called '%.*s'", TARE_FMT(suite->world));
        tare_err_file(err, suite->path);
        return st;
    }
    tare_arena_init(&arena, b->alc, TARE_ARENA_ATTEMPT_BYTES);
    enum tare_status st = b->world->open(suite->world_config, b->alc, &arena, &w, err);
    if (st == TARE_OK)
        b->world->close(w);
    else if (err && err->file[0] == 0) {
        tare_err_file(err, suite->path);
        if (err->has_offset)
            tare_err_locate(err, suite->text);
    }
    tare_arena_free(&arena);
    return st;
}

/* Takes up the batch of the same arguments, if that is asked for and there is one. */
static enum tare_status take_up(struct coordinator *c, bool *found)
{
    const struct tare_run_options *o = c->b->options;
    const struct tare_digest *identity = &c->b->plan.identity;
    struct tare_run_result *out = c->out;
    enum tare_status st = tare_store_find_batch(c->store, identity, &out->batch, found, c->err);
    if (st == TARE_OK && o->resume_batch.n &&
        (!*found || !tare_str_starts(tare_str_of(out->batch.name), o->resume_batch))) {
        st = tare_fail(c->err, TARE_E_USAGE, "batch %.*s was not begun with these arguments",
                       TARE_FMT(o->resume_batch));
        tare_err_hint(c->err,
                      "`tare runs` shows with which ones; --resume alone takes up the batch "
                      "of these arguments");
    }
    if (st != TARE_OK || !*found || !o->retry_missing)
        return st;
    st = tare_store_retry_missing(c->store, out->batch.id, &out->retried, c->err);
    return st == TARE_OK && out->retried
               ? tare_store_find_batch(c->store, identity, &out->batch, found, c->err)
               : st;
}

static enum tare_status plan_and_play(struct coordinator *c)
{
    struct tare__batch *b = c->b;
    const struct tare_run_options *o = b->options;
    struct tare_run_result *out = c->out;
    bool found = false;
    enum tare_status st = o->resume ? take_up(c, &found) : TARE_OK;
    if (st == TARE_OK && found) {
        out->resumed = true;
        out->nothing_left = out->batch.finished;
    } else if (st == TARE_OK) {
        st = tare_store_plan(c->store, &b->plan, &out->batch, c->err);
    }
    if (st != TARE_OK)
        return st;
    if (o->counters) {
        atomic_store(&o->counters->done,
                     out->batch.n_done + out->batch.n_failed + out->batch.n_missing);
        atomic_store(&o->counters->failed, out->batch.n_failed);
        atomic_store(&o->counters->missing, out->batch.n_missing);
    }
    if (o->on_plan)
        o->on_plan(o->ctx, &out->batch);
    if (out->nothing_left)
        return TARE_OK;
    c->owner = tare_store_owner(b->arena);
    if (!c->owner.p)
        return tare_fail(c->err, TARE_E_NOMEM, "out of memory while starting");
    st = play_all(c);
    if (st != TARE_OK)
        return st;
    tare_fault_point("run.finish");
    st = tare_store_finish(c->store, out->batch.id, &out->batch, c->err);
    out->enough = c->enough;
    out->interrupted = !out->batch.finished && !c->enough && o->stop && atomic_load(o->stop);
    out->starved = atomic_load(&b->starved);
    out->halted = tare_arena_copy(b->arena, tare_str_of(b->halted));
    out->elsewhere = !out->batch.finished && c->others;
    return st;
}

enum tare_status tare_run_batch(struct tare_store *store, const struct tare_run_options *options,
                                struct tare_arena *arena, struct tare_run_result *out,
                                struct tare_err *err)
{
    struct tare__batch b = {.options = options, .arena = arena};
    struct coordinator c = {.b = &b, .store = store, .out = out, .err = err};
    b.clock = options->clock ? options->clock : tare_clock_system();
    b.alc = options->alc ? options->alc : tare_alc_libc();
    *out = (struct tare_run_result){0};
    pthread_mutex_init(&b.free_lock, NULL);
    tare_arena_init(&c.lease_arena, b.alc, TARE_ARENA_LOAD_BYTES);
    enum tare_status st = try_world(&b, err);
    if (st == TARE_OK)
        st = tare__batch_plan(&b, err);
    if (st == TARE_OK)
        st = open_queues(&b, err);
    if (st == TARE_OK)
        st = plan_and_play(&c);
    close_queues(&b);
    tare__done_free_all(&b);
    tare_os_give_back(); /* what is done with the results needs it next */
    tare_arena_free(&c.lease_arena);
    pthread_mutex_destroy(&b.free_lock);
    return st;
}
