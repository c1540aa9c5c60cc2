#include "cli/play.h"

#include <stdlib.h>

#include "run/registry.h"
#include "suite/harbor.h"

#include "base/banned.h"

/* Task folders of other tools: what of them cannot be played is told first. */
static enum tare_status folders(struct tare_ctx *ctx, struct tare_str path, struct tare_suite **out,
                                struct tare_err *err)
{
    struct tare_harbor *h;
    enum tare_status st = tare_harbor_load(path, ctx->arena, &h, err);
    if (st != TARE_OK)
        return st;
    *out = h->suite;
    fprintf(ctx->err, "%.*s: %u of %u tasks can be played", TARE_FMT(path), h->suite->n_tasks,
            h->n_folders);
    for (uint32_t i = 0; i < h->n_refused; i++)
        fprintf(ctx->err, "%s%.*s (%.*s)",
                i ? "; " : "; not played: ", TARE_FMT(h->refused[i].task),
                TARE_FMT(h->refused[i].why));
    fputc('\n', ctx->err);
    return TARE_OK;
}

enum tare_status tare_cli_suite(struct tare_ctx *ctx, struct tare_str what, struct tare_suite **out,
                                struct tare_err *err)
{
    struct tare_suite_options o = {.size = sizeof o, .search = tare_str_of(getenv("TARE_SUITES"))};
    o.sources = tare_registry_sources(&o.n_sources);
    if (tare_harbor_is(what))
        return folders(ctx, what, out, err);
    return tare_suite_load(what, &o, ctx->arena, out, err);
}
