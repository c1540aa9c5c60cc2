/* Any document as a schema, then any bytes as tokens: mask and step agree, a step taken back leaves
 * the mask as it was, and what may end is valid. */
#include "fuzz.h"
#include "text/guide.h"
#include "text/schema_grammar.h"

#define STEPS 200u

static const struct tare_guide_vocab *vocabulary(struct tare_arena *arena,
                                                 const struct tare_vocab **v)
{
    static const char bytes[] = "{}[]\":,.-+eE0123456789abnrtufls\\ \n\xc3\xa9";
    static const char *const merged[] = {"{\"", "\":", "\",\"", "true", "null", "],[", "\"}"};
    struct tare_vocab_token t[64];
    const struct tare_guide_vocab *gv = NULL;
    uint32_t n = 0;
    for (; bytes[n]; n++)
        t[n] = (struct tare_vocab_token){.bytes = tare_str_n(bytes + n, 1)};
    for (size_t i = 0; i < sizeof merged / sizeof *merged; i++)
        t[n++] = (struct tare_vocab_token){.bytes = tare_str_of(merged[i])};
    t[n++] = (struct tare_vocab_token){.bytes = TARE_S("<e>"),
                                       .flags = TARE_VOCAB_SPECIAL | TARE_VOCAB_END};
    fuzz_must(tare_vocab_make(t, n, n + 3, arena, v, NULL) == TARE_OK);
    fuzz_must(tare_guide_vocab_open(*v, arena, &gv, NULL) == TARE_OK);
    return gv;
}

/* A text that may end is JSON and valid. */
static void must_be_valid(const struct tare_schema *s, struct tare_str text)
{
    struct tare_arena scratch;
    struct tare_json v;
    bool valid = false;
    tare_arena_init(&scratch, NULL, 64 * TARE_MIB);
    fuzz_must(tare_json_parse(text, NULL, &scratch, &v, NULL) == TARE_OK);
    enum tare_status st = tare_schema_valid(s, v, &scratch, &valid, NULL);
    fuzz_must(st != TARE_OK || valid); /* or it costs too much to say */
    tare_arena_free(&scratch);
}

static void walk(struct tare_guide *g, const struct tare_vocab *v, const struct tare_schema *s,
                 struct tare_str tokens)
{
    struct tare_walk *w = NULL;
    struct tare_buf text;
    uint32_t last = 0;
    fuzz_must(tare_walk_open(g, &w, NULL) == TARE_OK);
    tare_buf_init(&text, NULL, TARE_MIB);
    for (size_t i = 0; i < tokens.n && i < STEPS; i++) {
        struct tare_mask_view m;
        enum tare_walk_answer a = TARE_WALK_REJECT;
        uint32_t t = (unsigned char)tokens.p[i] % v->size, allowed;
        if (tare_walk_mask(w, &m, NULL) != TARE_OK)
            break;
        allowed = m.n_allowed;
        fuzz_must(allowed > 0 || tare_walk_is_done(w));
        bool in = tare_mask_has(&m, t);
        if (tare_walk_accept(w, t, &a, NULL) != TARE_OK)
            break;
        fuzz_must(in == (a != TARE_WALK_REJECT));
        if (a == TARE_WALK_DONE)
            break;
        if (a == TARE_WALK_OK && last == t && i % 3 == 0) { /* there and back */
            fuzz_must(tare_walk_rollback(w, 1, NULL) == TARE_OK);
            fuzz_must(tare_walk_mask(w, &m, NULL) == TARE_OK && m.n_allowed == allowed &&
                      tare_mask_has(&m, t));
            fuzz_must(tare_walk_accept(w, t, &a, NULL) == TARE_OK && a == TARE_WALK_OK);
        }
        if (a == TARE_WALK_OK)
            tare_buf_put(&text, tare_vocab_text(v, t));
        last = t;
        if (a == TARE_WALK_OK && tare_walk_can_end(w))
            must_be_valid(s, tare_buf_str(&text));
    }
    tare_buf_free(&text);
    tare_walk_close(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_str all = fuzz_text(data, size < 4000 ? size : 4000), text = all, tokens = {0};
    const char *cut = all.n ? memchr(all.p, '\0', all.n) : NULL;
    struct tare_schema_grammar_options o = {.space = TARE_SCHEMA_SPACE_NONE,
                                            .any_order = size % 2 == 1};
    struct tare_guide_options go = {.memo_bytes = 4 * TARE_MIB};
    struct tare_schema_grammar sg = {0};
    struct tare_guide *guide = NULL;
    const struct tare_vocab *v = NULL;
    struct tare_arena arena;
    struct tare_json schema;
    struct tare_err err = {0};
    if (cut) {
        text.n = (size_t)(cut - all.p);
        tokens = tare_str_n(cut + 1, all.n - text.n - 1);
    }
    tare_arena_init(&arena, NULL, TARE_GIB);
    const struct tare_guide_vocab *gv = vocabulary(&arena, &v);
    if (tare_json_parse(text, NULL, &arena, &schema, NULL) == TARE_OK) {
        enum tare_status st = tare_schema_grammar_make(schema, &o, &arena, &sg, &err);
        fuzz_must(st != TARE_OK ? err.text[0] != 0 : (sg.grammar != NULL) == (sg.refused == NULL));
        if (sg.grammar && tare_guide_open(sg.grammar, gv, &go, &guide, NULL) == TARE_OK)
            walk(guide, v, sg.schema, tokens.n ? tokens : text);
    }
    tare_guide_close(guide);
    tare_arena_free(&arena);
    return 0;
}
