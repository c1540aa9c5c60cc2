/* The story as a suite task: docs/schema/soc-scenario.json. */
#include <stdio.h>

#include "world/soc/gen_int.h"

#include "base/banned.h"

static void put_text(struct tare_json_writer *w, const char *key, struct tare_str s)
{
    tare_json_put_key(w, key);
    tare_json_put_str(w, s);
}

static void put_number(struct tare_json_writer *w, const char *key, uint64_t x)
{
    tare_json_put_key(w, key);
    tare_json_put_u64(w, x);
}

static void write_users(const struct tare__gen_story *s, struct tare_json_writer *w)
{
    const struct tare__gen_cast *c = &s->cast;
    struct tare__gen_texts role = tare__gen_texts(TARE__GEN_ROLE);
    struct tare__gen_texts dept = tare__gen_texts(TARE__GEN_DEPT);
    tare_json_put_key(w, "users");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c->n[GEN_USER]; i++) {
        struct tare_digest d = tare_sha256_of(c->id[GEN_USER][i]);
        tare_json_begin_object(w);
        put_text(w, "id", c->id[GEN_USER][i]);
        put_text(w, "name", c->user_name[i]);
        put_text(w, "mail", c->user_mail[i]);
        put_text(w, "role", tare_str_of(role.v[d.b[0] % role.n]));
        put_text(w, "dept", tare_str_of(dept.v[d.b[1] % dept.n]));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void write_hosts(const struct tare__gen_story *s, struct tare_json_writer *w)
{
    const struct tare__gen_cast *c = &s->cast;
    struct tare__gen_texts os = tare__gen_texts(TARE__GEN_OS);
    char ip[32];
    tare_json_put_key(w, "hosts");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c->n[GEN_HOST]; i++) {
        struct tare_digest d = tare_sha256_of(c->id[GEN_HOST][i]);
        (void)snprintf(ip, sizeof ip, "10.20.%u.%u", d.b[2], d.b[1] % 250u + 2);
        tare_json_begin_object(w);
        put_text(w, "id", c->id[GEN_HOST][i]);
        put_text(w, "owner", c->id[GEN_USER][c->host_owner[i]]);
        put_text(w, "ip", tare_str_of(ip));
        put_text(w, "os", tare_str_of(os.v[d.b[0] % os.n]));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void write_domains(const struct tare__gen_story *s, struct tare_json_writer *w)
{
    const struct tare__gen_cast *c = &s->cast;
    tare_json_put_key(w, "domains");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c->n[GEN_DOMAIN]; i++) {
        const char *kind = "legit";
        if (i == c->internal)
            kind = "internal";
        else if (c->incident_of[GEN_DOMAIN][i] != GEN_NO)
            kind = "attacker";
        tare_json_begin_object(w);
        put_text(w, "id", c->id[GEN_DOMAIN][i]);
        put_text(w, "kind", tare_str_of(kind));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void write_entities(const struct tare__gen_story *s, struct tare_json_writer *w)
{
    static const char *const level[] = {"low", "medium", "high"};
    const struct tare__gen_cast *c = &s->cast;
    tare_json_put_key(w, "entities");
    tare_json_begin_object(w);
    write_users(s, w);
    write_hosts(s, w);
    write_domains(s, w);
    tare_json_put_key(w, "targets");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c->n[GEN_TARGET]; i++) {
        struct tare_digest d = tare_sha256_of(c->id[GEN_TARGET][i]);
        tare_json_begin_object(w);
        put_text(w, "id", c->id[GEN_TARGET][i]);
        put_text(w, "sensitivity", tare_str_of(level[d.b[0] % 3]));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_put_key(w, "vectors");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c->n[GEN_VECTOR]; i++)
        tare_json_put_str(w, c->id[GEN_VECTOR][i]);
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static void write_stop(struct tare_json_writer *w, const char *action, struct tare_str entity)
{
    tare_json_begin_object(w);
    put_text(w, "action", tare_str_of(action));
    put_text(w, "entity", entity);
    tare_json_end_object(w);
}

static void write_stages(const struct tare__gen_story *s, const struct tare__gen_incident *inc,
                         struct tare_json_writer *w)
{
    const struct tare__gen_cast *c = &s->cast;
    tare_json_put_key(w, "stages");
    tare_json_begin_array(w);
    for (uint32_t k = 0; k < GEN_STAGES; k++) {
        const struct tare__gen_stage *g = &inc->stage[k];
        tare_json_begin_object(w);
        put_number(w, "step", g->step);
        put_text(w, "phase", tare_str_of(g->phase));
        tare_json_put_key(w, "stopped_by");
        tare_json_begin_array(w);
        if (g->by_host)
            write_stop(w, "isolate_host", c->id[GEN_HOST][inc->e[GEN_HOST]]);
        if (g->by_user)
            write_stop(w, "reset_user", c->id[GEN_USER][inc->e[GEN_USER]]);
        if (g->by_domain)
            write_stop(w, "block_domain", c->id[GEN_DOMAIN][inc->e[GEN_DOMAIN]]);
        tare_json_end_array(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void write_incidents(const struct tare__gen_story *s, struct tare_json_writer *w)
{
    static const char *const key[GEN_KINDS] = {"user", "host", "domain", "target", "vector"};
    tare_json_put_key(w, "incidents");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < s->n_incidents; i++) {
        const struct tare__gen_incident *inc = &s->incident[i];
        tare_json_begin_object(w);
        put_text(w, "id", inc->id);
        for (uint32_t k = 0; k < GEN_KINDS; k++)
            put_text(w, key[k], s->cast.id[k][inc->e[k]]);
        write_stages(s, inc, w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void write_row_body(const struct tare__gen_story *s, const struct tare__gen_row *r,
                           struct tare_json_writer *w)
{
    tare_json_put_key(w, "columns");
    tare_json_begin_object(w);
    for (uint32_t i = 0; i < r->n_cells; i++) {
        tare_json_put_key(w, r->cell[i].column);
        if (r->cell[i].is_number)
            tare_json_put_i64(w, r->cell[i].number);
        else
            tare_json_put_str(w, r->cell[i].text);
    }
    tare_json_end_object(w);
    tare_json_put_key(w, "names");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_names; i++) {
        const struct tare__gen_name *n = &r->name[i];
        tare_json_begin_object(w);
        put_text(w, "column", tare_str_of(n->column));
        put_text(w, "entity", s->cast.id[n->kind][n->e]);
        tare_json_put_key(w, "implicates");
        tare_json_put_bool(w, n->implicates);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void write_row(const struct tare__gen_story *s, const struct tare__gen_row *r,
                      struct tare_json_writer *w)
{
    static const char *const table[TARE_SOC_N_TABLES] = {"email_logs", "auth_logs", "netflow",
                                                         "process_events", "alerts"};
    static const char *const tier[] = {"unknown", "untrusted", "corroborated", "verified"};
    tare_json_begin_object(w);
    put_text(w, "id", r->id);
    put_text(w, "table", tare_str_of(table[r->table]));
    put_number(w, "step", r->step);
    put_text(w, "trust_tier", tare_str_of(tier[r->trust]));
    put_text(w, "source", tare_str_of(r->source));
    if (r->incident != GEN_NO) {
        tare_json_put_key(w, "stage");
        tare_json_begin_object(w);
        put_text(w, "incident", s->incident[r->incident].id);
        put_number(w, "stage", r->stage);
        put_text(w, "when", tare_str_of(r->when));
        tare_json_end_object(w);
    }
    write_row_body(s, r, w);
    if (r->clears) {
        tare_json_put_key(w, "clears");
        tare_json_put_bool(w, true);
    }
    if (r->payload != GEN_NO)
        put_text(w, "payload", s->payload[r->payload].id);
    tare_json_end_object(w);
}

static void write_payloads(const struct tare__gen_story *s, struct tare_json_writer *w)
{
    tare_json_put_key(w, "payloads");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < s->n_payloads; i++) {
        const struct tare__gen_payload *p = &s->payload[i];
        tare_json_begin_object(w);
        put_text(w, "id", p->id);
        put_text(w, "surface", tare_str_of(p->surface));
        put_number(w, "tier", p->tier);
        put_text(w, "family", tare_str_of(tare_soc_family_names[s->family]));
        put_text(w, "action", tare_str_of(p->action));
        tare_json_put_key(w, "params");
        tare_json_begin_object(w);
        tare_json_put_key_str(w, p->param);
        tare_json_put_str(w, p->value);
        tare_json_end_object(w);
        put_text(w, "text", p->text);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void write_scenario(const struct tare__gen_story *s, struct tare_json_writer *w)
{
    char day[40];
    (void)snprintf(day, sizeof day, "2031-%02d-%02dT%02d:00:00Z", (int)(s->created_day % 12 + 1),
                   (int)(s->created_day % 28 + 1), (int)(s->created_day % 24));
    tare_json_begin_object(w);
    put_text(w, "schema", TARE_S("tare.soc/1"));
    put_text(w, "id", s->scenario_id);
    put_text(w, "created_at", tare_str_of(day));
    put_number(w, "max_steps", s->max_steps);
    put_number(w, "par_steps", s->par_steps);
    write_entities(s, w);
    write_incidents(s, w);
    tare_json_put_key(w, "rows");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < s->n_rows; i++)
        write_row(s, &s->row[i], w);
    tare_json_end_array(w);
    write_payloads(s, w);
    tare_json_end_object(w);
}

static void write_containment(const struct tare__gen_story *s, struct tare_json_writer *w,
                              bool reached)
{
    static const struct {
        const char *key;
        enum tare__gen_kind kind;
    } list[] = {
        {"isolate_hosts", GEN_HOST}, {"block_domains", GEN_DOMAIN}, {"reset_users", GEN_USER}};
    tare_json_begin_object(w);
    for (uint32_t k = 0; k < 3; k++) {
        tare_json_put_key(w, list[k].key);
        tare_json_begin_array(w);
        for (uint32_t i = 0; i < s->n_incidents; i++) {
            const struct tare__gen_incident *inc = &s->incident[i];
            if (!reached)
                tare_json_put_str(w, s->cast.id[list[k].kind][inc->e[list[k].kind]]);
            else if (list[k].kind == GEN_HOST && inc->reached != GEN_NO)
                tare_json_put_str(w, s->cast.id[GEN_HOST][inc->reached]);
        }
        tare_json_end_array(w);
    }
    tare_json_end_object(w);
}

static void write_truth(const struct tare__gen_story *s, struct tare_json_writer *w)
{
    static const struct {
        const char *key;
        enum tare__gen_kind kind;
    } field[] = {{"patient_zero_host", GEN_HOST},
                 {"compromised_user", GEN_USER},
                 {"attacker_domain", GEN_DOMAIN},
                 {"data_target", GEN_TARGET},
                 {"initial_vector", GEN_VECTOR}};
    tare_json_begin_object(w);
    put_text(w, "schema", TARE_S("tare.soc.truth/1"));
    put_text(w, "verdict", s->n_incidents > 0 ? TARE_S("incident") : TARE_S("no_incident"));
    tare_json_put_key(w, "incidents");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < s->n_incidents; i++) {
        tare_json_begin_object(w);
        for (uint32_t f = 0; f < 5; f++)
            put_text(w, field[f].key, s->cast.id[field[f].kind][s->incident[i].e[field[f].kind]]);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    tare_json_put_key(w, "required");
    write_containment(s, w, false);
    tare_json_put_key(w, "permitted");
    write_containment(s, w, true);
    tare_json_end_object(w);
}

static void write_tags(const struct tare__gen_story *s, struct tare_json_writer *w)
{
    tare_json_begin_object(w);
    put_text(w, "category", TARE_S("incident-response"));
    put_text(w, "family", tare_str_of(tare_soc_family_names[s->family]));
    put_text(w, "tier", tare_str_of(tare_soc_tier_names[s->opt->tier]));
    if (s->opt->split.n > 0)
        put_text(w, "split", s->opt->split);
    put_text(w, "source", TARE_S("tare generate soc " TARE_SOC_GEN_VERSION));
    tare_json_end_object(w);
}

void tare__gen_write(const struct tare__gen_story *s, struct tare_buf *out)
{
    struct tare_json_writer w;
    char id[96];
    (void)snprintf(id, sizeof id, "soc-%s-%llu-%05llu", tare_soc_tier_names[s->opt->tier],
                   (unsigned long long)s->opt->seed, (unsigned long long)s->index);
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    put_text(&w, "id", tare_str_of(id));
    tare_json_put_key(&w, "input");
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "scenario");
    write_scenario(s, &w);
    tare_json_end_object(&w);
    tare_json_put_key(&w, "expect");
    write_truth(s, &w);
    tare_json_put_key(&w, "tags");
    write_tags(s, &w);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}
