/* A leaderboard as a table; the headline's estimates with whiskers as SVG in a column of it. */
#include <math.h>

#include "view/board.h"
#include "view/html.h"

#include "base/banned.h"

static const char *const row_class[] = {"run", "control", "published"};

/* Percent of the axis, inside [0, 100]. */
static double at(double x, double lo, double hi)
{
    return fmin(100, fmax(0, hi > lo ? 100 * (x - lo) / (hi - lo) : 50));
}

static void put_mark(struct tare_buf *out, enum tare_row_kind kind, double x)
{
    if (kind == TARE_ROW_MEASURED)
        tare_buf_printf(out, "<circle class=\"dot\" cx=\"%.3f%%\" cy=\"12\" r=\"4\"/>", x);
    else if (kind == TARE_ROW_CONTROL)
        tare_buf_printf(out,
                        "<svg x=\"%.3f%%\" y=\"12\" class=\"point\"><rect class=\"dot\" x=\"-4\" "
                        "y=\"-4\" width=\"8\" height=\"8\"/></svg>",
                        x);
    else
        tare_buf_printf(out,
                        "<svg x=\"%.3f%%\" y=\"12\" class=\"point\"><path class=\"dot\" "
                        "d=\"M0 -5L5 0L0 5L-5 0Z\"/></svg>",
                        x);
}

static void put_plot(struct tare_buf *out, const struct tare_board_row *row, double lo, double hi)
{
    const struct tare_board_cell *cell = &row->cells[0];
    tare_buf_puts(out, "<td class=\"w\"><svg aria-hidden=\"true\">");
    for (int i = 0; i <= 2; i++)
        tare_buf_printf(out, "<line class=\"grid\" x1=\"%d%%\" x2=\"%d%%\" y1=\"0\" y2=\"24\"/>",
                        i * 50, i * 50);
    if (!isnan(cell->value)) {
        if (!cell->ci.why)
            tare_buf_printf(out,
                            "<line class=\"whisker\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"12\" "
                            "y2=\"12\"/>",
                            at(cell->ci.lo, lo, hi), at(cell->ci.hi, lo, hi));
        put_mark(out, row->kind, at(cell->value, lo, hi));
    }
    tare_buf_puts(out, "</svg></td>");
}

static void put_name(struct tare_buf *out, const struct tare_board_row *row, const char *link)
{
    tare_buf_puts(out, "<td class=\"w n\">");
    if (link && row->id.n) {
        tare_buf_printf(out, "<a href=\"%s", link);
        tare__html_text(out, row->id);
        tare_buf_puts(out, "\">");
        tare__html_text(out, row->name);
        tare_buf_puts(out, "</a>");
    } else {
        tare__html_text(out, row->name);
    }
    tare_buf_puts(out, "</td>");
}

/* data-v names the number's place in the document; a test compares both. */
static void put_cells(struct tare_buf *out, const struct tare_board *b, uint32_t r)
{
    for (uint32_t m = 0; m < b->n_metrics; m++) {
        const struct tare_board_cell *cell = &b->rows[r].cells[m];
        struct tare_scale s = tare__board_scale(b, m);
        const char *why = cell->why ? cell->why : cell->ci.why;
        tare_buf_printf(out, "<td data-v=\"leaderboard.%u.metrics.", r);
        tare__html_text(out, b->metrics[m].name);
        tare_buf_puts(out, ".value\"");
        if (why) {
            tare_buf_puts(out, " title=\"");
            tare__html_text(out, tare_str_of(why));
            tare_buf_putc(out, '"');
        }
        tare_buf_printf(out, ">%s</td><td class=\"range\">",
                        tare_number_value(cell->value, s, true).s);
        if (!cell->ci.why)
            tare_buf_puts(out, tare_number_range(cell->ci.lo, cell->ci.hi, s, true).s);
        tare_buf_puts(out, "</td>");
    }
}

static void put_row(struct tare_buf *out, const struct tare_board *b, uint32_t r, const char *link,
                    const double ends[2])
{
    const struct tare_board_row *row = &b->rows[r];
    tare_buf_printf(out, "<tr class=\"%s\"><td class=\"w\">%s</td>", row_class[row->kind],
                    tare__board_rank_text(row, true).s);
    put_name(out, row, link);
    if (b->n_metrics)
        put_plot(out, row, ends[0], ends[1]);
    put_cells(out, b, r);
    if (row->kind == TARE_ROW_PUBLISHED)
        tare_buf_puts(out, "<td></td>");
    else
        tare_buf_printf(out, "<td data-v=\"leaderboard.%u.missing\">%s</td>", r,
                        tare_number_count(row->n_missing).s);
    tare_buf_puts(out, "<td class=\"w\">");
    tare__html_text(out, tare__class_text(b, row));
    tare_buf_puts(out, "</td></tr>\n");
}

static void put_head(struct tare_buf *out, const struct tare_board *b, const double ends[2])
{
    tare_buf_puts(out, "<thead><tr><th class=\"w\">rank</th><th class=\"w\">solver</th>");
    for (uint32_t m = 0; m < b->n_metrics; m++) {
        const struct tare_metric *x = &b->metrics[m];
        struct tare_scale s = tare__board_scale(b, m);
        if (m == 0)
            tare_buf_printf(out, "<th class=\"w\">%s to %s%s</th>",
                            tare_number_value(ends[0], s, true).s,
                            tare_number_value(ends[1], s, true).s, s.factor == 100 ? " %" : "");
        tare_buf_puts(out, "<th title=\"");
        tare__html_text(out, x->about);
        tare_buf_puts(out, "\">");
        tare__html_text(out, x->title.n ? x->title : x->name);
        tare_buf_printf(out, "%s</th><th>%.4g %%</th>",
                        x->direction == TARE_LOWER_BETTER ? " ↓" : "", 100 * b->confidence);
    }
    tare_buf_puts(out, "<th>missing</th><th class=\"w\">class</th></tr></thead>\n");
}

static void put_counts(struct tare_buf *out, const struct tare_board *b)
{
    tare_buf_printf(out, "<p>%s tasks × %u attempts", tare_number_count(b->n_tasks).s, b->k);
    if (b->has_seed)
        tare_buf_printf(out, ", seed %llu", (unsigned long long)b->seed);
    if (b->n_missing)
        tare_buf_printf(out, "; %s of %s attempts missing (%s)", tare_number_count(b->n_missing).s,
                        tare_number_count(b->n_planned).s, tare_cause_name(b->missing_cause));
    tare_buf_puts(out, ".</p>\n");
}

/* What the evidence supports about the first place, in words. */
static void put_sentence(struct tare_buf *out, const struct tare_board *b)
{
    const struct tare_board_row *first = NULL;
    uint32_t alike = 0, ranked = 0;
    for (uint32_t i = 0; i < b->n_rows; i++) {
        ranked += b->rows[i].rank_lo > 0;
        alike += b->rows[i].rank_lo == 1;
        if (b->rows[i].rank_lo == 1 && !first)
            first = &b->rows[i];
    }
    if (!first || ranked < 2)
        return;
    tare_buf_puts(out, "<p class=\"lead\">");
    tare__html_text(out, first->name);
    if (alike > 1)
        tare_buf_printf(out, " stands first, but the evidence does not tell it from %u other%s.",
                        alike - 1, alike == 2 ? "" : "s");
    else
        tare_buf_printf(out, " is better than the other %u, and the evidence tells them apart.",
                        ranked - 1);
    tare_buf_puts(out, "</p>\n");
}

static void put_slice_cell(struct tare_buf *out, const struct tare_board *b, uint32_t slice,
                           uint32_t row)
{
    const struct tare_board_cell *cell = &b->slices[slice].cells[row];
    struct tare_scale s = tare__board_scale(b, 0);
    tare_buf_printf(out, "<td data-v=\"slices.%u.cells.%u.value\">%s</td><td class=\"n\">", slice,
                    row, tare_number_value(cell->value, s, true).s);
    if (!cell->ci.why)
        tare_buf_puts(out, tare_number_range(cell->ci.lo, cell->ci.hi, s, true).s);
    tare_buf_puts(out, "</td>");
}

/* The headline by the values of a tag: a row each, a column of estimate and interval a solver. */
static void put_slices(struct tare_buf *out, const struct tare_board *b)
{
    if (b->n_slices == 0)
        return;
    tare_buf_puts(out, "<h2>");
    tare__html_text(out, b->metrics[0].title.n ? b->metrics[0].title : b->metrics[0].name);
    tare_buf_puts(out, " by ");
    tare__html_text(out, b->slices_by);
    tare_buf_puts(out, "</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                       "aria-label=\"slices\"><table><thead><tr><th class=\"w\">");
    tare__html_text(out, b->slices_by);
    tare_buf_puts(out, "</th><th>tasks</th>");
    for (uint32_t r = 0; r < b->n_rows; r++) {
        if (b->rows[r].kind == TARE_ROW_PUBLISHED)
            continue;
        tare_buf_puts(out, "<th>");
        tare__html_text(out, b->rows[r].name);
        tare_buf_printf(out, "</th><th>%.4g %%</th>", 100 * b->confidence);
    }
    tare_buf_puts(out, "</tr></thead><tbody>\n");
    for (uint32_t i = 0; i < b->n_slices; i++) {
        tare_buf_puts(out, "<tr><td class=\"w\">");
        tare__html_text(out, b->slices[i].value);
        tare_buf_printf(out, "</td><td>%s</td>", tare_number_count(b->slices[i].n_tasks).s);
        for (uint32_t r = 0; r < b->n_rows; r++)
            if (b->rows[r].kind != TARE_ROW_PUBLISHED)
                put_slice_cell(out, b, i, r);
        tare_buf_puts(out, "</tr>\n");
    }
    tare_buf_puts(out, "</tbody></table></div>\n<p class=\"note\">Each interval stands for "
                       "itself; slices are not ranked.</p>\n");
}

void tare__html_board(struct tare_buf *out, const struct tare_board *b, const char *link)
{
    double ends[2] = {0, 1};
    tare_buf_puts(out, "<section><h1>");
    tare__html_text(out, b->suite);
    if (b->version.n) {
        tare_buf_putc(out, ' ');
        tare__html_text(out, b->version);
    }
    tare_buf_puts(out, "</h1>\n");
    put_sentence(out, b);
    put_counts(out, b);
    if (b->n_metrics)
        tare__board_ends(b, &ends[0], &ends[1]);
    tare_buf_puts(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                       "aria-label=\"leaderboard\"><table>");
    put_head(out, b, ends);
    tare_buf_puts(out, "<tbody>\n");
    for (uint32_t i = 0; i < b->n_rows; i++)
        put_row(out, b, i, link, ends);
    tare_buf_puts(out, "</tbody></table></div>\n<p class=\"note\">● measured, ■ control, "
                       "◇ published: not run here, not ranked. Ranks: ");
    tare__html_text(out, tare_str_of(b->rank_method ? b->rank_method : "none"));
    tare_buf_puts(out, ".</p>\n");
    for (uint32_t i = 0; i < b->n_findings; i++) {
        tare_buf_puts(out,
                      b->findings[i].level == TARE_FINDING_NOTE ? "<p>Note: " : "<p>▲ Finding: ");
        tare__html_text(out, b->findings[i].text);
        tare_buf_puts(out, "</p>\n");
    }
    put_slices(out, b);
    tare_buf_puts(out, "</section>\n");
}
