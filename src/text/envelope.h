/*
 * One tool call as a dialect of text/calls.h writes it, as a grammar for token masks: the tags, the
 * name of one of the tools, its arguments as that tool's JSON Schema wants them. What is generated
 * is read by the dialect's own parser, without a repair, as one call (of lists one or more) whose
 * arguments are valid; of formats, where the options ask for them.
 */
#ifndef TARE_TEXT_ENVELOPE_H
#define TARE_TEXT_ENVELOPE_H

#include "text/schema_grammar.h"
#include "text/vocab.h"

struct tare_envelope {
    const char *dialect;
    const char *before; /* what a call begins with up to the tool's name or first brace; "": that */
    const char *missing; /* why there is none; NULL: there is one */
};

/* Envelope number i, in the order of the dialects; NULL after the last. */
const struct tare_envelope *tare_envelope(size_t i);
/* NULL: no such dialect. */
const struct tare_envelope *tare_envelope_of(struct tare_str dialect);

/*
 * tools: as of tare_grammar_from_tools. Where the vocabulary (NULL: none) has a special token of
 * the text of a tag, or of a part of it, the tag is that token and cannot be written in letters.
 * Options and outcome as of tare_schema_grammar_make; places are in {"anyOf": [one a tool]}.
 * Narrower than for JSON: arguments in tags stand in the order of the schema, undeclared ones are
 * not written, texts do not hold the tag that ends them; in Python's layouts strings have no
 * backslash. TARE_E_INPUT: no such dialect or envelope, tools that are none, a name that the layout
 * cannot hold; others as tare_schema_grammar_make.
 */
enum tare_status tare_grammar_from_dialect(struct tare_str dialect, struct tare_json tools,
                                           const struct tare_vocab *vocab,
                                           const struct tare_schema_grammar_options *options,
                                           struct tare_arena *arena,
                                           struct tare_schema_grammar *out, struct tare_err *err);

#endif
