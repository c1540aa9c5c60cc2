#include "solver/replay.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "record/task.h"
#include "text/fields.h"
#include "text/jsonl.h"

#include "base/banned.h"

struct episode {
    struct tare_str task;
    const struct tare_str *actions; /* JSON texts */
    uint32_t n, order;              /* order: of the line in the file */
};

struct recording {
    struct tare_str policy; /* empty: every line */
    struct tare_digest digest;
    struct episode *episodes; /* by task, then order */
    uint32_t n;
};

struct state {
    const struct episode *episode; /* NULL: none was recorded */
    uint32_t next;
};

static int by_task(const void *a, const void *b)
{
    const struct episode *x = a, *y = b;
    int c = tare_str_cmp(x->task, y->task);
    return c ? c : (x->order > y->order) - (x->order < y->order);
}

static enum tare_status wrong(struct tare_err *err, const struct tare_jsonl *j,
                              struct tare_str path, const char *what)
{
    enum tare_status st = tare_fail(err, TARE_E_INPUT, "%s", what);
    tare_err_file(err, path);
    if (err)
        err->line = (uint32_t)j->line_no;
    return st;
}

/* Keeps of a line what is played; the texts stay where the file was read to. */
static enum tare_status keep(struct recording *r, const struct tare_jsonl *j, struct tare_json line,
                             struct tare_str path, struct tare_arena *arena, struct tare_err *err)
{
    struct tare_json steps = tare_json_get(line, "steps");
    struct tare_json task = tare_json_get(line, "task");
    struct tare_str policy = tare_json_str(tare_json_get(line, "policy"));
    if (r->policy.n && !tare_str_eq(policy, r->policy))
        return TARE_OK;
    if (tare_json_kind(task) != TARE_JSON_STRING)
        task = tare_json_get(line, "scenario_id");
    if (tare_json_kind(task) != TARE_JSON_STRING)
        return wrong(err, j, path, "no \"task\" or \"scenario_id\" says what was played");
    if (tare_json_kind(steps) != TARE_JSON_ARRAY)
        return wrong(err, j, path,
                     "\"steps\" must be a list of objects with the action under \"a\"");
    struct episode *e = &r->episodes[r->n];
    struct tare_str *actions = TARE_NEW_N(arena, struct tare_str, tare_json_count(steps));
    *e = (struct episode){
        .task = tare_arena_copy(arena, tare_json_str(task)), .actions = actions, .order = r->n};
    if (!actions || !e->task.p)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a recording");
    for (struct tare_json s = tare_json_first(steps); tare_json_present(s); s = tare_json_next(s)) {
        struct tare_json a = tare_json_get(s, "a");
        if (tare_json_kind(a) != TARE_JSON_OBJECT)
            return wrong(err, j, path, "a step has no action under \"a\"");
        actions[e->n++] = tare_json_lexeme(a);
    }
    r->n++;
    return TARE_OK;
}

static size_t count_lines(struct tare_str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

static enum tare_status read_file(struct recording *r, struct tare_str path,
                                  struct tare_arena *arena, struct tare_err *err)
{
    struct tare_arena scratch;
    struct tare_jsonl j;
    struct tare_json line;
    struct tare_str text;
    enum tare_status st = tare_fs_read(path, TARE_MAX_TASKS_FILE_BYTES, arena, &text, err);
    if (st != TARE_OK)
        return st;
    r->digest = tare_sha256_of(text);
    r->episodes = TARE_NEW_N(arena, struct episode, count_lines(text));
    if (!r->episodes)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while reading a recording");
    tare_arena_init(&scratch, arena->alc, TARE_ARENA_LOAD_BYTES);
    tare_jsonl_begin(&j, text, NULL);
    while (st == TARE_OK && tare_jsonl_next(&j, &scratch, &line, &st, err)) {
        st = keep(r, &j, line, path, arena, err);
        tare_arena_reset(&scratch);
    }
    tare_arena_free(&scratch);
    if (st != TARE_OK) {
        if (err && !err->file[0])
            tare_err_file(err, path);
        return st;
    }
    if (r->n == 0) {
        st = tare_fail(err, TARE_E_INPUT, "the recording holds no episode to play");
        tare_err_file(err, path);
        if (r->policy.n)
            tare_err_hint(err, "no line has the policy '%.*s'", TARE_FMT(r->policy));
        return st;
    }
    qsort(r->episodes, r->n, sizeof *r->episodes, by_task);
    return TARE_OK;
}

static enum tare_status replay_open(struct tare_json config, struct tare_arena *arena,
                                    void **shared, struct tare_err *err)
{
    struct recording *r = TARE_NEW(arena, struct recording);
    struct tare_fields f;
    struct tare_str path = {NULL, 0};
    if (!r)
        return tare_fail(err, TARE_E_NOMEM, "out of memory while opening a solver");
    if (!tare_json_present(config)) {
        enum tare_status st = tare_fail(err, TARE_E_USAGE, "replay needs a recording to play");
        tare_err_hint(err, "write a solver file with `policy: {replay: {actions: FILE.jsonl}}`");
        return st;
    }
    tare_fields_begin(&f, config, (struct tare_str){NULL, 0}, (struct tare_str){NULL, 0}, err);
    tare_fields_str(&f, "actions", true, &path);
    tare_fields_str(&f, "policy", false, &r->policy);
    enum tare_status st = tare_fields_end(&f);
    *shared = r;
    return st == TARE_OK ? read_file(r, path, arena, err) : st;
}

/* The recording counts by its content, wherever it lies. */
static void replay_identity(const void *shared, struct tare_json_writer *out)
{
    const struct recording *r = shared;
    char hex[65];
    tare_digest_hex(r->digest, hex);
    tare_json_begin_object(out);
    tare_json_put_key(out, "actions");
    tare_json_put_cstr(out, hex);
    tare_json_put_key(out, "policy");
    tare_json_put_str(out, r->policy);
    tare_json_end_object(out);
}

static const struct episode *find(const struct recording *r, struct tare_str task)
{
    uint32_t lo = 0, hi = r->n;
    while (lo < hi) { /* the first that is not before it */
        uint32_t mid = lo + (hi - lo) / 2;
        if (tare_str_cmp(r->episodes[mid].task, task) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < r->n && tare_str_eq(r->episodes[lo].task, task) ? &r->episodes[lo] : NULL;
}

static enum tare_status replay_start(const void *shared, void *state, const struct tare_task *task,
                                     struct tare_rng *rng, struct tare_arena *arena,
                                     struct tare_err *err)
{
    struct state *s = state;
    (void)rng, (void)arena, (void)err;
    s->episode = find(shared, task->id);
    s->next = 0;
    return TARE_OK;
}

static enum tare_status replay_next(const void *shared, void *state, const struct tare_event *event,
                                    struct tare_rng *rng, struct tare_arena *turn,
                                    struct tare_yield *out, struct tare_err *err)
{
    struct state *s = state;
    (void)shared, (void)rng, (void)turn, (void)err;
    out->kind = TARE_YIELD_DONE;
    if (!s->episode) {
        out->cause = TARE_CAUSE_ENDPOINT;
        out->cause_text = TARE_S("the recording holds no episode of this task");
        return TARE_OK;
    }
    bool done = event->obs && event->obs->done;
    if (event->kind == TARE_EVENT_OBS && !done && s->next < s->episode->n) {
        out->kind = TARE_YIELD_ACT;
        out->json = s->episode->actions[s->next++];
    }
    return TARE_OK;
}

static void replay_stop(const void *shared, void *state)
{
    (void)shared, (void)state;
}

const struct tare_solver_ops tare_solver_replay = {
    .version = TARE_CONTRACT_VERSION,
    .name = "replay",
    .about = "plays recorded actions again",
    .state_bytes = sizeof(struct state),
    .open = replay_open,
    .identity = replay_identity,
    .start = replay_start,
    .next = replay_next,
    .stop = replay_stop,
};
