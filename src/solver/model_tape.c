#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "solver/model_keep.h"

#include "base/fs.h"
#include "base/limits.h"
#include "text/json.h"
#include "text/jsonl.h"

#include "base/banned.h"

struct exchange {
    struct tare_str key, asked, reply; /* asked: the endpoint; empty in recordings of old */
    size_t line;
};

struct tare_tape {
    struct tare_arena arena;
    int fd; /* -1: replays */
    struct tare_buf line;
    struct exchange *all; /* by key; of equal ones the last line first */
    size_t n;
};

static enum tare_status open_tape(struct tare_str dir, struct tare_tape **out,
                                  struct tare_str *path, struct tare_err *err)
{
    struct tare_tape *t = calloc(1, sizeof *t);
    *out = t;
    if (!t)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening a recording");
    t->fd = -1;
    tare_arena_init(&t->arena, NULL, TARE_ARENA_LOAD_BYTES);
    tare_buf_init(&t->line, NULL, 2 * TARE_MAX_JSON_BYTES);
    *path = tare_arena_printf(&t->arena, "%.*s/exchanges.jsonl", TARE_FMT(dir));
    return path->p ? TARE_OK
                   : tare_fail(err, TARE_E_NOMEM, "out of memory while opening a recording");
}

void tare_tape_close(struct tare_tape *t)
{
    if (!t)
        return;
    if (t->fd >= 0)
        close(t->fd);
    free(t->all);
    tare_buf_free(&t->line);
    tare_arena_free(&t->arena);
    free(t);
}

/* What a killed process left of its last line is taken away: lines that follow stay whole. */
static bool drop_torn_line(int fd)
{
    char c = '\n';
    off_t n = lseek(fd, 0, SEEK_END), end = n;
    while (n > 0 && pread(fd, &c, 1, n - 1) == 1 && c != '\n')
        n--;
    return n >= 0 && (n == end || ftruncate(fd, n) == 0);
}

enum tare_status tare_tape_record(struct tare_str dir, struct tare_tape **out, struct tare_err *err)
{
    struct tare_str path;
    enum tare_status st = open_tape(dir, out, &path, err);
    if (st == TARE_OK)
        st = tare_fs_mkdirs(dir, err);
    if (st == TARE_OK) {
        (*out)->fd = open(path.p, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if ((*out)->fd < 0 || !drop_torn_line((*out)->fd)) {
            st = tare_fail(err, TARE_E_IO, "the recording cannot be written");
            tare_err_file(err, path);
        }
    }
    if (st != TARE_OK) {
        tare_tape_close(*out);
        *out = NULL;
    }
    return st;
}

bool tare_tape_put(struct tare_tape *t, const char key[65], struct tare_str asked,
                   struct tare_str endpoint, struct tare_str request, struct tare_str reply)
{
    struct tare_json_writer w;
    tare_buf_reset(&t->line);
    tare_json_writer_init(&w, &t->line);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "key", key);
    tare_json_member_str(&w, "asked", asked);
    tare_json_member_str(&w, "endpoint", endpoint);
    tare_json_put_key(&w, "request");
    tare_json_put_raw(&w, request);
    tare_json_put_key(&w, "reply");
    tare_json_put_raw(&w, reply);
    tare_json_end_object(&w);
    tare_buf_putc(&t->line, '\n');
    /* One write a line: recordings of several processes do not mix. */
    return !t->line.failed && write(t->fd, t->line.p, t->line.n) == (ssize_t)t->line.n;
}

/* ---- playing ------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct exchange *x = a, *y = b;
    int c = tare_str_cmp(x->key, y->key);
    return c ? c : (x->line < y->line) - (x->line > y->line);
}

static size_t count_lines(struct tare_str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static enum tare_status wrong(const struct tare_jsonl *j, struct tare_str path,
                              struct tare_err *err)
{
    enum tare_status st =
        tare_fail(err, TARE_E_INPUT, "a line of the recording has no \"key\" and \"reply\"");
    tare_err_file(err, path);
    if (err)
        err->line = (uint32_t)j->line_no;
    return st;
}

static enum tare_status read_all(struct tare_tape *t, struct tare_str text, struct tare_str path,
                                 struct tare_err *err)
{
    struct tare_arena scratch;
    struct tare_jsonl j;
    struct tare_json line;
    enum tare_status st = TARE_OK;
    t->all = calloc(count_lines(text), sizeof *t->all);
    if (!t->all)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a recording");
    tare_arena_init(&scratch, NULL, TARE_ARENA_LOAD_BYTES);
    tare_jsonl_begin(&j, text, NULL);
    while (st == TARE_OK && tare_jsonl_next(&j, &scratch, &line, &st, err)) {
        struct tare_json key = tare_json_get(line, "key"), reply = tare_json_get(line, "reply");
        if (tare_json_kind(key) != TARE_JSON_STRING || tare_json_kind(reply) != TARE_JSON_OBJECT)
            st = wrong(&j, path, err);
        else
            t->all[t->n] = (struct exchange){
                tare_arena_copy(&t->arena, tare_json_str(key)),
                tare_arena_copy(&t->arena, tare_json_str(tare_json_get(line, "asked"))),
                tare_json_lexeme(reply), t->n};
        t->n += st == TARE_OK;
        tare_arena_reset(&scratch);
    }
    tare_arena_free(&scratch);
    if (st != TARE_OK && err && !err->file[0])
        tare_err_file(err, path);
    qsort(t->all, t->n, sizeof *t->all, by_key);
    return st;
}

enum tare_status tare_tape_replay(struct tare_str dir, struct tare_tape **out, struct tare_err *err)
{
    struct tare_str path, text;
    enum tare_status st = open_tape(dir, out, &path, err);
    if (st == TARE_OK && !tare_fs_exists(path)) {
        st = tare_fail(err, TARE_E_USAGE, "there is no recording in %.*s", TARE_FMT(dir));
        tare_err_hint(err, "make one with --record %.*s", TARE_FMT(dir));
    }
    if (st == TARE_OK)
        st = tare_fs_read(path, TARE_MAX_TASKS_FILE_BYTES, &(*out)->arena, &text, err);
    if (st == TARE_OK) {
        /* A line without its end is what a killed process leaves. */
        while (text.n && text.p[text.n - 1] != '\n')
            text.n--;
        st = read_all(*out, text, path, err);
    }
    if (st != TARE_OK) {
        tare_tape_close(*out);
        *out = NULL;
    }
    return st;
}

struct tare_str tare_tape_get(const struct tare_tape *t, const char key[65], struct tare_str asked)
{
    struct tare_str k = tare_str_n(key, 64);
    size_t lo = 0, hi = t->n;
    while (lo < hi) { /* the first that is not before it */
        size_t mid = lo + (hi - lo) / 2;
        if (tare_str_cmp(t->all[mid].key, k) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (size_t i = lo; i < t->n && tare_str_eq(t->all[i].key, k); i++)
        if (tare_str_eq(t->all[i].asked, asked))
            return t->all[i].reply;
    return lo < t->n && tare_str_eq(t->all[lo].key, k) ? t->all[lo].reply
                                                       : (struct tare_str){NULL, 0};
}
