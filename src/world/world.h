/*
 * The worlds of tare. run/registry.c binds their names.
 */
#ifndef TARE_WORLD_WORLD_H
#define TARE_WORLD_WORLD_H

#include "record/contract.h"

/* Incident response; see world/soc/soc.h. */
extern const struct tare_world_ops tare_world_soc;
/* Prompts and answers; see world/prompt/prompt.h. */
extern const struct tare_world_ops tare_world_prompt;

/* A folder, a shell and an editor in a sandbox; see world/workspace/workspace.h. */
extern const struct tare_world_ops tare_world_workspace;

#endif
