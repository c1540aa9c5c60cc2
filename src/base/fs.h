/*
 * Files of ours: all writes go through here, so that a file is either whole under its name or
 * absent (temporary file in the same folder, fsync, rename, fsync of the folder).
 */
#ifndef TARE_BASE_FS_H
#define TARE_BASE_FS_H

#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"

#define TARE_FS_PATH_BYTES ((size_t)4096)

/* The whole file in the arena, NUL after its end. TARE_E_IO with the path and the reason;
 * TARE_E_LIMIT when larger than max_bytes. "-" reads standard input. */
enum tare_status tare_fs_read(struct tare_str path, size_t max_bytes, struct tare_arena *arena,
                              struct tare_str *out, struct tare_err *err);
/* Replaces or makes the file; mode as for open(2) before umask. On failure the old file stands. */
enum tare_status tare_fs_write(struct tare_str path, struct tare_str bytes, unsigned mode,
                               struct tare_err *err);

/* A file written piece by piece: under its name stands the old file (or none) until
 * tare_fs_commit, then the new one, whole. What is no regular file (a device, a pipe) is written
 * to directly; a symbolic link is followed. The fields are the functions' own. */
struct tare_fs_file {
    FILE *stream;
    bool direct, fresh;
    char path[TARE_FS_PATH_BYTES], temp[TARE_FS_PATH_BYTES + 32];
};
/* fresh: refuses a file that is there, also one that comes before the commit. mode as for open(2)
 * before umask. On failure nothing is left to commit or abandon. */
enum tare_status tare_fs_begin(struct tare_str path, bool fresh, unsigned mode,
                               struct tare_fs_file *f, struct tare_err *err);
/* Adds bytes; callers may also write to f->stream themselves. */
enum tare_status tare_fs_put(struct tare_fs_file *f, struct tare_str bytes, struct tare_err *err);
/* Puts the file in place and makes it durable; on failure it is abandoned. */
enum tare_status tare_fs_commit(struct tare_fs_file *f, struct tare_err *err);
/* Ends without changing what stands under the name. After a begin that failed, or a commit: no
 * effect. */
void tare_fs_abandon(struct tare_fs_file *f);

/* mkdir -p. */
enum tare_status tare_fs_mkdirs(struct tare_str path, struct tare_err *err);
bool tare_fs_exists(struct tare_str path);
bool tare_fs_is_dir(struct tare_str path);
/* folder of `path` joined with `name`; `name` alone when absolute. */
struct tare_str tare_fs_join_dir(struct tare_arena *arena, struct tare_str path,
                                 struct tare_str name);

/* A file read line by line in bounded memory. Lines borrow until the next call. */
struct tare_lines;
enum tare_status tare_lines_open(struct tare_str path, size_t max_line_bytes,
                                 struct tare_arena *arena, struct tare_lines **out,
                                 struct tare_err *err);
/* false at the end (err->code TARE_OK) or on error (err->code set). The line has no '\n' and no
 * '\r' before it; *torn is true for a last line without '\n'. */
bool tare_lines_next(struct tare_lines *l, struct tare_str *line, uint64_t *line_no, bool *torn,
                     struct tare_err *err);
void tare_lines_close(struct tare_lines *l);

#endif
