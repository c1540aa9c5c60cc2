/*
 * A program in a box: bubblewrap builds the walls, a seccomp filter closes what they leave open,
 * limits hold for everything inside, and nothing of the box outlives the call. Reliability sheet,
 * section 8; why each part is there stands in docs/concepts/sandbox.md.
 *
 * The program sees /usr (read-only), a /tmp and /dev/shm of its own, /proc of its own processes, a
 * minimal /dev, and the work folder at /work. No network unless asked for. A caller that is root
 * becomes another user first. A box that cannot be built as described is a failure; nothing is
 * ever run without it.
 */
#ifndef TARE_SANDBOX_BOX_H
#define TARE_SANDBOX_BOX_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/err.h"

#define TARE_BOX_MAX_MOUNTS 16u
#define TARE_BOX_SLOTS 1024u

/* More of the host, at another place inside. */
struct tare_box_mount {
    const char *host;   /* absolute; a link at its end is refused */
    const char *inside; /* absolute, below neither /proc nor /dev */
    bool writable;
};

/* 0: the default in brackets (reliability sheet, section 7). */
struct tare_box_limits {
    uint64_t memory_bytes; /* [512 MiB] of all processes where a cgroup can be had, else each */
    uint64_t file_bytes;   /* [64 MiB] largest file */
    uint64_t folder_bytes; /* [256 MiB] the work folder, and each of /tmp and /dev/shm */
    uint64_t output_bytes; /* [1 MiB] kept of each stream; what follows is dropped */
    uint32_t files;        /* [10,000] in the work folder */
    uint32_t processes;    /* [64] */
    uint32_t open_files;   /* [256] */
    uint32_t cpu_s;        /* [30] of one process */
    int64_t wall_ms;       /* [60,000] */
};

struct tare_box_options {
    size_t size;             /* sizeof(struct tare_box_options) */
    const char *const *argv; /* NULL-terminated; argv[0] absolute, as seen inside */
    const char *const *env;  /* NULL-terminated NAME=VALUE; NULL: PATH, HOME and LANG only */
    struct tare_str input;   /* standard input; empty: /dev/null */
    const char *work;        /* host folder shown at /work; NULL: none. Root gives it to the
                                box's user */
    bool work_read_only;
    const struct tare_box_mount *mounts; /* at most TARE_BOX_MAX_MOUNTS */
    uint32_t n_mounts;
    bool network;  /* the host's network: off unless the suite asks for it */
    uint32_t slot; /* below TARE_BOX_SLOTS: boxes at the same time need different
                      ones, so that their process limits do not add up */
    struct tare_box_limits limits;
    const atomic_int *cancel; /* 2 or more ends it; may be NULL */
};

enum tare_box_end {
    TARE_BOX_EXITED = 0, /* status is its exit status */
    TARE_BOX_SIGNALLED,  /* status is the signal */
    TARE_BOX_WALL,       /* took too long */
    TARE_BOX_OUTPUT,     /* wrote without end: 64 times what is kept */
    TARE_BOX_FOLDER,     /* the work folder grew beyond its limit, or 128 folders deep */
    TARE_BOX_CANCELLED
};

struct tare_box_result {
    enum tare_box_end end;
    int status;
    struct tare_str out, err; /* in the arena */
    bool out_cut, err_cut;    /* more was written than is kept */
    bool far_over;            /* the work folder holds more than four times what it may */
    int64_t wall_ns;
    bool memory_for_all, pids_for_all; /* limits held by a cgroup, not process by process */
};

/*
 * Runs the program and waits for its end; everything it started is gone when this returns. Threads:
 * safe, each with a slot of its own.
 *
 * TARE_E_IO: the box could not be built (no bubblewrap, no user namespaces, no seccomp in this
 * build); the message says what is missing. TARE_E_USAGE: a path that is not absolute, a link as
 * work folder. TARE_E_NOMEM.
 */
enum tare_status tare_box_run(const struct tare_box_options *options, struct tare_arena *arena,
                              struct tare_box_result *out, struct tare_err *err);

/* Whether boxes can be built here: builds one. The error as above. */
enum tare_status tare_box_check(struct tare_arena *scratch, struct tare_err *err);

/* "exited", "signalled", "wall", … */
const char *tare_box_end_name(enum tare_box_end end);

/* ---- what was left in a work folder -------------------------------------------------------- */

/*
 * Reads a file below the folder, without following any link (openat2 RESOLVE_BENEATH and
 * NO_SYMLINKS), regular files only. path: relative. TARE_E_INPUT: not there, a link, no regular
 * file, larger than max_bytes. TARE_E_IO: the kernel cannot promise that.
 */
enum tare_status tare_box_read(const char *folder, struct tare_str path, size_t max_bytes,
                               struct tare_arena *arena, struct tare_str *out,
                               struct tare_err *err);
/* Removes the folder and all that is in it, following no link. */
enum tare_status tare_box_remove(const char *folder, struct tare_err *err);
/* Makes a new empty folder below `parent` that only its owner can enter; absolute name in the
 * arena. */
enum tare_status tare_box_make(const char *parent, struct tare_arena *arena, const char **out,
                               struct tare_err *err);

#endif
