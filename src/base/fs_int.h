#ifndef TARE_BASE_FS_INT_H
#define TARE_BASE_FS_INT_H

#include "base/fs.h"

/* A path as C wants it; refuses NUL bytes inside and names no system takes. */
enum tare_status tare__fs_cpath(struct tare_str path, char out[TARE_FS_PATH_BYTES],
                                struct tare_err *err);
/* "cannot DOING: reason" from errno, with a remedy where there is one; no place. */
enum tare_status tare__fs_fail(struct tare_err *err, const char *doing);

#endif
