/*
 * Who may ask a server of ours: pure, no sockets. A server answers where it is addressed by its own
 * name (a page elsewhere cannot point a name of its own at us), where a browser does not say that
 * another origin asks, and where the secret of its start is shown.
 */
#ifndef TARE_NET_DOOR_H
#define TARE_NET_DOOR_H

#include "base/str.h"

#define TARE_DOOR_SECRET_BYTES 33 /* 32 hex digits and a NUL */

/* A new secret, NUL-terminated: 128 unpredictable bits. */
void tare_door_secret(char out[TARE_DOOR_SECRET_BYTES]);
/* Equal, in a time that does not depend on where they differ; nothing equals an empty one. */
bool tare_door_same(struct tare_str a, struct tare_str b);
/* Is a Host header 127.0.0.1:PORT, localhost:PORT or [::1]:PORT? */
bool tare_door_own_host(struct tare_str host, unsigned port);
/* Does a browser say that a page of ours asks, or does no browser ask? p NULL: not sent.
 * fetch_site: the header Sec-Fetch-Site. */
bool tare_door_own_origin(struct tare_str origin, struct tare_str fetch_site, unsigned port);
/* What stands behind "Bearer " of an Authorization header (the scheme in any case of letters);
 * empty: nothing. */
struct tare_str tare_door_bearer(struct tare_str authorization);

#endif
