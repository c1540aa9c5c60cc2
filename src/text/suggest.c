/* The word that was meant: the optimal string alignment distance (insertions, deletions,
 * substitutions and swaps of neighbours, each at most once a place). */
#include "text/fields.h"

#include "base/banned.h"

#define LONGEST 64

static uint8_t lower(char c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c == '-' ? '_' : c);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Both at most LONGEST bytes. Letters match without case, '-' matches '_'. */
static unsigned distance(struct tare_str a, struct tare_str b)
{
    unsigned rows[3][LONGEST + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    for (unsigned j = 0; j <= b.n; j++)
        last[j] = before[j] = j;
    for (unsigned i = 1; i <= a.n; i++) {
        now[0] = i;
        for (unsigned j = 1; j <= b.n; j++) {
            uint8_t x = lower(a.p[i - 1]), y = lower(b.p[j - 1]);
            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == lower(b.p[j - 2]) && lower(a.p[i - 2]) == y)
                now[j] = least(now[j], before[j - 2] + 1);
        }
        unsigned *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[b.n];
}

const char *tare_suggest(struct tare_str word, const char *const *names)
{
    const char *best = NULL;
    unsigned best_distance = 0;
    if (word.n == 0 || word.n > LONGEST)
        return NULL;
    for (; *names; names++) {
        struct tare_str name = tare_str_of(*names);
        if (name.n > LONGEST)
            continue;
        unsigned longer = (unsigned)(name.n > word.n ? name.n : word.n);
        unsigned d = distance(word, name), most = longer < 3 ? 1 : (longer + 1) / 3;
        if (d <= most && d < longer && (!best || d < best_distance)) {
            best = *names;
            best_distance = d;
        }
    }
    return best;
}
