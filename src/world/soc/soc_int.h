/*
 * Inside of the world `soc`: the compiled scenario, the episode, and what its files offer each
 * other.
 */
#ifndef TARE_WORLD_SOC_SOC_INT_H
#define TARE_WORLD_SOC_SOC_INT_H

#include "world/soc/scenario.h"

#define TARE__SOC_MAX_COLUMNS 13u /* widest table of either profile */
#define TARE__SOC_NO_COLUMN 255
#define TARE__SOC_STEPS_AHEAD 64u /* steps whose row ids and times are made with the scenario */
#define TARE__SOC_MAX_MOVE 8u     /* parameters of an attacker's action that are looked at */

/* Names every scenario starts with, so that their numbers are constants. */
enum tare__soc_name {
    /* states of the published default chain */
    N_PHISH_SENT = 0,
    N_CREDS_USED,
    N_LATERAL_MOVE, /* also an action */
    N_DATA_ACCESS,
    N_EXFIL_ATTEMPT,
    /* attacker's actions */
    N_RECON, /* also a state */
    N_SEND_PHISH,
    N_REPHISH,
    N_REUSE_CREDENTIALS,
    N_LATERAL_MOVE_ALT,
    N_LATERAL_SPREAD, /* also a state */
    N_PIVOT,
    N_ACCESS_DATA,
    N_STAGE_DATA,
    N_ESTABLISH_PERSISTENCE,
    N_RETREAT,
    N_WAIT,
    N_EXFILTRATE,
    N_EXFILTRATE_ALT,
    N_NO_OP,
    /* other states */
    N_ACCESS,
    N_PERSISTENCE,
    N_STAGING,
    N_EXFIL,
    /* parameter keys */
    N_USER,
    N_HOST,
    N_SRC,
    N_DST,
    N_TARGET,
    N_TARGET_USER,
    N_CHANNEL,
    N_DESTINATION_DOMAIN,
    N_HTTPS,
    N_EMPTY, /* "" */
    N_FIXED
};

/* What a name is in its scenario. */
enum {
    TARE__SOC_IS_USER = 1,
    TARE__SOC_IS_HOST = 2,
    TARE__SOC_IS_DOMAIN = 4,
    TARE__SOC_IS_TARGET = 8,
    TARE__SOC_IS_VECTOR = 16,
    TARE__SOC_IS_ATTACKER = 32, /* a domain of the attacker's */
    TARE__SOC_IS_KNOWN = 1 | 2 | 4
};

/* Interned strings; numbers are places in v. Index: open addressing, power of two. */
struct tare__soc_names {
    struct tare_str *v;
    uint8_t *kind; /* TARE__SOC_IS_* */
    uint32_t n, cap;
    uint32_t *slot; /* number + 1, 0 free */
    uint32_t mask;
    uint64_t known_lengths; /* bit min(length, 63) of each known entity: most strings miss */
};

struct tare__soc_list {
    const uint32_t *v;
    uint32_t n;
};

/* Key and value pairs that must be equal in an action. */
struct tare__soc_pairs {
    const uint32_t *key, *value;
    uint32_t n;
};

/* Something that stands in a column of a row. */
struct tare__soc_mention {
    uint32_t name;
    uint8_t column;
    bool implicates;
};

enum tare__soc_when { TARE__SOC_ALWAYS = 0, TARE__SOC_DONE, TARE__SOC_BLOCKED };

/* A row before it gets its step (faithful) or its time (hardened). */
struct tare__soc_tpl {
    struct tare_soc_cell cells[TARE__SOC_MAX_COLUMNS]; /* id, step and created_at left NULL */
    uint32_t id;   /* faithful: of an email, else NONE; hardened: always */
    uint32_t step; /* hardened: arrival */
    const struct tare__soc_mention *mentions;
    uint32_t n_mentions;
    uint32_t payload; /* hardened: number or NONE */
    uint32_t incident, stage;
    uint8_t table; /* enum tare_soc_table */
    uint8_t trust; /* enum tare_trust */
    uint8_t when;  /* enum tare__soc_when; incident NONE: always */
    bool clears;
    const struct tare_str *parsed; /* alerts, faithful: key, value, key, value … sorted by key */
    uint32_t n_parsed;
};

struct tare__soc_payload {
    struct tare_str id, surface, expected, text, target_action;
    struct tare_json json; /* the payload as written */
    uint32_t verb;         /* TARE_SOC_N_VERBS: of no known type or none at all */
    const struct tare_str *key, *value;
    uint32_t n_params;
    struct tare__soc_list evidence; /* faithful: names of row ids */
    uint8_t tier;
};

/* faithful: what an artifact list entry emits. */
struct tare__soc_emit {
    uint32_t tpl;
    uint32_t step;    /* initial and timeline artifacts */
    uint32_t variant; /* timeline: action type, or NONE */
    struct tare__soc_pairs match;
};
struct tare__soc_emits {
    const struct tare__soc_emit *v;
    uint32_t n;
};

enum tare__soc_attr {
    ATTR_FOOTHOLD = 0,
    ATTR_CREDS,
    ATTR_ADMIN,
    ATTR_STAGE,
    ATTR_PERSISTENCE,
    ATTR_HOST,
    ATTR_USER,
    ATTR_TARGET,
    ATTR_EXFIL,
    ATTR_OTHER
};
/* One condition of `requires`: attr equals one of the values. A value is a name, or one of these.
 */
#define TARE__SOC_TRUE (UINT32_MAX - 1)
#define TARE__SOC_FALSE (UINT32_MAX - 2)
struct tare__soc_require {
    uint8_t attr;                 /* enum tare__soc_attr */
    struct tare__soc_list values; /* TARE_SOC_NONE stands for null */
};

struct tare__soc_effects {
    bool any;
    int8_t flag[ATTR_HOST];             /* by attr: -1 absent, 0, 1; [ATTR_FOOTHOLD] unused */
    uint32_t host, user, target, exfil; /* NONE: absent */
};

struct tare__soc_graph_action {
    uint32_t type, next; /* next NONE: the fallback */
    struct tare__soc_pairs match;
    const struct tare__soc_require *requires;
    uint32_t n_requires;
    struct tare__soc_effects effects;
    struct tare__soc_emits emits;
};
struct tare__soc_state {
    uint32_t name;
    const struct tare__soc_graph_action *actions;
    uint32_t n_actions;
};

struct tare__soc_graph {
    bool present;
    uint32_t start;
    struct tare__soc_list objectives;
    struct tare__soc_emits initial;
    const struct tare__soc_state *states;
    uint32_t n_states;
};

/* hardened */
struct tare__soc_stop {
    uint32_t verb, name;
};
struct tare__soc_stage {
    uint32_t step;
    int32_t phase; /* for phase_name */
    const struct tare__soc_stop *stops;
    uint32_t n_stops;
};
struct tare__soc_incident {
    struct tare_str id;
    uint32_t field[5]; /* names: host, user, domain, target, vector */
    const struct tare__soc_stage *stages;
    uint32_t n_stages;
};

/* Bits of need[]: required or permitted by one of the three containments. */
#define TARE__SOC_NEED(c) (1u << (c))
#define TARE__SOC_MAY(c) (8u << (c))

struct tare_soc_scenario {
    enum tare_soc_profile profile;
    struct tare_str id;
    uint32_t max_steps, par_steps;
    int64_t start_ns;               /* wall time of step 0 */
    const struct tare_str *created; /* [TARE__SOC_STEPS_AHEAD] created_at by step */
    const uint32_t *row_id;         /* faithful: [step * TARE_SOC_N_TABLES + table], names */
    struct tare__soc_names names;
    uint8_t *need;                                                      /* by name */
    struct tare__soc_list users, hosts, domains, targets;               /* in order of the file */
    struct tare__soc_list sorted_users, sorted_hosts, sorted_attackers; /* by text */
    const struct tare__soc_tpl *tpl;
    uint32_t n_tpl;
    const struct tare__soc_payload *payloads;
    uint32_t n_payloads;
    struct tare__soc_list required[3]; /* isolate, block, reset: sorted by text, unique */
    /* faithful */
    uint32_t patient_zero, victim, attacker_domain, data_target;
    struct tare_str truth[5]; /* p NULL: missing */
    struct tare__soc_graph graph;
    struct tare__soc_emits timeline;
    /* hardened */
    bool benign;
    const struct tare__soc_incident *incidents;
    uint32_t n_incidents;
    const uint32_t *by_step; /* templates in order of arrival */
};

/* ---- names.c ----------------------------------------------------------------------------- */

/* Number of a name, or TARE_SOC_NONE. */
uint32_t tare__soc_find(const struct tare__soc_names *names, struct tare_str s);
/* Room for cap names, the fixed ones in place. False: no memory. */
bool tare__soc_names_init(struct tare__soc_names *names, uint32_t cap, struct tare_arena *arena);
/* Number of s, added when new; s is kept by reference. NONE only when the table is full. */
uint32_t tare__soc_intern(struct tare__soc_names *names, struct tare_str s);
void tare__soc_mark_known(struct tare__soc_names *names, uint32_t name, uint8_t kind);
extern const char *const tare__soc_fixed_names[N_FIXED];

/* ---- tables.c: the two schemas of the log store -------------------------------------------- */

struct tare__soc_table_def {
    const char *name;
    uint8_t n_columns;
    uint8_t id, step, trust, source, created; /* places of these columns */
    uint8_t text; /* free text: body, message, command_line; or NO_COLUMN */
    const char *columns[TARE__SOC_MAX_COLUMNS];
    const char *types[TARE__SOC_MAX_COLUMNS]; /* as declared */
};
const struct tare__soc_table_def *tare__soc_table(enum tare_soc_profile profile,
                                                  enum tare_soc_table table);
struct tare_str tare__soc_column_name(enum tare_soc_profile profile, enum tare_soc_table table,
                                      uint32_t column);
/* Number of a table by name, TARE_SOC_N_TABLES when there is none. */
enum tare_soc_table tare__soc_table_of(struct tare_str name);
/* -1 for an unknown phase. */
int32_t tare__soc_phase_of(struct tare_str name);
const char *tare__soc_phase_name(int32_t phase);
#define TARE__SOC_N_PHASES 11

/* ---- kv.c: reading template bodies as the published compiler does -------------------------- */

/* Value of the last token KEY=…; p NULL when there is none. */
struct tare_str tare__soc_kv(struct tare_str body, const char *key);
/* Calls with every key=value token in order. */
bool tare__soc_kv_next(struct tare_str body, size_t *pos, struct tare_str *key,
                       struct tare_str *value);
/* The key=value matches of an alert's message, one at a time. */
bool tare__soc_alert_next(struct tare_str message, size_t *pos, struct tare_str *key,
                          struct tare_str *value);
/* s without white space at both ends, white space as Python's str.strip sees it. */
struct tare_str tare__soc_py_strip(struct tare_str s);

/* ---- compiling ---------------------------------------------------------------------------- */

/* What the compilers carry along. */
struct tare__soc_build {
    struct tare_arena *arena;
    struct tare_err *err;
    struct tare_soc_scenario *sc;
    bool failed;
};
/* The first fault wins: TARE_E_INPUT at v's place. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void tare__soc_fault(struct tare__soc_build *b, struct tare_json v, const char *fmt, ...);
void *tare__soc_new(struct tare__soc_build *b, size_t n, size_t size);
/* A string member; a fault when required and missing. p NULL: missing or null. */
struct tare_str tare__soc_text(struct tare__soc_build *b, struct tare_json o, const char *key,
                               bool required);
uint32_t tare__soc_name(struct tare__soc_build *b, struct tare_str s);
/* Names sorted by text, each once; only those of the kind (0: all). */
struct tare__soc_list tare__soc_sorted(struct tare__soc_build *b, struct tare__soc_list in,
                                       uint8_t kind);
struct tare__soc_pairs tare__soc_pairs_of(struct tare__soc_build *b, struct tare_json o);
void tare__soc_times(struct tare__soc_build *b, struct tare_str created_at);
/* Bytes that intern needs at most: number of strings in v. */
uint32_t tare__soc_count_strings(struct tare_json v);

enum tare_status tare__soc_compile_seed(struct tare__soc_build *b, struct tare_json seed,
                                        struct tare_json truth);
void tare__soc_compile_rows(struct tare__soc_build *b, struct tare_json seed);
uint32_t tare__soc_tpl_of(struct tare__soc_build *b, struct tare_json seed, struct tare_json ref);
void tare__soc_compile_graph(struct tare__soc_build *b, struct tare_json seed);
void tare__soc_compile_payload(struct tare__soc_build *b, struct tare_json o,
                               struct tare__soc_payload *p);
void tare__soc_compile_payloads(struct tare__soc_build *b, struct tare_json list);
void tare__soc_check_seed(struct tare__soc_build *b, struct tare_json seed);
enum tare_status tare__soc_compile_hard(struct tare__soc_build *b, struct tare_json scenario,
                                        struct tare_json truth);

/* ---- the episode -------------------------------------------------------------------------- */

/* Bits of flags[]: what happened to a name in this episode. */
enum {
    FLAG_ISOLATED = 1,
    FLAG_BLOCKED = 2,
    FLAG_RESET = 4,
    FLAG_COMP_HOST = 8,
    FLAG_COMP_USER = 16,
    FLAG_EXPOSED = 32, /* evidence id: content was read */
    FLAG_TRUSTED = 64  /* entity: implicated by trusted evidence that was read */
};

/* A list of names that grows, with their texts beside them for the view. */
struct tare__soc_set {
    uint32_t *id;
    struct tare_str *text;
    uint32_t n, cap, cap_text;
};

struct tare__soc_row {
    uint32_t tpl, step, id;
};

/* An attacker's action. */
struct tare__soc_move {
    uint32_t type;                                               /* name; NONE: no action at all */
    uint32_t key[TARE__SOC_MAX_MOVE], value[TARE__SOC_MAX_MOVE]; /* names; value NONE: null */
    uint32_t n;
};

/* The attacker's memory. compromised sets are in order of capture. */
struct tare__soc_ctx {
    uint32_t host, user, target, exfil; /* NONE: none */
    bool flag[ATTR_HOST];               /* by attr */
    struct tare__soc_set hosts, users;
};

struct tare__soc_advance {
    uint32_t next;
    bool stalled;
    const char *reason;
    const struct tare__soc_graph_action *matched; /* NULL: none */
};

/* The action in hand, in one shape for typed and JSON steps. */
struct tare__soc_call {
    uint32_t verb;
    struct tare_str type;                 /* action_type as given */
    struct tare_str text;                 /* p NULL: missing or null */
    bool odd;                             /* the parameter is there but no string */
    const struct tare_soc_report *report; /* typed */
    struct tare_json params;              /* JSON steps: the params object; absent for typed ones */
    struct tare_json summary;             /* JSON steps: the report */
    struct tare_str fault; /* JSON steps: why the text is no action; p NULL: it is one */
};

struct tare__soc_sql;   /* sql.c */
struct tare__soc_cache; /* cache.c */

struct tare__soc_config {
    enum tare_soc_profile profile;
    bool mask_injections;
    struct tare_soc_reward reward;
    int replay; /* 0 off, 1 record, 2 replay */
    struct tare_str cache_path;
};

struct tare__soc_world {
    const struct tare_alc *alc;
    struct tare__soc_config config;
    const struct tare_soc_scenario *sc;
    struct tare__soc_compiled *compiled; /* per-worker store of compiled tasks */
    struct tare_arena text;              /* strings of the episode: unknown names */
    struct tare_arena turn;              /* parsed JSON action; until the next step */
    /* names: the scenario's, then the episode's own */
    struct tare_str *names;
    uint8_t *flags;
    uint32_t n_names, cap_names, cap_flags;
    const struct tare_soc_scenario *names_of; /* whose names are in place */
    struct tare__soc_row *rows;
    uint32_t n_rows, cap_rows;
    struct tare__soc_set contained[3]; /* isolate, block, reset */
    struct tare__soc_set content, new_emails, new_alerts, seen;
    struct tare__soc_ctx ctx;
    uint32_t state; /* faithful: the attacker's */
    uint32_t steps;
    struct tare__soc_move move; /* last */
    struct tare__soc_advance last;
    uint32_t from_state;
    uint32_t *viol; /* payload numbers, in order, repeats kept */
    uint32_t n_viol, cap_viol;
    uint8_t *met; /* by payload: 0 no, 1 in this step, 2 before it */
    uint32_t cap_met;
    struct tare_fact *facts;
    uint32_t n_facts, cap_facts;
    uint32_t step_facts; /* first fact of the step in hand */
    struct tare__soc_call call;
    struct tare_soc_view view;
    bool done, broken; /* broken: no memory in this step */
    bool reported;
    uint32_t n_reports;
    double reward;         /* of the last report */
    struct tare_buf score; /* details of the last report as JSON */
    /* hardened */
    uint32_t incident_stage[TARE_SOC_MAX_INCIDENTS]; /* next stage */
    bool incident_stopped[TARE_SOC_MAX_INCIDENTS];
    int32_t phase;
    bool cleared; /* a clearing row was read */
    uint32_t next_arrival;
    uint32_t n_gated, n_ungated; /* containment calls with and without prior trusted evidence */
    uint32_t right_gated, right_ungated, harmful[3]; /* the same over entities, each once */
    /* results */
    struct tare_str *columns;
    uint32_t cap_columns;
    struct tare_soc_cell *cells;
    uint32_t cap_cells;
    struct tare_buf bytes; /* texts of the result's cells */
    struct tare__soc_sql *sql;
    struct tare__soc_cache *cache;
    uint64_t seed; /* of random() in SQL */
};

/* ---- episode.c: bookkeeping both profiles share ------------------------------------------- */

/* Number of a string in this episode, added when new. NONE: no memory (w->broken is set). */
uint32_t tare__soc_episode_name(struct tare__soc_world *w, struct tare_str s);
bool tare__soc_set_add(struct tare__soc_world *w, struct tare__soc_set *set, uint32_t name);
void tare__soc_fact(struct tare__soc_world *w, struct tare_fact fact);
void tare__soc_add_row(struct tare__soc_world *w, uint32_t tpl, uint32_t step, uint32_t id);
/* A row's cells with id, step and created_at filled in; cells hold TARE__SOC_MAX_COLUMNS. */
void tare__soc_row_cells(struct tare__soc_world *w, const struct tare__soc_row *row,
                         struct tare_soc_cell *cells);
/* One of them. */
struct tare_soc_cell tare__soc_row_cell(struct tare__soc_world *w, const struct tare__soc_row *row,
                                        uint32_t column);
struct tare_str tare__soc_created(struct tare__soc_world *w, uint32_t step);
/* Name of the published row id of (table, step). */
uint32_t tare__soc_row_name(struct tare__soc_world *w, enum tare_soc_table table, uint32_t step);
void tare__soc_begin(struct tare__soc_world *w); /* empties the episode */
void tare__soc_announce(struct tare__soc_world *w);
bool tare__soc_grow(struct tare__soc_world *w, void **p, uint32_t *cap, uint32_t need, size_t size);
/* Fills w->view from the episode. */
void tare__soc_show(struct tare__soc_world *w, struct tare_obs *obs);

/* ---- actions ------------------------------------------------------------------------------ */

/* The defender's action: changes the world and leaves ok, error and result in the view. */
enum tare_status tare__soc_act(struct tare__soc_world *w, struct tare_err *err);
/* faithful: a row that has a trust_tier was shown. */
void tare__soc_see(struct tare__soc_world *w, uint32_t name, enum tare_trust trust,
                   bool implicates);
void tare__soc_expose(struct tare__soc_world *w, uint32_t name);
/* The payload's text has reached the defender. */
void tare__soc_meet(struct tare__soc_world *w, uint32_t payload);
/* The action in hand follows this payload: noted, fact written. */
void tare__soc_violate(struct tare__soc_world *w, uint32_t payload);
/* Shows one row as the result of a fetch. */
void tare__soc_show_row(struct tare__soc_world *w, const struct tare__soc_row *row);
/* A row that is there by table and id, or NULL. */
const struct tare__soc_row *tare__soc_row_find(const struct tare__soc_world *w,
                                               enum tare_soc_table table, uint32_t id);
/* faithful: the action is the one a payload asks for, parameters equal. */
bool tare__soc_payload_matches(const struct tare__soc_payload *p,
                               const struct tare__soc_call *call);

enum tare_status tare__soc_faithful_reset(struct tare__soc_world *w, struct tare_err *err);
enum tare_status tare__soc_faithful_step(struct tare__soc_world *w, struct tare_err *err);
enum tare_status tare__soc_hard_reset(struct tare__soc_world *w, struct tare_err *err);
enum tare_status tare__soc_hard_step(struct tare__soc_world *w, struct tare_err *err);

/* ---- attacker.c, policy.c ------------------------------------------------------------------ */

/* Containment is read from flags (by name). */
struct tare__soc_advance tare__soc_advance(const struct tare_soc_scenario *sc, bool use_graph,
                                           uint32_t state, const struct tare__soc_move *move,
                                           const struct tare__soc_ctx *ctx, const uint8_t *flags);
void tare__soc_effects_apply(struct tare__soc_world *w, const struct tare__soc_move *move,
                             const struct tare__soc_graph_action *matched);
uint32_t tare__soc_move_get(const struct tare__soc_move *move, uint32_t key);
bool tare__soc_move_matches(const struct tare__soc_move *move, const struct tare__soc_pairs *pairs);
const struct tare__soc_state *tare__soc_state_find(const struct tare_soc_scenario *sc,
                                                   uint32_t state);
/* The scripted attacker's choice, before it is checked. */
void tare__soc_choose(const struct tare_soc_scenario *sc, uint32_t state, const uint8_t *flags,
                      struct tare__soc_move *out);
/* Action types allowed in a state: into out (at most cap), sorted by text; all: any is. */
uint32_t tare__soc_allowed(const struct tare_soc_scenario *sc, bool use_graph, uint32_t state,
                           uint32_t *out, uint32_t cap, bool *all);
bool tare__soc_move_valid(const struct tare_soc_scenario *sc, bool use_graph, uint32_t state,
                          const struct tare__soc_move *move);

/* ---- score.c ------------------------------------------------------------------------------- */

/* The published oracle score. Strings may be empty with p NULL for missing. */
struct tare__soc_sets {
    const struct tare_str *v;
    uint32_t n;
};
struct tare__soc_score_in {
    struct tare_str claim[5]; /* p NULL: missing or null */
    struct tare_str truth[5];
    struct tare__soc_sets required[3], provided[3]; /* isolate, block, reset; any order */
    bool on_report;                                 /* scored on what the report claims */
    const struct tare_str *violations;
    const uint8_t *violation_tier; /* NULL: all 2 */
    uint32_t n_violations, steps;
    uint32_t n_gated, n_ungated;
    const struct tare_soc_reward *reward;
};
/* Also writes the details object, canonical, to out (NULL: none). */
double tare__soc_oracle_score(const struct tare__soc_score_in *in, const char *failure,
                              struct tare_buf *out);
/* Scores the action in hand as a report after `steps` steps. silent: no report was given. */
double tare__soc_faithful_score(const struct tare__soc_world *w, const struct tare__soc_call *call,
                                uint32_t steps, bool silent, struct tare_arena *scratch,
                                struct tare_buf *detail);
double tare__soc_hard_score(const struct tare__soc_world *w, const struct tare__soc_call *call,
                            bool silent, struct tare_buf *detail);
/* A report of either form; fields in the order of tare__soc_claim_keys, empty: unknown. */
struct tare__soc_claims {
    enum tare_soc_verdict verdict;
    struct tare_str v[TARE_SOC_MAX_CLAIMS][5];
    uint32_t n;
};
void tare__soc_claims(const struct tare__soc_call *call, struct tare__soc_claims *out);
extern const char *const tare__soc_claim_keys[5];

/* ---- sql.c ---------------------------------------------------------------------------------- */

enum tare_status tare__soc_query(struct tare__soc_world *w, struct tare_str sql,
                                 struct tare_err *err);
void tare__soc_sql_episode(struct tare__soc_world *w); /* a new episode begins */
void tare__soc_sql_close(struct tare__soc_world *w);

/* ---- texts.c -------------------------------------------------------------------------------- */

void tare__soc_action_json(const struct tare__soc_world *w, struct tare_json_writer *out);
void tare__soc_obs_json(const struct tare__soc_world *w, struct tare_json_writer *out);
void tare__soc_data_json(const struct tare__soc_world *w, struct tare_json_writer *out);
void tare__soc_rows_json(const struct tare_soc_result *result, struct tare_json_writer *out);
void tare__soc_outline_json(const struct tare__soc_world *w, struct tare_json_writer *out);
void tare__soc_move_json(const struct tare__soc_world *w, const struct tare__soc_move *move,
                         struct tare_json_writer *out);
/* The attacker's context as the published environment hashes it. */
void tare__soc_context_json(const struct tare__soc_world *w, struct tare_json_writer *out);

/* ---- config.c, tools.c, cache.c ------------------------------------------------------------- */

enum tare_status tare__soc_config_read(struct tare_json config, struct tare__soc_config *out,
                                       struct tare_err *err);
void tare__soc_brief(const void *world, struct tare_buf *out);
const struct tare_tool *tare__soc_tools(const void *world, uint32_t *n);
/* The replay cache of the published environment: decisions of the attacker by key. */
enum tare_status tare__soc_cache_open(struct tare__soc_world *w, struct tare_err *err);
void tare__soc_cache_close(struct tare__soc_world *w);
/* The kept decision for the state and action in hand into *out; false on a miss. */
bool tare__soc_cache_read(struct tare__soc_world *w, struct tare__soc_move *out);
enum tare_status tare__soc_cache_write(struct tare__soc_world *w, const struct tare__soc_move *move,
                                       struct tare_err *err);

/* ---- call.c ---------------------------------------------------------------------------------- */

void tare__soc_call_typed(struct tare__soc_call *call, const struct tare_action *action);
void tare__soc_call_json(struct tare__soc_call *call, struct tare_str text,
                         struct tare_arena *arena);
void tare__soc_call_value(struct tare__soc_call *call, struct tare_json action);
uint32_t tare__soc_verb_of(struct tare_str type);

#endif
