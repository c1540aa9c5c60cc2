/* Recorded conversations, and the rules looked at in their texts. */
#include "experiment/chat.h"
#include "experiment/drift_rules.h"
#include "experiment/lines.h"

#include <math.h>

#include "base/banned.h"

struct reader {
    struct tare_arena *arena;
    struct tare_drift_recordings *out;
    struct tare_json rules_at; /* the list that `rules` was read from */
    const struct tare__drift_rules *rules;
    uint32_t *rule_no;                /* of each of them */
    const struct tare_regex *verdict; /* NULL: none */
};

/* Rules of one id are one rule, whichever conversations they stand in. */
static enum tare_status number_rules(struct reader *rd, struct tare_err *err)
{
    struct tare_drift_recordings *out = rd->out;
    rd->rule_no = TARE_NEW_N(rd->arena, uint32_t, rd->rules->n);
    if (!out->rule)
        out->rule = TARE_NEW_N(rd->arena, struct tare_drift_rule, TARE_DRIFT_RULES);
    if (!rd->rule_no || !out->rule)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading rules");
    for (uint32_t k = 0; k < rd->rules->n; k++) {
        struct tare_str id = tare__drift_rule_id(rd->rules, k);
        uint32_t i = 0;
        while (i < out->n_rules && !tare_str_eq(out->rule[i].id, id))
            i++;
        if (i == out->n_rules && i < TARE_DRIFT_RULES)
            out->rule[out->n_rules++].id = id;
        if (i < out->n_rules)
            out->rule[i].judged |= tare__drift_rule_judged(rd->rules, k);
        rd->rule_no[k] = i < out->n_rules ? i : UINT32_MAX;
    }
    return TARE_OK;
}

static enum tare_status read_rules(struct reader *rd, struct tare_json list, struct tare_err *err)
{
    if (rd->rules && rd->rules_at.doc == list.doc && rd->rules_at.node == list.node)
        return TARE_OK;
    struct tare__drift_rules *rules = TARE_NEW(rd->arena, struct tare__drift_rules);
    if (!rules)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading rules");
    enum tare_status st = tare__drift_rules_read(list, rd->arena, rules, err);
    rd->rules = st == TARE_OK ? rules : NULL;
    rd->rules_at = list;
    return st == TARE_OK ? number_rules(rd, err) : st;
}

static int64_t label(const struct tare__line *l, const char *key)
{
    int64_t x;
    return tare_json_i64(tare__line_member(l, key), &x) ? x : TARE_DRIFT_NO_LABEL;
}

static enum tare_drift_pass outcome(const struct reader *rd, uint32_t k, struct tare_json turn)
{
    struct tare_json text = tare_json_get(turn, "text");
    struct tare_json pass =
        tare_json_get_str(tare_json_get(turn, "pass"), tare__drift_rule_id(rd->rules, k));
    if (tare_json_present(pass))
        return tare__drift_told(pass);
    return tare_json_kind(text) != TARE_JSON_STRING
               ? TARE_DRIFT_NA
               : tare__drift_rule_on(rd->rules, k, tare_json_str(text),
                                     tare_json_str(tare_json_get(turn, "input")), rd->arena);
}

/* What the model decided in this turn. */
static enum tare_drift_pass verdict_of(const struct reader *rd, struct tare_json turn)
{
    struct tare_json text = tare_json_get(turn, "text"), given = tare_json_get(turn, "verdict");
    if (tare_json_present(given) || !rd->verdict || tare_json_kind(text) != TARE_JSON_STRING)
        return tare__drift_told(given);
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
    run->n_rules = rd->rules->n;
    run->rule_no = rd->rule_no;
    run->pass = tare_arena_array(rd->arena, (size_t)n * rd->rules->n, 1);
    run->since = TARE_NEW_N(rd->arena, double, n);
    run->tokens = TARE_NEW_N(rd->arena, double, n);
    run->correct = tare_arena_array(rd->arena, n, 1);
    run->guarded = tare_arena_array(rd->arena, n, 1);
    run->verdict = tare_arena_array(rd->arena, n, 1);
    run->fresh = tare_arena_array(rd->arena, n, 1);
    if (!run->pass || !run->since || !run->tokens || !run->correct || !run->guarded ||
        !run->verdict || !run->fresh)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading conversations");
    for (struct tare_json v = tare_json_first(turns); v.doc; v = tare_json_next(v), t++) {
        for (uint32_t k = 0; k < rd->rules->n; k++)
            run->pass[(size_t)t * rd->rules->n + k] = (uint8_t)outcome(rd, k, v);
        if (!tare_json_f64(tare_json_get(v, "since"), &run->since[t]) || run->since[t] < 0)
            run->since[t] = (double)NAN;
        if (!tare_json_f64(tare_json_get(v, "tokens"), &run->tokens[t]) || run->tokens[t] < 0)
            run->tokens[t] = (double)NAN;
        run->correct[t] = (uint8_t)tare__drift_told(tare_json_get(v, "correct"));
        run->guarded[t] = (uint8_t)tare__drift_told(tare_json_get(v, "guarded"));
        run->verdict[t] = (uint8_t)verdict_of(rd, v);
        run->fresh[t] = (uint8_t)tare__drift_told(tare_json_get(v, "fresh"));
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

static enum tare_status no_name(struct tare_err *err)
{
    tare_err_hint(err,
                  "give each line \"conversation\": the name of the talk; arms and seeds of one "
                  "talk share it");
    return tare_fail(err, TARE_E_INPUT, "the line names no \"conversation\"");
}

static enum tare_status read_run(void *ctx, const struct tare__line *l, void *item,
                                 struct tare_err *err)
{
    struct reader *rd = ctx;
    struct tare_drift_run *run = item;
    struct tare_json v = l->v;
    struct tare_json turns = tare_json_get(v, "turns");
    *run = (struct tare_drift_run){.conversation = tare__line_name(l, rd->arena, "conversation")};
    (void)tare_json_i64(tare_json_get(v, "seed"), &run->seed);
    run->paraphrase = label(l, "paraphrase");
    run->position = label(l, "position");
    if (run->conversation.n == 0)
        return no_name(err);
    struct tare_json verdict = tare__line_member(l, "verdict");
    rd->verdict = NULL;
    enum tare_status st = read_rules(rd, tare__line_member(l, "rules"), err);
    if (st == TARE_OK && tare_json_present(verdict))
        st = tare__drift_expression(verdict, rd->arena, &rd->verdict, err);
    if (st == TARE_OK)
        st = arm_of(rd->out, tare_json_str(tare_json_get(v, "arm")), &run->arm, err);
    if (st == TARE_OK)
        st = tare__chat_is(v) ? tare__chat_read(v, rd->arena, &turns, err) : TARE_OK;
    if (st == TARE_OK)
        st = read_turns(rd, turns, run, err);
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
