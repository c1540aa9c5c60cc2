#include "view/progress.h"

#include <stdio.h>

#include "view/number.h"
#include "view/paint.h"

#include "text/json.h"
#include "text/width.h"

#include "base/banned.h"

#define DRAW_EVERY_NS 125000000   /* 8 Hz */
#define LINE_EVERY_NS 60000000000 /* a line at least this often … */
#define BAR_COLUMNS 28

void tare_progress_init(struct tare_progress *p, enum tare_progress_kind kind,
                        const struct tare_progress_head *head, const struct tare_style *style,
                        int64_t now_ns)
{
    *p = (struct tare_progress){.kind = kind, .style = *style, .head = *head, .start_ns = now_ns};
}

/* "left 3 min" from the pace so far; empty while there is none. */
static void put_left(struct tare_buf *out, const struct tare_progress *p,
                     const struct tare_progress_now *now)
{
    uint64_t played = now->done - p->head.before, left = p->head.total - now->done;
    double elapsed_s = (double)(now->now_ns - p->start_ns) / 1e9;
    if (played == 0 || now->done < p->head.before || elapsed_s < 1 || left == 0)
        return;
    double s = elapsed_s / (double)played * (double)left;
    if (s < 90)
        tare_buf_printf(out, "   left %.0f s", s);
    else if (s < 5400)
        tare_buf_printf(out, "   left %.0f min", s / 60);
    else
        tare_buf_printf(out, "   left %.1f h", s / 3600);
}

static unsigned percent(const struct tare_progress *p, uint64_t done)
{
    return p->head.total ? (unsigned)(done * 100 / p->head.total) : 100;
}

static void put_counts(struct tare_buf *out, const struct tare_progress *p,
                       const struct tare_progress_now *now)
{
    tare_buf_printf(out, "%s of %s", tare_number_count(now->done).s,
                    tare_number_count(p->head.total).s);
}

static void put_json(struct tare_progress *p, const struct tare_progress_now *now,
                     const char *state, struct tare_buf *out)
{
    struct tare_json_writer w;
    tare_json_writer_init(&w, out);
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "schema");
    tare_json_put_cstr(&w, "tare.progress/1");
    tare_json_put_key(&w, "batch");
    tare_json_put_str(&w, p->head.run);
    tare_json_put_key(&w, "state");
    tare_json_put_cstr(&w, state);
    tare_json_put_key(&w, "total");
    tare_json_put_u64(&w, p->head.total);
    tare_json_put_key(&w, "done");
    tare_json_put_u64(&w, now ? now->done : p->head.before);
    tare_json_put_key(&w, "failed");
    tare_json_put_u64(&w, now ? now->failed : 0);
    tare_json_put_key(&w, "missing");
    tare_json_put_u64(&w, now ? now->missing : 0);
    tare_json_put_key(&w, "elapsed_s");
    tare_json_put_f64(&w, now ? (double)(now->now_ns - p->start_ns) / 1e9 : 0);
    tare_json_end_object(&w);
    tare_buf_putc(out, '\n');
}

void tare_progress_start(struct tare_progress *p, struct tare_buf *out)
{
    if (p->kind == TARE_PROGRESS_JSONL)
        put_json(p, NULL, "started", out);
    if (p->kind == TARE_PROGRESS_BAR)
        tare_buf_puts(out, "\033[?25l");
    if (p->kind != TARE_PROGRESS_LINE)
        return;
    tare_buf_puts(out, "tare run: ");
    tare_text_safe(out, p->head.suite);
    if (p->head.n_solvers == 1) {
        tare_buf_puts(out, ", ");
        tare_text_safe(out, p->head.solver);
    } else {
        tare_buf_printf(out, ", %u solvers", p->head.n_solvers);
    }
    tare_buf_printf(out, ", %s attempts", tare_number_count(p->head.total).s);
    if (p->head.before)
        tare_buf_printf(out, " (%s done before)", tare_number_count(p->head.before).s);
    tare_buf_printf(out, ", run %.*s\n", TARE_FMT(p->head.run));
}

static void draw_line(struct tare_progress *p, const struct tare_progress_now *now,
                      struct tare_buf *out)
{
    uint64_t tenths = p->head.total ? now->done * 10 / p->head.total : 10;
    int64_t since = p->drawn_ns ? p->drawn_ns : p->start_ns;
    /* Whichever is later: a fast run says little, a slow one once a minute. */
    if (tenths <= p->drawn_tenths || now->now_ns - since < LINE_EVERY_NS)
        return;
    p->drawn_tenths = tenths;
    p->drawn_ns = now->now_ns;
    if (p->kind == TARE_PROGRESS_JSONL) {
        put_json(p, now, "running", out);
        return;
    }
    tare_buf_printf(out, "tare run: %.*s %u %%  ", TARE_FMT(p->head.run), percent(p, now->done));
    put_counts(out, p, now);
    tare_buf_printf(out, "  failed %s  missing %s", tare_number_count(now->failed).s,
                    tare_number_count(now->missing).s);
    put_left(out, p, now);
    tare_buf_putc(out, '\n');
}

static void erase(struct tare_progress *p, struct tare_buf *out)
{
    for (int i = 0; i < p->lines; i++)
        tare_buf_puts(out, "\033[1A\033[2K");
    p->lines = 0;
}

static void put_bar(struct tare_progress *p, const struct tare_progress_now *now,
                    struct tare_buf *out)
{
    unsigned full = percent(p, now->done) * BAR_COLUMNS / 100;
    for (unsigned i = 0; i < BAR_COLUMNS; i++)
        tare__put(out, &p->style, i < full ? TARE__PLAIN : TARE__DIM,
                  i < full ? tare__mark(TARE__MARK_BAR, p->style.unicode)
                           : tare__mark(TARE__MARK_DOT, p->style.unicode));
}

static void draw_bar(struct tare_progress *p, const struct tare_progress_now *now,
                     struct tare_buf *out)
{
    if (p->drawn_ns && now->now_ns - p->drawn_ns < DRAW_EVERY_NS)
        return;
    p->drawn_ns = now->now_ns;
    erase(p, out);
    tare__put_cell(out, &p->style, TARE__BOLD, p->head.suite, 20, false, true);
    tare_buf_putc(out, ' ');
    put_bar(p, now, out);
    tare_buf_puts(out, "   ");
    put_counts(out, p, now);
    tare_buf_printf(out, "\nin flight %s   failed %s   missing %s",
                    tare_number_count(now->in_flight).s, tare_number_count(now->failed).s,
                    tare_number_count(now->missing).s);
    put_left(out, p, now);
    tare_buf_putc(out, '\n');
    p->lines = 2;
    struct tare_str note = now->note.n ? now->note : now->last;
    if (note.n == 0)
        return;
    tare__put_cell(out, &p->style, TARE__DIM, note, (size_t)(p->style.width - 1), false, false);
    tare_buf_putc(out, '\n');
    p->lines = 3;
}

void tare_progress_draw(struct tare_progress *p, const struct tare_progress_now *now,
                        struct tare_buf *out)
{
    if (p->kind == TARE_PROGRESS_BAR)
        draw_bar(p, now, out);
    else if (p->kind != TARE_PROGRESS_NONE)
        draw_line(p, now, out);
}

void tare_progress_end(struct tare_progress *p, const struct tare_progress_now *now,
                       const char *how, struct tare_buf *out)
{
    double seconds = (double)(now->now_ns - p->start_ns) / 1e9;
    if (p->kind == TARE_PROGRESS_BAR) {
        erase(p, out);
        tare_buf_puts(out, tare_progress_restore());
    }
    if (p->kind == TARE_PROGRESS_JSONL)
        put_json(p, now, how, out);
    if (p->kind != TARE_PROGRESS_LINE)
        return;
    tare_buf_printf(out, "tare run: %.*s %s  ", TARE_FMT(p->head.run), how);
    put_counts(out, p, now);
    tare_buf_printf(out, "  failed %s  missing %s  %.1f s\n", tare_number_count(now->failed).s,
                    tare_number_count(now->missing).s, seconds);
}

const char *tare_progress_restore(void)
{
    return "\033[?25h";
}
