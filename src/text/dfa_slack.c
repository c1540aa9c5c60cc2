/* How far any text can go on from a state: distances from the dead state, backwards. */
#include "text/dfa.h"

#include "base/banned.h"

#define MAX_STATES 1000u

/* Pairs of a state and one of `any`, and the edges between them backwards. */
struct pairs {
    const struct tare_dfa *d, *any;
    uint8_t bytes[256]; /* one of each class that neither tells apart */
    uint32_t n_bytes, n;
    uint32_t *first, *from; /* [n + 2] into from: pairs that lead to this one */
    uint32_t *queue;
    uint8_t *far; /* characters until one can be dead, that one included; 0: not known */
};

static void joint_bytes(struct pairs *p)
{
    for (unsigned x = 0; x < 256; x++) {
        uint32_t k = 0;
        while (k < p->n_bytes && (p->d->class_of[p->bytes[k]] != p->d->class_of[x] ||
                                  p->any->class_of[p->bytes[k]] != p->any->class_of[x]))
            k++;
        if (k == p->n_bytes)
            p->bytes[p->n_bytes++] = (uint8_t)x;
    }
}

/* Where the pair leads by the byte: a pair; n: the dead state, but `any` goes on; UINT32_MAX: not
 * by this byte. */
static uint32_t leads_to(const struct pairs *p, uint32_t pair, unsigned char byte)
{
    uint32_t u = tare_dfa_step(p->any, pair % p->any->n_states, byte);
    uint32_t s = u ? tare_dfa_step(p->d, pair / p->any->n_states, byte) : 0;
    if (!u)
        return UINT32_MAX;
    return s == TARE_DFA_DEAD ? p->n : s * p->any->n_states + u;
}

static bool is_pair(const struct pairs *p, uint32_t pair)
{
    return pair / p->any->n_states != TARE_DFA_DEAD && pair % p->any->n_states != TARE_DFA_DEAD;
}

/* Counts the edges (from NULL) or writes them. */
static void edges(struct pairs *p)
{
    for (uint32_t pair = 0; pair < p->n; pair++)
        for (uint32_t k = 0; k < p->n_bytes && is_pair(p, pair); k++) {
            uint32_t to = leads_to(p, pair, p->bytes[k]);
            if (to == UINT32_MAX)
                continue;
            if (p->from)
                p->from[p->first[to + 1]++] = pair;
            else
                p->first[to + 2]++;
        }
}

/* Breadth first from the dead state, all pairs of one distance before those of the next. An edge
 * to the start of a character ends one. */
static void distances(struct pairs *p)
{
    uint32_t n = 0, n_now = 0, *later = p->queue + p->n, n_later = 0;
    for (uint32_t e = p->first[p->n]; e < p->first[p->n + 1]; e++)
        if (!p->far[p->from[e]]) {
            p->far[p->from[e]] = 1;
            p->queue[n_now++] = p->from[e];
        }
    for (unsigned level = 1; n_now && level < TARE_DFA_ENDLESS; level++) {
        for (n = 0; n < n_now; n++) {
            uint32_t q = p->queue[n];
            bool ends = q % p->any->n_states == TARE_DFA_START;
            for (uint32_t e = p->first[q]; e < p->first[q + 1]; e++) {
                uint32_t from = p->from[e];
                if (p->far[from] && p->far[from] <= level + ends)
                    continue;
                p->far[from] = (uint8_t)(level + ends);
                if (ends)
                    later[n_later++] = from;
                else
                    p->queue[n_now++] = from;
            }
        }
        n_now = 0;
        for (uint32_t i = 0; i < n_later; i++)
            if (p->far[later[i]] == level + 1)
                p->queue[n_now++] = later[i];
        n_later = 0;
    }
}

static bool find(struct pairs *p, const struct tare_alc *alc, uint8_t *slack)
{
    size_t n_first = (size_t)p->n + 3,
           bytes = (n_first + 4 * (size_t)p->n) * sizeof *p->first + p->n;
    char *room = alc->get(alc->ctx, bytes);
    if (!room)
        return false;
    memset(room, 0, bytes);
    p->first = (uint32_t *)(void *)room;
    p->queue = p->first + n_first;
    p->far = (uint8_t *)(p->queue + 4 * (size_t)p->n);
    edges(p);
    for (uint32_t i = 2; i < n_first; i++)
        p->first[i] += p->first[i - 1];
    size_t edge_bytes = ((size_t)p->first[n_first - 1] + 1) * sizeof *p->from;
    p->from = alc->get(alc->ctx, edge_bytes);
    if (p->from) {
        edges(p);
        distances(p);
        for (uint32_t s = 1; s < p->d->n_states; s++) {
            uint8_t far = p->far[s * p->any->n_states + TARE_DFA_START];
            slack[s] = far ? (uint8_t)(far - 1) : TARE_DFA_ENDLESS;
        }
        alc->put(alc->ctx, p->from, edge_bytes);
    }
    bool found = p->from != NULL;
    alc->put(alc->ctx, room, bytes);
    return found;
}

const uint8_t *tare_dfa_slack(const struct tare_dfa *d, const struct tare_dfa *any,
                              const struct tare_alc *alc, struct tare_arena *arena)
{
    struct pairs p = {.d = d, .any = any, .n = d->n_states * any->n_states};
    uint8_t *slack = d->n_states <= MAX_STATES ? TARE_NEW_N(arena, uint8_t, d->n_states) : NULL;
    if (!slack)
        return NULL;
    joint_bytes(&p);
    return find(&p, alc, slack) ? slack : NULL;
}
