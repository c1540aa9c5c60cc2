/*
 * The structure of a document: one loop over values, no recursion. Open containers are linked
 * through the tape itself.
 */
#include "text/json_parse_int.h"
#include "text/json_scan.h"
#include "text/utf8.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

const struct tare_json_policy tare_json_strict = {0};
const struct tare_json_policy tare_json_log = {
    .max_depth = TARE_MAX_JSON_DEPTH_IMPORT,
    .allow_duplicates = true,
    .allow_nan = true,
    .allow_lone_surrogates = true,
    .allow_bom = true,
};

/* ---- faults ------------------------------------------------------------------------------ */

const uint8_t *tare__json_fault(struct tare__json_parser *ps, const uint8_t *p,
                                enum tare_status code, const char *kind, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (p > ps->bad_utf8) { /* the text is wrong before this place: tell that first */
        p = ps->bad_utf8;
        code = TARE_E_INPUT;
        kind = "J_UTF8";
        snprintf(text, sizeof text, "byte 0x%02x is not valid UTF-8", (unsigned)*p);
    }
    ps->kind = kind;
    ps->status = tare_fail_at(ps->err, code, (size_t)(p - ps->text), "%s", text);
    return NULL;
}

const uint8_t *tare__json_no_memory(struct tare__json_parser *ps, const uint8_t *p)
{
    return tare__json_fault(ps, p, TARE_E_NOMEM, NULL,
                            "not enough memory for a document of %zu bytes",
                            (size_t)(ps->end - ps->text));
}

const char *tare__json_what(const struct tare__json_parser *ps, const uint8_t *p, char out[24])
{
    uint32_t cp;
    unsigned n = p < ps->end ? tare_utf8_decode((const char *)p, (const char *)ps->end, &cp) : 0;
    if (p >= ps->end)
        snprintf(out, 24, "the end of the text");
    else if (n == 0 || *p < 0x20 || *p == 0x7f)
        snprintf(out, 24, "byte 0x%02x", (unsigned)*p);
    else
        snprintf(out, 24, "'%.*s'", (int)n, (const char *)p);
    return out;
}

/* "1_000", "0x1", "+1": what stands at p makes no number. */
static bool spoils_number(const struct tare__json_parser *ps, const uint8_t *p)
{
    bool after = p > ps->text && (uint8_t)(p[-1] - '0') < 10;
    bool letter = (uint8_t)((*p | 0x20) - 'a') < 26;
    return (after && (letter || *p == '_' || *p == '.')) || (!after && (*p == '+' || *p == '.'));
}

/* The text from p on is a literal that was cut: "tru". */
static bool cut_word(const struct tare__json_parser *ps, const uint8_t *p)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t n = (size_t)(ps->end - p);
    for (size_t i = 0; i < 3; i++)
        if (n < strlen(words[i]) && memcmp(p, words[i], n) == 0)
            return true;
    return false;
}

static const uint8_t *unexpected(struct tare__json_parser *ps, const uint8_t *p, const char *want)
{
    char what[24];
    const char *kind = "J_TOKEN";
    if (p == ps->end)
        kind = ps->tape.n ? "J_EOF" : "J_EMPTY";
    else if (cut_word(ps, p))
        kind = "J_EOF";
    else if (spoils_number(ps, p))
        kind = "J_NUMBER";
    return tare__json_fault(ps, p, TARE_E_INPUT, kind, "expected %s, found %s", want,
                            tare__json_what(ps, p, what));
}

static const uint8_t *no_value(struct tare__json_parser *ps, const uint8_t *p)
{
    unexpected(ps, p, "a value");
    if (p < ps->end && (*p == ']' || *p == '}'))
        tare_err_hint(ps->err, "remove the comma before it");
    else if (p < ps->end && *p == '\'')
        tare_err_hint(ps->err, "JSON strings stand in double quotes");
    return NULL;
}

static const uint8_t *no_key(struct tare__json_parser *ps, const uint8_t *p)
{
    unexpected(ps, p, "a key in double quotes");
    if (p < ps->end && *p == '}')
        tare_err_hint(ps->err, "remove the comma before it");
    return NULL;
}

/* ---- tape -------------------------------------------------------------------------------- */

bool tare__json_tape_grow(struct tare__json_tape *t)
{
    uint32_t cap = t->cap < t->bound / 2 ? t->cap * 2 : t->bound;
    if (t->cap >= t->bound)
        return false;
    struct tare__json_node *nodes = TARE_NEW_N(t->arena, struct tare__json_node, cap);
    if (!nodes)
        return false;
    memcpy(nodes, t->nodes, t->n * sizeof *nodes);
    t->nodes = nodes;
    t->cap = cap;
    return true;
}

/* ---- values ------------------------------------------------------------------------------ */

static inline const uint8_t *string(struct tare__json_parser *ps, const uint8_t *p,
                                    struct tare__json_node *v)
{
    unsigned high = 0;
    const uint8_t *q = tare__scan_string(p + 1, ps->end, &high);
    if (q < ps->end && *q == '"') {
        v->off = (uint32_t)(p - ps->text);
        v->end = (uint32_t)(q + 1 - ps->text);
        v->u.s = (const char *)p + 1;
        v->len = (uint32_t)(q - p - 1);
        v->flags = (uint8_t)(v->flags | TARE__JSON_RAW | (high ? 0 : TARE__JSON_ASCII));
        p = q + 1;
    } else {
        p = tare__json_string_slow(ps, p, q, v);
        if (!p)
            return NULL;
    }
    if (v->len > TARE_MAX_JSON_STRING_BYTES)
        return tare__json_fault(ps, ps->text + v->off, TARE_E_LIMIT, "J_SIZE",
                                "a string of %u bytes (at most %zu)", v->len,
                                TARE_MAX_JSON_STRING_BYTES);
    return p;
}

static const uint8_t *word(struct tare__json_parser *ps, const uint8_t *p, const char *spelt,
                           enum tare_json_kind kind)
{
    size_t n = strlen(spelt);
    if ((size_t)(ps->end - p) < n || memcmp(p, spelt, n) != 0)
        return no_value(ps, p);
    struct tare__json_node *v = tare__json_tape_value(&ps->tape, kind);
    if (!v)
        return tare__json_no_memory(ps, p);
    v->off = (uint32_t)(p - ps->text);
    v->end = (uint32_t)(p + n - ps->text);
    v->u.s = (const char *)p;
    v->len = (uint32_t)n;
    return p + n;
}

static const uint8_t *open_box(struct tare__json_parser *ps, const uint8_t *p,
                               enum tare_json_kind kind)
{
    if (ps->depth == ps->max_depth)
        return tare__json_fault(ps, p, TARE_E_LIMIT, "J_DEPTH", "nested deeper than %u levels",
                                ps->max_depth);
    if (!tare__json_tape_value(&ps->tape, kind))
        return tare__json_no_memory(ps, p);
    tare__json_tape_open(&ps->tape, (uint32_t)(p - ps->text));
    ps->seen[++ps->depth] = 0;
    return p + 1;
}

static const uint8_t *nan_word(struct tare__json_parser *ps, const uint8_t *p)
{
    const char *spelt = p < ps->end && *p == 'N' ? "NaN" : "Infinity";
    if (ps->policy->allow_nan)
        return word(ps, p, spelt, TARE_JSON_NUMBER);
    no_value(ps, p);
    if ((size_t)(ps->end - p) >= strlen(spelt) && memcmp(p, spelt, strlen(spelt)) == 0) {
        ps->kind = "J_NUMBER";
        tare_err_hint(ps->err, "JSON has no %s: write null", spelt);
    }
    return NULL;
}

static inline const uint8_t *value(struct tare__json_parser *ps, const uint8_t *p)
{
    struct tare__json_node *v;
    if (p == ps->end)
        return no_value(ps, p);
    switch (*p) {
    case '"':
        v = tare__json_tape_value(&ps->tape, TARE_JSON_STRING);
        return v ? string(ps, p, v) : tare__json_no_memory(ps, p);
    case '{':
        return open_box(ps, p, TARE_JSON_OBJECT);
    case '[':
        return open_box(ps, p, TARE_JSON_ARRAY);
    case 't':
        return word(ps, p, "true", TARE_JSON_TRUE);
    case 'f':
        return word(ps, p, "false", TARE_JSON_FALSE);
    case 'n':
        return word(ps, p, "null", TARE_JSON_NULL);
    case 'N':
    case 'I':
        return nan_word(ps, p);
    default:
        if ((uint8_t)(*p - '0') >= 10 && *p != '-')
            return no_value(ps, p);
        v = tare__json_tape_value(&ps->tape, TARE_JSON_NUMBER);
        return v ? tare__json_number(ps, p, v) : tare__json_no_memory(ps, p);
    }
}

/* ---- members ----------------------------------------------------------------------------- */

/* One of 64 bits for a key. Two keys of one object on one bit only mean that the object is looked
 * at more closely when it closes. */
static inline uint64_t key_bit(const char *s, uint32_t n)
{
    uint32_t first = n ? (uint8_t)s[0] : 0, last = n ? (uint8_t)s[n - 1] : 0;
    uint32_t mid = n ? (uint8_t)s[n / 2] : 0;
    uint32_t h = (first * 31 + last * 7 + mid * 13 + n * 17) * UINT32_C(0x9e3779b1);
    return UINT64_C(1) << (h >> 26);
}

static inline const uint8_t *key(struct tare__json_parser *ps, const uint8_t *p)
{
    if (p == ps->end || *p != '"')
        return no_key(ps, p);
    uint32_t max = ps->policy->max_keys ? ps->policy->max_keys : TARE_MAX_JSON_KEYS;
    if (ps->tape.nodes[ps->tape.open].u.box.count == max)
        return tare__json_fault(ps, p, TARE_E_LIMIT, "J_SIZE", "an object of more than %u keys",
                                max);
    struct tare__json_node *k = tare__json_tape_push(&ps->tape);
    if (!k)
        return tare__json_no_memory(ps, p);
    k->kind = TARE_JSON_STRING;
    k->flags = 0;
    p = string(ps, p, k);
    if (!p)
        return NULL;
    uint64_t bit = key_bit(k->u.s, k->len), *seen = &ps->seen[ps->depth];
    *seen = *seen & bit ? UINT64_MAX : *seen | bit;
    p = tare__scan_space(p, ps->end);
    if (p == ps->end || *p != ':')
        return unexpected(ps, p, "':' after a key");
    return tare__scan_space(p + 1, ps->end);
}

static const uint8_t *duplicate(struct tare__json_parser *ps, const uint8_t *p)
{
    const struct tare__json_tape *t = &ps->tape;
    bool no_memory = false;
    uint32_t i = tare__json_find_duplicate(t->nodes, t->open, ps->arena, &no_memory);
    if (no_memory)
        return tare__json_no_memory(ps, p);
    if (i == TARE__JSON_NONE)
        return p;
    const struct tare__json_node *k = &t->nodes[i];
    return tare__json_fault(ps, ps->text + k->off, TARE_E_INPUT, "J_DUP",
                            "the key \"%.*s\" stands twice in one object",
                            (int)(k->len < 100 ? k->len : 100), k->u.s);
}

static inline const uint8_t *close_box(struct tare__json_parser *ps, const uint8_t *p)
{
    bool object = ps->tape.nodes[ps->tape.open].kind == TARE_JSON_OBJECT;
    if (object && ps->seen[ps->depth] == UINT64_MAX && !ps->policy->allow_duplicates) {
        if (!duplicate(ps, p))
            return NULL;
    }
    ps->depth--;
    tare__json_tape_close(&ps->tape, (uint32_t)(p + 1 - ps->text));
    return p + 1;
}

/* ---- document ---------------------------------------------------------------------------- */

/* p stands after a container's opening bracket: its first value, or after it when empty (then
 * *closed is set). */
static inline const uint8_t *enter(struct tare__json_parser *ps, const uint8_t *p, bool *closed)
{
    bool object = ps->tape.nodes[ps->tape.open].kind == TARE_JSON_OBJECT;
    p = tare__scan_space(p, ps->end);
    *closed = p < ps->end && *p == (object ? '}' : ']');
    if (*closed)
        return close_box(ps, p);
    return object ? key(ps, p) : p;
}

/* p stands after a value: the next value of the innermost container, or the end of the document
 * (then *done is set). */
static inline const uint8_t *advance(struct tare__json_parser *ps, const uint8_t *p, bool *done)
{
    while (ps->tape.open != TARE__JSON_NONE) {
        bool object = ps->tape.nodes[ps->tape.open].kind == TARE_JSON_OBJECT;
        p = tare__scan_space(p, ps->end);
        if (p < ps->end && *p == ',') {
            p = tare__scan_space(p + 1, ps->end);
            return object ? key(ps, p) : p;
        }
        if (p == ps->end || *p != (object ? '}' : ']'))
            return unexpected(ps, p,
                              object ? "',' or '}' after a value" : "',' or ']' after a value");
        p = close_box(ps, p);
        if (!p)
            return NULL;
    }
    *done = true;
    return p;
}

static const uint8_t *document(struct tare__json_parser *ps, const uint8_t *p)
{
    bool done = false;
    p = tare__scan_space(p, ps->end);
    while (!done) {
        uint32_t open = ps->tape.open;
        p = value(ps, p);
        if (!p)
            return NULL;
        if (ps->tape.open != open) {
            bool closed;
            p = enter(ps, p, &closed);
            if (!p)
                return NULL;
            if (!closed)
                continue;
        }
        p = advance(ps, p, &done);
        if (!p)
            return NULL;
    }
    return p;
}

/* Everything up to the first value. */
static const uint8_t *begin(struct tare__json_parser *ps, struct tare_str text)
{
    size_t max = ps->policy->max_bytes ? ps->policy->max_bytes : TARE_MAX_JSON_BYTES;
    max = max < UINT32_MAX - 1 ? max : UINT32_MAX - 1;
    ps->text = (const uint8_t *)(text.p ? text.p : "");
    ps->end = ps->bad_utf8 = ps->text + text.n;
    if (text.n > max)
        return tare__json_fault(ps, ps->text, TARE_E_LIMIT, "J_SIZE",
                                "a JSON document of %zu bytes (at most %zu)", text.n, max);
    ps->bad_utf8 = ps->text + tare_utf8_valid_bytes(tare_str_n((const char *)ps->text, text.n));
    size_t bound = tare__scan_count(ps->text, text.n) + 1;
    size_t cap = text.n / 8 + 64;
    ps->tape = (struct tare__json_tape){.arena = ps->arena,
                                        .bound = (uint32_t)bound,
                                        .cap = (uint32_t)(cap < bound ? cap : bound),
                                        .open = TARE__JSON_NONE};
    ps->tape.nodes = TARE_NEW_N(ps->arena, struct tare__json_node, ps->tape.cap);
    if (!ps->tape.nodes)
        return tare__json_no_memory(ps, ps->text);
    if (text.n >= 3 && memcmp(ps->text, "\xef\xbb\xbf", 3) == 0) {
        if (ps->policy->allow_bom)
            return ps->text + 3;
        tare__json_fault(ps, ps->text, TARE_E_INPUT, "J_BOM",
                         "the text begins with a byte order mark");
        tare_err_hint(ps->err, "save the file as UTF-8 without BOM");
        return NULL;
    }
    return ps->text;
}

static const uint8_t *finish(struct tare__json_parser *ps, const uint8_t *p)
{
    if (!ps->policy->allow_trailing) {
        p = tare__scan_space(p, ps->end);
        if (p < ps->end) {
            (void)unexpected(ps, p, "nothing more after the value");
            ps->kind = strcmp(ps->kind, "J_TOKEN") == 0 ? "J_TRAILING" : ps->kind;
            return NULL;
        }
    }
    return p > ps->bad_utf8 ? tare__json_fault(ps, p, TARE_E_INPUT, "J_UTF8", "not UTF-8") : p;
}

enum tare_status tare_json_parse(struct tare_str text, const struct tare_json_policy *policy,
                                 struct tare_arena *arena, struct tare_json *root,
                                 struct tare_err *err)
{
    struct tare__json_parser ps;
    struct tare_arena_mark mark = tare_arena_mark(arena);
    ps.policy = policy ? policy : &tare_json_strict;
    ps.arena = arena;
    ps.err = err;
    ps.status = TARE_OK;
    ps.kind = NULL;
    ps.tape.n = 0;
    ps.pool = NULL;
    ps.pool_left = 0;
    ps.depth = 0;
    ps.max_depth = ps.policy->max_depth ? ps.policy->max_depth : TARE_MAX_JSON_DEPTH;
    if (ps.max_depth > TARE_MAX_JSON_DEPTH_IMPORT)
        ps.max_depth = TARE_MAX_JSON_DEPTH_IMPORT;
    const uint8_t *p = begin(&ps, text);
    p = p ? document(&ps, p) : NULL;
    p = p ? finish(&ps, p) : NULL;
    struct tare_json_doc *doc = p ? TARE_NEW(arena, struct tare_json_doc) : NULL;
    if (p && !doc)
        tare__json_no_memory(&ps, p);
    if (!doc) {
        if (ps.status != TARE_E_NOMEM && err) {
            tare_err_locate(err, text);
            tare__json_place(&ps, text);
        }
        tare_arena_rewind(arena, mark);
        return ps.status;
    }
    ps.tape.nodes[0].flags |= TARE__JSON_LAST;
    doc->text = tare_str_n((const char *)ps.text, text.n);
    doc->nodes = ps.tape.nodes;
    doc->n = ps.tape.n;
    doc->duplicates = ps.policy->allow_duplicates;
    *root = (struct tare_json){doc, 0};
    return TARE_OK;
}
