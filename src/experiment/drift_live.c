/* Conversations drawn from a model, for each intervention. */
#include "experiment/drift_arm.h"
#include "experiment/drift_turns.h"

#include "base/limits.h"

#include "base/banned.h"

#define PARAPHRASES 64u /* of one rule */

/* One conversation, one seed, one intervention. */
struct talk {
    struct tare__talk_of of;
    const struct tare__drift_arm_of *arm;
    uint32_t turn, n_turns, paraphrase;
    struct tare_json at; /* the turn of the case; absent: it is over */
    enum tare__drift_phase phase;
    bool listed, again; /* the rules that apply were listed; the state is asked for once more */
    size_t since;       /* bytes of the talk since the rules were last stated */
    size_t mark;        /* of history: what is behind it does not stay */
    uint64_t tokens;    /* of this turn */
    bool has_tokens;
    struct tare_buf history, out;
    struct tare_buf carry;       /* what a summary or a checkpoint left */
    struct tare_buf raw, broken; /* the answer before the guard, and the rules it breaks */
};

/* A case: its rules as a model is told them, by paraphrase, and as predicates. */
struct reading {
    struct tare_str *told;
    uint32_t n_told;
    struct tare__drift_rules rules;
};

struct lab {
    const struct tare_live *live;
    struct tare__line *cases;
    struct reading *read;
    size_t n_cases;
    struct tare__drift_arm_of arms[TARE_LIVE_ARMS];
    void *talks; /* struct talk */
    struct tare_arena scratch;
};

static struct talk *talk_at(const struct lab *l, size_t i)
{
    return (struct talk *)l->talks + i;
}

static const struct reading *reading_of(const struct lab *l, const struct talk *t)
{
    return &l->read[t->of.in_case];
}

static struct tare_str rules_of(const struct lab *l, const struct talk *t)
{
    return reading_of(l, t)->told[t->paraphrase];
}

/* ---- cases -------------------------------------------------------------------------------- */

/* The words of a rule: "say", or one of its list. */
static struct tare_str say_of(struct tare_json rule, uint32_t paraphrase)
{
    struct tare_json say = tare_json_get(rule, "say");
    uint32_t n = tare_json_count(say);
    if (tare_json_kind(say) != TARE_JSON_ARRAY || n == 0)
        return tare_json_str(say);
    struct tare_json e = tare_json_first(say);
    for (uint32_t k = paraphrase % n; k > 0; k--)
        e = tare_json_next(e);
    return tare_json_str(e);
}

static enum tare_status check_rule(struct tare_json rule, uint32_t *paraphrases,
                                   struct tare_err *err)
{
    struct tare_str id = tare_json_str(tare_json_get(rule, "id"));
    struct tare_json say = tare_json_get(rule, "say");
    uint32_t n = tare_json_kind(say) == TARE_JSON_ARRAY ? tare_json_count(say) : 1;
    for (uint32_t k = 0; k < n || k == 0; k++)
        if (n > PARAPHRASES || !say_of(rule, k).n)
            return tare_fail(err, TARE_E_INPUT,
                             "rule \"%.*s\" has no \"say\": what the model is told, or a list of "
                             "such",
                             TARE_FMT(id));
    if (tare_str_is(id, "answer"))
        return tare_fail(err, TARE_E_INPUT, "no rule can be called \"answer\"");
    *paraphrases = n > *paraphrases ? n : *paraphrases;
    return TARE_OK;
}

static enum tare_status tell(struct tare_json rules, uint32_t paraphrase, struct tare_arena *arena,
                             struct tare_str *out, struct tare_err *err)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_puts(&b, "Rules:");
    for (struct tare_json r = tare_json_first(rules); r.doc; r = tare_json_next(r))
        tare_buf_printf(&b, "\n[%.*s] %.*s", TARE_FMT(tare_json_str(tare_json_get(r, "id"))),
                        TARE_FMT(say_of(r, paraphrase)));
    *out = b.failed ? (struct tare_str){NULL, 0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    return out->p ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "out of memory while reading rules");
}

static enum tare_status read_case(const struct tare__line *c, struct tare_arena *arena,
                                  struct reading *out, struct tare_err *err)
{
    struct tare_json rules = tare__line_member(c, "rules");
    enum tare_status st = tare__drift_rules_read(rules, arena, &out->rules, err);
    for (struct tare_json r = tare_json_first(rules); r.doc && st == TARE_OK; r = tare_json_next(r))
        st = check_rule(r, &out->n_told, err);
    for (struct tare_json t = tare_json_first(tare_json_get(c->v, "turns")); t.doc && st == TARE_OK;
         t = tare_json_next(t))
        if (tare_json_kind(tare_json_get(t, "input")) != TARE_JSON_STRING)
            st = tare_fail(err, TARE_E_INPUT, "a turn has no \"input\"");
    if (st != TARE_OK)
        return st;
    out->told = TARE_NEW_N(arena, struct tare_str, out->n_told);
    if (!out->told)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading rules");
    for (uint32_t k = 0; k < out->n_told && st == TARE_OK; k++)
        st = tell(rules, k, arena, &out->told[k], err);
    return st;
}

static enum tare_status read_cases(struct lab *l, struct tare_str text, struct tare_arena *arena,
                                   struct tare_err *err)
{
    struct tare_drift_recordings checked;
    /* Rules and turns are held to the same form as recordings before anything is asked. */
    enum tare_status st = tare_drift_recordings_read(text, arena, &checked, err);
    if (st == TARE_OK)
        st = tare__cases_read(text, arena, &l->cases, &l->n_cases, err);
    if (st != TARE_OK)
        return st;
    l->read = TARE_NEW_N(arena, struct reading, l->n_cases);
    if (!l->read)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading cases");
    for (size_t i = 0; i < l->n_cases && st == TARE_OK; i++)
        st = tare__line_fault(l->cases[i].line, read_case(&l->cases[i], arena, &l->read[i], err),
                              err);
    return st;
}

/* ---- asking ------------------------------------------------------------------------------- */

static void add_said(struct talk *t, const char *role, struct tare_str text)
{
    struct tare_json_writer w;
    if (t->history.n)
        tare_buf_putc(&t->history, ',');
    tare_json_writer_init(&w, &t->history);
    tare__live_say(&w, role, text);
}

static void forget_behind(struct talk *t, size_t mark)
{
    t->history.n = mark < t->history.n ? mark : t->history.n;
}

/* The turn's own message: what was carried over, its input, the rules where they are said again. */
static void put_input(const struct lab *l, struct talk *t, bool states, struct tare_buf *b)
{
    struct tare_json state = tare_json_get(t->at, "state");
    const char *asks = tare__drift_asks(t->arm, t->phase);
    if (t->carry.n)
        tare_buf_printf(b, "So far:\n%.*s\n\n", TARE_FMT(tare_buf_str(&t->carry)));
    tare_buf_reset(&t->carry);
    if (t->arm->how == TARE__DRIFT_STATELESS && tare_json_present(state)) {
        tare_buf_puts(b, "State: ");
        tare_json_print(state, b);
        tare_buf_puts(b, "\n\n");
    }
    tare_buf_put(b, tare_json_str(tare_json_get(t->at, "input")));
    if (states)
        tare_buf_printf(b, "\n\n%.*s", TARE_FMT(rules_of(l, t)));
    if (asks[0])
        tare_buf_printf(b, "\n\n%s", asks);
}

static void put_message(const struct lab *l, struct talk *t)
{
    bool states = tare__drift_states(t->arm, t->turn, t->n_turns), own = false;
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    if (t->phase == TARE__DRIFT_PREPARE) {
        if (!t->again)
            t->mark = t->history.n;
        tare_buf_printf(&b, "%s%s", t->again ? "That is no JSON object. " : "",
                        tare__drift_asks(t->arm, t->phase));
    } else if (t->phase == TARE__DRIFT_MEND) {
        tare_buf_printf(&b, "Your answer breaks these rules:%.*s\n%s",
                        TARE_FMT(tare_buf_str(&t->broken)), tare__drift_asks(t->arm, t->phase));
    } else if (t->listed) {
        tare_buf_puts(&b, "Now answer, and keep to those rules.");
    } else {
        if (t->arm->how == TARE__DRIFT_STATELESS)
            tare_buf_reset(&t->history);
        put_input(l, t, states, &b);
        own = true;
    }
    if (own && (states || t->arm->how == TARE__DRIFT_STATELESS || t->turn == 0))
        t->since = 0;
    else
        t->since += b.n;
    add_said(t, "user", tare_buf_str(&b));
    t->history.failed |= b.failed;
    tare_buf_free(&b);
}

static bool ask(void *ctx, size_t i, struct tare_buf *body)
{
    const struct lab *l = ctx;
    struct talk *t = talk_at(l, i);
    struct tare_json_writer w;
    if (!tare_json_present(t->at))
        return false;
    put_message(l, t);
    struct tare_str own = tare_json_str(tare__line_member(t->of.c, "system"));
    struct tare_buf opening;
    tare_buf_init(&opening, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_printf(&opening, "%.*s%s%.*s", TARE_FMT(own), own.n ? "\n\n" : "",
                    TARE_FMT(rules_of(l, t)));
    tare__live_begin(&w, body, tare_buf_str(&opening), &t->history, NULL);
    tare__drift_put_form(t->arm, t->phase, tare__line_member(t->of.c, "rules"), &w);
    tare__live_settings(&w, l->live, 0, t->of.seed);
    tare_json_end_object(&w);
    if (opening.failed || t->history.failed)
        body->failed = true;
    tare_buf_free(&opening);
    return true;
}

/* ---- what came back ----------------------------------------------------------------------- */

/* The rules that a text breaks, one a line, into broken. */
static void look(struct lab *l, struct talk *t, struct tare_str text)
{
    const struct tare__drift_rules *rules = &reading_of(l, t)->rules;
    struct tare_str input = tare_json_str(tare_json_get(t->at, "input"));
    struct tare_json r = tare_json_first(tare__line_member(t->of.c, "rules"));
    tare_buf_reset(&t->broken);
    for (uint32_t k = 0; k < rules->n; k++, r = tare_json_next(r))
        if (tare__drift_rule_on(rules, k, text, input, &l->scratch) == TARE_DRIFT_FAIL)
            tare_buf_printf(&t->broken, "\n[%.*s] %.*s", TARE_FMT(tare__drift_rule_id(rules, k)),
                            TARE_FMT(say_of(r, t->paraphrase)));
}

/* raw: what the model said itself; last: what its user got. */
static void put_recorded(struct talk *t, struct tare_str raw, struct tare_str last)
{
    struct tare_str want = tare_json_str(tare_json_get(t->at, "expect"));
    struct tare_json_writer w;
    if (t->out.n)
        tare_buf_putc(&t->out, ',');
    tare_json_writer_init(&w, &t->out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "text");
    tare_json_put_str(&w, raw);
    tare_json_member_str(&w, "input", tare_json_str(tare_json_get(t->at, "input")));
    tare_json_member_u64(&w, "since", (uint64_t)(t->since / 4)); /* about four bytes a token */
    if (t->has_tokens)
        tare_json_member_u64(&w, "tokens", t->tokens);
    if (want.n)
        tare_json_member_bool(&w, "correct", tare_str_find(last, want) != SIZE_MAX);
    if (t->arm->how == TARE__DRIFT_GUARD)
        tare_json_member_bool(&w, "guarded", t->broken.n == 0);
    tare_json_end_object(&w);
}

static void next_turn(struct talk *t)
{
    t->at = tare_json_next(t->at);
    t->turn++;
    t->tokens = 0;
    t->has_tokens = t->listed = false;
    t->phase = tare__drift_begins(t->arm, t->turn);
}

/* What came before is summed up: it goes. A state that is none leaves everything as it was. */
static void take_summary(struct lab *l, struct talk *t, struct tare_str text)
{
    bool good = t->arm->how == TARE__DRIFT_SPLIT ? tare_str_trim(text).n > 0
                                                 : tare__drift_is_state(text, &l->scratch);
    bool once_more = !good && !t->again && t->arm->how == TARE__DRIFT_CHECKPOINT;
    t->again = once_more;
    if (once_more) {
        add_said(t, "assistant", text);
        return;
    }
    forget_behind(t, good ? 0 : t->mark);
    if (good)
        tare_buf_put(&t->carry, text);
    t->phase = tare__drift_after_prepare(t->arm);
}

static void take_answer(struct lab *l, struct talk *t, struct tare_str text)
{
    struct tare_str answer = tare__drift_answer(t->arm, text, &l->scratch);
    size_t before = t->history.n;
    if (t->arm->how == TARE__DRIFT_GUARD && t->phase == TARE__DRIFT_ANSWER) {
        look(l, t, answer);
        if (t->broken.n) {
            tare_buf_reset(&t->raw);
            tare_buf_put(&t->raw, answer);
            t->mark = before;
            add_said(t, "assistant", text);
            t->phase = TARE__DRIFT_MEND;
            return;
        }
    }
    struct tare_str raw = answer;
    if (t->phase == TARE__DRIFT_MEND) { /* what the guard stopped was never said */
        look(l, t, answer);
        forget_behind(t, t->mark);
        raw = tare_buf_str(&t->raw);
    }
    put_recorded(t, raw.p ? raw : TARE_S(""), answer);
    add_said(t, "assistant", text);
    next_turn(t);
}

static enum tare_status take(void *ctx, size_t i, const struct tare_model_reply *r,
                             struct tare_err *err)
{
    struct lab *l = ctx;
    struct talk *t = talk_at(l, i);
    struct tare_arena_mark mark = tare_arena_mark(&l->scratch);
    struct tare_str text = r->content.p ? r->content : TARE_S("");
    (void)err;
    t->tokens += r->has_usage ? r->output : 0;
    t->has_tokens |= r->has_usage;
    if (t->phase == TARE__DRIFT_PREPARE) {
        take_summary(l, t, text);
    } else if (t->phase == TARE__DRIFT_LIST) {
        add_said(t, "assistant", text);
        t->listed = true;
        t->phase = TARE__DRIFT_ANSWER;
    } else {
        take_answer(l, t, text);
    }
    t->since += text.n;
    tare_arena_rewind(&l->scratch, mark);
    return TARE_OK;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static bool put_recording(void *ctx, size_t i, struct tare_buf *jsonl)
{
    const struct lab *l = ctx;
    const struct talk *t = talk_at(l, i);
    static const char *const kept[] = {"rules", "verdict"};
    struct tare_json_writer w;
    tare_json_writer_init(&w, jsonl);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "conversation",
                         tare_json_str(tare_json_get(t->of.c->v, "conversation")));
    tare_json_member_u64(&w, "seed", t->of.seed);
    tare_json_member_str(&w, "arm", t->arm->name);
    if (reading_of(l, t)->n_told > 1)
        tare_json_member_u64(&w, "paraphrase", t->paraphrase);
    tare__line_keep(t->of.c, kept, sizeof kept / sizeof *kept, &w);
    tare_json_put_key(&w, "turns");
    tare_json_begin_array(&w);
    tare_json_put_raw(&w, tare_buf_str(&t->out));
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(jsonl, '\n');
    return !t->out.failed && !t->history.failed && !t->carry.failed && !t->raw.failed &&
           !t->broken.failed;
}

static void close_talk(void *ctx, size_t i)
{
    const struct lab *l = ctx;
    struct talk *t = talk_at(l, i);
    tare_buf_free(&t->history);
    tare_buf_free(&t->out);
    tare_buf_free(&t->carry);
    tare_buf_free(&t->raw);
    tare_buf_free(&t->broken);
}

static enum tare_status open_talk(void *ctx, size_t i, const struct tare__talk_of *of,
                                  struct tare_err *err)
{
    const struct lab *l = ctx;
    struct talk *t = talk_at(l, i);
    struct tare_json turns = tare_json_get(of->c->v, "turns");
    *t = (struct talk){.of = *of,
                       .arm = &l->arms[of->arm],
                       .at = tare_json_first(turns),
                       .n_turns = tare_json_count(turns),
                       .paraphrase = of->seed % l->read[of->in_case].n_told,
                       .phase = tare__drift_begins(&l->arms[of->arm], 0)};
    tare_buf_init(&t->history, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->out, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->carry, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->raw, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&t->broken, NULL, TARE_MAX_JSON_BYTES);
    (void)err;
    return TARE_OK;
}

enum tare_status tare_drift_live(struct tare_str cases, const struct tare_live *live,
                                 struct tare_arena *arena, struct tare_buf *jsonl,
                                 struct tare_live_drawn *out, struct tare_err *err)
{
    struct lab l = {.live = live};
    enum tare_status st = TARE_OK;
    *out = (struct tare_live_drawn){0};
    for (uint32_t i = 0; i < live->n_arms && st == TARE_OK; i++)
        st = tare__drift_arm_read(live->arms[i], live, &l.arms[i], err);
    if (st == TARE_OK)
        st = tare__drift_turns(cases, live->seed, arena, &cases, err);
    if (st == TARE_OK)
        st = read_cases(&l, cases, arena, err);
    if (st != TARE_OK)
        return st;
    struct tare__talks talks = {.ctx = &l,
                                .cases = l.cases,
                                .n_cases = l.n_cases,
                                .list = &l.talks,
                                .talk_bytes = sizeof(struct talk),
                                .open = open_talk,
                                .ask = ask,
                                .take = take,
                                .put = put_recording,
                                .close = close_talk};
    tare_arena_init(&l.scratch, NULL, TARE_GIB);
    st = tare__talks_play(&talks, live, arena, jsonl, out, err);
    tare_arena_free(&l.scratch);
    return st;
}
