/*
 * What the walls of a box leave open, closed by number: reliability sheet, section 8.3. Everything
 * else is allowed, so that shells, compilers and interpreters work.
 */
#define _GNU_SOURCE
#include "sandbox/box_int.h"

#ifdef TARE_SECCOMP

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define ANY_NAMESPACE                                                                              \
    (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |     \
     CLONE_NEWCGROUP)

/* Refused with EPERM, whatever their arguments. Names unknown to this library are passed over:
 * what this kernel does not have cannot be called. */
static const char *const refused[] = {"mount",
                                      "umount",
                                      "umount2",
                                      "pivot_root",
                                      "chroot",
                                      "move_mount",
                                      "open_tree",
                                      "fsopen",
                                      "fsconfig",
                                      "fsmount",
                                      "fspick",
                                      "mount_setattr",
                                      "unshare",
                                      "setns",
                                      "ptrace",
                                      "process_vm_readv",
                                      "process_vm_writev",
                                      "process_madvise",
                                      "kcmp",
                                      "pidfd_getfd",
                                      "bpf",
                                      "perf_event_open",
                                      "userfaultfd",
                                      "keyctl",
                                      "add_key",
                                      "request_key",
                                      "io_uring_setup",
                                      "io_uring_enter",
                                      "io_uring_register",
                                      "kexec_load",
                                      "kexec_file_load",
                                      "init_module",
                                      "finit_module",
                                      "delete_module",
                                      "create_module",
                                      "reboot",
                                      "swapon",
                                      "swapoff",
                                      "acct",
                                      "quotactl",
                                      "quotactl_fd",
                                      "settimeofday",
                                      "clock_settime",
                                      "clock_settime64",
                                      "clock_adjtime",
                                      "clock_adjtime64",
                                      "adjtimex",
                                      "stime",
                                      "sethostname",
                                      "setdomainname",
                                      "iopl",
                                      "ioperm",
                                      "syslog",
                                      "name_to_handle_at",
                                      "open_by_handle_at",
                                      "modify_ldt",
                                      "vhangup",
                                      "lookup_dcookie",
                                      "fanotify_init",
                                      "mbind",
                                      "migrate_pages",
                                      "move_pages",
                                      "set_mempolicy",
                                      "set_mempolicy_home_node",
                                      "nfsservctl",
                                      "_sysctl",
                                      "sysfs",
                                      "ustat",
                                      "uselib",
                                      "vm86",
                                      "vm86old",
                                      "memfd_secret",
                                      "landlock_restrict_self",
                                      "ioprio_set",
                                      "sched_setscheduler",
                                      "sched_setattr"};

static int refuse_names(scmp_filter_ctx ctx)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        int number = seccomp_syscall_resolve_name(refused[i]);
        if (number == __NR_SCMP_ERROR || number < 0)
            continue;
        int code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), number, 0);
        if (code)
            return code;
    }
    return 0;
}

static int refuse_namespaces(scmp_filter_ctx ctx)
{
    static const uint64_t flags[] = {CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,   CLONE_NEWUSER,
                                     CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP};
    int code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    for (size_t i = 0; code == 0 && i < sizeof flags / sizeof *flags; i++)
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                                SCMP_A0(SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
    return code;
}

/* Families besides UNIX, and INET and INET6 when the network is on. */
static int refuse_sockets(scmp_filter_ctx ctx, bool network)
{
    int code = 0;
    for (uint64_t family = 0; family < 64 && code == 0; family++) {
        bool inet = family == AF_INET || family == AF_INET6;
        if (family == AF_UNIX || (inet && network))
            continue;
        /* A loopback of one's own is harmless and tests want it. */
        if (inet)
            continue;
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                SCMP_A0(SCMP_CMP_EQ, family, 0));
    }
    if (code == 0)
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                SCMP_A0(SCMP_CMP_GE, 64, 0));
    if (code == 0) /* raw sockets, also by INET */
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, SOCK_RAW));
    return code;
}

static int refuse_modes(scmp_filter_ctx ctx)
{
    static const uint64_t bits[] = {S_ISUID, S_ISGID};
    int code = 0;
    for (int i = 0; i < 2 && code == 0; i++) {
        uint64_t b = bits[i];
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(chmod), 1,
                                SCMP_A1(SCMP_CMP_MASKED_EQ, b, b));
        if (code == 0)
            code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(fchmod), 1,
                                    SCMP_A1(SCMP_CMP_MASKED_EQ, b, b));
        if (code == 0)
            code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(fchmodat), 1,
                                    SCMP_A2(SCMP_CMP_MASKED_EQ, b, b));
    }
    static const uint64_t kinds[] = {S_IFBLK, S_IFCHR};
    for (int i = 0; i < 2 && code == 0; i++) {
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mknod), 1,
                                SCMP_A1(SCMP_CMP_MASKED_EQ, S_IFMT, kinds[i]));
        if (code == 0)
            code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mknodat), 1,
                                    SCMP_A2(SCMP_CMP_MASKED_EQ, S_IFMT, kinds[i]));
    }
    int fchmodat2 = seccomp_syscall_resolve_name("fchmodat2");
    if (code == 0 && fchmodat2 >= 0)
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), fchmodat2, 0);
    return code;
}

/* All personalities but 0 and the question, which has every bit set: the top bit differs from some
 * other bit. */
static int refuse_personalities(scmp_filter_ctx ctx)
{
    int code = 0;
    for (int bit = 0; bit < 31 && code == 0; bit++) {
        uint64_t top = 1u << 31, low = (uint64_t)1 << bit;
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(personality), 1,
                                SCMP_A0(SCMP_CMP_MASKED_EQ, top | low, low));
        if (code == 0)
            code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(personality), 1,
                                    SCMP_A0(SCMP_CMP_MASKED_EQ, top | low, top));
    }
    return code;
}

/* Typing into a terminal. */
static int refuse_typing(scmp_filter_ctx ctx)
{
    int code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                                SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, TIOCSTI));
    if (code == 0)
        code = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                                SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, 0x541c /* TIOCLINUX */));
    return code;
}

static int build(scmp_filter_ctx ctx, bool network)
{
    int code = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (code == 0)
        code = refuse_names(ctx);
    if (code == 0)
        code = refuse_namespaces(ctx);
    if (code == 0)
        code = refuse_sockets(ctx, network);
    if (code == 0)
        code = refuse_modes(ctx);
    if (code == 0)
        code = refuse_typing(ctx);
    if (code == 0)
        code = refuse_personalities(ctx);
    return code;
}

int tare__box_seccomp(bool network, struct tare_err *err)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
    int fd = memfd_create("filter", MFD_CLOEXEC);
    int code = !ctx || fd < 0 ? -ENOMEM : build(ctx, network);
    if (code == 0)
        code = seccomp_export_bpf(ctx, fd);
    if (code == 0 && lseek(fd, 0, SEEK_SET) != 0)
        code = -errno;
    if (ctx)
        seccomp_release(ctx);
    if (code == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    (void)tare_fail(err, TARE_E_IO, "the filter of the sandbox could not be made: %s",
                    strerror(-code));
    return -1;
}

#else

#include "base/banned.h"

int tare__box_seccomp(bool network, struct tare_err *err)
{
    (void)network;
    (void)tare_fail(err, TARE_E_IO, "this tare was built without the filter of the sandbox");
    tare_err_hint(err, "install libseccomp-dev and build again with -Dseccomp=enabled");
    return -1;
}

#endif
