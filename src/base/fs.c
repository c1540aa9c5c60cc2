#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs_int.h"

#include "base/banned.h"

enum tare_status tare__fs_cpath(struct tare_str path, char out[TARE_FS_PATH_BYTES],
                                struct tare_err *err)
{
    if (path.n == 0)
        return tare_fail(err, TARE_E_IO, "the file name is empty");
    if (path.n >= TARE_FS_PATH_BYTES)
        return tare_fail(err, TARE_E_IO, "the file name has %zu bytes; at most %zu are possible",
                         path.n, TARE_FS_PATH_BYTES - 1);
    if (memchr(path.p, '\0', path.n))
        return tare_fail(err, TARE_E_IO, "the file name contains a NUL byte");
    memcpy(out, path.p, path.n);
    out[path.n] = '\0';
    return TARE_OK;
}

enum tare_status tare__fs_fail(struct tare_err *err, const char *doing)
{
    int e = errno;
    (void)tare_fail(err, TARE_E_IO, "cannot %s: %s", doing, strerror(e));
    if (e == ENOENT)
        tare_err_hint(err, "check the name; it is looked up from the current folder");
    else if (e == EACCES || e == EPERM || e == EROFS)
        tare_err_hint(err, "check the permissions of the file and its folder");
    else if (e == EISDIR)
        tare_err_hint(err, "it is a folder; name a file inside it");
    else if (e == ENOSPC || e == EDQUOT)
        tare_err_hint(err, "free some space on that disk and try again");
    return TARE_E_IO;
}

/* Reads fd to its end into *out, growing by doubling; the pieces left behind stay in the arena,
 * which costs at most as much again. */
static enum tare_status read_all(int fd, size_t guess, size_t max_bytes, struct tare_arena *arena,
                                 struct tare_str *out, struct tare_err *err)
{
    size_t cap = guess < max_bytes ? guess : max_bytes, n = 0;
    char *p = tare_arena_alloc(arena, cap + 1);
    for (;;) {
        if (!p)
            return tare_fail(err, TARE_E_NOMEM, "not enough memory to read the file");
        ssize_t got = read(fd, p + n, cap + 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tare__fs_fail(err, "read");
        if (got == 0)
            break;
        n += (size_t)got;
        if (n > max_bytes) {
            (void)tare_fail(err, TARE_E_LIMIT, "larger than the %zu bytes allowed here", max_bytes);
            tare_err_hint(err, "split the file");
            return TARE_E_LIMIT;
        }
        if (n <= cap)
            continue;
        cap = cap < max_bytes / 2 ? cap * 2 + 4096 : max_bytes;
        char *bigger = tare_arena_alloc(arena, cap + 1);
        if (bigger)
            memcpy(bigger, p, n);
        p = bigger;
    }
    p[n] = '\0';
    *out = tare_str_n(p, n);
    return TARE_OK;
}

static enum tare_status read_file(struct tare_str path, size_t max_bytes, struct tare_arena *arena,
                                  struct tare_str *out, struct tare_err *err)
{
    char cpath[TARE_FS_PATH_BYTES];
    enum tare_status st = tare__fs_cpath(path, cpath, err);
    if (st)
        return st;
    int fd = open(cpath, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return tare__fs_fail(err, "open");
    struct stat info;
    if (fstat(fd, &info) != 0) {
        st = tare__fs_fail(err, "look at the file");
    } else if (S_ISDIR(info.st_mode)) {
        st = tare_fail(err, TARE_E_IO, "cannot read: it is a folder, not a file");
        tare_err_hint(err, "name a file inside it");
    } else {
        size_t guess = S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size : 4096;
        st = read_all(fd, guess, max_bytes, arena, out, err);
    }
    (void)close(fd);
    return st;
}

/* The place is set only when something failed: err may go on to tell of something else. */
static enum tare_status at_file(enum tare_status st, struct tare_str path, struct tare_err *err)
{
    if (st)
        tare_err_file(err, path);
    return st;
}

enum tare_status tare_fs_read(struct tare_str path, size_t max_bytes, struct tare_arena *arena,
                              struct tare_str *out, struct tare_err *err)
{
    if (!tare_str_is(path, "-"))
        return at_file(read_file(path, max_bytes, arena, out, err), path, err);
    return at_file(read_all(STDIN_FILENO, 65536, max_bytes, arena, out, err),
                   TARE_S("standard input"), err);
}

static enum tare_status make_dirs(struct tare_str path, struct tare_err *err)
{
    char cpath[TARE_FS_PATH_BYTES];
    enum tare_status st = tare__fs_cpath(path, cpath, err);
    if (st)
        return st;
    for (size_t i = 1; i <= path.n; i++) {
        if (i < path.n && cpath[i] != '/')
            continue;
        char keep = cpath[i];
        cpath[i] = '\0';
        if (mkdir(cpath, 0777) != 0 && errno != EEXIST)
            return tare__fs_fail(err, "make the folder");
        cpath[i] = keep;
    }
    if (tare_fs_is_dir(path))
        return TARE_OK;
    errno = ENOTDIR;
    return tare__fs_fail(err, "make the folder");
}

enum tare_status tare_fs_mkdirs(struct tare_str path, struct tare_err *err)
{
    return at_file(make_dirs(path, err), path, err);
}

static bool look(struct tare_str path, struct stat *info)
{
    char cpath[TARE_FS_PATH_BYTES];
    return tare__fs_cpath(path, cpath, NULL) == TARE_OK && stat(cpath, info) == 0;
}

bool tare_fs_exists(struct tare_str path)
{
    struct stat info;
    return look(path, &info);
}

bool tare_fs_is_dir(struct tare_str path)
{
    struct stat info;
    return look(path, &info) && S_ISDIR(info.st_mode);
}

struct tare_str tare_fs_join_dir(struct tare_arena *arena, struct tare_str path,
                                 struct tare_str name)
{
    size_t dir = path.n;
    while (dir && path.p[dir - 1] != '/')
        dir--;
    if (dir == 0 || (name.n && name.p[0] == '/'))
        return tare_arena_copy(arena, name);
    return tare_arena_printf(arena, "%.*s%.*s", (int)dir, path.p, TARE_FMT(name));
}
