/* What happened and what is on record of it: evidence that can be found whatever the defender
 * does, the kill chain with its own rows, and the daily noise around both. */
#include "world/soc/gen_int.h"

#include "base/banned.h"

enum tare_trust tare__gen_trusted(struct tare__gen_story *s)
{
    switch (s->opt->trust) {
    case TARE_SOC_TRUST_VERIFIED:
        return TARE_TRUST_VERIFIED;
    case TARE_SOC_TRUST_CORROBORATED:
        return TARE_TRUST_CORROBORATED;
    default:
        return tare__gen_chance(s, 50) ? TARE_TRUST_VERIFIED : TARE_TRUST_CORROBORATED;
    }
}

/* Most things are there from the start; the rest arrives while the clock runs. */
static uint32_t arrival(struct tare__gen_story *s, uint32_t last)
{
    return tare__gen_chance(s, 45) ? 0 : tare__gen_range(s, 0, last);
}

void tare__gen_put_desk_mail(struct tare__gen_story *s, struct tare__gen_row *r)
{
    static const char *const desk[] = {"identity-desk", "forensics", "network-desk", "data-office",
                                       "helpdesk"};
    struct tare_str company = s->cast.id[GEN_DOMAIN][s->cast.internal];
    tare__gen_put(s, r, "sender",
                  tare_arena_printf(s->arena, "%s@%.*s", desk[tare_rng_below(&s->rng, 5)],
                                    TARE_FMT(company)));
    tare__gen_put(s, r, "recipient",
                  tare_arena_printf(s->arena, "responders@%.*s", TARE_FMT(company)));
    tare__gen_put(s, r, "subject", tare_str_of(tare__gen_pick(s, TARE__GEN_SUBJECT)));
}

static void put_alert_head(struct tare__gen_story *s, struct tare__gen_row *r)
{
    static const char *const severity[] = {"low", "medium", "high", "critical"};
    tare__gen_put(s, r, "alert_type", tare_str_of(tare__gen_pick(s, TARE__GEN_ALERT_TYPE)));
    tare__gen_put(s, r, "severity", tare_str_of(severity[tare_rng_below(&s->rng, 4)]));
}

/* A message of `set` as an alert, or of `mail_set` as a mail of one of the desks. */
static struct tare__gen_row *told(struct tare__gen_story *s, uint32_t step, enum tare_trust trust,
                                  enum tare__gen_set set, enum tare__gen_set mail_set,
                                  enum tare__gen_set tail, const struct tare__gen_fill *fill)
{
    bool mail = mail_set != TARE__GEN_SETS && tare__gen_chance(s, 35);
    struct tare__gen_row *r = tare__gen_row(s, mail ? TARE_SOC_EMAIL : TARE_SOC_ALERT, step, trust);
    if (mail)
        tare__gen_put_desk_mail(s, r);
    else
        put_alert_head(s, r);
    tare__gen_put_text(s, r, mail ? "body" : "message", mail ? mail_set : set, tail, fill);
    return r;
}

static void put_command(struct tare__gen_story *s, struct tare__gen_row *r, enum tare__gen_set set,
                        uint32_t host, uint32_t user, const struct tare__gen_fill *fill)
{
    tare__gen_put_entity(s, r, "host_id", GEN_HOST, host, fill->implicates);
    tare__gen_put_entity(s, r, "user_id", GEN_USER, user, fill->implicates);
    tare__gen_put(s, r, "process_name", tare_str_of(tare__gen_pick(s, TARE__GEN_PROCESS)));
    tare__gen_put_text(s, r, "command_line", set, TARE__GEN_SETS, fill);
    tare__gen_put(s, r, "parent_process", tare_str_of(tare__gen_pick(s, TARE__GEN_PARENT)));
}

static void incident_evidence(struct tare__gen_story *s, const struct tare__gen_incident *inc)
{
    const struct tare__gen_fill fill = {.incident = inc, .implicates = true};
    uint32_t last = s->size->last_evidence;
    if (s->opt->tier == TARE_SOC_TIER_TRIVIAL) {
        told(s, 0, tare__gen_trusted(s), TARE__GEN_ALERT_ALL, TARE__GEN_SETS, TARE__GEN_TAIL_ENTRY,
             &fill);
        return;
    }
    told(s, arrival(s, last), tare__gen_trusted(s), TARE__GEN_ALERT_ACCESS, TARE__GEN_MAIL_ACCESS,
         TARE__GEN_TAIL_ENTRY, &fill);
    told(s, arrival(s, last), tare__gen_trusted(s), TARE__GEN_ALERT_BEACON, TARE__GEN_MAIL_BEACON,
         TARE__GEN_SETS, &fill);
    told(s, arrival(s, last), tare__gen_trusted(s), TARE__GEN_ALERT_THEFT, TARE__GEN_MAIL_THEFT,
         TARE__GEN_SETS, &fill);
    if (tare__gen_chance(s, 60)) {
        struct tare__gen_row *r =
            tare__gen_row(s, TARE_SOC_PROCESS, arrival(s, last), tare__gen_trusted(s));
        put_command(s, r, TARE__GEN_CMD_ATTACK, inc->e[GEN_HOST], inc->e[GEN_USER], &fill);
    }
}

static void bait(struct tare__gen_story *s, const struct tare__gen_incident *inc)
{
    const struct tare__gen_fill fill = {.incident = inc};
    struct tare__gen_row *r = tare__gen_row(s, TARE_SOC_EMAIL, 0, TARE_TRUST_UNTRUSTED);
    struct tare_str d = s->cast.id[GEN_DOMAIN][inc->e[GEN_DOMAIN]];
    tare__gen_put_told(
        s, r, "sender",
        tare_arena_printf(s->arena, "%s@%.*s", tare__gen_pick(s, TARE__GEN_DEPT), TARE_FMT(d)),
        GEN_DOMAIN, inc->e[GEN_DOMAIN]);
    tare__gen_put(s, r, "recipient", s->cast.user_mail[inc->e[GEN_USER]]);
    tare__gen_put(s, r, "subject", tare_str_of(tare__gen_pick(s, TARE__GEN_SUBJECT)));
    tare__gen_put_text(s, r, "body", TARE__GEN_MAIL_BAIT, TARE__GEN_SETS, &fill);
}

void tare__gen_evidence(struct tare__gen_story *s)
{
    for (uint32_t i = 0; i < s->n_incidents; i++) {
        const struct tare__gen_incident *inc = &s->incident[i];
        struct tare_str vector = s->cast.id[GEN_VECTOR][inc->e[GEN_VECTOR]];
        incident_evidence(s, inc);
        if (tare_str_is(vector, "phish") || tare__gen_chance(s, 30))
            bait(s, inc);
    }
}

static void put_flow(struct tare__gen_story *s, struct tare__gen_row *r, uint32_t src,
                     uint32_t dst_host, uint32_t dst_domain, int64_t bytes)
{
    static const int64_t port[] = {22, 443, 445, 3389, 8443, 5986};
    tare__gen_put_entity(s, r, "src_host", GEN_HOST, src, false);
    if (dst_host != GEN_NO)
        tare__gen_put_entity(s, r, "dst_host", GEN_HOST, dst_host, false);
    if (dst_domain != GEN_NO)
        tare__gen_put_entity(s, r, "dst_domain", GEN_DOMAIN, dst_domain, false);
    tare__gen_put_number(s, r, "dst_port", port[tare_rng_below(&s->rng, 6)]);
    tare__gen_put(s, r, "protocol", TARE_S("tcp"));
    tare__gen_put_number(s, r, "bytes_sent", bytes);
    tare__gen_put_number(s, r, "bytes_received", tare__gen_range(s, 200, 90000));
}

static void put_sign_in(struct tare__gen_story *s, struct tare__gen_row *r, uint32_t user,
                        uint32_t host, bool outside)
{
    static const char *const type[] = {"password", "key", "token", "ticket", "badge"};
    const char *net = outside ? "198.51.100" : "10.20.4";
    tare__gen_put_entity(s, r, "user_id", GEN_USER, user, false);
    tare__gen_put_entity(s, r, "host_id", GEN_HOST, host, false);
    tare__gen_put(s, r, "source_ip",
                  tare_arena_printf(s->arena, "%s.%u", net, tare__gen_range(s, 1, 254)));
    tare__gen_put(s, r, "auth_type", tare_str_of(type[tare_rng_below(&s->rng, 5)]));
    tare__gen_put_number(s, r, "success", tare__gen_chance(s, 85));
}

static void on_stage(struct tare__gen_row *r, uint32_t incident, uint32_t stage, const char *when)
{
    r->incident = incident;
    r->stage = stage;
    r->when = when;
}

static void chain_rows(struct tare__gen_story *s, uint32_t i)
{
    const struct tare__gen_incident *inc = &s->incident[i];
    const struct tare__gen_fill fill = {.incident = inc, .implicates = true};
    uint32_t host = inc->e[GEN_HOST], user = inc->e[GEN_USER], domain = inc->e[GEN_DOMAIN];
    struct tare__gen_row *r =
        tare__gen_row(s, TARE_SOC_AUTH, inc->stage[1].step, tare__gen_trusted(s));
    put_sign_in(s, r, user, host, true);
    on_stage(r, i, 1, "done");
    r = tare__gen_row(s, TARE_SOC_PROCESS, inc->stage[2].step, tare__gen_trusted(s));
    put_command(s, r, TARE__GEN_CMD_ATTACK, host, user, &fill);
    on_stage(r, i, 2, "done");
    if (inc->reached != GEN_NO) {
        r = tare__gen_row(s, TARE_SOC_NETFLOW, inc->stage[3].step, tare__gen_trusted(s));
        put_flow(s, r, host, inc->reached, GEN_NO, tare__gen_range(s, 900, 700000));
        on_stage(r, i, 3, "done");
    }
    r = tare__gen_row(s, TARE_SOC_NETFLOW, inc->stage[5].step, tare__gen_trusted(s));
    put_flow(s, r, host, GEN_NO, domain, tare__gen_range(s, 4000000, 900000000));
    on_stage(r, i, 5, "done");
    r = tare__gen_row(s, TARE_SOC_ALERT, inc->stage[5].step, tare__gen_trusted(s));
    put_alert_head(s, r);
    tare__gen_put_text(s, r, "message", TARE__GEN_ALERT_BLOCKED, TARE__GEN_SETS, &fill);
    on_stage(r, i, 5, "blocked");
}

void tare__gen_chain(struct tare__gen_story *s)
{
    static const struct tare__gen_stage plan[GEN_STAGES] = {
        {0, "recon", false, false, false},      {0, "access", true, true, false},
        {0, "persistence", true, false, false}, {0, "lateral_spread", true, true, false},
        {0, "staging", true, true, false},      {0, "exfil", true, false, true},
    };
    for (uint32_t i = 0; i < s->n_incidents; i++) {
        uint32_t step = tare__gen_range(s, 0, 1);
        for (uint32_t k = 0; k < GEN_STAGES; k++) {
            s->incident[i].stage[k] = plan[k];
            s->incident[i].stage[k].step = step;
            step += tare__gen_range(s, 1, 2);
        }
        chain_rows(s, i);
    }
}

static void work_row(struct tare__gen_story *s, uint32_t n)
{
    const struct tare__gen_fill fill = {.anyone = true};
    uint32_t step = arrival(s, s->size->last_evidence + 1);
    struct tare__gen_row *r;
    uint32_t host = tare__gen_anyone(s, GEN_HOST), user = tare__gen_anyone(s, GEN_USER);
    switch (n % 3) {
    case 0:
        r = tare__gen_row(s, TARE_SOC_NETFLOW, step, tare__gen_trusted(s));
        if (tare__gen_chance(s, 55))
            put_flow(s, r, host, GEN_NO, tare__gen_bystander(s, GEN_DOMAIN, GEN_NO),
                     tare__gen_range(s, 900, 900000000));
        else
            put_flow(s, r, host, tare__gen_bystander(s, GEN_HOST, host), GEN_NO,
                     tare__gen_range(s, 900, 700000));
        break;
    case 1: {
        /* names that tell of an incident do not stand in daily work */
        const struct tare__gen_fill others = {.anyone = false};
        r = tare__gen_row(s, TARE_SOC_PROCESS, step, tare__gen_trusted(s));
        put_command(s, r, TARE__GEN_CMD_WORK, host, user, &others);
        break;
    }
    default:
        r = tare__gen_row(s, TARE_SOC_EMAIL, step,
                          tare__gen_chance(s, 50) ? TARE_TRUST_UNTRUSTED : TARE_TRUST_CORROBORATED);
        tare__gen_put(s, r, "sender", s->cast.user_mail[user]);
        uint32_t to = (user + tare__gen_range(s, 1, s->cast.n[GEN_USER] - 1)) % s->cast.n[GEN_USER];
        tare__gen_put(s, r, "recipient", s->cast.user_mail[to]);
        tare__gen_put(s, r, "subject", tare_str_of(tare__gen_pick(s, TARE__GEN_SUBJECT)));
        tare__gen_put_text(s, r, "body", TARE__GEN_MAIL_WORK, TARE__GEN_SETS, &fill);
        break;
    }
}

static void hearsay_row(struct tare__gen_story *s)
{
    struct tare__gen_fill fill = {.incident = NULL};
    if (s->n_incidents > 0)
        fill.incident = &s->incident[tare_rng_below(&s->rng, s->n_incidents)];
    enum tare__gen_set tail = tare__gen_chance(s, 40) ? TARE__GEN_TAIL_HEARSAY : TARE__GEN_SETS;
    told(s, arrival(s, s->size->last_evidence + 1), TARE_TRUST_UNTRUSTED, TARE__GEN_ALERT_HEARSAY,
         TARE__GEN_MAIL_HEARSAY, tail, &fill);
}

static void cleared_row(struct tare__gen_story *s)
{
    const struct tare__gen_fill fill = {.incident = NULL};
    enum tare__gen_set tail = tare__gen_chance(s, 40) ? TARE__GEN_TAIL_CLEARED : TARE__GEN_SETS;
    struct tare__gen_row *r = told(s, arrival(s, s->size->last_evidence), tare__gen_trusted(s),
                                   TARE__GEN_ALERT_CLEARED, TARE__GEN_MAIL_CLEARED, tail, &fill);
    r->clears = true;
}

void tare__gen_noise(struct tare__gen_story *s)
{
    const struct tare__gen_size *z = s->size;
    const struct tare__gen_cast *c = &s->cast;
    bool benign = s->n_incidents == 0;
    uint32_t cleared = z->cleared + tare__gen_range(s, 0, 1) + (benign ? 2 : 0);
    uint32_t hearsay = z->hearsay + tare__gen_range(s, 0, 1);
    uint32_t work = z->work + tare__gen_range(s, 0, 3) + (benign ? 3 : 0);
    /* everybody signs in somewhere: each host and user stands in a column of its own */
    uint32_t pairs = c->n[GEN_USER] > c->n[GEN_HOST] ? c->n[GEN_USER] : c->n[GEN_HOST];
    uint32_t turn = tare_rng_below(&s->rng, 64);
    for (uint32_t i = 0; i < pairs; i++) {
        struct tare__gen_row *r =
            tare__gen_row(s, TARE_SOC_AUTH, arrival(s, z->last_evidence), tare__gen_trusted(s));
        put_sign_in(s, r, (i + turn) % c->n[GEN_USER], i % c->n[GEN_HOST], tare__gen_chance(s, 15));
    }
    for (uint32_t i = 0; i < cleared; i++)
        cleared_row(s);
    for (uint32_t i = 0; i < hearsay; i++)
        hearsay_row(s);
    for (uint32_t i = 0; i < work; i++)
        work_row(s, i);
}

/* Trusted rows that speak for an incident or for an all-clear, and come whatever happens. */
static bool must_be_read(const struct tare__gen_row *r)
{
    bool speaks = r->clears;
    for (uint32_t i = 0; i < r->n_names; i++)
        speaks = speaks || r->name[i].implicates;
    return speaks && r->incident == GEN_NO && r->trust != TARE_TRUST_UNTRUSTED;
}

/*
 * The reference plan: one query for each table that holds a row to be read, in the order in which
 * the tables are complete (waiting where nothing else is left to do), then the containments, then
 * the report. par_steps is its length; max_steps leaves some room beyond.
 */
void tare__gen_deadline(struct tare__gen_story *s)
{
    uint32_t complete[TARE_SOC_N_TABLES];
    uint32_t n = 0, t = 0;
    for (uint32_t k = 0; k < TARE_SOC_N_TABLES; k++) {
        uint32_t last = GEN_NO;
        for (uint32_t i = 0; i < s->n_rows; i++) {
            const struct tare__gen_row *r = &s->row[i];
            if (must_be_read(r) && (uint32_t)r->table == k && (last == GEN_NO || r->step > last))
                last = r->step;
        }
        if (last == GEN_NO)
            continue;
        uint32_t at = n++;
        for (; at > 0 && complete[at - 1] > last; at--)
            complete[at] = complete[at - 1];
        complete[at] = last;
    }
    for (uint32_t k = 0; k < n; k++)
        t = (complete[k] > t ? complete[k] : t) + 1;
    s->par_steps = t + 3 * s->n_incidents + 1;
    /* drawn alike for every family: the limit is shown to the defender */
    uint32_t limit = s->size->max_steps + tare__gen_range(s, 0, s->size->max_steps_spread);
    s->max_steps = limit > s->par_steps + 2 ? limit : s->par_steps + 2;
}
