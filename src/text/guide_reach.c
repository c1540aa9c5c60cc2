/* How far any text of some kinds of characters can go on inside a string: a search over the states
 * of its automaton, character by character, that ends where one of them can be dead. */
#include "text/guide_int.h"

#include "base/banned.h"

#define PAIRS 256u  /* of a state and one of the text's automaton, under way */
#define SLOTS 1024u /* a power of two */
#define STEPS 6000u

struct list {
    uint32_t pairs[PAIRS];
    uint32_t n;
};

struct reach {
    const struct tare__reach_of *of;
    uint8_t bytes[256]; /* one of each class that nobody tells apart */
    uint32_t n_bytes, steps;
    uint16_t slots[SLOTS]; /* pairs that were met; 0: none */
    struct list lists[2];
    uint32_t need, left;               /* before a character */
    uint32_t need_within, left_within; /* behind its first byte */
};

unsigned tare__chars_of(unsigned char byte)
{
    if (byte >= 'a' && byte <= 'z')
        return TARE__CHARS_LOWER;
    if (byte >= 'A' && byte <= 'Z')
        return TARE__CHARS_UPPER;
    if (byte >= '0' && byte <= '9')
        return TARE__CHARS_DIGIT;
    if (byte == ' ')
        return TARE__CHARS_SPACE;
    if (byte == '_' || byte == '-' || byte == '.')
        return TARE__CHARS_JOINER;
    return byte < 0x80 ? TARE__CHARS_PUNCT : TARE__CHARS_WIDE;
}

static void choose_bytes(struct reach *r)
{
    const struct tare__reach_of *of = r->of;
    uint32_t seen[256] = {0};
    for (unsigned b = 0; b < 256; b++) {
        uint32_t *row = &seen[of->dfa->class_of[b]], bit = (uint32_t)1 << of->any->class_of[b];
        if (!(tare__chars_of((unsigned char)b) & of->chars) || *row & bit)
            continue;
        *row |= bit;
        r->bytes[r->n_bytes++] = (uint8_t)b;
    }
}

/* Puts the pair on the list, unless it was met. False: too many. */
static bool meet(struct reach *r, struct list *list, uint32_t state, uint32_t text)
{
    uint32_t pair = state * r->of->any->n_states + text + 1, h = pair * 2654435761u >> 22;
    if (pair > UINT16_MAX)
        return false;
    for (; r->slots[h % SLOTS]; h++)
        if (r->slots[h % SLOTS] == pair)
            return true;
    if (list->n == PAIRS)
        return false;
    r->slots[h % SLOTS] = (uint16_t)pair;
    list->pairs[list->n++] = pair - 1;
    return true;
}

/* One byte from a pair. False: dead, or too much work. */
static bool one_byte(struct reach *r, uint32_t pair, unsigned char byte, struct list *now,
                     struct list *later)
{
    const struct tare__reach_of *of = r->of;
    uint32_t text = pair % of->any->n_states, state = pair / of->any->n_states;
    uint32_t to = tare_dfa_step(of->any, text, byte);
    if (to == TARE_DFA_DEAD)
        return true; /* no such character */
    if (r->steps++ == STEPS)
        return false;
    if (of->bounded) {
        bool first = text == TARE_DFA_START;
        uint32_t need = first ? r->need : r->need_within, left = first ? r->left : r->left_within;
        if (!tare__text_step(of->bounded, byte, &state, &need, &left))
            return false;
        r->need_within = need;
        r->left_within = left;
    } else {
        state = tare_dfa_step(of->dfa, state, byte);
        if (state == TARE_DFA_DEAD)
            return false;
    }
    return meet(r, to == TARE_DFA_START ? later : now, state, to);
}

uint32_t tare__reach(const struct tare__reach_of *of, const struct tare__frame *f, uint32_t most)
{
    struct reach r;
    r.of = of;
    r.n_bytes = r.steps = r.lists[0].n = 0;
    r.need = f->c;
    r.left = f->d;
    memset(r.slots, 0, sizeof r.slots);
    choose_bytes(&r);
    if (of->any->n_classes > 32 || !meet(&r, &r.lists[0], of->state, TARE_DFA_START))
        return 0;
    for (uint32_t level = 0; level < most; level++) {
        struct list *now = &r.lists[level % 2], *later = &r.lists[1 - level % 2];
        later->n = 0;
        if (of->bounded) /* a state met with other counts is another one */
            memset(r.slots, 0, sizeof r.slots);
        for (uint32_t i = 0; i < now->n; i++)
            for (uint32_t k = 0; k < r.n_bytes; k++)
                if (!one_byte(&r, now->pairs[i], r.bytes[k], now, later))
                    return level;
        if (later->n == 0) /* nothing that was not met */
            return most;
        r.need = r.need_within;
        r.left = r.left_within;
    }
    return most;
}
