/* A text is walked through the automaton of its dialect's envelope, token by token. */
#include "experiment/tools_mask.h"

#include <math.h>

#include "base/limits.h"
#include "text/envelope.h"
#include "text/guide.h"
#include "text/mask_try.h"

#include "base/banned.h"

#define GUIDES 32
#define TOOLS_MAX 64u
#define GUIDE_BYTES (8 * TARE_MIB)

struct entry {
    struct tare__tools_scope key;
    const struct tare_envelope *envelope;
    struct tare_guide *guide; /* NULL: this envelope cannot be enforced */
};

struct tare_tools_masks {
    struct tare_arena arena; /* grammars; empty whenever there is no guide */
    const struct tare_vocab *v;
    const struct tare_guide_vocab *tables;
    const struct tare_clock *clock;
    const struct tare_alc *alc;
    struct entry guide[GUIDES];
    uint32_t n;
    struct tare_mask_times times;
    uint64_t compiled;
    int64_t compile_ns, compile_max_ns;
};

enum tare_status tare_tools_masks_open(const struct tare_vocab *v,
                                       const struct tare_guide_vocab *tables,
                                       const struct tare_clock *clock, const struct tare_alc *alc,
                                       struct tare_arena *arena, struct tare_tools_masks **out,
                                       struct tare_err *err)
{
    struct tare_tools_masks *m = TARE_NEW(arena, struct tare_tools_masks);
    if (!m)
        return tare_fail(err, TARE_E_NOMEM, "out of memory for the masks");
    m->v = v;
    m->tables = tables;
    m->clock = clock;
    m->alc = alc;
    tare_arena_init(&m->arena, alc, TARE_GIB);
    tare_mask_times_init(&m->times);
    *out = m;
    return TARE_OK;
}

void tare__tools_mask_forget(struct tare_tools_masks *m)
{
    for (uint32_t i = 0; i < m->n; i++)
        tare_guide_close(m->guide[i].guide);
    m->n = 0;
    tare_arena_reset(&m->arena);
}

void tare_tools_masks_close(struct tare_tools_masks *m)
{
    if (!m)
        return;
    tare__tools_mask_forget(m);
    tare_arena_free(&m->arena);
    tare_mask_times_free(&m->times);
}

void tare_tools_masks_times(struct tare_tools_masks *m, struct tare_tools_mask_times *out)
{
    struct tare_mask_spread mask = tare_mask_spread(&m->times.mask);
    struct tare_mask_spread accept = tare_mask_spread(&m->times.accept);
    *out = (struct tare_tools_mask_times){.timed = m->clock != NULL,
                                          .compiled = m->compiled,
                                          .compile_ms = 1e-6 * (double)m->compile_ns,
                                          .compile_max_ms = 1e-6 * (double)m->compile_max_ns,
                                          .mask_p50_us = 1e-3 * mask.p50,
                                          .mask_p99_us = 1e-3 * mask.p99,
                                          .accept_p50_us = 1e-3 * accept.p50};
}

static int64_t now(const struct tare_tools_masks *m)
{
    return m->clock ? m->clock->mono_ns(m->clock->ctx) : 0;
}

/* ---- guides ------------------------------------------------------------------------------- */

/* NULL: the dialect has none. */
static const struct tare_envelope *envelope_of(struct tare_str dialect)
{
    const struct tare_envelope *e = tare_envelope_of(dialect);
    return e && !e->missing ? e : NULL;
}

static bool named(const struct tare__tools_scope *s, uint32_t i)
{
    return s->names == TARE__TOOLS_ALL || (s->names >> i & 1);
}

static enum tare_status tools_json(const struct tare__tools_scope *s, struct tare_arena *arena,
                                   struct tare_json *out, struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    tare_buf_init(&b, arena->alc, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_array(&w);
    for (uint32_t i = 0; i < s->n_tools; i++) {
        if (!named(s, i))
            continue;
        tare_json_begin_object(&w);
        tare_json_member_str(&w, "name", s->tools[i].name);
        if (tare_json_present(s->tools[i].parameters)) {
            tare_json_put_key(&w, "parameters");
            tare_json_put_value(&w, s->tools[i].parameters);
        }
        tare_json_end_object(&w);
    }
    tare_json_end_array(&w);
    struct tare_str text =
        b.failed ? (struct tare_str){0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    if (!text.p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory for the tools' mask");
    return tare_json_parse(text, NULL, arena, out, err);
}

static enum tare_status compile(struct tare_tools_masks *m, struct entry *e, struct tare_err *err)
{
    const struct tare_guide_options go = {.memo_bytes = GUIDE_BYTES, .alc = m->alc};
    const struct tare_schema_grammar_options so = {.any_order = e->key.any_order};
    struct tare_schema_grammar lowered = {0};
    struct tare_err why = {0};
    struct tare_json tools;
    int64_t t0 = now(m);
    enum tare_status st = tools_json(&e->key, &m->arena, &tools, err);
    if (st == TARE_OK && !tare_json_present(tare_json_first(tools)))
        return TARE_OK; /* no tool may be called: nothing to enforce but that */
    if (st == TARE_OK)
        st = tare_grammar_from_dialect(tare_str_of(e->envelope->dialect), tools, NULL, &so,
                                       &m->arena, &lowered, &why);
    if (st == TARE_E_INPUT || st == TARE_E_LIMIT || (st == TARE_OK && lowered.refused))
        return TARE_OK; /* counted as not enforced */
    if (st == TARE_OK)
        st = tare_guide_open(lowered.grammar, m->tables, &go, &e->guide, err);
    if (st == TARE_OK) {
        int64_t took = now(m) - t0;
        m->compiled++;
        m->compile_ns += took;
        m->compile_max_ns = took > m->compile_max_ns ? took : m->compile_max_ns;
    } else if (st == TARE_E_NOMEM) {
        (void)tare_fail(err, TARE_E_NOMEM, "out of memory for the tools' mask");
    }
    return st;
}

static bool same(const struct tare__tools_scope *a, const struct tare__tools_scope *b)
{
    return a->tools == b->tools && a->n_tools == b->n_tools && a->names == b->names &&
           a->any_order == b->any_order && tare_str_eq(a->dialect, b->dialect);
}

/* *out NULL: the dialect has no envelope here, or it cannot be enforced. */
static enum tare_status find(struct tare_tools_masks *m, const struct tare__tools_scope *s,
                             const struct entry **out, struct tare_err *err)
{
    const struct tare_envelope *e = envelope_of(s->dialect);
    *out = NULL;
    if (!e || s->n_tools > TOOLS_MAX)
        return TARE_OK;
    for (uint32_t i = 0; i < m->n; i++)
        if (same(&m->guide[i].key, s)) {
            *out = m->guide[i].guide ? &m->guide[i] : NULL;
            return TARE_OK;
        }
    if (m->n == GUIDES)
        tare__tools_mask_forget(m);
    struct entry *fresh = &m->guide[m->n];
    *fresh = (struct entry){.key = *s, .envelope = e};
    fresh->key.dialect = tare_str_of(e->dialect);
    enum tare_status st = compile(m, fresh, err);
    if (st != TARE_OK)
        return st;
    m->n++;
    *out = fresh->guide ? fresh : NULL;
    return TARE_OK;
}

/* ---- looking at a recorded text ----------------------------------------------------------- */

struct look {
    struct tare_tools_masks *m;
    struct tare_walk *w;
    struct tare_str text;
    size_t at;
    struct tare_json token; /* recorded, that covers `at`; absent: cut by the vocabulary */
    size_t token_at;
    struct tare_tools_masked *u;
    bool refused, ended;
};

static void note(struct tare_buf *b, int64_t ns)
{
    uint32_t x = ns < 0 ? 0 : ns > UINT32_MAX ? UINT32_MAX : (uint32_t)ns;
    tare_buf_put(b, tare_str_n((const char *)&x, sizeof x));
}

static enum tare_status timed_mask(struct look *l, struct tare_mask_view *view,
                                   struct tare_err *err)
{
    int64_t t0 = now(l->m);
    enum tare_status st = tare_walk_mask(l->w, view, err);
    if (l->m->clock)
        note(&l->m->times.mask, now(l->m) - t0);
    return st;
}

static enum tare_status timed_accept(struct look *l, uint32_t token, enum tare_walk_answer *a,
                                     struct tare_err *err)
{
    int64_t t0 = now(l->m);
    enum tare_status st = tare_walk_accept(l->w, token, a, err);
    if (l->m->clock)
        note(&l->m->times.accept, now(l->m) - t0);
    return st;
}

/* The id of a text that is one token, or none. */
static uint32_t token_of(const struct tare_vocab *v, struct tare_str text)
{
    size_t n = 0;
    uint32_t t = tare_vocab_longest(v, text, &n);
    return n == text.n ? t : TARE_VOCAB_NONE;
}

/* What the model gave to allowed tokens, of the alternatives that were recorded: a lower bound. */
static enum tare_status add_mass(struct look *l, const struct tare_mask_view *view,
                                 struct tare_err *err)
{
    struct tare_json top = tare_json_get(l->token, "top_logprobs");
    double mass = 0, p;
    if (tare_json_count(top) == 0)
        return TARE_OK;
    for (struct tare_json t = tare_json_first(top); t.doc; t = tare_json_next(t)) {
        struct tare_str text = tare_json_str(tare_json_get(t, "token"));
        uint32_t id = text.n ? token_of(l->m->v, text) : TARE_VOCAB_NONE;
        bool allowed = id != TARE_VOCAB_NONE && tare_mask_has(view, id);
        if (id == TARE_VOCAB_NONE && text.n) { /* not of this vocabulary: by its bytes */
            enum tare_walk_answer a = TARE_WALK_REJECT;
            enum tare_status st = tare_walk_accept_bytes(l->w, text, &a, err);
            if (st == TARE_OK && a != TARE_WALK_REJECT)
                st = tare_walk_rollback(l->w, 1, err);
            if (st != TARE_OK)
                return st;
            allowed = a != TARE_WALK_REJECT;
        }
        if (allowed && tare_json_f64(tare_json_get(t, "logprob"), &p))
            mass += exp(p);
    }
    mass = mass > 1 ? 1 : mass;
    l->u->mass_min = l->u->masses == 0 || mass < l->u->mass_min ? mass : l->u->mass_min;
    l->u->mass_sum += mass;
    l->u->masses++;
    return TARE_OK;
}

/* The bytes up to the end of the envelope, one by one: a token may reach beyond it. */
static enum tare_status finish_inside(struct look *l, struct tare_str piece, struct tare_err *err)
{
    enum tare_walk_answer a = TARE_WALK_OK;
    enum tare_status st = TARE_OK;
    size_t i = 0;
    while (st == TARE_OK && a != TARE_WALK_REJECT && i < piece.n && !tare_walk_can_end(l->w)) {
        st = tare_walk_accept_bytes(l->w, tare_str_n(piece.p + i, 1), &a, err);
        i += a != TARE_WALK_REJECT;
    }
    if (st != TARE_OK)
        return st;
    l->at += i;
    l->refused = !tare_walk_can_end(l->w);
    return TARE_OK;
}

/* Moves to the recorded token that covers l->at. */
static void reach(struct look *l)
{
    while (l->token.doc) {
        size_t n = tare_json_str(tare_json_get(l->token, "token")).n;
        if (l->at < l->token_at + n)
            return;
        l->token_at += n;
        l->token = tare_json_next(l->token);
    }
}

/* A recorded token, or what is left of it. */
static enum tare_status recorded_step(struct look *l, const struct tare_mask_view *view,
                                      struct tare_err *err)
{
    struct tare_str t = tare_json_str(tare_json_get(l->token, "token"));
    struct tare_str piece = tare_str_n(t.p + (l->at - l->token_at), t.n - (l->at - l->token_at));
    uint32_t id = token_of(l->m->v, piece);
    enum tare_walk_answer a = TARE_WALK_REJECT;
    enum tare_status st = l->at == l->token_at ? add_mass(l, view, err) : TARE_OK;
    if (st == TARE_OK)
        st = id != TARE_VOCAB_NONE ? timed_accept(l, id, &a, err)
                                   : tare_walk_accept_bytes(l->w, piece, &a, err);
    if (st != TARE_OK)
        return st;
    if (a == TARE_WALK_REJECT)
        return finish_inside(l, piece, err);
    l->at += piece.n;
    return TARE_OK;
}

/* The longest allowed token that the text goes on with. */
static enum tare_status cut_step(struct look *l, struct tare_err *err)
{
    struct tare_str rest = tare_str_n(l->text.p + l->at, l->text.n - l->at);
    for (size_t most = rest.n; most > 0;) {
        enum tare_walk_answer a = TARE_WALK_REJECT;
        size_t n = 0;
        uint32_t id = tare_vocab_longest(l->m->v, tare_str_n(rest.p, most), &n);
        if (id == TARE_VOCAB_NONE)
            break;
        enum tare_status st = timed_accept(l, id, &a, err);
        if (st != TARE_OK)
            return st;
        if (a != TARE_WALK_REJECT) {
            l->at += n;
            return TARE_OK;
        }
        most = n - 1;
    }
    l->refused = true;
    return TARE_OK;
}

static enum tare_status look_step(struct look *l, struct tare_err *err)
{
    struct tare_mask_view view;
    enum tare_status st = timed_mask(l, &view, err);
    if (st != TARE_OK)
        return st;
    reach(l);
    l->u->tokens++;
    l->u->forced += view.n_allowed == 1;
    st = l->token.doc ? recorded_step(l, &view, err) : cut_step(l, err);
    if (st == TARE_OK && !l->refused)
        l->ended = tare_walk_can_end(l->w);
    return st;
}

/* One envelope, from its first byte to its end. */
static enum tare_status look_once(struct look *l, struct tare_guide *g, struct tare_err *err)
{
    enum tare_status st = tare_walk_open(g, &l->w, err);
    l->ended = false;
    while (st == TARE_OK && l->at < l->text.n && !l->refused && !l->ended)
        st = look_step(l, err);
    tare_walk_close(l->w);
    l->w = NULL;
    return st;
}

static bool spells(struct tare_json tokens, struct tare_str text)
{
    size_t at = 0;
    for (struct tare_json t = tare_json_first(tokens); t.doc; t = tare_json_next(t)) {
        struct tare_str x = tare_json_str(tare_json_get(t, "token"));
        if (x.n > text.n - at || memcmp(x.p ? x.p : "", text.p + at, x.n) != 0)
            return false;
        at += x.n;
    }
    return at == text.n;
}

static size_t opener(const struct tare_envelope *e, struct tare_str text, size_t at)
{
    struct tare_str rest = tare_str_n(text.p + at, text.n - at);
    if (e->before[0]) {
        size_t n = tare_str_find(rest, tare_str_of(e->before));
        return n == SIZE_MAX ? SIZE_MAX : at + n;
    }
    while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\n'))
        at++;
    return at < text.n && (text.p[at] == '{' || text.p[at] == '[') ? at : SIZE_MAX;
}

enum tare_status tare__tools_mask_look(struct tare_tools_masks *m,
                                       const struct tare__tools_scope *s, struct tare_str text,
                                       size_t at, struct tare_json tokens,
                                       struct tare_tools_masked *u, bool *changed,
                                       struct tare_err *err)
{
    struct look l = {.m = m, .text = text, .token = tare_json_first(tokens), .u = u};
    const struct entry *e;
    bool met = false;
    enum tare_status st = find(m, s, &e, err);
    *changed = false;
    if (st != TARE_OK)
        return st;
    if (l.token.doc && !spells(tokens, text)) {
        tare_err_hint(err, "a message's \"logprobs\" are all its tokens, in their order");
        return tare_fail(err, TARE_E_INPUT,
                         "episode \"%.*s\": the tokens of \"logprobs\" do not "
                         "spell the message's text",
                         TARE_FMT(s->episode));
    }
    if (!e) {
        u->unenforced++;
        return TARE_OK;
    }
    u->messages++;
    while (st == TARE_OK && !l.refused && (at = opener(e->envelope, text, at)) != SIZE_MAX) {
        met = true;
        l.at = at;
        st = look_once(&l, e->guide, err);
        if (l.at == at)
            break;
        at = l.at;
    }
    *changed = l.refused || !met;
    u->changed += *changed;
    return st;
}

/* ---- writing under the mask --------------------------------------------------------------- */

/* The longest token of the text that is allowed now: of a wish only the longest counts, as a
 * sampler would pick it. */
static enum tare_status steer_step(struct look *l, bool wish, struct tare_err *err)
{
    struct tare_mask_view view;
    size_t n = 0, before = l->at;
    enum tare_status st = timed_mask(l, &view, err);
    if (st != TARE_OK)
        return st;
    uint32_t id = tare_vocab_longest(l->m->v, tare_str_n(l->text.p + l->at, l->text.n - l->at), &n);
    if (wish && (id == TARE_VOCAB_NONE || !tare_mask_has(&view, id))) {
        l->refused = true;
        return TARE_OK;
    }
    st = cut_step(l, err);
    if (st == TARE_OK && l->refused)
        st = tare_fail(err, TARE_E_STATE, "the mask refuses a right call at byte %zu", before);
    return st;
}

enum tare_status tare__tools_mask_steer(struct tare_tools_masks *m,
                                        const struct tare__tools_scope *s, struct tare_str wish,
                                        struct tare_str right, struct tare_buf *out,
                                        struct tare_err *err)
{
    struct look l = {.m = m, .text = wish};
    const struct entry *e;
    bool wishing = true;
    tare_buf_reset(out);
    enum tare_status st = find(m, s, &e, err);
    if (st == TARE_OK && !e)
        st = tare_fail(err, TARE_E_STATE, "the script's tools cannot be masked");
    if (st == TARE_OK)
        st = tare_walk_open(e->guide, &l.w, err);
    while (st == TARE_OK && l.at < l.text.n) {
        size_t from = l.at;
        st = steer_step(&l, wishing, err);
        if (st == TARE_OK && l.refused) {
            l.refused = wishing = false;
            l.text = right;
            if (from > right.n || memcmp(right.p, out->p ? out->p : "", from) != 0)
                st = tare_fail(err, TARE_E_STATE, "a wish parts from the right call too early");
            continue;
        }
        if (st == TARE_OK)
            tare_buf_put(out, tare_str_n(l.text.p + from, l.at - from));
    }
    if (st == TARE_OK && !tare_walk_can_end(l.w))
        st = tare_fail(err, TARE_E_STATE, "the mask does not let a call of the script end");
    tare_walk_close(l.w);
    return st;
}
