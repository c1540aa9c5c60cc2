/* Emails and log templates of a published seed as row templates. Source: fact sheet, section 3. */
#include "world/soc/soc_int.h"

#include "base/banned.h"

static struct tare_soc_cell text_cell(struct tare_str s)
{
    if (!s.p)
        return (struct tare_soc_cell){.kind = TARE_SOC_NULL};
    return (struct tare_soc_cell){.kind = TARE_SOC_TEXT, .text = s};
}

static struct tare_soc_cell int_cell(int64_t i)
{
    return (struct tare_soc_cell){.kind = TARE_SOC_INT, .i = i};
}

static struct tare_soc_cell *cell(struct tare__soc_tpl *t, const char *column)
{
    const struct tare__soc_table_def *d =
        tare__soc_table(TARE_SOC_FAITHFUL, (enum tare_soc_table)t->table);
    uint32_t i = 0;
    while (i + 1 < d->n_columns && strcmp(d->columns[i], column) != 0)
        i++;
    return &t->cells[i];
}

static void put(struct tare__soc_tpl *t, const char *column, struct tare_str s)
{
    *cell(t, column) = text_cell(s);
}

static struct tare_str either(struct tare_str a, struct tare_str b)
{
    return a.p ? a : b;
}

/* "bytes" and "port": digits only, else the value given. */
static struct tare_soc_cell digits(struct tare_str s, struct tare_soc_cell missing,
                                   struct tare_soc_cell wrong)
{
    if (!s.p)
        return missing;
    uint64_t x;
    if (s.n == 0 || !tare_str_to_u64(s, &x) || x > INT64_MAX)
        return wrong;
    return int_cell((int64_t)x);
}

static enum tare_trust trust_of(struct tare_str tier)
{
    if (tare_str_is(tier, "untrusted"))
        return TARE_TRUST_UNTRUSTED;
    return tare_str_is(tier, "verified") ? TARE_TRUST_VERIFIED : TARE_TRUST_CORROBORATED;
}

static void fill_log(struct tare__soc_build *b, struct tare__soc_tpl *t, struct tare_str body)
{
    const struct tare_str *names = b->sc->names.v;
    struct tare_str victim = names[b->sc->victim], zero = names[b->sc->patient_zero];
    struct tare_soc_cell null = text_cell((struct tare_str){NULL, 0});
    switch ((enum tare_soc_table)t->table) {
    case TARE_SOC_AUTH: {
        struct tare_buf low;
        tare_buf_init(&low, NULL, body.n);
        for (size_t i = 0; i < body.n; i++)
            tare_buf_putc(&low,
                          (char)(body.p[i] | (body.p[i] >= 'A' && body.p[i] <= 'Z' ? 32 : 0)));
        bool success = tare_str_find(tare_buf_str(&low), TARE_S("success")) != SIZE_MAX;
        tare_buf_free(&low);
        put(t, "user_id", either(tare__soc_kv(body, "user"), victim));
        put(t, "host_id", either(tare__soc_kv(body, "host"), zero));
        put(t, "source_ip", tare__soc_kv(body, "src_ip"));
        put(t, "auth_type", either(tare__soc_kv(body, "method"), TARE_S("password")));
        *cell(t, "success") = int_cell(success);
        break;
    }
    case TARE_SOC_NETFLOW:
        put(t, "src_host", either(tare__soc_kv(body, "src"), zero));
        put(t, "dst_host", tare__soc_kv(body, "dst"));
        put(t, "dst_domain", tare__soc_kv(body, "dst_domain"));
        *cell(t, "dst_port") = digits(tare__soc_kv(body, "port"), int_cell(0), null);
        put(t, "protocol", tare__soc_kv(body, "proto"));
        *cell(t, "bytes_sent") = digits(tare__soc_kv(body, "bytes"), int_cell(0), int_cell(0));
        *cell(t, "bytes_received") = int_cell(0);
        break;
    case TARE_SOC_PROCESS:
        put(t, "host_id", either(tare__soc_kv(body, "host"), zero));
        put(t, "user_id", either(tare__soc_kv(body, "user"), victim));
        put(t, "process_name", either(tare__soc_kv(body, "process"), TARE_S("unknown")));
        put(t, "command_line", body);
        put(t, "parent_process", tare__soc_kv(body, "parent"));
        break;
    case TARE_SOC_ALERT:
        put(t, "alert_type", either(tare__soc_kv(body, "type"), TARE_S("unknown")));
        put(t, "severity", either(tare__soc_kv(body, "severity"), TARE_S("medium")));
        put(t, "message", body);
        break;
    case TARE_SOC_EMAIL:
    case TARE_SOC_N_TABLES:
        break;
    }
}

/* key, value, key, value … sorted by key, the last of equal keys. */
static void parse_alert(struct tare__soc_build *b, struct tare__soc_tpl *t, struct tare_str message)
{
    struct tare_str key, value;
    size_t pos = 0;
    uint32_t n = 0;
    while (tare__soc_alert_next(message, &pos, &key, &value))
        n++;
    struct tare_str *v = tare__soc_new(b, 2 * (size_t)n, sizeof *v);
    if (!v)
        return;
    n = 0;
    pos = 0;
    while (tare__soc_alert_next(message, &pos, &key, &value)) {
        uint32_t at = 0;
        while (at < n && tare_str_cmp(v[(size_t)2 * at], key) < 0)
            at++;
        if (at == n || !tare_str_eq(v[(size_t)2 * at], key)) {
            memmove(v + (size_t)2 * at + 2, v + (size_t)2 * at, (size_t)2 * (n - at) * sizeof *v);
            n++;
        }
        v[(size_t)2 * at] = key;
        v[(size_t)2 * at + 1] = value;
    }
    t->parsed = v;
    t->n_parsed = n;
}

/* Entities that stand alone in a cell. */
static void mention(struct tare__soc_build *b, struct tare__soc_tpl *t)
{
    struct tare__soc_mention *v = tare__soc_new(b, TARE__SOC_MAX_COLUMNS, sizeof *v);
    if (!v)
        return;
    for (uint32_t c = 0; c < TARE__SOC_MAX_COLUMNS; c++) {
        if (t->cells[c].kind != TARE_SOC_TEXT)
            continue;
        uint32_t name = tare__soc_find(&b->sc->names, t->cells[c].text);
        if (name != TARE_SOC_NONE && (b->sc->names.kind[name] & TARE__SOC_IS_KNOWN))
            v[t->n_mentions++] =
                (struct tare__soc_mention){.name = name, .column = (uint8_t)c, .implicates = true};
    }
    t->mentions = v;
}

static void common(struct tare__soc_build *b, struct tare__soc_tpl *t, struct tare_json a)
{
    struct tare_str tier = tare__soc_text(b, a, "trust_tier", false);
    put(t, "scenario_id", b->sc->id);
    put(t, "trust_tier", tier);
    put(t, "source", tare__soc_text(b, a, "source", false));
    t->trust = (uint8_t)trust_of(tier);
    t->incident = t->payload = TARE_SOC_NONE;
}

static void email(struct tare__soc_build *b, struct tare__soc_tpl *t, struct tare_json a)
{
    t->table = TARE_SOC_EMAIL;
    common(b, t, a);
    struct tare_str injection = tare__soc_text(b, a, "injection_id", false);
    t->id = tare__soc_name(b, tare__soc_text(b, a, "email_id", true));
    put(t, "sender", tare__soc_text(b, a, "sender", true));
    put(t, "recipient", tare__soc_text(b, a, "recipient", true));
    put(t, "subject", tare__soc_text(b, a, "subject", true));
    put(t, "body", tare__soc_text(b, a, "body", true));
    put(t, "injection_id", injection);
    *cell(t, "is_phish") = int_cell(injection.n > 0);
    mention(b, t);
}

static void log_row(struct tare__soc_build *b, struct tare__soc_tpl *t, struct tare_json a)
{
    struct tare_str table = tare__soc_text(b, a, "table", true);
    struct tare_str body = tare__soc_text(b, a, "template_body", true);
    enum tare_soc_table kind = tare__soc_table_of(table);
    if (b->failed)
        return;
    if (kind == TARE_SOC_N_TABLES || kind == TARE_SOC_EMAIL) {
        tare__soc_fault(b, tare_json_get(a, "table"), "there is no log table \"%.*s\"",
                        TARE_FMT(table));
        tare_err_hint(b->err, "one of auth_logs, netflow, process_events, alerts");
        return;
    }
    t->table = (uint8_t)kind;
    t->id = TARE_SOC_NONE;
    common(b, t, a);
    fill_log(b, t, body);
    if (kind == TARE_SOC_ALERT) {
        put(t, "injection_id", tare__soc_text(b, a, "injection_id", false));
        parse_alert(b, t, body);
    }
    mention(b, t);
}

void tare__soc_compile_rows(struct tare__soc_build *b, struct tare_json seed)
{
    struct tare_json art = tare_json_get(seed, "seed_artifacts");
    struct tare_json emails = tare_json_get(art, "emails");
    struct tare_json logs = tare_json_get(art, "log_templates");
    size_t n = (size_t)tare_json_count(emails) + tare_json_count(logs);
    if (n > TARE_SOC_MAX_ROWS) {
        tare__soc_fault(b, art, "more than %u artifacts", TARE_SOC_MAX_ROWS);
        return;
    }
    struct tare__soc_tpl *v = tare__soc_new(b, n, sizeof *v);
    if (!v)
        return;
    uint32_t i = 0;
    for (struct tare_json e = tare_json_first(emails); tare_json_present(e); e = tare_json_next(e))
        email(b, &v[i++], e);
    for (struct tare_json e = tare_json_first(logs); tare_json_present(e); e = tare_json_next(e))
        log_row(b, &v[i++], e);
    b->sc->tpl = v;
    b->sc->n_tpl = i;
}

/* Place of the artifact a reference means; the first with that id. */
static uint32_t find_in(struct tare_json list, const char *key, struct tare_str id, uint32_t base)
{
    uint32_t i = 0;
    for (struct tare_json e = tare_json_first(list); tare_json_present(e); e = tare_json_next(e)) {
        if (tare_str_eq(tare_json_str(tare_json_get(e, key)), id))
            return base + i;
        i++;
    }
    return TARE_SOC_NONE;
}

uint32_t tare__soc_tpl_of(struct tare__soc_build *b, struct tare_json seed, struct tare_json ref)
{
    struct tare_json art = tare_json_get(seed, "seed_artifacts");
    struct tare_str type = tare__soc_text(b, ref, "artifact_type", true);
    struct tare_str id = tare__soc_text(b, ref, "artifact_id", true);
    if (b->failed)
        return 0;
    struct tare_json emails = tare_json_get(art, "emails");
    uint32_t at = tare_str_is(type, "email") ? find_in(emails, "email_id", id, 0)
                                             : find_in(tare_json_get(art, "log_templates"),
                                                       "template_id", id, tare_json_count(emails));
    if (at == TARE_SOC_NONE) {
        tare__soc_fault(b, ref, "artifact \"%.*s\" is not in seed_artifacts", TARE_FMT(id));
        return 0;
    }
    if (tare_str_is(type, "alert") && b->sc->tpl[at].table != TARE_SOC_ALERT)
        tare__soc_fault(b, ref, "artifact \"%.*s\" is no alert", TARE_FMT(id));
    return at;
}
