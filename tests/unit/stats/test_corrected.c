/* Rates and differences set right by labels: the closed form, properties, and coverage in simulated
 * studies whose true difference is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "stats/corrected.h"

#define MOST 400u

static struct tare_labelled rows_a[MOST], rows_b[MOST];
static uint32_t clusters[MOST];

/* How a study is made. Tasks have their own difficulty; both sides meet the same tasks. */
struct study {
    uint32_t tasks, k, labels; /* labels: answers a side that were looked at, one a task */
    uint32_t copies;           /* tasks of one difficulty, a cluster; 0: none */
    double mean, shift;        /* rate of A over tasks, what B has more */
    double s_a, c_a, s_b, c_b;
};

/* True rates over tasks: 0.15 or 0.85, in shares that give the mean. */
static double difficulty(const struct study *s, struct tare_rng *rng)
{
    return tare_rng_unit(rng) < (s->mean - 0.15) / 0.7 ? 0.85 : 0.15;
}

static void play(struct tare_labelled *row, double truth, double s, double c, const struct study *d,
                 bool labelled, struct tare_rng *rng)
{
    *row = (struct tare_labelled){0};
    for (uint32_t j = 0; j < d->k; j++) {
        bool good = tare_rng_unit(rng) < truth;
        bool pass = tare_rng_unit(rng) < (good ? s : 1 - c);
        row->rate += pass / (double)d->k;
        if (!labelled || j > 0)
            continue;
        row->tp += good && pass;
        row->fn += good && !pass;
        row->fp += !good && pass;
        row->tn += !good && !pass;
    }
}

static void draw(const struct study *d, struct tare_rng *rng)
{
    double p = 0;
    for (uint32_t i = 0; i < d->tasks; i++) {
        if (d->copies == 0 || i % d->copies == 0)
            p = difficulty(d, rng);
        clusters[i] = d->copies ? i / d->copies : i;
        bool labelled = (uint64_t)i * d->labels / d->tasks != (i + 1ull) * d->labels / d->tasks;
        play(&rows_a[i], p, d->s_a, d->c_a, d, labelled, rng);
        play(&rows_b[i], p + d->shift, d->s_b, d->c_b, d, labelled, rng);
    }
}

static const struct study studies[] = {
    {60, 1, 60, 0, 0.5, 0.1, 0.9, 0.9, 0.9, 0.9},
    {60, 4, 60, 0, 0.5, 0.1, 0.95, 0.7, 0.85, 0.9},
    {200, 1, 60, 0, 0.5, 0.1, 0.9, 0.9, 0.9, 0.9},
    {200, 1, 100, 0, 0.7, 0.05, 0.95, 0.75, 0.8, 0.9},
    {200, 4, 100, 0, 0.7, 0.05, 0.99, 0.97, 0.98, 0.95},
    {200, 1, 80, 0, 0.3, 0.1, 1, 1, 1, 1},
    {200, 2, 200, 0, 0.5, 0, 0.75, 0.75, 0.75, 0.75},
    {400, 1, 120, 0, 0.6, 0, 0.97, 0.6, 0.7, 0.95},
    {300, 1, 150, 5, 0.5, 0.1, 0.9, 0.85, 0.9, 0.95},
    {100, 1, 30, 0, 0.5, 0.1, 0.9, 0.85, 0.85, 0.95},
    {100, 4, 30, 0, 0.5, 0.1, 0.95, 0.95, 0.95, 0.95},
};

static struct tare_arena arena;

static void diff_of(size_t n, const uint32_t *cluster, struct tare_corrected_diff *out)
{
    struct tare_err err = {0};
    assert_int_equal(tare_corrected_diff(rows_a, rows_b, cluster, n, 0.95, &arena, out, &err),
                     TARE_OK);
}

/* Rogan and Gladen 1978: 60 % passed, sensitivity 0.9, specificity 0.8 are (0.6 - 0.2) / 0.7. */
static void test_closed_form(void **state)
{
    struct tare_corrected out;
    struct tare_err err = {0};
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        rows_a[i] = (struct tare_labelled){.rate = i < 60};
        if (i < 50) /* 45 of 50 good ones passed, 5 failed */
            *(i < 45 ? &rows_a[i].tp : &rows_a[i].fn) = 1;
        else
            *(i < 90 ? &rows_a[i].tn : &rows_a[i].fp) = 1;
    }
    assert_int_equal(tare_corrected_rate(rows_a, NULL, 100, 0.95, &arena, &out, &err), TARE_OK);
    assert_true(fabs(out.value.v - 0.4 / 0.7) < 1e-12);
    assert_int_equal(out.sensitivity.k, 45);
    assert_int_equal(out.specificity.n, 50);
    assert_true(out.ci.lo < out.value.v && out.value.v < out.ci.hi && !out.cut);
}

/* Why there is no estimate; and a rate that is cut. */
static void test_unavailable(void **state)
{
    struct tare_corrected out;
    struct tare_err err = {0};
    (void)state;
    assert_int_equal(tare_corrected_rate(rows_a, NULL, 0, 0.95, &arena, &out, &err), TARE_OK);
    assert_non_null(out.value.why);
    for (uint32_t i = 0; i < 40; i++)
        rows_a[i] = (struct tare_labelled){.rate = 1, .tp = 1};
    assert_int_equal(tare_corrected_rate(rows_a, NULL, 40, 0.95, &arena, &out, &err), TARE_OK);
    assert_string_equal(out.value.why, "no labelled answer is bad: specificity is unknown");
    assert_non_null(out.ci.why);
    for (uint32_t i = 0; i < 40; i++) { /* a coin */
        rows_a[i] = (struct tare_labelled){.rate = i % 2};
        *(i % 2        ? i % 4 == 1 ? &rows_a[i].tp : &rows_a[i].fp
          : i % 4 == 0 ? &rows_a[i].tn
                       : &rows_a[i].fn) = 1;
    }
    assert_int_equal(tare_corrected_rate(rows_a, NULL, 40, 0.95, &arena, &out, &err), TARE_OK);
    assert_string_equal(out.value.why, "the labels do not show that the check tells good from bad");
    for (uint32_t i = 0; i < 40; i++) { /* fewer pass than the errors on bad ones would make */
        rows_a[i] = (struct tare_labelled){.rate = 0};
        *(i < 20 ? &rows_a[i].tp : i < 38 ? &rows_a[i].tn : &rows_a[i].fp) = 1;
    }
    assert_int_equal(tare_corrected_rate(rows_a, NULL, 40, 0.95, &arena, &out, &err), TARE_OK);
    assert_true(out.cut && out.value.v == 0 && out.ci.lo == 0);
}

/* Swapping the sides turns the sign; one cluster a task changes nothing; whole groups widen. */
static void test_properties(void **state)
{
    struct study d = {200, 2, 120, 5, 0.5, 0.1, 0.9, 0.8, 0.85, 0.9};
    struct tare_corrected_diff one, other, apart, groups;
    static struct tare_labelled keep[MOST];
    uint32_t each[MOST];
    struct tare_rng rng;
    (void)state;
    tare_rng_init(&rng, 5, TARE_S("properties"), 0);
    draw(&d, &rng);
    for (uint32_t i = 0; i < d.tasks; i++)
        each[i] = i;
    diff_of(d.tasks, NULL, &one);
    diff_of(d.tasks, each, &apart);
    diff_of(d.tasks, clusters, &groups);
    assert_true(one.ci.lo == apart.ci.lo && one.ci.hi == apart.ci.hi);
    /* what tasks of a group have in common cancels in the difference, not in a side */
    assert_true(groups.a.ci.hi - groups.a.ci.lo > 1.2 * (one.a.ci.hi - one.a.ci.lo));
    memcpy(keep, rows_a, sizeof keep);
    memcpy(rows_a, rows_b, sizeof keep);
    memcpy(rows_b, keep, sizeof keep);
    diff_of(d.tasks, NULL, &other);
    assert_true(other.value.v == -one.value.v);
    assert_true(fabs(other.ci.lo + one.ci.hi) < 1e-12 && fabs(other.ci.hi + one.ci.lo) < 1e-12);
}

/* The level holds; where the check errs differently on the two sides, what it says itself is off
 * nearly always. TARE_COVERAGE=1: many more studies. */
static void test_coverage(void **state)
{
    (void)state;
    const uint32_t times = getenv("TARE_COVERAGE") ? 20000 : 1000;
    for (size_t i = 0; i < sizeof studies / sizeof studies[0]; i++) {
        const struct study *d = &studies[i];
        uint32_t held = 0, none = 0, raw_nearer = 0;
        double width = 0;
        for (uint32_t r = 0; r < times; r++) {
            struct tare_rng rng;
            struct tare_corrected_diff out;
            tare_rng_init(&rng, 11, TARE_S("coverage"), i * 1000000 + r);
            draw(d, &rng);
            diff_of(d->tasks, d->copies ? clusters : NULL, &out);
            if (out.ci.why) {
                none++;
                continue;
            }
            held += out.ci.lo <= d->shift && d->shift <= out.ci.hi;
            width += out.ci.hi - out.ci.lo;
            raw_nearer += fabs(out.b.rate - out.a.rate - d->shift) < fabs(out.value.v - d->shift);
        }
        double share = (double)held / (times - none);
        printf("study %zu: held %.4f, mean width %.3f, no interval %u, raw nearer %.3f\n", i, share,
               width / (times - none), none, (double)raw_nearer / (times - none));
        assert_true(none < times / 20);
        assert_true(share >= 0.94); /* 0.95 less two standard errors of 1,000 */
        if (d->s_a != d->s_b && d->tasks == 400)
            assert_true(raw_nearer < times / 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_form),
        cmocka_unit_test(test_unavailable),
        cmocka_unit_test(test_properties),
        cmocka_unit_test(test_coverage),
    };
    tare_arena_init(&arena, NULL, 64 << 20);
    int failed = cmocka_run_group_tests_name("stats/corrected", tests, NULL, NULL);
    tare_arena_free(&arena);
    return failed;
}
