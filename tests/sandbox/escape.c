/*
 * Attempts to leave a box, one a name (reliability sheet, section 8.4). Runs inside: `escape A5
 * [detail]`. Exit status 0: refused; 1: it got through (a line says how); 77: cannot be tried here.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REFUSED = 0, THROUGH = 1, UNTRIED = 77 };

static const char *detail = "";

static int through(const char *how)
{
    printf("got through: %s\n", how);
    return THROUGH;
}

/* A call that must fail, with one of two reasons (0: any). */
static int refused(const char *what, long result, int want, int or_want)
{
    int code = errno;
    if (result >= 0)
        return through(what);
    if (want && code != want && code != or_want) {
        printf("got through: %s: reached the kernel (%s)\n", what, strerror(code));
        return THROUGH;
    }
    return REFUSED;
}

#define EPERM_ONLY(call) refused(#call, (long)(call), EPERM, EPERM)
#define FAILS(call) refused(#call, (long)(call), 0, 0)

static int a1(void)
{
    return EPERM_ONLY(mount("none", "/tmp", "tmpfs", 0, NULL));
}
static int a2(void)
{
    return EPERM_ONLY(umount2("/proc", MNT_DETACH));
}
static int a3(void)
{
    return EPERM_ONLY(syscall(SYS_pivot_root, "/tmp", "/tmp"));
}
static int a4(void)
{
    return EPERM_ONLY(chroot("/tmp"));
}
static int a5(void)
{
    return EPERM_ONLY(unshare(CLONE_NEWUSER));
}
static int a6(void)
{
    return EPERM_ONLY(unshare(CLONE_NEWUSER | CLONE_NEWNS));
}

static int a7(void)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    } args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    long r = syscall(SYS_clone3, &args, sizeof args);
    if (r == 0)
        _exit(0);
    return refused("clone3 with a new user namespace", r, ENOSYS, ENOSYS);
}

static int a8(void)
{
    static const int flags[] = {CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,   CLONE_NEWUSER,
                                CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        long r = syscall(SYS_clone, flags[i] | SIGCHLD, 0, 0, 0, 0);
        if (r == 0)
            _exit(0);
        if (refused("clone with a new namespace", r, EPERM, EPERM))
            return THROUGH;
    }
    return REFUSED;
}

static int a9(void)
{
    return EPERM_ONLY(mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL));
}

static int a10(void)
{
    int fd = open("/proc/1/ns/mnt", O_RDONLY);
    return fd < 0 ? REFUSED : EPERM_ONLY(setns(fd, CLONE_NEWNS));
}

static int a11(void)
{
    return EPERM_ONLY(ptrace(PTRACE_SEIZE, 1, NULL, NULL));
}

static int a12(void)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)0x400000, 1};
    return EPERM_ONLY(process_vm_readv(1, &here, 1, &there, 1, 0)) ||
           EPERM_ONLY(process_vm_writev(1, &here, 1, &there, 1, 0));
}

static int a13(void)
{
    int fd = (int)syscall(SYS_pidfd_open, 1, 0);
    return fd < 0 ? REFUSED : EPERM_ONLY(syscall(SYS_pidfd_getfd, fd, 0, 0));
}

static int a14(void)
{
    char attr[128] = {0};
    return EPERM_ONLY(syscall(SYS_bpf, 0, attr, sizeof attr));
}

static int a15(void)
{
    char attr[128] = {0};
    return EPERM_ONLY(syscall(SYS_perf_event_open, attr, 0, -1, -1, 0));
}

static int a16(void)
{
    return EPERM_ONLY(syscall(SYS_userfaultfd, 0)) || EPERM_ONLY(syscall(SYS_userfaultfd, 1));
}

static int a17(void)
{
    return EPERM_ONLY(syscall(SYS_keyctl, 0 /* get keyring */, -3 /* session */, 0)) ||
           EPERM_ONLY(syscall(SYS_add_key, "user", "tare", "x", 1, -3));
}

static int a18(void)
{
    char params[256] = {0};
    return EPERM_ONLY(syscall(SYS_io_uring_setup, 1, params));
}

static int a19(void)
{
    return EPERM_ONLY(syscall(SYS_kexec_load, 0, 0, NULL, 0)) ||
           EPERM_ONLY(syscall(SYS_init_module, "", 0, "")) ||
           EPERM_ONLY(syscall(SYS_finit_module, 0, "", 0));
}

static int a20(void)
{
    /* Wrong magic numbers: if it got through, nothing would happen. */
    return EPERM_ONLY(syscall(SYS_reboot, 1, 2, 0, NULL)) || EPERM_ONLY(swapon("/work/x", 0)) ||
           EPERM_ONLY(acct("/work/x")) || EPERM_ONLY(syscall(SYS_quotactl, 0, "/dev/null", 0, 0));
}

static int a21(void)
{
    struct timeval tv = {0, 0};
    struct timespec ts = {0, 0};
    struct timex tx = {0};
    return EPERM_ONLY(settimeofday(&tv, NULL)) || EPERM_ONLY(clock_settime(CLOCK_REALTIME, &ts)) ||
           EPERM_ONLY(adjtimex(&tx)) || EPERM_ONLY(sethostname("x", 1));
}

static int a22(void)
{
#ifdef SYS_iopl
    char entry[16] = {0};
    return EPERM_ONLY(syscall(SYS_iopl, 3)) || EPERM_ONLY(syscall(SYS_ioperm, 0x80, 1, 1)) ||
           EPERM_ONLY(syscall(SYS_modify_ldt, 1, entry, sizeof entry));
#else
    return UNTRIED;
#endif
}

static int a23(void)
{
    /* Asking is allowed, and so is the plain one. */
    if (personality(0xffffffff) < 0 || personality(0) < 0)
        return through("a harmless question is refused");
    return EPERM_ONLY(personality(ADDR_NO_RANDOMIZE)) ||
           EPERM_ONLY(personality(READ_IMPLIES_EXEC)) || EPERM_ONLY(personality(0x80040000ul));
}

static int a24(void)
{
    char handle[128] = {0};
    int mount_id;
    return EPERM_ONLY(syscall(SYS_open_by_handle_at, AT_FDCWD, handle, O_RDONLY)) ||
           EPERM_ONLY(syscall(SYS_name_to_handle_at, AT_FDCWD, "/", handle, &mount_id, 0));
}

static int a25(void)
{
    return EPERM_ONLY(syscall(SYS_fsopen, "tmpfs", 0)) ||
           EPERM_ONLY(syscall(SYS_open_tree, AT_FDCWD, "/usr", 1)) ||
           EPERM_ONLY(syscall(SYS_move_mount, AT_FDCWD, "/usr", AT_FDCWD, "/tmp", 0));
}

static int a26(void)
{
    return EPERM_ONLY(mknod("/tmp/disk", S_IFBLK | 0600, (dev_t)0x800)) ||
           EPERM_ONLY(mknodat(AT_FDCWD, "/tmp/mem", S_IFCHR | 0600, (dev_t)0x101));
}

static int family(int f)
{
    return refused("a socket", socket(f, SOCK_DGRAM, 0), EAFNOSUPPORT, 0);
}

static int a27(void)
{
    return refused("netlink", socket(16, SOCK_RAW, 0), EAFNOSUPPORT, EPERM);
}

static int a28(void)
{
    return FAILS(socket(17, SOCK_RAW, 0)) || FAILS(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) ||
           FAILS(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)) || FAILS(socket(44, SOCK_RAW, 0));
}

static int a29(void)
{
    return refused("vsock", socket(40, SOCK_STREAM, 0), EAFNOSUPPORT, 0);
}

static int a30(void)
{
    static const int families[] = {38, 30, 21, 29, 15, 31, 9, 3, 45, 63, 64, 1000};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (family(families[i]))
            return THROUGH;
    return REFUSED;
}

/* Whether a file holds the text; -1: it cannot be opened. */
static int holds(const char *path, const char *text)
{
    static char all[1 << 20];
    int fd = open(path, O_RDONLY);
    size_t n = 0;
    if (fd < 0)
        return -1;
    for (ssize_t got; n < sizeof all && (got = read(fd, all + n, sizeof all - n)) > 0;)
        n += (size_t)got;
    close(fd);
    return memmem(all, n, text, strlen(text)) != NULL;
}

static int a31(void)
{
    return holds("/proc/1/environ", detail) == 1 || holds("/proc/self/environ", detail) == 1
               ? through("the caller's environment can be read")
               : REFUSED;
}

static int a32(void)
{
    /* detail: a folder of the host. This process has it in its own arguments: look at the first
     * one's options only, where a sandbox would show its mounts. */
    static char line[65536];
    int fd = open("/proc/1/cmdline", O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof line);
    char *end = n > 0 ? memmem(line, (size_t)n, "--\0", 3) : NULL;
    size_t options = end ? (size_t)(end - line) : 0;
    return options && memmem(line, options, detail, strlen(detail))
               ? through("a folder of the host is named")
               : REFUSED;
}

static int a33(void)
{
    DIR *d = opendir("/proc/self/fd");
    int result = REFUSED;
    if (!d)
        return UNTRIED;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        int fd = atoi(e->d_name);
        if (e->d_name[0] != '.' && fd > 2 && fd != dirfd(d))
            result = through("a descriptor above 2 is open");
    }
    closedir(d);
    return result;
}

static int no_write(const char *path)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0)
        return REFUSED;
    long n = write(fd, "0", 1);
    close(fd);
    return n > 0 ? through(path) : REFUSED;
}

static int a34(void)
{
    return no_write("/proc/sys/kernel/core_pattern");
}

static int a35(void)
{
    return no_write("/proc/sysrq-trigger") || no_write("/proc/sys/vm/drop_caches") ||
           no_write("/proc/sys/vm/overcommit_memory") || no_write("/sys/kernel/uevent_helper") ||
           no_write("/sys/fs/cgroup/memory/release_agent");
}

static int a36(void)
{
    char byte;
    int fd = open("/proc/kcore", O_RDONLY);
    if (fd >= 0 && read(fd, &byte, 1) == 1)
        return through("/proc/kcore");
    FILE *f = fopen("/proc/kallsyms", "r");
    unsigned long long at = 0;
    if (f && fscanf(f, "%llx", &at) == 1 && at != 0)
        return through("addresses of the kernel");
    return EPERM_ONLY(syscall(SYS_syslog, 3, &byte, 1));
}

static int a37(void)
{
    struct stat own, first;
    if (stat("/", &own) != 0)
        return UNTRIED;
    if (stat("/proc/1/root/", &first) == 0 && first.st_ino != own.st_ino)
        return through("/proc/1/root is another tree");
    if (stat("/proc/1/cwd/../../../../..", &first) == 0 && first.st_ino != own.st_ino)
        return through("/proc/1/cwd leads to another tree");
    return REFUSED;
}

static int a38(void)
{
    static const char *const paths[] = {"/etc/shadow", "/root", "/home",
                                        "/var/lib",    "/run",  "/proc/1/root/etc/shadow",
                                        "/sys/class"};
    struct stat st;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (stat(paths[i], &st) == 0)
            return through(paths[i]);
    return stat(detail, &st) == 0 ? through("a file of the host by its name") : REFUSED;
}

static int a39(void)
{
    return refused("a file in /usr", open("/usr/bin/x", O_WRONLY | O_CREAT, 0755), EROFS, EROFS) ||
           refused("rename", rename("/usr/bin/true", "/usr/bin/false"), EROFS, EROFS) ||
           refused("a file in /etc", open("/etc/ld.so.preload", O_WRONLY | O_CREAT, 0644), EROFS,
                   EROFS);
}

static int no_connect(const char *address, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return REFUSED;
    (void)inet_pton(AF_INET, address, &to.sin_addr);
    int r = connect(fd, (struct sockaddr *)&to, sizeof to);
    close(fd);
    return r == 0 ? through(address) : REFUSED;
}

static int a43(void)
{
    uint16_t port = (uint16_t)atoi(detail);
    return no_connect("127.0.0.1", port) || no_connect("169.254.169.254", 80) ||
           no_connect("10.0.0.1", 53) || no_connect("1.1.1.1", 53);
}

static int a44(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    static const char *const sockets[] = {"/run/dbus/system_bus_socket", "/var/run/docker.sock",
                                          "/run/containerd/containerd.sock"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    size_t n = strlen(detail);
    memcpy(to.sun_path + 1, detail, n);
    if (connect(fd, (struct sockaddr *)&to,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + n)) == 0)
        return through("an abstract socket of the host");
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        if (access(sockets[i], F_OK) == 0)
            return through(sockets[i]);
    return REFUSED;
}

static int a45(void)
{
    char c = 'x';
    for (int fd = 0; fd < 3; fd++)
        if (EPERM_ONLY(ioctl(fd, TIOCSTI, &c)) || EPERM_ONLY(ioctl(fd, 0x541c, &c)))
            return THROUGH;
    return FAILS(open("/dev/tty", O_RDWR));
}

static int a47(void)
{
    int fd = open("/work/shell", O_WRONLY | O_CREAT, 0755);
    if (FAILS(setuid(0)) || EPERM_ONLY(fchmod(fd, 04755)) ||
        EPERM_ONLY(chmod("/work/shell", 02755)))
        return THROUGH;
    return fchmod(fd, 0755) == 0 ? REFUSED : through("a harmless mode is refused");
}

static int a48(void)
{
    /* The first process of the box does not feel it; all others are inside. */
    (void)kill(1, SIGKILL);
    (void)kill(-1, SIGTERM);
    return REFUSED;
}

static int a49(void)
{
    for (int i = 0; i < 100000; i++) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                pause();
        if (pid < 0)
            return errno == EAGAIN ? REFUSED : through("fork failed for another reason");
    }
    return through("100,000 processes");
}

static int fill(const char *path, uint64_t most)
{
    static char block[1 << 20];
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    uint64_t done = 0;
    memset(block, 'x', sizeof block);
    if (fd < 0)
        return REFUSED;
    while (done < most) {
        ssize_t n = write(fd, block, sizeof block);
        if (n <= 0)
            break;
        done += (uint64_t)n;
    }
    close(fd);
    (void)unlink(path);
    return done >= most ? through(path) : REFUSED;
}

static int a50(void)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    if (fill("/tmp/a", (uint64_t)1 << 30) || fill("/dev/shm/a", (uint64_t)1 << 30) ||
        fill("/work/a", (uint64_t)1 << 30))
        return THROUGH;
    int fd = open("/work/sparse", O_WRONLY | O_CREAT, 0600);
    if (ftruncate(fd, (off_t)1 << 60) == 0)
        return through("a file of an exbibyte");
    uint64_t got = 0;
    for (; got < 4096; got++) {
        char *p = malloc(1 << 20);
        if (!p)
            return REFUSED;
        memset(p, 1, 1 << 20);
    }
    return through("4 GiB of memory"); /* or killed, which the driver sees */
}

static int a52(void)
{
    static const int what[] = {RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_CPU, RLIMIT_NOFILE, RLIMIT_NPROC};
    for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
        struct rlimit r;
        if (getrlimit((__rlimit_resource_t)what[i], &r) != 0 || r.rlim_max == RLIM_INFINITY)
            continue;
        r.rlim_cur = r.rlim_max = r.rlim_max + 1;
        if (setrlimit((__rlimit_resource_t)what[i], &r) == 0)
            return through("a limit was raised");
    }
    struct sched_param p = {.sched_priority = 1};
    if (EPERM_ONLY(sched_setscheduler(0, SCHED_FIFO, &p)) ||
        FAILS(setpriority(PRIO_PROCESS, 0, -20)) ||
        EPERM_ONLY(syscall(SYS_ioprio_set, 1, 0, 1 << 13)))
        return THROUGH;
    int fd = open("/proc/self/oom_score_adj", O_WRONLY);
    return fd >= 0 && write(fd, "-1000", 5) > 0 ? through("oom_score_adj") : REFUSED;
}

static int a54(void)
{
    for (int fd = 3; fd < 64; fd++)
        if (write(fd, "x", 1) >= 0)
            return through("a descriptor takes what was not asked for");
    return REFUSED;
}

static int a55(void)
{
    int id = shmget((key_t)strtol(detail, NULL, 10), 1, 0);
    if (id >= 0)
        return through("shared memory of the host");
    DIR *d = opendir("/proc");
    int n = 0;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        n += e->d_name[0] >= '0' && e->d_name[0] <= '9';
    if (d)
        closedir(d);
    return n > 2 ? through("processes of others") : REFUSED;
}

static int a58(void)
{
#ifdef __x86_64__
    long r = 20; /* getpid of i386 */
    __asm__ volatile("int $0x80" : "+a"(r) : : "memory");
    return through("a system call of another architecture");
#else
    return UNTRIED;
#endif
}

static int a59(void)
{
    /* A second filter that allows everything takes nothing away. */
    struct {
        unsigned short code;
        unsigned char jt, jf;
        unsigned k;
    } allow[] = {{6, 0, 0, 0x7fff0000u}};
    struct {
        unsigned short len;
        void *filter;
    } program = {1, allow};
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return through("new privileges are possible");
    (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
    return a5();
}

static int a60(void)
{
    return a43();
}

static const struct {
    const char *name;
    int (*attempt)(void);
} attempts[] = {
    {"A1", a1},   {"A2", a2},   {"A3", a3},   {"A4", a4},   {"A5", a5},   {"A6", a6},
    {"A7", a7},   {"A8", a8},   {"A9", a9},   {"A10", a10}, {"A11", a11}, {"A12", a12},
    {"A13", a13}, {"A14", a14}, {"A15", a15}, {"A16", a16}, {"A17", a17}, {"A18", a18},
    {"A19", a19}, {"A20", a20}, {"A21", a21}, {"A22", a22}, {"A23", a23}, {"A24", a24},
    {"A25", a25}, {"A26", a26}, {"A27", a27}, {"A28", a28}, {"A29", a29}, {"A30", a30},
    {"A31", a31}, {"A32", a32}, {"A33", a33}, {"A34", a34}, {"A35", a35}, {"A36", a36},
    {"A37", a37}, {"A38", a38}, {"A39", a39}, {"A43", a43}, {"A44", a44}, {"A45", a45},
    {"A47", a47}, {"A48", a48}, {"A49", a49}, {"A50", a50}, {"A52", a52}, {"A54", a54},
    {"A55", a55}, {"A58", a58}, {"A59", a59}, {"A60", a60},
};

int main(int argc, char **argv)
{
    if (argc > 2)
        detail = argv[2];
    for (size_t i = 0; argc > 1 && i < sizeof attempts / sizeof *attempts; i++)
        if (strcmp(argv[1], attempts[i].name) == 0)
            return attempts[i].attempt();
    fputs("escape NAME [DETAIL]\n", stderr);
    return 2;
}
