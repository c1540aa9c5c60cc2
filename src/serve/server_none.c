/* Without libmicrohttpd. */
#include "serve/serve.h"

#include "base/banned.h"

enum tare_status tare_server_open(const struct tare_serve_options_http *options,
                                  struct tare_server **out, struct tare_err *err)
{
    (void)options, (void)out;
    (void)tare_fail(err, TARE_E_USAGE, "this tare was built without a web server");
    tare_err_hint(err, "install libmicrohttpd-dev and build again; `tare serve mcp` without --http "
                       "needs none");
    return TARE_E_USAGE;
}

const struct tare_transport *tare_server_transport(const struct tare_server *s)
{
    (void)s;
    return NULL;
}

unsigned tare_server_port(const struct tare_server *s)
{
    (void)s;
    return 0;
}

void tare_server_linger(struct tare_server *s, const struct tare_clock *clock)
{
    (void)s, (void)clock;
}

void tare_server_close(struct tare_server *s)
{
    (void)s;
}
