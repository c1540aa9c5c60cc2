#include <math.h>

#include "record/query.h"
#include "view/doc.h"

#include "base/banned.h"

void tare_doc_cell(struct tare_json_writer *w, const struct tare_metric *m,
                   const struct tare_board_cell *cell, double level)
{
    static const char *const better[] = {"lower", NULL, "higher"};
    bool ci = !cell->ci.why;
    tare_json_begin_object(w);
    tare_json_member_f64(w, "value", cell->value);
    tare_json_member_f64(w, "lo", ci ? cell->ci.lo : (double)NAN);
    tare_json_member_f64(w, "hi", ci ? cell->ci.hi : (double)NAN);
    tare_json_member_f64(w, "level", level);
    tare_json_member_cstr(w, "method", ci ? cell->method : NULL);
    tare_json_member_cstr(w, "why", cell->why ? cell->why : cell->ci.why);
    tare_json_member_u64(w, "n", cell->n);
    tare_json_member_cstr(w, "better", better[m->direction + 1]);
    tare_json_end_object(w);
}

static void put_rank(struct tare_json_writer *w, const struct tare_board_row *row)
{
    tare_json_put_key(w, "rank");
    if (row->rank_lo == 0) {
        tare_json_put_null(w);
        return;
    }
    tare_json_begin_array(w);
    tare_json_put_u64(w, row->rank_lo);
    tare_json_put_u64(w, row->rank_hi);
    tare_json_end_array(w);
}

static void put_class(struct tare_json_writer *w, const struct tare_board *b,
                      const struct tare_board_row *row)
{
    const struct tare_classes *c = b->classes;
    bool has = c && row->class_level >= 0;
    tare_json_member_str(w, "class", has ? c->level[row->class_level] : TARE_S(""));
    tare_json_put_key(w, "limiting");
    tare_json_begin_array(w);
    for (uint32_t i = 0; has && i < c->n_rules && i < 32; i++)
        if (row->limiting >> i & 1u)
            tare_json_put_str(w, c->rules[i].metric);
    tare_json_end_array(w);
}

static void put_k(struct tare_json_writer *w, const char *key, const struct tare_board_cell *cells,
                  uint32_t n)
{
    static const char *const parts[] = {"value", "lo", "hi"};
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    for (int part = 0; part < 3; part++) {
        tare_json_put_key(w, parts[part]);
        tare_json_begin_array(w);
        for (uint32_t i = 0; i < n; i++) {
            const struct tare_interval *ci = &cells[i].ci;
            double bound = ci->why ? (double)NAN : part == 1 ? ci->lo : ci->hi;
            tare_json_put_f64(w, part == 0 ? cells[i].value : bound);
        }
        tare_json_end_array(w);
    }
    tare_json_put_key(w, "method");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < n; i++)
        tare_json_put_cstr(w, cells[i].ci.why ? cells[i].ci.why : cells[i].method);
    tare_json_end_array(w);
    tare_json_end_object(w);
}

static void put_tries(struct tare_json_writer *w, const struct tare_board *b,
                      const struct tare_board_tries *t)
{
    tare_json_put_key(w, "pass_k");
    if (!t) {
        tare_json_put_null(w);
        return;
    }
    tare_json_begin_object(w);
    tare_json_member_str(w, "metric", t->metric);
    tare_json_put_key(w, "k");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < t->n_k; i++)
        tare_json_put_u64(w, t->k[i]);
    tare_json_end_array(w);
    put_k(w, "any", t->any, t->n_k);
    put_k(w, "all", t->all, t->n_k);
    tare_json_member_f64(w, "level", b->confidence);
    tare_json_member_u64(w, "n", t->any[0].n);
    tare_json_end_object(w);
}

/* What an attempt cost, where the run says it, and whether somebody is better for less. */
static void put_spent(struct tare_json_writer *w, const struct tare_board *b,
                      const struct tare_board_row *row)
{
    static const struct tare_metric less = {.direction = TARE_LOWER_BETTER};
    tare_json_put_key(w, "spent");
    tare_json_begin_object(w);
    if (!row->cost_usd.why) {
        tare_json_put_key(w, "cost_usd");
        tare_doc_cell(w, &less, &row->cost_usd, b->confidence);
    }
    if (!row->tokens.why) {
        tare_json_put_key(w, "tokens");
        tare_doc_cell(w, &less, &row->tokens, b->confidence);
    }
    tare_json_end_object(w);
    tare_json_put_key(w, "front");
    if (row->front < 0)
        tare_json_put_null(w);
    else
        tare_json_put_bool(w, row->front == 1);
}

static void put_row(struct tare_json_writer *w, const struct tare_board *b,
                    const struct tare_board_row *row)
{
    static const char *const kinds[] = {"run", "control", "published"};
    bool published = row->kind == TARE_ROW_PUBLISHED;
    tare_json_begin_object(w);
    tare_json_member_cstr(w, "kind", kinds[row->kind]);
    put_rank(w, row);
    tare_json_member_str(w, "run", row->id);
    tare_json_member_str(w, "solver", row->name);
    tare_json_member_str(w, "address", row->address);
    if (published) {
        tare_json_member_str(w, "source", row->source);
        tare_json_member_str(w, "date", row->date);
    } else {
        tare_json_member_u64(w, "n_tasks", b->n_tasks);
        tare_json_member_u64(w, "k", row->k);
        tare_json_member_u64(w, "planned", row->n_planned);
        tare_json_member_u64(w, "failed", row->n_failed);
        tare_json_member_u64(w, "missing", row->n_missing);
        tare_json_member_cstr(w, "missing_cause",
                              row->n_missing ? tare_cause_name(row->missing_cause) : NULL);
        put_tries(w, b, row->tries);
        put_spent(w, b, row);
    }
    tare_json_put_key(w, "metrics");
    tare_json_begin_object(w);
    for (uint32_t i = 0; i < b->n_metrics; i++) {
        tare_json_put_key_str(w, b->metrics[i].name);
        tare_doc_cell(w, &b->metrics[i], &row->cells[i], b->confidence);
    }
    tare_json_end_object(w);
    put_class(w, b, row);
    tare_json_end_object(w);
}

static void put_findings(struct tare_json_writer *w, const struct tare_board *b)
{
    static const char *const levels[] = {"notes", "warns", "blocks"};
    tare_json_put_key(w, "findings");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < b->n_findings; i++) {
        const struct tare_finding *f = &b->findings[i];
        tare_json_begin_object(w);
        tare_json_member_str(w, "id", f->id);
        tare_json_member_cstr(w, "level", levels[f->level]);
        tare_json_member_str(w, "text", f->text);
        tare_json_member_str(w, "solver", f->row < b->n_rows ? b->rows[f->row].name : TARE_S(""));
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}

static void put_board_head(struct tare_json_writer *w, const struct tare_board *b)
{
    char hex[65];
    tare_digest_hex(b->digest, hex);
    tare_json_member_u64(w, "method_version", TARE_METHOD_VERSION);
    tare_json_member_str(w, "suite", b->suite);
    tare_json_member_str(w, "version", b->version);
    tare_json_member_str(w, "variant", b->variant);
    tare_json_member_cstr(w, "suite_digest", b->has_digest ? hex : NULL);
    tare_json_member_str(w, "batch", b->batch);
    tare_json_put_key(w, "seed");
    if (b->has_seed)
        tare_json_put_u64(w, b->seed);
    else
        tare_json_put_null(w);
    tare_json_member_u64(w, "n_tasks", b->n_tasks);
    tare_json_member_u64(w, "k", b->k);
    tare_json_member_u64(w, "planned", b->n_planned);
    tare_json_member_u64(w, "failed", b->n_failed);
    tare_json_member_u64(w, "missing", b->n_missing);
    tare_json_member_f64(w, "level", b->confidence);
    tare_json_member_str(w, "headline", b->n_metrics ? b->metrics[0].name : TARE_S(""));
    tare_json_member_cstr(w, "rank_method", b->rank_method);
    tare_json_put_key(w, "resamples");
    tare_json_begin_object(w);
    tare_json_member_u64(w, "interval", b->resamples);
    tare_json_member_u64(w, "seed", b->mc_seed);
    tare_json_end_object(w);
    tare_json_member_cstr(w, "front_by", b->front_by);
    tare_json_member_str(w, "class_note", b->classes ? b->classes->note : TARE_S(""));
}

void tare_doc_board(struct tare_json_writer *w, const struct tare_board *board)
{
    put_board_head(w, board);
    tare_json_put_key(w, "leaderboard");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < board->n_rows; i++)
        put_row(w, board, &board->rows[i]);
    tare_json_end_array(w);
    put_findings(w, board);
}
