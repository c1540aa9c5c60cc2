#include "cli/stored.h"

#include "base/fs.h"
#include "run/registry.h"

#include "base/banned.h"

enum tare_status tare_cli_open(struct tare_ctx *ctx, struct tare_store **out, struct tare_err *err)
{
    struct tare_store_options options = {
        .size = sizeof options, .read_only = true, .clock = ctx->clock};
    if (!tare_fs_exists(ctx->store)) {
        (void)tare_fail(err, TARE_E_USAGE, "no runs yet: there is no store at %.*s",
                        TARE_FMT(ctx->store));
        tare_err_hint(err, "make one: tare run incident-response --solver verify-first\n"
                           "or name another store with --store FILE");
        return TARE_E_USAGE;
    }
    enum tare_status st = tare_store_open(ctx->store, &options, out, err);
    if (!st) /* what is said from here on is not about the file */
        *err = (struct tare_err){0};
    return st;
}

enum tare_status tare_cli_stored(struct tare_ctx *ctx, struct tare_store *store,
                                 struct tare_str address, bool want_run, struct tare_stored *out,
                                 struct tare_err *err)
{
    *out = (struct tare_stored){0};
    enum tare_status st = tare_store_resolve(store, address, want_run, ctx->arena, &out->at, err);
    if (!st)
        st = tare_store_batch(store, out->at.batch, ctx->arena, &out->batch, err);
    if (st)
        return st;
    int32_t only = -1;
    if (out->at.run || out->batch.n_runs == 1) {
        only = out->at.run ? (int32_t)out->at.run_index : 0;
        out->run = &out->batch.runs[only];
        out->at.run = out->run->id;
    }
    return tare_results_from_store(store, out->at.batch, only, ctx->arena, &out->results, err);
}

enum tare_status tare_cli_board(struct tare_ctx *ctx, const struct tare_results *results,
                                bool all_metrics, struct tare_board *out, struct tare_err *err)
{
    struct tare_board_opts opts = {.size = sizeof opts, .more = ctx->json};
    struct tare_str *names = TARE_NEW_N(ctx->arena, struct tare_str, results->n_metrics);
    if (!names)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for the leaderboard");
    opts.classes = tare_registry_classes(results->world, results->world_config);
    if (all_metrics) {
        for (uint32_t i = 0; i < results->n_metrics; i++)
            names[i] = results->metrics[i].name;
        opts.metrics = names;
        opts.n_metrics = results->n_metrics;
    } else {
        opts.references =
            tare_registry_references(results->world, results->world_config, &opts.n_references);
    }
    return tare_leaderboard(results, &opts, ctx->arena, out, err);
}

enum tare_status tare_cli_print(struct tare_ctx *ctx, struct tare_buf *out, struct tare_err *err)
{
    bool memory = out->failed;
    bool written = !memory && (out->n == 0 || fwrite(out->p, 1, out->n, ctx->out) == out->n);
    tare_buf_free(out);
    if (memory)
        return tare_fail(err, TARE_E_NOMEM, "the result is too large to print");
    return written ? TARE_OK : tare_fail(err, TARE_E_IO, "could not write the result");
}
