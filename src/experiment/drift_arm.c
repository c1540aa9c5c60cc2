#include "experiment/drift_arm.h"

#include "base/num.h"

#include "base/banned.h"

#define STATE_BYTES 8192u /* a compact state: about 2,000 tokens */

static const struct {
    const char *name;
    enum tare__drift_how how;
} plain[] = {{"baseline", TARE__DRIFT_BASELINE},
             {"stateless", TARE__DRIFT_STATELESS},
             {"recap", TARE__DRIFT_RECAP},
             {"recall", TARE__DRIFT_RECALL},
             {"recall-masked", TARE__DRIFT_RECALL_MASKED},
             {"structured", TARE__DRIFT_STRUCTURED},
             {"guard", TARE__DRIFT_GUARD}},
  every[] = {{"re-anchor-", TARE__DRIFT_RE_ANCHOR},
             {"split-", TARE__DRIFT_SPLIT},
             {"checkpoint-", TARE__DRIFT_CHECKPOINT}};

static bool find(struct tare_str name, struct tare__drift_arm_of *out)
{
    int64_t n = 0;
    *out = (struct tare__drift_arm_of){.name = name};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (tare_str_is(name, plain[i].name)) {
            out->how = plain[i].how;
            return true;
        }
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        struct tare_str head = tare_str_of(every[i].name);
        if (!tare_str_starts(name, head) ||
            !tare_str_to_i64(tare_str_n(name.p + head.n, name.n - head.n), &n) || n < 1 ||
            n > TARE_DRIFT_TURNS)
            continue;
        out->how = every[i].how;
        out->every = (uint32_t)n;
        return true;
    }
    return false;
}

static bool formed(const struct tare__drift_arm_of *a)
{
    return a->how == TARE__DRIFT_STRUCTURED || a->how == TARE__DRIFT_RECALL_MASKED;
}

enum tare_status tare__drift_arm_read(struct tare_str name, const struct tare_live *live,
                                      struct tare__drift_arm_of *out, struct tare_err *err)
{
    if (!find(name, out)) {
        tare_err_hint(err, "baseline, stateless, recap, recall, recall-masked, structured, guard, "
                           "re-anchor-N, split-N, checkpoint-N");
        return tare_fail(err, TARE_E_USAGE, "no intervention is called \"%.*s\"", TARE_FMT(name));
    }
    if (formed(out) && live->wire == TARE_WIRE_MESSAGES)
        return tare_fail(err, TARE_E_USAGE,
                         "the endpoint has no field that holds an answer to a schema (%.*s on api: "
                         "messages)",
                         TARE_FMT(name));
    return TARE_OK;
}

/* ---- phases ------------------------------------------------------------------------------- */

static bool sums_up(const struct tare__drift_arm_of *a)
{
    return a->how == TARE__DRIFT_SPLIT || a->how == TARE__DRIFT_CHECKPOINT;
}

enum tare__drift_phase tare__drift_after_prepare(const struct tare__drift_arm_of *a)
{
    return a->how == TARE__DRIFT_RECALL || a->how == TARE__DRIFT_RECALL_MASKED ? TARE__DRIFT_LIST
                                                                               : TARE__DRIFT_ANSWER;
}

enum tare__drift_phase tare__drift_begins(const struct tare__drift_arm_of *a, uint32_t turn)
{
    return sums_up(a) && turn > 0 && turn % a->every == 0 ? TARE__DRIFT_PREPARE
                                                          : tare__drift_after_prepare(a);
}

bool tare__drift_states(const struct tare__drift_arm_of *a, uint32_t turn, uint32_t n_turns)
{
    if (turn == 0)
        return false; /* they stand right before it */
    return a->every ? turn % a->every == 0 : a->how == TARE__DRIFT_RECAP && turn + 1 == n_turns;
}

const char *tare__drift_asks(const struct tare__drift_arm_of *a, enum tare__drift_phase phase)
{
    switch (phase) {
    case TARE__DRIFT_PREPARE:
        return a->how == TARE__DRIFT_SPLIT
                   ? "Sum up what has been said and found so far in at most ten lines: "
                     "observations alone, no rules."
                   : "Write the state of this talk as one JSON object, what is known and what is "
                     "open, and nothing else.";
    case TARE__DRIFT_LIST:
        return a->how == TARE__DRIFT_RECALL
                   ? "Before you answer: list the ids of the rules that apply, one a line, and "
                     "nothing else."
                   : "Before you answer: list the ids of the rules that apply as JSON, "
                     "{\"rules\": [...]}.";
    case TARE__DRIFT_ANSWER:
        return a->how == TARE__DRIFT_STRUCTURED
                   ? "Answer as JSON: for each rule true or false, whether it applies and you keep "
                     "it, then \"answer\", what you say."
                   : "";
    case TARE__DRIFT_MEND:
        break;
    }
    return "Answer once more, and keep to them.";
}

static void put_rule_fields(struct tare_json rules, struct tare_json_writer *w)
{
    for (struct tare_json r = tare_json_first(rules); r.doc; r = tare_json_next(r)) {
        tare_json_put_key_str(w, tare_json_str(tare_json_get(r, "id")));
        tare_json_put_raw(w, TARE_S("{\"type\":\"boolean\"}"));
    }
    tare_json_put_key(w, "answer");
    tare_json_put_raw(w, TARE_S("{\"type\":\"string\"}"));
}

static void put_ids(struct tare_json rules, struct tare_json_writer *w)
{
    tare_json_begin_array(w);
    for (struct tare_json r = tare_json_first(rules); r.doc; r = tare_json_next(r))
        tare_json_put_str(w, tare_json_str(tare_json_get(r, "id")));
    tare_json_end_array(w);
}

/* Names of the members of the checklist. */
static void put_required(struct tare_json rules, struct tare_json_writer *w)
{
    tare_json_begin_array(w);
    for (struct tare_json r = tare_json_first(rules); r.doc; r = tare_json_next(r))
        tare_json_put_str(w, tare_json_str(tare_json_get(r, "id")));
    tare_json_put_cstr(w, "answer");
    tare_json_end_array(w);
}

void tare__drift_put_form(const struct tare__drift_arm_of *a, enum tare__drift_phase phase,
                          struct tare_json rules, struct tare_json_writer *w)
{
    bool list = a->how == TARE__DRIFT_RECALL_MASKED && phase == TARE__DRIFT_LIST;
    if (!list && !(a->how == TARE__DRIFT_STRUCTURED && phase == TARE__DRIFT_ANSWER))
        return;
    tare_json_put_key(w, "response_format");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "json_schema");
    tare_json_member_cstr(w, "name", list ? "rules" : "checklist");
    tare_json_put_key(w, "schema");
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "type", "object");
    tare_json_put_key(w, "properties");
    tare_json_begin_object(w);
    if (list) {
        tare_json_put_key(w, "rules");
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "type", "array");
        tare_json_put_key(w, "items");
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "type", "string");
        tare_json_put_key(w, "enum");
        put_ids(rules, w);
        tare_json_end_object(w);
        tare_json_end_object(w);
    } else {
        put_rule_fields(rules, w);
    }
    tare_json_end_object(w);
    tare_json_put_key(w, "required");
    if (list)
        tare_json_put_raw(w, TARE_S("[\"rules\"]"));
    else
        put_required(rules, w);
    tare_json_member_bool(w, "additionalProperties", false);
    tare_json_end_object(w);
    tare_json_end_object(w);
    tare_json_member_bool(w, "strict", true);
}

/* ---- what came back ----------------------------------------------------------------------- */

struct tare_str tare__drift_answer(const struct tare__drift_arm_of *a, struct tare_str text,
                                   struct tare_arena *arena)
{
    struct tare_json v, answer = {NULL, 0};
    if (a->how == TARE__DRIFT_STRUCTURED && tare_json_parse(text, NULL, arena, &v, NULL) == TARE_OK)
        answer = tare_json_get(v, "answer");
    if (tare_json_kind(answer) == TARE_JSON_STRING)
        text = tare_json_str(answer);
    return text.p ? text : TARE_S("");
}

bool tare__drift_is_state(struct tare_str text, struct tare_arena *arena)
{
    struct tare_json v;
    return text.n <= STATE_BYTES && tare_json_parse(text, NULL, arena, &v, NULL) == TARE_OK &&
           tare_json_kind(v) == TARE_JSON_OBJECT;
}
