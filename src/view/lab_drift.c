#include <inttypes.h>
#include <math.h>

#include "text/width.h"
#include "view/lab.h"
#include "view/lab_int.h"
#include "view/number.h"

#include "base/banned.h"

#define SEEDS 3 /* attempts that a comparison of interventions should rest on */

static double rate(struct tare_count c)
{
    return c.n ? (double)c.k / (double)c.n : (double)NAN;
}

/* A(t) as a row of eight heights, a column a turn, at most 48. */
static void put_curve(struct tare_buf *out, const struct tare_drift_row *row, uint32_t turns,
                      bool unicode)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    uint32_t step = (turns + 47) / 48;
    for (uint32_t t = 0; t < turns; t += step) {
        double a = rate(row->adherence[t]);
        int h = isnan(a) ? 0 : (int)(a * 7.999);
        if (isnan(a))
            tare_buf_putc(out, ' ');
        else if (unicode)
            tare_buf_puts(out, bars[h]);
        else
            tare_buf_putc(out, (char)('0' + (int)(a * 9.999)));
    }
}

static void put_interval(struct tare_buf *out, struct tare_interval i, double factor)
{
    if (!i.why)
        tare_buf_printf(out, " [%.3g, %.3g]", factor * i.lo, factor * i.hi);
}

static void put_models(struct tare_buf *out, const struct tare_drift_row *row)
{
    if (!row->decay.lambda.why) {
        tare_buf_printf(out, "    decay: lambda %.4f", row->decay.lambda.v);
        put_interval(out, row->decay.lambda_ci, 1);
        tare_buf_printf(out, ", p0 %.3f, p_inf %.3f\n", row->decay.p0.v, row->decay.p_inf.v);
    }
    if (!row->slope.turn.why) {
        tare_buf_printf(out, "    slope: %+.4f logits a turn", row->slope.turn.v);
        put_interval(out, row->slope.turn_ci, 1);
        if (!row->slope.since.why) {
            tare_buf_printf(out, ", %+.4f a log token since the rules", row->slope.since.v);
            put_interval(out, row->slope.since_ci, 1);
        }
        tare_buf_putc(out, '\n');
    }
}

static void put_failures(struct tare_buf *out, const struct tare_drift_row *row)
{
    if (row->recovery.n)
        tare_buf_printf(out, "    after a failure: kept again %.1f %%", 100 * rate(row->recovery));
    else
        tare_buf_puts(out, "    no failure with a turn after it");
    if (!row->contagion.why)
        tare_buf_printf(out, ", contagion x %.2f", row->contagion.v);
    if (row->median_first.why)
        tare_buf_puts(out, "; most runs have no violation\n");
    else
        tare_buf_printf(out, "; half have a violation by turn %.0f\n", row->median_first.v);
    if (!row->seed_sd.why || !row->p90.why)
        tare_buf_puts(out, "    over seeds:");
    if (!row->seed_sd.why)
        tare_buf_printf(out, " SD %.1f points a turn", 100 * row->seed_sd.v);
    if (!row->p90.why)
        tare_buf_printf(out, " aptitude P90 %.1f %%, unreliability P90-P10 %.1f points",
                        100 * row->p90.v, 100 * row->spread.v);
    if (!row->seed_sd.why || !row->p90.why)
        tare_buf_putc(out, '\n');
    if (!row->paraphrase_sd.why)
        tare_buf_printf(out, "    over paraphrases of the rules: SD %.1f points a turn\n",
                        100 * row->paraphrase_sd.v);
    if (!row->position_sd.why)
        tare_buf_printf(out, "    over positions of the rules: SD %.1f points a turn\n",
                        100 * row->position_sd.v);
}

static void put_judge(struct tare_buf *out, const struct tare_drift_judge *j, bool unicode)
{
    if (j->flips.n == 0)
        return;
    tare_buf_printf(
        out, "    verdicts against fresh calls: %.1f %% flipped (early %.1f %%, late %.1f %%",
        100 * rate(j->flips), 100 * rate(j->early), 100 * rate(j->late));
    if (!j->p_position.why)
        tare_buf_printf(out, ", %s", tare_number_p_eq(j->p_position.v, 0, unicode).s);
    tare_buf_printf(out, "), bias %+.1f points", 100 * j->bias);
    put_interval(out, j->bias_ci, 100);
    if (!j->kappa.why)
        tare_buf_printf(out, ", kappa %.3f", j->kappa.v);
    tare_buf_putc(out, '\n');
}

/* Where there are several rules: the one that is kept least; and rules that a model judged. */
static void put_rules(struct tare_buf *out, const struct tare_drift_report *r,
                      const struct tare_drift_row *row)
{
    uint32_t least = UINT32_MAX, judged = 0;
    for (uint32_t k = 0; k < r->n_rules; k++) {
        judged += r->rule[k].judged && row->rule[k].n;
        if (row->rule[k].n && (least == UINT32_MAX || rate(row->rule[k]) < rate(row->rule[least])))
            least = k;
    }
    if (r->n_rules > 1 && least != UINT32_MAX && rate(row->rule[least]) < 1) {
        tare_buf_puts(out, "    kept least: ");
        tare_text_safe(out, r->rule[least].id);
        tare_buf_printf(out, " %.1f %%\n", 100 * rate(row->rule[least]));
    }
    if (judged)
        tare_buf_printf(out, "    %u of the rules %s judged by a model, not by a predicate\n",
                        judged, judged == 1 ? "is" : "are");
}

/* Adherence over the tokens since the rules were stated, where more than one bin is known. */
static void put_since(struct tare_buf *out, const struct tare_drift_row *row)
{
    uint32_t bins = 0, shown = 0;
    for (uint32_t k = 0; k < TARE_DRIFT_BINS; k++)
        bins += row->since[k].n > 0;
    if (bins < 2)
        return;
    tare_buf_puts(out, "    by tokens since the rules:");
    for (uint32_t k = 0; k < TARE_DRIFT_BINS; k++)
        if (row->since[k].n)
            tare_buf_printf(out, "%s from %.0f: %.1f %%", shown++ ? "," : "",
                            tare_drift_bin_from(k), 100 * rate(row->since[k]));
    tare_buf_putc(out, '\n');
}

/* More adherence at the price of accuracy is no win. */
static void put_price(struct tare_buf *out, const struct tare_drift_row *row)
{
    if (!row->auc_ci.why && !row->correct_ci.why && row->auc_ci.lo > 0 && row->correct_ci.hi < 0)
        tare_buf_puts(out, "    gains adherence and loses accuracy: no win\n");
}

static void put_arm(struct tare_buf *out, const struct tare_drift_report *r, uint32_t a,
                    bool unicode)
{
    const struct tare_drift_row *row = &r->arm[a];
    tare_buf_putc(out, '\n');
    tare_text_safe(out, row->arm);
    tare_buf_puts(out, "  ");
    put_curve(out, row, r->turns, unicode);
    tare_buf_printf(out,
                    "\n    adherence %.1f %% (mean over turns), first turn %.1f %%, last %.1f %%",
                    row->auc.why ? (double)NAN : 100 * row->auc.v, 100 * rate(row->adherence[0]),
                    100 * rate(row->adherence[r->turns - 1]));
    if (!row->half_life.why)
        tare_buf_printf(out, ", half-life turn %.0f", row->half_life.v);
    tare_buf_putc(out, '\n');
    if (!row->auc_diff.why) {
        tare_buf_printf(out, "    to the baseline %+.1f points", 100 * row->auc_diff.v);
        put_interval(out, row->auc_ci, 100);
        if (!isnan(row->p))
            tare_buf_printf(out, ", %s, Holm %s", tare_number_p_eq(row->p, 0, unicode).s,
                            tare_number_p(row->p_holm, 0, unicode).s);
        tare_buf_putc(out, '\n');
    }
    if (row->correct.n) {
        tare_buf_printf(out, "    accuracy %.1f %%", 100 * rate(row->correct));
        if (!row->correct_diff.why) {
            tare_buf_printf(out, ", to the baseline %+.1f points", 100 * row->correct_diff.v);
            put_interval(out, row->correct_ci, 100);
        }
        tare_buf_putc(out, '\n');
    }
    put_price(out, row);
    if (!row->tokens.why)
        tare_buf_printf(out, "    %.1f tokens a turn\n", row->tokens.v);
    if (row->guarded.n)
        tare_buf_printf(out, "    with the external guard %.1f %%: not the model's own",
                        100 * rate(row->guarded));
    if (row->prevented.n)
        tare_buf_printf(out, "; %" PRIu64 " of %" PRIu64 " turns with a violation made good",
                        row->prevented.k, row->prevented.n);
    if (row->guarded.n)
        tare_buf_putc(out, '\n');
    put_judge(out, &row->judge, unicode);
    put_failures(out, row);
    put_models(out, row);
    put_rules(out, r, row);
    put_since(out, row);
}

static void put_few_seeds(struct tare_buf *out, const struct tare_drift_report *r)
{
    uint64_t least = r->arm[0].seeds;
    for (uint32_t a = 1; a < r->n_arms; a++)
        least = r->arm[a].seeds < least ? r->arm[a].seeds : least;
    if (least < SEEDS)
        tare_buf_printf(out,
                        "fewer than %d seeds: how much one model varies between attempts is not "
                        "known\n",
                        SEEDS);
}

void tare_view_drift(struct tare_buf *out, const struct tare_drift_report *r,
                     const struct tare_drift_script *script, const struct tare_style *style)
{
    tare_buf_printf(out, "%u arms, %u turns; %.0f %% intervals; differences to ", r->n_arms,
                    r->turns, 100 * r->confidence);
    tare_text_safe(out, r->arm[r->baseline].arm);
    tare_buf_putc(out, '\n');
    if (script)
        tare_buf_printf(out, "known: baseline decays with lambda %.4f, recall with %.4f\n",
                        script->lambda, script->lambda / 3);
    put_few_seeds(out, r);
    for (uint32_t a = 0; a < r->n_arms; a++)
        put_arm(out, r, a, style->unicode);
}

static void doc_members(struct tare_json_writer *w, struct tare_count c)
{
    tare_json_member_u64(w, "k", c.k);
    tare_json_member_u64(w, "n", c.n);
    tare__doc_number(w, "rate", rate(c));
}

static void doc_count(struct tare_json_writer *w, const char *key, struct tare_count c)
{
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    doc_members(w, c);
    tare_json_end_object(w);
}

static void doc_turns(struct tare_json_writer *w, const struct tare_drift_row *row, uint32_t turns)
{
    tare_json_put_key(w, "turns");
    tare_json_begin_array(w);
    for (uint32_t t = 0; t < turns; t++) {
        tare_json_begin_object(w);
        tare_json_member_u64(w, "k", row->adherence[t].k);
        tare_json_member_u64(w, "n", row->adherence[t].n);
        tare__doc_number(w, "adherence", rate(row->adherence[t]));
        tare__doc_interval(w, "interval", row->wilson[t]);
        tare_json_member_f64(w, "survival", row->survival[t]);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void doc_models(struct tare_json_writer *w, const struct tare_drift_row *row)
{
    tare_json_put_key(w, "decay");
    tare_json_begin_object(w);
    tare__doc_value(w, "lambda", row->decay.lambda);
    tare__doc_interval(w, "lambda_interval", row->decay.lambda_ci);
    tare__doc_value(w, "p0", row->decay.p0);
    tare__doc_value(w, "p_inf", row->decay.p_inf);
    tare_json_end_object(w);
    tare_json_put_key(w, "slope");
    tare_json_begin_object(w);
    tare__doc_value(w, "turn", row->slope.turn);
    tare__doc_interval(w, "turn_interval", row->slope.turn_ci);
    tare__doc_value(w, "since", row->slope.since);
    tare__doc_interval(w, "since_interval", row->slope.since_ci);
    tare__doc_value(w, "intercept_sd", row->slope.intercept_sd);
    tare_json_end_object(w);
}

static void doc_judge(struct tare_json_writer *w, const struct tare_drift_judge *j)
{
    tare_json_put_key(w, "judge");
    if (j->flips.n == 0) {
        tare_json_put_null(w);
        return;
    }
    tare_json_begin_object(w);
    doc_count(w, "flips", j->flips);
    doc_count(w, "early", j->early);
    doc_count(w, "late", j->late);
    tare__doc_value(w, "p_position", j->p_position);
    tare_json_member_f64(w, "bias", j->bias);
    tare__doc_interval(w, "bias_interval", j->bias_ci);
    tare__doc_value(w, "kappa", j->kappa);
    tare__doc_interval(w, "kappa_interval", j->kappa_ci);
    tare_json_end_object(w);
}

static void doc_rules(struct tare_json_writer *w, const struct tare_drift_report *r,
                      const struct tare_drift_row *row)
{
    tare_json_put_key(w, "rules");
    tare_json_begin_array(w);
    for (uint32_t k = 0; k < r->n_rules; k++) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "rule", r->rule[k].id);
        tare_json_member_bool(w, "judged", r->rule[k].judged);
        doc_members(w, row->rule[k]);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void doc_since(struct tare_json_writer *w, const struct tare_drift_row *row,
                      double confidence)
{
    tare_json_put_key(w, "since");
    tare_json_begin_array(w);
    for (uint32_t k = 0; k < TARE_DRIFT_BINS; k++) {
        if (row->since[k].n == 0)
            continue;
        tare_json_begin_object(w);
        tare_json_member_f64(w, "from", tare_drift_bin_from(k));
        tare__doc_number(w, "to",
                         k + 1 < TARE_DRIFT_BINS ? tare_drift_bin_from(k + 1) : (double)NAN);
        tare_json_member_u64(w, "k", row->since[k].k);
        tare_json_member_u64(w, "n", row->since[k].n);
        tare__doc_number(w, "adherence", rate(row->since[k]));
        tare__doc_interval(w, "interval", tare_wilson(row->since[k], confidence));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void doc_arm(struct tare_json_writer *w, const struct tare_drift_report *r,
                    const struct tare_drift_row *row)
{
    tare_json_begin_object(w);
    tare_json_member_str(w, "arm", row->arm);
    tare_json_member_u64(w, "conversations", row->conversations);
    tare_json_member_u64(w, "runs", row->runs);
    tare_json_member_u64(w, "seeds", row->seeds);
    tare__doc_value(w, "adherence", row->auc);
    tare__doc_value(w, "half_life", row->half_life);
    tare__doc_value(w, "median_first_violation", row->median_first);
    doc_count(w, "recovery", row->recovery);
    tare__doc_value(w, "contagion", row->contagion);
    tare__doc_value(w, "seed_sd", row->seed_sd);
    tare__doc_value(w, "paraphrase_sd", row->paraphrase_sd);
    tare__doc_value(w, "position_sd", row->position_sd);
    tare__doc_value(w, "aptitude_p90", row->p90);
    tare__doc_value(w, "unreliability", row->spread);
    doc_count(w, "correct", row->correct);
    doc_count(w, "guarded", row->guarded);
    doc_count(w, "prevented", row->prevented);
    tare__doc_value(w, "tokens", row->tokens);
    doc_judge(w, &row->judge);
    doc_models(w, row);
    tare__doc_value(w, "difference", row->auc_diff);
    tare__doc_interval(w, "difference_interval", row->auc_ci);
    tare__doc_number(w, "p", row->p);
    tare__doc_number(w, "p_holm", row->p_holm);
    tare__doc_value(w, "correct_difference", row->correct_diff);
    tare__doc_interval(w, "correct_difference_interval", row->correct_ci);
    doc_rules(w, r, row);
    doc_since(w, row, r->confidence);
    doc_turns(w, row, r->turns);
    tare_json_end_object(w);
}

void tare_doc_drift(struct tare_json_writer *w, const struct tare_drift_report *r)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.experiment-drift/1");
    tare_json_member_cstr(w, "method_version", "2");
    tare_json_member_str(w, "baseline", r->arm[r->baseline].arm);
    tare_json_member_f64(w, "confidence", r->confidence);
    tare_json_put_key(w, "arms");
    tare_json_begin_array(w);
    for (uint32_t a = 0; a < r->n_arms; a++)
        doc_arm(w, r, &r->arm[a]);
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static void doc_row(struct tare_buf *out, const struct tare_drift_recordings *r,
                    const struct tare_drift_run *run, uint32_t turn, uint32_t rule)
{
    struct tare_json_writer w;
    uint8_t outcome = run->pass[(size_t)turn * run->n_rules + rule];
    if (outcome == TARE_DRIFT_NA || run->rule_no[rule] >= r->n_rules)
        return;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "conversation", run->conversation);
    tare_json_member_u64(&w, "turn", turn + 1);
    tare_json_member_str(&w, "rule", r->rule[run->rule_no[rule]].id);
    tare_json_put_key(&w, "seed");
    tare_json_put_i64(&w, run->seed);
    tare_json_member_str(&w, "arm", r->arm[run->arm]);
    tare_json_member_bool(&w, "kept", outcome == TARE_DRIFT_PASS);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

void tare_doc_drift_rows(struct tare_buf *out, const struct tare_drift_recordings *r)
{
    for (size_t i = 0; i < r->n; i++)
        for (uint32_t t = 0; t < r->v[i].n_turns; t++)
            for (uint32_t k = 0; k < r->v[i].n_rules; k++)
                doc_row(out, r, &r->v[i], t, k);
}
