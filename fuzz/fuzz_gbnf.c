/* Any text as a grammar: refused with a place, or run; then any bytes as tokens, where the mask and
 * the walk agree. */
#include "fuzz.h"
#include "text/guide.h"

static const struct tare_guide_vocab *vocabulary(struct tare_arena *arena,
                                                 const struct tare_vocab **v)
{
    static const char bytes[] = "abcxyz01 \"\n{}";
    struct tare_vocab_token t[16];
    const struct tare_guide_vocab *gv = NULL;
    uint32_t n = 0;
    for (; bytes[n]; n++)
        t[n] = (struct tare_vocab_token){.bytes = tare_str_n(bytes + n, 1)};
    t[n++] = (struct tare_vocab_token){.bytes = TARE_S("ab")};
    t[n++] = (struct tare_vocab_token){.bytes = TARE_S("<e>"),
                                       .flags = TARE_VOCAB_SPECIAL | TARE_VOCAB_END};
    fuzz_must(tare_vocab_make(t, n, n + 3, arena, v, NULL) == TARE_OK);
    fuzz_must(tare_guide_vocab_open(*v, arena, &gv, NULL) == TARE_OK);
    return gv;
}

static void walk(struct tare_guide *g, const struct tare_vocab *v, struct tare_str tokens)
{
    struct tare_walk *w = NULL;
    fuzz_must(tare_walk_open(g, &w, NULL) == TARE_OK);
    for (size_t i = 0; i < tokens.n; i++) {
        struct tare_mask_view m;
        struct tare_err err = {0};
        enum tare_walk_answer a = TARE_WALK_REJECT;
        uint32_t t = (unsigned char)tokens.p[i] % v->size;
        enum tare_status st = tare_walk_mask(w, &m, &err);
        fuzz_must(!st || st == TARE_E_LIMIT || st == TARE_E_NOMEM);
        if (st)
            break;
        fuzz_must(tare_walk_accept(w, t, &a, NULL) == TARE_OK);
        fuzz_must(tare_mask_has(&m, t) == (a != TARE_WALK_REJECT));
    }
    tare_walk_close(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_str all = fuzz_text(data, size < 2000 ? size : 2000), text = all, tokens = {0};
    const char *cut = all.n ? memchr(all.p, '\0', all.n) : NULL;
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_grammar *g = NULL;
    struct tare_guide *guide = NULL;
    const struct tare_vocab *v = NULL;
    struct tare_guide_options o = {.memo_bytes = 4 * TARE_MIB};
    if (cut) {
        text.n = (size_t)(cut - all.p);
        tokens = tare_str_n(cut + 1, all.n - text.n - 1);
    }
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    const struct tare_guide_vocab *gv = vocabulary(&arena, &v);
    enum tare_status st = tare_grammar_from_gbnf(text, v, &arena, &g, &err);
    if (st)
        fuzz_check_err(st, &err, text.n);
    if (!st && tare_guide_open(g, gv, &o, &guide, NULL) == TARE_OK)
        walk(guide, v, tokens.n ? tokens : text);
    tare_guide_close(guide);
    tare_arena_free(&arena);
    return 0;
}
