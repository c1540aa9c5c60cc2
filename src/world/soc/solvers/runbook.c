/* A memorised sequence that triggers on the first names it meets: looks busy, checks nothing. */
#include "world/soc/solvers/play.h"

#include "base/banned.h"

struct runbook {
    struct tare__play play;
    uint32_t stage;
    struct tare_str host, host2, user, domain;
};

static void learn(struct runbook *r, struct tare_str *slot, const char *column)
{
    const struct tare_soc_result *res = &r->play.view->result;
    uint32_t c = tare_soc_column(res, column);
    for (uint32_t row = 0; c != UINT32_MAX && row < res->n_rows && slot->n == 0; row++) {
        const struct tare_soc_cell *cell = &res->cells[row * res->n_columns + c];
        if (cell->kind == TARE_SOC_TEXT)
            *slot = tare_arena_copy(r->play.arena, cell->text);
    }
}

static void learn_sender(struct runbook *r)
{
    struct tare_str sender = {NULL, 0};
    learn(r, &sender, "sender");
    size_t at = tare_str_find(sender, TARE_S("@"));
    if (r->domain.n == 0 && at != SIZE_MAX)
        r->domain = tare_str_n(sender.p + at + 1, sender.n - at - 1);
}

static void fetch_first(struct runbook *r, uint32_t verb, const char *sql)
{
    struct tare__play *p = &r->play;
    const struct tare_soc_ids *ids =
        verb == TARE_SOC_FETCH_EMAIL ? &p->view->new_emails : &p->view->new_alerts;
    if (ids->n > 0)
        tare__play_push(p, verb, tare_arena_copy(p->arena, ids->v[0]));
    else
        tare__play_query(p, sql);
}

static void act(struct runbook *r)
{
    struct tare__play *p = &r->play;
    learn(r, &r->host, "src_host");
    learn(r, &r->host2, "dst_host");
    if (r->host.n > 0)
        tare__play_push(p, TARE_SOC_ISOLATE_HOST, r->host);
    if (r->host2.n > 0 && !tare_str_eq(r->host, r->host2))
        tare__play_push(p, TARE_SOC_ISOLATE_HOST, r->host2);
    if (r->domain.n > 0)
        tare__play_push(p, TARE_SOC_BLOCK_DOMAIN, r->domain);
    if (r->user.n > 0)
        tare__play_push(p, TARE_SOC_RESET_USER, r->user);
    p->claim[0] = (struct tare_soc_claim){.patient_zero_host = r->host,
                                          .compromised_user = r->user,
                                          .attacker_domain = r->domain,
                                          .initial_vector = TARE_S("phish")};
    p->report.verdict = TARE_SOC_VERDICT_INCIDENT;
    p->report.n_claims = 1;
    tare__play_push_report(p);
    p->decided = true;
}

static void advance(struct runbook *r)
{
    struct tare__play *p = &r->play;
    learn_sender(r);
    learn(r, &r->user, "user_id");
    p->n_moves = p->at = 0;
    switch (r->stage++) {
    case 0:
        fetch_first(r, TARE_SOC_FETCH_EMAIL, "SELECT * FROM email_logs ORDER BY step");
        break;
    case 1:
        fetch_first(r, TARE_SOC_FETCH_ALERT, "SELECT * FROM alerts ORDER BY step");
        break;
    case 2:
        tare__play_query(p, "SELECT * FROM alerts ORDER BY step");
        break;
    case 3:
        tare__play_query(p, "SELECT * FROM auth_logs ORDER BY step");
        break;
    case 4:
        learn(r, &r->host, "host_id");
        tare__play_query(p, "SELECT * FROM netflow ORDER BY step");
        break;
    default:
        act(r);
        break;
    }
}

static enum tare_status runbook_start(const void *shared, void *state, const struct tare_task *task,
                                      struct tare_rng *rng, struct tare_arena *arena,
                                      struct tare_err *err)
{
    struct runbook *r = state;
    (void)shared;
    (void)rng;
    (void)err;
    tare__play_start(&r->play, task, arena);
    return TARE_OK;
}

static enum tare_status runbook_next(const void *shared, void *state,
                                     const struct tare_event *event, struct tare_rng *rng,
                                     struct tare_arena *turn, struct tare_yield *out,
                                     struct tare_err *err)
{
    struct runbook *r = state;
    (void)shared;
    (void)rng;
    (void)turn;
    (void)err;
    if (!tare__play_event(&r->play, event, out))
        return TARE_OK;
    if (!r->play.decided)
        advance(r);
    tare__play_yield(&r->play, out);
    return TARE_OK;
}

const struct tare_solver_ops tare__solver_runbook = {
    .version = TARE_CONTRACT_VERSION,
    .name = "runbook",
    .about = "fixed moves on the first names it meets",
    .control = true,
    .state_bytes = sizeof(struct runbook),
    .open = tare__play_open_plain,
    .identity = tare__play_identity_plain,
    .start = runbook_start,
    .next = runbook_next,
    .stop = tare__play_stop,
};
