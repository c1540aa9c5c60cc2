#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define READ_BYTES ((size_t)65536)

/* p[from..to) is read and not yet given out; its first `seen` bytes hold no '\n'. The buffer
 * comes from the arena's allocator, so that it can grow without leaving pieces behind. */
struct tare_lines {
    const struct tare_alc *alc;
    char *p;
    size_t cap, from, to, seen, max;
    uint64_t line_no;
    struct tare_str path;
    int fd;
    bool at_end, failed;
};

enum tare_status tare_lines_open(struct tare_str path, size_t max_line_bytes,
                                 struct tare_arena *arena, struct tare_lines **out,
                                 struct tare_err *err)
{
    struct tare_lines *l = TARE_NEW(arena, struct tare_lines);
    struct tare_str name = tare_arena_copy(arena, path);
    if (!l || !name.p)
        return tare_fail(err, TARE_E_NOMEM, "not enough memory to open the file");
    if (name.n == 0 || memchr(name.p, '\0', name.n))
        return tare_fail(err, TARE_E_IO, "the file name is empty or holds a NUL byte");
    l->alc = arena->alc;
    l->path = name;
    l->max = max_line_bytes;
    l->fd = tare_str_is(path, "-") ? dup(STDIN_FILENO) : open(name.p, O_RDONLY | O_CLOEXEC);
    if (l->fd < 0) {
        (void)tare_fail(err, TARE_E_IO, "cannot open: %s", strerror(errno));
        tare_err_file(err, path);
        if (errno == ENOENT)
            tare_err_hint(err, "check the name; it is looked up from the current folder");
        return TARE_E_IO;
    }
    struct stat info;
    if (fstat(l->fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        (void)close(l->fd);
        tare_err_file(err, path);
        return tare_fail(err, TARE_E_IO, "cannot read: it is a folder, not a file");
    }
    *out = l;
    return TARE_OK;
}

void tare_lines_close(struct tare_lines *l)
{
    if (!l || l->fd < 0)
        return;
    (void)close(l->fd);
    l->fd = -1;
    if (l->p)
        l->alc->put(l->alc->ctx, l->p, l->cap);
    l->p = NULL;
}

/* Makes room for at least one more byte behind `to`. */
static bool make_room(struct tare_lines *l, struct tare_err *err)
{
    if (l->to < l->cap)
        return true;
    if (l->from > 0) {
        memmove(l->p, l->p + l->from, l->to - l->from);
        l->to -= l->from;
        l->from = 0;
        return true;
    }
    /* The longest line, its line end, and the byte that shows a line to be longer. */
    size_t most = l->max < SIZE_MAX - 3 ? l->max + 3 : SIZE_MAX;
    size_t cap = l->cap ? (l->cap < most / 2 ? l->cap * 2 : most) : READ_BYTES;
    cap = cap < most ? cap : most;
    char *p = l->alc->get(l->alc->ctx, cap);
    if (!p) {
        (void)tare_fail(err, TARE_E_NOMEM, "not enough memory for a line of %zu bytes", l->to);
        return false;
    }
    if (l->p) {
        memcpy(p, l->p, l->to);
        l->alc->put(l->alc->ctx, l->p, l->cap);
    }
    l->p = p;
    l->cap = cap;
    return true;
}

static bool read_more(struct tare_lines *l, struct tare_err *err)
{
    if (!make_room(l, err))
        return false;
    for (;;) {
        ssize_t got = read(l->fd, l->p + l->to, l->cap - l->to);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            (void)tare_fail(err, TARE_E_IO, "cannot read: %s", strerror(errno));
            return false;
        }
        l->to += (size_t)got;
        l->at_end = got == 0;
        return true;
    }
}

static bool too_long(struct tare_lines *l, size_t n, struct tare_err *err)
{
    if (n <= l->max)
        return false;
    (void)tare_fail(err, TARE_E_LIMIT, "the line is longer than the %zu bytes allowed", l->max);
    if (err)
        err->line = (uint32_t)(l->line_no + 1);
    return true;
}

/* The line of n bytes at `from`, of which `eat` bytes are passed over. */
static bool give(struct tare_lines *l, size_t n, size_t eat, struct tare_str *line,
                 uint64_t *line_no, struct tare_err *err)
{
    const char *p = l->p + l->from;
    if (n && eat > n && p[n - 1] == '\r')
        n--;
    if (too_long(l, n, err)) {
        l->failed = true;
        return false;
    }
    *line = tare_str_n(p, n);
    l->from += eat;
    l->seen = 0;
    l->line_no++;
    if (line_no)
        *line_no = l->line_no;
    return true;
}

bool tare_lines_next(struct tare_lines *l, struct tare_str *line, uint64_t *line_no, bool *torn,
                     struct tare_err *err)
{
    if (err)
        err->code = TARE_OK;
    if (torn)
        *torn = false;
    while (!l->failed) {
        size_t n = l->to - l->from;
        const char *p = l->p ? l->p + l->from : NULL;
        const char *end = n > l->seen ? memchr(p + l->seen, '\n', n - l->seen) : NULL;
        if (end)
            return give(l, (size_t)(end - p), (size_t)(end - p) + 1, line, line_no, err);
        l->seen = n;
        if (n > 0 && too_long(l, n - (p[n - 1] == '\r'), err))
            break;
        if (l->at_end) {
            if (n == 0)
                return false;
            if (torn)
                *torn = true;
            return give(l, n, n, line, line_no, err);
        }
        if (!read_more(l, err))
            break;
    }
    if (l->failed && err && err->code == TARE_OK)
        (void)tare_fail(err, TARE_E_STATE, "read on after a failure");
    l->failed = true;
    tare_err_file(err, l->path);
    return false;
}
