#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

#include "base/banned.h"

static enum tare_status refuse(struct tare_err *err, struct tare_str path, const char *what)
{
    enum tare_status st =
        tare_fail(err, TARE_E_IO, "cannot %s %.*s: %s", what, TARE_FMT(path), strerror(errno));
    tare_err_file(err, path);
    return st;
}

enum tare_status tare_map_open(struct tare_str path, size_t max_piped_bytes,
                               struct tare_arena *arena, struct tare_map *out, struct tare_err *err)
{
    *out = (struct tare_map){0};
    char name[4096]; /* the longest path of Linux, NUL included */
    if (path.n == 0 || path.n >= sizeof name || memchr(path.p, 0, path.n))
        return tare_fail(err, TARE_E_IO, "not a file name: '%.*s'", TARE_FMT(path));
    memcpy(name, path.p, path.n);
    name[path.n] = 0;
    struct stat info;
    if (strcmp(name, "-") == 0)
        return tare_fs_read(path, max_piped_bytes, arena, &out->bytes, err);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return refuse(err, path, "open");
    if (fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
        if (errno == 0 || S_ISDIR(info.st_mode))
            errno = EISDIR;
        enum tare_status st = refuse(err, path, "read");
        close(fd);
        return st;
    }
    if (!S_ISREG(info.st_mode) || info.st_size == 0) {
        close(fd);
        return tare_fs_read(path, max_piped_bytes, arena, &out->bytes, err);
    }
    size_t n = (size_t)info.st_size;
    void *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (p == MAP_FAILED)
        return refuse(err, path, "map");
    posix_madvise(p, n, POSIX_MADV_SEQUENTIAL);
    out->bytes = (struct tare_str){p, n};
    out->mapped = true;
    return TARE_OK;
}

void tare_map_close(struct tare_map *m)
{
    if (m->mapped) {
        void *p;
        memcpy(&p, &m->bytes.p, sizeof p);
        munmap(p, m->bytes.n);
    }
    *m = (struct tare_map){0};
}
