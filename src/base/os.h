/*
 * What POSIX does not name. The only files that may use _GNU_SOURCE are base/os_*.c and sandbox/.
 */
#ifndef TARE_BASE_OS_H
#define TARE_BASE_OS_H

#include <stddef.h>
#include <stdint.h>

/* Number of CPUs this process may use: affinity mask and cgroup quota (rounded up), at least 1. */
unsigned tare_os_cpus(void);
/* 64 unpredictable bits; never blocks after boot. Not for anything that must be repeated. */
uint64_t tare_os_random(void);
/* Asks the kernel to back n bytes at p, which is aligned to 2 MiB, by pages of 2 MiB: a table of
 * 30 MB then costs 15 page faults and not 7,000. A wish; nothing happens where it is not heard. */
void tare_os_want_huge(void *p, size_t n_bytes);
/* Gives memory that is free in this process back to the system, that of threads that have ended
 * too. A wish. */
void tare_os_give_back(void);
/* Folder of the running program, links followed, without a final '/': the NUL-terminated path is
 * written to out of n bytes. Its length; 0 when it is not known or does not fit. */
size_t tare_os_program_folder(char *out, size_t n);

#endif
