/* Labels of international host names (IDNA 2008: RFC 5890 to 5893). */
#ifndef TARE_TEXT_SCHEMA_IDNA_H
#define TARE_TEXT_SCHEMA_IDNA_H

#include "base/str.h"

/* Version of libidn2; NULL: built without it, and only the shape of names is looked at. */
const char *tare__idna_version(void);
/* Host name of letters, digits and hyphens whose labels that begin with xn-- are those of a name.
 */
bool tare__idna_ascii(struct tare_str host);
/* The same with labels of other letters too, dots of other scripts included. */
bool tare__idna_host(struct tare_str host);

#endif
