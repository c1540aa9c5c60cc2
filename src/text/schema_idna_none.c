/* Without libidn2: nothing is known of code points. */
#include "text/schema_idna.h"

#include "base/banned.h"

const char *tare__idna_version(void)
{
    return NULL;
}

bool tare__idna_ascii(struct tare_str host)
{
    (void)host;
    return true;
}

bool tare__idna_host(struct tare_str host)
{
    (void)host;
    return true;
}
