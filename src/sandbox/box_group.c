/*
 * Limits for all of a box together: cgroup version 1 (memory, pids) where its folders can be
 * written, as root in many containers. Elsewhere the limits hold process by process.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/box_int.h"

#include "base/banned.h"

static bool write_number(const char *folder, const char *file, uint64_t x)
{
    char path[TARE__BOX_PATH + 64], text[32];
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)x);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = write(fd, text, (size_t)n) == n;
    close(fd);
    return good;
}

static bool make(char *path, const char *controller, uint32_t slot)
{
    (void)snprintf(path, TARE__BOX_PATH, "/sys/fs/cgroup/%s/tare-%ld-%u", controller,
                   (long)getpid(), slot);
    if (mkdir(path, 0755) == 0 || errno == EEXIST)
        return true;
    path[0] = 0;
    return false;
}

void tare__box_group_make(struct tare__box_group *g, const struct tare_box_limits *l, uint32_t slot)
{
    *g = (struct tare__box_group){0};
    if (geteuid() != 0)
        return;
    if (make(g->memory, "memory", slot) &&
        !write_number(g->memory, "memory.limit_in_bytes", l->memory_bytes)) {
        (void)rmdir(g->memory);
        g->memory[0] = 0;
    }
    /* No swap either, where it is counted. */
    if (g->memory[0])
        (void)write_number(g->memory, "memory.memsw.limit_in_bytes", l->memory_bytes);
    /* bubblewrap's own two processes are inside. */
    if (make(g->pids, "pids", slot) && !write_number(g->pids, "pids.max", l->processes + 2u)) {
        (void)rmdir(g->pids);
        g->pids[0] = 0;
    }
}

static bool enter(const char *folder)
{
    char path[TARE__BOX_PATH + 16];
    size_t n = strlen(folder);
    if (n == 0)
        return true;
    memcpy(path, folder, n);
    memcpy(path + n, "/cgroup.procs", sizeof "/cgroup.procs");
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = write(fd, "0", 1) == 1;
    close(fd);
    return good;
}

bool tare__box_group_enter(const struct tare__box_group *g)
{
    return enter(g->memory) && enter(g->pids);
}

/* The kernel forgets processes a moment after they died. */
static void take_away(const char *folder)
{
    for (int i = 0; folder[0] && i < 200 && rmdir(folder) != 0 && errno == EBUSY; i++)
        usleep(1000);
}

void tare__box_group_remove(struct tare__box_group *g)
{
    take_away(g->memory);
    take_away(g->pids);
}

static uint64_t entries(const char *path)
{
    DIR *d = opendir(path);
    uint64_t n = 0;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

uint64_t tare__box_user_threads(uid_t uid)
{
    DIR *d = opendir("/proc");
    uint64_t n = 0;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        char path[300];
        struct stat st;
        if (e->d_name[0] < '1' || e->d_name[0] > '9')
            continue;
        (void)snprintf(path, sizeof path, "/proc/%s/task", e->d_name);
        if (stat(path, &st) == 0 && st.st_uid == uid)
            n += entries(path);
    }
    if (d)
        closedir(d);
    return n;
}
