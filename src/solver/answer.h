/*
 * A model that talks: for worlds without tools (tare_world_ops.talks). What the world says is what
 * the model is told, and the text of its reply is its answer. Or its own prompt in place of the
 * world's: {prompt: TEMPLATE}, filled in from the task's input; a filled prompt that is a JSON list
 * of {role, content} is a whole conversation.
 */
#ifndef TARE_SOLVER_ANSWER_H
#define TARE_SOLVER_ANSWER_H

#include "record/contract.h"

extern const struct tare_solver_ops tare_solver_answer;
/* The same without a model: the answer is the prompt (the last text of a conversation). */
extern const struct tare_solver_ops tare_solver_answer_echo;

#endif
