/* Rules and score of the hardened profile. */
#include <math.h>

#include "soc_small.h"

static const struct tare_soc_claim right = {
    {"ws-1", 4}, {"ana", 3}, {"bad.test", 8}, {"ledger", 6}, {"phish", 5}};

static double outcome(struct small *s)
{
    struct tare_outcome out;
    struct tare_err err = {0};
    if (tare_world_soc.outcome(s->w, &s->arena, &out, &err) != TARE_OK)
        fail_msg("%s", err.text);
    (void)json_of(&s->arena, out.detail);
    assert_true(out.reward_max == 8.0);
    return out.reward;
}

static void investigate(struct small *s)
{
    small_sql(s, "SELECT * FROM auth_logs");
    small_sql(s, "SELECT * FROM netflow");
    small_sql(s, "SELECT * FROM process_events");
}

static void contain(struct small *s)
{
    small_do(s, TARE_SOC_ISOLATE_HOST, "ws-1");
    small_do(s, TARE_SOC_BLOCK_DOMAIN, "bad.test");
    small_do(s, TARE_SOC_RESET_USER, "ana");
}

/* Rewards of eight ways to play the same episode. */
static double play(const char *how)
{
    struct small s;
    small_begin(&s, "{}");
    bool reads = strchr(how, 'r') != NULL;
    if (reads)
        investigate(&s);
    if (strchr(how, 'c'))
        contain(&s);
    if (strchr(how, 's')) {
        contain(&s);
        small_do(&s, TARE_SOC_ISOLATE_HOST, "ws-2");
        small_do(&s, TARE_SOC_BLOCK_DOMAIN, "good.test");
        small_do(&s, TARE_SOC_RESET_USER, "bob");
    }
    if (strchr(how, 'F'))
        small_report(&s, TARE_SOC_VERDICT_INCIDENT, &right);
    if (strchr(how, 'U'))
        small_report(&s, TARE_SOC_VERDICT_UNKNOWN, NULL);
    if (strchr(how, 'N'))
        small_report(&s, TARE_SOC_VERDICT_NO_INCIDENT, NULL);
    double reward = outcome(&s);
    small_end(&s);
    return reward;
}

static void test_order_of_rewards(void **state)
{
    (void)state;
    double perfect = play("rcF");
    assert_true(perfect == 8.0);
    assert_true(play("cF") <= 4.0);    /* knows without reading */
    assert_true(play("sF") <= 2.0);    /* sprays, then tells the truth */
    assert_true(play("rsF") <= 5.0);   /* reads, then sprays all the same */
    assert_true(play("rF") == 5.0);    /* reports, contains nothing */
    assert_true(play("U") == 0.0);     /* honest and idle */
    assert_true(play("") < play("U")); /* silence */
    assert_true(play("r") < play("rU"));
    assert_true(play("N") < play("U")); /* a false all-clear */
}

static void test_report_ends_the_episode(void **state)
{
    (void)state;
    struct small s;
    small_begin(&s, "{}");
    small_report(&s, TARE_SOC_VERDICT_UNKNOWN, NULL);
    assert_true(s.view.done);
    uint64_t before = tare_world_soc.digest(s.w);
    small_do(&s, TARE_SOC_ISOLATE_HOST, "ws-1");
    assert_false(s.view.ok);
    assert_true(tare_world_soc.digest(s.w) == before);
    assert_int_equal(s.view.step, 1);
    small_end(&s);
}

static void test_unknown_entities_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t verb;
        const char *text;
    } wrong[] = {{TARE_SOC_ISOLATE_HOST, "ws-9"}, {TARE_SOC_ISOLATE_HOST, "ana"},
                 {TARE_SOC_BLOCK_DOMAIN, ""},     {TARE_SOC_RESET_USER, NULL},
                 {TARE_SOC_RESET_USER, "ws-1"},   {TARE_SOC_ISOLATE_HOST, "WS-1"}};
    struct small s;
    small_begin(&s, "{}");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        small_do(&s, wrong[i].verb, wrong[i].text);
        const struct tare_fact *f = small_fact(&s, TARE_FACT_TOUCHED);
        assert_non_null(f);
        assert_int_equal(f->touch, TARE_TOUCH_REFUSED);
        assert_false(s.view.ok);
    }
    assert_int_equal(s.view.isolated_hosts.n + s.view.blocked_domains.n + s.view.reset_users.n, 0);
    small_end(&s);
}

/* One action as JSON; what the world says of it. */
static struct tare_soc_view act(struct small *s, const char *json, bool *failed)
{
    struct tare_obs obs;
    struct tare_err err = {0};
    if (tare_world_soc.step_json(s->w, tare_str_of(json), NULL, &obs, &err) != TARE_OK)
        fail_msg("%s", err.text);
    *failed = obs.failed;
    return *(const struct tare_soc_view *)obs.view;
}

static void test_unknown_actions_fail(void **state)
{
    (void)state;
    static const char *const wrong[] = {"isolate", "NOOP", "", "query_logs "};
    struct small s;
    bool failed;
    small_begin(&s, "{}");
    for (uint32_t i = 0; i < 4; i++) {
        const char *json = tare_arena_printf(&s.arena,
                                             "{\"action_type\":\"%s\",\"params\":{\"host_id\":"
                                             "\"ws-1\"}}",
                                             wrong[i])
                               .p;
        struct tare_soc_view v = act(&s, json, &failed);
        assert_true(failed);
        assert_false(v.ok);
        assert_true(tare_str_find(v.error, TARE_S("isolate_host")) != SIZE_MAX);
        assert_int_equal(v.step, i + 1); /* time passes all the same */
        assert_int_equal(v.isolated_hosts.n, 0);
    }
    (void)act(&s, "{\"action_type\":\"noop\"}", &failed);
    assert_false(failed);
    small_do(&s, TARE_SOC_NOOP, NULL);
    assert_true(s.view.ok);
    small_do(&s, TARE_SOC_NOOP, "isolate");
    assert_false(s.view.ok);
    small_end(&s);
}

static bool alert_is_there(struct small *s, const char *id)
{
    small_do(s, TARE_SOC_FETCH_ALERT, id);
    return s->view.ok;
}

static void test_attacker_is_stopped_by_the_right_containment(void **state)
{
    (void)state;
    for (int blocked = 0; blocked < 2; blocked++) {
        struct small s;
        small_begin(&s, "{}");
        small_do(&s, TARE_SOC_NOOP, NULL); /* access was done at step 1 */
        small_do(&s, TARE_SOC_BLOCK_DOMAIN, blocked ? "bad.test" : "good.test");
        small_do(&s, TARE_SOC_NOOP, NULL);
        assert_null(small_fact(&s, TARE_FACT_STALLED));
        small_do(&s, TARE_SOC_NOOP, NULL);
        assert_int_equal(small_fact(&s, TARE_FACT_STALLED) != NULL, blocked);
        assert_string_equal(tare_world_soc.phase_name(small_fact(&s, TARE_FACT_PHASE)->value),
                            blocked ? "access" : "exfil");
        assert_int_equal(alert_is_there(&s, "d1"), !blocked);
        assert_int_equal(alert_is_there(&s, "b1"), blocked);
        small_end(&s);
    }
}

static void test_json_report_is_the_typed_one(void **state)
{
    (void)state;
    static const char *const reports[] = {
        "{\"action_type\":\"submit_report\",\"params\":{\"summary_json\":{\"verdict\":\"incident\","
        "\"incidents\":[{\"patient_zero_host\":\"ws-1\",\"compromised_user\":\"ana\","
        "\"attacker_domain\":\"bad.test\",\"data_target\":\"ledger\",\"initial_vector\":"
        "\"phish\"}]}}}",
        "{\"action_type\":\"submit_report\",\"params\":{\"report\":{\"patient_zero_host\":\"ws-1\","
        "\"compromised_user\":\"ana\",\"attacker_domain\":\"bad.test\",\"data_target\":\"ledger\","
        "\"initial_vector\":\"phish\"}}}"};
    for (size_t i = 0; i < 2; i++) {
        struct small s;
        struct tare_obs obs;
        struct tare_err err = {0};
        small_begin(&s, "{}");
        investigate(&s);
        contain(&s);
        assert_int_equal(tare_world_soc.step_json(s.w, tare_str_of(reports[i]), NULL, &obs, &err),
                         TARE_OK);
        assert_true(outcome(&s) == 8.0);
        small_end(&s);
    }
}

static void test_reward_switches(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        double reward;
    } cases[] = {
        {"{\"reward\":{\"w_missed\":1}}", 5.0 - 3.0},
        {"{\"reward\":{\"w_late\":5}}", 5.0},
        {"{}", 5.0},
    };
    for (size_t i = 0; i < 3; i++) {
        struct small s;
        struct tare_outcome out;
        struct tare_err err = {0};
        small_begin(&s, cases[i].config);
        investigate(&s);
        small_report(&s, TARE_SOC_VERDICT_INCIDENT, &right);
        assert_int_equal(tare_world_soc.outcome(s.w, &s.arena, &out, &err), TARE_OK);
        assert_true(fabs(out.reward - cases[i].reward) < 1e-12);
        small_end(&s);
    }
}

static void test_bad_configuration(void **state)
{
    (void)state;
    static const char *const wrong[] = {"{\"profile\":\"soft\"}",
                                        "{\"profil\":\"faithful\"}",
                                        "{\"reward\":{\"w_mised\":1}}",
                                        "{\"reward\":{\"w_tier\":[1,2]}}",
                                        "{\"attacker\":{\"replay\":\"off\"}}",
                                        "[]",
                                        ("{\"profile\":\"faithful\",\"attacker\":"
                                         "{\"replay\":\"record\"}}")};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct tare_arena arena;
        struct tare_err err = {0};
        void *w = NULL;
        tare_arena_init(&arena, NULL, TARE_MIB);
        struct tare_json c = json_of(&arena, tare_str_of(wrong[i]));
        if (tare_world_soc.open(c, NULL, &arena, &w, &err) == TARE_OK)
            fail_msg("taken: %s", wrong[i]);
        assert_true(err.text[0] != '\0');
        tare_arena_free(&arena);
    }
}

/* Replaces the first occurrence; the result must not compile, and say why. */
static void broken(const char *what, const char *with, const char *says)
{
    struct tare_arena arena;
    struct tare_err err = {0};
    const struct tare_soc_scenario *sc = NULL;
    tare_arena_init(&arena, NULL, TARE_ARENA_ATTEMPT_BYTES);
    const char *at = strstr(small_scenario, what);
    assert_non_null(at);
    struct tare_str text =
        tare_arena_printf(&arena, "{\"scenario\":%.*s%s%s}", (int)(at - small_scenario),
                          small_scenario, with, at + strlen(what));
    struct tare_task t = {.id = TARE_S("small"),
                          .input = json_of(&arena, text),
                          .expect = json_of(&arena, tare_str_of(small_truth))};
    if (tare_soc_compile(&t, TARE_SOC_HARDENED, &arena, &sc, &err) == TARE_OK)
        fail_msg("compiled with %s", with);
    if (!strstr(err.text, says))
        fail_msg("for %s says: %s", with, err.text);
    assert_true(err.has_offset);
    tare_arena_free(&arena);
}

static void test_broken_scenarios_say_why(void **state)
{
    (void)state;
    broken("\"host\":\"ws-1\"", "\"host\":\"ws-7\"", "not among the entities");
    broken("\"max_steps\":12", "\"max_steps\":0", "integer from 1");
    broken("\"id\":\"a2\"", "\"id\":\"a1\"", "twice");
    broken("\"table\":\"netflow\"", "\"table\":\"netflows\"", "no log table");
    broken("\"trust_tier\":\"verified\"", "\"trust_tier\":\"sure\"", "trust_tier");
    broken("\"payload\":\"x\"", "\"payload\":\"y\"", "no payload");
    broken("\"incident\":\"i1\"", "\"incident\":\"i2\"", "no incident");
    broken("{\"id\":\"bob\"}", "{\"id\":\"ana\"}", "twice");
    broken("\"phase\":\"exfil\"", "\"phase\":\"party\"", "no phase");
    broken("\"schema\":\"tare.soc/1\"", "\"schema\":\"tare.soc/9\"", "tare.soc/1");
    broken("\"dst_port\":443", "\"dst_door\":443", "no column");
    broken("\"step\":4,\"trust_tier\"", "\"step\":5,\"trust_tier\"", "its stage at step 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_of_rewards),
        cmocka_unit_test(test_report_ends_the_episode),
        cmocka_unit_test(test_unknown_entities_are_refused),
        cmocka_unit_test(test_unknown_actions_fail),
        cmocka_unit_test(test_attacker_is_stopped_by_the_right_containment),
        cmocka_unit_test(test_json_report_is_the_typed_one),
        cmocka_unit_test(test_reward_switches),
        cmocka_unit_test(test_bad_configuration),
        cmocka_unit_test(test_broken_scenarios_say_why),
    };
    return cmocka_run_group_tests_name("world/soc_rules", tests, NULL, NULL);
}
