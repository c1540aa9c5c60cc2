#include "experiment/tools_int.h"

#include "base/banned.h"

static bool masked(enum tare_tools_arm a)
{
    return a == TARE_ARM_CONSTRAINED || a == TARE_ARM_ORDERED;
}

/* The calls are the expected ones, in their order. */
static bool as_expected(struct tare_json expect, const struct tare_calls *r, bool names_only)
{
    uint32_t i = 0;
    for (struct tare_json e = tare_json_first(expect); e.doc; e = tare_json_next(e), i++) {
        struct tare_json args = tare_json_get(e, "arguments");
        if (i >= r->n_calls ||
            !tare_str_eq(tare_json_str(tare_json_get(e, "name")), r->calls[i].name))
            return false;
        if (!names_only && tare_json_present(args) && !tare_json_equal(args, r->calls[i].arguments))
            return false;
    }
    return i == r->n_calls;
}

/* The tool a message should call; empty: none, or more than one. */
static struct tare_str only_name(struct tare_json expect)
{
    struct tare_str name = {0};
    for (struct tare_json e = tare_json_first(expect); e.doc; e = tare_json_next(e)) {
        struct tare_str x = tare_json_str(tare_json_get(e, "name"));
        if (name.p && !tare_str_eq(x, name))
            return (struct tare_str){0};
        name = x;
    }
    return name;
}

/* The choice an arm forces upon a message. */
static struct tare_choice choice_of(enum tare_tools_arm arm, struct tare_json expect)
{
    struct tare_choice c = {.kind = TARE_CHOICE_AUTO};
    if ((arm != TARE_ARM_REQUIRED && arm != TARE_ARM_NAMED) ||
        tare_json_kind(expect) != TARE_JSON_ARRAY || tare_json_count(expect) == 0)
        return c;
    c.name = only_name(expect);
    c.kind = arm == TARE_ARM_NAMED && c.name.n ? TARE_CHOICE_NAMED : TARE_CHOICE_REQUIRED;
    return c;
}

static uint32_t unfit_calls(const struct tare_calls *r)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->n_findings; i++)
        n += i == 0 || r->findings[i].call != r->findings[i - 1].call;
    return n;
}

static void count(struct tare__tools_unit *u, enum tare_tools_rate rate, bool yes, bool applies)
{
    u->k[rate] += yes && applies;
    u->n[rate] += applies;
}

static void count_message(struct tare__tools_unit *u, struct tare_json m,
                          const struct tare_calls *r)
{
    struct tare_json expect = tare_json_get(m, "expect");
    bool told = tare_json_kind(expect) == TARE_JSON_ARRAY;
    bool wanted = told && tare_json_count(expect) > 0;
    bool block = wanted || r->n_calls || r->n_errors;
    count(u, TARE_RATE_MALFORMED, r->status == TARE_CALLS_MALFORMED, block);
    count(u, TARE_RATE_TRUNCATED, r->status == TARE_CALLS_TRUNCATED, block);
    count(u, TARE_RATE_REPAIRED, r->status == TARE_CALLS_REPAIRED, block);
    count(u, TARE_RATE_MISSED, r->status == TARE_CALLS_NO_CALL, wanted);
    count(u, TARE_RATE_PHANTOM, r->n_calls > 0, told && !wanted);
    count(u, TARE_RATE_WRONG_TOOL, !as_expected(expect, r, true), wanted && r->n_calls > 0);
    u->k[TARE_RATE_ARGUMENTS] += unfit_calls(r);
    u->n[TARE_RATE_ARGUMENTS] += r->n_calls;
    u->calls += r->n_calls;
}

static void cost(struct tare__tools_unit *u, struct tare_json m)
{
    double x, most;
    struct tare_json mass = tare_json_get(m, "mass_allowed");
    if (tare_json_f64(tare_json_get(m, "tokens"), &x)) {
        u->tokens += x;
        u->has_tokens = true;
        if (tare_json_f64(tare_json_get(m, "max_tokens"), &most) && most > 0) {
            u->limited++;
            u->near += x > TARE_TOOLS_NEAR * most;
        }
    }
    if (tare_json_f64(tare_json_get(m, "ms"), &x)) {
        u->ms += x;
        u->has_ms = true;
    }
    if (tare_json_f64(tare_json_get(m, "first_ms"), &x)) {
        u->first_ms += x;
        u->firsts++;
    }
    bool list = tare_json_kind(mass) == TARE_JSON_ARRAY;
    for (struct tare_json e = list ? tare_json_first(mass) : mass; e.doc;
         e = list ? tare_json_next(e) : (struct tare_json){0}) {
        if (!tare_json_f64(e, &x))
            continue;
        u->mass_min = u->masses == 0 || x < u->mass_min ? x : u->mass_min;
        u->mass_sum += x;
        u->masses++;
    }
}

uint32_t tare__tools_results(struct tare_json m, struct tare_order_result out[TARE__TOOLS_RESULTS])
{
    uint32_t n = 0;
    for (struct tare_json e = tare_json_first(tare_json_get(m, "results"));
         e.doc && n < TARE__TOOLS_RESULTS; e = tare_json_next(e))
        out[n++] = (struct tare_order_result){tare_json_true(tare_json_get(e, "error")),
                                              tare_json_get(e, "content")};
    return n;
}

/* A message may be acted upon, whatever was expected. */
static bool actable(enum tare_tools_arm arm, struct tare_json m, const struct tare_calls *r)
{
    struct tare_choice choice = choice_of(arm, tare_json_get(m, "expect"));
    return r->n_errors == 0 && r->n_findings == 0 && !tare_choice_breach(&choice, r);
}

/* It may, and is what was asked for. */
static bool usable(enum tare_tools_arm arm, struct tare_json m, const struct tare_calls *r)
{
    struct tare_json expect = tare_json_get(m, "expect");
    bool told = tare_json_kind(expect) == TARE_JSON_ARRAY;
    return actable(arm, m, r) && (!told || as_expected(expect, r, false));
}

struct episode {
    const struct tare_tools_episode *e;
    enum tare_tools_arm arm;
    struct tare_tools_masks *masks;
    struct tare_arena *arena;
    struct tare_order *order;
    struct tare__tools_unit *u;
    bool good;      /* every message so far */
    bool forced;    /* a call would have been forced */
    bool misnamed;  /* another tool would have been */
    bool corrected; /* a mask would have changed something */
};

/* Where calls may begin: behind the reasoning. */
static size_t behind_reasoning(const struct tare_calls *r)
{
    size_t at = 0;
    for (uint32_t i = 0; i < r->n_spans; i++)
        if (r->spans[i].kind == TARE_SPAN_REASONING)
            at = r->spans[i].end;
    return at;
}

/* Bits of the tools that the rules let come next. */
static uint64_t allowed_names(const struct episode *p)
{
    uint64_t bits = 0;
    if (p->arm != TARE_ARM_ORDERED || !p->order)
        return TARE__TOOLS_ALL;
    for (uint32_t i = 0; i < p->e->n_tools && i < 64; i++)
        bits |= (uint64_t)tare_order_allows(p->order, p->e->tools[i].name) << i;
    return bits == (p->e->n_tools < 64 ? (UINT64_C(1) << p->e->n_tools) - 1 : UINT64_MAX)
               ? TARE__TOOLS_ALL
               : bits;
}

/* What a mask makes of the message: known when it runs, else guessed from what the parser saw. */
static enum tare_status under_mask(struct episode *p, struct tare_json m,
                                   const struct tare_calls *r, bool wanted, struct tare_err *err)
{
    bool block = r->n_calls || r->n_errors, changed = false;
    uint64_t walked = p->u->masked.messages;
    struct tare__tools_scope s = {.dialect = tare_str_of(r->dialect),
                                  .tools = p->e->tools,
                                  .n_tools = p->e->n_tools,
                                  .names = allowed_names(p),
                                  .any_order = true,
                                  .episode = p->e->id};
    if (p->masks && masked(p->arm) && (block || wanted)) {
        enum tare_status st = tare__tools_mask_look(
            p->masks, &s, tare_json_str(tare_json_get(m, "text")), behind_reasoning(r),
            tare_json_get(m, "logprobs"), &p->u->masked, &changed, err);
        if (st != TARE_OK)
            return st;
        if (p->u->masked.messages > walked) {
            p->corrected |= changed;
            return TARE_OK;
        }
    }
    p->corrected |= r->status == TARE_CALLS_MALFORMED || r->n_findings > 0;
    return TARE_OK;
}

/* What is written in m (a message, or a further try at it) as this arm reads it. */
static enum tare_status parse(const struct episode *p, struct tare_json m, struct tare_json message,
                              struct tare_calls *r, struct tare_err *err)
{
    struct tare_calls_opts o = {
        .dialect = p->e->dialect,
        .tools = p->e->tools,
        .n_tools = p->e->n_tools,
        .strict = p->arm == TARE_ARM_STRICT || masked(p->arm),
        .think_prefilled = tare_json_true(tare_json_get(message, "think_prefilled")),
        .length = tare_json_str_is(tare_json_get(m, "finish_reason"), "length")};
    return tare_calls_parse(tare_json_str(tare_json_get(m, "text")), &o, p->arena, r, err);
}

/* Takes further tries for as long as what there is cannot be acted upon; r becomes the last. */
static enum tare_status try_again(struct episode *p, struct tare_json m, struct tare_calls *r,
                                  struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    double x;
    struct tare_json t = tare_json_first(tare_json_get(m, "tries"));
    for (; t.doc && st == TARE_OK && !actable(p->arm, m, r); t = tare_json_next(t)) {
        st = parse(p, t, m, r, err);
        cost(p->u, t);
        p->u->tries++;
        if (tare_json_f64(tare_json_get(t, "tokens"), &x))
            p->u->tries_tokens += x;
        if (tare_json_f64(tare_json_get(t, "ms"), &x))
            p->u->tries_ms += x;
    }
    return st;
}

/* One of the calls that are expected may be made now. */
static bool possible(const struct episode *p, struct tare_json expect)
{
    for (struct tare_json e = tare_json_first(expect); e.doc; e = tare_json_next(e))
        if (!p->order || tare_order_allows(p->order, tare_json_str(tare_json_get(e, "name"))))
            return true;
    return false;
}

/* A call that the order rules do not let come now. */
static bool out_of_order(const struct episode *p, const struct tare_calls *r)
{
    for (uint32_t i = 0; p->order && i < r->n_calls; i++)
        if (!tare_order_allows(p->order, r->calls[i].name))
            return true;
    return false;
}

/* Whether a message of a recorded regime is as the regime promises; cut ones may be anything. */
static void hold_to_promise(const struct episode *p, struct tare_json m, const struct tare_calls *r)
{
    struct tare_json expect = tare_json_get(m, "expect");
    struct tare_choice choice = choice_of(p->arm, expect);
    bool order = p->arm == TARE_ARM_ORDERED;
    if (p->e->regime != p->arm || p->arm < TARE_ARM_REQUIRED || tare_json_count(expect) == 0 ||
        r->status == TARE_CALLS_TRUNCATED || (order && !possible(p, expect)))
        return;
    p->u->promised++;
    if (masked(p->arm))
        p->u->broken +=
            r->n_errors || r->n_findings || r->n_calls == 0 || (order && out_of_order(p, r));
    else
        p->u->broken += r->n_errors == 0 && tare_choice_breach(&choice, r);
}

static enum tare_status one_message(struct episode *p, struct tare_json m, struct tare_err *err)
{
    struct tare_calls r;
    struct tare_order_result results[TARE__TOOLS_RESULTS];
    enum tare_status st = parse(p, m, m, &r, err);
    if (st != TARE_OK)
        return st;
    bool wanted = tare_json_count(tare_json_get(m, "expect")) > 0;
    struct tare_choice named = choice_of(TARE_ARM_NAMED, tare_json_get(m, "expect"));
    p->forced |= wanted && r.status == TARE_CALLS_NO_CALL;
    p->misnamed |= wanted && r.n_calls && tare_choice_breach(&named, &r);
    st = under_mask(p, m, &r, wanted, err);
    if (st != TARE_OK)
        return st;
    count_message(p->u, m, &r);
    hold_to_promise(p, m, &r);
    cost(p->u, m);
    st = try_again(p, m, &r, err);
    if (st != TARE_OK)
        return st;
    p->good &= usable(p->arm, m, &r);
    if (!p->order || r.status == TARE_CALLS_MALFORMED || r.status == TARE_CALLS_TRUNCATED)
        return TARE_OK; /* nothing of it was dispatched */
    return tare_order_calls(p->order, &r, results, tare__tools_results(m, results), err);
}

/* What the regime rules out, in a replay of free decoding. */
static bool interferes(const struct episode *p)
{
    if (p->e->regime == p->arm || p->arm == TARE_ARM_STRICT || p->arm == TARE_ARM_LENIENT)
        return false;
    if (p->arm == TARE_ARM_REQUIRED)
        return p->forced;
    if (p->arm == TARE_ARM_NAMED)
        return p->forced || p->misnamed;
    return p->corrected || p->forced || (p->arm == TARE_ARM_ORDERED && p->u->breaches > 0);
}

/* The order rules are held against the whole trace. */
static enum tare_status end_order(struct episode *p, struct tare_err *err)
{
    enum tare_status st = tare_order_end(p->order, err);
    (void)tare_order_breaches(p->order, &p->u->breaches);
    return st;
}

enum tare_status tare__tools_measure(const struct tare__tools_lab *l,
                                     const struct tare_tools_episode *e, enum tare_tools_arm arm,
                                     struct tare__tools_unit *out, struct tare_err *err)
{
    struct episode p = {
        .e = e, .arm = arm, .masks = l->opts->masks, .arena = l->arena, .u = out, .good = true};
    enum tare_status st = TARE_OK;
    *out = (struct tare__tools_unit){.present = true};
    if (tare_json_present(e->order))
        st = tare_order_open(e->order, p.arena, &p.order, err);
    for (struct tare_json m = tare_json_first(e->messages); m.doc && st == TARE_OK;
         m = tare_json_next(m))
        st = one_message(&p, m, err);
    if (st == TARE_OK && p.order)
        st = end_order(&p, err);
    if (st != TARE_OK)
        return st;
    if (tare_json_kind(e->success) == TARE_JSON_FALSE)
        p.good = false;
    if (interferes(&p)) {
        *out = (struct tare__tools_unit){.present = true, .unknown = true, .masked = out->masked};
        return TARE_OK;
    }
    count(out, TARE_RATE_ORDER, out->breaches > 0, p.order != NULL);
    count(out, TARE_RATE_SUCCESS, p.good && out->breaches == 0, true);
    count(out, TARE_RATE_FIRST_TRY, p.good && out->breaches == 0 && out->tries == 0, true);
    return p.order ? tare__tools_rules_add(l, arm, p.order, err) : TARE_OK;
}
