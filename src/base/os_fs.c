#define _GNU_SOURCE
#include "base/os_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/banned.h"

/* statfs(2), f_type. */
static const struct {
    uint32_t magic;
    const char *name;
} network_types[] = {
    {0x6969, "NFS"},        {0x517b, "SMB"},      {0xff534d42, "SMB"},   {0xfe534d42, "SMB"},
    {0x0bd00bd0, "Lustre"}, {0x01021997, "9p"},   {0x65735546, "FUSE"},  {0x00c36400, "Ceph"},
    {0x5346414f, "AFS"},    {0x47504653, "GPFS"}, {0x7461636f, "OCFS2"}, {0x01161970, "GFS2"},
    {0x73757245, "Coda"},   {0x564c, "NCP"},
};

const char *tare_os_network_fs(const char *path)
{
    struct statfs info;
    if (statfs(path, &info) != 0)
        return NULL;
    for (size_t i = 0; i < sizeof network_types / sizeof network_types[0]; i++)
        if ((uint32_t)info.f_type == network_types[i].magic)
            return network_types[i].name;
    return NULL;
}

int64_t tare_os_lock_holder(const char *path, int64_t from, int64_t n)
{
    struct stat info;
    FILE *f = stat(path, &info) == 0 ? fopen("/proc/locks", "re") : NULL;
    if (!f)
        return 0;
    int64_t holder = 0;
    char line[256], kind[16], rule[16], mode[16], end[32];
    while (!holder && fgets(line, sizeof line, f)) {
        long long pid = 0, start = 0, last = INT64_MAX;
        unsigned major_no = 0, minor_no = 0;
        unsigned long long inode = 0;
        if (sscanf(line, "%*d: %15s %15s %15s %lld %x:%x:%llu %lld %31s", kind, rule, mode, &pid,
                   &major_no, &minor_no, &inode, &start, end) != 9)
            continue;
        if (strcmp(end, "EOF") != 0 && sscanf(end, "%lld", &last) != 1)
            continue;
        if (inode == info.st_ino && major_no == major(info.st_dev) &&
            minor_no == minor(info.st_dev) && strcmp(mode, "WRITE") == 0 && start < from + n &&
            last >= from && pid > 0 && pid != (long long)getpid())
            holder = pid;
    }
    (void)fclose(f);
    return holder;
}

void tare_os_boot(char out[TARE_OS_BOOT_BYTES])
{
    out[0] = '\0';
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (!f)
        return;
    if (fscanf(f, "%39s", out) != 1)
        out[0] = '\0';
    (void)fclose(f);
}

uint64_t tare_os_process_start(int64_t pid)
{
    char path[64], line[1024];
    (void)snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    size_t n = fread(line, 1, sizeof line - 1, f);
    (void)fclose(f);
    line[n] = '\0';
    /* The second field is the program's name in parentheses and may hold anything. */
    const char *p = strrchr(line, ')');
    unsigned long long start = 0;
    /* proc(5): after it come the state and 18 numbers, then the start time. A zombie is dead. */
    if (!p || p[1] != ' ' || p[2] == 'Z' || p[2] == 'X')
        return 0;
    if (sscanf(p + 4,
               "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
               &start) != 1)
        return 0;
    return start;
}

uint64_t tare_os_pid_space(void)
{
    struct stat info;
    return stat("/proc/self/ns/pid", &info) == 0 ? (uint64_t)info.st_ino : 0;
}

int tare_os_take_room(const char *path, int64_t n_bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return errno;
    int e = posix_fallocate(fd, 0, (off_t)n_bytes);
    if (close(fd) != 0 && e == 0)
        e = errno;
    if (e)
        (void)unlink(path);
    return e;
}

int64_t tare_os_free_bytes(const char *path)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0)
        return -1;
    return (int64_t)info.f_bavail * (int64_t)info.f_frsize;
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int e = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);
    return e;
}

int tare_os_rename_synced(const char *from, const char *to)
{
    int e = sync_path(from, O_RDONLY);
    if (e)
        return e;
    if (rename(from, to) != 0)
        return errno;
    char folder[4096];
    const char *slash = strrchr(to, '/');
    size_t n = slash ? (size_t)(slash - to) : 0;
    (void)snprintf(folder, sizeof folder, "%.*s", (int)n, to);
    /* A folder that cannot be opened for reading is no error: the file is in place. */
    (void)sync_path(slash ? (n ? folder : "/") : ".", O_RDONLY | O_DIRECTORY);
    return 0;
}

bool tare_os_real_path(const char *path, char *out, size_t n)
{
    char *real = realpath(path, NULL);
    if (!real)
        return false;
    size_t len = strlen(real);
    if (len < n)
        memcpy(out, real, len + 1);
    free(real);
    errno = ENAMETOOLONG;
    return len < n;
}
