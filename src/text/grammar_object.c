/* Objects and counted texts of a grammar: tables that are made once and read at every step. */
#include "text/grammar_int.h"

#include <stdlib.h>

#include "base/limits.h"

#include "base/banned.h"

unsigned char tare__short_escape(unsigned char letter)
{
    static const char letters[] = "\"\\bfnrt", texts[] = "\"\\\b\f\n\r\t";
    const char *at = letter ? strchr(letters, letter) : NULL;
    return at ? (unsigned char)texts[at - letters] : 0;
}

static int by_text(const void *a, const void *b)
{
    const struct tare__key *x = a, *y = b;
    return tare_str_cmp(x->text, y->text);
}

static enum tare_status no_memory(struct tare_grammar *g)
{
    return tare_fail(&g->err, TARE_E_NOMEM, "no memory for a grammar");
}

static enum tare_status copy_members(struct tare_grammar *g, const struct tare_grammar_object *in,
                                     struct tare__object *o)
{
    for (uint32_t i = 0; i < o->n; i++) {
        struct tare_str key = in->members[i].key;
        char *text = TARE_NEW_N(g->arena, char, key.n + 1);
        if (!text)
            return no_memory(g);
        if (key.n)
            memcpy(text, key.p, key.n);
        text[key.n] = '"';
        o->keys[i] = (struct tare__key){tare_str_n(text, key.n + 1), i};
        o->values[i] = in->members[i].value;
        o->required[i] = in->members[i].required;
        if (o->any_order && in->members[i].required)
            o->required_set |= (uint64_t)1 << i;
    }
    if (o->n)
        qsort(o->keys, o->n, sizeof *o->keys, by_text);
    for (uint32_t i = 1; i < o->n; i++)
        if (tare_str_eq(o->keys[i - 1].text, o->keys[i].text))
            return tare_fail(&g->err, TARE_E_INPUT, "an object with the key \"%.*s twice",
                             TARE_FMT(o->keys[i].text));
    return TARE_OK;
}

/* The text of a key whose escapes are the short ones and \u of control characters, which are no
 * text of an extra. {NULL, 0}: no memory; kept in g->err. */
static struct tare_str unescaped(struct tare_grammar *g, struct tare_str key)
{
    char *text = TARE_NEW_N(g->arena, char, key.n + 1);
    size_t n = 0;
    if (!text) {
        (void)no_memory(g);
        return (struct tare_str){0};
    }
    for (size_t i = 0; i < key.n; i++) {
        unsigned char c = (unsigned char)key.p[i];
        if (c == '\\' && i + 1 < key.n) {
            unsigned char short_one = tare__short_escape((unsigned char)key.p[++i]);
            c = short_one ? short_one : 1;
        }
        text[n++] = (char)c;
    }
    return tare_str_n(text, n);
}

/* Of the keys those that are spelt without \\u. Objects often share their automata of keys. */
static enum tare_status plain_keys(struct tare_grammar *g, const struct tare_dfa *key,
                                   const struct tare_dfa **out)
{
    struct tare__plain_keys *k = &g->plain_keys[g->n_plain_keys % TARE__PLAIN_KEYS];
    for (uint32_t i = 0; i < TARE__PLAIN_KEYS; i++)
        if (g->plain_keys[i].key == key) {
            *out = g->plain_keys[i].plain;
            return TARE_OK;
        }
    enum tare_status st = tare_dfa_product(key, g->names, TARE_DFA_AND,
                                           tare__grammar_bounds(g, TARE_MAX_GRAMMAR_DFA_STATES),
                                           g->arena, out, &g->err);
    if (!st) {
        *k = (struct tare__plain_keys){key, *out};
        g->n_plain_keys++;
    }
    return st;
}

/* An extra's automaton without the declared keys, so that no key is begun that cannot be ended. */
static enum tare_status copy_extra(struct tare_grammar *g, const struct tare_grammar_object *in,
                                   const struct tare_grammar_extra *from, struct tare__extra *to)
{
    const struct tare_dfa *declared = NULL;
    uint32_t n = 0;
    to->value = from->value;
    to->meets = from->meets & in->wants;
    to->key = g->names; /* any: steps look out for the declared ones */
    if (!from->key)
        return TARE_OK;
    struct tare_str *texts = TARE_NEW_N(g->arena, struct tare_str, in->n_members);
    if (!texts)
        return no_memory(g);
    enum tare_status st = plain_keys(g, from->key, &to->key);
    for (uint32_t i = 0; i < in->n_members && !st; i++) {
        struct tare_str key = unescaped(g, in->members[i].key);
        if (g->err.code)
            return g->err.code;
        if (tare_dfa_run(to->key, key))
            texts[n++] = key;
    }
    if (!st && n)
        st = tare_dfa_texts(texts, n, tare__grammar_bounds(g, TARE_MAX_GRAMMAR_DFA_STATES),
                            g->arena, &declared, &g->err);
    if (!st && n)
        st = tare_dfa_product(to->key, declared, TARE_DFA_MINUS,
                              tare__grammar_bounds(g, TARE_MAX_GRAMMAR_DFA_STATES * 2), g->arena,
                              &to->key, &g->err);
    if (!st && !tare_work_do(g->work, (uint64_t)to->key->n_states * to->key->n_classes))
        st = tare__grammar_over(&g->err);
    return st ? st : tare__dfa_counts(to->key, g->arena, &to->left, &g->err);
}

enum tare_status tare__grammar_object_make(struct tare_grammar *g,
                                           const struct tare_grammar_object *in,
                                           struct tare__object **out)
{
    struct tare__object *o = TARE_NEW(g->arena, struct tare__object);
    if (g->err.code)
        return g->err.code;
    if (in->n_members > 65535 || in->n_extras > 255 ||
        (in->any_order && in->n_members > (in->wants ? 56u : 64u)))
        return tare_fail(&g->err, TARE_E_LIMIT,
                         "an object of %u members and %u kinds of extra "
                         "ones; at most 65,535 (64 in any order) and 255",
                         in->n_members, in->n_extras);
    if (!tare_work_do(g->work,
                      30 + 20 * (uint64_t)in->n_members + (uint64_t)in->n_members * in->n_extras))
        return tare__grammar_over(&g->err);
    if (!o)
        return no_memory(g);
    *o = (struct tare__object){.n = in->n_members,
                               .n_extras = in->n_extras,
                               .min = in->min,
                               .max = in->max,
                               .any_order = in->any_order,
                               .list = in->list,
                               .wants = in->wants,
                               .gap_open = in->gap_open,
                               .gap_close = in->gap_close,
                               .gap_before = in->gap_before,
                               .gap_after = in->gap_after};
    size_t n = in->n_members;
    o->keys = TARE_NEW_N(g->arena, struct tare__key, n);
    o->values = TARE_NEW_N(g->arena, uint32_t, n);
    o->required = TARE_NEW_N(g->arena, uint8_t, n);
    o->next_required = TARE_NEW_N(g->arena, uint32_t, n + 1);
    o->required_after = TARE_NEW_N(g->arena, uint32_t, n + 1);
    o->open_after = TARE_NEW_N(g->arena, uint32_t, n + 1);
    o->extras = TARE_NEW_N(g->arena, struct tare__extra, in->n_extras);
    o->cover = TARE_NEW_N(g->arena, uint8_t, in->wants ? 256 : 1);
    if (!o->cover || !o->keys || !o->values || !o->required || !o->next_required ||
        !o->required_after || !o->open_after || !o->extras)
        return no_memory(g);
    enum tare_status st = copy_members(g, in, o);
    for (uint32_t i = 0; i < in->n_extras && !st; i++)
        st = copy_extra(g, in, &in->extras[i], &o->extras[i]);
    *out = o;
    return st;
}

uint32_t tare__grammar_keys(const struct tare_grammar *g, const struct tare__object *o)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < o->n_extras; i++) {
        const struct tare__extra *e = &o->extras[i];
        uint32_t n = e->left ? e->left[TARE_DFA_START] : UINT32_MAX;
        if (!e->key->empty && g->nodes[e->value].productive && n > most)
            most = n;
    }
    return most;
}

uint32_t tare__grammar_cover(const struct tare_grammar *g, struct tare__object *o, bool strict)
{
    uint32_t all = strict ? (uint32_t)__builtin_popcount(o->wants) : 0;
    for (unsigned set = 1; o->wants && set <= o->wants; set++) {
        unsigned least = 255;
        for (uint32_t i = 0; i < o->n_extras; i++) {
            const struct tare__extra *e = &o->extras[i];
            unsigned rest = set & ~(unsigned)e->meets;
            if (e->left && e->left[TARE_DFA_START] < all)
                continue;
            if (rest != set && !e->key->empty && g->nodes[e->value].productive &&
                o->cover[rest] < least)
                least = o->cover[rest] + 1u;
        }
        o->cover[set] = (uint8_t)(least < 255 ? least : 255);
    }
    return o->wants ? o->cover[o->wants] : 0;
}

void tare__grammar_object_settle(const struct tare_grammar *g, struct tare__object *o)
{
    o->next_required[o->n] = o->n;
    for (uint32_t i = o->n; i-- > 0;) {
        o->next_required[i] = o->required[i] ? i : o->next_required[i + 1];
        o->required_after[i] = o->required_after[i + 1] + o->required[i];
        o->open_after[i] = o->open_after[i + 1] + g->nodes[o->values[i]].productive;
    }
    (void)tare__grammar_cover(g, o, false);
    for (uint32_t i = 0; i < o->n_extras; i++) {
        bool can = !o->extras[i].key->empty && g->nodes[o->extras[i].value].productive;
        o->has_extra |= can;
        o->scarce |= can && o->extras[i].left;
    }
}

bool tare__keys_narrow(const struct tare__object *o, uint32_t depth, unsigned char b, uint32_t *lo,
                       uint32_t *hi)
{
    uint32_t from = *lo, to = *hi;
    while (from < to) { /* the first with a byte >= b */
        uint32_t mid = from + (to - from) / 2;
        if ((unsigned char)o->keys[mid].text.p[depth] < b)
            from = mid + 1;
        else
            to = mid;
    }
    uint32_t end = *hi, first = from;
    while (from < end) { /* the first with a byte > b */
        uint32_t mid = from + (end - from) / 2;
        if ((unsigned char)o->keys[mid].text.p[depth] <= b)
            from = mid + 1;
        else
            end = mid;
    }
    *lo = first;
    *hi = end;
    return first < end;
}

/* ---- lengths ------------------------------------------------------------------------------- */

#define FIT_MAX_LENGTH 4096u
#define FIT_MAX_WORK 4000000u

bool tare__fit_has(const struct tare__fit *f, uint32_t state, uint32_t need, uint32_t left)
{
    uint32_t end = left < f->last ? left : f->last;
    for (uint32_t n = need < end ? need : end; n <= end; n++)
        if (f->can[(size_t)n * f->n_words + state / 64] >> (state % 64) & 1)
            return true;
    return false;
}

/* Row n: after a first byte row n - 1 must hold, after a continuation byte row n itself. */
static void fit_row(const struct tare_dfa *d, const uint8_t *cont, uint64_t *row,
                    const uint64_t *before)
{
    for (uint32_t s = 1; s < d->n_states; s++) {
        bool can = !before && d->accepts[s];
        for (uint32_t c = 0; c < d->n_classes && before && !can; c++) {
            uint32_t to = d->next[(size_t)s * d->n_classes + c];
            can = to && !cont[c] && (before[to / 64] >> (to % 64) & 1);
        }
        row[s / 64] |= (uint64_t)can << (s % 64);
    }
    for (int deep = 0; deep < 3; deep++)
        for (uint32_t s = 1; s < d->n_states; s++)
            for (uint32_t c = 0; c < d->n_classes; c++) {
                uint32_t to = d->next[(size_t)s * d->n_classes + c];
                if (cont[c] && to && (row[to / 64] >> (to % 64) & 1))
                    row[s / 64] |= (uint64_t)1 << (s % 64);
            }
}

enum tare_status tare__fit_make(const struct tare_dfa *d, uint32_t lo, uint32_t hi,
                                struct tare_work *work, struct tare_arena *arena,
                                const struct tare__fit **out, struct tare_err *err)
{
    uint8_t cont[256] = {0};
    struct tare__fit *f = TARE_NEW(arena, struct tare__fit);
    uint32_t words = (d->n_states + 63) / 64, n = 0, cap = 16;
    /* a text longer than lo and the number of states can be cut by a loop */
    uint64_t end = hi != TARE_GRAMMAR_ANY ? hi : (uint64_t)lo + d->n_states;
    uint64_t *can = TARE_NEW_N(arena, uint64_t, (size_t)cap * words);
    if (!f || !can)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a grammar");
    for (unsigned b = 0x80; b < 0xc0; b++)
        cont[d->class_of[b]] = 1; /* no automaton over UTF-8 takes them for a first byte */
    for (;; n++) {
        if (n == cap) {
            uint64_t *more = TARE_NEW_N(arena, uint64_t, (size_t)cap * 2 * words);
            if (!more)
                return tare_fail(err, TARE_E_NOMEM, "no memory for a grammar");
            memcpy(more, can, (size_t)cap * words * sizeof *can);
            can = more;
            cap *= 2;
        }
        uint64_t *row = can + (size_t)n * words;
        if (!tare_work_do(work, 4 + (uint64_t)d->n_states * d->n_classes / 2))
            return tare__grammar_over(err);
        fit_row(d, cont, row, n ? row - words : NULL);
        if (n == end || (n && memcmp(row, row - words, words * sizeof *row) == 0))
            break;
        if (n >= FIT_MAX_LENGTH || (uint64_t)n * d->n_states * d->n_classes > FIT_MAX_WORK)
            return tare_fail(err, TARE_E_LIMIT,
                             "a pattern with bounds of its length that are too "
                             "large to be settled together");
    }
    *f = (struct tare__fit){.n_words = words, .last = n, .can = can};
    *out = f;
    return TARE_OK;
}
