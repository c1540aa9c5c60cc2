/* The simulation and the automaton agree on every text. */
#include "fuzz.h"
#include "text/dfa.h"
#include "text/regex.h"
#include "text/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tare_str all = fuzz_text(data, size < 200 ? size : 200), text = all;
    const char *cut = all.n ? memchr(all.p, '\n', all.n) : NULL;
    struct tare_str pattern = cut ? tare_str_n(all.p, (size_t)(cut - all.p)) : all;
    struct tare_arena arena;
    struct tare_err err = {0};
    const struct tare_regex *re = NULL;
    struct tare_regex_dfa *d = NULL;
    if (cut)
        text = tare_str_n(cut + 1, all.n - pattern.n - 1);
    tare_arena_init(&arena, NULL, TARE_GIB);
    if (tare_regex_compile(pattern, NULL, &arena, &re, &err) == TARE_OK &&
        tare_utf8_valid_bytes(text) == text.n) {
        for (int search = 0; search < 2; search++) {
            bool want = search ? tare_regex_search(re, text) : tare_regex_match(re, text);
            const struct tare_dfa *whole = NULL;
            if (tare_dfa_regex(re, search, (struct tare_dfa_bounds){300, NULL}, &arena, &whole,
                               NULL) == TARE_OK)
                fuzz_must(tare_dfa_run(whole, text) == want);
            if (tare_regex_dfa_open(re, search, 300, NULL, &arena, &d, NULL) != TARE_OK)
                continue;
            uint32_t s = tare_regex_dfa_start(d);
            for (size_t i = 0; i < text.n && s != TARE_REGEX_FULL; i++)
                s = tare_regex_dfa_step(d, s, (unsigned char)text.p[i]);
            fuzz_must(s == TARE_REGEX_FULL || tare_regex_dfa_accepts(d, s) == want);
        }
    }
    tare_arena_free(&arena);
    return 0;
}
