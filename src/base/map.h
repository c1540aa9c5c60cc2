/*
 * A whole file as one slice of memory without reading it: pages come when they are touched and
 * may be dropped by the kernel at any time, so a file of 1 GB needs no 1 GB.
 */
#ifndef TARE_BASE_MAP_H
#define TARE_BASE_MAP_H

#include "base/arena.h"
#include "base/err.h"

struct tare_map {
    struct tare_str bytes; /* read-only; valid until close */
    bool mapped;           /* false: `bytes` lives in the arena (pipe, standard input, empty) */
};

/*
 * Opens a regular file, or reads a pipe or "-" (standard input) into the arena up to
 * max_piped_bytes. TARE_E_IO with path and reason; TARE_E_LIMIT for a pipe that holds more.
 * A file that shrinks while it is mapped is the caller's risk, as with any reader.
 */
enum tare_status tare_map_open(struct tare_str path, size_t max_piped_bytes,
                               struct tare_arena *arena, struct tare_map *out,
                               struct tare_err *err);
void tare_map_close(struct tare_map *m);

#endif
