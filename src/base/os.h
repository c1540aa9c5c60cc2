/*
 * What POSIX does not name. The only files that may use _GNU_SOURCE are base/os_*.c and sandbox/.
 */
#ifndef TARE_BASE_OS_H
#define TARE_BASE_OS_H

#include <stdint.h>

/* Number of CPUs this process may use: affinity mask and cgroup quota (rounded up), at least 1. */
unsigned tare_os_cpus(void);
/* 64 unpredictable bits; never blocks after boot. Not for anything that must be repeated. */
uint64_t tare_os_random(void);

#endif
