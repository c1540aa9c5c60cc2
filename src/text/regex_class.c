#include "text/regex_int.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include <utf8proc.h>

#include "base/hash.h"

#include "base/banned.h"

bool tare__regex_add(struct tare_arena *a, struct tare__regex_set *s, uint32_t lo, uint32_t hi)
{
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 4;
        struct tare__regex_range *r = TARE_NEW_N(a, struct tare__regex_range, cap);
        if (!r)
            return false;
        if (s->n)
            memcpy(r, s->r, s->n * sizeof *r);
        s->r = r;
        s->cap = cap;
    }
    s->r[s->n++] = (struct tare__regex_range){lo, hi};
    return true;
}

static int by_low(const void *a, const void *b)
{
    const struct tare__regex_range *x = a, *y = b;
    return (x->lo > y->lo) - (x->lo < y->lo);
}

bool tare__regex_tidy(struct tare_arena *a, struct tare__regex_set *s, bool negate)
{
    uint32_t n = 0, rising = 1;
    while (rising < s->n && s->r[rising - 1].lo <= s->r[rising].lo)
        rising++;
    if (rising < s->n)
        qsort(s->r, s->n, sizeof *s->r, by_low);
    for (uint32_t i = 0; i < s->n; i++) {
        if (n && s->r[i].lo <= s->r[n - 1].hi + 1) {
            if (s->r[i].hi > s->r[n - 1].hi)
                s->r[n - 1].hi = s->r[i].hi;
        } else {
            s->r[n++] = s->r[i];
        }
    }
    s->n = n;
    if (!negate)
        return true;
    struct tare__regex_set out = {0};
    uint32_t next = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (s->r[i].lo > next && !tare__regex_add(a, &out, next, s->r[i].lo - 1))
            return false;
        next = s->r[i].hi + 1;
    }
    if (next <= TARE__REGEX_MAX_CP && !tare__regex_add(a, &out, next, TARE__REGEX_MAX_CP))
        return false;
    *s = out;
    return true;
}

/* WhiteSpace and LineTerminator of ECMA-262, and the word and digit characters. */
static const struct tare__regex_range spaces[] = {
    {9, 13},          {32, 32},         {160, 160},       {0x1680, 0x1680}, {0x2000, 0x200a},
    {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff}};
static const struct tare__regex_range words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const struct tare__regex_range digits[] = {{'0', '9'}};

bool tare__regex_word(uint32_t cp)
{
    return cp < 128 &&
           (cp == '_' || (cp >= '0' && cp <= '9') || ((cp | 32) >= 'a' && (cp | 32) <= 'z'));
}

static bool add_set(struct tare_arena *a, struct tare__regex_set *s, struct tare__regex_set *part,
                    bool negate)
{
    if (!tare__regex_tidy(a, part, negate))
        return false;
    for (uint32_t i = 0; i < part->n; i++)
        if (!tare__regex_add(a, s, part->r[i].lo, part->r[i].hi))
            return false;
    return true;
}

bool tare__regex_add_letter(struct tare_arena *a, struct tare__regex_set *s, char letter)
{
    const struct tare__regex_range *r = spaces;
    size_t n = sizeof spaces / sizeof *spaces;
    struct tare__regex_set part = {0};
    if ((letter | 32) == 'w') {
        r = words;
        n = sizeof words / sizeof *words;
    } else if ((letter | 32) == 'd') {
        r = digits;
        n = 1;
    }
    for (size_t i = 0; i < n; i++)
        if (!tare__regex_add(a, &part, r[i].lo, r[i].hi))
            return false;
    return add_set(a, s, &part, letter >= 'A' && letter <= 'Z');
}

/* General categories: short and long name, and which of utf8proc's numbers they cover. */
static const struct category {
    const char *brief, *name;
    uint32_t mask;
} categories[] = {
    {"Lu", "Uppercase_Letter", 1u << 1},
    {"Ll", "Lowercase_Letter", 1u << 2},
    {"Lt", "Titlecase_Letter", 1u << 3},
    {"Lm", "Modifier_Letter", 1u << 4},
    {"Lo", "Other_Letter", 1u << 5},
    {"Mn", "Nonspacing_Mark", 1u << 6},
    {"Mc", "Spacing_Mark", 1u << 7},
    {"Me", "Enclosing_Mark", 1u << 8},
    {"Nd", "Decimal_Number", 1u << 9},
    {"Nl", "Letter_Number", 1u << 10},
    {"No", "Other_Number", 1u << 11},
    {"Pc", "Connector_Punctuation", 1u << 12},
    {"Pd", "Dash_Punctuation", 1u << 13},
    {"Ps", "Open_Punctuation", 1u << 14},
    {"Pe", "Close_Punctuation", 1u << 15},
    {"Pi", "Initial_Punctuation", 1u << 16},
    {"Pf", "Final_Punctuation", 1u << 17},
    {"Po", "Other_Punctuation", 1u << 18},
    {"Sm", "Math_Symbol", 1u << 19},
    {"Sc", "Currency_Symbol", 1u << 20},
    {"Sk", "Modifier_Symbol", 1u << 21},
    {"So", "Other_Symbol", 1u << 22},
    {"Zs", "Space_Separator", 1u << 23},
    {"Zl", "Line_Separator", 1u << 24},
    {"Zp", "Paragraph_Separator", 1u << 25},
    {"Cc", "Control", 1u << 26},
    {"Cf", "Format", 1u << 27},
    {"Cs", "Surrogate", 1u << 28},
    {"Co", "Private_Use", 1u << 29},
    {"Cn", "Unassigned", 1u << 0},
    {"L", "Letter", 0x3eu},
    {"LC", "Cased_Letter", 0xeu},
    {"M", "Mark", 0x1c0u},
    {"N", "Number", 0xe00u},
    {"P", "Punctuation", 0x7f000u},
    {"S", "Symbol", 0x780000u},
    {"Z", "Separator", 0x3800000u},
    {"C", "Other", 0x3c000001u},
    {"Nd", "digit", 1u << 9},
    {"P", "punct", 0x7f000u},
    {"M", "Combining_Mark", 0x1c0u},
    {"Any", "Any", 0x3fffffffu},
    {"Cc", "cntrl", 1u << 26},
};

/* Code points of one category, one after the other; made once for all threads. */
#define MAX_RUNS 8192u
struct run {
    uint32_t lo;
    uint32_t category;
};
static struct run runs[MAX_RUNS + 1]; /* the last begins behind all code points */
static uint32_t n_runs;
static pthread_once_t runs_made = PTHREAD_ONCE_INIT;

static void make_runs(void)
{
    for (uint32_t cp = 0; cp <= TARE__REGEX_MAX_CP; cp++) {
        uint32_t category = (uint32_t)utf8proc_category((int32_t)cp);
        if (n_runs && runs[n_runs - 1].category == category)
            continue;
        assert(n_runs < MAX_RUNS); /* Unicode 15 has 3,300 */
        runs[n_runs++] = (struct run){cp, category};
    }
    runs[n_runs].lo = TARE__REGEX_MAX_CP + 1;
}

static bool add_mask(struct tare_arena *a, struct tare__regex_set *s, uint32_t mask)
{
    (void)pthread_once(&runs_made, make_runs);
    for (uint32_t i = 0, k; i < n_runs; i = k + 1) {
        for (k = i; k < n_runs && mask >> runs[k].category & 1;)
            k++;
        if (k > i && !tare__regex_add(a, s, runs[i].lo, runs[k].lo - 1))
            return false;
    }
    return true;
}

int tare__regex_add_property(struct tare_arena *a, struct tare__regex_set *s, struct tare_str name,
                             bool negate)
{
    struct tare__regex_set part = {0};
    uint32_t mask = 0;
    if (tare_str_starts(name, TARE_S("gc=")))
        name = tare_str_n(name.p + 3, name.n - 3);
    else if (tare_str_starts(name, TARE_S("General_Category=")))
        name = tare_str_n(name.p + 17, name.n - 17);
    for (size_t i = 0; i < sizeof categories / sizeof *categories && !mask; i++)
        if (tare_str_is(name, categories[i].brief) || tare_str_is(name, categories[i].name))
            mask = categories[i].mask;
    if (!mask && tare_str_is(name, "ASCII")) {
        if (!tare__regex_add(a, &part, 0, 127))
            return -1;
    } else if (!mask) {
        return 0;
    } else if (!add_mask(a, &part, mask)) {
        return -1;
    }
    return add_set(a, s, &part, negate) ? 1 : -1;
}

bool tare__regex_has(const struct tare__regex_set *s, uint32_t cp)
{
    uint32_t lo = 0, hi = s->n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (s->r[mid].hi < cp)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->n && s->r[lo].lo <= cp;
}

struct trees {
    struct tare_regex *re;
    struct tare_work *work;
    struct tare_arena *arena;
    uint32_t cap, n_table;
    uint32_t *table;          /* of nodes by hash; 0 empty */
    bool too_many, no_memory; /* no_memory: too_many as well */
};

static uint64_t node_hash(const uint16_t next[64])
{
    return tare_hash64(tare_str_n((const char *)next, 64 * sizeof *next), 0);
}

/* Room for another node. False: no memory. */
static bool nodes_room(struct trees *t)
{
    struct tare_regex *re = t->re;
    uint32_t cap = t->cap ? t->cap * 2 : 16;
    if (re->n_nodes < t->cap)
        return true;
    uint16_t(*grown)[64] = tare_arena_array(t->arena, cap, sizeof *grown);
    uint32_t *table = TARE_NEW_N(t->arena, uint32_t, (size_t)cap * 2);
    if (!grown || !table)
        return false;
    if (re->n_nodes)
        memcpy(grown, re->nodes, re->n_nodes * sizeof *grown);
    for (uint32_t i = 2; i < re->n_nodes; i++) {
        uint64_t h = node_hash(grown[i]);
        while (table[h & (cap * 2 - 1)])
            h++;
        table[h & (cap * 2 - 1)] = i;
    }
    re->nodes = grown;
    t->table = table;
    t->n_table = cap * 2;
    t->cap = cap;
    return true;
}

/* The node with these edges, made when it is new; 0 with no memory. */
static uint16_t intern(struct trees *t, const uint16_t next[64])
{
    struct tare_regex *re = t->re;
    uint64_t h = node_hash(next);
    for (; t->table[h & (t->n_table - 1)]; h++) {
        uint32_t i = t->table[h & (t->n_table - 1)];
        if (memcmp(re->nodes[i], next, sizeof re->nodes[i]) == 0)
            return (uint16_t)i;
    }
    t->too_many |= re->n_nodes >= TARE__REGEX_MAX_NODES || !tare_work_do(t->work, 64);
    if (t->too_many)
        return 0;
    t->table[h & (t->n_table - 1)] = re->n_nodes;
    memcpy(re->nodes[re->n_nodes], next, sizeof re->nodes[0]);
    uint32_t made = re->n_nodes++;
    t->too_many = t->no_memory = !nodes_room(t);
    return t->too_many ? 0 : (uint16_t)made;
}

enum overlap { NONE, SOME, WHOLE };

/* How much of [lo, hi] the set holds. Its ranges are sorted and apart from each other. */
static enum overlap touches(const struct tare__regex_set *s, uint32_t lo, uint32_t hi)
{
    uint32_t a = 0, b = s->n;
    while (a < b) {
        uint32_t mid = (a + b) / 2;
        if (s->r[mid].hi < lo)
            a = mid + 1;
        else
            b = mid;
    }
    if (a >= s->n || s->r[a].lo > hi)
        return NONE;
    return s->r[a].lo <= lo && s->r[a].hi >= hi ? WHOLE : SOME;
}

/* The node below which every choice of `left` continuation bytes is in the set. */
static uint16_t whole(struct trees *t, unsigned left)
{
    uint16_t node = TARE__REGEX_DONE, next[64];
    for (unsigned level = 0; level < left; level++) {
        for (uint32_t i = 0; i < 64; i++)
            next[i] = node;
        node = intern(t, next);
    }
    return node;
}

/* The node below which `left` continuation bytes choose among the code points from `base` on; only
 * those of [min, ...] count (no overlong forms), and no surrogates. */
static uint16_t grow(struct trees *t, const struct tare__regex_set *s, uint32_t base, unsigned left,
                     uint32_t min)
{
    uint32_t span = 1u << (6 * left), hi = base + span - 1;
    if (hi < min || base > TARE__REGEX_MAX_CP || (base >= 0xd800 && hi <= 0xdfff))
        return TARE__REGEX_NO_NODE;
    enum overlap o = touches(s, base < min ? min : base, hi);
    if (o == NONE)
        return TARE__REGEX_NO_NODE;
    if (left == 0)
        return TARE__REGEX_DONE;
    bool surrogates = base <= 0xdfff && hi >= 0xd800;
    if (o == WHOLE && base >= min && hi <= TARE__REGEX_MAX_CP && !surrogates)
        return whole(t, left);
    uint16_t next[64];
    bool any = false;
    if (!tare_work_do(t->work, 64))
        t->too_many = true;
    if (t->too_many)
        return TARE__REGEX_NO_NODE;
    for (uint32_t i = 0; i < 64; i++) {
        next[i] = grow(t, s, base + i * (span / 64), left - 1, min);
        any |= next[i] != 0;
    }
    return any ? intern(t, next) : TARE__REGEX_NO_NODE;
}

enum tare_status tare__regex_trees(struct tare_regex *re, struct tare_work *work,
                                   struct tare_arena *arena)
{
    struct trees t = {.re = re, .work = work, .arena = arena};
    bool room = nodes_room(&t);
    re->roots = tare_arena_array(arena, re->n_sets, sizeof *re->roots);
    if (!room || !re->roots)
        return TARE_E_NOMEM;
    re->n_nodes = 2;
    for (uint32_t k = 0; k < re->n_sets; k++) {
        const struct tare__regex_set *s = &re->sets[k];
        uint16_t *root = re->roots[k];
        t.too_many |= !tare_work_do(work, 256);
        for (uint32_t b = 0; b < 128; b++)
            root[b] = tare__regex_has(s, b) ? TARE__REGEX_DONE : TARE__REGEX_NO_NODE;
        for (uint32_t b = 0xc2; b < 0xf5 && !t.too_many; b++) {
            if (b < 0xe0)
                root[b] = grow(&t, s, (b & 0x1f) << 6, 1, 0x80);
            else if (b < 0xf0)
                root[b] = grow(&t, s, (b & 0xf) << 12, 2, 0x800);
            else
                root[b] = grow(&t, s, (b & 7) << 18, 3, 0x10000);
        }
    }
    return t.no_memory ? TARE_E_NOMEM : t.too_many ? TARE_E_LIMIT : TARE_OK;
}
