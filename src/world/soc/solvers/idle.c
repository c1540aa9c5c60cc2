/* Two controls that touch nothing: one says nothing either, the other reads and admits that it
 * does not know. */
#include "world/soc/solvers/play.h"

#include "base/banned.h"

static enum tare_status start(const void *shared, void *state, const struct tare_task *task,
                              struct tare_rng *rng, struct tare_arena *arena, struct tare_err *err)
{
    (void)shared;
    (void)rng;
    (void)err;
    tare__play_start(state, task, arena);
    return TARE_OK;
}

static enum tare_status do_nothing_next(const void *shared, void *state,
                                        const struct tare_event *event, struct tare_rng *rng,
                                        struct tare_arena *turn, struct tare_yield *out,
                                        struct tare_err *err)
{
    struct tare__play *p = state;
    (void)shared;
    (void)rng;
    (void)turn;
    (void)err;
    if (!tare__play_event(p, event, out))
        return TARE_OK;
    out->kind = TARE_YIELD_ACT;
    out->action = (struct tare_action){TARE_SOC_NOOP, &p->params};
    return TARE_OK;
}

static enum tare_status investigate_next(const void *shared, void *state,
                                         const struct tare_event *event, struct tare_rng *rng,
                                         struct tare_arena *turn, struct tare_yield *out,
                                         struct tare_err *err)
{
    static const char *const sql[] = {
        "SELECT * FROM alerts ORDER BY step", "SELECT * FROM auth_logs ORDER BY step",
        "SELECT * FROM netflow ORDER BY step", "SELECT * FROM process_events ORDER BY step",
        "SELECT * FROM email_logs ORDER BY step"};
    struct tare__play *p = state;
    (void)shared;
    (void)rng;
    (void)turn;
    (void)err;
    if (!tare__play_event(p, event, out) || p->decided)
        return TARE_OK;
    p->n_moves = p->at = 0;
    if (p->view->step + 1 >= p->view->max_steps) {
        p->decided = true;
        p->claim[0].initial_vector = TARE_S("phish");
        p->report.n_claims = p->view->profile == TARE_SOC_FAITHFUL ? 1 : 0;
        tare__play_push_report(p);
    } else {
        tare__play_query(p, sql[p->view->step % 5]);
    }
    tare__play_yield(p, out);
    return TARE_OK;
}

const struct tare_solver_ops tare__solver_do_nothing = {
    .version = TARE_CONTRACT_VERSION,
    .name = "do-nothing",
    .about = "waits until the time is over and reports nothing",
    .control = true,
    .state_bytes = sizeof(struct tare__play),
    .open = tare__play_open_plain,
    .identity = tare__play_identity_plain,
    .start = start,
    .next = do_nothing_next,
    .stop = tare__play_stop,
};

const struct tare_solver_ops tare__solver_investigate_only = {
    .version = TARE_CONTRACT_VERSION,
    .name = "investigate-only",
    .about = "reads every table in turn, touches nothing, reports that it does not know",
    .control = true,
    .state_bytes = sizeof(struct tare__play),
    .open = tare__play_open_plain,
    .identity = tare__play_identity_plain,
    .start = start,
    .next = investigate_next,
    .stop = tare__play_stop,
};
