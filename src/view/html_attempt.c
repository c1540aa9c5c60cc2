/* One attempt as a drawn page: its scores, its steps in words, the bodies of some of them. */
#include <math.h>
#include <stdio.h>

#include "view/episode.h"
#include "view/html_int.h"
#include "view/number.h"

#include "base/banned.h"

#define BODIES 20u /* a page */

void tare__html_json(struct tare_buf *out, struct tare_json v)
{
    struct tare_buf text;
    struct tare_json_writer w;
    tare_buf_init(&text, NULL, out->max);
    tare_json_writer_init(&w, &text);
    w.indent = 2;
    tare_json_put_value(&w, v);
    tare_buf_puts(out, "<pre tabindex=\"0\">");
    for (size_t from = 0; from < text.n;) {
        const char *end = memchr(text.p + from, '\n', text.n - from);
        size_t stop = end ? (size_t)(end - text.p) : text.n;
        tare__html_text(out, tare_str_n(text.p + from, stop - from));
        tare_buf_putc(out, '\n');
        from = stop + 1;
    }
    tare_buf_puts(out, "</pre>\n");
    tare_buf_free(&text);
}

/* ---- scores ---------------------------------------------------------------------------------- */

static void put_scores(struct tare_buf *out, const struct tare__place *p,
                       const struct tare_attempt *a)
{
    tare_buf_puts(out, "<h2>Scores</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                       "aria-label=\"scores\"><table><thead><tr><th class=\"w\">score</th>"
                       "<th>value</th><th class=\"w\">why</th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < a->n_scores; i++) {
        const struct tare_score *s = &a->scores[i];
        const struct tare_metric *m = &p->batch.metrics[s->metric];
        double x = s->state == TARE_SCORE_OK ? s->value : (double)NAN;
        struct tare_number n = tare_number_value(x, tare_scale_of(m, (double)NAN), true);
        tare_buf_puts(out, "<tr><td class=\"w\">");
        tare__html_text(out, m->title.n ? m->title : m->name);
        tare_buf_printf(out, "</td><td>%s", n.s);
        if (s->state == TARE_SCORE_OK && isfinite(s->num) && isfinite(s->den) && s->den > 0)
            tare_buf_printf(out, " (%g of %g)", s->num, s->den);
        tare_buf_puts(out, "</td><td class=\"w wrap\">");
        tare__html_text(out, s->reason);
        tare_buf_puts(out, "</td></tr>\n");
    }
    tare_buf_puts(out, "</tbody></table></div>\n");
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void put_words(struct tare_buf *out, const struct tare_outline_entry *s)
{
    struct tare_buf text;
    tare_buf_init(&text, NULL, 64 * 1024);
    if (s->judged)
        tare_episode_judgement(&text, s);
    for (uint32_t i = 0; i < s->n_inj; i++)
        tare_buf_printf(&text, s->inj[i].tier ? "%sinjection met, tier %d" : "%sinjection met",
                        text.n ? "; " : "", (int)s->inj[i].tier);
    if (s->judged || s->n_followed) {
        if (text.n)
            tare_buf_puts(&text, "; ");
        tare_episode_why(&text, s);
    }
    if (s->text.n) {
        tare_buf_puts(&text, text.n ? "; " : "");
        tare_buf_put(&text, s->text);
    }
    struct tare_str said = tare_buf_str(&text);
    while (said.n > 1 && said.p[said.n - 2] == ';')
        said.n -= 2;
    tare__html_text(out, said);
    tare_buf_free(&text);
}

/* A mark beside its word: shape first. */
static const char *mark_of(const struct tare_outline_entry *s)
{
    if (s->kind == TARE_OUTLINE_ACT)
        return s->judged == TARE_TOUCH_REQUIRED  ? "<span class=\"up\">✓</span>"
               : s->judged == TARE_TOUCH_HARMFUL ? "<span class=\"down\">✗</span>"
                                                 : "□";
    if (s->n_inj)
        return "<span class=\"warn\">▽</span>";
    return s->kind == TARE_OUTLINE_REPORT  ? "⚑"
           : s->kind == TARE_OUTLINE_ERROR ? "<span class=\"warn\">!</span>"
                                           : "○";
}

static void put_steps(struct tare_buf *out, const struct tare_outline *o, uint64_t from)
{
    tare_buf_puts(out, "<h2>Steps</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                       "aria-label=\"steps\"><table><thead><tr><th>step</th><th class=\"w\">what"
                       "</th><th class=\"w\">target</th><th class=\"w\">evidence</th>"
                       "<th class=\"w\">judged</th><th class=\"w\">other side</th></tr></thead>"
                       "<tbody>\n");
    uint64_t first = from < 100 ? 0 : from - 100;
    for (uint64_t i = first; i < o->n_steps && i < first + 400; i++) {
        const struct tare_outline_entry *s = &o->steps[i];
        tare_buf_printf(out, "<tr id=\"step-%llu\"><td>", (unsigned long long)i);
        tare_buf_printf(out, "<a href=\"?from=%llu#body-%llu\">%llu</a>",
                        (unsigned long long)(i / BODIES * BODIES), (unsigned long long)i,
                        (unsigned long long)i);
        tare_buf_printf(out, "</td><td class=\"w\">%s ", mark_of(s));
        tare__html_text(out, s->name);
        tare_buf_puts(out, "</td><td class=\"w code\">");
        tare__html_text(out, s->target);
        tare_buf_printf(out, "</td><td class=\"w\">%s</td><td class=\"w wrap\">",
                        !s->has_trust                         ? ""
                        : s->trust >= TARE_TRUST_CORROBORATED ? "■ trusted"
                                                              : "□ untrusted");
        put_words(out, s);
        tare_buf_puts(out, "</td><td class=\"w\">");
        if (s->phase >= 0 && (uint32_t)s->phase < o->n_phases)
            tare__html_text(out, o->phases[s->phase]);
        if (s->stalled.p)
            tare_buf_puts(out, ", stopped");
        tare_buf_puts(out, "</td></tr>\n");
    }
    tare_buf_puts(out, "</tbody></table></div>\n");
    if (o->n_steps > 400)
        tare_buf_printf(out, "<p class=\"note\">Around step %llu of %s.</p>\n",
                        (unsigned long long)from, tare_number_count(o->n_steps).s);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

/* Where pointer `at` leads in v. */
static struct tare_json follow(struct tare_json v, struct tare_str at)
{
    char key[512];
    while (at.n && at.p[0] == '/' && tare_json_present(v)) {
        size_t n = 0, i = 1;
        for (; i < at.n && at.p[i] != '/' && n < sizeof key; i++) {
            bool escape = at.p[i] == '~' && i + 1 < at.n;
            key[n++] = escape ? (at.p[++i] == '1' ? '/' : '~') : at.p[i];
        }
        uint64_t nth;
        struct tare_str name = tare_str_n(key, n);
        if (tare_json_kind(v) == TARE_JSON_ARRAY)
            v = tare_str_to_u64(name, &nth) && nth < UINT32_MAX ? tare_json_at(v, (uint32_t)nth)
                                                                : (struct tare_json){0};
        else
            v = tare_json_get_str(v, name);
        at = tare_str_n(at.p + i, at.n - i);
    }
    return v;
}

/* Byte of code point n. */
static size_t byte_of(struct tare_str s, int64_t n)
{
    size_t at = 0;
    while (at < s.n && n > 0) {
        at++;
        while (at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80)
            at++;
        n--;
    }
    return at;
}

/* What of this step was planted: the text itself, underlined, with its place. */
static void put_planted(struct tare_buf *out, struct tare_json body)
{
    struct tare_json parts = tare_json_get(body, "parts");
    for (struct tare_json p = tare_json_first(tare_json_get(body, "planted")); tare_json_present(p);
         p = tare_json_next(p)) {
        int64_t part = 0, from = 0, to = 0, tier = 0;
        struct tare_str at = tare_json_str(tare_json_get(p, "at"));
        (void)tare_json_i64(tare_json_get(p, "tier"), &tier);
        if (!tare_json_i64(tare_json_get(p, "part"), &part) || part < 0 || part > 1000 ||
            !tare_json_i64(tare_json_get(p, "from"), &from) ||
            !tare_json_i64(tare_json_get(p, "to"), &to) || from < 0 || to <= from)
            continue;
        struct tare_json data = tare_json_get(tare_json_at(parts, (uint32_t)part), "data");
        struct tare_str text = tare_json_str(follow(data, at));
        size_t begin = byte_of(text, from), end = byte_of(text, to);
        tare_buf_puts(out, "<p><span class=\"warn\">▽ planted instruction ");
        tare__html_text(out, tare_json_str(tare_json_get(p, "id")));
        if (tier)
            tare_buf_printf(out, ", tier %d", (int)tier);
        tare_buf_puts(out, "</span>, at ");
        tare__html_text(out, at);
        tare_buf_puts(out, ": <u class=\"planted\">");
        tare__html_text(out, tare_str_n(text.p + begin, end - begin));
        tare_buf_puts(out, "</u></p>\n");
    }
}

static void put_body(struct tare__call *c, struct tare_buf *out, uint64_t i, struct tare_str line,
                     const struct tare_outline *o)
{
    struct tare_json v;
    struct tare_arena_mark mark = tare_arena_mark(c->arena);
    tare_buf_printf(out, "<h3 id=\"body-%llu\">Step %llu ", (unsigned long long)i,
                    (unsigned long long)i);
    if (i < o->n_steps)
        tare__html_text(out, o->steps[i].name);
    tare_buf_puts(out, "</h3>\n");
    if (line.n > TARE__API_BODY_CUT ||
        tare_json_parse(line, &tare_json_log, c->arena, &v, NULL) != TARE_OK) {
        struct tare_str some = tare_str_n(line.p, byte_of(line, TARE__API_BODY_CUT / 4));
        tare_buf_puts(out, "<pre tabindex=\"0\">");
        tare__html_text(out, some);
        tare_buf_printf(out, "</pre>\n<p class=\"note\">Cut at %zu of %zu bytes.</p>\n", some.n,
                        line.n);
        tare_arena_rewind(c->arena, mark);
        return;
    }
    put_planted(out, v);
    for (struct tare_json p = tare_json_first(tare_json_get(v, "parts")); tare_json_present(p);
         p = tare_json_next(p)) {
        struct tare_json data = tare_json_get(p, "data");
        tare_buf_puts(out, "<p class=\"note\">");
        tare__html_text(out, tare_json_str(tare_json_get(p, "kind")));
        tare_buf_puts(out, "</p>\n");
        tare__html_json(out, tare_json_present(data) ? data : tare_json_get(p, "text"));
    }
    tare_arena_rewind(c->arena, mark);
}

static enum tare_status put_bodies(struct tare__call *c, struct tare_buf *out,
                                   const struct tare__place *p, const struct tare_outline *o,
                                   uint64_t from, uint64_t n_steps, struct tare_err *err)
{
    struct tare_str *lines = NULL;
    uint32_t n = 0;
    /* Line 0 is what was there before the first step. */
    enum tare_status st =
        tare_store_steps(c->store, p->run->id, p->task, p->index, (uint32_t)from + 1,
                         (uint32_t)from + 1 + BODIES, c->arena, &lines, &n, err);
    if (st)
        return st;
    tare_buf_puts(out, "<h2>What was done and shown</h2>\n<p>");
    if (from)
        tare_buf_printf(out, "<a href=\"?from=%llu\">steps before</a> ",
                        (unsigned long long)(from < BODIES ? 0 : from - BODIES));
    if (from + n < n_steps)
        tare_buf_printf(out, "<a href=\"?from=%llu\">steps after</a>",
                        (unsigned long long)(from + BODIES));
    tare_buf_puts(out, "</p>\n<div class=\"bodies\">\n");
    for (uint32_t i = 0; i < n; i++)
        put_body(c, out, from + i, lines[i], o);
    tare_buf_puts(out, "</div>\n");
    return TARE_OK;
}

/* ---- the page -------------------------------------------------------------------------------- */

static void put_title(struct tare_buf *out, const struct tare__place *p,
                      const struct tare_attempt *a)
{
    tare__html_head(out, "Attempt");
    tare_buf_puts(out, "<h1>");
    tare__html_text(out, p->tasks[p->task].id);
    tare_buf_printf(out, " #%u</h1>\n<p>", p->index + 1);
    tare__html_href(out, "/static/run/", tare_str_of(p->run->name));
    tare__html_text(out, p->run->solver);
    tare_buf_printf(out, "</a>, %s", tare_attempt_status_name(a->status));
    if (a->cause_text.n) {
        tare_buf_puts(out, ": ");
        tare__html_text(out, a->cause_text);
    }
    tare_buf_printf(out, ", %s steps, %s. ", tare_number_count(a->n_steps).s,
                    tare_number_time(a->dur_ns).s);
    struct tare_buf base;
    char hex[65];
    tare_digest_hex(p->batch.suite_digest, hex);
    tare_buf_init(&base, NULL, 256);
    tare_buf_printf(&base, "/static/task/%.12s/", hex);
    tare_buf_putc(&base, '\0');
    if (!base.failed)
        tare__html_href(out, base.p, p->tasks[p->task].id);
    tare_buf_puts(out, "The task</a></p>\n");
    tare_buf_free(&base);
}

/* /run/R/TASK/N?from= */
enum tare_status tare__html_attempt(struct tare__call *c, struct tare_buf *out,
                                    struct tare_err *err)
{
    struct tare__place p;
    struct tare_attempt a;
    struct tare_outline o;
    uint64_t from;
    c->segments[4] = c->segments[3];
    c->segments[3] = c->segments[2];
    c->n_segments = 5;
    enum tare_status st = tare__param_u64(c, "from", 0, 0, UINT32_MAX / 2, &from, err);
    if (!st)
        st = tare__find_place(c, &p, err);
    if (!st)
        st = tare_store_attempt(c->store, p.run->id, p.task, p.index,
                                TARE_WITH_SCORES | TARE_WITH_OUTLINE, c->arena, &a, err);
    if (!st)
        st = tare_outline_read(a.outline, c->arena, &o, err);
    if (st)
        return st;
    if (from >= a.n_steps)
        from = 0;
    put_title(out, &p, &a);
    put_scores(out, &p, &a);
    put_steps(out, &o, from);
    st = put_bodies(c, out, &p, &o, from, a.n_steps, err);
    tare__html_foot(out);
    return st;
}
