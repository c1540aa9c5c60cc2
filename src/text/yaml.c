/* YAML through libfyaml's events onto the tape of text/json.h. */
#include "text/yaml.h"

#include "text/utf8.h"
#include "text/yaml_int.h"

#include <libfyaml.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

/* ---- faults ------------------------------------------------------------------------------ */

bool tare__yaml_fault(struct tare__yaml *y, size_t at, enum tare_status code, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    y->status = tare_fail_at(y->err, code, at, "%s", text);
    tare_err_locate(y->err, y->text);
    return false;
}

bool tare__yaml_no_memory(struct tare__yaml *y)
{
    y->status = tare_fail(y->err, TARE_E_NOMEM, "not enough memory for a YAML file of %zu bytes",
                          y->text.n);
    return false;
}

/* Byte offset of a place that libfyaml gives as line and column, both from 1. A place at
 * the end of the text is moved to the end of its last line that holds something. */
static size_t offset_of(struct tare_str text, int line, int column)
{
    size_t at = 0;
    while (at < text.n && line > 1)
        line -= text.p[at++] == '\n';
    for (; at < text.n && column > 1 && text.p[at] != '\n'; column--) {
        uint32_t cp;
        unsigned n = tare_utf8_decode(text.p + at, text.p + text.n, &cp);
        at += n ? n : 1;
    }
    while (at == text.n && at > 0 && text.p[at - 1] <= ' ')
        text.n = --at;
    return at;
}

static void silent(struct fy_diag *diag, void *user, const char *buf, size_t len)
{
    (void)diag, (void)user, (void)buf, (void)len;
}

/* What libfyaml found. */
static void library_fault(struct tare__yaml *y, struct fy_diag *diag)
{
    void *iter = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &iter);
    if (!e || !e->msg) {
        tare__yaml_fault(y, y->last, TARE_E_INPUT, "this is not YAML 1.2");
        return;
    }
    size_t at = offset_of(y->text, e->line, e->column);
    tare__yaml_fault(y, at, TARE_E_INPUT, "%s", e->msg);
    if (at < y->text.n && y->text.p[at] == '\t')
        tare_err_hint(y->err, "YAML is indented with spaces, never with tabs");
}

/* ---- events ------------------------------------------------------------------------------ */

static struct tare_str token_text(struct fy_token *token)
{
    size_t n = 0;
    const char *p = token ? fy_token_get_text(token, &n) : NULL;
    return tare_str_n(p ? p : "", p ? n : 0);
}

static size_t start_of(const struct tare__yaml *y, struct fy_event *e)
{
    const struct fy_mark *m = fy_event_start_mark(e);
    return m && m->input_pos <= y->text.n ? m->input_pos : y->last;
}

static size_t end_of(const struct tare__yaml *y, struct fy_event *e, size_t start)
{
    const struct fy_mark *m = fy_event_end_mark(e);
    size_t end = m && m->input_pos <= y->text.n ? m->input_pos : y->last;
    return end < start ? start : end;
}

/* Where a scalar stands; libfyaml leaves the quotes out. */
static void scalar_range(const struct tare__yaml *y, struct fy_event *e, size_t *at, size_t *end)
{
    *at = start_of(y, e);
    *end = end_of(y, e, *at);
    char before = *at > 0 ? y->text.p[*at - 1] : ' ';
    struct fy_token *token = fy_event_get_token(e);
    enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;
    bool quoted = style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
    if (quoted && (before == '"' || before == '\'') && *end < y->text.n) {
        --*at;
        ++*end;
    }
}

static bool waits_for_key(const struct tare__yaml *y)
{
    return y->tape.open != TARE__JSON_NONE &&
           y->tape.nodes[y->tape.open].kind == TARE_JSON_OBJECT && y->key_next[y->depth];
}

/* Common to everything that begins a value. */
static bool begin_value(struct tare__yaml *y, struct fy_event *e, size_t at)
{
    if (y->tape.n >= TARE_MAX_YAML_NODES)
        return tare__yaml_fault(y, at, TARE_E_LIMIT, "more than %d values", TARE_MAX_YAML_NODES);
    struct fy_token *tag = fy_event_get_tag_token(e);
    if (tag) {
        struct tare_str t = token_text(tag);
        tare__yaml_fault(y, at, TARE_E_INPUT, "the tag %.*s is not supported", TARE_FMT(t));
        tare_err_hint(y->err, "remove the tag; quote the value to make it text");
        return false;
    }
    struct fy_token *anchor = fy_event_get_anchor_token(e);
    return !anchor || tare__yaml_anchor(y, token_text(anchor), y->tape.n);
}

/* Members wait for their next key once a value is complete. */
static void end_value(struct tare__yaml *y)
{
    if (y->tape.open != TARE__JSON_NONE && y->tape.nodes[y->tape.open].kind == TARE_JSON_OBJECT)
        y->key_next[y->depth] = true;
}

static bool scalar_key(struct tare__yaml *y, struct fy_event *e, size_t at, size_t end)
{
    struct fy_token *token = fy_event_get_token(e);
    struct tare_str text = token_text(token), copy = tare_arena_copy(y->arena, text);
    bool plain = !token || fy_token_scalar_style(token) == FYSS_PLAIN;
    if (plain && text.n == 0)
        return tare__yaml_fault(y, at, TARE_E_INPUT, "a key is missing before ':'");
    struct tare__json_node *k = copy.p ? tare__json_tape_push(&y->tape) : NULL;
    if (!k)
        return tare__yaml_no_memory(y);
    *k = (struct tare__json_node){.off = (uint32_t)at,
                                  .end = (uint32_t)end,
                                  .u.s = copy.p,
                                  .len = (uint32_t)copy.n,
                                  .kind = TARE_JSON_STRING};
    if (plain && tare_str_is(text, "<<")) {
        k->flags = TARE__YAML_MERGE;
        y->merges[y->depth] = true;
    }
    y->key_next[y->depth] = false;
    return true;
}

static bool scalar(struct tare__yaml *y, struct fy_event *e)
{
    size_t at, end;
    scalar_range(y, e, &at, &end);
    if (waits_for_key(y))
        return scalar_key(y, e, at, end);
    if (!begin_value(y, e, at))
        return false;
    struct fy_token *token = fy_event_get_token(e);
    struct tare__json_node *v = tare__json_tape_value(&y->tape, TARE_JSON_STRING);
    if (!v)
        return tare__yaml_no_memory(y);
    v->off = (uint32_t)at;
    v->end = (uint32_t)end;
    end_value(y);
    if (!token || fy_token_scalar_style(token) == FYSS_PLAIN)
        return tare__yaml_plain(y, v, token_text(token));
    struct tare_str copy = tare_arena_copy(y->arena, token_text(token));
    v->u.s = copy.p;
    v->len = (uint32_t)copy.n;
    return copy.p || tare__yaml_no_memory(y);
}

static bool alias(struct tare__yaml *y, struct fy_event *e)
{
    size_t at = start_of(y, e);
    if (waits_for_key(y))
        return tare__yaml_fault(y, at, TARE_E_INPUT, "an alias cannot be a key");
    struct tare_str name = token_text(fy_event_get_token(e));
    if (!tare__yaml_alias(y, name, at, end_of(y, e, at)))
        return false;
    end_value(y);
    return true;
}

static bool open_box(struct tare__yaml *y, struct fy_event *e, enum tare_json_kind kind)
{
    size_t at = start_of(y, e);
    if (waits_for_key(y))
        return tare__yaml_fault(y, at, TARE_E_INPUT, "a key must be text, not a list or a mapping");
    if (y->depth == TARE_MAX_YAML_DEPTH)
        return tare__yaml_fault(y, at, TARE_E_LIMIT, "nested deeper than %d levels",
                                TARE_MAX_YAML_DEPTH);
    if (!begin_value(y, e, at))
        return false;
    if (!tare__json_tape_value(&y->tape, kind))
        return tare__yaml_no_memory(y);
    tare__json_tape_open(&y->tape, (uint32_t)at);
    y->depth++;
    y->key_next[y->depth] = true;
    y->merges[y->depth] = false;
    return true;
}

static bool check_duplicates(struct tare__yaml *y)
{
    bool no_memory = false;
    uint32_t i = tare__json_find_duplicate(y->tape.nodes, y->tape.open, y->arena, &no_memory);
    if (no_memory)
        return tare__yaml_no_memory(y);
    if (i == TARE__JSON_NONE)
        return true;
    const struct tare__json_node *k = &y->tape.nodes[i];
    return tare__yaml_fault(y, k->off, TARE_E_INPUT, "the key \"%.*s\" stands twice in one mapping",
                            (int)(k->len < 100 ? k->len : 100), k->u.s);
}

static bool close_box(struct tare__yaml *y, struct fy_event *e)
{
    const struct tare__json_node *box = &y->tape.nodes[y->tape.open];
    size_t end = end_of(y, e, box->off);
    if (box->kind == TARE_JSON_OBJECT) {
        if (!check_duplicates(y) || (y->merges[y->depth] && !tare__yaml_merge(y)))
            return false;
    }
    tare__json_tape_close(&y->tape, (uint32_t)end);
    y->depth--;
    end_value(y);
    return true;
}

static bool document_start(struct tare__yaml *y, struct fy_event *e)
{
    if (y->tape.n == 0)
        return true;
    tare__yaml_fault(y, start_of(y, e), TARE_E_INPUT, "a second document begins here");
    tare_err_hint(y->err, "keep one document a file: remove the line ---");
    return false;
}

static bool on_event(struct tare__yaml *y, struct fy_event *e)
{
    switch (e->type) {
    case FYET_DOCUMENT_START:
        return document_start(y, e);
    case FYET_SCALAR:
        return scalar(y, e);
    case FYET_ALIAS:
        return alias(y, e);
    case FYET_MAPPING_START:
        return open_box(y, e, TARE_JSON_OBJECT);
    case FYET_SEQUENCE_START:
        return open_box(y, e, TARE_JSON_ARRAY);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        return close_box(y, e);
    default:
        return true;
    }
}

static void run_events(struct tare__yaml *y, struct fy_parser *parser, struct fy_diag *diag)
{
    bool going = true, ended = false;
    while (going) {
        struct fy_event *e = fy_parser_parse(parser);
        if (!e)
            break;
        ended = e->type == FYET_STREAM_END;
        going = on_event(y, e) && !ended;
        if (going && e->type != FYET_STREAM_START)
            y->last = end_of(y, e, y->last);
        fy_parser_event_free(parser, e);
    }
    if (y->status == TARE_OK && !ended)
        library_fault(y, diag);
}

/* ---- document ---------------------------------------------------------------------------- */

/* Brackets that are open, counted without regard to quotes: far above the depth that is allowed, so
 * that no text of a person meets it, and far below what exhausts memory in the library's scanner.
 */
static bool check_brackets(struct tare__yaml *y)
{
    size_t open = 0;
    for (size_t i = 0; i < y->text.n; i++) {
        char c = y->text.p[i];
        if (c == '[' || c == '{')
            open++;
        else if ((c == ']' || c == '}') && open > 0)
            open--;
        if (open > TARE_MAX_YAML_OPEN_BRACKETS)
            return tare__yaml_fault(y, i, TARE_E_LIMIT, "more than %d brackets are open",
                                    TARE_MAX_YAML_OPEN_BRACKETS);
    }
    return true;
}

/* Shapes that make libfyaml slow or hungry far beyond the size of the file. */
static bool check_lines(struct tare__yaml *y)
{
    size_t start = 0, blank = 0;
    while (start < y->text.n) {
        const char *line = y->text.p + start;
        const char *stop = memchr(line, '\n', y->text.n - start);
        size_t n = stop ? (size_t)(stop - line) : y->text.n - start;
        if (n > TARE_MAX_YAML_LINE_BYTES)
            return tare__yaml_fault(y, start, TARE_E_LIMIT, "a line of %zu bytes (at most %zu)", n,
                                    TARE_MAX_YAML_LINE_BYTES);
        blank = tare_str_trim(tare_str_n(line, n)).n == 0 ? blank + 1 : 0;
        if (blank > TARE_MAX_YAML_BLANK_LINES)
            return tare__yaml_fault(y, start, TARE_E_LIMIT, "more than %d blank lines in a row",
                                    TARE_MAX_YAML_BLANK_LINES);
        start += n + 1;
    }
    return true;
}

static bool check_text(struct tare__yaml *y)
{
    if (y->text.n > TARE_MAX_YAML_BYTES)
        return tare__yaml_fault(y, 0, TARE_E_LIMIT, "a YAML file of %zu bytes (at most %zu)",
                                y->text.n, TARE_MAX_YAML_BYTES);
    size_t valid = tare_utf8_valid_bytes(y->text);
    if (valid < y->text.n)
        return tare__yaml_fault(y, valid, TARE_E_INPUT, "byte 0x%02x is not valid UTF-8",
                                (unsigned)(uint8_t)y->text.p[valid]);
    for (size_t i = 0; i < y->text.n; i++) {
        uint8_t c = (uint8_t)y->text.p[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return tare__yaml_fault(y, i, TARE_E_INPUT, "a control character (0x%02x) in the text",
                                    (unsigned)c);
    }
    return check_lines(y) && check_brackets(y);
}

static void parse(struct tare__yaml *y)
{
    struct fy_diag_cfg sink;
    fy_diag_cfg_default(&sink);
    sink.fp = NULL;
    sink.output_fn = silent;
    struct fy_diag *diag = fy_diag_create(&sink);
    if (!diag) {
        tare__yaml_no_memory(y);
        return;
    }
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&cfg);
    if (!parser || fy_parser_set_string(parser, y->text.p, y->text.n) != 0)
        tare__yaml_no_memory(y);
    else
        run_events(y, parser, diag);
    if (parser)
        fy_parser_destroy(parser);
    fy_diag_destroy(diag);
}

enum tare_status tare_yaml_parse(struct tare_str text, struct tare_str path,
                                 struct tare_arena *arena, struct tare_json *root,
                                 struct tare_err *err)
{
    struct tare__yaml y = {.arena = arena, .text = text, .err = err};
    y.tape = (struct tare__json_tape){
        .arena = arena, .cap = 64, .bound = 2 * TARE_MAX_YAML_NODES, .open = TARE__JSON_NONE};
    y.tape.nodes = TARE_NEW_N(arena, struct tare__json_node, y.tape.cap);
    if (!y.tape.nodes)
        tare__yaml_no_memory(&y);
    else if (check_text(&y) && text.n > 0)
        parse(&y);
    if (y.status == TARE_OK && y.tape.n == 0) {
        tare__yaml_fault(&y, 0, TARE_E_INPUT, "the file holds nothing");
    }
    struct tare_json_doc *doc = y.status == TARE_OK ? TARE_NEW(arena, struct tare_json_doc) : NULL;
    if (y.status == TARE_OK && !doc)
        tare__yaml_no_memory(&y);
    if (!doc) {
        if (path.n)
            tare_err_file(err, path);
        return y.status;
    }
    y.tape.nodes[0].flags |= TARE__JSON_LAST;
    *doc = (struct tare_json_doc){.text = text, .nodes = y.tape.nodes, .n = y.tape.n};
    *root = (struct tare_json){doc, 0};
    return TARE_OK;
}
