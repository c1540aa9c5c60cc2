#include "view/labels.h"

#include <inttypes.h>
#include <math.h>

#include "text/width.h"
#include "view/compare_text.h"
#include "view/lab_int.h"
#include "view/paint.h"

#include "base/banned.h"

static const struct tare_scale percent = {100, 1};

static double share(struct tare_count c)
{
    return c.n ? (double)c.k / (double)c.n : (double)NAN;
}

/* "95.0 % [83.1, 99.4], 19 of 20 WHAT", or that it is unknown. */
static void say_count(struct tare_buf *out, struct tare_count c, double level, const char *what)
{
    struct tare_interval ci = tare_wilson(c, level);
    if (c.n == 0) {
        tare_buf_puts(out, "unknown, no such label");
        return;
    }
    tare_buf_printf(out, "%.1f %% [%.1f, %.1f], %" PRIu64 " of %" PRIu64 "%s", 100 * share(c),
                    100 * ci.lo, 100 * ci.hi, c.k, c.n, what);
}

static void say_kappa(struct tare_buf *out, const struct tare_label_side *s)
{
    const struct tare_two_raters *k = &s->kappa;
    if (k->kappa.why) {
        tare_buf_printf(out, "unknown: %s", k->kappa.why);
    } else {
        tare_buf_printf(out, "%.3f", k->kappa.v);
        if (!k->kappa_ci.why)
            tare_buf_printf(out, " [%.3f, %.3f]", k->kappa_ci.lo, k->kappa_ci.hi);
    }
    tare_buf_printf(out, ", agreement %.1f %%", 100 * k->agreement);
}

static void say_corrected(struct tare_buf *out, const struct tare_corrected *r)
{
    if (r->value.why) {
        tare_buf_printf(out, "unknown: %s", r->value.why);
        return;
    }
    tare_buf_printf(out, "%.1f %%", 100 * r->value.v);
    if (r->ci.why)
        tare_buf_printf(out, ", no interval: %s", r->ci.why);
    else
        tare_buf_printf(out, " [%.1f, %.1f]", 100 * r->ci.lo, 100 * r->ci.hi);
}

static void put_side(struct tare_buf *out, const struct tare_label_report *r,
                     const struct tare_label_side *s)
{
    tare_text_safe(out, s->name);
    tare_buf_printf(out, ", %s labelled answer%s\n", tare_number_count(s->n_labels).s,
                    s->n_labels == 1 ? "" : "s");
    tare_buf_puts(out, "    sensitivity  ");
    say_count(out, s->rate.sensitivity, r->level, " good answers passed");
    tare_buf_puts(out, "\n    specificity  ");
    say_count(out, s->rate.specificity, r->level, " bad answers failed");
    tare_buf_puts(out, "\n    kappa        ");
    say_kappa(out, s);
    tare_buf_printf(out, "\n    passed       %.1f %% of all, over %s task%s\n    set right    ",
                    100 * s->rate.rate, tare_number_count(s->rate.tasks).s,
                    s->rate.tasks == 1 ? "" : "s");
    say_corrected(out, &s->rate);
    tare_buf_putc(out, '\n');
}

static void put_minds(struct tare_buf *out, const struct tare_str *v, uint32_t n,
                      const struct tare_style *style, bool *head)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!*head)
            tare_buf_puts(out, "\nMind\n");
        *head = true;
        tare__wrap(out, v[i], 4, (size_t)style->width);
    }
}

void tare_view_labels(struct tare_buf *out, const struct tare_label_report *r,
                      const struct tare_style *style)
{
    bool head = false;
    tare_text_safe(out, r->metric);
    tare_buf_puts(out, " against the labels of ");
    tare_text_safe(out, r->path);
    tare_buf_printf(out, " (%.4g %% intervals)\n", 100 * r->level);
    for (uint32_t i = 0; i < r->n; i++) {
        tare_buf_putc(out, '\n');
        put_side(out, r, &r->sides[i]);
    }
    for (uint32_t i = 0; i < r->n; i++)
        put_minds(out, r->sides[i].warnings, r->sides[i].n_warnings, style, &head);
}

/* ---- documents ---------------------------------------------------------------------------- */

static void doc_count(struct tare_json_writer *w, const char *key, struct tare_count c,
                      double level)
{
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    tare__doc_number(w, "value", share(c));
    tare__doc_interval(w, "interval", c.n ? tare_wilson(c, level) : tare_no_interval("no label"));
    tare_json_member_u64(w, "k", c.k);
    tare_json_member_u64(w, "n", c.n);
    tare_json_end_object(w);
}

static void doc_corrected(struct tare_json_writer *w, const struct tare_corrected *r)
{
    tare__doc_number(w, "raw", r->rate);
    tare__doc_value(w, "corrected", r->value);
    tare__doc_interval(w, "corrected_interval", r->ci);
    tare_json_member_cstr(w, "reason", r->value.why ? r->value.why : r->ci.why);
    tare_json_member_u64(w, "tasks", r->tasks);
}

static void doc_texts(struct tare_json_writer *w, const struct tare_str *v, uint32_t n)
{
    tare_json_put_key(w, "warnings");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++)
        tare_json_put_str(w, v[i]);
    tare_json_end_array(w);
}

/* rate: over all tasks, or over those of a comparison. */
static void doc_side(struct tare_json_writer *w, const struct tare_label_side *s,
                     const struct tare_corrected *rate, double level)
{
    tare_json_begin_object(w);
    tare_json_member_str(w, "solver", s->name);
    tare_json_member_u64(w, "labels", s->n_labels);
    tare_json_member_u64(w, "strangers", s->n_strangers);
    tare_json_member_u64(w, "unscored", s->n_unscored);
    doc_count(w, "sensitivity", rate->sensitivity, level);
    doc_count(w, "specificity", rate->specificity, level);
    tare__doc_value(w, "kappa", s->kappa.kappa);
    tare__doc_interval(w, "kappa_interval", s->kappa.kappa_ci);
    tare__doc_number(w, "agreement", s->kappa.agreement);
    doc_corrected(w, rate);
    doc_texts(w, s->warnings, s->n_warnings);
    tare_json_end_object(w);
}

void tare_doc_labels(struct tare_json_writer *w, const struct tare_label_report *r)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.labels/1");
    tare_json_member_cstr(w, "method_version", "1");
    tare_json_member_str(w, "labels", r->path);
    tare_json_member_str(w, "suite", r->suite);
    tare_json_member_str(w, "metric", r->metric);
    tare_json_member_f64(w, "level", r->level);
    tare_json_put_key(w, "solvers");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < r->n; i++)
        doc_side(w, &r->sides[i], &r->sides[i].rate, r->level);
    tare_json_end_array(w);
    tare_json_end_object(w);
}

void tare_doc_label_evidence(struct tare_json_writer *w, const struct tare_label_evidence *l)
{
    tare_json_member_str(w, "file", l->path);
    tare_json_put_key(w, "a");
    doc_side(w, &l->a, &l->diff.a, l->level);
    tare_json_put_key(w, "b");
    doc_side(w, &l->b, &l->diff.b, l->level);
    tare__doc_value(w, "corrected", l->diff.value);
    tare__doc_interval(w, "corrected_interval", l->diff.ci);
    tare_json_member_cstr(w, "reason", l->diff.value.why ? l->diff.value.why : l->diff.ci.why);
    tare__doc_value(w, "p_sensitivity", l->diff.p_sensitivity);
    tare__doc_value(w, "p_specificity", l->diff.p_specificity);
    doc_texts(w, l->warnings, l->n_warnings);
}

/* ---- beside a comparison ------------------------------------------------------------------ */

static void say_side(struct tare_buf *out, const struct tare_label_side *s,
                     const struct tare_corrected *rate, double level)
{
    tare_text_safe(out, s->name);
    tare_buf_puts(out, ": sensitivity ");
    say_count(out, rate->sensitivity, level, "");
    tare_buf_puts(out, "; specificity ");
    say_count(out, rate->specificity, level, "");
    tare_buf_puts(out, "; kappa ");
    say_kappa(out, s);
    tare_buf_putc(out, '\n');
}

void tare__say_labels(struct tare_buf *out, const struct tare_compare *c, bool unicode)
{
    const struct tare_label_evidence *l = c->labels;
    if (!l)
        return;
    const struct tare_corrected_diff *d = &l->diff;
    say_side(out, &l->a, &d->a, l->level);
    say_side(out, &l->b, &d->b, l->level);
    tare_buf_printf(out, "raw difference %s points",
                    tare_number_diff(c->ev.diff, percent, unicode).s);
    if (!c->ev.ci.why)
        tare_buf_printf(out, " (%s)",
                        tare_number_diff_range(c->ev.ci.lo, c->ev.ci.hi, percent, unicode).s);
    tare_buf_puts(out, "; set right ");
    if (d->value.why) {
        tare_buf_printf(out, "unknown: %s\n", d->value.why);
        return;
    }
    tare_buf_printf(out, "%s points", tare_number_diff(d->value.v, percent, unicode).s);
    if (d->ci.why)
        tare_buf_printf(out, " (no interval: %s)\n", d->ci.why);
    else
        tare_buf_printf(out, " (Rogan-Gladen %.4g %% interval %s)\n", 100 * l->level,
                        tare_number_diff_range(d->ci.lo, d->ci.hi, percent, unicode).s);
}
