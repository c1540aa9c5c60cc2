/*
 * Files and processes, where POSIX does not say how. Where the system has no answer (not Linux)
 * each function gives its "unknown" value; callers then do without.
 */
#ifndef TARE_BASE_OS_FS_H
#define TARE_BASE_OS_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARE_OS_BOOT_BYTES 40

/* "NFS", "SMB", … when the file or folder lies on a file system whose memory maps or locks are not
 * shared between machines; NULL when it does not, or unknown. */
const char *tare_os_network_fs(const char *path);
/* Another process that holds a write lock (fcntl) on bytes [from, from + n) of the file: its pid;
 * 0: nobody, or unknown. Opens nothing: closing a descriptor would drop this process's locks. */
int64_t tare_os_lock_holder(const char *path, int64_t from, int64_t n);
/* Name of this boot of the machine; "" when unknown. */
void tare_os_boot(char out[TARE_OS_BOOT_BYTES]);
/* Start time of a process in clock ticks after boot; 0: there is none, or unknown. */
uint64_t tare_os_process_start(int64_t pid);
/* Number of the pid namespace of this process; 0: unknown. */
uint64_t tare_os_pid_space(void);
/* Makes or grows a file of n_bytes whose room is really taken. 0, or an errno value. */
int tare_os_take_room(const char *path, int64_t n_bytes);
/* Flushes file `from`, renames it to `to`, flushes the folder. 0, or an errno value. */
int tare_os_rename_synced(const char *from, const char *to);
/* Free bytes for this user on the file system of path; -1: unknown. */
int64_t tare_os_free_bytes(const char *path);
/* The absolute name of the file that path leads to, links followed. False: errno. */
bool tare_os_real_path(const char *path, char *out, size_t n);

#endif
