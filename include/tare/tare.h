/*
 * libtare: what the library promises to programs outside this repository.
 */
#ifndef TARE_TARE_H
#define TARE_TARE_H

#if defined(__GNUC__)
#define TARE_API __attribute__((visibility("default")))
#else
#define TARE_API
#endif

/* "0.1.0": the version of the library at run time; constant. */
TARE_API const char *tare_version(void);

#endif
