/* The SQLite side of a worker: sql.c runs queries, sql_guard.c keeps them harmless, sql_rows.c
 * brings the episode's rows in. */
#ifndef TARE_WORLD_SOC_SQL_INT_H
#define TARE_WORLD_SOC_SQL_INT_H

#include <sqlite3.h>

#include "world/soc/soc_int.h"

#define TARE__SOC_KEPT_QUERIES 32u /* prepared statements kept a worker */
#define TARE__SOC_TICK 4096        /* SQLite instructions between two looks at the limits */

/* Where a result column comes from; table N_TABLES: from no single column. */
struct tare__soc_origin {
    uint8_t table, column;
};

struct tare__soc_query {
    char *text;
    size_t n;
    sqlite3_stmt *stmt;
    uint64_t used;                   /* when last */
    struct tare__soc_origin *origin; /* hardened; n_columns */
    uint32_t n_columns;
    bool plain; /* hardened: no compound select, so that origins say where values came from */
};

struct tare__soc_sql {
    sqlite3 *db;
    sqlite3_vfs vfs;
    char vfs_name[48];
    struct tare__soc_world *w;
    bool guard;            /* the text being prepared is the agent's */
    uint64_t ticks, extra; /* work done: looks at the limits, and what they do not see */
    int64_t deadline_ns;
    struct tare_rng rng;
    sqlite3_stmt *insert[TARE_SOC_N_TABLES], *clear[TARE_SOC_N_TABLES];
    sqlite3_stmt *insert_payload, *clear_payloads;
    uint32_t loaded[TARE_SOC_N_TABLES]; /* rows of the episode looked at so far */
    bool filled[TARE_SOC_N_TABLES];     /* holds rows */
    bool stale[TARE_SOC_N_TABLES];      /* holds rows of an earlier episode */
    bool payloads_in;
    struct tare__soc_query kept[TARE__SOC_KEPT_QUERIES];
    uint64_t clock;
};

/* sql_guard.c */
enum tare_status tare__soc_sql_open(struct tare__soc_world *w, struct tare_err *err);
void tare__soc_sql_arm(struct tare__soc_sql *s); /* before the agent's statement runs */
/* sql_rows.c */
enum tare_status tare__soc_sql_schema(struct tare__soc_sql *s, struct tare_err *err);
/* Brings in the rows of the tables that the text names. */
enum tare_status tare__soc_sql_load(struct tare__soc_sql *s, struct tare_str sql,
                                    struct tare_err *err);
/* evidence.c: what the result of a query means. */
void tare__soc_evidence_faithful(struct tare__soc_world *w);
void tare__soc_evidence_hardened(struct tare__soc_world *w, const struct tare__soc_query *q);
void tare__soc_origins(struct tare__soc_world *w, struct tare__soc_query *q);

#endif
