/* Members of one object as a set: equal keys found, order by code point. */
#include "base/hash.h"
#include "text/json_int.h"

#include <stdlib.h>

#include "base/banned.h"

#define FEW 16 /* members up to which comparing all pairs is quicker than a table */

static bool same_key(const struct tare__json_node *a, const struct tare__json_node *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->u.s, b->u.s, a->len) == 0);
}

static uint32_t duplicate_of_few(const struct tare__json_node *nodes, uint32_t box)
{
    uint32_t key[FEW], at = box + 1;
    for (uint32_t i = 0; i < nodes[box].u.box.count; i++) {
        for (uint32_t j = 0; j < i; j++)
            if (same_key(&nodes[key[j]], &nodes[at]))
                return at;
        key[i] = at;
        at = tare__json_after(nodes, at + 1);
    }
    return TARE__JSON_NONE;
}

/* Open addressing; the hash is keyed with a secret, so nobody can choose keys that collide. */
static uint32_t duplicate_in_table(const struct tare__json_node *nodes, uint32_t box,
                                   uint32_t *table, uint32_t mask)
{
    uint64_t secret = tare_hash_key();
    uint32_t at = box + 1;
    for (uint32_t left = nodes[box].u.box.count; left > 0; left--) {
        const struct tare__json_node *k = &nodes[at];
        uint32_t slot = (uint32_t)tare_hash64(tare_str_n(k->u.s, k->len), secret) & mask;
        for (; table[slot]; slot = (slot + 1) & mask)
            if (same_key(&nodes[table[slot]], k))
                return at;
        table[slot] = at;
        at = tare__json_after(nodes, at + 1);
    }
    return TARE__JSON_NONE;
}

uint32_t tare__json_find_duplicate(const struct tare__json_node *nodes, uint32_t box,
                                   struct tare_arena *scratch, bool *no_memory)
{
    uint32_t n = nodes[box].u.box.count, size = 64;
    if (n <= FEW)
        return duplicate_of_few(nodes, box);
    while (size < 2 * n)
        size *= 2;
    struct tare_arena_mark mark = tare_arena_mark(scratch);
    uint32_t *table = TARE_NEW_N(scratch, uint32_t, size);
    *no_memory = !table;
    if (!table)
        return TARE__JSON_NONE;
    uint32_t found = duplicate_in_table(nodes, box, table, size - 1);
    tare_arena_rewind(scratch, mark);
    return found;
}

static int by_key(const void *a, const void *b)
{
    const struct tare__json_member *x = a, *y = b;
    int c = tare_str_cmp(tare_str_n(x->p, x->n), tare_str_n(y->p, y->n));
    if (c)
        return c;
    return x->value < y->value ? -1 : 1;
}

/* True when the keys rise, each once. */
static bool rising(const struct tare__json_member *m, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint32_t common = m[i - 1].n < m[i].n ? m[i - 1].n : m[i].n;
        int c = memcmp(m[i - 1].p, m[i].p, common);
        if (c > 0 || (c == 0 && m[i - 1].n >= m[i].n))
            return false;
    }
    return true;
}

struct tare__json_member *tare__json_sorted(struct tare_json v, struct tare__json_member *small,
                                            uint32_t n_small, const struct tare_alc *alc,
                                            uint32_t *n, size_t *big_bytes)
{
    const struct tare__json_node *nodes = v.doc->nodes;
    uint32_t count = nodes[v.node].u.box.count, at = v.node + 1, kept = 0;
    struct tare__json_member *m = small;
    *big_bytes = 0;
    if (count > n_small) {
        *big_bytes = count * sizeof *m;
        m = alc->get(alc->ctx, *big_bytes);
        if (!m)
            return NULL;
    }
    for (uint32_t i = 0; i < count; i++) {
        m[i] = (struct tare__json_member){nodes[at].u.s, nodes[at].len, at + 1};
        at = tare__json_after(nodes, at + 1);
    }
    *n = count;
    if (rising(m, count))
        return m;
    qsort(m, count, sizeof *m, by_key);
    for (uint32_t i = 0; i < count; i++) {
        bool replaced =
            i + 1 < count && m[i].n == m[i + 1].n && memcmp(m[i].p, m[i + 1].p, m[i].n) == 0;
        if (!replaced)
            m[kept++] = m[i];
    }
    *n = kept;
    return m;
}
