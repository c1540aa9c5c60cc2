/* Published seeds load; seeds that contradict themselves are refused with the place. */
#include "soc_vectors.h"

/* Holes: timeline, payloads, log templates. */
#define SEED                                                                                       \
    "{\"schema_version\":\"1.0\",\"scenario_id\":\"s\",\"entities\":{\"users\":[{\"user_id\":"     \
    "\"u-1\"}],\"hosts\":[{\"host_id\":\"h-1\"}],\"domains\":[{\"domain\":\"a.test\","             \
    "\"domain_type\":\"attacker\"}],\"data_targets\":[{\"target_id\":\"t-1\"}]},"                  \
    "\"attack_plan\":{\"timeline\":[%s]},\"patient_zero_host\":\"h-1\",\"compromised_user\":\"u-"  \
    "1\","                                                                                         \
    "\"attacker_domain\":\"a.test\",\"data_target\":\"t-1\",\"prompt_injection_payloads\":[%s],"   \
    "\"seed_artifacts\":{\"emails\":[],\"log_templates\":[%s]},\"metadata\":{\"max_steps\":6}}"

#define AT(STEP, TYPE)                                                                             \
    "{\"step\":" #STEP ",\"artifacts\":[{\"artifact_type\":\"" TYPE "\",\"artifact_id\":\"l-1\"}]" \
    "}"
#define PAYLOAD(SURFACE, IDS)                                                                      \
    "{\"injection_id\":\"i-1\",\"surface\":\"" SURFACE "\",\"payload\":\"p\"" IDS "}"
#define IDS(ID) ",\"evidence_ids\":[\"" ID "\"]"
#define LOG(TABLE)                                                                                 \
    "{\"template_id\":\"l-1\",\"table\":\"" TABLE "\",\"template_body\":\"type=x\","               \
    "\"injection_id\":\"i-1\"}"

static const struct {
    const char *timeline, *payload, *log;
    const char *fault; /* NULL: loads */
} cases[] = {
    {AT(3, "alert"), PAYLOAD("alert", IDS("alert-s-3")), LOG("alerts"), NULL},
    {AT(3, "alert"), PAYLOAD("alert", ""), LOG("alerts"), NULL},
    {AT(3, "alert"), PAYLOAD("alert", IDS("alert-s-2")), LOG("alerts"), "/evidence_ids/0"},
    {AT(3, "alert"), PAYLOAD("alert", IDS("alert-s-33")), LOG("alerts"), "alert-s-33"},
    {AT(3, "alert"), PAYLOAD("alert", IDS("alert-t-3")), LOG("alerts"), "alert-t-3"},
    {AT(3, "alert"), PAYLOAD("alert", IDS("auth-s-3")), LOG("alerts"), "auth-s-3"},
    {AT(3, "alert"), PAYLOAD("alert", IDS("")), LOG("alerts"), "/evidence_ids/0"},
    {AT(3, "alert") "," AT(5, "alert"), PAYLOAD("alert", IDS("alert-s-5")), LOG("alerts"), NULL},
    {"", PAYLOAD("alert", IDS("alert-s-3")), LOG("alerts"), NULL}, /* no step is known */
    {AT(0, "log_template"), PAYLOAD("log", IDS("auth-s-0")), LOG("auth_logs"), NULL},
    {AT(2, "log_template"), PAYLOAD("log", IDS("flow-s-2")), LOG("netflow"), NULL},
    {AT(2, "log_template"), PAYLOAD("log", IDS("proc-s-2")), LOG("process_events"), NULL},
    {AT(2, "log_template"), PAYLOAD("log", IDS("auth-s-2")), LOG("process_events"), "auth-s-2"},
    {"", PAYLOAD("log", IDS("proc-s-2")), LOG("process_events"), "never scheduled"},
    {AT(2, "alert"), PAYLOAD("log", IDS("alert-s-2")), LOG("alerts"), "of its surface"},
    {AT(2, "log_template"), PAYLOAD("email", IDS("auth-s-2")), LOG("auth_logs"), "of its surface"},
};

static void seeds_that_contradict_themselves(void **state)
{
    (void)state;
    struct tare_arena arena;
    tare_arena_init(&arena, NULL, TARE_GIB);
    struct tare__soc_world *w = open_world(&arena, "{\"profile\":\"faithful\"}");
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[4096];
        struct tare_obs obs;
        struct tare_err err = {0};
        (void)snprintf(text, sizeof text, SEED, cases[i].timeline, cases[i].payload, cases[i].log);
        struct tare_task t = seed_task(&arena, tare_str_of(text),
                                       json_of(&arena, TARE_S("{\"attribution\":{}}")), i);
        enum tare_status st = tare_world_soc.reset(w, &t, NULL, &obs, &err);
        if (!cases[i].fault && st)
            fail_msg("case %u: %s", i, err.text);
        if (!cases[i].fault)
            continue;
        if (st != TARE_E_INPUT || !strstr(err.text, cases[i].fault))
            fail_msg("case %u: status %d, \"%s\", wanted \"%s\"", i, (int)st, err.text,
                     cases[i].fault);
        assert_non_null(strstr(err.text, "/prompt_injection_payloads/0"));
    }
    tare_world_soc.close(w);
    tare_arena_free(&arena);
}

static void published_seeds_load(void **state)
{
    static struct vectors v;
    (void)state;
    tare_arena_init(&v.arena, NULL, TARE_GIB);
    load_seeds(&v);
    assert_int_equal(v.n_seeds, 220);
    struct tare__soc_world *w = open_world(&v.arena, "{\"profile\":\"faithful\"}");
    for (uint32_t i = 0; i < v.n_seeds; i++) {
        struct tare_obs obs;
        struct tare_err err = {0};
        if (tare_world_soc.reset(w, &v.seeds[i], NULL, &obs, &err))
            fail_msg("%.*s: %s", TARE_FMT(v.seeds[i].id), err.text);
    }
    tare_world_soc.close(w);
    tare_arena_free(&v.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_that_contradict_themselves),
        cmocka_unit_test(published_seeds_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
