#include "cli/cmd.h"

#include "base/banned.h"

/* One line here and one in the list, in the order of the help page. */
extern const struct tare_cmd tare_cmd_replay;
extern const struct tare_cmd tare_cmd_run;
extern const struct tare_cmd tare_cmd_generate;
extern const struct tare_cmd tare_cmd_power;
extern const struct tare_cmd tare_cmd_stat;
extern const struct tare_cmd tare_cmd_doctor;
extern const struct tare_cmd tare_cmd_store;
extern const struct tare_cmd tare_cmd_compare;
extern const struct tare_cmd tare_cmd_import;
extern const struct tare_cmd tare_cmd_export;
extern const struct tare_cmd tare_cmd_lint;
extern const struct tare_cmd tare_cmd_runs;
extern const struct tare_cmd tare_cmd_score;
extern const struct tare_cmd tare_cmd_show;
extern const struct tare_cmd tare_cmd_view;
extern const struct tare_cmd tare_cmd_report;
extern const struct tare_cmd tare_cmd_serve;
extern const struct tare_cmd tare_cmd_check;
extern const struct tare_cmd tare_cmd_mask;
extern const struct tare_cmd tare_cmd_experiment;
extern const struct tare_cmd tare_cmd_selftest;
extern const struct tare_cmd tare_cmd_help;
extern const struct tare_cmd tare_cmd_completions;

const struct tare_cmd *const *tare_commands(void)
{
    /* clang-format off */
    static const struct tare_cmd *const all[] = {
        &tare_cmd_run,
        &tare_cmd_compare,
        &tare_cmd_score,
        &tare_cmd_import,
        &tare_cmd_export,
        &tare_cmd_lint,
        &tare_cmd_runs,
        &tare_cmd_show,
        &tare_cmd_view,
        &tare_cmd_report,
        &tare_cmd_replay,
        &tare_cmd_generate,
        &tare_cmd_power,
        &tare_cmd_stat,
        &tare_cmd_doctor,
        &tare_cmd_store,
        &tare_cmd_check,
        &tare_cmd_mask,
        &tare_cmd_experiment,
        &tare_cmd_serve,
        &tare_cmd_selftest,
        &tare_cmd_help,
        &tare_cmd_completions,
        NULL,
    };
    /* clang-format on */
    return all;
}
