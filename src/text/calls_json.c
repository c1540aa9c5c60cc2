/* Payloads that are JSON: {"name", "arguments"} in a wrapper, or a head and its arguments. */
#include "text/calls_int.h"

#include "base/banned.h"

#define FENCE "```"

/* What ends a block: its closing tag, or the fence around its payload. */
static const char *end_of(const struct tare__calls_spec *s)
{
    return s->flags & TARE__FENCED ? FENCE : s->close;
}

static bool starts_payload(const struct tare__calls *c)
{
    return tare__calls_at(c, "{") || tare__calls_at(c, "[");
}

/* Over a fence and its language; true when there was one, or the text ends inside it. */
static bool fence(struct tare__calls *c)
{
    if (tare__calls_cut_in(c, FENCE))
        c->i = c->text.n;
    else if (!tare__calls_skip(c, FENCE))
        return false;
    while (!tare__calls_done(c) && c->text.p[c->i] >= 'a' && c->text.p[c->i] <= 'z')
        c->i++;
    tare__calls_blank(c);
    return true;
}

/* Over the fence behind a payload, or what the end of the text left of it. */
static bool fence_end(struct tare__calls *c)
{
    bool cut = tare__calls_cut_in(c, FENCE);
    if (cut)
        c->i = c->text.n;
    return cut || tare__calls_skip(c, FENCE);
}

static int fault(enum tare__calls_read st)
{
    return st == TARE__READ_END     ? TARE_E_CALL_TRUNCATED
           : st == TARE__READ_SHAPE ? TARE_E_CALL_SHAPE
                                    : TARE_E_CALL_JSON;
}

/* What may follow a payload's surplus closers: its closing tag, a fence, the end of the text. */
static bool closes(const struct tare__calls *c, const char *close)
{
    return tare__calls_done(c) || tare__calls_at(c, FENCE) || tare__calls_cut_in(c, FENCE) ||
           (close && (tare__calls_at(c, close) || tare__calls_cut_in(c, close)));
}

static void extra_closers(struct tare__calls *c, const char *close)
{
    size_t from = c->i, end = from;
    int n = 0;
    tare__calls_blank(c);
    while (n < 4 && (tare__calls_skip(c, "}") || tare__calls_skip(c, "]"))) {
        n++;
        end = c->i;
        tare__calls_blank(c);
    }
    if (n == 0)
        return;
    if (n > 3 || (close && !closes(c, close))) {
        c->i = from;
        return;
    }
    c->rep |= TARE_R_EXTRA_CLOSER;
    if (!close)
        c->i = end;
}

/* One JSON value and the calls in it. 0 or a code. */
static int payload(struct tare__calls *c, const struct tare__calls_spec *s, bool *list)
{
    struct tare_json v;
    c->json.n = 0;
    enum tare__calls_read st = tare__calls_literal(c, TARE__JSON, end_of(s), NULL);
    if (st != TARE__READ_OK)
        return fault(st);
    if (!tare__calls_document(c, 0, &v))
        return TARE_E_CALL_JSON;
    *list = tare_json_kind(v) == TARE_JSON_ARRAY;
    if (!*list)
        return tare__calls_object(c, s, v);
    int code = tare_json_count(v) ? 0 : TARE_E_CALL_EMPTY;
    for (struct tare_json e = tare_json_first(v); e.doc && !code; e = tare_json_next(e))
        code = tare__calls_object(c, s, e);
    return code;
}

/* All values of a block; 0 or a code. */
static int payloads(struct tare__calls *c, const struct tare__calls_spec *s)
{
    for (int n = 1;; n++) {
        bool list = false;
        int code = payload(c, s, &list);
        if (code)
            return code;
        if (list && !((s->flags | (c->spec ? c->spec->flags : 0)) & TARE__LIST))
            c->rep |= TARE_R_MULTI_PAYLOAD;
        if (!list && s->flags & TARE__LIST && !(s->flags & TARE__BARE))
            c->rep |= TARE_R_WRONG_WRAPPER;
        extra_closers(c, end_of(s));
        size_t end = c->i;
        tare__calls_blank(c);
        bool separated = tare__calls_skip(c, ";");
        tare__calls_blank(c);
        if (!starts_payload(c) || (!end_of(s) && !(s->flags & TARE__MANY))) {
            if (!separated || !tare__calls_done(c)) /* a separator may end the text */
                c->i = end;
            return 0;
        }
        if (!(s->flags & TARE__MANY) || ((s->flags & TARE__BARE) && !separated))
            c->rep |= TARE_R_MULTI_PAYLOAD;
    }
}

/* Rows that share an opener are told apart by what follows, when no dialect is given. */
static bool meant(struct tare__calls *c, const struct tare__calls_spec *s)
{
    bool list = tare__calls_at(c, "["), one = tare__calls_at(c, "{");
    bool cut = tare__calls_done(c) || (s->close && tare__calls_cut_in(c, s->close));
    if (s->flags & TARE__LIST && s->open[1] == 't' && !list && !cut)
        return false;
    if (s->flags & TARE__MANY && s->close && !one && !cut)
        return false;
    return strcmp(s->name, "xlam") != 0 && strcmp(s->name, "phi4_mini") != 0;
}

static bool activates(struct tare__calls *c, const struct tare__calls_spec *s)
{
    bool payload = starts_payload(c);
    if (!c->spec && !meant(c, s))
        return false;
    if (s->flags & TARE__FENCED) /* the opener is a word of prose, too */
        return tare__calls_at(c, FENCE) || (c->spec && payload) ||
               (c->opts->length && closes(c, NULL));
    return payload || closes(c, s->close);
}

/* What ends a block whose payloads are read. 0 or a code. */
static int block_end(struct tare__calls *c, const struct tare__calls_spec *s, bool fenced)
{
    size_t end = c->i;
    tare__calls_blank(c);
    if (fenced && s->flags & TARE__FENCED)
        return tare__calls_close(c, FENCE) ? 0 : TARE_E_CALL_JSON;
    if (fenced && fence_end(c)) {
        end = c->i;
        tare__calls_blank(c);
    }
    if (s->close)
        return tare__calls_close(c, s->close) ? 0 : TARE_E_CALL_JSON;
    c->i = end;
    /* tags that others write here */
    const char *tag = strcmp(s->name, "granite3") == 0        ? "<|/tool_call|>"
                      : strcmp(s->name, "granite3 tags") == 0 ? "</tool_call>"
                                                              : NULL;
    if (tag && !tare__calls_skip(c, tag) && tare__calls_cut_in(c, tag))
        c->i = c->text.n;
    return 0;
}

/* A bare object or list that does not look like a call is prose, also when it is cut too early to
 * tell and the model had ended there. */
static bool looks_like_call(struct tare__calls *c)
{
    static const char *const keys[] = {"name", "tool_name", "tool_call_id", "type\": \"function\""};
    size_t was = c->i;
    bool like = false, cut = false;
    while (!tare__calls_done(c) && strchr(" \t\r\n[{\"'", c->text.p[c->i]))
        c->i++;
    for (int k = 0; k < 4; k++) {
        like |= tare__calls_at(c, keys[k]);
        cut |= tare__calls_done(c) || tare__calls_cut_in(c, keys[k]);
    }
    c->i = was;
    return like || (cut && c->opts->length && !c->orphan);
}

/* At the begin of a line, and not within what has been looked at before. */
static bool begins_line(const struct tare__calls *c)
{
    size_t i = c->i;
    while (i > 0 && (c->text.p[i - 1] == ' ' || c->text.p[i - 1] == '\t'))
        i--;
    return c->i >= c->orphan_end && (i == 0 || c->text.p[i - 1] == '\n' || c->text.p[i - 1] == '>');
}

/* The payload of a block whose opener is missing: whole calls of known tools, then the closing tag.
 */
static bool orphan(struct tare__calls *c, const struct tare__calls_spec *s)
{
    if (!begins_line(c) || !looks_like_call(c))
        return false;
    bool good = payloads(c, s) == 0;
    tare__calls_blank(c);
    c->orphan_end = c->i;
    good = good && tare__calls_skip(c, s->close);
    for (uint32_t k = c->unit_calls; k < c->r->n_calls; k++)
        good &= tare__calls_complete(c, k);
    if (good)
        tare__calls_take(c);
    return good;
}

bool tare__calls_json(struct tare__calls *c, const struct tare__calls_spec *s)
{
    if (c->orphan)
        return orphan(c, s);
    tare__calls_blank(c);
    if (!activates(c, s))
        return false;
    bool fenced = fence(c), due = s->flags & TARE__FENCED;
    if (fenced != due)
        c->rep |= TARE_R_FENCE;
    if (tare__calls_done(c) || (s->close && tare__calls_cut_in(c, s->close))) {
        tare__calls_cut(c);
        return true;
    }
    if (s->close && tare__calls_skip(c, s->close)) {
        tare__calls_reject(c, TARE_E_CALL_EMPTY, c->i);
        return true;
    }
    int code = payloads(c, s);
    if (!code)
        code = block_end(c, s, fenced);
    tare__calls_settle(c, code, end_of(s));
    return true;
}

bool tare__calls_bare(struct tare__calls *c, const struct tare__calls_spec *s)
{
    size_t at;
    tare__calls_blank(c);
    at = c->i;
    bool fenced = fence(c);
    if (fenced)
        c->rep |= TARE_R_FENCE;
    if (s->family == tare__calls_python ? !tare__calls_at(c, "[") : !starts_payload(c))
        return false;
    if (s->family == tare__calls_python)
        return s->family(c, s) && (tare__calls_blank(c), true);
    bool plausible = looks_like_call(c);
    c->no_call = false;
    int code = payloads(c, s);
    if (code && (!plausible || c->no_call))
        return false;
    if (code == TARE_E_CALL_TRUNCATED) {
        tare__calls_cut(c);
        return true;
    }
    if (!code && fenced) {
        tare__calls_blank(c);
        fence_end(c);
    }
    size_t end = c->i;
    tare__calls_blank(c);
    bool whole = tare__calls_done(c) || tare__calls_at(c, "<|") || tare__calls_cut_in(c, "<|");
    c->i = end;
    if (!code && !whole)
        return false;
    if (code) {
        c->i = at;
        tare__calls_reject(c, (enum tare_calls_code)code, c->text.n);
    } else {
        tare__calls_take(c);
    }
    return true;
}

static struct tare_str without_separator(struct tare_str s)
{
    bool cut = s.n && strchr("._:-", s.p[0]);
    return tare_str_n(s.p + cut, s.n - cut);
}

/* "functions", the name and a number, with any separator or none. */
static bool is_id_of(struct tare_str head, struct tare_str name)
{
    if (tare_str_starts(head, TARE_S("functions")))
        head = without_separator(tare_str_n(head.p + 9, head.n - 9));
    if (!tare_str_starts(head, name))
        return false;
    head = without_separator(tare_str_n(head.p + name.n, head.n - name.n));
    for (size_t i = 0; i < head.n; i++)
        if (head.p[i] < '0' || head.p[i] > '9')
            return false;
    return true;
}

/* The tool a malformed Kimi id means: the only declared one of whose name it is made, or else the
 * only one it contains. */
static struct tare_str id_form(struct tare__calls *c, struct tare_str head)
{
    struct tare_str made = {0}, found = {0};
    uint32_t n_made = 0, n_found = 0;
    for (uint32_t k = 0; k < c->opts->n_tools; k++) {
        struct tare_str name = c->opts->tools[k].name;
        if (is_id_of(head, name)) {
            n_made++;
            made = name;
        }
        if (tare_str_find(head, name) != SIZE_MAX) {
            n_found++;
            found = name;
        }
    }
    return n_made == 1 ? made : n_made == 0 && n_found == 1 ? found : (struct tare_str){0};
}

static struct tare_str id_name(struct tare__calls *c, struct tare_str head)
{
    size_t colon = head.n;
    while (colon > 0 && head.p[colon - 1] >= '0' && head.p[colon - 1] <= '9')
        colon--;
    if (tare_str_starts(head, TARE_S("functions.")) && colon < head.n && colon > 11 &&
        head.p[colon - 1] == ':')
        return tare_str_n(head.p + 10, colon - 11);
    c->rep |= TARE_R_ID_FORM;
    return id_form(c, head);
}

/* The head up to what separates it from its arguments. */
static int head(struct tare__calls *c, const struct tare__calls_spec *s, struct tare_str *name,
                struct tare_str *id)
{
    size_t from = c->i, most = from + 512 < c->text.n ? from + 512 : c->text.n;
    const char *lost = strcmp(s->sep, "[ARGS]") == 0 ? "{" : "\n{";
    for (; c->i < most; c->i++)
        if (tare__calls_at(c, s->sep) || tare__calls_at(c, "[CALL_ID]") || tare__calls_at(c, lost))
            break;
    if (c->i == c->text.n) {
        tare__calls_touch(c);
        return TARE_E_CALL_TRUNCATED;
    }
    if (c->i == most)
        return TARE_E_CALL_HEADER;
    *name = tare_str_trim(tare__calls_slice(c, from, c->i));
    if (tare__calls_skip(c, "[CALL_ID]")) {
        size_t end = tare__calls_find(c, s->sep, c->i);
        if (end == SIZE_MAX)
            return TARE_E_CALL_TRUNCATED;
        *id = tare__calls_slice(c, c->i, end);
        c->i = end;
    }
    if (!tare__calls_skip(c, s->sep))
        c->rep |= TARE_R_WRONG_WRAPPER;
    if (s->flags & TARE__ID_HEAD) {
        *id = *name;
        *name = id_name(c, *id);
    }
    if (s->flags & TARE__FENCED) { /* function<sep>NAME */
        size_t line = tare__calls_find(c, "\n", c->i);
        if (line == SIZE_MAX)
            return TARE_E_CALL_TRUNCATED;
        *name = tare_str_trim(tare__calls_slice(c, c->i, line));
        c->i = line;
    }
    return name->n ? 0 : TARE_E_CALL_NO_NAME;
}

/* Arguments that the layout may leave away. */
static int literal(struct tare__calls *c, struct tare_str name, const char *stop,
                   struct tare_json *args)
{
    c->json.n = 0;
    c->unit_name = name;
    *args = (struct tare_json){0};
    if (!stop || !tare__calls_at(c, stop)) {
        enum tare__calls_read st = tare__calls_literal(c, TARE__JSON, stop, NULL);
        if (st != TARE__READ_OK)
            return fault(st);
        if (!tare__calls_document(c, 0, args))
            return TARE_E_CALL_JSON;
    }
    return tare__calls_arguments(c, name, args);
}

int tare__calls_value(struct tare__calls *c, struct tare_str name, const char *stop, bool fence_due,
                      struct tare_json *args)
{
    tare__calls_blank(c);
    bool fenced = fence(c);
    if (fenced != fence_due && !tare__calls_done(c))
        c->rep |= TARE_R_FENCE;
    int code = literal(c, name, stop, args);
    if (code)
        return code;
    extra_closers(c, stop);
    if (!fenced)
        return 0;
    tare__calls_blank(c);
    if (!fence_end(c) && !tare__calls_done(c))
        c->rep |= TARE_R_FENCE;
    return 0;
}

/* Over what ends a call behind its arguments. */
static bool call_end(struct tare__calls *c, const struct tare__calls_spec *s)
{
    if (!s->call_end)
        return true;
    tare__calls_blank(c);
    if (tare__calls_close(c, s->call_end))
        return true;
    c->rep |= TARE_R_MISSING_CLOSE;
    return s->close && (tare__calls_at(c, s->close) || tare__calls_cut_in(c, s->close));
}

/* One call whose opening tag is behind the cursor. 0 or a code. */
static int one(struct tare__calls *c, const struct tare__calls_spec *s)
{
    struct tare_str name = {0}, id = {0};
    struct tare_json args;
    int code = head(c, s, &name, &id);
    if (!code)
        code = tare__calls_value(c, name, s->call_end, s->flags & TARE__FENCED, &args);
    if (!code && !call_end(c, s))
        code = TARE_E_CALL_JSON;
    if (!code)
        tare__calls_add(c, name, args, id);
    return code;
}

/* The opener is a call's own: a name has to follow, and what its arguments begin with. */
static bool named(struct tare__calls *c, const struct tare__calls_spec *s)
{
    size_t was = c->i, from = c->i += strlen(s->call);
    tare__calls_blank(c);
    while (!tare__calls_done(c) && !strchr(" \t\r\n{}[]()<>\"'`,;", c->text.p[c->i]))
        c->i++;
    bool some = tare__calls_done(c) || c->i > from;
    tare__calls_blank(c);
    bool name = tare__calls_done(c) || tare__calls_at(c, s->sep) || tare__calls_cut_in(c, s->sep) ||
                tare__calls_at(c, "[CALL_ID]") || tare__calls_cut_in(c, "[CALL_ID]") ||
                (some && tare__calls_at(c, "{"));
    c->i = was;
    return name;
}

static bool head_activates(struct tare__calls *c, const struct tare__calls_spec *s)
{
    if (!s->open && !named(c, s))
        return false;
    if (c->spec)
        return true;
    /* V3 and V3.1 share their tags: V3 says "function" first */
    if (strcmp(s->name, "deepseek_v3") == 0)
        return tare__calls_at(c, "<｜tool▁call▁begin｜>function<｜tool▁sep｜>");
    return true;
}

/* No call stands behind the opener: the block is empty, the text ends, or it is prose (false). */
static bool nothing(struct tare__calls *c, const struct tare__calls_spec *s)
{
    bool empty = s->open && !c->orphan && tare__calls_skip(c, s->close);
    if (empty)
        tare__calls_reject(c, TARE_E_CALL_EMPTY, c->i);
    else if (!c->orphan && (tare__calls_done(c) || tare__calls_cut_in(c, s->call) ||
                            (s->close && tare__calls_cut_in(c, s->close))))
        tare__calls_cut(c);
    else
        return false;
    return true;
}

enum behind { CALL, BLOCK_END, CUT };

/* Behind a call: over the layout to the next one, or over the end of the block. */
static enum behind behind(struct tare__calls *c, const struct tare__calls_spec *s)
{
    size_t end = c->i;
    tare__calls_blank(c);
    if (tare__calls_skip(c, s->close))
        return BLOCK_END;
    if (tare__calls_cut_in(c, s->call) && !c->orphan) {
        tare__calls_begin(c, c->i);
        tare__calls_cut(c);
        return CUT;
    }
    if (tare__calls_cut_in(c, s->close))
        c->i = c->text.n;
    else if (!tare__calls_at(c, s->call))
        c->i = end;
    return CALL;
}

/* Behind the calls that are known. */
static enum behind resume(struct tare__calls *c, const struct tare__calls_spec *s)
{
    if (!c->resume)
        return CALL;
    c->i = c->resume;
    tare__calls_begin(c, c->i);
    return behind(c, s);
}

bool tare__calls_head(struct tare__calls *c, const struct tare__calls_spec *s)
{
    if (s->open)
        tare__calls_blank(c);
    if (!head_activates(c, s))
        return false;
    if (!tare__calls_at(c, s->call))
        return nothing(c, s);
    enum behind next = resume(c, s);
    while (next == CALL && tare__calls_skip(c, s->call)) {
        int code = one(c, s);
        bool left = code == TARE_E_CALL_TRUNCATED;
        if (code && c->orphan) {
            c->no_orphan |= left;
            return false;
        }
        if (left) {
            tare__calls_cut(c);
            return true;
        }
        if (code)
            tare__calls_reject_to(c, (enum tare_calls_code)code, s->call_end);
        else if (c->orphan && !tare__calls_complete(c, c->r->n_calls - 1))
            return false;
        else
            tare__calls_take(c);
        if (!s->open)
            return true;
        next = behind(c, s);
    }
    if (next == CUT)
        return true;
    if (c->orphan && next != BLOCK_END)
        return false;
    tare__calls_end_block(c, next == BLOCK_END ? 0 : TARE_R_MISSING_CLOSE);
    return true;
}
