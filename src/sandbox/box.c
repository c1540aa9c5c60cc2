/*
 * One program in one box, from building it to the end of all that was inside.
 */
#define _GNU_SOURCE
#include "sandbox/box.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/limits.h"
#include "sandbox/box_int.h"

#include "base/banned.h"

#define WALLS "/usr/bin/bwrap"
#define LOOK_MS 100       /* how often the work folder is measured */
#define FAR_OVER 4u       /* times the limit of the work folder: written between two looks */
#define DROPPED_TIMES 64u /* so much more than is kept may be written and dropped */
#define FIRST_UID 62000u  /* of root's boxes: one a slot */
/* Said by bubblewrap only of a program that it could begin. */
#define EXIT_CODE "\"exit-code\""
/* What the child says when it could not come as far as exec. */
#define SAYS_FD (TARE__BOX_FIRST_FD + TARE__BOX_FILES)
#define LAST_MS 2000 /* the kernel may take so long to end what was killed */

struct box {
    const struct tare_box_options *o;
    struct tare_box_limits l;
    struct tare__box_files files;
    struct tare__box_group group;
    pid_t pid;
    int in, out, err, says, info; /* our ends; -1: closed */
    bool far_over;                /* the work folder holds FAR_OVER times what it may */
    bool ran;                     /* bubblewrap has told how the program ended */
    int first;                    /* pidfd of the first process inside; -1: not known */
    int folder;                   /* the work folder, by descriptor; -1: none */
    mode_t folder_mode;           /* which the program may change, and the next one needs */
    struct tare_buf kept[2];
    uint64_t dropped[2];
    size_t sent;
    int64_t start_ns, measured_ns;
    char **argv;     /* bubblewrap's */
    uint64_t others; /* threads its user has outside */
};

uid_t tare__box_uid(uint32_t slot)
{
    return geteuid() == 0 ? (uid_t)(FIRST_UID + slot) : geteuid();
}

struct tare_box_limits tare__box_limits(const struct tare_box_limits *asked)
{
    struct tare_box_limits l = *asked;
    l.memory_bytes = l.memory_bytes ? l.memory_bytes : 512 * TARE_MIB;
    l.file_bytes = l.file_bytes ? l.file_bytes : 64 * TARE_MIB;
    l.folder_bytes = l.folder_bytes ? l.folder_bytes : 256 * TARE_MIB;
    l.file_bytes = l.file_bytes < l.folder_bytes ? l.file_bytes : l.folder_bytes;
    l.output_bytes = l.output_bytes ? l.output_bytes : TARE_MIB;
    l.files = l.files ? l.files : 10000;
    l.processes = l.processes ? l.processes : 64;
    l.open_files = l.open_files ? l.open_files : 256;
    l.cpu_s = l.cpu_s ? l.cpu_s : 30;
    l.wall_ms = l.wall_ms ? l.wall_ms : 60000;
    return l;
}

const char *tare_box_end_name(enum tare_box_end end)
{
    static const char *const names[] = {"exited", "signalled", "wall",
                                        "output", "folder",    "cancelled"};
    return names[end];
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- the child, between fork and exec: system calls only ---------------------------------- */

static void set_limit(int what, uint64_t most)
{
    struct rlimit r = {most, most};
    (void)setrlimit((__rlimit_resource_t)what, &r);
}

/* NPROC counts all threads of a user: root's boxes have a user each, those of others start from
 * what the caller has already. */
static void set_limits(const struct box *b)
{
    set_limit(RLIMIT_CORE, 0);
    set_limit(RLIMIT_FSIZE, b->l.file_bytes);
    set_limit(RLIMIT_CPU, b->l.cpu_s);
    set_limit(RLIMIT_NOFILE, b->l.open_files);
    set_limit(RLIMIT_MEMLOCK, 64 * 1024);
    set_limit(RLIMIT_AS, b->l.memory_bytes * (b->group.memory[0] ? 4 : 1));
    set_limit(RLIMIT_NICE, 0);
    set_limit(RLIMIT_RTPRIO, 0);
    set_limit(RLIMIT_MSGQUEUE, 0);
    set_limit(RLIMIT_NPROC, b->others + b->l.processes + 4u);
}

/* The plain system calls: the library's would tell other threads, of which there are none here. */
static bool become(uid_t uid)
{
    if (geteuid() != 0)
        return true;
    return syscall(SYS_setgroups, 0, NULL) == 0 && syscall(SYS_setresgid, uid, uid, uid) == 0 &&
           syscall(SYS_setresuid, uid, uid, uid) == 0;
}

struct ends {
    int in, out, err, says, info;
};

/* Moves what the box gets to its numbers; the rest is closed. Numbers below 64 are free: our own
 * were moved above. */
static bool take_descriptors(const struct box *b, const struct ends *e)
{
    int from[3 + TARE__BOX_FILES + 2] = {e->in, e->out, e->err};
    for (int i = 0; i < TARE__BOX_FILES; i++)
        from[3 + i] = b->files.fd[i];
    from[3 + TARE__BOX_FILES] = e->says;
    from[4 + TARE__BOX_FILES] = e->info;
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        from[i] = fcntl(from[i], F_DUPFD, 64);
        if (from[i] < 0)
            return false;
    }
    for (size_t i = 0; i < sizeof from / sizeof *from; i++)
        if (dup2(from[i], (int)i) < 0)
            return false;
    if (fcntl(SAYS_FD, F_SETFD, FD_CLOEXEC) != 0)
        return false;
    return syscall(SYS_close_range, TARE__BOX_INFO_FD + 1, ~0u, 0) == 0;
}

static void give_up(int fd, char what)
{
    int code = errno;
    char text[1 + sizeof code];
    text[0] = what;
    memcpy(text + 1, &code, sizeof code);
    ssize_t ignored = write(fd, text, sizeof text);
    (void)ignored;
    _exit(127);
}

/* Stays between tare and bubblewrap, and takes everything from the list of processes that ends
 * without a parent: bubblewrap leaves its first process behind, and the init of many containers
 * takes nothing. Ends as bubblewrap ended. */
static void supervise(pid_t walls)
{
    int raw = 0, last = 0;
    (void)syscall(SYS_close_range, 0, ~0u, 0);
    for (;;) {
        pid_t who = waitpid(-1, &raw, 0);
        if (who == walls)
            last = raw;
        if (who < 0 && errno != EINTR)
            break;
    }
    if (WIFSIGNALED(last))
        (void)kill(getpid(), WTERMSIG(last));
    _exit(WIFSIGNALED(last) ? 128 + WTERMSIG(last) : WEXITSTATUS(last));
}

static void child(const struct box *b, const struct ends *e, pid_t parent)
{
    char *const env[] = {NULL};
    sigset_t none;
    sigemptyset(&none);
    (void)setpgid(0, 0);
    for (int s = 1; s < 32; s++)
        (void)signal(s, SIG_DFL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (getppid() != parent)
        _exit(127);
    parent = getpid();
    pid_t walls = fork();
    if (walls > 0)
        supervise(walls);
    if (walls < 0)
        give_up(e->says, 'p');
    if (!tare__box_group_enter(&b->group))
        give_up(e->says, 'g');
    if (!take_descriptors(b, e))
        give_up(e->says, 'd');
    set_limits(b);
    if (!become(tare__box_uid(b->o->slot)))
        give_up(SAYS_FD, 'u');
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    execve(WALLS, b->argv, env);
    give_up(SAYS_FD, 'x');
}

/* ---- starting ------------------------------------------------------------------------------- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static enum tare_status no_walls(struct tare_err *err)
{
    (void)tare_fail(err, TARE_E_IO, "a sandbox needs bubblewrap, and %s is not there", WALLS);
    tare_err_hint(err, "install the package bubblewrap; nothing is run without it");
    return TARE_E_IO;
}

static enum tare_status check(const struct tare_box_options *o, struct tare_err *err)
{
    struct stat st;
    if (!o->argv || !o->argv[0] || o->argv[0][0] != '/')
        return tare_fail(err, TARE_E_USAGE, "a program is named by its absolute path, not '%s'",
                         o->argv && o->argv[0] ? o->argv[0] : "");
    if (o->n_mounts > TARE_BOX_MAX_MOUNTS || o->slot >= TARE_BOX_SLOTS)
        return tare_fail(err, TARE_E_LIMIT, "at most %u mounts and slots below %u",
                         TARE_BOX_MAX_MOUNTS, TARE_BOX_SLOTS);
    for (uint32_t i = 0; i < o->n_mounts; i++)
        if (o->mounts[i].host[0] != '/' || o->mounts[i].inside[0] != '/' ||
            lstat(o->mounts[i].host, &st) != 0 || S_ISLNK(st.st_mode))
            return tare_fail(err, TARE_E_USAGE,
                             "'%s' cannot be shown in a sandbox: it is not "
                             "there, a link, or no absolute path",
                             o->mounts[i].host);
    if (o->work && (o->work[0] != '/' || lstat(o->work, &st) != 0 || !S_ISDIR(st.st_mode)))
        return tare_fail(err, TARE_E_USAGE, "the work folder '%s' is no folder", o->work);
    return access(WALLS, X_OK) == 0 ? TARE_OK : no_walls(err);
}

static enum tare_status open_pipes(struct box *b, struct ends *e, struct tare_err *err)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, er[2] = {-1, -1}, says[2] = {-1, -1},
        info[2] = {-1, -1};
    bool good = pipe2(out, O_CLOEXEC) == 0 && pipe2(er, O_CLOEXEC) == 0 &&
                pipe2(says, O_CLOEXEC) == 0 && pipe2(info, O_CLOEXEC) == 0;
    if (good && b->o->input.n)
        good = pipe2(in, O_CLOEXEC) == 0;
    else if (good)
        good = (in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;
    *e = (struct ends){in[0], out[1], er[1], says[1], info[1]};
    b->in = in[1];
    b->out = out[0];
    b->err = er[0];
    b->says = says[0];
    b->info = info[0];
    int *ours[] = {&b->in, &b->out, &b->err};
    for (int i = 0; good && i < 3; i++)
        if (*ours[i] >= 0)
            good = fcntl(*ours[i], F_SETFL, O_NONBLOCK) == 0;
    return good ? TARE_OK
                : tare_fail(err, TARE_E_IO, "no descriptors left for a sandbox: %s",
                            strerror(errno));
}

/* Waits until the child is bubblewrap, or has said why not. */
static enum tare_status hear(struct box *b, struct tare_err *err)
{
    char text[1 + sizeof(int)];
    ssize_t n;
    do
        n = read(b->says, text, sizeof text);
    while (n < 0 && errno == EINTR);
    close_fd(&b->says);
    if (n <= 0)
        return TARE_OK;
    int code = 0;
    memcpy(&code, text + 1, sizeof code);
    return tare_fail(err, TARE_E_IO, "the sandbox could not be built (%s): %s",
                     text[0] == 'g'   ? "limits"
                     : text[0] == 'd' ? "descriptors"
                     : text[0] == 'u' ? "another user"
                     : text[0] == 'p' ? "a process"
                                      : WALLS,
                     strerror(code));
}

/* What bubblewrap tells about itself, a line each: first, before the program runs, the number of
 * the first process inside; when the program has run, its exit status. Reads to the end of a line,
 * or of all. */
static void hear_status(struct box *b, bool whole, char *text, size_t cap)
{
    size_t n = 0;
    while (n + 1 < cap) {
        ssize_t got = read(b->info, text + n, cap - 1 - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        n += (size_t)got;
        if (!whole && memchr(text, '\n', n))
            break;
    }
    text[n] = 0;
}

/* When the first process inside is gone, all are. */
static void meet(struct box *b)
{
    static const char key[] = "\"child-pid\": ";
    char text[512];
    hear_status(b, false, text, sizeof text);
    b->ran = strstr(text, EXIT_CODE) != NULL;
    const char *at = strstr(text, key);
    long pid = at ? strtol(at + sizeof key - 1, NULL, 10) : 0;
    if (pid > 1)
        b->first = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
}

static enum tare_status start(struct box *b, struct tare_err *err)
{
    struct ends e = {-1, -1, -1, -1, -1};
    enum tare_status st = open_pipes(b, &e, err);
    pid_t parent = getpid();
    if (st == TARE_OK) {
        b->pid = fork();
        if (b->pid == 0)
            child(b, &e, parent);
        if (b->pid < 0)
            st = tare_fail(err, TARE_E_IO, "no process for a sandbox: %s", strerror(errno));
    }
    close_fd(&e.in);
    close_fd(&e.out);
    close_fd(&e.err);
    close_fd(&e.says);
    close_fd(&e.info);
    if (st == TARE_OK)
        st = hear(b, err);
    if (st == TARE_OK)
        meet(b);
    return st;
}

/* ---- while it runs ----------------------------------------------------------------------------
 */

static void take_output(struct box *b, int which)
{
    int *fd = which ? &b->err : &b->out;
    char chunk[16384];
    for (int i = 0; i < 16 && *fd >= 0; i++) {
        ssize_t n = read(*fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n <= 0) {
            close_fd(fd);
            return;
        }
        size_t room = b->kept[which].max - b->kept[which].n;
        size_t keep = (size_t)n < room ? (size_t)n : room;
        tare_buf_put(&b->kept[which], tare_str_n(chunk, keep));
        b->dropped[which] += (uint64_t)n - keep;
    }
}

static void send_input(struct box *b)
{
    while (b->in >= 0 && b->sent < b->o->input.n) {
        ssize_t n = write(b->in, b->o->input.p + b->sent, b->o->input.n - b->sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0)
            break;
        b->sent += (size_t)n;
    }
    close_fd(&b->in);
}

/* Counts beyond the limit, so that it can be told how far. */
static bool is_over(struct box *b)
{
    uint64_t bytes = b->l.folder_bytes * FAR_OVER, files = (uint64_t)b->l.files * FAR_OVER;
    struct tare__box_usage u = tare__box_usage_of(b->folder, bytes, files);
    b->far_over = u.bytes > bytes || u.files > files;
    return u.bytes > b->l.folder_bytes || u.files > b->l.files || u.too_deep;
}

static bool grew(struct box *b, int64_t now)
{
    if (b->folder < 0 || b->o->work_read_only || now - b->measured_ns < LOOK_MS * 1000000LL)
        return false;
    bool over = is_over(b);
    b->measured_ns = now_ns();
    return over;
}

/* Why it must end now; EXITED: it may go on. */
static enum tare_box_end verdict(struct box *b)
{
    int64_t now = now_ns();
    uint64_t most = b->l.output_bytes * DROPPED_TIMES;
    if (b->o->cancel && atomic_load(b->o->cancel) >= 2)
        return TARE_BOX_CANCELLED;
    if (now - b->start_ns > b->l.wall_ms * 1000000)
        return TARE_BOX_WALL;
    if (b->dropped[0] > most || b->dropped[1] > most)
        return TARE_BOX_OUTPUT;
    return grew(b, now) ? TARE_BOX_FOLDER : TARE_BOX_EXITED;
}

static void wait_a_moment(struct box *b)
{
    struct pollfd fds[3] = {{b->out, POLLIN, 0}, {b->err, POLLIN, 0}, {b->in, POLLOUT, 0}};
    int64_t left_ms = b->l.wall_ms - (now_ns() - b->start_ns) / 1000000 + 1;
    int timeout = left_ms < 20 ? (left_ms < 0 ? 0 : (int)left_ms) : 20;
    if (b->out < 0 && b->err < 0)
        timeout = timeout < 2 ? timeout : 2;
    (void)poll(fds, 3, timeout);
    if (fds[2].revents)
        send_input(b);
    take_output(b, 0);
    take_output(b, 1);
}

/* A pid namespace dies with its first process, and that one counts as gone when all are. */
static void end_inside(struct box *b)
{
    struct pollfd gone = {b->first, POLLIN, 0};
    if (b->first < 0)
        return;
    (void)syscall(SYS_pidfd_send_signal, b->first, SIGKILL, NULL, 0);
    (void)poll(&gone, 1, LAST_MS);
    close_fd(&b->first);
}

static void end_all(struct box *b, int *raw)
{
    end_inside(b);
    /* bubblewrap and its supervisor end by themselves when that has ended. */
    for (int64_t until = now_ns() + LAST_MS * 1000000LL; b->pid > 0 && now_ns() < until;) {
        pid_t who = waitpid(b->pid, raw, WNOHANG);
        if (who == b->pid)
            b->pid = -1;
        else
            (void)poll(NULL, 0, 1);
    }
    if (b->pid < 0)
        return;
    kill(-b->pid, SIGKILL);
    kill(b->pid, SIGKILL);
    while (waitpid(b->pid, raw, 0) < 0 && errno == EINTR)
        ;
    b->pid = -1;
}

static enum tare_box_end follow(struct box *b, int *raw)
{
    for (;;) {
        wait_a_moment(b);
        if (waitpid(b->pid, raw, WNOHANG) == b->pid) {
            kill(-b->pid, SIGKILL);
            b->pid = -1;
            break;
        }
        enum tare_box_end end = verdict(b);
        if (end != TARE_BOX_EXITED) {
            end_all(b, raw);
            return end;
        }
    }
    /* What it wrote last; nobody holds the other ends any more. */
    int64_t until = now_ns() + 200000000;
    while ((b->out >= 0 || b->err >= 0) && now_ns() < until)
        wait_a_moment(b);
    if (b->folder >= 0 && !b->o->work_read_only && is_over(b)) /* quicker than it was looked at */
        return TARE_BOX_FOLDER;
    return WIFSIGNALED(*raw) ? TARE_BOX_SIGNALLED : TARE_BOX_EXITED;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

/* bubblewrap says what it could not build, before anything of ours has run: a program that has run
 * can say the same words, but then bubblewrap has told its exit status. */
static bool is_walls_fault(struct box *b, const struct tare_box_result *r)
{
    char text[512];
    if (r->end == TARE_BOX_EXITED && !b->ran && b->info >= 0) {
        (void)fcntl(b->info, F_SETFL, O_NONBLOCK); /* it was written before bubblewrap ended */
        hear_status(b, true, text, sizeof text);
        b->ran = strstr(text, EXIT_CODE) != NULL;
    }
    return !b->ran && r->end == TARE_BOX_EXITED && r->status == 1 && r->out.n == 0 &&
           tare_str_starts(r->err, TARE_S("bwrap: ")) && b->dropped[1] == 0 &&
           tare_str_find(r->err, TARE_S("bwrap: execvp")) == SIZE_MAX;
}

static enum tare_status take_result(struct box *b, int raw, struct tare_arena *arena,
                                    struct tare_box_result *out, struct tare_err *err)
{
    out->wall_ns = now_ns() - b->start_ns;
    out->out = tare_arena_copy(arena, tare_buf_str(&b->kept[0]));
    out->err = tare_arena_copy(arena, tare_buf_str(&b->kept[1]));
    out->out_cut = b->dropped[0] > 0;
    out->err_cut = b->dropped[1] > 0;
    out->far_over = b->far_over;
    out->memory_for_all = b->group.memory[0] != 0;
    out->pids_for_all = b->group.pids[0] != 0;
    out->status = WIFSIGNALED(raw) ? WTERMSIG(raw) : WEXITSTATUS(raw);
    /* bubblewrap passes a signal on as 128 + its number, as shells do. */
    if (out->end == TARE_BOX_EXITED && out->status > 128 && out->status < 128 + 65) {
        out->end = TARE_BOX_SIGNALLED;
        out->status -= 128;
    }
    if (!out->out.p || !out->err.p || b->kept[0].failed || b->kept[1].failed)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory for what a program wrote");
    if (!is_walls_fault(b, out))
        return TARE_OK;
    (void)tare_fail(err, TARE_E_IO, "the sandbox could not be built: %.*s",
                    TARE_FMT(tare_str_trim(out->err)));
    tare_err_hint(err, "unprivileged user namespaces are needed; `tare doctor` looks");
    return TARE_E_IO;
}

/* bwrap --args 3 -- PROGRAM ARGUMENTS */
static enum tare_status make_argv(struct box *b, struct tare_arena *arena, struct tare_err *err)
{
    static const char *const head[] = {WALLS, "--args", "3", "--"};
    size_t n = 0, heads = sizeof head / sizeof *head;
    while (b->o->argv[n])
        n++;
    const char **argv = TARE_NEW_N(arena, const char *, heads + n + 1);
    if (!argv)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to build a sandbox");
    memcpy(argv, head, sizeof head);
    memcpy(argv + heads, b->o->argv, (n + 1) * sizeof *argv);
    memcpy(&b->argv, &argv, sizeof argv); /* execve takes it without const, and writes nothing */
    return TARE_OK;
}

static enum tare_status prepare(struct box *b, struct tare_arena *arena, struct tare_err *err)
{
    enum tare_status st = check(b->o, err);
    if (st == TARE_OK)
        st = make_argv(b, arena, err);
    if (st == TARE_OK && b->o->work) {
        struct stat folder;
        b->folder = open(b->o->work, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        bool known = b->folder >= 0 && fstat(b->folder, &folder) == 0;
        b->folder_mode = known ? folder.st_mode & 07777 : 0;
        if (!known || (!b->o->work_read_only && geteuid() == 0 &&
                       !tare__box_give(b->o->work, tare__box_uid(b->o->slot))))
            st = tare_fail(err, TARE_E_IO,
                           "the work folder '%s' cannot be given to the sandbox: "
                           "%s",
                           b->o->work, strerror(errno));
    }
    if (st == TARE_OK)
        st = tare__box_files_open(b->o, &b->l, &b->files, err);
    return st;
}

enum tare_status tare_box_run(const struct tare_box_options *options, struct tare_arena *arena,
                              struct tare_box_result *out, struct tare_err *err)
{
    struct box b = {.o = options,
                    .pid = -1,
                    .in = -1,
                    .out = -1,
                    .err = -1,
                    .says = -1,
                    .info = -1,
                    .first = -1,
                    .folder = -1,
                    .files = {{-1, -1, -1, -1}}};
    int raw = 0;
    *out = (struct tare_box_result){0};
    b.l = tare__box_limits(&options->limits);
    tare_buf_init(&b.kept[0], NULL, b.l.output_bytes);
    tare_buf_init(&b.kept[1], NULL, b.l.output_bytes);
    tare_fault_point("box.start");
    enum tare_status st = prepare(&b, arena, err);
    if (st == TARE_OK) {
        tare__box_group_make(&b.group, &b.l, options->slot);
        b.others = geteuid() == 0 ? 0 : tare__box_user_threads(getuid());
        b.start_ns = b.measured_ns = now_ns();
        st = start(&b, err);
        if (st == TARE_OK) {
            out->end = follow(&b, &raw);
            st = take_result(&b, raw, arena, out, err);
        }
        end_all(&b, &raw);
        if (b.folder >= 0 && !options->work_read_only)
            (void)fchmod(b.folder, b.folder_mode);
        tare__box_group_remove(&b.group);
    }
    tare__box_files_close(&b.files);
    close_fd(&b.in);
    close_fd(&b.out);
    close_fd(&b.err);
    close_fd(&b.says);
    close_fd(&b.info);
    close_fd(&b.folder);
    tare_buf_free(&b.kept[0]);
    tare_buf_free(&b.kept[1]);
    return st;
}

enum tare_status tare_box_check(struct tare_arena *scratch, struct tare_err *err)
{
    static const char *const argv[] = {"/usr/bin/true", NULL};
    struct tare_box_options o = {.size = sizeof o, .argv = argv};
    struct tare_box_result r;
    enum tare_status st = tare_box_run(&o, scratch, &r, err);
    if (st == TARE_OK && (r.end != TARE_BOX_EXITED || r.status != 0))
        st = tare_fail(err, TARE_E_IO, "a program in a sandbox ended with %d: %.*s", r.status,
                       TARE_FMT(r.err));
    return st;
}
