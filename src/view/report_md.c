/* A report as Markdown. */
#include "text/width.h"
#include "view/board.h"
#include "view/report_int.h"
#include "view/term.h"

#include "base/limits.h"

#include "base/banned.h"

/* Outside text inside a table: nothing of it is markup, a link or a mention. */
static void put_escaped(struct tare_buf *out, struct tare_str text)
{
    struct tare_buf safe;
    tare_buf_init(&safe, NULL, 64 * TARE_KIB);
    tare_text_safe(&safe, text);
    for (size_t i = 0; i < safe.n; i++) {
        char c = safe.p[i];
        if (c == '<')
            tare_buf_puts(out, "&lt;");
        else if (c == '&')
            tare_buf_puts(out, "&amp;");
        else if (c == '@')
            tare_buf_puts(out, "&#64;");
        else {
            if (strchr("\\`*_{}[]|~#!", c))
                tare_buf_putc(out, '\\');
            tare_buf_putc(out, c);
        }
    }
    tare_buf_free(&safe);
}

static void put_row(struct tare_buf *out, const struct tare_board *b, uint32_t i, uint32_t shown)
{
    static const char *const marks[] = {"●", "■", "◇"};
    const struct tare_board_row *row = &b->rows[i];
    tare_buf_printf(out, "| %s | %s ", tare__board_rank_text(row, true).s, marks[row->kind]);
    put_escaped(out, row->name);
    for (uint32_t m = 0; m < shown; m++) {
        const struct tare_board_cell *cell = &row->cells[m];
        struct tare_scale s = tare__board_scale(b, m);
        tare_buf_printf(out, " | %s", tare_number_value(cell->value, s, true).s);
        if (!cell->ci.why)
            tare_buf_printf(out, " (%s)", tare_number_range(cell->ci.lo, cell->ci.hi, s, true).s);
    }
    if (row->kind == TARE_ROW_PUBLISHED)
        tare_buf_puts(out, " | |\n");
    else
        tare_buf_printf(out, " | %s |\n", tare_number_count(row->n_missing).s);
}

static void put_board(struct tare_buf *out, const struct tare_board *b)
{
    uint32_t shown = b->n_metrics < 4 ? b->n_metrics : 4;
    tare_buf_puts(out, "### ");
    put_escaped(out, b->suite);
    tare_buf_putc(out, ' ');
    put_escaped(out, b->version);
    tare_buf_printf(out, ": %s tasks × %u attempts\n\n| rank | solver |",
                    tare_number_count(b->n_tasks).s, b->k);
    for (uint32_t m = 0; m < shown; m++) {
        const struct tare_metric *x = &b->metrics[m];
        tare_buf_putc(out, ' ');
        put_escaped(out, x->title.n ? x->title : x->name);
        tare_buf_puts(out, x->direction == TARE_LOWER_BETTER ? " ↓ |" : " |");
    }
    tare_buf_puts(out, " missing |\n|--:|---|");
    for (uint32_t m = 0; m <= shown; m++)
        tare_buf_puts(out, "--:|");
    tare_buf_putc(out, '\n');
    for (uint32_t i = 0; i < b->n_rows; i++)
        put_row(out, b, i, shown);
    tare_buf_printf(out, "\n● measured (%.4g %% interval), ■ control, ◇ published: not run here\n",
                    100 * b->confidence);
    for (uint32_t i = 0; i < b->n_findings; i++) {
        tare_buf_puts(out, "\n- ");
        put_escaped(out, b->findings[i].text);
    }
    if (b->n_findings)
        tare_buf_putc(out, '\n');
}

enum tare_status tare_report_md(const struct tare_report_options *options, struct tare_buf *out,
                                struct tare_err *err)
{
    const struct tare_alc *alc = tare_alc_libc();
    struct tare__report *r = alc->get(alc->ctx, sizeof *r);
    if (!r)
        return tare__no_memory(err);
    enum tare_status st = tare__report_open(options, r, err);
    if (!st) {
        tare_buf_puts(out, "<!-- tare-report -->\n");
        put_board(out, &r->board);
    }
    for (uint32_t i = 0; i < r->n_verdicts && !st; i++) {
        tare_buf_putc(out, '\n');
        tare_view_compare_md(out, &r->verdicts[i], options->command);
    }
    tare__report_close(r);
    alc->put(alc->ctx, r, sizeof *r);
    return st;
}
