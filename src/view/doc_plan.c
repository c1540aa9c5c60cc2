#include <math.h>

#include "view/plan.h"

#include "base/banned.h"

/* {"value": x, "unavailable": null} or {"value": null, "unavailable": "why"}. */
static void put_value(struct tare_json_writer *w, const char *key, struct tare_value v)
{
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    tare_json_member_f64(w, "value", v.why ? (double)NAN : v.v);
    tare_json_put_key(w, "unavailable");
    if (v.why)
        tare_json_put_cstr(w, v.why);
    else
        tare_json_put_null(w);
    tare_json_end_object(w);
}

static void put_price(struct tare_json_writer *w, const char *key,
                      const struct tare_power_plan_price *p)
{
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    tare_json_member_f64(w, "cost_usd", p->cost_usd);
    tare_json_member_f64(w, "tokens", p->tokens);
    tare_json_end_object(w);
}

static void put_pilot(struct tare_json_writer *w, const struct tare_power_plan_pilot *p,
                      struct tare_str from)
{
    tare_json_put_key(w, "from");
    if (!p) {
        tare_json_put_null(w);
        return;
    }
    tare_json_begin_object(w);
    tare_json_put_key(w, "runs");
    tare_json_put_str(w, from);
    tare_json_put_key(w, "metric");
    tare_json_put_str(w, p->metric.name);
    tare_json_put_key(w, "tasks");
    tare_json_put_u64(w, p->n);
    tare_json_put_key(w, "one_run");
    tare_json_put_bool(w, p->one_run);
    tare_json_put_key(w, "unit");
    tare_json_put_str(w, p->metric.unit);
    tare_json_member_f64(w, "mean", p->mean);
    tare_json_put_key(w, "clusters");
    tare_json_put_u64(w, p->clusters);
    tare_json_put_key(w, "variance_parts");
    if (p->why_no_parts) {
        tare_json_put_null(w);
    } else {
        tare_json_begin_object(w);
        tare_json_member_f64(w, "between_tasks", p->omega2);
        tare_json_member_f64(w, "within_a", p->sigma2_a);
        tare_json_member_f64(w, "within_b", p->sigma2_b);
        tare_json_member_f64(w, "attempts_a", p->k_a);
        tare_json_member_f64(w, "attempts_b", p->k_b);
        tare_json_end_object(w);
    }
    put_price(w, "attempt_a", &p->price_a);
    put_price(w, "attempt_b", &p->price_b);
    tare_json_end_object(w);
}

static void put_bill(struct tare_json_writer *w, const char *key,
                     const struct tare_power_plan_bill *b)
{
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    tare_json_member_f64(w, "attempts", b->attempts);
    tare_json_member_f64(w, "cost_usd", b->cost_usd);
    tare_json_member_f64(w, "tokens", b->tokens);
    tare_json_end_object(w);
}

/* Numbers that are finite. */
static void put_list(struct tare_json_writer *w, const char *key, const double *x, uint32_t n)
{
    tare_json_put_key(w, key);
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++)
        tare_json_put_f64(w, x[i]);
    tare_json_end_array(w);
}

static void put_attempts(struct tare_json_writer *w, const struct tare_power_plan *p,
                         const struct tare_power_plan_pilot *pilot)
{
    tare_json_put_key(w, "attempts");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < p->n_attempts; i++) {
        tare_json_begin_object(w);
        tare_json_put_key(w, "k");
        tare_json_put_u64(w, p->attempts[i].k);
        put_value(w, "tasks_needed", p->attempts[i].tasks);
        put_value(w, "mde", p->attempts[i].mde);
        tare_json_member_f64(w, "sd", p->attempts[i].sd);
        put_bill(w, "takes", &p->attempts[i].need);
        put_bill(w, "takes_at_n", &p->attempts[i].at_n);
        put_list(w, "curve", p->attempts[i].power, p->n_tries_points);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
    put_list(w, "attempts_x", p->tries_x, p->n_tries_points);
    tare_json_put_key(w, "attempts_unavailable");
    if (p->why_no_attempts)
        tare_json_put_cstr(w, p->why_no_attempts);
    else
        tare_json_put_null(w);
    char note[TARE__PLAN_NOTE];
    tare__plan_note(p, pilot, note);
    tare_json_put_key(w, "attempts_note");
    tare_json_put_cstr(w, note);
    put_value(w, "mde_endless_attempts", p->mde_floor);
}

static void put_curve(struct tare_json_writer *w, const struct tare_power_plan *p)
{
    tare_json_put_key(w, "curve");
    tare_json_begin_object(w);
    tare_json_put_key(w, "over");
    tare_json_put_cstr(w, p->curve_of_n ? "n" : "effect");
    put_list(w, "x", p->x, p->n_points);
    put_list(w, "power", p->y, p->n_points);
    tare_json_end_object(w);
}

void tare_doc_plan(struct tare_json_writer *w, const struct tare_power_plan *p,
                   const struct tare_power_plan_pilot *pilot, struct tare_str from)
{
    static const char *const designs[] = {
        [TARE_PLAN_TWO] = "two-groups", [TARE_PLAN_PAIRED] = "paired", [TARE_PLAN_MEAN] = "mean"};
    tare_json_begin_object(w);
    tare_json_put_key(w, "schema");
    tare_json_put_cstr(w, "tare.power/1");
    tare_json_put_key(w, "design");
    tare_json_put_cstr(w, designs[p->design]);
    tare_json_put_key(w, "method");
    tare_json_put_cstr(w, p->method);
    tare_json_member_f64(w, "alpha", p->alpha);
    tare_json_put_key(w, "sides");
    tare_json_put_u64(w, 2);
    tare_json_member_f64(w, "power", p->power);
    tare_json_member_f64(w, "baseline", p->baseline);
    tare_json_member_f64(w, "effect", p->effect);
    tare_json_member_f64(w, "n", p->n);
    tare_json_member_f64(w, "k", p->k);
    tare_json_member_f64(w, "discordance", p->discordance);
    tare_json_member_f64(w, "sd", p->sd);
    tare_json_member_f64(w, "design_effect", p->deff);
    put_value(w, "n_needed", p->need);
    put_value(w, "power_at_n", p->power_at_n);
    put_value(w, "exact_power_at_n", p->exact_power);
    put_value(w, "mde_at_n", p->mde);
    tare_json_member_f64(w, "chance_discordance", p->chance_discordance);
    put_value(w, "n_needed_paired_by_chance", p->paired_need);
    put_attempts(w, p, pilot);
    put_pilot(w, pilot, from);
    put_curve(w, p);
    tare_json_end_object(w);
}
