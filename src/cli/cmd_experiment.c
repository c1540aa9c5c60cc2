/* Small studies; each is a file cmd_experiment_NAME.c. */
#include "cli/cmd.h"

#include "base/banned.h"

extern const struct tare_cmd tare_cmd_experiment_drift;
extern const struct tare_cmd tare_cmd_experiment_tools;

static const struct tare_cmd *const experiment_subs[] = {&tare_cmd_experiment_tools,
                                                         &tare_cmd_experiment_drift, NULL};

static const struct tare_example experiment_examples[] = {
    {"tare experiment tools episodes.jsonl", "strict parser, lenient parser, forced choice, mask"},
    {"tare experiment drift conversations.jsonl", "how rules fade over a conversation"},
    {0},
};

const struct tare_cmd tare_cmd_experiment = {
    .name = "experiment",
    .summary = "small studies: tool regimes, instruction drift",
    .usage = "tools|drift [options]",
    .examples = experiment_examples,
    .subs = experiment_subs,
};
