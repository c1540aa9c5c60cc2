/* Reads scenarios and recorded actions, plays each episode, compares. */
#include "world/soc/replay.h"

#include <math.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "world/soc/replay_int.h"

#include "base/banned.h"

#define MAX_SCENARIOS 1000000u

struct entry {
    struct tare_task task; /* first: entries are found by its id */
    struct tare_str path;
    uint64_t line;
};

/* Scenarios by id, sorted. */
struct index {
    struct entry *v;
    size_t n, cap;
};

static enum tare_status number(double x, double y)
{
    return fabs(x - y) <= 1e-9 ? TARE_OK : TARE_E_INPUT;
}

static bool differ(struct tare_json want, struct tare_json got, const char *what,
                   struct tare_arena *arena, struct tare_str *where)
{
    struct tare_str at = tare_json_pointer(want, arena), a = tare_json_lexeme(want),
                    b = tare_json_lexeme(got);
    a.n = a.n > 160 ? 160 : a.n;
    b.n = b.n > 160 ? 160 : b.n;
    *where = tare_arena_printf(arena, "%.*s: %s: the file holds %.*s, played %.*s", TARE_FMT(at),
                               what, TARE_FMT(a), TARE_FMT(b));
    return false;
}

static bool same_object(struct tare_json want, struct tare_json got, struct tare_arena *arena,
                        struct tare_str *where)
{
    for (struct tare_json v = tare_json_first(want); tare_json_present(v); v = tare_json_next(v)) {
        struct tare_json other = tare_json_get_str(got, tare_json_key(v));
        if (!tare_json_present(other) && tare_json_kind(v) != TARE_JSON_NULL)
            return differ(v, other, "missing", arena, where);
        if (tare_json_present(other) && !tare__soc_same(v, other, arena, where))
            return false;
    }
    return true;
}

static bool same_array(struct tare_json want, struct tare_json got, struct tare_arena *arena,
                       struct tare_str *where)
{
    if (tare_json_count(want) != tare_json_count(got))
        return differ(want, got, "other length", arena, where);
    struct tare_json b = tare_json_first(got);
    for (struct tare_json a = tare_json_first(want); tare_json_present(a); a = tare_json_next(a)) {
        if (!tare__soc_same(a, b, arena, where))
            return false;
        b = tare_json_next(b);
    }
    return true;
}

bool tare__soc_same(struct tare_json want, struct tare_json got, struct tare_arena *arena,
                    struct tare_str *where)
{
    if (tare_json_kind(want) != tare_json_kind(got))
        return differ(want, got, "other kind", arena, where);
    double x, y;
    switch (tare_json_kind(want)) {
    case TARE_JSON_OBJECT:
        return same_object(want, got, arena, where);
    case TARE_JSON_ARRAY:
        return same_array(want, got, arena, where);
    case TARE_JSON_NUMBER:
        if (tare_json_equal(want, got) ||
            (tare_json_f64(want, &x) && tare_json_f64(got, &y) && number(x, y) == TARE_OK))
            return true;
        return differ(want, got, "other value", arena, where);
    default:
        return tare_json_equal(want, got) || differ(want, got, "other value", arena, where);
    }
}

static int by_id(const void *a, const void *b)
{
    return tare_str_cmp(((const struct entry *)a)->task.id, ((const struct entry *)b)->task.id);
}

static struct tare_tag tag(const char *key, struct tare_json v)
{
    return (struct tare_tag){tare_str_of(key), tare_json_str(v)};
}

/* A published seed line or a suite task as a task. */
static enum tare_status task_of(struct tare_json line, struct tare_arena *arena,
                                struct tare_task *out, struct tare_err *err)
{
    struct tare_json seed = tare_json_get(line, "seed");
    struct tare_tag *tags = TARE_NEW_N(arena, struct tare_tag, 2);
    if (!tags)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the scenarios");
    if (tare_json_present(seed)) {
        /* {"seed": …} is read as {"scenario": …} of a task: the text is made once */
        struct tare_buf b;
        tare_buf_init(&b, NULL, TARE_MAX_JSONL_LINE_BYTES);
        tare_buf_puts(&b, "{\"scenario\":");
        tare_buf_put(&b, tare_json_lexeme(seed));
        tare_buf_puts(&b, "}");
        struct tare_str text = tare_arena_copy(arena, tare_buf_str(&b));
        bool failed = b.failed || !text.p;
        tare_buf_free(&b);
        if (failed)
            return tare_fail(err, TARE_E_NOMEM, "no memory for the scenarios");
        enum tare_status st = tare_json_parse(text, &tare_json_strict, arena, &out->input, err);
        if (st != TARE_OK)
            return st;
        out->expect = tare_json_get(line, "ground_truth");
        out->id = tare_json_str(tare_json_get(seed, "scenario_id"));
        tags[0] = tag("split", tare_json_get(line, "split"));
        tags[1] = tag("tier", tare_json_get(line, "tier"));
    } else {
        struct tare_json t = tare_json_get(line, "tags");
        struct tare_json scenario = tare_json_get(tare_json_get(line, "input"), "scenario");
        struct tare_json id = tare_json_get(scenario, "id");
        out->input = tare_json_get(line, "input");
        out->expect = tare_json_get(line, "expect");
        out->id =
            tare_json_str(tare_json_present(id) ? id : tare_json_get(scenario, "scenario_id"));
        tags[0] = tag("split", tare_json_get(t, "split"));
        tags[1] = tag("tier", tare_json_get(t, "tier"));
    }
    out->tags = tags;
    out->n_tags = 2;
    if (out->id.n == 0)
        return tare_fail_at(err, TARE_E_INPUT, 0,
                            "the line is neither a published seed nor a task of the world soc");
    return TARE_OK;
}

static enum tare_status add(struct index *ix, struct tare_str line, struct tare_arena *arena,
                            struct tare_err *err)
{
    struct tare_json root;
    if (ix->n == ix->cap) {
        size_t cap = ix->cap ? 2 * ix->cap : 256;
        struct entry *v = TARE_NEW_N(arena, struct entry, cap);
        if (!v || cap > MAX_SCENARIOS)
            return tare_fail(err, TARE_E_LIMIT, "too many scenarios");
        if (ix->n)
            memcpy(v, ix->v, ix->n * sizeof *v);
        ix->v = v;
        ix->cap = cap;
    }
    struct tare_str copy = tare_arena_copy(arena, line);
    if (!copy.p)
        return tare_fail(err, TARE_E_NOMEM, "no memory for the scenarios");
    enum tare_status st = tare_json_parse(copy, &tare_json_strict, arena, &root, err);
    if (st != TARE_OK)
        return st;
    struct tare_task *t = &ix->v[ix->n].task;
    t->index = (uint32_t)ix->n;
    t->digest = tare_sha256_of(copy);
    st = task_of(root, arena, t, err);
    ix->n += st == TARE_OK;
    return st;
}

static void at_line(struct tare_str path, uint64_t line, struct tare_err *err)
{
    tare_err_file(err, path);
    err->line = (uint32_t)line;
}

static enum tare_status load(const struct tare_soc_replay_in *in, struct index *ix,
                             struct tare_arena *arena, struct tare_err *err)
{
    for (size_t i = 0; i < in->n_scenarios; i++) {
        struct tare_lines *l;
        struct tare_str line;
        uint64_t n;
        bool torn;
        enum tare_status st =
            tare_lines_open(in->scenarios[i], TARE_MAX_JSONL_LINE_BYTES, arena, &l, err);
        if (st != TARE_OK)
            return st;
        err->code = TARE_OK;
        while (st == TARE_OK && tare_lines_next(l, &line, &n, &torn, err))
            if (tare_str_trim(line).n > 0) {
                st = add(ix, line, arena, err);
                if (st != TARE_OK) {
                    at_line(in->scenarios[i], n, err);
                } else {
                    ix->v[ix->n - 1].path = in->scenarios[i];
                    ix->v[ix->n - 1].line = n;
                }
            }
        st = st == TARE_OK ? err->code : st;
        tare_lines_close(l);
        if (st != TARE_OK)
            return st;
    }
    if (ix->n > 1)
        qsort(ix->v, ix->n, sizeof *ix->v, by_id);
    for (size_t i = 1; i < ix->n; i++)
        if (tare_str_eq(ix->v[i - 1].task.id, ix->v[i].task.id))
            return tare_fail(err, TARE_E_INPUT, "scenario \"%.*s\" is there twice",
                             TARE_FMT(ix->v[i].task.id));
    return TARE_OK;
}

static void compare(struct tare__soc_player *p, struct tare_json got, uint64_t number_of_line,
                    struct tare_arena *arena, struct tare_soc_replay_sum *sum)
{
    struct tare_str where = {NULL, 0}, ignored;
    bool same = tare__soc_same(p->recorded, got, p->arena, &where);
    struct tare_json a = tare_json_first(tare_json_get(p->recorded, "steps"));
    struct tare_json b = tare_json_first(tare_json_get(got, "steps"));
    while (tare_json_present(a) && tare_json_present(b)) {
        sum->equal_steps += tare__soc_same(a, b, p->arena, &ignored);
        a = tare_json_next(a);
        b = tare_json_next(b);
    }
    sum->equal_episodes += same;
    if (!same && sum->first.n == 0)
        sum->first = tare_arena_printf(
            arena, "line %llu, scenario %.*s, %.*s", (unsigned long long)number_of_line,
            TARE_FMT(tare_json_str(tare_json_get(p->recorded, "scenario_id"))), TARE_FMT(where));
}

/* Canonical, as the published file is: equal episodes are equal lines. */
static enum tare_status give(const struct tare_soc_replay_in *in, struct tare_json line,
                             struct tare_err *err)
{
    struct tare_buf b;
    tare_buf_init(&b, NULL, TARE_MAX_JSON_BYTES);
    tare_json_canonical(line, &b);
    enum tare_status st = b.failed ? tare_fail(err, TARE_E_LIMIT, "the line is too long")
                                   : in->sink(in->sink_ctx, tare_buf_str(&b), err);
    tare_buf_free(&b);
    return st;
}

static enum tare_status episode(const struct tare_soc_replay_in *in, const struct index *ix,
                                struct tare__soc_player *p, struct tare_str text, uint64_t n,
                                struct tare_arena *arena, struct tare_soc_replay_sum *sum,
                                struct tare_buf *out, struct tare_err *err)
{
    enum tare_status st = tare_json_parse(text, &tare_json_strict, p->arena, &p->recorded, err);
    if (st != TARE_OK)
        return st;
    struct entry key = {.task.id = tare_json_str(tare_json_get(p->recorded, "scenario_id"))};
    const struct entry *e = ix->n ? bsearch(&key, ix->v, ix->n, sizeof *ix->v, by_id) : NULL;
    if (key.task.id.n == 0) {
        tare_fail_at(err, TARE_E_INPUT, 0, "the line names no \"scenario_id\"");
        tare_err_hint(err, "an episode is {\"scenario_id\": ..., \"steps\": [...]}");
        return TARE_E_INPUT;
    }
    if (!e) {
        tare_fail_at(err, TARE_E_INPUT, 0, "there is no scenario \"%.*s\"", TARE_FMT(key.task.id));
        tare_err_hint(err, "name the file that holds it with --scenarios; a task of the hardened "
                           "profile is known here by its input.scenario.id");
        return TARE_E_INPUT;
    }
    p->task = &e->task;
    tare_buf_reset(out);
    st = tare__soc_replay_line(p, out, err);
    if (st != TARE_OK && err->task[0]) /* the scenario is at fault, not the actions */
        at_line(e->path, e->line, err);
    if (st != TARE_OK)
        return st;
    sum->episodes++;
    sum->steps += tare_json_count(tare_json_get(p->recorded, "steps"));
    struct tare_json got;
    st = tare_json_parse(tare_buf_str(out), &tare_json_strict, p->arena, &got, err);
    if (st != TARE_OK)
        return st;
    if (in->check)
        compare(p, got, n, arena, sum);
    return in->sink ? give(in, got, err) : TARE_OK;
}

static enum tare_status play_file(const struct tare_soc_replay_in *in, const struct index *ix,
                                  void *world, struct tare_arena *arena,
                                  struct tare_soc_replay_sum *sum, struct tare_err *err)
{
    struct tare_arena turn;
    struct tare__soc_player p = {.world = world, .arena = &turn};
    struct tare_buf out;
    struct tare_lines *l;
    struct tare_str line;
    uint64_t n;
    bool torn;
    enum tare_status st = tare_lines_open(in->actions, TARE_MAX_JSONL_LINE_BYTES, arena, &l, err);
    if (st != TARE_OK)
        return st;
    tare_arena_init(&turn, NULL, TARE_ARENA_REPORT_BYTES);
    tare_buf_init(&out, NULL, TARE_MAX_JSON_BYTES);
    err->code = TARE_OK;
    while (st == TARE_OK && tare_lines_next(l, &line, &n, &torn, err)) {
        if (tare_str_trim(line).n == 0)
            continue;
        st = episode(in, ix, &p, line, n, arena, sum, &out, err);
        if (st != TARE_OK && !err->file[0])
            at_line(in->actions, n, err);
        tare_arena_reset(&turn);
    }
    st = st == TARE_OK ? err->code : st;
    if (st == TARE_OK && sum->episodes == 0) { /* "0 of 0 equal" would look like success */
        tare_err_file(err, in->actions);
        st = tare_fail(err, TARE_E_INPUT, "there is no episode in the file");
        tare_err_hint(err, "each line is one: {\"scenario_id\": ..., \"steps\": [...]}");
    }
    tare_buf_free(&out);
    tare_arena_free(&turn);
    tare_lines_close(l);
    return st;
}

enum tare_status tare_soc_replay(const struct tare_soc_replay_in *in, struct tare_arena *arena,
                                 struct tare_soc_replay_sum *out, struct tare_err *err)
{
    struct index ix = {0};
    struct tare_err local = {0};
    struct tare_json config = {NULL, 0};
    void *world = NULL;
    err = err ? err : &local;
    memset(out, 0, sizeof *out);
    struct tare_str text =
        tare_arena_printf(arena, "{\"profile\":\"%s\",\"mask_injections\":%s}",
                          in->profile == TARE_SOC_FAITHFUL ? "faithful" : "hardened",
                          in->mask_injections ? "true" : "false");
    enum tare_status st = text.p ? tare_json_parse(text, &tare_json_strict, arena, &config, err)
                                 : tare_fail(err, TARE_E_NOMEM, "no memory to replay");
    if (st == TARE_OK)
        st = load(in, &ix, arena, err);
    if (st == TARE_OK)
        st = tare_world_soc.open(config, NULL, arena, &world, err);
    if (st == TARE_OK)
        st = play_file(in, &ix, world, arena, out, err);
    if (world)
        tare_world_soc.close(world);
    return st;
}
