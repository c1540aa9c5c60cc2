#include <math.h>
#include <stdio.h>

#include "text/width.h"
#include "view/number.h"
#include "view/paint.h"
#include "view/term.h"

#include "base/banned.h"

#define MAX_METRIC_COLUMNS 6u

/* ---- tare runs ---------------------------------------------------------------------------------
 */

/* "verify-first, runbook and 6 more" is cut by the column anyway: names in plan order. */
static void join_solvers(struct tare_buf *out, const struct tare_batch_view *b)
{
    for (uint32_t i = 0; i < b->n_runs && out->n < 256; i++) {
        tare_buf_puts(out, i ? ", " : "");
        tare_buf_put(out, b->runs[i].solver);
    }
}

static void put_state(struct tare_buf *out, const struct tare_batch_view *b,
                      const struct tare_style *style)
{
    bool u = style->unicode;
    if (b->running)
        tare__put(out, style, TARE__OPEN, u ? "\xe2\x97\x90" : "~"); /* ◐ */
    else if (!b->info.finished)
        tare__put(out, style, TARE__OPEN, u ? "\xe2\x97\x8c" : "-"); /* ◌ */
    else if (b->info.n_missing)
        tare__put(out, style, TARE__WARN, tare__mark(TARE__MARK_ERROR, u));
    else
        tare__put(out, style, TARE__PLAIN, tare__mark(TARE__MARK_MEASURED, u));
}

/* "480", "312 of 480" while it goes on, "480, 2 missing". */
static struct tare_number progress_of(const struct tare_batch_info *i)
{
    struct tare_number out;
    uint64_t done = i->n_done + i->n_failed + i->n_missing;
    if (done < i->n_planned)
        (void)snprintf(out.s, sizeof out.s, "%.16s of %.16s", tare_number_count(done).s,
                       tare_number_count(i->n_planned).s);
    else if (i->n_missing)
        (void)snprintf(out.s, sizeof out.s, "%.16s, %.12s missing",
                       tare_number_count(i->n_planned).s, tare_number_count(i->n_missing).s);
    else
        (void)snprintf(out.s, sizeof out.s, "%.20s", tare_number_count(i->n_planned).s);
    return out;
}

struct widths {
    size_t name, suite, attempts, solvers;
};

static size_t max_of(size_t a, size_t b)
{
    return a > b ? a : b;
}

static struct tare_str shown_name(const struct tare_batch_view *b)
{
    return b->label.n ? b->label : tare_str_of(b->info.name);
}

static struct widths measure(const struct tare_batch_view *batches, uint32_t n,
                             const struct tare_style *style)
{
    struct widths w = {5, 5, 8, 7};
    for (uint32_t i = 0; i < n; i++) {
        w.name = max_of(w.name, tare_text_columns(shown_name(&batches[i])));
        w.suite = max_of(w.suite, tare_text_columns(batches[i].suite_name));
        w.attempts = max_of(w.attempts, strlen(progress_of(&batches[i].info).s));
    }
    w.name = w.name > 20 ? 20 : w.name;
    w.suite = w.suite > 20 ? 20 : w.suite;
    size_t used = 2 + w.name + 2 + w.suite + 2 + w.attempts + 2 + 16 + 2;
    w.solvers = (size_t)style->width > used + 8 ? (size_t)style->width - used : 0;
    return w;
}

static void put_batch(struct tare_buf *out, const struct tare_batch_view *b, const struct widths *w,
                      const struct tare_style *style)
{
    struct tare_buf solvers;
    size_t from = out->n;
    tare_buf_init(&solvers, NULL, 4096);
    join_solvers(&solvers, b);
    put_state(out, b, style);
    tare_buf_putc(out, ' ');
    tare__put_cell(out, style, TARE__BOLD, shown_name(b), w->name, false, true);
    tare_buf_puts(out, "  ");
    tare__put_cell(out, style, TARE__PLAIN, b->suite_name, w->suite, false, true);
    tare_buf_puts(out, "  ");
    tare__put_cell(out, style, TARE__PLAIN, tare_str_of(progress_of(&b->info).s), w->attempts, true,
                   true);
    tare_buf_printf(out, "  %s", tare_number_when(b->wall_start_ns).s);
    if (w->solvers) {
        tare_buf_puts(out, "  ");
        tare__put_cell(out, style, TARE__PLAIN, tare_buf_str(&solvers), w->solvers, false, false);
    }
    tare_buf_putc(out, '\n');
    tare__trim_lines(out, from);
    tare_buf_free(&solvers);
}

/* "baseline of incident-response: demo/runbook": the solvers' column may be cut, this is not. */
static void put_baselines(struct tare_buf *out, const struct tare_batch_view *b,
                          const struct tare_style *style)
{
    struct tare_buf text;
    tare_buf_init(&text, NULL, 64 * 1024);
    for (uint32_t i = 0; i < b->n_runs; i++)
        if (b->runs[i].baseline) {
            tare_buf_reset(&text);
            tare_buf_puts(&text, "baseline of ");
            tare_text_safe(&text, b->suite_name);
            tare_buf_puts(&text, ": ");
            tare_text_safe(&text, shown_name(b));
            tare_buf_putc(&text, '/');
            tare_text_safe(&text, b->runs[i].solver);
            tare__wrap(out, tare_buf_str(&text), 0, (size_t)style->width);
        }
    tare_buf_free(&text);
}

void tare_view_runs(struct tare_buf *out, const struct tare_batch_view *batches, uint32_t n,
                    uint32_t total, const struct tare_style *style)
{
    if (n == 0) {
        tare_buf_puts(out, "No runs yet. Make one: tare run incident-response --solver "
                           "verify-first\n");
        return;
    }
    struct widths w = measure(batches, n, style);
    size_t from = out->n;
    tare_buf_puts(out, "  ");
    tare__put_cell(out, style, TARE__DIM, TARE_S("batch"), w.name + 2, false, true);
    tare__put_cell(out, style, TARE__DIM, TARE_S("suite"), w.suite + 2, false, true);
    tare__put_cell(out, style, TARE__DIM, TARE_S("attempts"), w.attempts, true, true);
    tare__put(out, style, TARE__DIM, "  planned (UTC)     ");
    if (w.solvers)
        tare__put(out, style, TARE__DIM, "solvers");
    tare_buf_putc(out, '\n');
    tare__trim_lines(out, from);
    for (uint32_t i = 0; i < n; i++)
        put_batch(out, &batches[i], &w, style);
    for (uint32_t i = 0; i < n; i++)
        put_baselines(out, &batches[i], style);
    if (total > n)
        tare_buf_printf(out, "%s of %s; more: tare runs --limit %u\n", tare_number_count(n).s,
                        tare_number_count(total).s, total);
}

/* ---- tare show RUN ------------------------------------------------------------------------------
 */

static void put_run_head(struct tare_buf *out, const struct tare_batch_view *b,
                         const struct tare_run_view *run, const struct tare_board *board,
                         const struct tare_style *style)
{
    char hex[65];
    tare_digest_hex(b->suite_digest, hex);
    tare__put_cell(out, style, TARE__BOLD, run->solver, 60, false, false);
    tare_buf_printf(out, "%s   %s   ", run->control ? " (control)" : "", run->name);
    tare_text_safe(out, b->suite_name);
    tare_buf_putc(out, ' ');
    tare_text_safe(out, b->suite_version);
    if (board->variant.n) {
        tare_buf_putc(out, ' ');
        tare_text_safe(out, board->variant);
    }
    tare_buf_printf(out, "   %.8s\n%s tasks %s %u attempts   seed %llu   %s done", hex,
                    tare_number_count(b->n_tasks).s, tare__mark(TARE__MARK_TIMES, style->unicode),
                    b->k, (unsigned long long)b->seed, tare_number_count(run->n_done).s);
    tare_buf_printf(out, "   %s failed   %s missing   %s\n\n", tare_number_count(run->n_failed).s,
                    tare_number_count(run->n_missing).s, tare_number_when(b->wall_start_ns).s);
}

static void put_metric(struct tare_buf *out, const struct tare_metric *m,
                       const struct tare_board_cell *cell, const struct tare_style *style)
{
    double half = cell->ci.why ? (double)NAN : (cell->ci.hi - cell->ci.lo) / 2;
    struct tare_scale s = tare_scale_of(m, half);
    const char *unit = tare_scale_unit(m);
    struct tare_number range = {""};
    size_t from = out->n;
    if (!cell->ci.why)
        range = tare_number_range(cell->ci.lo, cell->ci.hi, s, style->unicode);
    tare_buf_puts(out, "  ");
    tare__put_cell(out, style, TARE__PLAIN, m->name, 28, false, true);
    tare__put_cell(out, style, TARE__BOLD,
                   tare_str_of(tare_number_value(cell->value, s, style->unicode).s), 9, true, true);
    tare_buf_printf(out, " %-5s ", unit);
    tare__put_cell(out, style, TARE__DIM, tare_str_of(range.s), 16, false, true);
    const char *better = m->direction == TARE_LOWER_BETTER    ? "less is better"
                         : m->direction == TARE_HIGHER_BETTER ? "more is better"
                                                              : "";
    const char *why = isnan(cell->value) && cell->why ? cell->why : better;
    tare_buf_putc(out, ' ');
    if (style->width > 66)
        tare__put_cell(out, style, TARE__DIM, tare_str_of(why), (size_t)style->width - 63, false,
                       false);
    tare_buf_putc(out, '\n');
    tare__trim_lines(out, from);
}

void tare_view_run(struct tare_buf *out, const struct tare_batch_view *batch,
                   const struct tare_run_view *run, const struct tare_board *board,
                   const struct tare_style *style)
{
    put_run_head(out, batch, run, board, style);
    if (board->n_rows == 0)
        return;
    char head[80];
    (void)snprintf(head, sizeof head, "  %-28s%9s %-5s %.4g %%", "metric", "value", "",
                   100 * board->confidence);
    tare__put(out, style, TARE__DIM, head);
    tare_buf_putc(out, '\n');
    for (uint32_t i = 0; i < board->n_metrics; i++)
        put_metric(out, &board->metrics[i], &board->rows[0].cells[i], style);
    tare_buf_putc(out, '\n');
}

/* ---- attempts
 * ------------------------------------------------------------------------------------ */

static const char *status_word(const struct tare_attempt_row *row)
{
    return row->status == TARE_ATTEMPT_DONE ? "done" : tare_attempt_status_name(row->status);
}

static void put_attempt(struct tare_buf *out, const struct tare_batch_view *b,
                        const struct tare_task_view *tasks, const struct tare_attempt_row *row,
                        size_t name, uint32_t n_metrics, const struct tare_style *style)
{
    size_t from = out->n;
    char attempt[16];
    (void)snprintf(attempt, sizeof attempt, " #%u", (unsigned)row->index + 1);
    tare__put_cell(out, style, TARE__PLAIN, tasks[row->task].id, name, false, true);
    tare_buf_printf(out, "%-6s %-8s %6u", attempt, status_word(row), row->n_steps);
    for (uint32_t m = 0; m < n_metrics; m++) {
        struct tare_scale s = tare_scale_of(&b->metrics[m], (double)NAN);
        bool ok = row->state[m] == TARE_SCORE_OK;
        tare_buf_putc(out, ' ');
        tare__put_cell(
            out, style, TARE__PLAIN,
            tare_str_of(tare_number_value(ok ? row->value[m] : (double)NAN, s, style->unicode).s),
            9, true, true);
    }
    if (row->cause != TARE_CAUSE_NONE)
        tare_buf_printf(out, "  %s", tare_cause_name(row->cause));
    tare_buf_putc(out, '\n');
    tare__trim_lines(out, from);
}

void tare_view_attempts(struct tare_buf *out, const struct tare_batch_view *batch,
                        const struct tare_task_view *tasks, const struct tare_attempt_page *page,
                        uint64_t offset, const struct tare_style *style)
{
    if (page->n == 0) {
        tare_buf_puts(out, page->total ? "No attempts on this page.\n" : "No attempts match.\n");
        return;
    }
    size_t name = 8, from = out->n;
    for (uint32_t i = 0; i < page->n; i++)
        name = max_of(name, tare_text_columns(tasks[page->rows[i].task].id));
    name = name > 28 ? 28 : name;
    uint32_t n_metrics = 0;
    while (n_metrics < batch->n_metrics && n_metrics < MAX_METRIC_COLUMNS &&
           name + 32 + 10 * (n_metrics + 1) <= (size_t)style->width)
        n_metrics++;
    tare__put_cell(out, style, TARE__DIM, TARE_S("task"), name + 7, false, true);
    tare__put(out, style, TARE__DIM, "status    steps");
    for (uint32_t m = 0; m < n_metrics; m++) {
        struct tare_str t = batch->metrics[m].title;
        tare_buf_putc(out, ' ');
        tare__put_cell(out, style, TARE__DIM, t.n ? t : batch->metrics[m].name, 9, true, true);
    }
    tare_buf_putc(out, '\n');
    tare__trim_lines(out, from);
    for (uint32_t i = 0; i < page->n; i++)
        put_attempt(out, batch, tasks, &page->rows[i], name, n_metrics, style);
    if (page->total > offset + page->n || offset)
        tare_buf_printf(out, "%s to %s of %s", tare_number_count(offset + 1).s,
                        tare_number_count(offset + page->n).s, tare_number_count(page->total).s);
    if (page->total > offset + page->n)
        tare_buf_printf(out, "; more: --offset %llu", (unsigned long long)(offset + page->n));
    if (page->total > offset + page->n || offset)
        tare_buf_putc(out, '\n');
}
