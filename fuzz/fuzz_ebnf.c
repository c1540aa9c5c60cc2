/* Any text as EBNF: refused with a place inside it, or a grammar. */
#include "fuzz.h"
#include "text/grammar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_str text = fuzz_text(data, size < 2000 ? size : 2000);
    struct tare_arena arena;
    struct tare_err err = {0};
    struct tare_grammar *g = NULL;
    tare_arena_init(&arena, NULL, 256 * TARE_MIB);
    enum tare_status st = tare_grammar_from_ebnf(text, &arena, &g, &err);
    if (st)
        fuzz_check_err(st, &err, text.n);
    else
        fuzz_must(g != NULL);
    tare_arena_free(&arena);
    return 0;
}
