/* What the commands below `tare mask` share: a vocabulary, a schema or grammar, a guide. */
#ifndef TARE_CLI_MASK_H
#define TARE_CLI_MASK_H

#include "cli/cmd.h"

#include "text/guide.h"
#include "text/mask_try.h"
#include "text/schema_grammar.h"

/* What a file holds; the names of --kind in this order. */
enum tare_mask_source {
    TARE_MASK_FROM_SCHEMA,
    TARE_MASK_FROM_GBNF,
    TARE_MASK_FROM_EBNF,
    TARE_MASK_FROM_REGEX
};
extern const char *const tare_mask_kinds[];

/* Options that every one of them has. */
struct tare_mask_opts {
    struct tare_str vocab, end, dialect;
    int64_t size;
    int kind; /* enum tare_mask_source, or -1: by the file's name */
    struct tare_strs relax;
    bool compact, any_order, formats, no_escapes;
};

/* The rows of the option table, for an options struct whose first member is a tare_mask_opts. */
#define TARE_MASK_OPTION(field, n, t, m, h)                                                        \
    {                                                                                              \
        .name = n, .type = t, .metavar = m, .help = h,                                             \
        .at = offsetof(struct tare_mask_opts, field)                                               \
    }
#define TARE_MASK_SCHEMA_OPTIONS                                                                   \
    TARE_MASK_OPTION(relax, "relax", TARE_OPT_REPEAT, "KEYWORD",                                   \
                     "do not refuse this keyword where it cannot be enforced (*: any)"),           \
        TARE_MASK_OPTION(compact, "compact", TARE_OPT_FLAG, NULL, "no white space at all"),        \
        TARE_MASK_OPTION(any_order, "any-order", TARE_OPT_FLAG, NULL,                              \
                         "members in any order (up to 64 declared ones)"),                         \
        TARE_MASK_OPTION(formats, "formats", TARE_OPT_FLAG, NULL, "enforce \"format\" too"),       \
        TARE_MASK_OPTION(no_escapes, "no-escapes", TARE_OPT_FLAG, NULL,                            \
                         "strings without a backslash")
#define TARE_MASK_OPTIONS                                                                          \
    TARE_MASK_OPTION(vocab, "vocab", TARE_OPT_STRING, "FILE",                                      \
                     "tokenizer.json, tiktoken ranks, or a JSON list"),                            \
        TARE_MASK_OPTION(end, "end-token", TARE_OPT_STRING, "TEXT",                                \
                         "the token that ends a text (default: the usual names)"),                 \
        {.name = "logits",                                                                         \
         .type = TARE_OPT_INT,                                                                     \
         .metavar = "N",                                                                           \
         .min = 1,                                                                                 \
         .max = 2000000,                                                                           \
         .help = "size of the row of logits, where it is padded",                                  \
         .at = offsetof(struct tare_mask_opts, size)},                                             \
        TARE_MASK_SCHEMA_OPTIONS

struct tare_schema_grammar_options tare_mask_schema_options(const struct tare_mask_opts *o);
/* Reads the vocabulary; fails as wrong usage without --vocab. */
enum tare_status tare_mask_vocab(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                 const struct tare_vocab **v, const struct tare_guide_vocab **gv,
                                 struct tare_err *err);
/* The option of those that take tools instead of a schema. */
#define TARE_MASK_DIALECT_OPTION                                                                   \
    TARE_MASK_OPTION(dialect, "dialect", TARE_OPT_STRING, "NAME",                                  \
                     "the file is a list of tools, the text a call of one in this dialect")
/* The option of those that take other grammars too. */
#define TARE_MASK_KIND_OPTION                                                                      \
    {                                                                                              \
        .name = "kind", .type = TARE_OPT_CHOICE, .choices = tare_mask_kinds,                       \
        .help = "what the file holds (default: by its ending .gbnf, .ebnf, .regex)",               \
        .at = offsetof(struct tare_mask_opts, kind)                                                \
    }
/* Lowers the schema, grammar or expression in a file, or with a dialect its tools (tags are special
 * tokens where the vocabulary, which may be NULL, has them); a refusal is an error (TARE_E_INPUT)
 * only when `strict`.
 */
enum tare_status tare_mask_schema(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                  struct tare_str path, const struct tare_vocab *v,
                                  struct tare_schema_grammar *out, bool strict,
                                  struct tare_err *err);

/* A schema of a batch, ready for walks. */
struct tare_mask_opened {
    struct tare_schema_grammar lowered;
    struct tare_guide *guide;
    struct tare_str refused; /* why there is no guide; {NULL, 0}: there is one */
    int64_t ns;              /* that it took */
};
/* Lowers and opens; a refusal is no error. */
enum tare_status tare_mask_open(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                const struct tare_guide_vocab *tables, struct tare_json schema,
                                struct tare_arena *arena, struct tare_mask_opened *out,
                                struct tare_err *err);
/* Walks the instance as it is printed and, where that is refused and the order of members is fixed,
 * in the schema's order: *reordered. The cut is the longest token, or by rng. */
enum tare_status tare_mask_instance(struct tare_ctx *ctx, const struct tare_mask_opts *o,
                                    const struct tare_vocab *vocab,
                                    const struct tare_mask_opened *m, struct tare_json value,
                                    struct tare_rng *rng, struct tare_arena *scratch,
                                    struct tare_mask_times *times, struct tare_mask_try *out,
                                    bool *reordered, struct tare_err *err);

#endif
