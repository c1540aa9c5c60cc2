/* Vectors line by line, and the published seeds as tasks. */
#ifndef TARE_TESTS_WORLD_SOC_VECTORS_H
#define TARE_TESTS_WORLD_SOC_VECTORS_H

#include "../shared.h"

#include "world/soc/soc_int.h"

#define MAX_SEEDS 256

struct vectors {
    struct tare_arena arena;
    struct tare_task seeds[MAX_SEEDS];
    uint32_t n_seeds;
};

static inline struct tare_json json_of(struct tare_arena *arena, struct tare_str text)
{
    struct tare_json root;
    struct tare_err err = {0};
    struct tare_str copy = tare_arena_copy(arena, text);
    if (tare_json_parse(copy, &tare_json_strict, arena, &root, &err) != TARE_OK)
        fail_msg("%s", err.text);
    return root;
}

static inline struct tare_task seed_task(struct tare_arena *arena, struct tare_str seed,
                                         struct tare_json truth, uint32_t index)
{
    struct tare_str text = tare_arena_printf(arena, "{\"scenario\":%.*s}", TARE_FMT(seed));
    struct tare_task t = {.input = json_of(arena, text), .expect = truth, .index = index};
    t.id = tare_json_str(tare_json_get(tare_json_get(t.input, "scenario"), "scenario_id"));
    t.digest = tare_sha256_of(text);
    return t;
}

/* Calls fn with every line of a file of the shared folder; skips where it is absent. */
static inline uint32_t each_line(struct vectors *v, const char *name,
                                 void (*fn)(struct vectors *v, struct tare_json line, void *ctx),
                                 void *ctx)
{
    struct tare_arena scratch;
    struct tare_lines *l;
    struct tare_str line;
    struct tare_err err = {0};
    uint64_t no;
    uint32_t n = 0;
    bool torn;
    tare_arena_init(&scratch, NULL, TARE_ARENA_REPORT_BYTES);
    struct tare_str path = shared_path(&scratch, name);
    if (tare_lines_open(path, TARE_MAX_JSONL_LINE_BYTES, &scratch, &l, &err) != TARE_OK)
        fail_msg("%s", err.text);
    while (tare_lines_next(l, &line, &no, &torn, &err)) {
        fn(v, json_of(&v->arena, line), ctx);
        n++;
    }
    tare_lines_close(l);
    tare_arena_free(&scratch);
    return n;
}

static inline void add_seed(struct vectors *v, struct tare_json line, void *ctx)
{
    (void)ctx;
    assert_true(v->n_seeds < MAX_SEEDS);
    v->seeds[v->n_seeds] = seed_task(&v->arena, tare_json_lexeme(tare_json_get(line, "seed")),
                                     tare_json_get(line, "ground_truth"), v->n_seeds);
    v->n_seeds++;
}

static inline void load_seeds(struct vectors *v)
{
    each_line(v, "data/opensec/seeds_train.jsonl", add_seed, NULL);
    each_line(v, "data/opensec/seeds_eval.jsonl", add_seed, NULL);
}

static inline const struct tare_task *find_seed(const struct vectors *v, struct tare_str id)
{
    for (uint32_t i = 0; i < v->n_seeds; i++)
        if (tare_str_eq(v->seeds[i].id, id))
            return &v->seeds[i];
    fail_msg("no seed %.*s", TARE_FMT(id));
    return NULL;
}

/* The group's fixture: the seeds where the shared folder is there, else none. */
static inline int open_vectors(void **state)
{
    static struct vectors v;
    tare_arena_init(&v.arena, NULL, TARE_ARENA_REPORT_BYTES);
    const char *root = getenv("TARE_SHARED");
    struct tare_str data =
        tare_arena_printf(&v.arena, "%s/data/opensec", root ? root : "../shared");
    if (tare_fs_exists(data))
        load_seeds(&v);
    *state = &v;
    return 0;
}

static inline int close_vectors(void **state)
{
    struct vectors *v = *state;
    tare_arena_free(&v->arena);
    return 0;
}

static inline struct tare__soc_world *open_world(struct tare_arena *arena, const char *config)
{
    struct tare_err err = {0};
    void *w = NULL;
    struct tare_json c = json_of(arena, tare_str_of(config));
    if (tare_world_soc.open(c, NULL, arena, &w, &err) != TARE_OK)
        fail_msg("%s", err.text);
    return w;
}

#endif
