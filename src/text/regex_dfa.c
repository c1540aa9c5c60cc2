#include "text/regex_int.h"

#include "base/hash.h"
#include "base/limits.h"

#include "base/banned.h"

#define UNMADE (UINT32_MAX - 1)
#define START_FLAG 1u /* nothing was read yet: ^ holds */
#define SURE_FLAG 2u  /* whatever follows, the text is accepted */
#define WORD_FLAG 4u  /* behind a word character, where \b or \B asks for it */

/* The set of a state: instruction << 16 | node, where node 0 is the start of a character. */
struct state {
    uint32_t *set, *next; /* next: by class of byte */
    uint32_t n, flags;
    bool accepts;
};

struct tare_regex_dfa {
    const struct tare_regex *re;
    struct tare_arena *arena;
    struct tare_work *work;
    struct state *states; /* 0 dead, 1 start */
    uint32_t *table;      /* by hash; 0 empty */
    uint32_t n, cap, max, n_table;
    uint32_t n_classes;
    uint8_t class_of[256], byte_of[256];
    bool search, starved;
    struct tare__regex_list closed; /* what the state closed_of can read */
    uint32_t closed_of;             /* twice the state, plus whether a word character follows */
    bool closed_matches;
    struct tare__regex_list ended; /* what would follow if the text ended in the newest state */
    uint32_t *set;                 /* [n_code + 1] of the state under way */
    uint64_t moves;                /* made to keep it sorted */
};

/* A word character, of an expression that asks for it. They are all of one byte. */
static bool word_byte(const struct tare_regex *re, unsigned b)
{
    return re->words && b < 128 && tare__regex_word(b);
}

/* What the expression sees of a byte, as a number: bytes it tells apart differ almost always. */
static uint64_t sight(const struct tare_regex *re, unsigned b)
{
    bool further = b >= 128 && b < 192;
    uint64_t h = further + 2u * word_byte(re, b);
    for (uint32_t k = 0; k < re->n_sets; k++)
        h = (h ^ re->roots[k][b]) * UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t k = 2; k < re->n_nodes && further; k++)
        h = (h ^ re->nodes[k][b & 63]) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

static bool alike(const struct tare_regex *re, unsigned a, unsigned b)
{
    bool further = b >= 128 && b < 192, same = further == (a >= 128 && a < 192);
    same = same && word_byte(re, a) == word_byte(re, b);
    for (uint32_t k = 0; k < re->n_sets && same; k++)
        same = re->roots[k][a] == re->roots[k][b];
    for (uint32_t k = 2; k < re->n_nodes && same && further; k++)
        same = re->nodes[k][a & 63] == re->nodes[k][b & 63];
    return same;
}

/* Bytes that no set tells apart are one class. */
static void classes(struct tare_regex_dfa *d)
{
    uint64_t sights[256];
    d->n_classes = 0;
    for (unsigned b = 0; b < 256; b++) {
        uint64_t here = sight(d->re, b);
        uint32_t c = 0;
        while (c < d->n_classes && (sights[c] != here || !alike(d->re, d->byte_of[c], b)))
            c++;
        if (c == d->n_classes) {
            sights[c] = here;
            d->byte_of[d->n_classes++] = (uint8_t)b;
        }
        d->class_of[b] = (uint8_t)c;
    }
}

static uint64_t hash_of(const uint32_t *set, uint32_t n, uint32_t flags)
{
    return tare_hash64(tare_str_n((const char *)set, n * sizeof *set), flags);
}

/* What follows the state's instructions without reading, at a place. */
static bool close_state(const struct tare_regex *re, const struct state *s,
                        struct tare__regex_place at, struct tare__regex_list *l)
{
    bool matched = false;
    l->n = 0;
    memset(l->seen, 0, TARE__REGEX_WORDS(re->n_code) * sizeof *l->seen);
    for (uint32_t i = 0; i < s->n; i++)
        if ((s->set[i] & 0xffff) == 0)
            matched |= tare__regex_close(re, l, (uint16_t)(s->set[i] >> 16), at);
    return matched;
}

static void settle(struct tare_regex_dfa *d, struct state *s)
{
    struct tare__regex_place at = {
        .start = s->flags & START_FLAG, .end = true, .before = s->flags & WORD_FLAG};
    s->accepts = s->flags & SURE_FLAG || close_state(d->re, s, at, &d->ended);
}

static bool grow(struct tare_regex_dfa *d)
{
    if (d->n < d->cap)
        return true;
    uint32_t cap = d->cap * 2;
    struct state *states = TARE_NEW_N(d->arena, struct state, cap);
    uint32_t *table = TARE_NEW_N(d->arena, uint32_t, (size_t)cap * 2);
    if (!states || !table)
        return false;
    memcpy(states, d->states, d->n * sizeof *states);
    d->states = states;
    d->table = table;
    d->cap = cap;
    d->n_table = cap * 2;
    for (uint32_t i = 0; i < d->n; i++) {
        uint64_t h = hash_of(states[i].set, states[i].n, states[i].flags);
        while (table[h % d->n_table])
            h++;
        table[h % d->n_table] = i + 1;
    }
    return true;
}

/* The state with that set, made when it is new. */
static uint32_t intern(struct tare_regex_dfa *d, const uint32_t *set, uint32_t n, uint32_t flags)
{
    uint64_t h = hash_of(set, n, flags);
    for (; d->table[h % d->n_table]; h++) {
        uint32_t i = d->table[h % d->n_table] - 1;
        const struct state *s = &d->states[i];
        if (s->n == n && s->flags == flags && (n == 0 || memcmp(s->set, set, n * sizeof *set) == 0))
            return i;
    }
    if (d->n >= d->max)
        return TARE_REGEX_FULL;
    d->starved = !grow(d);
    if (d->starved)
        return TARE_REGEX_FULL;
    for (h = hash_of(set, n, flags); d->table[h % d->n_table];)
        h++;
    struct state *s = &d->states[d->n];
    s->set = TARE_NEW_N(d->arena, uint32_t, n + 1);
    s->next = TARE_NEW_N(d->arena, uint32_t, d->n_classes);
    d->starved = !s->set || !s->next;
    if (d->starved)
        return TARE_REGEX_FULL;
    if (n)
        memcpy(s->set, set, n * sizeof *set);
    s->n = n;
    s->flags = flags;
    for (uint32_t i = 0; i < d->n_classes; i++)
        s->next[i] = UNMADE;
    d->table[h % d->n_table] = d->n + 1;
    settle(d, s);
    return d->n++;
}

static bool list_open(struct tare__regex_list *l, const struct tare_regex *re,
                      struct tare_arena *arena)
{
    l->v = TARE_NEW_N(arena, uint16_t, re->n_code);
    l->seen = TARE_NEW_N(arena, uint64_t, TARE__REGEX_WORDS(re->n_code));
    return l->v && l->seen;
}

enum tare_status tare_regex_dfa_open(const struct tare_regex *re, bool search, uint32_t max_states,
                                     struct tare_work *work, struct tare_arena *arena,
                                     struct tare_regex_dfa **out, struct tare_err *err)
{
    if (re->n_looks)
        return tare_fail(err, TARE_E_LIMIT, "S_REGEX: look-around takes several automata");
    struct tare_regex_dfa *d = TARE_NEW(arena, struct tare_regex_dfa);
    if (!d)
        return tare_fail(err, TARE_E_NOMEM, "no memory for an automaton");
    d->re = re;
    d->arena = arena;
    d->work = work;
    d->search = search;
    d->max = max_states < 2 ? 2 : max_states;
    if (d->max > TARE_REGEX_MAX_STATES)
        d->max = TARE_REGEX_MAX_STATES;
    d->cap = 8;
    d->n_table = 16;
    d->states = TARE_NEW_N(arena, struct state, d->cap);
    d->table = TARE_NEW_N(arena, uint32_t, d->n_table);
    d->closed_of = UINT32_MAX;
    bool room = list_open(&d->closed, re, arena) && list_open(&d->ended, re, arena);
    d->set = TARE_NEW_N(arena, uint32_t, (size_t)re->n_code + 1);
    classes(d);
    (void)tare_work_do(work, 300 + (uint64_t)re->n_sets * 32 + (uint64_t)re->n_nodes * 8);
    uint32_t entry = (search ? TARE__REGEX_ENTRY_SEARCH : TARE__REGEX_ENTRY_HERE) << 16;
    if (!room || !d->states || !d->table || !d->set || intern(d, NULL, 0, 0) != TARE_REGEX_DEAD ||
        intern(d, &entry, 1, START_FLAG) != 1)
        return tare_fail(err, TARE_E_NOMEM, "no memory for an automaton");
    *out = d;
    return TARE_OK;
}

uint32_t tare_regex_dfa_start(const struct tare_regex_dfa *d)
{
    (void)d;
    return 1;
}

static void put(struct tare_regex_dfa *d, uint32_t *n, uint32_t x)
{
    uint32_t *set = d->set, i = *n;
    while (i && set[i - 1] > x)
        i--;
    if (i && set[i - 1] == x)
        return;
    d->moves += *n - i;
    memmove(set + i + 1, set + i, (*n - i) * sizeof *set);
    set[i] = x;
    ++*n;
}

static uint32_t make(struct tare_regex_dfa *d, uint32_t from, unsigned char byte)
{
    const struct tare_regex *re = d->re;
    const struct state *s = &d->states[from];
    uint32_t n = 0;
    bool further = byte >= 128 && byte < 192;
    if (s->flags & SURE_FLAG)
        return from;
    bool word = word_byte(re, byte);
    if (d->closed_of != 2 * from + word) {
        struct tare__regex_place at = {
            .start = s->flags & START_FLAG, .before = s->flags & WORD_FLAG, .after = word};
        d->closed_matches = close_state(re, s, at, &d->closed);
        d->closed_of = 2 * from + word;
    }
    if (d->closed_matches && d->search) /* what was accepted stays so */
        return intern(d, NULL, 0, SURE_FLAG);
    for (uint32_t i = 0; i < s->n && further; i++) {
        uint32_t pc = s->set[i] >> 16, node = s->set[i] & 0xffff;
        uint32_t to = node ? re->nodes[node][byte & 63] : 0;
        if (to)
            put(d, &n, to == TARE__REGEX_DONE ? (pc + 1) << 16 : pc << 16 | to);
    }
    for (uint32_t i = 0; i < d->closed.n; i++) {
        uint32_t pc = d->closed.v[i], to = re->roots[re->code[pc].a][byte];
        if (to)
            put(d, &n, to == TARE__REGEX_DONE ? (pc + 1) << 16 : pc << 16 | to);
    }
    if (!tare_work_do(d->work, 4 + (d->closed.n + n) / 2 + d->moves / 16 + d->closed.steps / 4 +
                                   d->ended.steps / 4))
        return TARE_REGEX_FULL;
    d->moves = d->closed.steps = d->ended.steps = 0;
    return intern(d, d->set, n, n && word ? WORD_FLAG : 0);
}

uint32_t tare_regex_dfa_step(struct tare_regex_dfa *d, uint32_t state, unsigned char byte)
{
    uint32_t to = d->states[state].next[d->class_of[byte]];
    if (to != UNMADE)
        return to;
    to = make(d, state, byte);
    if (to != TARE_REGEX_FULL)
        d->states[state].next[d->class_of[byte]] = to;
    return to;
}

bool tare_regex_dfa_accepts(const struct tare_regex_dfa *d, uint32_t state)
{
    return d->states[state].accepts;
}

bool tare_regex_dfa_complete(struct tare_regex_dfa *d)
{
    for (uint32_t s = 0; s < d->n; s++)
        for (uint32_t c = 0; c < d->n_classes; c++)
            if (tare_regex_dfa_step(d, s, d->byte_of[c]) == TARE_REGEX_FULL)
                return false;
    return true;
}

bool tare_regex_dfa_starved(const struct tare_regex_dfa *d)
{
    return d->starved;
}

uint32_t tare_regex_dfa_states(const struct tare_regex_dfa *d)
{
    return d->n;
}

uint32_t tare_regex_dfa_classes(const struct tare_regex_dfa *d, uint8_t *class_of, uint8_t *byte_of)
{
    memcpy(class_of, d->class_of, sizeof d->class_of);
    memcpy(byte_of, d->byte_of, sizeof d->byte_of);
    return d->n_classes;
}

bool tare_regex_dfa_run(const struct tare_regex_dfa *d, struct tare_str text)
{
    uint32_t s = 1;
    for (size_t i = 0; i < text.n && s; i++)
        s = d->states[s].next[d->class_of[(unsigned char)text.p[i]]];
    return d->states[s].accepts;
}
