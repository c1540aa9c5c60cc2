/* Any text as a grammar or as an expression, then any bytes as acts of walks over it: tokens,
 * bytes, steps back, copies, forced text. At each place asked about, bit and accept agree for every
 * token; what is forced is accepted, and a state that was left and come back to is the same. The
 * first byte says what the text is and how much may be remembered. */
#include "fuzz.h"
#include "text/guide.h"

#define MAX_SIZE 160u
#define WORDS ((MAX_SIZE + 31) / 32)
#define ACTS 120u
#define CHECKS 12u /* of all tokens, in one run */

struct fuzz {
    struct tare_arena arena;
    const struct tare_vocab *v;
    struct tare_guide *guide;
    struct tare_walk *w, *other;
    uint32_t checks;
};

static const struct tare_guide_vocab *vocabulary(struct fuzz *f)
{
    static const char bytes[] =
        "abcdefxyz019 .,\"\n{}()[]<\xc3\xa9\xa8\xe2\x82\xac\xf0\x9f\x98\x80\xff";
    static const char *const merged[] = {"ab",       "ab",    "bc",  "abc",      "\xc3\xa9",
                                         "a\xc3",    "\xa9z", "xyz", "\xe2\x82", "\xac\xac",
                                         "\xf0\x9f", "00",    "1.",  "\"a",      "<t>"};
    struct tare_vocab_token t[MAX_SIZE];
    const struct tare_guide_vocab *gv = NULL;
    uint32_t n = 0;
    t[n++] = (struct tare_vocab_token){TARE_S("<e>"), TARE_VOCAB_SPECIAL | TARE_VOCAB_END};
    t[n++] = (struct tare_vocab_token){TARE_S("<t>"), TARE_VOCAB_SPECIAL};
    t[n++] = (struct tare_vocab_token){{0}, TARE_VOCAB_EMPTY};
    for (uint32_t i = 0; bytes[i]; i++)
        t[n++] = (struct tare_vocab_token){tare_str_n(bytes + i, 1), 0};
    for (size_t i = 0; i < sizeof merged / sizeof *merged; i++)
        t[n++] = (struct tare_vocab_token){tare_str_of(merged[i]), 0};
    fuzz_must(tare_vocab_make(t, n, n + 5, &f->arena, &f->v, NULL) == TARE_OK);
    fuzz_must(tare_guide_vocab_open(f->v, &f->arena, &gv, NULL) == TARE_OK);
    fuzz_must(f->v->size <= MAX_SIZE);
    return gv;
}

/* Only ceilings may stop a walk. */
static bool goes_on(enum tare_status st)
{
    fuzz_must(st == TARE_OK || st == TARE_E_LIMIT || st == TARE_E_NOMEM);
    return st == TARE_OK;
}

static bool words_of(struct fuzz *f, uint32_t words[WORDS], uint32_t *allowed)
{
    struct tare_mask_view m;
    memset(words, 0, WORDS * sizeof *words);
    if (!goes_on(tare_walk_mask(f->w, &m, NULL)))
        return false;
    tare_mask_fill(&m, f->v->size, words);
    *allowed = m.n_allowed;
    return true;
}

/* Every token tried and taken back. */
static bool all_tokens(struct fuzz *f)
{
    uint32_t words[WORDS], again[WORDS], allowed = 0, after = 0, n = 0;
    if (f->checks++ >= CHECKS)
        return true;
    if (!words_of(f, words, &allowed))
        return false;
    for (uint32_t t = 0; t < f->v->size; t++) {
        enum tare_walk_answer a = TARE_WALK_REJECT;
        if (!goes_on(tare_walk_accept(f->w, t, &a, NULL)))
            return false;
        fuzz_must((words[t / 32] >> (t % 32) & 1) == (a != TARE_WALK_REJECT));
        n += a != TARE_WALK_REJECT;
        fuzz_must((a == TARE_WALK_DONE) == tare_walk_is_done(f->w) || a == TARE_WALK_REJECT);
        if (a != TARE_WALK_REJECT)
            fuzz_must(tare_walk_rollback(f->w, 1, NULL) == TARE_OK);
    }
    fuzz_must(n == allowed);
    if (!words_of(f, again, &after))
        return false;
    fuzz_must(after == allowed && memcmp(words, again, sizeof words) == 0);
    return true;
}

static bool accept(struct fuzz *f, uint8_t arg)
{
    uint32_t words[WORDS], allowed = 0, t = arg % f->v->size;
    enum tare_walk_answer a = TARE_WALK_REJECT;
    if (!words_of(f, words, &allowed) || !goes_on(tare_walk_accept(f->w, t, &a, NULL)))
        return false;
    fuzz_must((words[t / 32] >> (t % 32) & 1) == (a != TARE_WALK_REJECT));
    return true;
}

/* The only way on is one. */
static bool forced(struct fuzz *f, uint8_t arg)
{
    struct tare_str text;
    struct tare_walk *w = NULL;
    enum tare_walk_answer a = TARE_WALK_REJECT;
    if (!goes_on(tare_walk_forced(f->w, arg % 20, &f->arena, &text, NULL)))
        return false;
    fuzz_must(text.n <= arg % 20u);
    if (text.n == 0)
        return true;
    fuzz_must(!tare_walk_can_end(f->w) && tare_walk_copy(f->w, &w, NULL) == TARE_OK);
    char other = (char)(text.p[0] ^ (1 + arg % 7));
    bool on = goes_on(tare_walk_accept_bytes(w, tare_str_n(&other, 1), &a, NULL));
    fuzz_must(!on || a == TARE_WALK_REJECT);
    on = on && goes_on(tare_walk_accept_bytes(w, text, &a, NULL));
    fuzz_must(!on || a == TARE_WALK_OK);
    tare_walk_close(w);
    return on;
}

static bool copy(struct fuzz *f, uint8_t arg)
{
    if (arg % 3 == 0 && f->other) { /* back to the other one */
        struct tare_walk *w = f->w;
        f->w = f->other;
        f->other = w;
        return true;
    }
    tare_walk_close(f->other);
    f->other = NULL;
    fuzz_must(tare_walk_copy(f->w, &f->other, NULL) == TARE_OK);
    fuzz_must(tare_walk_steps(f->other) == tare_walk_steps(f->w));
    return true;
}

static bool act(struct fuzz *f, uint8_t what, uint8_t arg)
{
    char bytes[2] = {(char)arg, (char)what};
    enum tare_walk_answer a = TARE_WALK_REJECT;
    uint32_t steps = tare_walk_steps(f->w);
    switch (what % 8) {
    case 0:
        return all_tokens(f);
    case 1:
        fuzz_must((tare_walk_rollback(f->w, arg % 8u, NULL) == TARE_OK) == (arg % 8u <= steps));
        return true;
    case 2:
        return copy(f, arg);
    case 3:
        return forced(f, arg);
    case 4:
        if (!goes_on(tare_walk_accept_bytes(f->w, tare_str_n(bytes, 1 + (what >> 7)), &a, NULL)))
            return false;
        fuzz_must(tare_walk_steps(f->w) == steps + (a == TARE_WALK_OK));
        return true;
    default:
        return accept(f, arg);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {.checks = 0};
    struct tare_err err = {0};
    struct tare_grammar *g = NULL;
    if (size < 1)
        return 0;
    struct tare_str all = fuzz_text(data + 1, (size < 1500 ? size : 1500) - 1), text = all, acts;
    const char *cut = all.n ? memchr(all.p, '\0', all.n) : NULL;
    struct tare_guide_options o = {.memo_bytes = data[0] & 2 ? 400000 : 4 * TARE_MIB};
    if (cut)
        text.n = (size_t)(cut - all.p);
    acts = cut ? tare_str_n(cut + 1, all.n - text.n - 1) : text;
    tare_arena_init(&f.arena, NULL, 256 * TARE_MIB);
    const struct tare_guide_vocab *gv = vocabulary(&f);
    enum tare_status st = data[0] & 1 ? tare_grammar_from_regex(text, &f.arena, &g, &err)
                                      : tare_grammar_from_gbnf(text, f.v, &f.arena, &g, &err);
    if (st)
        fuzz_check_err(st, &err, text.n);
    if (!st && tare_guide_open(g, gv, &o, &f.guide, NULL) == TARE_OK) {
        fuzz_must(tare_walk_open(f.guide, &f.w, NULL) == TARE_OK);
        bool on = all_tokens(&f);
        for (size_t i = 0; i + 1 < acts.n && i < 2 * ACTS && on; i += 2)
            on = act(&f, (uint8_t)acts.p[i], (uint8_t)acts.p[i + 1]);
        tare_walk_close(f.w);
        tare_walk_close(f.other);
    }
    tare_guide_close(f.guide);
    tare_arena_free(&f.arena);
    return 0;
}
