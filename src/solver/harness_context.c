/*
 * What is shown of the talk, and how room is made in it. Source: spec/harness.md of the shared
 * sheets, section 3.1: raw is preferred; results are replaced by references that one call of
 * read_result undoes; spans of references become a listing; a summary comes last. Nothing is lost:
 * every body that leaves the talk is kept with the attempt, byte for byte.
 */
#include "solver/harness_int.h"

#include <stdio.h>

#include "base/banned.h"

#define REF_HEAD_BYTES 100u

uint64_t tare__hs_tokens(struct tare_str text)
{
    return (text.n + 3) / 4 + 4;
}

struct tare_str tare__hs_keep(struct tare__hs *s, struct tare_str text)
{
    struct tare_str copy = tare_arena_copy(s->arena, text);
    s->failed = s->failed || !copy.p;
    return copy;
}

static bool grow(struct tare__hs *s, void **list, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    uint32_t more = *cap ? *cap * 2 : 32;
    void *bigger = tare_arena_array(s->arena, more, size);
    if (!bigger) {
        s->failed = true;
        return false;
    }
    if (n)
        memcpy(bigger, *list, n * size);
    *list = bigger;
    *cap = more;
    return true;
}

struct tare__hs_item *tare__hs_add(struct tare__hs *s, enum tare__hs_kind kind,
                                   struct tare_str text)
{
    struct tare__hs_thread *t = tare__hs_here(s);
    void *list = t->v;
    if (!grow(s, &list, t->n, &t->cap, sizeof *t->v))
        return NULL;
    t->v = list;
    t->v[t->n] = (struct tare__hs_item){.kind = kind, .text = text};
    return &t->v[t->n++];
}

/* ---- bodies that can be read again --------------------------------------------------------- */

static uint32_t add_ref(struct tare__hs *s, char letter, uint32_t number, struct tare_str text)
{
    void *list = s->refs;
    if (!grow(s, &list, s->n_refs, &s->cap_refs, sizeof *s->refs))
        return 0;
    s->refs = list;
    struct tare__hs_ref *r = &s->refs[s->n_refs++];
    *r = (struct tare__hs_ref){.text = text};
    (void)snprintf(r->name, sizeof r->name, "%c%u", letter, number);
    return s->n_refs;
}

struct tare_str tare__hs_read_ref(struct tare__hs *s, struct tare_str name, uint64_t from,
                                  uint64_t n, uint64_t *whole)
{
    for (uint32_t i = 0; i < s->n_refs; i++) {
        struct tare__hs_ref *r = &s->refs[i];
        if (!tare_str_is(name, r->name))
            continue;
        *whole = r->text.n;
        if (from > r->text.n)
            from = r->text.n;
        if (n > r->text.n - from)
            n = r->text.n - from;
        if (r->at_call) {
            s->restores++;
            s->regrets += s->model_calls - r->at_call <= 3;
        }
        return tare_str_n(r->text.p + from, (size_t)n);
    }
    return (struct tare_str){NULL, 0};
}

/* No cut inside a character. */
static size_t whole_chars(struct tare_str text, size_t n)
{
    while (n && n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static struct tare_str first_line(struct tare_str text, size_t most)
{
    size_t n = 0;
    while (n < text.n && n < most && text.p[n] != '\n')
        n++;
    return tare_str_n(text.p, whole_chars(text, n));
}

/* Seven tenths of what fits from its head, the rest from its tail. */
static struct tare_str cut(struct tare__hs *s, const struct tare__hs_item *it,
                           struct tare_arena *turn)
{
    size_t cap = (size_t)HS_INT(s, HS_RESULT_CAP);
    if (it->text.n <= cap || !it->ref)
        return it->text;
    size_t head = whole_chars(it->text, cap * 7 / 10), tail = it->text.n - (cap - cap * 7 / 10);
    while (tail < it->text.n && ((unsigned char)it->text.p[tail] & 0xc0) == 0x80)
        tail++;
    return tare_arena_printf(turn,
                             "%.*s\n[%zu bytes left out; read_result {\"ref\":\"%s\",\"from\":%zu} "
                             "gives them]\n%.*s",
                             (int)head, it->text.p, tail - head, s->refs[it->ref - 1].name, head,
                             (int)(it->text.n - tail), it->text.p + tail);
}

/* {"ref", "tool", "args", "bytes", "sha256", "first", "read"}: all it takes to read it again. */
static struct tare_str reference(struct tare__hs *s, const struct tare__hs_item *it,
                                 struct tare_arena *turn)
{
    struct tare_buf b;
    struct tare_json_writer w;
    char args[65], body[65];
    const struct tare__hs_ref *r = &s->refs[it->ref - 1];
    tare_digest_hex(it->sig, args);
    tare_digest_hex(tare_sha256_of(it->text), body);
    tare_buf_init(&b, turn->alc, 4096);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "ref", r->name);
    tare_json_member_str(&w, "tool", it->tool);
    tare_json_member_str(&w, "args", tare_str_n(args, 12));
    tare_json_member_u64(&w, "bytes", it->text.n);
    tare_json_member_str(&w, "sha256", tare_str_n(body, 16));
    tare_json_member_str(&w, "first", first_line(it->text, REF_HEAD_BYTES));
    tare_json_member_cstr(&w, "read", "read_result");
    tare_json_end_object(&w);
    struct tare_str out = tare_arena_copy(turn, tare_buf_str(&b));
    tare_buf_free(&b);
    return out;
}

static bool is_last(struct tare__hs *s, const struct tare__hs_item *it)
{
    const struct tare__hs_thread *t = tare__hs_here(s);
    return it + 1 == t->v + t->n;
}

struct tare_str tare__hs_shown(struct tare__hs *s, const struct tare__hs_item *it,
                               struct tare_arena *turn)
{
    if (it->kind != HS_RESULT)
        return it->text;
    if (it->failed && !HS_IS(s, HS_ERRORS, HS_ERRORS_KEEP) && !is_last(s, it)) {
        if (HS_IS(s, HS_ERRORS, HS_ERRORS_DROP))
            return TARE_S("(an error)");
        if (it->text.n > 200)
            return first_line(it->text, 200);
    }
    return it->referenced ? reference(s, it, turn) : cut(s, it, turn);
}

void tare__hs_add_result(struct tare__hs *s, const struct tare__hs_call *call, struct tare_str body,
                         bool failed)
{
    struct tare_str kept = tare__hs_keep(s, body);
    struct tare__hs_item *it = tare__hs_add(s, HS_RESULT, kept);
    if (!it)
        return;
    it->id = call->id;
    it->tool = call->name;
    it->sig = call->sig;
    it->failed = failed;
    s->counters[HS_ERRORS] += failed && !HS_IS(s, HS_ERRORS, HS_ERRORS_KEEP);
    if (kept.n > (size_t)HS_INT(s, HS_RESULT_CAP) && call->own < 0) {
        s->counters[HS_RESULT_CAP]++;
        it->ref = add_ref(s, 'r', s->n_refs + 1, kept);
    }
}

/* ---- how long the next prompt is ----------------------------------------------------------- */

static uint64_t item_tokens(struct tare__hs *s, const struct tare__hs_item *it,
                            struct tare_arena *turn)
{
    uint64_t n;
    if (it->gone)
        return 0;
    struct tare_arena_mark m = tare_arena_mark(turn);
    n = tare__hs_tokens(tare__hs_shown(s, it, turn));
    for (uint32_t i = 0; i < it->n_calls; i++)
        n += tare__hs_tokens(it->calls[i].args) + tare__hs_tokens(it->calls[i].name);
    tare_arena_rewind(turn, m);
    return n;
}

uint64_t tare__hs_prompt_tokens(struct tare__hs *s, struct tare_arena *turn)
{
    const struct tare__hs_thread *t = tare__hs_here(s);
    uint64_t n = tare__hs_tokens(s->tools[s->depth]);
    for (uint32_t i = 0; i < t->n; i++)
        n += item_tokens(s, &t->v[i], turn);
    n += s->plan.n ? tare__hs_tokens(s->plan) : 0;
    return n;
}

/* ---- the ladder ---------------------------------------------------------------------------- */

struct ladder {
    uint64_t before, now, goal;
    uint32_t rung, refs, dropped;
    uint32_t kept_from; /* items from here on stay as they are */
};

/* The last keep_last results stay whole; in a talk the last turns, from their question on. */
static uint32_t keep_from(struct tare__hs *s, uint32_t keep)
{
    const struct tare__hs_thread *t = tare__hs_here(s);
    uint32_t at = t->n;
    while (s->plain && at > 0 && keep > 0) {
        at--;
        keep -= t->v[at].kind == HS_USER && !t->v[at].gone;
    }
    if (s->plain)
        return at;
    while (at > 0) {
        if (t->v[at - 1].kind == HS_RESULT && !t->v[at - 1].gone) {
            if (keep == 0)
                break;
            keep--;
        }
        at--;
    }
    return at;
}

/* Rung 1: stale results become references, oldest first. One that would grow stays. */
static void make_references(struct tare__hs *s, struct ladder *l, struct tare_arena *turn)
{
    struct tare__hs_thread *t = tare__hs_here(s);
    for (uint32_t i = 0; i < l->kept_from && l->now > l->goal; i++) {
        struct tare__hs_item *it = &t->v[i];
        if (it->kind != HS_RESULT || it->referenced || it->gone || it->pinned)
            continue;
        uint64_t whole = item_tokens(s, it, turn);
        if (!it->ref)
            it->ref = add_ref(s, 'r', s->n_refs + 1, it->text);
        if (!it->ref)
            return;
        it->referenced = true;
        uint64_t less = item_tokens(s, it, turn);
        if (less >= whole) {
            it->referenced = false;
            continue;
        }
        s->refs[it->ref - 1].at_call = s->model_calls;
        l->now -= whole - less;
        l->refs++;
        l->rung = 1;
    }
}

/* A span starts after what is pinned and ends before an answer, so that no result loses its call;
 * in a talk before a question. */
static void find_span(struct tare__hs *s, uint32_t to, uint32_t *from, uint32_t *end)
{
    const struct tare__hs_thread *t = tare__hs_here(s);
    *from = 0;
    while (*from < t->n &&
           (t->v[*from].pinned || t->v[*from].gone || t->v[*from].kind == HS_SYSTEM))
        ++*from;
    *end = to;
    enum tare__hs_kind edge = s->plain ? HS_USER : HS_ASSISTANT;
    while (*end > *from && *end < t->n && t->v[*end].kind != edge)
        --*end;
}

static void transcript_of(struct tare__hs *s, uint32_t from, uint32_t to, struct tare_buf *b)
{
    const struct tare__hs_thread *t = tare__hs_here(s);
    for (uint32_t i = from; i < to; i++) {
        const struct tare__hs_item *it = &t->v[i];
        if (it->gone || it->pinned)
            continue;
        if (it->kind == HS_RESULT) {
            tare_buf_printf(b, "%s%.*s gave %zu bytes", it->failed ? "failed: " : "",
                            TARE_FMT(it->tool), it->text.n);
            if (it->ref)
                tare_buf_printf(b, " (%s)", s->refs[it->ref - 1].name);
            tare_buf_puts(b, ":\n");
            tare_buf_put(b, it->text);
        } else {
            tare_buf_puts(b, it->kind == HS_ASSISTANT ? "you said: " : "you were told: ");
            tare_buf_put(b, it->text);
            for (uint32_t c = 0; c < it->n_calls; c++)
                tare_buf_printf(b, "\nyou called %.*s %.*s", TARE_FMT(it->calls[c].name),
                                TARE_FMT(it->calls[c].args));
        }
        tare_buf_putc(b, '\n');
    }
}

static struct tare_str keep_transcript(struct tare__hs *s, uint32_t from, uint32_t to)
{
    struct tare_buf b;
    tare_buf_init(&b, s->arena->alc, TARE_ARENA_ATTEMPT_BYTES / 4);
    transcript_of(s, from, to, &b);
    struct tare_str kept =
        b.failed ? (struct tare_str){NULL, 0} : tare__hs_keep(s, tare_buf_str(&b));
    s->failed = s->failed || b.failed;
    tare_buf_free(&b);
    return kept;
}

/* The span leaves the talk; a note stands in its place. */
static void leave_note(struct tare__hs *s, uint32_t from, uint32_t to, struct tare_str note)
{
    struct tare__hs_thread *t = tare__hs_here(s);
    for (uint32_t i = from; i < to; i++)
        t->v[i].gone = !t->v[i].pinned;
    t->v[from] = (struct tare__hs_item){.kind = HS_USER, .text = note};
}

/* Rung 2: a span of references becomes one listing that can be read again. */
static void make_listing(struct tare__hs *s, struct ladder *l, struct tare_arena *turn)
{
    uint32_t from, to, calls = 0;
    const struct tare__hs_thread *t = tare__hs_here(s);
    find_span(s, l->kept_from, &from, &to);
    for (uint32_t i = from; i < to; i++)
        calls += t->v[i].kind == HS_RESULT && !t->v[i].gone;
    if (calls < 2)
        return;
    struct tare_str whole = keep_transcript(s, from, to);
    uint32_t ref = add_ref(s, 'l', ++s->n_listings, whole);
    if (!ref || !whole.p)
        return;
    s->refs[ref - 1].at_call = s->model_calls;
    struct tare_str note = tare_arena_printf(
        s->arena,
        "[%u earlier calls with their results, %zu bytes, are kept as %s: read_result "
        "{\"ref\":\"%s\"} gives them word for word.]",
        calls, whole.n, s->refs[ref - 1].name, s->refs[ref - 1].name);
    s->failed = s->failed || !note.p;
    leave_note(s, from, to, note);
    l->now = tare__hs_prompt_tokens(s, turn);
    l->rung = 2;
    l->dropped += calls;
}

static void tell(struct tare__hs *s, const struct ladder *l)
{
    struct tare_json_writer w;
    s->compactions++;
    s->counters[HS_COMPACTION]++;
    s->counters[HS_COMPACT_TO] += l->now > l->goal;
    tare__hs_trace_begin(s, &w, "compact");
    tare_json_member_u64(&w, "rung", l->rung);
    tare_json_member_u64(&w, "before_tokens", l->before);
    tare_json_member_u64(&w, "after_tokens", l->now);
    tare_json_member_u64(&w, "refs", l->refs);
    tare_json_member_u64(&w, "dropped", l->dropped);
    tare__hs_trace_end(s, &w);
}

/* Rung 3: all but the last exchange is told in a model's words; its transcript stays. */
static bool begin_summary(struct tare__hs *s, uint32_t keep, struct tare_str *transcript)
{
    uint32_t from, to, left = 0;
    const struct tare__hs_thread *t = tare__hs_here(s);
    find_span(s, keep_from(s, keep), &from, &to);
    for (uint32_t i = from; i < to; i++)
        left += !t->v[i].gone && !t->v[i].pinned;
    if (left < 2) /* the summary before this one, and nothing new */
        return false;
    *transcript = keep_transcript(s, from, to);
    s->span_from = from;
    s->span_to = to;
    return transcript->p != NULL;
}

void tare__hs_summarised(struct tare__hs *s, struct tare_str summary)
{
    struct ladder l = {.rung = 3, .dropped = s->span_to - s->span_from};
    struct tare_arena turn;
    tare_arena_init(&turn, s->arena->alc, TARE_ARENA_ATTEMPT_BYTES);
    l.before = tare__hs_prompt_tokens(s, &turn);
    l.goal = (uint64_t)((double)HS_INT(s, HS_BUDGET) * s->c->v[HS_COMPACT_TO].f);
    struct tare_str whole = keep_transcript(s, s->span_from, s->span_to);
    uint32_t ref = add_ref(s, 's', ++s->n_summaries, whole);
    if (ref) {
        s->refs[ref - 1].at_call = s->model_calls;
        struct tare_str note = tare_arena_printf(
            s->arena, "[Summary of what was done so far; word for word it is kept as %s.]\n%.*s",
            s->refs[ref - 1].name, TARE_FMT(summary));
        s->failed = s->failed || !note.p;
        leave_note(s, s->span_from, s->span_to, note);
    }
    l.now = tare__hs_prompt_tokens(s, &turn);
    tare_arena_free(&turn);
    tell(s, &l);
}

enum tare__hs_room tare__hs_make_room(struct tare__hs *s, struct tare_arena *turn,
                                      struct tare_str *transcript)
{
    uint64_t budget = (uint64_t)HS_INT(s, HS_BUDGET),
             room = budget - (uint64_t)HS_INT(s, HS_RESERVE);
    struct ladder l = {.before = tare__hs_prompt_tokens(s, turn)};
    s->counters[HS_BUDGET] += l.before > room;
    if (HS_IS(s, HS_COMPACTION, HS_COMPACT_OFF) || HS_IS(s, HS_MEMORY_MODE, HS_STATELESS))
        return HS_ROOM;
    uint64_t at = (uint64_t)((double)budget * s->c->v[HS_COMPACT_AT].f);
    if (at > room)
        at = room;
    if (l.before <= at)
        return HS_ROOM;
    s->counters[HS_COMPACT_AT]++;
    l.now = l.before;
    l.goal = (uint64_t)((double)budget * s->c->v[HS_COMPACT_TO].f);
    l.kept_from = keep_from(s, (uint32_t)HS_INT(s, HS_KEEP_LAST));
    s->counters[HS_KEEP_LAST] += tare__hs_here(s)->n - l.kept_from;
    if (HS_IS(s, HS_COMPACTION, HS_COMPACT_LADDER)) {
        make_references(s, &l, turn);
        if (l.now > l.goal)
            make_listing(s, &l, turn);
        if (l.rung)
            tell(s, &l);
        if (l.now <= at)
            return HS_ROOM;
    }
    uint32_t keep = s->plain ? (uint32_t)HS_INT(s, HS_KEEP_LAST) : 1;
    if ((keep > 1 && begin_summary(s, keep, transcript)) || begin_summary(s, 1, transcript))
        return HS_ROOM_SUMMARY;
    return l.now <= budget ? HS_ROOM : HS_NO_ROOM;
}
