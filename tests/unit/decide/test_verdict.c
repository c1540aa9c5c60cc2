#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decide/verdict.h"

/* The rules of the statistics sheet, section 15, one row each. */
static const struct row {
    const char *what;
    double diff, lo, hi, lo90, hi90, p, margin;
    uint64_t n;
    double dropped;
    enum tare_verdict verdict;
    enum tare_verdict_tag tag;
    enum tare_verdict_reason reason;
    bool disagrees;
} rows[] = {
    {"test speaks", .2, .05, .35, .08, .32, .01, 0, 40, 0, TARE_VERDICT_IMPROVED, TARE_TAG_NONE,
     TARE_REASON_NONE, false},
    {"the other way", -.2, -.35, -.05, -.32, -.08, .01, 0, 40, 0, TARE_VERDICT_REGRESSED,
     TARE_TAG_NONE, TARE_REASON_NONE, false},
    {"beyond the margin", .2, .06, .35, .08, .32, .01, .05, 40, 0, TARE_VERDICT_IMPROVED,
     TARE_TAG_AT_LEAST_MARGIN, TARE_REASON_NONE, false},
    {"perhaps below it", .2, .025, .375, .05, .35, .035, .05, 40, 0, TARE_VERDICT_IMPROVED,
     TARE_TAG_POSSIBLY_BELOW_MARGIN, TARE_REASON_NONE, false},
    {"worse beyond it", -.2, -.35, -.06, -.32, -.08, .01, .05, 40, 0, TARE_VERDICT_REGRESSED,
     TARE_TAG_AT_LEAST_MARGIN, TARE_REASON_NONE, false},
    {"p at alpha counts", .2, .05, .35, .08, .32, .05, 0, 40, 0, TARE_VERDICT_IMPROVED,
     TARE_TAG_NONE, TARE_REASON_NONE, false},
    {"silent", .05, -.1, .2, -.08, .18, .4, 0, 40, 0, TARE_VERDICT_INCONCLUSIVE, TARE_TAG_NONE,
     TARE_REASON_NOT_SHOWN, false},
    {"equal", .01, -.03, .045, -.02, .04, .4, .05, 400, 0, TARE_VERDICT_EQUIVALENT, TARE_TAG_NONE,
     TARE_REASON_NONE, false},
    {"equal and yet not zero", .02, .005, .045, .01, .04, .01, .05, 400, 0, TARE_VERDICT_EQUIVALENT,
     TARE_TAG_NONZERO_BELOW_MARGIN, TARE_REASON_NONE, false},
    {"no margin, never equal", .0, -.001, .001, -.001, .001, 1, 0, 400, 0,
     TARE_VERDICT_INCONCLUSIVE, TARE_TAG_NONE, TARE_REASON_NOT_SHOWN, false},
    {"limit on the margin is outside", .0, -.06, .06, -.05, .05, 1, .05, 400, 0,
     TARE_VERDICT_INCONCLUSIVE, TARE_TAG_NONE, TARE_REASON_NOT_SHOWN, false},
    {"test yes, interval no", .2, -.01, .4, .02, .38, .04, 0, 12, 0, TARE_VERDICT_IMPROVED,
     TARE_TAG_NONE, TARE_REASON_NONE, true},
    {"interval yes, test no", .2, .01, .4, .02, .38, .06, 0, 12, 0, TARE_VERDICT_INCONCLUSIVE,
     TARE_TAG_NONE, TARE_REASON_NOT_SHOWN, true},
    {"no data", .0, 0, 0, 0, 0, 1, 0, 0, 0, TARE_VERDICT_INCONCLUSIVE, TARE_TAG_NONE,
     TARE_REASON_NO_DATA, false},
    {"one pair", 1, 0, 0, 0, 0, 1, 0, 1, 0, TARE_VERDICT_INCONCLUSIVE, TARE_TAG_NONE,
     TARE_REASON_ONE_PAIR, false},
    {"a fifth dropped is allowed", .2, .05, .35, .08, .32, .01, 0, 40, .2, TARE_VERDICT_IMPROVED,
     TARE_TAG_NONE, TARE_REASON_NONE, false},
    {"more is not", .2, .05, .35, .08, .32, .01, 0, 40, .21, TARE_VERDICT_INCONCLUSIVE,
     TARE_TAG_NONE, TARE_REASON_MANY_DROPS, false},
};

static struct tare_verdict_in input(const struct row *r)
{
    return (struct tare_verdict_in){.n_used = r->n,
                                    .diff = r->diff,
                                    .ci = tare_interval(r->lo, r->hi),
                                    .ci_narrow = tare_interval(r->lo90, r->hi90),
                                    .p = r->p,
                                    .alpha = .05,
                                    .margin = r->margin,
                                    .drop_share = r->dropped,
                                    .drop_limit = .2};
}

static void the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tare_verdict_in in = input(&rows[i]);
        struct tare_verdict_out out = tare_verdict(&in);
        if (out.verdict != rows[i].verdict || out.tag != rows[i].tag ||
            out.reason != rows[i].reason || out.interval_disagrees != rows[i].disagrees)
            fail_msg("%s: %s, %s, %s", rows[i].what, tare_verdict_name(out.verdict),
                     tare_tag_name(out.tag), tare_reason_text(out.reason));
    }
}

/* Better and worse are alike: the mirrored question has the mirrored answer. */
static void mirrored(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct tare_verdict_in in = input(&rows[i]);
        struct tare_verdict_out a = tare_verdict(&in);
        in.diff = -in.diff;
        in.ci = tare_interval(-in.ci.hi, -in.ci.lo);
        in.ci_narrow = tare_interval(-in.ci_narrow.hi, -in.ci_narrow.lo);
        struct tare_verdict_out b = tare_verdict(&in);
        enum tare_verdict want = a.verdict == TARE_VERDICT_IMPROVED    ? TARE_VERDICT_REGRESSED
                                 : a.verdict == TARE_VERDICT_REGRESSED ? TARE_VERDICT_IMPROVED
                                                                       : a.verdict;
        assert_int_equal(b.verdict, want);
        assert_int_equal(b.tag, a.tag);
        assert_int_equal(b.reason, a.reason);
    }
}

static void obstacles(void **state)
{
    (void)state;
    struct tare_verdict_in in = input(&rows[0]);
    in.reversible = true;
    assert_int_equal(tare_verdict(&in).reason, TARE_REASON_REVERSIBLE);
    in.unfinished = true;
    assert_int_equal(tare_verdict(&in).reason, TARE_REASON_UNFINISHED);
    in.contaminated = true;
    assert_int_equal(tare_verdict(&in).verdict, TARE_VERDICT_INVALID);
    in = input(&rows[6]);
    in.all_alike = true;
    assert_int_equal(tare_verdict(&in).reason, TARE_REASON_ALL_ALIKE);
    in.all_alike = false;
    in.smallest_p = .0625;
    assert_int_equal(tare_verdict(&in).reason, TARE_REASON_TOO_FEW);
    in.p = (double)NAN;
    assert_int_equal(tare_verdict(&in).reason, TARE_REASON_NO_TEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),
        cmocka_unit_test(mirrored),
        cmocka_unit_test(obstacles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
