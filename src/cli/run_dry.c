#include "cli/run_dry.h"

#include "base/limits.h"
#include "run/estimate.h"

#include "base/banned.h"

static void put_json(struct tare_json_writer *w, const struct tare_run_estimate *e)
{
    const struct tare_endpoint *x = e->solver->n_endpoints ? e->solver->endpoints[0] : NULL;
    static const char *const names[] = {"calls", "tokens_in", "tokens_out"};
    const uint64_t low[] = {e->calls_low, e->in_low, e->out_low};
    const uint64_t high[] = {e->calls_high, e->in_high, e->out_high};
    tare_json_begin_object(w);
    tare_json_member_str(w, "solver", e->solver->name);
    tare_json_member_str(w, "model", x ? x->model : (struct tare_str){NULL, 0});
    tare_json_member_u64(w, "attempts", e->attempts);
    for (size_t i = 0; i < 3; i++) {
        tare_json_put_key(w, names[i]);
        tare_json_begin_array(w);
        tare_json_put_u64(w, low[i]);
        tare_json_put_u64(w, high[i]);
        tare_json_end_array(w);
    }
    tare_json_put_key(w, "cost_usd");
    if (x && !e->priced) {
        tare_json_put_null(w);
    } else {
        tare_json_begin_array(w);
        tare_json_put_f64(w, e->usd_low);
        tare_json_put_f64(w, e->usd_high);
        tare_json_end_array(w);
    }
    tare_json_member_str(w, "price_date", e->priced ? x->price.date : (struct tare_str){NULL, 0});
    tare_json_end_object(w);
}

static void put_text(struct tare_buf *b, const struct tare_run_estimate *e)
{
    const struct tare_run_solver *s = e->solver;
    if (s->n_endpoints == 0) {
        tare_buf_printf(b, "%.*s: asks no model\n", TARE_FMT(s->name));
        return;
    }
    const struct tare_endpoint *x = s->endpoints[0];
    const int digits = e->usd_high < 1 ? 4 : 2;
    tare_buf_printf(b, "%.*s: %llu attempts\n", TARE_FMT(s->name), (unsigned long long)e->attempts);
    tare_buf_printf(b, "  calls   %llu to %llu\n", (unsigned long long)e->calls_low,
                    (unsigned long long)e->calls_high);
    tare_buf_printf(b, "  tokens  %llu to %llu in, %llu to %llu out\n",
                    (unsigned long long)e->in_low, (unsigned long long)e->in_high,
                    (unsigned long long)e->out_low, (unsigned long long)e->out_high);
    if (e->priced)
        tare_buf_printf(
            b, "  cost    %.*f to %.*f USD, at %g in and %g out a million (%.*s%s%.*s)\n", digits,
            e->usd_low, digits, e->usd_high, x->price.input, x->price.output,
            TARE_FMT(x->price.source), x->price.date.n ? ", " : "", TARE_FMT(x->price.date));
    else
        tare_buf_printf(b, "  cost    unknown: no price of %.*s/%.*s (--prices FILE)\n",
                        TARE_FMT(x->provider), TARE_FMT(x->model));
}

enum tare_status tare_cli_dry_run(struct tare_ctx *ctx, const struct tare_run_options *ro,
                                  struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    enum tare_status st = TARE_OK;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_writer_init(&w, &b);
    w.indent = 2;
    if (ctx->json) {
        tare_json_begin_object(&w);
        tare_json_member_cstr(&w, "schema", "tare.dry-run/1");
        tare_json_member_str(&w, "suite", ro->suite->name);
        tare_json_put_key(&w, "solvers");
        tare_json_begin_array(&w);
    }
    for (uint32_t i = 0; i < ro->n_solvers && st == TARE_OK; i++) {
        struct tare_run_estimate e;
        st = tare_run_estimate(ro, i, ctx->arena, &e, err);
        if (st == TARE_OK && ctx->json)
            put_json(&w, &e);
        else if (st == TARE_OK)
            put_text(&b, &e);
    }
    if (ctx->json && st == TARE_OK) {
        tare_json_end_array(&w);
        tare_json_end_object(&w);
        tare_buf_putc(&b, '\n');
    } else if (st == TARE_OK) {
        tare_buf_puts(&b, "From: every attempt ends after one turn. To: every step is a turn that "
                          "carries the whole\ntalk so far, with answers as long as max_tokens lets "
                          "them be (else 1,000). Without tries again.\n");
    }
    if (st == TARE_OK && (b.failed || fwrite(b.p, 1, b.n, ctx->out) != b.n))
        st = tare_fail(err, TARE_E_IO, "could not print the plan");
    tare_buf_free(&b);
    return st;
}
