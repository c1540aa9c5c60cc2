/* What a report is about, and the file around it. */
#include "view/report.h"

#include <zlib.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/limits.h"
#include "view/assets.h"
#include "view/gzip.h"
#include "view/html.h"
#include "view/number.h"
#include "view/report_int.h"
#include "view/term.h"

#include "base/banned.h"

#define DEFAULT_MAX_BYTES (25 * TARE_MIB)

/* ---- what is decided ------------------------------------------------------------------------- */

static enum tare_status add_verdict(struct tare__report *r, uint32_t a, uint32_t b,
                                    struct tare_err *err)
{
    struct tare_compare_opts o = {.size = sizeof o, .threads = 2};
    enum tare_status st = tare_compare(&r->results, a, &r->results, b, &o, &r->arena,
                                       &r->verdicts[r->n_verdicts], err);
    r->n_verdicts += st ? 0 : 1;
    return st;
}

static uint32_t run_of_row(const struct tare__report *r, const struct tare_board_row *row)
{
    for (uint32_t i = 0; i < r->results.n_runs; i++)
        if (tare_str_eq(r->results.runs[i].id, row->id))
            return i;
    return UINT32_MAX;
}

/* Several names: each against the first. One batch: its two best, the worse of them first. */
static enum tare_status decide(struct tare__report *r, uint32_t n_names, struct tare_err *err)
{
    enum tare_status st = TARE_OK;
    uint32_t best[2], n = 0;
    if (n_names > 1) {
        for (uint32_t i = 1; i < r->results.n_runs && i <= TARE__REPORT_VERDICTS && !st; i++)
            st = add_verdict(r, 0, i, err);
        if (!st && r->n_verdicts > 1)
            st = tare_compare_family(r->verdicts, r->n_verdicts, TARE_CORRECT_HOLM, 0, 0, &r->arena,
                                     err);
        return st;
    }
    for (int controls = 0; controls < 2 && n < 2; controls++)
        for (uint32_t i = 0; i < r->board.n_rows && n < 2; i++) {
            const struct tare_board_row *row = &r->board.rows[i];
            if (row->kind == (controls ? TARE_ROW_CONTROL : TARE_ROW_MEASURED) &&
                run_of_row(r, row) != UINT32_MAX)
                best[n++] = run_of_row(r, row);
        }
    return n == 2 ? add_verdict(r, best[1], best[0], err) : TARE_OK;
}

enum tare_status tare__report_open(const struct tare_report_options *o, struct tare__report *r,
                                   struct tare_err *err)
{
    struct tare_api_options api = {.size = sizeof api, .store = o->store, .clock = o->clock};
    uint64_t change;
    *r = (struct tare__report){0};
    tare_arena_init(&r->arena, NULL, TARE_ARENA_REPORT_BYTES);
    enum tare_status st = tare_api_open(&api, &r->api, err);
    if (!st)
        st = tare_api_change(r->api, &change, err);
    if (!st && !r->api->store) {
        st = tare_fail(err, TARE_E_USAGE, "no runs yet: there is no store at %.*s",
                       TARE_FMT(o->store));
        tare_err_hint(err, "make one: tare run incident-response --solver verify-first");
    }
    if (st)
        return st;
    r->api->whole = true;
    r->call = (struct tare__call){
        .api = r->api, .arena = &r->arena, .store = r->api->store, .change = change, .http = 404};
    st = tare__gather(&r->call, TARE_S(""), o->names, o->n_names, &r->results, err);
    if (!st)
        st = tare__board(&r->call, &r->results, TARE_S(""),
                         r->results.n_by ? r->results.by[0] : TARE_S(""), false, &r->board, err);
    return st ? st : decide(r, o->n_names, err);
}

void tare__report_close(struct tare__report *r)
{
    tare_api_close(r->api);
    tare_arena_free(&r->arena);
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool unpack(const struct tare__asset *a, struct tare_buf *out)
{
    z_stream z = {0};
    char *room = tare_buf_room(out, a->raw_bytes);
    if (!a->gzip || !room || inflateInit2(&z, 15 + 16) != Z_OK)
        return false;
    z.next_in = (z_const Bytef *)a->gzip;
    z.avail_in = (uInt)a->gzip_bytes;
    z.next_out = (Bytef *)room;
    z.avail_out = (uInt)a->raw_bytes;
    int rc = inflate(&z, Z_FINISH);
    (void)inflateEnd(&z);
    out->n += a->raw_bytes;
    return rc == Z_STREAM_END && z.avail_out == 0;
}

/* 'sha256-…' of what stands between the tags. */
static void put_hash(struct tare_buf *out, struct tare_str text)
{
    struct tare_digest d = tare_sha256_of(text);
    tare_buf_puts(out, " 'sha256-");
    tare_base64_put(out, tare_str_n((const char *)d.b, sizeof d.b));
    tare_buf_putc(out, '\'');
}

struct page {
    struct tare_buf script, style; /* of the bundle; empty: none */
};

static void put_head(struct tare_buf *out, const struct tare__report *r, const struct page *p)
{
    tare_buf_puts(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                       "'none'; img-src data:; base-uri 'none'; form-action 'none'; style-src");
    put_hash(out, tare_str_of(tare__html_style));
    if (p->style.n)
        put_hash(out, tare_buf_str(&p->style));
    if (p->script.n) {
        tare_buf_puts(out, "; script-src");
        put_hash(out, tare_buf_str(&p->script));
    }
    tare_buf_puts(out, "\">\n<meta name=\"viewport\" content=\"width=device-width, "
                       "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
                       "<meta name=\"tare-source\" content=\"file\">\n<title>");
    tare__html_text(out, r->board.suite);
    tare_buf_puts(out, " · tare report</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>");
    tare_buf_puts(out, tare__html_style);
    tare_buf_puts(out, "</style>\n");
    if (p->style.n) {
        tare_buf_puts(out, "<style>");
        tare_buf_put(out, tare_buf_str(&p->style));
        tare_buf_puts(out, "</style>\n");
    }
    tare_buf_puts(out, "</head>\n<body>\n");
}

static void put_drawn(struct tare_buf *out, const struct tare__report *r)
{
    tare_buf_puts(out, "<div id=\"app\"><main class=\"drawn\">\n");
    tare__html_board(out, &r->board, NULL);
    for (uint32_t i = 0; i < r->n_verdicts; i++)
        tare__html_compare(out, &r->verdicts[i]);
    tare_buf_puts(out, "</main></div>\n");
}

/* What a person should know before publishing it. */
static void put_contents(struct tare_buf *out, const struct tare_report_contents *c)
{
    tare_buf_printf(out,
                    "<footer class=\"drawn\"><p class=\"inside\">Inside this file: %s task%s, ",
                    tare_number_count(c->tasks).s, c->tasks == 1 ? "" : "s");
    if (c->bundle)
        tare_buf_printf(out, "%s attempt%s, the steps of %s of them",
                        tare_number_count(c->attempts).s, c->attempts == 1 ? "" : "s",
                        tare_number_count(c->bodies).s);
    else
        tare_buf_puts(out, "leaderboard and verdicts alone, no attempt");
    if (c->bodies_left_out)
        tare_buf_printf(out, "; the steps of %s were left out: %s",
                        tare_number_count(c->bodies_left_out).s, c->why_left_out);
    if (c->steps_cut)
        tare_buf_printf(out, "; of %s long step%s the end was left out",
                        tare_number_count(c->steps_cut).s, c->steps_cut == 1 ? "" : "s");
    if (c->redactions)
        tare_buf_printf(out, ". Redacted: %s place%s where a key stood read%s [secret:NAME]",
                        tare_number_count(c->redactions).s, c->redactions == 1 ? "" : "s",
                        c->redactions == 1 ? "s" : "");
    else if (c->bundle)
        tare_buf_puts(out, ". Nothing in it was redacted");
    tare_buf_puts(out, ". It asks the network for nothing. Made by tare " TARE_VERSION);
    if (c->written[0])
        tare_buf_printf(out, ", written %.10s %.5s UTC", c->written, c->written + 11);
    tare_buf_puts(out, ".</p></footer>\n");
}

static enum tare_status put_file(const struct tare_report_options *o, struct tare__report *r,
                                 const struct page *p, struct tare_buf *out,
                                 struct tare_report_contents *contents, struct tare_err *err)
{
    size_t max = o->max_bytes ? o->max_bytes : DEFAULT_MAX_BYTES;
    struct tare_buf blocks;
    enum tare_status st = TARE_OK;
    put_head(out, r, p);
    put_drawn(out, r);
    if (o->stamp)
        tare_time_format(o->clock->wall_ns(o->clock->ctx), contents->written);
    tare_buf_init(&blocks, NULL, TARE_GIB);
    size_t used = out->n + p->script.n + 4096;
    contents->bundle = p->script.n > 0;
    if (contents->bundle)
        st = tare__report_blocks(r, max > used ? max - used : 0, &blocks, contents, err);
    contents->tasks = r->results.n_tasks;
    put_contents(out, contents);
    tare_buf_put(out, tare_buf_str(&blocks));
    if (p->script.n) {
        tare_buf_puts(out, "<script>");
        tare_buf_put(out, tare_buf_str(&p->script));
        tare_buf_puts(out, "</script>\n");
    }
    tare_buf_puts(out, "</body>\n</html>\n");
    if (!st && (blocks.failed || out->failed))
        st = tare__no_memory(err);
    tare_buf_free(&blocks);
    if (!st && out->n > max && o->max_bytes) {
        st = tare_fail(err, TARE_E_LIMIT,
                       "the report takes %zu bytes without any step, %zu are "
                       "allowed",
                       out->n, max);
        tare_err_hint(err, "name fewer runs, or raise --max-size");
    }
    return st;
}

enum tare_status tare_report_html(const struct tare_report_options *options, struct tare_buf *out,
                                  struct tare_report_contents *contents, struct tare_err *err)
{
    struct tare__report *r = NULL;
    const struct tare_alc *alc = tare_alc_libc();
    struct page page;
    *contents = (struct tare_report_contents){0};
    tare_buf_init(&page.script, NULL, 16 * TARE_MIB);
    tare_buf_init(&page.style, NULL, 16 * TARE_MIB);
    r = alc->get(alc->ctx, sizeof *r);
    if (!r)
        return tare__no_memory(err);
    enum tare_status st = tare__report_open(options, r, err);
    if (!st && tare__app_js.gzip &&
        (!unpack(&tare__app_js, &page.script) || !unpack(&tare__app_css, &page.style)))
        st = tare_fail(err, TARE_E_STATE, "the built-in page cannot be unpacked");
    if (!st)
        st = put_file(options, r, &page, out, contents, err);
    tare_buf_free(&page.script);
    tare_buf_free(&page.style);
    tare__report_close(r);
    alc->put(alc->ctx, r, sizeof *r);
    return st;
}
