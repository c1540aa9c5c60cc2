/*
 * What the work folder is worth. Each check is a command in a fresh sandbox of its own: the folder
 * read-only at /work, the task's hidden files read-only at /tests, the solver's processes gone.
 *
 * What decides stays outside wherever it can: an expected output is compared here, not there. A
 * graded check gets one line on its standard input, {"schema": "tare.work-check/1", "task", "tag",
 * "result"}, and writes {"tag": TAG, "score": 0…1, "reason"} to the file named `result`. The tag is
 * new for each check and known to nobody who does not read that line: a result without it was
 * written by the code under test, and counts as nothing. A check with `reward` is another tool's:
 * what stands in /logs/verifier afterwards counts, whoever wrote it.
 */
#include <math.h>

#include "base/hash.h"
#include "base/limits.h"
#include "world/workspace/workspace_int.h"

#include "base/banned.h"

#define SEEN_BYTES ((size_t)2048) /* of each stream that the record keeps */
#define RESULT_BYTES ((size_t)(64 * TARE_KIB))
#define RESULT_NAME "score.json"

struct found {
    double score;
    const char *end; /* of the command; NULL: none ran */
    int status;
    bool forged;
    struct tare_str reason, out, errors;
};

static enum tare_status make_tests(struct tare__ws *w, struct tare_err *err)
{
    enum tare_status st = tare_box_subfolder(w->base, "tests", 0755, err);
    for (struct tare_json v = tare_json_first(w->read.tests); st == TARE_OK && tare_json_present(v);
         v = tare_json_next(v)) {
        bool executable;
        struct tare_str text = tare__ws_file_text(v, &executable);
        st = tare_box_write(w->tests, tare_json_key(v), text, executable, err);
    }
    return st;
}

static bool same_text(struct tare_str a, struct tare_str b)
{
    while (a.n && strchr(" \t\r\n", a.p[a.n - 1]) && a.p[a.n - 1])
        a.n--;
    while (b.n && strchr(" \t\r\n", b.p[b.n - 1]) && b.p[b.n - 1])
        b.n--;
    return tare_str_eq(a, b);
}

/* ---- files: read here, no command ----------------------------------------------------------- */

static enum tare_status check_file(struct tare__ws *w, struct tare_str path, struct tare_str want,
                                   bool exact, struct found *out, struct tare_err *err)
{
    struct tare_str text;
    struct tare_err why = {0};
    enum tare_status st = tare_box_read(w->work, path, 4 * TARE_MIB, &w->turn, &text, &why);
    if (st == TARE_E_INPUT) {
        out->reason = tare_arena_copy(&w->turn, tare_str_of(why.text));
        return TARE_OK;
    }
    if (st != TARE_OK)
        return tare_fail(err, st, "%s", why.text);
    out->score = exact ? tare_str_eq(text, want) : same_text(text, want);
    if (out->score == 0)
        out->reason = exact ? TARE_S("the file was changed") : TARE_S("the file holds other text");
    return TARE_OK;
}

/* ---- commands ------------------------------------------------------------------------------- */

/* A folder for the result of one graded check, which any user may write to. */
static enum tare_status result_folder(struct tare__ws *w, uint32_t i, const char **out,
                                      struct tare_err *err)
{
    struct tare_str name = tare_arena_printf(&w->turn, "result%u", i);
    *out = tare_arena_printf(&w->turn, "%s/result%u", w->base, i).p;
    if (!name.p || !*out)
        return tare_fail(err, TARE_E_NOMEM, "no memory for a check");
    return tare_box_subfolder(w->base, name.p, 0777, err);
}

static struct tare_str question(struct tare__ws *w, struct tare_str tag)
{
    struct tare_json_writer j;
    struct tare_buf b;
    tare_buf_init(&b, w->alc, TARE_MIB);
    tare_json_writer_init(&j, &b);
    tare_json_begin_object(&j);
    tare_json_member_cstr(&j, "schema", "tare.work-check/1");
    tare_json_member_str(&j, "task", w->task->id);
    tare_json_member_str(&j, "tag", tag);
    tare_json_member_cstr(&j, "result", "/result/" RESULT_NAME);
    tare_json_end_object(&j);
    tare_buf_putc(&b, '\n');
    struct tare_str s =
        b.failed ? (struct tare_str){NULL, 0} : tare_arena_copy(&w->turn, tare_buf_str(&b));
    tare_buf_free(&b);
    return s;
}

static void read_result(struct tare__ws *w, const char *folder, struct tare_str tag,
                        struct found *out)
{
    struct tare_str text;
    struct tare_json v;
    double score;
    out->score = 0;
    if (tare_box_read(folder, TARE_S(RESULT_NAME), RESULT_BYTES, &w->turn, &text, NULL) !=
        TARE_OK) {
        out->reason = TARE_S("the check gave no result");
        return;
    }
    bool good = tare_json_parse(text, &tare_json_strict, &w->turn, &v, NULL) == TARE_OK;
    if (!good || !tare_str_eq(tare_json_str(tare_json_get(v, "tag")), tag)) {
        out->reason = TARE_S("a result without the check's tag: it was not written by the check");
        out->forged = true;
        return;
    }
    out->reason = tare_json_str(tare_json_get(v, "reason"));
    if (tare_json_f64(tare_json_get(v, "score"), &score) && score >= 0 && score <= 1)
        out->score = score;
    else
        out->reason = TARE_S("the check gave a score that is not in [0, 1]");
}

/* reward.json, an object of numbers, or reward.txt, a number: Harbor's verifiers write them. */
static void read_reward(struct tare__ws *w, const char *folder, struct found *out)
{
    struct tare_str text;
    struct tare_json v = {NULL, 0};
    double score = (double)NAN;
    bool is = tare_box_read(folder, TARE_S("reward.json"), RESULT_BYTES, &w->turn, &text, NULL) ==
              TARE_OK;
    if (is && tare_json_parse(text, &tare_json_strict, &w->turn, &v, NULL) == TARE_OK) {
        struct tare_json r = tare_json_get(v, "reward");
        if (!tare_json_present(r) && tare_json_count(v) == 1)
            r = tare_json_first(v);
        if (!tare_json_f64(r, &score))
            score = (double)NAN;
    } else if (!is && tare_box_read(folder, TARE_S("reward.txt"), RESULT_BYTES, &w->turn, &text,
                                    NULL) == TARE_OK) {
        is = true;
        if (!tare_str_to_f64(tare_str_trim(text), &score))
            score = (double)NAN;
    }
    out->score = score >= 0 && score <= 1 ? score : 0;
    if (!is)
        out->reason = TARE_S("the check wrote no reward");
    else if (!(score >= 0 && score <= 1))
        out->reason = TARE_S("the reward is no number in [0, 1]");
}

static enum tare_status run(struct tare__ws *w, struct tare_json c, struct tare_str input,
                            const char *result, struct tare_box_result *r, struct tare_err *err)
{
    static const char *const env[] = {"PATH=/usr/bin:/bin",
                                      "HOME=/tmp",
                                      "LANG=C.UTF-8",
                                      "PYTHONDONTWRITEBYTECODE=1",
                                      "PYTHONSAFEPATH=1",
                                      "PYTHONNOUSERSITE=1",
                                      NULL};
    const char *argv[] = {TARE__WS_SHELL, "-c", NULL, NULL};
    bool reward = tare_json_true(tare_json_get(c, "reward"));
    struct tare_box_mount mounts[3] = {{w->tests, "/tests", false},
                                       {result, reward ? "/logs/verifier" : "/result", true}};
    uint32_t n = result ? 2 : 1;
    n += tare__ws_mount(w, false, &mounts[n]);
    struct tare_box_options o = {.size = sizeof o,
                                 .argv = argv,
                                 .env = env,
                                 .input = input,
                                 .work = w->work,
                                 .work_read_only = true,
                                 .mounts = mounts,
                                 .n_mounts = n,
                                 .slot = w->slot,
                                 .cancel = w->stop,
                                 .limits = w->config.limits};
    double seconds = 0;
    argv[2] = tare_arena_copy(&w->turn, tare_json_str(tare_json_get(c, "run"))).p;
    if (!argv[2])
        return tare_fail(err, TARE_E_NOMEM, "no memory for a check");
    o.limits.wall_ms = w->config.check_wall_ms;
    o.limits.cpu_s = (uint32_t)(w->config.check_wall_ms / 1000);
    o.limits.output_bytes = TARE_MIB;
    if (tare_json_f64(tare_json_get(c, "timeout_s"), &seconds))
        o.limits.wall_ms = seconds < 0.001 ? 1 : (int64_t)(seconds * 1000);
    return tare__ws_run(&o, &w->turn, r, err);
}

static enum tare_status check_run(struct tare__ws *w, struct tare_json c, uint32_t i,
                                  struct found *out, struct tare_err *err)
{
    struct tare_json want = tare_json_get(c, "stdout");
    bool graded = tare_json_true(tare_json_get(c, "graded"));
    bool reward = tare_json_true(tare_json_get(c, "reward"));
    struct tare_str tag = {NULL, 0}, input = {NULL, 0};
    struct tare_box_result r;
    const char *result = NULL;
    enum tare_status st = TARE_OK;
    if (graded) {
        tag = tare_arena_printf(&w->turn, "%016llx%016llx", (unsigned long long)tare_hash_key(),
                                (unsigned long long)tare_hash_key());
        input = question(w, tag);
        st = input.p ? result_folder(w, i, &result, err)
                     : tare_fail(err, TARE_E_NOMEM, "no memory for a check");
    }
    if (reward)
        st = result_folder(w, i, &result, err);
    if (st == TARE_OK)
        st = run(w, c, input, result, &r, err);
    if (st != TARE_OK)
        return st;
    out->end = tare_box_end_name(r.end);
    out->status = r.status;
    out->out = r.out;
    out->errors = r.err;
    bool ended = r.end == TARE_BOX_EXITED;
    if (!ended)
        out->reason = tare_arena_printf(&w->turn, "the command ended by itself: %s", out->end);
    else if (graded)
        read_result(w, result, tag, out);
    else if (reward)
        read_reward(w, result, out);
    else if (r.status != 0)
        out->reason = tare_arena_printf(&w->turn, "exit status %d", r.status);
    else if (tare_json_present(want) && (r.out_cut || !same_text(r.out, tare_json_str(want))))
        out->reason = TARE_S("the output is another one");
    else
        out->score = 1;
    return TARE_OK;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static struct tare_str head(struct tare_str s)
{
    size_t n = s.n < SEEN_BYTES ? s.n : SEEN_BYTES;
    while (n > 0 && n < s.n && ((uint8_t)s.p[n] & 0xc0) == 0x80)
        n--;
    return tare_str_n(s.p, n);
}

static void put_found(struct tare_json c, const struct found *f, double weight,
                      struct tare_json_writer *out)
{
    static const char *const kinds[] = {"run", "file", "same"};
    tare_json_begin_object(out);
    if (tare_json_present(tare_json_get(c, "name")))
        tare_json_member_str(out, "name", tare_json_str(tare_json_get(c, "name")));
    for (size_t i = 0; i < 3; i++)
        if (tare_json_present(tare_json_get(c, kinds[i])))
            tare_json_member_str(out, kinds[i], tare_json_str(tare_json_get(c, kinds[i])));
    tare_json_member_f64(out, "score", f->score);
    tare_json_member_f64(out, "weight", weight);
    if (f->reason.n)
        tare_json_member_str(out, "reason", f->reason);
    if (f->forged)
        tare_json_member_bool(out, "forged", true);
    if (f->end) {
        tare_json_member_cstr(out, "end", f->end);
        tare_json_member_u64(out, "status", (uint64_t)f->status);
    }
    if (f->out.n)
        tare_json_member_str(out, "out", head(f->out));
    if (f->errors.n)
        tare_json_member_str(out, "err", head(f->errors));
    tare_json_end_object(out);
}

static enum tare_status check_one(struct tare__ws *w, struct tare_json c, uint32_t i,
                                  struct found *out, struct tare_err *err)
{
    struct tare_json file = tare_json_get(c, "file"), same = tare_json_get(c, "same");
    bool executable;
    *out = (struct found){.score = 0};
    if (tare_json_present(file))
        return check_file(w, tare_json_str(file), tare_json_str(tare_json_get(c, "text")), false,
                          out, err);
    if (tare_json_present(same))
        return check_file(
            w, tare_json_str(same),
            tare__ws_file_text(tare_json_get_str(w->read.files, tare_json_str(same)), &executable),
            true, out, err);
    return check_run(w, c, i, out, err);
}

static enum tare_status check_all(struct tare__ws *w, struct tare_json_writer *out,
                                  struct tare_err *err)
{
    double sum = 0, weights = 0;
    uint32_t i = 0;
    enum tare_status st = make_tests(w, err);
    tare_json_begin_array(out);
    for (struct tare_json c = tare_json_first(w->read.checks);
         st == TARE_OK && tare_json_present(c); c = tare_json_next(c)) {
        struct found f;
        double weight = 1;
        (void)tare_json_f64(tare_json_get(c, "weight"), &weight);
        st = check_one(w, c, i++, &f, err);
        if (st == TARE_OK)
            put_found(c, &f, weight, out);
        sum += weight * f.score;
        weights += weight;
        tare_arena_reset(&w->turn); /* the outputs of one check */
    }
    tare_json_end_array(out);
    w->reward = weights > 0 ? sum / weights : 0;
    return st;
}

enum tare_status tare__ws_check(struct tare__ws *w, struct tare_err *err)
{
    struct tare_json_writer j;
    struct tare_buf b;
    if (w->checked)
        return TARE_OK;
    w->checked = true;
    w->view = (struct tare_workspace_view){.verb = w->view.verb}; /* its texts end here */
    w->action = w->target = (struct tare_str){NULL, 0};
    tare_buf_init(&b, w->alc, TARE_MAX_STEP_BODY_BYTES);
    tare_json_writer_init(&j, &b);
    tare_json_begin_object(&j);
    tare_json_put_key(&j, "commands");
    enum tare_status st = check_all(w, &j, err);
    tare_json_put_key(&j, "changes");
    if (st == TARE_OK)
        tare__ws_folder_changes(w, &j);
    else
        tare_json_put_null(&j);
    tare_json_end_object(&j);
    if (st == TARE_OK) {
        w->detail = tare_arena_copy(&w->episode, tare_buf_str(&b));
        if (b.failed || !w->detail.p)
            st = tare_fail(err, TARE_E_NOMEM, "no memory for what the checks found");
    }
    tare_buf_free(&b);
    return st;
}
