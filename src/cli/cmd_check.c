/* Checks of single texts and files; each is a file cmd_check_NAME.c. */
#include "cli/cmd.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_check_calls;
extern const struct tare_cmd tare_cmd_check_json;
extern const struct tare_cmd tare_cmd_check_schema;

static const struct tare_cmd *const check_subs[] = {&tare_cmd_check_calls, &tare_cmd_check_json,
                                                    &tare_cmd_check_schema, NULL};

static const struct tare_example check_examples[] = {
    {"tare check calls --tools tools.json reply.txt", "the tool calls in a model's reply"},
    {"tare check json --extract reply.txt",
     "the JSON in a model's reply, or what is wrong with it"},
    {"tare check schema task.schema.json answer.json", "every fault with its place and a remedy"},
    {0},
};

const struct tare_cmd tare_cmd_check = {
    .name = "check",
    .summary = "check what a model wrote",
    .usage = "calls|json|schema [options]",
    .examples = check_examples,
    .subs = check_subs,
};
