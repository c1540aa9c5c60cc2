/* The replay cache: what was recorded is played again, and nothing is lost. */
#include <sqlite3.h>
#include <unistd.h>

#include "soc_vectors.h"

static const char path[] = "soc_cache_test.db";
static const char seed[] =
    "{\"schema_version\":\"1.0\",\"scenario_id\":\"s\",\"entities\":{\"users\":[{\"user_id\":"
    "\"u-1\"}],\"hosts\":[{\"host_id\":\"h-1\"},{\"host_id\":\"h-2\"}],\"domains\":[{\"domain\":"
    "\"a.test\",\"domain_type\":\"attacker\"}],\"data_targets\":[{\"target_id\":\"t-1\"}]},"
    "\"attack_plan\":{\"timeline\":[]},\"patient_zero_host\":\"h-1\",\"compromised_user\":\"u-1\","
    "\"attacker_domain\":\"a.test\",\"data_target\":\"t-1\",\"prompt_injection_payloads\":[],"
    "\"seed_artifacts\":{\"emails\":[],\"log_templates\":[]},\"metadata\":{\"max_steps\":6}}";

static struct tare_task task(struct tare_arena *arena)
{
    return seed_task(arena, tare_str_of(seed), json_of(arena, TARE_S("{\"attribution\":{}}")), 0);
}

/* States after each of six steps. */
static void play(struct tare_arena *arena, const char *mode, uint32_t states[6])
{
    struct tare_obs obs;
    struct tare_err err = {0};
    char config[160];
    snprintf(config, sizeof config,
             "{\"profile\":\"faithful\",\"attacker\":{\"replay\":\"%s\",\"cache\":\"%s\"}}", mode,
             path);
    struct tare__soc_world *w = open_world(arena, config);
    struct tare_task t = task(arena);
    assert_int_equal(tare_world_soc.reset(w, &t, NULL, &obs, &err), TARE_OK);
    for (int i = 0; i < 6; i++) {
        struct tare_action a = {TARE_SOC_NOOP, NULL};
        if (tare_world_soc.step(w, &a, NULL, &obs, &err) != TARE_OK)
            fail_msg("%s", err.text);
        states[i] = w->state;
    }
    tare_world_soc.close(w);
}

static int64_t ask(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    int64_t x = -1;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    if (sqlite3_step(st) == SQLITE_ROW)
        x = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    sqlite3_close(db);
    return x;
}

static void test_record_and_replay(void **state)
{
    (void)state;
    struct tare_arena arena;
    uint32_t first[6], again[6];
    (void)unlink(path);
    tare_arena_init(&arena, NULL, TARE_ARENA_ATTEMPT_BYTES);
    play(&arena, "record", first);
    assert_int_equal(first[0], N_CREDS_USED);
    assert_int_equal(ask("SELECT count(*) FROM attacker_decisions"), 6);
    play(&arena, "replay", again);
    assert_memory_equal(first, again, sizeof first);
    assert_int_equal(ask("SELECT count(*) FROM attacker_decisions"), 6);
    /* another decision in the cache is another episode: it is really read */
    (void)ask("UPDATE attacker_decisions SET decision_json = "
              "'{\"action_type\": \"no_op\", \"params\": {}}' WHERE step = 0");
    play(&arena, "replay", again);
    assert_int_equal(again[0], N_PHISH_SENT);
    /* what cannot be understood is a miss: decided again, written again */
    (void)ask("UPDATE attacker_decisions SET decision_json = '[]' WHERE step = 0");
    play(&arena, "replay", again);
    assert_memory_equal(first, again, sizeof first);
    (void)unlink(path);
    (void)unlink("soc_cache_test.db-wal");
    (void)unlink("soc_cache_test.db-shm");
    tare_arena_free(&arena);
}

static void test_unusable_cache(void **state)
{
    (void)state;
    struct tare_arena arena;
    struct tare_err err = {0};
    void *w = NULL;
    tare_arena_init(&arena, NULL, TARE_MIB);
    struct tare_json c = json_of(&arena, TARE_S("{\"profile\":\"faithful\",\"attacker\":{"
                                                "\"cache\":\"/nowhere/at/all.db\"}}"));
    assert_int_equal(tare_world_soc.open(c, NULL, &arena, &w, &err), TARE_E_IO);
    assert_non_null(strstr(err.text, "/nowhere/at/all.db"));
    tare_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_record_and_replay),
                                       cmocka_unit_test(test_unusable_cache)};
    return cmocka_run_group_tests_name("world/soc_cache", tests, NULL, NULL);
}
