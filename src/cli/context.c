#include "cli/context.h"

#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/banned.h"

#define MIN_WIDTH 20
#define MAX_WIDTH 120

static int terminal_width(int fd)
{
    int64_t columns = 0;
    struct winsize size;
    if (!tare_str_to_i64(tare_str_of(getenv("COLUMNS")), &columns) || columns <= 0)
        columns = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
    return columns < MIN_WIDTH ? MIN_WIDTH : columns > MAX_WIDTH ? MAX_WIDTH : (int)columns;
}

static bool wants_color(FILE *stream, int color)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    if (color)
        return color == 1;
    if ((no && *no) || !term || strcmp(term, "dumb") == 0)
        return false;
    return isatty(fileno(stream)) == 1;
}

int tare_cli_color(const struct tare_common *common)
{
    return common->no_color ? 2 : common->color;
}

struct tare_style tare_cli_style(FILE *stream, int color)
{
    bool unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return (struct tare_style){wants_color(stream, color), unicode, terminal_width(fileno(stream))};
}

void tare_cli_context(struct tare_ctx *ctx, const struct tare_parsed *parsed)
{
    const struct tare_common *c = &parsed->common;
    int color = tare_cli_color(c);
    const char *store = getenv("TARE_STORE");
    ctx->who = parsed->who;
    ctx->parsed = parsed;
    ctx->out_style = tare_cli_style(ctx->out, color);
    ctx->err_style = tare_cli_style(ctx->err, color);
    ctx->out_tty = isatty(fileno(ctx->out)) == 1;
    ctx->err_tty = isatty(fileno(ctx->err)) == 1;
    ctx->json = c->json;
    ctx->quiet = c->quiet;
    ctx->store = c->store;
    if (ctx->store.n == 0)
        ctx->store = store && *store ? tare_str_of(store) : TARE_S(".tare/tare.db");
}
