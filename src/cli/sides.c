#include "cli/sides.h"

#include <math.h>

#include "cli/stored.h"
#include "lint/lint.h"

#include "base/banned.h"

static enum tare_status add_file(struct tare_cli_sides *l, struct tare_str name, bool alone,
                                 struct tare_err *err)
{
    struct tare_file *f = &l->files[l->n_files];
    enum tare_status st = tare_cli_file(l->ctx, name, l->opts, false, l->files, l->n_files, f, err);
    if (st)
        return st;
    l->n_files++;
    if (alone && (f->table->n_runs != 2 || (f->has_run && f->table->n_runs > 1))) {
        (void)tare_usage_fail(l->ctx, err, "what should it be compared with?");
        tare_err_hint(err, "name two: tare compare A B (a file of exactly two runs can stand "
                           "alone)");
        return TARE_E_USAGE;
    }
    if (!alone && !f->has_run) {
        (void)tare_usage_fail(l->ctx, err, "which of its runs?");
        return tare_cli_file_runs(l->ctx, f, err);
    }
    for (uint32_t i = alone ? 0 : f->run; i < (alone ? 2 : f->run + 1) && !st; i++) {
        struct tare_cli_side *s = &l->sides[l->n++];
        s->file = *f;
        s->file.run = i; /* its results hold that run alone */
        st = tare_cli_file_results(l->ctx, f, i, l->opts, &s->results, err);
    }
    return st;
}

static enum tare_status add_stored(struct tare_cli_sides *l, struct tare_str name, bool alone,
                                   struct tare_err *err)
{
    struct tare_stored s;
    enum tare_status st = l->store ? TARE_OK : tare_cli_open(l->ctx, &l->store, err);
    if (!st)
        st = tare_cli_stored(l->ctx, l->store, name, !alone, &s, err);
    if (st)
        return st;
    if (alone && (s.run || s.batch.n_runs != 2)) {
        (void)tare_usage_fail(l->ctx, err, "what should it be compared with?");
        tare_err_hint(err, "name two runs: tare compare A B (a batch of exactly two solvers "
                           "can stand alone)");
        return TARE_E_USAGE;
    }
    for (uint32_t i = 0; i < (alone ? 2u : 1u); i++)
        l->sides[l->n++] = (struct tare_cli_side){.results = s.results, .run = i};
    return TARE_OK;
}

static struct tare_str name_of(const struct tare_cli_side *s)
{
    return s->results.runs[s->run].name;
}

static bool same_place(const struct tare_cli_side *a, const struct tare_cli_side *b)
{
    return tare_str_eq(a->results.runs[a->run].address, b->results.runs[b->run].address);
}

/* Sides of one name are told apart by their address: files by their own name, or by their whole
 * path where that is alike too. */
static enum tare_status tell_apart(struct tare_cli_sides *l, struct tare_err *err)
{
    for (int round = 0; round < 2; round++) {
        struct tare_str names[TARE_CLI_CANDIDATES + 2];
        for (uint32_t i = 0; i < l->n; i++)
            names[i] = name_of(&l->sides[i]);
        for (uint32_t i = 0; i < l->n; i++) {
            struct tare_cli_side *s = &l->sides[i];
            bool alike = false;
            for (uint32_t j = 0; j < l->n && !alike; j++)
                alike = j != i && tare_str_eq(names[i], names[j]) && !same_place(s, &l->sides[j]);
            struct tare_str own = s->results.runs[s->run].address;
            if (s->file.table)
                own = round ? s->file.path : tare_cli_file_name(s->file.path);
            if (!alike || own.n == 0)
                continue;
            struct tare_results_run *r =
                TARE_NEW_N(l->ctx->arena, struct tare_results_run, s->results.n_runs);
            if (!r)
                return tare_fail(err, TARE_E_NOMEM, "not enough memory to compare");
            memcpy(r, s->results.runs, s->results.n_runs * sizeof *r);
            r[s->run].name = own;
            s->results.runs = r;
        }
    }
    return TARE_OK;
}

/* Tools name the same thing differently: where B's file shares no metric name with A's, its
 * headline stands for A's, and that is said. */
static enum tare_status match_headline(struct tare_cli_sides *l, struct tare_cli_side *b,
                                       struct tare_err *err)
{
    const struct tare_results *ra = &l->sides[0].results;
    struct tare_results *rb = &b->results;
    if (l->named_metric || !b->file.table || !l->sides[0].file.table || rb->n_metrics == 0)
        return TARE_OK;
    for (uint32_t i = 0; i < ra->n_metrics; i++)
        if (tare_results_metric(rb, ra->metrics[i].name) != UINT32_MAX)
            return TARE_OK;
    struct tare_metric *m = TARE_NEW_N(l->ctx->arena, struct tare_metric, rb->n_metrics);
    if (!m)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to compare");
    memcpy(m, rb->metrics, rb->n_metrics * sizeof *m);
    b->renamed = m[0].name;
    m[0].name = ra->metrics[0].name;
    rb->metrics = m;
    return TARE_OK;
}

enum tare_status tare_cli_sides_load(struct tare_cli_sides *l, const struct tare_strs *names,
                                     struct tare_err *err)
{
    bool alone = names->n == 1 && !l->one_will_do;
    l->sides = TARE_NEW_N(l->ctx->arena, struct tare_cli_side, names->n + 2);
    l->files = TARE_NEW_N(l->ctx->arena, struct tare_file, names->n + 1);
    if (!l->sides || !l->files)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the runs");
    for (size_t i = 0; i < names->n; i++) {
        struct tare_str name = names->v[i];
        enum tare_status st = tare_cli_is_file(l->ctx, name) ? add_file(l, name, alone, err)
                                                             : add_stored(l, name, alone, err);
        if (st)
            return st;
    }
    enum tare_status st = tell_apart(l, err);
    for (uint32_t i = 1; i < l->n && !st; i++)
        st = match_headline(l, &l->sides[i], err);
    return st;
}

/* Number of the side that comparison i is about. */
static uint32_t candidate(const struct tare_cli_sides *l, uint32_t i)
{
    return 1 + (l->n_metrics ? i / l->n_metrics : i);
}

/* Notes of the readers, "file: note"; each file once. */
enum tare_status tare_cli_sides_notes(const struct tare_cli_sides *l, struct tare_compare *c,
                                      uint32_t n, struct tare_err *err)
{
    struct tare_arena *arena = l->ctx->arena;
    struct tare_str *notes;
    uint32_t room = 0, at = 0;
    for (uint32_t i = 0; i < l->n_files; i++)
        room += l->files[i].table->n_notes;
    notes = TARE_NEW_N(arena, struct tare_str, room + l->n);
    if (!notes)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to compare");
    for (uint32_t i = 0; i < l->n_files; i++) {
        const struct tare_import_table *t = l->files[i].table;
        bool again = false;
        for (uint32_t j = 0; j < i && !again; j++)
            again = l->files[j].table == t;
        for (uint32_t k = 0; !again && k < t->n_notes; k++)
            notes[at++] =
                tare_arena_printf(arena, "%.*s: %.*s", TARE_FMT(t->path), TARE_FMT(t->notes[k]));
    }
    for (uint32_t i = 0; i < l->n; i++)
        if (l->sides[i].renamed.n)
            notes[at++] = tare_arena_printf(
                arena,
                "%.*s: its %.*s is set against %.*s of the baseline: no metric has the same "
                "name in both (--metric chooses)",
                TARE_FMT(l->sides[i].file.path), TARE_FMT(l->sides[i].renamed),
                TARE_FMT(l->sides[0].results.metrics[0].name));
    for (uint32_t i = 0; i < n; i++) {
        c[i].notes = notes;
        c[i].n_notes = at;
    }
    return TARE_OK;
}

/* What statistics cannot repair in the files compared, briefly. */
enum tare_status tare_cli_sides_cautions(const struct tare_cli_sides *l, struct tare_compare *c,
                                         uint32_t n, struct tare_err *err)
{
    struct tare_lint *found = TARE_NEW(l->ctx->arena, struct tare_lint);
    struct tare_str *texts = TARE_NEW_N(l->ctx->arena, struct tare_str, TARE_LINT_MAX);
    if (!found || !texts)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to compare");
    found->arena = l->ctx->arena;
    for (uint32_t i = 0; i < l->n_files; i++) {
        const struct tare_import_table *t = l->files[i].table;
        bool again = false;
        for (uint32_t j = 0; j < i && !again; j++)
            again = l->files[j].table == t;
        enum tare_status st = TARE_OK;
        if (!again)
            tare_lint_table(t, found);
        if (!again && tare_str_is(t->format, "rows") && !tare_str_is(t->path, "-"))
            st = tare_lint_rows(&t->path, 1, found, NULL, err);
        if (st)
            return st;
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct tare_file *a = &l->sides[0].file, *b = &l->sides[candidate(l, i)].file;
        bool first = i == 0 || candidate(l, i) != candidate(l, i - 1);
        if (first && a->table && b->table)
            tare_lint_two(a->table, a->run, b->table, b->run, found);
        c[i].cautions = texts;
    }
    for (uint32_t i = 0; i < found->n; i++)
        texts[i] = tare_arena_printf(l->ctx->arena, "%.*s: %.*s",
                                     TARE_FMT(tare_cli_file_name(found->v[i].file)),
                                     TARE_FMT(found->v[i].text));
    for (uint32_t i = 0; i < n; i++)
        c[i].n_cautions = found->n;
    return TARE_OK;
}

static bool has_number(const struct tare_import_table *t)
{
    for (uint32_t i = 0; i < t->n_attempts; i++) {
        if (t->attempts[i].outcome != TARE_IMPORT_UNSCORED)
            return true;
        for (uint32_t m = 0; m < t->n_metrics; m++)
            if (!isnan(t->values[(size_t)i * t->n_metrics + m]))
                return true;
    }
    return false;
}

enum tare_status tare_cli_sides_numbers(const struct tare_cli_sides *l, struct tare_err *err)
{
    for (uint32_t i = 0; i < l->n_files; i++) {
        const struct tare_import_table *t = l->files[i].table;
        if (has_number(t))
            continue;
        (void)tare_fail(err, TARE_E_INPUT, "no score in this file is a number");
        tare_err_file(err, l->files[i].path);
        if (t->n_notes)
            tare_err_hint(err, "%.*s; choose another with --score-column", TARE_FMT(t->notes[0]));
        return TARE_E_INPUT;
    }
    return TARE_OK;
}

/* Files know each other by task ids alone: without a common one something was named wrongly; and
 * one task is no comparison. */
enum tare_status tare_cli_sides_overlap(const struct tare_cli_sides *l,
                                        const struct tare_compare *c, uint32_t n,
                                        struct tare_err *err)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct tare_cli_side *a = &l->sides[0], *b = &l->sides[candidate(l, i)];
        uint32_t common = c[i].n_tasks + c[i].tasks_open;
        if (common > 1 || !a->file.table || !b->file.table)
            continue;
        (void)tare_fail(err, TARE_E_INPUT, "%s in both files",
                        common ? "only one task is" : "no task is");
        tare_err_file(err, b->file.path);
        const struct tare_cli_side *few = a->results.n_tasks < b->results.n_tasks ? a : b;
        uint32_t most = few == a ? b->results.n_tasks : a->results.n_tasks;
        if (common && most >= 2 && few->results.n_tasks < 2)
            tare_err_hint(err, "%.*s holds but one task; a comparison needs several in both",
                          TARE_FMT(few->file.path));
        else if (common && most < 2)
            tare_err_hint(err, "one task is no evidence, whatever came out: a comparison needs "
                               "several, many rather than few");
        else
            tare_err_hint(err,
                          "%.*s has tasks like \"%.60s\", %.*s has tasks like \"%.60s\"; name the "
                          "column that holds the task with --task-column",
                          TARE_FMT(tare_cli_file_name(a->file.path)), a->results.tasks[0].id.p,
                          TARE_FMT(tare_cli_file_name(b->file.path)), b->results.tasks[0].id.p);
        return TARE_E_INPUT;
    }
    return TARE_OK;
}
