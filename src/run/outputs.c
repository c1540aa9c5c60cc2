#include "run/outputs.h"

#include <stdlib.h>

#include "base/limits.h"
#include "run/registry.h"
#include "solver/outputs.h"

#include "base/banned.h"

static int by_text(const void *a, const void *b)
{
    return tare_str_cmp(*(const struct tare_str *)a, *(const struct tare_str *)b);
}

/* Which tasks of the table the suite has: true at their numbers. */
static bool *match(const struct tare_suite *suite, const struct tare_import_table *t,
                   struct tare_arena *arena, struct tare_run_outputs *out)
{
    struct tare_str *ids = TARE_NEW_N(arena, struct tare_str, suite->n_tasks);
    bool *known = TARE_NEW_N(arena, bool, t->n_tasks);
    for (uint32_t i = 0; ids && i < suite->n_tasks; i++)
        ids[i] = suite->tasks[i].id;
    if (!ids || !known)
        return NULL;
    qsort(ids, suite->n_tasks, sizeof *ids, by_text);
    for (uint32_t i = 0; i < t->n_tasks; i++) {
        known[i] = bsearch(&t->tasks[i].id, ids, suite->n_tasks, sizeof *ids, by_text) != NULL;
        out->n_matched += known[i];
        if (!known[i] && out->n_strangers++ == 0)
            out->stranger = t->tasks[i].id;
    }
    return known;
}

static void put_row(struct tare_json_writer *w, const struct tare_import_table *t,
                    const struct tare_import_attempt *a)
{
    bool failed = a->outcome == TARE_IMPORT_ERROR || a->outcome == TARE_IMPORT_CANCELLED;
    bool limit = a->outcome == TARE_IMPORT_LIMIT;
    tare_json_begin_object(w);
    tare_json_put_key(w, "task");
    tare_json_put_str(w, t->tasks[a->task].id);
    tare_json_member_u64(w, "attempt", a->index);
    if (a->output.p && !failed && !(limit && a->output.n == 0)) {
        tare_json_put_key(w, "text");
        tare_json_put_str(w, a->output);
    } else {
        tare_json_member_cstr(w, "cause",
                              limit                           ? "limit"
                              : a->cause == TARE_CAUSE_SOLVER ? "solver"
                                                              : "other");
        tare_json_member_str(w, "failed", a->cause_text);
    }
    tare_json_end_object(w);
}

/* Letters, digits, '.', '_' and '-': a name that stands in addresses. */
static struct tare_str plain_name(struct tare_str s, struct tare_arena *arena)
{
    char *p = tare_arena_alloc(arena, s.n + 8);
    size_t n = 0;
    if (!p)
        return (struct tare_str){NULL, 0};
    for (size_t i = 0; i < s.n && n < 64; i++) {
        char c = s.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '_' || c == '-';
        p[n++] = good ? c : '-';
    }
    if (n == 0)
        return TARE_S("outputs");
    return tare_str_n(p, n);
}

static enum tare_status one_run(const struct tare_import_table *t, uint32_t run, const bool *known,
                                struct tare_arena *arena, struct tare_run_solver *out,
                                struct tare_err *err)
{
    struct tare_json_policy policy = {.max_bytes = TARE_MAX_TASKS_FILE_BYTES};
    struct tare_json_writer w;
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_TASKS_FILE_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "source", t->format);
    tare_json_put_key(&w, "outputs");
    tare_json_begin_array(&w);
    for (uint32_t i = 0; i < t->n_attempts; i++)
        if (t->attempts[i].run == run && known[t->attempts[i].task])
            put_row(&w, t, &t->attempts[i]);
    tare_json_end_array(&w);
    tare_json_end_object(&w);
    struct tare_str text =
        b.failed ? (struct tare_str){NULL, 0} : tare_arena_copy(arena, tare_buf_str(&b));
    tare_buf_free(&b);
    *out = (struct tare_run_solver){.name = plain_name(t->runs[run], arena),
                                    .ops = &tare_solver_outputs};
    if (!text.p || !out->name.p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while taking outputs over");
    return tare_json_parse(text, &policy, arena, &out->config, err);
}

enum tare_status tare_run_outputs(const struct tare_suite *suite,
                                  const struct tare_import_table *table, struct tare_arena *arena,
                                  struct tare_run_outputs *out, struct tare_err *err)
{
    const struct tare_world_ops *world = tare_registry_world(suite->world);
    enum tare_status st = TARE_OK;
    *out = (struct tare_run_outputs){.k = 1, .n_solvers = table->n_runs};
    if (!world || !world->talks) {
        st = tare_fail(err, TARE_E_USAGE, "outputs are answers, and the world %.*s takes actions",
                       TARE_FMT(suite->world));
        tare_err_hint(err, "`tare replay` plays recorded actions again");
        return st;
    }
    const bool *known = match(suite, table, arena, out);
    out->solvers = TARE_NEW_N(arena, struct tare_run_solver, table->n_runs);
    if (!known || !out->solvers)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while taking outputs over");
    if (out->n_matched == 0) {
        tare_err_file(err, table->path);
        st = tare_fail(err, TARE_E_INPUT,
                       "none of its tasks is one of the suite's; the first is "
                       "\"%.*s\"",
                       TARE_FMT(out->stranger));
        tare_err_hint(err, "the suite's first is \"%.*s\"; --task-column names the column of ids",
                      TARE_FMT(suite->tasks[0].id));
        return st;
    }
    for (uint32_t i = 0; i < table->n_attempts; i++)
        if (known[table->attempts[i].task] && table->attempts[i].index >= out->k)
            out->k = table->attempts[i].index + 1;
    for (uint32_t i = 0; i < table->n_runs && st == TARE_OK; i++)
        st = one_run(table, i, known, arena, &out->solvers[i], err);
    return st;
}
