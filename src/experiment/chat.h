/*
 * Chat logs as recordings: {"messages": [{"role", "content", "tool_calls"}]} of OpenAI's shape,
 * perhaps with the answer apart ("choices"). What the assistant said is spelled as hermes would
 * write it.
 */
#ifndef TARE_EXPERIMENT_CHAT_H
#define TARE_EXPERIMENT_CHAT_H

#include "text/json.h"

/* Whether the line is one: its messages have roles. */
bool tare__chat_is(struct tare_json line);
/* Where the answer stands apart ({"request", "response" | "reply"}, "choices"), it alone is a
 * message. One object an assistant's message, as a list in the arena: {"text", "input",
 * "finish_reason", "results", "expect"}. input: what the user said last; results: of the tools, up
 * to the next message; expect: kept where the log has it. TARE_E_INPUT, TARE_E_NOMEM. */
enum tare_status tare__chat_read(struct tare_json line, struct tare_arena *arena,
                                 struct tare_json *out, struct tare_err *err);
/* A call as hermes writes it, behind what stands in b. arguments: raw; empty: {}. last: the message
 * was cut, and this is its last call; it is left open where its arguments are not whole. The arena
 * is scratch. */
void tare__chat_spell(struct tare_buf *b, struct tare_str name, struct tare_str arguments,
                      bool last, struct tare_arena *arena);

#endif
