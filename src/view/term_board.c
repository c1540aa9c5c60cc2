#include <math.h>
#include <stdio.h>

#include "record/query.h"
#include "text/width.h"
#include "view/board.h"
#include "view/term.h"

#include "base/banned.h"

#define MAX_STRIP 64

/* ---- head -------------------------------------------------------------------------------------
 */

static void say_head(struct tare_buf *out, const struct tare_board *b,
                     const struct tare_style *style)
{
    tare_text_safe(out, b->suite);
    if (b->version.n) {
        tare_buf_putc(out, ' ');
        tare_text_safe(out, b->version);
    }
    if (b->variant.n) {
        tare_buf_putc(out, ' ');
        tare_text_safe(out, b->variant);
    }
    tare_buf_printf(out, "   %s task%s", tare_number_count(b->n_tasks).s,
                    b->n_tasks == 1 ? "" : "s");
    if (b->k)
        tare_buf_printf(out, " %s %u attempt%s", tare__mark(TARE__MARK_TIMES, style->unicode), b->k,
                        b->k == 1 ? "" : "s");
    if (b->has_seed)
        tare_buf_printf(out, "   seed %llu", (unsigned long long)b->seed);
    if (b->has_digest) {
        char hex[65];
        tare_digest_hex(b->digest, hex);
        tare_buf_printf(out, "   %.8s", hex);
    }
}

static void put_head(struct tare_buf *out, const struct tare_board *b,
                     const struct tare_style *style)
{
    struct tare_buf head, lost;
    tare_buf_init(&head, NULL, 65536);
    tare_buf_init(&lost, NULL, 4096);
    say_head(&head, b, style);
    if (b->n_missing)
        tare_buf_printf(&lost, "%s of %s attempts missing (%s)", tare_number_count(b->n_missing).s,
                        tare_number_count(b->n_planned).s,
                        b->missing_cause ? tare_cause_name(b->missing_cause) : "not finished");
    if (lost.n && tare_text_columns(tare_buf_str(&head)) + 3 + lost.n <= (size_t)style->width) {
        tare_buf_puts(&head, "   ");
        tare_buf_put(&head, tare_buf_str(&lost));
        tare_buf_reset(&lost);
    }
    tare__wrap(out, tare_buf_str(&head), 0, (size_t)style->width);
    if (lost.n)
        tare__wrap(out, tare_buf_str(&lost), 0, (size_t)style->width);
    tare_buf_putc(out, '\n');
    tare_buf_free(&head);
    tare_buf_free(&lost);
}

/* ---- the strip ---------------------------------------------------------------------------------
 */

static size_t place(const struct tare__board_layout *l, double x)
{
    double at = (x - l->lo) / (l->hi - l->lo) * (double)(l->strip - 1);
    return at <= 0 ? 0 : at >= (double)(l->strip - 1) ? l->strip - 1 : (size_t)(at + 0.5);
}

static enum tare__mark kind_mark(enum tare_row_kind kind)
{
    static const enum tare__mark marks[] = {TARE__MARK_MEASURED, TARE__MARK_CONTROL,
                                            TARE__MARK_PUBLISHED};
    return marks[kind];
}

static void put_strip(struct tare_buf *out, const struct tare_board_row *row,
                      const struct tare__board_layout *l, const struct tare_style *style)
{
    const char *glyph[MAX_STRIP] = {0};
    enum tare__ink ink[MAX_STRIP] = {0};
    const struct tare_board_cell *cell = &row->cells[0];
    size_t dots[] = {0, (l->strip - 1) / 2, l->strip - 1};
    for (size_t i = 0; i < 3; i++) {
        glyph[dots[i]] = tare__mark(TARE__MARK_DOT, style->unicode);
        ink[dots[i]] = TARE__DIM;
    }
    if (!cell->ci.why)
        for (size_t i = place(l, cell->ci.lo); i <= place(l, cell->ci.hi); i++) {
            glyph[i] = tare__mark(TARE__MARK_LINE, style->unicode);
            ink[i] = TARE__PLAIN;
        }
    if (!isnan(cell->value)) {
        size_t at = place(l, cell->value);
        glyph[at] = tare__mark(kind_mark(row->kind), style->unicode);
        ink[at] = row->kind == TARE_ROW_MEASURED ? TARE__BOLD : TARE__PLAIN;
    }
    for (size_t i = 0; i < l->strip; i++) {
        if (glyph[i])
            tare__put(out, style, ink[i], glyph[i]);
        else
            tare_buf_putc(out, ' ');
    }
    tare_buf_putc(out, ' ');
}

/* Labels of the strip's ends and middle. */
static void put_axis(struct tare_buf *out, const struct tare__board_layout *l,
                     const struct tare_style *style)
{
    struct tare_scale s = l->columns[0].scale;
    double ends[] = {l->lo, (l->lo + l->hi) / 2, l->hi};
    struct tare_number text[3];
    for (int i = 0; i < 3; i++) {
        s.decimals = 0;
        double x = ends[i] * s.factor;
        while (s.decimals < 2 && fabs(x - floor(x + 0.5)) > 1e-9) {
            x *= 10;
            s.decimals++;
        }
        text[i] = tare_number_value(ends[i], s, style->unicode);
    }
    size_t w[3];
    for (int i = 0; i < 3; i++)
        w[i] = tare_text_columns(tare_str_of(text[i].s));
    size_t mid = (l->strip - 1) / 2, at = mid > w[1] / 2 ? mid - w[1] / 2 : 0;
    if (at <= w[0])
        at = w[0] + 1;
    tare_buf_puts(out, text[0].s);
    tare__pad(out, at - w[0]);
    tare_buf_puts(out, text[1].s);
    size_t used = at + w[1], right = l->strip > w[2] ? l->strip - w[2] : 0;
    tare__pad(out, right > used ? right - used : 1);
    tare_buf_puts(out, text[2].s);
    tare_buf_putc(out, ' ');
}

/* ---- rows --------------------------------------------------------------------------------------
 */

static void put_column_heads(struct tare_buf *out, const struct tare_board *b,
                             const struct tare__board_layout *l, const struct tare_style *style)
{
    size_t from = out->n;
    char level[16];
    (void)snprintf(level, sizeof level, "%.4g %%", 100 * b->confidence);
    tare__put_cell(out, style, TARE__PLAIN, TARE_S("rank"), l->rank + 1, false, true);
    tare__put_cell(out, style, TARE__PLAIN, TARE_S("solver"), l->name + 1, false, true);
    if (l->strip)
        put_axis(out, l, style);
    for (uint32_t i = 0; i < l->n_columns; i++) {
        const struct tare__board_column *c = &l->columns[i];
        tare_buf_putc(out, ' ');
        tare__put_cell(out, style, TARE__PLAIN, tare_str_of(c->head.s), c->value, true, true);
        if (c->range)
            tare_buf_putc(out, ' ');
        if (c->range)
            tare__put_cell(out, style, TARE__PLAIN, tare_str_of(level), c->range + 1, false, true);
    }
    if (l->klass)
        tare_buf_puts(out, " class");
    tare_buf_putc(out, '\n');
    tare__trim_lines(out, from);
}

static enum tare__ink name_ink(enum tare_row_kind kind)
{
    return kind == TARE_ROW_MEASURED  ? TARE__BOLD
           : kind == TARE_ROW_CONTROL ? TARE__PLAIN
                                      : TARE__ITALIC;
}

static void put_cells(struct tare_buf *out, const struct tare_board_row *row,
                      const struct tare__board_layout *l, const struct tare_style *style)
{
    bool u = style->unicode;
    for (uint32_t i = 0; i < l->n_columns; i++) {
        const struct tare__board_column *c = &l->columns[i];
        const struct tare_board_cell *cell = &row->cells[i];
        struct tare_number value = tare_number_value(cell->value, c->scale, u);
        struct tare_number range = {""};
        if (!cell->ci.why)
            range = tare_number_range(cell->ci.lo, cell->ci.hi, c->scale, u);
        bool strong = i == 0 && row->kind == TARE_ROW_MEASURED;
        tare_buf_putc(out, ' ');
        tare__put_cell(out, style, strong ? TARE__BOLD : TARE__PLAIN, tare_str_of(value.s),
                       c->value, true, true);
        if (c->range == 0)
            continue;
        tare_buf_putc(out, ' ');
        tare__put_cell(out, style, TARE__DIM, tare_str_of(range.s), c->range, true, true);
        tare_buf_putc(out, ' ');
    }
}

static void put_row(struct tare_buf *out, const struct tare_board *b,
                    const struct tare_board_row *row, const struct tare__board_layout *l,
                    const struct tare_style *style)
{
    size_t from = out->n;
    struct tare_number rank = tare__board_rank_text(row, style->unicode);
    tare__put_cell(out, style, TARE__DIM, tare_str_of(rank.s), l->rank + 1, false, true);
    tare__put_cell(out, style, name_ink(row->kind), row->name, l->name, false, true);
    tare_buf_putc(out, ' ');
    if (l->strip)
        put_strip(out, row, l, style);
    put_cells(out, row, l, style);
    if (l->klass) {
        tare_buf_putc(out, ' ');
        tare__put_cell(out, style, TARE__PLAIN, tare__class_text(b, row), l->klass, false, false);
    }
    tare_buf_putc(out, '\n');
    tare__trim_lines(out, from);
}

/* ---- foot --------------------------------------------------------------------------------------
 */

static void put_legend(struct tare_buf *out, const struct tare_board *b,
                       const struct tare_style *style)
{
    struct tare_buf text;
    bool kinds[3] = {false, false, false};
    for (uint32_t i = 0; i < b->n_rows; i++)
        kinds[b->rows[i].kind] = true;
    tare_buf_init(&text, NULL, 4096);
    bool said = false;
    for (int k = 0; k < 3; k++) {
        static const char *const words[] = {"measured", "control",
                                            "published, not re-run, not ranked"};
        if (!kinds[k])
            continue;
        tare_buf_printf(&text, "%s%s %s", text.n ? "   " : "",
                        tare__mark(kind_mark((enum tare_row_kind)k), style->unicode), words[k]);
        if (!said && k < 2)
            tare_buf_printf(&text, ", %.4g %% interval", 100 * b->confidence);
        said = true;
    }
    tare_buf_putc(out, '\n');
    tare__wrap(out, tare_buf_str(&text), 0, (size_t)style->width);
    tare_buf_free(&text);
}

static void put_findings(struct tare_buf *out, const struct tare_board *b, struct tare_str address,
                         bool all, const struct tare_style *style)
{
    struct tare_buf text;
    size_t from = out->n;
    tare_buf_init(&text, NULL, 16384);
    for (uint32_t i = 0; i < b->n_findings && (all || i == 0); i++) {
        tare_buf_reset(&text);
        tare_buf_puts(&text, b->findings[i].level == TARE_FINDING_NOTE ? "Note: " : "Finding: ");
        tare_text_safe(&text, b->findings[i].text);
        if (!all && b->n_findings > 1) {
            tare_buf_puts(&text, "   tare show ");
            tare_text_safe(&text, address);
            tare_buf_printf(&text, " --findings   %u more", b->n_findings - 1);
        }
        tare__wrap(out, tare_buf_str(&text), 0, (size_t)style->width);
    }
    tare__trim_lines(out, from);
    tare_buf_free(&text);
}

void tare_view_board(struct tare_buf *out, const struct tare_board *board, struct tare_str address,
                     bool all_findings, const struct tare_style *style)
{
    struct tare__board_layout l;
    put_head(out, board, style);
    if (board->n_rows == 0 || board->n_metrics == 0) {
        tare_buf_puts(out, "No runs yet.\n");
        return;
    }
    tare__board_fit(board, style, &l);
    put_column_heads(out, board, &l, style);
    for (uint32_t i = 0; i < board->n_rows; i++)
        put_row(out, board, &board->rows[i], &l, style);
    put_legend(out, board, style);
    put_findings(out, board, address.n ? address : TARE_S("@last"), all_findings, style);
}
