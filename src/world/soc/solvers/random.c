/* Chance: queries, fetches, containments of listed entities, now and then a report. */
#include "text/fields.h"
#include "world/soc/solvers/play.h"

#include "base/banned.h"

struct odds {
    int64_t query, fetch, contain, report; /* per cent */
};

struct player {
    struct tare__play play;
    struct tare__play_list *entity; /* PLAY_KINDS lists */
};

static enum tare_status random_open(struct tare_json config, struct tare_arena *arena,
                                    void **shared, struct tare_err *err)
{
    struct odds *o = TARE_NEW(arena, struct odds);
    if (o == NULL)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the solver random");
    *o = (struct odds){37, 25, 24, 6};
    if (tare_json_present(config) && tare_json_kind(config) != TARE_JSON_NULL) {
        struct tare_fields f;
        tare_fields_begin(&f, config, tare_str_n(NULL, 0), tare_str_n(NULL, 0), err);
        tare_fields_i64(&f, "query", false, 0, 100, &o->query);
        tare_fields_i64(&f, "fetch", false, 0, 100, &o->fetch);
        tare_fields_i64(&f, "contain", false, 0, 100, &o->contain);
        tare_fields_i64(&f, "report", false, 0, 100, &o->report);
        enum tare_status st = tare_fields_end(&f);
        if (st != TARE_OK)
            return st;
    }
    if (o->query + o->fetch + o->contain + o->report > 100) {
        tare_fail(err, TARE_E_USAGE, "the shares of the solver random add up to more than 100");
        tare_err_hint(err, "query, fetch, contain and report are per cent; the rest waits");
        return TARE_E_USAGE;
    }
    *shared = o;
    return TARE_OK;
}

static void random_identity(const void *shared, struct tare_json_writer *out)
{
    const struct odds *o = shared;
    tare_json_begin_object(out);
    tare_json_put_key(out, "contain");
    tare_json_put_i64(out, o->contain);
    tare_json_put_key(out, "fetch");
    tare_json_put_i64(out, o->fetch);
    tare_json_put_key(out, "query");
    tare_json_put_i64(out, o->query);
    tare_json_put_key(out, "report");
    tare_json_put_i64(out, o->report);
    tare_json_end_object(out);
}

static enum tare_status random_start(const void *shared, void *state, const struct tare_task *task,
                                     struct tare_rng *rng, struct tare_arena *arena,
                                     struct tare_err *err)
{
    struct player *r = state;
    (void)shared;
    (void)rng;
    tare__play_start(&r->play, task, arena);
    r->entity = TARE_NEW_N(arena, struct tare__play_list, PLAY_KINDS);
    if (r->entity == NULL)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the solver random");
    for (uint32_t k = 0; k < PLAY_KINDS; k++)
        tare__play_entities(task, (enum tare__play_kind)k, arena, &r->entity[k]);
    return TARE_OK;
}

static struct tare_str any(const struct player *r, enum tare__play_kind kind, struct tare_rng *rng)
{
    const struct tare__play_list *l = &r->entity[kind];
    return l->n > 0 ? l->v[tare_rng_below(rng, l->n)] : tare_str_n(NULL, 0);
}

static void contain(struct player *r, struct tare_rng *rng)
{
    static const uint32_t verb[3] = {TARE_SOC_RESET_USER, TARE_SOC_ISOLATE_HOST,
                                     TARE_SOC_BLOCK_DOMAIN};
    uint32_t k = tare_rng_below(rng, 3);
    tare__play_push(&r->play, verb[k], any(r, (enum tare__play_kind)k, rng));
}

static void fetch(struct tare__play *p, struct tare_rng *rng)
{
    bool mail = tare_rng_below(rng, 2) == 0;
    const struct tare_soc_ids *ids = mail ? &p->view->new_emails : &p->view->new_alerts;
    if (ids->n == 0)
        tare__play_push(p, TARE_SOC_NOOP, tare_str_n(NULL, 0));
    else
        tare__play_push(p, mail ? TARE_SOC_FETCH_EMAIL : TARE_SOC_FETCH_ALERT,
                        tare_arena_copy(p->arena, ids->v[tare_rng_below(rng, ids->n)]));
}

static void report(struct player *r, struct tare_rng *rng)
{
    struct tare__play *p = &r->play;
    p->claim[0] = (struct tare_soc_claim){
        .patient_zero_host = any(r, PLAY_HOST, rng),
        .compromised_user = any(r, PLAY_USER, rng),
        .attacker_domain = any(r, PLAY_DOMAIN, rng),
        .data_target = any(r, PLAY_TARGET, rng),
        .initial_vector = any(r, PLAY_VECTOR, rng),
    };
    if (p->claim[0].initial_vector.n == 0)
        p->claim[0].initial_vector = TARE_S("phish"); /* the faithful world knows no other */
    p->report.verdict = (enum tare_soc_verdict)tare_rng_below(rng, 3);
    p->report.n_claims =
        p->report.verdict == TARE_SOC_VERDICT_INCIDENT || p->view->profile == TARE_SOC_FAITHFUL;
    tare__play_push_report(p);
    p->decided = true;
}

static enum tare_status random_next(const void *shared, void *state, const struct tare_event *event,
                                    struct tare_rng *rng, struct tare_arena *turn,
                                    struct tare_yield *out, struct tare_err *err)
{
    static const char *const sql[] = {
        "SELECT user_id, host_id FROM auth_logs", "SELECT * FROM alerts",
        "SELECT src_host, dst_domain FROM netflow", "SELECT * FROM process_events",
        "SELECT email_id, body FROM email_logs"};
    const struct odds *o = shared;
    struct player *r = state;
    struct tare__play *p = &r->play;
    (void)turn;
    (void)err;
    if (!tare__play_event(p, event, out) || p->decided)
        return TARE_OK;
    p->n_moves = p->at = 0;
    int64_t x = tare_rng_below(rng, 100);
    if (x < o->query)
        tare__play_query(p, sql[tare_rng_below(rng, 5)]);
    else if (x < o->query + o->fetch)
        fetch(p, rng);
    else if (x < o->query + o->fetch + o->contain)
        contain(r, rng);
    else if (x < o->query + o->fetch + o->contain + o->report)
        report(r, rng);
    else
        tare__play_push(p, TARE_SOC_NOOP, tare_str_n(NULL, 0));
    tare__play_yield(p, out);
    return TARE_OK;
}

const struct tare_solver_ops tare__solver_random = {
    .version = TARE_CONTRACT_VERSION,
    .name = "random",
    .about = "acts by chance on the entities of the task",
    .control = true,
    .state_bytes = sizeof(struct player),
    .open = random_open,
    .identity = random_identity,
    .start = random_start,
    .next = random_next,
    .stop = tare__play_stop,
};
