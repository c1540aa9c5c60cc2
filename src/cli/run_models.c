#include "cli/run_models.h"

#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/fs.h"
#include "run/judges.h"
#include "run/promptfoo.h"
#include "run/solvers.h"
#include "solver/model_price.h"

#include "base/banned.h"

const char *const tare_cli_cache_names[] = {"auto", "on", "off", NULL};

static const char *variable(void *ctx, const char *name)
{
    (void)ctx;
    return getenv(name);
}

static const struct tare_model_env process_env = {.get = variable};

const struct tare_model_env *tare_cli_model_env(void)
{
    return &process_env;
}

/* Prices of a person's own file, over the built-in ones. */
static enum tare_status apply_prices(struct tare_str path, const struct tare_run_solver *solvers,
                                     uint32_t n, struct tare_arena *arena, struct tare_err *err)
{
    struct tare_endpoint *list[1];
    enum tare_status st = TARE_OK;
    for (uint32_t i = 0; i < n && st == TARE_OK; i++)
        for (uint32_t e = 0; e < solvers[i].n_endpoints && st == TARE_OK; e++) {
            memcpy(&list[0], &solvers[i].endpoints[e], sizeof list[0]);
            st = tare_price_file(path, list, 1, arena, err);
        }
    return st;
}

static struct tare_run_names names_of(const struct tare_strs *solvers,
                                      const struct tare_cli_models *o)
{
    return (struct tare_run_names){.solvers = solvers->v,
                                   .n_solvers = solvers->n,
                                   .models = o->names.v,
                                   .n_models = o->names.n,
                                   .base_url = o->base_url,
                                   .temperature = o->temperature,
                                   .max_tokens =
                                       o->max_tokens == TARE_INT_UNSET ? 0 : o->max_tokens,
                                   .stream = o->stream,
                                   .env = &process_env,
                                   .offline = o->replay.n > 0 || o->dry_run};
}

enum tare_status tare_cli_solvers(const struct tare_suite *suite, const struct tare_strs *solvers,
                                  const struct tare_cli_models *o, struct tare_arena *arena,
                                  struct tare_run_solver **out, uint32_t *n, struct tare_err *err)
{
    struct tare_run_names names = names_of(solvers, o);
    const char *prices = getenv("TARE_PRICES");
    struct tare_str path = o->prices.n ? o->prices : tare_str_of(prices);
    enum tare_status st = tare_run_solvers(suite, &names, arena, out, n, err);
    if (st == TARE_OK && path.n && tare_models_wanted(*out, *n))
        st = apply_prices(path, *out, *n, arena, err);
    return st;
}

/* "7 of 9 assertions run; not run: 2 latency (why)". */
static void tell_config(struct tare_ctx *ctx, const struct tare_promptfoo *c,
                        struct tare_str skipped)
{
    FILE *to = ctx->err;
    fprintf(to, "%.*s: %u prompts, %u tests; %u of %u assertions run", TARE_FMT(c->suite->path),
            c->n_prompts, c->suite->n_tasks, c->n_run, c->n_run + c->n_not_run);
    for (uint32_t i = 0, told = 0; i < c->n_counts; i++)
        if (c->counts[i].why.n)
            fprintf(to, "%s%u %.*s (%.*s)", told++ ? "; " : "; not run: ", c->counts[i].n,
                    TARE_FMT(c->counts[i].type), TARE_FMT(c->counts[i].why));
    if (skipped.n)
        fprintf(to, "; providers not played: %.*s", TARE_FMT(skipped));
    fputc('\n', to);
}

enum tare_status tare_cli_promptfoo(struct tare_ctx *ctx, struct tare_str path,
                                    const struct tare_strs *solvers,
                                    const struct tare_cli_models *o, struct tare_suite **suite,
                                    struct tare_run_solver **out, uint32_t *n, struct tare_err *err)
{
    struct tare_run_names names = names_of(solvers, o);
    struct tare_str skipped = {NULL, 0};
    struct tare_promptfoo *config;
    enum tare_status st = tare_promptfoo_load(path, o->judge.n > 0, ctx->arena, &config, err);
    if (st == TARE_OK) {
        *err = (struct tare_err){0};
        *suite = config->suite;
        st = tare_run_promptfoo(config, &names, ctx->arena, out, n, &skipped, err);
    }
    if (st == TARE_OK)
        tell_config(ctx, config, skipped);
    return st;
}

enum tare_status tare_cli_judges(const struct tare_suite *suite, const struct tare_cli_models *o,
                                 struct tare_arena *arena, struct tare_run_options *ro,
                                 struct tare_err *err)
{
    struct tare_run_names names = {.env = &process_env, .offline = o->replay.n > 0};
    struct tare_run_judges found;
    enum tare_status st = tare_run_find_judges(suite, o->judge, &names, arena, &found, err);
    ro->check_models = found.models;
    ro->check_endpoints = found.endpoints;
    ro->n_check_models = found.n;
    return st;
}

/* The solvers, and behind them the judges as if they were one more. */
static struct tare_run_solver *with_judges(const struct tare_run_options *ro,
                                           struct tare_arena *arena, uint32_t *n)
{
    struct tare_run_solver *all = TARE_NEW_N(arena, struct tare_run_solver, ro->n_solvers + 1);
    *n = ro->n_solvers + 1;
    if (all)
        memcpy(all, ro->solvers, ro->n_solvers * sizeof *all);
    if (all)
        all[ro->n_solvers] = (struct tare_run_solver){.name = TARE_S("judges"),
                                                      .endpoints = ro->check_endpoints,
                                                      .n_endpoints = ro->n_check_models};
    return all;
}

/* A limit in money holds only where the price is known. */
static enum tare_status check_money(const struct tare_cli_models *o,
                                    const struct tare_run_options *ro, struct tare_err *err)
{
    for (uint32_t i = 0; i < ro->n_solvers; i++) {
        const struct tare_run_solver *s = &ro->solvers[i];
        bool wanted =
            !isnan(o->budget_usd) || s->limits.cost_usd > 0 || ro->suite->limits.cost_usd > 0;
        for (uint32_t e = 0; e < s->n_endpoints; e++) {
            const struct tare_endpoint *x = s->endpoints[e];
            if (!wanted || x->price.known || tare_str_is(x->provider, "openrouter"))
                continue;
            enum tare_status st = tare_fail(err, TARE_E_USAGE,
                                            "a limit in money cannot hold: the price of %.*s/%.*s "
                                            "is not known",
                                            TARE_FMT(x->provider), TARE_FMT(x->model));
            tare_err_hint(err, "give it with --prices FILE or price: in the solver file (0 is a "
                               "price), or limit tokens instead");
            return st;
        }
    }
    return TARE_OK;
}

enum tare_status tare_cli_cache_path(struct tare_ctx *ctx, struct tare_str *path,
                                     struct tare_err *err)
{
    struct tare_str dir = tare_fs_join_dir(ctx->arena, ctx->store, TARE_S("cache"));
    *path = tare_arena_printf(ctx->arena, "%.*s/replies.db", TARE_FMT(dir));
    if (!dir.p || !path->p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening models");
    return tare_fs_mkdirs(dir, err);
}

enum tare_status tare_cli_models_open(struct tare_ctx *ctx, const struct tare_cli_models *o,
                                      struct tare_run_options *ro, struct tare_models **out,
                                      struct tare_err *err)
{
    static const struct rlimit no_core = {0, 0};
    const char *ca = getenv("SSL_CERT_FILE");
    struct tare_model_options m = {
        .size = sizeof m,
        .clock = ctx->clock,
        .seed = ro->seed,
        .cache = o->cache == 2                 ? TARE_CACHE_OFF
                 : o->cache == 1 || ro->resume ? TARE_CACHE_ON
                                               : TARE_CACHE_WRITE,
        .record_dir = o->record,
        .replay_dir = o->replay,
        .ca_file = tare_str_of(ca),
        .max_tokens = o->budget_tokens == TARE_INT_UNSET ? 0 : (uint64_t)o->budget_tokens,
        .max_cost_usd = isnan(o->budget_usd) ? 0 : o->budget_usd};
    *out = NULL;
    uint32_t n;
    struct tare_run_solver *all = with_judges(ro, ctx->arena, &n);
    if (!all)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening models");
    if (!tare_models_wanted(all, n))
        return TARE_OK;
    if (o->record.n && o->replay.n)
        return tare_usage_fail(ctx, err, "--record and --replay exclude each other");
    enum tare_status st = check_money(o, ro, err);
    if (st == TARE_OK && m.cache != TARE_CACHE_OFF && !o->replay.n)
        st = tare_cli_cache_path(ctx, &m.cache_path, err);
    (void)setrlimit(RLIMIT_CORE, &no_core); /* a core would hold keys */
    if (st == TARE_OK)
        st = tare_models_open(all, n, &m, ctx->arena, out, err);
    ro->transport = tare_models_transport(*out);
    return st;
}

static void tell_failures(struct tare_buf *b, const struct tare_model_counts *c)
{
    bool any = false;
    for (int i = 1; i < TARE_REPLY_CODES; i++) {
        if (!c->by_code[i])
            continue;
        tare_buf_printf(b, "%s%llu %s",
                        any ? ", " : "; failed: ", (unsigned long long)c->by_code[i],
                        tare_reply_code_name((enum tare_reply_code)i));
        any = true;
    }
}

/* The first failure and where it was: a wrong address or key fails everything alike. */
static void tell_first(struct tare_buf *b, const struct tare_model_counts *c)
{
    const struct tare_endpoint *e = c->first_failed;
    if (!e)
        return;
    tare_buf_printf(b, "first failure: %s at %.*s", tare_reply_code_name(c->first_code),
                    TARE_FMT(e->base_url));
    if (c->first_http)
        tare_buf_printf(b, " (HTTP %d)", c->first_http);
    tare_buf_puts(b, "\n");
}

void tare_cli_models_tell(struct tare_ctx *ctx, const struct tare_models *models)
{
    tare_cli_model_counts_tell(ctx, tare_models_counts(models));
}

void tare_cli_model_counts_tell(struct tare_ctx *ctx, const struct tare_model_counts *c)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, 64 * 1024);
    tare_buf_printf(&b, "models: %llu requests, %llu sent", (unsigned long long)c->requests,
                    (unsigned long long)c->sent);
    if (c->from_cache)
        tare_buf_printf(&b, ", %llu from the cache", (unsigned long long)c->from_cache);
    if (c->from_replay)
        tare_buf_printf(&b, ", %llu from the recording", (unsigned long long)c->from_replay);
    if (c->retries)
        tare_buf_printf(&b, ", %llu tried again", (unsigned long long)c->retries);
    if (c->rate_limited)
        tare_buf_printf(&b, ", %llu times too many", (unsigned long long)c->rate_limited);
    if (c->fallbacks)
        tare_buf_printf(&b, ", %llu to a fallback", (unsigned long long)c->fallbacks);
    tell_failures(&b, c);
    tare_buf_printf(&b, "; tokens %llu in, %llu out%s", (unsigned long long)c->tokens_in,
                    (unsigned long long)c->tokens_out,
                    c->tokens_estimated ? " (partly estimated: the server did not say)" : "");
    if (c->no_price)
        tare_buf_puts(&b, "; cost unknown");
    else
        tare_buf_printf(&b, "; cost %.4f USD", c->cost_usd);
    if (c->odd)
        tare_buf_printf(&b,
                        "; %llu odd replies (another model's name, repeated ids, a changed "
                        "fingerprint)",
                        (unsigned long long)c->odd);
    if (c->redacted)
        tare_buf_printf(&b, "; a key was echoed in %llu replies and taken out",
                        (unsigned long long)c->redacted);
    tare_buf_putc(&b, '\n');
    tell_first(&b, c);
    if (!b.failed)
        fwrite(b.p, 1, b.n, ctx->err);
    tare_buf_free(&b);
}
