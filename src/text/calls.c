/* Segmentation: reasoning first, then content and blocks; the record. */
#include "text/calls_int.h"

#include "base/limits.h"

#include "base/banned.h"

void tare__calls_touch(const struct tare__calls *c)
{
    if (!c->touch || c->touch->met)
        return;
    *c->touch = (struct tare__calls_touch){.met = true,
                                           .by = c->reading,
                                           .json = c->json.n,
                                           .repairs = c->rep | c->block_rep,
                                           .calls = c->r->n_calls,
                                           .unit_calls = c->unit_calls,
                                           .inside = c->inside,
                                           .name = c->unit_name};
}

void tare__calls_touch_string(const struct tare__calls *c, bool json, char stop)
{
    if (!c->touch || c->touch->met)
        return;
    tare__calls_touch(c);
    c->touch->idle = json ? TARE__JSON_STRING : TARE__STRING;
    c->touch->stop = stop;
}

/* The same where a tag is waited for. Its begin may stand at the end of the text already. */
static void touch_tag(const struct tare__calls *c, const char *tag, size_t from)
{
    if (!c->touch || c->touch->met)
        return;
    size_t n = strlen(tag) - 1;
    size_t tail = c->text.n > from + n ? c->text.n - n : from;
    tare__calls_touch(c);
    if (from > c->text.n || !memchr(c->text.p + tail, tag[0], c->text.n - tail))
        c->touch->idle = TARE__NOT_STOP;
    c->touch->stop = tag[0];
}

bool tare__calls_at(const struct tare__calls *c, const char *s)
{
    if (c->i < c->text.n && c->text.p[c->i] != s[0]) /* as it is nearly always */
        return false;
    size_t n = strlen(s), left = c->i < c->text.n ? c->text.n - c->i : 0;
    if (left < n && (left == 0 || memcmp(c->text.p + c->i, s, left) == 0))
        tare__calls_touch(c);
    return left >= n && memcmp(c->text.p + c->i, s, n) == 0;
}

bool tare__calls_skip(struct tare__calls *c, const char *s)
{
    bool here = tare__calls_at(c, s);
    if (here)
        c->i += strlen(s);
    return here;
}

bool tare__calls_cut_in(const struct tare__calls *c, const char *s)
{
    if (c->i >= c->text.n || c->text.p[c->i] != s[0])
        return false;
    size_t n = strlen(s), left = c->i < c->text.n ? c->text.n - c->i : 0;
    bool cut = left > 0 && left < n && memcmp(c->text.p + c->i, s, left) == 0;
    if (cut)
        tare__calls_touch(c);
    return cut;
}

bool tare__calls_close(struct tare__calls *c, const char *s)
{
    if (tare__calls_skip(c, s))
        return true;
    if (!tare__calls_done(c) && !tare__calls_cut_in(c, s))
        return false;
    c->i = c->text.n;
    c->rep |= TARE_R_MISSING_CLOSE;
    return true;
}

static bool is_letter(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

static bool is_blank(char ch)
{
    return ch == ' ' || (ch >= '\t' && ch <= '\r');
}

size_t tare__calls_blank_from(const struct tare__calls *c, size_t i)
{
    while (i < c->text.n && is_blank(c->text.p[i]))
        i++;
    if (i >= c->text.n)
        tare__calls_touch(c);
    return i;
}

void tare__calls_blank(struct tare__calls *c)
{
    c->i = tare__calls_blank_from(c, c->i);
}

bool tare__calls_done(const struct tare__calls *c)
{
    if (c->i >= c->text.n)
        tare__calls_touch(c);
    return c->i >= c->text.n;
}

struct tare_str tare__calls_slice(const struct tare__calls *c, size_t off, size_t end)
{
    return tare_str_n(c->text.p + off, end - off);
}

size_t tare__calls_find(const struct tare__calls *c, const char *s, size_t from)
{
    size_t at = SIZE_MAX;
    if (from < c->text.n)
        at = tare_str_find(tare__calls_slice(c, from, c->text.n), tare_str_of(s));
    if (at == SIZE_MAX)
        touch_tag(c, s, from);
    return at == SIZE_MAX ? SIZE_MAX : from + at;
}

void *tare__calls_grown(struct tare__calls *c, void *old, uint32_t n, size_t size)
{
    if (n != 0 && (n < 4 || (n & (n - 1)) != 0))
        return old;
    void *p = tare_arena_array(c->arena, n ? (size_t)n * 2 : 4, size);
    if (!p)
        c->nomem = true;
    else if (n)
        memcpy(p, old, n * size);
    return p;
}

void tare__calls_span(struct tare__calls *c, enum tare_calls_span_kind kind, size_t off, size_t end)
{
    struct tare_calls *r = c->r;
    if (off == end || c->nomem)
        return;
    struct tare_buf *to = kind == TARE_SPAN_CONTENT     ? &c->content
                          : kind == TARE_SPAN_REASONING ? &c->reasoning
                                                        : NULL;
    if (kind == TARE_SPAN_REASONING && to->n > 0)
        tare_buf_putc(to, '\n');
    if (kind == TARE_SPAN_REASONING)
        tare_buf_put(to, tare_str_trim(tare__calls_slice(c, off, end)));
    else if (to)
        tare_buf_put(to, tare__calls_slice(c, off, end));
    struct tare_calls_span *p = tare__calls_grown(c, r->spans, r->n_spans, sizeof *p);
    if (!p)
        return;
    r->spans = p;
    p[r->n_spans++] = (struct tare_calls_span){kind, off, end};
}

void tare__calls_begin(struct tare__calls *c, size_t off)
{
    c->unit_off = off;
    c->unit_calls = c->r->n_calls;
    c->rep = 0;
    c->unit_words = c->unit_words_ok = 0;
    c->unit_name = (struct tare_str){0};
}

static void add_error(struct tare__calls *c, enum tare_calls_code code, size_t off, size_t end)
{
    struct tare_calls *r = c->r;
    struct tare_calls_error *p = tare__calls_grown(c, r->errors, r->n_errors, sizeof *p);
    if (!p)
        return;
    r->errors = p;
    p[r->n_errors++] = (struct tare_calls_error){code, off, end};
}

void tare__calls_reject(struct tare__calls *c, enum tare_calls_code code, size_t end)
{
    c->r->n_calls = c->unit_calls;
    add_error(c, code, c->unit_off, end);
    c->i = end;
}

void tare__calls_cut(struct tare__calls *c)
{
    tare__calls_reject(c, TARE_E_CALL_TRUNCATED, c->text.n);
}

static enum tare_calls_code why_strict(uint32_t rep)
{
    const uint32_t layout = TARE_R_FENCE | TARE_R_WRONG_WRAPPER | TARE_R_MISSING_OPEN |
                            TARE_R_MISSING_CLOSE | TARE_R_MULTI_PAYLOAD | TARE_R_HALLUCINATED_OBS |
                            TARE_R_ID_FORM | TARE_R_KEY_ALIAS | TARE_R_ARGS_STRING |
                            TARE_R_MISSING_ARGS | TARE_R_NAME_PREFIX | TARE_R_NAME_TRIM;
    return rep & TARE_R_HEADER ? TARE_E_CALL_HEADER
           : rep & layout      ? TARE_E_CALL_SHAPE
                               : TARE_E_CALL_JSON;
}

void tare__calls_take(struct tare__calls *c)
{
    uint32_t rep = c->rep | c->block_rep;
    if (c->unit_words != c->unit_words_ok) { /* a bare word where no text is asked for */
        tare__calls_reject(c, TARE_E_CALL_JSON, c->i);
    } else if (c->opts->strict && rep) {
        tare__calls_reject(c, why_strict(rep), c->i);
    } else {
        c->r->repairs |= rep;
        for (uint32_t k = c->unit_calls; k < c->r->n_calls; k++) {
            c->r->calls[k].off = c->unit_off;
            c->r->calls[k].end = c->i;
        }
        if (c->touch && !c->touch->met) {
            c->final_calls = c->r->n_calls;
            c->final_errors = c->r->n_errors;
            c->final_end = c->i;
        }
    }
    tare__calls_begin(c, c->i);
}

void tare__calls_end_block(struct tare__calls *c, uint32_t repairs)
{
    c->unit_calls = c->block_calls;
    c->unit_off = c->block_off;
    if (c->r->n_calls == c->unit_calls) /* nothing that was mended is left */
        return;
    if (!c->opts->strict)
        c->r->repairs |= repairs;
    else if (repairs)
        tare__calls_reject(c, why_strict(repairs), c->i);
}

static const struct tare__calls_opener *opener_at(const struct tare__calls *c, size_t i,
                                                  uint32_t from)
{
    for (uint32_t k = from; k < c->n_openers; k++) {
        struct tare_str s = c->openers[k].text;
        if (c->text.n - i >= s.n && c->text.p[i] == s.p[0] && memcmp(c->text.p + i, s.p, s.n) == 0)
            return &c->openers[k];
    }
    return NULL;
}

/* A block opens at i; JSON without its wrapper is not looked for here. */
static bool block_at(const struct tare__calls *c, size_t i)
{
    const struct tare__calls_opener *o = opener_at(c, i, 0);
    return o && o->text.n > 1;
}

void tare__calls_reject_to(struct tare__calls *c, enum tare_calls_code code, const char *close)
{
    size_t end = c->i > c->unit_off ? c->i : c->unit_off + 1;
    bool closed = false;
    while (end < c->text.n && !closed && !block_at(c, end)) {
        c->i = end;
        closed = close && tare__calls_skip(c, close);
        end = closed ? c->i : end + 1;
    }
    if (end == c->text.n && !closed)
        tare__calls_touch(c);
    tare__calls_reject(c, code, end);
    tare__calls_begin(c, end); /* nothing that was mended of it counts */
}

void tare__calls_settle(struct tare__calls *c, int code, const char *close)
{
    if (code == TARE_E_CALL_TRUNCATED)
        tare__calls_cut(c);
    else if (code)
        tare__calls_reject_to(c, (enum tare_calls_code)code, close);
    else
        tare__calls_take(c);
}

static void add_opener(struct tare__calls *c, const struct tare__calls_spec *s, const char *text,
                       uint32_t repairs)
{
    if (text && c->n_openers < TARE__CALLS_OPENERS)
        c->openers[c->n_openers++] = (struct tare__calls_opener){tare_str_of(text), s, repairs};
}

const struct tare__calls_spec *tare__calls_spec_named(struct tare_str name)
{
    for (const struct tare__calls_spec *s = tare__calls_table; s->name; s++)
        if (tare_str_is(name, s->name))
            return s;
    return NULL;
}

void tare__calls_add_openers(struct tare__calls *c)
{
    const struct tare__calls_spec *s = c->spec;
    if (c->opts->n_tools == 0)
        return;
    if (!s) {
        for (s = tare__calls_table; s->name; s++)
            if (s->family && !(s->flags & TARE__NOT_AUTO) && s->family != tare__calls_sections)
                add_opener(c, s, s->open ? s->open : s->call, 0);
        return;
    }
    add_opener(c, s, s->open ? s->open : s->call, 0);
    for (int k = 0; k < 3 && s->alike[k]; k++) {
        const struct tare__calls_spec *a = tare__calls_spec_named(tare_str_of(s->alike[k]));
        add_opener(c, a, a->open,
                   s->flags & TARE__BARE || a->close == NULL ? 0 : TARE_R_WRONG_WRAPPER);
    }
    if (s->open && s->call)
        add_opener(c, s, s->call, TARE_R_MISSING_OPEN);
    else if (s->family == tare__calls_json && s->close && !(s->flags & TARE__NAME_KEY))
        add_opener(c, s, s->flags & TARE__LIST ? "[" : "{", TARE_R_MISSING_OPEN);
}

/* Tries the openers that stand at i; true when one begins a block, which is then read. */
bool tare__calls_block(struct tare__calls *c, size_t i)
{
    const struct tare__calls_opener *o = opener_at(c, i, 0);
    for (; o; o = opener_at(c, i, (uint32_t)(o - c->openers) + 1)) {
        c->orphan = o->repairs & TARE_R_MISSING_OPEN;
        if (c->orphan && c->no_orphan)
            continue;
        c->i = o->spec->open && !c->orphan ? i + o->text.n : i;
        uint32_t repairs = c->r->repairs, errors = c->r->n_errors;
        c->block_rep = o->repairs;
        c->block_calls = c->r->n_calls;
        c->block_off = i;
        tare__calls_begin(c, i);
        c->reading = o->spec;
        if (o->spec->family(c, o->spec)) {
            if (!c->spec)
                c->r->dialect = o->spec->name;
            return true;
        }
        c->r->n_calls = c->block_calls;
        c->r->n_errors = errors;
        c->r->repairs = repairs;
    }
    c->i = i;
    return false;
}

size_t tare__calls_delimiter_at(const struct tare__calls *c, size_t i)
{
    for (int k = 0; c->spec && k < 6 && c->spec->delimiters[k]; k++) {
        if (c->text.p[i] != c->spec->delimiters[k][0])
            continue;
        size_t n = strlen(c->spec->delimiters[k]);
        if (c->text.n - i >= n && memcmp(c->text.p + i, c->spec->delimiters[k], n) == 0)
            return n;
    }
    return 0;
}

/* All calls from number `from` on are of known tools and fit their schemas. */
static bool fit(struct tare__calls *c, uint32_t from)
{
    bool ok = true;
    for (uint32_t k = from; k < c->r->n_calls && ok; k++) {
        const struct tare_calls_tool *t = tare__calls_tool(c, c->r->calls[k].name);
        ok = t != NULL;
        if (ok && t->schema) {
            enum tare_status st =
                tare_schema_valid(t->schema, c->r->calls[k].arguments, c->arena, &ok, NULL);
            c->nomem |= st == TARE_E_NOMEM;
            ok &= st == TARE_OK;
        }
    }
    return ok;
}

/* A model that calls without closing its reasoning: the rest is reasoning and one block that is
 * whole, valid, mended by nothing and the last thing there is. */
static bool recover(struct tare__calls *c)
{
    size_t from = c->i;
    for (size_t i = from; i < c->text.n && !c->nomem; i++) {
        uint32_t errors = c->r->n_errors, calls = c->r->n_calls, repairs = c->r->repairs;
        if (!opener_at(c, i, 0) || !tare__calls_block(c, i))
            continue;
        bool good = c->r->n_errors == errors && c->r->n_calls > calls && c->r->repairs == repairs &&
                    !c->orphan && fit(c, calls);
        size_t end = c->i;
        tare__calls_blank(c);
        if (good && tare__calls_done(c)) {
            tare__calls_span(c, TARE_SPAN_REASONING, from, i);
            tare__calls_span(c, TARE_SPAN_BLOCK, i, c->text.n);
            c->r->repairs |= TARE_R_IN_THINK;
            return true;
        }
        c->r->n_errors = errors;
        c->r->n_calls = calls;
        c->r->repairs = repairs;
        i = end > i ? end - 1 : i;
    }
    c->i = from;
    return false;
}

/* Reasoning whose tag opens here, or (at the start of a message) was opened by the prompt. */
static void reasoning(struct tare__calls *c, bool open)
{
    const struct tare__calls_spec *s = c->spec;
    const char *close = s && s->think ? s->think_end : open ? "</think>" : NULL;
    size_t at = tare__calls_blank_from(c, c->i);
    if (!open) {
        const char *tag = s ? s->think : NULL;
        for (size_t k = 0; !s && !tag && tare__calls_table[k].name; k++) {
            const struct tare__calls_spec *row = &tare__calls_table[k];
            struct tare_str rest = tare__calls_slice(c, at, c->text.n);
            if (row->think && tare_str_starts(rest, tare_str_of(row->think))) {
                tag = row->think;
                close = row->think_end;
            }
        }
        if (!tag || !tare_str_starts(tare__calls_slice(c, at, c->text.n), tare_str_of(tag)))
            return;
        at += strlen(tag);
        tare__calls_span(c, TARE_SPAN_DELIMITER, c->i, at);
        c->i = at;
    }
    c->has_reasoning = true;
    size_t end = tare__calls_find(c, close, c->i);
    if (end == SIZE_MAX && c->opts->recover_in_think && !c->opts->strict && recover(c))
        return;
    tare__calls_span(c, TARE_SPAN_REASONING, c->i, end == SIZE_MAX ? c->text.n : end);
    c->i = end == SIZE_MAX ? c->text.n : end + strlen(close);
    if (end == SIZE_MAX)
        add_error(c, TARE_E_REASONING_OPEN, c->i, c->i);
    else
        tare__calls_span(c, TARE_SPAN_DELIMITER, end, c->i);
}

/* The text from `at` on is the begin of a tag that a token limit cut. One letter says too little,
 * but at the begin of a line. */
static bool begins(const struct tare__calls *c, size_t at, struct tare_str tag)
{
    struct tare_str text = tare__calls_slice(c, at, c->text.n);
    bool enough = text.n > 1 || !is_letter(tag.p[0]) || (at > 0 && c->text.p[at - 1] == '\n');
    return text.n < tag.n && enough && tare_str_starts(tag, text);
}

/* The end of the text may be the begin of an opener. */
static size_t cut_opener(const struct tare__calls *c, size_t from)
{
    const struct tare__calls_spec *s = c->spec;
    size_t most = 64, at = c->text.n - from > most ? c->text.n - most : from;
    size_t first = tare__calls_blank_from(c, from), start = tare__calls_blank_from(c, 0);
    for (; c->opts->length && at < c->text.n; at++) {
        bool later = s && s->flags & TARE__INTERLEAVED && at > 0 && c->text.p[at - 1] == '\n';
        bool cut = s && s->think && (at == first || later) && begins(c, at, tare_str_of(s->think));
        for (uint32_t k = 0; k < c->n_openers; k++)
            cut |= begins(c, at, c->openers[k].text);
        for (size_t k = 0; !s && at == start && tare__calls_starts[k].start; k++)
            cut |= begins(c, at, tare_str_of(tare__calls_starts[k].start));
        for (int k = 0; s && k < 6 && s->delimiters[k]; k++)
            cut |= begins(c, at, tare_str_of(s->delimiters[k]));
        if (cut)
            return at;
    }
    return c->text.n;
}

void tare__calls_tail(struct tare__calls *c, size_t from)
{
    size_t tail = cut_opener(c, from);
    tare__calls_span(c, TARE_SPAN_CONTENT, from, tail);
    tare__calls_span(c, TARE_SPAN_REJECTED, tail, c->text.n);
    if (tail < c->text.n)
        add_error(c, TARE_E_CALL_TRUNCATED, tail, c->text.n);
    c->i = c->text.n;
}

bool tare__calls_thinks_at(const struct tare__calls *c, size_t i)
{
    const struct tare__calls_spec *s = c->spec;
    return s && s->flags & TARE__INTERLEAVED && (i == 0 || c->text.p[i - 1] == '\n') &&
           tare_str_starts(tare__calls_slice(c, i, c->text.n), tare_str_of(s->think));
}

static void scan(struct tare__calls *c)
{
    bool first[256] = {false};
    size_t from = c->i, i = from;
    if (c->spec && c->spec->flags & TARE__INTERLEAVED)
        first[(unsigned char)c->spec->think[0]] = true;
    for (uint32_t k = 0; k < c->n_openers; k++)
        first[(unsigned char)c->openers[k].text.p[0]] = true;
    while (i < c->text.n && !c->nomem) {
        uint32_t errors = c->r->n_errors;
        size_t n = tare__calls_delimiter_at(c, i);
        bool think = tare__calls_thinks_at(c, i);
        if (n == 0 && !think && !(first[(unsigned char)c->text.p[i]] && tare__calls_block(c, i))) {
            i++;
            continue;
        }
        tare__calls_span(c, TARE_SPAN_CONTENT, from, i);
        if (n) {
            tare__calls_span(c, TARE_SPAN_DELIMITER, i, i + n);
            c->i = i + n;
        } else if (think) {
            c->i = i;
        } else {
            tare__calls_span(c, c->r->n_errors > errors ? TARE_SPAN_REJECTED : TARE_SPAN_BLOCK, i,
                             c->i);
        }
        reasoning(c, false);
        from = i = c->i;
    }
    tare__calls_tail(c, from);
}

/* A message that is a bare call as a whole. */
static bool bare(struct tare__calls *c)
{
    static const char *const by_key[2][3] = {{"xlam", "llama3_json", "pythonic"},
                                             {"llama3_json", "xlam", "pythonic"}};
    size_t from = c->i;
    if (c->opts->n_tools == 0 || (c->spec && !(c->spec->flags & TARE__BARE)))
        return false;
    bool llama = !c->spec && tare__calls_find(c, "\"parameters\"", from) <
                                 tare__calls_find(c, "\"arguments\"", from);
    const char *const *names = by_key[llama];
    for (size_t k = 0; k < 3; k++) {
        const struct tare__calls_spec *s =
            c->spec ? c->spec : tare__calls_spec_named(tare_str_of(names[k]));
        uint32_t errors = c->r->n_errors;
        c->i = from;
        c->block_calls = c->r->n_calls;
        c->block_rep = 0;
        tare__calls_begin(c, from);
        if (tare__calls_bare(c, s)) {
            tare__calls_span(c, c->r->n_errors > errors ? TARE_SPAN_REJECTED : TARE_SPAN_BLOCK,
                             from, c->i);
            c->r->dialect = s->name;
            return true;
        }
        c->r->n_calls = c->block_calls;
        c->r->n_errors = errors;
        if (c->spec)
            break;
    }
    c->i = from;
    return false;
}

const struct tare__calls_start tare__calls_starts[] = {{"<|channel|>", "harmony"},
                                                       {"<|start|>assistant", "harmony"},
                                                       {"to=functions.", "harmony"},
                                                       {"Thought:", "react"},
                                                       {"Action:", "react"},
                                                       {"<|open|>think", "kimi_k3"},
                                                       {"<|close|>response", "kimi_k3"},
                                                       {">>>", "functionary_v3_2"},
                                                       {"<|START_", "command_a"},
                                                       {NULL, NULL}};

/* Layouts of whole messages show at their beginning. */
static void recognise(struct tare__calls *c)
{
    struct tare_str t = tare_str_trim(c->text);
    for (size_t k = 0; tare__calls_starts[k].start && !c->spec; k++)
        if (tare_str_starts(t, tare_str_of(tare__calls_starts[k].start)))
            c->spec = tare__calls_spec_named(tare_str_of(tare__calls_starts[k].name));
    bool action = tare_str_starts(t, TARE_S("Action:")); /* Command R+ begins like that, too */
    if (action && tare__calls_find(c, "\nAction Input:", 0) == SIZE_MAX)
        c->spec = NULL;
    bool command = c->spec && strcmp(c->spec->name, "command_a") == 0;
    if (command && tare__calls_find(c, "<cofl:tool_calls>", 0) != SIZE_MAX)
        c->spec = tare__calls_spec_named(TARE_S("cohere_xml"));
}

static void message(struct tare__calls *c)
{
    if (!c->spec)
        recognise(c);
    c->r->dialect = c->spec ? c->spec->name : "auto";
    tare__calls_add_openers(c);
    if (c->spec && !c->spec->family) {
        if (c->spec->name[0] == 'h')
            tare__calls_harmony(c);
        else
            tare__calls_react(c);
        return;
    }
    reasoning(c, c->opts->think_prefilled);
    if (c->r->n_errors == 0 && bare(c))
        reasoning(c, false);
    scan(c);
}

static void conclude(struct tare__calls *c)
{
    struct tare_calls *r = c->r;
    bool bad = false;
    for (uint32_t k = 0; k < r->n_errors; k++)
        bad |= r->errors[k].code != TARE_E_CALL_TRUNCATED &&
               r->errors[k].code != TARE_E_REASONING_OPEN;
    r->status = bad           ? TARE_CALLS_MALFORMED
                : r->n_errors ? TARE_CALLS_TRUNCATED
                : r->repairs  ? TARE_CALLS_REPAIRED
                : r->n_calls  ? TARE_CALLS_OK
                              : TARE_CALLS_NO_CALL;
    r->content = tare_arena_copy(c->arena, tare_str_trim(tare_buf_str(&c->content)));
    c->nomem |= !r->content.p || c->content.failed || c->reasoning.failed || c->json.failed;
    if (c->has_reasoning) {
        r->reasoning = tare_arena_copy(c->arena, tare_str_trim(tare_buf_str(&c->reasoning)));
        c->nomem |= !r->reasoning.p;
    }
    if (!c->nomem)
        tare__calls_validate(c);
}

static void set_ceilings(struct tare__calls *c)
{
    c->json.max = 8 * c->text.n + 1024;
    c->content.max = c->text.n;
    c->reasoning.max = c->text.n + 1;
}

enum tare_status tare__calls_setup(struct tare__calls *c, struct tare_str text,
                                   const struct tare_calls_opts *opts, struct tare_arena *arena,
                                   struct tare_calls *out, struct tare_err *err)
{
    memset(c, 0, offsetof(struct tare__calls, openers));
    c->text = text.p ? text : TARE_S("");
    c->opts = opts;
    c->arena = arena;
    c->r = out;
    *out = (struct tare_calls){0};
    if (opts->dialect.n && !tare_str_is(opts->dialect, "auto")) {
        c->spec = tare__calls_spec_named(opts->dialect);
        if (!c->spec)
            return tare_fail(err, TARE_E_USAGE, "no tool-call dialect is called \"%.*s\"",
                             TARE_FMT(opts->dialect));
    }
    if (text.n > TARE_MAX_JSON_BYTES)
        return tare_fail(err, TARE_E_LIMIT, "the text is longer than %zu bytes",
                         (size_t)TARE_MAX_JSON_BYTES);
    tare_buf_init(&c->json, arena->alc, 0);
    tare_buf_init(&c->content, arena->alc, 0);
    tare_buf_init(&c->reasoning, arena->alc, 0);
    set_ceilings(c);
    return TARE_OK;
}

void tare__calls_again(struct tare__calls *c, struct tare_str text)
{
    memset(c, 0, offsetof(struct tare__calls, opts));
    c->text = text;
    *c->r = (struct tare_calls){0};
    tare_buf_reset(&c->json);
    tare_buf_reset(&c->content);
    tare_buf_reset(&c->reasoning);
    set_ceilings(c);
}

struct tare_json tare__calls_any(struct tare__calls *c)
{
    if (!c->any.doc && tare_json_parse(TARE_S("{}"), NULL, c->arena, &c->any, NULL) != TARE_OK)
        c->nomem = true;
    return c->any;
}

void tare__calls_teardown(struct tare__calls *c)
{
    tare_buf_free(&c->json);
    tare_buf_free(&c->content);
    tare_buf_free(&c->reasoning);
}

enum tare_status tare_calls_parse(struct tare_str text, const struct tare_calls_opts *opts,
                                  struct tare_arena *arena, struct tare_calls *out,
                                  struct tare_err *err)
{
    struct tare__calls c;
    enum tare_status st = tare__calls_setup(&c, text, opts, arena, out, err);
    if (st != TARE_OK)
        return st;
    message(&c);
    conclude(&c);
    tare__calls_teardown(&c);
    return c.nomem ? tare_fail(err, TARE_E_NOMEM, "out of memory while reading tool calls")
                   : TARE_OK;
}

void tare_calls_feed_begin(struct tare_calls_feed *f, const struct tare_alc *alc)
{
    tare_buf_init(&f->text, alc, TARE_MAX_JSON_BYTES);
}

void tare_calls_feed_put(struct tare_calls_feed *f, struct tare_str piece)
{
    tare_buf_put(&f->text, piece);
}

enum tare_status tare_calls_feed_end(struct tare_calls_feed *f, const struct tare_calls_opts *opts,
                                     struct tare_arena *arena, struct tare_calls *out,
                                     struct tare_err *err)
{
    struct tare_str all = tare_arena_copy(arena, tare_buf_str(&f->text));
    bool failed = f->text.failed || !all.p;
    tare_buf_free(&f->text);
    if (failed)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while collecting a message");
    return tare_calls_parse(all, opts, arena, out, err);
}
