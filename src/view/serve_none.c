/* Without libmicrohttpd. */
#include "view/assets.h"
#include "view/serve.h"

#include "base/banned.h"

enum tare_status tare_serve(const struct tare_serve_options *options, struct tare_err *err)
{
    (void)options;
    (void)tare_fail(err, TARE_E_USAGE, "this tare was built without a web server");
    tare_err_hint(err, "install libmicrohttpd-dev and build again; tare report --html FILE makes "
                       "the same page as one file");
    return TARE_E_USAGE;
}
