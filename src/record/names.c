#include "record/query.h"

#include "base/banned.h"

const char *tare_attempt_status_name(enum tare_attempt_status status)
{
    static const char *const names[] = {"planned", "running", "done", "failed", "missing"};
    return (unsigned)status < sizeof names / sizeof names[0] ? names[status] : "unknown";
}

const char *tare_cause_name(enum tare_cause cause)
{
    static const char *const names[] = {"none",    "solver", "limit",  "endpoint", "world",
                                        "sandbox", "store",  "memory", "cancelled"};
    return (unsigned)cause < sizeof names / sizeof names[0] ? names[cause] : "unknown";
}

const char *tare_score_state_name(enum tare_score_state state)
{
    static const char *const names[] = {"ok", "not_applicable", "unavailable", "missing"};
    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}
