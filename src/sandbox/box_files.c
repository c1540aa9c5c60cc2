/*
 * Files of a work folder, from outside. Names are walked part by part, each opened below the one
 * before without following links.
 */
#define _GNU_SOURCE
#include "sandbox/box_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sandbox/box.h"

#include "base/banned.h"

#define MAX_DEPTH 128

/* ---- listing -------------------------------------------------------------------------------- */

struct list {
    struct tare_arena *arena;
    struct tare_box_entry *v;
    uint32_t n, cap, max;
    uint64_t bytes, max_bytes;
    bool whole, no_memory;
    char path[TARE_BOX_NAME_BYTES];
};

static struct tare_box_entry *add(struct list *l)
{
    if (l->n == l->cap) {
        uint32_t cap = l->cap ? l->cap * 2 : 64;
        struct tare_box_entry *v = TARE_NEW_N(l->arena, struct tare_box_entry, cap);
        if (!v) {
            l->no_memory = true;
            return NULL;
        }
        if (l->n)
            memcpy(v, l->v, l->n * sizeof *v);
        l->v = v;
        l->cap = cap;
    }
    return &l->v[l->n++];
}

/* False: it could not be read to its end. */
static bool digest_of(int folder, const char *name, struct tare_digest *out)
{
    char chunk[32768];
    struct tare_sha256 s;
    ssize_t got;
    struct stat st;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    tare_sha256_init(&s);
    while (good && (got = read(fd, chunk, sizeof chunk)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        good = got > 0;
        if (good)
            tare_sha256_add(&s, tare_str_n(chunk, (size_t)got));
    }
    close(fd);
    *out = tare_sha256_end(&s);
    return good;
}

static void list_file(struct list *l, int folder, const char *name, size_t n, const struct stat *st)
{
    char target[TARE_BOX_NAME_BYTES];
    struct tare_box_entry e = {.kind = TARE_BOX_OTHER};
    if (l->n >= l->max) {
        l->whole = false;
        return;
    }
    e.path = tare_arena_copy(l->arena, tare_str_n(l->path, n));
    l->no_memory = l->no_memory || !e.path.p;
    if (S_ISREG(st->st_mode)) {
        e.kind = TARE_BOX_FILE;
        e.bytes = (uint64_t)st->st_size;
        e.executable = (st->st_mode & 0111) != 0;
        /* Before it is read: a file with a hole may be longer than there is time for. */
        if (e.bytes > l->max_bytes - l->bytes || !digest_of(folder, name, &e.digest))
            l->whole = false;
        else
            l->bytes += e.bytes;
    } else if (S_ISLNK(st->st_mode)) {
        ssize_t len = readlinkat(folder, name, target, sizeof target);
        e.kind = TARE_BOX_LINK;
        e.digest = tare_sha256_of(tare_str_n(target, len < 0 ? 0 : (size_t)len));
    }
    struct tare_box_entry *to = l->no_memory ? NULL : add(l);
    if (to)
        *to = e;
}

/* Takes the descriptor; `n` bytes of l->path are the folder's own name. */
static void list_folder(struct list *l, int folder, size_t n, int depth)
{
    struct stat st;
    DIR *dir = fdopendir(folder);
    if (!dir) {
        close(folder);
        l->whole = false;
        return;
    }
    for (struct dirent *e; !l->no_memory && (e = readdir(dir)) != NULL;) {
        size_t len = strlen(e->d_name);
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (n + len + 2 > sizeof l->path ||
            fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            l->whole = false;
            continue;
        }
        memcpy(l->path + n, e->d_name, len);
        if (!S_ISDIR(st.st_mode)) {
            list_file(l, dirfd(dir), e->d_name, n + len, &st);
            continue;
        }
        int below = depth >= MAX_DEPTH ? -1
                                       : openat(dirfd(dir), e->d_name,
                                                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below < 0) {
            l->whole = false;
            continue;
        }
        l->path[n + len] = '/';
        list_folder(l, below, n + len + 1, depth + 1);
    }
    closedir(dir);
}

static int by_path(const void *a, const void *b)
{
    return tare_str_cmp(((const struct tare_box_entry *)a)->path,
                        ((const struct tare_box_entry *)b)->path);
}

enum tare_status tare_box_list(const char *folder, uint32_t max_entries, uint64_t max_bytes,
                               struct tare_arena *arena, struct tare_box_entry **out, uint32_t *n,
                               bool *whole, struct tare_err *err)
{
    struct list l = {.arena = arena, .max = max_entries, .max_bytes = max_bytes, .whole = true};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return tare_fail(err, TARE_E_IO, "the work folder cannot be read: %s", strerror(errno));
    list_folder(&l, fd, 0, 0);
    if (l.no_memory)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to look at a work folder");
    if (l.n)
        qsort(l.v, l.n, sizeof *l.v, by_path);
    *out = l.v;
    *n = l.n;
    *whole = l.whole;
    return TARE_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

bool tare_box_name_ok(struct tare_str path)
{
    if (path.n == 0 || path.n >= TARE_BOX_NAME_BYTES || memchr(path.p, 0, path.n))
        return false;
    for (size_t at = 0; at <= path.n;) {
        const char *slash = memchr(path.p + at, '/', path.n - at);
        size_t end = slash ? (size_t)(slash - path.p) : path.n;
        struct tare_str part = tare_str_n(path.p + at, end - at);
        if (part.n == 0 || part.n > 255 || tare_str_is(part, ".") || tare_str_is(part, ".."))
            return false;
        at = end + 1;
    }
    return true;
}

static enum tare_status no_name(struct tare_str path, struct tare_err *err, const char *why)
{
    return tare_fail(err, TARE_E_INPUT, "'%.*s' is no file of the work folder: %s", TARE_FMT(path),
                     why);
}

/* The folder the file is in, made where it is not there; *name is the last part. -1: errno. */
static int open_above(const char *folder, char *path, const char **name)
{
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    char *part = path;
    for (char *slash; at >= 0 && (slash = strchr(part, '/')) != NULL; part = slash + 1) {
        *slash = 0;
        if (mkdirat(at, part, 0755) != 0 && errno != EEXIST) {
            close(at);
            return -1;
        }
        int below = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(at);
        at = below;
    }
    *name = part;
    return at;
}

static bool put_all(int fd, struct tare_str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = tare_str_n(bytes.p + n, bytes.n - (size_t)n);
    }
    return true;
}

enum tare_status tare_box_write(const char *folder, struct tare_str path, struct tare_str bytes,
                                bool executable, struct tare_err *err)
{
    char parts[TARE_BOX_NAME_BYTES];
    const char *name = NULL;
    struct stat st;
    if (!tare_box_name_ok(path))
        return no_name(path, err, "names are relative, without empty, '.' and '..' parts");
    memcpy(parts, path.p, path.n);
    parts[path.n] = 0;
    int above = open_above(folder, parts, &name);
    if (above < 0)
        return no_name(path, err, strerror(errno));
    int fd = openat(above, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
    enum tare_status status = TARE_OK;
    if (fd < 0)
        status = no_name(path, err, errno == ELOOP ? "it is a link" : strerror(errno));
    else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1)
        status = no_name(path, err, "it is no regular file with one name");
    else if (ftruncate(fd, 0) != 0 || !put_all(fd, bytes) || (executable && fchmod(fd, 0755) != 0))
        status = tare_fail(err, TARE_E_IO, "'%.*s' in the work folder cannot be written: %s",
                           TARE_FMT(path), strerror(errno));
    if (fd >= 0)
        close(fd);
    close(above);
    return status;
}

enum tare_status tare_box_subfolder(const char *folder, const char *name, unsigned mode,
                                    struct tare_err *err)
{
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool good = at >= 0 && fchmod(at, 0711) == 0 && mkdirat(at, name, 0700) == 0 &&
                fchmodat(at, name, mode, 0) == 0;
    int code = errno;
    if (at >= 0)
        close(at);
    return good ? TARE_OK
                : tare_fail(err, TARE_E_IO, "cannot make the folder %s in %s: %s", name, folder,
                            strerror(code));
}

/* ---- slots ---------------------------------------------------------------------------------- */

/* A name of a socket that stands in no folder and goes with the process that holds it. */
enum tare_status tare_box_slot_take(uint32_t *slot, int *hold, struct tare_err *err)
{
    uint32_t first = (uint32_t)getpid() % TARE_BOX_SLOTS;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return tare_fail(err, TARE_E_IO, "no socket to hold a sandbox's slot: %s", strerror(errno));
    for (uint32_t i = 0; i < TARE_BOX_SLOTS; i++) {
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        uint32_t s = (first + i) % TARE_BOX_SLOTS;
        int n = snprintf(a.sun_path + 1, sizeof a.sun_path - 1, "tare-box-slot-%u", s);
        socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
        if (bind(fd, (const struct sockaddr *)&a, len) == 0) {
            *slot = s;
            *hold = fd;
            return TARE_OK;
        }
    }
    close(fd);
    return tare_fail(err, TARE_E_LIMIT, "all %u slots for sandboxes are taken on this machine",
                     TARE_BOX_SLOTS);
}

void tare_box_slot_drop(int hold)
{
    if (hold >= 0)
        close(hold);
}
