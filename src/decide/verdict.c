#include "decide/verdict.h"

#include "base/banned.h"

static struct tare_verdict_out nothing(enum tare_verdict_reason reason)
{
    return (struct tare_verdict_out){.verdict = TARE_VERDICT_INCONCLUSIVE, .reason = reason};
}

/* What forbids any conclusion, or NONE. */
static enum tare_verdict_reason obstacle(const struct tare_verdict_in *in)
{
    if (in->contaminated)
        return TARE_REASON_CONTAMINATED;
    if (in->n_used == 0)
        return TARE_REASON_NO_DATA;
    if (in->drop_share > in->drop_limit)
        return TARE_REASON_MANY_DROPS;
    if (in->unfinished)
        return TARE_REASON_UNFINISHED;
    if (in->n_used < 2)
        return TARE_REASON_ONE_PAIR;
    return in->reversible ? TARE_REASON_REVERSIBLE : TARE_REASON_NONE;
}

static bool inside(struct tare_interval ci, double margin)
{
    return !ci.why && margin > 0 && ci.lo > -margin && ci.hi < margin;
}

static bool excludes_zero(struct tare_interval ci)
{
    return !ci.why && (ci.lo > 0 || ci.hi < 0);
}

static struct tare_verdict_out shown(const struct tare_verdict_in *in)
{
    bool up = in->diff > 0;
    double near = up ? in->ci.lo : -in->ci.hi;
    struct tare_verdict_out out = {.verdict = up ? TARE_VERDICT_IMPROVED : TARE_VERDICT_REGRESSED};
    out.interval_disagrees = !in->ci.why && near <= 0;
    if (in->margin > 0)
        out.tag = !in->ci.why && near >= in->margin ? TARE_TAG_AT_LEAST_MARGIN
                                                    : TARE_TAG_POSSIBLY_BELOW_MARGIN;
    return out;
}

static struct tare_verdict_out silent(const struct tare_verdict_in *in)
{
    struct tare_verdict_out out = nothing(TARE_REASON_NOT_SHOWN);
    out.interval_disagrees = excludes_zero(in->ci);
    if (in->all_alike)
        out.reason = TARE_REASON_ALL_ALIKE;
    else if (isnan(in->p))
        out.reason = TARE_REASON_NO_TEST;
    else if (in->smallest_p > in->alpha)
        out.reason = TARE_REASON_TOO_FEW;
    return out;
}

struct tare_verdict_out tare_verdict(const struct tare_verdict_in *in)
{
    enum tare_verdict_reason reason = obstacle(in);
    if (reason == TARE_REASON_CONTAMINATED)
        return (struct tare_verdict_out){.verdict = TARE_VERDICT_INVALID, .reason = reason};
    if (reason)
        return nothing(reason);
    if (inside(in->ci_narrow, in->margin)) {
        bool nonzero = excludes_zero(in->ci);
        return (struct tare_verdict_out){.verdict = TARE_VERDICT_EQUIVALENT,
                                         .tag = nonzero ? TARE_TAG_NONZERO_BELOW_MARGIN
                                                        : TARE_TAG_NONE};
    }
    if (in->p <= in->alpha && (in->diff > 0 || in->diff < 0))
        return shown(in);
    return silent(in);
}

const char *tare_verdict_name(enum tare_verdict v)
{
    static const char *const names[] = {
        [TARE_VERDICT_INCONCLUSIVE] = "inconclusive", [TARE_VERDICT_IMPROVED] = "improved",
        [TARE_VERDICT_REGRESSED] = "regressed",       [TARE_VERDICT_EQUIVALENT] = "equivalent",
        [TARE_VERDICT_INVALID] = "invalid",
    };
    return names[v];
}

const char *tare_tag_name(enum tare_verdict_tag t)
{
    static const char *const names[] = {
        [TARE_TAG_NONE] = "",
        [TARE_TAG_AT_LEAST_MARGIN] = "at least the margin",
        [TARE_TAG_POSSIBLY_BELOW_MARGIN] = "possibly below the margin",
        [TARE_TAG_NONZERO_BELOW_MARGIN] = "non-zero but below the margin",
    };
    return names[t];
}

const char *tare_reason_text(enum tare_verdict_reason r)
{
    static const char *const texts[] = {
        [TARE_REASON_NONE] = "",
        [TARE_REASON_NO_DATA] = "no task has a value on both sides",
        [TARE_REASON_ONE_PAIR] = "one task is no evidence",
        [TARE_REASON_ALL_ALIKE] = "every task came out alike",
        [TARE_REASON_TOO_FEW] = "so few tasks differ that no test could show a difference",
        [TARE_REASON_NOT_SHOWN] = "the test does not show a difference",
        [TARE_REASON_MANY_DROPS] = "too many tasks have no value on one side",
        [TARE_REASON_REVERSIBLE] = "what is missing could reverse it",
        [TARE_REASON_UNFINISHED] = ("a run is not finished, and a fixed-size test is not valid for "
                                    "peeking (--sequential is)"),
        [TARE_REASON_NO_TEST] = "these data allow no test",
        [TARE_REASON_CONTAMINATED] = "the benchmark is contaminated",
    };
    return texts[r];
}
