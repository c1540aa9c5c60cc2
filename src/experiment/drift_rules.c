#include "experiment/drift_rules.h"

#include "experiment/language.h"
#include "text/calls.h"
#include "text/schema.h"
#include "text/utf8.h"

#include "base/banned.h"

enum kind {
    MATCHES,
    NOT_MATCHES,
    MENTIONS,
    NOT_MENTIONS,
    LANGUAGE, /* up to here the value is a text */
    MAX_WORDS,
    MIN_WORDS,
    MAX_CHARS, /* from MAX_WORDS up to here a number */
    IN_ORDER,
    IS_JSON,
    SCHEMA,
    TOOL_ONLY,
    RECORDED, /* what "pass" says */
    JUDGED,   /* the same, said by a model */
    KINDS
};
static const char *const kinds[KINDS] = {
    "matches",   "not_matches", "mentions", "not_mentions", "language",  "max_words", "min_words",
    "max_chars", "in_order",    "json",     "schema",       "tool_only", "recorded",  "judged"};

struct tare__drift_rule {
    struct tare_str id, text;
    enum kind kind;
    int64_t number;
    struct tare_json list; /* IN_ORDER */
    const struct tare_regex *regex, *when;
    const struct tare_schema *schema;
    const struct tare_calls_tool *tools; /* TOOL_ONLY */
    uint32_t n_tools;
};

enum tare_status tare__drift_expression(struct tare_json v, struct tare_arena *arena,
                                        const struct tare_regex **out, struct tare_err *err)
{
    struct tare_err why = {0};
    enum tare_status st = tare_regex_compile(tare_json_str(v), NULL, arena, out, &why);
    return st == TARE_OK ? TARE_OK
                         : tare_fail_at(err, st == TARE_E_NOMEM ? st : TARE_E_INPUT,
                                        tare_json_offset(v), "an expression: %s", why.text);
}

static bool texts(struct tare_json list)
{
    for (struct tare_json e = tare_json_first(list); e.doc; e = tare_json_next(e))
        if (tare_json_kind(e) != TARE_JSON_STRING)
            return false;
    return tare_json_kind(list) == TARE_JSON_ARRAY && tare_json_count(list) > 0;
}

static enum tare_status wants(const struct tare__drift_rule *r, struct tare_json at,
                              const char *what, struct tare_err *err)
{
    return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(at),
                        "rule \"%.*s\" needs %s as its \"value\"", TARE_FMT(r->id), what);
}

static enum tare_status read_value(struct tare_json v, struct tare__drift_rule *r,
                                   struct tare_arena *arena, struct tare_err *err)
{
    struct tare_json value = tare_json_get(v, "value");
    bool number = r->kind >= MAX_WORDS && r->kind <= MAX_CHARS;
    r->text = tare_json_str(value);
    r->list = value;
    if (r->kind <= LANGUAGE && tare_json_kind(value) != TARE_JSON_STRING)
        return wants(r, v, "a text", err);
    if (number && !tare_json_i64(value, &r->number))
        return wants(r, v, "a number", err);
    if (r->kind == IN_ORDER && !texts(value))
        return wants(r, v, "a list of texts", err);
    if (r->kind == LANGUAGE && !tare_language_known(r->text)) {
        tare_err_hint(err, "languages are %s", tare_language_names());
        return wants(r, v, "the code of a language it knows", err);
    }
    if (r->kind == TOOL_ONLY)
        return tare_tools_read(value, arena, &r->tools, &r->n_tools, err);
    if (r->kind == MATCHES || r->kind == NOT_MATCHES)
        return tare__drift_expression(value, arena, &r->regex, err);
    return r->kind == SCHEMA ? tare_schema_compile(value, NULL, arena, &r->schema, err) : TARE_OK;
}

static enum tare_status read_rule(struct tare_json v, struct tare__drift_rule *r,
                                  struct tare_arena *arena, struct tare_err *err)
{
    struct tare_json kind = tare_json_get(v, "kind"), when = tare_json_get(v, "when");
    int k = tare_json_present(kind) ? 0 : RECORDED;
    while (k < KINDS && tare_json_present(kind) && !tare_json_str_is(kind, kinds[k]))
        k++;
    *r = (struct tare__drift_rule){.id = tare_json_str(tare_json_get(v, "id")),
                                   .kind = (enum kind)k};
    if (r->id.n == 0)
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "a rule has no \"id\"");
    if (k == KINDS) {
        tare_err_hint(err, "kinds are matches, not_matches, mentions, not_mentions, language, "
                           "max_words, min_words, max_chars, in_order, json, schema, tool_only, "
                           "recorded and judged");
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "the kind of rule \"%.*s\" is not known", TARE_FMT(r->id));
    }
    enum tare_status st = read_value(v, r, arena, err);
    return st == TARE_OK && tare_json_present(when)
               ? tare__drift_expression(when, arena, &r->when, err)
               : st;
}

enum tare_status tare__drift_rules_read(struct tare_json list, struct tare_arena *arena,
                                        struct tare__drift_rules *out, struct tare_err *err)
{
    uint32_t n = tare_json_count(list);
    if (n == 0 || n > TARE_DRIFT_RULES) {
        tare_err_hint(err, "add \"rules\": [{\"id\", \"kind\", \"value\"}], here or in a line "
                           "{\"defaults\": {...}}");
        return tare_fail(err, TARE_E_INPUT, "a conversation needs 1 to %u rules", TARE_DRIFT_RULES);
    }
    struct tare__drift_rule *rules = TARE_NEW_N(arena, struct tare__drift_rule, n);
    if (!rules)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading rules");
    *out = (struct tare__drift_rules){rules, 0};
    for (struct tare_json v = tare_json_first(list); v.doc; v = tare_json_next(v)) {
        enum tare_status st = read_rule(v, &rules[out->n++], arena, err);
        if (st != TARE_OK)
            return st;
    }
    return TARE_OK;
}

struct tare_str tare__drift_rule_id(const struct tare__drift_rules *r, uint32_t k)
{
    return r->v[k].id;
}

bool tare__drift_rule_judged(const struct tare__drift_rules *r, uint32_t k)
{
    return r->v[k].kind == JUDGED;
}

/* ---- looking at a text -------------------------------------------------------------------- */

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

static bool in_order(struct tare_json list, struct tare_str text)
{
    for (struct tare_json e = tare_json_first(list); e.doc; e = tare_json_next(e)) {
        struct tare_str part = tare_json_str(e);
        size_t at = tare_str_find(text, part);
        if (at == SIZE_MAX)
            return false;
        text = tare_str_n(text.p + at + part.n, text.n - at - part.n);
    }
    return true;
}

/* Nothing but calls: no word beside them, none that is broken. */
static bool tool_only(const struct tare__drift_rule *r, struct tare_str text,
                      struct tare_arena *arena)
{
    struct tare_calls_opts o = {.tools = r->tools, .n_tools = r->n_tools};
    struct tare_calls calls;
    return tare_calls_parse(text, &o, arena, &calls, NULL) == TARE_OK && calls.n_calls > 0 &&
           calls.n_errors == 0 && tare_str_trim(calls.content).n == 0;
}

static bool looked_into(const struct tare__drift_rule *r, struct tare_str text,
                        struct tare_arena *arena)
{
    struct tare_json v;
    bool ok;
    if (r->kind == TOOL_ONLY)
        return tool_only(r, text, arena);
    ok = tare_json_parse(text, NULL, arena, &v, NULL) == TARE_OK;
    if (ok && r->kind == SCHEMA)
        ok = tare_schema_valid(r->schema, v, arena, &ok, NULL) == TARE_OK && ok;
    return ok;
}

static enum tare_drift_pass outcome(bool kept)
{
    return kept ? TARE_DRIFT_PASS : TARE_DRIFT_FAIL;
}

enum tare_drift_pass tare__drift_rule_on(const struct tare__drift_rules *rules, uint32_t k,
                                         struct tare_str text, struct tare_str input,
                                         struct tare_arena *arena)
{
    const struct tare__drift_rule *r = &rules->v[k];
    struct tare_arena_mark mark = tare_arena_mark(arena);
    bool kept;
    if (r->kind >= RECORDED || (r->when && !tare_regex_search(r->when, input)))
        return TARE_DRIFT_NA;
    switch (r->kind) {
    case MATCHES:
    case NOT_MATCHES:
        return outcome(tare_regex_search(r->regex, text) == (r->kind == MATCHES));
    case MENTIONS:
    case NOT_MENTIONS:
        return outcome((tare_str_find(text, r->text) != SIZE_MAX) == (r->kind == MENTIONS));
    case LANGUAGE:
        return tare_language_told(text) ? outcome(tare_language_is(text, r->text)) : TARE_DRIFT_NA;
    case MAX_WORDS:
        return outcome(words(text) <= r->number);
    case MIN_WORDS:
        return outcome(words(text) >= r->number);
    case MAX_CHARS:
        return outcome((int64_t)tare_utf8_count(text) <= r->number);
    case IN_ORDER:
        return outcome(in_order(r->list, text));
    default:
        break;
    }
    kept = looked_into(r, text, arena);
    tare_arena_rewind(arena, mark);
    return outcome(kept);
}

enum tare_drift_pass tare__drift_told(struct tare_json v)
{
    return tare_json_kind(v) == TARE_JSON_TRUE    ? TARE_DRIFT_PASS
           : tare_json_kind(v) == TARE_JSON_FALSE ? TARE_DRIFT_FAIL
                                                  : TARE_DRIFT_NA;
}
