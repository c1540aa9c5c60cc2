/* A scripted model with known error rates: the instrument is weighed with it. */
#include <math.h>
#include <stdio.h>

#include "experiment/tools_mask.h"

#include "base/limits.h"
#include "base/rng.h"

#include "base/banned.h"

enum fault { NONE, TRAILING_COMMA, WRONG_TYPE, MISSING_ARGUMENT, TRUNCATE, NO_CALL, WRONG_TOOL };

struct field {
    const char *name;
    size_t at;
};
static const struct field fields[] = {
    {"trailing_comma", offsetof(struct tare_tools_script, trailing_comma)},
    {"wrong_type", offsetof(struct tare_tools_script, wrong_type)},
    {"missing_argument", offsetof(struct tare_tools_script, missing_argument)},
    {"truncate", offsetof(struct tare_tools_script, truncate)},
    {"no_call", offsetof(struct tare_tools_script, no_call)},
    {"wrong_tool", offsetof(struct tare_tools_script, wrong_tool)},
    {"reorder", offsetof(struct tare_tools_script, reorder)},
};
#define FIELDS (sizeof fields / sizeof *fields)
#define FAULTS (FIELDS - 1) /* of one message; the last is of episodes */

static double *field(struct tare_tools_script *s, size_t i)
{
    return (double *)(void *)((char *)s + fields[i].at);
}

static double share(const struct tare_tools_script *s, size_t i)
{
    return *(const double *)(const void *)((const char *)s + fields[i].at);
}

static enum tare_status one_field(struct tare_str part, struct tare_tools_script *s,
                                  struct tare_err *err)
{
    size_t eq = tare_str_find(part, TARE_S("=")), k = 0;
    struct tare_str name = tare_str_trim(tare_str_n(part.p, eq == SIZE_MAX ? part.n : eq));
    double x;
    while (k < FIELDS && !tare_str_is(name, fields[k].name))
        k++;
    if (k == FIELDS) {
        tare_err_hint(err, "rates are trailing_comma, wrong_type, missing_argument, truncate, "
                           "no_call, wrong_tool and reorder");
        return tare_fail(err, TARE_E_USAGE, "the script has no rate \"%.*s\"", TARE_FMT(name));
    }
    if (eq == SIZE_MAX || !tare_str_to_f64(tare_str_n(part.p + eq + 1, part.n - eq - 1), &x) ||
        !(x >= 0 && x <= 1))
        return tare_fail(err, TARE_E_USAGE, "the rate %s is no number from 0 to 1", fields[k].name);
    *field(s, k) = x;
    return TARE_OK;
}

enum tare_status tare_tools_script_parse(struct tare_str spec, struct tare_tools_script *s,
                                         struct tare_err *err)
{
    double sum = 0;
    for (size_t i = 0; i < FIELDS; i++)
        *field(s, i) = 0;
    while (spec.n) {
        size_t comma = tare_str_find(spec, TARE_S(",")), n = comma == SIZE_MAX ? spec.n : comma;
        enum tare_status st = one_field(tare_str_n(spec.p, n), s, err);
        if (st != TARE_OK)
            return st;
        spec =
            comma == SIZE_MAX ? (struct tare_str){0} : tare_str_n(spec.p + n + 1, spec.n - n - 1);
    }
    for (size_t i = 0; i < FAULTS; i++)
        sum += share(s, i);
    return sum <= 1 ? TARE_OK
                    : tare_fail(err, TARE_E_USAGE, "the rates of one message sum to more than 1");
}

/* Whether a fault can happen in that regime, when nothing but its definition is known; STRICT and
 * LENIENT are free decoding. */
static bool happens(enum fault f, enum tare_tools_arm a)
{
    switch (f) {
    case NO_CALL:
        return a < TARE_ARM_REQUIRED;
    case WRONG_TOOL:
        return a != TARE_ARM_NAMED;
    case TRAILING_COMMA:
    case WRONG_TYPE:
    case MISSING_ARGUMENT:
        return a < TARE_ARM_CONSTRAINED;
    default:
        return true;
    }
}

struct draws { /* of one episode: the same in each regime */
    enum fault fault[2];
    bool reorder;
    unsigned amount;
    double mass[2];
};

static struct draws draw(const struct tare_tools_script *s, uint64_t index)
{
    struct tare_rng r;
    struct draws d;
    tare_rng_init(&r, s->seed, TARE_S("tools-script"), index);
    d.reorder = tare_rng_unit(&r) < s->reorder;
    d.amount = 1 + tare_rng_below(&r, 900);
    for (int k = 0; k < 2; k++) {
        double u = tare_rng_unit(&r);
        d.fault[k] = NONE;
        for (size_t i = 0; i < FAULTS; i++) {
            if (u >= 0 && u < share(s, i))
                d.fault[k] = (enum fault)(i + 1);
            u -= share(s, i);
        }
        d.mass[k] = tare_rng_unit(&r);
    }
    return d;
}

static void call_text(struct tare_buf *b, bool refund, enum fault f, uint32_t order,
                      unsigned amount)
{
    const char *comma = f == TRAILING_COMMA ? "," : "";
    tare_buf_reset(b);
    if (f == NO_CALL) {
        tare_buf_puts(b, "I will look into that for you.");
        return;
    }
    tare_buf_puts(b, "<tool_call>\n{\"name\": \"");
    if (f == WRONG_TOOL)
        tare_buf_printf(b, "notify\", \"arguments\": {\"text\": \"order A-%u\"}}", order);
    else if (refund && f == MISSING_ARGUMENT)
        tare_buf_printf(b, "refund_order\", \"arguments\": {\"amount\": %u}}", amount);
    else if (refund)
        tare_buf_printf(
            b, "refund_order\", \"arguments\": {\"order_id\": \"A-%u\", \"amount\": %s%u%s%s}}",
            order, f == WRONG_TYPE ? "\"" : "", amount, f == WRONG_TYPE ? "\"" : "", comma);
    else if (f == MISSING_ARGUMENT)
        tare_buf_puts(b, "lookup_order\", \"arguments\": {}}");
    else if (f == WRONG_TYPE)
        tare_buf_printf(b, "lookup_order\", \"arguments\": {\"order_id\": %u}}", order);
    else
        tare_buf_printf(b, "lookup_order\", \"arguments\": {\"order_id\": \"A-%u\"%s}}", order,
                        comma);
    if (f == TRUNCATE)
        b->n -= 6;
    else
        tare_buf_puts(b, "\n</tool_call>");
}

static void put_message(struct tare_json_writer *w, struct tare_str text, bool cut,
                        enum tare_tools_arm regime, double mass)
{
    double tokens = (double)((text.n + 3) / 4);
    tare_json_member_str(w, "text", text);
    tare_json_member_cstr(w, "finish_reason", cut ? "length" : "stop");
    tare_json_member_f64(w, "tokens", tokens);
    tare_json_member_f64(w, "ms", 40 + 20 * tokens + (regime >= TARE_ARM_CONSTRAINED ? 3.0 : 0.0));
    if (regime >= TARE_ARM_CONSTRAINED)
        tare_json_member_f64(w, "mass_allowed", mass);
}

static void put_expect(struct tare_json_writer *w, int step, uint32_t order, unsigned amount)
{
    tare_json_put_key(w, "expect");
    tare_json_begin_array(w);
    if (step < 2) {
        struct tare_str id;
        char text[16];
        id = tare_str_n(text, (size_t)snprintf(text, sizeof text, "A-%u", order));
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "name", step ? "refund_order" : "lookup_order");
        tare_json_put_key(w, "arguments");
        tare_json_begin_object(w);
        tare_json_member_str(w, "order_id", id);
        if (step)
            tare_json_member_u64(w, "amount", amount);
        tare_json_end_object(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static bool gives_call(enum fault f)
{
    return f == NONE || f == TRAILING_COMMA || f == WRONG_TYPE || f == MISSING_ARGUMENT;
}

/* What the lines are made with. */
struct hand {
    struct tare_tools_masks *masks; /* or NULL */
    const struct tare_calls_tool *tools;
    uint32_t n_tools;
    struct tare_buf text, wish, right;
};

/* The call of a step under the mask: what the model is after, bent where the mask says so. */
static enum tare_status masked_call(struct hand *h, struct draws d, int step, bool swapped,
                                    bool ordered, uint32_t order, struct tare_err *err)
{
    enum fault f = d.fault[step];
    struct tare__tools_scope s = {.dialect = TARE_S("hermes"),
                                  .tools = h->tools,
                                  .n_tools = h->n_tools,
                                  .names = TARE__TOOLS_ALL};
    if (ordered && step == 0)
        s.names = UINT64_C(5); /* no refund before the look-up */
    bool second = step == 1, wished = second != (ordered && second ? false : swapped);
    call_text(&h->wish, wished, f == TRUNCATE ? NONE : f, order, d.amount);
    call_text(&h->right, ordered ? second : wished, NONE, order, d.amount);
    enum tare_status st = tare__tools_mask_steer(h->masks, &s, tare_buf_str(&h->wish),
                                                 tare_buf_str(&h->right), &h->text, err);
    if (st == TARE_OK && f == TRUNCATE)
        h->text.n -= sizeof "\n</tool_call>" - 1 + 6;
    return st;
}

static enum tare_status put_messages(struct tare_json_writer *w, struct draws d, uint32_t order,
                                     enum tare_tools_arm regime, struct hand *h,
                                     struct tare_err *err)
{
    bool ordered = regime == TARE_ARM_ORDERED, stuck = false;
    bool swapped = d.reorder && !ordered && regime != TARE_ARM_NAMED;
    bool steered = h->masks && regime >= TARE_ARM_CONSTRAINED;
    struct tare_buf *text = &h->text;
    enum tare_status st = TARE_OK;
    tare_json_put_key(w, "messages");
    tare_json_begin_array(w);
    for (int step = 0; step < 3 && st == TARE_OK; step++) {
        enum fault f = step < 2 && happens(d.fault[step], regime) ? d.fault[step] : NONE;
        bool faulty = step < 2 && d.fault[step] != NONE;
        if (step == 2)
            f = NO_CALL;
        call_text(text, (step == 1) != swapped, f, order, d.amount);
        if (stuck) /* the mask allows no refund before the look-up */
            call_text(text, true, NO_CALL, order, d.amount);
        else if (steered && step < 2)
            st = masked_call(h, d, step, d.reorder, ordered, order, err);
        tare_json_begin_object(w);
        put_message(w, tare_buf_str(text), f == TRUNCATE && !stuck, regime,
                    faulty ? 0.05 + 0.3 * d.mass[step] : 0.85 + 0.15 * d.mass[step % 2]);
        put_expect(w, step, order, d.amount);
        tare_json_end_object(w);
        stuck = step == 0 && ordered && !gives_call(f);
    }
    tare_json_end_array(w);
    return st;
}

static const char head[] =
    "{\"defaults\":{\"dialect\":\"hermes\",\"policy\":{\"order\":[{\"rule\":\"before\",\"a\":"
    "\"lookup_order\",\"b\":\"refund_order\"}]},\"tools\":[{\"name\":\"lookup_order\","
    "\"parameters\":{\"type\":\"object\",\"properties\":{\"order_id\":{\"type\":\"string\"}},"
    "\"required\":[\"order_id\"],\"additionalProperties\":false}},{\"name\":\"refund_order\","
    "\"parameters\":{\"type\":\"object\",\"properties\":{\"order_id\":{\"type\":\"string\"},"
    "\"amount\":{\"type\":\"number\",\"minimum\":0}},\"required\":[\"order_id\",\"amount\"],"
    "\"additionalProperties\":false}},{\"name\":\"notify\",\"parameters\":{\"type\":\"object\","
    "\"properties\":{\"text\":{\"type\":\"string\"}},\"required\":[\"text\"]}}]}}\n";

static enum tare_status put_line(const struct tare_tools_script *s, uint32_t e, uint32_t k,
                                 enum tare_tools_arm a, struct hand *h, struct tare_buf *jsonl,
                                 struct tare_err *err)
{
    struct tare_json_writer w;
    char id[24];
    snprintf(id, sizeof id, "case-%05u", e);
    tare_json_writer_init(&w, jsonl);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "id", id);
    tare_json_member_u64(&w, "seed", k);
    tare_json_member_cstr(&w, "regime", a == TARE_ARM_STRICT ? "auto" : tare_tools_arm_name(a));
    enum tare_status st =
        put_messages(&w, draw(s, (uint64_t)e * s->seeds + k), 10000 + e, a, h, err);
    tare_json_end_object(&w);
    tare_buf_putc(jsonl, '\n');
    return st;
}

/* The tools of the head, for the masks. */
static enum tare_status read_tools(struct hand *h, struct tare_arena *arena, struct tare_err *err)
{
    struct tare_json v;
    enum tare_status st = tare_json_parse(TARE_S(head), NULL, arena, &v, err);
    return st != TARE_OK ? st
                         : tare_tools_read(tare_json_get(tare_json_get(v, "defaults"), "tools"),
                                           arena, &h->tools, &h->n_tools, err);
}

enum tare_status tare_tools_script_write(const struct tare_tools_script *s,
                                         struct tare_tools_masks *masks, struct tare_buf *jsonl,
                                         struct tare_err *err)
{
    struct hand h = {.masks = masks};
    struct tare_arena arena;
    enum tare_status st = TARE_OK;
    tare_buf_init(&h.text, NULL, 1024);
    tare_buf_init(&h.wish, NULL, 1024);
    tare_buf_init(&h.right, NULL, 1024);
    tare_arena_init(&arena, NULL, TARE_MIB);
    if (masks)
        st = read_tools(&h, &arena, err);
    tare_buf_puts(jsonl, head);
    for (uint32_t e = 0; e < s->episodes && st == TARE_OK; e++)
        for (uint32_t k = 0; k < s->seeds && st == TARE_OK; k++)
            for (int a = TARE_ARM_STRICT; a < TARE_TOOLS_ARMS && st == TARE_OK; a++)
                if (a != TARE_ARM_LENIENT) /* the same recording as the strict arm's */
                    st = put_line(s, e, k, (enum tare_tools_arm)a, &h, jsonl, err);
    if (st == TARE_OK && (jsonl->failed || h.text.failed || h.wish.failed || h.right.failed))
        st = tare_fail(err, TARE_E_NOMEM, "the script's recordings are too large");
    tare_buf_free(&h.text);
    tare_buf_free(&h.wish);
    tare_buf_free(&h.right);
    if (masks)
        tare__tools_mask_forget(masks); /* the tools go */
    tare_arena_free(&arena);
    return st;
}

double tare_tools_script_rate(const struct tare_tools_script *s, enum tare_tools_arm a,
                              enum tare_tools_rate r)
{
    bool strict = a == TARE_ARM_STRICT;
    double comma = happens(TRAILING_COMMA, a) ? s->trailing_comma : 0;
    double bad = happens(WRONG_TYPE, a) ? s->wrong_type + s->missing_argument : 0;
    double none = happens(NO_CALL, a) ? s->no_call : 0;
    double lost = strict ? comma : 0; /* refused by the parser */
    double parsed = 1 - lost - s->truncate - none, right;
    bool in_order = a == TARE_ARM_ORDERED || a == TARE_ARM_NAMED;
    double reorder = in_order ? 0 : s->reorder, wrong = happens(WRONG_TOOL, a) ? s->wrong_tool : 0;
    right = parsed - wrong;
    switch (r) {
    case TARE_RATE_SUCCESS:
    case TARE_RATE_FIRST_TRY:
        return (1 - reorder) * (right - bad) * (right - bad);
    case TARE_RATE_ORDER:
        return a == TARE_ARM_ORDERED ? 0 : reorder * right + (1 - reorder) * (1 - right) * right;
    case TARE_RATE_MALFORMED:
        return lost;
    case TARE_RATE_REPAIRED:
        return strict ? 0 : comma;
    case TARE_RATE_PHANTOM:
        return 0;
    case TARE_RATE_ARGUMENTS:
        return parsed > 0 ? bad / parsed : (double)NAN;
    default:
        break;
    }
    if (a == TARE_ARM_ORDERED) /* a stuck episode has other messages */
        return (double)NAN;
    if (r == TARE_RATE_TRUNCATED)
        return s->truncate;
    if (r == TARE_RATE_MISSED)
        return none;
    return parsed > 0 ? reorder + (1 - reorder) * wrong / parsed : (double)NAN;
}
