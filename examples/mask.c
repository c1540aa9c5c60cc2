/* Writes a text that a JSON Schema allows, token by token, as a sampler would: mask SCHEMA-FILE
 * [SEED]. The vocabulary is every byte and a few words; the "model" is chance. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/mask.h>

#define TOKENS 264

static const char *const words[] = {"\":", ", ", "\"}", "true", "false", "null", "the"};

static int explain(const struct tare_fault *fault)
{
    fprintf(stderr, "mask: %s\n", fault->text);
    if (fault->hint[0])
        fprintf(stderr, "  %s\n", fault->hint);
    return 4;
}

/* 256 bytes, the words, and one token that ends the text. */
static struct tare_mask_vocabulary *open_vocabulary(char bytes[512], size_t ends[TOKENS],
                                                    struct tare_fault *fault)
{
    uint8_t special[TOKENS] = {0};
    size_t n = 0, at = 0;
    for (; n < 256; n++) {
        bytes[at++] = (char)n;
        ends[n] = at;
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        memcpy(bytes + at, words[i], strlen(words[i]));
        at += strlen(words[i]);
        ends[n++] = at;
    }
    memcpy(bytes + at, "<end>", 5);
    ends[n] = at + 5;
    special[n++] = 2;
    struct tare_mask_vocabulary_options o = {
        .size = sizeof o, .bytes = bytes, .end_tokens = ends, .special = special, .n_tokens = n};
    struct tare_mask_vocabulary *v = NULL;
    return tare_mask_vocabulary_open(&o, &v, fault) == TARE_CODE_OK ? v : NULL;
}

/* The allowed token with the k-th place, k taken from a small generator. */
static uint32_t choose(const struct tare_mask_bits *m, uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    uint32_t k = (*seed >> 8) % m->n_allowed;
    if (m->ids)
        return m->ids[k];
    for (uint32_t t = 0;; t++)
        if (m->words[t / 64] >> (t % 64) & 1 && k-- == 0)
            return t;
}

static int write_text(struct tare_mask_state *s, const char *bytes, const size_t *ends,
                      uint32_t seed, struct tare_fault *fault)
{
    for (int n = 0; n < 2000; n++) {
        struct tare_mask_bits m = {.size = sizeof m};
        int answer = TARE_MASK_REJECT;
        if (tare_mask_next(s, &m, fault) != TARE_CODE_OK || m.n_allowed == 0)
            return 4;
        uint32_t t = m.ids && tare_mask_can_end(s) ? m.ids[m.n_allowed - 1] : choose(&m, &seed);
        if (tare_mask_accept(s, t, &answer, fault) != TARE_CODE_OK || answer == TARE_MASK_REJECT)
            return 70;
        if (answer == TARE_MASK_DONE) {
            putchar('\n');
            return 0;
        }
        size_t from = t ? ends[t - 1] : 0;
        fwrite(bytes + from, 1, ends[t] - from, stdout);
    }
    return 3;
}

int main(int argc, char **argv)
{
    static char schema[65536], bytes[512];
    static size_t ends[TOKENS];
    struct tare_fault fault = {.size = sizeof fault};
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (!f) {
        fprintf(stderr, "usage: mask SCHEMA-FILE [SEED]\n");
        return 2;
    }
    size_t n = fread(schema, 1, sizeof schema, f);
    fclose(f);
    struct tare_mask_vocabulary *v = open_vocabulary(bytes, ends, &fault);
    struct tare_mask_options o = {.size = sizeof o,
                                  .kind = TARE_MASK_SCHEMA,
                                  .text = schema,
                                  .n_text = n,
                                  .vocabulary = v,
                                  .compact = 1};
    struct tare_mask_program *p = NULL;
    struct tare_mask_state *s = NULL;
    int code = 0;
    if (!v || tare_mask_compile(&o, &p, &fault) != TARE_CODE_OK ||
        tare_mask_start(p, &s, &fault) != TARE_CODE_OK)
        code = explain(&fault);
    else
        code =
            write_text(s, bytes, ends, argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1, &fault);
    tare_mask_end(s);
    tare_mask_close(p);
    tare_mask_vocabulary_close(v);
    return code;
}
