/* Conversations drawn from a model, for each intervention. */
#include "experiment/drift.h"
#include "experiment/live_int.h"

#include "base/limits.h"
#include "base/num.h"

#include "base/banned.h"

enum how { BASELINE, STATELESS, RECAP, RECALL, RE_ANCHOR };

struct arm {
    struct tare_str name;
    enum how how;
    uint32_t every; /* RE_ANCHOR: turns */
};

/* One conversation, one seed, one intervention. */
struct talk {
    struct tare__talk_of of;
    const struct arm *arm;
    uint32_t turn, n_turns;
    struct tare_json at; /* the turn of the case; absent: it is over */
    bool recalling, recalled;
    size_t since; /* bytes of the talk since the rules were last stated */
    struct tare_buf history, out;
};

struct lab {
    const struct tare_live *live;
    const struct tare__line *cases;
    struct tare_str *rules; /* of each case, as the model is told them */
    size_t n_cases;
    struct arm arms[TARE_LIVE_ARMS];
    struct talk *talks;
};

static struct tare_str rules_of(const struct lab *l, const struct talk *t)
{
    return l->rules[t->of.in_case];
}

/* ---- cases and arms ----------------------------------------------------------------------- */

static enum tare_status read_arm(struct tare_str name, struct arm *out, struct tare_err *err)
{
    static const char *const plain[] = {"baseline", "stateless", "recap", "recall"};
    struct tare_str anchor = TARE_S("re-anchor-");
    int64_t every = 0;
    *out = (struct arm){.name = name, .how = RE_ANCHOR};
    for (int i = 0; i < 4; i++)
        if (tare_str_is(name, plain[i])) {
            out->how = (enum how)i;
            return TARE_OK;
        }
    if (tare_str_starts(name, anchor) &&
        tare_str_to_i64(tare_str_n(name.p + anchor.n, name.n - anchor.n), &every) && every > 0 &&
        every <= TARE_DRIFT_TURNS) {
        out->every = (uint32_t)every;
        return TARE_OK;
    }
    tare_err_hint(err, "baseline, stateless, recap, recall, re-anchor-N");
    return tare_fail(err, TARE_E_USAGE, "no intervention is called \"%.*s\"", TARE_FMT(name));
}

static enum tare_status read_rules(const struct tare__line *c, struct tare_arena *arena,
                                   struct tare_str *out, struct tare_err *err)
{
    struct tare_json rules = tare__line_member(c, "rules");
    struct tare_buf b;
    enum tare_status st = TARE_OK;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_puts(&b, "Rules:");
    for (struct tare_json r = tare_json_first(rules); r.doc && st == TARE_OK;
         r = tare_json_next(r)) {
        struct tare_str id = tare_json_str(tare_json_get(r, "id"));
        struct tare_str say = tare_json_str(tare_json_get(r, "say"));
        if (!say.n)
            st = tare_fail(err, TARE_E_INPUT,
                           "rule \"%.*s\" has no \"say\": what the model is told", TARE_FMT(id));
        tare_buf_printf(&b, "\n[%.*s] %.*s", TARE_FMT(id), TARE_FMT(say));
    }
    for (struct tare_json t = tare_json_first(tare_json_get(c->v, "turns")); t.doc && st == TARE_OK;
         t = tare_json_next(t))
        if (tare_json_kind(tare_json_get(t, "input")) != TARE_JSON_STRING)
            st = tare_fail(err, TARE_E_INPUT, "a turn has no \"input\"");
    *out = tare_arena_copy(arena, tare_buf_str(&b));
    if (st == TARE_OK && (b.failed || !out->p))
        st = tare_fail(err, TARE_E_NOMEM, "out of memory while reading rules");
    tare_buf_free(&b);
    return st;
}

static enum tare_status read_cases(struct lab *l, struct tare_str text, struct tare_arena *arena,
                                   struct tare_err *err)
{
    struct tare__line *list;
    struct tare_drift_recordings checked;
    /* Rules and turns are held to the same form as recordings before anything is asked. */
    enum tare_status st = tare_drift_recordings_read(text, arena, &checked, err);
    if (st == TARE_OK)
        st = tare__cases_read(text, arena, &list, &l->n_cases, err);
    if (st != TARE_OK)
        return st;
    l->cases = list;
    l->rules = TARE_NEW_N(arena, struct tare_str, l->n_cases);
    if (!l->rules)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading cases");
    for (size_t i = 0; i < l->n_cases; i++) {
        st = read_rules(&list[i], arena, &l->rules[i], err);
        if (st != TARE_OK)
            return tare__line_fault(list[i].line, st, err);
    }
    return TARE_OK;
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

/* Whether the rules stand in this turn's own message. */
static bool states(const struct talk *t)
{
    if (t->arm->how == RE_ANCHOR)
        return t->turn > 0 && t->turn % t->arm->every == 0;
    return t->arm->how == RECAP && t->turn > 0 && t->turn + 1 == t->n_turns;
}

static void put_turn(const struct lab *l, struct talk *t)
{
    struct tare_str input = tare_json_str(tare_json_get(t->at, "input"));
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    if (t->recalled) {
        tare_buf_puts(&b, "Now answer, and keep to those rules.");
    } else {
        tare_buf_put(&b, input);
        if (states(t))
            tare_buf_printf(&b, "\n\n%.*s", TARE_FMT(rules_of(l, t)));
        if (t->arm->how == RECALL)
            tare_buf_puts(&b, "\n\nBefore you answer: list the ids of the rules that apply, one a "
                              "line, and nothing else.");
    }
    if (t->arm->how == STATELESS)
        tare_buf_reset(&t->history);
    t->since = states(t) || t->arm->how == STATELESS || t->turn == 0 ? 0 : t->since + b.n;
    add_said(t, "user", tare_buf_str(&b));
    t->recalling = t->arm->how == RECALL && !t->recalled;
    if (b.failed)
        t->history.failed = true;
    tare_buf_free(&b);
}

static bool ask(void *ctx, size_t i, struct tare_buf *body)
{
    const struct lab *l = ctx;
    struct talk *t = &l->talks[i];
    struct tare_json_writer w;
    if (!tare_json_present(t->at))
        return false;
    put_turn(l, t);
    struct tare_str own = tare_json_str(tare__line_member(t->of.c, "system"));
    struct tare_buf opening;
    tare_buf_init(&opening, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_printf(&opening, "%.*s%s%.*s", TARE_FMT(own), own.n ? "\n\n" : "",
                    TARE_FMT(rules_of(l, t)));
    tare_json_writer_init(&w, body);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.request/1");
    tare_json_put_key(&w, "messages");
    tare_json_begin_array(&w);
    tare__live_say(&w, "system", tare_buf_str(&opening));
    tare_json_put_raw(&w, tare_buf_str(&t->history));
    tare_json_end_array(&w);
    tare__live_settings(&w, l->live, 0, t->of.seed);
    tare_json_end_object(&w);
    if (opening.failed || t->history.failed)
        body->failed = true;
    tare_buf_free(&opening);
    return true;
}

static void put_recorded(struct talk *t, struct tare_str text)
{
    struct tare_str want = tare_json_str(tare_json_get(t->at, "expect"));
    struct tare_json_writer w;
    if (t->out.n)
        tare_buf_putc(&t->out, ',');
    tare_json_writer_init(&w, &t->out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "text");
    tare_json_put_str(&w, text);
    tare_json_member_str(&w, "input", tare_json_str(tare_json_get(t->at, "input")));
    tare_json_member_u64(&w, "since", (uint64_t)(t->since / 4)); /* about four bytes a token */
    if (want.n)
        tare_json_member_bool(&w, "correct", tare_str_find(text, want) != SIZE_MAX);
    tare_json_end_object(&w);
}

static enum tare_status take(void *ctx, size_t i, const struct tare_model_reply *r,
                             struct tare_err *err)
{
    const struct lab *l = ctx;
    struct talk *t = &l->talks[i];
    (void)err;
    add_said(t, "assistant", r->content);
    t->since += r->content.n;
    if (t->recalling) {
        t->recalled = true;
        return TARE_OK;
    }
    put_recorded(t, r->content.p ? r->content : TARE_S(""));
    t->recalled = false;
    t->at = tare_json_next(t->at);
    t->turn++;
    return TARE_OK;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static bool put_recording(void *ctx, size_t i, struct tare_buf *jsonl)
{
    const struct lab *l = ctx;
    const struct talk *t = &l->talks[i];
    static const char *const kept[] = {"rules", "verdict"};
    struct tare_json_writer w;
    tare_json_writer_init(&w, jsonl);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "conversation",
                         tare_json_str(tare_json_get(t->of.c->v, "conversation")));
    tare_json_member_u64(&w, "seed", t->of.seed);
    tare_json_member_str(&w, "arm", t->arm->name);
    tare__line_keep(t->of.c, kept, sizeof kept / sizeof *kept, &w);
    tare_json_put_key(&w, "turns");
    tare_json_begin_array(&w);
    tare_json_put_raw(&w, tare_buf_str(&t->out));
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    tare_buf_putc(jsonl, '\n');
    return !t->out.failed && !t->history.failed;
}

static void close_talk(void *ctx, size_t i)
{
    const struct lab *l = ctx;
    tare_buf_free(&l->talks[i].history);
    tare_buf_free(&l->talks[i].out);
}

static enum tare_status open_talk(void *ctx, size_t i, const struct tare__talk_of *of,
                                  struct tare_err *err)
{
    const struct lab *l = ctx;
    struct tare_json turns = tare_json_get(of->c->v, "turns");
    l->talks[i] = (struct talk){.of = *of,
                                .arm = &l->arms[of->arm],
                                .at = tare_json_first(turns),
                                .n_turns = tare_json_count(turns)};
    tare_buf_init(&l->talks[i].history, NULL, TARE_MAX_JSON_BYTES);
    tare_buf_init(&l->talks[i].out, NULL, TARE_MAX_JSON_BYTES);
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
        st = read_arm(live->arms[i], &l.arms[i], err);
    if (st == TARE_OK)
        st = read_cases(&l, cases, arena, err);
    if (st != TARE_OK)
        return st;
    struct tare__talks talks = {.ctx = &l,
                                .n = tare__talks_of(live, l.n_cases),
                                .open = open_talk,
                                .ask = ask,
                                .take = take,
                                .put = put_recording,
                                .close = close_talk};
    l.talks = TARE_NEW_N(arena, struct talk, talks.n + 1);
    if (!l.talks)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while making talks");
    return tare__talks_play(&talks, l.cases, live, arena, jsonl, out, err);
}
