/* Contains everybody in the task's list, then reports what is true: only restraint is missing. */
#include "text/fields.h"
#include "world/soc/solvers/play.h"

#include "base/banned.h"

struct spray {
    bool report_truth;
};

static enum tare_status spray_open(struct tare_json config, struct tare_arena *arena, void **shared,
                                   struct tare_err *err)
{
    static const char *const reports[] = {"truth", "unknown", NULL};
    struct spray *s = TARE_NEW(arena, struct spray);
    if (s == NULL)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the solver spray");
    int report = 0;
    if (tare_json_present(config) && tare_json_kind(config) != TARE_JSON_NULL) {
        struct tare_fields f;
        tare_fields_begin(&f, config, tare_str_n(NULL, 0), tare_str_n(NULL, 0), err);
        tare_fields_choice(&f, "report", false, reports, &report);
        enum tare_status st = tare_fields_end(&f);
        if (st != TARE_OK)
            return st;
    }
    s->report_truth = report == 0;
    *shared = s;
    return TARE_OK;
}

static void spray_identity(const void *shared, struct tare_json_writer *out)
{
    const struct spray *s = shared;
    tare_json_begin_object(out);
    tare_json_put_key(out, "report");
    tare_json_put_cstr(out, s->report_truth ? "truth" : "unknown");
    tare_json_end_object(out);
}

static enum tare_status spray_start(const void *shared, void *state, const struct tare_task *task,
                                    struct tare_rng *rng, struct tare_arena *arena,
                                    struct tare_err *err)
{
    (void)shared;
    (void)rng;
    (void)err;
    tare__play_start(state, task, arena);
    return TARE_OK;
}

/* In a short episode not everybody can be reached: the kinds take turns. */
static enum tare_status plan(const struct spray *s, struct tare__play *p, struct tare_arena *turn,
                             struct tare_err *err)
{
    static const struct {
        enum tare__play_kind kind;
        uint32_t verb;
    } way[3] = {{PLAY_HOST, TARE_SOC_ISOLATE_HOST},
                {PLAY_DOMAIN, TARE_SOC_BLOCK_DOMAIN},
                {PLAY_USER, TARE_SOC_RESET_USER}};
    struct tare__play_list *l = TARE_NEW_N(turn, struct tare__play_list, 6);
    if (l == NULL)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the solver spray");
    for (uint32_t k = 0; k < 3; k++)
        tare__play_entities(p->task, way[k].kind, p->arena, &l[k]);
    for (uint32_t i = 0; i < PLAY_LIST_MAX; i++) {
        for (uint32_t k = 0; k < 3; k++) {
            if (i < l[k].n && p->n_moves + 1 < p->view->max_steps)
                tare__play_push(p, way[k].verb, l[k].v[i]);
        }
    }
    if (s->report_truth)
        tare__play_truth(p, l + 3);
    tare__play_push_report(p);
    return TARE_OK;
}

static enum tare_status spray_next(const void *shared, void *state, const struct tare_event *event,
                                   struct tare_rng *rng, struct tare_arena *turn,
                                   struct tare_yield *out, struct tare_err *err)
{
    struct tare__play *p = state;
    (void)rng;
    if (!tare__play_event(p, event, out))
        return TARE_OK;
    if (!p->decided) {
        enum tare_status st = plan(shared, p, turn, err);
        if (st != TARE_OK)
            return st;
        p->decided = true;
    }
    tare__play_yield(p, out);
    return TARE_OK;
}

const struct tare_solver_ops tare__solver_spray = {
    .version = TARE_CONTRACT_VERSION,
    .name = "spray",
    .about = "contains everybody it can reach without looking, then reports the truth",
    .control = true,
    .state_bytes = sizeof(struct tare__play),
    .open = spray_open,
    .identity = spray_identity,
    .start = spray_start,
    .next = spray_next,
    .stop = tare__play_stop,
};
