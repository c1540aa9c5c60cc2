#include <stdarg.h>

#include "cli/cmd.h"

#include "base/banned.h"

enum tare_status tare_usage_fail(const struct tare_ctx *ctx, struct tare_err *err, const char *fmt,
                                 ...)
{
    char text[sizeof err->text];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    (void)tare_fail(err, TARE_E_USAGE, "%s", n < 0 ? fmt : text);
    const char *verb = strchr(ctx->who, ' ');
    tare_err_hint(err, "see: tare help%s", verb ? verb : "");
    return TARE_E_USAGE;
}
