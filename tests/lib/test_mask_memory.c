/* What programs of one vocabulary remember together, through include/tare/mask.h and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tare/mask.h>

#define PROGRAMS 40
#define CEILING ((size_t)400000)
#define ROW_WORDS 5

/* Every byte of ASCII, and an end. `size` of the options: as an older caller was compiled with. */
static struct tare_mask_vocabulary *vocabulary(size_t size, size_t memory_bytes)
{
    char bytes[131];
    size_t ends[129];
    uint8_t special[129] = {0};
    for (size_t i = 0; i < 128; i++) {
        bytes[i] = (char)i;
        ends[i] = i + 1;
    }
    memcpy(bytes + 128, "<e>", 3);
    ends[128] = sizeof bytes;
    special[128] = 2;
    struct tare_mask_vocabulary_options o = {.size = size,
                                             .bytes = bytes,
                                             .end_tokens = ends,
                                             .special = special,
                                             .n_tokens = 129,
                                             .memory_bytes = memory_bytes};
    struct tare_mask_vocabulary *v = NULL;
    assert_int_equal(tare_mask_vocabulary_open(&o, &v, NULL), TARE_CODE_OK);
    return v;
}

static struct tare_mask_program *program(const struct tare_mask_vocabulary *v, int i)
{
    char text[200];
    int n =
        snprintf(text, sizeof text,
                 "{\"type\":\"object\",\"properties\":{\"k%d\":{\"type\":\"array\",\"items\":"
                 "{\"enum\":[%d,true]}}},\"required\":[\"k%d\"],\"additionalProperties\":false}",
                 i, i, i);
    struct tare_mask_options o = {.size = sizeof o,
                                  .kind = TARE_MASK_SCHEMA,
                                  .text = text,
                                  .n_text = (size_t)n,
                                  .vocabulary = v,
                                  .compact = 1};
    struct tare_mask_program *p = NULL;
    assert_int_equal(tare_mask_compile(&o, &p, NULL), TARE_CODE_OK);
    return p;
}

static struct tare_mask_stats stats_of(struct tare_mask_program *p)
{
    struct tare_mask_stats s = {.size = sizeof s};
    assert_int_equal(tare_mask_stats(p, &s, NULL), TARE_CODE_OK);
    assert_true(s.asked == s.hits + s.misses);
    assert_true(s.shared_bytes <= s.ceiling_bytes && s.bytes <= s.shared_bytes);
    return s;
}

/* Writes the text of program i, a mask before each byte. */
static void write_text(struct tare_mask_program *p, int i)
{
    char text[60];
    int n = snprintf(text, sizeof text, "{\"k%d\":[true,%d,true]}", i, i), answer = 0;
    struct tare_mask_state *s = NULL;
    struct tare_mask_bits m = {.size = sizeof m};
    assert_int_equal(tare_mask_start(p, &s, NULL), TARE_CODE_OK);
    for (int k = 0; k < n; k++) {
        assert_int_equal(tare_mask_next(s, &m, NULL), TARE_CODE_OK);
        assert_int_equal(tare_mask_accept(s, (unsigned char)text[k], &answer, NULL), TARE_CODE_OK);
        assert_int_equal(answer, TARE_MASK_OK);
        (void)stats_of(p);
    }
    assert_true(tare_mask_can_end(s));
    tare_mask_end(s);
}

/* Forty programs that have no room together; a mask somebody looks at meanwhile stays. */
static void test_together(void **state)
{
    (void)state;
    struct tare_mask_vocabulary *v =
        vocabulary(sizeof(struct tare_mask_vocabulary_options), CEILING);
    struct tare_mask_program *p[PROGRAMS];
    struct tare_mask_state *s = NULL;
    struct tare_mask_bits m = {.size = sizeof m};
    uint32_t ids[8], again[ROW_WORDS], first[ROW_WORDS];
    int answer = 0;
    for (int i = 0; i < PROGRAMS; i++)
        p[i] = program(v, i);
    assert_int_equal(tare_mask_start(p[0], &s, NULL), TARE_CODE_OK);
    assert_int_equal(tare_mask_accept_text(s, "{\"k0\":[", 7, &answer, NULL), TARE_CODE_OK);
    assert_int_equal(tare_mask_batch(&s, 1, first, ROW_WORDS, NULL, NULL), TARE_CODE_OK);
    assert_int_equal(tare_mask_next(s, &m, NULL), TARE_CODE_OK);
    assert_true(m.ids && m.n_allowed == 3); /* 0, t and ] */
    memcpy(ids, m.ids, 3 * sizeof *ids);
    for (int i = 1; i < PROGRAMS; i++)
        write_text(p[i], i);
    struct tare_mask_stats o = stats_of(p[0]);
    assert_true(o.ceiling_bytes == CEILING && o.shared_evictions > 20);
    assert_true(o.bytes == 0 && o.evictions > 0 && o.resting_bytes > 0);
    assert_memory_equal(ids, m.ids, 3 * sizeof *ids);
    assert_int_equal(tare_mask_batch(&s, 1, again, ROW_WORDS, NULL, NULL), TARE_CODE_OK);
    assert_memory_equal(first, again, sizeof first);
    assert_true(stats_of(p[0]).bytes > 0);
    assert_true(stats_of(p[0]).resting_bytes == 0);
    assert_true(stats_of(p[0]).begun == o.begun + 1);
    tare_mask_end(s);
    for (int i = 0; i < PROGRAMS; i++)
        tare_mask_close(p[i]);
    tare_mask_vocabulary_close(v);
}

static void test_counts(void **state)
{
    (void)state;
    struct tare_mask_vocabulary *v =
        vocabulary(offsetof(struct tare_mask_vocabulary_options, memory_bytes), CEILING);
    struct tare_mask_program *p = program(v, 1);
    struct tare_mask_stats s = stats_of(p);
    assert_true(s.ceiling_bytes == (uint64_t)64 << 20); /* an older caller knows of no ceiling */
    assert_true(s.asked == 0 && s.masks == 0 && s.begun == 1);
    write_text(p, 1);
    s = stats_of(p);
    uint64_t misses = s.misses;
    assert_true(s.asked == 20 && misses > 5 && s.masks > 5 && s.states > 10);
    write_text(p, 1);
    s = stats_of(p);
    assert_true(s.asked == 40 && s.misses == misses && s.hits == 40 - misses);
    assert_true(s.shared_evictions == 0 && s.resting_bytes == 0 && s.shared_bytes == s.bytes);
    /* as an older caller was compiled */
    struct tare_mask_stats old = {.size = offsetof(struct tare_mask_stats, states), .states = 7};
    assert_int_equal(tare_mask_stats(p, &old, NULL), TARE_CODE_OK);
    assert_true(old.size == offsetof(struct tare_mask_stats, states));
    assert_true(old.asked == 40 && old.misses == misses && old.states == 7);
    old.size = 0;
    assert_int_equal(tare_mask_stats(p, &old, NULL), TARE_CODE_STATE);
    tare_mask_close(p);
    tare_mask_vocabulary_close(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_together),
                                       cmocka_unit_test(test_counts)};
    return cmocka_run_group_tests_name("memory of masks", tests, NULL, NULL);
}
