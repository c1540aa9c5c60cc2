/* Recorded conversations, and the rules looked at in their texts. */
#include "experiment/drift.h"
#include "experiment/lines.h"

#include <math.h>

#include "text/regex.h"
#include "text/schema.h"
#include "text/utf8.h"

#include "base/banned.h"

enum kind {
    MATCHES,
    NOT_MATCHES,
    MENTIONS,
    NOT_MENTIONS,
    MAX_WORDS,
    MIN_WORDS,
    MAX_CHARS,
    IS_JSON,
    SCHEMA,
    RECORDED,
    KINDS
};
static const char *const kinds[KINDS] = {"matches",   "not_matches", "mentions",  "not_mentions",
                                         "max_words", "min_words",   "max_chars", "json",
                                         "schema",    "recorded"};

struct rule {
    struct tare_str id, text;
    enum kind kind;
    int64_t number;
    const struct tare_regex *regex, *when;
    const struct tare_schema *schema;
};

struct reader {
    struct tare_arena *arena;
    struct tare_drift_recordings *out;
    struct tare_json rules_at; /* the list that `rules` was read from */
    struct rule *rules;
    uint32_t n_rules;
    const struct tare_regex *verdict; /* NULL: none */
};

static enum tare_status expression(struct tare_json v, struct tare_arena *arena,
                                   const struct tare_regex **out, struct tare_err *err)
{
    struct tare_err why = {0};
    enum tare_status st = tare_regex_compile(tare_json_str(v), NULL, arena, out, &why);
    return st == TARE_OK ? TARE_OK
                         : tare_fail_at(err, st == TARE_E_NOMEM ? st : TARE_E_INPUT,
                                        tare_json_offset(v), "an expression: %s", why.text);
}

static enum tare_status read_value(struct tare_json v, struct rule *r, struct tare_arena *arena,
                                   struct tare_err *err)
{
    struct tare_json value = tare_json_get(v, "value");
    bool text = r->kind <= NOT_MENTIONS, number = r->kind >= MAX_WORDS && r->kind <= MAX_CHARS;
    r->text = tare_json_str(value);
    if (text && tare_json_kind(value) != TARE_JSON_STRING)
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "rule \"%.*s\" needs a text as its \"value\"", TARE_FMT(r->id));
    if (number && !tare_json_i64(value, &r->number))
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "rule \"%.*s\" needs a number as its \"value\"", TARE_FMT(r->id));
    if (r->kind == MATCHES || r->kind == NOT_MATCHES)
        return expression(value, arena, &r->regex, err);
    return r->kind == SCHEMA ? tare_schema_compile(value, NULL, arena, &r->schema, err) : TARE_OK;
}

static enum tare_status read_rule(struct tare_json v, struct rule *r, struct tare_arena *arena,
                                  struct tare_err *err)
{
    struct tare_json kind = tare_json_get(v, "kind"), when = tare_json_get(v, "when");
    int k = tare_json_present(kind) ? 0 : RECORDED;
    while (k < KINDS && tare_json_present(kind) && !tare_json_str_is(kind, kinds[k]))
        k++;
    *r = (struct rule){.id = tare_json_str(tare_json_get(v, "id")), .kind = (enum kind)k};
    if (r->id.n == 0)
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "a rule has no \"id\"");
    if (k == KINDS) {
        tare_err_hint(err, "kinds are matches, not_matches, mentions, not_mentions, max_words, "
                           "min_words, max_chars, json, schema and recorded");
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "the kind of rule \"%.*s\" is not known", TARE_FMT(r->id));
    }
    enum tare_status st = read_value(v, r, arena, err);
    return st == TARE_OK && tare_json_present(when) ? expression(when, arena, &r->when, err) : st;
}

static enum tare_status read_rules(struct reader *rd, struct tare_json list, struct tare_err *err)
{
    uint32_t n = tare_json_count(list);
    if (rd->rules && rd->rules_at.doc == list.doc && rd->rules_at.node == list.node)
        return TARE_OK;
    if (n == 0 || n > TARE_DRIFT_RULES) {
        tare_err_hint(err, "add \"rules\": [{\"id\", \"kind\", \"value\"}], here or in a line "
                           "{\"defaults\": {...}}");
        return tare_fail(err, TARE_E_INPUT, "a conversation needs 1 to %u rules", TARE_DRIFT_RULES);
    }
    rd->rules = TARE_NEW_N(rd->arena, struct rule, n);
    rd->n_rules = 0;
    rd->rules_at = list;
    if (!rd->rules)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading rules");
    for (struct tare_json v = tare_json_first(list); v.doc; v = tare_json_next(v)) {
        enum tare_status st = read_rule(v, &rd->rules[rd->n_rules++], rd->arena, err);
        if (st != TARE_OK)
            return st;
    }
    return TARE_OK;
}

static int64_t words(struct tare_str s)
{
    int64_t n = 0;
    bool inside = false;
    for (size_t i = 0; i < s.n; i++) {
        bool blank = s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r');
        n += !blank && !inside;
        inside = !blank;
    }
    return n;
}

static bool keeps(const struct rule *r, struct tare_str text, struct tare_arena *arena)
{
    struct tare_json v;
    struct tare_arena_mark mark = tare_arena_mark(arena);
    bool ok = false;
    switch (r->kind) {
    case MATCHES:
    case NOT_MATCHES:
        return tare_regex_search(r->regex, text) == (r->kind == MATCHES);
    case MENTIONS:
    case NOT_MENTIONS:
        return (tare_str_find(text, r->text) != SIZE_MAX) == (r->kind == MENTIONS);
    case MAX_WORDS:
        return words(text) <= r->number;
    case MIN_WORDS:
        return words(text) >= r->number;
    case MAX_CHARS:
        return (int64_t)tare_utf8_count(text) <= r->number;
    default:
        break;
    }
    ok = tare_json_parse(text, NULL, arena, &v, NULL) == TARE_OK;
    if (ok && r->kind == SCHEMA)
        ok = tare_schema_valid(r->schema, v, arena, &ok, NULL) == TARE_OK && ok;
    tare_arena_rewind(arena, mark);
    return ok;
}

static uint8_t told(struct tare_json v)
{
    return tare_json_kind(v) == TARE_JSON_TRUE    ? TARE_DRIFT_PASS
           : tare_json_kind(v) == TARE_JSON_FALSE ? TARE_DRIFT_FAIL
                                                  : TARE_DRIFT_NA;
}

static uint8_t outcome(const struct reader *rd, const struct rule *r, struct tare_json turn)
{
    struct tare_json text = tare_json_get(turn, "text");
    struct tare_json pass = tare_json_get_str(tare_json_get(turn, "pass"), r->id);
    if (tare_json_present(pass) || r->kind == RECORDED)
        return told(pass);
    if (tare_json_kind(text) != TARE_JSON_STRING ||
        (r->when && !tare_regex_search(r->when, tare_json_str(tare_json_get(turn, "input")))))
        return TARE_DRIFT_NA;
    return keeps(r, tare_json_str(text), rd->arena) ? TARE_DRIFT_PASS : TARE_DRIFT_FAIL;
}

/* What the model decided in this turn. */
static uint8_t verdict_of(const struct reader *rd, struct tare_json turn)
{
    struct tare_json text = tare_json_get(turn, "text"), given = tare_json_get(turn, "verdict");
    if (tare_json_present(given) || !rd->verdict || tare_json_kind(text) != TARE_JSON_STRING)
        return told(given);
    return tare_regex_search(rd->verdict, tare_json_str(text)) ? TARE_DRIFT_PASS : TARE_DRIFT_FAIL;
}

static enum tare_status read_turns(const struct reader *rd, struct tare_json turns,
                                   struct tare_drift_run *run, struct tare_err *err)
{
    uint32_t n = tare_json_count(turns), t = 0;
    if (n == 0 || n > TARE_DRIFT_TURNS)
        return tare_fail(err, TARE_E_INPUT, "a conversation needs a list \"turns\" of 1 to %u",
                         TARE_DRIFT_TURNS);
    run->n_turns = n;
    run->n_rules = rd->n_rules;
    run->pass = tare_arena_array(rd->arena, (size_t)n * rd->n_rules, 1);
    run->since = TARE_NEW_N(rd->arena, double, n);
    run->correct = tare_arena_array(rd->arena, n, 1);
    run->guarded = tare_arena_array(rd->arena, n, 1);
    run->verdict = tare_arena_array(rd->arena, n, 1);
    run->fresh = tare_arena_array(rd->arena, n, 1);
    if (!run->pass || !run->since || !run->correct || !run->guarded || !run->verdict || !run->fresh)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading conversations");
    for (struct tare_json v = tare_json_first(turns); v.doc; v = tare_json_next(v), t++) {
        for (uint32_t k = 0; k < rd->n_rules; k++)
            run->pass[(size_t)t * rd->n_rules + k] = outcome(rd, &rd->rules[k], v);
        if (!tare_json_f64(tare_json_get(v, "since"), &run->since[t]) || run->since[t] < 0)
            run->since[t] = (double)NAN;
        run->correct[t] = told(tare_json_get(v, "correct"));
        run->guarded[t] = told(tare_json_get(v, "guarded"));
        run->verdict[t] = verdict_of(rd, v);
        run->fresh[t] = told(tare_json_get(v, "fresh"));
    }
    return TARE_OK;
}

static enum tare_status arm_of(struct tare_drift_recordings *out, struct tare_str name,
                               uint32_t *arm, struct tare_err *err)
{
    if (name.n == 0)
        name = TARE_S("baseline");
    for (*arm = 0; *arm < out->n_arms; ++*arm)
        if (tare_str_eq(out->arm[*arm], name))
            return TARE_OK;
    if (out->n_arms == TARE_DRIFT_ARMS)
        return tare_fail(err, TARE_E_LIMIT, "there are more than %u arms", TARE_DRIFT_ARMS);
    out->arm[out->n_arms++] = name;
    return TARE_OK;
}

static enum tare_status read_run(void *ctx, const struct tare__line *l, void *item,
                                 struct tare_err *err)
{
    struct reader *rd = ctx;
    struct tare_drift_run *run = item;
    struct tare_json v = l->v;
    *run = (struct tare_drift_run){.conversation = tare_json_str(tare_json_get(v, "conversation"))};
    (void)tare_json_i64(tare_json_get(v, "seed"), &run->seed);
    if (run->conversation.n == 0)
        return tare_fail(err, TARE_E_INPUT, "the line names no \"conversation\"");
    struct tare_json verdict = tare__line_member(l, "verdict");
    rd->verdict = NULL;
    enum tare_status st = read_rules(rd, tare__line_member(l, "rules"), err);
    if (st == TARE_OK && tare_json_present(verdict))
        st = expression(verdict, rd->arena, &rd->verdict, err);
    if (st == TARE_OK)
        st = arm_of(rd->out, tare_json_str(tare_json_get(v, "arm")), &run->arm, err);
    if (st == TARE_OK)
        st = read_turns(rd, tare_json_get(v, "turns"), run, err);
    if (run->n_turns > rd->out->turns)
        rd->out->turns = run->n_turns;
    return st;
}

enum tare_status tare_drift_recordings_read(struct tare_str jsonl, struct tare_arena *arena,
                                            struct tare_drift_recordings *out, struct tare_err *err)
{
    struct reader rd = {.arena = arena, .out = out};
    const struct tare__lines how = {
        .ctx = &rd, .item_bytes = sizeof(struct tare_drift_run), .read = read_run};
    void *list;
    *out = (struct tare_drift_recordings){0};
    enum tare_status st = tare__lines_read(jsonl, &how, arena, &list, &out->n, err);
    out->v = list;
    if (st == TARE_OK && out->n == 0)
        st = tare_fail(err, TARE_E_INPUT, "there is no conversation");
    return st;
}
