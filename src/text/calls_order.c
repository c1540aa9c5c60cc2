#include "text/calls_order.h"

#include <inttypes.h>

#include "base/limits.h"

#include "base/banned.h"

enum kind {
    BEFORE,
    IMMEDIATELY_AFTER,
    AT_MOST_ONCE,
    AT_MOST,
    BEFORE_FINAL,
    REQUIRED,
    FORBIDDEN,
    NOT_PARALLEL,
    MAX_CALLS,
    SAME_ARG,
    GUARD,
    KINDS
};

static const struct {
    const char *name;
    enum tare_order_code code;
    const char *says; /* %a, %b, %x, %y, %n, %w stand for what the rule names */
} kinds[KINDS] = {
    {"before", TARE_O_BEFORE, "call %a before %b"},
    {"immediately_after", TARE_O_IMMEDIATE, "call %b right after %a"},
    {"at_most_once", TARE_O_AT_MOST_ONCE, "call %a at most once"},
    {"at_most", TARE_O_AT_MOST_ONCE, "call %a at most %n times"},
    {"before_final", TARE_O_BEFORE_FINAL, "call %a before the final answer"},
    {"required", TARE_O_REQUIRED, "call %a"},
    {"forbidden", TARE_O_FORBIDDEN, "do not call %a"},
    {"not_parallel", TARE_O_NOT_PARALLEL, "call %a alone in a message"},
    {"max_calls", TARE_O_MAX_CALLS, "make at most %n calls"},
    {"same_arg", TARE_O_ARG_LINK, "give %b the same %y as the %x of the latest %a"},
    {"guard", TARE_O_GUARD, "call %b only when the latest result of %a matches %w"},
};

struct rule {
    enum kind kind;
    struct tare_str a, b, x, y; /* tools, and of same_arg their arguments */
    int64_t n;
    int64_t seen, good;    /* calls of a, and those that count as done */
    struct tare_json last; /* x of the latest a */
    struct tare_json when;
    const struct tare_schema *schema; /* the same, compiled */
    bool met;                         /* the latest result of a matches it */
};

struct tare_order {
    struct tare_arena *arena;
    struct rule *rules;
    struct tare_order_breach *breaches;
    uint32_t n_rules, n_breaches;
    int64_t n_calls;
    struct tare_str previous; /* tool of the call before */
    bool count_errors;
};

const char *tare_order_name(enum tare_order_code c)
{
    static const char *const names[] = {
        "",           "O_BEFORE",    "O_IMMEDIATE",    "O_AT_MOST_ONCE", "O_BEFORE_FINAL",
        "O_REQUIRED", "O_FORBIDDEN", "O_NOT_PARALLEL", "O_MAX_CALLS",    "O_ARG_LINK",
        "O_GUARD"};
    return names[c];
}

/* "tool.argument" in two. */
static void split(struct tare_str *tool, struct tare_str *argument)
{
    size_t dot = tare_str_find(*tool, TARE_S("."));
    if (dot == SIZE_MAX)
        return;
    *argument = tare_str_n(tool->p + dot + 1, tool->n - dot - 1);
    tool->n = dot;
}

/* Tools (and of same_arg their arguments) that the rule must name. */
static enum tare_status names_tools(struct tare_json v, uint32_t i, const struct rule *r,
                                    struct tare_err *err)
{
    enum kind k = r->kind;
    bool two = k == BEFORE || k == IMMEDIATELY_AFTER || k == SAME_ARG || k == GUARD;
    if ((k != MAX_CALLS && r->a.n == 0) || (two && r->b.n == 0))
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "order rule %u names no tool \"%s\"", i, r->a.n ? "b" : "a");
    if (k == SAME_ARG && (r->x.n == 0 || r->y.n == 0))
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "order rule %u: write \"a\" and \"b\" as \"tool.argument\"", i);
    return TARE_OK;
}

static enum tare_status read_guard(struct tare_json v, uint32_t i, struct tare_arena *arena,
                                   struct rule *r, struct tare_err *err)
{
    struct tare_err why = {0};
    r->when = tare_json_get(v, "when");
    if (!tare_json_present(r->when)) {
        tare_err_hint(err, "write \"when\": {a JSON Schema of the result}");
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "order rule %u lacks its \"when\"", i);
    }
    enum tare_status st = tare_schema_compile(r->when, NULL, arena, &r->schema, &why);
    return st == TARE_OK ? TARE_OK
                         : tare_fail_at(err, st, tare_json_offset(r->when),
                                        "\"when\" of order rule %u: %s", i, why.text);
}

static enum tare_status read_rule(struct tare_json v, uint32_t i, struct tare_arena *arena,
                                  struct rule *r, struct tare_err *err)
{
    struct tare_json name = tare_json_get(v, "rule");
    int k = 0;
    while (k < KINDS && !tare_json_str_is(name, kinds[k].name))
        k++;
    if (k == KINDS)
        tare_err_hint(err, "known are before, immediately_after, at_most_once, at_most, "
                           "before_final, required, forbidden, not_parallel, max_calls, same_arg "
                           "and guard");
    if (k == KINDS)
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "order rule %u is of no kind that is known", i);
    *r = (struct rule){.kind = (enum kind)k,
                       .a = tare_json_str(tare_json_get(v, "a")),
                       .b = tare_json_str(tare_json_get(v, "b")),
                       .n = 1};
    if ((k == AT_MOST || k == MAX_CALLS) &&
        (!tare_json_i64(tare_json_get(v, "n"), &r->n) || r->n < 0))
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "order rule %u lacks its number \"n\"", i);
    if (k == SAME_ARG) {
        split(&r->a, &r->x);
        split(&r->b, &r->y);
    }
    enum tare_status st = names_tools(v, i, r, err);
    return st == TARE_OK && k == GUARD ? read_guard(v, i, arena, r, err) : st;
}

enum tare_status tare_order_open(struct tare_json rules, struct tare_arena *arena,
                                 struct tare_order **out, struct tare_err *err)
{
    struct tare_json list = rules;
    if (tare_json_kind(rules) == TARE_JSON_OBJECT)
        list = tare_json_get(rules, "order");
    if (tare_json_kind(list) != TARE_JSON_ARRAY)
        return tare_fail(err, TARE_E_INPUT, "the order rules are not a list");
    struct tare_order *o = TARE_NEW(arena, struct tare_order);
    struct rule *r = TARE_NEW_N(arena, struct rule, tare_json_count(list));
    if (!o || !r)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading order rules");
    *o = (struct tare_order){.arena = arena,
                             .rules = r,
                             .count_errors = tare_json_true(tare_json_get(rules, "count_errors"))};
    for (struct tare_json v = tare_json_first(list); v.doc; v = tare_json_next(v)) {
        enum tare_status st = read_rule(v, o->n_rules, arena, &r[o->n_rules], err);
        if (st != TARE_OK)
            return st;
        o->n_rules++;
    }
    *out = o;
    return TARE_OK;
}

/* Whether a call of this tool breaks the rule by its name alone. */
static bool breaks(const struct tare_order *o, const struct rule *r, struct tare_str tool)
{
    bool is_a = tare_str_eq(tool, r->a), is_b = tare_str_eq(tool, r->b);
    switch (r->kind) {
    case BEFORE:
        return is_b && r->good == 0;
    case GUARD:
        return is_b && !r->met;
    case IMMEDIATELY_AFTER:
        return is_b && !tare_str_eq(o->previous, r->a);
    case AT_MOST_ONCE:
    case AT_MOST:
        return is_a && r->seen >= r->n;
    case FORBIDDEN:
        return is_a;
    case MAX_CALLS:
        return o->n_calls >= r->n;
    default:
        return false;
    }
}

bool tare_order_allows(const struct tare_order *o, struct tare_str tool)
{
    for (uint32_t i = 0; i < o->n_rules; i++)
        if (breaks(o, &o->rules[i], tool))
            return false;
    return true;
}

static bool breach(struct tare_order *o, uint32_t rule, int64_t call)
{
    uint32_t n = o->n_breaches;
    if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
        struct tare_order_breach *p =
            TARE_NEW_N(o->arena, struct tare_order_breach, n ? (size_t)n * 2 : 4);
        if (!p)
            return false;
        if (n)
            memcpy(p, o->breaches, n * sizeof *p);
        o->breaches = p;
    }
    o->breaches[o->n_breaches++] =
        (struct tare_order_breach){rule, call, kinds[o->rules[rule].kind].code};
    return true;
}

static bool call_breaks(const struct tare_order *o, const struct rule *r, const struct tare_call *c,
                        uint32_t in_message)
{
    if (r->kind == NOT_PARALLEL)
        return tare_str_eq(c->name, r->a) && in_message > 1;
    if (r->kind == SAME_ARG)
        return tare_str_eq(c->name, r->b) &&
               !(tare_json_present(r->last) &&
                 tare_json_equal(tare_json_get_str(c->arguments, r->y), r->last));
    return breaks(o, r, c->name);
}

/* What is known after a call of r->a. */
static enum tare_status note(const struct tare_order *o, struct rule *r, const struct tare_call *c,
                             struct tare_order_result result, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    r->seen++;
    r->good += o->count_errors || !result.error;
    r->last = tare_json_get_str(c->arguments, r->x);
    if (r->kind != GUARD)
        return TARE_OK;
    r->met = false;
    if (!result.error && tare_json_present(result.content))
        st = tare_schema_valid(r->schema, result.content, o->arena, &r->met, err);
    return st;
}

static enum tare_status one_call(struct tare_order *o, const struct tare_calls *message, uint32_t k,
                                 struct tare_order_result result, struct tare_err *err)
{
    const struct tare_call *c = &message->calls[k];
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < o->n_rules; i++)
        if (call_breaks(o, &o->rules[i], c, message->n_calls) && !breach(o, i, o->n_calls))
            return tare_fail(err, TARE_E_NOMEM, "out of memory while checking order rules");
    for (uint32_t i = 0; i < o->n_rules && st == TARE_OK; i++)
        if (tare_str_eq(c->name, o->rules[i].a))
            st = note(o, &o->rules[i], c, result, err);
    o->previous = c->name;
    o->n_calls++;
    return st;
}

enum tare_status tare_order_calls(struct tare_order *o, const struct tare_calls *message,
                                  const struct tare_order_result *results, uint32_t n_results,
                                  struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (uint32_t k = 0; k < message->n_calls && st == TARE_OK; k++)
        st = one_call(o, message, k, k < n_results ? results[k] : (struct tare_order_result){0},
                      err);
    return st;
}

enum tare_status tare_order_message(struct tare_order *o, const struct tare_calls *message,
                                    struct tare_err *err)
{
    return tare_order_calls(o, message, NULL, 0, err);
}

enum tare_status tare_order_end(struct tare_order *o, struct tare_err *err)
{
    for (uint32_t i = 0; i < o->n_rules; i++) {
        const struct rule *r = &o->rules[i];
        if ((r->kind == BEFORE_FINAL || r->kind == REQUIRED) && r->good == 0 && !breach(o, i, -1))
            return tare_fail(err, TARE_E_NOMEM, "out of memory while checking order rules");
    }
    return TARE_OK;
}

const struct tare_order_breach *tare_order_breaches(const struct tare_order *o, uint32_t *n)
{
    *n = o->n_breaches;
    return o->breaches;
}

uint32_t tare_order_rules(const struct tare_order *o)
{
    return o->n_rules;
}

int64_t tare_order_seen(const struct tare_order *o)
{
    return o->n_calls;
}

struct tare_str tare_order_says(const struct tare_order *o, uint32_t rule, struct tare_arena *arena)
{
    const struct rule *r = &o->rules[rule];
    struct tare_buf b;
    tare_buf_init(&b, arena->alc,
                  TARE_KIB + 2 * (r->a.n + r->b.n + r->x.n + r->y.n) + tare_json_lexeme(r->when).n);
    for (const char *p = kinds[r->kind].says; *p; p++) {
        if (*p != '%') {
            tare_buf_putc(&b, *p);
            continue;
        }
        switch (*++p) {
        case 'a':
            tare_buf_put(&b, r->a);
            break;
        case 'b':
            tare_buf_put(&b, r->b);
            break;
        case 'x':
            tare_buf_put(&b, r->x);
            break;
        case 'y':
            tare_buf_put(&b, r->y);
            break;
        case 'w':
            tare_buf_put(&b, tare_json_lexeme(r->when));
            break;
        default:
            tare_buf_printf(&b, "%" PRId64, r->n);
        }
    }
    struct tare_str s = b.failed ? (struct tare_str){0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}
