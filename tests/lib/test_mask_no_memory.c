/* Every request for memory fails once, from the vocabulary to the last step, and again with all
 * that come after it: the call says so, gives back what it took, leaves everything as it was; made
 * again it answers as if nothing had been. The program is linked so that malloc and its like are
 * the ones below (tests/meson.build). */
#include <stdlib.h>

#include "mask_test.h"

#define STEPS 70u
#define SEEDS 4u
#define TRIES 40000L

/* ---- memory that can be refused -------------------------------------------------------------- */

static struct {
    long asked, fail_at, refused, live;
    int on; /* after fail_at, too */
} memory;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t each);
void *__real_aligned_alloc(size_t align, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t each);
void *__wrap_aligned_alloc(size_t align, size_t n);
void __wrap_free(void *p);

static int refuses(void)
{
    long at = memory.asked++;
    int no = memory.on ? at >= memory.fail_at : at == memory.fail_at;
    memory.refused += no;
    return no;
}

static void *given(void *p)
{
    memory.live += p != NULL;
    return p;
}

void *__wrap_malloc(size_t n)
{
    return refuses() ? NULL : given(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t each)
{
    return refuses() ? NULL : given(__real_calloc(n, each));
}

void *__wrap_aligned_alloc(size_t align, size_t n)
{
    return refuses() ? NULL : given(__real_aligned_alloc(align, n));
}

void __wrap_free(void *p)
{
    memory.live -= p != NULL;
    __real_free(p);
}

/* ---- one script ------------------------------------------------------------------------------ */

enum what { NEXT, ACCEPT, ACCEPT_TEXT, ROLLBACK, CLONE, FORCED, BATCH, LOGITS, N_WHAT };

struct script {
    const struct kind *kind;
    struct tare_mask_vocabulary *v;
    struct tare_mask_program *p;
    struct tare_mask_state *s, *other;
    struct tare_fault fault;
    uint32_t seed;
    uint32_t taken;          /* steps that can be taken back */
    long opened;             /* requests before the first step */
    uint64_t sums[STEPS];    /* what each step answered */
    uint32_t failed[N_WHAT]; /* calls of each kind that failed */
    uint32_t failed_to_open;
};

/* Some steps back, where there are so many. */
static int back(struct script *c, uint64_t seed)
{
    uint32_t n = 1 + chance(&seed, 3);
    if (n > c->taken)
        return TARE_CODE_OK;
    int code = tare_mask_rollback(c->s, n, &c->fault);
    c->taken -= code ? 0 : n;
    return code;
}

static int text(struct script *c, uint64_t *sum)
{
    const char *again = c->kind->again ? c->kind->again : "ab";
    int answer = 0;
    char many[800];
    size_t n = 0;
    for (; n + strlen(again) < sizeof many && n < 600; n += strlen(again))
        memcpy(many + n, again, strlen(again));
    int code = tare_mask_accept_text(c->s, many, n, &answer, &c->fault);
    if (!code && answer == TARE_MASK_REJECT)
        code = tare_mask_accept_text(c->s, again, strlen(again), &answer, &c->fault);
    c->taken += answer == TARE_MASK_OK;
    sum_number(sum, (uint64_t)answer);
    return code;
}

static int accept(struct script *c, uint64_t seed, uint64_t *sum)
{
    struct tare_mask_bits m = {.size = sizeof m};
    int answer = 0, code = tare_mask_next(c->s, &m, &c->fault);
    if (code || m.n_allowed == 0)
        return code ? code : back(c, seed);
    uint32_t t = chance(&seed, 6) ? allowed_token(&m, chance(&seed, m.n_allowed)) : 'b';
    code = tare_mask_accept(c->s, t, &answer, &c->fault);
    c->taken += answer != TARE_MASK_REJECT;
    sum_number(sum, (uint64_t)answer);
    return code;
}

static int clone(struct script *c)
{
    struct tare_mask_state *made = NULL;
    int code = tare_mask_clone(c->s, &made, &c->fault);
    if (code) {
        assert_null(made);
        return code;
    }
    tare_mask_end(c->other);
    c->other = c->s; /* on with the copy */
    c->s = made;
    return code;
}

static int forced(struct script *c, uint64_t *sum)
{
    char bytes[64];
    uint32_t tokens[64];
    size_t n = 0, keep = 0;
    int code = tare_mask_forced(c->s, bytes, sizeof bytes, &n, &c->fault);
    for (size_t i = 0; i < n; i++)
        tokens[i] = (unsigned char)bytes[i];
    if (!code)
        code = tare_mask_forced_keep(c->s, tokens, n, &keep, &c->fault);
    sum_bytes(sum, bytes, n);
    sum_number(sum, keep);
    return code;
}

static int batch(struct script *c, uint64_t *sum)
{
    struct tare_mask_state *both[2] = {c->s, c->other ? c->other : c->s};
    uint32_t rows[2][ROW_WORDS];
    int code = tare_mask_batch(both, 2, rows[0], ROW_WORDS, NULL, &c->fault);
    if (!code)
        sum_bytes(sum, rows, sizeof rows);
    return code;
}

static int logits(struct script *c, uint64_t *sum)
{
    float row[ROW];
    double mass = 0;
    for (int i = 0; i < ROW; i++)
        row[i] = (float)(i % 17);
    int code = tare_mask_to_logits(c->s, row, &mass, &c->fault);
    for (int i = 0; code && i < ROW; i++)
        assert_true(row[i] == (float)(i % 17)); /* left as they were */
    if (!code)
        sum_bytes(sum, row, sizeof row);
    return code;
}

/* Step i: the same for the same i, whatever failed before. */
static int step(struct script *c, uint32_t i, enum what what)
{
    uint64_t seed = (uint64_t)c->seed << 32 | i, *sum = &c->sums[i];
    struct tare_mask_bits m = {.size = sizeof m};
    int code = TARE_CODE_OK;
    *sum = 0;
    switch (what) {
    case ACCEPT_TEXT:
        return text(c, sum);
    case ROLLBACK:
        return back(c, seed);
    case CLONE:
        return clone(c);
    case FORCED:
        return forced(c, sum);
    case BATCH:
        return batch(c, sum);
    case LOGITS:
        return logits(c, sum);
    case NEXT:
        code = tare_mask_next(c->s, &m, &c->fault);
        *sum = code ? 0 : mask_sum(&m);
        return code;
    default:
        return accept(c, seed, sum);
    }
}

static enum what what_of(const struct script *c, uint32_t i)
{
    uint64_t seed = (uint64_t)c->seed << 40 | i;
    uint32_t k = chance(&seed, 24);
    return i == 3 ? ACCEPT_TEXT : k < N_WHAT ? (enum what)k : k % 2 ? ACCEPT : NEXT;
}

/* A call failed, as it should only when memory was refused: it says so. From now on there is
 * enough. */
static void must_be_memory(struct script *c, int code)
{
    if (code != TARE_CODE_MEMORY || memory.refused == 0)
        fail_msg("%s: request %ld: code %d: %s", c->kind->name, memory.fail_at, code,
                 c->fault.text);
    assert_int_equal(c->fault.code, TARE_CODE_MEMORY);
    assert_true(c->fault.text[0] != '\0');
    memory.fail_at = -1;
    memory.on = 0;
}

static void open_all(struct script *c)
{
    int code = open_vocabulary(&c->v, &c->fault);
    if (code) {
        assert_null(c->v);
        must_be_memory(c, code);
        c->failed_to_open++;
        code = open_vocabulary(&c->v, &c->fault);
    }
    if (!code && (code = compile_kind(c->v, c->kind, 0, &c->p, &c->fault))) {
        assert_null(c->p);
        must_be_memory(c, code);
        c->failed_to_open++;
        code = compile_kind(c->v, c->kind, 0, &c->p, &c->fault);
    }
    if (!code && (code = tare_mask_start(c->p, &c->s, &c->fault))) {
        assert_null(c->s);
        must_be_memory(c, code);
        c->failed_to_open++;
        code = tare_mask_start(c->p, &c->s, &c->fault);
    }
    if (code)
        fail_msg("%s: code %d: %s", c->kind->name, code, c->fault.text);
}

static void close_all(struct script *c)
{
    tare_mask_end(c->s);
    tare_mask_end(c->other);
    tare_mask_close(c->p);
    tare_mask_vocabulary_close(c->v);
}

static void play(struct script *c, long fail_at, int on)
{
    long live = memory.live;
    memory.asked = memory.refused = 0;
    memory.fail_at = fail_at;
    memory.on = on;
    c->fault.size = sizeof c->fault;
    open_all(c);
    c->opened = memory.asked;
    for (uint32_t i = 0; i < STEPS; i++) {
        long at = memory.fail_at;
        uint32_t taken = c->taken;
        int ends = tare_mask_can_end(c->s);
        int code = step(c, i, what_of(c, i));
        if (!code)
            continue;
        must_be_memory(c, code);
        c->failed[what_of(c, i)]++;
        if (tare_mask_can_end(c->s) != ends || c->taken != taken)
            fail_msg("%s: request %ld, step %u: the state is another", c->kind->name, at, i);
        assert_int_equal(step(c, i, what_of(c, i)), TARE_CODE_OK);
    }
    close_all(c);
    if (memory.live != live)
        fail_msg("%s: request %ld: %ld pieces are lost", c->kind->name, fail_at,
                 memory.live - live);
}

/* The script with each request refused, from number `from` on. */
static void refuse_each(const struct script *want, int on, long from, struct script *sums)
{
    long at = from;
    do {
        struct script c = {.kind = want->kind, .seed = want->seed};
        play(&c, at, on);
        for (uint32_t i = 0; i < STEPS; i++)
            if (c.sums[i] != want->sums[i])
                fail_msg("%s: request %ld: step %u (%d) answers something else", c.kind->name, at,
                         i, (int)what_of(&c, i));
        for (int i = 0; i < N_WHAT; i++)
            sums->failed[i] += c.failed[i];
        sums->failed_to_open += c.failed_to_open;
    } while (memory.refused && ++at < TRIES);
    assert_true(at < TRIES);
}

static void test_every_request(void **state)
{
    struct script sums = {.kind = NULL};
    (void)state;
    for (uint32_t seed = 0; seed < SEEDS; seed++)
        for (size_t k = 0; k < N_KINDS; k++) {
            struct script want = {.kind = &kinds[k], .seed = seed};
            play(&want, -1, 0);
            for (int on = 0; on < 2; on++) /* opening is the same for all seeds */
                refuse_each(&want, on, seed ? want.opened : 0, &sums);
        }
    const uint32_t *f = sums.failed;
    print_message("failed: open %u, next %u, accept %u, text %u, clone %u, forced %u, batch %u, "
                  "logits %u\n",
                  sums.failed_to_open, f[NEXT], f[ACCEPT], f[ACCEPT_TEXT], f[CLONE], f[FORCED],
                  f[BATCH], f[LOGITS]);
    assert_true(sums.failed_to_open > 100 && f[ACCEPT] && f[ACCEPT_TEXT] && f[CLONE] && f[FORCED]);
    assert_true(f[NEXT] + f[BATCH] + f[LOGITS] && f[ROLLBACK] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_request)};
    return cmocka_run_group_tests_name("masks without memory", tests, NULL, NULL);
}
