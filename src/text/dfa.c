#include "text/dfa.h"

#include "text/regex_int.h"

#include "base/banned.h"

/* A table under way: any state may be useless, rows are by the classes that were used to make it.
 */
struct draft {
    uint32_t n, cap, max, n_classes;
    uint8_t class_of[256];
    uint32_t *next; /* [state * n_classes + class] */
    uint8_t *accepts;
};

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "no memory for an automaton");
}

static bool draft_open(struct draft *t, uint32_t cap, struct tare_arena *arena)
{
    t->cap = cap;
    t->next = TARE_NEW_N(arena, uint32_t, (size_t)cap * t->n_classes);
    t->accepts = TARE_NEW_N(arena, uint8_t, cap);
    return t->next && t->accepts;
}

static bool draft_grow(struct draft *t, struct tare_arena *arena)
{
    struct draft more = *t;
    if (t->n < t->cap)
        return true;
    if (!draft_open(&more, t->cap * 2, arena))
        return false;
    memcpy(more.next, t->next, (size_t)t->n * t->n_classes * sizeof *t->next);
    memcpy(more.accepts, t->accepts, t->n);
    *t = more;
    return true;
}

/* The edges of a draft that lead on and elsewhere (of some alike that stand side by side one): with
 * from NULL they are counted by the state they lead to, else sorted by it. */
static void sort_edges(const struct draft *t, uint32_t *first, uint32_t *from)
{
    for (uint32_t s = 1; s < t->n; s++) {
        const uint32_t *row = t->next + (size_t)s * t->n_classes;
        for (uint32_t c = 0, last = TARE_DFA_DEAD; c < t->n_classes; c++) {
            uint32_t to = row[c];
            if (to == last || to == s || to == TARE_DFA_DEAD)
                continue;
            last = to;
            if (from)
                from[first[to + 1]++] = s;
            else
                first[to + 2]++;
        }
    }
}

/* Marks the states from which something is accepted: backwards along the edges. */
static bool mark_live(const struct draft *t, uint8_t *live, struct tare_arena *arena)
{
    uint32_t *first = TARE_NEW_N(arena, uint32_t, t->n + 2);
    uint32_t *queue = TARE_NEW_N(arena, uint32_t, t->n + 1);
    uint32_t n = 0;
    if (!first || !queue)
        return false;
    sort_edges(t, first, NULL);
    for (uint32_t s = 2; s < t->n + 2; s++)
        first[s] += first[s - 1];
    uint32_t *from = TARE_NEW_N(arena, uint32_t, first[t->n + 1] + 1);
    if (!from)
        return false;
    sort_edges(t, first, from);
    for (uint32_t s = 0; s < t->n; s++)
        if (t->accepts[s] && s != TARE_DFA_DEAD) {
            live[s] = 1;
            queue[n++] = s;
        }
    for (uint32_t at = 0; at < n; at++)
        for (uint32_t e = first[queue[at]]; e < first[queue[at] + 1]; e++)
            if (!live[from[e]]) {
                live[from[e]] = 1;
                queue[n++] = from[e];
            }
    return true;
}

/* Each column of the draft in the new numbers, as a hash. */
static void column_hashes(const struct draft *t, const uint32_t *number, uint64_t *hashes)
{
    memset(hashes, 0, t->n_classes * sizeof *hashes);
    for (uint32_t s = 1; s < t->n; s++) {
        const uint32_t *row = t->next + (size_t)s * t->n_classes;
        for (uint32_t c = 0; c < t->n_classes && number[s]; c++)
            hashes[c] = (hashes[c] ^ number[row[c]]) * UINT64_C(0x9e3779b97f4a7c15);
    }
}

static bool same_column(const struct draft *t, const uint32_t *number, uint32_t a, uint32_t b)
{
    uint32_t s = 1;
    while (s < t->n && (!number[s] || number[t->next[(size_t)s * t->n_classes + a]] ==
                                          number[t->next[(size_t)s * t->n_classes + b]]))
        s++;
    return s == t->n;
}

/* Classes of the draft whose columns are alike become one; rep gets a class of the draft for each
 * new one. */
static uint32_t merge_classes(const struct draft *t, const uint32_t *number, uint8_t *to,
                              uint8_t rep[256])
{
    uint64_t hashes[256];
    uint32_t n = 0;
    column_hashes(t, number, hashes);
    for (uint32_t c = 0; c < t->n_classes; c++) {
        uint32_t k = 0;
        while (k < n && (hashes[rep[k]] != hashes[c] || !same_column(t, number, c, rep[k])))
            k++;
        if (k == n)
            rep[n++] = (uint8_t)c;
        to[c] = (uint8_t)k;
    }
    return n;
}

static enum tare_status too_many(struct tare_dfa_bounds b, struct tare_err *err)
{
    if (tare_work_over(b.work))
        return tare_fail(err, TARE_E_LIMIT, "it needs more steps than one compile may take");
    return tare_fail(err, TARE_E_LIMIT, "an automaton of more than %u states", b.max_states);
}

static enum tare_status settle(const struct draft *t, struct tare_dfa_bounds bounds,
                               struct tare_arena *arena, const struct tare_dfa **out,
                               struct tare_err *err)
{
    if (!tare_work_do(bounds.work, 50 + (uint64_t)t->n * (t->n_classes + 2)))
        return too_many(bounds, err);
    uint8_t *live = TARE_NEW_N(arena, uint8_t, t->n);
    uint32_t *number = TARE_NEW_N(arena, uint32_t, t->n);
    struct tare_dfa *d = TARE_NEW(arena, struct tare_dfa);
    uint8_t to[256], rep[256];
    uint32_t n = 2;
    if (!live || !number || !d || !mark_live(t, live, arena))
        return no_memory(err);
    d->empty = !live[TARE_DFA_START];
    number[TARE_DFA_START] = TARE_DFA_START;
    for (uint32_t s = 2; s < t->n; s++)
        number[s] = live[s] ? n++ : TARE_DFA_DEAD;
    d->n_states = n;
    d->n_classes = merge_classes(t, number, to, rep);
    uint32_t *next = TARE_NEW_N(arena, uint32_t, (size_t)n * d->n_classes);
    uint8_t *accepts = TARE_NEW_N(arena, uint8_t, n);
    if (!next || !accepts)
        return no_memory(err);
    for (unsigned b = 0; b < 256; b++)
        d->class_of[b] = to[t->class_of[b]];
    for (uint32_t s = 1; s < t->n; s++) {
        if (!number[s])
            continue;
        accepts[number[s]] = t->accepts[s];
        for (uint32_t c = 0; c < d->n_classes; c++)
            next[(size_t)number[s] * d->n_classes + c] =
                number[t->next[(size_t)s * t->n_classes + rep[c]]];
    }
    d->next = next;
    d->accepts = accepts;
    *out = d;
    return TARE_OK;
}

/* One class for each byte that stands in a text, class 0 for all others; a draft with room for the
 * texts, but at most max_states states. */
static bool open_for_texts(struct draft *t, const struct tare_str *texts, uint32_t n,
                           uint32_t max_states, struct tare_arena *arena)
{
    size_t bytes = 2;
    t->n_classes = 1;
    for (uint32_t i = 0; i < n; i++) {
        bytes += texts[i].n;
        for (size_t k = 0; k < texts[i].n; k++) {
            uint8_t *c = &t->class_of[(unsigned char)texts[i].p[k]];
            if (!*c && t->n_classes < 256)
                *c = (uint8_t)t->n_classes++;
        }
    }
    return draft_open(t, bytes < max_states ? (uint32_t)bytes : max_states, arena);
}

enum tare_status tare_dfa_complete(struct tare_regex_dfa *complete, bool search,
                                   struct tare_dfa_bounds bounds, struct tare_arena *arena,
                                   const struct tare_dfa **out, struct tare_err *err)
{
    struct draft t = {.n = tare_regex_dfa_states(complete)};
    const struct tare_dfa *found = NULL, *text = NULL;
    uint8_t byte_of[256];
    t.n_classes = tare_regex_dfa_classes(complete, t.class_of, byte_of);
    if (!draft_open(&t, t.n, arena))
        return no_memory(err);
    for (uint32_t s = 0; s < t.n; s++) {
        t.accepts[s] = tare_regex_dfa_accepts(complete, s);
        for (uint32_t c = 0; c < t.n_classes; c++)
            t.next[(size_t)s * t.n_classes + c] = tare_regex_dfa_step(complete, s, byte_of[c]);
    }
    if (!search)
        return settle(&t, bounds, arena, out, err);
    /* what follows a match is any text, but text */
    enum tare_status st = settle(&t, bounds, arena, &found, err);
    if (!st)
        st = tare_dfa_utf8(arena, &text, err);
    bounds.max_states = bounds.max_states * 2 + 16;
    return st ? st : tare_dfa_product(found, text, TARE_DFA_AND, bounds, arena, out, err);
}

/* The expression without what is looked for, and that taken from it or held against it. */
static enum tare_status with_looks(const struct tare_regex *re, bool search,
                                   struct tare_dfa_bounds bounds, struct tare_arena *arena,
                                   const struct tare_dfa **out, struct tare_err *err)
{
    struct tare_regex rest = *re;
    const struct tare_dfa *all = NULL, *one = NULL;
    rest.n_looks = 0;
    enum tare_status st = tare_dfa_regex(&rest, search, bounds, arena, &all, err);
    for (uint32_t i = 0; i < re->n_looks && !st; i++) {
        enum tare_dfa_op op = re->looks[i].no ? TARE_DFA_MINUS : TARE_DFA_AND;
        st = tare_dfa_regex(re->looks[i].re, true, bounds, arena, &one, err);
        if (!st)
            st = tare_dfa_product(all, one, op, bounds, arena, &all, err);
    }
    *out = all;
    return st;
}

enum tare_status tare_dfa_regex(const struct tare_regex *re, bool search,
                                struct tare_dfa_bounds bounds, struct tare_arena *arena,
                                const struct tare_dfa **out, struct tare_err *err)
{
    struct tare_regex_dfa *lazy = NULL;
    if (re->n_looks)
        return with_looks(re, search, bounds, arena, out, err);
    enum tare_status st =
        tare_regex_dfa_open(re, search, bounds.max_states, bounds.work, arena, &lazy, err);
    if (st)
        return st;
    if (!tare_regex_dfa_complete(lazy))
        return tare_regex_dfa_starved(lazy) ? no_memory(err) : too_many(bounds, err);
    return tare_dfa_complete(lazy, search, bounds, arena, out, err);
}

enum tare_status tare_dfa_pattern(struct tare_str pattern, bool search,
                                  struct tare_dfa_bounds bounds, struct tare_arena *arena,
                                  const struct tare_dfa **out, struct tare_err *err)
{
    const struct tare_regex *re = NULL;
    enum tare_status st = tare_regex_compile(pattern, bounds.work, arena, &re, err);
    return st ? st : tare_dfa_regex(re, search, bounds, arena, out, err);
}

/* RFC 3629, section 4, as a table: states 2, 3 and 4 want so many bytes more but one, 5 to 8 are
 * behind E0, ED, F0 and F4. */
enum tare_status tare_dfa_utf8(struct tare_arena *arena, const struct tare_dfa **out,
                               struct tare_err *err)
{
    enum { CLASSES = 12, STATES = 9 };
    static const uint8_t first[CLASSES] = {0x00, 0x80, 0x90, 0xa0, 0xc0, 0xc2,
                                           0xe0, 0xe1, 0xed, 0xf0, 0xf1, 0xf4};
    static const uint32_t next[STATES * CLASSES] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* dead */
        1, 0, 0, 0, 0, 2, 5, 3, 6, 7, 4, 8, /* start */
        0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, /* the last byte */
        0, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, /* two more */
        0, 3, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, /* three more */
        0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, /* E0 */
        0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* ED */
        0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, /* F0 */
        0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* F4 */
    };
    static const uint8_t accepts[STATES] = {0, 1};
    struct tare_dfa *d = TARE_NEW(arena, struct tare_dfa);
    if (!d)
        return no_memory(err);
    *d = (struct tare_dfa){
        .n_states = STATES, .n_classes = CLASSES, .next = next, .accepts = accepts};
    for (unsigned b = 0, c = 0; b < 256; b++) {
        while (c + 1 < CLASSES && first[c + 1] <= b)
            c++;
        d->class_of[b] = (uint8_t)(b > 0xf4 ? 4 : b == 0xee || b == 0xef ? 7 : c);
    }
    *out = d;
    return TARE_OK;
}

enum tare_status tare_dfa_texts(const struct tare_str *texts, uint32_t n,
                                struct tare_dfa_bounds bounds, struct tare_arena *arena,
                                const struct tare_dfa **out, struct tare_err *err)
{
    struct draft t = {.n = 2};
    uint32_t max = bounds.max_states < 2 ? 2 : bounds.max_states;
    if (!open_for_texts(&t, texts, n, max, arena))
        return no_memory(err);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t s = TARE_DFA_START;
        if (!tare_work_do(bounds.work, 4 + texts[i].n))
            return too_many(bounds, err);
        for (size_t k = 0; k < texts[i].n; k++) {
            size_t at = (size_t)s * t.n_classes + t.class_of[(unsigned char)texts[i].p[k]];
            if (!t.next[at]) {
                if (t.n >= t.cap)
                    return too_many(bounds, err);
                t.next[at] = t.n++;
            }
            s = t.next[at];
        }
        t.accepts[s] = 1;
    }
    return settle(&t, bounds, arena, out, err);
}

/* ---- products ------------------------------------------------------------------------------ */

struct product {
    const struct tare_dfa *a, *b;
    enum tare_dfa_op op;
    struct tare_arena *arena;
    struct draft t;
    uint32_t *pairs; /* [state][2] */
    uint32_t n_pairs_cap;
    uint32_t *table; /* state, 0 empty */
    uint32_t n_table;
    uint8_t rep[256]; /* a byte of each class */
};

static void joint_classes(struct product *p)
{
    for (unsigned b = 0; b < 256; b++) {
        uint32_t c = 0;
        while (c < p->t.n_classes && (p->a->class_of[p->rep[c]] != p->a->class_of[b] ||
                                      p->b->class_of[p->rep[c]] != p->b->class_of[b]))
            c++;
        if (c == p->t.n_classes)
            p->rep[p->t.n_classes++] = (uint8_t)b;
        p->t.class_of[b] = (uint8_t)c;
    }
}

static bool useless(const struct product *p, uint32_t a, uint32_t b)
{
    if (p->op == TARE_DFA_AND)
        return a == TARE_DFA_DEAD || b == TARE_DFA_DEAD;
    return a == TARE_DFA_DEAD && (p->op == TARE_DFA_MINUS || b == TARE_DFA_DEAD);
}

static bool pair_accepts(const struct product *p, uint32_t a, uint32_t b)
{
    bool in_a = p->a->accepts[a], in_b = p->b->accepts[b];
    if (p->op == TARE_DFA_AND)
        return in_a && in_b;
    return p->op == TARE_DFA_OR ? in_a || in_b : in_a && !in_b;
}

/* Where the pair would stand first; the table's size is a power of two. */
static uint64_t pair_hash(uint32_t a, uint32_t b)
{
    uint64_t h = ((uint64_t)a << 32 | b) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

static bool pairs_grow(struct product *p)
{
    uint32_t cap = p->t.cap, n_table = cap * 4;
    if (p->n_pairs_cap == cap)
        return true;
    uint32_t *pairs = TARE_NEW_N(p->arena, uint32_t, (size_t)cap * 2);
    uint32_t *table = TARE_NEW_N(p->arena, uint32_t, n_table);
    if (!pairs || !table)
        return false;
    if (p->t.n)
        memcpy(pairs, p->pairs, (size_t)p->t.n * 2 * sizeof *pairs);
    for (uint32_t s = 1; s < p->t.n; s++) {
        uint64_t h = pair_hash(pairs[2 * (size_t)s], pairs[2 * (size_t)s + 1]);
        while (table[h & (n_table - 1)])
            h++;
        table[h & (n_table - 1)] = s;
    }
    p->pairs = pairs;
    p->table = table;
    p->n_table = n_table;
    p->n_pairs_cap = cap;
    return true;
}

/* The state of the pair; UINT32_MAX: no memory. May go one beyond the ceiling. */
static uint32_t pair_state(struct product *p, uint32_t a, uint32_t b)
{
    if (useless(p, a, b))
        return TARE_DFA_DEAD;
    uint64_t h = pair_hash(a, b);
    for (; p->table[h & (p->n_table - 1)]; h++) {
        uint32_t s = p->table[h & (p->n_table - 1)];
        if (p->pairs[2 * (size_t)s] == a && p->pairs[2 * (size_t)s + 1] == b)
            return s;
    }
    if (!draft_grow(&p->t, p->arena) || !pairs_grow(p))
        return UINT32_MAX;
    for (h = pair_hash(a, b); p->table[h & (p->n_table - 1)];)
        h++;
    uint32_t s = p->t.n++;
    p->table[h & (p->n_table - 1)] = s;
    p->pairs[2 * (size_t)s] = a;
    p->pairs[2 * (size_t)s + 1] = b;
    p->t.accepts[s] = pair_accepts(p, a, b);
    return s;
}

enum tare_status tare_dfa_product(const struct tare_dfa *a, const struct tare_dfa *b,
                                  enum tare_dfa_op op, struct tare_dfa_bounds bounds,
                                  struct tare_arena *arena, const struct tare_dfa **out,
                                  struct tare_err *err)
{
    struct product p = {.a = a, .b = b, .op = op, .arena = arena};
    joint_classes(&p);
    if (!draft_open(&p.t, 16, arena) || !pairs_grow(&p))
        return no_memory(err);
    p.t.n = 1;
    if (pair_state(&p, TARE_DFA_START, TARE_DFA_START) == UINT32_MAX)
        return no_memory(err);
    for (uint32_t s = 1; s < p.t.n; s++) {
        if (p.t.n > bounds.max_states || !tare_work_do(bounds.work, 2 * (uint64_t)p.t.n_classes))
            return too_many(bounds, err);
        for (uint32_t c = 0; c < p.t.n_classes; c++) {
            uint32_t to = pair_state(&p, tare_dfa_step(a, p.pairs[2 * (size_t)s], p.rep[c]),
                                     tare_dfa_step(b, p.pairs[2 * (size_t)s + 1], p.rep[c]));
            if (to == UINT32_MAX)
                return no_memory(err);
            p.t.next[(size_t)s * p.t.n_classes + c] = to;
        }
    }
    return settle(&p.t, bounds, arena, out, err);
}

bool tare_dfa_run(const struct tare_dfa *d, struct tare_str text)
{
    uint32_t s = TARE_DFA_START;
    for (size_t i = 0; i < text.n && s; i++)
        s = tare_dfa_step(d, s, (unsigned char)text.p[i]);
    return s != TARE_DFA_DEAD && d->accepts[s];
}
