#include "cli/labels.h"

#include "base/limits.h"
#include "cli/stored.h"
#include "decide/judged.h"
#include "view/labels.h"

#include "base/banned.h"

#define LEVEL 0.95

static enum tare_status no_memory(struct tare_err *err)
{
    return tare_fail(err, TARE_E_NOMEM, "not enough memory for labels");
}

enum tare_status tare_cli_labels(struct tare_ctx *ctx, struct tare_str path,
                                 const struct tare_file_opts *opts,
                                 const struct tare_import_table **out, struct tare_err *err)
{
    struct tare_import_options io;
    struct tare_import_table *table;
    tare_cli_file_options(ctx, opts, false, &io);
    io.labels = true;
    enum tare_status st = tare_import_read(path, &io, ctx->arena, &table, err);
    if (st != TARE_OK)
        return st;
    *err = (struct tare_err){0};
    *out = table;
    for (uint32_t i = 0; i < table->n_notes && !ctx->quiet && !ctx->json; i++)
        fprintf(ctx->err, "note: %.*s: %.*s\n", TARE_FMT(path), TARE_FMT(table->notes[i]));
    return TARE_OK;
}

/* ---- tare score --labels ------------------------------------------------------------------ */

/* Adds run `run` of the results; `alone`: there is no other. */
static enum tare_status add_side(struct tare_ctx *ctx, const struct tare_results *r, uint32_t run,
                                 bool alone, struct tare_str metric,
                                 const struct tare_import_table *labels,
                                 struct tare_label_report *report, struct tare_label_side *to,
                                 struct tare_err *err)
{
    uint32_t m = tare_results_metric(r, metric);
    if (m == UINT32_MAX || r->n_metrics == 0) {
        (void)tare_usage_fail(ctx, err, "no metric is called \"%.*s\"", TARE_FMT(metric));
        if (r->n_metrics)
            tare_err_hint(err, "the first is %.*s", TARE_FMT(r->metrics[0].name));
        return TARE_E_USAGE;
    }
    report->metric = r->metrics[m].name;
    report->suite = r->suite;
    report->n++;
    return tare_labels_side(r, run, m, labels, alone, LEVEL, ctx->arena, to, err);
}

static enum tare_status from_store(struct tare_ctx *ctx, struct tare_store *store,
                                   struct tare_str what, struct tare_str metric,
                                   const struct tare_import_table *labels,
                                   struct tare_label_report *report, struct tare_err *err)
{
    struct tare_stored s;
    enum tare_status st = tare_cli_stored(ctx, store, what, false, &s, err);
    if (st != TARE_OK)
        return st;
    struct tare_label_side *sides =
        TARE_NEW_N(ctx->arena, struct tare_label_side, s.results.n_runs + 1u);
    if (!sides)
        return no_memory(err);
    report->sides = sides;
    for (uint32_t i = 0; i < s.results.n_runs && st == TARE_OK; i++)
        st = add_side(ctx, &s.results, i, s.results.n_runs == 1, metric, labels, report, &sides[i],
                      err);
    return st;
}

static enum tare_status from_file(struct tare_ctx *ctx, struct tare_str what,
                                  struct tare_str metric, const struct tare_file_opts *opts,
                                  const struct tare_import_table *labels,
                                  struct tare_label_report *report, struct tare_err *err)
{
    struct tare_file_opts usual = *opts;
    struct tare_file f;
    struct tare_results results;
    usual.score_column = (struct tare_str){NULL, 0}; /* names the label, not the score */
    enum tare_status st = tare_cli_file(ctx, what, &usual, false, NULL, 0, &f, err);
    if (st != TARE_OK)
        return st;
    struct tare_label_side *sides =
        TARE_NEW_N(ctx->arena, struct tare_label_side, f.table->n_runs + 1u);
    if (!sides)
        return no_memory(err);
    report->sides = sides;
    for (uint32_t i = f.run; i < (f.has_run ? f.run + 1 : f.table->n_runs) && st == TARE_OK; i++) {
        st = tare_cli_file_results(ctx, &f, i, &usual, &results, err);
        if (st == TARE_OK)
            st = add_side(ctx, &results, 0, f.has_run || f.table->n_runs == 1, metric, labels,
                          report, &sides[report->n], err);
    }
    return st;
}

enum tare_status tare_cli_labels_show(struct tare_ctx *ctx, struct tare_str what,
                                      struct tare_str metric, struct tare_str labels,
                                      const struct tare_file_opts *opts, struct tare_err *err)
{
    const struct tare_import_table *table;
    struct tare_label_report report = {.path = labels, .level = LEVEL};
    struct tare_store *store = NULL;
    struct tare_buf out;
    enum tare_status st = tare_cli_labels(ctx, labels, opts, &table, err);
    if (st == TARE_OK && tare_cli_is_file(ctx, what)) {
        st = from_file(ctx, what, metric, opts, table, &report, err);
    } else if (st == TARE_OK) {
        st = tare_cli_open(ctx, &store, err);
        if (st == TARE_OK)
            st = from_store(ctx, store, what, metric, table, &report, err);
        tare_store_close(store);
    }
    if (st != TARE_OK)
        return st;
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    if (ctx->json) {
        struct tare_json_writer w;
        tare_json_writer_init(&w, &out);
        w.indent = 2;
        tare_doc_labels(&w, &report);
        tare_buf_putc(&out, '\n');
    } else {
        tare_view_labels(&out, &report, &ctx->out_style);
    }
    return tare_cli_print(ctx, &out, err);
}

/* ---- tare compare ------------------------------------------------------------------------- */

static enum tare_status read_judged(const struct tare_cli_sides *l, const struct tare_cli_side *s,
                                    struct tare_judged *out, struct tare_err *err)
{
    struct tare_address at;
    struct tare_batch_view batch;
    struct tare_arena *arena = l->ctx->arena;
    *out = (struct tare_judged){0};
    if (s->file.table || !l->store)
        return TARE_OK;
    const struct tare_results_run *run = &s->results.runs[s->run];
    enum tare_status st = tare_store_resolve(l->store, run->id, true, arena, &at, err);
    if (st == TARE_OK)
        st = tare_store_batch(l->store, at.batch, arena, &batch, err);
    if (st == TARE_OK)
        st = tare_judged_read(l->store, &batch.runs[at.run_index], arena, out, err);
    return st;
}

static struct tare_str family_text(const struct tare_cli_side *s, const struct tare_judged *j,
                                   struct tare_arena *arena)
{
    return tare_arena_printf(
        arena,
        "%.*s was judged by %.*s, a model of its own family (%.*s), which tends "
        "to like its answers: judge with another, or hold it against labels "
        "(--labels)",
        TARE_FMT(s->results.runs[s->run].name), TARE_FMT(j->judge), TARE_FMT(j->family));
}

/* The cautions of one pair of sides, before those that are there. */
static enum tare_status caution(const struct tare_cli_sides *l, const struct tare_judged *a,
                                const struct tare_judged *b, const struct tare_cli_side *side,
                                struct tare_compare *c, struct tare_err *err)
{
    struct tare_arena *arena = l->ctx->arena;
    struct tare_str *all = TARE_NEW_N(arena, struct tare_str, c->n_cautions + 4u);
    uint32_t n = 0;
    if (!all)
        return no_memory(err);
    if (a->judge.n)
        all[n++] = family_text(&l->sides[0], a, arena);
    if (b->judge.n && side != &l->sides[0])
        all[n++] = family_text(side, b, arena);
    if (a->hash.n && b->hash.n && !tare_str_eq(a->hash, b->hash))
        all[n++] = TARE_S("the two sides were judged differently (rubric, scale, votes or model): "
                          "what differs may be the judges");
    for (uint32_t i = 0; i < c->n_cautions; i++)
        all[n++] = c->cautions[i];
    c->cautions = all;
    c->n_cautions = n;
    return TARE_OK;
}

enum tare_status tare_cli_judged(const struct tare_cli_sides *l, struct tare_compare *c, uint32_t n,
                                 struct tare_err *err)
{
    struct tare_judged *judged = TARE_NEW_N(l->ctx->arena, struct tare_judged, l->n + 1u);
    uint32_t per = l->n_metrics ? l->n_metrics : 1;
    enum tare_status st = TARE_OK;
    if (!judged)
        return no_memory(err);
    for (uint32_t i = 0; i < l->n && st == TARE_OK; i++)
        st = read_judged(l, &l->sides[i], &judged[i], err);
    for (uint32_t i = 0; i < n && st == TARE_OK; i++) {
        uint32_t b = 1 + i / per;
        st = caution(l, &judged[0], &judged[b], &l->sides[b], &c[i], err);
    }
    return st;
}
