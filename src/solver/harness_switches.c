/*
 * The table of switches: from it come the reader, the identity, the counters, `tare help harness`
 * and the table of docs/concepts/harness.md.
 */
#include "solver/harness_int.h"

#include "text/fields.h"

#include "base/banned.h"

enum kind { CHOICE, INTEGER, REAL, FLAG, TEXT, NAMES, RULES, MODEL };

struct entry {
    struct tare_harness_switch doc;
    enum kind kind;
    double min, max; /* INTEGER, REAL */
    int64_t i;
    double f;
};

#define CH(key, values, def, n, about, counts)                                                     \
    {                                                                                              \
        {key, values, def, about, counts, false, false, false}, CHOICE, 0, 0, n, 0                 \
    }
#define INT(key, lo, hi, def, about, counts)                                                       \
    {                                                                                              \
        {key, #lo " to " #hi, #def, about, counts, true, true, false}, INTEGER, lo, hi, def, 0     \
    }
#define NUM(key, lo, hi, def, about, counts)                                                       \
    {                                                                                              \
        {key, #lo " to " #hi, #def, about, counts, false, true, false}, REAL, lo, hi, 0, def       \
    }
#define FLG(key, def, about, counts)                                                               \
    {                                                                                              \
        {key, "true|false", #def, about, counts, false, false, true}, FLAG, 0, 0, def, 0           \
    }
#define OTHER(kind, key, values, about, counts)                                                    \
    {                                                                                              \
        {key, values, "", about, counts, false, false, false}, kind, 0, 0, 0, 0                    \
    }

/* In the order of enum tare__hs_switch. */
static const struct entry table[HS_SWITCHES] = {
    CH("tool_mode", "off|auto|required|named|strict", "auto", HS_MODE_AUTO,
       "whether the model must call a tool; strict also asks the server to hold calls to their "
       "schemas and mends nothing",
       "requests that left no free choice"),
    OTHER(NAMES, "tools.set", "list of names", "the world's tools that are offered; none: all",
          "calls of tools that are not offered"),
    OTHER(TEXT, "tools.named", "name", "the tool that must be called with tool_mode: named",
          "answers that called another"),
    CH("tools.transport", "native|prompt", "native", HS_NATIVE,
       "tools go over the API, or as text of the prompt", "requests with the tools as text"),
    {{"tools.dialect", "auto|none|name", "auto",
      "how calls written as text are read; none: text is never a call", "calls read from text",
      false, false, false},
     TEXT,
     0,
     0,
     0,
     0},
    FLG("tools.parallel", true, "several calls in one answer are taken",
        "answers refused for a second call"),
    FLG("tools.repair", true, "small faults of a call are mended and counted", "calls mended"),
    OTHER(RULES, "tools.order", "list of rules", "which tool may follow which",
          "breaches of those rules"),
    INT("retry.parse", 0, 5, 2,
        "corrective turns for a call that cannot be used, quoting the error", "corrective turns"),
    INT("retry.no_call", 0, 10, 2, "reminders after an answer without a call", "reminders"),
    CH("loop_guard", "off|warn|refuse|break", "refuse", HS_GUARD_REFUSE,
       "the same failing call again is noted, refused, or ends the attempt when refused thrice",
       "calls warned of or refused"),
    INT("circuit.calls", 1, 10000, 200, "answers of the model an attempt may use",
        "attempts that it ended"),
    INT("circuit.no_progress", 0, 1000, 12,
        "tool calls in a row that bring nothing new before the attempt ends; 0: no end",
        "attempts that it ended"),
    INT("context.budget_tokens", 500, 10000000, 16000,
        "how long a prompt may become, estimated at 4 bytes a token", "prompts that were over it"),
    INT("context.output_reserve", 0, 1000000, 2048, "room left for the answer within the budget",
        "answers longer than it"),
    CH("context.compaction", "off|ladder|summary", "ladder", HS_COMPACT_LADDER,
       "raw, then compacted with a way back, then summarised; or summarised at once",
       "compactions"),
    NUM("context.compact_at", 0.1, 1, 0.80, "share of the budget at which room is made",
        "times it was reached"),
    NUM("context.compact_to", 0.05, 1, 0.50, "share of the budget down to which room is made",
        "compactions that did not reach it"),
    INT("context.keep_last", 0, 1000, 5, "latest results that stay whole",
        "results that stayed for it"),
    INT("context.result_cap_bytes", 200, 1000000, 8192,
        "bytes shown of one result, seven tenths from its head; the whole can be read again",
        "results cut"),
    CH("context.recite", "off|plan|rules|both", "off", HS_RECITE_OFF,
       "the model's plan or the rules are repeated at the end of the prompt", "recitations"),
    INT("context.recite_every", 1, 1000, 1, "calls from one recitation to the next",
        "prompts passed over"),
    CH("context.errors", "keep|trim|drop", "keep", HS_ERRORS_KEEP,
       "what stays of results that are errors once another call has been made", "errors shortened"),
    CH("context.memory_mode", "thread|stateless", "thread", HS_THREAD,
       "one growing talk, or a prompt rebuilt each time from rules, state and the last result",
       "prompts rebuilt"),
    CH("anchor", "off|decision|every", "off", HS_ANCHOR_OFF,
       "the rules once more, before a tool that decides or at the end of each prompt",
       "times the rules were repeated"),
    OTHER(TEXT, "rules", "text", "the rules that anchor, recite and verifier use; none: the brief",
          "prompts that held them"),
    CH("memory", "off|files", "off", HS_MEMORY_OFF,
       "notes the model can write and read by name, kept with the attempt",
       "notes read or written"),
    CH("verify", "none|checks|self|other_model", "none", HS_VERIFY_NONE,
       "who looks at a call that decides before it is played: checks that names were seen, the "
       "same model, or another",
       "calls looked at"),
    OTHER(MODEL, "verifier", "a model", "the other model of verify: other_model",
          "calls that it refused"),
    INT("best_of", 1, 16, 1, "answers sampled for each turn", "answers sampled beyond the first"),
    CH("select", "first|checks|surprisal|confidence|vote", "checks", HS_SELECT_CHECKS,
       "which of them is taken: the first usable, that with fewest faults, the least or the most "
       "likely, or the most frequent call",
       "turns where another than the first was taken"),
    INT("subtasks", 0, 100, 0, "model calls a sub-task in isolation may use; 0: none are offered",
        "sub-tasks"),
};

const struct tare_harness_switch *tare_harness_switch(uint32_t i)
{
    return i < HS_SWITCHES ? &table[i].doc : NULL;
}

/* What a switch does where the world talks. None of these needs tools. */
static const char *const in_talk[HS_SWITCHES] = {
    [HS_RETRY_PARSE] = "corrective turns for an answer that is empty or does not hold to its "
                       "schema; when they are used up it is played",
    [HS_CIRCUIT_CALLS] = "the same",
    [HS_BUDGET] = "the same",
    [HS_RESERVE] = "the same",
    [HS_COMPACTION] = "ladder and summary: the oldest turns are summarised; the first stays",
    [HS_COMPACT_AT] = "the same",
    [HS_COMPACT_TO] = "the same",
    [HS_KEEP_LAST] = "latest turns that stay whole",
    [HS_RECITE] = "off or rules: there is no plan without tools",
    [HS_RECITE_EVERY] = "the same",
    [HS_ANCHOR] = "decision: each answer is held back once, the rules are repeated, and what is "
                  "then said is played",
    [HS_RULES] = "the same; none: the first system message",
    [HS_VERIFY] = "who looks at an answer before it is played; checks: that it is there, whole, "
                  "holds to its schema and is not the answer before",
    [HS_VERIFIER] = "the same",
    [HS_BEST_OF] = "the same",
    [HS_SELECT] = "the same; checks: faults of the answer, vote: the most frequent answer",
};

const char *tare_harness_in_talk(uint32_t i)
{
    return i < HS_SWITCHES ? in_talk[i] : NULL;
}

/* ---- reading ------------------------------------------------------------------------------- */

static uint32_t find(struct tare_str key)
{
    uint32_t i = 0;
    while (i < HS_SWITCHES && !tare_str_is(key, table[i].doc.key))
        i++;
    return i;
}

static bool is_group(struct tare_str key)
{
    for (uint32_t i = 0; i < HS_SWITCHES; i++)
        if (strlen(table[i].doc.key) > key.n && table[i].doc.key[key.n] == '.' &&
            memcmp(table[i].doc.key, key.p, key.n) == 0)
            return true;
    return false;
}

static enum tare_status unknown(struct tare_json v, struct tare_str key, struct tare_err *err)
{
    const char *names[HS_SWITCHES + 1];
    for (uint32_t i = 0; i < HS_SWITCHES; i++)
        names[i] = table[i].doc.key;
    names[HS_SWITCHES] = NULL;
    const char *near = tare_suggest(key, names);
    enum tare_status st = tare_fail_at(err, TARE_E_INPUT, tare_json_key_offset(v),
                                       "\"%.*s\" is no switch of the harness", TARE_FMT(key));
    if (near)
        tare_err_hint(err, "did you mean %s? `tare help harness` lists all", near);
    else
        tare_err_hint(err, "`tare help harness` lists all switches");
    return st;
}

static enum tare_status wrong(const struct entry *e, struct tare_json v, struct tare_err *err)
{
    struct tare_str got = tare_json_lexeme(v);
    return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "\"%s\" must be %s%s%s, not %.*s",
                        e->doc.key, e->kind == CHOICE ? "one of " : "", e->doc.values,
                        e->kind == INTEGER ? " (a whole number)" : "",
                        (int)(got.n > 60 ? 60 : got.n), got.p);
}

/* Number of a word in "a|b|c"; -1: it is none of them. */
static int64_t choice(const char *values, struct tare_str word)
{
    int64_t i = 0;
    for (const char *p = values; p; i++) {
        const char *bar = strchr(p, '|');
        if (tare_str_eq(word, tare_str_n(p, bar ? (size_t)(bar - p) : strlen(p))))
            return i;
        p = bar ? bar + 1 : NULL;
    }
    return -1;
}

static enum tare_status read_one(uint32_t at, struct tare_json v, struct tare__hs_value *out,
                                 struct tare_err *err)
{
    const struct entry *e = &table[at];
    enum tare_json_kind kind = tare_json_kind(v);
    bool good = false;
    out->json = v;
    switch (e->kind) {
    case CHOICE:
        /* YAML reads a bare `off` as a text and `false` as what it is */
        out->i = kind == TARE_JSON_FALSE ? choice(e->doc.values, TARE_S("off"))
                                         : choice(e->doc.values, tare_json_str(v));
        good = out->i >= 0;
        break;
    case INTEGER:
        good = tare_json_i64(v, &out->i) && (double)out->i >= e->min && (double)out->i <= e->max;
        break;
    case REAL:
        good = tare_json_f64(v, &out->f) && out->f >= e->min && out->f <= e->max;
        break;
    case FLAG:
        good = kind == TARE_JSON_TRUE || kind == TARE_JSON_FALSE;
        out->i = kind == TARE_JSON_TRUE;
        break;
    case TEXT:
        good = kind == TARE_JSON_STRING;
        out->s = tare_json_str(v);
        break;
    case NAMES:
        good = kind == TARE_JSON_ARRAY && tare_json_count(v) > 0;
        for (struct tare_json x = tare_json_first(v); good && tare_json_present(x);
             x = tare_json_next(x))
            good = tare_json_kind(x) == TARE_JSON_STRING;
        break;
    case RULES:
        good = kind == TARE_JSON_ARRAY || kind == TARE_JSON_OBJECT;
        break;
    case MODEL:
        good = kind == TARE_JSON_STRING || kind == TARE_JSON_OBJECT;
        break;
    }
    return good ? TARE_OK : wrong(e, v, err);
}

static enum tare_status read_group(struct tare_json group, struct tare__hs_config *out,
                                   struct tare_err *err)
{
    char key[80];
    struct tare_str head = tare_json_key(group);
    for (struct tare_json v = tare_json_first(group); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_str tail = tare_json_key(v);
        if (tare_str_is(tail, "meta") || tare_json_kind(v) == TARE_JSON_NULL)
            continue;
        if (head.n + tail.n + 1 >= sizeof key)
            return unknown(v, tail, err);
        memcpy(key, head.p, head.n);
        key[head.n] = '.';
        memcpy(key + head.n + 1, tail.p, tail.n);
        struct tare_str full = tare_str_n(key, head.n + 1 + tail.n);
        uint32_t at = find(full);
        if (at == HS_SWITCHES)
            return unknown(v, full, err);
        enum tare_status st = read_one(at, v, &out->v[at], err);
        if (st != TARE_OK)
            return st;
    }
    return TARE_OK;
}

/* Switches that make sense only together. */
static enum tare_status check_together(const struct tare__hs_config *c, struct tare_err *err)
{
    const struct tare__hs_value *v = c->v;
    struct tare_str dialect = v[HS_TOOLS_DIALECT].s;
    bool named = v[HS_TOOL_MODE].i == HS_MODE_NAMED, known = dialect.n == 0;
    if (named != (v[HS_TOOLS_NAMED].s.n > 0))
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v[HS_TOOL_MODE].json),
                            "tool_mode: named and tools.named: NAME go together");
    if ((v[HS_VERIFY].i == HS_VERIFY_OTHER) != tare_json_present(v[HS_VERIFIER].json))
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v[HS_VERIFY].json),
                            "verify: other_model and verifier: MODEL go together");
    if (v[HS_COMPACT_TO].f > v[HS_COMPACT_AT].f)
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v[HS_COMPACT_TO].json),
                            "context.compact_to must not be more than context.compact_at");
    if (v[HS_RESERVE].i >= v[HS_BUDGET].i)
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v[HS_BUDGET].json),
                            "context.output_reserve leaves nothing of context.budget_tokens");
    if (tare_str_is(dialect, "auto") || tare_str_is(dialect, "none"))
        known = true;
    for (size_t i = 0; !known && tare_calls_dialect(i); i++)
        known = tare_str_is(dialect, tare_calls_dialect(i));
    if (!known) {
        (void)tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v[HS_TOOLS_DIALECT].json),
                           "there is no dialect of tool calls called \"%.*s\"", TARE_FMT(dialect));
        tare_err_hint(err, "auto, none, or a name of docs/concepts/tool-calls.md");
        return TARE_E_INPUT;
    }
    return TARE_OK;
}

enum tare_status tare__hs_config_read(struct tare_json config, struct tare__hs_config *out,
                                      struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < HS_SWITCHES; i++) {
        out->v[i].i = table[i].i;
        out->v[i].f = table[i].f;
        if (table[i].kind == TEXT && table[i].doc.def[0])
            out->v[i].s = tare_str_of(table[i].doc.def);
    }
    for (struct tare_json v = tare_json_first(config); st == TARE_OK && tare_json_present(v);
         v = tare_json_next(v)) {
        struct tare_str key = tare_json_key(v);
        uint32_t at = find(key);
        if (tare_str_is(key, "meta") || tare_json_kind(v) == TARE_JSON_NULL)
            continue;
        if (at < HS_SWITCHES)
            st = read_one(at, v, &out->v[at], err);
        else if (is_group(key) && tare_json_kind(v) == TARE_JSON_OBJECT)
            st = read_group(v, out, err);
        else
            st = unknown(v, key, err);
    }
    /* the reserve of the default is for large budgets: it gives way to a small one */
    if (!tare_json_present(out->v[HS_RESERVE].json) &&
        out->v[HS_RESERVE].i > out->v[HS_BUDGET].i / 4)
        out->v[HS_RESERVE].i = out->v[HS_BUDGET].i / 4;
    return st == TARE_OK ? check_together(out, err) : st;
}

/* ---- in a talk ----------------------------------------------------------------------------- */

static bool at_default(uint32_t at, const struct tare__hs_value *v)
{
    const struct entry *e = &table[at];
    if (e->kind == CHOICE || e->kind == INTEGER || e->kind == FLAG)
        return v->i == e->i;
    return e->kind == TEXT && tare_str_is(v->s, e->doc.def);
}

static enum tare_status no_meaning(uint32_t at, struct tare_json v, struct tare_str world,
                                   struct tare_err *err)
{
    struct tare_buf b;
    if (at == HS_RECITE) {
        (void)tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                           "\"context.recite\" has no plan to repeat in the world %.*s: a plan is "
                           "written by a tool, and a talk has none",
                           TARE_FMT(world));
        tare_err_hint(err, "off or rules");
        return TARE_E_INPUT;
    }
    (void)tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                       "\"%s\" has no meaning in the world %.*s: a talk has no tools",
                       table[at].doc.key, TARE_FMT(world));
    tare_buf_init(&b, NULL, 4096);
    for (uint32_t i = 0; i < HS_SWITCHES; i++)
        if (in_talk[i])
            tare_buf_printf(&b, "%s%s", b.n ? ", " : "", table[i].doc.key);
    tare_err_hint(err, "take it out; in a talk there are: %.*s", TARE_FMT(tare_buf_str(&b)));
    tare_buf_free(&b);
    return TARE_E_INPUT;
}

enum tare_status tare_harness_check_talk(struct tare_json harness, struct tare_str world,
                                         struct tare_err *err)
{
    struct tare__hs_config c;
    enum tare_status st = tare__hs_config_read(harness, &c, err);
    for (uint32_t i = 0; st == TARE_OK && i < HS_SWITCHES; i++) {
        const struct tare__hs_value *v = &c.v[i];
        bool plan = i == HS_RECITE && (v->i == HS_RECITE_PLAN || v->i == HS_RECITE_BOTH);
        if (tare_json_present(v->json) && (plan || (!in_talk[i] && !at_default(i, v))))
            st = no_meaning(i, v->json, world, err);
    }
    return st;
}

void tare_harness_requests(struct tare_json harness, bool talk, uint32_t *least, uint32_t *most)
{
    struct tare__hs_config c;
    *least = *most = 1;
    if (tare__hs_config_read(harness, &c, NULL) != TARE_OK)
        return;
    uint32_t sampled = (uint32_t)c.v[HS_BEST_OF].i;
    uint32_t twice = c.v[HS_ANCHOR].i == HS_ANCHOR_DECISION ? 2 : 1;
    uint32_t verifiers = c.v[HS_VERIFY].i >= HS_VERIFY_SELF;
    *most = sampled * twice + verifiers;
    *least = talk ? *most : sampled; /* with tools, before a call that decides only */
}

/* ---- writing ------------------------------------------------------------------------------- */

static void put_choice(const char *values, int64_t n, struct tare_json_writer *out)
{
    const char *p = values;
    while (n-- > 0)
        p = strchr(p, '|') + 1;
    const char *bar = strchr(p, '|');
    tare_json_put_str(out, tare_str_n(p, bar ? (size_t)(bar - p) : strlen(p)));
}

/* All of them, defaults included: two runs that differ in one differ in identity. */
void tare__hs_config_write(const struct tare__hs_config *c, struct tare_json_writer *out)
{
    tare_json_begin_object(out);
    for (uint32_t i = 0; i < HS_SWITCHES; i++) {
        const struct tare__hs_value *v = &c->v[i];
        tare_json_put_key(out, table[i].doc.key);
        switch (table[i].kind) {
        case CHOICE:
            put_choice(table[i].doc.values, v->i, out);
            break;
        case INTEGER:
            tare_json_put_i64(out, v->i);
            break;
        case REAL:
            tare_json_put_f64(out, v->f);
            break;
        case FLAG:
            tare_json_put_bool(out, v->i != 0);
            break;
        case TEXT:
            if (v->s.n)
                tare_json_put_str(out, v->s);
            else
                tare_json_put_null(out);
            break;
        case NAMES:
        case RULES:
            if (tare_json_present(v->json))
                tare_json_put_value(out, v->json);
            else
                tare_json_put_null(out);
            break;
        case MODEL: /* its endpoint stands among the models of the solver */
            tare_json_put_bool(out, tare_json_present(v->json));
            break;
        }
    }
    tare_json_end_object(out);
}
