#include <inttypes.h>
#include <math.h>

#include "stats/proportion.h"
#include "text/width.h"
#include "view/lab.h"
#include "view/lab_int.h"
#include "view/number.h"

#include "base/banned.h"

#define SEEDS 3 /* attempts that a comparison of regimes should rest on */

void tare__doc_number(struct tare_json_writer *w, const char *key, double x)
{
    if (isnan(x)) {
        tare_json_put_key(w, key);
        tare_json_put_null(w);
    } else {
        tare_json_member_f64(w, key, x);
    }
}

void tare__doc_value(struct tare_json_writer *w, const char *key, struct tare_value v)
{
    tare__doc_number(w, key, v.why ? (double)NAN : v.v);
}

void tare__doc_interval(struct tare_json_writer *w, const char *key, struct tare_interval i)
{
    tare_json_put_key(w, key);
    if (i.why) {
        tare_json_put_null(w);
        return;
    }
    tare_json_begin_array(w);
    tare_json_put_f64(w, i.lo);
    tare_json_put_f64(w, i.hi);
    tare_json_end_array(w);
}

static double rate_of(const struct tare_tools_share *s)
{
    return s->n ? (double)s->k / (double)s->n : (double)NAN;
}

/* Whether something was asked for again; else first_try_ok is success. */
static bool retried(const struct tare_tools_report *r)
{
    uint64_t n = 0;
    for (int a = 0; a < TARE_TOOLS_ARMS; a++)
        n += r->arm[a].retries.tries;
    return n > 0;
}

static bool seen(const struct tare_tools_report *r, int rate)
{
    if (rate == TARE_RATE_FIRST_TRY)
        return retried(r);
    for (int a = 0; a < TARE_TOOLS_ARMS; a++)
        if (r->arm[a].rate[rate].n)
            return true;
    return false;
}

static void put_share(struct tare_buf *out, const struct tare_tools_share *s, double known)
{
    tare_buf_printf(out, "%6.1f %%  [%.1f, %.1f]  %" PRIu64 " of %" PRIu64, 100 * rate_of(s),
                    100 * s->wilson.lo, 100 * s->wilson.hi, s->k, s->n);
    if (!isnan(known))
        tare_buf_printf(out, "  known %.1f, %s", 100 * known,
                        known >= s->wilson.lo && known <= s->wilson.hi ? "covered" : "NOT covered");
}

static void put_difference(struct tare_buf *out, const struct tare_tools_share *s, bool unicode)
{
    if (s->diff.why || (s->diff.v == 0 && s->diff_ci.why)) /* nothing apart: no line for it */
        return;
    tare_buf_printf(out, "\n    %-18s%+6.1f points", "", 100 * s->diff.v);
    if (!s->diff_ci.why)
        tare_buf_printf(out, " [%+.1f, %+.1f]", 100 * s->diff_ci.lo, 100 * s->diff_ci.hi);
    if (!isnan(s->p))
        tare_buf_printf(out, ", %s, Holm %s", tare_number_p_eq(s->p, 0, unicode).s,
                        tare_number_p(s->p_holm, 0, unicode).s);
}

/* Where the 95th of a hundred messages is beyond it, a limit will soon cut a call. */
static bool short_of_tokens(const struct tare_tools_row *row)
{
    return row->near * 20 > row->limited;
}

static void put_costs(struct tare_buf *out, const struct tare_tools_report *r)
{
    tare_buf_puts(out, "\ncosts of an episode\n");
    for (int a = 0; a < TARE_TOOLS_ARMS; a++) {
        const struct tare_tools_row *row = &r->arm[a];
        tare_buf_printf(out, "    %-18s", tare_tools_arm_name((enum tare_tools_arm)a));
        if (row->tokens.why && row->ms.why)
            tare_buf_puts(out, "not recorded");
        if (!row->tokens.why)
            tare_buf_printf(out, "%.1f tokens", row->tokens.v);
        if (!row->tokens_ratio.why)
            tare_buf_printf(out, " (x %.3f)", row->tokens_ratio.v);
        if (!row->ms.why)
            tare_buf_printf(out, "  %.1f ms", row->ms.v);
        if (!row->ms_ratio.why)
            tare_buf_printf(out, " (x %.3f)", row->ms_ratio.v);
        if (!row->first_ms.why)
            tare_buf_printf(out, "  first byte after %.1f ms", row->first_ms.v);
        if (!row->success_tokens.why)
            tare_buf_printf(out, "  %.1f tokens a success", row->success_tokens.v);
        if (!row->mass_mean.why)
            tare_buf_printf(out, "  mass allowed %.3f, least %.3f", row->mass_mean.v,
                            row->mass_min.v);
        tare_buf_putc(out, '\n');
        if (short_of_tokens(row))
            tare_buf_printf(out,
                            "    %-18s%" PRIu64 " of %" PRIu64
                            " messages took more than %.0f %% of their tokens: raise the limit\n",
                            "", row->near, row->limited, 100 * TARE_TOOLS_NEAR);
    }
}

static void put_arms(struct tare_buf *out, const struct tare_tools_report *r)
{
    tare_buf_puts(out, "arms\n");
    for (int a = 0; a < TARE_TOOLS_ARMS; a++) {
        const struct tare_tools_row *row = &r->arm[a];
        tare_buf_printf(out, "    %-18s%s", tare_tools_arm_name((enum tare_tools_arm)a),
                        a < TARE_ARM_REQUIRED ? "free decoding, read again"
                        : row->recorded       ? "recorded"
                                              : "replayed from free decoding");
        if (row->broken)
            tare_buf_printf(out,
                            "; NOT as promised in %" PRIu64 " of %" PRIu64
                            " messages: the server did not enforce it",
                            row->broken, row->promised);
        if (row->unknown)
            tare_buf_printf(out, "; unknown for %" PRIu64 ", where it would have interfered",
                            row->unknown);
        if (row->missing)
            tare_buf_printf(out, "; %" PRIu64 " missing", row->missing);
        if (!row->seed_sd.why)
            tare_buf_printf(out, "; success varies by %.1f points over seeds",
                            100 * row->seed_sd.v);
        if (!row->mde.why)
            tare_buf_printf(out, "; smallest difference seen %.1f points", 100 * row->mde.v);
        tare_buf_putc(out, '\n');
    }
}

static void put_retries(struct tare_buf *out, const struct tare_tools_report *r)
{
    tare_buf_puts(out, "\nasked again\n");
    for (int a = 0; a < TARE_TOOLS_ARMS; a++) {
        const struct tare_tools_retries *t = &r->arm[a].retries;
        tare_buf_printf(out,
                        "    %-18s%" PRIu64 " episodes, %" PRIu64 " recovered; %" PRIu64
                        " more tries, %.0f tokens, %.0f ms",
                        tare_tools_arm_name((enum tare_tools_arm)a), t->episodes, t->recovered,
                        t->tries, t->tokens, t->ms);
        if (t->repaired)
            tare_buf_printf(out, "; %" PRIu64 " saved by a repair alone", t->repaired);
        tare_buf_putc(out, '\n');
    }
}

static void put_factors(struct tare_buf *out, const struct tare_tools_report *r)
{
    tare_buf_puts(out, "\nsuccess by factor\n");
    for (uint32_t i = 0; i < r->n_factors; i++) {
        tare_buf_puts(out, "    ");
        tare_text_safe(out, r->factor[i].name);
        tare_buf_putc(out, '\n');
        for (int a = 0; a < TARE_TOOLS_ARMS; a++) {
            struct tare_count c = {r->factor[i].arm[a].k, r->factor[i].arm[a].n};
            struct tare_interval ci = tare_wilson(c, r->confidence);
            if (c.n)
                tare_buf_printf(
                    out, "    %-18s%6.1f %%  [%.1f, %.1f]  %" PRIu64 " of %" PRIu64 "\n",
                    tare_tools_arm_name((enum tare_tools_arm)a), 100 * (double)c.k / (double)c.n,
                    100 * ci.lo, 100 * ci.hi, c.k, c.n);
        }
    }
}

static void put_rules(struct tare_buf *out, const struct tare_tools_report *r)
{
    tare_buf_puts(out, "\norder rules\n");
    for (uint32_t i = 0; i < r->n_rules; i++) {
        tare_buf_puts(out, "    ");
        tare_text_safe(out, r->rule[i].says);
        tare_buf_putc(out, '\n');
        for (int a = 0; a < TARE_TOOLS_ARMS; a++)
            tare_buf_printf(
                out, "    %-18sbroken in %" PRIu64 " of %" PRIu64 " episodes, %" PRIu64 " times\n",
                tare_tools_arm_name((enum tare_tools_arm)a), r->rule[i].arm[a].broken,
                r->rule[i].arm[a].episodes, r->rule[i].arm[a].breaches);
    }
    tare_buf_puts(out, "    violations per 100 calls:");
    for (int a = 0; a < TARE_TOOLS_ARMS; a++)
        if (r->arm[a].calls)
            tare_buf_printf(out, "%s %s %.1f", a ? "," : "",
                            tare_tools_arm_name((enum tare_tools_arm)a),
                            100 * (double)r->arm[a].breaches / (double)r->arm[a].calls);
    tare_buf_putc(out, '\n');
}

static void put_masked(struct tare_buf *out, const struct tare_tools_report *r)
{
    const struct tare_tools_mask_times *t = &r->times;
    tare_buf_puts(out, "\nmasks over the texts\n");
    for (int a = TARE_ARM_CONSTRAINED; a < TARE_TOOLS_ARMS; a++) {
        const struct tare_tools_masked *m = &r->arm[a].masked;
        tare_buf_printf(out, "    %-18s", tare_tools_arm_name((enum tare_tools_arm)a));
        tare_buf_printf(out, "%" PRIu64 " of %" PRIu64 " messages would have been changed",
                        m->changed, m->messages);
        if (m->unenforced)
            tare_buf_printf(out, "; %" PRIu64 " more cannot be masked", m->unenforced);
        if (m->tokens)
            tare_buf_printf(out, "; %" PRIu64 " tokens, %.1f %% forced", m->tokens,
                            100 * (double)m->forced / (double)m->tokens);
        tare_buf_putc(out, '\n');
    }
    if (t->timed && t->compiled)
        tare_buf_printf(out,
                        "    %" PRIu64 " envelopes compiled in %.2f ms (slowest %.2f); a mask %.2f "
                        "us (p99 %.1f)\n",
                        t->compiled, t->compile_ms, t->compile_max_ms, t->mask_p50_us,
                        t->mask_p99_us);
}

void tare_view_tools(struct tare_buf *out, const struct tare_tools_report *r,
                     const struct tare_tools_script *script, const struct tare_style *style)
{
    tare_buf_printf(out,
                    "%" PRIu64 " episodes, %" PRIu64 " workflows, %" PRIu64
                    " seeds; %.0f %% intervals; differences to %s\n\n",
                    r->pairs, r->workflows, r->seeds, 100 * r->confidence,
                    tare_tools_arm_name(r->baseline));
    put_arms(out, r);
    if (r->seeds < SEEDS)
        tare_buf_printf(out,
                        "    fewer than %d seeds: how much one model varies between attempts is "
                        "not known\n",
                        SEEDS);
    for (int k = 0; k < TARE_TOOLS_RATES; k++) {
        if (!seen(r, k))
            continue;
        tare_buf_printf(out, "\n%s\n", tare_tools_rate_name((enum tare_tools_rate)k));
        for (int a = 0; a < TARE_TOOLS_ARMS; a++) {
            const struct tare_tools_share *s = &r->arm[a].rate[k];
            double known = script ? tare_tools_script_rate(script, (enum tare_tools_arm)a,
                                                           (enum tare_tools_rate)k)
                                  : (double)NAN;
            tare_buf_printf(out, "    %-18s", tare_tools_arm_name((enum tare_tools_arm)a));
            if (s->n) {
                put_share(out, s, known);
                put_difference(out, s, style->unicode);
            } else {
                tare_buf_puts(out, "   none");
            }
            tare_buf_putc(out, '\n');
        }
    }
    if (retried(r))
        put_retries(out, r);
    if (r->n_factors)
        put_factors(out, r);
    if (r->n_rules)
        put_rules(out, r);
    put_costs(out, r);
    if (r->masks)
        put_masked(out, r);
}

static void doc_share(struct tare_json_writer *w, enum tare_tools_rate k,
                      const struct tare_tools_share *s, double known)
{
    tare_json_put_key(w, tare_tools_rate_name(k));
    tare_json_begin_object(w);
    tare_json_member_u64(w, "k", s->k);
    tare_json_member_u64(w, "n", s->n);
    tare__doc_number(w, "rate", rate_of(s));
    tare__doc_interval(w, "interval", s->wilson);
    tare__doc_value(w, "difference", s->diff);
    tare__doc_interval(w, "difference_interval", s->diff_ci);
    tare__doc_number(w, "p", s->p);
    tare__doc_number(w, "p_holm", s->p_holm);
    tare__doc_number(w, "p_mcnemar", s->p_mcnemar);
    tare__doc_number(w, "known", known);
    tare_json_end_object(w);
}

static void doc_masked(struct tare_json_writer *w, const struct tare_tools_masked *m)
{
    tare_json_put_key(w, "masked");
    tare_json_begin_object(w);
    tare_json_member_u64(w, "messages", m->messages);
    tare_json_member_u64(w, "changed", m->changed);
    tare_json_member_u64(w, "unenforced", m->unenforced);
    tare_json_member_u64(w, "tokens", m->tokens);
    tare_json_member_u64(w, "forced", m->forced);
    tare_json_end_object(w);
}

static void doc_retries(struct tare_json_writer *w, const struct tare_tools_retries *t)
{
    tare_json_put_key(w, "retries");
    tare_json_begin_object(w);
    tare_json_member_u64(w, "episodes", t->episodes);
    tare_json_member_u64(w, "tries", t->tries);
    tare_json_put_key(w, "recovered_by");
    tare_json_begin_object(w);
    tare_json_member_u64(w, "retry", t->recovered);
    tare_json_member_u64(w, "repair", t->repaired);
    tare_json_end_object(w);
    tare_json_member_f64(w, "tokens", t->tokens);
    tare_json_member_f64(w, "ms", t->ms);
    tare_json_end_object(w);
}

static void doc_factors(struct tare_json_writer *w, const struct tare_tools_report *r)
{
    tare_json_put_key(w, "factors");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_factors; i++) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "factor", r->factor[i].name);
        tare_json_put_key(w, "success");
        tare_json_begin_object(w);
        for (int a = 0; a < TARE_TOOLS_ARMS; a++) {
            struct tare_count c = {r->factor[i].arm[a].k, r->factor[i].arm[a].n};
            tare_json_put_key(w, tare_tools_arm_name((enum tare_tools_arm)a));
            tare_json_begin_object(w);
            tare_json_member_u64(w, "k", c.k);
            tare_json_member_u64(w, "n", c.n);
            tare__doc_interval(w, "interval", tare_wilson(c, r->confidence));
            tare_json_end_object(w);
        }
        tare_json_end_object(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void doc_rules(struct tare_json_writer *w, const struct tare_tools_report *r)
{
    tare_json_put_key(w, "rules");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n_rules; i++) {
        tare_json_begin_object(w);
        tare_json_member_str(w, "rule", r->rule[i].says);
        tare_json_put_key(w, "arms");
        tare_json_begin_object(w);
        for (int a = 0; a < TARE_TOOLS_ARMS; a++) {
            tare_json_put_key(w, tare_tools_arm_name((enum tare_tools_arm)a));
            tare_json_begin_object(w);
            tare_json_member_u64(w, "episodes", r->rule[i].arm[a].episodes);
            tare_json_member_u64(w, "broken", r->rule[i].arm[a].broken);
            tare_json_member_u64(w, "violations", r->rule[i].arm[a].breaches);
            tare_json_end_object(w);
        }
        tare_json_end_object(w);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void doc_times(struct tare_json_writer *w, const struct tare_tools_mask_times *t)
{
    tare_json_put_key(w, "masks");
    tare_json_begin_object(w);
    tare_json_member_u64(w, "compiled", t->compiled);
    tare_json_member_f64(w, "compile_ms", t->compile_ms);
    tare_json_member_f64(w, "compile_max_ms", t->compile_max_ms);
    tare_json_member_f64(w, "mask_p50_us", t->mask_p50_us);
    tare_json_member_f64(w, "mask_p99_us", t->mask_p99_us);
    tare_json_member_f64(w, "accept_p50_us", t->accept_p50_us);
    tare_json_end_object(w);
}

static void doc_arm(struct tare_json_writer *w, enum tare_tools_arm a,
                    const struct tare_tools_row *row, bool masks,
                    const struct tare_tools_script *script)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "arm", tare_tools_arm_name(a));
    tare_json_member_cstr(w, "from", row->recorded ? "recorded" : "replayed");
    tare_json_member_u64(w, "episodes", row->episodes);
    tare_json_member_u64(w, "missing", row->missing);
    tare_json_member_u64(w, "unknown", row->unknown);
    if (row->recorded && a >= TARE_ARM_REQUIRED) {
        tare_json_put_key(w, "promise");
        tare_json_begin_object(w);
        tare_json_member_u64(w, "messages", row->promised);
        tare_json_member_u64(w, "broken", row->broken);
        tare_json_end_object(w);
    }
    tare_json_put_key(w, "rates");
    tare_json_begin_object(w);
    for (int k = 0; k < TARE_TOOLS_RATES; k++)
        doc_share(w, (enum tare_tools_rate)k, &row->rate[k],
                  script ? tare_tools_script_rate(script, a, (enum tare_tools_rate)k)
                         : (double)NAN);
    tare_json_end_object(w);
    doc_retries(w, &row->retries);
    tare__doc_number(w, "violations_per_100_calls",
                     row->calls ? 100 * (double)row->breaches / (double)row->calls : (double)NAN);
    tare__doc_value(w, "seed_sd", row->seed_sd);
    tare__doc_value(w, "tokens", row->tokens);
    tare__doc_value(w, "tokens_ratio", row->tokens_ratio);
    tare__doc_interval(w, "tokens_ratio_interval", row->tokens_ci);
    tare__doc_value(w, "ms", row->ms);
    tare__doc_value(w, "ms_ratio", row->ms_ratio);
    tare__doc_interval(w, "ms_ratio_interval", row->ms_ci);
    tare_json_put_key(w, "headroom");
    tare_json_begin_object(w);
    tare_json_member_u64(w, "messages", row->limited);
    tare_json_member_u64(w, "near", row->near);
    tare_json_end_object(w);
    tare__doc_value(w, "first_ms", row->first_ms);
    tare__doc_value(w, "success_tokens", row->success_tokens);
    tare__doc_interval(w, "success_tokens_interval", row->success_tokens_ci);
    tare__doc_value(w, "success_ms", row->success_ms);
    tare__doc_interval(w, "success_ms_interval", row->success_ms_ci);
    tare__doc_value(w, "mass_allowed", row->mass_mean);
    tare__doc_value(w, "mass_allowed_min", row->mass_min);
    tare__doc_value(w, "smallest_difference", row->mde);
    if (masks && a >= TARE_ARM_CONSTRAINED)
        doc_masked(w, &row->masked);
    tare_json_end_object(w);
}

void tare_doc_tools(struct tare_json_writer *w, const struct tare_tools_report *r,
                    const struct tare_tools_script *script)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.experiment-tools/1");
    tare_json_member_cstr(w, "method_version", "2");
    tare_json_member_cstr(w, "baseline", tare_tools_arm_name(r->baseline));
    tare_json_member_f64(w, "confidence", r->confidence);
    tare_json_member_u64(w, "episodes", r->pairs);
    tare_json_member_u64(w, "workflows", r->workflows);
    tare_json_member_u64(w, "seeds", r->seeds);
    doc_factors(w, r);
    doc_rules(w, r);
    if (r->masks)
        doc_times(w, &r->times);
    tare_json_put_key(w, "arms");
    tare_json_begin_array(w);
    for (int a = 0; a < TARE_TOOLS_ARMS; a++)
        doc_arm(w, (enum tare_tools_arm)a, &r->arm[a], r->masks, script);
    tare_json_end_array(w);
    tare_json_end_object(w);
}
