#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "lint/lint.h"

#include "base/banned.h"

void tare_lint_add(struct tare_lint *out, const char *check, struct tare_str file, const char *fmt,
                   ...)
{
    char text[600];
    va_list ap;
    if (out->n == TARE_LINT_MAX)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    struct tare_str kept = tare_arena_copy(out->arena, tare_str_of(text));
    if (kept.p)
        out->v[out->n++] = (struct tare_lint_finding){check, file, kept};
}

static double headline(const struct tare_import_table *t, uint32_t attempt)
{
    return t->values[(size_t)attempt * t->n_metrics];
}

/* ---- ties ----------------------------------------------------------------------------------- */

enum outcome { OUTCOME_NONE, OUTCOME_WIN, OUTCOME_TIE, OUTCOME_LOSS };

static enum outcome outcome_of(struct tare_str s)
{
    static const struct {
        const char *word;
        enum outcome is;
    } words[] = {{"win", OUTCOME_WIN},   {"won", OUTCOME_WIN},   {"tie", OUTCOME_TIE},
                 {"tied", OUTCOME_TIE},  {"draw", OUTCOME_TIE},  {"same", OUTCOME_TIE},
                 {"loss", OUTCOME_LOSS}, {"lose", OUTCOME_LOSS}, {"lost", OUTCOME_LOSS}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (tare_str_is(s, words[i].word))
            return words[i].is;
    return OUTCOME_NONE;
}

static enum outcome tagged(const struct tare_import_task *task, struct tare_str key)
{
    for (uint32_t i = 0; i < task->n_tags; i++)
        if (tare_str_eq(task->tags[i].key, key))
            return outcome_of(task->tags[i].value);
    return OUTCOME_NONE;
}

/* One column of outcomes; tags are those of a task's first row, so one run and one try only. */
static void ties(const struct tare_import_table *t, struct tare_str key, struct tare_lint *out)
{
    uint32_t n = 0, n_ties = 0, n_loss = 0;
    double sum = 0, at_ties = 0, at_losses = 0;
    for (uint32_t i = 0; i < t->n_attempts; i++) {
        enum outcome o = tagged(&t->tasks[t->attempts[i].task], key);
        double x = headline(t, i);
        if (o == OUTCOME_NONE || isnan(x) || t->attempts[i].index)
            return;
        n++;
        sum += x;
        n_ties += o == OUTCOME_TIE;
        n_loss += o == OUTCOME_LOSS;
        at_ties += o == OUTCOME_TIE ? x : 0;
        at_losses += o == OUTCOME_LOSS ? x : 0;
    }
    if (n < TARE_LINT_MIN_ROWS || n_ties == 0 || at_ties > 0 || at_losses > 0)
        return;
    tare_lint_add(out, "ties-as-losses", t->path,
                  "%u of %u rows are ties (%.*s) and %.*s counts each as a loss: with ties at one "
                  "half the mean is %.1f %%, not %.1f %%",
                  n_ties, n, TARE_FMT(key), TARE_FMT(t->metrics[0]), 100 * (sum + 0.5 * n_ties) / n,
                  100 * sum / n);
    (void)n_loss;
}

/* ---- outputs -------------------------------------------------------------------------------- */

static int by_hash(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static void outputs(const struct tare_import_table *t, uint32_t run, struct tare_lint *out)
{
    uint64_t *hash = TARE_NEW_N(out->arena, uint64_t, t->n_attempts);
    uint32_t n = 0, distinct = 0, most = 0;
    for (uint32_t i = 0; hash && i < t->n_attempts; i++)
        if (t->attempts[i].run == run && t->attempts[i].output_hash)
            hash[n++] = t->attempts[i].output_hash;
    if (n < TARE_LINT_MIN_ROWS)
        return;
    qsort(hash, n, sizeof *hash, by_hash);
    for (uint32_t i = 0, from = 0; i < n; i++)
        if (i + 1 == n || hash[i + 1] != hash[i]) {
            distinct++;
            most = i + 1 - from > most ? i + 1 - from : most;
            from = i + 1;
        }
    if (most * 10 >= n * 9)
        tare_lint_add(out, "same-answer", t->path,
                      "%.*s gives the same answer in %u of %u attempts: a solver that never looks "
                      "at the task does as well",
                      TARE_FMT(t->runs[run]), most, n);
    else if (distinct * 3 <= n && distinct > 5)
        tare_lint_add(out, "few-outputs", t->path,
                      "%.*s gives only %u different outputs in %u attempts: they are not %u "
                      "independent observations",
                      TARE_FMT(t->runs[run]), distinct, n, n);
}

static void ceiling(const struct tare_import_table *t, uint32_t run, struct tare_lint *out)
{
    uint32_t n = 0, top = 0;
    for (uint32_t i = 0; i < t->n_attempts; i++) {
        double x = headline(t, i);
        if (t->attempts[i].run != run || isnan(x))
            continue;
        if (x < 0 || x > 1)
            return; /* no share: where its ceiling lies is not known */
        n++;
        top += x >= 1;
    }
    if (n >= TARE_LINT_MIN_ROWS && top * 20 >= n * 19)
        tare_lint_add(out, "ceiling", t->path,
                      "%.*s of %.*s is at its ceiling in %u of %u attempts: nothing better can be "
                      "told from it",
                      TARE_FMT(t->metrics[0]), TARE_FMT(t->runs[run]), top, n);
}

void tare_lint_table(const struct tare_import_table *t, struct tare_lint *out)
{
    if (t->n_attempts < TARE_LINT_MIN_ROWS || t->n_metrics == 0)
        return;
    const struct tare_import_task *first = &t->tasks[t->attempts[0].task];
    for (uint32_t i = 0; t->n_runs == 1 && i < first->n_tags; i++)
        if (outcome_of(first->tags[i].value) != OUTCOME_NONE)
            ties(t, first->tags[i].key, out);
    for (uint32_t r = 0; r < t->n_runs; r++) {
        outputs(t, r, out);
        ceiling(t, r, out);
    }
}

/* ---- two runs ------------------------------------------------------------------------------- */

#define TASK_KEY UINT64_C(0x7461736b) /* only the order of a merge depends on it */

struct answer {
    struct tare_str task;
    uint64_t task_hash, hash;
};

/* Any order that both sides share will do: by hash it is quick. */
static int by_task(const void *a, const void *b)
{
    const struct answer *x = a, *y = b;
    if (x->task_hash != y->task_hash)
        return x->task_hash < y->task_hash ? -1 : 1;
    return tare_str_cmp(x->task, y->task);
}

static struct answer *answers(const struct tare_import_table *t, uint32_t run,
                              struct tare_arena *arena, uint32_t *n)
{
    struct answer *v = TARE_NEW_N(arena, struct answer, t->n_attempts);
    *n = 0;
    for (uint32_t i = 0; v && i < t->n_attempts; i++) {
        const struct tare_import_attempt *a = &t->attempts[i];
        if (a->run == run && a->index == 0 && a->output_hash)
            v[(*n)++] = (struct answer){
                t->tasks[a->task].id, tare_hash64(t->tasks[a->task].id, TASK_KEY), a->output_hash};
    }
    if (*n)
        qsort(v, *n, sizeof *v, by_task);
    return v;
}

/* The next attempt of the run that is a first try with an output; n_attempts: none. */
static uint32_t next_answer(const struct tare_import_table *t, uint32_t run, uint32_t i)
{
    while (i < t->n_attempts &&
           (t->attempts[i].run != run || t->attempts[i].index != 0 || !t->attempts[i].output_hash))
        i++;
    return i;
}

/* Counts where both sides answered the same tasks in the same order; false: they did not. */
static bool count_in_step(const struct tare_import_table *a, uint32_t run_a,
                          const struct tare_import_table *b, uint32_t run_b, uint32_t *both,
                          uint32_t *same)
{
    uint32_t i = next_answer(a, run_a, 0), j = next_answer(b, run_b, 0);
    *both = *same = 0;
    while (i < a->n_attempts && j < b->n_attempts) {
        const struct tare_import_attempt *x = &a->attempts[i], *y = &b->attempts[j];
        if (!tare_str_eq(a->tasks[x->task].id, b->tasks[y->task].id))
            return false;
        ++*both;
        *same += x->output_hash == y->output_hash;
        i = next_answer(a, run_a, i + 1);
        j = next_answer(b, run_b, j + 1);
    }
    return i == a->n_attempts && j == b->n_attempts;
}

static void count_by_task(const struct tare_import_table *a, uint32_t run_a,
                          const struct tare_import_table *b, uint32_t run_b,
                          struct tare_arena *arena, uint32_t *both, uint32_t *same)
{
    uint32_t na, nb;
    const struct answer *x = answers(a, run_a, arena, &na);
    const struct answer *y = answers(b, run_b, arena, &nb);
    *both = *same = 0;
    for (uint32_t i = 0, j = 0; x && y && i < na && j < nb;) {
        int order = by_task(&x[i], &y[j]);
        *both += order == 0;
        *same += order == 0 && x[i].hash == y[j].hash;
        i += order <= 0;
        j += order >= 0;
    }
}

void tare_lint_two(const struct tare_import_table *a, uint32_t run_a,
                   const struct tare_import_table *b, uint32_t run_b, struct tare_lint *out)
{
    uint32_t both, same;
    if (!count_in_step(a, run_a, b, run_b, &both, &same))
        count_by_task(a, run_a, b, run_b, out->arena, &both, &same);
    if (both >= TARE_LINT_MIN_ROWS && same * 4 >= both)
        tare_lint_add(out, "same-outputs", b->path,
                      "the two sides gave the same output on %u of %u tasks: there only the "
                      "scoring can make a difference",
                      same, both);
}
