#include <math.h>

#include "view/compare_text.h"
#include "view/doc.h"
#include "view/identity.h"
#include "view/labels.h"
#include "view/term.h"

#include "base/banned.h"

#define MAX_DIST_POINTS 1001u

static void key_interval(struct tare_json_writer *w, const char *key, struct tare_interval ci)
{
    tare_json_put_key(w, key);
    if (ci.why) {
        tare_json_put_null(w);
        return;
    }
    tare_json_begin_array(w);
    tare_json_put_f64(w, ci.lo);
    tare_json_put_f64(w, ci.hi);
    tare_json_end_array(w);
}

static void key_value(struct tare_json_writer *w, const char *key, struct tare_value v)
{
    tare_json_member_f64(w, key, v.why ? (double)NAN : v.v);
}

static void key_digest(struct tare_json_writer *w, const char *key, struct tare_digest d, bool has)
{
    char hex[65];
    tare_digest_hex(d, hex);
    tare_json_member_cstr(w, key, has ? hex : NULL);
}

/* Lines of text as an array of strings. */
static void key_lines(struct tare_json_writer *w, const char *key, const struct tare_buf *lines)
{
    tare_json_put_key(w, key);
    tare_json_begin_array(w);
    for (size_t at = 0; at < lines->n;) {
        const char *end = memchr(lines->p + at, '\n', lines->n - at);
        size_t stop = end ? (size_t)(end - lines->p) : lines->n;
        tare_json_put_str(w, tare_str_n(lines->p + at, stop - at));
        at = stop + 1;
    }
    tare_json_end_array(w);
}

static void put_side(struct tare_json_writer *w, const char *key, const struct tare_side *s)
{
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    tare_json_member_str(w, "name", s->name);
    tare_json_member_str(w, "run", s->id);
    tare_json_member_str(w, "address", s->address);
    tare_json_member_cstr(w, "kind", s->kind == TARE_ROW_CONTROL ? "control" : "run");
    tare_json_member_str(w, "suite", s->suite);
    tare_json_member_str(w, "version", s->version);
    key_digest(w, "suite_digest", s->digest, s->has_digest);
    tare_json_member_u64(w, "k", s->k);
    tare_json_member_bool(w, "finished", s->finished);
    tare_json_member_u64(w, "tasks_only", s->tasks_only);
    tare_json_member_u64(w, "tasks_missing", s->tasks_missing);
    tare_json_member_u64(w, "tasks_not_applicable", s->tasks_na);
    tare_json_member_u64(w, "attempts_missing", s->attempts_missing);
    tare_json_end_object(w);
}

static void put_metric(struct tare_json_writer *w, const struct tare_metric *m)
{
    static const char *const how[] = {"mean", "ratio_of_sums", "median"};
    tare_json_put_key(w, "metric");
    tare_json_begin_object(w);
    tare_json_member_str(w, "name", m->name);
    tare_json_member_str(w, "title", m->title);
    tare_json_put_key(w, "unit");
    tare_json_put_str(w, m->unit);
    tare_json_member_cstr(w, "better", m->direction == TARE_LOWER_BETTER ? "lower" : "higher");
    tare_json_member_cstr(w, "aggregation", how[m->aggregation]);
    tare_json_member_f64(w, "min", m->min);
    tare_json_member_f64(w, "max", m->max);
    tare_json_end_object(w);
}

static void put_evidence(struct tare_json_writer *w, const struct tare_compare *c)
{
    static const char *const adjust[] = {[TARE_CORRECT_HOLM] = "holm",
                                         [TARE_CORRECT_ROMANO_WOLF] = "romano-wolf",
                                         [TARE_CORRECT_NONE] = "none"};
    const struct tare_evidence *e = &c->ev;
    tare_json_member_u64(w, "n", e->n);
    tare_json_member_u64(w, "wins", e->wins);
    tare_json_member_u64(w, "losses", e->losses);
    tare_json_member_u64(w, "ties", e->ties);
    tare_json_member_f64(w, "mean_a", e->mean_a);
    tare_json_member_f64(w, "mean_b", e->mean_b);
    tare_json_member_f64(w, "estimate", e->diff);
    key_interval(w, "ci", e->ci);
    tare_json_member_f64(w, "level", 1 - c->alpha);
    tare_json_member_cstr(w, "ci_method", e->ci_method);
    key_interval(w, "ci_narrow", e->ci_narrow);
    key_interval(w, "ci_bootstrap", e->boot);
    tare_json_member_f64(w, "p", c->p_adjusted);
    tare_json_member_f64(w, "p_raw", e->p);
    tare_json_member_cstr(w, "sides", "two-sided");
    tare_json_member_u64(w, "family", c->family);
    tare_json_member_cstr(w, "adjust", c->family > 1 ? adjust[c->correct] : "none");
    tare_json_member_cstr(w, "method", e->p_method);
    tare_json_member_cstr(w, "design", tare__design_name(e->design));
    tare_json_member_f64(w, "step", e->step > 0 ? e->step : (double)NAN);
    tare_json_member_f64(w, "discordance", e->n ? e->discordance : (double)NAN);
    tare_json_member_f64(w, "sd", e->sd);
    key_value(w, "mde80", e->mde);
    tare_json_member_f64(w, "power", c->power);
    key_value(w, "n_for_margin",
              e->n_for_margin.why ? e->n_for_margin : tare_value(ceil(e->n_for_margin.v)));
    key_value(w, "attempts_for_margin",
              e->k_for_margin.why ? e->k_for_margin : tare_value(ceil(e->k_for_margin.v)));
    key_value(w, "n_beyond_margin",
              e->n_beyond_margin.why ? e->n_beyond_margin : tare_value(ceil(e->n_beyond_margin.v)));
    key_value(w, "attempts_beyond_margin",
              e->k_beyond_margin.why ? e->k_beyond_margin : tare_value(ceil(e->k_beyond_margin.v)));
    tare_json_put_key(w, "resamples");
    tare_json_begin_object(w);
    tare_json_member_u64(w, "interval", e->resamples);
    tare_json_member_u64(w, "test", e->test_resamples);
    tare_json_member_u64(w, "correction", c->correct_resamples);
    tare_json_member_u64(w, "seed", c->seed);
    tare_json_end_object(w);
}

static void put_margin(struct tare_json_writer *w, const struct tare_compare *c)
{
    static const char *const sources[] = {NULL, "flag", "suite"};
    tare_json_member_f64(w, "margin", c->margin);
    tare_json_member_cstr(w, "margin_source", sources[c->margin_source]);
    key_digest(w, "margin_suite", c->margin_suite, c->margin_source == TARE_MARGIN_SUITE);
    tare_json_member_bool(w, "post_hoc", c->margin_post_hoc);
}

/* Resampled differences: on a lattice of means as they are (neighbours joined where there are very
 * many), else as a histogram. */
static void put_dist(struct tare_json_writer *w, const struct tare_compare *c)
{
    tare_json_put_key(w, "dist");
    const struct tare_lattice_dist *d = &c->dist;
    if (d->n_points == 0 && c->n_histogram == 0) {
        tare_json_put_null(w);
        return;
    }
    tare_json_begin_object(w);
    size_t lo = 0, hi = d->n_points, join = 1;
    while (lo < hi && d->pmf[lo] < 1e-9)
        lo++;
    while (hi > lo && d->pmf[hi - 1] < 1e-9)
        hi--;
    while ((hi - lo) / join > MAX_DIST_POINTS)
        join++;
    double unit = d->n_points ? d->step / (double)d->n : 0;
    if (d->n_points) {
        tare_json_member_f64(w, "lattice", unit * (double)join);
        tare_json_member_f64(w, "from", ((double)d->lo + (double)lo) * unit);
    } else {
        tare_json_member_f64(w, "lattice", c->histogram_cell);
        tare_json_member_f64(w, "from", c->histogram_lo);
    }
    tare_json_member_bool(w, "exact", d->n_points > 0);
    tare_json_put_key(w, "p");
    tare_json_begin_array(w);
    for (size_t i = lo; i < hi; i += join) {
        double sum = 0;
        for (size_t k = i; k < i + join && k < hi; k++)
            sum += d->pmf[k];
        tare_json_put_f64(w, sum);
    }
    for (uint32_t i = 0; i < c->n_histogram; i++)
        tare_json_put_f64(w, c->histogram[i]);
    tare_json_end_array(w);
    tare_json_end_object(w);
}

/* A column of the pairs. */
static void put_pairs(struct tare_json_writer *w, const struct tare_compare *c)
{
    struct tare_buf cells;
    tare_buf_init(&cells, NULL, (size_t)c->n_pairs + 16);
    tare_json_put_key(w, "pairs");
    tare_json_begin_object(w);
    tare_json_put_key(w, "task");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c->n_pairs; i++) {
        tare_json_put_str(w, c->pairs[i].task);
        tare_buf_putc(&cells, c->pairs[i].cell);
    }
    tare_json_end_array(w);
    static const char *const names[] = {"a", "b", "d", "k_a", "k_b"};
    for (int column = 0; column < 5; column++) {
        tare_json_put_key(w, names[column]);
        tare_json_begin_array(w);
        for (uint32_t i = 0; i < c->n_pairs; i++) {
            const struct tare_pair *p = &c->pairs[i];
            const double values[] = {p->a, p->b, p->diff};
            if (column < 3)
                tare_json_put_f64(w, values[column]);
            else
                tare_json_put_u64(w, column == 3 ? p->k_a : p->k_b);
        }
        tare_json_end_array(w);
    }
    tare_json_put_key(w, "cell");
    tare_json_put_str(w, tare_buf_str(&cells));
    tare_json_end_object(w);
    tare_buf_free(&cells);
}

static void put_spend(struct tare_json_writer *w, const struct tare_compare *c)
{
    tare_json_put_key(w, "spend");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c->n_spend; i++) {
        const struct tare_spend *s = &c->spend[i];
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "name", s->name);
        tare_json_member_u64(w, "n", s->n);
        tare_json_member_u64(w, "unknown", s->unknown);
        tare_json_member_f64(w, "a", s->a);
        tare_json_member_f64(w, "b", s->b);
        tare_json_member_f64(w, "estimate", s->diff);
        key_interval(w, "ci", s->ci);
        tare_json_member_cstr(w, "ci_method", s->ci_method);
        tare_json_member_u64(w, "resamples", s->resamples);
        tare_json_member_cstr(w, "reason", s->why ? s->why : s->ci.why);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_changed(struct tare_json_writer *w, const char *key, const struct tare_compare *c,
                        const uint32_t *list, uint32_t n)
{
    tare_json_put_key(w, key);
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n && i < 20; i++)
        tare_json_put_str(w, c->pairs[list[i]].task);
    tare_json_end_array(w);
}

static void put_slices(struct tare_json_writer *w, const struct tare_compare *c)
{
    tare_json_put_key(w, "by");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c->n_slices; i++) {
        const struct tare_slice *s = &c->slices[i];
        tare_json_begin_object(w);
        tare_json_member_str(w, "tag", s->tag);
        tare_json_member_str(w, "name", s->value);
        tare_json_member_u64(w, "n", s->ev.n);
        tare_json_member_f64(w, "a", s->ev.mean_a);
        tare_json_member_f64(w, "b", s->ev.mean_b);
        tare_json_member_u64(w, "w", s->ev.wins);
        tare_json_member_u64(w, "l", s->ev.losses);
        tare_json_member_f64(w, "estimate", s->ev.diff);
        key_interval(w, "ci", s->ev.ci);
        tare_json_member_cstr(w, "ci_method", s->ev.ci_method);
        tare_json_member_f64(w, "p_raw", s->ev.p);
        tare_json_member_f64(w, "p", s->p_adjusted);
        tare_json_member_cstr(w, "verdict", tare_verdict_name(s->verdict));
        put_changed(w, "won", c, s->won, s->n_won);
        put_changed(w, "lost", c, s->lost, s->n_lost);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_readings(struct tare_json_writer *w, const struct tare_compare *c)
{
    tare_json_put_key(w, "readings");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c->n_readings; i++) {
        const struct tare_reading *r = &c->readings[i];
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "if", r->name);
        tare_json_member_u64(w, "n", r->n);
        tare_json_member_f64(w, "estimate", r->diff);
        key_interval(w, "ci", r->ci);
        tare_json_member_f64(w, "p", r->p);
        tare_json_member_cstr(w, "verdict", tare_verdict_name(r->verdict));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_texts(struct tare_json_writer *w, const struct tare_compare *c)
{
    static const struct {
        const char *key;
        int which;
    } lists[] = {{"exclusions", 0}, {"would_change", 1}, {"warnings", 2}, {"explanation", 3}};
    struct tare_buf lines;
    tare_buf_init(&lines, NULL, 256 * 1024);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        tare_buf_reset(&lines);
        if (lists[i].which == 0)
            tare__say_exclusions(&lines, c);
        else if (lists[i].which == 1)
            tare__say_would_change(&lines, c, true);
        else if (lists[i].which == 2)
            tare__say_warnings(&lines, c);
        else
            tare__say_explanation(&lines, c, true);
        key_lines(w, lists[i].key, &lines);
    }
    tare_buf_free(&lines);
}

static void put_verdict(struct tare_json_writer *w, const struct tare_compare *c)
{
    struct tare_buf sentence;
    tare_buf_init(&sentence, NULL, 64 * 1024);
    tare_view_sentence(&sentence, c, true);
    tare_json_member_cstr(w, "verdict", tare_verdict_name(c->out.verdict));
    tare_json_member_cstr(w, "tag", c->out.tag ? tare_tag_name(c->out.tag) : NULL);
    tare_json_member_cstr(w, "reason", c->out.reason ? tare_reason_text(c->out.reason) : NULL);
    tare_json_member_str(w, "sentence", tare_buf_str(&sentence));
    tare_buf_free(&sentence);
}

void tare_doc_compare(struct tare_json_writer *w, const struct tare_compare *c, enum tare_gate gate)
{
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "schema", "tare.compare/1");
    tare_json_member_u64(w, "method_version", c->method_version);
    put_verdict(w, c);
    tare_json_member_str(w, "suite", c->suite);
    tare_json_member_bool(w, "same_suite", c->same_suite);
    put_side(w, "a", &c->a);
    put_side(w, "b", &c->b);
    tare_doc_changes(w, c->a.identity, c->b.identity);
    put_metric(w, &c->metric);
    tare_json_member_cstr(w, "about",
                          c->about == TARE_ABOUT_THESE_TASKS ? "these-tasks" : "new-tasks");
    tare_json_member_bool(w, "sequential", c->sequential);
    tare_json_member_f64(w, "e_value",
                         isnan(c->ev.log_e) ? c->ev.log_e : exp(fmin(c->ev.log_e, 700)));
    put_evidence(w, c);
    put_margin(w, c);
    tare_json_member_u64(w, "n_total", c->n_total);
    tare_json_member_u64(w, "n_dropped", c->n_dropped);
    tare_json_member_u64(w, "tasks_changed", c->tasks_changed);
    tare_json_member_str(w, "cluster", c->ev.clusters ? c->cluster : (struct tare_str){NULL, 0});
    tare_json_member_u64(w, "clusters", c->ev.clusters);
    put_dist(w, c);
    put_pairs(w, c);
    put_slices(w, c);
    put_spend(w, c);
    put_readings(w, c);
    put_texts(w, c);
    tare_json_put_key(w, "notes");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < c->n_notes; i++)
        tare_json_put_str(w, c->notes[i]);
    tare_json_end_array(w);
    if (c->labels) {
        tare_json_put_key(w, "labels");
        tare_json_begin_object(w);
        tare_doc_label_evidence(w, c->labels);
        tare_json_end_object(w);
    }
    tare_json_put_key(w, "gate");
    if (gate == TARE_GATE_NONE) {
        tare_json_put_null(w);
    } else {
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "name", tare_gate_name(gate));
        tare_json_member_bool(w, "passed", tare_gate_passes(gate, c));
        tare_json_end_object(w);
    }
    tare_json_end_object(w);
}
