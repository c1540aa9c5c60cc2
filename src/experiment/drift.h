/*
 * The lab of instruction drift: how far a model keeps its rules over the turns of a conversation,
 * for each intervention, and how much that varies between attempts.
 *
 * Source: spec/tool-calls.md of the shared sheets, section 9. Recordings are JSON Lines, one
 * conversation a line (docs/verbs/experiment.md):
 *
 *   {"conversation", "seed", "arm", "rules": [{"id", "kind", "value", "when"}], "verdict",
 *    "paraphrase", "position", "turns": [{"text", "input", "pass": {"RULE": true|false|null},
 *               "since", "tokens", "correct", "guarded", "verdict", "fresh"}]}
 *
 * A line {"defaults": {...}} gives members for the lines after it. What "pass" says about a rule
 * stands; other rules are looked at in the text. Where the model judges, "verdict" of a turn is
 * what it decided (or whether the conversation's expression "verdict" matches its text) and "fresh"
 * what it decides on the same item in a fresh call (else what the arm "stateless" decided).
 */
#ifndef TARE_EXPERIMENT_DRIFT_H
#define TARE_EXPERIMENT_DRIFT_H

#include "stats/proportion.h"
#include "stats/stats.h"
#include "text/json.h"

#define TARE_DRIFT_ARMS 32u
#define TARE_DRIFT_TURNS 4096u
#define TARE_DRIFT_RULES 64u
#define TARE_DRIFT_BINS 16u
#define TARE_DRIFT_BIN_TOKENS 64.0
#define TARE_DRIFT_NO_LABEL INT64_MIN

enum tare_drift_pass { TARE_DRIFT_NA = 0, TARE_DRIFT_PASS, TARE_DRIFT_FAIL };

struct tare_drift_run {
    struct tare_str conversation;
    uint32_t arm;
    int64_t seed;
    uint32_t n_turns, n_rules;
    uint8_t *pass;                /* [turn * n_rules + rule], enum tare_drift_pass */
    const uint32_t *rule_no;      /* of each rule: its number in the recordings, or UINT32_MAX */
    int64_t paraphrase, position; /* of the rules in the prompt; TARE_DRIFT_NO_LABEL: not told */
    double *since;  /* of each turn: tokens since the rules were last stated; NaN: not recorded */
    double *tokens; /* of each turn: what the model wrote for it; NaN: not recorded */
    uint8_t *correct, *guarded; /* of each turn, enum tare_drift_pass */
    uint8_t *verdict, *fresh;   /* the same; PASS: yes */
};

struct tare_drift_rule {
    struct tare_str id;
    bool judged; /* a model says whether it was kept */
};

struct tare_drift_recordings {
    const struct tare_drift_run *v;
    size_t n;
    struct tare_drift_rule *rule; /* by first appearance, at most TARE_DRIFT_RULES */
    uint32_t n_rules;
    struct tare_str arm[TARE_DRIFT_ARMS]; /* in order of first appearance */
    uint32_t n_arms, turns;               /* turns: of the longest */
};

/* Kinds of rules: matches, not_matches (a regular expression), mentions, not_mentions (a text),
 * language (a code), max_words, min_words, max_chars (a number), in_order (a list of texts), json
 * (nothing), schema (a JSON Schema of the text as JSON), tool_only (a list of tools: nothing but
 * calls of them), recorded, judged (what "pass" says). "when" is a regular expression of the turn's
 * "input" without which the rule does not apply. TARE_E_INPUT (err->line), TARE_E_LIMIT,
 * TARE_E_NOMEM. */
enum tare_status tare_drift_recordings_read(struct tare_str jsonl, struct tare_arena *arena,
                                            struct tare_drift_recordings *out,
                                            struct tare_err *err);

/* A scripted model that keeps a rule with chance p0 exp(-lambda u) + p_inf, u turns after the rules
 * were last stated: baseline (stated once), stateless (each turn), re-anchor-4, re-anchor-8, recall
 * (a third of lambda) and recap (stated again before the last turn). */
struct tare_drift_script {
    double p0, lambda, p_inf;
    uint64_t seed;
    uint32_t conversations, seeds, turns, rules;
};
/* "p0=0.6,lambda=0.1,pinf=0.35"; what is not named keeps its value. TARE_E_USAGE. */
enum tare_status tare_drift_script_parse(struct tare_str spec, struct tare_drift_script *s,
                                         struct tare_err *err);
void tare_drift_script_write(const struct tare_drift_script *s, struct tare_buf *jsonl);

struct tare_drift_opts {
    uint32_t baseline;        /* an arm of the recordings */
    double confidence;        /* in (0, 1) */
    uint64_t seed, resamples; /* of the interval of lambda */
};

struct tare_drift_decay { /* A(t) = p0 exp(-lambda t) + p_inf, least squares, t from 0 */
    struct tare_value lambda, p0, p_inf;
    struct tare_interval lambda_ci; /* percentile bootstrap over conversations */
};

/* Logit of a rule being kept, on the turn and log(1 + since), with a random intercept for each
 * conversation. */
struct tare_drift_slope {
    struct tare_value turn, since, intercept_sd;
    struct tare_interval turn_ci, since_ci;
};

/* Verdicts within the session against fresh ones on the same items. */
struct tare_drift_judge {
    struct tare_count flips, early, late; /* early: in the first half of a session */
    double bias;                          /* share of yes in the session minus fresh */
    struct tare_interval bias_ci;         /* robust to runs of one conversation */
    struct tare_value kappa;
    struct tare_interval kappa_ci; /* turns taken as independent */
    struct tare_value p_position;  /* Fisher's exact test of early against late */
};

struct tare_drift_row {
    struct tare_str arm;
    uint64_t conversations, runs, seeds;
    struct tare_count *adherence;    /* [turns] kept of applicable */
    struct tare_interval *wilson;    /* [turns] */
    double *survival;                /* [turns] no violation up to that turn; Kaplan-Meier */
    struct tare_count all, recovery; /* recovery: kept at t + 1 after a failure at t */
    struct tare_count contagion_after_fail, contagion_after_pass; /* failures at t + 1 */
    struct tare_value auc;                                        /* mean of A over the turns */
    struct tare_value half_life;                                  /* turn, from 1 */
    struct tare_value contagion;                                  /* ratio of the two */
    struct tare_value median_first;                               /* turn of the first violation */
    struct tare_value seed_sd;                    /* of A(t) over seeds, averaged over turns */
    struct tare_value paraphrase_sd, position_sd; /* the same over the recordings' labels */
    struct tare_count *rule;                      /* [n_rules of the report] */
    struct tare_count since[TARE_DRIFT_BINS];     /* by tokens since the rules were stated */
    struct tare_count prevented;   /* turns with a violation: of them made good by the guard */
    struct tare_value tokens;      /* of a turn */
    struct tare_value p90, spread; /* of scores of a conversation over 10 or more seeds */
    struct tare_drift_decay decay;
    struct tare_drift_slope slope;
    struct tare_count correct, guarded;
    struct tare_drift_judge judge;            /* flips.n 0: there are no such verdicts */
    struct tare_value auc_diff, correct_diff; /* to the baseline, paired by conversation and seed */
    struct tare_interval auc_ci, correct_ci;
    double p, p_holm; /* of auc_diff; NaN: none */
};

/* Where a bin of `since` begins; it ends where the next begins, the last never. */
double tare_drift_bin_from(uint32_t bin);

struct tare_drift_report {
    uint32_t n_arms, turns, baseline, n_rules;
    const struct tare_drift_rule *rule;
    double confidence;
    struct tare_drift_row *arm;
};

enum tare_status tare_drift_experiment(const struct tare_drift_recordings *r,
                                       const struct tare_drift_opts *opts, struct tare_arena *arena,
                                       struct tare_drift_report *out, struct tare_err *err);

#endif
