/*
 * tau2-bench results.json: simulations of tasks, trial 0-based. An infrastructure error is
 * missing, never a zero, and never silently dropped.
 */
#include "record/formats/import_int.h"

#include "base/banned.h"

static bool is_one_of(struct tare_str s, const char *const *names)
{
    for (; *names; names++)
        if (tare_str_is(s, *names))
            return true;
    return false;
}

static void outcome(struct tare__import *im, struct tare_str why)
{
    static const char *const outside[] = {"infrastructure_error", "user_error", NULL};
    static const char *const limits[] = {"max_steps", "timeout", "too_many_errors",
                                         "context_window_exceeded", NULL};
    struct tare__import_row *r = &im->row;
    if (tare_str_is(why, "infrastructure_error") || (r->n_scores == 0 && is_one_of(why, outside))) {
        r->outcome = TARE_IMPORT_ERROR;
        r->cause = TARE_CAUSE_WORLD;
        r->cause_text = why;
    } else if (r->n_scores == 0 && is_one_of(why, limits)) {
        r->outcome = TARE_IMPORT_LIMIT;
        r->cause = TARE_CAUSE_LIMIT;
        r->cause_text = why;
    } else if (r->n_scores == 0 && tare_str_is(why, "agent_error")) {
        r->outcome = TARE_IMPORT_ERROR;
        r->cause = TARE_CAUSE_SOLVER;
        r->cause_text = why;
    } else if (r->n_scores == 0) {
        r->outcome = why.n ? TARE_IMPORT_ERROR : TARE_IMPORT_UNSCORED;
        r->cause_text = why;
    }
}

static enum tare_status simulation(struct tare__import *im, struct tare_json s)
{
    struct tare__import_row *r = &im->row;
    int64_t trial;
    r->task = tare__import_text(tare_json_get(s, "task_id"));
    r->run = im->table->runs[0];
    if (tare_json_i64(tare_json_get(s, "trial"), &trial) && trial >= 0)
        r->index = trial;
    struct tare_json info = tare_json_get(s, "reward_info");
    double x;
    if (tare__import_number(tare_json_get(info, "reward"), &x)) {
        tare__import_score(im, TARE_S("success"), x >= 1 - 1e-6 ? 1 : 0);
        tare__import_score(im, TARE_S("reward"), x);
    }
    struct tare_json parts = tare_json_get(info, "reward_breakdown");
    for (struct tare_json v = tare_json_first(parts); tare_json_present(v); v = tare_json_next(v))
        if (tare__import_number(v, &x))
            tare__import_score(im, tare_json_key(v), x);
    outcome(im, tare_json_str(tare_json_get(s, "termination_reason")));
    struct tare_json messages = tare_json_get(s, "messages");
    struct tare_json last = {NULL, 0};
    for (struct tare_json m = tare_json_first(messages); tare_json_present(m);
         m = tare_json_next(m)) {
        if (!tare_json_str_is(tare_json_get(m, "role"), "assistant"))
            continue;
        tare__import_tokens(im, tare_json_get(m, "usage"), "prompt_tokens", "completion_tokens");
        if (tare_json_kind(tare_json_get(m, "content")) == TARE_JSON_STRING)
            last = tare_json_get(m, "content");
    }
    r->has_output = tare_json_present(last);
    r->output = tare__import_any_text(im, last);
    r->has_cost = tare_json_f64(tare_json_get(s, "agent_cost"), &r->cost_usd);
    r->has_seconds = tare_json_f64(tare_json_get(s, "duration"), &r->seconds);
    return tare__import_commit(im);
}

enum tare_status tare__import_tau2(struct tare__import *im)
{
    struct tare_str info = tare_json_walk_find(im->text, 0, "info");
    struct tare_str sims = tare_json_walk_find(im->text, 0, "simulations");
    struct tare_json root = {NULL, 0};
    enum tare_status st = info.n ? tare__import_parse(im, info, &root) : TARE_OK;
    if (st != TARE_OK)
        return st;
    struct tare_str model = tare_json_str(tare_json_get(tare_json_get(root, "agent_info"), "llm"));
    struct tare_str domain =
        tare_json_str(tare_json_get(tare_json_get(root, "environment_info"), "domain_name"));
    im->table->suite = tare_arena_copy(im->arena, domain);
    im->table->runs = TARE_NEW_N(im->arena, struct tare_str, 1);
    if (!im->table->runs)
        return tare_fail(im->err, TARE_E_NOMEM, "out of memory while reading a log");
    im->table->runs[0] = tare_arena_copy(im->arena, model);
    im->table->n_runs = im->cap_runs = 1;
    if (sims.n == 0)
        return tare__import_fail(im, 0, "no simulations");
    st = tare__import_each(im, sims, simulation);
    if (st == TARE_OK && im->table->n_attempts == 0 &&
        tare_json_walk_find(im->text, 0, "simulation_index").n) {
        st = tare_fail(im->err, TARE_E_INPUT,
                       "this file is an index only; its simulations are "
                       "files of their own beside it");
        tare_err_hint(im->err, "export the run in the single-file form first");
    }
    return st;
}
