/*
 * Work folders. What stands in one was written by a stranger: nothing here follows a link.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/limits.h"
#include "sandbox/box_int.h"

#include "base/banned.h"

#define MAX_DEPTH 128 /* folders in folders; deeper ones are removed, not read */

/* Calls visit for every entry below `folder`, an entry of a folder before the folder itself.
 * Folders deeper than MAX_DEPTH are not entered. */
struct walk {
    bool (*visit)(struct walk *w, int folder, const char *name, const struct stat *st);
    uint64_t bytes, files, max_bytes, max_files;
    uid_t uid;
    int top;        /* taking away: where what lies too deep is moved to */
    unsigned moved; /* … as so many names */
    bool failed, too_deep;
};

static bool walk_folder(struct walk *w, int folder, int depth);

static bool walk_entry(struct walk *w, int folder, const char *name, int depth)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return true; /* it is gone meanwhile */
    w->too_deep = w->too_deep || (S_ISDIR(st.st_mode) && depth == MAX_DEPTH);
    if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH) {
        int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below < 0 && errno == EACCES && fchmodat(folder, name, 0700, 0) == 0)
            below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        bool on = below < 0 || walk_folder(w, below, depth + 1);
        if (!on)
            return false;
    }
    return w->visit(w, folder, name, &st);
}

/* Takes the descriptor. */
static bool walk_folder(struct walk *w, int folder, int depth)
{
    DIR *dir = fdopendir(folder);
    bool on = true;
    if (!dir) {
        close(folder);
        w->failed = true;
        return true;
    }
    for (struct dirent *e; on && (e = readdir(dir)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            on = walk_entry(w, dirfd(dir), e->d_name, depth);
    closedir(dir);
    return on;
}

static bool count(struct walk *w, int folder, const char *name, const struct stat *st)
{
    (void)folder;
    (void)name;
    w->bytes += (uint64_t)st->st_blocks * 512;
    w->files++;
    return w->bytes <= w->max_bytes && w->files <= w->max_files;
}

struct tare__box_usage tare__box_usage_of(int folder, uint64_t max_bytes, uint64_t max_files)
{
    struct walk w = {.visit = count, .max_bytes = max_bytes, .max_files = max_files};
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        (void)walk_folder(&w, fd, 0);
    return (struct tare__box_usage){w.bytes, w.files, w.too_deep};
}

static bool give(struct walk *w, int folder, const char *name, const struct stat *st)
{
    (void)st;
    if (fchownat(folder, name, w->uid, w->uid, AT_SYMLINK_NOFOLLOW) != 0)
        w->failed = true;
    return true;
}

bool tare__box_give(const char *folder, uid_t uid)
{
    struct walk w = {.visit = give, .uid = uid};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fchown(fd, uid, uid) != 0) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    (void)walk_folder(&w, fd, 0);
    return !w.failed;
}

/* What lies too deep to be entered is moved to the top, under a name nobody has there. */
static bool move_up(struct walk *w, int folder, const char *name)
{
    char to[32];
    (void)fchmodat(folder, name, 0700, 0);
    for (int tries = 0; tries < 100; tries++) {
        (void)snprintf(to, sizeof to, "tare-deep-%u", w->moved++);
        if (renameat(folder, name, w->top, to) == 0)
            return true;
        if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
            return false;
    }
    return false;
}

static bool take_away(struct walk *w, int folder, const char *name, const struct stat *st)
{
    if (unlinkat(folder, name, S_ISDIR(st->st_mode) ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT)
        return true;
    w->failed = true;
    if (S_ISDIR(st->st_mode) && (errno == ENOTEMPTY || errno == EEXIST))
        (void)move_up(w, folder, name);
    return true;
}

enum tare_status tare_box_remove(const char *folder, struct tare_err *err)
{
    struct walk w = {.visit = take_away};
    w.top = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    for (int pass = 0; w.top >= 0 && pass < 1000; pass++) {
        int fd = openat(w.top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        w.failed = fd < 0;
        if (fd >= 0)
            (void)walk_folder(&w, fd, 0);
        if (!w.failed)
            break;
    }
    if (w.top >= 0)
        close(w.top);
    if (rmdir(folder) == 0 || errno == ENOENT)
        return TARE_OK;
    return tare_fail(err, TARE_E_IO, "cannot remove the work folder %s: %s", folder,
                     strerror(errno));
}

enum tare_status tare_box_make(const char *parent, struct tare_arena *arena, const char **out,
                               struct tare_err *err)
{
    struct tare_str name = tare_arena_printf(arena, "%s/tare-work-XXXXXX", parent);
    char *path = TARE_NEW_N(arena, char, name.n + 1);
    if (!name.p || !path)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for a work folder");
    memcpy(path, name.p, name.n);
    path[name.n] = 0;
    if (!mkdtemp(path))
        return tare_fail(err, TARE_E_IO, "cannot make a work folder in %s: %s", parent,
                         strerror(errno));
    *out = path;
    return TARE_OK;
}

/* ---- reading --------------------------------------------------------------------------------- */

static enum tare_status why_not(struct tare_str path, struct tare_err *err)
{
    int code = errno;
    if (code == ENOSYS || code == EPERM)
        return tare_fail(err, TARE_E_IO, "this kernel cannot open files without following links");
    const char *what =
        code == ELOOP || code == EXDEV ? "it is, or lies behind, a link" : strerror(code);
    return tare_fail(err, TARE_E_INPUT, "'%.*s' in the work folder cannot be read: %s",
                     TARE_FMT(path), what);
}

static enum tare_status read_all(int fd, size_t n, struct tare_arena *arena, struct tare_str *out,
                                 struct tare_err *err)
{
    char *p = tare_arena_alloc(arena, n + 1);
    size_t done = 0;
    if (!p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for a file of the work folder");
    while (done < n) {
        ssize_t got = read(fd, p + done, n - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        done += (size_t)got;
    }
    p[done] = 0;
    *out = tare_str_n(p, done);
    return TARE_OK;
}

enum tare_status tare_box_read(const char *folder, struct tare_str path, size_t max_bytes,
                               struct tare_arena *arena, struct tare_str *out, struct tare_err *err)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
                                      RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
    struct tare_str name = tare_arena_copy(arena, path);
    if (!name.p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for a file's name");
    if (memchr(path.p, 0, path.n))
        return tare_fail(err, TARE_E_INPUT, "a file's name holds a NUL character");
    int dir = open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int fd = dir < 0 ? -1 : (int)syscall(SYS_openat2, dir, name.p, &how, sizeof how);
    struct stat st;
    enum tare_status status = TARE_OK;
    if (fd < 0)
        status = why_not(path, err);
    else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        status = tare_fail(err, TARE_E_INPUT, "'%.*s' in the work folder is no regular file",
                           TARE_FMT(path));
    else if ((uint64_t)st.st_size > max_bytes)
        status = tare_fail(err, TARE_E_INPUT,
                           "'%.*s' in the work folder has %llu bytes; %zu can be read",
                           TARE_FMT(path), (unsigned long long)st.st_size, max_bytes);
    else
        status = read_all(fd, (size_t)st.st_size, arena, out, err);
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    return status;
}
