#include "cli/lab.h"

#include <math.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"

#include "base/banned.h"

#define SEEDS 3 /* talks of a model, at the least, unless it is said otherwise */

struct tare_str tare_lab_name(const struct tare_lab_opts *o)
{
    return o->script.p ? TARE_S("the script") : o->file;
}

/* A buffer's text in the arena; frees the buffer. */
static enum tare_status keep(struct tare_ctx *ctx, struct tare_buf *b, enum tare_status st,
                             struct tare_str *out, struct tare_err *err)
{
    if (st == TARE_OK) {
        *out =
            b->failed ? (struct tare_str){NULL, 0} : tare_arena_copy(ctx->arena, tare_buf_str(b));
        if (!out->p)
            st = tare_fail(err, TARE_E_NOMEM, "the recordings are too large");
    }
    tare_buf_free(b);
    return st;
}

static enum tare_status open_client(struct tare_ctx *ctx, const struct tare_lab_opts *o,
                                    struct tare_endpoint **endpoint, struct tare_model_client **out,
                                    struct tare_err *err)
{
    const char *ca = getenv("SSL_CERT_FILE");
    struct tare_model_options m = {
        .size = sizeof m,
        .n_endpoints = 1,
        .clock = ctx->clock,
        .seed = (uint64_t)o->seed,
        .cache = o->cache == 2   ? TARE_CACHE_OFF
                 : o->cache == 1 ? TARE_CACHE_ON
                                 : TARE_CACHE_WRITE,
        .record_dir = o->record,
        .replay_dir = o->replay,
        .ca_file = tare_str_of(ca),
        .max_tokens = o->budget_tokens == TARE_INT_UNSET ? 0 : (uint64_t)o->budget_tokens};
    if (o->record.n && o->replay.n)
        return tare_usage_fail(ctx, err, "--record and --replay exclude each other");
    *endpoint = NULL;
    enum tare_status st =
        tare_endpoint_of_string(o->models.v[0], TARE_S("lab"), tare_cli_model_env(),
                                o->replay.n > 0, ctx->arena, endpoint, err);
    if (st == TARE_OK && m.cache != TARE_CACHE_OFF && !o->replay.n)
        st = tare_cli_cache_path(ctx, &m.cache_path, err);
    const struct tare_endpoint **list = TARE_NEW(ctx->arena, const struct tare_endpoint *);
    if (!list)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening a model");
    list[0] = *endpoint;
    m.endpoints = list;
    return st == TARE_OK ? tare_model_client_open(&m, out, err) : st;
}

/* An arm that the endpoint will not play is left out aloud. */
static void tell_refused(struct tare_ctx *ctx, struct tare_str name, const struct tare_live_arm *a)
{
    if (a->refused == 0)
        return;
    fprintf(ctx->err, "%.*s: the endpoint refuses %llu of %llu talks: %.*s\n", TARE_FMT(name),
            (unsigned long long)a->refused, (unsigned long long)a->talks, TARE_FMT(a->says));
    if (a->refused == a->talks)
        fprintf(ctx->err, "%.*s is left out: nothing of it is drawn\n", TARE_FMT(name));
}

static void tell(struct tare_ctx *ctx, const struct tare_live *live,
                 const struct tare_live_drawn *d)
{
    for (uint32_t i = 0; i < live->n_arms; i++)
        tell_refused(ctx, live->arms[i], &d->arm[i]);
    if (d->missing)
        ctx->exit_code = 3;
    if (d->halted.n)
        fprintf(ctx->err, "stopped: %.*s\n", TARE_FMT(d->halted));
    if (d->missing)
        fprintf(ctx->err, "%llu of %llu talks are missing: a request failed%s%.*s\n",
                (unsigned long long)d->missing, (unsigned long long)d->talks,
                d->first_failure.n ? ", the first: " : "", TARE_FMT(d->first_failure));
}

static enum tare_status draw(struct tare_ctx *ctx, const struct tare_lab_opts *o,
                             const struct tare_lab_source *source, struct tare_str cases,
                             struct tare_str *out, struct tare_err *err)
{
    struct tare_model_client *client = NULL;
    struct tare_endpoint *endpoint;
    struct tare_live_drawn drawn;
    struct tare_buf b;
    struct tare_live live = {
        .clock = ctx->clock,
        .in_flight = o->jobs == TARE_INT_UNSET ? 0 : (uint32_t)o->jobs,
        .seeds = tare_given(ctx, "seeds") || o->seeds > SEEDS ? (uint32_t)o->seeds : SEEDS,
        .seed = (uint64_t)o->seed,
        .temperature = o->temperature,
        .max_tokens = o->max_tokens == TARE_INT_UNSET ? 0 : (uint64_t)o->max_tokens,
        .retries = source->retries,
        .top_logprobs = source->top_logprobs,
        .native = source->native,
        .form = source->form};
    for (uint32_t i = 0; i < TARE_LIVE_ARMS && i < o->arms.n; i++)
        live.arms[live.n_arms++] = o->arms.v[i];
    for (uint32_t i = 0; o->arms.n == 0 && source->arms[i]; i++)
        live.arms[live.n_arms++] = tare_str_of(source->arms[i]);
    if (o->arms.n > TARE_LIVE_ARMS)
        return tare_usage_fail(ctx, err, "at most %u arms at once", TARE_LIVE_ARMS);
    enum tare_status st = open_client(ctx, o, &endpoint, &client, err);
    if (st != TARE_OK)
        return st;
    live.client = client;
    live.endpoint = endpoint->name;
    live.wire = endpoint->wire;
    tare_buf_init(&b, NULL, TARE_GIB);
    st = source->live(cases, &live, ctx->arena, &b, &drawn, err);
    if (st == TARE_OK && o->out.n && !b.failed)
        st = tare_fs_write(o->out, tare_buf_str(&b), 0644, err);
    st = keep(ctx, &b, st, out, err);
    if (st == TARE_OK) {
        if (!ctx->quiet)
            tare_cli_model_counts_tell(ctx, tare_model_counts(client));
        tell(ctx, &live, &drawn);
        if (drawn.missing == drawn.talks)
            st = tare_fail(err, TARE_E_IO, "the model answered nothing");
    }
    tare_model_client_close(client);
    return st;
}

enum tare_status tare_lab_text(struct tare_ctx *ctx, const struct tare_lab_opts *o,
                               const struct tare_lab_source *source, struct tare_str *out,
                               struct tare_err *err)
{
    struct tare_str cases;
    struct tare_buf b;
    if (!o->script.p == !o->file.p)
        return tare_usage_fail(ctx, err, "name a file of recordings, or a --script, and not both");
    if (o->models.n > 1)
        return tare_usage_fail(ctx, err, "one model at a time");
    if (o->models.n == 0 && (o->out.n || o->arms.n))
        return tare_usage_fail(ctx, err, "%s is about a --model, which is missing",
                               o->out.n ? "--out" : "what is drawn");
    if (o->script.p && o->models.n)
        return tare_usage_fail(ctx, err, "--script and --model exclude each other");
    if (o->script.p) {
        tare_buf_init(&b, NULL, TARE_GIB);
        enum tare_status st = source->script(source->script_ctx, &b, err);
        return keep(ctx, &b, st, out, err);
    }
    if (o->models.n == 0)
        return tare_fs_read(o->file, TARE_GIB, ctx->arena, out, err);
    enum tare_status st = tare_fs_read(o->file, TARE_GIB, ctx->arena, &cases, err);
    if (st == TARE_OK)
        st = draw(ctx, o, source, cases, out, err);
    if (st == TARE_E_INPUT)
        tare_err_file(err, o->file);
    return st;
}
