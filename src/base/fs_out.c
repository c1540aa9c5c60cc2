/* Files written for somebody: a temporary file beside, put in place when it is whole. */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fs_int.h"
#include "base/os.h"
#include "base/os_fs.h"

#include "base/banned.h"

/* Makes the rename itself durable. A folder that cannot be opened for reading is not an error:
 * the file is in place. */
static void sync_folder(char *cpath)
{
    char *slash = strrchr(cpath, '/');
    if (slash && slash != cpath)
        *slash = '\0';
    int fd = open(!slash ? "." : slash == cpath ? "/" : cpath, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    (void)close(fd);
}

/* The file a link leads to: replacing the link itself would leave the file it names as it was. A
 * link to nothing is left to stand for itself. */
static enum tare_status follow(struct tare_fs_file *f, struct tare_err *err)
{
    struct stat info;
    if (lstat(f->path, &info) != 0 || !S_ISLNK(info.st_mode))
        return TARE_OK;
    char real[TARE_FS_PATH_BYTES] = "";
    if (!tare_os_real_path(f->path, real, sizeof real))
        return errno == ENOENT ? TARE_OK : tare__fs_fail(err, "follow the link");
    memcpy(f->path, real, sizeof real);
    return TARE_OK;
}

static enum tare_status look(struct tare_fs_file *f, struct tare_err *err)
{
    struct stat info;
    if (stat(f->path, &info) != 0)
        return TARE_OK;
    errno = EISDIR;
    if (S_ISDIR(info.st_mode))
        return tare__fs_fail(err, "make the file");
    f->direct = !S_ISREG(info.st_mode);
    if (f->direct || !f->fresh)
        return TARE_OK;
    errno = EEXIST;
    (void)tare__fs_fail(err, "make the file");
    tare_err_hint(err, "name a file that is not there yet; nothing is overwritten");
    return TARE_E_IO;
}

static enum tare_status begin(struct tare_str path, bool fresh, unsigned mode,
                              struct tare_fs_file *f, struct tare_err *err)
{
    f->stream = NULL;
    f->direct = false;
    f->fresh = fresh;
    enum tare_status st = tare__fs_cpath(path, f->path, err);
    if (st == TARE_OK)
        st = follow(f, err);
    if (st == TARE_OK)
        st = look(f, err);
    if (st)
        return st;
    (void)snprintf(f->temp, sizeof f->temp, "%s.%016llx.tmp", f->path,
                   (unsigned long long)tare_os_random());
    int fd = f->direct ? open(f->path, O_WRONLY | O_CLOEXEC)
                       : open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return tare__fs_fail(err, "make the file");
    f->stream = fdopen(fd, "w");
    if (f->stream)
        return TARE_OK;
    st = tare__fs_fail(err, "make the file");
    (void)close(fd);
    if (!f->direct)
        (void)unlink(f->temp);
    return st;
}

/* A failure with its place. */
static enum tare_status at(enum tare_status st, const char *path, struct tare_err *err)
{
    if (st)
        tare_err_file(err, tare_str_of(path));
    return st;
}

enum tare_status tare_fs_begin(struct tare_str path, bool fresh, unsigned mode,
                               struct tare_fs_file *f, struct tare_err *err)
{
    enum tare_status st = begin(path, fresh, mode, f, err);
    if (st)
        tare_err_file(err, path);
    return st;
}

enum tare_status tare_fs_put(struct tare_fs_file *f, struct tare_str bytes, struct tare_err *err)
{
    if (tare_fault_point("fs.write"))
        errno = ENOSPC;
    else if (fwrite(bytes.p, 1, bytes.n, f->stream) == bytes.n)
        return TARE_OK;
    return at(tare__fs_fail(err, "write"), f->path, err);
}

/* An earlier write of the stream may have failed unseen: ferror remembers, errno does not. */
static enum tare_status flush(struct tare_fs_file *f, struct tare_err *err)
{
    bool broken = ferror(f->stream) != 0;
    if (fflush(f->stream) != 0)
        return tare__fs_fail(err, "write");
    if (broken)
        return tare_fail(err, TARE_E_IO, "cannot write: an earlier write failed");
    if (!f->direct && fsync(fileno(f->stream)) != 0)
        return tare__fs_fail(err, "write to disk");
    return TARE_OK;
}

static enum tare_status put_in_place(struct tare_fs_file *f, struct tare_err *err)
{
    int failed;
    if (tare_fault_point("fs.rename")) {
        errno = EIO;
        failed = -1;
    } else if (!f->fresh) {
        failed = rename(f->temp, f->path);
    } else {
        failed = link(f->temp, f->path); /* unlike rename it never replaces */
        if (failed == 0)
            (void)unlink(f->temp);
        else if (errno != EEXIST && access(f->path, F_OK) != 0)
            failed = rename(f->temp, f->path); /* file systems without links */
    }
    return failed ? tare__fs_fail(err, "put the file in place") : TARE_OK;
}

enum tare_status tare_fs_commit(struct tare_fs_file *f, struct tare_err *err)
{
    enum tare_status st = flush(f, err);
    if (fclose(f->stream) != 0 && st == TARE_OK)
        st = tare__fs_fail(err, "close");
    f->stream = NULL;
    if (f->direct)
        return at(st, f->path, err);
    if (st == TARE_OK)
        st = put_in_place(f, err);
    if (st)
        (void)unlink(f->temp);
    else
        sync_folder(f->temp);
    return at(st, f->path, err);
}

void tare_fs_abandon(struct tare_fs_file *f)
{
    if (!f->stream)
        return;
    (void)fclose(f->stream);
    f->stream = NULL;
    if (!f->direct)
        (void)unlink(f->temp);
}

enum tare_status tare_fs_write(struct tare_str path, struct tare_str bytes, unsigned mode,
                               struct tare_err *err)
{
    struct tare_fs_file f;
    enum tare_status st = tare_fs_begin(path, false, mode, &f, err);
    if (st)
        return st;
    st = tare_fs_put(&f, bytes, err);
    if (st == TARE_OK)
        return tare_fs_commit(&f, err);
    tare_fs_abandon(&f);
    return st;
}
