/* Dialects that lay out the whole message: Harmony's channels, ReAct's headings. */
#include "text/calls_int.h"

#include "base/banned.h"

struct header {
    struct tare_str channel, to;
    bool odd; /* a marker twice, or words that do not belong here */
};

static bool known_word(struct tare_str w)
{
    static const char *const words[] = {"assistant", "commentary", "analysis", "final",
                                        "json",      "code",       NULL};
    for (int k = 0; words[k]; k++)
        if (tare_str_is(w, words[k]))
            return true;
    return false;
}

/* From the cursor to behind <|message|>; false: the text ends before. */
static bool header(struct tare__calls *c, struct header *h)
{
    int channels = 0;
    bool after_channel = false;
    *h = (struct header){0};
    while (!tare__calls_skip(c, "<|message|>")) {
        tare__calls_blank(c);
        if (tare__calls_done(c))
            return false;
        if (tare__calls_skip(c, "<|channel|>")) {
            channels++;
            after_channel = true;
            continue;
        }
        if (tare__calls_skip(c, "<|start|>") || tare__calls_skip(c, "<|constrain|>"))
            continue;
        size_t from = c->i++;
        while (!tare__calls_done(c) && !strchr(" \n\t<", c->text.p[c->i]))
            c->i++;
        struct tare_str w = tare__calls_slice(c, from, c->i);
        if (tare_str_starts(w, TARE_S("to=")))
            h->to = tare_str_n(w.p + 3, w.n - 3);
        else if (after_channel)
            h->channel = w; /* one that nobody knows is a stray word */
        else if (!known_word(w))
            h->odd = true;
        after_channel = false;
    }
    h->odd |= channels > 1 || (h->channel.n && !known_word(h->channel));
    return true;
}

static const char *const ends[] = {"<|end|>", "<|return|>", "<|call|>", "<|start|>", NULL};

static size_t body_end(struct tare__calls *c)
{
    size_t was = c->i, end = c->text.n;
    for (; !tare__calls_done(c) && end == c->text.n; c->i++)
        for (int k = 0; k < 4 && c->text.p[c->i] == '<'; k++)
            if (tare__calls_at(c, ends[k]))
                end = c->i;
    c->i = was;
    return end;
}

static void end_token(struct tare__calls *c)
{
    if (!tare__calls_skip(c, "<|end|>") && !tare__calls_skip(c, "<|return|>"))
        tare__calls_skip(c, "<|call|>");
}

/* The text ends here, or inside a token that may come here. */
static bool cut_here(const struct tare__calls *c, const char *const *tokens)
{
    bool cut = tare__calls_done(c);
    for (; *tokens; tokens++)
        cut |= tare__calls_cut_in(c, *tokens);
    return cut;
}

static void harmony_call(struct tare__calls *c, const struct header *h)
{
    struct tare_json args;
    size_t prefix = tare_str_starts(h->to, TARE_S("functions.")) ? 10 : 0;
    struct tare_str n = tare_str_n(h->to.p + prefix, h->to.n - prefix);
    if (h->odd || prefix == 0 || tare_str_is(h->channel, "analysis"))
        c->rep |= TARE_R_HEADER;
    int code = n.n ? tare__calls_value(c, n, "<|call|>", false, &args) : TARE_E_CALL_NO_NAME;
    if (code == TARE_E_CALL_TRUNCATED) {
        tare__calls_cut(c);
        return;
    }
    tare__calls_blank(c);
    bool cut = !code && cut_here(c, ends);
    if (cut) {
        c->i = c->text.n;
        c->rep |= TARE_R_MISSING_CLOSE;
    } else if (!code && body_end(c) != c->i)
        code = TARE_E_CALL_JSON;
    if (code) {
        c->i = body_end(c);
        end_token(c);
        tare__calls_reject(c, (enum tare_calls_code)code, c->i);
        return;
    }
    tare__calls_add(c, n, args, (struct tare_str){0});
    end_token(c);
    tare__calls_take(c);
}

static bool at_header(const struct tare__calls *c)
{
    return tare__calls_at(c, "<|channel|>") || tare__calls_at(c, "<|start|>") ||
           tare__calls_at(c, "to=functions.");
}

/* The text of a message, and what ends it. */
static void body(struct tare__calls *c, bool thought)
{
    size_t from = c->i, end = body_end(c);
    c->has_reasoning |= thought;
    if (!thought && end == c->text.n) {
        tare__calls_tail(c, from);
        return;
    }
    tare__calls_span(c, thought ? TARE_SPAN_REASONING : TARE_SPAN_CONTENT, from, end);
    c->i = end;
    if (thought && tare__calls_done(c)) {
        tare__calls_begin(c, from);
        tare__calls_reject(c, TARE_E_REASONING_OPEN, end);
    }
    end_token(c);
    tare__calls_span(c, TARE_SPAN_DELIMITER, end, c->i);
}

static void one_message(struct tare__calls *c)
{
    struct header h;
    size_t from = c->i;
    uint32_t errors = c->r->n_errors;
    tare__calls_begin(c, from);
    if (!header(c, &h)) {
        tare__calls_cut(c);
        tare__calls_span(c, TARE_SPAN_REJECTED, from, c->i);
        return;
    }
    bool ours = tare_str_starts(h.to, TARE_S("functions.")) || tare__calls_tool(c, h.to);
    if (c->opts->n_tools && h.to.n && ours) {
        harmony_call(c, &h);
        tare__calls_span(c, c->r->n_errors > errors ? TARE_SPAN_REJECTED : TARE_SPAN_BLOCK, from,
                         c->i);
        return;
    }
    tare__calls_span(c, TARE_SPAN_DELIMITER, from, c->i);
    body(c, tare_str_is(h.channel, "analysis"));
}

void tare__calls_harmony_step(struct tare__calls *c)
{
    size_t from = c->i;
    c->block_rep = 0;
    if (from == 0 && c->opts->think_prefilled) {
        body(c, true);
        if (c->i > from)
            return;
    }
    tare__calls_blank(c);
    if (at_header(c)) {
        tare__calls_span(c, TARE_SPAN_CONTENT, from, c->i);
        one_message(c);
        return;
    }
    if (c->opts->length && c->i + 1 < c->text.n && tare__calls_cut_in(c, "to=functions.")) {
        tare__calls_begin(c, from);
        tare__calls_cut(c);
        tare__calls_span(c, TARE_SPAN_REJECTED, from, c->i);
        return;
    }
    while (!tare__calls_done(c) && !tare__calls_at(c, "<|channel|>") &&
           !tare__calls_at(c, "<|start|>"))
        c->i++;
    if (tare__calls_done(c))
        tare__calls_tail(c, from);
    else
        tare__calls_span(c, TARE_SPAN_CONTENT, from, c->i);
}

void tare__calls_harmony(struct tare__calls *c)
{
    while (!tare__calls_done(c) && !c->nomem)
        tare__calls_harmony_step(c);
}

static const char *const headings[] = {
    "Thought:", "Action:", "Action Input:", "Observation:", "Final Answer:"};

/* The next line that begins with one of ReAct's headings, from `from` on. */
static size_t heading(struct tare__calls *c, size_t from)
{
    size_t was = c->i, end = c->text.n;
    for (c->i = from; c->i < c->text.n;) {
        for (int k = 0; k < 5 && end == c->text.n; k++)
            if (tare__calls_at(c, headings[k]))
                end = c->i;
        size_t line = end < c->text.n ? SIZE_MAX : tare__calls_find(c, "\n", c->i);
        if (line == SIZE_MAX)
            break;
        c->i = line + 1;
    }
    c->i = was;
    return end;
}

/* Text between headings; a token limit may have cut the next one. */
static void plain(struct tare__calls *c, enum tare_calls_span_kind kind, size_t from, size_t end)
{
    size_t line = end;
    while (line > from && c->text.p[line - 1] != '\n')
        line--;
    struct tare_str rest = tare__calls_slice(c, line, end);
    bool cut = false;
    for (int k = 0; k < 5 && c->opts->length && end == c->text.n && rest.n; k++)
        cut |= tare_str_starts(tare_str_of(headings[k]), rest);
    tare__calls_span(c, kind, from, cut ? line : end);
    c->i = end;
    if (!cut)
        return;
    tare__calls_begin(c, line);
    tare__calls_cut(c);
    tare__calls_span(c, TARE_SPAN_REJECTED, line, end);
}

/* The only argument a tool has, when that can be a text; p is NULL otherwise. */
static struct tare_str only_text(const struct tare__calls *c, struct tare_str name)
{
    const struct tare_calls_tool *t = tare__calls_tool(c, name);
    struct tare_json props = t ? tare_json_get(t->parameters, "properties") : (struct tare_json){0};
    struct tare_json first = tare_json_first(props);
    if (tare_json_count(props) != 1 || !(tare__calls_types(first, t->parameters, 0) & TARE__T_STR))
        return (struct tare_str){0};
    return tare_json_key(first);
}

/* Arguments as JSON, or as the bare text of the only one. 0 or a code. */
static int react_input(struct tare__calls *c, struct tare_str name, struct tare_json *args)
{
    tare__calls_blank(c);
    struct tare_str key = only_text(c, name);
    if (!key.p || tare__calls_done(c) || strchr("{[`\"", c->text.p[c->i]))
        return tare__calls_value(c, name, NULL, false, args);
    struct tare_json_writer w;
    size_t end = heading(c, c->i);
    if (end == c->text.n && c->opts->length) /* a text without an end of its own */
        return TARE_E_CALL_TRUNCATED;
    c->json.n = 0;
    c->unit_name = name;
    tare_json_writer_init(&w, &c->json);
    tare_json_begin_object(&w);
    tare_json_put_key_str(&w, key);
    tare_json_put_str(&w, tare_str_trim(tare__calls_slice(c, c->i, end)));
    tare_json_end_object(&w);
    c->i = end;
    return tare__calls_document(c, 0, args) ? 0 : TARE_E_CALL_JSON;
}

static void react_call(struct tare__calls *c, size_t from)
{
    struct tare_json args;
    size_t end = heading(c, c->i);
    struct tare_str n = tare_str_trim(tare__calls_slice(c, c->i, end));
    tare__calls_begin(c, from);
    c->i = end;
    if (!tare__calls_skip(c, "Action Input:")) {
        if (tare__calls_done(c))
            tare__calls_cut(c);
        else
            tare__calls_reject(c, TARE_E_CALL_SHAPE, end);
        return;
    }
    int code = n.n ? react_input(c, n, &args) : TARE_E_CALL_NO_NAME;
    if (code == TARE_E_CALL_TRUNCATED) {
        tare__calls_cut(c);
        return;
    }
    if (code) {
        tare__calls_reject(c, (enum tare_calls_code)code, heading(c, c->i));
        return;
    }
    tare__calls_add(c, n, args, (struct tare_str){0});
    size_t after = tare__calls_blank_from(c, c->i);
    struct tare_str rest = tare__calls_slice(c, after, c->text.n);
    if (tare_str_starts(rest, TARE_S("Observation:"))) {
        c->i = c->text.n;
        if (rest.n > 13)
            c->rep |= TARE_R_HALLUCINATED_OBS;
    }
    tare__calls_take(c);
}

void tare__calls_react(struct tare__calls *c)
{
    c->block_rep = 0;
    while (!tare__calls_done(c) && !c->nomem) {
        size_t from = c->i, at = heading(c, from);
        uint32_t errors = c->r->n_errors;
        bool open = from == 0 && c->opts->think_prefilled;
        c->has_reasoning |= open;
        plain(c, open ? TARE_SPAN_REASONING : TARE_SPAN_CONTENT, from, at);
        if (c->opts->n_tools && tare__calls_skip(c, "Action:")) {
            react_call(c, at);
            tare__calls_span(c, c->r->n_errors > errors ? TARE_SPAN_REJECTED : TARE_SPAN_BLOCK, at,
                             c->i);
            continue;
        }
        bool thought = tare__calls_skip(c, "Thought:");
        if (!thought && !tare__calls_skip(c, "Final Answer:") && !tare__calls_done(c))
            c->i++; /* a heading that stands alone is content */
        tare__calls_span(c, thought || c->i > at + 1 ? TARE_SPAN_DELIMITER : TARE_SPAN_CONTENT, at,
                         c->i);
        size_t body = c->i, end = heading(c, body);
        c->has_reasoning |= thought;
        plain(c, thought ? TARE_SPAN_REASONING : TARE_SPAN_CONTENT, body, end);
    }
}
