/*
 * The walls, as arguments of bubblewrap. The program and its own arguments are not among them: they
 * stand on bubblewrap's command line, which can be seen inside.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "sandbox/box_int.h"

#include "base/banned.h"

static const char *const walls[] = {"--unshare-all",
                                    "--unshare-user",
                                    "--disable-userns",
                                    "--assert-userns-disabled",
                                    "--cap-drop",
                                    "ALL",
                                    "--uid",
                                    "1000",
                                    "--gid",
                                    "1000",
                                    "--die-with-parent",
                                    "--new-session",
                                    "--hostname",
                                    "tare",
                                    "--clearenv"};
static const char *const places[] = {
    "--ro-bind", "/usr",   "/usr",      "--symlink", "usr/bin", "/bin",      "--symlink",
    "usr/sbin",  "/sbin",  "--symlink", "usr/lib",   "/lib",    "--symlink", "usr/lib64",
    "/lib64",    "--proc", "/proc",     "--dev",     "/dev"};
/* What programs look for in /etc; nothing of the host's. */
static const char passwd[] = "root:x:0:0::/:/usr/sbin/nologin\nuser:x:1000:1000::/work:/bin/sh\n";
static const char group[] = "root:x:0:\nuser:x:1000:\n";

static void put(struct tare_buf *b, const char *word)
{
    tare_buf_put(b, tare_str_n(word, strlen(word) + 1));
}

static void put_words(struct tare_buf *b, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(b, words[i]);
}

static void put_number(struct tare_buf *b, uint64_t x)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)x);
    put(b, text);
}

static void put_room(struct tare_buf *b, const char *where, uint64_t bytes)
{
    put(b, "--size");
    put_number(b, bytes);
    put(b, "--tmpfs");
    put(b, where);
}

static void put_bind(struct tare_buf *b, const char *host, const char *inside, bool writable)
{
    put(b, writable ? "--bind" : "--ro-bind");
    put(b, host);
    put(b, inside);
}

/* Libraries are found by a cache of the host's in /etc, and alternatives are links through it. */
static void put_etc(struct tare_buf *b)
{
    static const char *const shared[] = {"/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/certs",
                                         "/etc/localtime"};
    put(b, "--dir");
    put(b, "/etc");
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) {
        put(b, "--ro-bind-try");
        put(b, shared[i]);
        put(b, shared[i]);
    }
}

static void put_environment(struct tare_buf *b, const char *const *env)
{
    static const char *const plain[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/work",
                                        "LANG=C.UTF-8", NULL};
    for (const char *const *e = env ? env : plain; *e; e++) {
        const char *eq = strchr(*e, '=');
        if (!eq)
            continue;
        put(b, "--setenv");
        tare_buf_put(b, tare_str_n(*e, (size_t)(eq - *e)));
        tare_buf_putc(b, 0);
        put(b, eq + 1);
    }
}

/* A file of memory that survives exec when its number is passed on. */
static int memory_file(struct tare_str text)
{
    int fd = memfd_create("box", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < text.n) {
        ssize_t n = write(fd, text.p + done, text.n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            close(fd);
            return -1;
        }
        done += (size_t)n;
    }
    if (fd >= 0 && lseek(fd, 0, SEEK_SET) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void put_file(struct tare_buf *b, int fd, const char *inside)
{
    put(b, "--ro-bind-data");
    put_number(b, (uint64_t)fd);
    put(b, inside);
}

static int all_words(const struct tare_box_options *o, const struct tare_box_limits *l)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MIB);
    put_words(&b, walls, sizeof walls / sizeof *walls);
    if (o->network)
        put(&b, "--share-net");
    put_words(&b, places, sizeof places / sizeof *places);
    put_etc(&b);
    put_file(&b, TARE__BOX_PASSWD_FD, "/etc/passwd");
    put_file(&b, TARE__BOX_GROUP_FD, "/etc/group");
    put_room(&b, "/tmp", l->folder_bytes);
    put_room(&b, "/dev/shm", l->folder_bytes);
    for (uint32_t i = 0; i < o->n_mounts; i++)
        put_bind(&b, o->mounts[i].host, o->mounts[i].inside, o->mounts[i].writable);
    if (o->work)
        put_bind(&b, o->work, "/work", !o->work_read_only);
    else
        put_room(&b, "/work", l->folder_bytes);
    put(&b, "--remount-ro");
    put(&b, "/");
    put(&b, "--chdir");
    put(&b, "/work");
    put_environment(&b, o->env);
    put(&b, "--seccomp");
    put_number(&b, TARE__BOX_FILTER_FD);
    put(&b, "--json-status-fd");
    put_number(&b, TARE__BOX_INFO_FD);
    int fd = b.failed ? -1 : memory_file(tare_buf_str(&b));
    tare_buf_free(&b);
    return fd;
}

enum tare_status tare__box_files_open(const struct tare_box_options *o,
                                      const struct tare_box_limits *l, struct tare__box_files *out,
                                      struct tare_err *err)
{
    *out = (struct tare__box_files){{-1, -1, -1, -1}};
    out->fd[TARE__BOX_FILTER] = tare__box_seccomp(o->network, err);
    if (out->fd[TARE__BOX_FILTER] < 0)
        return TARE_E_IO;
    out->fd[TARE__BOX_ARGS] = all_words(o, l);
    out->fd[TARE__BOX_PASSWD] = memory_file(tare_str_of(passwd));
    out->fd[TARE__BOX_GROUP] = memory_file(tare_str_of(group));
    for (int i = 0; i < TARE__BOX_FILES; i++)
        if (out->fd[i] < 0) {
            tare__box_files_close(out);
            return tare_fail(err, TARE_E_NOMEM, "not enough memory to build a sandbox");
        }
    return TARE_OK;
}

void tare__box_files_close(struct tare__box_files *f)
{
    for (int i = 0; i < TARE__BOX_FILES; i++)
        if (f->fd[i] >= 0)
            close(f->fd[i]);
}
