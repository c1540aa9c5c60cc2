/* Without the bundle: the pages drawn in C stand alone. */
#include "view/assets.h"

#include "base/banned.h"

const struct tare__asset tare__app_js = {0}, tare__app_css = {0};
