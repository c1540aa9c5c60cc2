#include "text/calls_stream.h"

#include "text/calls_int.h"

#include "base/limits.h"

#include "base/banned.h"

#define HOLD_BYTES 64     /* longer than any tag: what the end of the text may be the begin of */
#define BUDGET_A_BYTE 16  /* bytes of open blocks read again, for each byte that came */
#define BUDGET_FREE 16384 /* short blocks are read again at every piece */
#define GROWTH_SHARE 8    /* beyond the budget: when a block has grown by this share of it */

#define NO_CODE ((enum tare_calls_code)0)

enum phase { START, REASON_FIRST, THINK, BARE_CHECK, REASON, SCAN, HARMONY, WAIT };

struct tare_calls_stream {
    const struct tare_calls_opts *opts;
    const struct tare_alc *alc;
    tare_emit_fn *emit;
    void *ctx;
    struct tare_arena arena; /* of one look */
    struct tare_buf text;
    size_t at;   /* what is before it is told and settled */
    size_t told; /* of the text of an open Harmony message: told up to here */
    enum phase phase;
    bool first_reasoning;
    const struct tare__calls_spec *spec; /* recognised; NULL: the caller's, or none yet */
    const char *think_end;
    size_t tried,
        spent; /* length of the text at the last look at an open block; bytes read again */
    /* The call that is open, and what the open block has given already. */
    bool open;
    uint32_t next, ended, errors; /* number of the next call; calls and errors told as final */
    size_t sent;
    struct tare_buf name, arguments; /* of the open call, as told */
    /* What more text can do without a look: see told_at_once. */
    enum { OUTSIDE, IN_STRING, ESCAPED } quoted; /* of what was told of the arguments */
    enum tare__calls_idle idle;                  /* of the touch of the last look */
    char stop;
    size_t resume; /* in the open block: the calls before have been told whole */
    bool quiet; /* nothing of the open block can be told before its closing tag, that ends with: */
    char closer;
    bool in_string;     /* the text ends inside a string of the open call, all of it told */
    size_t string_told; /* then: up to here */
    bool set_up, scanned;
    bool first[256]; /* bytes that an opener begins with, once scanned */
    bool marks[256]; /* bytes that any tag may begin with */
    struct tare__calls c;
    struct tare__calls_touch touch;
    struct tare_calls r; /* of one look */
};

static void tell(struct tare_calls_stream *s, enum tare_emit_kind kind, struct tare_str text)
{
    struct tare_emit e = {.kind = kind, .call = s->next, .text = text};
    if (text.n ||
        (kind != TARE_EMIT_CONTENT && kind != TARE_EMIT_REASONING && kind != TARE_EMIT_ARGUMENTS))
        s->emit(s->ctx, &e);
}

/* The last end of a code point in [from, end). */
static size_t whole(const char *p, size_t from, size_t end)
{
    size_t i = end;
    while (i > from && end - i < 4) {
        unsigned char b = (unsigned char)p[--i];
        if (b < 0x80)
            return end;
        if (b >= 0xc0) {
            size_t n = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
            return i + n <= end ? end : i;
        }
    }
    return end;
}

static void tell_text(struct tare_calls_stream *s, enum tare_emit_kind kind, size_t from,
                      size_t end)
{
    if (end > from)
        tell(s, kind, tare_str_n(s->text.p + from, end - from));
}

/* Text up to `end` that may go on: told but for an unfinished code point. The new settled place. */
static size_t tell_open(struct tare_calls_stream *s, enum tare_emit_kind kind, size_t from,
                        size_t end)
{
    end = end > from ? whole(s->text.p, from, end) : from;
    tell_text(s, kind, from, end);
    return end;
}

static void open_call(struct tare_calls_stream *s, struct tare_str name)
{
    s->open = true;
    s->sent = 0;
    s->quoted = OUTSIDE;
    tare_buf_reset(&s->name);
    tare_buf_reset(&s->arguments);
    tare_buf_put(&s->name, name);
    tell(s, TARE_EMIT_CALL, name);
}

static void more_arguments(struct tare_calls_stream *s, struct tare_str more)
{
    tell(s, TARE_EMIT_ARGUMENTS, more);
    tare_buf_put(&s->arguments, more);
    for (size_t i = 0; i < more.n; i++) {
        if (s->quoted == ESCAPED)
            s->quoted = IN_STRING;
        else if (s->quoted == IN_STRING && more.p[i] == '\\')
            s->quoted = ESCAPED;
        else if (more.p[i] == '"')
            s->quoted = s->quoted == IN_STRING ? OUTSIDE : IN_STRING;
    }
}

static void close_call(struct tare_calls_stream *s, bool good, enum tare_calls_code code)
{
    struct tare_emit e = {
        .kind = good ? TARE_EMIT_CALL_END : TARE_EMIT_VOID, .call = s->next++, .code = code};
    s->emit(s->ctx, &e);
    s->open = false;
}

/* A call that is final. */
static void final_call(struct tare_calls_stream *s, const struct tare_call *c)
{
    struct tare_str args = tare_json_lexeme(c->arguments);
    if (s->open && !(tare_str_eq(tare_buf_str(&s->name), c->name) &&
                     tare_str_starts(args, tare_buf_str(&s->arguments))))
        close_call(s, false, NO_CODE);
    if (!s->open)
        open_call(s, c->name);
    more_arguments(s, tare_str_n(args.p + s->arguments.n, args.n - s->arguments.n));
    close_call(s, true, NO_CODE);
    s->ended++;
}

/* What a look has settled: calls from number `from` on, then errors. */
static void settle(struct tare_calls_stream *s, const struct tare_calls *r, uint32_t from)
{
    for (uint32_t k = from; k < r->n_calls; k++)
        final_call(s, &r->calls[k]);
    if (s->open)
        close_call(s, false, r->n_errors ? r->errors[0].code : NO_CODE);
    for (uint32_t k = 0; k < r->n_errors; k++) {
        struct tare_emit e = {.kind = TARE_EMIT_ERROR, .code = r->errors[k].code};
        s->emit(s->ctx, &e);
        s->errors++;
    }
}

/* Behind the string whose opening quote stands at i; beyond the text when it is not closed. */
static size_t behind_string(struct tare_str t, size_t i)
{
    for (i++; i < t.n && t.p[i] != '"'; i++)
        i += t.p[i] == '\\';
    return i + 1;
}

/* Where the value of a member of the first object of an unfinished JSON text begins, or SIZE_MAX.
 */
static size_t member_at(struct tare_str t, const char *key)
{
    size_t depth = 0, i = t.n && t.p[0] == '[' ? 1 : 0;
    bool ours = false, value = false;
    while (i < t.n) {
        char ch = t.p[i];
        if (ch == '"') {
            size_t end = behind_string(t, i);
            if (depth == 1 && !value)
                ours = end <= t.n && tare_str_is(tare_str_n(t.p + i + 1, end - i - 2), key);
            i = end;
            continue;
        }
        i++;
        if (ch == '{' || ch == '[')
            depth++;
        else if ((ch == '}' || ch == ']') && --depth == 0)
            return SIZE_MAX;
        else if (depth == 1 && ch == ':' && ours)
            return i;
        if (depth == 1)
            value = ch == ':' || (value && ch != ',');
    }
    return SIZE_MAX;
}

/* The end of the object that begins the text, or all of it. */
static struct tare_str object_of(struct tare_str t)
{
    size_t depth = 0;
    for (size_t i = 0; i < t.n;) {
        char ch = t.p[i];
        i = ch == '"' ? behind_string(t, i) : i + 1;
        depth += ch == '{' || ch == '[';
        if ((ch == '}' || ch == ']') && --depth == 0)
            return tare_str_n(t.p, i);
    }
    return t;
}

/* Name and arguments of the call whose JSON object is unfinished in `t`. */
static bool from_object(const struct tare__calls_spec *spec, struct tare_str t,
                        struct tare_str *name, struct tare_str *args)
{
    size_t n = member_at(t, spec->name_key ? spec->name_key : "name");
    size_t a = member_at(t, spec->args_key ? spec->args_key : "arguments"), end = n + 1;
    if (n == SIZE_MAX || n >= t.n || t.p[n] != '"')
        return false;
    while (end < t.n && t.p[end] != '"' && t.p[end] != '\\')
        end++;
    if (end >= t.n || t.p[end] == '\\')
        return false;
    *name = tare_str_n(t.p + n + 1, end - n - 1);
    *args = a == SIZE_MAX ? (struct tare_str){0} : tare_str_n(t.p + a, t.n - a);
    return true;
}

/* Something was settled before the end of the text was met, by the family that took the block. */
static bool certain(const struct tare__calls *c)
{
    const struct tare__calls_touch *t = c->touch;
    return !c->opts->strict && !c->opts->coerce_scalars && !c->orphan && t->met && t->by &&
           t->by == c->reading && !t->repairs && t->calls == t->unit_calls;
}

/* Nothing can be told before the block has ended, or the value that the text ends in. */
static void be_quiet(struct tare_calls_stream *s, const struct tare__calls *c)
{
    const char *close = c->reading ? c->reading->close : NULL;
    char value = c->touch->inside && c->touch->json ? c->json.p[0] : '\0';
    s->closer = close ? close[strlen(close) - 1] : value == '[' ? ']' : value == '{' ? '}' : '\0';
    s->quiet = s->closer != '\0';
}

/* Name and arguments of the open call, as far as they are final. */
static bool open_parts(const struct tare__calls *c, struct tare_str *name, struct tare_str *args)
{
    const struct tare__calls_touch *t = c->touch;
    struct tare_str json = tare_str_n(c->json.p, t->json);
    bool object = t->by->family == tare__calls_json && !(t->by->flags & TARE__NAME_KEY);
    *name = t->name;
    *args = json;
    if (!name->p && !(object && from_object(t->by, json, name, args)))
        return false;
    return tare__calls_tool(c, *name) && (args->n == 0 || args->p[0] == '{');
}

/* The text ends inside a string, all of it told, and with a byte that stands for itself. */
static bool ends_inside(const struct tare_calls_stream *s, size_t args)
{
    unsigned char last = (unsigned char)s->text.p[s->text.n - 1];
    return s->idle >= TARE__STRING && s->quoted == IN_STRING && s->arguments.n == args &&
           last >= 0x20 && last < 0x7f && last != '"' && last != '\\';
}

/* What an open block shows of its call for certain. */
static void tell_open_call(struct tare_calls_stream *s, struct tare__calls *c)
{
    struct tare_str name, args;
    if (!certain(c)) {
        be_quiet(s, c);
        return;
    }
    if (!open_parts(c, &name, &args))
        return;
    size_t rest = args.n;
    args = object_of(args);
    if (args.n < rest) /* the first call of a list, or all of the only one */
        be_quiet(s, c);
    size_t all = args.n;
    args.n = args.n ? whole(args.p, 0, args.n) : 0;
    if (!s->open)
        open_call(s, name);
    struct tare_str sent = tare_buf_str(&s->arguments);
    if (tare_str_eq(tare_buf_str(&s->name), name) && args.n > sent.n && tare_str_starts(args, sent))
        more_arguments(s, tare_str_n(args.p + sent.n, args.n - sent.n));
    s->in_string = ends_inside(s, all);
    s->string_told = s->text.n;
}

/* May an open block be read again now? */
static bool worth_a_look(struct tare_calls_stream *s)
{
    size_t from = s->resume > s->at ? s->resume : s->at;
    size_t block = s->text.n - from, grown = s->text.n - s->tried;
    bool now = s->tried <= s->at || grown >= block / GROWTH_SHARE ||
               s->spent + block <= BUDGET_FREE + BUDGET_A_BYTE * s->text.n;
    if (now) {
        s->spent += block;
        s->tried = s->text.n;
    }
    return now;
}

/* Where the end of the text may be the begin of a tag. */
static size_t hold(const struct tare__calls *c, size_t from)
{
    size_t n = c->text.n, at = n - from > HOLD_BYTES ? n - HOLD_BYTES : from;
    for (; at < n; at++) {
        struct tare_str rest = tare__calls_slice(c, at, n);
        for (uint32_t k = 0; k < c->n_openers; k++)
            if (tare_str_starts(c->openers[k].text, rest))
                return at;
        for (int k = 0; c->spec && k < 6 && c->spec->delimiters[k]; k++)
            if (tare_str_starts(tare_str_of(c->spec->delimiters[k]), rest))
                return at;
        if (c->spec && c->spec->flags & TARE__INTERLEAVED &&
            tare_str_starts(tare_str_of(c->spec->think), rest))
            return at;
    }
    return n;
}

/* Does a tag of reasoning open here? 1 yes, 0 no, -1 not known yet. */
static int reasoning_opens(struct tare_calls_stream *s, struct tare__calls *c, size_t *end)
{
    size_t at = tare__calls_blank_from(c, s->at);
    struct tare_str rest = tare__calls_slice(c, at, c->text.n);
    int known = 0;
    for (const struct tare__calls_spec *row = c->spec ? c->spec : tare__calls_table; row->name;
         row++) {
        struct tare_str tag = tare_str_of(row->think);
        if (tag.n && tare_str_starts(rest, tag)) {
            *end = at + tag.n;
            s->think_end = row->think_end;
            return 1;
        }
        if (tag.n && tare_str_starts(tag, rest))
            known = -1;
        if (c->spec)
            break;
    }
    return known;
}

/* The dialect that the beginning shows; false: not known yet. */
static bool start(struct tare_calls_stream *s, struct tare__calls *c)
{
    struct tare_str t = tare__calls_slice(c, tare__calls_blank_from(c, 0), c->text.n);
    for (const struct tare__calls_start *k = tare__calls_starts; k->start && !c->spec; k++) {
        struct tare_str tag = tare_str_of(k->start);
        if (tare_str_starts(t, tag))
            s->spec = c->spec = tare__calls_spec_named(tare_str_of(k->name));
        else if (tare_str_starts(tag, t))
            return false;
    }
    bool by_start = s->spec != NULL;
    s->phase = REASON_FIRST;
    if (by_start && tare_str_is(tare_str_of(s->spec->name), "command_a"))
        s->phase = WAIT; /* a later tag may tell of another dialect */
    else if (c->spec && !c->spec->family)
        s->phase = c->spec->name[0] == 'h' ? HARMONY : WAIT;
    else if (c->opts->think_prefilled) {
        s->think_end = c->spec && c->spec->think ? c->spec->think_end : "</think>";
        s->first_reasoning = true;
        s->phase = c->opts->recover_in_think ? WAIT : THINK;
    }
    return true;
}

static bool reason(struct tare_calls_stream *s, struct tare__calls *c)
{
    size_t end = s->at;
    int opens = reasoning_opens(s, c, &end);
    if (opens < 0)
        return false;
    s->first_reasoning = s->phase == REASON_FIRST;
    if (!opens) {
        s->phase = s->first_reasoning ? BARE_CHECK : SCAN;
        return true;
    }
    s->at = end;
    s->phase = c->opts->recover_in_think ? WAIT : THINK;
    return true;
}

static bool think(struct tare_calls_stream *s, struct tare__calls *c)
{
    size_t end = tare__calls_find(c, s->think_end, s->at), n = c->text.n;
    if (end == SIZE_MAX) {
        size_t at = n - s->at > HOLD_BYTES ? n - HOLD_BYTES : s->at;
        while (at < n && !tare_str_starts(tare_str_of(s->think_end), tare__calls_slice(c, at, n)))
            at++;
        s->at = tell_open(s, TARE_EMIT_REASONING, s->at, at);
        return false;
    }
    tell_text(s, TARE_EMIT_REASONING, s->at, end);
    tell(s, TARE_EMIT_REASONING_END, (struct tare_str){0});
    s->at = end + strlen(s->think_end);
    s->phase = s->first_reasoning ? BARE_CHECK : SCAN;
    return true;
}

/* A message that may be a bare call as a whole is looked at when it has ended. */
static bool bare_check(struct tare_calls_stream *s, struct tare__calls *c)
{
    size_t at = tare__calls_blank_from(c, s->at);
    s->phase = SCAN;
    if (c->opts->n_tools == 0 || (c->spec && !(c->spec->flags & TARE__BARE)))
        return true;
    if (at == c->text.n)
        s->phase = BARE_CHECK;
    else if (strchr("[{`", c->text.p[at]))
        s->phase = WAIT;
    return s->phase == SCAN;
}

/* The calls of an open block that stand in units of their own, and are whole. */
static void tell_whole_calls(struct tare_calls_stream *s, const struct tare__calls *c)
{
    bool units =
        c->reading && c->reading->open &&
        (c->reading->family == tare__calls_head || c->reading->family == tare__calls_tags ||
         c->reading->family == tare__calls_nested);
    if (!units || c->opts->strict || c->orphan || c->final_calls == 0 || c->final_errors)
        return;
    for (uint32_t k = 0; k < c->final_calls; k++)
        final_call(s, &c->r->calls[k]);
    s->resume = c->final_end;
}

/* A block that has been read to its end; false: more may come. */
static bool take_block(struct tare_calls_stream *s, struct tare__calls *c, size_t i, bool got)
{
    if (!got && !c->touch->met)
        return true;
    tell_text(s, TARE_EMIT_CONTENT, s->at, i);
    s->at = i;
    if (c->touch->met || c->i >= c->text.n) {
        s->idle = c->touch->idle;
        s->stop = c->touch->stop;
        if (got)
            tell_whole_calls(s, c);
        if (got)
            tell_open_call(s, c);
        return false;
    }
    settle(s, c->r, 0);
    s->at = c->i;
    s->resume = 0;
    s->phase = REASON;
    return true;
}

/* What tags may begin with, now that the dialect is known if it ever will be. */
static void begin_scan(struct tare_calls_stream *s, struct tare__calls *c)
{
    tare__calls_add_openers(c);
    for (uint32_t k = 0; k < c->n_openers; k++)
        s->first[(unsigned char)c->openers[k].text.p[0]] = true;
    memcpy(s->marks, s->first, sizeof s->first);
    if (c->spec && c->spec->flags & TARE__INTERLEAVED)
        s->marks[(unsigned char)c->spec->think[0]] = true;
    for (int k = 0; c->spec && k < 6 && c->spec->delimiters[k]; k++)
        s->marks[(unsigned char)c->spec->delimiters[k][0]] = true;
    s->scanned = true;
}

/* One step through content; false: the rest has to wait. */
static bool scan(struct tare_calls_stream *s, struct tare__calls *c)
{
    if (!s->scanned)
        begin_scan(s, c);
    for (size_t i = s->at; i < c->text.n && !c->nomem; i++) {
        size_t n = tare__calls_delimiter_at(c, i);
        if (n || tare__calls_thinks_at(c, i)) {
            tell_text(s, TARE_EMIT_CONTENT, s->at, i);
            s->at = i + n;
            s->phase = REASON;
            return true;
        }
        if (!s->first[(unsigned char)c->text.p[i]])
            continue;
        *c->touch = (struct tare__calls_touch){0};
        if (i == s->at && !worth_a_look(s))
            return false;
        bool got = tare__calls_block(c, i);
        if (!take_block(s, c, i, got))
            return false;
        if (got)
            return true;
    }
    s->at = tell_open(s, TARE_EMIT_CONTENT, s->at, hold(c, s->at));
    return false;
}

/* Where an open text of Harmony may be the begin of a tag. */
static size_t before_tag(const struct tare__calls *c, size_t from, size_t end)
{
    size_t least = end > HOLD_BYTES ? end - HOLD_BYTES : 0;
    for (size_t i = end; i > from && i > least; i--)
        end = c->text.p[i - 1] == '<' ? i - 1 : end;
    return end;
}

static void tell_harmony(struct tare_calls_stream *s, const struct tare__calls *c, bool final)
{
    for (uint32_t k = 0; k < c->r->n_spans; k++) {
        struct tare_calls_span p = c->r->spans[k];
        bool thought = p.kind == TARE_SPAN_REASONING;
        if (p.kind != TARE_SPAN_CONTENT && !thought)
            continue;
        bool before = k == 0 && p.end < c->text.n && c->r->n_spans > 2;
        if (!final && !before && (k == 0 || p.end < c->text.n))
            continue; /* text before a header is told with what follows that */
        size_t from = p.off > s->told ? p.off : s->told;
        size_t end = final || before ? p.end : before_tag(c, from, p.end);
        enum tare_emit_kind kind = thought ? TARE_EMIT_REASONING : TARE_EMIT_CONTENT;
        if (from < end && !final && !before) {
            s->told = tell_open(s, kind, from, end);
        } else if (from < end) {
            tell_text(s, kind, from, end);
            s->told = end;
        }
        if (final && thought)
            tell(s, TARE_EMIT_REASONING_END, (struct tare_str){0});
    }
}

/* One message of Harmony. */
static bool harmony(struct tare_calls_stream *s, struct tare__calls *c)
{
    if (s->at >= c->text.n || !worth_a_look(s))
        return false;
    c->i = s->at;
    c->reading = c->spec;
    tare__calls_harmony_step(c);
    bool final = !c->touch->met && c->i < c->text.n;
    tell_harmony(s, c, final);
    if (!final) {
        s->idle = c->touch->idle;
        s->stop = c->touch->stop;
        tell_open_call(s, c);
        return false;
    }
    settle(s, c->r, 0);
    s->at = c->i;
    return true;
}

static bool step(struct tare_calls_stream *s, struct tare__calls *c)
{
    switch (s->phase) {
    case START:
        return start(s, c);
    case REASON_FIRST:
    case REASON:
        return reason(s, c);
    case THINK:
        return think(s, c);
    case BARE_CHECK:
        return bare_check(s, c);
    case SCAN:
        return scan(s, c);
    case HARMONY:
        return harmony(s, c);
    default:
        return false;
    }
}

/* One look from s->at on; true: something was settled, look again. */
static enum tare_status look(struct tare_calls_stream *s, bool *again, struct tare_err *err)
{
    struct tare__calls *c = &s->c;
    enum tare_status st = TARE_OK;
    if (s->set_up)
        tare__calls_again(c, tare_buf_str(&s->text));
    else
        st = tare__calls_setup(c, tare_buf_str(&s->text), s->opts, &s->arena, &s->r, err);
    *again = s->in_string = s->quiet = false;
    c->resume = s->resume;
    s->idle = TARE__ANY_BYTE;
    if (st != TARE_OK)
        return st;
    s->set_up = true;
    s->touch = (struct tare__calls_touch){0};
    c->touch = &s->touch;
    if (s->spec)
        c->spec = s->spec;
    *again = step(s, c);
    bool nomem = c->nomem || c->json.failed || c->content.failed || c->reasoning.failed;
    tare_arena_reset(&s->arena);
    return nomem ? tare_fail(err, TARE_E_NOMEM, "out of memory while reading tool calls") : TARE_OK;
}

enum tare_status tare_calls_stream_open(const struct tare_calls_opts *opts,
                                        const struct tare_alc *alc, tare_emit_fn *emit, void *ctx,
                                        struct tare_calls_stream **out, struct tare_err *err)
{
    alc = alc ? alc : tare_alc_libc();
    if (opts->dialect.n && !tare_str_is(opts->dialect, "auto") &&
        !tare__calls_spec_named(opts->dialect))
        return tare_fail(err, TARE_E_USAGE, "no tool-call dialect is called \"%.*s\"",
                         TARE_FMT(opts->dialect));
    struct tare_calls_stream *s = alc->get(alc->ctx, sizeof *s);
    if (!s)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a message");
    *s = (struct tare_calls_stream){.opts = opts, .alc = alc, .emit = emit, .ctx = ctx};
    tare_arena_init(&s->arena, alc, TARE_GIB);
    tare_buf_init(&s->text, alc, TARE_MAX_JSON_BYTES);
    tare_buf_init(&s->name, alc, TARE_MAX_JSON_BYTES);
    tare_buf_init(&s->arguments, alc, TARE_GIB);
    *out = s;
    return TARE_OK;
}

static enum tare_status state_of(const struct tare_calls_stream *s, struct tare_err *err)
{
    if (s->text.n >= TARE_MAX_JSON_BYTES)
        return tare_fail(err, TARE_E_LIMIT, "the text is longer than %zu bytes",
                         (size_t)TARE_MAX_JSON_BYTES);
    return s->text.failed || s->name.failed || s->arguments.failed
               ? tare_fail(err, TARE_E_NOMEM, "out of memory while reading a message")
               : TARE_OK;
}

/* More of a string of the open call. False: it ends here, or there is something to be looked at. */
static bool more_of_string(struct tare_calls_stream *s)
{
    size_t i = s->string_told, end;
    while (i < s->text.n) {
        unsigned char b = (unsigned char)s->text.p[i];
        if (b < 0x20 || b == '"' || b == (unsigned char)s->stop)
            return false;
        bool escape = b == '\\';
        if (escape && s->idle != TARE__JSON_STRING)
            return false;
        if (escape && i + 1 == s->text.n)
            break;
        if (escape && (!s->text.p[i + 1] || !strchr("\"\\/bfnrtu", s->text.p[i + 1])))
            return false;
        i += escape ? 2 : 1;
    }
    end = whole(s->text.p, s->string_told, i);
    more_arguments(s, tare_str_n(s->text.p + s->string_told, end - s->string_told));
    s->string_told = end;
    return true;
}

/* Text that says nothing new: more of a string of the open call, of content or of reasoning with
 * no byte that a tag begins with. True: told, as a look would have. */
static bool told_at_once(struct tare_calls_stream *s, struct tare_str piece)
{
    bool scan = s->phase == SCAN && s->scanned, think = s->phase == THINK;
    if (s->in_string && more_of_string(s))
        return true;
    if (s->idle == TARE__NOT_STOP && !memchr(piece.p, s->stop, piece.n))
        return true;
    if (s->quiet && !memchr(piece.p, s->closer, piece.n))
        return true;
    if (!(scan || think) || s->at + piece.n != s->text.n)
        return false;
    for (size_t i = 0; i < piece.n; i++)
        if (scan ? s->marks[(unsigned char)piece.p[i]] : piece.p[i] == s->think_end[0])
            return false;
    s->at = tell_open(s, scan ? TARE_EMIT_CONTENT : TARE_EMIT_REASONING, s->at, s->text.n);
    return true;
}

enum tare_status tare_calls_stream_put(struct tare_calls_stream *s, struct tare_str piece,
                                       struct tare_err *err)
{
    bool again = piece.n > 0;
    tare_buf_put(&s->text, piece);
    enum tare_status st = state_of(s, err);
    if (st == TARE_OK && again &&
        told_at_once(s, tare_str_n(s->text.p + s->text.n - piece.n, piece.n)))
        return state_of(s, err);
    while (st == TARE_OK && again && s->phase != WAIT) {
        st = look(s, &again, err);
        if (st == TARE_OK)
            st = state_of(s, err);
    }
    return st;
}

/* Tells what the record has of one span beyond what was told. */
static void rest_of_span(struct tare_calls_stream *s, const struct tare_calls *r,
                         const struct tare_calls_span *p)
{
    size_t settled = s->told > s->at ? s->told : s->at;
    bool thought = p->kind == TARE_SPAN_REASONING;
    if (p->kind == TARE_SPAN_CONTENT || thought) {
        size_t from = p->off > settled ? p->off : settled;
        tell_text(s, thought ? TARE_EMIT_REASONING : TARE_EMIT_CONTENT, from,
                  p->end > from ? p->end : from);
        if (thought && p->end >= s->at)
            tell(s, TARE_EMIT_REASONING_END, (struct tare_str){0});
        return;
    }
    while (s->ended < r->n_calls && r->calls[s->ended].off >= p->off &&
           r->calls[s->ended].off < p->end)
        final_call(s, &r->calls[s->ended]);
}

enum tare_status tare_calls_stream_end(struct tare_calls_stream *s, bool length,
                                       struct tare_arena *arena, struct tare_calls *out,
                                       struct tare_err *err)
{
    struct tare_calls_opts opts = *s->opts;
    struct tare_str text = tare_arena_copy(arena, tare_buf_str(&s->text));
    opts.length = length;
    if (!text.p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a message");
    enum tare_status st = tare_calls_parse(text, &opts, arena, out, err);
    if (st != TARE_OK)
        return st;
    for (uint32_t k = 0; k < out->n_spans; k++)
        if (out->spans[k].end > s->at ||
            (s->phase == THINK && out->spans[k].kind == TARE_SPAN_REASONING &&
             out->spans[k].end == s->at))
            rest_of_span(s, out, &out->spans[k]);
    if (s->open)
        close_call(s, false, out->n_errors ? out->errors[out->n_errors - 1].code : NO_CODE);
    for (uint32_t k = s->errors; k < out->n_errors; k++) {
        struct tare_emit e = {.kind = TARE_EMIT_ERROR, .code = out->errors[k].code};
        s->emit(s->ctx, &e);
    }
    return state_of(s, err);
}

void tare_calls_stream_close(struct tare_calls_stream *s)
{
    if (!s)
        return;
    if (s->set_up)
        tare__calls_teardown(&s->c);
    tare_arena_free(&s->arena);
    tare_buf_free(&s->text);
    tare_buf_free(&s->name);
    tare_buf_free(&s->arguments);
    s->alc->put(s->alc->ctx, s, sizeof *s);
}
