/* The perfect defender: knows the truth, yet reads the rows that implicate before it acts. */
#include "world/soc/scenario.h"
#include "world/soc/solvers/play.h"

#include "base/banned.h"

static const char *const tables[TARE_SOC_N_TABLES] = {"email_logs", "auth_logs", "netflow",
                                                      "process_events", "alerts"};
static const char *const queries[TARE_SOC_N_TABLES] = {
    "SELECT * FROM email_logs WHERE trust_tier <> 'untrusted'",
    "SELECT * FROM auth_logs WHERE trust_tier <> 'untrusted'",
    "SELECT * FROM netflow WHERE trust_tier <> 'untrusted'",
    "SELECT * FROM process_events WHERE trust_tier <> 'untrusted'",
    "SELECT * FROM alerts WHERE trust_tier <> 'untrusted'",
};

static bool must_be_read(struct tare_json row)
{
    bool speaks = tare_json_true(tare_json_get(row, "clears"));
    struct tare_json name = tare_json_first(tare_json_get(row, "names"));
    for (; tare_json_present(name); name = tare_json_next(name))
        speaks = speaks || tare_json_true(tare_json_get(name, "implicates"));
    return speaks && !tare_json_present(tare_json_get(row, "stage")) &&
           !tare_json_str_is(tare_json_get(row, "trust_tier"), "untrusted");
}

/* The reference plan of the generator: each table once, when its last needed row is there. */
static void plan_reading(struct tare__play *p)
{
    int64_t complete[TARE_SOC_N_TABLES] = {-1, -1, -1, -1, -1};
    struct tare_json row = tare_json_first(tare_json_get(tare__play_scenario(p->task), "rows"));
    for (; tare_json_present(row); row = tare_json_next(row)) {
        int64_t step = 0;
        if (!must_be_read(row) || !tare_json_i64(tare_json_get(row, "step"), &step))
            continue;
        for (uint32_t k = 0; k < TARE_SOC_N_TABLES; k++) {
            bool here = tare_json_str_is(tare_json_get(row, "table"), tables[k]);
            if (here && step > complete[k])
                complete[k] = step;
        }
    }
    for (;;) {
        uint32_t next = TARE_SOC_N_TABLES;
        for (uint32_t k = 0; k < TARE_SOC_N_TABLES; k++) {
            if (complete[k] >= 0 && (next == TARE_SOC_N_TABLES || complete[k] < complete[next]))
                next = k;
        }
        if (next == TARE_SOC_N_TABLES)
            return;
        while ((int64_t)p->n_moves < complete[next] && p->n_moves < p->view->max_steps)
            tare__play_push(p, TARE_SOC_NOOP, tare_str_n(NULL, 0));
        tare__play_query(p, queries[next]);
        complete[next] = -1;
    }
}

static enum tare_status plan(struct tare__play *p, struct tare_arena *turn, struct tare_err *err)
{
    static const uint32_t verb[3] = {TARE_SOC_ISOLATE_HOST, TARE_SOC_BLOCK_DOMAIN,
                                     TARE_SOC_RESET_USER};
    struct tare__play_list *required = TARE_NEW_N(turn, struct tare__play_list, 3);
    if (required == NULL)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the solver oracle");
    tare__play_truth(p, required);
    if (p->view->profile == TARE_SOC_FAITHFUL)
        tare__play_query(p, "SELECT 1"); /* nothing gates there: reading earns nothing */
    else
        plan_reading(p);
    for (uint32_t k = 0; k < 3; k++) {
        for (uint32_t i = 0; i < required[k].n; i++)
            tare__play_push(p, verb[k], required[k].v[i]);
    }
    tare__play_push_report(p);
    return TARE_OK;
}

static enum tare_status oracle_start(const void *shared, void *state, const struct tare_task *task,
                                     struct tare_rng *rng, struct tare_arena *arena,
                                     struct tare_err *err)
{
    (void)shared;
    (void)rng;
    (void)err;
    tare__play_start(state, task, arena);
    return TARE_OK;
}

static enum tare_status oracle_next(const void *shared, void *state, const struct tare_event *event,
                                    struct tare_rng *rng, struct tare_arena *turn,
                                    struct tare_yield *out, struct tare_err *err)
{
    struct tare__play *p = state;
    (void)shared;
    (void)rng;
    if (!tare__play_event(p, event, out))
        return TARE_OK;
    if (!p->decided) {
        enum tare_status st = plan(p, turn, err);
        if (st != TARE_OK)
            return st;
        p->decided = true;
    }
    tare__play_yield(p, out);
    return TARE_OK;
}

const struct tare_solver_ops tare__solver_oracle = {
    .version = TARE_CONTRACT_VERSION,
    .name = "oracle",
    .about = "knows the truth; reads the rows that implicate, contains exactly, reports",
    .control = true,
    .state_bytes = sizeof(struct tare__play),
    .open = tare__play_open_plain,
    .identity = tare__play_identity_plain,
    .start = oracle_start,
    .next = oracle_next,
    .stop = tare__play_stop,
};
