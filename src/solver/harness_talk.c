/*
 * The harness where the world has no tools: what the model says is what it does. The phases are
 * those of a call (sampled, mended, anchored, verified, played), each in the sense it has for an
 * answer. docs/concepts/harness.md, "In a talk".
 */
#include "solver/harness_int.h"

#include "base/banned.h"

#define FAULTS_TOLD 5u     /* of a document that does not hold to its schema */
#define VERIFIER_TURNS 12u /* of the talk that a verifier is shown */

/* ---- what is heard ------------------------------------------------------------------------- */

static enum tare__hs_kind kind_of(struct tare_json role)
{
    return tare_json_str_is(role, "system")      ? HS_SYSTEM
           : tare_json_str_is(role, "assistant") ? HS_ASSISTANT
                                                 : HS_USER;
}

/* All of a list of messages; how many there were. */
static uint32_t hear(struct tare__hs *s, struct tare_json list, bool pinned)
{
    uint32_t n = 0;
    for (struct tare_json m = tare_json_first(list); tare_json_present(m); m = tare_json_next(m)) {
        struct tare_json content = tare_json_get(m, "content");
        struct tare__hs_item *it = tare__hs_add(s, kind_of(tare_json_get(m, "role")),
                                                tare__hs_keep(s, tare_json_str(content)));
        if (it && tare_json_kind(content) == TARE_JSON_ARRAY)
            it->parts = tare__hs_keep(s, tare_json_lexeme(content));
        if (it)
            it->pinned = pinned;
        n++;
    }
    return n;
}

/* An observation holds the messages that are new, {"role", "content"}; one that holds none is shown
 * as it is. */
void tare__hs_listen(struct tare__hs *s, struct tare_str body, struct tare_arena *turn, bool pinned)
{
    struct tare_json root = {NULL, 0};
    if (tare_json_parse(body, &tare_json_log, turn, &root, NULL))
        root = (struct tare_json){NULL, 0};
    if (hear(s, tare_json_get(root, "messages"), pinned))
        return;
    struct tare__hs_item *it = tare__hs_add(s, HS_USER, tare__hs_keep(s, body));
    if (it)
        it->pinned = pinned;
}

/* The solver's own prompt in place of the world's first words. */
static enum tare_status own_prompt(struct tare__hs *s, struct tare_err *err)
{
    struct tare_json list;
    struct tare_str text;
    enum tare_status st =
        tare_talk_prompt_fill(&s->c->prompt, s->task, s->arena, &list, &text, err);
    if (st != TARE_OK || hear(s, list, true))
        return st;
    struct tare__hs_item *it = tare__hs_add(s, HS_USER, text);
    if (it)
        it->pinned = true;
    return TARE_OK;
}

/* Without `rules:` the rules are the first system message. */
static enum tare_status find_rules(struct tare__hs *s, struct tare_err *err)
{
    const struct tare__hs_thread *t = tare__hs_here(s);
    for (uint32_t i = 0; i < t->n && !s->rules.n; i++)
        if (t->v[i].kind == HS_SYSTEM)
            s->rules = t->v[i].text;
    bool used = !HS_IS(s, HS_ANCHOR, HS_ANCHOR_OFF) || !HS_IS(s, HS_RECITE, HS_RECITE_OFF);
    if (s->rules.n || !used)
        return TARE_OK;
    enum tare_status st = tare_fail(err, TARE_E_USAGE,
                                    "there are no rules to repeat: this talk has no system "
                                    "message");
    tare_err_hint(err, "write them as harness: {rules: …}, or take anchor and context.recite out");
    return st;
}

enum tare_status tare__hs_talk_begin(struct tare__hs *s, const struct tare_event *event,
                                     struct tare_arena *turn, struct tare_err *err)
{
    struct tare_str schema = event->scene->answer_schema;
    struct tare_json root;
    enum tare_status st = TARE_OK;
    s->wants_json = schema.n > 0;
    s->answer_schema = schema.n > 2 ? tare__hs_keep(s, schema) : (struct tare_str){NULL, 0};
    if (s->answer_schema.n)
        st = tare_json_parse(s->answer_schema, &tare_json_strict, s->arena, &root, err);
    if (st == TARE_OK && s->answer_schema.n)
        st = tare_schema_compile(root, NULL, s->arena, &s->schema, err);
    if (st == TARE_OK && s->c->prompt.compiled)
        st = own_prompt(s, err);
    else if (st == TARE_OK)
        tare__hs_listen(s, event->body, turn, true);
    return st == TARE_OK ? find_rules(s, err) : st;
}

/* ---- what is said -------------------------------------------------------------------------- */

/* Equal for answers that say the same: JSON by its canonical form, text without regard to the case
 * of ASCII letters, to white space, and to a full stop at the end. */
static struct tare_digest sense_of(struct tare__hs *s, struct tare_str text, struct tare_json value)
{
    struct tare_buf b;
    tare_buf_init(&b, s->arena->alc, TARE_MAX_JSON_STRING_BYTES);
    text = tare_str_trim(text);
    if (text.n && text.p[text.n - 1] == '.')
        text.n--;
    if (tare_json_present(value))
        tare_json_canonical(value, &b);
    for (size_t i = 0; i < text.n && !tare_json_present(value); i++) {
        char c = text.p[i];
        bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (space && b.n && b.p[b.n - 1] == ' ')
            continue;
        tare_buf_putc(&b, space ? ' ' : c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    s->failed = s->failed || b.failed;
    struct tare_digest d = tare_sha256_of(tare_buf_str(&b));
    tare_buf_free(&b);
    return d;
}

static void unusable(struct tare__hs *s, struct tare__hs_answer *a, const char *code,
                     struct tare_str correction)
{
    a->usable = false;
    a->code = code;
    a->correction = correction;
    s->failed = s->failed || !correction.p;
}

static enum tare_status hold_to_schema(struct tare__hs *s, struct tare_json value,
                                       struct tare__hs_answer *a, struct tare_err *err)
{
    struct tare_schema_fault *first = NULL;
    struct tare_buf b;
    uint32_t n = 0;
    enum tare_status st = tare_schema_check(s->schema, value, s->arena, &first, err);
    if (st != TARE_OK || !first)
        return st;
    tare_buf_init(&b, s->arena->alc, TARE_MIB);
    tare_buf_puts(&b, "That answer does not hold to its JSON Schema:\n");
    for (const struct tare_schema_fault *f = first; f && n < FAULTS_TOLD; f = f->next, n++)
        tare_buf_printf(&b, "- %.*s: %.*s\n", TARE_FMT(f->at.n ? f->at : TARE_S("the document")),
                        TARE_FMT(f->says));
    tare_buf_printf(&b, "The schema is: %.*s\nReply with the whole document and nothing else.",
                    TARE_FMT(s->answer_schema));
    unusable(s, a, "A_SCHEMA", tare__hs_keep(s, tare_buf_str(&b)));
    s->failed = s->failed || b.failed;
    tare_buf_free(&b);
    return TARE_OK;
}

/* An answer that must be JSON. */
static enum tare_status read_document(struct tare__hs *s, struct tare__hs_answer *a,
                                      struct tare_json *value, struct tare_err *err)
{
    struct tare_err why = {0};
    enum tare_status st =
        tare_json_parse(tare_str_trim(a->content), &tare_json_strict, s->arena, value, &why);
    if (st == TARE_E_NOMEM)
        return tare_fail(err, st, "out of memory while reading an answer");
    if (st == TARE_OK)
        return s->schema ? hold_to_schema(s, *value, a, err) : TARE_OK;
    *value = (struct tare_json){NULL, 0};
    if (a->cut)
        unusable(s, a, "A_CUT",
                 TARE_S("The answer was cut at its limit of length. Write a shorter one."));
    else
        unusable(s, a, "A_JSON",
                 tare_arena_printf(s->arena,
                                   "That answer is no JSON document: %s. Reply with the whole "
                                   "document and nothing else.",
                                   why.text));
    return TARE_OK;
}

enum tare_status tare__hs_talk_read(struct tare__hs *s, const struct tare_model_reply *r,
                                    struct tare__hs_answer *out, struct tare_err *err)
{
    struct tare_json value = {NULL, 0};
    enum tare_status st = TARE_OK;
    out->cut = r->finish == TARE_FINISH_LENGTH;
    if (!out->content.n && r->refusal.n) /* it is graded as what was said */
        out->content = out->text = tare__hs_keep(s, r->refusal);
    if (out->refused)
        ;
    else if (s->wants_json)
        st = read_document(s, out, &value, err);
    else if (!tare_str_trim(out->content).n)
        unusable(s, out, "A_EMPTY", TARE_S("That answer was empty. Answer in words."));
    out->said = sense_of(s, out->content, value);
    if (st == TARE_OK && s->failed)
        st = tare_fail(err, TARE_E_NOMEM, "out of memory while reading an answer");
    return st;
}

/* ---- what is done -------------------------------------------------------------------------- */

/* The answer in hand as the action it is. */
static struct tare__hs_call call_of(struct tare__hs *s)
{
    struct tare__hs_call call = {.name = TARE_S("answer"), .own = -1, .decides = true};
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, s->arena->alc, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "text");
    tare_json_put_str(&w, s->pending.content);
    tare_json_end_object(&w);
    call.args = tare__hs_keep(s, tare_buf_str(&b));
    call.sig = tare_sha256_of(call.args);
    s->failed = s->failed || b.failed;
    tare_buf_free(&b);
    return call;
}

void tare__hs_talk_play(struct tare__hs *s, int64_t now, struct tare_arena *turn,
                        struct tare_yield *out)
{
    struct tare__hs_call call = call_of(s);
    (void)tare__hs_put_answer(s, &s->pending);
    s->said_before = s->pending.said;
    tare__hs_act(s, &call, now, turn, out);
}

void tare__hs_talk_answer(struct tare__hs *s, const struct tare__hs_answer *a, int64_t now,
                          struct tare_arena *turn, struct tare_yield *out)
{
    if (!a->usable && tare__hs_correct(s, a)) {
        tare__hs_think(s, turn, out);
        return;
    }
    s->pending = *a; /* also where it cannot be used: then the checks of the suite say so */
    if (!s->anchored && HS_IS(s, HS_ANCHOR, HS_ANCHOR_DECISION)) {
        s->anchored = true;
        s->counters[HS_ANCHOR]++;
        tare__hs_step(s);
        tare__hs_think(s, turn, out);
        return;
    }
    s->anchored = false;
    struct tare__hs_call call = call_of(s);
    switch (tare__hs_verify(s, &call, turn, out)) {
    case HS_PLAY:
        tare__hs_talk_play(s, now, turn, out);
        break;
    case HS_REFUSED:
        tare__hs_step(s);
        tare__hs_think(s, turn, out);
        break;
    case HS_ASKED:
        break;
    }
}

/* ---- verifiers ----------------------------------------------------------------------------- */

struct tare_str tare__hs_talk_check(struct tare__hs *s)
{
    const struct tare__hs_answer *a = &s->pending;
    if (!a->usable)
        return tare__hs_head(a->correction, 1000);
    if (a->cut)
        return TARE_S("it was cut at its limit of length");
    if (tare_digest_eq(a->said, s->said_before))
        return TARE_S("it is the answer before once more");
    return (struct tare_str){NULL, 0};
}

void tare__hs_talk_refuse(struct tare__hs *s, struct tare_str why)
{
    struct tare_str said =
        tare_arena_printf(s->arena, "Not taken: %.*s. Answer again.", TARE_FMT(why));
    s->failed = s->failed || !said.p;
    (void)tare__hs_put_answer(s, &s->pending);
    (void)tare__hs_add(s, HS_USER, said);
}

void tare__hs_talk_evidence(struct tare__hs *s, struct tare_buf *b)
{
    static const char *const who[] = {
        [HS_SYSTEM] = "system", [HS_USER] = "asked", [HS_ASSISTANT] = "answered"};
    const struct tare__hs_thread *h = tare__hs_here(s);
    uint32_t all = 0, at = 0;
    if (s->rules.n)
        tare_buf_printf(b, "The rules:\n%.*s\n\n", TARE_FMT(s->rules));
    tare_buf_puts(b, "What was said, oldest first:\n");
    for (uint32_t i = 0; i < h->n; i++)
        all += !h->v[i].gone;
    for (uint32_t i = 0; i < h->n; i++) {
        const struct tare__hs_item *it = &h->v[i];
        if (it->gone || at++ + VERIFIER_TURNS < all || tare_str_eq(it->text, s->rules))
            continue;
        tare_buf_printf(b, "%s: %.*s\n", who[it->kind],
                        TARE_FMT(tare__hs_head(it->parts.n ? it->parts : it->text, 8000)));
    }
    tare_buf_printf(b, "\nProposed answer:\n%.*s\n\nIs it right, and does it keep to the rules?",
                    TARE_FMT(tare__hs_head(s->pending.content, 32000)));
}
