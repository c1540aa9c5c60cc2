#include <math.h>
#include <stdio.h>

#include "view/number.h"
#include "view/paint.h"
#include "view/selftest.h"

#include "base/banned.h"

static void put_rate(struct tare_buf *out, const struct tare_selftest_rate *r, bool wide,
                     const struct tare_style *style)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%5.1f", 100 * r->rate);
    if (wide)
        n += snprintf(text + n, sizeof text - (size_t)n, " (%.1f-%.1f)", 100 * r->lo, 100 * r->hi);
    if (r->state == TARE_SELFTEST_OFF)
        n += snprintf(text + n, sizeof text - (size_t)n, " !");
    tare__put(out, style, r->state == TARE_SELFTEST_OFF ? TARE__WARN : TARE__PLAIN, text);
    tare__pad(out, n < 20 && wide ? (size_t)(20 - n) : n < 9 ? (size_t)(9 - n) : 1);
}

void tare_view_selftest_until(struct tare_buf *out, const struct tare_selftest_until *s,
                              const struct tare_style *style)
{
    char text[200];
    bool wide = style->width >= 80;
    (void)snprintf(text, sizeof text, "%19s  %-*s%-*s%s", "tasks", wide ? 20 : 9,
                   wide ? "wrong answers" : "wrong", wide ? 20 : 9,
                   wide ? "right answers" : "right", "tasks played");
    tare_buf_puts(out, "\nPlayed until decided, looked at after every task\n");
    tare__put(out, style, TARE__DIM, text);
    tare_buf_putc(out, '\n');
    for (uint32_t i = 0; i < s->n_rows; i++) {
        const struct tare_selftest_until_row *r = &s->rows[i];
        size_t from = out->n;
        char size[32];
        (void)snprintf(size, sizeof size, r->attempts > 1 ? "%ux%u" : "%u", r->tasks, r->attempts);
        tare_buf_printf(out, "  %-11s %5s ", r->name, size);
        put_rate(out, &r->false_verdicts, wide, style);
        put_rate(out, &r->found, wide, style);
        if (isfinite(r->mean_looked))
            tare_buf_printf(out, "%.0f", r->mean_looked);
        tare_buf_putc(out, '\n');
        tare__trim_lines(out, from);
    }
}

static void doc_rate(struct tare_json_writer *w, const char *key,
                     const struct tare_selftest_rate *r)
{
    tare_json_put_key(w, key);
    tare_json_begin_object(w);
    tare_json_member_u64(w, "count", r->k);
    tare_json_member_u64(w, "of", r->n);
    tare_json_member_f64(w, "rate", r->rate);
    tare_json_member_f64(w, "low", r->lo);
    tare_json_member_f64(w, "high", r->hi);
    tare_json_member_f64(w, "promise", r->promise);
    tare_json_member_bool(w, "off", r->state == TARE_SELFTEST_OFF);
    tare_json_end_object(w);
}

void tare_doc_selftest_until(struct tare_json_writer *w, const struct tare_selftest_until *s)
{
    tare_json_begin_array(w);
    for (uint32_t i = 0; i < s->n_rows; i++) {
        const struct tare_selftest_until_row *r = &s->rows[i];
        tare_json_begin_object(w);
        tare_json_member_cstr(w, "process", r->name);
        tare_json_member_cstr(w, "about", r->about);
        tare_json_member_u64(w, "tasks", r->tasks);
        tare_json_member_u64(w, "attempts", r->attempts);
        tare_json_member_f64(w, "effect", r->effect);
        tare_json_member_f64(w, "margin", r->margin > 0 ? r->margin : (double)NAN);
        doc_rate(w, "wrong", &r->false_verdicts);
        doc_rate(w, "right", &r->found);
        tare_json_member_f64(w, "mean_tasks", r->mean_looked);
        tare_json_end_object(w);
    }
    tare_json_end_array(w);
}
