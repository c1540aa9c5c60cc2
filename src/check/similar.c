/*
 * How near two texts are. Levenshtein 1966 over code points; ROUGE-N and ROUGE-L as F1 (Lin 2004);
 * BLEU with up to four-grams, brevity penalty and no smoothing (Papineni et al. 2002); Jaccard over
 * distinct words. Words are runs of letters and digits, lower case.
 */
#include <math.h>
#include <stdlib.h>

#include "check/answer_int.h"

#include "base/banned.h"

#define MAX_CHARS 20000u
#define MAX_WORDS 5000u

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (uint8_t)c >= 0x80;
}

uint32_t tare__words(struct tare_str text, struct tare_arena *arena, struct tare_str **out)
{
    char *low = tare_arena_alloc(arena, text.n + 1);
    uint32_t n = 0;
    *out = TARE_NEW_N(arena, struct tare_str, MAX_WORDS);
    if (!low || !*out)
        return 0;
    for (size_t i = 0; i < text.n; i++)
        low[i] = (char)(text.p[i] >= 'A' && text.p[i] <= 'Z' ? text.p[i] + 32 : text.p[i]);
    for (size_t at = 0; at < text.n && n < MAX_WORDS;) {
        size_t from = at;
        while (at < text.n && word_byte(low[at]))
            at++;
        if (at > from)
            (*out)[n++] = tare_str_n(low + from, at - from);
        else
            at++;
    }
    return n;
}

static uint32_t code_points(struct tare_str s, struct tare_arena *arena, uint32_t **out)
{
    uint32_t n = 0;
    *out = TARE_NEW_N(arena, uint32_t, s.n);
    for (size_t i = 0; *out && i < s.n; i++) {
        uint8_t c = (uint8_t)s.p[i];
        if ((c & 0xc0) == 0x80 && n)
            (*out)[n - 1] = (*out)[n - 1] << 6 | (c & 0x3f);
        else
            (*out)[n++] = c;
    }
    return n;
}

/* Edits from a to b; UINT32_MAX: too long, or no memory. */
static uint32_t levenshtein(struct tare_str a, struct tare_str b, struct tare_arena *arena,
                            uint32_t *longer)
{
    uint32_t *x, *y;
    uint32_t n = code_points(a, arena, &x), m = code_points(b, arena, &y);
    *longer = n > m ? n : m;
    uint32_t *row = TARE_NEW_N(arena, uint32_t, (size_t)m + 1);
    if (!row || !x || !y || n > MAX_CHARS || m > MAX_CHARS)
        return UINT32_MAX;
    for (uint32_t j = 0; j <= m; j++)
        row[j] = j;
    for (uint32_t i = 1; i <= n; i++) {
        uint32_t corner = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= m; j++) {
            uint32_t change = corner + (x[i - 1] != y[j - 1]);
            corner = row[j];
            uint32_t least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = least < change ? least : change;
        }
    }
    return row[m];
}

static bool same_gram(const struct tare_str *a, const struct tare_str *b, uint32_t order)
{
    for (uint32_t i = 0; i < order; i++)
        if (!tare_str_eq(a[i], b[i]))
            return false;
    return true;
}

/* n-grams of a that find a partner of their own in b: the clipped count. */
static uint32_t shared_grams(const struct tare_str *a, uint32_t n, const struct tare_str *b,
                             uint32_t m, uint32_t order, struct tare_arena *arena)
{
    uint32_t shared = 0;
    if (n < order || m < order)
        return 0;
    bool *taken = tare_arena_alloc(arena, m);
    for (uint32_t i = 0; taken && i + order <= n; i++)
        for (uint32_t j = 0; j + order <= m; j++)
            if (!taken[j] && same_gram(a + i, b + j, order)) {
                taken[j] = true;
                shared++;
                break;
            }
    return shared;
}

static double f1(double shared, double n, double m)
{
    if (n <= 0 || m <= 0)
        return n == m;
    return shared > 0 ? 2 * shared / (n + m) : 0;
}

static uint32_t common_sequence(const struct tare_str *a, uint32_t n, const struct tare_str *b,
                                uint32_t m, struct tare_arena *arena)
{
    uint32_t *row = TARE_NEW_N(arena, uint32_t, (size_t)m + 1);
    for (uint32_t i = 1; row && i <= n; i++) {
        uint32_t corner = 0;
        for (uint32_t j = 1; j <= m; j++) {
            uint32_t up = row[j];
            if (tare_str_eq(a[i - 1], b[j - 1]))
                row[j] = corner + 1;
            else if (row[j - 1] > row[j])
                row[j] = row[j - 1];
            corner = up;
        }
    }
    return row ? row[m] : 0;
}

static double bleu(const struct tare_str *a, uint32_t n, const struct tare_str *b, uint32_t m,
                   struct tare_arena *arena)
{
    double logs = 0;
    if (n == 0 || m == 0)
        return n == m;
    for (uint32_t order = 1; order <= 4; order++) {
        uint32_t shared = shared_grams(a, n, b, m, order, arena);
        if (shared == 0)
            return 0;
        logs += log((double)shared / (n - order + 1)) / 4;
    }
    double brevity = n < m ? exp(1 - (double)m / n) : 1;
    return brevity * exp(logs);
}

static double jaccard(const struct tare_str *a, uint32_t n, const struct tare_str *b, uint32_t m)
{
    uint32_t both = 0, of_a = 0, of_b = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool before = false, there = false;
        for (uint32_t j = 0; j < i && !before; j++)
            before = tare_str_eq(a[i], a[j]);
        for (uint32_t j = 0; j < m && !before && !there; j++)
            there = tare_str_eq(a[i], b[j]);
        of_a += !before;
        both += !before && there;
    }
    for (uint32_t i = 0; i < m; i++) {
        bool before = false;
        for (uint32_t j = 0; j < i && !before; j++)
            before = tare_str_eq(b[i], b[j]);
        of_b += !before;
    }
    uint32_t all = of_a + of_b - both;
    return all ? (double)both / all : 1;
}

static double nearness(struct tare__look *l, const struct tare__check *c, struct tare_str want)
{
    struct tare_str *a, *b;
    uint32_t n = tare__words(l->output, l->arena, &a), m = tare__words(want, l->arena, &b);
    uint32_t order = (uint32_t)c->order;
    switch (c->measure) {
    case TARE__MEASURE_ROUGE_N:
        return f1(shared_grams(a, n, b, m, order, l->arena), n >= order ? n - order + 1 : 0,
                  m >= order ? m - order + 1 : 0);
    case TARE__MEASURE_ROUGE_L:
        return f1(common_sequence(a, n, b, m, l->arena), n, m);
    case TARE__MEASURE_BLEU:
        return bleu(a, n, b, m, l->arena);
    default:
        return jaccard(a, n, b, m);
    }
}

struct tare__found tare__find_similar(struct tare__look *l, const struct tare__check *c)
{
    double best = -1, least = isnan(c->threshold) ? 0.75 : c->threshold;
    uint32_t n = tare__want_count(l, &c->value), fewest = UINT32_MAX;
    for (uint32_t i = 0; i < n; i++) {
        struct tare_str want = tare__want(l, &c->value, i);
        uint32_t longer = 0, d;
        if (!want.p)
            continue;
        double x;
        if (c->measure == TARE__MEASURE_LEVENSHTEIN) {
            d = levenshtein(l->output, want, l->arena, &longer);
            if (d == UINT32_MAX)
                return tare__unknown(TARE_SCORE_UNAVAILABLE,
                                     TARE_S("the texts are too long to be compared letter by "
                                            "letter"));
            fewest = d < fewest ? d : fewest;
            x = longer ? 1 - (double)d / longer : 1;
        } else {
            x = nearness(l, c, want);
        }
        best = x > best ? x : best;
    }
    if (best < 0)
        return tare__unknown(TARE_SCORE_UNAVAILABLE, TARE_S("nothing says what is expected"));
    if (c->max >= 0 && c->measure == TARE__MEASURE_LEVENSHTEIN) {
        struct tare__found f = tare__verdict(
            fewest <= c->max, tare_arena_printf(l->arena, "%u edits apart", (unsigned)fewest));
        return f;
    }
    return tare__graded(best, least, tare_arena_printf(l->arena, "similarity %.4f", best));
}
