/* Vocabulary files: what each format calls a token, gathered by id, then given to
 * tare_vocab_make. */
#include "base/limits.h"
#include "text/jsonl.h"
#include "text/utf8.h"
#include "text/vocab_int.h"

#include "base/banned.h"

static const struct tare_json_policy vocab_policy = {
    .max_bytes = TARE_MAX_VOCAB_FILE_BYTES, .max_keys = TARE_MAX_VOCAB_TOKENS, .allow_bom = true};

/* Ends of the models in use, most telling first. */
static const char *const end_names[] = {"<|eot_id|>",      "<|im_end|>",    "<end_of_turn>",
                                        "<|end|>",         "<|endoftext|>", "</s>",
                                        "<|end_of_text|>", "<eos>",         "<EOT>",
                                        "<|return|>",      "<|eom_id|>",    "<｜end▁of▁sentence｜>",
                                        "<|eos|>",         "[EOS]",         NULL};

bool tare__base64(struct tare_str s, struct tare_arena *arena, struct tare_str *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while (s.n && s.p[s.n - 1] == '=')
        s.n--;
    char *p = tare_arena_alloc(arena, s.n + 1);
    uint32_t bits = 0, n_bits = 0;
    size_t n = 0;
    *out = (struct tare_str){0};
    if (!p || s.n % 4 == 1)
        return p == NULL;
    for (size_t i = 0; i < s.n; i++) {
        const char *at = s.p[i] ? strchr(digits, s.p[i]) : NULL;
        if (!at)
            return false;
        bits = bits << 6 | (uint32_t)(at - digits);
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            p[n++] = (char)(bits >> n_bits & 0xff);
        }
    }
    *out = tare_str_n(p, n);
    return true;
}

enum tare_status tare__vocab_put(struct tare__vocab_load *l, uint64_t id, struct tare_str bytes,
                                 unsigned flags, struct tare_err *err)
{
    if (id >= TARE_MAX_VOCAB_TOKENS)
        return tare_fail(err, TARE_E_LIMIT, "token id %llu: ids below %u are read",
                         (unsigned long long)id, TARE_MAX_VOCAB_TOKENS);
    if (id >= l->cap) {
        size_t cap = l->cap ? l->cap : 1024;
        while (cap <= id)
            cap *= 2;
        struct tare_vocab_token *t = TARE_NEW_N(l->arena, struct tare_vocab_token, cap);
        if (!t)
            return tare_fail(err, TARE_E_NOMEM, "not enough memory for the vocabulary");
        if (l->n)
            memcpy(t, l->t, l->n * sizeof *t);
        l->t = t;
        l->cap = cap;
    }
    struct tare_vocab_token *t = &l->t[id];
    bool added = (flags & TARE_VOCAB_SPECIAL) != 0;
    if (t->bytes.n && !added)
        return tare_fail(err, TARE_E_INPUT, "two tokens have the id %llu: \"%.*s\" and \"%.*s\"",
                         (unsigned long long)id, TARE_FMT(t->bytes), TARE_FMT(bytes));
    *t = (struct tare_vocab_token){bytes, (uint8_t)flags};
    if (id >= l->n)
        l->n = (size_t)id + 1;
    return TARE_OK;
}

/* ---- ranks ------------------------------------------------------------------------------- */

static enum tare_status ranks_line(struct tare__vocab_load *l, struct tare_str line, size_t at,
                                   struct tare_err *err)
{
    size_t cut = tare_str_find(line, TARE_S(" "));
    struct tare_str bytes;
    uint64_t id;
    if (cut == SIZE_MAX || !tare_str_to_u64(tare_str_n(line.p + cut + 1, line.n - cut - 1), &id) ||
        !tare__base64(tare_str_n(line.p, cut), l->arena, &bytes))
        return tare_fail_at(err, TARE_E_INPUT, at,
                            "the line is not \"base64 rank\", and the file is no JSON");
    if (!bytes.p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the vocabulary");
    return tare__vocab_put(l, id, bytes, 0, err);
}

static enum tare_status read_ranks(struct tare__vocab_load *l, struct tare_str text,
                                   struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (size_t at = 0, next; at < text.n && st == TARE_OK; at = next) {
        const char *cut = memchr(text.p + at, '\n', text.n - at);
        struct tare_str line = {text.p + at, cut ? (size_t)(cut - text.p) - at : text.n - at};
        next = at + line.n + 1;
        line = tare_str_trim(line);
        if (line.n)
            st = ranks_line(l, line, at, err);
    }
    return st;
}

/* "! 5 IQ== Ig==\n! 300 …": the tokens from id 5 on. */
static enum tare_status read_ranks_text(struct tare__vocab_load *l, struct tare_str text,
                                        struct tare_err *err)
{
    uint64_t id = 0;
    bool is_id = false;
    enum tare_status st = TARE_OK;
    for (size_t at = 0, end; at < text.n && st == TARE_OK; at = end) {
        while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\n' || text.p[at] == '\r'))
            at++;
        for (end = at; end < text.n && text.p[end] != ' ' && text.p[end] != '\n'; end++)
            continue;
        struct tare_str word = tare_str_trim(tare_str_n(text.p + at, end - at)), bytes;
        if (!word.n)
            continue;
        if (tare_str_is(word, "!")) {
            is_id = true;
        } else if (is_id) {
            is_id = false;
            if (!tare_str_to_u64(word, &id))
                return tare_fail(err, TARE_E_INPUT, "\"bpe_ranks\": no id follows \"!\"");
        } else if (!tare__base64(word, l->arena, &bytes)) {
            return tare_fail(err, TARE_E_INPUT, "\"bpe_ranks\": token %llu is not base64",
                             (unsigned long long)id);
        } else if (!bytes.p) {
            return tare_fail(err, TARE_E_NOMEM, "not enough memory for the vocabulary");
        } else {
            st = tare__vocab_put(l, id++, bytes, 0, err);
        }
    }
    return st;
}

static enum tare_status read_ranks_json(struct tare__vocab_load *l, struct tare_json v,
                                        struct tare_err *err)
{
    enum tare_status st = read_ranks_text(l, tare_json_str(tare_json_get(v, "bpe_ranks")), err);
    struct tare_json s = tare_json_first(tare_json_get(v, "special_tokens"));
    for (int64_t id; s.doc && st == TARE_OK; s = tare_json_next(s)) {
        if (!tare_json_i64(s, &id) || id < 0)
            return tare_fail(err, TARE_E_INPUT, "special token \"%.*s\" has no id",
                             TARE_FMT(tare_json_key(s)));
        st = tare__vocab_put(l, (uint64_t)id, tare_json_key(s), TARE_VOCAB_SPECIAL, err);
    }
    return st;
}

/* ---- a plain list ------------------------------------------------------------------------ */

static enum tare_status list_token(struct tare__vocab_load *l, struct tare_json v,
                                   struct tare_err *err)
{
    struct tare_json id = tare_json_get(v, "id"), text = tare_json_get(v, "text");
    struct tare_str bytes = tare_json_str(text);
    int64_t at = (int64_t)l->n;
    unsigned flags = 0;
    if (tare_json_kind(v) == TARE_JSON_STRING)
        return tare__vocab_put(l, (uint64_t)at, tare_json_str(v), 0, err);
    if (tare_json_kind(v) == TARE_JSON_NULL) {
        return tare__vocab_put(l, (uint64_t)at, (struct tare_str){0}, 0, err);
    }
    if (tare_json_kind(v) != TARE_JSON_OBJECT ||
        (tare_json_present(id) && (!tare_json_i64(id, &at) || at < 0)))
        return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                            "a token is a text or {\"id\", \"text\" or \"bytes\" (base64)}");
    if (!tare_json_present(text)) {
        if (!tare__base64(tare_json_str(tare_json_get(v, "bytes")), l->arena, &bytes))
            return tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v),
                                "token %lld: \"bytes\" is not base64", (long long)at);
    }
    if (tare_json_true(tare_json_get(v, "special")))
        flags |= TARE_VOCAB_SPECIAL;
    if (tare_json_true(tare_json_get(v, "end")))
        flags |= TARE_VOCAB_SPECIAL | TARE_VOCAB_END;
    return tare__vocab_put(l, (uint64_t)at, bytes, flags, err);
}

static enum tare_status read_list(struct tare__vocab_load *l, struct tare_json v,
                                  struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (v = tare_json_first(v); v.doc && st == TARE_OK; v = tare_json_next(v))
        st = list_token(l, v, err);
    return st;
}

static enum tare_status read_lines(struct tare__vocab_load *l, struct tare_str text,
                                   struct tare_err *err)
{
    struct tare_jsonl lines;
    struct tare_json v;
    enum tare_status st = TARE_OK, put = TARE_OK;
    tare_jsonl_begin(&lines, text, NULL);
    while (put == TARE_OK && tare_jsonl_next(&lines, l->arena, &v, &st, err))
        put = list_token(l, v, err);
    return put == TARE_OK ? st : put;
}

/* ---- which format ------------------------------------------------------------------------ */

/* The end of the first line, or of the text. */
static struct tare_str first_line(struct tare_str text)
{
    const char *cut = text.n ? memchr(text.p, '\n', text.n) : NULL;
    return cut ? tare_str_n(text.p, (size_t)(cut - text.p)) : text;
}

static enum tare_status read_json(struct tare__vocab_load *l, struct tare_str text,
                                  enum tare_vocab_format f, struct tare_err *err)
{
    struct tare_json v;
    enum tare_status st = tare_json_parse(text, &vocab_policy, l->arena, &v, err);
    if (st != TARE_OK)
        return st;
    if (f == TARE_VOCAB_LIST || (!f && tare_json_kind(v) == TARE_JSON_ARRAY))
        return tare_json_kind(v) == TARE_JSON_ARRAY ? read_list(l, v, err) : list_token(l, v, err);
    if (f == TARE_VOCAB_RANKS_JSON || (!f && tare_json_present(tare_json_get(v, "bpe_ranks"))))
        return read_ranks_json(l, v, err);
    if (f == TARE_VOCAB_TOKENIZER_JSON || (!f && tare_json_present(tare_json_get(v, "model"))))
        return tare__vocab_tokenizer(l, v, err);
    tare_err_hint(err, "wanted: a tokenizer.json, a file of tiktoken ranks, or a JSON list");
    return tare_fail(err, TARE_E_INPUT,
                     "the file is no vocabulary: neither \"model\" nor "
                     "\"bpe_ranks\" is in it");
}

static enum tare_status read_any(struct tare__vocab_load *l, struct tare_str text,
                                 enum tare_vocab_format f, struct tare_err *err)
{
    struct tare_str body = tare_str_trim(text), line = tare_str_trim(first_line(body));
    char first = body.n ? body.p[0] : 0, last = line.n ? line.p[line.n - 1] : 0;
    bool whole = line.n == body.n;
    if (f == TARE_VOCAB_RANKS || (!f && first != '{' && first != '[' && first != '"'))
        return read_ranks(l, text, err);
    if ((!f || f == TARE_VOCAB_LIST) && !whole &&
        (first == '"' || (first == '{' && last == '}' && line.n > 1)))
        return read_lines(l, text, err);
    return read_json(l, text, f, err);
}

/* Which token ends a text. Ranks have no special tokens: one is added. */
static enum tare_status find_end(struct tare__vocab_load *l, struct tare_str name,
                                 struct tare_err *err)
{
    for (size_t i = 0; i < l->n && !name.n; i++)
        if (l->t[i].flags & TARE_VOCAB_END)
            return TARE_OK;
    bool any = false;
    for (size_t k = 0; name.n ? k == 0 : end_names[k] != NULL; k++) {
        struct tare_str want = name.n ? name : tare_str_of(end_names[k]);
        for (size_t i = 0; i < l->n; i++) {
            struct tare_vocab_token *t = &l->t[i];
            if (!tare_str_eq(t->bytes, want) || (!name.n && !(t->flags & TARE_VOCAB_SPECIAL)))
                continue;
            t->flags |= TARE_VOCAB_SPECIAL | TARE_VOCAB_END;
            any = true;
        }
    }
    if (any)
        return TARE_OK;
    bool special = false;
    for (size_t i = 0; i < l->n; i++)
        special = special || (l->t[i].flags & TARE_VOCAB_SPECIAL);
    if (!special)
        return tare__vocab_put(l, l->n, name.n ? name : TARE_S("<|endoftext|>"),
                               TARE_VOCAB_SPECIAL | TARE_VOCAB_END, err);
    if (!name.n)
        return TARE_OK;
    tare_err_hint(err, "name the token that ends a text as the vocabulary spells it");
    return tare_fail(err, TARE_E_INPUT, "no token is \"%.*s\"", TARE_FMT(name));
}

enum tare_status tare_vocab_read(struct tare_str text, const struct tare_vocab_options *options,
                                 struct tare_arena *arena, const struct tare_vocab **out,
                                 struct tare_err *err)
{
    static const struct tare_vocab_options none = {0};
    const struct tare_vocab_options *o = options ? options : &none;
    struct tare_arena scratch;
    struct tare__vocab_load l = {.arena = &scratch};
    if (text.n > TARE_MAX_VOCAB_FILE_BYTES)
        return tare_fail(err, TARE_E_LIMIT, "a vocabulary of over %zu bytes",
                         TARE_MAX_VOCAB_FILE_BYTES);
    tare_arena_init(&scratch, arena->alc, TARE_ARENA_LOAD_BYTES);
    enum tare_status st = read_any(&l, text, o->format, err);
    if (st == TARE_OK && l.n)
        st = find_end(&l, o->end, err);
    if (st == TARE_OK)
        st = tare_vocab_make(l.t, l.n, o->size, arena, out, err);
    tare_arena_free(&scratch);
    return st;
}
