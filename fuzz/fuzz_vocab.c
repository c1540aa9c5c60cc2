/* Any file is a vocabulary or an error; the trie finds each token again. */
#include "fuzz.h"
#include "text/vocab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    const struct tare_vocab *v = NULL;
    tare_arena_init(&arena, NULL, TARE_GIB);
    if (tare_vocab_read(fuzz_text(data, size), NULL, &arena, &v, &err) == TARE_OK) {
        for (uint32_t i = 0; i < v->n_tokens; i++) {
            size_t n = 0;
            if (v->flags[i] & (TARE_VOCAB_SPECIAL | TARE_VOCAB_EMPTY))
                continue;
            fuzz_must(tare_vocab_longest(v, tare_vocab_text(v, i), &n) <= i);
            fuzz_must(n == tare_vocab_text(v, i).n);
        }
    } else {
        fuzz_must(err.text[0] != 0);
    }
    tare_arena_free(&arena);
    return 0;
}
