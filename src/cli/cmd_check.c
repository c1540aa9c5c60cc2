/* Checks of single texts and files; each is a file cmd_check_NAME.c. */
#include "cli/cmd.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_check_calls;

static const struct tare_cmd *const check_subs[] = {&tare_cmd_check_calls, NULL};

static const struct tare_example check_examples[] = {
    {"tare check calls --tools tools.json reply.txt", "the tool calls in a model's reply"},
    {0},
};

const struct tare_cmd tare_cmd_check = {
    .name = "check",
    .summary = "check what a model wrote",
    .usage = "calls [options]",
    .examples = check_examples,
    .subs = check_subs,
};
