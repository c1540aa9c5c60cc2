/* Threads that share one vocabulary and the programs over it: each walks states of its own, and
 * finds, bit for bit, what one thread alone finds on programs of its own. */
#include <pthread.h>
#include <stdlib.h>

#include "mask_test.h"

#define THREADS 6
#define ROUNDS 6u  /* walks of one thread over each program */
#define STEPS 60u  /* of one walk */
#define IDS 20000u /* masks of one thread whose ids are kept */

/* Masks that were seen under an id, of one program. */
struct seen {
    uint32_t program, id;
    uint64_t sum;
};

struct job {
    struct tare_mask_vocabulary *vocabulary;
    struct tare_mask_program *const *programs;
    pthread_barrier_t *start; /* NULL: alone */
    uint64_t seed;
    uint64_t sums[N_KINDS]; /* of all that was answered */
    uint32_t steps, n_seen;
    int code;
    struct seen seen[IDS];
};

/* One walk under way, and its copy. */
struct play {
    struct job *job;
    uint32_t program;
    uint64_t *sum, seed;
    struct tare_mask_state *s, *other;
    uint32_t n; /* steps that can be taken back */
};

static int look(struct play *p, struct tare_mask_bits *m)
{
    *m = (struct tare_mask_bits){.size = sizeof *m};
    int code = tare_mask_next(p->s, m, NULL);
    if (code)
        return code;
    uint64_t sum = mask_sum(m);
    sum_number(p->sum, sum);
    if (p->job->n_seen < IDS && m->n_allowed)
        p->job->seen[p->job->n_seen++] = (struct seen){p->program, m->id, sum};
    return mask_sum(m) == sum ? 0 : -1; /* it lives until the next call */
}

static int batch(struct play *p)
{
    struct tare_mask_state *both[2] = {p->s, p->other ? p->other : p->s};
    uint32_t rows[2][ROW_WORDS];
    int code = tare_mask_batch(both, 2, rows[0], ROW_WORDS, NULL, NULL);
    sum_bytes(p->sum, rows, sizeof rows);
    return code;
}

static int to_logits(struct play *p)
{
    float logits[ROW];
    double mass = 0;
    for (int i = 0; i < ROW; i++)
        logits[i] = (float)chance(&p->seed, 1000) / 100.0f;
    int code = tare_mask_to_logits(p->s, logits, &mass, NULL);
    sum_bytes(p->sum, logits, sizeof logits);
    sum_bytes(p->sum, &mass, sizeof mass);
    return code;
}

static int forced(struct play *p)
{
    char bytes[40];
    size_t n = 0, keep = 0;
    uint32_t tokens[40];
    int code = tare_mask_forced(p->s, bytes, sizeof bytes, &n, NULL);
    for (size_t i = 0; i < n; i++)
        tokens[i] = (unsigned char)bytes[i];
    if (!code)
        code = tare_mask_forced_keep(p->s, tokens, n, &keep, NULL);
    sum_bytes(p->sum, bytes, n);
    sum_number(p->sum, keep);
    return code;
}

static int clone(struct play *p)
{
    tare_mask_end(p->other);
    p->other = NULL;
    int code = tare_mask_clone(p->s, &p->other, NULL);
    if (!code && chance(&p->seed, 2)) { /* on with the copy */
        struct tare_mask_state *s = p->s;
        p->s = p->other;
        p->other = s;
    }
    return code;
}

static int rollback(struct play *p)
{
    uint32_t back = 1 + chance(&p->seed, 4);
    int code = tare_mask_rollback(p->s, back, NULL);
    if (back > p->n)
        return code == TARE_CODE_STATE ? 0 : -1;
    p->n -= back;
    return code;
}

/* A token that is allowed, or any, or its bytes. */
static int accept(struct play *p, const struct tare_mask_bits *m)
{
    uint32_t t = allowed_token(m, chance(&p->seed, m->n_allowed));
    int answer = TARE_MASK_REJECT, code;
    if (chance(&p->seed, 5) == 0)
        t = chance(&p->seed, ROW);
    int allowed = is_allowed(m, t);
    if (t < 256 && chance(&p->seed, 5) == 0) {
        char byte = (char)t;
        code = tare_mask_accept_text(p->s, &byte, 1, &answer, NULL);
    } else {
        code = tare_mask_accept(p->s, t, &answer, NULL);
    }
    sum_number(p->sum, (uint64_t)answer << 1 | (uint64_t)(tare_mask_can_end(p->s) != 0));
    p->n += answer != TARE_MASK_REJECT;
    return code || allowed == (answer != TARE_MASK_REJECT) ? code : -1;
}

/* The walk's first step. */
static int begin(struct play *p)
{
    const struct kind *k = &kinds[p->program];
    char text[4096];
    int answer = TARE_MASK_OK;
    size_t n = 0, again = k->again ? strlen(k->again) : 0;
    if (!again)
        return 0;
    n = strlen(k->open);
    memcpy(text, k->open, n);
    for (uint32_t i = chance(&p->seed, k->times); i > 0; i--, n += again)
        memcpy(text + n, k->again, again);
    int code = tare_mask_accept_text(p->s, text, n, &answer, NULL);
    p->n++;
    return code || answer == TARE_MASK_OK ? code : -1;
}

static int play(struct job *j, uint32_t program, uint64_t seed)
{
    struct play p = {.job = j, .program = program, .sum = &j->sums[program], .seed = seed};
    int code = tare_mask_start(j->programs[program], &p.s, NULL);
    if (!code)
        code = begin(&p);
    for (uint32_t n = 0; n < STEPS && !code; n++, j->steps++) {
        struct tare_mask_bits m;
        uint32_t what = chance(&p.seed, 16);
        if (what == 0)
            code = batch(&p);
        else if (what == 1)
            code = to_logits(&p);
        else if (what == 2)
            code = forced(&p);
        else if (what == 3)
            code = clone(&p);
        else if (what == 4)
            code = rollback(&p);
        else if (!(code = look(&p, &m)))
            code = m.n_allowed ? accept(&p, &m) : rollback(&p);
    }
    tare_mask_end(p.other);
    tare_mask_end(p.s);
    return code;
}

/* Also compiles a program of its own, for a vocabulary that others use at the same time. */
static void *work(void *arg)
{
    struct job *j = arg;
    if (j->start)
        (void)pthread_barrier_wait(j->start);
    for (uint32_t round = 0; round < ROUNDS && !j->code; round++) {
        for (uint32_t i = 0; i < N_KINDS && !j->code; i++)
            j->code = play(j, i, j->seed << 16 | round << 8 | i);
        struct tare_mask_program *own = NULL;
        if (!j->code)
            j->code =
                compile_kind(j->vocabulary, &kinds[(j->seed + round) % N_KINDS], 0, &own, NULL);
        tare_mask_close(own);
    }
    return NULL;
}

static void compile_all(const struct tare_mask_vocabulary *v, size_t memory,
                        struct tare_mask_program *programs[N_KINDS])
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (compile_kind(v, &kinds[i], memory, &programs[i], NULL) != TARE_CODE_OK)
            fail_msg("%s is not compiled", kinds[i].name);
}

static void close_all(struct tare_mask_program *programs[N_KINDS])
{
    for (size_t i = 0; i < N_KINDS; i++)
        tare_mask_close(programs[i]);
}

static int by_sum(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    return (x->sum > y->sum) - (x->sum < y->sum);
}

/* Masks of a program that have two ids: memory was begun anew between. */
static unsigned twice(struct job *jobs)
{
    unsigned n = 0;
    for (int i = 0; i < THREADS; i++) {
        struct seen *s = jobs[i].seen;
        qsort(s, jobs[i].n_seen, sizeof *s, by_sum);
        for (uint32_t k = 1; k < jobs[i].n_seen; k++)
            n += s[k].sum == s[k - 1].sum && s[k].program == s[k - 1].program &&
                 s[k].id != s[k - 1].id;
    }
    return n;
}

/* Equal ids of one program: equal masks, whoever asked. */
static void check_ids(const struct job *jobs)
{
    static uint64_t sums[N_KINDS][IDS];
    for (int i = 0; i < THREADS; i++)
        for (uint32_t k = 0; k < jobs[i].n_seen; k++) {
            const struct seen *s = &jobs[i].seen[k];
            if (s->id >= IDS)
                continue;
            uint64_t *sum = &sums[s->program][s->id];
            if (*sum && *sum != s->sum)
                fail_msg("%s: two masks have the id %u", kinds[s->program].name, s->id);
            *sum = s->sum;
        }
    memset(sums, 0, sizeof sums);
}

/* memory: of the shared programs; what is remembered is begun anew when it is full. */
static void together(size_t memory)
{
    static struct job alone[THREADS], shared[THREADS];
    struct tare_mask_vocabulary *v = vocabulary();
    struct tare_mask_program *own[N_KINDS] = {0}, *ours[N_KINDS] = {0};
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    compile_all(v, 0, own);
    compile_all(v, memory, ours);
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        memset(&alone[i], 0, sizeof alone[i]);
        memset(&shared[i], 0, sizeof shared[i]);
        alone[i].vocabulary = shared[i].vocabulary = v;
        alone[i].seed = shared[i].seed = i + 1;
        alone[i].programs = own;
        shared[i].programs = ours;
        shared[i].start = &start;
        (void)work(&alone[i]);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &shared[i]), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(alone[i].code, 0);
        assert_int_equal(shared[i].code, 0);
        assert_true(alone[i].steps == shared[i].steps && alone[i].steps > 500);
        for (size_t k = 0; k < N_KINDS; k++)
            if (alone[i].sums[k] != shared[i].sums[k])
                fail_msg("%s: thread %d found something else", kinds[k].name, i);
    }
    check_ids(shared);
    if ((twice(shared) > 0) != (memory > 0))
        fail_msg("%u masks have two ids", twice(shared));
    assert_int_equal(pthread_barrier_destroy(&start), 0);
    close_all(own);
    close_all(ours);
    tare_mask_vocabulary_close(v);
}

static void test_threads(void **state)
{
    (void)state;
    together(0);
}

static void test_threads_little_memory(void **state)
{
    (void)state;
    together(600000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_threads_little_memory),
    };
    return cmocka_run_group_tests_name("masks and threads", tests, NULL, NULL);
}
