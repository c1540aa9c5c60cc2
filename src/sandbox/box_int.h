/*
 * Of sandbox/ alone: the parts a box is built from.
 */
#ifndef TARE_SANDBOX_BOX_INT_H
#define TARE_SANDBOX_BOX_INT_H

#include <sys/types.h>

#include "sandbox/box.h"

#define TARE__BOX_PATH 256

/* Limits with their defaults filled in. */
struct tare_box_limits tare__box_limits(const struct tare_box_limits *asked);

/* What bubblewrap is given besides its walls, as files of memory: its arguments (argv would show
 * them inside), the filter, and the two small files programs look for in /etc. In the child they
 * have these numbers. */
enum { TARE__BOX_ARGS = 0, TARE__BOX_FILTER, TARE__BOX_PASSWD, TARE__BOX_GROUP, TARE__BOX_FILES };
#define TARE__BOX_FIRST_FD 3
#define TARE__BOX_FILTER_FD (TARE__BOX_FIRST_FD + TARE__BOX_FILTER)
#define TARE__BOX_PASSWD_FD (TARE__BOX_FIRST_FD + TARE__BOX_PASSWD)
#define TARE__BOX_GROUP_FD (TARE__BOX_FIRST_FD + TARE__BOX_GROUP)
/* After them: the child's own pipe, and what bubblewrap tells about itself. */
#define TARE__BOX_INFO_FD (TARE__BOX_FIRST_FD + TARE__BOX_FILES + 1)
struct tare__box_files {
    int fd[TARE__BOX_FILES];
};
enum tare_status tare__box_files_open(const struct tare_box_options *o,
                                      const struct tare_box_limits *l, struct tare__box_files *out,
                                      struct tare_err *err);
void tare__box_files_close(struct tare__box_files *f);

/* The filter as a program in a file of memory, or -1 with err. */
int tare__box_seccomp(bool network, struct tare_err *err);

/* A group that holds memory and processes of all of the box, where the system lets us. Empty
 * strings: not to be had. */
struct tare__box_group {
    char memory[TARE__BOX_PATH], pids[TARE__BOX_PATH];
};
void tare__box_group_make(struct tare__box_group *g, const struct tare_box_limits *l,
                          uint32_t slot);
/* Puts the calling process into it; signal-safe. False: it could not. */
bool tare__box_group_enter(const struct tare__box_group *g);
void tare__box_group_remove(struct tare__box_group *g);
/* Threads that the user runs now: a process limit counts them too. */
uint64_t tare__box_user_threads(uid_t uid);

/* What a work folder holds; stops counting beyond the limits. */
struct tare__box_usage {
    uint64_t bytes, files;
    bool too_deep; /* it holds folders in folders that are not entered, and may hold anything there
                    */
};
struct tare__box_usage tare__box_usage_of(int folder, uint64_t max_bytes, uint64_t max_files);
/* Gives the folder to a user: it and all that is in it. False: errno. */
bool tare__box_give(const char *folder, uid_t uid);

/* The user a box runs as: another one for root, the caller for everybody else. */
uid_t tare__box_uid(uint32_t slot);

#endif
