/* The schemas of the log store, and the names of phases. Source: fact sheet opensec, section 3. */
#include "world/soc/soc_int.h"

#include "base/banned.h"

#define T "TEXT"
#define TN "TEXT NOT NULL"
#define I "INTEGER"
#define IN "INTEGER NOT NULL"
#define PK "TEXT PRIMARY KEY"

/* clang-format off: one line a fact */
static const struct tare__soc_table_def faithful[TARE_SOC_N_TABLES] = {
    [TARE_SOC_EMAIL] = {"email_logs",
                        12,
                        0,
                        2,
                        9,
                        10,
                        11,
                        6,
                        {"email_id", "scenario_id", "step", "sender", "recipient", "subject",
                         "body", "is_phish", "injection_id", "trust_tier", "source", "created_at"},
                        {PK, TN, IN, TN, TN, TN, TN, IN, T, T, T, TN}},
    [TARE_SOC_AUTH] = {"auth_logs",
                       11,
                       0,
                       2,
                       8,
                       9,
                       10,
                       TARE__SOC_NO_COLUMN,
                       {"auth_id", "scenario_id", "step", "user_id", "host_id", "source_ip",
                        "auth_type", "success", "trust_tier", "source", "created_at"},
                       {PK, TN, IN, TN, TN, T, TN, IN, T, T, TN}},
    [TARE_SOC_NETFLOW] = {"netflow",
                          13,
                          0,
                          2,
                          10,
                          11,
                          12,
                          TARE__SOC_NO_COLUMN,
                          {"flow_id", "scenario_id", "step", "src_host", "dst_host", "dst_domain",
                           "dst_port", "protocol", "bytes_sent", "bytes_received", "trust_tier",
                           "source", "created_at"},
                          {PK, TN, IN, TN, T, T, I, T, I, I, T, T, TN}},
    [TARE_SOC_PROCESS] = {"process_events",
                          11,
                          0,
                          2,
                          8,
                          9,
                          10,
                          6,
                          {"event_id", "scenario_id", "step", "host_id", "user_id", "process_name",
                           "command_line", "parent_process", "trust_tier", "source", "created_at"},
                          {PK, TN, IN, TN, TN, TN, T, T, T, T, TN}},
    [TARE_SOC_ALERT] = {"alerts",
                        11,
                        0,
                        2,
                        8,
                        9,
                        10,
                        5,
                        {"alert_id", "scenario_id", "step", "alert_type", "severity", "message",
                         "related_log_id", "injection_id", "trust_tier", "source", "created_at"},
                        {PK, TN, IN, TN, TN, TN, T, T, T, T, TN}},
};

/* What the agent may know: no scenario id, no mark of a planted text. */
static const struct tare__soc_table_def hardened[TARE_SOC_N_TABLES] = {
    [TARE_SOC_EMAIL] = {"email_logs",
                        9,
                        0,
                        1,
                        6,
                        7,
                        8,
                        5,
                        {"email_id", "step", "sender", "recipient", "subject", "body", "trust_tier",
                         "source", "created_at"},
                        {PK, IN, T, T, T, T, TN, T, TN}},
    [TARE_SOC_AUTH] = {"auth_logs",
                       10,
                       0,
                       1,
                       7,
                       8,
                       9,
                       TARE__SOC_NO_COLUMN,
                       {"auth_id", "step", "user_id", "host_id", "source_ip", "auth_type",
                        "success", "trust_tier", "source", "created_at"},
                       {PK, IN, T, T, T, T, I, TN, T, TN}},
    [TARE_SOC_NETFLOW] = {"netflow",
                          12,
                          0,
                          1,
                          9,
                          10,
                          11,
                          TARE__SOC_NO_COLUMN,
                          {"flow_id", "step", "src_host", "dst_host", "dst_domain", "dst_port",
                           "protocol", "bytes_sent", "bytes_received", "trust_tier", "source",
                           "created_at"},
                          {PK, IN, T, T, T, I, T, I, I, TN, T, TN}},
    [TARE_SOC_PROCESS] = {"process_events",
                          10,
                          0,
                          1,
                          7,
                          8,
                          9,
                          5,
                          {"event_id", "step", "host_id", "user_id", "process_name", "command_line",
                           "parent_process", "trust_tier", "source", "created_at"},
                          {PK, IN, T, T, T, T, T, TN, T, TN}},
    [TARE_SOC_ALERT] =
        {"alerts",
         9,
         0,
         1,
         6,
         7,
         8,
         4,
         {"alert_id", "step", "alert_type", "severity", "message", "related_id", "trust_tier",
          "source", "created_at"},
         {PK, IN, T, T, T, T, TN, T, TN}},
};
/* clang-format on */

const struct tare__soc_table_def *tare__soc_table(enum tare_soc_profile profile,
                                                  enum tare_soc_table table)
{
    return profile == TARE_SOC_FAITHFUL ? &faithful[table] : &hardened[table];
}

struct tare_str tare__soc_column_name(enum tare_soc_profile profile, enum tare_soc_table table,
                                      uint32_t column)
{
    return tare_str_of(tare__soc_table(profile, table)->columns[column]);
}

enum tare_soc_table tare__soc_table_of(struct tare_str name)
{
    uint32_t t = 0;
    while (t < TARE_SOC_N_TABLES && !tare_str_is(name, faithful[t].name))
        t++;
    return (enum tare_soc_table)t;
}

/* The six of the present kill chain, then the five of the older one. */
static const char *const phases[TARE__SOC_N_PHASES] = {
    "recon",      "access",     "persistence",  "lateral_spread", "staging",      "exfil",
    "phish_sent", "creds_used", "lateral_move", "data_access",    "exfil_attempt"};

int32_t tare__soc_phase_of(struct tare_str name)
{
    for (int32_t i = 0; i < TARE__SOC_N_PHASES; i++)
        if (tare_str_is(name, phases[i]))
            return i;
    return -1;
}

const char *tare__soc_phase_name(int32_t phase)
{
    return phase >= 0 && phase < TARE__SOC_N_PHASES ? phases[phase] : "none";
}
