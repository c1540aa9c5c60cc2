/*
 * A check in any language: a program that is given one JSON line and answers with one. No shell;
 * nothing of the environment but a plain PATH. docs/concepts/prompt.md
 */
#include <math.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/os_fs.h"
#include "check/answer_int.h"

#include "base/banned.h"

static const char *const plain_env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8",
                                        NULL};

static enum tare_status fail(struct tare_json v, struct tare_err *err, const char *what)
{
    enum tare_status st = tare_fail_at(err, TARE_E_INPUT, tare_json_offset(v), "%s", what);
    tare_err_hint(err, "write {command: {argv: [python3, check.py], timeout: 10}}; files are named "
                       "from the suite's folder");
    return st;
}

/* A word of the command: a file of the suite's folder by its whole name, else as it is. */
static const char *word_of(const struct tare__answer *a, struct tare_str word,
                           struct tare_arena *arena)
{
    char real[TARE_FS_PATH_BYTES];
    struct tare_str path = tare_fs_join_dir(arena, a->setup->folder, word);
    if (path.p && word.n && word.p[0] != '-' && tare_fs_exists(path) &&
        tare_os_real_path(path.p, real, sizeof real))
        return tare_arena_copy(arena, tare_str_of(real)).p;
    return tare_arena_copy(arena, word).p;
}

static enum tare_status read_argv(const struct tare__answer *a, struct tare_json list,
                                  struct tare_arena *arena, struct tare__check *c,
                                  struct tare_err *err)
{
    uint32_t n = 1, count = tare_json_count(list);
    if (tare_json_kind(list) != TARE_JSON_ARRAY || count == 0 || count > 1000)
        return fail(list, err, "\"argv\" must be a list: a program and its arguments");
    c->argv = TARE_NEW_N(arena, const char *, (size_t)count + 2);
    if (!c->argv)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading checks");
    for (struct tare_json v = tare_json_first(list); tare_json_present(v); v = tare_json_next(v)) {
        if (tare_json_kind(v) != TARE_JSON_STRING ||
            memchr(tare_json_str(v).p, 0, tare_json_str(v).n))
            return fail(v, err, "a word of a command must be a text");
        c->argv[n] = word_of(a, tare_json_str(v), arena);
        if (!c->argv[n++])
            return tare_fail(err, TARE_E_NOMEM, "out of memory while reading checks");
    }
    c->argv[0] = "/usr/bin/env"; /* looks a bare name up in the PATH above */
    if (c->argv[1][0] == '/')
        c->argv++;
    return TARE_OK;
}

enum tare_status tare__command_compile(struct tare__answer *a, struct tare_json v,
                                       struct tare_arena *arena, struct tare__check *c,
                                       struct tare_err *err)
{
    struct tare_str none = {NULL, 0};
    struct tare_fields f;
    double seconds = 60;
    if (tare_json_kind(v) == TARE_JSON_ARRAY) {
        c->timeout_ms = 60000;
        return read_argv(a, v, arena, c, err);
    }
    if (tare_json_kind(v) != TARE_JSON_OBJECT)
        return fail(v, err, "\"command\" takes a list of words or a mapping");
    tare_fields_begin(&f, v, none, none, err);
    struct tare_json argv = tare_fields_kind(&f, "argv", true, TARE_JSON_ARRAY);
    tare_fields_f64(&f, "timeout", false, 0.001, 86400, &seconds);
    c->given = tare_fields_any(&f, "value", false);
    enum tare_status st = tare_fields_end(&f);
    c->timeout_ms = (int64_t)(seconds * 1000);
    return st == TARE_OK ? read_argv(a, argv, arena, c, err) : st;
}

enum tare_status tare__command_ask(const struct tare__answer *a, const struct tare__check *c,
                                   const struct tare_check_in *in, struct tare_arena *turn,
                                   struct tare_yield *out, struct tare_err *err)
{
    struct tare_buf b;
    struct tare_json_writer w;
    (void)a;
    tare_buf_init(&b, turn->alc, TARE_MAX_JSONL_LINE_BYTES);
    tare_json_writer_init(&w, &b);
    tare_json_begin_object(&w);
    tare_json_member_cstr(&w, "schema", "tare.check/1");
    tare_json_put_key(&w, "task");
    tare_json_begin_object(&w);
    tare_json_member_str(&w, "id", in->task->id);
    tare_json_put_key(&w, "input");
    tare_json_put_value(&w, in->task->input);
    if (tare_json_present(in->task->expect)) {
        tare_json_put_key(&w, "expect");
        tare_json_put_value(&w, in->task->expect);
    }
    tare_json_end_object(&w);
    tare_json_member_u64(&w, "attempt", in->index + 1);
    tare_json_put_key(&w, "output");
    tare_json_put_str(&w, in->outcome->output);
    if (tare_json_present(c->given)) {
        tare_json_put_key(&w, "value");
        tare_json_put_value(&w, c->given);
    }
    tare_json_end_object(&w);
    tare_buf_putc(&b, '\n');
    out->kind = TARE_YIELD_SPAWN;
    out->spawn = (struct tare_spawn){.argv = c->argv,
                                     .env = plain_env,
                                     .input = tare_arena_copy(turn, tare_buf_str(&b)),
                                     .timeout_ms = c->timeout_ms};
    bool ok = !b.failed && out->spawn.input.p;
    tare_buf_free(&b);
    return ok ? TARE_OK : tare_fail(err, TARE_E_NOMEM, "out of memory while asking a check");
}

static struct tare__found broken(struct tare_arena *arena, const char *why, int status)
{
    return tare__unknown(TARE_SCORE_MISSING,
                         status
                             ? tare_arena_printf(arena, "the check's program %s (%d)", why, status)
                             : tare_arena_printf(arena, "the check's program %s", why));
}

/* {"score", "pass", "reason"}: one of the first two has to be there. */
static struct tare__found read_object(struct tare_json v, double threshold,
                                      struct tare_arena *arena)
{
    struct tare_json s = tare_json_get(v, "score"), p = tare_json_get(v, "pass");
    bool says = tare_json_kind(p) == TARE_JSON_TRUE || tare_json_kind(p) == TARE_JSON_FALSE;
    double score = tare_json_true(p);
    if (tare_json_present(s) && !(tare_json_f64(s, &score) && score >= 0 && score <= 1))
        return broken(arena, "gave a score that is not in [0, 1]", 0);
    if (!tare_json_present(s) && !says)
        return broken(arena, "gave neither score nor pass", 0);
    struct tare__found f = tare__graded(score, isnan(threshold) ? 0.5 : threshold,
                                        tare_json_str(tare_json_get(v, "reason")));
    if (says && isnan(threshold))
        f.pass = tare_json_true(p) ? TARE__YES : TARE__NO;
    return f;
}

struct tare__found tare__command_read(struct tare_str line, int exit_status, bool late,
                                      double threshold, struct tare_arena *arena)
{
    struct tare_json v;
    double score = 0;
    if (late)
        return broken(arena, "took too long", 0);
    if (exit_status != 0)
        return broken(arena, "failed", exit_status);
    if (line.n == 0)
        return broken(arena, "said nothing", 0);
    if (tare_json_parse(line, &tare_json_strict, arena, &v, NULL) != TARE_OK)
        return broken(arena, "answered what is no JSON", 0);
    enum tare_json_kind kind = tare_json_kind(v);
    if (kind == TARE_JSON_TRUE || kind == TARE_JSON_FALSE)
        return tare__verdict(kind == TARE_JSON_TRUE, TARE_S(""));
    if (kind == TARE_JSON_NUMBER && tare_json_f64(v, &score) && score >= 0 && score <= 1)
        return tare__graded(score, isnan(threshold) ? 0.5 : threshold, TARE_S(""));
    return read_object(v, threshold, arena);
}
