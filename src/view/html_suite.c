/* Suites, one suite, one task, a plan: drawn pages of what the API's documents say. */
#include <math.h>
#include <stdio.h>

#include "view/html_int.h"
#include "view/number.h"
#include "view/plan.h"

#include "base/banned.h"

/* The document of a function of the API, parsed; what was written before is gone. */
static enum tare_status document(struct tare__call *c, tare__call_fn *get, struct tare_json *out,
                                 struct tare_err *err)
{
    tare_buf_reset(&c->api->out);
    tare_json_writer_init(&c->w, &c->api->out);
    enum tare_status st = get(c, err);
    struct tare_str copy = st ? TARE_S("") : tare_arena_copy(c->arena, tare_buf_str(&c->api->out));
    if (!st && !copy.p)
        st = tare__no_memory(err);
    return st ? st : tare_json_parse(copy, &tare_json_log, c->arena, out, err);
}

static void put_text(struct tare_buf *out, struct tare_json object, const char *key)
{
    tare__html_text(out, tare_json_str(tare_json_get(object, key)));
}

static void put_count(struct tare_buf *out, struct tare_json object, const char *key)
{
    int64_t n = 0;
    (void)tare_json_i64(tare_json_get(object, key), &n);
    tare_buf_puts(out, tare_number_count(n > 0 ? (uint64_t)n : 0).s);
}

/* "2026-01-20 14:05" of an ISO time, or a dash. */
static void put_when(struct tare_buf *out, struct tare_json object, const char *key)
{
    struct tare_str t = tare_json_str(tare_json_get(object, key));
    if (t.n >= 16 && t.n < 32)
        tare_buf_printf(out, "%.10s %.5s", t.p, t.p + 11);
    else
        tare_buf_puts(out, "–");
}

static double real(struct tare_json object, const char *key)
{
    double x;
    return tare_json_f64(tare_json_get(object, key), &x) ? x : (double)NAN;
}

static void begin_table(struct tare_buf *out, const char *name, const char *heads)
{
    tare_buf_printf(out,
                    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
                    "<table><thead><tr>%s</tr></thead><tbody>\n",
                    name, heads);
}

static void end_table(struct tare_buf *out)
{
    tare_buf_puts(out, "</tbody></table></div>\n");
}

/* ---- suites ---------------------------------------------------------------------------------- */

enum tare_status tare__html_suites(struct tare__call *c, struct tare_buf *out, struct tare_err *err)
{
    struct tare_json d;
    enum tare_status st = document(c, tare__get_suites, &d, err);
    if (st)
        return st;
    tare__html_head(out, "Suites");
    tare_buf_puts(out, "<h1>Suites</h1>\n");
    begin_table(out, "suites",
                "<th class=\"w\">suite</th><th class=\"w\">version</th>"
                "<th>tasks</th><th>batches</th><th>runs</th><th>last used</th>");
    for (struct tare_json x = tare_json_first(tare_json_get(d, "rows")); tare_json_present(x);
         x = tare_json_next(x)) {
        struct tare_str digest = tare_json_str(tare_json_get(x, "suite_digest"));
        tare_buf_puts(out, "<tr><td class=\"w n\">");
        tare__html_href(out, "/static/suite/", tare_str_n(digest.p, digest.n < 12 ? digest.n : 12));
        put_text(out, x, "suite");
        tare_buf_puts(out, "</a></td><td class=\"w\">");
        put_text(out, x, "version");
        static const char *const counts[] = {"n_tasks", "batches", "runs"};
        for (size_t i = 0; i < 3; i++) {
            tare_buf_puts(out, "</td><td>");
            put_count(out, x, counts[i]);
        }
        tare_buf_puts(out, "</td><td>");
        put_when(out, x, "used_at");
        tare_buf_puts(out, "</td></tr>\n");
    }
    end_table(out);
    tare__html_foot(out);
    return TARE_OK;
}

static void put_tags(struct tare_buf *out, struct tare_json tags)
{
    for (struct tare_json t = tare_json_first(tags); tare_json_present(t); t = tare_json_next(t)) {
        tare_buf_puts(out, "<tr><td class=\"w n\">");
        put_text(out, t, "tag");
        tare_buf_puts(out, "</td><td class=\"w wrap\">");
        bool any = false;
        for (struct tare_json v = tare_json_first(tare_json_get(t, "values")); tare_json_present(v);
             v = tare_json_next(v)) {
            tare_buf_puts(out, any ? ", " : "");
            put_text(out, v, "value");
            tare_buf_putc(out, ' ');
            put_count(out, v, "n");
            any = true;
        }
        tare_buf_puts(out, "</td></tr>\n");
    }
}

static void put_findings(struct tare_buf *out, struct tare_json findings)
{
    /* ■ blocks, ▲ warns, ○ notes: shape and word. */
    tare_buf_puts(out, "<h2>Findings</h2>\n");
    if (tare_json_count(findings) == 0)
        tare_buf_puts(out, "<p>None.</p>\n");
    for (struct tare_json f = tare_json_first(findings); tare_json_present(f);
         f = tare_json_next(f)) {
        struct tare_json level = tare_json_get(f, "level");
        tare_buf_printf(out, "<p>%s ",
                        tare_json_str_is(level, "blocks")  ? "■"
                        : tare_json_str_is(level, "warns") ? "▲"
                                                           : "○");
        tare__html_text(out, tare_json_str(level));
        tare_buf_puts(out, ": ");
        put_text(out, f, "text");
        tare_buf_puts(out, "</p>\n");
    }
}

/* The tasks that the document lists, each a link. */
static void put_tasks(struct tare_buf *out, struct tare_json tasks, const char *base)
{
    uint32_t n = 0;
    tare_buf_puts(out, "<h2>Tasks</h2>\n<p>");
    for (struct tare_json t = tare_json_first(tasks); tare_json_present(t) && n < 500;
         t = tare_json_next(t), n++) {
        struct tare_str id = tare_json_kind(t) == TARE_JSON_STRING
                                 ? tare_json_str(t)
                                 : tare_json_str(tare_json_get(t, "id"));
        tare_buf_puts(out, n ? " · " : "");
        tare__html_href(out, base, id);
        tare__html_text(out, id);
        tare_buf_puts(out, "</a>");
    }
    tare_buf_puts(out, "</p>\n");
    if (tare_json_count(tasks) > n)
        tare_buf_printf(out, "<p class=\"note\">The first %u.</p>\n", n);
}

enum tare_status tare__html_suite(struct tare__call *c, struct tare_buf *out, struct tare_err *err)
{
    struct tare_json d, found;
    char base[64];
    enum tare_status st = document(c, tare__get_suite, &d, err);
    if (!st)
        st = document(c, tare__get_findings, &found, err);
    if (st)
        return st;
    struct tare_str digest = tare_json_str(tare_json_get(d, "suite_digest"));
    (void)snprintf(base, sizeof base, "/static/task/%.12s/", digest.n >= 12 ? digest.p : "");
    tare__html_head(out, "Suite");
    tare_buf_puts(out, "<h1>");
    put_text(out, d, "suite");
    tare_buf_putc(out, ' ');
    put_text(out, d, "version");
    tare_buf_puts(out, "</h1>\n<p class=\"lead\">");
    put_text(out, tare_json_get(d, "manifest"), "about");
    tare_buf_puts(out, "</p>\n<p>");
    put_count(out, d, "n_tasks");
    tare_buf_puts(out, " tasks. Its content's digest: <span class=\"break\">");
    tare__html_text(out, digest);
    tare_buf_puts(out, "</span></p>\n");
    put_findings(out, tare_json_get(found, "findings"));
    tare_buf_puts(out, "<h2>Slices</h2>\n");
    begin_table(out, "slices", "<th class=\"w\">tag</th><th class=\"w\">values, with tasks</th>");
    put_tags(out, tare_json_get(d, "tags"));
    end_table(out);
    put_tasks(out, tare_json_get(d, "tasks"), base);
    tare__html_foot(out);
    return TARE_OK;
}

/* ---- a task ---------------------------------------------------------------------------------- */

static void put_solver(struct tare_buf *out, struct tare_json row, struct tare_str task,
                       struct tare_scale scale)
{
    struct tare_str run = tare_json_str(tare_json_get(row, "run"));
    tare_buf_printf(out, "<tr><td class=\"w n\">%s ",
                    tare_json_str_is(tare_json_get(row, "kind"), "control") ? "■" : "●");
    put_text(out, row, "solver");
    tare_buf_printf(out, "</td><td>%s</td><td class=\"w\">",
                    tare_number_value(real(row, "mean"), scale, true).s);
    struct tare_buf base;
    tare_buf_init(&base, NULL, TARE__API_TARGET_BYTES * 4);
    tare_buf_printf(&base, "/static/run/%.*s/", TARE_FMT(run));
    tare__put_escaped(&base, task);
    tare_buf_puts(&base, "/");
    tare_buf_putc(&base, '\0');
    for (struct tare_json a = tare_json_first(tare_json_get(row, "attempts"));
         tare_json_present(a) && !base.failed; a = tare_json_next(a)) {
        char k[24];
        int64_t n = 0;
        (void)tare_json_i64(tare_json_get(a, "k"), &n);
        (void)snprintf(k, sizeof k, "%lld", (long long)n);
        tare__html_href(out, base.p, tare_str_of(k));
        tare_buf_printf(out, "#%s</a> %s", k, tare_number_value(real(a, "value"), scale, true).s);
        if (!tare_json_str_is(tare_json_get(a, "status"), "done")) {
            tare_buf_putc(out, ' ');
            put_text(out, a, "status");
        }
        tare_buf_puts(out, " &nbsp; ");
    }
    tare_buf_free(&base);
    tare_buf_puts(out, "</td></tr>\n");
}

static struct tare_metric metric_of(struct tare_json d)
{
    struct tare_json m = tare_json_first(tare_json_get(d, "metric_list"));
    return (struct tare_metric){.name = tare_json_str(tare_json_get(m, "name")),
                                .unit = tare_json_str(tare_json_get(m, "unit")),
                                .min = real(m, "min"),
                                .max = real(m, "max")};
}

enum tare_status tare__html_task(struct tare__call *c, struct tare_buf *out, struct tare_err *err)
{
    struct tare_json d;
    enum tare_status st = document(c, tare__get_task, &d, err);
    if (st)
        return st;
    struct tare_metric m = metric_of(d);
    struct tare_scale scale = tare_scale_of(&m, (double)NAN);
    struct tare_str task = tare_json_str(tare_json_get(d, "task"));
    struct tare_str digest = tare_json_str(tare_json_get(d, "suite_digest"));
    tare__html_head(out, "Task");
    tare_buf_puts(out, "<h1>");
    tare__html_text(out, task);
    tare_buf_puts(out, "</h1>\n<p>Of ");
    tare__html_href(out, "/static/suite/", tare_str_n(digest.p, digest.n < 12 ? digest.n : 12));
    put_text(out, d, "suite");
    tare_buf_puts(out, "</a>. ● measured, ■ control.</p>\n");
    begin_table(out, "solvers",
                "<th class=\"w\">solver</th><th>mean</th>"
                "<th class=\"w\">attempts</th>");
    for (struct tare_json row = tare_json_first(tare_json_get(d, "rows")); tare_json_present(row);
         row = tare_json_next(row))
        put_solver(out, row, task, scale);
    end_table(out);
    tare_buf_puts(out, "<h2>Input</h2>\n");
    tare__html_json(out, tare_json_get(d, "input"));
    tare_buf_puts(out, "<h2>Expected</h2>\n");
    tare__html_json(out, tare_json_get(d, "expect"));
    tare__html_foot(out);
    return TARE_OK;
}

/* ---- a plan ---------------------------------------------------------------------------------- */

/* Runs of the newest batch, to plan from. */
static void put_sources(struct tare__call *c, struct tare_buf *out)
{
    struct tare_batch_view *v = NULL;
    uint32_t n = 0, total = 0;
    struct tare_err none = {0};
    struct tare_batch_filter filter = {.limit = 1};
    if (!c->store || tare_store_batches(c->store, &filter, c->arena, &v, &n, &total, &none) || !n)
        return;
    tare_buf_puts(out, "<p>From an earlier run: ");
    for (uint32_t i = 0; i < v->n_runs && i < 12; i++) {
        tare_buf_puts(out, i ? ", " : "");
        tare__html_href(out, "/static/power?from=", tare_str_of(v->runs[i].name));
        tare__html_text(out, v->runs[i].solver);
        tare_buf_puts(out, "</a>");
    }
    tare_buf_puts(out, ". The address takes what <code>tare power</code> takes: effect, n, k, "
                       "discordance, baseline, sd, alpha, power.</p>\n");
}

/* /power?…: as the API; without anything to plan with, an example. */
enum tare_status tare__html_power(struct tare__call *c, struct tare_buf *out, struct tare_err *err)
{
    struct tare_power_plan plan;
    struct tare_power_plan_pilot pilot;
    bool from = false;
    struct tare_buf text;
    struct tare_style style = {.unicode = true, .width = 80};
    if (c->n_params == 0) {
        c->params[c->n_params++] =
            (struct tare__param){TARE_S("discordance"), TARE_S("0.2"), false};
        c->params[c->n_params++] = (struct tare__param){TARE_S("effect"), TARE_S("0.05"), false};
    }
    struct tare_str runs = tare__param(c, "from");
    enum tare_status st = tare__plan(c, &plan, &pilot, &from, err);
    if (st)
        return st;
    tare__html_head(out, "Power");
    tare_buf_puts(out, "<h1>Power</h1>\n<p>How many tasks show an effect, and what a number of "
                       "tasks can show.</p>\n<pre tabindex=\"0\">");
    tare_buf_init(&text, NULL, out->max);
    tare_view_plan(&text, &plan, from ? &pilot : NULL, runs, &style);
    for (size_t at = 0; at < text.n;) {
        const char *end = memchr(text.p + at, '\n', text.n - at);
        size_t stop = end ? (size_t)(end - text.p) : text.n;
        tare__html_text(out, tare_str_n(text.p + at, stop - at));
        tare_buf_putc(out, '\n');
        at = stop + 1;
    }
    tare_buf_free(&text);
    tare_buf_puts(out, "</pre>\n");
    put_sources(c, out);
    tare__html_foot(out);
    return TARE_OK;
}
