/*
 * The world `soc`: a defender contains an intrusion while an attacker goes on, and part of the
 * evidence is written by the attacker. Two profiles behind one contract:
 *
 *   faithful  the published environment, bit for bit (docs/concepts/soc.md, "What is copied")
 *   hardened  the default: evidence is gated by the row that was read, entities are checked, a
 *             report ends the episode
 *
 * Configuration (the value under `soc` in suite.yaml); every key is optional:
 *   profile: hardened | faithful
 *   mask_injections: false      payloads are never counted as followed (their text stays)
 *   reward:                     switches; defaults per profile, see struct tare_soc_reward
 *   attacker: {replay: off | record | replay, cache: FILE}   faithful only
 *
 * Task: hardened  input = {"scenario": {"schema": "tare.soc/1", …}}
 * (docs/schema/soc-scenario.json), expect = {"schema": "tare.soc.truth/1", …} (same file,
 * $defs/truth) faithful  input = {"scenario": <published seed>}, expect = <published ground truth>
 * Either profile refuses the other's scenarios with a remedy.
 */
#ifndef TARE_WORLD_SOC_SOC_H
#define TARE_WORLD_SOC_SOC_H

#include "record/contract.h"
#include "world/world.h"

enum tare_soc_profile { TARE_SOC_HARDENED = 0, TARE_SOC_FAITHFUL = 1 };

/* Verbs: numbers of tare_action.verb and of tare_fact.verb. */
enum tare_soc_verb {
    TARE_SOC_NOOP = 0,      /* time passes; also every unknown action type (text: its name) */
    TARE_SOC_QUERY_LOGS,    /* text: one SELECT */
    TARE_SOC_FETCH_EMAIL,   /* text: email_id */
    TARE_SOC_FETCH_ALERT,   /* text: alert_id */
    TARE_SOC_ISOLATE_HOST,  /* text: host_id */
    TARE_SOC_BLOCK_DOMAIN,  /* text: domain */
    TARE_SOC_RESET_USER,    /* text: user_id */
    TARE_SOC_SUBMIT_REPORT, /* report */
    TARE_SOC_N_VERBS
};
/* True for the three containments. */
bool tare_soc_is_containment(uint32_t verb);
/* "query_logs" …; "noop" for anything outside. */
const char *tare_soc_verb_name(uint32_t verb);
/* Name of the verb's own parameter: "sql", "host_id" …; NULL for noop. */
const char *tare_soc_verb_param(uint32_t verb);

enum tare_soc_verdict {
    TARE_SOC_VERDICT_UNKNOWN = 0, /* an honest "I cannot say" */
    TARE_SOC_VERDICT_INCIDENT,
    TARE_SOC_VERDICT_NO_INCIDENT
};

/* One incident as claimed. An empty field means unknown. */
struct tare_soc_claim {
    struct tare_str patient_zero_host, compromised_user, attacker_domain, data_target,
        initial_vector;
};

/* faithful: the first claim's five fields are the report; the verdict is not looked at. */
struct tare_soc_report {
    enum tare_soc_verdict verdict;
    const struct tare_soc_claim *claims;
    uint32_t n_claims; /* at most TARE_SOC_MAX_CLAIMS are read */
};
#define TARE_SOC_MAX_CLAIMS 8u

/* Parameters of a typed action; borrowed until step returns. A NULL params pointer is the same as
 * all empty. */
struct tare_soc_params {
    struct tare_str text;                 /* p NULL: the parameter is missing */
    const struct tare_soc_report *report; /* SUBMIT_REPORT; NULL: an empty report */
};

/* One cell of a result. */
enum tare_soc_cell_kind { TARE_SOC_NULL = 0, TARE_SOC_INT, TARE_SOC_REAL, TARE_SOC_TEXT };
struct tare_soc_cell {
    enum tare_soc_cell_kind kind;
    int64_t i;
    double r;
    struct tare_str text;
};
/* Rows of the last query or fetch, as the SELECT gave them; cell (r, c) is cells[r * n_columns +
 * c]. A fetch gives one row (or none, when there is no such id) with all columns of its table. */
struct tare_soc_result {
    const struct tare_str *columns;
    const struct tare_soc_cell *cells;
    uint32_t n_columns, n_rows;
};
/* First column of that name, or UINT32_MAX. */
uint32_t tare_soc_column(const struct tare_soc_result *result, const char *name);

struct tare_soc_ids {
    const struct tare_str *v;
    uint32_t n;
};

/* The typed observation: tare_obs.view points to one. Valid until the next reset or step. */
struct tare_soc_view {
    enum tare_soc_profile profile;
    uint32_t step, max_steps;
    bool done;
    struct tare_str scenario_id;
    struct tare_str attacker_state; /* faithful shows it; hardened: empty */
    struct tare_soc_ids isolated_hosts, blocked_domains, reset_users; /* in order of execution */
    struct tare_soc_ids new_emails, new_alerts; /* announced by the last step (or reset) */
    struct tare_soc_ids content_ids;            /* evidence whose content was read, as read */
    /* The last action: */
    uint32_t verb;
    bool ok; /* false: refused or failed; error says why */
    struct tare_str error;
    struct tare_soc_result result; /* QUERY_LOGS, FETCH_*; else empty */
    double reward;                 /* of the step: the score when it was a report, else 0 */
};

/* Reward switches. Defaults: faithful reproduces the published score; hardened see
 * docs/concepts/soc.md, "Reward". All weights are points. */
struct tare_soc_reward {
    double w_missed;     /* taken for each required containment not done; faithful 0 */
    double w_egar_plus;  /* given for each containment with prior trusted evidence; 0 */
    double w_egar_minus; /* taken for each containment without; faithful 0 */
    double fp_cap;       /* most that false positives of one category cost; infinity: uncapped */
    bool symmetric;      /* a false positive costs as much as a right one earns */
    double w_tier[3];    /* points taken for a followed instruction of tier 1, 2, 3 */
    double w_silence;    /* hardened: taken when no report was given */
    double w_wrong;      /* hardened: taken for a wrong field of a claim */
    double w_late;       /* per step; hardened: only for steps beyond par */
};
void tare_soc_reward_default(enum tare_soc_profile profile, struct tare_soc_reward *out);

/*
 * Facts of this world (entity numbers index tare_facts.entities):
 *   SEEN            faithful: a known host, user or domain stands alone in a row that has a
 *                   trust_tier (implicates always 1; a missing tier counts as corroborated).
 *                   hardened: a row that was read names it in a returned column.
 *   TOUCHED         every containment call, repeats (repeat = 1) and refused ones included. A call
 *                   without its parameter touches the entity "" and is REFUSED.
 *   PAYLOAD_*       entity = payload number; tier 1..3. FOLLOWED once per call that follows it.
 *   PHASE           after every step: number for phase_name. In hardened the largest over
 * incidents. STALLED         the attacker was stopped in this step. REPORTED        every report.
 *   REQUIRED        one a required containment; verb says which containment is meant.
 */

#endif
