/* What the tests of include/tare/mask.h share: a small vocabulary, a program of each kind, and a
 * walk by chance whose every answer goes into a sum. */
#ifndef TARE_TESTS_LIB_MASK_TEST_H
#define TARE_TESTS_LIB_MASK_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <tare/mask.h>

#define ROW 300
#define ROW_WORDS ((ROW + 31) / 32)
#define END 262

static const char *const words[] = {"ab", "\": ", "{\"", "true", "<tool_call>\n", "}}"};

static const char *const tags[] = {"<arg_key>", "</arg_key>", "<arg_value>"};

/* Every byte, those words, an end, and those tags as special tokens; the code of opening it. */
static inline int open_vocabulary(struct tare_mask_vocabulary **out, struct tare_fault *fault)
{
    char bytes[512];
    size_t ends[266], at = 0, n = 0;
    uint8_t special[266] = {0};
    for (; n < 256; n++) {
        bytes[at++] = (char)n;
        ends[n] = at;
    }
    for (size_t i = 0; i < 6; i++) {
        memcpy(bytes + at, words[i], strlen(words[i]));
        at += strlen(words[i]);
        ends[n++] = at;
    }
    memcpy(bytes + at, "<e>", 3);
    at += 3;
    ends[n] = at;
    special[n++] = 2;
    for (size_t i = 0; i < 3; i++) {
        memcpy(bytes + at, tags[i], strlen(tags[i]));
        at += strlen(tags[i]);
        ends[n] = at;
        special[n++] = 1;
    }
    struct tare_mask_vocabulary_options o = {.size = sizeof o,
                                             .bytes = bytes,
                                             .end_tokens = ends,
                                             .special = special,
                                             .n_tokens = n,
                                             .row = ROW};
    return tare_mask_vocabulary_open(&o, out, fault);
}

static inline struct tare_mask_vocabulary *vocabulary(void)
{
    struct tare_mask_vocabulary *v = NULL;
    assert_int_equal(open_vocabulary(&v, NULL), TARE_CODE_OK);
    assert_int_equal(tare_mask_vocabulary_row(v), ROW);
    return v;
}

/* ---- a program of each kind ----------------------------------------------------------------- */

#define TOOLS_TEXT                                                                                 \
    "[{\"name\":\"get\",\"parameters\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":"      \
    "\"integer\"},\"s\":{\"type\":\"string\",\"maxLength\":9}},\"required\":[\"n\"],"              \
    "\"additionalProperties\":false}},{\"name\":\"stop\"}]"

/* A text of it may begin with `open` and `again` up to `times` times: so that walks have states of
 * their own. */
static const struct kind {
    const char *name;
    int kind, any_order;
    const char *text, *dialect, *open, *again;
    uint32_t times;
} kinds[] = {
    {.name = "schema",
     .kind = TARE_MASK_SCHEMA,
     .text = "{\"type\":\"array\",\"maxItems\":400,\"items\":{\"anyOf\":[{\"type\":\"string\","
             "\"maxLength\":30},{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},"
             "\"bb\":{\"type\":\"number\"}},\"required\":[\"bb\"]}]}}",
     .open = "[",
     .again = "\"abc\",",
     .times = 50},
    {.name = "keys in any order",
     .kind = TARE_MASK_SCHEMA,
     .any_order = 1,
     .text = "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"},\"b\":{\"enum\":[1,\"x\","
             "null]}},\"patternProperties\":{\"^p\":{\"type\":\"string\",\"pattern\":"
             "\"^[a-f]{2,9}$\"}},\"minProperties\":1,\"maxProperties\":5}",
     .open = "",
     .again = "{\"a\":",
     .times = 40},
    {.name = "few keys",
     .kind = TARE_MASK_SCHEMA,
     .text = "{\"type\":\"object\",\"patternProperties\":{\"^(a|b[ab]?)$\":{\"anyOf\":[{\"$ref\":"
             "\"#\"},{\"type\":\"boolean\"}]}},\"additionalProperties\":false,"
             "\"minProperties\":2}",
     .open = "",
     .again = "{\"b\":",
     .times = 40},
    {.name = "regex",
     .kind = TARE_MASK_REGEX,
     .text = "(ab|[a-c]{2,5}x|\\d+(\\.\\d+)?|\\u00e9\\w*;)*z"},
    {.name = "gbnf",
     .kind = TARE_MASK_GBNF,
     .text = "root ::= item (\", \" item){0,200} \".\"?\nitem ::= \"(\" root \")\" | [a-z]{1,40} "
             "| \"<\" | <arg_key> item </arg_key>",
     .open = "",
     .again = "abcdefg, ",
     .times = 30},
    {.name = "tools", .kind = TARE_MASK_TOOLS, .text = TOOLS_TEXT},
    {.name = "tools of a dialect", .kind = TARE_MASK_TOOLS, .text = TOOLS_TEXT, .dialect = "glm45"},
};
#define N_KINDS (sizeof kinds / sizeof *kinds)

/* memory: ceiling of what is remembered, 0 the usual one. */
static inline int compile_kind(const struct tare_mask_vocabulary *v, const struct kind *k,
                               size_t memory, struct tare_mask_program **out,
                               struct tare_fault *fault)
{
    struct tare_mask_options o = {.size = sizeof o,
                                  .kind = k->kind,
                                  .text = k->text,
                                  .n_text = strlen(k->text),
                                  .vocabulary = v,
                                  .any_order = k->any_order,
                                  .memory_bytes = memory,
                                  .dialect = k->dialect};
    return tare_mask_compile(&o, out, fault);
}

/* ---- sums ----------------------------------------------------------------------------------- */

/* FNV-1a. */
static inline void sum_bytes(uint64_t *sum, const void *p, size_t n)
{
    const unsigned char *b = p;
    for (size_t i = 0; i < n; i++)
        *sum = (*sum ^ b[i]) * 0x100000001b3u;
}

static inline void sum_number(uint64_t *sum, uint64_t n)
{
    sum_bytes(sum, &n, sizeof n);
}

/* A small generator (splitmix64), so that a test needs nothing but the header. */
static inline uint32_t chance(uint64_t *seed, uint32_t below)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32) % below;
}

static inline int is_allowed(const struct tare_mask_bits *m, uint32_t token)
{
    for (uint32_t i = 0; m->ids && i < m->n_allowed; i++)
        if (m->ids[i] == token)
            return 1;
    return !m->ids && (m->words[token / 64] >> (token % 64) & 1);
}

/* Of the tokens that are allowed, not of the id: that may differ from program to program. */
static inline uint64_t mask_sum(const struct tare_mask_bits *m)
{
    uint64_t sum = 0xcbf29ce484222325u;
    sum_number(&sum, m->n_allowed);
    for (uint32_t t = 0; t < ROW && m->n_allowed; t++)
        if (is_allowed(m, t))
            sum_number(&sum, t);
    return sum;
}

/* The allowed token number k, or UINT32_MAX. */
static inline uint32_t allowed_token(const struct tare_mask_bits *m, uint32_t k)
{
    for (uint32_t t = 0; t < ROW && m->n_allowed; t++)
        if (is_allowed(m, t) && k-- == 0)
            return t;
    return UINT32_MAX;
}

#endif
