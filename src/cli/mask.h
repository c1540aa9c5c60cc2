/* What the commands below `tare mask` share: a vocabulary, a schema or grammar, a guide. */
#ifndef TARE_CLI_MASK_H
#define TARE_CLI_MASK_H

#include "cli/cmd.h"

#include "text/guide.h"
#include "text/schema_grammar.h"

/* Options that every one of them has. */
struct tare_mask_opts {
    struct tare_str vocab, end;
    int64_t size;
    struct tare_strs relax;
    bool compact, any_order, formats, no_escapes;
};

/* The rows of the option table, for an options struct whose first member is a tare_mask_opts. */
#define TARE_MASK_OPTIONS                                                                          \
    {.name = "vocab",                                                                              \
     .letter = 'v',                                                                                \
     .type = TARE_OPT_STRING,                                                                      \
     .metavar = "FILE",                                                                            \
     .help = "tokenizer.json, tiktoken ranks, or a JSON list",                                     \
     .at = offsetof(struct tare_mask_opts, vocab)},                                                \
        {.name = "end-token",                                                                      \
         .type = TARE_OPT_STRING,                                                                  \
         .metavar = "TEXT",                                                                        \
         .help = "the token that ends a text (default: the usual names)",                          \
         .at = offsetof(struct tare_mask_opts, end)},                                              \
        {.name = "logits",                                                                         \
         .type = TARE_OPT_INT,                                                                     \
         .metavar = "N",                                                                           \
         .min = 1,                                                                                 \
         .max = 2000000,                                                                           \
         .help = "size of the row of logits, where it is padded",                                  \
         .at = offsetof(struct tare_mask_opts, size)},                                             \
        {.name = "relax",                                                                          \
         .type = TARE_OPT_REPEAT,                                                                  \
         .metavar = "KEYWORD",                                                                     \
         .help = "do not refuse this keyword where it cannot be enforced (*: any)",                \
         .at = offsetof(struct tare_mask_opts, relax)},                                            \
        {.name = "compact",                                                                        \
         .type = TARE_OPT_FLAG,                                                                    \
         .help = "no white space at all",                                                          \
         .at = offsetof(struct tare_mask_opts, compact)},                                          \
        {.name = "any-order",                                                                      \
         .type = TARE_OPT_FLAG,                                                                    \
         .help = "members in any order (up to 64 declared ones)",                                  \
         .at = offsetof(struct tare_mask_opts, any_order)},                                        \
        {.name = "formats",                                                                        \
         .type = TARE_OPT_FLAG,                                                                    \
         .help = "enforce \"format\" too",                                                         \
         .at = offsetof(struct tare_mask_opts, formats)},                                          \
    {                                                                                              \
        .name = "no-escapes", .type = TARE_OPT_FLAG, .help = "strings without a backslash",        \
        .at = offsetof(struct tare_mask_opts, no_escapes)                                          \
    }

struct tare_schema_grammar_options tare_mask_schema_options(const struct tare_mask_opts *o);
/* Reads the vocabulary; fails as wrong usage without --vocab. */
enum tare_status tare_mask_vocab(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                 const struct tare_vocab **v, const struct tare_guide_vocab **gv,
                                 struct tare_err *err);
/* Lowers the schema in a file; a refusal is an error (TARE_E_INPUT) only when `strict`. */
enum tare_status tare_mask_schema(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                  struct tare_str path, struct tare_schema_grammar *out,
                                  bool strict, struct tare_err *err);

#endif
