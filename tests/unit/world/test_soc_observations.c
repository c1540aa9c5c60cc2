/* Whole observations of the published environment, and its special modes. */
#include "soc_vectors.h"

static struct tare_json get(struct tare_json v, const char *key)
{
    return tare_json_get(v, key);
}

static void same_text(struct tare_buf *b, struct tare_json want, struct tare_arena *arena)
{
    struct tare_buf canonical;
    struct tare_arena_mark mark = tare_arena_mark(arena);
    tare_buf_init(&canonical, NULL, TARE_MIB);
    tare_json_canonical(want, &canonical);
    (void)json_of(arena, tare_buf_str(b));
    if (!tare_str_eq(tare_buf_str(b), tare_buf_str(&canonical)))
        fail_msg("got  %.*s\nwant %.*s", TARE_FMT(tare_buf_str(b)),
                 TARE_FMT(tare_buf_str(&canonical)));
    tare_buf_free(&canonical);
    tare_buf_free(b);
    tare_arena_rewind(arena, mark);
}

static void same_obs(struct tare__soc_world *w, struct tare_json want, struct tare_arena *arena)
{
    struct tare_buf b;
    struct tare_json_writer out;
    tare_buf_init(&b, NULL, TARE_MIB);
    tare_json_writer_init(&out, &b);
    out.ascii = true;
    tare_world_soc.obs_json(w, &out);
    same_text(&b, want, arena);
}

static void act(struct tare__soc_world *w, struct tare_json a)
{
    struct tare_obs obs;
    struct tare_err err = {0};
    if (tare_world_soc.step_json(w, tare_json_lexeme(a), NULL, &obs, &err) != TARE_OK)
        fail_msg("%s", err.text);
}

static void full_case(struct vectors *v, struct tare_json line, void *ctx)
{
    struct tare__soc_world *w = ctx;
    struct tare_obs obs;
    struct tare_err err = {0};
    if (tare_json_present(get(line, "a"))) {
        act(w, get(line, "a"));
        struct tare_buf b;
        struct tare_json_writer out;
        tare_buf_init(&b, NULL, TARE_MIB);
        tare_json_writer_init(&out, &b);
        out.ascii = true;
        tare__soc_context_json(w, &out);
        same_text(&b, get(line, "attacker_context"), &v->arena);
    } else {
        const struct tare_task *t = find_seed(v, tare_json_str(get(line, "scenario_id")));
        assert_int_equal(tare_world_soc.reset(w, t, NULL, &obs, &err), TARE_OK);
    }
    same_obs(w, get(line, "obs"), &v->arena);
}

static void test_full_observations(void **state)
{
    struct vectors *v = *state;
    struct tare__soc_world *w = open_world(&v->arena, "{\"profile\":\"faithful\"}");
    assert_true(each_line(v, "vectors/opensec/full_observations.jsonl", full_case, w) > 50);
    tare_world_soc.close(w);
}

struct special {
    struct tare_task sample;
    uint32_t n_cases, n_steps;
};

static void special_case(struct vectors *v, struct tare_json line, void *ctx)
{
    struct special *s = ctx;
    struct tare_obs obs;
    struct tare_err err = {0};
    struct tare_str name = tare_json_str(get(line, "case"));
    bool mask = tare_str_find(name, TARE_S("mask_injections")) != SIZE_MAX;
    const struct tare_task *t = tare_str_starts(name, TARE_S("sample_seed"))
                                    ? &s->sample
                                    : find_seed(v, TARE_S("seed-162"));
    struct tare__soc_world *w =
        open_world(&v->arena, mask ? "{\"profile\":\"faithful\",\"mask_injections\":true}"
                                   : "{\"profile\":\"faithful\"}");
    assert_int_equal(tare_world_soc.reset(w, t, NULL, &obs, &err), TARE_OK);
    same_obs(w, get(line, "reset"), &v->arena);
    struct tare_json steps = get(line, "steps");
    for (struct tare_json e = tare_json_first(steps); tare_json_present(e); e = tare_json_next(e)) {
        act(w, get(e, "a"));
        same_obs(w, get(e, "obs"), &v->arena);
        s->n_steps++;
    }
    tare_world_soc.close(w);
    s->n_cases++;
}

static void test_special_modes(void **state)
{
    struct vectors *v = *state;
    struct special s = {0};
    struct tare_err err = {0};
    struct tare_str seed, truth;
    struct tare_arena scratch;
    tare_arena_init(&scratch, NULL, TARE_ARENA_REPORT_BYTES);
    struct tare_str a = shared_path(&scratch, "data/opensec/sample_seed.json");
    struct tare_str b = shared_path(&scratch, "data/opensec/sample_ground_truth.json");
    assert_int_equal(tare_fs_read(a, TARE_MIB, &v->arena, &seed, &err), TARE_OK);
    assert_int_equal(tare_fs_read(b, TARE_MIB, &v->arena, &truth, &err), TARE_OK);
    s.sample = seed_task(&v->arena, seed, json_of(&v->arena, truth), 0);
    each_line(v, "vectors/opensec/special_modes.jsonl", special_case, &s);
    assert_int_equal(s.n_cases, 5);
    assert_true(s.n_steps > 40);
    tare_arena_free(&scratch);
}

/* Typed actions and JSON actions leave the same world behind. */
static void test_typed_equals_json(void **state)
{
    struct vectors *v = *state;
    struct tare_arena scratch;
    tare_arena_init(&scratch, NULL, TARE_MIB);
    (void)shared_path(&scratch, "data/opensec/seeds_eval.jsonl");
    tare_arena_free(&scratch);
    static const struct {
        uint32_t verb;
        const char *text, *json;
    } steps[] = {
        {TARE_SOC_QUERY_LOGS, "SELECT * FROM alerts",
         "{\"action_type\":\"query_logs\",\"params\":{\"sql\":\"SELECT * FROM alerts\"}}"},
        {TARE_SOC_FETCH_EMAIL, "email-162",
         "{\"action_type\":\"fetch_email\",\"params\":{\"email_id\":\"email-162\"}}"},
        {TARE_SOC_ISOLATE_HOST, "h-162-02",
         "{\"action_type\":\"isolate_host\",\"params\":{\"host_id\":\"h-162-02\"}}"},
        {TARE_SOC_BLOCK_DOMAIN, "no.such.example",
         "{\"action_type\":\"block_domain\",\"params\":{\"domain\":\"no.such.example\"}}"},
        {TARE_SOC_RESET_USER, NULL, "{\"action_type\":\"reset_user\",\"params\":{}}"},
        {TARE_SOC_NOOP, NULL, "{\"action_type\":\"noop\",\"params\":{}}"},
    };
    struct tare__soc_world *a = open_world(&v->arena, "{\"profile\":\"faithful\"}");
    struct tare__soc_world *b = open_world(&v->arena, "{\"profile\":\"faithful\"}");
    struct tare_obs obs;
    struct tare_err err = {0};
    const struct tare_task *t = find_seed(v, TARE_S("seed-162"));
    assert_int_equal(tare_world_soc.reset(a, t, NULL, &obs, &err), TARE_OK);
    assert_int_equal(tare_world_soc.reset(b, t, NULL, &obs, &err), TARE_OK);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct tare_soc_params p = {.text = tare_str_of(steps[i].text)};
        struct tare_action action = {steps[i].verb, &p};
        struct tare_buf text;
        struct tare_json_writer out;
        assert_int_equal(tare_world_soc.step(a, &action, NULL, &obs, &err), TARE_OK);
        assert_int_equal(tare_world_soc.step_json(b, tare_str_of(steps[i].json), NULL, &obs, &err),
                         TARE_OK);
        assert_true(tare_world_soc.digest(a) == tare_world_soc.digest(b));
        assert_int_equal(a->n_facts, b->n_facts);
        assert_memory_equal(a->facts, b->facts, a->n_facts * sizeof *a->facts);
        tare_buf_init(&text, NULL, TARE_MIB);
        tare_json_writer_init(&out, &text);
        out.ascii = true;
        tare_world_soc.obs_json(a, &out);
        same_obs(b, json_of(&v->arena, tare_buf_str(&text)), &v->arena);
        tare_buf_reset(&text);
        tare_json_writer_init(&out, &text);
        tare_world_soc.action_json(a, &out);
        assert_true(tare_str_is(tare_buf_str(&text), steps[i].json));
        tare_buf_free(&text);
    }
    tare_world_soc.close(a);
    tare_world_soc.close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_observations),
        cmocka_unit_test(test_special_modes),
        cmocka_unit_test(test_typed_equals_json),
    };
    return cmocka_run_group_tests_name("world/soc_observations", tests, open_vectors,
                                       close_vectors);
}
