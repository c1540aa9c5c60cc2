/*
 * tokenizer.json. A token's spelling there is not its bytes: byte-level models spell each byte as a
 * printable character (GPT-2's table), SentencePiece models spell a space as U+2581 and bytes
 * outside the vocabulary as "<0xE2>".
 */
#include "base/limits.h"
#include "text/utf8.h"
#include "text/vocab_int.h"

#include "base/banned.h"

#define SPACE_MARK "\xe2\x96\x81" /* U+2581 */

struct spelling {
    bool byte_level, spaces, fallback;
};

/* Whether the decoder or pre-tokeniser is of that type, or a sequence with one of it. */
static bool has_type(struct tare_json v, const char *type)
{
    if (tare_json_str_is(tare_json_get(v, "type"), type))
        return true;
    const char *lists[] = {"decoders", "pretokenizers"};
    for (size_t k = 0; k < 2; k++) {
        struct tare_json e = tare_json_first(tare_json_get(v, lists[k]));
        for (; e.doc; e = tare_json_next(e))
            if (tare_json_str_is(tare_json_get(e, "type"), type))
                return true;
    }
    return false;
}

/* A decoder that replaces U+2581. */
static bool replaces_mark(struct tare_json decoder)
{
    struct tare_json e = tare_json_first(tare_json_get(decoder, "decoders"));
    for (; e.doc; e = tare_json_next(e))
        if (tare_json_str_is(tare_json_get(tare_json_get(e, "pattern"), "String"), SPACE_MARK))
            return true;
    return tare_json_str_is(tare_json_get(tare_json_get(decoder, "pattern"), "String"), SPACE_MARK);
}

/* The byte that GPT-2's table spells so, or -1: bytes that are printable in Latin-1 spell
 * themselves, the other 68 stand from U+0100 on in their order. */
static int byte_of(uint32_t cp)
{
    bool self = (cp >= 33 && cp <= 126) || (cp >= 161 && cp <= 172) || (cp >= 174 && cp <= 255);
    if (self)
        return (int)cp;
    if (cp < 256 || cp > 256 + 67)
        return -1;
    uint32_t n = cp - 256;
    if (n <= 32)
        return (int)n;
    return n < 67 ? (int)(127 + n - 33) : 173;
}

static struct tare_str from_byte_level(struct tare_str s, struct tare_arena *arena)
{
    char *p = tare_arena_alloc(arena, s.n + 1);
    size_t n = 0;
    if (!p)
        return (struct tare_str){0};
    for (size_t i = 0; i < s.n;) {
        uint32_t cp = 0;
        unsigned k = tare_utf8_decode(s.p + i, s.p + s.n, &cp);
        int byte = k ? byte_of(cp) : -1;
        if (byte < 0) /* not of the table: the token is its own text */
            return tare_arena_copy(arena, s);
        p[n++] = (char)byte;
        i += k;
    }
    return tare_str_n(p, n);
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct tare_str from_pieces(struct tare_str s, const struct spelling *how,
                                   struct tare_arena *arena)
{
    char *p = tare_arena_alloc(arena, s.n + 1);
    size_t n = 0;
    if (!p)
        return (struct tare_str){0};
    if (how->fallback && s.n == 6 && tare_str_starts(s, TARE_S("<0x")) && s.p[5] == '>' &&
        hex(s.p[3]) >= 0 && hex(s.p[4]) >= 0) {
        p[0] = (char)(hex(s.p[3]) * 16 + hex(s.p[4]));
        return tare_str_n(p, 1);
    }
    for (size_t i = 0; i < s.n;) {
        if (how->spaces && s.n - i >= 3 && memcmp(s.p + i, SPACE_MARK, 3) == 0) {
            p[n++] = ' ';
            i += 3;
        } else {
            p[n++] = s.p[i++];
        }
    }
    return tare_str_n(p, n);
}

static enum tare_status put(struct tare__vocab_load *l, const struct spelling *how,
                            struct tare_str spelt, uint64_t id, struct tare_err *err)
{
    struct tare_str bytes =
        how->byte_level ? from_byte_level(spelt, l->arena) : from_pieces(spelt, how, l->arena);
    if (!bytes.p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the vocabulary");
    return tare__vocab_put(l, id, bytes, 0, err);
}

static enum tare_status added(struct tare__vocab_load *l, struct tare_json list,
                              struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (struct tare_json a = tare_json_first(list); a.doc && st == TARE_OK;
         a = tare_json_next(a)) {
        int64_t id;
        if (!tare_json_i64(tare_json_get(a, "id"), &id) || id < 0)
            return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(a),
                                "an added token has no \"id\"");
        st = tare__vocab_put(l, (uint64_t)id, tare_json_str(tare_json_get(a, "content")),
                             TARE_VOCAB_SPECIAL, err);
    }
    return st;
}

enum tare_status tare__vocab_tokenizer(struct tare__vocab_load *l, struct tare_json v,
                                       struct tare_err *err)
{
    struct tare_json model = tare_json_get(v, "model"), list = tare_json_get(model, "vocab");
    struct tare_json decoder = tare_json_get(v, "decoder"), pre = tare_json_get(v, "pre_tokenizer");
    struct spelling how = {.byte_level =
                               has_type(decoder, "ByteLevel") || has_type(pre, "ByteLevel"),
                           .spaces = has_type(decoder, "Metaspace") || has_type(pre, "Metaspace") ||
                                     replaces_mark(decoder),
                           .fallback = tare_json_true(tare_json_get(model, "byte_fallback")) ||
                                       has_type(decoder, "ByteFallback")};
    enum tare_status st = TARE_OK;
    bool object = tare_json_kind(list) == TARE_JSON_OBJECT;
    if (tare_json_str_is(tare_json_get(model, "type"), "WordPiece"))
        return tare_fail(err, TARE_E_INPUT,
                         "a WordPiece vocabulary: its tokens do not say which bytes they write");
    if (!object && tare_json_kind(list) != TARE_JSON_ARRAY)
        return tare_fail(err, TARE_E_INPUT, "\"model\" has no \"vocab\"");
    uint64_t at = 0;
    for (struct tare_json t = tare_json_first(list); t.doc && st == TARE_OK;
         t = tare_json_next(t), at++) {
        int64_t id = (int64_t)at;
        if (object && (!tare_json_i64(t, &id) || id < 0))
            return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(t), "a token has no id");
        st = put(l, &how, object ? tare_json_key(t) : tare_json_str(tare_json_at(t, 0)),
                 (uint64_t)id, err);
    }
    return st == TARE_OK ? added(l, tare_json_get(v, "added_tokens"), err) : st;
}
