/* The log store's schema, and the episode's rows in it: made only when a query names the table. */
#include <stdio.h>

#include "world/soc/sql_int.h"

#include "base/banned.h"

/* Tables that only the published environment has. */
static const char published[] =
    "CREATE TABLE prompt_injections (injection_id TEXT PRIMARY KEY, scenario_id TEXT NOT NULL,"
    " surface TEXT NOT NULL, payload TEXT NOT NULL, expected_violation TEXT NOT NULL,"
    " target_action TEXT, target_params TEXT, evidence_ids TEXT, injection_type TEXT,"
    " objective TEXT, source TEXT);"
    "CREATE TABLE attacker_decisions (decision_id TEXT PRIMARY KEY, scenario_id TEXT NOT NULL,"
    " step INTEGER NOT NULL, attacker_state TEXT NOT NULL, agent_action_hash TEXT NOT NULL,"
    " attacker_context_hash TEXT NOT NULL, decision_json TEXT NOT NULL, model TEXT NOT NULL,"
    " temperature REAL NOT NULL, created_at TEXT NOT NULL);"
    "CREATE UNIQUE INDEX idx_attacker_decisions_key ON attacker_decisions"
    " (scenario_id, step, attacker_state, agent_action_hash, attacker_context_hash);"
    "CREATE TABLE agent_actions (action_id TEXT PRIMARY KEY, scenario_id TEXT NOT NULL,"
    " step INTEGER NOT NULL, action_type TEXT NOT NULL, action_json TEXT NOT NULL,"
    " action_hash TEXT NOT NULL, created_at TEXT NOT NULL);";

static int exec(struct tare__soc_sql *s, const char *sql)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}

static int make_table(struct tare__soc_sql *s, enum tare_soc_table t)
{
    const struct tare__soc_table_def *d = tare__soc_table(s->w->config.profile, t);
    struct tare_buf b;
    tare_buf_init(&b, s->w->alc, 8192);
    tare_buf_printf(&b, "CREATE TABLE %s (", d->name);
    for (uint32_t i = 0; i < d->n_columns; i++)
        tare_buf_printf(&b, "%s%s %s", i ? ", " : "", d->columns[i], d->types[i]);
    tare_buf_puts(&b, ");");
    if (s->w->config.profile == TARE_SOC_FAITHFUL)
        tare_buf_printf(&b, "CREATE INDEX idx_%s_step ON %s (scenario_id, step);", d->name,
                        d->name);
    tare_buf_putc(&b, '\0');
    int rc = b.failed ? SQLITE_NOMEM : exec(s, b.p);
    tare_buf_reset(&b);
    tare_buf_printf(&b, "INSERT INTO %s VALUES (?", d->name);
    for (uint32_t i = 1; i < d->n_columns; i++)
        tare_buf_puts(&b, ",?");
    tare_buf_puts(&b, ")");
    if (rc == SQLITE_OK && !b.failed)
        rc = sqlite3_prepare_v3(s->db, b.p, (int)b.n, SQLITE_PREPARE_PERSISTENT, &s->insert[t],
                                NULL);
    tare_buf_reset(&b);
    tare_buf_printf(&b, "DELETE FROM %s", d->name);
    if (rc == SQLITE_OK && !b.failed)
        rc =
            sqlite3_prepare_v3(s->db, b.p, (int)b.n, SQLITE_PREPARE_PERSISTENT, &s->clear[t], NULL);
    rc = b.failed ? SQLITE_NOMEM : rc;
    tare_buf_free(&b);
    return rc;
}

enum tare_status tare__soc_sql_schema(struct tare__soc_sql *s, struct tare_err *err)
{
    int rc = exec(s, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA trusted_schema=OFF");
    for (uint32_t t = 0; t < TARE_SOC_N_TABLES && rc == SQLITE_OK; t++)
        rc = make_table(s, (enum tare_soc_table)t);
    if (rc == SQLITE_OK && s->w->config.profile == TARE_SOC_FAITHFUL) {
        rc = exec(s, published);
        if (rc == SQLITE_OK)
            rc = sqlite3_prepare_v3(s->db,
                                    "INSERT INTO prompt_injections VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                                    -1, SQLITE_PREPARE_PERSISTENT, &s->insert_payload, NULL);
        if (rc == SQLITE_OK)
            rc = sqlite3_prepare_v3(s->db, "DELETE FROM prompt_injections", -1,
                                    SQLITE_PREPARE_PERSISTENT, &s->clear_payloads, NULL);
    }
    /* One transaction for ever: nothing here is to be kept, and single commits would cost. */
    if (rc == SQLITE_OK)
        rc = exec(s, "BEGIN");
    if (rc == SQLITE_OK)
        return TARE_OK;
    return tare_fail(err, rc == SQLITE_NOMEM ? TARE_E_NOMEM : TARE_E_IO,
                     "cannot make the log store: %s", sqlite3_errmsg(s->db));
}

static int run(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    int reset = sqlite3_reset(stmt);
    return rc == SQLITE_DONE ? SQLITE_OK : reset != SQLITE_OK ? reset : rc;
}

static void bind_text(sqlite3_stmt *stmt, int at, struct tare_str s)
{
    if (s.p)
        sqlite3_bind_text64(stmt, at, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8);
    else
        sqlite3_bind_null(stmt, at);
}

static int insert_row(struct tare__soc_sql *s, const struct tare__soc_row *row)
{
    enum tare_soc_table t = (enum tare_soc_table)s->w->sc->tpl[row->tpl].table;
    const struct tare__soc_table_def *d = tare__soc_table(s->w->config.profile, t);
    struct tare_soc_cell cells[TARE__SOC_MAX_COLUMNS];
    tare__soc_row_cells(s->w, row, cells);
    for (uint32_t i = 0; i < d->n_columns; i++) {
        if (cells[i].kind == TARE_SOC_INT)
            sqlite3_bind_int64(s->insert[t], (int)i + 1, cells[i].i);
        else
            bind_text(s->insert[t], (int)i + 1,
                      cells[i].kind == TARE_SOC_TEXT ? cells[i].text : (struct tare_str){NULL, 0});
    }
    return run(s->insert[t]);
}

/* JSON as Python's dumps writes it by default: member order kept, ", " and ": ". */
static void python_json(struct tare_json v, struct tare_json_writer *scalar, struct tare_buf *out)
{
    enum tare_json_kind kind = tare_json_kind(v);
    if (kind != TARE_JSON_OBJECT && kind != TARE_JSON_ARRAY) {
        tare_json_canonical(v, out);
        return;
    }
    tare_buf_putc(out, kind == TARE_JSON_OBJECT ? '{' : '[');
    bool first = true;
    for (struct tare_json c = tare_json_first(v); tare_json_present(c); c = tare_json_next(c)) {
        if (!first)
            tare_buf_puts(out, ", ");
        first = false;
        if (kind == TARE_JSON_OBJECT) {
            tare_json_writer_init(scalar, out);
            scalar->ascii = true;
            tare_json_put_str(scalar, tare_json_key(c));
            tare_buf_puts(out, ": ");
        }
        python_json(c, scalar, out);
    }
    tare_buf_putc(out, kind == TARE_JSON_OBJECT ? '}' : ']');
}

static struct tare_str json_text(struct tare_json v, struct tare_buf *b)
{
    struct tare_json_writer scalar;
    enum tare_json_kind kind = tare_json_kind(v);
    tare_buf_reset(b);
    if (kind == TARE_JSON_ABSENT || kind == TARE_JSON_NULL)
        return (struct tare_str){NULL, 0};
    python_json(v, &scalar, b);
    return tare_buf_str(b);
}

static int insert_payload(struct tare__soc_sql *s, const struct tare__soc_payload *p)
{
    static const char *const plain[3] = {"injection_type", "objective", "source"};
    sqlite3_stmt *st = s->insert_payload;
    struct tare_str none = {NULL, 0};
    struct tare_buf params, ids;
    tare_buf_init(&params, s->w->alc, 1u << 20);
    tare_buf_init(&ids, s->w->alc, 1u << 20);
    const struct tare_str head[6] = {p->id,       s->w->sc->id,
                                     p->surface,  p->text,
                                     p->expected, p->target_action.n ? p->target_action : none};
    for (int i = 0; i < 6; i++)
        bind_text(st, i + 1, head[i]);
    bind_text(st, 7, json_text(tare_json_get(p->json, "target_params"), &params));
    bind_text(st, 8, json_text(tare_json_get(p->json, "evidence_ids"), &ids));
    for (int i = 0; i < 3; i++) {
        struct tare_json v = tare_json_get(p->json, plain[i]);
        bind_text(st, 9 + i, tare_json_kind(v) == TARE_JSON_STRING ? tare_json_str(v) : none);
    }
    int rc = run(st);
    sqlite3_clear_bindings(st);
    tare_buf_free(&params);
    tare_buf_free(&ids);
    return rc;
}

/* Whether the text can name the table: identifiers cannot be written in another way. */
static bool names(struct tare_str sql, const char *table)
{
    size_t n = strlen(table);
    for (size_t i = 0; i + n <= sql.n; i++)
        if ((sql.p[i] | 32) == table[0] && sqlite3_strnicmp(sql.p + i, table, (int)n) == 0)
            return true;
    return false;
}

static int load_table(struct tare__soc_sql *s, enum tare_soc_table t)
{
    int rc = SQLITE_OK;
    if (s->stale[t])
        rc = run(s->clear[t]);
    s->stale[t] = false;
    for (; s->loaded[t] < s->w->n_rows && rc == SQLITE_OK; s->loaded[t]++) {
        const struct tare__soc_row *row = &s->w->rows[s->loaded[t]];
        if (s->w->sc->tpl[row->tpl].table != (uint8_t)t)
            continue;
        rc = insert_row(s, row);
        s->filled[t] = true;
    }
    return rc;
}

static int load_payloads(struct tare__soc_sql *s)
{
    if (s->payloads_in)
        return SQLITE_OK;
    int rc = run(s->clear_payloads);
    for (uint32_t i = 0; i < s->w->sc->n_payloads && rc == SQLITE_OK; i++)
        rc = insert_payload(s, &s->w->sc->payloads[i]);
    s->payloads_in = rc == SQLITE_OK;
    return rc;
}

enum tare_status tare__soc_sql_load(struct tare__soc_sql *s, struct tare_str sql,
                                    struct tare_err *err)
{
    int rc = SQLITE_OK;
    s->guard = false;
    tare__soc_sql_arm(s); /* our own inserts pass the progress handler too */
    for (uint32_t t = 0; t < TARE_SOC_N_TABLES && rc == SQLITE_OK; t++)
        if ((s->stale[t] || s->loaded[t] < s->w->n_rows) &&
            names(sql, tare__soc_table(s->w->config.profile, (enum tare_soc_table)t)->name))
            rc = load_table(s, (enum tare_soc_table)t);
    if (rc == SQLITE_OK && s->insert_payload && names(sql, "prompt_injections"))
        rc = load_payloads(s);
    if (rc == SQLITE_OK)
        return TARE_OK;
    return tare_fail(err, rc == SQLITE_NOMEM ? TARE_E_NOMEM : TARE_E_INPUT,
                     "scenario %.*s: a row does not fit its table: %s", TARE_FMT(s->w->sc->id),
                     sqlite3_errmsg(s->db));
}
