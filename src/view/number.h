/*
 * Numbers for people, formatted once, in every surface alike (design/ui.md, section 5.4): shares
 * in percent, differences signed with a true minus, p never 0, digits that do not promise more than
 * the interval. ASCII styles get '-' and '<=' instead.
 */
#ifndef TARE_VIEW_NUMBER_H
#define TARE_VIEW_NUMBER_H

#include "record/nouns.h"
#include "view/style.h"

#define TARE_NUMBER_BYTES 48
struct tare_number {
    char s[TARE_NUMBER_BYTES]; /* UTF-8, NUL-terminated */
};

/* How a metric is written: shares times 100 with one decimal; others with as many decimals as the
 * half width supports: one or two of its digits (0 to 4 decimals). */
struct tare_scale {
    double factor; /* 100 for shares, else 1 */
    int decimals;
};
struct tare_scale tare_scale_of(const struct tare_metric *metric, double half_width);
/* "%" for shares, else the unit's own word; "" for none. */
const char *tare_scale_unit(const struct tare_metric *metric);
/* "points" for shares (of differences), else the unit. */
const char *tare_scale_diff_unit(const struct tare_metric *metric);

/* "72.2"; "–" for NaN. */
struct tare_number tare_number_value(double x, struct tare_scale s, bool unicode);
/* "+20.0", "−3.1", "0.0". */
struct tare_number tare_number_diff(double x, struct tare_scale s, bool unicode);
/* "58.3–74.1"; with signs "+2.5 to +37.5". */
struct tare_number tare_number_range(double lo, double hi, struct tare_scale s, bool unicode);
struct tare_number tare_number_diff_range(double lo, double hi, struct tare_scale s, bool unicode);
/* "0.035", "2.2e−7", "> 0.999"; resamples > 0 and p at its floor: "≤ 1.0e−5". */
struct tare_number tare_number_p(double p, uint64_t resamples, bool unicode);
/* "p = 0.035", "p > 0.999", "p ≤ 1.0e−5". */
struct tare_number tare_number_p_eq(double p, uint64_t resamples, bool unicode);
/* "1,280". */
struct tare_number tare_number_count(uint64_t n);
/* "$0.10", "$12.4", "$1,240". */
struct tare_number tare_number_money(double usd);
/* "380 ms", "38 s", "4 min 10 s", "2 h 5 min". */
struct tare_number tare_number_time(int64_t ns);
/* "950", "11.2 k", "3.4 M". */
struct tare_number tare_number_short(uint64_t n);
/* "2026-01-20 14:05" in UTC. */
struct tare_number tare_number_when(int64_t wall_ns);

#endif
