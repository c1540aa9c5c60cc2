#include "decide/compare.h"

#include "stats/equivalence.h"

#include "base/banned.h"

const char *tare_gate_name(enum tare_gate g)
{
    static const char *const names[] = {
        [TARE_GATE_NONE] = "",
        [TARE_GATE_FAIL_ON_REGRESSED] = "--fail-on regressed",
        [TARE_GATE_REQUIRE_IMPROVED] = "--require improved",
        [TARE_GATE_REQUIRE_NOT_WORSE] = "--require not-worse",
        [TARE_GATE_REQUIRE_EQUIVALENT] = "--require equivalent",
    };
    return names[g];
}

bool tare_gate_needs_margin(enum tare_gate g)
{
    return g == TARE_GATE_REQUIRE_NOT_WORSE || g == TARE_GATE_REQUIRE_EQUIVALENT;
}

/* Evidence that may be judged at all: enough data, nothing that forbids a conclusion. */
static bool judged(const struct tare_compare *c)
{
    switch (c->out.reason) {
    case TARE_REASON_NO_DATA:
    case TARE_REASON_ONE_PAIR:
    case TARE_REASON_MANY_DROPS:
    case TARE_REASON_REVERSIBLE:
    case TARE_REASON_UNFINISHED:
    case TARE_REASON_CONTAMINATED:
        return false;
    default:
        return true;
    }
}

/* One-sided at level alpha: the near limit of the 1 - 2 alpha interval. */
static bool not_worse(const struct tare_compare *c)
{
    struct tare_interval ci = c->ev.ci_narrow;
    if (!ci.why && c->metric.direction == TARE_LOWER_BETTER)
        ci = tare_interval(-ci.hi, -ci.lo);
    return judged(c) && c->margin > 0 && tare_interval_not_worse(ci, c->margin);
}

bool tare_gate_passes(enum tare_gate g, const struct tare_compare *c)
{
    switch (g) {
    case TARE_GATE_FAIL_ON_REGRESSED:
        return c->out.verdict != TARE_VERDICT_REGRESSED;
    case TARE_GATE_REQUIRE_IMPROVED:
        return c->out.verdict == TARE_VERDICT_IMPROVED;
    case TARE_GATE_REQUIRE_NOT_WORSE:
        return not_worse(c);
    case TARE_GATE_REQUIRE_EQUIVALENT:
        return c->out.verdict == TARE_VERDICT_EQUIVALENT;
    default:
        return true;
    }
}
