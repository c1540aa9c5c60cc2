/*
 * The scenario generator's own structs: a story is a cast of entities, incidents among them, and
 * the rows and planted texts that tell of both.
 */
#ifndef TARE_WORLD_SOC_GEN_INT_H
#define TARE_WORLD_SOC_GEN_INT_H

#include "base/rng.h"
#include "record/nouns.h"
#include "text/json.h"
#include "world/soc/gen.h"
#include "world/soc/gen_text.h"
#include "world/soc/scenario.h"

enum tare__gen_kind { GEN_USER = 0, GEN_HOST, GEN_DOMAIN, GEN_TARGET, GEN_VECTOR, GEN_KINDS };

#define GEN_MAX_OF_KIND 40u
#define GEN_MAX_ROWS 160u
#define GEN_MAX_PAYLOADS 8u
#define GEN_MAX_CELLS 10u
#define GEN_MAX_NAMES 24u
#define GEN_STAGES 6u
#define GEN_NO UINT32_MAX

struct tare__gen_cast {
    struct tare_str id[GEN_KINDS][GEN_MAX_OF_KIND];
    uint32_t n[GEN_KINDS];
    struct tare_str user_name[GEN_MAX_OF_KIND], user_mail[GEN_MAX_OF_KIND];
    uint32_t host_owner[GEN_MAX_OF_KIND];
    uint32_t internal; /* domain of the company */
    /* number of the incident an entity belongs to, or GEN_NO */
    uint32_t incident_of[GEN_KINDS][GEN_MAX_OF_KIND];
    uint32_t rod[GEN_KINDS]; /* decoys that draw suspicion; GEN_NO where there is none */
};

struct tare__gen_stage {
    uint32_t step;
    const char *phase;
    bool by_host, by_user, by_domain;
};

struct tare__gen_incident {
    uint32_t e[GEN_KINDS];
    uint32_t reached; /* host of the lateral move; GEN_NO: none */
    struct tare_str id;
    struct tare__gen_stage stage[GEN_STAGES];
};

struct tare__gen_name {
    const char *column;
    enum tare__gen_kind kind;
    uint32_t e;
    bool implicates;
};

struct tare__gen_cell {
    const char *column;
    struct tare_str text;
    int64_t number;
    bool is_number;
};

struct tare__gen_row {
    struct tare_str id;
    enum tare_soc_table table;
    uint32_t step;
    enum tare_trust trust;
    const char *source;
    struct tare__gen_cell cell[GEN_MAX_CELLS];
    uint32_t n_cells;
    struct tare__gen_name name[GEN_MAX_NAMES];
    uint32_t n_names;
    uint32_t incident, stage; /* GEN_NO: arrives whatever happens */
    const char *when;
    bool clears;
    uint32_t payload; /* GEN_NO: none */
};

struct tare__gen_payload {
    struct tare_str id, text, param, value;
    const char *surface, *action;
    uint32_t tier;
};

/* How much of what a tier holds. */
struct tare__gen_size {
    uint32_t users, hosts, domains, targets, vectors;
    uint32_t cleared, hearsay, work; /* rows */
    uint32_t last_evidence;          /* latest arrival of what must be found */
    uint32_t max_steps, max_steps_spread;
};

struct tare__gen_story {
    const struct tare_soc_gen *opt;
    const struct tare__gen_size *size;
    struct tare_arena *arena;
    struct tare_rng rng;
    uint64_t index;
    enum tare_soc_family family;
    struct tare_str scenario_id;
    struct tare__gen_cast cast;
    struct tare__gen_incident incident[TARE_SOC_GEN_MAX_INCIDENTS];
    uint32_t n_incidents;
    struct tare__gen_row row[GEN_MAX_ROWS];
    uint32_t n_rows;
    struct tare__gen_payload payload[GEN_MAX_PAYLOADS];
    uint32_t n_payloads;
    uint32_t max_steps, par_steps;
    int64_t created_day; /* days after 2031-01-01 */
    bool failed;         /* no memory, or a table of the story was too small */
};

/* Uniform in [lo, hi]. */
uint32_t tare__gen_range(struct tare__gen_story *s, uint32_t lo, uint32_t hi);
/* True in `percent` of 100 cases. */
bool tare__gen_chance(struct tare__gen_story *s, uint32_t percent);
const char *tare__gen_pick(struct tare__gen_story *s, enum tare__gen_set set);

/* gen_cast.c: entities, who is in which incident, suspicious bystanders. */
void tare__gen_cast(struct tare__gen_story *s);
/* A bystander: in no incident, not the company's domain; the rod more often than others. Differs
 * from `except`. */
uint32_t tare__gen_bystander(struct tare__gen_story *s, enum tare__gen_kind kind, uint32_t except);
uint32_t tare__gen_anyone(struct tare__gen_story *s, enum tare__gen_kind kind);

/* gen_row.c: one row. A new row has an id, arrives at `step`, and is linked to nothing. */
struct tare__gen_row *tare__gen_row(struct tare__gen_story *s, enum tare_soc_table table,
                                    uint32_t step, enum tare_trust trust);
/* Columns; entity columns are named, implicating or not. */
void tare__gen_put(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                   struct tare_str text);
void tare__gen_put_number(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                          int64_t x);
void tare__gen_put_entity(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                          enum tare__gen_kind kind, uint32_t e, bool implicates);

/* Last: random order and ids. */
void tare__gen_shuffle_rows(struct tare__gen_story *s);

/* What stands in the places of a template. */
struct tare__gen_fill {
    const struct tare__gen_incident
        *incident;        /* NULL: templates with {H} {U} {D} {T} {K} do not fit */
    bool implicates;      /* of the incident's own */
    bool anyone;          /* {P} {V} {L} {S} may be anyone */
    struct tare_str a, b; /* {A} {B} */
};
/* Draws texts of the set until one fits, then puts it (and a tail, unless TARE__GEN_SETS) into
 * the column and names what stands in it. */
void tare__gen_put_text(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                        enum tare__gen_set set, enum tare__gen_set tail,
                        const struct tare__gen_fill *fill);
/* Puts a finished text and names `kind`/`e` in it (kind GEN_KINDS: nothing). */
void tare__gen_put_told(struct tare__gen_story *s, struct tare__gen_row *r, const char *column,
                        struct tare_str text, enum tare__gen_kind kind, uint32_t e);
/* The same places filled into an arena text, without a row: {A}, {B} and {N} only. */
struct tare_str tare__gen_phrase(struct tare__gen_story *s, const char *pattern, struct tare_str a,
                                 struct tare_str b);

/* gen_story.c, gen_payload.c */
void tare__gen_evidence(struct tare__gen_story *s);
void tare__gen_chain(struct tare__gen_story *s);
void tare__gen_noise(struct tare__gen_story *s);
void tare__gen_payloads(struct tare__gen_story *s);
void tare__gen_deadline(struct tare__gen_story *s);
enum tare_trust tare__gen_trusted(struct tare__gen_story *s);

/* Puts a mail's sender and recipient: from a desk of the company to the responders. */
void tare__gen_put_desk_mail(struct tare__gen_story *s, struct tare__gen_row *r);

/* gen_json.c: the task line. */
void tare__gen_write(const struct tare__gen_story *s, struct tare_buf *out);

#endif
