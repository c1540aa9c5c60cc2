/* The pages that `tare view` draws where there is no bundle (and without a script). */
#include <math.h>
#include <stdio.h>

#include "text/width.h"
#include "view/api_int.h"
#include "view/html_int.h"
#include "view/number.h"
#include "view/term.h"

#include "base/banned.h"

#define ROWS 200u

void tare__html_head(struct tare_buf *out, const char *title)
{
    tare_buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    tare_buf_puts(out, title);
    tare_buf_puts(out, " · tare</title>\n<link rel=\"stylesheet\" href=\"/static/style.css\">\n"
                       "<link rel=\"icon\" href=\"data:,\">\n</head>\n<body class=\"drawn\">\n"
                       "<a class=\"skip\" href=\"#main\">Skip to content</a>\n"
                       "<nav aria-label=\"Pages\"><a href=\"/static/runs\">Runs</a>"
                       "<a href=\"/static/board\">Leaderboard</a>"
                       "<a href=\"/static/suites\">Suites</a>"
                       "<a href=\"/static/power\">Power</a></nav>\n<main id=\"main\">\n");
}

void tare__html_foot(struct tare_buf *out)
{
    tare_buf_puts(out, "</main>\n</body>\n</html>\n");
}

void tare__html_href(struct tare_buf *out, const char *base, struct tare_str part)
{
    struct tare_buf link;
    tare_buf_init(&link, NULL, TARE__API_TARGET_BYTES * 4);
    tare__put_escaped(&link, part);
    tare_buf_printf(out, "<a href=\"%s%.*s\">", base, TARE_FMT(tare_buf_str(&link)));
    tare_buf_free(&link);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void put_batch(struct tare_buf *out, const struct tare_batch_view *b)
{
    struct tare_str name = tare_str_of(b->info.name);
    tare_buf_puts(out, "<tr><td class=\"w n\">");
    tare__html_href(out, "/static/board/", name);
    tare__html_text(out, b->label.n ? b->label : name);
    tare_buf_puts(out, "</a></td><td class=\"w\">");
    tare__html_text(out, b->suite_name);
    tare_buf_puts(out, "</td><td class=\"w\">");
    for (uint32_t i = 0; i < b->n_runs && i < 12; i++) {
        tare_buf_puts(out, i ? ", " : "");
        tare__html_href(out, "/static/run/", tare_str_of(b->runs[i].name));
        tare__html_text(out, b->runs[i].solver);
        tare_buf_puts(out, b->runs[i].baseline ? "</a> (baseline)" : "</a>");
    }
    if (b->n_runs > 12)
        tare_buf_printf(out, " and %u more", b->n_runs - 12);
    tare_buf_printf(out, "</td><td>%s</td>", tare_number_count(b->info.n_done).s);
    tare_buf_printf(out, "<td>%s</td>", tare_number_count(b->info.n_planned).s);
    tare_buf_printf(out, "<td>%s</td>", tare_number_count(b->info.n_failed).s);
    tare_buf_printf(out, "<td>%s</td><td>%s</td></tr>\n", tare_number_count(b->info.n_missing).s,
                    tare_number_when(b->wall_start_ns).s);
}

static enum tare_status page_runs(struct tare__call *c, struct tare_buf *out, struct tare_err *err)
{
    struct tare_batch_view *v = NULL;
    uint32_t n = 0, total = 0;
    struct tare_batch_filter filter = {.limit = ROWS};
    enum tare_status st =
        c->store ? tare_store_batches(c->store, &filter, c->arena, &v, &n, &total, err) : TARE_OK;
    if (st)
        return st;
    tare__html_head(out, "Runs");
    tare_buf_puts(out, "<h1>Runs</h1>\n");
    if (n == 0) {
        tare_buf_puts(out, "<p>No runs yet. Make one:</p><pre>tare run incident-response --solver "
                           "verify-first</pre>\n");
    } else {
        tare_buf_puts(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                           "aria-label=\"runs\"><table><thead><tr><th class=\"w\">batch</th>"
                           "<th class=\"w\">suite</th><th class=\"w\">solvers</th><th>done</th>"
                           "<th>planned</th><th>failed</th><th>missing</th><th>when</th></tr>"
                           "</thead><tbody>\n");
        for (uint32_t i = 0; i < n; i++)
            put_batch(out, &v[i]);
        tare_buf_puts(out, "</tbody></table></div>\n");
        if (total > n)
            tare_buf_printf(out, "<p class=\"note\">%u of %u; the others: tare runs</p>\n", n,
                            total);
    }
    tare__html_foot(out);
    return TARE_OK;
}

/* ---- leaderboard, comparison ----------------------------------------------------------------- */

static enum tare_status page_board(struct tare__call *c, struct tare_buf *out, struct tare_err *err)
{
    struct tare_results r;
    struct tare_board board;
    struct tare_str by = tare__param(c, "by");
    c->http = 404;
    /* Without a name: the newest batch. */
    enum tare_status st = tare__gather(c, TARE_S(""), &c->segments[1], c->n_segments > 1, &r, err);
    if (!st)
        st = tare__board(c, &r, TARE_S(""), by, false, &board, err);
    if (st)
        return st;
    tare__html_head(out, "Leaderboard");
    tare__html_board(out, &board, "/static/run/");
    tare__html_foot(out);
    return TARE_OK;
}

static enum tare_status page_compare(struct tare__call *c, struct tare_buf *out,
                                     struct tare_err *err)
{
    struct tare_compare_opts o = {.size = sizeof o, .threads = 2};
    struct tare_results a, b;
    struct tare_compare *v = TARE_NEW(c->arena, struct tare_compare);
    struct tare_str left = tare__param(c, "a"), right = tare__param(c, "b");
    if (!v)
        return tare__no_memory(err);
    if (!left.n || !right.n)
        return tare_fail(err, TARE_E_USAGE, "a comparison needs a (the baseline) and b");
    enum tare_status st = tare__find_results(c, left, &a, err);
    if (!st)
        st = tare__find_results(c, right, &b, err);
    if (!st)
        st = tare_compare(&a, 0, &b, 0, &o, c->arena, v, err);
    if (st)
        return st;
    tare__html_head(out, "Compare");
    tare__html_compare(out, v);
    tare__html_foot(out);
    return TARE_OK;
}

/* ---- a run, an attempt ----------------------------------------------------------------------- */

static void put_attempt_row(struct tare_buf *out, const struct tare_batch_view *b,
                            const struct tare_run_view *run, const struct tare_task_view *tasks,
                            const struct tare_attempt_row *r)
{
    char base[64], number[32];
    (void)snprintf(base, sizeof base, "/static/run/%s/", run->name);
    (void)snprintf(number, sizeof number, "/%u", r->index + 1);
    struct tare_buf link;
    tare_buf_init(&link, NULL, TARE__API_TARGET_BYTES * 4);
    tare__put_escaped(&link, tasks[r->task].id);
    tare_buf_printf(out, "<tr><td class=\"w\"><a href=\"%s%.*s%s\">", base,
                    TARE_FMT(tare_buf_str(&link)), number);
    tare_buf_free(&link);
    tare__html_text(out, tasks[r->task].id);
    tare_buf_printf(out, "</a></td><td>%u</td><td class=\"w\">%s</td>", r->index + 1,
                    tare_attempt_status_name(r->status));
    for (uint32_t m = 0; m < b->n_metrics && m < 8; m++) {
        struct tare_scale s = tare_scale_of(&b->metrics[m], (double)NAN);
        double x = r->state[m] == TARE_SCORE_OK ? r->value[m] : (double)NAN;
        tare_buf_printf(out, "<td>%s</td>", tare_number_value(x, s, true).s);
    }
    tare_buf_printf(out, "<td>%u</td><td>%s</td></tr>\n", r->n_steps,
                    tare_number_time(r->dur_ns).s);
}

static void put_attempts(struct tare_buf *out, const struct tare_batch_view *b,
                         const struct tare_run_view *run, const struct tare_task_view *tasks,
                         const struct tare_attempt_page *page, uint64_t offset)
{
    tare_buf_puts(out, "<h2>Attempts</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
                       "aria-label=\"attempts\"><table><thead><tr><th class=\"w\">task</th>"
                       "<th>attempt</th><th class=\"w\">status</th>");
    for (uint32_t m = 0; m < b->n_metrics && m < 8; m++) {
        tare_buf_puts(out, "<th>");
        tare__html_text(out, b->metrics[m].title.n ? b->metrics[m].title : b->metrics[m].name);
        tare_buf_puts(out, "</th>");
    }
    tare_buf_puts(out, "<th>steps</th><th>time</th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < page->n; i++)
        put_attempt_row(out, b, run, tasks, &page->rows[i]);
    tare_buf_puts(out, "</tbody></table></div>\n<p>");
    if (offset)
        tare_buf_printf(out, "<a href=\"/static/run/%s?offset=%llu\">previous</a> ", run->name,
                        (unsigned long long)(offset < ROWS ? 0 : offset - ROWS));
    if (offset + page->n < page->total)
        tare_buf_printf(out, "<a href=\"/static/run/%s?offset=%llu\">next</a>", run->name,
                        (unsigned long long)(offset + ROWS));
    tare_buf_puts(out, "</p>\n");
}

static enum tare_status page_run(struct tare__call *c, struct tare_buf *out, struct tare_err *err)
{
    struct tare_address at;
    struct tare_batch_view b;
    const struct tare_run_view *run;
    struct tare_results r;
    struct tare_board board;
    struct tare_task_view *tasks;
    struct tare_attempt_page page;
    uint32_t n_tasks;
    uint64_t offset;
    enum tare_status st = tare__param_u64(c, "offset", 0, 0, UINT32_MAX, &offset, err);
    if (!st)
        st = tare__find_run(c, c->segments[1], &at, &b, &run, err);
    if (!st)
        st = tare_results_from_store(c->store, at.batch, (int32_t)at.run_index, c->arena, &r, err);
    if (!st)
        st = tare__board(c, &r, TARE_S(""), TARE_S(""), true, &board, err);
    if (!st)
        st = tare_store_tasks(c->store, at.batch, c->arena, &tasks, &n_tasks, err);
    if (!st)
        st = tare_store_attempts(c->store, run->id, NULL, offset, ROWS, c->arena, &page, err);
    if (st)
        return st;
    tare__html_head(out, "Run");
    tare__html_board(out, &board, NULL);
    put_attempts(out, &b, run, tasks, &page, offset);
    tare__html_foot(out);
    return TARE_OK;
}

static tare__html_fn *find_page(const struct tare__call *c)
{
    static const struct {
        const char *name;
        uint32_t segments;
        tare__html_fn *fn;
    } pages[] = {{"runs", 1, page_runs},         {"board", 1, page_board},
                 {"board", 2, page_board},       {"compare", 1, page_compare},
                 {"run", 2, page_run},           {"run", 4, tare__html_attempt},
                 {"task", 3, tare__html_task},   {"suites", 1, tare__html_suites},
                 {"suite", 2, tare__html_suite}, {"power", 1, tare__html_power}};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (c->n_segments == pages[i].segments && tare_str_is(c->segments[0], pages[i].name))
            return pages[i].fn;
    return NULL;
}

static void put_error(struct tare_buf *out, const struct tare_err *err)
{
    tare__html_head(out, "Error");
    tare_buf_puts(out, "<h1>");
    tare__html_text(out, tare_str_of(err->text[0] ? err->text : "that did not work"));
    tare_buf_puts(out, "</h1>\n");
    if (err->hint[0]) {
        tare_buf_puts(out, "<p>");
        tare__html_text(out, tare_str_of(err->hint));
        tare_buf_puts(out, "</p>\n");
    }
    tare_buf_puts(out, "<p>Go on at the pages above.</p>\n");
    tare__html_foot(out);
}

static enum tare_status work(struct tare__call *c, struct tare_str target, struct tare_buf *out,
                             struct tare_err *err)
{
    enum tare_status st = tare__call_target(c, target, err);
    tare__html_fn *fn = st ? NULL : find_page(c);
    if (!st)
        st = tare_api_change(c->api, &c->change, err);
    c->store = c->api->store;
    if (!st && (!fn || (!c->store && fn != page_runs && fn != tare__html_power))) {
        c->http = 404;
        st = tare_fail(err, TARE_E_USAGE,
                       fn ? "there are no runs yet" : "there is nothing at this address");
        if (fn)
            tare_err_hint(err, "make one: tare run incident-response --solver verify-first");
    }
    return st ? st : fn(c, out, err);
}

int tare__html_page(struct tare_api *api, struct tare_str target, struct tare_buf *out)
{
    struct tare_err err = {0};
    struct tare__call c = {.api = api, .arena = &api->work, .http = 400};
    tare_arena_reset(&api->work);
    tare_buf_reset(&api->out);
    tare_json_writer_init(&c.w, &api->out);
    enum tare_status st = work(&c, target, out, &err);
    if (!st && !out->failed)
        return 200;
    tare_buf_reset(out);
    put_error(out, &err);
    return st == TARE_E_USAGE ? c.http : st ? 500 : 503;
}
