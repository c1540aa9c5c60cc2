#define _GNU_SOURCE
#include "sandbox/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"

#include "base/banned.h"

#define READ_BYTES ((size_t)16384) /* at once */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Ours are closed on exec; what we were given ourselves may not be. */
static bool close_others(posix_spawn_file_actions_t *actions)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    return posix_spawn_file_actions_addclosefrom_np(actions, 3) == 0;
#else
    (void)actions;
    return true;
#endif
}

static bool prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr, int in, int out)
{
    sigset_t none, defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    return posix_spawn_file_actions_adddup2(actions, in, 0) == 0 &&
           posix_spawn_file_actions_adddup2(actions, out, 1) == 0 &&
           posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0) == 0 &&
           close_others(actions) && posix_spawnattr_setpgroup(attr, 0) == 0 &&
           posix_spawnattr_setsigmask(attr, &none) == 0 &&
           posix_spawnattr_setsigdefault(attr, &defaults) == 0 &&
           posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF) == 0;
}

/* posix_spawn takes its vectors without const, and does not write to them. */
static char *const *unconst(const char *const *v)
{
    char *const *p;
    memcpy(&p, &v, sizeof p);
    return p;
}

static int start(const char *const *argv, const char *const *env, int in, int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    if (posix_spawnattr_init(&attr) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return ENOMEM;
    }
    int code = prepare(&actions, &attr, in, out)
                   ? posix_spawn(pid, argv[0], &actions, &attr, unconst(argv), unconst(env))
                   : ENOMEM;
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

/* *out holds what is written to it; the rest is filled in. */
static enum tare_status begin(const char *const *argv, const char *const *env,
                              size_t max_line_bytes, const struct tare_alc *alc,
                              struct tare_child *out, struct tare_err *err)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    if (!argv || !argv[0] || argv[0][0] != '/')
        return tare_fail(err, TARE_E_USAGE, "a program is named by its absolute path, not '%s'",
                         argv && argv[0] ? argv[0] : "");
    tare_fault_point("child.start");
    int code = pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0 ? 0 : errno;
    if (code == 0)
        code = start(argv, env, to[0], from[1], &out->pid);
    close_fd(&to[0]);
    close_fd(&from[1]);
    if (code != 0) {
        close_fd(&to[1]);
        close_fd(&from[0]);
        return tare_fail(err, TARE_E_IO, "cannot start %s: %s", argv[0], strerror(code));
    }
    fcntl(to[1], F_SETFL, O_NONBLOCK);
    fcntl(from[0], F_SETFL, O_NONBLOCK);
    out->in_fd = to[1];
    out->out_fd = from[0];
    tare_buf_init(&out->line, alc, max_line_bytes);
    tare_buf_init(&out->ahead, alc, READ_BYTES);
    tare_child_write(out);
    return TARE_OK;
}

enum tare_status tare_child_start(const char *const *argv, const char *const *env,
                                  struct tare_str input, size_t max_line_bytes,
                                  const struct tare_alc *alc, struct tare_child *out,
                                  struct tare_err *err)
{
    *out = (struct tare_child){.pid = -1, .in_fd = -1, .out_fd = -1, .input = input};
    return begin(argv, env, max_line_bytes, alc, out, err);
}

enum tare_status tare_child_talk(const char *const *argv, const char *const *env,
                                 size_t max_line_bytes, size_t max_unread_bytes,
                                 const struct tare_alc *alc, struct tare_child *out,
                                 struct tare_err *err)
{
    *out = (struct tare_child){.pid = -1, .in_fd = -1, .out_fd = -1, .talks = true};
    tare_buf_init(&out->more, alc, max_unread_bytes);
    return begin(argv, env, max_line_bytes, alc, out, err);
}

/* What the pipe takes of a text; false: it has closed its input, and what is left does not interest
 * it. */
static bool put(int fd, struct tare_str text, size_t *sent_bytes)
{
    while (*sent_bytes < text.n) {
        ssize_t n = write(fd, text.p + *sent_bytes, text.n - *sent_bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        *sent_bytes += (size_t)n;
    }
    return true;
}

void tare_child_write(struct tare_child *c)
{
    if (c->in_fd < 0)
        return;
    if (!c->talks) {
        if (!put(c->in_fd, c->input, &c->sent_bytes) || c->sent_bytes == c->input.n)
            close_fd(&c->in_fd);
        return;
    }
    bool open = put(c->in_fd, tare_buf_str(&c->more), &c->more_sent_bytes);
    if (!open || c->more_sent_bytes == c->more.n) {
        tare_buf_reset(&c->more);
        c->more_sent_bytes = 0;
    }
    if (!open)
        close_fd(&c->in_fd);
}

bool tare_child_wants_write(const struct tare_child *c)
{
    return c->in_fd >= 0 && (!c->talks || c->more_sent_bytes < c->more.n);
}

bool tare_child_send(struct tare_child *c, struct tare_str text)
{
    if (c->in_fd < 0)
        return true; /* it has closed its input; its end will say why */
    tare_buf_put(&c->more, text);
    if (c->more.failed)
        return false;
    tare_child_write(c);
    return true;
}

/* Cuts what came into lines; how much of it was looked at. *more: another one is wanted. */
static size_t take(struct tare_child *c, const char *p, size_t n,
                   bool (*line)(void *to, struct tare_str text), void *to, bool *more)
{
    size_t left = n;
    *more = true;
    while (left && *more) {
        const char *stop = memchr(p, '\n', left);
        size_t part = stop ? (size_t)(stop - p) : left;
        bool fits = part <= c->line.max - c->line.n;
        if (!c->line.failed)
            tare_buf_put(&c->line, tare_str_n(p, fits ? part : c->line.max - c->line.n));
        c->no_memory = c->no_memory || c->line.failed;
        c->too_long = c->too_long || !fits;
        if (!stop)
            return n;
        *more = line(to, tare_buf_str(&c->line));
        tare_buf_reset(&c->line);
        p += part + 1;
        left -= part + 1;
    }
    return n - left;
}

/* What was read before. False: it wants no more. */
static bool take_ahead(struct tare_child *c, bool (*line)(void *to, struct tare_str text), void *to)
{
    size_t n = c->ahead.n - c->ahead_at;
    bool more = true;
    if (n == 0)
        return true;
    c->ahead_at += take(c, c->ahead.p + c->ahead_at, n, line, to, &more);
    if (c->ahead_at == c->ahead.n) {
        tare_buf_reset(&c->ahead);
        c->ahead_at = 0;
    }
    return more;
}

bool tare_child_has_ahead(const struct tare_child *c)
{
    return c->ahead_at < c->ahead.n;
}

/* The last line has no end. */
static void end_output(struct tare_child *c, bool (*line)(void *to, struct tare_str text), void *to)
{
    close_fd(&c->out_fd);
    if (c->line.n)
        (void)line(to, tare_buf_str(&c->line));
    tare_buf_reset(&c->line);
}

bool tare_child_read(struct tare_child *c, bool (*line)(void *to, struct tare_str text), void *to)
{
    char chunk[READ_BYTES];
    if (!take_ahead(c, line, to))
        return true;
    for (int turn = 0; c->out_fd >= 0; turn++) {
        if (turn == 16)
            return true;
        ssize_t n = read(c->out_fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        if (n <= 0) {
            end_output(c, line, to);
            break;
        }
        bool more;
        size_t done = take(c, chunk, (size_t)n, line, to, &more);
        if (more)
            continue;
        tare_buf_put(&c->ahead, tare_str_n(chunk + done, (size_t)n - done));
        c->no_memory = c->no_memory || c->ahead.failed;
        return true;
    }
    return false;
}

bool tare_child_ended(struct tare_child *c, int *status)
{
    int raw;
    if (c->pid < 0 || waitpid(c->pid, &raw, WNOHANG) != c->pid)
        return false;
    *status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    kill(-c->pid, SIGKILL); /* what it left behind */
    c->pid = -1;
    return true;
}

void tare_child_kill(struct tare_child *c)
{
    if (c->pid < 0)
        return;
    kill(-c->pid, SIGKILL);
    kill(c->pid, SIGKILL);
    while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    c->pid = -1;
}

void tare_child_free(struct tare_child *c)
{
    close_fd(&c->in_fd);
    close_fd(&c->out_fd);
    tare_buf_free(&c->line);
    tare_buf_free(&c->more);
    tare_buf_free(&c->ahead);
}
