/* Tables of a vocabulary that every grammar over it shares: which tokens lie inside a JSON string
 * whatever the grammar is, by their length, and the tree of the others. */
#include "text/guide_int.h"

#include <stdlib.h>

#include "base/banned.h"

/* Bytes of the escape at the start of t (a surrogate pair is one), at most what there is. */
static size_t escape_bytes(struct tare_str t)
{
    if (t.n < 2 || t.p[1] != 'u')
        return t.n < 2 ? t.n : 2;
    if (t.n < 4)
        return t.n;
    bool high = (t.p[2] == 'd' || t.p[2] == 'D') && memchr("89abAB", t.p[3], 6);
    size_t n = high ? 12 : 6;
    return t.n < n ? t.n : n;
}

/* Code points of a string that a token which begins inside it takes, until the string or the token
 * ends; an escape that is only begun counts. Right for the tokens that are allowed there. *end: of
 * the string, at most the token's. */
static uint32_t length_of(struct tare_str t, size_t *end)
{
    uint32_t n = 0;
    size_t i = 0;
    while (i < t.n) {
        unsigned char b = (unsigned char)t.p[i];
        if (b == '"')
            break;
        n += (b & 0xc0) != 0x80;
        i += b == '\\' ? escape_bytes(tare_str_n(t.p + i, t.n - i)) : 1;
    }
    *end = i;
    return n;
}

static bool is_text(const struct tare_vocab *v, uint32_t id)
{
    return v->flags[id] == 0;
}

/* Nodes by their first byte and their first two. */
static bool index_tree(const struct tare_vocab *v, struct tare_arena *arena, struct tare__tree *out)
{
    uint32_t *one = TARE_NEW_N(arena, uint32_t, 256);
    uint32_t *two = TARE_NEW_N(arena, uint32_t, 65536);
    if (!one || !two)
        return false;
    for (uint32_t i = 1; i < v->n_nodes; i += tare_vocab_node_size(v->trie[i])) {
        uint32_t b = tare_vocab_node_byte(v->trie[i]);
        uint32_t end = i + tare_vocab_node_size(v->trie[i]);
        one[b] = i;
        for (uint32_t k = i + 1; k < end; k += tare_vocab_node_size(v->trie[k]))
            two[b << 8 | tare_vocab_node_byte(v->trie[k])] = k;
    }
    *out = (struct tare__tree){.v = v, .first = one, .second = two};
    return true;
}

static void set_bit(uint64_t *words, uint32_t id)
{
    words[id / 64] |= (uint64_t)1 << (id % 64);
}

/* What masks of strings with bounded lengths are cut with. */
static bool length_tables(struct tare_guide_vocab *g, struct tare_arena *arena)
{
    const struct tare_vocab *v = g->v;
    uint32_t *length = TARE_NEW_N(arena, uint32_t, v->n_tokens + 1);
    uint32_t *longs = TARE_NEW_N(arena, uint32_t, v->n_tokens + 1);
    uint32_t *closing = TARE_NEW_N(arena, uint32_t, v->n_tokens + 1);
    uint32_t *longer = TARE_NEW_N(arena, uint32_t, v->n_tokens + 1);
    uint64_t *within[TARE__LENGTHS];
    for (uint32_t n = 0; n < TARE__LENGTHS; n++) {
        within[n] = TARE_NEW_N(arena, uint64_t, g->n_words);
        g->within[n] = within[n];
        if (!within[n])
            return false;
    }
    if (!length || !longs || !closing || !longer)
        return false;
    for (uint32_t id = 0; id < v->n_tokens; id++) {
        size_t end = 0;
        if (!is_text(v, id))
            continue;
        length[id] = length_of(tare_vocab_text(v, id), &end);
        if (end < tare_vocab_text(v, id).n)
            closing[g->n_closing++] = id;
        if (length[id] > TARE__SHORT)
            longer[g->n_longer++] = id;
        if (length[id] >= TARE__LENGTHS)
            longs[g->n_long++] = id;
        else
            set_bit(within[length[id]], id);
    }
    for (uint32_t n = 1; n < TARE__LENGTHS; n++)
        for (uint32_t i = 0; i < g->n_words; i++)
            within[n][i] |= within[n - 1][i];
    g->length = length;
    g->long_ones = longs;
    g->longer = longer;
    g->closing_ones = closing;
    return true;
}

/* Tokens with quotes, most first: those that can end a key. */
static bool quote_tables(struct tare_guide_vocab *g, struct tare_arena *arena)
{
    const struct tare_vocab *v = g->v;
    uint8_t *quotes = TARE_NEW_N(arena, uint8_t, v->n_tokens + 1);
    uint32_t *ids = TARE_NEW_N(arena, uint32_t, v->n_tokens + 1), first[257] = {0};
    uint64_t *leaving = TARE_NEW_N(arena, uint64_t, g->n_words);
    if (!quotes || !ids || !leaving)
        return false;
    g->leaving = leaving;
    for (uint32_t id = 0; id < v->n_tokens; id++) {
        struct tare_str t = is_text(v, id) ? tare_vocab_text(v, id) : (struct tare_str){0};
        for (size_t i = 0; i < t.n; i++)
            quotes[id] = (uint8_t)(quotes[id] + (t.p[i] == '"' && quotes[id] < 255));
        first[255 - quotes[id] + 1]++;
        if (quotes[id] || v->flags[id] & TARE_VOCAB_SPECIAL)
            set_bit(leaving, id);
    }
    for (uint32_t k = 1; k < 257; k++)
        first[k] += first[k - 1];
    g->n_quoted = first[255]; /* all but those without */
    for (uint32_t id = 0; id < v->n_tokens; id++)
        ids[first[255 - quotes[id]]++] = id;
    g->quotes = quotes;
    g->quoted = ids;
    return true;
}

/* Of UTF-8: without quote, backslash, control characters, U+2028 and U+2029 (E2 80 A8 and A9).
 * Between two characters it is in its first state, and nowhere else. */
static enum tare_status common_text(const struct tare_dfa *utf8, struct tare_arena *arena,
                                    const struct tare_dfa **out, struct tare_err *err)
{
    uint32_t n = utf8->n_states, e2 = n, e2_80 = n + 1;
    struct tare_dfa *d = TARE_NEW(arena, struct tare_dfa);
    uint32_t *next = TARE_NEW_N(arena, uint32_t, ((size_t)n + 2) * 256);
    uint8_t *accepts = TARE_NEW_N(arena, uint8_t, (size_t)n + 2);
    if (!d || !next || !accepts)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a vocabulary");
    *d = (struct tare_dfa){.n_states = n + 2, .n_classes = 256, .next = next, .accepts = accepts};
    accepts[TARE_DFA_START] = 1;
    for (unsigned b = 0; b < 256; b++) {
        d->class_of[b] = (uint8_t)b;
        for (uint32_t s = 1; s < n && b >= 0x20 && b != '"' && b != '\\'; s++)
            next[s * 256 + b] = tare_dfa_step(utf8, s, (unsigned char)b);
        next[e2 * 256 + b] =
            tare_dfa_step(utf8, tare_dfa_step(utf8, TARE_DFA_START, 0xe2), (unsigned char)b);
        next[e2_80 * 256 + b] =
            b >= 0x80 && b < 0xc0 && b != 0xa8 && b != 0xa9 ? TARE_DFA_START : 0;
    }
    next[TARE_DFA_START * 256 + 0xe2] = e2;
    next[e2 * 256 + 0x80] = e2_80;
    /* the product merges bytes that are alike */
    return tare_dfa_product(d, utf8, TARE_DFA_AND, (struct tare_dfa_bounds){.max_states = 100},
                            arena, out, err);
}

/* What a token holds behind the quote that ends the string it begins in. */
struct tail {
    struct tare_str text;
    uint32_t id;
};

static int by_text(const void *a, const void *b)
{
    const struct tail *x = a, *y = b;
    return tare_str_cmp(x->text, y->text);
}

/* Each tail once, in a tree of their own. */
static bool tail_tables(struct tare_guide_vocab *g, struct tare_arena *arena, struct tare_err *err)
{
    const struct tare_vocab *v = g->v;
    struct tail *tails = TARE_NEW_N(arena, struct tail, g->n_closing + 1);
    struct tare_vocab_token *texts = TARE_NEW_N(arena, struct tare_vocab_token, g->n_closing + 1);
    uint32_t *tail_of = TARE_NEW_N(arena, uint32_t, v->n_tokens + 1), n = 0;
    if (!tails || !texts || !tail_of)
        return false;
    for (uint32_t i = 0; i < g->n_closing; i++) {
        struct tare_str t = tare_vocab_text(v, g->closing_ones[i]);
        size_t end = 0;
        (void)length_of(t, &end);
        tails[i] = (struct tail){tare_str_n(t.p + end + 1, t.n - end - 1), g->closing_ones[i]};
    }
    if (g->n_closing)
        qsort(tails, g->n_closing, sizeof *tails, by_text);
    for (uint32_t i = 0; i < g->n_closing; i++) {
        if (tails[i].text.n && (!n || !tare_str_eq(texts[n - 1].bytes, tails[i].text)))
            texts[n++].bytes = tails[i].text;
        tail_of[tails[i].id] = tails[i].text.n ? n : 0;
    }
    g->n_tails = n;
    if (!n) /* one that never matches, so that there is a tree */
        texts[0] = (struct tare_vocab_token){.bytes = TARE_S("none"), .flags = TARE_VOCAB_SPECIAL};
    const struct tare_vocab *tree = NULL;
    if (tare_vocab_make(texts, n + !n, 0, arena, &tree, err))
        return false;
    g->tail_of = tail_of;
    return index_tree(tree, arena, &g->tails);
}

/* Strings and keys of any text are in every grammar: what tokens do in them is found here. */
static bool usual_strings(struct tare_guide_vocab *g, const struct tare_grammar *any, uint32_t text,
                          uint32_t plain, struct tare_arena *arena)
{
    g->text = tare__inner_make(g, &any->nodes[text], NULL, arena);
    g->plain = tare__inner_make(g, &any->nodes[plain], NULL, arena);
    g->names = tare__inner_make(g, NULL, any->names, arena);
    struct tare__node matched = any->nodes[text];
    matched.free = false;
    g->matched = tare__inner_make(g, &matched, NULL, arena);
    return g->text && g->plain && g->names && g->matched;
}

/* The tree of the tokens that are not of the common text, whole. */
static bool edge_tree(struct tare_guide_vocab *g, struct tare_arena *arena, struct tare_err *err)
{
    const struct tare_vocab *v = g->v, *tree = NULL;
    struct tare_vocab_token *edge = TARE_NEW_N(arena, struct tare_vocab_token, v->n_tokens + 1);
    bool any = false;
    if (!edge)
        return false;
    for (uint32_t id = 0; id < v->n_tokens; id++) {
        struct tare_str t = tare_vocab_text(v, id);
        edge[id].flags = TARE_VOCAB_EMPTY;
        if (!is_text(v, id) || tare_dfa_run(g->common, t))
            continue;
        edge[id] = (struct tare_vocab_token){.bytes = t};
        any = true;
    }
    if (!any) /* one that never matches, so that there is a tree */
        edge[v->n_tokens] =
            (struct tare_vocab_token){.bytes = TARE_S("none"), .flags = TARE_VOCAB_SPECIAL};
    return !tare_vocab_make(edge, v->n_tokens + !any, 0, arena, &tree, err) &&
           index_tree(tree, arena, &g->edge);
}

enum tare_status tare_guide_vocab_open(const struct tare_vocab *v, struct tare_arena *arena,
                                       const struct tare_guide_vocab **out, struct tare_err *err)
{
    struct tare_guide_vocab *g = TARE_NEW(arena, struct tare_guide_vocab);
    struct tare_grammar *any = NULL;
    if (!g)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a vocabulary");
    g->pool = TARE_NEW(arena, struct tare__pool);
    if (!g->pool || !tare__pool_init(g->pool))
        return tare_fail(err, TARE_E_NOMEM, "no memory for a vocabulary");
    g->v = v;
    g->n_words = (v->size + 63) / 64;
    enum tare_status st = tare_grammar_open(arena, &any, err);
    if (st)
        return st;
    uint32_t text = tare_grammar_string(any, NULL, 0, TARE_GRAMMAR_ANY, true);
    uint32_t plain = tare_grammar_string(any, NULL, 0, TARE_GRAMMAR_ANY, false);
    st = any->err.code ? any->err.code : common_text(any->utf8, arena, &g->common, err);
    if (st)
        return st;
    if (!edge_tree(g, arena, err) || !length_tables(g, arena) || !quote_tables(g, arena) ||
        !index_tree(v, arena, &g->full) || !tail_tables(g, arena, err) ||
        !tare__kinds_make(g, arena) || !usual_strings(g, any, text, plain, arena))
        return err && err->code ? err->code
                                : tare_fail(err, TARE_E_NOMEM, "no memory for a vocabulary");
    *out = g;
    return TARE_OK;
}
