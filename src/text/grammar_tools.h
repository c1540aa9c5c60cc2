/* The envelope of a tool call as a grammar: one call of one of the tools, its arguments as that
 * tool's JSON Schema wants them. */
#ifndef TARE_TEXT_GRAMMAR_TOOLS_H
#define TARE_TEXT_GRAMMAR_TOOLS_H

#include "text/schema_grammar.h"

struct tare_tool_envelope {
    struct tare_str before, after; /* text around the call, as "<tool_call>\n"; may be empty */
    struct tare_str arguments;     /* name of their member; empty: "arguments" */
};

/*
 * tools: a JSON array of {"name", "parameters"}, or {"type": "function", "function": {those}}; for
 * "parameters" also "input_schema" and "inputSchema". A tool without them takes any object. The
 * text is before {"name": NAME, "arguments": {…}} after. Options and outcome as of
 * tare_schema_grammar_make (its places are in the schema {"anyOf": [one a tool]}). TARE_E_INPUT:
 * no array, no tool, a tool without a name, two of one name.
 */
enum tare_status tare_grammar_from_tools(struct tare_json tools,
                                         const struct tare_tool_envelope *envelope,
                                         const struct tare_schema_grammar_options *options,
                                         struct tare_arena *arena, struct tare_schema_grammar *out,
                                         struct tare_err *err);

/* The schema {"anyOf": [{"properties": {"name": {"const": …}, "arguments": …}}, one a tool]} of the
 * tools, each tool's own a resource of its own. */
enum tare_status tare_tools_schema(struct tare_json tools, struct tare_str arguments,
                                   struct tare_arena *arena, struct tare_json *out,
                                   struct tare_err *err);

#endif
