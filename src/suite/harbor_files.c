/* Files of a task folder: texts of regular files, nothing else. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/limits.h"
#include "suite/harbor_int.h"
#include "text/utf8.h"

#include "base/banned.h"

#define MAX_NAMES 4096u
#define MAX_DEPTH 16u
#define FILE_BYTES ((size_t)TARE_MIB)
#define TASK_BYTES ((size_t)(8 * TARE_MIB))

void tare__harbor_refuse(struct tare__harbor_task *t, struct tare_str why)
{
    if (!t->why.n)
        t->why = why;
}

struct tare_str tare__harbor_path(const struct tare__harbor_task *t, const char *name)
{
    return tare_arena_printf(t->arena, "%.*s/%s", TARE_FMT(t->folder), name);
}

static int by_name(const void *a, const void *b)
{
    return tare_str_cmp(*(const struct tare_str *)a, *(const struct tare_str *)b);
}

enum tare_status tare__harbor_names(struct tare_str folder, struct tare_arena *arena,
                                    struct tare_str **out, uint32_t *n, struct tare_err *err)
{
    struct tare_str path = tare_arena_copy(arena, folder);
    struct dirent *e;
    *out = TARE_NEW_N(arena, struct tare_str, MAX_NAMES);
    *n = 0;
    if (!*out || !path.p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading tasks");
    DIR *dir = opendir(path.p);
    if (!dir)
        return TARE_OK;
    enum tare_status st = TARE_OK;
    while (st == TARE_OK && (e = readdir(dir))) {
        if (e->d_name[0] == '.')
            continue;
        struct tare_str name = tare_arena_copy(arena, tare_str_of(e->d_name));
        if (!name.p)
            st = tare_fail(err, TARE_E_NOMEM, "out of memory while reading tasks");
        else if (*n == MAX_NAMES)
            st = tare_fail(err, TARE_E_LIMIT, "more than %u names in %.*s", MAX_NAMES,
                           TARE_FMT(folder));
        else
            (*out)[(*n)++] = name;
    }
    closedir(dir);
    if (st == TARE_OK)
        qsort(*out, *n, sizeof **out, by_name);
    return st;
}

bool tare__harbor_text(struct tare__harbor_task *t, struct tare_str path, struct tare_str *out)
{
    struct stat s;
    *out = (struct tare_str){NULL, 0};
    if (!path.p || lstat(path.p, &s) != 0)
        return false;
    if (!S_ISREG(s.st_mode) || (size_t)s.st_size > FILE_BYTES ||
        t->bytes + (size_t)s.st_size > TASK_BYTES ||
        tare_fs_read(path, FILE_BYTES, t->arena, out, NULL) != TARE_OK ||
        tare_utf8_valid_bytes(*out) != out->n || memchr(out->p, 0, out->n)) {
        tare__harbor_refuse(t, tare_arena_printf(t->arena, "%.*s is no text file of at most 1 MiB",
                                                 TARE_FMT(path)));
        return false;
    }
    t->bytes += out->n;
    return true;
}

static void put_file(struct tare_str name, struct tare_str text, bool executable,
                     struct tare_buf *to)
{
    struct tare_json_writer w;
    if (to->n)
        tare_buf_putc(to, ',');
    tare_json_writer_init(&w, to);
    tare_json_put_str(&w, name);
    tare_buf_putc(to, ':');
    tare_json_writer_init(&w, to);
    if (!executable) {
        tare_json_put_str(&w, text);
        return;
    }
    tare_json_begin_object(&w);
    tare_json_put_key(&w, "text");
    tare_json_put_str(&w, text);
    tare_json_member_bool(&w, "executable", true);
    tare_json_end_object(&w);
}

static enum tare_status gather(struct tare__harbor_task *t, struct tare_str path,
                               struct tare_str name, const char *skip, uint32_t depth,
                               struct tare_buf *to)
{
    struct tare_str text, *names;
    struct stat s;
    uint32_t n;
    if (!path.p || !name.p)
        return tare_fail(t->err, TARE_E_NOMEM, "out of memory while reading tasks");
    if (lstat(path.p, &s) != 0)
        return TARE_OK;
    if (!S_ISDIR(s.st_mode)) {
        if (tare__harbor_text(t, path, &text))
            put_file(name, text, s.st_mode & 0100, to);
        return TARE_OK;
    }
    if (depth == MAX_DEPTH)
        return tare_fail(t->err, TARE_E_LIMIT, "folders deeper than %u: %.*s", MAX_DEPTH,
                         TARE_FMT(path));
    enum tare_status st = tare__harbor_names(path, t->arena, &names, &n, t->err);
    for (uint32_t i = 0; i < n && st == TARE_OK; i++)
        if (!skip || !tare_str_is(names[i], skip))
            st = gather(
                t, tare_arena_printf(t->arena, "%.*s/%.*s", TARE_FMT(path), TARE_FMT(names[i])),
                tare_arena_printf(t->arena, "%.*s%s%.*s", TARE_FMT(name), name.n ? "/" : "",
                                  TARE_FMT(names[i])),
                NULL, depth + 1, to);
    return st;
}

enum tare_status tare__harbor_gather(struct tare__harbor_task *t, struct tare_str folder,
                                     struct tare_str prefix, const char *skip, struct tare_buf *to)
{
    return gather(t, folder, prefix, skip, 0, to);
}
