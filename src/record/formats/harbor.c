/*
 * Harbor: a job folder of trials (result.json each), one trial alone; Terminal-Bench 1
 * (results.json).
 */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "record/formats/import_int.h"

#include "base/fs.h"
#include "base/limits.h"

#include "base/banned.h"

#define MAX_TRIALS 1000000u

static void reward(struct tare__import *im, struct tare_json rewards)
{
    double x;
    if (tare__import_number(tare_json_get(rewards, "reward"), &x))
        tare__import_score(im, TARE_S("reward"), x);
    for (struct tare_json v = tare_json_first(rewards); tare_json_present(v); v = tare_json_next(v))
        if (!tare_str_is(tare_json_key(v), "reward") && tare__import_number(v, &x))
            tare__import_score(im, tare_json_key(v), x);
}

static enum tare_status trial(struct tare__import *im, struct tare_json t)
{
    struct tare__import_row *r = &im->row;
    struct tare_json info = tare_json_get(t, "agent_info");
    struct tare_str agent = tare_json_str(tare_json_get(info, "name"));
    struct tare_str model = tare_json_str(tare_json_get(tare_json_get(info, "model_info"), "name"));
    r->task = tare__import_text(tare_json_get(t, "task_name"));
    r->run = model.n
                 ? tare_arena_printf(&im->scratch, "%.*s %.*s", TARE_FMT(agent), TARE_FMT(model))
                 : agent;
    reward(im, tare_json_get(tare_json_get(t, "verifier_result"), "rewards"));
    struct tare_json exception = tare_json_get(t, "exception_info");
    if (tare_json_kind(exception) == TARE_JSON_OBJECT && r->n_scores == 0) {
        r->outcome = TARE_IMPORT_ERROR;
        r->cause_text = tare_json_str(tare_json_get(exception, "exception_type"));
    } else if (r->n_scores == 0) {
        r->outcome = TARE_IMPORT_UNSCORED;
    }
    struct tare_json result = tare_json_get(t, "agent_result");
    tare__import_tokens(im, result, "n_input_tokens", "n_output_tokens");
    r->has_cost = tare_json_f64(tare_json_get(result, "cost_usd"), &r->cost_usd);
    struct tare_str source = tare_json_str(tare_json_get(t, "source"));
    if (source.n)
        tare__import_tag(im, TARE_S("source"), source);
    return tare__import_commit(im);
}

enum tare_status tare__import_harbor(struct tare__import *im)
{
    struct tare_json root;
    tare_arena_reset(&im->scratch);
    enum tare_status st = tare__import_parse(im, im->text, &root);
    tare__import_row(im);
    if (st == TARE_OK && !tare_json_present(tare_json_get(root, "trial_name"))) {
        st = tare_fail(im->err, TARE_E_INPUT, "this is the job's summary, not its trials");
        tare_err_hint(im->err, "give the job folder, which holds a folder for each trial");
        return st;
    }
    return st == TARE_OK ? trial(im, root) : st;
}

static int by_name(const void *a, const void *b)
{
    const struct tare_str *x = a, *y = b;
    return tare_str_cmp(*x, *y);
}

/* Folders below `path` that hold a result.json with a trial in it, sorted by name. */
static enum tare_status list_trials(struct tare__import *im, struct tare_str path,
                                    struct tare_str **out, uint32_t *n)
{
    DIR *dir = opendir(path.p);
    if (!dir)
        return tare_fail(im->err, TARE_E_IO, "cannot open the folder %.*s", TARE_FMT(path));
    enum tare_status st = TARE_OK;
    uint32_t cap = 0;
    struct dirent *e;
    *n = 0;
    *out = NULL;
    while (st == TARE_OK && (e = readdir(dir))) {
        if (e->d_name[0] == '.')
            continue;
        struct tare_str file =
            tare_arena_printf(im->arena, "%.*s/%s/result.json", TARE_FMT(path), e->d_name);
        if (!file.p || !tare_fs_exists(file))
            continue;
        if (*n == cap) {
            cap = cap ? cap * 2 : 64;
            struct tare_str *more = TARE_NEW_N(im->arena, struct tare_str, cap);
            if (!more || cap > MAX_TRIALS)
                st = tare_fail(im->err, TARE_E_LIMIT, "more than %u trials", MAX_TRIALS);
            else if (*n)
                memcpy(more, *out, *n * sizeof *more);
            *out = more;
        }
        if (st == TARE_OK)
            (*out)[(*n)++] = file;
    }
    closedir(dir);
    if (*n)
        qsort(*out, *n, sizeof **out, by_name);
    return st;
}

enum tare_status tare__import_harbor_folder(struct tare__import *im, struct tare_str path)
{
    struct tare_str *files = NULL, folder = tare_arena_copy(im->arena, path);
    uint32_t n = 0;
    enum tare_status st = list_trials(im, folder, &files, &n);
    for (uint32_t i = 0; st == TARE_OK && i < n; i++) {
        tare_arena_reset(&im->scratch);
        st = tare_fs_read(files[i], TARE_MAX_JSON_BYTES, &im->scratch, &im->text, im->err);
        struct tare_json root;
        if (st == TARE_OK)
            st = tare__import_parse(im, im->text, &root);
        tare__import_row(im);
        if (st == TARE_OK)
            st = trial(im, root);
        if (st != TARE_OK && im->err)
            tare_err_file(im->err, files[i]);
    }
    return st;
}

static enum tare_status terminal_row(struct tare__import *im, struct tare_json row)
{
    struct tare__import_row *r = &im->row;
    r->task = tare__import_text(tare_json_get(row, "task_id"));
    struct tare_json resolved = tare_json_get(row, "is_resolved");
    struct tare_str mode = tare_json_str(tare_json_get(row, "failure_mode"));
    double x;
    if (tare__import_number(resolved, &x))
        tare__import_score(im, TARE_S("is_resolved"), x);
    bool plain = mode.n == 0 || tare_str_is(mode, "none") || tare_str_is(mode, "unset");
    if (!plain && (r->n_scores == 0 || r->score[0] < 1)) {
        bool timeout = tare_str_find(mode, TARE_S("timeout")) != SIZE_MAX;
        r->outcome = timeout ? TARE_IMPORT_LIMIT : TARE_IMPORT_ERROR;
        r->cause = timeout ? TARE_CAUSE_LIMIT : TARE_CAUSE_NONE;
        r->cause_text = mode;
    } else if (r->n_scores == 0) {
        r->outcome = TARE_IMPORT_UNSCORED;
    }
    tare__import_tokens(im, row, "total_input_tokens", "total_output_tokens");
    struct tare_json text = tare_json_get(row, "instruction");
    r->input =
        tare__import_text(tare_json_present(text) ? text : tare_json_get(row, "task_description"));
    return tare__import_commit(im);
}

enum tare_status tare__import_terminal_bench(struct tare__import *im)
{
    struct tare_str rows = tare_json_walk_find(im->text, 0, "results");
    if (rows.n == 0)
        return tare__import_fail(im, 0, "no results array");
    return tare__import_each(im, rows, terminal_row);
}
