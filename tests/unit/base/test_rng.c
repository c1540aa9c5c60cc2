#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"

/* Known answers published with Random123 (kat_vectors, philox4x32 10). */
static void known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t ctr[4], key[2], want[4];
    } rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t got[4];
        tare_philox4x32_10(rows[i].key, rows[i].ctr, got);
        assert_memory_equal(got, rows[i].want, sizeof got);
    }
}

static void names_make_streams(void **state)
{
    (void)state;
    struct tare_rng a, b, other[4];
    tare_rng_init(&a, 7, TARE_S("attacker"), 3);
    tare_rng_init(&b, 7, TARE_S("attacker"), 3);
    tare_rng_init(&other[0], 8, TARE_S("attacker"), 3);
    tare_rng_init(&other[1], 7, TARE_S("defender"), 3);
    tare_rng_init(&other[2], 7, TARE_S("attacker"), 4);
    tare_rng_init(&other[3], 7ull << 32, TARE_S("attacker"), 3);
    uint32_t same[4] = {0};
    for (int i = 0; i < 1000; i++) {
        uint32_t v = tare_rng_u32(&a);
        assert_int_equal(v, tare_rng_u32(&b));
        for (int k = 0; k < 4; k++)
            same[k] += v == tare_rng_u32(&other[k]);
    }
    for (int k = 0; k < 4; k++)
        assert_true(same[k] < 3);
}

/* The stream is pinned: stored results depend on these numbers for ever. */
static void stream_is_pinned(void **state)
{
    (void)state;
    struct tare_rng r;
    tare_rng_init(&r, 42, TARE_S("pin"), 1);
    uint64_t mix = 0;
    for (int i = 0; i < 10; i++)
        mix = mix * 31 + tare_rng_u64(&r);
    assert_true(mix == 0xb5ff378c1614966eu);
}

/* Chi-square over 7 cells of 70,000 draws; 6 degrees of freedom, 1e-9 upper point is 53.2. */
static void below_is_even(void **state)
{
    (void)state;
    struct tare_rng r;
    uint32_t n[7] = {0};
    tare_rng_init(&r, 1, TARE_S("below"), 0);
    for (int i = 0; i < 70000; i++)
        n[tare_rng_below(&r, 7)]++;
    double chi2 = 0;
    for (int i = 0; i < 7; i++)
        chi2 += ((double)n[i] - 1e4) * ((double)n[i] - 1e4) / 1e4;
    assert_true(chi2 < 53.2);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(tare_rng_below(&r, 1), 0);
        assert_true(tare_rng_below(&r, UINT32_MAX) < UINT32_MAX);
    }
}

static void unit_is_in_range(void **state)
{
    (void)state;
    struct tare_rng r;
    double sum = 0;
    tare_rng_init(&r, 2, TARE_S("unit"), 0);
    for (int i = 0; i < 100000; i++) {
        double u = tare_rng_unit(&r);
        assert_true(u >= 0 && u < 1);
        sum += u;
    }
    /* Standard error of the mean is 0.000913; six of them. */
    assert_true(sum / 1e5 > 0.4945 && sum / 1e5 < 0.5055);
}

static void block_number_carries(void **state)
{
    (void)state;
    struct tare_rng r;
    tare_rng_init(&r, 3, TARE_S("carry"), 0);
    r.ctr[0] = UINT32_MAX;
    uint32_t want[4], ctr[4] = {0, 1, r.ctr[2], r.ctr[3]};
    tare_philox4x32_10(r.key, ctr, want);
    for (int i = 0; i < 4; i++)
        (void)tare_rng_u32(&r);
    for (int i = 0; i < 4; i++)
        assert_int_equal(tare_rng_u32(&r), want[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),    cmocka_unit_test(names_make_streams),
        cmocka_unit_test(stream_is_pinned), cmocka_unit_test(below_is_even),
        cmocka_unit_test(unit_is_in_range), cmocka_unit_test(block_number_carries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
