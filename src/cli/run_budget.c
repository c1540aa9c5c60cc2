#include "cli/run_budget.h"

#include <math.h>

#include "text/fields.h"

#include "base/banned.h"

struct unit {
    const char *name;
    double attempts, tokens, usd, seconds;
};

static const struct unit units[] = {
    {"usd", 0, 0, 1, 0},    {"$", 0, 0, 1, 0},         {"attempts", 1, 0, 0, 0},
    {"tokens", 0, 1, 0, 0}, {"ktokens", 0, 1e3, 0, 0}, {"Mtokens", 0, 1e6, 0, 0},
    {"s", 0, 0, 0, 1},      {"min", 0, 0, 0, 60},      {"h", 0, 0, 0, 3600},
};

static uint64_t less_of(uint64_t a, double b)
{
    uint64_t n = (uint64_t)ceil(b);
    return n == 0 || (a && a < n) ? a : n;
}

static void take(struct tare_cli_budget *b, const struct unit *u, double x)
{
    b->attempts = less_of(b->attempts, x * u->attempts);
    b->tokens = less_of(b->tokens, x * u->tokens);
    b->ns = (int64_t)less_of((uint64_t)b->ns, x * u->seconds * 1e9);
    if (u->usd > 0 && (b->usd <= 0 || x * u->usd < b->usd))
        b->usd = x * u->usd;
}

static enum tare_status read_one(struct tare_ctx *ctx, struct tare_str text,
                                 struct tare_cli_budget *out, struct tare_err *err)
{
    struct tare_str digits = tare_str_trim(text), unit;
    const struct unit *found = NULL;
    double x = 0;
    if (digits.n && digits.p[0] == '$') {
        unit = TARE_S("$");
        digits = tare_str_n(digits.p + 1, digits.n - 1);
    } else {
        size_t n = 0;
        while (n < digits.n && ((digits.p[n] >= '0' && digits.p[n] <= '9') || digits.p[n] == '.'))
            n++;
        unit = tare_str_trim(tare_str_n(digits.p + n, digits.n - n));
        digits = tare_str_n(digits.p, n);
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (tare_str_is(unit, units[i].name))
            found = &units[i];
    if (!found || !tare_str_to_f64(digits, &x) || !(x > 0) || !(x * found->seconds < 1e9) ||
        !(x < 1e12)) {
        (void)tare_usage_fail(ctx, err, "a budget is a number and a unit, not '%.*s'",
                              TARE_FMT(text));
        tare_err_hint(err, "for example --budget 20usd, 1000attempts, 500ktokens, 30min or 2h");
        return TARE_E_USAGE;
    }
    take(out, found, x);
    return TARE_OK;
}

static void name(struct tare_ctx *ctx, struct tare_cli_budget *b, struct tare_str amount)
{
    b->text = b->text.n
                  ? tare_arena_printf(ctx->arena, "%.*s, %.*s", TARE_FMT(b->text), TARE_FMT(amount))
                  : amount;
}

enum tare_status tare_cli_budget_read(struct tare_ctx *ctx, const struct tare_strs *amounts,
                                      double usd, int64_t tokens, struct tare_cli_budget *out,
                                      struct tare_err *err)
{
    *out = (struct tare_cli_budget){.attempts = 0};
    for (size_t i = 0; i < amounts->n; i++) {
        enum tare_status st = read_one(ctx, amounts->v[i], out, err);
        if (st != TARE_OK)
            return st;
        name(ctx, out, amounts->v[i]);
    }
    if (!isnan(usd)) {
        take(out, &units[0], usd);
        name(ctx, out, tare_arena_printf(ctx->arena, "%gusd", usd));
    }
    if (tokens != TARE_INT_UNSET) {
        take(out, &units[3], (double)tokens);
        name(ctx, out, tare_arena_printf(ctx->arena, "%lldtokens", (long long)tokens));
    }
    return TARE_OK;
}
