#include "text/json_extract.h"

#include "base/limits.h"

#include "base/banned.h"

#define FENCE "```"
#define MAX_SWEEPS 64u /* searches for a closing bracket, times the length of the text */

const char *tare_json_found_name(enum tare_json_found f)
{
    static const char *const names[] = {"whole", "X_EXTRACTED", "X_NONE", "X_AMBIGUOUS"};
    return names[f];
}

struct search {
    struct tare_str text;
    const struct tare_schema *schema;
    struct tare_arena *arena;
    struct tare_json_extract *out;
    struct tare_err *err;
    size_t swept; /* bytes looked at */
};

static enum tare_status found(struct search *s, enum tare_json_found how, struct tare_json v)
{
    size_t base = (size_t)(tare_json_lexeme(v).p - s->text.p);
    s->out->found = how;
    s->out->value = v;
    s->out->off = base;
    s->out->end = base + tare_json_lexeme(v).n;
    s->out->candidates = 1;
    return TARE_OK;
}

/* Strictly; false: no JSON, or *st is no memory. */
static bool parse(struct search *s, size_t off, size_t end, struct tare_json *v,
                  enum tare_status *st)
{
    *st = tare_json_parse(tare_str_n(s->text.p + off, end - off), NULL, s->arena, v, NULL);
    if (*st == TARE_E_NOMEM)
        (void)tare_fail(s->err, *st, "no memory for JSON in prose");
    else if (*st != TARE_OK) {
        *st = TARE_OK;
        return false;
    }
    return *st == TARE_OK;
}

static size_t find(const struct search *s, const char *what, size_t from)
{
    size_t at = tare_str_find(tare_str_n(s->text.p + from, s->text.n - from), tare_str_of(what));
    return at == SIZE_MAX ? SIZE_MAX : from + at;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Where the body of the fence at `at` begins; *json: its tag is "json" or none. */
static size_t fence_body(const struct search *s, size_t at, bool *json)
{
    size_t from = at + strlen(FENCE), end = from;
    while (end < s->text.n && is_letter(s->text.p[end]))
        end++;
    struct tare_str tag = tare_str_n(s->text.p + from, end - from);
    *json = tag.n == 0 || tare_str_is(tag, "json") || tare_str_is(tag, "JSON");
    return end;
}

/* The only block for JSON, when its body is JSON. */
static bool fenced(struct search *s, struct tare_json *v, enum tare_status *st)
{
    size_t off = 0, end = 0;
    unsigned blocks = 0;
    for (size_t at = find(s, FENCE, 0); at != SIZE_MAX;) {
        bool json;
        size_t body = fence_body(s, at, &json), close = find(s, FENCE, body);
        if (close == SIZE_MAX)
            break;
        if (json && ++blocks == 1) {
            off = body;
            end = close;
        }
        at = find(s, FENCE, close + strlen(FENCE));
    }
    return blocks == 1 && parse(s, off, end, v, st);
}

/* Byte after the bracket that closes the one at `at`, strings left out; SIZE_MAX: there is none. */
static size_t closing(struct search *s, size_t at)
{
    size_t depth = 0, i = at;
    bool in_string = false;
    for (; i < s->text.n; i++) {
        char c = s->text.p[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            s->swept += i - at;
            return i + 1;
        }
    }
    s->swept += s->text.n - at;
    return SIZE_MAX;
}

/* A value of the prose: one more candidate when it fits. */
static enum tare_status consider(struct search *s, struct tare_json v, struct tare_json *first)
{
    bool fits = true;
    enum tare_status st = TARE_OK;
    if (s->schema)
        st = tare_schema_valid(s->schema, v, s->arena, &fits, s->err);
    if (st == TARE_OK && fits && s->out->candidates++ == 0)
        *first = v;
    return st;
}

static enum tare_status prose(struct search *s)
{
    struct tare_json first = {0}, v;
    for (size_t at = 0; at < s->text.n && s->out->candidates < 2; at++) {
        enum tare_status st = TARE_OK;
        if (s->text.p[at] != '{' && s->text.p[at] != '[')
            continue;
        if (s->swept / MAX_SWEEPS > s->text.n)
            return tare_fail_at(s->err, TARE_E_LIMIT, at,
                                "too many brackets without an end to look for JSON in this text");
        size_t end = closing(s, at);
        if (end == SIZE_MAX)
            continue;
        if (parse(s, at, end, &v, &st))
            st = consider(s, v, &first);
        if (st != TARE_OK)
            return st;
        at = end - 1;
    }
    if (s->out->candidates == 1)
        return found(s, TARE_X_EXTRACTED, first);
    s->out->found = s->out->candidates ? TARE_X_AMBIGUOUS : TARE_X_NONE;
    return TARE_OK;
}

enum tare_status tare_json_extract(struct tare_str text, const struct tare_schema *schema,
                                   struct tare_arena *arena, struct tare_json_extract *out,
                                   struct tare_err *err)
{
    struct search s = {.text = text, .schema = schema, .arena = arena, .out = out, .err = err};
    struct tare_str trimmed = tare_str_trim(text);
    struct tare_json v;
    enum tare_status st = TARE_OK;
    *out = (struct tare_json_extract){.found = TARE_X_NONE};
    if (text.n > TARE_MAX_JSON_BYTES)
        return tare_fail(err, TARE_E_LIMIT, "a text of %zu bytes (at most %zu)", text.n,
                         TARE_MAX_JSON_BYTES);
    if (trimmed.n == 0)
        return TARE_OK;
    size_t off = (size_t)(trimmed.p - text.p);
    if (parse(&s, off, off + trimmed.n, &v, &st))
        return found(&s, TARE_JSON_WHOLE, v);
    if (st == TARE_OK && fenced(&s, &v, &st))
        return found(&s, TARE_X_EXTRACTED, v);
    return st == TARE_OK ? prose(&s) : st;
}
