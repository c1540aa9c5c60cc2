/* Counted texts, and the insides of JSON strings with their escapes. */
#include "text/guide_int.h"

#include "text/utf8.h"

#include "base/banned.h"

/*
 * The escape register: 0 none; else its kind in bits 0-3, hex digits read so far in bits 4-15 and
 * the low ten bits of a high surrogate in bits 16-25.
 */
#define BACKSLASH 1u
#define HEX 2u       /* + digits read: 2 to 5 */
#define LOW_SLASH 6u /* a high surrogate was read: the backslash of the low one */
#define LOW_U 7u
#define LOW_HEX 8u /* + digits read */

bool tare__text_step(const struct tare__node *x, unsigned char byte, uint32_t *state,
                     uint32_t *need, uint32_t *left)
{
    if ((byte & 0xc0) != 0x80) { /* the first byte of a code point */
        if (*left == 0)
            return false;
        *left -= *left != TARE_GRAMMAR_ANY;
        *need -= *need != 0;
    }
    *state = tare_dfa_step(x->u.dfa, *state, byte);
    return *state != TARE_DFA_DEAD && (!x->fit || tare__fit_has(x->fit, *state, *need, *left));
}

static bool step_cp(const struct tare__node *x, struct tare__frame *f, uint32_t cp)
{
    char utf8[4];
    unsigned n = tare_utf8_encode(cp, utf8);
    for (unsigned i = 0; i < n; i++)
        if (!tare__text_step(x, (unsigned char)utf8[i], &f->a, &f->c, &f->d))
            return false;
    return true;
}

static bool can_cp(const struct tare__node *x, struct tare__frame f, uint32_t cp)
{
    return step_cp(x, &f, cp);
}

static int hex_value(unsigned char b)
{
    if (b >= '0' && b <= '9')
        return b - '0';
    b |= 0x20;
    return b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
}

/* Whether some code point whose \u spelling begins with these digits can come. Of texts with an
 * automaton only control characters are spelt so: which others could come would have to be found
 * by trying them all. */
static bool hex_leads_on(const struct tare__node *x, const struct tare__frame *f, uint32_t value,
                         uint32_t digits)
{
    uint32_t rest = 4 * (4 - digits), lo = value << rest, hi = lo | ((1u << rest) - 1);
    if (x->free)
        return f->d != 0 && (lo < 0xdc00 || hi > 0xdfff);
    for (uint32_t cp = lo; cp < 0x20 && cp <= hi; cp++)
        if (can_cp(x, *f, cp))
            return true;
    return false;
}

static const struct {
    unsigned char letter, cp;
} short_escapes[] = {{'"', '"'},  {'\\', '\\'}, {'/', '/'},  {'b', '\b'},
                     {'f', '\f'}, {'n', '\n'},  {'r', '\r'}, {'t', '\t'}};

#define N_SHORT (sizeof short_escapes / sizeof short_escapes[0])

static bool escape_leads_on(const struct tare__node *x, const struct tare__frame *f)
{
    if (hex_leads_on(x, f, 0, 0))
        return true;
    for (size_t i = 0; i < N_SHORT; i++)
        if (can_cp(x, *f, short_escapes[i].cp))
            return true;
    return false;
}

static enum tare__move after_backslash(const struct tare__node *x, struct tare__frame *f,
                                       unsigned char byte)
{
    f->b = 0;
    if (byte == 'u') {
        if (!hex_leads_on(x, f, 0, 0))
            return TARE__MOVE_DEAD;
        f->b = HEX;
        return TARE__MOVE_READS;
    }
    for (size_t i = 0; i < N_SHORT; i++)
        if (short_escapes[i].letter == byte)
            return step_cp(x, f, short_escapes[i].cp) ? TARE__MOVE_READS : TARE__MOVE_DEAD;
    return TARE__MOVE_DEAD;
}

static enum tare__move hex_digit(const struct tare__node *x, struct tare__frame *f,
                                 unsigned char byte)
{
    uint32_t digits = (f->b & 15) - HEX + 1, value = f->b >> 4 & 0xfff;
    int digit = hex_value(byte);
    if (digit < 0)
        return TARE__MOVE_DEAD;
    value = value << 4 | (uint32_t)digit;
    if (!hex_leads_on(x, f, value, digits))
        return TARE__MOVE_DEAD;
    if (digits < 4) {
        f->b = (HEX + digits) | value << 4;
        return TARE__MOVE_READS;
    }
    f->b = 0;
    if (value >= 0xd800 && value < 0xdc00) {
        f->b = LOW_SLASH | (value & 0x3ff) << 16;
        return TARE__MOVE_READS;
    }
    return step_cp(x, f, value) ? TARE__MOVE_READS : TARE__MOVE_DEAD;
}

static enum tare__move low_surrogate(const struct tare__node *x, struct tare__frame *f,
                                     unsigned char byte)
{
    uint32_t kind = f->b & 15, high = f->b >> 16, value = f->b >> 4 & 0xfff;
    if (kind == LOW_SLASH || kind == LOW_U) {
        if (byte != (kind == LOW_SLASH ? '\\' : 'u'))
            return TARE__MOVE_DEAD;
        f->b = (kind == LOW_SLASH ? LOW_U : LOW_HEX) | high << 16;
        return TARE__MOVE_READS;
    }
    uint32_t digits = kind - LOW_HEX + 1, rest = 4 * (4 - digits);
    int digit = hex_value(byte);
    if (digit < 0)
        return TARE__MOVE_DEAD;
    value = value << 4 | (uint32_t)digit;
    if ((value << rest | ((1u << rest) - 1)) < 0xdc00 || value << rest > 0xdfff)
        return TARE__MOVE_DEAD;
    if (digits < 4) {
        f->b = (LOW_HEX + digits) | value << 4 | high << 16;
        return TARE__MOVE_READS;
    }
    f->b = 0;
    return step_cp(x, f, 0x10000 + (high << 10) + (value & 0x3ff)) ? TARE__MOVE_READS
                                                                   : TARE__MOVE_DEAD;
}

enum tare__move tare__string_move(const struct tare__node *x, struct tare__frame *f,
                                  unsigned char byte)
{
    uint32_t kind = f->b & 15;
    if (kind == BACKSLASH)
        return after_backslash(x, f, byte);
    if (kind >= LOW_SLASH)
        return low_surrogate(x, f, byte);
    if (kind)
        return hex_digit(x, f, byte);
    if (byte == '"')
        return f->c || !x->u.dfa->accepts[f->a] ? TARE__MOVE_DEAD : TARE__MOVE_ENDS;
    if (byte == '\\') {
        /* any text: only between two characters; an automaton sees to it itself */
        if (!x->escapes || (x->free && f->a != TARE_DFA_START) || !escape_leads_on(x, f))
            return TARE__MOVE_DEAD;
        f->b = BACKSLASH;
        return TARE__MOVE_READS;
    }
    return byte >= 0x20 && tare__text_step(x, byte, &f->a, &f->c, &f->d) ? TARE__MOVE_READS
                                                                         : TARE__MOVE_DEAD;
}

bool tare__string_step(struct tare__memory *m, struct tare__frame f, unsigned char byte)
{
    const struct tare__node *x = &m->guide->grammar->nodes[f.node];
    switch (tare__string_move(x, &f, byte)) {
    case TARE__MOVE_READS:
        return tare__reads(m, f);
    case TARE__MOVE_ENDS:
        return tare__resume(m, f.parent);
    case TARE__MOVE_DEAD:
        break;
    }
    return true;
}
