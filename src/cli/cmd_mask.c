/* Token masks from the command line; each is a file cmd_mask_NAME.c. */
#include "cli/cmd.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_mask_bench;
extern const struct tare_cmd tare_cmd_mask_check;
extern const struct tare_cmd tare_cmd_mask_compile;
extern const struct tare_cmd tare_cmd_mask_step;

static const struct tare_cmd *const mask_subs[] = {
    &tare_cmd_mask_compile, &tare_cmd_mask_step, &tare_cmd_mask_check, &tare_cmd_mask_bench, NULL};

static const struct tare_example mask_examples[] = {
    {"tare mask compile answer.schema.json", "can it be enforced, and with which restrictions"},
    {"tare mask step answer.schema.json --vocab tokenizer.json --after '{\"'",
     "which tokens may come next"},
    {0},
};

const struct tare_cmd tare_cmd_mask = {
    .name = "mask",
    .summary = "token masks: what a model may write next under a JSON Schema",
    .usage = "compile|step|check|bench [options]",
    .examples = mask_examples,
    .subs = mask_subs,
};
