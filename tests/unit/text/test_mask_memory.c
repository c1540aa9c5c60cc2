/* What the guides of one vocabulary remember together: the ceiling, who forgets, and that nobody
 * can tell by the masks. */
#include <pthread.h>

#include "base/hash.h"
#include "base/limits.h"
#include "guide_test.h"
#include "text/schema_grammar.h"

#include "base/banned.h"

static const char *const pieces[] = {"{\"", "\":", "\",\"", "ab", "abc", "true", "12", "]}", "[\""};

#define N_PIECES (sizeof pieces / sizeof *pieces)
#define CEILING ((size_t)TARE_MIB)

/* Programs over one vocabulary: some look at the keys they have read, some do not. */
struct fleet {
    struct tare_arena arena;
    const struct tare_vocab *v;
    const struct tare_guide_vocab *tables;
    struct tare_guide **guides;
    uint32_t n;
};

static const struct tare_grammar *grammar_of(uint32_t i, struct tare_arena *arena)
{
    struct tare_json json;
    struct tare_schema_grammar_options how = {.space = TARE_SCHEMA_SPACE_NONE};
    struct tare_schema_grammar *out = TARE_NEW(arena, struct tare_schema_grammar);
    struct tare_str text = tare_arena_printf(
        arena,
        "{\"type\":\"object\",\"properties\":{\"k%u\":{\"type\":\"string\",\"pattern\":"
        "\"^[a-f]{%u,30}$\"},\"list\":{\"type\":\"array\",\"items\":{\"enum\":[\"x%u\",%u,true]},"
        "\"maxItems\":%u}},\"required\":[\"k%u\",\"list\"],\"additionalProperties\":%s}",
        i, i % 7 + 1, i, i, i + 2, i, i % 2 ? "{\"maxLength\":9,\"type\":\"string\"}" : "false");
    assert_int_equal(tare_json_parse(text, NULL, arena, &json, NULL), TARE_OK);
    assert_int_equal(tare_schema_grammar_make(json, &how, arena, out, NULL), TARE_OK);
    assert_non_null(out->grammar);
    return out->grammar;
}

static void fleet_open(struct fleet *f, uint32_t n, size_t ceiling, const struct tare_alc *alc)
{
    struct tare_guide_options o = {.alc = alc};
    *f = (struct fleet){.n = n};
    tare_arena_init(&f->arena, NULL, TARE_GIB);
    f->tables = small_vocab(&f->arena, pieces, N_PIECES, &f->v);
    tare_guide_vocab_ceiling(f->tables, ceiling);
    f->guides = TARE_NEW_N(&f->arena, struct tare_guide *, n);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(
            tare_guide_open(grammar_of(i, &f->arena), f->tables, &o, &f->guides[i], NULL), TARE_OK);
}

static struct tare_guide_vocab_stats shared(const struct fleet *f)
{
    struct tare_guide_vocab_stats s;
    tare_guide_vocab_stats(f->tables, &s);
    return s;
}

static struct tare_guide_stats own(const struct fleet *f, uint32_t i)
{
    struct tare_guide_stats s;
    tare_guide_stats(f->guides[i], &s);
    return s;
}

static void fleet_close(struct fleet *f)
{
    for (uint32_t i = 0; i < f->n; i++)
        tare_guide_close(f->guides[i]);
    assert_int_equal(shared(f).bytes, 0);
    assert_int_equal(shared(f).resting_bytes, 0);
    tare_arena_free(&f->arena);
}

static uint64_t look(struct tare_walk *w, uint32_t size, uint64_t hash)
{
    struct tare_mask_view m;
    uint32_t words[64];
    assert_int_equal(tare_walk_mask(w, &m, NULL), TARE_OK);
    tare_mask_fill(&m, size, words);
    return tare_hash64(tare_str_n((const char *)words, (size + 31) / 32 * sizeof *words), hash);
}

/* A step of a text that is chosen by r alone: the same for equal masks. False: the text is ended.
 */
static bool random_step(struct tare_walk **w, uint32_t size, struct tare_rng *r, uint64_t *hash)
{
    enum tare_walk_answer a = 0;
    struct tare_walk *copy = NULL;
    *hash = look(*w, size, *hash);
    uint32_t t = pick(*w, size, r), dice = tare_rng_below(r, 8);
    if (t == UINT32_MAX)
        return false;
    assert_int_equal(tare_walk_accept(*w, t, &a, NULL), TARE_OK);
    assert_int_not_equal(a, TARE_WALK_REJECT);
    if (dice == 0 && tare_walk_steps(*w) >= 2)
        assert_int_equal(tare_walk_rollback(*w, 2, NULL), TARE_OK);
    if (dice == 1) {
        assert_int_equal(tare_walk_copy(*w, &copy, NULL), TARE_OK);
        tare_walk_close(*w);
        *w = copy;
    }
    return true;
}

/* All masks of a text of program i. */
static uint64_t text_of(const struct fleet *f, uint32_t i, uint32_t steps)
{
    struct tare_rng r;
    struct tare_walk *w = NULL;
    uint64_t hash = i;
    tare_rng_init(&r, 11, TARE_S("text"), i);
    assert_int_equal(tare_walk_open(f->guides[i], &w, NULL), TARE_OK);
    for (uint32_t n = 0; n < steps && random_step(&w, f->v->size, &r, &hash); n++)
        continue;
    tare_walk_close(w);
    return hash;
}

/* ---- one thread ------------------------------------------------------------------------------ */

#define MANY 200u
#define LIVE 8u

/* Two hundred programs, eight texts under way at a time: what is remembered never exceeds the
 * ceiling, and what texts keep beside it is what those eight stand on. */
static void test_ceiling(void **state)
{
    (void)state;
    struct fleet f, free_of;
    struct tare_walk *w[LIVE] = {0};
    struct tare_rng r[LIVE], chance;
    uint64_t hash[LIVE] = {0}, most_resting = 0, ended = 0;
    uint32_t program[LIVE] = {0}, left[LIVE] = {0};
    fleet_open(&f, MANY, CEILING, NULL);
    fleet_open(&free_of, MANY, TARE_GIB, NULL);
    assert_true(shared(&f).bytes <= CEILING);
    assert_true(shared(&free_of).bytes > 4 * CEILING);
    tare_rng_init(&chance, 3, TARE_S("ceiling"), 0);
    for (uint32_t n = 0; n < 20000; n++) {
        uint32_t k = tare_rng_below(&chance, LIVE);
        if (!w[k]) {
            uint32_t i = program[k] = tare_rng_below(&chance, MANY);
            left[k] = 60;
            hash[k] = i;
            tare_rng_init(&r[k], 11, TARE_S("text"), i);
            assert_int_equal(tare_walk_open(f.guides[i], &w[k], NULL), TARE_OK);
        }
        bool more = random_step(&w[k], f.v->size, &r[k], &hash[k]);
        struct tare_guide_vocab_stats s = shared(&f);
        if (s.bytes > s.ceiling)
            fail_msg("%llu bytes", (unsigned long long)s.bytes);
        most_resting = s.resting_bytes > most_resting ? s.resting_bytes : most_resting;
        if (more && --left[k])
            continue;
        tare_walk_close(w[k]);
        w[k] = NULL;
        if (ended++ % 16 == 0)
            assert_int_equal(hash[k], text_of(&free_of, program[k], 60));
    }
    for (uint32_t k = 0; k < LIVE; k++)
        tare_walk_close(w[k]);
    assert_true(ended > 200);
    assert_true(shared(&f).evictions > 200);
    assert_true(most_resting > 0 && most_resting <= 2 * CEILING);
    assert_int_equal(shared(&f).resting_bytes, 0);
    assert_int_equal(shared(&free_of).evictions, 0);
    fleet_close(&f);
    fleet_close(&free_of);
}

/* Takes everybody's memory but the last one's. */
static void crowd_out(const struct fleet *f, uint32_t from)
{
    for (uint32_t i = from; i < f->n; i++)
        (void)text_of(f, i, 40);
}

/* A mask that somebody looks at outlives the memory of its guide, until that text's next call. */
static void test_looked_at(void **state)
{
    (void)state;
    struct fleet f;
    struct tare_walk *w = NULL, *copy = NULL;
    struct tare_mask_view before, after;
    enum tare_walk_answer a = 0;
    uint32_t words[64], again[64];
    fleet_open(&f, 40, CEILING / 2, NULL);
    for (uint32_t i = 0; i < 2; i++) { /* one of each kind */
        struct tare_str head = tare_arena_printf(&f.arena, "{\"k%u\":\"ab", i);
        assert_int_equal(tare_walk_open(f.guides[i], &w, NULL), TARE_OK);
        assert_int_equal(tare_walk_accept_bytes(w, head, &a, NULL), TARE_OK);
        assert_int_equal(a, TARE_WALK_OK);
        assert_int_equal(tare_walk_mask(w, &before, NULL), TARE_OK);
        tare_mask_fill(&before, f.v->size, words);
        uint64_t evicted = own(&f, i).evictions;
        crowd_out(&f, 2);
        assert_int_equal(own(&f, i).evictions, evicted + 1);
        assert_int_equal(own(&f, i).bytes, 0);
        assert_true(shared(&f).resting_bytes > 0);
        tare_mask_fill(&before, f.v->size, again);
        assert_memory_equal(words, again, (f.v->size + 31) / 32 * sizeof *words);
        assert_int_equal(tare_walk_copy(w, &copy, NULL), TARE_OK);
        assert_int_equal(tare_walk_mask(w, &after, NULL), TARE_OK);
        assert_true(own(&f, i).bytes > 0);
        assert_int_not_equal(before.id, 0);
        assert_int_equal(after.n_allowed, before.n_allowed);
        tare_mask_fill(&after, f.v->size, again);
        assert_memory_equal(words, again, (f.v->size + 31) / 32 * sizeof *words);
        assert_true(shared(&f).resting_bytes > 0); /* the copy was not called yet */
        assert_int_equal(tare_walk_rollback(copy, 1, NULL), TARE_OK);
        assert_int_equal(tare_walk_accept_bytes(copy, head, &a, NULL), TARE_OK);
        assert_int_equal(a, TARE_WALK_OK);
        assert_int_equal(shared(&f).resting_bytes, 0);
        check_mask(copy, f.v);
        tare_walk_close(w);
        tare_walk_close(copy);
    }
    fleet_close(&f);
}

/* The hand passes by those that are in use. */
static void test_clock(void **state)
{
    (void)state;
    struct fleet f;
    struct tare_walk *w = NULL;
    struct tare_mask_view m;
    fleet_open(&f, 60, CEILING, NULL);
    assert_int_equal(tare_walk_open(f.guides[0], &w, NULL), TARE_OK);
    assert_int_equal(tare_walk_mask(w, &m, NULL), TARE_OK);
    uint64_t memories = own(&f, 0).memories;
    for (uint32_t n = 0; n < 300; n++) {
        (void)text_of(&f, 1 + n % 59, 20);
        assert_int_equal(tare_walk_mask(w, &m, NULL), TARE_OK);
    }
    /* a turn of the hand is about 15 texts; where all were used since, it cannot tell them apart */
    assert_true(shared(&f).evictions > 100);
    assert_in_range(own(&f, 0).memories, memories, memories + 3);
    tare_walk_close(w);
    fleet_close(&f);
}

/* A guide that meets the ceiling alone begins anew, as one that meets its own. */
static void test_alone(void **state)
{
    (void)state;
    struct fleet f, free_of;
    fleet_open(&f, 1, 45000, NULL);
    fleet_open(&free_of, 1, 0, NULL);
    uint64_t bytes = 0;
    for (uint32_t n = 0; n < 30; n++) {
        assert_int_equal(text_of(&f, 0, 10 * n), text_of(&free_of, 0, 10 * n));
        bytes = shared(&f).bytes > bytes ? shared(&f).bytes : bytes;
    }
    assert_true(bytes <= 45000);
    assert_true(own(&f, 0).memories > 2);
    assert_int_equal(own(&free_of, 0).memories, 1);
    assert_int_equal(shared(&free_of).ceiling, TARE_GUIDE_MEMO_BYTES);
    fleet_close(&f);
    fleet_close(&free_of);
}

/* Random texts until `after` steps into the guide's second memory. */
static void fill(struct tare_guide *guide, uint32_t size, uint32_t after)
{
    struct tare_rng r;
    struct tare_walk *w = NULL;
    struct tare_guide_stats s;
    uint64_t hash = 0;
    tare_rng_init(&r, 7, TARE_S("fill"), 0);
    for (uint32_t left = UINT32_MAX; left;) {
        if (!w)
            assert_int_equal(tare_walk_open(guide, &w, NULL), TARE_OK);
        if (!random_step(&w, size, &r, &hash)) {
            tare_walk_close(w);
            w = NULL;
        }
        tare_guide_stats(guide, &s);
        if (left != UINT32_MAX)
            left--;
        else if (s.memories == 2)
            left = after;
    }
    tare_walk_close(w);
}

/* Whether it took a memory begun anew. */
static bool moves_with_steps(const struct fleet *f, const struct tare_grammar *g, size_t memo_bytes,
                             uint32_t after)
{
    static const char text[] =
        "{\"k30\":\"aaaaaaaaaaaa\",\"list\":[true,30,\"x30\",true,30,\"x30\",30";
    struct tare_guide_options o = {.memo_bytes = memo_bytes};
    struct tare_guide *guide = NULL;
    struct tare_walk *w = NULL;
    struct tare_guide_stats s;
    struct tare_mask_view m;
    assert_int_equal(tare_guide_open(g, f->tables, &o, &guide, NULL), TARE_OK);
    assert_int_equal(tare_walk_open(guide, &w, NULL), TARE_OK);
    for (size_t i = 0; i < sizeof text - 1; i++) {
        enum tare_walk_answer a = 0;
        assert_int_equal(tare_walk_accept_bytes(w, tare_str_n(text + i, 1), &a, NULL), TARE_OK);
        assert_int_equal(a, TARE_WALK_OK);
    }
    fill(guide, f->v->size, after);
    tare_guide_stats(guide, &s);
    uint64_t memories = s.memories;
    assert_int_equal(tare_walk_mask(w, &m, NULL), TARE_OK);
    tare_guide_stats(guide, &s);
    check_mask(w, f->v);
    tare_walk_close(w);
    tare_guide_close(guide);
    return s.memories > memories;
}

/* A text with many steps to move finds the memory more and more full: it always moves, at the last
 * to one that is begun anew. */
static void test_no_room_to_move(void **state)
{
    (void)state;
    struct fleet f;
    uint32_t anew = 0;
    fleet_open(&f, 1, 0, NULL);
    const struct tare_grammar *g = grammar_of(30, &f.arena);
    for (size_t bytes = 60000; bytes < 96000; bytes += 4000)
        for (uint32_t after = 1; after < 60; after += 3)
            anew += moves_with_steps(&f, g, bytes, after);
    assert_true(anew > 0);
    fleet_close(&f);
}

/* A ceiling that is lowered below what is remembered already holds from the next miss on. */
static void test_lowered(void **state)
{
    (void)state;
    struct fleet f, free_of;
    fleet_open(&f, 1, 0, NULL);
    fleet_open(&free_of, 1, 0, NULL);
    (void)text_of(&f, 0, 8);
    tare_guide_vocab_ceiling(f.tables, 45000);
    assert_int_equal(text_of(&f, 0, 100), text_of(&free_of, 0, 100));
    assert_true(shared(&f).bytes <= 45000);
    assert_true(shared(&free_of).bytes > 45000);
    struct tare_guide *none = NULL;
    tare_guide_vocab_ceiling(f.tables, 100); /* holds not even a memory of nothing */
    assert_int_equal(tare_guide_open(grammar_of(1, &f.arena), f.tables, NULL, &none, NULL),
                     TARE_E_NOMEM);
    fleet_close(&f);
    fleet_close(&free_of);
}

/* Every mask that was asked for is a hit or a miss. */
static void test_counts(void **state)
{
    (void)state;
    struct fleet f;
    struct tare_walk *w = NULL;
    struct tare_mask_view m;
    fleet_open(&f, 2, 0, NULL);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(own(&f, i).asked, 0);
        assert_true(own(&f, i).bytes < 40000); /* little, where nothing was asked yet */
        assert_int_equal(tare_walk_open(f.guides[i], &w, NULL), TARE_OK);
        for (int n = 0; n < 10; n++)
            assert_int_equal(tare_walk_mask(w, &m, NULL), TARE_OK);
        tare_walk_close(w);
        assert_int_equal(own(&f, i).asked, 10);
        assert_int_equal(own(&f, i).misses, 1);
        assert_int_equal(own(&f, i).hits, 9);
        assert_true(own(&f, i).bytes > 0);
    }
    assert_int_equal(shared(&f).bytes, own(&f, 0).bytes + own(&f, 1).bytes);
    fleet_close(&f);
}

/* ---- many threads ---------------------------------------------------------------------------- */

#define THREADS 8u
#define PROGRAMS 40u
#define TEXTS 30u

struct worker {
    const struct fleet *f;
    const uint64_t *expected;
    uint32_t number, wrong, above;
};

static void *work(void *ctx)
{
    struct worker *x = ctx;
    for (uint32_t n = 0; n < TEXTS; n++) {
        uint32_t i = (x->number * 5 + n * 7) % PROGRAMS;
        x->wrong += text_of(x->f, i, 30) != x->expected[i];
        struct tare_guide_vocab_stats s = shared(x->f);
        x->above += s.bytes > s.ceiling + CEILING;
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct fleet f, free_of;
    struct worker x[THREADS];
    pthread_t threads[THREADS];
    uint64_t expected[PROGRAMS];
    fleet_open(&f, PROGRAMS, CEILING, NULL);
    fleet_open(&free_of, PROGRAMS, TARE_GIB, NULL);
    for (uint32_t i = 0; i < PROGRAMS; i++)
        expected[i] = text_of(&free_of, i, 30);
    for (uint32_t k = 0; k < THREADS; k++) {
        x[k] = (struct worker){.f = &f, .expected = expected, .number = k};
        assert_int_equal(pthread_create(&threads[k], NULL, work, &x[k]), 0);
    }
    uint32_t wrong = 0, above = 0;
    for (uint32_t k = 0; k < THREADS; k++) {
        assert_int_equal(pthread_join(threads[k], NULL), 0);
        wrong += x[k].wrong;
        above += x[k].above;
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(above, 0);
    assert_true(shared(&f).evictions > PROGRAMS);
    assert_true(shared(&f).bytes <= shared(&f).ceiling);
    assert_int_equal(shared(&f).resting_bytes, 0);
    fleet_close(&f);
    fleet_close(&free_of);
}

/* ---- without memory -------------------------------------------------------------------------- */

/* Two programs that take each other's memory, and a text that is moved, with its copy. */
static enum tare_status in_turn(struct fleet *f, const struct tare_grammar *const g[2],
                                struct failing *failing)
{
    struct tare_walk *w[3] = {0};
    struct tare_mask_view m;
    enum tare_walk_answer a;
    struct tare_guide_options o = {.alc = &failing->alc};
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < 2 && !st; i++)
        st = tare_guide_open(g[i], f->tables, &o, &f->guides[i], NULL);
    for (uint32_t i = 0; i < 2 && !st; i++)
        st = tare_walk_open(f->guides[i], &w[i], NULL);
    for (uint32_t i = 0; i < 2 && !st; i++)
        st = tare_walk_accept_bytes(w[i], i ? TARE_S("{\"k1\":\"a") : TARE_S("{\"k0\":\"a"), &a,
                                    NULL);
    if (!st)
        st = tare_walk_copy(w[0], &w[2], NULL);
    for (uint32_t n = 0; n < 9 && !st; n++)
        st = tare_walk_mask(w[n % 3], &m, NULL);
    if (!st)
        st = tare_walk_rollback(w[0], 1, NULL);
    if (!st)
        st = tare_walk_mask(w[0], &m, NULL);
    for (uint32_t i = 0; i < 3; i++)
        tare_walk_close(w[i]);
    for (uint32_t i = 0; i < 2; i++) {
        tare_guide_close(f->guides[i]);
        f->guides[i] = NULL;
    }
    return st;
}

static void test_no_memory(void **state)
{
    (void)state;
    struct fleet f;
    fleet_open(&f, 2, 0, NULL);
    for (uint32_t i = 0; i < 2; i++) {
        tare_guide_close(f.guides[i]);
        f.guides[i] = NULL;
    }
    const struct tare_grammar *g[2] = {grammar_of(0, &f.arena), grammar_of(1, &f.arena)};
    tare_guide_vocab_ceiling(f.tables, 45000);
    uint64_t evictions = 0;
    for (long at = 0;; at++) {
        struct failing failing;
        failing_init(&failing, at);
        evictions = shared(&f).evictions;
        enum tare_status st = in_turn(&f, g, &failing);
        assert_int_equal(failing.live, 0);
        assert_int_equal(shared(&f).bytes, 0);
        assert_int_equal(shared(&f).resting_bytes, 0);
        if (st == TARE_OK)
            break;
        assert_int_equal(st, TARE_E_NOMEM);
    }
    assert_true(shared(&f).evictions - evictions >= 5);
    tare_arena_free(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ceiling),  cmocka_unit_test(test_looked_at),
        cmocka_unit_test(test_clock),    cmocka_unit_test(test_alone),
        cmocka_unit_test(test_lowered),  cmocka_unit_test(test_no_room_to_move),
        cmocka_unit_test(test_counts),   cmocka_unit_test(test_threads),
        cmocka_unit_test(test_no_memory)};
    return cmocka_run_group_tests_name("what masks remember", tests, NULL, NULL);
}
