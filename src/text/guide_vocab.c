/* Tables of a vocabulary that every grammar over it shares: which tokens lie inside a JSON string
 * whatever the grammar is, by their length, and the tree of the others. */
#include "text/guide_int.h"

#include "text/utf8.h"

#include "base/banned.h"

/* Whether a token can stand inside any JSON string, whole. */
static bool is_inside(struct tare_str t)
{
    for (size_t i = 0; i < t.n; i++) {
        unsigned char b = (unsigned char)t.p[i];
        if (b < 0x20 || b == '"' || b == '\\')
            return false;
    }
    return tare_utf8_valid_bytes(t) == t.n;
}

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
 * ends; an escape that is only begun counts. Right for the tokens that are allowed there. */
static uint32_t length_of(struct tare_str t, bool *closes)
{
    uint32_t n = 0;
    for (size_t i = 0; i < t.n;) {
        unsigned char b = (unsigned char)t.p[i];
        *closes = b == '"';
        if (*closes)
            break;
        n += (b & 0xc0) != 0x80;
        i += b == '\\' ? escape_bytes(tare_str_n(t.p + i, t.n - i)) : 1;
    }
    return n;
}

static bool is_text(const struct tare_vocab *v, uint32_t id)
{
    return v->flags[id] == 0;
}

/* Nodes by their first byte and their first two. */
static bool index_tree(const struct tare_vocab *v, struct tare_arena *arena, const uint32_t **first,
                       const uint32_t **second)
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
    *first = one;
    *second = two;
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
    uint64_t *within[TARE__LENGTHS];
    for (uint32_t n = 0; n < TARE__LENGTHS; n++) {
        within[n] = TARE_NEW_N(arena, uint64_t, g->n_words);
        g->within[n] = within[n];
        if (!within[n])
            return false;
    }
    if (!length || !longs || !closing)
        return false;
    for (uint32_t id = 0; id < v->n_tokens; id++) {
        bool closes = false;
        if (!is_text(v, id))
            continue;
        length[id] = length_of(tare_vocab_text(v, id), &closes);
        if (closes)
            closing[g->n_closing++] = id;
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
    g->closing_ones = closing;
    return true;
}

/* Tokens with quotes, most first: those that can end a key. */
static bool quote_tables(struct tare_guide_vocab *g, struct tare_arena *arena)
{
    const struct tare_vocab *v = g->v;
    uint8_t *quotes = TARE_NEW_N(arena, uint8_t, v->n_tokens + 1);
    uint32_t *ids = TARE_NEW_N(arena, uint32_t, v->n_tokens + 1), first[257] = {0};
    if (!quotes || !ids)
        return false;
    for (uint32_t id = 0; id < v->n_tokens; id++) {
        struct tare_str t = is_text(v, id) ? tare_vocab_text(v, id) : (struct tare_str){0};
        for (size_t i = 0; i < t.n; i++)
            quotes[id] = (uint8_t)(quotes[id] + (t.p[i] == '"' && quotes[id] < 255));
        first[255 - quotes[id] + 1]++;
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

enum tare_status tare_guide_vocab_open(const struct tare_vocab *v, struct tare_arena *arena,
                                       const struct tare_guide_vocab **out, struct tare_err *err)
{
    struct tare_guide_vocab *g = TARE_NEW(arena, struct tare_guide_vocab);
    struct tare_vocab_token *edge = TARE_NEW_N(arena, struct tare_vocab_token, v->n_tokens + 1);
    uint64_t *inside = TARE_NEW_N(arena, uint64_t, (v->size + 63) / 64);
    bool any = false;
    if (!g || !edge || !inside)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a vocabulary");
    g->v = v;
    g->n_words = (v->size + 63) / 64;
    for (uint32_t id = 0; id < v->n_tokens; id++) {
        edge[id].flags = TARE_VOCAB_EMPTY;
        if (!is_text(v, id))
            continue;
        if (is_inside(tare_vocab_text(v, id))) {
            set_bit(inside, id);
            g->n_inside++;
            continue;
        }
        edge[id] = (struct tare_vocab_token){.bytes = tare_vocab_text(v, id)};
        any = true;
    }
    if (!any) /* one that never matches, so that there is a tree */
        edge[v->n_tokens] =
            (struct tare_vocab_token){.bytes = TARE_S("none"), .flags = TARE_VOCAB_SPECIAL};
    enum tare_status st = tare_vocab_make(edge, v->n_tokens + !any, 0, arena, &g->edge, err);
    if (st)
        return st;
    g->inside = inside;
    if (!length_tables(g, arena) || !quote_tables(g, arena) ||
        !index_tree(v, arena, &g->first, &g->second) ||
        !index_tree(g->edge, arena, &g->edge_first, &g->edge_second))
        return tare_fail(err, TARE_E_NOMEM, "no memory for a vocabulary");
    *out = g;
    return TARE_OK;
}
