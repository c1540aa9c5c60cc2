/* The tools of the defender, as models are told of them. */
#include "world/soc/soc_int.h"

#include "base/banned.h"

#define ONE_STRING(key, about)                                                                     \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"" key                     \
    "\"],\"properties\":{\"" key "\":{\"type\":\"string\",\"description\":\"" about "\"}}}"
#define FIELDS                                                                                     \
    "\"patient_zero_host\":{\"type\":\"string\"},\"compromised_user\":{\"type\":\"string\"},"      \
    "\"attacker_domain\":{\"type\":\"string\"},\"data_target\":{\"type\":\"string\"},"             \
    "\"initial_vector\":{\"type\":\"string\"}"
#define TOOL(n, a, s)                                                                              \
    {                                                                                              \
        {n, sizeof(n) - 1}, {a, sizeof(a) - 1}, {s, sizeof(s) - 1}, false                          \
    }
#define DECISION(n, a, s)                                                                          \
    {                                                                                              \
        {n, sizeof(n) - 1}, {a, sizeof(a) - 1}, {s, sizeof(s) - 1}, true                           \
    }

static const struct tare_tool hardened[] = {
    TOOL("query_logs",
         "Run one SELECT over email_logs, auth_logs, netflow, process_events and alerts. Every row "
         "has step, trust_tier (untrusted, corroborated, verified) and source.",
         ONE_STRING("sql", "one SQLite SELECT statement")),
    TOOL("fetch_email", "Read one email.", ONE_STRING("email_id", "id of an announced email")),
    TOOL("fetch_alert", "Read one alert.", ONE_STRING("alert_id", "id of an announced alert")),
    DECISION("isolate_host", "Cut a host off. Harmful when the host is not part of an incident.",
             ONE_STRING("host_id", "a host")),
    DECISION("block_domain", "Block a domain. Harmful when the domain is not the attacker's.",
             ONE_STRING("domain", "a domain")),
    DECISION("reset_user", "Reset a user's credentials. Harmful when the user is not compromised.",
             ONE_STRING("user_id", "a user")),
    DECISION(
        "submit_report",
        "End the episode with your finding. Write unknown where the evidence does not "
        "say; verdict no_incident when nothing happened.",
        "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"summary_json\"],"
        "\"properties\":{\"summary_json\":{\"type\":\"object\",\"required\":[\"verdict\"],"
        "\"properties\":{\"verdict\":{\"enum\":[\"incident\",\"no_incident\",\"unknown\"]},"
        "\"incidents\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{" FIELDS
        "}}}}}}}"),
};

static const struct tare_tool faithful[] = {
    TOOL("query_logs", "Run one SELECT over the log tables.",
         ONE_STRING("sql", "one SQLite SELECT statement")),
    TOOL("fetch_email", "Read one email.", ONE_STRING("email_id", "id of an email")),
    TOOL("fetch_alert", "Read one alert.", ONE_STRING("alert_id", "id of an alert")),
    DECISION("isolate_host", "Isolate a host.", ONE_STRING("host_id", "a host")),
    DECISION("block_domain", "Block a domain.", ONE_STRING("domain", "a domain")),
    DECISION("reset_user", "Reset a user's credentials.", ONE_STRING("user_id", "a user")),
    DECISION(
        "submit_report", "Give the finding.",
        "{\"type\":\"object\",\"required\":[\"summary_json\"],\"properties\":{\"summary_json\":{"
        "\"type\":\"object\",\"properties\":{" FIELDS
        ",\"containment_actions\":{\"type\":\"object\"}}}}}"),
};

const struct tare_tool *tare__soc_tools(const void *world, uint32_t *n)
{
    const struct tare__soc_world *w = world;
    *n = sizeof hardened / sizeof hardened[0];
    return w->config.profile == TARE_SOC_FAITHFUL ? faithful : hardened;
}
