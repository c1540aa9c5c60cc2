/*
 * Looking while a run goes on (statistics sheet, section 11). Valid at every look because the
 * tasks are taken in the suite's order up to the first that is not played yet: which tasks are in
 * does not depend on how fast they were, and later looks only add to the same sequence.
 */
#include <float.h>
#include <math.h>

#include "decide/compare_int.h"
#include "stats/sequential.h"

#include "base/banned.h"

#define LOG_TWO 0.69314718055994530942
/* Share of the wealth put on each task; the largest that tare_log_e_bounded takes. */
#define BET 0.5
static const char no_fixed[] = "a fixed-size interval is not valid for peeking";

enum tare_status tare__sequential_fits(const struct tare__look *look,
                                       const struct tare_evidence *ev, struct tare_err *err)
{
    const char *what = NULL;
    if (ev->clusters)
        what = "tasks in clusters";
    else if (look->ratio)
        what = "a ratio of sums";
    else if (ev->n > 0 && ev->design != TARE_DESIGN_BINARY && !(isfinite(look->range)))
        what = "a metric without limits";
    if (!what)
        return TARE_OK;
    (void)tare_fail(err, TARE_E_USAGE, "--sequential has no test for %s", what);
    tare_err_hint(err, "wait until both runs are finished and compare without it, or choose a "
                       "metric that is 0 or 1, or lies between two limits, with --metric");
    return TARE_E_USAGE;
}

/* The largest e-value at a moment when the side that leads now was leading: crossing early in the
 * other direction is no evidence for this one. */
static double largest_paired(const double *diffs, size_t n, double side)
{
    uint64_t won = 0, lost = 0;
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        won += diffs[i] * side > 0;
        lost += diffs[i] * side < 0;
        if (won > lost && diffs[i] * side > 0)
            most = fmax(most, tare_log_e_paired(won, lost, 0.5, 0.5));
    }
    return most;
}

/* Half the wealth bets on each side, so that the side need not be known beforehand. */
static enum tare_status largest_bounded(const double *diffs, size_t n, double side, double range,
                                        struct tare_arena *arena, double *most,
                                        struct tare_err *err)
{
    double *gain = TARE_NEW_N(arena, double, n), last;
    if (!gain)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the comparison");
    for (size_t i = 0; i < n; i++)
        gain[i] = diffs[i] * side;
    enum tare_status st = tare_log_e_bounded(gain, n, -range, range, 0, BET, &last, most, err);
    *most = fmax(0, *most - LOG_TWO);
    return st;
}

enum tare_status tare__test_sequential(const struct tare__look *look, const struct tare__pairs *p,
                                       const double *diffs, struct tare_arena *arena,
                                       struct tare_evidence *ev, struct tare_err *err)
{
    ev->ci = ev->ci_narrow = ev->boot = tare_no_interval(no_fixed);
    ev->mde = tare_no_value("fixed size only");
    ev->n_for_margin = ev->n_beyond_margin = tare_no_value("fixed size only");
    if (isnan(ev->diff) || look->ratio || ev->clusters)
        return TARE_OK; /* refused for the whole; a slice of such data has no test */
    double side = ev->diff < 0 ? -1 : 1, most = 0;
    if (ev->design == TARE_DESIGN_BINARY) {
        most = largest_paired(diffs, p->n, side);
        uint64_t m = ev->wins + ev->losses;
        ev->smallest_p = tare_p_anytime(tare_log_e_paired(m, 0, 0.5, 0.5));
        ev->p_method = "anytime e-value";
    } else if (isfinite(look->range) && look->range > 0) {
        enum tare_status st = largest_bounded(diffs, p->n, side, look->range, arena, &most, err);
        if (st)
            return st;
        ev->p_method = "anytime betting e-value";
    } else {
        return TARE_OK;
    }
    ev->log_e = most;
    ev->p = fmax(tare_p_anytime(most), DBL_MIN);
    return TARE_OK;
}
