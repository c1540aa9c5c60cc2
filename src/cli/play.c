#include "cli/play.h"

#include <stdlib.h>

#include "run/registry.h"

#include "base/banned.h"

enum tare_status tare_cli_suite(struct tare_ctx *ctx, struct tare_str what, struct tare_suite **out,
                                struct tare_err *err)
{
    struct tare_suite_options o = {.size = sizeof o, .search = tare_str_of(getenv("TARE_SUITES"))};
    o.sources = tare_registry_sources(&o.n_sources);
    return tare_suite_load(what, &o, ctx->arena, out, err);
}
