#define _GNU_SOURCE
#include "base/os.h"

#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

/* cgroup v2: "max 100000" or "150000 100000" (quota and period in microseconds). */
static unsigned cgroup_cpus(void)
{
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (!f)
        return 0;
    unsigned long quota = 0, period = 0;
    int got = fscanf(f, "%lu %lu", &quota, &period);
    (void)fclose(f);
    return got == 2 && period && quota ? (unsigned)((quota + period - 1) / period) : 0;
}

unsigned tare_os_cpus(void)
{
    cpu_set_t set;
    unsigned n = 0;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        n = (unsigned)CPU_COUNT(&set);
    if (n == 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        n = online > 0 ? (unsigned)online : 1;
    }
    unsigned quota = cgroup_cpus();
    return quota && quota < n ? quota : n;
}

uint64_t tare_os_random(void)
{
    uint64_t v = 0;
    if (getrandom(&v, sizeof v, GRND_NONBLOCK) == (ssize_t)sizeof v)
        return v;
    /* Before the kernel's pool is ready (or a filter forbids the call): spread, not secrecy. */
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    v = (uint64_t)t.tv_sec * 1000000007u + (uint64_t)t.tv_nsec;
    return (v ^ (uint64_t)getpid() << 32) * 0x9e3779b97f4a7c15u;
}

void tare_os_want_huge(void *p, size_t n_bytes)
{
    (void)madvise(p, n_bytes, MADV_HUGEPAGE);
}

size_t tare_os_program_folder(char *out, size_t n)
{
    ssize_t got = n ? readlink("/proc/self/exe", out, n) : -1;
    size_t len = got > 0 && (size_t)got < n ? (size_t)got : 0;
    while (len > 0 && out[len - 1] != '/')
        len--;
    if (len > 1)
        len--;
    if (n)
        out[len] = '\0';
    return len;
}

void tare_os_give_back(void)
{
#if defined(__GLIBC__)
    (void)malloc_trim(0);
#endif
}
