#include "view/assets.h"
#include "view/serve.h"

#include "base/banned.h"

const char *tare_web_kind(void)
{
    return tare__app_js.gzip ? "bundle" : "static";
}
