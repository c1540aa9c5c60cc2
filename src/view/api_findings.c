/* What was noticed about a suite: by its newest runs beside each other, in what is stored of them,
 * and in its tasks. */
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "lint/lint.h"
#include "view/api_int.h"

#include "base/banned.h"

#define MOST_READ 5000u /* attempts, or tasks, whose texts are looked at; of more, none are */
#define MOST_NAMED 20u  /* tasks that a finding names */

struct finding {
    struct tare_str id, text, solver, run;
    enum tare_finding_level level;
    const struct tare_str *tasks;
    uint32_t n_tasks;
};

struct findings {
    struct tare__call *c;
    struct tare_results r;
    struct finding *v;
    uint32_t n, room;
};

static void add(struct findings *f, struct finding x)
{
    if (f->n < f->room)
        f->v[f->n++] = x;
}

/* ---- what is stored of the runs -------------------------------------------------------------- */

/* A hash of what an attempt answered, 0: it is not kept. */
static enum tare_status answer_hash(const struct findings *f, int64_t run, uint32_t task,
                                    uint32_t index, uint64_t *out, struct tare_err *err)
{
    struct tare_attempt a;
    struct tare_json doc;
    struct tare_arena_mark mark = tare_arena_mark(f->c->arena);
    *out = 0;
    enum tare_status st =
        tare_store_attempt(f->c->store, run, task, index, TARE_WITH_OUTLINE, f->c->arena, &a, err);
    if (!st && a.detail.n &&
        tare_json_parse(a.detail, &tare_json_log, f->c->arena, &doc, NULL) == TARE_OK) {
        struct tare_json answers = tare_json_get(doc, "answers");
        if (tare_json_count(answers))
            *out = tare_hash64(tare_json_lexeme(answers), 0) | 1;
    }
    tare_arena_rewind(f->c->arena, mark);
    return st;
}

/* Answers of one run; a world that keeps none is asked once. */
static enum tare_status take_answers(const struct findings *f, const struct tare_results_run *run,
                                     struct tare_import_attempt *out, struct tare_err *err)
{
    struct tare_address at;
    enum tare_status st = tare_store_resolve(f->c->store, run->id, true, f->c->arena, &at, err);
    for (uint32_t i = 0; !st && i < run->n_attempts; i++) {
        if (run->status[i] != TARE_ATTEMPT_DONE)
            continue;
        st = answer_hash(f, at.run, run->task[i], run->attempt[i], &out[i].output_hash, err);
        if (!st && out[i].output_hash == 0)
            return TARE_OK;
    }
    return st;
}

static bool make_table(const struct findings *f, struct tare_import_table *t)
{
    const struct tare_results *r = &f->r;
    struct tare_arena *arena = f->c->arena;
    uint64_t n = 0;
    for (uint32_t i = 0; i < r->n_runs; i++)
        n += r->runs[i].n_attempts;
    *t = (struct tare_import_table){.suite = r->suite,
                                    .n_runs = r->n_runs,
                                    .n_tasks = r->n_tasks,
                                    .n_metrics = 1,
                                    .n_attempts = n < UINT32_MAX ? (uint32_t)n : 0};
    t->runs = TARE_NEW_N(arena, struct tare_str, r->n_runs + 1u);
    t->tasks = TARE_NEW_N(arena, struct tare_import_task, r->n_tasks + 1u);
    t->metrics = TARE_NEW(arena, struct tare_str);
    t->attempts = TARE_NEW_N(arena, struct tare_import_attempt, t->n_attempts + 1u);
    t->values = TARE_NEW_N(arena, double, t->n_attempts + 1u);
    if (!t->runs || !t->tasks || !t->metrics || !t->attempts || !t->values)
        return false;
    t->metrics[0] = r->metrics[0].name;
    for (uint32_t i = 0; i < r->n_runs; i++)
        t->runs[i] = r->runs[i].name;
    for (uint32_t i = 0; i < r->n_tasks; i++)
        t->tasks[i] = (struct tare_import_task){.id = r->tasks[i].id};
    return true;
}

/* The runs as a table, and what logs are looked at for in it. */
static enum tare_status lint_runs(struct findings *f, struct tare_err *err)
{
    struct tare_import_table t;
    struct tare_lint *lint = TARE_NEW(f->c->arena, struct tare_lint);
    struct tare_results_column col;
    uint32_t at = 0;
    enum tare_status st = TARE_OK;
    if (!lint || !make_table(f, &t))
        return tare__no_memory(err);
    for (uint32_t i = 0; i < f->r.n_runs && !st; i++) {
        const struct tare_results_run *run = &f->r.runs[i];
        st = tare_results_read(run, 0, f->c->arena, &col, err);
        for (uint32_t x = 0; x < run->n_attempts && !st; x++) {
            t.attempts[at + x] = (struct tare_import_attempt){
                .run = i, .task = run->task[x], .index = run->attempt[x]};
            t.values[at + x] = col.state[x] == TARE_SCORE_OK ? col.value[x] : (double)NAN;
        }
        if (!st && t.n_attempts <= MOST_READ)
            st = take_answers(f, run, t.attempts + at, err);
        at += run->n_attempts;
    }
    if (st)
        return st;
    lint->arena = f->c->arena;
    lint->n = 0;
    tare_lint_table(&t, lint);
    for (uint32_t i = 0; i < lint->n; i++)
        add(f, (struct finding){.id = tare_str_of(lint->v[i].check),
                                .text = lint->v[i].text,
                                .level = TARE_FINDING_WARNS});
    return TARE_OK;
}

/* ---- its tasks ------------------------------------------------------------------------------- */

struct input {
    uint64_t hash; /* 0: none */
    uint32_t task;
};

static int by_hash(const void *x, const void *y)
{
    const struct input *a = x, *b = y;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->task > b->task) - (a->task < b->task);
}

static enum tare_status read_inputs(const struct findings *f, int64_t batch, struct input *v,
                                    struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < f->r.n_tasks && !st; i++) {
        struct tare_arena_mark mark = tare_arena_mark(f->c->arena);
        struct tare_str line;
        struct tare_json doc;
        v[i] = (struct input){0, i};
        st = tare_store_task_line(f->c->store, batch, i, f->c->arena, &line, err);
        if (!st && tare_json_parse(line, &tare_json_log, f->c->arena, &doc, NULL) == TARE_OK) {
            struct tare_json input = tare_json_get(doc, "input");
            if (tare_json_present(input) && tare_json_kind(input) != TARE_JSON_NULL)
                v[i].hash = tare_hash64(tare_json_lexeme(input), 0) | 1;
        }
        tare_arena_rewind(f->c->arena, mark);
    }
    return st;
}

/* Tasks that ask the very same: they are not independent, and a split between them leaks. */
static enum tare_status repeated_inputs(struct findings *f, struct tare_err *err)
{
    struct tare_batch_view b;
    uint32_t n = f->r.n_tasks, repeated = 0, named = 0;
    struct input *v = TARE_NEW_N(f->c->arena, struct input, n + 1u);
    struct tare_str *tasks = TARE_NEW_N(f->c->arena, struct tare_str, MOST_NAMED);
    if (n < 2 || n > MOST_READ)
        return TARE_OK;
    if (!v || !tasks)
        return tare__no_memory(err);
    enum tare_status st = tare__find_suite(f->c, f->c->segments[1], &b, err);
    if (!st)
        st = read_inputs(f, b.info.id, v, err);
    if (!st)
        qsort(v, n, sizeof *v, by_hash);
    for (uint32_t i = 0; i < n && !st; i++) {
        bool again = v[i].hash && ((i > 0 && v[i - 1].hash == v[i].hash) ||
                                   (i + 1 < n && v[i + 1].hash == v[i].hash));
        if (again && named < MOST_NAMED)
            tasks[named++] = f->r.tasks[v[i].task].id;
        repeated += again;
    }
    if (st || repeated == 0)
        return st;
    struct tare_str text = tare_arena_printf(
        f->c->arena,
        "%u of %u tasks have the same input as another: they are fewer observations than they seem",
        repeated, n);
    add(f, (struct finding){.id = TARE_S("repeated-input"),
                            .text = text,
                            .level = TARE_FINDING_WARNS,
                            .tasks = tasks,
                            .n_tasks = named});
    return text.p ? TARE_OK : tare__no_memory(err);
}

/* ---- the document ---------------------------------------------------------------------------- */

static enum tare_status board_findings(struct findings *f, struct tare_err *err)
{
    struct tare_board board;
    enum tare_status st = tare__board(f->c, &f->r, TARE_S(""), TARE_S(""), false, &board, err);
    if (st)
        return st;
    f->room = board.n_findings + TARE_LINT_MAX + 1;
    f->v = TARE_NEW_N(f->c->arena, struct finding, f->room);
    if (!f->v)
        return tare__no_memory(err);
    for (uint32_t i = 0; i < board.n_findings; i++) {
        const struct tare_finding *x = &board.findings[i];
        const struct tare_board_row *row = x->row < board.n_rows ? &board.rows[x->row] : NULL;
        add(f, (struct finding){.id = x->id,
                                .text = x->text,
                                .solver = row ? row->name : TARE_S(""),
                                .run = row ? row->id : TARE_S(""),
                                .level = x->level});
    }
    return TARE_OK;
}

static void put(struct tare_json_writer *w, const struct finding *x, const char *level)
{
    tare_json_begin_object(w);
    tare_json_member_str(w, "id", x->id);
    tare_json_member_cstr(w, "level", level);
    tare_json_member_str(w, "text", x->text);
    tare_json_member_str(w, "solver", x->solver);
    tare_json_member_str(w, "run", x->run);
    tare_json_put_key(w, "tasks");
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < x->n_tasks; i++)
        tare_json_put_str(w, x->tasks[i]);
    tare_json_end_array(w);
    tare_json_end_object(w);
}

enum tare_status tare__get_findings(struct tare__call *c, struct tare_err *err)
{
    static const char *const levels[] = {"notes", "warns", "blocks"};
    struct findings f = {.c = c};
    uint64_t from, total = 0;
    struct tare_str sev = tare__param(c, "sev");
    enum tare_status st = tare__param_u64(c, "cursor", 0, 0, UINT32_MAX, &from, err);
    if (!st)
        st = tare__params_done(c, err);
    if (!st)
        st = tare__gather(c, c->segments[1], NULL, 0, &f.r, err);
    if (!st)
        st = board_findings(&f, err);
    if (!st && f.r.n_metrics)
        st = lint_runs(&f, err);
    if (!st)
        st = repeated_inputs(&f, err);
    if (st)
        return st;
    tare_json_begin_object(&c->w);
    tare_json_member_cstr(&c->w, "schema", "tare.findings/1");
    tare_json_member_str(&c->w, "suite", f.r.suite);
    tare__put_digest(&c->w, "suite_digest", f.r.digest);
    tare_json_put_key(&c->w, "findings");
    tare_json_begin_array(&c->w);
    for (int level = TARE_FINDING_BLOCKS; level >= TARE_FINDING_NOTE; level--)
        for (uint32_t i = 0; i < f.n; i++)
            if ((int)f.v[i].level == level && (!sev.n || tare_str_is(sev, levels[level])) &&
                total++ >= from)
                put(&c->w, &f.v[i], levels[level]);
    tare_json_end_array(&c->w);
    tare_json_member_u64(&c->w, "total", total);
    tare_json_member_cstr(&c->w, "next", NULL);
    tare_json_end_object(&c->w);
    return TARE_OK;
}
